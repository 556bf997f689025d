//! Dynamo, from outside: scripts, sweeps, limits, figures. One program, for each costs seconds to link; a file that is not named here is not run, and a test of the
//! workspace says so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

mod common;
#[path = "../../sim/tests/support/script.rs"]
mod script;

mod figures;
mod limits;
mod scripts;
mod sweeps;
