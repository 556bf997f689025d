//! Runs, from outside: playback, text, hunts, figures. One program, for each costs seconds to link; a file that is not named here is not run, and a test of the
//! workspace says so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "../../sim/tests/support/fuzz.rs"]
mod random;
mod support;

mod figures;
mod fuzz;
mod hunt;
mod instruments;
mod playback;
mod text;
mod whole;
