//! The invariants by name, and what a sweep must have reached.

use names::*;
use sim::lab::{Invariant, Mode};

/// Names of the invariants.
pub mod names {
    /// Of what a snapshot records.
    pub const CONSISTENT: &str = "consistent-cut";
    /// Of its total.
    pub const CONSERVATION: &str = "conservation";
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
        CONSISTENT,
        "Of each channel a snapshot records exactly what was sent before its sender recorded, and came after its receiver did \
         (Chandy and Lamport 1985, theorem 1): nothing came before it was sent.",
    ),
    always(CONSERVATION, "The total of a snapshot is all money that there is."),
    sometimes("a snapshot is taken", "Every node has recorded, and every channel."),
    sometimes("money is on its way", "A snapshot finds some in a channel."),
    sometimes("two snapshots at once", "Each has its own markers."),
    sometimes(
        "the recorded state never was",
        "At no instant did all accounts hold together what the snapshot says (section 4.3): it might have been.",
    ),
    sometimes("a message is taken late", "An earlier one was lost or slow, and it had to wait."),
    sometimes("there is too little to send", "A request is refused."),
    sometimes("a request is known by its number", "A client asks again for what is on its way or over."),
    sometimes("a client gives up", "It will never know what became of its request."),
];

/// Places in [`INVARIANTS`].
#[derive(Clone, Copy)]
pub(super) enum At {
    Consistent,
    Conservation,
    Taken,
    OnItsWay,
    TwoAtOnce,
    NeverWas,
    Late,
    TooLittle,
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
        assert_eq!(first_sometimes, Some(At::Taken.place()));
    }
}
