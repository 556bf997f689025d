//! What only PBFT knows about its actors, for an inspector and for the strips: the requests by number, and who says what
//! about one of them.
//!
//! Fields by their names in conditions. Of a replica: `view`, `primary`, `executed`, `stable`, `committed` (the last
//! number), `prepared` (numbers that prepared and are not stable), `pending` (requests it waits for), `patience`, `asks`
//! (who asks for its view or a later one, while it does), `values`. Of a client: `asks`, `replies`, `queue`, `believes`.

use super::client::Client;
use super::hard::Hard;
use super::keys::Digest;
use super::message::Number;
use super::replica::{Replica, Role};
use super::{Actor, Pbft};
use sim::ActorId;
use sim::ordered::{SortedMap, SortedSet};
use sim::protocol::Cluster;
use sim::story::{Rank, Role as Shown};
use sim::view::{ActorView, Body, Cell, CellState, Entry, Row, Strip, Table, TableRow, Tone};
use std::sync::Arc;

pub(super) fn fill(id: ActorId, state: Option<&Actor>, durable: &Hard, view: &mut ActorView) {
    match state {
        Some(Actor::Replica(replica)) => fill_replica(replica, view),
        Some(Actor::Client(client)) => fill_client(client, view),
        None if id.is_client() => {}
        None => fill_down(durable, view),
    }
}

fn fill_replica(replica: &Replica, view: &mut ActorView) {
    if !view.lies.is_empty() {
        view.badge = "liar".to_owned();
    }
    let number = replica.view();
    let (rank, label) = match replica.role() {
        _ if replica.is_left_out() => (Rank::Learner, "left out"),
        Role::Primary(_) => (Rank::Leader, "primary"),
        Role::Backup => (Rank::Follower, "backup"),
        Role::Changing => (Rank::Candidate, "changing view"),
    };
    view.role = Some(Shown { rank, label, version: number.0 });
    if replica.is_left_out() {
        view.headline = "Left out: no replica".to_owned();
        return;
    }
    let asking = replica.changes().filter(|change| change.view >= number).count();
    view.headline = match replica.role() {
        Role::Primary(_) => format!("Primary of view {number}"),
        Role::Backup => format!("Backup in view {number}"),
        Role::Changing => format!("Asks for view {number}"),
    };
    let waits = replica.pending().next();
    view.subline = match (replica.role(), waits) {
        (Role::Changing, _) if asking <= 1 => "nobody else asks for it or a later one".to_owned(),
        (Role::Changing, _) => format!("{asking} ask for it or a later one"),
        (_, Some(request)) => format!("waits for {} of {}", request.text(), request.client),
        (_, None) => "waits for nothing".to_owned(),
    };
    view.field("view", "view", number, "entered");
    view.field("executed", "executed up to", replica.executed(), "executed");
    let last = replica.slots().iter().rev().find(|(_, slot)| slot.committed.is_some());
    let last = last.map_or(replica.executed(), |(number, _)| *number).max(replica.executed());
    view.field("committed", "committed up to", last, "committed");
    let prepared = listed(replica.hard().prepared.keys().map(Number::to_string));
    view.field("prepared", "can prove prepared", prepared, "prepared");
    view.field("stable", "stable checkpoint", replica.stable(), "stable");
    let pending = replica.pending().map(|request| format!("{} of {}", request.text(), request.client));
    view.field("pending", "waits for", listed(pending), "pre-prepared");
    view.field("patience", "patience", replica.patience(), "changing");
    if matches!(replica.role(), Role::Changing) {
        let asking = replica.changes().map(|change| format!("{} {}", change.by, change.view));
        view.field("asks", "who asks for which view", listed(asking), "changing");
    }
    let values = replica.store().values().map(|(key, value)| format!("{key}={value}"));
    view.field("values", "values", listed(values), "executed");
}

