//! One order of all transactions that keeps time: a search over all registers as one object.
//!
//! Dependency graphs need to know whose a value is that was read, and do not where values repeat. A search needs no such
//! thing, only time: so it takes over what an examination leaves undecided. What it finds is strict serializability, which
//! implies every other level. Where nobody says what keys hold at first, the first read of a key that nothing was written
//! to decides it.

use std::sync::Arc;

use crate::history::{Operation, Outcome};
use crate::isolation::{Initial, Mop, Seen, Transactions};
use crate::linearizable::search::{Progress, Search};
use crate::models::{Model, ModelError};
use crate::names::Guarantee;
use crate::read::Imported;

use super::{Claim, Evidence, Job};

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
        }
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
        if self.fed == self.events.len() {
            self.search.advance(left.max(1));
        }
        self.fed == self.events.len() && self.search.progress() != Progress::NotDecided
    }

    fn claims(&self, imported: &Imported) -> Vec<Claim> {
        let is_fed = self.fed == self.events.len();
        let claim = |guarantee| match self.search.progress() {
            Progress::Holds if is_fed => Claim::held(guarantee),
            Progress::Broken { at } => {
                let event = self.events.iter().find(|(position, ..)| *position == at);
                let Some((_, place, _)) = event else { return Claim::broken(guarantee, Evidence::default()) };
                let shown = super::transactions::shown(imported, &self.history, *place);
                let sentence = format!(
                    "No order of the transactions that ran until then, each at one moment while it ran, explains what {} was told.",
                    shown.client
                );
                Claim::broken(guarantee, Evidence { sentence, operations: vec![shown], because: Vec::new() })
            }
            _ => Claim::open(guarantee, "the search for an order of the transactions took too long"),
        };
        // All registers together are one object, and each transaction an operation on it.
        vec![claim(Guarantee::StrictSerializable), claim(Guarantee::Linearizable)]
    }
}
