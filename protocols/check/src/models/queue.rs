//! [`Queue`]: first in, first out.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Model, ModelError, Offer, arguments};
use crate::history::{Operation, Outcome};
use crate::table;
use crate::value::Value;

/// `enqueue` a value, `dequeue` the oldest (nothing, if there is none), `drain` all of them. At first it is empty.
///
/// A failed `dequeue`, as Jepsen's clients report an empty queue, says nothing of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Queue;

/// A call on a [`Queue`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QueueCall {
    /// Puts the value at the end.
    Enqueue(Value),
    /// Takes the oldest value; `None` while, or because, nobody knows which.
    Dequeue(Option<Value>),
    /// Finds the queue empty.
    Empty,
    /// Takes all values, oldest first.
    Drain(Option<Arc<[Value]>>),
}

impl Model for Queue {
    type State = Arc<[Value]>;
    type Call = QueueCall;

    fn initial(&self) -> Arc<[Value]> {
        Arc::from([])
    }

    fn call(&self, operation: &Operation) -> Result<Option<QueueCall>, ModelError> {
        let call = match &*operation.function {
            "enqueue" => match &arguments::<1>(operation)?[0] {
                // A dequeue that returns nothing has found the queue empty.
                Value::Nil => return Err(ModelError::kind(operation, &Value::Nil, "a value")),
                value => QueueCall::Enqueue(value.clone()),
            },
            "dequeue" => match operation.output.first() {
                Some(Value::Nil) => QueueCall::Empty,
                seen => QueueCall::Dequeue(seen.cloned()),
            },
            "drain" => match operation.output.first() {
                None => QueueCall::Drain(None),
                Some(Value::Nil) => QueueCall::Drain(Some(Arc::from([]))),
                Some(Value::List(items)) => QueueCall::Drain(Some(Arc::clone(items))),
                Some(other) => return Err(ModelError::kind(operation, other, "a list")),
            },
            _ => {
                return Err(ModelError::no_such_function(operation, "queue", "enqueue, dequeue, drain"));
            }
        };
        Ok((operation.outcome != Outcome::Failed).then_some(call))
    }

    fn step(&self, state: &Arc<[Value]>, call: &QueueCall) -> Option<Arc<[Value]>> {
        match (call, state.first()) {
            (QueueCall::Enqueue(value), _) => Some(state.iter().chain([value]).cloned().collect()),
            (QueueCall::Dequeue(None) | QueueCall::Empty, None) => Some(Arc::clone(state)),
            (QueueCall::Dequeue(Some(_)), None) | (QueueCall::Empty, Some(_)) => None,
            (QueueCall::Dequeue(seen), Some(oldest)) => {
                seen.as_ref().is_none_or(|seen| seen == oldest).then(|| Arc::from(&state[1..]))
            }
            (QueueCall::Drain(seen), _) => {
                seen.as_ref().is_none_or(|seen| seen == state).then(|| self.initial())
            }
        }
    }

    fn is_pure(&self, call: &QueueCall) -> bool {
        matches!(call, QueueCall::Empty)
    }

    fn is_blind(&self, call: &QueueCall) -> bool {
        matches!(call, QueueCall::Drain(None))
    }

    fn offers(&self, call: &QueueCall) -> Offer {
        match call {
            QueueCall::Empty => Offer::Nothing,
            QueueCall::Enqueue(value) => Offer::Token(table::hash_of(value)),
            QueueCall::Dequeue(_) | QueueCall::Drain(_) => Offer::Anything,
        }
    }

    fn wrote(&self, writer: &QueueCall, seer: &QueueCall) -> bool {
        matches!((writer, seer), (QueueCall::Enqueue(value), QueueCall::Dequeue(Some(seen))) if value == seen)
    }

    fn feeds(&self, writer: &QueueCall, seer: &QueueCall) -> bool {
        match (writer, seer) {
            (QueueCall::Enqueue(value), QueueCall::Dequeue(Some(seen))) => value == seen,
            (QueueCall::Enqueue(value), QueueCall::Drain(Some(seen))) => seen.contains(value),
            (QueueCall::Enqueue(_), _) | (QueueCall::Empty, _) => false,
            (QueueCall::Dequeue(_) | QueueCall::Drain(_), seer) => !matches!(seer, QueueCall::Enqueue(_)),
        }
    }
}
