//! What becomes so at replicas and clients: feeds monitors, bands, measures, lesson conditions.

use super::keys::Digest;
use super::message::{Number, View, answer};
use crate::raft::store::Response;
use serde::Serialize;
use sim::ActorId;
use sim::story::{Rank, Role, Value};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// Why a replica asks for a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Why {
    /// A request it knows of was not executed in time.
    Waited,
    /// It was told to by hand.
    Told,
    /// The view it had asked for did not begin in time.
    Expired,
    /// f+1 others ask for it or a later one: one of them tells the truth.
    Joined,
}

/// Which false statement was noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Falsehood {
    /// A signature that is not of whom it names.
    Signature,
    /// A certificate or message without what it must have.
    Malformed,
    /// An order for a new view that does not follow from its certificates.
    NewView,
    /// A state whose digest is not the one vouched for.
    State,
}

impl Falsehood {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Falsehood::Signature => "signature",
            Falsehood::Malformed => "certificate",
            Falsehood::NewView => "new view",
            Falsehood::State => "state",
        }
    }
}

/// A request as it was executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Whose.
    pub client: ActorId,
    /// Which of its requests.
    pub timestamp: u64,
    /// The result.
    pub response: Response,
    /// How it reads.
    pub text: Arc<str>,
    /// It had been executed before, under another number, and had no effect this time.
    pub again: bool,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Fact {
    /// Is the primary of this view.
    Primary {
        /// The view.
        view: View,
    },
    /// Is a backup in this view.
    Backup {
        /// The view.
        view: View,
        /// It was the primary before.
        led: bool,
    },
    /// Asks for this view, and takes part in no earlier one any more.
    Changing {
        /// The view.
        view: View,
        /// Why.
        why: Why,
    },
    /// Entered a view with this order for what earlier ones left open.
    Entered {
        /// The view.
        view: View,
        /// The last stable checkpoint that its certificates know.
        from: Number,
        /// Numbers, the requests they get, and how those read.
        order: Arc<[(Number, Digest, Arc<str>)]>,
    },
    /// Accepted a request under a number.
    PrePrepared {
        /// In this view.
        view: View,
        /// The number.
        number: Number,
        /// How the request reads.
        text: Arc<str>,
    },
    /// Knows that enough others accepted it too.
    Prepared {
        /// In this view.
        view: View,
        /// The number.
        number: Number,
        /// The request.
        digest: Digest,
        /// How it reads.
        text: Arc<str>,
    },
    /// Knows that it is committed.
    Committed {
        /// The number.
        number: Number,
        /// The request.
        digest: Digest,
        /// How it reads.
        text: Arc<str>,
    },
    /// Executed a number.
    Executed {
        /// The number.
        number: Number,
        /// The view in which it was committed.
        view: View,
        /// The request.
        digest: Digest,
        /// What came of it; none for a null request.
        done: Option<Done>,
    },
    /// Has a state to vouch for.
    Checkpointed {
        /// After this number.
        number: Number,
        /// With this digest.
        digest: Digest,
    },
    /// Knows a checkpoint to be stable.
    Stable {
        /// After this number.
        number: Number,
    },
    /// Took over the state of another.
    Installed {
        /// After this number.
        number: Number,
        /// With this digest.
        digest: Digest,
        /// Whose.
        from: ActorId,
    },
    /// Holds two orders of one primary that contradict each other.
    Equivocation {
        /// Whose.
        primary: ActorId,
        /// For this number.
        number: Number,
    },
    /// Refused something false.
    Refused {
        /// What is false in it.
        what: Falsehood,
        /// Who sent it.
        from: ActorId,
        /// In whose name it was said.
        named: ActorId,
    },
    /// A request that was executed before came again.
    Repeated {
        /// Whose.
        client: ActorId,
    },
    /// Recovered.
    Recovered {
        /// With the state after this number.
        number: Number,
        /// Whether a torn record was found.
        torn: bool,
    },
    /// A client asks.
    Asked {
        /// What.
        text: Arc<str>,
        /// Whom; none is everybody.
        node: Option<ActorId>,
    },
    /// A client asks everybody, again.
    Retried {
        /// What.
        text: Arc<str>,
    },
    /// A client has enough equal replies.
    Answered {
        /// To what.
        text: Arc<str>,
        /// The answer.
        response: Response,
        /// To which of its requests; none where it was not executed in order.
        timestamp: Option<u64>,
        /// How many replicas say so.
        replies: u16,
    },
    /// A client holds replies that differ.
    Differ {
        /// To what.
        text: Arc<str>,
        /// Whose is the newest.
        node: ActorId,
    },
    /// A client gave up, and does not know.
    GaveUp {
        /// On what.
        text: Arc<str>,
    },
}

