//! All invariants by looking at everything: slow, and written without a glance at the monitor, which is tested against
//! it. What was done is read from the keys that shards remember.

use super::invariants::At;
use super::log::Log;
use super::order::{OrderId, STEPS, Step};
use super::outbox::settled;
use super::settings::Settings;
use super::shard;
use super::{Actor, Saga};
use crate::bank::Coins;
use sim::ActorId;
use sim::ordered::SortedMap;
use sim::protocol::Cluster;

/// What stands where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Books {
    /// In accounts.
    pub in_accounts: Coins,
    /// Taken out of one, and put into none yet.
    pub on_its_way: Coins,
    /// Seats that are free.
    pub free: u64,
    /// Held by orders on their way, or sold.
    pub taken: u64,
}

/// Each node's log, as it stands in memory or, where the node is down, on its disk.
pub(super) fn logs<'a>(cluster: &'a Cluster<'_, Saga>) -> Vec<(ActorId, &'a Log)> {
    let nodes = cluster.actors.iter().filter(|(id, ..)| id.is_node());
    nodes.map(|(id, actor, durable)| (*id, actor.and_then(Actor::log).unwrap_or(durable))).collect()
}

/// Of how many orders a step is done and not undone, and what each costs.
pub(super) fn standing(logs: &[(ActorId, &Log)]) -> SortedMap<OrderId, [bool; 3]> {
    let mut orders: SortedMap<OrderId, [bool; 3]> = SortedMap::new();
    for key in logs.iter().flat_map(|(_, log)| log.keys.keys()) {
        orders.entry(key.order).or_insert_with(|| {
            STEPS.map(|step| {
                let times = |undo| logs.iter().map(|(_, log)| log.times(key.order, step, undo)).sum::<u32>();
                times(false) > 0 && times(true) == 0
            })
        });
    }
    orders
}

/// What stands where: an order that is not over holds what it has taken.
pub(super) fn books(cluster: &Cluster<'_, Saga>) -> Books {
    let (logs, settings) = (logs(cluster), cluster.settings);
    let mut books = Books::default();
    for (node, log) in &logs {
        books.in_accounts += shard::balances(*node, &settings.branches, log).map(|(_, coins)| coins).sum();
        let seats = shard::seats(*node, &settings.branches, (settings.shows, settings.seats), log);
        books.free += seats.map(|(_, seats)| seats).sum::<u64>();
        books.taken += log.sold;
    }
    let over = over(&logs);
    for (order, [charged, booked, paid]) in standing(&logs) {
        if order >= over && charged && !paid {
            books.on_its_way += settings.price;
        }
        books.taken += u64::from(booked);
    }
    books
}

/// All orders before this one are over.
fn over(logs: &[(ActorId, &Log)]) -> OrderId {
    let marks = logs
        .iter()
        .map(|(node, log)| if *node == Settings::ORCHESTRATOR { settled(log) } else { log.settled });
    marks.max().unwrap_or_default()
}

/// What is broken now. Of a node that is down only its next start shows what it has lost: until then nothing is said of
/// money and seats.
pub(super) fn scan(cluster: &Cluster<'_, Saga>) -> Vec<(usize, String)> {
    let (logs, settings) = (logs(cluster), cluster.settings);
    let mut broken = Vec::new();
    for (node, log) in &logs {
        for (key, mark) in log.keys.iter().filter(|(_, mark)| mark.times > 1) {
            broken.push((At::Once.place(), format!("{key} happened {} times at {node}", mark.times)));
        }
        for (account, coins) in shard::balances(*node, &settings.branches, log) {
            if coins < Coins(0) {
                broken.push((At::Overdrawn.place(), format!("{account} holds {coins} at {node}")));
            }
        }
    }
    if cluster.actors.iter().any(|(_, actor, _)| actor.is_none()) {
        return broken;
    }
    let books = books(cluster);
    if books.in_accounts + books.on_its_way != settings.branches.total() {
        let sentence = format!("{} in accounts, {} on their way", books.in_accounts, books.on_its_way);
        broken.push((At::Conservation.place(), sentence));
    }
    if books.free + books.taken != u64::from(settings.shows) * settings.seats {
        let sentence = format!("{} seats free, {} taken", books.free, books.taken);
        broken.push((At::Conservation.place(), sentence));
    }
    for (order, stands) in standing(&logs).into_iter().filter(|(order, _)| *order < over(&logs)) {
        // Of an order that is over some shards may have forgotten the keys: only what one still knows counts.
        let paid_for_nothing = stands == [false, false, true];
        let known = |step: Step| logs.iter().any(|(_, log)| log.times(order, step, false) > 0);
        if paid_for_nothing && known(Step::Charge) && known(Step::Book) {
            broken.push((At::Atomic.place(), format!("order {order} is paid and undone")));
        }
    }
    broken
}
