//! Merkle trees (§4.7): two replicas find out what they hold differently without sending what they hold alike.
//!
//! Over each arc of the ring that two nodes both keep stands a tree: the arc is halved [`LEVELS`] times, a leaf is the
//! hash of all that lies on its part, an inner node the hash of its two halves. Roots are compared first; only below
//! nodes that differ is anything sent at all, level by level, down to the leaves, whose keys are then exchanged. Where
//! two nodes are alike that is one message, however much they hold.

use super::ring::{Arc32, place};
use super::store::Key;
use super::version::Entry;
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::random::{finish, mix};
use std::sync::Arc;

/// How often an arc is halved from root to leaf.
pub const LEVELS: u8 = 4;

/// A node of a tree: the hash of all that is kept on a part of the circle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Branch {
    /// The part.
    pub arc: Arc32,
    /// How far down: 0 is a root.
    pub level: u8,
    /// 0 where nothing is kept there.
    pub hash: u64,
}

/// What a node keeps, ready to be hashed: place and hash of each key, by place.
pub struct Tree(Vec<(u32, u64)>);

impl Tree {
    /// Of all entries.
    pub fn of(entries: &SortedMap<Key, Arc<Entry>>) -> Self {
        let mut leaves: Vec<(u32, u64)> =
            entries.iter().map(|(key, entry)| (place(key), leaf(key, entry))).collect();
        leaves.sort_unstable();
        Self(leaves)
    }

    /// The tree's node for a part of the circle at a level.
    pub fn branch(&self, arc: Arc32, level: u8) -> Branch {
        Branch { arc, level, hash: self.hash(arc, level) }
    }

    fn hash(&self, arc: Arc32, level: u8) -> u64 {
        let mut inside = self.0.iter().filter(|(at, _)| arc.contains(*at)).peekable();
        // What is empty is empty below too.
        if inside.peek().is_none() {
            return 0;
        }
        match arc.halves().filter(|_| level < LEVELS) {
            Some([low, high]) => {
                finish(mix(mix(u64::from(level), self.hash(low, level + 1)), self.hash(high, level + 1)))
            }
            None => finish(inside.fold(1, |hash, (_, leaf)| mix(hash, *leaf))),
        }
    }

    /// Compares with another's branches. Of those that differ: the two below each, to be sent back; and the parts whose
    /// leaves differ, where nothing is below.
    pub fn compare(&self, theirs: &[Branch]) -> (Vec<Branch>, Vec<Arc32>) {
        let (mut below, mut leaves) = (Vec::new(), Vec::new());
        for branch in theirs {
            if self.hash(branch.arc, branch.level) == branch.hash {
                continue;
            }
            match branch.arc.halves().filter(|_| branch.level < LEVELS) {
                Some(halves) => {
                    below.extend(halves.into_iter().map(|half| self.branch(half, branch.level + 1)));
                }
                None => leaves.push(branch.arc),
            }
        }
        (below, leaves)
    }
}

/// Names are all that can differ: a version never changes.
fn leaf(key: &Key, entry: &Entry) -> u64 {
    let named = entry
        .dots()
        .fold(u64::from(place(key)), |hash, dot| mix(mix(hash, u64::from(dot.node.number())), dot.count));
    key.bytes().fold(named, |hash, byte| mix(hash, u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::super::clock::{Clock, Dot};
    use super::super::version::Version;
    use super::*;
    use proptest::prelude::*;
    use sim::{ActorId, Time};

    fn entries(held: &SortedMap<u8, u64>) -> SortedMap<Key, Arc<Entry>> {
        let one = |(key, count): (&u8, &u64)| {
            let dot = Dot { node: ActorId::node(1), count: *count };
            let version = Version {
                dot,
                past: Clock::new(),
                value: Some("v".into()),
                stamp: Time::ZERO,
                by: (ActorId::client(1), 1),
            };
            (format!("key{key}").into(), Arc::new(version.into()))
        };
        held.iter().map(one).collect()
    }

    /// Two nodes compare as they do by messages; the parts found to differ, and how many branches were sent.
    fn parts_that_differ(one: &Tree, two: &Tree, arcs: &[Arc32]) -> (Vec<Arc32>, usize) {
        let mut sent: Vec<Branch> = arcs.iter().map(|arc| one.branch(*arc, 0)).collect();
        let (mut found, mut count, mut twos_turn) = (Vec::new(), 0, true);
        while !sent.is_empty() {
            count += sent.len();
            let (below, leaves) = if twos_turn { two.compare(&sent) } else { one.compare(&sent) };
            found.extend(leaves);
            sent = below;
            twos_turn = !twos_turn;
        }
        (found, count)
    }

    const WHOLE: Arc32 = Arc32 { after: 17, upto: 17 };

    #[test]
    fn alike_costs_one_branch_and_one_key_costs_its_path() {
        let held: SortedMap<u8, u64> = (0..100).map(|key| (key, 1)).collect();
        let one = Tree::of(&entries(&held));
        assert_eq!(parts_that_differ(&one, &Tree::of(&entries(&held)), &[WHOLE]), (vec![], 1));
        let mut other = held;
        other.insert(42, 2);
        let (parts, sent) = parts_that_differ(&one, &Tree::of(&entries(&other)), &[WHOLE]);
        assert_eq!((parts.len(), sent), (1, 1 + 2 * usize::from(LEVELS)));
        assert!(parts[0].contains(place("key42")));
    }

    #[test]
    fn nothing_is_alike_to_nothing() {
        let nothing = Tree::of(&SortedMap::new());
        assert_eq!(nothing.branch(WHOLE, 0).hash, 0);
        let one = Tree::of(&entries(&[(1, 1)].into()));
        assert_eq!(parts_that_differ(&nothing, &one, &[WHOLE]).0.len(), 1);
    }

    proptest! {
        #[test]
        fn exactly_the_parts_with_differences_are_found(
            one in prop::collection::btree_map(0u8..30, 1u64..3, 0..30),
            two in prop::collection::btree_map(0u8..30, 1u64..3, 0..30),
        ) {
            let (one, two) = (SortedMap::from_iter(one), SortedMap::from_iter(two));
            let (parts, _) = parts_that_differ(&Tree::of(&entries(&one)), &Tree::of(&entries(&two)), &[WHOLE]);
            for key in 0u8..30 {
                let at = place(&format!("key{key}"));
                if one.get(&key) != two.get(&key) {
                    prop_assert!(parts.iter().any(|part| part.contains(at)), "key{} differs", key);
                }
            }
            for part in parts {
                let differs = |key: &u8| one.get(key) != two.get(key) && part.contains(place(&format!("key{key}")));
                prop_assert!((0..30).any(|key| differs(&key)), "a part without a difference");
            }
        }
    }
}
