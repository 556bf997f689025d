//! What becomes so at nodes and clients: feeds monitors, bands, measures, lesson conditions.

use super::post::{Post, PostId};
use super::settings::Order;
use crate::logical::Hybrid;
use serde::Serialize;
use sim::story::{Rank, Role, Value};
use sim::{ActorId, Span, Time};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// How a node's wall clock was put right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Put {
    /// Little by little.
    Slewed,
    /// Forwards at once.
    Stepped,
    /// It was ahead, and stands still until it is right.
    Stands,
    /// It was ahead, and was set back.
    Back,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Fact {
    /// Keeps the time and grants leases, from now on.
    Keeps,
    /// Keeps the board, from now on.
    Serves {
        /// Posts of its own that its log has.
        posts: u32,
    },
    /// How far from the time a node may be.
    Doubts {
        /// ε: half of the interval.
        doubt: Span,
        /// How far its wall clock is behind by what it knows; negative: ahead.
        behind: i64,
    },
    /// A node's wall clock is put right.
    Adjusted {
        /// By so much.
        behind: i64,
        /// How.
        how: Put,
    },
    /// A post is taken and stamped.
    Posted {
        /// It.
        post: Arc<Post>,
        /// By what the board is sorted at that moment.
        order: Order,
    },
    /// A post was made durable and its time has passed: it is answered and told.
    Released {
        /// Which.
        id: PostId,
        /// What it says.
        text: Arc<str>,
        /// Its time.
        commit: Time,
    },
    /// Another node's post is heard.
    Heard {
        /// It.
        post: Arc<Post>,
        /// The hybrid clock, after that.
        hybrid: Hybrid,
        /// The wall clock that it was held against.
        wall: Time,
    },
    /// A stamp was too far ahead to be followed: the post is not taken.
    Refused {
        /// Which.
        id: PostId,
        /// How far.
        ahead: Span,
    },
    /// A request is known: it was made before.
    Recognised {
        /// Whose.
        client: ActorId,
        /// Its number.
        number: u64,
    },
    /// The lease is granted, or longer.
    Granted {
        /// Its number.
        epoch: u64,
        /// To whom.
        holder: ActorId,
    },
    /// A node holds the lease.
    Holds {
        /// Its number.
        epoch: u64,
    },
    /// It does no longer.
    Lapsed {
        /// Its number.
        epoch: u64,
    },
    /// Something is pinned.
    Pinned {
        /// Under which lease.
        epoch: u64,
        /// What.
        text: Arc<str>,
    },
    /// A client asks.
    Asked {
        /// What.
        text: Arc<str>,
        /// Whom.
        node: ActorId,
    },
    /// It asks again.
    Retried {
        /// What.
        text: Arc<str>,
        /// Whom.
        node: ActorId,
    },
    /// It was answered.
    Answered {
        /// To what.
        text: Arc<str>,
        /// By whom.
        node: ActorId,
    },
    /// It gave up, and does not know.
    GaveUp {
        /// On what.
        text: Arc<str>,
    },
}

pub(super) const MASTER: Role = Role { rank: Rank::Learner, label: "time server", version: 0 };
pub(super) const SERVER: Role = Role { rank: Rank::Follower, label: "server", version: 0 };

/// The role of who holds a lease.
pub(super) const fn holder(epoch: u64) -> Role {
    Role { rank: Rank::Leader, label: "holder", version: epoch }
}

fn micros(nanos: i64) -> Value {
    Value::Int(nanos / 1_000)
}

fn word(text: &Arc<str>) -> Value {
    Value::Text(Arc::clone(text))
}

/// `3.2 ms`, `-12 ms`.
pub(super) fn told(nanos: i64) -> String {
    let size = nanos.unsigned_abs();
    let sign = if nanos < 0 { "−" } else { "" };
    match size {
        0..=999_999 => format!("{sign}{} µs", size / 1_000),
        1_000_000..=99_999_999 => format!("{sign}{}.{} ms", size / 1_000_000, size / 100_000 % 10),
        100_000_000..=9_999_999_999 => format!("{sign}{} ms", size / 1_000_000),
        _ => format!("{sign}{} s", size / 1_000_000_000),
    }
}

fn signed(span: Span) -> i64 {
    i64::try_from(span.0).unwrap_or(i64::MAX)
}

