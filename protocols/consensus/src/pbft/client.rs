//! A client (section 4.1): signs its requests, sends them to the primary, and believes a result when f+1 replicas say the
//! same, for one of those tells the truth. Without an answer it asks everybody.
//!
//! It has one request open at a time; more made by hand wait in a queue. A request keeps its timestamp over all its
//! retries, so replicas can tell a retry from a new request.

use super::Timer;
use super::fact::Fact;
use super::keys;
use super::message::{Message, Reply, Request, View};
use super::{Context, Event};
use crate::raft::client::{Ask, read_ask, unique};
use crate::raft::store::{Operation, Response};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::story::{Outcome, Value};
use sim::{ActorId, OperationId, Span};
use std::collections::VecDeque;
use std::sync::Arc;

/// Requests by hand that may wait at one client.
const QUEUE: usize = 100;

/// The request that is open.
#[derive(Clone, Debug, Serialize)]
pub struct Open {
    /// What.
    pub ask: Ask,
    /// Its place in the history.
    pub id: OperationId,
    /// Its number among the client's.
    pub timestamp: u64,
    /// To be answered at once rather than in order.
    pub direct: bool,
    /// Everybody was asked, not the primary alone.
    pub everybody: bool,
    /// What each replica answered, and the view it said it was in.
    pub replies: SortedMap<ActorId, (Response, View)>,
    /// Replies that differ were noticed.
    differ: bool,
}

impl Open {
    /// How many say what most say.
    pub fn alike(&self) -> u16 {
        let same = |one: &Response| self.replies.values().filter(|(other, _)| other == one).count();
        self.replies
            .values()
            .map(|(response, _)| same(response))
            .max()
            .map_or(0, |count| u16::try_from(count).unwrap_or(u16::MAX))
    }
}

/// A client.
#[derive(Clone, Debug, Serialize)]
pub struct Client {
    timestamp: u64,
    open: Option<Open>,
    queue: VecDeque<Ask>,
    /// The view it believes to be the present one: replies say.
    view: View,
    /// Values it has written of its own accord.
    written: u64,
    /// What it last saw in each key.
    seen: SortedMap<Arc<str>, Arc<str>>,
}

impl Client {
    /// A client with nothing to do yet.
    pub fn start(context: &mut Context<'_>) -> Self {
        let client = Self {
            timestamp: 0,
            open: None,
            queue: VecDeque::new(),
            view: View(1),
            written: 0,
            seen: SortedMap::new(),
        };
        client.think(context);
        client
    }

    /// The request that is open.
    pub fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// The next request that waits behind it.
    pub fn next(&self) -> Option<&Ask> {
        self.queue.front()
    }

    /// How many wait.
    pub fn queued(&self) -> u64 {
        self.queue.len() as u64
    }

    /// The view it believes in.
    pub fn view(&self) -> View {
        self.view
    }

    /// One event.
    pub fn handle(&mut self, event: Event, context: &mut Context<'_>) {
        match event {
            Event::Message { message: Message::Reply(reply), .. } => self.on_reply(&reply, context),
            Event::Timer(Timer::Think) => {
                if self.open.is_none() && context.settings().load {
                    let ask = self.choose(context);
                    self.ask(ask, context);
                }
            }
            Event::Timer(Timer::Retry) => self.retry(context),
            Event::Timer(Timer::GiveUp) => self.give_up(context),
            Event::Verb { verb, words } => {
                if let Ok(ask) = read_ask(&verb, &words) {
                    if self.queue.len() < QUEUE {
                        self.queue.push_back(ask);
                    }
                    self.go_on(context);
                }
            }
            Event::Message { .. } | Event::Timer(_) | Event::Synced(_) | Event::DiskFailed { .. } => {}
        }
    }

    // --- asking ---

    /// Half to one and a half of the time to think, where clients ask of their own accord.
    fn think(&self, context: &mut Context<'_>) {
        if context.settings().load {
            let think = context.settings().think;
            let span = Span(think.0 / 2 + context.draw().below(think.0.max(1)));
            context.set_timer(Timer::Think, span.max(Span::micros(1)));
        }
    }

    /// What waits by hand goes first; without it, some thought.
    fn go_on(&mut self, context: &mut Context<'_>) {
        if self.open.is_some() {
            return;
        }
        match self.queue.pop_front() {
            Some(ask) => self.ask(ask, context),
            None => self.think(context),
        }
    }

    /// A request of its own accord: each value is written once, so that histories are easy to judge.
    fn choose(&mut self, context: &mut Context<'_>) -> Ask {
        let mut draw = context.draw();
        let settings = context.settings();
        let (kind, key) = (draw.below(100), draw.below(u64::from(settings.keys_used.max(1))));
        let key: Arc<str> = settings.key(u16::try_from(key).unwrap_or_default()).into();
        let reads = u64::from(settings.reads_share);
        let swaps = reads + u64::from(settings.cas_share);
        let operation = if kind < reads {
            Operation::Get { key }
        } else {
            let to =
                unique(self.written * u64::from(settings.clients) + u64::from(context.me().number()) - 1);
            self.written += 1;
            match self.seen.get(&key).cloned() {
                Some(from) if kind < swaps => Operation::Cas { key, from: Some(from), to },
                _ => Operation::Put { key, value: to },
            }
        };
        Ask { operation, only: None }
    }

