//! Linearizability by zones, where each value is written at most once (Gibbons and Korach 1997, § 4.2), live.
//!
//! # Blocks
//! If every value is written once, everything that touches a value happens in one stretch of any legal order:
//! its write, then all that saw it. A compare-and-set from `a` to `b` that took effect ends the stretch of `a`
//! and begins that of `b` at once, so it welds the two together. What is welded is a *block*; a lone value is a
//! block of one. In a legal order blocks follow each other without mixing, and what happens within one is fixed:
//! value after value along the chain, the writer first in each.
//!
//! For a block let `first` be the earliest completion in it (never, while none) and `last` the latest
//! invocation. Block `u` must come before `v` exactly if some operation of `u` is before one of `v`, that is if
//! `u.first < v.last`. If two blocks must each come before the other there is no order. Otherwise there is one:
//! in a longer cycle `u1 → u2 → … → u1` without such a pair, `u(i).first < u(i+1).last <= u(i+2).first`, and
//! going round (twice, if the length is odd) gives `u1.first < u1.first`. (With `first < last` a block is a
//! forward zone of the paper, else a backward zone; sorting by the smaller of the two gives an order.) Within a
//! block the chain must not contradict time: no operation of a later value may be before one of an earlier
//! value.
//!
//! # What may or may not have happened
//! A write or compare-and-set whose outcome is open or unknown belongs to no block until it is *certain*:
//! answered ok, or its value was seen, or consumed by another certain one. Then its block has its invocation,
//! and its completion is "never". While it is not certain it may as well not have happened and imposes nothing.
//! A chain of unknown compare-and-sets becomes certain together, from the value seen up to the first certain
//! one.
//!
//! # Live
//! Events come in order, so a completion is always the latest moment so far. Therefore `first` is set once,
//! `last` only grows, and only its growth can break anything: blocks are kept in the order of their `first`,
//! with the maxima of `last` in a tree, and one look finds a block that must be both before and after. The
//! verdict is that of the prefix so far, and the event being handled when it breaks is the exact event: a
//! history that cannot be ordered never becomes orderable by adding events.
//!
//! # Where zones do not decide
//! Two live writes of one value, a write of nothing (every object begins with it), an append: see
//! [`Undecidable`]. The general search then takes over.

use smallvec::SmallVec;

use super::tree::MaxTree;
use super::{Breach, Fast, Undecidable};
use crate::history::Outcome;
use crate::models::CellCall;
use crate::table::{self, Index};
use crate::value::Value;

const NONE: u32 = u32::MAX;
const NEVER: u64 = u64::MAX;

#[derive(Clone, Debug)]
struct Op {
    invoked: u64,
    completed: u64,
    /// The value it writes, or `NONE`.
    writes: u32,
    /// The value it saw, or `NONE`.
    sees: u32,
}

/// A value: its writer and what is known of those that saw it.
#[derive(Clone, Debug)]
struct Cluster {
    value: Value,
    /// The writer, `NONE` for the initial value, or after it failed.
    writer: u32,
    /// The value that its writer must find, if that is a compare-and-set.
    from: Option<Value>,
    /// Its block once certain, else `NONE`.
    block: u32,
    /// Place along the block's chain.
    place: u32,
    /// The value that a certain compare-and-set made of this one.
    next: u32,
    first: u64,
    first_op: u32,
    last: u64,
    last_op: u32,
}

#[derive(Clone, Debug)]
struct Block {
    first: u64,
    first_op: u32,
    last: u64,
    last_op: u32,
    /// Place in the order of `first`, `NONE` while that is never.
    rank: u32,
    /// Its values along the chain.
    chain: SmallVec<[u32; 1]>,
    /// Values along the chain whose `first` is smaller than that of each later one: so the smallest after a
    /// place is the first entry beyond it.
    minima: SmallVec<[u32; 1]>,
}

/// The live check of one object. Operations are numbered from 0 in the order of their invocations.
#[derive(Clone, Debug)]
pub struct Zones {
    ops: Vec<Op>,
    clusters: Vec<Cluster>,
    by_value: Index,
    blocks: Vec<Block>,
    /// Blocks by `first`: that number and the block.
    ranked: Vec<(u64, u32)>,
    last_by_rank: MaxTree,
    breach: Option<Breach>,
    /// Something came out that does not say where it stands.
    undecidable: bool,
}

