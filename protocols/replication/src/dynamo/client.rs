//! A client: makes requests, times out, asks elsewhere, gives up and does not know.
//!
//! It has one request open at a time; more made by hand wait in a queue. Of each key it remembers the context: what it
//! last read or wrote itself, and so what its next put means to replace (§4.4). A put by a client that has read nothing
//! replaces nothing, and ends up beside whatever is there.
//!
//! A retry keeps its number, so a node that coordinated a request already knows it again. Another node does not: the
//! paper has nothing that tells a retried put from a second one, and both may stay, as siblings of the same value.

use super::clock::{Clock, Dot};
use super::fact::{Fact, Learned, Promised};
use super::message::{Answer, Ask, Message, Request, told};
use super::node::ring_of;
use super::ring::place;
use super::settings::{Load, Settings};
use super::store::Key;
use super::{Context, Event, Timer};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::story::{Outcome, Value};
use sim::{ActorId, OperationId, Span};
use std::collections::VecDeque;
use std::sync::Arc;

/// The key of requests that name none.
pub const KEY: &str = "list";
/// Requests by hand that may wait at one client.
const QUEUE: usize = 100;
/// The longest key or value.
const LONGEST: usize = 200;
/// The most items a union has: what a client merges again and again must not grow for ever.
const ITEMS: usize = 8;

/// What somebody wants a client to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wish {
    /// With which key.
    pub key: Key,
    /// What.
    pub what: What,
    /// This node and no other.
    pub only: Option<ActorId>,
}

/// What somebody wants a client to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum What {
    /// Read; where there are siblings, write back their union.
    Get {
        /// Whether to do that.
        merge: bool,
    },
    /// Write a value, or delete.
    Put(Option<Arc<str>>),
}

/// The request that is open.
#[derive(Clone, Debug, Serialize)]
pub struct Open {
    /// As it is sent.
    pub request: Request,
    /// Its place in the history.
    pub id: OperationId,
    /// Who was asked last.
    pub node: ActorId,
    only: bool,
    merge: bool,
}

/// A client.
#[derive(Clone, Debug, Serialize)]
pub struct KvClient {
    sequence: u64,
    open: Option<Open>,
    queue: VecDeque<Wish>,
    /// What it has read or written of each key.
    contexts: SortedMap<Key, Clock>,
    /// The names of its writes that were acknowledged.
    acknowledged: SortedMap<Key, Clock>,
    /// Values it has written of its own accord.
    written: u64,
}

impl KvClient {
    /// A client with nothing to do yet.
    pub fn start(context: &mut Context<'_>) -> Self {
        let client = Self {
            sequence: 0,
            open: None,
            queue: VecDeque::new(),
            contexts: SortedMap::new(),
            acknowledged: SortedMap::new(),
            written: 0,
        };
        client.think(context);
        client
    }

    /// The request that is open.
    pub fn open(&self) -> Option<&Open> {
        self.open.as_ref()
    }

    /// How many wait behind it.
    pub fn queued(&self) -> u64 {
        self.queue.len() as u64
    }

    /// What it has read or written of each key.
    pub fn contexts(&self) -> &SortedMap<Key, Clock> {
        &self.contexts
    }

    /// The names of its writes that were acknowledged.
    pub fn acknowledged(&self) -> &SortedMap<Key, Clock> {
        &self.acknowledged
    }

