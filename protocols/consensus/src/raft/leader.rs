//! Leading: proposing, replicating, committing (§5.3, §5.4.2), applying, and compacting (§7).

use super::Context;
use super::Timer;
use super::fact::{Fact, Why};
use super::hard::{Snapshot, Write};
use super::log::{Entry, EntryId, LogIndex, Payload, Term};
use super::message::{Answer, Body, Message};
use super::node::{Flow, Instants, Leader, Progress, Raft, Role, Waiting};
use super::settings::Reads;
use super::store::{Command, Operation, Response};
use sim::{ActorId, Time};
use smallvec::SmallVec;
use std::sync::Arc;

/// Entries under way to one node before its leader waits for an answer, in batches.
const WINDOW: u64 = 8;

impl Raft {
    // --- clients ---

    /// A client's request (§8): a leader takes it, anyone else says who leads.
    pub(super) fn on_request(
        &mut self,
        client: ActorId,
        sequence: u64,
        operation: Operation,
        context: &mut Context<'_>,
    ) {
        let busy = matches!(&self.role, Role::Leader(leader) if leader.transfer.is_some());
        if !self.leads() || busy {
            let leader = self.leader().filter(|leader| *leader != self.id);
            return self.answer(client, sequence, Answer::NotLeader { leader }, context);
        }
        if let Operation::Get { key } = &operation {
            return self.on_read(client, sequence, Arc::clone(key), context);
        }
        if let Some(response) = self.seen(client, sequence, context) {
            context.fact(Fact::Deduplicated { client });
            return self.answer(client, sequence, Answer::Response(response), context);
        }
        let known = matches!(operation, Operation::Put { .. } | Operation::Append { .. });
        let command = Arc::new(Command { client, sequence, operation });
        let index = self.propose(Payload::Command(Arc::clone(&command)), context);
        let term = self.term();
        let Role::Leader(leader) = &mut self.role else { return };
        if known && context.settings().potholes.ack_before_majority {
            leader.acknowledged = leader.acknowledged.max(index);
            let text = command.operation.text().into();
            context.fact(Fact::Acknowledged { client, entry: EntryId { term, index }, text });
            self.answer(client, sequence, Answer::Response(Response::Done), context);
        } else {
            leader.waiting.insert(index, Waiting { client, sequence });
            self.advance_commit(context);
        }
    }

    /// The answer of a request that was applied before.
    fn seen(&self, client: ActorId, sequence: u64, context: &Context<'_>) -> Option<Response> {
        if context.settings().potholes.no_sessions { None } else { self.store.seen(client, sequence) }
    }

    pub(super) fn answer(&self, client: ActorId, sequence: u64, answer: Answer, context: &mut Context<'_>) {
        context.send(client, Message::of_client(Body::Reply { sequence, answer }));
    }

    // --- replication ---

    /// Adds an entry to its own log and sends it to whoever can take it now. Its place.
    pub(super) fn propose(&mut self, payload: Payload, context: &mut Context<'_>) -> LogIndex {
        let entry = Entry { term: self.term(), payload };
        self.append(Arc::from([entry]), context);
        self.flush(context);
        if context.settings().eager {
            for peer in self.followed() {
                self.replicate(peer, context);
            }
        }
        self.last().index
    }

    /// Whom it sends entries to: the other voters, those leaving, and one that catches up.
    fn followed(&self) -> SmallVec<[ActorId; 9]> {
        match &self.role {
            Role::Leader(leader) => leader.progress.keys().copied().collect(),
            _ => SmallVec::new(),
        }
    }

    /// Sends what a node lacks, if it can take more now.
    fn replicate(&mut self, to: ActorId, context: &mut Context<'_>) {
        let last = self.last().index;
        let Role::Leader(leader) = &self.role else { return };
        let Some(progress) = leader.progress.get(&to) else { return };
        let open = match progress.flow {
            Flow::Probe { waiting } => !waiting,
            Flow::Snapshot { .. } => false,
            Flow::Stream => progress.next <= last,
        };
        if open {
            self.send_append(to, true, context);
        }
    }

