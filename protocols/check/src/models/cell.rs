//! [`Cell`]: everything that holds one value under each key, a register, a compare-and-set register, a key-value
//! store.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Model, ModelError, Offer, arguments};
use crate::history::{Operation, Outcome};
use crate::table;
use crate::value::Value;

/// One value under each key, at first [`Value::Nil`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cell {
    /// `read`, `write`.
    Register,
    /// `read`, `write`, `cas`.
    CasRegister,
    /// `read` or `get`, `write` or `put`, `cas`, `append`, `delete`.
    #[default]
    KeyValue,
}

/// A call on one [`Cell`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CellCall {
    /// Sees the value; `None` while, or because, nobody knows what it saw.
    Read(Option<Value>),
    /// Replaces whatever is there.
    Write(Value),
    /// Finds `from` and replaces it by `to`.
    Cas {
        /// What must be there.
        from: Value,
        /// What is there afterwards.
        to: Value,
    },
    /// A compare-and-set that failed: it expected `expected` and saw `seen`.
    Mismatch {
        /// What it expected.
        expected: Value,
        /// What it saw instead.
        seen: Value,
    },
    /// A compare-and-set that failed because it found something else than `expected`; nobody said what.
    Refused {
        /// What it expected.
        expected: Value,
    },
    /// Adds to the end: a text to a text, anything else to a list. [`Value::Nil`] counts as empty.
    Append(Value),
}

impl CellCall {
    /// The value that the call must find, if one is known.
    pub fn sees(&self) -> Option<&Value> {
        match self {
            CellCall::Read(seen) => seen.as_ref(),
            CellCall::Cas { from, .. } => Some(from),
            CellCall::Mismatch { seen, .. } => Some(seen),
            CellCall::Write(_) | CellCall::Append(_) | CellCall::Refused { .. } => None,
        }
    }

    /// The value that is there after the call, if the call alone decides it.
    pub fn leaves(&self) -> Option<&Value> {
        match self {
            CellCall::Write(value) | CellCall::Cas { to: value, .. } => Some(value),
            CellCall::Read(_)
            | CellCall::Mismatch { .. }
            | CellCall::Refused { .. }
            | CellCall::Append(_) => None,
        }
    }
}

impl Cell {
    /// The model's name in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Cell::Register => "register",
            Cell::CasRegister => "compare-and-set register",
            Cell::KeyValue => "key-value store",
        }
    }

    fn functions(self) -> &'static str {
        match self {
            Cell::Register => "read, write",
            Cell::CasRegister => "read, write, cas, compare-and-set",
            Cell::KeyValue => "read or get, write or put, cas, compare-and-set, append, delete",
        }
    }

    fn no_such(self, operation: &Operation) -> ModelError {
        ModelError::no_such_function(operation, self.name(), self.functions())
    }
}

impl Model for Cell {
    type State = Value;
    type Call = CellCall;

    fn initial(&self) -> Value {
        Value::Nil
    }

    fn call(&self, operation: &Operation) -> Result<Option<CellCall>, ModelError> {
        let (cas, store) = match self {
            Cell::Register => (false, false),
            Cell::CasRegister => (true, false),
            Cell::KeyValue => (true, true),
        };
        let failed = operation.outcome == Outcome::Failed;
        let call = match &*operation.function {
            "read" => CellCall::Read(operation.output.first().cloned()),
            "get" if store => CellCall::Read(operation.output.first().cloned()),
            "write" => CellCall::Write(arguments::<1>(operation)?[0].clone()),
            "put" if store => CellCall::Write(arguments::<1>(operation)?[0].clone()),
            "delete" if store => {
                arguments::<0>(operation)?;
                CellCall::Write(Value::Nil)
            }
            "append" if store => CellCall::Append(arguments::<1>(operation)?[0].clone()),
            function @ ("cas" | "compare-and-set") if cas => {
                let [from, to] = arguments::<2>(operation)?.clone();
                match operation.output.first() {
                    Some(seen) if failed => {
                        return Ok(Some(CellCall::Mismatch { expected: from, seen: seen.clone() }));
                    }
                    None if failed && function == "compare-and-set" => {
                        return Ok(Some(CellCall::Refused { expected: from }));
                    }
                    _ => CellCall::Cas { from, to },
                }
            }
            _ => return Err(self.no_such(operation)),
        };
        Ok((!failed).then_some(call))
    }

