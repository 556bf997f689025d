//! Parameters at the ends of their ranges, one at a time and all at once: no panic, no run that cannot go on, and
//! nothing broken that Dynamo promises.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use crate::common;

use common::{play, setup};
use replication::dynamo::LAB;
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
    let played = play(setup(3, Level::High, Time::ZERO + length, set, &[]));
    assert_eq!(played.broken(), Vec::new(), "{set:?}");
}

#[test]
fn each_parameter_at_its_limits() {
    for parameter in LAB.parameters().iter().filter(|parameter| !parameter.pothole) {
        for end in ends(parameter) {
            holds(&[&end], Span::secs(8));
            holds(&[&end, "quorum=strict", "read_repair=before"], Span::secs(4));
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
        &[&set[..], &["nodes=9", "clients=12", "gossip=1ms", "handoff=1ms", "compare=1ms"]].concat(),
        Span::secs(1),
    );
}

/// Hundreds of requests and orders by hand, in no order that makes sense.
#[test]
fn hands_may_do_anything() {
    let mut commands: Vec<String> = Vec::new();
    for at in 0..300u64 {
        let (client, node) = (at % 3 + 1, at * 7 % 6 + 1);
        let word = match at % 7 {
            0 => format!("put c{client} k{}=v{at}", at % 5),
            1 => format!("get c{client} k{}", at % 5),
            2 => format!("del c{client} k{} to n{node}", at % 5),
            3 => format!("merge c{client} k{}", at % 5),
            4 => format!("join n{node}"),
            5 => format!("leave n{node}"),
            _ => format!("crash n{}", at % 5 + 1),
        };
        commands.push(format!("{}ms {word}", at * 20));
        commands.push(format!("{}ms restart n{}", at * 20 + 400, at % 5 + 1));
    }
    commands.push("8s heal".to_owned());
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    let played = play(setup(1, Level::None, Time::millis(20_000), &["spares=1", "load=off"], &commands));
    assert_eq!(played.broken(), Vec::new());
}
