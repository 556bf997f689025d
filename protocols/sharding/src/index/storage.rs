//! A storage server: serves as long as it knows what it belongs to, which it has to ask the index every now and then.
//!
//! An answer is good for a while, counted from when the question left. Half-way it asks again; without an answer it keeps
//! asking, and once the old one is no longer good it serves nobody.
//!
//! How it asks again decides whether a blip stays one. After a pause that is drawn between nothing and a limit, and the
//! limit doubles each time ("full jitter": Brooker, “Exponential Backoff and Jitter”, AWS Architecture Blog, 2015), many
//! who have all lost their answers come back one by one. At once, and of everybody, they come all together, again and again.

use super::fact::Fact;
use super::message::Message;
use super::{Context, Timer};
use serde::Serialize;
use sim::{ActorId, Span, Time};

/// A storage server.
#[derive(Clone, Debug, Serialize)]
pub struct Storage {
    /// What it knows is good until then, by its own clock.
    until: Option<Time>,
    /// The number of its last question.
    number: u64,
    /// That question is open: when it left.
    asked: Option<Time>,
    /// Questions in a row that nobody answered in time.
    tries: u32,
}

impl Storage {
    /// At the very start of a run it knows what it belongs to, and asks at a time of its own; after a crash it does not.
    pub fn start(starts: u32, context: &mut Context<'_>) -> Self {
        let mut storage = Self { until: None, number: 0, asked: None, tries: 0 };
        if starts == 0 {
            let lease = context.settings().lease;
            storage.until = Some(context.monotonic() + lease);
            let first = Span(context.draw().below(lease.0 / 2));
            context.set_timer(Timer::Ask, first);
            context.set_timer(Timer::Expire, lease);
            context.fact(Fact::InService);
        } else {
            context.fact(Fact::OutOfService);
            storage.ask(context);
        }
        storage
    }

    /// Whether it serves.
    pub fn in_service(&self) -> bool {
        self.until.is_some()
    }

    /// Questions in a row that nobody answered in time.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// A timer went off.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        match timer {
            Timer::Ask => self.ask(context),
            Timer::Patience => self.on_silence(context),
            Timer::Expire => {
                self.until = None;
                context.fact(Fact::OutOfService);
            }
            _ => {}
        }
    }

    /// Asks one of the index servers; after silence all of them, where nobody thought of what that does.
    fn ask(&mut self, context: &mut Context<'_>) {
        self.number += 1;
        self.asked = Some(context.monotonic());
        let servers = u64::from(context.settings().index.max(1));
        let one = ActorId::node(2 + context.draw().below(servers) as u16);
        let everybody = context.settings().potholes.no_backoff && self.tries > 0;
        let (number, tries) = (self.number, u64::from(self.tries));
        for node in context.settings().index().filter(|node| everybody || *node == one) {
            context.fact(Fact::Asks { node, number, tries });
            context.send(node, Message::Ask { number });
        }
        context.set_timer(Timer::Patience, context.settings().timeout);
    }

    /// No answer in time: that question is over, and the next one follows.
    fn on_silence(&mut self, context: &mut Context<'_>) {
        self.asked = None;
        self.tries = self.tries.saturating_add(1);
        if context.settings().potholes.no_backoff {
            return self.ask(context);
        }
        let limit = context.settings().timeout * (1 << self.tries.min(20));
        let limit = limit.min(context.settings().backoff);
        let pause = Span(context.draw().below(limit.0.max(1)));
        context.note(|| format!("asks again after {pause}, drawn from up to {limit}"));
        context.set_timer(Timer::Ask, pause.max(Span::micros(1)));
    }

    /// An answer: good, if it is to the question that is open.
    pub fn on_answer(&mut self, from: ActorId, number: u64, context: &mut Context<'_>) {
        let Some(asked) = self.asked.filter(|_| number == self.number) else {
            return context.fact(Fact::Late { node: from, number });
        };
        let lease = context.settings().lease;
        let left = (asked + lease).since(context.monotonic());
        context.fact(Fact::Leased { number, back: self.until.is_none() });
        self.until = Some(asked + lease);
        (self.asked, self.tries) = (None, 0);
        context.cancel_timer(Timer::Patience);
        context.set_timer(Timer::Expire, left);
        // Half-way, give or take: what was asked together should not stay together.
        let jitter = Span(context.draw().below((lease.0 / 8).max(1)));
        context.set_timer(Timer::Ask, Span(lease.0 / 2) + jitter);
    }

    /// A client wants something.
    pub fn on_get(&self, from: ActorId, number: u64, context: &mut Context<'_>) {
        let reply =
            if self.in_service() { Message::Here { number } } else { Message::OutOfService { number } };
        context.send(from, reply);
    }
}
