//! PBFT: 3f+1 replicas keep one order of requests though f of them lie (Castro and Liskov, “Practical Byzantine Fault
//! Tolerance”, OSDI 1999; § below). On the order runs a key-value store.
//!
//! One who lies can tell each of the others something else, so a majority is not enough: two majorities may share the
//! liar alone. Quorums are 2f+1 of 3f+1, and any two share f+1, of whom one tells the truth; and though f never answer,
//! there is one. Everything else is what it takes that nobody needs to be believed alone.
//!
//! # Who said it (§2)
//! [`keys`]: digests, and signatures that are real. [`message`]: what is signed. [`lies`]: the ways of those who lie.
//!
//! # The normal case (§4.1, §4.2)
//! [`order`]: a request gets a number from the primary (*pre-prepare*), the backups agree that it has no other
//! (*prepare*), all agree that this outlives the primary (*commit*). [`client`]: who believes f+1 equal replies.
//!
//! # Checkpoints (§4.3), view changes (§4.4), progress (§4.5.2)
//! [`checkpoint`]: states that 2f+1 vouch for take the place of what made them. [`change`]: the order that a new view
//! begins with follows from signed certificates, and everybody checks it. [`catch_up`]: what was lost on the way is
//! passed on by anybody.
//!
//! # What must survive a crash
//! [`hard::Hard`]. The paper counts one who crashes and forgets among the f; here replicas write down what they say before
//! they say it, so any number may crash and come back, and f may lie besides.
//!
//! # Left out
//! MACs in place of signatures (§5.2) and replies by digest (§5.1), which make it faster and nothing else; tentative
//! execution (§5.1), which answers a phase earlier and takes back; state in a tree of partitions (§5.3: ours is small);
//! batches of requests; recovery of replicas that were broken into (Castro's thesis); clients that lie: a store like
//! ours takes any value from whoever may write.

mod beside;
mod catch_up;
mod change;
mod checkpoint;
pub mod client;
pub mod fact;
mod figures;
pub mod hard;
pub mod invariants;
pub mod keys;
mod lab;
pub mod lies;
mod measure;
pub mod message;
pub mod monitor;
mod order;
pub mod replica;
mod scan;
pub mod settings;
mod view;
mod words;

use client::Client;
use fact::Fact;
use hard::{Hard, Write};
use message::Message;
use replica::{Replica, Role};
use serde::Serialize;
use settings::Settings;
use sim::figure::{Figure, Plot};
use sim::lab::{About, Claim, FaultClass, Invariant, Measure, Pothole, Verb};
use sim::network::Network;
use sim::parameter::{Parameter, Parameters};
use sim::protocol::{Cluster, Population, Protocol, Recovery};
use sim::view::{ActorView, Strip};
use sim::{ActorId, LabOf, Span, Time, Trace};
use std::sync::Arc;

/// The lab.
pub static LAB: LabOf<Pbft> = LabOf::new();

/// PBFT with a key-value store on it, as a protocol of the kernel.
#[derive(Clone, Debug)]
pub struct Pbft;

type Context<'a> = sim::Context<'a, Pbft>;
type Event = sim::Event<Pbft>;

/// A replica or a client.
#[derive(Clone, Debug, Serialize)]
pub enum Actor {
    /// A replica.
    Replica(Box<Replica>),
    /// A client.
    Client(Box<Client>),
}

impl Actor {
    /// The replica this is.
    pub fn replica(&self) -> Option<&Replica> {
        match self {
            Actor::Replica(replica) => Some(replica),
            Actor::Client(_) => None,
        }
    }

    /// The client this is.
    pub fn client(&self) -> Option<&Client> {
        match self {
            Actor::Client(client) => Some(client),
            Actor::Replica(_) => None,
        }
    }
}

/// Timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// A replica has waited too long: for a request, or for a view it asked for.
    Suspect,
    /// A replica lacks something and says so.
    Status,
    /// A client's next request of its own.
    Think,
    /// A client has waited long enough for the primary.
    Retry,
    /// A client has waited long enough.
    GiveUp,
}

const TIMERS: [(Timer, &str); 5] = [
    (Timer::Suspect, "suspect"),
    (Timer::Status, "status"),
    (Timer::Think, "think"),
    (Timer::Retry, "retry"),
    (Timer::GiveUp, "give-up"),
];

