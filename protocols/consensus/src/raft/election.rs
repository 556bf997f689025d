//! Elections (§5.2, §5.4.1), pre-vote (Ongaro 2014, §9.6), and nodes that protect the leader they hear (§6).

use super::Context;
use super::Timer;
use super::fact::Fact;
use super::hard::Write;
use super::log::{EntryId, Term};
use super::message::Body;
use super::node::{Raft, Role};
use super::settings::Reads;
use sim::{ActorId, Span};

impl Raft {
    /// §5.2: a timeout drawn anew each time, so that few split votes repeat. One that may not stand has no timer.
    pub(super) fn reset_election_timer(&mut self, context: &mut Context<'_>) {
        if !self.may_stand() || self.leads() {
            context.cancel_timer(Timer::Election);
            return;
        }
        let (min, max) = (context.settings().election_min, context.settings().election_max);
        let added = context.draw().below(max.0 - min.0 + 1);
        context.set_timer(Timer::Election, min + Span(added));
    }

    pub(super) fn on_election_timeout(&mut self, context: &mut Context<'_>) {
        if !self.may_stand() || self.leads() {
            return;
        }
        let lease = context.settings().reads == Reads::Lease;
        if lease && self.heard_recently(context) {
            context
                .note(|| "it heard its leader a moment ago, and the leader trusts it not to ask yet".into());
            return self.reset_election_timer(context);
        }
        if self.is_syncing() {
            context.note(|| "what it wrote is not durable yet: it waits before it asks for votes".into());
            return self.reset_election_timer(context);
        }
        let prevote = context.settings().prevote;
        if prevote { self.ask_first(context) } else { self.campaign(false, context) }
    }

    /// Would I be elected? Alone it would.
    fn ask_first(&mut self, context: &mut Context<'_>) {
        self.become_precandidate(context);
        let last = self.last();
        for peer in self.peers() {
            self.send(peer, Body::PreVote { last }, context);
        }
        let about = self.term().next();
        self.on_prevote_reply(self.id, about, true, context);
    }

    /// §5.2: asks everyone, once its own vote cannot be forgotten; or while it is being written, for it is not counted
    /// before that.
    pub(super) fn campaign(&mut self, transfer: bool, context: &mut Context<'_>) {
        self.become_candidate(transfer, context);
        let last = self.last();
        let at_once = context.settings().parallel_votes;
        for peer in self.peers() {
            let body = Body::Vote { last, transfer };
            if at_once { self.send(peer, body, context) } else { self.send_durably(peer, body, context) }
        }
        if self.flush(context).is_none() {
            self.on_vote_reply(self.id, true, context);
        }
    }

    /// Whether it may ask for votes: it votes, or is about to leave. Until its leaving is committed it may be the only one
    /// with a log that is new enough (Ongaro 2014, §4.2.2).
    fn may_stand(&self) -> bool {
        let newest = self.hard().members().map(|(index, _)| index).filter(|index| *index > self.committed);
        self.is_voter() || newest.is_some_and(|index| self.members_as_of(index.previous()).has(self.id))
    }

    /// The other voters.
    pub(super) fn peers(&self) -> Vec<ActorId> {
        self.members().voters().iter().copied().filter(|voter| *voter != self.id).collect()
    }

    // --- as the one who is asked ---

    /// Whether a vote is denied without moving to its term: this node hears a leader, and whoever asks does not (§6:
    /// disruptive servers). It may be in the term of that vote already, told by an answer that came late: its promise to
    /// the leader it heard, which a lease trusts, holds all the same.
    pub(super) fn protects_leader(&self, from: ActorId, term: Term, context: &mut Context<'_>) -> bool {
        let protects = context.settings().sticky && term >= self.term() && self.heard_recently(context);
        if protects {
            let leader = self.leader();
            context.note(|| match leader {
                Some(leader) => format!("vote denied: {from} may not hear {leader}, but I do"),
                None => format!("vote denied to {from}: a leader was heard a moment ago"),
            });
        }
        protects
    }

    pub(super) fn deny_vote(&mut self, from: ActorId, context: &mut Context<'_>) {
        context.fact(Fact::Denied { term: self.term(), candidate: from });
        self.send(from, Body::VoteReply { granted: false }, context);
    }

