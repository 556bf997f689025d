//! What a time line draws: lanes, bands, arrows, intervals, marks. A run, an imported history, foreign logs each produce
//! one; nothing here knows where it came from.

use crate::ids::{ActorId, EventId, MessageId, OperationId};
use crate::pages::{List, Pages, list};
use crate::time::Time;
use crate::trace::{narrow, widen};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::fmt;
use std::sync::Arc;

/// A value in a fact, an operation or a field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Value {
    /// Nothing: an absent key, an unknown result.
    Nil,
    /// A number.
    Int(i64),
    /// A word.
    Text(Arc<str>),
    /// A node or client.
    Actor(ActorId),
    /// A list.
    List(Arc<[Value]>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl From<u64> for Value {
    fn from(n: u64) -> Self {
        Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Nil => f.write_str("nothing"),
            Value::Int(n) => write!(f, "{n}"),
            Value::Text(text) => f.write_str(text),
            Value::Actor(id) => write!(f, "{id}"),
            Value::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str(" ")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
        }
    }
}

/// How a role is drawn. Labels are the protocol's; shapes are these few.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Rank {
    /// Leader, coordinator, primary: crown, thick ring.
    Leader,
    /// Candidate, changing.
    Candidate,
    /// Follower, replica.
    Follower,
    /// Takes part without a vote.
    Learner,
    /// A client.
    Client,
}

/// What an actor is from some moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Role {
    /// How it is drawn.
    pub rank: Rank,
    /// What it is called: `leader`.
    pub label: &'static str,
    /// Its term, view or epoch.
    pub version: u64,
}

/// One line of the picture: a node, a client, a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Who.
    pub actor: ActorId,
    /// What stands before it.
    pub name: Arc<str>,
    /// What it was, from when on; each lasts until the next.
    pub bands: Vec<Band>,
}

/// What a lane is from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// From then.
    pub from: Time,
    /// Made so by this event.
    pub event: EventId,
    /// What.
    pub state: BandState,
}

/// What a lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandState {
    /// Up, in this role.
    Role(Role),
    /// Up, and has said nothing of a role yet.
    Up,
    /// Down: a gap.
    Down,
    /// Paused.
    Paused,
}

/// How a message ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum ArrowEnd {
    /// Still on its way.
    Flying,
    /// Handed to the receiver by [`Arrow::end_event`].
    Delivered,
    /// Lost at random on the link.
    LostOnLink,
    /// Lost in a cut.
    Cut,
    /// Lost by hand or command.
    Dropped,
    /// The receiver was down.
    ReceiverDown,
    /// The receiver's queue was full.
    QueueFull,
    /// Its sender crashed before the sync it waited for was done; it never left.
    NeverSent,
}

impl ArrowEnd {
    /// Whether it is drawn with a cross.
    pub fn lost(self) -> bool {
        !matches!(self, ArrowEnd::Flying | ArrowEnd::Delivered)
    }

    /// Why, in words.
    pub fn words(self) -> &'static str {
        match self {
            ArrowEnd::Flying => "on its way",
            ArrowEnd::Delivered => "delivered",
            ArrowEnd::LostOnLink => "lost on the link",
            ArrowEnd::Cut => "lost in the cut",
            ArrowEnd::Dropped => "lost by hand",
            ArrowEnd::ReceiverDown => "the receiver was down",
            ArrowEnd::QueueFull => "the receiver's queue was full",
            ArrowEnd::NeverSent => "never left: its sender crashed first",
        }
    }
}

/// A message, from its sending to its end. [`MessageId`] is its place in [`Story::arrows`], which is sorted by `sent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Left then.
    pub sent: Time,
    /// Arrived or was lost then; [`Time::MAX`] while it flies.
    pub ended: Time,
    /// Sent by this event.
    pub sent_by: EventId,
    /// Delivered as this event, where it was.
    pub end_event: EventId,
    /// Sender.
    pub from: ActorId,
    /// Receiver.
    pub to: ActorId,
    /// Its kind: a place in [`Story::kinds`].
    pub kind: u16,
    /// How it ended.
    pub end: ArrowEnd,
    /// Asks rather than answers.
    pub asks: bool,
    /// A quiet heartbeat, drawn fainter.
    pub routine: bool,
    /// The sender's rank when it left: its colour.
    pub rank: Rank,
}

/// An arrow as it is kept: two in a line of the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PackedArrow {
    sent: Time,
    ended: Time,
    sent_by: u32,
    end_event: u32,
    from: ActorId,
    to: ActorId,
    kind: u16,
    /// From the right: three bits for its end, three for the sender's rank, whether it asks, whether it is routine.
    manner: u8,
}

const ENDS: [ArrowEnd; 8] = [
    ArrowEnd::Flying,
    ArrowEnd::Delivered,
    ArrowEnd::LostOnLink,
    ArrowEnd::Cut,
    ArrowEnd::Dropped,
    ArrowEnd::ReceiverDown,
    ArrowEnd::QueueFull,
    ArrowEnd::NeverSent,
];
const RANKS: [Rank; 5] = [Rank::Leader, Rank::Candidate, Rank::Follower, Rank::Learner, Rank::Client];

