//! Who wrote what, and who saw it: the facts on cells that all guarantees of sessions are judged from, as they come.
//!
//! A *session* is what one process did, one operation after another. A write counts once it is *certain*: answered, or
//! seen. So does a compare-and-set that worked, which saw one value and wrote another; one that failed and says what it
//! saw is a read. Whose value a read saw is plain where each value is written once; where it is not, [`Origin::Vague`]
//! says so, and whoever asks leaves that read out.
//!
//! Each write carries a *clock*: for each session how many of its writes are in the write's causal past (Lamport's
//! happened-before of sessions and of reads from writes; by vectors as Fidge and Mattern 1988 have them). Since nothing
//! is seen before it was asked for, the past of an operation is complete when it is answered.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smallvec::SmallVec;

use crate::history::{History, Outcome};
use crate::judge::{known_call, open_call};
use crate::models::{Cell, CellCall};
use crate::table::{self, Index};
use crate::value::Value;

pub(super) const NONE: u32 = u32::MAX;

/// So many numbers may be kept in clocks, four bytes each.
pub(super) const NUMBERS_MOST: u64 = 50_000_000;

/// For each session so many of its writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Clock(Vec<u32>);

impl Clock {
    /// How many numbers it holds.
    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn get(&self, session: u32) -> u32 {
        self.0.get(session as usize).copied().unwrap_or(0)
    }

    /// At least so many of that session.
    pub(super) fn raise(&mut self, session: u32, count: u32) {
        if self.0.len() <= session as usize {
            self.0.resize(session as usize + 1, 0);
        }
        let mine = &mut self.0[session as usize];
        *mine = count.max(*mine);
    }

    /// All that is in either; whether that is more than there was.
    pub(super) fn join(&mut self, other: &Clock) -> bool {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        let mut grew = false;
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            if *mine < *theirs {
                *mine = *theirs;
                grew = true;
            }
        }
        grew
    }
}

#[derive(Clone, Debug)]
pub(super) struct Write {
    /// Its operation, as a place in the history.
    pub place: u32,
    pub session: u32,
    /// It is the so manieth certain write of its session, from 1; 0 while it is not certain.
    pub index: u32,
    pub key: u32,
    /// The writes in its causal past, itself not among them.
    pub clock: Clock,
    /// What it wrote, and what a compare-and-set must have seen, as numbers of values.
    value: u32,
    from: u32,
    /// The write that a compare-and-set saw, once that is known.
    pub parent: u32,
}

/// What a read saw was written by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// By nobody: what every cell holds at first.
    Initial,
    Write(u32),
    /// By nobody, and it was not there at first.
    Nowhere,
    /// By one of several.
    Vague,
}

/// An operation of a session that was answered, and what it saw.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub place: u32,
    pub key: u32,
    /// `None` for one that only wrote.
    pub saw: Option<Origin>,
    /// The write it was, if it was one.
    pub wrote: u32,
}

#[derive(Clone, Debug)]
pub(super) struct Session {
    process: u64,
    /// Its certain writes.
    pub writes: Vec<u32>,
    /// What it did, as it was answered.
    pub steps: Vec<Step>,
    /// The writes in the causal past of its last step, that included.
    pub past: Clock,
    /// The operation that it waits for.
    open: u32,
}

#[derive(Clone, Debug)]
struct Known {
    key: u32,
    value: Value,
    writers: SmallVec<[u32; 1]>,
}

/// The certain writes of one session to one key.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub session: u32,
    pub writes: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Key {
    name: Option<Arc<str>>,
    rows: Vec<Row>,
}

/// What an event came to.
#[derive(Clone, Copy, Debug)]
pub(super) enum News {
    /// A session was answered: it saw something, wrote something, or both (in that order).
    Step { session: u32, step: Step },
    /// An operation was told that it failed, although its value was seen.
    FailedYetSeen { place: u32, seen_by: u32 },
}

/// What a session saw last of each key, and its past then: what has been settled need not be looked at again.
#[derive(Clone, Debug, Default)]
pub(super) struct Settled {
    by_key: BTreeMap<u32, (u32, Clock)>,
}

impl Settled {
    /// Of all writes to the key that `past` has, other than `but`, those that can tell anything new: for each session that
    /// wrote to it since the last read its last write, and what that read saw. All others come before that one.
    pub(super) fn others(&self, web: &Web, key: u32, past: &Clock, but: u32) -> SmallVec<[u32; 8]> {
        let Some((last, then)) = self.by_key.get(&key) else { return web.latest(key, past, but).collect() };
        let news = web.rows(key).iter().filter(|row| past.get(row.session) > then.get(row.session));
        let mut others: SmallVec<[u32; 8]> =
            news.filter_map(|row| web.last_but(row, past, but)).filter(|other| other != last).collect();
        others.push(*last);
        others
    }

