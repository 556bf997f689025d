//! The write-ahead log, and what is read out of it after a crash.
//!
//! Coordinators and shards keep the same kind of log; each writes only the records of its office. The same fold makes a
//! node's memory and what its disk holds, so the two cannot drift apart.

use super::transaction::TransactionId;
use crate::bank::{Account, Coins, Fold};
use serde::Serialize;
use sim::ordered::{SortedMap, SortedSet};
use sim::{ActorId, Chunks};
use std::fmt;
use std::sync::Arc;

/// What a transaction makes of an account: the value before and the value after (both are written, as R* does).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which account.
    pub account: Account,
    /// What was in it.
    pub before: Coins,
    /// What will be in it.
    pub after: Coins,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Record {
    /// A coordinator's new life begins. Forced before it takes requests.
    Life(u32),
    /// A coordinator decided to commit. Forced before anyone hears of it.
    Commit {
        /// Which.
        id: TransactionId,
        /// Whose request it was.
        client: ActorId,
        /// Its number.
        number: u64,
        /// Who voted yes and must be told.
        writers: Arc<[ActorId]>,
    },
    /// A coordinator decided to abort. Not forced: nothing in the log means the same.
    Abort(TransactionId),
    /// All have acknowledged: the coordinator need not remember any more. Not forced.
    End(TransactionId),
    /// A shard can commit, whatever happens. Forced before it votes yes.
    Prepare {
        /// Which.
        id: TransactionId,
        /// Who else writes: they may know the outcome when the coordinator does not answer.
        writers: Arc<[ActorId]>,
        /// What it will make of its accounts.
        changes: Arc<[Change]>,
        /// Of this coordinator's transactions all before this one are over everywhere.
        settled: TransactionId,
    },
    /// A shard committed. Forced before it acknowledges.
    Committed(TransactionId),
    /// A shard aborted. Not forced, and not acknowledged.
    Aborted(TransactionId),
}

impl Record {
    /// Which transaction it is about.
    pub fn id(&self) -> Option<TransactionId> {
        match self {
            Record::Life(_) => None,
            Record::Commit { id, .. }
            | Record::Abort(id)
            | Record::End(id)
            | Record::Prepare { id, .. }
            | Record::Committed(id)
            | Record::Aborted(id) => Some(*id),
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Life(life) => write!(f, "life {life}"),
            Record::Commit { id, .. } | Record::Committed(id) => write!(f, "commit {id}"),
            Record::Abort(id) | Record::Aborted(id) => write!(f, "abort {id}"),
            Record::End(id) => write!(f, "end {id}"),
            Record::Prepare { id, .. } => write!(f, "prepare {id}"),
        }
    }
}

/// A commit that a coordinator has not heard everybody acknowledge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unfinished {
    /// Whose request it was.
    pub client: ActorId,
    /// Its number.
    pub number: u64,
    /// Who voted yes.
    pub writers: Arc<[ActorId]>,
}

/// A transaction that a shard has prepared and knows no outcome of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prepared {
    /// Who writes, this shard among them.
    pub writers: Arc<[ActorId]>,
    /// What it will make of its accounts.
    pub changes: Arc<[Change]>,
}

/// A log and what its records make.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Log {
    records: Chunks<Record>,
    /// The coordinator's newest life.
    pub life: u32,
    /// Commits without an end.
    pub unfinished: SortedMap<TransactionId, Unfinished>,
    /// The newest request of each client that was committed.
    pub answered: SortedMap<ActorId, u64>,
    /// Accounts that are no longer as they were opened.
    balances: SortedMap<Account, Coins>,
    /// Prepared and not decided.
    pub prepared: SortedMap<TransactionId, Prepared>,
    /// Committed, and perhaps not over everywhere: another shard may ask.
    pub committed: SortedSet<TransactionId>,
    /// By coordinator: all before this one are over everywhere.
    pub settled: SortedMap<ActorId, TransactionId>,
}

impl Fold for Log {
    type Record = Record;

    fn written(&self) -> u64 {
        self.records.len()
    }

    fn apply(&mut self, record: &Record) {
        self.records.push(record.clone());
        match record {
            Record::Life(life) => self.life = *life,
            Record::Commit { id, client, number, writers } => {
                let newest = self.answered.entry(*client).or_default();
                *newest = (*newest).max(*number);
                let unfinished =
                    Unfinished { client: *client, number: *number, writers: Arc::clone(writers) };
                self.unfinished.insert(*id, unfinished);
            }
            Record::End(id) => {
                self.unfinished.remove(id);
            }
            Record::Prepare { id, writers, changes, settled } => {
                let prepared = Prepared { writers: Arc::clone(writers), changes: Arc::clone(changes) };
                self.prepared.insert(*id, prepared);
                self.settle(*settled);
            }
            Record::Committed(id) => {
                if let Some(prepared) = self.prepared.remove(id) {
                    for change in prepared.changes.iter() {
                        self.balances.insert(change.account, change.after);
                    }
                }
                self.committed.insert(*id);
            }
            Record::Aborted(id) => {
                self.prepared.remove(id);
            }
            Record::Abort(_) => {}
        }
    }
}

impl Log {
    /// What is over everywhere nobody will ask about.
    fn settle(&mut self, before: TransactionId) {
        let mark = self.settled.entry(before.coordinator).or_insert(before);
        *mark = (*mark).max(before);
        let mark = *mark;
        self.committed.retain(|id| id.coordinator != mark.coordinator || *id >= mark);
    }

    /// Whether a transaction is known to be over everywhere.
    pub fn is_settled(&self, id: TransactionId) -> bool {
        self.settled.get(&id.coordinator).is_some_and(|mark| id < *mark)
    }

    /// What is in an account, as far as transactions have committed.
    pub fn balance(&self, account: Account, opening: Coins) -> Coins {
        self.balances.get(&account).copied().unwrap_or(opening)
    }

    /// Accounts that are no longer as they were opened, and what is in them.
    pub fn moved(&self) -> impl Iterator<Item = (Account, Coins)> {
        self.balances.iter().map(|(account, coins)| (*account, *coins))
    }

    /// All records.
    pub fn records(&self) -> &Chunks<Record> {
        &self.records
    }
}
