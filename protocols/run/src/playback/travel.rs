//! Getting to another moment: seeking in slices, playing, stepping, going to what matters.

use super::{Playback, Seen};
use sim::ids::EventId;
use sim::lab::{Running, Stop};
use sim::time::{Moment, Time};
use sim::trace::{EventKind, HistoryStep, Recorder};

/// How far `work` has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// Everything asked for is there.
    Done,
    /// Not yet.
    Working {
        /// How much of it is done, from 0 to 1.
        share: f32,
    },
}

/// An event at which "the next that matters" stops, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matters {
    /// A fact: its place in [`sim::Trace::facts`].
    Fact(u32),
    /// A command ran: its place in [`sim::Story::marks`].
    Command(u32),
    /// An operation was answered or given up: its place in [`sim::Trace::history`].
    Answer(u32),
    /// An invariant broke: its place in [`sim::Trace::violations`].
    Violation(u32),
}

/// Events that a search for what matters goes through before it gives up.
const SEARCHED: u64 = 1_000_000;

impl Playback {
    // --- in slices ---

    /// Asks for another moment; [`Playback::work`] goes there. What is shown changes only when it is reached.
    pub fn seek(&mut self, to: Moment) {
        self.target = Some(self.within(to));
        self.traveller = None;
    }

    /// Where `work` is going, while it is.
    pub fn seeking(&self) -> Option<Moment> {
        self.target
    }

    /// Goes on with what was asked for, for at most about `events` events; when there is nothing left of that, with the
    /// verdict and its proof.
    pub fn work(&mut self, events: u64) -> Progress {
        let mut budget = events;
        if self.reached < self.ahead && self.stopped.is_none() {
            let to = self.within(self.ahead);
            self.keep_shown();
            if !self.advance_frontier(to, &mut budget) {
                return self.share(to);
            }
        }
        self.ahead = Moment::START;
        if let Some(to) = self.target
            && !self.go(to, &mut budget, true)
        {
            return self.share(to);
        }
        self.live.feed(&self.trace);
        if self.live.work(budget.max(1)) {
            self.seen.verdict.take();
            self.seen.promises.take();
            self.seen.evidence.take();
        }
        if self.live.idle() { Progress::Done } else { Progress::Working { share: 1.0 } }
    }

    fn share(&self, to: Moment) -> Progress {
        let (done, all) = match &self.traveller {
            Some(traveller) => (traveller.events().0, self.events_until(to)),
            None => (self.frontier.moment().at.0, to.at.0),
        };
        let share = if all == 0 { 0.0 } else { (done as f64 / all as f64).min(1.0) as f32 };
        Progress::Working { share }
    }

    /// How many events lie at or before a moment of the computed past.
    fn events_until(&self, to: Moment) -> u64 {
        self.trace.events.partition_point(|event| event.at <= to.at) as u64
    }

    /// A moment no later than the run's end.
    fn within(&self, to: Moment) -> Moment {
        to.min(Moment::end_of(self.run.end))
    }

    // --- at once ---

    /// Shows another moment.
    pub fn show(&mut self, to: Moment) {
        let to = self.within(to);
        self.traveller = None;
        let mut unlimited = u64::MAX;
        self.go(to, &mut unlimited, false);
        self.live.feed(&self.trace);
    }

    /// Plays: shows the end of that instant.
    pub fn advance_to(&mut self, time: Time) {
        self.show(Moment::end_of(time));
    }

    /// After an edit: shows at once what the new run is at the moment asked for.
    pub(super) fn catch_up(&mut self) {
        if self.stale {
            self.show(self.target.unwrap_or(self.shown));
        }
    }

    /// Goes on towards a moment; whether it is reached. `keep` if what is shown must outlast this call when it is not.
    fn go(&mut self, to: Moment, budget: &mut u64, keep: bool) -> bool {
        self.target = Some(to);
        if to >= self.reached && self.traveller.is_none() {
            if keep {
                self.keep_shown();
            }
            if !self.advance_frontier(to, budget) {
                return false;
            }
            self.here = None;
            self.arrive(self.reached);
            return true;
        }
        let mut traveller = match self.traveller.take() {
            Some(traveller) => traveller,
            None => self.start_for(to, keep),
        };
        let before = traveller.events().0;
        let stop = traveller.advance(to, *budget, &mut Recorder::silent());
        *budget = budget.saturating_sub(traveller.events().0 - before);
        if stop == Stop::Budget {
            self.traveller = Some(traveller);
            return false;
        }
        self.here = Some(traveller);
        self.arrive(to);
        true
    }

    /// The latest state from which a moment of the past can be reached.
    fn start_for(&mut self, to: Moment, keep: bool) -> Box<dyn Running> {
        let (events, frame) = self.keyframes.before(to);
        if !self.stale && self.shown <= to && self.here.as_ref().is_some_and(|here| here.events().0 >= events)
        {
            let here = if keep { self.here.as_ref().map(|here| here.fork()) } else { self.here.take() };
            if let Some(mut here) = here {
                here.set_commands(self.commands.clone());
                return here;
            }
        }
        let mut start = frame.fork();
        start.set_commands(self.commands.clone());
        start
    }

