//! The figures one may ask of a run, and the curves over its time.

use sim::figure::{Line, Plot, Quantity};
use sim::lab::Measure;
use sim::ordered::SortedMap;
use sim::story::{Outcome, Value};
use sim::{Time, Trace};

pub(super) const MEASURES: &[Measure] = &[
    Measure { id: "answered", unit: "1/s", doc: "Requests answered each second." },
    Measure { id: "snapshots", unit: "", doc: "Snapshots that were completed." },
    Measure {
        id: "snapshot_time",
        unit: "ms",
        doc: "How long a snapshot took from its beginning, on average.",
    },
    Measure {
        id: "on_its_way",
        unit: "coins",
        doc: "How much of the money was on its way, by the average snapshot.",
    },
    Measure { id: "markers", unit: "", doc: "Markers for each snapshot that was completed." },
];

/// In the order of [`MEASURES`].
pub(super) fn measure(trace: &Trace, end: Time) -> Vec<f64> {
    let answered =
        trace.story.operations.iter().filter(|o| matches!(o.outcome, Outcome::Ok | Outcome::Failed));
    let (mut begun, mut taken, mut time, mut way) = (SortedMap::new(), 0.0, 0.0, 0.0);
    for fact in &trace.facts {
        match (fact.name, fact.values.last()) {
            ("begins", _) => {
                begun.insert(fact.actor, fact.at);
            }
            ("taken", Some(Value::Int(coins))) => {
                taken += 1.0;
                way += *coins as f64;
                time += begun.get(&fact.actor).map_or(0.0, |since| fact.at.since(*since).0 as f64 / 1e6);
            }
            _ => {}
        }
    }
    let kinds = &trace.story.kinds;
    let marker = kinds.iter().position(|kind| *kind == "marker");
    let markers =
        trace.story.arrows.iter().filter(|arrow| Some(usize::from(arrow.kind)) == marker).count() as f64;
    vec![answered.count() as f64 / end.seconds(), taken, time / taken, way / taken, markers / taken]
}

const fn said(value: u8) -> Quantity {
    Quantity::Fact { name: "taken", value, sum: false }
}

pub(super) const PLOTS: &[Plot] = &[
    Plot {
        id: "totals",
        title: "What snapshots show",
        unit: "coins",
        doc: "The total of each node's last snapshot: all money that there is, if the snapshot is right.",
        lines: &[Line { name: "total", quantity: said(0) }],
    },
    Plot {
        id: "on-its-way",
        title: "Money on its way",
        unit: "coins",
        doc: "How much of it was in no account when each node's last snapshot was taken.",
        lines: &[Line { name: "on its way", quantity: said(2) }],
    },
    Plot {
        id: "answers",
        title: "Answers",
        unit: "1/s",
        doc: "Requests answered each second, and those that were refused or given up.",
        lines: &[
            Line { name: "answered", quantity: Quantity::Answered },
            Line { name: "refused or given up", quantity: Quantity::Unanswered },
        ],
    },
];
