//! One running cluster: the kernel, and behind its handles the messages, disks and states of one protocol.

mod carry;
mod look;

use crate::chaos;
use crate::command::TimedCommand;
use crate::context::Context;
use crate::disk::Disk;
use crate::ids::{ActorId, EventId, MessageId};
use crate::kernel::select::Roles;
use crate::kernel::state::{Asked, SyncSlot, Waiting};
use crate::kernel::step::Step;
use crate::kernel::{Kernel, Slot};
use crate::lab::{Next, Running, Setup, Standing, Stop};
use crate::parameter::Parameters;
use crate::protocol::{Cluster, Event, Happening, Message, Monitor, Protocol, Recovery, Report, Timer};
use crate::random::mix;
use crate::story::{BandState, Lane};
use crate::time::{Moment, Span};
use crate::trace::{EventKind, Recorder, Violation};
use crate::view::{Status, View};
use smallvec::SmallVec;
use std::sync::Arc;

/// What the kernel's handles stand for.
#[derive(Clone)]
pub struct Stores<P: Protocol> {
    messages: Vec<Option<P::Message>>,
    disks: Vec<Disk<P>>,
}

impl<P: Protocol> Stores<P> {
    #[inline]
    pub(crate) fn put(&mut self, at: u32, message: P::Message) {
        let at = at as usize;
        match self.messages.get_mut(at) {
            Some(place) => *place = Some(message),
            None => {
                // Handles are given out one after the other: more than one is missing only where a copy comes first.
                self.messages.resize(at, None);
                self.messages.push(Some(message));
            }
        }
    }

    fn take(&mut self, at: u32) -> Option<P::Message> {
        self.messages.get_mut(at as usize).and_then(Option::take)
    }

    fn get(&self, at: u32) -> Option<&P::Message> {
        self.messages.get(at as usize).and_then(Option::as_ref)
    }

    pub(crate) fn disk(&mut self, slot: Slot) -> &mut Disk<P> {
        &mut self.disks[usize::from(slot)]
    }
}

/// A running cluster of one protocol.
#[derive(Clone)]
pub struct World<P: Protocol> {
    setup: Setup,
    kernel: Kernel,
    stores: Stores<P>,
    actors: Vec<Option<P::Actor>>,
    settings: P::Settings,
    parameters: Parameters,
    monitor: P::Monitor,
    standings: Vec<Standing>,
}

impl<P: Protocol> World<P> {
    /// A cluster at time zero, before anything happened.
    pub fn new(setup: Setup) -> Self {
        let settings = P::settings(&setup.parameters);
        let population = P::population(&settings);
        let faults = P::faults(&setup.parameters);
        let stage = chaos::Stage { population, roles: P::roles(), lies: P::lies() };
        let plan = chaos::plan(setup.seed, setup.chaos, &faults, &stage, setup.end);
        let mut kernel = Kernel::new(
            setup.seed,
            population,
            P::network(&settings),
            P::sync_latency(&settings),
            P::queue_limit(&settings),
            Arc::clone(&setup.commands),
            plan.into(),
        );
        kernel.set_crystals(|who, draw| P::crystal(&settings, who, draw));
        let count = kernel.slots().len();
        Self {
            monitor: P::Monitor::new(&settings, &setup.parameters),
            stores: Stores { messages: Vec::new(), disks: (0..count).map(|_| Disk::default()).collect() },
            actors: (0..count).map(|_| None).collect(),
            standings: vec![Standing::default(); P::invariants().len()],
            parameters: setup.parameters.clone(),
            settings,
            kernel,
            setup,
        }
    }