impl sim::Fact for Fact {
    fn name(&self) -> &'static str {
        match self {
            Fact::Keeps => "keeps",
            Fact::Serves { .. } => "serves",
            Fact::Doubts { .. } => "doubts",
            Fact::Adjusted { how: Put::Slewed, .. } => "slewed",
            Fact::Adjusted { how: Put::Stepped, .. } => "stepped",
            Fact::Adjusted { how: Put::Stands, .. } => "stands",
            Fact::Adjusted { how: Put::Back, .. } => "set-back",
            Fact::Posted { .. } => "posted",
            Fact::Released { .. } => "released",
            Fact::Heard { .. } => "heard",
            Fact::Refused { .. } => "refused",
            Fact::Recognised { .. } => "recognised",
            Fact::Granted { .. } => "granted",
            Fact::Holds { .. } => "holds",
            Fact::Lapsed { .. } => "lapsed",
            Fact::Pinned { .. } => "pinned",
            Fact::Asked { .. } => "asked",
            Fact::Retried { .. } => "retried",
            Fact::Answered { .. } => "answered",
            Fact::GaveUp { .. } => "gave-up",
        }
    }

    fn values(&self) -> SmallVec<[Value; 3]> {
        match self {
            Fact::Keeps => smallvec![],
            Fact::Serves { posts } => smallvec![u64::from(*posts).into()],
            Fact::Doubts { doubt, behind } => smallvec![micros(signed(*doubt)), micros(*behind)],
            Fact::Adjusted { behind, .. } => smallvec![micros(*behind)],
            Fact::Posted { post, .. } => {
                smallvec![word(&post.text), Value::Int(signed(post.stamps.interval.doubt()) / 1_000)]
            }
            Fact::Released { text, commit, .. } => smallvec![word(text), micros(signed(Span(commit.0)))],
            Fact::Heard { post, .. } => smallvec![word(&post.text), Value::Actor(post.id.origin)],
            Fact::Refused { id, ahead } => smallvec![Value::Actor(id.origin), micros(signed(*ahead))],
            Fact::Recognised { client, number } => smallvec![Value::Actor(*client), (*number).into()],
            Fact::Granted { epoch, holder } => smallvec![(*epoch).into(), Value::Actor(*holder)],
            Fact::Holds { epoch } | Fact::Lapsed { epoch } => smallvec![(*epoch).into()],
            Fact::Pinned { epoch, text } => smallvec![(*epoch).into(), word(text)],
            Fact::Asked { text, node } | Fact::Retried { text, node } | Fact::Answered { text, node } => {
                smallvec![word(text), Value::Actor(*node)]
            }
            Fact::GaveUp { text } => smallvec![word(text)],
        }
    }

    fn role(&self) -> Option<Role> {
        match self {
            Fact::Keeps => Some(MASTER),
            Fact::Serves { .. } | Fact::Lapsed { .. } => Some(SERVER),
            Fact::Holds { epoch } => Some(holder(*epoch)),
            _ => None,
        }
    }

    fn sentence(&self, me: ActorId) -> String {
        match self {
            Fact::Keeps => format!("{me} keeps the time and grants leases"),
            Fact::Serves { posts } => format!("{me} keeps the board; posts in its log: {posts}"),
            Fact::Doubts { doubt, .. } => format!("{me} knows the time to within {}", told(signed(*doubt))),
            Fact::Adjusted { behind, how } => {
                let (by, side) =
                    (told(behind.saturating_abs()), if *behind < 0 { "ahead" } else { "behind" });
                let put = match how {
                    Put::Slewed => "it is slewed",
                    Put::Stepped => "it is stepped",
                    Put::Stands => "it stands still until it is right",
                    Put::Back => "it is set back",
                };
                format!("the clock of {me} is {by} {side}: {put}")
            }
            Fact::Posted { post, .. } => {
                format!("{me} stamps “{}”: commit time {}", post.text, post.stamps.commit)
            }
            Fact::Released { text, commit, .. } => format!("{commit} has passed: {me} tells “{text}”"),
            Fact::Heard { post, .. } => format!("{me} hears “{}” of {}", post.text, post.id.origin),
            Fact::Refused { id, ahead } => {
                format!(
                    "{me} does not take {id}: its stamp is {} ahead of the clock here",
                    told(signed(*ahead))
                )
            }
            Fact::Recognised { client, number } => format!("{me} knows request {number} of {client} already"),
            Fact::Granted { epoch, holder } => format!("{me} grants lease {epoch} to {holder}"),
            Fact::Holds { epoch } => format!("{me} holds lease {epoch}"),
            Fact::Lapsed { epoch } => format!("lease {epoch} of {me} has run out"),
            Fact::Pinned { epoch, text } => format!("{me} pins “{text}” under lease {epoch}"),
            Fact::Asked { text, node } => format!("{me} asks {node}: {text}"),
            Fact::Retried { text, node } => format!("{me} asks again, now {node}: {text}"),
            Fact::Answered { text, node } => format!("{node} answered {me}: {text}"),
            Fact::GaveUp { text } => format!("{me} gave up on {text}, and does not know what became of it"),
        }
    }

    fn matters(&self) -> bool {
        matches!(
            self,
            Fact::Released { .. }
                | Fact::Refused { .. }
                | Fact::Holds { .. }
                | Fact::Lapsed { .. }
                | Fact::Pinned { .. }
                | Fact::Answered { .. }
                | Fact::GaveUp { .. }
                | Fact::Adjusted { how: Put::Stepped | Put::Stands | Put::Back, .. }
        )
    }
}
