//! Time taken out of a history, for what says nothing of time.
//!
//! Causal consistency, PRAM and the guarantees of sessions order each session's operations and nothing else: a read may
//! show what another session only writes later by the clock. (Sequential consistency may, too, and never looks at time.)
//! Those who judge them as a history grows follow it event by event and know a write once it was asked for. So where some
//! read is ahead of its write the events are put in another order, in which each session keeps its own and nothing is seen
//! before it was asked for; that changes nothing these guarantees speak of.
//!
//! Such an order is found by letting whichever session can go on do so, the earliest event first: a session waits only for
//! a write that it saw, and that somebody will ask for. If all that are left wait, what they saw depends on what they did
//! with it: the causal order is a circle.
//!
//! Nor is it plain what was seen where the only write of a value until then is followed by another one of the same value:
//! the read may have seen either. Only what a session writes later itself it cannot have seen before.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::history::{History, Operation, Outcome};
use crate::judge::{events_of, known_call, open_call};
use crate::models::{Cell, CellCall, Set, SetCall};
use crate::names::ModelName;
use crate::value::Value;

/// A history whose events may have another order than in time.
#[derive(Debug)]
pub(super) struct Timeless {
    /// The history in that order, where it is another one. Operations keep their ids.
    pub history: Option<History>,
    /// What is not plain because of what is written later.
    pub foreseen: Foreseen,
    /// What some sessions saw depends on what they did with it, so there is no such order.
    pub circular: bool,
}

/// What a history tells beforehand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Foreseen {
    /// Places of operations that saw one of several writes, some of which come later.
    pub vague: BTreeSet<u32>,
    /// Elements that are added to a set more than once.
    pub again: BTreeSet<(Option<Arc<str>>, Value)>,
}

/// What an operation has to do with values, by their numbers.
#[derive(Clone, Debug, Default)]
struct Deed {
    saw: Vec<u32>,
    wrote: Option<u32>,
    /// A compare-and-set that nobody knows to have worked: if it did, it saw this.
    needs: Option<u32>,
}

/// A value, and who may have written it.
#[derive(Clone, Debug, Default)]
struct Known {
    writers: SmallVec<[u32; 2]>,
    initial: bool,
    /// It was there at first, or somebody has asked to write it.
    is_there: bool,
    /// Processes that wait for it, and compare-and-sets that need it.
    waiting: Vec<u64>,
    swaps: Vec<u32>,
}

/// The history without time, if time makes any difference.
pub(super) fn timeless(history: &History, model: ModelName) -> Option<Timeless> {
    let mut facts = match model {
        ModelName::Register | ModelName::CasRegister | ModelName::Kv | ModelName::Set => {
            Facts::of(history, model)
        }
        _ => return None,
    };
    let order = facts.order(history);
    let is_another = order.is_another;
    let retimed = is_another.then(|| retimed(history, &order.events)).flatten();
    let now = retimed.as_ref().unwrap_or(history);
    let foreseen = facts.foreseen(history, now);
    let differs = is_another || order.circular || foreseen != Foreseen::default();
    differs.then_some(Timeless { history: retimed, foreseen, circular: order.circular })
}

struct Facts<'a> {
    deeds: Vec<Deed>,
    values: Vec<Known>,
    names: BTreeMap<(Option<&'a Arc<str>>, Value), u32>,
    is_set: bool,
}

/// The events in an order in which nothing is seen before it was asked for.
#[derive(Default)]
struct Order {
    /// Places of operations, and whether they complete there.
    events: Vec<(u32, bool)>,
    is_another: bool,
    circular: bool,
}

impl<'a> Facts<'a> {
    fn of(history: &'a History, model: ModelName) -> Self {
        let mut facts = Self {
            deeds: Vec::with_capacity(history.operations().len()),
            values: Vec::new(),
            names: BTreeMap::new(),
            is_set: model == ModelName::Set,
        };
        for (place, operation) in history.operations().iter().enumerate() {
            let deed = if facts.is_set { facts.of_set(operation) } else { facts.of_cell(operation) };
            if let Some(wrote) = deed.wrote {
                facts.values[wrote as usize].writers.push(place as u32);
            }
            facts.deeds.push(deed);
        }
        facts.drop_impossible();
        facts
    }

