//! What time alone says of reads of cells: regular, bounded staleness, no lost write.
//!
//! A write is *newer* than another one if it began after the other was answered. So
//!
//! - a register is *regular* (Lamport 1986; for several writers the weakest of the conditions of Shao, Welch, Pierce and
//!   Lee 2011) if each read shows a write that it overlaps, or one of which no newer one was answered before it began;
//! - a read is *stale* by as many versions as there are newer writes that were answered before it began, and by the time
//!   since the first of these was answered: the k and the t of Bailis et al. 2012;
//! - an acknowledged write is *missing* while what was asked for last shows something older: the latest read that shows
//!   something older, begun after the answer, began later than every read that shows the write or something not older.
//!   It is lost if it stays so.
//!
//! Where a value was written several times, a read is taken to have seen the write that makes it best: so what is found
//! to be broken is so. A read of what nobody wrote breaks all three.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::{Bound, Breaks, Places, Span, Suspects, Times};
use crate::history::{History, Operation, Outcome};
use crate::judge::{known_call, open_call};
use crate::models::{Cell, CellCall};
use crate::names::Guarantee;
use crate::table::{self, Index};
use crate::value::Value;

/// An operation that wrote, or that may have: its events, counted from 1, and 0 for what was there at first.
#[derive(Clone, Copy, Debug)]
struct Writer {
    place: u32,
    invoked: u64,
    /// When it was answered, `u64::MAX` while it was not.
    completed: u64,
    failed: bool,
}

const INITIAL: Writer = Writer { place: u32::MAX, invoked: 0, completed: 0, failed: false };

/// How stale a read was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Staleness {
    /// So many newer writes had been answered when it began, at least.
    pub versions: u64,
    /// The first of these had been answered so long ago, by the history's positions or the clock that goes with them.
    pub time: u64,
    /// The operation.
    pub operation: u64,
}

/// A write of which the last that is known is that it is missing.
#[derive(Clone, Copy, Debug)]
struct Missing {
    write: Writer,
    /// When the read began that did not show it, and which that was.
    absent: u64,
    /// Its place among the spans.
    span: usize,
}

#[derive(Clone, Debug, Default)]
struct Key {
    /// Answered writes as they were answered, each with the latest invocation among it and those before it.
    answered: Vec<(Writer, u64)>,
    /// Reads that show something answered no earlier than this began then: later ones of the first, earlier of the second.
    shown: Vec<(u64, u64)>,
    missing: Vec<Missing>,
    /// For each value who wrote it, and while it may still turn out not to be written who saw it.
    writers: Vec<SmallVec<[Writer; 1]>>,
    readers: Vec<SmallVec<[u32; 1]>>,
}

/// The three of them, judged as the history grows.
#[derive(Clone, Debug)]
pub(super) struct Recency {
    keys: BTreeMap<Option<Arc<str>>, Key>,
    values: Index,
    /// What is written: the value, and its place among its key's writers.
    written: Vec<(Option<Arc<str>>, Value, u32)>,
    bound: Bound,
    /// Since when something is appended, so that it is not plain what a read saw.
    pub appends: Option<u64>,
    /// Since when it is not plain what was found again: something was seen that turned out not to have been written, by
    /// that write at least.
    pub unclear: Option<u64>,
    pub versions: Staleness,
    pub time: Staleness,
    /// Writes that were missing, from when to when.
    pub lost: Vec<Span>,
}

impl Recency {
    pub(super) fn new(bound: Bound) -> Self {
        Self {
            keys: BTreeMap::new(),
            values: Index::default(),
            written: Vec::new(),
            bound,
            appends: None,
            unclear: None,
            versions: Staleness::default(),
            time: Staleness::default(),
            lost: Vec::new(),
        }
    }

    fn value_of(&mut self, key: &Option<Arc<str>>, value: &Value) -> u32 {
        let Self { keys, values, written, .. } = self;
        let hash = table::hash_of(&(key, value));
        let same = |at: u32| written[at as usize].0 == *key && written[at as usize].1 == *value;
        if let Some(found) = values.find(hash, same) {
            return written[found as usize].2;
        }
        let home = keys.entry(key.clone()).or_default();
        let number = home.writers.len() as u32;
        home.readers.push(SmallVec::new());
        home.writers.push(if *value == Value::Nil { smallvec![INITIAL] } else { SmallVec::new() });
        written.push((key.clone(), value.clone(), number));
        let at = written.len() as u32 - 1;
        values.insert(hash, at, |at| table::hash_of(&(&written[at as usize].0, &written[at as usize].1)));
        number
    }