fn listed(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// What would be found on the disk of a replica that is down.
fn fill_down(hard: &Hard, view: &mut ActorView) {
    view.field("view", "view on disk", hard.view(), "");
    view.field("prepared", "can prove prepared", listed(hard.prepared.keys().map(Number::to_string)), "");
    view.field("stable", "stable checkpoint", hard.stable(), "stable");
}

fn fill_client(client: &Client, view: &mut ActorView) {
    view.role = Some(Shown { rank: Rank::Client, label: "client", version: 0 });
    view.headline = "Client".to_owned();
    match (client.open(), client.next()) {
        (Some(open), _) => {
            let label = open.ask.operation.label();
            let said = open.replies.iter().map(|(by, (response, _))| {
                let said = super::message::answer(response);
                format!("{by} {said}")
            });
            view.field("asks", "asks", &label, "asked");
            view.field("replies", "replies", listed(said), "differ");
            let heard = match open.alike() {
                0 => "no reply yet".to_owned(),
                1 => "one reply".to_owned(),
                many => format!("{many} equal replies"),
            };
            view.subline = heard.clone();
            view.waiting = Some((label, heard));
        }
        (None, Some(ask)) => view.waiting = Some((ask.operation.label(), "about to".to_owned())),
        (None, None) => view.subline = "waits for nothing".to_owned(),
    }
    if client.queued() > 0 {
        view.field("queue", "then", client.queued(), "");
    }
    view.field("believes", "believes in view", client.view(), "answered");
}

// --- strips ---

/// Requests that anybody holds, by digest.
struct Texts(SortedMap<Digest, Arc<str>>);

impl Texts {
    fn of(cluster: &Cluster<'_, Pbft>) -> Self {
        let mut texts = SortedMap::new();
        for (_, state, durable) in cluster.actors.iter().filter(|(id, ..)| id.is_node()) {
            let hard = state.and_then(Actor::replica).map_or(*durable, Replica::hard);
            for (digest, request) in hard.requests() {
                texts.entry(digest).or_insert_with(|| request.text());
            }
        }
        Self(texts)
    }

    fn text(&self, digest: Digest) -> Arc<str> {
        self.0.get(&digest).cloned().unwrap_or_else(|| digest.to_string().into())
    }
}

pub(super) fn strips(cluster: &Cluster<'_, Pbft>) -> Vec<Strip> {
    let texts = Texts::of(cluster);
    let requests = Strip {
        title: "Requests",
        legend: "number and colour: view; thin outline: accepted, outline: prepared, filled: committed, with a mark: executed",
        body: Body::Cells(rows(cluster, &texts)),
    };
    let said = Strip {
        title: "Who says what",
        legend: "a row: what one replica has heard about a number, a column: from whom; outlined: not what most say",
        body: Body::Table(table(cluster, &texts)),
    };
    vec![requests, said]
}

fn rows(cluster: &Cluster<'_, Pbft>, texts: &Texts) -> Vec<Row> {
    let nodes = cluster.actors.iter().filter(|(id, ..)| id.is_node());
    nodes
        .filter(|(id, ..)| cluster.settings.is_member(*id))
        .map(|(id, state, durable)| match state.and_then(Actor::replica) {
            Some(replica) => row(*id, replica.hard(), Some(replica), texts),
            None => row(*id, durable, None, texts),
        })
        .collect()
}

/// What a replica holds under each number after its stable checkpoint.
fn row(actor: ActorId, hard: &Hard, replica: Option<&Replica>, texts: &Texts) -> Row {
    let stable = hard.stable();
    let executed = replica.map_or(stable, Replica::executed);
    let mut cells = Vec::new();
    let base = stable.max(hard.newest().map_or(Number(0), |s| s.number.min(executed)).min(stable));
    if base > Number(0) {
        let state = if executed < stable { CellState::Volatile } else { CellState::Snapshot };
        cells.push(Cell { column: base.0, version: hard.view().0, text: "checkpoint".into(), state });
    }
    let committed = |number: Number| replica?.slots().get(&number)?.committed;
    let known = replica.into_iter().flat_map(|replica| replica.slots().keys());
    let numbers: SortedSet<Number> = known.chain(hard.accepted.keys()).copied().collect();
    for number in numbers.into_iter().filter(|number| *number > stable) {
        let accepted = hard.accepted.get(&number);
        let proof = hard.prepared.get(&number).map(|certificate| certificate.pre_prepare);
        let (view, digest, state) = match (committed(number), accepted) {
            (Some((view, digest)), _) if number <= executed => (view, digest, CellState::Applied),
            (Some((view, digest)), _) => (view, digest, CellState::Committed),
            (None, Some(order)) if proof.is_some_and(|proof| proof.matches(order)) => {
                (order.view, order.digest, CellState::Durable)
            }
            (None, Some(order)) => (order.view, order.digest, CellState::Written),
            (None, None) => continue,
        };
        cells.push(Cell { column: number.0, version: view.0, text: texts.text(digest), state });
    }
    Row { actor, cells, first: stable.0 + 1 }
}

/// The number that is of interest: the first that somebody has heard of and not everybody has executed, else the last.
fn of_interest(replicas: &[(ActorId, &Replica)]) -> Option<Number> {
    let last = replicas.iter().filter_map(|(_, it)| it.slots().keys().next_back()).max()?;
    let behind = replicas.iter().map(|(_, it)| it.executed()).min()?;
    let heard =
        replicas.iter().flat_map(|(_, it)| it.slots().range(behind.next()..)).map(|(number, _)| *number);
    Some(heard.min().unwrap_or(*last))
}

/// Who says what about that number, as each replica has heard it: the newest word of each.
fn table(cluster: &Cluster<'_, Pbft>, texts: &Texts) -> Table {
    let replicas: Vec<(ActorId, &Replica)> = cluster
        .actors
        .iter()
        .filter(|(id, ..)| cluster.settings.is_member(*id))
        .filter_map(|(id, state, _)| Some((*id, state.as_ref()?.replica()?)))
        .collect();
    let columns = cluster.settings.members().map(|id| id.to_string().into()).collect();
    let Some(number) = of_interest(&replicas) else { return Table { columns, rows: Vec::new() } };
    let heard = |replica: &Replica, of: ActorId| {
        let slot = replica.slots().get(&number);
        let own = |digest, phase: &'static str| Some((digest, phase));
        let commit = slot.and_then(|slot| slot.commits.get(&of)).map(|vote| (vote.view, vote.digest));
        let prepare = slot.and_then(|slot| slot.prepares.get(&of)).map(|vote| (vote.view, vote.digest));
        let order = replica.hard().accepted.get(&number).filter(|order| order.by == of);
        let order = order.map(|order| (order.view, order.digest));
        match (commit, prepare.max(order)) {
            (Some((_, digest)), None) => own(digest, "commit"),
            (Some((view, digest)), Some((other, _))) if view >= other => own(digest, "commit"),
            (_, Some((_, digest))) if prepare.is_some() => own(digest, "prepare"),
            (_, Some((_, digest))) => own(digest, "pre-prepare"),
            (None, None) => None,
        }
    };
    let all: Vec<Digest> = replicas
        .iter()
        .flat_map(|(_, it)| cluster.settings.members().filter_map(|of| Some(heard(it, of)?.0)))
        .collect();
    let most = all.iter().max_by_key(|one| all.iter().filter(|other| other == one).count()).copied();
    let rows = replicas.iter().map(|(id, replica)| {
        let entries = cluster.settings.members().map(|of| match heard(replica, of) {
            None => Entry::default(),
            Some((digest, phase)) => {
                let text = texts.text(digest);
                let tone = match phase {
                    _ if Some(digest) != most => Tone::Odd,
                    "commit" => Tone::Plain,
                    _ => Tone::Faint,
                };
                let detail = format!("{id} heard from {of}: {phase} {number}, {text} ({digest})");
                Entry::new(format!("{text}, {phase}")).tone(tone).detail(detail)
            }
        });
        TableRow { actor: Some(*id), name: format!("{id} on {number}").into(), entries: entries.collect() }
    });
    Table { columns, rows: rows.collect() }
}
