//! What becomes so: feeds monitors, plots, measures, lesson conditions.

use super::message::{Answer, Key};
use super::node::Part;
use serde::Serialize;
use sim::story::{Rank, Role, Value};
use sim::{ActorId, Span};
use smallvec::{SmallVec, smallvec};

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Fact {
    /// A node serves, from now on.
    Serves {
        /// As what.
        part: Part,
    },
    /// A cache is empty.
    Cold,
    /// How many wait.
    Queue {
        /// To be served.
        waiting: u32,
        /// For an answer of somebody else.
        held: u32,
    },
    /// A request is turned away.
    TurnedAway {
        /// Whose.
        whom: ActorId,
    },
    /// A request that was let in is not served: its time is up.
    Expired,
    /// A request is served though its time is up.
    ServedLate {
        /// Whose.
        whom: ActorId,
    },
    /// A call is tried again.
    Retries {
        /// The how-manieth attempt it will be.
        attempt: u32,
    },
    /// A second one is asked as well.
    Hedges,
    /// The answer to an attempt that is not the first one came first.
    Helped {
        /// Which.
        attempt: u32,
        /// Others were still on their way.
        hedged: bool,
    },
    /// There is no retry: the budget is used up.
    Unaffordable,
    /// A breaker turned.
    Breaker {
        /// Before whom.
        target: ActorId,
        /// It opened, rather than closed.
        open: bool,
    },
    /// A service reads from the store.
    Fetches {
        /// What.
        key: Key,
        /// Reads on their way.
        on_way: u32,
    },
    /// A request waits for a read that was on its way already.
    Shares {
        /// Of what.
        key: Key,
    },
    /// A service keeps what it has read.
    Keeps {
        /// What.
        key: Key,
        /// How much it has.
        size: u32,
    },
    /// A device was answered in time.
    Answered {
        /// After so long.
        took: Span,
    },
    /// A device gave up.
    GaveUp {
        /// After so long.
        took: Span,
        /// What it was told last.
        answer: Answer,
    },
    /// All devices of a client connect again.
    Reconnects,
    /// Devices ask more often, or as usual again.
    Surge {
        /// So many times as often.
        times: u32,
    },
}

/// The front wears the crown: it is whom everybody knows.
pub(super) fn role(part: Part) -> Role {
    match part {
        Part::Front => Role { rank: Rank::Leader, label: "front", version: 0 },
        Part::Service => Role { rank: Rank::Follower, label: "service", version: 0 },
        Part::Store => Role { rank: Rank::Learner, label: "store", version: 0 },
    }
}

fn number(n: u32) -> Value {
    Value::from(u64::from(n))
}

fn millis(span: Span) -> Value {
    Value::from(span.0 / 1_000_000)
}

fn name(key: Key) -> Value {
    Value::Text(key.to_string().into())
}