impl Default for Zones {
    fn default() -> Self {
        Self::new()
    }
}

impl Fast<CellCall> for Zones {
    fn invoke(&mut self, at: u64, call: &CellCall) -> Result<u32, Undecidable> {
        Zones::invoke(self, at, call)
    }

    fn forgotten(&mut self, call: &CellCall) -> Result<u32, Undecidable> {
        Zones::forgotten(self, call)
    }

    fn complete(
        &mut self,
        number: u32,
        at: u64,
        outcome: Outcome,
        call: Option<&CellCall>,
    ) -> Result<(), Undecidable> {
        Zones::complete(self, number, at, outcome, call);
        if self.undecidable { Err(Undecidable) } else { Ok(()) }
    }

    fn breach(&self) -> Option<&Breach> {
        Zones::breach(self)
    }

    fn order(&self) -> Vec<u32> {
        Zones::order(self)
    }
}

impl Zones {
    /// An object that nobody touched: it holds nothing.
    pub fn new() -> Self {
        let mut zones = Self {
            ops: Vec::new(),
            clusters: Vec::new(),
            by_value: Index::default(),
            blocks: Vec::new(),
            ranked: Vec::new(),
            last_by_rank: MaxTree::default(),
            breach: None,
            undecidable: false,
        };
        // The initial value was written, and answered, before everything.
        let initial = zones.cluster_of(&Value::Nil);
        zones.found_block(initial, NONE, 0);
        zones.clusters[initial as usize].first = 0;
        zones.close_block(0, NONE, 0);
        zones
    }

    /// Where the history broke, if it did.
    pub fn breach(&self) -> Option<&Breach> {
        self.breach.as_ref()
    }

    /// An operation begins at position `at`. Returns its number.
    ///
    /// # Errors
    /// [`Undecidable`] if zones cannot judge a history with this operation.
    pub fn invoke(&mut self, at: u64, call: &CellCall) -> Result<u32, Undecidable> {
        self.begin(at + 1, call)
    }

    /// An operation of which nothing is known, not even when it ran: it may have happened at any time or never.
    ///
    /// # Errors
    /// As [`Self::invoke`].
    pub fn forgotten(&mut self, call: &CellCall) -> Result<u32, Undecidable> {
        self.begin(0, call)
    }

    fn begin(&mut self, invoked: u64, call: &CellCall) -> Result<u32, Undecidable> {
        let number = self.ops.len() as u32;
        let (value, from) = match call {
            CellCall::Read(_) | CellCall::Mismatch { .. } => (None, None),
            // What it did not find does not say where it stands.
            CellCall::Refused { .. } => return Err(Undecidable),
            CellCall::Write(value) => (Some(value), None),
            CellCall::Cas { from, to } if from != to => (Some(to), Some(from)),
            CellCall::Cas { .. } | CellCall::Append(_) => return Err(Undecidable),
        };
        let mut writes = NONE;
        if let Some(value) = value {
            if *value == Value::Nil {
                return Err(Undecidable);
            }
            writes = self.cluster_of(value);
            let cluster = &mut self.clusters[writes as usize];
            if cluster.writer != NONE {
                return Err(Undecidable);
            }
            cluster.writer = number;
            cluster.from = from.cloned();
        }
        self.ops.push(Op { invoked, completed: NEVER, writes, sees: NONE });
        Ok(number)
    }

