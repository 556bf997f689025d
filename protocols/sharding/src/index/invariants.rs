//! The invariants by name, and what a sweep must have reached.

use names::*;
use sim::lab::{Invariant, Mode};

/// Names of the invariants.
pub mod names {
    /// Of the console.
    pub const ONE: &str = "one index server is away by order";
}

const fn always(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Always, doc }
}

const fn sometimes(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Sometimes, doc }
}

/// The invariants, in the order of [`At`].
pub const INVARIANTS: &[Invariant] = &[
    always(ONE, "No two index servers are restarting because the console ordered it."),
    sometimes("an index server restarts by order", "The console had it restart, and it loads its index."),
    sometimes("an order waits", "Another index server is away, or not known to serve."),
    sometimes("an order survives a crash", "The console finds its last order on its disk."),
    sometimes(
        "a storage server is out of service",
        "It does not know what it belongs to, and serves nobody.",
    ),
    sometimes("a storage server is back", "It had been out of service, and has an answer."),
    sometimes("nobody is in service", "All storage servers are out of service, or down."),
    sometimes("an answer comes too late", "It was worked on for nothing."),
    sometimes("a line is full", "An index server has no room for a question."),
    sometimes("a client fails", "It found nobody in service."),
];

/// Places in [`INVARIANTS`].
#[derive(Clone, Copy)]
pub(super) enum At {
    One,
    Restarted,
    Waited,
    OrderSurvives,
    Out,
    Back,
    Nobody,
    Late,
    Full,
    Failed,
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
        assert_eq!(At::Failed.place() + 1, INVARIANTS.len());
        let first_sometimes = INVARIANTS.iter().position(|invariant| invariant.mode == Mode::Sometimes);
        assert_eq!(first_sometimes, Some(At::Restarted.place()));
    }
}
