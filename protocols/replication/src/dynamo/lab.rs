//! What the lab says about itself: what it is, its verbs, its potholes and what each breaks, what it promises.

use super::invariants::names;
use super::settings::Settings;
use sim::figure::{Line, Plot, Quantity};
use sim::lab::{About, Claim, FaultClass, Pothole, Verb};

pub(super) const ABOUT: About = About {
    id: "dynamo",
    title: "Dynamo",
    subtitle: "key-value store without a leader",
    family: "replication",
    source: "DeCandia et al., “Dynamo: Amazon’s Highly Available Key-value Store”, SOSP 2007",
    summary: "Each key is kept by a few nodes on a ring, and any node takes any request. \
              Writes are never refused while anybody can be reached; what does not fit together is kept side by side.",
    revision: 1,
    lesson: "quorum-overlap",
    model: "kv",
    version: "",
};

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "put",
        usage: "put c1 list=milk [to n1]",
        doc: "The client writes a value in place of what it has read; “to n1” asks that node and no other.",
        client: true,
    },
    Verb {
        name: "get",
        usage: "get c1 [list] [to n1]",
        doc: "The client reads a key: nothing, a value, or siblings.",
        client: true,
    },
    Verb {
        name: "del",
        usage: "del c1 [list] [to n1]",
        doc: "The client deletes what it has read of a key.",
        client: true,
    },
    Verb {
        name: "merge",
        usage: "merge c1 [list] [to n1]",
        doc: "The client reads a key and, where it finds siblings, writes back their union.",
        client: true,
    },
    Verb {
        name: "join",
        usage: "join n6",
        doc: "The node becomes a member, and takes over its keys.",
        client: false,
    },
    Verb {
        name: "leave",
        usage: "leave n3",
        doc: "The node is no longer a member, and hands its keys over.",
        client: false,
    },
];

pub(super) const POTHOLES: &[Pothole] = &[
    Pothole {
        id: "weak_quorum",
        set: "weak_quorum=on",
        title: "R + W is not more than N",
        breaks: &[names::FRESH, names::CALM, names::FORWARD],
    },
    Pothole {
        id: "fallbacks_count",
        set: "fallbacks_count=on",
        title: "a sloppy quorum taken for a quorum",
        breaks: &[names::FRESH, names::FORWARD],
    },
    Pothole {
        id: "newest_wins",
        set: "newest_wins=on",
        title: "the last writer wins by wall clock",
        breaks: &[names::SURVIVES, names::GONE, names::ALIKE, names::FRESH, names::CALM, names::FORWARD],
    },
    Pothole { id: "no_repair", set: "no_repair=on", title: "no repair of any kind", breaks: &[names::ALIKE] },
    Pothole {
        id: "no_tombstones",
        set: "no_tombstones=on",
        title: "deleting without tombstones",
        breaks: &[names::GONE, names::ALIKE, names::SURVIVES, names::CALM, names::FRESH, names::FORWARD],
    },
    Pothole {
        id: "no_dots",
        set: "no_dots=on",
        title: "one counter a coordinator",
        breaks: &[names::SURVIVES, names::GONE, names::ALIKE],
    },
    Pothole {
        id: "ack_before_fsync",
        set: "ack_before_fsync=on",
        title: "acknowledge before fsync",
        breaks: &[names::SURVIVES, names::GONE, names::FRESH, names::FORWARD],
    },
];

/// Words of the field, each explained.
pub(super) const GLOSSARY: &[(&str, &str)] = &[
    (
        "ring",
        "A circle of hashes. Nodes have points on it; a key belongs to the next few nodes clockwise from its place.",
    ),
    ("virtual node", "One of a node's several points on the ring, so that its load is spread when it goes."),
    ("owner", "One of the N nodes that are to keep a key: the first of its preference list."),
    (
        "preference list",
        "All nodes in the order in which they are asked for a key: its owners, then who stands in.",
    ),
    (
        "coordinator",
        "The node that carries out a client's request: it asks the owners and counts their answers.",
    ),
    ("quorum", "Enough answers to say ok: W for a write, R for a read."),
    ("sloppy quorum", "A quorum in which nodes that stand in for owners are counted too."),
    ("strict quorum", "A quorum in which only a key's owners are counted."),
    ("fallback", "A node that stands in for an owner that does not answer."),
    (
        "hinted handoff",
        "A fallback keeps what an owner missed, with a hint whose it is, and hands it over later.",
    ),
    ("hint", "A write that a node keeps for another one."),
    (
        "vector clock",
        "Of each coordinator, how many of its writes are known. It tells a newer version from a sibling.",
    ),
    ("context", "What a client has read, sent along with its next write: that is what the write replaces."),
    ("siblings", "Versions of which none knew of another. All are kept until a client reconciles them."),
    ("reconcile", "Making one version of siblings, as their reader sees fit: for a list, the union."),
    ("last writer wins", "Keeping the version with the latest wall clock, and dropping the other."),
    ("tombstone", "What is kept in place of a deleted value, so that the deletion is not forgotten."),
    ("read repair", "A read that finds a replica behind sends it what it lacks."),
    ("anti-entropy", "Replicas compare all they keep, in the background, and exchange what differs."),
    ("Merkle tree", "Hashes of hashes: two nodes compare the top, and go down only where it differs."),
    ("gossip", "Each node now and then tells another what it believes, until all believe the same."),
    ("suspected", "Does not answer. It may be down, slow, or cut off: nobody can tell which."),
    ("fsync", "Making the disk keep what was written, whatever happens to the power."),
    ("durable", "On the disk for good: a crash cannot take it back."),
    (
        "linearizable",
        "As if there were one copy and every operation happened at one moment between question and answer. \
         Dynamo does not promise it, whatever R and W are.",
    ),
];

