//! Two-phase commit with write-ahead logs and recovery, presumed abort: a bank over shards (Gray 1978; Mohan, Lindsay and
//! Obermarck 1986, "R*" below; Bernstein, Hadzilacos and Goodman 1987, chapter 7, "BHG").
//!
//! Agreeing is easy while everybody answers. Hard is what a shard may do that has said yes and hears nothing more:
//! nothing. It has given away the right to abort, and does not know whether the others have committed; so it waits, and
//! whatever it has locked waits with it. That is no flaw of this protocol that a better one mends: with crashes and
//! messages that may be lost no protocol of atomic commitment is free of it (BHG, section 7.3).
//!
//! # The two phases (R*, section 2.1)
//! [`coordinator::Coordinator`] sends each shard its part, asks for votes when all have done theirs, decides, tells.
//! [`coordinator::Phase`] says how far it is. [`shard::Shard`] does its part under locks; [`shard::Stage`] says how far
//! that is. [`log::Record`] lists what is written, and which of it is forced.
//!
//! # Presumed abort (R*, section 3.1)
//! Of what it knows nothing a coordinator says “aborted”: [`coordinator::Coordinator`] lists the rules that make this
//! right. A shard that has only read votes so, lets go and is told nothing more; where all have, nothing is logged.
//!
//! # Recovery (R*, section 2.2)
//! A commit without an end is told again; a prepare without an outcome is in doubt, locked, and asked about.
//! Shards in doubt ask each other as well (BHG, section 7.4), where that is switched on.
//!
//! # Isolation and deadlock
//! [`locks`]: strict two-phase locking, and wait-die, or time-outs.
//!
//! # Clients
//! Ask one coordinator and no other, again until answered. It knows a retry by its number; after a crash by the commits
//! in its log, and by its life: what it refused in an earlier life it must not carry out when an old message arrives.
//!
//! # Left out
//! Commit in one phase where one shard alone writes (it saves messages and hides the votes); trees of coordinators (R*'s
//! processes call further ones); presumed commit (R*, section 3.2); checkpoints, which would shorten the log; an
//! operator's heuristic decision, which is the pothole `abort_in_doubt` by hand.

pub mod coordinator;
pub mod fact;
mod figure;
pub mod invariants;
mod lab;
pub mod locks;
pub mod log;
mod measure;
pub mod message;
pub mod monitor;
mod scan;
pub mod settings;
pub mod shard;
pub mod transaction;
mod view;

use crate::bank::{Bank, Client, ClientFact, ClientTimer, Fold, Load, Request, disk};
use coordinator::{Coordinator, Phase};
use fact::Fact;
use log::{Log, Record};
use message::{Message, Order};
use serde::Serialize;
use settings::Settings;
use shard::Shard;
use sim::figure::{Figure, Plot};
use sim::lab::{About, Arrangement, Claim, FaultClass, Invariant, Measure, Pothole, Verb};
use sim::network::Network;
use sim::parameter::{Parameter, Parameters};
use sim::protocol::{Cluster, Population, Protocol, Recovery};
use sim::random::Draw;
use sim::view::{ActorView, Strip};
use sim::{ActorId, LabOf, Span, Time, Trace};
use std::sync::Arc;

/// The lab.
pub static LAB: LabOf<TwoPhase> = LabOf::new();

/// A bank over shards, whose transfers commit in two phases.
#[derive(Clone, Debug)]
pub struct TwoPhase;

type Context<'a> = sim::Context<'a, TwoPhase>;
type Event = sim::Event<TwoPhase>;

/// A coordinator, a shard or a client.
#[derive(Clone, Debug, Serialize)]
pub enum Actor {
    /// Carries out transactions.
    Coordinator(Box<Coordinator>),
    /// Keeps accounts.
    Shard(Box<Shard>),
    /// Asks.
    Client(Box<Client<Order>>),
}

impl Actor {
    /// A node's log.
    pub fn log(&self) -> Option<&Log> {
        match self {
            Actor::Coordinator(coordinator) => Some(coordinator.log()),
            Actor::Shard(shard) => Some(shard.log()),
            Actor::Client(_) => None,
        }
    }

    /// How many of its records are durable.
    pub fn durable(&self) -> u64 {
        match self {
            Actor::Coordinator(coordinator) => coordinator.durable(),
            Actor::Shard(shard) => shard.durable(),
            Actor::Client(_) => 0,
        }
    }
}

/// Timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// A coordinator has waited long enough for work or votes.
    Decide,
    /// A coordinator tells of its commits again.
    Resend,
    /// A shard in doubt asks.
    Ask,
    /// A shard gives up work that nobody asks it to prepare.
    Idle,
    /// A client's.
    Client(ClientTimer),
}

