//! Everything that happened in a run, in order: what playback, lessons, measures and "why?" read.
//!
//! The trace is no part of a run's state. It is written once, while the run first goes forward, through a [`Recorder`];
//! a replay from a keyframe passes a silent one, or one that only collects notes.

use crate::ids::{ActorId, EventId, MessageId, OperationId};
use crate::protocol::Note;
use crate::story::{Story, Value};
use crate::time::Time;
use smallvec::SmallVec;
use std::sync::Arc;

/// What kind of event it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// An actor started (or restarted).
    Start,
    /// A message was handled.
    Deliver(MessageId),
    /// A timer went off: the packed timer.
    Timer(u64),
    /// A sync was done.
    Synced,
    /// A disk refused or failed.
    DiskFailed,
    /// A command ran: its place in [`Story::marks`].
    Command(u32),
    /// A lab's verb or a client's request by hand was handled.
    Verb,
    /// A fault that had an end, ended.
    FaultEnded,
    /// A message reached the end of its way without being handled.
    Lost(MessageId),
}

impl EventKind {
    /// What the digest knows it by.
    #[inline]
    pub(crate) fn tag(self) -> u64 {
        match self {
            EventKind::Start => 1,
            EventKind::Deliver(_) => 2,
            EventKind::Timer(_) => 3,
            EventKind::Synced => 4,
            EventKind::DiskFailed => 5,
            EventKind::Command(_) => 6,
            EventKind::Verb => 7,
            EventKind::FaultEnded => 8,
            EventKind::Lost(_) => 9,
        }
    }
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// When.
    pub at: Time,
    /// At whom; a command on the whole cluster has nobody.
    pub actor: Option<ActorId>,
    /// What.
    pub kind: EventKind,
    /// The event that sent the message, set the timer, asked for the sync; itself where there is none.
    pub trigger: EventId,
    /// The actor's previous event; itself where there is none.
    pub previous: EventId,
}

/// A fact, erased.
#[derive(Clone, Debug, PartialEq)]
pub struct FactRecord {
    /// When.
    pub at: Time,
    /// During this event.
    pub event: EventId,
    /// At whom.
    pub actor: ActorId,
    /// `leader`, `committed`; the kernel's own: `crashed`, `started`, `aborted`, `wiped`.
    pub name: &'static str,
    /// Its values.
    pub values: SmallVec<[Value; 3]>,
    /// In words.
    pub sentence: Arc<str>,
    /// A place where "step to the next event that matters" stops.
    pub matters: bool,
}

/// A step of the history: what checkers are fed, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryStep {
    /// An operation was invoked.
    Invoked(OperationId),
    /// It was answered, failed, or given up: see the operation's outcome.
    Completed(OperationId),
}

/// An invariant that broke.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// Its place among the lab's invariants.
    pub invariant: usize,
    /// When.
    pub at: Time,
    /// At this event.
    pub event: EventId,
    /// How, in a sentence.
    pub sentence: Arc<str>,
}

/// All records of a run so far.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// In order; [`EventId`] is the place.
    pub events: Vec<EventRecord>,
    /// What the time line draws.
    pub story: Story,
    /// In order.
    pub facts: Vec<FactRecord>,
    /// In order, each with the event it happened at.
    pub history: Vec<(EventId, HistoryStep)>,
    /// The first time each `always` broke, in the order they did.
    pub violations: Vec<Violation>,
}

impl Trace {
    /// The record of an event.
    pub fn event(&self, id: EventId) -> Option<&EventRecord> {
        self.events.get(usize::try_from(id.0).ok()?)
    }

    /// Bytes held, roughly.
    pub fn weight(&self) -> u64 {
        (self.events.capacity() * size_of::<EventRecord>()
            + self.story.arrows.capacity() * size_of::<crate::story::Arrow>()
            + self.facts.capacity() * size_of::<FactRecord>()
            + self.story.operations.capacity() * size_of::<crate::story::Operation>()) as u64
    }

    /// The facts of this name, newest first, at or before an event.
    pub fn facts_before<'a>(&'a self, event: EventId, name: &'a str) -> impl Iterator<Item = &'a FactRecord> {
        let end = self.facts.partition_point(|fact| fact.event <= event);
        self.facts[..end].iter().rev().filter(move |fact| fact.name == name)
    }

    /// Forgets all records of events from `events` on (a branch goes another way from there). By then so many
    /// messages had left; that is not seen from their senders' events, which for one that waited for its sync or was
    /// doubled by hand lie earlier.
    pub fn truncate(&mut self, events: EventId, messages: MessageId, end: Time) {
        let before = |event: EventId| event < events;
        self.events.truncate(usize::try_from(events.0).unwrap_or(usize::MAX));
        self.facts.truncate(self.facts.partition_point(|f| before(f.event)));
        self.violations.truncate(self.violations.partition_point(|v| before(v.event)));
        self.history.truncate(self.history.partition_point(|(event, _)| before(*event)));
        let story = &mut self.story;
        story.marks.truncate(story.marks.partition_point(|m| before(m.event)));
        for lane in &mut story.lanes {
            let keep = lane.bands.partition_point(|b| before(b.event));
            lane.bands.truncate(keep);
        }
        let keep = story.operations.partition_point(|o| before(o.invoked_by));
        story.operations.truncate(keep);
        for operation in &mut story.operations {
            if operation.completed_by.is_some_and(|event| !before(event)) {
                operation.completed = None;
                operation.completed_by = None;
                operation.outcome = crate::story::Outcome::Open;
                operation.output.clear();
                operation.answered_by = None;
            }
        }
        story.arrows.truncate(usize::try_from(messages.0).unwrap_or(usize::MAX));
        for arrow in &mut story.arrows {
            if arrow.end != crate::story::ArrowEnd::Flying && !before(arrow.end_event) {
                arrow.end = crate::story::ArrowEnd::Flying;
                arrow.ended = Time::MAX;
                arrow.end_event = EventId(u64::MAX);
            }
        }
        // Kinds were numbered as they first came up.
        let kinds = story.arrows.iter().map(|arrow| usize::from(arrow.kind) + 1).max();
        story.kinds.truncate(kinds.unwrap_or(0));
        story.end = end;
    }
}

/// Where a stretch of a run is written to.
#[derive(Default)]
pub struct Recorder<'a> {
    /// All records, where the run goes forward for the first time.
    pub trace: Option<&'a mut Trace>,
    /// Notes, where somebody reads them.
    pub notes: Option<&'a mut Vec<Note>>,
}

impl<'a> Recorder<'a> {
    /// Writes nothing.
    pub fn silent() -> Self {
        Self { trace: None, notes: None }
    }

    /// Writes all records.
    pub fn into(trace: &'a mut Trace) -> Self {
        Self { trace: Some(trace), notes: None }
    }

    /// Writes notes only.
    pub fn notes(notes: &'a mut Vec<Note>) -> Self {
        Self { trace: None, notes: Some(notes) }
    }
}
