//! Two outages as runs: an index that everybody needs, restarted all at once (S3, 28 February 2017), and asked by everybody
//! at once (DynamoDB, 20 September 2015).
//!
//! A storage server may serve only as long as it knows what it belongs to, and knows it from an index. As long as all is
//! well that is a question every few seconds. What makes it dangerous is what happens when it is not: all lose their
//! answers together, all ask together, the line at the index is longer than anybody's patience, each answer comes to
//! somebody who has given up and asked again. The cause may be gone by then. The outage stays, for it feeds itself.
//!
//! # The index                                    [`server::IndexServer`]
//! Loads before it answers, which takes its time: in S3's outage the index had not been restarted for years, and grew so
//! large meanwhile that this took hours.
//!
//! # Storage servers                              [`storage::Storage`]
//! Ask, wait, ask again after a pause. In DynamoDB's outage they asked again and again, and the answers had grown since the
//! time-outs were chosen (the parameter `cost`), so that one blip of the network was enough; it ended when the questions
//! were held back by hand (`shed=on`, or a longer `backoff`, during a run).
//!
//! # The console                                  [`console::Console`]
//! Restarts index servers one after the other. The command that began S3's outage took out more servers than was meant, so
//! that the whole of the index had to be restarted, with everybody waiting for it.
//!
//! # Left out
//! What the index holds, and that it is cut into parts (S3 has since cut it into smaller cells, which load faster; here that
//! is a shorter `load`); S3's placement subsystem, which depends on the index and came back after it; growing the index's
//! capacity in the middle of an outage.

mod client;
pub mod console;
pub mod fact;
pub mod invariants;
mod lab;
mod measure;
pub mod message;
pub mod monitor;
pub mod server;
pub mod settings;
pub mod storage;
mod view;

use client::Client;
use console::Console;
use fact::Fact;
use message::{Hard, Message, Ordered};
use serde::Serialize;
use server::IndexServer;
use settings::Settings;
use sim::figure::Plot;
use sim::lab::{About, Arrangement, Claim, FaultClass, Invariant, Measure, Pothole, Verb};
use sim::network::Network;
use sim::parameter::{Parameter, Parameters};
use sim::protocol::{Cluster, Population, Protocol, Recovery};
use sim::story::Operation;
use sim::view::{ActorView, Strip};
use sim::{ActorId, LabOf, Span, Time, Trace};
use std::sync::Arc;
use storage::Storage;

/// The lab.
pub static LAB: LabOf<Index> = LabOf::new();

/// Storage servers that need an index.
#[derive(Clone, Debug)]
pub struct Index;

type Context<'a> = sim::Context<'a, Index>;
type Event = sim::Event<Index>;

/// The console, an index server, a storage server or a client.
#[derive(Clone, Debug, Serialize)]
pub enum Actor {
    /// Orders restarts.
    Console(Box<Console>),
    /// Answers questions.
    Index(Box<IndexServer>),
    /// Serves clients.
    Storage(Box<Storage>),
    /// Asks.
    Client(Box<Client>),
}

/// Timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Time for orders and reports.
    Pace,
    /// An index server has loaded its index.
    Load,
    /// An index server has worked out an answer.
    Answer,
    /// A storage server asks.
    Ask,
    /// A storage server has waited long enough.
    Patience,
    /// What a storage server knows is no longer good.
    Expire,
    /// A client asks of its own accord.
    Think,
    /// It asks somebody else.
    Retry,
    /// It gives up.
    GiveUp,
}

const TIMERS: [(Timer, &str); 9] = [
    (Timer::Pace, "pace"),
    (Timer::Load, "load"),
    (Timer::Answer, "answer"),
    (Timer::Ask, "ask"),
    (Timer::Patience, "patience"),
    (Timer::Expire, "expire"),
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
        TIMERS.get(at).map_or(Timer::Pace, |(timer, _)| *timer)
    }

    fn name(self) -> &'static str {
        TIMERS[self.place()].1
    }

    fn shown(self) -> bool {
        matches!(self, Timer::Load | Timer::Expire)
    }
}

