//! Breaks every pothole of every lab on one thread, and tells how small what it found became.

#![allow(clippy::print_stdout, reason = "an example")]

use run::Run;
use run::hunt::{Chase, Goal};
use std::time::Instant;

fn main() {
    let only = std::env::args().nth(1);
    for lab in catalog::LABS {
        for pothole in lab.potholes() {
            if only.as_ref().is_some_and(|only| !pothole.id.contains(only.as_str()) && lab.about().id != only)
            {
                continue;
            }
            let mut run = Run::new(*lab);
            if run.parameters.assign(pothole.set).is_err() {
                continue;
            }
            let mut chase = Chase::new(&run, Goal::Anything);
            let began = Instant::now();
            let (mut hunted, mut seconds) = (None, 0.0);
            while !chase.work(u64::MAX) && seconds < 60.0 {
                seconds = began.elapsed().as_secs_f64();
                if hunted.is_none() && chase.best().is_some() {
                    hunted = Some(seconds);
                }
            }
            let (attempts, events) = chase.tried();
            let Some((run, broken, made)) = chase.best() else {
                println!(
                    "{} {}: not found in {attempts} attempts, {events} events, {seconds:.1} s",
                    lab.about().id,
                    pothole.id
                );
                continue;
            };
            println!(
                "{} {}: {attempts} attempts, {:.1} s; {} commands to {} in {} runs, {:.1} s: {}",
                lab.about().id,
                pothole.id,
                hunted.unwrap_or_default(),
                made.before,
                made.after,
                made.attempts,
                seconds - hunted.unwrap_or_default(),
                broken.goal.name(*lab),
            );
            for timed in &run.commands {
                println!("    {timed}");
            }
        }
    }
}
