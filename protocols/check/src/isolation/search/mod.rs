//! Search for an order of versions where reads do not tell it: serializable, snapshot isolation, prefix consistency,
//! parallel snapshot isolation.
//!
//! # What is asked
//! Each level is a graph of events that must have no cycle, if for every two writers of a key one is chosen to be
//! first (a *polygraph*; Papadimitriou 1979; Cobra, OSDI 2020; PolySI, VLDB 2023; Viper, EuroSys 2023):
//!
//! - *serializable*: one event a transaction. Whoever saw the version of the first writer comes before the second.
//! - *snapshot isolation*: a transaction takes its snapshot and commits. Whoever it saw, and whoever wrote one of its
//!   keys before it, commits before its snapshot; it takes its snapshot before whoever it missed commits. A circle of
//!   these events is a circle of dependencies in which no missed write follows on another, and those are all that
//!   snapshot isolation forbids (Cerone and Gotsman, PODC 2016).
//! - *prefix consistency*: the same, but writers of one key only commit in turn.
//! - *parallel snapshot isolation*: one event a transaction, missed writes are no edges; instead nobody may miss the
//!   write of one that comes before it (Cerone, Gotsman and Yang, CONCUR 2015).
//!
//! # How it is searched
//! Not all pairs of writers, which are too many, but only those that a tried order gets wrong: the events are put in
//! a topological order of what is known, near that of time; each read is looked up in it; where it would have seen
//! another version, or two writers of a key overlap, the two writers become a choice of the [`Solver`], which finds
//! the next order. The order that gets everything right is the witness. If no choice is possible, [`refute`] shows
//! it by the fewest choices that suffice.

mod order;
mod refute;
mod solver;

use super::explain::{Explainer, Step};
use super::facts::{Facts, NONE, Read, Source};
use super::graph::{Edges, Graph, Kind, Mask, Ways};
use super::history::Transactions;
use super::lattice::{Model, Order};
use crate::table::{self, Index};

use order::Topological;
use solver::{Progress, Solver};

pub(crate) use refute::Refute;

/// What is searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Serial,
    Snapshot,
    Prefix,
    Parallel,
}

impl Target {
    /// The model that it is, with these orders.
    pub(crate) fn model(self, order: Order) -> Model {
        match (self, order) {
            (Target::Serial, Order::Data) => Model::Serializable,
            (Target::Serial, Order::Process) => Model::StrongSessionSerializable,
            (Target::Serial, Order::RealTime) => Model::StrictSerializable,
            (Target::Snapshot, Order::Data) => Model::SnapshotIsolation,
            (Target::Snapshot, Order::Process) => Model::StrongSessionSnapshotIsolation,
            (Target::Snapshot, Order::RealTime) => Model::StrongSnapshotIsolation,
            (Target::Prefix, Order::Data) => Model::Prefix,
            (Target::Prefix, _) => Model::StrongSessionPrefix,
            (Target::Parallel, Order::Data) => Model::ParallelSnapshotIsolation,
            (Target::Parallel, _) => Model::StrongSessionParallelSnapshotIsolation,
        }
    }

    /// Whether a transaction has two events: its snapshot and its commit.
    fn has_snapshots(self) -> bool {
        matches!(self, Target::Snapshot | Target::Prefix)
    }

    /// Whether missed writes are edges.
    fn has_missed_edges(self) -> bool {
        self != Target::Parallel
    }
}

/// Events and how they are numbered: transaction by transaction, then joints.
#[derive(Clone, Copy, Debug)]
struct Events {
    target: Target,
    transactions: u32,
}

impl Events {
    /// When a transaction takes its snapshot.
    fn begin(self, transaction: u32) -> u32 {
        if self.target.has_snapshots() { 2 * transaction } else { transaction }
    }

    /// When it commits.
    fn commit(self, transaction: u32) -> u32 {
        if self.target.has_snapshots() { 2 * transaction + 1 } else { transaction }
    }

    fn count(self) -> u32 {
        if self.target.has_snapshots() { 2 * self.transactions } else { self.transactions }
    }

    /// The transaction of an event; none for a joint.
    fn transaction(self, event: u32) -> Option<u32> {
        (event < self.count()).then_some(if self.target.has_snapshots() { event / 2 } else { event })
    }

