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

#[cfg(test)]
mod tests {
    use super::super::step::Step;
    use super::*;
    use crate::network::{Latency, Network, Profile};
    use crate::protocol::Population;
    use crate::time::{Moment, Time};
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    /// One node, started.
    fn kernel() -> Kernel {
        let population = Population { nodes: 1, spares: 0, clients: 0 };
        let profile = Profile::clean(Latency::Fixed(Span::ZERO));
        let network = Network::flat(profile.clone(), profile);
        let none = || Arc::from([]);
        let mut kernel = Kernel::new(1, population, network, (Span::ZERO, Span::ZERO), 10, none(), none());
        assert!(matches!(kernel.step(Moment::START, &mut Recorder::silent()), Step::Reached));
        let step = kernel.step(Moment::end_of(Time::ZERO), &mut Recorder::silent());
        assert!(matches!(step, Step::Boot { slot: 0 }));
        let node = kernel.actor_mut(0);
        (node.status, node.starts) = (crate::view::Status::Up, 1);
        kernel
    }

    /// When each timer that is set is due.
    fn due(kernel: &Kernel) -> BTreeMap<Key, u64> {
        kernel.actor(0).timers.iter().map(|timer| (timer.due, timer.packed)).collect()
    }

    proptest! {
        /// Timers are set, moved to earlier and to later, cancelled, and moved by a clock that changes its rate: each goes
        /// off when it is due, in order, once.
        #[test]
        fn timers_go_off_when_they_are_due(
            steps in prop::collection::vec((0u8..6, 0u64..4, 0u64..50, -300_000_000i64..300_000_000), 1..200),
        ) {
            let mut kernel = kernel();
            for (what, packed, span, drift) in steps {
                match what {
                    0 | 1 => kernel.set_timer(0, packed, false, Span(span), Span::ZERO, EventId(0)),
                    2 => kernel.cancel_timer(0, packed),
                    3 => {
                        let now = kernel.now();
                        kernel.actor_mut(0).clock.set_drift(now, drift);
                        kernel.move_timers(0);
                    }
                    _ => {
                        let expected = due(&kernel).pop_first();
                        prop_assert_eq!(
                            kernel.clone().next_time().map(|(at, _)| at),
                            expected.map(|(key, _)| key.time())
                        );
                        match kernel.step(Moment::end_of(Time::MAX), &mut Recorder::silent()) {
                            Step::Handle { slot: 0 } => {
                                let (key, packed) = expected.unwrap();
                                let Waiting::Timer { packed: told, .. } = kernel.in_hand else { panic!() };
                                prop_assert_eq!((kernel.now(), told), (key.time(), packed));
                                kernel.go_off(0, packed, &mut Recorder::silent());
                            }
                            _ => prop_assert_eq!(expected, None),
                        }
                    }
                }
            }
        }
    }
}
