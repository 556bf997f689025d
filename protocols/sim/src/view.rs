//! The cluster at one moment, erased: what a canvas and an inspector draw without knowing the lab.

use crate::command::Command;
use crate::ids::{ActorId, EventId, MessageId, OperationId};
use crate::story::Role;
use crate::time::{Moment, Span, Time};
use smallvec::SmallVec;
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
    /// What stands in small letters under its name on the canvas, where that is not its role's version: `12 coins`.
    pub badge: String,
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
            badge: String::new(),
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

/// A strip of the lab's own under the canvas: what its protocol is about, drawn in one of a few ways.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// `Logs`.
    pub title: &'static str,
    /// What number, colour and fill mean.
    pub legend: &'static str,
    /// What it shows.
    pub body: Body,
}

/// What a strip shows. A lab picks the one that says it best; a panel draws any of them without knowing the lab.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Rows of cells in numbered columns: logs, slots, write-ahead logs.
    Cells(Vec<Row>),
    /// Named columns: keys on nodes, accounts on shards, readings of clocks.
    Table(Table),
    /// A hash ring, its points and the keys on it.
    Ring(Ring),
    /// Amounts side by side: load, queues.
    Bars(Bars),
    /// Few amounts that have a value they should have: the sum of all money.
    Gauges(Vec<Gauge>),
    /// Readings and intervals of doubt on one scale: clocks around true time.
    Scale(Scale),
}

impl Strip {
    /// Its rows, where it is one of cells.
    pub fn rows(&self) -> &[Row] {
        match &self.body {
            Body::Cells(rows) => rows,
            _ => &[],
        }
    }

    /// What stands in a table under `column` beside `actor`.
    pub fn entry(&self, actor: ActorId, column: &str) -> Option<&Entry> {
        let Body::Table(table) = &self.body else { return None };
        let at = table.columns.iter().position(|name| &**name == column)?;
        table.rows.iter().find(|row| row.actor == Some(actor))?.entries.get(at)
    }
}

/// How much something stands out. Colours of verdicts are none of these: a strip never judges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tone {
    /// As text is.
    #[default]
    Plain,
    /// Pale: old, empty, about to go.
    Faint,
    /// In the colour of what leads: a primary, an owner, a coordinator.
    Leading,
    /// In the colour of what is changing: locked, in doubt, on its way elsewhere.
    Changing,
    /// Differs from what the others say: outlined.
    Odd,
}

/// A table: a row a node (or whatever the lab names), a column a key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What stands above the columns after the first.
    pub columns: Vec<Arc<str>>,
    /// From top to bottom.
    pub rows: Vec<TableRow>,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct TableRow {
    /// Whose: clicking it selects that one.
    pub actor: Option<ActorId>,
    /// What stands before it: `n1`.
    pub name: Arc<str>,
    /// As many as there are columns.
    pub entries: Vec<Entry>,
}

/// What stands in a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// In a few words: `milk`.
    pub text: Arc<str>,
    /// Its tint, where it has a term, a version or an epoch.
    pub version: Option<u64>,
    /// How much it stands out.
    pub tone: Tone,
    /// All of it, on pointing at it: `milk, written by c1, version n1:2 n3:1`. Empty where the text says all.
    pub detail: Arc<str>,
}

impl Entry {
    /// Plain text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The same, standing out so much.
    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }

    /// The same, in the tint of that version.
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.version = Some(version);
        self
    }

    /// The same, with this to say when pointed at.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Arc<str>>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// A hash ring. Places on it are hashes: the whole circle is 2³².
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ring {
    /// The points of the nodes (several a node where it has virtual nodes), by place.
    pub points: Vec<RingPoint>,
    /// Keys, by place.
    pub keys: Vec<RingKey>,
}

/// A node's point on a ring: it owns the arc that ends here.
#[derive(Clone, Debug, PartialEq)]
pub struct RingPoint {
    /// Where.
    pub at: u32,
    /// Whose.
    pub actor: ActorId,
    /// Whether its node is there to answer.
    pub up: bool,
}

/// A key on a ring.
#[derive(Clone, Debug, PartialEq)]
pub struct RingKey {
    /// Where.
    pub at: u32,
    /// Its name.
    pub name: Arc<str>,
    /// Who keeps it, the first the one that leads.
    pub owners: Vec<ActorId>,
    /// Who should keep it but does not, or keeps it for another: drawn apart.
    pub strays: Vec<ActorId>,
}

/// Amounts side by side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bars {
    /// What they are measured in: `keys`.
    pub unit: &'static str,
    /// From left to right.
    pub bars: Vec<Bar>,
    /// A line across all of them, with its name: a capacity, an average.
    pub line: Option<(f64, &'static str)>,
}

/// An amount.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Whose.
    pub actor: Option<ActorId>,
    /// What stands under it.
    pub name: Arc<str>,
    /// Its parts, from the bottom, each with how much it stands out; their sum is its height.
    pub parts: SmallVec<[(f64, Tone); 2]>,
    /// What it is the most of, where there is a most.
    pub limit: Option<f64>,
    /// All of it, on pointing at it.
    pub detail: Arc<str>,
}

/// An amount that has a value it should have.
#[derive(Clone, Debug, PartialEq)]
pub struct Gauge {
    /// What: `all money`.
    pub name: Arc<str>,
    /// How much it is.
    pub value: f64,
    /// How much it should be, where that is known.
    pub expected: Option<f64>,
    /// Measured in: `coins`.
    pub unit: &'static str,
    /// How it comes about: `1000 in accounts, 20 on their way`.
    pub detail: Arc<str>,
}

/// Readings on one scale, in nanoseconds from true time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scale {
    /// A row a clock.
    pub rows: Vec<ScaleRow>,
}

/// A clock's row.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaleRow {
    /// Whose.
    pub actor: ActorId,
    /// Marks on it.
    pub marks: SmallVec<[ScaleMark; 2]>,
    /// Intervals in which it believes true time to be: from, to.
    pub doubt: Option<(i64, i64)>,
}

/// A reading.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaleMark {
    /// Nanoseconds from true time.
    pub at: i64,
    /// Which clock or event: `wall`, `hlc`.
    pub name: Arc<str>,
    /// How much it stands out.
    pub tone: Tone,
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
    /// The lab's strips, the one to show first in front.
    pub strips: Vec<Strip>,
    /// Links that carry messages at all: who may talk to whom (each pair once).
    pub links: Vec<(ActorId, ActorId)>,
}

impl View {
    /// An actor by name.
    pub fn actor(&self, id: ActorId) -> Option<&ActorView> {
        self.actors.iter().find(|actor| actor.id == id)
    }
}
