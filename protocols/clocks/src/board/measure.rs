//! The figures one may ask of a run, and the curves over its time.

use sim::figure::{Line, Plot, Quantity};
use sim::lab::Measure;
use sim::story::{Outcome, Value};
use sim::{Time, Trace};
use std::collections::BTreeMap;

pub(super) const MEASURES: &[Measure] = &[
    Measure { id: "answered", unit: "1/s", doc: "Requests answered each second." },
    Measure { id: "availability", unit: "%", doc: "Of the requests that ended, those that were answered." },
    Measure { id: "latency_p50", unit: "ms", doc: "Half of the answers took no longer." },
    Measure { id: "latency_p99", unit: "ms", doc: "99 of 100 answers took no longer." },
    Measure {
        id: "wait",
        unit: "ms",
        doc: "From a post's stamp until it was told, on average: the disk and the commit wait.",
    },
    Measure {
        id: "doubt",
        unit: "ms",
        doc: "How far from the time nodes may have been, on average over what they said.",
    },
    Measure { id: "doubt_most", unit: "ms", doc: "The most of that." },
    Measure {
        id: "refused",
        unit: "",
        doc: "Posts that were not taken because their stamp was too far ahead.",
    },
];

/// In the order of [`MEASURES`].
pub(super) fn measure(trace: &Trace, end: Time) -> Vec<f64> {
    let operations = &trace.story.operations;
    let mut latencies = Vec::new();
    let (mut answered, mut ended) = (0u32, 0u32);
    for operation in operations {
        let Some(completed) = operation.completed else { continue };
        ended += 1;
        if operation.outcome == Outcome::Ok {
            answered += 1;
            latencies.push(completed.since(operation.invoked).0);
        }
    }
    latencies.sort_unstable();
    let percentile = |share: usize| {
        let at = (latencies.len() * share / 100).min(latencies.len().saturating_sub(1));
        latencies.get(at).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
    };
    let (doubt, most) = doubts(trace);
    vec![
        f64::from(answered) / end.seconds(),
        100.0 * f64::from(answered) / f64::from(ended),
        percentile(50),
        percentile(99),
        wait(trace),
        doubt,
        most,
        trace.facts.iter().filter(|fact| fact.name == "refused").count() as f64,
    ]
}

/// From stamp to told, in milliseconds, on average.
fn wait(trace: &Trace) -> f64 {
    let mut stamped = BTreeMap::new();
    let (mut sum, mut count) = (0.0, 0u32);
    for fact in &trace.facts {
        let Some(Value::Text(text)) =
            fact.values.first().filter(|_| matches!(fact.name, "posted" | "released"))
        else {
            continue;
        };
        let key = (fact.actor, text.clone());
        if fact.name == "posted" {
            stamped.insert(key, fact.at);
        } else if let Some(since) = stamped.remove(&key) {
            sum += fact.at.since(since).0 as f64 / 1e6;
            count += 1;
        }
    }
    sum / f64::from(count)
}

/// On average and at most, in milliseconds.
fn doubts(trace: &Trace) -> (f64, f64) {
    let (mut sum, mut count, mut most) = (0.0, 0u32, f64::NAN);
    for fact in trace.facts.iter().filter(|fact| fact.name == "doubts") {
        let Some(Value::Int(micros)) = fact.values.first() else { continue };
        let doubt = *micros as f64 / 1e3;
        (sum, count, most) = (sum + doubt, count + 1, most.max(doubt));
    }
    (sum / f64::from(count), most)
}

const fn said(value: u8) -> Quantity {
    Quantity::Fact { name: "doubts", value, sum: false }
}

pub(super) const PLOTS: &[Plot] = &[
    Plot {
        id: "doubt",
        title: "Doubt about the time",
        unit: "µs",
        doc: "How far from the time each node may be: it grows until the time server answers again.",
        lines: &[Line { name: "doubt", quantity: said(0) }],
    },
    Plot {
        id: "behind",
        title: "Wall clocks behind the time",
        unit: "µs",
        doc: "By how much each node finds its wall clock behind (or, below zero, ahead) when it has asked for the time.",
        lines: &[Line { name: "behind", quantity: said(1) }],
    },
    Plot {
        id: "answers",
        title: "Answers",
        unit: "1/s",
        doc: "Requests answered each second, and those that were given up.",
        lines: &[
            Line { name: "answered", quantity: Quantity::Answered },
            Line { name: "given up", quantity: Quantity::Unanswered },
        ],
    },
];
