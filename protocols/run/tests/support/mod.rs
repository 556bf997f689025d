//! A lab small enough to be read at once, and busy enough to try playback on: `n1` keeps one value on its disk and sends
//! copies to the other nodes; clients write values of their own and read. One pothole: it says ok before the value is
//! on the disk.

#![allow(dead_code, reason = "each test program uses a part of this")]
#![allow(clippy::unwrap_used, missing_docs, reason = "a test")]

use serde::Serialize;
use sim::lab::{About, Claim, FaultClass, Invariant, Measure, Mode, Pothole, Verb};
use sim::network::{Latency, Network, Profile};
use sim::parameter::{Parameter, Parameters};
use sim::protocol::{Happening, Population, Report};
use sim::story::{Outcome, Rank, Role, Value};
use sim::view::ActorView;
use sim::{
    ActorId, Context, Event, Fact, LabOf, Message, Monitor, OperationId, Protocol, Recovery, Span, SyncId,
    Time, Trace,
};
use smallvec::{SmallVec, smallvec};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The lab.
pub static LAB: LabOf<Notebook> = LabOf::new();

#[derive(Clone, Debug)]
pub struct Notebook;

#[derive(Clone, Debug, Serialize)]
pub enum Talk {
    Put(u64, i64),
    Get(u64),
    Done(u64, Option<i64>),
    Copy(i64),
}

impl Message for Talk {
    fn kind(&self) -> &'static str {
        match self {
            Talk::Put(..) => "put",
            Talk::Get(_) => "get",
            Talk::Done(..) => "done",
            Talk::Copy(_) => "copy",
        }
    }
    fn asks(&self) -> bool {
        !matches!(self, Talk::Done(..))
    }
    fn label(&self) -> String {
        format!("{self:?}")
    }
    fn routine(&self) -> bool {
        matches!(self, Talk::Copy(_))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    Beat,
    Think,
    GiveUp,
}

impl sim::protocol::Timer for Timer {
    fn pack(self) -> u64 {
        self as u64
    }
    fn unpack(packed: u64) -> Self {
        match packed {
            0 => Timer::Beat,
            1 => Timer::Think,
            _ => Timer::GiveUp,
        }
    }
    fn name(self) -> &'static str {
        match self {
            Timer::Beat => "beat",
            Timer::Think => "think",
            Timer::GiveUp => "give-up",
        }
    }
    fn shown(self) -> bool {
        self == Timer::GiveUp
    }
}

#[derive(Clone, Debug, Serialize)]
pub enum Saying {
    Leads(u64),
    Acknowledged(i64),
}

