//! Why there is no order: case by case.
//!
//! The choices that took part in the conflicts of a failed search are made again, one after the other, each both
//! ways, until what is known and supposed goes in a circle. A choice of which one way is hopeless at once is made
//! first. A case that did not need what was supposed stands for the other too, so that the proof holds no choice
//! that does not matter. If it still has more circles than a person reads, the transactions alone are named.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::super::evidence::{Because, Cases, Link, Proof};
use super::super::explain::{Explainer, Step};
use super::super::facts::NONE;
use super::super::graph::{Graph, Kind};
use super::order::ALWAYS;
use super::{Choice, Events, Search, Target, Triple};

/// Steps that the proof may take, and circles that it may have.
const PATIENCE: u64 = 5_000_000;
const CIRCLES_MOST: u32 = 24;

/// The proof that a search came to nothing.
#[derive(Clone, Debug)]
pub(crate) struct Refute {
    events: Events,
    /// What is known, among the events that can lie on a circle of choices.
    graph: Graph,
    members: Vec<u32>,
    place: BTreeMap<u32, u32>,
    choices: Vec<Choice>,
    triples: Vec<Triple>,
    patience: u64,
}

/// An edge that comes with what is supposed.
#[derive(Clone, Copy, Debug)]
struct Supposed {
    to: u32,
    kind: Kind,
    literal: u32,
    /// For a missed write: whose read of which key it is.
    triple: Option<Triple>,
}

/// A step on a circle: where from, by what.
type Came = (u32, Kind, u32, Option<Triple>);

/// A circle, and the literals that it leans on.
struct Circle {
    links: Vec<Link>,
    literals: BTreeSet<u32>,
}

/// A part of the proof, and the literals that it leans on.
struct Part {
    cases: Cases,
    literals: BTreeSet<u32>,
}

/// What is supposed.
#[derive(Default)]
struct Suppositions {
    literals: BTreeSet<u32>,
    edges: BTreeMap<u32, Vec<Supposed>>,
}

impl Refute {
    pub(super) fn new(search: &Search) -> Self {
        let core = search.solver.core();
        let choices: Vec<Choice> =
            core.iter().map(|variable| search.choices[*variable as usize].clone()).collect();
        let pairs: BTreeSet<(u32, u32)> =
            choices.iter().map(|choice| (choice.first, choice.second)).collect();
        let matters = |triple: &&Triple| {
            let pair = (triple.seen.min(triple.other), triple.seen.max(triple.other));
            triple.seen == NONE || pairs.contains(&pair)
        };
        let triples: Vec<Triple> = search.triples.iter().filter(matters).copied().collect();
        let events = search.events;
        let mut ends: Vec<u32> = Vec::new();
        let readers = triples.iter().map(|triple| triple.reader);
        let others = triples.iter().map(|triple| triple.other);
        let writers = choices.iter().flat_map(|choice| [choice.first, choice.second]);
        for transaction in readers.chain(others).chain(writers) {
            ends.extend([events.begin(transaction), events.commit(transaction)]);
        }
        let whole = search.solver.order.graph();
        let members = between(whole, &ends);
        let graph = whole.among(&members, &mut vec![u32::MAX; whole.nodes() as usize]);
        let place = members.iter().copied().zip(0..).collect();
        Self { events, graph, members, place, choices, triples, patience: PATIENCE }
    }

    /// The proof.
    pub(crate) fn prove(mut self, explainer: Explainer<'_>) -> Proof {
        let mut supposed = Suppositions::default();
        match self.part(explainer, &mut supposed, CIRCLES_MOST) {
            Some(Part { cases: Cases::Circle(links), .. }) => Proof::Cycle(links),
            Some(part) => Proof::Cases(part.cases),
            None => {
                let mut transactions: Vec<u32> =
                    self.choices.iter().flat_map(|choice| [choice.first, choice.second]).collect();
                transactions.extend(self.triples.iter().map(|triple| triple.reader));
                transactions.sort_unstable();
                transactions.dedup();
                Proof::Exhausted { transactions }
            }
        }
    }

