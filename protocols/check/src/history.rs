//! Histories: what clients asked and what they were told, in one order of events.
//!
//! An [`Operation`] is one invocation over all its retries. A [`History`] is fed events in order, each at a
//! position: any number that grows strictly from event to event (an event index, or virtual time with ties
//! already broken). An operation is *before* another exactly if it was completed at a smaller position than the
//! other was invoked at; since no two events share a position there are no ties to decide.
//!
//! # Outcomes
//! - [`Outcome::Ok`]: it took effect once, between invocation and completion, and returned `output`. A read that
//!   is ok without an output returned something nobody kept: it constrains nothing.
//! - [`Outcome::Failed`]: it surely did not happen. A failed compare-and-set that says what it saw instead
//!   (`output` is not empty) is an observation: a read of that value, which must differ from the expected one.
//! - [`Outcome::Unknown`], and [`Outcome::Open`] until more is known: it may take effect at any later moment,
//!   even after the client gave up, or never. The client goes on as a new process on the same lane.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::smallvec;
use thiserror::Error;

use crate::table::{self, Index};
use crate::value::{Value, Values};

/// What became of an operation, as far as the history goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Not answered yet.
    #[default]
    Open,
    /// Answered: it happened.
    Ok,
    /// Answered: it did not happen.
    Failed,
    /// Nobody will ever say: timed out, connection lost, client crashed.
    Unknown,
}

/// What a client asks for: an operation as it is when it begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// Names the operation; unique within its history.
    pub id: u64,
    /// The lane it is drawn on: its client.
    pub lane: u32,
    /// The logical process: a client goes on as a new one after an unknown outcome.
    pub process: u64,
    /// What it does: `read`, `write`, `cas`, `append`, ... The model gives it its meaning.
    pub function: Cow<'static, str>,
    /// The object, where a history has several.
    pub key: Option<Arc<str>>,
    /// Its arguments: the value written; expected and new value of a `cas`.
    pub input: Values,
}

impl Invocation {
    /// A read of the object.
    pub fn read(id: u64, lane: u32, key: Option<Arc<str>>) -> Self {
        Self::new(id, lane, "read", key, Values::new())
    }

    /// A write of `value`.
    pub fn write(id: u64, lane: u32, key: Option<Arc<str>>, value: impl Into<Value>) -> Self {
        Self::new(id, lane, "write", key, smallvec![value.into()])
    }

    /// A compare-and-set: `new` if the object holds `expected`.
    pub fn cas(
        id: u64,
        lane: u32,
        key: Option<Arc<str>>,
        expected: impl Into<Value>,
        new: impl Into<Value>,
    ) -> Self {
        Self::new(id, lane, "cas", key, smallvec![expected.into(), new.into()])
    }

    /// An append of `value` to the text or list in the object.
    pub fn append(id: u64, lane: u32, key: Option<Arc<str>>, value: impl Into<Value>) -> Self {
        Self::new(id, lane, "append", key, smallvec![value.into()])
    }

    /// Any other function. The process is the lane's first; set the field for later ones.
    pub fn new(
        id: u64,
        lane: u32,
        function: impl Into<Cow<'static, str>>,
        key: Option<Arc<str>>,
        input: Values,
    ) -> Self {
        Self { id, lane, process: u64::from(lane), function: function.into(), key, input }
    }
}

/// One operation of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Names the operation; unique within its history.
    pub id: u64,
    /// The lane it is drawn on: its client.
    pub lane: u32,
    /// The logical process.
    pub process: u64,
    /// What it does; the model gives it its meaning.
    pub function: Cow<'static, str>,
    /// The object, where a history has several.
    pub key: Option<Arc<str>>,
    /// Its arguments.
    pub input: Values,
    /// What it returned: empty while open, for a write, and where nobody kept it.
    pub output: Values,
    /// Position of its invocation.
    pub invoked: u64,
    /// Position at which its outcome became known, also an unknown one.
    pub completed: Option<u64>,
    /// What became of it.
    pub outcome: Outcome,
}

impl Operation {
    /// Whether this operation was over before `other` began. One of unknown outcome never is.
    pub fn precedes(&self, other: &Operation) -> bool {
        match (self.outcome, self.completed) {
            (Outcome::Ok | Outcome::Failed, Some(completed)) => completed < other.invoked,
            _ => false,
        }
    }

    /// The operation as it stood right after the event at `position`; `None` if it had not begun.
    pub fn as_of(&self, position: u64) -> Option<Operation> {
        if self.invoked > position {
            return None;
        }
        let mut then = self.clone();
        if then.completed.is_some_and(|completed| completed > position) {
            then.completed = None;
            then.outcome = Outcome::Open;
            then.output = Values::new();
        }
        Some(then)
    }
}

