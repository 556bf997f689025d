//! Orders to the leader: change the members, one server at a time (Ongaro 2014, chapter 4), and give the office away
//! (§3.10).
//!
//! A change is appended only once the one before it is committed, and only by a leader that has committed an entry of
//! its own term (Ongaro's correction of 2015): else two leaders in turn can each change the same old members, and a
//! majority of one's need not meet a majority of the other's.

use super::Context;
use super::Timer;
use super::fact::{Fact, Why};
use super::log::{LogIndex, Payload};
use super::message::{Body, Order};
use super::node::{Joining, Raft, Role, Transfer};
use sim::ActorId;
use std::sync::Arc;

/// Rounds in which a new server may catch up before its leader gives up on it.
const ROUNDS: u32 = 10;

impl Raft {
    /// An order by hand: `add n6`, `remove n3`, `transfer n2`. The first word names the node.
    pub(super) fn on_order(&mut self, verb: &str, words: &[Arc<str>], context: &mut Context<'_>) {
        let Some(node) = words.first().and_then(|word| word.parse::<ActorId>().ok()) else { return };
        let Some(order) = Order::named(verb) else { return };
        if let Err(reason) = self.carry_out(order, node, context) {
            let reason = format!("{verb} {node}: {reason}").into();
            context.fact(Fact::Declined { reason });
        }
    }

    /// An operator's order by message, sent to everyone: whoever leads carries it out if it can.
    pub(super) fn on_client_order(&mut self, order: Order, node: ActorId, context: &mut Context<'_>) {
        if !self.leads() {
            return;
        }
        if let Err(reason) = self.carry_out(order, node, context) {
            context.note(|| format!("{} {node}: {reason}", order.name()));
        }
    }

    fn carry_out(&mut self, order: Order, node: ActorId, context: &mut Context<'_>) -> Result<(), String> {
        match order {
            Order::Add => self.add(node, context),
            Order::Remove => self.remove(node, context),
            Order::Transfer => self.transfer(node, context),
        }
    }

    // --- members ---

    /// Whether the members may be changed now; if not, why.
    fn may_change(&self, context: &mut Context<'_>) -> Result<(), String> {
        let Role::Leader(leader) = &self.role else { return Err("it does not lead".to_owned()) };
        if leader.transfer.is_some() {
            return Err("it is giving its office away".to_owned());
        }
        let pending = self.hard.members().map(|(index, _)| index).filter(|index| *index > self.committed);
        if let Some(index) = pending {
            return Err(format!("the change in entry {index} is not committed yet"));
        }
        let unproven = self.committed < leader.start;
        if unproven && !context.settings().potholes.unfixed_membership {
            return Err(format!("no entry of term {} is committed yet", self.term()));
        }
        Ok(())
    }

    fn add(&mut self, node: ActorId, context: &mut Context<'_>) -> Result<(), String> {
        if self.members().has(node) {
            return Err("it is a member".to_owned());
        }
        self.may_change(context)?;
        let now = context.monotonic();
        let (progress, target) = (self.new_progress(now), self.last().index);
        let Role::Leader(leader) = &mut self.role else { return Ok(()) };
        if let Some(joining) = leader.joining {
            return Err(format!("{} is being added", joining.node));
        }
        leader.progress.entry(node).or_insert(progress);
        leader.joining = Some(Joining { node, round: 1, target, since: now });
        context.fact(Fact::CatchingUp { node });
        self.broadcast(context);
        Ok(())
    }

    fn remove(&mut self, node: ActorId, context: &mut Context<'_>) -> Result<(), String> {
        if !self.members().has(node) {
            return Err("it is not a member".to_owned());
        }
        if self.members().voters().len() == 1 {
            return Err("it is the only member".to_owned());
        }
        self.may_change(context)?;
        let members = self.members().without(node);
        self.propose(Payload::Members(members), context);
        self.advance_commit(context);
        Ok(())
    }

    /// A node has come further: it may now be ready to vote, or to lead.
    pub(super) fn on_progress(&mut self, node: ActorId, context: &mut Context<'_>) {
        let Role::Leader(leader) = &self.role else { return };
        let Some(progress) = leader.progress.get(&node).copied() else { return };
        if leader.joining.is_some_and(|joining| joining.node == node && progress.matched >= joining.target) {
            self.end_round(node, context);
        }
        self.tell_successor(context);
    }

