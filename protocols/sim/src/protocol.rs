//! What a protocol is to the kernel: plain state, and handlers that take one event and have effects through a
//! [`Context`]. One [`Protocol`] value never exists: the type carries everything.

use crate::clock::{Clock, Crystal};
use crate::context::Context;
use crate::figure::{Figure, Plot};
use crate::ids::{ActorId, EventId, SyncId};
use crate::lab::{About, Arrangement, Claim, FaultClass, Invariant, Measure, Pothole, Verb};
use crate::network::Network;
use crate::parameter::{Parameter, Parameters};
use crate::random::Draw;
use crate::story::{Operation, Role, Value};
use crate::time::{Span, Time};
use crate::trace::Trace;
use crate::view::{ActorView, Strip};
use serde::Serialize;
use smallvec::SmallVec;
use std::fmt::Debug;

/// A message: plain data, shared slices inside.
pub trait Message: Clone + Debug + Serialize + Send + Sync + 'static {
    /// Its kind in one word (`append`, `vote`): selectors and arrows use it.
    fn kind(&self) -> &'static str;

    /// Whether it asks (drawn filled) or answers (hollow).
    fn asks(&self) -> bool;

    /// The two words on its pill: `add milk`, `ok`.
    fn label(&self) -> String;

    /// Everything in it, in the field's notation: `append after 1@1 [2@1]`.
    fn detail(&self) -> String {
        self.label()
    }

    /// Bytes on the wire, for links with a bandwidth and for measures.
    fn bytes(&self) -> u32 {
        100
    }

    /// Whether it is routine (an empty heartbeat), drawn fainter.
    fn routine(&self) -> bool {
        false
    }
}

/// Something that became so at a node: typed, always on. Feeds monitors, bands, measures, lesson conditions.
pub trait Fact: Clone + Debug + Serialize + Send + Sync + 'static {
    /// Its name in lesson conditions: `leader`, `committed`.
    fn name(&self) -> &'static str;

    /// Its values in order: a term, an index.
    fn values(&self) -> SmallVec<[Value; 3]>;

    /// The role the actor has from now on, where this fact changes it.
    fn role(&self) -> Option<Role> {
        None
    }

    /// The sentence a person reads: `n2 became leader of term 3`.
    fn sentence(&self, actor: ActorId) -> String;

    /// Whether "step to the next event that matters" stops here.
    fn matters(&self) -> bool {
        self.role().is_some()
    }
}

/// How a timer is stored by the kernel: one number, and a name for hands (`fire n2 election`).
pub trait Timer: Copy + Eq + Debug + Send + Sync + 'static {
    /// All of it in one number.
    fn pack(self) -> u64;
    /// Back from [`Timer::pack`].
    fn unpack(packed: u64) -> Self;
    /// Its name.
    fn name(self) -> &'static str;
    /// Whether the canvas draws it as the arc around the node (an election time-out, a lease).
    fn shown(self) -> bool {
        false
    }
}

/// What comes in to an actor.
#[derive(Clone, Debug)]
pub enum Event<P: Protocol> {
    /// A message arrived.
    Message {
        /// Who sent it.
        from: ActorId,
        /// What it says.
        message: P::Message,
    },
    /// A timer that was set went off.
    Timer(P::Timer),
    /// Everything written before this sync was asked for is durable.
    Synced(SyncId),
    /// The disk refused a write or failed a sync: what was not durable before may never be.
    DiskFailed {
        /// Whether it is full (earlier writes are safe) rather than broken.
        full: bool,
    },
    /// A hand's command to this actor: a client's request, a verb of the lab.
    Verb {
        /// The verb.
        verb: std::sync::Arc<str>,
        /// The words after the actor's name; where a node was named, its name comes first (whoever handles it).
        words: Vec<std::sync::Arc<str>>,
    },
}

/// What a starting actor is told about its disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// The how-manieth start, from 0.
    pub starts: u32,
    /// The write after the last kept one was found torn (its checksum is wrong): it must be ignored.
    pub torn: bool,
    /// A durable record is damaged, and the node can tell.
    pub corrupt: bool,
}

/// What is told to monitors besides facts.
#[derive(Clone, Debug)]
pub enum Happening<'a, P: Protocol> {
    /// A fact at an actor.
    Fact(&'a P::Fact),
    /// An actor crashed (its volatile state is gone).
    Crashed,
    /// An actor started; its state is as it recovered.
    Started,
    /// Everything was mended: from here on what is promised after a heal is due, until something is disturbed.
    Healed,
    /// A fault was put in by a command ([`crate::Command::disturbs`]); told for one actor, whoever it struck.
    Disturbed,
}

