//! A client: asks, waits, asks the same server again, gives up and does not know.
//!
//! It has one request open at a time; more made by hand wait in a queue. A request keeps its number over all its
//! retries, and is never made of another server: only the one that was asked can tell whether it has been done.

use super::answer::{Answer, Reply, Request};
use super::told::ClientFact;
use super::{Account, Coins};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::random::Draw;
use sim::story::{Outcome, Value};
use sim::{ActorId, Context, OperationId, Protocol, Span};
use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::Arc;

/// Requests by hand that may wait at one client.
const QUEUE: usize = 100;

/// What may be asked of a lab's bank.
pub trait Ask: Clone + Debug + Serialize + Send + Sync + 'static {
    /// What the history calls it.
    fn function(&self) -> &'static str;
    /// What it was given, for the history.
    fn input(&self) -> Vec<Value>;
    /// How it reads: `rent→food 20`.
    fn label(&self) -> String;
}

/// A lab that runs on a bank: how its clients' words travel there.
pub trait Bank: Protocol {
    /// What its clients ask.
    type Ask: Ask;

    /// What its clients do by themselves.
    fn load(settings: &Self::Settings) -> &Load;
    /// Something that a client might ask of its own accord.
    fn invent(settings: &Self::Settings, draw: &mut Draw) -> Self::Ask;
    /// Whom a client asks where nobody is named.
    fn server(settings: &Self::Settings, client: ActorId) -> ActorId;
    /// A request as a message.
    fn request(request: Request<Self::Ask>) -> Self::Message;
    /// A client's timer as one of the lab's.
    fn timer(timer: ClientTimer) -> Self::Timer;
    /// A client's fact as one of the lab's.
    fn fact(fact: ClientFact) -> Self::Fact;
}

/// What clients do by themselves.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Whether they ask of their own accord.
    pub on: bool,
    /// Between an answer and the next request, on average.
    pub think: Span,
    /// After which a request is made again.
    pub timeout: Span,
    /// After which a client gives up.
    pub give_up: Span,
}

/// The timers of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientTimer {
    /// The next request of its own.
    Think,
    /// It has waited long enough to ask again.
    Retry,
    /// It has waited long enough.
    GiveUp,
}

/// What somebody wants a client to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wish<A> {
    /// What.
    pub ask: A,
    /// Whom; its own server where nobody is named.
    pub to: Option<ActorId>,
}

/// The request that is open.
#[derive(Clone, Debug, Serialize)]
pub struct Open<A> {
    /// What.
    pub ask: A,
    /// Its place in the history.
    pub id: OperationId,
    /// Its number.
    pub number: u64,
    /// Who was asked.
    pub node: ActorId,
}

/// A client.
#[derive(Clone, Debug, Serialize)]
pub struct Client<A> {
    number: u64,
    open: Option<Open<A>>,
    queue: VecDeque<Wish<A>>,
    /// In which life each server was when it was last heard; the first, where it was not.
    lives: SortedMap<ActorId, u32>,
}

impl<A: Ask> Client<A> {
    /// A client with nothing to do yet.
    pub fn start<B: Bank<Ask = A>>(context: &mut Context<'_, B>) -> Self {
        let client = Self { number: 0, open: None, queue: VecDeque::new(), lives: SortedMap::new() };
        client.think(context);
        client
    }

    /// The request that is open.
    pub fn open(&self) -> Option<&Open<A>> {
        self.open.as_ref()
    }

    /// The next request that waits behind it.
    pub fn next(&self) -> Option<&Wish<A>> {
        self.queue.front()
    }

    /// How many wait.
    pub fn queued(&self) -> u64 {
        self.queue.len() as u64
    }

    /// A timer went off.
    pub fn on_timer<B: Bank<Ask = A>>(&mut self, timer: ClientTimer, context: &mut Context<'_, B>) {
        match timer {
            ClientTimer::Think if self.open.is_none() && B::load(context.settings()).on => {
                let mut draw = context.draw();
                let ask = B::invent(context.settings(), &mut draw);
                self.ask(Wish { ask, to: None }, context);
            }
            ClientTimer::Think => {}
            ClientTimer::Retry => self.retry(context),
            ClientTimer::GiveUp => self.give_up(context),
        }
    }

    /// A hand's wish: it waits its turn.
    pub fn on_wish<B: Bank<Ask = A>>(&mut self, wish: Wish<A>, context: &mut Context<'_, B>) {
        if self.queue.len() < QUEUE {
            self.queue.push_back(wish);
        }
        self.go_on(context);
    }

