//! Five clocks under every fault they claim to stand: with no pothole nothing breaks and every `sometimes` is reached; with
//! each pothole alone something that it is said to break does.

use crate::common::{every_sometimes, scan_finds, sound};
use crate::lab_tests;
use clocks::board::LAB;
use clocks::board::invariants::names;

lab_tests!(LAB, 3);

#[test]
fn nothing_breaks_and_every_sometimes_is_reached() {
    every_sometimes(&LAB, &sound(&LAB, 300, &[]));
}

#[test]
fn nothing_breaks_where_the_board_is_sorted_otherwise() {
    sound(&LAB, 60, &["order=lamport", "adjust=step"]);
    sound(&LAB, 60, &["order=commit", "clients=8", "think=50ms"]);
}

#[test]
fn a_scan_finds_what_is_broken() {
    scan_finds(&LAB, &["order_by_wall=on"], &[names::CAUSAL]);
    scan_finds(&LAB, &["set_back=on"], &[names::NEVER_BACK]);
}
