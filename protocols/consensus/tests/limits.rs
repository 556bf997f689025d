//! Parameters at the ends of their ranges, one at a time and all at once: no panic, no run that cannot go on, and
//! nothing broken that Raft promises.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{play, setup};
use consensus::raft::LAB;
use sim::chaos::Level;
use sim::parameter::{Kind, Value};
use sim::{Lab, Parameter, Span, Time};

/// The assignments that put a parameter at either end of its range.
fn ends(parameter: &Parameter) -> Vec<String> {
    let write = |value| format!("{}={}", parameter.id, parameter.write(value));
    match parameter.kind {
        Kind::Switch => vec![write(Value::Switch(true)), write(Value::Switch(false))],
        Kind::Count { min, max } => vec![write(Value::Count(min)), write(Value::Count(max))],
        Kind::Span { min, max } => vec![write(Value::Span(min)), write(Value::Span(max))],
        Kind::Choice(words) => words.iter().map(|word| format!("{}={word}", parameter.id)).collect(),
    }
}

fn holds(set: &[&str], length: Span) {
    let played = play(&LAB, setup(&LAB, 3, Level::High, Time::ZERO + length, set, &[]));
    assert_eq!(played.broken(), Vec::new(), "{set:?}");
}

#[test]
fn each_parameter_at_its_limits() {
    for parameter in LAB.parameters().iter().filter(|parameter| !parameter.pothole) {
        for end in ends(parameter) {
            holds(&[&end], Span::secs(4));
        }
    }
}

#[test]
fn all_parameters_at_their_limits_together() {
    let specs = LAB.parameters().iter().filter(|parameter| !parameter.pothole);
    let all: Vec<Vec<String>> = specs.map(ends).collect();
    for pick in [0, 1] {
        let set: Vec<&str> = all.iter().map(|ends| ends[pick].as_str()).collect();
        holds(&set, Span::millis(400));
    }
}

#[test]
fn no_time_passes_anywhere() {
    let set = ["latency_min=0s", "latency_max=0s", "sync_min=0s", "sync_max=0s", "work=0s", "think=1ms"];
    holds(&set, Span::secs(2));
    holds(
        &[&set[..], &["nodes=9", "clients=12", "churn=1ms", "snapshot_every=1", "batch=1"]].concat(),
        Span::secs(1),
    );
}
