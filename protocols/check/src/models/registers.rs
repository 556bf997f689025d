//! [`Registers`]: many cells as one object, for operations that touch several at once.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Cell, CellCall, Model, ModelError, Offer};
use crate::history::{Operation, Outcome};
use crate::value::Value;

/// Everything a [`Cell::KeyValue`] has, on any key, and `txn`: a list of micro-operations that take effect together,
/// each `[function, key, value]` with the functions `read` (`r`), `write` (`w`) and `append`. What the reads among
/// them saw stands in the output, a list of the same form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Registers;

/// A call on [`Registers`]: calls on single cells, one after another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RegistersCall(pub Arc<[(Arc<str>, CellCall)]>);

/// What the cells hold, sorted by key; those that hold nothing are left out.
type Cells = Arc<[(Arc<str>, Value)]>;

impl Registers {
    fn micro(
        operation: &Operation,
        given: &Value,
        seen: Option<&Value>,
    ) -> Result<(Arc<str>, CellCall), ModelError> {
        let wrong = |value: &Value| ModelError::kind(operation, value, "[function key value]");
        let parts = |value: &Value| match value {
            Value::List(items) => match &**items {
                [function, key] => Ok((function.clone(), key.clone(), Value::Nil)),
                [function, key, value] => Ok((function.clone(), key.clone(), value.clone())),
                _ => Err(wrong(value)),
            },
            other => Err(wrong(other)),
        };
        let (function, key, value) = parts(given)?;
        let (Value::Text(function) | Value::Word(function)) = function else { return Err(wrong(given)) };
        let key: Arc<str> = match key {
            Value::Text(key) | Value::Word(key) => key,
            other => Arc::from(other.to_string()),
        };
        let call = match function.trim_start_matches(':') {
            "r" | "read" => CellCall::Read(seen.map(parts).transpose()?.map(|(_, _, value)| value)),
            "w" | "write" => CellCall::Write(value),
            "append" => CellCall::Append(value),
            _ => return Err(wrong(given)),
        };
        Ok((key, call))
    }
}

fn find(cells: &Cells, key: &str) -> Result<usize, usize> {
    cells.binary_search_by(|(other, _)| (**other).cmp(key))
}

impl Model for Registers {
    type State = Cells;
    type Call = RegistersCall;

    fn initial(&self) -> Cells {
        Arc::from([])
    }

    fn call(&self, operation: &Operation) -> Result<Option<RegistersCall>, ModelError> {
        if operation.function != "txn" {
            let key = operation.key.clone().unwrap_or_else(|| Arc::from(""));
            let call = Cell::KeyValue.call(operation)?;
            return Ok(call.map(|call| RegistersCall(Arc::from([(key, call)]))));
        }
        let list = |values: &crate::value::Values| match values.as_slice() {
            [Value::List(items)] if items.iter().all(|item| matches!(item, Value::List(_))) => items.to_vec(),
            values => values.to_vec(),
        };
        let (given, seen) = (list(&operation.input), list(&operation.output));
        let calls = given.iter().enumerate().map(|(at, micro)| Self::micro(operation, micro, seen.get(at)));
        let calls = calls.collect::<Result<Arc<[_]>, _>>()?;
        Ok((operation.outcome != Outcome::Failed).then_some(RegistersCall(calls)))
    }

    fn step(&self, state: &Cells, call: &RegistersCall) -> Option<Cells> {
        let mut cells: Option<Vec<(Arc<str>, Value)>> = None;
        for (key, call) in call.0.iter() {
            let now = cells.as_deref().unwrap_or(state);
            let place = now.binary_search_by(|(other, _)| other.cmp(key));
            let before = place.map_or(&Value::Nil, |at| &now[at].1);
            let after = Cell::KeyValue.step(before, call)?;
            if after == *before {
                continue;
            }
            let cells = cells.get_or_insert_with(|| state.to_vec());
            match (place, after) {
                (Ok(at), Value::Nil) => drop(cells.remove(at)),
                (Ok(at), after) => cells[at].1 = after,
                (Err(at), after) => cells.insert(at, (Arc::clone(key), after)),
            }
        }
        Some(cells.map_or_else(|| Arc::clone(state), Arc::from))
    }

    fn is_pure(&self, call: &RegistersCall) -> bool {
        call.0.iter().all(|(_, call)| Cell::KeyValue.is_pure(call))
    }

    fn offers(&self, call: &RegistersCall) -> Offer {
        if self.is_pure(call) { Offer::Nothing } else { Offer::Anything }
    }

    fn feeds(&self, writer: &RegistersCall, seer: &RegistersCall) -> bool {
        let pairs = writer.0.iter().flat_map(|one| seer.0.iter().map(move |other| (one, other)));
        pairs.into_iter().any(|((key, one), (other, seer))| key == other && Cell::KeyValue.feeds(one, seer))
    }

    fn only_adds(&self, call: &RegistersCall) -> bool {
        call.0.iter().all(|(_, call)| Cell::KeyValue.only_adds(call))
    }

    fn leads_to(&self, state: &Cells, goal: &RegistersCall) -> bool {
        // Only the first look at each key sees what was there before.
        let mut looked: Vec<&str> = Vec::new();
        goal.0.iter().all(|(key, call)| {
            if looked.contains(&&**key) {
                return true;
            }
            looked.push(key);
            let now = find(state, key).map_or(&Value::Nil, |at| &state[at].1);
            Cell::KeyValue.leads_to(now, call)
        })
    }

    fn part<'a>(&self, _operation: &'a Operation) -> Option<&'a Arc<str>> {
        None
    }
}
