//! Graphs of transactions: edges with kinds, stored row by row, and their strongly connected components.
//!
//! Nodes are numbered; the first are the transactions of a history, then come *joints*: nodes that stand for
//! nothing themselves and let a few edges say what would take very many (all readers of a version before all that
//! replaced it; all that was over before all that began later). A way through joints is one edge in what a person
//! reads.

use std::ops::Range;

/// What ties two transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Kind {
    /// The later one overwrote what the earlier one wrote.
    Overwrote,
    /// The later one saw what the earlier one wrote.
    Saw,
    /// The earlier one did not see what the later one wrote.
    Missed,
    /// The same process ran the later one after the earlier one.
    Process,
    /// The earlier one was over before the later one began.
    Time,
    /// Goes on from a joint.
    Joint,
    /// Must come before in any order of commits, by the axiom of the level that is checked.
    Must,
}

const KINDS: [Kind; 7] =
    [Kind::Overwrote, Kind::Saw, Kind::Missed, Kind::Process, Kind::Time, Kind::Joint, Kind::Must];

/// A set of kinds of edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mask(u8);

impl Mask {
    pub(crate) const NONE: Mask = Mask(0);
    pub(crate) const ALL: Mask = Mask(u8::MAX);

    pub(crate) const fn with(self, kind: Kind) -> Mask {
        Mask(self.0 | 1 << kind as u8)
    }

    pub(crate) const fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}

const KIND_SHIFT: u32 = 29;
const NODE_MASK: u32 = (1 << KIND_SHIFT) - 1;

/// How many nodes a graph may have: the kind of an edge shares a word with the node it leads to.
pub(crate) const NODES_MOST: u32 = NODE_MASK;

/// Edges, as they come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edges {
    pairs: Vec<(u32, u32)>,
}

impl Edges {
    pub(crate) fn push(&mut self, from: u32, kind: Kind, to: u32) {
        debug_assert!(from < NODES_MOST && to < NODES_MOST);
        self.pairs.push((from, to | (kind as u32) << KIND_SHIFT));
    }

    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }
}

/// A graph, row by row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    starts: Vec<u32>,
    heads: Vec<u32>,
}

impl Graph {
    /// The graph with these edges.
    pub(crate) fn new(nodes: u32, edges: Edges) -> Graph {
        Self::collect(nodes, edges.pairs.iter().copied())
    }

    fn collect(nodes: u32, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Graph {
        let mut starts = vec![0_u32; nodes as usize + 1];
        for (from, _) in pairs.clone() {
            starts[from as usize + 1] += 1;
        }
        for place in 1..starts.len() {
            starts[place] += starts[place - 1];
        }
        let mut heads = vec![0; starts[nodes as usize] as usize];
        let mut next = starts.clone();
        for (from, head) in pairs {
            let place = &mut next[from as usize];
            heads[*place as usize] = head;
            *place += 1;
        }
        Graph { starts, heads }
    }

    pub(crate) fn nodes(&self) -> u32 {
        self.starts.len().saturating_sub(1) as u32
    }

    pub(crate) fn edges(&self) -> u32 {
        self.heads.len() as u32
    }

    /// The edges that leave a node: kind and where they lead.
    pub(crate) fn out(&self, node: u32) -> impl ExactSizeIterator<Item = (Kind, u32)> + Clone + '_ {
        self.heads[self.range(node)].iter().map(|head| unpack(*head))
    }

    fn range(&self, node: u32) -> Range<usize> {
        self.starts[node as usize] as usize..self.starts[node as usize + 1] as usize
    }

