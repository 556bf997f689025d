//! What only this lab knows about its actors, for an inspector and for its strips.
//!
//! Fields by their names in conditions. Of the console: `waiting`, `restarts`. Of an index server: `serving` (1 or 0),
//! `line`. Of a storage server: `in_service` (1 or 0), `tries`. Of a client: `waits`.

use super::server::IndexServer;
use super::storage::Storage;
use super::{Actor, Index, Settings};
use sim::ActorId;
use sim::protocol::Cluster;
use sim::story::{Rank, Role};
use sim::view::{ActorView, Bar, Bars, Body, Entry, Gauge, Strip, Table, TableRow, Tone};
use smallvec::SmallVec;

pub(super) fn fill(state: Option<&Actor>, view: &mut ActorView) {
    let role = |rank, label| Some(Role { rank, label, version: 0 });
    match state {
        Some(Actor::Console(console)) => {
            view.role = role(Rank::Learner, "console");
            view.headline = "The operators' console".to_owned();
            view.subline = match console.busy_with() {
                Some(node) => format!("restarts {node}"),
                None => "nothing to do".to_owned(),
            };
            view.field(
                "restarts",
                "restarts",
                console.busy_with().map_or("nobody".into(), |n| n.to_string()),
                "orders",
            );
            view.field("waiting", "waiting", console.waiting().len(), "waits");
        }
        Some(Actor::Index(server)) => {
            let (rank, label) =
                if server.is_loaded() { (Rank::Leader, "index") } else { (Rank::Candidate, "loading") };
            view.role = role(rank, label);
            view.headline = if server.is_loaded() { "Index server" } else { "Loads its index" }.to_owned();
            view.subline = match server.waiting() {
                1 => "1 question waits".to_owned(),
                waiting => format!("{waiting} questions wait"),
            };
            view.badge =
                if server.is_loaded() { format!("{} waiting", server.waiting()) } else { "loading".into() };
            view.field("serving", "serving", u8::from(server.is_loaded()), "serves");
            view.field("line", "questions waiting", server.waiting(), "queue");
        }
        Some(Actor::Storage(storage)) => {
            let (rank, label) = match storage.in_service() {
                true => (Rank::Follower, "in service"),
                false => (Rank::Candidate, "out of service"),
            };
            view.role = role(rank, label);
            view.headline =
                if storage.in_service() { "Storage, in service" } else { "Storage, out of service" }
                    .to_owned();
            if storage.tries() > 0 {
                view.subline = format!("heard nothing {} times", storage.tries());
            }
            view.badge = if storage.in_service() { String::new() } else { "out".to_owned() };
            view.field("in_service", "in service", u8::from(storage.in_service()), "leased");
            view.field("tries", "unanswered in a row", storage.tries(), "asks");
        }
        Some(Actor::Client(client)) => {
            view.role = role(Rank::Client, "client");
            view.headline = "Client".to_owned();
            match client.waits_for() {
                Some(node) => {
                    view.field("waits", "waits for", node, "asked");
                    view.subline = format!("waits for {node}");
                    view.waiting = Some(("get".to_owned(), format!("waits for {node}")));
                }
                None => view.subline = "waits for nothing".to_owned(),
            }
        }
        None => {}
    }
}

// --- strips ---

pub(super) fn strips(cluster: &Cluster<'_, Index>) -> Vec<Strip> {
    vec![
        Strip {
            title: "Lines",
            legend: "questions waiting at each index server; beyond the line an answer comes too late to be of use",
            body: Body::Bars(lines(cluster)),
        },
        Strip {
            title: "Storage",
            legend: "which storage servers serve, and how often in a row those that ask have heard nothing",
            body: Body::Table(storage(cluster)),
        },
        Strip {
            title: "In service",
            legend: "how many know what they belong to",
            body: Body::Gauges(gauges(cluster)),
        },
    ]
}

fn servers<'a>(cluster: &'a Cluster<'_, Index>) -> impl Iterator<Item = (ActorId, Option<&'a IndexServer>)> {
    cluster.settings.index().map(move |id| match cluster.state(id) {
        Some(Actor::Index(server)) => (id, Some(&**server)),
        _ => (id, None),
    })
}

fn stores<'a>(cluster: &'a Cluster<'_, Index>) -> impl Iterator<Item = (ActorId, Option<&'a Storage>)> {
    cluster.settings.storage().map(move |id| match cluster.state(id) {
        Some(Actor::Storage(storage)) => (id, Some(&**storage)),
        _ => (id, None),
    })
}

/// How many questions can be answered before the asker's patience is over.
fn useful(settings: &Settings) -> f64 {
    let time = settings.timeout.seconds() - (settings.latency_min + settings.latency_max).seconds();
    (time / settings.cost.seconds()).max(0.0)
}

fn lines(cluster: &Cluster<'_, Index>) -> Bars {
    let useful = useful(cluster.settings);
    let bar = |(id, server): (ActorId, Option<&IndexServer>)| {
        let waiting = server.map_or(0.0, |server| server.waiting() as f64);
        let detail = match server {
            None => "down".to_owned(),
            Some(server) if !server.is_loaded() => "loads its index, and answers nobody".to_owned(),
            Some(server) => format!("{} questions wait", server.waiting()),
        };
        let parts = SmallVec::from_slice(&[
            (waiting.min(useful), Tone::Leading),
            ((waiting - useful).max(0.0), Tone::Changing),
        ]);
        let limit = Some(f64::from(cluster.settings.queue));
        Bar { actor: Some(id), name: id.to_string().into(), parts, limit, detail: detail.into() }
    };
    Bars { unit: "questions", bars: servers(cluster).map(bar).collect(), line: Some((useful, "in time")) }
}

fn storage(cluster: &Cluster<'_, Index>) -> Table {
    let entries = |(_, storage): (ActorId, Option<&Storage>)| match storage {
        None => Entry::new("down").tone(Tone::Faint),
        Some(storage) => {
            let tries = storage.tries();
            let (text, tone) = match (storage.in_service(), tries) {
                (true, 0) => ("serves".to_owned(), Tone::Plain),
                (true, tries) => (format!("serves, {tries} unheard"), Tone::Leading),
                (false, tries) => (format!("out, {tries} unheard"), Tone::Changing),
            };
            Entry::new(text).tone(tone)
        }
    };
    let columns = stores(cluster).map(|(id, _)| id.to_string().into()).collect();
    let row =
        TableRow { actor: None, name: "storage".into(), entries: stores(cluster).map(entries).collect() };
    Table { columns, rows: vec![row] }
}

fn gauges(cluster: &Cluster<'_, Index>) -> Vec<Gauge> {
    let stores_up = stores(cluster).filter(|(_, it)| it.is_some_and(Storage::in_service)).count() as f64;
    let index_up = servers(cluster).filter(|(_, it)| it.is_some_and(IndexServer::is_loaded)).count() as f64;
    let gauge = |name: &'static str, value: f64, expected: u16| Gauge {
        name: name.into(),
        value,
        expected: Some(f64::from(expected)),
        unit: "servers",
        detail: format!("{value} of {expected}").into(),
    };
    vec![
        gauge("index servers that answer", index_up, cluster.settings.index),
        gauge("storage servers in service", stores_up, cluster.settings.storage),
    ]
}
