//! What becomes so at the orchestrator, shards and clients: feeds monitors, bands, measures, lesson conditions.

use super::log::Ending;
use super::order::{Item, Key, OrderId};
use crate::bank::{ClientFact, Coins, Reason};
use serde::Serialize;
use sim::ActorId;
use sim::story::{Rank, Role, Value};
use smallvec::{SmallVec, smallvec};

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Fact {
    /// Takes orders on, from now on.
    Orchestrates {
        /// Orders that its log says are not over.
        open: u64,
        /// Records in it.
        records: u64,
    },
    /// Keeps accounts and seats, from now on.
    Keeps {
        /// Records found in its log.
        records: u64,
    },
    /// An order is taken on.
    Begun {
        /// Which.
        order: OrderId,
        /// Whose.
        client: ActorId,
        /// What is bought.
        item: Item,
    },
    /// A request is known: it was made before.
    Recognised {
        /// Whose.
        client: ActorId,
        /// Its number.
        number: u64,
    },
    /// An order goes on: this is asked for now.
    Goes {
        /// What.
        key: Key,
    },
    /// An order took too long: it is undone.
    Cancelled {
        /// Which.
        order: OrderId,
    },
    /// An order is over.
    Ended {
        /// Which.
        order: OrderId,
        /// What was bought, or not.
        item: Item,
        /// How.
        ending: Ending,
    },
    /// A shard did a step, or undid it.
    Did {
        /// Which.
        key: Key,
        /// Of what.
        item: Item,
        /// How often it has done so now.
        times: u32,
    },
    /// A shard refused a step.
    Refused {
        /// Which.
        key: Key,
        /// Why.
        reason: Reason,
    },
    /// A shard was to undo what it has not done, and remembers that.
    Nothing {
        /// What.
        key: Key,
    },
    /// A shard knows a key: what is asked for it has done, undone or refused already.
    Known {
        /// Which.
        key: Key,
    },
    /// An audit was answered.
    Audited {
        /// Whose.
        client: ActorId,
        /// What it found in all.
        total: Coins,
    },
    /// How many orders are open, how many of them are being undone, and how much money is on its way.
    Orders {
        /// Open.
        open: u64,
        /// Being undone.
        undoing: u64,
        /// Taken out of an account, and not known to have arrived.
        on_its_way: Coins,
    },
    /// At a client.
    Client(ClientFact),
}

pub(super) const ORCHESTRATOR: Role = Role { rank: Rank::Leader, label: "orchestrator", version: 0 };
pub(super) const SHARD: Role = Role { rank: Rank::Follower, label: "shard", version: 0 };

fn number(order: OrderId) -> Value {
    order.0.into()
}

/// The order first: what spans of time are measured by. Then what is done, in one word.
fn named(key: Key) -> SmallVec<[Value; 3]> {
    smallvec![number(key.order), key.verb().into()]
}

