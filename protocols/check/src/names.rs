//! The names by which models and guarantees are asked for, on the command line and in files.

use thiserror::Error;

/// A name that nobody here knows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no {what} called “{name}”; there are {known}")]
pub struct NoSuchName {
    /// Model or guarantee.
    what: &'static str,
    /// What was asked for.
    name: String,
    /// What there is.
    known: String,
}

impl NoSuchName {
    pub(crate) fn new(what: &'static str, name: &str, known: String) -> Self {
        Self { what, name: name.chars().take(40).collect(), known }
    }
}

/// An enumeration whose members have names: lists that are read in two directions.
macro_rules! names {
    ($(#[$about:meta])* $type:ident, $what:literal, $($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        $(#[$about])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $type {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)+
        }

        impl $type {
            /// All of them.
            pub const ALL: &[$type] = &[$($type::$variant),+];

            /// The name.
            pub fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)+
                }
            }

            /// All names, for a message.
            pub fn known() -> String {
                let names: Vec<&str> = Self::ALL.iter().map(|one| one.name()).collect();
                names.join(", ")
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::names::NoSuchName;

            fn from_str(name: &str) -> Result<Self, $crate::names::NoSuchName> {
                let found = Self::ALL.iter().find(|one| one.name() == name);
                found.copied().ok_or_else(|| $crate::names::NoSuchName::new($what, name, Self::known()))
            }
        }
    };
}

pub(crate) use names;

names! {
    /// What operations are done to.
    ModelName, "model",
    /// Holds one value: read, write.
    Register = "register",
    /// A register with compare-and-set.
    CasRegister = "cas-register",
    /// Values under keys: get, put, append, compare-and-set.
    Kv = "kv",
    /// A number that is added to.
    Counter = "counter",
    /// Elements that are added, and read all together.
    Set = "set",
    /// First in, first out.
    Queue = "queue",
    /// Entries that are appended, each at its place.
    Log = "log",
    /// A lock.
    Mutex = "mutex",
    /// A lock with a holder, and with fencing tokens.
    Lock = "lock",
    /// Accounts between which money is moved.
    Bank = "bank",
    /// Registers of which an operation touches several at once.
    MultiRegister = "multi-register",
    /// Transactions that append to lists and read them.
    ListAppend = "list-append",
    /// Transactions that write and read registers.
    RwRegister = "rw-register",
}

impl ModelName {
    /// Whether a history of it is one of transactions.
    pub fn is_transactional(self) -> bool {
        matches!(self, ModelName::ListAppend | ModelName::RwRegister)
    }
}

names! {
    /// What a history may keep.
    Guarantee, "guarantee",
    /// Each operation takes effect at one moment between its invocation and its completion.
    Linearizable = "linearizable",
    /// There is one order of all operations that keeps each process's own.
    Sequential = "sequential",
    /// What was seen before something was done is seen before it.
    Causal = "causal",
    /// What was seen before something was done is seen before it, by each read in an order of its own.
    WeakCausal = "weak-causal",
    /// What was seen before something was done is seen before it, in one order of all writes.
    CausalConvergence = "causal-convergence",
    /// Each process's writes are seen in their order.
    Pram = "pram",
    /// A process sees what it wrote.
    ReadYourWrites = "read-your-writes",
    /// A process never sees something older than it saw.
    MonotonicReads = "monotonic-reads",
    /// A process's writes take effect in their order.
    MonotonicWrites = "monotonic-writes",
    /// A write takes effect after what its process had seen.
    WritesFollowReads = "writes-follow-reads",
    /// Once writes cease, all see the same.
    Convergent = "convergent",
    /// What is seen is not too old.
    BoundedStaleness = "bounded-staleness",
    /// A read sees the last write before it, or one that overlaps it.
    Regular = "regular",
    /// What was acknowledged is not lost.
    NoLostWrite = "no-lost-write",
    /// Operations are answered.
    Progress = "progress",
    /// No dirty writes.
    ReadUncommitted = "read-uncommitted",
    /// Nothing that was not committed is seen.
    ReadCommitted = "read-committed",
    /// A transaction is seen whole or not at all.
    ReadAtomic = "read-atomic",
    /// All reads of a transaction see one moment, and of two that write the same one fails.
    SnapshotIsolation = "snapshot-isolation",
    /// What a transaction read stays as it is until it ends.
    RepeatableRead = "repeatable-read",
    /// As if one transaction had run after another.
    Serializable = "serializable",
    /// All of a transaction happened, or nothing.
    Atomic = "atomic",
    /// Snapshot isolation that keeps each session's order.
    StrongSessionSnapshotIsolation = "strong-session-snapshot-isolation",
    /// Serializable in an order that keeps each session's.
    StrongSessionSerializable = "strong-session-serializable",
    /// Serializable in an order that keeps time's.
    StrictSerializable = "strict-serializable",
    /// Of a bank: no money is made or lost.
    Conservation = "conservation",
    /// Of a set: what was added, or seen, stays.
    NoLostOrStale = "no-lost-or-stale",
    /// Of a counter: each read lies between what must and what may have been added.
    IntervalCounter = "interval-counter",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for model in ModelName::ALL {
            assert_eq!(model.name().parse(), Ok(*model));
        }
        for guarantee in Guarantee::ALL {
            assert_eq!(guarantee.name().parse(), Ok(*guarantee));
        }
        let wrong = "set-full".parse::<ModelName>().unwrap_err().to_string();
        assert!(wrong.starts_with("there is no model called “set-full”; there are register, cas-register,"));
    }
}
