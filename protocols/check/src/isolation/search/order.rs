//! A topological order that is kept while edges come and go (Pearce and Kelly, "A Dynamic Topological Sort Algorithm
//! for Directed Acyclic Graphs", 2007).
//!
//! Edges that are always there are a [`Graph`]; those that depend on a choice carry the literal of that choice. An
//! edge against the order moves only the nodes between its ends; one that closes a cycle is refused, with the
//! literals along it.

use super::super::graph::Graph;

/// The literal of an edge that is always there.
pub(super) const ALWAYS: u32 = u32::MAX;
const NO_ROW: u32 = u32::MAX;

/// The order, and the edges that are in it.
#[derive(Clone, Debug)]
pub(super) struct Topological {
    onwards: Graph,
    backwards: Graph,
    /// For each node its position.
    position: Vec<u32>,
    /// Edges by choice, both ways: rows of nodes that have any.
    row_of: Vec<u32>,
    rows: Vec<Row>,
    /// Edges by choice in the order in which they came.
    inserted: Vec<(u32, u32)>,
    // Scratch.
    visited: Vec<u32>,
    visit: u32,
    parent: Vec<(u32, u32)>,
    stack: Vec<u32>,
    after: Vec<u32>,
    before: Vec<u32>,
    pool: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct Row {
    onwards: Vec<(u32, u32)>,
    backwards: Vec<(u32, u32)>,
}

impl Topological {
    /// An order of a graph without cycles, given as its nodes in order.
    pub(super) fn new(graph: Graph, order: &[u32]) -> Self {
        let nodes = graph.nodes() as usize;
        let mut position = vec![0; nodes];
        for (node, at) in order.iter().zip(0..) {
            position[*node as usize] = at;
        }
        Self {
            backwards: graph.reversed(),
            onwards: graph,
            position,
            row_of: vec![NO_ROW; nodes],
            rows: Vec::new(),
            inserted: Vec::new(),
            visited: vec![0; nodes],
            visit: 0,
            parent: vec![(0, 0); nodes],
            stack: Vec::new(),
            after: Vec::new(),
            before: Vec::new(),
            pool: Vec::new(),
        }
    }

    /// The edges that are always there.
    pub(super) fn graph(&self) -> &Graph {
        &self.onwards
    }

    /// The nodes from which an edge that is always there leads to this one.
    pub(super) fn known_before(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        self.backwards.out(node).map(|(_, from)| from)
    }

    /// Where a node stands.
    pub(super) fn position(&self, node: u32) -> u32 {
        self.position[node as usize]
    }

    /// How many edges by choice there are.
    pub(super) fn depth(&self) -> usize {
        self.inserted.len()
    }

    /// Takes out the edges by choice that came last, until so many are left.
    pub(super) fn shrink(&mut self, depth: usize) {
        while self.inserted.len() > depth {
            let Some((from, to)) = self.inserted.pop() else { return };
            self.rows[self.row_of[from as usize] as usize].onwards.pop();
            self.rows[self.row_of[to as usize] as usize].backwards.pop();
        }
    }

    /// Adds an edge by choice.
    ///
    /// # Errors
    /// If it closes a cycle: the literals of the edges by choice on it, its own included. Then it is not added.
    pub(super) fn insert(
        &mut self,
        from: u32,
        to: u32,
        literal: u32,
        left: &mut u64,
    ) -> Result<(), Vec<u32>> {
        let (lowest, highest) = (self.position[to as usize], self.position[from as usize]);
        if lowest <= highest {
            if from == to || self.go_on(to, from, highest, left) {
                return Err(self.literals(to, from, literal));
            }
            self.go_back(from, lowest, left);
            self.rearrange();
        }
        let row = self.row(from);
        self.rows[row].onwards.push((to, literal));
        let row = self.row(to);
        self.rows[row].backwards.push((from, literal));
        self.inserted.push((from, to));
        Ok(())
    }

    fn row(&mut self, node: u32) -> usize {
        let slot = &mut self.row_of[node as usize];
        if *slot == NO_ROW {
            *slot = self.rows.len() as u32;
            self.rows.push(Row::default());
        }
        *slot as usize
    }

