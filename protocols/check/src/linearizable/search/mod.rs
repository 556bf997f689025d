//! Linearizability by search, for any model: Wing and Gong 1993 with Lowe's memoised configurations and
//! just-in-time linearization (Lowe 2017), grown along with the history and run in slices.
//!
//! # The search
//! A *configuration* is a set of operations that took effect and the state after them. The search keeps one path
//! of configurations that orders the history as far as it has looked. Only an answer can block: the operation
//! answered must be in the set. Then operations that had begun are put to the end of the path, the answered one
//! first, until it is in; where nothing helps the search steps back and tries another order. What was tried in
//! vain is remembered: it stays in vain whatever comes later. If the path steps back beyond its beginning, the
//! events taken up have no order.
//!
//! A configuration is known by the answer that blocks it, the operations in the set among those that were open
//! at that answer (all that were answered before are in the set, all that began later are not), and the state.
//! Each operation has a bit, free for another once it is answered. So keys stay small however long the history.
//!
//! # What is known when
//! Events are taken up as many at a time as were fed, and judged with all that is known then: a write that is
//! open may take effect, and if it fails later, the paths on which it did are cut back to before it. If several
//! events taken up together have no order, searches over fewer of them find the one that broke it ([`exact`]): the
//! verdict is that of each prefix in turn.
//!
//! Where that goes on for long, all configurations are looked at side by side as well ([`breadth`]): whichever is
//! first decides.
//!
//! # Keeping it small
//! - A read that is legal now is put in at once and alone: it changes nothing, and later may be too late.
//! - Of operations that are just alike the one answered first goes first: exchanging them exchanges nothing else. So
//!   counters and mutexes need no choice at all.
//! - An operation of unknown outcome need not happen. A configuration that has used up more of them than one that
//!   was given up, and is the same otherwise, is given up too. And after one, nothing comes that overwrites it
//!   unseen; but a read that is still open may turn out to have seen it, so what is given up after passing
//!   something over is given up only until the next event.
//! - What is overwritten unseen is overwritten as late as can be: then there is hardly a choice of what to overwrite.
//! - What answers ahead need must still be on offer: three swaps of one value need three operations that leave it
//!   ([`crate::Model::needs`]). Where everything that can come before an answer only adds (appends), the state must
//!   already lead to it ([`crate::Model::leads_to`]).

mod breadth;
mod calls;
mod exact;
mod path;
mod vain;

use crate::history::Outcome;
use crate::models::Model;

use breadth::{Beside, PATIENCE};
use calls::Calls;
use exact::Exact;
use path::Node;
use vain::{Bits, InVain};

const NONE: u32 = u32::MAX;

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Some events are not judged yet: call `advance` again.
    NotDecided,
    /// There is an order of everything fed so far.
    Holds,
    /// There is none from the event at this position on.
    Broken {
        /// Position of the event.
        at: u64,
    },
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Invoke { class: u32 },
    Complete { op: u32, at: u64, outcome: Outcome, class: u32 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Open,
    Answered,
    Unknown,
    Gone,
}

#[derive(Clone, Debug)]
struct Op {
    /// What it does, as far as that is known: see [`Calls`].
    class: u32,
    status: Status,
    /// Its bit in the set of those that were open, or of those of unknown outcome.
    bit: u32,
    /// The length of the path that ends with it, 0 if it is not on the path.
    depth: u32,
    /// How many answers there were when it began.
    begun: u32,
    /// The answer that it must not be later than.
    deadline: u32,
    /// The operation just alike that was answered last before it.
    alike: u32,
}

/// An answer that an order must respect.
#[derive(Clone, Debug)]
struct Answer {
    op: u32,
    /// The number of its event.
    event: u32,
    /// Those open when it came, in `Search::open_then`.
    open: (u32, u32),
    /// How many operations were known to be of unknown outcome when it came, and of how many classes
    /// (`Search::unknown_classes`).
    unknown: u32,
    unknown_classes: u32,
    /// How many had begun by then that offer what it needs; how many that do not only add.
    supply: u32,
    changers: u32,
}

