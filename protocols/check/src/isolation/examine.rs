//! The examination of a history: for one model or for all of them, in slices.
//!
//! First come the facts and the anomalies that need no cycle, then the dependency graph and its cycles. What models
//! are still open is then decided by checks of their own ([`Task`]): the weak ones by [`super::weak`], the strong
//! ones by [`super::search`], the strongest first, since what they satisfy need not be asked again. A check that runs
//! out of its share of the budget leaves its model open.

use crate::few::Few;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cycles::{Cycles, Unsure};
use super::depend::Depend;
use super::evidence::{Finding, Findings, Proof};
use super::explain::Explainer;
use super::facts::{Facts, Gather};
use super::graph::{Edges, Graph, Kind};
use super::history::{Objects, Transactions};
use super::lattice::{Anomaly, Model, Models, Order, Shape, Status, Statuses};
use super::search::{self, Search, Target};
use super::weak::{Level, Outcome, Weak};

/// What is asked of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Whether it satisfies this model.
    One(Model),
    /// Which models it satisfies.
    All,
}

/// An order that explains a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Witness {
    /// Transactions in an order. Serializable: one after another. Snapshots are not spoken of, so for weaker models
    /// it is the order in which they commit, which also orders the versions of each key.
    Order(Vec<u32>),
    /// Every transaction twice: where it takes its snapshot, and where it commits.
    Snapshots(Vec<u32>),
}

/// Why nobody can say whether a history satisfies a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// The steps did not suffice.
    Budget,
    /// Several transactions wrote this version, which was seen: nobody knows whose it was.
    Unclear {
        /// The version.
        version: u32,
    },
    /// The model speaks of time, and the history does not say when each transaction ran.
    NoTimes,
    /// No anomaly that it forbids was found, and nothing stronger was shown to hold; what a history of reads and
    /// writes shows does not settle it.
    NotShown,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Budget => "not decided within the budget; give it more steps, or a shorter history",
            Reason::Unclear { .. } => {
                "a value that was read had been written more than once, so nobody can tell whose it was; write each value to a key once only"
            }
            Reason::NoTimes => {
                "it speaks of time, but the history does not say when each transaction began and ended"
            }
            Reason::NotShown => {
                "no anomaly that it forbids was found, but reads and writes alone do not show that it holds"
            }
        })
    }
}

/// Whether a history satisfies a model, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// It does: this explains it.
    Holds(Witness),
    /// It does not: this shows it.
    Broken(Finding),
    /// Nobody can say.
    Undecided(Reason),
}

/// What an examination found out.
#[derive(Clone, Debug)]
pub struct Report {
    /// The anomalies that were found; of each kind one.
    pub findings: Vec<Finding>,
    /// For each of them the models that it rules out.
    ruled_out: Vec<Models>,
    /// Which models are held, which broken.
    pub statuses: Statuses,
    /// For models that a check of their own was made for and left open: why.
    reasons: Few<Model, Reason>,
    /// For models that were shown to hold: how.
    witnesses: Few<Model, Witness>,
    default_reason: Reason,
}

impl Report {
    /// The model by which this one was shown to hold, and how: itself, or else the strongest that implies it.
    pub fn shown_by(&self, model: Model) -> Option<(Model, &Witness)> {
        if let Some(own) = self.witnesses.get(&model) {
            return Some((model, own));
        }
        let above = self.witnesses.iter().filter(|(shown, _)| shown.is_above(model));
        above.max_by_key(|(shown, _)| shown.all_implied().count()).map(|(shown, witness)| (*shown, witness))
    }

    /// What is known of a model.
    pub fn answer(&self, model: Model) -> Answer {
        match self.statuses.get(model) {
            Status::Broken => {
                let shows = self.findings.iter().zip(&self.ruled_out);
                // The shortest proof; of equal ones the anomaly that rules out the fewest other models.
                let best = shows.filter(|(_, ruled_out)| ruled_out.contains(model)).min_by_key(
                    |(finding, ruled_out)| {
                        (finding.proof.transactions().len(), ruled_out.count(), finding.anomaly)
                    },
                );
                match best {
                    Some((finding, _)) => Answer::Broken(finding.clone()),
                    None => Answer::Undecided(Reason::NotShown),
                }
            }
            Status::Held => match self.shown_by(model) {
                Some((_, witness)) => Answer::Holds(witness.clone()),
                None => Answer::Undecided(Reason::NotShown),
            },
            Status::NotDecided => {
                let ran_out = self
                    .reasons
                    .iter()
                    .any(|(open, reason)| *reason == Reason::Budget && open.is_above(model));
                let other = if ran_out { Reason::Budget } else { self.default_reason };
                Answer::Undecided(self.reasons.get(&model).copied().unwrap_or(other))
            }
        }
    }
}