/// What is drawn over the time of a run.
pub(super) const PLOTS: &[Plot] = &[Plot {
    id: "hints",
    title: "Hints",
    unit: "hints",
    doc: "How many writes each node keeps for others: they rise while an owner is away, and go when it is back.",
    lines: &[Line { name: "hints", quantity: Quantity::Fact { name: "hints", value: 0, sum: false } }],
}];

/// The faults that the lab stands, and that chaos draws from. Where wall clocks decide they must be right; where a quorum
/// is strict the members must stay, for the quorums of before and after a change need not meet.
pub(super) fn faults(settings: &Settings) -> Vec<FaultClass> {
    let mut faults = vec![
        FaultClass::Crash,
        FaultClass::Partition,
        FaultClass::OneWay,
        FaultClass::Loss,
        FaultClass::Duplication,
        FaultClass::Reordering,
        FaultClass::Delay,
        FaultClass::Pause,
        FaultClass::Slow,
        FaultClass::SlowDisk,
        FaultClass::FailingDisk,
        FaultClass::FullDisk,
    ];
    if settings.promises_siblings() {
        faults.extend([FaultClass::ClockDrift { limit_ppb: 100_000_000 }, FaultClass::ClockStep]);
    }
    if !settings.promises_fresh() {
        faults.extend([FaultClass::Verb("leave {node}"), FaultClass::Verb("join {node}")]);
    }
    faults
}

/// What is promised, and against what.
///
/// Reads: that they cover what was acknowledged follows from R + W > N only where both quorums are taken of the same N
/// nodes. A sloppy quorum is that only as long as nobody is taken for dead. Linearizable no quorum is, for a write that is
/// not acknowledged yet may be seen by one reader and missed by the next.
///
/// Progress: after everything was mended, a client has tried every node once. With a sloppy quorum a majority is enough,
/// where it is enough for R and W and a coordinator has the time to go through its preference list.
pub(super) fn claims(settings: &Settings) -> Vec<Claim> {
    let stands = faults(settings);
    let claim = |guarantee, stands: &[FaultClass]| Claim {
        guarantee,
        stands: stands.to_vec(),
        within: None,
        partial_heal: false,
    };
    let mut claims = vec![claim(names::SURVIVES, &stands), claim(names::GONE, &stands)];
    if settings.promises_convergence() && settings.is_timely() {
        claims.push(claim(names::ALIKE, &stands));
    }
    if settings.promises_fresh() {
        claims.push(claim(names::FRESH, &stands));
    }
    if settings.promises_monotonic() {
        claims.push(claim(names::FORWARD, &stands));
    }
    if settings.overlaps() && settings.promises_siblings() && settings.is_timely() {
        claims.push(claim(names::CALM, &[]));
    }
    if settings.is_timely() && settings.timeout >= settings.patience && settings.give_up > settings.timeout {
        let majority = settings.nodes / 2 + 1;
        // Everybody outside the majority may be asked in vain, one after the other.
        let in_vain = settings.patience * u64::from(settings.nodes - majority);
        let partial_heal = settings.counts_fallbacks()
            && majority >= settings.r.max(settings.w)
            && settings.deadline >= in_vain + settings.round_trip();
        let within = settings.timeout * (u64::from(settings.nodes) + 1)
            + settings.deadline * 2
            + settings.think
            + settings.latency() * 10;
        claims.push(Claim { guarantee: "progress", stands, within: Some(within), partial_heal });
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::super::version::Conflicts;
    use super::*;
    use sim::Parameters;

    fn claimed(set: &[&str]) -> Vec<&'static str> {
        let mut parameters = Parameters::defaults(super::super::settings::PARAMETERS);
        set.iter().for_each(|assignment| parameters.assign(assignment).unwrap());
        claims(&Settings::of(&parameters)).iter().map(|claim| claim.guarantee).collect()
    }

    #[test]
    fn what_is_promised_follows_from_the_parameters() {
        let plain = [names::SURVIVES, names::GONE, names::ALIKE, names::CALM, "progress"];
        assert_eq!(claimed(&[]), plain);
        assert_eq!(claimed(&["r=1"]), [names::SURVIVES, names::GONE, names::ALIKE, "progress"]);
        assert!(claimed(&["quorum=strict"]).contains(&names::FRESH));
        assert!(!claimed(&["quorum=strict"]).contains(&names::FORWARD));
        assert!(claimed(&["quorum=strict", "read_repair=before"]).contains(&names::FORWARD));
        assert!(!claimed(&["compare=0s"]).contains(&names::ALIKE));
        assert!(!claimed(&["latency_max=5s"]).contains(&"progress"));
        for set in [&[][..], &["quorum=strict"], &["read_repair=before", "quorum=strict"], &["r=3", "w=3"]] {
            assert!(!claimed(set).contains(&"linearizable"), "{set:?}");
        }
    }

    #[test]
    fn clocks_that_decide_must_be_right() {
        let mut parameters = Parameters::defaults(super::super::settings::PARAMETERS);
        parameters.assign("conflicts=newest").unwrap();
        let settings = Settings::of(&parameters);
        assert!(settings.conflicts == Conflicts::Newest && !settings.promises_siblings());
        assert!(!faults(&settings).contains(&FaultClass::ClockStep));
        parameters.assign("newest_wins=on").unwrap();
        assert!(faults(&Settings::of(&parameters)).contains(&FaultClass::ClockStep));
    }
}