    /// One append to one node: with what it lacks where that is wanted and the window is open, else empty.
    fn send_append(&mut self, to: ActorId, full: bool, context: &mut Context<'_>) {
        let batch = context.settings().batch;
        let committed = self.committed;
        let Self { role: Role::Leader(leader), hard, .. } = self else { return };
        let round = leader.round;
        let Some(progress) = leader.progress.get_mut(&to) else { return };
        let Some(previous) = hard.log.id_at(progress.next.previous()) else {
            return self.send_snapshot(to, context);
        };
        let under_way = progress.next.0.saturating_sub(progress.matched.0 + 1);
        let room = progress.flow != Flow::Stream || under_way < WINDOW * batch;
        let entries = if full && room { hard.log.slice(progress.next, batch) } else { Arc::default() };
        match &mut progress.flow {
            Flow::Probe { waiting } => *waiting = true,
            Flow::Stream => progress.next = progress.next.plus(entries.len() as u64),
            Flow::Snapshot { .. } => {}
        }
        self.send(to, Body::Append { previous, entries, committed, round }, context);
    }

    /// §7: what the node lacks is no longer in the log.
    fn send_snapshot(&mut self, to: ActorId, context: &mut Context<'_>) {
        let Self { role: Role::Leader(leader), hard, .. } = self else { return };
        let (round, now) = (leader.round, context.monotonic());
        let (Some(progress), Some(snapshot)) = (leader.progress.get_mut(&to), &hard.snapshot) else { return };
        progress.flow = Flow::Snapshot { since: now };
        let snapshot = Arc::clone(snapshot);
        context.note(|| format!("{to} lacks entries that only the snapshot up to {} covers", snapshot.last));
        self.send(to, Body::Snapshot { snapshot, round }, context);
    }

    /// A new round: an append to everyone, empty where there is nothing to send. Whoever answers it confirms that this
    /// node still led when it was sent.
    pub(super) fn broadcast(&mut self, context: &mut Context<'_>) -> u64 {
        let now = context.monotonic();
        let patience = context.settings().election_max;
        let Role::Leader(leader) = &mut self.role else { return 0 };
        leader.round += 1;
        let round = leader.round;
        leader.rounds.push_back((round, Instants { monotonic: now, wall: context.wall() }));
        let started = leader.start <= self.hard.log.last().index;
        for peer in self.followed() {
            let Role::Leader(leader) = &mut self.role else { return round };
            let Some(progress) = leader.progress.get_mut(&peer) else { continue };
            match progress.flow {
                // Its snapshot may be lost; until that is likely a heartbeat that asks for nothing does.
                Flow::Snapshot { since } if now.since(since) < patience => {
                    let committed = LogIndex(0);
                    let body =
                        Body::Append { previous: EntryId::ZERO, entries: Arc::default(), committed, round };
                    self.send(peer, body, context);
                }
                Flow::Snapshot { .. } => self.send_snapshot(peer, context),
                Flow::Probe { .. } | Flow::Stream => self.send_append(peer, started, context),
            }
        }
        self.confirm_rounds(context);
        round
    }

    pub(super) fn on_heartbeat_timer(&mut self, context: &mut Context<'_>) {
        if !self.leads() || self.lost_quorum(context) {
            return;
        }
        self.give_up_joining(context);
        self.broadcast(context);
        context.set_timer(Timer::Heartbeat, context.settings().heartbeat);
    }

    /// Ongaro 2014, §6.2: a leader that hears no majority makes room, so that its clients look elsewhere.
    fn lost_quorum(&mut self, context: &mut Context<'_>) -> bool {
        let Role::Leader(leader) = &self.role else { return false };
        let (now, patience) = (context.monotonic(), context.settings().election_max);
        let heard = |who| if who == self.id { now } else { leader.heard(who) };
        let lost = self.members().reached(heard).is_none_or(|heard| now.since(heard) > patience);
        let steps_down = context.settings().check_quorum && lost;
        if steps_down {
            context.note(|| format!("no majority was heard for {patience}"));
            self.become_follower(self.term(), Why::NoQuorum, context);
        }
        steps_down
    }