/// Watches a run for its invariants: fed what changed, it reports what broke. Plain, cheaply cloned state.
pub trait Monitor<P: Protocol>: Clone + Send + 'static {
    /// Nothing seen yet.
    fn new(settings: &P::Settings, parameters: &Parameters) -> Self;

    /// Something happened at `actor`. `state` is its state after the handler (none while it is down).
    fn observe(
        &mut self,
        at: Time,
        actor: ActorId,
        happening: &Happening<'_, P>,
        state: Option<&P::Actor>,
        report: &mut Report,
    );
}

/// What a monitor found. Invariants are named by their place in [`Protocol::invariants`].
#[derive(Debug, Default)]
pub struct Report {
    pub(crate) broken: SmallVec<[(u16, String); 1]>,
    pub(crate) reached: SmallVec<[u16; 2]>,
}

impl Report {
    /// An `always` that does not hold: which, and in a sentence how.
    pub fn broken(&mut self, invariant: usize, sentence: String) {
        self.broken.push((invariant as u16, sentence));
    }

    /// A `sometimes` that was reached.
    pub fn reached(&mut self, invariant: usize) {
        self.reached.push(invariant as u16);
    }
}

/// An actor as it is seen from outside the run: who, its state (none while down or off), what its disk surely holds.
pub type Seen<'a, P> = (ActorId, Option<&'a <P as Protocol>::Actor>, &'a <P as Protocol>::Durable);

/// All actors of a cluster as a protocol may look at them when asked for its view: outside of the run itself.
pub struct Cluster<'a, P: Protocol> {
    /// True time.
    pub now: Time,
    /// The settings in force.
    pub settings: &'a P::Settings,
    /// Every actor, nodes first: who, its state (none while down or off), its durable state.
    pub actors: Vec<Seen<'a, P>>,
    /// Their clocks, in the same order.
    pub clocks: Vec<(ActorId, Clock)>,
}

impl<P: Protocol> Cluster<'_, P> {
    /// The state of an actor that is up.
    pub fn state(&self, id: ActorId) -> Option<&P::Actor> {
        self.actors.iter().find(|(actor, ..)| *actor == id).and_then(|(_, state, _)| *state)
    }

    /// What an actor's clocks show: the monotonic one and the wall clock.
    pub fn clocks(&self, id: ActorId) -> Option<(Time, Time)> {
        let (_, clock) = self.clocks.iter().find(|(actor, _)| *actor == id)?;
        Some((clock.monotonic(self.now), clock.wall(self.now)))
    }
}

/// How many of what a lab has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Population {
    /// Nodes that start at time zero: `n1` to this.
    pub nodes: u16,
    /// Nodes switched off at first, numbered after those.
    pub spares: u16,
    /// Clients.
    pub clients: u16,
}

