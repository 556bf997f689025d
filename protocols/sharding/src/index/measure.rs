//! The figures of a run.

use sim::lab::Measure;
use sim::story::Outcome;
use sim::{Time, Trace};

pub(super) const MEASURES: &[Measure] = &[
    Measure { id: "answered", unit: "1/s", doc: "Requests of clients answered each second." },
    Measure { id: "availability", unit: "%", doc: "Of the requests that ended, those that were answered." },
    Measure { id: "outage", unit: "s", doc: "The longest time in which no client was answered." },
    Measure { id: "questions", unit: "1/s", doc: "Questions that the index was asked each second." },
    Measure { id: "wasted", unit: "%", doc: "Of the index's answers, those that came too late." },
];

/// In the order of [`MEASURES`].
pub(super) fn measure(trace: &Trace, end: Time) -> Vec<f64> {
    let operations = &trace.story.operations;
    let mut answers: Vec<Time> =
        operations.iter().filter(|o| o.outcome == Outcome::Ok).filter_map(|o| o.completed).collect();
    answers.sort_unstable();
    let ended = operations.iter().filter(|o| o.outcome != Outcome::Open).count() as f64;
    let ok = answers.len() as f64;
    let mut outage = 0.0f64;
    let mut before = Time::ZERO;
    for at in answers.into_iter().chain([end]) {
        outage = outage.max(at.since(before).seconds());
        before = at;
    }
    let (mut asks, mut late, mut leased) = (0.0, 0.0, 0.0);
    for fact in trace.facts.iter() {
        match fact.name {
            "asks" => asks += 1.0,
            "late" => late += 1.0,
            "leased" => leased += 1.0,
            _ => {}
        }
    }
    vec![ok / end.seconds(), 100.0 * ok / ended, outage, asks / end.seconds(), 100.0 * late / (late + leased)]
}