    /// §4.2.1: a round of catching up is over. If it was short the node may vote, else there is another.
    fn end_round(&mut self, node: ActorId, context: &mut Context<'_>) {
        let (now, last) = (context.monotonic(), self.last().index);
        let patience = context.settings().election_min;
        let may = self.may_change(context);
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(joining) = &mut leader.joining else { return };
        let took = now.since(joining.since);
        if took > patience && joining.round < ROUNDS {
            *joining = Joining { node, round: joining.round + 1, target: last, since: now };
            context.note(|| format!("{node} took {took} to catch up: another round"));
            return;
        }
        leader.joining = None;
        let may = if took > patience { Err(format!("it did not catch up in {ROUNDS} rounds")) } else { may };
        if let Err(reason) = may {
            leader.progress.remove(&node);
            context.fact(Fact::Declined { reason: format!("add {node}: {reason}").into() });
            return;
        }
        let members = self.members().with(node);
        self.propose(Payload::Members(members), context);
        self.advance_commit(context);
    }

    /// A node that should catch up and is not heard at all.
    pub(super) fn give_up_joining(&mut self, context: &mut Context<'_>) {
        let (now, patience) = (context.monotonic(), context.settings().election_max * u64::from(ROUNDS));
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(joining) = leader.joining else { return };
        let silent = leader.progress.get(&joining.node).is_none_or(|p| now.since(p.heard) > patience);
        if silent {
            leader.joining = None;
            leader.progress.remove(&joining.node);
            let reason = format!("add {}: it is not heard", joining.node).into();
            context.fact(Fact::Declined { reason });
        }
    }

    /// Changes that are committed now. One that is no longer a member is no longer followed; if it is the leader, it
    /// makes room (§4.2.2).
    pub(super) fn on_members_committed(&mut self, before: LogIndex, context: &mut Context<'_>) {
        let Some((index, now)) = self.hard.members().map(|(index, members)| (index, members.clone())) else {
            return;
        };
        if !self.leads() || index <= before || index > self.committed {
            return;
        }
        let old = self.members_as_of(index.previous()).clone();
        for node in now.voters().iter().filter(|node| !old.has(**node)) {
            context.fact(Fact::Added { node: *node });
        }
        let gone: Vec<ActorId> = old.voters().iter().copied().filter(|node| !now.has(*node)).collect();
        for node in &gone {
            context.fact(Fact::Removed { node: *node });
        }
        // Those that leave hear that it is committed: so they know that they need not ask for votes.
        self.broadcast(context);
        if let Role::Leader(leader) = &mut self.role {
            leader.progress.retain(|node, _| !gone.contains(node));
        }
        if !now.has(self.id) {
            self.become_follower(self.term(), Why::Removed, context);
        }
    }

    // --- leadership ---

    fn transfer(&mut self, to: ActorId, context: &mut Context<'_>) -> Result<(), String> {
        let voter = self.members().has(to);
        let Role::Leader(leader) = &mut self.role else { return Err("it does not lead".to_owned()) };
        if to == self.id {
            return Err("it leads already".to_owned());
        }
        if !voter {
            return Err("it is not a member".to_owned());
        }
        leader.transfer = Some(Transfer { to, told: false });
        context.fact(Fact::Transferring { to });
        context.set_timer(Timer::Transfer, context.settings().election_max);
        self.broadcast(context);
        self.tell_successor(context);
        Ok(())
    }

    /// §3.10: once its log is as long, the successor is told to start. From then on this leader's lease protects
    /// nothing: the word may arrive late.
    fn tell_successor(&mut self, context: &mut Context<'_>) {
        let last = self.last().index;
        let Role::Leader(leader) = &mut self.role else { return };
        let Some(Transfer { to, told: false }) = leader.transfer else { return };
        if leader.progress.get(&to).is_none_or(|progress| progress.matched < last) {
            return;
        }
        leader.transfer = Some(Transfer { to, told: true });
        leader.lease_given_away = true;
        leader.lease = None;
        self.send(to, Body::TimeoutNow, context);
    }

    pub(super) fn on_transfer_timeout(&mut self, context: &mut Context<'_>) {
        let Role::Leader(leader) = &mut self.role else { return };
        if let Some(Transfer { to, .. }) = leader.transfer.take() {
            context.fact(Fact::TransferFailed { to });
        }
    }
}
