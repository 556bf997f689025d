#[path="../tests/common/mod.rs"] mod common;
use common::*; use sim::{chaos::Level,Time,Lab}; use replication::dynamo::LAB;
fn main(){ let a:Vec<String>=std::env::args().skip(1).collect(); let set:Vec<&str>=a[1..].iter().map(|s|s.as_str()).collect(); let secs:u64=a[0].parse().unwrap();
 for seed in 1..4 { let end=Time::millis(secs*1000); let p=play(setup(seed,Level::None,end,&set,&[])); let m=LAB.measure(&p.trace,end);
 println!("{} ev; {}",p.trace.events.len(), LAB.measures().iter().zip(&m).map(|(n,v)|format!("{}={v:.2}",n.id)).collect::<Vec<_>>().join(" ")); println!("{:?} {:?}",p.broken(), p.reached());} }
