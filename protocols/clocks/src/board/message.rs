//! What travels: for the time, for posts, for the lease; and between clients and nodes.

use super::post::Post;
use crate::sync::difference;
use serde::Serialize;
use sim::{ActorId, Time};
use std::sync::Arc;

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Ask {
    /// Put this on the board.
    Post(Arc<str>),
    /// What is the last post?
    Read,
    /// Pin this on top of the board: for whoever holds the lease.
    Pin(Arc<str>),
}

impl Ask {
    /// What the history calls it.
    pub fn function(&self) -> &'static str {
        match self {
            Ask::Post(_) => "post",
            Ask::Read => "read",
            Ask::Pin(_) => "pin",
        }
    }

    /// How it reads.
    pub fn label(&self) -> String {
        match self {
            Ask::Post(text) => format!("post {text}"),
            Ask::Read => "read".to_owned(),
            Ask::Pin(text) => format!("pin {text}"),
        }
    }
}

/// What a node answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Answer {
    /// It is on the board, and this is its commit time.
    Posted(Time),
    /// The last post, by the order of the board.
    Last(Option<Arc<str>>),
    /// It is pinned, under this lease.
    Pinned(u64),
    /// I hold no lease; perhaps this node does.
    NotMine(Option<ActorId>),
}

impl Answer {
    fn label(&self) -> String {
        match self {
            Answer::Posted(_) | Answer::Pinned(_) => "ok".to_owned(),
            Answer::Last(Some(text)) => text.to_string(),
            Answer::Last(None) => "empty".to_owned(),
            Answer::NotMine(_) => "not mine".to_owned(),
        }
    }
}

/// A message.
#[derive(Clone, Debug, Serialize)]
pub enum Message {
    /// What time is it?
    Poll {
        /// Of the question.
        number: u64,
        /// By the clock of who asks.
        sent: Time,
    },
    /// That.
    Told {
        /// Of the question.
        number: u64,
        /// As the question said.
        sent: Time,
        /// When it was received, by the server's clock.
        received: Time,
        /// When it was answered, by the server's clock.
        answered: Time,
    },
    /// Posts.
    News {
        /// Of one node, in order.
        posts: Arc<[Arc<Post>]>,
        /// Those before them are remembered by nobody: go on from here.
        skip: bool,
    },
    /// So many posts of each node are known here: what did I miss?
    Have {
        /// By places.
        counts: Arc<[u32]>,
    },
    /// May I have the lease, or keep it?
    AskLease {
        /// Of the question.
        number: u64,
    },
    /// Yes.
    Lease {
        /// Of the question.
        number: u64,
        /// The number of the lease: grows with every new holder.
        epoch: u64,
        /// Until when, by the grantor's wall clock.
        until: Time,
    },
    /// Not now.
    Taken {
        /// Whose it is.
        holder: ActorId,
    },
    /// A client asks.
    Request {
        /// Of the client's requests.
        number: u64,
        /// What.
        ask: Ask,
    },
    /// A node answers.
    Reply {
        /// Of the client's requests.
        number: u64,
        /// What.
        answer: Answer,
    },
}

impl sim::Message for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Poll { .. } => "poll",
            Message::Told { .. } => "time",
            Message::News { .. } => "news",
            Message::Have { .. } => "have",
            Message::AskLease { .. } => "ask",
            Message::Lease { .. } => "lease",
            Message::Taken { .. } => "taken",
            Message::Request { ask, .. } => ask.function(),
            Message::Reply { .. } => "reply",
        }
    }

    fn asks(&self) -> bool {
        matches!(
            self,
            Message::Poll { .. } | Message::Have { .. } | Message::AskLease { .. } | Message::Request { .. }
        ) || matches!(self, Message::News { .. })
    }

    fn label(&self) -> String {
        match self {
            Message::Poll { .. } => "what time?".to_owned(),
            Message::Told { answered, .. } => answered.to_string(),
            Message::News { posts, .. } => match posts.first() {
                Some(post) if posts.len() == 1 => post.text.to_string(),
                _ => format!("{} posts", posts.len()),
            },
            Message::Have { .. } => "missed any?".to_owned(),
            Message::AskLease { .. } => "lease?".to_owned(),
            Message::Lease { epoch, .. } => format!("lease {epoch}"),
            Message::Taken { holder } => format!("{holder} has it"),
            Message::Request { ask, .. } => ask.label(),
            Message::Reply { answer, .. } => answer.label(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Message::Poll { sent, .. } => format!("what time is it? sent at {sent} by my clock"),
            Message::Told { received, answered, .. } => {
                format!("received at {received}, answered {} ns later", difference(*answered, *received))
            }
            Message::News { posts, .. } => {
                let told = posts.iter().map(|post| {
                    let stamps = &post.stamps;
                    format!(
                        "{} “{}”: wall {}, Lamport {}, vector {}, hybrid {}, commit {}",
                        post.id,
                        post.text,
                        stamps.wall,
                        stamps.lamport,
                        stamps.vector,
                        stamps.hybrid,
                        stamps.commit
                    )
                });
                told.collect::<Vec<_>>().join("; ")
            }
            Message::Have { counts } => {
                let counts: Vec<String> = counts.iter().map(u32::to_string).collect();
                format!("so many posts of each node are known here: {}", counts.join(" "))
            }
            Message::AskLease { .. } => "may I have the lease?".to_owned(),
            Message::Lease { epoch, until, .. } => format!("lease {epoch}, until {until} by my wall clock"),
            Message::Taken { holder } => format!("{holder} holds the lease"),
            Message::Request { number, ask } => format!("request {number}: {}", ask.label()),
            Message::Reply { number, answer } => format!("reply to {number}: {}", answer.label()),
        }
    }

    fn bytes(&self) -> u32 {
        match self {
            Message::News { posts, .. } => 120 * u32::try_from(posts.len()).unwrap_or(u32::MAX / 120),
            _ => 48,
        }
    }

    fn routine(&self) -> bool {
        matches!(
            self,
            Message::Poll { .. }
                | Message::Told { .. }
                | Message::Have { .. }
                | Message::AskLease { .. }
                | Message::Lease { .. }
                | Message::Taken { .. }
        )
    }
}
