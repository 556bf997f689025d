//! What clients make known, the same in both labs.

use serde::Serialize;
use sim::ActorId;
use sim::story::Value;
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// A fact at a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ClientFact {
    /// It asks.
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
        /// The answer.
        answer: Arc<str>,
        /// By whom.
        node: ActorId,
    },
    /// It gave up, and does not know.
    GaveUp {
        /// On what.
        text: Arc<str>,
    },
}

impl ClientFact {
    /// Its name in conditions.
    pub fn name(&self) -> &'static str {
        match self {
            ClientFact::Asked { .. } => "asked",
            ClientFact::Retried { .. } => "retried",
            ClientFact::Answered { .. } => "answered",
            ClientFact::GaveUp { .. } => "gave-up",
        }
    }

    /// Its values in order.
    pub fn values(&self) -> SmallVec<[Value; 3]> {
        let word = |text: &Arc<str>| Value::Text(Arc::clone(text));
        match self {
            ClientFact::Asked { text, node } | ClientFact::Retried { text, node } => {
                smallvec![word(text), Value::Actor(*node)]
            }
            ClientFact::Answered { text, answer, node } => {
                smallvec![word(text), word(answer), Value::Actor(*node)]
            }
            ClientFact::GaveUp { text } => smallvec![word(text)],
        }
    }

    /// In words.
    pub fn sentence(&self, me: ActorId) -> String {
        match self {
            ClientFact::Asked { text, node } => format!("{me} asks {node}: {text}"),
            ClientFact::Retried { text, node } => format!("{me} asks {node} again: {text}"),
            ClientFact::Answered { text, answer, node } => format!("{node} answered {me}: {text}, {answer}"),
            ClientFact::GaveUp { text } => {
                format!("{me} gave up on {text}, and does not know what became of it")
            }
        }
    }

    /// Whether "step to the next event that matters" stops here.
    pub fn matters(&self) -> bool {
        matches!(self, ClientFact::Answered { .. } | ClientFact::GaveUp { .. })
    }
}