fn role(rank: Rank, label: &'static str, view: View) -> Option<Role> {
    Some(Role { rank, label, version: view.0 })
}

fn text(text: &Arc<str>) -> Value {
    Value::Text(Arc::clone(text))
}

impl sim::Fact for Fact {
    fn name(&self) -> &'static str {
        match self {
            Fact::Primary { .. } => "primary",
            Fact::Backup { .. } => "backup",
            Fact::Changing { .. } => "changing",
            Fact::Entered { .. } => "entered",
            Fact::PrePrepared { .. } => "pre-prepared",
            Fact::Prepared { .. } => "prepared",
            Fact::Committed { .. } => "committed",
            Fact::Executed { .. } => "executed",
            Fact::Checkpointed { .. } => "checkpointed",
            Fact::Stable { .. } => "stable",
            Fact::Installed { .. } => "installed",
            Fact::Equivocation { .. } => "equivocation",
            Fact::Refused { .. } => "refused",
            Fact::Repeated { .. } => "repeated",
            Fact::Recovered { .. } => "recovered",
            Fact::Asked { .. } => "asked",
            Fact::Retried { .. } => "retried",
            Fact::Answered { .. } => "answered",
            Fact::Differ { .. } => "differ",
            Fact::GaveUp { .. } => "gave-up",
        }
    }

    fn values(&self) -> SmallVec<[Value; 3]> {
        match self {
            Fact::Primary { view } | Fact::Backup { view, .. } | Fact::Changing { view, .. } => {
                smallvec![view.0.into()]
            }
            Fact::Entered { view, from, order } => {
                smallvec![view.0.into(), from.0.into(), Value::from(order.len() as u64)]
            }
            Fact::PrePrepared { view, number, text: what } => {
                smallvec![number.0.into(), text(what), view.0.into()]
            }
            Fact::Prepared { view, number, text: what, .. } => {
                smallvec![number.0.into(), text(what), view.0.into()]
            }
            Fact::Committed { number, text: what, .. } => smallvec![number.0.into(), text(what)],
            Fact::Checkpointed { number, digest } => {
                smallvec![number.0.into(), Value::Text(digest.to_string().into())]
            }
            Fact::Executed { number, done: Some(done), .. } => smallvec![number.0.into(), text(&done.text)],
            Fact::Executed { number, done: None, .. } => smallvec![number.0.into(), "null".into()],
            Fact::Stable { number } | Fact::Recovered { number, .. } => smallvec![number.0.into()],
            Fact::Installed { number, from, .. } => smallvec![number.0.into(), Value::Actor(*from)],
            Fact::Equivocation { primary, number } => smallvec![number.0.into(), Value::Actor(*primary)],
            Fact::Refused { what, from, named } => {
                smallvec![what.name().into(), Value::Actor(*from), Value::Actor(*named)]
            }
            Fact::Repeated { client } => smallvec![Value::Actor(*client)],
            Fact::Asked { text: what, node: Some(node) } | Fact::Differ { text: what, node } => {
                smallvec![text(what), Value::Actor(*node)]
            }
            Fact::Asked { text: what, node: None }
            | Fact::Retried { text: what }
            | Fact::GaveUp { text: what } => smallvec![text(what)],
            Fact::Answered { text: what, response, replies, .. } => {
                let said = Value::Text(answer(response).into());
                smallvec![text(what), said, u64::from(*replies).into()]
            }
        }
    }

    fn role(&self) -> Option<Role> {
        match self {
            Fact::Primary { view } => role(Rank::Leader, "primary", *view),
            Fact::Backup { view, .. } => role(Rank::Follower, "backup", *view),
            Fact::Changing { view, .. } => role(Rank::Candidate, "changing view", *view),
            _ => None,
        }
    }

    fn sentence(&self, actor: ActorId) -> String {
        sentence(self, actor)
    }

    fn matters(&self) -> bool {
        match self {
            Fact::Primary { .. }
            | Fact::Changing { .. }
            | Fact::Installed { .. }
            | Fact::Equivocation { .. }
            | Fact::Refused { .. }
            | Fact::Answered { .. }
            | Fact::Differ { .. }
            | Fact::GaveUp { .. } => true,
            Fact::Backup { led, .. } => *led,
            Fact::Entered { order, .. } => !order.is_empty(),
            _ => false,
        }
    }
}

