//! What the lab says about itself: what it is, its verbs, its potholes and what each breaks, what it promises.

use super::invariants::names;
use super::settings::{DRIFT_LIMIT, Settings};
use sim::lab::{About, Claim, FaultClass, Pothole, Verb};

pub(super) const ABOUT: About = About {
    id: "pbft",
    title: "PBFT",
    subtitle: "key-value store",
    family: "consensus",
    source: "Castro and Liskov, “Practical Byzantine Fault Tolerance”, OSDI 1999",
    summary: "3f+1 replicas keep one order of requests though f of them lie. \
              Nobody is believed alone: what 2f+1 say holds one who tells the truth to everyone.",
    revision: 1,
    lesson: "one-liar",
    model: "kv",
    version: "view",
};

pub(super) const VERBS: &[Verb] = &[
    Verb {
        name: "put",
        usage: "put c1 list=milk [to n1]",
        doc: "The client writes a value; “to n1” asks that replica and no other.",
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
        name: "suspect",
        usage: "suspect n2",
        doc: "The replica loses its patience with the primary and asks for the next view.",
        client: false,
    },
];

const LINEARIZABLE: &str = "linearizable";

pub(super) const POTHOLES: &[Pothole] = &[
    Pothole {
        id: "weak_quorums",
        set: "weak_quorums=on",
        title: "f+1 where 2f+1 are needed",
        breaks: &[
            LINEARIZABLE,
            names::AGREEMENT,
            names::PREPARED,
            names::KEPT,
            names::STATES,
            names::TRUE_ANSWERS,
        ],
    },
    Pothole {
        id: "three_f",
        set: "three_f=on",
        title: "3f replicas for f liars",
        breaks: &[
            LINEARIZABLE,
            names::AGREEMENT,
            names::PREPARED,
            names::KEPT,
            names::STATES,
            names::TRUE_ANSWERS,
        ],
    },
    Pothole {
        id: "unsigned_relay",
        set: "unsigned_relay=on",
        title: "what is passed on is believed unsigned",
        breaks: &[
            LINEARIZABLE,
            names::AGREEMENT,
            names::PREPARED,
            names::KEPT,
            names::STATES,
            names::TRUE_ANSWERS,
        ],
    },
    Pothole {
        id: "execute_on_prepare",
        set: "execute_on_prepare=on",
        title: "executed without commits",
        breaks: &[LINEARIZABLE, names::AGREEMENT, names::KEPT, names::STATES, names::TRUE_ANSWERS],
    },
    Pothole {
        id: "unchecked_new_view",
        set: "unchecked_new_view=on",
        title: "a new view is believed unchecked",
        breaks: &[
            LINEARIZABLE,
            names::AGREEMENT,
            names::PREPARED,
            names::KEPT,
            names::STATES,
            names::TRUE_ANSWERS,
        ],
    },
    Pothole {
        id: "unproven_state",
        set: "unproven_state=on",
        title: "a state is taken from one replica",
        breaks: &[LINEARIZABLE, names::STATES],
    },
    Pothole {
        id: "first_reply",
        set: "first_reply=on",
        title: "the first reply is believed",
        breaks: &[LINEARIZABLE, names::TRUE_ANSWERS],
    },
    Pothole {
        id: "votes_not_persisted",
        set: "votes_not_persisted=on",
        title: "votes not persisted",
        breaks: &[
            LINEARIZABLE,
            names::AGREEMENT,
            names::PREPARED,
            names::KEPT,
            names::STATES,
            names::TRUE_ANSWERS,
        ],
    },
    Pothole { id: "weak_reads", set: "weak_reads=on", title: "reads believe f+1", breaks: &[LINEARIZABLE] },
];

