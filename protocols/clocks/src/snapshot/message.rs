//! What travels: on the channels between nodes, and between clients and nodes.

use serde::Serialize;
use sim::ActorId;
use std::fmt;
use std::sync::Arc;

/// Names a snapshot: who began it, and the how-manieth of that node's it is, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SnapshotId {
    /// Who began it.
    pub by: ActorId,
    /// The how-manieth.
    pub number: u32,
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.by, self.number)
    }
}

/// What a channel carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Cargo {
    /// Money.
    Money {
        /// How much.
        coins: u64,
    },
    /// What came before this on the channel is before the snapshot; what comes after is after it.
    Marker(SnapshotId),
    /// What do you have? Asked only where nobody sends markers.
    Look(SnapshotId),
    /// A node's part of a snapshot, for who began it.
    Part {
        /// Of which.
        snapshot: SnapshotId,
        /// What was in its account.
        account: u64,
        /// What was on its way to it, from whom.
        channels: Arc<[(ActorId, u64)]>,
    },
}

/// What a client asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Ask {
    /// Send money to another node.
    Send {
        /// How much.
        coins: u64,
        /// To whom.
        to: ActorId,
    },
    /// How much money is there in all?
    Snapshot,
}

impl Ask {
    /// What the history calls it.
    pub fn function(&self) -> &'static str {
        match self {
            Ask::Send { .. } => "send",
            Ask::Snapshot => "snapshot",
        }
    }

    /// How it reads.
    pub fn label(&self) -> String {
        match self {
            Ask::Send { coins, to } => format!("send {coins} to {to}"),
            Ask::Snapshot => "snapshot".to_owned(),
        }
    }
}

/// What a node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Answer {
    /// It is sent.
    Sent,
    /// There is not so much.
    TooLittle,
    /// So much there was in all.
    Total(u64),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Sent => f.write_str("ok"),
            Answer::TooLittle => f.write_str("too little"),
            Answer::Total(coins) => write!(f, "{coins} in all"),
        }
    }
}

/// A message.
#[derive(Clone, Debug, Serialize)]
pub enum Message {
    /// On a channel.
    Packet {
        /// Its place on the channel, from 1.
        number: u64,
        /// What it carries.
        cargo: Cargo,
    },
    /// All up to this place have arrived.
    Arrived {
        /// That.
        number: u64,
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
            Message::Packet { cargo: Cargo::Money { .. }, .. } => "money",
            Message::Packet { cargo: Cargo::Marker(_), .. } => "marker",
            Message::Packet { cargo: Cargo::Look(_), .. } => "look",
            Message::Packet { cargo: Cargo::Part { .. }, .. } => "part",
            Message::Arrived { .. } => "arrived",
            Message::Request { ask, .. } => ask.function(),
            Message::Reply { .. } => "reply",
        }
    }

    fn asks(&self) -> bool {
        let part = matches!(self, Message::Packet { cargo: Cargo::Part { .. }, .. });
        matches!(self, Message::Packet { .. } | Message::Request { .. }) && !part
    }

    fn label(&self) -> String {
        match self {
            Message::Packet { cargo: Cargo::Money { coins }, .. } => format!("{coins} coins"),
            Message::Packet { cargo: Cargo::Marker(snapshot), .. } => format!("marker {snapshot}"),
            Message::Packet { cargo: Cargo::Look(_), .. } => "how much?".to_owned(),
            Message::Packet { cargo: Cargo::Part { account, .. }, .. } => format!("{account} here"),
            Message::Arrived { .. } => "arrived".to_owned(),
            Message::Request { ask, .. } => ask.label(),
            Message::Reply { answer, .. } => answer.to_string(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Message::Packet { number, cargo: Cargo::Part { snapshot, account, channels } } => {
                let channels: Vec<String> =
                    channels.iter().map(|(from, coins)| format!("{coins} from {from}")).collect();
                let way = if channels.is_empty() { "nothing".to_owned() } else { channels.join(", ") };
                format!("{number}: for snapshot {snapshot}: {account} in the account, on its way: {way}")
            }
            Message::Packet { number, .. } => format!("{number}: {}", self.label()),
            Message::Arrived { number } => format!("all up to {number} have arrived"),
            Message::Request { number, .. } => format!("request {number}: {}", self.label()),
            Message::Reply { number, .. } => format!("reply to {number}: {}", self.label()),
        }
    }

    fn bytes(&self) -> u32 {
        48
    }

    fn routine(&self) -> bool {
        matches!(self, Message::Arrived { .. })
    }
}
