//! Everything that happened in a run, in order: what playback, lessons, measures and "why?" read.
//!
//! The trace is no part of a run's state. It is written once, while the run first goes forward, through a [`Recorder`];
//! a replay from a keyframe passes a silent one, or one that only collects notes.
//!
//! A run of a million events is nothing unusual, so what there is much of is kept small ([`Events`], [`Facts`],
//! [`crate::story::Arrows`]) and handed out as values.

pub use crate::facts::{FactRecord, Facts};
use crate::ids::{ActorId, EventId, MessageId, OperationId};
use crate::pages::{List, Pages, list};
use crate::protocol::Note;
use crate::story::Story;
use crate::time::Time;
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

/// What an event hangs on, without the rest of its record: for those who go through millions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Links {
    /// When.
    pub at: Time,
    /// At whom; a command on the whole cluster has nobody.
    pub actor: Option<ActorId>,
    /// Whether it is one that a command may have made happen at once: a start or a timer.
    pub at_once: bool,
    /// As in [`EventRecord`].
    pub trigger: EventId,
    /// As in [`EventRecord`].
    pub previous: EventId,
}

/// [`Links`] of events that follow each other.
#[derive(Clone, Copy, Debug)]
pub struct LinksOf<'a> {
    packed: &'a [PackedEvent],
}

impl LinksOf<'_> {
    /// All of them, in order.
    #[inline(always)]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Links> + ExactSizeIterator + '_ {
        self.packed.iter().map(PackedEvent::links)
    }

    /// Those that are of these actors, as bits, the first of the events lowest; nothing where it is not sure that whatever
    /// they hang on is of these actors too. It is surely not where one of them is no message, sync or timer, or is a timer
    /// and not the first in its instant.
    #[inline]
    pub fn all_that_is_of(&self, actors: &Actors) -> Option<u64> {
        // All are asked, without a branch.
        let (mut word, mut sure) = (0, true);
        for (bit, event) in self.packed.iter().enumerate() {
            let within = actors.has[usize::from(event.actor)];
            word |= u64::from(within) << bit;
            sure &= !within | actors.has_all[usize::from(event.came_of)];
        }
        sure.then_some(word)
    }
}

/// Actors of a run, for those who ask millions of times.
#[derive(Clone, Debug)]
pub struct Actors {
    /// By name.
    has: Vec<bool>,
    /// By short name: whether it has all that are called so, and how many it has not.
    has_all: [bool; 256],
    missing: [u16; 256],
}

impl Actors {
    /// None yet of those there are.
    pub fn none_of(all: impl IntoIterator<Item = ActorId>) -> Self {
        let mut missing = [0; 256];
        all.into_iter().for_each(|actor| missing[usize::from(short(actor))] += 1);
        Self { has: vec![false; usize::from(u16::MAX) + 1], has_all: [false; 256], missing }
    }

    /// Whether it has this one; it never has nobody.
    #[inline(always)]
    pub fn has(&self, actor: Option<ActorId>) -> bool {
        self.has[usize::from(actor.map_or(0, ActorId::raw))]
    }

    /// Adds one.
    pub fn add(&mut self, actor: ActorId) {
        if !std::mem::replace(&mut self.has[usize::from(actor.raw())], true) {
            let name = usize::from(short(actor));
            self.missing[name] = self.missing[name].saturating_sub(1);
            self.has_all[name] = self.missing[name] == 0;
        }
    }
}

/// An actor's name in eight bits, which it may share with others.
#[inline]
fn short(actor: ActorId) -> u8 {
    (actor.raw() % 255) as u8 + 1
}

/// Nobody's.
const NOBODY: u8 = 0;

/// An event as it is kept: half as large as the record of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PackedEvent {
    at: Time,
    trigger: u32,
    previous: u32,
    /// Of a message its name, of a timer what it was packed to, of a command its mark.
    what: u32,
    /// 0 is nobody.
    actor: u16,
    tag: u8,
    /// The short name of the actor whose event triggered it; nobody's where more than that is to be known.
    came_of: u8,
}

impl PackedEvent {
    #[inline(always)]
    fn links(&self) -> Links {
        let PackedEvent { at, trigger, previous, actor, tag, .. } = *self;
        Links {
            at,
            actor: (actor != 0).then(|| ActorId::from_raw(actor)),
            at_once: matches!(tag, 1 | 3),
            trigger: EventId(widen(trigger)),
            previous: EventId(widen(previous)),
        }
    }
}

/// Stands for a timer that does not fit: it lies in [`Events::wide`].
const WIDE: u32 = u32::MAX;

