//! The way of a message: from its sending over a link to its end.

use super::flights::{Fate, Flight, Stage};
use super::links::DropNext;
use super::queue::What;
use super::state::Waiting;
use super::step::{Offer, Step};
use super::{Kernel, Slot};
use crate::ids::{ActorId, EventId, MessageId, SyncId};
use crate::random::{Purpose, mix};
use crate::story::{Arrow, ArrowEnd, Rank};
use crate::time::{Span, Time};
use crate::trace::{EventKind, Recorder};
use crate::view::Status;
use smallvec::SmallVec;

/// A message to be sent.
pub(crate) struct Outgoing {
    pub from: Slot,
    pub to: Slot,
    pub kind: &'static str,
    pub asks: bool,
    pub routine: bool,
    pub bytes: u32,
    pub after: Option<SyncId>,
    pub worked: Span,
    pub event: EventId,
}

/// Sender and receiver.
type Ends = (ActorId, ActorId);

/// How a way goes: when and how it ends, and when that of a second copy does, where the link doubles the message.
struct Way {
    arrives: Time,
    fate: Fate,
    second: Option<Time>,
}

impl Kernel {
    /// Sends a message: its handle, and that of its second copy where the link doubles it.
    pub(crate) fn send(&mut self, out: &Outgoing, trace: &mut Recorder<'_>) -> (u32, Option<u32>) {
        let mut flight = Flight {
            id: MessageId(u64::MAX),
            from: out.from,
            to: out.to,
            kind: out.kind,
            asks: out.asks,
            routine: out.routine,
            bytes: out.bytes,
            sent_by: out.event,
            sent: self.now(),
            arrives: Time::MAX,
            fate: Fate::Deliver,
            stage: Stage::Unsent,
            by_hand: false,
            stamp: 0,
            ordinal: self.ordinal(out.from),
        };
        if let Some(sync) = out.after
            && sync.0 >= self.actor(out.from).disk.done
        {
            let at = self.flights.add(flight);
            self.actor_mut(out.from).disk.after.push_back((sync, at));
            return (at, None);
        }
        let ends = self.ends(&flight);
        let second = self.launch(&mut flight, ends, out.worked, trace);
        let at = self.flights.add(flight);
        self.await_arrival(at, &flight, ends);
        (at, second.map(|arrives| self.second_copy(at, arrives, trace)))
    }

    /// A sync was handed over: what waited for it leaves now.
    pub(crate) fn launch_after(
        &mut self,
        slot: Slot,
        done: u64,
        event: EventId,
        trace: &mut Recorder<'_>,
    ) -> SmallVec<[(u32, u32); 2]> {
        let mut copies = SmallVec::new();
        self.actor_mut(slot).disk.done = done;
        while let Some((sync, at)) = self.actor(slot).disk.after.front().copied() {
            if sync.0 >= done {
                break;
            }
            self.actor_mut(slot).disk.after.pop_front();
            let mut flight = *self.flights.get(at);
            (flight.sent, flight.sent_by, flight.ordinal) = (self.now(), event, self.ordinal(slot));
            let ends = self.ends(&flight);
            let second = self.launch(&mut flight, ends, Span::ZERO, trace);
            *self.flights.get_mut(at) = flight;
            self.await_arrival(at, &flight, ends);
            if let Some(arrives) = second {
                copies.push((at, self.second_copy(at, arrives, trace)));
            }
        }
        copies
    }

    /// A message leaves: its way is drawn. When a second copy of it arrives, if there is to be one.
    #[inline(always)]
    fn launch(
        &mut self,
        flight: &mut Flight,
        ends: Ends,
        worked: Span,
        trace: &mut Recorder<'_>,
    ) -> Option<Time> {
        let Way { arrives, fate, second } = self.way(flight, ends, worked);
        (flight.arrives, flight.fate, flight.stage) = (arrives, fate, Stage::Flying);
        flight.stamp = self.stamp();
        flight.id = self.next_message();
        self.draw_arrow(flight, ends, trace);
        second
    }

    #[inline(always)]
    fn way(&mut self, flight: &Flight, (from, to): Ends, worked: Span) -> Way {
        let depart = self.now() + worked;
        let (sender, receiver) = (flight.from, flight.to);
        if sender == receiver {
            return Way { arrives: depart, fate: Fate::Deliver, second: None };
        }
        let who = u64::from(from.raw()) << 16 | u64::from(to.raw());
        let profile = self.network.profile(from, to);
        let draw = self.keys.draw(Purpose::Latency, who, self.now().0, flight.ordinal.into());
        let latency = profile.latency.draw(draw);
        let plain = profile.is_plain()
            && self.network.between.is_empty()
            && self.links.drops.is_empty()
            && !self.links.get(sender, receiver).changed;
        if plain {
            return Way { arrives: depart + latency, fate: Fate::Deliver, second: None };
        }
        self.rough_way(*flight, who, latency, depart)
    }

