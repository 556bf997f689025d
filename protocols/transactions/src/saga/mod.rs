//! Sagas: seats sold over shards, each order a row of small transactions that can be undone (Garcia-Molina and Salem
//! 1987, "the paper" below), on messages that arrive at least once (Helland 2007).
//!
//! Asking for three things one after another is easy. Hard is that nothing arrives exactly once: a step may have been
//! done though nobody answered, an undoing may overtake what it undoes, and a node may stop between doing something and
//! saying so. So everything has a [`order::Key`], is written down with it, and is said again until it has arrived.
//!
//! # Orders (the paper, sections 1 to 3)
//! [`orchestrator::Orchestrator`] has [`order::STEPS`] done in order. Until the seat is booked an order can go backwards
//! (the paper's backward recovery): what was done is undone, in the opposite order. After that it goes forwards only (its
//! forward recovery): the last step can be refused by nobody and is asked for until it is done.
//!
//! # The saga log (the paper, section 4)
//! [`log::Record`]. An orchestrator that starts again finds where each order was, and asks for that step once more.
//!
//! # Exactly once
//! Is made, not sent: of messages that are sent until they have arrived ([`outbox::Outbox`]), and of keys by which
//! [`shard::Shard`] knows what it has done. Both stand in the same record as the change itself. Keys are forgotten when
//! the orchestrator says that all orders up to some number are over; an older message is then known by its number.
//!
//! # No isolation
//! Each step is final at once and seen by all. An audit finds money in no account; a seat that will be put back is gone
//! for whoever asks meanwhile. Undoing does the opposite; it does not make what others saw unseen.
//!
//! # Left out
//! Choreography, where services hear each other's events and nobody orchestrates; steps in parallel (the paper, section
//! 6); save-points between steps (section 3); what makes up for the missing isolation (semantic locks, reading again).

mod fact;
pub mod invariants;
mod lab;
pub mod log;
mod measure;
pub mod message;
pub mod monitor;
pub mod orchestrator;
pub mod order;
pub mod outbox;
mod scan;
pub mod settings;
pub mod shard;
mod view;

use crate::bank::{Bank, Client, ClientFact, ClientTimer, Load, Request, disk};
pub use fact::Fact;
use log::{Entry, Log};
use message::Message;
use orchestrator::Orchestrator;
use order::Wanted;
use serde::Serialize;
use settings::Settings;
use shard::Shard;
use sim::figure::Plot;
use sim::lab::{About, Arrangement, Claim, FaultClass, Invariant, Measure, Pothole, Verb};
use sim::network::Network;
use sim::parameter::{Parameter, Parameters};
use sim::protocol::{Cluster, Population, Protocol, Recovery};
use sim::random::Draw;
use sim::view::{ActorView, Strip};
use sim::{ActorId, LabOf, Span, Time, Trace};
use std::sync::Arc;

/// The lab.
pub static LAB: LabOf<Saga> = LabOf::new();

/// Seats sold over shards, order by order.
#[derive(Clone, Debug)]
pub struct Saga;

type Context<'a> = sim::Context<'a, Saga>;
type Event = sim::Event<Saga>;

/// The orchestrator, a shard or a client.
#[derive(Clone, Debug, Serialize)]
pub enum Actor {
    /// Takes orders on.
    Orchestrator(Box<Orchestrator>),
    /// Keeps accounts and seats.
    Shard(Box<Shard>),
    /// Asks.
    Client(Box<Client<Wanted>>),
}

impl Actor {
    /// A node's log.
    pub fn log(&self) -> Option<&Log> {
        match self {
            Actor::Orchestrator(orchestrator) => Some(orchestrator.log()),
            Actor::Shard(shard) => Some(shard.log()),
            Actor::Client(_) => None,
        }
    }

    /// How many of its records are durable.
    pub fn durable(&self) -> u64 {
        match self {
            Actor::Orchestrator(orchestrator) => orchestrator.durable(),
            Actor::Shard(shard) => shard.durable(),
            Actor::Client(_) => 0,
        }
    }
}

/// Timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// What has not arrived is sent again.
    Relay,
    /// An order has taken too long.
    Patience,
    /// A client's.
    Client(ClientTimer),
}

const TIMERS: [(Timer, &str); 5] = [
    (Timer::Relay, "relay"),
    (Timer::Patience, "patience"),
    (Timer::Client(ClientTimer::Think), "think"),
    (Timer::Client(ClientTimer::Retry), "retry"),
    (Timer::Client(ClientTimer::GiveUp), "give-up"),
];

impl Timer {
    fn place(self) -> usize {
        TIMERS.iter().position(|(timer, _)| *timer == self).unwrap_or_default()
    }
}

impl sim::protocol::Timer for Timer {
    fn pack(self) -> u64 {
        self.place() as u64
    }

    fn unpack(packed: u64) -> Self {
        let at = usize::try_from(packed).unwrap_or_default();
        TIMERS.get(at).map_or(Timer::Relay, |(timer, _)| *timer)
    }

    fn name(self) -> &'static str {
        TIMERS[self.place()].1
    }

    fn shown(self) -> bool {
        matches!(self, Timer::Relay | Timer::Patience)
    }
}

impl Bank for Saga {
    type Ask = Wanted;

    fn load(settings: &Settings) -> &Load {
        &settings.load
    }

    fn invent(settings: &Settings, draw: &mut Draw) -> Wanted {
        lab::invent(settings, draw)
    }