    /// A server answered.
    pub fn on_reply<B: Bank<Ask = A>>(&mut self, from: ActorId, reply: Reply, context: &mut Context<'_, B>) {
        let Some(open) = self.open.as_ref().filter(|open| open.number == reply.number) else {
            return context
                .note(|| format!("an answer to request {}, which is over, means nothing", reply.number));
        };
        if let Answer::Again { life } = reply.answer {
            let known = self.lives.entry(from).or_insert(1);
            if life <= *known || open.node != from {
                return;
            }
            *known = life;
            return self.send(context);
        }
        self.on_answer(from, reply.answer, context);
    }

    // --- asking ---

    /// Half to one and a half of the time to think, where clients ask of their own accord.
    fn think<B: Bank<Ask = A>>(&self, context: &mut Context<'_, B>) {
        let load = *B::load(context.settings());
        if load.on {
            let span = Span(load.think.0 / 2 + context.draw().below(load.think.0.max(1)));
            context.set_timer(B::timer(ClientTimer::Think), span.max(Span::micros(1)));
        }
    }

    /// What waits by hand goes first; without it, some thought.
    fn go_on<B: Bank<Ask = A>>(&mut self, context: &mut Context<'_, B>) {
        if self.open.is_some() {
            return;
        }
        match self.queue.pop_front() {
            Some(wish) => self.ask(wish, context),
            None => self.think(context),
        }
    }

    fn ask<B: Bank<Ask = A>>(&mut self, wish: Wish<A>, context: &mut Context<'_, B>) {
        self.number += 1;
        let ask = wish.ask;
        let id = context.invoke(ask.function(), "", ask.input(), ask.label());
        let node = wish.to.unwrap_or_else(|| B::server(context.settings(), context.me()));
        let text = ask.label().into();
        self.open = Some(Open { ask, id, number: self.number, node });
        context.cancel_timer(B::timer(ClientTimer::Think));
        context.set_timer(B::timer(ClientTimer::GiveUp), B::load(context.settings()).give_up);
        context.fact(B::fact(ClientFact::Asked { text, node }));
        self.send(context);
    }

    fn send<B: Bank<Ask = A>>(&self, context: &mut Context<'_, B>) {
        let Some(open) = &self.open else { return };
        let life = self.lives.get(&open.node).copied().unwrap_or(1);
        let request = Request { number: open.number, life, ask: open.ask.clone() };
        context.send(open.node, B::request(request));
        context.set_timer(B::timer(ClientTimer::Retry), B::load(context.settings()).timeout);
    }

    fn retry<B: Bank<Ask = A>>(&mut self, context: &mut Context<'_, B>) {
        let Some(open) = &self.open else { return };
        let (text, node) = (open.ask.label().into(), open.node);
        context.fact(B::fact(ClientFact::Retried { text, node }));
        self.send(context);
    }

    // --- answers ---

    fn on_answer<B: Bank<Ask = A>>(&mut self, from: ActorId, answer: Answer, context: &mut Context<'_, B>) {
        let Some(open) = self.open.take() else { return };
        let (text, told) = (open.ask.label().into(), answer.to_string().into());
        context.fact(B::fact(ClientFact::Answered { text, answer: told, node: from }));
        let (outcome, output) = match &answer {
            Answer::Done | Answer::Again { .. } => (Outcome::Ok, None),
            Answer::Balances(balances) => (Outcome::Ok, Some(as_value(balances))),
            Answer::Refused(reason) => (Outcome::Failed, Some(Value::from(&*reason.to_string()))),
        };
        context.complete(open.id, outcome, output, Some(from));
        self.over(context);
    }

    fn give_up<B: Bank<Ask = A>>(&mut self, context: &mut Context<'_, B>) {
        let Some(open) = self.open.take() else { return };
        context.fact(B::fact(ClientFact::GaveUp { text: open.ask.label().into() }));
        context.complete(open.id, Outcome::Unknown, None, None);
        self.over(context);
    }

    fn over<B: Bank<Ask = A>>(&mut self, context: &mut Context<'_, B>) {
        context.cancel_timer(B::timer(ClientTimer::Retry));
        context.cancel_timer(B::timer(ClientTimer::GiveUp));
        self.go_on(context);
    }
}

/// `[[rent 80] [food 120]]`: pairs of account and amount.
fn as_value(balances: &[(Account, Coins)]) -> Value {
    let pair = |(account, coins): &(Account, Coins)| {
        Value::List(Arc::from([Value::from(account.name()), Value::Int(coins.0)]))
    };
    Value::List(balances.iter().map(pair).collect())
}

/// Takes `to n2` off the end of a request by hand.
///
/// # Errors
/// When what follows `to` is no node.
pub fn addressee(words: &[Arc<str>]) -> Result<(&[Arc<str>], Option<ActorId>), String> {
    match words {
        [rest @ .., to, node] if &**to == "to" => match node.parse::<ActorId>() {
            Ok(node) if node.is_node() => Ok((rest, Some(node))),
            _ => Err(format!("“{}” is no node: write to n1", super::shorten(node))),
        },
        all => Ok((all, None)),
    }
}
