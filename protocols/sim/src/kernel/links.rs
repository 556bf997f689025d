//! Links: what a message meets between its sending and its arrival.

use super::flights::{Fate, Flight};
use super::{Kernel, Outgoing, Slot, Step, Waiting, What};
use crate::command::Quality;
use crate::ids::{EventId, MessageId};
use crate::random::{Draw, Purpose, mix};
use crate::story::{Arrow, ArrowEnd, Rank};
use crate::time::{Span, Time};
use crate::trace::{EventKind, Recorder};
use crate::view::Status;
use std::sync::Arc;

/// One direction of a link.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link {
    /// How many cuts lie across it.
    pub cuts: u16,
    pub held: bool,
    /// What differs from the lab's profile, and the stamp of the command that made it so.
    pub quality: Quality,
    pub stamp: u32,
    /// The sender's end is busy until then (bandwidth).
    busy_until: u64,
    /// The last arrival on a stream.
    last_arrival: u64,
}

/// A cut that stands.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    pub stamp: u32,
    /// The sides; in a one-way cut from the first to the second.
    pub sides: Vec<Vec<Slot>>,
    pub one_way: bool,
}

/// Messages that the next commands lose: so many of these.
#[derive(Clone, Debug)]
pub(crate) struct DropNext {
    pub left: u32,
    pub from: Option<Slot>,
    pub to: Option<Slot>,
    pub kind: Option<Arc<str>>,
}

/// All links of a cluster. Shared between forks until one of them changes a link.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    count: usize,
    links: Arc<Vec<Link>>,
    pub cuts: Vec<Cut>,
    pub drops: Vec<DropNext>,
}

impl Links {
    pub fn new(count: usize) -> Self {
        Self {
            count,
            links: Arc::new(vec![Link::default(); count * count]),
            cuts: Vec::new(),
            drops: Vec::new(),
        }
    }

    pub fn get(&self, from: Slot, to: Slot) -> &Link {
        &self.links[usize::from(from) * self.count + usize::from(to)]
    }

    pub fn get_mut(&mut self, from: Slot, to: Slot) -> &mut Link {
        let at = usize::from(from) * self.count + usize::from(to);
        &mut Arc::make_mut(&mut self.links)[at]
    }

    /// Every direction with a quality of its own.
    pub fn changed(&self) -> Vec<(Slot, Slot)> {
        let plain = Quality::default();
        let differing = self.links.iter().enumerate().filter(|(_, link)| link.quality != plain);
        differing.map(|(at, _)| ((at / self.count) as Slot, (at % self.count) as Slot)).collect()
    }

    /// Every direction that holds messages back.
    pub fn held(&self) -> Vec<(Slot, Slot)> {
        let held = self.links.iter().enumerate().filter(|(_, link)| link.held);
        held.map(|(at, _)| ((at / self.count) as Slot, (at % self.count) as Slot)).collect()
    }

    /// Lays or lifts a cut.
    pub fn lay(&mut self, cut: &Cut, lay: bool) {
        for (a, side) in cut.sides.iter().enumerate() {
            for (b, other) in cut.sides.iter().enumerate() {
                if a == b || (cut.one_way && (a, b) != (0, 1)) {
                    continue;
                }
                for from in side {
                    // Nobody is cut from itself, on whichever sides it was named.
                    for to in other.iter().filter(|to| *to != from) {
                        let link = self.get_mut(*from, *to);
                        link.cuts =
                            if lay { link.cuts.saturating_add(1) } else { link.cuts.saturating_sub(1) };
                    }
                }
            }
        }
    }
}

impl Kernel {
    /// Sends a message: its handle, and that of its second copy where the link doubles it.
    pub(crate) fn send(&mut self, out: &Outgoing, trace: &mut Recorder<'_>) -> (u32, Option<u32>) {
        let ordinal = self.ordinal(out.from);
        let flight = Flight {
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
            held: false,
            waiting: false,
            unsent: true,
            by_hand: false,
            live: true,
            stamp: self.stamp(),
            ordinal,
        };
        let at = self.flights.add(flight);
        match out.after {
            Some(sync) if sync.0 >= self.actor(out.from).disk.done => {
                self.actor_mut(out.from).disk.after.push_back((sync, at));
                (at, None)
            }
            _ => (at, self.launch(at, out.worked, trace)),
        }
    }

    /// A sync was handed over: what waited for it leaves now.
    pub(crate) fn launch_after(
        &mut self,
        slot: Slot,
        done: u64,
        event: EventId,
        trace: &mut Recorder<'_>,
    ) -> Vec<(u32, u32)> {
        let mut copies = Vec::new();
        self.actor_mut(slot).disk.done = done;
        while let Some((sync, at)) = self.actor(slot).disk.after.front().copied() {
            if sync.0 >= done {
                break;
            }
            self.actor_mut(slot).disk.after.pop_front();
            let (now, ordinal) = (self.now(), self.ordinal(slot));
            let flight = self.flights.get_mut(at);
            (flight.sent, flight.sent_by, flight.ordinal) = (now, event, ordinal);
            if let Some(copy) = self.launch(at, Span::ZERO, trace) {
                copies.push((at, copy));
            }
        }
        copies
    }