/// Why a history refused an event. The history is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HistoryError {
    /// Positions must grow.
    #[error(
        "event at position {at} comes after one at {last}; positions must grow strictly: feed the events in order"
    )]
    OutOfOrder {
        /// The refused position.
        at: u64,
        /// The position of the event before.
        last: u64,
    },
    /// Two operations with one id.
    #[error(
        "operation {id} was invoked twice (again at position {at}); give each operation an id of its own"
    )]
    InvokedTwice {
        /// The repeated id.
        id: u64,
        /// Where it came again.
        at: u64,
    },
    /// A completion without an invocation.
    #[error("operation {id} completes at position {at} but was never invoked; feed its invocation first")]
    NeverInvoked {
        /// The id that is not known.
        id: u64,
        /// Where it completed.
        at: u64,
    },
    /// A second completion.
    #[error(
        "operation {id} completes again at position {at}; it did at {first}; an operation completes once"
    )]
    CompletedTwice {
        /// The operation.
        id: u64,
        /// The second completion.
        at: u64,
        /// The first completion.
        first: u64,
    },
    /// `Open` is not something an operation completes with.
    #[error(
        "operation {id} cannot complete as open (position {at}); say ok, failed or unknown, or leave the event out"
    )]
    CompletedOpen {
        /// The operation.
        id: u64,
        /// Where.
        at: u64,
    },
    /// Answered, but not when.
    #[error("operation {id} has an outcome but no position at which it became known; say when it completed")]
    NeverCompleted {
        /// The operation.
        id: u64,
    },
    /// The last position is kept for "never", and a history counts its operations in 32 bits.
    #[error(
        "position {at} or the number of operations is beyond what a history holds; use smaller positions"
    )]
    TooLarge {
        /// The refused position.
        at: u64,
    },
}

/// Operations in the order in which they began, built from events in order.
#[derive(Clone, Debug, Default)]
pub struct History {
    operations: Vec<Operation>,
    by_id: Index,
    last: Option<u64>,
}

impl History {
    /// An empty history.
    pub fn new() -> Self {
        Self::default()
    }

