//! What travels: between clients and nodes, between a coordinator and those that keep a key, and in the background.

use super::clock::{Clock, Dot};
use super::members::Members;
use super::ring::Arc32;
use super::store::Key;
use super::tree::Branch;
use super::version::{DELETED, Entry};
use serde::Serialize;
use sim::ActorId;
use std::sync::Arc;

/// What a client asks for (§4.4): `get(key)`, or `put(key, context, object)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Ask {
    /// All versions of a key.
    Get,
    /// A new version.
    Put {
        /// The value; none deletes the key.
        value: Option<Arc<str>>,
        /// The context: what the client had read, and so means to replace.
        past: Clock,
    },
}

/// A client's request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Its number; a retry has the same.
    pub sequence: u64,
    /// The key.
    pub key: Key,
    /// What.
    pub ask: Ask,
}

impl Request {
    /// How it reads: `write milk`, `read`, `read x`.
    pub fn label(&self) -> String {
        let key = if *self.key == *super::client::KEY { String::new() } else { format!(" {}", self.key) };
        match &self.ask {
            Ask::Get => format!("read{key}"),
            Ask::Put { value: Some(value), .. } if key.is_empty() => format!("write {value}"),
            Ask::Put { value: Some(value), .. } => format!("write {}={value}", self.key),
            Ask::Put { value: None, .. } => format!("delete{key}"),
        }
    }
}

/// What a coordinator answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Answer {
    /// Enough nodes have the write.
    Stored {
        /// The new version's name: with it the client knows its own write.
        dot: Dot,
    },
    /// Enough nodes have answered the read.
    Found {
        /// The values: none where there is nothing, several where there are siblings.
        values: Arc<[Arc<str>]>,
        /// The context for the client's next put.
        clock: Clock,
    },
    /// Not enough nodes answered. A write may be on some of them all the same.
    Unavailable {
        /// So many did.
        had: u16,
        /// So many had to.
        needed: u16,
    },
}

/// Why a node is sent an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Why {
    /// A client writes.
    Write,
    /// A read found it stale.
    Repair,
    /// Somebody kept it for this node (§4.6), or keeps it no longer (§4.9).
    Handoff,
}

/// A message.
#[derive(Clone, Debug, Serialize)]
pub enum Message {
    /// A client asks.
    Request(Request),
    /// The node that a client asked sends it on to one that keeps the key (§4.3).
    Forward {
        /// Whose request it is.
        client: ActorId,
        /// The request.
        request: Request,
    },
    /// The coordinator answers.
    Reply {
        /// Which request.
        sequence: u64,
        /// The answer.
        answer: Answer,
    },
    /// Keep this.
    Store {
        /// The sender's number for it.
        id: u64,
        /// The key.
        key: Key,
        /// What to keep, besides what is there.
        entry: Arc<Entry>,
        /// For whom, where not for oneself.
        hint: Option<ActorId>,
        /// Why.
        why: Why,
    },
    /// It is kept, durably.
    Kept {
        /// Which.
        id: u64,
    },
    /// What do you hold for this key?
    Fetch {
        /// The sender's number for it.
        id: u64,
        /// The key.
        key: Key,
    },
    /// This.
    Fetched {
        /// Which question.
        id: u64,
        /// The key.
        key: Key,
        /// What is held.
        entry: Arc<Entry>,
    },
    /// Whom I believe a member (§4.8.1).
    Gossip {
        /// My history of who joined and left.
        members: Arc<Members>,
        /// It answers another one.
        answers: bool,
    },
    /// Hashes of what I keep (§4.7).
    Compare {
        /// Roots at first; then what is below those that differed.
        branches: Arc<[Branch]>,
    },
    /// Everything I keep on parts where we differ.
    Exchange {
        /// The parts.
        parts: Arc<[Arc32]>,
        /// What is on them.
        entries: Arc<[(Key, Arc<Entry>)]>,
        /// It answers another one.
        answers: bool,
    },
}

