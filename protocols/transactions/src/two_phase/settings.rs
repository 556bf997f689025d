//! The parameters, and what they are worth.

use crate::bank::{Branches, Coins, Load, MOST_ACCOUNTS};
use sim::ActorId;
use sim::network::{Latency, Network, Profile};
use sim::parameter::{Parameter, Parameters};
use sim::time::Span;

/// The mistakes that can be put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Potholes {
    /// A shard says yes before its prepare record is durable.
    pub vote_before_durable: bool,
    /// A shard in doubt that hears nothing aborts by itself.
    pub abort_in_doubt: bool,
    /// A coordinator tells of a commit before it is logged.
    pub tell_before_logging: bool,
    /// A coordinator that is still counting votes answers “aborted”.
    pub presume_while_deciding: bool,
    /// A coordinator forgets a commit once it has told of it.
    pub forget_before_acks: bool,
    /// A shard acknowledges a commit before its own record of it is durable.
    pub ack_before_durable: bool,
    /// Locks are let go with the vote.
    pub unlock_at_vote: bool,
    /// An audit takes no locks.
    pub audit_without_locks: bool,
}

/// What a transaction does that finds an account locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadlocks {
    /// An older one waits, a younger one dies: nobody ever waits in a circle.
    WaitDie,
    /// It waits until its coordinator has waited long enough.
    TimeOut,
}

/// The parameters, typed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Nodes that coordinate: the first ones.
    pub coordinators: u16,
    /// Which account lies where.
    pub branches: Branches,
    /// Clients.
    pub clients: u16,
    /// How long a coordinator waits for everybody's work, and then for everybody's vote.
    pub decide: Span,
    /// How long a shard waits for a decision before it asks.
    pub ask: Span,
    /// How long a shard keeps work that nobody asks it to prepare.
    pub idle: Span,
    /// After how long a coordinator tells of a commit again.
    pub resend: Span,
    /// Whether shards in doubt ask each other.
    pub cooperative: bool,
    /// What happens at a locked account.
    pub deadlocks: Deadlocks,
    /// The shortest way of a message.
    pub latency_min: Span,
    /// The longest.
    pub latency_max: Span,
    /// The quickest sync.
    pub sync_min: Span,
    /// The slowest.
    pub sync_max: Span,
    /// What handling one event takes.
    pub work: Span,
    /// What clients do by themselves.
    pub load: Load,
    /// Of 100 requests, audits.
    pub audits: u64,
    /// The most that a client moves at once.
    pub amount: u64,
    /// The mistakes put in.
    pub potholes: Potholes,
}

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::count("coordinators", 2, 1, 4, "nodes", "Nodes that carry out transactions for clients."),
    Parameter::count("shards", 3, 1, 6, "nodes", "Nodes that keep accounts."),
    Parameter::count(
        "accounts",
        6,
        2,
        MOST_ACCOUNTS as i64,
        "accounts",
        "Accounts, dealt out to the shards.",
    ),
    Parameter::count("opening", 100, 0, 100_000, "coins", "What is in each account at the start."),
    Parameter::count("clients", 3, 0, 12, "clients", "Clients of the bank."),
    Parameter::span(
        "decide",
        Span::millis(800),
        Span::millis(5),
        Span::secs(60),
        "How long a coordinator waits for everybody's work, and then for everybody's vote, before it aborts.",
    ),
    Parameter::span(
        "ask",
        Span::millis(400),
        Span::millis(5),
        Span::secs(60),
        "How long a shard in doubt waits for the decision before it asks, and asks again.",
    ),
    Parameter::span(
        "idle",
        Span::secs(2),
        Span::millis(5),
        Span::secs(120),
        "How long a shard keeps locks for work that nobody asks it to prepare.",
    ),
    Parameter::span(
        "resend",
        Span::millis(400),
        Span::millis(5),
        Span::secs(60),
        "After how long a coordinator tells of a commit again, until it is acknowledged.",
    ),
    Parameter::switch(
        "cooperative",
        true,
        "A shard in doubt asks the other shards too, not only the coordinator.",
    ),
    Parameter::choice(
        "deadlocks",
        &["wait-die", "time-out"],
        "At a locked account: the older transaction waits and the younger one dies, or all wait until time is up.",
    ),
    Parameter::span("latency_min", Span::millis(10), Span::ZERO, Span::secs(10), "The quickest message."),
    Parameter::span("latency_max", Span::millis(30), Span::ZERO, Span::secs(10), "The slowest message."),
    Parameter::span("sync_min", Span::millis(2), Span::ZERO, Span::secs(10), "The quickest sync of a disk."),
    Parameter::span("sync_max", Span::millis(8), Span::ZERO, Span::secs(10), "The slowest sync of a disk."),
    Parameter::span("work", Span::micros(20), Span::ZERO, Span::secs(1), "What handling one event takes."),
    Parameter::switch("load", true, "Clients make requests of their own, besides those made by hand."),
    Parameter::span(
        "think",
        Span::millis(300),
        Span::millis(1),
        Span::secs(600),
        "Between an answer and the client's next request, on average.",
    ),
    Parameter::count(
        "audits",
        20,
        0,
        100,
        "%",
        "Of the clients' own requests, audits: all accounts are read.",
    ),
    Parameter::count("amount", 40, 1, 100_000, "coins", "The most that a client moves at once."),
    Parameter::span(
        "timeout",
        Span::millis(700),
        Span::millis(5),
        Span::secs(60),
        "After which a client without an answer asks its coordinator again.",
    ),
    Parameter::span(
        "give_up",
        Span::secs(4),
        Span::millis(10),
        Span::secs(600),
        "After which a client gives up, not knowing what became of its request.",
    ),
    Parameter::pothole("vote_before_durable", "A shard says yes before its prepare record is durable."),
    Parameter::pothole("abort_in_doubt", "A shard that has said yes and hears nothing aborts by itself."),
    Parameter::pothole(
        "tell_before_logging",
        "A coordinator tells of a commit before its own record of it is durable.",
    ),
    Parameter::pothole(
        "presume_while_deciding",
        "A coordinator that is asked while it still counts votes answers “aborted”; shards ask early.",
    ),
    Parameter::pothole(
        "forget_before_acks",
        "A coordinator forgets a commit once it has told of it, acknowledged or not.",
    ),
    Parameter::pothole(
        "ack_before_durable",
        "A shard acknowledges a commit before its own record of it is durable.",
    ),
    Parameter::pothole(
        "unlock_at_vote",
        "A shard lets go of its locks when it votes, not when it knows the decision.",
    ),
    Parameter::pothole("audit_without_locks", "An audit reads each account as it is, locked or not."),
];