    /// The edge of a dependency.
    fn edge(self, from: u32, kind: Kind, to: u32) -> (u32, u32) {
        let leaves = if kind == Kind::Missed { self.begin(from) } else { self.commit(from) };
        let enters = match kind {
            Kind::Missed => self.commit(to),
            Kind::Overwrote | Kind::Must if self.target == Target::Prefix => self.commit(to),
            _ => self.begin(to),
        };
        (leaves, enters)
    }

    /// The graph of events that is known, from that of dependencies. Joints up to `first_time` say who was missed,
    /// the rest say what was over.
    fn graph(self, dependencies: &Graph, first_time: u32, order: Order) -> Graph {
        let joint = |node: u32| self.count() + (node - self.transactions);
        let mut edges = Edges::default();
        for (from, kind, to) in dependencies.all() {
            let stays = match kind {
                Kind::Missed => self.target.has_missed_edges(),
                Kind::Process => order != Order::Data,
                Kind::Time => order == Order::RealTime,
                _ => true,
            };
            if !stays {
                continue;
            }
            let (is_from, is_to) = (from < self.transactions, to < self.transactions);
            let (leaves, enters) = match (is_from, is_to) {
                (true, true) => self.edge(from, kind, to),
                (true, false) if kind == Kind::Missed => (self.begin(from), joint(to)),
                (true, false) => (self.commit(from), joint(to)),
                (false, true) if from < first_time => (joint(from), self.commit(to)),
                (false, true) => (joint(from), self.begin(to)),
                (false, false) => (joint(from), joint(to)),
            };
            edges.push(leaves, kind, enters);
        }
        if self.target.has_snapshots() {
            for transaction in 0..self.transactions {
                edges.push(self.begin(transaction), Kind::Joint, self.commit(transaction));
            }
        }
        Graph::new(self.count() + (dependencies.nodes() - self.transactions), edges)
    }
}

/// Two writers of a key of whom one must be first, and who cares: those that saw a version of theirs.
#[derive(Clone, Debug)]
struct Choice {
    first: u32,
    second: u32,
    /// A key that both wrote.
    key: u32,
}

/// Nobody may have seen `seen` and come after `other`, if `seen` is first of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Triple {
    reader: u32,
    key: u32,
    /// Who wrote what the reader saw; [`NONE`] for what was there at first.
    seen: u32,
    other: u32,
}

/// An order of events that explains a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Transactions in order; with snapshots each twice, first when it takes its snapshot.
    pub(crate) events: Vec<u32>,
}

/// There is no order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Impossible;

/// The search for one level, in slices.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    events: Events,
    solver: Solver,
    choices: Vec<Choice>,
    by_pair: Index,
    triples: std::collections::BTreeSet<Triple>,
    /// For each write (as the facts number them) its key and writer, by key; rows begin at `starts`.
    writers: Vec<u32>,
    starts: Vec<u32>,
    outcome: Option<Result<Found, Impossible>>,
    /// How many keys, then readers, were looked at in the order that is tried, and what is wrong about them.
    checked: u32,
    wrong: Vec<Wrong>,
}

/// Choices of versions on a way: key, earlier writer, later writer.
type Way = Vec<(u32, u32, u32)>;

/// What a tried order gets wrong.
#[derive(Clone, Debug)]
enum Wrong {
    /// A reader would have seen another version.
    Read(Triple),
    /// Two writers of a key overlap.
    Overlap { key: u32, first: u32, second: u32 },
    /// Parallel: a reader missed one that comes before it, by versions that follow each other like this.
    Before(Triple, Way),
}

impl Search {
    /// The search for a level of a history of whose dependencies no cycle is known that breaks it. None if the
    /// dependencies as that level counts them have a cycle: it is given instead.
    pub(crate) fn new(
        history: &Transactions,
        facts: &Facts,
        dependencies: &Graph,
        first_time: u32,
        target: Target,
        order: Order,
    ) -> Result<Self, Vec<(Kind, u32)>> {
        let events = Events { target, transactions: history.len() };
        let graph = events.graph(dependencies, first_time, order);
        let keys = first_order(history, events);
        let Some(sorted) = graph.sorted_by(|event| keys.get(event as usize).copied().unwrap_or(0)) else {
            return Err(circle_of(&graph));
        };
        let (writers, starts) = writers_by_key(history, facts);
        Ok(Self {
            events,
            solver: Solver::new(Topological::new(graph, &sorted)),
            choices: Vec::new(),
            by_pair: Index::default(),
            triples: Default::default(),
            writers,
            starts,
            outcome: None,
            checked: 0,
            wrong: Vec::new(),
        })
    }

