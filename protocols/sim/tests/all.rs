//! The kernel, from outside. One program, for each costs seconds to link; a file that is not named here is not run, and a test of the
//! workspace says so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "support/fuzz.rs"]
mod random;
mod support;

mod chaos;
mod commands;
#[path = "faults/main.rs"]
mod faults;
mod fuzz;
mod ordered;
#[path = "sketches/main.rs"]
mod sketches;