    /// The way over a link that loses, doubles, delays, or keeps messages in order: where one of these can happen, it is
    /// drawn whether it does.
    #[inline(never)]
    fn rough_way(&mut self, flight: Flight, who: u64, latency: Span, mut depart: Time) -> Way {
        let (sender, receiver) = (flight.from, flight.to);
        let (keys, now, ordinal) = (&self.keys, self.now.0, u64::from(flight.ordinal));
        let draw = |purpose| keys.draw(purpose, who, now, ordinal);
        let profile = self.network.profile(self.id(sender), self.id(receiver));
        let quality = self.links.quality(sender, receiver);
        let added = quality.delay.unwrap_or(Span::ZERO) + self.between(sender, receiver);
        let mut latency = latency + added;
        let stream = profile.stream;
        let loss = quality.loss.unwrap_or(profile.loss);
        let lost = loss > 0 && draw(Purpose::Loss).chance(loss);
        let reorder = quality.reorder.unwrap_or(profile.reorder);
        if reorder > 0 && !stream {
            let mut draw = draw(Purpose::Reorder);
            if draw.chance(reorder) {
                latency = latency + Span(draw.below(latency.0.saturating_mul(5)));
            }
        }
        let doubled = quality.duplicate.unwrap_or(profile.duplicate);
        let twice = doubled > 0 && !stream && draw(Purpose::Duplicate).chance(doubled);
        let second = if twice { profile.latency.draw(draw(Purpose::SecondLatency)) } else { Span::ZERO };
        if let Some(bandwidth) = quality.bandwidth.or(profile.bandwidth).filter(|b| *b > 0) {
            let wire = Span(u64::from(flight.bytes).saturating_mul(1_000_000_000) / bandwidth);
            let ends = self.links.ends(sender, receiver);
            depart = depart.max(ends.busy_until) + wire;
            ends.busy_until = depart;
        }
        let fate = self.fate(&flight, lost && !stream);
        let arrives = match (stream, fate) {
            (true, _) => {
                let latency = if lost { latency * 3 } else { latency };
                let ends = self.links.ends(sender, receiver);
                ends.last_arrival = (depart + latency).max(ends.last_arrival + Span(1));
                ends.last_arrival
            }
            (false, Fate::Deliver) => depart + latency,
            // It is lost half-way: that is where its cross is drawn.
            (false, _) => depart + Span(latency.0 / 2),
        };
        Way { arrives, fate, second: twice.then_some(depart + second + latency) }
    }

    /// Another copy of a flight, arriving then.
    pub(crate) fn second_copy(&mut self, at: u32, arrives: Time, trace: &mut Recorder<'_>) -> u32 {
        let mut copy = *self.flights.get(at);
        copy.ordinal = self.ordinal(copy.from);
        copy.id = self.next_message();
        self.draw_arrow(&copy, self.ends(&copy), trace);
        let at = self.flights.add(copy);
        self.schedule(at, arrives, Fate::Deliver);
        at
    }

    fn between(&self, from: Slot, to: Slot) -> Span {
        if self.network.between.is_empty() {
            return Span::ZERO;
        }
        let region =
            |slot: Slot| usize::from(self.network.regions.get(usize::from(slot)).copied().unwrap_or(0));
        let row = self.network.between.get(region(from));
        row.and_then(|row| row.get(region(to))).copied().unwrap_or(Span::ZERO)
    }

    /// Whether it will be lost, on the link or because a command loses the next ones.
    fn fate(&mut self, flight: &Flight, lost: bool) -> Fate {
        let matches = |drop: &DropNext| {
            drop.from.is_none_or(|from| from == flight.from)
                && drop.to.is_none_or(|to| to == flight.to)
                && drop.kind.as_deref().is_none_or(|kind| kind == flight.kind)
        };
        if let Some(at) = self.links.drops.iter().position(matches) {
            self.links.drops[at].left -= 1;
            if self.links.drops[at].left == 0 {
                self.links.drops.remove(at);
            }
            return Fate::Dropped;
        }
        if lost { Fate::LostOnLink } else { Fate::Deliver }
    }

    /// Sets when and how a flight ends; an earlier schedule is void.
    pub(crate) fn schedule(&mut self, at: u32, arrives: Time, fate: Fate) {
        let stamp = self.stamp();
        let flight = self.flights.get_mut(at);
        (flight.arrives, flight.fate, flight.stage, flight.stamp) = (arrives, fate, Stage::Flying, stamp);
        let flight = *flight;
        self.await_arrival(at, &flight, self.ends(&flight));
    }

    /// Who sends it, and whom to.
    #[inline]
    fn ends(&self, flight: &Flight) -> Ends {
        (self.id(flight.from), self.id(flight.to))
    }

    #[inline(always)]
    fn await_arrival(&mut self, at: u32, flight: &Flight, (from, to): Ends) {
        let key = flight.key(from.raw(), to.raw());
        self.push(key, What::Arrive { flight: at, stamp: flight.stamp });
    }

