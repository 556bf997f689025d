//! Judging a history from a file: which guarantees it keeps, and the proof for each that it does not.
//!
//! ```
//! use check::check::{Checking, Request};
//! use check::names::Guarantee;
//! use check::read::{Options, import};
//!
//! let file = b"{:process 0, :type :invoke, :f :write, :value 3}
//! {:process 0, :type :ok, :f :write, :value 3}
//! {:process 1, :type :invoke, :f :read, :value nil}
//! {:process 1, :type :ok, :f :read, :value 4}";
//! let imported = import("history.edn", file, &Options::default())?;
//! let asked = Request { guarantees: vec![Guarantee::Linearizable], ..Request::default() };
//! let mut checking = Checking::new(imported, &asked)?;
//! while !checking.advance(10_000) {}
//! let claim = &checking.claims()[0];
//! assert_eq!(claim.holds, Some(false));
//! let evidence = claim.evidence.as_ref().expect("no verdict without its reason");
//! assert!(evidence.sentence.starts_with("process 1 read 4"));
//! assert_eq!(evidence.operations[0].line, Some(3));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Work
//! Everything is done in steps, so that the caller decides how long it may take: [`Checking::advance`]. What was not
//! decided by then is open, and says why. Guarantees that follow from one that holds are not judged again.
//!
//! | guarantees | judged by |
//! |-|-|
//! | linearizable, and all others of single objects | `objects` |
//! | those of transactions, all of them at once | `transactions`; what that leaves open because values repeat: `serial` |
//!
//! [`map`] shows what was found on the map of all models; a claim says what it found in sentences: where a guarantee holds
//! the [`Witness`], where it is broken the [`Evidence`], where neither is known why.

pub mod map;
mod objects;
mod serial;
mod transactions;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use thiserror::Error;

use crate::history::History;
use crate::isolation::Conventions;
use crate::isolation::lattice::{Model, Scope};
use crate::models::ModelError;
use crate::names::{Guarantee, ModelName};
use crate::read::{Imported, Origin, Subject};

use map::{Known, ModelMap, Standing};

/// What is to be judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// These guarantees; where there is none, all that make sense for the model.
    pub guarantees: Vec<Guarantee>,
    /// About how many steps there will be, for those who share them out beforehand; [`STEPS`] unless said.
    pub steps: Option<u64>,
}

/// How many steps a job has in its first turn.
const TURN: u64 = 2_000_000;

/// How many steps are shared out where nobody says: minutes of work.
pub const STEPS: u64 = 2_000_000_000;

/// Why a history cannot be judged as asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The guarantee is none of such a history.
    #[error("{guarantee} is no guarantee of a {model}; of that there are {known}")]
    NotOfModel {
        /// The guarantee.
        guarantee: Guarantee,
        /// The model.
        model: ModelName,
        /// What can be asked for.
        known: String,
    },
    /// The history says nothing that the guarantee is about.
    #[error("{guarantee} cannot be judged here: {because}")]
    NotOfHistory {
        /// The guarantee.
        guarantee: Guarantee,
        /// What is missing.
        because: &'static str,
    },
    /// An operation means nothing to the model.
    #[error("{}{error}", place(*.line))]
    Model {
        /// Its line.
        line: Option<u64>,
        /// What is wrong with it.
        error: ModelError,
    },
}

fn place(line: Option<u64>) -> String {
    line.map_or_else(String::new, |line| format!("line {line}: "))
}

/// Whether a history keeps a guarantee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// Which.
    pub guarantee: Guarantee,
    /// `None` while, or because, it is not decided.
    pub holds: Option<bool>,
    /// Where it holds, what shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
    /// Where it is broken, the proof.
    pub evidence: Option<Evidence>,
    /// Where it is not decided, why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undecided: Option<String>,
}

impl Claim {
    fn held(guarantee: Guarantee) -> Self {
        Self { guarantee, holds: Some(true), witness: None, evidence: None, undecided: None }
    }

