//! A shop of services that call services: devices ask a front, the front asks one of some services, and a service asks a
//! store for what its cache has not got.
//!
//! Calls fail: nobody answers, or too late, or with a refusal. Easy is what to do about one of them: ask again. Hard is
//! what all those who ask again do together. A short trouble fills the queues; what is in a queue for too long is given up
//! and asked for once more; so the queues stay full of work that nobody waits for, long after the trouble has gone. Such a
//! failure is *metastable* (Bronson et al., HotOS 2021): it is kept up by its own consequences, and ends only when
//! somebody asks less. Everything here is a way of not getting there, or of getting out again.
//!
//! # The caller's side      [`caller`], [`guard`]
//! Time-outs and deadlines; retries with exponential back-off and full jitter (Brooker 2015); a budget of retries (Site
//! Reliability Engineering, chapter 21); circuit breakers (Nygard 2007) or client-side throttling (chapter 21); hedged
//! requests (Dean and Barroso 2013).
//!
//! # The callee's side      [`server`]
//! A queue with an end; requests turned away when their turn would come too late, and passed over when it has; first come
//! first served, or last.
//!
//! # Soft state      [`cache`]
//! What services keep of what they have read. Lost in a crash, made again from the store: one read of a key for all who
//! want it, and only so many at once (a bulkhead).
//!
//! # Who is who      [`node`], [`client`]
//! The front, the services and the store; clients with many devices each, which ask whether answered or not.
//!
//! # Left out
//! Writes, and with them what must not be done twice (the sagas of this house have that); cancelling what a caller no
//! longer waits for, which the time passed on does nearly as well; priorities, and queues of their own for them; scaling
//! out, which takes longer than anything here; TCP itself: a connection is no more than that the front knows its clients.

pub mod cache;
pub mod caller;
pub mod client;
pub mod fact;
mod figures;
pub mod guard;
pub mod invariants;
mod lab;
mod measure;
pub mod message;
pub mod monitor;
pub mod node;
mod scan;
pub mod server;
pub mod settings;
mod view;

use caller::Caller;
use client::{Client, Verb as Asked, read_verb};
use fact::Fact;
use message::Message;
use node::Node;
use serde::Serialize;
use settings::Settings;
use sim::figure::{Figure, Plot};
use sim::lab::{About, Arrangement, Claim, FaultClass, Invariant, Measure, Pothole, Verb};
use sim::network::Network;
use sim::parameter::{Parameter, Parameters};
use sim::protocol::{Cluster, Population, Protocol, Recovery};
use sim::view::{ActorView, Strip};
use sim::{ActorId, LabOf, Span, Time, Trace};
use std::sync::Arc;

/// The lab.
pub static LAB: LabOf<Calls> = LabOf::new();

/// A shop of services that call services.
#[derive(Clone, Debug)]
pub struct Calls;

type Context<'a> = sim::Context<'a, Calls>;
type Event = sim::Event<Calls>;

/// A node or a client.
#[derive(Clone, Debug, Serialize)]
pub enum Actor {
    /// The front, a service or the store.
    Node(Box<Node>),
    /// Many devices.
    Client(Box<Client>),
}

impl Actor {
    /// Its calls.
    pub fn caller(&self) -> &Caller {
        match self {
            Actor::Node(node) => node.caller(),
            Actor::Client(client) => client.caller(),
        }
    }
}

/// Timers; those of calls with the call's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The piece of work is done.
    Next,
    /// A device asks.
    Tick(u16),
    /// A surge is over.
    Calm,
    /// An attempt takes too long.
    Attempt(u64),
    /// The back-off is over.
    Retry(u64),
    /// The first attempt takes longer than usual.
    Hedge(u64),
    /// The call's time is up.
    Due(u64),
}

const TIMERS: &[&str] = &["next", "tick", "calm", "attempt", "retry", "hedge", "due"];
/// Below this lies a timer's number, from here on its kind.
const KIND: u32 = 56;

