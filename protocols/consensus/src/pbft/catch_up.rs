//! What keeps replicas together when messages are lost: whoever lacks something says how far it is, and others pass on
//! what it lacks.
//!
//! The paper takes retransmission for granted (section 3); Castro's thesis (2001, section 5.2) has status messages like
//! these. As everything is signed, anybody may pass on anybody's word: one replica that holds 2f+1 commits brings another
//! up to date alone, whatever view that one is in.

use super::Context;
use super::Timer;
use super::fact::Falsehood;
use super::hard::Write;
use super::keys::Digest;
use super::message::{Message, Number, Phase, Relayed, Request, Status, Vote};
use super::replica::{Mark, Replica};
use sim::ActorId;
use sim::ordered::SortedSet;
use std::sync::Arc;

/// Numbers that are passed on at once.
const RELAYED: usize = 8;
/// Without any help it asks ever less often, down to one in so many times.
const RAREST: u64 = 4;

impl Replica {
    fn reached(&self) -> Mark {
        Mark {
            view: self.view(),
            changing: self.hard.changing,
            stable: self.stable(),
            executed: self.executed,
        }
    }

    /// Whether it waits for something that others may have: a view, a state, votes on a number, a stable checkpoint.
    fn lacks_something(&self) -> bool {
        let beyond = |number: Option<&Number>| number.is_some_and(|number| *number > self.executed);
        self.fresh
            || self.hard.changing
            || self.executed < self.stable()
            || beyond(self.slots.last_key_value().map(|(number, _)| number))
            || beyond(self.hard.accepted.last_key_value().map(|(number, _)| number))
            || self.hard.newest().is_some_and(|snapshot| snapshot.number > self.stable())
    }

    /// Sets the status timer where something is lacking.
    pub(super) fn mind_status(&mut self, context: &mut Context<'_>) {
        if self.lacks_something() && !context.timer_is_set(Timer::Status) {
            if self.mark.replace(self.reached()) != Some(self.reached()) {
                self.asked = 0;
            }
            let often = (1u64 << self.asked.min(10)).min(RAREST);
            let wait = context.settings().status * often;
            context.set_timer(Timer::Status, if self.fresh { context.settings().latency_min } else { wait });
        }
    }

    /// Asks for help where it has come no further since the timer was set.
    pub(super) fn on_status_timer(&mut self, context: &mut Context<'_>) {
        let moves = self.mark != Some(self.reached());
        if !self.lacks_something() || (moves && !self.fresh) {
            return;
        }
        self.fresh = false;
        self.asked += 1;
        let Mark { view, changing, stable, executed } = self.reached();
        self.tell_all(&Message::Status(Status { view, changing, stable, executed }), context);
        if let Some(change) = self.changes.get(&self.id).filter(|_| changing).cloned() {
            self.tell_all(&Message::ViewChange(change), context);
        }
        if executed < stable {
            self.fetch(context);
        }
    }

    /// Another says how far it is: what it lacks and this replica has, it gets.
    pub(super) fn on_status(&mut self, from: ActorId, status: Status, context: &mut Context<'_>) {
        let Status { view, changing, stable, executed } = status;
        let behind = view < self.view() || (view == self.view() && changing);
        if behind {
            self.help_into_view(from, context);
        }
        if stable < self.stable() {
            let proof = Arc::clone(&self.hard.proof);
            self.tell(from, Message::Proof(proof), context);
        } else {
            self.vouch_again(from, stable, context);
        }
        let from_number = executed.max(self.stable()).next();
        let lacks: Vec<Number> = self
            .slots
            .range(from_number..)
            .map(|(number, _)| *number)
            .chain(self.hard.accepted.range(from_number..).map(|(number, _)| *number))
            .collect();
        let mut numbers = lacks;
        numbers.sort_unstable();
        numbers.dedup();
        let all: Arc<[Relayed]> =
            numbers.into_iter().take(RELAYED).filter_map(|number| self.relayed(number)).collect();
        if !all.is_empty() {
            self.tell(from, Message::Relay(all), context);
        }
    }