/// A check for a model of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Weak(Level, Order),
    Search(Target, Order),
}

impl Task {
    /// The strongest first.
    const ALL: [Task; 16] = [
        Task::Search(Target::Serial, Order::RealTime),
        Task::Search(Target::Serial, Order::Process),
        Task::Search(Target::Serial, Order::Data),
        Task::Search(Target::Snapshot, Order::RealTime),
        Task::Search(Target::Snapshot, Order::Process),
        Task::Search(Target::Snapshot, Order::Data),
        Task::Search(Target::Parallel, Order::Process),
        Task::Search(Target::Parallel, Order::Data),
        Task::Search(Target::Prefix, Order::Process),
        Task::Search(Target::Prefix, Order::Data),
        Task::Weak(Level::Causal, Order::Process),
        Task::Weak(Level::Causal, Order::Data),
        Task::Weak(Level::Atomic, Order::Process),
        Task::Weak(Level::Atomic, Order::Data),
        Task::Weak(Level::View, Order::Process),
        Task::Weak(Level::View, Order::Data),
    ];

    fn model(self) -> Model {
        match self {
            Task::Weak(level, order) => level.model(order),
            Task::Search(target, order) => target.model(order),
        }
    }

    fn order(self) -> Order {
        match self {
            Task::Weak(_, order) | Task::Search(_, order) => order,
        }
    }

    /// The models that hold if it succeeds, besides those that its own model implies. Some hold even if its own does
    /// not: those that do not mind a read that contradicts its own transaction.
    fn also(self) -> &'static [Model] {
        use Model::*;
        match self {
            Task::Search(Target::Serial, Order::Data) => {
                &[OneCopySerializable, RepeatableRead, UpdateSerializable]
            }
            Task::Search(Target::Serial, _) => &[SessionSerializable, RepeatableRead, UpdateSerializable],
            Task::Search(Target::Snapshot, _) => &[ForwardConsistentView, MonotonicSnapshotRead],
            // No cycle with at most one missed write: that is all that Adya's PL-2+ asks for.
            Task::Search(Target::Parallel, _) => &[ConsistentView],
            Task::Search(Target::Prefix, _) | Task::Weak(..) => &[],
        }
    }

    /// Whether it may settle a model.
    fn concerns(self, model: Model) -> bool {
        let shown = [self.model()].into_iter().chain(self.also().iter().copied());
        shown.into_iter().any(|shown| shown.is_above(model))
    }
}

#[derive(Clone, Debug)]
enum Stage {
    Gather(Box<Gather>),
    Depend(Box<Depend>),
    Cycles(Box<Cycles>),
    Choose,
    Weak(Box<Weak>, Task),
    Search(Box<Search>, Task),
    Done,
}

/// The examination of a history, in slices.
#[derive(Clone, Debug)]
pub struct Examination {
    history: Arc<Transactions>,
    goal: Goal,
    /// Steps that are left of all, and of those for the check at hand.
    budget: u64,
    share: u64,
    stage: Stage,
    facts: Option<Facts>,
    graph: Graph,
    first_time: u32,
    findings: Findings,
    unsure: Unsure,
    tasks: std::collections::VecDeque<Task>,
    held: Vec<Model>,
    reasons: Few<Model, Reason>,
    witnesses: Few<Model, Witness>,
    report: Option<Report>,
}

impl Examination {
    /// Begins an examination that may take about `budget` steps; a step is the look at an edge, a read or a write.
    pub fn new(history: Arc<Transactions>, goal: Goal, budget: u64) -> Self {
        let stage = Stage::Gather(Box::new(Gather::new(&history)));
        Self {
            history,
            goal,
            budget,
            share: 0,
            stage,
            facts: None,
            graph: Graph::default(),
            first_time: 0,
            findings: Findings::default(),
            unsure: Unsure::new(),
            tasks: Default::default(),
            held: Vec::new(),
            reasons: Few::default(),
            witnesses: Few::default(),
            report: None,
        }
    }

