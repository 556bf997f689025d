//! Faults: what commands do to nodes, links, messages, disks, clocks, and how it ends.
//!
//! [`Kernel::apply`] does all that needs no protocol and returns the [`Effect`]s that do.

use super::flights::{Fate, Stage};
use super::links::{Cut, DropNext};
use super::select::Roles;
use super::state::{Ending, Lie, Waiting};
use super::{Kernel, Slot};
use crate::command::{ClockChange, Command, DiskChange, LinkSelector, Quality, Who};
use crate::ids::EventId;
use crate::story::{ArrowEnd, BandState};
use crate::time::{Span, Time};
use crate::trace::{EventKind, Recorder};
use crate::view::Status;
use std::sync::Arc;

/// What is left for the world to do after a command.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// Stop this node; keep so many unsynced writes, or draw; tell recovery of a torn write.
    Crash { slot: Slot, keep: Option<u32>, torn: bool },
    /// Start this actor.
    Start(Slot),
    /// Forget all that its disk held, after stopping it.
    Wipe(Slot),
    /// A second copy of a message was made.
    Copy { of: u32, to: u32 },
    /// Everything was mended, or some nodes were.
    Healed { all: bool },
}

/// So many cuts stand at once; a further one finds nothing to do. Healing some of many nodes takes cuts of many sides
/// apart into very many.
const MOST_CUTS: usize = 256;

const PAUSE: usize = 0;
const SLOW: usize = 1;
const DRIFT: usize = 2;
const LIE: usize = 3;

impl Kernel {
    /// Carries out a command. No effects and `false`: it found nothing to do.
    pub(crate) fn apply(
        &mut self,
        command: &Command,
        roles: &Roles,
        event: EventId,
        trace: &mut Recorder<'_>,
    ) -> (bool, Vec<Effect>) {
        let mut effects = Vec::new();
        let done = match command {
            Command::Cut { groups, span } => self.cut_groups(groups, *span, roles),
            Command::CutOneWay { from, to, span } => {
                let sides = vec![self.find_all(from, roles), self.find_all(to, roles)];
                self.cut(sides, true, *span)
            }
            Command::Mend(which) => self.mend(which.as_deref(), roles),
            Command::Crash { who, keep, torn } => self.on_node(who, roles, |kernel, slot| {
                let runs = kernel.runs(slot);
                if runs {
                    effects.push(Effect::Crash { slot, keep: *keep, torn: *torn });
                }
                runs
            }),
            Command::Restart(who) => self.on_node(who, roles, |kernel, slot| {
                let runs = kernel.runs(slot);
                if !runs {
                    effects.push(Effect::Start(slot));
                }
                !runs
            }),
            Command::Pause { who, span } => self.on(who, roles, |k, slot| k.pause(slot, *span, event, trace)),
            Command::Resume(who) => self.on(who, roles, |k, slot| k.resume(slot, event, trace)),
            Command::Slow { who, factor, span } => {
                self.on(who, roles, |k, slot| k.slow(slot, *factor, *span))
            }
            Command::Clock { who, change, span } => {
                self.on(who, roles, |k, slot| k.clock(slot, change, *span))
            }
            Command::Disk { who, change, span } => {
                self.on_node(who, roles, |k, slot| k.disk_change(slot, change, *span, &mut effects))
            }
            Command::Lie { who, how, to, span } => {
                let to = self.find_all(to, roles);
                self.on(who, roles, |k, slot| k.lie(slot, how, &to, *span))
            }
            Command::Link { links, quality, span } => self.set_quality(links, quality.as_ref(), *span, roles),
            Command::Hold(links) => self.hold(links, roles),
            Command::Release(links) => self.release(links, roles),
            Command::Redraw(number) => {
                self.keys = self.keys.redrawn(*number);
                true
            }
            Command::Drop(which) => match self.find_message(which, roles) {
                None => false,
                Some(at) => {
                    self.lose(at, ArrowEnd::Dropped, trace);
                    true
                }
            },
            Command::DropNext { count, which } => self.drop_next(*count, which, roles),
            Command::Delay { which, by } => match self.find_message(which, roles) {
                None => false,
                Some(at) => {
                    let flight = *self.flights.get(at);
                    let arrives = if flight.stage == Stage::Held { self.now() } else { flight.arrives };
                    self.schedule(at, arrives + *by, flight.fate);
                    true
                }
            },
            Command::Deliver(which) => match self.find_message(which, roles) {
                None => false,
                Some(at) => {
                    self.deliver_now(at);
                    true
                }
            },
            Command::Duplicate(which) => match self.find_message(which, roles) {
                None => false,
                Some(at) => {
                    let arrives = self.flights.get(at).arrives.max(self.now()) + Span::millis(1);
                    let copy = self.second_copy(at, arrives, trace);
                    effects.push(Effect::Copy { of: at, to: copy });
                    true
                }
            },
            Command::Fire { .. } | Command::Set { .. } | Command::Verb { .. } | Command::Bend { .. } => false,
            Command::Heal(who) => {
                self.heal(who, roles, event, trace, &mut effects);
                true
            }
        };
        (done, effects)
    }

