//! Raft: one elected leader keeps the same log on every node (Ongaro and Ousterhout 2014, § below; Ongaro's dissertation
//! of 2014 where it is named). On the log runs a key-value store.
//!
//! Choosing a leader is easy. Hard is what a new leader may believe about entries it finds: being on a majority is not
//! being committed (figure 8), so [`node::Raft::advance_commit`] counts its own term only.
//!
//! # Election (§5.2, §5.4.1)
//! [`node::Role`] says what a node is and holds what only that role knows; `become_*` alone change it. Timeouts are drawn
//! anew each time, logs are compared as [`log::EntryId`]s, a vote is asked for after one's own cannot be forgotten.
//! Pre-vote (dissertation §9.6), nodes that protect a leader they hear (§6), and a leader that makes room when it hears no
//! majority (dissertation §6.2) are parameters.
//!
//! # Replication (§5.3)
//! [`node::Progress`] is what a leader knows of another node, [`node::Flow`] how it sends: one append at a time until the
//! logs are known to match, a stream after that, a snapshot where the log no longer reaches back. A refusal names the
//! conflicting term, so that the leader backs up over whole terms.
//!
//! # What must survive a crash
//! [`hard::Hard`]: term, vote, log, snapshot, the fold of [`hard::Write`]s. Synced before anyone hears of it; but a leader
//! sends entries before its own sync is done, and may commit them by others' before that (dissertation §10.2.1).
//!
//! # Compaction (§7), membership (dissertation ch. 4), clients (§8), reads
//! [`hard::Snapshot`] takes the place of entries. [`members`] and [`change`]: one server at a time, with the correction
//! of 2015; newcomers catch up first; leadership can be given away. [`store`] holds the sessions that make a retry take
//! effect once, [`reads`] how a leader makes sure before it answers a read. [`client`] is who asks.
//!
//! # Left out
//! Snapshots in pieces (ours are small); joint consensus (one server at a time suffices); sessions that expire (clients
//! are few and never restart); non-voting members that stay. Nodes that lie ([`lies`]) it does not stand.

mod change;
pub mod client;
mod election;
pub mod fact;
mod figures;
mod follower;
pub mod hard;
pub mod invariants;
mod lab;
mod leader;
mod lies;
pub mod log;
mod measure;
pub mod members;
pub mod message;
pub mod monitor;
pub mod node;
pub mod reads;
mod scan;
pub mod settings;
pub mod store;
#[cfg(test)]
mod tables;
mod view;

use client::KvClient;
use fact::Fact;
use hard::{Hard, Write};
use message::Message;
use node::{Raft, Role};
use serde::Serialize;
use settings::Settings;
use sim::figure::Figure;
use sim::lab::{About, Claim, FaultClass, Invariant, Measure, Pothole, Verb};
use sim::network::Network;
use sim::parameter::{Parameter, Parameters};
use sim::protocol::{Cluster, Population, Protocol, Recovery};
use sim::view::{ActorView, Strip};
use sim::{ActorId, LabOf, Span, Time, Trace};
use std::sync::Arc;

/// The lab.
pub static LAB: LabOf<RaftStore> = LabOf::new();

/// Raft with a key-value store on it, as a protocol of the kernel.
#[derive(Clone, Debug)]
pub struct RaftStore;

type Context<'a> = sim::Context<'a, RaftStore>;
type Event = sim::Event<RaftStore>;

/// A server or a client.
#[derive(Clone, Debug, Serialize)]
pub enum Actor {
    /// A server.
    Server(Box<Raft>),
    /// A client.
    Client(Box<KvClient>),
}

impl Actor {
    /// The server this is.
    pub fn server(&self) -> Option<&Raft> {
        match self {
            Actor::Server(raft) => Some(raft),
            Actor::Client(_) => None,
        }
    }

    /// The client this is.
    pub fn client(&self) -> Option<&KvClient> {
        match self {
            Actor::Client(client) => Some(client),
            Actor::Server(_) => None,
        }
    }
}

/// Timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// No leader was heard for too long.
    Election,
    /// A leader says that it still leads.
    Heartbeat,
    /// A transfer of leadership took too long.
    Transfer,
    /// A client's next request of its own.
    Think,
    /// An operator's next order.
    Operate,
    /// A client has waited long enough for this node.
    Retry,
    /// A client has waited long enough.
    GiveUp,
}

const TIMERS: [(Timer, &str); 7] = [
    (Timer::Election, "election"),
    (Timer::Heartbeat, "heartbeat"),
    (Timer::Transfer, "transfer"),
    (Timer::Think, "think"),
    (Timer::Operate, "operate"),
    (Timer::Retry, "retry"),
    (Timer::GiveUp, "give-up"),
];

impl sim::protocol::Timer for Timer {
    fn pack(self) -> u64 {
        self as u64
    }

    fn unpack(packed: u64) -> Self {
        let at = usize::try_from(packed).unwrap_or_default();
        TIMERS.get(at).map_or(Timer::Election, |(timer, _)| *timer)
    }

    fn name(self) -> &'static str {
        TIMERS[self as usize].1
    }

    fn shown(self) -> bool {
        self == Timer::Election
    }
}

impl Protocol for RaftStore {
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
        const { &[TIMERS[0].1, TIMERS[1].1, TIMERS[2].1, TIMERS[3].1, TIMERS[4].1, TIMERS[5].1, TIMERS[6].1] }
    }

    fn roles() -> &'static [&'static str] {
        &["leader"]
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
            Actor::Server(Box::new(Raft::start(durable, recovery, context)))
        }
    }

    fn handle(actor: &mut Actor, event: Event, context: &mut Context<'_>) {
        match actor {
            Actor::Server(raft) => raft.handle(event, context),
            Actor::Client(client) => client.handle(event, context),
        }
    }

    /// The leader of the newest term: an older one may not know yet.
    fn who(role: &str, cluster: &Cluster<'_, Self>) -> Option<ActorId> {
        let servers =
            cluster.actors.iter().filter_map(|(id, actor, _)| Some((*id, actor.as_ref()?.server()?)));
        let leaders = servers.filter(|(_, raft)| role == "leader" && matches!(raft.role(), Role::Leader(_)));
        leaders.max_by_key(|(_, raft)| raft.term()).map(|(id, _)| id)
    }

    fn addressee(verb: &str, who: ActorId, cluster: &Cluster<'_, Self>) -> Option<ActorId> {
        match verb {
            "add" | "remove" | "transfer" => Self::who("leader", cluster),
            _ => Some(who),
        }
    }

    fn switches_on(verb: &str) -> bool {
        verb == "add"
    }

    fn quiet() -> &'static [&'static str] {
        &["load=off"]
    }

    fn by_hand(operation: &sim::story::Operation) -> Option<String> {
        client::by_hand(operation)
    }

    fn check_verb(verb: &str, words: &[Arc<str>]) -> Result<(), String> {
        match verb {
            "add" | "remove" | "transfer" if words.is_empty() => Ok(()),
            "add" | "remove" | "transfer" => Err(format!("write {verb} n3")),
            _ => client::read_ask(verb, words).map(|_| ()),
        }
    }

    fn lies() -> &'static [&'static str] {
        lies::LIES
    }

    fn bend(message: &Message, how: &str, to: ActorId, _draw: u64) -> Option<Message> {
        // Tests put messages of their own in place of others.
        #[cfg(test)]
        if let Some(message) = tables::injected() {
            return Some(message);
        }
        lies::bend(message, how, to)
    }

    fn withholds(_message: &Message, how: &str, _to: ActorId, _draw: u64) -> bool {
        lies::withholds(how)
    }

    fn view(actor: ActorId, state: Option<&Actor>, durable: &Hard, view: &mut ActorView) {
        view::fill(actor, state, durable, view);
    }

    fn strips(cluster: &Cluster<'_, Self>) -> Vec<Strip> {
        vec![view::strip(cluster)]
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