    /// What a compare-and-set must have found and nobody can have written, it did not find.
    fn drop_impossible(&mut self) {
        loop {
            let can = |(place, needs): (u32, u32)| {
                let Known { initial, writers, .. } = &self.values[needs as usize];
                *initial || writers.iter().any(|writer| *writer != place)
            };
            let swaps = self.deeds.iter().enumerate().filter(|(_, deed)| deed.wrote.is_some());
            let swaps = swaps.filter_map(|(place, deed)| Some((place as u32, deed.needs?)));
            let dropped: Vec<u32> = swaps.filter(|swap| !can(*swap)).map(|(place, _)| place).collect();
            if dropped.is_empty() {
                return;
            }
            for place in dropped {
                if let Some(wrote) = self.deeds[place as usize].wrote.take() {
                    self.values[wrote as usize].writers.retain(|writer| *writer != place);
                }
            }
        }
    }

    fn number(&mut self, key: Option<&'a Arc<str>>, value: &Value) -> u32 {
        let Self { values, names, is_set, .. } = self;
        *names.entry((key, value.clone())).or_insert_with(|| {
            let initial = !*is_set && *value == Value::Nil;
            values.push(Known { initial, is_there: initial, ..Known::default() });
            values.len() as u32 - 1
        })
    }

    fn of_cell(&mut self, operation: &'a Operation) -> Deed {
        let key = operation.key.as_ref();
        let mut deed = Deed::default();
        if is_answered(operation)
            && let Some(seen) = known_call(&Cell::KeyValue, operation).as_ref().and_then(CellCall::sees)
        {
            deed.saw.push(self.number(key, seen));
        }
        if operation.outcome != Outcome::Failed {
            let asked = open_call(&Cell::KeyValue, operation);
            deed.wrote = asked.as_ref().and_then(CellCall::leaves).map(|value| self.number(key, value));
            if let Some(CellCall::Cas { from, .. }) = &asked {
                deed.needs = Some(self.number(key, from));
            }
        }
        deed
    }

    fn of_set(&mut self, operation: &'a Operation) -> Deed {
        let key = operation.key.as_ref();
        let mut deed = Deed::default();
        match known_call(&Set, operation).filter(|_| is_answered(operation)) {
            Some(SetCall::Read(Some(all))) => {
                deed.saw = all.iter().map(|value| self.number(key, value)).collect();
            }
            Some(SetCall::Contains(value, Some(true))) => deed.saw.push(self.number(key, &value)),
            _ => {}
        }
        if operation.outcome != Outcome::Failed
            && let Some(SetCall::Add(value)) = open_call(&Set, operation)
        {
            deed.wrote = Some(self.number(key, &value));
        }
        deed
    }

    /// A value that the operation saw and nobody has asked to write yet, though somebody else will.
    fn waits_for(&self, place: u32) -> Option<u32> {
        let waits = |value: &&u32| {
            let known = &self.values[**value as usize];
            !known.is_there && known.writers.iter().any(|writer| *writer != place)
        };
        self.deeds[place as usize].saw.iter().find(waits).copied()
    }

    /// The operation was asked for: what it writes is there, once what it needs is. Who waited for that.
    fn ask(&mut self, place: u32) -> Vec<u64> {
        let (mut woken, mut asked) = (Vec::new(), vec![place]);
        while let Some(place) = asked.pop() {
            let Deed { wrote, needs, .. } = self.deeds[place as usize];
            let Some(wrote) = wrote else { continue };
            if let Some(needs) = needs.filter(|needs| !self.values[*needs as usize].is_there) {
                self.values[needs as usize].swaps.push(place);
                continue;
            }
            let known = &mut self.values[wrote as usize];
            if !std::mem::replace(&mut known.is_there, true) {
                woken.append(&mut known.waiting);
                asked.append(&mut known.swaps);
            }
        }
        woken
    }

