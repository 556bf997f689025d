//! What tests of the kernel share: the many items of a protocol that a small one has nothing to say about, and a run
//! that is started, advanced and asked in one line each.

#![allow(dead_code, reason = "each test program uses a part of this")]
#![allow(unused_imports, unused_macros, reason = "as above")]

pub mod chatter;
pub mod puppet;

use sim::chaos::Level;
use sim::command::parse_timed;
use sim::lab::{Setup, Stop};
use sim::protocol::{Happening, Report};
use sim::trace::EventKind;
use sim::{
    ActorId, Event, Fact, Moment, Monitor, Parameters, Protocol, Recorder, Running, Time, TimedCommand,
    Trace, World,
};
use std::sync::Arc;

/// Watches nothing.
#[derive(Clone)]
pub struct Silent;

impl<P: Protocol> Monitor<P> for Silent {
    fn new(_: &P::Settings, _: &Parameters) -> Self {
        Silent
    }
    fn observe(&mut self, _: Time, _: ActorId, _: &Happening<'_, P>, _: Option<&P::Actor>, _: &mut Report) {}
}

/// States nothing.
#[derive(Clone, Debug, serde::Serialize)]
pub enum NoFact {}

impl Fact for NoFact {
    fn name(&self) -> &'static str {
        match *self {}
    }
    fn values(&self) -> smallvec::SmallVec<[sim::story::Value; 3]> {
        match *self {}
    }
    fn sentence(&self, _: ActorId) -> String {
        match *self {}
    }
}

/// The first of two, where there is one.
#[macro_export]
macro_rules! first {
    (, $other:expr) => {
        $other
    };
    ($one:expr, $other:expr) => {
        $one
    };
}

/// What a protocol must say about itself as a lab, for one that has little to say. Parameters, verbs and lies are given
/// where there are any.
#[macro_export]
macro_rules! minimal {
    ($id:literal $(, parameters: $parameters:expr)? $(, verbs: $verbs:expr)?) => {
        const ABOUT: sim::lab::About = sim::lab::About {
            id: $id,
            title: $id,
            subtitle: "a sketch",
            family: "sketches",
            source: "",
            summary: "",
            revision: 1,
            lesson: "",
            model: "",
            version: "",
        };
        fn parameters() -> &'static [sim::Parameter] {
            $crate::first!($($parameters)? , &[])
        }
        fn potholes() -> &'static [sim::lab::Pothole] {
            &[]
        }
        fn verbs() -> &'static [sim::lab::Verb] {
            $crate::first!($($verbs)? , &[])
        }
        fn measures() -> &'static [sim::lab::Measure] {
            &[]
        }
        fn claims(_: &sim::Parameters) -> Vec<sim::lab::Claim> {
            Vec::new()
        }
        fn measure(_: &sim::Trace, _: sim::Time) -> Vec<f64> {
            Vec::new()
        }
        fn view(_: sim::ActorId, _: Option<&Self::Actor>, _: &Self::Durable, _: &mut sim::view::ActorView) {}
    };
}

/// Timers without content: `timers!(Timer: Beat = "beat", Retry = "retry")`.
#[macro_export]
macro_rules! timers {
    ($name:ident: $($timer:ident = $word:literal),+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[doc = "The timers."]
        pub enum $name {
            $(#[doc = $word] $timer),+
        }
        impl sim::protocol::Timer for $name {
            fn pack(self) -> u64 {
                self as u64
            }
            fn unpack(packed: u64) -> Self {
                [$($name::$timer),+][packed as usize]
            }
            fn name(self) -> &'static str {
                match self {
                    $($name::$timer => $word),+
                }
            }
        }
    };
}

/// A verb for a node.
pub const fn verb(name: &'static str, client: bool) -> sim::lab::Verb {
    sim::lab::Verb { name, usage: "", doc: "", client }
}

/// A cluster, and what happened in it.
#[derive(Clone)]
pub struct Run<P: Protocol> {
    pub world: World<P>,
    pub trace: Trace,
}

/// How a run begins: parameters as `PARAM=VALUE`, commands as `TIME COMMAND`.
pub fn setup<P: Protocol>(seed: u64, set: &[&str], commands: &[&str]) -> Setup {
    let mut parameters = Parameters::defaults(P::parameters());
    for assignment in set {
        parameters.assign(assignment).unwrap_or_else(|why| panic!("{assignment}: {why}"));
    }
    Setup { parameters, seed, chaos: Level::None, end: Time::millis(60_000), commands: list(commands) }
}

/// Commands from text. Those at `0s` stand after everybody has started: before, there is nobody to do anything to.
pub fn list(commands: &[&str]) -> Arc<[TimedCommand]> {
    let parsed = commands.iter().map(|text| parse_timed(text).unwrap_or_else(|why| panic!("{text}: {why}")));
    let mut commands: Vec<TimedCommand> = parsed.collect();
    for timed in &mut commands {
        if timed.at == Moment::START {
            timed.at = Moment::end_of(Time::ZERO);
        }
    }
    commands.sort_by_key(|timed| timed.at);
    commands.into()
}

impl<P: Protocol> Run<P> {
    pub fn new(set: &[&str], commands: &[&str]) -> Self {
        Self::of(setup::<P>(1, set, commands))
    }

    pub fn of(setup: Setup) -> Self {
        Self { world: World::new(setup), trace: Trace::default() }
    }

    /// On to the end of this millisecond.
    pub fn to(&mut self, millis: u64) -> Stop {
        self.world.advance(
            Moment::end_of(Time::millis(millis)),
            10_000_000,
            &mut Recorder::into(&mut self.trace),
        )
    }

    pub fn after(mut self, millis: u64) -> Self {
        self.to(millis);
        self
    }

    /// How messages ended, by the words of the time line, in the order they were sent.
    pub fn ends(&self) -> Vec<&'static str> {
        self.trace.story.arrows.iter().map(|arrow| arrow.end.words()).collect()
    }

    /// The commands that found nothing to do.
    pub fn idle_commands(&self) -> Vec<String> {
        self.trace.story.marks.iter().filter(|m| m.nothing_to_do).map(|m| m.text.to_string()).collect()
    }

    /// When messages were handled, in milliseconds.
    pub fn deliveries(&self) -> Vec<u64> {
        let delivered = self.trace.events.iter().filter(|e| matches!(e.kind, EventKind::Deliver(_)));
        delivered.map(|e| e.at.0 / 1_000_000).collect()
    }
}