    fn shown(guarantee: Guarantee, witness: Witness) -> Self {
        Self { witness: Some(witness), ..Self::held(guarantee) }
    }

    fn broken(guarantee: Guarantee, evidence: Evidence) -> Self {
        Self { guarantee, holds: Some(false), witness: None, evidence: Some(evidence), undecided: None }
    }

    fn open(guarantee: Guarantee, why: impl Into<String>) -> Self {
        Self { guarantee, holds: None, witness: None, evidence: None, undecided: Some(why.into()) }
    }

    /// The same with operations numbered as the file has them, without the first `made_up`, which only say what objects
    /// hold at first: [`Imported::made_up`].
    pub fn numbered_as_in_file(mut self, made_up: u32) -> Self {
        let made_up = u64::from(made_up);
        if made_up == 0 {
            return self;
        }
        if let Some(witness) = &mut self.witness {
            witness.order = witness.order.iter().filter_map(|place| place.checked_sub(made_up)).collect();
        }
        if let Some(evidence) = &mut self.evidence {
            let before = evidence.operations.len();
            evidence.operations.retain(|shown| shown.operation >= made_up);
            evidence.operations.iter_mut().for_each(|shown| shown.operation -= made_up);
            if evidence.operations.len() < before {
                evidence.because.push("What was there at first was said along with the file.".to_owned());
            }
        }
        self
    }
}

/// Why a guarantee holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// What shows it: an order, counts, or what it follows from.
    pub sentence: String,
    /// Where an order shows it, that order: places among the operations of the history, from 0. Operations that may as well
    /// not have happened are left out. Where the sentence speaks of snapshots each transaction stands in it twice: where it
    /// takes its snapshot, and where it commits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<u64>,
}

impl Witness {
    fn said(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), order: Vec::new() }
    }
}

/// The proof of a broken guarantee.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// What happened, and that it cannot be.
    pub sentence: String,
    /// The operations of the proof.
    pub operations: Vec<Shown>,
    /// Why that cannot be. Where a proof has cases, what belongs to one is indented by two blanks.
    pub because: Vec<String>,
}

/// An operation of a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// What the sentences call it: `T1`; where there is none they name who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its place among the operations of the history, from 0.
    pub operation: u64,
    /// Who did it: `process 3`.
    pub client: String,
    /// What it did: `read: milk`.
    pub label: String,
    /// The line of its invocation in the file.
    pub line: Option<u64>,
    /// The line of its completion.
    pub completed_line: Option<u64>,
    /// The file's own number for its invocation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<i64>,
    /// When it was invoked, in nanoseconds by the file's clock.
    pub invoked: Option<i64>,
    /// When it was answered, by the same clock; not where its outcome is unknown.
    pub answered: Option<i64>,
    /// It is only there because it wrote what another one saw.
    pub source: bool,
}

impl Shown {
    /// An operation that stands in the file where `origin` says.
    fn new(operation: u64, client: String, label: String, origin: Option<&Origin>) -> Self {
        Self {
            name: None,
            operation,
            client,
            label,
            line: origin.map(Origin::line).filter(|line| *line > 0),
            completed_line: origin.and_then(Origin::completed_line),
            index: origin.and_then(Origin::index),
            invoked: origin.and_then(Origin::invoked),
            answered: origin.and_then(Origin::completed),
            source: false,
        }
    }
}

/// A part of the work: one analysis, whatever number of guarantees it answers for.
trait Job {
    /// Whether it is worth doing, after what was found before.
    fn wanted(&self, _found: &[Claim]) -> bool {
        true
    }

    /// Works for about `steps`; whether it is done.
    fn advance(&mut self, imported: &Imported, steps: u64) -> bool;

    /// What it found, done or not.
    fn claims(&self, imported: &Imported) -> Vec<Claim>;

    /// What it found of models, beyond those that were asked for.
    fn known(&self, _imported: &Imported) -> Vec<Known> {
        Vec::new()
    }
}

