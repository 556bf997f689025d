//! Dynamo: a key-value store that is always writeable (DeCandia et al., SOSP 2007, § below).
//!
//! Every key is kept by N nodes, and no node leads. A write is acknowledged once W of them have it, a read answered once R
//! of them have spoken. Whoever can be reached takes the write; what does not fit together is sorted out when somebody
//! reads it. Hard is to see what is then still promised: R + W > N makes every read meet every acknowledged write only
//! where the W and the R are taken among the same N nodes, and not even then do reads happen in one order.
//!
//! # Where a key is kept (§4.2, §4.3)
//! [`ring`]: points of every node on a circle of hashes, several each; a key's preference list is the walk from its place.
//!
//! # Versions (§4.4)
//! [`clock`], [`version`]: each write is immutable and knows what its writer had read. What did not know of each other
//! stays as siblings, which a [`client`] reconciles; or the wall clock decides (§6.1, “timestamp based reconciliation”).
//! Clocks here have a dot for the write itself, later work's correction of the paper's plain vector clocks; a pothole
//! takes it away again.
//!
//! # Requests (§4.5, §4.6)
//! [`coordinate`]: the put and get of a coordinator, sloppy quorum, hints; [`replica`]: keeping what others send.
//!
//! # Becoming alike (§4.6, §4.7, §5)
//! Read repair, hinted handoff, and anti-entropy over Merkle trees: [`repair`], [`tree`].
//!
//! # Members and failures (§4.8, §4.9)
//! [`members`]: explicit orders to join and leave, spread by gossip. Failure detection is local: who does not answer is
//! suspected, and whoever is next in turn to be gossiped with is found to be back.
//!
//! # What must survive a crash
//! [`store::Hard`]: entries, hints, members, and how many writes this node has named for a key, for a name given twice
//! would make two writes one. All synced before anybody hears of it.
//!
//! # Left out
//! Clocks cut to ten entries (§4.4: there are at most 13 nodes here); preference lists that span data centers (§4.6);
//! seeds found outside (§4.8.2: whoever starts knows the first members); places that are fixed parts of the ring (§6.2,
//! strategy 3) and the write buffer in memory (§6.1), which make it faster; background work that gives way to requests
//! (§6.5); tombstones that are dropped once everybody has them (they are few); partition-aware clients (§6.4) but for the
//! probes; a node whose disk was wiped and which then names its writes anew (the paper calls such a loss permanent, and
//! removes the node by hand).

pub mod client;
pub mod clock;
pub mod coordinate;
pub mod fact;
mod figures;
pub mod invariants;
mod lab;
mod measure;
pub mod members;
pub mod message;
pub mod monitor;
pub mod node;
pub mod pbs;
pub mod repair;
mod replica;
pub mod ring;
mod scan;
pub mod settings;
pub mod store;
pub mod tree;
pub mod version;
mod view;

use client::KvClient;
use fact::Fact;
use message::Message;
use node::Node;
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
use store::{Hard, Write};

/// The lab.
pub static LAB: LabOf<Dynamo> = LabOf::new();

/// Dynamo, as a protocol of the kernel.
#[derive(Clone, Debug)]
pub struct Dynamo;

type Context<'a> = sim::Context<'a, Dynamo>;
type Event = sim::Event<Dynamo>;

/// A node or a client.
#[derive(Clone, Debug, Serialize)]
pub enum Actor {
    /// A node.
    Node(Box<Node>),
    /// A client.
    Client(Box<KvClient>),
}

impl Actor {
    /// The node this is.
    pub fn node(&self) -> Option<&Node> {
        match self {
            Actor::Node(node) => Some(node),
            Actor::Client(_) => None,
        }
    }

    /// The client this is.
    pub fn client(&self) -> Option<&KvClient> {
        match self {
            Actor::Client(client) => Some(client),
            Actor::Node(_) => None,
        }
    }
}

/// Timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The next node is gossiped with.
    Gossip,
    /// Hints and strays are offered.
    Handoff,
    /// The next member is compared with.
    Compare,
    /// A coordinator has waited long enough for those it asked first.
    Patience(u64),
    /// A coordinator has waited long enough.
    Deadline(u64),
    /// A client's next request of its own.
    Think,
    /// A probe reads back what it wrote.
    Lag,
    /// A client has waited long enough for this node.
    Retry,
    /// A client has waited long enough.
    GiveUp,
}

