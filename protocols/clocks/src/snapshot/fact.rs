//! What becomes so at nodes and clients: feeds monitors, bands, measures, lesson conditions.

use super::message::SnapshotId;
use serde::Serialize;
use sim::ActorId;
use sim::story::{Rank, Role, Value};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Fact {
    /// Keeps an account, from now on.
    Opens {
        /// What is in it.
        coins: u64,
    },
    /// Money leaves.
    Paid {
        /// How much.
        coins: u64,
        /// To whom.
        to: ActorId,
    },
    /// Money arrives.
    Got {
        /// How much.
        coins: u64,
        /// From whom.
        from: ActorId,
    },
    /// There was too little to send.
    Short {
        /// How much was asked for.
        coins: u64,
    },
    /// A snapshot begins here.
    Begins {
        /// Which.
        snapshot: SnapshotId,
    },
    /// A node records what it has.
    Records {
        /// For which snapshot.
        snapshot: SnapshotId,
        /// What is in its account.
        coins: u64,
        /// Whether it still waits for markers, of this snapshot or another.
        waits: bool,
    },
    /// What was on its way from another node is known.
    Closes {
        /// For which snapshot.
        snapshot: SnapshotId,
        /// From whom.
        from: ActorId,
        /// How much.
        coins: u64,
        /// As in [`Fact::Records`].
        waits: bool,
    },
    /// A snapshot is complete.
    Taken {
        /// Which.
        snapshot: SnapshotId,
        /// All that nodes had.
        accounts: u64,
        /// All that was on its way.
        channels: u64,
    },
    /// A message came before an earlier one, and is not taken yet.
    Waited {
        /// From whom.
        from: ActorId,
        /// Its place on the channel.
        number: u64,
    },
    /// A request is known: it was made before.
    Recognised {
        /// Whose.
        client: ActorId,
        /// Its number.
        number: u64,
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

pub(super) const BRANCH: Role = Role { rank: Rank::Follower, label: "branch", version: 0 };
pub(super) const RECORDING: Role = Role { rank: Rank::Candidate, label: "recording", version: 0 };

fn word(text: &Arc<str>) -> Value {
    Value::Text(Arc::clone(text))
}

fn named(snapshot: SnapshotId) -> Value {
    Value::from(&*snapshot.to_string())
}

impl sim::Fact for Fact {
    fn name(&self) -> &'static str {
        match self {
            Fact::Opens { .. } => "opens",
            Fact::Paid { .. } => "paid",
            Fact::Got { .. } => "got",
            Fact::Short { .. } => "short",
            Fact::Begins { .. } => "begins",
            Fact::Records { .. } => "records",
            Fact::Closes { .. } => "closes",
            Fact::Taken { .. } => "taken",
            Fact::Waited { .. } => "waited",
            Fact::Recognised { .. } => "recognised",
            Fact::Asked { .. } => "asked",
            Fact::Retried { .. } => "retried",
            Fact::Answered { .. } => "answered",
            Fact::GaveUp { .. } => "gave-up",
        }
    }

    fn values(&self) -> SmallVec<[Value; 3]> {
        match self {
            Fact::Opens { coins } | Fact::Short { coins } => smallvec![(*coins).into()],
            Fact::Paid { coins, to } => smallvec![(*coins).into(), Value::Actor(*to)],
            Fact::Got { coins, from } => smallvec![(*coins).into(), Value::Actor(*from)],
            Fact::Begins { snapshot } => smallvec![named(*snapshot)],
            Fact::Records { snapshot, coins, .. } => smallvec![(*coins).into(), named(*snapshot)],
            Fact::Closes { from, coins, .. } => smallvec![(*coins).into(), Value::Actor(*from)],
            Fact::Taken { accounts, channels, .. } => {
                smallvec![(*accounts + *channels).into(), (*accounts).into(), (*channels).into()]
            }
            Fact::Waited { from, number } => smallvec![Value::Actor(*from), (*number).into()],
            Fact::Recognised { client, number } => smallvec![Value::Actor(*client), (*number).into()],
            Fact::Asked { text, node } | Fact::Retried { text, node } => {
                smallvec![word(text), Value::Actor(*node)]
            }
            Fact::Answered { text, answer, node } => smallvec![word(text), word(answer), Value::Actor(*node)],
            Fact::GaveUp { text } => smallvec![word(text)],
        }
    }

    fn role(&self) -> Option<Role> {
        match self {
            Fact::Opens { .. } => Some(BRANCH),
            Fact::Records { waits, .. } | Fact::Closes { waits, .. } => {
                Some(if *waits { RECORDING } else { BRANCH })
            }
            _ => None,
        }
    }

    fn sentence(&self, me: ActorId) -> String {
        match self {
            Fact::Opens { coins } => format!("{me} opens with {coins}"),
            Fact::Paid { coins, to } => format!("{me} sends {coins} to {to}"),
            Fact::Got { coins, from } => format!("{me} has {coins} from {from}"),
            Fact::Short { coins } => format!("{me} has less than {coins}, and sends nothing"),
            Fact::Begins { snapshot } => format!("{me} begins snapshot {snapshot}"),
            Fact::Records { snapshot, coins, .. } => {
                format!("{me} records for {snapshot} that it has {coins}")
            }
            Fact::Closes { snapshot, from, coins, .. } => {
                format!("for {snapshot}, {coins} were on their way from {from} to {me}")
            }
            Fact::Taken { snapshot, accounts, channels } => {
                let all = accounts + channels;
                format!("snapshot {snapshot} shows {all}: {accounts} in accounts, {channels} on their way")
            }
            Fact::Waited { from, number } => {
                format!("{me} does not take message {number} of {from}: an earlier one has not come")
            }
            Fact::Recognised { client, number } => format!("{me} knows request {number} of {client} already"),
            Fact::Asked { text, node } => format!("{me} asks {node}: {text}"),
            Fact::Retried { text, node } => format!("{me} asks {node} again: {text}"),
            Fact::Answered { text, answer, node } => format!("{node} answered {me}: {text}, {answer}"),
            Fact::GaveUp { text } => format!("{me} gave up on {text}, and does not know what became of it"),
        }
    }

    fn matters(&self) -> bool {
        matches!(
            self,
            Fact::Begins { .. }
                | Fact::Records { .. }
                | Fact::Taken { .. }
                | Fact::Answered { .. }
                | Fact::GaveUp { .. }
        )
    }
}
