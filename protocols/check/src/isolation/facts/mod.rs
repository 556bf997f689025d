//! The facts of a history: who wrote what, who saw whose writes, what contradicts itself.
//!
//! [`Gather`] goes over a history three times (writes; what reads saw; what stands of the writes) and notes on the
//! way the anomalies that need no cycle. The rest of the checker works on [`Facts`] alone, which look the same for
//! lists and registers.
//!
//! # Which transactions count
//! Those that are ok, and those of unknown outcome of which something was seen by one that is ok: they did happen.
//! One of unknown outcome that nobody saw may as well not have happened, and leaving it out never breaks a model.
//!
//! # Which reads count
//! A read before its transaction's first own write to the key is a fact about others. What is read after it is
//! checked against the transaction itself; only of a list it also shows what stands under the own elements.
//!
//! # Values written more than once
//! If several transactions that did not fail wrote the version that a read saw, nobody can tell whose it was. Such
//! reads yield no facts, and [`Facts::unclear`] says so: what is found broken is broken all the same, but nothing
//! can be said to hold.

mod lists;
mod registers;

use crate::history::Outcome;

use super::evidence::{Findings, Proof};
use super::history::{Initial, Mop, Objects, Seen, Transactions};
use super::lattice::Anomaly;

/// No transaction, version or place.
pub(crate) const NONE: u32 = u32::MAX;
/// Several transactions.
const SEVERAL: u32 = u32::MAX - 1;

/// What became of a transaction, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It happened.
    Ok,
    /// Nobody was told, but somebody saw it: it happened. What it read is not known.
    Seen,
    /// It may have happened, but nobody saw it.
    Unseen,
    /// It did not happen.
    Failed,
}

/// A transaction saw a version of a key that it had not written itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Read {
    pub(crate) key: u32,
    /// Of a list its last element; the initial version for what nobody wrote.
    pub(crate) version: u32,
    /// Of a list its length, if all reads agree on it so far; else [`NONE`].
    pub(crate) length: u32,
}

/// A transaction wrote a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Write {
    pub(crate) key: u32,
    /// The last version that it wrote.
    pub(crate) version: u32,
}

/// Where a version came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// It was there at first.
    Initial,
    /// This transaction, which happened, wrote it.
    By(u32),
    /// Nobody can tell, or nobody who counts.
    Unclear,
}

/// What a history says, for lists and registers alike.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) standing: Vec<Standing>,
    /// For each version who wrote it.
    writer: Vec<u32>,
    /// Versions that their writer itself replaced.
    intermediate: Bits,
    /// Versions that were written more than once.
    repeated: Bits,
    /// For each key the version that it held at first.
    initial: Vec<u32>,
    read_starts: Vec<u32>,
    reads: Vec<Read>,
    write_starts: Vec<u32>,
    writes: Vec<Write>,
    /// Lists: for each version its place on the spine of its key.
    place: Vec<u32>,
    /// Lists: for each key how much of its spine all reads agree on.
    agreed: Vec<u32>,
    /// A version that was seen, and that several wrote.
    pub(crate) unclear: Option<u32>,
}

impl Facts {
    fn new(history: &Transactions) -> Self {
        let (transactions, versions) = (history.len() as usize, history.versions() as usize);
        let unstated =
            history.objects() == Objects::Registers && history.conventions().initial == Initial::Unstated;
        let initial =
            (0..history.keys()).map(|key| if unstated { NONE } else { history.initial(key) }).collect();
        let is_list = history.objects() == Objects::Lists;
        Self {
            standing: (0..history.len())
                .map(|place| match history.outcome(place) {
                    Outcome::Ok => Standing::Ok,
                    Outcome::Failed => Standing::Failed,
                    Outcome::Open | Outcome::Unknown => Standing::Unseen,
                })
                .collect(),
            writer: vec![NONE; versions],
            intermediate: Bits::new(versions),
            repeated: Bits::new(versions),
            initial,
            read_starts: Vec::with_capacity(transactions + 1),
            reads: Vec::new(),
            write_starts: Vec::with_capacity(transactions + 1),
            writes: Vec::new(),
            place: vec![NONE; if is_list { versions } else { 0 }],
            agreed: if is_list {
                (0..history.keys()).map(|key| history.spine(key).len() as u32).collect()
            } else {
                Vec::new()
            },
            unclear: None,
        }
    }

