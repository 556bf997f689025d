//! The instruments: causes, why, exports, forks and the point of no return.

mod cone;
mod export;
mod forks;
mod why;

use run::{Playback, Run};
use sim::{Moment, Time};

/// A lab of the catalogue, run so long, with these commands.
fn played(lab: &str, seed: u64, millis: u64, commands: &[&str]) -> Playback {
    let mut run = Run::new(catalog::lab(lab).unwrap());
    (run.seed, run.end) = (seed, Time::millis(millis));
    run.commands = commands.iter().map(|text| run::text::timed(text).unwrap()).collect();
    let end = Moment::end_of(run.end);
    let mut playback = Playback::new(run);
    playback.show(end);
    while playback.work(100_000) != run::Progress::Done {}
    playback
}

/// Trouble of every kind that a time line draws.
fn troubled() -> Playback {
    let commands = [
        "800ms crash n1",
        "1200ms cut n2 | n3 n4",
        "1600ms heal",
        "1700ms pause n4 for 200ms",
        "1900ms crash n1",
        "2200ms restart n1",
    ];
    played("raft", 7, 3_000, &commands)
}
