//! The invariants of section 4.5 and what sweeps must reach: names, order, what each means.

use sim::lab::{Invariant, Mode};

/// Names of those that potholes break.
pub mod names {
    /// Section 4.5.1.
    pub const AGREEMENT: &str = "agreement";
    /// Section 4.2.
    pub const PREPARED: &str = "no two requests prepare under one number of one view";
    /// Section 4.4.
    pub const KEPT: &str = "a new view keeps what was executed";
    /// Section 4.3.
    pub const STATES: &str = "states after the same number are the same";
    /// Section 4.1.
    pub const TRUE_ANSWERS: &str = "what a client believes was executed";
}

use names::{AGREEMENT, KEPT, PREPARED, STATES, TRUE_ANSWERS};

const fn always(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Always, doc }
}

const fn sometimes(name: &'static str, doc: &'static str) -> Invariant {
    Invariant { name, mode: Mode::Sometimes, doc }
}

/// The invariants, in the order of [`At`].
pub const INVARIANTS: &[Invariant] = &[
    always(AGREEMENT, "Section 4.5.1: no two replicas execute different requests under one number."),
    always(
        PREPARED,
        "Section 4.2: pre-prepare and prepare agree on one order within a view, for two quorums share one who tells the truth.",
    ),
    always(
        KEPT,
        "Section 4.4: the order that a replica enters a view with has every request that was executed after the last stable checkpoint.",
    ),
    always(
        STATES,
        "Section 4.3: whoever vouches for a state after a number, or takes one over, has the same.",
    ),
    always(TRUE_ANSWERS, "Section 4.1: f+1 equal replies hold one of a replica that tells the truth."),
    sometimes("a view is changed", "Another primary takes over."),
    sometimes(
        "a new view takes over an order",
        "Requests that prepared in an earlier view keep their numbers.",
    ),
    sometimes("a null request fills a gap", "A number was skipped, and a later one prepared (section 4.4)."),
    sometimes("a view is joined", "A replica asks for a view because f+1 others do (section 4.5.2)."),
    sometimes(
        "a view is waited for in vain",
        "The next primary does not begin its view either (section 4.5.2).",
    ),
    sometimes("a checkpoint becomes stable", "2f+1 vouch for a state, and what lies before it is forgotten."),
    sometimes(
        "a state is taken over",
        "A replica is so far behind that nobody remembers the requests it missed.",
    ),
    sometimes(
        "a liar contradicts itself",
        "A backup holds two orders for one number, both signed by the primary.",
    ),
    sometimes("a forged signature is refused", "Somebody spoke in another's name."),
    sometimes(
        "a false certificate is refused",
        "What is said to have prepared, or to be stable, is not proven.",
    ),
    sometimes("a false new view is refused", "A new primary leaves out what its own certificates hold."),
    sometimes("a false state is refused", "A state has not the digest that 2f+1 vouch for."),
    sometimes("a client hears replies that differ", "It believes what f+1 say."),
    sometimes("a retry is recognised", "A request that was executed already comes again (section 4.1)."),
    sometimes("a request has two numbers", "It has its effect under the first alone."),
    sometimes("a replica recovers with less than it had executed", "It executes again what was committed."),
    sometimes("a client gives up", "It will never know what became of its request."),
];

/// Places in [`INVARIANTS`].
#[derive(Clone, Copy, Debug)]
pub(super) enum At {
    Agreement,
    Prepared,
    Kept,
    States,
    TrueAnswers,
    Changed,
    TakenOver,
    Null,
    Joined,
    Expired,
    Stable,
    Installed,
    Equivocation,
    Forged,
    FalseCertificate,
    FalseView,
    FalseState,
    Differ,
    Retry,
    Twice,
    Recovered,
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
        assert_eq!(first_sometimes, Some(At::Changed.place()));
        assert_eq!(INVARIANTS[At::FalseState.place()].name, "a false state is refused");
    }
}
