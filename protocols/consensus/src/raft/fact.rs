//! What becomes so at nodes and clients: feeds monitors, bands, measures, lesson conditions.

use super::log::{EntryId, LogIndex, Term};
use super::members::Members;
use serde::Serialize;
use sim::ActorId;
use sim::story::{Rank, Role, Value};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// Why a node follows from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Why {
    /// It has just started.
    Started,
    /// It heard of a newer term from that node.
    NewerTerm(ActorId),
    /// It heard a leader of its own term.
    HeardLeader(ActorId),
    /// It led and heard no majority.
    NoQuorum,
    /// It led and is no longer a member.
    Removed,
}

/// How a read was made sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Sure {
    /// A majority confirmed that it still leads.
    Asked,
    /// Its lease had not run out.
    Lease,
    /// Not at all.
    NotAtAll,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Fact {
    /// Follows in this term.
    Follower {
        /// Its term.
        term: Term,
        /// Why.
        why: Why,
        /// What it was before.
        led: bool,
    },
    /// Asks whether it would be elected.
    PreCandidate {
        /// Its term, not yet the next.
        term: Term,
    },
    /// Asks for votes.
    Candidate {
        /// Its new term.
        term: Term,
        /// The leader asked it to.
        transfer: bool,
    },
    /// Leads.
    Leader {
        /// Its term.
        term: Term,
        /// Its newest entry then.
        last: EntryId,
    },
    /// Knows the leader of its term.
    Follows {
        /// The term.
        term: Term,
        /// Its leader.
        leader: ActorId,
    },
    /// Gave its vote.
    Voted {
        /// In that term.
        term: Term,
        /// To whom.
        candidate: ActorId,
    },
    /// As candidate: has this node's vote.
    Granted {
        /// In that term.
        term: Term,
        /// Whose.
        voter: ActorId,
    },
    /// Denied its vote.
    Denied {
        /// In that term.
        term: Term,
        /// To whom.
        candidate: ActorId,
    },
    /// Entries were added to its log.
    Appended {
        /// The first new one.
        from: LogIndex,
        /// The newest.
        last: EntryId,
    },
    /// Entries were removed from its log.
    Truncated {
        /// The first one removed.
        from: EntryId,
        /// The last one removed.
        last: EntryId,
    },
    /// Knows that entries are committed.
    Committed {
        /// The first newly known.
        from: LogIndex,
        /// The last.
        index: LogIndex,
        /// Whether it found out itself, as a leader, by counting.
        counted: bool,
    },
    /// Applied entries to its store.
    Applied {
        /// The last one.
        index: LogIndex,
    },
    /// A snapshot took the place of entries.
    Compacted {
        /// The last one it covers.
        last: EntryId,
    },
    /// Took over the leader's snapshot.
    Installed {
        /// The last entry it covers.
        last: EntryId,
        /// From whom.
        leader: ActorId,
    },
    /// Another configuration is in force in its log.
    Members {
        /// Who votes.
        members: Members,
        /// The entry.
        index: LogIndex,
    },
    /// As leader: this node is a member now, and that is committed.
    Added {
        /// Who.
        node: ActorId,
    },
    /// As leader: this node is no longer a member, and that is committed.
    Removed {
        /// Who.
        node: ActorId,
    },
    /// As leader: a node catches up before it may vote.
    CatchingUp {
        /// Who.
        node: ActorId,
    },
    /// As leader: an order was not carried out.
    Declined {
        /// The order and the reason.
        reason: Arc<str>,
    },
    /// As leader: gives its office to that node.
    Transferring {
        /// To whom.
        to: ActorId,
    },
    /// As leader: that took too long, and it goes on leading.
    TransferFailed {
        /// To whom.
        to: ActorId,
    },
    /// As leader: said ok for an entry.
    Acknowledged {
        /// To whom.
        client: ActorId,
        /// The entry.
        entry: EntryId,
        /// How it reads.
        text: Arc<str>,
    },
    /// As leader: answered a read.
    Read {
        /// To whom.
        client: ActorId,
        /// What.
        text: Arc<str>,
        /// How it made sure.
        sure: Sure,
    },
    /// A retry was recognised: its request had been applied.
    Deduplicated {
        /// Whose.
        client: ActorId,
    },
    /// Recovered with fewer entries than it had written.
    Recovered {
        /// The newest entry it found.
        last: EntryId,
        /// Whether a torn record was found after it.
        torn: bool,
    },
    /// A client asks.
    Asked {
        /// What.
        text: Arc<str>,
        /// Whom.
        node: ActorId,
    },
    /// A client asks again.
    Retried {
        /// What.
        text: Arc<str>,
        /// Whom, this time.
        node: ActorId,
    },
    /// A client was answered.
    Answered {
        /// To what.
        text: Arc<str>,
        /// The answer.
        answer: Arc<str>,
        /// By whom.
        node: ActorId,
    },
    /// A client was told to ask elsewhere.
    Redirected {
        /// By whom.
        node: ActorId,
        /// What it asked.
        text: Arc<str>,
    },
    /// A client gave up, and does not know.
    GaveUp {
        /// On what.
        text: Arc<str>,
    },
}

