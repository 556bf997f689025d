//! Who wrote how often: vector clocks (§4.4), with a dot for the newest write.
//!
//! A write is named by its [`Dot`]: the node that coordinated it, and how many that node had coordinated for this key.
//! A [`Clock`] is a set of dots. Almost always it holds, of each node, all dots up to some number, and is written as the
//! paper writes it: `n1:2 n3:1`. Where a reader saw a node's third write but not its second, it says so: `n1:1,3`.
//!
//! That gap is what a plain vector clock cannot express. With one counter a coordinator, two clients that write through
//! the same coordinator without knowing of each other get the clocks `n1:1` and `n1:2`, and the second seems to know of
//! the first (Preguiça et al., “Dotted Version Vectors”, 2010). The paper does not say what Dynamo does then.

use serde::Serialize;
use sim::ActorId;
use sim::story::Value;
use smallvec::SmallVec;
use std::fmt;

/// A write: the how-manieth that a node coordinated for a key, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Dot {
    /// The coordinator.
    pub node: ActorId,
    /// The how-manieth.
    pub count: u64,
}

impl fmt::Display for Dot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.node, self.count)
    }
}

/// What is in a clock of one node's writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Reach {
    node: ActorId,
    /// All of them up to this one.
    upto: u64,
    /// And these, in order; the first leaves a gap.
    beyond: SmallVec<[u64; 1]>,
}

impl Reach {
    fn contains(&self, count: u64) -> bool {
        count <= self.upto || self.beyond.binary_search(&count).is_ok()
    }

    fn insert(&mut self, count: u64) {
        if count <= self.upto {
            return;
        }
        if let Err(at) = self.beyond.binary_search(&count) {
            self.beyond.insert(at, count);
        }
        self.close_gaps();
    }

    fn raise(&mut self, upto: u64) {
        self.upto = self.upto.max(upto);
        self.close_gaps();
    }

    /// Takes in all that another of the same node has.
    fn join(&mut self, other: &Reach) {
        // Both are in order: one walk over both. A clock that misses one write of many may be long.
        let (mut ours, mut theirs) = (self.beyond.iter().peekable(), other.beyond.iter().peekable());
        let mut both = SmallVec::with_capacity(self.beyond.len().max(other.beyond.len()));
        loop {
            let next = match (ours.peek(), theirs.peek()) {
                (Some(one), Some(two)) => (**one).min(**two),
                (Some(one), None) | (None, Some(one)) => **one,
                (None, None) => break,
            };
            ours.next_if(|count| **count == next);
            theirs.next_if(|count| **count == next);
            both.push(next);
        }
        self.beyond = both;
        self.raise(other.upto);
    }

    fn close_gaps(&mut self) {
        let mut closed = 0;
        for count in &self.beyond {
            if *count > self.upto + 1 {
                break;
            }
            self.upto = self.upto.max(*count);
            closed += 1;
        }
        self.beyond.drain(..closed);
    }
}

/// A set of writes to one key: what somebody has seen, whether it is still there or was replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// By node.
    nodes: SmallVec<[Reach; 1]>,
}

