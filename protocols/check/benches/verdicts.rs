//! What a verdict costs: the live judge per operation, the general search on a nasty history, the evidence.
//! `cargo bench -p potholes-check`.

#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
#[allow(dead_code)]
mod common;

use check::names::{Guarantee, ModelName};
use check::{Cell, Invocation, Judge, Judges, Outcome, Values, Verdict};
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

/// All guarantees that are judged live, those of sessions and of time too, on one run.
fn watched(events: &[Event]) -> Judges {
    let mut asked = check::consistency::known(ModelName::Kv);
    asked.retain(|guarantee| *guarantee != Guarantee::Sequential);
    let mut judges = Judges::new(ModelName::Kv, &asked).unwrap();
    // Who was answered goes on; who was not goes on as somebody else.
    let (mut free, mut processes) = (Vec::new(), std::collections::BTreeMap::new());
    for (place, event) in events.iter().enumerate() {
        match event.clone() {
            Event::Invoke(mut call) => {
                call.process = free.pop().unwrap_or(place as u64);
                processes.insert(call.id, call.process);
                judges.invoke(place as u64, call).unwrap();
            }
            Event::Complete(id, outcome, output) => {
                free.extend(processes.remove(&id).filter(|_| outcome != Outcome::Unknown));
                judges.complete(place as u64, id, outcome, output).unwrap();
            }
        }
    }
    judges
}

#[divan::bench(args = [1_000, 10_000])]
fn live_all_guarantees(bencher: Bencher, operations: u64) {
    let events = recorded(&mut Random(1), operations, 8, false, 0);
    let judges = watched(&events);
    let end = events.len() as u64;
    assert_eq!(judges.verdict_at(Guarantee::Causal, end), Verdict::Holds);
    bencher.counter(ItemsCount::new(operations)).bench_local(|| watched(&events));
}

/// One more operation and all verdicts, at the end of a long run: what a frame pays.
#[divan::bench(args = [10_000, 100_000])]
fn one_more_of_all_guarantees(bencher: Bencher, operations: u64) {
    let mut judges = watched(&recorded(&mut Random(1), operations, 8, false, 0));
    let known = check::consistency::known(ModelName::Kv);
    let mut at = 10 * operations;
    bencher.bench_local(|| {
        let mut call = Invocation::write(at, 0, None, at as i64);
        call.process = u64::MAX;
        judges.invoke(at, call).unwrap();
        judges.complete(at + 1, at, Outcome::Ok, Values::new()).unwrap();
        at += 2;
        known.iter().filter(|one| judges.verdict_at(**one, at) == Verdict::Holds).count()
    });
}

/// Whether there is one order of a run that keeps each session's.
#[divan::bench(args = [1_000, 10_000, 100_000])]
fn sequential(bencher: Bencher, operations: u64) {
    let judges = watched(&recorded(&mut Random(1), operations, 8, false, 0));
    let history = judges.history();
    bencher.counter(ItemsCount::new(operations)).bench_local(|| {
        let asked = [Guarantee::Sequential];
        let setting = check::consistency::Setting::default();
        let mut examination = check::consistency::Examination::new(history, ModelName::Kv, &asked, &setting);
        while !examination.advance(history, 1_000_000) {}
        assert!(matches!(examination.finding(Guarantee::Sequential), check::consistency::Finding::Holds(_)));
    });
}

/// A history of another project's suite.
fn history_of(file: &str) -> check::History {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories").join(file);
    let bytes = std::fs::read(path).unwrap();
    let imported = check::read::import(file, &bytes, &check::read::Options::default()).unwrap();
    let check::read::Subject::Objects(history) = imported.subject else { panic!("{file}") };
    history
}

