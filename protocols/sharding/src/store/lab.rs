//! What the lab says about itself: what it is, its verbs, its potholes and what each breaks, what it promises.

use super::client::{read_key, read_wish};
use super::invariants::names;
use super::settings::Settings;
use sim::ActorId;
use sim::figure::{Line, Plot, Quantity};
use sim::lab::{About, Claim, FaultClass, Pothole, Verb};
use std::sync::Arc;

pub(super) const ABOUT: About = About {
    id: "sharding",
    title: "Sharding",
    subtitle: "key-value store in shards",
    family: "sharding",
    source: "Karger et al., STOC 1997; Thaler and Ravishankar, IEEE/ACM ToN 1998; Lamping and Veach, 2014; Eisenbud et \
             al., NSDI 2016; Mirrokni, Thorup and Zadimoghaddam, SODA 2018; of moves and splits: Chang et al., “Bigtable”, \
             OSDI 2006, section 5, and Adya et al., “Slicer”, OSDI 2016, section 4",
    summary: "Each key lies in a shard, each shard on one server, and a map says which. \
              Servers come and go, hot ranges are split, shards move while they are in use, and clients ask by old maps.",
    revision: 1,
    lesson: "which-shard",
    model: "kv",
    version: "epoch",
};

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "put",
        usage: "put c1 k3=milk [to n2]",
        doc: "The client writes a value; “to n2” asks that server, whatever its map says.",
        client: true,
    },
    Verb { name: "get", usage: "get c1 k3 [to n2]", doc: "The client reads a key.", client: true },
    Verb {
        name: "join",
        usage: "join n6",
        doc: "The server becomes a member, and takes over shards.",
        client: false,
    },
    Verb {
        name: "leave",
        usage: "leave n3",
        doc: "The server is no longer a member, and hands its shards over.",
        client: false,
    },
    Verb {
        name: "split",
        usage: "split n1 k2",
        doc: "The keeper of the map has a range cut in two before that key.",
        client: false,
    },
];

pub(super) const POTHOLES: &[Pothole] = &[
    Pothole {
        id: "epoch_unchecked",
        set: "epoch_unchecked=on",
        title: "shard map epoch not checked",
        breaks: &[names::OWN, "linearizable", "no-lost-write"],
    },
    Pothole {
        id: "modulo_placement",
        set: "modulo_placement=on",
        title: "modulo when a node is added",
        breaks: &[names::JOIN, names::LEAVE],
    },
    Pothole { id: "no_split", set: "no_split=on", title: "no split of a hot range", breaks: &[names::SPLIT] },
    Pothole {
        id: "handover_before_fsync",
        set: "handover_before_fsync=on",
        title: "handed over before it is on disk",
        breaks: &[names::ONE, "linearizable", "no-lost-write"],
    },
    Pothole {
        id: "serve_while_moving",
        set: "serve_while_moving=on",
        title: "serve on while the shard moves",
        breaks: &[names::ONE, "linearizable", "no-lost-write"],
    },
];

/// Words of the field, each explained.
pub(super) const GLOSSARY: &[(&str, &str)] = &[
    ("shard", "A part of the keys that is kept, moved and served as one. Each shard lies on one server."),
    (
        "shard map",
        "Which shard lies where. The keeper has the one that holds; everybody else has a copy, perhaps an old one.",
    ),
    ("keeper", "The node that keeps the map and decides who keeps which shard."),
    (
        "epoch",
        "The number of a change. A shard's epoch is that of the last change of who keeps it; who asks says in which \
         epoch he believes, and is told “not here” if that is over.",
    ),
    ("hand-over", "One server stops, writes that down, and sends the shard to the other, which then begins."),
    ("range", "A shard of neighbouring keys. It can be split between any two of them."),
    ("split", "One shard becomes two, so that the load on it can be shared."),
    ("hot", "Asked for more than others: a hot key, a hot range, and the server that keeps it."),
    ("celebrity", "One key that a large part of all requests is for. No split helps: it is one key."),
    (
        "Zipf",
        "A law of unequal popularity: the k-th most popular key is asked for 1/k as often as the first.",
    ),
    (
        "ring",
        "Consistent hashing: a circle of hashes on which servers have points; a shard lies on the next point's server.",
    ),
    ("virtual node", "One of a server's several points on the ring, so that shares are more alike."),
    ("rendezvous", "Each server draws a number for each shard; the highest keeps it."),
    ("jump hash", "A hash to numbered servers that moves as little as possible when the last number grows."),
    ("maglev", "A table that the servers fill in turns, so that all have the same share."),
    ("bounded loads", "A ring on which a server that has enough is passed by."),
    (
        "modulo",
        "The hash divided by the number of servers: what is left over says which. It changes with their number.",
    ),
];

