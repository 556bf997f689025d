//! What reading costs: bytes a second, and the memory that the history takes, of a generated list-append history of
//! 200 MB and of other forms. A file is read as a stream, so what it takes grows with its operations, not with its bytes. `cargo bench -p potholes-check --bench reading`.

#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::fmt::Write as _;

use check::read::{Imported, Options, Subject, import};
use check::write::{Form, write};
use common::Random;
use divan::counter::BytesCount;
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Transactions of ten processes that append to lists and read them, as Jepsen writes them, up to `bytes`.
fn list_append(bytes: usize) -> String {
    let mut random = Random(7);
    let mut text = String::with_capacity(bytes + 10_000);
    let mut lists: Vec<(u64, Vec<u64>)> = (0..16).map(|key| (key, Vec::new())).collect();
    let (mut index, mut element) = (0_u64, 0_u64);
    while text.len() < bytes {
        let process = random.below(10);
        let mut asked = String::new();
        let mut done = String::new();
        for _ in 0..1 + random.below(4) {
            let at = random.below(lists.len() as u64) as usize;
            let (key, list) = &mut lists[at];
            if random.percent(50) {
                element += 1;
                list.push(element);
                let _ = write!(asked, "[:append {key} {element}] ");
                let _ = write!(done, "[:append {key} {element}] ");
            } else {
                let seen: Vec<String> = list.iter().map(u64::to_string).collect();
                let _ = write!(asked, "[:r {key} nil] ");
                let _ = write!(done, "[:r {key} [{}]] ", seen.join(" "));
            }
        }
        for (kind, value) in [("invoke", &asked), ("ok", &done)] {
            let time = 1_000_000 + index * 731;
            let _ = writeln!(
                text,
                "{{:type :{kind}, :f :txn, :value [{}], :time {time}, :process {process}, :index {index}}}",
                value.trim_end()
            );
            index += 1;
        }
        // Keys are retired after a while, as Elle's generator does.
        let newest = lists.iter().map(|(key, _)| *key).max().unwrap_or(0);
        if let Some(full) = lists.iter_mut().find(|(_, list)| list.len() > 128) {
            *full = (newest + 1, Vec::new());
        }
    }
    text
}

/// Reads and writes of registers under keys.
fn registers(bytes: usize) -> String {
    let mut random = Random(8);
    let mut text = String::with_capacity(bytes + 1_000);
    let mut index = 0;
    while text.len() < bytes {
        let (process, key, value) = (random.below(20), random.below(50), random.below(1_000_000));
        let (f, asked) =
            if random.percent(50) { ("read", "nil".to_owned()) } else { ("write", value.to_string()) };
        for (kind, value) in [("invoke", &asked), ("ok", &value.to_string())] {
            let time = 1_000_000 + index * 731;
            let _ = writeln!(
                text,
                "{{:type :{kind}, :f :{f}, :value [{key} {value}], :time {time}, :process {process}, :index {index}}}"
            );
            index += 1;
        }
    }
    text
}

fn read(text: &str) -> Imported {
    import("", text.as_bytes(), &Options::default()).unwrap()
}

/// The allocator's "max alloc" is what reading holds at most; the history is what stays of it.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn list_append_edn_200_mb(bencher: Bencher) {
    let text = list_append(200 << 20);
    if let Subject::Transactions(history) = &read(&text).subject {
        let (count, bytes) = (u64::from(history.len()), history.bytes());
        eprintln!(
            "{count} transactions, {} steps, {} bytes a transaction",
            history.steps_total(),
            bytes / count
        );
    }
    bencher.counter(BytesCount::new(text.len())).bench_local(|| read(&text));
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn registers_edn_20_mb(bencher: Bencher) {
    let text = registers(20 << 20);
    eprintln!("{} operations", read(&text).subject.len());
    bencher.counter(BytesCount::new(text.len())).bench_local(|| read(&text));
}

#[divan::bench(args = ["lines", "json", "edn"], sample_count = 3, sample_size = 1)]
fn registers_as_written(bencher: Bencher, form: &str) {
    let history = read(&registers(10 << 20));
    let form = match form {
        "lines" => Form::Lines,
        "json" => Form::Json,
        _ => Form::Edn,
    };
    let mut bytes = Vec::new();
    write(&history, form, &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    bencher.counter(BytesCount::new(text.len())).bench_local(|| read(&text));
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn write_lines(bencher: Bencher) {
    let history = read(&registers(10 << 20));
    bencher.bench_local(|| {
        let mut bytes = Vec::new();
        write(&history, Form::Lines, &mut bytes).unwrap();
        bytes
    });
}
