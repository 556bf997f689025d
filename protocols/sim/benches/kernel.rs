//! Events per second of the kernel itself, with trace and digest on and notes off: the aims are 20 million for two nodes
//! that throw a ball to and fro, and 6 million for broadcasts among a hundred.

#[path = "../tests/support/mod.rs"]
mod support;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use serde::Serialize;
use sim::lab::{FaultClass, Invariant};
use sim::network::{Latency, Network, Profile};
use sim::protocol::Population;
use sim::{
    ActorId, Context, Event, Message, Moment, Parameter, Parameters, Protocol, Recorder, Recovery, Running,
    Span, Time, Trace, World,
};
use support::{NoFact, Silent, setup};

/// Events of one measured run.
const EVENTS: u64 = 200_000;

fn main() {
    divan::main();
}

/// Two nodes that throw a ball to and fro; a hundred that each tell all others now and then.
#[derive(Clone, Debug)]
struct Players;

#[derive(Clone, Debug, Serialize)]
enum Throw {
    Ball(u64),
    News(u64),
}

impl Message for Throw {
    fn kind(&self) -> &'static str {
        match self {
            Throw::Ball(_) => "ball",
            Throw::News(_) => "news",
        }
    }
    fn asks(&self) -> bool {
        true
    }
    fn label(&self) -> String {
        format!("{self:?}")
    }
}

#[derive(Clone, Debug, Default, Serialize)]
struct Player {
    caught: u64,
}

timers!(Timer: Tell = "tell");

const PARAMETERS: &[Parameter] = &[Parameter::count("nodes", 2, 2, 100, "nodes", "How many.")];

impl Protocol for Players {
    type Settings = u16;
    type Message = Throw;
    type Actor = Player;
    type Durable = ();
    type Write = ();
    type Timer = Timer;
    type Fact = NoFact;
    type Monitor = Silent;

    minimal!("players", parameters: PARAMETERS);

    fn invariants() -> &'static [Invariant] {
        &[]
    }
    fn faults(_: &Parameters) -> Vec<FaultClass> {
        Vec::new()
    }
    fn settings(parameters: &Parameters) -> u16 {
        parameters.count("nodes") as u16
    }
    fn population(nodes: &u16) -> Population {
        Population { nodes: *nodes, spares: 0, clients: 0 }
    }
    fn network(_: &u16) -> Network {
        let profile = Profile::clean(Latency::Uniform(Span::millis(1), Span::millis(5)));
        Network::flat(profile.clone(), profile)
    }
    fn sync_latency(_: &u16) -> (Span, Span) {
        (Span::ZERO, Span::ZERO)
    }
    fn apply_write((): &mut (), (): &()) {}
    fn start((): &(), _: Recovery, context: &mut Context<'_, Self>) -> Player {
        if *context.settings() > 2 {
            context.set_timer(Timer::Tell, Span::millis(u64::from(context.me().number())));
        } else if context.me().number() == 1 {
            context.send(ActorId::node(2), Throw::Ball(0));
        }
        Player::default()
    }
    fn handle(player: &mut Player, event: Event<Self>, context: &mut Context<'_, Self>) {
        match event {
            Event::Message { from, message: Throw::Ball(n) } => {
                player.caught += 1;
                context.send(from, Throw::Ball(n + 1));
            }
            Event::Message { message: Throw::News(n), .. } => player.caught = player.caught.max(n),
            Event::Timer(Timer::Tell) => {
                context.set_timer(Timer::Tell, Span::millis(100));
                for to in (1..=context.nodes()).map(ActorId::node) {
                    if to != context.me() {
                        context.send(to, Throw::News(player.caught + 1));
                    }
                }
            }
            _ => {}
        }
    }
}

fn run<P: Protocol>(bencher: Bencher<'_, '_>, set: &[&str], traced: bool) {
    bencher
        .counter(ItemsCount::new(EVENTS))
        .with_inputs(|| World::<P>::new(setup::<P>(1, set, &[])))
        .bench_local_values(|mut world| {
            let mut trace = Trace::default();
            let mut recorder = if traced { Recorder::into(&mut trace) } else { Recorder::silent() };
            let stop = world.advance(Moment::at(Time::MAX), EVENTS, &mut recorder);
            black_box((world.digest(), stop, trace))
        });
}

/// Two nodes, one message: the shortest way through the kernel.
#[divan::bench(args = [true, false])]
fn ping_pong(bencher: Bencher<'_, '_>, traced: bool) {
    run::<Players>(bencher, &["nodes=2"], traced);
}

/// A hundred nodes, thousands of messages on their way.
#[divan::bench(args = [true, false])]
fn broadcast(bencher: Bencher<'_, '_>, traced: bool) {
    run::<Players>(bencher, &["nodes=100"], traced);
}

/// Timers, syncs, work, losses: everything but a real protocol.
#[divan::bench(args = [true, false])]
fn chatter(bencher: Bencher<'_, '_>, traced: bool) {
    run::<support::chatter::Chatter>(bencher, &[], traced);
}

/// A copy of a cluster of a hundred with thousands of messages on their way: what a keyframe costs.
#[divan::bench]
fn fork(bencher: Bencher<'_, '_>) {
    let mut world = World::<Players>::new(setup::<Players>(1, &["nodes=100"], &[]));
    world.advance(Moment::at(Time::MAX), EVENTS, &mut Recorder::silent());
    bencher.bench_local(|| world.fork());
}
