//! The normal case (sections 4.1 and 4.2): a request, its number, three phases, its execution.
//!
//! *Pre-prepare* and *prepare* make sure that the replicas who tell the truth agree on one order within a view: a replica
//! accepts one request a number, and any two quorums of 2f+1 share one of them. *Commit* makes sure that the order
//! outlives the view: once 2f+1 have seen a request prepared, every quorum that begins a later view holds somebody who
//! remembers it.

use super::Context;
use super::Timer;
use super::fact::{Done, Fact, Falsehood};
use super::hard::Write;
use super::keys::{self, Digest};
use super::message::{Certificate, Message, Number, Phase, Reply, Request, View, Vote};
use super::replica::{Replica, Role};
use crate::raft::store::{Command, Response};
use sim::ActorId;
use std::sync::Arc;

impl Replica {
    // --- requests (section 4.1) ---

    /// From a client, or from a backup that passes it on.
    pub(super) fn on_request(&mut self, from: ActorId, request: Arc<Request>, context: &mut Context<'_>) {
        if self.asked(from, &request, context).is_none() {
            return;
        }
        let Request { client, timestamp, direct, .. } = *request;
        if direct {
            return self.answer_at_once(&request, context);
        }
        match self.store.seen(client, timestamp) {
            Some(Response::Late) => {
                context.note(|| format!("{client} has had an answer to a later request than {timestamp}"));
            }
            Some(response) => {
                context.fact(Fact::Repeated { client });
                self.reply(client, timestamp, response, false, context);
            }
            None => self.take_on(from, request, context),
        }
    }

    /// Its digest, if the client it names signed it.
    pub(super) fn asked(
        &self,
        from: ActorId,
        request: &Request,
        context: &mut Context<'_>,
    ) -> Option<Digest> {
        let Request { client, timestamp, direct, signature, .. } = request;
        let digest = request.digest();
        let statement = Request::statement(*client, *timestamp, digest, *direct);
        let asked = client.is_client()
            && (!direct || request.operation.is_read())
            && context.settings().keys.verify(*client, &statement, signature);
        if !asked {
            self.refuse(Falsehood::Signature, from, *client, context);
        }
        asked.then_some(digest)
    }

    /// A request that was not executed yet. The primary gives it a number; a backup makes sure that the primary knows
    /// of it, and waits.
    fn take_on(&mut self, from: ActorId, request: Arc<Request>, context: &mut Context<'_>) {
        self.await_request(&request);
        match &self.role {
            Role::Primary(_) => self.propose(context),
            Role::Backup if from == request.client => {
                let primary = context.settings().primary(self.view());
                context.send(primary, Message::Request(request));
            }
            Role::Backup | Role::Changing => {}
        }
        self.mind_patience(false, context);
    }

    fn await_request(&mut self, request: &Arc<Request>) {
        if self.store.seen(request.client, request.timestamp).is_some() {
            return;
        }
        let known = self.pending.entry(request.client).or_insert_with(|| Arc::clone(request));
        if known.timestamp < request.timestamp {
            *known = Arc::clone(request);
        }
    }

    /// Section 5.1: a read that need not be ordered is answered from what was executed, which is committed. One who
    /// recovered with less than it had shown somebody waits until it has caught up.
    fn answer_at_once(&mut self, request: &Request, context: &mut Context<'_>) {
        let (executed, reached) = (self.executed, self.hard.reached);
        if executed < reached {
            context.note(|| {
                format!("it had executed up to {reached} and is back at {executed}: no read at once")
            });
            return;
        }
        let value = self.store.get(request.operation.key()).cloned();
        self.reply(request.client, request.timestamp, Response::Value(value), true, context);
    }

    fn reply(
        &mut self,
        client: ActorId,
        timestamp: u64,
        response: Response,
        direct: bool,
        context: &mut Context<'_>,
    ) {
        let view = self.view();
        let signature = keys::sign(&Reply::statement(view, client, timestamp, &response, direct), context);
        let reply = Reply { view, client, timestamp, response, direct, by: self.id, signature };
        let message = Message::Reply(Arc::new(reply));
        if context.settings().direct_reads {
            self.tell(client, message, context);
        } else {
            context.send(client, message);
        }
    }

    // --- pre-prepare ---