    /// A proof that what is supposed leaves no order, with at most so many circles.
    fn part(&mut self, explainer: Explainer<'_>, supposed: &mut Suppositions, most: u32) -> Option<Part> {
        if supposed.literals.is_empty()
            && let Some(circle) = self.circle(explainer, supposed, None)
        {
            return Some(circle.into());
        }
        if most < 2 || self.patience == 0 {
            return None;
        }
        // A choice that is hopeless both ways ends it; one that is hopeless one way comes before others.
        let mut half: Option<(u32, Circle)> = None;
        let mut open = None;
        for variable in 0..self.choices.len() as u32 {
            let (first, second) = (2 * variable, 2 * variable + 1);
            if supposed.literals.contains(&first) || supposed.literals.contains(&second) {
                continue;
            }
            open = open.or(Some(first));
            let if_first = self.suppose(explainer, supposed, first);
            let if_second = self.suppose(explainer, supposed, second);
            match (if_first, if_second) {
                (Some(if_first), Some(if_second)) => {
                    return Some(self.either(variable, if_first.into(), if_second.into()));
                }
                (Some(circle), None) => half = half.or(Some((first, circle))),
                (None, Some(circle)) => half = half.or(Some((second, circle))),
                (None, None) => {}
            }
        }
        let (literal, known) = match half {
            Some((literal, circle)) => (literal, Some(Part::from(circle))),
            None => (open?, None),
        };
        let one = match known {
            Some(part) => part,
            None => self.with(explainer, supposed, literal, most - 1)?,
        };
        if !one.literals.contains(&literal) {
            return Some(one);
        }
        let other = self.with(explainer, supposed, literal ^ 1, most - one.cases.circles())?;
        if !other.literals.contains(&(literal ^ 1)) {
            return Some(other);
        }
        let (if_first, if_second) = if literal & 1 == 0 { (one, other) } else { (other, one) };
        Some(self.either(literal / 2, if_first, if_second))
    }

    /// The proof for one way to choose.
    fn with(
        &mut self,
        explainer: Explainer<'_>,
        supposed: &mut Suppositions,
        literal: u32,
        most: u32,
    ) -> Option<Part> {
        let edges = self.edges_of(literal);
        supposed.add(literal, &edges);
        let part = self.part(explainer, supposed, most);
        supposed.remove(literal, &edges);
        part
    }

    /// A circle, if one more thing is supposed.
    fn suppose(
        &mut self,
        explainer: Explainer<'_>,
        supposed: &mut Suppositions,
        literal: u32,
    ) -> Option<Circle> {
        let edges = self.edges_of(literal);
        supposed.add(literal, &edges);
        let circle = self.circle(explainer, supposed, Some(&edges));
        supposed.remove(literal, &edges);
        circle
    }

    fn either(&self, variable: u32, if_first: Part, if_second: Part) -> Part {
        let Choice { first, second, key } = self.choices[variable as usize];
        let mut literals: BTreeSet<u32> = if_first.literals.union(&if_second.literals).copied().collect();
        literals.remove(&(2 * variable));
        literals.remove(&(2 * variable + 1));
        let cases = Cases::Either {
            key,
            first,
            second,
            if_first: Box::new(if_first.cases),
            if_second: Box::new(if_second.cases),
        };
        Part { cases, literals }
    }

    /// The edges that a literal brings: the choice, and for whoever saw the first one's version that the second is
    /// missed.
    fn edges_of(&self, literal: u32) -> Vec<(u32, Supposed)> {
        let Choice { first, second, .. } = self.choices[literal as usize / 2];
        let (first, second) = if literal & 1 == 0 { (first, second) } else { (second, first) };
        let mut edges = Vec::new();
        let mut push = |from: u32, kind: Kind, to: u32, triple: Option<Triple>| {
            let (from, to) = self.events.edge(from, kind, to);
            if let (Some(from), Some(to)) = (self.place.get(&from), self.place.get(&to)) {
                edges.push((*from, Supposed { to: *to, kind, literal, triple }));
            }
        };
        push(first, Kind::Must, second, None);
        if self.events.target.has_missed_edges() {
            for triple in self.triples.iter().filter(|triple| (triple.seen, triple.other) == (first, second))
            {
                push(triple.reader, Kind::Missed, second, Some(*triple));
            }
        }
        edges
    }

    /// A circle of what is known and supposed: through one of the edges that are new, if those are given.
    fn circle(
        &mut self,
        explainer: Explainer<'_>,
        supposed: &Suppositions,
        new: Option<&[(u32, Supposed)]>,
    ) -> Option<Circle> {
        let mut best: Option<(usize, Circle)> = None;
        for (from, edge) in new.unwrap_or_default() {
            let Some(way) = self.way(supposed, edge.to, *from) else { continue };
            let mut came = vec![(*from, edge.kind, edge.literal, edge.triple)];
            came.extend(way);
            let circle = self.explained(explainer, &came, edge.to);
            if best.as_ref().is_none_or(|(length, _)| circle.links.len() < *length) {
                best = Some((circle.links.len(), circle));
            }
        }
        if best.is_none() && self.events.target == Target::Parallel {
            for triple in self.triples.clone() {
                // What was there at first is first anyway.
                let literal = self.literal(triple);
                if literal.is_some_and(|literal| !supposed.literals.contains(&literal)) {
                    continue;
                }
                let ends = (self.place.get(&triple.reader), self.place.get(&triple.other));
                let (Some(reader), Some(other)) = ends else { continue };
                let (reader, other) = (*reader, *other);
                let Some(way) = self.way(supposed, other, reader) else { continue };
                let mut came = vec![(reader, Kind::Missed, literal.unwrap_or(ALWAYS), Some(triple))];
                came.extend(way);
                return Some(self.explained(explainer, &came, other));
            }
        }
        best.map(|(_, circle)| circle)
    }

