//! A server: what it holds, the roles it may have, and where each event goes.

use super::Timer;
use super::fact::{Fact, Why};
use super::hard::{Hard, Write};
use super::log::{Entry, EntryId, LogIndex, Payload, Term};
use super::members::Members;
use super::message::{Body, Message};
use super::reads::PendingRead;
use super::store::Store;
use super::{Context, Event};
use serde::Serialize;
use sim::ordered::{SortedMap, SortedSet};
use sim::{ActorId, Recovery, Span, SyncId, Time};
use std::cmp::Ordering::{Equal, Greater, Less};
use std::collections::VecDeque;

/// What a node is; what only that role knows lives in it.
#[derive(Clone, Debug, Serialize)]
pub enum Role {
    /// Follows, and may know whom.
    Follower {
        /// The leader of its term, once it has heard from it.
        leader: Option<ActorId>,
    },
    /// Asks whether it would be elected.
    PreCandidate(Votes),
    /// Asks for votes.
    Candidate(Votes),
    /// Leads.
    Leader(Box<Leader>),
}

/// What a candidate has heard.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Votes {
    /// Who said yes.
    pub granted: SortedSet<ActorId>,
    /// Who said no.
    pub denied: SortedSet<ActorId>,
    /// The leader asked for this election.
    pub transfer: bool,
}

/// What only a leader knows.
#[derive(Clone, Debug, Serialize)]
pub struct Leader {
    /// Its first entry of this term: before that is committed it knows of no commit it may build on.
    pub start: LogIndex,
    /// How far each other node is.
    pub progress: SortedMap<ActorId, Progress>,
    /// The newest round of appends to everyone.
    pub round: u64,
    /// When rounds were sent; those older than the last confirmed one are forgotten.
    pub rounds: VecDeque<(u64, Instants)>,
    /// Until when nobody else can have been elected; none where it must not trust a lease.
    pub lease: Option<Instants>,
    /// It told somebody to start an election: from then on its followers no longer protect it.
    pub lease_given_away: bool,
    /// Reads that wait for a majority to confirm, or for entries to be applied.
    pub reads: Vec<PendingRead>,
    /// Clients that wait for an entry.
    pub waiting: SortedMap<LogIndex, Waiting>,
    /// The newest entry it has said ok for.
    pub acknowledged: LogIndex,
    /// An office to be given away.
    pub transfer: Option<Transfer>,
    /// A node that catches up before it may vote.
    pub joining: Option<Joining>,
}

/// One moment on both clocks of a node. Only the monotonic one is to be trusted.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Instants {
    /// By the clock that never steps.
    pub monotonic: Time,
    /// By the clock on the wall.
    pub wall: Time,
}

/// A client that waits for an entry.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Waiting {
    /// Who.
    pub client: ActorId,
    /// Its request.
    pub sequence: u64,
}

/// An office to be given away (Ongaro 2014, §3.10).
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Transfer {
    /// To whom.
    pub to: ActorId,
    /// It has been told.
    pub told: bool,
}

/// A node that catches up in rounds before it may vote (Ongaro 2014, §4.2.1).
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Joining {
    /// Who.
    pub node: ActorId,
    /// The how-manieth round.
    pub round: u32,
    /// Where the round ends.
    pub target: LogIndex,
    /// When it began, by the leader's clock.
    pub since: Time,
}

/// How far another node is, as its leader knows.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Progress {
    /// Its log surely matches up to here.
    pub matched: LogIndex,
    /// What to send next. Not `matched + 1`: it is a guess.
    pub next: LogIndex,
    /// How it is sent.
    pub flow: Flow,
    /// When it was last heard, by the leader's clock.
    pub heard: Time,
    /// The newest round it has answered.
    pub round: u64,
}

/// How entries are sent to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Flow {
    /// Where its log matches is not known: one append at a time.
    Probe {
        /// One is on its way.
        waiting: bool,
    },
    /// Appends follow each other without waiting.
    Stream,
    /// It needs a snapshot, and one is on its way.
    Snapshot {
        /// Sent then, by the leader's clock.
        since: Time,
    },
}

/// A sync that is not done yet.
#[derive(Clone, Copy, Debug, Serialize)]
struct PendingSync {
    id: SyncId,
    /// When it is done, the log is durable up to here.
    upto: LogIndex,
}

/// A server.
#[derive(Clone, Debug, Serialize)]
pub struct Raft {
    pub(super) id: ActorId,
    /// What survives a crash.
    pub(super) hard: Hard,
    pub(super) role: Role,
    pub(super) committed: LogIndex,
    pub(super) applied: LogIndex,
    /// What the applied entries made.
    pub(super) store: Store,
    /// The log is durable up to here.
    pub(super) durable: LogIndex,
    /// When a leader was last heard, by its own clock.
    pub(super) heard: Option<Time>,
    /// The members from the start, as its configuration file has them.
    initial: Members,
    syncs: VecDeque<PendingSync>,
    /// Something was written since the last sync was asked for.
    unsynced: bool,
}

