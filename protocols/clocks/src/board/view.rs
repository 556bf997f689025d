//! What a screen shows: of each actor what it is and knows; under the canvas the clocks around true time, what each shows,
//! and the board with the five stamps of each post.

use super::client::Client;
use super::fact::{self, told};
use super::log::Log;
use super::master::Master;
use super::post::Post;
use super::server::Server;
use super::settings::Settings;
use super::{Actor, Board};
use crate::sync::difference;
use crate::truetime::Interval;
use sim::ordered::SortedMap;
use sim::protocol::Cluster;
use sim::story::{Rank, Role};
use sim::view::{ActorView, Body, Entry, Scale, ScaleMark, ScaleRow, Strip, Table, TableRow, Tone};
use sim::{ActorId, Time};
use smallvec::smallvec;
use std::sync::Arc;

/// Posts that the board shows.
const SHOWN: usize = 10;

pub(super) fn fill(_actor: ActorId, state: Option<&Actor>, durable: &Log, view: &mut ActorView) {
    match state {
        Some(Actor::Master(master)) => of_master(master, view),
        Some(Actor::Server(server)) => of_server(server, durable, view),
        Some(Actor::Client(client)) => of_client(client, view),
        None => {}
    }
}

fn of_master(master: &Master, view: &mut ActorView) {
    view.role = Some(fact::MASTER);
    view.headline = "Keeps the time".to_owned();
    view.subline = "all others mean its clock".to_owned();
    view.badge = "time".to_owned();
    if let Some(grant) = master.granted() {
        view.field("granted", "lease granted", format!("{} to {}", grant.epoch, grant.holder), "granted");
        view.field("until", "until, by its clock", grant.until, "granted");
    }
}

fn of_server(server: &Server, durable: &Log, view: &mut ActorView) {
    let (lamport, vector, hybrid) = server.clocks();
    let held = server.tenure().held();
    view.role = Some(held.map_or(fact::SERVER, |held| fact::holder(held.epoch)));
    view.headline = match held {
        Some(held) => format!("Holds lease {}", held.epoch),
        None => "Keeps the board".to_owned(),
    };
    view.badge = format!("L {lamport}");
    let waiting: Vec<&str> = server.pending().map(|pending| &*pending.post.text).collect();
    if !waiting.is_empty() {
        view.subline = format!("waits to tell {}", waiting.join(", "));
    }
    view.field("wall", "wall clock, last read", server.clock().shown(), "heard");
    view.field("lamport", "Lamport clock", lamport, "posted");
    view.field("vector", "vector clock", vector, "heard");
    view.field("hybrid", "hybrid clock", hybrid, "heard");
    view.field("time", "knows the time", if server.truetime().is_known() { "yes" } else { "no" }, "doubts");
    let known: u32 = server.shelves().iter().map(|shelf| shelf.last()).sum();
    view.field("posts", "posts known", known, "heard");
    view.field("pending", "not told yet", waiting.len(), "posted");
    view.field("logged", "own posts on disk", durable.posts.last(), "posted");
    if let Some(held) = held {
        view.field("lease", "lease", held.epoch, "holds");
        view.field("until", "until, by its monotonic clock", held.until, "holds");
    }
    if let Some((epoch, text)) = server.pinned() {
        view.field("pinned", "pinned here", format!("{text} (lease {epoch})"), "pinned");
    }
}

fn of_client(client: &Client, view: &mut ActorView) {
    view.role = Some(Role { rank: Rank::Client, label: "client", version: 0 });
    view.headline = "Client".to_owned();
    match (client.open(), client.next()) {
        (Some(open), _) => {
            let label = open.ask.label();
            view.field("asks", "asks", &label, "asked");
            view.field("waits", "waits for", open.node, "asked");
            view.subline = format!("waits for {}", open.node);
            view.waiting = Some((label, format!("waits for {}", open.node)));
        }
        (None, Some(wish)) => view.waiting = Some((wish.ask.label(), "about to".to_owned())),
        (None, None) => view.subline = "waits for nothing".to_owned(),
    }
    if client.queued() > 0 {
        view.field("queue", "then", client.queued(), "");
    }
}

// --- strips ---

pub(super) fn strips(cluster: &Cluster<'_, Board>) -> Vec<Strip> {
    vec![board(cluster), around(cluster), shown(cluster)]
}

/// The servers that are up, and what their clocks show.
fn servers<'a>(
    cluster: &'a Cluster<'_, Board>,
) -> impl Iterator<Item = (ActorId, &'a Server, Time, Option<Interval>)> {
    let settings = cluster.settings;
    settings.boards().filter_map(move |id| {
        let Some(Actor::Server(server)) = cluster.state(id) else { return None };
        let (monotonic, wall) = cluster.clocks(id)?;
        let shows = server.clock().seen(wall, monotonic, settings.potholes.set_back);
        Some((id, &**server, shows, server.truetime().now(monotonic, settings.rate)))
    })
}

