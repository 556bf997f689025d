//! A board on which clients post by way of several nodes, each post stamped by five clocks at once.
//!
//! To say what came first is easy where one clock stamps everything. Hard is that there is no such clock: each node has its
//! own, wrong in its own way, and what one knows of the other came in a message that took who knows how long. Each of the
//! five answers in its own way, and each leaves something unsaid; so the lab keeps them all and shows them side by side.
//!
//! # Wall clocks ([`crate::sync`]; Mills, RFC 5905)
//! Each node asks the time server ([`master`]) now and then, learns offset and delay, and slews or steps its clock. What it
//! has shown it does not show again.
//!
//! # Logical clocks ([`crate::logical`]; Lamport 1978, Mattern 1989, Kulkarni et al. 2014)
//! They travel with the posts. The board is sorted by the hybrid one unless told otherwise ([`settings::Order`]). A stamp
//! that is too far ahead is not followed, nor its post taken (Kulkarni et al., section 5; CockroachDB's maximum offset).
//!
//! # TrueTime and commit wait ([`crate::truetime`]; Corbett et al. 2012, sections 3 and 4.1.2)
//! A post's commit time is the end of its interval; it is answered, and told to others, when that has surely passed. So
//! whatever is stamped after an answer has a later time, though no message may have gone from the one to the other.
//!
//! # The lease ([`tenure`]; Gray and Cheriton 1989)
//! Granted by the time server. It is measured on monotonic clocks, from before it was granted, and by a little less.
//!
//! # What must survive a crash ([`log`])
//! A node's own posts with their stamps, synced before anybody hears of them: logical clocks go on from the last one, and no
//! commit time is given twice. Others' posts are asked for again.
//!
//! # Left out
//! Several time servers and how to tell a liar among them (Marzullo's algorithm is here, but joins the answers of one
//! server); NTP's poll adjustment and its discipline of frequency; transactions (a commit time here is that of one post).

mod client;
mod fact;
mod figures;
pub mod invariants;
mod lab;
pub mod log;
pub mod master;
mod measure;
pub mod message;
pub mod monitor;
#[cfg(test)]
mod planted;
pub mod post;
mod scan;
pub mod server;
pub mod settings;
pub mod tenure;
mod view;

use client::Client;
pub use fact::Fact;
use log::{Entry, Log};
use master::Master;
use message::Message;
use serde::Serialize;
use server::Server;
use settings::Settings;
use sim::clock::Crystal;
use sim::figure::{Figure, Plot};
use sim::lab::{About, Arrangement, Claim, FaultClass, Invariant, Measure, Pothole, Verb};
use sim::network::Network;
use sim::parameter::{Parameter, Parameters};
use sim::protocol::{Cluster, Population, Protocol, Recovery};
use sim::random::Draw;
use sim::story::Operation;
use sim::view::{ActorView, Strip};
use sim::{ActorId, LabOf, Span, Time, Trace};
use std::sync::Arc;

/// The lab.
pub static LAB: LabOf<Board> = LabOf::new();

/// Posts on a board, stamped by five clocks.
#[derive(Clone, Debug)]
pub struct Board;

type Context<'a> = sim::Context<'a, Board>;
type Event = sim::Event<Board>;

/// The time server, a server or a client.
#[derive(Clone, Debug, Serialize)]
pub enum Actor {
    /// Keeps the time.
    Master(Master),
    /// Keeps the board.
    Server(Box<Server>),
    /// Asks.
    Client(Box<Client>),
}

/// Timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// The time is asked for.
    Poll,
    /// A commit time has passed.
    Release,
    /// Missed posts are asked for.
    Gossip,
    /// The lease is asked for.
    Ask,
    /// The lease runs out.
    Lapse,
    /// A client's next request of its own.
    Think,
    /// A client has waited long enough to ask again.
    Retry,
    /// A client has waited long enough.
    GiveUp,
}

