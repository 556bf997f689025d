//! Two-phase commit under every fault it claims to stand: with no pothole nothing breaks and every `sometimes` is
//! reached; with each pothole alone something that it is said to break does.

mod common;

use common::{found, sound};
use sim::Lab;
use sim::lab::Mode;
use transactions::two_phase::LAB;

#[test]
fn nothing_breaks_and_every_sometimes_is_reached() {
    let reached = sound(&LAB, 2000, &[]);
    for invariant in LAB.invariants().iter().filter(|invariant| invariant.mode == Mode::Sometimes) {
        assert!(reached.contains(invariant.name), "never reached: {}", invariant.name);
    }
}

#[test]
fn nothing_breaks_where_all_wait_until_time_is_up() {
    sound(&LAB, 1000, &["deadlocks=time-out", "cooperative=off", "coordinators=1"]);
}

#[test]
fn nothing_breaks_where_everybody_wants_the_same() {
    sound(&LAB, 1000, &["accounts=2", "shards=2", "clients=5", "think=50ms", "audits=40"]);
}

#[test]
fn every_pothole_is_found() {
    for pothole in LAB.potholes() {
        let (seed, broken) = found(&LAB, pothole.id, 2_000);
        println!("{} {seed} {broken:?}", pothole.set);
    }
}
