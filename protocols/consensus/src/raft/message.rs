//! What travels: between nodes (figure 2, figure 13; pre-vote and TimeoutNow from Ongaro 2014), and between clients and
//! nodes.

use super::hard::Snapshot;
use super::log::{Entry, EntryId, LogIndex, Term};
use super::store::{Operation, Response};
use serde::Serialize;
use sim::ActorId;
use std::sync::Arc;

/// A message. Those of clients carry term 0.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// The sender's term.
    pub term: Term,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Clone, Debug, Serialize)]
pub enum Body {
    /// Would you vote for me in the next term? (Ongaro 2014, §9.6)
    PreVote {
        /// The candidate's newest entry.
        last: EntryId,
    },
    /// The answer to a pre-vote.
    PreVoteReply {
        /// The term the question was about: an answer that comes late counts for nothing.
        about: Term,
        /// Yes or no.
        granted: bool,
    },
    /// RequestVote (§5.2).
    Vote {
        /// The candidate's newest entry.
        last: EntryId,
        /// The leader itself asked for this election: a node that hears it must not protect it.
        transfer: bool,
    },
    /// The answer to a vote request.
    VoteReply {
        /// Yes or no.
        granted: bool,
    },
    /// AppendEntries (§5.3); without entries a heartbeat.
    Append {
        /// The entry before the new ones.
        previous: EntryId,
        /// The new ones.
        entries: Arc<[Entry]>,
        /// The leader's commit index.
        committed: LogIndex,
        /// Which of the leader's rounds this belongs to: answers confirm that it still leads (§8).
        round: u64,
    },
    /// The follower's log matches the leader's up to here, durably.
    Matched {
        /// Up to here.
        index: LogIndex,
        /// The round it answers.
        round: u64,
        /// Whether it answers a heartbeat.
        idle: bool,
    },
    /// The follower has no such previous entry (§5.3, fast back-up).
    Refused {
        /// The previous entry's index.
        previous: LogIndex,
        /// The term the follower has there; none where its log is shorter.
        term: Option<Term>,
        /// The first index of that term, or the end of its log plus one.
        first: LogIndex,
        /// The round it answers.
        round: u64,
    },
    /// InstallSnapshot (§7), whole.
    Snapshot {
        /// The snapshot.
        snapshot: Arc<Snapshot>,
        /// Which round it belongs to.
        round: u64,
    },
    /// Start an election now: the leader gives its office to you (Ongaro 2014, §3.10).
    TimeoutNow,
    /// An operator's order to whoever leads (Ongaro 2014, figure 4.1).
    Order {
        /// What.
        verb: Order,
        /// Which node.
        node: ActorId,
    },
    /// A client's request.
    Request {
        /// Its number; a retry has the same.
        sequence: u64,
        /// What.
        operation: Operation,
    },
    /// The answer to a request.
    Reply {
        /// Which request.
        sequence: u64,
        /// The answer.
        answer: Answer,
    },
}

/// What an operator may order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Order {
    /// AddServer.
    Add,
    /// RemoveServer.
    Remove,
    /// Give the office away.
    Transfer,
}

impl Order {
    /// As verbs name it.
    pub fn name(self) -> &'static str {
        match self {
            Order::Add => "add",
            Order::Remove => "remove",
            Order::Transfer => "transfer",
        }
    }

    /// The order of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Order::Add, Order::Remove, Order::Transfer].into_iter().find(|order| order.name() == name)
    }
}

/// What a node answers to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Answer {
    /// It was done, and this came out.
    Response(Response),
    /// This node does not lead; that one may.
    NotLeader {
        /// Whom it believes to lead.
        leader: Option<ActorId>,
    },
}

impl Message {
    /// A message without a term: from or to a client.
    pub fn of_client(body: Body) -> Self {
        Self { term: Term(0), body }
    }
}

fn word(value: &Option<Arc<str>>) -> &str {
    value.as_deref().unwrap_or(super::store::NOTHING)
}

impl Answer {
    fn label(&self) -> String {
        match self {
            Answer::Response(Response::Done) => "ok".to_owned(),
            Answer::Response(Response::Value(value)) => word(value).to_owned(),
            Answer::Response(Response::Mismatch(found)) => format!("no: {}", word(found)),
            Answer::Response(Response::Late) => "too late".to_owned(),
            Answer::NotLeader { leader: Some(leader) } => format!("ask {leader}"),
            Answer::NotLeader { leader: None } => "no leader".to_owned(),
        }
    }
}

/// Entries as LOOK's notation has them: `[2@1 3@1]`.
fn listed(previous: EntryId, entries: &[Entry]) -> String {
    let names = (1..).zip(entries).map(|(at, entry)| {
        let id = EntryId { term: entry.term, index: previous.index.plus(at) };
        id.to_string()
    });
    names.collect::<Vec<_>>().join(" ")
}