    /// A read showed this, and all else to the key that `past` has comes before it, other than what the same operation
    /// wrote.
    pub(super) fn settle(&mut self, web: &Web, key: u32, saw: u32, past: &Clock, wrote: u32) {
        let mut past = past.clone();
        if let Some(Write { session, index, .. }) = web.writes.get(wrote as usize)
            && past.get(*session) >= *index
        {
            past.0[*session as usize] = index.saturating_sub(1);
        }
        self.by_key.insert(key, (saw, past));
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Web {
    pub writes: Vec<Write>,
    /// Those that are certain, as they became so.
    pub certain: Vec<u32>,
    pub sessions: Vec<Session>,
    by_process: Index,
    keys: Vec<Key>,
    by_key: Index,
    values: Vec<Known>,
    by_value: Index,
    /// For each operation of the history its write, or `NONE`.
    write_of: Vec<u32>,
    /// By whom each write that is certain though not answered was seen first.
    seen_by: Vec<u32>,
    /// Since when sessions are no sequences, or operations are such as these facts do not cover; and why.
    unfit: Option<(u64, String)>,
    /// How many numbers all clocks hold.
    held: u64,
    /// Since when there are reads of which it is not plain what they saw.
    vague: Option<u64>,
    /// Places of operations of which that is known beforehand.
    foreseen: BTreeSet<u32>,
}

impl Web {
    /// Of these operations it is known beforehand that they saw one of several writes.
    pub(super) fn foresee(&mut self, vague: BTreeSet<u32>) {
        self.foreseen = vague;
    }

    /// Since when, and why, nothing can be said any more.
    pub(super) fn unfit(&self) -> Option<&(u64, String)> {
        self.unfit.as_ref()
    }

    fn give_up(&mut self, at: u64, why: impl FnOnce() -> String) {
        self.unfit.get_or_insert_with(|| (at, why()));
    }

    /// Since when something is left out because it is not plain which of several writes it saw.
    pub(super) fn vague(&self) -> Option<u64> {
        self.vague
    }

    /// The certain writes of a key, by session.
    pub(super) fn rows(&self, key: u32) -> &[Row] {
        &self.keys[key as usize].rows
    }

    /// The last of a row's writes among the first `count` of its session.
    pub(super) fn last_of(&self, row: &Row, count: u32) -> Option<u32> {
        let within = row.writes.partition_point(|write| self.writes[*write as usize].index <= count);
        within.checked_sub(1).map(|last| row.writes[last])
    }

    pub(super) fn write(&self, write: u32) -> &Write {
        &self.writes[write as usize]
    }

    /// Whether the clock has the write in it.
    pub(super) fn has(&self, clock: &Clock, write: u32) -> bool {
        let Write { session, index, .. } = self.writes[write as usize];
        clock.get(session) >= index
    }

    /// Puts a write, with its past, into a clock.
    pub(super) fn absorb(&self, clock: &mut Clock, write: u32) {
        let Write { session, index, clock: past, .. } = &self.writes[write as usize];
        clock.join(past);
        clock.raise(*session, *index);
    }

    /// For each session that wrote to the key its last write to it among those in the clock, other than one.
    pub(super) fn latest<'a>(
        &'a self,
        key: u32,
        clock: &'a Clock,
        but: u32,
    ) -> impl Iterator<Item = u32> + 'a {
        self.rows(key).iter().filter_map(move |row| self.last_but(row, clock, but))
    }

    fn last_but(&self, row: &Row, clock: &Clock, but: u32) -> Option<u32> {
        let last = self.last_of(row, clock.get(row.session))?;
        if last == but { self.last_of(row, self.write(last).index - 1) } else { Some(last) }
    }

    /// Operations by which `write` is in the causal past of the operation of `session` at `place`, that one left out:
    /// who read what, down to the write.
    pub(super) fn path(&self, write: u32, session: u32, place: u32, found: &mut SmallVec<[u32; 6]>) {
        let (mut session, mut place) = (session, place);
        let leads = |other: u32| other == write || self.has(&self.write(other).clock, write);
        while self.write(write).session != session || self.write(write).place > place {
            let steps = &self.sessions[session as usize].steps;
            let saw = |step: &&Step| {
                step.place <= place && matches!(step.saw, Some(Origin::Write(saw)) if leads(saw))
            };
            let step = steps.iter().find(saw);
            let next = match step.map(|step| (step.place, step.saw)) {
                Some((by, Some(Origin::Write(saw)))) => {
                    found.push(by);
                    saw
                }
                // A compare-and-set that was not answered.
                _ => match self.write_of.get(place as usize).and_then(|own| self.writes.get(*own as usize)) {
                    Some(Write { parent, .. }) if *parent != NONE && leads(*parent) => *parent,
                    _ => return,
                },
            };
            (session, place) = (self.write(next).session, self.write(next).place);
            found.push(place);
        }
        found.push(self.write(write).place);
    }

