//! What travels: between coordinators and shards (R*, section 2.1), between shards in doubt (Bernstein et al., section
//! 7.4), and between clients and coordinators.

use super::transaction::{Age, Part, TransactionId};
use crate::bank::answer::{Reason, Reply, Request, listed};
use crate::bank::client::Ask;
use crate::bank::{Account, Branches, Coins};
use serde::Serialize;
use sim::ActorId;
use sim::story::Value;
use std::sync::Arc;

/// What a client asks of the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Order {
    /// Move money from one account to another.
    Transfer {
        /// From here.
        from: Account,
        /// To there.
        to: Account,
        /// So much.
        amount: Coins,
    },
    /// Read all accounts.
    Audit,
}

impl Order {
    /// An account that it names and that is not there.
    pub fn unknown_account(self, branches: &Branches) -> Option<Account> {
        match self {
            Order::Transfer { from, to, .. } => {
                [from, to].into_iter().find(|account| !branches.has(*account))
            }
            Order::Audit => None,
        }
    }
}

impl Ask for Order {
    fn function(&self) -> &'static str {
        match self {
            Order::Transfer { .. } => "transfer",
            Order::Audit => "read",
        }
    }

    fn input(&self) -> Vec<Value> {
        match self {
            Order::Transfer { from, to, amount } => {
                vec![from.name().into(), to.name().into(), Value::Int(amount.0)]
            }
            Order::Audit => Vec::new(),
        }
    }

    fn label(&self) -> String {
        match self {
            Order::Transfer { from, to, amount } => format!("{from}→{to} {amount}"),
            Order::Audit => "audit".to_owned(),
        }
    }
}

/// A shard's vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Vote {
    /// It can commit, whatever happens, and waits to be told.
    Yes,
    /// It cannot, and has aborted.
    No,
    /// It has only read: it has let go, and needs not be told.
    Read,
}

impl Vote {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Vote::Yes => "yes",
            Vote::No => "no",
            Vote::Read => "only read",
        }
    }
}

/// A message.
#[derive(Clone, Debug, Serialize)]
pub enum Message {
    /// A client asks.
    Request(Request<Order>),
    /// A coordinator answers a client.
    Reply(Reply),
    /// Do this part of a transaction, and hold what it touches.
    Work {
        /// Of which.
        id: TransactionId,
        /// How old it is: the older one may wait.
        age: Age,
        /// What.
        part: Part,
        /// All of this coordinator's transactions before this one are over everywhere.
        settled: TransactionId,
    },
    /// It is done, and held.
    Worked {
        /// Of which.
        id: TransactionId,
        /// Names this doing of the work: should the shard forget it and do it again, that is another.
        ticket: u64,
        /// What was read.
        balances: Arc<[(Account, Coins)]>,
    },
    /// It cannot be done, and nothing is held.
    Refused {
        /// Of which.
        id: TransactionId,
        /// Why.
        reason: Reason,
    },
    /// Can you commit?
    Prepare {
        /// Which.
        id: TransactionId,
        /// The doing of the work it is about.
        ticket: u64,
        /// The shards that write, the receiver among them.
        writers: Arc<[ActorId]>,
    },
    /// The answer to that.
    Voted {
        /// On which.
        id: TransactionId,
        /// How.
        vote: Vote,
    },
    /// It is decided.
    Outcome {
        /// Which.
        id: TransactionId,
        /// Commit, or abort.
        commit: bool,
    },
    /// The commit is durable here too; you may forget it.
    Ack {
        /// Which.
        id: TransactionId,
    },
    /// I am in doubt. How did it come out?
    Inquire {
        /// Which.
        id: TransactionId,
    },
}

impl sim::Message for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Request(request) => request.ask.function(),
            Message::Reply(_) => "reply",
            Message::Work { .. } => "work",
            Message::Worked { .. } => "worked",
            Message::Refused { .. } => "refused",
            Message::Prepare { .. } => "prepare",
            Message::Voted { .. } => "vote",
            Message::Outcome { commit: true, .. } => "commit",
            Message::Outcome { commit: false, .. } => "abort",
            Message::Ack { .. } => "ack",
            Message::Inquire { .. } => "inquire",
        }
    }

    fn asks(&self) -> bool {
        matches!(
            self,
            Message::Request(_)
                | Message::Work { .. }
                | Message::Prepare { .. }
                | Message::Outcome { .. }
                | Message::Inquire { .. }
        )
    }

    fn label(&self) -> String {
        match self {
            Message::Request(request) => request.ask.label(),
            Message::Reply(reply) => reply.answer.label(),
            Message::Work { part, .. } => part.label(),
            Message::Worked { .. } => "done".to_owned(),
            Message::Refused { reason, .. } => match reason {
                Reason::Held(_) => "locked".to_owned(),
                Reason::NotEnough(_) => "not enough".to_owned(),
                _ => "refused".to_owned(),
            },
            Message::Prepare { .. } => "prepare".to_owned(),
            Message::Voted { vote, .. } => vote.word().to_owned(),
            Message::Outcome { commit: true, .. } => "commit".to_owned(),
            Message::Outcome { commit: false, .. } => "abort".to_owned(),
            Message::Ack { .. } => "ack".to_owned(),
            Message::Inquire { .. } => "which way?".to_owned(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Message::Request(request) => format!("request {}: {}", request.number, request.ask.label()),
            Message::Reply(reply) => format!("reply to {}: {}", reply.number, reply.answer),
            Message::Work { id, part, .. } => format!("{id}: {part}"),
            Message::Worked { id, balances, .. } => format!("{id}: done, found {}", listed(balances)),
            Message::Refused { id, reason } => format!("{id}: refused, {reason}"),
            Message::Prepare { id, .. } => format!("{id}: can you commit?"),
            Message::Voted { id, vote } => format!("{id}: {}", vote.word()),
            Message::Outcome { id, commit: true } => format!("{id}: commit"),
            Message::Outcome { id, commit: false } => format!("{id}: abort"),
            Message::Ack { id } => format!("{id}: committed here too"),
            Message::Inquire { id } => format!("{id}: how did it come out?"),
        }
    }

    fn bytes(&self) -> u32 {
        match self {
            Message::Worked { balances, .. } => 48 + 12 * u32::try_from(balances.len()).unwrap_or(0),
            _ => 48,
        }
    }
}
