//! A cluster of puppets: each does what a verb tells it, and keeps a list of what happened to it. With it a test says
//! exactly which message, write or timer meets which fault.
//!
//! `say n1 n2 WORD` sends a message, `cry` one of another kind, `store n1 WORD` writes and syncs, `scribble` only writes,
//! `vow n1 n2 WORD` writes, syncs and sends after the sync, `wait n1 20ms` sets a timer, `toil n1 20ms WORD` works and
//! then tells n2, `spin n1` sends to itself for ever, `doubt n1` requires what does not hold.

use super::{NoFact, Silent, verb};
use serde::Serialize;
use sim::lab::{FaultClass, Invariant, Verb};
use sim::network::{Latency, Network, Profile};
use sim::protocol::{Cluster, Population};
use sim::{ActorId, Context, Event, Message, Parameter, Parameters, Protocol, Recovery, Span};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub struct Puppets;

#[derive(Clone, Debug, Serialize)]
pub enum Speech {
    Say(Arc<str>),
    Cry(Arc<str>),
    Spin,
}

impl Message for Speech {
    fn kind(&self) -> &'static str {
        match self {
            Speech::Say(_) => "say",
            Speech::Cry(_) => "cry",
            Speech::Spin => "spin",
        }
    }
    fn asks(&self) -> bool {
        true
    }
    fn label(&self) -> String {
        format!("{self:?}")
    }
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub nodes: u16,
    profile: Profile,
    queue: u32,
    sync: Span,
}

/// What happened to a puppet, and when by its own monotonic clock (milliseconds).
#[derive(Clone, Debug, Serialize)]
pub struct Puppet {
    pub seen: Vec<(u64, String)>,
    pub recovered: String,
}

crate::timers!(Timer: Bell = "bell", Gong = "gong");

const PARAMETERS: &[Parameter] = &[
    Parameter::count("nodes", 4, 1, 200, "nodes", "How many."),
    Parameter::switch("stream", false, "Whether links keep order."),
    Parameter::switch("jitter", false, "Whether latency varies from 1 to 20 ms; 10 ms otherwise."),
    Parameter::count("loss", 0, 0, 10_000, "basis points", "Lost."),
    Parameter::count("duplicate", 0, 0, 10_000, "basis points", "Doubled."),
    Parameter::count("reorder", 0, 0, 10_000, "basis points", "Held up."),
    Parameter::count("bandwidth", 0, 0, 1_000_000, "bytes a second", "0 is unlimited."),
    Parameter::count("queue", 1_000, 1, 10_000, "events", "How many may wait."),
    Parameter::switch("live", false, "May change.").live(),
];

const VERBS: &[Verb] = &[
    verb("say", false),
    verb("cry", false),
    verb("store", false),
    verb("scribble", false),
    verb("vow", false),
    verb("wait", false),
    verb("toil", false),
    verb("spin", false),
    verb("doubt", false),
    verb("ask", true),
];

impl Puppet {
    fn note(&mut self, context: &Context<'_, Puppets>, what: String) {
        self.seen.push((context.monotonic().0 / 1_000_000, what));
    }
}

impl Protocol for Puppets {
    type Settings = Settings;
    type Message = Speech;
    type Actor = Puppet;
    type Durable = Vec<Arc<str>>;
    type Write = Arc<str>;
    type Timer = Timer;
    type Fact = NoFact;
    type Monitor = Silent;

    crate::minimal!("puppets", parameters: PARAMETERS, verbs: VERBS);

