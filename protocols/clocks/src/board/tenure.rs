//! A server's side of the lease (Gray and Cheriton, SOSP 1989): it asks, holds, keeps asking, and stops in time.
//!
//! It counts from when it *asked*, which is before it was granted, by its monotonic clock, and a little less than it was
//! granted, for that clock may be slower than the grantor's. So it stops before the grantor thinks that it has.

use super::message::Message;
use super::settings::Settings;
use super::{Context, Fact, Timer};
use crate::sync::{BILLION, part};
use serde::Serialize;
use sim::{ActorId, Span, Time};

/// A lease that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Its number.
    pub epoch: u64,
    /// Until then, by the monotonic clock here.
    pub until: Time,
    /// Until then, by the grantor's wall clock.
    pub until_wall: Time,
}

/// What a server knows of the lease.
#[derive(Clone, Debug, Serialize)]
pub struct Tenure {
    number: u64,
    asked: Time,
    held: Option<Held>,
    hint: Option<ActorId>,
}

impl Tenure {
    /// Nothing held yet.
    pub fn start(context: &mut Context<'_>) -> Self {
        let tenure = Self { number: 0, asked: Time::ZERO, held: None, hint: None };
        tenure.ask_later(context);
        tenure
    }

    /// The lease that it holds, or has held until it notices.
    pub fn held(&self) -> Option<&Held> {
        self.held.as_ref()
    }

    /// Who may hold it instead.
    pub fn hint(&self) -> Option<ActorId> {
        self.hint
    }

    /// The number of the lease, if it is held now.
    pub fn valid(&self, wall: Time, context: &Context<'_>) -> Option<u64> {
        let runs = |held: &&Held| {
            if context.settings().potholes.lease_on_wall {
                wall < held.until_wall
            } else {
                context.monotonic() < held.until
            }
        };
        self.held.as_ref().filter(runs).map(|held| held.epoch)
    }

    /// A third of a lease while it is held, else at some moment within half of one.
    fn ask_later(&self, context: &mut Context<'_>) {
        let lasts = context.settings().lease.0;
        let span = match self.held {
            Some(_) => lasts / 3,
            None => lasts / 20 + context.draw().below(lasts / 2),
        };
        context.set_timer(Timer::Ask, Span(span.max(1)));
    }

    /// Asks for the lease, or to keep it.
    pub fn ask(&mut self, context: &mut Context<'_>) {
        self.number += 1;
        self.asked = context.monotonic();
        context.send(Settings::MASTER, Message::AskLease { number: self.number });
        self.ask_later(context);
    }

    /// It is granted.
    pub fn on_lease(&mut self, number: u64, epoch: u64, until_wall: Time, context: &mut Context<'_>) {
        if number != self.number {
            return context.note(|| {
                "an answer to an older question: I do not know when that one was granted".to_owned()
            });
        }
        let lasts = context.settings().lease.0;
        let shorter = part(lasts, context.settings().rate.min(BILLION)).unsigned_abs();
        let until = self.asked + Span(lasts.saturating_sub(shorter));
        let left = until.since(context.monotonic());
        if left == Span::ZERO {
            return context.note(|| format!("lease {epoch} came so late that it may be over"));
        }
        if self.held.is_none_or(|held| held.epoch != epoch) {
            context.fact(Fact::Holds { epoch });
        }
        self.held = Some(Held { epoch, until, until_wall });
        self.hint = None;
        context.set_timer(Timer::Lapse, left);
    }

    /// Somebody else has it.
    pub fn on_taken(&mut self, holder: ActorId) {
        self.hint = Some(holder);
    }

    /// It may be over.
    pub fn lapse(&mut self, wall: Time, context: &mut Context<'_>) {
        if self.valid(wall, context).is_some() {
            let again = Span(context.settings().lease.0 / 8 + 1);
            context.note(|| "by the wall clock here the lease is not over".to_owned());
            return context.set_timer(Timer::Lapse, again);
        }
        if let Some(held) = self.held.take() {
            context.fact(Fact::Lapsed { epoch: held.epoch });
        }
    }
}
