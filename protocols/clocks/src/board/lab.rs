//! What the lab says about itself: what it is, its verbs, its potholes and what each breaks, what it promises.

use super::client::Wish;
use super::invariants::names;
use super::message::Ask;
use super::settings::Settings;
use sim::ActorId;
use sim::lab::{About, Arrangement, Claim, FaultClass, Pothole, Verb};
use std::sync::Arc;

pub(super) const ABOUT: About = About {
    id: "clocks",
    title: "Five clocks",
    subtitle: "posts on a board, stamped by five clocks",
    family: "clocks",
    source: "Lamport, CACM 21(7), 1978; Mattern 1989; Kulkarni et al., OPODIS 2014; Corbett et al. (Spanner), OSDI 2012",
    summary: "Every post is stamped by a wall clock, by Lamport's, by a vector, by a hybrid clock and by TrueTime, all at once. \
              Each can say something about what came first, and each something else.",
    revision: 1,
    lesson: "before-and-after",
    model: "board",
    version: "lease",
};

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "post",
        usage: "post c1 milk to n2",
        doc: "The client puts something on the board; to n2 asks that node, without it any.",
        client: true,
    },
    Verb {
        name: "read",
        usage: "read c1 from n3",
        doc: "The client asks for the last post on the board.",
        client: true,
    },
    Verb {
        name: "pin",
        usage: "pin c1 milk to n2",
        doc: "The client has something pinned on top of the board, which only the holder of the lease may do.",
        client: true,
    },
];

pub(super) const POTHOLES: &[Pothole] = &[
    Pothole {
        id: "order_by_wall",
        set: "order_by_wall=on",
        title: "ordered by wall clocks",
        breaks: &[names::CAUSAL],
    },
    Pothole {
        id: "set_back",
        set: "set_back=on",
        title: "a clock is set back",
        breaks: &[names::NEVER_BACK],
    },
    Pothole {
        id: "lease_on_wall",
        set: "lease_on_wall=on",
        title: "a lease measured on wall clocks",
        breaks: &[names::ONE_HOLDER],
    },
    Pothole {
        id: "follow_any_clock",
        set: "follow_any_clock=on",
        title: "a hybrid clock that follows any other",
        breaks: &[names::BOUNDED],
    },
    Pothole {
        id: "no_commit_wait",
        set: "no_commit_wait=on",
        title: "told before its time has passed",
        breaks: &[names::EXTERNAL],
    },
];

/// Words of the field, each explained.
pub(super) const GLOSSARY: &[(&str, &str)] = &[
    (
        "wall clock",
        "What shows the time of day. It is wrong by a little, drifts, and may be set, forwards or back.",
    ),
    ("monotonic clock", "Counts from some moment on. It may run fast or slow, but is never set."),
    ("drift", "How much faster or slower than it should a clock runs."),
    ("slew", "Put a clock right little by little, by having it run a bit faster or slower."),
    ("step", "Put a clock right at once."),
    (
        "offset",
        "How far another clock seems to be ahead, if both messages of an exchange took the same time.",
    ),
    ("delay", "How long both messages of an exchange took. The offset is wrong by at most half of it."),
    (
        "before",
        "At the same node and earlier, or told by a message, or both one after the other. Else neither is before.",
    ),
    (
        "Lamport clock",
        "One count that grows with whatever happens or is heard. What comes after has the larger one.",
    ),
    (
        "vector clock",
        "A count for each node: how much is known of it. It alone can say that neither was before.",
    ),
    (
        "hybrid clock",
        "The latest wall clock that is known of, and a count. What comes after has the larger one.",
    ),
    ("TrueTime", "A clock that answers with an interval: it is surely no earlier, and no later."),
    ("doubt", "Half of that interval. It grows until the time is asked for again."),
    ("commit time", "The end of the interval when a post was stamped: it had surely not passed."),
    ("commit wait", "Telling nobody of a post before its commit time has surely passed."),
    (
        "external order",
        "What was answered before something else began has the earlier time, whoever knew of whom.",
    ),
    (
        "lease",
        "Leave to do something for some time. It runs out by itself, so nobody need be asked to give it back.",
    ),
    ("holder", "Who has the lease."),
    ("time server", "The node whose clock all others mean."),
    ("durable", "On the disk for good: a crash cannot take it back."),
    ("pin", "Put on top of the board. Only the holder of the lease may."),
];

