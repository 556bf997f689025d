//! The log (§5.3): what a node keeps, in order, and the names of places in it.
//!
//! An entry is named by index and term ([`EntryId`], printed `2@1`). Ordered by term first and index second, such
//! names say which of two logs is more up to date (§5.4.1): the comparison is `<`.

use super::members::Members;
use super::store::Command;
use serde::Serialize;
use sim::Chunks;
use std::fmt;
use std::sync::Arc;

/// A term (§5.1): Raft's logical clock. At most one leader each.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct Term(pub u64);

/// A place in the log, from 1; 0 is before the first entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct LogIndex(pub u64);

/// Names an entry: no two entries with the same index and term differ (Log Matching, §5.3).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
pub struct EntryId {
    /// First, so that ordering is the rule of §5.4.1.
    pub term: Term,
    /// Second.
    pub index: LogIndex,
}

impl Term {
    /// The term after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl LogIndex {
    /// The place after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The place before this one; 0 stays.
    pub fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// So many places later.
    pub fn plus(self, count: u64) -> Self {
        Self(self.0.saturating_add(count))
    }
}

impl EntryId {
    /// Before the first entry of any log.
    pub const ZERO: EntryId = EntryId { term: Term(0), index: LogIndex(0) };

    /// The entry of that index and term.
    pub const fn new(index: u64, term: u64) -> Self {
        Self { term: Term(term), index: LogIndex(index) }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for LogIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for EntryId {
    /// `2@1`: index 2, term 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.index, self.term)
    }
}

/// What an entry holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Payload {
    /// The first entry of a leader's term: nothing, but once it is committed all before it is (§5.4.2, §8).
    Start,
    /// A client's request.
    Command(Arc<Command>),
    /// The members from here on, committed or not (Ongaro 2014, §4.1).
    Members(Members),
}

impl Payload {
    /// How it reads in a log: `start`, `milk`, `x=1`, `+n6`.
    pub fn text(&self) -> Arc<str> {
        match self {
            Payload::Start => "start".into(),
            Payload::Command(command) => command.operation.text().into(),
            Payload::Members(members) => members.to_string().into(),
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Received by the leader of this term.
    pub term: Term,
    /// What it holds.
    pub payload: Payload,
}

/// The entries after the last snapshot. Copies share their past.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Log {
    /// The last entry that the snapshot covers.
    base: EntryId,
    entries: Chunks<Entry>,
}

impl Log {
    /// The last entry that is no longer held because a snapshot covers it.
    pub fn base(&self) -> EntryId {
        self.base
    }

    /// The newest entry.
    pub fn last(&self) -> EntryId {
        let index = self.base.index.plus(self.entries.len());
        let term = self.entries.last().map_or(self.base.term, |entry| entry.term);
        EntryId { term, index }
    }

    /// How many entries are held.
    pub fn len(&self) -> u64 {
        self.entries.len()
    }

    /// Whether none are held.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// An entry, where it is still and already held.
    pub fn get(&self, index: LogIndex) -> Option<&Entry> {
        self.entries.get(index.0.checked_sub(self.base.index.0 + 1)?)
    }

    /// The term at a place: of an entry held, or of the last one in the snapshot.
    pub fn term_at(&self, index: LogIndex) -> Option<Term> {
        if index == self.base.index { Some(self.base.term) } else { self.get(index).map(|e| e.term) }
    }

    /// The name of the entry at a place.
    pub fn id_at(&self, index: LogIndex) -> Option<EntryId> {
        self.term_at(index).map(|term| EntryId { term, index })
    }

    /// Whether this very entry is held or is the last one in the snapshot.
    pub fn has(&self, id: EntryId) -> bool {
        self.term_at(id.index) == Some(id.term)
    }

    /// Adds entries at the end.
    pub fn append(&mut self, entries: &[Entry]) {
        for entry in entries {
            self.entries.push(entry.clone());
        }
    }

    /// Removes the entry at `from` and all after it.
    pub fn truncate(&mut self, from: LogIndex) {
        self.entries.truncate(from.0.saturating_sub(self.base.index.0 + 1));
    }

