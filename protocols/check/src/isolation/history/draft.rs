//! What a [`Builder`](super::Builder) is handed: transactions as their format tells them, and what it may object to.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::history::Outcome;
use crate::value::Value;

/// What the keys of a history hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Objects {
    /// Lists: transactions append to them and read them whole (Elle's list-append).
    Lists,
    /// Registers: transactions write and read them (Elle's rw-register).
    Registers,
}

/// What a key holds before anyone wrote to it. Lists always begin empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Initial {
    /// Nothing: a read of it returns [`Value::Nil`].
    #[default]
    Nothing,
    /// This value, as if a transaction before all others had written it to every key.
    Written(Value),
    /// Nobody said. A value that is read but that nobody wrote is then the initial one of its key.
    Unstated,
}

/// Whether a level of isolation keeps the order in which one process ran its transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sessions {
    /// Only levels that say so: the strong session ones and those above (Adya, Elle).
    #[default]
    WhereNamed,
    /// Every level (Biswas and Enea; AWDIT, PolySI, Plume, Cobra).
    Always,
}

/// What the history's format leaves unsaid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conventions {
    /// What a key holds at first.
    pub initial: Initial,
    /// Which levels keep the order of a process.
    pub sessions: Sessions,
}

impl Conventions {
    /// Histories of Jepsen and Elle: keys hold nothing at first, sessions count where a level names them.
    pub fn jepsen() -> Self {
        Self::default()
    }

    /// AWDIT's text: a value nobody wrote is the initial one; sessions always count.
    pub fn awdit() -> Self {
        Self { initial: Initial::Unstated, sessions: Sessions::Always }
    }

    /// Text of Plume and PolySI: an implicit first transaction writes 0 to every key; sessions always count.
    pub fn plume() -> Self {
        Self { initial: Initial::Written(Value::Int(0)), sessions: Sessions::Always }
    }

    /// JSON of dbcop: keys hold nothing at first; sessions always count.
    pub fn dbcop() -> Self {
        Self { initial: Initial::Nothing, sessions: Sessions::Always }
    }
}

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Its position among the events of the history.
    pub at: u64,
    /// The time, in nanoseconds since some origin, where known. Shown, never reasoned with.
    pub time: Option<i64>,
}

impl Moment {
    /// The moment of the event at position `at`.
    pub fn at(at: u64) -> Self {
        Self { at, time: None }
    }
}

/// One step of a transaction, as it is handed to a [`Builder`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Appends `value` to the list under `key`.
    Append {
        /// The key.
        key: Value,
        /// The element.
        value: Value,
    },
    /// Writes `value` to the register under `key`.
    Write {
        /// The key.
        key: Value,
        /// The value.
        value: Value,
    },
    /// Reads what is under `key`.
    Read {
        /// The key.
        key: Value,
        /// What it returned: a list where keys hold lists; `Nil` for what nobody wrote; none if not known.
        seen: Option<Value>,
    },
}

/// One transaction, as it is handed to a [`Builder`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The caller's own number for it, such as its place in a file. Nothing depends on it.
    pub label: u64,
    /// The process (session) that ran it.
    pub process: u64,
    /// When it began, where known.
    pub began: Option<Moment>,
    /// When its outcome became known, where known.
    pub ended: Option<Moment>,
    /// What became of it.
    pub outcome: Outcome,
    /// What it did, in order.
    pub steps: Vec<Step>,
}

/// Why a [`Builder`] refused a transaction. It is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TransactionsError {
    /// An append to a register, or a write to a list.
    #[error(
        "transaction {label} {does} key {key}, but the keys of this history hold {hold}; check it as the model it is of"
    )]
    WrongStep {
        /// The transaction.
        label: u64,
        /// What it does: "appends to" or "writes".
        does: &'static str,
        /// The key.
        key: Value,
        /// What keys hold here.
        hold: &'static str,
    },
    /// A read of a list that returned something else.
    #[error(
        "transaction {label} read {seen} under key {key}, where a list was expected; appends build lists"
    )]
    NotAList {
        /// The transaction.
        label: u64,
        /// The key.
        key: Value,
        /// What it returned.
        seen: Value,
    },
    /// It ended before it began.
    #[error(
        "transaction {label} ends at position {ended}, before it begins at {began}; positions must grow with time"
    )]
    EndsBeforeItBegins {
        /// The transaction.
        label: u64,
        /// Where it begins.
        began: u64,
        /// Where it ends.
        ended: u64,
    },
    /// Two transactions of one process at once.
    #[error(
        "transaction {label} of process {process} begins at position {began}, while transaction {other} of the same process runs until {ended}; a process runs one at a time, in the order in which they are added"
    )]
    Overlaps {
        /// The transaction.
        label: u64,
        /// The process.
        process: u64,
        /// Where it begins.
        began: u64,
        /// The one before it.
        other: u64,
        /// Where that one ends.
        ended: u64,
    },
    /// Positions end two below the largest number, and everything is counted in 32 bits.
    #[error(
        "transaction {label}: more transactions, steps or values, or larger positions, than a history holds"
    )]
    TooLarge {
        /// The transaction.
        label: u64,
    },
}
