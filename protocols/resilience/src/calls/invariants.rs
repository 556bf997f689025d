//! The invariants by name, and what a sweep must have reached.

use names::*;
use sim::lab::{Invariant, Mode};

/// Names of the invariants.
pub mod names {
    /// What all of it is for.
    pub const GOODPUT: &str = "goodput";
    /// Of the queues.
    pub const QUEUE: &str = "a queue has an end";
    /// Of the cache.
    pub const SINGLE: &str = "one read of a key";
    /// Of the cache.
    pub const BULKHEAD: &str = "the bulkhead holds";
    /// Of the callers.
    pub const BUDGET: &str = "retries stay in their budget";
    /// Of the servers.
    pub const GONE: &str = "nobody serves who has gone";
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
        GOODPUT,
        "Of what devices ask a while after all was mended (or after a surge ended), at least eight of ten are answered in \
         time: a trouble that is gone leaves none behind.",
    ),
    always(QUEUE, "No more wait at a node than may."),
    always(SINGLE, "A service has at most one read of a key on its way."),
    always(BULKHEAD, "A service has no more reads on their way than its bulkhead lets through."),
    always(BUDGET, "A caller retries and hedges no more often than its budget lets it."),
    always(GONE, "No work is begun on a request of which the node knows that its time is up."),
    sometimes("goodput is lost and returns", "Most devices give up, and later most are answered."),
    sometimes("a request is turned away", "A queue is full, or a turn would come too late."),
    sometimes("a request is passed over", "It was let in, and its time is up before its turn."),
    sometimes("a retry is answered", "A second attempt helps."),
    sometimes("a hedge is answered first", "Asking two is quicker than waiting for one."),
    sometimes("there is no budget for a retry", "Callers leave it at that."),
    sometimes("a breaker opens", "Nobody asks one that does not answer."),
    sometimes("a breaker closes", "It answers again."),
    sometimes("several wait for one read", "They want the same, and the cache has not got it."),
    sometimes("a cache is lost", "A service starts anew, or its cache is emptied."),
    sometimes("devices connect again", "The front starts anew."),
];

/// Places in [`INVARIANTS`].
#[derive(Clone, Copy)]
pub(super) enum At {
    Goodput,
    Queue,
    Single,
    Bulkhead,
    Budget,
    Gone,
    Returns,
    TurnedAway,
    Expired,
    Retried,
    Hedged,
    Unaffordable,
    Opens,
    Closes,
    Shared,
    Lost,
    Reconnects,
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
        assert_eq!(At::Reconnects.place() + 1, INVARIANTS.len());
        let first_sometimes = INVARIANTS.iter().position(|invariant| invariant.mode == Mode::Sometimes);
        assert_eq!(first_sometimes, Some(At::Returns.place()));
    }
}
