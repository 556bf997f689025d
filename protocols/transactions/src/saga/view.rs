//! What only this lab knows about its actors, for an inspector and for the strips.
//!
//! Fields by their names in conditions. Of the orchestrator: `open`, `undoing`, `outbox`. Of a shard: each account and
//! each show by its name, `keys`, `outbox`. Of a client: `asks`, `waits`, `queue`.

use super::fact::{ORCHESTRATOR, SHARD};
use super::log::{Log, Stage};
use super::message::Outcome;
use super::orchestrator::Orchestrator;
use super::order::{Key, OrderId, STEPS, Show, Step, Wanted};
use super::scan::{books, logs};
use super::settings::Settings;
use super::shard::Shard;
use super::{Actor, Saga};
use crate::bank::client::Ask;
use crate::bank::{Account, Client, books as drawn};
use sim::ActorId;
use sim::ordered::SortedSet;
use sim::protocol::Cluster;
use sim::story::{Rank, Role};
use sim::view::{ActorView, Body, Entry, Gauge, Strip, Table, TableRow, Tone};
use std::sync::Arc;

/// The newest orders that are shown.
const ORDERS: usize = 12;

pub(super) fn fill(id: ActorId, state: Option<&Actor>, log: &Log, view: &mut ActorView) {
    match state {
        Some(Actor::Orchestrator(orchestrator)) => of_orchestrator(orchestrator, view),
        Some(Actor::Shard(shard)) => of_shard(shard, view),
        Some(Actor::Client(client)) => of_client(client, view),
        None if id.is_client() => {}
        None => {
            for (account, coins) in log.moved() {
                view.field(account.name(), account.name(), coins, "did");
            }
            view.field("open", "open on disk", log.open.len(), "begun");
            log_fields(log, view);
        }
    }
}

fn of_orchestrator(orchestrator: &Orchestrator, view: &mut ActorView) {
    view.role = Some(ORCHESTRATOR);
    view.headline = "Orchestrator".to_owned();
    let open = &orchestrator.log().open;
    let undoing = open.values().filter(|open| matches!(open.stage, Stage::Undoing(..))).count();
    view.subline = match (open.len(), undoing) {
        (0, _) => "no order is open".to_owned(),
        (n, 0) => format!("{n} on their way"),
        (n, m) => format!("{n} on their way, {m} being undone"),
    };
    if !open.is_empty() {
        view.badge = format!("{} open", open.len());
    }
    let listed: Vec<String> = open
        .iter()
        .map(|(order, open)| match open.stage {
            Stage::Doing(step) => Key { order: *order, step, undo: false }.to_string(),
            Stage::Undoing(step, _) => Key { order: *order, step, undo: true }.to_string(),
        })
        .collect();
    view.field("open", "open", open.len(), "begun");
    view.field("at", "at", if listed.is_empty() { "nothing".to_owned() } else { listed.join(", ") }, "goes");
    view.field("undoing", "being undone", undoing, "goes");
    log_fields(orchestrator.log(), view);
}

fn of_shard(shard: &Shard, view: &mut ActorView) {
    view.role = Some(SHARD);
    view.headline = "Shard".to_owned();
    view.subline = "keeps accounts and seats".to_owned();
    for (account, coins) in shard.balances() {
        view.field(account.name(), account.name(), coins, "did");
    }
    for (show, seats) in shard.seats() {
        view.field(show.name(), show.name(), seats, "did");
    }
    view.field("keys", "keys", shard.log().keys.len(), "did");
    log_fields(shard.log(), view);
}

fn log_fields(log: &Log, view: &mut ActorView) {
    let waiting: Vec<String> = log.outbox.keys().map(Key::to_string).collect();
    view.field(
        "outbox",
        "to be said",
        if waiting.is_empty() { "nothing".to_owned() } else { waiting.join(", ") },
        "",
    );
    view.field("records", "records", log.records().len(), "");
}

