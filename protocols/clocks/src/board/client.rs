//! A client: asks one thing at a time of some server, asks again, gives up.
//!
//! A post is asked of the same server again, which knows it by its number; readings and pinnings go on to the next one. What
//! a client has seen at one server and does at another is known to no logical clock: nobody told them.

use super::message::{Answer, Ask, Message};
use super::settings::Settings;
use super::{Context, Fact, Timer};
use serde::Serialize;
use sim::story::{Outcome, Value};
use sim::{ActorId, OperationId, Span};
use std::collections::VecDeque;
use std::sync::Arc;

/// Requests by hand that may wait at one client.
const QUEUE: usize = 100;
/// What clients post of their own accord.
const WORDS: [&str; 8] = ["tea", "milk", "salt", "bread", "rice", "soap", "figs", "mint"];

/// What somebody wants a client to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wish {
    /// What.
    pub ask: Ask,
    /// Whom; anyone where nobody is named.
    pub to: Option<ActorId>,
}

/// The request that is open.
#[derive(Clone, Debug, Serialize)]
pub struct Open {
    /// What.
    pub ask: Ask,
    /// Its place in the history.
    pub id: OperationId,
    /// Who was asked last.
    pub node: ActorId,
}

/// A client.
#[derive(Clone, Debug, Serialize)]
pub struct Client {
    number: u64,
    open: Option<Open>,
    queue: VecDeque<Wish>,
    /// Who held the lease, as far as this client knows.
    holder: Option<ActorId>,
}

impl Client {
    /// A client with nothing to do yet.
    pub fn start(context: &mut Context<'_>) -> Self {
        let client = Self { number: 0, open: None, queue: VecDeque::new(), holder: None };
        client.think(context);
        client
    }

    /// The request that is open.
    pub fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// The next request that waits behind it.
    pub fn next(&self) -> Option<&Wish> {
        self.queue.front()
    }

    /// How many wait.
    pub fn queued(&self) -> u64 {
        self.queue.len() as u64
    }

