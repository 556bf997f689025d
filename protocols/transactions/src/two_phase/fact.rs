//! What becomes so at coordinators, shards and clients: feeds monitors, bands, measures, lesson conditions.

use super::log::Change;
use super::message::Vote;
use super::transaction::TransactionId;
use crate::bank::{Account, ClientFact, Coins, Reason};
use serde::Serialize;
use sim::ActorId;
use sim::story::{Rank, Role, Value};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// Why a shard aborted its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Lost {
    /// It was told so.
    Told(ActorId),
    /// Another shard was in doubt, and this one had not voted.
    Peer(ActorId),
    /// Nobody asked it to prepare for too long.
    Idle,
    /// It was asked about work that it has done anew since.
    Again,
    /// It was in doubt, and lost its patience.
    Patience,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Fact {
    /// Coordinates, from now on, in this life.
    Coordinates {
        /// The how-manieth.
        life: u32,
        /// Commits in its log that somebody may not have heard of.
        unfinished: u64,
    },
    /// Keeps accounts, from now on.
    Keeps {
        /// Records found in its log.
        records: u64,
        /// Transactions in doubt among them.
        in_doubt: u64,
    },
    /// A coordinator begins a transaction.
    Begun {
        /// Which.
        id: TransactionId,
        /// For whom.
        client: ActorId,
        /// What it is to do.
        text: Arc<str>,
        /// It only reads.
        reads: bool,
    },
    /// A coordinator knows a request: it was made before.
    Recognised {
        /// Whose.
        client: ActorId,
        /// Its number.
        number: u64,
    },
    /// A shard has done its part, and holds it.
    Worked {
        /// Of which.
        id: TransactionId,
    },
    /// A transaction waits for an account.
    Waits {
        /// Which.
        id: TransactionId,
        /// For what.
        account: Account,
        /// Who has it.
        holder: TransactionId,
        /// And is in doubt.
        in_doubt: bool,
    },
    /// A transaction may not wait: it is younger than who holds the account.
    Died {
        /// Which.
        id: TransactionId,
        /// At what.
        account: Account,
        /// Who has it.
        holder: TransactionId,
    },
    /// A coordinator asks for votes.
    Asks {
        /// On which.
        id: TransactionId,
    },
    /// A shard voted, other than yes: that is [`Fact::Prepared`].
    Voted {
        /// On which.
        id: TransactionId,
        /// How.
        vote: Vote,
    },
    /// A shard has voted yes: it is in doubt until it is told.
    Prepared {
        /// On which.
        id: TransactionId,
        /// What it will make of its accounts.
        changes: Arc<[Change]>,
    },
    /// A coordinator decided.
    Decided {
        /// Which.
        id: TransactionId,
        /// Commit, or abort.
        commit: bool,
        /// Why not.
        reason: Option<Reason>,
    },
    /// A decision to commit is durable.
    Logged {
        /// Which.
        id: TransactionId,
    },
    /// A coordinator answered an audit.
    Read {
        /// Which.
        id: TransactionId,
        /// What was in each account.
        balances: Arc<[(Account, Coins)]>,
    },
    /// A shard committed.
    Committed {
        /// Which.
        id: TransactionId,
        /// Who told it.
        by: ActorId,
    },
    /// A shard aborted.
    Aborted {
        /// Which.
        id: TransactionId,
        /// Why.
        why: Lost,
    },
    /// A coordinator forgets a commit.
    Forgot {
        /// Which.
        id: TransactionId,
    },
    /// A shard found after a crash that it is in doubt.
    Recovered {
        /// On which.
        id: TransactionId,
    },
    /// A shard in doubt asks.
    Inquires {
        /// About which.
        id: TransactionId,
    },
    /// A coordinator that knows nothing of a transaction says that it is aborted.
    Presumed {
        /// Which.
        id: TransactionId,
        /// To whom.
        shard: ActorId,
    },
    /// A shard told another one how it came out.
    Helped {
        /// Which.
        id: TransactionId,
        /// Whom.
        shard: ActorId,
        /// Commit, or abort.
        commit: bool,
    },
    /// How many transactions are in doubt at a shard, and how many wait for a lock there.
    HeldUp {
        /// In doubt.
        in_doubt: u64,
        /// Waiting.
        waiting: u64,
    },
    /// At a client.
    Client(ClientFact),
}

