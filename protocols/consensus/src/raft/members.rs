//! Who votes (Ongaro 2014, chapter 4): one server joins or leaves at a time, so that any majority of the old members
//! and any majority of the new ones share a server.
//!
//! The newest configuration in a log is in force at once, committed or not; if its entry is truncated, the one before
//! is again. What Ongaro found missing in 2015 is in [`super::change`]: a leader must first commit an entry of its own
//! term.

use serde::Serialize;
use sim::ActorId;
use sim::ordered::SortedSet;
use smallvec::SmallVec;
use std::fmt;
use std::sync::Arc;

/// The servers that vote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Members {
    voters: Arc<[ActorId]>,
}

impl Members {
    /// These, in order.
    pub fn new(voters: impl IntoIterator<Item = ActorId>) -> Self {
        let sorted: SortedSet<ActorId> = voters.into_iter().collect();
        Self { voters: sorted.into_iter().collect() }
    }

    /// The first `count` nodes.
    pub fn first(count: u16) -> Self {
        Self::new((1..=count).map(ActorId::node))
    }

    /// All of them, by number.
    pub fn voters(&self) -> &[ActorId] {
        &self.voters
    }

    /// Whether this one votes.
    pub fn has(&self, who: ActorId) -> bool {
        self.voters.contains(&who)
    }

    /// With one more.
    pub fn with(&self, who: ActorId) -> Self {
        Self::new(self.voters.iter().copied().chain([who]))
    }

    /// With one less.
    pub fn without(&self, who: ActorId) -> Self {
        Self::new(self.voters.iter().copied().filter(|voter| *voter != who))
    }

    /// How many are a majority.
    pub fn majority(&self) -> usize {
        self.voters.len() / 2 + 1
    }

    /// Whether these are a majority of the voters; others do not count.
    pub fn are_majority(&self, these: &SortedSet<ActorId>) -> bool {
        !self.voters.is_empty() && self.voters.iter().filter(|v| these.contains(v)).count() >= self.majority()
    }

    /// The highest value that a majority has reached: nothing where nobody votes.
    pub fn reached<T: Ord + Copy>(&self, of: impl Fn(ActorId) -> T) -> Option<T> {
        let mut values: SmallVec<[T; 9]> = self.voters.iter().map(|voter| of(*voter)).collect();
        values.sort();
        let place = values.len().checked_sub(self.majority())?;
        values.get(place).copied()
    }
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.voters.iter().map(ActorId::to_string).collect();
        f.write_str(&names.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_majority_reached_what_the_middle_one_reached() {
        let values = [5u64, 9, 1, 7, 3];
        let of = |who: ActorId| values[usize::from(who.number()) - 1];
        assert_eq!(Members::first(5).reached(of), Some(5));
        assert_eq!(Members::first(4).reached(of), Some(5));
        assert_eq!(Members::first(3).reached(of), Some(5));
        assert_eq!(Members::first(2).reached(of), Some(5));
        assert_eq!(Members::first(1).reached(of), Some(5));
        assert_eq!(Members::default().reached(of), None);
    }

    #[test]
    fn majorities_before_and_after_one_change_share_a_server() {
        for size in 1..=8u16 {
            let (old, new) = (Members::first(size), Members::first(size).with(ActorId::node(size + 1)));
            assert!(old.majority() + new.majority() > usize::from(size) + 1);
        }
        assert!(!Members::first(3).are_majority(&[ActorId::node(1), ActorId::node(9)].into()));
        assert_eq!(Members::first(3).without(ActorId::node(2)).to_string(), "n1 n3");
    }
}