    /// The order found, or that there is none. Once [`Self::advance`] is done.
    pub(crate) fn outcome(&self) -> Option<&Result<Found, Impossible>> {
        self.outcome.as_ref()
    }

    /// Works for about as many steps as are left. Returns whether it is decided.
    pub(crate) fn advance(&mut self, history: &Transactions, facts: &Facts, left: &mut u64) -> bool {
        while *left > 0 && self.outcome.is_none() {
            match self.solver.step(left) {
                Progress::Running => {}
                Progress::Impossible => self.outcome = Some(Err(Impossible)),
                Progress::Chosen if self.checked < history.keys() => self.check_key(left),
                Progress::Chosen if self.checked < history.keys() + history.len() => {
                    let reader = self.checked - history.keys();
                    self.checked += 1;
                    self.check_reads(facts, reader, left);
                }
                Progress::Chosen => self.next_round(left),
            }
        }
        self.outcome.is_some()
    }

    fn writers(&self, key: u32) -> &[u32] {
        &self.writers[self.starts[key as usize] as usize..self.starts[key as usize + 1] as usize]
    }

    /// Puts the writers of the next key in the order that is tried, and looks for some that overlap.
    fn check_key(&mut self, left: &mut u64) {
        let Self { writers, starts, solver, events, wrong, checked, .. } = self;
        let key = *checked;
        *checked += 1;
        let position = |event: u32| solver.order.position(event);
        let row = &mut writers[starts[key as usize] as usize..starts[key as usize + 1] as usize];
        row.sort_unstable_by_key(|writer| position(events.commit(*writer)));
        *left = left.saturating_sub(1 + row.len() as u64);
        if events.target == Target::Snapshot {
            let overlap = |pair: &&[u32]| position(events.begin(pair[1])) < position(events.commit(pair[0]));
            wrong.extend(row.windows(2).filter(overlap).map(|pair| Wrong::Overlap {
                key,
                first: pair[0],
                second: pair[1],
            }));
        }
    }

    /// Looks for what the order gets wrong about the reads of a transaction.
    fn check_reads(&mut self, facts: &Facts, reader: u32, left: &mut u64) {
        for read in facts.reads(reader) {
            *left = left.saturating_sub(1);
            if facts.source(read.key, read.version) == Source::Unclear {
                continue;
            }
            let read = Triple { reader, key: read.key, seen: writer_or_none(facts, read), other: NONE };
            if self.events.target == Target::Parallel {
                self.check_parallel(facts, read, left);
            } else {
                self.check_read(read);
            }
        }
    }

    /// Whether a read would have seen in the order what it did see.
    fn check_read(&mut self, read: Triple) {
        let position = |event| self.solver.order.position(event);
        let snapshot = position(self.events.begin(read.reader));
        let writers = self.writers(read.key);
        let count = writers.partition_point(|writer| position(self.events.commit(*writer)) < snapshot);
        let last = writers[..count].iter().rev().find(|writer| **writer != read.reader).copied();
        if let Some(other) = last.filter(|last| *last != read.seen) {
            self.wrong.push(Wrong::Read(Triple { other, ..read }));
        }
    }

    /// Whether a reader misses one that comes before it, with versions following each other as the order has them.
    fn check_parallel(&mut self, facts: &Facts, read: Triple, left: &mut u64) {
        let position = |node| self.solver.order.position(node);
        let writers = self.writers(read.key);
        // Who wrote the key between what was seen and the reader.
        let from = if read.seen == NONE {
            0
        } else {
            writers.partition_point(|writer| position(*writer) <= position(read.seen))
        };
        let to = writers.partition_point(|writer| position(*writer) < position(read.reader));
        if from >= to {
            return;
        }
        let lowest = position(writers[from]);
        let Some((other, way)) = self.comes_before(facts, read, lowest, left) else { return };
        self.wrong.push(Wrong::Before(Triple { other, ..read }, way));
    }

