//! The figures one may ask of a run, and the curves over its time.

use crate::bank::books;
use sim::figure::{Line, Plot, Quantity};
use sim::lab::Measure;
use sim::ordered::SortedMap;
use sim::story::Value;
use sim::trace::EventKind;
use sim::{Time, Trace};

pub(super) const MEASURES: &[Measure] = &[
    Measure { id: "answered", unit: "1/s", doc: "Requests answered each second, done or refused." },
    Measure { id: "availability", unit: "%", doc: "Of the requests that ended, those that were answered." },
    Measure { id: "refused", unit: "%", doc: "Of the answered requests, those that were refused or undone." },
    Measure { id: "latency_p50", unit: "ms", doc: "Half of the answers took no longer." },
    Measure { id: "latency_p99", unit: "ms", doc: "99 of 100 answers took no longer." },
    Measure { id: "open_longest", unit: "s", doc: "The longest that an order was on its way." },
    Measure { id: "undone", unit: "%", doc: "Of the orders that are over, those that were undone." },
    Measure {
        id: "messages",
        unit: "",
        doc: "Messages between orchestrator and shards for each order that is over.",
    },
    Measure { id: "forced", unit: "", doc: "Forced log writes for each order that is over." },
];

/// What travels because of orders.
const KINDS: &[&str] = &["charge", "refund", "book", "unbook", "pay", "done", "refused", "got"];

/// In the order of [`MEASURES`].
pub(super) fn measure(trace: &Trace, end: Time) -> Vec<f64> {
    let [answered, availability, refused, p50, p99, _] = books::answers(trace, end);
    let count = |name: &str| trace.facts.iter().filter(|fact| fact.name == name).count() as f64;
    let over = count("done") + count("undone");
    let forced = trace.events.iter().filter(|event| event.kind == EventKind::Synced).count() as f64;
    vec![
        answered,
        availability,
        refused,
        p50,
        p99,
        longest(trace, end),
        100.0 * count("undone") / over,
        books::messages(trace, KINDS) / over,
        forced / over,
    ]
}

/// The longest that an order was on its way, in seconds.
fn longest(trace: &Trace, end: Time) -> f64 {
    let mut open: SortedMap<i64, Time> = SortedMap::new();
    let mut longest = f64::NAN;
    for fact in &trace.facts {
        let Some(Value::Int(order)) = fact.values.first() else { continue };
        let since = match fact.name {
            "begun" => {
                open.entry(*order).or_insert(fact.at);
                continue;
            }
            "done" | "undone" => open.remove(order),
            _ => None,
        };
        if let Some(since) = since {
            longest = longest.max(fact.at.since(since).0 as f64 / 1e9);
        }
    }
    open.values().fold(longest, |longest, since| longest.max(end.since(*since).0 as f64 / 1e9))
}

const fn orders(value: u8) -> Quantity {
    Quantity::Fact { name: "orders", value, sum: true }
}

pub(super) const PLOTS: &[Plot] = &[
    Plot {
        id: "orders",
        title: "Orders on their way",
        unit: "orders",
        doc: "How many orders are open, and how many of them are being undone.",
        lines: &[
            Line { name: "open", quantity: orders(0) },
            Line { name: "being undone", quantity: orders(1) },
        ],
    },
    Plot {
        id: "on-its-way",
        title: "Money in no account",
        unit: "coins",
        doc: "Taken out of an account and not known to have arrived: what an audit may miss.",
        lines: &[Line { name: "on its way", quantity: orders(2) }],
    },
    Plot {
        id: "answers",
        title: "Answers",
        unit: "1/s",
        doc: "Requests done each second, and those that were undone, refused or given up.",
        lines: &[
            Line { name: "done", quantity: Quantity::Answered },
            Line { name: "undone, refused or given up", quantity: Quantity::Unanswered },
        ],
    },
];
