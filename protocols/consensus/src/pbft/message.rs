//! What replicas and clients say to each other (sections 4.1 to 4.4), each thing signed by whoever says it.
//!
//! A message's sender on the network is of no importance: what counts is the signature on what it carries. So anybody may
//! pass on what another said ([`Message::Relay`], the certificates in [`ViewChange`] and [`NewView`]), and nobody can say
//! it for them.

use super::keys::{Digest, Hashing, Signature, Statement};
use crate::raft::store::{NOTHING, Operation, Response, Store};
use serde::Serialize;
use sim::ActorId;
use std::fmt;
use std::sync::Arc;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize)]
        pub struct $name(pub u64);

        impl $name {
            /// The next one.
            pub fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

number! {
    /// A view: a configuration in which one replica is the primary. The first is 1.
    View
}
number! {
    /// A sequence number: a place in the order of requests. The first is 1.
    Number
}

/// Kinds of statements; each number stands first in what is signed or digested.
mod kind {
    pub const REQUEST: u64 = 16;
    pub const REPLY: u64 = 17;
    pub const VIEW_CHANGE: u64 = 18;
    pub const NEW_VIEW: u64 = 19;
    pub const RESPONSE: u64 = 20;
    pub const STATE: u64 = 21;
}

/// What a vote says about a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Phase {
    /// The primary: this request is to have this number.
    PrePrepare,
    /// A backup: I accept that, and no other in this view.
    Prepare,
    /// I have seen that enough others accept it.
    Commit,
    /// My state after this number has this digest.
    Checkpoint,
}

impl Phase {
    /// As the paper calls it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::PrePrepare => "pre-prepare",
            Phase::Prepare => "prepare",
            Phase::Commit => "commit",
            Phase::Checkpoint => "checkpoint",
        }
    }
}

/// One replica's word on one number: `⟨PREPARE, v, n, d, i⟩` and its like (sections 4.2, 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Vote {
    /// What it says.
    pub phase: Phase,
    /// In which view; 0 in a checkpoint, which is of no view.
    pub view: View,
    /// Of which number.
    pub number: Number,
    /// Of which request, or state.
    pub digest: Digest,
    /// Who says it.
    pub by: ActorId,
    /// Its signature.
    pub signature: Signature,
}

impl Vote {
    /// What is signed.
    pub fn statement(phase: Phase, view: View, number: Number, digest: Digest) -> Statement {
        let [a, b, c, d] = digest.0;
        Statement([phase as u64, view.0, number.0, a, b, c, d, 0])
    }

    /// What this one's signature is under.
    pub fn signed(&self) -> Statement {
        Self::statement(self.phase, self.view, self.number, self.digest)
    }

    /// Whether it speaks of the same request under the same number of the same view.
    pub fn matches(&self, other: &Vote) -> bool {
        (self.view, self.number, self.digest) == (other.view, other.number, other.digest)
    }

    fn absorb(&self, hashing: &mut Hashing) {
        hashing.words(&self.signed().0);
        hashing.word(u64::from(self.by.raw()));
        hashing.words(self.signature.words());
    }
}

impl fmt::Display for Vote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { phase, view, number, digest, by, .. } = self;
        match phase {
            Phase::Checkpoint => write!(f, "checkpoint after {number}: state {digest} ({by})"),
            _ => write!(f, "{} {number}@{view} {digest} ({by})", phase.name()),
        }
    }
}

/// A client's request: `⟨REQUEST, o, t, c⟩` (section 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Who asks.
    pub client: ActorId,
    /// The how-manieth request of that client; a retry has the same.
    pub timestamp: u64,
    /// What.
    pub operation: Operation,
    /// To be answered at once from what was executed so far (section 5.1): reads only.
    pub direct: bool,
    /// The client's signature.
    pub signature: Signature,
}

impl Request {
    /// The digest of a request of these contents.
    pub fn digest_of(client: ActorId, timestamp: u64, operation: &Operation) -> Digest {
        let mut hashing = Hashing::new(kind::REQUEST);
        hashing.words(&[u64::from(client.raw()), timestamp]);
        hashing.text(operation.kind());
        hashing.text(operation.key());
        match operation {
            Operation::Get { .. } => {}
            Operation::Put { value, .. } | Operation::Append { value, .. } => hashing.text(value),
            Operation::Cas { from, to, .. } => {
                hashing.word(u64::from(from.is_some()));
                hashing.text(from.as_deref().unwrap_or_default());
                hashing.text(to);
            }
        }
        hashing.digest()
    }

    /// Its digest.
    pub fn digest(&self) -> Digest {
        Self::digest_of(self.client, self.timestamp, &self.operation)
    }

