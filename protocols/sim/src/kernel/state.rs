//! What the kernel knows of actors, their disks and their faults: plain data.

use super::Slot;
use super::queue::Key;
use crate::clock::{Clock, Crystal};
use crate::ids::{ActorId, EventId, SyncId};
use crate::story::Role;
use crate::time::{Span, Time};
use crate::view::Status;
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::Arc;

/// What waits at a busy or paused actor.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Waiting {
    Message(u32),
    Timer {
        packed: u64,
        stamp: u32,
    },
    Synced {
        id: SyncId,
        trigger: EventId,
    },
    DiskFailed {
        full: bool,
        trigger: EventId,
    },
    /// A place in [`super::Kernel::asked`].
    Verb(u32),
}

/// A verb that a command asked of an actor.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub verb: Arc<str>,
    pub words: Arc<[Arc<str>]>,
    pub trigger: EventId,
}

/// A timer that is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimerSlot {
    pub packed: u64,
    /// Of its latest setting: what waits at a busy node to be told of an earlier one is void.
    pub stamp: u32,
    /// By the node's monotonic clock.
    pub deadline: Time,
    pub span: Span,
    pub shown: bool,
    /// When it goes off, and before and after what else of that time. Its ordinal and creation stay when the clock's rate
    /// changes and the timer moves.
    pub due: Key,
    /// What stands in the queue for it, not later than it is due; none once that came to the front.
    pub entry: Option<TimerEntry>,
    pub trigger: EventId,
}

/// What stands in the queue for a timer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimerEntry {
    pub stamp: u32,
    pub key: Key,
}

/// A sync under way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SyncSlot {
    pub id: SyncId,
    /// Covers so many writes.
    pub upto: u64,
    pub trigger: EventId,
}

/// A disk's timing and faults.
#[derive(Clone, Debug, Default)]
pub(crate) struct DiskState {
    pub syncs: VecDeque<SyncSlot>,
    pub next_sync: u64,
    /// All syncs before this one are done.
    pub done: u64,
    pub last_done_at: Time,
    pub slow: u32,
    pub failing: bool,
    pub full: bool,
    /// Told to recovery.
    pub torn: bool,
    pub corrupt: bool,
    pub wiped: bool,
    /// Of the fault in force: an ending with another stamp is stale.
    pub stamp: u32,
    /// Flights that leave once a sync is done.
    pub after: VecDeque<(SyncId, u32)>,
    pub fail_queued: bool,
}

/// How an actor lies.
#[derive(Clone, Debug)]
pub(crate) struct Lie {
    pub how: Arc<str>,
    /// To these; to all where empty.
    pub to: SmallVec<[Slot; 4]>,
}

/// What the kernel knows of an actor.
#[derive(Clone, Debug)]
pub(crate) struct ActorState {
    pub id: ActorId,
    pub status: Status,
    /// Of the pause, slowness, drift, lie in force.
    pub stamps: [u32; 4],
    pub slow: u32,
    pub clock: Clock,
    /// What its clock is like of itself.
    pub crystal: Crystal,
    /// By how much commands have stepped its wall clock, in nanoseconds.
    pub stepped: i64,
    pub timers: SmallVec<[TimerSlot; 2]>,
    pub busy_until: Time,
    pub ready_queued: bool,
    pub waiting: VecDeque<Waiting>,
    /// The instant the two counters below belong to.
    pub instant: u64,
    pub ordinal: u32,
    pub draws: u32,
    pub last_event: EventId,
    pub starts: u32,
    /// Grows with each crash: what fell due before is void.
    pub epoch: u32,
    pub disk: DiskState,
    pub lie: Option<Lie>,
    pub aborted: Option<Arc<str>>,
    pub role: Option<Role>,
    /// Of the history: clients only.
    pub process: u64,
}

/// A fault that ends by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ending {
    Cut(u32),
    Pause(Slot, u32),
    Slow(Slot, u32),
    Drift(Slot, u32),
    Lie(Slot, u32),
    Disk(Slot, u32),
    Links(u32),
}
