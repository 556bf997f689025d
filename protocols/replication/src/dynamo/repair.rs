//! Becoming alike: handing hints to those they are for (§4.6), handing keys to those who should keep them after members
//! came and went (§4.9), and comparing what is kept with the other owners, by Merkle trees (§4.7).

use super::Context;
use super::fact::Fact;
use super::message::{Message, Why};
use super::node::{Node, in_turn};
use super::replica::Holding;
use super::ring::{Arc32, place};
use super::store::Key;
use super::tree::{Branch, Tree};
use super::version::Entry;
use serde::Serialize;
use sim::ActorId;
use sim::ordered::SortedSet;
use std::sync::Arc;

/// An entry on its way to those who should have it.
#[derive(Clone, Debug, Serialize)]
pub struct Transfer {
    id: u64,
    /// What is sent.
    entry: Arc<Entry>,
    /// To whom.
    to: Vec<ActorId>,
    /// Who has not said yet that it keeps it.
    left: SortedSet<ActorId>,
}

impl Node {
    // --- hints and strays ---

    /// Offers what it keeps for others to them, and what it should keep no longer to those who should.
    pub(super) fn offer(&mut self, context: &mut Context<'_>) {
        let hints: Vec<(ActorId, Key)> = self.hard.hints.keys().cloned().collect();
        for (owner, key) in hints {
            let owners = self.owners(&key, context);
            let to = if owners.contains(&owner) { vec![owner] } else { owners };
            self.transfer(Some(owner), key, to, context);
        }
        let keys: Vec<Key> = self.hard.entries.keys().cloned().collect();
        for key in keys {
            let owners = self.owners(&key, context);
            if !owners.contains(&self.id) {
                self.transfer(None, key, owners, context);
            }
        }
    }

    /// Sends an entry to all of these that have not said that they keep it.
    fn transfer(&mut self, hint: Option<ActorId>, key: Key, to: Vec<ActorId>, context: &mut Context<'_>) {
        let held = match hint {
            None => self.hard.entries.get(&key),
            Some(owner) => self.hard.hints.get(&(owner, Arc::clone(&key))),
        };
        let Some(entry) = held.cloned() else { return };
        let place = (hint, Arc::clone(&key));
        let goes_on = |transfer: &Transfer| transfer.entry.same(&entry) && transfer.to == to;
        if !self.transfers.get(&place).is_some_and(goes_on) {
            let id = self.number();
            let mut left: SortedSet<ActorId> = to.iter().copied().collect();
            // A hint whose owner has left may be this node's own to keep now.
            if hint.is_some() && left.remove(&self.id) {
                self.hold(&key, &entry, Holding::default(), context);
                self.flush(context);
            }
            self.transfers.insert(place.clone(), Transfer { id, entry: Arc::clone(&entry), to, left });
        }
        let Some(transfer) = self.transfers.get(&place) else { return };
        let (id, left) = (transfer.id, transfer.left.clone());
        if left.is_empty() {
            return self.complete(hint, &key, context);
        }
        for node in left.into_iter().filter(|node| !self.suspects.contains(node)) {
            let (key, entry) = (Arc::clone(&key), Arc::clone(&entry));
            let store = Message::Store { id, key, entry, hint: None, why: Why::Handoff };
            self.send_durable(self.syncing, node, store, context);
        }
    }

    /// Somebody keeps what was handed over.
    pub(super) fn on_transferred(&mut self, from: ActorId, id: u64, context: &mut Context<'_>) {
        let found = self.transfers.iter_mut().find(|(_, transfer)| transfer.id == id);
        let Some(((hint, key), transfer)) = found else { return };
        transfer.left.remove(&from);
        if transfer.left.is_empty() {
            let (hint, key) = (*hint, Arc::clone(key));
            self.complete(hint, &key, context);
        }
    }

