//! Timers and disks: what falls due at one actor by its own clock or its own device.

use super::queue::{Key, What};
use super::state::{SyncSlot, TimerEntry, TimerSlot, Waiting};
use super::{Kernel, Slot};
use crate::ids::{EventId, SyncId};
use crate::random::Purpose;
use crate::time::Span;
use crate::trace::{EventKind, Recorder};

impl Kernel {
    pub(crate) fn set_timer(
        &mut self,
        slot: Slot,
        packed: u64,
        shown: bool,
        after: Span,
        worked: Span,
        trigger: EventId,
    ) {
        let from = self.now + worked;
        let (stamp, ordinal) = (self.stamp(), self.ordinal(slot));
        let raw = self.id(slot).raw();
        let (now, actor) = (self.now, self.actor_mut(slot));
        let deadline = actor.clock.monotonic(from) + after;
        let time = actor.clock.true_at(deadline).max(now);
        let due = Key::new(time, raw, raw, ordinal, now);
        let timer = TimerSlot { packed, stamp, deadline, span: after, shown, due, entry: None, trigger };
        let at = match actor.timers.iter().position(|t| t.packed == packed) {
            Some(at) => {
                actor.timers[at] = TimerSlot { entry: actor.timers[at].entry, ..timer };
                at
            }
            None => {
                actor.timers.push(timer);
                actor.timers.len() - 1
            }
        };
        self.queue_timer(slot, at);
    }

    /// Sees to it that a timer falls due. Timers are moved far more often than they go off (each heartbeat moves an
    /// election's), and nearly always to a later time: then the entry that stands in the queue already is left there, and
    /// moves on when it comes to the front.
    fn queue_timer(&mut self, slot: Slot, at: usize) {
        let TimerSlot { due, entry, .. } = self.actor(slot).timers[at];
        if entry.is_none_or(|entry| due < entry.key) {
            let stamp = self.stamp();
            self.actor_mut(slot).timers[at].entry = Some(TimerEntry { stamp, key: due });
            self.push(due, What::Timer { slot, stamp });
        }
    }

    /// The clock's rate changed: every timer of this actor moves.
    pub(crate) fn move_timers(&mut self, slot: Slot) {
        for at in 0..self.actor(slot).timers.len() {
            let (now, stamp) = (self.now, self.stamp());
            let actor = self.actor_mut(slot);
            let timer = &mut actor.timers[at];
            timer.stamp = stamp;
            timer.due = timer.due.moved_to(actor.clock.true_at(timer.deadline).max(now));
            self.queue_timer(slot, at);
        }
    }

    /// An entry of the queue came to the front: the timer it stands for goes off, unless that was cancelled or has another
    /// entry (none then), or is not due yet (the entry moves on, and none then).
    #[inline]
    pub(super) fn timer_due(&mut self, slot: Slot, stamp: u32) -> Option<Waiting> {
        let actor = self.actor_mut(slot);
        let of = |timer: &&mut TimerSlot| timer.entry.is_some_and(|entry| entry.stamp == stamp);
        let timer = actor.timers.iter_mut().find(of)?;
        let (due, entry) = (timer.due, timer.entry.take()?);
        if due > entry.key {
            timer.entry = Some(TimerEntry { key: due, ..entry });
            self.push(due, What::Timer { slot, stamp });
            return None;
        }
        Some(Waiting::Timer { packed: timer.packed, stamp: timer.stamp })
    }

    pub(crate) fn cancel_timer(&mut self, slot: Slot, packed: u64) {
        self.actor_mut(slot).timers.retain(|t| t.packed != packed);
    }

    /// Whether an entry of the queue stands for a timer that is due when the entry is.
    pub(super) fn timer_stands(&self, slot: Slot, stamp: u32) -> bool {
        let due = |timer: &TimerSlot| timer.entry.is_some_and(|e| e.stamp == stamp && e.key == timer.due);
        self.actor(slot).timers.iter().any(due)
    }

    pub(crate) fn timer_is_set(&self, slot: Slot, packed: u64) -> bool {
        self.actor(slot).timers.iter().any(|t| t.packed == packed)
    }

    /// A timer goes off, and is no longer set: the event that this is.
    pub(crate) fn go_off(&mut self, slot: Slot, packed: u64, trace: &mut Recorder<'_>) -> EventId {
        let actor = self.actor_mut(slot);
        let at = actor.timers.iter().position(|t| t.packed == packed);
        let trigger = at.map(|at| actor.timers.remove(at).trigger);
        self.begin_here(Some(slot), EventKind::Timer(packed), trigger, packed, trace)
    }

    // --- disks ---

    /// Whether the disk takes a write; where not, the node is told.
    pub(crate) fn disk_accepts(&mut self, slot: Slot, _event: EventId) -> bool {
        let disk = &self.actor(slot).disk;
        if !disk.failing && !disk.full {
            return true;
        }
        self.queue_disk_failure(slot);
        false
    }

    fn queue_disk_failure(&mut self, slot: Slot) {
        let actor = self.actor_mut(slot);
        if !actor.disk.fail_queued {
            actor.disk.fail_queued = true;
            let epoch = actor.epoch;
            self.push_at(self.now, slot, slot, What::DiskFailed { slot, epoch });
        }
    }

    pub(crate) fn sync(&mut self, slot: Slot, upto: u64, worked: Span, trigger: EventId) -> SyncId {
        let (low, high) = self.sync_latency;
        let latency = self.actor_draw(slot, Purpose::Sync).between(low.0, high.0.max(low.0 + 1));
        let start = self.now + worked;
        let actor = self.actor_mut(slot);
        let disk = &mut actor.disk;
        let id = SyncId(disk.next_sync);
        disk.next_sync += 1;
        let done = (start + Span(latency) * u64::from(disk.slow.max(1))).max(disk.last_done_at);
        disk.last_done_at = done;
        disk.syncs.push_back(SyncSlot { id, upto, trigger });
        let epoch = actor.epoch;
        self.push_at(done, slot, slot, What::Sync { slot, epoch });
        id
    }

    /// A sync is done, unless the disk fails: then its node is told so.
    pub(crate) fn finish_sync(&mut self, slot: Slot) -> Option<SyncSlot> {
        let disk = &mut self.actor_mut(slot).disk;
        let sync = disk.syncs.pop_front();
        if disk.failing {
            self.queue_disk_failure(slot);
            return None;
        }
        sync
    }
}