    /// The history of these operations, which must be in the order of their invocations.
    ///
    /// # Errors
    /// If two of their events share a position, an operation completes before it began, or one that completed is
    /// open (or the reverse).
    pub fn from_operations(operations: Vec<Operation>) -> Result<Self, HistoryError> {
        if operations.len() >= (u32::MAX / 4) as usize {
            return Err(HistoryError::TooLarge { at: 0 });
        }
        let mut events: Vec<u64> = Vec::with_capacity(operations.len() * 2);
        let mut by_id = Index::default();
        for (place, operation) in operations.iter().enumerate() {
            let Operation { id, invoked, completed, outcome, .. } = *operation;
            let last = place.checked_sub(1).map(|before| operations[before].invoked);
            if let Some(last) = last.filter(|last| *last >= invoked) {
                return Err(HistoryError::OutOfOrder { at: invoked, last });
            }
            match completed {
                Some(at) if at <= invoked => return Err(HistoryError::OutOfOrder { at, last: invoked }),
                Some(at) if outcome == Outcome::Open => return Err(HistoryError::CompletedOpen { id, at }),
                None if outcome != Outcome::Open => return Err(HistoryError::NeverCompleted { id }),
                _ => {}
            }
            let hash = table::hash_of(&id);
            if by_id.find(hash, |at| operations[at as usize].id == id).is_some() {
                return Err(HistoryError::InvokedTwice { id, at: invoked });
            }
            by_id.insert(hash, place as u32, |at| table::hash_of(&operations[at as usize].id));
            events.push(invoked);
            events.extend(completed);
        }
        events.sort_unstable();
        if let Some(pair) = events.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(HistoryError::OutOfOrder { at: pair[1], last: pair[0] });
        }
        if let Some(at) = events.last().filter(|at| **at >= u64::MAX - 1) {
            return Err(HistoryError::TooLarge { at: *at });
        }
        Ok(Self { last: events.last().copied(), operations, by_id })
    }

    /// The operations, in the order of their invocations.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation named `id`.
    pub fn get(&self, id: u64) -> Option<&Operation> {
        self.place(id).map(|place| &self.operations[place as usize])
    }

    /// The history as it was right after the event at `position`.
    pub fn as_of(&self, position: u64) -> History {
        let operations: Vec<Operation> =
            self.operations.iter().map_while(|operation| operation.as_of(position)).collect();
        let mut by_id = Index::default();
        for (place, operation) in operations.iter().enumerate() {
            by_id.insert(table::hash_of(&operation.id), place as u32, |at| {
                table::hash_of(&operations[at as usize].id)
            });
        }
        let events = operations.iter().flat_map(|operation| [Some(operation.invoked), operation.completed]);
        let last = events.flatten().max();
        History { operations, by_id, last }
    }

    /// Position of the last event.
    pub fn end(&self) -> Option<u64> {
        self.last
    }

    /// The place of `id` in [`Self::operations`].
    pub(crate) fn place(&self, id: u64) -> Option<u32> {
        self.by_id.find(table::hash_of(&id), |at| self.operations[at as usize].id == id)
    }

    /// An operation begins. Returns its place in [`Self::operations`].
    ///
    /// # Errors
    /// If the position does not grow, or the id was used before.
    pub fn invoke(&mut self, at: u64, call: Invocation) -> Result<u32, HistoryError> {
        self.check_order(at)?;
        let Invocation { id, lane, process, function, key, input } = call;
        if self.place(id).is_some() {
            return Err(HistoryError::InvokedTwice { id, at });
        }
        let place = u32::try_from(self.operations.len()).unwrap_or(u32::MAX);
        if place >= u32::MAX / 4 {
            return Err(HistoryError::TooLarge { at });
        }
        self.operations.push(Operation {
            id,
            lane,
            process,
            function,
            key,
            input,
            output: Values::new(),
            invoked: at,
            completed: None,
            outcome: Outcome::Open,
        });
        let Self { operations, by_id, .. } = self;
        by_id.insert(table::hash_of(&id), place, |earlier| table::hash_of(&operations[earlier as usize].id));
        self.last = Some(at);
        Ok(place)
    }

    /// The outcome of an operation becomes known. Returns its place in [`Self::operations`].
    ///
    /// # Errors
    /// If the position does not grow, or the operation is not there, or completed before.
    pub fn complete(
        &mut self,
        at: u64,
        id: u64,
        outcome: Outcome,
        output: Values,
    ) -> Result<u32, HistoryError> {
        self.check_order(at)?;
        let place = self.place(id).ok_or(HistoryError::NeverInvoked { id, at })?;
        let operation = &mut self.operations[place as usize];
        if let Some(first) = operation.completed {
            return Err(HistoryError::CompletedTwice { id, at, first });
        }
        if outcome == Outcome::Open {
            return Err(HistoryError::CompletedOpen { id, at });
        }
        operation.completed = Some(at);
        operation.outcome = outcome;
        operation.output = output;
        self.last = Some(at);
        Ok(place)
    }

    fn check_order(&self, at: u64) -> Result<(), HistoryError> {
        if at >= u64::MAX - 1 {
            return Err(HistoryError::TooLarge { at });
        }
        match self.last {
            Some(last) if last >= at => Err(HistoryError::OutOfOrder { at, last }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_feeding_is_refused_and_changes_nothing() {
        let mut history = History::new();
        history.invoke(5, Invocation::write(1, 0, None, 7)).unwrap();
        let before = history.operations().to_vec();
        let again = Invocation::write(1, 0, None, 8);
        assert_eq!(history.invoke(6, again.clone()), Err(HistoryError::InvokedTwice { id: 1, at: 6 }));
        assert_eq!(history.invoke(5, again), Err(HistoryError::OutOfOrder { at: 5, last: 5 }));
        assert_eq!(
            history.complete(6, 2, Outcome::Ok, Values::new()),
            Err(HistoryError::NeverInvoked { id: 2, at: 6 })
        );
        assert_eq!(
            history.complete(6, 1, Outcome::Open, Values::new()),
            Err(HistoryError::CompletedOpen { id: 1, at: 6 })
        );
        assert_eq!(
            history.complete(u64::MAX, 1, Outcome::Ok, Values::new()),
            Err(HistoryError::TooLarge { at: u64::MAX })
        );
        assert_eq!(history.operations(), before);
        history.complete(6, 1, Outcome::Ok, Values::new()).unwrap();
        assert_eq!(
            history.complete(7, 1, Outcome::Ok, Values::new()),
            Err(HistoryError::CompletedTwice { id: 1, at: 7, first: 6 })
        );
    }

    #[test]
    fn an_operation_as_of_a_moment_forgets_what_came_later() {
        let mut history = History::new();
        history.invoke(2, Invocation::read(1, 0, None)).unwrap();
        history.complete(4, 1, Outcome::Ok, smallvec![Value::Int(3)]).unwrap();
        let read = history.get(1).unwrap();
        assert_eq!(read.as_of(1), None);
        assert_eq!(read.as_of(3).unwrap().outcome, Outcome::Open);
        assert!(read.as_of(3).unwrap().output.is_empty());
        assert_eq!(read.as_of(4).as_ref(), Some(read));
    }
}
