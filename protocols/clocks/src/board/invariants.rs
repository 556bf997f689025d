//! The invariants by name, each with the rule of the clock that it is about, and what a sweep must have reached.

use names::*;
use sim::lab::{Invariant, Mode};

/// Names of the invariants that are promised.
pub mod names {
    /// Of the board.
    pub const CAUSAL: &str = "causal-order";
    /// What commit wait is for.
    pub const EXTERNAL: &str = "external-order";
    /// What a lease is for.
    pub const ONE_HOLDER: &str = "one-holder";
    /// Of hybrid clocks.
    pub const BOUNDED: &str = "bounded-ahead";
    /// Of wall clocks.
    pub const NEVER_BACK: &str = "never-back";
    /// Of TrueTime.
    pub const INTERVAL: &str = "the interval holds the time";
}

const fn always(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Always, doc }
}

const fn sometimes(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Sometimes, doc }
}

/// The invariants, in the order of [`At`].
pub const INVARIANTS: &[Invariant] = &[
    always(CAUSAL, "On the board no post stands before one that its node knew when it was stamped."),
    always("Lamport's clock condition", "Of a before b, a has the smaller number (Lamport 1978)."),
    always(
        "vectors tell before from neither",
        "A post's vector counts exactly what was before it (Mattern 1989).",
    ),
    always(
        "hybrid clock condition",
        "Of a before b, a has the smaller hybrid stamp (Kulkarni et al. 2014, theorem 1).",
    ),
    always(
        BOUNDED,
        "No hybrid clock is further ahead of the latest that its own node's wall clock has shown than is allowed (theorem 2): \
         a wrong clock elsewhere cannot take it along.",
    ),
    always(NEVER_BACK, "Of two posts of one node the second has no earlier wall time."),
    always(
        INTERVAL,
        "When a post is stamped, the time lies in its interval (Corbett et al. 2012, section 3).",
    ),
    always(
        EXTERNAL,
        "A post that is stamped after another one was answered has the later commit time, whoever knew of whom \
         (Corbett et al. 2012, section 4.1.2).",
    ),
    always(ONE_HOLDER, "Something is pinned only under the lease that was granted last."),
    sometimes(
        "wall clocks invert cause and effect",
        "A post has an earlier wall time than one its node knew.",
    ),
    sometimes("Lamport orders what neither knew of", "The smaller number was not before: it proves nothing."),
    sometimes("neither was before the other", "Two posts, and vectors that say so."),
    sometimes("a hybrid clock counts", "The wall clock is behind what was heard: only the count can grow."),
    sometimes(
        "a hybrid clock misses what nobody told it",
        "A post was answered before another was stamped, and has the later stamp.",
    ),
    sometimes(
        "intervals order what no message did",
        "Neither knew of the other, and one was surely over first.",
    ),
    sometimes("two intervals overlap", "Neither is surely first."),
    sometimes("a stamp is not followed", "It is too far ahead of the clock of who hears it."),
    sometimes("a clock is slewed", "A small error is made good little by little."),
    sometimes("a clock is stepped", "A large error is made good at once, forwards."),
    sometimes("a clock stands still", "A clock that is far ahead waits until it is right."),
    sometimes("the lease changes hands", "Another node is granted it."),
    sometimes("a lease runs out", "Its holder was not told that it may keep it."),
    sometimes("a post survives a crash before it is told", "It is told later."),
    sometimes("a post is lost before it is durable", "Nobody had heard of it."),
    sometimes(
        "a request is known by its number",
        "A client asks again for what is on its way or on the board.",
    ),
    sometimes("a client gives up", "It will never know what became of its request."),
];

/// Places in [`INVARIANTS`].
#[derive(Clone, Copy)]
pub(super) enum At {
    Causal,
    Lamport,
    Vector,
    Hybrid,
    Bounded,
    NeverBack,
    Interval,
    External,
    OneHolder,
    Inverted,
    Spurious,
    Neither,
    Counts,
    Missed,
    Apart,
    Overlap,
    Refused,
    Slewed,
    Stepped,
    Stands,
    Changes,
    RunsOut,
    Survives,
    Lost,
    Known,
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
        assert_eq!(first_sometimes, Some(At::Inverted.place()));
    }
}