    /// A writer of the key that stands after what the reader saw and comes before the reader, and the choices of
    /// versions on the way from it: key, earlier, later. None stands before `lowest`.
    fn comes_before(&self, facts: &Facts, read: Triple, lowest: u32, left: &mut u64) -> Option<(u32, Way)> {
        let position = |node: u32| self.solver.order.position(node);
        let mut parents: std::collections::BTreeMap<u32, (u32, u32)> = Default::default();
        let mut queue = std::collections::VecDeque::from([read.reader]);
        parents.insert(read.reader, (NONE, NONE));
        while let Some(node) = queue.pop_front() {
            let is_transaction = node < self.events.transactions;
            if is_transaction && node != read.reader && facts.written(node, read.key).is_some() {
                let mut way = Vec::new();
                let mut at = node;
                while at != read.reader {
                    let (next, key) = parents[&at];
                    if key != NONE {
                        way.push((key, at, next));
                    }
                    at = next;
                }
                return Some((node, way));
            }
            let known = self.solver.order.known_before(node).map(|from| (from, NONE));
            let writes = if is_transaction { facts.writes(node) } else { &[] };
            let versions = writes.iter().filter_map(|write| {
                let writers = self.writers(write.key);
                let at = writers.partition_point(|writer| position(*writer) < position(node));
                Some((*writers.get(at.checked_sub(1)?)?, write.key))
            });
            for (from, key) in known.chain(versions) {
                *left = left.saturating_sub(1);
                if position(from) >= lowest && !parents.contains_key(&from) {
                    parents.insert(from, (node, key));
                    queue.push_back(from);
                }
            }
        }
        None
    }

    /// The order was looked through: it is right, or what is wrong becomes choices.
    fn next_round(&mut self, left: &mut u64) {
        self.checked = 0;
        let wrong = std::mem::take(&mut self.wrong);
        if wrong.is_empty() {
            self.outcome = Some(Ok(self.found()));
            return;
        }
        self.solver.restart();
        for one in wrong {
            match one {
                Wrong::Overlap { key, first, second } => {
                    self.choose(key, first, second, left);
                }
                Wrong::Read(triple) => self.forbid(triple, left),
                Wrong::Before(triple, way) => self.forbid_way(triple, &way, left),
            }
        }
    }

    fn found(&self) -> Found {
        let count = self.events.count();
        let mut events: Vec<u32> = (0..count).collect();
        events.sort_unstable_by_key(|event| self.solver.order.position(*event));
        Found { events: events.into_iter().filter_map(|event| self.events.transaction(event)).collect() }
    }

    /// The literal that `first` is before `second`, both having written `key`.
    fn choose(&mut self, key: u32, first: u32, second: u32, left: &mut u64) -> u32 {
        let (low, high) = (first.min(second), first.max(second));
        let hash = table::hash_of(&(low, high));
        let Self { choices, by_pair, solver, events, .. } = self;
        let same = |at: u32| {
            let Choice { first, second, .. } = choices[at as usize];
            (first, second) == (low, high)
        };
        let variable = by_pair.find(hash, same).unwrap_or_else(|| {
            let variable = solver.variable((events.commit(low), events.commit(high)));
            choices.push(Choice { first: low, second: high, key });
            by_pair.insert(hash, variable, |at| {
                table::hash_of(&(choices[at as usize].first, choices[at as usize].second))
            });
            let (from, to) = events.edge(low, Kind::Must, high);
            solver.edge(2 * variable, from, to, left);
            let (from, to) = events.edge(high, Kind::Must, low);
            solver.edge(2 * variable + 1, from, to, left);
            variable
        });
        2 * variable + u32::from(first != low)
    }

    /// If what the reader saw is first, the reader comes before the other.
    fn forbid(&mut self, triple: Triple, left: &mut u64) {
        // Whoever saw what was there at first comes before all writers: that is known, and the order keeps to it.
        debug_assert_ne!(triple.seen, NONE);
        if triple.seen == NONE {
            return;
        }
        let literal = self.choose(triple.key, triple.seen, triple.other, left);
        if self.triples.insert(triple) {
            let (from, to) = self.events.edge(triple.reader, Kind::Missed, triple.other);
            self.solver.edge(literal, from, to, left);
        }
    }