impl sim::Message for Message {
    fn kind(&self) -> &'static str {
        match &self.body {
            Body::PreVote { .. } => "prevote",
            Body::PreVoteReply { .. } => "prevoted",
            Body::Vote { .. } => "vote",
            Body::VoteReply { .. } => "voted",
            Body::Append { entries, .. } if entries.is_empty() => "heartbeat",
            Body::Append { .. } => "append",
            Body::Matched { .. } => "matched",
            Body::Refused { .. } => "refused",
            Body::Snapshot { .. } => "snapshot",
            Body::TimeoutNow => "timeout-now",
            Body::Order { verb, .. } => verb.name(),
            Body::Request { operation, .. } => operation.kind(),
            Body::Reply { .. } => "reply",
        }
    }

    fn asks(&self) -> bool {
        matches!(
            self.body,
            Body::PreVote { .. }
                | Body::Vote { .. }
                | Body::Append { .. }
                | Body::Snapshot { .. }
                | Body::TimeoutNow
                | Body::Order { .. }
                | Body::Request { .. }
        )
    }

    fn label(&self) -> String {
        match &self.body {
            Body::PreVote { .. } => format!("vote {}?", self.term.next()),
            Body::Vote { .. } => format!("vote {}", self.term),
            Body::PreVoteReply { granted: true, .. } => "would".to_owned(),
            Body::PreVoteReply { granted: false, .. } | Body::VoteReply { granted: false } => "no".to_owned(),
            Body::VoteReply { granted: true } => "yes".to_owned(),
            Body::Append { entries, .. } => match &entries[..] {
                [] => "heartbeat".to_owned(),
                [one] => format!("add {}", one.payload.text()),
                many => format!("add {}", many.len()),
            },
            Body::Matched { .. } => "ok".to_owned(),
            Body::Refused { .. } => "refused".to_owned(),
            Body::Snapshot { snapshot, .. } => format!("snapshot {}", snapshot.last.index),
            Body::TimeoutNow => "you lead".to_owned(),
            Body::Order { verb, node } => format!("{} {node}", verb.name()),
            Body::Request { operation, .. } => operation.label(),
            Body::Reply { answer, .. } => answer.label(),
        }
    }

    fn detail(&self) -> String {
        let term = self.term;
        match &self.body {
            Body::PreVote { last } => format!("pre-vote for term {}, last entry {last}", term.next()),
            Body::PreVoteReply { about, granted } => {
                format!("{} in term {about}", if *granted { "would vote" } else { "would not vote" })
            }
            Body::Vote { last, transfer } => {
                let why = if *transfer { ", asked by the leader" } else { "" };
                format!("vote in term {term}, last entry {last}{why}")
            }
            Body::VoteReply { granted: true } => format!("vote granted in term {term}"),
            Body::VoteReply { granted: false } => format!("vote denied in term {term}"),
            Body::Append { previous, entries, committed, .. } => {
                format!("append after {previous} [{}] committed {committed}", listed(*previous, entries))
            }
            Body::Matched { index, .. } => format!("matched {index}"),
            Body::Refused { previous, term: Some(at), first, .. } => {
                format!("refused after {previous}: has term {at} there, from {first} on")
            }
            Body::Refused { previous, term: None, first, .. } => {
                format!("refused after {previous}: log ends at {}", first.previous())
            }
            Body::Snapshot { snapshot, .. } => format!("snapshot up to {}", snapshot.last),
            Body::TimeoutNow => "start an election now".to_owned(),
            Body::Order { verb, node } => format!("order: {} {node}", verb.name()),
            Body::Request { sequence, operation } => format!("request {sequence}: {}", operation.label()),
            Body::Reply { sequence, answer } => format!("reply to {sequence}: {}", answer.label()),
        }
    }

    fn bytes(&self) -> u32 {
        let size = match &self.body {
            Body::Append { entries, .. } => 48 + 64 * entries.len(),
            Body::Snapshot { snapshot, .. } => 128 + 64 * snapshot.store.values().count(),
            _ => 48,
        };
        u32::try_from(size).unwrap_or(u32::MAX)
    }

    fn routine(&self) -> bool {
        matches!(&self.body, Body::Append { entries, .. } if entries.is_empty())
            || matches!(self.body, Body::Matched { idle: true, .. })
    }
}

#[cfg(test)]
mod tests {
    use super::super::log::Payload;
    use super::*;
    use sim::Message as _;

    #[test]
    fn messages_read_in_the_notation_of_the_field() {
        let entries = Arc::from([Entry { term: Term(1), payload: Payload::Start }]);
        let body = Body::Append { previous: EntryId::new(1, 1), entries, committed: LogIndex(1), round: 3 };
        let append = Message { term: Term(3), body };
        assert_eq!(append.detail(), "append after 1@1 [2@1] committed 1");
        assert_eq!((append.label(), append.kind()), ("add start".to_owned(), "append"));
        let vote = Message { term: Term(2), body: Body::Vote { last: EntryId::ZERO, transfer: false } };
        assert_eq!(vote.label(), "vote 2");
        assert!(vote.asks());
    }
}
