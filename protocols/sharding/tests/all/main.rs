//! The lab under test: swept, at its limits, by scripts.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;
mod index;
mod limits;
mod scripts;
mod sweeps;
