//! Clocks that count instead of measuring: Lamport's (CACM 21(7), 1978), vectors of counts (Fidge 1988, Mattern 1989), and
//! hybrid logical clocks (Kulkarni et al., OPODIS 2014, figure 5).
//!
//! *a before b* means what it means to Lamport: a and b are at the same node and a is first, or a is the sending of what b
//! hears, or there is something between. Of a before b all three say that a is smaller. The other way round:
//!
//! | of a smaller than b | follows |
//! |-|-|
//! | [`Lamport`] | that b was not before a |
//! | [`Vector`] | that a was before b: it alone can say that neither was |
//! | [`Hybrid`] | that b was not before a; and, within what the wall clocks are worth, when both were |

use serde::Serialize;
use sim::Time;
use smallvec::SmallVec;
use std::cmp::Ordering;
use std::fmt;

/// One count: larger for whatever comes after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Lamport(pub u64);

impl Lamport {
    /// Something happens here.
    pub fn tick(&mut self) -> Self {
        self.0 += 1;
        *self
    }

    /// Something is heard that was stamped so.
    pub fn hear(&mut self, stamp: Self) {
        self.0 = self.0.max(stamp.0) + 1;
    }
}

impl fmt::Display for Lamport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A count for each node: how much of what happened there is known here. What is counted is only what is stamped; that
/// is enough to order it, and hearing something needs no count of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Vector(pub SmallVec<[u32; 6]>);

impl Vector {
    /// Nothing known of any of so many nodes.
    pub fn new(nodes: u16) -> Self {
        Self(SmallVec::from_elem(0, usize::from(nodes)))
    }

    /// How much is known of the node in that place.
    pub fn of(&self, place: u16) -> u32 {
        self.0.get(usize::from(place)).copied().unwrap_or(0)
    }

    /// Something happens at the node in that place.
    pub fn tick(&mut self, place: u16) {
        if let Some(count) = self.0.get_mut(usize::from(place)) {
            *count += 1;
        }
    }

    /// Something is heard that was stamped so.
    pub fn hear(&mut self, stamp: &Self) {
        for (mine, other) in self.0.iter_mut().zip(&stamp.0) {
            *mine = (*mine).max(*other);
        }
    }
}

impl PartialOrd for Vector {
    /// Less: everything that the one knows the other knows too, and more. None: neither knows of the other.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let mut order = Ordering::Equal;
        for (mine, other) in self.0.iter().zip(&other.0) {
            match (order, mine.cmp(other)) {
                (_, Ordering::Equal) => {}
                (Ordering::Equal, differs) => order = differs,
                (before, differs) if before == differs => {}
                _ => return None,
            }
        }
        Some(order)
    }
}

impl fmt::Display for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, count) in self.0.iter().enumerate() {
            write!(f, "{}{count}", if at > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

/// The latest wall clock that is known of, and a count of what was stamped since it last moved. Compared in that order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Hybrid {
    /// `l`: no wall clock known of is later.
    pub latest: Time,
    /// `c`: how many since.
    pub count: u32,
}

impl Hybrid {
    /// Something happens here, and the wall clock shows `wall`.
    pub fn tick(&mut self, wall: Time) -> Self {
        if wall > self.latest {
            *self = Self { latest: wall, count: 0 };
        } else {
            self.count += 1;
        }
        *self
    }

    /// Something is heard that was stamped so, and the wall clock shows `wall`.
    pub fn hear(&mut self, stamp: Self, wall: Time) {
        let latest = self.latest.max(stamp.latest).max(wall);
        let count = match (latest == self.latest, latest == stamp.latest) {
            (true, true) => self.count.max(stamp.count) + 1,
            (true, false) => self.count + 1,
            (false, true) => stamp.count + 1,
            (false, false) => 0,
        };
        *self = Self { latest, count };
    }
}

impl fmt::Display for Hybrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.latest, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hybrid_clocks_follow_figure_5() {
        let at = |latest, count| Hybrid { latest: Time(latest), count };
        // Local or send: l' = l; l = max(l', pt); c = c + 1 where l = l', else 0.
        for (before, wall, after) in
            [(at(10, 2), 11, at(11, 0)), (at(10, 2), 10, at(10, 3)), (at(10, 2), 3, at(10, 3))]
        {
            let mut clock = before;
            assert_eq!(clock.tick(Time(wall)), after);
        }
        // Receive: the four cases in the figure's order.
        for (before, stamp, wall, after) in [
            (at(10, 2), at(10, 5), 9, at(10, 6)),
            (at(10, 7), at(10, 5), 9, at(10, 8)),
            (at(10, 2), at(8, 5), 9, at(10, 3)),
            (at(10, 2), at(12, 5), 11, at(12, 6)),
            (at(10, 2), at(12, 5), 13, at(13, 0)),
            // All three at once: the larger count goes on.
            (at(10, 2), at(10, 1), 10, at(10, 3)),
        ] {
            let mut clock = before;
            clock.hear(stamp, Time(wall));
            assert_eq!(clock, after, "{before:?} hears {stamp:?} at {wall}");
        }
    }

