//! All guarantees of one run, live: events are told once, in order, and every guarantee that was asked for can be looked
//! up at every moment that went by.
//!
//! Linearizability is judged by [`crate::judge`], what is weaker by a [`Watch`]; both at a few microseconds an event.
//! Sequential consistency cannot be kept up with: it is decided of everything told so far when there is nothing else to
//! do, in [`Judges::work`], and not known of what comes after.
//!
//! ```
//! use check::live::Judges;
//! use check::names::{Guarantee, ModelName};
//! use check::{Invocation, Outcome, Value, Verdict};
//! use smallvec::smallvec;
//!
//! let asked = [Guarantee::MonotonicReads, Guarantee::ReadYourWrites];
//! let mut judges = Judges::new(ModelName::Register, &asked).expect("a register is no transaction");
//! judges.invoke(1, Invocation::write(0, 0, None, "milk"))?;
//! judges.complete(2, 0, Outcome::Ok, smallvec![])?;
//! judges.invoke(3, Invocation::read(1, 0, None))?;
//! judges.complete(4, 1, Outcome::Ok, smallvec![Value::Nil])?;
//! assert_eq!(judges.verdict_at(Guarantee::MonotonicReads, 4), Verdict::Holds);
//! assert_eq!(judges.verdict_at(Guarantee::ReadYourWrites, 4), Verdict::Broken { at: 4, key: None });
//! assert_eq!(judges.verdict_at(Guarantee::ReadYourWrites, 3), Verdict::Holds);
//! let mut explaining = judges.explain(Guarantee::ReadYourWrites).expect("it is broken");
//! while !explaining.advance(&judges, 1000) {}
//! let story = explaining.story(&judges).expect("it is done");
//! assert_eq!(story.headline, "c0 had been told ok for writing milk, and then itself read nothing.");
//! # Ok::<(), check::JudgeError>(())
//! ```

use crate::consistency::{self, Examination, Finding, Setting, Standing, Watch};
use crate::evidence::Explain;
use crate::history::{History, Invocation, Operation, Outcome};
use crate::judge::{Core, JudgeError, Verdict, as_invoked};
use crate::linearizable::Linearized;
use crate::models::{Any, Cell, ModelError};
use crate::names::{Guarantee, ModelName};
use crate::story::Story;
use crate::value::Values;

/// A judge of linearizability, whatever the model.
trait Object: Send {
    fn check(&self, operation: &Operation) -> Result<(), ModelError>;
    fn invoke(&mut self, history: &History, place: u32);
    fn complete(&mut self, history: &History, place: u32);
    fn work(&mut self, steps: u64) -> u64;
    fn verdict_at(&self, position: u64) -> Verdict;
    fn explain(&self, history: &History) -> Option<Box<dyn Explained>>;
}

/// The search for its evidence.
trait Explained: Send {
    fn advance(&mut self, steps: u64) -> bool;
    fn story(&self) -> Option<Story>;
}

impl<M: Linearized + 'static> Object for Core<M>
where
    Core<M>: Send,
    Explain<M>: Send,
{
    fn check(&self, operation: &Operation) -> Result<(), ModelError> {
        self.model.call(operation).map(drop)
    }

    fn invoke(&mut self, history: &History, place: u32) {
        Core::invoke(self, history, place);
    }

    fn complete(&mut self, history: &History, place: u32) {
        Core::complete(self, history, place);
    }

    fn work(&mut self, steps: u64) -> u64 {
        Core::work(self, steps)
    }

    fn verdict_at(&self, position: u64) -> Verdict {
        Core::verdict_at(self, position)
    }

    fn explain(&self, history: &History) -> Option<Box<dyn Explained>> {
        Some(Box::new(Core::explain(self, history)?))
    }
}

impl<M: Linearized> Explained for Explain<M>
where
    Explain<M>: Send,
{
    fn advance(&mut self, steps: u64) -> bool {
        Explain::advance(self, steps)
    }

    fn story(&self) -> Option<Story> {
        self.evidence().map(|evidence| evidence.story())
    }
}

