//! A client: has a map of its own, asks whoever has the shard by that map, and learns where it is wrong.
//!
//! It fetches the map again when it was told “not here”, and when nobody answers; it never waits for the keeper as long as
//! its map is right. It has one request open at a time; more made by hand wait in a queue. A request keeps its number over
//! all its retries.

use super::fact::Fact;
use super::map::ShardMap;
use super::message::{Answer, Ask, Message, Request};
use super::settings::{Load, Settings};
use super::{Context, Event, Timer};
use serde::Serialize;
use sim::random::Draw;
use sim::story::{Outcome, Value};
use sim::{ActorId, OperationId, Span};
use std::collections::VecDeque;
use std::sync::Arc;

/// Requests by hand that may wait at one client.
const QUEUE: usize = 100;
/// The longest value.
const LONGEST: usize = 200;

/// What somebody wants a client to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wish {
    /// With which key.
    pub key: u16,
    /// What.
    pub ask: Ask,
    /// This server and no other.
    pub only: Option<ActorId>,
}

/// The request that is open.
#[derive(Clone, Debug, Serialize)]
pub struct Open {
    /// What is wanted.
    pub wish: Wish,
    /// Its number.
    pub sequence: u64,
    /// Its place in the history.
    pub id: OperationId,
    /// Who was asked last.
    pub node: ActorId,
    /// The epoch of the map that was asked by; a newer one is tried at once.
    epoch: u64,
    /// It was told “not here” by that map.
    astray: bool,
}

/// A client.
#[derive(Clone, Debug, Serialize)]
pub struct Client {
    map: Arc<ShardMap>,
    sequence: u64,
    open: Option<Open>,
    queue: VecDeque<Wish>,
    /// Values it has written of its own accord.
    written: u64,
}

