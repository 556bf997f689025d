//! Raft under every fault it claims to stand: with no pothole nothing breaks and every `sometimes` is reached; with each
//! pothole alone something that it is said to break does.
#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use crate::common;

use check::Verdict;
use common::{Played, play, setup, verdict};
use consensus::raft::LAB;
use sim::chaos::Level;
use sim::lab::Mode;
use sim::story::Outcome;
use sim::trace::Recorder;
use sim::{Lab, Moment, Span, Time, Trace};
use std::collections::BTreeSet;

const END: Time = Time::millis(30_000);

/// Whether after the last heal an operation waited for the claimed span with nobody being answered.
fn stalled(played: &Played, set: &[&str]) -> bool {
    let claims = LAB.claims(&common::parameters(&LAB, set));
    let within = claims.iter().find_map(|claim| claim.within).unwrap();
    let heal = Time(END.0 / 10 * 8);
    let answered = played.trace.story.operations.iter().filter(|o| o.outcome == Outcome::Ok);
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
    if stalled(played, set) {
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
        let played = play(&LAB, setup(&LAB, seed, Level::High, END, set, &[]));
        assert_eq!(
            broken(&played, set),
            Vec::<String>::new(),
            "seed {seed} with {set:?}: {:?}",
            played.broken()
        );
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
fn nothing_breaks_with_leases_and_checked_quorums() {
    sound(0..120, &["reads=lease", "check_quorum=on"]);
}

#[test]
fn nothing_breaks_without_pre_vote_where_members_come_and_go() {
    sound(0..60, &["prevote=off", "sticky=off", "spares=2", "keys=3", "clients=4"]);
    sound(0..60, &["nodes=3", "spares=2", "churn=200ms", "snapshot_every=5"]);
}

#[test]
fn entries_that_travel_slowly_are_safe_too() {
    sound(0..80, &["eager=off", "batch=1", "churn=300ms"]);
}

#[test]
fn nothing_breaks_where_candidates_ask_while_they_write() {
    sound(0..80, &["parallel_votes=on"]);
    sound(0..80, &["parallel_votes=on", "prevote=off", "sync_min=1ms", "sync_max=40ms"]);
}

/// The first seed, of so many, at which a pothole breaks one of the things it is said to break.
fn found(pothole: &str, seeds: u64) -> u64 {
    let pothole = LAB.potholes().iter().find(|known| known.id == pothole).unwrap();
    for seed in 0..seeds {
        let played = play(&LAB, setup(&LAB, seed, Level::High, END, &[pothole.set], &[]));
        scan_agrees(seed, &played);
        let broken = broken(&played, &[pothole.set]);
        if broken.iter().any(|name| name != "progress" && pothole.breaks.contains(&&**name)) {
            return seed;
        }
    }
    panic!("{} broke nothing in {seeds} seeds", pothole.set);
}

#[test]
fn ack_before_majority_is_found() {
    found("ack_before_majority", 2000);
}

#[test]
fn vote_not_persisted_is_found() {
    found("vote_not_persisted", 2000);
}

#[test]
fn ack_before_fsync_is_found() {
    found("ack_before_fsync", 2000);
}

#[test]
fn commit_old_terms_is_found() {
    found("commit_old_terms", 2000);
}

#[test]
fn read_without_asking_is_found() {
    found("read_without_asking", 2000);
}

#[test]
fn lease_under_drift_is_found() {
    found("lease_under_drift", 2000);
}

#[test]
fn no_sessions_is_found() {
    found("no_sessions", 2000);
}

#[test]
fn unfixed_membership_is_found() {
    found("unfixed_membership", 2000);
}

#[test]
fn prefix_truncates_is_found() {
    found("prefix_truncates", 2000);
}

/// Looked at forty times a second, a run with a pothole in shows nothing broken that the monitor has not reported.
#[test]
fn the_monitor_sees_what_a_scan_sees_all_along() {
    for pothole in LAB.potholes() {
        for seed in 0..25 {
            let mut running = LAB.start(setup(&LAB, seed, Level::High, END, &[pothole.set], &[]));
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

/// Raft stands no liar. Under lies of every kind promises break, and no run comes to an end before its time.
#[test]
fn lies_break_what_was_promised_and_no_run() {
    for lie in LAB.lies() {
        let mut broken_by = BTreeSet::new();
        for seed in 0..12 {
            let command = format!("1s lie n{} {lie} for 15s", seed % 5 + 1);
            let played = play(&LAB, setup(&LAB, seed, Level::Medium, END, &[], &[&command]));
            broken_by.extend(broken(&played, &[]));
        }
        match *lie {
            "equivocate" | "swap" => {
                for name in ["linearizable", "all apply the same entry at an index"] {
                    assert!(broken_by.contains(name), "{lie}: {broken_by:?}");
                }
            }
            "vote-twice" => {
                assert!(broken_by.contains("at most one vote a term"), "{lie}: {broken_by:?}");
            }
            _ => {}
        }
    }
}

/// The same run twice, once in one go and once in slices with forks in between: the same at every step.
#[test]
fn runs_are_the_same_twice() {
    for seed in 0..6 {
        let make = || LAB.start(setup(&LAB, seed, Level::High, END, &["spares=1"], &[]));
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
