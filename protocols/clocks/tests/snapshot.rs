//! Snapshots under every fault they claim to stand: with no pothole nothing breaks and every `sometimes` is reached; with
//! each pothole alone something that it is said to break does.

use crate::common::{every_sometimes, scan_finds, sound};
use crate::lab_tests;
use clocks::snapshot::LAB;
use clocks::snapshot::invariants::names;

lab_tests!(LAB, 3);

#[test]
fn nothing_breaks_and_every_sometimes_is_reached() {
    every_sometimes(&LAB, &sound(&LAB, 200, &[]));
}

#[test]
fn nothing_breaks_where_snapshots_meet() {
    sound(&LAB, 40, &["snapshots=50", "nodes=6", "think=30ms"]);
}

#[test]
fn a_scan_finds_what_is_broken() {
    scan_finds(&LAB, &["just_ask=on"], &[names::CONSERVATION]);
}