    fn ask(&mut self, ask: Ask, context: &mut Context<'_>) {
        self.timestamp += 1;
        let operation = &ask.operation;
        let id = context.invoke(operation.function(), operation.key(), operation.input(), operation.label());
        let direct = context.settings().direct_reads && operation.is_read();
        let everybody = direct && ask.only.is_none();
        let node = if everybody { None } else { Some(ask.only.unwrap_or(self.primary(context))) };
        let text = operation.label().into();
        self.open = Some(Open {
            ask,
            id,
            timestamp: self.timestamp,
            direct,
            everybody,
            replies: SortedMap::new(),
            differ: false,
        });
        context.cancel_timer(Timer::Think);
        context.set_timer(Timer::GiveUp, context.settings().give_up);
        context.fact(Fact::Asked { text, node });
        self.send(context);
    }

    fn primary(&self, context: &Context<'_>) -> ActorId {
        context.settings().primary(self.view)
    }

    /// Sends the open request, to everybody or to one.
    fn send(&self, context: &mut Context<'_>) {
        let Some(open) = &self.open else { return };
        let (client, timestamp, direct) = (context.me(), open.timestamp, open.direct);
        let operation = open.ask.operation.clone();
        let digest = Request::digest_of(client, timestamp, &operation);
        let signature = keys::sign(&Request::statement(client, timestamp, digest, direct), context);
        let message = Message::Request(Arc::new(Request { client, timestamp, operation, direct, signature }));
        if open.everybody {
            for to in context.settings().members() {
                context.send(to, message.clone());
            }
        } else {
            context.send(open.ask.only.unwrap_or(self.primary(context)), message);
        }
        // Whoever insists on one replica waits for what comes of that.
        match open.ask.only {
            None => context.set_timer(Timer::Retry, context.settings().timeout),
            Some(_) => context.cancel_timer(Timer::Retry),
        }
    }

    /// Section 4.1: without an answer it asks everybody. A read at once is asked again as one in order (5.1).
    fn retry(&mut self, context: &mut Context<'_>) {
        let Some(open) = &mut self.open else { return };
        if open.direct {
            open.direct = false;
            open.replies.clear();
        }
        open.everybody = true;
        let text = open.ask.operation.label().into();
        context.fact(Fact::Retried { text });
        self.send(context);
    }

    // --- answers ---

    fn on_reply(&mut self, reply: &Reply, context: &mut Context<'_>) {
        let settings = context.settings();
        let signed = reply.client == context.me()
            && settings.is_member(reply.by)
            && settings.keys.verify(reply.by, &reply.signed(), &reply.signature);
        let needed = settings.replies();
        let Some(open) = &mut self.open else { return };
        if !signed || (reply.timestamp, reply.direct) != (open.timestamp, open.direct) {
            let timestamp = reply.timestamp;
            context
                .note(|| format!("a reply to request {timestamp} that is over or not signed means nothing"));
            return;
        }
        open.replies.insert(reply.by, (reply.response.clone(), reply.view));
        let alike = open.replies.values().filter(|(other, _)| *other == reply.response).count();
        if alike < open.replies.len() && !open.differ {
            open.differ = true;
            context.fact(Fact::Differ { text: open.ask.operation.label().into(), node: reply.by });
        }
        // Sessions answer so only to a request that its client has given up.
        if alike >= usize::from(needed) && reply.response != Response::Late {
            self.on_result(reply, u16::try_from(alike).unwrap_or(u16::MAX), context);
        }
    }

    fn on_result(&mut self, reply: &Reply, replies: u16, context: &mut Context<'_>) {
        let Some(open) = self.open.take() else { return };
        let (operation, response) = (&open.ask.operation, &reply.response);
        let value = |seen: &Option<Arc<str>>| seen.clone().map_or(Value::Nil, Value::Text);
        let (outcome, output) = match response {
            Response::Done | Response::Late => (Outcome::Ok, None),
            Response::Value(seen) => (Outcome::Ok, Some(value(seen))),
            Response::Mismatch(seen) => (Outcome::Failed, Some(value(seen))),
        };
        self.remember(operation, response);
        // One of those who say the same tells the truth, so the smallest of their views is not made up.
        let views = open.replies.values().filter(|(other, _)| other == response).map(|(_, view)| *view);
        self.view = self.view.max(views.min().unwrap_or(self.view));
        context.fact(Fact::Answered {
            text: operation.label().into(),
            response: response.clone(),
            timestamp: (!open.direct).then_some(open.timestamp),
            replies,
        });
        context.complete(open.id, outcome, output, Some(reply.by));
        self.over(context);
    }

    /// What it knows of a key now: what a compare-and-set will expect.
    fn remember(&mut self, operation: &Operation, response: &Response) {
        let key = Arc::clone(operation.key());
        let now = match (operation, response) {
            (_, Response::Value(seen) | Response::Mismatch(seen)) => seen.clone(),
            (Operation::Put { value, .. } | Operation::Cas { to: value, .. }, _) => Some(Arc::clone(value)),
            _ => None,
        };
        match now {
            Some(value) => self.seen.insert(key, value),
            None => self.seen.remove(&key),
        };
    }

    fn give_up(&mut self, context: &mut Context<'_>) {
        let Some(open) = self.open.take() else { return };
        context.fact(Fact::GaveUp { text: open.ask.operation.label().into() });
        context.complete(open.id, Outcome::Unknown, None, None);
        self.over(context);
    }

    fn over(&mut self, context: &mut Context<'_>) {
        context.cancel_timer(Timer::Retry);
        context.cancel_timer(Timer::GiveUp);
        self.go_on(context);
    }
}