    /// Whether the transaction happened.
    pub(crate) fn counts(&self, place: u32) -> bool {
        matches!(self.standing[place as usize], Standing::Ok | Standing::Seen)
    }

    /// Whether the transaction happened, and was told so.
    pub(crate) fn is_ok(&self, place: u32) -> bool {
        self.standing[place as usize] == Standing::Ok
    }

    /// What a key held at first: a version that stands for it even if nobody said what it was.
    pub(crate) fn at_first(&self, history: &Transactions, key: u32) -> u32 {
        match self.initial[key as usize] {
            NONE => history.initial(key),
            version => version,
        }
    }

    /// What a transaction saw of others, in the order of its steps.
    pub(crate) fn reads(&self, place: u32) -> &[Read] {
        let place = place as usize;
        &self.reads[self.read_starts[place] as usize..self.read_starts[place + 1] as usize]
    }

    /// What a transaction that happened wrote, by key.
    pub(crate) fn writes(&self, place: u32) -> &[Write] {
        let place = place as usize;
        &self.writes[self.write_starts[place] as usize..self.write_starts[place + 1] as usize]
    }

    /// What a transaction that happened wrote last to a key.
    pub(crate) fn written(&self, place: u32, key: u32) -> Option<u32> {
        let writes = self.writes(place);
        let at = writes.binary_search_by_key(&key, |write| write.key).ok()?;
        Some(writes[at].version)
    }

    /// What the transaction that is being gone through saw so far.
    fn reads_of_current(&self) -> impl Iterator<Item = &Read> {
        let start = self.read_starts.last().copied().unwrap_or(0);
        self.reads[start as usize..].iter().rev()
    }

    /// How many reads there are.
    pub(crate) fn reads_total(&self) -> usize {
        self.reads.len()
    }

    /// How many writes there are: pairs of a transaction and a key.
    pub(crate) fn writes_total(&self) -> usize {
        self.writes.len()
    }

    /// Whether this is what its key held at first.
    fn is_initial(&self, key: u32, version: u32) -> bool {
        self.initial[key as usize] == version
    }

    /// Where a version of a key came from.
    pub(crate) fn source(&self, key: u32, version: u32) -> Source {
        match self.writer[version as usize] {
            SEVERAL => Source::Unclear,
            writer if writer != NONE && self.counts(writer) => {
                if self.is_initial(key, version) {
                    Source::Unclear
                } else {
                    Source::By(writer)
                }
            }
            _ if self.is_initial(key, version) => Source::Initial,
            _ => Source::Unclear,
        }
    }

    /// Who wrote a version, if exactly one did, whether it counts or not.
    pub(crate) fn only_writer(&self, version: u32) -> Option<u32> {
        Some(self.writer[version as usize]).filter(|writer| *writer < SEVERAL)
    }

    /// The place of a version in its list, as far as reads agree.
    pub(crate) fn place(&self, key: u32, version: u32) -> Option<u32> {
        Some(self.place[version as usize]).filter(|place| *place < self.agreed[key as usize])
    }

    /// How many elements of the list under a key all reads agree on.
    pub(crate) fn agreed(&self, key: u32) -> u32 {
        self.agreed[key as usize]
    }

    fn saw_unclear(&mut self, version: u32) {
        self.unclear.get_or_insert(version);
    }
}