impl From<Arrow> for PackedArrow {
    #[inline]
    fn from(arrow: Arrow) -> Self {
        let asks = u8::from(arrow.asks) << 6 | u8::from(arrow.routine) << 7;
        Self {
            sent: arrow.sent,
            ended: arrow.ended,
            sent_by: narrow(arrow.sent_by.0),
            end_event: narrow(arrow.end_event.0),
            from: arrow.from,
            to: arrow.to,
            kind: arrow.kind,
            manner: arrow.end as u8 | (arrow.rank as u8) << 3 | asks,
        }
    }
}

impl From<PackedArrow> for Arrow {
    #[inline]
    fn from(packed: PackedArrow) -> Self {
        let manner = usize::from(packed.manner);
        Self {
            sent: packed.sent,
            ended: packed.ended,
            sent_by: EventId(widen(packed.sent_by)),
            end_event: EventId(widen(packed.end_event)),
            from: packed.from,
            to: packed.to,
            kind: packed.kind,
            end: ENDS[manner & 7],
            asks: manner & 1 << 6 != 0,
            routine: manner & 1 << 7 != 0,
            rank: RANKS.get(manner >> 3 & 7).copied().unwrap_or(Rank::Follower),
        }
    }
}

/// The arrows of a story, in order: [`MessageId`] is the place. They are kept small and handed out as values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrows {
    packed: Pages<PackedArrow>,
    /// Where each kind first came up.
    firsts: Vec<u32>,
}

list!(Arrows, Arrow);

impl List for Arrows {
    type Item<'a> = Arrow;

    fn count(&self) -> usize {
        self.packed.len()
    }

    #[inline]
    fn at(&self, place: usize) -> Arrow {
        self.packed.at(place).into()
    }
}

impl Arrows {
    /// Adds one.
    #[inline(always)]
    pub fn push(&mut self, arrow: Arrow) {
        if usize::from(arrow.kind) >= self.firsts.len() {
            self.add_kind(arrow.kind);
        }
        self.packed.push(arrow.into());
    }

    #[cold]
    fn add_kind(&mut self, kind: u16) {
        self.firsts.resize(usize::from(kind) + 1, self.packed.len() as u32);
    }

    /// One ends: how, when, as which event. When it had been sent, if there is such a one.
    #[inline]
    pub(crate) fn end(&mut self, id: MessageId, end: ArrowEnd, at: Time, event: EventId) -> Option<Time> {
        let arrow = self.packed.get_mut(usize::try_from(id.0).ok()?)?;
        (arrow.ended, arrow.end_event) = (at, narrow(event.0));
        arrow.manner = arrow.manner & !7 | end as u8;
        Some(arrow.sent)
    }

    /// Keeps the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.packed.truncate(len);
        let kinds = self.firsts.partition_point(|first| (*first as usize) < len);
        self.firsts.truncate(kinds);
    }

    pub(crate) fn weight(&self) -> u64 {
        self.packed.weight()
    }
}

impl FromIterator<Arrow> for Arrows {
    fn from_iter<I: IntoIterator<Item = Arrow>>(arrows: I) -> Self {
        let mut all = Self::default();
        arrows.into_iter().for_each(|arrow| all.push(arrow));
        all
    }
}

/// How an operation came out, as far as its client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Not answered yet.
    Open,
    /// Answered.
    Ok,
    /// Surely did not happen (but a failed compare-and-set returned what it saw).
    Failed,
    /// The client gave up: it may happen, now, later or never.
    Unknown,
}

/// A client's operation: an interval on its lane, and an entry of the history that checkers judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Which.
    pub id: OperationId,
    /// On whose lane.
    pub client: ActorId,
    /// The process of the history; after an unknown outcome the client goes on as a new one.
    pub process: u64,
    /// What: `read`, `write`, `cas`, `append`.
    pub function: &'static str,
    /// On what; empty where the object has no parts.
    pub key: Arc<str>,
    /// Given: the value of a write, old and new of a compare-and-set.
    pub input: SmallVec<[Value; 1]>,
    /// Returned.
    pub output: SmallVec<[Value; 1]>,
    /// Asked then.
    pub invoked: Time,
    /// By this event.
    pub invoked_by: EventId,
    /// Answered or given up then.
    pub completed: Option<Time>,
    /// By this event.
    pub completed_by: Option<EventId>,
    /// How it came out.
    pub outcome: Outcome,
    /// Who answered, where somebody did.
    pub answered_by: Option<ActorId>,
    /// How it reads on the time line: `write milk`, `read`.
    pub label: Arc<str>,
}

impl Operation {
    /// How it reads with its result: `read: milk`.
    pub fn told(&self) -> String {
        match (self.outcome, self.output.first()) {
            (Outcome::Ok, Some(value)) => format!("{}: {value}", self.label),
            _ => self.label.to_string(),
        }
    }
}