/// The faults that the clocks stand, and that chaos draws from.
pub(super) fn faults(settings: &Settings) -> Vec<FaultClass> {
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
        FaultClass::ClockDrift { limit_ppb: settings.drift_limit() },
        FaultClass::ClockStep,
        FaultClass::SlowDisk,
        FaultClass::FailingDisk,
        FaultClass::FullDisk,
    ]
}

/// What is promised. Of these, only the external order and the lease need clocks that drift no more than was said; none
/// needs wall clocks that are right.
pub(super) fn claims(settings: &Settings) -> Vec<Claim> {
    let stands = faults(settings);
    let safe = |guarantee| Claim { guarantee, stands: stands.clone(), within: None, partial_heal: false };
    vec![
        safe(names::CAUSAL),
        safe(names::EXTERNAL),
        safe(names::ONE_HOLDER),
        safe(names::BOUNDED),
        safe(names::NEVER_BACK),
        Claim {
            guarantee: "progress",
            stands: stands.clone(),
            within: Some(settings.recovery()),
            partial_heal: false,
        },
    ]
}

/// Clients, the servers, the time server.
pub(super) fn arrangement(settings: &Settings) -> Arrangement {
    Arrangement::Columns(vec![
        (1..=settings.clients).map(ActorId::client).collect(),
        settings.boards().collect(),
        vec![Settings::MASTER],
    ])
}

/// The longest text of a post, in letters.
const LONGEST: usize = 40;

/// Reads a request by hand: `milk to n2`, `from n3`.
///
/// # Errors
/// Says what should stand there.
pub(super) fn read_wish(verb: &str, words: &[Arc<str>]) -> Result<Wish, String> {
    let (words, to) = match words {
        [rest @ .., way, node] if matches!(&**way, "to" | "from") => match node.parse::<ActorId>() {
            Ok(node) if node.is_node() && node != Settings::MASTER => (rest, Some(node)),
            _ => {
                return Err(format!(
                    "“{}” keeps no board: write n2",
                    node.chars().take(20).collect::<String>()
                ));
            }
        },
        all => (all, None),
    };
    let text = words.join(" ");
    if text.chars().count() > LONGEST {
        return Err(format!("a post has at most {LONGEST} letters"));
    }
    let ask = match (verb, words.is_empty()) {
        ("read", true) => Ask::Read,
        ("read", false) => return Err("write read c1 from n3".to_owned()),
        (verb, true) => return Err(format!("write {verb} c1 milk to n2")),
        ("pin", false) => Ask::Pin(text.into()),
        (_, false) => Ask::Post(text.into()),
    };
    Ok(Wish { ask, to })
}

/// The command by which a hand asks for the same, of who answered it: on which board a post stands is what matters here.
pub(super) fn by_hand(operation: &sim::story::Operation) -> Option<String> {
    let client = operation.client;
    let by = |way: &str| operation.answered_by.map(|node| format!(" {way} {node}")).unwrap_or_default();
    match (operation.function, operation.input.first()) {
        ("read", _) => Some(format!("read {client}{}", by("from"))),
        (verb, Some(sim::story::Value::Text(text))) => Some(format!("{verb} {client} {text}{}", by("to"))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(verb: &str, words: &str) -> Result<Wish, String> {
        read_wish(verb, &words.split_whitespace().map(Into::into).collect::<Vec<_>>())
    }

    #[test]
    fn requests_by_hand_are_read() {
        let n2 = Some(ActorId::node(2));
        assert_eq!(wish("post", "milk to n2"), Ok(Wish { ask: Ask::Post("milk".into()), to: n2 }));
        assert_eq!(wish("post", "more milk"), Ok(Wish { ask: Ask::Post("more milk".into()), to: None }));
        assert_eq!(wish("read", "from n2"), Ok(Wish { ask: Ask::Read, to: n2 }));
        assert_eq!(wish("pin", "milk"), Ok(Wish { ask: Ask::Pin("milk".into()), to: None }));
    }

    #[test]
    fn a_request_that_makes_no_sense_is_told_what_would() {
        let long = "m".repeat(LONGEST + 1);
        for (verb, words) in [
            ("post", ""),
            ("post", "to n2"),
            ("post", "milk to n1"),
            ("post", "milk to c1"),
            ("read", "milk"),
            ("pin", &long),
        ] {
            assert!(wish(verb, words).is_err(), "{verb} {words}");
        }
    }
}
