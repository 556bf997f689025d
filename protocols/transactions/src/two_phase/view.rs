//! What only this lab knows about its actors, for an inspector and for the strips.
//!
//! Fields by their names in conditions. Of a coordinator: `life`, `open`, `undecided`, `untold` (commits that somebody
//! has not acknowledged). Of a shard: each account by its name, `in_doubt`, `waiting`, `held` (which accounts). Of a
//! client: `asks`, `waits`, `queue`.

use super::coordinator::{Coordinator, Phase};
use super::fact::{COORDINATOR, SHARD, changes_told};
use super::locks::{Lock, Mode};
use super::log::Log;
use super::message::Order;
use super::scan::{logs, money};
use super::shard::{Shard, Stage};
use super::transaction::TransactionId;
use super::{Actor, TwoPhase};
use crate::bank::client::Ask;
use crate::bank::{Account, Client, Coins, books};
use sim::ActorId;
use sim::protocol::Cluster;
use sim::story::{Rank, Role};
use sim::view::{ActorView, Body, Entry, Strip, Table, TableRow, Tone};
use std::sync::Arc;

pub(super) fn fill(id: ActorId, state: Option<&Actor>, log: &Log, view: &mut ActorView) {
    match state {
        Some(Actor::Coordinator(coordinator)) => of_coordinator(coordinator, view),
        Some(Actor::Shard(shard)) => of_shard(shard, view),
        Some(Actor::Client(client)) => of_client(client, view),
        None if id.is_client() => {}
        None => down(log, view),
    }
}

fn of_coordinator(coordinator: &Coordinator, view: &mut ActorView) {
    view.role = Some(COORDINATOR);
    view.headline = "Coordinator".to_owned();
    let open = coordinator.open();
    let undecided = open.values().filter(|open| matches!(open.phase, Phase::Working | Phase::Voting)).count();
    let untold = open.values().filter(|open| matches!(open.phase, Phase::Telling(_))).count();
    view.subline = match (undecided, untold) {
        (0, 0) => "nothing is open".to_owned(),
        (n, 0) => format!("has to decide {n}"),
        (0, n) => format!("has to tell of {n}"),
        (n, m) => format!("has to decide {n}, to tell of {m}"),
    };
    if !open.is_empty() {
        view.badge = format!("{} open", open.len());
    }
    view.field("life", "life", coordinator.life(), "coordinates");
    let told = |(id, open): (&TransactionId, &super::coordinator::Open)| {
        let phase = match &open.phase {
            Phase::Working => "at work",
            Phase::Voting => "votes are asked for",
            Phase::Logging(_) => "decided, not durable",
            Phase::Telling(_) => "committed, not acknowledged by all",
        };
        format!("{id} {phase}")
    };
    let listed: Vec<String> = open.iter().map(told).collect();
    view.field(
        "open",
        "open",
        if listed.is_empty() { "nothing".to_owned() } else { listed.join("; ") },
        "begun",
    );
    view.field("undecided", "to be decided", undecided, "decided");
    view.field("untold", "to be told", untold, "logged");
    log_fields(coordinator.log(), view);
}

fn of_shard(shard: &Shard, view: &mut ActorView) {
    view.role = Some(SHARD);
    view.headline = "Shard".to_owned();
    let (in_doubt, waiting) = shard.held_up();
    view.subline = match (in_doubt, waiting) {
        (0, 0) => "keeps accounts".to_owned(),
        (0, n) => format!("{n} waiting for a lock"),
        (n, 0) => format!("in doubt about {n}"),
        (n, m) => format!("in doubt about {n}, {m} waiting for a lock"),
    };
    if in_doubt > 0 {
        view.badge = format!("{in_doubt} in doubt");
    }
    let held: Vec<String> = shard
        .locks()
        .iter()
        .flat_map(|(account, lock)| {
            lock.holders.iter().map(move |claim| format!("{account} by {}", claim.age.id))
        })
        .collect();
    view.field("in_doubt", "in doubt", in_doubt, "held-up");
    view.field("waiting", "waiting", waiting, "held-up");
    view.field(
        "held",
        "locked",
        if held.is_empty() { "nothing".to_owned() } else { held.join(", ") },
        "worked",
    );
    for (account, coins) in shard.balances() {
        view.field(account.name(), account.name(), coins, "committed");
    }
    log_fields(shard.log(), view);
}

/// What is found on the disk of a node that is down.
fn down(log: &Log, view: &mut ActorView) {
    if log.life > 0 {
        view.field("life", "life on disk", log.life, "coordinates");
        view.field("untold", "commits to be told", log.unfinished.len(), "logged");
    }
    for (account, coins) in log.moved() {
        view.field(account.name(), account.name(), coins, "committed");
    }
    log_fields(log, view);
}

fn log_fields(log: &Log, view: &mut ActorView) {
    for (id, prepared) in &log.prepared {
        view.field("prepared", "prepared", format!("{id}: {}", changes_told(&prepared.changes)), "prepared");
    }
    view.field("records", "records", log.records().len(), "");
}

