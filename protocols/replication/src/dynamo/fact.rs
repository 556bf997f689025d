//! What becomes so at nodes and clients: feeds monitors, bands, measures, lesson conditions.

use super::clock::{Clock, Dot};
use super::settings::Settings;
use super::store::Key;
use serde::Serialize;
use sim::ActorId;
use sim::story::{Rank, Role, Value};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// What a client's answer says of versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Learned {
    /// Its write has this name.
    Wrote(Dot),
    /// Its read covers these.
    Saw(Clock),
}

/// What the settings promise of quorums at the moment of an answer: they may change during a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Promised {
    /// R and W have a node in common as long as nothing fails.
    pub overlaps: bool,
    /// Also whatever fails: a read covers all acknowledged before it.
    pub fresh: bool,
    /// And all that was read before it.
    pub forward: bool,
}

impl Promised {
    /// By these settings.
    pub fn of(settings: &Settings) -> Self {
        Self {
            overlaps: settings.overlaps() && settings.promises_siblings(),
            fresh: settings.promises_fresh(),
            forward: settings.promises_monotonic(),
        }
    }

    /// Promises no more than this.
    pub fn narrow(&mut self, other: Promised) {
        self.overlaps &= other.overlaps;
        self.fresh &= other.fresh;
        self.forward &= other.forward;
    }
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Fact {
    /// This node is a member.
    Serves,
    /// This node is no member, or no longer.
    Retired,
    /// Heard that a node joined.
    Joined {
        /// Who.
        node: ActorId,
    },
    /// Heard that a node left.
    Left {
        /// Who.
        node: ActorId,
    },
    /// An order was not carried out.
    Declined {
        /// Which, and why.
        reason: Arc<str>,
    },
    /// A node does not answer.
    Suspected {
        /// Who.
        node: ActorId,
    },
    /// A suspected node was heard again.
    Trusted {
        /// Who.
        node: ActorId,
    },
    /// As coordinator: a new version.
    Made {
        /// Under this key.
        key: Key,
        /// Its value.
        text: Arc<str>,
        /// Its name.
        dot: Dot,
        /// What its writer had read.
        read: Clock,
        /// What it says that its writer had read.
        past: Clock,
    },
    /// Keeps something new.
    Stored {
        /// Under this key.
        key: Key,
        /// All of it.
        text: Arc<str>,
    },
    /// Keeps something new for another.
    Hinted {
        /// For whom.
        owner: ActorId,
        /// Under this key.
        key: Key,
        /// All of it.
        text: Arc<str>,
    },
    /// The owner has what was kept for it; it is kept no longer.
    Delivered {
        /// Whose it was.
        owner: ActorId,
        /// The key.
        key: Key,
    },
    /// Those that are to keep a key have it; it is kept here no longer.
    HandedOver {
        /// The key.
        key: Key,
    },
    /// Remembers nothing of a deleted key.
    Forgot {
        /// The key.
        key: Key,
        /// All that it knew of it.
        knew: Clock,
    },
    /// So many hints are kept here.
    Hints {
        /// How many.
        count: u64,
    },
    /// As coordinator: brings a stale replica up to date.
    Repaired {
        /// The key.
        key: Key,
        /// The replica.
        node: ActorId,
    },
    /// Keeps other things than another owner.
    Differs {
        /// The other.
        node: ActorId,
        /// On so many parts.
        parts: u64,
    },
    /// As coordinator: said ok to a write.
    Acknowledged {
        /// To whom.
        client: ActorId,
        /// The key.
        key: Key,
        /// What was written.
        text: Arc<str>,
        /// Who has it.
        by: SmallVec<[ActorId; 3]>,
    },
    /// As coordinator: answered a read.
    Read {
        /// To whom.
        client: ActorId,
        /// The key.
        key: Key,
        /// What was found.
        text: Arc<str>,
        /// Who said so.
        by: SmallVec<[ActorId; 3]>,
    },
    /// As coordinator: had no quorum.
    Unavailable {
        /// Who asked.
        client: ActorId,
        /// What.
        text: Arc<str>,
        /// So many answered.
        had: u16,
        /// So many had to.
        needed: u16,
    },
    /// Found this on its disk.
    Recovered {
        /// So many keys.
        keys: u64,
        /// Whether a torn record was found.
        torn: bool,
    },
    /// A client asks.
    Asked {
        /// What.
        text: Arc<str>,
        /// Whom.
        node: ActorId,
        /// Of which key.
        key: Key,
        /// Whether it reads.
        reads: bool,
    },
    /// A client asks again.
    Retried {
        /// What.
        text: Arc<str>,
        /// Whom, this time.
        node: ActorId,
    },
    /// A client was answered.
    Answered {
        /// To what.
        text: Arc<str>,
        /// The answer.
        answer: Arc<str>,
        /// By whom.
        node: ActorId,
        /// Of which key.
        key: Key,
        /// What it says of versions.
        learned: Learned,
        /// What was promised then.
        promised: Promised,
    },
    /// A client found siblings, and writes back their union.
    Reconciled {
        /// The key.
        key: Key,
        /// The union.
        text: Arc<str>,
    },
    /// A client was told that the key is unavailable.
    Refused {
        /// What it asked.
        text: Arc<str>,
        /// By whom.
        node: ActorId,
    },
    /// A client gave up, and does not know.
    GaveUp {
        /// On what.
        text: Arc<str>,
    },
}

impl sim::Fact for Fact {
    fn name(&self) -> &'static str {
        match self {
            Fact::Serves => "serves",
            Fact::Retired => "retired",
            Fact::Joined { .. } => "joined",
            Fact::Left { .. } => "left",
            Fact::Declined { .. } => "declined",
            Fact::Suspected { .. } => "suspected",
            Fact::Trusted { .. } => "trusted",
            Fact::Made { .. } => "made",
            Fact::Stored { .. } => "stored",
            Fact::Hinted { .. } => "hinted",
            Fact::Delivered { .. } => "delivered",
            Fact::HandedOver { .. } => "handed-over",
            Fact::Forgot { .. } => "forgot",
            Fact::Hints { .. } => "hints",
            Fact::Repaired { .. } => "repaired",
            Fact::Differs { .. } => "differs",
            Fact::Acknowledged { .. } => "acknowledged",
            Fact::Read { .. } => "read",
            Fact::Unavailable { .. } => "unavailable",
            Fact::Recovered { .. } => "recovered",
            Fact::Asked { .. } => "asked",
            Fact::Retried { .. } => "retried",
            Fact::Answered { .. } => "answered",
            Fact::Reconciled { .. } => "reconciled",
            Fact::Refused { .. } => "refused",
            Fact::GaveUp { .. } => "gave-up",
        }
    }