const TIMERS: [(Timer, &str); 8] = [
    (Timer::Poll, "poll"),
    (Timer::Release, "release"),
    (Timer::Gossip, "gossip"),
    (Timer::Ask, "ask"),
    (Timer::Lapse, "lapse"),
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
        TIMERS.get(at).map_or(Timer::Poll, |(timer, _)| *timer)
    }

    fn name(self) -> &'static str {
        TIMERS[self.place()].1
    }

    fn shown(self) -> bool {
        matches!(self, Timer::Release | Timer::Lapse)
    }
}

impl Protocol for Board {
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
        const {
            &[
                TIMERS[0].1,
                TIMERS[1].1,
                TIMERS[2].1,
                TIMERS[3].1,
                TIMERS[4].1,
                TIMERS[5].1,
                TIMERS[6].1,
                TIMERS[7].1,
            ]
        }
    }

    fn roles() -> &'static [&'static str] {
        &["holder"]
    }

    fn settings(parameters: &Parameters) -> Settings {
        Settings::of(parameters)
    }

    fn population(settings: &Settings) -> Population {
        Population { nodes: 1 + settings.servers, spares: 0, clients: settings.clients }
    }

    fn network(settings: &Settings) -> Network {
        settings.network()
    }

    fn crystal(settings: &Settings, who: ActorId, draw: &mut Draw) -> Crystal {
        settings.crystal(who, draw)
    }

    fn sync_latency(settings: &Settings) -> (Span, Span) {
        (settings.sync_min, settings.sync_max)
    }

    fn apply_write(durable: &mut Log, write: &Entry) {
        durable.apply(write);
    }

    fn start(log: &Log, recovery: Recovery, context: &mut Context<'_>) -> Actor {
        let me = context.me();
        if me.is_client() {
            Actor::Client(Box::new(Client::start(context)))
        } else if me == Settings::MASTER {
            Actor::Master(Master::start(log, recovery, context))
        } else {
            Actor::Server(Box::new(Server::start(log, recovery, context)))
        }
    }

    fn handle(actor: &mut Actor, event: Event, context: &mut Context<'_>) {
        if context.me().is_node() {
            context.work(context.settings().work);
        }
        match (actor, event) {
            (Actor::Master(it), Event::Message { from, message }) => it.on_message(from, &message, context),
            (Actor::Server(it), Event::Message { from, message }) => it.on_message(from, message, context),
            (Actor::Server(it), Event::Timer(timer)) => it.on_timer(timer, context),
            (Actor::Server(it), Event::Synced(sync)) => it.on_synced(sync, context),
            (Actor::Master(_) | Actor::Server(_), Event::DiskFailed { full }) => {
                let reason = if full { "its disk is full" } else { "its disk failed" };
                context.require(false, || reason.to_owned());
            }
            (Actor::Client(it), Event::Message { from, message: Message::Reply { number, answer } }) => {
                it.on_reply(from, number, answer, context);
            }
            (Actor::Client(it), Event::Timer(timer)) => it.on_timer(timer, context),
            (Actor::Client(it), Event::Verb { verb, words }) => {
                if let Ok(wish) = lab::read_wish(&verb, &words) {
                    let there = wish.to.is_none_or(|to| context.settings().keeps_board(to));
                    it.on_wish(client::Wish { to: wish.to.filter(|_| there), ..wish }, context);
                }
            }
            _ => {}
        }
    }

    fn who(role: &str, cluster: &Cluster<'_, Self>) -> Option<ActorId> {
        let held = |actor: &Option<&Actor>| match actor {
            Some(Actor::Server(server)) => server.tenure().held().map(|held| held.epoch),
            _ => None,
        };
        let holders = cluster.actors.iter().filter_map(|(id, actor, _)| Some((held(actor)?, *id)));
        holders.max().map(|(_, id)| id).filter(|_| role == "holder")
    }

    fn quiet() -> &'static [&'static str] {
        &["load=off"]
    }

    fn by_hand(operation: &Operation) -> Option<String> {
        lab::by_hand(operation)
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
