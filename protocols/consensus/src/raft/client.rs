//! A client: makes requests, times out, asks elsewhere, gives up and does not know.
//!
//! It has one request open at a time; more made by hand wait in a queue. A request keeps its number over all its
//! retries, so a node can tell a retry from a new request.

use super::Timer;
use super::fact::Fact;
use super::message::{Answer, Body, Message, Order};
use super::settings::Settings;
use super::store::{NOTHING, Operation, Response};
use super::{Context, Event};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::story::{Outcome, Value};
use sim::{ActorId, OperationId, Span};
use std::collections::VecDeque;
use std::sync::Arc;

/// Redirections in a row before a client takes a breath: two nodes may each point to the other.
const HOPS: u32 = 3;
/// Requests by hand that may wait at one client.
const QUEUE: usize = 100;
/// The longest key or value.
const LONGEST: usize = 200;

/// What somebody wants a client to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ask {
    /// What.
    pub operation: Operation,
    /// This node and no other.
    pub only: Option<ActorId>,
}

/// The request that is open.
#[derive(Clone, Debug, Serialize)]
pub struct Open {
    /// What.
    pub ask: Ask,
    /// Its place in the history.
    pub id: OperationId,
    /// Its number.
    pub sequence: u64,
    /// Who was asked last.
    pub node: ActorId,
    /// Where it goes on when nobody helps: round all nodes, whatever they say of each other.
    cursor: ActorId,
    hops: u32,
}

/// A client.
#[derive(Clone, Debug, Serialize)]
pub struct KvClient {
    sequence: u64,
    open: Option<Open>,
    queue: VecDeque<Ask>,
    /// Whom it believes to lead.
    leader: Option<ActorId>,
    /// Values it has written of its own accord.
    written: u64,
    /// What it last saw in each key.
    seen: SortedMap<Arc<str>, Arc<str>>,
}

