//! Parameters at the ends of their ranges, one at a time and all at once: no panic, no run that cannot go on, and
//! nothing broken that a lab promises.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use crate::common;

use common::{play, setup};
use consensus::{pbft, raft};
use sim::chaos::Level;
use sim::parameter::{Kind, Value};
use sim::{Lab, Parameter, Span, Time};

/// The labs, with what makes long runs quick.
const LABS: [(&dyn Lab, &[&str]); 2] = [(&raft::LAB, &[]), (&pbft::LAB, &["signatures=tags"])];

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

fn holds(lab: &'static dyn Lab, set: &[&str], length: Span) {
    let played = play(lab, setup(lab, 3, Level::High, Time::ZERO + length, set, &[]));
    assert_eq!(played.broken(), Vec::new(), "{} {set:?}", lab.about().id);
}

#[test]
fn each_parameter_at_its_limits() {
    for (lab, quick) in LABS {
        for parameter in lab.parameters().iter().filter(|parameter| !parameter.pothole) {
            for end in ends(parameter) {
                holds(lab, &[quick, &[&*end]].concat(), Span::secs(4));
            }
        }
    }
}

#[test]
fn all_parameters_at_their_limits_together() {
    for (lab, _) in LABS {
        let specs = lab.parameters().iter().filter(|parameter| !parameter.pothole);
        let all: Vec<Vec<String>> = specs.map(ends).collect();
        for pick in [0, 1] {
            let set: Vec<&str> = all.iter().map(|ends| ends[pick].as_str()).collect();
            holds(lab, &set, Span::millis(400));
        }
    }
}

#[test]
fn no_time_passes_anywhere() {
    let set = ["latency_min=0s", "latency_max=0s", "sync_min=0s", "sync_max=0s", "work=0s", "think=1ms"];
    holds(&raft::LAB, &set, Span::secs(2));
    holds(
        &raft::LAB,
        &[&set[..], &["nodes=9", "clients=12", "churn=1ms", "snapshot_every=1", "batch=1"]].concat(),
        Span::secs(1),
    );
    let quick = [&set[..], &["signatures=tags"]].concat();
    holds(&pbft::LAB, &quick, Span::secs(2));
    holds(
        &pbft::LAB,
        &[&quick[..], &["f=2", "clients=12", "checkpoint_every=1", "window=1", "patience=5ms"]].concat(),
        Span::millis(500),
    );
}