    /// Collects what comes after `start`, up to a position. Returns whether `goal` does.
    fn go_on(&mut self, start: u32, goal: u32, highest: u32, left: &mut u64) -> bool {
        self.visit += 1;
        self.after.clear();
        self.stack.clear();
        self.stack.push(start);
        self.visited[start as usize] = self.visit;
        while let Some(node) = self.stack.pop() {
            self.after.push(node);
            let fixed = self.onwards.out(node).map(|(_, to)| (to, ALWAYS));
            let row = self.rows.get(self.row_of[node as usize] as usize);
            let chosen = row.into_iter().flat_map(|row| row.onwards.iter().copied());
            for (to, literal) in fixed.chain(chosen) {
                *left = left.saturating_sub(1);
                if self.position[to as usize] > highest || self.visited[to as usize] == self.visit {
                    continue;
                }
                self.visited[to as usize] = self.visit;
                self.parent[to as usize] = (node, literal);
                if to == goal {
                    return true;
                }
                self.stack.push(to);
            }
        }
        false
    }

    /// Collects what comes before `start`, down to a position.
    fn go_back(&mut self, start: u32, lowest: u32, left: &mut u64) {
        self.visit += 1;
        self.before.clear();
        self.stack.clear();
        self.stack.push(start);
        self.visited[start as usize] = self.visit;
        while let Some(node) = self.stack.pop() {
            self.before.push(node);
            let fixed = self.backwards.out(node).map(|(_, from)| from);
            let row = self.rows.get(self.row_of[node as usize] as usize);
            let chosen = row.into_iter().flat_map(|row| row.backwards.iter().map(|(from, _)| *from));
            for from in fixed.chain(chosen) {
                *left = left.saturating_sub(1);
                if self.position[from as usize] >= lowest && self.visited[from as usize] != self.visit {
                    self.visited[from as usize] = self.visit;
                    self.stack.push(from);
                }
            }
        }
    }

    /// Gives what comes before the new edge the first of the positions that it and what comes after have.
    fn rearrange(&mut self) {
        let Self { position, before, after, pool, .. } = self;
        before.sort_unstable_by_key(|node| position[*node as usize]);
        after.sort_unstable_by_key(|node| position[*node as usize]);
        pool.clear();
        pool.extend(before.iter().chain(after.iter()).map(|node| position[*node as usize]));
        pool.sort_unstable();
        for (node, at) in before.iter().chain(after.iter()).zip(pool.iter()) {
            position[*node as usize] = *at;
        }
    }

    /// The literals along the way that [`Self::go_on`] found, and that of the edge which closes it.
    fn literals(&self, start: u32, goal: u32, literal: u32) -> Vec<u32> {
        let mut literals = vec![literal];
        let mut node = goal;
        while node != start {
            let (before, literal) = self.parent[node as usize];
            if literal != ALWAYS {
                literals.push(literal);
            }
            node = before;
        }
        literals.sort_unstable();
        literals.dedup();
        literals
    }

    /// Whether the order is one of all its edges. For tests.
    #[cfg(test)]
    fn is_sound(&self) -> bool {
        let mut positions = self.position.clone();
        positions.sort_unstable();
        positions.iter().zip(0..).all(|(position, at)| *position == at)
            && self.onwards.all().all(|(from, _, to)| self.position(from) < self.position(to))
            && self.inserted.iter().all(|(from, to)| self.position(*from) < self.position(*to))
            && self.rows.iter().map(|row| row.onwards.len()).sum::<usize>() == self.inserted.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::graph::{Components, Edges, Kind, Mask};
    use super::*;

    #[test]
    fn an_edge_is_refused_exactly_if_it_closes_a_cycle() {
        let mut random = 3_u64;
        let mut draw = |below: u32| {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (random >> 33) as u32 % below
        };
        for _ in 0..400 {
            let nodes = 2 + draw(9);
            let mut fixed = Edges::default();
            for _ in 0..draw(8) {
                let (a, b) = (draw(nodes), draw(nodes));
                if a < b {
                    fixed.push(a, Kind::Saw, b);
                }
            }
            let graph = Graph::new(nodes, fixed);
            let order: Vec<u32> = (0..nodes).collect();
            let mut topological = Topological::new(graph.clone(), &order);
            let mut edges: Vec<(u32, u32)> = Vec::new();
            for literal in 0..20 {
                if draw(5) == 0 {
                    let depth = draw(edges.len() as u32 + 1) as usize;
                    topological.shrink(depth);
                    edges.truncate(depth);
                    continue;
                }
                let (from, to) = (draw(nodes), draw(nodes));
                let mut all = Edges::default();
                for (from, to) in edges.iter().chain([&(from, to)]) {
                    all.push(*from, Kind::Saw, *to);
                }
                let whole = graph.and(all);
                let cyclic = from == to || !Components::of(&whole, Mask::ALL).knots().is_empty();
                let refused = topological.insert(from, to, literal, &mut 1000);
                assert_eq!(refused.is_err(), cyclic);
                if refused.is_ok() {
                    edges.push((from, to));
                }
                assert_eq!(topological.depth(), edges.len());
                assert!(topological.is_sound());
            }
        }
    }
}