/// Whether there is one order of everything that was told by some time.
struct Order {
    /// So many events had been told when it was looked for.
    events: u64,
    /// The position of the last of them.
    end: u64,
    examination: Box<Examination>,
    /// The history as it was.
    history: History,
    done: bool,
}

/// The judges of one run. See the module.
pub struct Judges {
    history: History,
    model: ModelName,
    wanted: Vec<Guarantee>,
    object: Box<dyn Object>,
    watch: Option<Watch>,
    order: Option<Order>,
    events: u64,
    /// How many there were when work was done last.
    events_then: u64,
}

impl Judges {
    /// Of an empty history, for these guarantees; `None` for a model of transactions.
    pub fn new(model: ModelName, wanted: &[Guarantee]) -> Option<Self> {
        let object: Box<dyn Object> = match model {
            ModelName::Register => Box::new(Core::new(Cell::Register)),
            ModelName::CasRegister => Box::new(Core::new(Cell::CasRegister)),
            ModelName::Kv => Box::new(Core::new(Cell::KeyValue)),
            other => Box::new(Core::new(Any::of(other, None)?)),
        };
        let known = consistency::known(model);
        let is_watched = |one: &Guarantee| known.contains(one) && *one != Guarantee::Sequential;
        let watched: Vec<Guarantee> = wanted.iter().copied().filter(is_watched).collect();
        let watch = (!watched.is_empty()).then(|| Watch::new(model, &watched, &Setting::default()));
        let wanted = wanted.to_vec();
        Some(Self {
            history: History::new(),
            model,
            wanted,
            object,
            watch,
            order: None,
            events: 0,
            events_then: 0,
        })
    }