/// A protocol: its types, its handlers, and what a lab says about it.
pub trait Protocol: Clone + Send + Sync + Debug + 'static {
    /// Its parameters, resolved once.
    type Settings: Clone + Debug + Send + Sync + 'static;
    /// What travels.
    type Message: Message;
    /// A node's or client's volatile state (an enum of both).
    type Actor: Clone + Debug + Serialize + Send + Sync + 'static;
    /// What a disk holds: the fold of all its writes.
    type Durable: Clone + Debug + Default + Serialize + Send + Sync + 'static;
    /// One write to a disk.
    type Write: Clone + Debug + Serialize + Send + Sync + 'static;
    /// Timers.
    type Timer: Timer;
    /// Facts.
    type Fact: Fact;
    /// Watches the invariants.
    type Monitor: Monitor<Self>;

    /// What the lab is: title, source, sentence.
    const ABOUT: About;

    /// The parameters, potholes among them.
    fn parameters() -> &'static [Parameter];
    /// The potholes: which assignment puts each in, and what it breaks.
    fn potholes() -> &'static [Pothole];
    /// The invariants, `always` and `sometimes`, in the order the monitor names them.
    fn invariants() -> &'static [Invariant];
    /// The verbs a hand has here besides the kernel's.
    fn verbs() -> &'static [Verb];
    /// The figures one may ask of a run.
    fn measures() -> &'static [Measure];
    /// What is promised under these parameters, and against which faults.
    fn claims(parameters: &Parameters) -> Vec<Claim>;
    /// The faults that chaos may draw from: those the claims stand with every pothole off.
    fn faults(parameters: &Parameters) -> Vec<FaultClass>;
    /// Words of the field that may appear on screen, each with its explanation.
    fn glossary() -> &'static [(&'static str, &'static str)] {
        &[]
    }
    /// Ways in which a message can be bent (a lie), by name.
    fn lies() -> &'static [&'static str] {
        &[]
    }
    /// Timers by name, for `fire`.
    fn timers() -> &'static [&'static str] {
        &[]
    }
    /// Roles that selectors know: `leader` for `@leader`.
    fn roles() -> &'static [&'static str] {
        &[]
    }

    /// The typed form of the parameters.
    fn settings(parameters: &Parameters) -> Self::Settings;
    /// How many nodes, spares, clients.
    fn population(settings: &Self::Settings) -> Population;
    /// The network the lab begins with.
    fn network(settings: &Self::Settings) -> Network;
    /// How long a sync takes, from and to (drawn).
    fn sync_latency(settings: &Self::Settings) -> (Span, Span);
    /// How wrong an actor's clocks are of themselves, before any fault: not at all unless the lab is about that. `draw`
    /// depends on the seed and the actor alone.
    fn crystal(_settings: &Self::Settings, _who: ActorId, _draw: &mut Draw) -> Crystal {
        Crystal::default()
    }
    /// How many events may wait at a busy actor before what arrives is lost.
    fn queue_limit(_settings: &Self::Settings) -> u32 {
        10_000
    }

    /// Folds one write into what the disk holds.
    fn apply_write(durable: &mut Self::Durable, write: &Self::Write);

    /// An actor starts: at time zero, or from its disk alone after a crash. Clients start once.
    fn start(durable: &Self::Durable, recovery: Recovery, context: &mut Context<'_, Self>) -> Self::Actor;

    /// One event at an actor.
    fn handle(actor: &mut Self::Actor, event: Event<Self>, context: &mut Context<'_, Self>);

    /// Who has a role now (`leader`), for selectors; the one that best deserves it where several claim it.
    fn who(_role: &str, _cluster: &Cluster<'_, Self>) -> Option<ActorId> {
        None
    }

    /// Who handles a verb addressed to `who`; itself unless the protocol says otherwise (`add n6` is for the leader).
    fn addressee(_verb: &str, who: ActorId, _cluster: &Cluster<'_, Self>) -> Option<ActorId> {
        Some(who)
    }

    /// Whether this verb, said of a node that is switched off, switches it on first (`add n6`).
    fn switches_on(_verb: &str) -> bool {
        false
    }

    /// Assignments under which a run goes the same way and is computed sooner: `signatures=tags`. A search goes
    /// through such runs. Empty where there is no such thing.
    fn quick() -> &'static [&'static str] {
        &[]
    }

    /// Assignments under which clients ask nothing of their own accord: `load=off`. Empty where there is no such thing.
    fn quiet() -> &'static [&'static str] {
        &[]
    }

    /// The command by which a hand asks for the same as this operation: `put c1 list=milk`.
    fn by_hand(_operation: &Operation) -> Option<String> {
        None
    }

    /// Checks the words of a verb before it is accepted into a run.
    ///
    /// # Errors
    /// Says what should stand there.
    fn check_verb(_verb: &str, _words: &[std::sync::Arc<str>]) -> Result<(), String> {
        Ok(())
    }

    /// A message bent in one of the [`Protocol::lies`]; none where that lie does not apply to it.
    fn bend(_message: &Self::Message, _how: &str, _to: ActorId, _draw: u64) -> Option<Self::Message> {
        None
    }

    /// Whether one who lies in this way keeps the message back altogether.
    fn withholds(_message: &Self::Message, _how: &str, _to: ActorId, _draw: u64) -> bool {
        false
    }

    /// Fills in what only the protocol knows about an actor: role, version, fields.
    fn view(actor: ActorId, state: Option<&Self::Actor>, durable: &Self::Durable, view: &mut ActorView);

    /// The lab's own strips under the canvas (Raft: the logs), the one to show first in front.
    fn strips(_cluster: &Cluster<'_, Self>) -> Vec<Strip> {
        Vec::new()
    }

    /// How actors stand on the canvas.
    fn arrangement(_settings: &Self::Settings) -> Arrangement {
        Arrangement::Circle
    }

    /// What is drawn over the time of a run, besides what every lab has (answers a second, how long they took).
    fn plots() -> &'static [Plot] {
        &[]
    }

    /// Published figures and tables that the lab reproduces.
    fn figures() -> &'static [Figure] {
        &[]
    }

    /// The figures of [`Protocol::measures`], in that order; NaN where a run says nothing about one.
    fn measure(trace: &Trace, end: Time) -> Vec<f64>;

    /// A full scan of all invariants: slow, independent of the monitor, which is tested against it.
    fn scan(_cluster: &Cluster<'_, Self>) -> Vec<(usize, String)> {
        Vec::new()
    }
}

/// A note: why a node did what it did; made only while a stretch is replayed for reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// During this event.
    pub event: EventId,
    /// When.
    pub at: Time,
    /// Where.
    pub actor: ActorId,
    /// The rule and the values: "vote denied: candidate's last term 2 < mine 3".
    pub text: String,
}
