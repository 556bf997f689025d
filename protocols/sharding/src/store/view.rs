//! What only this lab knows about its actors, for an inspector and for its strips.
//!
//! Fields by their names in conditions. Of the keeper: `epoch`, `members`, `shards`, `moving`, `hottest`. Of a server:
//! `keeps`, `handing`, `rate`, `values`. Of a client: `map` (its epoch), `asks`, `waits`, `queue`.

use super::client::Client;
use super::hard::{Hard, Held, Standing};
use super::keeper::Keeper;
use super::map::{Shard, ShardMap, Task};
use super::server::Server;
use super::settings::Settings;
use super::{Actor, Sharding};
use crate::place::hash::splitmix;
use crate::place::ring::Ring as HashRing;
use crate::place::{Scheme, place};
use sim::ActorId;
use sim::protocol::Cluster;
use sim::story::{Rank, Role};
use sim::view::{ActorView, Bar, Bars, Body, Entry, Ring, RingKey, RingPoint, Strip, Table, TableRow, Tone};
use smallvec::SmallVec;
use std::sync::Arc;

pub(super) fn fill(state: Option<&Actor>, durable: &Hard, view: &mut ActorView) {
    match state {
        Some(Actor::Keeper(keeper)) => keeper_fields(keeper, view),
        Some(Actor::Server(server)) => server_fields(server, view),
        Some(Actor::Client(client)) => client_fields(client, view),
        None => match &durable.map {
            Some(map) => view.field("epoch", "epoch on disk", map.epoch, ""),
            None => view.field("keeps", "shards on disk", durable.serving().count(), ""),
        },
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn keeper_fields(keeper: &Keeper, view: &mut ActorView) {
    let map = keeper.map();
    view.role = Some(Role { rank: Rank::Leader, label: "map", version: map.epoch });
    view.headline = format!("Keeps the map, epoch {}", map.epoch);
    let unsettled = map.shards.iter().filter(|shard| !shard.is_settled()).count();
    view.subline = match unsettled {
        0 => "everything is in its place".to_owned(),
        _ => format!("{} not in place yet", counted(unsettled, "shard")),
    };
    view.badge = format!("epoch {}", map.epoch);
    view.field("epoch", "epoch", map.epoch, "epoch");
    view.field("members", "members", names(&map.members), "joined");
    view.field("shards", "shards", map.shards.len(), "epoch");
    view.field("moving", "not in place", unsettled, "moving");
    let total: u32 = keeper.heat().values().sum();
    if let Some(hottest) = map.shards.iter().max_by_key(|shard| keeper.asked(shard)).filter(|_| total > 0) {
        let share = keeper.asked(hottest) * 100 / total;
        view.field("hottest", "hottest shard", format!("{} % of all requests", share), "hot");
    }
}

fn names(nodes: &[ActorId]) -> String {
    nodes.iter().map(ActorId::to_string).collect::<Vec<_>>().join(" ")
}

fn server_fields(server: &Server, view: &mut ActorView) {
    let hard = server.hard();
    let epoch = hard.serving().map(|(_, held)| held.epoch).max().unwrap_or(0);
    view.role = Some(Role { rank: Rank::Follower, label: "server", version: epoch });
    let keeps = hard.serving().count();
    let handing =
        hard.shards.values().filter(|held| matches!(held.standing, Standing::Handing { .. })).count();
    view.headline = format!("Server, keeps {}", counted(keeps, "shard"));
    view.subline = match handing {
        0 => format!("asked {} times a second", server.rate()),
        _ => format!("hands {} over", counted(handing, "shard")),
    };
    view.badge = counted(keeps, "shard");
    view.field("keeps", "shards", keeps, "took");
    view.field("handing", "handing over", handing, "hands-over");
    view.field("values", "values", hard.serving().map(|(_, held)| held.data.len()).sum::<usize>(), "serving");
    view.field("rate", "requests a second", server.rate(), "load");
}

fn client_fields(client: &Client, view: &mut ActorView) {
    view.role = Some(Role { rank: Rank::Client, label: "client", version: 0 });
    view.headline = format!("Client, has the map of epoch {}", client.map().epoch);
    view.field("map", "map of epoch", client.map().epoch, "learned");
    match client.open() {
        Some(open) => {
            let label = open.wish.label();
            view.field("asks", "asks", &label, "asked");
            view.field("waits", "waits for", open.node, "asked");
            view.subline = format!("waits for {}", open.node);
            view.waiting = Some((label, format!("waits for {}", open.node)));
        }
        None => view.subline = "waits for nothing".to_owned(),
    }
    if client.queued() > 0 {
        view.field("queue", "then", client.queued(), "");
    }
}

// --- strips ---

/// The map that holds, also while its keeper is down.
fn map_of(cluster: &Cluster<'_, Sharding>) -> ShardMap {
    let on_disk = || cluster.actors.iter().find_map(|(_, _, durable)| durable.map.as_deref().cloned());
    match cluster.state(Settings::KEEPER) {
        Some(Actor::Keeper(keeper)) => keeper.map().clone(),
        _ => on_disk().unwrap_or_else(|| cluster.settings.first_map()),
    }
}

pub(super) fn strips(cluster: &Cluster<'_, Sharding>) -> Vec<Strip> {
    let map = map_of(cluster);
    let mut strips = vec![
        Strip {
            title: "Shards",
            legend: "a column a shard, with its epoch; n1: who keeps it by the map; servers: what they keep; clients: \
                     where they would ask; outlined: not as the map says; coloured: on the move",
            body: Body::Table(table(cluster, &map)),
        },
        Strip {
            title: "Load",
            legend: "requests a second at each server; strong: those for its hottest shard",
            body: Body::Bars(load(cluster, &map)),
        },
        Strip {
            title: "Placements",
            legend: "seven ways to place the same shards on the same servers; coloured: what the last one that came or \
                     went has moved; outlined: moved between servers that were there before and after",
            body: Body::Table(placements(cluster.settings, &map)),
        },
    ];
    if matches!(cluster.settings.scheme, Scheme::Ring | Scheme::Bounded) {
        strips.push(Strip {
            title: "Ring",
            legend: "each point owns the arc that ends at it; apart: a shard that is not there yet",
            body: Body::Ring(ring(cluster, &map)),
        });
    }
    strips
}

fn table(cluster: &Cluster<'_, Sharding>, map: &ShardMap) -> Table {
    let columns = map.shards.iter().map(|shard| cluster.settings.range_name(shard.low, shard.high)).collect();
    let rows = cluster.actors.iter().filter_map(|(id, state, durable)| {
        let entries: Vec<Entry> = match state {
            Some(Actor::Keeper(_)) => map.shards.iter().map(by_map).collect(),
            Some(Actor::Client(client)) => map.shards.iter().map(|shard| by_client(client, shard)).collect(),
            Some(Actor::Server(server)) => row_of(*id, server.hard(), map),
            None if *id == Settings::KEEPER => {
                map.shards.iter().map(|s| by_map(s).tone(Tone::Faint)).collect()
            }
            None if durable.shards.is_empty() => return None,
            None => row_of(*id, durable, map).into_iter().map(|entry| entry.tone(Tone::Faint)).collect(),
        };
        Some(TableRow { actor: Some(*id), name: id.to_string().into(), entries })
    });
    Table { columns, rows: rows.collect() }
}

/// What the map says.
fn by_map(shard: &Shard) -> Entry {
    let (text, tone) = match shard.task {
        Task::None if shard.owner == shard.wanted => (shard.owner.to_string(), Tone::Plain),
        Task::None => (format!("{}, for {}", shard.owner, shard.wanted), Tone::Changing),
        Task::Moving { to, .. } => (format!("{} → {to}", shard.owner), Tone::Changing),
        Task::Splitting { .. } => (format!("{}, splits", shard.owner), Tone::Changing),
    };
    let detail = format!("{} of epoch {} lies on {}", shard.id, shard.epoch, shard.owner);
    Entry::new(text).tone(tone).version(shard.epoch).detail(detail)
}

/// Where a client would ask: pale where that is right.
fn by_client(client: &Client, shard: &Shard) -> Entry {
    let Some(mine) = client.map().at(shard.low) else { return Entry::default() };
    let stale = (mine.owner, mine.epoch) != (shard.owner, shard.epoch);
    let detail = format!("by its map of epoch {}: {} of epoch {}", client.map().epoch, mine.id, mine.epoch);
    let tone = if stale { Tone::Odd } else { Tone::Faint };
    Entry::new(mine.owner.to_string()).tone(tone).version(mine.epoch).detail(detail)
}

fn row_of(id: ActorId, hard: &Hard, map: &ShardMap) -> Vec<Entry> {
    map.shards.iter().map(|shard| on_server(id, hard, shard)).collect()
}

fn on_server(id: ActorId, hard: &Hard, shard: &Shard) -> Entry {
    let (low, high) = (shard.low, shard.high);
    let here = |held: &&Arc<Held>| held.low < high && low < held.high && held.standing != Standing::Gone;
    let Some(held) = hard.shards.values().filter(here).max_by_key(|held| held.epoch) else {
        let gone = hard.held(shard.id).map(|held| held.epoch);
        return match gone {
            Some(epoch) => Entry::new("gone").tone(Tone::Faint).detail(format!("gone as of epoch {epoch}")),
            None => Entry::default(),
        };
    };
    let values: Vec<String> =
        held.data.range(low..high).map(|(key, value)| format!("k{key}={value}")).collect();
    let detail = format!(
        "epoch {}: {}",
        held.epoch,
        if values.is_empty() { "empty".into() } else { values.join(" ") }
    );
    let (text, tone) = match held.standing {
        Standing::Handing { to } => (format!("→ {to}"), Tone::Changing),
        _ if shard.owner == id => (format!("@{}", held.epoch), Tone::Leading),
        _ if matches!(shard.task, Task::Moving { to, .. } if to == id) => {
            (format!("@{}", held.epoch), Tone::Changing)
        }
        _ => (format!("@{}", held.epoch), Tone::Odd),
    };
    Entry::new(text).tone(tone).version(held.epoch).detail(detail)
}

fn load(cluster: &Cluster<'_, Sharding>, map: &ShardMap) -> Bars {
    let keeper = match cluster.state(Settings::KEEPER) {
        Some(Actor::Keeper(keeper)) => Some(&**keeper),
        _ => None,
    };
    let window = cluster.settings.window.seconds();
    let servers = cluster.actors.iter().filter_map(|(id, state, _)| match state {
        Some(Actor::Server(server)) => Some((*id, &**server)),
        _ => None,
    });
    let bars: Vec<Bar> = servers
        .map(|(id, server)| {
            let rate = server.rate() as f64;
            let mine = map.shards.iter().filter(|shard| shard.owner == id);
            let hottest =
                mine.filter_map(|shard| Some((keeper?.asked(shard), shard))).max_by_key(|(count, _)| *count);
            let hot = hottest.map_or(0.0, |(count, _)| f64::from(count) / window).min(rate);
            let name = hottest
                .filter(|(count, _)| *count > 0)
                .map(|(_, shard)| cluster.settings.range_name(shard.low, shard.high));
            let detail = match name {
                Some(name) => format!("{rate} requests a second, about {hot:.0} of them for {name}"),
                None => format!("{rate} requests a second"),
            };
            let parts = SmallVec::from_slice(&[(hot, Tone::Leading), (rate - hot, Tone::Plain)]);
            Bar { actor: Some(id), name: id.to_string().into(), parts, limit: None, detail: detail.into() }
        })
        .collect();
    let members = map.members.len().max(1) as f64;
    let average = bars.iter().flat_map(|bar| &bar.parts).map(|(amount, _)| amount).sum::<f64>() / members;
    Bars { unit: "requests a second", bars, line: Some((average, "average")) }
}

/// The same shards on the same servers by each scheme, and what the last change of members has moved.
fn placements(settings: &Settings, map: &ShardMap) -> Table {
    let shards = u32::from(settings.shards);
    let numbers = |nodes: &[ActorId]| nodes.iter().map(|node| u32::from(node.number())).collect::<Vec<u32>>();
    let (before, after) = (numbers(&map.before), numbers(&map.members));
    let rows = Scheme::ALL.into_iter().map(|scheme| {
        let old = place(scheme, shards, &before, settings.tuning);
        let new = place(scheme, shards, &after, settings.tuning);
        let pairs: Vec<(u32, u32)> = old.into_iter().zip(new).collect();
        let moved = pairs.iter().filter(|(old, new)| old != new).count();
        let chosen = if scheme == settings.scheme { " ←" } else { "" };
        let entry = |(old, new): &(u32, u32)| {
            let stays = after.contains(old) && before.contains(new);
            let tone = match () {
                () if old == new => Tone::Plain,
                () if stays => Tone::Odd,
                () => Tone::Changing,
            };
            let detail = if old == new { String::new() } else { format!("was on n{old}") };
            Entry::new(format!("n{new}")).tone(tone).detail(detail)
        };
        let name = format!("{}{chosen}: {moved} moved", scheme.name());
        TableRow { actor: None, name: name.into(), entries: pairs.iter().map(entry).collect() }
    });
    Table { columns: (0..shards).map(|at| format!("s{at}").into()).collect(), rows: rows.collect() }
}

fn ring(cluster: &Cluster<'_, Sharding>, map: &ShardMap) -> Ring {
    let members = map.members.iter().map(|node| u32::from(node.number()));
    let circle = HashRing::new(members, cluster.settings.tuning.points);
    let up = |node: ActorId| cluster.state(node).is_some();
    let shown = |place: u64| (place >> 32) as u32;
    let point = |(at, node): &(u64, u32)| {
        let actor = ActorId::node(*node as u16);
        RingPoint { at: shown(*at), actor, up: up(actor) }
    };
    let key = |shard: &Shard| RingKey {
        at: shown(splitmix(u64::from(shard.low))),
        name: cluster.settings.range_name(shard.low, shard.high),
        owners: vec![shard.wanted],
        strays: if shard.owner == shard.wanted { Vec::new() } else { vec![shard.owner] },
    };
    let mut keys: Vec<RingKey> = map.shards.iter().map(key).collect();
    keys.sort_by_key(|key| key.at);
    Ring { points: circle.points().iter().map(point).collect(), keys }
}
