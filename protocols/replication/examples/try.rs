#[path="../tests/common/mod.rs"] mod common;
use common::*; use sim::{chaos::Level,Time,Lab}; use std::collections::BTreeMap;
fn main(){ let a:Vec<String>=std::env::args().skip(1).collect(); let from:u64=a[0].parse().unwrap(); let to:u64=a[1].parse().unwrap();
 let set:Vec<&str>=a[2..].iter().map(|s|s.as_str()).collect(); let end=Time::millis(30000);
 let mut reach:BTreeMap<&str,u64>=BTreeMap::new(); let mut bad:BTreeMap<&str,u64>=BTreeMap::new(); let mut shown=0; let mut ev=0; let t=std::time::Instant::now(); let (mut ok,mut all)=(0,0);
 for seed in from..to { let p=play(setup(seed,Level::High,end,&set,&[])); ev+=p.trace.events.len();
  for o in &p.trace.story.operations {all+=1; if o.outcome==sim::story::Outcome::Ok {ok+=1}}
  for (n,s) in p.broken(){ *bad.entry(n).or_default()+=1; if shown<400 {println!("seed {seed}: {n}: {s}"); shown+=1;} }
  if p.stalled(&set,end){*bad.entry("progress").or_default()+=1; if shown<400 {println!("seed {seed}: stalled"); shown+=1}}
  let rep:Vec<_>=p.broken().into_iter().map(|b|b.0).collect();
  for (n,s) in p.running.scan(){ if !rep.contains(&n) {println!("seed {seed} only scan: {s}")} }
  for r in p.reached(){*reach.entry(r).or_default()+=1}}
 println!("{bad:?}\n{ev} events {:?}  ok {ok}/{all}",t.elapsed());
 for i in replication::dynamo::LAB.invariants(){ if let sim::lab::Mode::Sometimes=i.mode {println!("{:>5} {}",reach.get(i.name).unwrap_or(&0),i.name)}}
}
