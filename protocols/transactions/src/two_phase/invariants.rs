//! The invariants by name (what atomic commitment must be: Bernstein et al., section 7.3; what a bank must be), and what
//! a sweep must have reached.

use names::*;
use sim::lab::{Invariant, Mode};

/// Names of the invariants.
pub mod names {
    /// AC1 of Bernstein et al.
    pub const ATOMIC: &str = "atomic";
    /// What a bank owes.
    pub const CONSERVATION: &str = "conservation";
    /// What locks are for.
    pub const STRICT: &str = "strict-serializable";
    /// AC2 of Bernstein et al.
    pub const YES: &str = "a yes is kept";
    /// What a client relies on.
    pub const OK: &str = "an ok is kept";
    /// Of the bank.
    pub const OVERDRAWN: &str = "no account is overdrawn";
    /// Of the locks.
    pub const LOCKS: &str = "locks are held by the living";
    /// AC5 of Bernstein et al.
    pub const ENDS: &str = "doubt ends";
}

const fn always(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Always, doc }
}

const fn sometimes(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Sometimes, doc }
}

/// The invariants, in the order of [`At`].
pub const INVARIANTS: &[Invariant] = &[
    always(ATOMIC, "No transaction is committed at one shard and aborted at another (AC1)."),
    always(
        CONSERVATION,
        "All money in accounts, and all that a commit has on its way to some, is what there was at the start.",
    ),
    always(
        STRICT,
        "An audit shows the bank as it was at one moment between question and answer, with every transfer whole: \
         transfers take effect at one moment, the decision, which lies between their question and answer.",
    ),
    always(YES, "A shard that has voted yes neither forgets it nor aborts by itself (AC2)."),
    always(OK, "A transfer for which a client was told ok is never aborted anywhere."),
    always(OVERDRAWN, "No account holds less than nothing: what is there is looked at under a lock."),
    always(LOCKS, "Who holds an account is at work there, or in doubt."),
    always(ENDS, "Once all is mended, nobody stays in doubt for long (AC5)."),
    sometimes(
        "a coordinator goes between the votes and the decision",
        "Shards that voted yes are left in doubt.",
    ),
    sometimes("a request waits for an account in doubt", "Blocking: the doubt of one holds up others."),
    sometimes("doubt survives a crash", "A shard finds a prepare record without an outcome in its log."),
    sometimes(
        "a decision survives a crash",
        "A coordinator finds a commit in its log that it has to tell again.",
    ),
    sometimes(
        "an abort is presumed",
        "Who is asked knows nothing of the transaction, and says that it is aborted.",
    ),
    sometimes("a shard hears the outcome from another", "Cooperative termination helps."),
    sometimes("a transaction dies", "It is younger than who holds the account."),
    sometimes("a transaction waits", "It is older than who holds the account."),
    sometimes("there is not enough money", "A transfer is refused for what it is, not for a fault."),
    sometimes("a shard votes no", "It was asked to prepare work that it has lost."),
    sometimes("a retry is recognised", "A request that was made before comes again."),
    sometimes("an unsynced record is lost", "A node recovers with fewer records than it had written."),
    sometimes("a client gives up", "It will never know what became of its request."),
    sometimes("an audit succeeds", "All accounts are read under locks."),
];

/// Places in [`INVARIANTS`].
#[derive(Clone, Copy)]
pub(super) enum At {
    Atomic,
    Conservation,
    Strict,
    Yes,
    Ok,
    Overdrawn,
    Locks,
    Ends,
    Gone,
    Blocked,
    DoubtSurvives,
    DecisionSurvives,
    Presumed,
    Helped,
    Died,
    Waited,
    NotEnough,
    No,
    Retry,
    LostRecord,
    GaveUp,
    Audit,
}

impl At {
    pub(super) fn place(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_invariant_has_its_place() {
        assert_eq!(At::Audit.place() + 1, INVARIANTS.len());
        let first_sometimes = INVARIANTS.iter().position(|invariant| invariant.mode == Mode::Sometimes);
        assert_eq!(first_sometimes, Some(At::Gone.place()));
    }
}
