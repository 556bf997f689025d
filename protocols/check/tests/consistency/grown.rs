//! Values that grow by appends: PRAM and the guarantees of sessions against what they say, word for word.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{G, examined, verdict};
use crate::common::{Random, rounds};
use check::consistency::{Finding, Setting};
use check::names::ModelName;
use check::{History, Invocation, Outcome, Value, Values};

/// Who appended a piece to a key, or read what there.
#[derive(Clone, Debug)]
struct Op {
    session: u32,
    key: usize,
    adds: Option<char>,
    shows: String,
}

fn history(ops: &[Op]) -> History {
    let mut history = History::new();
    for (id, op) in ops.iter().enumerate() {
        let (id, key) = (id as u64, Some(Arc::from(["x", "y"][op.key])));
        let (call, output) = match op.adds {
            Some(piece) => {
                (Invocation::append(id, op.session, key, piece.to_string().as_str()), Values::new())
            }
            None => {
                let shown = if op.shows.is_empty() { Value::Nil } else { Value::from(op.shows.as_str()) };
                (Invocation::new(id, op.session, "get", key, Values::new()), Values::from_iter([shown]))
            }
        };
        history.invoke(id * 2, call).unwrap();
        history.complete(id * 2 + 1, id, Outcome::Ok, output).unwrap();
    }
    history
}

/// Reads show what was appended to the key until then, or ever, here and there without a piece or in another order.
fn random(random: &mut Random) -> Vec<Op> {
    let count = 3 + random.below(6) as usize;
    let mut ops: Vec<Op> = (0..count)
        .map(|at| Op {
            session: random.below(3) as u32,
            key: usize::from(random.percent(25)),
            adds: random.percent(50).then(|| (b'a' + at as u8) as char),
            shows: String::new(),
        })
        .collect();
    for at in 0..count {
        if ops[at].adds.is_some() {
            continue;
        }
        let until = if random.percent(85) { at } else { count };
        let key = ops[at].key;
        let mut shown: Vec<char> =
            ops[..until].iter().filter(|op| op.key == key).filter_map(|op| op.adds).collect();
        shown.retain(|_| random.percent(80));
        if shown.len() > 1 && random.percent(30) {
            let (one, other) = (random.below(shown.len() as u64), random.below(shown.len() as u64));
            shown.swap(one as usize, other as usize);
        }
        ops[at].shows = shown.into_iter().collect();
    }
    ops
}

/// Whether a session has an order of all appends and its own reads that keeps every session's order.
fn has_view(ops: &[Op], session: u32) -> bool {
    fn extend(ops: &[&Op], placed: u32, held: &[String; 2], seen: &mut BTreeSet<(u32, [String; 2])>) -> bool {
        if placed.count_ones() as usize == ops.len() {
            return true;
        }
        if !seen.insert((placed, held.clone())) {
            return false;
        }
        (0..ops.len()).any(|at| {
            let waits = |other: usize| placed & (1 << other) == 0 && ops[other].session == ops[at].session;
            if placed & (1 << at) != 0 || (0..at).any(waits) {
                return false;
            }
            let mut held = held.clone();
            match ops[at].adds {
                Some(piece) => held[ops[at].key].push(piece),
                None if held[ops[at].key] != ops[at].shows => return false,
                None => {}
            }
            extend(ops, placed | 1 << at, &held, seen)
        })
    }
    let visible: Vec<&Op> = ops.iter().filter(|op| op.adds.is_some() || op.session == session).collect();
    extend(&visible, 0, &[String::new(), String::new()], &mut BTreeSet::new())
}

/// Whether a read shows whatever was there, or seen, before something that it, or an earlier read of its session, shows.
fn keeps(ops: &[Op], read: usize, before: &dyn Fn(usize) -> Vec<char>) -> bool {
    let op = &ops[read];
    let own = |at: &usize| ops[*at].session == op.session && ops[*at].adds.is_none();
    let had: String =
        (0..read).filter(own).filter(|at| ops[*at].key == op.key).map(|at| &*ops[at].shows).collect();
    let adder = |piece: char| ops.iter().position(|op| op.adds == Some(piece)).unwrap();
    let of_key = |piece: &char| ops[adder(*piece)].key == op.key;
    (0..=read).filter(own).flat_map(|at| ops[at].shows.chars()).all(|piece| {
        before(adder(piece)).into_iter().filter(of_key).all(|earlier| {
            let there = op.shows.find(earlier);
            // What it had seen and misses now is another guarantee's business.
            let lacks = there.is_none() && !had.contains(earlier);
            let late = matches!((there, op.shows.find(piece)), (Some(there), Some(piece)) if there > piece);
            !lacks && !late
        })
    })
}

