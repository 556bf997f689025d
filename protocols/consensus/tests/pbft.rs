//! PBFT under every fault it claims to stand: with no pothole nothing breaks and every `sometimes` is reached; with each
//! pothole alone something that it is said to break does.
#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use crate::common;

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

#[test]
fn nothing_breaks_with_reads_at_once() {
    sound(0..80, &["reads=direct", "reads_share=60", "clients=3"]);
}

#[test]
fn nothing_breaks_with_two_liars_among_seven() {
    sound(0..40, &["f=2", "clients=3"]);
}

#[test]
fn nothing_breaks_where_checkpoints_and_windows_are_small() {
    sound(0..60, &["checkpoint_every=1", "window=1", "clients=4", "think=20ms", "keys=3"]);
    sound(0..40, &["checkpoint_every=3", "window=5", "patience=60ms", "status=30ms"]);
}

/// From 24.2 s on everything is mended but one replica, which lies or is down for the rest of the run: no more than f.
#[test]
fn one_that_lies_or_is_down_stops_nobody() {
    let at = Time::millis(24_200);
    for seed in 0..88 {
        let node = seed % 4 + 1;
        let when = Moment::at(at);
        let fault = match LAB.lies().get(usize::try_from(seed / 4 % 11).unwrap()) {
            Some(lie) => format!("{when} lie n{node} {lie}"),
            None => format!("{when} crash n{node}"),
        };
        for set in [&[QUICK][..], &[QUICK, "reads=direct"]] {
            let played = play(&LAB, setup(&LAB, seed, Level::High, END, set, &[&fault]));
            assert_eq!(played.broken(), Vec::new(), "seed {seed}, {fault}");
            assert!(!stalled(&played, set, at), "seed {seed}, {fault}: nobody is answered");
        }
    }
}

/// The first seed, of so many, at which a pothole breaks one of the things it is said to break.
fn found(pothole: &str, seeds: std::ops::Range<u64>) -> u64 {
    let pothole = LAB.potholes().iter().find(|known| known.id == pothole).unwrap();
    let set = [pothole.set, QUICK];
    for seed in seeds.clone() {
        let played = run(seed, &set);
        scan_agrees(seed, &played);
        if broken(&played, &set).iter().any(|name| pothole.breaks.contains(&&**name)) {
            return seed;
        }
    }
    panic!("{} broke nothing in seeds {seeds:?}", pothole.set);
}

#[test]
fn every_pothole_is_found() {
    for pothole in LAB.potholes() {
        found(pothole.id, 0..2000);
    }
}

/// Looked at forty times a second, a run with a pothole in shows nothing broken that the monitor has not reported.
#[test]
fn the_monitor_sees_what_a_scan_sees_all_along() {
    for pothole in LAB.potholes() {
        for seed in 0..8 {
            let set = [pothole.set, QUICK];
            let mut running = LAB.start(setup(&LAB, seed, Level::High, END, &set, &[]));
            let mut trace = Trace::default();
            for look in 1..=END.0 / Span::millis(25).0 {
                let until = Moment::end_of(Time::ZERO + Span::millis(25) * look);
                running.advance(until, u64::MAX, &mut Recorder::into(&mut trace));
                for (name, sentence) in running.scan() {
                    let known = trace.violations.iter().any(|v| LAB.invariants()[v.invariant].name == name);
                    assert!(known, "{} seed {seed}: only the scan saw that {sentence}", pothole.set);
                }
            }
        }
    }
}

/// The same run twice, once in one go and once in slices with forks in between: the same at every step.
#[test]
fn runs_are_the_same_twice() {
    for seed in 0..4 {
        let make = || LAB.start(setup(&LAB, seed, Level::High, Time::millis(10_000), &[], &[]));
        let (mut one, mut two) = (make(), make());
        let mut trace = Trace::default();
        for slice in 1..=20 {
            let until = Moment::end_of(Time::ZERO + Span::millis(500) * slice);
            one.advance(until, u64::MAX, &mut Recorder::into(&mut trace));
            two = two.fork();
            two.advance(until, u64::MAX, &mut Recorder::silent());
            assert_eq!(one.digest(), two.digest(), "seed {seed}, slice {slice}");
            assert_eq!(one.state_digest(), two.state_digest(), "seed {seed}, slice {slice}");
        }
    }
}

/// What sweeps find with tags holds for signatures: a run goes the same way with both, event by event.
#[test]
fn a_run_goes_the_same_way_with_tags_and_with_signatures() {
    let end = Time::millis(8_000);
    for (seed, pothole) in [(0, ""), (1, ""), (2, "weak_quorums=on"), (3, "unsigned_relay=on"), (7, "")] {
        let set =
            |signatures| [signatures, pothole].into_iter().filter(|set| !set.is_empty()).collect::<Vec<_>>();
        let play = |signatures| play(&LAB, setup(&LAB, seed, Level::High, end, &set(signatures), &[]));
        let (real, quick) = (play("signatures=ed25519"), play(QUICK));
        assert_eq!(real.trace.events, quick.trace.events, "seed {seed}");
        assert_eq!(real.trace.facts, quick.trace.facts, "seed {seed}");
        assert_ne!(real.running.digest(), quick.running.digest(), "signatures travel");
    }
}
