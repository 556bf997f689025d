//! Evidence: the smallest set of operations that shows that no order exists.
//!
//! # What "smallest" means
//! To *forget* an operation is to know no longer when it ran and what it was told: it may have happened at any
//! time, or never. The needed operations of an [`Evidence`] cannot be ordered though every other operation is
//! forgotten, and if any one of them is forgotten too there is an order again. Forgetting, unlike striking out,
//! keeps the values that others saw explainable: without the time of `write milk` a later read of milk is
//! innocent, whereas with the write struck out the read would be guilty alone. It only ever loosens, so a single
//! pass over the operations finds a smallest set.
//!
//! To the needed operations are added, as *sources*, the writers of values that they saw, where these are not
//! needed themselves: when they ran does not matter, but a reader asks who wrote that. The needed operations and
//! their sources, alone, are a history without an order.
//!
//! Where zones found the break, at most a handful of operations are suspects and this is immediate. Where the
//! general search found it, each step of the reduction is a search of its own, so [`Explain::advance`] works in
//! slices. A search that takes too long keeps its operation, and [`Evidence::minimal`] says so.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::history::{Operation, Outcome};
use crate::judge::{events_of, known_call, open_call};
use crate::linearizable::search::{Progress, Search};
use crate::linearizable::{Fast, Linearized, Undecidable};
use crate::models::{Cell, Model};
use crate::names::ModelName;

/// Candidates that one search may try before its question is left open.
const TRIAL_STEPS: u64 = 300_000;

/// Why one thing of the proof must come before another, or cannot be at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Because {
    /// The earlier one was answered before the later one began.
    Answered,
    /// The later one saw what the earlier one wrote.
    Saw,
    /// The later one replaced exactly what the earlier one wrote (a compare-and-set).
    Replaced,
    /// The later one saw the initial nothing.
    FoundNothing,
    /// The later one saw a value that nobody had written.
    NeverWritten,
    /// The later one did not happen, as its client was told.
    DidNotHappen,
}

/// One link of the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The operation that must come first, if it is one.
    pub earlier: Option<u64>,
    /// The operation this says something of.
    pub later: u64,
    /// What ties them.
    pub because: Because,
}

/// The proof that a history is not linearizable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Position of the event that broke it.
    pub at: u64,
    /// The key, where the history has keys.
    pub key: Option<Arc<str>>,
    /// Whether there are several keys, so that sentences must name this one.
    pub several_keys: bool,
    /// The operations of the proof as they stood at the break, by invocation: needed ones and sources.
    pub operations: Vec<Operation>,
    /// Ids of those that are only there because they wrote what a needed one saw.
    pub sources: Vec<u64>,
    /// How many operations of this key had begun by then.
    pub of: u64,
    /// Whether forgetting any needed one was shown to leave an order. Else some may be superfluous.
    pub minimal: bool,
    /// What ties the operations to each other.
    pub whys: Vec<Why>,
    /// The model, if it is one of ours.
    pub model: Option<ModelName>,
}

impl Evidence {
    /// The operations without which there would be an order.
    pub fn needed(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|operation| !self.sources.contains(&operation.id))
    }
}

/// The search for the evidence, in slices.
#[derive(Clone, Debug)]
pub struct Explain<M: Linearized = Cell> {
    model: M,
    at: u64,
    key: Option<Arc<str>>,
    several_keys: bool,
    of: u64,
    /// The operations that matter, as they stood at the break, by invocation.
    pool: Vec<Operation>,
    /// What each did or saw; what each asked for.
    known: Vec<Option<M::Call>>,
    open: Vec<Option<M::Call>>,
    keep: Vec<bool>,
    /// The order in which forgetting is tried, the stretch tried now, and its length.
    order: Vec<u32>,
    start: u32,
    stretch: u32,
    trial: Option<(Box<Search<M>>, u64)>,
    minimal: bool,
    evidence: Option<Evidence>,
}

