//! What a client sends and what it hears.

use super::{Account, Coins};
use serde::Serialize;
use sim::ActorId;
use std::fmt;
use std::sync::Arc;

/// A client's request. A retry has the same number: it is the key by which a server knows it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request<A> {
    /// The how-manieth request of this client.
    pub number: u64,
    /// Which life of the server it is meant for: a server that has forgotten what it answered must be able to tell a
    /// request from before.
    pub life: u32,
    /// What it asks.
    pub ask: A,
}

/// An answer, and to which request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// The request's number.
    pub number: u64,
    /// The answer.
    pub answer: Answer,
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Answer {
    /// It was done.
    Done,
    /// What is in each account.
    Balances(Arc<[(Account, Coins)]>),
    /// It was not done, and never will be.
    Refused(Reason),
    /// The server has started anew and knows nothing of this request: it may be asked again in this life.
    Again {
        /// Its life now.
        life: u32,
    },
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Reason {
    /// There is less in the account than was to be taken.
    NotEnough(Account),
    /// Another transaction holds the account, and this one may not wait for it.
    Held(Account),
    /// Not everybody answered in time.
    Late,
    /// This node no longer knows of the transaction: it was away, or stopped waiting.
    Forgotten(ActorId),
    /// There is no such account here.
    NoAccount(Account),
    /// Nothing is left of what was to be taken.
    SoldOut(&'static str),
    /// It took too long and was undone.
    Cancelled,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NotEnough(account) => write!(f, "not enough in {account}"),
            Reason::Held(account) => write!(f, "{account} is locked"),
            Reason::Late => f.write_str("it took too long"),
            Reason::Forgotten(node) => write!(f, "{node} has forgotten it"),
            Reason::NoAccount(account) => write!(f, "there is no account {account}"),
            Reason::SoldOut(what) => write!(f, "{what} is sold out"),
            Reason::Cancelled => f.write_str("it took too long"),
        }
    }
}

/// Balances as a person lists them: `rent 80, food 120`.
pub fn listed(balances: &[(Account, Coins)]) -> String {
    let listed: Vec<String> = balances.iter().map(|(account, coins)| format!("{account} {coins}")).collect();
    listed.join(", ")
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Done => f.write_str("ok"),
            Answer::Balances(balances) => {
                let total: Coins = balances.iter().map(|(_, coins)| *coins).sum();
                write!(f, "{total} in all: {}", listed(balances))
            }
            Answer::Refused(reason) => write!(f, "no, {reason}"),
            Answer::Again { .. } => f.write_str("ask again, I have just started"),
        }
    }
}

impl Answer {
    /// Two words for a pill.
    pub fn label(&self) -> String {
        match self {
            Answer::Done => "ok".to_owned(),
            Answer::Balances(balances) => {
                format!("{} in all", balances.iter().map(|(_, coins)| *coins).sum::<Coins>())
            }
            Answer::Refused(Reason::NotEnough(_)) => "not enough".to_owned(),
            Answer::Refused(Reason::Held(_)) => "no, locked".to_owned(),
            Answer::Refused(Reason::Late) => "too late".to_owned(),
            Answer::Refused(Reason::Forgotten(_)) => "no, forgotten".to_owned(),
            Answer::Refused(Reason::NoAccount(_)) => "no account".to_owned(),
            Answer::Refused(Reason::SoldOut(_)) => "sold out".to_owned(),
            Answer::Refused(Reason::Cancelled) => "cancelled".to_owned(),
            Answer::Again { .. } => "ask again".to_owned(),
        }
    }
}