    /// As primary: gives numbers to requests that have none, as far as the window goes.
    pub(super) fn propose(&mut self, context: &mut Context<'_>) {
        loop {
            let Role::Primary(order) = &self.role else { return };
            let number = order.next.max(self.stable().next());
            let fresh = |request: &&Arc<Request>| {
                order.proposed.get(&request.client).is_none_or(|newest| *newest < request.timestamp)
            };
            let Some(request) = self.pending.values().find(fresh).cloned() else { return };
            if !context.settings().within(self.stable(), number) {
                context.note(|| format!("number {number} must wait until a checkpoint is stable"));
                return;
            }
            self.give(number, request, context);
        }
    }

    fn give(&mut self, number: Number, request: Arc<Request>, context: &mut Context<'_>) {
        if let Role::Primary(order) = &mut self.role {
            order.next = number.next();
            order.proposed.insert(request.client, request.timestamp);
        }
        let vote = self.vote(Phase::PrePrepare, number, request.digest(), context);
        self.accept(vote, &request, context);
        self.tell_all(&Message::PrePrepare { vote, request }, context);
        self.advance(number, context);
    }

    fn accept(&mut self, vote: Vote, request: &Arc<Request>, context: &mut Context<'_>) {
        let text = request.text();
        self.persist(Write::Accept { vote, request: Arc::clone(request) }, context);
        context.fact(Fact::PrePrepared { view: vote.view, number: vote.number, text });
    }

    /// As backup: accepts the primary's order if it is genuine, in this view, within the window, and contradicts no
    /// earlier one.
    pub(super) fn on_pre_prepare(
        &mut self,
        from: ActorId,
        vote: Vote,
        request: Option<&Arc<Request>>,
        context: &mut Context<'_>,
    ) {
        let view = self.view();
        if vote.view != view || self.hard.changing || !context.settings().within(self.stable(), vote.number) {
            context.note(|| format!("{vote}: not in view {view}, or outside of the window"));
            return;
        }
        if !self.genuine(from, &vote, context) {
            return;
        }
        if vote.phase != Phase::PrePrepare || vote.by != context.settings().primary(view) {
            return self.refuse(Falsehood::Malformed, from, vote.by, context);
        }
        match self.hard.accepted.get(&vote.number) {
            Some(known) if known.digest == vote.digest => return,
            Some(known) => {
                let held = known.digest;
                context.note(|| format!("{vote}, but {held} has this number; both are signed"));
                return context.fact(Fact::Equivocation { primary: vote.by, number: vote.number });
            }
            None => {}
        }
        // Without the request itself nothing is accepted; a null request is for new views alone.
        let Some(request) = request else { return };
        if self.asked(from, request, context) != Some(vote.digest) {
            context.note(|| format!("{vote}: the request with it is another, or nobody's"));
            return;
        }
        self.accept(vote, request, context);
        self.await_request(request);
        self.mind_patience(false, context);
        let prepare = self.vote(Phase::Prepare, vote.number, vote.digest, context);
        self.cast(prepare, context);
        self.advance(vote.number, context);
    }

    // --- prepare, commit ---

    /// A prepare, commit or checkpoint.
    pub(super) fn on_vote(&mut self, from: ActorId, vote: Vote, context: &mut Context<'_>) {
        let settings = context.settings();
        let in_range = match vote.phase {
            Phase::Checkpoint => vote.number > self.stable() && settings.is_checkpoint(vote.number),
            _ => settings.within(self.stable(), vote.number),
        };
        if !in_range || vote.by == self.id || !self.genuine(from, &vote, context) {
            return;
        }
        match vote.phase {
            Phase::Checkpoint => self.claim(vote, context),
            Phase::Prepare | Phase::Commit => {
                self.record(vote);
                self.advance(vote.number, context);
            }
            Phase::PrePrepare => self.refuse(Falsehood::Malformed, from, vote.by, context),
        }
    }

    /// Something is new about a number: is it prepared, committed, can more be executed?
    pub(super) fn advance(&mut self, number: Number, context: &mut Context<'_>) {
        self.prepare(number, context);
        if self.committed(number).is_none()
            && let Some((view, digest)) = self.decided(number, context)
            && let Some(slot) = self.slots.get_mut(&number)
        {
            slot.committed = Some((view, digest));
            context.fact(Fact::Committed { number, digest, text: self.hard.text(digest) });
        }
        self.execute(context);
    }

