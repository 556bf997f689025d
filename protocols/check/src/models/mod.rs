//! Models: what an object does when its operations come one after another.
//!
//! A [`Model`] turns an operation, with what is known of its outcome, into a call, and says what a call does to
//! a state, or that it cannot have happened in it. Checkers know nothing else of an object, so a new object is
//! one implementation of the trait: four methods, and hints that only make checkers faster. Objects that do not
//! influence each other are judged apart (locality: Herlihy and Wing 1990, § 3.2): [`Model::part`] says which of
//! them an operation belongs to.
//!
//! ```
//! use check::linearizable::search::{Progress, Search};
//! use check::models::{Model, ModelError};
//! use check::{Invocation, Operation, Outcome, Value, Values};
//!
//! /// A lamp: `toggle` returns whether it is on afterwards.
//! #[derive(Clone)]
//! struct Lamp;
//!
//! impl Model for Lamp {
//!     type State = bool;
//!     type Call = Option<bool>; // whether it was on afterwards, once that is known
//!     fn initial(&self) -> bool {
//!         false
//!     }
//!     fn call(&self, operation: &Operation) -> Result<Option<Option<bool>>, ModelError> {
//!         if operation.function != "toggle" {
//!             return Err(ModelError::no_such_function(operation, "lamp", "toggle"));
//!         }
//!         let seen = operation.output.first().map(|value| *value == Value::Int(1));
//!         Ok((operation.outcome != Outcome::Failed).then_some(seen))
//!     }
//!     fn step(&self, on: &bool, call: &Option<bool>) -> Option<bool> {
//!         (*call != Some(*on)).then_some(!on)
//!     }
//! }
//!
//! let mut search = Search::new(Lamp);
//! for id in 0..2 {
//!     search.invoke(Some(None));
//!     search.complete(id, 10 + u64::from(id), Outcome::Ok, Some(Some(true)));
//! }
//! assert_eq!(search.advance(100), Progress::Broken { at: 11 }); // it cannot be switched on twice
//! ```
//!
//! # What is here, and what operations look like
//! | model | functions (input → output) |
//! |-|-|
//! | [`Cell::Register`], [`Cell::CasRegister`] | `read` → value; `write` value; `cas` expected, new (failed: → what it saw) |
//! | [`Cell::KeyValue`] | the same and `get`, `put`, `append` value, `delete`; the key in [`Operation::key`] |
//! | [`Counter`] | `add` number; `inc`, `increment`, `dec`, `decrement` [number]; `read` → number |
//! | [`Set`] | `add` element; `remove` element; `contains` element → 0 or 1; `read` → list |
//! | [`Queue`] | `enqueue` value; `dequeue` → value, or nothing if it was empty; `drain` → list |
//! | [`Log`] | `append` or `send` value → offset; `read` offset → value; `read` → list |
//! | [`Mutex`] | `acquire` or `lock`; `release` or `unlock`: whoever holds it |
//! | [`Lock`] | the same, by process, `acquire` → fencing token (larger than all before) |
//! | [`Bank`] | `transfer` from, to, amount; `read` → map of balances |
//! | [`Registers`] | `txn` micro-operations, each a list of `read`, `write` or `append`, key, value → the same filled in; and all of `kv` |
//!
//! [`Any`] is whichever of them but a cell: checkers are compiled for it once instead of for each.
//!
//! Every output may be missing: nobody kept it, and it constrains nothing.

mod any;
mod bank;
mod cell;
mod counter;
mod lock;
mod log;
mod queue;
mod registers;
mod set;

use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Arc;

use thiserror::Error;

pub use any::{Any, AnyCall, AnyState};
pub use bank::{Bank, BankCall};
pub use cell::{Cell, CellCall};
pub use counter::{Counter, CounterCall};
pub use lock::{Lock, LockCall, Mutex, MutexCall};
pub use log::{Log, LogCall};
pub use queue::{Queue, QueueCall};
pub use registers::{Registers, RegistersCall};
pub use set::{Set, SetCall};

use crate::history::Operation;
use crate::value::Value;

/// Why an operation means nothing to a model.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ModelError {
    /// The model has no such function.
    #[error("operation {id}: a {model} has no function `{function}`; it has {known}")]
    NoSuchFunction {
        /// The operation.
        id: u64,
        /// The model's name.
        model: &'static str,
        /// What the operation asked for.
        function: String,
        /// What the model offers.
        known: &'static str,
    },
    /// Too few or too many arguments.
    #[error("operation {id}: `{function}` takes {expected} values, not {given}")]
    Arguments {
        /// The operation.
        id: u64,
        /// What the operation asked for.
        function: String,
        /// How many values it takes.
        expected: u32,
        /// How many it was given.
        given: u32,
    },
    /// An argument or a result of the wrong kind.
    #[error("operation {id}: `{function}` has {value} where {expected} is needed")]
    Kind {
        /// The operation.
        id: u64,
        /// What the operation asked for.
        function: String,
        /// What it has.
        value: String,
        /// What it should be: `a whole number`.
        expected: &'static str,
    },
}

