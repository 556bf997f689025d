//! What an order is to everybody: its number, what is bought, and the steps that it takes.

use crate::bank::client::Ask;
use crate::bank::{Account, Branches, Coins};
use serde::Serialize;
use sim::ActorId;
use sim::story::Value;
use std::fmt;

/// A show that seats are sold for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Show(pub u8);

/// The most shows.
pub const MOST_SHOWS: u8 = 6;

const SHOWS: [&str; MOST_SHOWS as usize] = ["jazz", "opera", "film", "ballet", "circus", "play"];

impl Show {
    /// What it is called.
    pub fn name(self) -> &'static str {
        SHOWS.get(usize::from(self.0)).copied().unwrap_or("nothing")
    }

    /// Reads the name of a show.
    ///
    /// # Errors
    /// Says which there are.
    pub fn read(word: &str) -> Result<Self, String> {
        match SHOWS.iter().position(|known| *known == word).and_then(|at| u8::try_from(at).ok()) {
            Some(at) => Ok(Show(at)),
            None => Err(format!(
                "there is no show “{}”; there are {}",
                crate::bank::shorten(word),
                SHOWS.join(", ")
            )),
        }
    }

    /// Where its seats are sold: not where the accounts of the same place in the list lie.
    pub fn shard(self, branches: &Branches) -> ActorId {
        branches.shard_of(Account(self.0 + 1))
    }
}

impl fmt::Display for Show {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is bought, and with which money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// A seat for this.
    pub show: Show,
    /// Paid from here.
    pub account: Account,
    /// For so much.
    pub price: Coins,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}", self.show, self.account)
    }
}

/// What a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Wanted {
    /// To buy a seat.
    Seat {
        /// For this show.
        show: Show,
        /// With the money in this account.
        account: Account,
    },
    /// To read all accounts, one after another.
    Audit,
}

impl Ask for Wanted {
    fn function(&self) -> &'static str {
        match self {
            Wanted::Seat { .. } => "buy",
            Wanted::Audit => "read",
        }
    }

    fn input(&self) -> Vec<Value> {
        match self {
            Wanted::Seat { show, account } => vec![show.name().into(), account.name().into()],
            Wanted::Audit => Vec::new(),
        }
    }

    fn label(&self) -> String {
        match self {
            Wanted::Seat { show, account } => format!("{show} from {account}"),
            Wanted::Audit => "audit".to_owned(),
        }
    }
}

/// An order's number: the how-manieth that its orchestrator began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct OrderId(pub u64);

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A step of an order: a transaction at one shard. The first two can be undone; after the second the order can only go
/// forwards, and the last is tried until it succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Step {
    /// Take the price out of the buyer's account.
    Charge,
    /// Take a seat out of what is left.
    Book,
    /// Put the price into the till.
    Pay,
}

/// All steps, in order.
pub const STEPS: [Step; 3] = [Step::Charge, Step::Book, Step::Pay];

impl Step {
    /// Where it happens.
    pub fn shard(self, item: &Item, branches: &Branches) -> ActorId {
        match self {
            Step::Charge => branches.shard_of(item.account),
            Step::Book => item.show.shard(branches),
            Step::Pay => branches.shard_of(Account::TILL),
        }
    }
}

/// Names one thing that is to happen once: a step of an order, or its undoing. Whoever is asked for it again knows it by
/// this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// Of which order.
    pub order: OrderId,
    /// Which step.
    pub step: Step,
    /// Its undoing, rather than the step itself.
    pub undo: bool,
}

impl Key {
    /// One word for what it does.
    pub fn verb(self) -> &'static str {
        match (self.step, self.undo) {
            (Step::Charge, false) => "charge",
            (Step::Charge, true) => "refund",
            (Step::Book, false) => "book",
            (Step::Book, true) => "unbook",
            (Step::Pay, false) => "pay",
            (Step::Pay, true) => "unpay",
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb(), self.order)
    }
}