/// A count that its range keeps small.
fn small<T: TryFrom<i64> + Default>(parameters: &Parameters, id: &str) -> T {
    T::try_from(parameters.count(id)).unwrap_or_default()
}

impl Settings {
    /// The typed form.
    pub fn of(p: &Parameters) -> Self {
        let potholes = Potholes {
            vote_before_durable: p.switch("vote_before_durable"),
            abort_in_doubt: p.switch("abort_in_doubt"),
            tell_before_logging: p.switch("tell_before_logging"),
            presume_while_deciding: p.switch("presume_while_deciding"),
            forget_before_acks: p.switch("forget_before_acks"),
            ack_before_durable: p.switch("ack_before_durable"),
            unlock_at_vote: p.switch("unlock_at_vote"),
            audit_without_locks: p.switch("audit_without_locks"),
        };
        let coordinators = small(p, "coordinators");
        // Who asks early finds the coordinator still counting.
        let ask =
            if potholes.presume_while_deciding { p.span("ask").min(Span::millis(60)) } else { p.span("ask") };
        Self {
            coordinators,
            branches: Branches {
                first: coordinators + 1,
                shards: small(p, "shards"),
                accounts: small(p, "accounts"),
                opening: Coins(p.count("opening")),
            },
            clients: small(p, "clients"),
            decide: p.span("decide"),
            ask,
            idle: p.span("idle"),
            resend: p.span("resend"),
            cooperative: p.switch("cooperative"),
            deadlocks: if p.choice("deadlocks") == "time-out" {
                Deadlocks::TimeOut
            } else {
                Deadlocks::WaitDie
            },
            latency_min: p.span("latency_min"),
            latency_max: p.span("latency_max").max(p.span("latency_min")),
            sync_min: p.span("sync_min"),
            sync_max: p.span("sync_max").max(p.span("sync_min")),
            work: p.span("work"),
            load: Load {
                on: p.switch("load"),
                think: p.span("think"),
                timeout: p.span("timeout"),
                give_up: p.span("give_up"),
            },
            audits: small(p, "audits"),
            amount: small(p, "amount"),
            potholes,
        }
    }

    /// The network: one region, messages as datagrams.
    pub fn network(&self) -> Network {
        let profile = Profile::clean(Latency::Uniform(self.latency_min, self.latency_max));
        Network::flat(profile.clone(), profile)
    }

    /// All coordinators.
    pub fn coordinators(&self) -> impl DoubleEndedIterator<Item = ActorId> + use<> {
        (1..=self.coordinators).map(ActorId::node)
    }

    /// Whether this node coordinates.
    pub fn is_coordinator(&self, who: ActorId) -> bool {
        who.is_node() && who.number() <= self.coordinators
    }

    /// The longest that an exchange of a few messages and syncs takes where nothing is broken.
    pub fn exchange(&self) -> Span {
        self.latency_max * 4 + self.sync_max * 4 + Span::millis(500)
    }

    /// How long after all is mended a shard may still be in doubt: it asks, is answered, and once more, for the first
    /// question may meet a coordinator that has not decided.
    pub fn doubt(&self) -> Span {
        self.ask * 2 + self.decide * 2 + self.resend + self.exchange()
    }
}
