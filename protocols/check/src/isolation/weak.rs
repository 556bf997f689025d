//! Monotonic atomic view, read atomic and causal consistency, in the sense of Biswas and Enea ("On the Complexity of
//! Checking Transactional Consistency", OOPSLA 2019), by the algorithms of AWDIT ("An Optimal Weak Database Isolation
//! Tester", PLDI 2025).
//!
//! Each level asks for a total order of commits that extends who saw whom (and, with sessions, the order of each
//! process) and obeys one axiom: if a transaction saw the version of x that T1 wrote, and T2, which also wrote x,
//! came before the read, then T2 commits before T1. The levels differ in what *before the read* means:
//!
//! - monotonic atomic view (their read committed): the same transaction had seen something of T2 earlier;
//! - read atomic: the same transaction saw something of T2, earlier or later, or T2 is earlier in its session;
//! - causal: a chain of both leads from T2 to it.
//!
//! So each level is decided by adding the edges that its axiom asks for and looking for a cycle. For causal
//! consistency, going along the chains with a vector clock, only the last writer of x in each session before the
//! read matters. Clocks are kept for a block of sessions at a time, so that they never take more than
//! [`CLOCK_WORDS`] words.
//!
//! Where the order of versions is known (lists), it is part of the order of commits.

use super::evidence::{Because, Finding, Link, Proof};
use super::explain::Explainer;
use super::facts::{Facts, NONE, Source};
use super::graph::{Components, Edges, Graph, Kind, Mask, Ways};
use super::history::Transactions;
use super::lattice::{Anomaly, Model, Order};

/// How many words the clocks may take at once.
const CLOCK_WORDS: usize = 1 << 26;

/// Which of the levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    View,
    Atomic,
    Causal,
}

impl Level {
    /// The model that it is, with the order of processes or without.
    pub(crate) fn model(self, order: Order) -> Model {
        match (self, order) {
            (Level::View, Order::Data) => Model::MonotonicAtomicView,
            (Level::View, _) => Model::StrongSessionMonotonicAtomicView,
            (Level::Atomic, Order::Data) => Model::ReadAtomic,
            (Level::Atomic, _) => Model::StrongSessionReadAtomic,
            (Level::Causal, Order::Data) => Model::CausalCerone,
            (Level::Causal, _) => Model::StrongSessionCausal,
        }
    }

    fn anomaly(self, order: Order) -> Anomaly {
        match self {
            Level::View => Anomaly::Vanished(order),
            Level::Atomic => Anomaly::Fractured(order),
            Level::Causal => Anomaly::NotCausal(order),
        }
    }
}

/// What came of checking a level.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// It holds: an order of commits.
    Holds(Vec<u32>),
    /// It does not.
    Broken(Finding),
}

/// Transactions in chains, each before the next: those of a session. And who wrote each key, by chain.
#[derive(Clone, Debug)]
struct Chains {
    /// For each transaction its chain and its place there.
    chain: Vec<u32>,
    place: Vec<u32>,
    count: u32,
    /// For each key, who wrote it, by chain and place.
    starts: Vec<u32>,
    writers: Vec<u32>,
}

impl Chains {
    fn new(history: &Transactions, facts: &Facts, order: Order) -> Self {
        let mut chains = Self {
            chain: vec![NONE; history.len() as usize],
            place: vec![0; history.len() as usize],
            count: 0,
            starts: vec![0; history.keys() as usize + 1],
            writers: vec![0; facts.writes_total()],
        };
        // One of unknown outcome comes before nothing else of its process: unless it is the last, it is a chain alone.
        let mut last = vec![NONE; history.processes() as usize];
        for transaction in (0..history.len()).filter(|place| facts.counts(*place)) {
            last[history.process(transaction) as usize] = transaction;
        }
        // For each process its chain and how long that is.
        let mut current = vec![(NONE, 0); history.processes() as usize];
        for transaction in (0..history.len()).filter(|place| facts.counts(*place)) {
            let process = history.process(transaction) as usize;
            let alone = order == Order::Data || !(facts.is_ok(transaction) || last[process] == transaction);
            if alone || current[process].0 == NONE {
                chains.chain[transaction as usize] = chains.count;
                if !alone {
                    current[process] = (chains.count, 1);
                }
                chains.count += 1;
                continue;
            }
            (chains.chain[transaction as usize], chains.place[transaction as usize]) = current[process];
            current[process].1 += 1;
        }
        chains.collect_writers(history, facts);
        chains
    }