    /// All at once.
    pub fn run(history: Arc<Transactions>, goal: Goal, budget: u64) -> Report {
        let mut examination = Self::new(history, goal, budget);
        loop {
            examination.advance(u64::MAX);
            if let Some(report) = examination.report.take() {
                return report;
            }
        }
    }

    /// The history that is examined.
    pub fn history(&self) -> &Arc<Transactions> {
        &self.history
    }

    /// What was found, once [`Self::advance`] is done.
    pub fn report(&self) -> Option<&Report> {
        self.report.as_ref()
    }

    /// Works for about `steps` steps. Returns whether it is done.
    pub fn advance(&mut self, steps: u64) -> bool {
        let mut left = steps;
        while left > 0 && self.report.is_none() {
            let before = left;
            self.work(&mut left);
            let used = before - left;
            self.budget = self.budget.saturating_sub(used);
            self.share = self.share.saturating_sub(used);
            if matches!(self.stage, Stage::Done) {
                self.report = Some(self.conclude());
            }
        }
        self.report.is_some()
    }

    fn work(&mut self, left: &mut u64) {
        let history = Arc::clone(&self.history);
        match &mut self.stage {
            Stage::Gather(gather) => {
                if gather.advance(&history, &mut self.findings, left)
                    && let Stage::Gather(gather) = std::mem::replace(&mut self.stage, Stage::Done)
                {
                    self.facts = Some(gather.into_facts());
                    self.stage = Stage::Depend(Box::new(Depend::new(&history)));
                }
            }
            Stage::Depend(depend) => {
                let Some(facts) = &self.facts else { return };
                if depend.advance(&history, facts, left)
                    && let Stage::Depend(depend) = std::mem::replace(&mut self.stage, Stage::Done)
                {
                    (self.graph, self.first_time) = depend.into_graph();
                    self.stage = Stage::Cycles(Box::new(Cycles::new(&self.graph, self.budget / 8)));
                }
            }
            Stage::Cycles(cycles) => {
                let Some(facts) = &self.facts else { return };
                if cycles.advance(&history, facts, &self.graph, &mut self.findings, left)
                    && let Stage::Cycles(cycles) = std::mem::replace(&mut self.stage, Stage::Done)
                {
                    self.unsure = cycles.into_unsure();
                    self.judge_plain();
                    self.plan();
                    self.stage = Stage::Choose;
                }
            }
            Stage::Choose => {
                *left -= 1;
                self.stage = self.next_stage();
            }
            Stage::Weak(weak, task) => {
                let Some(facts) = &self.facts else { return };
                let task = *task;
                let mut slice = (*left).min(self.share.max(1));
                let before = slice;
                let done = weak.advance(&history, facts, &mut slice);
                *left -= before - slice;
                if done {
                    let outcome = weak.outcome(Explainer { history: &history, facts });
                    self.weak_decided(task, outcome);
                } else if self.share <= before - slice {
                    self.out_of_budget(task);
                }
            }
            Stage::Search(search, task) => {
                let Some(facts) = &self.facts else { return };
                let task = *task;
                let mut slice = (*left).min(self.share.max(1));
                let before = slice;
                search.advance(&history, facts, &mut slice);
                *left -= before - slice;
                match search.outcome() {
                    Some(Ok(found)) => {
                        let events = found.events.iter().copied().filter(|place| facts.counts(*place));
                        let witness = match task {
                            Task::Search(Target::Snapshot | Target::Prefix, _) => {
                                Witness::Snapshots(events.collect())
                            }
                            _ => Witness::Order(events.collect()),
                        };
                        self.succeeded(task, witness);
                    }
                    Some(Err(_)) => {
                        let proof = search.refute().prove(Explainer { history: &history, facts });
                        self.failed(task, proof);
                    }
                    None if self.share <= before - slice => self.out_of_budget(task),
                    None => {}
                }
            }
            Stage::Done => {}
        }
    }

