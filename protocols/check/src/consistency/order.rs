//! An order that grows: a graph without cycles, kept sorted while arrows are added (Pearce and Kelly 2007).

use smallvec::SmallVec;

/// Nodes are numbered from 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Sorted {
    /// The place of each node; arrows go from smaller to larger.
    place: Vec<u32>,
    to: Vec<SmallVec<[u32; 2]>>,
    from: Vec<SmallVec<[u32; 2]>>,
    /// Marks of the nodes visited by the search at work.
    visited: Vec<u32>,
    round: u32,
}

impl Sorted {
    /// Makes room for `count` nodes; new ones come behind all others.
    pub(super) fn grow(&mut self, count: usize) {
        for node in self.place.len()..count {
            self.place.push(node as u32);
        }
        self.to.resize_with(self.place.len(), SmallVec::new);
        self.from.resize_with(self.place.len(), SmallVec::new);
        self.visited.resize(self.place.len(), 0);
    }

    /// Adds an arrow. Returns false, and leaves it out, if it closes a cycle.
    pub(super) fn add(&mut self, from: u32, to: u32) -> bool {
        if from == to {
            return false;
        }
        if self.to[from as usize].contains(&to) {
            return true;
        }
        let (low, high) = (self.place[to as usize], self.place[from as usize]);
        if low < high {
            let Some(after) = self.reach(to, |place| place <= high, true, from) else { return false };
            let Some(before) = self.reach(from, |place| place >= low, false, to) else { return false };
            self.reorder(before, after);
        }
        self.to[from as usize].push(to);
        self.from[to as usize].push(from);
        true
    }

    /// Everything that can be reached from a node within a stretch of places; none if `end` is.
    fn reach(
        &mut self,
        start: u32,
        within: impl Fn(u32) -> bool,
        forward: bool,
        end: u32,
    ) -> Option<Vec<u32>> {
        self.round += 1;
        let mut found = vec![start];
        self.visited[start as usize] = self.round;
        let mut next = 0;
        while let Some(node) = found.get(next).copied() {
            next += 1;
            for other in &if forward { &self.to } else { &self.from }[node as usize] {
                if *other == end {
                    return None;
                }
                if self.visited[*other as usize] != self.round && within(self.place[*other as usize]) {
                    self.visited[*other as usize] = self.round;
                    found.push(*other);
                }
            }
        }
        Some(found)
    }

    /// Puts all of `before` before all of `after`, into the places that they have between them.
    fn reorder(&mut self, mut before: Vec<u32>, mut after: Vec<u32>) {
        before.sort_by_key(|node| self.place[*node as usize]);
        after.sort_by_key(|node| self.place[*node as usize]);
        let nodes: Vec<u32> = before.into_iter().chain(after).collect();
        let mut places: Vec<u32> = nodes.iter().map(|node| self.place[*node as usize]).collect();
        places.sort_unstable();
        for (node, place) in nodes.into_iter().zip(places) {
            self.place[node as usize] = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_refuses_exactly_what_closes_a_cycle() {
        let mut state = 7_u64;
        let mut next = |bound: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        let (mut added, mut refused) = (0, 0);
        for _ in 0..300 {
            let count = 2 + next(9) as usize;
            let mut sorted = Sorted::default();
            let mut reach = vec![vec![false; count]; count];
            sorted.grow(count);
            for _ in 0..30 {
                let (from, to) = (next(count as u64) as usize, next(count as u64) as usize);
                let closes = from == to || reach[to][from];
                assert_eq!(sorted.add(from as u32, to as u32), !closes);
                if closes {
                    refused += 1;
                    continue;
                }
                added += 1;
                for one in 0..count {
                    for other in 0..count {
                        let through = (one == from || reach[one][from]) && (to == other || reach[to][other]);
                        reach[one][other] |= through;
                    }
                }
            }
        }
        assert!(added > 1000 && refused > 1000);
    }
}
