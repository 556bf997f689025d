//! What the lab says about itself: what it is, its verbs, its potholes and what each breaks, what it promises.

use super::invariants::names;
use super::message::Order;
use super::settings::Settings;
use crate::bank::client::addressee;
use crate::bank::{Account, Coins, Wish, read_account, read_coins};
use sim::ActorId;
use sim::lab::{About, Arrangement, Claim, FaultClass, Pothole, Verb};
use sim::random::Draw;
use std::sync::Arc;

pub(super) const ABOUT: About = About {
    id: "2pc",
    title: "Two-phase commit",
    subtitle: "a bank over shards",
    family: "transactions",
    source: "Gray, “Notes on Data Base Operating Systems”, 1978; Mohan, Lindsay and Obermarck, “Transaction Management \
             in the R* Distributed Database Management System”, ACM TODS 11(4), 1986; Bernstein, Hadzilacos and Goodman, \
             “Concurrency Control and Recovery in Database Systems”, 1987, chapter 7",
    summary: "A coordinator asks every shard whether it can commit, and decides when all have said yes. \
              Whoever has said yes waits for the decision, and holds what it has locked for as long as that takes.",
    revision: 1,
    lesson: "coordinator-gone",
    model: "bank",
    version: "",
};

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "transfer",
        usage: "transfer c1 rent→food 20 [to n1]",
        doc: "The client moves money; “to n1” asks that coordinator.",
        client: true,
    },
    Verb { name: "audit", usage: "audit c1 [to n1]", doc: "The client reads all accounts.", client: true },
];

pub(super) const POTHOLES: &[Pothole] = &[
    Pothole {
        id: "vote_before_durable",
        set: "vote_before_durable=on",
        title: "yes before it is on disk",
        breaks: &[names::ATOMIC, names::CONSERVATION, names::STRICT, names::YES, names::OK],
    },
    Pothole {
        id: "abort_in_doubt",
        set: "abort_in_doubt=on",
        title: "abort while in doubt",
        breaks: &[names::ATOMIC, names::CONSERVATION, names::STRICT, names::YES, names::OK, names::OVERDRAWN],
    },
    Pothole {
        id: "tell_before_logging",
        set: "tell_before_logging=on",
        title: "tell before it is logged",
        breaks: &[names::ATOMIC, names::CONSERVATION, names::STRICT, names::OK],
    },
    Pothole {
        id: "presume_while_deciding",
        set: "presume_while_deciding=on",
        title: "“aborted” while still deciding",
        breaks: &[names::ATOMIC, names::CONSERVATION, names::STRICT, names::YES, names::OK],
    },
    Pothole {
        id: "forget_before_acks",
        set: "forget_before_acks=on",
        title: "forget before all have heard",
        breaks: &[names::ATOMIC, names::CONSERVATION, names::STRICT, names::YES, names::OK],
    },
    Pothole {
        id: "ack_before_durable",
        set: "ack_before_durable=on",
        title: "acknowledged before it is on disk",
        breaks: &[names::ATOMIC, names::CONSERVATION, names::STRICT, names::YES, names::OK],
    },
    Pothole {
        id: "unlock_at_vote",
        set: "unlock_at_vote=on",
        title: "locks let go with the vote",
        breaks: &[names::CONSERVATION, names::STRICT, names::OVERDRAWN],
    },
    Pothole {
        id: "audit_without_locks",
        set: "audit_without_locks=on",
        title: "an audit takes no locks",
        breaks: &[names::STRICT],
    },
];

/// Words of the field, each explained.
pub(super) const GLOSSARY: &[(&str, &str)] = &[
    ("transaction", "Several changes that happen all together or not at all."),
    ("coordinator", "Who carries a transaction out: asks everybody, decides, and tells everybody."),
    ("shard", "A node that keeps some of the accounts."),
    (
        "prepare",
        "Write down all that is needed to commit, so that a crash cannot take it away, and then say yes.",
    ),
    ("vote", "A shard's answer to “can you commit?”. After a yes it may no longer change its mind."),
    (
        "in doubt",
        "Has said yes and does not know the decision: it may neither commit nor abort, and holds its locks.",
    ),
    ("commit", "Make the changes of a transaction final."),
    ("abort", "Undo a transaction, as if it had never been."),
    ("lock", "Keeps others away from an account while a transaction works on it."),
    ("locked", "Held by a transaction: others wait, or are refused."),
    ("audit", "Reading all accounts at one moment: whatever happens, the sum is the same."),
    ("log", "The records of what a node did, in order. After a crash they are all that it knows."),
    ("forced", "Written, and made durable before anything else happens."),
    ("durable", "On the disk for good: a crash cannot take it back."),
    (
        "presumed abort",
        "Who knows nothing of a transaction says that it was aborted. So aborts need no record and no answer.",
    ),
    ("blocked", "Can do nothing but wait for somebody else."),
    ("cooperative termination", "Shards in doubt ask each other. It helps unless all of them are in doubt."),
    ("deadlock", "Transactions that wait for each other in a circle."),
    (
        "wait-die",
        "Older transactions wait for younger ones; younger ones die. No circle of waiting can close.",
    ),
    ("conservation", "Money moves, and never appears or vanishes."),
    ("atomic", "All of it or nothing, everywhere."),
    (
        "strict-serializable",
        "As if transactions happened one after another, each at a moment between its question and its answer.",
    ),
];