    /// All actors, for a look from outside.
    pub fn cluster(&self) -> Cluster<'_, P> {
        let actors = self.kernel.slots().map(|slot| {
            let at = usize::from(slot);
            (self.kernel.id(slot), self.actors[at].as_ref(), self.stores.disks[at].durable())
        });
        let clocks = self.kernel.actors.iter().map(|state| (state.id, state.clock)).collect();
        Cluster { now: self.kernel.now(), settings: &self.settings, actors: actors.collect(), clocks }
    }

    /// The state of an actor that runs.
    pub fn actor(&self, id: ActorId) -> Option<&P::Actor> {
        self.actors[usize::from(self.kernel.slot(id)?)].as_ref()
    }

    /// The settings in force.
    pub fn settings(&self) -> &P::Settings {
        &self.settings
    }

    fn roles(&self) -> Roles {
        let cluster = self.cluster();
        P::roles().iter().map(|role| (*role, P::who(role, &cluster))).collect()
    }

    #[inline]
    fn one_step(&mut self, until: Moment, recorder: &mut Recorder<'_>) -> Option<Stop> {
        match self.kernel.step(until, recorder) {
            Step::Deliver { slot, flight } => self.deliver(slot, flight, recorder),
            Step::Handle { slot } => self.handle(slot, self.kernel.in_hand, recorder),
            Step::Internal => {}
            Step::Reached => return Some(Stop::Reached),
            Step::Quiet => return Some(Stop::Quiet),
            Step::Stuck => return Some(Stop::Stuck(self.kernel.why_stuck().into())),
            Step::Command { by_chaos, index } => self.carry_out(by_chaos, index, recorder),
            Step::Boot { slot } => self.boot(slot, recorder),
            Step::Sync { slot } => {
                if let Some(SyncSlot { id, upto, trigger }) = self.kernel.finish_sync(slot) {
                    self.stores.disk(slot).synced(upto);
                    self.hand_over(slot, Waiting::Synced { id, trigger }, recorder);
                }
            }
        }
        None
    }

    /// An actor starts, at time zero or from its disk.
    fn boot(&mut self, slot: Slot, recorder: &mut Recorder<'_>) {
        let state = self.kernel.actor_mut(slot);
        let recovery = Recovery { starts: state.starts, torn: state.disk.torn, corrupt: state.disk.corrupt };
        state.status = Status::Up;
        state.starts += 1;
        state.aborted = None;
        (state.disk.torn, state.disk.corrupt) = (false, false);
        let event =
            self.kernel.begin(Some(slot), EventKind::Start, None, u64::from(recovery.starts), recorder);
        self.kernel.band(slot, BandState::Up, event, recorder);
        if recovery.starts > 0 {
            let sentence = format!("{} starts from its disk", self.kernel.id(slot));
            self.kernel.own_fact(slot, event, "started", sentence, recorder);
        }
        let durable = self.stores.disks[usize::from(slot)].durable().clone();
        let mut facts = SmallVec::new();
        let trace = Recorder { trace: recorder.trace.as_deref_mut(), notes: recorder.notes.as_deref_mut() };
        let Self { kernel, stores, settings, .. } = self;
        let mut context = Context::new(kernel, stores, settings, trace, slot, event, &mut facts);
        let actor = P::start(&durable, recovery, &mut context);
        let (worked, aborted) = context.outcome();
        self.actors[usize::from(slot)] = Some(actor);
        self.observe(slot, event, &Happening::Started, recorder);
        self.after_handler(slot, event, facts, worked, aborted, recorder);
    }

    /// An actor handles a message.
    #[inline]
    fn deliver(&mut self, slot: Slot, flight: u32, recorder: &mut Recorder<'_>) {
        if self.actors[usize::from(slot)].is_none() {
            return;
        }
        let (id, sender, sent_by) = self.kernel.land(flight);
        let Some(message) = self.stores.take(flight) else { return };
        let from = self.kernel.id(sender);
        let mut content = u64::from(from.raw());
        crate::digest::absorb(&mut content, &message);
        let event = self.kernel.deliver(slot, (id, sent_by), content, recorder);
        self.run_handler(slot, event, recorder, |actor, context| {
            P::handle(actor, Event::Message { from, message }, context);
        });
    }

    /// An actor handles what came in.
    fn handle(&mut self, slot: Slot, item: Waiting, recorder: &mut Recorder<'_>) {
        if self.actors[usize::from(slot)].is_none() {
            return;
        }
        let (event, input) = match item {
            Waiting::Message(flight) => return self.deliver(slot, flight, recorder),
            Waiting::Timer { packed, .. } => {
                let event = self.kernel.go_off(slot, packed, recorder);
                (event, Event::Timer(P::Timer::unpack(packed)))
            }
            Waiting::Synced { id, trigger } => {
                let event = self.kernel.begin(Some(slot), EventKind::Synced, Some(trigger), id.0, recorder);
                for (of, to) in self.kernel.launch_after(slot, id.0 + 1, event, recorder) {
                    self.copy_message(of, to);
                }
                (event, Event::Synced(id))
            }
            Waiting::DiskFailed { full, trigger } => {
                let kind = EventKind::DiskFailed;
                let event = self.kernel.begin(Some(slot), kind, Some(trigger), u64::from(full), recorder);
                (event, Event::DiskFailed { full })
            }
            Waiting::Verb(at) => {
                let Some(Asked { verb, words, trigger }) = self.kernel.asked(at).cloned() else { return };
                let mut content = 0;
                crate::digest::absorb(&mut content, &(&verb, &words));
                let event = self.kernel.begin(Some(slot), EventKind::Verb, Some(trigger), content, recorder);
                (event, Event::Verb { verb, words: words.to_vec() })
            }
        };
        self.run_handler(slot, event, recorder, |actor, context| P::handle(actor, input, context));
    }

    /// Lets an actor handle an event that has begun, and sees to what comes of it.
    #[inline(always)]
    fn run_handler(
        &mut self,
        slot: Slot,
        event: EventId,
        recorder: &mut Recorder<'_>,
        handle: impl FnOnce(&mut P::Actor, &mut Context<'_, P>),
    ) {
        let Self { kernel, stores, settings, actors, .. } = self;
        let Some(actor) = &mut actors[usize::from(slot)] else { return };
        let mut facts = SmallVec::new();
        let trace = Recorder { trace: recorder.trace.as_deref_mut(), notes: recorder.notes.as_deref_mut() };
        let mut context = Context::new(kernel, stores, settings, trace, slot, event, &mut facts);
        handle(actor, &mut context);
        let (worked, aborted) = context.outcome();
        if facts.is_empty() && aborted.is_none() {
            self.kernel.finish(slot, worked);
        } else {
            self.after_handler(slot, event, facts, worked, aborted, recorder);
        }
    }

    fn copy_message(&mut self, of: u32, to: u32) {
        if let Some(message) = self.stores.get(of).cloned() {
            self.stores.put(to, message);
        }
    }

    fn after_handler(
        &mut self,
        slot: Slot,
        event: EventId,
        facts: SmallVec<[P::Fact; 4]>,
        worked: Span,
        aborted: Option<String>,
        recorder: &mut Recorder<'_>,
    ) {
        for fact in &facts {
            crate::digest::absorb(&mut self.kernel.hash, fact);
            self.observe(slot, event, &Happening::Fact(fact), recorder);
        }
        match aborted {
            None => self.kernel.finish(slot, worked),
            Some(reason) => {
                let sentence = format!("{} aborts: {reason}", self.kernel.id(slot));
                self.kernel.own_fact(slot, event, "aborted", sentence, recorder);
                self.crash(slot, event, None, false, recorder);
                self.kernel.actor_mut(slot).aborted = Some(reason.into());
            }
        }
    }

    /// Tells the monitor, and writes down what it found.
    fn observe(
        &mut self,
        slot: Slot,
        event: EventId,
        happening: &Happening<'_, P>,
        recorder: &mut Recorder<'_>,
    ) {
        let mut report = Report::default();
        let (now, id) = (self.kernel.now(), self.kernel.id(slot));
        let state = self.actors[usize::from(slot)].as_ref();
        self.monitor.observe(now, id, happening, state, &mut report);
        for invariant in report.reached {
            if let Some(standing) = self.standings.get_mut(usize::from(invariant)) {
                standing.reached.get_or_insert((event, now));
            }
        }
        for (invariant, sentence) in report.broken {
            let Some(standing) = self.standings.get_mut(usize::from(invariant)) else { continue };
            if standing.broken.is_some() {
                continue;
            }
            let sentence: Arc<str> = sentence.into();
            standing.broken = Some((event, now, Arc::clone(&sentence)));
            if let Some(trace) = recorder.trace.as_deref_mut() {
                let invariant = usize::from(invariant);
                trace.violations.push(Violation { invariant, at: now, event, sentence });
            }
        }
    }

    /// A node stops, and its disk loses what luck does not keep.
    fn crash(
        &mut self,
        slot: Slot,
        event: EventId,
        keep: Option<u32>,
        torn: bool,
        recorder: &mut Recorder<'_>,
    ) {
        self.kernel.crash(slot, event, recorder);
        self.actors[usize::from(slot)] = None;
        let mut draw = self.kernel.actor_draw(slot, crate::random::Purpose::Crash);
        let disk = self.stores.disk(slot);
        let pending = disk.unsynced();
        let kept = keep.unwrap_or_else(|| draw.below(u64::from(pending) + 1) as u32).min(pending);
        disk.crash(kept);
        let tore = kept < pending && (torn || (keep.is_none() && draw.chance(5_000)));
        self.kernel.actor_mut(slot).disk.torn = tore;
        self.kernel.hash = mix(self.kernel.hash, u64::from(kept) << 1 | u64::from(tore));
        self.observe(slot, event, &Happening::Crashed, recorder);
    }

    fn prepare(&self, recorder: &mut Recorder<'_>) {
        let Some(trace) = recorder.trace.as_deref_mut() else { return };
        if trace.story.lanes.is_empty() {
            let ids = self.kernel.slots().map(|slot| self.kernel.id(slot));
            trace.story.lanes =
                ids.map(|id| Lane { actor: id, name: id.to_string().into(), bands: Vec::new() }).collect();
        }
    }
}