impl sim::protocol::Timer for Timer {
    fn pack(self) -> u64 {
        self as u64
    }

    fn unpack(packed: u64) -> Self {
        let at = usize::try_from(packed).unwrap_or_default();
        TIMERS.get(at).map_or(Timer::Status, |(timer, _)| *timer)
    }

    fn name(self) -> &'static str {
        TIMERS[self as usize].1
    }

    fn shown(self) -> bool {
        self == Timer::Suspect
    }
}

impl Protocol for Pbft {
    type Settings = Settings;
    type Message = Message;
    type Actor = Actor;
    type Durable = Hard;
    type Write = Write;
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

    fn lies() -> &'static [&'static str] {
        lies::LIES
    }

    fn timers() -> &'static [&'static str] {
        const { &[TIMERS[0].1, TIMERS[1].1, TIMERS[2].1, TIMERS[3].1, TIMERS[4].1] }
    }

    fn roles() -> &'static [&'static str] {
        &["primary"]
    }

    fn settings(parameters: &Parameters) -> Settings {
        Settings::of(parameters)
    }

    fn population(settings: &Settings) -> Population {
        Population { nodes: settings.nodes(), spares: 0, clients: settings.clients }
    }

    fn network(settings: &Settings) -> Network {
        settings.network()
    }

    fn sync_latency(settings: &Settings) -> (Span, Span) {
        (settings.sync_min, settings.sync_max)
    }

    fn apply_write(durable: &mut Hard, write: &Write) {
        durable.apply(write);
    }

    fn start(durable: &Hard, recovery: Recovery, context: &mut Context<'_>) -> Actor {
        if context.me().is_client() {
            Actor::Client(Box::new(Client::start(context)))
        } else {
            Actor::Replica(Box::new(Replica::start(durable, recovery, context)))
        }
    }

    fn handle(actor: &mut Actor, event: Event, context: &mut Context<'_>) {
        match actor {
            Actor::Replica(replica) => replica.handle(event, context),
            Actor::Client(client) => client.handle(event, context),
        }
    }

    /// The primary of the newest view: an older one may not know yet.
    fn who(role: &str, cluster: &Cluster<'_, Self>) -> Option<ActorId> {
        let replicas =
            cluster.actors.iter().filter_map(|(id, actor, _)| Some((*id, actor.as_ref()?.replica()?)));
        let primaries = replicas.filter(|(_, it)| role == "primary" && matches!(it.role(), Role::Primary(_)));
        primaries.max_by_key(|(_, replica)| replica.view()).map(|(id, _)| id)
    }

    fn check_verb(verb: &str, words: &[Arc<str>]) -> Result<(), String> {
        match verb {
            "suspect" if words.is_empty() => Ok(()),
            "suspect" => Err("write suspect n2".to_owned()),
            _ => crate::raft::client::read_ask(verb, words).map(|_| ()),
        }
    }

    fn bend(message: &Message, how: &str, to: ActorId, draw: u64) -> Option<Message> {
        lies::bend(message, how, to, draw)
    }

    fn withholds(message: &Message, how: &str, to: ActorId, draw: u64) -> bool {
        lies::withholds(message, how, to, draw)
    }

    fn view(actor: ActorId, state: Option<&Actor>, durable: &Hard, view: &mut ActorView) {
        view::fill(actor, state, durable, view);
    }

    fn strips(cluster: &Cluster<'_, Self>) -> Vec<Strip> {
        view::strips(cluster)
    }

    fn plots() -> &'static [Plot] {
        figures::PLOTS
    }

    fn figures() -> &'static [Figure] {
        figures::FIGURES
    }

    fn quiet() -> &'static [&'static str] {
        &["load=off"]
    }

    fn by_hand(operation: &sim::story::Operation) -> Option<String> {
        crate::raft::client::by_hand(operation)
    }

    fn quick() -> &'static [&'static str] {
        &["signatures=tags"]
    }

    fn measure(trace: &Trace, end: Time) -> Vec<f64> {
        measure::measure(trace, end)
    }

    fn scan(cluster: &Cluster<'_, Self>) -> Vec<(usize, String)> {
        scan::scan(cluster)
    }
}