fn sentence(fact: &Fact, me: ActorId) -> String {
    match fact {
        Fact::Primary { view } => format!("{me} is the primary of view {view}"),
        Fact::Backup { view, .. } => format!("{me} is a backup in view {view}"),
        Fact::Changing { view, why: Why::Waited } => {
            format!("{me} has waited too long for a request and asks for view {view}")
        }
        Fact::Changing { view, why: Why::Told } => format!("{me} was told to ask for view {view}"),
        Fact::Changing { view, why: Why::Expired } => {
            format!("{me} has waited too long for view {} and asks for view {view}", view.0.saturating_sub(1))
        }
        Fact::Changing { view, why: Why::Joined } => {
            format!("{me} asks for view {view} too: one of those who ask must be telling the truth")
        }
        Fact::Entered { view, order, .. } if order.is_empty() => {
            format!("{me} entered view {view}: nothing was left open")
        }
        Fact::Entered { view, order, .. } => {
            let listed = order.iter().map(|(number, _, text)| format!("{number} {text}"));
            format!("{me} entered view {view} with the order {}", listed.collect::<Vec<_>>().join(", "))
        }
        Fact::PrePrepared { view, number, text } => {
            format!("{me} accepted {text} as number {number} in view {view}")
        }
        Fact::Prepared { view, number, text, .. } => {
            format!("{me} prepared {text} as number {number} in view {view}: enough others accept it")
        }
        Fact::Committed { number, text, .. } => {
            format!("{me} knows that {text} is committed as number {number}")
        }
        Fact::Executed { number, done: None, .. } => {
            format!("{me} executed number {number}, a null request")
        }
        Fact::Executed { number, done: Some(done), .. } => {
            let again = if done.again { ", which had been done before" } else { "" };
            let Done { client, text, .. } = done;
            format!("{me} executed number {number}: {client}, {text}{again}")
        }
        Fact::Checkpointed { number, digest } => {
            format!("{me} vouches for its state after {number}, {digest}")
        }
        Fact::Stable { number } => format!("{me} knows the checkpoint after {number} to be stable"),
        Fact::Installed { number, from, .. } => {
            format!("{me} was left behind and took over the state after {number} from {from}")
        }
        Fact::Equivocation { primary, number } => {
            format!("{me} holds two orders for number {number}, both signed by {primary}")
        }
        Fact::Refused { what, from, named } if from == named => {
            format!("{me} refused a false {} of {from}", what.name())
        }
        Fact::Refused { what, from, named } => {
            format!("{me} refused a false {} in the name of {named}, sent by {from}", what.name())
        }
        Fact::Repeated { client } => format!("{me} has executed this request of {client} before"),
        Fact::Recovered { number, torn } => {
            let torn = if *torn { ", after it a torn record" } else { "" };
            format!("{me} found its state after {number}{torn}")
        }
        Fact::Asked { text, node: Some(node) } => format!("{me} asks {node}: {text}"),
        Fact::Asked { text, node: None } => format!("{me} asks everybody: {text}"),
        Fact::Retried { text } => format!("{me} has no answer and asks everybody: {text}"),
        Fact::Answered { text, response, replies, .. } => {
            let said = answer(response);
            match replies {
                1 => format!("one replica answered {me}: {text}, {said}"),
                many => format!("{many} replicas answered {me} alike: {text}, {said}"),
            }
        }
        Fact::Differ { text, node } => format!("{me} was told something else by {node}: {text}"),
        Fact::GaveUp { text } => format!("{me} gave up on {text}, and does not know what became of it"),
    }
}
