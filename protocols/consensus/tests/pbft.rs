//! PBFT under every fault it claims to stand: with no pothole nothing breaks and every `sometimes` is reached; with each
//! pothole alone something that it is said to break does.
#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

mod common;

use check::Verdict;
use common::{Played, play, setup, verdict};
use consensus::pbft::LAB;
use sim::chaos::Level;
use sim::lab::Mode;
use sim::story::Outcome;
use sim::trace::Recorder;
use sim::{Lab, Moment, Span, Time, Trace};
use std::collections::BTreeSet;

const END: Time = Time::millis(30_000);
/// Sweeps are long: the quick stand-in for signatures, which a test below compares with the real ones.
const QUICK: &str = "signatures=tags";

/// Whether after this moment an operation waited for the claimed span with nobody being answered.
fn stalled(played: &Played, set: &[&str], heal: Time) -> bool {
    let claims = LAB.claims(&common::parameters(&LAB, set));
    let within = claims.iter().find_map(|claim| claim.within).unwrap();
    let answered = played.trace.story.operations.iter();
    let answered = answered.filter(|o| matches!(o.outcome, Outcome::Ok | Outcome::Failed));
    let mut times: Vec<Time> = answered.filter_map(|o| o.completed).filter(|at| *at > heal).collect();
    times.sort();
    let mut before = heal;
    for at in times.into_iter().chain([END]) {
        if at.since(before) > within {
            return true;
        }
        before = at;
    }
    false
}

/// What broke: invariants, and guarantees.
fn broken(played: &Played, set: &[&str]) -> Vec<String> {
    let mut broken: Vec<String> = played.broken().into_iter().map(|(name, _)| name.to_owned()).collect();
    match verdict(&played.trace) {
        Verdict::Holds => {}
        Verdict::Broken { .. } => broken.push("linearizable".to_owned()),
        other => broken.push(format!("undecided: {other:?}")),
    }
    if stalled(played, set, Time(END.0 / 10 * 8)) {
        broken.push("progress".to_owned());
    }
    broken
}

/// The full scan finds nothing that the monitor did not.
fn scan_agrees(seed: u64, played: &Played) {
    let reported: BTreeSet<&str> = played.broken().into_iter().map(|(name, _)| name).collect();
    for (name, sentence) in played.running.scan() {
        assert!(reported.contains(name), "seed {seed}: only the scan saw that {sentence}");
    }
}

fn run(seed: u64, set: &[&str]) -> Played {
    play(&LAB, setup(&LAB, seed, Level::High, END, set, &[]))
}

fn sound(seeds: std::ops::Range<u64>, set: &[&str]) -> BTreeSet<&'static str> {
    let set = [set, &[QUICK]].concat();
    let mut reached = BTreeSet::new();
    for seed in seeds {
        let played = run(seed, &set);
        let broken = broken(&played, &set);
        assert_eq!(broken, Vec::<String>::new(), "seed {seed} with {set:?}: {:?}", played.broken());
        scan_agrees(seed, &played);
        reached.extend(played.reached());
    }
    reached
}

#[test]
fn nothing_breaks_and_every_sometimes_is_reached() {
    let reached = sound(0..300, &[]);
    for invariant in LAB.invariants().iter().filter(|invariant| invariant.mode == Mode::Sometimes) {
        assert!(reached.contains(invariant.name), "never reached: {}", invariant.name);
    }
}