fn name_of(id: TransactionId) -> Value {
    Value::Text(id.to_string().into())
}

fn word(commit: bool) -> Value {
    Value::from(if commit { "commit" } else { "abort" })
}

impl sim::Fact for Fact {
    fn name(&self) -> &'static str {
        match self {
            Fact::Coordinates { .. } => "coordinates",
            Fact::Keeps { .. } => "keeps",
            Fact::Begun { .. } => "begun",
            Fact::Recognised { .. } => "recognised",
            Fact::Worked { .. } => "worked",
            Fact::Waits { .. } => "waits",
            Fact::Died { .. } => "died",
            Fact::Asks { .. } => "asks",
            Fact::Voted { .. } => "voted",
            Fact::Prepared { .. } => "prepared",
            Fact::Decided { .. } => "decided",
            Fact::Logged { .. } => "logged",
            Fact::Read { .. } => "read",
            Fact::Committed { .. } => "committed",
            Fact::Aborted { .. } => "aborted",
            Fact::Forgot { .. } => "forgot",
            Fact::Recovered { .. } => "recovered",
            Fact::Inquires { .. } => "inquires",
            Fact::Presumed { .. } => "presumed",
            Fact::Helped { .. } => "helped",
            Fact::HeldUp { .. } => "held-up",
            Fact::Client(fact) => fact.name(),
        }
    }

    fn values(&self) -> SmallVec<[Value; 3]> {
        match self {
            Fact::Coordinates { life, unfinished } => {
                smallvec![u64::from(*life).into(), (*unfinished).into()]
            }
            Fact::Keeps { records, in_doubt } => smallvec![(*records).into(), (*in_doubt).into()],
            Fact::Begun { id, client, text, .. } => {
                smallvec![name_of(*id), Value::Actor(*client), Value::Text(Arc::clone(text))]
            }
            Fact::Recognised { client, number } => smallvec![Value::Actor(*client), (*number).into()],
            Fact::Waits { id, account, holder, .. } | Fact::Died { id, account, holder } => {
                smallvec![name_of(*id), account.name().into(), name_of(*holder)]
            }
            Fact::Voted { id, vote } => smallvec![name_of(*id), vote.word().into()],
            Fact::Decided { id, commit, .. } => smallvec![name_of(*id), word(*commit)],
            Fact::Read { id, balances } => {
                let total: Coins = balances.iter().map(|(_, coins)| *coins).sum();
                smallvec![name_of(*id), Value::Int(total.0)]
            }
            Fact::Committed { id, by } => smallvec![name_of(*id), Value::Actor(*by)],
            Fact::Presumed { id, shard } => smallvec![name_of(*id), Value::Actor(*shard)],
            Fact::Helped { id, shard, commit } => {
                smallvec![name_of(*id), Value::Actor(*shard), word(*commit)]
            }
            Fact::HeldUp { in_doubt, waiting } => smallvec![(*in_doubt).into(), (*waiting).into()],
            Fact::Worked { id }
            | Fact::Asks { id }
            | Fact::Prepared { id, .. }
            | Fact::Logged { id }
            | Fact::Aborted { id, .. }
            | Fact::Forgot { id }
            | Fact::Recovered { id }
            | Fact::Inquires { id } => smallvec![name_of(*id)],
            Fact::Client(fact) => fact.values(),
        }
    }

    fn role(&self) -> Option<Role> {
        match self {
            Fact::Coordinates { .. } => Some(COORDINATOR),
            Fact::Keeps { .. } => Some(SHARD),
            _ => None,
        }
    }

    fn sentence(&self, actor: ActorId) -> String {
        sentence(self, actor)
    }

    fn matters(&self) -> bool {
        match self {
            Fact::Coordinates { .. }
            | Fact::Keeps { .. }
            | Fact::Waits { .. }
            | Fact::Died { .. }
            | Fact::Decided { .. }
            | Fact::Committed { .. }
            | Fact::Recovered { .. }
            | Fact::Presumed { .. }
            | Fact::Helped { .. } => true,
            Fact::Client(fact) => fact.matters(),
            _ => false,
        }
    }
}

