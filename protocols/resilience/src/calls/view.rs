//! What only this lab knows about its actors, for an inspector and for the strips.
//!
//! Fields by their names in conditions. Of a node: `waiting`, `held`, `retries`, `budget` (retries that could be made
//! now), `breaker` with the name of the node before which it stands (`n2`: `closed`), `cached`. Of a client: `open`,
//! `good`, `surge`.

use super::caller::Caller;
use super::client::Client;
use super::fact::role;
use super::guard::State;
use super::node::{Node, Part};
use super::settings::Settings;
use super::{Actor, Calls};
use sim::ActorId;
use sim::protocol::Cluster;
use sim::story::{Rank, Role};
use sim::view::{ActorView, Bar, Bars, Body, Entry, Gauge, Strip, Table, TableRow, Tone};
use std::sync::Arc;

pub(super) fn fill(state: Option<&Actor>, view: &mut ActorView) {
    match state {
        Some(Actor::Node(node)) => of_node(node, view),
        Some(Actor::Client(client)) => of_client(client, view),
        None => {}
    }
}

fn of_node(node: &Node, view: &mut ActorView) {
    view.role = Some(role(node.part()));
    view.headline = match node.part() {
        Part::Front => "Front: asks a service for every device",
        Part::Service => "Service: answers from its cache",
        Part::Store => "Store: has everything, slowly",
    }
    .to_owned();
    let (waiting, held) = (node.server().waiting(), node.held());
    let work = if node.server().busy() { "at work" } else { "idle" };
    view.subline = match (waiting, held) {
        (0, 0) => work.to_owned(),
        (n, 0) => format!("{work}, {n} waiting"),
        (n, m) => format!("{work}, {n} waiting, {m} for another's answer"),
    };
    if waiting + held > 0 {
        view.badge = format!("{} waiting", waiting + held);
    }
    view.field("waiting", "waiting to be served", waiting, "queue");
    view.field("held", "waiting for another's answer", held, "queue");
    match node.part() {
        Part::Store => return,
        Part::Service => view.field("cached", "in its cache", node.cache().kept(), "keeps"),
        Part::Front => {}
    }
    of_caller(node.caller(), view);
}

fn of_caller(caller: &Caller, view: &mut ActorView) {
    view.field("retries", "retries made", caller.budget().retries(), "retries");
    view.field("budget", "retries left", caller.budget().left(), "unaffordable");
    for (who, gate) in caller.gates() {
        view.field("breaker", "breaker", format!("{who} {}", gate.state().word()), "breaker");
    }
}

fn of_client(client: &Client, view: &mut ActorView) {
    view.role = Some(Role { rank: Rank::Client, label: "client", version: 0 });
    view.headline = "Client with many devices".to_owned();
    let (good, seen) = client.recent().good();
    view.subline = format!("of the last {seen} wishes {good} were answered in time");
    view.field("open", "waiting", client.caller().open(), "answered");
    view.field("good", "answered in time, of the last 32", good, "answered");
    view.field("surge", "asks as often as usual, times", client.surge(), "surge");
    of_caller(client.caller(), view);
    if let Some((key, attempts)) = client.caller().oldest() {
        let how = if attempts > 1 { format!("attempt {attempts}") } else { "waits for n1".to_owned() };
        let more = client.caller().open() - 1;
        let what = if more > 0 { format!("get {key} and {more} more") } else { format!("get {key}") };
        view.waiting = Some((what, how));
    }
}

// --- strips ---

pub(super) fn strips(cluster: &Cluster<'_, Calls>) -> Vec<Strip> {
    vec![goodput(cluster), queues(cluster), callers(cluster)]
}

