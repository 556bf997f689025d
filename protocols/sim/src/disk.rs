//! A disk: what is durable, and what is only written. Its timing and its faults are in [`crate::kernel`].

use crate::protocol::Protocol;
use std::collections::VecDeque;

/// One node's disk. Durable state is the fold of a prefix of all writes; the rest is still in some cache.
#[derive(Clone, Debug)]
pub struct Disk<P: Protocol> {
    durable: P::Durable,
    /// Writes folded into `durable`, ever.
    folded: u64,
    pending: VecDeque<P::Write>,
    /// Durable and pending together, made when somebody reads it.
    latest: Option<P::Durable>,
}

impl<P: Protocol> Default for Disk<P> {
    fn default() -> Self {
        Self { durable: P::Durable::default(), folded: 0, pending: VecDeque::new(), latest: None }
    }
}

impl<P: Protocol> Disk<P> {
    /// What would surely survive a crash now.
    pub fn durable(&self) -> &P::Durable {
        &self.durable
    }

    /// Writes so far, durable or not.
    pub fn written(&self) -> u64 {
        self.folded + self.pending.len() as u64
    }

    /// Writes that a crash may lose.
    pub fn unsynced(&self) -> u32 {
        self.pending.len() as u32
    }

    /// What a node would read: everything written, durable or not.
    pub fn latest(&mut self) -> &P::Durable {
        let (durable, pending) = (&self.durable, &self.pending);
        self.latest.get_or_insert_with(|| {
            let mut latest = durable.clone();
            pending.iter().for_each(|write| P::apply_write(&mut latest, write));
            latest
        })
    }

    pub(crate) fn write(&mut self, write: P::Write) {
        self.latest = None;
        self.pending.push_back(write);
    }

    /// A sync finished that covers the first `upto` writes.
    pub(crate) fn synced(&mut self, upto: u64) {
        while self.folded < upto {
            let Some(write) = self.pending.pop_front() else { break };
            P::apply_write(&mut self.durable, &write);
            self.folded += 1;
        }
    }

    /// Power is lost: of the unsynced writes the first `keep` survive.
    pub(crate) fn crash(&mut self, keep: u32) {
        self.synced(self.folded + u64::from(keep));
        self.pending.clear();
        self.latest = None;
    }

    /// Everything is gone.
    pub(crate) fn wipe(&mut self) {
        *self = Self { folded: self.written(), ..Self::default() };
    }
}
