//! The part of the engine that knows no protocol: order of events, clocks, timers, links, queues, syncs, faults. It works
//! on handles; the messages, disks and states behind them are in [`crate::world`]. One copy of this serves every lab.
//!
//! # Order
//! Events are ordered by [`Key`]: (time, target, origin, ordinal at that origin and instant, creation time), never by a
//! global counter. What one actor does more or less of leaves the order among all others as it was.
//!
//! # A node as a server
//! An event that falls due at an actor that is busy or paused waits in its queue, in the order it fell due.

pub(crate) mod faults;
pub(crate) mod flights;
pub(crate) mod links;
mod records;
pub(crate) mod select;
mod timers;

use crate::clock::Clock;
use crate::command::TimedCommand;
use crate::ids::{ActorId, EventId, MessageId, SyncId};
use crate::network::Network;
use crate::protocol::Population;
use crate::random::{Draw, Purpose, mix};
use crate::story::Role;
use crate::time::{Moment, Span, Time};
use crate::trace::{EventKind, EventRecord, Recorder};
use crate::view::Status;
use flights::Flights;
use links::Links;
use smallvec::SmallVec;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

/// The place of an actor in the cluster: nodes, spares, clients.
pub(crate) type Slot = u16;

/// After so many events at one instant a run stops with a reason.
pub(crate) const INSTANT_LIMIT: u32 = 1_000_000;

/// With so many messages on their way at once a run stops with a reason: held or late for long, they would fill memory.
pub(crate) const FLIGHTS_LIMIT: usize = 100_000;

/// What orders events: (time, target, origin, ordinal at that origin and instant, creation time). The middle three are
/// kept in one word, so that comparing two keys is comparing three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    time: u64,
    who: u64,
    created: u64,
}

impl Key {
    pub fn new(time: Time, target: u16, origin: u16, ordinal: u32, created: Time) -> Self {
        let who = u64::from(target) << 48 | u64::from(origin) << 32 | u64::from(ordinal);
        Self { time: time.0, who, created: created.0 }
    }
}

/// Something in the queue. The earliest is the greatest: that is what a heap gives out first.
#[derive(Clone, Copy, Debug)]
struct Queued {
    key: Key,
    what: What,
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Queued {}

impl PartialOrd for Queued {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Queued {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        other.key.cmp(&self.key)
    }
}

/// What falls due.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    /// A flight reaches the end of its way.
    Arrive { flight: u32, stamp: u32 },
    /// A timer.
    Timer { slot: Slot, stamp: u32 },
    /// A sync is done.
    Sync { slot: Slot, epoch: u32 },
    /// The disk refuses or fails.
    DiskFailed { slot: Slot, epoch: u32 },
    /// A busy actor is free for what waits.
    Ready { slot: Slot, epoch: u32 },
    /// An actor starts.
    Boot { slot: Slot },
    /// A fault with an end ends: a place in `endings`.
    End(u32),
}

/// What waits at a busy or paused actor.
#[derive(Clone, Debug)]
pub(crate) enum Waiting {
    Message(u32),
    Timer { packed: u64, stamp: u32 },
    Synced { id: SyncId, trigger: EventId },
    DiskFailed { full: bool, trigger: EventId },
    Verb { verb: Arc<str>, words: Arc<[Arc<str>]>, trigger: EventId },
}

/// A timer that is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimerSlot {
    pub packed: u64,
    pub stamp: u32,
    /// By the node's monotonic clock.
    pub deadline: Time,
    pub span: Span,
    pub shown: bool,
    /// Kept when the clock's rate changes and the timer moves.
    pub ordinal: u32,
    pub created: u64,
    pub trigger: EventId,
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
    pub timers: SmallVec<[TimerSlot; 4]>,
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

/// What happens next, for the world to carry out.
pub(crate) enum Step {
    /// Nothing up to the moment asked for.
    Reached,
    /// Nothing, ever.
    Quiet,
    /// Too much at one instant, or on its way: why, for a person.
    Stuck(String),
    /// The next command, of chaos or of the run.
    Command { by_chaos: bool, index: usize },
    /// An event for an actor that can take it.
    Handle { slot: Slot, item: Waiting },
    /// A sync finished: fold so many writes, then try to hand `Synced` over.
    SyncDone { slot: Slot, upto: u64, id: SyncId, trigger: EventId },
    /// An actor starts.
    Boot { slot: Slot },
    /// Seen to by the kernel itself: only freed messages may be left to forget.
    Internal,
}