    /// A message leaves: its way, and that of a second copy, is drawn.
    fn launch(&mut self, at: u32, worked: Span, trace: &mut Recorder<'_>) -> Option<u32> {
        let flight = self.flights.get(at);
        let (sender, receiver, bytes, ordinal) =
            (flight.from, flight.to, flight.bytes, u64::from(flight.ordinal));
        let (from, to) = (self.id(sender), self.id(receiver));
        let mut depart = self.now() + worked;
        if sender == receiver {
            self.schedule(at, depart, Fate::Deliver);
            self.draw_arrow(at, trace);
            return None;
        }
        let who = u64::from(from.raw()) << 16 | u64::from(to.raw());
        let (seed, now) = (self.seed, self.now().0);
        let draw = |purpose| Draw::new(seed, purpose, who, now, ordinal);
        let profile = self.network.profile(from, to);
        let link = self.links.get(sender, receiver);
        let quality = &link.quality;
        let added = quality.delay.unwrap_or(Span::ZERO) + self.between(sender, receiver);
        let mut latency = profile.latency.draw(draw(Purpose::Latency)) + added;
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
        let last_arrival = link.last_arrival;
        if let Some(bandwidth) = quality.bandwidth.or(profile.bandwidth).filter(|b| *b > 0) {
            let wire = Span(u64::from(bytes).saturating_mul(1_000_000_000) / bandwidth);
            depart = depart.max(Time(link.busy_until)) + wire;
            self.links.get_mut(sender, receiver).busy_until = depart.0;
        }
        let fate = self.fate(at, lost && !stream);
        let arrives = match (stream, fate) {
            (true, _) => {
                let latency = if lost { latency * 3 } else { latency };
                let arrives = (depart + latency).max(Time(last_arrival.saturating_add(1)));
                self.links.get_mut(sender, receiver).last_arrival = arrives.0;
                arrives
            }
            (false, Fate::Deliver) => depart + latency,
            // It is lost half-way: that is where its cross is drawn.
            (false, _) => depart + Span(latency.0 / 2),
        };
        self.schedule(at, arrives, fate);
        self.draw_arrow(at, trace);
        twice.then(|| self.second_copy(at, depart + second + latency, trace))
    }

    /// Another copy of a flight, arriving then.
    pub(crate) fn second_copy(&mut self, at: u32, arrives: Time, trace: &mut Recorder<'_>) -> u32 {
        let mut copy = *self.flights.get(at);
        copy.ordinal = self.ordinal(copy.from);
        (copy.held, copy.waiting) = (false, false);
        let copy = self.flights.add(copy);
        self.schedule(copy, arrives, Fate::Deliver);
        self.draw_arrow(copy, trace);
        copy
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
    fn fate(&mut self, at: u32, lost: bool) -> Fate {
        if self.links.drops.is_empty() {
            return if lost { Fate::LostOnLink } else { Fate::Deliver };
        }
        let flight = *self.flights.get(at);
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
        (flight.arrives, flight.fate, flight.stamp) = (arrives, fate, stamp);
        (flight.held, flight.unsent) = (false, false);
        let (from, to) = (flight.from, flight.to);
        let key = self.flights.get(at).key(self.id(from).raw(), self.id(to).raw());
        self.push(key, What::Arrive { flight: at, stamp });
    }

    fn draw_arrow(&mut self, at: u32, trace: &mut Recorder<'_>) {
        let id = self.next_message();
        self.flights.get_mut(at).id = id;
        let Some(trace) = trace.trace.as_deref_mut() else { return };
        let flight = *self.flights.get(at);
        let story = &mut trace.story;
        let kind = match story.kinds.iter().position(|kind| *kind == flight.kind) {
            Some(kind) => kind,
            None => {
                story.kinds.push(flight.kind);
                story.kinds.len() - 1
            }
        };
        let sender = self.actor(flight.from);
        let rank =
            if sender.id.is_client() { Rank::Client } else { sender.role.map_or(Rank::Follower, |r| r.rank) };
        story.arrows.push(Arrow {
            sent: self.now(),
            ended: Time::MAX,
            sent_by: flight.sent_by,
            end_event: EventId(u64::MAX),
            from: sender.id,
            to: self.id(flight.to),
            kind: kind as u16,
            end: ArrowEnd::Flying,
            asks: flight.asks,
            routine: flight.routine,
            rank,
        });
    }

    pub(crate) fn end_arrow(&self, id: MessageId, end: ArrowEnd, event: EventId, trace: &mut Recorder<'_>) {
        let Some(trace) = trace.trace.as_deref_mut() else { return };
        let now = self.now();
        let story = &mut trace.story;
        if let Some(arrow) = story.arrows.get_mut(id.0 as usize) {
            (arrow.ended, arrow.end, arrow.end_event) = (now, end, event);
            story.longest_flight = story.longest_flight.max(now.since(arrow.sent).0);
        }
    }

    /// A flight reaches the end of its way.
    pub(crate) fn arrive(&mut self, at: u32, trace: &mut Recorder<'_>) -> Step {
        let flight = self.flights.get(at);
        let (sender, receiver, by_hand) = (flight.from, flight.to, flight.by_hand);
        match flight.fate {
            Fate::LostOnLink => return self.lose(at, ArrowEnd::LostOnLink, trace),
            Fate::Dropped => return self.lose(at, ArrowEnd::Dropped, trace),
            Fate::Deliver => {}
        }
        let link = self.links.get(sender, receiver);
        if link.held && !by_hand {
            self.flights.get_mut(at).held = true;
            return Step::Internal;
        }
        if link.cuts > 0 {
            return self.lose(at, ArrowEnd::Cut, trace);
        }
        if !self.runs(receiver) {
            return self.lose(at, ArrowEnd::ReceiverDown, trace);
        }
        match self.offer(receiver, Waiting::Message(at)) {
            Step::Handle { slot: Slot::MAX, .. } => self.lose(at, ArrowEnd::QueueFull, trace),
            step => step,
        }
    }

    /// A message is lost: an event of its own, at the receiver's end.
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
