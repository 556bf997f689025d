//! All invariants by looking at everything: slow, and written without a glance at the monitor, which is tested against
//! it. What is decided is read from the logs.

use super::invariants::At;
use super::log::{Log, Record};
use super::transaction::TransactionId;
use super::{Actor, TwoPhase};
use crate::bank::Coins;
use sim::ActorId;
use sim::ordered::{SortedMap, SortedSet};
use sim::protocol::Cluster;

/// Where the money is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Money {
    /// In accounts.
    pub in_accounts: Coins,
    /// Added to some account by a commit that its shard has not heard of, less what is taken from others.
    pub on_its_way: Coins,
}

/// Each node's log, as it stands in memory or, where the node is down, on its disk.
pub(super) fn logs<'a>(cluster: &'a Cluster<'_, TwoPhase>) -> Vec<(ActorId, &'a Log)> {
    let nodes = cluster.actors.iter().filter(|(id, ..)| id.is_node());
    nodes.map(|(id, actor, durable)| (*id, actor.and_then(Actor::log).unwrap_or(durable))).collect()
}

/// Where the money is: what a transaction moves counts as moved, at every shard that still holds it, once it is
/// `committed`.
pub(super) fn money(cluster: &Cluster<'_, TwoPhase>, committed: impl Fn(&TransactionId) -> bool) -> Money {
    let branches = &cluster.settings.branches;
    let mut money = Money::default();
    for (node, log) in logs(cluster) {
        money.in_accounts += branches.on(node).map(|account| log.balance(account, branches.opening)).sum();
        for (_, prepared) in log.prepared.iter().filter(|(id, _)| committed(id)) {
            money.on_its_way += prepared.changes.iter().map(|change| change.after - change.before).sum();
        }
    }
    money
}

/// What is broken now. Of a node that is down only its next start shows what it has lost: until then nothing is said of
/// the money.
pub(super) fn scan(cluster: &Cluster<'_, TwoPhase>) -> Vec<(usize, String)> {
    let mut broken = Vec::new();
    let branches = &cluster.settings.branches;
    let mut committed: SortedMap<TransactionId, ActorId> = SortedMap::new();
    let mut aborted: SortedMap<TransactionId, ActorId> = SortedMap::new();
    let mut decided: SortedSet<TransactionId> = SortedSet::new();
    for (node, log) in logs(cluster) {
        let Some(actor) = cluster.state(node) else { continue };
        for (at, record) in (0..).zip(log.records().iter()) {
            match record {
                Record::Committed(id) => drop(committed.insert(*id, node)),
                Record::Aborted(id) => drop(aborted.insert(*id, node)),
                Record::Commit { id, .. } if at < actor.durable() => drop(decided.insert(*id)),
                _ => {}
            }
        }
        for account in branches.on(node) {
            let balance = log.balance(account, branches.opening);
            if balance < Coins(0) {
                broken.push((At::Overdrawn.place(), format!("{account} holds {balance} at {node}")));
            }
        }
    }
    let found = money(cluster, |id| committed.contains_key(id) || decided.contains(id));
    let total = branches.total();
    let all_up = cluster.actors.iter().all(|(_, actor, _)| actor.is_some());
    if all_up && found.in_accounts + found.on_its_way != total {
        let sentence = format!("{} and {} are not {total}", found.in_accounts, found.on_its_way);
        broken.push((At::Conservation.place(), sentence));
    }
    for (id, one) in &committed {
        if let Some(other) = aborted.get(id) {
            broken.push((At::Atomic.place(), format!("{one} committed {id}, {other} aborted it")));
        }
    }
    for (node, actor, _) in &cluster.actors {
        let Some(Actor::Shard(shard)) = actor else { continue };
        if let Some((account, id)) = shard.orphaned_lock() {
            broken.push((At::Locks.place(), format!("{id} holds {account} at {node}")));
        }
    }
    broken
}
