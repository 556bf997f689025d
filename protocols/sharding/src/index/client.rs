//! A client: wants something from the storage servers, any of them, and turns to another one where it is turned away.

use super::fact::Fact;
use super::message::Message;
use super::{Context, Event, Timer};
use serde::Serialize;
use sim::story::Outcome;
use sim::{ActorId, OperationId, Span};
use std::sync::Arc;

/// Requests by hand that may wait at one client.
const QUEUE: u32 = 100;

/// A client.
#[derive(Clone, Debug, Serialize)]
pub struct Client {
    number: u64,
    /// The request that is open, and who was asked last.
    open: Option<(OperationId, ActorId)>,
    /// Requests by hand that wait.
    queued: u32,
}

impl Client {
    /// A client with nothing to do yet.
    pub fn start(context: &mut Context<'_>) -> Self {
        let client = Self { number: 0, open: None, queued: 0 };
        client.think(context);
        client
    }

    /// Who was asked, where something was.
    pub fn waits_for(&self) -> Option<ActorId> {
        self.open.map(|(_, node)| node)
    }

    /// One event.
    pub fn handle(&mut self, event: Event, context: &mut Context<'_>) {
        match event {
            Event::Message { from, message: Message::Here { number } } if number == self.number => {
                if let Some((id, _)) = self.open.take() {
                    context.fact(Fact::Answered { node: from });
                    context.complete(id, Outcome::Ok, None, Some(from));
                    self.over(context);
                }
            }
            Event::Message { from, message: Message::OutOfService { number } }
                if number == self.number && self.open.is_some() =>
            {
                context.fact(Fact::TurnedAway { node: from });
                // A breath, or a client that nobody serves would ask on and on.
                context.set_timer(Timer::Retry, Span::millis(50));
            }
            Event::Timer(Timer::Think) if self.open.is_none() => self.ask(context),
            Event::Timer(Timer::Retry) if self.open.is_some() => self.send(context),
            Event::Timer(Timer::GiveUp) => {
                if let Some((id, _)) = self.open.take() {
                    context.fact(Fact::Failed);
                    context.complete(id, Outcome::Failed, None, None);
                    self.over(context);
                }
            }
            Event::Verb { .. } => {
                self.queued = (self.queued + 1).min(QUEUE);
                if self.open.is_none() {
                    self.over(context);
                }
            }
            _ => {}
        }
    }

    /// Half to one and a half of the time to think, where clients ask of their own accord.
    fn think(&self, context: &mut Context<'_>) {
        if context.settings().load_on {
            let think = context.settings().think;
            let span = Span(think.0 / 2 + context.draw().below(think.0.max(1)));
            context.set_timer(Timer::Think, span.max(Span::micros(1)));
        }
    }

    fn ask(&mut self, context: &mut Context<'_>) {
        self.number += 1;
        let id = context.invoke("get", "", None, "get".to_owned());
        self.open = Some((id, ActorId::node(1)));
        context.cancel_timer(Timer::Think);
        context.set_timer(Timer::GiveUp, context.settings().give_up);
        self.send(context);
    }

    /// To any storage server.
    fn send(&mut self, context: &mut Context<'_>) {
        let (first, count) = (context.settings().index + 2, u64::from(context.settings().storage.max(1)));
        let node = ActorId::node(first + context.draw().below(count) as u16);
        if let Some((_, asked)) = &mut self.open {
            *asked = node;
        }
        context.fact(Fact::Asked { node });
        context.send(node, Message::Get { number: self.number });
        let patience = context.settings().latency_max * 2 + Span::millis(50);
        context.set_timer(Timer::Retry, patience);
    }

    fn over(&mut self, context: &mut Context<'_>) {
        context.cancel_timer(Timer::Retry);
        context.cancel_timer(Timer::GiveUp);
        if self.queued > 0 {
            self.queued -= 1;
            self.ask(context);
        } else {
            self.think(context);
        }
    }
}

/// Checks a request by hand: nothing follows the client's name.
///
/// # Errors
/// When something does.
pub fn check_get(words: &[Arc<str>]) -> Result<(), String> {
    if words.is_empty() { Ok(()) } else { Err("write get c1".to_owned()) }
}
