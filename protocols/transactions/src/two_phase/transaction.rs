//! What a transaction is to everybody: its name, its age, and the part of it that one shard does.

use super::message::Order;
use crate::bank::{Account, Branches, Coins};
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::{ActorId, Time};
use std::fmt;

/// A transaction's name: `n1.4` is the fourth that n1 began; after a restart `n1.2.1` is the first of its second life.
///
/// A coordinator writes nothing when a transaction begins, so a new life must not count on from what it remembers: the
/// life is durable before the first name of it is given away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct TransactionId {
    /// Who coordinates it.
    pub coordinator: ActorId,
    /// In which of its lives, from 1.
    pub life: u32,
    /// The how-manieth of that life, from 1.
    pub number: u32,
}

impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.life {
            0 | 1 => write!(f, "{}.{}", self.coordinator, self.number),
            life => write!(f, "{}.{life}.{}", self.coordinator, self.number),
        }
    }
}

impl TransactionId {
    /// One number for it, in the order in which a coordinator gives names: what tints its records.
    pub fn version(self) -> u64 {
        u64::from(self.number)
            + u64::from(self.life.saturating_sub(1)) * 7
            + u64::from(self.coordinator.number())
    }
}

/// How old a transaction is: by its coordinator's wall clock, and by name where clocks agree. Clocks that differ make
/// waiting unfair, never wrong: any order without circles would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Age {
    /// When it began.
    pub began: Time,
    /// Which it is.
    pub id: TransactionId,
}

/// What one shard does of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Part {
    /// Reads all accounts it has.
    Read,
    /// Takes money out of an account, puts money into one, or both.
    Move {
        /// Takes from here.
        take: Option<Account>,
        /// Puts it there.
        give: Option<Account>,
        /// So much.
        amount: Coins,
    },
}

impl Part {
    /// Whether it writes.
    pub fn writes(self) -> bool {
        matches!(self, Part::Move { .. })
    }

    /// The accounts it touches, in the order of their names' places, in which all transactions lock them.
    pub fn accounts(self, shard: ActorId, branches: &Branches) -> Vec<Account> {
        match self {
            Part::Read => branches.on(shard).collect(),
            Part::Move { take, give, .. } => {
                let mut accounts: Vec<Account> = take.into_iter().chain(give).collect();
                accounts.sort_unstable();
                accounts
            }
        }
    }

    /// Two words for a pill.
    pub fn label(self) -> String {
        match self {
            Part::Read => "read all".to_owned(),
            Part::Move { take: Some(from), give: None, amount } => format!("{from} −{amount}"),
            Part::Move { take: None, give: Some(to), amount } => format!("{to} +{amount}"),
            Part::Move { amount, .. } => format!("move {amount}"),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Read => f.write_str("read all accounts"),
            Part::Move { take: Some(from), give: None, amount } => write!(f, "take {amount} from {from}"),
            Part::Move { take: None, give: Some(to), amount } => write!(f, "put {amount} into {to}"),
            Part::Move { take: Some(from), give: Some(to), amount } => {
                write!(f, "move {amount} from {from} to {to}")
            }
            Part::Move { take: None, give: None, .. } => f.write_str("nothing"),
        }
    }
}

/// Who does what of an order.
pub fn parts(order: Order, branches: &Branches) -> SortedMap<ActorId, Part> {
    match order {
        Order::Audit => branches.shards().map(|shard| (shard, Part::Read)).collect(),
        Order::Transfer { from, to, amount } => {
            let (one, other) = (branches.shard_of(from), branches.shard_of(to));
            if one == other {
                return SortedMap::from([(one, Part::Move { take: Some(from), give: Some(to), amount })]);
            }
            SortedMap::from([
                (one, Part::Move { take: Some(from), give: None, amount }),
                (other, Part::Move { take: None, give: Some(to), amount }),
            ])
        }
    }
}
