//! What only Dynamo knows about its actors, for an inspector and for its strips: the keys on the nodes, and the ring.
//!
//! Fields by their names in conditions. Of a node: `members`, `suspects`, `keys`, `hints`, `coordinates`. Of a client:
//! `asks`, `waits`, `queue`, `knows`.

use super::client::KvClient;
use super::message::detailed;
use super::node::{Node, ring_of};
use super::ring::{Ring, place};
use super::store::{Hard, Key};
use super::version::Entry as Held;
use super::{Actor, Dynamo};
use sim::ActorId;
use sim::ordered::SortedSet;
use sim::protocol::Cluster;
use sim::story::{Rank, Role};
use sim::view::{ActorView, Body, Entry, RingKey, RingPoint, Strip, Table, TableRow, Tone};
use std::sync::Arc;

/// The most keys that are shown.
const KEYS: usize = 40;

pub(super) fn fill(id: ActorId, state: Option<&Actor>, durable: &Hard, view: &mut ActorView) {
    match state {
        Some(Actor::Node(node)) => node_fields(id, node, view),
        Some(Actor::Client(client)) => client_fields(client, view),
        None if id.is_client() => {}
        None => {
            view.field("keys", "keys on disk", durable.entries.len(), "");
            view.field("hints", "hints on disk", durable.hints.len(), "");
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn listed<T: ToString>(items: impl Iterator<Item = T>) -> String {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    if items.is_empty() { "none".to_owned() } else { items.join(" ") }
}

fn node_fields(id: ActorId, node: &Node, view: &mut ActorView) {
    let is_member = node.members().contains(id);
    let (rank, label) = if is_member { (Rank::Follower, "member") } else { (Rank::Learner, "not a member") };
    view.role = Some(Role { rank, label, version: 0 });
    let (keys, hints) = (node.hard().entries.len(), node.hard().hints.len());
    let kept = counted(keys, "key");
    view.headline =
        if is_member { format!("Member, keeps {kept}") } else { format!("Not a member, keeps {kept}") };
    view.subline = match node.suspects().len() {
        0 => "suspects nobody".to_owned(),
        _ => format!("suspects {}", listed(node.suspects().iter())),
    };
    if hints > 0 {
        view.badge = counted(hints, "hint");
    }
    view.field("members", "members", node.members(), "joined");
    view.field("suspects", "suspects", listed(node.suspects().iter()), "suspected");
    view.field("keys", "keys", keys, "stored");
    for (key, entry) in node.hard().entries.iter().take(KEYS) {
        let siblings = entry.versions().len();
        if siblings > 1 {
            view.field("siblings", "siblings", format!("{siblings} under {key}"), "stored");
        }
    }
    view.field("hints", "hints", hints, "hints");
    for ((owner, key), entry) in node.hard().hints.iter().take(KEYS) {
        view.field("hint", "hint", format!("{key}: {entry}, for {owner}"), "hinted");
    }
    view.field("coordinates", "coordinates", counted(node.coordinates() as usize, "request"), "");
}

fn client_fields(client: &KvClient, view: &mut ActorView) {
    view.role = Some(Role { rank: Rank::Client, label: "client", version: 0 });
    view.headline = "Client".to_owned();
    match client.open() {
        Some(open) => {
            let label = open.request.label();
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
    for (key, clock) in client.contexts().iter().take(KEYS) {
        view.field("knows", "has read", format!("{key} up to {clock}"), "answered");
    }
}

// --- strips ---

/// A node as it is, or as its disk is while it is down.
struct Place<'a> {
    id: ActorId,
    hard: &'a Hard,
    up: bool,
}

pub(super) fn strips(cluster: &Cluster<'_, Dynamo>) -> Vec<Strip> {
    let places: Vec<Place<'_>> = cluster
        .actors
        .iter()
        .filter(|(id, ..)| id.is_node())
        .map(|(id, state, durable)| {
            let node = state.and_then(Actor::node);
            Place { id: *id, hard: node.map_or(durable, |node| node.hard()), up: node.is_some() }
        })
        .collect();
    let ring = common_ring(cluster);
    let mut keys: SortedSet<Key> = SortedSet::new();
    for place in &places {
        keys.extend(place.hard.entries.keys().cloned());
        keys.extend(place.hard.hints.keys().map(|(_, key)| Arc::clone(key)));
    }
    let keys: Vec<Key> = keys.into_iter().take(KEYS).collect();
    let copies = cluster.settings.copies;
    vec![
        Strip {
            title: "Keys",
            legend: "siblings have a bar between them; pale: deleted, or not kept here; outlined: owners differ; \
                     with an arrow: kept for another node",
            body: Body::Table(table(&places, &ring, copies, &keys)),
        },
        Strip {
            title: "Ring",
            legend: "each point owns the arc that ends at it; a key is kept by the next N nodes clockwise; \
                     apart: owners that lack it, and others that have it",
            body: Body::Ring(drawn(&places, &ring, copies, &keys)),
        },
    ]
}

/// The ring by all that anybody knows.
fn common_ring(cluster: &Cluster<'_, Dynamo>) -> Ring {
    let mut members = super::members::Members::first(cluster.settings.nodes);
    for (_, state, durable) in &cluster.actors {
        match (state.and_then(Actor::node), &durable.members) {
            (Some(node), _) => {
                members.merge(node.members());
            }
            (None, Some(theirs)) => {
                members.merge(theirs);
            }
            _ => {}
        }
    }
    ring_of(&members, cluster.settings.points)
}

fn table(places: &[Place<'_>], ring: &Ring, copies: u16, keys: &[Key]) -> Table {
    let owners: Vec<Vec<ActorId>> = keys.iter().map(|key| ring.owners(place(key), copies)).collect();
    let disagree: Vec<bool> =
        keys.iter().zip(&owners).map(|(key, owners)| differ(places, owners, key)).collect();
    let rows = places.iter().filter(|place| place.up || !place.hard.entries.is_empty()).map(|place| {
        let entries = keys.iter().enumerate().map(|(at, key)| {
            let owns = owners[at].contains(&place.id);
            entry(place.hard, key, owns, disagree[at])
        });
        TableRow { actor: Some(place.id), name: place.id.to_string().into(), entries: entries.collect() }
    });
    Table { columns: keys.to_vec(), rows: rows.collect() }
}

fn differ(places: &[Place<'_>], owners: &[ActorId], key: &Key) -> bool {
    let nothing = Held::default();
    let mut held = places.iter().filter(|place| owners.contains(&place.id));
    let of =
        |place: &Place<'_>| place.hard.entries.get(key).map_or(nothing.clone(), |entry| Held::clone(entry));
    let Some(first) = held.next().map(of) else { return false };
    held.any(|place| !of(place).same(&first))
}

/// What stands where a node and a key meet: its own, and after an arrow what it keeps for others.
fn entry(hard: &Hard, key: &Key, owns: bool, disagree: bool) -> Entry {
    let own = hard.entries.get(key);
    let hints: Vec<(ActorId, &Arc<Held>)> = hard.hints_of(key).collect();
    let mut text = own.map_or_else(String::new, |entry| entry.to_string());
    let mut detail = own.map_or_else(String::new, |entry| detailed(entry));
    for (owner, entry) in &hints {
        let space = if text.is_empty() { "" } else { ", " };
        text.push_str(&format!("{space}{entry} → {owner}"));
        detail.push_str(&format!("{space}for {owner}: {}", detailed(entry)));
    }
    let tone = match own {
        _ if !hints.is_empty() || (own.is_some() && !owns) => Tone::Changing,
        Some(_) if disagree => Tone::Odd,
        Some(entry) if entry.is_deleted() => Tone::Faint,
        Some(_) => Tone::Plain,
        None if owns && disagree => Tone::Odd,
        None => Tone::Faint,
    };
    if text.is_empty() {
        return Entry::new(if owns { "–" } else { "" }).tone(tone);
    }
    let version = own.or(hints.first().map(|(_, entry)| *entry)).map_or(0, |entry| entry.seen().total());
    Entry::new(text).tone(tone).version(version).detail(detail)
}

fn drawn(places: &[Place<'_>], ring: &Ring, copies: u16, keys: &[Key]) -> sim::view::Ring {
    let up = |node: ActorId| places.iter().any(|place| place.id == node && place.up);
    let points = ring
        .points()
        .iter()
        .map(|(at, actor)| RingPoint { at: *at, actor: *actor, up: up(*actor) })
        .collect();
    let of = |key: &Key| {
        let at = place(key);
        let owners = ring.owners(at, copies);
        let strays = places.iter().filter(|place| {
            let has = place.hard.entries.contains_key(key);
            let lends = place.hard.hints_of(key).next().is_some();
            lends || has != owners.contains(&place.id)
        });
        let strays = strays.map(|place| place.id).collect();
        RingKey { at, name: Arc::clone(key), owners, strays }
    };
    sim::view::Ring { points, keys: keys.iter().map(of).collect() }
}