    fn order(&mut self, history: &History) -> Order {
        let operations: Vec<&Operation> = history.operations().iter().collect();
        let mut sessions: BTreeMap<u64, std::vec::IntoIter<(u64, u32, bool)>> = BTreeMap::new();
        let mut by_process: BTreeMap<u64, Vec<(u64, u32, bool)>> = BTreeMap::new();
        for (at, place, completes) in events_of(&operations) {
            by_process.entry(operations[place as usize].process).or_default().push((at, place, completes));
        }
        let mut ready = BinaryHeap::new();
        for (process, events) in by_process {
            let mut events = events.into_iter();
            ready.extend(events.next().map(|event| Reverse((event, process))));
            sessions.insert(process, events);
        }
        let mut order = Order::default();
        // What those wait with that wait.
        let mut held: BTreeMap<u64, (u64, u32, bool)> = BTreeMap::new();
        while let Some(Reverse((event, process))) = ready.pop() {
            let (_, place, completes) = event;
            if let Some(value) = self.waits_for(place).filter(|_| completes) {
                self.values[value as usize].waiting.push(process);
                held.insert(process, event);
                order.is_another = true;
                continue;
            }
            order.events.push((place, completes));
            let next = sessions.get_mut(&process).and_then(Iterator::next);
            ready.extend(next.map(|event| Reverse((event, process))));
            if !completes {
                for woken in self.ask(place) {
                    ready.extend(held.remove(&woken).map(|event| Reverse((event, woken))));
                }
            }
        }
        order.circular = !held.is_empty();
        order
    }

    fn foreseen(&self, history: &History, now: &History) -> Foreseen {
        let mut foreseen = Foreseen::default();
        if self.is_set {
            let again =
                self.names.iter().filter(|(_, value)| self.values[**value as usize].writers.len() > 1);
            foreseen.again = again.map(|((key, value), _)| (key.cloned(), value.clone())).collect();
            return foreseen;
        }
        let all = history.operations();
        for (place, deed) in self.deeds.iter().enumerate() {
            let operation = &all[place];
            let sees = if is_answered(operation) { deed.saw.first() } else { deed.needs.as_ref() };
            let Some(Known { writers, initial, .. }) = sees.map(|value| &self.values[*value as usize]) else {
                continue;
            };
            if writers.len() + usize::from(*initial) < 2 {
                continue;
            }
            let possible = writers.iter().map(|writer| &all[*writer as usize]).filter(|writer| {
                let is_own_later = writer.process == operation.process && writer.invoked > operation.invoked;
                writer.id != operation.id && !is_own_later
            });
            let (mut count, mut later) = (u32::from(*initial), false);
            for writer in possible.take(64) {
                count += 1;
                later |= operation.completed.is_none_or(|completed| writer.invoked > completed);
            }
            // Of very many some are later, or earlier ones are several already.
            if count > 1 && (later || writers.len() > 64) {
                foreseen.vague.extend(now.place(operation.id));
            }
        }
        foreseen
    }
}

fn is_answered(operation: &Operation) -> bool {
    matches!(operation.outcome, Outcome::Ok | Outcome::Failed)
}

/// The history with its events in another order, at other positions.
fn retimed(history: &History, events: &[(u32, bool)]) -> Option<History> {
    let all = history.operations();
    let mut moments: Vec<(Option<u64>, Option<u64>)> = vec![(None, None); all.len()];
    for (at, (place, completes)) in events.iter().enumerate() {
        let moment = &mut moments[*place as usize];
        if *completes { moment.1 = Some(at as u64) } else { moment.0 = Some(at as u64) }
    }
    let mut operations: Vec<Operation> = all
        .iter()
        .zip(moments)
        .filter_map(|(operation, (invoked, completed))| {
            let mut operation = operation.clone();
            (operation.invoked, operation.completed) = (invoked?, completed);
            if completed.is_none() {
                operation.outcome = Outcome::Open;
                operation.output.clear();
            }
            Some(operation)
        })
        .collect();
    operations.sort_by_key(|operation| operation.invoked);
    History::from_operations(operations).ok()
}
