//! Choices that must not close a cycle: a small conflict-driven search (CDCL, after Marques-Silva and Sakallah 1996 and
//! Eén and Sörensson's MiniSat), with a [`Topological`] order as its theory.
//!
//! A variable is a choice between two; a literal is `2 * variable`, plus one for the second way to choose. Each
//! literal brings edges; a cycle forbids the literals along it. Choices are first made as the order has it already,
//! so that a good first order is mostly right. Variables that took part in a conflict come first in the next
//! decision.

use std::collections::BinaryHeap;

use super::order::{ALWAYS, Topological};

const NO_REASON: u32 = u32::MAX;
/// After so many conflicts all decisions are taken back, and the variables that mattered are decided first.
const RESTART: u64 = 256;

/// How a search stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// It goes on.
    Running,
    /// Every choice is made, without a cycle.
    Chosen,
    /// There is no way to choose.
    Impossible,
}

/// The search.
#[derive(Clone, Debug)]
pub(super) struct Solver {
    pub(super) order: Topological,
    /// For each literal the edges that it brings.
    edges: Vec<Vec<(u32, u32)>>,
    /// For each variable the edge whose direction says how to choose first.
    hints: Vec<(u32, u32)>,
    clauses: Vec<Vec<u32>>,
    /// For each literal the clauses that must be looked at when it becomes false.
    watches: Vec<Vec<u32>>,
    /// For each literal whether it is true.
    truth: Vec<bool>,
    /// For each literal whether its edges are in the order.
    followed: Vec<bool>,
    level: Vec<u32>,
    reason: Vec<u32>,
    trail: Vec<u32>,
    looked_at: usize,
    /// Per decision: how long the trail and the order's edges were.
    decisions: Vec<(usize, usize)>,
    touched: Vec<u64>,
    touches: u64,
    heap: BinaryHeap<(u64, u32)>,
    conflicts: u64,
    impossible: bool,
    seen: Vec<bool>,
    /// Variables that conflicts leaned on though they were decided for good.
    leaned_on: Vec<bool>,
}

impl Solver {
    pub(super) fn new(order: Topological) -> Self {
        Self {
            order,
            edges: Vec::new(),
            hints: Vec::new(),
            clauses: Vec::new(),
            watches: Vec::new(),
            truth: Vec::new(),
            followed: Vec::new(),
            level: Vec::new(),
            reason: Vec::new(),
            trail: Vec::new(),
            looked_at: 0,
            decisions: Vec::new(),
            touched: Vec::new(),
            touches: 0,
            heap: BinaryHeap::new(),
            conflicts: 0,
            impossible: false,
            seen: Vec::new(),
            leaned_on: Vec::new(),
        }
    }

    /// A new choice. It is first made in the first way if the first node of `hint` stands before the second.
    pub(super) fn variable(&mut self, hint: (u32, u32)) -> u32 {
        let variable = self.hints.len() as u32;
        self.hints.push(hint);
        self.level.push(0);
        self.reason.push(NO_REASON);
        self.touched.push(0);
        self.seen.push(false);
        self.leaned_on.push(false);
        for _ in 0..2 {
            self.edges.push(Vec::new());
            self.watches.push(Vec::new());
            self.truth.push(false);
            self.followed.push(false);
        }
        self.heap.push((0, variable));
        variable
    }

    /// The variables that took part in its being impossible, perhaps among others.
    pub(super) fn core(&self) -> Vec<u32> {
        let count = self.hints.len() as u32;
        let mut core: Vec<bool> =
            (0..count as usize).map(|at| self.touched[at] > 0 || self.leaned_on[at]).collect();
        let mut open: Vec<u32> = (0..count).filter(|variable| core[*variable as usize]).collect();
        while let Some(variable) = open.pop() {
            let reason = self.reason[variable as usize];
            let clause = self.clauses.get(reason as usize).map_or(&[][..], Vec::as_slice);
            for other in clause.iter().map(|literal| literal / 2) {
                if !std::mem::replace(&mut core[other as usize], true) {
                    open.push(other);
                }
            }
        }
        (0..count).filter(|variable| core[*variable as usize]).collect()
    }

    /// Takes all decisions back.
    pub(super) fn restart(&mut self) {
        self.back_to(0);
    }

    /// Whether no decision stands.
    fn is_at_root(&self) -> bool {
        self.decisions.is_empty()
    }

    /// An edge that comes with a literal. Only without decisions.
    pub(super) fn edge(&mut self, literal: u32, from: u32, to: u32, left: &mut u64) {
        debug_assert!(self.is_at_root());
        self.edges[literal as usize].push((from, to));
        if self.followed[literal as usize]
            && let Err(cycle) = self.order.insert(from, to, literal, left)
        {
            self.give_up(&cycle);
        }
    }

