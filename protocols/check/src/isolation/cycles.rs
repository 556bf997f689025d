//! Cycles of dependencies: which shapes there are, and a short one of each.
//!
//! A history without a cycle is done after one search for strongly connected components. Else each component (a
//! *knot*) is looked at alone, first with dependencies only, then with the order of processes, then with time:
//!
//! - G0, G1c: an edge of the kind in question within a component of the edges allowed closes a cycle. For G0 only
//!   transactions count that were told so: one of unknown outcome whose writes were seen may have failed all the
//!   same, which would be no worse than G1.
//! - G-single: a missed write closes a cycle if a way without missed writes leads back. For 64 of them at once,
//!   that is one pass over the components of the knot.
//! - G-nonadjacent: cycles of a graph in which each transaction stands twice, as arrived at by a missed write or not;
//!   after a missed write no other may be taken. An SCC of it that holds a missed write is one.
//! - G2-item: any other missed write within the knot.
//!
//! A shape is not looked for where it follows from one found before. The cycle shown is the shortest among those
//! through the first edges that close one.

use super::evidence::{Findings, Proof};
use super::explain::Explainer;
use super::facts::Facts;
use super::graph::{Components, Edges, Graph, Kind, Mask, Ways};
use super::history::Transactions;
use super::lattice::{Anomaly, Order, Shape};

/// How many edges that close a cycle are followed to find a short one.
const TRIES: usize = 64;

/// What was looked for and not found, although the steps did not suffice to be sure.
pub(crate) type Unsure = Vec<Anomaly>;

/// The search for cycles, in slices.
#[derive(Clone, Debug)]
pub(crate) struct Cycles {
    components: Components,
    /// Scratch, as long as the graph has nodes.
    place_of: Vec<u32>,
    tied: bool,
    task: u32,
    unsure: Unsure,
    /// Steps that one question about one knot may take.
    patience: u64,
}

/// What is asked of each knot, one after the other.
const QUESTIONS: [Shape; 5] =
    [Shape::G0, Shape::G1c, Shape::GSingleItem, Shape::GNonadjacentItem, Shape::G2Item];

impl Cycles {
    pub(crate) fn new(graph: &Graph, patience: u64) -> Self {
        Self {
            components: Components::new(graph, Mask::ALL),
            place_of: vec![u32::MAX; graph.nodes() as usize],
            tied: false,
            task: 0,
            unsure: Vec::new(),
            patience,
        }
    }

    /// What may have been overlooked.
    pub(crate) fn into_unsure(self) -> Unsure {
        self.unsure
    }

    /// Works for about as many steps as are left, but answers one question about one knot at a time. Returns
    /// whether it is done.
    pub(crate) fn advance(
        &mut self,
        history: &Transactions,
        facts: &Facts,
        graph: &Graph,
        findings: &mut Findings,
        left: &mut u64,
    ) -> bool {
        if !self.tied {
            self.tied = self.components.advance(graph, left);
        }
        let explainer = Explainer { history, facts };
        let questions = (Order::ALL.len() * QUESTIONS.len()) as u32;
        while self.tied && *left > 0 {
            // All knots for one question before the next question: the plainest anomalies first.
            let knots = self.components.knots().len() as u32;
            let question = self.task.checked_div(knots).unwrap_or(questions);
            if question >= questions {
                return true;
            }
            let order = Order::ALL[question as usize / QUESTIONS.len()];
            let shape = QUESTIONS[question as usize % QUESTIONS.len()];
            let members = &self.components.knots()[(self.task % knots) as usize];
            self.task += 1;
            if is_settled(findings, shape, order) {
                continue;
            }
            let knot = Knot { graph: graph.among(members, &mut self.place_of), members, explainer };
            let before = self.patience;
            let mut patience = before;
            let dirty = findings.shows(Anomaly::Graph(Shape::G0, order));
            let found = knot.ask(shape, order, dirty, &mut patience);
            *left = left.saturating_sub(before - patience + 1);
            match found {
                Some(way) => knot.note(shape, order, &way, findings),
                None if patience == 0 => self.unsure.push(Anomaly::Graph(shape, order)),
                None => {}
            }
        }
        false
    }
}

/// Whether a question needs no answer any more.
fn is_settled(findings: &Findings, shape: Shape, order: Order) -> bool {
    match shape {
        // These are shown even where a worse one implies them, unless a weaker order already shows them.
        Shape::G0 | Shape::G1c | Shape::GSingleItem => {
            Order::ALL
                .into_iter()
                .filter(|weaker| *weaker <= order)
                .any(|weaker| findings.anomalies().any(|found| found == Anomaly::Graph(shape, weaker)))
                || (order != Order::Data && findings.shows(Anomaly::Graph(shape, order)))
        }
        _ => findings.shows(Anomaly::Graph(shape, order)),
    }
}

