//! Sagas under every fault they claim to stand: with no pothole nothing breaks and every `sometimes` is reached; with
//! each pothole alone something that it is said to break does.

mod common;

use common::{found, sound};
use sim::Lab;
use sim::lab::Mode;
use transactions::saga::LAB;

#[test]
fn nothing_breaks_and_every_sometimes_is_reached() {
    let reached = sound(&LAB, 2000, &[]);
    for invariant in LAB.invariants().iter().filter(|invariant| invariant.mode == Mode::Sometimes) {
        assert!(reached.contains(invariant.name), "never reached: {}", invariant.name);
    }
}

#[test]
fn nothing_breaks_where_orders_are_often_cancelled() {
    sound(&LAB, 1000, &["patience=90ms", "resend=40ms", "seats=1000", "opening=1000", "clients=5"]);
}

#[test]
fn every_pothole_is_found() {
    for pothole in LAB.potholes() {
        let (seed, broken) = found(&LAB, pothole.id, 2_000);
        println!("{} {seed} {broken:?}", pothole.set);
    }
}