    /// The operation at this place of the history began.
    pub(super) fn invoke(&mut self, history: &History, place: u32) {
        let operation = &history.operations()[place as usize];
        let value = match open_call(&Cell::KeyValue, operation) {
            Some(CellCall::Write(value)) => value,
            Some(CellCall::Cas { to, .. }) => to,
            Some(CellCall::Append(_)) => {
                self.appends.get_or_insert(operation.invoked);
                return;
            }
            _ => return,
        };
        let value = self.value_of(&operation.key, &value);
        let invoked = operation.invoked + 1;
        let writer = Writer { place, invoked, completed: u64::MAX, failed: false };
        self.key_mut(operation).writers[value as usize].push(writer);
    }

    fn key_mut(&mut self, operation: &Operation) -> &mut Key {
        self.keys.entry(operation.key.clone()).or_default()
    }

    /// The outcome of the operation at this place is known.
    pub(super) fn complete(&mut self, history: &History, place: u32, times: &Times, breaks: &mut Breaks) {
        let operation = &history.operations()[place as usize];
        let Some(completed) = operation.completed.filter(|_| operation.outcome != Outcome::Unknown) else {
            return;
        };
        let known = known_call(&Cell::KeyValue, operation);
        let (writes, sees) = match &known {
            Some(CellCall::Read(Some(seen)) | CellCall::Mismatch { seen, .. }) => (None, Some(seen.clone())),
            Some(CellCall::Write(value)) => (Some(value.clone()), None),
            Some(CellCall::Cas { from, to }) => (Some(to.clone()), Some(from.clone())),
            _ => (None, None),
        };
        let now = completed + 1;
        if let Some(seen) = sees {
            self.read(operation, place, &seen, completed, times, breaks);
        }
        if let Some(value) = writes {
            let value = self.value_of(&operation.key, &value);
            let key = self.key_mut(operation);
            let Some(writer) = key.writers[value as usize].iter_mut().find(|writer| writer.place == place)
            else {
                return;
            };
            writer.completed = now;
            let writer = *writer;
            let latest = key.answered.last().map_or(0, |(_, latest)| *latest).max(writer.invoked);
            key.answered.push((writer, latest));
        } else if operation.outcome == Outcome::Failed {
            let asked = open_call(&Cell::KeyValue, operation);
            if let Some(value) = asked.as_ref().and_then(CellCall::leaves) {
                let number = self.value_of(&operation.key, value);
                let key = self.key_mut(operation);
                let writers = &mut key.writers[number as usize];
                writers
                    .iter_mut()
                    .filter(|writer| writer.place == place)
                    .for_each(|writer| writer.failed = true);
                // Who saw the value did not see this one.
                let seers = std::mem::take(&mut key.readers[number as usize]);
                if !seers.is_empty() {
                    self.unclear.get_or_insert(completed);
                }
                for seer in seers {
                    let seer_of = &history.operations()[seer as usize];
                    self.read(seer_of, seer, value, completed, times, breaks);
                }
            }
        }
    }

    /// A read was answered, or what is one as well; or it turns out at `at` that it did not see what it seemed to.
    fn read(
        &mut self,
        operation: &Operation,
        place: u32,
        seen: &Value,
        at: u64,
        times: &Times,
        breaks: &mut Breaks,
    ) {
        let began = operation.invoked + 1;
        let value = self.value_of(&operation.key, seen);
        let grows = self.appends.is_some() && matches!(seen, Value::Text(_) | Value::List(_));
        let key = self.key_mut(operation);
        let writers = &key.writers[value as usize];
        if writers.iter().any(|writer| writer.completed == u64::MAX && !writer.failed) {
            key.readers[value as usize].push(place);
        }
        // The best of those that can have written it: one that was answered last.
        let ended = operation.completed.map_or(u64::MAX, |completed| completed + 1);
        let can =
            writers.iter().filter(|writer| !writer.failed && writer.place != place && writer.invoked < ended);
        let Some(writer) = can.max_by_key(|writer| writer.completed).copied() else {
            if !grows {
                let failed = writers.iter().map(|writer| writer.place).filter(|other| *other != place);
                let found: Places = std::iter::once(place).chain(failed).collect();
                for guarantee in [Guarantee::Regular, Guarantee::BoundedStaleness] {
                    breaks.note(guarantee, at, Suspects::These(found.clone()));
                }
                self.lost.push(Span { from: at, until: None, suspects: Suspects::These(found) });
            }
            return;
        };
        if let Some(newer) = key.newer(writer.completed, began) {
            let time = times.between(newer.first.completed - 1, operation.invoked);
            let broken = self.bound.is_broken_by(newer.count, time);
            if broken && breaks.wants(Guarantee::BoundedStaleness) {
                let key = self.key_mut(operation);
                let writers = key.all_newer(writer.completed, began).map(|writer| writer.place);
                let found = std::iter::once(place).chain(writers).chain(writer.real_place()).collect();
                breaks.note(Guarantee::BoundedStaleness, at, Suspects::These(found));
            }
            let found = [place, newer.first.place].into_iter().chain(writer.real_place()).collect();
            breaks.note(Guarantee::Regular, at, Suspects::These(found));
            let stale = Staleness { versions: newer.count, time, operation: operation.id };
            if stale.versions > self.versions.versions {
                self.versions = stale;
            }
            if stale.time > self.time.time {
                self.time = stale;
            }
            self.find(operation, writer, at);
            self.miss(operation, place, writer, newer.latest, at);
        } else {
            self.find(operation, writer, at);
        }
    }

