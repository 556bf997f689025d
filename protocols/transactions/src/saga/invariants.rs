//! The invariants by name (what a saga promises: Garcia-Molina and Salem 1987, section 1), and what a sweep must have
//! reached.

use names::*;
use sim::lab::{Invariant, Mode};

/// Names of the invariants.
pub mod names {
    /// What a saga promises in place of a transaction's atomicity.
    pub const ATOMIC: &str = "atomic";
    /// Of money and of seats.
    pub const CONSERVATION: &str = "conservation";
    /// What keys are for.
    pub const ONCE: &str = "a step happens once";
    /// Of accounts.
    pub const OVERDRAWN: &str = "no account is overdrawn";
    /// What trying again is for.
    pub const ENDS: &str = "every order ends";
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
        ATOMIC,
        "An order that is over is all done, or all that was done of it is undone. Before that anything may be seen.",
    ),
    always(
        CONSERVATION,
        "All money, in accounts and on its way, is what there was at the start; and so are all seats, free, held and sold.",
    ),
    always(ONCE, "However often it is asked for, a step changes something once, and so does its undoing."),
    always(OVERDRAWN, "No account holds less than nothing."),
    always(ENDS, "Once all is mended, every order that was taken on is over soon, done or undone."),
    sometimes("an order is done", "Charged, booked, paid."),
    sometimes("an order is undone", "Something was done of it, and taken back."),
    sometimes("an order is cancelled", "It took too long, and nobody knew whether its last step was done."),
    sometimes("an undoing overtakes its step", "The step comes later, and is refused."),
    sometimes("a step is known by its key", "It is asked for again, and not done again."),
    sometimes("a request is known by its number", "A client asks again for what is on its way or over."),
    sometimes("an order survives a crash", "The orchestrator goes on from its log."),
    sometimes("an unsynced record is lost", "A node recovers with fewer records than it had written."),
    sometimes("a show is sold out", "A seat is refused after the money was taken."),
    sometimes("there is not enough money", "An order is refused before anything was done."),
    sometimes("an audit misses money", "What is on its way stands in no account: a saga hides nothing."),
    sometimes("a client gives up", "It will never know what became of its order."),
];

/// Places in [`INVARIANTS`].
#[derive(Clone, Copy)]
pub(super) enum At {
    Atomic,
    Conservation,
    Once,
    Overdrawn,
    Ends,
    Done,
    Undone,
    Cancelled,
    Overtaken,
    Known,
    Retry,
    Survives,
    LostRecord,
    SoldOut,
    NotEnough,
    Misses,
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
        assert_eq!(first_sometimes, Some(At::Done.place()));
    }
}
