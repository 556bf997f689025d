//! What the lab says about itself: what it is, its verbs, its potholes and what each breaks, what it promises.

use super::invariants::names;
use super::settings::Settings;
use sim::lab::{About, Claim, FaultClass, Pothole, Verb};

pub(super) const ABOUT: About = About {
    id: "raft",
    title: "Raft",
    subtitle: "key-value store",
    family: "consensus",
    source: "Ongaro and Ousterhout, “In Search of an Understandable Consensus Algorithm”, USENIX ATC 2014; \
             Ongaro, “Consensus: Bridging Theory and Practice”, 2014",
    summary: "Nodes elect a leader, and the leader keeps the same log on all of them. \
              As long as a majority runs and can talk, nothing that was promised is lost.",
    revision: 1,
    lesson: "lost-write",
    model: "kv",
    version: "term",
};

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "put",
        usage: "put c1 list=milk [to n1]",
        doc: "The client writes a value; “to n1” asks that node and no other.",
        client: true,
    },
    Verb { name: "get", usage: "get c1 [list] [to n1]", doc: "The client reads a key.", client: true },
    Verb {
        name: "cas",
        usage: "cas c1 list=milk→tea [to n1]",
        doc: "The client writes a value if the key holds what it expects.",
        client: true,
    },
    Verb {
        name: "append",
        usage: "append c1 list=milk [to n1]",
        doc: "The client adds to the end of a value.",
        client: true,
    },
    Verb {
        name: "add",
        usage: "add n6",
        doc: "The leader brings the node up to date, then makes it a member.",
        client: false,
    },
    Verb {
        name: "remove",
        usage: "remove n3",
        doc: "The leader makes the node leave the members.",
        client: false,
    },
    Verb {
        name: "transfer",
        usage: "transfer n2",
        doc: "The leader gives its office to the node.",
        client: false,
    },
];

const LINEARIZABLE: &str = "linearizable";

pub(super) const POTHOLES: &[Pothole] = &[
    Pothole {
        id: "ack_before_majority",
        set: "ack_before_majority=on",
        title: "ok before a majority has it",
        breaks: &[LINEARIZABLE, names::SURVIVES],
    },
    Pothole {
        id: "vote_not_persisted",
        set: "vote_not_persisted=on",
        title: "vote not persisted",
        breaks: &[LINEARIZABLE, names::ONE_VOTE, names::ELECTION, names::COMPLETENESS, names::MACHINE],
    },
    Pothole {
        id: "ack_before_fsync",
        set: "ack_before_fsync=on",
        title: "acknowledge before fsync",
        breaks: &[LINEARIZABLE, names::COMPLETENESS, names::MACHINE, names::SURVIVES],
    },
    Pothole {
        id: "commit_old_terms",
        set: "commit_old_terms=on",
        title: "commit an old term's entry by counting",
        breaks: &[LINEARIZABLE, names::COMPLETENESS, names::MACHINE, names::SURVIVES],
    },
    Pothole {
        id: "read_without_asking",
        set: "read_without_asking=on",
        title: "reads ask nobody",
        breaks: &[LINEARIZABLE],
    },
    Pothole {
        id: "lease_under_drift",
        set: "lease_under_drift=on",
        title: "lease trusted under clock drift",
        breaks: &[LINEARIZABLE],
    },
    Pothole {
        id: "no_sessions",
        set: "no_sessions=on",
        title: "no client sessions",
        breaks: &[LINEARIZABLE],
    },
    Pothole {
        id: "unfixed_membership",
        set: "unfixed_membership=on",
        title: "members change too early",
        breaks: &[LINEARIZABLE, names::ELECTION, names::COMPLETENESS, names::MACHINE, names::SURVIVES],
    },
    Pothole {
        id: "prefix_truncates",
        set: "prefix_truncates=on",
        title: "a matching prefix truncates",
        breaks: &[LINEARIZABLE, "progress", names::COMPLETENESS, names::MACHINE, names::SURVIVES],
    },
];

