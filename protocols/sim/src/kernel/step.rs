//! What happens next: the earliest of the queue and of the commands, and whether its actor can take it now.

use super::flights::Stage;
use super::queue::What;
use super::state::Waiting;
use super::{FLIGHTS_LIMIT, INSTANT_LIMIT, Kernel, Slot};
use crate::command::TimedCommand;
use crate::time::{Moment, Span, Time};
use crate::trace::Recorder;
use crate::view::Status;

/// What happens next, for the world to carry out. Small: one is returned for every event.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Nothing up to the moment asked for.
    Reached,
    /// Nothing, ever.
    Quiet,
    /// Nothing more: see [`Kernel::why_stuck`].
    Stuck,
    /// The next command, of chaos or of the run.
    Command { by_chaos: bool, index: u32 },
    /// A message for an actor that can take it.
    Deliver { slot: Slot, flight: u32 },
    /// Something else for an actor that can take it: it lies [`Kernel::in_hand`].
    Handle { slot: Slot },
    /// The time of a sync is over: see [`Kernel::finish_sync`].
    Sync { slot: Slot },
    /// An actor starts.
    Boot { slot: Slot },
    /// Seen to by the kernel itself: only freed messages may be left to forget.
    Internal,
}

/// What becomes of something that is meant for an actor.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Offer {
    /// It takes it now.
    Taken,
    /// It waits.
    Waits,
    /// There is no room for it to wait.
    Full,
}

/// The command that comes next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coming {
    by_chaos: bool,
    index: u32,
    at: Moment,
}

impl Kernel {
    /// What happens next, if it is at or before `until`. Time moves to it.
    pub(crate) fn step(&mut self, until: Moment, trace: &mut Recorder<'_>) -> Step {
        if self.is_stuck() {
            return Step::Stuck;
        }
        loop {
            let next = self.queue.next_time();
            if let Some(command) = self.due_command(next) {
                return self.command(command, until);
            }
            let Some(time) = next else {
                self.rest(until);
                return Step::Quiet;
            };
            if time >= until.at {
                let so_far = if time == self.now { self.in_instant } else { 0 };
                if time > until.at || so_far >= until.after {
                    self.rest(until);
                    return Step::Reached;
                }
            }
            let Some(what) = self.queue.pop() else { return Step::Quiet };
            if let Some(step) = self.fall_due(what, time, trace) {
                return step;
            }
        }
    }

    fn is_stuck(&self) -> bool {
        self.in_instant >= INSTANT_LIMIT || self.flights.count() > FLIGHTS_LIMIT
    }

    /// Why it cannot go on, for a person.
    pub(crate) fn why_stuck(&self) -> String {
        let now = self.now;
        if self.in_instant >= INSTANT_LIMIT {
            format!("more than {INSTANT_LIMIT} events at {now}: they cause each other without time passing")
        } else {
            format!(
                "more than {FLIGHTS_LIMIT} messages on their way at {now}: go back, and let them arrive in time"
            )
        }
    }

    fn rest(&mut self, until: Moment) {
        if until.at > self.now && until.at != Time::MAX {
            self.move_to(until.at);
        }
    }

    #[inline]
    fn move_to(&mut self, time: Time) {
        if time > self.now {
            self.now = time;
            self.in_instant = 0;
        }
    }

    // --- commands ---

    /// Works out which command comes next: whenever the lists, the places in them or the calm have changed.
    pub(super) fn look_for_command(&mut self) {
        let coming = |by_chaos, list: &[TimedCommand], index: u32| {
            list.get(index as usize).map(|timed| Coming { by_chaos, index, at: timed.at })
        };
        let hand = coming(false, &self.commands, self.next_command);
        let chaos = if self.calm { None } else { coming(true, &self.chaos, self.next_chaos) };
        self.coming = match (hand, chaos) {
            (Some(hand), Some(chaos)) if chaos.at <= hand.at => Some(chaos),
            (Some(hand), _) => Some(hand),
            (None, chaos) => chaos,
        };
    }

