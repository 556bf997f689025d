//! Locks on accounts, strict two-phase (Bernstein, Hadzilacos and Goodman 1987, chapter 3): taken as work is done, let
//! go only when the transaction is over.
//!
//! # Deadlock
//! Wait-die (Rosenkrantz, Stearns and Lewis 1978): who finds an account locked may wait only for younger transactions; a
//! younger one dies. So everybody waits for somebody younger, and no circle of waiting can close, however many shards it
//! runs over. With [`Deadlocks::TimeOut`] all wait, in the order in which they came, and a coordinator that waits too
//! long aborts. Who holds an account in doubt keeps it as long as the doubt lasts; that no rule about deadlock mends.

use super::settings::Deadlocks;
use super::transaction::{Age, TransactionId};
use crate::bank::Account;
use serde::Serialize;
use sim::ordered::SortedMap;

/// How an account is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Mode {
    /// With others that only read.
    Shared,
    /// Alone.
    Exclusive,
}

impl Mode {
    fn conflicts(self, other: Mode) -> bool {
        self == Mode::Exclusive || other == Mode::Exclusive
    }
}

/// A transaction at a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// How old it is.
    pub age: Age,
    /// How it wants, or has, the account.
    pub mode: Mode,
}

/// Who holds an account and who waits for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lock {
    /// Who holds it: any number that share it, or one.
    pub holders: Vec<Claim>,
    /// Who waits: by age under wait-die, else in the order they came.
    pub waiters: Vec<Claim>,
}

/// What became of an attempt to lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It holds the account.
    Held,
    /// It waits for this one, among others.
    Waits(TransactionId),
    /// It is younger than this one and may not wait.
    Dies(TransactionId),
}

/// The locks of one shard. Volatile: those of transactions in doubt are taken again when a shard recovers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Locks {
    locks: SortedMap<Account, Lock>,
}

impl Locks {
    /// Tries to lock an account; who has tried before keeps its place.
    pub fn acquire(&mut self, account: Account, claim: Claim, deadlocks: Deadlocks) -> Attempt {
        let lock = self.locks.entry(account).or_default();
        if lock.holders.iter().any(|holder| holder.age.id == claim.age.id) {
            return Attempt::Held;
        }
        let place = match deadlocks {
            Deadlocks::WaitDie => lock.waiters.partition_point(|waiter| waiter.age < claim.age),
            Deadlocks::TimeOut => {
                let before = lock.waiters.iter().position(|waiter| waiter.age.id == claim.age.id);
                before.unwrap_or(lock.waiters.len())
            }
        };
        let mut ahead = lock.holders.iter().chain(&lock.waiters[..place]);
        let conflict = |other: &&Claim| other.mode.conflicts(claim.mode);
        let waits = lock.waiters.get(place).is_some_and(|waiter| waiter.age.id == claim.age.id);
        let Some(first) = ahead.find(conflict).map(|other| other.age.id) else {
            if waits {
                lock.waiters.remove(place);
            }
            lock.holders.push(claim);
            return Attempt::Held;
        };
        let mut ahead = lock.holders.iter().chain(&lock.waiters[..place]).filter(conflict);
        if let (Deadlocks::WaitDie, Some(older)) = (deadlocks, ahead.find(|other| other.age < claim.age)) {
            let older = older.age.id;
            if waits {
                lock.waiters.remove(place);
            }
            return Attempt::Dies(older);
        }
        if !waits {
            lock.waiters.insert(place, claim);
        }
        Attempt::Waits(first)
    }

    /// Takes a lock that nobody else can hold: a shard recovers, and nobody has asked for anything yet.
    pub fn restore(&mut self, account: Account, claim: Claim) {
        self.locks.entry(account).or_default().holders.push(claim);
    }