    /// Yes if the candidate would get the vote of the next term, and no leader is heard.
    pub(super) fn on_prevote(&mut self, from: ActorId, term: Term, last: EntryId, context: &mut Context<'_>) {
        let (mine, heard) = (self.last(), self.heard_recently(context));
        let granted = term >= self.term() && last >= mine && !heard;
        let here = self.term();
        context.note(|| match (term >= here, last >= mine, heard) {
            (false, ..) => format!("would not vote: {from} is in term {term}, before mine, {here}"),
            (_, _, true) => "would not vote: I hear a leader".to_owned(),
            (_, false, _) => newer_log(last, mine),
            _ => format!("would vote for {from}: its log ends with {last}, mine with {mine}"),
        });
        self.send(from, Body::PreVoteReply { about: term.next(), granted }, context);
    }

    /// §5.2, §5.4.1: one vote a term, first come first served, and only for a log at least as new as its own.
    pub(super) fn on_vote(&mut self, from: ActorId, last: EntryId, context: &mut Context<'_>) {
        let (term, mine) = (self.term(), self.last());
        let free = self.hard.vote.is_none_or(|vote| vote == from);
        if !free || last < mine {
            let vote = self.hard.vote;
            context.note(|| match vote {
                Some(vote) if !free => format!("vote denied: mine went to {vote} in term {term}"),
                _ => newer_log(last, mine),
            });
            return self.deny_vote(from, context);
        }
        context.note(|| format!("vote granted: {from}'s log ends with {last}, mine with {mine}"));
        if self.hard.vote.is_none() {
            self.persist(Write::Vote(from), context);
            context.fact(Fact::Voted { term, candidate: from });
        }
        self.reset_election_timer(context);
        self.send_durably(from, Body::VoteReply { granted: true }, context);
    }

    /// Ongaro 2014, §3.10: the leader wants this node to take over, now.
    pub(super) fn on_timeout_now(&mut self, from: ActorId, context: &mut Context<'_>) {
        if self.leads() || !self.is_voter() {
            context.note(|| format!("{from} asks for an election, but this node cannot stand"));
            return;
        }
        self.campaign(true, context);
    }

    // --- as the one who asks ---

    pub(super) fn on_prevote_reply(
        &mut self,
        from: ActorId,
        about: Term,
        granted: bool,
        context: &mut Context<'_>,
    ) {
        let next = self.term().next();
        let Role::PreCandidate(votes) = &mut self.role else {
            context.note(|| "an answer to a pre-vote that is over counts for nothing".into());
            return;
        };
        if about != next {
            return;
        }
        if granted {
            votes.granted.insert(from)
        } else {
            votes.denied.insert(from)
        };
        let granted = votes.granted.clone();
        if self.members().are_majority(&granted) {
            context
                .note(|| format!("{} of {} would vote for it", granted.len(), self.members().voters().len()));
            self.campaign(false, context);
        }
    }

    pub(super) fn on_vote_reply(&mut self, from: ActorId, granted: bool, context: &mut Context<'_>) {
        let Role::Candidate(votes) = &mut self.role else { return };
        let new = if granted { votes.granted.insert(from) } else { votes.denied.insert(from) };
        let votes = votes.clone();
        if granted && new {
            context.fact(Fact::Granted { term: self.term(), voter: from });
        }
        let of = self.members().voters().len();
        // One that could forget its term must not lead in it: restarted, it might be elected in the same term again.
        let sure = !self.is_syncing();
        if self.members().are_majority(&votes.granted) && !sure {
            context.note(|| format!("{} of {of} votes; its own is still being written", votes.granted.len()));
        } else if self.members().are_majority(&votes.granted) {
            context.note(|| format!("{} of {of} votes: elected", votes.granted.len()));
            self.become_leader(context);
        } else if self.members().are_majority(&votes.denied) {
            context.note(|| format!("{} of {of} said no: not in this term", votes.denied.len()));
        }
    }
}

/// Why a log is not new enough: the rule with its values.
fn newer_log(last: EntryId, mine: EntryId) -> String {
    if last.term < mine.term {
        format!("vote denied: candidate's last term {} < mine {}", last.term, mine.term)
    } else {
        format!("vote denied: candidate's log ends at {}, before mine, {}", last.index, mine.index)
    }
}
