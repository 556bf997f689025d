//! Every checker against the oracle on random small histories: verdict, moment, witness, evidence.

#![allow(clippy::unwrap_used)]

use crate::common;

use check::linearizable::search::{Progress, Search};
use check::linearizable::zones::Zones;
use check::{Cell, Evidence, Invocation, Judge, Model, Operation, Outcome, Value, Values, Verdict};
use common::{Event, Mix, Plain, Random, feed, history, is_witness, judged, linearizable, recorded};

/// What a batch of histories amounted to.
#[derive(Debug, Default)]
struct Tally {
    holds: u32,
    broken: u32,
    plain_stories: u32,
}

fn prefix(judge: &Judge, at: u64) -> Vec<Operation> {
    judge.history().operations().iter().filter_map(|operation| operation.as_of(at)).collect()
}

/// The first position at which the oracle finds no order, and that it never finds one again.
fn first_break(judge: &Judge, events: &[Event]) -> Option<u64> {
    let mut first = None;
    for (place, event) in events.iter().enumerate() {
        let at = place as u64 * 3;
        if first.is_none() && matches!(event, Event::Invoke(_)) {
            continue;
        }
        let plain: Vec<Plain> = prefix(judge, at).iter().map(Plain::of).collect();
        let holds = linearizable(&plain);
        assert!(first.is_none() || !holds, "orderable again at {at}: {events:?}");
        if !holds && first.is_none() {
            first = Some(at);
        }
    }
    first
}

fn moment(verdict: &Verdict) -> Option<u64> {
    match verdict {
        Verdict::Holds => None,
        Verdict::Broken { at, .. } => Some(*at),
        Verdict::NotDecided => panic!("not decided"),
    }
}

/// Zones and the search alone, on one key, fed like the judge.
fn alone(judge: &Judge, key: Option<&str>) -> (Option<Option<u64>>, Option<u64>) {
    let operations: Vec<&Operation> =
        judge.history().operations().iter().filter(|operation| operation.key.as_deref() == key).collect();
    let mut events: Vec<(u64, usize, bool)> = Vec::new();
    for (number, operation) in operations.iter().enumerate() {
        events.push((operation.invoked, number, false));
        events.extend(operation.completed.map(|at| (at, number, true)));
    }
    events.sort_unstable();
    let (mut zones, mut search) = (Some(Zones::new()), Search::new(Cell::KeyValue));
    for (at, number, completes) in events {
        let operation = operations[number];
        if completes {
            let call = Cell::KeyValue.call(operation).unwrap();
            if let Some(zones) = &mut zones {
                zones.complete(number as u32, at, operation.outcome, call.as_ref());
            }
            zones = zones.filter(|zones| !zones.is_undecidable());
            search.complete(number as u32, at, operation.outcome, call);
        } else {
            let call = Cell::KeyValue.call(&operation.as_of(at).unwrap()).unwrap().unwrap();
            if zones.as_mut().is_some_and(|zones| zones.invoke(at, &call).is_err()) {
                zones = None;
            }
            search.invoke(Some(call));
        }
    }
    let searched = loop {
        match search.advance(7) {
            Progress::NotDecided => {}
            Progress::Holds => break None,
            Progress::Broken { at } => break Some(at),
        }
    };
    (zones.map(|zones| zones.breach().map(|breach| breach.at)), searched)
}

fn evidence_of(judge: &Judge) -> Evidence {
    let mut explain = judge.explain().unwrap();
    while !explain.advance(50) {}
    explain.evidence().unwrap().clone()
}

/// The needed operations cannot be ordered whatever the others did; forgetting any of them leaves an order; and
/// the proof is a history without an order by itself.
fn check_evidence(judge: &Judge, evidence: &Evidence, events: &[Event]) {
    assert!(evidence.minimal);
    let all: Vec<Operation> =
        prefix(judge, evidence.at).into_iter().filter(|operation| operation.key == evidence.key).collect();
    let needed: Vec<u64> = evidence.needed().map(|operation| operation.id).collect();
    let with = |needed: &[u64]| -> Vec<Plain> {
        all.iter()
            .map(|operation| match needed.contains(&operation.id) {
                true => Plain::of(operation),
                false => Plain::forgotten(operation),
            })
            .collect()
    };
    assert!(!linearizable(&with(&needed)), "{needed:?} can be ordered: {events:#?}");
    for id in &needed {
        let others: Vec<u64> = needed.iter().copied().filter(|other| other != id).collect();
        assert!(linearizable(&with(&others)), "{id} of {needed:?} is superfluous: {events:#?}");
    }
    let proof: Vec<Plain> = evidence.operations.iter().map(Plain::of).collect();
    assert!(!linearizable(&proof), "the proof alone can be ordered: {:#?}", evidence.operations);
}