/// A message to be sent.
pub(crate) struct Outgoing {
    pub from: Slot,
    pub to: Slot,
    pub kind: &'static str,
    pub asks: bool,
    pub routine: bool,
    pub bytes: u32,
    pub after: Option<SyncId>,
    pub worked: Span,
    pub event: EventId,
}

/// The kernel of one run. See the module.
#[derive(Clone)]
pub struct Kernel {
    pub(crate) seed: u64,
    now: Time,
    /// Events of the present instant so far, commands left out.
    in_instant: u32,
    events: u64,
    pub(crate) hash: u64,
    pub(crate) population: Population,
    pub(crate) network: Arc<Network>,
    pub(crate) sync_latency: (Span, Span),
    pub(crate) queue_limit: u32,
    queue: BinaryHeap<Queued>,
    pub(crate) actors: Vec<ActorState>,
    pub(crate) flights: Flights,
    pub(crate) links: Links,
    endings: Vec<Ending>,
    stamps: u32,
    messages: u64,
    operations: u64,
    processes: u64,
    pub(crate) commands: Arc<[TimedCommand]>,
    next_command: usize,
    pub(crate) chaos: Arc<[TimedCommand]>,
    next_chaos: usize,
    /// Chaos is over.
    pub(crate) calm: bool,
    /// When everything was mended last.
    pub(crate) healed_at: Option<Time>,
}

impl Kernel {
    pub(crate) fn new(
        seed: u64,
        population: Population,
        network: Network,
        sync_latency: (Span, Span),
        queue_limit: u32,
        commands: Arc<[TimedCommand]>,
        chaos: Arc<[TimedCommand]>,
    ) -> Self {
        let nodes = population.nodes + population.spares;
        let ids = (1..=nodes).map(ActorId::node).chain((1..=population.clients).map(ActorId::client));
        let actors: Vec<ActorState> = ids
            .enumerate()
            .map(|(at, id)| ActorState {
                id,
                status: Status::Off,
                stamps: [0; 4],
                slow: 1,
                clock: Clock::default(),
                timers: SmallVec::new(),
                busy_until: Time::ZERO,
                ready_queued: false,
                waiting: VecDeque::new(),
                instant: 0,
                ordinal: 0,
                draws: 0,
                last_event: EventId(u64::MAX),
                starts: 0,
                epoch: 0,
                disk: DiskState { slow: 1, ..DiskState::default() },
                lie: None,
                aborted: None,
                role: None,
                process: at as u64,
            })
            .collect();
        let count = actors.len();
        let mut kernel = Self {
            seed,
            now: Time::ZERO,
            in_instant: 0,
            events: 0,
            hash: mix(0, seed),
            population,
            network: Arc::new(network),
            sync_latency,
            queue_limit,
            queue: BinaryHeap::new(),
            actors,
            flights: Flights::default(),
            links: Links::new(count),
            endings: Vec::new(),
            stamps: 0,
            messages: 0,
            operations: 0,
            processes: count as u64,
            commands,
            next_command: 0,
            chaos,
            next_chaos: 0,
            calm: false,
            healed_at: None,
        };
        for slot in 0..count as u16 {
            let id = kernel.id(slot);
            if id.is_client() || id.number() <= population.nodes {
                kernel.push_at(Time::ZERO, slot, slot, What::Boot { slot });
            }
        }
        kernel
    }

    // --- who and when ---

    pub(crate) fn now(&self) -> Time {
        self.now
    }

    pub(crate) fn moment(&self) -> Moment {
        Moment { at: self.now, after: self.in_instant }
    }

    pub(crate) fn events(&self) -> EventId {
        EventId(self.events)
    }

    pub(crate) fn id(&self, slot: Slot) -> ActorId {
        self.actors[usize::from(slot)].id
    }

    pub(crate) fn slot(&self, id: ActorId) -> Option<Slot> {
        let nodes = self.node_count();
        let number = id.number();
        if id.is_client() {
            (number >= 1 && number <= self.population.clients).then(|| nodes + number - 1)
        } else {
            (number >= 1 && number <= nodes).then(|| number - 1)
        }
    }

    pub(crate) fn slots(&self) -> std::ops::Range<Slot> {
        0..self.actors.len() as Slot
    }

    pub(crate) fn actor(&self, slot: Slot) -> &ActorState {
        &self.actors[usize::from(slot)]
    }

    pub(crate) fn actor_mut(&mut self, slot: Slot) -> &mut ActorState {
        &mut self.actors[usize::from(slot)]
    }