    fn step(&self, state: &Value, call: &CellCall) -> Option<Value> {
        match call {
            CellCall::Read(None) => Some(state.clone()),
            CellCall::Read(Some(seen)) => (seen == state).then(|| state.clone()),
            CellCall::Write(value) => Some(value.clone()),
            CellCall::Cas { from, to } => (from == state).then(|| to.clone()),
            CellCall::Mismatch { expected, seen } => {
                (seen == state && seen != expected).then(|| state.clone())
            }
            CellCall::Refused { expected } => (expected != state).then(|| state.clone()),
            CellCall::Append(value) => append(state, value),
        }
    }

    fn is_pure(&self, call: &CellCall) -> bool {
        matches!(call, CellCall::Read(_) | CellCall::Mismatch { .. } | CellCall::Refused { .. })
    }

    fn is_blind(&self, call: &CellCall) -> bool {
        matches!(call, CellCall::Write(_))
    }

    fn needs(&self, call: &CellCall) -> Option<u64> {
        call.sees().map(table::hash_of)
    }

    fn uses_up(&self, call: &CellCall) -> bool {
        matches!(call, CellCall::Cas { from, to } if from != to)
    }

    fn offers(&self, call: &CellCall) -> Offer {
        match call {
            CellCall::Read(_) | CellCall::Mismatch { .. } | CellCall::Refused { .. } => Offer::Nothing,
            CellCall::Write(value) | CellCall::Cas { to: value, .. } => Offer::Token(table::hash_of(value)),
            CellCall::Append(_) => Offer::Anything,
        }
    }

    fn feeds(&self, writer: &CellCall, seer: &CellCall) -> bool {
        let added = match writer {
            CellCall::Write(value) | CellCall::Cas { to: value, .. } => value,
            CellCall::Append(value) => value,
            CellCall::Read(_) | CellCall::Mismatch { .. } | CellCall::Refused { .. } => return false,
        };
        if let CellCall::Refused { expected } = seer {
            return added != expected || matches!(writer, CellCall::Append(_));
        }
        match seer.sees() {
            Some(seen) => seen == added || holds(seen, added) || matches!(added, Value::List(_)),
            // An append needs a text or a list to stand on, so what writes one helps it.
            None => matches!(seer, CellCall::Append(_)),
        }
    }

    fn only_adds(&self, call: &CellCall) -> bool {
        self.is_pure(call) || matches!(call, CellCall::Append(_))
    }

    fn leads_to(&self, state: &Value, goal: &CellCall) -> bool {
        goal.sees().is_none_or(|seen| grows_into(state, seen))
    }
}

/// Whether appends could make `seen` of `state`.
fn grows_into(state: &Value, seen: &Value) -> bool {
    match (state, seen) {
        (Value::Nil, Value::Nil | Value::Text(_) | Value::List(_)) => true,
        (Value::Text(state), Value::Text(seen)) => seen.starts_with(&**state),
        (Value::List(state), Value::List(seen)) => seen.starts_with(state),
        _ => state == seen,
    }
}

/// Whether `added` may be a part of `seen`, put there by an append or overgrown by one.
fn holds(seen: &Value, added: &Value) -> bool {
    match (seen, added) {
        (Value::Text(seen), Value::Text(added)) => seen.contains(&**added),
        (Value::List(seen), added) => *added == Value::Nil || seen.contains(added),
        (Value::Text(_), Value::Nil) => true,
        _ => false,
    }
}