fn check_one(events: &[Event], tally: &mut Tally) {
    let judge = judged(events);
    let truth = first_break(&judge, events);
    assert_eq!(moment(&judge.verdict()), truth, "{events:#?}");

    let mut live = Judge::new(Cell::KeyValue);
    for (place, event) in events.iter().enumerate() {
        let at = place as u64 * 3;
        feed(&mut live, at, event);
        while live.work(3) == 0 {}
        assert_eq!(moment(&live.verdict()), truth.filter(|broke| *broke <= at), "live at {at}: {events:#?}");
        assert_eq!(live.verdict_at(at), judge.verdict_at(at));
    }

    let apart = [None, Some("k")].map(|key| alone(&judge, key));
    let searched = apart.iter().filter_map(|(_, searched)| *searched).min();
    assert_eq!(searched, truth, "search alone: {events:#?}");
    for (zones, searched) in apart {
        assert!(
            zones.is_none_or(|zones| zones == searched),
            "zones alone: {zones:?} {searched:?} {events:#?}"
        );
    }

    match truth {
        None => {
            tally.holds += 1;
            let order = judge.witness().unwrap();
            assert!(is_witness(judge.history().operations(), &order), "{order:?} {events:#?}");
            assert!(judge.explain().is_none());
        }
        Some(_) => {
            tally.broken += 1;
            let evidence = evidence_of(&judge);
            check_evidence(&judge, &evidence, events);
            let story = evidence.story();
            assert_eq!(story.proof.len(), evidence.operations.len());
            assert!(!story.headline.is_empty() && !story.because.is_empty(), "{story:?}");
            tally.plain_stories += u32::from(story.headline.contains("of the proof"));
        }
    }
}

fn batch(mix: Mix, seed: u64, count: u32) {
    let mut tally = Tally::default();
    let mut random = Random(seed);
    for _ in 0..count {
        check_one(&history(&mut random, mix), &mut tally);
    }
    // A batch in which hardly anything holds, or breaks, proves little.
    assert!(tally.holds > count / 10 && tally.broken > count / 10, "{mix:?}: {tally:?}");
    println!("{mix:?}: {tally:?}");
}

#[test]
fn unique_values_agree_with_the_oracle() {
    batch(Mix::Unique, 1, 50_000);
}

#[test]
fn repeated_values_agree_with_the_oracle() {
    batch(Mix::Repeated, 2, 30_000);
}

#[test]
fn appends_agree_with_the_oracle() {
    batch(Mix::Appends, 3, 20_000);
}

/// Zones, search and judge on longer histories of a real cell, true ones and ones with false answers.
fn long_batch(repeated: bool, seed: u64, count: u32) {
    let mut random = Random(seed);
    let (mut broken, mut minimal) = (0, 0);
    for round in 0..count {
        let lies = if round % 2 == 0 { 0 } else { 300 };
        let length = 5 + random.below(120);
        let clients = 1 + random.below(6) as usize;
        let events = recorded(&mut random, length, clients, repeated, lies);
        let judge = judged(&events);
        let (zones, searched) = alone(&judge, None);
        assert!(repeated || zones.is_some(), "zones decide where values are unique");
        assert_eq!(moment(&judge.verdict()), searched, "{events:#?}");
        assert!(zones.is_none_or(|zones| zones == searched), "{zones:?} {searched:?} {events:#?}");
        match searched {
            None => {
                let order = judge.witness().unwrap();
                assert!(is_witness(judge.history().operations(), &order), "{order:?} {events:#?}");
            }
            Some(_) => {
                assert!(lies > 0, "a true history is judged broken: {events:#?}");
                broken += 1;
                let evidence = evidence_of(&judge);
                minimal += u32::from(evidence.minimal);
                if evidence.operations.len() <= 8 {
                    let proof: Vec<Plain> = evidence.operations.iter().map(Plain::of).collect();
                    assert!(!linearizable(&proof), "{:#?}", evidence.operations);
                }
            }
        }
    }
    println!("repeated {repeated}: {broken} of {count} broken, {minimal} with minimal evidence");
    assert!(broken > count / 10 && minimal * 10 >= broken * 9);
}

#[test]
fn long_histories_of_unique_values_agree() {
    long_batch(false, 4, 2_000);
}

#[test]
fn long_histories_of_repeated_values_agree() {
    long_batch(true, 5, 400);
}

/// Of unknown operations that are alike the one that began first goes first, not the one that was given up first:
/// the later one may come too late.
#[test]
fn of_operations_alike_the_first_one_helps() {
    let write = |id, value: i64| Event::Invoke(Invocation::write(id, id as u32, None, value));
    let read = |id| Event::Invoke(Invocation::read(id, 9, None));
    let saw = |id, value: i64| Event::Complete(id, Outcome::Ok, Values::from_iter([value.into()]));
    let unknown = |id| Event::Complete(id, Outcome::Unknown, Values::new());
    let events = [
        write(0, 5),
        write(1, 5),
        read(2),
        saw(2, 5),
        write(3, 1),
        read(4),
        saw(4, 1),
        write(5, 1),
        unknown(5),
        unknown(3),
        // The first write of 5 did not happen after all: everything is tried again.
        Event::Complete(0, Outcome::Failed, Values::new()),
    ];
    check_one(&events, &mut Tally::default());
    assert_eq!(judged(&events).verdict(), Verdict::Holds);
}

/// A value that was overwritten unseen may turn out to have been seen, by an operation that was open then.
#[test]
fn what_was_overwritten_may_have_been_seen_after_all() {
    let begin = |call| Event::Invoke(call);
    let unknown = |id| Event::Complete(id, Outcome::Unknown, Values::new());
    let saw = |id, outcome, value: i64| Event::Complete(id, outcome, Values::from_iter([value.into()]));
    let events = [
        begin(Invocation::write(0, 0, None, 1)),
        begin(Invocation::cas(1, 3, None, Value::Nil, 2)),
        unknown(1),
        unknown(0),
        begin(Invocation::cas(2, 3, None, 1, 3)),
        unknown(2),
        begin(Invocation::cas(3, 1, None, 1, 4)),
        begin(Invocation::read(5, 1, None)),
        saw(5, Outcome::Ok, 3),
        saw(3, Outcome::Failed, 2),
    ];
    check_one(&events, &mut Tally::default());
    assert_eq!(judged(&events).verdict(), Verdict::Holds);
}