    fn on(&mut self, who: &Who, roles: &Roles, act: impl FnOnce(&mut Self, Slot) -> bool) -> bool {
        match self.find(who, roles) {
            Some(slot) => act(self, slot),
            None => false,
        }
    }

    fn on_node(&mut self, who: &Who, roles: &Roles, act: impl FnOnce(&mut Self, Slot) -> bool) -> bool {
        match self.find(who, roles) {
            Some(slot) if self.id(slot).is_node() => act(self, slot),
            _ => false,
        }
    }

    // --- cuts ---

    fn cut_groups(&mut self, groups: &[Vec<Who>], span: Option<Span>, roles: &Roles) -> bool {
        let sides = self.sides(groups, roles);
        self.cut(sides, false, span)
    }

    /// The sides of a cut: what one group alone is cut from is every other node.
    pub(crate) fn sides(&self, groups: &[Vec<Who>], roles: &Roles) -> Vec<Vec<Slot>> {
        let mut sides: Vec<Vec<Slot>> = groups.iter().map(|group| self.find_all(group, roles)).collect();
        if let [only] = &sides[..] {
            let rest = self.slots().filter(|slot| self.id(*slot).is_node() && !only.contains(slot));
            sides.push(rest.collect());
        }
        sides
    }

    fn cut(&mut self, sides: Vec<Vec<Slot>>, one_way: bool, span: Option<Span>) -> bool {
        if sides.len() < 2 || sides.iter().filter(|side| !side.is_empty()).count() < 2 {
            return false;
        }
        let stand = &self.links.cuts;
        if stand.len() >= MOST_CUTS || stand.iter().any(|cut| cut.sides == sides && cut.one_way == one_way) {
            return false;
        }
        let cut = Cut { stamp: self.stamp(), sides, one_way };
        self.links.lay(&cut, true);
        self.end_later(span, Ending::Cut(cut.stamp));
        self.links.cuts.push(cut);
        true
    }

    fn mend(&mut self, which: Option<&Command>, roles: &Roles) -> bool {
        let (sides, one_way) = match which {
            None => {
                let cuts = std::mem::take(&mut self.links.cuts);
                cuts.iter().for_each(|cut| self.links.lay(cut, false));
                return !cuts.is_empty();
            }
            Some(Command::Cut { groups, .. }) => (self.sides(groups, roles), false),
            Some(Command::CutOneWay { from, to, .. }) => {
                (vec![self.find_all(from, roles), self.find_all(to, roles)], true)
            }
            Some(_) => return false,
        };
        match self.links.cuts.iter().position(|cut| cut.sides == sides && cut.one_way == one_way) {
            None => false,
            Some(at) => {
                let cut = self.links.cuts.remove(at);
                self.links.lay(&cut, false);
                true
            }
        }
    }

    // --- pause, slow, clocks, lies ---

    fn mark(&mut self, slot: Slot, which: usize) -> u32 {
        let stamp = self.stamp();
        self.actor_mut(slot).stamps[which] = stamp;
        stamp
    }

    fn pause(&mut self, slot: Slot, span: Option<Span>, event: EventId, trace: &mut Recorder<'_>) -> bool {
        if !self.runs(slot) {
            return false;
        }
        let stamp = self.mark(slot, PAUSE);
        if self.actor(slot).status == Status::Up {
            self.actor_mut(slot).status = Status::Paused;
            self.band(slot, BandState::Paused, event, trace);
        }
        self.end_later(span, Ending::Pause(slot, stamp));
        true
    }

    fn resume(&mut self, slot: Slot, event: EventId, trace: &mut Recorder<'_>) -> bool {
        if self.actor(slot).status != Status::Paused {
            return false;
        }
        self.mark(slot, PAUSE);
        self.actor_mut(slot).status = Status::Up;
        let state = self.actor(slot).role.map_or(BandState::Up, BandState::Role);
        self.band(slot, state, event, trace);
        self.queue_ready(slot);
        true
    }

