//! Timers and disks: what falls due at one actor by its own clock or its own device.

use super::queue::{Key, What};
use super::state::{SyncSlot, TimerSlot};
use super::{Kernel, Slot};
use crate::ids::{EventId, SyncId};
use crate::random::Purpose;
use crate::time::{Span, Time};

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
        let stamp = self.stamp();
        let ordinal = self.ordinal(slot);
        let created = self.now.0;
        let actor = self.actor_mut(slot);
        let deadline = actor.clock.monotonic(from) + after;
        let timer = TimerSlot { packed, stamp, deadline, span: after, shown, ordinal, created, trigger };
        match actor.timers.iter_mut().find(|t| t.packed == packed) {
            Some(old) => *old = timer,
            None => actor.timers.push(timer),
        }
        self.queue_timer(slot, timer);
    }

    fn queue_timer(&mut self, slot: Slot, timer: TimerSlot) {
        let actor = self.actor(slot);
        let raw = actor.id.raw();
        let time = actor.clock.true_at(timer.deadline).max(self.now);
        let key = Key::new(time, raw, raw, timer.ordinal, Time(timer.created));
        self.push(key, What::Timer { slot, stamp: timer.stamp });
    }

    /// The clock's rate changed: every timer of this actor moves.
    pub(crate) fn move_timers(&mut self, slot: Slot) {
        for at in 0..self.actor(slot).timers.len() {
            let stamp = self.stamp();
            let timer = &mut self.actor_mut(slot).timers[at];
            timer.stamp = stamp;
            let timer = *timer;
            self.queue_timer(slot, timer);
        }
    }

    pub(crate) fn cancel_timer(&mut self, slot: Slot, packed: u64) {
        self.actor_mut(slot).timers.retain(|t| t.packed != packed);
    }

    /// The timer that an entry of the queue stands for, unless it was moved or cancelled.
    #[inline]
    pub(super) fn timer_of(&self, slot: Slot, stamp: u32) -> Option<&TimerSlot> {
        self.actor(slot).timers.iter().find(|timer| timer.stamp == stamp)
    }

    pub(crate) fn timer_is_set(&self, slot: Slot, packed: u64) -> bool {
        self.actor(slot).timers.iter().any(|t| t.packed == packed)
    }

    /// A timer goes off: it is no longer set. What set it.
    pub(crate) fn take_timer(&mut self, slot: Slot, packed: u64) -> Option<EventId> {
        let actor = self.actor_mut(slot);
        let at = actor.timers.iter().position(|t| t.packed == packed)?;
        Some(actor.timers.remove(at).trigger)
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
