//! Cells whose values are written once: what must come before what, and then an order.
//!
//! # What must come before what
//! Each session's operations in their order; a read after the write it saw. And if a read saw a write, then of any other
//! write to the key: one that must come before the read must come before the write, and one that must come after the
//! write must come after the read (Gibbons and Korach 1997; the frontier graphs of Roy et al. 2006 and Hangal and
//! Manovit's TSOtool do the same). This goes on until nothing follows any more. For each operation it is kept as a
//! number for each session: so many of its operations come first. If an operation must come before itself there is no
//! order.
//!
//! # An order
//! Otherwise one is looked for: whatever must come before an operation comes before it; a read that can come comes at
//! once, and a write as soon as what it overwrites was read by all who did, the one asked for first first. Hardly ever
//! that comes to a dead end; then it steps back, and what was tried in vain is not tried again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Answer, NUMBERS_MOST, Way};
use crate::history::{History, Operation, Outcome};
use crate::judge::{known_call, open_call};
use crate::models::{Cell, CellCall};
use crate::table::{self, Index};
use crate::value::Value;

const NONE: u32 = u32::MAX;

/// What an operation saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Saw {
    Unknown,
    Initial,
    Write(u32),
}

#[derive(Clone, Debug)]
struct Op {
    place: u32,
    session: u32,
    /// Its place in its session, from 0.
    at: u32,
    key: u32,
    saw: Saw,
    writes: bool,
    /// Who saw what it wrote.
    readers: Vec<u32>,
    /// What must come later because it must: arrows beside those of its session.
    later: Vec<u32>,
}

/// The writes of each session to a key, in their order.
type Rows = Vec<(u32, Vec<u32>)>;

/// The judging of one history.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    ops: Vec<Op>,
    sessions: Vec<Vec<u32>>,
    rows: Vec<Rows>,
    initial_readers: Vec<Vec<u32>>,
    /// For each operation how many of each session come first.
    before: Vec<Vec<u32>>,
    /// Operations before which more must come than when they were looked at.
    changed: Vec<u32>,
    is_changed: Vec<bool>,
    answer: Answer,
    order: Option<Order>,
}

impl Cells {
    pub(super) fn new(history: &History) -> Self {
        let mut cells = Self {
            ops: Vec::new(),
            sessions: Vec::new(),
            rows: Vec::new(),
            initial_readers: Vec::new(),
            before: Vec::new(),
            changed: Vec::new(),
            is_changed: Vec::new(),
            answer: Answer::Open,
            order: None,
        };
        match cells.gather(history) {
            Ok(()) if (cells.ops.len() * cells.sessions.len()) as u64 > NUMBERS_MOST => {
                cells.answer = Answer::TooLarge;
            }
            Ok(()) => cells.prepare(),
            Err(answer) => cells.answer = answer,
        }
        cells
    }

    // ---- the facts

    fn gather(&mut self, history: &History) -> Result<(), Answer> {
        let now = history.operations();
        let mut values = Values::default();
        let mut drafts: Vec<(usize, u32, Option<u32>, Option<u32>)> = Vec::new();
        for (number, operation) in now.iter().enumerate() {
            let answered = matches!(operation.outcome, Outcome::Ok | Outcome::Failed);
            let call = if answered {
                known_call(&Cell::KeyValue, operation)
            } else {
                open_call(&Cell::KeyValue, operation)
            };
            let key = values.key(operation.key.as_ref());
            let (saw, wrote) = match call {
                None | Some(CellCall::Read(None)) => continue,
                // It saw anything but that.
                Some(CellCall::Refused { .. }) => return Err(Answer::Unfit),
                Some(CellCall::Append(_)) => return Err(Answer::Unfit),
                Some(CellCall::Read(Some(seen))) => (Some(seen), None),
                Some(CellCall::Mismatch { expected, seen }) if expected == seen => {
                    return Err(Answer::Broken);
                }
                Some(CellCall::Mismatch { seen, .. }) => (Some(seen), None),
                Some(CellCall::Write(value)) => (None, Some(value)),
                Some(CellCall::Cas { from, to }) => (Some(from), Some(to)),
            };
            let saw = saw.map(|value| values.number(key, &value));
            let wrote = wrote.map(|value| values.number(key, &value));
            if let Some(wrote) = wrote {
                values.writers[wrote as usize].push(number as u32);
            }
            drafts.push((number, key, saw, wrote));
        }
        let certain = certain(now, &drafts, &values)?;
        self.build(now, drafts, &values, &certain)
    }

