//! The dependency graph of a history: who must come before whom, and by what.
//!
//! # Lists
//! As far as all reads of a key agree, they tell the order of its versions (Alvaro and Kingsbury, "Elle", VLDB
//! 2020). Each writer overwrote the one before it; who read up to some element saw its writer and missed the next
//! one. What nobody saw comes after all that everybody agrees on, in no order among itself.
//!
//! # Registers
//! Who wrote what a transaction saw is known, which of two writes came first mostly is not. Two things are certain
//! at every level above read uncommitted: what a key held at first is older than all that was written, and what a
//! transaction read is older than what it then wrote to the same key. Hence whoever saw the older one missed the
//! newer one. All else is for [`super::search`] to try.
//!
//! # Order
//! Edges of processes lead from each transaction that is ok to the next of its process, edges of time from what was
//! over to what began later, through a chain of joints: one per moment at which something had ended since the last
//! beginning. Nobody knows when one of unknown outcome took effect, so nothing comes after it.

use super::facts::{Facts, NONE, Source};
use super::graph::{Edges, Graph, Kind};
use super::history::{Mop, Objects, Transactions};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    Chains,
    Transactions,
    Fans,
    Time,
    Done,
}

/// Builds the dependency graph, in slices.
#[derive(Clone, Debug)]
pub(crate) struct Depend {
    pass: Pass,
    next: u32,
    edges: Edges,
    nodes: u32,
    /// Lists: where in `followers` those of a key begin; for each length of the agreed list who wrote the next
    /// element, and for each key who wrote the last one, and the
    /// last of those that were told so.
    starts: Vec<u32>,
    followers: Vec<u32>,
    last: Vec<(u32, u32)>,
    /// Pairs for fans. Lists: key and who read all of the agreed list, key and who wrote what nobody agreed on.
    /// Registers: version and who read it, version and who replaced it.
    readers: Vec<(u32, u32)>,
    writers: Vec<(u32, u32)>,
    /// For each process its last transaction that is ok.
    previous: Vec<u32>,
    /// When transactions began (second is true) and ended.
    moments: Vec<(u64, bool, u32)>,
    first_time: u32,
    /// The last joint of time, and the endings that wait for one.
    clock: u32,
    waiting: Vec<u32>,
}

impl Depend {
    pub(crate) fn new(history: &Transactions) -> Self {
        let is_list = history.objects() == Objects::Lists;
        Self {
            pass: if is_list { Pass::Chains } else { Pass::Transactions },
            next: 0,
            edges: Edges::default(),
            nodes: history.len(),
            starts: Vec::new(),
            followers: Vec::new(),
            last: Vec::new(),
            readers: Vec::new(),
            writers: Vec::new(),
            previous: vec![NONE; history.processes() as usize],
            moments: Vec::new(),
            first_time: history.len(),
            clock: NONE,
            waiting: Vec::new(),
        }
    }

    /// The graph, once [`Self::advance`] is done, and its first joint of time: those before it say who was missed.
    pub(crate) fn into_graph(self) -> (Graph, u32) {
        (Graph::new(self.nodes, self.edges), self.first_time)
    }

