//! The labs from outside, in one program: each costs seconds to link.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

#[path = "../../transactions/tests/common/mod.rs"]
mod common;
#[path = "../../sim/tests/support/script.rs"]
mod script;

mod board;
mod scripts;
mod snapshot;
