//! Keeping what others send: merged with what is there, durable before anybody hears that it is kept.

use super::Context;
use super::clock::Clock;
use super::fact::Fact;
use super::message::Message;
use super::node::Node;
use super::store::{Key, Write};
use super::version::Entry;
use sim::ActorId;
use std::sync::Arc;

/// What a node makes of an entry that it is to keep.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Holding {
    /// For whom it is kept, where not for the node itself.
    pub hint: Option<ActorId>,
    /// How many writes the node has coordinated for the key, where this is one of them.
    pub issued: Option<u64>,
}

impl Node {
    /// Merges an entry into what is kept; whether that changed anything.
    pub(super) fn hold(
        &mut self,
        key: &Key,
        entry: &Entry,
        holding: Holding,
        context: &mut Context<'_>,
    ) -> bool {
        let current = match holding.hint {
            None => self.hard.entries.get(key),
            Some(owner) => self.hard.hints.get(&(owner, Arc::clone(key))),
        };
        let mut merged = current.map(|entry| Entry::clone(entry)).unwrap_or_default();
        let changed = merged.merge(entry, context.settings().conflicts);
        if !changed && holding.issued.is_none() {
            return false;
        }
        // The mistake: what is deleted is gone, so there is nothing to keep.
        let buries = context.settings().potholes.no_tombstones && merged.is_deleted();
        let knew = if buries { merged.seen() } else { Clock::new() };
        let (key, entry, issued) = (Arc::clone(key), Arc::new(merged), holding.issued);
        let text = entry.to_string().into();
        match holding.hint {
            None => {
                self.write(Write::Keep { key: Arc::clone(&key), entry, issued }, context);
                context.fact(Fact::Stored { key: Arc::clone(&key), text });
            }
            Some(owner) => {
                self.write(Write::Hint { owner, key: Arc::clone(&key), entry, issued }, context);
                context.fact(Fact::Hinted { owner, key: Arc::clone(&key), text });
                self.count_hints(context);
            }
        }
        if buries {
            self.let_go(holding.hint, &key, context);
            context.fact(Fact::Forgot { key, knew });
        }
        changed
    }

    /// Keeps nothing under a key any more, its own or another's.
    pub(super) fn let_go(&mut self, hint: Option<ActorId>, key: &Key, context: &mut Context<'_>) {
        match hint {
            None => self.write(Write::Drop(Arc::clone(key)), context),
            Some(owner) => {
                self.write(Write::DropHint(owner, Arc::clone(key)), context);
                self.count_hints(context);
            }
        }
    }

    fn count_hints(&self, context: &mut Context<'_>) {
        context.fact(Fact::Hints { count: self.hard.hints.len() as u64 });
    }

    /// "Keep this." Said to be kept once it is durable, also where it was there already.
    ///
    /// That is a promise, and it undoes what this node was about to give away under the key: who takes it over may have
    /// promised earlier, and be giving it away to this node. Each would let go for the other.
    pub(super) fn on_store(
        &mut self,
        from: ActorId,
        id: u64,
        key: &Key,
        entry: &Entry,
        hint: Option<ActorId>,
        context: &mut Context<'_>,
    ) {
        let hint = hint.filter(|owner| *owner != self.id);
        self.transfers.remove(&(hint, Arc::clone(key)));
        let sync = if self.hold(key, entry, Holding { hint, issued: None }, context) {
            Some(self.flush(context))
        } else {
            self.syncing
        };
        self.send_durable(sync, from, Message::Kept { id }, context);
    }

    /// "What do you hold?" Told once it cannot be forgotten: a reader must not see what a crash takes back.
    pub(super) fn on_fetch(&mut self, from: ActorId, id: u64, key: Key, context: &mut Context<'_>) {
        let entry = Arc::new(self.hard.known(&key, context.settings().conflicts));
        context.note(|| format!("holds {} under {key}", super::message::detailed(&entry)));
        self.send_durable(self.syncing, from, Message::Fetched { id, key, entry }, context);
    }
}
