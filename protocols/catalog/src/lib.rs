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