    fn slow(&mut self, slot: Slot, factor: u32, span: Option<Span>) -> bool {
        let stamp = self.mark(slot, SLOW);
        let before = std::mem::replace(&mut self.actor_mut(slot).slow, factor.max(1));
        self.end_later(span, Ending::Slow(slot, stamp));
        before != factor
    }

    fn clock(&mut self, slot: Slot, change: &ClockChange, span: Option<Span>) -> bool {
        match change {
            ClockChange::Step(nanos) => {
                let actor = self.actor_mut(slot);
                actor.clock.step(*nanos);
                actor.stepped = actor.stepped.saturating_add(*nanos);
                *nanos != 0
            }
            ClockChange::Drift(ppb) => {
                let stamp = self.mark(slot, DRIFT);
                self.drift(slot, *ppb);
                self.end_later(span, Ending::Drift(slot, stamp));
                true
            }
        }
    }

    fn drift(&mut self, slot: Slot, ppb: i64) {
        let now = self.now();
        self.actor_mut(slot).clock.set_drift(now, ppb);
        self.move_timers(slot);
    }

    fn lie(&mut self, slot: Slot, how: &Arc<str>, to: &[Slot], span: Option<Span>) -> bool {
        let stamp = self.mark(slot, LIE);
        let lie = (how.as_ref() != "off").then(|| Lie { how: Arc::clone(how), to: to.into() });
        let before = std::mem::replace(&mut self.actor_mut(slot).lie, lie);
        self.end_later(span, Ending::Lie(slot, stamp));
        before.is_some() || how.as_ref() != "off"
    }

    /// How messages from one to the other are bent, if they are.
    #[inline]
    pub(crate) fn lie_towards(&self, from: Slot, to: Slot) -> Option<Arc<str>> {
        let lie = self.actor(from).lie.as_ref()?;
        (lie.to.is_empty() || lie.to.contains(&to)).then(|| Arc::clone(&lie.how))
    }

    // --- disks ---

    fn disk_change(
        &mut self,
        slot: Slot,
        change: &DiskChange,
        span: Option<Span>,
        effects: &mut Vec<Effect>,
    ) -> bool {
        let stamp = self.stamp();
        let runs = self.runs(slot);
        let disk = &mut self.actor_mut(slot).disk;
        // Damage is done at once and ends nothing: a slow disk that is wiped is slow for as long as it was to be.
        if !matches!(change, DiskChange::Wipe | DiskChange::Corrupt) {
            disk.stamp = stamp;
        }
        match change {
            DiskChange::Slow(factor) => disk.slow = (*factor).max(1),
            DiskChange::Fail => disk.failing = true,
            DiskChange::Full => disk.full = true,
            DiskChange::Ok => (disk.slow, disk.failing, disk.full) = (1, false, false),
            DiskChange::Corrupt => {
                disk.corrupt = true;
                return true;
            }
            DiskChange::Wipe => {
                if runs {
                    effects.push(Effect::Crash { slot, keep: Some(0), torn: false });
                }
                effects.push(Effect::Wipe(slot));
                return true;
            }
        }
        self.end_later(span, Ending::Disk(slot, stamp));
        true
    }

    // --- links and messages ---

    fn set_quality(
        &mut self,
        links: &LinkSelector,
        quality: Option<&Quality>,
        span: Option<Span>,
        roles: &Roles,
    ) -> bool {
        let stamp = self.stamp();
        let directions = self.find_links(links, roles);
        for (from, to) in &directions {
            let quality = quality.map_or_else(Quality::default, |q| {
                let old = self.links.quality(*from, *to);
                Quality {
                    delay: q.delay.or(old.delay),
                    loss: q.loss.or(old.loss),
                    duplicate: q.duplicate.or(old.duplicate),
                    reorder: q.reorder.or(old.reorder),
                    bandwidth: q.bandwidth.or(old.bandwidth),
                }
            });
            self.links.set_quality(*from, *to, quality, stamp);
        }
        self.end_later(span, Ending::Links(stamp));
        !directions.is_empty()
    }

    fn hold(&mut self, links: &LinkSelector, roles: &Roles) -> bool {
        let directions = self.find_links(links, roles);
        for (from, to) in &directions {
            self.links.get_mut(*from, *to).held = true;
        }
        !directions.is_empty()
    }

    fn release(&mut self, links: &LinkSelector, roles: &Roles) -> bool {
        let directions = self.find_links(links, roles);
        let mut any = false;
        for (from, to) in &directions {
            any |= std::mem::take(&mut self.links.get_mut(*from, *to).held);
        }
        self.let_go(&directions) || any
    }