/// A number of an event or a message as traces keep it. One with four billion of either would fill a hundred gigabytes
/// first; what is no number of any (`u64::MAX`) stays so.
#[inline]
pub(crate) fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[inline]
pub(crate) fn widen(number: u32) -> u64 {
    if number == u32::MAX { u64::MAX } else { number.into() }
}

/// All events of a run, in order: [`EventId`] is the place. They are kept small and handed out as values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Events {
    packed: Pages<PackedEvent>,
    /// Timers that are packed to more than 32 bits, by event.
    wide: Vec<(u32, u64)>,
}

list!(Events, EventRecord);

impl List for Events {
    type Item<'a> = EventRecord;

    fn count(&self) -> usize {
        self.packed.len()
    }

    #[inline]
    fn at(&self, place: usize) -> EventRecord {
        let PackedEvent { at, trigger, previous, what, actor, tag, .. } = self.packed.at(place);
        let kind = match tag {
            1 => EventKind::Start,
            2 => EventKind::Deliver(MessageId(widen(what))),
            3 => EventKind::Timer(self.timer(place, what)),
            4 => EventKind::Synced,
            5 => EventKind::DiskFailed,
            6 => EventKind::Command(what),
            7 => EventKind::Verb,
            8 => EventKind::FaultEnded,
            _ => EventKind::Lost(MessageId(widen(what))),
        };
        EventRecord {
            at,
            actor: (actor != 0).then(|| ActorId::from_raw(actor)),
            kind,
            trigger: EventId(widen(trigger)),
            previous: EventId(widen(previous)),
        }
    }
}

impl Events {
    /// What the event at a place hangs on, where there is one.
    #[inline]
    pub fn links(&self, place: usize) -> Option<Links> {
        self.packed.get(place).map(PackedEvent::links)
    }

    /// [`Events::links`] of the 64 events from 64 times `word` on, as far as there are so many, for those who go through all.
    #[inline]
    pub fn links_of_64(&self, word: usize) -> LinksOf<'_> {
        LinksOf { packed: self.packed.stretch(word * 64, 64) }
    }

    /// Adds one.
    #[inline(always)]
    pub fn push(&mut self, record: EventRecord) {
        let what = match record.kind {
            EventKind::Deliver(id) | EventKind::Lost(id) => narrow(id.0),
            EventKind::Timer(packed) => self.pack_timer(packed),
            EventKind::Command(mark) => mark,
            _ => 0,
        };
        self.packed.push(PackedEvent {
            at: record.at,
            trigger: narrow(record.trigger.0),
            previous: narrow(record.previous.0),
            what,
            actor: record.actor.map_or(0, ActorId::raw),
            tag: record.kind.tag() as u8,
            came_of: self.came_of(record),
        });
    }

    /// Whose event triggered this next one, where that is all it hangs on but for its actor's own: not of what a command may
    /// have made happen, as a start or the timers after the first of an instant.
    #[inline]
    fn came_of(&self, record: EventRecord) -> u8 {
        let plain = match record.kind {
            EventKind::Deliver(_) | EventKind::Synced => true,
            EventKind::Timer(_) => {
                let before = self.packed.len().checked_sub(1).and_then(|last| self.packed.get(last));
                before.is_none_or(|before| before.at != record.at)
            }
            _ => false,
        };
        let trigger = usize::try_from(record.trigger.0).ok().and_then(|at| self.packed.get(at));
        // What nothing triggered hangs on its actor alone.
        let actor = trigger
            .map_or(record.actor, |trigger| (trigger.actor != 0).then(|| ActorId::from_raw(trigger.actor)));
        actor.filter(|_| plain && record.actor.is_some()).map_or(NOBODY, short)
    }

    #[inline]
    fn pack_timer(&mut self, packed: u64) -> u32 {
        let narrow = narrow(packed);
        if narrow == WIDE {
            self.add_wide(packed);
        }
        narrow
    }

    #[cold]
    fn add_wide(&mut self, packed: u64) {
        self.wide.push((self.packed.len() as u32, packed));
    }

    fn timer(&self, place: usize, what: u32) -> u64 {
        if what != WIDE {
            return what.into();
        }
        let found = self.wide.binary_search_by_key(&(place as u32), |(event, _)| *event);
        found.map_or(u64::MAX, |at| self.wide[at].1)
    }

    /// Keeps the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.packed.truncate(len);
        self.wide.truncate(self.wide.partition_point(|(event, _)| (*event as usize) < len));
    }

    fn weight(&self) -> u64 {
        self.packed.weight() + (self.wide.capacity() * size_of::<(u32, u64)>()) as u64
    }
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
    pub events: Events,
    /// What the time line draws.
    pub story: Story,
    /// In order.
    pub facts: Facts,
    /// In order, each with the event it happened at.
    pub history: Vec<(EventId, HistoryStep)>,
    /// The first time each `always` broke, in the order they did.
    pub violations: Vec<Violation>,
}