/// The judging of one history.
pub struct Checking {
    imported: Imported,
    asked: Vec<Guarantee>,
    jobs: Vec<Box<dyn Job>>,
    /// The job at work, and those before it, which are done.
    at: usize,
    /// How many steps the job at work has had in its turn, and after how many the next one has its turn.
    spent: u64,
    turn: u64,
    /// How many turns there were.
    turns: usize,
    /// Whether jobs take turns: those of transactions follow from each other.
    in_turns: bool,
    /// What the jobs before it found.
    found: Vec<Claim>,
}

impl Checking {
    /// Prepares to judge `imported`.
    ///
    /// # Errors
    /// If it cannot be judged as asked.
    pub fn new(imported: Imported, request: &Request) -> Result<Self, CheckError> {
        let mut asked = request.guarantees.clone();
        if asked.is_empty() {
            asked = usual(&imported);
        }
        let mut seen = BTreeSet::new();
        asked.retain(|guarantee| seen.insert(*guarantee));
        for guarantee in &asked {
            fits(*guarantee, &imported)?;
        }
        let jobs: Vec<Box<dyn Job>> = match &imported.subject {
            Subject::Objects(history) => objects::jobs(&imported, history, &asked, request)?,
            Subject::Transactions(history) => transactions::jobs(history, &asked, request),
        };
        let in_turns = matches!(imported.subject, Subject::Objects(_));
        Ok(Self { imported, asked, jobs, at: 0, spent: 0, turn: TURN, turns: 0, in_turns, found: Vec::new() })
    }

    /// The history.
    pub fn imported(&self) -> &Imported {
        &self.imported
    }

    /// Works for about `steps`; whether everything is judged.
    pub fn advance(&mut self, steps: u64) -> bool {
        let Some(job) = self.jobs.get_mut(self.at) else { return true };
        if job.advance(&self.imported, steps) {
            self.found.extend(job.claims(&self.imported));
            self.at += 1;
            self.spent = 0;
            while self.jobs.get(self.at).is_some_and(|job| !job.wanted(&self.found)) {
                self.at += 1;
            }
        } else if self.in_turns {
            self.spent = self.spent.saturating_add(steps);
            if self.spent >= self.turn {
                self.next_turn();
            }
        }
        self.at == self.jobs.len()
    }

    /// A job that takes long lets the others have their turn: what is cheap is judged, however dear the rest is.
    fn next_turn(&mut self) {
        self.jobs[self.at..].rotate_left(1);
        self.spent = 0;
        self.turns += 1;
        if self.turns.is_multiple_of(self.jobs.len() - self.at) {
            self.turn = self.turn.saturating_mul(2);
        }
    }

    /// How much of the work is done, from 0 to 1, roughly.
    pub fn share(&self) -> f32 {
        self.at as f32 / self.jobs.len().max(1) as f32
    }

    /// What was found so far, a claim for each guarantee that was asked for, in that order.
    pub fn claims(&self) -> Vec<Claim> {
        let mut found = self.found.clone();
        for job in self.jobs.iter().skip(self.at) {
            found.extend(job.claims(&self.imported));
        }
        self.asked.iter().map(|guarantee| concluded(*guarantee, &found)).collect()
    }

    /// How the history stands to every model of the lattice, as far as what was found says so.
    pub fn map(&self) -> ModelMap {
        let (scope, conventions) = kind(&self.imported);
        let own = |claim: Claim| {
            let model = model_of(claim.guarantee, scope, &conventions)?;
            let (standing, reason) = match claim.holds {
                Some(true) => (Standing::Holds, claim.witness.map(|witness| witness.sentence)),
                Some(false) => {
                    let first = |found: &Evidence| found.sentence.clone();
                    (Standing::Broken, claim.evidence.as_ref().map(first))
                }
                None => (Standing::NotDecided, claim.undecided),
            };
            let reason = reason.unwrap_or_else(|| "It was judged so.".to_owned());
            Some(Known { model, standing, reason, evidence: claim.evidence.map(Arc::new) })
        };
        let mut found = self.found.clone();
        let mut known = Vec::new();
        for (place, job) in self.jobs.iter().enumerate() {
            if place < self.at {
                known.extend(job.known(&self.imported));
            } else {
                found.extend(job.claims(&self.imported));
            }
        }
        known.extend(found.into_iter().filter_map(own));
        ModelMap::new(known, scope)
    }
}

