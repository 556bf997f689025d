//! What each guarantee says, word for word, by trying everything. It shares nothing with the checkers.

use std::collections::{BTreeMap, BTreeSet};

use check::Value;
use check::names::Guarantee;

use super::plain::Op;

type Key<'a> = Option<&'a str>;
/// What is placed, and what each key then holds.
type Looked<'a> = BTreeSet<(u32, Vec<(Key<'a>, Option<usize>)>)>;

/// A history of cells, with what everything is judged from.
pub struct Facts<'a> {
    ops: Vec<&'a Op>,
    /// For each session its operations.
    sessions: Vec<Vec<usize>>,
    /// Which happened for certain.
    certain: Vec<bool>,
    /// Who wrote what each operation saw; `None` for nothing.
    origin: Vec<Option<usize>>,
    /// Something was seen that nobody wrote.
    nowhere: bool,
    /// What was seen depends on what was done with it.
    pub circular: bool,
    /// `past[a][b]`: b comes before a in the causal order.
    past: Vec<Vec<bool>>,
}

fn key(op: &Op) -> Key<'_> {
    op.key.as_deref()
}

impl<'a> Facts<'a> {
    /// Each value must be written at most once.
    pub fn new(all: &'a [Op]) -> Self {
        let mut ops: Vec<&Op> =
            all.iter().filter(|op| op.sees.is_some() || (op.writes.is_some() && !op.failed)).collect();
        ops.sort_by_key(|op| op.invoked);
        let mut sessions: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (at, op) in ops.iter().enumerate() {
            sessions.entry(op.session).or_default().push(at);
        }
        let mut facts = Self {
            certain: ops.iter().map(|op| op.answered.is_some()).collect(),
            origin: vec![None; ops.len()],
            nowhere: false,
            circular: false,
            past: vec![vec![false; ops.len()]; ops.len()],
            sessions: sessions.into_values().collect(),
            ops,
        };
        facts.trace();
        facts
    }

    fn trace(&mut self) {
        loop {
            let mut changed = false;
            for at in (0..self.ops.len()).filter(|at| self.certain[*at]).collect::<Vec<usize>>() {
                let Some(seen) = self.ops[at].sees.as_ref().filter(|seen| **seen != Value::Nil) else {
                    continue;
                };
                let wrote = |by: &usize| {
                    let op = self.ops[*by];
                    *by != at
                        && !op.failed
                        && key(op) == key(self.ops[at])
                        && op.writes.as_ref() == Some(seen)
                };
                match (0..self.ops.len()).find(wrote) {
                    None => self.nowhere = true,
                    Some(by) => {
                        self.origin[at] = Some(by);
                        changed |= !std::mem::replace(&mut self.certain[by], true);
                    }
                }
            }
            if !changed {
                break;
            }
        }
        for session in &self.sessions {
            for (rank, at) in session.iter().enumerate() {
                for before in &session[..rank] {
                    self.past[*at][*before] = self.certain[*at] && self.certain[*before];
                }
            }
        }
        for at in 0..self.ops.len() {
            if let Some(by) = self.origin[at] {
                self.past[at][by] = true;
            }
        }
        for through in 0..self.ops.len() {
            for a in 0..self.ops.len() {
                for b in 0..self.ops.len() {
                    if self.past[a][through] && self.past[through][b] {
                        self.past[a][b] = true;
                    }
                }
            }
        }
        self.circular = (0..self.ops.len()).any(|at| self.past[at][at]);
    }

    fn writes(&self) -> impl Iterator<Item = usize> {
        (0..self.ops.len()).filter(|at| self.certain[*at] && self.ops[*at].writes.is_some())
    }

    fn reads(&self) -> impl Iterator<Item = usize> {
        (0..self.ops.len()).filter(|at| self.ops[*at].is_read())
    }

    fn same_key(&self, a: usize, b: usize) -> bool {
        key(self.ops[a]) == key(self.ops[b])
    }