impl Timer {
    fn parts(self) -> (u64, u64) {
        match self {
            Timer::Next => (0, 0),
            Timer::Tick(device) => (1, u64::from(device)),
            Timer::Calm => (2, 0),
            Timer::Attempt(call) => (3, call),
            Timer::Retry(call) => (4, call),
            Timer::Hedge(call) => (5, call),
            Timer::Due(call) => (6, call),
        }
    }
}

impl sim::protocol::Timer for Timer {
    fn pack(self) -> u64 {
        let (kind, number) = self.parts();
        kind << KIND | number
    }

    fn unpack(packed: u64) -> Self {
        let number = packed & ((1 << KIND) - 1);
        match packed >> KIND {
            1 => Timer::Tick(u16::try_from(number).unwrap_or_default()),
            2 => Timer::Calm,
            3 => Timer::Attempt(number),
            4 => Timer::Retry(number),
            5 => Timer::Hedge(number),
            6 => Timer::Due(number),
            _ => Timer::Next,
        }
    }

    fn name(self) -> &'static str {
        let (kind, _) = self.parts();
        usize::try_from(kind).ok().and_then(|kind| TIMERS.get(kind)).copied().unwrap_or_default()
    }
}

impl Protocol for Calls {
    type Settings = Settings;
    type Message = Message;
    type Actor = Actor;
    type Durable = ();
    type Write = ();
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
        TIMERS
    }

    fn settings(parameters: &Parameters) -> Settings {
        Settings::of(parameters)
    }

    fn population(settings: &Settings) -> Population {
        Population { nodes: settings.services + 2, spares: 0, clients: settings.clients }
    }

    fn network(settings: &Settings) -> Network {
        Network { mesh: false, ..settings.network() }
    }

    fn sync_latency(_: &Settings) -> (Span, Span) {
        (Span::ZERO, Span::ZERO)
    }

    fn apply_write((): &mut (), (): &()) {}

    fn start((): &(), recovery: Recovery, context: &mut Context<'_>) -> Actor {
        if context.me().is_client() {
            Actor::Client(Box::new(Client::start(context)))
        } else {
            Actor::Node(Box::new(Node::start(recovery, context)))
        }
    }

    fn handle(actor: &mut Actor, event: Event, context: &mut Context<'_>) {
        match (actor, event) {
            (Actor::Node(node), Event::Message { from, message }) => node.on_message(from, message, context),
            (Actor::Node(node), Event::Timer(timer)) => node.on_timer(timer, context),
            (Actor::Client(client), Event::Message { from, message }) => {
                client.on_message(from, message, context)
            }
            (Actor::Client(client), Event::Timer(timer)) => client.on_timer(timer, context),
            (actor, Event::Verb { verb, words }) => match (actor, read_verb(&verb, &words)) {
                (Actor::Client(client), Ok(Asked::Get(key))) => client.ask(key, context),
                (Actor::Client(client), Ok(Asked::Surge(times, span))) => {
                    client.on_surge(times, span, context)
                }
                (Actor::Node(node), Ok(Asked::Flush)) => node.flush(context),
                _ => {}
            },
            _ => {}
        }
    }

    fn check_verb(verb: &str, words: &[Arc<str>]) -> Result<(), String> {
        read_verb(verb, words).map(|_| ())
    }

    fn quiet() -> &'static [&'static str] {
        &["load=off"]
    }

    fn by_hand(operation: &sim::story::Operation) -> Option<String> {
        Some(format!("get {} {}", operation.client, operation.key))
    }

    fn view(_: ActorId, state: Option<&Actor>, (): &(), view: &mut ActorView) {
        view::fill(state, view);
    }

    fn strips(cluster: &Cluster<'_, Self>) -> Vec<Strip> {
        view::strips(cluster)
    }

    fn arrangement(settings: &Settings) -> Arrangement {
        lab::arrangement(settings)
    }

    fn plots() -> &'static [Plot] {
        measure::PLOTS
    }

    fn figures() -> &'static [Figure] {
        figures::FIGURES
    }

    fn measure(trace: &Trace, end: Time) -> Vec<f64> {
        measure::measure(trace, end)
    }

    fn scan(cluster: &Cluster<'_, Self>) -> Vec<(usize, String)> {
        scan::scan(cluster)
    }
}