/// Coordinators wear the crown. Lives are no versions: two coordinators outrank each other in nothing.
pub(super) const COORDINATOR: Role = Role { rank: Rank::Leader, label: "coordinator", version: 0 };
pub(super) const SHARD: Role = Role { rank: Rank::Follower, label: "shard", version: 0 };

/// What a shard will make of its accounts: `rent 100 → 80`.
pub(super) fn changes_told(changes: &[Change]) -> String {
    let told = changes.iter().map(|c| format!("{} {} → {}", c.account, c.before, c.after));
    told.collect::<Vec<_>>().join(", ")
}

fn sentence(fact: &Fact, me: ActorId) -> String {
    match fact {
        Fact::Coordinates { life: 1, .. } => format!("{me} coordinates"),
        Fact::Coordinates { life, unfinished: 0 } => format!("{me} coordinates again, in its life {life}"),
        Fact::Coordinates { life, unfinished } => {
            format!(
                "{me} coordinates again, in its life {life}; commits it has to tell of again: {unfinished}"
            )
        }
        Fact::Keeps { records: 0, .. } => format!("{me} keeps accounts"),
        Fact::Keeps { in_doubt: 0, .. } => format!("{me} keeps accounts again"),
        Fact::Keeps { in_doubt, .. } => {
            format!("{me} keeps accounts again, and is in doubt about {in_doubt}")
        }
        Fact::Begun { id, client, text, .. } => format!("{me} begins {id} for {client}: {text}"),
        Fact::Recognised { client, number } => {
            format!("{me} knows request {number} of {client}: it was made before")
        }
        Fact::Worked { id } => format!("{me} has done its part of {id}, and holds what it touched"),
        Fact::Waits { id, account, holder, in_doubt } => {
            let doubt = if *in_doubt { ", which is in doubt" } else { "" };
            format!("{id} waits for {account} at {me}: {holder} has it{doubt}")
        }
        Fact::Died { id, account, holder } => {
            format!("{id} dies at {me}: {holder}, which has {account}, is older")
        }
        Fact::Asks { id } => format!("{me} asks everybody in {id} whether they can commit"),
        Fact::Voted { id, vote: Vote::Read } => format!("{me} only read in {id}, and lets go"),
        Fact::Voted { id, vote } => format!("{me} votes {} on {id}", vote.word()),
        Fact::Prepared { id, changes } => {
            format!("{me} votes yes on {id} ({}), and is in doubt", changes_told(changes))
        }
        Fact::Decided { id, commit: true, .. } => format!("{me} decides to commit {id}"),
        Fact::Decided { id, commit: false, reason } => {
            let why = reason.map_or_else(String::new, |reason| format!(": {reason}"));
            format!("{me} decides to abort {id}{why}")
        }
        Fact::Logged { id } => format!("the decision to commit {id} is durable at {me}"),
        Fact::Read { id, balances } => {
            let total: Coins = balances.iter().map(|(_, coins)| *coins).sum();
            format!("{me} answers the audit {id}: {total} in all")
        }
        Fact::Committed { id, by } => format!("{me} commits {id}, as {by} says"),
        Fact::Aborted { id, why } => match why {
            Lost::Told(by) => format!("{me} aborts {id}, as {by} says"),
            Lost::Peer(peer) => format!("{me} aborts {id}: {peer} is in doubt, and {me} has not voted"),
            Lost::Idle => format!("{me} aborts {id}: nobody asks it to prepare"),
            Lost::Again => format!("{me} aborts {id}: it has lost the work that was to be prepared"),
            Lost::Patience => format!("{me} aborts {id} by itself, though it has voted yes"),
        },
        Fact::Forgot { id } => format!("{me} forgets {id}"),
        Fact::Recovered { id } => format!("{me} finds that it has voted yes on {id}: it is in doubt again"),
        Fact::Inquires { id } => format!("{me} asks how {id} came out"),
        Fact::Presumed { id, shard } => format!("{me} tells {shard} that {id} is aborted"),
        Fact::Helped { id, shard, commit } => {
            let how = if *commit { "it committed" } else { "it never voted yes" };
            format!("{me} can tell {shard} how {id} came out: {how}")
        }
        Fact::HeldUp { in_doubt, waiting } => {
            format!("{me}: {in_doubt} in doubt, {waiting} waiting for a lock")
        }
        Fact::Client(fact) => fact.sentence(me),
    }
}
