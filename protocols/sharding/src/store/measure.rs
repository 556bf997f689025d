//! The figures of a run.

use sim::lab::Measure;
use sim::ordered::SortedMap;
use sim::story::{Outcome, Value};
use sim::{ActorId, Time, Trace};

pub(super) const MEASURES: &[Measure] = &[
    Measure { id: "answered", unit: "1/s", doc: "Operations answered each second." },
    Measure { id: "availability", unit: "%", doc: "Of the operations that ended, those that were answered." },
    Measure { id: "latency_p50", unit: "ms", doc: "Half of the answered operations took no longer." },
    Measure { id: "latency_p99", unit: "ms", doc: "99 of 100 answered operations took no longer." },
    Measure { id: "moves", unit: "", doc: "Shards that moved." },
    Measure {
        id: "needless",
        unit: "",
        doc: "Shards that were to move though neither of the two servers had come or gone.",
    },
    Measure { id: "splits", unit: "", doc: "Shards that were cut in two." },
    Measure {
        id: "astray",
        unit: "%",
        doc: "Requests answered “not here”, for each hundred operations answered.",
    },
    Measure {
        id: "hottest",
        unit: "%",
        doc: "Of all requests that servers reported, those at the one that was asked most.",
    },
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
    let (mut moves, mut needless, mut splits, mut astray) = (0u32, 0i64, 0u32, 0u32);
    let mut served: SortedMap<ActorId, u32> = SortedMap::new();
    for fact in trace.facts.iter() {
        match (fact.name, &fact.values[..]) {
            ("moved", _) => moves += 1,
            ("split", _) => splits += 1,
            ("astray", _) => astray += 1,
            ("serving", _) => *served.entry(fact.actor).or_default() += 1,
            ("joined" | "left", [_, _, Value::Int(count)]) => needless += count,
            _ => {}
        }
    }
    let all = f64::from(served.values().sum::<u32>());
    let most = f64::from(served.values().copied().max().unwrap_or(0));
    vec![
        ok / end.seconds(),
        100.0 * ok / ended,
        percentile(&latencies, 50),
        percentile(&latencies, 99),
        f64::from(moves),
        needless as f64,
        f64::from(splits),
        100.0 * f64::from(astray) / ok,
        100.0 * most / all,
        trace.story.arrows.len() as f64 / ok,
    ]
}

fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
}