/// Values as one reads them: `milk | tea`.
pub fn told(values: &[Arc<str>]) -> String {
    match values {
        [] => "nothing".to_owned(),
        [one] => one.to_string(),
        many => many.iter().map(|value| &**value).collect::<Vec<_>>().join(" | "),
    }
}

/// Versions with their clocks: `milk (n1:2) | tea (n1:1 n2:1)`.
pub fn detailed(entry: &Entry) -> String {
    if entry.is_empty() {
        return "nothing".to_owned();
    }
    let versions = entry.versions().iter().map(|version| format!("{version} ({})", version.clock()));
    versions.collect::<Vec<_>>().join(" | ")
}

fn bytes_of(entry: &Entry) -> usize {
    entry.versions().len() * 96
}

impl sim::Message for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Request(Request { ask, .. }) => match ask {
                Ask::Get => "get",
                Ask::Put { value: Some(_), .. } => "put",
                Ask::Put { value: None, .. } => "del",
            },
            Message::Forward { .. } => "forward",
            Message::Reply { .. } => "reply",
            Message::Store { hint: Some(_), .. } => "hint",
            Message::Store { why: Why::Write, .. } => "store",
            Message::Store { why: Why::Repair, .. } => "repair",
            Message::Store { why: Why::Handoff, .. } => "handoff",
            Message::Kept { .. } => "kept",
            Message::Fetch { .. } => "fetch",
            Message::Fetched { .. } => "fetched",
            Message::Gossip { answers: false, .. } => "gossip",
            Message::Gossip { answers: true, .. } => "gossiped",
            Message::Compare { .. } => "compare",
            Message::Exchange { answers: false, .. } => "exchange",
            Message::Exchange { answers: true, .. } => "exchanged",
        }
    }

    fn asks(&self) -> bool {
        match self {
            Message::Request(_)
            | Message::Forward { .. }
            | Message::Store { .. }
            | Message::Fetch { .. }
            | Message::Compare { .. } => true,
            Message::Gossip { answers, .. } | Message::Exchange { answers, .. } => !answers,
            Message::Reply { .. } | Message::Kept { .. } | Message::Fetched { .. } => false,
        }
    }

    fn label(&self) -> String {
        match self {
            Message::Request(request) => request.label(),
            Message::Forward { request, .. } => request.label(),
            Message::Reply { answer, .. } => match answer {
                Answer::Stored { .. } => "ok".to_owned(),
                Answer::Found { values, .. } => told(values),
                Answer::Unavailable { .. } => "unavailable".to_owned(),
            },
            Message::Store { entry, hint: Some(owner), .. } => format!("{entry} for {owner}"),
            Message::Store { entry, why: Why::Write, .. } if entry.is_deleted() => "delete".to_owned(),
            Message::Store { entry, why, .. } => match why {
                Why::Write => format!("store {entry}"),
                Why::Repair => format!("repair {entry}"),
                Why::Handoff => format!("yours: {entry}"),
            },
            Message::Kept { .. } => "kept".to_owned(),
            Message::Fetch { key, .. } => format!("fetch {key}"),
            Message::Fetched { entry, .. } => entry.to_string(),
            Message::Gossip { .. } => "gossip".to_owned(),
            Message::Compare { branches } => match branches.first().map(|branch| branch.level) {
                None | Some(0) => "roots".to_owned(),
                Some(level) => format!("level {level}"),
            },
            Message::Exchange { entries, .. } => match &entries[..] {
                [(_, one)] => format!("have {one}"),
                many => format!("have {}", many.len()),
            },
        }
    }

    fn detail(&self) -> String {
        match self {
            Message::Request(request) => detail_of(request),
            Message::Forward { client, request } => format!("for {client}: {}", detail_of(request)),
            Message::Reply { answer, .. } => match answer {
                Answer::Stored { dot } => format!("stored as {dot}"),
                Answer::Found { values, clock } => format!("found {} (context {clock})", told(values)),
                Answer::Unavailable { had, needed } => format!("unavailable: {had} of {needed} answered"),
            },
            Message::Store { key, entry, hint, why, .. } => {
                let whom = hint.map_or_else(String::new, |owner| format!(" for {owner}"));
                let why = match why {
                    Why::Write => "store",
                    Why::Repair => "repair",
                    Why::Handoff => "hand over",
                };
                format!("{why} {key}{whom}: {}", detailed(entry))
            }
            Message::Kept { .. } => "kept, durably".to_owned(),
            Message::Fetch { key, .. } => format!("fetch {key}"),
            Message::Fetched { key, entry, .. } => format!("{key}: {}", detailed(entry)),
            Message::Gossip { members, .. } => format!("members: {members}"),
            Message::Compare { branches } => {
                let level = branches.first().map_or(0, |branch| branch.level);
                match branches.len() {
                    1 => format!("one hash of level {level}"),
                    count => format!("{count} hashes of level {level}"),
                }
            }
            Message::Exchange { entries, parts, .. } => {
                let entries = entries.iter().map(|(key, entry)| format!("{key}: {}", detailed(entry)));
                let entries = entries.collect::<Vec<_>>().join("; ");
                let entries = if entries.is_empty() { "nothing".to_owned() } else { entries };
                let parts =
                    if parts.len() == 1 { "one part".to_owned() } else { format!("{} parts", parts.len()) };
                format!("on {parts} where we differ: {entries}")
            }
        }
    }

    fn bytes(&self) -> u32 {
        let size = match self {
            Message::Store { entry, .. } | Message::Fetched { entry, .. } => 64 + bytes_of(entry),
            Message::Gossip { members, .. } => 48 + 8 * members.known().count(),
            Message::Compare { branches } => 48 + 17 * branches.len(),
            Message::Exchange { entries, .. } => {
                48 + entries.iter().map(|(_, entry)| 32 + bytes_of(entry)).sum::<usize>()
            }
            _ => 96,
        };
        u32::try_from(size).unwrap_or(u32::MAX)
    }

    fn routine(&self) -> bool {
        match self {
            Message::Gossip { .. } => true,
            Message::Compare { branches } => branches.first().is_none_or(|branch| branch.level == 0),
            _ => false,
        }
    }
}

