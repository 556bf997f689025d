//! The smallest proof that a guarantee is broken.
//!
//! As for linearizability ([`crate::evidence`]) an operation is *forgotten* if it is no longer known when it ran, after
//! and before what of its session, and what it was told: it may have happened at any time or never. What is forgotten
//! only loosens, so one pass over the suspects finds a set that is broken although all others are forgotten, and is
//! kept again once any one of it is. To it are added, as *sources*, the writers of what it saw.
//!
//! Counters and banks count every operation; there the proof is the reads that cannot be, and figures tell the rest.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::examine::is_causal;
use super::grown::Pram;
use super::sequential::{self, Answer, Way};
use super::timeless::timeless;
use super::watch::Watch;
use super::{Places, Setting, Standing, Suspects};
use crate::history::{History, Operation, Outcome};
use crate::judge::{events_of, known_call, open_call};
use crate::models::{Cell, CellCall, Set, SetCall};
use crate::names::{Guarantee, ModelName};
use crate::value::{Value, Values};

/// Steps that one search for an order may take before its question is left open.
const TRIAL_STEPS: u64 = 100_000;

/// The proof that a guarantee is broken. [`Proof::story_with`] tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    /// The guarantee.
    pub guarantee: Guarantee,
    /// Position of the event that broke it, of the last one where only the whole can be judged.
    pub at: u64,
    /// The operations, as they stood then, by invocation: needed ones and sources.
    pub operations: Vec<Operation>,
    /// Ids of those that are only there because they wrote what a needed one saw.
    pub sources: Vec<u64>,
    /// How many operations had begun by then.
    pub of: u64,
    /// Whether forgetting any needed one was shown to mend it. Else some may be superfluous.
    pub minimal: bool,
    /// What the proof is counted by.
    pub(super) figures: Figures,
    pub(super) several_keys: bool,
    pub(super) model: ModelName,
}

/// What can be counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub interval: Option<(i128, i128)>,
    pub total: Option<i128>,
}

impl Proof {
    /// The operations without which the guarantee would be kept.
    pub fn needed(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|operation| !self.sources.contains(&operation.id))
    }
}

/// What is being tried.
enum Trial {
    Watch(Box<Watched>),
    Order(Box<dyn Way>, u64),
}

/// A history that is being told to a watch.
struct Watched {
    watch: Watch,
    history: History,
    events: Vec<(u64, u32, bool)>,
    fed: usize,
}

/// The search for the smallest proof, in steps.
pub struct Explain {
    guarantee: Guarantee,
    model: ModelName,
    setting: Setting,
    at: u64,
    of: u64,
    several_keys: bool,
    figures: Figures,
    /// The operations as they stood when it broke.
    pool: Vec<Operation>,
    /// Keys to which something is appended: a value there may be made of anything.
    grow: BTreeSet<Option<Arc<str>>>,
    keep: Vec<bool>,
    /// The order in which forgetting is tried, the stretch tried now, and its length.
    order: Vec<u32>,
    start: u32,
    stretch: u32,
    trial: Option<Trial>,
    /// Whether the history is not in the order of time: see [`super::timeless`].
    out_of_time: bool,
    /// Whether PRAM is looked for session by session.
    by_search: bool,
    /// Whether the suspects still have to be found guilty.
    accused: bool,
    minimal: bool,
    done: bool,
}