impl Fact for Saying {
    fn name(&self) -> &'static str {
        match self {
            Saying::Leads(_) => "leads",
            Saying::Acknowledged(_) => "acknowledged",
        }
    }
    fn values(&self) -> SmallVec<[Value; 3]> {
        match self {
            Saying::Leads(n) => smallvec![Value::from(*n)],
            Saying::Acknowledged(n) => smallvec![Value::Int(*n)],
        }
    }
    fn role(&self) -> Option<Role> {
        match self {
            Saying::Leads(n) => Some(Role { rank: Rank::Leader, label: "keeper", version: *n }),
            Saying::Acknowledged(_) => None,
        }
    }
    fn sentence(&self, actor: ActorId) -> String {
        match self {
            Saying::Leads(n) => format!("{actor} keeps the value, for the {n}. time"),
            Saying::Acknowledged(n) => format!("{actor} says ok to {n}"),
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub enum Actor {
    Keeper { value: i64, waiting: BTreeMap<u64, (ActorId, u64, i64)> },
    Copier { value: i64 },
    Client { count: i64, next: u64, open: Option<(u64, OperationId)> },
}

#[derive(Clone, Debug)]
pub struct Settings {
    nodes: u16,
    clients: u16,
    loss: u32,
    early: bool,
}

#[derive(Clone, Default)]
pub struct Watch {
    acknowledged: Vec<i64>,
    starts: u32,
}

impl Monitor<Notebook> for Watch {
    fn new(_: &Settings, _: &Parameters) -> Self {
        Self::default()
    }
    fn observe(
        &mut self,
        _: Time,
        actor: ActorId,
        happening: &Happening<'_, Notebook>,
        state: Option<&Actor>,
        report: &mut Report,
    ) {
        match (happening, state) {
            (Happening::Fact(Saying::Acknowledged(n)), _) => self.acknowledged.push(*n),
            (Happening::Started, Some(Actor::Keeper { value, .. })) => {
                self.starts += 1;
                if self.starts > 1 {
                    report.reached(1);
                }
                // What is on the disk is the last acknowledged value or one that came after it.
                if let Some((last, earlier)) = self.acknowledged.split_last()
                    && (*value == 0 || (earlier.contains(value) && value != last))
                {
                    report.broken(0, format!("{actor} said ok to {last} and starts with {value}"));
                }
            }
            _ => {}
        }
    }
}

const PARAMETERS: &[Parameter] = &[
    Parameter::count("nodes", 3, 1, 9, "nodes", "How many."),
    Parameter::count("clients", 2, 1, 20, "clients", "How many."),
    Parameter::count("loss", 0, 0, 5_000, "basis points", "Of all messages lost."),
    Parameter::pothole("ack_early", "Says ok before the value is on the disk."),
];

const POTHOLES: &[Pothole] = &[Pothole {
    id: "ack_early",
    set: "ack_early=on",
    title: "ok before it is on the disk",
    breaks: &["linearizable", "no-lost-write", "what was acknowledged is kept"],
}];

fn think(context: &mut Context<'_, Notebook>) {
    let after = Span(context.draw().between(5_000_000, 30_000_000));
    context.set_timer(Timer::Think, after);
}

fn ask(actor: &mut Actor, wanted: Option<i64>, context: &mut Context<'_, Notebook>) {
    let Actor::Client { count, next, open } = actor else { return };
    if let Some((_, operation)) = open.take() {
        context.complete(operation, Outcome::Unknown, [], None);
    }
    *count += 1;
    *next += 1;
    let write = wanted.is_some() || context.draw().chance(5_000);
    let keeper = ActorId::node(1);
    let operation = if write {
        let value = wanted.unwrap_or(i64::from(context.me().number()) * 1_000_000 + *count);
        context.send(keeper, Talk::Put(*next, value));
        context.invoke("write", "", [Value::Int(value)], format!("write {value}"))
    } else {
        context.send(keeper, Talk::Get(*next));
        context.invoke("read", "", [], "read".to_owned())
    };
    *open = Some((*next, operation));
    context.set_timer(Timer::GiveUp, Span::millis(100));
}

impl Protocol for Notebook {
    type Settings = Settings;
    type Message = Talk;
    type Actor = Actor;
    type Durable = i64;
    type Write = i64;
    type Timer = Timer;
    type Fact = Saying;
    type Monitor = Watch;

    const ABOUT: About = About {
        id: "notebook",
        title: "Notebook",
        subtitle: "one value",
        family: "tests",
        source: "",
        summary: "",
        revision: 3,
        lesson: "",
        model: "register",
        version: "",
    };

    fn parameters() -> &'static [Parameter] {
        PARAMETERS
    }
    fn potholes() -> &'static [Pothole] {
        POTHOLES
    }
    fn invariants() -> &'static [Invariant] {
        &[
            Invariant { name: "what was acknowledged is kept", mode: Mode::Always, doc: "" },
            Invariant { name: "the keeper starts again", mode: Mode::Sometimes, doc: "" },
        ]
    }
    fn verbs() -> &'static [Verb] {
        &[Verb { name: "put", usage: "put CLIENT VALUE", doc: "Writes.", client: true }]
    }
    fn measures() -> &'static [Measure] {
        &[
            Measure { id: "answers", unit: "", doc: "Answered operations." },
            Measure { id: "nothing", unit: "", doc: "Never known." },
        ]
    }
    fn claims(_: &Parameters) -> Vec<Claim> {
        let stands = vec![
            FaultClass::Crash,
            FaultClass::Partition,
            FaultClass::Loss,
            FaultClass::Delay,
            FaultClass::Pause,
        ];
        let claim =
            |guarantee, within| Claim { guarantee, stands: stands.clone(), within, partial_heal: false };
        vec![
            claim("linearizable", None),
            claim("no-lost-write", None),
            claim("regular", None),
            claim("progress", Some(Span::millis(500))),
        ]
    }
    fn faults(_: &Parameters) -> Vec<FaultClass> {
        vec![FaultClass::Crash, FaultClass::Partition, FaultClass::Loss, FaultClass::Delay, FaultClass::Pause]
    }
    fn settings(parameters: &Parameters) -> Settings {
        Settings {
            nodes: parameters.count("nodes") as u16,
            clients: parameters.count("clients") as u16,
            loss: parameters.count("loss") as u32,
            early: parameters.switch("ack_early"),
        }
    }
    fn population(settings: &Settings) -> Population {
        Population { nodes: settings.nodes, spares: 0, clients: settings.clients }
    }
    fn network(settings: &Settings) -> Network {
        let latency = Latency::Uniform(Span::millis(1), Span::millis(4));
        let profile = Profile { loss: settings.loss, ..Profile::clean(latency) };
        Network::flat(profile.clone(), profile)
    }
    fn sync_latency(_: &Settings) -> (Span, Span) {
        (Span::millis(2), Span::millis(6))
    }
    fn apply_write(durable: &mut i64, write: &i64) {
        *durable = *write;
    }
    fn start(durable: &i64, recovery: Recovery, context: &mut Context<'_, Self>) -> Actor {
        match context.me() {
            me if me.is_client() => {
                think(context);
                Actor::Client { count: 0, next: 0, open: None }
            }
            me if me == ActorId::node(1) => {
                context.fact(Saying::Leads(u64::from(recovery.starts) + 1));
                context.set_timer(Timer::Beat, Span::millis(10));
                Actor::Keeper { value: *durable, waiting: BTreeMap::new() }
            }
            _ => Actor::Copier { value: *durable },
        }
    }
    fn handle(actor: &mut Actor, event: Event<Self>, context: &mut Context<'_, Self>) {
        match event {
            Event::Timer(Timer::Think) => ask(actor, None, context),
            Event::Timer(Timer::GiveUp) => {
                if let Actor::Client { open, .. } = actor {
                    if let Some((_, operation)) = open.take() {
                        context.complete(operation, Outcome::Unknown, [], None);
                    }
                    think(context);
                }
            }
            Event::Timer(Timer::Beat) => {
                if let Actor::Keeper { value, .. } = actor {
                    for other in 2..=context.nodes() {
                        context.send(ActorId::node(other), Talk::Copy(*value));
                    }
                    context.set_timer(Timer::Beat, Span::millis(10));
                }
            }
            Event::Message { from, message } => on_message(actor, from, message, context),
            Event::Synced(id) => on_synced(actor, id, context),
            Event::Verb { words, .. } => {
                let value = words.first().and_then(|word| word.parse().ok()).unwrap_or(-1);
                ask(actor, Some(value), context);
            }
            Event::DiskFailed { .. } => {
                context.require(false, || "no disk".to_owned());
            }
        }
    }
    fn view(_: ActorId, state: Option<&Actor>, durable: &i64, view: &mut ActorView) {
        match state {
            Some(Actor::Keeper { value, .. } | Actor::Copier { value }) => {
                view.field("value", "value", value, "acknowledged");
                view.field("disk", "disk", durable, "");
            }
            Some(Actor::Client { count, open, .. }) => {
                view.field("count", "asked", count, "");
                view.field("open", "open", open.is_some(), "");
            }
            None => {}
        }
    }
    fn measure(trace: &Trace, _: Time) -> Vec<f64> {
        vec![trace.story.operations.iter().filter(|o| o.outcome == Outcome::Ok).count() as f64, f64::NAN]
    }
    fn check_verb(_: &str, words: &[Arc<str>]) -> Result<(), String> {
        match words {
            [value] if value.parse::<i64>().is_ok() => Ok(()),
            _ => Err("a number".to_owned()),
        }
    }
}