/// Of what the history is, and by which conventions.
fn kind(imported: &Imported) -> (Scope, Conventions) {
    match &imported.subject {
        Subject::Objects(_) => (Scope::Operations, Conventions::jepsen()),
        Subject::Transactions(history) => (Scope::Transactions, history.conventions().clone()),
    }
}

/// The model of the lattice that a guarantee is in such a history. All objects together are one, on which transactions are
/// operations.
fn model_of(guarantee: Guarantee, scope: Scope, conventions: &Conventions) -> Option<Model> {
    match (scope, guarantee) {
        (Scope::Transactions, Guarantee::Linearizable) => Some(Model::StrictSerializable),
        (Scope::Transactions, Guarantee::Sequential) => Some(Model::StrongSessionSerializable),
        _ => map::promised(guarantee.name(), scope, conventions),
    }
}

/// What is known of a guarantee: what was found of it, else what follows from what was found of others.
fn concluded(guarantee: Guarantee, found: &[Claim]) -> Claim {
    let mut owns = found.iter().filter(|claim| claim.guarantee == guarantee);
    let first = owns.clone().next();
    let own = owns.find(|own| own.holds.is_some()).or(first);
    if let Some(own) = own.filter(|own| own.holds.is_some()) {
        return own.clone();
    }
    // What breaks something weaker breaks it, too.
    let broken = found.iter().find(|claim| claim.holds == Some(false) && implies(guarantee, claim.guarantee));
    if let Some(broken) = broken {
        return Claim { guarantee, ..broken.clone() };
    }
    let stronger = |claim: &&Claim| claim.holds == Some(true) && implies(claim.guarantee, guarantee);
    if let Some(stronger) = found.iter().find(stronger) {
        return Claim::shown(guarantee, Witness::said(format!("It follows from {}.", stronger.guarantee)));
    }
    match own {
        Some(own) => own.clone(),
        None => Claim::open(guarantee, "its turn did not come in time; give it more time"),
    }
}

/// The guarantees of transactions, the strongest first.
const OF_TRANSACTIONS: [Guarantee; 10] = [
    Guarantee::StrictSerializable,
    Guarantee::StrongSessionSerializable,
    Guarantee::StrongSessionSnapshotIsolation,
    Guarantee::Serializable,
    Guarantee::SnapshotIsolation,
    Guarantee::RepeatableRead,
    Guarantee::Causal,
    Guarantee::ReadAtomic,
    Guarantee::ReadCommitted,
    Guarantee::ReadUncommitted,
];

/// The guarantees of single objects, the strongest first.
fn of_objects(model: ModelName) -> Vec<Guarantee> {
    let mut all = vec![Guarantee::Linearizable];
    all.extend(crate::consistency::known(model));
    all
}

/// What is judged where nothing is asked for.
fn usual(imported: &Imported) -> Vec<Guarantee> {
    match &imported.subject {
        Subject::Transactions(history) => {
            let timed = history.has_real_time();
            let needs_time = |guarantee: &Guarantee| *guarantee == Guarantee::StrictSerializable;
            OF_TRANSACTIONS.into_iter().filter(|guarantee| timed || !needs_time(guarantee)).collect()
        }
        Subject::Objects(_) => {
            let mut all = of_objects(imported.model);
            // Of causality one form is enough where nobody asks for another.
            all.retain(|one| !matches!(one, Guarantee::WeakCausal | Guarantee::CausalConvergence));
            all
        }
    }
}