    /// All edges.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u32, Kind, u32)> + Clone + '_ {
        (0..self.nodes()).flat_map(|from| self.out(from).map(move |(kind, to)| (from, kind, to)))
    }

    /// The graph of its first nodes, with edges of these kinds alone.
    pub(crate) fn only(&self, nodes: u32, mask: Mask) -> Graph {
        let pairs = (0..nodes).flat_map(|from| {
            let heads = self.heads[self.range(from)].iter();
            let stays = |head: &&u32| {
                let (kind, to) = unpack(**head);
                mask.has(kind) && to < nodes
            };
            heads.filter(stays).map(move |head| (from, *head))
        });
        Self::collect(nodes, pairs)
    }

    /// The graph with these edges besides its own.
    pub(crate) fn and(&self, edges: Edges) -> Graph {
        let own = (0..self.nodes())
            .flat_map(|from| self.heads[self.range(from)].iter().map(move |head| (from, *head)));
        Self::collect(self.nodes(), own.chain(edges.pairs.iter().copied()))
    }

    /// The nodes, each after all from which an edge leads to it, small numbers first; none if there is a cycle.
    pub(crate) fn sorted(&self) -> Option<Vec<u32>> {
        self.sorted_by(|node| node)
    }

    /// The same, of several that could come next the one with the smallest key first.
    pub(crate) fn sorted_by<K: Ord>(&self, key: impl Fn(u32) -> K) -> Option<Vec<u32>> {
        let mut waits = vec![0_u32; self.nodes() as usize];
        for head in &self.heads {
            waits[(head & NODE_MASK) as usize] += 1;
        }
        let entry = |node: u32| std::cmp::Reverse((key(node), node));
        let mut ready: std::collections::BinaryHeap<_> =
            (0..self.nodes()).filter(|node| waits[*node as usize] == 0).map(entry).collect();
        let mut sorted = Vec::with_capacity(waits.len());
        while let Some(std::cmp::Reverse((_, node))) = ready.pop() {
            sorted.push(node);
            for (_, to) in self.out(node) {
                waits[to as usize] -= 1;
                if waits[to as usize] == 0 {
                    ready.push(entry(to));
                }
            }
        }
        (sorted.len() == waits.len()).then_some(sorted)
    }

    /// The same graph with every edge turned round.
    pub(crate) fn reversed(&self) -> Graph {
        let turned = (0..self.nodes()).flat_map(|from| {
            self.heads[self.range(from)]
                .iter()
                .map(move |head| (head & NODE_MASK, from | (head & !NODE_MASK)))
        });
        Self::collect(self.nodes(), turned)
    }

    /// The graph among `members` alone, which become its nodes in their order. `place_of` is scratch, as long as
    /// this graph has nodes, and all [`u32::MAX`]; it is left so.
    pub(crate) fn among(&self, members: &[u32], place_of: &mut [u32]) -> Graph {
        for (member, place) in members.iter().zip(0..) {
            place_of[*member as usize] = place;
        }
        let mut graph = Graph { starts: Vec::with_capacity(members.len() + 1), heads: Vec::new() };
        graph.starts.push(0);
        for member in members {
            for head in &self.heads[self.range(*member)] {
                let place = place_of[(head & NODE_MASK) as usize];
                if place != u32::MAX {
                    graph.heads.push(place | (head & !NODE_MASK));
                }
            }
            graph.starts.push(graph.heads.len() as u32);
        }
        for member in members {
            place_of[*member as usize] = u32::MAX;
        }
        graph
    }
}

fn unpack(head: u32) -> (Kind, u32) {
    (KINDS[(head >> KIND_SHIFT) as usize], head & NODE_MASK)
}

/// The strongly connected components of a graph by edges of some kinds (Tarjan 1972, without recursion), in slices.
#[derive(Clone, Debug)]
pub(crate) struct Components {
    mask: Mask,
    /// For each node its component. Components are numbered against the direction of the edges: an edge between
    /// two of them leads to the smaller number. While searching: visit number, marked as such.
    component: Vec<u32>,
    count: u32,
    low: Vec<u32>,
    stack: Vec<u32>,
    /// The path: a node and how many of its edges were followed.
    path: Vec<(u32, u32)>,
    next_root: u32,
    visited: u32,
    /// Components of more than one node.
    knots: Vec<Vec<u32>>,
}

/// Nodes not seen yet.
const UNSEEN: u32 = u32::MAX;
/// Visit numbers carry this bit, component numbers do not.
const ON_STACK: u32 = 1 << 31;

impl Components {
    pub(crate) fn new(graph: &Graph, mask: Mask) -> Self {
        let nodes = graph.nodes() as usize;
        Self {
            mask,
            component: vec![UNSEEN; nodes],
            count: 0,
            low: vec![0; nodes],
            stack: Vec::new(),
            path: Vec::new(),
            next_root: 0,
            visited: 0,
            knots: Vec::new(),
        }
    }

    /// All at once.
    pub(crate) fn of(graph: &Graph, mask: Mask) -> Self {
        let mut components = Self::new(graph, mask);
        components.advance(graph, &mut u64::MAX.clone());
        components
    }

