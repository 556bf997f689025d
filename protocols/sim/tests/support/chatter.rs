//! Nodes that chatter: each asks another now and then, and answers when asked; whom and when is drawn. It uses the disk,
//! timers and randomness, and says what a change of one message changes elsewhere.

use super::{NoFact, Silent};
use serde::Serialize;
use sim::lab::{FaultClass, Invariant};
use sim::network::{Latency, Network, Profile};
use sim::protocol::Population;
use sim::{ActorId, Context, Event, Message, Parameter, Parameters, Protocol, Recovery, Span};

#[derive(Clone, Debug)]
pub struct Chatter;

#[derive(Clone, Debug, Serialize)]
pub enum Talk {
    Ask(u64),
    Answer(u64),
}

impl Message for Talk {
    fn kind(&self) -> &'static str {
        if self.asks() { "ask" } else { "answer" }
    }
    fn asks(&self) -> bool {
        matches!(self, Talk::Ask(_))
    }
    fn label(&self) -> String {
        format!("{self:?}")
    }
}

crate::timers!(Timer: Whim = "whim");

const PARAMETERS: &[Parameter] = &[Parameter::count("nodes", 5, 2, 200, "nodes", "How many.")];

#[derive(Clone, Debug, Default, Serialize)]
pub struct Talker {
    pub asked: u64,
    pub answered: u64,
}

fn set_whim(context: &mut Context<'_, Chatter>) {
    let after = Span(context.draw().between(1_000_000, 20_000_000));
    context.set_timer(Timer::Whim, after);
}

impl Protocol for Chatter {
    type Settings = u16;
    type Message = Talk;
    type Actor = Talker;
    type Durable = u64;
    type Write = u64;
    type Timer = Timer;
    type Fact = NoFact;
    type Monitor = Silent;

    crate::minimal!("chatter", parameters: PARAMETERS);

    fn invariants() -> &'static [Invariant] {
        &[]
    }
    fn faults(_: &Parameters) -> Vec<FaultClass> {
        let limit_ppb = 1_000_000;
        vec![
            FaultClass::Crash,
            FaultClass::Partition,
            FaultClass::OneWay,
            FaultClass::Loss,
            FaultClass::Duplication,
            FaultClass::Reordering,
            FaultClass::Delay,
            FaultClass::Pause,
            FaultClass::Slow,
            FaultClass::ClockDrift { limit_ppb },
            FaultClass::ClockStep,
            FaultClass::SlowDisk,
            FaultClass::FailingDisk,
            FaultClass::FullDisk,
        ]
    }
    fn settings(parameters: &Parameters) -> u16 {
        parameters.count("nodes") as u16
    }
    fn population(nodes: &u16) -> Population {
        Population { nodes: *nodes, spares: 0, clients: 0 }
    }
    fn network(_: &u16) -> Network {
        let latency = Latency::Exponential { min: Span::millis(1), mean: Span::millis(4) };
        let profile = Profile { loss: 100, duplicate: 100, reorder: 100, ..Profile::clean(latency) };
        Network::flat(profile.clone(), profile)
    }
    fn sync_latency(_: &u16) -> (Span, Span) {
        (Span::micros(500), Span::millis(3))
    }
    fn apply_write(durable: &mut u64, write: &u64) {
        *durable += write;
    }
    fn start(durable: &u64, _: Recovery, context: &mut Context<'_, Self>) -> Talker {
        set_whim(context);
        Talker { asked: *durable, answered: 0 }
    }
    fn handle(talker: &mut Talker, event: Event<Self>, context: &mut Context<'_, Self>) {
        match event {
            Event::Timer(Timer::Whim) => {
                talker.asked += 1;
                context.write(1);
                let sync = context.sync();
                let others = u64::from(context.nodes() - 1);
                let pick = context.draw().below(others) as u16 + 1;
                let whom = if pick < context.me().number() { pick } else { pick + 1 };
                context.send_after(sync, ActorId::node(whom), Talk::Ask(talker.asked));
                set_whim(context);
            }
            Event::Message { from, message: Talk::Ask(n) } => {
                context.work(Span::micros(200));
                context.send(from, Talk::Answer(n));
            }
            Event::Message { message: Talk::Answer(_), .. } => talker.answered += 1,
            Event::DiskFailed { .. } => {
                context.require(false, || "no disk".to_owned());
            }
            Event::Synced(_) | Event::Verb { .. } => {}
        }
    }
}