impl Protocol for Index {
    type Settings = Settings;
    type Message = Message;
    type Actor = Actor;
    type Durable = Hard;
    type Write = Ordered;
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
                TIMERS[8].1,
            ]
        }
    }

    fn settings(parameters: &Parameters) -> Settings {
        Settings::of(parameters)
    }

    fn population(settings: &Settings) -> Population {
        Population { nodes: 1 + settings.index + settings.storage, spares: 0, clients: settings.clients }
    }

    fn network(settings: &Settings) -> Network {
        settings.network()
    }

    fn sync_latency(_settings: &Settings) -> (Span, Span) {
        (Span::millis(2), Span::millis(8))
    }

    fn apply_write(durable: &mut Hard, write: &Ordered) {
        durable.ordered = Some(*write);
    }

    fn start(hard: &Hard, recovery: Recovery, context: &mut Context<'_>) -> Actor {
        let me = context.me();
        if me.is_client() {
            Actor::Client(Box::new(Client::start(context)))
        } else if me == Settings::CONSOLE {
            Actor::Console(Box::new(Console::start(hard, context)))
        } else if context.settings().is_index(me) {
            Actor::Index(Box::new(IndexServer::start(recovery.starts, context)))
        } else {
            Actor::Storage(Box::new(Storage::start(recovery.starts, context)))
        }
    }

    fn handle(actor: &mut Actor, event: Event, context: &mut Context<'_>) {
        match (actor, event) {
            (Actor::Client(client), event) => client.handle(event, context),
            (_, Event::DiskFailed { .. }) => {
                context.require(false, || "the disk failed: the last order may not be on it".to_owned());
            }
            (
                Actor::Console(console),
                Event::Message { from, message: Message::Report { serving, order } },
            ) => {
                console.on_report(from, serving, order, context);
            }
            (Actor::Console(console), Event::Timer(_)) => console.on_pace(context),
            (Actor::Console(console), Event::Synced(sync)) => console.on_synced(sync),
            (Actor::Console(console), Event::Verb { verb, words }) if &*verb == "refresh" => {
                if let Some(Ok(node)) = words.first().map(|word| word.parse()) {
                    console.on_refresh(node, context);
                }
            }
            (Actor::Index(server), Event::Message { from, message: Message::Ask { number } }) => {
                server.on_ask(from, number, context);
            }
            (Actor::Index(server), Event::Message { message: Message::Restart { order }, .. }) => {
                server.on_restart(order, context);
            }
            (Actor::Index(server), Event::Timer(timer)) => server.on_timer(timer, context),
            (Actor::Storage(storage), Event::Message { from, message: Message::Answer { number } }) => {
                storage.on_answer(from, number, context);
            }
            (Actor::Storage(storage), Event::Message { from, message: Message::Get { number } }) => {
                storage.on_get(from, number, context);
            }
            (Actor::Storage(storage), Event::Timer(timer)) => storage.on_timer(timer, context),
            _ => {}
        }
    }

    /// Orders are for the console, whomever they are about.
    fn addressee(verb: &str, who: ActorId, _cluster: &Cluster<'_, Self>) -> Option<ActorId> {
        Some(if verb == "refresh" { Settings::CONSOLE } else { who })
    }

    fn quiet() -> &'static [&'static str] {
        &["requests=off"]
    }

    fn by_hand(operation: &Operation) -> Option<String> {
        Some(format!("get {}", operation.client))
    }

    fn check_verb(verb: &str, words: &[Arc<str>]) -> Result<(), String> {
        match verb {
            "refresh" if words.is_empty() => Ok(()),
            "refresh" => Err("write refresh n2".to_owned()),
            _ => client::check_get(words),
        }
    }

    fn view(_actor: ActorId, state: Option<&Actor>, _durable: &Hard, view: &mut ActorView) {
        view::fill(state, view);
    }

    fn strips(cluster: &Cluster<'_, Self>) -> Vec<Strip> {
        view::strips(cluster)
    }

    /// Clients, storage servers, the index, the console: as questions go.
    fn arrangement(settings: &Settings) -> Arrangement {
        let clients = (1..=settings.clients).map(ActorId::client).collect();
        let (storage, index) = (settings.storage().collect(), settings.index().collect());
        Arrangement::Columns(vec![clients, storage, index, vec![Settings::CONSOLE]])
    }

    fn plots() -> &'static [Plot] {
        lab::PLOTS
    }

    fn measure(trace: &Trace, end: Time) -> Vec<f64> {
        measure::measure(trace, end)
    }

    fn scan(cluster: &Cluster<'_, Self>) -> Vec<(usize, String)> {
        monitor::scan(cluster)
    }
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