    /// What the cycles decide: read uncommitted and read committed.
    fn judge_plain(&mut self) {
        let Some(facts) = &self.facts else { return };
        let is_list = self.history.objects() == Objects::Lists;
        let unclear = facts.unclear.map(|version| Reason::Unclear { version });
        for order in Order::ALL {
            let timeless =
                (order == Order::RealTime && !self.history.has_real_time()).then_some(Reason::NoTimes);
            let (uncommitted, committed) = plain_models(order);
            let asked = [(uncommitted, Shape::G0), (committed, Shape::G1c)];
            for (model, shape) in asked {
                let open = self.unsure.contains(&Anomaly::Graph(shape, order)).then_some(Reason::Budget);
                // Without reads that tell the order of versions, read uncommitted asks nothing.
                let unclear = unclear.filter(|_| is_list || shape == Shape::G1c);
                match timeless.or(open).or(unclear) {
                    Some(reason) => {
                        self.reasons.insert(model, reason);
                    }
                    None => self.held.push(model),
                }
            }
        }
    }

    /// Which checks to make, in which order.
    fn plan(&mut self) {
        let model = match self.goal {
            Goal::All => {
                self.tasks = Task::ALL.into();
                return;
            }
            Goal::One(model) => model,
        };
        let mut tasks: Vec<Task> = Task::ALL.into_iter().filter(|task| task.concerns(model)).collect();
        tasks.sort_by_key(|task| task.model().all_implied().count());
        self.tasks = tasks.into();
    }

    fn statuses(&self) -> Statuses {
        Statuses::of(self.findings.anomalies(), self.held.iter().copied())
    }

    /// The next check that is worth making.
    fn next_stage(&mut self) -> Stage {
        let Some(facts) = &self.facts else { return Stage::Done };
        loop {
            let statuses = self.statuses();
            if let Goal::One(model) = self.goal
                && statuses.get(model) != Status::NotDecided
            {
                return Stage::Done;
            }
            let Some(task) = self.tasks.pop_front() else { return Stage::Done };
            let model = task.model();
            let is_open = |model: &Model| statuses.get(*model) == Status::NotDecided;
            let is_settled = !is_open(&model) && !task.also().iter().any(is_open);
            if is_settled || self.is_hopeless(task) {
                continue;
            }
            if task.order() == Order::RealTime && !self.history.has_real_time() {
                self.reasons.insert(model, Reason::NoTimes);
                continue;
            }
            self.share = self.budget / 4;
            // The checks build on there being no circle of writes and reads.
            let unsure = |anomaly: &Anomaly| matches!(anomaly, Anomaly::Graph(Shape::G0 | Shape::G1c, known) if *known <= task.order());
            if self.unsure.iter().any(unsure) {
                self.reasons.insert(model, Reason::Budget);
                continue;
            }
            // A list that several may have made says nothing certain of who missed them.
            if let (Task::Search(..), Objects::Lists, Some(version)) =
                (task, self.history.objects(), facts.unclear)
            {
                self.reasons.insert(model, Reason::Unclear { version });
                continue;
            }
            match task {
                Task::Weak(level, order) => {
                    let weak = Weak::new(&self.history, facts, &self.graph, level, order);
                    if weak.estimate(facts) > self.budget {
                        self.reasons.insert(model, Reason::Budget);
                        continue;
                    }
                    self.share = self.budget;
                    return Stage::Weak(Box::new(weak), task);
                }
                Task::Search(target, order) => {
                    match Search::new(&self.history, facts, &self.graph, self.first_time, target, order) {
                        Ok(search) => return Stage::Search(Box::new(search), task),
                        Err(circle) => {
                            let explainer = Explainer { history: &self.history, facts };
                            let links = search::explain_circle(explainer, target, &circle);
                            self.findings.note(Anomaly::NoOrder(model), || Proof::Cycle(links));
                        }
                    }
                }
            }
        }
    }

