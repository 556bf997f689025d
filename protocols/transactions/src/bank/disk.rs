//! A node's log: what it has written, which is what its disk will hold once it is durable.

use serde::Serialize;
use sim::{Context, Protocol, SyncId};
use std::collections::VecDeque;

/// A log and what its records make of each other: the same fold in memory and on the disk.
pub trait Fold: Clone + Serialize {
    /// One record.
    type Record;

    /// Folds one record.
    fn apply(&mut self, record: &Self::Record);

    /// How many records were folded.
    fn written(&self) -> u64;
}

/// A log in memory, written through to the disk.
#[derive(Clone, Debug, Serialize)]
pub struct Disk<L> {
    log: L,
    /// Syncs that are not done: which, and up to which record they make the log durable.
    syncs: VecDeque<(SyncId, u64)>,
    durable: u64,
}

impl<L: Fold> Disk<L> {
    /// What was found on the disk.
    pub fn new(log: &L) -> Self {
        Self { durable: log.written(), log: log.clone(), syncs: VecDeque::new() }
    }

    /// The log, durable or not.
    pub fn log(&self) -> &L {
        &self.log
    }

    /// How many of its records are durable.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// The sync after which all that was forced is durable; none where it is already.
    pub fn pending(&self) -> Option<SyncId> {
        self.syncs.back().map(|(sync, _)| *sync)
    }

    /// Writes a record that nothing waits for: it becomes durable with the next forced one.
    pub fn write<P: Protocol<Write = L::Record>>(&mut self, record: L::Record, context: &mut Context<'_, P>) {
        self.log.apply(&record);
        context.write(record);
    }

    /// Writes a record and forces the log; the sync after which it cannot be lost.
    pub fn force<P>(&mut self, record: L::Record, context: &mut Context<'_, P>) -> SyncId
    where
        P: Protocol<Write = L::Record>,
    {
        self.write(record, context);
        let sync = context.sync();
        self.syncs.push_back((sync, self.log.written()));
        sync
    }

    /// A sync is done.
    pub fn on_synced(&mut self, sync: SyncId) {
        while let Some((_, upto)) = self.syncs.front().copied().filter(|(of, _)| *of <= sync) {
            self.durable = upto;
            self.syncs.pop_front();
        }
    }

    /// Sends once all that was forced is durable: nobody hears of what a crash could undo.
    pub fn send<P: Protocol<Write = L::Record>>(
        &self,
        to: sim::ActorId,
        message: P::Message,
        context: &mut Context<'_, P>,
    ) {
        match self.pending() {
            Some(sync) => context.send_after(sync, to, message),
            None => context.send(to, message),
        }
    }
}

/// What was written may never be durable, and nobody can tell which part: as real ones do, a node stops.
pub fn on_failure<P: Protocol>(full: bool, context: &mut Context<'_, P>) {
    let reason = if full { "its disk is full" } else { "its disk failed" };
    context.require(false, || reason.to_owned());
}
