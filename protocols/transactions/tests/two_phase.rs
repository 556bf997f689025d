//! Two-phase commit under every fault it claims to stand: with no pothole nothing breaks and every `sometimes` is
//! reached; with each pothole alone something that it is said to break does.

use crate::common;

use common::{ends_of_ranges, every_sometimes, found, looked_at_all_along, same_twice, scan_finds, sound};
use sim::Lab;
use transactions::two_phase::LAB;
use transactions::two_phase::invariants::names;

#[test]
fn nothing_breaks_and_every_sometimes_is_reached() {
    every_sometimes(&LAB, &sound(&LAB, 300, &[]));
}

#[test]
fn nothing_breaks_where_all_wait_until_time_is_up() {
    sound(&LAB, 100, &["deadlocks=time-out", "cooperative=off", "coordinators=1"]);
}

#[test]
fn nothing_breaks_where_everybody_wants_the_same() {
    sound(&LAB, 150, &["accounts=2", "shards=2", "clients=5", "think=50ms", "audits=40"]);
}

#[test]
fn every_pothole_is_found_and_breaks_nothing_but_what_it_says() {
    for pothole in LAB.potholes() {
        found(&LAB, pothole, 2_000);
    }
}

#[test]
fn a_scan_finds_what_is_broken() {
    scan_finds(&LAB, &["abort_in_doubt=on"], &[names::ATOMIC, names::CONSERVATION]);
}

/// Looked at forty times a second, a run with a pothole in shows nothing broken that the monitor has not reported.
#[test]
fn the_monitor_sees_what_a_scan_sees_all_along() {
    looked_at_all_along(&LAB, 6);
}

#[test]
fn runs_are_the_same_twice() {
    same_twice(&LAB, &[]);
}

#[test]
fn parameters_at_the_ends_of_their_ranges() {
    ends_of_ranges(&LAB);
}