    /// Whether a check can only fail, by an anomaly that was found.
    fn is_hopeless(&self, task: Task) -> bool {
        let order = task.order();
        let shows = |shape| self.shows(Anomaly::Graph(shape, order));
        let level = match task {
            Task::Weak(Level::View, _) => return shows(Shape::G1) || self.shows(Anomaly::Vanished(order)),
            Task::Weak(Level::Atomic, _) => return shows(Shape::G1) || self.shows(Anomaly::Fractured(order)),
            Task::Weak(Level::Causal, _) => return shows(Shape::G1) || self.shows(Anomaly::NotCausal(order)),
            Task::Search(target, _) => target,
        };
        let forbidden = match level {
            Target::Serial => Shape::G2,
            Target::Snapshot => Shape::GNonadjacent,
            Target::Parallel => Shape::GSingle,
            Target::Prefix => return shows(Shape::G1) || self.shows(Anomaly::NotCausal(order)),
        };
        shows(Shape::G1) || shows(forbidden) || self.shows(Anomaly::NoOrder(task.model()))
    }

    fn shows(&self, anomaly: Anomaly) -> bool {
        self.findings.shows(anomaly)
    }

    fn weak_decided(&mut self, task: Task, outcome: Outcome) {
        match outcome {
            Outcome::Holds(order) => self.succeeded(task, Witness::Order(order)),
            Outcome::Broken(finding) => {
                self.findings.note(finding.anomaly, || finding.proof);
                self.stage = Stage::Choose;
            }
        }
    }

    fn succeeded(&mut self, task: Task, witness: Witness) {
        self.stage = Stage::Choose;
        let unclear = self.facts.as_ref().and_then(|facts| facts.unclear);
        if let Some(version) = unclear {
            self.reasons.insert(task.model(), Reason::Unclear { version });
            return;
        }
        for model in [task.model()].iter().chain(task.also()) {
            self.held.push(*model);
            self.witnesses.insert(*model, witness.clone());
        }
    }

    fn failed(&mut self, task: Task, proof: Proof) {
        self.stage = Stage::Choose;
        self.findings.note(Anomaly::NoOrder(task.model()), || proof);
    }

    fn out_of_budget(&mut self, task: Task) {
        self.stage = Stage::Choose;
        self.reasons.insert(task.model(), Reason::Budget);
    }

    fn conclude(&mut self) -> Report {
        let statuses = self.statuses();
        for order in Order::ALL {
            let (uncommitted, committed) = plain_models(order);
            for model in [uncommitted, committed] {
                let has_witness = self.witnesses.keys().any(|shown| shown.is_above(model));
                if statuses.get(model) == Status::Held && !has_witness {
                    let order = self.plain_order(model == committed, order);
                    self.witnesses.insert(model, Witness::Order(order));
                }
            }
        }
        let findings: Vec<Finding> = self.findings.list().cloned().collect();
        Report {
            ruled_out: findings.iter().map(|finding| finding.anomaly.rules_out()).collect(),
            findings,
            statuses,
            reasons: std::mem::take(&mut self.reasons),
            witnesses: std::mem::take(&mut self.witnesses),
            default_reason: match self.facts.as_ref().and_then(|facts| facts.unclear) {
                Some(version) => Reason::Unclear { version },
                None => Reason::NotShown,
            },
        }
    }

    /// An order that read committed allows, or read uncommitted: for that, of the transactions that were told they
    /// happened.
    fn plain_order(&self, committed: bool, order: Order) -> Vec<u32> {
        let Some(facts) = &self.facts else { return Vec::new() };
        let counts = |node: u32| {
            node >= self.history.len() || if committed { facts.counts(node) } else { facts.is_ok(node) }
        };
        let keeps = |kind: Kind| match kind {
            Kind::Overwrote => true,
            Kind::Saw => committed,
            Kind::Process => order != Order::Data,
            Kind::Time | Kind::Joint => order == Order::RealTime,
            Kind::Missed | Kind::Must => false,
        };
        let mut edges = Edges::default();
        for (from, kind, to) in self.graph.all() {
            if keeps(kind) && counts(from) && counts(to) {
                edges.push(from, kind, to);
            }
        }
        let sorted = Graph::new(self.graph.nodes(), edges).sorted().unwrap_or_default();
        sorted.into_iter().filter(|node| *node < self.history.len() && counts(*node)).collect()
    }
}

/// Read uncommitted and read committed, with these orders.
fn plain_models(order: Order) -> (Model, Model) {
    match order {
        Order::Data => (Model::ReadUncommitted, Model::ReadCommitted),
        Order::Process => (Model::StrongSessionReadUncommitted, Model::StrongSessionReadCommitted),
        Order::RealTime => (Model::StrongReadUncommitted, Model::StrongReadCommitted),
    }
}
