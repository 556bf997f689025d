//! The part of the engine that knows no protocol: order of events, clocks, timers, links, queues, syncs, faults. It works
//! on handles; the messages, disks and states behind them are in [`crate::world`]. One copy of this serves every lab.
//!
//! An event that falls due at an actor that is busy or paused waits in the actor's own queue, in the order it fell due: a
//! node is a server.
//!
//! | file | holds |
//! |-|-|
//! | `mod` | who, when, ordinals, draws; what an event adds to hash and trace |
//! | `queue` | what falls due, in order |
//! | `step` | what happens next, and whether its actor can take it now |
//! | `state` | what the kernel knows of an actor, its disk, its faults |
//! | `ways`, `links`, `flights` | the way of a message from its sending to its end, what lies under it, who is on it |
//! | `timers` | what falls due at one actor by its own clock or its own device |
//! | `faults`, `select` | what commands do, and what their words name |
//! | `records` | what is written down of an actor |

pub(crate) mod faults;
pub(crate) mod flights;
pub(crate) mod links;
mod queue;
mod records;
pub(crate) mod select;
pub(crate) mod state;
pub(crate) mod step;
mod timers;
pub(crate) mod ways;

use crate::clock::{Clock, Crystal};
use crate::command::TimedCommand;
use crate::ids::{ActorId, EventId, MessageId};
use crate::network::Network;
use crate::protocol::Population;
use crate::random::{Draw, Keys, Purpose, mix};
use crate::time::{Moment, Span, Time};
use crate::trace::{EventKind, EventRecord, Recorder};
use crate::view::Status;
use flights::Flights;
use links::Links;
use queue::{Key, Queue, What};
use smallvec::SmallVec;
use state::{ActorState, Asked, DiskState, Ending, Waiting};
use std::collections::VecDeque;
use std::sync::Arc;
use step::Coming;

/// The place of an actor in the cluster: nodes, spares, clients.
pub(crate) type Slot = u16;

/// After so many events at one instant a run stops with a reason.
pub(crate) const INSTANT_LIMIT: u32 = 1_000_000;

/// With so many messages on their way at once a run stops with a reason: held or late for long, they would fill memory.
pub(crate) const FLIGHTS_LIMIT: usize = 100_000;

