//! A client: many devices behind one connection to the front. Each asks for something now and then, and no sooner or later
//! because the last answer took long: a shop's customers do not slow down because the shop does.

use super::caller::{Caller, Cause, Done};
use super::message::{Answer, Key, Message};
use super::settings::FRONT;
use super::{Context, Fact, Timer};
use serde::Serialize;
use sim::story::Outcome;
use sim::{ActorId, Recovery, Span};

/// The outcomes that a client remembers.
const REMEMBERED: u32 = 32;

/// How the last wishes came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Recent {
    /// The newest in the lowest bit, set where it was answered in time.
    good: u32,
    count: u32,
}

impl Recent {
    fn add(&mut self, good: bool) {
        self.good = self.good << 1 | u32::from(good);
        self.count = (self.count + 1).min(REMEMBERED);
    }

    /// Of so many (second) these (first) were answered in time.
    pub fn good(&self) -> (u32, u32) {
        (self.good.count_ones(), self.count)
    }
}

/// A client.
#[derive(Clone, Debug, Serialize)]
pub struct Client {
    caller: Caller,
    /// So many times as often as usual its devices ask.
    surge: u32,
    recent: Recent,
}

impl Client {
    /// It starts: its devices ask when it suits them.
    pub fn start(context: &mut Context<'_>) -> Self {
        if context.settings().load {
            let mut draw = context.draw();
            let period = context.settings().period;
            for device in 0..context.settings().devices {
                context.set_timer(Timer::Tick(device), Span(draw.between(0, period.0)));
            }
        }
        Self { caller: Caller::new(Recovery::default()), surge: 1, recent: Recent::default() }
    }

    /// Its calls.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// How the last wishes came out.
    pub fn recent(&self) -> Recent {
        self.recent
    }

    /// So many times as often as usual its devices ask.
    pub fn surge(&self) -> u32 {
        self.surge
    }

    /// A message.
    pub fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Reply { call, attempt, answer, .. } => {
                let done = self.caller.on_reply(from, call, attempt, answer, context);
                self.on_done(done, context);
            }
            Message::Hello => self.reconnect(context),
            Message::Request { .. } => {}
        }
    }

    /// The front has forgotten the connection: each device connects again, and asks.
    fn reconnect(&mut self, context: &mut Context<'_>) {
        if !context.settings().load {
            return;
        }
        context.fact(Fact::Reconnects);
        let mut draw = context.draw();
        for device in 0..context.settings().devices {
            let wait = context.settings().reconnect(&mut draw);
            context.set_timer(Timer::Tick(device), wait);
        }
    }

    /// A timer.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        let done = match timer {
            Timer::Tick(device) => {
                self.ask_again(device, context);
                None
            }
            Timer::Calm => {
                self.surge = 1;
                context.fact(Fact::Surge { times: 1 });
                None
            }
            Timer::Attempt(call) => self.caller.on_attempt_over(call, context),
            Timer::Hedge(_) | Timer::Next => None,
            Timer::Retry(call) => self.caller.on_retry(call, context),
            Timer::Due(call) => self.caller.on_due(call, context),
        };
        self.on_done(done, context);
    }

    /// A device asks for something, and will ask again.
    fn ask_again(&mut self, device: u16, context: &mut Context<'_>) {
        let mut draw = context.draw();
        let wait = context.settings().around(context.settings().period, &mut draw);
        context.set_timer(Timer::Tick(device), Span((wait.0 / u64::from(self.surge.max(1))).max(1)));
        let key = Key(u16::try_from(draw.below(u64::from(context.settings().keys))).unwrap_or_default());
        self.ask(key, context);
    }

    /// Asks for something.
    pub fn ask(&mut self, key: Key, context: &mut Context<'_>) {
        let operation = context.invoke("get", &key.to_string(), [], format!("get {key}"));
        let done = self.caller.begin(Cause::Wish(operation), key, context.settings().deadline, context);
        self.on_done(done, context);
    }

    /// By hand: for so long its devices ask so many times as often.
    pub fn on_surge(&mut self, times: u32, span: Span, context: &mut Context<'_>) {
        self.surge = times.max(1);
        context.fact(Fact::Surge { times: self.surge });
        context.set_timer(Timer::Calm, span);
        if context.settings().load {
            let mut draw = context.draw();
            let sooner = context.settings().period.0 / u64::from(self.surge);
            for device in 0..context.settings().devices {
                context.set_timer(Timer::Tick(device), Span(draw.between(0, sooner.max(1))));
            }
        }
    }

    fn on_done(&mut self, done: Option<Done>, context: &mut Context<'_>) {
        let Some(Done { cause: Cause::Wish(operation), answer, took, .. }) = done else { return };
        let good = answer == Answer::Ok;
        self.recent.add(good);
        if good {
            context.fact(Fact::Answered { took });
            context.complete(operation, Outcome::Ok, [], Some(FRONT));
        } else {
            context.fact(Fact::GaveUp { took, answer });
            context.complete(operation, Outcome::Unknown, [], None);
        }
    }
}

/// Reads what a hand wants of a client or a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `get c1 milk`
    Get(Key),
    /// `surge c1 4x 2s`
    Surge(u32, Span),
    /// `flush n2`
    Flush,
}

/// Reads the words after a verb and its actor's name.
///
/// # Errors
/// Says what should stand there.
pub fn read_verb(verb: &str, words: &[std::sync::Arc<str>]) -> Result<Verb, String> {
    match (verb, words) {
        ("get", [key]) => Ok(Verb::Get(super::message::read_key(key)?)),
        ("get", _) => Err("write get c1 milk".to_owned()),
        ("surge", [times, span]) => {
            let factor =
                times.strip_suffix('x').and_then(|n| n.parse().ok()).filter(|n| (1..=50).contains(n));
            let factor = factor.ok_or_else(|| format!("“{times}” is no factor from 1x to 50x"))?;
            let span: Span = span.parse().map_err(|_| format!("“{span}” is no length of time"))?;
            Ok(Verb::Surge(factor, span.min(Span::secs(600))))
        }
        ("surge", _) => Err("write surge c1 4x 2s".to_owned()),
        // A node's own name goes along with what it is asked.
        ("flush", [] | [_]) => Ok(Verb::Flush),
        _ => Err("write flush n2".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(verb: &str, words: &str) -> Result<Verb, String> {
        read_verb(verb, &words.split_whitespace().map(Into::into).collect::<Vec<_>>())
    }

    #[test]
    fn orders_by_hand_are_read() {
        assert_eq!(order("get", "tea"), Ok(Verb::Get(Key(1))));
        assert_eq!(order("surge", "4x 2s"), Ok(Verb::Surge(4, Span::secs(2))));
        assert_eq!(order("flush", ""), Ok(Verb::Flush));
        for (verb, words) in [
            ("get", ""),
            ("get", "beer"),
            ("surge", "2s"),
            ("surge", "0x 2s"),
            ("surge", "4x soon"),
            ("flush", "n2 now"),
        ] {
            assert!(order(verb, words).is_err(), "{verb} {words}");
        }
    }
}
