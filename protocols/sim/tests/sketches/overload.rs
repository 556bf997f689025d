//! An overloaded service (Bronson et al., "Metastable Failures in Distributed Systems", HotOS 2021): a server that needs
//! 4 ms a request, clients that retry what takes too long. A short slowness fills the queue; with retries the server
//! goes on answering many who have left, long after the cause is gone.

use crate::support::{NoFact, Run, Silent};
use serde::Serialize;
use sim::lab::{FaultClass, Invariant};
use sim::network::{Latency, Network, Profile};
use sim::protocol::Population;
use sim::story::{ArrowEnd, Outcome};
use sim::{
    ActorId, Context, Event, Message, OperationId, Parameter, Parameters, Protocol, Recovery, Running, Span,
};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
struct Service;

#[derive(Clone, Copy, Debug, Serialize)]
enum Call {
    Request(u64),
    Reply(u64),
}

impl Message for Call {
    fn kind(&self) -> &'static str {
        if self.asks() { "request" } else { "reply" }
    }
    fn asks(&self) -> bool {
        matches!(self, Call::Request(_))
    }
    fn label(&self) -> String {
        self.kind().to_owned()
    }
}

/// A timer with content: the tick of a client, or the patience for one of its operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Timer {
    Tick,
    Patience(u64),
}

impl sim::protocol::Timer for Timer {
    fn pack(self) -> u64 {
        match self {
            Timer::Tick => u64::MAX,
            Timer::Patience(id) => id,
        }
    }
    fn unpack(packed: u64) -> Self {
        if packed == u64::MAX { Timer::Tick } else { Timer::Patience(packed) }
    }
    fn name(self) -> &'static str {
        match self {
            Timer::Tick => "tick",
            Timer::Patience(_) => "patience",
        }
    }
}

#[derive(Clone, Debug, Default, Serialize)]
struct State {
    /// A client's open operations, and how often each was sent.
    open: BTreeMap<u64, u32>,
    served: u64,
}

const PARAMETERS: &[Parameter] = &[
    Parameter::count("retries", 0, 0, 10, "times", "How often a client asks again.").live(),
    Parameter::count("queue", 50, 1, 1_000, "requests", "How many may wait."),
];

#[derive(Clone, Copy, Debug)]
struct Settings {
    retries: u32,
    queue: u32,
}

const PATIENCE: Span = Span::millis(60);

impl Protocol for Service {
    type Settings = Settings;
    type Message = Call;
    type Actor = State;
    type Durable = ();
    type Write = ();
    type Timer = Timer;
    type Fact = NoFact;
    type Monitor = Silent;

    crate::minimal!("service", parameters: PARAMETERS);

    fn invariants() -> &'static [Invariant] {
        &[]
    }
    fn faults(_: &Parameters) -> Vec<FaultClass> {
        vec![FaultClass::Slow]
    }
    fn settings(parameters: &Parameters) -> Settings {
        let count = |id| parameters.count(id) as u32;
        Settings { retries: count("retries"), queue: count("queue") }
    }
    fn population(_: &Settings) -> Population {
        Population { nodes: 1, spares: 0, clients: 4 }
    }
    fn network(_: &Settings) -> Network {
        let profile = Profile::clean(Latency::Fixed(Span::millis(1)));
        Network::flat(profile.clone(), profile)
    }
    fn sync_latency(_: &Settings) -> (Span, Span) {
        (Span::ZERO, Span::ZERO)
    }
    fn queue_limit(settings: &Settings) -> u32 {
        settings.queue
    }
    fn apply_write((): &mut (), (): &()) {}

    fn start((): &(), _: Recovery, context: &mut Context<'_, Self>) -> State {
        if context.me().is_client() {
            context.set_timer(Timer::Tick, Span::millis(u64::from(context.me().number())));
        }
        State::default()
    }

    fn handle(state: &mut State, event: Event<Self>, context: &mut Context<'_, Self>) {
        match event {
            Event::Message { from, message: Call::Request(id) } => {
                context.work(Span::millis(4));
                state.served += 1;
                context.send(from, Call::Reply(id));
            }
            Event::Message { from, message: Call::Reply(id) } => {
                let Some(_) = state.open.remove(&id) else { return };
                context.cancel_timer(Timer::Patience(id));
                context.complete(OperationId(id), Outcome::Ok, [], Some(from));
            }
            // Each client asks every 20 ms: 200 requests a second, of the 250 that can be served.
            Event::Timer(Timer::Tick) => {
                let operation = context.invoke("read", "x", [], "read".to_owned());
                state.open.insert(operation.0, 0);
                request(operation.0, context);
                context.set_timer(Timer::Tick, Span::millis(20));
            }
            Event::Timer(Timer::Patience(id)) => {
                let Some(sent) = state.open.get_mut(&id) else { return };
                *sent += 1;
                if *sent <= context.settings().retries {
                    request(id, context);
                } else {
                    state.open.remove(&id);
                    context.complete(OperationId(id), Outcome::Unknown, [], None);
                }
            }
            _ => {}
        }
    }
}

fn request(id: u64, context: &mut Context<'_, Service>) {
    context.send(ActorId::node(1), Call::Request(id));
    context.set_timer(Timer::Patience(id), PATIENCE);
}

/// Of the operations begun in the last second of four, how many in a hundred were answered; the server is slow from 1 s to 1.3 s.
fn goodput(set: &[&str], commands: &[&str]) -> (usize, Run<Service>) {
    let commands = [commands, &["1s slow n1 10x for 300ms"]].concat();
    let run: Run<Service> = Run::new(set, &commands).after(4_000);
    let late =
        run.trace.story.operations.iter().filter(|o| (3_000..3_900).contains(&(o.invoked.0 / 1_000_000)));
    let (ok, all) = late.fold((0, 0), |(ok, all), o| (ok + usize::from(o.outcome == Outcome::Ok), all + 1));
    (ok * 100 / all, run)
}

#[test]
fn without_retries_the_service_recovers_from_a_slowness() {
    let (percent, run) = goodput(&[], &[]);
    assert_eq!(percent, 100);
    assert!(
        run.trace.story.operations.iter().any(|o| o.outcome == Outcome::Unknown),
        "some were given up meanwhile"
    );
}

#[test]
fn with_retries_it_stays_down_though_the_cause_is_gone() {
    let (percent, run) = goodput(&["retries=5"], &[]);
    assert!(percent < 40, "{percent} % still answered in time");
    assert!(run.world.view().actors[0].queue >= 40, "the queue stays full");
    assert!(run.trace.story.arrows.iter().any(|arrow| arrow.end == ArrowEnd::QueueFull), "and is bounded");
    let (mended, _) = goodput(&["retries=5"], &["2s set retries=0"]);
    assert_eq!(mended, 100, "fewer retries, not a faster server, mend it");
}