/// Kinds of edges without missed writes.
fn straight(order: Order) -> Mask {
    let data = Mask::NONE.with(Kind::Overwrote).with(Kind::Saw).with(Kind::Joint);
    with_order(data, order)
}

fn with_order(mask: Mask, order: Order) -> Mask {
    match order {
        Order::Data => mask,
        Order::Process => mask.with(Kind::Process),
        Order::RealTime => mask.with(Kind::Process).with(Kind::Time).with(Kind::Joint),
    }
}

/// A knot, as a graph of its own.
struct Knot<'a> {
    graph: Graph,
    /// The nodes of the whole graph that its nodes are.
    members: &'a [u32],
    explainer: Explainer<'a>,
}

/// A cycle: kinds of edges and the nodes they lead to. It begins and ends at the last.
type Way = Vec<(Kind, u32)>;

impl Knot<'_> {
    /// A short cycle of a shape; `dirty` says that there is a G0.
    fn ask(&self, shape: Shape, order: Order, dirty: bool, patience: &mut u64) -> Option<Way> {
        match shape {
            Shape::G0 => {
                let mask = with_order(Mask::NONE.with(Kind::Overwrote), order);
                let mut told = Edges::default();
                let counts = |node: &u32| {
                    let node = self.members[*node as usize];
                    node >= self.explainer.history.len() || self.explainer.facts.is_ok(node)
                };
                for (from, kind, to) in self.graph.all().filter(|(from, _, to)| counts(from) && counts(to)) {
                    told.push(from, kind, to);
                }
                let told = Graph::new(self.graph.nodes(), told);
                self.closed_by(&told, Kind::Overwrote, mask, patience)
            }
            Shape::G1c => {
                // Overwrites alone are G0, unless one of them was not told so.
                let seen = self.closed_by(&self.graph, Kind::Saw, straight(order), patience);
                let overwritten =
                    |patience| self.closed_by(&self.graph, Kind::Overwrote, straight(order), patience);
                seen.or_else(|| if dirty { None } else { overwritten(patience) })
            }
            Shape::GSingleItem => self.single(order, patience),
            Shape::GNonadjacentItem => self.nonadjacent(order, patience),
            _ => {
                let mask = straight(order).with(Kind::Missed);
                self.closed_by(&self.graph, Kind::Missed, mask, patience)
            }
        }
    }

    /// A short cycle with an edge of this kind, by edges of `mask`.
    fn closed_by(&self, graph: &Graph, kind: Kind, mask: Mask, patience: &mut u64) -> Option<Way> {
        let components = self.components(graph, mask, patience)?;
        let closing = graph
            .all()
            .filter(|(from, edge, to)| *edge == kind && components.together(*from, *to))
            .map(|(from, _, to)| (from, to));
        self.shortest(graph, closing, kind, mask, patience)
    }

    /// The shortest way back along any of the first of these edges, with the edge itself.
    fn shortest(
        &self,
        graph: &Graph,
        closing: impl Iterator<Item = (u32, u32)>,
        kind: Kind,
        back: Mask,
        patience: &mut u64,
    ) -> Option<Way> {
        let mut ways = Ways::new(graph);
        let mut best: Option<(usize, Way)> = None;
        for (from, to) in closing.take(TRIES) {
            // A first one is there for sure; shorter ones are worth only so much.
            let before = if best.is_some() { (*patience).min(200_000) } else { u64::MAX };
            let mut here = before;
            let found = ways.find(graph, back, to, from, &mut here);
            *patience = patience.saturating_sub(before - here);
            let Some(found) = found else { continue };
            let length = 1 + found.iter().filter(|(kind, _)| *kind != Kind::Joint).count();
            if best.as_ref().is_none_or(|(shortest, _)| length < *shortest) {
                let mut way = vec![(kind, to)];
                way.extend(found);
                best = Some((length, way));
            }
            if length == 2 {
                break;
            }
        }
        best.map(|(_, way)| way)
    }

    /// A short cycle with exactly one missed write.
    fn single(&self, order: Order, patience: &mut u64) -> Option<Way> {
        let mask = straight(order);
        let components = self.components(&self.graph, mask, patience)?;
        // The nodes by component, those first from which edges lead on.
        let mut nodes: Vec<u32> = (0..self.graph.nodes()).collect();
        nodes.sort_by_key(|node| std::cmp::Reverse(components.component(*node)));
        let missed: Vec<(u32, u32)> = self
            .graph
            .all()
            .filter(|(_, kind, _)| *kind == Kind::Missed)
            .map(|(from, _, to)| (from, to))
            .collect();
        let mut closing: Vec<(u32, u32)> = Vec::new();
        let mut reached = vec![0_u64; components.count() as usize];
        for batch in missed.chunks(64) {
            *patience = patience.saturating_sub(u64::from(self.graph.nodes() + self.graph.edges()));
            reached.fill(0);
            for ((_, to), bit) in batch.iter().zip(0..) {
                reached[components.component(*to) as usize] |= 1 << bit;
            }
            for node in &nodes {
                let bits = reached[components.component(*node) as usize];
                if bits == 0 {
                    continue;
                }
                for (_, to) in self.graph.out(*node).filter(|(kind, _)| mask.has(*kind)) {
                    reached[components.component(to) as usize] |= bits;
                }
            }
            let closes =
                |(from, bit): (u32, u32)| reached[components.component(from) as usize] & 1 << bit != 0;
            closing.extend(
                batch.iter().zip(0..).filter(|(edge, bit)| closes((edge.0, *bit))).map(|(edge, _)| edge),
            );
            if *patience == 0 || closing.len() >= TRIES {
                break;
            }
        }
        self.shortest(&self.graph, closing.into_iter(), Kind::Missed, mask, patience)
    }

    /// A short cycle in which no missed write follows on another.
    fn nonadjacent(&self, order: Order, patience: &mut u64) -> Option<Way> {
        let mask = straight(order);
        let nodes = self.graph.nodes();
        // Node n stands for itself when not arrived at by a missed write, n + nodes for itself when so.
        let mut edges = Edges::default();
        for (from, kind, to) in self.graph.all() {
            if kind == Kind::Missed {
                edges.push(from, kind, to + nodes);
            } else if mask.has(kind) {
                edges.push(from, kind, to);
                edges.push(from + nodes, kind, if kind == Kind::Joint { to + nodes } else { to });
            }
        }
        let double = Graph::new(2 * nodes, edges);
        let components = self.components(&double, Mask::ALL, patience)?;
        let closing = double
            .all()
            .filter(|(from, kind, to)| *kind == Kind::Missed && components.together(*from, *to))
            .map(|(from, _, to)| (from, to));
        let mut way = self.shortest(&double, closing, Kind::Missed, Mask::ALL, patience)?;
        for (_, node) in &mut way {
            *node %= nodes;
        }
        // Where information flows in a circle the rest may be without a missed write: that is another anomaly.
        Some(without_detours(way)).filter(is_nonadjacent)
    }

    fn components(&self, graph: &Graph, mask: Mask, patience: &mut u64) -> Option<Components> {
        let mut components = Components::new(graph, mask);
        components.advance(graph, patience).then_some(components)
    }

    fn note(&self, shape: Shape, order: Order, way: &[(Kind, u32)], findings: &mut Findings) {
        let way: Way = way.iter().map(|(kind, node)| (*kind, self.members[*node as usize])).collect();
        let links = self.explainer.cycle(&way);
        let readers = links.iter().filter(|link| self.explainer.facts.writes(link.from).is_empty()).count();
        if shape == Shape::G2Item && order == Order::Data && readers <= 1 {
            findings.note(Anomaly::GUpdate, || Proof::Cycle(links.clone()));
        }
        findings.note(Anomaly::Graph(shape, order), || Proof::Cycle(links));
    }
}

/// A closed way in which no missed write follows on another, without what it walks twice: where it meets itself, one
/// of the two rounds is such a way alone, unless both have no missed write at all.
fn without_detours(mut way: Way) -> Way {
    loop {
        let meets = (0..way.len())
            .flat_map(|first| (first + 1..way.len()).map(move |second| (first, second)))
            .find(|(first, second)| way[*first].1 == way[*second].1);
        let Some((first, second)) = meets else { return way };
        let inner: Way = way[first + 1..=second].to_vec();
        let outer: Way = way[..=first].iter().chain(&way[second + 1..]).copied().collect();
        way = if is_nonadjacent(&inner) { inner } else { outer };
    }
}

/// Whether a closed way has missed writes, and none follows on another.
fn is_nonadjacent(way: &Way) -> bool {
    let kinds: Vec<Kind> = way.iter().map(|(kind, _)| *kind).filter(|kind| *kind != Kind::Joint).collect();
    let missed = |at: usize| kinds[at % kinds.len()] == Kind::Missed;
    let any = (0..kinds.len()).any(missed);
    any && !(0..kinds.len()).any(|at| missed(at) && missed(at + 1))
}