    fn server(_: &Settings, _: ActorId) -> ActorId {
        Settings::ORCHESTRATOR
    }

    fn request(request: Request<Wanted>) -> Message {
        Message::Request(request)
    }

    fn timer(timer: ClientTimer) -> Timer {
        Timer::Client(timer)
    }

    fn fact(fact: ClientFact) -> Fact {
        Fact::Client(fact)
    }
}

impl Protocol for Saga {
    type Settings = Settings;
    type Message = Message;
    type Actor = Actor;
    type Durable = Log;
    type Write = Entry;
    type Timer = Timer;
    type Fact = Fact;
    type Monitor = monitor::Watch;

    const ABOUT: About = lab::ABOUT;

    fn parameters() -> &'static [Parameter] {
        settings::PARAMETERS
    }

    fn potholes() -> &'static [Pothole] {
        lab::POTHOLES
    }

    fn invariants() -> &'static [Invariant] {
        invariants::INVARIANTS
    }

    fn verbs() -> &'static [Verb] {
        lab::VERBS
    }

    fn measures() -> &'static [Measure] {
        measure::MEASURES
    }

    fn claims(parameters: &Parameters) -> Vec<Claim> {
        lab::claims(&Settings::of(parameters))
    }

    fn faults(parameters: &Parameters) -> Vec<FaultClass> {
        lab::faults(&Settings::of(parameters))
    }

    fn glossary() -> &'static [(&'static str, &'static str)] {
        lab::GLOSSARY
    }

    fn timers() -> &'static [&'static str] {
        const { &[TIMERS[0].1, TIMERS[1].1, TIMERS[2].1, TIMERS[3].1, TIMERS[4].1] }
    }

    fn roles() -> &'static [&'static str] {
        &["orchestrator"]
    }

    fn settings(parameters: &Parameters) -> Settings {
        Settings::of(parameters)
    }

    fn population(settings: &Settings) -> Population {
        Population { nodes: 1 + settings.branches.shards, spares: 0, clients: settings.clients }
    }

    fn network(settings: &Settings) -> Network {
        settings.network()
    }

    fn sync_latency(settings: &Settings) -> (Span, Span) {
        (settings.sync_min, settings.sync_max)
    }

    fn apply_write(durable: &mut Log, write: &Entry) {
        crate::bank::Fold::apply(durable, write);
    }

    fn start(log: &Log, recovery: Recovery, context: &mut Context<'_>) -> Actor {
        let me = context.me();
        if me.is_client() {
            Actor::Client(Box::new(Client::start(context)))
        } else if me == Settings::ORCHESTRATOR {
            Actor::Orchestrator(Box::new(Orchestrator::start(log, recovery, context)))
        } else {
            Actor::Shard(Box::new(Shard::start(log, recovery, context)))
        }
    }

    fn handle(actor: &mut Actor, event: Event, context: &mut Context<'_>) {
        if context.me().is_node() {
            context.work(context.settings().work);
        }
        match (actor, event) {
            (Actor::Orchestrator(it), Event::Message { from, message }) => {
                it.on_message(from, message, context)
            }
            (Actor::Orchestrator(it), Event::Timer(timer)) => it.on_timer(timer, context),
            (Actor::Orchestrator(it), Event::Synced(sync)) => it.on_synced(sync),
            (Actor::Shard(it), Event::Message { from, message }) => it.on_message(from, message, context),
            (Actor::Shard(it), Event::Timer(timer)) => it.on_timer(timer, context),
            (Actor::Shard(it), Event::Synced(sync)) => it.on_synced(sync),
            (Actor::Orchestrator(_) | Actor::Shard(_), Event::DiskFailed { full }) => {
                disk::on_failure(full, context)
            }
            (Actor::Client(it), Event::Message { from, message: Message::Reply(reply) }) => {
                it.on_reply(from, reply, context);
            }
            (Actor::Client(it), Event::Timer(Timer::Client(timer))) => it.on_timer(timer, context),
            (Actor::Client(it), Event::Verb { verb, words }) => {
                if let Ok(wish) = lab::read_wish(&verb, &words) {
                    it.on_wish(wish, context);
                }
            }
            _ => {}
        }
    }

    fn who(role: &str, _: &Cluster<'_, Self>) -> Option<ActorId> {
        (role == "orchestrator").then_some(Settings::ORCHESTRATOR)
    }

    fn check_verb(verb: &str, words: &[Arc<str>]) -> Result<(), String> {
        lab::read_wish(verb, words).map(|_| ())
    }

    fn view(actor: ActorId, state: Option<&Actor>, durable: &Log, view: &mut ActorView) {
        view::fill(actor, state, durable, view);
    }

    fn strips(cluster: &Cluster<'_, Self>) -> Vec<Strip> {
        view::strips(cluster)
    }

    fn arrangement(settings: &Settings) -> Arrangement {
        lab::arrangement(settings)
    }

    fn quiet() -> &'static [&'static str] {
        &["load=off"]
    }

    fn by_hand(operation: &sim::story::Operation) -> Option<String> {
        lab::by_hand(operation)
    }

    fn plots() -> &'static [Plot] {
        measure::PLOTS
    }

    fn measure(trace: &Trace, end: Time) -> Vec<f64> {
        measure::measure(trace, end)
    }

    fn scan(cluster: &Cluster<'_, Self>) -> Vec<(usize, String)> {
        scan::scan(cluster)
    }
}