    fn collect_writers(&mut self, history: &Transactions, facts: &Facts) {
        for transaction in 0..history.len() {
            for write in facts.writes(transaction) {
                self.starts[write.key as usize + 1] += 1;
            }
        }
        for key in 1..self.starts.len() {
            self.starts[key] += self.starts[key - 1];
        }
        let mut next = self.starts.clone();
        for transaction in 0..history.len() {
            for write in facts.writes(transaction) {
                let slot = &mut next[write.key as usize];
                self.writers[*slot as usize] = transaction;
                *slot += 1;
            }
        }
        for key in 0..history.keys() as usize {
            let range = self.starts[key] as usize..self.starts[key + 1] as usize;
            let (chain, place) = (&self.chain, &self.place);
            self.writers[range]
                .sort_unstable_by_key(|writer| (chain[*writer as usize], place[*writer as usize]));
        }
    }

    /// Who wrote a key, by chain and place.
    fn writers(&self, key: u32) -> &[u32] {
        &self.writers[self.starts[key as usize] as usize..self.starts[key as usize + 1] as usize]
    }

    fn spot(&self, transaction: u32) -> (u32, u32) {
        (self.chain[transaction as usize], self.place[transaction as usize])
    }

    /// The last of these writers that stands in `chain` before `place`.
    fn last_before(&self, writers: &[u32], chain: u32, place: u32) -> Option<u32> {
        let count = writers.partition_point(|writer| self.spot(*writer) < (chain, place));
        let last = *writers[..count].last()?;
        (self.chain[last as usize] == chain).then_some(last)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pass {
    Infer,
    Search,
    Done,
}

/// The check of one level, in slices.
#[derive(Clone, Debug)]
pub(crate) struct Weak {
    level: Level,
    order: Order,
    chains: Chains,
    /// What extends into the order of commits, and the edges found so far.
    base: Graph,
    inferred: Edges,
    /// A transaction saw what a key held at first, although this one, before it, had written the key.
    stale: Option<(u32, u32, u32)>,
    pass: Pass,
    next: u32,
    // Causal only:
    /// Transactions, each after those before it; whom each saw or follows in its session.
    sorted: Vec<u32>,
    before: Graph,
    /// The block of chains at hand, and for each transaction how much of each of them comes before it.
    block: u32,
    width: u32,
    clocks: Vec<u32>,
    /// For each key a read of which was stamped: by whom, and whose version it was.
    stamps: Vec<(u32, u32)>,
    combined: Option<(Graph, Components)>,
}

impl Weak {
    /// The check of a level on a history whose base (who saw whom, in which order versions follow, and with sessions
    /// the order of processes) has no cycle.
    pub(crate) fn new(
        history: &Transactions,
        facts: &Facts,
        graph: &Graph,
        level: Level,
        order: Order,
    ) -> Self {
        let chains = Chains::new(history, facts, order);
        let causes = with_sessions(Mask::NONE.with(Kind::Saw), order);
        let base = graph.only(history.len(), causes.with(Kind::Overwrote));
        let (sorted, before, width) = if level == Level::Causal {
            let causes = graph.only(history.len(), causes);
            let width = (CLOCK_WORDS / history.len().max(1) as usize).max(1) as u32;
            (causes.sorted().unwrap_or_default(), causes.reversed(), width.min(chains.count.max(1)))
        } else {
            ((0..history.len()).collect(), Graph::default(), 1)
        };
        let clocks = if level == Level::Causal { width as usize * history.len() as usize } else { 0 };
        Self {
            level,
            order,
            chains,
            base,
            inferred: Edges::default(),
            stale: None,
            pass: Pass::Infer,
            next: 0,
            sorted,
            before,
            block: 0,
            width,
            clocks: vec![0; clocks],
            stamps: vec![(NONE, NONE); if level == Level::Atomic { history.keys() as usize } else { 0 }],
            combined: None,
        }
    }

    /// About how many steps it takes.
    pub(crate) fn estimate(&self, facts: &Facts) -> u64 {
        let size = self.sorted.len() as u64 + facts.reads_total() as u64;
        match self.level {
            Level::Causal => size * u64::from(self.chains.count).max(1),
            Level::View | Level::Atomic => size,
        }
    }

    /// Works for about as many steps as are left. Returns whether it is decided.
    pub(crate) fn advance(&mut self, history: &Transactions, facts: &Facts, left: &mut u64) -> bool {
        while *left > 0 && self.pass == Pass::Infer {
            if self.stale.is_some() {
                self.pass = Pass::Done;
                break;
            }
            if self.next as usize == self.sorted.len() {
                self.next = 0;
                self.block += self.width;
                if self.level == Level::Causal && self.block < self.chains.count {
                    continue;
                }
                self.pass = Pass::Search;
                self.clocks = Vec::new();
                let inferred = std::mem::take(&mut self.inferred);
                let graph = self.base.and(inferred);
                let components = Components::new(&graph, Mask::ALL);
                self.combined = Some((graph, components));
                break;
            }
            let transaction = self.sorted[self.next as usize];
            self.next += 1;
            let before = self.inferred.len();
            let reads = facts.reads(transaction).len() as u64;
            let cost = match self.level {
                Level::View => self.view(facts, transaction),
                Level::Atomic => self.atomic(facts, transaction),
                Level::Causal => self.causal(facts, transaction),
            };
            let _ = history;
            *left = left.saturating_sub(1 + reads + cost + (self.inferred.len() - before) as u64);
        }
        if self.pass == Pass::Search
            && let Some((graph, components)) = &mut self.combined
            && components.advance(graph, left)
        {
            self.pass = Pass::Done;
        }
        self.pass == Pass::Done
    }

    /// What must be, given that `other` wrote the key of which `reader` saw this version, and came before it.
    fn must(&mut self, facts: &Facts, reader: u32, key: u32, version: u32, other: u32) {
        match facts.source(key, version) {
            Source::By(writer) if writer != other => self.inferred.push(other, Kind::Must, writer),
            Source::Initial => self.stale = Some((reader, key, other)),
            Source::By(_) | Source::Unclear => {}
        }
    }

    /// Monotonic atomic view: whatever is read after something of T2 was seen.
    fn view(&mut self, facts: &Facts, reader: u32) -> u64 {
        let reads = facts.reads(reader);
        let mut by_key: Vec<(u32, u32)> = reads.iter().zip(0..).map(|(read, at)| (read.key, at)).collect();
        by_key.sort_unstable();
        let mut sources: Vec<u32> = Vec::new();
        let mut cost = 0;
        for (read, at) in reads.iter().zip(0_u32..) {
            let Source::By(seen) = facts.source(read.key, read.version) else { continue };
            // A source seen again adds nothing: what follows followed it then too.
            if let Err(slot) = sources.binary_search(&seen) {
                sources.insert(slot, seen);
            } else {
                continue;
            }
            let (writes, rest) = (facts.writes(seen), &reads[at as usize + 1..]);
            if writes.len() < rest.len() {
                cost += writes.len() as u64;
                for write in writes {
                    // The first later read of the key that saw somebody else's version: what follows that follows
                    // from there.
                    let slot = by_key.partition_point(|spot| *spot <= (write.key, at));
                    let later = by_key[slot..].iter().take_while(|(key, _)| *key == write.key);
                    let version = |(_, later): &(u32, u32)| reads[*later as usize].version;
                    let is_other = |version: &u32| facts.source(write.key, *version) != Source::By(seen);
                    if let Some(version) = later.map(version).find(is_other) {
                        self.must(facts, reader, write.key, version, seen);
                    }
                }
            } else {
                cost += rest.len() as u64;
                for later in rest.iter().filter(|later| facts.written(seen, later.key).is_some()) {
                    self.must(facts, reader, later.key, later.version, seen);
                }
            }
        }
        cost
    }

    /// Read atomic: whatever else is read of T2's keys, and the last writer in the session.
    fn atomic(&mut self, facts: &Facts, reader: u32) -> u64 {
        let reads = facts.reads(reader);
        let mut cost = 0;
        let mut sources: Vec<u32> = Vec::new();
        let (chain, place) = self.chains.spot(reader);
        for read in reads {
            self.stamps[read.key as usize] = (reader, read.version);
            if let Source::By(seen) = facts.source(read.key, read.version) {
                sources.push(seen);
            }
            let writers = self.chains.writers(read.key);
            if let Some(last) = self.chains.last_before(writers, chain, place) {
                self.must(facts, reader, read.key, read.version, last);
            }
        }
        sources.sort_unstable();
        sources.dedup();
        for seen in sources {
            let writes = facts.writes(seen);
            cost += writes.len().min(reads.len()) as u64;
            if writes.len() <= reads.len() {
                for write in writes {
                    let (by, version) = self.stamps[write.key as usize];
                    if by == reader {
                        self.must(facts, reader, write.key, version, seen);
                    }
                }
            } else {
                for read in reads.iter().filter(|read| facts.written(seen, read.key).is_some()) {
                    self.must(facts, reader, read.key, read.version, seen);
                }
            }
        }
        cost
    }

    /// Causal: the last writer of each session that comes before, for the block of sessions at hand.
    fn causal(&mut self, facts: &Facts, reader: u32) -> u64 {
        let width = self.width as usize;
        let block = self.block..(self.block + self.width).min(self.chains.count);
        let row = reader as usize * width;
        self.clocks[row..row + width].fill(0);
        let mut cost = width as u64;
        for (_, cause) in self.before.out(reader) {
            cost += width as u64;
            let other = cause as usize * width;
            for column in 0..block.len() {
                self.clocks[row + column] = self.clocks[row + column].max(self.clocks[other + column]);
            }
            let (chain, place) = self.chains.spot(cause);
            if block.contains(&chain) {
                let slot = &mut self.clocks[row + (chain - block.start) as usize];
                *slot = (*slot).max(place + 1);
            }
        }
        for read in facts.reads(reader) {
            let source = facts.source(read.key, read.version);
            let writers = self.chains.writers(read.key);
            let mut from = writers.partition_point(|writer| self.chains.spot(*writer).0 < block.start);
            let mut found: Vec<u32> = Vec::new();
            while let Some(first) = writers.get(from) {
                let (chain, _) = self.chains.spot(*first);
                if chain >= block.end {
                    break;
                }
                cost += 1;
                let column = (chain - block.start) as usize;
                let rest = &writers[from..];
                let seen = self.clocks[row + column];
                if let Some(last) = self.chains.last_before(rest, chain, seen) {
                    // Nothing new if it comes before the writer anyway.
                    let known = matches!(source, Source::By(writer)
                        if self.clocks[writer as usize * width + column] > self.chains.spot(last).1);
                    if !known {
                        found.push(last);
                    }
                }
                from += rest.partition_point(|writer| self.chains.spot(*writer).0 == chain);
            }
            for last in found {
                self.must(facts, reader, read.key, read.version, last);
            }
        }
        cost
    }

    /// What came of it, once [`Self::advance`] is done.
    pub(crate) fn outcome(&self, explainer: Explainer<'_>) -> Outcome {
        let broken = |links| {
            let anomaly = self.level.anomaly(self.order);
            Outcome::Broken(Finding { anomaly, proof: Proof::Cycle(links), times: 1 })
        };
        if let Some((reader, key, other)) = self.stale {
            let facts = explainer.facts;
            let seen = facts.at_first(explainer.history, key);
            let written = facts.written(other, key).unwrap_or(NONE);
            let missed = Link { from: reader, to: other, because: Because::Missed { seen, written } };
            let mut links = vec![missed];
            links.extend(self.via(explainer, other, reader));
            return broken(links);
        }
        let Some((graph, components)) = &self.combined else { return Outcome::Holds(Vec::new()) };
        let Some(knot) = components.knots().iter().min_by_key(|knot| knot.len()) else {
            let order = graph.sorted().unwrap_or_default();
            return Outcome::Holds(
                order.into_iter().filter(|place| explainer.facts.counts(*place)).collect(),
            );
        };
        broken(self.circle(explainer, graph, components, knot))
    }

    /// A short cycle in a knot, through an edge that the axiom asks for.
    fn circle(
        &self,
        explainer: Explainer<'_>,
        graph: &Graph,
        components: &Components,
        knot: &[u32],
    ) -> Vec<Link> {
        let mut ways = Ways::new(graph);
        let mut best: Option<Vec<(Kind, u32)>> = None;
        let mut tries = 64;
        for from in knot {
            let closing = graph.out(*from);
            for (kind, to) in
                closing.filter(|(kind, to)| *kind == Kind::Must && components.together(*from, *to))
            {
                if tries == 0 {
                    break;
                }
                tries -= 1;
                let Some(back) = ways.find(graph, Mask::ALL, to, *from, &mut u64::MAX.clone()) else {
                    continue;
                };
                if best.as_ref().is_none_or(|best| back.len() + 1 < best.len()) {
                    let mut way = vec![(kind, to)];
                    way.extend(back);
                    best = Some(way);
                }
            }
        }
        let way = best.unwrap_or_default();
        let mut from = way.last().map_or(0, |(_, node)| *node);
        let mut links = Vec::new();
        for (kind, to) in way {
            links.push(match kind {
                Kind::Must => self.must_link(explainer, from, to),
                _ => explainer.link(from, kind, to),
            });
            from = to;
        }
        links
    }

    /// Why the axiom puts one before the other: who saw the later one although the earlier one came before.
    fn must_link(&self, explainer: Explainer<'_>, from: u32, to: u32) -> Link {
        let facts = explainer.facts;
        let mut found = None;
        'search: for reader in 0..explainer.history.len() {
            for (read, at) in facts.reads(reader).iter().zip(0_usize..) {
                if facts.source(read.key, read.version) != Source::By(to) {
                    continue;
                }
                let Some(other) = facts.written(from, read.key) else { continue };
                if self.is_before(explainer, from, reader, at) {
                    found = Some((reader, read.version, other));
                    break 'search;
                }
            }
        }
        let because = match found {
            Some((reader, seen, other)) => {
                Because::Must { reader, seen, other, via: self.via(explainer, from, reader) }
            }
            None => Because::Supposed,
        };
        Link { from, to, because }
    }

    /// Whether `earlier` comes before read number `at` of `reader`, in the sense of the level.
    fn is_before(&self, explainer: Explainer<'_>, earlier: u32, reader: u32, at: usize) -> bool {
        let reads = explainer.facts.reads(reader);
        let limit = if self.level == Level::View { at } else { reads.len() };
        let saw = reads[..limit]
            .iter()
            .any(|read| explainer.facts.source(read.key, read.version) == Source::By(earlier));
        if saw || self.level == Level::View {
            return saw;
        }
        let ((chain, place), other) = (self.chains.spot(earlier), self.chains.spot(reader));
        if chain == other.0 && place < other.1 {
            return true;
        }
        self.level == Level::Causal && !self.via(explainer, earlier, reader).is_empty()
    }

    /// How `earlier` comes before `reader`: by who saw whom, and with sessions by the order of processes.
    fn via(&self, explainer: Explainer<'_>, earlier: u32, reader: u32) -> Vec<Link> {
        let facts = explainer.facts;
        let saw = |read: &super::facts::Read| facts.source(read.key, read.version) == Source::By(earlier);
        if facts.reads(reader).iter().any(saw) {
            return vec![explainer.link(earlier, Kind::Saw, reader)];
        }
        let ((chain, place), other) = (self.chains.spot(earlier), self.chains.spot(reader));
        if chain == other.0 && place < other.1 {
            return vec![explainer.link(earlier, Kind::Process, reader)];
        }
        let mask = with_sessions(Mask::NONE.with(Kind::Saw), self.order);
        let way = Ways::new(&self.base).find(&self.base, mask, earlier, reader, &mut u64::MAX.clone());
        explainer.way(earlier, &way.unwrap_or_default())
    }
}

fn with_sessions(mask: Mask, order: Order) -> Mask {
    if order == Order::Data { mask } else { mask.with(Kind::Process) }
}