fn on_message(actor: &mut Actor, from: ActorId, message: Talk, context: &mut Context<'_, Notebook>) {
    match (actor, message) {
        (Actor::Keeper { value, waiting }, Talk::Put(request, new)) => {
            *value = new;
            context.write(new);
            let sync = context.sync();
            if context.settings().early {
                context.note(|| format!("ok to {new} before sync {}", sync.0));
                context.fact(Saying::Acknowledged(new));
                context.send(from, Talk::Done(request, None));
            } else {
                context.note(|| format!("{new} waits for sync {}", sync.0));
                waiting.insert(sync.0, (from, request, new));
            }
        }
        // A read waits for what it saw to be on the disk, or it would promise more than is kept.
        (Actor::Keeper { value, waiting }, Talk::Get(request)) => {
            if waiting.is_empty() {
                context.send(from, Talk::Done(request, Some(*value)));
            } else {
                let (sync, value) = (context.sync(), *value);
                context.send_after(sync, from, Talk::Done(request, Some(value)));
            }
        }
        (Actor::Copier { value }, Talk::Copy(new)) => *value = new,
        (actor @ Actor::Client { .. }, Talk::Done(request, seen)) => {
            let Actor::Client { open, .. } = actor else { return };
            if let Some((_, operation)) = open.take_if(|(asked, _)| *asked == request) {
                let output = seen.map(|n| if n == 0 { Value::Nil } else { Value::Int(n) });
                context.complete(operation, Outcome::Ok, output, Some(from));
                context.cancel_timer(Timer::GiveUp);
                think(context);
            }
        }
        _ => {}
    }
}

fn on_synced(actor: &mut Actor, id: SyncId, context: &mut Context<'_, Notebook>) {
    let Actor::Keeper { waiting, .. } = actor else { return };
    if let Some((client, request, value)) = waiting.remove(&id.0) {
        context.fact(Saying::Acknowledged(value));
        context.send(client, Talk::Done(request, None));
    }
}
