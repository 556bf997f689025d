//! What travels: requests, replies, and a front's word that it has started anew.

use serde::Serialize;
use sim::Span;
use std::fmt;

/// What is asked for: one of the goods of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key(pub u16);

const NAMES: [&str; 8] = ["milk", "tea", "bread", "rice", "salt", "eggs", "jam", "oats"];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.get(usize::from(self.0)) {
            Some(name) => f.write_str(name),
            None => write!(f, "item{}", self.0),
        }
    }
}

/// Reads a key by its name.
///
/// # Errors
/// Says what may stand there.
pub fn read_key(word: &str) -> Result<Key, String> {
    let named = NAMES.iter().position(|name| *name == word).and_then(|at| u16::try_from(at).ok());
    let numbered = || word.strip_prefix("item")?.parse().ok();
    let known = named.or_else(numbered).map(Key).filter(|key| key.to_string() == word);
    known.ok_or_else(|| format!("“{word}” is nothing the shop has: {}, item8, …", NAMES.join(", ")))
}

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Answer {
    /// What was asked for.
    Ok,
    /// Too much to do: the request was turned away before any work was done on it.
    Busy,
    /// There was no time left for it: whoever asked would be gone before it is answered.
    Late,
    /// Whoever had to be asked in turn did not answer, or could not.
    Failed,
}

impl Answer {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Answer::Ok => "ok",
            Answer::Busy => "busy",
            Answer::Late => "too late",
            Answer::Failed => "failed",
        }
    }
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Message {
    /// Asks for something.
    Request {
        /// The caller's number of the call; all its attempts have the same one.
        call: u64,
        /// The how-manieth attempt, from 1.
        attempt: u32,
        /// What is asked for.
        key: Key,
        /// How much time is left. A length and not a time of day: no two clocks agree.
        left: Option<Span>,
    },
    /// Answers a request.
    Reply {
        /// The caller's number of the call.
        call: u64,
        /// Which attempt is answered.
        attempt: u32,
        /// What was asked for.
        key: Key,
        /// How.
        answer: Answer,
    },
    /// A front has started anew, and knows nobody: whoever was connected must connect again.
    Hello,
}

impl sim::Message for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Request { attempt: 0 | 1, .. } => "request",
            Message::Request { .. } => "retry",
            Message::Reply { answer: Answer::Ok, .. } => "reply",
            Message::Reply { .. } => "refusal",
            Message::Hello => "hello",
        }
    }

    fn asks(&self) -> bool {
        matches!(self, Message::Request { .. })
    }

    fn label(&self) -> String {
        match self {
            Message::Request { attempt: 0 | 1, key, .. } => format!("get {key}"),
            Message::Request { attempt, key, .. } => format!("{key} #{attempt}"),
            Message::Reply { answer, .. } => answer.word().to_owned(),
            Message::Hello => "hello again".to_owned(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Message::Request { attempt, key, left, .. } => {
                let left = left.map_or_else(
                    || "no word of how long".to_owned(),
                    |left| format!("{} ms left", left.0 / 1_000_000),
                );
                format!("get {key}, attempt {attempt}, {left}")
            }
            Message::Reply { attempt, key, answer, .. } => {
                format!("get {key}: {}, to attempt {attempt}", answer.word())
            }
            Message::Hello => self.label(),
        }
    }

    fn routine(&self) -> bool {
        matches!(self, Message::Hello)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_they_are_written() {
        for key in [Key(0), Key(7), Key(8), Key(63)] {
            assert_eq!(read_key(&key.to_string()), Ok(key));
        }
        for wrong in ["", "beer", "item", "item3", "item08", "item99999"] {
            assert!(read_key(wrong).is_err(), "{wrong}");
        }
    }
}
