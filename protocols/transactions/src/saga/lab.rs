//! What the lab says about itself: what it is, its verbs, its potholes and what each breaks, what it promises.

use super::invariants::names;
use super::order::{Show, Wanted};
use super::settings::Settings;
use crate::bank::client::addressee;
use crate::bank::{Account, Wish, read_account};
use sim::ActorId;
use sim::lab::{About, Arrangement, Claim, FaultClass, Pothole, Verb};
use sim::random::Draw;
use std::sync::Arc;

pub(super) const ABOUT: About = About {
    id: "saga",
    title: "Sagas",
    subtitle: "seats sold over shards",
    family: "transactions",
    source: "Garcia-Molina and Salem, “Sagas”, SIGMOD 1987; Helland, “Life beyond Distributed Transactions”, CIDR 2007",
    summary: "An order is a row of small transactions, each on one shard, each final at once. \
              Where one is refused, those before it are undone by others that do the opposite.",
    revision: 1,
    lesson: "undoing",
    model: "orders",
    version: "",
};

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "buy",
        usage: "buy c1 jazz from rent",
        doc: "The client buys a seat for a show, with the money of an account.",
        client: true,
    },
    Verb {
        name: "audit",
        usage: "audit c1",
        doc: "The client reads all accounts, one shard after another.",
        client: true,
    },
];

pub(super) const POTHOLES: &[Pothole] = &[
    Pothole {
        id: "no_keys",
        set: "no_keys=on",
        title: "requests without keys",
        breaks: &[names::ONCE, names::CONSERVATION, names::OVERDRAWN, names::ATOMIC],
    },
    Pothole {
        id: "undo_without_key",
        set: "undo_without_key=on",
        title: "undoing twice gives back twice",
        breaks: &[names::ONCE, names::CONSERVATION],
    },
    Pothole {
        id: "undo_once",
        set: "undo_once=on",
        title: "undoing is not tried again",
        breaks: &[names::ENDS, "progress"],
    },
    Pothole {
        id: "forgets_undo",
        set: "forgets_undo=on",
        title: "an undoing that comes first is forgotten",
        breaks: &[names::ATOMIC, names::CONSERVATION],
    },
    Pothole {
        id: "outbox_apart",
        set: "outbox_apart=on",
        title: "message and change written apart",
        breaks: &[names::ENDS, names::ATOMIC, names::CONSERVATION, names::ONCE, names::OVERDRAWN, "progress"],
    },
];

/// Words of the field, each explained.
pub(super) const GLOSSARY: &[(&str, &str)] = &[
    ("saga", "A row of transactions, each final at once, that is done to its end or undone by others."),
    ("order", "Buying a seat: the price is taken from an account, a seat is taken, the till is paid."),
    (
        "orchestrator",
        "Who asks for the steps of an order one after another, and has them undone where it must.",
    ),
    ("shard", "A node that keeps some of the accounts and sells some of the seats."),
    ("step", "A transaction of an order, on one shard."),
    ("undo", "Do the opposite of what was done. What others saw and did in between stays."),
    ("compensation", "A transaction that does the opposite of an earlier one: a refund for a charge."),
    ("charge", "Take the price out of the buyer's account."),
    ("refund", "Give the price back to the buyer's account."),
    ("book", "Take a seat out of those that are left."),
    ("unbook", "Put a seat back."),
    ("pay", "Put the price into the till. From the booking on an order goes only forwards."),
    ("till", "The account of those who sell."),
    ("key", "Names one thing that is to happen once, so that whoever is asked again knows it."),
    ("idempotent", "Doing it twice is the same as doing it once."),
    (
        "at least once",
        "A message is sent again until it is known to have arrived: it may arrive more than once.",
    ),
    (
        "exactly once",
        "No network gives it. It is made of messages that arrive at least once and keys that are remembered.",
    ),
    (
        "outbox",
        "What is to be said, written in the same record as what was done, and sent from there until it has arrived.",
    ),
    ("log", "The records of what a node did, in order. After a crash they are all that it knows."),
    ("durable", "On the disk for good: a crash cannot take it back."),
    (
        "audit",
        "Reading all accounts, one shard after another. Money that is on its way stands in none of them.",
    ),
    ("conservation", "Money moves, and never appears or vanishes. The same with seats."),
    ("atomic", "An order that is over is all done or all undone."),
    ("isolation", "Not seeing what is half done. A saga has none."),
];

