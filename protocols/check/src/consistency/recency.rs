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

use super::{Bound, Breaks, Span, Suspects, Times};
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
    writers: Vec<SmallVec<[Writer; 1]>>,
}

/// The three of them, judged as the history grows.
#[derive(Clone, Debug)]
pub(super) struct Recency {
    keys: BTreeMap<Option<Arc<str>>, Key>,
    values: Index,
    /// What is written: the value, and its place among its key's writers.
    written: Vec<(Option<Arc<str>>, Value, u32)>,
    bound: Bound,
    /// Whether something swaps or appends, so that no read alone can be judged to be regular.
    pub swaps: Option<u64>,
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
            swaps: None,
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
            Some(CellCall::Cas { to, .. }) => {
                self.swaps.get_or_insert(operation.invoked);
                to
            }
            Some(CellCall::Append(_)) => {
                self.swaps.get_or_insert(operation.invoked);
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
    pub(super) fn complete(
        &mut self,
        history: &History,
        place: u32,
        times: &Times,
        breaks: &mut Breaks,
    ) {
        let operation = &history.operations()[place as usize];
        let Some(completed) = operation.completed.filter(|_| operation.outcome != Outcome::Unknown) else { return };
        let known = known_call(&Cell::KeyValue, operation);
        let (writes, sees) = match &known {
            Some(CellCall::Read(Some(seen)) | CellCall::Mismatch { seen, .. }) => (None, Some(seen.clone())),
            Some(CellCall::Write(value)) => (Some(value.clone()), None),
            Some(CellCall::Cas { from, to }) => (Some(to.clone()), Some(from.clone())),
            _ => (None, None),
        };
        let now = completed + 1;
        if let Some(seen) = sees {
            self.read(operation, place, &seen, times, breaks);
        }
        if let Some(value) = writes {
            let value = self.value_of(&operation.key, &value);
            let key = self.key_mut(operation);
            let Some(writer) = key.writers[value as usize].iter_mut().find(|writer| writer.place == place) else {
                return;
            };
            writer.completed = now;
            let writer = *writer;
            let latest = key.answered.last().map_or(0, |(_, latest)| *latest).max(writer.invoked);
            key.answered.push((writer, latest));
        } else if operation.outcome == Outcome::Failed {
            let asked = open_call(&Cell::KeyValue, operation);
            if let Some(value) = asked.as_ref().and_then(CellCall::leaves) {
                let value = self.value_of(&operation.key, value);
                let writers = &mut self.key_mut(operation).writers[value as usize];
                writers.iter_mut().filter(|writer| writer.place == place).for_each(|writer| writer.failed = true);
            }
        }
    }

    /// A read was answered, or what is one as well.
    fn read(
        &mut self,
        operation: &Operation,
        place: u32,
        seen: &Value,
        times: &Times,
        breaks: &mut Breaks,
    ) {
        let at = operation.completed.unwrap_or(operation.invoked);
        let began = operation.invoked + 1;
        let value = self.value_of(&operation.key, seen);
        let grows = self.swaps.is_some() && matches!(seen, Value::Text(_) | Value::List(_));
        let key = self.key_mut(operation);
        let writers = &key.writers[value as usize];
        // The best of those that can have written it: one that was answered last.
        let best = writers.iter().filter(|writer| !writer.failed).max_by_key(|writer| writer.completed).copied();
        let Some(writer) = best else {
            if !grows {
                let failed = writers.iter().map(|writer| writer.place);
                let found: SmallVec<[u32; 6]> = std::iter::once(place).chain(failed).collect();
                for guarantee in [Guarantee::Regular, Guarantee::BoundedStaleness] {
                    breaks.note(guarantee, at, Suspects::These(found.clone()));
                }
                self.lost.push(Span { from: at, until: None, suspects: Suspects::These(found) });
            }
            return;
        };
        let newer = key.newer(writer.completed, began);
        let versions = newer.len() as u64;
        if let Some(first) = newer.first().copied() {
            let found: SmallVec<[u32; 6]> = [place, first.place, writer.place]
                .into_iter()
                .filter(|place| *place != u32::MAX)
                .collect();
            breaks.note(Guarantee::Regular, at, Suspects::These(found));
            let time = times.between(first.completed - 1, operation.invoked);
            let stale = Staleness { versions, time, operation: operation.id };
            if versions > self.versions.versions {
                self.versions = stale;
            }
            if time > self.time.time {
                self.time = stale;
            }
            if self.bound.is_broken_by(versions, time) {
                let writers = newer.iter().map(|writer| writer.place).chain([writer.place]);
                let found = std::iter::once(place).chain(writers.filter(|place| *place != u32::MAX)).collect();
                breaks.note(Guarantee::BoundedStaleness, at, Suspects::These(found));
            }
        }
        self.look_for_lost(operation, place, writer, &newer, at);
    }

    /// What the read says of acknowledged writes: these newer ones are missing, all that are not newer are not.
    fn look_for_lost(&mut self, operation: &Operation, place: u32, shown: Writer, newer: &[Writer], at: u64) {
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
        for write in newer {
            if let Some(missing) = key.missing.iter_mut().find(|missing| missing.write.place == write.place) {
                missing.absent = missing.absent.max(began);
            } else if key.last_shown(write.invoked) < began {
                let found: SmallVec<[u32; 6]> = [place, write.place, shown.place]
                    .into_iter()
                    .filter(|place| *place != u32::MAX)
                    .collect();
                key.missing.push(Missing { write: *write, absent: began, span: lost.len() });
                lost.push(Span { from: at, until: None, suspects: Suspects::These(found) });
            }
        }
    }
}

impl Key {
    /// The writes that began after `completed` and were answered before `began`, as they were answered.
    fn newer(&self, completed: u64, began: u64) -> SmallVec<[Writer; 4]> {
        let end = self.answered.partition_point(|(writer, _)| writer.completed < began);
        // The latest invocation among the first so many tells at once that there is none, as is usual.
        if end == 0 || self.answered[end - 1].1 <= completed {
            return SmallVec::new();
        }
        let start = self.answered[..end].partition_point(|(writer, _)| writer.completed <= completed);
        let within = self.answered[start..end].iter().map(|(writer, _)| *writer);
        within.filter(|writer| writer.invoked > completed).collect()
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
