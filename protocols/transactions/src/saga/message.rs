//! What travels: between the orchestrator and the shards, and between clients and the orchestrator.

use super::order::{Item, Key, OrderId, Wanted};
use crate::bank::answer::{Reason, Reply, Request};
use crate::bank::{Account, Coins};
use serde::Serialize;
use sim::ActorId;
use std::sync::Arc;

/// How a step came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Outcome {
    /// It is done (or undone, or there was nothing to undo).
    Done,
    /// It was refused, and changed nothing.
    Refused(Reason),
}

/// A message.
#[derive(Clone, Debug, Serialize)]
pub enum Message {
    /// A client asks.
    Request(Request<Wanted>),
    /// The orchestrator answers a client.
    Reply(Reply),
    /// Do this step, or undo it.
    Do {
        /// Which.
        key: Key,
        /// Of what.
        item: Item,
        /// All orders before this one are over.
        settled: OrderId,
    },
    /// That is how it came out.
    Came {
        /// Which.
        key: Key,
        /// How.
        outcome: Outcome,
    },
    /// I have that in writing; you need not say it again.
    Got {
        /// Which.
        key: Key,
    },
    /// What is in your accounts?
    Look {
        /// Who wants to know.
        client: ActorId,
        /// The number of its request.
        number: u64,
    },
    /// That is.
    Seen {
        /// Who wants to know.
        client: ActorId,
        /// The number of its request.
        number: u64,
        /// What is in them.
        balances: Arc<[(Account, Coins)]>,
    },
}

impl sim::Message for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Request(request) => crate::bank::client::Ask::function(&request.ask),
            Message::Reply(_) => "reply",
            Message::Do { key, .. } => key.verb(),
            Message::Came { outcome: Outcome::Done, .. } => "done",
            Message::Came { outcome: Outcome::Refused(_), .. } => "refused",
            Message::Got { .. } => "got",
            Message::Look { .. } => "look",
            Message::Seen { .. } => "seen",
        }
    }

    fn asks(&self) -> bool {
        matches!(self, Message::Request(_) | Message::Do { .. } | Message::Look { .. })
    }

    fn label(&self) -> String {
        match self {
            Message::Request(request) => crate::bank::client::Ask::label(&request.ask),
            Message::Reply(reply) => reply.answer.label(),
            Message::Do { key, .. } => key.to_string(),
            Message::Came { key, outcome: Outcome::Done } => format!("done {}", key.order),
            Message::Came { key, outcome: Outcome::Refused(_) } => format!("refused {}", key.order),
            Message::Got { key } => format!("got {}", key.order),
            Message::Look { .. } => "look".to_owned(),
            Message::Seen { balances, .. } => {
                format!("{} here", balances.iter().map(|(_, coins)| *coins).sum::<Coins>())
            }
        }
    }

    fn detail(&self) -> String {
        match self {
            Message::Request(request) => {
                format!("request {}: {}", request.number, crate::bank::client::Ask::label(&request.ask))
            }
            Message::Reply(reply) => format!("reply to {}: {}", reply.number, reply.answer),
            Message::Do { key, item, .. } => format!("{key}: {item}, {}", item.price),
            Message::Came { key, outcome: Outcome::Done } => format!("{key}: done"),
            Message::Came { key, outcome: Outcome::Refused(reason) } => format!("{key}: refused, {reason}"),
            Message::Got { key } => format!("{key}: I have that in writing"),
            Message::Look { client, number } => format!("for request {number} of {client}: what is there?"),
            Message::Seen { balances, .. } => crate::bank::answer::listed(balances),
        }
    }

    fn bytes(&self) -> u32 {
        match self {
            Message::Seen { balances, .. } => 48 + 12 * u32::try_from(balances.len()).unwrap_or(0),
            _ => 48,
        }
    }

    fn routine(&self) -> bool {
        matches!(self, Message::Got { .. })
    }
}
