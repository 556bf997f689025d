//! [`Log`]: entries that are appended, each at an offset of its own.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Model, ModelError, Offer};
use crate::history::{Operation, Outcome};
use crate::table;
use crate::value::Value;

/// `append` (or `send`) a value: it comes behind all before it, at an offset that it returns, larger than theirs;
/// offsets may be left out, as where a log also holds entries of its own. `read` an offset: the value there, or
/// nothing, if there is no entry (yet). `read` without an offset: all values in order. At first it is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Log;

/// A call on a [`Log`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogCall {
    /// Puts the value behind all others.
    Append {
        /// What.
        value: Value,
        /// Where it came to stand, if that is known.
        offset: Option<i64>,
    },
    /// Sees what stands at an offset; the inner nothing is no entry, the outer one that nobody knows.
    ReadAt(i64, Option<Value>),
    /// Sees all values.
    ReadAll(Option<Arc<[Value]>>),
}

/// What is in a [`Log`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Entries {
    /// Each entry with its offset, if that is known.
    entries: Vec<(Option<i64>, Value)>,
    /// Offsets at which there will never be an entry.
    holes: Vec<i64>,
}

impl Entries {
    /// The entries that may stand at `offset`: between the last known one at or before it, and the first after it.
    fn around(&self, offset: i64) -> (usize, usize) {
        let known = |(at, _): &(Option<i64>, Value), beyond: bool| {
            at.is_some_and(|at| if beyond { at > offset } else { at <= offset })
        };
        let start = self.entries.iter().rposition(|entry| known(entry, false));
        let end = self.entries.iter().position(|entry| known(entry, true));
        (start.map_or(0, |at| at + 1), end.unwrap_or(self.entries.len()))
    }

    fn at(&self, offset: i64) -> Option<&Value> {
        let (_, value) = self.entries.iter().find(|(at, _)| *at == Some(offset))?;
        Some(value)
    }

    /// Whether the offsets that are not known leave room for those entries.
    fn fits(&self) -> bool {
        let mut last: i128 = i128::from(i64::MIN) - 1;
        let mut waiting = 0;
        for (offset, _) in &self.entries {
            let Some(offset) = offset else {
                waiting += 1;
                continue;
            };
            let offset = i128::from(*offset);
            let taken = self.holes.iter().filter(|hole| (last + 1..offset).contains(&i128::from(**hole)));
            if offset <= last || offset - last - 1 < waiting + taken.count() as i128 {
                return false;
            }
            (last, waiting) = (offset, 0);
        }
        true
    }

    fn read_at(&self, offset: i64, seen: &Value) -> Vec<Entries> {
        if let Some(value) = self.at(offset) {
            return if value == seen { vec![self.clone()] } else { Vec::new() };
        }
        let (start, end) = self.around(offset);
        let mut found = Vec::new();
        if *seen == Value::Nil {
            let mut after = self.clone();
            // Behind the last entry nothing is settled: there may be one at this offset later.
            if end < self.entries.len() || start < end {
                after.holes.push(offset);
                after.holes.sort_unstable();
                after.holes.dedup();
            }
            found.push(after);
        } else if self.holes.binary_search(&offset).is_err() {
            for at in (start..end).filter(|at| self.entries[*at].1 == *seen) {
                let mut after = self.clone();
                after.entries[at].0 = Some(offset);
                found.push(after);
            }
        }
        found.retain(Entries::fits);
        found
    }
}

impl Log {
    fn offset(operation: &Operation, value: &Value) -> Result<Option<i64>, ModelError> {
        match value {
            Value::Int(offset) => Ok(Some(*offset)),
            Value::Nil => Ok(None),
            other => Err(ModelError::kind(operation, other, "an offset, a whole number,")),
        }
    }
}

impl Model for Log {
    type State = Entries;
    type Call = LogCall;

    fn initial(&self) -> Entries {
        Entries::default()
    }