/// Words of the field, each explained.
pub(super) const GLOSSARY: &[(&str, &str)] = &[
    (
        "term",
        "A number that grows with each election. At most one node leads in a term; a higher term outranks a lower one.",
    ),
    ("leader", "The node that answers clients and tells the others what to write."),
    ("follower", "A node that writes what the leader tells it."),
    ("candidate", "A node that hears no leader and asks for votes."),
    ("majority", "More than half of the members. Any two majorities have a node in common."),
    ("quorum", "Enough nodes to decide: in Raft a majority."),
    ("log", "The list of everything clients asked for, in order. All nodes mean to have the same."),
    ("entry", "One place in the log: a number, the term it was written in, and what was asked for."),
    ("committed", "On a majority, and so kept by every later leader. Only then may a client hear ok."),
    ("applied", "Carried out: the store shows it."),
    ("heartbeat", "An append without entries. It says: I still lead."),
    (
        "election timeout",
        "How long a node waits to hear a leader before it asks for votes. Drawn anew each time.",
    ),
    ("pre-vote", "Asking “would you vote for me?” before asking, so that nobody is disturbed in vain."),
    ("fsync", "Making the disk keep what was written, whatever happens to the power."),
    ("durable", "On the disk for good: a crash cannot take it back."),
    ("snapshot", "What all entries up to one made, in place of those entries."),
    ("session", "What the store remembers of a client, so that a repeated request takes effect once."),
    ("lease", "A time in which nobody else can have been elected, if clocks are as good as believed."),
    (
        "linearizable",
        "As if there were one copy and every operation happened at one moment between question and answer.",
    ),
    ("stale leader", "A node that still believes it leads, though a newer term has another leader."),
];

/// The faults that Raft stands, and that chaos draws from.
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
        FaultClass::ClockDrift { limit_ppb: settings.drift_limit },
        FaultClass::ClockStep,
        FaultClass::SlowDisk,
        FaultClass::FailingDisk,
        FaultClass::FullDisk,
        FaultClass::Verb("add {node}"),
        FaultClass::Verb("remove {node}"),
        FaultClass::Verb("transfer {node}"),
        // Leaders that come and go, some with one other node on their side: figure 8 needs several in a row.
        FaultClass::Verb("cut @leader for 500ms"),
        FaultClass::Verb("cut @leader {node} for 700ms"),
        FaultClass::Verb("cut @leader {node} for 1s"),
    ]
}

/// What is promised.
///
/// Progress needs the timing requirement (§5.6): an election, in which a candidate's vote and then the others' become
/// durable and travel, is over well before the shortest timeout, and heartbeats come more often than that.
///
/// Progress from a heal of few nodes needs a leader outside of them not to silence them: that it checks its quorum, and
/// that nobody who cannot win disturbs.
pub(super) fn claims(settings: &Settings) -> Vec<Claim> {
    let within =
        settings.election_max * 6 + settings.timeout * 2 + settings.think + settings.latency_max * 10;
    let stands = faults(settings);
    let mut claims =
        vec![Claim { guarantee: LINEARIZABLE, stands: stands.clone(), within: None, partial_heal: false }];
    let election = (settings.latency_max + settings.sync_max) * 2;
    if settings.election_min >= election.max(settings.heartbeat + settings.latency_max) {
        claims.push(Claim {
            guarantee: "progress",
            stands,
            within: Some(within),
            partial_heal: settings.check_quorum && settings.prevote && settings.sticky,
        });
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::Parameters;

    #[test]
    fn progress_is_claimed_where_elections_have_the_time_they_need() {
        let claimed = |set: &str| {
            let mut parameters = Parameters::defaults(super::super::settings::PARAMETERS);
            parameters.assign(set).unwrap();
            claims(&Settings::of(&parameters)).iter().any(|claim| claim.guarantee == "progress")
        };
        assert!(claimed("nodes=5") && claimed("latency_max=100ms"));
        assert!(!claimed("latency_max=200ms") && !claimed("sync_max=400ms") && !claimed("heartbeat=300ms"));
    }
}