impl<M: Linearized> Explain<M> {
    pub(crate) fn new(
        model: M,
        at: u64,
        key: Option<Arc<str>>,
        several_keys: bool,
        operations: Vec<Operation>,
        suspects: Option<Vec<u32>>,
    ) -> Self {
        let of = operations.len() as u64;
        let open: Vec<_> = operations.iter().map(|operation| open_call(&model, operation)).collect();
        let known = operations.iter().map(|operation| known_call(&model, operation)).collect();
        let keep = match suspects {
            None => vec![true; operations.len()],
            Some(suspects) => {
                let mut keep = vec![false; operations.len()];
                for suspect in suspects {
                    keep[suspect as usize] = true;
                }
                keep
            }
        };
        let mut explain = Self {
            model,
            at,
            key,
            several_keys,
            of,
            known,
            pool: operations,
            open,
            keep,
            order: Vec::new(),
            start: 0,
            stretch: 1,
            trial: None,
            minimal: true,
            evidence: None,
        };
        explain.drop_bystanders();
        let mut order: Vec<u32> =
            (0..explain.pool.len() as u32).filter(|at| explain.keep[*at as usize]).collect();
        // Reads go first, then the oldest: what is left is writes, and near the break.
        order.sort_by_cached_key(|at| (explain.writes(*at), *at));
        explain.stretch = (order.len() as u32 / 2).max(1);
        explain.order = order;
        explain
    }

    /// The evidence, once [`Self::advance`] is done.
    pub fn evidence(&self) -> Option<&Evidence> {
        self.evidence.as_ref()
    }

    /// Works for about `steps` candidates of a search. Returns whether the evidence is found.
    pub fn advance(&mut self, steps: u64) -> bool {
        let mut left = steps;
        while self.evidence.is_none() && left > 0 {
            left -= 1;
            match self.trial.take() {
                None if self.start as usize >= self.order.len() => self.next_round(),
                None => self.try_stretch(&mut left),
                Some((mut search, spent)) => {
                    let before = left;
                    search.work(&mut left);
                    let spent = spent + before - left;
                    match search.progress() {
                        Progress::NotDecided if spent < TRIAL_STEPS => self.trial = Some((search, spent)),
                        Progress::NotDecided => self.tried(None),
                        Progress::Holds => self.tried(Some(false)),
                        Progress::Broken { .. } => self.tried(Some(true)),
                    }
                }
            }
        }
        self.evidence.is_some()
    }

    fn writes(&self, at: u32) -> bool {
        self.open[at as usize].as_ref().is_some_and(|call| !self.model.is_pure(call))
    }

    /// Keeps, besides the suspects, what could have written the values they saw. What failed to write such a
    /// value is a suspect too: forgotten, it might have happened.
    fn drop_bystanders(&mut self) {
        let helps = loop {
            let helps = self.helpers(&self.keep, true);
            let failed = |at: &usize| helps[*at] && self.pool[*at].outcome == Outcome::Failed;
            let failed: Vec<usize> = (0..self.pool.len()).filter(failed).collect();
            if failed.is_empty() {
                break helps;
            }
            for at in failed {
                self.keep[at] = true;
            }
        };
        let stays: Vec<bool> = (0..self.pool.len()).map(|at| helps[at] || self.keep[at]).collect();
        let mut flags = stays.iter();
        self.pool.retain(|_| flags.next().copied().unwrap_or(false));
        let mut flags = stays.iter();
        self.known.retain(|_| flags.next().copied().unwrap_or(false));
        let mut flags = stays.iter();
        self.open.retain(|_| flags.next().copied().unwrap_or(false));
        let mut flags = stays.iter();
        self.keep.retain(|_| flags.next().copied().unwrap_or(false));
    }

    /// Of the operations not in `keep`, those that could help one in it to happen, directly or through others.
    /// With `loose`, also those that could once some in `keep` are forgotten.
    fn helpers(&self, keep: &[bool], loose: bool) -> Vec<bool> {
        let mut helps = vec![false; self.pool.len()];
        let mut seers = Seers::default();
        for at in (0..self.pool.len()).filter(|at| keep[*at]) {
            for call in self.known[at].iter().chain(self.open[at].iter().filter(|_| loose)) {
                seers.add(&self.model, call);
            }
        }
        let mut rest: Vec<usize> = (0..self.pool.len()).filter(|at| !keep[*at]).collect();
        let mut next = 0;
        while let Some(seer) = seers.calls.get(next).cloned() {
            next += 1;
            rest.retain(|at| {
                let Some(call) = &self.open[*at] else { return false };
                if self.model.feeds(call, &seer) {
                    helps[*at] = true;
                    seers.add(&self.model, call);
                }
                !helps[*at]
            });
        }
        helps
    }