    // --- answers ---

    /// Anything a node answers in this term confirms that it follows.
    fn hear(&mut self, from: ActorId, round: u64, context: &mut Context<'_>) -> Option<&mut Progress> {
        let now = context.monotonic();
        let Role::Leader(leader) = &mut self.role else { return None };
        let progress = leader.progress.get_mut(&from)?;
        progress.heard = now;
        progress.round = progress.round.max(round);
        Some(progress)
    }

    pub(super) fn on_matched(
        &mut self,
        from: ActorId,
        index: LogIndex,
        round: u64,
        context: &mut Context<'_>,
    ) {
        let last = self.last().index;
        let Some(progress) = self.hear(from, round, context) else { return };
        let sane = context.require(index <= last, || {
            format!("{from} says that it matches up to {index}, but the log ends at {last}")
        });
        if !sane {
            return;
        }
        let grown = index > progress.matched;
        progress.matched = progress.matched.max(index);
        progress.next = progress.next.max(progress.matched.next());
        // An answer to a bare heartbeat says nothing about where the logs match.
        let caught = index.0 > 0 || progress.next == LogIndex(1);
        match progress.flow {
            Flow::Probe { .. } if caught => {
                progress.flow = Flow::Stream;
                progress.next = progress.matched.next();
            }
            Flow::Snapshot { .. } if grown => progress.flow = Flow::Probe { waiting: false },
            _ => {}
        }
        self.confirm_rounds(context);
        self.advance_commit(context);
        if context.settings().eager {
            self.replicate(from, context);
        }
        self.on_progress(from, context);
    }

    /// §5.3: backs up, over a whole term at a time.
    pub(super) fn on_refused(
        &mut self,
        from: ActorId,
        previous: LogIndex,
        term: Option<Term>,
        first: LogIndex,
        round: u64,
        context: &mut Context<'_>,
    ) {
        let shared = term.and_then(|term| self.hard.log.last_of_term(term, previous));
        let Some(progress) = self.hear(from, round, context) else { return };
        let current = match progress.flow {
            Flow::Probe { .. } => previous == progress.next.previous(),
            Flow::Stream => previous > progress.matched && previous < progress.next,
            Flow::Snapshot { .. } => false,
        };
        if current {
            let guess = shared.map_or(first, LogIndex::next).min(previous);
            let matched = progress.matched;
            progress.next = guess.max(matched.next());
            // One that lost what it said it had: there is nothing to back up to. The next heartbeat asks again.
            let lost = guess <= matched;
            progress.flow = Flow::Probe { waiting: lost };
            context.note(|| match lost {
                true => {
                    format!("{from} refused after {previous}, but it said that it has all up to {matched}")
                }
                false => format!("{from} has no entry {previous} like mine: next try from {guess}"),
            });
            self.replicate(from, context);
        }
        self.confirm_rounds(context);
    }

    /// Which round a majority has answered: reads that asked in it are sure, and the lease runs from when it was sent.
    fn confirm_rounds(&mut self, context: &mut Context<'_>) {
        let lease = context.settings().lease();
        let leases = context.settings().reads == Reads::Lease;
        let id = self.id;
        let members = self.members().clone();
        let Role::Leader(leader) = &mut self.role else { return };
        let answered = |leader: &Leader, who: ActorId| match leader.progress.get(&who) {
            Some(progress) => progress.round,
            None if who == id => leader.round,
            None => 0,
        };
        let Some(confirmed) = members.reached(|who| answered(leader, who)) else { return };
        while leader.rounds.front().is_some_and(|(round, _)| *round < confirmed) {
            leader.rounds.pop_front();
        }
        if let Some((round, sent)) = leader.rounds.front().copied()
            && leases
            && round == confirmed
            && !leader.lease_given_away
        {
            let old = leader.lease.unwrap_or(Instants { monotonic: Time::ZERO, wall: Time::ZERO });
            let monotonic = old.monotonic.max(sent.monotonic + lease);
            leader.lease = Some(Instants { monotonic, wall: old.wall.max(sent.wall + lease) });
        }
        self.confirm_reads(confirmed, context);
    }