fn append(state: &Value, value: &Value) -> Option<Value> {
    match (state, value) {
        (Value::Nil, Value::Text(_)) => Some(value.clone()),
        (Value::Text(text), Value::Text(more)) => {
            let mut whole = String::with_capacity(text.len() + more.len());
            whole.push_str(text);
            whole.push_str(more);
            Some(Value::from(whole.as_str()))
        }
        (Value::Nil, _) => Some(Value::List(Arc::from([value.clone()]))),
        (Value::List(items), _) => {
            Some(Value::List(items.iter().chain(std::iter::once(value)).cloned().collect()))
        }
        (Value::Int(_) | Value::Text(_) | Value::Word(_) | Value::Map(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{History, Invocation};
    use crate::value::Values;
    use smallvec::smallvec;

    #[test]
    fn functions_and_arguments_that_do_not_fit_are_refused() {
        let mut history = History::new();
        history.invoke(0, Invocation::cas(1, 0, None, 1, 2)).unwrap();
        history.invoke(1, Invocation::new(2, 0, "write", None, Values::new())).unwrap();
        let [cas, write] = history.operations() else { panic!() };
        assert!(matches!(Cell::Register.call(cas), Err(ModelError::NoSuchFunction { id: 1, .. })));
        assert!(Cell::CasRegister.call(cas).unwrap().is_some());
        assert!(matches!(
            Cell::Register.call(write),
            Err(ModelError::Arguments { expected: 1, given: 0, .. })
        ));
    }

    #[test]
    fn a_failed_compare_and_set_saw_something_or_did_not_happen() {
        let mut history = History::new();
        history.invoke(0, Invocation::cas(1, 0, None, 1, 2)).unwrap();
        history.invoke(1, Invocation::cas(2, 0, None, 1, 2)).unwrap();
        history.complete(2, 1, Outcome::Failed, smallvec![Value::Nil]).unwrap();
        history.complete(3, 2, Outcome::Failed, Values::new()).unwrap();
        let calls: Vec<_> =
            history.operations().iter().map(|operation| Cell::KeyValue.call(operation).unwrap()).collect();
        let mismatch = CellCall::Mismatch { expected: Value::Int(1), seen: Value::Nil };
        assert_eq!(calls, [Some(mismatch.clone()), None]);
        assert_eq!(Cell::KeyValue.step(&Value::Nil, &mismatch), Some(Value::Nil));
        assert_eq!(Cell::KeyValue.step(&Value::Int(1), &mismatch), None);
    }

    #[test]
    fn a_refused_swap_found_something_else() {
        let mut history = History::new();
        let input = smallvec![Value::Int(1), Value::Int(2)];
        history.invoke(0, Invocation::new(1, 0, "compare-and-set", None, input)).unwrap();
        history.complete(1, 1, Outcome::Failed, Values::new()).unwrap();
        let refused = Cell::CasRegister.call(&history.operations()[0]).unwrap().unwrap();
        assert_eq!(refused, CellCall::Refused { expected: Value::Int(1) });
        assert_eq!(Cell::CasRegister.step(&Value::Int(1), &refused), None);
        assert_eq!(Cell::CasRegister.step(&Value::Nil, &refused), Some(Value::Nil));
        let write = |value: i64| CellCall::Write(value.into());
        assert!(
            Cell::CasRegister.feeds(&write(2), &refused) && !Cell::CasRegister.feeds(&write(1), &refused)
        );
    }

    #[test]
    fn appends_grow_texts_and_lists_and_nothing_else() {
        let model = Cell::KeyValue;
        let grow = |state: &Value, value: Value| model.step(state, &CellCall::Append(value));
        assert_eq!(grow(&"a".into(), "b".into()), Some("ab".into()));
        assert_eq!(grow(&Value::Nil, "b".into()), Some("b".into()));
        assert_eq!(grow(&Value::Nil, 1.into()), Some(vec![1.into()].into()));
        assert_eq!(grow(&vec![1.into()].into(), 2.into()), Some(vec![1.into(), 2.into()].into()));
        assert_eq!(grow(&3.into(), 2.into()), None);
        let leads = |state: Value, seen: Value| model.leads_to(&state, &CellCall::Read(Some(seen)));
        assert!(leads("a".into(), "ab".into()) && leads(Value::Nil, vec![1.into()].into()));
        assert!(!leads("b".into(), "ab".into()) && !leads("a".into(), Value::Nil));
    }
}