fn role(rank: Rank, label: &'static str, term: Term) -> Option<Role> {
    Some(Role { rank, label, version: term.0 })
}

impl sim::Fact for Fact {
    fn name(&self) -> &'static str {
        match self {
            Fact::Follower { .. } => "follower",
            Fact::PreCandidate { .. } => "precandidate",
            Fact::Candidate { .. } => "candidate",
            Fact::Leader { .. } => "leader",
            Fact::Follows { .. } => "follows",
            Fact::Voted { .. } => "voted",
            Fact::Granted { .. } => "granted",
            Fact::Denied { .. } => "denied",
            Fact::Appended { .. } => "appended",
            Fact::Truncated { .. } => "truncated",
            Fact::Committed { .. } => "committed",
            Fact::Applied { .. } => "applied",
            Fact::Compacted { .. } => "compacted",
            Fact::Installed { .. } => "installed",
            Fact::Members { .. } => "members",
            Fact::Added { .. } => "added",
            Fact::Removed { .. } => "removed",
            Fact::CatchingUp { .. } => "catching-up",
            Fact::Declined { .. } => "declined",
            Fact::Transferring { .. } => "transferring",
            Fact::TransferFailed { .. } => "transfer-failed",
            Fact::Acknowledged { .. } => "acknowledged",
            Fact::Read { .. } => "read",
            Fact::Deduplicated { .. } => "deduplicated",
            Fact::Recovered { .. } => "recovered",
            Fact::Asked { .. } => "asked",
            Fact::Retried { .. } => "retried",
            Fact::Answered { .. } => "answered",
            Fact::Redirected { .. } => "redirected",
            Fact::GaveUp { .. } => "gave-up",
        }
    }

    fn values(&self) -> SmallVec<[Value; 3]> {
        let text = |text: &Arc<str>| Value::Text(Arc::clone(text));
        match self {
            Fact::Follower { term, .. }
            | Fact::PreCandidate { term }
            | Fact::Candidate { term, .. }
            | Fact::Leader { term, .. } => smallvec![term.0.into()],
            Fact::Follows { term, leader } => smallvec![term.0.into(), Value::Actor(*leader)],
            Fact::Voted { term, candidate } | Fact::Denied { term, candidate } => {
                smallvec![term.0.into(), Value::Actor(*candidate)]
            }
            Fact::Granted { term, voter } => smallvec![term.0.into(), Value::Actor(*voter)],
            Fact::Appended { from, last } => {
                smallvec![last.index.0.into(), last.term.0.into(), from.0.into()]
            }
            Fact::Truncated { from, last } => smallvec![from.index.0.into(), last.index.0.into()],
            Fact::Committed { index, .. } | Fact::Applied { index } => smallvec![index.0.into()],
            Fact::Compacted { last } | Fact::Recovered { last, .. } => smallvec![last.index.0.into()],
            Fact::Installed { last, leader } => smallvec![last.index.0.into(), Value::Actor(*leader)],
            Fact::Members { members, index } => {
                let voters = members.voters().iter().map(|voter| Value::Actor(*voter));
                smallvec![index.0.into(), Value::List(voters.collect())]
            }
            Fact::Added { node } | Fact::Removed { node } | Fact::CatchingUp { node } => {
                smallvec![Value::Actor(*node)]
            }
            Fact::Declined { reason } => smallvec![text(reason)],
            Fact::Transferring { to } | Fact::TransferFailed { to } => smallvec![Value::Actor(*to)],
            Fact::Acknowledged { client, entry, text: what } => {
                smallvec![Value::Actor(*client), text(what), entry.index.0.into()]
            }
            Fact::Read { client, text: what, .. } => smallvec![Value::Actor(*client), text(what)],
            Fact::Deduplicated { client } => smallvec![Value::Actor(*client)],
            Fact::Asked { text: what, node }
            | Fact::Retried { text: what, node }
            | Fact::Redirected { text: what, node } => smallvec![text(what), Value::Actor(*node)],
            Fact::Answered { text: what, answer, node } => {
                smallvec![text(what), text(answer), Value::Actor(*node)]
            }
            Fact::GaveUp { text: what } => smallvec![text(what)],
        }
    }

    fn role(&self) -> Option<Role> {
        match self {
            Fact::Follower { term, .. } => role(Rank::Follower, "follower", *term),
            Fact::PreCandidate { term } => role(Rank::Candidate, "pre-candidate", *term),
            Fact::Candidate { term, .. } => role(Rank::Candidate, "candidate", *term),
            Fact::Leader { term, .. } => role(Rank::Leader, "leader", *term),
            _ => None,
        }
    }

    fn sentence(&self, actor: ActorId) -> String {
        sentence(self, actor)
    }

    fn matters(&self) -> bool {
        match self {
            Fact::Leader { .. } | Fact::Candidate { .. } => true,
            Fact::Follower { led, .. } => *led,
            Fact::Truncated { .. }
            | Fact::Installed { .. }
            | Fact::Added { .. }
            | Fact::Removed { .. }
            | Fact::Declined { .. }
            | Fact::Transferring { .. }
            | Fact::TransferFailed { .. }
            | Fact::Deduplicated { .. }
            | Fact::Answered { .. }
            | Fact::GaveUp { .. } => true,
            _ => false,
        }
    }
}

