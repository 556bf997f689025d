//! Sagas under every fault they claim to stand: with no pothole nothing breaks and every `sometimes` is reached; with
//! each pothole alone something that it is said to break does.

use crate::common::{every_sometimes, scan_finds, sound};
use crate::lab_tests;
use transactions::saga::LAB;
use transactions::saga::invariants::names;

lab_tests!(LAB, 6);

#[test]
fn nothing_breaks_and_every_sometimes_is_reached() {
    every_sometimes(&LAB, &sound(&LAB, 300, &[]));
}

#[test]
fn nothing_breaks_where_orders_are_often_cancelled() {
    sound(&LAB, 100, &["patience=90ms", "resend=40ms", "seats=1000", "opening=1000", "clients=5"]);
}

#[test]
fn a_scan_finds_what_is_broken() {
    scan_finds(&LAB, &["no_keys=on"], &[names::ONCE, names::CONSERVATION]);
    scan_finds(&LAB, &["undo_without_key=on"], &[names::ONCE, names::CONSERVATION]);
}