    /// Works for about as many steps as are left. Returns whether the graph is complete.
    pub(crate) fn advance(&mut self, history: &Transactions, facts: &Facts, left: &mut u64) -> bool {
        while *left > 0 && self.pass != Pass::Done {
            let end = match self.pass {
                Pass::Chains => history.keys(),
                Pass::Transactions => history.len(),
                Pass::Fans => 1,
                Pass::Time | Pass::Done => self.moments.len() as u32,
            };
            if self.next == end {
                self.next = 0;
                self.pass = match self.pass {
                    Pass::Chains => Pass::Transactions,
                    Pass::Transactions => Pass::Fans,
                    Pass::Fans => {
                        self.first_time = self.nodes;
                        // At one position a beginning is not after an ending: it goes first.
                        self.moments.sort_unstable_by_key(|(at, begins, place)| (*at, !begins, *place));
                        Pass::Time
                    }
                    Pass::Time | Pass::Done => Pass::Done,
                };
                continue;
            }
            let cost = match self.pass {
                Pass::Chains => {
                    self.chain(history, facts);
                    facts.agreed(self.next)
                }
                Pass::Transactions => {
                    match history.objects() {
                        Objects::Lists => self.lists_of(history, facts),
                        Objects::Registers => self.registers_of(history, facts),
                    }
                    self.order_of(history, facts);
                    history.step_range(self.next).len() as u32
                }
                Pass::Fans => self.fans(history, facts),
                Pass::Time | Pass::Done => {
                    self.pass_moment();
                    1
                }
            };
            *left = left.saturating_sub(u64::from(cost) + 1);
            self.next += 1;
        }
        self.pass == Pass::Done
    }

    /// The chain of writers that all reads of the key at hand agree on.
    fn chain(&mut self, history: &Transactions, facts: &Facts) {
        let key = self.next;
        let start = self.followers.len();
        self.starts.push(start as u32);
        let (mut previous, mut previous_ok) = (NONE, NONE);
        for version in &history.spine(key)[..facts.agreed(key) as usize] {
            let Source::By(writer) = facts.source(key, *version) else {
                self.followers.push(NONE);
                continue;
            };
            self.followers.push(writer);
            self.overwrote(facts, (previous, previous_ok), writer);
            previous = writer;
            if facts.is_ok(writer) {
                previous_ok = writer;
            }
        }
        self.followers.push(NONE);
        self.last.push((previous, previous_ok));
        // Who follows is the next that counts.
        let mut follower = NONE;
        for slot in self.followers[start..].iter_mut().rev() {
            if *slot == NONE {
                *slot = follower;
            }
            follower = *slot;
        }
    }

    /// A writer overwrote the one before it, and the last one before it that was told so: if the one between failed
    /// after all, that still holds.
    fn overwrote(&mut self, facts: &Facts, (previous, previous_ok): (u32, u32), writer: u32) {
        if previous != NONE && previous != writer {
            self.edges.push(previous, Kind::Overwrote, writer);
        }
        let between = previous_ok != previous && previous_ok != writer && previous_ok != NONE;
        if between && facts.is_ok(writer) {
            self.edges.push(previous_ok, Kind::Overwrote, writer);
        }
    }

    fn lists_of(&mut self, history: &Transactions, facts: &Facts) {
        let place = self.next;
        if !facts.counts(place) {
            return;
        }
        for read in facts.reads(place) {
            if let Source::By(writer) = facts.source(read.key, read.version)
                && writer != place
            {
                self.edges.push(writer, Kind::Saw, place);
            }
            if read.length == NONE {
                continue;
            }
            let follower = self.followers[(self.starts[read.key as usize] + read.length) as usize];
            if follower == NONE {
                self.readers.push((read.key, place));
            } else if follower != place {
                self.edges.push(place, Kind::Missed, follower);
            }
        }
        for mop in history.steps(place) {
            if let Mop::Append { key, version } = mop
                && facts.place(key, version).is_none()
                && self.writers.last() != Some(&(key, place))
            {
                self.writers.push((key, place));
            }
        }
    }

    fn registers_of(&mut self, history: &Transactions, facts: &Facts) {
        let place = self.next;
        for read in facts.reads(place) {
            match facts.source(read.key, read.version) {
                Source::Unclear => continue,
                Source::By(writer) => {
                    self.edges.push(writer, Kind::Saw, place);
                    if facts.written(place, read.key).is_some() {
                        self.writers.push((read.version, place));
                    }
                }
                Source::Initial => {}
            }
            self.readers.push((read.version, place));
        }
        for write in facts.writes(place) {
            // Everything replaces what was there at first, whatever that was.
            self.writers.push((facts.at_first(history, write.key), place));
        }
    }

