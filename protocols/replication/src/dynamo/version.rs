//! Versions of a value, and which of them a replica keeps (§4.4).
//!
//! Each write is a new and immutable [`Version`]: a value, or the tombstone of a deletion, with what its writer had read.
//! An [`Entry`] is what a node holds for a key: the versions of which none knew of another. Usually that is one; where
//! writes did not know of each other they are *siblings*, and it is for a client to reconcile them.
//!
//! Merging is the same everywhere: when a write arrives, when answers of a read meet, when replicas are compared. It is
//! commutative, associative and idempotent, so it does not matter what meets in which order, or how often.

use super::clock::{Clock, Dot};
use serde::Serialize;
use sim::{ActorId, Time};
use smallvec::SmallVec;
use std::fmt;
use std::sync::Arc;

/// How a conflict between two versions is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflicts {
    /// Both stay, as siblings; a client reconciles them.
    Siblings,
    /// The one with the later wall clock stays: last writer wins.
    Newest,
}

/// A write to a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its name.
    pub dot: Dot,
    /// What its writer had read, and so meant to replace: the context of the put.
    pub past: Clock,
    /// The value; none is a tombstone: the key was deleted.
    pub value: Option<Arc<str>>,
    /// What the coordinator's wall clock showed.
    pub stamp: Time,
    /// Which client's request it came from, and its number: for those who look on. Nothing goes by it.
    pub by: (ActorId, u64),
}

impl Version {
    /// Its vector clock, as the paper writes it: what it follows, and itself.
    pub fn clock(&self) -> Clock {
        let mut clock = self.past.clone();
        clock.insert(self.dot);
        clock
    }
}

/// What stands for a deleted value.
pub const DELETED: &str = "deleted";

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.value.as_deref().unwrap_or(DELETED))
    }
}

/// What a node holds for a key. Without versions: nothing was ever heard of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// By dot; none knew of another.
    versions: SmallVec<[Arc<Version>; 1]>,
}

impl From<Version> for Entry {
    fn from(version: Version) -> Self {
        Self { versions: SmallVec::from_elem(Arc::new(version), 1) }
    }
}

impl Entry {
    /// Its versions.
    pub fn versions(&self) -> &[Arc<Version>] {
        &self.versions
    }

    /// Whether nothing was ever heard of the key.
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// Whether all that is left of the key is that it was deleted.
    pub fn is_deleted(&self) -> bool {
        !self.is_empty() && self.versions.iter().all(|version| version.value.is_none())
    }

    /// The values a reader gets, each once: more than one where there are siblings.
    pub fn values(&self) -> Vec<Arc<str>> {
        let mut values: Vec<Arc<str>> = Vec::new();
        for value in self.versions.iter().filter_map(|version| version.value.as_ref()) {
            if !values.contains(value) {
                values.push(Arc::clone(value));
            }
        }
        values
    }

    /// Every write that is in it or that it knows to be replaced.
    pub fn seen(&self) -> Clock {
        let mut seen = Clock::new();
        for version in &self.versions {
            seen.join(&version.past);
            seen.insert(version.dot);
        }
        seen
    }

    /// Whether the same versions are in both.
    pub fn same(&self, other: &Entry) -> bool {
        self.dots().eq(other.dots())
    }

    /// The names of its versions.
    pub fn dots(&self) -> impl Iterator<Item = Dot> + '_ {
        self.versions.iter().map(|version| version.dot)
    }

    /// Takes in what another holds; whether that changed anything.
    pub fn merge(&mut self, other: &Entry, conflicts: Conflicts) -> bool {
        let before: SmallVec<[Dot; 4]> = self.dots().collect();
        for theirs in &other.versions {
            if let Err(at) = self.versions.binary_search_by_key(&theirs.dot, |version| version.dot) {
                self.versions.insert(at, Arc::clone(theirs));
            }
        }
        match conflicts {
            Conflicts::Siblings => self.keep_unknown(),
            Conflicts::Newest => self.keep_newest(),
        }
        !self.dots().eq(before)
    }

    /// Whether another holds something that this does not.
    pub fn lacks(&self, other: &Entry, conflicts: Conflicts) -> bool {
        !self.same(other) && self.clone().merge(other, conflicts)
    }

    /// A version goes where another one's writer knew of it: "syntactic reconciliation".
    fn keep_unknown(&mut self) {
        if self.versions.len() > 1 {
            let all = self.versions.clone();
            self.versions.retain(|version| !all.iter().any(|other| other.past.contains(version.dot)));
        }
    }

    /// Whatever anybody knew, the latest stamp wins; the dot decides between equal ones.
    fn keep_newest(&mut self) {
        if let Some(newest) = self.versions.iter().max_by_key(|version| (version.stamp, version.dot)).cloned()
            && self.versions.len() > 1
        {
            self.versions = SmallVec::from_elem(newest, 1);
        }
    }
}