    fn values(&self) -> SmallVec<[Value; 3]> {
        let text = |text: &Arc<str>| Value::Text(Arc::clone(text));
        match self {
            Fact::Serves | Fact::Retired => smallvec![],
            Fact::Joined { node }
            | Fact::Left { node }
            | Fact::Suspected { node }
            | Fact::Trusted { node } => {
                smallvec![Value::Actor(*node)]
            }
            Fact::Declined { reason } => smallvec![text(reason)],
            Fact::Made { key, text: value, dot, .. } => {
                smallvec![text(key), text(value), Value::from(&*dot.to_string())]
            }
            Fact::Stored { key, text: held } => smallvec![text(key), text(held)],
            Fact::Hinted { owner, key, text: held } => smallvec![Value::Actor(*owner), text(key), text(held)],
            Fact::Delivered { owner, key } => smallvec![Value::Actor(*owner), text(key)],
            Fact::HandedOver { key } | Fact::Forgot { key, .. } => smallvec![text(key)],
            Fact::Hints { count } => smallvec![(*count).into()],
            Fact::Repaired { key, node } => smallvec![text(key), Value::Actor(*node)],
            Fact::Differs { node, parts } => smallvec![Value::Actor(*node), (*parts).into()],
            Fact::Acknowledged { client, text: what, by, .. } | Fact::Read { client, text: what, by, .. } => {
                let by = by.iter().map(|node| Value::Actor(*node)).collect();
                smallvec![Value::Actor(*client), text(what), Value::List(by)]
            }
            Fact::Unavailable { client, text: what, had, .. } => {
                smallvec![Value::Actor(*client), text(what), u64::from(*had).into()]
            }
            Fact::Recovered { keys, .. } => smallvec![(*keys).into()],
            Fact::Asked { text: what, node, key, reads } => {
                let reads = Value::from(u64::from(*reads));
                smallvec![text(what), Value::Actor(*node), text(key), reads]
            }
            Fact::Retried { text: what, node } | Fact::Refused { text: what, node } => {
                smallvec![text(what), Value::Actor(*node)]
            }
            Fact::Answered { text: what, answer, node, key, learned, .. } => {
                let learned = match learned {
                    Learned::Wrote(dot) => [*dot].into_iter().collect::<Clock>().to_value(),
                    Learned::Saw(clock) => clock.to_value(),
                };
                smallvec![text(what), text(answer), Value::Actor(*node), text(key), learned]
            }
            Fact::Reconciled { key, text: what } => smallvec![text(key), text(what)],
            Fact::GaveUp { text: what } => smallvec![text(what)],
        }
    }

