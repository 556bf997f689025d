//! What travels: requests and answers, the map, and orders about shards.

use super::hard::Held;
use super::map::{ShardId, ShardMap};
use serde::Serialize;
use sim::ActorId;
use std::sync::Arc;

/// What a client asks of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Ask {
    /// Its value.
    Get,
    /// To have this value.
    Put(Arc<str>),
}

/// A request, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Its number, the same over all retries.
    pub sequence: u64,
    /// The shard that the client's map has the key in.
    pub shard: ShardId,
    /// The epoch of that shard in the client's map.
    pub epoch: u64,
    /// The key.
    pub key: u16,
    /// What.
    pub ask: Ask,
}

impl Request {
    /// How it reads: `k3=milk`, `get k3`.
    pub fn label(&self) -> String {
        match &self.ask {
            Ask::Get => format!("get k{}", self.key),
            Ask::Put(value) => format!("k{}={value}", self.key),
        }
    }
}

/// What a server says to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Answer {
    /// It is written.
    Stored,
    /// The value.
    Found(Option<Arc<str>>),
    /// This server does not keep that shard in that epoch.
    NotHere {
        /// The epoch of that shard as far as this server knows; 0 if it knows nothing of it.
        epoch: u64,
    },
}

impl Answer {
    /// How it reads.
    pub fn told(&self) -> String {
        match self {
            Answer::Stored => "ok".to_owned(),
            Answer::Found(None) => "nothing".to_owned(),
            Answer::Found(Some(value)) => value.to_string(),
            Answer::NotHere { .. } => "not here".to_owned(),
        }
    }
}

/// An order of the keeper's about a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Order {
    /// Give it up, and send it there.
    HandOver {
        /// Where.
        to: ActorId,
    },
    /// Cut it in two.
    Split {
        /// The first position of the upper part.
        at: u16,
        /// What that is called.
        upper: ShardId,
    },
}

/// A message.
#[derive(Clone, Debug, Serialize)]
pub enum Message {
    /// A client's request to a server.
    Request(Request),
    /// A server's answer.
    Reply {
        /// To which request.
        sequence: u64,
        /// What.
        answer: Answer,
    },
    /// A client wants the map.
    Fetch,
    /// The map.
    Map(Arc<ShardMap>),
    /// The keeper's order to whoever keeps a shard.
    Order {
        /// Which shard.
        shard: ShardId,
        /// Its epoch once this is done.
        epoch: u64,
        /// What.
        order: Order,
    },
    /// A shard, from the one who kept it to the one who is to.
    Install {
        /// Which.
        shard: ShardId,
        /// All of it, under its new epoch.
        held: Arc<Held>,
    },
    /// To the keeper: an order is carried out.
    Done {
        /// About which shard.
        shard: ShardId,
        /// Which epoch.
        epoch: u64,
    },
    /// To the keeper: what a server was asked for in the last window.
    Report {
        /// Positions, and requests for each.
        counts: Arc<[(u16, u32)]>,
    },
}

impl sim::Message for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Request(_) => "request",
            Message::Reply { .. } => "reply",
            Message::Fetch => "fetch",
            Message::Map(_) => "map",
            Message::Order { order: Order::HandOver { .. }, .. } => "hand-over",
            Message::Order { order: Order::Split { .. }, .. } => "split",
            Message::Install { .. } => "install",
            Message::Done { .. } => "done",
            Message::Report { .. } => "report",
        }
    }

    fn asks(&self) -> bool {
        matches!(self, Message::Request(_) | Message::Fetch | Message::Order { .. } | Message::Install { .. })
    }

    fn label(&self) -> String {
        match self {
            Message::Request(request) => request.label(),
            Message::Reply { answer, .. } => answer.told(),
            Message::Fetch => "the map?".to_owned(),
            Message::Map(map) => format!("map @{}", map.epoch),
            Message::Order { shard, order: Order::HandOver { to }, .. } => format!("{shard} → {to}"),
            Message::Order { shard, order: Order::Split { .. }, .. } => format!("split {shard}"),
            Message::Install { shard, held } => format!("{shard} @{}", held.epoch),
            Message::Done { shard, .. } => format!("{shard} done"),
            Message::Report { counts } => format!("{} asked", counts.iter().map(|(_, n)| n).sum::<u32>()),
        }
    }

    fn detail(&self) -> String {
        match self {
            Message::Request(request) => {
                format!("{} in {}@{}", request.label(), request.shard, request.epoch)
            }
            Message::Reply { answer: Answer::NotHere { epoch: 0 }, .. } => {
                "not here: knows nothing of that shard".to_owned()
            }
            Message::Reply { answer: Answer::NotHere { epoch }, .. } => {
                format!("not here: that shard is in epoch {epoch}")
            }
            Message::Map(map) => format!("map of epoch {}, {} shards", map.epoch, map.shards.len()),
            Message::Order { shard, epoch, order: Order::HandOver { to } } => {
                format!("hand {shard} over to {to}, as of epoch {epoch}")
            }
            Message::Order { shard, epoch, order: Order::Split { at, upper } } => {
                format!("split {shard} before {at}: {upper}, as of epoch {epoch}")
            }
            Message::Install { shard, held } => {
                format!("{shard}@{}: {} values", held.epoch, held.data.len())
            }
            Message::Done { shard, epoch } => format!("{shard}@{epoch} done"),
            other => other.label(),
        }
    }

    fn bytes(&self) -> u32 {
        match self {
            Message::Map(map) => 60 + 16 * map.shards.len() as u32,
            Message::Install { held, .. } => 100 + 40 * (held.data.len() + held.done.len()) as u32,
            Message::Report { counts } => 60 + 6 * counts.len() as u32,
            _ => 100,
        }
    }

    fn routine(&self) -> bool {
        matches!(self, Message::Report { .. })
    }
}