    /// The order of its process, and when it ran.
    fn order_of(&mut self, history: &Transactions, facts: &Facts) {
        let place = self.next;
        if !facts.counts(place) {
            return;
        }
        let is_ok = facts.is_ok(place);
        let previous = &mut self.previous[history.process(place) as usize];
        if *previous != NONE {
            self.edges.push(*previous, Kind::Process, place);
        }
        if is_ok {
            *previous = place;
        }
        let transaction = history.get(place);
        self.moments.extend(transaction.began.map(|moment| (moment.at, true, place)));
        if is_ok && transaction.began.is_some() {
            self.moments.extend(transaction.ended.map(|moment| (moment.at, false, place)));
        }
    }

    /// Whoever read all that is agreed on (or a version) missed all that came after it.
    fn fans(&mut self, history: &Transactions, facts: &Facts) -> u32 {
        self.readers.sort_unstable();
        self.readers.dedup();
        self.writers.sort_unstable();
        self.writers.dedup();
        let readers = std::mem::take(&mut self.readers);
        let writers = std::mem::take(&mut self.writers);
        let mut from = 0;
        for group in writers.chunk_by(|a, b| a.0 == b.0) {
            let of = group[0].0;
            if history.objects() == Objects::Lists {
                let last = self.last[of as usize];
                for (_, writer) in group {
                    self.overwrote(facts, last, *writer);
                }
            }
            from += readers[from..].partition_point(|(other, _)| *other < of);
            let count = readers[from..].partition_point(|(other, _)| *other == of);
            self.fan(&readers[from..from + count], group);
        }
        debug_assert!(facts.reads_total() >= readers.len());
        (readers.len() + writers.len()) as u32
    }

    /// Every reader missed every writer but itself.
    fn fan(&mut self, readers: &[(u32, u32)], writers: &[(u32, u32)]) {
        if readers.len() * writers.len() <= 2 * (readers.len() + writers.len()) + 8 {
            for (_, reader) in readers {
                for (_, writer) in writers.iter().filter(|(_, writer)| writer != reader) {
                    self.edges.push(*reader, Kind::Missed, *writer);
                }
            }
            return;
        }
        // A chain of joints to the writers from each place on, and one to those up to it: a reader that is a writer
        // itself goes around itself.
        let count = writers.len() as u32;
        let (onwards, backwards) = (self.nodes, self.nodes + count);
        self.nodes += 2 * count;
        for ((_, writer), at) in writers.iter().zip(0..) {
            self.edges.push(onwards + at, Kind::Joint, *writer);
            self.edges.push(backwards + at, Kind::Joint, *writer);
            if at + 1 < count {
                self.edges.push(onwards + at, Kind::Joint, onwards + at + 1);
                self.edges.push(backwards + at + 1, Kind::Joint, backwards + at);
            }
        }
        for (_, reader) in readers {
            match writers.binary_search_by_key(reader, |(_, writer)| *writer) {
                Err(_) => self.edges.push(*reader, Kind::Missed, onwards),
                Ok(at) => {
                    let at = at as u32;
                    if at + 1 < count {
                        self.edges.push(*reader, Kind::Missed, onwards + at + 1);
                    }
                    if at > 0 {
                        self.edges.push(*reader, Kind::Missed, backwards + at - 1);
                    }
                }
            }
        }
    }

    fn pass_moment(&mut self) {
        let (_, begins, place) = self.moments[self.next as usize];
        if !begins {
            self.waiting.push(place);
            return;
        }
        if !self.waiting.is_empty() {
            let joint = self.nodes;
            self.nodes += 1;
            for ended in self.waiting.drain(..) {
                self.edges.push(ended, Kind::Time, joint);
            }
            if self.clock != NONE {
                self.edges.push(self.clock, Kind::Joint, joint);
            }
            self.clock = joint;
        }
        if self.clock != NONE {
            self.edges.push(self.clock, Kind::Joint, place);
        }
    }
}