fn of_client(client: &Client<Order>, view: &mut ActorView) {
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

pub(super) fn strips(cluster: &Cluster<'_, TwoPhase>) -> Vec<Strip> {
    vec![accounts(cluster), all_money(cluster), all_logs(cluster)]
}

fn all_money(cluster: &Cluster<'_, TwoPhase>) -> Strip {
    let logs = logs(cluster);
    let known = |id: &TransactionId| {
        logs.iter().any(|(_, log)| log.unfinished.contains_key(id) || log.committed.contains(id))
    };
    let money = money(cluster, known);
    let total = cluster.settings.branches.total();
    Strip {
        title: "All money",
        legend: "in accounts, and on its way to one by a commit that its shard has not heard of",
        body: Body::Gauges(vec![books::money_gauge(money.in_accounts, money.on_its_way, total)]),
    }
}

fn all_logs(cluster: &Cluster<'_, TwoPhase>) -> Strip {
    let rows = cluster.actors.iter().filter(|(id, ..)| id.is_node()).map(|(id, actor, durable)| {
        let log = actor.and_then(Actor::log).unwrap_or(durable);
        let safe = actor.map_or(u64::MAX, Actor::durable);
        books::log_row(*id, log.records().iter(), log.records().len(), safe, |record| {
            (record.id().map_or(0, TransactionId::version), record.to_string())
        })
    });
    books::log_strip(rows.collect())
}

fn accounts(cluster: &Cluster<'_, TwoPhase>) -> Strip {
    let branches = &cluster.settings.branches;
    let row = |(id, actor, durable): &(ActorId, Option<&Actor>, &Log)| {
        let shard = match actor {
            Some(Actor::Shard(shard)) => Some(&**shard),
            _ => None,
        };
        let log = shard.map_or(*durable, Shard::log);
        let entry = |account: Account| match branches.shard_of(account) == *id {
            true => of_account(account, shard, log, branches.opening),
            false => Entry::default(),
        };
        let entries = branches.accounts().map(entry).collect();
        TableRow { actor: Some(*id), name: id.to_string().into(), entries }
    };
    let rows = cluster.actors.iter().filter(|(id, ..)| branches.is_shard(*id)).map(row).collect();
    Strip {
        title: "Accounts",
        legend: "coloured: locked; with a question mark: its shard has voted yes and does not know the decision",
        body: Body::Table(Table {
            columns: branches.accounts().map(|a| Arc::from(a.name())).collect(),
            rows,
        }),
    }
}

/// `100`; `100 → 80` while a transaction that writes it is at work; `100 or 80?` while that is in doubt.
fn of_account(account: Account, shard: Option<&Shard>, log: &Log, opening: Coins) -> Entry {
    let balance = log.balance(account, opening);
    let Some(shard) = shard else { return on_disk(account, log, balance) };
    let Some(lock) = shard.locks().get(account) else { return Entry::new(balance.to_string()) };
    let writer = lock.holders.iter().find(|claim| claim.mode == Mode::Exclusive).map(|claim| claim.age.id);
    let task = writer.and_then(|id| shard.tasks().get(&id));
    let after = task.and_then(|task| {
        let change = task.changes.iter().find(|change| change.account == account)?;
        Some((change.after, task.stage == Stage::InDoubt))
    });
    let text = match after {
        None => balance.to_string(),
        Some((after, false)) => format!("{balance} → {after}"),
        Some((after, true)) => format!("{balance} or {after}?"),
    };
    Entry::new(text).tone(Tone::Changing).detail(who_holds(lock, after.is_some_and(|(_, in_doubt)| in_doubt)))
}

fn who_holds(lock: &Lock, in_doubt: bool) -> String {
    let names = |claims: &[super::locks::Claim]| {
        claims.iter().map(|claim| claim.age.id.to_string()).collect::<Vec<_>>().join(", ")
    };
    let how = match (in_doubt, lock.holders.first().map(|claim| claim.mode)) {
        (true, _) => ", in doubt",
        (false, Some(Mode::Shared)) => ", to read",
        _ => "",
    };
    let mut told = format!("held by {}{how}", names(&lock.holders));
    if !lock.waiters.is_empty() {
        told.push_str(&format!("; {} wait for it", names(&lock.waiters)));
    }
    told
}

/// Of a shard that is down: what it will find.
fn on_disk(account: Account, log: &Log, balance: Coins) -> Entry {
    let mut prepared =
        log.prepared.iter().flat_map(|(id, prepared)| prepared.changes.iter().map(move |c| (id, c)));
    match prepared.find(|(_, change)| change.account == account) {
        None => Entry::new(balance.to_string()).tone(Tone::Faint),
        Some((id, change)) => Entry::new(format!("{balance} or {}?", change.after))
            .tone(Tone::Changing)
            .detail(format!("prepared for {id}, whose outcome its log does not know")),
    }
}
