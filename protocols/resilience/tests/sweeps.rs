//! The shop under every fault it claims to stand: with no pothole goodput returns whatever happened, and every `sometimes`
//! is reached; with each pothole alone a trouble that is gone leaves one behind.

use crate::common::{
    END, every_sometimes, found, looked_at_all_along, parameters, play, replay, same_twice, scan_finds,
    setup, sound, spread,
};
use resilience::calls::LAB;
use resilience::calls::invariants::names;
use sim::chaos::Level;
use sim::{Lab, Time};

#[test]
fn nothing_breaks_and_every_sometimes_is_reached() {
    every_sometimes(&LAB, &sound(&LAB, 300, &[]));
}

#[test]
fn nothing_breaks_with_other_defences() {
    for set in [
        &["guard=off"][..],
        &["order=lifo"],
        &["hedge=0s", "attempts=1"],
        &["attempts=10", "hedge=100ms"],
        &["services=3", "devices=30", "keys=10"],
    ] {
        sound(&LAB, 40, set);
    }
}

#[test]
fn every_pothole_is_found_and_breaks_nothing_but_what_it_says() {
    for pothole in LAB.potholes() {
        found(&LAB, pothole, 2_000);
    }
}

/// Not only its own rule: what all of it is for.
#[test]
fn every_pothole_keeps_goodput_away() {
    for pothole in LAB.potholes() {
        let lost = spread(2_000, |seed| {
            let played = play(&LAB, setup(&LAB, seed, Level::High, END, &[pothole.set], &[]));
            played.broken().iter().any(|(name, _)| *name == names::GOODPUT).then_some(seed)
        });
        assert!(lost.is_some(), "{} loses no goodput", pothole.set);
    }
}

/// Else nobody would be told what it breaks.
#[test]
fn no_pothole_takes_a_promise_back() {
    let promised = |set: &[&str]| LAB.claims(&parameters(&LAB, set)).len();
    for pothole in LAB.potholes() {
        assert_eq!(promised(&[pothole.set]), promised(&[]), "{}", pothole.set);
    }
}

#[test]
fn a_scan_finds_what_is_broken() {
    scan_finds(&LAB, &["cold_cache_open=on"], &[names::SINGLE, names::BULKHEAD]);
    scan_finds(&LAB, &["retry_without_budget=on"], &[names::BUDGET]);
}

/// Looked at forty times a second, a run with a pothole in shows nothing broken that the monitor has not reported.
#[test]
fn the_monitor_sees_what_a_scan_sees_all_along() {
    looked_at_all_along(&LAB, 3);
}

#[test]
fn runs_are_the_same_twice() {
    same_twice(&LAB, &[]);
}

/// One at a time and several at once: no panic, no run that cannot go on, nothing broken that is promised.
#[test]
fn parameters_at_the_ends_of_their_ranges() {
    let specs = || LAB.parameters().iter().filter(|parameter| !parameter.pothole);
    let holds = |set: &[&str]| {
        let played = play(&LAB, setup(&LAB, 3, Level::High, Time::millis(6_000), set, &[]));
        assert_eq!(played.broken(), Vec::new(), "{}", replay(&LAB, 3, set));
    };
    for end in specs().flat_map(crate::common::ends) {
        holds(&[&end]);
    }
    holds(&["latency_min=0s", "latency_max=0s", "work=0s", "front_work=0s", "store_work=0s", "refusal=0s"]);
    holds(&[
        "queue=1",
        "attempts=10",
        "budget=1000",
        "backoff=1ms",
        "hedge=1ms",
        "deadline=60s",
        "clients=8",
    ]);
    holds(&["services=6", "devices=100", "keys=64", "cached=10ms", "fetches=100"]);
}