/// The kernel of one run. See the module.
#[derive(Clone)]
pub struct Kernel {
    keys: Keys,
    now: Time,
    /// Events of the present instant so far, commands left out.
    in_instant: u32,
    events: u64,
    pub(crate) hash: u64,
    pub(crate) population: Population,
    /// Spares included.
    nodes: u16,
    pub(crate) network: Arc<Network>,
    pub(crate) sync_latency: (Span, Span),
    pub(crate) queue_limit: u32,
    queue: Queue,
    pub(crate) actors: Vec<ActorState>,
    pub(crate) flights: Flights,
    pub(crate) links: Links,
    endings: Vec<Ending>,
    stamps: u32,
    messages: u64,
    operations: u64,
    processes: u64,
    pub(crate) commands: Arc<[TimedCommand]>,
    next_command: u32,
    pub(crate) chaos: Arc<[TimedCommand]>,
    next_chaos: u32,
    /// Whichever of the two is next.
    coming: Option<Coming>,
    /// What the next handler is handed, where that is no message.
    pub(crate) in_hand: Waiting,
    /// The verbs that commands asked of actors so far.
    asked: Arc<Vec<Asked>>,
    /// Chaos is over.
    calm: bool,
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
                crystal: Crystal::default(),
                stepped: 0,
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
            keys: Keys::new(seed),
            now: Time::ZERO,
            in_instant: 0,
            events: 0,
            hash: mix(0, seed),
            population,
            nodes,
            network: Arc::new(network),
            sync_latency,
            queue_limit,
            queue: Queue::default(),
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
            coming: None,
            in_hand: Waiting::Verb(u32::MAX),
            asked: Arc::default(),
            calm: false,
            healed_at: None,
        };
        kernel.look_for_command();
        for slot in 0..count as u16 {
            let id = kernel.id(slot);
            if id.is_client() || id.number() <= population.nodes {
                kernel.push_at(Time::ZERO, slot, slot, What::Boot { slot });
            }
        }
        kernel
    }

    // --- who and when ---

    #[inline]
    pub(crate) fn now(&self) -> Time {
        self.now
    }

    #[inline]
    pub(crate) fn moment(&self) -> Moment {
        Moment { at: self.now, after: self.in_instant }
    }

    #[inline]
    pub(crate) fn events(&self) -> EventId {
        EventId(self.events)
    }

    #[inline]
    pub(crate) fn id(&self, slot: Slot) -> ActorId {
        match slot.checked_sub(self.nodes) {
            None => ActorId::node(slot + 1),
            Some(client) => ActorId::client(client + 1),
        }
    }

    #[inline]
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

    #[inline]
    pub(crate) fn actor(&self, slot: Slot) -> &ActorState {
        &self.actors[usize::from(slot)]
    }

    #[inline]
    pub(crate) fn actor_mut(&mut self, slot: Slot) -> &mut ActorState {
        &mut self.actors[usize::from(slot)]
    }

    #[inline]
    pub(crate) fn node_count(&self) -> u16 {
        self.nodes
    }

    #[inline]
    pub(crate) fn runs(&self, slot: Slot) -> bool {
        matches!(self.actor(slot).status, Status::Up | Status::Paused)
    }

    /// Gives every actor the clock it has of itself, before anything has happened.
    pub(crate) fn set_crystals(&mut self, mut of: impl FnMut(ActorId, &mut Draw) -> Crystal) {
        for slot in 0..self.actors.len() as Slot {
            let id = self.id(slot);
            let mut draw = self.keys.draw(Purpose::Clock, u64::from(id.raw()), 0, 0);
            let crystal = of(id, &mut draw);
            let actor = self.actor_mut(slot);
            actor.clock = Clock::on(crystal);
            actor.crystal = Crystal { drift: actor.clock.drift(), ..crystal };
        }
    }

    #[inline]
    pub(crate) fn monotonic(&self, slot: Slot) -> Time {
        self.actor(slot).clock.monotonic(self.now)
    }

    #[inline]
    pub(crate) fn wall(&self, slot: Slot) -> Time {
        self.actor(slot).clock.wall(self.now)
    }

    // --- order and randomness ---

    /// The next ordinal of this origin at this instant.
    #[inline]
    pub(crate) fn ordinal(&mut self, slot: Slot) -> u32 {
        let now = self.now.0;
        let actor = self.actor_mut(slot);
        if actor.instant != now {
            (actor.instant, actor.ordinal, actor.draws) = (now, 0, 0);
        }
        actor.ordinal += 1;
        actor.ordinal
    }

    #[inline]
    pub(crate) fn actor_draw(&mut self, slot: Slot, purpose: Purpose) -> Draw {
        let (now, who) = (self.now.0, u64::from(self.id(slot).raw()));
        let actor = self.actor_mut(slot);
        if actor.instant != now {
            (actor.instant, actor.ordinal, actor.draws) = (now, 0, 0);
        }
        actor.draws += 1;
        let ordinal = u64::from(actor.draws);
        self.keys.draw(purpose, who, now, ordinal)
    }

    #[inline]
    pub(crate) fn stamp(&mut self) -> u32 {
        self.stamps = self.stamps.wrapping_add(1);
        self.stamps
    }

    #[inline]
    fn push(&mut self, key: Key, what: What) {
        self.queue.push(key, what);
    }

    /// Schedules something between two actors.
    #[inline]
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

    /// Counts an event, mixes it into the hash, records it. Written out where events are many: much of it is known there.
    #[inline(always)]
    pub(super) fn begin_here(
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
        let tag = kind.tag();
        if !matches!(kind, EventKind::Command(_)) {
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
                actor: slot.map(|slot| self.id(slot)),
                kind,
                trigger: trigger.unwrap_or(event),
                previous,
            });
            trace.story.end = self.now;
        }
        event
    }

    /// As [`Kernel::begin_here`], once for all callers.
    pub(crate) fn begin(
        &mut self,
        slot: Option<Slot>,
        kind: EventKind,
        trigger: Option<EventId>,
        content: u64,
        trace: &mut Recorder<'_>,
    ) -> EventId {
        self.begin_here(slot, kind, trigger, content, trace)
    }

    // --- commands ---

    pub(crate) fn set_commands(&mut self, commands: Arc<[TimedCommand]>) {
        self.commands = commands;
        self.look_for_command();
    }

    /// Keeps a verb for the actor it is asked of. It stays to the end: there are no more of them than commands.
    pub(crate) fn ask(&mut self, asked: Asked) -> Waiting {
        let all = Arc::make_mut(&mut self.asked);
        all.push(asked);
        Waiting::Verb(all.len() as u32 - 1)
    }

    pub(crate) fn asked(&self, at: u32) -> Option<&Asked> {
        self.asked.get(at as usize)
    }

    #[inline]
    pub(crate) fn messages(&self) -> MessageId {
        MessageId(self.messages)
    }

    #[inline]
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