impl ModelError {
    /// The model, called `model`, has no function as the operation asks for; it has those `known`.
    pub fn no_such_function(operation: &Operation, model: &'static str, known: &'static str) -> Self {
        ModelError::NoSuchFunction {
            id: operation.id,
            model,
            function: operation.function.to_string(),
            known,
        }
    }

    /// The operation has `value` where `expected` is needed.
    pub fn kind(operation: &Operation, value: &Value, expected: &'static str) -> Self {
        let shown: String = value.to_string().chars().take(40).collect();
        ModelError::Kind {
            id: operation.id,
            function: operation.function.to_string(),
            value: shown,
            expected,
        }
    }
}

/// What a call leaves behind that others may need: see [`Model::needs`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// Nothing: no call becomes possible by it.
    Nothing,
    /// What the calls that need this token wait for. Two things may share a token: that only makes checkers slower.
    Token(u64),
    /// Who knows.
    Anything,
}

/// What an object does, one operation after another.
pub trait Model: Clone {
    /// What the object holds.
    type State: Clone + Eq + Hash + Debug;
    /// An operation with what is known of its outcome.
    type Call: Clone + Eq + Hash + Debug;

    /// The state before the first operation.
    fn initial(&self) -> Self::State;

    /// What the operation asks for, with what its outcome says. An operation that surely did not happen and
    /// saw nothing is `None`.
    ///
    /// # Errors
    /// If the model has no such function, or the arguments do not fit.
    fn call(&self, operation: &Operation) -> Result<Option<Self::Call>, ModelError>;

    /// The state after the call, or `None` if it cannot happen in this state. A call whose output is not known
    /// may return anything.
    fn step(&self, state: &Self::State, call: &Self::Call) -> Option<Self::State>;

    // ---- hints: right as they stand for every model, and slow

    /// Whether the call leaves every state as it is.
    fn is_pure(&self, _call: &Self::Call) -> bool {
        false
    }

    /// Whether the call is possible in every state, and the state after it does not depend on the one before.
    fn is_blind(&self, _call: &Self::Call) -> bool {
        false
    }

    /// The token without which the call cannot become possible: where it is not possible, it will not be before
    /// a call that [offers](Self::offers) the token.
    fn needs(&self, _call: &Self::Call) -> Option<u64> {
        None
    }

    /// Whether after the call none that needs the same token is possible, before another one offers it.
    fn uses_up(&self, _call: &Self::Call) -> bool {
        false
    }

    /// What the call leaves for others. A call whose outcome is not known yet offers at least what it offers once
    /// that is known.
    fn offers(&self, call: &Self::Call) -> Offer {
        if self.is_pure(call) { Offer::Nothing } else { Offer::Anything }
    }

    /// Whether what `writer` does could ever help `seer` to happen. May say yes too often, never no.
    fn feeds(&self, writer: &Self::Call, seer: &Self::Call) -> bool {
        match (self.offers(writer), self.needs(seer)) {
            (Offer::Nothing, _) => false,
            (Offer::Token(offered), Some(needed)) => offered == needed,
            (Offer::Anything, _) | (Offer::Token(_), None) => true,
        }
    }

    /// Whether the call only adds to the state, or leaves it: what [`Self::leads_to`] may count on.
    fn only_adds(&self, _call: &Self::Call) -> bool {
        false
    }

    /// Whether calls that only add could take the state to one in which `goal` can happen. May say yes too
    /// often, never no.
    fn leads_to(&self, _state: &Self::State, _goal: &Self::Call) -> bool {
        true
    }

    /// Whether what `seer` saw is just what `writer` left: who reads the proof asks who wrote that. No checker does.
    fn wrote(&self, writer: &Self::Call, seer: &Self::Call) -> bool {
        match (self.offers(writer), self.needs(seer)) {
            (Offer::Token(offered), Some(needed)) => offered == needed,
            _ => false,
        }
    }

    /// The part of the object that the operation touches: parts never influence each other.
    fn part<'a>(&self, operation: &'a Operation) -> Option<&'a Arc<str>> {
        operation.key.as_ref()
    }
}

/// The arguments of an operation that takes exactly `N`.
fn arguments<const N: usize>(operation: &Operation) -> Result<&[Value; N], ModelError> {
    operation.input.as_slice().try_into().map_err(|_| ModelError::Arguments {
        id: operation.id,
        function: operation.function.to_string(),
        expected: N as u32,
        given: u32::try_from(operation.input.len()).unwrap_or(u32::MAX),
    })
}