    /// The literal that what a triple's reader saw is first. None if it was there at first.
    fn literal(&self, triple: Triple) -> Option<u32> {
        if triple.seen == NONE {
            return None;
        }
        let pair = (triple.seen.min(triple.other), triple.seen.max(triple.other));
        let variable = self.choices.iter().position(|choice| (choice.first, choice.second) == pair)?;
        Some(2 * variable as u32 + u32::from(triple.seen != pair.0))
    }

    /// The shortest way by what is known and supposed, as the steps that lead along it.
    fn way(&mut self, supposed: &Suppositions, start: u32, goal: u32) -> Option<Vec<Came>> {
        let mut came: BTreeMap<u32, Came> = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            if node == goal {
                let mut way = Vec::new();
                let mut at = goal;
                while at != start {
                    let step = came[&at];
                    way.push(step);
                    at = step.0;
                }
                way.reverse();
                return Some(way);
            }
            let known = self.graph.out(node).map(|(kind, to)| (to, kind, ALWAYS, None));
            let chosen = supposed.edges.get(&node).into_iter().flatten();
            let chosen = chosen.map(|edge| (edge.to, edge.kind, edge.literal, edge.triple));
            for (to, kind, literal, triple) in known.chain(chosen) {
                self.patience = self.patience.checked_sub(1)?;
                if to == start || came.contains_key(&to) {
                    continue;
                }
                came.insert(to, (node, kind, literal, triple));
                if kind == Kind::Joint {
                    queue.push_front(to);
                } else {
                    queue.push_back(to);
                }
            }
        }
        None
    }

    /// A circle in the words of evidence: its steps, the first leading to `second`.
    fn explained(&self, explainer: Explainer<'_>, came: &[Came], second: u32) -> Circle {
        let facts = explainer.facts;
        let literals = came.iter().map(|step| step.2).filter(|literal| *literal != ALWAYS).collect();
        let ends = came[1..].iter().map(|step| step.0).chain([came[0].0]);
        debug_assert!(came.len() < 2 || came[1].0 == second);
        let steps: Vec<Step> = came
            .iter()
            .zip(ends)
            .map(|((_, kind, _, triple), to)| {
                let because = triple.map(|triple| {
                    let reads = facts.reads(triple.reader).iter();
                    let is_it = |read: &&super::super::facts::Read| {
                        read.key == triple.key && super::writer_or_none(facts, read) == triple.seen
                    };
                    Because::Missed {
                        seen: reads.clone().find(is_it).map_or(NONE, |read| read.version),
                        written: facts.written(triple.other, triple.key).unwrap_or(NONE),
                    }
                });
                Step { kind: *kind, node: self.members[to as usize], because }
            })
            .collect();
        Circle { links: explainer.circle(self.events.as_transactions(steps)), literals }
    }
}

impl From<Circle> for Part {
    fn from(circle: Circle) -> Self {
        Part { cases: Cases::Circle(circle.links), literals: circle.literals }
    }
}

impl Suppositions {
    fn add(&mut self, literal: u32, edges: &[(u32, Supposed)]) {
        self.literals.insert(literal);
        for (from, edge) in edges {
            self.edges.entry(*from).or_default().push(*edge);
        }
    }

    fn remove(&mut self, literal: u32, edges: &[(u32, Supposed)]) {
        self.literals.remove(&literal);
        for (from, _) in edges {
            if let Some(row) = self.edges.get_mut(from) {
                row.pop();
            }
        }
    }
}

/// The nodes on ways between these, and these.
fn between(graph: &Graph, ends: &[u32]) -> Vec<u32> {
    let reached = reach(graph, ends);
    let back = reach(&graph.reversed(), ends);
    (0..graph.nodes()).filter(|node| reached[*node as usize] && back[*node as usize]).collect()
}

fn reach(graph: &Graph, starts: &[u32]) -> Vec<bool> {
    let mut reached = vec![false; graph.nodes() as usize];
    let mut stack: Vec<u32> = starts.to_vec();
    while let Some(node) = stack.pop() {
        if !std::mem::replace(&mut reached[node as usize], true) {
            stack.extend(graph.out(node).map(|(_, to)| to));
        }
    }
    reached
}