impl Explain {
    /// It broke at `at` (the end, if there is no such moment) by these.
    pub(super) fn new(
        guarantee: Guarantee,
        model: ModelName,
        setting: &Setting,
        history: &History,
        at: u64,
        suspects: &Suspects,
        figures: Figures,
    ) -> Self {
        let pool: Vec<Operation> = history.operations().iter().map_while(|one| one.as_of(at)).collect();
        let mut keep = vec![*suspects == Suspects::All; pool.len()];
        if let Suspects::These(places) | Suspects::Alone(places) = suspects {
            for place in places {
                keep[*place as usize] = true;
            }
        }
        let keys: BTreeSet<Option<&Arc<str>>> = pool.iter().map(|one| one.key.as_ref()).collect();
        let mut explain = Self {
            guarantee,
            model,
            setting: setting.clone(),
            at,
            of: pool.len() as u64,
            several_keys: keys.len() > 1,
            figures,
            grow: pool.iter().filter(|one| one.function == "append").map(|one| one.key.clone()).collect(),
            pool,
            keep,
            order: Vec::new(),
            start: 0,
            stretch: 1,
            trial: None,
            out_of_time: false,
            by_search: false,
            accused: matches!(suspects, Suspects::These(_)),
            minimal: true,
            done: matches!(suspects, Suspects::Alone(_)),
        };
        explain.line_up();
        explain
    }

    /// The history was put in an order that time does not have.
    pub(super) fn out_of_time(self) -> Self {
        Self { out_of_time: true, ..self }
    }

    /// PRAM is to be judged by search.
    pub(super) fn by_search(self) -> Self {
        Self { by_search: true, ..self }
    }

    /// Puts those that are kept in the order in which they are tried.
    fn line_up(&mut self) {
        let mut order: Vec<u32> = (0..self.pool.len() as u32).filter(|at| self.keep[*at as usize]).collect();
        // Reads go first, then the oldest: what is left is near the break.
        order.sort_by_cached_key(|at| (!self.is_read(*at), *at));
        self.stretch = (order.len() as u32 / 2).max(1);
        self.start = 0;
        self.order = order;
    }

    fn is_read(&self, at: u32) -> bool {
        matches!(&*self.pool[at as usize].function, "read" | "get" | "contains")
    }

    /// Works for about so many steps; whether the proof is found.
    pub fn advance(&mut self, steps: u64) -> bool {
        let mut left = steps.max(1);
        self.work(&mut left)
    }

    pub(super) fn work(&mut self, left: &mut u64) -> bool {
        while !self.done && *left > 0 {
            *left = left.saturating_sub(1);
            match self.trial.take() {
                None if self.accused => self.begin(&self.keep.clone(), left),
                None if self.start as usize >= self.order.len() => self.next_round(),
                None => {
                    let mut keep = self.keep.clone();
                    for at in &self.order[self.in_stretch()] {
                        keep[*at as usize] = false;
                    }
                    self.begin(&keep, left);
                }
                Some(mut trial) => match go_on(&mut trial, self.guarantee, left) {
                    None => self.trial = Some(trial),
                    Some(broken) => self.tried(broken),
                },
            }
        }
        self.done
    }

    fn in_stretch(&self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..(start + self.stretch as usize).min(self.order.len())
    }