    /// Works for as many steps as are left; a step is a node or an edge. Returns whether it is done.
    pub(crate) fn advance(&mut self, graph: &Graph, left: &mut u64) -> bool {
        while *left > 0 {
            *left -= 1;
            let Some((node, followed)) = self.path.last_mut() else {
                if !self.start() {
                    self.low = Vec::new();
                    return true;
                }
                continue;
            };
            let range = graph.range(*node);
            let place = range.start + *followed as usize;
            if place == range.end {
                let node = *node;
                self.path.pop();
                self.finish(node);
                continue;
            }
            *followed += 1;
            let (kind, to) = unpack(graph.heads[place]);
            if !self.mask.has(kind) {
                continue;
            }
            let node = *node;
            let seen = self.component[to as usize];
            if seen == UNSEEN {
                self.visit(to);
            } else if seen & ON_STACK != 0 {
                let low = &mut self.low[node as usize];
                *low = (*low).min(seen & !ON_STACK);
            }
        }
        self.path.is_empty() && self.next_root as usize >= self.component.len() && self.low.is_empty()
    }

    fn start(&mut self) -> bool {
        while let Some(seen) = self.component.get(self.next_root as usize) {
            if *seen == UNSEEN {
                self.visit(self.next_root);
                return true;
            }
            self.next_root += 1;
        }
        false
    }

    fn visit(&mut self, node: u32) {
        self.component[node as usize] = self.visited | ON_STACK;
        self.low[node as usize] = self.visited;
        self.visited += 1;
        self.stack.push(node);
        self.path.push((node, 0));
    }

    fn finish(&mut self, node: u32) {
        let low = self.low[node as usize];
        if let Some((above, _)) = self.path.last() {
            let above = &mut self.low[*above as usize];
            *above = (*above).min(low);
        }
        if low != self.component[node as usize] & !ON_STACK {
            return;
        }
        let begin = self.stack.iter().rposition(|member| *member == node).unwrap_or(0);
        for member in &self.stack[begin..] {
            self.component[*member as usize] = self.count;
        }
        if self.stack.len() - begin > 1 {
            self.knots.push(self.stack[begin..].to_vec());
        }
        self.stack.truncate(begin);
        self.count += 1;
    }

    /// Components of more than one node.
    pub(crate) fn knots(&self) -> &[Vec<u32>] {
        &self.knots
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The component of a node. An edge from one component to another leads to a smaller number.
    pub(crate) fn component(&self, node: u32) -> u32 {
        self.component[node as usize]
    }

    /// Whether a way leads from one node to the other and back.
    pub(crate) fn together(&self, a: u32, b: u32) -> bool {
        self.component[a as usize] == self.component[b as usize]
    }
}

/// Searches for shortest ways in one graph, breadth first. Ways through joints count no more than one edge.
#[derive(Clone, Debug)]
pub(crate) struct Ways {
    /// For each node the search that reached it last, and from where.
    reached_by: Vec<u32>,
    from: Vec<(u32, Kind)>,
    distance: Vec<u32>,
    search: u32,
    queue: std::collections::VecDeque<u32>,
}

impl Ways {
    pub(crate) fn new(graph: &Graph) -> Self {
        let nodes = graph.nodes() as usize;
        Self {
            reached_by: vec![0; nodes],
            from: vec![(0, Kind::Joint); nodes],
            distance: vec![0; nodes],
            search: 0,
            queue: std::collections::VecDeque::new(),
        }
    }

    /// The shortest way from `start` to `goal` by edges of these kinds: (kind, node) for each edge; empty if they
    /// are the same. None if there is none, or the steps run out.
    pub(crate) fn find(
        &mut self,
        graph: &Graph,
        mask: Mask,
        start: u32,
        goal: u32,
        left: &mut u64,
    ) -> Option<Vec<(Kind, u32)>> {
        self.search += 1;
        self.queue.clear();
        self.queue.push_back(start);
        self.reached_by[start as usize] = self.search;
        self.distance[start as usize] = 0;
        while let Some(node) = self.queue.pop_front() {
            if node == goal {
                return Some(self.way(start, goal));
            }
            for (kind, to) in graph.out(node) {
                *left = left.checked_sub(1)?;
                if !mask.has(kind) {
                    continue;
                }
                // What a joint leads to is no farther than the joint.
                let distance = self.distance[node as usize] + u32::from(kind != Kind::Joint);
                let to_before = self.reached_by[to as usize] == self.search;
                if to_before && self.distance[to as usize] <= distance {
                    continue;
                }
                self.reached_by[to as usize] = self.search;
                self.distance[to as usize] = distance;
                self.from[to as usize] = (node, kind);
                if kind == Kind::Joint {
                    self.queue.push_front(to);
                } else {
                    self.queue.push_back(to);
                }
            }
        }
        None
    }