impl sim::Fact for Fact {
    fn name(&self) -> &'static str {
        match self {
            Fact::Serves { .. } => "serves",
            Fact::Cold => "cold",
            Fact::Queue { .. } => "queue",
            Fact::TurnedAway { .. } => "turned-away",
            Fact::Expired => "expired",
            Fact::ServedLate { .. } => "served-late",
            Fact::Retries { .. } => "retries",
            Fact::Hedges => "hedges",
            Fact::Helped { .. } => "helped",
            Fact::Unaffordable => "unaffordable",
            Fact::Breaker { .. } => "breaker",
            Fact::Fetches { .. } => "fetches",
            Fact::Shares { .. } => "shares",
            Fact::Keeps { .. } => "keeps",
            Fact::Answered { .. } => "answered",
            Fact::GaveUp { .. } => "gave-up",
            Fact::Reconnects => "reconnects",
            Fact::Surge { .. } => "surge",
        }
    }

    fn values(&self) -> SmallVec<[Value; 3]> {
        match self {
            Fact::Serves { part } => smallvec![role(*part).label.into()],
            Fact::Queue { waiting, held } => {
                smallvec![number(*waiting), number(*held), number(waiting.saturating_add(*held))]
            }
            Fact::TurnedAway { whom } | Fact::ServedLate { whom } => smallvec![Value::Actor(*whom)],
            Fact::Retries { attempt } => smallvec![number(*attempt)],
            Fact::Helped { attempt, hedged } => {
                smallvec![number(*attempt), if *hedged { "hedge" } else { "retry" }.into()]
            }
            Fact::Breaker { target, open } => {
                smallvec![Value::Actor(*target), if *open { "open" } else { "closed" }.into()]
            }
            Fact::Fetches { key, on_way } => smallvec![name(*key), number(*on_way)],
            Fact::Shares { key } => smallvec![name(*key)],
            Fact::Keeps { key, size } => smallvec![name(*key), number(*size)],
            Fact::Answered { took } => smallvec![millis(*took)],
            Fact::GaveUp { took, answer } => smallvec![millis(*took), answer.word().into()],
            Fact::Surge { times } => smallvec![number(*times)],
            Fact::Cold | Fact::Expired | Fact::Hedges | Fact::Unaffordable | Fact::Reconnects => smallvec![],
        }
    }

    fn role(&self) -> Option<Role> {
        match self {
            Fact::Serves { part } => Some(role(*part)),
            _ => None,
        }
    }

    fn sentence(&self, me: ActorId) -> String {
        match self {
            Fact::Serves { part } => format!("{me} is there, as {}", role(*part).label),
            Fact::Cold => format!("{me}'s cache is empty"),
            Fact::Queue { waiting, held: 0 } => format!("{waiting} wait at {me}"),
            Fact::Queue { waiting, held } => {
                format!("{waiting} wait at {me}, and {held} there for the answer of another node")
            }
            Fact::TurnedAway { whom } => format!("{me} turns a request of {whom} away"),
            Fact::Expired => format!("{me} passes over a request whose time is up"),
            Fact::ServedLate { whom } => {
                format!("{me} serves a request of {whom} that nobody waits for any more")
            }
            Fact::Retries { attempt } => format!("{me} will try again: attempt {attempt}"),
            Fact::Hedges => format!("{me} asks another one as well"),
            Fact::Helped { attempt, hedged: true } => {
                format!("attempt {attempt} of {me} was the first to be answered")
            }
            Fact::Helped { attempt, hedged: false } => format!("attempt {attempt} of {me} was answered"),
            Fact::Unaffordable => format!("{me} does not try again: its budget of retries is used up"),
            Fact::Breaker { target, open: true } => format!("{me}'s breaker before {target} opens"),
            Fact::Breaker { target, open: false } => format!("{me}'s breaker before {target} closes"),
            Fact::Fetches { key, on_way } => {
                format!("{me} reads {key} from the store; on their way: {on_way}")
            }
            Fact::Shares { key } => format!("one more waits at {me} for the same read of {key}"),
            Fact::Keeps { key, size } => format!("{me} keeps {key}; in its cache: {size}"),
            Fact::Answered { took } => {
                format!("a device of {me} is answered after {} ms", took.0 / 1_000_000)
            }
            Fact::GaveUp { took, answer: Answer::Late } => {
                format!("a device of {me} gives up after {} ms", took.0 / 1_000_000)
            }
            Fact::GaveUp { took, answer } => {
                format!("a device of {me} gives up after {} ms: {}", took.0 / 1_000_000, answer.word())
            }
            Fact::Reconnects => format!("the devices of {me} connect again"),
            Fact::Surge { times: 1 } => format!("the devices of {me} ask as often as usual"),
            Fact::Surge { times } => format!("the devices of {me} ask {times} times as often"),
        }
    }

    fn matters(&self) -> bool {
        matches!(
            self,
            Fact::Serves { .. }
                | Fact::Cold
                | Fact::Breaker { .. }
                | Fact::GaveUp { .. }
                | Fact::Reconnects
                | Fact::Surge { .. }
        )
    }
}