    /// One of these literals must be true. Only without decisions.
    pub(super) fn clause(&mut self, literals: &[u32]) {
        debug_assert!(self.is_at_root());
        let mut open: Vec<u32> =
            literals.iter().copied().filter(|literal| !self.is_false(*literal)).collect();
        open.sort_unstable();
        open.dedup();
        if open.iter().any(|literal| self.truth[*literal as usize]) {
            return;
        }
        match open[..] {
            [] => self.give_up(literals),
            [only] => self.set(only, NO_REASON),
            _ => {
                self.keep(open);
            }
        }
    }

    fn keep(&mut self, clause: Vec<u32>) -> u32 {
        let number = self.clauses.len() as u32;
        self.watches[clause[0] as usize].push(number);
        self.watches[clause[1] as usize].push(number);
        self.clauses.push(clause);
        number
    }

    fn give_up(&mut self, literals: &[u32]) {
        self.impossible = true;
        for literal in literals {
            self.leaned_on[(literal / 2) as usize] = true;
        }
    }

    fn is_false(&self, literal: u32) -> bool {
        self.truth[(literal ^ 1) as usize]
    }

    fn is_open(&self, literal: u32) -> bool {
        !self.truth[literal as usize] && !self.is_false(literal)
    }

    fn set(&mut self, literal: u32, reason: u32) {
        let variable = (literal / 2) as usize;
        self.truth[literal as usize] = true;
        self.level[variable] = self.decisions.len() as u32;
        self.reason[variable] = reason;
        self.trail.push(literal);
    }

    /// One round: follow up what was chosen, then learn from a conflict or make the next choice.
    pub(super) fn step(&mut self, left: &mut u64) -> Progress {
        *left = left.saturating_sub(1);
        if self.impossible {
            return Progress::Impossible;
        }
        if let Err(conflict) = self.follow(left) {
            self.conflicts += 1;
            if self.is_at_root() || conflict.is_empty() {
                self.give_up(&conflict);
                return Progress::Impossible;
            }
            self.learn(conflict, left);
            if self.conflicts.is_multiple_of(RESTART) {
                self.restart();
            }
            return Progress::Running;
        }
        while let Some((touch, variable)) = self.heap.pop() {
            let literal = 2 * variable;
            if !self.is_open(literal) || touch != self.touched[variable as usize] {
                continue;
            }
            let (first, second) = self.hints[variable as usize];
            let is_before = self.order.position(first) < self.order.position(second);
            self.decisions.push((self.trail.len(), self.order.depth()));
            self.set(literal + u32::from(!is_before), NO_REASON);
            return Progress::Running;
        }
        Progress::Chosen
    }

    /// Draws all consequences. An error is a clause that is false.
    fn follow(&mut self, left: &mut u64) -> Result<(), Vec<u32>> {
        while let Some(literal) = self.trail.get(self.looked_at).copied() {
            self.looked_at += 1;
            for place in 0..self.edges[literal as usize].len() {
                let (from, to) = self.edges[literal as usize][place];
                debug_assert_ne!(literal, ALWAYS);
                if let Err(cycle) = self.order.insert(from, to, literal, left) {
                    return Err(cycle.into_iter().map(|literal| literal ^ 1).collect());
                }
            }
            self.followed[literal as usize] = true;
            self.propagate(literal ^ 1, left)?;
        }
        Ok(())
    }

    /// A literal has become false.
    fn propagate(&mut self, literal: u32, left: &mut u64) -> Result<(), Vec<u32>> {
        let watching = std::mem::take(&mut self.watches[literal as usize]);
        let mut kept = Vec::with_capacity(watching.len());
        let mut conflict = None;
        for (at, number) in watching.iter().copied().enumerate() {
            *left = left.saturating_sub(1);
            let clause = &mut self.clauses[number as usize];
            if clause[0] == literal {
                clause.swap(0, 1);
            }
            if self.truth[clause[0] as usize] {
                kept.push(number);
                continue;
            }
            let truth = &self.truth;
            if let Some(other) = (2..clause.len()).find(|other| !truth[(clause[*other] ^ 1) as usize]) {
                clause.swap(1, other);
                self.watches[clause[1] as usize].push(number);
                continue;
            }
            kept.push(number);
            let first = clause[0];
            if self.is_false(first) {
                conflict = Some(self.clauses[number as usize].clone());
                kept.extend(&watching[at + 1..]);
                break;
            }
            self.set(first, number);
        }
        self.watches[literal as usize] = kept;
        conflict.map_or(Ok(()), Err)
    }

