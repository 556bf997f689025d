//! What must survive a crash (figure 2, "persistent state"): term, vote, log, snapshot, as the fold of typed writes.
//!
//! The same fold makes a node's memory and what its disk holds, so the two cannot drift apart: a node writes, and
//! applies the same write to its own [`Hard`].

use super::log::{Entry, EntryId, Log, LogIndex, Payload, Term};
use super::members::Members;
use super::store::Store;
use serde::Serialize;
use sim::ActorId;
use smallvec::SmallVec;
use std::sync::Arc;

/// The state machine as of an entry, in place of all entries up to it (§7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The last entry it covers.
    pub last: EntryId,
    /// Who voted as of that entry.
    pub members: Members,
    /// What all those entries made.
    pub store: Store,
}

/// One write to the disk.
#[derive(Clone, Debug, Serialize)]
pub enum Write {
    /// A new term, in which nobody got a vote yet.
    Term(Term),
    /// The vote of this term.
    Vote(ActorId),
    /// Entries at the end of the log.
    Append(Arc<[Entry]>),
    /// The entry at this place and all after it are gone.
    Truncate(LogIndex),
    /// A snapshot, and the end of the entries it covers.
    Snapshot(Arc<Snapshot>),
}

/// Everything that survives a crash.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Hard {
    /// The newest term this node has seen.
    pub term: Term,
    /// Who got its vote in that term.
    pub vote: Option<ActorId>,
    /// Entries after the snapshot.
    pub log: Log,
    /// The newest snapshot; none before the first.
    pub snapshot: Option<Arc<Snapshot>>,
    /// Configurations in the log, oldest first.
    changes: SmallVec<[(LogIndex, Members); 2]>,
}

impl Hard {
    /// Folds one write.
    pub fn apply(&mut self, write: &Write) {
        match write {
            Write::Term(term) => (self.term, self.vote) = (*term, None),
            Write::Vote(candidate) => self.vote = Some(*candidate),
            Write::Append(entries) => {
                let first = self.log.last().index;
                for (at, entry) in (1..).zip(entries.iter()) {
                    if let Payload::Members(members) = &entry.payload {
                        self.changes.push((first.plus(at), members.clone()));
                    }
                }
                self.log.append(entries);
            }
            Write::Truncate(from) => {
                self.log.truncate(*from);
                self.changes.retain(|(index, _)| *index < *from);
            }
            Write::Snapshot(snapshot) => {
                let keeps_suffix = self.log.has(snapshot.last);
                self.changes.retain(|(index, _)| keeps_suffix && *index > snapshot.last.index);
                self.log.compact(snapshot.last);
                self.snapshot = Some(Arc::clone(snapshot));
            }
        }
    }

    /// The configuration in force (the newest in the log, committed or not) and its place; none where neither log nor
    /// snapshot knows one.
    pub fn members(&self) -> Option<(LogIndex, &Members)> {
        let newest = self.changes.last().map(|(index, members)| (*index, members));
        newest.or_else(|| self.snapshot.as_ref().map(|s| (s.last.index, &s.members)))
    }

    /// The configuration as of an entry.
    pub fn members_as_of(&self, index: LogIndex) -> Option<&Members> {
        let newest = self.changes.iter().rev().find(|(at, _)| *at <= index).map(|(_, members)| members);
        newest.or_else(|| self.snapshot.as_ref().map(|s| &s.members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_truncated_configuration_rolls_back() {
        let entry = |payload| Entry { term: Term(1), payload };
        let mut hard = Hard::default();
        let (five, six) = (Members::first(5), Members::first(6));
        let entries =
            [Payload::Start, Payload::Members(five.clone()), Payload::Members(six.clone())].map(entry);
        hard.apply(&Write::Append(entries.into()));
        assert_eq!(hard.members(), Some((LogIndex(3), &six)));
        assert_eq!(hard.members_as_of(LogIndex(2)), Some(&five));
        hard.apply(&Write::Truncate(LogIndex(3)));
        assert_eq!(hard.members(), Some((LogIndex(2), &five)));
        let snapshot = Snapshot { last: EntryId::new(2, 1), members: five.clone(), store: Store::default() };
        hard.apply(&Write::Snapshot(Arc::new(snapshot)));
        assert_eq!(hard.members(), Some((LogIndex(2), &five)));
        assert_eq!(hard.log.last(), EntryId::new(2, 1));
    }

    #[test]
    fn a_new_term_forgets_the_vote() {
        let mut hard = Hard::default();
        hard.apply(&Write::Term(Term(2)));
        hard.apply(&Write::Vote(ActorId::node(3)));
        assert_eq!((hard.term, hard.vote), (Term(2), Some(ActorId::node(3))));
        hard.apply(&Write::Term(Term(3)));
        assert_eq!((hard.term, hard.vote), (Term(3), None));
    }
}