    /// Whether one write, or what was there at first, is certainly older than another.
    fn older(&self, a: Option<usize>, b: usize) -> bool {
        let Some(a) = a else { return true };
        self.same_key(a, b) && self.ops[a].session == self.ops[b].session && a < b
    }

    pub fn holds(&self, guarantee: Guarantee) -> bool {
        if self.nowhere {
            return false;
        }
        let is_causal =
            matches!(guarantee, Guarantee::Causal | Guarantee::WeakCausal | Guarantee::CausalConvergence);
        if self.circular && is_causal {
            return false;
        }
        match guarantee {
            Guarantee::Pram => self.sessions.iter().all(|own| self.has_view(own, false)),
            Guarantee::Causal => self.sessions.iter().all(|own| self.has_view(own, true)),
            Guarantee::WeakCausal => self.reads().all(|read| self.is_explained(read)),
            Guarantee::CausalConvergence => self.has_arbitration(&mut Vec::new()),
            Guarantee::ReadYourWrites => self.reads().all(|read| {
                let own = |write: &usize| *write < read && self.ops[*write].session == self.ops[read].session;
                !self
                    .writes()
                    .filter(own)
                    .any(|write| self.same_key(write, read) && self.older(self.origin[read], write))
            }),
            Guarantee::MonotonicReads => self.reads().all(|read| self.is_monotonic(read)),
            Guarantee::MonotonicWrites => self.reads().all(|read| self.keeps_writes(read)),
            Guarantee::WritesFollowReads => self.reads().all(|read| self.follows(read)),
            other => panic!("{other}"),
        }
    }

    /// Whether there is an order of all writes and the reads of one session that keeps the sessions', or the causal
    /// order, and in which the reads are right.
    fn has_view(&self, own: &[usize], causal: bool) -> bool {
        let is_in = |at: usize| self.certain[at] && (self.ops[at].writes.is_some() || own.contains(&at));
        let members: Vec<usize> = (0..self.ops.len()).filter(|at| is_in(*at)).collect();
        let before = |a: usize, b: usize| {
            let in_session = self.ops[a].session == self.ops[b].session && a < b;
            in_session || (causal && self.past[b][a])
        };
        let mut seen = BTreeSet::new();
        self.extend_view(&members, own, &before, 0, &mut BTreeMap::new(), &mut seen)
    }

    fn extend_view(
        &self,
        members: &[usize],
        own: &[usize],
        before: &dyn Fn(usize, usize) -> bool,
        placed: u32,
        state: &mut BTreeMap<Key<'a>, Option<usize>>,
        seen: &mut Looked<'a>,
    ) -> bool {
        if placed.count_ones() as usize == members.len() {
            return true;
        }
        if !seen.insert((placed, state.iter().map(|(key, value)| (*key, *value)).collect())) {
            return false;
        }
        for (place, at) in members.iter().enumerate() {
            let is_open = |place: usize| placed & (1 << place) == 0;
            let waits = members.iter().enumerate().any(|(other, b)| is_open(other) && before(*b, *at));
            if !is_open(place) || waits {
                continue;
            }
            let op = self.ops[*at];
            let now = state.get(&key(op)).copied().flatten();
            if own.contains(at) && op.is_read() && now != self.origin[*at] {
                continue;
            }
            let mut after = state.clone();
            if op.writes.is_some() {
                after.insert(key(op), Some(*at));
            }
            if self.extend_view(members, own, before, placed | 1 << place, &mut after, seen) {
                return true;
            }
        }
        false
    }