fn detail_of(request: &Request) -> String {
    match &request.ask {
        Ask::Get => format!("get {}", request.key),
        Ask::Put { value, past } => {
            let value = value.as_deref().unwrap_or(DELETED);
            format!("put {}={value} (context {past})", request.key)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::version::Version;
    use super::*;
    use sim::{Message as _, Time};

    #[test]
    fn messages_read_in_the_notation_of_the_paper() {
        let dot = Dot { node: ActorId::node(1), count: 2 };
        let past: Clock = [Dot { node: ActorId::node(1), count: 1 }].into_iter().collect();
        let request = Request {
            sequence: 1,
            key: "list".into(),
            ask: Ask::Put { value: Some("tea".into()), past: past.clone() },
        };
        let put = Message::Request(request);
        assert_eq!((put.kind(), put.label(), put.asks()), ("put", "write tea".to_owned(), true));
        assert_eq!(put.detail(), "put list=tea (context n1:1)");
        let version =
            Version { dot, past, value: Some("tea".into()), stamp: Time::ZERO, by: (ActorId::client(1), 1) };
        let store = Message::Store {
            id: 1,
            key: "list".into(),
            entry: Arc::new(version.into()),
            hint: Some(ActorId::node(3)),
            why: Why::Write,
        };
        assert_eq!((store.kind(), store.label()), ("hint", "tea for n3".to_owned()));
        assert_eq!(store.detail(), "store list for n3: tea (n1:2)");
        assert_eq!(told(&["milk".into(), "tea".into()]), "milk | tea");
    }
}