impl Clock {
    /// Nothing seen yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nothing was seen yet.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn reach(&self, node: ActorId) -> Option<&Reach> {
        self.nodes.binary_search_by_key(&node, |reach| reach.node).ok().map(|at| &self.nodes[at])
    }

    fn reach_mut(&mut self, node: ActorId) -> &mut Reach {
        let at = match self.nodes.binary_search_by_key(&node, |reach| reach.node) {
            Ok(at) => at,
            Err(at) => {
                self.nodes.insert(at, Reach { node, upto: 0, beyond: SmallVec::new() });
                at
            }
        };
        &mut self.nodes[at]
    }

    /// Whether this write was seen.
    pub fn contains(&self, dot: Dot) -> bool {
        self.reach(dot.node).is_some_and(|reach| reach.contains(dot.count))
    }

    /// Adds a write.
    pub fn insert(&mut self, dot: Dot) {
        self.reach_mut(dot.node).insert(dot.count);
    }

    /// Adds every write of that node before this one, seen or not: what a clock with one counter a node cannot help doing.
    pub fn claim_before(&mut self, dot: Dot) {
        if dot.count > 1 {
            self.reach_mut(dot.node).raise(dot.count - 1);
        }
    }

    /// Adds all that another has seen.
    pub fn join(&mut self, other: &Clock) {
        for theirs in &other.nodes {
            self.reach_mut(theirs.node).join(theirs);
        }
    }

    /// Whether it has seen all that another has: the other is then an ancestor, or the same.
    pub fn covers(&self, other: &Clock) -> bool {
        other.missing_from(self).next().is_none()
    }

    /// The first writes of this that another has not seen, one for each node and each beyond a gap.
    pub fn missing_from<'a>(&'a self, other: &'a Clock) -> impl Iterator<Item = Dot> + 'a {
        self.nodes.iter().flat_map(move |ours| {
            let theirs = other.reach(ours.node);
            let reached = theirs.map_or(0, |theirs| theirs.upto);
            let node = ours.node;
            let below = (reached + 1..=ours.upto).chain(ours.beyond.iter().copied());
            below
                .filter(move |count| theirs.is_none_or(|theirs| !theirs.contains(*count)))
                .map(move |count| Dot { node, count })
        })
    }

    /// As a fact carries it: a list for each node, of its number, how far, and what is beyond.
    pub fn to_value(&self) -> Value {
        let node = |reach: &Reach| {
            let counts =
                [u64::from(reach.node.number()), reach.upto].into_iter().chain(reach.beyond.iter().copied());
            Value::List(counts.map(Value::from).collect())
        };
        Value::List(self.nodes.iter().map(node).collect())
    }

    /// Back from [`Clock::to_value`]; nothing where it is no such value.
    pub fn from_value(value: &Value) -> Option<Self> {
        let Value::List(nodes) = value else { return None };
        let mut clock = Self::new();
        for node in nodes.iter() {
            let Value::List(counts) = node else { return None };
            let count = |value: &Value| match value {
                Value::Int(n) => u64::try_from(*n).ok(),
                _ => None,
            };
            let counts: Option<Vec<u64>> = counts.iter().map(count).collect();
            let [node, upto, beyond @ ..] = &counts?[..] else { return None };
            let reach = clock.reach_mut(ActorId::node(u16::try_from(*node).ok()?));
            reach.raise(*upto);
            beyond.iter().for_each(|count| reach.insert(*count));
        }
        Some(clock)
    }

    /// How many writes it has seen: what tints it on screen.
    pub fn total(&self) -> u64 {
        self.nodes.iter().map(|reach| reach.upto + reach.beyond.len() as u64).sum()
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing");
        }
        for (at, reach) in self.nodes.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{}:", reach.node)?;
            let counts =
                (reach.upto > 0).then_some(reach.upto).into_iter().chain(reach.beyond.iter().copied());
            for (at, count) in counts.enumerate() {
                if at > 0 {
                    f.write_str(",")?;
                }
                write!(f, "{count}")?;
            }
        }
        Ok(())
    }
}

impl FromIterator<Dot> for Clock {
    fn from_iter<I: IntoIterator<Item = Dot>>(dots: I) -> Self {
        let mut clock = Self::new();
        dots.into_iter().for_each(|dot| clock.insert(dot));
        clock
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sim::ordered::SortedSet;

    fn dot(node: u16, count: u64) -> Dot {
        Dot { node: ActorId::node(node), count }
    }

    fn clock(dots: &SortedSet<Dot>) -> Clock {
        dots.iter().copied().collect()
    }

    fn dots() -> impl Strategy<Value = SortedSet<Dot>> {
        prop::collection::vec((1u16..4, 1u64..6).prop_map(|(node, count)| dot(node, count)), 0..10)
            .prop_map(SortedSet::from_iter)
    }

    #[test]
    fn clocks_read_as_the_paper_writes_them() {
        assert_eq!(Clock::new().to_string(), "nothing");
        let clock: Clock = [dot(3, 1), dot(1, 1), dot(1, 2)].into_iter().collect();
        assert_eq!(clock.to_string(), "n1:2 n3:1");
        let gap: Clock = [dot(1, 1), dot(1, 3), dot(2, 2)].into_iter().collect();
        assert_eq!(gap.to_string(), "n1:1,3 n2:2");
    }

    #[test]
    fn claiming_hides_a_gap() {
        let mut clock: Clock = [dot(1, 3)].into_iter().collect();
        assert!(!clock.contains(dot(1, 2)));
        clock.claim_before(dot(1, 3));
        assert_eq!(clock.to_string(), "n1:3");
        let mut first = Clock::new();
        first.claim_before(dot(1, 1));
        assert!(first.is_empty());
    }

    proptest! {
        #[test]
        fn it_is_a_set_of_dots(a in dots(), b in dots()) {
            let (one, two) = (clock(&a), clock(&b));
            for node in 1..5 {
                for count in 1..8 {
                    prop_assert_eq!(one.contains(dot(node, count)), a.contains(&dot(node, count)));
                }
            }
            prop_assert_eq!(one.total(), a.len() as u64);
            prop_assert_eq!(Clock::from_value(&one.to_value()), Some(one.clone()));
            prop_assert_eq!(one.covers(&two), a.is_superset(&b));
            prop_assert_eq!(one.missing_from(&two).collect::<SortedSet<_>>(), &a - &b);
            let mut joined = one.clone();
            joined.join(&two);
            prop_assert_eq!(&joined, &clock(&(&a | &b)), "the same set is the same clock, however it came about");
            let mut other_way = two;
            other_way.join(&one);
            prop_assert_eq!(other_way, joined);
        }
    }
}
