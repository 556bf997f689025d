//! The invariants by name (figure 3, and what a client relies on), and what a sweep must have reached.

use names::*;
use sim::lab::{Invariant, Mode};

/// Names of the invariants.
pub mod names {
    /// §5.2.
    pub const ELECTION: &str = "at most one leader a term";
    /// §5.3.
    pub const APPEND_ONLY: &str = "a leader never removes from its log";
    /// §5.3.
    pub const MATCHING: &str = "logs that agree in an entry agree before it";
    /// §5.4.
    pub const COMPLETENESS: &str = "a leader has everything committed before it";
    /// §5.4.3.
    pub const MACHINE: &str = "all apply the same entry at an index";
    /// §5.2.
    pub const ONE_VOTE: &str = "at most one vote a term";
    /// What a client relies on.
    pub const SURVIVES: &str = "an acknowledged write survives";
}

const fn always(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Always, doc }
}

const fn sometimes(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Sometimes, doc }
}

/// The invariants, in the order of [`At`].
pub const INVARIANTS: &[Invariant] = &[
    always(ELECTION, "Election Safety (§5.2): two leaders of one term could each commit what they like."),
    always(APPEND_ONLY, "Leader Append-Only (§5.3): a leader overwrites or removes no entry of its own log."),
    always(
        MATCHING,
        "Log Matching (§5.3): entries of the same index and term are the same, and so is all before them.",
    ),
    always(
        COMPLETENESS,
        "Leader Completeness (§5.4): what one term committed, the leaders of all later terms have.",
    ),
    always(MACHINE, "State Machine Safety (§5.4.3): no two nodes apply different entries at the same index."),
    always(ONE_VOTE, "§5.2: a node votes for at most one candidate in a term, crashes or not."),
    always(SURVIVES, "An entry for which a client heard ok stays in some node's log or snapshot."),
    sometimes("a leader is replaced", "Another node becomes leader."),
    sometimes("a vote is split", "Two candidates of a term, and neither is elected."),
    sometimes("an entry is overwritten", "A follower removes entries that were never committed."),
    sometimes("a snapshot is installed", "A node is so far behind that only a snapshot helps."),
    sometimes("a member is added", "A change that adds a server is committed."),
    sometimes("a member is removed", "A change that removes a server is committed."),
    sometimes(
        "an older term's entry is committed",
        "It rides along with one of the leader's own term (§5.4.2).",
    ),
    sometimes("a retry is recognised", "A request that was applied already comes again (§8)."),
    sometimes("a stale leader is told", "A leader hears of a newer term."),
    sometimes("an unsynced write is lost", "A node recovers with less than it had written."),
    sometimes("leadership is transferred", "A node takes over because the leader told it to."),
    sometimes("a client gives up", "It will never know what became of its request."),
];

/// Places in [`INVARIANTS`].
#[derive(Clone, Copy)]
pub(super) enum At {
    Election,
    AppendOnly,
    Matching,
    Completeness,
    Machine,
    OneVote,
    Survives,
    Replaced,
    Split,
    Overwritten,
    Installed,
    Added,
    Removed,
    OldTerm,
    Retry,
    Stale,
    Lost,
    Transferred,
    GaveUp,
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
        assert_eq!(At::GaveUp.place() + 1, INVARIANTS.len());
        let first_sometimes = INVARIANTS.iter().position(|invariant| invariant.mode == Mode::Sometimes);
        assert_eq!(first_sometimes, Some(At::Replaced.place()));
    }
}
