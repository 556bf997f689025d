//! A lab, erased: what everything above the kernel sees. [`LabOf`] makes a [`Lab`] of any [`Protocol`];
//! [`Lab::start`] gives a [`Running`] cluster.

use crate::chaos::Level;
use crate::command::{BadCommand, Command, TimedCommand};
use crate::figure::{Figure, Plot};
use crate::ids::{ActorId, EventId, MessageId};
use crate::parameter::{Parameter, Parameters};
use crate::protocol::{Population, Protocol};
use crate::story::Operation;
use crate::time::{Moment, Span, Time};
use crate::trace::{Recorder, Trace};
use crate::view::View;
use crate::world::World;
use std::marker::PhantomData;
use std::sync::Arc;

/// What a lab is.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name in commands and links: `raft`.
    pub id: &'static str,
    /// `Raft`
    pub title: &'static str,
    /// What runs on it: `key-value store`.
    pub subtitle: &'static str,
    /// `consensus`
    pub family: &'static str,
    /// Paper and place.
    pub source: &'static str,
    /// What it is, in two sentences.
    pub summary: &'static str,
    /// Grows when the same run would give another trace.
    pub revision: u32,
    /// The lesson to begin with; empty where there is none.
    pub lesson: &'static str,
    /// The model its history is judged by, as `COMMANDS` names them: `kv`.
    pub model: &'static str,
    /// What a role's version is called here: `term`, `view`, `epoch`; empty where roles have none.
    pub version: &'static str,
}

/// How actors stand on the canvas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Arrangement {
    /// Nodes on an ellipse, clients around it.
    #[default]
    Circle,
    /// In columns from left to right, as calls go: clients, a gateway, services, a store. Who is not named stands last.
    Columns(Vec<Vec<ActorId>>),
}

/// A switch that puts a classic mistake in.
#[derive(Clone, Copy, Debug)]
pub struct Pothole {
    /// The parameter it is.
    pub id: &'static str,
    /// The assignment that suffices alone: `ack_before_fsync=on`.
    pub set: &'static str,
    /// `acknowledge before fsync`
    pub title: &'static str,
    /// The guarantees and invariants it breaks.
    pub breaks: &'static [&'static str],
}

/// Whether an invariant must hold at every event, or be reached at least once by a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Must hold at every event.
    Always,
    /// Must be reached by some run of a sweep.
    Sometimes,
}

/// A named invariant.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// `at most one leader a term`
    pub name: &'static str,
    /// Always or sometimes.
    pub mode: Mode,
    /// What it means and where it is stated.
    pub doc: &'static str,
}

/// A verb of the lab.
#[derive(Clone, Copy, Debug)]
pub struct Verb {
    /// `put`
    pub name: &'static str,
    /// `put CLIENT KEY=VALUE`
    pub usage: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// Whether it is a request by a client's hand (or an order to a node).
    pub client: bool,
}

/// A figure one may ask of a run.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// `leaderless`
    pub id: &'static str,
    /// `s`
    pub unit: &'static str,
    /// What it is.
    pub doc: &'static str,
}

/// A fault that a claim stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultClass {
    /// Nodes crash and restart; unsynced writes may be lost; at most this many are down at once (none: any number).
    Crash,
    /// Cuts between groups, whole.
    Partition,
    /// Cuts in one direction.
    OneWay,
    /// Messages lost.
    Loss,
    /// Messages arrive twice.
    Duplication,
    /// Messages overtake each other.
    Reordering,
    /// Messages late.
    Delay,
    /// Nodes pause.
    Pause,
    /// Nodes are slow.
    Slow,
    /// Clocks drift, by at most this many parts in 10⁹.
    ClockDrift {
        /// Fastest and slowest.
        limit_ppb: i64,
    },
    /// Wall clocks jump, either way.
    ClockStep,
    /// Disks are slow.
    SlowDisk,
    /// Writes and syncs fail.
    FailingDisk,
    /// Disks are full.
    FullDisk,
    /// Disks are wiped: durable state is forgotten.
    WipedDisk,
    /// Up to so many nodes lie.
    Lies {
        /// How many.
        limit: u16,
    },
    /// A verb of the lab, in words with `{node}` for a node (membership changes).
    Verb(&'static str),
}