    /// Lets go of all that a transaction holds or waits for.
    pub fn release(&mut self, id: TransactionId) {
        self.locks.retain(|_, lock| {
            lock.holders.retain(|claim| claim.age.id != id);
            lock.waiters.retain(|claim| claim.age.id != id);
            !lock.holders.is_empty() || !lock.waiters.is_empty()
        });
    }

    /// Who holds and who waits for an account, where anybody does.
    pub fn get(&self, account: Account) -> Option<&Lock> {
        self.locks.get(&account)
    }

    /// All accounts that somebody holds or waits for.
    pub fn iter(&self) -> impl Iterator<Item = (Account, &Lock)> {
        self.locks.iter().map(|(account, lock)| (*account, lock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sim::{ActorId, Time};

    fn claim(number: u32, mode: Mode) -> Claim {
        let id = TransactionId { coordinator: ActorId::node(1), life: 1, number };
        Claim { age: Age { began: Time(u64::from(number)), id }, mode }
    }

    fn id(number: u32) -> TransactionId {
        claim(number, Mode::Shared).age.id
    }

    const A: Account = Account(0);
    use Attempt::{Dies, Held, Waits};
    use Mode::{Exclusive, Shared};

    #[test]
    fn the_older_waits_and_the_younger_dies() {
        let mut locks = Locks::default();
        let mut at = |number, mode| locks.acquire(A, claim(number, mode), Deadlocks::WaitDie);
        assert_eq!(at(5, Exclusive), Held);
        assert_eq!(at(7, Exclusive), Dies(id(5)));
        assert_eq!(at(3, Exclusive), Waits(id(5)));
        // It would wait for one that is older than itself, though that one only waits.
        assert_eq!(at(4, Shared), Dies(id(3)));
        assert_eq!(at(2, Shared), Waits(id(5)));
        locks.release(id(5));
        let mut at = |number, mode| locks.acquire(A, claim(number, mode), Deadlocks::WaitDie);
        assert_eq!(at(2, Shared), Held);
        assert_eq!(at(3, Exclusive), Dies(id(2)));
    }

    #[test]
    fn readers_share_and_writers_do_not() {
        let mut locks = Locks::default();
        let mut at = |number, mode| locks.acquire(A, claim(number, mode), Deadlocks::TimeOut);
        assert_eq!((at(1, Shared), at(2, Shared)), (Held, Held));
        assert_eq!(at(3, Exclusive), Waits(id(1)));
        // No reader overtakes a writer that came before it.
        assert_eq!(at(4, Shared), Waits(id(3)));
        locks.release(id(1));
        locks.release(id(2));
        let mut at = |number, mode| locks.acquire(A, claim(number, mode), Deadlocks::TimeOut);
        assert_eq!((at(4, Shared), at(3, Exclusive)), (Waits(id(3)), Held));
        locks.release(id(3));
        assert_eq!(locks.acquire(A, claim(4, Shared), Deadlocks::TimeOut), Held);
    }

    proptest! {
        /// Nobody holds what conflicts, and under wait-die everybody waits for younger ones only.
        #[test]
        fn no_conflict_and_no_circle(steps in prop::collection::vec((0u32..8, 0u8..3, 0u8..4, any::<bool>()), 1..80)) {
            for deadlocks in [Deadlocks::WaitDie, Deadlocks::TimeOut] {
                let mut locks = Locks::default();
                for (number, account, action, exclusive) in &steps {
                    let mode = if *exclusive { Exclusive } else { Shared };
                    if *action == 0 {
                        locks.release(id(*number));
                    } else if let Dies(_) = locks.acquire(Account(*account), claim(*number, mode), deadlocks) {
                        prop_assert_eq!(deadlocks, Deadlocks::WaitDie);
                        locks.release(id(*number));
                    }
                    for (_, lock) in locks.iter() {
                        for (at, one) in lock.holders.iter().enumerate() {
                            for other in &lock.holders[at + 1..] {
                                prop_assert!(!one.mode.conflicts(other.mode));
                            }
                        }
                    }
                }
            }
        }
    }
}
