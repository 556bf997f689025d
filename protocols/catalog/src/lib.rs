//! The list of labs: the one place that names them all.
//!
//! Knows: every protocol family.
//! Never knows: what is done with a lab.

use sim::Lab;

/// Every lab, in the order a menu shows them.
pub const LABS: &[&dyn Lab] = &[
    &consensus::raft::LAB,
    &replication::dynamo::LAB,
    &sharding::store::LAB,
    &sharding::index::LAB,
    &transactions::two_phase::LAB,
    &transactions::saga::LAB,
    &resilience::calls::LAB,
    &clocks::board::LAB,
    &clocks::snapshot::LAB,
    &consensus::pbft::LAB,
];

/// The lab of that name.
pub fn lab(id: &str) -> Option<&'static dyn Lab> {
    LABS.iter().copied().find(|lab| lab.about().id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labs_have_names_of_their_own_and_are_found_by_them() {
        for (at, one) in LABS.iter().enumerate() {
            let found = lab(one.about().id).map(|found| found.about().title);
            assert_eq!(found, Some(one.about().title));
            assert!(LABS[..at].iter().all(|other| other.about().id != one.about().id));
        }
        assert!(lab("no such lab").is_none());
    }

    #[test]
    fn every_pothole_is_a_switch_that_is_off_and_its_assignment_is_valid() {
        for lab in LABS {
            let defaults = sim::Parameters::defaults(lab.parameters());
            for pothole in lab.potholes() {
                assert!(!defaults.switch(pothole.id), "{} is on by default", pothole.id);
                let mut set = defaults.clone();
                set.assign(pothole.set).unwrap();
                assert!(set.switch(pothole.id), "{} does not put {} in", pothole.set, pothole.id);
                assert!(!pothole.breaks.is_empty(), "{} breaks nothing", pothole.id);
            }
        }
    }
}