    // ---- events

    /// The operation at this place of the history began.
    pub(super) fn invoke(&mut self, history: &History, place: u32) {
        let operation = &history.operations()[place as usize];
        let session = self.session_of(operation.process);
        let waiting = std::mem::replace(&mut self.sessions[session as usize].open, place);
        if let Some(waiting) = history.operations().get(waiting as usize) {
            let process = operation.process;
            self.give_up(operation.invoked, || match waiting.outcome {
                Outcome::Unknown => format!(
                    "process {process} goes on after an operation of unknown outcome, which may happen at any later \
                     time: give it a new process"
                ),
                _ => format!(
                    "process {process} has two operations open at once, so they have no order of their own"
                ),
            });
        }
        self.write_of.push(NONE);
        let (value, from) = match open_call(&Cell::KeyValue, operation) {
            Some(CellCall::Write(value)) => (value, None),
            Some(CellCall::Cas { from, to }) => (to, Some(from)),
            Some(CellCall::Append(_)) => {
                self.give_up(operation.invoked, || {
                    "values that grow by appends are judged as linearizable or not only".to_string()
                });
                return;
            }
            _ => return,
        };
        let key = self.key_of(operation.key.as_ref());
        let from = from.map_or(NONE, |from| self.value_of(key, &from));
        let value = self.value_of(key, &value);
        let write = self.writes.len() as u32;
        let clock = self.sessions[session as usize].past.clone();
        self.held += clock.len();
        if self.held > NUMBERS_MOST {
            self.give_up(operation.invoked, || super::watch::TOO_LARGE.to_string());
        }
        self.writes.push(Write { place, session, index: 0, key, clock, value, from, parent: NONE });
        self.seen_by.push(NONE);
        self.values[value as usize].writers.push(write);
        self.write_of[place as usize] = write;
    }

    /// The outcome of the operation at this place is known.
    pub(super) fn complete(&mut self, history: &History, place: u32) -> Option<News> {
        let operation = &history.operations()[place as usize];
        let at = operation.completed.unwrap_or(operation.invoked);
        let session = self.session_of(operation.process);
        let write = self.write_of[place as usize];
        let known = match operation.outcome {
            Outcome::Ok | Outcome::Failed => known_call(&Cell::KeyValue, operation),
            // Its session is over.
            Outcome::Open | Outcome::Unknown => return None,
        };
        let open = &mut self.sessions[session as usize].open;
        if *open == place {
            *open = NONE;
        }
        if operation.outcome == Outcome::Failed && write != NONE {
            if self.writes[write as usize].index > 0 {
                return Some(News::FailedYetSeen { place, seen_by: self.seen_by[write as usize] });
            }
            let value = self.writes[write as usize].value;
            self.values[value as usize].writers.retain(|writer| *writer != write);
        }
        let key = self.key_of(operation.key.as_ref());
        let mut step = Step { place, key, saw: None, wrote: NONE };
        match known {
            None | Some(CellCall::Read(None) | CellCall::Append(_)) => return None,
            Some(CellCall::Refused { .. }) => {
                // It saw one of many.
                self.vague.get_or_insert(at);
                return None;
            }
            Some(CellCall::Read(Some(seen)) | CellCall::Mismatch { seen, .. }) => {
                let seen = self.value_of(key, &seen);
                step.saw = Some(self.origin(seen, place, at));
            }
            Some(CellCall::Write(_)) => {
                self.make_certain(write, place, at);
                step.wrote = write;
            }
            Some(CellCall::Cas { from, .. }) => {
                let from = self.value_of(key, &from);
                step.saw = Some(self.origin(from, place, at));
                step.wrote = write;
            }
        }
        self.take(session, step, at);
        Some(News::Step { session, step })
    }

    /// Those that failed to write what the operation at this place saw.
    pub(super) fn failed_writers(&self, history: &History, place: u32) -> SmallVec<[u32; 6]> {
        let all = history.operations();
        let seer = &all[place as usize];
        let Some(seen) = known_call(&Cell::KeyValue, seer) else { return SmallVec::new() };
        let wrote = |other: &&u32| {
            let other = &all[**other as usize];
            let failed = other.outcome == Outcome::Failed && other.key == seer.key;
            failed && open_call(&Cell::KeyValue, other).is_some_and(|call| call.leaves() == seen.sees())
        };
        let before: Vec<u32> = (0..place).collect();
        before.iter().filter(wrote).copied().collect()
    }

