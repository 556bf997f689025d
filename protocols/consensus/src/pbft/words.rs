//! How messages read: two words on a pill, everything in a tooltip, in the notation of the field: `7@2` is number 7 in
//! view 2.

use super::message::{Message, NewView, Number, Relayed, Reply, Request, Status, ViewChange, Vote, answer};
use std::fmt;

impl sim::Message for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Request(request) => request.operation.kind(),
            Message::PrePrepare { .. } => "pre-prepare",
            Message::Vote(vote) => vote.phase.name(),
            Message::Reply(_) => "reply",
            Message::ViewChange(_) => "view-change",
            Message::NewView(_) => "new-view",
            Message::Status(_) => "status",
            Message::Relay(_) => "relay",
            Message::Proof(_) => "proof",
            Message::Fetch(_) => "fetch",
            Message::State { .. } => "state",
        }
    }

    fn asks(&self) -> bool {
        matches!(
            self,
            Message::Request(_)
                | Message::PrePrepare { .. }
                | Message::ViewChange(_)
                | Message::Status(_)
                | Message::Fetch(_)
        )
    }

    fn label(&self) -> String {
        match self {
            Message::Request(request) => request.operation.label(),
            Message::PrePrepare { vote, request } => format!("{}: {}", vote.number, request.text()),
            Message::Vote(vote) => format!("{} {}", vote.phase.name(), vote.number),
            Message::Reply(reply) => answer(&reply.response),
            Message::ViewChange(change) => format!("view {}?", change.view),
            Message::NewView(new) => format!("view {}", new.view),
            Message::Status(status) => format!("I have {}", status.executed),
            Message::Relay(all) => match &all[..] {
                [one] => format!("votes {}", one.number),
                many => format!("votes {}", span_of(many)),
            },
            Message::Proof(votes) => {
                format!("stable {}", votes.first().map_or(Number(0), |vote| vote.number))
            }
            Message::Fetch(number) => format!("state {number}?"),
            Message::State { snapshot, .. } => format!("state {}", snapshot.number),
        }
    }

    fn detail(&self) -> String {
        match self {
            Message::Request(request) => {
                let direct = if request.direct { ", at once" } else { "" };
                let Request { client, timestamp, operation, .. } = &**request;
                format!("request {timestamp} of {client}: {}{direct}", operation.label())
            }
            Message::PrePrepare { vote, request } => format!("{vote}: {}", request.operation.label()),
            Message::Vote(vote) => vote.to_string(),
            Message::Reply(reply) => {
                let Reply { view, timestamp, response, by, .. } = &**reply;
                format!("reply to {timestamp} in view {view}: {} ({by})", answer(response))
            }
            Message::ViewChange(change) => change.to_string(),
            Message::NewView(new) => new.to_string(),
            Message::Status(status) => {
                let Status { view, changing, stable, executed } = status;
                let view =
                    if *changing { format!("asks for view {view}") } else { format!("in view {view}") };
                format!("status: {view}, stable {stable}, executed {executed}")
            }
            Message::Relay(all) => {
                let votes = match all.iter().map(|one| one.votes.len()).sum::<usize>() {
                    1 => "one vote".to_owned(),
                    many => format!("{many} votes"),
                };
                format!("passed on: {votes} on {}", span_of(all))
            }
            Message::Proof(votes) => match votes.first() {
                Some(vote) => format!("{} say: {vote}", votes.len()),
                None => "no proof".to_owned(),
            },
            Message::Fetch(number) => format!("fetch the state after {number} or later"),
            Message::State { snapshot, .. } => {
                format!("state after {}, digest {}", snapshot.number, snapshot.digest)
            }
        }
    }

    fn bytes(&self) -> u32 {
        const VOTE: usize = 128;
        let changed = |change: &ViewChange| {
            let prepared: usize = change.prepared.iter().map(|c| VOTE * (1 + c.prepares.len())).sum();
            96 + VOTE * change.proof.len() + prepared
        };
        let size = match self {
            Message::Request(_) | Message::Vote(_) | Message::Reply(_) => VOTE,
            Message::PrePrepare { .. } => 2 * VOTE,
            Message::ViewChange(change) => changed(change),
            Message::NewView(new) => {
                let changes: usize = new.changes.iter().map(|change| changed(change)).sum();
                96 + changes + VOTE * new.proposals.len()
            }
            Message::Status(_) | Message::Fetch(_) => 48,
            Message::Relay(all) => all.iter().map(|one| VOTE * (2 + one.votes.len())).sum(),
            Message::Proof(votes) => VOTE * votes.len(),
            Message::State { proof, snapshot } => {
                VOTE * proof.len()
                    + 64 * (snapshot.store.values().count() + snapshot.store.sessions().count())
            }
        };
        u32::try_from(size).unwrap_or(u32::MAX)
    }

    fn routine(&self) -> bool {
        matches!(self, Message::Status(_))
    }
}

fn span_of(all: &[Relayed]) -> String {
    match (all.first(), all.last()) {
        (Some(first), Some(last)) if first.number < last.number => {
            format!("{} to {}", first.number, last.number)
        }
        (Some(only), _) => only.number.to_string(),
        (None, _) => "nothing".to_owned(),
    }
}

impl fmt::Display for ViewChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { view, stable, prepared, by, .. } = self;
        let prepared = prepared.iter().map(|c| {
            let Vote { number, view, digest, .. } = c.pre_prepare;
            format!("{number}@{view} {digest}")
        });
        let prepared = prepared.collect::<Vec<_>>().join(", ");
        write!(f, "view-change to {view}: stable {stable}, prepared [{prepared}] ({by})")
    }
}

impl fmt::Display for NewView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.changes.iter().map(|change| change.by.to_string()).collect::<Vec<_>>().join(" ");
        let from = if from.is_empty() { "nobody" } else { &from };
        let order = self.proposals.iter().map(|vote| format!("{} {}", vote.number, vote.digest));
        let order = order.collect::<Vec<_>>().join(", ");
        write!(f, "new-view {}: asked for by {from}; order [{order}] ({})", self.view, self.by)
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::{Digest, Signature};
    use super::super::message::{Phase, View};
    use super::*;
    use crate::raft::store::Operation;
    use sim::{ActorId, Message as _};
    use std::sync::Arc;

    const NONE: Signature = Signature::Tag(0);

    fn vote(phase: Phase, number: u64) -> Vote {
        let (view, number) = (View(2), Number(number));
        Vote { phase, view, number, digest: Digest::NULL, by: ActorId::node(3), signature: NONE }
    }

    #[test]
    fn messages_read_in_the_notation_of_the_field() {
        let prepare = Message::Vote(vote(Phase::Prepare, 7));
        assert_eq!(prepare.detail(), "prepare 7@2 null (n3)");
        assert_eq!(
            (prepare.label(), prepare.kind(), prepare.asks()),
            ("prepare 7".to_owned(), "prepare", false)
        );
        let operation = Operation::Put { key: "list".into(), value: "milk".into() };
        let client = ActorId::client(1);
        let request = Request { client, timestamp: 4, operation, direct: false, signature: NONE };
        let order = Message::PrePrepare { vote: vote(Phase::PrePrepare, 7), request: Arc::new(request) };
        assert_eq!((order.label(), order.asks()), ("7: milk".to_owned(), true));
        assert_eq!(order.detail(), "pre-prepare 7@2 null (n3): write milk");
    }
}