    /// The outcome of operation `number` becomes known at position `at`; `call` is what it did or saw, `None` if
    /// it surely did not happen. Costs a logarithm of the number of operations.
    pub fn complete(&mut self, number: u32, at: u64, outcome: Outcome, call: Option<&CellCall>) {
        if self.breach.is_some() || matches!(outcome, Outcome::Open | Outcome::Unknown) {
            return;
        }
        let now = at + 1;
        self.ops[number as usize].completed = now;
        let writes = self.ops[number as usize].writes;
        let broken = if writes != NONE && outcome == Outcome::Failed {
            self.withdraw(writes, number).err()
        } else {
            None
        };
        let broken = broken.or_else(|| match call {
            None | Some(CellCall::Read(None) | CellCall::Append(_)) => None,
            Some(CellCall::Refused { .. }) => {
                self.undecidable = true;
                None
            }
            Some(CellCall::Read(Some(value))) => self.observe(value, number, now).err(),
            Some(CellCall::Mismatch { expected, seen }) if expected == seen => {
                Some(SmallVec::from_elem(number, 1))
            }
            Some(CellCall::Mismatch { seen, .. }) => self.observe(seen, number, now).err(),
            Some(CellCall::Write(_) | CellCall::Cas { .. }) => self.touch(writes, number, now).err(),
        });
        self.breach = broken.map(|found| {
            // A writer that was not answered is only certain by what came of it: that belongs to the proof.
            let shown = found.iter().filter_map(|number| self.ops.get(*number as usize));
            let shown = shown.filter(|op| op.completed == NEVER && op.writes != NONE);
            let proofs: SmallVec<[u32; 4]> = shown.map(|op| self.proof(op.writes)).collect();
            let mut all = suspects([number]);
            all.extend(found.into_iter().chain(proofs).filter(|number| *number != NONE));
            all.sort_unstable();
            all.dedup();
            Breach { at, suspects: all }
        });
    }

    /// Whether something came out as zones cannot judge it: they say nothing any more of what broke later.
    pub fn is_undecidable(&self) -> bool {
        self.undecidable
    }

    /// A legal order of what is certain, as operation numbers. Meaningful while nothing is broken.
    pub fn order(&self) -> Vec<u32> {
        let mut blocks: Vec<u32> = (0..self.blocks.len() as u32).collect();
        blocks.sort_by_key(|block| {
            let Block { first, last, .. } = &self.blocks[*block as usize];
            ((*first).min(*last), *block)
        });
        let mut place_of = vec![NONE; self.clusters.len()];
        let chains = blocks.iter().flat_map(|block| &self.blocks[*block as usize].chain);
        for (place, cluster) in chains.enumerate() {
            place_of[*cluster as usize] = place as u32;
        }
        let mut order: Vec<(u32, u64, u32)> = Vec::new();
        for (number, op) in self.ops.iter().enumerate() {
            let number = number as u32;
            // The writer first, then who saw the value, as they began.
            let (cluster, within) = if op.sees == NONE { (op.writes, 0) } else { (op.sees, op.invoked + 1) };
            if cluster == NONE || place_of[cluster as usize] == NONE {
                continue;
            }
            if op.sees != NONE || self.clusters[cluster as usize].writer == number {
                order.push((place_of[cluster as usize], within, number));
            }
        }
        order.sort_unstable();
        order.into_iter().map(|(_, _, number)| number).collect()
    }

    fn find(&self, value: &Value) -> Option<u32> {
        self.by_value.find(table::hash_of(value), |at| self.clusters[at as usize].value == *value)
    }

    fn cluster_of(&mut self, value: &Value) -> u32 {
        if let Some(cluster) = self.find(value) {
            return cluster;
        }
        let number = self.clusters.len() as u32;
        self.clusters.push(Cluster {
            value: value.clone(),
            writer: NONE,
            from: None,
            block: NONE,
            place: 0,
            next: NONE,
            first: NEVER,
            first_op: NONE,
            last: 0,
            last_op: NONE,
        });
        let Self { clusters, by_value, .. } = self;
        by_value.insert(table::hash_of(value), number, |at| table::hash_of(&clusters[at as usize].value));
        number
    }

    /// A write failed: fine, unless its value is known to have been there.
    fn withdraw(&mut self, writes: u32, number: u32) -> Result<(), SmallVec<[u32; 4]>> {
        if self.clusters[writes as usize].block != NONE {
            return Err(suspects([number, self.proof(writes)]));
        }
        let cluster = &mut self.clusters[writes as usize];
        cluster.writer = NONE;
        cluster.from = None;
        Ok(())
    }