/// The search over one object. Operations are numbered from 0 in the order of their invocations.
#[derive(Clone, Debug)]
pub struct Search<M: Model> {
    calls: Calls<M>,
    events: Vec<Event>,
    /// How many events are taken up, and how many were when all of them were last in order.
    taken: u32,
    ordered: u32,
    fed: u32,
    ops: Vec<Op>,
    open: Vec<u32>,
    open_then: Vec<u32>,
    answers: Vec<Answer>,
    /// How many operations are of unknown outcome: each has a bit of its own. And the classes of those that are not pure.
    unknown: u32,
    unknown_classes: Vec<u32>,
    free_bits: Vec<u32>,
    bits_used: u32,
    path: Vec<Node>,
    /// The operations on the path: among those open at the blocking answer, and those of unknown outcome.
    set: Bits,
    used: Bits,
    in_vain: InVain,
    /// The furthest answer that blocked a path since the events were last in order.
    reach: u32,
    /// So many candidates were tried since then; so many are tried before all orders at once are looked at beside.
    tried: u64,
    patience: u64,
    beside: Beside,
    /// Whether to find the very event that broke it, and the search for it.
    finds_event: bool,
    exact: Option<Box<Exact<M>>>,
    broken: Option<u64>,
}

impl<M: Model> Search<M> {
    /// A search over an empty history.
    pub fn new(model: M) -> Self {
        let mut calls = Calls::new(model);
        let root = Node::root(calls.initial());
        Self {
            calls,
            events: Vec::new(),
            taken: 0,
            ordered: 0,
            fed: 0,
            ops: Vec::new(),
            open: Vec::new(),
            open_then: Vec::new(),
            answers: Vec::new(),
            unknown: 0,
            unknown_classes: Vec::new(),
            free_bits: Vec::new(),
            bits_used: 0,
            path: vec![root],
            set: Bits::default(),
            used: Bits::default(),
            in_vain: InVain::default(),
            reach: 0,
            tried: 0,
            patience: PATIENCE,
            beside: Beside::default(),
            finds_event: true,
            exact: None,
            broken: None,
        }
    }

    /// The same, but if there is no order it does not look for the event that broke it: the position is the last
    /// one's.
    pub fn whole(model: M) -> Self {
        Self { finds_event: false, ..Self::new(model) }
    }

    /// The same, but all orders at once are looked at beside after so many candidates tried in vain.
    #[must_use]
    pub fn patience(self, candidates: u64) -> Self {
        Self { patience: candidates, ..self }
    }

    /// An operation begins. `None` stands for one that means nothing to this search. Returns its number.
    pub fn invoke(&mut self, call: Option<M::Call>) -> u32 {
        let class = self.calls.class_of(call);
        self.events.push(Event::Invoke { class });
        self.fed += 1;
        self.fed - 1
    }

    /// The outcome of operation `op` becomes known at position `at`; `call` is what it did or saw, `None` if it
    /// surely did not happen.
    pub fn complete(&mut self, op: u32, at: u64, outcome: Outcome, call: Option<M::Call>) {
        let class = self.calls.class_of(call);
        self.events.push(Event::Complete { op, at, outcome, class });
    }

    /// What is decided so far.
    pub fn progress(&self) -> Progress {
        match self.broken {
            Some(at) => Progress::Broken { at },
            None if self.ordered as usize == self.events.len() => Progress::Holds,
            None => Progress::NotDecided,
        }
    }

    /// Position up to which (exclusive) the history is known to hold.
    pub fn decided_before(&self) -> u64 {
        if let Some(at) = self.broken {
            return at;
        }
        let ordered = self.exact.as_ref().map_or(self.ordered, |exact| exact.ordered());
        let ahead = self.events[ordered as usize..].iter();
        let answers = ahead.filter_map(|event| match event {
            Event::Complete { at, .. } => Some(*at),
            Event::Invoke { .. } => None,
        });
        answers.into_iter().next().unwrap_or(u64::MAX)
    }

    /// Works for about `steps` candidates.
    pub fn advance(&mut self, steps: u64) -> Progress {
        self.work(&mut { steps });
        self.progress()
    }