impl sim::Fact for Fact {
    fn name(&self) -> &'static str {
        match self {
            Fact::Orchestrates { .. } => "orchestrates",
            Fact::Keeps { .. } => "keeps",
            Fact::Begun { .. } => "begun",
            Fact::Recognised { .. } => "recognised",
            Fact::Goes { .. } => "goes",
            Fact::Cancelled { .. } => "cancelled",
            Fact::Ended { ending: Ending::Done, .. } => "done",
            Fact::Ended { ending: Ending::Undone(_), .. } => "undone",
            Fact::Did { .. } => "did",
            Fact::Refused { .. } => "refused",
            Fact::Nothing { .. } => "nothing",
            Fact::Known { .. } => "known",
            Fact::Audited { .. } => "audited",
            Fact::Orders { .. } => "orders",
            Fact::Client(fact) => fact.name(),
        }
    }

    fn values(&self) -> SmallVec<[Value; 3]> {
        match self {
            Fact::Orchestrates { open, records } => smallvec![(*open).into(), (*records).into()],
            Fact::Keeps { records } => smallvec![(*records).into()],
            Fact::Begun { order, client, item } => {
                smallvec![number(*order), Value::Actor(*client), Value::Text(item.to_string().into())]
            }
            Fact::Recognised { client, number } => smallvec![Value::Actor(*client), (*number).into()],
            Fact::Cancelled { order } | Fact::Ended { order, .. } => smallvec![number(*order)],
            Fact::Did { key, times, .. } => {
                smallvec![number(key.order), key.verb().into(), u64::from(*times).into()]
            }
            Fact::Goes { key } | Fact::Refused { key, .. } | Fact::Nothing { key } | Fact::Known { key } => {
                named(*key)
            }
            Fact::Audited { client, total } => smallvec![Value::Actor(*client), Value::Int(total.0)],
            Fact::Orders { open, undoing, on_its_way } => {
                smallvec![(*open).into(), (*undoing).into(), Value::Int(on_its_way.0)]
            }
            Fact::Client(fact) => fact.values(),
        }
    }

    fn role(&self) -> Option<Role> {
        match self {
            Fact::Orchestrates { .. } => Some(ORCHESTRATOR),
            Fact::Keeps { .. } => Some(SHARD),
            _ => None,
        }
    }

    fn sentence(&self, actor: ActorId) -> String {
        sentence(self, actor)
    }

    fn matters(&self) -> bool {
        match self {
            Fact::Goes { .. } | Fact::Recognised { .. } | Fact::Orders { .. } | Fact::Audited { .. } => false,
            Fact::Client(fact) => fact.matters(),
            _ => true,
        }
    }
}

/// What was done, in words.
fn deed(key: Key, item: Item) -> String {
    let Item { show, account, price } = item;
    match key.verb() {
        "charge" => format!("takes {price} from {account} for order {}", key.order),
        "refund" => format!("gives {price} back to {account}: order {} is undone", key.order),
        "book" => format!("takes a seat for {show} for order {}", key.order),
        "unbook" => format!("puts a seat for {show} back: order {} is undone", key.order),
        "pay" => format!("puts {price} into the till for order {}", key.order),
        other => format!("does {other} for order {}", key.order),
    }
}

fn sentence(fact: &Fact, me: ActorId) -> String {
    match fact {
        Fact::Orchestrates { records: 0, .. } => format!("{me} takes orders on"),
        Fact::Orchestrates { open, .. } => {
            format!("{me} takes orders on again; orders in its log that are not over: {open}")
        }
        Fact::Keeps { records: 0 } => format!("{me} keeps accounts and seats"),
        Fact::Keeps { .. } => format!("{me} keeps accounts and seats again"),
        Fact::Begun { order, client, item } => format!("{me} takes on order {order} of {client}: {item}"),
        Fact::Recognised { client, number } => {
            format!("{me} knows request {number} of {client}: it was made before")
        }
        Fact::Goes { key } => format!("{me} wants order {}: {}", key.order, key.verb()),
        Fact::Cancelled { order } => format!("order {order} has taken too long: {me} has it undone"),
        Fact::Ended { order, ending: Ending::Done, .. } => format!("order {order} is done"),
        Fact::Ended { order, ending: Ending::Undone(reason), .. } => {
            format!("order {order} is undone: {reason}")
        }
        Fact::Did { key, item, times: 0 | 1 } => format!("{me} {}", deed(*key, *item)),
        Fact::Did { key, item, times } => format!("{me} {} ({times} times by now)", deed(*key, *item)),
        Fact::Refused { key, reason } => format!("{me} refuses to {key}: {reason}"),
        Fact::Nothing { key } => format!("{me} has nothing to {key}, and remembers that"),
        Fact::Known { key } => format!("{me} knows {key}: it was asked before"),
        Fact::Audited { client, total } => format!("{me} tells {client} what is there: {total} in all"),
        Fact::Orders { open, undoing, on_its_way } => {
            format!("{open} orders are open, {undoing} being undone, {on_its_way} coins on their way")
        }
        Fact::Client(fact) => fact.sentence(me),
    }
}
