#[path="../tests/common/mod.rs"] mod common;
use common::*; use sim::{chaos::Level,Time};
fn main(){ let a:Vec<String>=std::env::args().skip(1).collect(); let seed:u64=a[0].parse().unwrap(); let from:f64=a[1].parse().unwrap(); let to:f64=a[2].parse().unwrap(); let set:Vec<&str>=a[3..].iter().map(|s|s.as_str()).collect();
 let p=play(setup(seed,Level::High,Time::millis(30000),&set,&[]));
 let mut l:Vec<(u64,String)>=vec![];
 for m in &p.trace.story.marks { l.push((m.at.0,format!("** {}{}",m.text,if m.nothing_to_do {" (nothing)"} else {""}))) }
 for f in &p.trace.facts { l.push((f.at.0,f.sentence.to_string())) }
 l.sort_by_key(|x|x.0);
 for (t,s) in l { let t=t as f64/1e9; if t>=from&&t<=to {println!("{t:.4} {s}")}}
 for b in p.broken(){println!("{b:?}")}
}
