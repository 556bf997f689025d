//! The invariants by name, and what a sweep must have reached.

use names::*;
use sim::lab::{Invariant, Mode};

/// Names of the invariants.
pub mod names {
    /// Of shards.
    pub const ONE: &str = "one server a shard";
    /// Of answers.
    pub const OWN: &str = "only who keeps a shard answers for it";
    /// Of the map.
    pub const WHOLE: &str = "the map has a place for every key";
    /// Of placement.
    pub const JOIN: &str = "who joins takes, and nothing else moves";
    /// Of placement.
    pub const LEAVE: &str = "who leaves leaves its own, and nothing else moves";
    /// Of load.
    pub const SPLIT: &str = "a hot range is split";
}

const fn always(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Always, doc }
}

const fn sometimes(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Sometimes, doc }
}

/// The invariants, in the order of [`At`].
pub const INVARIANTS: &[Invariant] = &[
    always(ONE, "No two servers keep, and answer for, the same key."),
    always(OWN, "A server answers for the keys of shards that it keeps, and for no others."),
    always(WHOLE, "The keeper's map has every key in one shard, and no key in two."),
    always(JOIN, "When a server joins, shards move to it, and none between the others."),
    always(LEAVE, "When a server leaves, its shards move, and none between the others."),
    always(
        SPLIT,
        "As long as nothing is broken, a range that takes more than its share is split before long.",
    ),
    sometimes("a stale map is found out", "A client asks by an old map, and is told “not here”."),
    sometimes("a server joins", "The keeper takes a server in."),
    sometimes("a server leaves", "The keeper lets a server go."),
    sometimes("a shard moves", "It has arrived where it was to go."),
    sometimes("a range is split", "It was hot, and is two."),
    sometimes("a hand-over comes twice", "A server is sent a shard of an epoch that it knows already."),
    sometimes("a hand-over survives a crash", "A server finds on its disk that it was handing a shard over."),
    sometimes("the plan survives a crash", "The keeper finds shards on its disk that are on the move."),
    sometimes("a retry is recognised", "A write that was done before comes again."),
    sometimes("a client gives up", "It will never know what became of its request."),
];

/// Places in [`INVARIANTS`].
#[derive(Clone, Copy)]
pub(super) enum At {
    One,
    Own,
    Whole,
    Join,
    Leave,
    Split,
    Stale,
    Joined,
    Left,
    Moved,
    WasSplit,
    Twice,
    HandingSurvives,
    PlanSurvives,
    Retry,
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
        assert_eq!(first_sometimes, Some(At::Stale.place()));
    }
}