    /// An operation that shows the value to have been there: its writer's answer, else who saw it or what came
    /// of it.
    fn proof(&self, cluster: u32) -> u32 {
        let mut at = &self.clusters[cluster as usize];
        while at.first_op == NONE && at.next != NONE {
            at = &self.clusters[at.next as usize];
        }
        at.first_op
    }

    /// Operation `number` was answered: it saw `value`.
    fn observe(&mut self, value: &Value, number: u32, now: u64) -> Result<(), SmallVec<[u32; 4]>> {
        let Some(cluster) = self.find(value) else { return Err(suspects([number, NONE])) };
        self.ops[number as usize].sees = cluster;
        self.touch(cluster, number, now)
    }

    /// Operation `number`, the writer of a value or one that saw it, was answered.
    fn touch(&mut self, cluster: u32, number: u32, now: u64) -> Result<(), SmallVec<[u32; 4]>> {
        let mut grown = self.secure(cluster, number)?;
        let invoked = self.ops[number as usize].invoked;
        let Cluster { block, place, first, last, .. } = self.clusters[cluster as usize];
        if invoked > last {
            let cluster = &mut self.clusters[cluster as usize];
            cluster.last = invoked;
            cluster.last_op = number;
            grown |= self.raise(block, number, invoked);
        }
        if first == NEVER {
            let at = &mut self.clusters[cluster as usize];
            at.first = now;
            at.first_op = number;
            // It is the largest so far: smaller than all later ones only if those are never.
            let minima = &mut self.blocks[block as usize].minima;
            if minima.last().is_none_or(|last| self.clusters[*last as usize].place < place) {
                minima.push(cluster);
            }
        }
        if self.blocks[block as usize].first == NEVER {
            self.close_block(block, number, now);
        } else if grown {
            self.check_between(block)?;
        }
        self.check_within(cluster)
    }

    /// Makes a value certain, with all that it was made from. Returns whether its block's `last` grew.
    fn secure(&mut self, cluster: u32, number: u32) -> Result<bool, SmallVec<[u32; 4]>> {
        if self.clusters[cluster as usize].block != NONE {
            return Ok(false);
        }
        let mut chain: SmallVec<[u32; 4]> = SmallVec::new();
        let mut above = cluster;
        while self.clusters[above as usize].block == NONE {
            let at = &self.clusters[above as usize];
            // Nobody wrote it (any more), or it was made from itself.
            if at.writer == NONE || chain.len() > self.clusters.len() {
                return Err(suspects([number, NONE]));
            }
            chain.push(above);
            match &at.from {
                None => break,
                Some(from) => above = self.find(from).ok_or_else(|| suspects([number, NONE]))?,
            }
        }
        let mut grown = false;
        for at in chain.into_iter().rev() {
            let Cluster { writer, ref from, .. } = self.clusters[at as usize];
            let invoked = self.ops[writer as usize].invoked;
            match from {
                None => self.found_block(at, writer, invoked),
                Some(_) => grown |= self.weld(above, at, number)?,
            }
            above = at;
        }
        Ok(grown)
    }

    /// A block of one value.
    fn found_block(&mut self, cluster: u32, writer: u32, invoked: u64) {
        let at = &mut self.clusters[cluster as usize];
        at.block = self.blocks.len() as u32;
        at.last = invoked;
        at.last_op = writer;
        self.blocks.push(Block {
            first: NEVER,
            first_op: NONE,
            last: invoked,
            last_op: writer,
            rank: NONE,
            chain: SmallVec::from_elem(cluster, 1),
            minima: SmallVec::new(),
        });
    }

    /// Welds `cluster`, certain from now on, to the end of the chain of the value it was made from.
    fn weld(&mut self, from: u32, cluster: u32, number: u32) -> Result<bool, SmallVec<[u32; 4]>> {
        let Cluster { next, block, place, .. } = self.clusters[from as usize];
        if next != NONE {
            return Err(suspects([self.proof(next), number]));
        }
        self.clusters[from as usize].next = cluster;
        let writer = self.clusters[cluster as usize].writer;
        let invoked = self.ops[writer as usize].invoked;
        let at = &mut self.clusters[cluster as usize];
        at.block = block;
        at.place = place + 1;
        at.last = invoked;
        at.last_op = writer;
        self.blocks[block as usize].chain.push(cluster);
        Ok(self.raise(block, writer, invoked))
    }

