//! From edges of a graph to reasons: which key, which versions, tie two transactions.
//!
//! The graph keeps kinds only; the few edges that reach a person are explained afterwards, from the steps of the
//! two transactions.

use super::evidence::{Because, Link};
use super::facts::{Facts, Source};
use super::graph::Kind;
use super::history::{Mop, Objects, Transactions};

/// One edge of a way: its kind, the node it leads to, and its reason, if that is not to be found in the history.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) kind: Kind,
    pub(crate) node: u32,
    pub(crate) because: Option<Because>,
}

impl Step {
    /// The steps of a way whose reasons are all to be found in the history.
    pub(crate) fn all(way: &[(Kind, u32)]) -> Vec<Step> {
        way.iter().map(|(kind, node)| Step { kind: *kind, node: *node, because: None }).collect()
    }
}

/// Two edges in a row of the same order are one.
fn merge(edges: &mut Vec<(u32, Step)>) {
    let is_order = |kind: Kind| matches!(kind, Kind::Process | Kind::Time);
    let mut at = 0;
    while edges.len() > 2 && at < edges.len() {
        let next = (at + 1) % edges.len();
        if is_order(edges[at].1.kind) && edges[at].1.kind == edges[next].1.kind {
            edges[at].1.node = edges[next].1.node;
            edges.remove(next);
            at = at.min(edges.len() - 1);
        } else {
            at += 1;
        }
    }
}

/// Explains edges of one history.
#[derive(Clone, Copy)]
pub(crate) struct Explainer<'a> {
    pub(crate) history: &'a Transactions,
    pub(crate) facts: &'a Facts,
}

impl Explainer<'_> {
    /// The links of a cycle: the last step leads to the node that the first one leaves. Joints vanish; what follows
    /// by the same order twice is one link.
    pub(crate) fn circle(&self, way: Vec<Step>) -> Vec<Link> {
        // Begin after an edge that ends at a transaction, so that no link is cut in two.
        let Some(begin) = way.iter().position(|step| !self.is_joint(step.node)) else { return Vec::new() };
        let mut edges: Vec<(u32, Step)> = Vec::new();
        let (mut from, mut kind, mut reason) = (way[begin].node, Kind::Joint, None);
        for step in way[begin + 1..].iter().chain(&way[..=begin]) {
            if step.kind != Kind::Joint {
                (kind, reason) = (step.kind, step.because.clone());
            }
            if !self.is_joint(step.node) {
                edges.push((from, Step { kind, node: step.node, because: reason.clone() }));
                from = step.node;
            }
        }
        merge(&mut edges);
        // The one that stands first in the history is told first.
        let first = (0..edges.len()).min_by_key(|at| edges[*at].0).unwrap_or(0);
        edges.rotate_left(first);
        let link = |(from, step): (u32, Step)| match step.because {
            Some(because) => Link { from, to: step.node, because },
            None => self.link(from, step.kind, step.node),
        };
        edges.into_iter().map(link).collect()
    }

    /// The links of a cycle of edges.
    pub(crate) fn cycle(&self, way: &[(Kind, u32)]) -> Vec<Link> {
        self.circle(Step::all(way))
    }

    /// The links of a way from `start`.
    pub(crate) fn way(&self, start: u32, way: &[(Kind, u32)]) -> Vec<Link> {
        let (mut from, mut kind) = (start, Kind::Joint);
        let mut links = Vec::new();
        for (step, node) in way {
            if *step != Kind::Joint {
                kind = *step;
            }
            if !self.is_joint(*node) {
                links.push(self.link(from, kind, *node));
                from = *node;
            }
        }
        links
    }

    fn is_joint(&self, node: u32) -> bool {
        node >= self.history.len()
    }

    /// The reason for one edge between transactions.
    pub(crate) fn link(&self, from: u32, kind: Kind, to: u32) -> Link {
        let because = match kind {
            Kind::Overwrote => self.overwrote(from, to),
            Kind::Saw => self.saw(from, to),
            Kind::Missed => self.missed(from, to),
            Kind::Process => Because::Process,
            Kind::Time => Because::Time,
            Kind::Joint | Kind::Must => Because::Supposed,
        };
        Link { from, to, because }
    }

    fn saw(&self, from: u32, to: u32) -> Because {
        let mut reads = self.facts.reads(to).iter();
        let read = reads.find(|read| self.facts.source(read.key, read.version) == Source::By(from));
        debug_assert!(read.is_some(), "{to} saw nothing of {from}");
        Because::Saw { version: read.map_or(0, |read| read.version) }
    }

    fn overwrote(&self, from: u32, to: u32) -> Because {
        // The pair that is closest in the order of versions, where that is known.
        let mut best: Option<(u32, u32, u32)> = None;
        for (later, key) in self.own(to) {
            let late = self.facts.place_or_end(self.history, key, later);
            for (earlier, _) in self.own(from).filter(|(_, other)| *other == key) {
                let early = self.facts.place_or_end(self.history, key, earlier);
                if early < late && best.is_none_or(|(distance, ..)| late - early < distance) {
                    best = Some((late - early, earlier, later));
                }
            }
        }
        debug_assert!(best.is_some(), "{to} overwrote nothing of {from}");
        best.map_or(Because::Supposed, |(_, earlier, later)| Because::Overwrote { earlier, later })
    }

    fn missed(&self, from: u32, to: u32) -> Because {
        let is_list = self.history.objects() == Objects::Lists;
        let mut best: Option<(u32, u32, u32)> = None;
        for read in self.facts.reads(from) {
            for (written, _) in self.own(to).filter(|(_, key)| *key == read.key) {
                if !is_list {
                    if self.replaces(to, read.key, read.version, written) {
                        return Because::Missed { seen: read.version, written };
                    }
                    continue;
                }
                let place = self.facts.place_or_end(self.history, read.key, written);
                if read.length <= place && best.is_none_or(|(distance, ..)| place - read.length < distance) {
                    best = Some((place - read.length, read.version, written));
                }
            }
        }
        debug_assert!(best.is_some(), "{from} missed nothing of {to}");
        best.map_or(Because::Supposed, |(_, seen, written)| Because::Missed { seen, written })
    }

    /// Whether a transaction surely replaced a version of a register, with this one.
    fn replaces(&self, writer: u32, key: u32, seen: u32, written: u32) -> bool {
        if self.facts.written(writer, key) != Some(written) {
            return false;
        }
        let saw_it = || self.facts.reads(writer).iter().any(|read| (read.key, read.version) == (key, seen));
        match self.facts.source(key, seen) {
            Source::Initial => true,
            Source::By(_) => saw_it(),
            Source::Unclear => false,
        }
    }

    /// The versions that a transaction wrote, with their keys.
    fn own(&self, place: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.history.steps(place).filter_map(|mop| match mop {
            Mop::Append { key, version } | Mop::Write { key, version } => Some((version, key)),
            Mop::Read { .. } => None,
        })
    }
}

impl Facts {
    /// The place of a version in its list; for what reads do not agree on, the end of what they do.
    pub(crate) fn place_or_end(&self, history: &Transactions, key: u32, version: u32) -> u32 {
        match history.objects() {
            Objects::Registers => 0,
            Objects::Lists => self.place(key, version).unwrap_or_else(|| self.agreed(key)),
        }
    }
}
