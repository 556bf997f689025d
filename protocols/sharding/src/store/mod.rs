//! A key-value store in shards, with a map that changes while everybody uses it.
//!
//! Cutting the keys into parts is easy, and [`crate::place`] has seven ways to say who keeps which. Hard is that the answer
//! changes, and that not everybody hears of it at once: a client asks by an old map, a server hears of its shard before it
//! has it, a hand-over arrives twice. Whatever anybody believes, one server and no other may answer for a key.
//!
//! # The map and its epochs                       [`map::ShardMap`], [`keeper::Keeper`]
//! One node keeps the map that holds, and numbers its changes. Everybody else has a copy, as old as may be. What makes old
//! copies harmless is that who asks says which epoch of the shard he means, and that servers compare (as the shard versions
//! of MongoDB and the assignment generations of Slicer, section 4.4).
//!
//! # Moves                                        [`server::Server`]
//! Stop, write down, send, write down, begin; in this order, each step durable before the next. So a key is kept at most
//! once at any time, at the price of a moment in which nobody answers for it.
//!
//! # Members                                      [`plan`], [`keeper::Keeper::on_change`]
//! Who joins or leaves makes a new plan by the scheme in force; shards then move a few at a time. How much the plan differs
//! from the last one is what the schemes are about.
//!
//! # Hot ranges                                   [`keeper::Keeper`]
//! Servers count what they are asked for (Bigtable's tablets, section 5; Slicer, section 4.3). A range that takes more than
//! its share is split, and half of it moves to who is asked least. A single key that is too hot, a celebrity, nothing here
//! can help: it would have to be copied.
//!
//! # Clients                                      [`client::Client`]
//!
//! # Left out
//! Copies of shards (see Dynamo and Raft: here a shard waits while its server is down); a keeper of several nodes (it would
//! keep its map by consensus; Bigtable has Chubby for it); leases, by which a server that is cut off would lose its shards;
//! merging of cold ranges; moving a shard's data ahead of the hand-over, which would shorten the moment in which nobody
//! answers.

pub mod client;
pub mod fact;
pub mod hard;
pub mod invariants;
pub mod keeper;
mod lab;
pub mod map;
mod measure;
pub mod message;
pub mod monitor;
mod plan;
mod scan;
pub mod server;
pub mod settings;
mod view;

use crate::place::figures;
use client::Client;
use fact::Fact;
use hard::{Hard, Write};
use keeper::Keeper;
use message::Message;
use serde::Serialize;
use server::Server;
use settings::Settings;
use sim::figure::{Figure, Plot};
use sim::lab::{About, Arrangement, Claim, FaultClass, Invariant, Measure, Pothole, Verb};
use sim::network::Network;
use sim::parameter::{Parameter, Parameters};
use sim::protocol::{Cluster, Population, Protocol, Recovery};
use sim::story::Operation;
use sim::view::{ActorView, Strip};
use sim::{ActorId, LabOf, Span, Time, Trace};
use std::sync::Arc;

/// The lab.
pub static LAB: LabOf<Sharding> = LabOf::new();

/// A key-value store in shards.
#[derive(Clone, Debug)]
pub struct Sharding;

type Context<'a> = sim::Context<'a, Sharding>;
type Event = sim::Event<Sharding>;

/// The keeper of the map, a server or a client.
#[derive(Clone, Debug, Serialize)]
pub enum Actor {
    /// Decides who keeps what.
    Keeper(Box<Keeper>),
    /// Keeps shards.
    Server(Box<Server>),
    /// Asks.
    Client(Box<Client>),
}

/// Timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The keeper gives its orders again.
    Drive,
    /// A window of load is over.
    Window,
    /// A client asks of its own accord.
    Think,
    /// It asks again.
    Retry,
    /// It gives up.
    GiveUp,
}

const TIMERS: [(Timer, &str); 5] = [
    (Timer::Drive, "drive"),
    (Timer::Window, "window"),
    (Timer::Think, "think"),
    (Timer::Retry, "retry"),
    (Timer::GiveUp, "give-up"),
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
        TIMERS.get(at).map_or(Timer::Drive, |(timer, _)| *timer)
    }

    fn name(self) -> &'static str {
        TIMERS[self.place()].1
    }
}

impl Protocol for Sharding {
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

    fn faults(_parameters: &Parameters) -> Vec<FaultClass> {
        lab::faults()
    }

