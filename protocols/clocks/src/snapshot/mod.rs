//! A picture of a system that does not stand still (Chandy and Lamport 1985, "the paper").
//!
//! How much money is there in all? Asking every node what it has is easy, and wrong: money on its way is in no account, or
//! in two. Stopping everybody is right, and nobody wants to stop. Hard is to take the picture while all go on, at moments
//! that differ from node to node, and still get one that *might* have been.
//!
//! # Channels ([`channel`]; the paper, section 2)
//! Reliable and in order, as the paper takes them to be. Here they are made of numbers, answers and sending again, on a
//! network that loses, doubles and shuffles.
//!
//! # The rules ([`branch`]; the paper, section 3.1)
//! Record, send markers before anything else; what comes on a channel between one's own recording and its marker was on its
//! way. Every node sends its part to whoever began. Several snapshots may be on their way, each with markers of its own.
//!
//! # What it shows (the paper, section 4.3)
//! Perhaps no instant at which all accounts held that together; but nothing in it came before it was sent, and it leads
//! from what was when it began to what was when it ended. So what it shows of things that stay true is true.
//!
//! # Left out
//! Crashes: the paper's processes have none, and nodes here have no disk. Detecting stable properties (section 5) other than
//! the sum of all money. Channels that do not keep order (Lai and Yang 1987), which need colours instead of markers.

pub mod branch;
pub mod channel;
mod client;
mod fact;
mod figures;
pub mod invariants;
mod lab;
mod measure;
pub mod message;
pub mod monitor;
mod scan;
pub mod settings;
mod view;

use branch::Branch;
use client::Client;
pub use fact::Fact;
use message::Message;
use serde::Serialize;
use settings::Settings;
use sim::figure::{Figure, Plot};
use sim::lab::{About, Claim, FaultClass, Invariant, Measure, Pothole, Verb};
use sim::network::Network;
use sim::parameter::{Parameter, Parameters};
use sim::protocol::{Cluster, Population, Protocol, Recovery};
use sim::story::Operation;
use sim::view::{ActorView, Strip};
use sim::{ActorId, LabOf, Span, Time, Trace};
use std::sync::Arc;

/// The lab.
pub static LAB: LabOf<Moving> = LabOf::new();

/// Money that moves, and pictures of it.
#[derive(Clone, Debug)]
pub struct Moving;

type Context<'a> = sim::Context<'a, Moving>;
type Event = sim::Event<Moving>;

/// A node or a client.
#[derive(Clone, Debug, Serialize)]
pub enum Actor {
    /// Keeps an account.
    Branch(Box<Branch>),
    /// Asks.
    Client(Box<Client>),
}

/// Timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// What is not known to have arrived is sent again.
    Resend,
    /// Markers are sent, late.
    Late,
    /// A client's next request of its own.
    Think,
    /// A client has waited long enough to ask again.
    Retry,
    /// A client has waited long enough.
    GiveUp,
}

const TIMERS: [(Timer, &str); 5] = [
    (Timer::Resend, "resend"),
    (Timer::Late, "late"),
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
        TIMERS.get(at).map_or(Timer::Resend, |(timer, _)| *timer)
    }

    fn name(self) -> &'static str {
        TIMERS[self.place()].1
    }
}

impl Protocol for Moving {
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
        const { &[TIMERS[0].1, TIMERS[1].1, TIMERS[2].1, TIMERS[3].1, TIMERS[4].1] }
    }

    fn settings(parameters: &Parameters) -> Settings {
        Settings::of(parameters)
    }

    fn population(settings: &Settings) -> Population {
        Population { nodes: settings.nodes, spares: 0, clients: settings.clients }
    }

    fn network(settings: &Settings) -> Network {
        settings.network()
    }

    fn sync_latency(_: &Settings) -> (Span, Span) {
        (Span::ZERO, Span::ZERO)
    }

    fn apply_write(_: &mut (), _: &()) {}

    fn start(_: &(), _: Recovery, context: &mut Context<'_>) -> Actor {
        if context.me().is_client() {
            Actor::Client(Box::new(Client::start(context)))
        } else {
            Actor::Branch(Box::new(Branch::start(context)))
        }
    }

    fn handle(actor: &mut Actor, event: Event, context: &mut Context<'_>) {
        if context.me().is_node() {
            context.work(context.settings().work);
        }
        match (actor, event) {
            (Actor::Branch(it), Event::Message { from, message }) => it.on_message(from, message, context),
            (Actor::Branch(it), Event::Timer(timer)) => it.on_timer(timer, context),
            (Actor::Client(it), Event::Message { from, message: Message::Reply { number, answer } }) => {
                it.on_reply(from, number, answer, context);
            }
            (Actor::Client(it), Event::Timer(timer)) => it.on_timer(timer, context),
            (Actor::Client(it), Event::Verb { verb, words }) => {
                if let Ok(wish) = lab::read_wish(&verb, &words) {
                    let nodes = context.settings().nodes;
                    it.on_wish(
                        client::Wish { node: wish.node.filter(|node| node.number() <= nodes), ..wish },
                        context,
                    );
                }
            }
            _ => {}
        }
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

    fn view(actor: ActorId, state: Option<&Actor>, _: &(), view: &mut ActorView) {
        view::fill(actor, state, view);
    }

    fn strips(cluster: &Cluster<'_, Self>) -> Vec<Strip> {
        view::strips(cluster)
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
