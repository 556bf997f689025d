//! A client: asks one thing at a time of some node, asks the same node again, gives up.

use super::message::{Answer, Ask, Message};
use super::{Context, Fact, Timer};
use serde::Serialize;
use sim::story::{Outcome, Value};
use sim::{ActorId, OperationId, Span};
use std::collections::VecDeque;

/// Requests by hand that may wait at one client.
const QUEUE: usize = 100;
/// The most that is sent at once.
const MOST: u64 = 30;

/// What somebody wants a client to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wish {
    /// What.
    pub ask: Ask,
    /// Whom; anyone where nobody is named.
    pub node: Option<ActorId>,
}

/// The request that is open.
#[derive(Clone, Debug, Serialize)]
pub struct Open {
    /// What.
    pub ask: Ask,
    /// Its place in the history.
    pub id: OperationId,
    /// Who was asked.
    pub node: ActorId,
}

/// A client.
#[derive(Clone, Debug, Serialize)]
pub struct Client {
    number: u64,
    open: Option<Open>,
    queue: VecDeque<Wish>,
}

impl Client {
    /// A client with nothing to do yet.
    pub fn start(context: &mut Context<'_>) -> Self {
        let client = Self { number: 0, open: None, queue: VecDeque::new() };
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

    /// A timer went off.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        match timer {
            Timer::Think if self.open.is_none() && context.settings().load => {
                let wish = invent(context);
                self.ask(wish, context);
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

    /// A node answered.
    pub fn on_reply(&mut self, from: ActorId, number: u64, answer: Answer, context: &mut Context<'_>) {
        if number != self.number {
            return context.note(|| format!("an answer to request {number}, which is over, means nothing"));
        }
        let Some(open) = self.open.take() else { return };
        let told = answer.to_string().into();
        context.fact(Fact::Answered { text: open.ask.label().into(), answer: told, node: from });
        let (outcome, output) = match answer {
            Answer::Sent => (Outcome::Ok, None),
            Answer::TooLittle => (Outcome::Failed, None),
            Answer::Total(coins) => (Outcome::Ok, Some(Value::from(coins))),
        };
        context.complete(open.id, outcome, output, Some(from));
        self.over(context);
    }

    // --- asking ---

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
        let Wish { ask, node } = wish;
        let node = node.unwrap_or_else(|| anyone(context, None));
        let input = match &ask {
            Ask::Send { coins, to } => vec![Value::Actor(node), Value::Actor(*to), Value::from(*coins)],
            Ask::Snapshot => Vec::new(),
        };
        let id = context.invoke(ask.function(), "", input, ask.label());
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
        let Some(open) = &self.open else { return };
        let (text, node) = (open.ask.label().into(), open.node);
        context.fact(Fact::Retried { text, node });
        self.send(context);
    }

    fn give_up(&mut self, context: &mut Context<'_>) {
        let Some(open) = self.open.take() else { return };
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

/// Some node, but not this one.
fn anyone(context: &mut Context<'_>, but: Option<ActorId>) -> ActorId {
    let nodes: Vec<ActorId> = context.settings().all().filter(|node| Some(*node) != but).collect();
    let pick = context.draw().below(nodes.len() as u64);
    usize::try_from(pick).ok().and_then(|pick| nodes.get(pick)).copied().unwrap_or(ActorId::node(1))
}

/// A request of a client's own accord.
fn invent(context: &mut Context<'_>) -> Wish {
    let snapshots = context.settings().snapshots;
    let mut draw = context.draw();
    let (kind, coins) = (draw.below(100), 1 + draw.below(MOST));
    let node = anyone(context, None);
    if kind < snapshots {
        return Wish { ask: Ask::Snapshot, node: Some(node) };
    }
    let to = anyone(context, Some(node));
    Wish { ask: Ask::Send { coins, to }, node: Some(node) }
}