    /// A snapshot covers everything up to `last`: what follows it stays if it follows that very entry (figure 13, step
    /// 6), else all goes.
    pub fn compact(&mut self, last: EntryId) {
        if last.index < self.base.index {
            return;
        }
        let kept = if self.has(last) {
            let from = last.index.0 - self.base.index.0;
            self.entries.range(from, u64::MAX).cloned().collect()
        } else {
            Chunks::new()
        };
        *self = Self { base: last, entries: kept };
    }

    /// At most `limit` entries from `from` on.
    pub fn slice(&self, from: LogIndex, limit: u64) -> Arc<[Entry]> {
        let start = from.0.saturating_sub(self.base.index.0 + 1);
        if start >= self.entries.len() {
            return Arc::default();
        }
        self.entries.range(start, start.saturating_add(limit)).cloned().collect()
    }

    /// The first index of the run of entries of one term that ends at `index`, as far as it is held.
    pub fn first_of_term(&self, index: LogIndex) -> LogIndex {
        let Some(term) = self.term_at(index) else { return index };
        let mut first = index;
        while first.previous() > self.base.index && self.term_at(first.previous()) == Some(term) {
            first = first.previous();
        }
        first
    }

    /// The last index of a term at or before `before`, where the log holds one.
    pub fn last_of_term(&self, term: Term, before: LogIndex) -> Option<LogIndex> {
        let mut at = before.min(self.last().index);
        while at > self.base.index {
            match self.term_at(at) {
                Some(here) if here == term => return Some(at),
                Some(here) if here < term => return None,
                _ => at = at.previous(),
            }
        }
        None
    }

    /// All entries held, each with its name.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (EntryId, &Entry)> {
        let base = self.base.index.0;
        let named = move |(at, entry): (u64, _)| {
            let entry: &Entry = entry;
            (EntryId { term: entry.term, index: LogIndex(base + 1 + at) }, entry)
        };
        let count = self.entries.len();
        (0..count).filter_map(move |at| self.entries.get(at).map(|entry| (at, entry))).map(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(terms: &[u64]) -> Log {
        let mut log = Log::default();
        for term in terms {
            log.append(&[Entry { term: Term(*term), payload: Payload::Start }]);
        }
        log
    }

    #[test]
    fn the_longest_log_does_not_win_but_the_newest() {
        assert!(EntryId::new(1, 2) > EntryId::new(9, 1));
        assert!(EntryId::new(3, 2) > EntryId::new(2, 2));
        assert_eq!(EntryId::new(2, 1).to_string(), "2@1");
    }

    #[test]
    fn compaction_keeps_what_follows_and_forgets_what_conflicts() {
        let mut kept = log(&[1, 1, 2, 2, 3]);
        kept.compact(EntryId::new(3, 2));
        assert_eq!((kept.base(), kept.last(), kept.len()), (EntryId::new(3, 2), EntryId::new(5, 3), 2));
        assert_eq!(kept.term_at(LogIndex(3)), Some(Term(2)));
        assert_eq!(kept.term_at(LogIndex(2)), None);
        kept.compact(EntryId::new(2, 1));
        assert_eq!(kept.base(), EntryId::new(3, 2), "an older snapshot changes nothing");
        let mut lost = log(&[1, 1, 2, 2, 3]);
        lost.compact(EntryId::new(4, 5));
        assert_eq!((lost.last(), lost.is_empty()), (EntryId::new(4, 5), true));
    }

    #[test]
    fn terms_are_found_from_either_end() {
        let mut log = log(&[1, 1, 4, 4, 5, 5, 6, 6, 6]);
        assert_eq!(log.first_of_term(LogIndex(4)), LogIndex(3));
        assert_eq!(log.last_of_term(Term(4), LogIndex(9)), Some(LogIndex(4)));
        assert_eq!(log.last_of_term(Term(3), LogIndex(9)), None);
        log.truncate(LogIndex(4));
        assert_eq!(log.last(), EntryId::new(3, 4));
        assert_eq!(log.slice(LogIndex(2), 1).len(), 1);
        assert_eq!(log.slice(LogIndex(9), 5).len(), 0);
    }
}