    /// As [`Self::advance`], counting `budget` down.
    pub fn work(&mut self, budget: &mut u64) {
        while *budget > 0 && self.broken.is_none() {
            *budget -= 1;
            if let Some(exact) = self.exact.take() {
                self.find_event(exact, budget);
            } else if !self.is_ordered() {
                self.try_one(budget);
            } else if (self.taken as usize) < self.events.len() {
                self.ordered = self.taken;
                self.reach = 0;
                self.stop_beside();
                while (self.taken as usize) < self.events.len() {
                    self.take_up();
                }
                *budget = budget.saturating_sub(u64::from(self.taken - self.ordered) / 8);
            } else {
                self.ordered = self.taken;
                return;
            }
        }
    }

    /// The order found so far, as operation numbers: a witness if the history holds.
    pub fn order(&self) -> Vec<u32> {
        self.path.iter().skip(1).map(|node| node.op).collect()
    }

    fn is_ordered(&self) -> bool {
        self.path.last().is_some_and(|top| top.blocked as usize == self.answers.len())
    }

    // ---- events

    fn take_up(&mut self) {
        let number = self.taken;
        let event = self.events[number as usize];
        self.taken += 1;
        match event {
            Event::Invoke { class } => {
                let bit = self.free_bits.pop().unwrap_or_else(|| {
                    self.bits_used += 1;
                    self.bits_used - 1
                });
                let op = self.ops.len() as u32;
                let status = if class == NONE { Status::Gone } else { Status::Open };
                let (begun, depth) = (self.answers.len() as u32, 0);
                self.ops.push(Op { class, status, bit, depth, begun, deadline: NONE, alike: NONE });
                if status == Status::Open {
                    self.calls.begin(class, op);
                    self.open.push(op);
                }
            }
            Event::Complete { op, outcome, class, .. } => match (outcome, class) {
                (Outcome::Open, _) => {}
                (Outcome::Unknown, _) => self.give_up_on(op),
                (Outcome::Ok | Outcome::Failed, NONE) => self.strike_out(op),
                (Outcome::Ok | Outcome::Failed, class) => self.answer(op, class, number),
            },
        }
    }

    /// Nobody will ever say what became of the operation.
    fn give_up_on(&mut self, number: u32) {
        self.open.retain(|open| *open != number);
        let op = &mut self.ops[number as usize];
        if op.status != Status::Open {
            return;
        }
        let (old, new) = (op.bit, self.unknown);
        op.status = Status::Unknown;
        op.bit = new;
        if op.depth > 0 {
            self.set.put(old, false);
            self.used.put(new, true);
        }
        let class = op.class;
        self.unknown += 1;
        self.free_bits.push(old);
        if !self.calls.class(class).pure && !self.unknown_classes.contains(&class) {
            self.unknown_classes.push(class);
        }
    }

    /// The operation surely did not happen.
    fn strike_out(&mut self, number: u32) {
        self.cut_back(number);
        self.open.retain(|open| *open != number);
        let op = &mut self.ops[number as usize];
        if op.status == Status::Open {
            op.status = Status::Gone;
            self.free_bits.push(op.bit);
            self.calls.withdraw(op.class, number);
        }
    }

    /// The operation was answered, and did or saw what `class` says.
    fn answer(&mut self, number: u32, class: u32, event: u32) {
        if !self.is_as_put_in(number, class) {
            self.cut_back(number);
        }
        let op = &mut self.ops[number as usize];
        let (before, placed) = (op.class, op.depth > 0);
        op.class = class;
        op.status = Status::Answered;
        op.deadline = self.answers.len() as u32;
        op.alike = self.calls.answered(before, class, number, placed);
        if before == NONE {
            // It meant nothing when it began.
            self.open.push(number);
        }
        if !placed {
            self.take_place_of_another(number);
        }
        let start = self.open_then.len() as u32;
        self.open_then.extend_from_slice(&self.open);
        let end = self.open_then.len() as u32;
        let (supply, changers) = self.calls.needed(class, self.answers.len() as u32);
        let (unknown, unknown_classes) = (self.unknown, self.unknown_classes.len() as u32);
        let open = (start, end);
        self.answers.push(Answer { op: number, event, open, unknown, unknown_classes, supply, changers });
        self.open.retain(|open| *open != number);
        self.free_bits.push(self.ops[number as usize].bit);
        self.pass_answers();
    }
}
