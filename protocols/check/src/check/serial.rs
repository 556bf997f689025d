//! One order of all transactions that keeps time: a search over all registers as one object.
//!
//! Dependency graphs need to know whose a value is that was read, and do not where values repeat. A search needs no such
//! thing, only time: so it takes over what an examination leaves undecided. What it finds is strict serializability, which
//! implies every other level. Where nobody says what keys hold at first, the first read of a key that nothing was written
//! to decides it. The proof of a break is looked for as that of any object is: transactions are forgotten until no further
//! one can be.

use std::collections::BTreeSet;
use std::sync::Arc;

use smallvec::smallvec;

use crate::evidence::Explain;
use crate::history::{Operation, Outcome};
use crate::isolation::{Initial, Mop, Seen, Transactions};
use crate::linearizable::search::{Progress, Search};
use crate::models::{self, Any, Model, ModelError};
use crate::names::Guarantee;
use crate::read::Imported;
use crate::value::{Value, Values};

use super::{Claim, Evidence, Job, Shown, Witness};

/// The version that stands for "nobody knows".
const UNKNOWN: u32 = u32::MAX;

/// All registers of a history: for each key the number of the version that it holds.
#[derive(Clone, Debug)]
struct Registers {
    initial: Arc<[u32]>,
}

/// What one transaction does, step by step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Call(Arc<[Step]>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Read { key: u32, version: u32 },
    Write { key: u32, version: u32 },
}

impl Registers {
    fn of(history: &Transactions) -> Self {
        let unstated = history.conventions().initial == Initial::Unstated;
        let initial = (0..history.keys()).map(|key| if unstated { UNKNOWN } else { history.initial(key) });
        Self { initial: initial.collect() }
    }

    /// What the transaction does; what it saw only where that is known.
    fn call_of(history: &Transactions, place: u32, seen: bool) -> Call {
        let step = |mop| match mop {
            Mop::Write { key, version } | Mop::Append { key, version } => Some(Step::Write { key, version }),
            Mop::Read { key, seen: Seen::Version(version) } if seen => Some(Step::Read { key, version }),
            Mop::Read { .. } => None,
        };
        Call(history.steps(place).filter_map(step).collect())
    }
}

impl Model for Registers {
    type State = Arc<[u32]>;
    type Call = Call;

    fn initial(&self) -> Arc<[u32]> {
        Arc::clone(&self.initial)
    }

    fn call(&self, _operation: &Operation) -> Result<Option<Call>, ModelError> {
        // Calls are made from transactions, not from operations.
        Ok(None)
    }

    fn step(&self, state: &Arc<[u32]>, call: &Call) -> Option<Arc<[u32]>> {
        let mut after: Option<Vec<u32>> = None;
        for step in call.0.iter() {
            let now = after.as_deref().unwrap_or(state);
            let (key, version) = match *step {
                Step::Read { key, version } if now[key as usize] == version => continue,
                Step::Read { key, .. } if now[key as usize] != UNKNOWN => return None,
                Step::Read { key, version } | Step::Write { key, version } => (key, version),
            };
            after.get_or_insert_with(|| state.to_vec())[key as usize] = version;
        }
        Some(after.map_or_else(|| Arc::clone(state), Arc::from))
    }

    fn is_pure(&self, call: &Call) -> bool {
        // What a read finds of an unknown value it decides.
        !self.initial.contains(&UNKNOWN) && call.0.iter().all(|step| matches!(step, Step::Read { .. }))
    }

    fn feeds(&self, writer: &Call, seer: &Call) -> bool {
        let sees = |version: u32| {
            seer.0.iter().any(|step| matches!(step, Step::Read { version: seen, .. } if *seen == version))
        };
        writer.0.iter().any(|step| matches!(step, Step::Write { version, .. } if sees(*version)))
    }
}

/// Whether the transactions have an order that keeps time.
pub(super) struct Serial {
    history: Arc<Transactions>,
    /// The events to be fed: position, transaction, whether it ends.
    events: Vec<(u64, u32, bool)>,
    fed: usize,
    /// For each transaction its number in the search.
    numbers: Vec<u32>,
    search: Search<Registers>,
    explain: Option<Box<Explain<Any>>>,
}

impl Serial {
    pub(super) fn new(history: &Arc<Transactions>) -> Self {
        let mut events = Vec::new();
        for place in 0..history.len() {
            let transaction = history.get(place);
            events.extend(transaction.began.map(|began| (began.at, place, false)));
            events.extend(transaction.ended.map(|ended| (ended.at, place, true)));
        }
        events.sort_unstable();
        Self {
            history: Arc::clone(history),
            events,
            fed: 0,
            numbers: vec![0; history.len() as usize],
            search: Search::new(Registers::of(history)),
            explain: None,
        }
    }

    /// The search for the smallest proof that there is no order, if the history broke at that position. It begins with
    /// nothing under every key, and knows keys by their names.
    fn explain(&self, at: u64) -> Option<Explain<Any>> {
        let history = &self.history;
        let names: BTreeSet<String> =
            (0..history.keys()).map(|key| history.key_name(key).to_string()).collect();
        if history.conventions().initial != Initial::Nothing || names.len() != history.keys() as usize {
            return None;
        }
        let begun = self.events.iter().filter(|(position, _, ends)| !ends && *position <= at);
        let operations = begun.filter_map(|(_, place, _)| self.operation(*place).as_of(at)).collect();
        Some(Explain::new(Any::Registers(models::Registers), at, None, false, operations, None))
    }

