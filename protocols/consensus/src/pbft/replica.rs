//! A replica: what it holds, the roles it may have, where each event goes, and how it speaks: signed, and not before what
//! it says is on its disk.

use super::fact::{Fact, Falsehood};
use super::hard::{Hard, Write};
use super::keys::{self, Digest};
use super::message::{Message, Number, Phase, Request, View, ViewChange, Vote};
use super::{Context, Event, Timer};
use crate::raft::store::Store;
use serde::Serialize;
use sim::ordered::SortedMap;
use sim::{ActorId, Recovery, Span, SyncId};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::Arc;

/// What a replica is; what only that role knows lives in it.
#[derive(Clone, Debug, Serialize)]
pub enum Role {
    /// Gives requests their numbers.
    Primary(Order),
    /// Follows that order as long as it hears of it.
    Backup,
    /// Has asked for a new view, and takes part in none until that begins.
    Changing,
}

/// What only a primary knows.
#[derive(Clone, Debug, Serialize)]
pub struct Order {
    /// The next number to give.
    pub next: Number,
    /// The newest request of each client that has a number in this view.
    pub proposed: SortedMap<ActorId, u64>,
}

/// What was heard about a number: of each replica its newest word. What a replica says of itself counts once it is
/// durable.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Slot {
    /// Who prepares what.
    pub prepares: SortedMap<ActorId, Vote>,
    /// Who commits what.
    pub commits: SortedMap<ActorId, Vote>,
    /// What is known to be committed, and in which view.
    pub committed: Option<(View, Digest)>,
}

/// A sync that is not done yet.
#[derive(Clone, Debug, Serialize)]
struct PendingSync {
    id: SyncId,
    /// What it has said, to be counted when it cannot be forgotten.
    votes: SmallVec<[Vote; 2]>,
}

/// What had been reached when the status timer was set: a replica that goes on needs no help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Mark {
    pub(super) view: View,
    pub(super) changing: bool,
    pub(super) stable: Number,
    pub(super) executed: Number,
}

/// A replica.
#[derive(Clone, Debug, Serialize)]
pub struct Replica {
    pub(super) id: ActorId,
    /// What survives a crash.
    pub(super) hard: Hard,
    pub(super) role: Role,
    pub(super) slots: SortedMap<Number, Slot>,
    pub(super) executed: Number,
    /// What the executed requests made.
    pub(super) store: Store,
    /// Checkpoint messages for numbers after the stable one.
    pub(super) claims: SortedMap<(Number, ActorId), Vote>,
    /// Requests it knows of and has not executed, one a client.
    pub(super) pending: SortedMap<ActorId, Arc<Request>>,
    /// The newest view that each replica asked for.
    pub(super) changes: SortedMap<ActorId, Arc<ViewChange>>,
    /// How long it waits: T, doubled with each view in vain.
    pub(super) patience: Span,
    /// Something was executed since it last asked for a view.
    pub(super) fruitful: bool,
    /// Whom it asks next for the state it lacks.
    pub(super) turn: u16,
    /// Where it was when it last set its status timer.
    pub(super) mark: Option<Mark>,
    /// How often it has asked for help since it last came further.
    pub(super) asked: u32,
    /// It has just started, and does not know what it missed.
    pub(super) fresh: bool,
    /// With 3f replicas: this node is none of them.
    left_out: bool,
    syncs: VecDeque<PendingSync>,
    /// Something was written since the last sync was asked for.
    unsynced: bool,
}

impl Replica {
    /// Starts, from what the disk holds alone.
    pub fn start(hard: &Hard, recovery: Recovery, context: &mut Context<'_>) -> Self {
        let newest = hard.newest();
        let mut replica = Self {
            id: context.me(),
            role: Role::Changing,
            slots: SortedMap::new(),
            executed: newest.map_or(Number(0), |snapshot| snapshot.number),
            store: newest.map(|snapshot| snapshot.store.clone()).unwrap_or_default(),
            claims: SortedMap::new(),
            pending: SortedMap::new(),
            changes: SortedMap::new(),
            patience: context.settings().patience,
            fruitful: true,
            turn: 0,
            mark: None,
            asked: 0,
            fresh: recovery.starts > 0,
            hard: hard.clone(),
            left_out: !context.settings().is_member(context.me()),
            syncs: VecDeque::new(),
            unsynced: false,
        };
        context.require(!recovery.corrupt, || "a durable record is damaged".to_owned());
        if recovery.starts > 0 {
            context.fact(Fact::Recovered { number: replica.executed, torn: recovery.torn });
        }
        replica.remember_own_votes(context);
        replica.become_what_it_is(context);
        replica.mind_status(context);
        replica
    }

