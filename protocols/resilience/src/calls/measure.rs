//! The figures one may ask of a run, and the curves over its time.

use sim::figure::{Line, Plot, Quantity};
use sim::lab::Measure;
use sim::story::Outcome;
use sim::{Time, Trace};

pub(super) const MEASURES: &[Measure] = &[
    Measure { id: "goodput", unit: "1/s", doc: "Wishes answered in time, each second." },
    Measure { id: "good", unit: "%", doc: "Of the wishes that came out, those that were answered in time." },
    Measure { id: "good_late", unit: "%", doc: "The same of those begun in the last quarter of the run." },
    Measure { id: "latency_p50", unit: "ms", doc: "Half of the answers took no longer." },
    Measure { id: "latency_p99", unit: "ms", doc: "99 of 100 answers took no longer." },
    Measure { id: "latency_p999", unit: "ms", doc: "999 of 1000 answers took no longer." },
    Measure { id: "front_attempts", unit: "", doc: "Requests that devices send the front, for each wish." },
    Measure {
        id: "service_attempts",
        unit: "",
        doc: "Requests that the front sends services, for each wish.",
    },
    Measure { id: "store_reads", unit: "", doc: "Requests that services send the store, for each wish." },
];

/// In the order of [`MEASURES`].
pub(super) fn measure(trace: &Trace, end: Time) -> Vec<f64> {
    let operations = &trace.story.operations;
    let late = Time(end.0 / 4 * 3);
    let share = |from: Time| {
        let ended = operations.iter().filter(|o| o.invoked >= from && o.outcome != Outcome::Open);
        let (ok, all) = ended
            .fold((0.0, 0.0), |(ok, all), o| (ok + f64::from(u8::from(o.outcome == Outcome::Ok)), all + 1.0));
        (ok, 100.0 * ok / all)
    };
    let mut spans: Vec<u64> = operations
        .iter()
        .filter(|o| o.outcome == Outcome::Ok)
        .filter_map(|o| Some(o.completed?.since(o.invoked).0))
        .collect();
    spans.sort_unstable();
    let wishes = operations.len() as f64;
    // From a client to the front, from the front to services, from those to the store.
    let mut sent = [0.0; 3];
    for arrow in trace.story.arrows.iter().filter(|arrow| arrow.asks) {
        let layer = if arrow.from.is_client() {
            0
        } else if arrow.from.number() == 1 {
            1
        } else {
            2
        };
        sent[layer] += 1.0;
    }
    let (ok, good) = share(Time::ZERO);
    let (_, good_late) = share(late);
    let [p50, p99, p999] = [500, 990, 999].map(|thousandths| percentile(&spans, thousandths));
    let [front, service, store] = sent.map(|sent| sent / wishes);
    vec![ok / end.seconds(), good, good_late, p50, p99, p999, front, service, store]
}

/// In milliseconds, of sorted nanoseconds.
fn percentile(sorted: &[u64], thousandths: usize) -> f64 {
    let place = (sorted.len() * thousandths).div_ceil(1_000).saturating_sub(1);
    sorted.get(place).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
}

pub(super) const PLOTS: &[Plot] = &[
    Plot {
        id: "goodput",
        title: "Goodput",
        unit: "1/s",
        doc: "What devices ask for, what is answered in time, and what they give up, each second.",
        lines: &[
            Line { name: "asked", quantity: Quantity::Asked },
            Line { name: "answered in time", quantity: Quantity::Answered },
            Line { name: "given up", quantity: Quantity::Unanswered },
        ],
    },
    Plot {
        id: "latency",
        title: "How long answers take",
        unit: "ms",
        doc: "Half of the answers took no longer than the first curve says, 99 of 100 no longer than the second.",
        lines: &[
            Line { name: "median", quantity: Quantity::Latency(5_000) },
            Line { name: "99th percentile", quantity: Quantity::Latency(9_900) },
        ],
    },
    Plot {
        id: "queues",
        title: "Requests waiting",
        unit: "requests",
        doc: "How many wait at each node, to be served or for the answer of another node.",
        lines: &[Line { name: "waiting", quantity: Quantity::Fact { name: "queue", value: 2, sum: false } }],
    },
];
