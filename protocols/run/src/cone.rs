//! What an event depended on, and what depended on it.
//!
//! An event has at most three causes: its trigger (what sent the message, set the timer), the actor's own previous event,
//! and, of a start or a timer that a command made happen at once, that command. All of them have smaller numbers. So the
//! past of an event is one sweep backwards, its future one sweep forwards, and neither is ever revised: a run that grows
//! only adds to the future ([`Cone::grow`]). Whatever is in neither happened beside it: nothing in the one could have been
//! told to the other (Lamport 1978, "Time, clocks, and the ordering of events in a distributed system").
//!
//! As an actor's events hang on each other, the past has the first so many of each actor's, and the future all of them from
//! one on: what vector clocks count (Mattern 1989, "Virtual Time and Global States of Distributed Systems"). So a sweep
//! follows triggers alone, and none where nobody new is heard of.

use sim::command::{Command, Who};
use sim::ids::{ActorId, EventId};
use sim::story::{Arrow, ArrowEnd, Operation};
use sim::time::Time;
use sim::trace::{Actors, EventKind, EventRecord, Links, Trace};

/// How many events of the same instant are looked through for the command that started an actor: `restart` of all starts
/// one after the other.
const SAME_COMMAND: u64 = 128;

/// A set of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    words: Vec<u64>,
    count: u64,
}

impl Events {
    /// Whether this one is in it.
    #[inline]
    pub fn has(&self, event: EventId) -> bool {
        let word = usize::try_from(event.0 / 64).ok().and_then(|at| self.words.get(at));
        word.is_some_and(|word| word & 1 << (event.0 % 64) != 0)
    }

    /// How many.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds one.
    #[inline]
    fn add(&mut self, event: EventId) {
        let at = (event.0 / 64) as usize;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        let bit = 1 << (event.0 % 64);
        self.count += u64::from(self.words[at] & bit == 0);
        self.words[at] |= bit;
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = EventId> + '_ {
        let bits = |(at, word): (usize, u64)| {
            (0..64).filter(move |bit| word & 1 << bit != 0).map(move |bit| EventId(at as u64 * 64 + bit))
        };
        self.words.iter().copied().enumerate().filter(|(_, word)| *word != 0).flat_map(bits)
    }
}

/// The direct causes of an event, each earlier than it.
#[inline]
pub fn causes(trace: &Trace, event: EventId, record: EventRecord) -> [Option<EventId>; 3] {
    let earlier = |cause: EventId| (cause < event).then_some(cause);
    let by_command = match record.kind {
        EventKind::Start | EventKind::Timer(_) => command_behind(trace, event, record),
        _ => None,
    };
    [earlier(record.trigger), earlier(record.previous), by_command]
}

/// The command that started an actor again, or let its timer go off: it ran in the same instant, with nothing between the
/// two but what it did to others.
fn command_behind(trace: &Trace, event: EventId, record: EventRecord) -> Option<EventId> {
    let starts = record.kind == EventKind::Start;
    // Nobody starts those that are there from the beginning.
    if starts && record.previous == event && record.at == Time::ZERO {
        return None;
    }
    for back in 1..=SAME_COMMAND.min(event.0) {
        let id = EventId(event.0 - back);
        let before = trace.event(id).filter(|before| before.at == record.at)?;
        match before.kind {
            EventKind::Command(mark) => {
                return (starts || fires(trace, mark, record.actor)).then_some(id);
            }
            EventKind::Start | EventKind::Timer(_) => {}
            _ => return None,
        }
    }
    None
}

/// Whether a command lets a timer of this actor go off: one that was due in the same instant is no other's.
fn fires(trace: &Trace, mark: u32, actor: Option<ActorId>) -> bool {
    let Some(mark) = trace.story.marks.get(mark as usize).filter(|mark| &*mark.word == "fire") else {
        return false;
    };
    match sim::command::parse(&mark.text) {
        Ok(Command::Fire { who: Who::Actor(whose), .. }) => actor == Some(whose),
        Ok(Command::Fire { .. }) => true,
        _ => false,
    }
}

/// A time an actor, where there is one.
#[derive(Clone, Debug, Default, PartialEq)]
struct Times {
    nodes: Vec<Option<Time>>,
    clients: Vec<Option<Time>>,
}