/// The faults that a saga stands, and that chaos draws from.
pub(super) fn faults(_: &Settings) -> Vec<FaultClass> {
    vec![
        FaultClass::Crash,
        FaultClass::Partition,
        FaultClass::OneWay,
        FaultClass::Loss,
        FaultClass::Duplication,
        FaultClass::Reordering,
        FaultClass::Delay,
        FaultClass::Pause,
        FaultClass::Slow,
        FaultClass::ClockDrift { limit_ppb: 200_000_000 },
        FaultClass::ClockStep,
        FaultClass::SlowDisk,
        FaultClass::FailingDisk,
        FaultClass::FullDisk,
    ]
}

/// What is promised: that an order ends all done or all undone, that nothing appears or vanishes, and that it goes on once
/// all is mended. Not that nobody sees what is half done: an audit may find money in no account at all.
pub(super) fn claims(settings: &Settings) -> Vec<Claim> {
    let stands = faults(settings);
    let safe = |guarantee| Claim { guarantee, stands: stands.clone(), within: None, partial_heal: false };
    let within =
        settings.ending() + settings.load.timeout * 2 + settings.load.think * 2 + settings.latency_max * 4;
    vec![
        safe(names::ATOMIC),
        safe(names::CONSERVATION),
        Claim { guarantee: "progress", stands: stands.clone(), within: Some(within), partial_heal: false },
    ]
}

/// Clients, the orchestrator, the shards: as calls go.
pub(super) fn arrangement(settings: &Settings) -> Arrangement {
    Arrangement::Columns(vec![
        (1..=settings.clients).map(ActorId::client).collect(),
        vec![Settings::ORCHESTRATOR],
        settings.branches.shards().collect(),
    ])
}

/// A request of a client's own accord.
pub(super) fn invent(settings: &Settings, draw: &mut Draw) -> Wanted {
    if draw.below(100) < settings.audits {
        return Wanted::Audit;
    }
    let pick = |draw: &mut Draw, of: u8| u8::try_from(draw.below(u64::from(of))).unwrap_or_default();
    let show = Show(pick(draw, settings.shows));
    Wanted::Seat { show, account: Account(pick(draw, settings.branches.accounts)) }
}

/// The command by which a hand asks for what an operation asked for.
pub(super) fn by_hand(operation: &sim::story::Operation) -> Option<String> {
    let client = operation.client;
    match (operation.function, &operation.input[..]) {
        ("buy", [show, account]) => Some(format!("buy {client} {show} from {account}")),
        ("read", _) => Some(format!("audit {client}")),
        _ => None,
    }
}

/// Reads a request by hand: `jazz from rent`, `jazz rent`, nothing for an audit.
///
/// # Errors
/// Says what should stand there.
pub(super) fn read_wish(verb: &str, words: &[Arc<str>]) -> Result<Wish<Wanted>, String> {
    let (words, to) = addressee(words)?;
    if to.is_some_and(|to| to != Settings::ORCHESTRATOR) {
        return Err(format!("only {} takes orders on", Settings::ORCHESTRATOR));
    }
    let ask = match (verb, words) {
        ("audit", []) => Wanted::Audit,
        ("audit", _) => return Err("write audit c1".to_owned()),
        (_, [show, from, account]) if &**from == "from" => {
            Wanted::Seat { show: Show::read(show)?, account: read_account(account)? }
        }
        (_, [show, account]) => Wanted::Seat { show: Show::read(show)?, account: read_account(account)? },
        _ => return Err("write buy c1 jazz from rent".to_owned()),
    };
    Ok(Wish { ask, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(verb: &str, words: &str) -> Result<Wish<Wanted>, String> {
        read_wish(verb, &words.split_whitespace().map(Into::into).collect::<Vec<_>>())
    }

    #[test]
    fn requests_by_hand_are_read() {
        let ask = Wanted::Seat { show: Show(0), account: Account(0) };
        for words in ["jazz from rent", "jazz rent"] {
            assert_eq!(wish("buy", words), Ok(Wish { ask, to: None }), "{words}");
        }
        assert_eq!(wish("audit", ""), Ok(Wish { ask: Wanted::Audit, to: None }));
    }

    #[test]
    fn a_request_that_makes_no_sense_is_told_what_would() {
        for (verb, words) in [
            ("buy", ""),
            ("buy", "jazz"),
            ("buy", "jazz from nowhere"),
            ("buy", "chess from rent"),
            ("buy", "jazz from rent to n2"),
            ("buy", "jazz from till"),
            ("audit", "rent"),
        ] {
            assert!(wish(verb, words).is_err(), "{verb} {words}");
        }
    }
}
