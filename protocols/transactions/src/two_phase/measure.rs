//! The figures one may ask of a run, and the curves over its time.

use crate::bank::books;
use sim::figure::{Line, Plot, Quantity};
use sim::lab::Measure;
use sim::trace::EventKind;
use sim::{Time, Trace};

pub(super) const MEASURES: &[Measure] = &[
    Measure { id: "answered", unit: "1/s", doc: "Requests answered each second, done or refused." },
    Measure { id: "availability", unit: "%", doc: "Of the requests that ended, those that were answered." },
    Measure { id: "refused", unit: "%", doc: "Of the answered requests, those that were refused." },
    Measure { id: "latency_p50", unit: "ms", doc: "Half of the answers took no longer." },
    Measure { id: "latency_p99", unit: "ms", doc: "99 of 100 answers took no longer." },
    Measure {
        id: "doubt_longest",
        unit: "s",
        doc: "The longest that a shard was in doubt about a transaction.",
    },
    Measure {
        id: "doubt",
        unit: "s",
        doc: "All the time that shards were in doubt, added up over transactions.",
    },
    Measure { id: "messages", unit: "", doc: "Messages of the commit protocol for each committed transfer." },
    Measure { id: "forced", unit: "", doc: "Forced log writes for each committed transfer." },
];

/// What travels because of the commit protocol, rather than because work is done.
pub(super) const COMMIT_KINDS: &[&str] = &["prepare", "vote", "commit", "abort", "ack", "inquire"];

/// In the order of [`MEASURES`].
pub(super) fn measure(trace: &Trace, end: Time) -> Vec<f64> {
    let [answered, availability, refused, p50, p99, _] = books::answers(trace, end);
    let doubt = books::spans(trace, end, &["prepared", "recovered"], &["committed", "aborted"]);
    let committed = trace.facts.iter().filter(|fact| fact.name == "logged").count() as f64;
    let forced = trace.events.iter().filter(|event| event.kind == EventKind::Synced).count() as f64;
    vec![
        answered,
        availability,
        refused,
        p50,
        p99,
        doubt.iter().max().map_or(f64::NAN, |longest| *longest as f64 / 1e9),
        doubt.iter().sum::<u64>() as f64 / 1e9,
        books::messages(trace, COMMIT_KINDS) / committed,
        forced / committed,
    ]
}

const fn held_up(value: u8) -> Quantity {
    Quantity::Fact { name: "held-up", value, sum: true }
}

pub(super) const PLOTS: &[Plot] = &[
    Plot {
        id: "blocked",
        title: "In doubt and waiting",
        unit: "transactions",
        doc: "How many transactions shards are in doubt about, and how many wait for a lock.",
        lines: &[
            Line { name: "in doubt", quantity: held_up(0) },
            Line { name: "waiting for a lock", quantity: held_up(1) },
        ],
    },
    Plot {
        id: "answers",
        title: "Answers",
        unit: "1/s",
        doc: "Requests done each second, and those that were refused or given up.",
        lines: &[
            Line { name: "done", quantity: Quantity::Answered },
            Line { name: "refused or given up", quantity: Quantity::Unanswered },
        ],
    },
];