    /// Sees to it that what is shown stays when the frontier moves.
    fn keep_shown(&mut self) {
        if self.here.is_none() {
            self.here = Some(self.frontier.fork());
        }
    }

    fn arrive(&mut self, at: Moment) {
        self.shown = at;
        self.stale = false;
        self.target = None;
        self.seen = Seen::default();
        self.compare_digest();
    }

    /// Takes the frontier to a moment, leaving keyframes; whether it is there (or can go no further).
    pub(super) fn advance_frontier(&mut self, to: Moment, budget: &mut u64) -> bool {
        while to > self.reached || self.frontier.events().0 == 0 {
            if self.stopped.is_some() {
                return true;
            }
            let events = self.frontier.events().0;
            let left = self.most_events.saturating_sub(events);
            if left == 0 {
                self.stopped = Some(
                    format!("stopped after {events} events: what happened so far fills the memory set aside for it")
                        .into(),
                );
                return true;
            }
            if *budget == 0 {
                return false;
            }
            let slice = self.keyframes.room(events).min(left).min(*budget);
            let done = self.advance_frontier_by(to, slice);
            *budget = budget.saturating_sub(self.frontier.events().0 - events);
            if done {
                return true;
            }
        }
        true
    }

    /// One stretch of the frontier's way; whether it is there (or can go no further).
    pub(super) fn advance_frontier_by(&mut self, to: Moment, events: u64) -> bool {
        let stop = self.frontier.advance(to, events, &mut Recorder::into(&mut self.trace));
        let done = match stop {
            Stop::Reached | Stop::Quiet => {
                self.reached = to;
                true
            }
            Stop::Budget => {
                self.settle_frontier();
                false
            }
            Stop::Stuck(reason) => {
                self.stopped = Some(reason);
                self.reached = self.bound_after(self.frontier.events().0);
                true
            }
        };
        self.keyframes.offer(self.frontier.as_ref(), self.reached);
        self.trace.story.end = self.frontier.moment().at;
        done
    }

    /// Where the frontier was stopped by a count of events, commands of that very moment may still be missing.
    fn settle_frontier(&mut self) {
        let bound = self.bound_after(self.frontier.events().0);
        self.frontier.advance(bound, u64::MAX, &mut Recorder::into(&mut self.trace));
        self.reached = self.reached.max(bound);
    }

    // --- moments of events ---

    /// The first moment at which so many events have happened: the first at or before which all of them lie.
    ///
    /// That is the time of the last one and how many of that instant have happened, unless a command ran that stands
    /// later in its instant than the instant had events: then it is that command's.
    pub(super) fn bound_after(&self, events: u64) -> Moment {
        let records = &self.trace.events;
        let count = (events as usize).min(records.len());
        let Some(last) = records.range(..count).next_back() else { return Moment::START };
        let instant = records.range(..count).rev().take_while(|record| record.at == last.at);
        let after = instant.filter(|record| !matches!(record.kind, EventKind::Command(_))).count();
        let raw = Moment { at: last.at, after: after as u32 };
        let marks = &self.trace.story.marks;
        let ran = marks.partition_point(|mark| mark.event.0 < count as u64);
        if ran == 0 || marks[ran - 1].at != last.at {
            return raw;
        }
        let by_chaos = marks[..ran].iter().filter(|mark| mark.by_chaos).count();
        let at = |commands: &[sim::TimedCommand], ran: usize| {
            ran.checked_sub(1).and_then(|last| commands.get(last)).map_or(Moment::START, |command| command.at)
        };
        let hand = at(&self.commands, ran - by_chaos);
        raw.max(hand).max(at(self.frontier.chaos(), by_chaos))
    }

    /// The moment at which an event has just happened.
    pub fn moment_of(&self, event: EventId) -> Option<Moment> {
        ((event.0 as usize) < self.trace.events.len()).then(|| self.bound_after(event.0 + 1))
    }

    // --- by events ---

    /// When the next event after the moment shown is.
    pub fn next_event_time(&mut self) -> Option<Time> {
        self.catch_up();
        let end = self.run.end;
        self.world_mut().next().map(|next| next.at).filter(|at| *at <= end)
    }

    /// Goes on to just after the next event; whether there was one.
    pub fn step(&mut self) -> bool {
        let stepped = self.step_quietly();
        self.live.feed(&self.trace);
        stepped
    }

    fn step_quietly(&mut self) -> bool {
        self.catch_up();
        let events = self.events().0;
        if events < self.frontier.events().0 {
            let to = self.bound_after(events + 1);
            self.traveller = None;
            let mut unlimited = u64::MAX;
            self.go(to, &mut unlimited, false);
            return true;
        }
        if self.stopped.is_some() || events >= self.most_events {
            return false;
        }
        match self.frontier.next() {
            Some(next) if next.at <= self.run.end => {}
            _ => return false,
        }
        self.advance_frontier_by(Moment::end_of(self.run.end), 1);
        let stepped = self.frontier.events().0 > events;
        self.here = None;
        self.traveller = None;
        self.arrive(self.reached);
        stepped
    }

