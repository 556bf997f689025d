//! The figures of a run.

use sim::lab::Measure;
use sim::story::{BandState, Outcome, Rank, Value};
use sim::trace::FactRecord;
use sim::{Time, Trace};

pub(super) const MEASURES: &[Measure] = &[
    Measure { id: "leaderless", unit: "s", doc: "Time during which no node led." },
    Measure {
        id: "failover",
        unit: "ms",
        doc: "From a leader's crash until another node hears the next leader; the longest, where several crashed.",
    },
    Measure { id: "elections", unit: "", doc: "Leaders elected." },
    Measure { id: "answered", unit: "1/s", doc: "Operations answered each second." },
    Measure { id: "availability", unit: "%", doc: "Of the operations that ended, those that were answered." },
    Measure { id: "latency_p50", unit: "ms", doc: "Half of the answered operations took no longer." },
    Measure { id: "latency_p99", unit: "ms", doc: "99 of 100 answered operations took no longer." },
    Measure { id: "committed", unit: "1/s", doc: "Entries committed each second." },
    Measure { id: "messages", unit: "", doc: "Messages for each answered operation." },
];

/// In the order of [`MEASURES`].
pub(super) fn measure(trace: &Trace, end: Time) -> Vec<f64> {
    let seconds = end.seconds();
    let operations = &trace.story.operations;
    let answered = |outcome| matches!(outcome, Outcome::Ok | Outcome::Failed);
    let ended = operations.iter().filter(|o| o.outcome != Outcome::Open).count() as f64;
    let mut latencies: Vec<u64> = operations
        .iter()
        .filter(|o| answered(o.outcome))
        .filter_map(|o| Some(o.completed?.since(o.invoked).0))
        .collect();
    latencies.sort_unstable();
    let ok = latencies.len() as f64;
    let elections = trace.facts.iter().filter(|fact| fact.name == "leader").count() as f64;
    let committed = trace.facts.iter().filter(|fact| fact.name == "committed");
    let committed = committed.filter_map(|fact| match fact.values.first() {
        Some(sim::story::Value::Int(index)) => Some(*index),
        _ => None,
    });
    vec![
        leaderless(trace, end),
        failover(trace),
        elections,
        ok / seconds,
        100.0 * ok / ended,
        percentile(&latencies, 50),
        percentile(&latencies, 99),
        committed.max().unwrap_or(0) as f64 / seconds,
        trace.story.arrows.len() as f64 / ok,
    ]
}

fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).map_or(f64::NAN, |nanos| *nanos as f64 / 1e6)
}

/// Seconds that no lane's leadership covers.
fn leaderless(trace: &Trace, end: Time) -> f64 {
    let mut spans: Vec<(Time, Time)> = Vec::new();
    for lane in &trace.story.lanes {
        for (at, band) in lane.bands.iter().enumerate() {
            let leads = matches!(band.state, BandState::Role(role) if role.rank == Rank::Leader);
            let until = lane.bands.get(at + 1).map_or(end, |next| next.from);
            if leads && band.from < end {
                spans.push((band.from, until.min(end)));
            }
        }
    }
    spans.sort_unstable();
    let (mut covered, mut reached) = (0u64, Time::ZERO);
    for (from, until) in spans {
        covered += until.since(from.max(reached)).0;
        reached = reached.max(until);
    }
    end.0.saturating_sub(covered) as f64 / 1e9
}

/// Milliseconds from a leader's crash to the first message of the next leader that another node hears, as the paper
/// measures it (Ongaro 2014, §9.3); the longest of several. None where no leader crashed, or the run ends before the
/// next is heard.
fn failover(trace: &Trace) -> f64 {
    let mut longest = f64::NAN;
    for (at, crash) in trace.facts.iter().enumerate().filter(|(_, fact)| fact.name == "crashed") {
        let Some(led) = led_before(trace, &crash) else { continue };
        let heard = trace.facts.range(at..).find(|fact| fact.name == "follows" && term_of(fact) > Some(led));
        let Some(heard) = heard else { return f64::NAN };
        longest = longest.max(heard.at.since(crash.at).0 as f64 / 1e6);
    }
    longest
}

/// The term that a node led when it crashed, if it led.
fn led_before(trace: &Trace, crash: &FactRecord) -> Option<u64> {
    let bands = &trace.story.lane(crash.actor)?.bands;
    let before = bands[..bands.partition_point(|band| band.event < crash.event)].last()?;
    match before.state {
        BandState::Role(role) if role.rank == Rank::Leader => Some(role.version),
        _ => None,
    }
}

fn term_of(fact: &FactRecord) -> Option<u64> {
    match fact.values.first() {
        Some(Value::Int(term)) => u64::try_from(*term).ok(),
        _ => None,
    }
}