    fn way(&self, start: u32, goal: u32) -> Vec<(Kind, u32)> {
        let mut way = Vec::new();
        let mut node = goal;
        while node != start {
            let (before, kind) = self.from[node as usize];
            way.push((kind, node));
            node = before;
        }
        way.reverse();
        way
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(nodes: u32, pairs: &[(u32, u32)]) -> Graph {
        let mut edges = Edges::default();
        for (from, to) in pairs {
            edges.push(*from, Kind::Saw, *to);
        }
        Graph::new(nodes, edges)
    }

    /// Reachability by trying everything.
    fn reaches(nodes: u32, pairs: &[(u32, u32)]) -> Vec<Vec<bool>> {
        let mut reach = vec![vec![false; nodes as usize]; nodes as usize];
        for (from, to) in pairs {
            reach[*from as usize][*to as usize] = true;
        }
        for middle in 0..nodes as usize {
            for from in 0..nodes as usize {
                for to in 0..nodes as usize {
                    reach[from][to] |= reach[from][middle] && reach[middle][to];
                }
            }
        }
        reach
    }

    #[test]
    fn components_and_ways_are_those_of_reachability() {
        let mut random = 7_u64;
        let mut draw = |below: u64| {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (random >> 33) % below
        };
        for _ in 0..500 {
            let nodes = 1 + draw(9) as u32;
            let pairs: Vec<(u32, u32)> =
                (0..draw(16)).map(|_| (draw(nodes.into()) as u32, draw(nodes.into()) as u32)).collect();
            let graph = graph(nodes, &pairs);
            let reach = reaches(nodes, &pairs);
            let mut components = Components::new(&graph, Mask::ALL);
            while !components.advance(&graph, &mut 3) {}
            let mut ways = Ways::new(&graph);
            for a in 0..nodes {
                for b in 0..nodes {
                    let both = a == b || (reach[a as usize][b as usize] && reach[b as usize][a as usize]);
                    assert_eq!(components.together(a, b), both);
                    if reach[a as usize][b as usize] {
                        assert!(components.component(a) >= components.component(b));
                    }
                    let way = ways.find(&graph, Mask::ALL, a, b, &mut 1000);
                    assert_eq!(way.is_some(), a == b || reach[a as usize][b as usize]);
                }
            }
            let knotted: usize = components.knots().iter().map(Vec::len).sum();
            let expected = (0..nodes).filter(|a| (0..nodes).any(|b| b != *a && components.together(*a, b)));
            assert_eq!(knotted, expected.count());
            let reversed = graph.reversed();
            let mut turned: Vec<_> = reversed.all().map(|(from, kind, to)| (to, kind, from)).collect();
            let mut edges: Vec<_> = graph.all().collect();
            turned.sort_unstable();
            edges.sort_unstable();
            assert_eq!(turned, edges);
        }
    }

    #[test]
    fn a_way_through_joints_is_one_edge_long() {
        let mut edges = Edges::default();
        edges.push(0, Kind::Missed, 1);
        edges.push(1, Kind::Joint, 2);
        edges.push(2, Kind::Joint, 3);
        edges.push(0, Kind::Saw, 4);
        edges.push(4, Kind::Saw, 3);
        let graph = Graph::new(5, edges);
        let way = Ways::new(&graph).find(&graph, Mask::ALL, 0, 3, &mut 100);
        assert_eq!(way, Some(vec![(Kind::Missed, 1), (Kind::Joint, 2), (Kind::Joint, 3)]));
        let without = Mask::ALL.0 & !Mask::NONE.with(Kind::Missed).0;
        let way = Ways::new(&graph).find(&graph, Mask(without), 0, 3, &mut 100);
        assert_eq!(way, Some(vec![(Kind::Saw, 4), (Kind::Saw, 3)]));
        assert_eq!(Ways::new(&graph).find(&graph, Mask::ALL, 0, 3, &mut 1), None);
    }
}