    /// One event.
    pub fn handle(&mut self, event: Event, context: &mut Context<'_>) {
        match event {
            Event::Message { from, message: Message::Reply { sequence, answer } } => {
                self.on_reply(from, sequence, answer, context);
            }
            Event::Timer(Timer::Think) => {
                if self.open.is_none()
                    && let Some(wish) = self.choose(context)
                {
                    self.ask(wish, context);
                }
            }
            Event::Timer(Timer::Lag) => {
                if self.open.is_none() {
                    let wish =
                        Wish { key: probe_key(context.me()), what: What::Get { merge: false }, only: None };
                    self.ask(wish, context);
                }
            }
            Event::Timer(Timer::Retry) => self.retry(context),
            Event::Timer(Timer::GiveUp) => self.give_up(context),
            Event::Verb { verb, words } => {
                if let Ok(wish) = read_wish(&verb, &words) {
                    if self.queue.len() < QUEUE {
                        self.queue.push_back(wish);
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
        if context.settings().load != Load::Off {
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
            Some(wish) => self.ask(wish, context),
            None => self.think(context),
        }
    }

    /// A request of its own accord. Who writes reads first, as the interface means it (§4.4): the put then replaces what
    /// was read. Each value is written once, so that histories are easy to judge.
    fn choose(&mut self, context: &mut Context<'_>) -> Option<Wish> {
        let mut draw = context.draw();
        let (kind, key) = (draw.below(100), draw.below(u64::from(context.settings().keys.max(1))));
        let settings: &Settings = context.settings();
        let key: Key = match settings.load {
            Load::Off => return None,
            Load::Probe => probe_key(context.me()),
            Load::Mixed => settings.key(u16::try_from(key).unwrap_or_default()).into(),
        };
        let reads = u64::from(settings.reads_share);
        let what = match settings.load {
            Load::Mixed if kind < reads => What::Get { merge: settings.reconcile },
            Load::Mixed if kind < reads + u64::from(settings.deletes_share) => What::Put(None),
            _ => {
                let clients = u64::from(settings.clients);
                let value = unique(self.written * clients + u64::from(context.me().number()) - 1);
                self.written += 1;
                What::Put(Some(value))
            }
        };
        if settings.load == Load::Mixed && matches!(what, What::Put(_)) {
            self.queue.push_front(Wish { key: Arc::clone(&key), what, only: None });
            return Some(Wish { key, what: What::Get { merge: false }, only: None });
        }
        Some(Wish { key, what, only: None })
    }

    fn ask(&mut self, wish: Wish, context: &mut Context<'_>) {
        self.sequence += 1;
        let (ask, merge) = match wish.what {
            What::Get { merge } => (Ask::Get, merge),
            What::Put(value) => {
                let past = self.contexts.get(&wish.key).cloned().unwrap_or_default();
                (Ask::Put { value, past }, false)
            }
        };
        let request = Request { sequence: self.sequence, key: wish.key, ask };
        let (function, input) = match &request.ask {
            Ask::Get => ("get", None),
            Ask::Put { value: Some(value), .. } => ("put", Some(Value::Text(Arc::clone(value)))),
            Ask::Put { value: None, .. } => ("delete", None),
        };
        let id = context.invoke(function, &request.key, input, request.label());
        let node = wish.only.unwrap_or_else(|| some_node(&request.key, context));
        context.cancel_timer(Timer::Think);
        context.set_timer(Timer::GiveUp, context.settings().give_up);
        let (text, key) = (request.label().into(), Arc::clone(&request.key));
        context.fact(Fact::Asked { text, node, key, reads: request.ask == Ask::Get });
        self.open = Some(Open { request, id, node, only: wish.only.is_some(), merge });
        self.send(context);
    }

    /// Whoever insists on one node waits for it; else another one is asked after a while.
    fn send(&self, context: &mut Context<'_>) {
        let Some(open) = &self.open else { return };
        context.send(open.node, Message::Request(open.request.clone()));
        if open.only {
            context.cancel_timer(Timer::Retry);
        } else {
            context.set_timer(Timer::Retry, context.settings().timeout);
        }
    }

    /// No answer: the next node, unless only this one will do.
    fn retry(&mut self, context: &mut Context<'_>) {
        let nodes = context.settings().nodes.max(1);
        let Some(open) = &mut self.open else { return };
        if !open.only {
            open.node = ActorId::node(open.node.number() % nodes + 1);
        }
        let (text, node) = (open.request.label().into(), open.node);
        context.fact(Fact::Retried { text, node });
        self.send(context);
    }

    // --- answers ---

    fn on_reply(&mut self, from: ActorId, sequence: u64, answer: Answer, context: &mut Context<'_>) {
        let Some(open) = self.open.take_if(|open| open.request.sequence == sequence) else {
            return context.note(|| format!("an answer to request {sequence}, which is over, means nothing"));
        };
        match answer {
            Answer::Unavailable { .. } => {
                let text = open.request.label().into();
                context.fact(Fact::Refused { text, node: from });
                // Some nodes may have what was to be written: it did not surely fail. So it is asked again, elsewhere.
                self.open = Some(open);
                let breath = context.settings().patience;
                context.set_timer(Timer::Retry, breath);
            }
            Answer::Stored { dot } => self.on_stored(from, open, dot, context),
            Answer::Found { values, clock } => self.on_found(from, open, &values, clock, context),
        }
    }

    fn on_stored(&mut self, from: ActorId, open: Open, dot: Dot, context: &mut Context<'_>) {
        let key = Arc::clone(&open.request.key);
        for clocks in [&mut self.contexts, &mut self.acknowledged] {
            clocks.entry(Arc::clone(&key)).or_default().insert(dot);
        }
        self.answered(from, &open, "ok".into(), Learned::Wrote(dot), context);
        context.complete(open.id, Outcome::Ok, None, Some(from));
        if context.settings().load == Load::Probe && self.queue.is_empty() {
            context.cancel_timer(Timer::Retry);
            context.cancel_timer(Timer::GiveUp);
            // After the time to wait its own write is read back.
            return context.set_timer(Timer::Lag, context.settings().lag);
        }
        self.over(context);
    }

    fn on_found(
        &mut self,
        from: ActorId,
        open: Open,
        values: &[Arc<str>],
        clock: Clock,
        context: &mut Context<'_>,
    ) {
        let key = Arc::clone(&open.request.key);
        self.contexts.entry(Arc::clone(&key)).or_default().join(&clock);
        self.answered(from, &open, told(values).into(), Learned::Saw(clock), context);
        context.complete(open.id, Outcome::Ok, [returned(values)], Some(from));
        if open.merge && values.len() > 1 {
            let text = union(values);
            context.fact(Fact::Reconciled { key: Arc::clone(&key), text: Arc::clone(&text) });
            self.queue.push_front(Wish { key, what: What::Put(Some(text)), only: None });
        }
        self.over(context);
    }

    fn answered(
        &self,
        node: ActorId,
        open: &Open,
        answer: Arc<str>,
        learned: Learned,
        context: &mut Context<'_>,
    ) {
        let (text, key) = (open.request.label().into(), Arc::clone(&open.request.key));
        let promised = Promised::of(context.settings());
        context.fact(Fact::Answered { text, answer, node, key, learned, promised });
    }

    /// It does not know what became of it. A read had no effect; a write may be anywhere.
    fn give_up(&mut self, context: &mut Context<'_>) {
        let Some(open) = self.open.take() else { return };
        context.fact(Fact::GaveUp { text: open.request.label().into() });
        context.complete(open.id, Outcome::Unknown, None, None);
        self.over(context);
    }

    fn over(&mut self, context: &mut Context<'_>) {
        context.cancel_timer(Timer::Retry);
        context.cancel_timer(Timer::GiveUp);
        self.go_on(context);
    }
}

/// A read's result in the history: nothing, a value, or a list of siblings. In a store that behaves like one copy there
/// is never a list.
fn returned(values: &[Arc<str>]) -> Value {
    match values {
        [] => Value::Nil,
        [one] => Value::Text(Arc::clone(one)),
        many => {
            let mut many: Vec<Value> = many.iter().cloned().map(Value::Text).collect();
            many.sort();
            Value::List(many.into())
        }
    }
}

/// "Add to cart" loses nothing (§4.4): all items of all siblings, each once, in order.
fn union(values: &[Arc<str>]) -> Arc<str> {
    let mut items: Vec<&str> = Vec::new();
    for item in values.iter().flat_map(|value| value.split('+')) {
        if !items.contains(&item) && items.len() < ITEMS {
            items.push(item);
        }
    }
    items.sort_unstable();
    items.join("+").into()
}

fn probe_key(client: ActorId) -> Key {
    format!("probe{}", client.number()).into()
}

/// Any node; of a probe's key one that does not keep it, where there is one, so that every replica is as far away.
fn some_node(key: &str, context: &mut Context<'_>) -> ActorId {
    let settings = context.settings();
    let mut nodes: Vec<ActorId> = (1..=settings.nodes.max(1)).map(ActorId::node).collect();
    if settings.load == Load::Probe {
        let ring = ring_of(&super::members::Members::first(settings.nodes), settings.points);
        let owners = ring.owners(place(key), settings.copies);
        if nodes.len() > owners.len() {
            nodes.retain(|node| !owners.contains(node));
        }
    }
    let at = context.draw().below(nodes.len() as u64);
    nodes[usize::try_from(at).unwrap_or_default()]
}

/// Words of a shopping list; a number makes the later ones unique.
fn unique(number: u64) -> Arc<str> {
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

/// The command by which a hand asks for what an operation asked for.
pub fn by_hand(operation: &sim::story::Operation) -> Option<String> {
    let sim::story::Operation { client, key, .. } = operation;
    Some(match (operation.function, operation.input.first()) {
        ("get", _) => format!("get {client} {key}"),
        ("put", Some(value)) => format!("put {client} {key}={value}"),
        ("delete", _) => format!("del {client} {key}"),
        _ => return None,
    })
}

/// Reads a request by hand: `list=milk`, `x`, then perhaps `to n1`.
///
/// # Errors
/// Says what should stand there.
pub fn read_wish(verb: &str, words: &[Arc<str>]) -> Result<Wish, String> {
    let (words, only) = match words {
        [rest @ .., to, node] if &**to == "to" || &**to == "@" => (rest, Some(read_node(node)?)),
        [rest @ .., node] if node.starts_with('@') => (rest, Some(read_node(&node[1..])?)),
        all => (all, None),
    };
    if let Some(long) = words.iter().find(|word| word.len() > LONGEST) {
        let short = shorten(long);
        return Err(format!("“{short}…” is too long: keys and values have at most {LONGEST} letters"));
    }
    let (key, what) = match (verb, words) {
        ("get", []) => (KEY.into(), What::Get { merge: false }),
        ("get", [key]) => (name(key)?, What::Get { merge: false }),
        ("merge", []) => (KEY.into(), What::Get { merge: true }),
        ("merge", [key]) => (name(key)?, What::Get { merge: true }),
        ("del", []) => (KEY.into(), What::Put(None)),
        ("del", [key]) => (name(key)?, What::Put(None)),
        ("put", [pair]) => {
            let (key, value) = pair.split_once('=').ok_or("write put c1 list=milk")?;
            (name(key)?, What::Put(Some(name(value)?)))
        }
        ("put", _) => return Err("write put c1 list=milk, or put c1 list=milk to n1".to_owned()),
        (verb, _) => return Err(format!("write {verb} c1 list, or {verb} c1 list to n1")),
    };
    Ok(Wish { key, what, only })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(verb: &str, words: &str) -> Result<Wish, String> {
        let words: Vec<Arc<str>> = words.split_whitespace().map(Into::into).collect();
        read_wish(verb, &words)
    }

    #[test]
    fn requests_by_hand_are_read() {
        let put = Wish { key: "x".into(), what: What::Put(Some("1".into())), only: None };
        assert_eq!(wish("put", "x=1"), Ok(put.clone()));
        let only = Some(ActorId::node(1));
        for words in ["x=1 to n1", "x=1 @n1", "x=1 @ n1"] {
            assert_eq!(wish("put", words), Ok(Wish { only, ..put.clone() }), "{words}");
        }
        assert_eq!(wish("del", "").map(|wish| (wish.key, wish.what)), Ok((KEY.into(), What::Put(None))));
        assert_eq!(wish("merge", "x").map(|wish| wish.what), Ok(What::Get { merge: true }));
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
            ("del", "x y"),
            ("put", "x=1 to c1"),
            ("put", "x=1 to nowhere"),
            ("put", long.as_str()),
        ] {
            assert!(wish(verb, words).is_err(), "{verb} {words}");
        }
    }

    #[test]
    fn a_union_has_each_item_once_and_does_not_grow_for_ever() {
        let values = |words: &[&str]| -> Vec<Arc<str>> { words.iter().map(|&word| word.into()).collect() };
        assert_eq!(&*union(&values(&["milk", "tea"])), "milk+tea");
        assert_eq!(&*union(&values(&["tea+milk", "milk+salt"])), "milk+salt+tea");
        let many: Vec<Arc<str>> = (0..30).map(unique).collect();
        assert_eq!(union(&many).split('+').count(), ITEMS);
    }

    #[test]
    fn siblings_are_a_list_in_the_history() {
        assert_eq!(returned(&[]), Value::Nil);
        assert_eq!(returned(&["milk".into()]), Value::from("milk"));
        let list = Value::List([Value::from("milk"), Value::from("tea")].into());
        assert_eq!(returned(&["tea".into(), "milk".into()]), list);
    }
}