    /// Puts what a session saw and wrote into its past.
    fn take(&mut self, session: u32, step: Step, at: u64) {
        let mut past = std::mem::take(&mut self.sessions[session as usize].past);
        if let Some(Origin::Write(seen)) = step.saw {
            self.absorb(&mut past, seen);
            if let Some(write) = self.writes.get_mut(step.wrote as usize) {
                write.clock.join(&past);
                write.parent = seen;
            }
        }
        if step.wrote != NONE {
            self.make_certain(step.wrote, step.place, at);
            past.raise(session, self.writes[step.wrote as usize].index);
        }
        let session = &mut self.sessions[session as usize];
        session.past = past;
        session.steps.push(step);
    }

    /// Who wrote a value that an operation saw; if that is plain, the write is certain now.
    fn origin(&mut self, value: u32, seen_by: u32, at: u64) -> Origin {
        if self.foreseen.contains(&seen_by) {
            self.vague.get_or_insert(at);
            return Origin::Vague;
        }
        let Known { value: what, writers, .. } = &self.values[value as usize];
        let initial = *what == Value::Nil;
        match (writers.as_slice(), initial) {
            ([], true) => Origin::Initial,
            ([], false) => Origin::Nowhere,
            ([write], false) => {
                let write = *write;
                if self.make_certain(write, seen_by, at) { Origin::Write(write) } else { Origin::Nowhere }
            }
            _ => {
                self.vague.get_or_insert(at);
                Origin::Vague
            }
        }
    }

    /// Whether the write can have happened, and so did.
    fn make_certain(&mut self, write: u32, seen_by: u32, at: u64) -> bool {
        // A chain of compare-and-sets is certain from its beginning on.
        let mut chain: SmallVec<[u32; 4]> = SmallVec::new();
        let mut next = write;
        while self.writes[next as usize].index == 0 {
            chain.push(next);
            let from = self.writes[next as usize].from;
            let Some(Known { value, writers, .. }) = self.values.get(from as usize) else { break };
            if self.foreseen.contains(&self.writes[next as usize].place) {
                self.vague.get_or_insert(at);
                break;
            }
            match (writers.as_slice(), *value == Value::Nil) {
                ([], false) => return false,
                ([one], false) if !chain.contains(one) => next = *one,
                ([_], false) => return false,
                ([], true) => break,
                _ => {
                    self.vague.get_or_insert(at);
                    break;
                }
            }
        }
        while let Some(write) = chain.pop() {
            let Write { session, key, from, place, .. } = self.writes[write as usize];
            let is_plain = |known: &&Known| known.value != Value::Nil && !self.foreseen.contains(&place);
            let parent = self.values.get(from as usize).filter(is_plain);
            if let Some([parent]) = parent.map(|known| known.writers.as_slice()) {
                let parent = *parent;
                let mut clock = std::mem::take(&mut self.writes[write as usize].clock);
                self.absorb(&mut clock, parent);
                self.writes[write as usize].clock = clock;
                self.writes[write as usize].parent = parent;
            }
            self.certain.push(write);
            let own = &mut self.sessions[session as usize].writes;
            own.push(write);
            self.writes[write as usize].index = own.len() as u32;
            self.seen_by[write as usize] = seen_by;
            let rows = &mut self.keys[key as usize].rows;
            match rows.iter_mut().find(|row| row.session == session) {
                Some(row) => row.writes.push(write),
                None => rows.push(Row { session, writes: vec![write] }),
            }
        }
        true
    }

    fn session_of(&mut self, process: u64) -> u32 {
        let Self { sessions, by_process, .. } = self;
        let hash = table::hash_of(&process);
        if let Some(session) = by_process.find(hash, |at| sessions[at as usize].process == process) {
            return session;
        }
        let number = sessions.len() as u32;
        let (writes, steps, past) = (Vec::new(), Vec::new(), Clock::default());
        sessions.push(Session { process, writes, steps, past, open: NONE });
        by_process.insert(hash, number, |at| table::hash_of(&sessions[at as usize].process));
        number
    }

    fn key_of(&mut self, name: Option<&Arc<str>>) -> u32 {
        let Self { keys, by_key, .. } = self;
        let hash = table::hash_of(&name);
        if let Some(key) = by_key.find(hash, |at| keys[at as usize].name.as_ref() == name) {
            return key;
        }
        let number = keys.len() as u32;
        keys.push(Key { name: name.cloned(), rows: Vec::new() });
        by_key.insert(hash, number, |at| table::hash_of(&keys[at as usize].name.as_ref()));
        number
    }

    fn value_of(&mut self, key: u32, value: &Value) -> u32 {
        let Self { values, by_value, .. } = self;
        let hash = table::hash_of(&(key, value));
        let same = |at: u32| values[at as usize].key == key && values[at as usize].value == *value;
        if let Some(value) = by_value.find(hash, same) {
            return value;
        }
        let number = values.len() as u32;
        values.push(Known { key, value: value.clone(), writers: SmallVec::new() });
        by_value.insert(hash, number, |at| {
            table::hash_of(&(values[at as usize].key, &values[at as usize].value))
        });
        number
    }
}
