//! What travels: questions and answers, orders to restart, reports; and what a disk holds.

use serde::Serialize;
use sim::ActorId;

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Message {
    /// A storage server asks the index what it belongs to.
    Ask {
        /// The number of its question.
        number: u64,
    },
    /// The index says so.
    Answer {
        /// To which question.
        number: u64,
    },
    /// The console has an index server restart.
    Restart {
        /// The number of the order.
        order: u64,
    },
    /// An index server says how it is.
    Report {
        /// It has its index in memory.
        serving: bool,
        /// The last order that it carried out.
        order: u64,
    },
    /// A client wants something of a storage server.
    Get {
        /// The number of its request.
        number: u64,
    },
    /// It has it.
    Here {
        /// To which request.
        number: u64,
    },
    /// The storage server does not know what it belongs to, and serves nobody.
    OutOfService {
        /// To which request.
        number: u64,
    },
}

impl sim::Message for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Ask { .. } => "ask",
            Message::Answer { .. } => "answer",
            Message::Restart { .. } => "restart",
            Message::Report { .. } => "report",
            Message::Get { .. } => "get",
            Message::Here { .. } | Message::OutOfService { .. } => "reply",
        }
    }

    fn asks(&self) -> bool {
        matches!(self, Message::Ask { .. } | Message::Restart { .. } | Message::Get { .. })
    }

    fn label(&self) -> String {
        match self {
            Message::Ask { number } => format!("who? {number}"),
            Message::Answer { number } => format!("answer {number}"),
            Message::Restart { .. } => "restart".to_owned(),
            Message::Report { serving: true, .. } => "serving".to_owned(),
            Message::Report { serving: false, .. } => "loading".to_owned(),
            Message::Get { .. } => "get".to_owned(),
            Message::Here { .. } => "here".to_owned(),
            Message::OutOfService { .. } => "out".to_owned(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Message::Ask { number } => format!("question {number}: what do I belong to?"),
            Message::Answer { number } => format!("answer to question {number}: the list of members"),
            Message::Restart { order } => format!("order {order}: restart"),
            Message::Report { serving, order } => {
                format!("{}; last order carried out: {order}", if *serving { "serving" } else { "loading" })
            }
            Message::OutOfService { .. } => "out of service".to_owned(),
            other => other.label(),
        }
    }

    fn bytes(&self) -> u32 {
        if matches!(self, Message::Answer { .. }) { 4_000 } else { 60 }
    }

    fn routine(&self) -> bool {
        matches!(self, Message::Report { .. })
    }
}

/// The last order that the console gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Ordered {
    /// Its number.
    pub order: u64,
    /// To whom.
    pub to: ActorId,
}

/// What a disk holds: of the console its last order. The index on the disks of index servers never changes here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Hard {
    /// None before the first.
    pub ordered: Option<Ordered>,
}