    /// Whether the writes in a read's causal past can be ordered so that the one it saw is the last to its key.
    fn is_explained(&self, read: usize) -> bool {
        let past: Vec<usize> = self.writes().filter(|write| self.past[read][*write]).collect();
        fn extend(facts: &Facts<'_>, read: usize, past: &[usize], placed: u32, last: Option<usize>) -> bool {
            if placed.count_ones() as usize == past.len() {
                return last == facts.origin[read];
            }
            (0..past.len()).any(|place| {
                let open = |place: usize| placed & (1 << place) == 0;
                let waits = (0..past.len()).any(|other| open(other) && facts.past[past[place]][past[other]]);
                let to_key = facts.same_key(past[place], read);
                let last = if to_key { Some(past[place]) } else { last };
                open(place) && !waits && extend(facts, read, past, placed | 1 << place, last)
            })
        }
        extend(self, read, &past, 0, None)
    }

    /// Whether all writes can be ordered so that each read sees the last of those in its past.
    fn has_arbitration(&self, order: &mut Vec<usize>) -> bool {
        let writes: Vec<usize> = self.writes().collect();
        if order.len() == writes.len() {
            return self.reads().all(|read| {
                let in_past = |write: &&usize| self.past[read][**write] && self.same_key(**write, read);
                order.iter().rfind(in_past).copied() == self.origin[read]
            });
        }
        for write in &writes {
            let waits = writes.iter().any(|other| !order.contains(other) && self.past[*write][*other]);
            if order.contains(write) || waits {
                continue;
            }
            order.push(*write);
            let fits = self.fits(order) && self.has_arbitration(order);
            order.pop();
            if fits {
                return true;
            }
        }
        false
    }

    /// Whether no read has seen something that is already overwritten by the last of this order.
    fn fits(&self, order: &[usize]) -> bool {
        let Some(last) = order.last() else { return true };
        self.reads().all(|read| {
            let seen = self.origin[read];
            let overwritten = seen.is_none_or(|seen| order.contains(&seen) && seen != *last);
            !(self.past[read][*last] && self.same_key(*last, read) && overwritten && seen != Some(*last))
        })
    }

    fn earlier_reads(&self, read: usize) -> impl Iterator<Item = usize> {
        self.reads().filter(move |other| *other < read && self.ops[*other].session == self.ops[read].session)
    }

    fn is_monotonic(&self, read: usize) -> bool {
        let saw = self.origin[read];
        let mut other_between = false;
        for before in self
            .earlier_reads(read)
            .filter(|before| self.same_key(*before, read))
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
        {
            if let Some(earlier) = self.origin[before]
                && self.older(saw, earlier)
                && saw != Some(earlier)
            {
                return false;
            }
            // It saw this, then something else, then this again.
            if self.origin[before] == saw && saw.is_some() && other_between {
                return false;
            }
            other_between |= self.origin[before] != saw && self.origin[before].is_some();
        }
        true
    }

    /// The writes to the read's key that its session had seen before.
    fn had_seen(&self, read: usize) -> Vec<usize> {
        let same = self.earlier_reads(read).filter(|before| self.same_key(*before, read));
        same.filter_map(|before| self.origin[before]).collect()
    }

    /// Whether what a session had seen covers a write: that one, or a later one of its session.
    fn covers(&self, seen: &[usize], write: usize) -> bool {
        seen.iter().any(|other| *other == write || self.older(Some(write), *other))
    }

    fn keeps_writes(&self, read: usize) -> bool {
        let (saw, seen) = (self.origin[read], self.had_seen(read));
        for met in self.earlier_reads(read).filter_map(|before| self.origin[before]) {
            for made in
                self.writes().filter(|made| *made < met && self.ops[*made].session == self.ops[met].session)
            {
                let lacks = self.same_key(made, read) && self.older(saw, made) && saw != Some(made);
                if lacks && !self.covers(&seen, made) {
                    return false;
                }
            }
        }
        let first = saw.filter(|saw| !seen.contains(saw));
        first.is_none_or(|saw| !seen.iter().any(|later| self.older(Some(saw), *later) && *later != saw))
    }