    /// Its own checkpoint messages, once more.
    fn vouch_again(&mut self, to: ActorId, stable: Number, context: &mut Context<'_>) {
        let own = self.claims.values().filter(|vote| vote.by == self.id && vote.number > stable);
        let own: Vec<Vote> = own.copied().collect();
        for vote in own {
            self.tell(to, Message::Vote(vote), context);
        }
    }

    /// All it holds about a number.
    fn relayed(&self, number: Number) -> Option<Relayed> {
        let slot = self.slots.get(&number);
        let pre_prepare = self.hard.accepted.get(&number).copied();
        let digest = slot
            .and_then(|slot| slot.committed)
            .map(|(_, digest)| digest)
            .or(pre_prepare.map(|vote| vote.digest));
        let request = digest.and_then(|digest| self.hard.body(digest)).cloned();
        let votes = slot.into_iter().flat_map(|slot| slot.prepares.values().chain(slot.commits.values()));
        let votes: Arc<[Vote]> = votes.copied().collect();
        let something = pre_prepare.is_some() || !votes.is_empty();
        something.then_some(Relayed { number, pre_prepare, request, votes })
    }

    /// What another passes on. Each word counts as if its speaker had said it here, if that one signed it.
    pub(super) fn on_relay(&mut self, from: ActorId, all: &[Relayed], context: &mut Context<'_>) {
        for Relayed { number, pre_prepare, request, votes } in all.iter().take(RELAYED) {
            if !context.settings().within(self.stable(), *number) {
                continue;
            }
            let digest = request.as_ref().and_then(|request| self.asked(from, request, context));
            if let Some(order) = pre_prepare.filter(|order| order.number == *number) {
                self.on_pre_prepare(from, order, request.as_ref(), context);
            }
            let about =
                |vote: &&Vote| vote.number == *number && matches!(vote.phase, Phase::Prepare | Phase::Commit);
            let unsigned = context.settings().potholes.unsigned_relay;
            let believed = |vote: &&Vote| {
                (unsigned && context.settings().is_member(vote.by)) || self.signed(vote, context)
            };
            let (believed, forged): (Vec<&Vote>, Vec<&Vote>) = votes.iter().filter(about).partition(believed);
            if let Some(vote) = forged.first() {
                self.refuse(Falsehood::Signature, from, vote.by, context);
            }
            let believed: Vec<Vote> = believed.into_iter().copied().collect();
            self.hear(*number, &believed, context);
            if let (Some(request), Some(digest)) = (request, digest) {
                self.take_body(*number, digest, request, context);
            }
        }
    }

    /// Votes that were passed on together. 2f+1 commits that match decide, whatever their speakers have said elsewhere: a
    /// liar may have told this replica something else, and what it says twice counts for what it says first.
    fn hear(&mut self, number: Number, votes: &[Vote], context: &mut Context<'_>) {
        let quorum = usize::from(context.settings().quorum());
        let commits = || votes.iter().filter(|vote| vote.phase == Phase::Commit);
        let enough = |one: &&Vote| {
            let who: SortedSet<ActorId> = commits().filter(|vote| vote.matches(one)).map(|v| v.by).collect();
            who.len() >= quorum
        };
        let decided = commits().find(enough).copied();
        for vote in votes {
            match decided {
                Some(one) if vote.phase == Phase::Commit && vote.matches(&one) => {
                    self.slots.entry(number).or_default().commits.insert(vote.by, *vote);
                }
                _ if vote.by != self.id => self.record(*vote),
                _ => {}
            }
        }
        if !votes.is_empty() {
            self.advance(number, context);
        }
    }

    /// A request that was spoken of and not held: the paper's replica that is “missing some request message m”.
    fn take_body(
        &mut self,
        number: Number,
        digest: Digest,
        request: &Arc<Request>,
        context: &mut Context<'_>,
    ) {
        let accepted = self.hard.accepted.get(&number).is_some_and(|order| order.digest == digest);
        let wanted = number > self.stable() && (accepted || self.committed(number) == Some(digest));
        if wanted && !self.holds(digest) {
            self.persist(Write::Body { number, digest, request: Arc::clone(request) }, context);
            self.advance(number, context);
        }
    }
}
