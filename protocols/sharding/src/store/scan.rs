//! What can be seen broken by looking at one moment alone: slow, and written without a glance at the monitor, which is
//! tested against it. Whatever is found here the monitor must have reported by then.

use super::invariants::At;
use super::{Actor, Sharding};
use sim::ActorId;
use sim::protocol::Cluster;

/// What is broken now.
pub(super) fn scan(cluster: &Cluster<'_, Sharding>) -> Vec<(usize, String)> {
    let mut broken = Vec::new();
    for position in 0..cluster.settings.space() {
        let keeps = |actor: &Actor| match actor {
            Actor::Server(server) => server.hard().shards.values().any(|held| held.serves(position)),
            _ => false,
        };
        let servers = cluster.actors.iter().filter(|(_, state, _)| state.is_some_and(keeps));
        let servers: Vec<ActorId> = servers.map(|(id, ..)| *id).collect();
        if servers.len() > 1 {
            broken.push((At::One.place(), format!("{servers:?} all keep position {position}")));
        }
    }
    if let Some(Actor::Keeper(keeper)) = cluster.state(super::Settings::KEEPER) {
        let map = keeper.map();
        for position in 0..cluster.settings.space() {
            let shards = map.shards.iter().filter(|shard| shard.covers(position)).count();
            if shards != 1 {
                broken.push((
                    At::Whole.place(),
                    format!("position {position} is in {shards} shards of the map"),
                ));
            }
        }
    }
    broken
}