    /// In a word: `milk`, `read`.
    pub fn text(&self) -> Arc<str> {
        if self.operation.is_read() { "read".into() } else { self.operation.text().into() }
    }

    /// What its client signs.
    pub fn statement(client: ActorId, timestamp: u64, digest: Digest, direct: bool) -> Statement {
        let [a, b, c, d] = digest.0;
        Statement([kind::REQUEST, u64::from(client.raw()), timestamp, a, b, c, d, u64::from(direct)])
    }
}

/// A replica's answer to a client: `⟨REPLY, v, t, c, i, r⟩` (section 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// The view the replica is in: so clients know the primary.
    pub view: View,
    /// To whose request.
    pub client: ActorId,
    /// To which.
    pub timestamp: u64,
    /// The result.
    pub response: Response,
    /// Answered at once, not in order.
    pub direct: bool,
    /// Who answers.
    pub by: ActorId,
    /// Its signature.
    pub signature: Signature,
}

impl Reply {
    /// What is signed.
    pub fn statement(
        view: View,
        client: ActorId,
        timestamp: u64,
        response: &Response,
        direct: bool,
    ) -> Statement {
        let mut hashing = Hashing::new(kind::RESPONSE);
        hashing.word(u64::from(direct));
        absorb_response(response, &mut hashing);
        let [a, b, c, d] = hashing.digest().0;
        Statement([kind::REPLY, view.0, u64::from(client.raw()), timestamp, a, b, c, d])
    }

    /// What this one's signature is under.
    pub fn signed(&self) -> Statement {
        Self::statement(self.view, self.client, self.timestamp, &self.response, self.direct)
    }
}

fn absorb_response(response: &Response, hashing: &mut Hashing) {
    let (kind, value) = match response {
        Response::Done => (0, None),
        Response::Value(value) => (1, value.as_deref()),
        Response::Mismatch(value) => (2, value.as_deref()),
        Response::Late => (3, None),
    };
    hashing.words(&[kind, u64::from(value.is_some())]);
    hashing.text(value.unwrap_or_default());
}

/// An answer as a person reads it: `ok`, `milk`.
pub fn answer(response: &Response) -> String {
    match response {
        Response::Done => "ok".to_owned(),
        Response::Value(value) => value.as_deref().unwrap_or(NOTHING).to_owned(),
        Response::Mismatch(found) => format!("no: {}", found.as_deref().unwrap_or(NOTHING)),
        Response::Late => "too late".to_owned(),
    }
}

/// What was executed up to a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// Up to here.
    pub number: Number,
    /// What all of it made.
    pub store: Store,
    /// Its digest, as whoever made or checked this snapshot worked it out.
    pub digest: Digest,
}

impl Snapshot {
    /// Of a state.
    pub fn new(number: Number, store: Store) -> Self {
        let digest = Self::digest_of(number, &store);
        Self { number, store, digest }
    }

    /// The digest that its checkpoint messages must have.
    pub fn digest_of(number: Number, store: &Store) -> Digest {
        let mut hashing = Hashing::new(kind::STATE);
        hashing.word(number.0);
        for (key, value) in store.values() {
            hashing.text(key);
            hashing.text(value);
        }
        for (client, session) in store.sessions() {
            hashing.words(&[u64::from(client.raw()), session.sequence]);
            absorb_response(&session.response, &mut hashing);
        }
        hashing.digest()
    }
}

/// Proof that a request prepared: the set P_m of section 4.4, a pre-prepare and 2f matching prepares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// The primary's word.
    pub pre_prepare: Vote,
    /// The backups'.
    pub prepares: Arc<[Vote]>,
}

/// `⟨VIEW-CHANGE, v+1, n, C, P, i⟩` (section 4.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ViewChange {
    /// The view asked for.
    pub view: View,
    /// The sender's last stable checkpoint.
    pub stable: Number,
    /// C: 2f+1 checkpoint messages that prove it; none are needed for 0.
    pub proof: Arc<[Vote]>,
    /// P: a certificate for each later number that prepared at the sender, by number.
    pub prepared: Arc<[Arc<Certificate>]>,
    /// Who asks.
    pub by: ActorId,
    /// Its signature.
    pub signature: Signature,
}

impl ViewChange {
    /// What is signed, from its parts.
    pub fn statement(view: View, stable: Number, proof: &[Vote], prepared: &[Arc<Certificate>]) -> Statement {
        let mut hashing = Hashing::new(kind::VIEW_CHANGE);
        hashing.word(proof.len() as u64);
        proof.iter().for_each(|vote| vote.absorb(&mut hashing));
        for certificate in prepared {
            certificate.pre_prepare.absorb(&mut hashing);
            hashing.word(certificate.prepares.len() as u64);
            certificate.prepares.iter().for_each(|vote| vote.absorb(&mut hashing));
        }
        let [a, b, c, d] = hashing.digest().0;
        Statement([kind::VIEW_CHANGE, view.0, stable.0, a, b, c, d, 0])
    }