    // --- committing ---

    /// The highest entry that a majority of the voters hold durably.
    fn quorum_index(&self, context: &Context<'_>) -> LogIndex {
        let Role::Leader(leader) = &self.role else { return LogIndex(0) };
        let mine =
            if context.settings().potholes.ack_before_fsync { self.last().index } else { self.durable };
        let matched = |who| match leader.progress.get(&who) {
            Some(progress) => progress.matched,
            None if who == self.id => mine,
            None => LogIndex(0),
        };
        self.members().reached(matched).unwrap_or_default()
    }

    /// §5.4.2: only an entry of this leader's own term is committed by counting; older ones ride along.
    pub(super) fn advance_commit(&mut self, context: &mut Context<'_>) {
        if self.committed == self.last().index {
            return;
        }
        let index = self.quorum_index(context);
        if index <= self.committed {
            return;
        }
        let last = self.last().index;
        assert!(index <= last, "a majority at {index}, the log ends at {last}");
        let Some(id) = self.hard.log.id_at(index) else { return };
        let term = self.term();
        if id.term == term || context.settings().potholes.commit_old_terms {
            self.commit_to(index, true, context);
        } else {
            context.note(|| format!("a majority has {id}, not of term {term}: not committed by counting"));
        }
    }

    /// All up to here is committed: applies it, answers who waited.
    pub(super) fn commit_to(&mut self, index: LogIndex, counted: bool, context: &mut Context<'_>) {
        let from = self.committed.next();
        let before = self.committed;
        self.committed = index;
        context.fact(Fact::Committed { from, index, counted });
        self.apply_committed(context);
        self.on_members_committed(before, context);
        self.serve_reads(context);
    }

    fn apply_committed(&mut self, context: &mut Context<'_>) {
        while self.applied < self.committed {
            let index = self.applied.next();
            let Some(Entry { term, payload }) = self.hard.log.get(index).cloned() else { break };
            self.applied = index;
            if let Payload::Command(command) = payload {
                let response = self.apply(&command, context);
                self.answer_waiting(EntryId { term, index }, &command, response, context);
            }
        }
        context.fact(Fact::Applied { index: self.applied });
    }

    /// §8: a request takes effect once, however often it is in the log.
    fn apply(&mut self, command: &Command, context: &mut Context<'_>) -> Response {
        match self.seen(command.client, command.sequence, context) {
            Some(response) => {
                context.fact(Fact::Deduplicated { client: command.client });
                response
            }
            None => self.store.apply(command),
        }
    }

    /// The client that waits for this very entry hears what came out.
    fn answer_waiting(
        &mut self,
        entry: EntryId,
        command: &Command,
        response: Response,
        context: &mut Context<'_>,
    ) {
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(waiting) = leader.waiting.remove(&entry.index) else { return };
        leader.acknowledged = leader.acknowledged.max(entry.index);
        if response == Response::Done {
            let text = command.operation.text().into();
            context.fact(Fact::Acknowledged { client: waiting.client, entry, text });
        }
        self.answer(waiting.client, waiting.sequence, Answer::Response(response), context);
    }

    /// §7: once enough was applied, a snapshot takes its place.
    pub(super) fn compact(&mut self, context: &mut Context<'_>) {
        let every = context.settings().snapshot_every;
        let base = self.hard.log.base().index;
        if every == 0 || self.applied.0 - base.0 < every {
            return;
        }
        let Some(last) = self.hard.log.id_at(self.applied) else { return };
        let members = self.members_as_of(self.applied).clone();
        let snapshot = Snapshot { last, members, store: self.store.clone() };
        self.persist(Write::Snapshot(Arc::new(snapshot)), context);
        self.flush(context);
        context.fact(Fact::Compacted { last });
    }

    /// A node that the leader has just begun to follow.
    pub(super) fn new_progress(&self, now: Time) -> Progress {
        Progress {
            matched: LogIndex(0),
            next: self.last().index.next(),
            flow: Flow::Probe { waiting: false },
            heard: now,
            round: 0,
        }
    }
}