    fn role(&self) -> Option<Role> {
        match self {
            Fact::Serves => Some(Role { rank: Rank::Follower, label: "member", version: 0 }),
            Fact::Retired => Some(Role { rank: Rank::Learner, label: "not a member", version: 0 }),
            _ => None,
        }
    }

    fn sentence(&self, actor: ActorId) -> String {
        sentence(self, actor)
    }

    fn matters(&self) -> bool {
        matches!(
            self,
            Fact::Retired
                | Fact::Joined { .. }
                | Fact::Left { .. }
                | Fact::Declined { .. }
                | Fact::Suspected { .. }
                | Fact::Hinted { .. }
                | Fact::Delivered { .. }
                | Fact::HandedOver { .. }
                | Fact::Forgot { .. }
                | Fact::Repaired { .. }
                | Fact::Differs { .. }
                | Fact::Unavailable { .. }
                | Fact::Answered { .. }
                | Fact::Reconciled { .. }
                | Fact::GaveUp { .. }
        )
    }
}

fn names(nodes: &[ActorId]) -> String {
    nodes.iter().map(ActorId::to_string).collect::<Vec<_>>().join(" ")
}

fn sentence(fact: &Fact, me: ActorId) -> String {
    match fact {
        Fact::Serves => format!("{me} is a member"),
        Fact::Retired => format!("{me} is not a member"),
        Fact::Joined { node } => format!("{me} knows that {node} is a member"),
        Fact::Left { node } => format!("{me} knows that {node} has left"),
        Fact::Declined { reason } => format!("{me} declined: {reason}"),
        Fact::Suspected { node } => format!("{me} hears no answer from {node}, and suspects it"),
        Fact::Trusted { node } => format!("{me} hears {node} again"),
        Fact::Made { key, text, dot, read, .. } => {
            format!("{me} makes {text} a new version of {key}, {dot}; its writer had read {read}")
        }
        Fact::Stored { key, text } => format!("{me} keeps {text} under {key}"),
        Fact::Hinted { owner, key, text } => format!("{me} keeps {text} under {key} for {owner}"),
        Fact::Delivered { owner, key } => format!("{owner} has what {me} kept for it under {key}"),
        Fact::HandedOver { key } => format!("{me} keeps {key} no longer: its owners have it"),
        Fact::Forgot { key, .. } => format!("{me} remembers nothing of {key}, which was deleted"),
        Fact::Hints { count } => format!("{me} keeps {count} hints"),
        Fact::Repaired { key, node } => format!("{me} brings {node} up to date on {key}"),
        Fact::Differs { node, parts } => {
            let parts = if *parts == 1 { "one part".to_owned() } else { format!("{parts} parts") };
            format!("{me} finds that {node} keeps something else on {parts} of the ring")
        }
        Fact::Acknowledged { client, text, by, .. } => {
            format!("{me} said ok to {client}: {text} is on {}", names(by))
        }
        Fact::Read { client, text, by, .. } => format!("{me} answered {client}: {text}, by {}", names(by)),
        Fact::Unavailable { client, text, had, needed } => {
            format!("{me} refused {client}: {text}; {had} of {needed} answered")
        }
        Fact::Recovered { keys, torn } => {
            let torn = if *torn { ", and a torn record" } else { "" };
            let keys = if *keys == 1 { "1 key".to_owned() } else { format!("{keys} keys") };
            format!("{me} found {keys} on its disk{torn}")
        }
        Fact::Asked { text, node, .. } => format!("{me} asks {node}: {text}"),
        Fact::Retried { text, node } => format!("{me} tries again and asks {node}: {text}"),
        Fact::Answered { text, answer, node, .. } => format!("{node} answered {me}: {text}, {answer}"),
        Fact::Reconciled { key, text } => format!("{me} found siblings under {key} and writes back {text}"),
        Fact::Refused { text, node } => format!("{node} told {me} that it has no quorum: {text}"),
        Fact::GaveUp { text } => format!("{me} gave up on {text}, and does not know what became of it"),
    }
}