    /// What it has said before a crash, it stands by.
    fn remember_own_votes(&mut self, context: &mut Context<'_>) {
        let (view, changing) = (self.view(), self.hard.changing);
        for (number, order) in Arc::clone(&self.hard.accepted).iter() {
            if !changing && order.view == view && order.by != self.id {
                self.record(self.vote(Phase::Prepare, *number, order.digest, context));
            }
        }
        for (number, certificate) in Arc::clone(&self.hard.prepared).iter() {
            let order = certificate.pre_prepare;
            if !changing && order.view == view {
                certificate.prepares.iter().for_each(|vote| self.record(*vote));
                self.record(self.vote(Phase::Commit, *number, order.digest, context));
            }
        }
        let unstable = self.hard.snapshots.range(self.stable().next()..);
        let states: Vec<(Number, Digest)> = unstable.map(|(number, state)| (*number, state.digest)).collect();
        for (number, digest) in states {
            self.claims.insert((number, self.id), self.vote(Phase::Checkpoint, number, digest, context));
        }
        if changing {
            self.changes.insert(self.id, Arc::new(self.own_change(context)));
        }
    }

    /// One event.
    pub fn handle(&mut self, event: Event, context: &mut Context<'_>) {
        context.work(context.settings().work);
        self.left_out = !context.settings().is_member(self.id);
        if self.left_out {
            return;
        }
        match event {
            Event::Message { from, message } => self.on_message(from, message, context),
            Event::Timer(Timer::Suspect) => self.on_patience_lost(context),
            Event::Timer(Timer::Status) => self.on_status_timer(context),
            Event::Verb { verb, .. } if &*verb == "suspect" => self.on_suspect(context),
            Event::Timer(_) | Event::Verb { .. } => {}
            Event::Synced(id) => self.on_synced(id, context),
            // What was written may never be durable, and nobody can tell which part: as real ones do, it stops.
            Event::DiskFailed { full } => {
                let reason = if full { "its disk is full" } else { "its disk failed" };
                context.require(false, || reason.to_owned());
            }
        }
        self.mind_status(context);
    }

    fn on_message(&mut self, from: ActorId, message: Message, context: &mut Context<'_>) {
        match message {
            Message::Request(request) => self.on_request(from, request, context),
            Message::PrePrepare { vote, request } => self.on_pre_prepare(from, vote, Some(&request), context),
            Message::Vote(vote) => self.on_vote(from, vote, context),
            Message::ViewChange(change) => self.on_view_change(from, change, context),
            Message::NewView(new) => self.on_new_view(from, &new, context),
            Message::Status(status) => self.on_status(from, status, context),
            Message::Relay(all) => self.on_relay(from, &all, context),
            Message::Proof(proof) => self.on_proof(from, &proof, context),
            Message::Fetch(number) => self.on_fetch(from, number, context),
            Message::State { proof, snapshot } => self.on_state(from, &proof, &snapshot, context),
            Message::Reply(_) => {}
        }
    }

    // --- roles ---

    /// The role that goes with its view.
    pub(super) fn become_what_it_is(&mut self, context: &mut Context<'_>) {
        let view = self.view();
        let led = matches!(self.role, Role::Primary(_));
        if self.hard.changing {
            self.role = Role::Changing;
        } else if context.settings().primary(view) == self.id {
            self.role = Role::Primary(self.order_so_far());
            context.fact(Fact::Primary { view });
        } else {
            self.role = Role::Backup;
            context.fact(Fact::Backup { view, led });
        }
    }

    /// Where a primary goes on: after everything that has a number in this view, or had one before.
    fn order_so_far(&self) -> Order {
        let last = self.hard.accepted.last_key_value().map_or(Number(0), |(number, _)| *number);
        let mut proposed = SortedMap::new();
        for order in self.hard.accepted.values() {
            if let Some(request) = self.hard.body(order.digest) {
                let newest: &mut u64 = proposed.entry(request.client).or_default();
                *newest = request.timestamp.max(*newest);
            }
        }
        Order { next: last.max(self.stable()).max(self.executed).next(), proposed }
    }

    // --- what others say ---

    /// Whether this was signed by the replica it names. A signature that is not is noticed.
    pub(super) fn genuine(&self, from: ActorId, vote: &Vote, context: &mut Context<'_>) -> bool {
        let genuine = self.signed(vote, context);
        if !genuine {
            self.refuse(Falsehood::Signature, from, vote.by, context);
        }
        genuine
    }

    /// Whether a replica signed what is said in its name.
    pub(super) fn signed(&self, vote: &Vote, context: &Context<'_>) -> bool {
        let settings = context.settings();
        settings.is_member(vote.by) && settings.keys.verify(vote.by, &vote.signed(), &vote.signature)
    }

    /// Notices something false.
    pub(super) fn refuse(&self, what: Falsehood, from: ActorId, named: ActorId, context: &mut Context<'_>) {
        context.fact(Fact::Refused { what, from, named });
    }