    fn follows(&self, read: usize) -> bool {
        let (saw, seen) = (self.origin[read], self.had_seen(read));
        for met in self.earlier_reads(read).filter_map(|before| self.origin[before]) {
            // What the writer of that had seen of the read's key before making it. A compare-and-set saw before it wrote.
            let looks = (0..=met).filter(|look| {
                let sees = self.certain[*look] && self.ops[*look].sees.is_some();
                sees && self.ops[*look].session == self.ops[met].session
            });
            for head in looks.filter(|look| self.same_key(*look, read)).filter_map(|look| self.origin[look]) {
                if self.same_key(met, read) {
                    // It is met for the first time after what was made by someone who had seen it.
                    let met_first = saw.is_some_and(|saw| {
                        !seen.contains(&saw) && (saw == head || self.older(Some(saw), head))
                    });
                    if met_first {
                        return false;
                    }
                } else if self.older(saw, head) && saw != Some(head) && !self.covers(&seen, head) {
                    return false;
                }
            }
        }
        true
    }
}

/// Whether one order of all operations keeps the sessions' and explains every answer. Values may repeat. With `in_time`
/// nobody sees what, by whatever it depends on, nobody can have written yet.
pub fn sequential(all: &[Op], in_time: bool) -> bool {
    let mut sessions: BTreeMap<u64, Vec<&Op>> = BTreeMap::new();
    let mut ops: Vec<&Op> = all.iter().collect();
    ops.sort_by_key(|op| op.invoked);
    for op in ops {
        if op.sees.is_some() || (op.writes.is_some() && !op.failed) {
            sessions.entry(op.session).or_default().push(op);
        }
    }
    let sessions: Vec<Vec<&Op>> = sessions.into_values().collect();
    extend(&sessions, in_time, &mut vec![0; sessions.len()], &BTreeMap::new(), &mut BTreeSet::new())
}

