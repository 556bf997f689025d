//! What nodes remember of their last snapshots, added up: written without a glance at the monitor.

use super::invariants::At;
use super::{Actor, Moving};
use sim::protocol::Cluster;

/// What is broken now.
pub(super) fn scan(cluster: &Cluster<'_, Moving>) -> Vec<(usize, String)> {
    let total = cluster.settings.total();
    let taken = cluster.actors.iter().filter_map(|(_, actor, _)| match actor {
        Some(Actor::Branch(branch)) => branch.taken(),
        _ => None,
    });
    let wrong = taken.filter_map(|taken| {
        let (accounts, channels) = taken.sums();
        let sentence = || format!("snapshot {} shows {accounts} and {channels}, of {total}", taken.snapshot);
        (accounts + channels != total).then(|| (At::Conservation.place(), sentence()))
    });
    wrong.collect()
}
