#![allow(missing_docs, clippy::unwrap_used)]
use ::check::linearizable::search::{Progress, Search};
use ::check::models::*;
use ::check::read::{Options, Subject, import};
use ::check::*;
use std::time::Instant;
fn load(p: &str) -> History {
    let bytes = std::fs::read(p).unwrap();
    let name = p.rsplit('/').next().unwrap();
    match import(name, &bytes, &Options::default()).unwrap().subject {
        Subject::Objects(h) => h,
        _ => panic!(),
    }
}
fn run<M: Model>(model: M, ops: &[&Operation], limit: u64) -> (Progress, u64) {
    let mut s = Search::new(model.clone());
    let mut ev = vec![];
    for (n, o) in ops.iter().enumerate() {
        ev.push((o.invoked, n as u32, false));
        if let Some(c) = o.completed {
            ev.push((c, n as u32, true));
        }
    }
    ev.sort();
    for (at, n, c) in ev {
        let o = ops[n as usize];
        if c {
            s.complete(n, at, o.outcome, model.call(o).unwrap());
        } else {
            let mut open = o.clone();
            open.outcome = Outcome::Open;
            open.output.clear();
            open.completed = None;
            s.invoke(model.call(&open).unwrap());
        }
    }
    let mut left = limit;
    s.work(&mut left);
    (s.progress(), limit - left)
}
fn main() {
    let base = "/work/shared/histories/";
    let limit: u64 = std::env::args().nth(1).map_or(3_000_000, |a| a.parse().unwrap());
    for f in [
        "porcupine/kv/c01-ok.txt",
        "porcupine/kv/c10-ok.txt",
        "porcupine/kv/c10-bad.txt",
        "porcupine/kv/c50-bad.txt",
        "porcupine/jepsen/etcd_002.log",
        "porcupine/jepsen/etcd_000.log",
        "porcupine/jepsen/etcd_102.log",
        "jepsen-edn/cas-failure.edn",
        "jepsen-edn/memstress3-9.edn",
        "jepsen-edn/rethink-fail-minimal.edn",
    ] {
        let h = load(&format!("{base}{f}"));
        let all: Vec<&Operation> = h.operations().iter().collect();
        let mut keys: Vec<_> = all.iter().map(|o| o.key.clone()).collect();
        keys.sort();
        keys.dedup();
        let t = Instant::now();
        let mut res = vec![];
        let mut steps = 0;
        for k in &keys {
            let ops: Vec<&Operation> = all.iter().copied().filter(|o| o.key == *k).collect();
            let (p, s) = run(Cell::KeyValue, &ops, limit);
            res.push(p);
            steps += s;
        }
        println!(
            "{f}: {} ops split: {:?} {} steps  {:?}",
            all.len(),
            t.elapsed(),
            steps,
            res.iter().filter(|p| **p != Progress::Holds).collect::<Vec<_>>()
        );
        if keys.len() > 1 {
            let t = Instant::now();
            let (p, s) = run(Registers, &all, limit);
            println!("   one map: {:?} {p:?} {s} steps", t.elapsed());
        }
    }
    let h = load(&format!("{base}jepsen-edn/etcd.edn"));
    let all: Vec<&Operation> = h.operations().iter().collect();
    let t = Instant::now();
    println!("etcd mutex {:?} {:?}", run(Mutex, &all, limit), t.elapsed());
    let t = Instant::now();
    println!("etcd lock {:?} {:?}", run(Lock, &all, limit), t.elapsed());
    let h = load(&format!("{base}jepsen-edn/counter.edn"));
    let all: Vec<&Operation> = h.operations().iter().collect();
    let t = Instant::now();
    println!("counter {:?} {:?}", run(Counter, &all, limit), t.elapsed());
    let h = load(&format!("{base}jepsen-edn/bank.edn"));
    let all: Vec<&Operation> = h.operations().iter().collect();
    let t = Instant::now();
    println!("bank {:?} {:?}", run(Bank::default(), &all, limit), t.elapsed());
    let t = Instant::now();
    let mut n = (0, 0, 0);
    for i in (0..=102).step_by(2) {
        let p = format!("{base}porcupine/jepsen/etcd_{i:03}.log");
        if !std::path::Path::new(&p).exists() {
            continue;
        }
        let h = load(&p);
        let all: Vec<&Operation> = h.operations().iter().collect();
        match run(Cell::KeyValue, &all, limit).0 {
            Progress::Holds => n.0 += 1,
            Progress::Broken { .. } => n.1 += 1,
            _ => {
                n.2 += 1;
                println!("{p} not decided")
            }
        }
    }
    println!("etcd all: {:?} holds/broken/undecided {n:?}", t.elapsed());
}