    /// A transaction as an operation on all registers together. Reads of which nobody knows what they saw are left out.
    fn operation(&self, place: u32) -> Operation {
        let history = &self.history;
        let transaction = history.get(place);
        let (mut asked, mut saw) = (Vec::new(), Vec::new());
        for mop in history.steps(place) {
            let key = Value::from(history.key_name(mop.key()).to_string().as_str());
            let step =
                |word: &str, value: Value| Value::List(Arc::from([Value::from(word), key.clone(), value]));
            match mop {
                Mop::Write { version, .. } | Mop::Append { version, .. } => {
                    asked.push(step("w", history.value(version).clone()));
                    saw.push(step("w", Value::Nil));
                }
                Mop::Read { seen: Seen::Version(version), .. } => {
                    asked.push(step("r", Value::Nil));
                    saw.push(step("r", history.value(version).clone()));
                }
                Mop::Read { .. } => {}
            }
        }
        let is_ok = transaction.outcome == Outcome::Ok;
        Operation {
            id: u64::from(place),
            lane: transaction.process,
            process: u64::from(transaction.process),
            function: "txn".into(),
            key: None,
            input: smallvec![Value::List(asked.into())],
            output: if is_ok { smallvec![Value::List(saw.into())] } else { Values::new() },
            invoked: transaction.began.map_or(0, |began| began.at),
            completed: transaction.ended.map(|ended| ended.at),
            outcome: transaction.outcome,
        }
    }

    /// Why there is no order: the smallest proof, or as long as that is not found, who was told what could not be any more.
    fn evidence(&self, imported: &Imported, at: u64) -> Evidence {
        let history = &self.history;
        if let Some(found) = self.explain.as_ref().and_then(|explain| explain.evidence()) {
            let story = found.story_with(&|process| format!("process {}", history.process_name(process)));
            let place = |id: u64| u32::try_from(id).unwrap_or(u32::MAX);
            let shown = story.proof.iter().map(|proof| Shown {
                source: proof.source,
                ..super::transactions::shown(imported, history, place(proof.id))
            });
            let operations = shown.collect();
            return Evidence { sentence: story.headline, operations, because: story.because };
        }
        let event = self.events.iter().find(|(position, ..)| *position == at);
        let Some((_, place, _)) = event else { return Evidence::default() };
        let shown = super::transactions::shown(imported, history, *place);
        let sentence = format!(
            "No order of the transactions that ran until then, each at one moment while it ran, explains what {} was told.",
            shown.client
        );
        Evidence { sentence, operations: vec![shown], because: Vec::new() }
    }

    /// The order that was found.
    fn witness(&self) -> Witness {
        let mut places = vec![0; self.numbers.len()];
        for (_, place, _) in self.events.iter().filter(|(_, _, ends)| !ends) {
            places[self.numbers[*place as usize] as usize] = u64::from(*place);
        }
        let order = self.search.order().into_iter().map(|number| places[number as usize]).collect();
        let sentence = "Run one after another in this order, which keeps that of time, the transactions see what they did see.";
        Witness { sentence: sentence.to_owned(), order }
    }

    fn feed(&mut self, at: u64, place: u32, ends: bool) {
        let outcome = self.history.outcome(place);
        let happens = outcome != Outcome::Failed;
        if !ends {
            let call = happens.then(|| Registers::call_of(&self.history, place, false));
            self.numbers[place as usize] = self.search.invoke(call);
            return;
        }
        let call = happens.then(|| Registers::call_of(&self.history, place, outcome == Outcome::Ok));
        self.search.complete(self.numbers[place as usize], at, outcome, call);
    }
}

impl Job for Serial {
    fn wanted(&self, found: &[Claim]) -> bool {
        found.iter().any(|claim| claim.holds.is_none())
    }

    fn advance(&mut self, _imported: &Imported, steps: u64) -> bool {
        let mut left = steps;
        while left > 0 && self.fed < self.events.len() {
            let (at, place, ends) = self.events[self.fed];
            self.feed(at, place, ends);
            self.fed += 1;
            left -= 1;
        }
        if self.fed < self.events.len() {
            return false;
        }
        self.search.advance(left.max(1));
        match self.search.progress() {
            Progress::NotDecided => false,
            Progress::Holds => true,
            Progress::Broken { at } => {
                if self.explain.is_none() {
                    self.explain = self.explain(at).map(Box::new);
                }
                self.explain.as_mut().is_none_or(|explain| explain.advance(left.max(1)))
            }
        }
    }

    fn claims(&self, imported: &Imported) -> Vec<Claim> {
        let is_fed = self.fed == self.events.len();
        let claim = |guarantee| match self.search.progress() {
            Progress::Holds if is_fed => Claim::shown(guarantee, self.witness()),
            Progress::Broken { at } => Claim::broken(guarantee, self.evidence(imported, at)),
            _ => Claim::open(
                guarantee,
                "the search for an order of the transactions took too long; give it more time, or a shorter history",
            ),
        };
        // All registers together are one object, and each transaction an operation on it.
        vec![claim(Guarantee::StrictSerializable), claim(Guarantee::Linearizable)]
    }
}
