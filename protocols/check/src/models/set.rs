//! [`Set`]: elements that are added, removed, and read all together.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Model, ModelError, Offer, arguments};
use crate::history::{Operation, Outcome};
use crate::table;
use crate::value::Value;

/// `add`, `remove`, `contains` an element, `read` all. At first it is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Set;

/// A call on a [`Set`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SetCall {
    /// Puts the element in, whether or not it is there.
    Add(Value),
    /// Takes the element out, whether or not it is there.
    Remove(Value),
    /// Sees whether the element is there.
    Contains(Value, Option<bool>),
    /// Sees all elements, sorted and each once.
    Read(Option<Arc<[Value]>>),
}

impl Set {
    /// The elements that a value lists, sorted and each once: nothing is no element.
    ///
    /// # Errors
    /// If it is not a list.
    pub(crate) fn elements(operation: &Operation, value: &Value) -> Result<Arc<[Value]>, ModelError> {
        match value {
            Value::Nil => Ok(Arc::from([])),
            Value::List(items) if items.is_sorted_by(|a, b| a < b) => Ok(Arc::clone(items)),
            Value::List(items) => {
                let mut items = items.to_vec();
                items.sort_unstable();
                items.dedup();
                Ok(items.into())
            }
            other => Err(ModelError::kind(operation, other, "a list")),
        }
    }
}

impl Model for Set {
    type State = Arc<[Value]>;
    type Call = SetCall;

    fn initial(&self) -> Arc<[Value]> {
        Arc::from([])
    }

    fn call(&self, operation: &Operation) -> Result<Option<SetCall>, ModelError> {
        let element = || arguments::<1>(operation).map(|[element]| element.clone());
        let call = match &*operation.function {
            "read" => {
                let seen = operation.output.first().map(|value| Self::elements(operation, value));
                SetCall::Read(seen.transpose()?)
            }
            "add" | "insert" | "write" => SetCall::Add(element()?),
            "remove" | "delete" => SetCall::Remove(element()?),
            "contains" => {
                let seen = match operation.output.first() {
                    None => None,
                    Some(Value::Int(0) | Value::Nil) => Some(false),
                    Some(Value::Int(1)) => Some(true),
                    Some(Value::Word(word)) if **word == *"true" => Some(true),
                    Some(Value::Word(word)) if **word == *"false" => Some(false),
                    Some(other) => return Err(ModelError::kind(operation, other, "yes (1) or no (0)")),
                };
                SetCall::Contains(element()?, seen)
            }
            _ => {
                let known = "add or insert, remove, contains, read";
                return Err(ModelError::no_such_function(operation, "set", known));
            }
        };
        Ok((operation.outcome != Outcome::Failed).then_some(call))
    }

    fn step(&self, state: &Arc<[Value]>, call: &SetCall) -> Option<Arc<[Value]>> {
        let same = || Some(Arc::clone(state));
        match call {
            SetCall::Add(element) => match state.binary_search(element) {
                Ok(_) => same(),
                Err(at) => {
                    let (before, after) = state.split_at(at);
                    Some(before.iter().chain([element]).chain(after).cloned().collect())
                }
            },
            SetCall::Remove(element) => match state.binary_search(element) {
                Ok(at) => Some(state[..at].iter().chain(&state[at + 1..]).cloned().collect()),
                Err(_) => same(),
            },
            SetCall::Contains(_, None) | SetCall::Read(None) => same(),
            SetCall::Contains(element, Some(seen)) => {
                if state.binary_search(element).is_ok() == *seen {
                    same()
                } else {
                    None
                }
            }
            SetCall::Read(Some(seen)) => {
                if seen == state {
                    same()
                } else {
                    None
                }
            }
        }
    }

    fn is_pure(&self, call: &SetCall) -> bool {
        matches!(call, SetCall::Contains(..) | SetCall::Read(_))
    }

    fn needs(&self, call: &SetCall) -> Option<u64> {
        match call {
            SetCall::Contains(element, Some(_)) => Some(table::hash_of(element)),
            _ => None,
        }
    }

    fn offers(&self, call: &SetCall) -> Offer {
        match call {
            SetCall::Add(element) | SetCall::Remove(element) => Offer::Token(table::hash_of(element)),
            SetCall::Contains(..) | SetCall::Read(_) => Offer::Nothing,
        }
    }

    fn feeds(&self, writer: &SetCall, seer: &SetCall) -> bool {
        match (writer, seer) {
            (SetCall::Add(element), SetCall::Read(Some(seen))) => seen.binary_search(element).is_ok(),
            (SetCall::Remove(element), SetCall::Read(Some(seen))) => seen.binary_search(element).is_err(),
            (SetCall::Add(element), SetCall::Contains(other, Some(true)))
            | (SetCall::Remove(element), SetCall::Contains(other, Some(false))) => element == other,
            _ => false,
        }
    }

    fn only_adds(&self, call: &SetCall) -> bool {
        !matches!(call, SetCall::Remove(_))
    }

    fn leads_to(&self, state: &Arc<[Value]>, goal: &SetCall) -> bool {
        match goal {
            SetCall::Read(Some(seen)) => is_within(state, seen),
            SetCall::Contains(element, Some(false)) => state.binary_search(element).is_err(),
            _ => true,
        }
    }
}

/// Whether every element of `inner` is in `outer`; both are sorted.
pub(crate) fn is_within(inner: &[Value], outer: &[Value]) -> bool {
    let mut rest = outer.iter();
    inner.len() <= outer.len() && inner.iter().all(|element| rest.any(|other| other == element))
}