    /// What was told so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    fn wants(&self, guarantee: Guarantee) -> bool {
        self.wanted.contains(&guarantee)
    }

    /// An operation begins at position `at`.
    ///
    /// # Errors
    /// If the event does not fit the history, or the operation the model.
    pub fn invoke(&mut self, at: u64, invocation: Invocation) -> Result<(), JudgeError> {
        self.object.check(&as_invoked(at, &invocation))?;
        let place = self.history.invoke(at, invocation)?;
        self.events += 1;
        if self.wants(Guarantee::Linearizable) {
            self.object.invoke(&self.history, place);
        }
        if let Some(watch) = &mut self.watch {
            watch.invoke(&self.history, place);
        }
        Ok(())
    }

    /// The outcome of operation `id` becomes known at position `at`; `output` is what it returned.
    ///
    /// # Errors
    /// If the event does not fit the history, or the output the model.
    pub fn complete(&mut self, at: u64, id: u64, outcome: Outcome, output: Values) -> Result<(), JudgeError> {
        if let Some(begun) = self.history.get(id) {
            self.object.check(&Operation { outcome, output: output.clone(), ..begun.clone() })?;
        }
        let place = self.history.complete(at, id, outcome, output)?;
        self.events += 1;
        if self.wants(Guarantee::Linearizable) {
            self.object.complete(&self.history, place);
        }
        if let Some(watch) = &mut self.watch {
            watch.complete(&self.history, place);
        }
        Ok(())
    }

    /// Lets what is behind go on for about so many steps. Returns the steps left over.
    pub fn work(&mut self, steps: u64) -> u64 {
        let mut left = steps;
        if self.wants(Guarantee::Linearizable) {
            left = self.object.work(left);
        }
        if left == 0 || !self.wants(Guarantee::Sequential) {
            return left;
        }
        // To begin anew takes a look at everything: it is done once nothing more comes, or much has come.
        let rests = std::mem::replace(&mut self.events_then, self.events) == self.events;
        let is_due = match &self.order {
            None => true,
            Some(order) => {
                order.done && order.events < self.events && (rests || order.events * 2 < self.events)
            }
        };
        if is_due {
            self.order = Some(self.order_of_now());
        }
        let Some(order) = &mut self.order else { return left };
        if !order.done {
            order.done = order.examination.advance(&order.history, left);
            left = left.saturating_sub(1);
        }
        if order.done && order.events == self.events { left } else { 0 }
    }

    fn order_of_now(&self) -> Order {
        let history = self.history.clone();
        let asked = [Guarantee::Sequential];
        let examination = Box::new(Examination::new(&history, self.model, &asked, &Setting::default()));
        let end = history.end().unwrap_or_default();
        Order { events: self.events, end, examination, history, done: false }
    }

    /// Whether a guarantee was kept by the events up to and including `position`.
    pub fn verdict_at(&self, guarantee: Guarantee, position: u64) -> Verdict {
        match guarantee {
            _ if !self.wants(guarantee) => Verdict::NotDecided,
            Guarantee::Linearizable => self.object.verdict_at(position),
            Guarantee::Sequential => self.order_at(position),
            _ => match self.watch.as_ref().map(|watch| watch.standing_at(guarantee, position)) {
                Some(Standing::Holds) => Verdict::Holds,
                Some(Standing::Broken { at }) => Verdict::Broken { at, key: None },
                Some(Standing::Undecided(_)) | None => Verdict::NotDecided,
            },
        }
    }

    fn order_at(&self, position: u64) -> Verdict {
        let Some(order) = &self.order else {
            return if self.history.end().is_none() { Verdict::Holds } else { Verdict::NotDecided };
        };
        match order.examination.finding(Guarantee::Sequential) {
            // Nobody sees what was not asked for yet, so an order of all is one of every beginning.
            Finding::Holds(_) if position <= order.end || order.events == self.events => Verdict::Holds,
            Finding::Broken(_) if position >= order.end => Verdict::Broken { at: order.end, key: None },
            _ => Verdict::NotDecided,
        }
    }

    /// Why nothing can be said of a guarantee, where nothing can.
    pub fn doubt(&self, guarantee: Guarantee) -> Option<String> {
        if matches!(guarantee, Guarantee::Linearizable | Guarantee::Sequential) || !self.wants(guarantee) {
            return None;
        }
        match self.watch.as_ref()?.standing_at(guarantee, u64::MAX) {
            Standing::Undecided(why) => Some(why),
            _ => None,
        }
    }

    /// Begins the search for the proof, if a guarantee is broken by all that was told so far.
    pub fn explain(&self, guarantee: Guarantee) -> Option<Explaining> {
        let kind = match guarantee {
            _ if !self.wants(guarantee) => return None,
            Guarantee::Linearizable => Kind::Object(self.object.explain(&self.history)?),
            Guarantee::Sequential => match self.order.as_ref()?.examination.finding(guarantee) {
                Finding::Broken(_) => Kind::Order,
                _ => return None,
            },
            _ => {
                let watch = self.watch.as_ref()?;
                Kind::Watch(Box::new(watch.explain(&self.history, guarantee, u64::MAX)?))
            }
        };
        Some(Explaining { kind, done: false })
    }
}

enum Kind {
    Object(Box<dyn Explained>),
    Watch(Box<consistency::Explain>),
    /// The examination finds the proof itself.
    Order,
}

/// The search for a proof, in steps.
pub struct Explaining {
    kind: Kind,
    done: bool,
}

impl Explaining {
    /// Works for about so many steps; whether the proof is found.
    pub fn advance(&mut self, judges: &Judges, steps: u64) -> bool {
        self.done = match &mut self.kind {
            Kind::Object(explain) => explain.advance(steps),
            Kind::Watch(explain) => explain.advance(steps),
            Kind::Order => judges.order.as_ref().is_none_or(|order| order.done),
        };
        self.done
    }

    /// The proof in words, once it is found.
    pub fn story(&self, judges: &Judges) -> Option<Story> {
        match &self.kind {
            _ if !self.done => None,
            Kind::Object(explain) => explain.story(),
            Kind::Watch(explain) => Some(explain.proof(&judges.history).story()),
            Kind::Order => match judges.order.as_ref()?.examination.finding(Guarantee::Sequential) {
                Finding::Broken(Some(proof)) => Some(proof.story()),
                _ => None,
            },
        }
    }
}
