//! Snapshots under every fault they claim to stand: with no pothole nothing breaks and every `sometimes` is reached; with
//! each pothole alone something that it is said to break does.

use crate::common::{
    ends_of_ranges, every_sometimes, found, looked_at_all_along, same_twice, scan_finds, sound,
};
use clocks::snapshot::LAB;
use clocks::snapshot::invariants::names;
use sim::Lab;

#[test]
fn nothing_breaks_and_every_sometimes_is_reached() {
    every_sometimes(&LAB, &sound(&LAB, 200, &[]));
}

#[test]
fn nothing_breaks_where_snapshots_meet() {
    sound(&LAB, 40, &["snapshots=50", "nodes=6", "think=30ms"]);
}

#[test]
fn every_pothole_is_found_and_breaks_nothing_but_what_it_says() {
    for pothole in LAB.potholes() {
        found(&LAB, pothole, 2_000);
    }
}

#[test]
fn a_scan_finds_what_is_broken() {
    scan_finds(&LAB, &["just_ask=on"], &[names::CONSERVATION]);
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

#[test]
fn parameters_at_the_ends_of_their_ranges() {
    ends_of_ranges(&LAB);
}
