//! [`Counter`]: a number, at first zero, that is added to.

use serde::{Deserialize, Serialize};

use super::{Model, ModelError, Offer, arguments};
use crate::history::{Operation, Outcome};
use crate::value::Value;

/// `add` a number (also a negative one), `inc` and `dec` by one or by a number, `read`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Counter;

/// A call on a [`Counter`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CounterCall {
    /// Adds.
    Add(i64),
    /// Sees the sum; `None` while, or because, nobody knows what it saw.
    Read(Option<i64>),
}

impl Counter {
    /// What a value says of a counter: nothing counts as zero.
    ///
    /// # Errors
    /// If it is not a whole number.
    pub(crate) fn number(operation: &Operation, value: &Value) -> Result<i64, ModelError> {
        match value {
            Value::Int(number) => Ok(*number),
            Value::Nil => Ok(0),
            other => Err(ModelError::kind(operation, other, "a whole number")),
        }
    }
}

impl Model for Counter {
    // Sums of 2^32 numbers of 64 bits fit.
    type State = i128;
    type Call = CounterCall;

    fn initial(&self) -> i128 {
        0
    }

    fn call(&self, operation: &Operation) -> Result<Option<CounterCall>, ModelError> {
        let by = |sign: i64| -> Result<i64, ModelError> {
            if operation.input.is_empty() {
                return Ok(sign);
            }
            let [value] = arguments::<1>(operation)?;
            match value {
                Value::Nil => Ok(sign),
                // The one number without an opposite is no step that anybody takes.
                _ => Self::number(operation, value)?
                    .checked_mul(sign)
                    .ok_or_else(|| ModelError::kind(operation, value, "a smaller number")),
            }
        };
        let call = match &*operation.function {
            "read" | "get" => {
                let seen = operation.output.first().map(|value| Self::number(operation, value));
                CounterCall::Read(seen.transpose()?)
            }
            "add" => CounterCall::Add(Self::number(operation, &arguments::<1>(operation)?[0])?),
            "inc" | "increment" => CounterCall::Add(by(1)?),
            "dec" | "decrement" => CounterCall::Add(by(-1)?),
            _ => {
                let known = "add, inc or increment, dec or decrement, read";
                return Err(ModelError::no_such_function(operation, "counter", known));
            }
        };
        Ok((operation.outcome != Outcome::Failed).then_some(call))
    }

    fn step(&self, state: &i128, call: &CounterCall) -> Option<i128> {
        match call {
            CounterCall::Add(number) => Some(state + i128::from(*number)),
            CounterCall::Read(None) => Some(*state),
            CounterCall::Read(Some(seen)) => (i128::from(*seen) == *state).then_some(*state),
        }
    }

    fn is_pure(&self, call: &CounterCall) -> bool {
        matches!(call, CounterCall::Read(_) | CounterCall::Add(0))
    }

    fn offers(&self, call: &CounterCall) -> Offer {
        if self.is_pure(call) { Offer::Nothing } else { Offer::Anything }
    }

    fn only_adds(&self, call: &CounterCall) -> bool {
        matches!(call, CounterCall::Read(_) | CounterCall::Add(0..))
    }

    fn leads_to(&self, state: &i128, goal: &CounterCall) -> bool {
        match goal {
            CounterCall::Read(Some(seen)) => *state <= i128::from(*seen),
            _ => true,
        }
    }
}
