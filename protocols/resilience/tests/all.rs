//! The shop from outside: sweeps, and stories of single runs. One program, for each costs seconds to link.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "../../transactions/tests/common/mod.rs"]
mod common;

mod stories;
mod sweeps;
