//! Who is a member (§4.8): explicit orders to join or leave, remembered by each node and spread by gossip.
//!
//! Every node keeps for each node it has heard of how often it changed and whether it is in. Two such histories are
//! reconciled by taking the later change of each; if two nodes were given opposite orders without knowing of each other,
//! leaving wins.

use serde::Serialize;
use sim::ActorId;
use sim::ordered::SortedMap;
use std::fmt;

/// How a node stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Standing {
    /// How often it joined or left.
    pub changes: u32,
    /// It has left. Compared last: of two changes with the same number, leaving is the later one.
    pub left: bool,
}

/// What a node believes about everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Members(SortedMap<ActorId, Standing>);

impl Members {
    /// The first so many nodes, as a configuration file has them.
    pub fn first(nodes: u16) -> Self {
        Self((1..=nodes).map(|number| (ActorId::node(number), Standing::default())).collect())
    }

    /// Whether a node is in.
    pub fn contains(&self, node: ActorId) -> bool {
        self.0.get(&node).is_some_and(|standing| !standing.left)
    }

    /// Those that are in.
    pub fn iter(&self) -> impl Iterator<Item = ActorId> + '_ {
        self.0.iter().filter(|(_, standing)| !standing.left).map(|(node, _)| *node)
    }

    /// How many are in.
    pub fn count(&self) -> u16 {
        u16::try_from(self.iter().count()).unwrap_or(u16::MAX)
    }

    /// Everybody ever heard of, also those who left: they must hear that they did.
    pub fn known(&self) -> impl Iterator<Item = ActorId> + '_ {
        self.0.keys().copied()
    }

    /// A node joins or leaves, by order; whether that changes anything.
    pub fn order(&mut self, node: ActorId, joins: bool) -> bool {
        if self.contains(node) == joins {
            return false;
        }
        let changes = self.0.get(&node).map_or(0, |standing| standing.changes) + 1;
        self.0.insert(node, Standing { changes, left: !joins });
        true
    }

    /// Takes in what another believes; who joined or left by that.
    pub fn merge(&mut self, other: &Members) -> Vec<ActorId> {
        let mut changed = Vec::new();
        for (node, theirs) in &other.0 {
            let was_in = self.contains(*node);
            let ours = self.0.entry(*node).or_insert(*theirs);
            *ours = (*ours).max(*theirs);
            if was_in == ours.left {
                changed.push(*node);
            }
        }
        changed
    }
}

impl fmt::Display for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, node) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{node}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const N: fn(u16) -> ActorId = ActorId::node;

    #[test]
    fn later_changes_win_and_leaving_wins_a_tie() {
        let mut one = Members::first(3);
        let mut two = one.clone();
        assert!(one.order(N(3), false) && !one.order(N(3), false));
        assert!(one.order(N(3), true));
        two.order(N(3), false);
        assert_eq!(two.merge(&one), [N(3)]);
        assert_eq!(two.to_string(), "n1 n2 n3");
        let mut left = two.clone();
        left.order(N(4), true);
        left.order(N(4), false);
        two.order(N(4), true);
        assert_eq!(two.merge(&left), [N(4)]);
        assert_eq!((two.count(), two.known().count()), (3, 4));
        let mut nobody = Members::default();
        assert_eq!(nobody.merge(&Members::first(2)), [N(1), N(2)]);
    }

    proptest! {
        #[test]
        fn everybody_comes_to_believe_the_same(orders in prop::collection::vec((0usize..3, 1u16..6, any::<bool>()), 0..20)) {
            let mut views = vec![Members::first(4); 3];
            for (at, node, joins) in orders {
                views[at].order(N(node), joins);
            }
            let [a, b, c] = &views[..] else { unreachable!() };
            let join = |order: [&Members; 3]| {
                let mut all = order[0].clone();
                all.merge(order[1]);
                all.merge(order[2]);
                all
            };
            prop_assert_eq!(join([a, b, c]), join([c, a, b]));
            let mut all = join([a, b, c]);
            prop_assert!(all.merge(b).is_empty());
        }
    }
}