impl Trace {
    /// The record of an event.
    pub fn event(&self, id: EventId) -> Option<EventRecord> {
        self.events.get(usize::try_from(id.0).ok()?)
    }

    /// Bytes held, roughly.
    pub fn weight(&self) -> u64 {
        let operations = self.story.operations.capacity() * size_of::<crate::story::Operation>();
        let history = self.history.capacity() * size_of::<(EventId, HistoryStep)>();
        self.events.weight()
            + self.story.arrows.weight()
            + self.facts.weight()
            + (operations + history) as u64
    }

    /// The facts of this name, newest first, at or before an event.
    pub fn facts_before<'a>(&'a self, event: EventId, name: &'a str) -> impl Iterator<Item = FactRecord<'a>> {
        let end = self.facts.from(EventId(event.0.saturating_add(1)));
        self.facts.range(..end).rev().filter(move |fact| fact.name == name)
    }

    /// Forgets all records of events from `events` on (a branch goes another way from there). By then so many
    /// messages had left; that is not seen from their senders' events, which for one that waited for its sync or was
    /// doubled by hand lie earlier.
    pub fn truncate(&mut self, events: EventId, messages: MessageId, end: Time) {
        let before = |event: EventId| event < events;
        self.events.truncate(usize::try_from(events.0).unwrap_or(usize::MAX));
        self.facts.truncate(self.facts.from(events));
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
        story.cut_arrows(usize::try_from(messages.0).unwrap_or(usize::MAX), events, end);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_known_actors_is_told_where_it_is_sure() {
        let n = ActorId::node;
        // n1 and n256 have one short name.
        assert_eq!(short(n(1)), short(n(256)));
        let mut events = Events::default();
        let mut push = |at, actor: Option<ActorId>, kind, trigger| {
            let previous = EventId(u64::MAX);
            events.push(EventRecord { at: Time(at), actor, kind, trigger: EventId(trigger), previous });
            events.clone()
        };
        push(1, Some(n(1)), EventKind::Deliver(MessageId(0)), 0);
        push(2, Some(n(2)), EventKind::Deliver(MessageId(1)), 0);
        push(3, Some(n(1)), EventKind::Timer(5), 0);
        let three = push(3, Some(n(2)), EventKind::Synced, 1);
        let mut actors = Actors::none_of([1, 2, 256].map(n));
        assert_eq!(three.links_of_64(0).all_that_is_of(&actors), Some(0));
        actors.add(n(2));
        assert_eq!(three.links_of_64(0).all_that_is_of(&actors), None, "n2 heard of n1");
        actors.add(n(1));
        assert_eq!(three.links_of_64(0).all_that_is_of(&actors), None, "or of n256");
        actors.add(n(256));
        assert_eq!(three.links_of_64(0).all_that_is_of(&actors), Some(0b1111));
        let second = push(3, Some(n(1)), EventKind::Timer(6), 2);
        assert_eq!(second.links_of_64(0).all_that_is_of(&actors), None, "a command may be behind it");
        let mut others = Actors::none_of([1, 2, 256].map(n));
        others.add(n(2));
        assert!(others.has(Some(n(2))) && !others.has(Some(n(1))) && !others.has(None));
    }

    #[test]
    fn events_come_back_as_they_were_put_in() {
        assert_eq!(size_of::<PackedEvent>(), 24);
        let kinds = [
            EventKind::Start,
            EventKind::Deliver(MessageId(7)),
            EventKind::Timer(3),
            EventKind::Timer(u64::MAX),
            EventKind::Timer(WIDE.into()),
            EventKind::Synced,
            EventKind::DiskFailed,
            EventKind::Command(9),
            EventKind::Verb,
            EventKind::FaultEnded,
            EventKind::Lost(MessageId(8)),
            EventKind::Timer(1 << 40),
        ];
        let record = |at: usize, kind| EventRecord {
            at: Time(u64::MAX - at as u64),
            actor: [None, Some(ActorId::node(1)), Some(ActorId::client(300))][at % 3],
            kind,
            trigger: EventId(at as u64),
            previous: EventId(at as u64 / 2),
        };
        let records: Vec<EventRecord> =
            kinds.iter().cycle().take(100).enumerate().map(|(at, kind)| record(at, *kind)).collect();
        let mut events = Events::default();
        records.iter().for_each(|record| events.push(*record));
        assert!(events.iter().eq(records.iter().copied()));
        // Cut and written on, timers that do not fit are still their own.
        events.truncate(52);
        records[30..].iter().for_each(|record| events.push(*record));
        assert!(events.range(..52).eq(records[..52].iter().copied()));
        assert!(events.range(52..).eq(records[30..].iter().copied()));
    }
}