    fn build(
        &mut self,
        now: &[Operation],
        drafts: Vec<(usize, u32, Option<u32>, Option<u32>)>,
        values: &Values,
        certain: &[bool],
    ) -> Result<(), Answer> {
        let mut by_process: BTreeMap<u64, u32> = BTreeMap::new();
        let mut op_of = vec![NONE; now.len()];
        let mut saws = Vec::new();
        for (number, key, saw, wrote) in drafts.into_iter().filter(|(number, ..)| certain[*number]) {
            let operation = &now[number];
            let next = by_process.len() as u32;
            let session = *by_process.entry(operation.process).or_insert(next);
            if session == next {
                self.sessions.push(Vec::new());
            }
            let op = self.ops.len() as u32;
            op_of[number] = op;
            let own = &mut self.sessions[session as usize];
            if let Some(last) = own.last().map(|last| &self.ops[*last as usize])
                && !now[last.place as usize].precedes(operation)
            {
                // Two at once, or one after one of unknown outcome: no sequence.
                return Err(Answer::Unfit);
            }
            let at = own.len() as u32;
            own.push(op);
            saws.push(saw);
            let (readers, later) = (Vec::new(), Vec::new());
            let writes = wrote.is_some();
            self.ops.push(Op {
                place: number as u32,
                session,
                at,
                key,
                saw: Saw::Unknown,
                writes,
                readers,
                later,
            });
        }
        self.rows = vec![Vec::new(); values.keys as usize];
        self.initial_readers = vec![Vec::new(); values.keys as usize];
        for (op, saw) in saws.into_iter().enumerate() {
            let Op { session, key, writes, .. } = self.ops[op];
            if writes {
                let rows = &mut self.rows[key as usize];
                match rows.iter_mut().find(|(other, _)| *other == session) {
                    Some((_, row)) => row.push(op as u32),
                    None => rows.push((session, vec![op as u32])),
                }
            }
            let Some(saw) = saw else { continue };
            self.ops[op].saw = match values.origin(saw)? {
                None => {
                    self.initial_readers[key as usize].push(op as u32);
                    Saw::Initial
                }
                Some(writer) => {
                    let writer = op_of[writer as usize];
                    if writer == op as u32 {
                        return Err(Answer::Broken);
                    }
                    self.ops[writer as usize].readers.push(op as u32);
                    Saw::Write(writer)
                }
            };
        }
        Ok(())
    }

    fn prepare(&mut self) {
        self.before = vec![vec![0; self.sessions.len()]; self.ops.len()];
        self.is_changed = vec![false; self.ops.len()];
        for op in 0..self.ops.len() as u32 {
            let Op { session, at, .. } = self.ops[op as usize];
            self.before[op as usize][session as usize] = at;
            for reader in self.ops[op as usize].readers.clone() {
                self.put_before(op, reader);
            }
        }
        for key in 0..self.rows.len() {
            for reader in self.initial_readers[key].clone() {
                for (_, row) in self.rows[key].clone() {
                    let first = row.first().copied().filter(|first| *first != reader);
                    // A swap of what was there at first is the first write itself.
                    let next = first.or_else(|| row.get(1).copied());
                    if let Some(next) = next {
                        self.put_before(reader, next);
                    }
                }
            }
        }
        for op in (0..self.ops.len() as u32).rev() {
            self.touch(op);
        }
    }