const TIMERS: [(Timer, &str); 7] = [
    (Timer::Decide, "decide"),
    (Timer::Resend, "resend"),
    (Timer::Ask, "ask"),
    (Timer::Idle, "idle"),
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
        TIMERS.get(at).map_or(Timer::Decide, |(timer, _)| *timer)
    }

    fn name(self) -> &'static str {
        TIMERS[self.place()].1
    }

    fn shown(self) -> bool {
        matches!(self, Timer::Decide | Timer::Ask)
    }
}

impl Bank for TwoPhase {
    type Ask = Order;

    fn load(settings: &Settings) -> &Load {
        &settings.load
    }

    fn invent(settings: &Settings, draw: &mut Draw) -> Order {
        lab::invent(settings, draw)
    }

    /// Clients are dealt out to the coordinators.
    fn server(settings: &Settings, client: ActorId) -> ActorId {
        ActorId::node(1 + (client.number() - 1) % settings.coordinators.max(1))
    }

    fn request(request: Request<Order>) -> Message {
        Message::Request(request)
    }

    fn timer(timer: ClientTimer) -> Timer {
        Timer::Client(timer)
    }

    fn fact(fact: ClientFact) -> Fact {
        Fact::Client(fact)
    }
}

impl Protocol for TwoPhase {
    type Settings = Settings;
    type Message = Message;
    type Actor = Actor;
    type Durable = Log;
    type Write = Record;
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
        const { &[TIMERS[0].1, TIMERS[1].1, TIMERS[2].1, TIMERS[3].1, TIMERS[4].1, TIMERS[5].1, TIMERS[6].1] }
    }

    fn roles() -> &'static [&'static str] {
        &["coordinator"]
    }

    fn settings(parameters: &Parameters) -> Settings {
        Settings::of(parameters)
    }

    fn population(settings: &Settings) -> Population {
        let nodes = settings.coordinators + settings.branches.shards;
        Population { nodes, spares: 0, clients: settings.clients }
    }

    fn network(settings: &Settings) -> Network {
        settings.network()
    }

    fn sync_latency(settings: &Settings) -> (Span, Span) {
        (settings.sync_min, settings.sync_max)
    }

    fn apply_write(durable: &mut Log, write: &Record) {
        durable.apply(write);
    }

    fn start(log: &Log, recovery: Recovery, context: &mut Context<'_>) -> Actor {
        let me = context.me();
        if me.is_client() {
            Actor::Client(Box::new(Client::start(context)))
        } else if context.settings().is_coordinator(me) {
            Actor::Coordinator(Box::new(Coordinator::start(log, recovery, context)))
        } else {
            Actor::Shard(Box::new(Shard::start(log, recovery, context)))
        }
    }

    fn handle(actor: &mut Actor, event: Event, context: &mut Context<'_>) {
        if context.me().is_node() {
            context.work(context.settings().work);
        }
        match (actor, event) {
            (Actor::Coordinator(it), Event::Message { from, message }) => {
                it.on_message(from, message, context)
            }
            (Actor::Coordinator(it), Event::Timer(timer)) => it.on_timer(timer, context),
            (Actor::Coordinator(it), Event::Synced(sync)) => it.on_synced(sync, context),
            (Actor::Shard(it), Event::Message { from, message }) => it.on_message(from, message, context),
            (Actor::Shard(it), Event::Timer(timer)) => it.on_timer(timer, context),
            (Actor::Shard(it), Event::Synced(sync)) => it.on_synced(sync, context),
            (Actor::Coordinator(_) | Actor::Shard(_), Event::DiskFailed { full }) => {
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

    /// The coordinator with the most to decide: the one that leaves the most in doubt.
    fn who(role: &str, cluster: &Cluster<'_, Self>) -> Option<ActorId> {
        let coordinators = cluster.actors.iter().filter_map(|(id, actor, _)| match actor {
            Some(Actor::Coordinator(coordinator)) if role == "coordinator" => Some((*id, coordinator)),
            _ => None,
        });
        let undecided = |coordinator: &Coordinator| {
            coordinator.open().values().filter(|open| matches!(open.phase, Phase::Voting)).count()
        };
        coordinators.max_by_key(|(id, it)| (undecided(it), std::cmp::Reverse(*id))).map(|(id, _)| id)
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

    fn figures() -> &'static [Figure] {
        figure::FIGURES
    }

    fn measure(trace: &Trace, end: Time) -> Vec<f64> {
        measure::measure(trace, end)
    }

    fn scan(cluster: &Cluster<'_, Self>) -> Vec<(usize, String)> {
        scan::scan(cluster)
    }
}