    pub(crate) fn node_count(&self) -> u16 {
        self.population.nodes + self.population.spares
    }

    pub(crate) fn runs(&self, slot: Slot) -> bool {
        matches!(self.actor(slot).status, Status::Up | Status::Paused)
    }

    pub(crate) fn monotonic(&self, slot: Slot) -> Time {
        self.actor(slot).clock.monotonic(self.now)
    }

    pub(crate) fn wall(&self, slot: Slot) -> Time {
        self.actor(slot).clock.wall(self.now)
    }

    // --- order and randomness ---

    /// The next ordinal of this origin at this instant.
    pub(crate) fn ordinal(&mut self, slot: Slot) -> u32 {
        let now = self.now.0;
        let actor = self.actor_mut(slot);
        if actor.instant != now {
            (actor.instant, actor.ordinal, actor.draws) = (now, 0, 0);
        }
        actor.ordinal += 1;
        actor.ordinal
    }

    pub(crate) fn actor_draw(&mut self, slot: Slot, purpose: Purpose) -> Draw {
        let (seed, now) = (self.seed, self.now.0);
        let actor = self.actor_mut(slot);
        if actor.instant != now {
            (actor.instant, actor.ordinal, actor.draws) = (now, 0, 0);
        }
        actor.draws += 1;
        Draw::new(seed, purpose, u64::from(actor.id.raw()), now, u64::from(actor.draws))
    }

    pub(crate) fn stamp(&mut self) -> u32 {
        self.stamps = self.stamps.wrapping_add(1);
        self.stamps
    }

    fn push(&mut self, key: Key, what: What) {
        self.queue.push(Queued { key, what });
    }

    /// Schedules something between two actors.
    pub(crate) fn push_at(&mut self, time: Time, target: Slot, origin: Slot, what: What) -> Key {
        let ordinal = self.ordinal(origin);
        let key = Key::new(time, self.id(target).raw(), self.id(origin).raw(), ordinal, self.now);
        self.push(key, what);
        key
    }

    pub(crate) fn end_later(&mut self, span: Option<Span>, ending: Ending) {
        let Some(span) = span else { return };
        let at = self.endings.len() as u32;
        self.endings.push(ending);
        let key = Key::new(self.now + span, 0, 0, at, self.now);
        self.push(key, What::End(at));
    }

    // --- events ---

    /// Counts an event, mixes it into the hash, records it.
    pub(crate) fn begin(
        &mut self,
        slot: Option<Slot>,
        kind: EventKind,
        trigger: Option<EventId>,
        content: u64,
        trace: &mut Recorder<'_>,
    ) -> EventId {
        let event = EventId(self.events);
        self.events += 1;
        let who = slot.map_or(0, |slot| self.id(slot).raw());
        let tag = match kind {
            EventKind::Start => 1,
            EventKind::Deliver(_) => 2,
            EventKind::Timer(_) => 3,
            EventKind::Synced => 4,
            EventKind::DiskFailed => 5,
            EventKind::Command(_) => 6,
            EventKind::Verb => 7,
            EventKind::FaultEnded => 8,
            EventKind::Lost(_) => 9,
        };
        if tag != 6 {
            self.in_instant += 1;
        }
        self.hash = mix(mix(mix(self.hash, self.now.0), u64::from(who) << 8 | tag), content);
        let previous = match slot {
            Some(slot) => std::mem::replace(&mut self.actor_mut(slot).last_event, event),
            None => event,
        };
        if let Some(trace) = trace.trace.as_deref_mut() {
            let previous = if previous.0 == u64::MAX { event } else { previous };
            trace.events.push(EventRecord {
                at: self.now,
                actor: slot.map(|slot| self.actors[usize::from(slot)].id),
                kind,
                trigger: trigger.unwrap_or(event),
                previous,
            });
            trace.story.end = self.now;
        }
        event
    }

    /// What happens next, if it is at or before `until`. Time moves to it.
    pub(crate) fn step(&mut self, until: Moment, trace: &mut Recorder<'_>) -> Step {
        if let Some(reason) = self.is_stuck() {
            return Step::Stuck(reason);
        }
        let next = self.queue.peek().map(|queued| Time(queued.key.time));
        if let Some((by_chaos, index, at)) = self.due_command(next) {
            if at > until {
                return self.rest(until);
            }
            self.move_to(at.at);
            if by_chaos {
                self.next_chaos += 1;
            } else {
                self.next_command += 1;
            }
            return Step::Command { by_chaos, index };
        }
        let Some(next) = next else {
            self.rest(until);
            return Step::Quiet;
        };
        let so_far = if next == self.now { self.in_instant } else { 0 };
        if next > until.at || (next == until.at && so_far >= until.after) {
            return self.rest(until);
        }
        let Some(Queued { what, .. }) = self.queue.pop() else { return Step::Quiet };
        let void = self.is_void(what);
        if void {
            return Step::Internal;
        }
        self.move_to(next);
        self.fall_due(what, trace)
    }

