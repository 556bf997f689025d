//! Appends as swaps: the same verdicts as the oracle's, and those of histories that no search could try.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
use crate::common;

use check::linearizable::unfold::unfold;
use check::{Cell, History, Invocation, Judge, Operation, Outcome, Value, Values, Verdict};
use common::{Plain, Random, linearizable};

/// What a value is after an append.
fn grown(value: &Value, piece: &Value) -> Value {
    match (value, piece) {
        (Value::Text(text), Value::Text(more)) => Value::from(format!("{text}{more}").as_str()),
        (Value::Nil, Value::Text(_)) => piece.clone(),
        (Value::List(items), _) => Value::from([items, std::slice::from_ref(piece)].concat()),
        _ => Value::from(vec![piece.clone()]),
    }
}

/// A random history of a text or a list that grows by pieces of its own, with some answers that are wrong.
fn history(random: &mut Random, count: u64, clients: usize, lists: bool, lies: u64, equal: bool) -> History {
    let mut history = History::new();
    let mut state = Value::Nil;
    let mut past = vec![Value::Nil];
    // Each open operation, and what it has done and seen.
    let mut open: Vec<(Invocation, Option<Value>)> = Vec::new();
    let (mut begun, mut at) = (0, 0);
    while begun < count || (!open.is_empty() && random.percent(90)) {
        at += 1 + random.below(3);
        let who = random.below(open.len() as u64 + 1) as usize;
        let Some((call, done)) = open.get_mut(who) else {
            if begun < count && open.len() < clients {
                // With equal pieces, some are appended again.
                let piece = if equal { begun / 2 } else { begun };
                let piece =
                    if lists { Value::Int(piece as i64) } else { Value::from(format!("{piece}.").as_str()) };
                let lane = random.below(5) as u32;
                let call = match random.below(10) {
                    0..=4 => Invocation::read(begun, lane, None),
                    5 if !lists && !equal => Invocation::write(begun, lane, None, piece),
                    _ => Invocation::append(begun, lane, None, piece),
                };
                history.invoke(at, call.clone()).unwrap();
                open.push((call, None));
                begun += 1;
            }
            continue;
        };
        if done.is_none() {
            match &*call.function {
                "append" => state = grown(&state, &call.input[0]),
                "write" => state = call.input[0].clone(),
                _ => {}
            }
            past.push(state.clone());
            *done = Some(state.clone());
            continue;
        }
        let (call, done) = open.remove(who);
        let seen = match random.below(1000) {
            lie if lie < lies => past[random.below(past.len() as u64) as usize].clone(),
            lie if lie < lies + lies / 4 => grown(&state, &if lists { 1.into() } else { "1.".into() }),
            _ => done.unwrap_or_default(),
        };
        let outcome = match random.below(if lies > 0 { 30 } else { 60 }) {
            0 if lies > 0 => Outcome::Failed,
            1 => Outcome::Unknown,
            _ => Outcome::Ok,
        };
        let sees = call.function == "read" && outcome == Outcome::Ok;
        let output = if sees { Values::from_iter([seen]) } else { Values::new() };
        history.complete(at, call.id, outcome, output).unwrap();
    }
    history
}

/// Fed in order.
fn judged(history: &History) -> Judge {
    let mut judge = Judge::new(Cell::KeyValue);
    let mut events: Vec<(u64, &Operation, bool)> = Vec::new();
    for operation in history.operations() {
        events.push((operation.invoked, operation, false));
        events.extend(operation.completed.map(|at| (at, operation, true)));
    }
    events.sort_unstable_by_key(|(at, ..)| *at);
    for (at, operation, completes) in events {
        let Operation { id, lane, function, key, input, outcome, output, .. } = operation.clone();
        if completes {
            judge.complete(at, id, outcome, output).unwrap();
        } else {
            judge.invoke(at, Invocation::new(id, lane, function, key, input)).unwrap();
        }
    }
    judge
}

#[test]
fn the_oracle_agrees() {
    let (mut holds, mut broken) = (0, 0);
    for seed in 0..60_000 {
        let mut random = Random(seed);
        let lists = random.percent(40);
        let count = 2 + random.below(6);
        let history = history(&mut random, count, 4, lists, 350, seed % 3 == 0);
        let Some(unfolded) = unfold(&history).unwrap() else { continue };
        let plain: Vec<Plain> = history.operations().iter().map(Plain::of).collect();
        let expected = linearizable(&plain);
        let verdict = judged(&unfolded.history).verdict();
        assert_ne!(verdict, Verdict::NotDecided, "seed {seed}: zones decide at once");
        assert_eq!(verdict == Verdict::Holds, expected, "seed {seed}: {:?}", history.operations());
        if expected { holds += 1 } else { broken += 1 }
    }
    assert!(holds > 2000 && broken > 2000, "{holds} hold, {broken} are broken");
}

#[test]
fn long_histories_are_decided_at_once() {
    for (lies, seeds) in [(0, 0..8), (20, 100..108)] {
        for seed in seeds {
            let mut random = Random(seed);
            let lists = random.percent(50);
            let history = history(&mut random, 600, 40, lists, lies, false);
            let unfolded = unfold(&history).unwrap().expect("pieces are unique");
            let verdict = judged(&unfolded.history).verdict();
            assert_eq!(verdict == Verdict::Holds, lies == 0, "seed {seed}: {verdict:?}");
        }
    }
}

#[test]
fn what_cannot_be_taken_apart_is_left_alone() {
    let calls = |calls: &[(&'static str, &str)]| {
        let mut history = History::new();
        for (at, (function, piece)) in calls.iter().enumerate() {
            let input = Values::from_iter([Value::from(*piece)]);
            history.invoke(at as u64, Invocation::new(at as u64, 0, *function, None, input)).unwrap();
        }
        unfold(&history).unwrap().is_some()
    };
    assert!(calls(&[("append", "a."), ("write", "b."), ("append", "ab.")]));
    assert!(!calls(&[("write", "a"), ("write", "b")]), "nothing is appended");
    assert!(calls(&[("append", "a"), ("append", "a")]), "the same piece twice");
    assert!(!calls(&[("append", "a"), ("write", "a")]), "a piece that is written and appended");
    assert!(!calls(&[("append", "a"), ("write", "b"), ("write", "b")]), "the same piece written twice");
    assert!(
        !calls(&[("append", "a"), ("append", "c"), ("append", "ab")]),
        "a piece that begins with another"
    );
    assert!(!calls(&[("append", "a"), ("write", "")]), "nothing is no piece");
    assert!(!calls(&[("append", "a"), ("delete", "b")]), "other functions");
}
