//! What must survive a crash: the keys a node keeps, hints for others, its counters, and whom it believes a member.
//!
//! The same fold of [`Write`]s makes a node's memory and what its disk holds, so the two cannot drift apart: a node
//! writes, and applies the same write to its own [`Hard`].

use super::members::Members;
use super::version::Entry;
use serde::Serialize;
use sim::ActorId;
use sim::ordered::SortedMap;
use std::sync::Arc;

/// A key.
pub type Key = Arc<str>;

/// One write to the disk.
#[derive(Clone, Debug, Serialize)]
pub enum Write {
    /// This is what it holds for a key now.
    Keep {
        /// The key.
        key: Key,
        /// What it holds.
        entry: Arc<Entry>,
        /// With it, in one piece: how many writes it has coordinated for the key, where it coordinated this one.
        issued: Option<u64>,
    },
    /// This is what it holds for another node (§4.6), in a place of its own.
    Hint {
        /// Whose it is.
        owner: ActorId,
        /// The key.
        key: Key,
        /// What it holds.
        entry: Arc<Entry>,
        /// As in [`Write::Keep`].
        issued: Option<u64>,
    },
    /// It has coordinated so many writes for a key without keeping it.
    Issued {
        /// The key.
        key: Key,
        /// How many.
        count: u64,
    },
    /// It holds nothing for a key any more.
    Drop(Key),
    /// It holds nothing for another node's key any more.
    DropHint(ActorId, Key),
    /// Whom it believes a member.
    Members(Members),
}

/// Hints, by whose they are.
pub type Hints = SortedMap<(ActorId, Key), Arc<Entry>>;

/// Everything that survives a crash. Copies share what they have in common.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Hard {
    /// What it keeps.
    pub entries: Arc<SortedMap<Key, Arc<Entry>>>,
    /// What it keeps for others.
    pub hints: Arc<Hints>,
    /// How many writes it has coordinated for each key. A number used twice would make two writes one.
    pub issued: Arc<SortedMap<Key, u64>>,
    /// Whom it believes a member; none before it was ever told.
    pub members: Option<Arc<Members>>,
}

impl Hard {
    /// Folds one write.
    pub fn apply(&mut self, write: &Write) {
        match write {
            Write::Keep { key, entry, issued } => {
                Arc::make_mut(&mut self.entries).insert(Arc::clone(key), Arc::clone(entry));
                self.issue(key, *issued);
            }
            Write::Hint { owner, key, entry, issued } => {
                Arc::make_mut(&mut self.hints).insert((*owner, Arc::clone(key)), Arc::clone(entry));
                self.issue(key, *issued);
            }
            Write::Issued { key, count } => self.issue(key, Some(*count)),
            Write::Drop(key) => {
                Arc::make_mut(&mut self.entries).remove(key);
            }
            Write::DropHint(owner, key) => {
                Arc::make_mut(&mut self.hints).remove(&(*owner, Arc::clone(key)));
            }
            Write::Members(members) => self.members = Some(Arc::new(members.clone())),
        }
    }

    fn issue(&mut self, key: &Key, issued: Option<u64>) {
        if let Some(count) = issued {
            Arc::make_mut(&mut self.issued).insert(Arc::clone(key), count);
        }
    }

    /// All it holds for a key, its own and for others: what it answers a read with.
    pub fn known(&self, key: &Key, conflicts: super::version::Conflicts) -> Entry {
        let mut known = self.entries.get(key).map(|entry| Entry::clone(entry)).unwrap_or_default();
        for (_, entry) in self.hints_of(key) {
            known.merge(entry, conflicts);
        }
        known
    }

    /// What it holds of a key for others: for whom, and what.
    pub fn hints_of<'a>(&'a self, key: &'a Key) -> impl Iterator<Item = (ActorId, &'a Arc<Entry>)> + 'a {
        let hints = self.hints.iter().filter(move |((_, hinted), _)| hinted == key);
        hints.map(|((owner, _), entry)| (*owner, entry))
    }
}