fn of_client(client: &Client<Wanted>, view: &mut ActorView) {
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

pub(super) fn strips(cluster: &Cluster<'_, Saga>) -> Vec<Strip> {
    vec![orders(cluster), accounts(cluster), everything(cluster), all_logs(cluster)]
}

/// Each order and its three steps.
fn orders(cluster: &Cluster<'_, Saga>) -> Strip {
    let logs = logs(cluster);
    let mut known: SortedSet<OrderId> =
        logs.iter().flat_map(|(_, log)| log.keys.keys().map(|key| key.order)).collect();
    known.extend(logs.iter().flat_map(|(_, log)| log.open.keys().copied()));
    let rows = known.iter().rev().take(ORDERS).map(|order| {
        let stage = logs.iter().find_map(|(_, log)| log.open.get(order)).map(|open| open.stage);
        let entries = STEPS.map(|step| of_step(*order, step, stage, &logs)).to_vec();
        TableRow { actor: Some(Settings::ORCHESTRATOR), name: format!("order {order}").into(), entries }
    });
    let mut rows: Vec<TableRow> = rows.collect();
    rows.reverse();
    Strip {
        title: "Orders",
        legend: "each step, as the shards have it in writing; coloured: asked for",
        body: Body::Table(Table { columns: ["charge", "book", "pay"].map(Arc::from).to_vec(), rows }),
    }
}

fn of_step(order: OrderId, step: Step, stage: Option<Stage>, logs: &[(ActorId, &Log)]) -> Entry {
    let mark = |undo| logs.iter().find_map(|(_, log)| log.keys.get(&Key { order, step, undo }));
    let asked = match stage {
        Some(Stage::Doing(at)) => at == step,
        Some(Stage::Undoing(at, _)) => at == step,
        None => false,
    };
    let text = match (mark(false).map(|mark| mark.outcome), mark(true).map(|mark| mark.times)) {
        (None, None) if asked => "asked for".to_owned(),
        (None, None) => String::new(),
        (Some(Outcome::Done), None) => "done".to_owned(),
        (Some(Outcome::Refused(reason)), None) => reason.to_string(),
        (_, Some(0)) => "must not be".to_owned(),
        (_, Some(1)) => "undone".to_owned(),
        (_, Some(times)) => format!("undone {times} times"),
    };
    let times = mark(false).map_or(0, |mark| mark.times);
    let text = if times > 1 { format!("{text}, {times} times") } else { text };
    Entry::new(text).tone(if asked { Tone::Changing } else { Tone::Plain })
}

fn accounts(cluster: &Cluster<'_, Saga>) -> Strip {
    let settings = cluster.settings;
    let (branches, shows) = (&settings.branches, settings.shows);
    let accounts: Vec<Account> = branches.accounts().chain([Account::TILL]).collect();
    let columns =
        accounts.iter().map(|account| account.name()).chain((0..shows).map(|show| Show(show).name()));
    let rows = logs(cluster).into_iter().filter(|(node, _)| branches.is_shard(*node)).map(|(node, log)| {
        let up = cluster.state(node).is_some();
        let entry = |here: bool, text: String| {
            let tone = if up { Tone::Plain } else { Tone::Faint };
            if here { Entry::new(text).tone(tone) } else { Entry::default() }
        };
        let money = accounts.iter().map(|account| {
            entry(branches.shard_of(*account) == node, log.balance(*account, branches.opening).to_string())
        });
        let seats = (0..shows).map(Show).map(|show| {
            entry(show.shard(branches) == node, format!("{} free", log.seats(show, settings.seats)))
        });
        let entries = money.chain(seats).collect();
        TableRow { actor: Some(node), name: node.to_string().into(), entries }
    });
    Strip {
        title: "Accounts and seats",
        legend: "what each shard has, whatever is on its way",
        body: Body::Table(Table { rows: rows.collect(), columns: columns.map(Arc::from).collect() }),
    }
}

fn everything(cluster: &Cluster<'_, Saga>) -> Strip {
    let (books, settings) = (books(cluster), cluster.settings);
    let seats = Gauge {
        name: "all seats".into(),
        value: (books.free + books.taken) as f64,
        expected: Some((u64::from(settings.shows) * settings.seats) as f64),
        unit: "seats",
        detail: format!("{} free, {} held or sold", books.free, books.taken).into(),
    };
    let money = drawn::money_gauge(books.in_accounts, books.on_its_way, settings.branches.total());
    Strip {
        title: "All money, all seats",
        legend: "in accounts, and taken for orders on their way; free, and held or sold",
        body: Body::Gauges(vec![money, seats]),
    }
}

fn all_logs(cluster: &Cluster<'_, Saga>) -> Strip {
    let rows = cluster.actors.iter().filter(|(id, ..)| id.is_node()).map(|(id, actor, durable)| {
        let log = actor.and_then(Actor::log).unwrap_or(durable);
        let safe = actor.map_or(u64::MAX, Actor::durable);
        drawn::log_row(*id, log.records().iter(), log.records().len(), safe, |record| {
            (record.order().0, record.to_string())
        })
    });
    drawn::log_strip(rows.collect())
}