/// Whether the guarantee says anything about such a history.
fn fits(guarantee: Guarantee, imported: &Imported) -> Result<(), CheckError> {
    let model = imported.model;
    let mut known: Vec<Guarantee> = match &imported.subject {
        Subject::Objects(_) => of_objects(model),
        Subject::Transactions(_) => OF_TRANSACTIONS.to_vec(),
    };
    if imported.model.is_transactional() {
        // All objects together are one, on which transactions are operations.
        known.extend([Guarantee::Linearizable, Guarantee::Sequential]);
    }
    let because = match guarantee {
        Guarantee::Progress => Some(
            "whether operations go on being answered is judged while a lab runs; of a history that ends nobody knows what was still to come",
        ),
        Guarantee::Atomic => Some(
            "whether all who take part in a transaction decide alike is judged inside a lab; a history shows what clients were told, and for that ask for read-atomic or serializable",
        ),
        _ => None,
    };
    if let Some(because) = because {
        return Err(CheckError::NotOfHistory { guarantee, because });
    }
    if !known.contains(&guarantee) {
        let names: Vec<&str> = known.iter().map(|one| one.name()).collect();
        return Err(CheckError::NotOfModel { guarantee, model, known: names.join(", ") });
    }
    if let Subject::Transactions(history) = &imported.subject
        && matches!(guarantee, Guarantee::StrictSerializable | Guarantee::Linearizable)
        && !history.has_real_time()
    {
        return Err(CheckError::NotOfHistory {
            guarantee,
            because: "the file does not say when its transactions began and ended; ask for strong-session-serializable",
        });
    }
    Ok(())
}

/// Whether a history that keeps `one` keeps `other`, too. *Causal* keeps the order of sessions, of transactions as well.
fn implies(one: Guarantee, other: Guarantee) -> bool {
    use Guarantee as G;
    let next: &[Guarantee] = match one {
        G::Linearizable => &[
            G::Sequential,
            G::Regular,
            G::BoundedStaleness,
            G::NoLostWrite,
            G::NoLostOrStale,
            G::Convergent,
            G::IntervalCounter,
            G::Conservation,
        ],
        G::Sequential => &[G::Causal, G::CausalConvergence],
        G::Causal => &[G::WeakCausal, G::Pram, G::ReadAtomic],
        G::CausalConvergence => &[G::WeakCausal, G::MonotonicReads],
        G::WeakCausal => &[G::ReadYourWrites, G::MonotonicWrites, G::WritesFollowReads],
        G::Pram => &[G::ReadYourWrites, G::MonotonicReads, G::MonotonicWrites],
        G::NoLostOrStale => &[G::NoLostWrite],
        G::StrictSerializable => &[G::StrongSessionSerializable],
        G::StrongSessionSerializable => &[G::Serializable, G::StrongSessionSnapshotIsolation],
        G::StrongSessionSnapshotIsolation => &[G::SnapshotIsolation, G::Causal],
        G::Serializable => &[G::SnapshotIsolation, G::RepeatableRead],
        G::SnapshotIsolation => &[G::ReadAtomic],
        G::RepeatableRead | G::ReadAtomic => &[G::ReadCommitted],
        G::ReadCommitted => &[G::ReadUncommitted],
        _ => &[],
    };
    next.contains(&other) || next.iter().any(|next| implies(*next, other))
}

/// The name of a lane.
fn lane(imported: &Imported, lane: u32) -> String {
    imported.lanes.get(lane as usize).map_or_else(|| format!("c{lane}"), ToString::to_string)
}

/// The proof of a break for which there was no time to find the smallest: the operation whose answer made it certain.
fn unexplained(imported: &Imported, history: &History, place: Option<u32>) -> Evidence {
    let Some((place, operation)) =
        place.and_then(|place| Some((place, history.operations().get(place as usize)?)))
    else {
        return Evidence::default();
    };
    let client = lane(imported, operation.lane);
    let origin = imported.origins.get(place as usize);
    let line =
        origin.and_then(Origin::completed_line).map_or_else(String::new, |line| format!(" (line {line})"));
    let sentence = format!(
        "No order of the operations explains what {client} was told{line}. There was no time to find the smallest proof."
    );
    let shown = Shown::new(u64::from(place), client, operation.function.to_string(), origin);
    Evidence { sentence, operations: vec![shown], because: Vec::new() }
}