impl Times {
    fn get(&self, actor: ActorId) -> Option<Time> {
        let all = if actor.is_client() { &self.clients } else { &self.nodes };
        all.get(usize::from(actor.number())).copied().flatten()
    }

    /// The first that is told stands.
    #[inline]
    fn tell(&mut self, actor: Option<ActorId>, at: Time) {
        let Some(actor) = actor else { return };
        let all = if actor.is_client() { &mut self.clients } else { &mut self.nodes };
        let place = usize::from(actor.number());
        if place >= all.len() {
            all.resize(place + 1, None);
        }
        all[place].get_or_insert(at);
    }
}

/// Everything an event depended on, however far back; not itself.
pub fn past(trace: &Trace, event: EventId) -> Events {
    past_and_reach(trace, event).0
}

/// The past, and how far each actor's own reaches into it.
fn past_and_reach(trace: &Trace, event: EventId) -> (Events, Times) {
    let mut reach = Times::default();
    if links(trace, event).is_none() {
        return (Events::default(), reach);
    }
    let mut words = vec![0; (event.0 / 64) as usize + 1];
    mark(event, true, &mut words);
    // Those of whom an event is in: all that are earlier are too.
    let mut told = Actors::none_of(trace.story.lanes.iter().map(|lane| lane.actor));
    // The instant of the event after the one looked at, if a command may be behind that; no event is as late as never.
    const NEVER: Time = Time(u64::MAX);
    let mut after = NEVER;
    for at in (0..words.len()).rev() {
        let all = trace.events.links_of_64(at);
        // Mostly nobody hears here of one who was not heard of later.
        let theirs = all.all_that_is_of(&told).filter(|theirs| after == NEVER && words[at] & !theirs == 0);
        if let Some(theirs) = theirs {
            words[at] = theirs;
            continue;
        }
        let mut word = 0_u64;
        for (bit, links) in all.iter().enumerate().rev() {
            let id = EventId((at * 64 + bit) as u64);
            if after == links.at {
                mark_command(trace, EventId(id.0 + 1), &mut words);
            }
            // Causes are earlier: what could still add to this one has been seen. Which of the two it is, and whether, is
            // as good as random: without a branch that is quicker.
            let known = told.has(links.actor);
            let within = known | (words[at] >> bit & 1 != 0);
            word |= u64::from(within) << bit;
            mark(links.trigger.min(id), within, &mut words);
            if within & !known & links.actor.is_some() {
                links.actor.into_iter().for_each(|actor| told.add(actor));
                reach.tell(links.actor, links.at);
            }
            after = if within & links.at_once { links.at } else { NEVER };
        }
        words[at] = word;
    }
    words[(event.0 / 64) as usize] &= !(1 << (event.0 % 64));
    let count = words.iter().map(|word| u64::from(word.count_ones())).sum();
    (Events { words, count }, reach)
}

#[inline(always)]
fn mark(cause: EventId, within: bool, words: &mut [u64]) {
    if let Some(word) = words.get_mut((cause.0 / 64) as usize) {
        *word |= u64::from(within) << (cause.0 % 64);
    }
}

/// Marks the command behind an event of the past, if there is one.
#[cold]
fn mark_command(trace: &Trace, event: EventId, words: &mut [u64]) {
    let Some(record) = trace.event(event) else { return };
    let [.., command] = causes(trace, event, record);
    command.into_iter().for_each(|command| mark(command, true, words));
}

fn links(trace: &Trace, event: EventId) -> Option<Links> {
    trace.events.links(usize::try_from(event.0).ok()?)
}

/// On which side of the event asked about something lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It is what was asked about.
    Itself,
    /// What was asked about depended on it.
    Past,
    /// It depended on what was asked about.
    Future,
    /// Neither knew of the other.
    Beside,
}

/// The past and the future of something that happened.
///
/// A message is one thing with two ends: its past is that of its sending, its future that of its arrival.
#[derive(Clone, Debug, PartialEq)]
pub struct Cone {
    /// The event it came about by.
    pub first: EventId,
    /// The event it had an effect by; the same for all but messages.
    pub last: EventId,
    /// When that was.
    pub at: Time,
    /// At whom; nobody for a command.
    pub actor: Option<ActorId>,
    past: Events,
    future: Events,
    /// The last of each actor's past that is in this one's, and the first of its future.
    reach: Times,
    reached: Times,
    /// So many events of the trace are in it.
    grown: u64,
}

