//! What a verdict costs: the live judge per operation, the general search on a nasty history, the evidence.
//! `cargo bench -p potholes-check`.

#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
#[allow(dead_code)]
mod common;

use check::{Cell, Invocation, Judge, Outcome, Values, Verdict};
use common::{Event, Random, feed, recorded};
use divan::Bencher;
use divan::counter::ItemsCount;

fn main() {
    divan::main();
}

fn fed(events: &[Event]) -> Judge {
    let mut judge = Judge::new(Cell::KeyValue);
    for (place, event) in events.iter().enumerate() {
        feed(&mut judge, place as u64, event);
    }
    judge
}

/// Reads, writes and swaps by eight clients, some of unknown outcome; each value written once.
#[divan::bench(args = [1_000, 10_000, 100_000])]
fn live_by_zones(bencher: Bencher, operations: u64) {
    let events = recorded(&mut Random(1), operations, 8, false, 0);
    assert_eq!(fed(&events).verdict(), Verdict::Holds);
    bencher.counter(ItemsCount::new(operations)).bench_local(|| fed(&events));
}

/// One more operation and the verdict, at the end of a long run: what a frame pays.
#[divan::bench(args = [10_000, 100_000])]
fn one_more_operation(bencher: Bencher, operations: u64) {
    let mut judge = fed(&recorded(&mut Random(1), operations, 8, false, 0));
    let mut at = 10 * operations;
    bencher.bench_local(|| {
        judge.invoke(at, Invocation::write(at, 0, None, at as i64)).unwrap();
        judge.complete(at + 1, at, Outcome::Ok, Values::new()).unwrap();
        at += 2;
        judge.verdict()
    });
}

/// A copy of the judge, as a branch of a run takes it.
#[divan::bench(args = [10_000])]
fn copy(bencher: Bencher, operations: u64) {
    let judge = fed(&recorded(&mut Random(1), operations, 8, false, 0));
    bencher.bench_local(|| judge.clone());
}

/// The same with three values only, so that nothing but the search decides.
#[divan::bench(args = [1_000, 10_000])]
fn search_repeated_values(bencher: Bencher, operations: u64) {
    let events = recorded(&mut Random(1), operations, 8, true, 0);
    bencher.counter(ItemsCount::new(operations)).bench_local(|| {
        let mut judge = fed(&events);
        while judge.work(10_000) == 0 {}
        assert_eq!(judge.verdict(), Verdict::Holds);
        judge
    });
}

/// Unknown swaps and writes that overlap everything, then a read of what cannot be: all must be tried.
fn nasty(unknown: u64) -> Vec<Event> {
    let mut events = Vec::new();
    for id in 0..unknown {
        let (from, to) = (id as i64 % 5, (id as i64 * 3 + 1) % 5);
        let call = if id % 3 == 0 {
            Invocation::write(id, 0, None, to)
        } else {
            Invocation::cas(id, 0, None, from, to)
        };
        events.push(Event::Invoke(call));
        events.push(Event::Complete(id, Outcome::Unknown, Values::new()));
    }
    for id in unknown..unknown + 8 {
        events.push(Event::Invoke(Invocation::write(id, 1, None, id as i64 % 4)));
    }
    for id in unknown..unknown + 8 {
        events.push(Event::Complete(id, Outcome::Ok, Values::new()));
    }
    events.push(Event::Invoke(Invocation::read(1_000, 2, None)));
    events.push(Event::Complete(1_000, Outcome::Ok, Values::from_iter([9.into()])));
    events
}

#[divan::bench(args = [6, 10, 14])]
fn search_nasty(bencher: Bencher, unknown: u64) {
    let events = nasty(unknown);
    bencher.bench_local(|| {
        let mut judge = fed(&events);
        while judge.work(10_000) == 0 {}
        assert_ne!(judge.verdict(), Verdict::Holds);
    });
}

/// From the break to the story, in a long history judged by zones.
#[divan::bench(args = [10_000])]
fn evidence_by_zones(bencher: Bencher, operations: u64) {
    let mut judge = fed(&recorded(&mut Random(1), operations, 8, false, 0));
    let at = 10 * operations;
    judge.invoke(at, Invocation::read(at, 0, None)).unwrap();
    judge.complete(at + 1, at, Outcome::Ok, Values::from_iter([(operations as i64 / 2).into()])).unwrap();
    assert_ne!(judge.verdict(), Verdict::Holds);
    bencher.bench_local(|| {
        let mut explain = judge.explain().unwrap();
        while !explain.advance(10_000) {}
        explain.evidence().unwrap().story()
    });
}