#[test]
fn appends_agree_with_the_oracles() {
    let mut source = Random(11);
    let mut counts = [[0_u32; 2]; 5];
    let count = rounds(30_000);
    for _ in 0..count {
        let ops = random(&mut source);
        if ops.iter().all(|op| op.adds.is_none()) {
            continue;
        }
        let history = history(&ops);
        let found = examined(&history, ModelName::Kv, &Setting::default());
        let reads = || (0..ops.len()).filter(|at| ops[*at].adds.is_none());
        let same = |at: usize| {
            (0..at).filter(|other| ops[*other].session == ops[at].session).collect::<Vec<usize>>()
        };
        let made =
            |at: usize| same(at).into_iter().filter_map(|other| ops[other].adds).collect::<Vec<char>>();
        let saw = |at: usize| {
            same(at)
                .into_iter()
                .flat_map(|other| ops[other].shows.chars().collect::<Vec<_>>())
                .collect::<Vec<char>>()
        };
        let of_key =
            |at: usize, piece: &char| ops.iter().any(|op| op.adds == Some(*piece) && op.key == ops[at].key);
        let shows = |at: usize, piece: char| ops[at].shows.contains(piece);
        let expected = [
            (G::Pram, (0..3).all(|session| has_view(&ops, session))),
            (
                G::ReadYourWrites,
                reads().all(|at| {
                    made(at).into_iter().filter(|piece| of_key(at, piece)).all(|piece| shows(at, piece))
                }),
            ),
            (
                G::MonotonicReads,
                reads().all(|at| {
                    saw(at).into_iter().filter(|piece| of_key(at, piece)).all(|piece| shows(at, piece))
                }),
            ),
            (G::MonotonicWrites, reads().all(|at| keeps(&ops, at, &made))),
            (G::WritesFollowReads, reads().all(|at| keeps(&ops, at, &saw))),
        ];
        for ((guarantee, holds), counts) in expected.into_iter().zip(&mut counts) {
            assert_eq!(verdict(&found[&guarantee]), Some(holds), "{guarantee}: {ops:?}");
            counts[usize::from(holds)] += 1;
            if let Finding::Broken(proof) = &found[&guarantee] {
                let story = proof.as_ref().expect("no verdict without its reason").story();
                assert!(!story.headline.is_empty() && !story.proof.is_empty(), "{guarantee}: {ops:?}");
            }
        }
        for guarantee in [G::Causal, G::WeakCausal, G::CausalConvergence, G::BoundedStaleness, G::NoLostWrite]
        {
            assert_eq!(verdict(&found[&guarantee]), None, "{guarantee}");
        }
        let sequential = verdict(&found[&G::Sequential]);
        assert!(sequential != Some(true) || expected.iter().all(|(_, holds)| *holds), "{ops:?}");
    }
    for [broken, holds] in counts {
        assert!(broken > count / 200 && holds > count / 100, "{counts:?}");
    }
}

/// Two clients may see two appends in two orders, and then each append finds something else in each view.
#[test]
fn an_append_has_no_place_but_in_a_view() {
    let append = |session, piece| Op { session, key: 0, adds: Some(piece), shows: String::new() };
    let read = |session, shows: &str| Op { session, key: 0, adds: None, shows: shows.to_owned() };
    let either = [append(0, 'x'), append(1, 'y'), read(0, "xy"), read(1, "yx")];
    let found = examined(&history(&either), ModelName::Kv, &Setting::default());
    assert_eq!(verdict(&found[&G::Sequential]), Some(false));
    for guarantee in [G::Pram, G::ReadYourWrites, G::MonotonicReads, G::MonotonicWrites, G::WritesFollowReads]
    {
        assert_eq!(verdict(&found[&guarantee]), Some(true), "{guarantee}");
    }
    let own = [append(0, 'x'), append(0, 'y'), read(1, "yx")];
    let found = examined(&history(&own), ModelName::Kv, &Setting::default());
    let Finding::Broken(Some(proof)) = &found[&G::Pram] else { panic!("{:?}", found[&G::Pram]) };
    assert_eq!(
        proof.story().headline,
        "c1 read yx. No order that keeps each client's own writes in theirs explains what c1 saw."
    );
    assert_eq!(verdict(&found[&G::MonotonicWrites]), Some(false));
}