/// Whether a history is linearizable, of any model.
fn judged_by<M: check::linearizable::Linearized>(model: M, history: &check::History) -> Verdict {
    let mut judge = Judge::new(model);
    let mut events = Vec::new();
    for (place, operation) in history.operations().iter().enumerate() {
        events.push((operation.invoked, place, false));
        events.extend(operation.completed.map(|at| (at, place, true)));
    }
    events.sort_unstable();
    for (at, place, completes) in events {
        let operation = history.operations()[place].clone();
        if completes {
            judge.complete(at, operation.id, operation.outcome, operation.output).unwrap();
        } else {
            let check::Operation { id, lane, process, function, key, input, .. } = operation;
            judge.invoke(at, Invocation { id, lane, process, function, key, input }).unwrap();
        }
        if judge.verdict() != Verdict::Holds && judge.verdict() != Verdict::NotDecided {
            break;
        }
    }
    while judge.work(100_000) == 0 {}
    judge.verdict()
}

/// Key-value stores and registers of Porcupine's suite; appends are unfolded first, as `potholes check` does.
#[divan::bench(args = ["c01-ok", "c10-ok", "c10-bad", "c50-bad"])]
fn porcupine_kv(bencher: Bencher, name: &str) {
    let history = history_of(&format!("porcupine/kv/{name}.txt"));
    bencher.bench_local(|| {
        let unfolded = check::linearizable::unfold::unfold(&history).unwrap();
        let history = unfolded.as_ref().map_or(&history, |unfolded| &unfolded.history);
        let verdict = judged_by(Cell::KeyValue, history);
        assert_eq!(verdict == Verdict::Holds, name.ends_with("ok"));
    });
}

/// The same as one map, which no key takes apart.
#[divan::bench(args = ["c10-ok"])]
fn porcupine_kv_as_one_map(bencher: Bencher, name: &str) {
    let history = history_of(&format!("porcupine/kv/{name}.txt"));
    bencher.bench_local(|| assert_eq!(judged_by(check::models::Registers, &history), Verdict::Holds));
}

/// The same with the model chosen as the program runs: what the branches cost.
#[divan::bench(args = ["c10-ok"])]
fn porcupine_kv_as_any_model(bencher: Bencher, name: &str) {
    use check::models::{Any, Registers};
    let history = history_of(&format!("porcupine/kv/{name}.txt"));
    bencher.bench_local(|| assert_eq!(judged_by(Any::Registers(Registers), &history), Verdict::Holds));
}

#[divan::bench(args = ["etcd_002", "etcd_000"])]
fn etcd(bencher: Bencher, name: &str) {
    let history = history_of(&format!("porcupine/jepsen/{name}.log"));
    bencher.bench_local(|| judged_by(Cell::CasRegister, &history));
}

/// A key-value store of ten keys and fifty clients, five of them on each key.
fn store(operations: u64, repeated: bool) -> Vec<Event> {
    let keys = 10;
    let mut queues: Vec<std::vec::IntoIter<Event>> = (0..keys)
        .map(|key| recorded(&mut Random(key + 1), operations / keys, 5, repeated, 0).into_iter())
        .collect();
    let mut events = Vec::new();
    while events.len() < queues.iter().map(ExactSizeIterator::len).sum::<usize>() + events.len() {
        for (key, queue) in queues.iter_mut().enumerate() {
            let key = key as u64;
            events.extend(queue.next().map(|event| match event {
                Event::Invoke(mut call) => {
                    call.id += key * 10_000_000;
                    call.key = Some(std::sync::Arc::from(format!("k{key}")));
                    Event::Invoke(call)
                }
                Event::Complete(id, outcome, output) => {
                    Event::Complete(id + key * 10_000_000, outcome, output)
                }
            }));
        }
    }
    events
}

/// Each value written once, or three values only.
#[divan::bench(args = [false, true], sample_count = 10)]
fn generated_kv(bencher: Bencher, repeated: bool) {
    let events = store(100_000, repeated);
    bencher.counter(ItemsCount::new(100_000_u64)).bench_local(|| {
        let mut judge = fed(&events);
        while judge.work(100_000) == 0 {}
        assert_eq!(judge.verdict(), Verdict::Holds);
    });
}