    /// Why it cannot go on, where it cannot.
    #[inline]
    fn is_stuck(&self) -> Option<String> {
        if self.in_instant >= INSTANT_LIMIT {
            let now = self.now;
            Some(format!(
                "more than {INSTANT_LIMIT} events at {now}: they cause each other without time passing"
            ))
        } else if self.flights.count() > FLIGHTS_LIMIT {
            let now = self.now;
            Some(format!(
                "more than {FLIGHTS_LIMIT} messages on their way at {now}: go back, and let them arrive in time"
            ))
        } else {
            None
        }
    }

    fn rest(&mut self, until: Moment) -> Step {
        if until.at > self.now && until.at != Time::MAX {
            self.move_to(until.at);
        }
        Step::Reached
    }

    fn move_to(&mut self, time: Time) {
        if time > self.now {
            self.now = time;
            self.in_instant = 0;
        }
    }

    /// The command that goes before the next event (which is at `next`), if any.
    fn due_command(&self, next: Option<Time>) -> Option<(bool, usize, Moment)> {
        let hand = self.commands.get(self.next_command).map(|c| (false, self.next_command, c.at));
        let chaos = if self.calm { None } else { self.chaos.get(self.next_chaos) };
        let chaos = chaos.map(|c| (true, self.next_chaos, c.at));
        let first = match (hand, chaos) {
            (Some(h), Some(c)) => {
                if c.2 <= h.2 {
                    c
                } else {
                    h
                }
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return None,
        };
        let at = first.2;
        let due = match next {
            None => true,
            // At the command's own instant so many events go first; an instant that ends before has had all it will.
            Some(next) if next == at.at => {
                let so_far = if self.now == at.at { self.in_instant } else { 0 };
                so_far >= at.after
            }
            Some(next) => at.at < next,
        };
        due.then_some(first)
    }

    /// When the next event is, nothing skipped.
    pub(crate) fn next_time(&mut self) -> Option<(Time, Option<Slot>)> {
        while let Some(Queued { what, .. }) = self.queue.peek() {
            if !self.is_void(*what) {
                break;
            }
            self.queue.pop();
        }
        let event = self.queue.peek().map(|Queued { key, what }| {
            let slot = match *what {
                What::Arrive { flight, .. } => Some(self.flights.get(flight).to),
                What::Timer { slot, .. }
                | What::Sync { slot, .. }
                | What::DiskFailed { slot, .. }
                | What::Ready { slot, .. }
                | What::Boot { slot } => Some(slot),
                What::End(_) => None,
            };
            (Time(key.time), slot)
        });
        match (self.due_command(event.map(|(time, _)| time)), event) {
            (Some((_, _, at)), _) => Some((at.at.max(self.now), None)),
            (None, event) => event,
        }
    }

    /// Whether what lies in the queue was cancelled, moved or lost with a crash.
    fn is_void(&self, what: What) -> bool {
        match what {
            What::Arrive { flight, stamp } => !self.flights.is_current(flight, stamp),
            What::Timer { slot, stamp } => !self.actor(slot).timers.iter().any(|t| t.stamp == stamp),
            What::Sync { slot, epoch } | What::DiskFailed { slot, epoch } | What::Ready { slot, epoch } => {
                self.actor(slot).epoch != epoch
            }
            What::Boot { slot } => self.actor(slot).starts > 0,
            What::End(at) => !self.ending_is_current(self.endings[at as usize]),
        }
    }

    fn fall_due(&mut self, what: What, trace: &mut Recorder<'_>) -> Step {
        match what {
            What::Arrive { flight, .. } => self.arrive(flight, trace),
            What::Timer { slot, stamp } => match self.actor(slot).timers.iter().find(|t| t.stamp == stamp) {
                Some(timer) => self.offer(slot, Waiting::Timer { packed: timer.packed, stamp }),
                None => Step::Internal,
            },
            What::Sync { slot, .. } => self.finish_sync(slot),
            What::DiskFailed { slot, .. } => {
                let disk = &mut self.actor_mut(slot).disk;
                disk.fail_queued = false;
                let (full, trigger) = (disk.full && !disk.failing, self.actor(slot).last_event);
                self.offer(slot, Waiting::DiskFailed { full, trigger })
            }
            What::Ready { slot, .. } => {
                let now = self.now;
                let actor = self.actor_mut(slot);
                actor.ready_queued = false;
                if actor.status != Status::Up || actor.busy_until > now {
                    self.queue_ready(slot);
                    return Step::Internal;
                }
                match actor.waiting.pop_front() {
                    Some(item) => self.take(slot, item),
                    None => Step::Internal,
                }
            }
            What::Boot { slot } => Step::Boot { slot },
            What::End(at) => {
                self.end_fault(self.endings[at as usize], trace);
                Step::Internal
            }
        }
    }

    /// Something for an actor: handled now, or it waits.
    pub(crate) fn offer(&mut self, slot: Slot, item: Waiting) -> Step {
        let (now, limit) = (self.now, self.queue_limit as usize);
        let actor = self.actor_mut(slot);
        if actor.status == Status::Up && actor.waiting.is_empty() && actor.busy_until <= now {
            return self.take(slot, item);
        }
        if let Waiting::Message(flight) = item {
            if actor.waiting.len() >= limit {
                return Step::Handle { slot: Slot::MAX, item: Waiting::Message(flight) };
            }
            self.flights.get_mut(flight).waiting = true;
        }
        self.actor_mut(slot).waiting.push_back(item);
        self.queue_ready(slot);
        Step::Internal
    }

    /// Hands an item over, unless it was cancelled while it waited.
    fn take(&mut self, slot: Slot, item: Waiting) -> Step {
        if let Waiting::Timer { packed, stamp } = item {
            let actor = self.actor_mut(slot);
            if !actor.timers.iter().any(|t| t.packed == packed && t.stamp == stamp) {
                self.queue_ready(slot);
                return Step::Internal;
            }
        }
        Step::Handle { slot, item }
    }

    /// Sees to it that what waits at an actor is handled once it is free.
    pub(crate) fn queue_ready(&mut self, slot: Slot) {
        let now = self.now;
        let actor = self.actor_mut(slot);
        if actor.status != Status::Up || actor.ready_queued || actor.waiting.is_empty() {
            return;
        }
        actor.ready_queued = true;
        let (at, epoch) = (actor.busy_until.max(now), actor.epoch);
        self.push_at(at, slot, slot, What::Ready { slot, epoch });
    }

    /// A handler is done and took so long.
    pub(crate) fn finish(&mut self, slot: Slot, worked: Span) {
        if worked > Span::ZERO {
            let until = self.now + worked;
            let actor = self.actor_mut(slot);
            actor.busy_until = actor.busy_until.max(until);
        }
        self.queue_ready(slot);
    }

    pub(crate) fn slowed(&self, slot: Slot, span: Span) -> Span {
        span * u64::from(self.actor(slot).slow.max(1))
    }

    // --- commands ---

    pub(crate) fn set_commands(&mut self, commands: Arc<[TimedCommand]>) {
        self.commands = commands;
    }

    pub(crate) fn messages(&self) -> MessageId {
        MessageId(self.messages)
    }

    pub(crate) fn next_message(&mut self) -> MessageId {
        let id = MessageId(self.messages);
        self.messages += 1;
        id
    }

    /// Where a hand's command given now stands: the roundest time in the gap before the next event.
    pub(crate) fn hand_moment(&mut self) -> Moment {
        let now = self.moment();
        match self.next_time() {
            Some((next, _)) if next == self.now => now,
            next => {
                let high = next.map_or(Time(self.now.0.saturating_add(1_000_000_000)), |(time, _)| time);
                let low = if now.after == 0 { self.now.0 } else { self.now.0 + 1 };
                if low >= high.0 {
                    return now;
                }
                Moment::at(Time(roundest(low, high.0)))
            }
        }
    }
}

/// The number with the fewest digits before its trailing zeros, from `low` to below `high`; the first such.
pub(crate) fn roundest(low: u64, high: u64) -> u64 {
    let mut unit = 1_000_000_000_000_u64;
    while unit > 1 {
        let candidate = low.div_ceil(unit).saturating_mul(unit);
        if candidate >= low && candidate < high {
            return candidate;
        }
        unit /= 10;
    }
    low
}
