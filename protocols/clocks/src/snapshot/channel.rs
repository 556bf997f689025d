//! A channel as the paper assumes it: nothing is lost, nothing comes twice, all comes in order. Made of numbered messages
//! that are sent again until they are known to have arrived.

use super::message::Cargo;
use serde::Serialize;
use sim::ordered::SortedSet;
use std::collections::VecDeque;

/// How many are sent again at once.
const WINDOW: usize = 16;

/// The sender's end.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Outward {
    /// The number of the last that was sent.
    last: u64,
    /// Not known to have arrived, oldest first.
    unknown: VecDeque<(u64, Cargo)>,
}

impl Outward {
    /// Takes something to be sent; its number.
    pub fn put(&mut self, cargo: Cargo) -> u64 {
        self.last += 1;
        self.unknown.push_back((self.last, cargo));
        self.last
    }

    /// All up to this number have arrived.
    pub fn arrived(&mut self, number: u64) {
        while self.unknown.front().is_some_and(|(first, _)| *first <= number) {
            self.unknown.pop_front();
        }
    }

    /// What is to be sent again.
    pub fn again(&self) -> impl Iterator<Item = &(u64, Cargo)> {
        self.unknown.iter().take(WINDOW)
    }

    /// What is not known to have arrived.
    pub fn unknown(&self) -> impl Iterator<Item = &Cargo> {
        self.unknown.iter().map(|(_, cargo)| cargo)
    }
}

/// The receiver's end.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Inward {
    /// All up to this number have been taken.
    taken: u64,
    /// Taken, though an earlier one was not: only where order is not kept.
    early: SortedSet<u64>,
}

impl Inward {
    /// Something arrives: whether it is taken. Out of order only where that is allowed.
    pub fn take(&mut self, number: u64, unordered: bool) -> bool {
        if number <= self.taken || self.early.contains(&number) {
            return false;
        }
        if number > self.taken + 1 {
            return unordered && self.early.len() < 1_000 && self.early.insert(number);
        }
        self.taken = number;
        while self.early.remove(&(self.taken + 1)) {
            self.taken += 1;
        }
        true
    }

    /// All up to this number have been taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cargo(coins: u64) -> Cargo {
        Cargo::Money { coins }
    }

    proptest! {
        /// However messages are lost, doubled and shuffled: once enough were sent again, all were taken once, in order.
        #[test]
        fn all_are_taken_once_and_in_order(
            count in 1u64..20, chances in prop::collection::vec((0usize..30, prop::bool::ANY), 0..200)
        ) {
            let (mut out, mut inward, mut taken, mut wire) = (Outward::default(), Inward::default(), Vec::new(), Vec::new());
            for coins in 1..=count {
                wire.push((out.put(cargo(coins)), cargo(coins)));
            }
            for (pick, lost) in chances {
                if wire.is_empty() {
                    wire.extend(out.again().cloned());
                }
                if wire.is_empty() {
                    break;
                }
                let (number, cargo) = wire[pick % wire.len()].clone();
                if !lost && inward.take(number, false) {
                    taken.push((number, cargo));
                }
                if lost {
                    wire.swap_remove(pick % wire.len());
                }
                out.arrived(inward.taken());
            }
            while out.unknown().next().is_some() {
                for (number, cargo) in out.again().cloned().collect::<Vec<_>>() {
                    if inward.take(number, false) {
                        taken.push((number, cargo));
                    }
                }
                out.arrived(inward.taken());
            }
            let all: Vec<_> = (1..=count).map(|coins| (coins, cargo(coins))).collect();
            prop_assert_eq!(taken, all);
        }
    }

    #[test]
    fn where_order_is_not_kept_all_are_taken_once() {
        let mut inward = Inward::default();
        let taken: Vec<bool> = [2, 2, 1, 3, 2, 5, 4, 5].map(|number| inward.take(number, true)).into();
        assert_eq!(taken, [true, false, true, true, false, true, true, false]);
        assert_eq!(inward.taken(), 5);
    }
}