/// A set of small numbers.
#[derive(Clone, Debug)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }

    pub(crate) fn has(&self, number: u32) -> bool {
        self.0[number as usize / 64] & 1 << (number % 64) != 0
    }

    pub(crate) fn set(&mut self, number: u32, on: bool) {
        let word = &mut self.0[number as usize / 64];
        if on {
            *word |= 1 << (number % 64);
        } else {
            *word &= !(1 << (number % 64));
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    Writers,
    Spines,
    Reads,
    Writes,
    Done,
}

/// What a transaction has done to a key so far, while it is gone through.
#[derive(Clone, Copy, Debug)]
struct KeyState {
    /// The transaction this is about.
    of: u32,
    /// What it wrote last, and where that stands among its own writes (lists).
    own: u32,
    own_number: u32,
    /// How many own appends since the last read.
    own_count: u32,
    wrote: bool,
    /// The step that read it last.
    read: u32,
    /// What it saw first, before any own write.
    first_seen: u32,
    /// The longest part of the spine that it has read.
    longest: u32,
}

impl KeyState {
    const FRESH: KeyState = KeyState {
        of: NONE,
        own: NONE,
        own_number: NONE,
        own_count: 0,
        wrote: false,
        read: NONE,
        first_seen: NONE,
        longest: 0,
    };
}

/// Gathers the facts, in slices.
#[derive(Clone, Debug)]
pub(crate) struct Gather {
    facts: Facts,
    pass: Pass,
    next: u32,
    states: Vec<KeyState>,
    /// Lists: the own appends of the transaction at hand, each with the one before it on the same key.
    own: Vec<(u32, u32)>,
    /// Lists: for each version what its writer had appended to the same key right before it.
    prior: Vec<u32>,
    /// For each version a transaction that saw it and then wrote its key.
    replaced_by: Vec<u32>,
    lists: lists::Spines,
}

impl Gather {
    pub(crate) fn new(history: &Transactions) -> Self {
        let is_list = history.objects() == Objects::Lists;
        Self {
            facts: Facts::new(history),
            pass: Pass::Writers,
            next: 0,
            states: vec![KeyState::FRESH; history.keys() as usize],
            own: Vec::new(),
            prior: vec![NONE; if is_list { history.versions() as usize } else { 0 }],
            replaced_by: vec![NONE; history.versions() as usize],
            lists: lists::Spines::default(),
        }
    }

    /// The facts, once [`Self::advance`] is done.
    pub(crate) fn into_facts(self) -> Facts {
        self.facts
    }

    /// Works for about as many steps as are left. Returns whether the facts are complete.
    pub(crate) fn advance(
        &mut self,
        history: &Transactions,
        findings: &mut Findings,
        left: &mut u64,
    ) -> bool {
        while *left > 0 && self.pass != Pass::Done {
            let is_list = history.objects() == Objects::Lists;
            let end = if self.pass == Pass::Spines { history.keys() } else { history.len() };
            if self.next == end {
                self.next = 0;
                self.states.fill(KeyState::FRESH);
                self.pass = match self.pass {
                    Pass::Writers if is_list => Pass::Spines,
                    Pass::Writers | Pass::Spines => Pass::Reads,
                    Pass::Reads => {
                        self.facts.read_starts.push(self.facts.reads.len() as u32);
                        self.lists_compared(findings);
                        Pass::Writes
                    }
                    Pass::Writes | Pass::Done => {
                        self.facts.write_starts.push(self.facts.writes.len() as u32);
                        Pass::Done
                    }
                };
                continue;
            }
            let cost = match self.pass {
                Pass::Spines => history.spine(self.next).len() as u64,
                _ => history.step_range(self.next).len() as u64,
            };
            *left = left.saturating_sub(cost + 1);
            match self.pass {
                Pass::Writers => self.note_writers(history),
                Pass::Spines => self.go_along_spine(history, findings),
                Pass::Reads => self.note_reads(history, findings, is_list),
                Pass::Writes => self.note_writes(history),
                Pass::Done => {}
            }
            self.next += 1;
        }
        self.pass == Pass::Done
    }

    fn state(&mut self, key: u32) -> &mut KeyState {
        let state = &mut self.states[key as usize];
        if state.of != self.next {
            *state = KeyState { of: self.next, ..KeyState::FRESH };
        }
        state
    }

    fn note_writers(&mut self, history: &Transactions) {
        let place = self.next;
        let is_list = history.objects() == Objects::Lists;
        for mop in history.steps(place) {
            let (key, Some(version)) = (mop.key(), mop.writes()) else { continue };
            let before = std::mem::replace(&mut self.state(key).own, version);
            if is_list {
                self.prior[version as usize] = before;
            }
            let facts = &mut self.facts;
            if before != NONE && before != version {
                facts.intermediate.set(before, true);
            }
            facts.intermediate.set(version, false);
            let failed =
                |writer: u32| facts.standing.get(writer as usize).is_some_and(|s| *s == Standing::Failed);
            let writer = facts.writer[version as usize];
            facts.writer[version as usize] = match writer {
                NONE => place,
                _ => {
                    facts.repeated.set(version, true);
                    match (failed(writer), failed(place)) {
                        _ if writer == place => place,
                        // Of two writers of whom one failed, a sound read saw the other. In a list both may stand.
                        (true, false) if !is_list => place,
                        (false, true) if !is_list && writer != SEVERAL => writer,
                        (true, true) => writer,
                        _ => SEVERAL,
                    }
                }
            };
        }
    }

    fn note_reads(&mut self, history: &Transactions, findings: &mut Findings, is_list: bool) {
        self.facts.read_starts.push(self.facts.reads.len() as u32);
        if self.facts.standing[self.next as usize] != Standing::Ok {
            return;
        }
        self.own.clear();
        for (mop, step) in history.steps(self.next).zip(0_u32..) {
            match mop {
                Mop::Append { key, version } | Mop::Write { key, version } => {
                    self.note_own(key, version, findings);
                }
                Mop::Read { key, seen: Seen::Unknown } => {
                    self.state(key);
                }
                Mop::Read { key, seen: Seen::Version(version) } => {
                    debug_assert!(!is_list);
                    self.see_version(history, findings, step, key, version);
                }
                Mop::Read { key, seen: Seen::List(list) } => {
                    self.see_list(history, findings, step, key, list);
                }
            }
        }
    }

    /// The transaction at hand writes a key.
    fn note_own(&mut self, key: u32, version: u32, findings: &mut Findings) {
        let place = self.next;
        let number = self.own.len() as u32;
        let state = self.state(key);
        let first_write = !std::mem::replace(&mut state.wrote, true);
        let (seen, longest) = (state.first_seen, state.longest);
        let before = if state.own_count == 0 { NONE } else { state.own_number };
        (state.own, state.own_number) = (version, number);
        state.own_count += 1;
        self.own.push((version, before));
        if self.facts.place.get(version as usize).is_some_and(|spot| *spot < longest) {
            findings.note(Anomaly::FutureRead, || Proof::Future { transaction: place, version });
        }
        if !first_write || seen == NONE {
            return;
        }
        // It replaced what it saw. If another did too, one update is lost.
        if self.facts.source(key, seen) == Source::Unclear {
            return;
        }
        let other = &mut self.replaced_by[seen as usize];
        if *other == NONE {
            *other = place;
        } else {
            let first = *other;
            findings.note(Anomaly::LostUpdate, || Proof::LostUpdate { first, second: place, version: seen });
        }
    }

    /// What the transaction at hand saw of others.
    fn push_read(&mut self, key: u32, version: u32, length: u32) {
        let state = self.state(key);
        if state.first_seen == NONE {
            state.first_seen = version;
        }
        self.facts.reads.push(Read { key, version, length });
    }

    /// A version was seen by one that is ok: if nobody knew whether its writer happened, it did.
    fn recover(&mut self, version: u32) {
        if let Some(writer) = self.facts.only_writer(version) {
            let standing = &mut self.facts.standing[writer as usize];
            if *standing == Standing::Unseen {
                *standing = Standing::Seen;
            }
        }
    }

    fn note_writes(&mut self, history: &Transactions) {
        let place = self.next;
        let start = self.facts.writes.len();
        self.facts.write_starts.push(start as u32);
        if !self.facts.counts(place) {
            return;
        }
        for mop in history.steps(place) {
            let (key, Some(version)) = (mop.key(), mop.writes()) else { continue };
            let number = self.facts.writes.len() as u32;
            let at = &mut self.state(key).own;
            if *at == NONE {
                *at = number;
                self.facts.writes.push(Write { key, version });
            } else {
                let at = *at as usize;
                self.facts.writes[at].version = version;
            }
        }
        self.facts.writes[start..].sort_unstable_by_key(|write| write.key);
    }
}