    /// The operations of the stretch tried now that are still kept.
    fn in_stretch(&self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..(start + self.stretch as usize).min(self.order.len())
    }

    fn try_stretch(&mut self, left: &mut u64) {
        let mut keep = self.keep.clone();
        for at in &self.order[self.in_stretch()] {
            keep[*at as usize] = false;
        }
        *left = left.saturating_sub(self.pool.len() as u64);
        match self.fast_breaks(&keep) {
            Ok(broken) => self.tried(Some(broken)),
            Err(Undecidable) => self.trial = Some((Box::new(self.search_with(&keep)), 0)),
        }
    }

    /// What came of forgetting the stretch: still broken, not, or nobody knows.
    fn tried(&mut self, broken: Option<bool>) {
        let stretch = self.in_stretch();
        if broken == Some(true) {
            for at in self.order.drain(stretch) {
                self.keep[at as usize] = false;
            }
            return;
        }
        if broken.is_none() && self.stretch == 1 {
            self.minimal = false;
        }
        self.start = stretch.end as u32;
    }

    fn next_round(&mut self) {
        if self.stretch == 1 {
            self.evidence = Some(self.conclude());
        } else {
            self.stretch = (self.stretch / 2).min(self.order.len() as u32).max(1);
            self.start = 0;
        }
    }

    /// Whether the kept operations cannot be ordered, all others forgotten.
    fn fast_breaks(&self, keep: &[bool]) -> Result<bool, Undecidable> {
        let mut fast = M::Fast::default();
        let helps = self.helpers(keep, false);
        for at in (0..self.pool.len()).filter(|at| helps[*at]) {
            if let Some(call) = &self.open[at] {
                fast.forgotten(call)?;
            }
        }
        let places: Vec<usize> = (0..self.pool.len()).filter(|at| keep[*at]).collect();
        let kept: Vec<&Operation> = places.iter().map(|at| &self.pool[*at]).collect();
        let mut numbers = vec![0; kept.len()];
        for (at, number, completes) in events_of(&kept) {
            let place = places[number as usize];
            if completes {
                let (number, outcome) = (numbers[number as usize], kept[number as usize].outcome);
                let told = fast.complete(number, at, outcome, self.known[place].as_ref());
                if fast.breach().is_some() {
                    return Ok(true);
                }
                told?;
            } else if let Some(call) = &self.open[place] {
                numbers[number as usize] = fast.invoke(at, call)?;
            }
        }
        Ok(false)
    }

    fn search_with(&self, keep: &[bool]) -> Search<M> {
        let mut search = Search::whole(self.model.clone());
        let helps = self.helpers(keep, false);
        for at in (0..self.pool.len()).filter(|at| helps[*at]) {
            let number = search.invoke(self.open[at].clone());
            search.complete(number, 0, Outcome::Unknown, None);
        }
        let places: Vec<usize> = (0..self.pool.len()).filter(|at| keep[*at]).collect();
        let kept: Vec<&Operation> = places.iter().map(|at| &self.pool[*at]).collect();
        let mut numbers = vec![0; kept.len()];
        for (at, number, completes) in events_of(&kept) {
            let place = places[number as usize];
            if completes {
                let outcome = kept[number as usize].outcome;
                search.complete(numbers[number as usize], at, outcome, self.known[place].clone());
            } else {
                numbers[number as usize] = search.invoke(self.open[place].clone());
            }
        }
        search
    }

