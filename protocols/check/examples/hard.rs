#![allow(missing_docs, clippy::unwrap_used)]
use ::check::linearizable::search::{Progress, Search};
use ::check::models::*;
use ::check::*;
use std::time::Instant;
#[path = "../tests/common/mod.rs"]
#[allow(dead_code)]
mod common;
use common::Random;
#[derive(Clone, Debug)]
enum Ev {
    Inv(CellCall),
    Comp(u32, Outcome, Option<CellCall>),
}
/// Knossos-like: clients on a compare-and-set register; info percent; failing cas unobserved.
fn make(r: &mut Random, ops: u32, clients: usize, values: i64, info: u64, corrupt: bool) -> Vec<Ev> {
    struct Run {
        id: u32,
        call: CellCall,
        done: Option<Option<CellCall>>,
        lost: bool,
    }
    let mut ev = vec![];
    let mut running: Vec<Run> = vec![];
    let mut state = Value::Nil;
    let mut begun = 0;
    let bad = if corrupt { ops * 3 / 4 } else { u32::MAX };
    while begun < ops || running.iter().any(|r| !r.lost) {
        let active = running.iter().filter(|r| !r.lost).count();
        if begun < ops && active < clients && r.percent(60) {
            let v = Value::Int(r.below(values as u64) as i64);
            let call = match r.below(3) {
                0 => CellCall::Read(None),
                1 => CellCall::Write(v),
                _ => CellCall::Cas { from: Value::Int(r.below(values as u64) as i64), to: v },
            };
            ev.push(Ev::Inv(call.clone()));
            running.push(Run { id: begun, call, done: None, lost: false });
            begun += 1;
            continue;
        }
        if running.is_empty() {
            continue;
        }
        let i = r.below(running.len() as u64) as usize;
        if running[i].done.is_none() {
            if running[i].lost && !r.percent(3) {
                continue;
            }
            let c = running[i].call.clone();
            let res = match &c {
                CellCall::Read(_) => Some(CellCall::Read(Some(state.clone()))),
                CellCall::Write(v) => {
                    state = v.clone();
                    Some(c.clone())
                }
                CellCall::Cas { from, to } => {
                    if *from == state {
                        state = to.clone();
                        Some(c.clone())
                    } else {
                        None
                    }
                }
                _ => unreachable!(),
            };
            running[i].done = Some(res);
            if running[i].lost {
                running.remove(i);
            }
            continue;
        }
        if running[i].lost {
            continue;
        }
        if r.percent(info) {
            ev.push(Ev::Comp(running[i].id, Outcome::Unknown, None));
            running.remove(i);
            continue;
        }
        let one = running.remove(i);
        let mut res = one.done.unwrap();
        if one.id >= bad && matches!(res, Some(CellCall::Read(_))) && r.percent(30) {
            res = Some(CellCall::Read(Some(Value::Int(r.below(values as u64) as i64))));
        }
        ev.push(match res {
            None => Ev::Comp(one.id, Outcome::Failed, None),
            some => Ev::Comp(one.id, Outcome::Ok, some),
        });
        // another is lost before it takes effect
        if r.percent(info)
            && let Some(k) = running.iter().position(|r| r.done.is_none() && !r.lost)
        {
            running[k].lost = true;
            let id = running[k].id;
            ev.push(Ev::Comp(id, Outcome::Unknown, None));
        }
    }
    ev
}
fn main() {
    let limit = 5_000_000;
    for (ops, clients, values, info) in [(3000, 8, 3, 0)] {
        for corrupt in [true] {
            let mut worst = 0.0_f64;
            let mut total = 0.0;
            let mut und = 0;
            let mut broken = 0;
            let mut unk = 0;
            let mut steps = 0;
            let seeds = if ops >= 10000 { 3 } else { 12 };
            for seed in 0..seeds {
                let mut r = Random(seed * 77 + 5);
                let ev = make(&mut r, ops, clients, values, info, corrupt);
                unk = ev.iter().filter(|e| matches!(e, Ev::Comp(_, Outcome::Unknown, _))).count();
                let t = Instant::now();
                let mut s = Search::new(Cell::CasRegister);
                for (at, e) in ev.into_iter().enumerate() {
                    match e {
                        Ev::Inv(c) => {
                            s.invoke(Some(c));
                        }
                        Ev::Comp(id, o, c) => s.complete(id, at as u64, o, c),
                    }
                }
                let mut left = limit;
                s.work(&mut left);
                steps += limit - left;
                let el = t.elapsed().as_secs_f64();
                worst = worst.max(el);
                total += el;
                match s.progress() {
                    Progress::NotDecided => und += 1,
                    Progress::Broken { .. } => {
                        broken += 1;
                        assert!(corrupt)
                    }
                    _ => {}
                }
            }
            println!(
                "{ops} ops {clients} clients {values} values info {info}% ({unk} unknown) corrupt {corrupt}: worst {worst:.3}s mean {:.3}s undecided {und}/{seeds} broken {broken} steps {steps}",
                total / seeds as f64
            );
        }
    }
}
