//! From edges of a graph to reasons: which key, which versions, tie two transactions.
//!
//! The graph keeps kinds only; the few edges that reach a person are explained afterwards, from the steps of the
//! two transactions.

use super::evidence::{Because, Link};
use super::facts::{Facts, Source};
use super::graph::Kind;
use super::history::{Mop, Objects, Transactions};

/// Explains edges of one history.
#[derive(Clone, Copy)]
pub(crate) struct Explainer<'a> {
    pub(crate) history: &'a Transactions,
    pub(crate) facts: &'a Facts,
}

impl Explainer<'_> {
    /// The links of a cycle: nodes and the kinds of the edges that lead to them, the last node being the one the
    /// first edge leaves. Joints vanish; what follows by the same order twice is one link.
    pub(crate) fn cycle(&self, way: &[(Kind, u32)]) -> Vec<Link> {
        // Begin after an edge that ends at a transaction, so that no link is cut in two.
        let Some(begin) = way.iter().position(|(_, node)| !self.is_joint(*node)) else { return Vec::new() };
        let turned = way[begin + 1..].iter().chain(&way[..=begin]);
        let mut edges: Vec<(u32, Kind, u32)> = Vec::new();
        let (mut from, mut kind) = (way[begin].1, Kind::Joint);
        for (step, node) in turned {
            if *step != Kind::Joint {
                kind = *step;
            }
            if !self.is_joint(*node) {
                edges.push((from, kind, *node));
                from = *node;
            }
        }
        self.merge(&mut edges);
        edges.into_iter().map(|(from, kind, to)| self.link(from, kind, to)).collect()
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

    /// Two edges in a row of the same order are one.
    fn merge(&self, edges: &mut Vec<(u32, Kind, u32)>) {
        let is_order = |kind: Kind| matches!(kind, Kind::Process | Kind::Time);
        let mut at = 0;
        while edges.len() > 2 && at < edges.len() {
            let next = (at + 1) % edges.len();
            if is_order(edges[at].1) && edges[at].1 == edges[next].1 {
                edges[at].2 = edges[next].2;
                edges.remove(next);
                at = at.min(edges.len() - 1);
            } else {
                at += 1;
            }
        }
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
