//! What judging transactions costs: all levels at once, of histories as they come from a store that runs transactions one
//! after another for twenty clients at a time; and whole files from bytes to verdict.
//! `cargo bench -p potholes-check --bench isolation`.
//!
//! The allocator's "max alloc" is what an examination takes on top of the history, whose size is printed.

#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use check::check::{Checking, Request};
use check::isolation::{
    Builder, Conventions, Draft, Examination, Goal, Model, Moment, Objects, Report, Status, Step,
    Transactions,
};
use check::read::{Options, import};
use check::{Outcome, Value};
use common::Random;
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// How many clients there are.
const CLIENTS: u64 = 20;
/// A list is given up for a new one when it is that long, as Elle's generator does.
const LONGEST: usize = 128;

/// A store of lists or registers that runs a transaction when it ends.
struct Store {
    random: Random,
    lists: bool,
    /// Keys in use, and what each holds.
    keys: Vec<(u64, Vec<Value>)>,
    value: i64,
}

impl Store {
    fn new(seed: u64, lists: bool) -> Self {
        Self { random: Random(seed), lists, keys: (0..16).map(|key| (key, Vec::new())).collect(), value: 0 }
    }

    fn step(&mut self) -> Step {
        let at = self.random.below(self.keys.len() as u64) as usize;
        let writes = self.random.percent(50);
        let newest = self.keys.iter().map(|(key, _)| *key).max().unwrap_or(0);
        let (key, held) = &mut self.keys[at];
        let name = Value::Int(*key as i64);
        if !writes {
            let seen = match self.lists {
                true => Value::from(held.clone()),
                false => held.last().cloned().unwrap_or_default(),
            };
            return Step::Read { key: name, seen: Some(seen) };
        }
        self.value += 1;
        let value = Value::Int(self.value);
        held.push(value.clone());
        if held.len() > LONGEST {
            (*key, *held) = (newest + 1, Vec::new());
        }
        match self.lists {
            true => Step::Append { key: name, value },
            false => Step::Write { key: name, value },
        }
    }
}

fn history(count: u64, lists: bool, conventions: Conventions, timed: bool) -> Arc<Transactions> {
    let objects = if lists { Objects::Lists } else { Objects::Registers };
    let mut store = Store::new(count, lists);
    let mut builder = Builder::new(objects, conventions);
    let mut begun: BTreeMap<u64, u64> = BTreeMap::new();
    let (mut at, mut done) = (0, 0);
    while done < count {
        at += 1;
        let process = store.random.below(CLIENTS);
        let Some(began) = begun.remove(&process) else {
            begun.insert(process, at);
            continue;
        };
        let steps = (0..1 + store.random.below(4)).map(|_| store.step()).collect();
        let moment = |at| timed.then(|| Moment::at(at));
        let draft = Draft {
            label: done,
            process,
            began: moment(began),
            ended: moment(at),
            outcome: Outcome::Ok,
            steps,
        };
        builder.add(&draft).unwrap();
        done += 1;
    }
    let history = builder.finish();
    let bytes = history.bytes() / count;
    eprintln!("{count} transactions, {} steps, {bytes} bytes a transaction", history.steps_total());
    Arc::new(history)
}

fn judged(history: &Arc<Transactions>, goal: Goal) -> Report {
    Examination::run(Arc::clone(history), goal, u64::MAX)
}

#[divan::bench(args = [10_000, 100_000, 1_000_000], sample_count = 1, sample_size = 1)]
fn list_append_all_levels(bencher: Bencher, count: u64) {
    let history = history(count, true, Conventions::jepsen(), true);
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        let report = judged(&history, Goal::All);
        assert_eq!(report.statuses.get(Model::StrictSerializable), Status::Held);
    });
}

#[divan::bench(args = [1_000_000], sample_count = 1, sample_size = 1)]
fn list_append_serializable(bencher: Bencher, count: u64) {
    let history = history(count, true, Conventions::jepsen(), true);
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        let report = judged(&history, Goal::One(Model::Serializable));
        assert_eq!(report.statuses.get(Model::Serializable), Status::Held);
    });
}

#[divan::bench(args = [10_000, 100_000], sample_count = 1, sample_size = 1)]
fn registers_all_levels(bencher: Bencher, count: u64) {
    let history = history(count, false, Conventions::jepsen(), true);
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        let report = judged(&history, Goal::All);
        assert_eq!(report.statuses.get(Model::StrictSerializable), Status::Held);
    });
}

/// As AWDIT is measured: without times, in sessions; keys hold nothing at first.
#[divan::bench(args = ["read-committed", "read-atomic", "causal"], sample_count = 1, sample_size = 1)]
fn registers_without_times_100_000(bencher: Bencher, level: &str) {
    let history = history(100_000, false, Conventions::dbcop(), false);
    let model = Model::promised_by(level, history.conventions()).unwrap();
    bencher.counter(ItemsCount::new(100_000_u64)).bench_local(|| {
        assert_eq!(judged(&history, Goal::One(model)).statuses.get(model), Status::Held);
    });
}

/// The samples that cost the most, from bytes to all verdicts, without a limit.
#[divan::bench(
    args = [
        "jepsen-edn/cas-failure.edn",
        "jepsen-edn/set_full.edn",
        "porcupine/jepsen/etcd_044.log",
        "porcupine/kv/c50-bad.txt",
        "porcupine/kv/c10-ok.txt",
        "awdit/causal/l20e200sqrt.txt",
    ],
    sample_count = 3,
    sample_size = 1
)]
fn whole_files(bencher: Bencher, file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories").join(file);
    let bytes = std::fs::read(path).unwrap();
    bencher.bench_local(|| {
        let imported = import(file, &bytes, &Options::default()).unwrap();
        let mut checking = Checking::new(imported, &Request::default()).unwrap();
        while !checking.advance(100_000) {}
        checking.claims()
    });
}