    // ---- what must come before what

    fn touch(&mut self, op: u32) {
        if !std::mem::replace(&mut self.is_changed[op as usize], true) {
            self.changed.push(op);
        }
    }

    fn must_precede(&self, one: u32, other: u32) -> bool {
        let Op { session, at, .. } = self.ops[one as usize];
        self.before[other as usize][session as usize] > at
    }

    /// `one` must come before `other`.
    fn put_before(&mut self, one: u32, other: u32) {
        if self.must_precede(one, other) {
            return;
        }
        self.ops[one as usize].later.push(other);
        if self.pass_on(one, other) {
            self.touch(other);
        }
    }

    /// Whatever comes before `one`, and itself, comes before `other`; whether that is news.
    fn pass_on(&mut self, one: u32, other: u32) -> bool {
        let Op { session, at, .. } = self.ops[one as usize];
        let (one, other) = (one as usize, other as usize);
        let mut news = false;
        let mut raise = |mine: &mut u32, count: u32| {
            if *mine < count {
                *mine = count;
                news = true;
            }
        };
        if one == other {
            raise(&mut self.before[other][session as usize], at + 1);
            return news;
        }
        let [theirs, mine] = if one < other {
            let (low, high) = self.before.split_at_mut(other);
            [&mut low[one], &mut high[0]]
        } else {
            let (low, high) = self.before.split_at_mut(one);
            [&mut high[0], &mut low[other]]
        };
        for (mine, theirs) in mine.iter_mut().zip(theirs.iter()) {
            raise(mine, *theirs);
        }
        raise(&mut mine[session as usize], at + 1);
        news
    }

    /// What follows from what must come before an operation; false if that is the operation itself.
    fn look_at(&mut self, op: u32) -> bool {
        let Op { session, at, key, saw, writes, .. } = self.ops[op as usize];
        if self.before[op as usize][session as usize] > at {
            return false;
        }
        let next = self.sessions[session as usize].get(at as usize + 1).copied();
        for later in next.into_iter().chain(self.ops[op as usize].later.clone()) {
            if self.pass_on(op, later) {
                self.touch(later);
            }
        }
        // The last write of each session to the key that must come before it.
        let last = |(session, row): &(u32, Vec<u32>)| {
            let before = self.before[op as usize][*session as usize];
            let within = row.partition_point(|write| self.ops[*write as usize].at < before);
            within.checked_sub(1).map(|last| row[last])
        };
        let lasts: Vec<u32> =
            self.rows[key as usize].iter().filter_map(last).filter(|last| *last != op).collect();
        for write in lasts {
            match saw {
                Saw::Initial => return false,
                Saw::Write(seen) if seen != write => self.put_before(write, seen),
                _ => {}
            }
            if writes {
                for reader in self.ops[write as usize].readers.clone() {
                    if reader != op {
                        self.put_before(reader, op);
                    }
                }
            }
        }
        true
    }
}

impl Way for Cells {
    fn answer(&self) -> &Answer {
        &self.answer
    }

    fn work(&mut self, budget: &mut u64) {
        while *budget > 0 && self.answer == Answer::Open {
            *budget = budget.saturating_sub(1 + self.sessions.len() as u64 / 8);
            if let Some(op) = self.changed.pop() {
                self.is_changed[op as usize] = false;
                if !self.look_at(op) {
                    self.answer = Answer::Broken;
                }
                continue;
            }
            let mut order = match self.order.take() {
                Some(order) => order,
                None => Order::new(self),
            };
            match order.advance(self) {
                None => self.order = Some(order),
                Some(true) => {
                    let places = order.placed_ops.iter().map(|op| self.ops[*op as usize].place);
                    self.answer = Answer::Holds(places.collect());
                }
                Some(false) => self.answer = Answer::Broken,
            }
        }
    }
}