impl Cone {
    /// Of an event.
    pub fn of(trace: &Trace, event: EventId) -> Self {
        Self::between(trace, event, event)
    }

    /// Of a message: sent by `first`, delivered as `last`.
    pub fn between(trace: &Trace, first: EventId, last: EventId) -> Self {
        let mut cone = Self { grown: last.0.saturating_add(1), ..Self::without_future(trace, first) };
        cone.last = last;
        if let Some(record) = trace.event(last) {
            (cone.at, cone.actor) = (record.at, record.actor);
            cone.reached.tell(record.actor, record.at);
        }
        cone.grow(trace);
        cone
    }

    /// Of an event, its past alone.
    pub fn without_future(trace: &Trace, event: EventId) -> Self {
        let (past, reach) = past_and_reach(trace, event);
        let (at, actor) = trace.event(event).map_or((Time::ZERO, None), |record| (record.at, record.actor));
        let (future, reached) = (Events::default(), Times::default());
        Self { first: event, last: event, at, actor, past, future, reach, reached, grown: u64::MAX }
    }

    /// Takes in what happened since. (After a branch began before its event, make a new one.)
    pub fn grow(&mut self, trace: &Trace) {
        let events = trace.events.len() as u64;
        if self.grown >= events {
            return;
        }
        let start = usize::try_from(self.grown).unwrap_or(usize::MAX);
        for (id, record) in (self.grown..).map(EventId).zip(trace.events.range(start..)) {
            let of_it = |cause: EventId| cause == self.last || self.future.has(cause);
            let goes_on = record.actor.is_some_and(|actor| self.reached.get(actor).is_some());
            if goes_on || causes(trace, id, record).into_iter().flatten().any(of_it) {
                self.future.add(id);
                self.reached.tell(record.actor, record.at);
            }
        }
        self.grown = events;
    }

    /// What it depended on.
    pub fn past(&self) -> &Events {
        &self.past
    }

    /// What depended on it.
    pub fn future(&self) -> &Events {
        &self.future
    }

    /// On which side an event lies.
    #[inline]
    pub fn side(&self, event: EventId) -> Side {
        if event == self.first || event == self.last {
            Side::Itself
        } else if self.past.has(event) {
            Side::Past
        } else if self.future.has(event) {
            Side::Future
        } else {
            Side::Beside
        }
    }

    /// On which side a message lies. One that was sent in the past, and did not arrive there, lies beside: it told nobody
    /// who mattered. One that the future sent belongs to it, whatever becomes of it.
    #[inline]
    pub fn arrow(&self, arrow: &Arrow) -> Side {
        let arrived = arrow.end == ArrowEnd::Delivered;
        if self.first != self.last && arrow.sent_by == self.first && arrived && arrow.end_event == self.last {
            return Side::Itself;
        }
        let reached = |event: EventId| event == self.first || self.past.has(event);
        if arrived && reached(arrow.end_event) && self.past.has(arrow.sent_by) {
            return Side::Past;
        }
        if arrow.sent_by == self.last || self.future.has(arrow.sent_by) { Side::Future } else { Side::Beside }
    }

    /// On which side a client's operation lies.
    pub fn operation(&self, operation: &Operation) -> Side {
        let ends = [operation.completed_by, Some(operation.invoked_by)];
        let sides = ends.map(|end| end.map_or(Side::Beside, |event| self.side(event)));
        match sides {
            [Side::Itself, _] | [_, Side::Itself] => Side::Itself,
            [Side::Past, _] => Side::Past,
            [_, Side::Future] | [Side::Future, _] => Side::Future,
            // Asked in its past, answered beside it: the asking belongs to it.
            [_, Side::Past] => Side::Past,
            _ => Side::Beside,
        }
    }

    /// Until when an actor's own past is part of this one's, and from when on its future is: between the two neither knew
    /// of the other. Nothing where there is no such time.
    pub fn of_actor(&self, actor: ActorId) -> (Option<Time>, Option<Time>) {
        (self.reach.get(actor), self.reached.get(actor))
    }
}