impl Client {
    /// A client with the first map, and nothing to do yet.
    pub fn start(context: &mut Context<'_>) -> Self {
        let map = Arc::new(context.settings().first_map());
        let client = Self { map, sequence: 0, open: None, queue: VecDeque::new(), written: 0 };
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

    /// Its map.
    pub fn map(&self) -> &ShardMap {
        &self.map
    }

    /// One event.
    pub fn handle(&mut self, event: Event, context: &mut Context<'_>) {
        match event {
            Event::Message { from, message: Message::Reply { sequence, answer } } => {
                self.on_reply(from, sequence, answer, context);
            }
            Event::Message { message: Message::Map(map), .. } => self.on_map(map, context),
            Event::Timer(Timer::Think) if self.open.is_none() => {
                if let Some(wish) = self.choose(context) {
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
            _ => {}
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

    /// A request of its own accord. Each value is written once, so that histories are easy to judge.
    fn choose(&mut self, context: &mut Context<'_>) -> Option<Wish> {
        let mut draw = context.draw();
        let settings: &Settings = context.settings();
        let key = settings.draw_key(&mut draw)?;
        let ask = if draw.below(100) < u64::from(settings.reads_share) {
            Ask::Get
        } else {
            let clients = u64::from(settings.clients);
            let number = self.written * clients + u64::from(context.me().number()) - 1;
            self.written += 1;
            Ask::Put(unique(number))
        };
        Some(Wish { key, ask, only: None })
    }

    fn ask(&mut self, wish: Wish, context: &mut Context<'_>) {
        self.sequence += 1;
        let (function, input, label) = match &wish.ask {
            Ask::Get => ("get", None, format!("get k{}", wish.key)),
            Ask::Put(value) => {
                ("put", Some(Value::Text(Arc::clone(value))), format!("k{}={value}", wish.key))
            }
        };
        let id = context.invoke(function, &format!("k{}", wish.key), input, label);
        context.cancel_timer(Timer::Think);
        context.set_timer(Timer::GiveUp, context.settings().give_up);
        let node = wish.only.unwrap_or(Settings::KEEPER);
        self.open = Some(Open { wish, sequence: self.sequence, id, node, epoch: 0, astray: false });
        self.send(false, context);
    }

    /// By the map that it has now.
    fn send(&mut self, again: bool, context: &mut Context<'_>) {
        let position = |wish: &Wish| context.settings().position(wish.key);
        let Some(open) = &mut self.open else { return };
        let Some(shard) = self.map.at(position(&open.wish)) else { return };
        (open.epoch, open.astray) = (self.map.epoch, false);
        open.node = open.wish.only.unwrap_or(shard.owner);
        let request = Request {
            sequence: open.sequence,
            shard: shard.id,
            epoch: shard.epoch,
            key: open.wish.key,
            ask: open.wish.ask.clone(),
        };
        let (text, node) = (request.label().into(), open.node);
        context.fact(if again { Fact::Retried { text, node } } else { Fact::Asked { text, node } });
        context.send(node, Message::Request(request));
        context.set_timer(Timer::Retry, context.settings().timeout);
    }

    /// No answer, or “not here” and still no newer map: both are tried again.
    fn retry(&mut self, context: &mut Context<'_>) {
        if self.open.is_some() {
            context.send(Settings::KEEPER, Message::Fetch);
            self.send(true, context);
        }
    }

    // --- answers ---

    fn on_map(&mut self, map: Arc<ShardMap>, context: &mut Context<'_>) {
        if map.epoch <= self.map.epoch {
            let (old, mine) = (map.epoch, self.map.epoch);
            return context.note(|| format!("a map of epoch {old} says nothing new: has {mine}"));
        }
        self.map = map;
        context.fact(Fact::Learned { epoch: self.map.epoch });
        if self.open.as_ref().is_some_and(|open| open.astray && open.epoch < self.map.epoch) {
            self.send(true, context);
        }
    }

    fn on_reply(&mut self, from: ActorId, sequence: u64, answer: Answer, context: &mut Context<'_>) {
        let Some(open) = self.open.as_mut().filter(|open| open.sequence == sequence) else {
            return context.note(|| format!("an answer to request {sequence}, which is over, means nothing"));
        };
        let text: Arc<str> = open.wish.label().into();
        if matches!(answer, Answer::NotHere { .. }) {
            // It surely did not happen there, but an earlier try may have: it is asked again, by a newer map.
            open.astray = true;
            context.fact(Fact::Astray { text, node: from });
            context.send(Settings::KEEPER, Message::Fetch);
            let breath = context.settings().latency_max * 2 + context.settings().drive;
            return context.set_timer(Timer::Retry, breath.min(context.settings().timeout));
        }
        let (id, output) = (open.id, output(&answer));
        context.fact(Fact::Answered { text, answer: answer.told().into(), node: from });
        context.complete(id, Outcome::Ok, output, Some(from));
        self.over(context);
    }

    /// It does not know what became of it.
    fn give_up(&mut self, context: &mut Context<'_>) {
        let Some(open) = &self.open else { return };
        context.fact(Fact::GaveUp { text: open.wish.label().into() });
        context.complete(open.id, Outcome::Unknown, None, None);
        self.over(context);
    }

    fn over(&mut self, context: &mut Context<'_>) {
        self.open = None;
        context.cancel_timer(Timer::Retry);
        context.cancel_timer(Timer::GiveUp);
        self.go_on(context);
    }
}

impl Wish {
    /// How it reads.
    pub fn label(&self) -> String {
        match &self.ask {
            Ask::Get => format!("get k{}", self.key),
            Ask::Put(value) => format!("k{}={value}", self.key),
        }
    }
}

/// What the history keeps of an answer.
fn output(answer: &Answer) -> Option<Value> {
    match answer {
        Answer::Found(found) => {
            Some(found.as_ref().map_or(Value::Nil, |value| Value::Text(Arc::clone(value))))
        }
        Answer::Stored | Answer::NotHere { .. } => None,
    }
}

impl Settings {
    /// A key that a client asks for, where clients ask of their own accord.
    pub fn draw_key(&self, draw: &mut Draw) -> Option<u16> {
        let keys = u64::from(self.keys.max(1));
        match self.load {
            Load::Off => None,
            Load::Even => Some(draw.below(keys) as u16),
            Load::Celebrity if draw.chance(5_000) => Some((keys / 2) as u16),
            Load::Celebrity => Some(draw.below(keys) as u16),
            Load::Zipf => {
                let weight = |key: u64| 1_000_000_000 / (key + 1);
                let mut left = draw.below((0..keys).map(weight).sum());
                let picked = (0..keys).find(|key| {
                    let hit = left < weight(*key);
                    left = left.saturating_sub(weight(*key));
                    hit
                });
                picked.map(|key| key as u16)
            }
        }
    }
}

/// Words of a shopping list; a number makes the later ones unique.
fn unique(number: u64) -> Arc<str> {
    const WORDS: [&str; 16] = [
        "milk", "rice", "tea", "salt", "bread", "eggs", "soap", "oats", "figs", "beans", "flour", "plums",
        "honey", "corn", "pears", "leeks",
    ];
    let count = WORDS.len() as u64;
    let word = WORDS[usize::try_from(number % count).unwrap_or_default()];
    let round = number / count;
    if round == 0 { word.into() } else { format!("{word}{}", round + 1).into() }
}

// --- by hand ---

/// Reads a key: `k3`.
///
/// # Errors
/// Says what should stand there.
pub fn read_key(word: &str) -> Result<u16, String> {
    let number = word.strip_prefix('k').and_then(|number| number.parse::<u16>().ok());
    let short: String = word.chars().take(20).collect();
    number.filter(|key| *key < 512).ok_or_else(|| format!("“{short}” is no key: write k0, k1 and so on"))
}

fn read_node(word: &str) -> Result<ActorId, String> {
    match word.parse::<ActorId>() {
        Ok(node) if node.is_node() => Ok(node),
        _ => Err(format!("“{}” is no node: write to n2", word.chars().take(20).collect::<String>())),
    }
}

/// Reads a request by hand: `k3=milk`, `k3`, then perhaps `to n2`.
///
/// # Errors
/// Says what should stand there.
pub fn read_wish(verb: &str, words: &[Arc<str>]) -> Result<Wish, String> {
    let (words, only) = match words {
        [rest @ .., to, node] if &**to == "to" => (rest, Some(read_node(node)?)),
        all => (all, None),
    };
    match (verb, words) {
        ("get", [key]) => Ok(Wish { key: read_key(key)?, ask: Ask::Get, only }),
        ("put", [pair]) => {
            let (key, value) = pair.split_once('=').ok_or("write put c1 k3=milk")?;
            if value.is_empty() || value.len() > LONGEST {
                return Err(format!("a value has 1 to {LONGEST} letters"));
            }
            Ok(Wish { key: read_key(key)?, ask: Ask::Put(value.into()), only })
        }
        ("put", _) => Err("write put c1 k3=milk, or put c1 k3=milk to n2".to_owned()),
        _ => Err("write get c1 k3, or get c1 k3 to n2".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::PARAMETERS;
    use super::*;
    use sim::Parameters;
    use sim::random::Purpose;

    fn wish(verb: &str, words: &str) -> Result<Wish, String> {
        let words: Vec<Arc<str>> = words.split_whitespace().map(Into::into).collect();
        read_wish(verb, &words)
    }

    #[test]
    fn requests_by_hand_are_read() {
        let put = Wish { key: 3, ask: Ask::Put("milk".into()), only: None };
        assert_eq!(wish("put", "k3=milk"), Ok(put.clone()));
        assert_eq!(wish("put", "k3=milk to n2"), Ok(Wish { only: Some(ActorId::node(2)), ..put }));
        assert_eq!(wish("get", "k0").map(|wish| wish.label()), Ok("get k0".to_owned()));
        for (verb, words) in [
            ("put", "k3"),
            ("put", ""),
            ("put", "k3="),
            ("put", "x=1"),
            ("get", ""),
            ("get", "k512"),
            ("get", "k3 k4"),
            ("get", "k3 to c1"),
        ] {
            assert!(wish(verb, words).is_err(), "{verb} {words}");
        }
    }

    fn drawn(load: &str) -> Vec<u32> {
        let mut parameters = Parameters::defaults(PARAMETERS);
        parameters.assign(load).unwrap();
        let settings = Settings::of(&parameters);
        let mut counts = vec![0; usize::from(settings.keys)];
        for time in 0..20_000 {
            let mut draw = Draw::new(1, Purpose::Workload, 1, time, 0);
            if let Some(key) = settings.draw_key(&mut draw) {
                counts[usize::from(key)] += 1;
            }
        }
        counts
    }

    #[test]
    fn keys_are_asked_for_as_the_load_says() {
        let zipf = drawn("load=zipf");
        // 1 / (1 + 1/2 + … + 1/48) of all, and half, a third of that.
        let first = 20_000.0 / (1..=48).map(|k| 1.0 / f64::from(k)).sum::<f64>();
        for (key, share) in [(0, 1.0), (1, 0.5), (2, 1.0 / 3.0), (9, 0.1)] {
            let expected = first * share;
            assert!((f64::from(zipf[key]) / expected - 1.0).abs() < 0.15, "k{key}: {}", zipf[key]);
        }
        assert!(drawn("load=even").iter().all(|count| (300..550).contains(count)));
        let celebrity = drawn("load=celebrity");
        assert!((9_700..10_800).contains(&celebrity[24]), "{}", celebrity[24]);
        assert_eq!(drawn("load=off").iter().sum::<u32>(), 0);
    }
}