    /// What was held on these links arrives now, a nanosecond apart, in the order it would have.
    fn let_go(&mut self, directions: &[(Slot, Slot)]) -> bool {
        let mut held: Vec<u32> = self
            .flights
            .fitting(|flight| flight.stage == Stage::Held && directions.contains(&(flight.from, flight.to)));
        held.sort_by_key(|at| {
            let flight = self.flights.get(*at);
            (flight.arrives, flight.id)
        });
        for (later, at) in held.iter().enumerate() {
            self.schedule(*at, self.now() + Span(later as u64), Fate::Deliver);
        }
        !held.is_empty()
    }

    /// A message arrives now, through a held link too.
    fn deliver_now(&mut self, at: u32) {
        let flight = *self.flights.get(at);
        self.schedule(at, self.now(), Fate::Deliver);
        // The hold stands for the others: this one was let through by hand.
        if self.links.get(flight.from, flight.to).held {
            self.flights.get_mut(at).by_hand = true;
        }
    }

    fn drop_next(&mut self, count: u32, which: &crate::command::MessageSelector, roles: &Roles) -> bool {
        let from = which.from.as_ref().map(|who| self.find(who, roles));
        let to = which.to.as_ref().map(|who| self.find(who, roles));
        if from == Some(None) || to == Some(None) {
            return false;
        }
        if count == 0 {
            // None of them: what was still to be lost is let through.
            let before = self.links.drops.len();
            let same = |drop: &DropNext| {
                (drop.from, drop.to, &drop.kind) == (from.flatten(), to.flatten(), &which.kind)
            };
            self.links.drops.retain(|drop| !same(drop));
            return self.links.drops.len() < before;
        }
        let drop = DropNext { left: count, from: from.flatten(), to: to.flatten(), kind: which.kind.clone() };
        self.links.drops.push(drop);
        true
    }

    // --- endings ---

    pub(crate) fn ending_is_current(&self, ending: Ending) -> bool {
        match ending {
            Ending::Cut(stamp) => self.links.cuts.iter().any(|cut| cut.stamp == stamp),
            Ending::Pause(slot, stamp) => self.actor(slot).stamps[PAUSE] == stamp,
            Ending::Slow(slot, stamp) => self.actor(slot).stamps[SLOW] == stamp,
            Ending::Drift(slot, stamp) => self.actor(slot).stamps[DRIFT] == stamp,
            Ending::Lie(slot, stamp) => self.actor(slot).stamps[LIE] == stamp,
            Ending::Disk(slot, stamp) => self.actor(slot).disk.stamp == stamp,
            Ending::Links(stamp) => !self.links.changed_by(stamp).is_empty(),
        }
    }

    /// A fault that had an end, ends.
    pub(crate) fn end_fault(&mut self, ending: Ending, trace: &mut Recorder<'_>) {
        let slot = match ending {
            Ending::Pause(slot, _)
            | Ending::Slow(slot, _)
            | Ending::Drift(slot, _)
            | Ending::Lie(slot, _)
            | Ending::Disk(slot, _) => Some(slot),
            Ending::Cut(_) | Ending::Links(_) => None,
        };
        let event = self.begin(slot, EventKind::FaultEnded, None, 0, trace);
        match ending {
            Ending::Cut(stamp) => {
                if let Some(at) = self.links.cuts.iter().position(|cut| cut.stamp == stamp) {
                    let cut = self.links.cuts.remove(at);
                    self.links.lay(&cut, false);
                }
            }
            Ending::Pause(slot, _) => {
                self.resume(slot, event, trace);
            }
            Ending::Slow(slot, _) => self.actor_mut(slot).slow = 1,
            Ending::Drift(slot, _) => self.drift(slot, self.actor(slot).crystal.drift),
            Ending::Lie(slot, _) => self.actor_mut(slot).lie = None,
            Ending::Disk(slot, _) => {
                let disk = &mut self.actor_mut(slot).disk;
                (disk.slow, disk.failing, disk.full) = (1, false, false);
            }
            Ending::Links(stamp) => {
                for (from, to) in self.links.changed_by(stamp) {
                    self.links.set_quality(from, to, Quality::default(), stamp);
                }
            }
        }
    }

    // --- heal ---