    /// Parallel: not all of this at once.
    fn forbid_way(&mut self, triple: Triple, way: &[(u32, u32, u32)], left: &mut u64) {
        let mut clause = Vec::new();
        if triple.seen != NONE {
            clause.push(self.choose(triple.key, triple.seen, triple.other, left) ^ 1);
        }
        for (key, earlier, later) in way {
            clause.push(self.choose(*key, *earlier, *later, left) ^ 1);
        }
        self.triples.insert(triple);
        self.solver.clause(&clause);
    }

    /// Begins to show that there is no order.
    pub(crate) fn refute(&self) -> Refute {
        Refute::new(self)
    }
}

/// Where each event would stand by time, or by its place in its process.
fn first_order(history: &Transactions, events: Events) -> Vec<u64> {
    let by_time = history.has_real_time();
    let mut places = vec![0_u64; history.processes() as usize];
    let mut keys = Vec::with_capacity(events.count() as usize);
    for transaction in 0..history.len() {
        let place = &mut places[history.process(transaction) as usize];
        *place += 1;
        let spots = if by_time {
            let when = history.get(transaction);
            let began = when.began.map_or(u64::MAX, |moment| moment.at);
            (began, when.ended.map_or(u64::MAX, |moment| moment.at))
        } else {
            (2 * *place, 2 * *place + 1)
        };
        if events.target.has_snapshots() {
            keys.push(spots.0);
        }
        keys.push(spots.1);
    }
    keys
}

/// Who wrote each key.
fn writers_by_key(history: &Transactions, facts: &Facts) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; history.keys() as usize + 1];
    let all = || {
        (0..history.len())
            .flat_map(|writer| facts.writes(writer).iter().map(move |write| (write.key, writer)))
    };
    for (key, _) in all() {
        starts[key as usize + 1] += 1;
    }
    for key in 1..starts.len() {
        starts[key] += starts[key - 1];
    }
    let mut next = starts.clone();
    let mut writers = vec![0; facts.writes_total()];
    for (key, writer) in all() {
        let slot = &mut next[key as usize];
        writers[*slot as usize] = writer;
        *slot += 1;
    }
    (writers, starts)
}

/// A short cycle of a graph that has one.
fn circle_of(graph: &Graph) -> Vec<(Kind, u32)> {
    let components = super::graph::Components::of(graph, Mask::ALL);
    let mut ways = Ways::new(graph);
    let mut best: Option<(usize, Vec<(Kind, u32)>)> = None;
    let Some(knot) = components.knots().iter().min_by_key(|knot| knot.len()) else { return Vec::new() };
    let edges = knot.iter().flat_map(|from| graph.out(*from).map(move |(kind, to)| (*from, kind, to)));
    for (from, kind, to) in edges.filter(|(from, _, to)| components.together(*from, *to)).take(64) {
        if let Some(back) = ways.find(graph, Mask::ALL, to, from, &mut u64::MAX.clone()) {
            let length = back.iter().filter(|(kind, _)| *kind != Kind::Joint).count() + 1;
            if best.as_ref().is_none_or(|(shortest, _)| length < *shortest) {
                best = Some((length, [vec![(kind, to)], back].concat()));
            }
        }
    }
    best.map(|(_, way)| way).unwrap_or_default()
}

impl Events {
    /// A cycle of events as one of transactions and joints.
    fn as_transactions(self, way: Vec<Step>) -> Vec<Step> {
        let node =
            |event: u32| self.transaction(event).unwrap_or_else(|| event - self.count() + self.transactions);
        let mut from = way.last().map_or(NONE, |step| node(step.node));
        let mut steps = Vec::new();
        for step in way {
            let to = node(step.node);
            // From a snapshot to its own commit: no step of its own.
            if to != from {
                steps.push(Step { node: to, ..step });
            }
            from = to;
        }
        steps
    }
}

/// The links of a cycle of known dependencies that a level forbids.
pub(crate) fn explain_circle(
    explainer: Explainer<'_>,
    target: Target,
    way: &[(Kind, u32)],
) -> Vec<super::evidence::Link> {
    let events = Events { target, transactions: explainer.history.len() };
    explainer.circle(events.as_transactions(Step::all(way)))
}

/// Who wrote what a read saw; [`NONE`] for what was there at first.
fn writer_or_none(facts: &Facts, read: &Read) -> u32 {
    match facts.source(read.key, read.version) {
        Source::By(writer) => writer,
        Source::Initial | Source::Unclear => NONE,
    }
}