/// What is drawn over the time of a run.
pub(super) const PLOTS: &[Plot] = &[
    Plot {
        id: "load",
        title: "Requests at each server",
        unit: "1/s",
        doc: "How often each server is asked. One far above the others is hot; a split or a move brings it down.",
        lines: &[Line { name: "load", quantity: Quantity::Fact { name: "load", value: 0, sum: false } }],
    },
    Plot {
        id: "shards",
        title: "Shards",
        unit: "shards",
        doc: "How many shards the map has: one more with each split.",
        lines: &[Line { name: "shards", quantity: Quantity::Fact { name: "epoch", value: 1, sum: true } }],
    },
];

/// The faults that the lab stands, and that chaos draws from.
pub(super) fn faults() -> Vec<FaultClass> {
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
        FaultClass::ClockDrift { limit_ppb: 100_000_000 },
        FaultClass::ClockStep,
        FaultClass::SlowDisk,
        FaultClass::FailingDisk,
        FaultClass::FullDisk,
        FaultClass::Verb("join {node}"),
        FaultClass::Verb("leave {node}"),
    ]
}

/// What is promised, and against what.
///
/// Every key is kept once, so a shard whose server is down waits for it, and clients go on to other keys; what was
/// acknowledged is on its disk.
pub(super) fn claims(settings: &Settings) -> Vec<Claim> {
    let mut promised = vec!["linearizable", "no-lost-write", names::ONE, names::OWN, names::WHOLE];
    if settings.promised.joins_quietly() {
        promised.push(names::JOIN);
    }
    if settings.promised.leaves_quietly() {
        promised.push(names::LEAVE);
    }
    if settings.promises_splits() {
        promised.push(names::SPLIT);
    }
    let claim = |guarantee| Claim { guarantee, stands: faults(), within: None, partial_heal: false };
    let mut claims: Vec<Claim> = promised.into_iter().map(claim).collect();
    if settings.promises_progress() {
        claims.push(Claim { within: Some(settings.answers_within()), ..claim("progress") });
    }
    claims
}

/// Checks a verb's words: what follows the actor's name.
///
/// # Errors
/// Says what should stand there.
pub(super) fn check_verb(verb: &str, words: &[Arc<str>]) -> Result<(), String> {
    match (verb, words) {
        ("join" | "leave", []) => Ok(()),
        ("join" | "leave", _) => Err(format!("write {verb} n3")),
        ("split", [key]) => read_key(key).map(|_| ()),
        ("split", _) => Err("write split n1 k2".to_owned()),
        _ => read_wish(verb, words).map(|_| ()),
    }
}

/// The node that an order names, and what follows it.
pub(super) fn named_node(words: &[Arc<str>]) -> Option<(ActorId, &[Arc<str>])> {
    let (first, rest) = words.split_first()?;
    Some((first.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::super::settings::PARAMETERS;
    use super::*;
    use sim::Parameters;

    fn claimed(set: &[&str]) -> Vec<&'static str> {
        let mut parameters = Parameters::defaults(PARAMETERS);
        set.iter().for_each(|assignment| parameters.assign(assignment).unwrap());
        claims(&Settings::of(&parameters)).iter().map(|claim| claim.guarantee).collect()
    }

    #[test]
    fn what_is_promised_follows_from_the_parameters() {
        let quiet = [names::JOIN, names::LEAVE];
        assert!(quiet.iter().all(|name| claimed(&[]).contains(name)));
        assert!(
            claimed(&[]).contains(&names::SPLIT) && !claimed(&["placement=ring"]).contains(&names::SPLIT)
        );
        let jump = claimed(&["placement=jump"]);
        assert!(jump.contains(&names::JOIN) && !jump.contains(&names::LEAVE));
        for placement in ["placement=modulo", "placement=maglev", "placement=bounded"] {
            assert!(quiet.iter().all(|name| !claimed(&[placement]).contains(name)), "{placement}");
        }
        assert!(quiet.iter().all(|name| claimed(&["modulo_placement=on"]).contains(name)));
        assert!(claimed(&[]).contains(&"progress") && !claimed(&["latency_max=5s"]).contains(&"progress"));
    }

    #[test]
    fn orders_are_checked() {
        let check = |verb: &str, words: &str| {
            let words: Vec<Arc<str>> = words.split_whitespace().map(Into::into).collect();
            check_verb(verb, &words)
        };
        assert_eq!((check("join", ""), check("split", "k2"), check("put", "k1=x")), (Ok(()), Ok(()), Ok(())));
        for (verb, words) in [("join", "x"), ("split", ""), ("split", "x"), ("put", "k1")] {
            assert!(check(verb, words).is_err(), "{verb} {words}");
        }
    }
}