/// The clocks around true time.
fn around(cluster: &Cluster<'_, Board>) -> Strip {
    let now = cluster.now;
    let mark =
        |time: Time, name: &str, tone| ScaleMark { at: difference(time, now), name: name.into(), tone };
    let mut rows = Vec::new();
    if let Some((monotonic, _)) = cluster.clocks(Settings::MASTER) {
        let marks = smallvec![mark(monotonic, "time server", Tone::Leading)];
        rows.push(ScaleRow { actor: Settings::MASTER, marks, doubt: None });
    }
    rows.extend(servers(cluster).map(|(actor, server, shows, time)| {
        let (_, _, hybrid) = server.clocks();
        // A hybrid clock moves only when something happens: it is worth showing where it is ahead of the wall clock.
        let tone = if hybrid.latest > shows { Tone::Changing } else { Tone::Faint };
        let mut marks = smallvec![mark(shows, "wall", Tone::Plain)];
        if hybrid.latest > shows {
            marks.push(mark(hybrid.latest, "hybrid", tone));
        }
        let doubt = time.map(|time| (difference(time.earliest, now), difference(time.latest, now)));
        ScaleRow { actor, marks, doubt }
    }));
    Strip {
        title: "Clocks around true time",
        legend: "the bar: where TrueTime says it may be; a hybrid clock is shown where it is ahead of the wall clock",
        body: Body::Scale(Scale { rows }),
    }
}

/// What each node's clocks show now.
fn shown(cluster: &Cluster<'_, Board>) -> Strip {
    let rows = servers(cluster).map(|(actor, server, shows, time)| {
        let (lamport, vector, hybrid) = server.clocks();
        let doubt = time.map_or_else(
            || Entry::new("not known").tone(Tone::Faint),
            |time| {
                let doubt = i64::try_from(time.doubt().0).unwrap_or(i64::MAX);
                Entry::new(format!("± {}", told(doubt))).detail(time.to_string())
            },
        );
        let off = difference(shows, cluster.now);
        let side = if off < 0 { "behind" } else { "ahead" };
        let entries = vec![
            Entry::new(shows.to_string()).detail(format!("{} {side}", told(off.saturating_abs()))),
            Entry::new(lamport.to_string()),
            Entry::new(vector.to_string()).detail("how many posts of each node are known of here"),
            Entry::new(hybrid.to_string()),
            doubt,
        ];
        TableRow { actor: Some(actor), name: actor.to_string().into(), entries }
    });
    Strip {
        title: "What the clocks show",
        legend: "at each node; vectors count posts, in the order of the nodes",
        body: Body::Table(Table {
            columns: columns(&["wall", "Lamport", "vector", "hybrid", "TrueTime"]),
            rows: rows.collect(),
        }),
    }
}

fn columns(names: &[&str]) -> Vec<Arc<str>> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

/// The newest posts that were told, in the order of the board, with their stamps. A stamp that would put a post before one
/// that its node knew stands out.
fn board(cluster: &Cluster<'_, Board>) -> Strip {
    let mut posts: SortedMap<_, Arc<Post>> = SortedMap::new();
    for (_, server, ..) in servers(cluster) {
        for post in server.shelves().iter().flat_map(|shelf| shelf.iter().rev().take(SHOWN)) {
            posts.insert(cluster.settings.key(post), Arc::clone(post));
        }
    }
    let all: Vec<Arc<Post>> = posts.into_values().collect();
    let shown = &all[all.len().saturating_sub(SHOWN)..];
    let rows = shown.iter().map(|post| {
        let mut entries = stamps(post, shown);
        entries.insert(
            0,
            Entry::new(post.id.origin.to_string()).detail(format!("{}, for {}", post.id, post.client)),
        );
        TableRow { actor: Some(post.id.origin), name: Arc::clone(&post.text), entries }
    });
    Strip {
        title: "The board",
        legend: "the last posts as the board sorts them; outlined: by this clock it would stand before one that its node knew",
        body: Body::Table(Table {
            columns: columns(&["at", "wall", "Lamport", "vector", "hybrid", "commit"]),
            rows: rows.collect(),
        }),
    }
}

/// The five stamps of a post, held against those that were before it.
fn stamps(post: &Post, others: &[Arc<Post>]) -> Vec<Entry> {
    let mine = &post.stamps;
    let before = || others.iter().map(|other| &other.stamps).filter(|other| other.vector < mine.vector);
    let entry =
        |text: String, inverted: bool| Entry::new(text).tone(if inverted { Tone::Odd } else { Tone::Plain });
    let known: Vec<&str> =
        others.iter().filter(|other| other.stamps.vector < mine.vector).map(|other| &*other.text).collect();
    let knew = if known.is_empty() {
        "its node knew none of these".to_owned()
    } else {
        format!("its node knew {}", known.join(", "))
    };
    vec![
        entry(mine.wall.to_string(), before().any(|other| other.wall > mine.wall)),
        entry(mine.lamport.to_string(), before().any(|other| other.lamport >= mine.lamport)),
        entry(mine.vector.to_string(), false).detail(knew),
        entry(mine.hybrid.to_string(), before().any(|other| other.hybrid >= mine.hybrid)),
        entry(mine.commit.to_string(), before().any(|other| other.commit >= mine.commit))
            .detail(format!("stamped in {}", mine.interval)),
    ]
}
