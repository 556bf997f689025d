//! What can be seen broken by looking at one moment alone: slow, and written without a glance at the monitor, which is
//! tested against it. Whatever is found here the monitor must have reported by then.

use super::clock::Clock;
use super::invariants::At;
use super::store::{Hard, Key};
use super::version::Conflicts;
use super::{Actor, Dynamo};
use sim::ActorId;
use sim::protocol::Cluster;

/// What is broken now.
pub(super) fn scan(cluster: &Cluster<'_, Dynamo>) -> Vec<(usize, String)> {
    // Where wall clocks decide, or deletions leave nothing, what was acknowledged may rightly be gone.
    let settings = cluster.settings;
    let siblings = settings.conflicts == Conflicts::Siblings || settings.potholes.newest_wins;
    if !siblings || settings.potholes.no_tombstones {
        return Vec::new();
    }
    // What a crash took from a disk is known once the node is up again.
    let used = |hard: &Hard| !hard.entries.is_empty() || !hard.hints.is_empty();
    let may_hold = |id: ActorId, hard| id.is_node() && (id.number() <= settings.nodes || used(hard));
    if cluster.actors.iter().any(|(id, state, hard)| state.is_none() && may_hold(*id, hard)) {
        return Vec::new();
    }
    let mut broken = Vec::new();
    for (client, state, _) in &cluster.actors {
        let Some(state) = state.and_then(Actor::client) else { continue };
        for (key, acknowledged) in state.acknowledged() {
            let held = held(cluster, key);
            if let Some(dot) = acknowledged.missing_from(&held).next() {
                let sentence = format!("{client} was told ok for {dot} of {key}, and no node has it");
                broken.push((At::Survives.place(), sentence));
            }
        }
    }
    broken
}

/// All that some node holds under a key.
fn held(cluster: &Cluster<'_, Dynamo>, key: &Key) -> Clock {
    let mut held = Clock::new();
    for (_, state, durable) in cluster.actors.iter().filter(|(id, ..)| id.is_node()) {
        let hard = state.and_then(Actor::node).map_or(*durable, |node| node.hard());
        if let Some(entry) = hard.entries.get(key) {
            held.join(&entry.seen());
        }
        hard.hints_of(key).for_each(|(_, entry)| held.join(&entry.seen()));
    }
    held
}
