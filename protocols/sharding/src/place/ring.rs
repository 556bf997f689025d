//! Consistent hashing with virtual nodes (Karger et al., STOC 1997; the many points a node as in Chord and Dynamo).
//!
//! Nodes have points on a circle of hashes, and a key belongs to the first point clockwise from its own place. A node that
//! comes takes over the arcs before its points and nothing else moves; one that goes leaves its arcs to whoever comes
//! next. With one point a node the arcs differ wildly; with k points the shares spread by about 1/√k.

use super::hash::{pair, splitmix};

/// The circle: 2⁶⁴ places, and the nodes' points on it in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ring {
    points: Vec<(u64, u32)>,
}

impl Ring {
    /// The ring of these nodes, with so many points each.
    pub fn new(nodes: impl IntoIterator<Item = u32>, points: u32) -> Self {
        let of = |node: u32| (0..points.max(1)).map(move |point| (place_of(node, point), node));
        let mut points: Vec<(u64, u32)> = nodes.into_iter().flat_map(of).collect();
        points.sort_unstable();
        Self { points }
    }

    /// The points in order: where, and whose.
    pub fn points(&self) -> &[(u64, u32)] {
        &self.points
    }

    /// The place in [`Ring::points`] of the first point at or after a place; none on an empty ring.
    pub fn next(&self, place: u64) -> Option<usize> {
        let at = self.points.partition_point(|(point, _)| *point < place);
        (!self.points.is_empty()).then_some(if at == self.points.len() { 0 } else { at })
    }

    /// Who keeps what lies at this place; nobody on an empty ring.
    pub fn owner(&self, place: u64) -> Option<u32> {
        self.next(place).map(|at| self.points[at].1)
    }

    /// The nodes clockwise from a place on, each point once, all the way round.
    pub fn clockwise(&self, place: u64) -> impl Iterator<Item = u32> {
        let from = self.next(place).unwrap_or_default();
        self.points[from..].iter().chain(&self.points[..from]).map(|(_, node)| *node)
    }

    /// The share of the circle that each of the nodes 0 to `nodes` has: its arcs, exactly.
    pub fn shares(&self, nodes: u32) -> Vec<f64> {
        let mut shares = vec![0.0; nodes as usize];
        let mut before = self.points.last().map_or(0, |(place, _)| *place);
        for (place, node) in &self.points {
            if let Some(share) = shares.get_mut(*node as usize) {
                *share += place.wrapping_sub(before) as f64 / 18_446_744_073_709_551_616.0;
            }
            before = *place;
        }
        shares
    }
}

/// Where a node's point lies.
pub const fn place_of(node: u32, point: u32) -> u64 {
    pair(splitmix(node as u64), point as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_belongs_to_the_next_point_clockwise() {
        let ring = Ring { points: vec![(10, 1), (20, 2), (30, 1)] };
        for (place, owner) in [(0, 1), (10, 1), (11, 2), (20, 2), (21, 1), (30, 1), (31, 1), (u64::MAX, 1)] {
            assert_eq!(ring.owner(place), Some(owner), "{place}");
        }
        assert_eq!(ring.clockwise(15).collect::<Vec<_>>(), [2, 1, 1]);
        assert_eq!(Ring::default().owner(3), None);
        assert_eq!(Ring::default().clockwise(3).count(), 0);
    }

    #[test]
    fn who_comes_takes_and_nobody_else_moves() {
        let (before, after) = (Ring::new(0..10, 100), Ring::new(0..11, 100));
        let mut moved = 0;
        for key in (0..50_000).map(splitmix) {
            let (old, new) = (before.owner(key), after.owner(key));
            moved += u32::from(old != new);
            assert!(old == new || new == Some(10), "moved from {old:?} to {new:?}");
        }
        // 1/11, give or take what the new one's arcs happen to be.
        assert!((3_700..5_400).contains(&moved), "{moved}");
    }

    #[test]
    fn shares_spread_as_the_beta_law_says() {
        let n = 200u32;
        for k in [1u32, 10, 100] {
            let mut squares = 0.0;
            let rings = 10;
            for ring in 0..rings {
                let nodes = ring * n..(ring + 1) * n;
                let ring = Ring::new(nodes.clone(), k);
                let shares = ring.shares((nodes.end).max(n));
                let mine = &shares[nodes.start as usize..];
                assert!((mine.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                squares +=
                    mine.iter().map(|s| (s * f64::from(n) - 1.0) * (s * f64::from(n) - 1.0)).sum::<f64>();
            }
            let deviation = (squares / f64::from(n * rings)).sqrt();
            let law = (f64::from(n - 1) / f64::from(n * k + 1)).sqrt();
            assert!((deviation / law - 1.0).abs() < 0.12, "{k} points: {deviation}, not {law}");
        }
    }
}
