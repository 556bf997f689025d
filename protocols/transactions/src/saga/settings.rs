//! The parameters, and what they are worth.

use super::order::MOST_SHOWS;
use crate::bank::{Branches, Coins, Load, MOST_ACCOUNTS};
use sim::ActorId;
use sim::network::{Latency, Network, Profile};
use sim::parameter::{Parameter, Parameters};
use sim::time::Span;

/// The mistakes that can be put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Potholes {
    /// What was done is not known by its key: it is done again.
    pub no_keys: bool,
    /// The same, for undoing alone.
    pub undo_without_key: bool,
    /// An undoing is asked for once, and not again.
    pub undo_once: bool,
    /// An undoing that finds nothing to undo leaves no trace.
    pub forgets_undo: bool,
    /// What is to be said is no part of what is written.
    pub outbox_apart: bool,
}

/// The parameters, typed.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which account lies where.
    pub branches: Branches,
    /// Shows.
    pub shows: u8,
    /// Seats for each.
    pub seats: u64,
    /// What a seat costs.
    pub price: Coins,
    /// Clients.
    pub clients: u16,
    /// How long an order may take until its seat is booked.
    pub patience: Span,
    /// After how long a message that is not known to have arrived is sent again.
    pub resend: Span,
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
    /// The mistakes put in.
    pub potholes: Potholes,
}

/// All parameters.
pub const PARAMETERS: &[Parameter] = &[
    Parameter::count("shards", 3, 1, 6, "nodes", "Nodes that keep accounts and sell seats."),
    Parameter::count(
        "accounts",
        6,
        1,
        MOST_ACCOUNTS as i64,
        "accounts",
        "Accounts, dealt out to the shards.",
    ),
    Parameter::count("opening", 100, 0, 100_000, "coins", "What is in each account at the start."),
    Parameter::count("shows", 3, 1, MOST_SHOWS as i64, "shows", "Shows, dealt out to the shards."),
    Parameter::count("seats", 12, 0, 10_000, "seats", "Seats for each show."),
    Parameter::count("price", 15, 1, 10_000, "coins", "What a seat costs."),
    Parameter::count("clients", 3, 0, 12, "clients", "Clients who buy."),
    Parameter::span(
        "patience",
        Span::secs(1),
        Span::millis(5),
        Span::secs(60),
        "How long an order may take until its seat is booked; then it is undone.",
    ),
    Parameter::span(
        "resend",
        Span::millis(300),
        Span::millis(5),
        Span::secs(60),
        "After how long a message that is not known to have arrived is sent again.",
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
        15,
        0,
        100,
        "%",
        "Of the clients' own requests, audits: all accounts are read.",
    ),
    Parameter::span(
        "timeout",
        Span::millis(700),
        Span::millis(5),
        Span::secs(60),
        "After which a client without an answer asks again.",
    ),
    Parameter::span(
        "give_up",
        Span::secs(5),
        Span::millis(10),
        Span::secs(600),
        "After which a client gives up, not knowing what became of its request.",
    ),
    Parameter::pothole("no_keys", "Requests carry no key: what is asked for twice is done twice."),
    Parameter::pothole(
        "undo_without_key",
        "Undoing carries no key: what is undone twice is given back twice.",
    ),
    Parameter::pothole("undo_once", "Undoing is asked for once, and not again where nobody answers."),
    Parameter::pothole(
        "forgets_undo",
        "An undoing that finds nothing to undo is not remembered: the step may still come. Orders are cancelled early.",
    ),
    Parameter::pothole(
        "outbox_apart",
        "What is to be said is no part of what is written: it is sent at once, and only once.",
    ),
];

/// A count that its range keeps small.
fn small<T: TryFrom<i64> + Default>(parameters: &Parameters, id: &str) -> T {
    T::try_from(parameters.count(id)).unwrap_or_default()
}

impl Settings {
    /// The typed form.
    pub fn of(p: &Parameters) -> Self {
        let potholes = Potholes {
            no_keys: p.switch("no_keys"),
            undo_without_key: p.switch("undo_without_key"),
            undo_once: p.switch("undo_once"),
            forgets_undo: p.switch("forgets_undo"),
            outbox_apart: p.switch("outbox_apart"),
        };
        // Who is cancelled while a step is on its way is overtaken by the undoing now and then.
        let patience =
            if potholes.forgets_undo { p.span("patience").min(Span::millis(90)) } else { p.span("patience") };
        Self {
            branches: Branches {
                first: 2,
                shards: small(p, "shards"),
                accounts: small(p, "accounts"),
                opening: Coins(p.count("opening")),
            },
            shows: small(p, "shows"),
            seats: small(p, "seats"),
            price: Coins(p.count("price")),
            clients: small(p, "clients"),
            patience,
            resend: p.span("resend"),
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
            potholes,
        }
    }

    /// Who takes orders on.
    pub const ORCHESTRATOR: ActorId = ActorId::node(1);

    /// The network: one region, messages as datagrams.
    pub fn network(&self) -> Network {
        let profile = Profile::clean(Latency::Uniform(self.latency_min, self.latency_max));
        Network::flat(profile.clone(), profile)
    }

    /// How long an order may take once all is mended: until it is cancelled, and then the most steps there can be, each
    /// asked for, done, made durable on both sides, and once asked for in vain before it was mended.
    pub fn ending(&self) -> Span {
        self.patience + self.resend * 2 + (self.latency_max * 2 + self.sync_max * 4) * 5 + Span::millis(800)
    }
}
