//! What a screen shows: of each actor what it is and has; under the canvas the last snapshots beside what there is, and all
//! money as a gauge.

use super::branch::{Branch, Taken};
use super::client::Client;
use super::settings::Settings;
use super::{Actor, Moving, fact};
use sim::ActorId;
use sim::protocol::Cluster;
use sim::story::{Rank, Role};
use sim::view::{ActorView, Body, Entry, Gauge, Strip, Table, TableRow, Tone};
use std::fmt::Write;
use std::sync::Arc;

pub(super) fn fill(_actor: ActorId, state: Option<&Actor>, view: &mut ActorView) {
    match state {
        Some(Actor::Branch(branch)) => of_branch(branch, view),
        Some(Actor::Client(client)) => of_client(client, view),
        None => {}
    }
}

fn of_branch(branch: &Branch, view: &mut ActorView) {
    let recording: Vec<String> = branch.recordings().keys().map(ToString::to_string).collect();
    view.role = Some(if recording.is_empty() { fact::BRANCH } else { fact::RECORDING });
    view.headline = format!("Has {} coins", branch.account());
    if !recording.is_empty() {
        let _ = write!(view.headline, ", records {}", recording.join(", "));
    }
    // The number alone: with its unit some would fit into a disc and some would not.
    view.badge = branch.account().to_string();
    view.field("account", "in its account", branch.account(), "got");
    view.field("unknown", "sent, not known to have arrived", branch.unknown(), "paid");
    for (snapshot, recording) in branch.recordings() {
        let open: Vec<String> = recording.open.iter().map(ActorId::to_string).collect();
        view.subline = format!("waits for markers from {}", open.join(", "));
        let way: u64 = recording.channels.values().sum();
        let value = format!("{snapshot}: {} and {way} on their way", recording.account);
        view.field("recorded", "recorded", value, "records");
    }
    if let Some(collecting) = branch.collecting() {
        view.field("parts", "parts of its snapshot", collecting.parts.len(), "begins");
    }
    if let Some(taken) = branch.taken() {
        let (accounts, channels) = taken.sums();
        view.field("total", "its last snapshot shows", accounts + channels, "taken");
        view.field("way", "of that, on its way", channels, "taken");
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
}

// --- strips ---

pub(super) fn strips(cluster: &Cluster<'_, Moving>) -> Vec<Strip> {
    vec![accounts(cluster), money(cluster)]
}

fn branches<'a>(cluster: &'a Cluster<'_, Moving>) -> impl Iterator<Item = (ActorId, &'a Branch)> {
    cluster.actors.iter().filter_map(|(id, actor, _)| match actor {
        Some(Actor::Branch(branch)) => Some((*id, &**branch)),
        _ => None,
    })
}

/// What each account holds now, and what the snapshots say that it held: a column each.
fn accounts(cluster: &Cluster<'_, Moving>) -> Strip {
    let taken: Vec<&Taken> = branches(cluster).filter_map(|(_, branch)| branch.taken()).collect();
    let running: Vec<_> = branches(cluster).filter_map(|(_, branch)| branch.collecting()).collect();
    let mut columns: Vec<Arc<str>> = vec!["now".into()];
    columns.extend(
        running.iter().map(|collecting| Arc::<str>::from(format!("recording {}", collecting.snapshot))),
    );
    columns.extend(taken.iter().map(|taken| Arc::<str>::from(format!("snapshot {}", taken.snapshot))));
    let rows = branches(cluster).map(|(id, branch)| {
        let mut entries = vec![Entry::new(branch.account().to_string())];
        entries.extend(running.iter().map(|collecting| {
            let recorded = branch
                .recordings()
                .get(&collecting.snapshot)
                .map(|recording| (recording.account, recording.channels.values().sum()));
            let part = collecting.parts.get(&id).copied().or(recorded);
            part.map_or_else(Entry::default, |(account, way)| of_part(account, way).tone(Tone::Changing))
        }));
        entries.extend(taken.iter().map(|taken| {
            taken.parts.get(&id).map_or_else(Entry::default, |(account, way)| of_part(*account, *way))
        }));
        TableRow { actor: Some(id), name: id.to_string().into(), entries }
    });
    Strip {
        title: "Accounts, and snapshots of them",
        legend: "after a plus: what was on its way to that node",
        body: Body::Table(Table { rows: rows.collect(), columns }),
    }
}

fn of_part(account: u64, way: u64) -> Entry {
    if way == 0 { Entry::new(account.to_string()) } else { Entry::new(format!("{account} + {way}")) }
}

/// All money: in accounts and on its way; and the total of each node's last snapshot.
fn money(cluster: &Cluster<'_, Moving>) -> Strip {
    let settings: &Settings = cluster.settings;
    let expected = Some(settings.total() as f64);
    let here: u64 = branches(cluster).map(|(_, branch)| branch.account()).sum();
    let way = settings.total().saturating_sub(here);
    let accounts = Gauge {
        name: "in accounts now".into(),
        value: here as f64,
        expected,
        unit: "coins",
        detail: format!("{here} in accounts, {way} on their way").into(),
    };
    let taken = branches(cluster).filter_map(|(_, branch)| branch.taken()).map(|taken| {
        let (accounts, channels) = taken.sums();
        Gauge {
            name: format!("snapshot {}", taken.snapshot).into(),
            value: (accounts + channels) as f64,
            expected,
            unit: "coins",
            detail: format!("{accounts} in accounts, {channels} on their way").into(),
        }
    });
    Strip {
        title: "All money",
        legend: "what the accounts hold together now, and what the last snapshots show",
        body: Body::Gauges([accounts].into_iter().chain(taken).collect()),
    }
}
