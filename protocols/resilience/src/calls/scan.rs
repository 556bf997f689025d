//! What is broken now, by looking at everything: slow, and the differential test of the monitor.

use super::invariants::At;
use super::monitor::{Limits, of_budget, of_reads};
use super::{Actor, Calls};
use sim::protocol::Cluster;

pub(super) fn scan(cluster: &Cluster<'_, Calls>) -> Vec<(usize, String)> {
    let limits = Limits::of(cluster.settings);
    let mut broken = Vec::new();
    for (who, actor, _) in &cluster.actors {
        let Some(actor) = actor else { continue };
        if let Actor::Node(node) = actor {
            let waiting = node.server().waiting() + node.held();
            if !limits.allow(node.part(), waiting) {
                broken.push((At::Queue.place(), format!("{waiting} wait at {who}")));
            }
        }
        broken.extend(of_reads(*who, actor).into_iter().map(|(at, told)| (at.place(), told)));
        broken.extend(of_budget(*who, actor).map(|told| (At::Budget.place(), told)));
    }
    broken
}