    /// A read shows something: all that is not newer is not missing.
    fn find(&mut self, operation: &Operation, shown: Writer, at: u64) {
        let Self { keys, lost, .. } = self;
        let Some(key) = keys.get_mut(&operation.key) else { return };
        let began = operation.invoked + 1;
        key.missing.retain(|missing| {
            let found = missing.write.invoked <= shown.completed && began > missing.absent;
            if found {
                lost[missing.span].until = Some(at);
            }
            !found
        });
        key.show(shown.completed, began);
    }

    /// A read shows something older than a write that was acknowledged: of several the one that began last, since what
    /// shows that one, or anything newer, shows that the others are not missing either.
    fn miss(&mut self, operation: &Operation, place: u32, shown: Writer, write: Writer, at: u64) {
        let Self { keys, lost, .. } = self;
        let Some(key) = keys.get_mut(&operation.key) else { return };
        let began = operation.invoked + 1;
        if let Some(missing) = key.missing.iter_mut().find(|missing| missing.write.place == write.place) {
            missing.absent = missing.absent.max(began);
            return;
        }
        if key.last_shown(write.invoked) >= began {
            return;
        }
        // As long as this one is missing it does not matter whether those are that are found more easily.
        key.missing.retain(|missing| {
            let easier = missing.write.invoked <= write.invoked && missing.absent <= began;
            if easier {
                lost[missing.span].until = Some(at);
            }
            !easier
        });
        let found = [place, write.place].into_iter().chain(shown.real_place()).collect();
        key.missing.push(Missing { write, absent: began, span: lost.len() });
        lost.push(Span { from: at, until: None, suspects: Suspects::These(found) });
    }
}

/// Writes that are newer than something, and were answered before some read began.
#[derive(Clone, Copy, Debug)]
struct Newer {
    /// How many.
    count: u64,
    /// The one that was answered first, and the one that began last.
    first: Writer,
    latest: Writer,
}

impl Writer {
    /// Its place, if it is not what was there at first.
    fn real_place(self) -> Option<u32> {
        (self.place != INITIAL.place).then_some(self.place)
    }
}

impl Key {
    /// The writes that began after `completed` and were answered before `began`, as they were answered.
    fn all_newer(&self, completed: u64, began: u64) -> impl Iterator<Item = Writer> {
        let end = self.answered.partition_point(|(writer, _)| writer.completed < began);
        // The latest invocation among the first so many tells at once that there is none, as is usual.
        let none = end == 0 || self.answered[end - 1].1 <= completed;
        let end = if none { 0 } else { end };
        let start = self.answered[..end].partition_point(|(writer, _)| writer.completed <= completed);
        let within = self.answered[start..end].iter().map(|(writer, _)| *writer);
        within.filter(move |writer| writer.invoked > completed)
    }

    fn newer(&self, completed: u64, began: u64) -> Option<Newer> {
        let mut all = self.all_newer(completed, began);
        let first = all.next()?;
        let mut newer = Newer { count: 1, first, latest: first };
        for writer in all {
            newer.count += 1;
            if writer.invoked > newer.latest.invoked {
                newer.latest = writer;
            }
        }
        Some(newer)
    }

    /// A read that began then showed something that was answered then.
    fn show(&mut self, completed: u64, began: u64) {
        if self.last_shown(completed) >= began {
            return;
        }
        self.shown.retain(|(other, other_began)| *other > completed || *other_began > began);
        let at = self.shown.partition_point(|(other, _)| *other < completed);
        self.shown.insert(at, (completed, began));
    }

    /// When the last read began that showed something answered no earlier than that.
    fn last_shown(&self, since: u64) -> u64 {
        let at = self.shown.partition_point(|(completed, _)| *completed < since);
        self.shown[at..].iter().map(|(_, began)| *began).max().unwrap_or(0)
    }
}
