//! What becomes so: feeds monitors, bands, measures, lesson conditions.

use serde::Serialize;
use sim::ActorId;
use sim::story::{Rank, Role, Value};
use smallvec::{SmallVec, smallvec};

/// A fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Fact {
    /// The console is up.
    Watches {
        /// It finds an order on its disk that it cannot know to be carried out.
        unsure: bool,
    },
    /// The console lets an order wait.
    Waits {
        /// For whom it is.
        node: ActorId,
        /// So many wait.
        waiting: u64,
    },
    /// The console orders a restart.
    Orders {
        /// Whose.
        node: ActorId,
        /// The number of the order.
        order: u64,
    },
    /// An index server loads its index, and answers nobody.
    Loads {
        /// By order of the console; not after a crash.
        ordered: bool,
    },
    /// An index server has its index in memory.
    Serves,
    /// How many questions wait at an index server.
    Queue {
        /// So many.
        length: u64,
    },
    /// An index server has no room for a question.
    Full {
        /// Whose.
        node: ActorId,
    },
    /// An index server throws a question away: nobody waits for the answer any more.
    Sheds {
        /// Whose.
        node: ActorId,
    },
    /// A storage server is in service.
    InService,
    /// A storage server knows again what it belongs to.
    Leased {
        /// Which question was answered.
        number: u64,
        /// It had been out of service.
        back: bool,
    },
    /// What a storage server knew is no longer good: it serves nobody.
    OutOfService,
    /// A storage server asks.
    Asks {
        /// Whom.
        node: ActorId,
        /// The number of its question.
        number: u64,
        /// The how-manieth in a row, from 0.
        tries: u64,
    },
    /// An answer came to a question that is given up.
    Late {
        /// From whom.
        node: ActorId,
        /// Which.
        number: u64,
    },
    /// A client asks.
    Asked {
        /// Whom.
        node: ActorId,
    },
    /// A client was answered.
    Answered {
        /// By whom.
        node: ActorId,
    },
    /// A client was turned away.
    TurnedAway {
        /// By whom.
        node: ActorId,
    },
    /// A client failed.
    Failed,
}

impl sim::Fact for Fact {
    fn name(&self) -> &'static str {
        match self {
            Fact::Watches { .. } => "watches",
            Fact::Waits { .. } => "waits",
            Fact::Orders { .. } => "orders",
            Fact::Loads { .. } => "loads",
            Fact::Serves => "serves",
            Fact::Queue { .. } => "queue",
            Fact::Full { .. } => "full",
            Fact::Sheds { .. } => "sheds",
            Fact::InService => "in-service",
            Fact::Leased { .. } => "leased",
            Fact::OutOfService => "out-of-service",
            Fact::Asks { .. } => "asks",
            Fact::Late { .. } => "late",
            Fact::Asked { .. } => "asked",
            Fact::Answered { .. } => "answered",
            Fact::TurnedAway { .. } => "turned-away",
            Fact::Failed => "failed",
        }
    }

    fn values(&self) -> SmallVec<[Value; 3]> {
        let who = |node: &ActorId| Value::Actor(*node);
        match self {
            Fact::Waits { node, waiting } => smallvec![who(node), (*waiting).into()],
            Fact::Orders { node, order } => smallvec![who(node), (*order).into()],
            Fact::Loads { ordered } => smallvec![u64::from(*ordered).into()],
            Fact::Queue { length } => smallvec![(*length).into()],
            Fact::Leased { number, back } => smallvec![(*number).into(), u64::from(*back).into()],
            Fact::Asks { node, number, tries } => smallvec![who(node), (*number).into(), (*tries).into()],
            Fact::Late { node, number } => smallvec![who(node), (*number).into()],
            Fact::Full { node }
            | Fact::Sheds { node }
            | Fact::Asked { node }
            | Fact::Answered { node }
            | Fact::TurnedAway { node } => smallvec![who(node)],
            Fact::Watches { .. } | Fact::Serves | Fact::InService | Fact::OutOfService | Fact::Failed => {
                smallvec![]
            }
        }
    }

    fn role(&self) -> Option<Role> {
        let role = |rank, label| Some(Role { rank, label, version: 0 });
        match self {
            Fact::Watches { .. } => role(Rank::Learner, "console"),
            Fact::Loads { .. } => role(Rank::Candidate, "loading"),
            Fact::Serves => role(Rank::Leader, "index"),
            Fact::InService | Fact::Leased { back: true, .. } => role(Rank::Follower, "in service"),
            Fact::OutOfService => role(Rank::Candidate, "out of service"),
            _ => None,
        }
    }

    fn sentence(&self, me: ActorId) -> String {
        match self {
            Fact::Watches { unsure: false } => format!("{me} is the operators' console"),
            Fact::Watches { unsure: true } => {
                format!("{me} is back, and does not know whether its last order was carried out")
            }
            Fact::Waits { node, waiting } => {
                format!("{me} waits before it restarts {node}: {waiting} in line, one after the other")
            }
            Fact::Orders { node, .. } => format!("{me} orders {node} to restart"),
            Fact::Loads { ordered: true } => format!("{me} restarts by order, and loads its index"),
            Fact::Loads { ordered: false } => format!("{me} loads its index"),
            Fact::Serves => format!("{me} has its index, and answers"),
            Fact::Queue { length } => format!("{length} questions wait at {me}"),
            Fact::Full { node } => format!("{me} has no room for {node}'s question"),
            Fact::Sheds { node } => format!("{me} throws {node}'s question away: it waited too long"),
            Fact::InService => format!("{me} is in service"),
            Fact::Leased { number, back: false } => format!("{me} has the answer to its question {number}"),
            Fact::Leased { number, back: true } => {
                format!("{me} has the answer to its question {number}, and is in service again")
            }
            Fact::OutOfService => format!("{me} no longer knows what it belongs to, and serves nobody"),
            Fact::Asks { node, number, tries: 0 } => format!("{me} asks {node}: question {number}"),
            Fact::Asks { node, number, tries } => {
                format!("{me} heard nothing {tries} times, and asks {node}: question {number}")
            }
            Fact::Late { node, number } => {
                format!("{node} answered question {number}, which {me} had given up: worked for nothing")
            }
            Fact::Asked { node } => format!("{me} asks {node}"),
            Fact::Answered { node } => format!("{node} answered {me}"),
            Fact::TurnedAway { node } => format!("{node} is out of service, and turned {me} away"),
            Fact::Failed => format!("{me} found nobody in service"),
        }
    }

    fn matters(&self) -> bool {
        !matches!(
            self,
            Fact::Queue { .. } | Fact::Asked { .. } | Fact::Answered { .. } | Fact::Asks { tries: 0, .. }
        ) && !matches!(self, Fact::Leased { back: false, .. } | Fact::TurnedAway { .. })
    }
}