/// Which operations happened for certain: those answered, and what they saw, and what that was made from.
fn certain(
    now: &[Operation],
    drafts: &[(usize, u32, Option<u32>, Option<u32>)],
    values: &Values,
) -> Result<Vec<bool>, Answer> {
    let mut certain = vec![false; now.len()];
    let mut saw_of: Vec<Option<u32>> = vec![None; now.len()];
    for (number, _, saw, _) in drafts {
        saw_of[*number] = *saw;
    }
    let answered = |number: usize| matches!(now[number].outcome, Outcome::Ok | Outcome::Failed);
    let mut waiting: Vec<usize> =
        drafts.iter().map(|(number, ..)| *number).filter(|number| answered(*number)).collect();
    while let Some(number) = waiting.pop() {
        if std::mem::replace(&mut certain[number], true) {
            continue;
        }
        if let Some(saw) = saw_of[number]
            && let Some(writer) = values.origin(saw)?
        {
            waiting.push(writer as usize);
        }
    }
    Ok(certain)
}

#[derive(Clone, Debug, Default)]
struct Values {
    names: Vec<Option<Arc<str>>>,
    by_name: Index,
    keys: u32,
    all: Vec<(u32, Value)>,
    by_value: Index,
    writers: Vec<Vec<u32>>,
}

impl Values {
    fn key(&mut self, name: Option<&Arc<str>>) -> u32 {
        let Self { names, by_name, .. } = self;
        let hash = table::hash_of(&name);
        by_name.find(hash, |at| names[at as usize].as_ref() == name).unwrap_or_else(|| {
            names.push(name.cloned());
            self.keys += 1;
            by_name.insert(hash, self.keys - 1, |at| table::hash_of(&names[at as usize].as_ref()));
            self.keys - 1
        })
    }

    fn number(&mut self, key: u32, value: &Value) -> u32 {
        let Self { all, by_value, writers, .. } = self;
        let hash = table::hash_of(&(key, value));
        by_value.find(hash, |at| all[at as usize].0 == key && all[at as usize].1 == *value).unwrap_or_else(
            || {
                all.push((key, value.clone()));
                writers.push(Vec::new());
                let number = all.len() as u32 - 1;
                by_value
                    .insert(hash, number, |at| table::hash_of(&(all[at as usize].0, &all[at as usize].1)));
                number
            },
        )
    }

    /// Who wrote a value that was seen; none if it was there at first.
    fn origin(&self, value: u32) -> Result<Option<u32>, Answer> {
        let initial = self.all[value as usize].1 == Value::Nil;
        match (self.writers[value as usize].as_slice(), initial) {
            ([], true) => Ok(None),
            ([], false) => Err(Answer::Broken),
            ([one], false) => Ok(Some(*one)),
            _ => Err(Answer::Unfit),
        }
    }
}

/// The search for an order.
#[derive(Clone, Debug)]
struct Order {
    /// How many operations of each session are placed; which, in order.
    placed: Vec<u32>,
    placed_ops: Vec<u32>,
    /// What each key holds: the write, and what it replaced.
    current: Vec<u32>,
    replaced: Vec<u32>,
    /// How many of those who saw each write, or what was there at first, are not placed yet.
    waiting: Vec<u32>,
    waiting_initial: Vec<u32>,
    /// Where there was a choice: how many were placed, and what else could come.
    choices: Vec<(u32, Vec<u32>)>,
    hash: u64,
    in_vain: std::collections::BTreeSet<(u64, Vec<u32>)>,
}

impl Order {
    fn new(cells: &Cells) -> Self {
        Self {
            placed: vec![0; cells.sessions.len()],
            placed_ops: Vec::new(),
            current: vec![NONE; cells.rows.len()],
            replaced: Vec::new(),
            waiting: cells.ops.iter().map(|op| op.readers.len() as u32).collect(),
            waiting_initial: cells.initial_readers.iter().map(|readers| readers.len() as u32).collect(),
            choices: Vec::new(),
            hash: 0,
            in_vain: std::collections::BTreeSet::new(),
        }
    }