    #[inline(always)]
    fn draw_arrow(&self, flight: &Flight, (from, to): Ends, trace: &mut Recorder<'_>) {
        let Some(trace) = trace.trace.as_deref_mut() else { return };
        let story = &mut trace.story;
        let kind = place_of(flight.kind, &mut story.kinds);
        let rank = if from.is_client() {
            Rank::Client
        } else {
            self.actor(flight.from).role.map_or(Rank::Follower, |role| role.rank)
        };
        story.arrows.push(Arrow {
            sent: self.now(),
            ended: Time::MAX,
            sent_by: flight.sent_by,
            end_event: EventId(u64::MAX),
            from,
            to,
            kind,
            end: ArrowEnd::Flying,
            asks: flight.asks,
            routine: flight.routine,
            rank,
        });
    }

    #[inline]
    pub(crate) fn end_arrow(&self, id: MessageId, end: ArrowEnd, event: EventId, trace: &mut Recorder<'_>) {
        let Some(trace) = trace.trace.as_deref_mut() else { return };
        let now = self.now();
        let story = &mut trace.story;
        if let Some(sent) = story.arrows.end(id, end, now, event) {
            story.longest_flight = story.longest_flight.max(now.since(sent).0);
        }
    }

    // --- the end of a way ---

    /// A flight reaches the end of its way.
    #[inline]
    pub(crate) fn arrive(&mut self, at: u32, trace: &mut Recorder<'_>) -> Step {
        let flight = self.flights.get(at);
        let (sender, receiver) = (flight.from, flight.to);
        let open = flight.fate == Fate::Deliver && self.links.get(sender, receiver).is_open();
        if open && self.is_free(receiver) {
            return Step::Deliver { slot: receiver, flight: at };
        }
        self.arrive_somehow(at, trace)
    }

    fn arrive_somehow(&mut self, at: u32, trace: &mut Recorder<'_>) -> Step {
        let flight = *self.flights.get(at);
        match flight.fate {
            Fate::LostOnLink => return self.lose(at, ArrowEnd::LostOnLink, trace),
            Fate::Dropped => return self.lose(at, ArrowEnd::Dropped, trace),
            Fate::Deliver => {}
        }
        let link = self.links.get(flight.from, flight.to);
        if link.held && !flight.by_hand {
            self.flights.get_mut(at).stage = Stage::Held;
            return Step::Internal;
        }
        if link.cuts > 0 {
            return self.lose(at, ArrowEnd::Cut, trace);
        }
        if !self.runs(flight.to) {
            return self.lose(at, ArrowEnd::ReceiverDown, trace);
        }
        match self.offer(flight.to, Waiting::Message(at)) {
            Offer::Taken => Step::Deliver { slot: flight.to, flight: at },
            Offer::Waits => Step::Internal,
            Offer::Full => self.lose(at, ArrowEnd::QueueFull, trace),
        }
    }

    /// A message is handed over, and no longer on its way: its name, who sent it, during which event.
    #[inline]
    pub(crate) fn land(&mut self, at: u32) -> (MessageId, Slot, EventId) {
        let flight = self.flights.get(at);
        let landed = (flight.id, flight.from, flight.sent_by);
        self.flights.remove(at);
        landed
    }

    /// The event that a message's delivery is.
    pub(crate) fn deliver(
        &mut self,
        slot: Slot,
        (id, sent_by): (MessageId, EventId),
        content: u64,
        trace: &mut Recorder<'_>,
    ) -> EventId {
        let event = self.begin_here(Some(slot), EventKind::Deliver(id), Some(sent_by), content, trace);
        self.end_arrow(id, ArrowEnd::Delivered, event, trace);
        event
    }

    /// A message is lost: an event of its own, at the receiver's end.
    #[cold]
    pub(crate) fn lose(&mut self, at: u32, end: ArrowEnd, trace: &mut Recorder<'_>) -> Step {
        let flight = *self.flights.get(at);
        let content = mix(u64::from(flight.from) << 32 | u64::from(flight.to), end as u64);
        let event = self.begin(None, EventKind::Lost(flight.id), Some(flight.sent_by), content, trace);
        self.end_arrow(flight.id, end, event, trace);
        self.flights.remove(at);
        Step::Internal
    }

    /// Whether a message from one to the other would arrive, as things stand.
    pub(crate) fn reaches(&self, from: Slot, to: Slot) -> bool {
        from == to || (self.links.get(from, to).cuts == 0 && self.actor(to).status == Status::Up)
    }
}

/// The place of a kind among those that have come up.
#[inline]
fn place_of(kind: &'static str, kinds: &mut Vec<&'static str>) -> u16 {
    // Nearly always it is the very same text as before: then its address says so.
    let place = kinds.iter().position(|known| std::ptr::eq(*known, kind));
    place.unwrap_or_else(|| place_of_text(kind, kinds)) as u16
}

#[cold]
fn place_of_text(kind: &'static str, kinds: &mut Vec<&'static str>) -> usize {
    kinds.iter().position(|known| *known == kind).unwrap_or_else(|| {
        kinds.push(kind);
        kinds.len() - 1
    })
}