    fn call(&self, operation: &Operation) -> Result<Option<LogCall>, ModelError> {
        let seen = operation.output.first();
        let offset = |value: Option<&Value>| value.map(|value| Self::offset(operation, value)).transpose();
        let call = match &*operation.function {
            "append" | "send" => match operation.input.as_slice() {
                [Value::Nil] => return Err(ModelError::kind(operation, &Value::Nil, "a value")),
                [value] => LogCall::Append { value: value.clone(), offset: offset(seen)?.flatten() },
                _ => {
                    return Err(super::arguments::<1>(operation).err().unwrap_or_else(|| no_such(operation)));
                }
            },
            "read" | "get" => match offset(operation.input.first())?.flatten() {
                Some(at) => LogCall::ReadAt(at, seen.cloned()),
                None => LogCall::ReadAll(match seen {
                    None => None,
                    Some(Value::Nil) => Some(Arc::from([])),
                    Some(Value::List(items)) => Some(Arc::clone(items)),
                    Some(other) => return Err(ModelError::kind(operation, other, "a list")),
                }),
            },
            _ => return Err(no_such(operation)),
        };
        Ok((operation.outcome != Outcome::Failed).then_some(call))
    }

    fn step(&self, state: &Entries, call: &LogCall) -> Option<Entries> {
        match call {
            LogCall::Append { value, offset } => {
                let mut after = state.clone();
                after.entries.push((*offset, value.clone()));
                let holed = offset.is_some_and(|offset| after.holes.binary_search(&offset).is_ok());
                (!holed && after.fits()).then_some(after)
            }
            // Values that nobody knows the offset of are told apart by what they are: of several alike the first.
            LogCall::ReadAt(offset, Some(seen)) => state.read_at(*offset, seen).into_iter().next(),
            LogCall::ReadAll(Some(seen)) => {
                let same = seen.len() == state.entries.len()
                    && seen.iter().zip(&state.entries).all(|(seen, (_, value))| seen == value);
                same.then(|| state.clone())
            }
            LogCall::ReadAt(_, None) | LogCall::ReadAll(None) => Some(state.clone()),
        }
    }

    fn is_pure(&self, call: &LogCall) -> bool {
        // A read at an offset may settle where an entry stands.
        matches!(call, LogCall::ReadAll(_) | LogCall::ReadAt(_, None))
    }

    fn needs(&self, call: &LogCall) -> Option<u64> {
        match call {
            LogCall::ReadAt(_, Some(seen)) if *seen != Value::Nil => Some(table::hash_of(seen)),
            _ => None,
        }
    }

    fn offers(&self, call: &LogCall) -> Offer {
        match call {
            LogCall::Append { value, .. } => Offer::Token(table::hash_of(value)),
            LogCall::ReadAt(..) | LogCall::ReadAll(_) => Offer::Nothing,
        }
    }

    fn feeds(&self, writer: &LogCall, seer: &LogCall) -> bool {
        let LogCall::Append { value, offset } = writer else { return false };
        match seer {
            LogCall::ReadAt(at, Some(seen)) => seen == value && offset.is_none_or(|offset| offset == *at),
            LogCall::ReadAll(Some(seen)) => seen.contains(value),
            _ => false,
        }
    }

    fn only_adds(&self, _call: &LogCall) -> bool {
        true
    }

    fn leads_to(&self, state: &Entries, goal: &LogCall) -> bool {
        match goal {
            LogCall::Append { offset: Some(offset), .. } => {
                state.entries.iter().rev().find_map(|(at, _)| *at).is_none_or(|last| last < *offset)
            }
            LogCall::ReadAt(offset, Some(seen)) => state.at(*offset).is_none_or(|value| value == seen),
            LogCall::ReadAll(Some(seen)) => {
                seen.len() >= state.entries.len()
                    && seen.iter().zip(&state.entries).all(|(seen, (_, value))| seen == value)
            }
            _ => true,
        }
    }
}

fn no_such(operation: &Operation) -> ModelError {
    ModelError::no_such_function(operation, "log", "append or send, read")
}