/// A flag: a command that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Then.
    pub at: Time,
    /// As this event.
    pub event: EventId,
    /// The word on the flag: `cut`.
    pub word: Arc<str>,
    /// The whole command.
    pub text: Arc<str>,
    /// It found nothing it applies to.
    pub nothing_to_do: bool,
    /// Given by chaos rather than by a hand.
    pub by_chaos: bool,
}

impl Mark {
    /// Whether it is a client's request: its operation stands on the client's lane already.
    pub fn is_request(&self) -> bool {
        let second = self.text.split(' ').nth(1).and_then(|word| word.parse::<ActorId>().ok());
        second.is_some_and(ActorId::is_client) && !crate::command::KERNEL_WORDS.contains(&&*self.word)
    }
}

/// Everything a time line draws.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// From top to bottom.
    pub lanes: Vec<Lane>,
    /// Sorted by `sent`.
    pub arrows: Arrows,
    /// The longest flight of any ended arrow: with it the arrows that cross a window of time are found by bisection.
    pub longest_flight: u64,
    /// The kinds of arrows.
    pub kinds: Vec<&'static str>,
    /// Operations in the order they were invoked.
    pub operations: Vec<Operation>,
    /// Flags in order.
    pub marks: Vec<Mark>,
    /// Drawn so far.
    pub end: Time,
}

impl Story {
    /// The lane of an actor.
    pub fn lane(&self, actor: ActorId) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.actor == actor)
    }

    /// What a lane is at a time.
    pub fn band_at(&self, actor: ActorId, at: Time) -> Option<&Band> {
        let bands = &self.lane(actor)?.bands;
        bands[..bands.partition_point(|band| band.from <= at)].last()
    }

    /// The arrow of a message.
    pub fn arrow(&self, id: MessageId) -> Option<Arrow> {
        self.arrows.get(usize::try_from(id.0).ok()?)
    }

    /// The places of all arrows that may cross the time from `from` to `to`: those outside surely do not.
    pub fn arrows_between(&self, from: Time, to: Time) -> std::ops::Range<usize> {
        let earliest = Time(from.0.saturating_sub(self.longest_flight));
        let low = self.arrows.partition_point(|arrow| arrow.sent < earliest);
        let high = self.arrows.partition_point(|arrow| arrow.sent <= to);
        low..high.max(low)
    }

    /// Keeps the first `arrows`, and of those that ended at or after an event, at or after that time, makes arrows that
    /// still fly; and of the kinds those that are left, which were numbered as they first came up.
    pub(crate) fn cut_arrows(&mut self, arrows: usize, event: EventId, end: Time) {
        self.arrows.truncate(arrows);
        self.kinds.truncate(self.arrows.firsts.len());
        let event = narrow(event.0);
        for place in self.arrows_between(end, Time::MAX) {
            let Some(arrow) = self.arrows.packed.get_mut(place) else { break };
            if arrow.manner & 7 != ArrowEnd::Flying as u8 && arrow.end_event >= event {
                (arrow.ended, arrow.end_event) = (Time::MAX, u32::MAX);
                arrow.manner &= !7;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_come_back_as_they_were_put_in() {
        assert_eq!(size_of::<PackedArrow>(), 32);
        let mut all = Vec::new();
        for (at, end) in (0u64..).zip(ENDS) {
            for (kind, rank) in (0u16..).zip(RANKS) {
                all.push(Arrow {
                    sent: Time(at),
                    ended: if end == ArrowEnd::Flying { Time::MAX } else { Time(at + 5) },
                    sent_by: EventId(at),
                    end_event: if end == ArrowEnd::Flying { EventId(u64::MAX) } else { EventId(at + 1) },
                    from: ActorId::client(7),
                    to: ActorId::node(kind + 1),
                    kind,
                    end,
                    asks: at % 2 == 0,
                    routine: kind % 2 == 0,
                    rank,
                });
            }
        }
        let arrows: Arrows = all.iter().copied().collect();
        assert!(arrows.iter().eq(all.iter().copied()));
        let kinds = vec!["a", "b", "c", "d", "e"];
        let mut story = Story { arrows, kinds, ..Story::default() };
        story.arrows.end(MessageId(0), ArrowEnd::Delivered, Time(9), EventId(3));
        story.longest_flight = 9;
        story.cut_arrows(13, EventId(3), Time(7));
        assert_eq!((story.arrows.len(), story.kinds.len()), (13, 5));
        assert_eq!(story.arrow(MessageId(0)), Some(all[0]), "it flies again");
        assert_eq!(story.arrow(MessageId(9)), Some(all[9]), "it had ended before");
        assert_eq!(story.arrow(MessageId(12)).unwrap().end, ArrowEnd::Flying, "it ended as event 3");
        story.cut_arrows(2, EventId(0), Time(0));
        assert_eq!(story.kinds, ["a", "b"]);
    }
}
