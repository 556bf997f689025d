//! Convergence: once writes cease, all come to see the same (eventual consistency: Vogels 2009).
//!
//! "Eventually" says nothing of a history that ends, so this is what it comes to here. Writes to a key have *ceased* when
//! each that began was answered, or was given up; one that was given up and is seen later is taken to have ended only
//! then, since it may have happened just before. The history has converged on a key if the last read of each process,
//! begun after that (and after the time to settle, if there is one), shows the same. A system that needs its time will
//! be found divergent by who asks too early: the time to settle is for that.
//!
//! Where no key was read by two processes after its writes had ceased, nobody knows.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::{Places, Span, Suspects, Times};
use crate::history::{History, Operation, Outcome};
use crate::judge::{known_call, open_call};
use crate::models::{Cell, CellCall, Set, SetCall};
use crate::value::Value;

/// What the object is: how writes and reads of it are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Cells,
    Set,
}

#[derive(Clone, Debug, Default)]
struct Key {
    /// Writes that wait for their answer.
    open: u32,
    /// Values of writes that were given up and not seen yet.
    given_up: BTreeMap<Value, u32>,
    /// Who wrote each value.
    writers: BTreeMap<Value, SmallVec<[u32; 1]>>,
    /// Position of the last event by which a write ended.
    ceased: Option<u64>,
    /// The last read of each process since then.
    last: BTreeMap<u64, (Value, u32)>,
    /// Its place among the spans while they differ.
    differs: Option<usize>,
}

/// Judged as the history grows.
#[derive(Clone, Debug)]
pub(super) struct Convergence {
    subject: Subject,
    settle: u64,
    keys: BTreeMap<Option<Arc<str>>, Key>,
    /// From when to when the last reads of some key differed.
    pub differ: Vec<Span>,
    /// From when to when the last reads of two processes, at least, could be compared.
    pub compared: Vec<Span>,
    /// On how many keys that is so now.
    comparable: u32,
    /// What counted when last reads differed longest after writes ceased.
    pub took: u64,
}

impl Convergence {
    pub(super) fn new(subject: Subject, settle: u64) -> Self {
        Self {
            subject,
            settle,
            keys: BTreeMap::new(),
            differ: Vec::new(),
            compared: Vec::new(),
            comparable: 0,
            took: 0,
        }
    }

    /// What an operation would write.
    fn written(&self, operation: &Operation) -> Option<Value> {
        match self.subject {
            Subject::Cells => match open_call(&Cell::KeyValue, operation)? {
                CellCall::Write(value) | CellCall::Append(value) => Some(value),
                CellCall::Cas { to, .. } => Some(to),
                _ => None,
            },
            Subject::Set => match open_call(&Set, operation)? {
                SetCall::Add(value) | SetCall::Remove(value) => Some(value),
                _ => None,
            },
        }
    }

    /// What an operation saw.
    fn seen(&self, operation: &Operation) -> Option<Value> {
        match self.subject {
            Subject::Cells => match known_call(&Cell::KeyValue, operation)? {
                CellCall::Read(seen) => seen,
                CellCall::Mismatch { seen, .. } => Some(seen),
                _ => None,
            },
            Subject::Set => match known_call(&Set, operation)? {
                SetCall::Read(seen) => seen.map(Value::List),
                _ => None,
            },
        }
    }

    /// The operation at this place of the history began.
    pub(super) fn invoke(&mut self, history: &History, place: u32) {
        let operation = &history.operations()[place as usize];
        let Some(value) = self.written(operation) else { return };
        let key = self.keys.entry(operation.key.clone()).or_default();
        key.open += 1;
        key.writers.entry(value).or_default().push(place);
        self.forget(&operation.key, operation.invoked);
    }

    /// What was read until now does not count any more.
    fn forget(&mut self, key: &Option<Arc<str>>, at: u64) {
        let Self { keys, differ, compared, comparable, .. } = self;
        let Some(key) = keys.get_mut(key) else { return };
        if key.last.len() > 1 {
            *comparable -= 1;
            if *comparable == 0
                && let Some(span) = compared.last_mut()
            {
                span.until = Some(at);
            }
        }
        key.last.clear();
        if let Some(span) = key.differs.take() {
            differ[span].until = Some(at);
        }
    }

    /// The outcome of the operation at this place is known.
    pub(super) fn complete(&mut self, history: &History, place: u32, times: &Times) {
        let operation = &history.operations()[place as usize];
        let at = operation.completed.unwrap_or(operation.invoked);
        if let Some(value) = self.written(operation) {
            let key = self.keys.entry(operation.key.clone()).or_default();
            key.open -= 1;
            key.ceased = Some(at);
            match operation.outcome {
                Outcome::Unknown => *key.given_up.entry(value).or_default() += 1,
                Outcome::Failed => {
                    let writers = key.writers.entry(value).or_default();
                    writers.retain(|writer| *writer != place);
                }
                Outcome::Ok | Outcome::Open => {}
            }
        }
        if matches!(operation.outcome, Outcome::Ok | Outcome::Failed)
            && let Some(seen) = self.seen(operation)
        {
            self.read(operation, place, seen, at, times);
        }
    }

    fn read(&mut self, operation: &Operation, place: u32, seen: Value, at: u64, times: &Times) {
        let key = self.keys.entry(operation.key.clone()).or_default();
        if shows_given_up(key, &seen) {
            key.ceased = Some(at);
            self.forget(&operation.key, at);
            return;
        }
        let ceased = key.ceased;
        let since = ceased.map_or(u64::MAX, |ceased| times.between(ceased, operation.invoked));
        if key.open > 0 || ceased.is_some_and(|ceased| operation.invoked < ceased) || since < self.settle {
            return;
        }
        let before = key.last.len();
        key.last.insert(operation.process, (seen.clone(), place));
        if before < 2 && key.last.len() == 2 {
            if self.comparable == 0 {
                self.compared.push(Span { from: at, until: None, suspects: Suspects::All });
            }
            self.comparable += 1;
        }
        let other = key.last.values().find(|(value, _)| *value != seen).cloned();
        match (other, key.differs) {
            (None, Some(span)) => {
                key.differs = None;
                self.differ[span].until = Some(at);
            }
            (Some((value, other)), None) => {
                key.differs = Some(self.differ.len());
                let mut found: Places = [place, other].into_iter().collect();
                for writer in [&seen, &value].into_iter().filter_map(|value| key.writers.get(value)) {
                    found.extend(writer.iter().copied());
                }
                let suspects = match self.subject {
                    Subject::Cells => Suspects::These(found),
                    Subject::Set => Suspects::All,
                };
                self.differ.push(Span { from: at, until: None, suspects });
                self.took = self.took.max(if ceased.is_some() { since } else { 0 });
            }
            (Some(_), Some(_)) => self.took = self.took.max(if ceased.is_some() { since } else { 0 }),
            (None, None) => {}
        }
    }
}

/// Whether a read shows something that was given up and not seen before; it is seen then, unless another write of the
/// same may be what was seen.
fn shows_given_up(key: &mut Key, seen: &Value) -> bool {
    let elements = match seen {
        Value::List(items) if !key.given_up.contains_key(seen) => items.to_vec(),
        other => vec![other.clone()],
    };
    let mut shows = false;
    for element in elements {
        let alone = key.writers.get(&element).is_none_or(|writers| writers.len() == 1);
        if key.given_up.contains_key(&element) {
            shows = true;
            if alone {
                key.given_up.remove(&element);
            }
        }
    }
    shows
}
