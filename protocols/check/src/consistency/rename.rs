//! A history as the algorithms want it: appends turned into swaps, and what objects hold at first as nothing.

use std::collections::BTreeMap;

use super::Setting;
use crate::history::{History, Operation};
use crate::judge::open_call;
use crate::linearizable::unfold::unfold;
use crate::models::{Cell, CellCall};
use crate::names::ModelName;
use crate::value::Value;

/// The history to be judged, where it is not the one that was given.
#[derive(Debug)]
pub(super) struct Renamed {
    /// Operations keep their ids.
    pub history: Option<History>,
    /// Pieces are appended that are not all different, and the history has one way of telling them apart: if it is
    /// kept so it is kept, but if it is broken it need not be.
    pub one_of_several: bool,
}

/// Prepares a history of that model.
pub(super) fn rename(history: &History, model: ModelName, setting: &Setting) -> Renamed {
    let mut renamed = Renamed { history: None, one_of_several: false };
    if !matches!(model, ModelName::Register | ModelName::CasRegister | ModelName::Kv) {
        return renamed;
    }
    if let Ok(Some(unfolded)) = unfold(history) {
        renamed.one_of_several = has_equal_pieces(history);
        renamed.history = Some(unfolded.history);
    }
    if setting.made_up > 0 {
        let now = renamed.history.as_ref().unwrap_or(history);
        renamed.history = without_made_up(now, setting.made_up).or(renamed.history);
    }
    renamed
}

fn has_equal_pieces(history: &History) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    history.operations().iter().any(|operation| {
        let piece = operation.input.first().filter(|_| operation.function == "append");
        piece.is_some_and(|piece| !seen.insert((operation.key.as_ref(), piece)))
    })
}

/// Leaves out the first operations, which say what objects hold at first: these values change names with "nothing".
fn without_made_up(history: &History, made_up: u32) -> Option<History> {
    let (first, rest) = history.operations().split_at_checked(made_up as usize)?;
    let mut initial = BTreeMap::new();
    for operation in first {
        let Some(CellCall::Write(value)) = open_call(&Cell::KeyValue, operation) else { return None };
        initial.insert(operation.key.clone(), value);
    }
    let renamed = |operation: &Operation| {
        let mut operation = operation.clone();
        let Some(initial) = initial.get(&operation.key).filter(|initial| **initial != Value::Nil) else {
            return operation;
        };
        if operation.function == "delete" {
            operation.function = "write".into();
            operation.input.push(Value::Nil);
        }
        for value in operation.input.iter_mut().chain(&mut operation.output) {
            if value == initial {
                *value = Value::Nil;
            } else if *value == Value::Nil {
                *value = initial.clone();
            }
        }
        operation
    };
    History::from_operations(rest.iter().map(renamed).collect()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{Invocation, Outcome};
    use smallvec::smallvec;

    #[test]
    fn what_is_there_at_first_changes_names_with_nothing() {
        let mut history = History::new();
        history.invoke(0, Invocation::write(0, 0, None, 5)).unwrap();
        history.complete(1, 0, Outcome::Ok, smallvec![]).unwrap();
        history.invoke(2, Invocation::cas(1, 1, None, 5, 6)).unwrap();
        history.complete(3, 1, Outcome::Ok, smallvec![]).unwrap();
        history.invoke(4, Invocation::new(2, 1, "delete", None, smallvec![])).unwrap();
        history.complete(5, 2, Outcome::Ok, smallvec![]).unwrap();
        let setting = Setting { made_up: 1, ..Setting::default() };
        let renamed = rename(&history, ModelName::Kv, &setting).history.unwrap();
        let [swap, delete] = renamed.operations() else { panic!("two are left") };
        assert_eq!(swap.input.as_slice(), [Value::Nil, 6.into()]);
        assert_eq!((&*delete.function, delete.input.as_slice()), ("write", [Value::Int(5)].as_slice()));
    }
}