/// A guarantee, and the faults it is promised against.
#[derive(Clone, Debug)]
pub struct Claim {
    /// `linearizable`, `progress`, …: as `COMMANDS` names them. A name that no checker knows is that of an invariant of
    /// the lab (`conservation`): it holds until that one breaks.
    pub guarantee: &'static str,
    /// Faults outside this list may break it.
    pub stands: Vec<FaultClass>,
    /// For `progress`: within so long after healing.
    pub within: Option<Span>,
    /// For `progress`: from `heal` of these few nodes already (a majority), not only of all.
    pub partial_heal: bool,
}

/// How a run begins.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The lab's parameters.
    pub parameters: Parameters,
    /// The seed of every draw. Below 2^53.
    pub seed: u64,
    /// How much chaos.
    pub chaos: Level,
    /// How long the run is to be: chaos heals at 80 % of it.
    pub end: Time,
    /// What is done to it, sorted by moment.
    pub commands: Arc<[TimedCommand]>,
}

/// Why a stretch of a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The moment asked for was reached.
    Reached,
    /// The number of events asked for has happened.
    Budget,
    /// Nothing is left to happen, ever.
    Quiet,
    /// A million events at one instant, or far too many messages on their way: the run cannot go on. The reason, for a
    /// person.
    Stuck(Arc<str>),
}

/// An invariant's standing at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// An `always` broke here first: event, time, sentence.
    pub broken: Option<(EventId, Time, Arc<str>)>,
    /// A `sometimes` was reached here first.
    pub reached: Option<(EventId, Time)>,
}

impl Standing {
    /// Whether an invariant of this mode holds so far: an `always` until it is broken, a `sometimes` once it was reached.
    /// Nothing where that was not reached yet, as it may be.
    pub fn holds(&self, mode: Mode) -> Option<bool> {
        match mode {
            Mode::Always => Some(self.broken.is_none()),
            Mode::Sometimes => self.reached.map(|_| true),
        }
    }
}

/// What happens next, for "step".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// When.
    pub at: Time,
    /// To whom.
    pub actor: Option<ActorId>,
}

/// A running cluster, erased. A value: [`Running::fork`] copies it, cheaply.
pub trait Running: Send {
    /// A copy that goes its own way.
    fn fork(&self) -> Box<dyn Running>;
    /// How it began.
    fn setup(&self) -> &Setup;
    /// Where it is.
    fn moment(&self) -> Moment;
    /// How many events have happened.
    fn events(&self) -> EventId;
    /// How many messages have left.
    fn messages(&self) -> MessageId;
    /// When the next event is; none when nothing is left.
    fn next(&mut self) -> Option<Next>;
    /// Goes on until `until` (all events at or before that moment have happened) or for at most `events` events.
    fn advance(&mut self, until: Moment, events: u64, recorder: &mut Recorder<'_>) -> Stop;
    /// Replaces the commands. Those at or before the present moment have run already and must be the same.
    fn set_commands(&mut self, commands: Arc<[TimedCommand]>);
    /// The trace hash so far.
    fn digest(&self) -> u64;
    /// A hash of all state: what a replay must reproduce.
    fn state_digest(&self) -> u64;
    /// How it stands.
    fn view(&self) -> View;
    /// The invariants, in the lab's order.
    fn standings(&self) -> &[Standing];
    /// Who has a role now, for selectors: whoever best deserves it.
    fn who(&self, role: &str) -> Option<ActorId>;
    /// All invariants by a full scan: slow; names and sentences of those broken now.
    fn scan(&self) -> Vec<(&'static str, String)>;
    /// The parameters in force now.
    fn parameters(&self) -> &Parameters;
    /// The commands that chaos adds.
    fn chaos(&self) -> &[TimedCommand];
    /// What a command would do, in a sentence, without doing it: `n1 will reach 1 of 5`.
    fn preview(&self, command: &Command) -> String;
    /// The pair of moments between which a command given now stands: it runs before the next event.
    fn hand_moment(&mut self) -> Moment;
    /// Roughly how many bytes a fork keeps to itself.
    fn weight(&self) -> u64;
}

/// A lab.
pub trait Lab: Sync + Send {
    /// What it is.
    fn about(&self) -> &'static About;
    /// Its parameters.
    fn parameters(&self) -> &'static [Parameter];
    /// Its potholes.
    fn potholes(&self) -> &'static [Pothole];
    /// Its invariants.
    fn invariants(&self) -> &'static [Invariant];
    /// Its verbs.
    fn verbs(&self) -> &'static [Verb];
    /// Its figures.
    fn measures(&self) -> &'static [Measure];
    /// What it promises under these parameters.
    fn claims(&self, parameters: &Parameters) -> Vec<Claim>;
    /// What chaos draws from.
    fn faults(&self, parameters: &Parameters) -> Vec<FaultClass>;
    /// Words of the field.
    fn glossary(&self) -> &'static [(&'static str, &'static str)];
    /// Ways to lie.
    fn lies(&self) -> &'static [&'static str];
    /// Timers that can be fired by hand.
    fn timers(&self) -> &'static [&'static str];
    /// Roles for selectors.
    fn roles(&self) -> &'static [&'static str];
    /// Nodes, spares, clients.
    fn population(&self, parameters: &Parameters) -> Population;
    /// Starts a run, at time zero, before anything happened.
    fn start(&self, setup: Setup) -> Box<dyn Running>;
    /// The figures of a run.
    fn measure(&self, trace: &Trace, end: Time) -> Vec<f64>;
    /// Assignments under which a run goes the same way and is computed sooner.
    fn quick(&self) -> &'static [&'static str];
    /// Assignments under which clients ask nothing of their own accord.
    fn quiet(&self) -> &'static [&'static str];
    /// The command by which a hand asks for the same as this operation.
    fn by_hand(&self, operation: &Operation) -> Option<String>;
    /// How actors stand on the canvas.
    fn arrangement(&self, parameters: &Parameters) -> Arrangement;
    /// What is drawn over the time of a run, besides what every lab has.
    fn plots(&self) -> &'static [Plot];
    /// Published figures and tables that it reproduces.
    fn figures(&self) -> &'static [Figure];
    /// Checks that a command makes sense for this lab under these parameters (nodes exist, parameter may change, verb known).
    ///
    /// # Errors
    /// Says what is wrong and what may stand there.
    fn check(&self, command: &Command, parameters: &Parameters) -> Result<(), BadCommand>;
}