    fn raise(&mut self, block: u32, number: u32, invoked: u64) -> bool {
        let at = &mut self.blocks[block as usize];
        if invoked <= at.last {
            return false;
        }
        at.last = invoked;
        at.last_op = number;
        if at.rank != NONE {
            self.last_by_rank.raise(at.rank, invoked);
        }
        true
    }

    /// The first completion in a block: it takes its place behind all that have one.
    fn close_block(&mut self, block: u32, number: u32, now: u64) {
        let at = &mut self.blocks[block as usize];
        at.first = now;
        at.first_op = number;
        at.rank = self.ranked.len() as u32;
        self.ranked.push((now, block));
        self.last_by_rank.push(at.last);
    }

    /// No other block may have to come both before and after this one.
    fn check_between(&self, block: u32) -> Result<(), SmallVec<[u32; 4]>> {
        let Block { first, last, rank, .. } = self.blocks[block as usize];
        let before = self.ranked.partition_point(|(other, _)| *other < last) as u32;
        for (from, to) in [(0, rank.min(before)), (rank + 1, before)] {
            if from < to && self.last_by_rank.max(from, to) > first {
                let other = self.last_by_rank.first_above(from, to, first).unwrap_or(from);
                return Err(self.pair(block, self.ranked[other as usize].1));
            }
        }
        Ok(())
    }

    /// No operation of a later value of the chain may be before one of an earlier value.
    fn check_within(&self, cluster: u32) -> Result<(), SmallVec<[u32; 4]>> {
        let Cluster { block, place, last, last_op, .. } = self.clusters[cluster as usize];
        let Block { ref chain, ref minima, .. } = self.blocks[block as usize];
        let beyond = minima.partition_point(|later| self.clusters[*later as usize].place <= place);
        let smallest = minima.get(beyond).map(|later| self.clusters[*later as usize].first);
        if smallest.is_none_or(|smallest| smallest > last) {
            return Ok(());
        }
        let later = chain[place as usize + 1..].iter().map(|later| &self.clusters[*later as usize]);
        let nearest = later.into_iter().find(|later| later.first < last);
        Err(suspects([nearest.map_or(NONE, |nearest| nearest.first_op), last_op]))
    }

    /// Operations showing that `old` must be before and after `new`: something of `old` is over before something
    /// of `new` begins, and the reverse. Writers where they will do: they make the plainer story.
    fn pair(&self, old: u32, new: u32) -> SmallVec<[u32; 4]> {
        let (old, new) = (&self.blocks[old as usize], &self.blocks[new as usize]);
        let begins = |number: u32| self.ops[number as usize].invoked;
        let writer_near = |number: u32| match self.ops.get(number as usize) {
            Some(op) => self.clusters[if op.sees == NONE { op.writes } else { op.sees } as usize].writer,
            None => NONE,
        };
        let over_before = |candidates: &[u32], bound: u64| {
            let over = |number: &&u32| self.ops.get(**number as usize).is_some_and(|op| op.completed < bound);
            candidates.iter().find(over).copied().unwrap_or(NONE)
        };
        let latest = old.last_op;
        let replacing = over_before(&[writer_near(new.first_op), new.first_op], begins(latest));
        let replaced =
            if replacing != NONE && old.first < begins(replacing) { replacing } else { new.last_op };
        let bound = self.ops.get(replaced as usize).map_or(0, |op| op.invoked);
        let origin = over_before(&[writer_near(latest), writer_near(old.first_op), old.first_op], bound);
        suspects([origin, replaced, replacing, latest])
    }
}

fn suspects<const N: usize>(numbers: [u32; N]) -> SmallVec<[u32; 4]> {
    let mut found: SmallVec<[u32; 4]> = numbers.into_iter().filter(|number| *number != NONE).collect();
    found.sort_unstable();
    found.dedup();
    found
}