    /// Learns the clause of the first unique implication point, goes back, and sets what follows.
    fn learn(&mut self, conflict: Vec<u32>, left: &mut u64) {
        let current = self.decisions.len() as u32;
        let mut learned = vec![0];
        let mut open = 0;
        let mut place = self.trail.len();
        let mut clause = conflict;
        let uip = loop {
            for literal in clause {
                *left = left.saturating_sub(1);
                let variable = literal / 2;
                if self.level[variable as usize] == 0 {
                    self.leaned_on[variable as usize] = true;
                    continue;
                }
                if self.seen[variable as usize] {
                    continue;
                }
                self.seen[variable as usize] = true;
                self.touch(variable);
                if self.level[variable as usize] == current {
                    open += 1;
                } else {
                    learned.push(literal);
                }
            }
            // The last of this level that the conflict leans on.
            let literal = loop {
                place -= 1;
                let literal = self.trail[place];
                if self.seen[(literal / 2) as usize] {
                    break literal;
                }
            };
            open -= 1;
            if open == 0 {
                break literal;
            }
            self.seen[(literal / 2) as usize] = false;
            let reason = self.reason[(literal / 2) as usize];
            clause =
                self.clauses[reason as usize].iter().copied().filter(|other| *other != literal).collect();
        };
        learned[0] = uip ^ 1;
        for literal in &learned {
            self.seen[(*literal / 2) as usize] = false;
        }
        let level_of = |literal: &u32| self.level[(*literal / 2) as usize];
        let back = learned[1..].iter().map(level_of).max().unwrap_or(0);
        if let Some(second) = (1..learned.len()).max_by_key(|at| level_of(&learned[*at])) {
            learned.swap(1, second);
        }
        self.back_to(back as usize);
        let asserted = learned[0];
        let reason = if learned.len() == 1 { NO_REASON } else { self.keep(learned) };
        self.set(asserted, reason);
    }

    fn touch(&mut self, variable: u32) {
        self.touches += 1;
        self.touched[variable as usize] = self.touches;
    }

    fn back_to(&mut self, level: usize) {
        let Some((trail, edges)) = self.decisions.get(level).copied() else { return };
        self.decisions.truncate(level);
        self.order.shrink(edges);
        for literal in self.trail.drain(trail..) {
            self.truth[literal as usize] = false;
            self.followed[literal as usize] = false;
            let variable = literal / 2;
            self.heap.push((self.touched[variable as usize], variable));
        }
        self.looked_at = self.looked_at.min(trail);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::graph::{Edges, Graph};
    use super::*;

    /// Every way to choose, tried.
    fn is_possible(nodes: u32, edges: &[Vec<(u32, u32)>], clauses: &[Vec<u32>]) -> bool {
        let variables = edges.len() / 2;
        (0..1_u32 << variables).any(|choice| {
            let is_true = |literal: u32| (choice >> (literal / 2)) & 1 == literal & 1;
            let chosen = (0..edges.len() as u32).filter(|literal| is_true(*literal));
            let pairs: Vec<(u32, u32)> = chosen.flat_map(|literal| edges[literal as usize].clone()).collect();
            let mut reach = vec![0_u32; nodes as usize];
            for _ in 0..nodes {
                for (from, to) in &pairs {
                    reach[*from as usize] |= 1 << to | reach[*to as usize];
                }
            }
            (0..nodes).all(|node| reach[node as usize] & 1 << node == 0)
                && clauses.iter().all(|clause| clause.iter().any(|literal| is_true(*literal)))
        })
    }

    #[test]
    fn it_chooses_exactly_if_there_is_a_way() {
        let mut random = 11_u64;
        let mut draw = |below: u32| {
            random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (random >> 33) as u32 % below
        };
        let mut possible = 0;
        for _ in 0..3000 {
            let nodes = 3 + draw(5);
            let order: Vec<u32> = (0..nodes).collect();
            let graph = Graph::new(nodes, Edges::default());
            let mut solver = Solver::new(Topological::new(graph, &order));
            let variables = 1 + draw(8);
            let mut edges = vec![Vec::new(); 2 * variables as usize];
            let mut clauses: Vec<Vec<u32>> = Vec::new();
            for variable in 0..variables {
                solver.variable((draw(nodes), draw(nodes)));
                for literal in [2 * variable, 2 * variable + 1] {
                    for _ in 0..1 + draw(2) {
                        let pair = (draw(nodes), draw(nodes));
                        edges[literal as usize].push(pair);
                        solver.edge(literal, pair.0, pair.1, &mut u64::MAX.clone());
                    }
                }
            }
            // In two rounds, as the search adds what it finds missing.
            for round in 0..2 {
                for _ in 0..draw(4) {
                    let clause: Vec<u32> = (0..1 + draw(3)).map(|_| draw(2 * variables)).collect();
                    solver.clause(&clause);
                    clauses.push(clause);
                }
                if round == 1 {
                    let (literal, pair) = (draw(2 * variables), (draw(nodes), draw(nodes)));
                    edges[literal as usize].push(pair);
                    solver.edge(literal, pair.0, pair.1, &mut u64::MAX.clone());
                }
                let end = loop {
                    match solver.step(&mut u64::MAX.clone()) {
                        Progress::Running => {}
                        end => break end,
                    }
                };
                let expected = is_possible(nodes, &edges, &clauses);
                assert_eq!(end == Progress::Chosen, expected);
                possible += u32::from(expected);
                solver.restart();
            }
        }
        assert!(possible > 500, "{possible}");
    }
}
