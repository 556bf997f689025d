#[path="../tests/common/mod.rs"] mod common;
use common::*; use sim::{chaos::Level,Time};
fn main(){ let set=["nodes=5","newest_wins=on","load=off","latency_min=10ms","latency_max=10ms","sync_min=2ms","sync_max=2ms","work=0s","gossip=600s","handoff=600s","compare=600s","patience=10s","deadline=20s"];
 let p=play(setup(1,Level::None,Time::millis(5000),&set,&["2s clock n2 step -1s","2s put c1 list=milk to n1","2.1s get c2 list to n2","2.2s put c2 list=tea to n2"]));
 for m in &p.trace.story.marks { println!("{} {} {}",m.at,m.text,m.nothing_to_do) }
 for f in &p.trace.facts { println!("{} {}",f.at,f.sentence) }
 for b in p.broken(){println!("{b:?}")}
 for a in p.running.view().actors { println!("{} {}",a.id,a.clock_offset) }
}