    #[test]
    fn vectors_know_what_they_do_not_know() {
        let vector = |counts: &[u32]| Vector(counts.iter().copied().collect());
        assert!(vector(&[1, 0]) < vector(&[1, 1]));
        assert!(vector(&[2, 1]) > vector(&[1, 1]));
        assert_eq!(vector(&[2, 0]).partial_cmp(&vector(&[1, 1])), None);
        assert_eq!(vector(&[2, 1]).partial_cmp(&vector(&[2, 1])), Some(Ordering::Equal));
    }

    /// What happens in a made-up history: a node stamps something, or hears the how-manieth that was stamped.
    #[derive(Clone, Debug)]
    enum Step {
        Stamp(u16),
        Hear(u16, usize),
    }

    const NODES: u16 = 3;

    fn steps() -> impl Strategy<Value = Vec<(Step, u64)>> {
        let step = prop_oneof![
            (0..NODES).prop_map(Step::Stamp),
            (0..NODES, 0usize..40).prop_map(|(node, which)| Step::Hear(node, which)),
        ];
        // Wall clocks are wrong by up to 50, and pass 10 between two steps.
        prop::collection::vec((step, 0u64..50), 1..60)
    }

    proptest! {
        /// Before is smaller to all three; smaller is before to vectors alone; and a hybrid clock is never ahead of every
        /// wall clock there was.
        #[test]
        fn before_is_smaller(steps in steps()) {
            let mut clocks = vec![(Lamport::default(), Vector::new(NODES), Hybrid::default()); usize::from(NODES)];
            // What each node knows, as sets: the definition itself.
            let mut known: Vec<Vec<usize>> = vec![Vec::new(); usize::from(NODES)];
            let (mut stamps, mut pasts, mut latest) = (Vec::new(), Vec::new(), Time::ZERO);
            for (at, (step, wrong)) in steps.into_iter().enumerate() {
                let wall = Time(at as u64 * 10 + wrong);
                latest = latest.max(wall);
                match step {
                    Step::Stamp(node) => {
                        let (lamport, vector, hybrid) = &mut clocks[usize::from(node)];
                        vector.tick(node);
                        stamps.push((lamport.tick(), vector.clone(), hybrid.tick(wall)));
                        pasts.push(known[usize::from(node)].clone());
                        known[usize::from(node)].push(stamps.len() - 1);
                    }
                    Step::Hear(node, which) if which < stamps.len() => {
                        let (lamport, vector, hybrid) = &mut clocks[usize::from(node)];
                        lamport.hear(stamps[which].0);
                        vector.hear(&stamps[which].1);
                        hybrid.hear(stamps[which].2, wall);
                        let past = pasts[which].iter().copied().chain([which]);
                        known[usize::from(node)].extend(past);
                    }
                    Step::Hear(..) => {}
                }
                prop_assert!(clocks.iter().all(|(_, _, hybrid)| hybrid.latest <= latest));
            }
            for (b, past) in pasts.iter().enumerate() {
                for a in 0..stamps.len() {
                    let before = past.contains(&a);
                    let smaller = (stamps[a].0 < stamps[b].0, stamps[a].1 < stamps[b].1, stamps[a].2 < stamps[b].2);
                    prop_assert_eq!(smaller.1, before);
                    prop_assert!(!before || (smaller.0 && smaller.2), "{:?} before {:?}", stamps[a], stamps[b]);
                }
            }
        }
    }
}