    /// Everybody who should have it does: it is let go, unless it has changed meanwhile.
    fn complete(&mut self, hint: Option<ActorId>, key: &Key, context: &mut Context<'_>) {
        let Some(transfer) = self.transfers.remove(&(hint, Arc::clone(key))) else { return };
        let (held, gone) = match hint {
            None => {
                let stray = !self.owners(key, context).contains(&self.id);
                (self.hard.entries.get(key), stray)
            }
            Some(owner) => (self.hard.hints.get(&(owner, Arc::clone(key))), true),
        };
        if !gone || !held.is_some_and(|entry| entry.same(&transfer.entry)) {
            return;
        }
        self.let_go(hint, key, context);
        self.flush(context);
        match hint {
            Some(owner) => context.fact(Fact::Delivered { owner, key: Arc::clone(key) }),
            None => context.fact(Fact::HandedOver { key: Arc::clone(key) }),
        }
    }

    // --- anti-entropy ---

    /// Compares with the next member, by the roots of all arcs that both keep.
    pub(super) fn compare(&mut self, context: &mut Context<'_>) {
        if !self.members.contains(self.id) {
            return;
        }
        let others: Vec<ActorId> = self.members.iter().filter(|node| *node != self.id).collect();
        self.compare_turn += 1;
        let Some(peer) = in_turn(&others, self.compare_turn).filter(|peer| !self.suspects.contains(peer))
        else {
            return;
        };
        let (tree, copies) = (Tree::of(&self.hard.entries), context.settings().copies);
        let shared = self.ring.arcs().filter(|arc| {
            let owners = self.ring.owners(arc.upto, copies);
            owners.contains(&self.id) && owners.contains(&peer)
        });
        let branches: Arc<[Branch]> = shared.map(|arc| tree.branch(arc, 0)).collect();
        if !branches.is_empty() {
            context.send(peer, Message::Compare { branches });
        }
    }

    /// Where hashes differ, what is below is compared next; below a leaf are only its keys. They are sent once durable:
    /// a version that is told and then forgotten in a crash leaves its name to be given again.
    pub(super) fn on_compare(&mut self, from: ActorId, branches: &[Branch], context: &mut Context<'_>) {
        let (below, parts) = Tree::of(&self.hard.entries).compare(branches);
        if !below.is_empty() {
            context.send(from, Message::Compare { branches: below.into() });
        }
        if !parts.is_empty() {
            context.fact(Fact::Differs { node: from, parts: parts.len() as u64 });
            let entries = self.on_parts(&parts).collect();
            let exchange = Message::Exchange { parts: parts.into(), entries, answers: false };
            self.send_durable(self.syncing, from, exchange, context);
        }
    }

    fn on_parts<'a>(&'a self, parts: &'a [Arc32]) -> impl Iterator<Item = (Key, Arc<Entry>)> + 'a {
        let on = move |key: &Key| {
            let at = place(key);
            parts.iter().any(|part| part.contains(at))
        };
        let held = self.hard.entries.iter().filter(move |(key, _)| on(key));
        held.map(|(key, entry)| (Arc::clone(key), Arc::clone(entry)))
    }

    /// Takes in what the other keeps, and answers with what it lacks.
    pub(super) fn on_exchange(
        &mut self,
        from: ActorId,
        parts: &Arc<[Arc32]>,
        entries: &[(Key, Arc<Entry>)],
        answers: bool,
        context: &mut Context<'_>,
    ) {
        let mut changed = false;
        for (key, entry) in entries {
            changed |= self.hold(key, entry, Holding::default(), context);
        }
        if changed {
            self.flush(context);
        }
        if answers {
            return;
        }
        let has = |key: &Key, entry: &Entry| {
            entries.iter().any(|(theirs, other)| theirs == key && other.same(entry))
        };
        let lacks: Arc<[_]> = self.on_parts(parts).filter(|(key, entry)| !has(key, entry)).collect();
        if !lacks.is_empty() {
            let exchange = Message::Exchange { parts: Arc::clone(parts), entries: lacks, answers: true };
            self.send_durable(self.syncing, from, exchange, context);
        }
    }
}
