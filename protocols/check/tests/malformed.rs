//! Whatever is fed, in whatever order: an error or a verdict, never a panic.

#![allow(clippy::unwrap_used)]

use check::{Cell, Invocation, Judge, Outcome, Value, Values, Verdict};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Fed {
    Invoke { at: u64, id: u64, function: &'static str, input: Vec<Value> },
    Complete { at: u64, id: u64, outcome: Outcome, output: Vec<Value> },
    Work(u64),
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Nil),
        any::<i64>().prop_map(Value::from),
        (0..3_i64).prop_map(Value::from),
        "[ab]{0,3}".prop_map(|text| Value::from(text.as_str())),
        prop::collection::vec((0..3_i64).prop_map(Value::from), 0..3).prop_map(Value::from),
    ]
}

fn position() -> impl Strategy<Value = u64> {
    prop_oneof![8 => 0..1000_u64, 1 => any::<u64>(), 1 => Just(u64::MAX)]
}

fn fed() -> impl Strategy<Value = Fed> {
    let functions =
        prop::sample::select(vec!["read", "write", "cas", "append", "delete", "get", "put", "", "drop"]);
    let outcomes = prop::sample::select(vec![
        Outcome::Open,
        Outcome::Ok,
        Outcome::Ok,
        Outcome::Failed,
        Outcome::Unknown,
    ]);
    let values = || prop::collection::vec(value(), 0..3);
    prop_oneof![
        5 => (position(), 0..20_u64, functions, values())
            .prop_map(|(at, id, function, input)| Fed::Invoke { at, id, function, input }),
        5 => (position(), 0..20_u64, outcomes, values())
            .prop_map(|(at, id, outcome, output)| Fed::Complete { at, id, outcome, output }),
        1 => (0..50_u64).prop_map(Fed::Work),
    ]
}

/// As fed, but mostly at growing positions, so that some of it is accepted.
fn run(cell: Cell, all: Vec<Fed>) {
    let mut judge = Judge::new(cell);
    for (place, one) in all.into_iter().enumerate() {
        let before = judge.verdict();
        let settle = |at: u64| if at < 900 { place as u64 * 10 } else { at };
        let refused = match one {
            Fed::Invoke { at, id, function, input } => {
                judge.invoke(settle(at), Invocation::new(id, 0, function, None, input.into())).is_err()
            }
            Fed::Complete { at, id, outcome, output } => {
                judge.complete(settle(at), id, outcome, Values::from_vec(output)).is_err()
            }
            Fed::Work(steps) => judge.work(steps) > steps,
        };
        assert!(!refused || judge.verdict() == before);
    }
    while judge.work(100) == 0 {}
    assert_ne!(judge.verdict(), Verdict::NotDecided);
    assert_eq!(judge.explain().is_none(), judge.verdict() == Verdict::Holds);
    if let Some(mut explain) = judge.explain() {
        while !explain.advance(100) {}
        assert!(explain.evidence().is_some_and(|evidence| !evidence.story().headline.is_empty()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_fed_is_an_error_or_judged(
        cell in prop::sample::select(vec![Cell::Register, Cell::CasRegister, Cell::KeyValue]),
        all in prop::collection::vec(fed(), 0..60),
    ) {
        run(cell, all);
    }
}
