//! Lessons, from outside. One program, for each costs seconds to link; a file that is not named here is not run, and a test of the
//! workspace says so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "../../protocols/sim/tests/support/fuzz.rs"]
mod random;

mod fuzz;
mod lessons;
