//! Checkpoints (section 4.3), and taking over a state one has missed (4.4, at its end).
//!
//! Every so many numbers a replica vouches for its state. 2f+1 such messages make a checkpoint stable: f+1 who tell the
//! truth hold that state on their disks, so all before it may be forgotten. Who has missed so much that nobody remembers
//! the requests takes over a state, from anybody, for the 2f+1 say what digest it must have.

use super::Context;
use super::fact::{Fact, Falsehood};
use super::hard::Write;
use super::keys::Digest;
use super::message::{Message, Number, Phase, Snapshot, Vote};
use super::replica::{Replica, Role};
use sim::ActorId;
use sim::ordered::SortedSet;
use std::sync::Arc;

/// Checkpoint messages that are kept of one replica: those who tell the truth have no more open.
const CLAIMS: usize = 4;

impl Replica {
    /// Vouches for what it has executed.
    pub(super) fn checkpoint(&mut self, context: &mut Context<'_>) {
        let snapshot = Snapshot::new(self.executed, self.store.clone());
        let (number, digest) = (snapshot.number, snapshot.digest);
        self.persist(Write::Checkpoint(Arc::new(snapshot)), context);
        context.fact(Fact::Checkpointed { number, digest });
        let vote = self.vote(Phase::Checkpoint, number, digest, context);
        self.cast(vote, context);
    }

    /// Somebody vouches for a state, and its signature is good.
    pub(super) fn claim(&mut self, vote: Vote, context: &mut Context<'_>) {
        if vote.number <= self.stable() {
            return;
        }
        self.claims.entry((vote.number, vote.by)).or_insert(vote);
        let of_one = |claims: &&(Number, ActorId)| claims.1 == vote.by;
        if self.claims.keys().filter(of_one).count() > CLAIMS {
            let oldest = self.claims.keys().find(of_one).copied();
            oldest.map(|oldest| self.claims.remove(&oldest));
        }
        let quorum = usize::from(context.settings().quorum());
        let range = (vote.number, ActorId::node(0))..=(vote.number, ActorId::client(u16::MAX));
        let alike = self.claims.range(range).map(|(_, other)| *other);
        let proof: Arc<[Vote]> = alike.filter(|other| other.digest == vote.digest).take(quorum).collect();
        if proof.len() == quorum {
            self.become_stable(proof, context);
        }
    }

    /// Whether 2f+1 replicas vouch for this state.
    pub(super) fn proves(
        &self,
        proof: &[Vote],
        number: Number,
        digest: Digest,
        context: &Context<'_>,
    ) -> bool {
        let settings = context.settings();
        let good = |vote: &&Vote| {
            vote.phase == Phase::Checkpoint
                && (vote.number, vote.digest) == (number, digest)
                && settings.is_member(vote.by)
                && settings.keys.verify(vote.by, &vote.signed(), &vote.signature)
        };
        let who: SortedSet<ActorId> = proof.iter().filter(good).map(|vote| vote.by).collect();
        settings.is_checkpoint(number) && who.len() >= usize::from(settings.quorum())
    }

    /// Whether these are 2f+1 who vouch for one and the same state after `number`.
    pub(super) fn proves_stable(&self, proof: &[Vote], number: Number, context: &Context<'_>) -> bool {
        proof.first().is_some_and(|first| self.proves(proof, number, first.digest, context))
    }

    /// A proven checkpoint: what lies before it goes, and the window moves on.
    pub(super) fn become_stable(&mut self, proof: Arc<[Vote]>, context: &mut Context<'_>) {
        let Some(number) = proof.first().map(|vote| vote.number).filter(|number| *number > self.stable())
        else {
            return;
        };
        self.persist(Write::Stable(proof), context);
        self.slots.retain(|other, _| *other > number);
        self.claims.retain(|(other, _), _| *other > number);
        context.fact(Fact::Stable { number });
        if self.executed < number {
            self.fetch(context);
        }
        if let Role::Primary(_) = self.role {
            self.propose(context);
        }
    }

    /// A proof passed on by another.
    pub(super) fn on_proof(&mut self, from: ActorId, proof: &Arc<[Vote]>, context: &mut Context<'_>) {
        let Some(number) = proof.first().map(|vote| vote.number) else { return };
        if number <= self.stable() {
            return;
        }
        if self.proves_stable(proof, number, context) {
            self.become_stable(Arc::clone(proof), context);
        } else {
            self.refuse(Falsehood::Malformed, from, from, context);
        }
    }

    // --- state transfer ---

    /// Asks one other for the state it lacks; the next time another one.
    pub(super) fn fetch(&mut self, context: &mut Context<'_>) {
        let others: Vec<ActorId> = context.settings().members().filter(|to| *to != self.id).collect();
        let Some(to) = others.get(usize::from(self.turn) % others.len().max(1)).copied() else { return };
        self.turn = self.turn.wrapping_add(1);
        context.send(to, Message::Fetch(self.stable()));
    }

    /// Gives the state of its own stable checkpoint, where it has it and that is new enough.
    pub(super) fn on_fetch(&mut self, from: ActorId, number: Number, context: &mut Context<'_>) {
        let stable = self.stable();
        let Some(snapshot) = self.hard.snapshots.get(&stable).filter(|_| stable >= number).cloned() else {
            return;
        };
        let proof = Arc::clone(&self.hard.proof);
        context.send(from, Message::State { proof, snapshot });
    }

    /// A state: believed if 2f+1 vouch for its digest, whoever sends it.
    pub(super) fn on_state(
        &mut self,
        from: ActorId,
        proof: &Arc<[Vote]>,
        snapshot: &Snapshot,
        context: &mut Context<'_>,
    ) {
        let number = snapshot.number;
        if number <= self.executed {
            return;
        }
        // Its digest is worked out here: what the sender says it is proves nothing.
        let snapshot = Snapshot::new(number, snapshot.store.clone());
        let digest = snapshot.digest;
        if !context.settings().potholes.unproven_state && !self.proves(proof, number, digest, context) {
            context.note(|| {
                format!("the state after {number} has digest {digest}, which 2f+1 do not vouch for")
            });
            return self.refuse(Falsehood::State, from, from, context);
        }
        self.executed = number;
        self.store = snapshot.store.clone();
        self.pending.retain(|client, request| self.store.seen(*client, request.timestamp).is_none());
        self.persist(Write::Checkpoint(Arc::new(snapshot)), context);
        context.fact(Fact::Installed { number, digest, from });
        if proof.first().is_some_and(|vote| vote.number == number) {
            self.become_stable(Arc::clone(proof), context);
        }
        self.mind_patience(true, context);
        self.execute(context);
    }
}