    /// The command that goes before the next event (which is at `next`), if any.
    #[inline]
    fn due_command(&self, next: Option<Time>) -> Option<Coming> {
        let coming = self.coming?;
        if next.is_some_and(|next| next < coming.at.at) {
            return None;
        }
        let due = match next {
            None => true,
            // At the command's own instant so many events go first; an instant that ends before has had all it will.
            Some(next) if next == coming.at.at => {
                let so_far = if self.now == coming.at.at { self.in_instant } else { 0 };
                so_far >= coming.at.after
            }
            Some(next) => coming.at.at < next,
        };
        due.then_some(coming)
    }

    /// A command is next: it runs if its moment is not after `until`.
    fn command(&mut self, Coming { by_chaos, index, at }: Coming, until: Moment) -> Step {
        if at > until {
            self.rest(until);
            return Step::Reached;
        }
        self.move_to(at.at);
        if by_chaos {
            self.next_chaos += 1;
        } else {
            self.next_command += 1;
        }
        self.look_for_command();
        Step::Command { by_chaos, index }
    }

    /// When the next event is, nothing skipped.
    pub(crate) fn next_time(&mut self) -> Option<(Time, Option<Slot>)> {
        while let Some((time, what)) = self.queue.peek()
            && !self.stands(what)
        {
            self.queue.pop();
            // A timer that was moved to later has an entry that moves on; popped, nothing would stand for it.
            if let What::Timer { slot, stamp } = what {
                let gone = self.timer_due(slot, stamp);
                debug_assert!(gone.is_none(), "at {time} a timer of {slot} was due");
            }
        }
        let event = self.queue.peek().map(|(time, what)| {
            let slot = match what {
                What::Arrive { flight, .. } => Some(self.flights.get(flight).to),
                What::Timer { slot, .. }
                | What::Sync { slot, .. }
                | What::DiskFailed { slot, .. }
                | What::Ready { slot, .. }
                | What::Boot { slot } => Some(slot),
                What::End(_) => None,
            };
            (time, slot)
        });
        match (self.due_command(event.map(|(time, _)| time)), event) {
            (Some(command), _) => Some((command.at.at.max(self.now), None)),
            (None, event) => event,
        }
    }

    // --- what falls due ---

    /// Whether what lies in the queue falls due as it stands there: it was not cancelled, moved or lost with a crash.
    fn stands(&self, what: What) -> bool {
        match what {
            What::Arrive { flight, stamp } => self.flights.is_current(flight, stamp),
            What::Timer { slot, stamp } => self.timer_stands(slot, stamp),
            What::Sync { slot, epoch } | What::DiskFailed { slot, epoch } | What::Ready { slot, epoch } => {
                self.actor(slot).epoch == epoch
            }
            What::Boot { slot } => self.actor(slot).starts == 0,
            What::End(at) => self.ending_is_current(self.endings[at as usize]),
        }
    }

    /// Time moves on, and what falls due then does; none where it is void, and time stays.
    #[inline]
    fn fall_due(&mut self, what: What, time: Time, trace: &mut Recorder<'_>) -> Option<Step> {
        match what {
            What::Arrive { flight, stamp } => {
                if !self.flights.is_current(flight, stamp) {
                    return None;
                }
                self.move_to(time);
                Some(self.arrive(flight, trace))
            }
            What::Timer { slot, stamp } => {
                let timer = self.timer_due(slot, stamp)?;
                self.move_to(time);
                Some(self.hand_over(slot, timer))
            }
            other if !self.stands(other) => None,
            other => {
                self.move_to(time);
                Some(self.fall_due_rarely(other, trace))
            }
        }
    }

