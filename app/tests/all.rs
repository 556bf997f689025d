//! The workbench, from outside: its window and its command line. One program, for each costs seconds to link; a file that is not named here is not run, and a test of the
//! workspace says so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "../../protocols/sim/tests/support/fuzz.rs"]
mod random;
#[path = "cli_support/mod.rs"]
mod support;

mod cli;
mod cli_process;
mod cli_random;
mod instruments;
mod saved;
mod window;