/// The faults that two-phase commit stands, and that chaos draws from. It stands them by waiting: see [`claims`].
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
        // A coordinator that is out of reach while shards are in doubt: what this protocol is known for.
        FaultClass::Verb("cut @coordinator for 700ms"),
        FaultClass::Verb("pause @coordinator for 1s"),
    ]
}

/// What is promised.
///
/// Safety under every fault that does not forget what is on a disk. An answer only once all is mended, the coordinator
/// above all: a heal of few nodes does not help whoever waits for the others. The answer may be a refusal, for what is
/// locked is given up by who waits for it; that nobody stays in doubt is an invariant ([`names::ENDS`]).
pub(super) fn claims(settings: &Settings) -> Vec<Claim> {
    let stands = faults(settings);
    let safe = |guarantee| Claim { guarantee, stands: stands.clone(), within: None, partial_heal: false };
    // A client asks again; work is waited for, and then votes.
    let within = settings.load.timeout + settings.decide * 2 + settings.exchange();
    vec![
        safe(names::ATOMIC),
        safe(names::CONSERVATION),
        safe(names::STRICT),
        Claim { guarantee: "progress", stands: stands.clone(), within: Some(within), partial_heal: false },
    ]
}

/// Clients, who coordinates, who keeps accounts: as calls go.
pub(super) fn arrangement(settings: &Settings) -> Arrangement {
    Arrangement::Columns(vec![
        (1..=settings.clients).map(ActorId::client).collect(),
        settings.coordinators().collect(),
        settings.branches.shards().collect(),
    ])
}

/// A request of a client's own accord: some are audits; transfers go between any two accounts, near or far.
pub(super) fn invent(settings: &Settings, draw: &mut Draw) -> Order {
    if draw.below(100) < settings.audits {
        return Order::Audit;
    }
    let accounts = u64::from(settings.branches.accounts);
    let from = draw.below(accounts);
    let to = (from + 1 + draw.below(accounts - 1)) % accounts;
    let account = |place: u64| Account(u8::try_from(place).unwrap_or_default());
    let amount = Coins(1 + i64::try_from(draw.below(settings.amount)).unwrap_or_default());
    Order::Transfer { from: account(from), to: account(to), amount }
}

/// The command by which a hand asks for what an operation asked for.
pub(super) fn by_hand(operation: &sim::story::Operation) -> Option<String> {
    let client = operation.client;
    match (operation.function, &operation.input[..]) {
        ("transfer", [from, to, amount]) => Some(format!("transfer {client} {from}→{to} {amount}")),
        ("read", _) => Some(format!("audit {client}")),
        _ => None,
    }
}

/// Reads a request by hand: `rent→food 20`, `rent food 20`, nothing for an audit; then perhaps `to n1`.
///
/// # Errors
/// Says what should stand there.
pub(super) fn read_wish(verb: &str, words: &[Arc<str>]) -> Result<Wish<Order>, String> {
    let (words, to) = addressee(words)?;
    let ask = match (verb, words) {
        ("audit", []) => Order::Audit,
        ("audit", _) => return Err("write audit c1, or audit c1 to n1".to_owned()),
        (_, [way, amount]) => {
            let (from, to) = way
                .split_once('→')
                .or_else(|| way.split_once("->"))
                .ok_or("write transfer c1 rent→food 20")?;
            Order::Transfer { from: read_account(from)?, to: read_account(to)?, amount: read_coins(amount)? }
        }
        (_, [from, to, amount]) => {
            Order::Transfer { from: read_account(from)?, to: read_account(to)?, amount: read_coins(amount)? }
        }
        _ => return Err("write transfer c1 rent→food 20, or transfer c1 rent→food 20 to n1".to_owned()),
    };
    match ask {
        Order::Transfer { from, to, .. } if from == to => Err(format!("{from} cannot pay itself")),
        _ => Ok(Wish { ask, to }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(verb: &str, words: &str) -> Result<Wish<Order>, String> {
        read_wish(verb, &words.split_whitespace().map(Into::into).collect::<Vec<_>>())
    }

    #[test]
    fn requests_by_hand_are_read() {
        let ask = Order::Transfer { from: Account(0), to: Account(1), amount: Coins(20) };
        for words in ["rent→food 20", "rent->food 20", "rent food 20"] {
            assert_eq!(wish("transfer", words), Ok(Wish { ask, to: None }), "{words}");
        }
        assert_eq!(wish("transfer", "rent→food 20 to n2"), Ok(Wish { ask, to: Some(ActorId::node(2)) }));
        assert_eq!(wish("audit", ""), Ok(Wish { ask: Order::Audit, to: None }));
    }

    #[test]
    fn a_request_that_makes_no_sense_is_told_what_would() {
        for (verb, words) in [
            ("transfer", ""),
            ("transfer", "rent 20"),
            ("transfer", "rent→food"),
            ("transfer", "rent→food much"),
            ("transfer", "rent→rent 20"),
            ("transfer", "rent→nowhere 20"),
            ("transfer", "rent→food 20 to c1"),
            ("audit", "rent"),
        ] {
            assert!(wish(verb, words).is_err(), "{verb} {words}");
        }
    }
}
