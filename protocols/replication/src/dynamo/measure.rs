//! The figures of a run.

use super::clock::Clock;
use sim::lab::Measure;
use sim::ordered::SortedMap;
use sim::story::{Outcome, Value};
use sim::{ActorId, Time, Trace};
use std::sync::Arc;

pub(super) const MEASURES: &[Measure] = &[
    Measure { id: "answered", unit: "1/s", doc: "Operations answered each second." },
    Measure { id: "availability", unit: "%", doc: "Of the operations that ended, those that were answered." },
    Measure { id: "latency_p50", unit: "ms", doc: "Half of the answered operations took no longer." },
    Measure { id: "latency_p99", unit: "ms", doc: "99 of 100 answered operations took no longer." },
    Measure {
        id: "fresh",
        unit: "%",
        doc: "Of the reads answered, those that cover every write acknowledged before they were asked.",
    },
    Measure { id: "siblings", unit: "%", doc: "Of the reads answered, those that returned siblings." },
    Measure { id: "hints", unit: "", doc: "Writes that a node kept for another." },
    Measure { id: "repairs", unit: "", doc: "Replicas that a read brought up to date." },
    Measure { id: "messages", unit: "", doc: "Messages for each answered operation." },
];

/// In the order of [`MEASURES`].
pub(super) fn measure(trace: &Trace, end: Time) -> Vec<f64> {
    let operations = &trace.story.operations;
    let answered: Vec<_> = operations.iter().filter(|o| o.outcome == Outcome::Ok).collect();
    let ended = operations.iter().filter(|o| o.outcome != Outcome::Open).count() as f64;
    let mut latencies: Vec<u64> =
        answered.iter().filter_map(|o| Some(o.completed?.since(o.invoked).0)).collect();
    latencies.sort_unstable();
    let ok = latencies.len() as f64;
    let reads = answered.iter().filter(|o| o.function == "get").count() as f64;
    let siblings =
        answered.iter().filter(|o| matches!(o.output.first(), Some(Value::List(_)))).count() as f64;
    let facts = |name: &str| trace.facts.iter().filter(|fact| fact.name == name).count() as f64;
    vec![
        ok / end.seconds(),
        100.0 * ok / ended,
        percentile(&latencies, 50),
        percentile(&latencies, 99),
        100.0 * fresh(trace),
        100.0 * siblings / reads,
        facts("hinted"),
        facts("repaired"),
        trace.story.arrows.len() as f64 / ok,
    ]
}

fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
}

/// The share of answered reads that cover all that had been acknowledged when they were asked.
fn fresh(trace: &Trace) -> f64 {
    let mut acknowledged: SortedMap<Arc<str>, Clock> = SortedMap::new();
    let mut asked: SortedMap<ActorId, Clock> = SortedMap::new();
    let (mut fresh, mut reads) = (0u32, 0u32);
    for fact in trace.facts.iter().filter(|fact| fact.actor.is_client()) {
        match (fact.name, &fact.values[..]) {
            ("asked", [_, _, Value::Text(key), Value::Int(1)]) => {
                asked.insert(fact.actor, acknowledged.get(key).cloned().unwrap_or_default());
            }
            ("answered", [_, _, _, Value::Text(key), learned]) => {
                let Some(learned) = Clock::from_value(learned) else { continue };
                match asked.remove(&fact.actor) {
                    Some(before) => {
                        reads += 1;
                        fresh += u32::from(learned.covers(&before));
                    }
                    None => acknowledged.entry(Arc::clone(key)).or_default().join(&learned),
                }
            }
            ("asked" | "gave-up", _) => {
                asked.remove(&fact.actor);
            }
            _ => {}
        }
    }
    f64::from(fresh) / f64::from(reads)
}
