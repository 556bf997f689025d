//! What becomes so at the keeper, at servers and at clients: feeds monitors, bands, measures, lesson conditions.

use super::map::ShardId;
use serde::Serialize;
use sim::ActorId;
use sim::story::{Rank, Role, Value};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// A shard as it is spoken of: its name, and what is in it (`k0–k3`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its name.
    pub id: ShardId,
    /// From its first key to its last: `k0–k3`.
    pub range: Arc<str>,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Fact {
    /// The keeper has a map of this epoch, durable or not.
    Epoch {
        /// Which.
        epoch: u64,
        /// How many shards it has.
        shards: u64,
    },
    /// The keeper took a server in.
    Joined {
        /// Whom.
        node: ActorId,
        /// So many shards are to move.
        moves: u64,
        /// So many of them between servers that were there before.
        needless: u64,
    },
    /// The keeper let a server go.
    Left {
        /// Whom.
        node: ActorId,
        /// So many shards are to move.
        moves: u64,
        /// So many of them did not lie on it.
        needless: u64,
    },
    /// The keeper did not carry out what a hand wanted.
    Declined {
        /// Why.
        reason: Arc<str>,
    },
    /// The keeper begins to move a shard.
    Moving {
        /// Which.
        shard: Named,
        /// To whom.
        to: ActorId,
        /// Under which epoch.
        epoch: u64,
    },
    /// The keeper knows that a shard has arrived.
    Moved {
        /// Which.
        shard: Named,
        /// Where.
        to: ActorId,
        /// Under which epoch.
        epoch: u64,
    },
    /// The keeper sees that one range takes more than its share.
    Hot {
        /// Which.
        shard: Named,
        /// Of all requests, in percent.
        share: u64,
    },
    /// The keeper has cut a shard in two.
    Split {
        /// The lower part.
        lower: Named,
        /// The upper one.
        upper: Named,
        /// Where that is to lie.
        to: ActorId,
    },
    /// A server is up.
    Serves {
        /// With so many shards that it keeps.
        shards: u64,
        /// The newest epoch among them.
        epoch: u64,
        /// Whether there is a shard that it was handing over when it went down.
        handing: bool,
    },
    /// A server keeps a shard from now on.
    Took {
        /// Which.
        shard: Named,
        /// From whom.
        from: ActorId,
        /// Under which epoch.
        epoch: u64,
        /// With so many values.
        values: u64,
    },
    /// A server gives a shard up.
    HandsOver {
        /// Which.
        shard: Named,
        /// To whom.
        to: ActorId,
        /// Under which epoch.
        epoch: u64,
    },
    /// A server drops what it kept of a shard that has arrived elsewhere.
    Dropped {
        /// Which.
        shard: Named,
    },
    /// A server cut a shard in two.
    Cut {
        /// The lower part.
        lower: Named,
        /// The upper one.
        upper: Named,
    },
    /// A hand-over came late, or a second time.
    Late {
        /// Of which shard.
        shard: ShardId,
        /// Under which epoch.
        epoch: u64,
        /// What this server knows of already.
        mine: u64,
    },
    /// A server answers for a key.
    Serving {
        /// Whom.
        client: ActorId,
        /// What.
        text: Arc<str>,
        /// Where the key lies.
        position: u16,
        /// The client had asked before.
        again: bool,
    },
    /// A server says that it does not keep that shard in that epoch.
    NotHere {
        /// To whom.
        client: ActorId,
        /// What was asked.
        text: Arc<str>,
        /// The epoch in the client's map.
        asked: u64,
        /// The one it knows of; 0 for none.
        mine: u64,
    },
    /// What a server was asked for in its last window.
    Load {
        /// Requests a second.
        rate: u64,
    },
    /// A client asks.
    Asked {
        /// What.
        text: Arc<str>,
        /// Whom.
        node: ActorId,
    },
    /// A client asks again.
    Retried {
        /// What.
        text: Arc<str>,
        /// Whom, this time.
        node: ActorId,
    },
    /// A client was told to look elsewhere.
    Astray {
        /// What it asked.
        text: Arc<str>,
        /// By whom.
        node: ActorId,
    },
    /// A client has a newer map.
    Learned {
        /// Its epoch.
        epoch: u64,
    },
    /// A client was answered.
    Answered {
        /// To what.
        text: Arc<str>,
        /// The answer.
        answer: Arc<str>,
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
            Fact::Epoch { .. } => "epoch",
            Fact::Joined { .. } => "joined",
            Fact::Left { .. } => "left",
            Fact::Declined { .. } => "declined",
            Fact::Moving { .. } => "moving",
            Fact::Moved { .. } => "moved",
            Fact::Hot { .. } => "hot",
            Fact::Split { .. } => "split",
            Fact::Serves { .. } => "serves",
            Fact::Took { .. } => "took",
            Fact::HandsOver { .. } => "hands-over",
            Fact::Dropped { .. } => "dropped",
            Fact::Cut { .. } => "cut",
            Fact::Late { .. } => "late",
            Fact::Serving { .. } => "serving",
            Fact::NotHere { .. } => "not-here",
            Fact::Load { .. } => "load",
            Fact::Asked { .. } => "asked",
            Fact::Retried { .. } => "retried",
            Fact::Astray { .. } => "astray",
            Fact::Learned { .. } => "learned",
            Fact::Answered { .. } => "answered",
            Fact::GaveUp { .. } => "gave-up",
        }
    }

    fn values(&self) -> SmallVec<[Value; 3]> {
        let text = |text: &Arc<str>| Value::Text(Arc::clone(text));
        let who = |node: &ActorId| Value::Actor(*node);
        match self {
            Fact::Epoch { epoch, shards } => smallvec![(*epoch).into(), (*shards).into()],
            Fact::Joined { node, moves, needless } | Fact::Left { node, moves, needless } => {
                smallvec![who(node), (*moves).into(), (*needless).into()]
            }
            Fact::Declined { reason } => smallvec![text(reason)],
            Fact::Moving { shard, to, epoch }
            | Fact::Moved { shard, to, epoch }
            | Fact::HandsOver { shard, to, epoch } => {
                smallvec![text(&shard.range), who(to), (*epoch).into()]
            }
            Fact::Hot { shard, share } => smallvec![text(&shard.range), (*share).into()],
            Fact::Split { lower, upper, to } => smallvec![text(&lower.range), text(&upper.range), who(to)],
            Fact::Serves { shards, epoch, .. } => smallvec![(*shards).into(), (*epoch).into()],
            Fact::Took { shard, from, epoch, values } => {
                smallvec![text(&shard.range), who(from), (*epoch).into(), (*values).into()]
            }
            Fact::Dropped { shard } => smallvec![text(&shard.range)],
            Fact::Cut { lower, upper } => smallvec![text(&lower.range), text(&upper.range)],
            Fact::Late { shard, epoch, mine } => {
                smallvec![u64::from(shard.0).into(), (*epoch).into(), (*mine).into()]
            }
            Fact::Serving { client, text: what, .. } => smallvec![who(client), text(what)],
            Fact::NotHere { client, text: what, asked, mine } => {
                smallvec![who(client), text(what), (*asked).into(), (*mine).into()]
            }
            Fact::Load { rate } => smallvec![(*rate).into()],
            Fact::Asked { text: what, node }
            | Fact::Retried { text: what, node }
            | Fact::Astray { text: what, node } => smallvec![text(what), who(node)],
            Fact::Learned { epoch } => smallvec![(*epoch).into()],
            Fact::Answered { text: what, answer, node } => smallvec![text(what), text(answer), who(node)],
            Fact::GaveUp { text: what } => smallvec![text(what)],
        }
    }

    fn role(&self) -> Option<Role> {
        match self {
            Fact::Epoch { epoch, .. } => Some(Role { rank: Rank::Leader, label: "map", version: *epoch }),
            Fact::Serves { epoch, .. } | Fact::Took { epoch, .. } => {
                Some(Role { rank: Rank::Follower, label: "server", version: *epoch })
            }
            _ => None,
        }
    }

    fn sentence(&self, actor: ActorId) -> String {
        sentence(self, actor)
    }

    fn matters(&self) -> bool {
        !matches!(
            self,
            Fact::Epoch { .. }
                | Fact::Serves { .. }
                | Fact::Dropped { .. }
                | Fact::Serving { .. }
                | Fact::Load { .. }
                | Fact::Asked { .. }
                | Fact::Learned { .. }
        )
    }
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn sentence(fact: &Fact, me: ActorId) -> String {
    match fact {
        Fact::Epoch { epoch, shards } => format!("{me} has a map of epoch {epoch}, with {shards} shards"),
        Fact::Joined { node, moves, needless: 0 } => {
            format!("{node} joins: {} to move there", counted(*moves, "shard"))
        }
        Fact::Joined { node, moves, needless } => format!(
            "{node} joins: {} to move, {needless} of them between servers that were there before",
            counted(*moves, "shard")
        ),
        Fact::Left { node, moves, needless: 0 } => {
            format!("{node} leaves: {} to move, all from it", counted(*moves, "shard"))
        }
        Fact::Left { node, moves, needless } => format!(
            "{node} leaves: {} to move, {needless} of them between servers that stay",
            counted(*moves, "shard")
        ),
        Fact::Declined { reason } => format!("{me} declined: {reason}"),
        Fact::Moving { shard, to, epoch } => {
            format!("{me} has {} moved to {to}, as of epoch {epoch}", shard.range)
        }
        Fact::Moved { shard, to, epoch } => {
            format!("{me} knows that {to} keeps {} as of epoch {epoch}", shard.range)
        }
        Fact::Hot { shard, share } => {
            format!("{me} sees that {} takes {share} % of all requests", shard.range)
        }
        Fact::Split { lower, upper, to } => {
            format!("{me} has two shards now, {} and {}; the second is for {to}", lower.range, upper.range)
        }
        Fact::Serves { shards, handing, .. } => {
            let rest = if *handing { ", and was handing one over" } else { "" };
            format!("{me} is up, and keeps {}{rest}", counted(*shards, "shard"))
        }
        Fact::Took { shard, from, epoch, values } => {
            let values = counted(*values, "value");
            format!("{me} keeps {} as of epoch {epoch}: {values} from {from}", shard.range)
        }
        Fact::HandsOver { shard, to, epoch } => {
            format!("{me} gives {} up and sends it to {to}, as of epoch {epoch}", shard.range)
        }
        Fact::Dropped { shard } => format!("{me} drops what it had of {}", shard.range),
        Fact::Cut { lower, upper } => format!("{me} cut a shard into {} and {}", lower.range, upper.range),
        Fact::Late { shard, epoch, mine } => {
            format!("{me} was sent {shard} of epoch {epoch}, and knows of {mine} already")
        }
        Fact::Serving { client, text, again: false, .. } => format!("{me} serves {client}: {text}"),
        Fact::Serving { client, text, again: true, .. } => {
            format!("{me} has done this for {client} already: {text}")
        }
        Fact::NotHere { client, text, asked, mine: 0 } => {
            format!(
                "{me} told {client} “not here”: {text}, in a shard of epoch {asked} that it does not know"
            )
        }
        Fact::NotHere { client, text, asked, mine } => {
            format!("{me} told {client} “not here”: {text}, of epoch {asked}; it knows of {mine}")
        }
        Fact::Load { rate } => format!("{me} is asked {rate} times a second"),
        Fact::Asked { text, node } => format!("{me} asks {node}: {text}"),
        Fact::Retried { text, node } => format!("{me} asks again, {node} this time: {text}"),
        Fact::Astray { text, node } => format!("{node} told {me} to look elsewhere: {text}"),
        Fact::Learned { epoch } => format!("{me} has the map of epoch {epoch}"),
        Fact::Answered { text, answer, node } => format!("{node} answered {me}: {text}, {answer}"),
        Fact::GaveUp { text } => format!("{me} gave up on {text}, and does not know what became of it"),
    }
}