    fn glossary() -> &'static [(&'static str, &'static str)] {
        lab::GLOSSARY
    }

    fn timers() -> &'static [&'static str] {
        const { &[TIMERS[0].1, TIMERS[1].1, TIMERS[2].1, TIMERS[3].1, TIMERS[4].1] }
    }

    fn roles() -> &'static [&'static str] {
        &["map", "hottest"]
    }

    fn settings(parameters: &Parameters) -> Settings {
        Settings::of(parameters)
    }

    fn population(settings: &Settings) -> Population {
        Population { nodes: 1 + settings.servers, spares: settings.spares, clients: settings.clients }
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

    fn start(hard: &Hard, _recovery: Recovery, context: &mut Context<'_>) -> Actor {
        let me = context.me();
        if me.is_client() {
            Actor::Client(Box::new(Client::start(context)))
        } else if me == Settings::KEEPER {
            Actor::Keeper(Box::new(Keeper::start(hard, context)))
        } else {
            Actor::Server(Box::new(Server::start(hard, context)))
        }
    }

    fn handle(actor: &mut Actor, event: Event, context: &mut Context<'_>) {
        match (actor, event) {
            (Actor::Client(client), event) => client.handle(event, context),
            (_, Event::DiskFailed { full }) => disk_failed(full, context),
            (Actor::Keeper(keeper), Event::Message { from, message }) => {
                keeper.on_message(from, message, context);
            }
            (Actor::Keeper(keeper), Event::Timer(timer)) => keeper.on_timer(timer, context),
            (Actor::Keeper(keeper), Event::Synced(sync)) => keeper.on_synced(sync),
            (Actor::Keeper(keeper), Event::Verb { verb, words }) => {
                ordered(keeper, &verb, &words, context);
            }
            (Actor::Server(server), Event::Message { from, message }) => {
                server.on_message(from, message, context);
            }
            (Actor::Server(server), Event::Timer(Timer::Window)) => server.on_window(context),
            (Actor::Server(server), Event::Synced(sync)) => server.on_synced(sync),
            (Actor::Server(_), Event::Timer(_) | Event::Verb { .. }) => {}
        }
    }

    /// The keeper; or the server that was asked most.
    fn who(role: &str, cluster: &Cluster<'_, Self>) -> Option<ActorId> {
        if role == "map" {
            return Some(Settings::KEEPER);
        }
        let rates = cluster.actors.iter().filter_map(|(id, state, _)| match state {
            Some(Actor::Server(server)) => Some((server.rate(), std::cmp::Reverse(*id))),
            _ => None,
        });
        rates.max().map(|(_, id)| id.0)
    }

    /// Orders are for the keeper, whomever they are about.
    fn addressee(verb: &str, who: ActorId, _cluster: &Cluster<'_, Self>) -> Option<ActorId> {
        Some(if matches!(verb, "join" | "leave" | "split") { Settings::KEEPER } else { who })
    }

    fn switches_on(verb: &str) -> bool {
        verb == "join"
    }

    fn quiet() -> &'static [&'static str] {
        &["load=off"]
    }

    fn by_hand(operation: &Operation) -> Option<String> {
        let (client, key) = (operation.client, &operation.key);
        match (operation.function, operation.input.first()) {
            ("put", Some(value)) => Some(format!("put {client} {key}={value}")),
            ("get", _) => Some(format!("get {client} {key}")),
            _ => None,
        }
    }

    fn check_verb(verb: &str, words: &[Arc<str>]) -> Result<(), String> {
        lab::check_verb(verb, words)
    }

    fn view(_actor: ActorId, state: Option<&Actor>, durable: &Hard, view: &mut ActorView) {
        view::fill(state, durable, view);
    }

    fn strips(cluster: &Cluster<'_, Self>) -> Vec<Strip> {
        view::strips(cluster)
    }

    /// Clients, the keeper between them and the servers.
    fn arrangement(settings: &Settings) -> Arrangement {
        let clients = (1..=settings.clients).map(ActorId::client).collect();
        let servers = (2..settings.servers + settings.spares + 2).map(ActorId::node).collect();
        Arrangement::Columns(vec![clients, vec![Settings::KEEPER], servers])
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

/// What a hand orders the keeper to do.
fn ordered(keeper: &mut Keeper, verb: &str, words: &[Arc<str>], context: &mut Context<'_>) {
    match (verb, lab::named_node(words)) {
        ("join" | "leave", Some((node, _))) => keeper.on_change(node, verb == "join", context),
        ("split", Some((_, [key]))) => {
            if let Ok(key) = client::read_key(key) {
                keeper.on_split(key, context);
            }
        }
        _ => {}
    }
}

/// A node that cannot rely on its disk stops, and comes back with what is on it.
fn disk_failed(full: bool, context: &mut Context<'_>) {
    context.require(false, || {
        let what = if full { "the disk is full" } else { "the disk failed" };
        format!("{what}: what was written last may not be there")
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::protocol::Timer as _;

    #[test]
    fn timers_are_packed_and_named() {
        for (timer, name) in TIMERS {
            assert_eq!((Timer::unpack(timer.pack()), timer.name()), (timer, name));
        }
    }
}