impl<P: Protocol> Running for World<P> {
    fn fork(&self) -> Box<dyn Running> {
        Box::new(self.clone())
    }

    fn setup(&self) -> &Setup {
        &self.setup
    }

    fn moment(&self) -> Moment {
        self.kernel.moment()
    }

    fn events(&self) -> EventId {
        self.kernel.events()
    }

    fn messages(&self) -> MessageId {
        self.kernel.messages()
    }

    fn next(&mut self) -> Option<Next> {
        let (at, slot) = self.kernel.next_time()?;
        Some(Next { at, actor: slot.map(|slot| self.kernel.id(slot)) })
    }

    fn advance(&mut self, until: Moment, events: u64, recorder: &mut Recorder<'_>) -> Stop {
        self.prepare(recorder);
        let last = self.kernel.events().0.saturating_add(events);
        while self.kernel.events().0 < last {
            if let Some(stop) = self.one_step(until, recorder) {
                if let Some(trace) = recorder.trace.as_deref_mut() {
                    trace.story.end = self.kernel.now();
                }
                return stop;
            }
        }
        Stop::Budget
    }

    fn set_commands(&mut self, commands: Arc<[TimedCommand]>) {
        self.setup.commands = Arc::clone(&commands);
        self.kernel.set_commands(commands);
    }