/// What is under each key, and since when it can have been there.
type State<'a> = BTreeMap<Key<'a>, (&'a Value, i64)>;
type Seen<'a> = BTreeSet<(Vec<usize>, Vec<(Key<'a>, (&'a Value, i64))>)>;

fn extend<'a>(
    sessions: &[Vec<&'a Op>],
    in_time: bool,
    placed: &mut Vec<usize>,
    state: &State<'a>,
    seen: &mut Seen<'a>,
) -> bool {
    let mut left = sessions.iter().zip(placed.iter()).flat_map(|(ops, placed)| &ops[*placed..]);
    if !left.any(|op| op.answered.is_some()) {
        return true;
    }
    if !seen.insert((placed.clone(), state.iter().map(|(key, held)| (*key, *held)).collect())) {
        return false;
    }
    for session in 0..sessions.len() {
        let Some(op) = sessions[session].get(placed[session]).copied() else { continue };
        let (now, since) = state.get(&key(op)).copied().unwrap_or((&Value::Nil, i64::MIN));
        let too_late = in_time && op.answered.is_some_and(|answered| answered < since);
        if op.sees.as_ref().is_some_and(|seen| seen != now || too_late) {
            continue;
        }
        let mut after = state.clone();
        if let Some(value) = op.writes.as_ref().filter(|_| !op.failed) {
            let since = if op.sees.is_some() { since.max(op.invoked) } else { op.invoked };
            after.insert(key(op), (value, if in_time { since } else { 0 }));
        }
        placed[session] += 1;
        let found = extend(sessions, in_time, placed, &after, seen);
        placed[session] -= 1;
        if found {
            return true;
        }
    }
    false
}

// ---- time. Values may repeat.

/// When the value that a read saw can have been in place last: the latest answer of one that wrote it.
fn shown<'a>(all: &'a [Op], read: &'a Op) -> Option<i64> {
    let seen = read.sees.as_ref()?;
    let initial = (*seen == Value::Nil).then_some(i64::MIN);
    let wrote = |op: &&Op| {
        let before = read.answered.is_some_and(|answered| op.invoked < answered);
        before
            && !op.failed
            && key(op) == key(read)
            && op.writes.as_ref() == Some(seen)
            && !std::ptr::eq(*op, read)
    };
    all.iter().filter(wrote).map(|op| op.answered.unwrap_or(i64::MAX)).chain(initial).max()
}

fn reads(all: &[Op]) -> impl Iterator<Item = &Op> {
    all.iter().filter(|op| op.is_read())
}

/// The writes that were answered before a read began and began after a moment.
fn newer<'a>(all: &'a [Op], read: &'a Op, since: i64) -> impl Iterator<Item = &'a Op> {
    all.iter().filter(move |op| {
        let answered = op.answered.is_some_and(|answered| answered < read.invoked);
        answered && !op.failed && op.writes.is_some() && key(op) == key(read) && op.invoked > since
    })
}

pub fn regular(all: &[Op]) -> bool {
    stale_by(all, 0)
}

/// Whether no read is stale by more than so many versions.
pub fn stale_by(all: &[Op], versions: usize) -> bool {
    reads(all).all(|read| shown(all, read).is_some_and(|since| newer(all, read, since).count() <= versions))
}

pub fn no_lost_write(all: &[Op]) -> bool {
    if reads(all).any(|read| shown(all, read).is_none()) {
        return false;
    }
    let acknowledged = all.iter().filter(|op| op.writes.is_some() && !op.failed && op.answered.is_some());
    acknowledged.into_iter().all(|write| {
        let of_key = || reads(all).filter(|read| key(read) == key(write));
        let is_older = |read: &&Op| shown(all, read).is_some_and(|shown| shown < write.invoked);
        let absent = of_key().filter(is_older).filter(|read| Some(read.invoked) > write.answered);
        let present = of_key().filter(|read| !is_older(read)).map(|read| read.invoked).max();
        absent.map(|read| read.invoked).max() <= present
    })
}

/// Whether the last reads of all processes agree; none if there is nothing to compare.
pub fn convergent(all: &[Op]) -> Option<bool> {
    let keys: BTreeSet<Key<'_>> = all.iter().map(key).collect();
    let mut verdict = None;
    for name in keys {
        let of_key: Vec<&Op> = all.iter().filter(|op| key(op) == name).collect();
        let plain_reads = || of_key.iter().filter(|op| op.is_read() && op.asked.is_none());
        let mut ceased = i64::MIN;
        for write in of_key.iter().filter(|op| op.asked.is_some()) {
            let ended = match (write.answered, write.given_up) {
                (Some(answered), _) => answered,
                (None, None) => i64::MAX,
                (None, Some(given_up)) => {
                    let shows = |read: &&&Op| read.sees == write.asked && read.answered > Some(given_up);
                    let mut shown: Vec<&&Op> = plain_reads().filter(shows).collect();
                    shown.sort_by_key(|read| read.answered);
                    // It was seen by the first read that can have seen nothing else.
                    let alone = |read: &&&Op| {
                        let can = |op: &&&Op| {
                            let over = op.failed && op.answered < read.answered;
                            op.asked == write.asked && Some(op.invoked) < read.answered && !over
                        };
                        of_key.iter().filter(can).count() == 1
                    };
                    let first = shown.iter().position(alone).map_or(shown.len(), |first| first + 1);
                    shown[..first].last().and_then(|read| read.answered).unwrap_or(given_up)
                }
            };
            ceased = ceased.max(ended);
        }
        let mut last: BTreeMap<u64, &Op> = BTreeMap::new();
        for read in plain_reads().filter(|read| read.invoked > ceased) {
            let newest = last.entry(read.session).or_insert(read);
            if newest.answered < read.answered {
                *newest = read;
            }
        }
        if last.len() > 1 {
            let alike = last.values().all(|read| read.sees == last.values().next().unwrap().sees);
            verdict = Some(verdict.unwrap_or(true) && alike);
        }
    }
    verdict
}
