//! What the lab says about itself: what it is, its verbs, its potholes and what each breaks, what it promises.

use super::invariants::names;
use super::settings::{FRONT, Settings};
use sim::ActorId;
use sim::lab::{About, Arrangement, Claim, FaultClass, Pothole, Verb};

pub(super) const ABOUT: About = About {
    id: "resilience",
    title: "Calls that fail",
    subtitle: "a shop of services",
    family: "resilience",
    source: "Bronson, Aghayev, Charapko and Zhu, “Metastable Failures in Distributed Systems”, HotOS 2021; Beyer, Jones, \
             Petoff and Murphy (editors), “Site Reliability Engineering”, 2016, chapters 21 and 22; Dean and Barroso, “The \
             Tail at Scale”, CACM 56(2), 2013; Brooker, “Exponential Backoff and Jitter”, 2015",
    summary: "Devices ask a front, the front asks services, and services ask a store for what their caches have not got. \
              Each call may fail; what is done about it decides whether a short trouble stays short.",
    revision: 1,
    lesson: "retries-that-kill",
    model: "",
    version: "",
};

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "get",
        usage: "get c1 milk",
        doc: "A device of the client asks for something.",
        client: true,
    },
    Verb {
        name: "surge",
        usage: "surge c1 4x 2s",
        doc: "For so long the client's devices ask so many times as often.",
        client: true,
    },
    Verb { name: "flush", usage: "flush n2", doc: "The service's cache is emptied.", client: false },
];

pub(super) const POTHOLES: &[Pothole] = &[
    Pothole {
        id: "retry_without_budget",
        set: "retry_without_budget=on",
        title: "retries without a budget",
        breaks: &[names::GOODPUT, "progress", names::BUDGET],
    },
    Pothole {
        id: "no_jitter",
        set: "no_jitter=on",
        title: "no jitter",
        breaks: &[names::GOODPUT, "progress"],
    },
    Pothole {
        id: "deadline_not_passed",
        set: "deadline_not_passed=on",
        title: "the deadline is not passed on",
        breaks: &[names::GOODPUT, "progress"],
    },
    Pothole {
        id: "stale_work_served",
        set: "stale_work_served=on",
        title: "stale work is still served",
        breaks: &[names::GOODPUT, "progress", names::GONE],
    },
    Pothole {
        id: "cold_cache_open",
        set: "cold_cache_open=on",
        title: "a cold cache lets everybody through",
        breaks: &[names::GOODPUT, "progress", names::SINGLE, names::BULKHEAD],
    },
];

/// Words of the field, each explained.
pub(super) const GLOSSARY: &[(&str, &str)] = &[
    (
        "goodput",
        "What is answered while somebody still waits for it. Work that comes too late counts for nothing.",
    ),
    ("front", "The one node that devices know. It knows nothing itself, and asks a service."),
    ("service", "A node that answers: from its cache where it can."),
    ("store", "Where everything is kept for good. Reading from it takes long, and it turns nobody away."),
    ("cache", "What a service has read and keeps in memory. A crash loses it; the store still has it all."),
    ("cold", "Of a cache: empty, so that everything must be read from the store."),
    (
        "deadline",
        "Until when an answer is of use. Passed on as the time that is left, because no two clocks agree.",
    ),
    ("timeout", "How long one attempt is waited for."),
    ("retry", "Asking again, because no answer came, or a refusal."),
    ("attempt", "One try of a call: the first, or a retry."),
    ("back-off", "Waiting before a retry, twice as long with each."),
    ("jitter", "Chance in how long one waits, so that those who failed together do not come back together."),
    (
        "budget",
        "How many retries a caller may make for a hundred calls. A layer adds no more than that to the load.",
    ),
    ("breaker", "Opens after many failures: nobody is asked for a while, then one, to see how it is."),
    ("half-open", "Of a breaker: one call is let through to see whether it is answered."),
    (
        "bulkhead",
        "A limit on what one thing may take of what all need, so that one leak does not sink the ship.",
    ),
    ("hedge", "Asking a second node when the first takes longer than usual, and taking the first answer."),
    ("busy", "The answer of a node that turns a request away: it has too much to do already."),
    ("load shedding", "Turning requests away early, so that those that are let in are answered in time."),
    ("stampede", "All those whom a cache used to serve ask the store at once."),
    ("metastable", "Of a failure: it stays, kept up by its own consequences, when its cause has long gone."),
    ("surge", "For a while, devices ask more often."),
];

/// The faults that the shop stands, and that chaos draws from.
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
        FaultClass::Verb("surge c1 16x 2s"),
        FaultClass::Verb("flush {node}"),
    ]
}

/// What is promised.
///
/// Nothing while something is broken: who cannot be reached does not answer. But what is broken leaves nothing behind:
/// within [`Settings::recovery`] after all is mended devices are answered again, provided that there is enough of
/// everything for what they ask ([`Settings::suffices`]).
pub(super) fn claims(settings: &Settings) -> Vec<Claim> {
    let stands = faults(settings);
    let within = Some(settings.recovery());
    let claim = |guarantee, within| Claim { guarantee, stands: stands.clone(), within, partial_heal: false };
    let mut claims = Vec::new();
    if settings.suffices() {
        claims.extend([claim("progress", within), claim(names::GOODPUT, None)]);
    }
    claims.extend([claim(names::BUDGET, None), claim(names::GONE, None)]);
    claims
}

/// As calls go: clients, the front, services, the store.
pub(super) fn arrangement(settings: &Settings) -> Arrangement {
    Arrangement::Columns(vec![
        (1..=settings.clients).map(ActorId::client).collect(),
        vec![FRONT],
        settings.services().collect(),
        vec![settings.store()],
    ])
}
