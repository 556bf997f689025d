//! Following: what an append or a snapshot does to a log (§5.3, §7).

use super::Context;
use super::fact::Fact;
use super::hard::{Snapshot, Write};
use super::log::{Entry, EntryId, LogIndex, Payload};
use super::message::Body;
use super::node::Raft;
use sim::ActorId;
use std::sync::Arc;

impl Raft {
    /// §5.3: takes entries over if the one before them is here; says where to try otherwise.
    pub(super) fn on_append(
        &mut self,
        from: ActorId,
        previous: EntryId,
        entries: &[Entry],
        committed: LogIndex,
        round: u64,
        context: &mut Context<'_>,
    ) {
        let base = self.hard.log.base().index;
        let idle = entries.is_empty();
        // What a snapshot covers is committed, so the leader has the same.
        let covered = base.0.saturating_sub(previous.index.0);
        if covered == 0 && !self.hard.log.has(previous) {
            return self.refuse(from, previous, round, context);
        }
        let upto = previous.index.plus(entries.len() as u64);
        let skipped = usize::try_from(covered).unwrap_or(usize::MAX).min(entries.len());
        let after = previous.index.max(base);
        if !self.take_over(after, &entries[skipped..], context) {
            return;
        }
        // Figure 2: what the leader has committed, as far as this append vouches for it.
        let known = committed.min(upto);
        if known > self.committed {
            self.commit_to(known, false, context);
        }
        self.acknowledge(from, Body::Matched { index: upto.max(base.min(committed)), round, idle }, context);
    }

    /// Entries that belong after `after`: those already here stay, with all that follows them; the first that differs
    /// and everything after it goes. Whether that was possible.
    fn take_over(&mut self, after: LogIndex, entries: &[Entry], context: &mut Context<'_>) -> bool {
        let log = &self.hard.log;
        let differs = |(at, entry): &(u64, &Entry)| log.term_at(after.plus(*at)) != Some(entry.term);
        let prefix_truncates = context.settings().potholes.prefix_truncates;
        let first = if prefix_truncates && !entries.is_empty() {
            0
        } else {
            (1..).zip(entries).find(differs).map_or(entries.len() as u64, |(at, _)| at - 1)
        };
        let new = &entries[usize::try_from(first).unwrap_or(usize::MAX).min(entries.len())..];
        if new.is_empty() {
            return true;
        }
        let from = after.plus(first + 1);
        if from <= self.last().index && !self.truncate(from, context) {
            return false;
        }
        self.append(new.into(), context);
        true
    }

    /// Removes what conflicts. What is committed never does, unless a pothole or a lie made it so.
    fn truncate(&mut self, from: LogIndex, context: &mut Context<'_>) -> bool {
        let committed = self.committed;
        // Who truncates without looking for a conflict does not look at what is committed either.
        let blind = context.settings().potholes.prefix_truncates;
        let safe = context.require(blind || from > committed, || {
            format!("it should remove entry {from}, but all up to {committed} is committed")
        });
        if !safe {
            return false;
        }
        let (first, last) = (self.hard.log.id_at(from).unwrap_or_default(), self.last());
        self.persist(Write::Truncate(from), context);
        context.fact(Fact::Truncated { from: first, last });
        true
    }

    /// Adds entries at the end of the log. A configuration among them is in force at once.
    pub(super) fn append(&mut self, entries: Arc<[Entry]>, context: &mut Context<'_>) {
        let from = self.last().index.next();
        let changes = entries.iter().any(|entry| matches!(entry.payload, Payload::Members(_)));
        self.persist(Write::Append(entries), context);
        context.fact(Fact::Appended { from, last: self.last() });
        if changes && let Some((index, members)) = self.hard.members() {
            let members = members.clone();
            context.fact(Fact::Members { members, index });
        }
        self.reset_election_timer(context);
    }

    /// §5.3: no such entry here. The term that is here instead, and where it begins, spare the leader a step back for
    /// each entry.
    fn refuse(&mut self, from: ActorId, previous: EntryId, round: u64, context: &mut Context<'_>) {
        let log = &self.hard.log;
        let term = log.term_at(previous.index);
        let first = if term.is_some() { log.first_of_term(previous.index) } else { self.last().index.next() };
        context.note(|| match term {
            Some(term) => {
                format!("refused: entry {} has term {term} here, not {}", previous.index, previous.term)
            }
            None => format!("refused: the log ends at {}, before {}", first.previous(), previous.index),
        });
        self.send(from, Body::Refused { previous: previous.index, term, first, round }, context);
    }

    /// Says that it has the entries, once a crash cannot take them back.
    fn acknowledge(&mut self, to: ActorId, body: Body, context: &mut Context<'_>) {
        if context.settings().potholes.ack_before_fsync {
            self.flush(context);
            self.send(to, body, context);
        } else {
            self.send_durably(to, body, context);
        }
    }

    /// §7: a snapshot in place of entries the leader no longer has.
    pub(super) fn on_snapshot(
        &mut self,
        from: ActorId,
        snapshot: Arc<Snapshot>,
        round: u64,
        context: &mut Context<'_>,
    ) {
        let last = snapshot.last;
        if last.index <= self.committed {
            let committed = self.committed;
            context.note(|| format!("ignored: all up to {committed} is committed here already"));
            let body = Body::Matched { index: committed, round, idle: false };
            return self.send_durably(from, body, context);
        }
        self.store = snapshot.store.clone();
        self.persist(Write::Snapshot(snapshot), context);
        self.committed = last.index;
        self.applied = last.index;
        context.fact(Fact::Installed { last, leader: from });
        self.reset_election_timer(context);
        self.send_durably(from, Body::Matched { index: last.index, round, idle: false }, context);
    }
}