    /// What came of it: still broken, not, or nobody knows.
    fn tried(&mut self, broken: Option<bool>) {
        if std::mem::take(&mut self.accused) {
            if broken != Some(true) {
                // More is needed than those who were suspected.
                self.keep = vec![true; self.pool.len()];
                self.line_up();
            }
            return;
        }
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
            self.done = true;
        } else {
            self.stretch = (self.stretch / 2).min(self.order.len() as u32).max(1);
            self.start = 0;
        }
    }

    /// Begins the trial of a history in which only these are remembered.
    fn begin(&mut self, keep: &[bool], left: &mut u64) {
        *left = left.saturating_sub(self.pool.len() as u64 / 4);
        let Some((history, shift)) = self.remembered(keep) else {
            // It cannot be told as a history: nothing follows.
            self.tried(None);
            return;
        };
        let mut setting = self.setting.clone();
        setting.times = setting.times.shifted(shift);
        setting.made_up = 0;
        self.trial = Some(if self.guarantee == Guarantee::Sequential {
            Trial::Order(sequential::decide(self.model, &history, &setting), 0)
        } else if self.by_search {
            Trial::Order(Box::new(Pram::new(&history, &setting)), 0)
        } else {
            let mut watch = Watch::new(self.model, &[self.guarantee], &setting);
            let mut history = history;
            if self.out_of_time
                && let Some(timeless) = timeless(&history, self.model)
            {
                if timeless.circular {
                    self.tried(is_causal(self.guarantee).then_some(true));
                    return;
                }
                watch = watch.foreseeing(&timeless.foreseen);
                history = timeless.history.unwrap_or(history);
            }
            let operations: Vec<&Operation> = history.operations().iter().collect();
            let events = events_of(&operations);
            Trial::Watch(Box::new(Watched { watch, history, events, fed: 0 }))
        });
    }

    /// The history in which the others are forgotten, and by how much its positions are larger.
    fn remembered(&self, keep: &[bool]) -> Option<(History, u64)> {
        let forgotten = self.helpers(keep);
        let shift = forgotten.len() as u64 * 2;
        let mut operations = Vec::new();
        for (number, at) in forgotten.into_iter().enumerate() {
            let mut operation = self.pool[at].clone();
            operation.process = u64::MAX - number as u64;
            operation.invoked = number as u64 * 2;
            operation.completed = Some(number as u64 * 2 + 1);
            operation.outcome = Outcome::Unknown;
            operation.output = Values::new();
            operations.push(operation);
        }
        for at in (0..self.pool.len()).filter(|at| keep[*at]) {
            let mut operation = self.pool[at].clone();
            operation.invoked += shift;
            operation.completed = operation.completed.map(|completed| completed + shift);
            operations.push(operation);
        }
        Some((History::from_operations(operations).ok()?, shift))
    }

    /// Of those that are not kept the ones that may have written what these saw.
    fn helpers(&self, keep: &[bool]) -> Vec<usize> {
        let others: Vec<usize> = (0..self.pool.len()).filter(|at| !keep[*at]).collect();
        match self.model {
            ModelName::Register | ModelName::CasRegister | ModelName::Kv => self.writers(keep, others),
            ModelName::Set => {
                let mut seen: BTreeSet<Value> = BTreeSet::new();
                for at in (0..self.pool.len()).filter(|at| keep[*at]) {
                    match known_call(&Set, &self.pool[at]) {
                        Some(SetCall::Read(Some(all))) => seen.extend(all.iter().cloned()),
                        Some(SetCall::Contains(one, Some(true))) => drop(seen.insert(one)),
                        _ => {}
                    }
                }
                let helps = |at: &usize| match open_call(&Set, &self.pool[*at]) {
                    Some(SetCall::Add(one)) => seen.contains(&one),
                    Some(SetCall::Remove(_)) => true,
                    _ => false,
                };
                others.into_iter().filter(helps).collect()
            }
            _ => others.into_iter().filter(|at| !self.is_read(*at as u32)).collect(),
        }
    }

    fn writers(&self, keep: &[bool], mut others: Vec<usize>) -> Vec<usize> {
        let mut seen: BTreeSet<(Option<&Arc<str>>, Value)> = BTreeSet::new();
        let mut vague = BTreeSet::new();
        for operation in (0..self.pool.len()).filter(|at| keep[*at]).map(|at| &self.pool[at]) {
            match known_call(&Cell::KeyValue, operation) {
                Some(CellCall::Refused { .. }) => drop(vague.insert(operation.key.as_ref())),
                Some(call) => {
                    if call.sees().is_some() && self.grow.contains(&operation.key) {
                        vague.insert(operation.key.as_ref());
                    }
                    seen.extend(call.sees().map(|value| (operation.key.as_ref(), value.clone())));
                }
                None => {}
            }
        }
        let mut helpers = Vec::new();
        loop {
            let before = helpers.len();
            others.retain(|at| {
                let operation = &self.pool[*at];
                let key = operation.key.as_ref();
                let call = open_call(&Cell::KeyValue, operation);
                let helps = match &call {
                    Some(CellCall::Write(value)) => {
                        vague.contains(&key) || seen.contains(&(key, value.clone()))
                    }
                    Some(CellCall::Cas { from, to }) => {
                        let helps = vague.contains(&key) || seen.contains(&(key, to.clone()));
                        if helps {
                            seen.insert((key, from.clone()));
                        }
                        helps
                    }
                    Some(CellCall::Append(_)) => vague.contains(&key),
                    _ => false,
                };
                if helps {
                    helpers.push(*at);
                }
                !helps
            });
            if helpers.len() == before {
                helpers.sort_unstable();
                return helpers;
            }
        }
    }

    /// The proof, its operations as `original` has them. Before the search is done it is one that may be larger.
    pub fn proof(&self, original: &History) -> Proof {
        let needed: Places = (0..self.pool.len() as u32).filter(|at| self.keep[*at as usize]).collect();
        let mut members: BTreeSet<u32> = needed.iter().copied().collect();
        let sources = self.sources(&needed);
        members.extend(&sources);
        let told = |at: &u32| {
            let operation = &self.pool[*at as usize];
            let until = if self.out_of_time { u64::MAX } else { self.at };
            let original = original.get(operation.id).and_then(|original| original.as_of(until));
            original.unwrap_or_else(|| operation.clone())
        };
        Proof {
            guarantee: self.guarantee,
            at: original.end().map_or(self.at, |end| if self.out_of_time { end } else { end.min(self.at) }),
            operations: members.iter().map(told).collect(),
            sources: sources.iter().map(|at| self.pool[*at as usize].id).collect(),
            of: self.of,
            minimal: self.minimal && self.done,
            figures: self.figures,
            several_keys: self.several_keys,
            model: self.model,
        }
    }

    /// Who wrote what the needed ones saw, where these did not.
    fn sources(&self, needed: &[u32]) -> Vec<u32> {
        if !matches!(self.model, ModelName::Register | ModelName::CasRegister | ModelName::Kv) {
            return Vec::new();
        }
        let mut sources: BTreeSet<u32> = BTreeSet::new();
        for seer in needed {
            let seer_of = &self.pool[*seer as usize];
            let known = known_call(&Cell::KeyValue, seer_of);
            let Some(seen) = known.as_ref().and_then(CellCall::sees) else { continue };
            let wrote = |at: &u32| {
                let writer = &self.pool[*at as usize];
                at != seer
                    && writer.outcome != Outcome::Failed
                    && writer.key == seer_of.key
                    && open_call(&Cell::KeyValue, writer).is_some_and(|call| call.leaves() == Some(seen))
            };
            if !needed.iter().chain(&sources).any(&wrote) {
                sources.extend((0..self.pool.len() as u32).rev().find(wrote));
            }
        }
        sources.into_iter().collect()
    }
}

/// Lets a trial go on; whether what is remembered is broken once that is known, none if it never will be.
fn go_on(trial: &mut Trial, guarantee: Guarantee, left: &mut u64) -> Option<Option<bool>> {
    match trial {
        Trial::Watch(trial) => {
            let Watched { watch, history, events, fed } = &mut **trial;
            while let Some((_, place, completes)) = events.get(*fed).copied() {
                if *left == 0 {
                    return None;
                }
                *left -= 1;
                *fed += 1;
                if completes {
                    watch.complete(history, place);
                } else {
                    watch.invoke(history, place);
                }
            }
            Some(Some(matches!(watch.standing_at(guarantee, u64::MAX), Standing::Broken { .. })))
        }
        Trial::Order(way, spent) => {
            let before = *left;
            way.work(left);
            *spent += before - *left;
            match way.answer() {
                Answer::Broken => Some(Some(true)),
                Answer::Holds(_) => Some(Some(false)),
                Answer::Unfit | Answer::TooLarge => Some(None),
                Answer::Open if *spent > TRIAL_STEPS => Some(None),
                Answer::Open => None,
            }
        }
    }
}
