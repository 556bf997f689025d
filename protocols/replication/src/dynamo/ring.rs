//! Consistent hashing (§4.2): which nodes keep a key.
//!
//! Hashes are places on a circle. Each node has several points on it (its virtual nodes), so that what one node owns is
//! spread over the others when it goes. A key belongs to the first N different nodes clockwise from its place; those
//! after them stand in when some of these do not answer: together they are the key's preference list (§4.3).
//!
//! A node's points are hashes of its name, so whoever knows who the members are knows the ring. (Dynamo first drew them
//! at random and gossiped them, §6.2, strategy 1.)

use sim::ActorId;
use sim::random::{finish, mix};
use std::sync::Arc;

/// Chosen so that the first five nodes, with four points each, share the ring fairly, and the list of the lessons has
/// n1 to n5 in this order for its preference list.
const SALT: u64 = 74_613;

/// The part of the circle after one place, up to and with another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Arc32 {
    /// After this place.
    pub after: u32,
    /// Up to this one. The same as `after` is the whole circle.
    pub upto: u32,
}

impl Arc32 {
    /// Whether a place lies on it.
    pub fn contains(self, place: u32) -> bool {
        place.wrapping_sub(self.after).wrapping_sub(1) <= self.upto.wrapping_sub(self.after).wrapping_sub(1)
    }

    /// Its two halves; none where it is a single place.
    pub fn halves(self) -> Option<[Arc32; 2]> {
        let last = self.upto.wrapping_sub(self.after).wrapping_sub(1);
        let middle = self.after.wrapping_add(last / 2).wrapping_add(1);
        (last > 0)
            .then_some([Arc32 { after: self.after, upto: middle }, Arc32 { after: middle, upto: self.upto }])
    }
}

/// The members' points, by place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ring {
    points: Arc<[(u32, ActorId)]>,
    nodes: u16,
}

impl Ring {
    /// The ring of these nodes, each with so many points.
    pub fn of(nodes: impl IntoIterator<Item = ActorId>, points: u16) -> Self {
        let mut count = 0;
        let mut places = Vec::new();
        for node in nodes {
            count += 1;
            for point in 0..points {
                let hash = mix(mix(SALT, u64::from(node.number())), u64::from(point));
                places.push((upper(finish(hash)), node));
            }
        }
        places.sort_unstable();
        Self { points: places.into(), nodes: count }
    }

    /// All points, by place.
    pub fn points(&self) -> &[(u32, ActorId)] {
        &self.points
    }

    /// How many nodes are on it.
    pub fn nodes(&self) -> u16 {
        self.nodes
    }

    /// Every node once, clockwise from a place: a preference list.
    pub fn walk(&self, place: u32) -> Vec<ActorId> {
        let start = self.points.partition_point(|(at, _)| *at < place);
        let (before, after) = self.points.split_at(start);
        let mut nodes = Vec::with_capacity(usize::from(self.nodes));
        for (_, node) in after.iter().chain(before) {
            if !nodes.contains(node) {
                nodes.push(*node);
                if nodes.len() == usize::from(self.nodes) {
                    break;
                }
            }
        }
        nodes
    }

    /// The first so many of the walk: who keeps what lies there.
    pub fn owners(&self, place: u32, count: u16) -> Vec<ActorId> {
        let mut owners = self.walk(place);
        owners.truncate(usize::from(count));
        owners
    }

    /// The arcs between neighbouring points: on each, all keys have the same preference list.
    pub fn arcs(&self) -> impl Iterator<Item = Arc32> + '_ {
        let mut places: Vec<u32> = self.points.iter().map(|(at, _)| *at).collect();
        places.dedup();
        let last = places.last().copied().unwrap_or_default();
        let mut after = last;
        places.into_iter().map(move |upto| Arc32 { after: std::mem::replace(&mut after, upto), upto })
    }
}

fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The place of a key.
pub fn place(key: &str) -> u32 {
    // FNV-1a; its upper bits alone would be much alike for keys that differ in their last letter.
    let hash = key
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    upper(finish(hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn nodes(count: u16) -> impl Iterator<Item = ActorId> {
        (1..=count).map(ActorId::node)
    }

    #[test]
    fn the_lessons_find_what_they_say() {
        let ring = Ring::of(nodes(5), 4);
        let list = place(super::super::client::KEY);
        assert_eq!(ring.walk(list), nodes(5).collect::<Vec<_>>());
        assert_eq!(ring.owners(list, 3), nodes(3).collect::<Vec<_>>());
        let owned = |node| {
            let arcs = ring.arcs().filter(|arc| ring.walk(arc.upto)[0] == node);
            arcs.map(|arc| u64::from(arc.upto.wrapping_sub(arc.after))).sum::<u64>()
        };
        let fifth = (1u64 << 32) / 5;
        assert!(nodes(5).all(|node| owned(node).abs_diff(fifth) < fifth / 5));
    }

    #[test]
    fn with_many_points_everybody_owns_about_the_same() {
        let ring = Ring::of(nodes(10), 100);
        let mut owned = [0u32; 11];
        for key in 0..20_000 {
            owned[usize::from(ring.walk(place(&format!("key{key}")))[0].number())] += 1;
        }
        // The relative standard deviation is near 1/sqrt(100); the largest of ten is some 16 % over the mean.
        assert!(owned[1..].iter().all(|&count| (1_400..2_700).contains(&count)), "{owned:?}");
    }

    #[test]
    fn a_node_that_leaves_moves_only_what_it_kept() {
        let (before, after) = (Ring::of(nodes(5), 8), Ring::of(nodes(4), 8));
        for key in 0..500 {
            let at = place(&format!("key{key}"));
            let stays: Vec<ActorId> = before.walk(at).into_iter().filter(|node| node.number() <= 4).collect();
            assert_eq!(after.walk(at), stays);
        }
    }

    proptest! {
        #[test]
        fn arcs_cover_the_circle_once_and_share_owners(count in 1u16..6, points in 1u16..9, at: u32) {
            let ring = Ring::of(nodes(count), points);
            let on: Vec<Arc32> = ring.arcs().filter(|arc| arc.contains(at)).collect();
            prop_assert_eq!(on.len(), 1);
            prop_assert_eq!(ring.walk(at), ring.walk(on[0].upto));
            prop_assert_eq!(ring.walk(at).len(), usize::from(count));
        }

        #[test]
        fn halves_part_an_arc(after: u32, upto: u32, at: u32) {
            let arc = Arc32 { after, upto };
            match arc.halves() {
                Some([low, high]) => {
                    prop_assert_eq!(arc.contains(at), low.contains(at) || high.contains(at));
                    prop_assert!(!(low.contains(at) && high.contains(at)));
                }
                None => prop_assert_eq!(upto, after.wrapping_add(1)),
            }
        }
    }
}