    /// Goes back to just after the event before the last, or from between two events to just after the first of them;
    /// whether there was anything to go back to.
    pub fn step_back(&mut self) -> bool {
        self.catch_up();
        let events = self.events().0;
        let last = self.bound_after(events);
        if last.at < self.shown.at {
            self.show(last);
            return true;
        }
        // Some events happen in one go (a command and what it sets off): on until the state is another.
        for before in (0..events).rev() {
            let to = self.bound_after(before);
            if to < self.shown {
                self.show(to);
            }
            if self.events().0 < events {
                return true;
            }
        }
        false
    }

    /// The first event at or after this one that matters.
    fn first_that_matters(&self, from: EventId) -> Option<(EventId, Matters)> {
        let trace = &self.trace;
        let fact = trace.facts.next_that_matters(trace.facts.from(from));
        let fact = fact.and_then(|at| Some((trace.facts.get(at)?.event, Matters::Fact(at as u32))));
        let marks = trace.story.marks.partition_point(|mark| mark.event < from);
        let mark = trace.story.marks.get(marks).map(|mark| (mark.event, Matters::Command(marks as u32)));
        let steps = trace.history.partition_point(|(event, _)| *event < from);
        let answer =
            trace.history[steps..].iter().position(|(_, step)| matches!(step, HistoryStep::Completed(_)));
        let answer = answer.map(|at| (trace.history[steps + at].0, Matters::Answer((steps + at) as u32)));
        let broken = trace.violations.partition_point(|violation| violation.event < from);
        let violation = trace
            .violations
            .get(broken)
            .map(|violation| (violation.event, Matters::Violation(broken as u32)));
        [violation, fact, mark, answer].into_iter().flatten().min_by_key(|(event, _)| *event)
    }

    /// The last event before this one that matters.
    fn last_that_matters(&self, before: EventId) -> Option<EventId> {
        let trace = &self.trace;
        let fact = trace.facts.last_that_matters(trace.facts.from(before));
        let fact = fact.and_then(|at| trace.facts.get(at)).map(|fact| fact.event);
        let marks = &trace.story.marks[..trace.story.marks.partition_point(|mark| mark.event < before)];
        let history = &trace.history[..trace.history.partition_point(|(event, _)| *event < before)];
        let answer = history.iter().rev().find(|(_, step)| matches!(step, HistoryStep::Completed(_)));
        let violations = &trace.violations[..trace.violations.partition_point(|v| v.event < before)];
        [
            fact,
            marks.last().map(|m| m.event),
            answer.map(|(event, _)| *event),
            violations.last().map(|v| v.event),
        ]
        .into_iter()
        .flatten()
        .max()
    }

    /// Goes on to just after the next event that matters: a fact that the lab says does, a command, an answer, an
    /// invariant that broke. What it was, or none where nothing is left.
    pub fn next_that_matters(&mut self) -> Option<Matters> {
        self.catch_up();
        let from = self.events();
        if let Some((event, what)) = self.first_that_matters(from) {
            self.show(self.bound_after(event.0 + 1));
            return Some(what);
        }
        self.show(self.reached);
        let mut from = self.events();
        for _ in 0..SEARCHED {
            if !self.step_quietly() {
                break;
            }
            if let Some((_, what)) = self.first_that_matters(from) {
                self.live.feed(&self.trace);
                return Some(what);
            }
            from = self.events();
        }
        self.live.feed(&self.trace);
        None
    }

    /// [`Playback::next_that_matters`]; whether there was one.
    pub fn step_to_next_that_matters(&mut self) -> bool {
        self.next_that_matters().is_some()
    }

    /// Goes back to just after the last event before the moment shown that matters; whether there was one.
    pub fn back_to_previous_that_matters(&mut self) -> bool {
        self.catch_up();
        let mut before = self.events();
        while let Some(event) = self.last_that_matters(before) {
            let to = self.bound_after(event.0 + 1);
            if to < self.shown {
                self.show(to);
                return true;
            }
            before = event;
        }
        false
    }

    /// Goes on event by event until a condition holds; whether it does. Stops at `limit`, at the run's end, and after so
    /// many events (call again to go on).
    pub fn run_until(&mut self, condition: &dyn Fn(&Playback) -> bool, limit: Time, events: u64) -> bool {
        for _ in 0..events {
            if condition(self) {
                return true;
            }
            match self.next_event_time() {
                Some(at) if at <= limit => {}
                _ => {
                    self.show(Moment::end_of(limit).max(self.shown));
                    return condition(self);
                }
            }
            if !self.step() {
                return condition(self);
            }
        }
        condition(self)
    }
}
