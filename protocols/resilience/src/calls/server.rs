//! The callee's side of a call: a queue with an end, who is turned away, who is served next, and who is no longer served.
//!
//! A node does one thing at a time, in slices of [`SLICE`] as a processor would: between two of them it looks at what has
//! arrived, and lets it in or turns it away.

use super::message::{Answer, Key, Message};
use super::settings::{Order, UNTOLD, left};
use super::{Context, Fact, Timer};
use serde::Serialize;
use sim::{ActorId, Span, Time};
use std::collections::VecDeque;

/// A request that was let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Job {
    /// Who asked.
    pub from: ActorId,
    /// Its number of the call.
    pub call: u64,
    /// Which attempt.
    pub attempt: u32,
    /// What is asked for.
    pub key: Key,
    /// Until when (by this node's clock) an answer is of use.
    pub due: Time,
}

impl Job {
    /// Answers it.
    pub fn answer(&self, answer: Answer, context: &mut Context<'_>) {
        let Job { call, attempt, key, .. } = *self;
        context.send(self.from, Message::Reply { call, attempt, key, answer });
    }

    /// How much time is left for it.
    pub fn left(&self, context: &Context<'_>) -> Span {
        left(context.monotonic(), self.due)
    }
}

/// How a node treats those who ask.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// What a request takes.
    pub work: Span,
    /// What turning one away takes.
    pub refusal: Span,
    /// How many may wait, those included that wait for others.
    pub limit: u32,
    /// Whether it looks at how much time is left. A store that was bought and not built looks at nothing.
    pub looks: bool,
    /// Who is served next.
    pub order: Order,
}

/// How long a node works without looking up.
pub const SLICE: Span = Span::millis(20);

/// The queue of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Server {
    waiting: VecDeque<Job>,
    /// What is being served, and how much of the work on it is left after this slice.
    serving: Option<(Job, Span)>,
    /// The length of the queue as it was told last.
    told: u32,
}

impl Server {
    /// How many wait to be served.
    pub fn waiting(&self) -> u32 {
        u32::try_from(self.waiting.len()).unwrap_or(u32::MAX)
    }

    /// Whether it is at work.
    pub fn busy(&self) -> bool {
        self.serving.is_some()
    }

    /// A request arrives: it waits, or is turned away. `held` are those that were served so far as to wait for others.
    pub fn arrive(&mut self, job: Job, held: u32, manners: &Manners, context: &mut Context<'_>) {
        let full = self.waiting() + held + u32::from(self.busy()) >= manners.limit;
        if full && manners.order == Order::Lifo && !self.waiting.is_empty() {
            // Who came first has the least time left.
            if let Some(oldest) = self.waiting.pop_front() {
                refuse(&oldest, Answer::Busy, manners, context);
            }
        } else if full {
            context.note(|| format!("turned away: {} wait already", self.waiting() + held));
            return refuse(&job, Answer::Busy, manners, context);
        }
        let before = match manners.order {
            Order::Fifo => manners.work * u64::from(self.waiting()),
            Order::Lifo => Span::ZERO,
        };
        if !worth_it(&job, before, manners, context) {
            context.note(|| {
                format!("turned away: its turn would come in {before}, and there is too little time left")
            });
            return refuse(&job, Answer::Busy, manners, context);
        }
        self.waiting.push_back(job);
    }

    /// Begins with the next one, if the node is free. Who has gone is passed over.
    pub fn begin(&mut self, manners: &Manners, context: &mut Context<'_>) {
        while self.serving.is_none() {
            let next = match manners.order {
                Order::Fifo => self.waiting.pop_front(),
                Order::Lifo => self.waiting.pop_back(),
            };
            let Some(job) = next else { return };
            if !worth_it(&job, Span::ZERO, manners, context) {
                context.fact(Fact::Expired);
                context.note(|| format!("{}'s {} is not served: its time is up", job.from, job.key));
                job.answer(Answer::Late, context);
                continue;
            }
            if manners.looks && job.left(context) == Span::ZERO {
                context.fact(Fact::ServedLate { whom: job.from });
            }
            self.slice(job, manners.work, context);
        }
    }

    /// Works on it, as long as a slice is.
    fn slice(&mut self, job: Job, left: Span, context: &mut Context<'_>) {
        let now = left.min(SLICE);
        self.serving = Some((job, left - now));
        context.work(now);
        context.set_timer(Timer::Next, Span::ZERO);
    }

    /// A slice is over: the job, where it is done.
    pub fn on_slice(&mut self, context: &mut Context<'_>) -> Option<Job> {
        let (job, left) = self.serving?;
        if left > Span::ZERO {
            self.slice(job, left, context);
            return None;
        }
        self.serving = None;
        Some(job)
    }

    /// Tells how many wait, where that has changed.
    pub fn tell(&mut self, held: u32, context: &mut Context<'_>) {
        let now = self.waiting() + held;
        if now != self.told {
            self.told = now;
            context.fact(Fact::Queue { waiting: self.waiting(), held });
        }
    }
}

/// Whether there is enough time left to serve a job that is not begun before so long.
fn worth_it(job: &Job, before: Span, manners: &Manners, context: &Context<'_>) -> bool {
    let left = job.left(context);
    !manners.looks
        || context.settings().potholes.stale_work_served
        || (left > Span::ZERO && left >= before + manners.work)
}

fn refuse(job: &Job, answer: Answer, manners: &Manners, context: &mut Context<'_>) {
    context.work(manners.refusal);
    context.fact(Fact::TurnedAway { whom: job.from });
    job.answer(answer, context);
}

/// A request as it is let in: by when it must be answered is by this node's own clock from now on.
pub fn job(
    from: ActorId,
    call: u64,
    attempt: u32,
    key: Key,
    left: Option<Span>,
    context: &Context<'_>,
) -> Job {
    Job { from, call, attempt, key, due: context.monotonic() + left.unwrap_or(UNTOLD) }
}