const TIMERS: [&str; 9] =
    ["gossip", "handoff", "compare", "patience", "deadline", "think", "lag", "retry", "give-up"];

impl Timer {
    /// Its kind, and of which request.
    fn parts(self) -> (u8, u64) {
        match self {
            Timer::Gossip => (0, 0),
            Timer::Handoff => (1, 0),
            Timer::Compare => (2, 0),
            Timer::Patience(id) => (3, id),
            Timer::Deadline(id) => (4, id),
            Timer::Think => (5, 0),
            Timer::Lag => (6, 0),
            Timer::Retry => (7, 0),
            Timer::GiveUp => (8, 0),
        }
    }
}

impl sim::protocol::Timer for Timer {
    fn pack(self) -> u64 {
        let (kind, id) = self.parts();
        id << 4 | u64::from(kind)
    }

    fn unpack(packed: u64) -> Self {
        let id = packed >> 4;
        match packed & 15 {
            1 => Timer::Handoff,
            2 => Timer::Compare,
            3 => Timer::Patience(id),
            4 => Timer::Deadline(id),
            5 => Timer::Think,
            6 => Timer::Lag,
            7 => Timer::Retry,
            8 => Timer::GiveUp,
            _ => Timer::Gossip,
        }
    }

    fn name(self) -> &'static str {
        TIMERS[usize::from(self.parts().0)]
    }
}

impl Protocol for Dynamo {
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

    fn timers() -> &'static [&'static str] {
        &TIMERS
    }

    fn settings(parameters: &Parameters) -> Settings {
        Settings::of(parameters)
    }

    fn population(settings: &Settings) -> Population {
        Population { nodes: settings.nodes, spares: settings.spares, clients: settings.clients }
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
            Actor::Client(Box::new(KvClient::start(context)))
        } else {
            Actor::Node(Box::new(Node::start(durable, recovery, context)))
        }
    }

    fn handle(actor: &mut Actor, event: Event, context: &mut Context<'_>) {
        match actor {
            Actor::Node(node) => node.handle(event, context),
            Actor::Client(client) => client.handle(event, context),
        }
    }

    /// An order about a node that is not there is taken by any member (§4.8.1): it may be gone for good, or only start.
    fn addressee(verb: &str, who: ActorId, cluster: &Cluster<'_, Self>) -> Option<ActorId> {
        if !matches!(verb, "join" | "leave") || cluster.state(who).is_some() {
            return Some(who);
        }
        let nodes = cluster.actors.iter().filter_map(|(id, state, _)| Some((*id, state.as_ref()?.node()?)));
        nodes.into_iter().find(|(id, node)| node.members().contains(*id)).map(|(id, _)| id)
    }

    fn switches_on(verb: &str) -> bool {
        verb == "join"
    }

    fn check_verb(verb: &str, words: &[Arc<str>]) -> Result<(), String> {
        match verb {
            "join" | "leave" if words.is_empty() => Ok(()),
            "join" | "leave" => Err(format!("write {verb} n3")),
            _ => client::read_wish(verb, words).map(|_| ()),
        }
    }

    fn view(actor: ActorId, state: Option<&Actor>, durable: &Hard, view: &mut ActorView) {
        view::fill(actor, state, durable, view);
    }

    fn strips(cluster: &Cluster<'_, Self>) -> Vec<Strip> {
        view::strips(cluster)
    }

    fn quiet() -> &'static [&'static str] {
        &["load=off"]
    }

    fn by_hand(operation: &sim::story::Operation) -> Option<String> {
        client::by_hand(operation)
    }

    fn plots() -> &'static [Plot] {
        lab::PLOTS
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

#[cfg(test)]
mod tests {
    use super::*;
    use sim::protocol::Timer as _;

    #[test]
    fn timers_are_packed_and_named() {
        for packed in 0..9 {
            let timer = Timer::unpack(packed);
            assert_eq!((timer.pack(), timer.name()), (packed, TIMERS[usize::try_from(packed).unwrap()]));
        }
        for id in [0, 7, u64::from(u32::MAX) << 24] {
            assert_eq!(Timer::unpack(Timer::Patience(id).pack()), Timer::Patience(id));
            assert_eq!(Timer::unpack(Timer::Deadline(id).pack()), Timer::Deadline(id));
        }
    }
}