    /// One step: places what must come, or one of what can; whether there is an order, once that is known.
    fn advance(&mut self, cells: &Cells) -> Option<bool> {
        if self.placed_ops.len() == cells.ops.len() {
            return Some(true);
        }
        let mut writes: Vec<u32> = Vec::new();
        let mut read = None;
        for (session, placed) in self.placed.iter().enumerate() {
            let Some(op) = cells.sessions[session].get(*placed as usize).copied() else { continue };
            if self.can_come(cells, op) {
                if !cells.ops[op as usize].writes {
                    read = Some(op);
                    break;
                }
                writes.push(op);
            }
        }
        if let Some(read) = read {
            self.place(cells, read);
            return None;
        }
        if writes.len() > 1 && self.in_vain.contains(&(self.hash, self.placed.clone())) {
            writes.clear();
        }
        // The one asked for last is the last to be tried.
        writes.sort_by_key(|op| std::cmp::Reverse(cells.ops[*op as usize].place));
        match writes.pop() {
            Some(op) => {
                if !writes.is_empty() {
                    self.choices.push((self.placed_ops.len() as u32, writes));
                }
                self.place(cells, op);
                None
            }
            None => self.step_back(cells),
        }
    }

    fn can_come(&self, cells: &Cells, op: u32) -> bool {
        let Op { key, saw, writes, .. } = cells.ops[op as usize];
        let current = self.current[key as usize];
        let legal = match saw {
            Saw::Unknown => true,
            Saw::Initial => current == NONE,
            Saw::Write(write) => current == write,
        };
        let own = u32::from(saw != Saw::Unknown);
        let waiting = match current {
            NONE => self.waiting_initial[key as usize],
            current => self.waiting[current as usize],
        };
        legal
            && (!writes || waiting == own)
            && cells.before[op as usize].iter().zip(&self.placed).all(|(before, placed)| before <= placed)
    }

    fn change_waiting(&mut self, cells: &Cells, op: u32, placed: bool) {
        let Op { key, saw, .. } = cells.ops[op as usize];
        let waiting = match saw {
            Saw::Unknown => return,
            Saw::Initial => &mut self.waiting_initial[key as usize],
            Saw::Write(write) => &mut self.waiting[write as usize],
        };
        if placed { *waiting -= 1 } else { *waiting += 1 }
    }

    fn place(&mut self, cells: &Cells, op: u32) {
        let Op { session, key, writes, .. } = cells.ops[op as usize];
        self.change_waiting(cells, op, true);
        self.placed[session as usize] += 1;
        self.placed_ops.push(op);
        let current = &mut self.current[key as usize];
        self.replaced.push(*current);
        if writes {
            self.hash ^= table::hash_of(&(key, *current)) ^ table::hash_of(&(key, op));
            *current = op;
        }
    }

    /// Takes back what was placed since the last choice, and makes another one.
    fn step_back(&mut self, cells: &Cells) -> Option<bool> {
        let Some((count, mut others)) = self.choices.pop() else { return Some(false) };
        while self.placed_ops.len() > count as usize {
            let (Some(op), Some(replaced)) = (self.placed_ops.pop(), self.replaced.pop()) else { break };
            let Op { session, key, writes, .. } = cells.ops[op as usize];
            self.placed[session as usize] -= 1;
            self.change_waiting(cells, op, false);
            if writes {
                self.hash ^= table::hash_of(&(key, replaced)) ^ table::hash_of(&(key, op));
                self.current[key as usize] = replaced;
            }
        }
        match others.pop() {
            Some(op) => {
                let room = (self.in_vain.len() * self.placed.len()) as u64 <= NUMBERS_MOST;
                if others.is_empty() && room {
                    // The last way on from here: if it fails, all did.
                    self.in_vain.insert((self.hash, self.placed.clone()));
                } else if !others.is_empty() {
                    self.choices.push((count, others));
                }
                self.place(cells, op);
                None
            }
            None => self.step_back(cells),
        }
    }
}