impl Raft {
    /// Starts, from what the disk holds alone.
    pub fn start(hard: &Hard, recovery: Recovery, context: &mut Context<'_>) -> Self {
        let (id, settings) = (context.me(), context.settings());
        // A spare knows them too: what it makes of the log, a snapshot above all, must say who voted.
        let initial = Members::first(settings.nodes);
        // Until its promise to a leader it heard before the crash has surely run out, a voter keeps it.
        let promised = settings.reads == super::settings::Reads::Lease && recovery.starts > 0;
        let heard = promised.then(|| context.monotonic());
        let snapshot = hard.snapshot.as_deref();
        let base = snapshot.map_or(LogIndex(0), |snapshot| snapshot.last.index);
        let mut raft = Self {
            id,
            role: Role::Follower { leader: None },
            committed: base,
            applied: base,
            store: snapshot.map(|snapshot| snapshot.store.clone()).unwrap_or_default(),
            durable: hard.log.last().index,
            hard: hard.clone(),
            heard,
            initial,
            syncs: VecDeque::new(),
            unsynced: false,
        };
        context.require(!recovery.corrupt, || "a durable record is damaged".to_owned());
        if recovery.starts > 0 {
            context.fact(Fact::Recovered { last: raft.last(), torn: recovery.torn });
        }
        context.fact(Fact::Follower { term: raft.term(), why: Why::Started, led: false });
        raft.reset_election_timer(context);
        raft
    }

    /// One event.
    pub fn handle(&mut self, event: Event, context: &mut Context<'_>) {
        context.work(context.settings().work);
        self.compact(context);
        match event {
            Event::Message { from, message } => self.on_message(from, message, context),
            Event::Timer(Timer::Election) => self.on_election_timeout(context),
            Event::Timer(Timer::Heartbeat) => self.on_heartbeat_timer(context),
            Event::Timer(Timer::Transfer) => self.on_transfer_timeout(context),
            Event::Timer(_) => {}
            Event::Synced(id) => self.on_synced(id, context),
            // What was written may never be durable, and nobody can tell which part: as real ones do, it stops.
            Event::DiskFailed { full } => {
                let reason = if full { "its disk is full" } else { "its disk failed" };
                context.require(false, || reason.to_owned());
            }
            Event::Verb { verb, words } => self.on_order(&verb, &words, context),
        }
    }

    fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message.body {
            Body::Request { sequence, operation } => {
                return self.on_request(from, sequence, operation, context);
            }
            // A pre-vote is about a term that nobody has entered: its term moves nobody.
            Body::Order { verb, node } => return self.on_client_order(verb, node, context),
            Body::PreVote { last } => return self.on_prevote(from, message.term, last, context),
            Body::Vote { transfer: false, .. } if self.protects_leader(from, message.term, context) => {
                return self.deny_vote(from, context);
            }
            _ => {}
        }
        // §5.1: the past is told it is past; the future makes us follow before we listen.
        match message.term.cmp(&self.term()) {
            Less => return self.reject_stale(from, &message, context),
            Greater => self.become_follower(message.term, Why::NewerTerm(from), context),
            Equal => {}
        }
        match message.body {
            Body::Vote { last, .. } => self.on_vote(from, last, context),
            Body::VoteReply { granted } => self.on_vote_reply(from, granted, context),
            Body::PreVoteReply { about, granted } => self.on_prevote_reply(from, about, granted, context),
            Body::Append { previous, entries, committed, round } => {
                if self.heard_leader(from, context) {
                    self.on_append(from, previous, &entries, committed, round, context);
                }
            }
            Body::Snapshot { snapshot, round } => {
                if self.heard_leader(from, context) {
                    self.on_snapshot(from, snapshot, round, context);
                }
            }
            Body::Matched { index, round, .. } => self.on_matched(from, index, round, context),
            Body::Refused { previous, term, first, round } => {
                self.on_refused(from, previous, term, first, round, context);
            }
            Body::TimeoutNow => self.on_timeout_now(from, context),
            Body::PreVote { .. } | Body::Request { .. } | Body::Reply { .. } | Body::Order { .. } => {}
        }
    }

    /// §5.1: one who asks in an older term is told so, and will follow. Answers of older terms mean nothing any more.
    fn reject_stale(&mut self, from: ActorId, message: &Message, context: &mut Context<'_>) {
        let (mine, theirs) = (self.term(), message.term);
        context.note(|| format!("{from} is in term {theirs}, before mine, {mine}"));
        match &message.body {
            Body::Append { previous, round, .. } => {
                let body = Body::Refused {
                    previous: previous.index,
                    term: None,
                    first: self.last().index.next(),
                    round: *round,
                };
                self.send(from, body, context);
            }
            Body::Snapshot { round, .. } => {
                let body = Body::Matched { index: LogIndex(0), round: *round, idle: false };
                self.send(from, body, context);
            }
            Body::Vote { .. } => self.send(from, Body::VoteReply { granted: false }, context),
            Body::PreVoteReply { about, granted } => self.on_prevote_reply(from, *about, *granted, context),
            _ => {}
        }
    }

    /// A message that only a leader of this term sends. Whether it may be listened to.
    fn heard_leader(&mut self, from: ActorId, context: &mut Context<'_>) -> bool {
        let term = self.term();
        match &mut self.role {
            Role::Leader(_) => {
                return context.require(false, || format!("{from} leads term {term} too"));
            }
            Role::Follower { leader } => {
                if *leader != Some(from) {
                    *leader = Some(from);
                    context.fact(Fact::Follows { term, leader: from });
                }
            }
            Role::PreCandidate(_) | Role::Candidate(_) => {
                self.become_follower(term, Why::HeardLeader(from), context);
                self.role = Role::Follower { leader: Some(from) };
                context.fact(Fact::Follows { term, leader: from });
            }
        }
        self.heard = Some(context.monotonic());
        self.reset_election_timer(context);
        true
    }

    // --- roles ---

    /// §5.1: follows, in a newer term or this one.
    pub(super) fn become_follower(&mut self, term: Term, why: Why, context: &mut Context<'_>) {
        let led = matches!(self.role, Role::Leader(_));
        if term > self.term() {
            self.persist(Write::Term(term), context);
        }
        self.role = Role::Follower { leader: None };
        context.cancel_timer(Timer::Heartbeat);
        context.cancel_timer(Timer::Transfer);
        context.fact(Fact::Follower { term, why, led });
        if !context.timer_is_set(Timer::Election) {
            self.reset_election_timer(context);
        }
    }

    /// Ongaro 2014, §9.6: asks before it disturbs.
    pub(super) fn become_precandidate(&mut self, context: &mut Context<'_>) {
        self.role = Role::PreCandidate(Votes::default());
        context.fact(Fact::PreCandidate { term: self.term() });
        self.reset_election_timer(context);
    }

    /// §5.2: the next term, and the first vote in it is its own.
    pub(super) fn become_candidate(&mut self, transfer: bool, context: &mut Context<'_>) {
        self.persist(Write::Term(self.term().next()), context);
        self.persist(Write::Vote(self.id), context);
        self.role = Role::Candidate(Votes { transfer, ..Votes::default() });
        let (term, candidate) = (self.term(), self.id);
        context.fact(Fact::Candidate { term, transfer });
        context.fact(Fact::Voted { term, candidate });
        self.reset_election_timer(context);
    }

    /// §5.2: elected. It says so at once with empty appends, and starts its term with an entry of its own (§8).
    pub(super) fn become_leader(&mut self, context: &mut Context<'_>) {
        let (last, now) = (self.last(), context.monotonic());
        let progress = |_| Progress {
            matched: LogIndex(0),
            next: last.index.next(),
            flow: Flow::Probe { waiting: false },
            heard: now,
            round: 0,
        };
        let others = self.members().voters().iter().filter(|voter| **voter != self.id);
        self.role = Role::Leader(Box::new(Leader {
            start: last.index.next(),
            progress: others.map(|voter| (*voter, progress(*voter))).collect(),
            round: 0,
            rounds: VecDeque::new(),
            lease: None,
            lease_given_away: false,
            reads: Vec::new(),
            waiting: SortedMap::new(),
            acknowledged: LogIndex(0),
            transfer: None,
            joining: None,
        }));
        context.fact(Fact::Leader { term: self.term(), last });
        context.cancel_timer(Timer::Election);
        context.set_timer(Timer::Heartbeat, context.settings().heartbeat);
        self.broadcast(context);
        self.propose(Payload::Start, context);
    }

    // --- the disk ---

    /// Writes, and applies the same to what it holds in memory.
    pub(super) fn persist(&mut self, write: Write, context: &mut Context<'_>) {
        if let Write::Truncate(from) = &write {
            self.forget_durable(from.previous());
        }
        if let Write::Snapshot(snapshot) = &write
            && !self.hard.log.has(snapshot.last)
        {
            self.forget_durable(LogIndex(0));
        }
        self.hard.apply(&write);
        let forgets = context.settings().potholes.vote_not_persisted
            && matches!(write, Write::Term(_) | Write::Vote(_));
        if !forgets {
            context.write(write);
            self.unsynced = true;
        }
    }

    /// What is after `keep` was durable, or on its way to be, as something else.
    fn forget_durable(&mut self, keep: LogIndex) {
        self.durable = self.durable.min(keep);
        for sync in &mut self.syncs {
            sync.upto = sync.upto.min(keep);
        }
    }

    /// Asks for a sync of what was written, if anything was. The sync after which all of it is durable; none where it
    /// is already.
    pub(super) fn flush(&mut self, context: &mut Context<'_>) -> Option<SyncId> {
        if std::mem::take(&mut self.unsynced) {
            let id = context.sync();
            self.syncs.push_back(PendingSync { id, upto: self.last().index });
        }
        self.syncs.back().map(|sync| sync.id)
    }

    /// Whether something it wrote is not durable yet.
    pub(super) fn is_syncing(&self) -> bool {
        !self.syncs.is_empty()
    }

    fn on_synced(&mut self, id: SyncId, context: &mut Context<'_>) {
        while self.syncs.front().is_some_and(|sync| sync.id <= id) {
            if let Some(sync) = self.syncs.pop_front() {
                self.durable = self.durable.max(sync.upto);
            }
        }
        match &self.role {
            // Its vote for itself counts once it cannot be forgotten.
            Role::Candidate(_) if !self.is_syncing() => self.on_vote_reply(self.id, true, context),
            Role::Leader(_) => self.advance_commit(context),
            Role::Follower { .. } | Role::PreCandidate(_) | Role::Candidate(_) => {}
        }
    }

    // --- sending ---

    /// Sends at once.
    pub(super) fn send(&self, to: ActorId, body: Body, context: &mut Context<'_>) {
        context.send(to, Message { term: self.term(), body });
    }

    /// Sends once all that was written is durable: nobody hears of what a crash could undo.
    pub(super) fn send_durably(&mut self, to: ActorId, body: Body, context: &mut Context<'_>) {
        let message = Message { term: self.term(), body };
        match self.flush(context) {
            Some(sync) => context.send_after(sync, to, message),
            None => context.send(to, message),
        }
    }

    // --- small questions ---

    /// Its term.
    pub fn term(&self) -> Term {
        self.hard.term
    }

    /// Its newest entry.
    pub fn last(&self) -> EntryId {
        self.hard.log.last()
    }

    /// What it is.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// What survives a crash, durable or not yet.
    pub fn hard(&self) -> &Hard {
        &self.hard
    }

    /// What it knows to be committed.
    pub fn committed(&self) -> LogIndex {
        self.committed
    }

    /// What it has applied.
    pub fn applied(&self) -> LogIndex {
        self.applied
    }

    /// How far its log is durable.
    pub fn durable(&self) -> LogIndex {
        self.durable
    }

    /// Its key-value store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Who votes, as far as it knows: the newest configuration in its log, committed or not.
    pub fn members(&self) -> &Members {
        self.hard.members().map_or(&self.initial, |(_, members)| members)
    }

    /// The configuration as of an entry.
    pub(super) fn members_as_of(&self, index: LogIndex) -> &Members {
        self.hard.members_as_of(index).unwrap_or(&self.initial)
    }

    /// Whether it votes.
    pub fn is_voter(&self) -> bool {
        self.members().has(self.id)
    }

    /// The entry at a place, where it is held.
    pub fn entry(&self, index: LogIndex) -> Option<&Entry> {
        self.hard.log.get(index)
    }

    /// Whether it leads.
    pub fn leads(&self) -> bool {
        matches!(self.role, Role::Leader(_))
    }

    /// Whom it believes to lead.
    pub fn leader(&self) -> Option<ActorId> {
        match &self.role {
            Role::Follower { leader } => *leader,
            Role::Leader(_) => Some(self.id),
            Role::PreCandidate(_) | Role::Candidate(_) => None,
        }
    }

    /// Whether it heard a leader so recently that nobody else's timer may have run out for good reason.
    pub(super) fn heard_recently(&self, context: &Context<'_>) -> bool {
        let minimum: Span = context.settings().election_min;
        match &self.role {
            Role::Leader(leader) => {
                let now = context.monotonic();
                let heard = |who| if who == self.id { now } else { leader.heard(who) };
                self.members().reached(heard).is_some_and(|heard| now.since(heard) < minimum)
            }
            _ => self.heard.is_some_and(|heard| context.monotonic().since(heard) < minimum),
        }
    }
}

impl Leader {
    /// When a node was last heard; the start of time for one it does not follow.
    pub(super) fn heard(&self, who: ActorId) -> Time {
        self.progress.get(&who).map_or(Time::ZERO, |progress| progress.heard)
    }
}
