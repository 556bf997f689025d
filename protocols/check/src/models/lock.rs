//! [`Mutex`] and [`Lock`]: one holder at a time.

use serde::{Deserialize, Serialize};

use super::{Model, ModelError, Offer};
use crate::history::{Operation, Outcome};
use crate::table;
use crate::value::Value;

/// Whoever releases it: `acquire` (or `lock`) finds it free, `release` (or `unlock`) finds it taken. At first it is free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mutex;

/// A call on a [`Mutex`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MutexCall {
    /// Finds it free and takes it.
    Acquire,
    /// Finds it taken and frees it.
    Release,
}

impl MutexCall {
    fn of(operation: &Operation, model: &'static str) -> Result<Self, ModelError> {
        match &*operation.function {
            "acquire" | "lock" => Ok(MutexCall::Acquire),
            "release" | "unlock" => Ok(MutexCall::Release),
            _ => {
                let known = "acquire or lock, release or unlock";
                Err(ModelError::no_such_function(operation, model, known))
            }
        }
    }
}

impl Model for Mutex {
    type State = bool;
    type Call = MutexCall;

    fn initial(&self) -> bool {
        false
    }

    fn call(&self, operation: &Operation) -> Result<Option<MutexCall>, ModelError> {
        let call = MutexCall::of(operation, "mutex")?;
        Ok((operation.outcome != Outcome::Failed).then_some(call))
    }

    fn step(&self, taken: &bool, call: &MutexCall) -> Option<bool> {
        match call {
            MutexCall::Acquire => (!taken).then_some(true),
            MutexCall::Release => taken.then_some(false),
        }
    }

    fn needs(&self, call: &MutexCall) -> Option<u64> {
        Some(u64::from(*call == MutexCall::Acquire))
    }

    fn uses_up(&self, _call: &MutexCall) -> bool {
        true
    }

    fn offers(&self, call: &MutexCall) -> Offer {
        Offer::Token(u64::from(*call == MutexCall::Release))
    }
}

/// Its holder alone may release it. Each `acquire` may return a fencing token, a number larger than every one before:
/// what the resource behind the lock asks for, so that it can turn away who held the lock once and does not know that
/// it lost it. A `release` may say which token it gives back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lock;

/// A call on a [`Lock`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockCall {
    /// The process finds it free and takes it.
    Acquire {
        /// Who.
        process: u64,
        /// The token it was given.
        token: Option<i64>,
    },
    /// The process holds it and frees it.
    Release {
        /// Who.
        process: u64,
        /// The token it was given when it took the lock, if it says so.
        token: Option<i64>,
    },
}

/// Who holds a [`Lock`], and the largest token so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Held {
    /// Holder and, if known, its token.
    holder: Option<(u64, Option<i64>)>,
    last: Option<i64>,
}

impl Model for Lock {
    type State = Held;
    type Call = LockCall;

    fn initial(&self) -> Held {
        Held::default()
    }

    fn call(&self, operation: &Operation) -> Result<Option<LockCall>, ModelError> {
        let token = |value: Option<&Value>| match value {
            None | Some(Value::Nil) => Ok(None),
            Some(Value::Int(token)) => Ok(Some(*token)),
            Some(other) => Err(ModelError::kind(operation, other, "a token, a whole number,")),
        };
        let process = operation.process;
        let call = match MutexCall::of(operation, "lock")? {
            MutexCall::Acquire => LockCall::Acquire { process, token: token(operation.output.first())? },
            MutexCall::Release => LockCall::Release { process, token: token(operation.input.first())? },
        };
        Ok((operation.outcome != Outcome::Failed).then_some(call))
    }

    fn step(&self, state: &Held, call: &LockCall) -> Option<Held> {
        match (*call, state.holder) {
            (LockCall::Acquire { process, token }, None) => {
                if let (Some(token), Some(last)) = (token, state.last)
                    && token <= last
                {
                    return None;
                }
                Some(Held { holder: Some((process, token)), last: token.or(state.last) })
            }
            (LockCall::Release { process, token }, Some((holder, held))) if process == holder => {
                let same = token.is_none() || held.is_none() || token == held;
                same.then_some(Held { holder: None, last: state.last })
            }
            _ => None,
        }
    }

    fn needs(&self, call: &LockCall) -> Option<u64> {
        match call {
            LockCall::Acquire { .. } => Some(0),
            LockCall::Release { process, .. } => Some(table::hash_of(&(1, process))),
        }
    }

    fn uses_up(&self, _call: &LockCall) -> bool {
        true
    }

    fn offers(&self, call: &LockCall) -> Offer {
        match call {
            LockCall::Acquire { process, .. } => Offer::Token(table::hash_of(&(1, process))),
            LockCall::Release { .. } => Offer::Token(0),
        }
    }

    fn only_adds(&self, _call: &LockCall) -> bool {
        true
    }

    fn leads_to(&self, state: &Held, goal: &LockCall) -> bool {
        match goal {
            LockCall::Acquire { token: Some(token), .. } => state.last.is_none_or(|last| last < *token),
            _ => true,
        }
    }
}
