//! Parameters at the ends of their ranges, one at a time and all at once, and hands that do anything: no panic, no run that
//! cannot go on, and nothing broken that is promised.

use crate::common::{play, setup};
use sharding::store::LAB;
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
    assert!(played.linearizable(), "{set:?}");
    // What is shown can be made at any moment.
    assert!(!played.running.view().strips.is_empty());
}

#[test]
fn each_parameter_at_its_limits() {
    for parameter in LAB.parameters().iter().filter(|parameter| !parameter.pothole) {
        for end in ends(parameter) {
            holds(&[&end], Span::secs(6));
            holds(&[&end, "placement=ring"], Span::secs(3));
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
    holds(
        &["latency_min=0s", "latency_max=0s", "sync_min=0s", "sync_max=0s", "serve=0s", "think=1ms"],
        Span::secs(1),
    );
}

/// Hundreds of requests and orders by hand, in no order that makes sense.
#[test]
fn hands_may_do_anything() {
    let mut commands: Vec<String> = Vec::new();
    for at in 0..300u64 {
        let (client, node) = (at % 4 + 1, at * 7 % 6 + 1);
        let word = match at % 7 {
            0 => format!("put c{client} k{}=v{at}", at % 50),
            1 => format!("get c{client} k{}", at % 50),
            2 => format!("put c{client} k{}=w{at} to n{node}", at % 50),
            3 => format!("split n1 k{}", at % 60),
            4 => format!("join n{node}"),
            5 => format!("leave n{node}"),
            _ => format!("crash n{}", at % 5 + 1),
        };
        commands.push(format!("{}ms {word}", at * 20));
        commands.push(format!("{}ms restart n{}", at * 20 + 400, at % 5 + 1));
    }
    commands.push("8s heal".to_owned());
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    for placement in ["placement=range", "placement=ring"] {
        let played = play(setup(1, Level::None, Time::millis(20_000), &[placement, "load=off"], &commands));
        assert_eq!(played.broken(), Vec::new());
        assert!(played.linearizable());
    }
}