    fn invariants() -> &'static [Invariant] {
        &[]
    }
    fn faults(_: &Parameters) -> Vec<FaultClass> {
        vec![
            FaultClass::Crash,
            FaultClass::Partition,
            FaultClass::Loss,
            FaultClass::Pause,
            FaultClass::Slow,
            FaultClass::ClockDrift { limit_ppb: 1_000_000 },
            FaultClass::SlowDisk,
            FaultClass::FailingDisk,
        ]
    }
    fn lies() -> &'static [&'static str] {
        &["shout", "mute"]
    }
    fn timers() -> &'static [&'static str] {
        &["bell", "gong"]
    }
    fn roles() -> &'static [&'static str] {
        &["eldest"]
    }
    fn settings(parameters: &Parameters) -> Settings {
        let (low, high) = (Span::millis(1), Span::millis(20));
        let latency = if parameters.switch("jitter") {
            Latency::Uniform(low, high)
        } else {
            Latency::Fixed(Span::millis(10))
        };
        let count = |id| u32::try_from(parameters.count(id)).unwrap_or(0);
        let profile = Profile {
            loss: count("loss"),
            duplicate: count("duplicate"),
            reorder: count("reorder"),
            bandwidth: Some(u64::from(count("bandwidth"))).filter(|b| *b > 0),
            stream: parameters.switch("stream"),
            ..Profile::clean(latency)
        };
        Settings { nodes: count("nodes") as u16, profile, queue: count("queue"), sync: Span::millis(5) }
    }
    fn population(settings: &Settings) -> Population {
        Population { nodes: settings.nodes, spares: 1, clients: 1 }
    }
    fn network(settings: &Settings) -> Network {
        Network::flat(settings.profile.clone(), settings.profile.clone())
    }
    fn sync_latency(settings: &Settings) -> (Span, Span) {
        (settings.sync, settings.sync)
    }
    fn queue_limit(settings: &Settings) -> u32 {
        settings.queue
    }
    fn apply_write(durable: &mut Vec<Arc<str>>, write: &Arc<str>) {
        durable.push(Arc::clone(write));
    }
    fn check_verb(verb: &str, words: &[Arc<str>]) -> Result<(), String> {
        if verb == "say" && words.len() != 2 {
            Err("say to whom, and what: say n1 n2 hello".to_owned())
        } else {
            Ok(())
        }
    }
    fn who(_: &str, cluster: &Cluster<'_, Self>) -> Option<ActorId> {
        cluster.actors.iter().find(|(_, state, _)| state.is_some()).map(|(id, ..)| *id)
    }
    fn withholds(message: &Speech, how: &str, _: ActorId, _: u64) -> bool {
        how == "mute" && matches!(message, Speech::Say(_))
    }
    fn bend(message: &Speech, how: &str, _: ActorId, _: u64) -> Option<Speech> {
        match message {
            _ if how != "shout" => None,
            Speech::Say(word) => Some(Speech::Say(word.to_uppercase().into())),
            Speech::Cry(_) | Speech::Spin => None,
        }
    }

    fn start(durable: &Vec<Arc<str>>, recovery: Recovery, _: &mut Context<'_, Self>) -> Puppet {
        let torn = if recovery.torn { " torn" } else { "" };
        let corrupt = if recovery.corrupt { " corrupt" } else { "" };
        Puppet { seen: Vec::new(), recovered: format!("{}{torn}{corrupt}", durable.join(" ")) }
    }

    fn handle(puppet: &mut Puppet, event: Event<Self>, context: &mut Context<'_, Self>) {
        match event {
            Event::Message { message: Speech::Spin, .. } => context.send(context.me(), Speech::Spin),
            Event::Message { from, message: Speech::Say(word) | Speech::Cry(word) } => {
                puppet.note(context, format!("{from} {word}"));
            }
            Event::Timer(timer) => puppet.note(context, sim::protocol::Timer::name(timer).to_owned()),
            Event::Synced(id) => puppet.note(context, format!("synced {id}")),
            Event::DiskFailed { full } => {
                puppet.note(context, format!("disk failed{}", if full { ", full" } else { "" }))
            }
            Event::Verb { verb, words } => obey(puppet, &verb, &words, context),
        }
    }
}

fn obey(puppet: &mut Puppet, verb: &str, words: &[Arc<str>], context: &mut Context<'_, Puppets>) {
    let word = |at: usize| words.get(at).cloned().unwrap_or_default();
    let whom = || word(1).parse::<ActorId>().unwrap_or(ActorId::node(2));
    let span = || word(1).parse::<Span>().unwrap_or_default();
    match verb {
        "say" => context.send(whom(), Speech::Say(word(2))),
        "cry" => context.send(whom(), Speech::Cry(word(2))),
        "store" => {
            context.write(word(1));
            context.sync();
        }
        "scribble" => context.write(word(1)),
        "vow" => {
            context.write(word(2));
            let sync = context.sync();
            context.send_after(sync, whom(), Speech::Say(word(2)));
        }
        "wait" => context.set_timer(Timer::Bell, span()),
        "toil" => {
            puppet.note(context, format!("toils {}", word(2)));
            context.work(span());
            context.send(ActorId::node(2), Speech::Say(word(2)));
        }
        "spin" => context.send(context.me(), Speech::Spin),
        "doubt" => {
            context.require(false, || "it doubts".to_owned());
        }
        "ask" => context.send(ActorId::node(1), Speech::Say(word(0))),
        _ => {}
    }
}