impl KvClient {
    /// A client with nothing to do yet.
    pub fn start(context: &mut Context<'_>) -> Self {
        let client = Self {
            sequence: 0,
            open: None,
            queue: VecDeque::new(),
            leader: None,
            written: 0,
            seen: SortedMap::new(),
        };
        client.think(context);
        client.plan_order(context);
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

    /// Whom it believes to lead.
    pub fn leader(&self) -> Option<ActorId> {
        self.leader
    }

    /// One event.
    pub fn handle(&mut self, event: Event, context: &mut Context<'_>) {
        match event {
            Event::Message { from, message } => {
                if let Body::Reply { sequence, answer } = message.body {
                    self.on_reply(from, sequence, answer, context);
                }
            }
            Event::Timer(Timer::Think) => {
                if self.open.is_none() && context.settings().load {
                    let ask = self.choose(context);
                    self.ask(ask, context);
                }
            }
            Event::Timer(Timer::Operate) => self.operate(context),
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
            Event::Timer(_) | Event::Synced(_) | Event::DiskFailed { .. } => {}
        }
    }

    // --- asking ---

    /// Half to one and a half of the time to think, where clients ask of their own accord.
    fn think(&self, context: &mut Context<'_>) {
        if context.settings().load {
            let think = context.settings().think;
            let half = think.0 / 2;
            let span = Span(half + context.draw().below(think.0.max(1)));
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

    /// The first client is the operator's too, where members keep changing.
    fn plan_order(&self, context: &mut Context<'_>) {
        let churn = context.settings().churn;
        if context.me() == ActorId::client(1) && churn > Span::ZERO {
            let span = Span(churn.0 / 2 + context.draw().below(churn.0));
            context.set_timer(Timer::Operate, span);
        }
    }

    /// Orders that some node join or leave; whoever leads carries it out.
    fn operate(&self, context: &mut Context<'_>) {
        let nodes = context.nodes();
        // More often joining: as many members as there can be have the most ways to part.
        let mut draw = context.draw();
        let node = ActorId::node(1 + u16::try_from(draw.below(u64::from(nodes))).unwrap_or_default());
        let verb = if draw.chance(7_500) { Order::Add } else { Order::Remove };
        for to in (1..=nodes).map(ActorId::node) {
            context.send(to, Message::of_client(Body::Order { verb, node }));
        }
        self.plan_order(context);
    }

    /// A request of its own accord: each value is written once, so that histories are easy to judge.
    fn choose(&mut self, context: &mut Context<'_>) -> Ask {
        let mut draw = context.draw();
        let (kind, key) = (draw.below(100), draw.below(u64::from(context.settings().keys.max(1))));
        let settings: &Settings = context.settings();
        let key: Arc<str> = settings.key(u16::try_from(key).unwrap_or_default()).into();
        let reads = u64::from(settings.reads_share);
        let swaps = reads + u64::from(settings.cas_share);
        let operation = if kind < reads {
            Operation::Get { key }
        } else {
            let clients = u64::from(settings.clients);
            let to = unique(self.written * clients + u64::from(context.me().number()) - 1);
            self.written += 1;
            let from = self.seen.get(&key).cloned();
            if kind < swaps && from.is_some() {
                Operation::Cas { key, from, to }
            } else {
                Operation::Put { key, value: to }
            }
        };
        Ask { operation, only: None }
    }

    fn ask(&mut self, ask: Ask, context: &mut Context<'_>) {
        self.sequence += 1;
        let operation = &ask.operation;
        let id = context.invoke(operation.function(), operation.key(), operation.input(), operation.label());
        let node = ask.only.or(self.leader).unwrap_or_else(|| any_node(context));
        let text = operation.label().into();
        self.open = Some(Open { ask, id, sequence: self.sequence, node, cursor: node, hops: 0 });
        context.cancel_timer(Timer::Think);
        context.set_timer(Timer::GiveUp, context.settings().give_up);
        context.fact(Fact::Asked { text, node });
        self.send(context.settings().timeout, context);
    }

    /// Asks the node it has chosen, and for how long it waits. A request that is for one node alone is not sent to it
    /// again and again: whoever insists on that node waits for it.
    fn send(&self, wait: Span, context: &mut Context<'_>) {
        let Some(open) = &self.open else { return };
        let body = Body::Request { sequence: open.sequence, operation: open.ask.operation.clone() };
        context.send(open.node, Message::of_client(body));
        match open.ask.only {
            None => context.set_timer(Timer::Retry, wait),
            Some(_) => context.cancel_timer(Timer::Retry),
        }
    }

    /// No answer: the next node, unless only this one will do.
    fn retry(&mut self, context: &mut Context<'_>) {
        let nodes = context.nodes();
        let Some(open) = &mut self.open else { return };
        if open.ask.only.is_none() {
            self.leader = None;
            open.cursor = ActorId::node(open.cursor.number() % nodes.max(1) + 1);
            open.node = open.cursor;
        }
        open.hops = 0;
        let (text, node) = (open.ask.operation.label().into(), open.node);
        context.fact(Fact::Retried { text, node });
        self.send(context.settings().timeout, context);
    }

    // --- answers ---

    fn on_reply(&mut self, from: ActorId, sequence: u64, answer: Answer, context: &mut Context<'_>) {
        let Some(open) = &self.open else { return };
        if open.sequence != sequence {
            context.note(|| format!("an answer to request {sequence}, which is over, means nothing"));
            return;
        }
        match answer {
            Answer::NotLeader { leader } => self.on_redirect(from, leader, context),
            // Sessions answer so only to a request that its client has given up.
            Answer::Response(Response::Late) => {}
            Answer::Response(response) => self.on_response(from, response, context),
        }
    }

    fn on_redirect(&mut self, from: ActorId, leader: Option<ActorId>, context: &mut Context<'_>) {
        let breath = context.settings().heartbeat;
        let Some(open) = &mut self.open else { return };
        if open.node != from {
            return;
        }
        context.fact(Fact::Redirected { node: from, text: open.ask.operation.label().into() });
        match leader.filter(|leader| *leader != from && open.hops < HOPS && open.ask.only.is_none()) {
            Some(leader) => {
                open.node = leader;
                open.hops += 1;
                self.leader = Some(leader);
                self.send(context.settings().timeout, context);
            }
            None => context.set_timer(Timer::Retry, breath),
        }
    }

    fn on_response(&mut self, from: ActorId, response: Response, context: &mut Context<'_>) {
        let Some(open) = self.open.take() else { return };
        let operation = &open.ask.operation;
        let value = |seen: &Option<Arc<str>>| seen.clone().map_or(Value::Nil, Value::Text);
        let (outcome, output) = match &response {
            Response::Done | Response::Late => (Outcome::Ok, None),
            Response::Value(seen) => (Outcome::Ok, Some(value(seen))),
            Response::Mismatch(seen) => (Outcome::Failed, Some(value(seen))),
        };
        let answer = match &response {
            Response::Done | Response::Late => "ok".into(),
            Response::Value(seen) => seen.clone().unwrap_or_else(|| NOTHING.into()),
            Response::Mismatch(seen) => format!("no, it holds {}", seen.as_deref().unwrap_or(NOTHING)).into(),
        };
        self.remember(operation, &response);
        if open.ask.only.is_none() {
            self.leader = Some(from);
        }
        context.fact(Fact::Answered { text: operation.label().into(), answer, node: from });
        context.complete(open.id, outcome, output, Some(from));
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
        self.leader = None;
        self.over(context);
    }

    fn over(&mut self, context: &mut Context<'_>) {
        context.cancel_timer(Timer::Retry);
        context.cancel_timer(Timer::GiveUp);
        self.go_on(context);
    }
}

fn any_node(context: &mut Context<'_>) -> ActorId {
    let nodes = context.settings().nodes;
    ActorId::node(1 + u16::try_from(context.draw().below(u64::from(nodes.max(1)))).unwrap_or_default())
}

/// Words of a shopping list; a number makes the later ones unique.
pub(crate) fn unique(number: u64) -> Arc<str> {
    const WORDS: [&str; 24] = [
        "milk", "rice", "tea", "salt", "bread", "eggs", "soap", "oats", "figs", "beans", "flour", "plums",
        "honey", "corn", "pears", "leeks", "nuts", "kale", "dates", "mint", "limes", "cocoa", "peas",
        "yeast",
    ];
    let count = WORDS.len() as u64;
    let word = WORDS[usize::try_from(number % count).unwrap_or_default()];
    let round = number / count;
    if round == 0 { word.into() } else { format!("{word}{}", round + 1).into() }
}

/// Reads a request by hand: `list=milk`, `x`, `x=1→2`, `x 1 2`, then perhaps `to n1`.
///
/// # Errors
/// Says what should stand there.
pub fn read_ask(verb: &str, words: &[Arc<str>]) -> Result<Ask, String> {
    let (words, only) = match words {
        [rest @ .., to, node] if &**to == "to" || &**to == "@" => (rest, Some(read_node(node)?)),
        [rest @ .., node] if node.starts_with('@') => (rest, Some(read_node(&node[1..])?)),
        all => (all, None),
    };
    if let Some(long) = words.iter().find(|word| word.len() > LONGEST) {
        return Err(format!(
            "“{}…” is too long: keys and values have at most {LONGEST} letters",
            shorten(long)
        ));
    }
    let operation = match (verb, words) {
        ("get", []) => Operation::Get { key: super::store::LIST.into() },
        ("get", [key]) => Operation::Get { key: name(key)? },
        ("put", [pair]) => {
            let (key, value) = pair_of(pair, "put c1 list=milk")?;
            Operation::Put { key, value }
        }
        ("append", [pair]) => {
            let (key, value) = pair_of(pair, "append c1 list=milk")?;
            Operation::Append { key, value }
        }
        ("cas", [key, from, to]) => Operation::Cas { key: name(key)?, from: expected(from), to: name(to)? },
        ("cas", [change]) => {
            let (key, change) = pair_of(change, "cas c1 list=milk→tea")?;
            let (from, to) = change
                .split_once('→')
                .or_else(|| change.split_once("->"))
                .ok_or("write cas c1 list=milk→tea")?;
            Operation::Cas { key, from: expected(from), to: name(to)? }
        }
        ("get", _) => return Err("write get c1 list, or get c1 list to n1".to_owned()),
        ("put", _) => return Err("write put c1 list=milk, or put c1 list=milk to n1".to_owned()),
        ("append", _) => return Err("write append c1 list=milk, or append c1 list=milk to n1".to_owned()),
        _ => return Err("write cas c1 list=milk→tea, or cas c1 list milk tea".to_owned()),
    };
    Ok(Ask { operation, only })
}

/// The command by which a hand asks for what an operation asked for.
pub fn by_hand(operation: &sim::story::Operation) -> Option<String> {
    let sim::story::Operation { client, key, .. } = operation;
    let given = |at: usize| match operation.input.get(at) {
        Some(Value::Nil) => Some(NOTHING.to_owned()),
        Some(value) => Some(value.to_string()),
        None => None,
    };
    Some(match operation.function {
        "read" => format!("get {client} {key}"),
        "write" => format!("put {client} {key}={}", given(0)?),
        "append" => format!("append {client} {key}={}", given(0)?),
        "cas" => format!("cas {client} {key} {} {}", given(0)?, given(1)?),
        _ => return None,
    })
}

fn read_node(word: &str) -> Result<ActorId, String> {
    match word.parse::<ActorId>() {
        Ok(node) if node.is_node() => Ok(node),
        _ => Err(format!("“{}” is no node: write to n1", shorten(word))),
    }
}

fn shorten(word: &str) -> String {
    word.chars().take(20).collect()
}

fn name(word: &str) -> Result<Arc<str>, String> {
    if word.is_empty() { Err("a key or value is missing".to_owned()) } else { Ok(word.into()) }
}

/// What a compare-and-set expects; `nothing` is an absent key.
fn expected(word: &str) -> Option<Arc<str>> {
    (word != NOTHING && !word.is_empty()).then(|| word.into())
}

fn pair_of(word: &str, usage: &str) -> Result<(Arc<str>, Arc<str>), String> {
    let (key, value) = word.split_once('=').ok_or_else(|| format!("write {usage}"))?;
    Ok((name(key)?, name(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(verb: &str, words: &str) -> Result<Ask, String> {
        let words: Vec<Arc<str>> = words.split_whitespace().map(Into::into).collect();
        read_ask(verb, &words)
    }

    #[test]
    fn requests_by_hand_are_read() {
        let put = Operation::Put { key: "x".into(), value: "1".into() };
        assert_eq!(ask("put", "x=1"), Ok(Ask { operation: put.clone(), only: None }));
        let n1 = Some(ActorId::node(1));
        for words in ["x=1 to n1", "x=1 @n1", "x=1 @ n1"] {
            assert_eq!(ask("put", words), Ok(Ask { operation: put.clone(), only: n1 }), "{words}");
        }
        let cas = Operation::Cas { key: "x".into(), from: Some("1".into()), to: "2".into() };
        for words in ["x=1→2", "x=1->2", "x 1 2"] {
            assert_eq!(ask("cas", words).map(|ask| ask.operation), Ok(cas.clone()), "{words}");
        }
        let absent = Operation::Cas { key: "x".into(), from: None, to: "2".into() };
        assert_eq!(ask("cas", "x=nothing→2").map(|ask| ask.operation), Ok(absent));
        assert_eq!(ask("get", "").map(|ask| ask.operation.label()), Ok("read".to_owned()));
    }

    #[test]
    fn a_request_that_makes_no_sense_is_told_what_would() {
        let long = format!("x={}", "y".repeat(LONGEST));
        for (verb, words) in [
            ("put", "x"),
            ("put", ""),
            ("put", "=1"),
            ("put", "x="),
            ("get", "x y"),
            ("cas", "x=1"),
            ("put", "x=1 to c1"),
            ("put", "x=1 to nowhere"),
            ("append", "x"),
            ("put", long.as_str()),
        ] {
            assert!(ask(verb, words).is_err(), "{verb} {words}");
        }
    }

    #[test]
    fn values_of_its_own_are_unique() {
        let mut all: Vec<_> = (0..500).map(unique).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 500);
    }
}
