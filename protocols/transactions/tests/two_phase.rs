//! Two-phase commit under every fault it claims to stand: with no pothole nothing breaks and every `sometimes` is
//! reached; with each pothole alone something that it is said to break does.

use crate::common::{every_sometimes, scan_finds, sound};
use crate::lab_tests;
use transactions::two_phase::LAB;
use transactions::two_phase::invariants::names;

lab_tests!(LAB, 6);

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
fn a_scan_finds_what_is_broken() {
    scan_finds(&LAB, &["abort_in_doubt=on"], &[names::ATOMIC, names::CONSERVATION]);
}
