//! Linearizable reads without the log (§8; Ongaro 2014, §6.4): ReadIndex, or a lease.
//!
//! A leader that was replaced does not know it. Before it answers from its store it must make sure that nobody else
//! has committed anything it lacks: a majority, asked after the read came in, still follows it; or its lease says that
//! nobody else can have been elected. And it must have committed an entry of its own term, or it may not know what
//! its predecessors committed.

use super::Context;
use super::fact::{Fact, Sure};
use super::log::LogIndex;
use super::message::Answer;
use super::node::{Leader, Raft, Role};
use super::settings::Reads;
use super::store::{NOTHING, Operation, Response};
use serde::Serialize;
use sim::ActorId;
use std::sync::Arc;

/// A read that waits.
#[derive(Clone, Debug, Serialize)]
pub struct PendingRead {
    client: ActorId,
    sequence: u64,
    key: Arc<str>,
    /// What must be applied before it is answered.
    index: LogIndex,
    /// The round that a majority must answer.
    round: u64,
    /// A majority has, or need not.
    sure: Option<Sure>,
}

impl Raft {
    /// A read came in at this leader.
    pub(super) fn on_read(
        &mut self,
        client: ActorId,
        sequence: u64,
        key: Arc<str>,
        context: &mut Context<'_>,
    ) {
        let committed = self.committed;
        let Role::Leader(leader) = &self.role else { return };
        if context.settings().potholes.read_without_asking {
            return self.answer_read(client, sequence, &key, Sure::NotAtAll, context);
        }
        let index = committed.max(leader.start).max(leader.acknowledged);
        let sure = Self::lease_holds(leader, committed, context).then_some(Sure::Lease);
        let round = if sure.is_some() { leader.round } else { leader.round + 1 };
        let Role::Leader(leader) = &mut self.role else { return };
        leader.reads.push(PendingRead { client, sequence, key, index, round, sure });
        if sure.is_none() {
            context.note(|| format!("read at {index}: a majority must confirm round {round} first"));
            self.broadcast(context);
        }
        self.serve_reads(context);
    }

    /// Whether it may trust that nobody else was elected.
    fn lease_holds(leader: &Leader, committed: LogIndex, context: &mut Context<'_>) -> bool {
        if context.settings().reads != Reads::Lease || leader.lease_given_away || committed < leader.start {
            return false;
        }
        let trusts_wall = context.settings().potholes.lease_under_drift;
        leader.lease.is_some_and(|until| {
            if trusts_wall { context.wall() < until.wall } else { context.monotonic() < until.monotonic }
        })
    }

    /// A majority has answered this round: nobody had replaced this leader when it was sent.
    pub(super) fn confirm_reads(&mut self, confirmed: u64, context: &mut Context<'_>) {
        let Role::Leader(leader) = &mut self.role else { return };
        for read in &mut leader.reads {
            if read.round <= confirmed && read.sure.is_none() {
                read.sure = Some(Sure::Asked);
            }
        }
        self.serve_reads(context);
    }

    /// Answers reads that are sure and whose index is applied.
    pub(super) fn serve_reads(&mut self, context: &mut Context<'_>) {
        let applied = self.applied;
        let Role::Leader(leader) = &mut self.role else { return };
        let ready = |read: &PendingRead| read.sure.is_some() && read.index <= applied;
        if !leader.reads.iter().any(ready) {
            return;
        }
        let (now, later) = std::mem::take(&mut leader.reads).into_iter().partition(ready);
        leader.reads = later;
        let now: Vec<PendingRead> = now;
        for read in now {
            let sure = read.sure.unwrap_or(Sure::NotAtAll);
            self.answer_read(read.client, read.sequence, &read.key, sure, context);
        }
    }

    fn answer_read(
        &mut self,
        client: ActorId,
        sequence: u64,
        key: &Arc<str>,
        sure: Sure,
        context: &mut Context<'_>,
    ) {
        let value = self.store.get(key).cloned();
        let read = Operation::Get { key: Arc::clone(key) }.label();
        let text = format!("{read}: {}", value.as_deref().unwrap_or(NOTHING)).into();
        context.fact(Fact::Read { client, text, sure });
        self.answer(client, sequence, Answer::Response(Response::Value(value)), context);
    }
}