/// Of the last wishes of all clients, how many were answered in time.
fn goodput(cluster: &Cluster<'_, Calls>) -> Strip {
    let clients = cluster.actors.iter().filter_map(|(_, actor, _)| match actor {
        Some(Actor::Client(client)) => Some(client.recent().good()),
        _ => None,
    });
    let (good, seen) = clients.fold((0, 0), |(good, seen), (g, s)| (good + g, seen + s));
    let value = if seen == 0 { 100.0 } else { f64::from(good) * 100.0 / f64::from(seen) };
    let gauge = Gauge {
        name: "goodput".into(),
        value: value.round(),
        expected: Some(100.0),
        unit: "%",
        detail: format!("{good} of the last {seen} wishes were answered in time").into(),
    };
    Strip {
        title: "Goodput",
        legend: "of the last wishes of all devices, how many were answered in time",
        body: Body::Gauges(vec![gauge]),
    }
}

fn queues(cluster: &Cluster<'_, Calls>) -> Strip {
    let bar = |(id, actor, _): &(ActorId, Option<&Actor>, &())| {
        let part = Part::of(*id, cluster.settings);
        let name: Arc<str> = format!("{id} {}", role(part).label).into();
        let (waiting, held) = match actor {
            Some(Actor::Node(node)) => (node.server().waiting(), node.held()),
            _ => (0, 0),
        };
        Bar {
            actor: Some(*id),
            name,
            parts: [(f64::from(waiting), Tone::Plain), (f64::from(held), Tone::Changing)]
                .into_iter()
                .collect(),
            limit: (part == Part::Service).then(|| f64::from(cluster.settings.queue)),
            detail: format!("{waiting} to be served, {held} for the answer of another node").into(),
        }
    };
    let bars = cluster.actors.iter().filter(|(id, ..)| id.is_node()).map(bar).collect();
    Strip {
        title: "Waiting",
        legend: "how many wait at each node to be served; coloured: for the answer of another node",
        body: Body::Bars(Bars { unit: "requests", bars, line: None }),
    }
}

/// Who calls whom: retries left, how the guards stand, what is cached.
fn callers(cluster: &Cluster<'_, Calls>) -> Strip {
    let settings = cluster.settings;
    let row = |(id, actor, _): &(ActorId, Option<&Actor>, &())| {
        let Some(actor) = actor else {
            let entries = vec![Entry::new("down").tone(Tone::Faint), Entry::default(), Entry::default()];
            return TableRow { actor: Some(*id), name: id.to_string().into(), entries };
        };
        let caller = actor.caller();
        let budget = Entry::new(caller.budget().left().to_string())
            .tone(if caller.budget().left() == 0 { Tone::Changing } else { Tone::Plain })
            .detail(format!("{} retries and hedges made so far", caller.budget().retries()));
        let cached = match actor {
            Actor::Node(node) if node.part() == Part::Service => {
                let kept = node.cache().kept();
                let tone = if kept == 0 { Tone::Changing } else { Tone::Plain };
                Entry::new(format!("{kept} of {}", settings.keys)).tone(tone)
            }
            _ => Entry::default(),
        };
        TableRow {
            actor: Some(*id),
            name: id.to_string().into(),
            entries: vec![budget, breakers(*id, caller, settings), cached],
        }
    };
    let calls = |id: ActorId| id.is_client() || Part::of(id, settings) != Part::Store;
    let rows = cluster.actors.iter().filter(|(id, ..)| calls(*id)).map(row).collect();
    Strip {
        title: "Callers",
        legend: "how many retries each could make now; its breakers before those it calls; what its cache holds",
        body: Body::Table(Table {
            columns: ["retries left", "breakers", "cached"].map(Arc::from).into(),
            rows,
        }),
    }
}

fn breakers(id: ActorId, caller: &Caller, settings: &Settings) -> Entry {
    let (first, count) = settings.targets(id);
    let states = (first..first + count).map(|n| (ActorId::node(n), caller.state(ActorId::node(n))));
    let open: Vec<String> =
        states.filter(|(_, s)| *s != State::Closed).map(|(who, s)| format!("{who} {}", s.word())).collect();
    if open.is_empty() { Entry::new("closed") } else { Entry::new(open.join(", ")).tone(Tone::Changing) }
}