    /// A timer went off.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        match timer {
            Timer::Think if self.open.is_none() && context.settings().load => {
                let ask = self.invent(context);
                self.ask(Wish { ask, to: None }, context);
            }
            Timer::Retry => self.retry(context),
            Timer::GiveUp => self.give_up(context),
            _ => {}
        }
    }

    /// A hand's wish: it waits its turn.
    pub fn on_wish(&mut self, wish: Wish, context: &mut Context<'_>) {
        if self.queue.len() < QUEUE {
            self.queue.push_back(wish);
        }
        self.go_on(context);
    }

    /// A server answered.
    pub fn on_reply(&mut self, from: ActorId, number: u64, answer: Answer, context: &mut Context<'_>) {
        if number != self.number || self.open.is_none() {
            return context.note(|| format!("an answer to request {number}, which is over, means nothing"));
        }
        if let Answer::NotMine(holder) = answer {
            return self.turn_to(from, holder, context);
        }
        let Some(open) = self.open.take() else { return };
        let output = match answer {
            Answer::Last(Some(text)) => Some(Value::Text(text)),
            Answer::Last(None) => Some(Value::Nil),
            Answer::Pinned(epoch) => {
                self.holder = Some(from);
                Some(epoch.into())
            }
            Answer::Posted(_) | Answer::NotMine(_) => None,
        };
        context.fact(Fact::Answered { text: open.ask.label().into(), node: from });
        context.complete(open.id, Outcome::Ok, output, Some(from));
        self.over(context);
    }

    // --- asking ---

    fn invent(&self, context: &mut Context<'_>) -> Ask {
        let (reads, pins) = (context.settings().reads, context.settings().pins);
        let mut draw = context.draw();
        let (kind, word) = (draw.below(100), draw.below(WORDS.len() as u64));
        let word = usize::try_from(word).ok().and_then(|word| WORDS.get(word)).copied().unwrap_or_default();
        let text = || format!("{word} {}.{}", context.me().number(), self.number + 1).into();
        match kind {
            kind if kind < reads => Ask::Read,
            kind if kind < reads + pins => Ask::Pin(text()),
            _ => Ask::Post(text()),
        }
    }

    /// Half to one and a half of the time to think, where clients ask of their own accord.
    fn think(&self, context: &mut Context<'_>) {
        if context.settings().load {
            let think = context.settings().think.0;
            let span = Span(think / 2 + context.draw().below(think.max(1)));
            context.set_timer(Timer::Think, span.max(Span::micros(1)));
        }
    }

    /// What waits by hand goes first; without it, some thought.
    fn go_on(&mut self, context: &mut Context<'_>) {
        if self.open.is_some() {
            return;
        }
        match self.queue.pop_front() {
            Some(wish) => self.ask(wish, context),
            None => self.think(context),
        }
    }

    fn ask(&mut self, wish: Wish, context: &mut Context<'_>) {
        self.number += 1;
        let ask = wish.ask;
        let input = match &ask {
            Ask::Post(text) | Ask::Pin(text) => Some(Value::Text(Arc::clone(text))),
            Ask::Read => None,
        };
        let id = context.invoke(ask.function(), "", input, ask.label());
        let servers = u64::from(context.settings().servers.max(1));
        let drawn = Settings::server(u16::try_from(context.draw().below(servers)).unwrap_or(0));
        let likely = if matches!(ask, Ask::Pin(_)) { self.holder } else { None };
        let node = wish.to.or(likely).unwrap_or(drawn);
        context.fact(Fact::Asked { text: ask.label().into(), node });
        self.open = Some(Open { ask, id, node });
        context.cancel_timer(Timer::Think);
        context.set_timer(Timer::GiveUp, context.settings().give_up);
        self.send(context);
    }

    fn send(&self, context: &mut Context<'_>) {
        let Some(open) = &self.open else { return };
        context.send(open.node, Message::Request { number: self.number, ask: open.ask.clone() });
        context.set_timer(Timer::Retry, context.settings().timeout);
    }

    fn retry(&mut self, context: &mut Context<'_>) {
        let next = self.after(context);
        let Some(open) = &mut self.open else { return };
        if !matches!(open.ask, Ask::Post(_)) {
            open.node = next;
        }
        let (text, node) = (open.ask.label().into(), open.node);
        context.fact(Fact::Retried { text, node });
        self.send(context);
    }

    /// The server after the one that was asked last.
    fn after(&self, context: &Context<'_>) -> ActorId {
        let place = self.open.as_ref().map_or(0, |open| Settings::place(open.node));
        Settings::server((place + 1) % context.settings().servers.max(1))
    }

    /// Who was asked holds no lease: whoever it names is asked a little later.
    fn turn_to(&mut self, from: ActorId, holder: Option<ActorId>, context: &mut Context<'_>) {
        self.holder = holder;
        if self.open.as_ref().is_some_and(|open| open.node == from) {
            if let (Some(holder), Some(open)) = (holder, &mut self.open) {
                // One before it, for asking again goes on to the next.
                let servers = context.settings().servers.max(1);
                open.node = Settings::server((Settings::place(holder) + servers - 1) % servers);
            }
            let soon = Span(context.settings().timeout.0 / 8 + 1);
            context.set_timer(Timer::Retry, soon);
        }
    }

    fn give_up(&mut self, context: &mut Context<'_>) {
        let Some(open) = self.open.take() else { return };
        self.holder = None;
        context.fact(Fact::GaveUp { text: open.ask.label().into() });
        context.complete(open.id, Outcome::Unknown, None, None);
        self.over(context);
    }

    fn over(&mut self, context: &mut Context<'_>) {
        context.cancel_timer(Timer::Retry);
        context.cancel_timer(Timer::GiveUp);
        self.go_on(context);
    }
}