    /// What this one's signature is under.
    pub fn signed(&self) -> Statement {
        Self::statement(self.view, self.stable, &self.proof, &self.prepared)
    }
}

/// `⟨NEW-VIEW, v+1, V, O⟩` (section 4.4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewView {
    /// The view that begins.
    pub view: View,
    /// V: the 2f+1 view-change messages that ask for it.
    pub changes: Arc<[Arc<ViewChange>]>,
    /// O: pre-prepares of the new view for what those say, by number.
    pub proposals: Arc<[Vote]>,
    /// The new primary.
    pub by: ActorId,
    /// Its signature.
    pub signature: Signature,
}

impl NewView {
    /// What is signed, from its parts.
    pub fn statement(view: View, changes: &[Arc<ViewChange>], proposals: &[Vote]) -> Statement {
        let mut hashing = Hashing::new(kind::NEW_VIEW);
        for change in changes {
            hashing.word(u64::from(change.by.raw()));
            hashing.words(&change.signed().0);
            hashing.words(change.signature.words());
        }
        hashing.word(proposals.len() as u64);
        proposals.iter().for_each(|vote| vote.absorb(&mut hashing));
        let [a, b, c, d] = hashing.digest().0;
        Statement([kind::NEW_VIEW, view.0, 0, a, b, c, d, 0])
    }

    /// What this one's signature is under.
    pub fn signed(&self) -> Statement {
        Self::statement(self.view, &self.changes, &self.proposals)
    }
}

/// How far a replica is, said to whoever may help it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The view it is in, or asks for.
    pub view: View,
    /// Whether it asks for it.
    pub changing: bool,
    /// Its last stable checkpoint.
    pub stable: Number,
    /// Executed up to here.
    pub executed: Number,
}

/// All that a replica holds about one number, for one who lacks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Relayed {
    /// Which number.
    pub number: Number,
    /// The primary's word of this view.
    pub pre_prepare: Option<Vote>,
    /// The request itself.
    pub request: Option<Arc<Request>>,
    /// Everybody's prepares and commits.
    pub votes: Arc<[Vote]>,
}

/// What travels.
#[derive(Clone, Debug, Serialize)]
pub enum Message {
    /// A client's request, from it or passed on by a backup.
    Request(Arc<Request>),
    /// The primary's order, with the request it is about.
    PrePrepare {
        /// The order.
        vote: Vote,
        /// The request.
        request: Arc<Request>,
    },
    /// A prepare, commit or checkpoint.
    Vote(Vote),
    /// An answer to a client.
    Reply(Arc<Reply>),
    /// A replica asks for a new view.
    ViewChange(Arc<ViewChange>),
    /// The new view begins.
    NewView(Arc<NewView>),
    /// How far a replica is.
    Status(Status),
    /// What others said, passed on.
    Relay(Arc<[Relayed]>),
    /// Proof of a stable checkpoint.
    Proof(Arc<[Vote]>),
    /// Asks for the state of a checkpoint, at this number or later.
    Fetch(Number),
    /// The state of a stable checkpoint, and its proof.
    State {
        /// 2f+1 checkpoint messages.
        proof: Arc<[Vote]>,
        /// The state.
        snapshot: Arc<Snapshot>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Signature = Signature::Tag(0);

    fn vote(phase: Phase, number: u64) -> Vote {
        let (view, number) = (View(2), Number(number));
        Vote { phase, view, number, digest: Digest::NULL, by: ActorId::node(3), signature: NONE }
    }

    #[test]
    fn what_is_signed_tells_every_part() {
        let base = vote(Phase::Prepare, 7);
        let others = [
            Vote { phase: Phase::Commit, ..base },
            Vote { view: View(3), ..base },
            Vote { number: Number(8), ..base },
            Vote { digest: Digest([0, 0, 0, 1]), ..base },
        ];
        assert!(others.iter().all(|other| other.signed() != base.signed()));
        let reply = |response, direct| Reply::statement(View(1), ActorId::client(1), 1, &response, direct);
        let replies = [
            reply(Response::Done, false),
            reply(Response::Done, true),
            reply(Response::Value(None), false),
            reply(Response::Value(Some("".into())), false),
            reply(Response::Mismatch(None), false),
        ];
        for (at, one) in replies.iter().enumerate() {
            assert!(replies[..at].iter().all(|other| other != one), "{at}");
        }
    }
}