    fn digest(&self) -> u64 {
        crate::random::finish(self.kernel.hash)
    }

    fn state_digest(&self) -> u64 {
        let mut hash = self.kernel.hash;
        for (actor, disk) in self.actors.iter().zip(&self.stores.disks) {
            crate::digest::absorb(&mut hash, actor);
            crate::digest::absorb(&mut hash, disk.durable());
        }
        for at in self.kernel.flights.live() {
            if let Some(message) = self.stores.get(at) {
                hash = mix(hash, self.kernel.flights.get(at).arrives.0);
                crate::digest::absorb(&mut hash, message);
            }
        }
        hash
    }

    fn view(&self) -> View {
        look::view(self)
    }

    fn standings(&self) -> &[Standing] {
        &self.standings
    }

    fn who(&self, role: &str) -> Option<ActorId> {
        P::who(role, &self.cluster())
    }

    fn scan(&self) -> Vec<(&'static str, String)> {
        let named = |(at, sentence)| {
            P::invariants().get(at).map(|invariant: &crate::lab::Invariant| (invariant.name, sentence))
        };
        P::scan(&self.cluster()).into_iter().filter_map(named).collect()
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn chaos(&self) -> &[TimedCommand] {
        &self.kernel.chaos
    }

    fn preview(&self, command: &crate::command::Command) -> String {
        look::preview(self, command)
    }

    fn hand_moment(&mut self) -> Moment {
        self.kernel.hand_moment()
    }

    fn weight(&self) -> u64 {
        let actors = self.actors.len() as u64;
        let messages = self.stores.messages.len() as u64;
        actors * (size_of::<P::Actor>() as u64 + 600) + messages * (size_of::<P::Message>() as u64 + 120)
    }
}

/// The parts of a message that a view shows.
fn told<M: Message>(message: &M) -> (String, String) {
    (message.label(), message.detail())
}