/// Words of the field, each explained.
pub(super) const GLOSSARY: &[(&str, &str)] = &[
    ("view", "A number; each has one primary. When a primary fails its backups, they move to the next view."),
    ("primary", "The replica that gives requests their numbers in a view."),
    (
        "backup",
        "A replica that checks the primary's order, and asks for another primary if it waits too long.",
    ),
    ("replica", "One of the 3f+1 nodes that all execute the same requests in the same order."),
    (
        "liar",
        "A node that sends what it should not: Byzantine. It may say anything, but only in its own name.",
    ),
    ("quorum", "Enough replicas to decide: 2f+1 of 3f+1. Any two quorums share one that tells the truth."),
    ("pre-prepare", "The primary's order: this request is to have this number."),
    ("prepare", "A backup's word that it accepts that order, and no other for this number in this view."),
    ("prepared", "The order is signed by the primary and 2f backups: nobody can have another in this view."),
    ("commit", "A replica's word that it has seen the request prepared."),
    ("committed", "2f+1 have seen it prepared: every later view will keep it."),
    ("executed", "Carried out: the store shows it, and the client gets a reply."),
    (
        "checkpoint",
        "A state that replicas vouch for; once 2f+1 do, it is stable, and what lies before it is forgotten.",
    ),
    ("watermark", "Numbers go from the last stable checkpoint to a window beyond it, and no further."),
    ("view-change", "A replica's word that it asks for a view, with proof of what prepared at it."),
    ("new-view", "The new primary's word: 2f+1 ask for me, and this order follows from what they say."),
    ("null request", "A request for nothing: it fills a number that no prepared request has."),
    ("equivocation", "Telling one this and another that."),
    (
        "certificate",
        "Messages signed by enough replicas that whoever holds them can prove something to anybody.",
    ),
    (
        "signature",
        "Only the owner of a key can make it, and everybody can check it: so words can be passed on.",
    ),
    ("digest", "A short number made of a text; nobody finds another text with the same one."),
    (
        "linearizable",
        "As if there were one copy and every operation happened at one moment between question and answer.",
    ),
];

/// The faults that PBFT stands, and that chaos draws from. Crashes lose nothing that was said, so they are no lies, and
/// any number of them may happen; f nodes may lie besides.
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
        FaultClass::ClockDrift { limit_ppb: DRIFT_LIMIT },
        FaultClass::ClockStep,
        FaultClass::SlowDisk,
        FaultClass::FailingDisk,
        FaultClass::FullDisk,
        FaultClass::Lies { limit: settings.f },
        // Views that end early, some with the primary's last words heard by one alone.
        FaultClass::Verb("cut @primary for 900ms"),
        FaultClass::Verb("cut @primary {node} for 900ms"),
        FaultClass::Verb("cut {node} for 3s"),
    ]
}

/// What is promised.
///
/// Progress needs some synchrony (section 3): the longest patience outlasts a view change, in which three messages in a
/// row are synced and travel, and the request after it, with five.
///
/// It needs 2f+1 replicas, wherever the other f are: with f = 1 any majority of the nodes is that many.
pub(super) fn claims(settings: &Settings) -> Vec<Claim> {
    let step = settings.latency_max + settings.sync_max + settings.work * 20;
    let within =
        settings.patience_max * 2 + settings.timeout + settings.status * 6 + step * 10 + settings.think;
    let stands = faults(settings);
    let mut claims =
        vec![Claim { guarantee: LINEARIZABLE, stands: stands.clone(), within: None, partial_heal: false }];
    if settings.patience_max >= step * 10 + settings.status * 2 {
        let partial_heal = settings.f == 1 && !settings.direct_reads;
        claims.push(Claim { guarantee: "progress", stands, within: Some(within), partial_heal });
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::Parameters;

    #[test]
    fn progress_is_claimed_where_views_have_the_time_they_need() {
        let claimed = |set: &str| {
            let mut parameters = Parameters::defaults(super::super::settings::PARAMETERS);
            parameters.assign(set).unwrap();
            claims(&Settings::of(&parameters)).iter().any(|claim| claim.guarantee == "progress")
        };
        assert!(claimed("f=2") && claimed("latency_max=100ms") && claimed("patience=20ms"));
        assert!(!claimed("latency_max=200ms") && !claimed("patience_max=300ms") && !claimed("sync_max=1s"));
    }
}