    /// Keeps a vote: of each replica the newest view's, and of that the first.
    pub(super) fn record(&mut self, vote: Vote) {
        let slot = self.slots.entry(vote.number).or_default();
        let votes = match vote.phase {
            Phase::Prepare => &mut slot.prepares,
            Phase::Commit => &mut slot.commits,
            Phase::PrePrepare | Phase::Checkpoint => return,
        };
        let known = votes.entry(vote.by).or_insert(vote);
        if known.view < vote.view {
            *known = vote;
        }
    }

    // --- what it says ---

    /// A word of its own, signed.
    pub(super) fn vote(&self, phase: Phase, number: Number, digest: Digest, context: &Context<'_>) -> Vote {
        let view = if phase == Phase::Checkpoint { View(0) } else { self.view() };
        let signature = keys::sign(&Vote::statement(phase, view, number, digest), context);
        Vote { phase, view, number, digest, by: self.id, signature }
    }

    /// Tells all others, and counts it itself, once it is durable.
    pub(super) fn cast(&mut self, vote: Vote, context: &mut Context<'_>) {
        self.tell_all(&Message::Vote(vote), context);
        match self.syncs.back_mut() {
            Some(sync) => sync.votes.push(vote),
            None => self.count_own(vote, context),
        }
    }

    fn count_own(&mut self, vote: Vote, context: &mut Context<'_>) {
        if vote.phase == Phase::Checkpoint {
            self.claim(vote, context);
        } else if vote.number > self.stable() {
            self.record(vote);
            self.advance(vote.number, context);
        }
    }

    /// Sends to all other replicas once all that was written is durable: nobody hears of what a crash could undo.
    pub(super) fn tell_all(&mut self, message: &Message, context: &mut Context<'_>) {
        let sync = self.flush(context);
        for to in context.settings().members().filter(|to| *to != self.id) {
            match sync {
                Some(sync) => context.send_after(sync, to, message.clone()),
                None => context.send(to, message.clone()),
            }
        }
    }

    /// The same, to one.
    pub(super) fn tell(&mut self, to: ActorId, message: Message, context: &mut Context<'_>) {
        match self.flush(context) {
            Some(sync) => context.send_after(sync, to, message),
            None => context.send(to, message),
        }
    }

    // --- the disk ---

    /// Writes, and applies the same to what it holds in memory.
    pub(super) fn persist(&mut self, write: Write, context: &mut Context<'_>) {
        self.hard.apply(&write);
        let forgets = context.settings().potholes.votes_not_persisted
            && matches!(write, Write::Accept { .. } | Write::Prepared(_));
        if !forgets {
            context.write(write);
            self.unsynced = true;
        }
    }

    /// Asks for a sync of what was written, if anything was. The sync after which all of it is durable; none where it
    /// is already.
    fn flush(&mut self, context: &mut Context<'_>) -> Option<SyncId> {
        if std::mem::take(&mut self.unsynced) {
            self.syncs.push_back(PendingSync { id: context.sync(), votes: SmallVec::new() });
        }
        self.syncs.back().map(|sync| sync.id)
    }

    fn on_synced(&mut self, id: SyncId, context: &mut Context<'_>) {
        while self.syncs.front().is_some_and(|sync| sync.id <= id) {
            let votes = self.syncs.pop_front().map(|sync| sync.votes).unwrap_or_default();
            for vote in votes {
                self.count_own(vote, context);
            }
        }
    }

    // --- small questions ---

    /// The view it is in, or asks for.
    pub fn view(&self) -> View {
        self.hard.view()
    }

    /// What it is.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// Whether this node is no replica, for there are but 3f.
    pub fn is_left_out(&self) -> bool {
        self.left_out
    }

    /// What survives a crash, durable or not yet.
    pub fn hard(&self) -> &Hard {
        &self.hard
    }

    /// What it heard about each number after the stable checkpoint.
    pub fn slots(&self) -> &SortedMap<Number, Slot> {
        &self.slots
    }

    /// The last number it executed.
    pub fn executed(&self) -> Number {
        self.executed
    }

    /// The number of the last stable checkpoint.
    pub fn stable(&self) -> Number {
        self.hard.stable()
    }

    /// Its key-value store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Requests it knows of and has not executed.
    pub fn pending(&self) -> impl Iterator<Item = &Arc<Request>> {
        self.pending.values()
    }

    /// Who asks for which view.
    pub fn changes(&self) -> impl Iterator<Item = &Arc<ViewChange>> {
        self.changes.values()
    }

    /// How long it waits before it asks for another primary.
    pub fn patience(&self) -> Span {
        self.patience
    }

    /// What it knows to be committed under a number.
    pub fn committed(&self, number: Number) -> Option<Digest> {
        self.slots.get(&number)?.committed.map(|(_, digest)| digest)
    }

    /// Whether it holds that request; the null request everybody holds.
    pub(super) fn holds(&self, digest: Digest) -> bool {
        digest == Digest::NULL || self.hard.body(digest).is_some()
    }
}