fn span_of(from: LogIndex, to: LogIndex) -> String {
    if from == to { format!("entry {to}") } else { format!("entries {from} to {to}") }
}

fn sentence(fact: &Fact, me: ActorId) -> String {
    match fact {
        Fact::Follower { term, why, led } => follower(me, *term, *why, *led),
        Fact::PreCandidate { term } => {
            format!("{me} hears no leader and asks whether it would be elected in term {}", term.next())
        }
        Fact::Candidate { term, transfer: false } => format!("{me} asks for votes in term {term}"),
        Fact::Candidate { term, transfer: true } => {
            format!("{me} asks for votes in term {term}, as the leader told it to")
        }
        Fact::Leader { term, .. } => format!("{me} became leader of term {term}"),
        Fact::Follows { term, leader } => format!("{me} follows {leader} in term {term}"),
        Fact::Voted { term, candidate } => format!("{me} voted for {candidate} in term {term}"),
        Fact::Granted { term, voter } => format!("{me} has the vote of {voter} in term {term}"),
        Fact::Denied { term, candidate } => format!("{me} denied {candidate} its vote in term {term}"),
        Fact::Appended { from, last } => {
            format!("{me} wrote {} of term {}", span_of(*from, last.index), last.term)
        }
        Fact::Truncated { from, last } => {
            let what = span_of(from.index, last.index);
            format!("{me} removed {what} of term {}: the leader has others there", from.term)
        }
        Fact::Committed { index, counted: true, .. } => {
            format!("{me} committed up to {index}: a majority has it")
        }
        Fact::Committed { index, .. } => format!("{me} knows that all up to {index} is committed"),
        Fact::Applied { index } => format!("{me} applied up to {index}"),
        Fact::Compacted { last } => format!("{me} replaced all up to {} by a snapshot", last.index),
        Fact::Installed { last, leader } => {
            format!("{me} took over {leader}'s snapshot of all up to {}", last.index)
        }
        Fact::Members { members, index } => format!("{me} goes by the members of entry {index}: {members}"),
        Fact::Added { node } => format!("{node} is a member now"),
        Fact::Removed { node } => format!("{node} is no longer a member"),
        Fact::CatchingUp { node } => format!("{me} brings {node} up to date before it may vote"),
        Fact::Declined { reason } => format!("{me} declined: {reason}"),
        Fact::Transferring { to } => format!("{me} gives its office to {to}"),
        Fact::TransferFailed { to } => format!("{to} did not take over in time, {me} goes on leading"),
        Fact::Acknowledged { client, text, .. } => format!("{me} said ok to {client}: {text}"),
        Fact::Read { client, text, sure } => {
            let how = match sure {
                Sure::Asked => "a majority confirmed that it leads",
                Sure::Lease => "its lease holds",
                Sure::NotAtAll => "it asked nobody",
            };
            format!("{me} answered {client}: {text} ({how})")
        }
        Fact::Deduplicated { client } => {
            format!("{me} knows this request of {client}: it was applied before")
        }
        Fact::Recovered { last, torn } => {
            let torn = if *torn { ", after it a torn record" } else { "" };
            format!("{me} found its log up to {}{torn}", last.index)
        }
        Fact::Asked { text, node } => format!("{me} asks {node}: {text}"),
        Fact::Retried { text, node } => format!("{me} tries again and asks {node}: {text}"),
        Fact::Answered { text, answer, node } => format!("{node} answered {me}: {text}, {answer}"),
        Fact::Redirected { node, text } => format!("{node} sent {me} elsewhere: {text}"),
        Fact::GaveUp { text } => format!("{me} gave up on {text}, and does not know what became of it"),
    }
}

fn follower(me: ActorId, term: Term, why: Why, led: bool) -> String {
    let stepped = if led { "stepped down" } else { "follows" };
    match why {
        Why::Started => format!("{me} starts as a follower in term {term}"),
        Why::NewerTerm(from) => format!("{me} {stepped}: {from} is in term {term}"),
        Why::HeardLeader(leader) => format!("{me} {stepped}: {leader} leads term {term}"),
        Why::NoQuorum => format!("{me} stepped down: it hears no majority"),
        Why::Removed => format!("{me} stepped down: it is no longer a member"),
    }
}