    fn fall_due_rarely(&mut self, what: What, trace: &mut Recorder<'_>) -> Step {
        match what {
            What::Arrive { .. } | What::Timer { .. } => Step::Internal,
            What::Sync { slot, .. } => Step::Sync { slot },
            What::DiskFailed { slot, .. } => {
                let disk = &mut self.actor_mut(slot).disk;
                disk.fail_queued = false;
                let (full, trigger) = (disk.full && !disk.failing, self.actor(slot).last_event);
                self.hand_over(slot, Waiting::DiskFailed { full, trigger })
            }
            What::Ready { slot, .. } => self.ready(slot),
            What::Boot { slot } => Step::Boot { slot },
            What::End(at) => {
                self.end_fault(self.endings[at as usize], trace);
                Step::Internal
            }
        }
    }

    // --- an actor as a server ---

    /// Something for an actor: it takes it now, or it waits.
    #[inline]
    pub(crate) fn offer(&mut self, slot: Slot, item: Waiting) -> Offer {
        if self.is_free(slot) { Offer::Taken } else { self.wait(slot, item) }
    }

    #[inline]
    pub(super) fn is_free(&self, slot: Slot) -> bool {
        let actor = self.actor(slot);
        actor.status == Status::Up && actor.waiting.is_empty() && actor.busy_until <= self.now
    }

    fn wait(&mut self, slot: Slot, item: Waiting) -> Offer {
        if let Waiting::Message(flight) = item {
            if self.actor(slot).waiting.len() >= self.queue_limit as usize {
                return Offer::Full;
            }
            self.flights.get_mut(flight).stage = Stage::Waiting;
        }
        self.actor_mut(slot).waiting.push_back(item);
        self.queue_ready(slot);
        Offer::Waits
    }

    /// Something for an actor that finds room in any case.
    #[inline]
    fn hand_over(&mut self, slot: Slot, item: Waiting) -> Step {
        match self.offer(slot, item) {
            Offer::Taken => self.give(slot, item),
            Offer::Waits | Offer::Full => Step::Internal,
        }
    }

    #[inline]
    fn give(&mut self, slot: Slot, item: Waiting) -> Step {
        match item {
            Waiting::Message(flight) => Step::Deliver { slot, flight },
            item => {
                self.in_hand = item;
                Step::Handle { slot }
            }
        }
    }

    /// An actor was busy until now: it takes the next thing that waits, unless that was cancelled meanwhile.
    fn ready(&mut self, slot: Slot) -> Step {
        let now = self.now;
        let actor = self.actor_mut(slot);
        actor.ready_queued = false;
        if actor.status != Status::Up || actor.busy_until > now {
            self.queue_ready(slot);
            return Step::Internal;
        }
        let Some(item) = actor.waiting.pop_front() else { return Step::Internal };
        if let Waiting::Timer { packed, stamp } = item
            && !actor.timers.iter().any(|t| t.packed == packed && t.stamp == stamp)
        {
            self.queue_ready(slot);
            return Step::Internal;
        }
        self.give(slot, item)
    }

    /// Sees to it that what waits at an actor is handled once it is free.
    #[inline]
    pub(crate) fn queue_ready(&mut self, slot: Slot) {
        let actor = self.actor(slot);
        if !actor.waiting.is_empty() && actor.status == Status::Up && !actor.ready_queued {
            self.queue_ready_now(slot);
        }
    }

    fn queue_ready_now(&mut self, slot: Slot) {
        let now = self.now;
        let actor = self.actor_mut(slot);
        actor.ready_queued = true;
        let (at, epoch) = (actor.busy_until.max(now), actor.epoch);
        self.push_at(at, slot, slot, What::Ready { slot, epoch });
    }

    /// A handler is done and took so long.
    #[inline]
    pub(crate) fn finish(&mut self, slot: Slot, worked: Span) {
        if worked > Span::ZERO {
            let until = self.now + worked;
            let actor = self.actor_mut(slot);
            actor.busy_until = actor.busy_until.max(until);
        }
        self.queue_ready(slot);
    }

    #[inline]
    pub(crate) fn slowed(&self, slot: Slot, span: Span) -> Span {
        span * u64::from(self.actor(slot).slow.max(1))
    }
}
