//! Dynamo under every fault it claims to stand: with no pothole nothing breaks and every `sometimes` is reached; with each
//! pothole alone something that it is said to break does.
#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use crate::common;

use common::{Played, play, setup};
use replication::dynamo::LAB;
use sim::chaos::Level;
use sim::lab::Mode;
use sim::trace::Recorder;
use sim::{Lab, Moment, Span, Time, Trace};
use std::collections::BTreeSet;

const END: Time = Time::millis(30_000);

/// What broke: invariants, and progress.
fn broken(played: &Played, set: &[&str]) -> Vec<String> {
    let mut broken: Vec<String> = played.broken().into_iter().map(|(name, _)| name.to_owned()).collect();
    if played.stalled(set, END) {
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

fn sound(seeds: std::ops::Range<u64>, set: &[&str]) -> BTreeSet<&'static str> {
    let mut reached = BTreeSet::new();
    for seed in seeds {
        let played = play(setup(seed, Level::High, END, set, &[]));
        let replay = format!("potholes run dynamo --seed {seed} --chaos high --set {}", set.join(" --set "));
        assert_eq!(broken(&played, set), Vec::<String>::new(), "{replay}: {:?}", played.broken());
        scan_agrees(seed, &played);
        reached.extend(played.reached());
    }
    reached
}

#[test]
fn nothing_breaks_and_every_sometimes_is_reached() {
    let reached = sound(0..200, &[]);
    for invariant in LAB.invariants().iter().filter(|invariant| invariant.mode == Mode::Sometimes) {
        assert!(reached.contains(invariant.name), "never reached: {}", invariant.name);
    }
}

#[test]
fn a_strict_quorum_reads_what_was_acknowledged_whatever_fails() {
    let reached = sound(0..150, &["quorum=strict"]);
    assert!(!reached.contains("a read misses an acknowledged write"));
    sound(0..60, &["quorum=strict", "n=5", "r=2", "w=4", "nodes=7", "keys=1", "clients=5", "think=80ms"]);
}

#[test]
fn repaired_before_the_answer_reads_do_not_go_back() {
    sound(0..150, &["quorum=strict", "read_repair=before"]);
    sound(
        0..60,
        &["quorum=strict", "read_repair=before", "keys=1", "clients=6", "think=50ms", "sync_max=100ms"],
    );
}

#[test]
fn nothing_breaks_where_right_clocks_decide() {
    sound(0..120, &["conflicts=newest"]);
}

#[test]
fn nothing_breaks_where_members_come_and_go() {
    // With one copy, whoever takes a key over may be giving it back at the same time.
    sound(0..150, &["n=1"]);
    sound(0..60, &["n=2", "r=1", "w=1", "spares=3"]);
    sound(0..40, &["nodes=9", "points=1", "coordinator=asked"]);
}

/// The first seed, of so many, at which a pothole breaks one of the things it is said to break.
fn found(pothole: &str, seeds: u64) -> u64 {
    let pothole = LAB.potholes().iter().find(|known| known.id == pothole).unwrap();
    for seed in 0..seeds {
        let played = play(setup(seed, Level::High, END, &[pothole.set], &[]));
        scan_agrees(seed, &played);
        if played.broken().iter().any(|(name, _)| pothole.breaks.contains(name)) {
            return seed;
        }
    }
    panic!("{} broke nothing in {seeds} seeds", pothole.set);
}

#[test]
fn every_pothole_is_found() {
    for pothole in LAB.potholes() {
        found(pothole.id, 2_000);
    }
}

/// What the mistakes are known for, and not only something.
#[test]
fn potholes_break_what_they_are_known_for() {
    use replication::dynamo::invariants::names;
    let breaks = |set: &str, name: &str| {
        let one = |seed| play(setup(seed, Level::High, END, &[set], &[]));
        let found = (0..300).any(|seed| one(seed).broken().iter().any(|(broken, _)| *broken == name));
        assert!(found, "{set} never broke “{name}”");
    };
    breaks("weak_quorum=on", names::FRESH);
    breaks("fallbacks_count=on", names::FRESH);
    breaks("newest_wins=on", names::SURVIVES);
    breaks("no_repair=on", names::ALIKE);
    breaks("no_tombstones=on", names::GONE);
    breaks("no_dots=on", names::SURVIVES);
    breaks("ack_before_fsync=on", names::SURVIVES);
}

/// Looked at forty times a second, a run with a pothole in shows nothing broken that the monitor has not reported.
#[test]
fn the_monitor_sees_what_a_scan_sees_all_along() {
    for pothole in LAB.potholes() {
        for seed in 0..8 {
            let mut running = LAB.start(setup(seed, Level::High, END, &[pothole.set], &[]));
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
    for seed in 0..6 {
        let make = || LAB.start(setup(seed, Level::High, END, &["spares=1"], &[]));
        let (mut one, mut two) = (make(), make());
        let mut trace = Trace::default();
        for slice in 1..=30 {
            let until = Moment::end_of(Time::ZERO + Span::secs(slice));
            one.advance(until, u64::MAX, &mut Recorder::into(&mut trace));
            two = two.fork();
            two.advance(until, u64::MAX, &mut Recorder::silent());
            assert_eq!(one.digest(), two.digest(), "seed {seed}, second {slice}");
            assert_eq!(one.state_digest(), two.state_digest(), "seed {seed}, second {slice}");
        }
    }
}

/// Everything that three of five nodes need is there: a sloppy quorum goes on without the others.
#[test]
fn a_majority_makes_progress_with_a_sloppy_quorum() {
    let claims = LAB.claims(&common::parameters(&[]));
    let progress = claims.iter().find(|claim| claim.guarantee == "progress").unwrap();
    assert!(progress.partial_heal);
    for (at, down) in ["n1 n2", "n2 n3", "n1 n3", "n4 n5", "n3 n5"].iter().enumerate() {
        let (first, second) = down.split_once(' ').unwrap();
        let crashes = [format!("2s crash {first}"), format!("2s crash {second}")];
        let crashes: Vec<&str> = crashes.iter().map(String::as_str).collect();
        let played = play(setup(at as u64, Level::None, END, &[], &crashes));
        assert_eq!(played.broken(), Vec::new());
        let mut last = Time::millis(2_000);
        let answers = played.trace.story.operations.iter().filter(|o| o.outcome == sim::story::Outcome::Ok);
        let mut times: Vec<Time> = answers.filter_map(|o| o.completed).filter(|at| *at > last).collect();
        times.sort();
        for at in times.into_iter().chain([END]) {
            assert!(
                at.since(last) <= progress.within.unwrap(),
                "{down} down, nobody answered from {last} to {at}"
            );
            last = at;
        }
    }
}
