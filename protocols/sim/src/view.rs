//! The cluster at one moment, erased: what a canvas and an inspector draw without knowing the lab.

use crate::command::Command;
use crate::ids::{ActorId, EventId, MessageId, OperationId};
use crate::story::Role;
use crate::time::{Moment, Span, Time};
use std::sync::Arc;

/// Whether an actor runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Status {
    /// Running.
    #[default]
    Up,
    /// Crashed.
    Down,
    /// A spare that has not been started.
    Off,
    /// Running, but doing nothing until resumed.
    Paused,
}

/// A named value of an actor: a row of the inspector, and what lesson conditions read.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name for conditions: `committed`.
    pub id: &'static str,
    /// Its name on screen: `voted for`.
    pub name: &'static str,
    /// Its value as shown.
    pub value: String,
    /// The fact (by name) that last changed it: what "since when?" looks for. Empty where none does.
    pub since: &'static str,
}

/// A node or client.
#[derive(Clone, Debug)]
pub struct ActorView {
    /// Who.
    pub id: ActorId,
    /// Runs?
    pub status: Status,
    /// What it is now; none for one that is down.
    pub role: Option<Role>,
    /// Claims a role that a newer term has given away: its crown is hollow.
    pub stale: bool,
    /// In a sentence: `Leader of term 1`.
    pub headline: String,
    /// A second, softer one.
    pub subline: String,
    /// What a client waits for: `write tea`, and below it `waits for n3`.
    pub waiting: Option<(String, String)>,
    /// The shown timer: of its whole span (first) this much is left (second).
    pub timer: Option<(Span, Span)>,
    /// Rows of the inspector.
    pub fields: Vec<Field>,
    /// Events waiting while it is busy or paused.
    pub queue: u32,
    /// How many times as long its work takes; 1 is normal.
    pub slow: u32,
    /// Its wall clock minus true time, in nanoseconds.
    pub clock_offset: i64,
    /// Its clock's drift, in parts in 10⁹.
    pub clock_drift: i64,
    /// Writes not yet durable.
    pub unsynced: u32,
    /// Writes folded so far.
    pub written: u64,
    /// What is wrong with its disk: `slow 10x`; empty where nothing is.
    pub disk: String,
    /// How it lies; empty where it does not.
    pub lies: String,
    /// Why it stopped itself, where it did (`context.require`).
    pub aborted: Option<Arc<str>>,
    /// How many nodes it can hear and be heard by, itself included.
    pub reaches: u16,
}

impl ActorView {
    /// Nothing known yet but who it is.
    pub fn new(id: ActorId) -> Self {
        Self {
            id,
            status: Status::Up,
            role: None,
            stale: false,
            headline: String::new(),
            subline: String::new(),
            waiting: None,
            timer: None,
            fields: Vec::new(),
            queue: 0,
            slow: 1,
            clock_offset: 0,
            clock_drift: 0,
            unsynced: 0,
            written: 0,
            disk: String::new(),
            lies: String::new(),
            aborted: None,
            reaches: 0,
        }
    }

    /// Adds a row.
    pub fn field(&mut self, id: &'static str, name: &'static str, value: impl ToString, since: &'static str) {
        self.fields.push(Field { id, name, value: value.to_string(), since });
    }
}

/// A message on its way.
#[derive(Clone, Debug)]
pub struct Flight {
    /// Which.
    pub id: MessageId,
    /// Sender.
    pub from: ActorId,
    /// Receiver.
    pub to: ActorId,
    /// Kind, as selectors say it.
    pub kind: &'static str,
    /// The how-manieth oldest of its kind on this link, from 1: with it a selector names this message.
    pub number: u32,
    /// Two words.
    pub label: String,
    /// Everything in it.
    pub detail: String,
    /// Asks rather than answers.
    pub asks: bool,
    /// Quiet.
    pub routine: bool,
    /// Left then.
    pub sent: Time,
    /// Arrives then.
    pub arrives: Time,
    /// Waits on the link to be delivered by hand.
    pub held: bool,
    /// Arrived, and waits at a busy or paused receiver.
    pub waiting: bool,
    /// Will be lost in a cut if nothing changes.
    pub doomed: bool,
}

/// Something that is broken now, and the command that mends it: a chip.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// What: `n1 | n2 n3 n4 n5`.
    pub text: String,
    /// The word that mends it: `mend`, `restart`, `turn off`.
    pub verb: &'static str,
    /// What that does.
    pub mend: Command,
    /// Whether it is a pothole rather than a fault.
    pub pothole: bool,
    /// Whom it is about (for drawing): two sides of a cut, or one actor on the first side.
    pub sides: Vec<Vec<ActorId>>,
    /// Whether a cut is one way, from the first side to the second.
    pub one_way: bool,
}

/// How a cell of a strip is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CellState {
    /// Only in memory: dashed outline.
    Volatile,
    /// Written, not durable: thin outline.
    Written,
    /// Durable, not known to be committed: outline.
    Durable,
    /// Known to be committed here: filled.
    Committed,
    /// Applied to the state machine: filled, with a mark.
    Applied,
    /// Folded into a snapshot.
    Snapshot,
}

/// A cell: a log entry, a slot, a shard.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its column: an index.
    pub column: u64,
    /// Its tint: a term or version.
    pub version: u64,
    /// Its text: `milk`.
    pub text: Arc<str>,
    /// How it is drawn.
    pub state: CellState,
}

/// A row of a strip.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Whose.
    pub actor: ActorId,
    /// Its cells, by column; the strip shows the newest window of them.
    pub cells: Vec<Cell>,
    /// The first column this row still holds as a cell (before it lies the snapshot).
    pub first: u64,
}

/// The lab's own strip.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// `Logs`.
    pub title: &'static str,
    /// What number, colour and fill mean.
    pub legend: &'static str,
    /// The rows.
    pub rows: Vec<Row>,
}

/// An operation that a client still waits for.
#[derive(Clone, Debug, PartialEq)]
pub struct Pending {
    /// Which.
    pub id: OperationId,
    /// Whose.
    pub client: ActorId,
}

/// The whole cluster at one moment.
#[derive(Clone, Debug)]
pub struct View {
    /// When.
    pub moment: Moment,
    /// How many events have happened.
    pub events: EventId,
    /// Nodes first, then clients.
    pub actors: Vec<ActorView>,
    /// Oldest first.
    pub flights: Vec<Flight>,
    /// Faults and potholes in force.
    pub broken: Vec<Broken>,
    /// The lab's strip.
    pub strip: Option<Strip>,
    /// Links that carry messages at all: who may talk to whom (each pair once).
    pub links: Vec<(ActorId, ActorId)>,
}

impl View {
    /// An actor by name.
    pub fn actor(&self, id: ActorId) -> Option<&ActorView> {
        self.actors.iter().find(|actor| actor.id == id)
    }
}