/// The lab of a protocol.
pub struct LabOf<P>(PhantomData<fn() -> P>);

impl<P: Protocol> LabOf<P> {
    /// The lab of `P`.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P: Protocol> Default for LabOf<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Protocol> Lab for LabOf<P> {
    fn about(&self) -> &'static About {
        const { &P::ABOUT }
    }
    fn parameters(&self) -> &'static [Parameter] {
        P::parameters()
    }
    fn potholes(&self) -> &'static [Pothole] {
        P::potholes()
    }
    fn invariants(&self) -> &'static [Invariant] {
        P::invariants()
    }
    fn verbs(&self) -> &'static [Verb] {
        P::verbs()
    }
    fn measures(&self) -> &'static [Measure] {
        P::measures()
    }
    fn claims(&self, parameters: &Parameters) -> Vec<Claim> {
        P::claims(parameters)
    }
    fn faults(&self, parameters: &Parameters) -> Vec<FaultClass> {
        P::faults(parameters)
    }
    fn glossary(&self) -> &'static [(&'static str, &'static str)] {
        P::glossary()
    }
    fn lies(&self) -> &'static [&'static str] {
        P::lies()
    }
    fn timers(&self) -> &'static [&'static str] {
        P::timers()
    }
    fn roles(&self) -> &'static [&'static str] {
        P::roles()
    }
    fn population(&self, parameters: &Parameters) -> Population {
        P::population(&P::settings(parameters))
    }
    fn start(&self, setup: Setup) -> Box<dyn Running> {
        Box::new(World::<P>::new(setup))
    }
    fn measure(&self, trace: &Trace, end: Time) -> Vec<f64> {
        P::measure(trace, end)
    }
    fn quick(&self) -> &'static [&'static str] {
        P::quick()
    }
    fn quiet(&self) -> &'static [&'static str] {
        P::quiet()
    }
    fn by_hand(&self, operation: &Operation) -> Option<String> {
        P::by_hand(operation)
    }
    fn arrangement(&self, parameters: &Parameters) -> Arrangement {
        P::arrangement(&P::settings(parameters))
    }
    fn plots(&self) -> &'static [Plot] {
        P::plots()
    }
    fn figures(&self) -> &'static [Figure] {
        P::figures()
    }
    fn check(&self, command: &Command, parameters: &Parameters) -> Result<(), BadCommand> {
        crate::command::check::<P>(command, parameters)
    }
}
