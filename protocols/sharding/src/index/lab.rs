//! What the lab says about itself: what it is, its verbs, its potholes and what each breaks, what it promises.

use super::invariants::names;
use super::settings::Settings;
use sim::figure::{Line, Plot, Quantity};
use sim::lab::{About, Claim, FaultClass, Pothole, Verb};

pub(super) const ABOUT: About = About {
    id: "index",
    title: "The index everybody asks",
    subtitle: "two outages: S3 2017, DynamoDB 2015",
    family: "sharding",
    source: "Amazon Web Services, “Summary of the Amazon S3 Service Disruption in the Northern Virginia (US-EAST-1) \
             Region”, 28 February 2017, and “Summary of the Amazon DynamoDB Service Disruption and Related Impacts in the \
             US-East Region”, 20 September 2015",
    summary: "Storage servers serve as long as they know what they belong to, and ask an index for it every now and then. \
              Restart all of the index, or have all of them ask at once, and nobody serves anybody.",
    revision: 1,
    lesson: "everyone-asks",
    model: "",
    version: "",
};

pub(super) const VERBS: &[Verb] = &[
    Verb { name: "get", usage: "get c1", doc: "The client asks some storage server.", client: true },
    Verb {
        name: "refresh",
        usage: "refresh n2",
        doc: "The console restarts that index server; said of n1, the console itself, all of them.",
        client: false,
    },
];

pub(super) const POTHOLES: &[Pothole] = &[
    Pothole {
        id: "all_at_once",
        set: "all_at_once=on",
        title: "the whole index restarted at once",
        breaks: &[names::ONE, "progress"],
    },
    Pothole {
        id: "no_backoff",
        set: "no_backoff=on",
        title: "nobody answers, so ask everybody at once",
        breaks: &["progress"],
    },
];

/// Words of the field, each explained.
pub(super) const GLOSSARY: &[(&str, &str)] = &[
    (
        "index",
        "What says where everything is, or who belongs to what. Whoever does not know that can do nothing.",
    ),
    (
        "storage server",
        "A server that keeps data for clients. It must know which part is its own, and asks the index.",
    ),
    ("console", "The tool with which operators restart servers."),
    ("in service", "Knows what it belongs to, and serves clients."),
    ("lease", "An answer that is good for a while only. Whoever does not hear a new one in time must stop."),
    (
        "time-out",
        "After it the asker takes it that there will be no answer. The one who was asked does not know that.",
    ),
    ("back-off", "To wait before asking again, longer each time, so that those who answer can catch up."),
    ("jitter", "To wait a drawn time, so that those who failed together do not come back together."),
    ("shed", "To throw work away that is of no use to anybody any more."),
    (
        "metastable",
        "Stays broken after the cause is gone: the load of those who ask again keeps the answers from coming in time.",
    ),
    ("rolling restart", "One server after the other, each only when the last one is back."),
];

/// What is drawn over the time of a run.
pub(super) const PLOTS: &[Plot] = &[Plot {
    id: "lines",
    title: "Questions waiting at each index server",
    unit: "questions",
    doc: "As long as a line is longer than the askers' patience, all answers come too late, and all ask again.",
    lines: &[Line { name: "waiting", quantity: Quantity::Fact { name: "queue", value: 0, sum: false } }],
}];

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
        FaultClass::ClockDrift { limit_ppb: 50_000_000 },
        FaultClass::SlowDisk,
        FaultClass::Verb("refresh {node}"),
    ]
}

/// What is promised, and against what.
///
/// That somebody is served again needs an index with enough room: twice what the storage servers ask while all is well, and
/// more than they ask while nothing is.
pub(super) fn claims(settings: &Settings) -> Vec<Claim> {
    let claim = |guarantee| Claim { guarantee, stands: faults(), within: None, partial_heal: false };
    let mut claims = vec![claim(names::ONE)];
    if settings.is_sound() {
        claims.push(Claim { within: Some(settings.answers_within()), ..claim("progress") });
    }
    claims
}
