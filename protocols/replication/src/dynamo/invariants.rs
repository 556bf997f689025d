//! The invariants by name, and what a sweep must have reached.

use names::*;
use sim::lab::{Invariant, Mode};

/// Names of the invariants.
pub mod names {
    /// What a client relies on (§4.4: an “add to cart” is never lost).
    pub const SURVIVES: &str = "an acknowledged write survives";
    /// A replaced or deleted value does not come back.
    pub const GONE: &str = "what is replaced or deleted stays gone";
    /// Eventual consistency (§2.3, §4.7).
    pub const ALIKE: &str = "the owners of a key become alike";
    /// Of any quorum with R + W > N, as long as nothing fails.
    pub const CALM: &str = "while nothing fails, a read covers all acknowledged before it";
    /// Of a strict quorum with R + W > N.
    pub const FRESH: &str = "a read covers all acknowledged before it";
    /// Of a strict quorum that repairs before it answers.
    pub const FORWARD: &str = "a read covers all that was read before it";
}

const fn always(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Always, doc }
}

const fn sometimes(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Sometimes, doc }
}

/// The invariants, in the order of [`At`].
pub const INVARIANTS: &[Invariant] = &[
    always(
        SURVIVES,
        "A write for which a client heard ok is kept by some node, or was replaced by one whose writer had read it. \
         Where wall clocks decide: or by a later one.",
    ),
    always(
        GONE,
        "A node that has seen a version replaced or deleted does not take it up again, unless it forgot both in a crash \
         or handed the key over.",
    ),
    always(
        ALIKE,
        "Some time after everything was mended, each write that is on any node is on all N owners of its key (§4.7), \
         as sibling or ancestor.",
    ),
    always(
        CALM,
        "R + W > N, and as long as nothing ever failed and nobody joined or left: what a read returns covers, as sibling \
         or ancestor, every write acknowledged before the read began.",
    ),
    always(
        FRESH,
        "With a strict quorum and R + W > N the same holds whatever fails. Promised only there: a sloppy quorum counts \
         nodes that the next reader does not ask.",
    ),
    always(
        FORWARD,
        "With a strict quorum, R + W > N and repair before the answer, what a read returns also covers what earlier reads \
         returned. Without that repair, a read may see less than one before it.",
    ),
    sometimes("siblings are kept", "Two writes did not know of each other, and both stay (§4.4)."),
    sometimes("siblings are reconciled", "A client writes back the union of what it found."),
    sometimes(
        "a fallback is counted",
        "A node outside the first N of the preference list is part of a quorum (§4.6).",
    ),
    sometimes("a hint is delivered", "An owner that was away gets what was kept for it (§4.6)."),
    sometimes("a read repairs a replica", "A replica that answered a read was behind (§5)."),
    sometimes(
        "replicas are found to differ",
        "Two owners compare their trees, and some leaf differs (§4.7).",
    ),
    sometimes("a node joins", "By order, and others hear of it (§4.8.1)."),
    sometimes("a node leaves", "By order, and others hear of it (§4.8.1)."),
    sometimes("a key is handed over", "A node no longer keeps it, for its owners do (§4.9)."),
    sometimes("a key is unavailable", "A coordinator had no quorum in time."),
    sometimes("a read misses an acknowledged write", "Nothing forbids it where the quorum is sloppy."),
    sometimes("a suspected node is heard again", "It was slow, cut off, or down for a while (§4.8.3)."),
    sometimes("a retried write is kept twice", "Two coordinators each made a version of the same put."),
    sometimes("an unsynced write is lost", "A node recovers with less than it had written."),
    sometimes("a client gives up", "It will never know what became of its request."),
];

/// Places in [`INVARIANTS`].
#[derive(Clone, Copy)]
pub(super) enum At {
    Survives,
    Gone,
    Alike,
    Calm,
    Fresh,
    Forward,
    Siblings,
    Reconciled,
    Fallback,
    Delivered,
    Repaired,
    Differs,
    Joined,
    Left,
    HandedOver,
    Unavailable,
    Stale,
    Trusted,
    Twice,
    Lost,
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
        assert_eq!(first_sometimes, Some(At::Siblings.place()));
        assert_eq!(INVARIANTS[At::Forward.place()].name, FORWARD);
        assert_eq!(INVARIANTS[At::Twice.place()].name, "a retried write is kept twice");
    }
}