impl fmt::Display for Entry {
    /// `milk | tea`; a deleted key is `deleted`, one never heard of `nothing`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing");
        }
        for (at, version) in self.versions.iter().enumerate() {
            if at > 0 {
                f.write_str(" | ")?;
            }
            version.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn version(node: u16, count: u64, past: &[(u16, u64)], value: Option<&str>, stamp: u64) -> Version {
        let dot = |(node, count): (u16, u64)| Dot { node: ActorId::node(node), count };
        Version {
            dot: dot((node, count)),
            past: past.iter().map(|&named| dot(named)).collect(),
            value: value.map(Into::into),
            stamp: Time::millis(stamp),
            by: (ActorId::client(1), count),
        }
    }

    fn merged(versions: &[Version], conflicts: Conflicts) -> Entry {
        let mut entry = Entry::default();
        for version in versions {
            entry.merge(&version.clone().into(), conflicts);
        }
        entry
    }

    /// Figure 3: D2 replaces D1; D3 and D4, each made from D2, are siblings; D5 joins them.
    #[test]
    fn figure_3_of_the_paper() {
        let d1 = version(1, 1, &[], Some("D1"), 1);
        let d2 = version(1, 2, &[(1, 1)], Some("D2"), 2);
        let d3 = version(2, 1, &[(1, 1), (1, 2)], Some("D3"), 3);
        let d4 = version(3, 1, &[(1, 1), (1, 2)], Some("D4"), 3);
        let d5 = version(1, 3, &[(1, 1), (1, 2), (2, 1), (3, 1)], Some("D5"), 4);
        let upto = |versions: &[&Version]| {
            let versions: Vec<Version> = versions.iter().map(|&version| version.clone()).collect();
            merged(&versions, Conflicts::Siblings).to_string()
        };
        assert_eq!(upto(&[&d1, &d2]), "D2");
        assert_eq!(upto(&[&d2, &d1]), "D2");
        assert_eq!(upto(&[&d1, &d2, &d3, &d4]), "D3 | D4");
        assert_eq!(upto(&[&d4, &d5, &d1, &d3, &d2]), "D5");
        assert_eq!(d5.clock().to_string(), "n1:3 n2:1 n3:1");
    }

    #[test]
    fn a_tombstone_replaces_what_it_knew_and_nothing_else() {
        let milk = version(1, 1, &[], Some("milk"), 1);
        let tea = version(2, 1, &[], Some("tea"), 1);
        let gone = version(3, 1, &[(1, 1)], None, 2);
        let one = merged(&[milk.clone(), gone.clone()], Conflicts::Siblings);
        assert!(one.is_deleted() && one.values().is_empty());
        assert_eq!(one.to_string(), DELETED);
        let two = merged(&[milk, gone, tea], Conflicts::Siblings);
        assert!(!two.is_deleted());
        assert_eq!(two.values(), ["tea".into()]);
    }

    #[test]
    fn the_newest_wins_even_over_one_that_knew_it() {
        let milk = version(1, 1, &[], Some("milk"), 500);
        let tea = version(2, 1, &[(1, 1)], Some("tea"), 200);
        assert_eq!(merged(&[milk.clone(), tea.clone()], Conflicts::Newest).to_string(), "milk");
        assert_eq!(merged(&[milk, tea], Conflicts::Siblings).to_string(), "tea");
    }

    #[test]
    fn a_value_written_twice_is_read_once() {
        let one = version(1, 1, &[], Some("milk"), 1);
        let again = version(2, 1, &[], Some("milk"), 1);
        assert_eq!(merged(&[one, again], Conflicts::Siblings).values().len(), 1);
    }

    /// Versions as a run could make them: each writer had read some of those before.
    fn histories() -> impl Strategy<Value = Vec<Version>> {
        prop::collection::vec((1u16..4, prop::collection::vec(any::<bool>(), 8), 0u64..5), 1..8).prop_map(
            |writes| {
                let mut made: Vec<Version> = Vec::new();
                for (node, read, stamp) in writes {
                    let count = 1 + made.iter().filter(|v| v.dot.node == ActorId::node(node)).count() as u64;
                    let mut past = Clock::new();
                    for (_, earlier) in read.iter().zip(&made).filter(|(read, _)| **read) {
                        past.join(&earlier.clock());
                    }
                    let dot = Dot { node: ActorId::node(node), count };
                    let by = (ActorId::client(1), count);
                    made.push(Version { dot, past, value: Some("v".into()), stamp: Time::millis(stamp), by });
                }
                made
            },
        )
    }

    proptest! {
        #[test]
        fn it_does_not_matter_what_meets_in_which_order(
            history in histories(),
            order in prop::collection::vec(0usize..8, 0..20),
        ) {
            for conflicts in [Conflicts::Siblings, Conflicts::Newest] {
                let straight = merged(&history, conflicts);
                let mut shuffled: Vec<Version> =
                    order.iter().map(|at| history[at % history.len()].clone()).collect();
                shuffled.extend(history.iter().rev().cloned());
                let other = merged(&shuffled, conflicts);
                prop_assert_eq!(&straight, &other);
                let (left, right) = shuffled.split_at(shuffled.len() / 2);
                let mut halves = merged(left, conflicts);
                halves.merge(&merged(right, conflicts), conflicts);
                prop_assert_eq!(&halves, &straight);
                prop_assert!(!halves.merge(&straight, conflicts), "again changes nothing");
                if conflicts == Conflicts::Siblings {
                    let seen = straight.seen();
                    prop_assert!(history.iter().all(|version| seen.contains(version.dot)), "nothing is lost");
                }
            }
        }
    }
}