    fn conclude(&self) -> Evidence {
        let needed: Vec<usize> = (0..self.pool.len()).filter(|at| self.keep[*at]).collect();
        let sources = self.sources(&needed);
        let mut members: Vec<usize> = needed.iter().chain(&sources).copied().collect();
        members.sort_unstable();
        Evidence {
            at: self.at,
            key: self.key.clone(),
            several_keys: self.several_keys,
            operations: members.iter().map(|at| self.pool[*at].clone()).collect(),
            sources: sources.iter().map(|at| self.pool[*at].id).collect(),
            of: self.of,
            minimal: self.minimal,
            whys: self.whys(&members),
            model: self.model.name(),
        }
    }

    /// Whether what one operation saw is what another one left there.
    fn wrote(&self, writer: usize, seer: usize) -> bool {
        let calls = self.open[writer].as_ref().zip(self.known[seer].as_ref());
        writer != seer
            && self.pool[writer].outcome != Outcome::Failed
            && calls.is_some_and(|(writer, seer)| self.model.wrote(writer, seer))
    }

    /// Writers of what the needed operations saw, where none of these wrote it.
    fn sources(&self, needed: &[usize]) -> Vec<usize> {
        let mut sources: BTreeSet<usize> = BTreeSet::new();
        for seer in needed {
            if needed.iter().chain(&sources).any(|writer| self.wrote(*writer, *seer)) {
                continue;
            }
            let end = self.pool[*seer].completed.unwrap_or(u64::MAX);
            let before = |writer: &usize| self.pool[*writer].invoked < end && self.wrote(*writer, *seer);
            sources.extend((0..self.pool.len()).rev().find(before));
        }
        sources.into_iter().collect()
    }

    fn whys(&self, members: &[usize]) -> Vec<Why> {
        let mut whys = Vec::new();
        for later in members {
            let op = &self.pool[*later];
            let before: Vec<&Operation> =
                members.iter().map(|at| &self.pool[*at]).filter(|earlier| earlier.precedes(op)).collect();
            for earlier in &before {
                if !before.iter().any(|between| earlier.precedes(between)) {
                    let earlier = Some(earlier.id);
                    whys.push(Why { earlier, later: op.id, because: Because::Answered });
                }
            }
            whys.extend(self.origin(members, *later));
        }
        whys
    }

    /// Where the value that an operation saw came from.
    fn origin(&self, members: &[usize], later: usize) -> Option<Why> {
        let id = self.pool[later].id;
        let Some(call) = &self.known[later] else {
            return Some(Why { earlier: None, later: id, because: Because::DidNotHappen });
        };
        self.model.needs(call)?;
        let because = |because, earlier| Some(Why { earlier, later: id, because });
        if let Some(writer) = members.iter().find(|writer| self.wrote(**writer, later)) {
            let replaced = if self.model.uses_up(call) { Because::Replaced } else { Because::Saw };
            return because(replaced, Some(self.pool[*writer].id));
        }
        if self.model.step(&self.model.initial(), call).is_some() {
            return because(Because::FoundNothing, None);
        }
        let fed = (0..self.pool.len()).any(|writer| {
            let calls = self.open[writer].as_ref().zip(self.known[later].as_ref());
            writer != later
                && self.pool[writer].outcome != Outcome::Failed
                && calls.is_some_and(|(writer, seer)| self.model.feeds(writer, seer))
        });
        if fed { None } else { because(Because::NeverWritten, None) }
    }
}

/// Calls of which one stands for all that the same operations help.
struct Seers<C> {
    calls: Vec<C>,
    by_need: BTreeSet<u64>,
    /// Of those without a need of their own the hashes.
    others: BTreeSet<u64>,
}

impl<C> Default for Seers<C> {
    fn default() -> Self {
        Self { calls: Vec::new(), by_need: BTreeSet::new(), others: BTreeSet::new() }
    }
}

impl<C: Clone + Hash> Seers<C> {
    fn add<M: Model<Call = C>>(&mut self, model: &M, call: &C) {
        let is_new = match model.needs(call) {
            Some(need) => self.by_need.insert(need),
            None => self.others.insert(crate::table::hash_of(call)),
        };
        if is_new {
            self.calls.push(call.clone());
        }
    }
}
