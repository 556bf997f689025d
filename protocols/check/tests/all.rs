//! The judge, from outside: files, verdicts, oracles. One program, for each costs seconds to link; a file that is not named here is not run, and a test of the
//! workspace says so.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what fails here fails the test")]

mod common;
mod consistency;
mod isolation;

mod claims;
mod elle;
mod files;
mod isolation_oracle;
mod isolation_samples;
mod malformed;
mod oracle;
mod search;
mod stories;
mod unfold;
mod verdicts;
mod writing;
