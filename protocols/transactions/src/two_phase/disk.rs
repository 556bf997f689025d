//! A node's log: what it has written, which is what its disk will hold once it is durable.

use super::Context;
use super::log::{Log, Record};
use serde::Serialize;
use sim::SyncId;
use std::collections::VecDeque;

/// A log in memory, written through to the disk.
#[derive(Clone, Debug, Serialize)]
pub struct Disk {
    log: Log,
    /// Syncs that are not done: which, and up to which record they make the log durable.
    syncs: VecDeque<(SyncId, u64)>,
    durable: u64,
}

impl Disk {
    /// What was found on the disk.
    pub fn new(log: &Log) -> Self {
        Self { durable: log.records().len(), log: log.clone(), syncs: VecDeque::new() }
    }

    /// The log, durable or not.
    pub fn log(&self) -> &Log {
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
    pub fn write(&mut self, record: Record, context: &mut Context<'_>) {
        self.log.apply(&record);
        context.write(record);
    }

    /// Writes a record and forces the log; the sync after which it cannot be lost.
    pub fn force(&mut self, record: Record, context: &mut Context<'_>) -> SyncId {
        self.write(record, context);
        let sync = context.sync();
        self.syncs.push_back((sync, self.log.records().len()));
        sync
    }

    /// A sync is done.
    pub fn on_synced(&mut self, sync: SyncId) {
        while let Some((_, upto)) = self.syncs.front().copied().filter(|(of, _)| *of <= sync) {
            self.durable = upto;
            self.syncs.pop_front();
        }
    }
}
