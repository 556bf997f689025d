//! The figures of a run.

use sim::lab::Measure;
use sim::story::{Outcome, Value};
use sim::{Time, Trace};

pub(super) const MEASURES: &[Measure] = &[
    Measure { id: "views", unit: "", doc: "The newest view that somebody was the primary of." },
    Measure {
        id: "view_change",
        unit: "s",
        doc: "The longest time from asking for a view to the next primary.",
    },
    Measure { id: "answered", unit: "1/s", doc: "Operations answered each second." },
    Measure { id: "availability", unit: "%", doc: "Of the operations that ended, those that were answered." },
    Measure { id: "latency_p50", unit: "ms", doc: "Half of the answered operations took no longer." },
    Measure { id: "latency_p99", unit: "ms", doc: "99 of 100 answered operations took no longer." },
    Measure { id: "executed", unit: "1/s", doc: "Requests executed each second." },
    Measure { id: "messages", unit: "", doc: "Messages for each answered operation." },
    Measure { id: "refused", unit: "", doc: "False statements that were noticed." },
];

/// In the order of [`MEASURES`].
pub(super) fn measure(trace: &Trace, end: Time) -> Vec<f64> {
    let seconds = end.seconds();
    let operations = &trace.story.operations;
    let ended = operations.iter().filter(|o| o.outcome != Outcome::Open).count() as f64;
    let mut latencies: Vec<u64> = operations
        .iter()
        .filter(|o| matches!(o.outcome, Outcome::Ok | Outcome::Failed))
        .filter_map(|o| Some(o.completed?.since(o.invoked).0))
        .collect();
    latencies.sort_unstable();
    let ok = latencies.len() as f64;
    let highest = |name: &str| {
        let facts = trace.facts.iter().filter(|fact| fact.name == name);
        let numbers = facts.filter_map(|fact| match fact.values.first() {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        });
        numbers.max().unwrap_or(0) as f64
    };
    vec![
        highest("primary"),
        longest_change(trace, end),
        ok / seconds,
        100.0 * ok / ended,
        percentile(&latencies, 50),
        percentile(&latencies, 99),
        highest("executed") / seconds,
        trace.story.arrows.len() as f64 / ok,
        trace.facts.iter().filter(|fact| fact.name == "refused").count() as f64,
    ]
}

fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
}

/// Seconds from the first who asks for a view to the next who is a primary; NaN where nobody asks.
fn longest_change(trace: &Trace, end: Time) -> f64 {
    let (mut since, mut longest) = (None::<Time>, None::<u64>);
    for fact in &trace.facts {
        match fact.name {
            "changing" => {
                since.get_or_insert(fact.at);
            }
            "primary" => longest = longest.max(since.take().map(|since| fact.at.since(since).0)),
            _ => {}
        }
    }
    longest = longest.max(since.map(|since| end.since(since).0));
    longest.map_or(f64::NAN, |nanos| nanos as f64 / 1e9)
}