    /// Ends chaos, cuts, loss, holds, pauses, slowness, drift and disk trouble, and restarts what is down: everywhere, or
    /// for these nodes, among themselves and with the clients. Restores no disk, sets no clock.
    ///
    /// A node that has yet to hear that its disk failed would stop of that afterwards, with nobody left to start it: it
    /// stops and starts now, as one that has heard of it does.
    fn heal(
        &mut self,
        who: &[Who],
        roles: &Roles,
        event: EventId,
        trace: &mut Recorder<'_>,
        effects: &mut Vec<Effect>,
    ) {
        let all = who.is_empty();
        let chosen = self.find_all(who, roles);
        let healed: Vec<Slot> =
            self.slots().filter(|s| all || self.id(*s).is_client() || chosen.contains(s)).collect();
        self.calm = true;
        self.look_for_command();
        if all {
            self.healed_at = Some(self.now());
            self.mend(None, roles);
            self.links.drops.clear();
        } else {
            self.heal_cuts(&healed);
        }
        let directions: Vec<(Slot, Slot)> = healed
            .iter()
            .flat_map(|a| healed.iter().map(move |b| (*a, *b)))
            .filter(|(a, b)| a != b)
            .collect();
        for (from, to) in &directions {
            if self.links.get(*from, *to).held {
                self.links.get_mut(*from, *to).held = false;
            }
            self.links.set_quality(*from, *to, Quality::default(), 0);
        }
        self.let_go(&directions);
        for slot in healed {
            self.resume(slot, event, trace);
            let actor = self.actor_mut(slot);
            actor.slow = 1;
            actor.lie = None;
            (actor.disk.slow, actor.disk.failing, actor.disk.full) = (1, false, false);
            let natural = self.actor(slot).crystal.drift;
            if self.actor(slot).clock.drift() != natural {
                self.drift(slot, natural);
            }
            let doomed = self.disk_failure_waits(slot);
            if doomed {
                effects.push(Effect::Crash { slot, keep: None, torn: false });
            }
            if doomed || self.actor(slot).status == Status::Down {
                effects.push(Effect::Start(slot));
            }
        }
        effects.push(Effect::Healed { all });
    }

    /// Whether a node has yet to be told that its disk failed: that is due, or waits until the node is free.
    fn disk_failure_waits(&self, slot: Slot) -> bool {
        let actor = self.actor(slot);
        actor.disk.fail_queued || actor.waiting.iter().any(|item| matches!(item, Waiting::DiskFailed { .. }))
    }

    /// Among these every cut goes; towards the rest it stays, as cuts of its own.
    fn heal_cuts(&mut self, healed: &[Slot]) {
        let cuts = std::mem::take(&mut self.links.cuts);
        for cut in cuts {
            self.links.lay(&cut, false);
            let inside: Vec<Vec<Slot>> = cut
                .sides
                .iter()
                .map(|side| side.iter().copied().filter(|slot| healed.contains(slot)).collect())
                .collect();
            let touched = inside.iter().filter(|side| !side.is_empty()).count() > 1;
            if !touched {
                self.links.lay(&cut, true);
                self.links.cuts.push(cut);
                continue;
            }
            let outside: Vec<Vec<Slot>> = cut
                .sides
                .iter()
                .map(|side| side.iter().copied().filter(|slot| !healed.contains(slot)).collect())
                .collect();
            let mut pieces: Vec<(Vec<Vec<Slot>>, bool)> = Vec::new();
            for (a, from) in outside.iter().enumerate() {
                for (b, to) in inside.iter().enumerate().filter(|(b, _)| *b != a) {
                    if cut.one_way {
                        let (left, right) = if a < b { (from, to) } else { (to, from) };
                        pieces.push((vec![left.clone(), right.clone()], true));
                    } else {
                        pieces.push((vec![from.clone(), to.clone()], false));
                    }
                }
            }
            pieces.push((outside.clone(), cut.one_way));
            for (sides, one_way) in pieces {
                self.cut(sides, one_way, None);
            }
        }
    }

    /// A node stops: all that was only in memory is gone. What was on its way to it will find it down.
    pub(crate) fn crash(&mut self, slot: Slot, event: EventId, trace: &mut Recorder<'_>) {
        let waiting = std::mem::take(&mut self.actor_mut(slot).waiting);
        for item in waiting {
            if let Waiting::Message(at) = item {
                self.lose(at, ArrowEnd::ReceiverDown, trace);
            }
        }
        while let Some((_, at)) = self.actor_mut(slot).disk.after.pop_front() {
            self.flights.remove(at);
        }
        let actor = self.actor_mut(slot);
        actor.status = Status::Down;
        actor.epoch += 1;
        actor.timers.clear();
        actor.ready_queued = false;
        actor.busy_until = Time::ZERO;
        actor.role = None;
        actor.disk.syncs.clear();
        actor.disk.done = actor.disk.next_sync;
        actor.disk.fail_queued = false;
        actor.disk.last_done_at = Time::ZERO;
        self.band(slot, BandState::Down, event, trace);
    }
}
