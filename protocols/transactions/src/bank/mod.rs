//! What both labs have in common: accounts and money, the clients that ask for things, how all of it is shown.
//!
//! | module | holds |
//! |-|-|
//! | here | [`Account`], [`Coins`], [`Branches`]: which account lies on which shard |
//! | [`alarm`] | [`Alarm`]: one timer for many deadlines |
//! | [`answer`] | what a client sends and hears: [`Request`], [`Answer`], [`Reason`] |
//! | [`client`] | [`Client`]: asks, asks again, gives up and does not know |
//! | [`disk`] | [`Disk`]: a log, what of it is durable, and what waits for that |
//! | [`told`] | what clients make known: [`ClientFact`] |
//! | [`books`] | strips and figures that both labs draw |

pub mod alarm;
pub mod answer;
pub mod books;
pub mod client;
pub mod disk;
pub mod told;

pub use alarm::Alarm;
pub use answer::{Answer, Reason, Reply, Request};
pub use client::{Bank, Client, ClientTimer, Load, Wish};
pub use disk::{Disk, Fold};
pub use told::ClientFact;

use serde::Serialize;
use sim::ActorId;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

/// The most accounts a bank may have.
pub const MOST_ACCOUNTS: u8 = 24;

/// What accounts are called, in order; the last is [`Account::TILL`].
const NAMES: [&str; MOST_ACCOUNTS as usize + 1] = [
    "rent", "food", "fuel", "books", "gifts", "trips", "tools", "music", "games", "shoes", "plants", "bikes",
    "soap", "chairs", "lamps", "coats", "films", "boats", "maps", "kites", "clocks", "pens", "paint", "toys",
    "till",
];

/// An account: one of the pots that a household keeps its money in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Account(pub u8);

impl Account {
    /// Where a shop keeps what it was paid.
    pub const TILL: Account = Account(MOST_ACCOUNTS);

    /// What it is called.
    pub fn name(self) -> &'static str {
        NAMES.get(usize::from(self.0)).copied().unwrap_or("nowhere")
    }

    /// The account of that name.
    pub fn named(name: &str) -> Option<Self> {
        let at = NAMES.iter().position(|known| *known == name)?;
        u8::try_from(at).ok().map(Account)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An amount of money. Below zero only as a difference, or where a mistake overdrew an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Coins(pub i64);

impl fmt::Display for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Add for Coins {
    type Output = Coins;
    fn add(self, other: Coins) -> Coins {
        Coins(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Coins {
    fn add_assign(&mut self, other: Coins) {
        *self = *self + other;
    }
}

impl Sub for Coins {
    type Output = Coins;
    fn sub(self, other: Coins) -> Coins {
        Coins(self.0.saturating_sub(other.0))
    }
}

impl Neg for Coins {
    type Output = Coins;
    fn neg(self) -> Coins {
        Coins(self.0.saturating_neg())
    }
}

impl Sum for Coins {
    fn sum<I: Iterator<Item = Coins>>(amounts: I) -> Coins {
        amounts.fold(Coins(0), Add::add)
    }
}

/// Which account lies where: dealt out one by one, so that neighbours in the list lie on different shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Branches {
    /// The node that is the first shard; the others follow it.
    pub first: u16,
    /// How many shards.
    pub shards: u16,
    /// How many accounts.
    pub accounts: u8,
    /// What is in each account at the start.
    pub opening: Coins,
}

impl Branches {
    /// All shards.
    pub fn shards(&self) -> impl DoubleEndedIterator<Item = ActorId> + use<> {
        (self.first..self.first + self.shards).map(ActorId::node)
    }

    /// Whether this node is a shard.
    pub fn is_shard(&self, who: ActorId) -> bool {
        who.is_node() && (self.first..self.first + self.shards).contains(&who.number())
    }

    /// All accounts.
    pub fn accounts(&self) -> impl DoubleEndedIterator<Item = Account> + use<> {
        (0..self.accounts).map(Account)
    }

    /// The accounts on a shard.
    pub fn on(&self, shard: ActorId) -> impl DoubleEndedIterator<Item = Account> + use<> {
        let branches = *self;
        branches.accounts().filter(move |account| branches.shard_of(*account) == shard)
    }

    /// Where an account lies. The till lies on the last shard.
    pub fn shard_of(&self, account: Account) -> ActorId {
        match account {
            Account::TILL => ActorId::node(self.first + self.shards.max(1) - 1),
            Account(place) => ActorId::node(self.first + u16::from(place) % self.shards.max(1)),
        }
    }

    /// All the money there is.
    pub fn total(&self) -> Coins {
        Coins(self.opening.0.saturating_mul(i64::from(self.accounts)))
    }

    /// Whether there is such an account.
    pub fn has(&self, account: Account) -> bool {
        account.0 < self.accounts
    }
}

/// Reads the name of an account.
///
/// # Errors
/// Says what may stand there.
pub fn read_account(word: &str) -> Result<Account, String> {
    Account::named(word).filter(|account| *account != Account::TILL).ok_or_else(|| {
        let known: Vec<&str> = (0..6).map(|place| Account(place).name()).collect();
        format!("there is no account “{}”; the first are called {}", shorten(word), known.join(", "))
    })
}

/// The beginning of a word that may be long.
pub(crate) fn shorten(word: &str) -> String {
    word.chars().take(20).collect()
}

/// Reads an amount of money.
///
/// # Errors
/// Says what may stand there.
pub fn read_coins(word: &str) -> Result<Coins, String> {
    match word.parse::<i64>() {
        Ok(amount) if (1..=1_000_000).contains(&amount) => Ok(Coins(amount)),
        _ => Err(format!("“{}” is no amount: write a whole number from 1 to 1000000", shorten(word))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRANCHES: Branches = Branches { first: 3, shards: 3, accounts: 7, opening: Coins(100) };

    #[test]
    fn every_account_lies_on_one_shard_and_neighbours_on_two() {
        let mut all: Vec<Account> = BRANCHES.shards().flat_map(|shard| BRANCHES.on(shard)).collect();
        all.sort_unstable();
        assert_eq!(all, BRANCHES.accounts().collect::<Vec<_>>());
        for pair in all.windows(2) {
            assert_ne!(BRANCHES.shard_of(pair[0]), BRANCHES.shard_of(pair[1]));
        }
        assert!(BRANCHES.is_shard(BRANCHES.shard_of(Account::TILL)));
        assert_eq!(BRANCHES.total(), Coins(700));
    }

    #[test]
    fn names_are_unique_and_found() {
        for place in 0..=MOST_ACCOUNTS {
            assert_eq!(Account::named(Account(place).name()), Some(Account(place)));
        }
        assert_eq!(read_account("fuel"), Ok(Account(2)));
        assert!(BRANCHES.has(Account(6)) && !BRANCHES.has(Account(7)) && !BRANCHES.has(Account::TILL));
        for wrong in ["nowhere", "till", "", "Rent"] {
            assert!(read_account(wrong).is_err(), "{wrong}");
        }
        for wrong in ["0", "-1", "x", "", "1000001", "99999999999999999999"] {
            assert!(read_coins(wrong).is_err(), "{wrong}");
        }
    }
}
