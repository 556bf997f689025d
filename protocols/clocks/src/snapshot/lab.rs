//! What the lab says about itself: what it is, its verbs, its potholes and what each breaks, what it promises.

use super::client::Wish;
use super::invariants::names;
use super::message::Ask;
use super::settings::Settings;
use sim::ActorId;
use sim::lab::{About, Claim, FaultClass, Pothole, Verb};
use std::sync::Arc;

pub(super) const ABOUT: About = About {
    id: "snapshot",
    title: "Snapshot of a running system",
    subtitle: "money on its way between nodes",
    family: "clocks",
    source: "Chandy and Lamport, ACM TOCS 3(1), 1985",
    summary: "Nodes send each other money while somebody wants to know how much there is in all. \
              Markers on the channels part what was before the snapshot from what came after.",
    revision: 1,
    lesson: "moving-picture",
    model: "money",
    version: "",
};

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "send",
        usage: "send c1 20 from n1 to n2",
        doc: "The client has one node send money to another.",
        client: true,
    },
    Verb {
        name: "snapshot",
        usage: "snapshot c1 at n1",
        doc: "The client has a node take a snapshot.",
        client: true,
    },
];

pub(super) const POTHOLES: &[Pothole] = &[
    Pothole {
        id: "just_ask",
        set: "just_ask=on",
        title: "everybody is asked what it has",
        breaks: &[names::CONSISTENT, names::CONSERVATION],
    },
    Pothole {
        id: "forget_channels",
        set: "forget_channels=on",
        title: "what is on its way is forgotten",
        breaks: &[names::CONSISTENT, names::CONSERVATION],
    },
    Pothole {
        id: "late_markers",
        set: "late_markers=on",
        title: "markers sent late",
        breaks: &[names::CONSISTENT, names::CONSERVATION],
    },
    Pothole {
        id: "unordered",
        set: "unordered=on",
        title: "messages overtake markers",
        breaks: &[names::CONSISTENT, names::CONSERVATION],
    },
];

/// Words of the field, each explained.
pub(super) const GLOSSARY: &[(&str, &str)] = &[
    ("snapshot", "What all nodes and channels hold, recorded while they go on working."),
    ("marker", "Parts what was sent on a channel before the sender recorded from what was sent after."),
    (
        "channel",
        "The way from one node to another. Nothing is lost on it, and all comes in the order it was sent.",
    ),
    ("record", "Write down what one has now, for a snapshot."),
    ("cut", "A line through all nodes' time lines: what is before it, and what after."),
    (
        "consistent cut",
        "A cut across which nothing comes before it was sent. What is on its way at a cut belongs to it.",
    ),
    ("on its way", "Sent, and not arrived: in no account."),
    ("conservation", "Money moves, and never appears or vanishes."),
    ("stable", "Once true of a system, true for ever: a snapshot that shows it proves it."),
];

/// The faults that snapshots stand, and that chaos draws from. The paper's processes do not crash.
pub(super) fn faults(_: &Settings) -> Vec<FaultClass> {
    vec![
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
    ]
}

/// What is promised.
pub(super) fn claims(settings: &Settings) -> Vec<Claim> {
    let stands = faults(settings);
    let safe = |guarantee| Claim { guarantee, stands: stands.clone(), within: None, partial_heal: false };
    vec![
        safe(names::CONSISTENT),
        safe(names::CONSERVATION),
        Claim {
            guarantee: "progress",
            stands: stands.clone(),
            within: Some(settings.recovery()),
            partial_heal: false,
        },
    ]
}

/// Reads a request by hand: `20 from n1 to n2`, `20 n1 n2`, `at n1`.
///
/// # Errors
/// Says what should stand there.
pub(super) fn read_wish(verb: &str, words: &[Arc<str>]) -> Result<Wish, String> {
    let node = |word: &str| match word.parse::<ActorId>() {
        Ok(node) if node.is_node() => Ok(node),
        _ => Err(format!("“{}” is no node: write n1", word.chars().take(20).collect::<String>())),
    };
    let words: Vec<&str> =
        words.iter().map(|word| &**word).filter(|word| !matches!(*word, "→" | "at")).collect();
    if verb == "snapshot" {
        return match words[..] {
            [] => Ok(Wish { ask: Ask::Snapshot, node: None }),
            [at] => Ok(Wish { ask: Ask::Snapshot, node: Some(node(at)?) }),
            _ => Err("write snapshot c1 at n1".to_owned()),
        };
    }
    let (coins, from, to) = match words[..] {
        [coins, "from", from, "to", to] | [coins, from, to] => (coins, node(from)?, node(to)?),
        _ => return Err("write send c1 20 from n1 to n2".to_owned()),
    };
    match coins.parse::<u64>() {
        _ if from == to => Err(format!("{from} cannot send to itself")),
        Ok(coins) if (1..=1_000_000).contains(&coins) => {
            Ok(Wish { ask: Ask::Send { coins, to }, node: Some(from) })
        }
        _ => {
            Err(format!("“{}” is no amount: write 1 to 1000000", coins.chars().take(20).collect::<String>()))
        }
    }
}

/// The command by which a hand asks for the same.
pub(super) fn by_hand(operation: &sim::story::Operation) -> Option<String> {
    let client = operation.client;
    match (operation.function, &operation.input[..]) {
        ("snapshot", _) => Some(format!("snapshot {client}")),
        (_, [from, to, coins]) => Some(format!("send {client} {coins} from {from} to {to}")),
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
        let (n1, n2) = (ActorId::node(1), ActorId::node(2));
        for words in ["20 from n1 to n2", "20 n1 n2"] {
            let ask = Ask::Send { coins: 20, to: n2 };
            assert_eq!(wish("send", words), Ok(Wish { ask, node: Some(n1) }), "{words}");
        }
        assert_eq!(wish("snapshot", "at n1"), Ok(Wish { ask: Ask::Snapshot, node: Some(n1) }));
        assert_eq!(wish("snapshot", ""), Ok(Wish { ask: Ask::Snapshot, node: None }));
    }

    #[test]
    fn a_request_that_makes_no_sense_is_told_what_would() {
        for (verb, words) in [
            ("send", ""),
            ("send", "20 from n1"),
            ("send", "20 from n1 to n1"),
            ("send", "0 from n1 to n2"),
            ("send", "x from n1 to n2"),
            ("send", "20 from c1 to n2"),
            ("snapshot", "at c1"),
            ("snapshot", "n1 n2"),
        ] {
            assert!(wish(verb, words).is_err(), "{verb} {words}");
        }
    }
}