    /// *prepared(m, v, n, i)*: it holds the request, the primary's order for it, and 2f prepares of different backups
    /// that match. From then on it can prove so, and commits.
    fn prepare(&mut self, number: Number, context: &mut Context<'_>) {
        let Some(order) = self.hard.accepted.get(&number).copied() else { return };
        if self.hard.changing || order.view != self.view() || !self.holds(order.digest) {
            return;
        }
        if self.hard.prepared.get(&number).is_some_and(|known| known.pre_prepare.matches(&order)) {
            return;
        }
        let Some(slot) = self.slots.get(&number) else { return };
        let matching = slot.prepares.values().filter(|vote| vote.matches(&order) && vote.by != order.by);
        let needed = usize::from(context.settings().prepares());
        let prepares: Arc<[Vote]> = matching.copied().take(needed).collect();
        if prepares.len() < needed {
            return;
        }
        self.persist(Write::Prepared(Arc::new(Certificate { pre_prepare: order, prepares })), context);
        let text = self.hard.text(order.digest);
        context.fact(Fact::Prepared { view: order.view, number, digest: order.digest, text });
        if !context.settings().potholes.execute_on_prepare {
            let commit = self.vote(Phase::Commit, number, order.digest, context);
            self.cast(commit, context);
        }
    }

    /// *committed-local*: 2f+1 commits that match. The paper asks that it be prepared here too; but who holds 2f+1 signed
    /// commits need not be, for f+1 who tell the truth are. So one that was left behind may take them from anybody, and
    /// of any view.
    fn decided(&self, number: Number, context: &Context<'_>) -> Option<(View, Digest)> {
        let settings = context.settings();
        let slot = self.slots.get(&number)?;
        if settings.potholes.execute_on_prepare
            && let Some(certificate) = self.hard.prepared.get(&number)
        {
            return Some((certificate.pre_prepare.view, certificate.pre_prepare.digest));
        }
        let enough = |vote: &&Vote| {
            let matching = slot.commits.values().filter(|other| other.matches(vote)).count();
            matching >= usize::from(settings.quorum())
        };
        slot.commits.values().find(enough).map(|vote| (vote.view, vote.digest))
    }

    // --- execution ---

    /// Executes what is committed, in order and without gaps.
    pub(super) fn execute(&mut self, context: &mut Context<'_>) {
        loop {
            let number = self.executed.next();
            let Some((view, digest)) = self.slots.get(&number).and_then(|slot| slot.committed) else {
                return;
            };
            if !self.holds(digest) {
                return;
            }
            self.executed = number;
            if context.settings().direct_reads {
                self.persist(Write::Executed(number), context);
            }
            let request = self.hard.body(digest).cloned();
            let done = request.map(|request| self.perform(&request));
            context.fact(Fact::Executed { number, view, digest, done: done.clone() });
            if let Some(Done { client, timestamp, response, .. }) = done
                && response != Response::Late
            {
                self.reply(client, timestamp, response, false, context);
            }
            self.mind_patience(true, context);
            if context.settings().is_checkpoint(number) {
                self.checkpoint(context);
            }
        }
    }

    /// A request has its effect once, whatever numbers it has.
    fn perform(&mut self, request: &Request) -> Done {
        let Request { client, timestamp, .. } = *request;
        let seen = self.store.seen(client, timestamp);
        let again = seen.is_some();
        let response = seen.unwrap_or_else(|| {
            let operation = request.operation.clone();
            self.store.apply(&Command { client, sequence: timestamp, operation })
        });
        if self.pending.get(&client).is_some_and(|waiting| waiting.timestamp <= timestamp) {
            self.pending.remove(&client);
        }
        Done { client, timestamp, response, text: request.text(), again }
    }

    /// Section 4.4: a backup's timer runs while it waits for a request, and starts anew when one was executed and it
    /// waits for another.
    pub(super) fn mind_patience(&mut self, progress: bool, context: &mut Context<'_>) {
        if progress {
            self.fruitful = true;
            self.patience = context.settings().patience;
        }
        if self.hard.changing {
            return;
        }
        if self.pending.is_empty() || matches!(self.role, Role::Primary(_)) {
            context.cancel_timer(Timer::Suspect);
        } else if progress || !context.timer_is_set(Timer::Suspect) {
            context.set_timer(Timer::Suspect, self.patience);
        }
    }
}
