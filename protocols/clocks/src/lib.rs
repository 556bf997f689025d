//! Protocols of time: what clocks can say about the order of things, and what they cannot.
//!
//! [`board`] puts five clocks side by side on the same messages: wall clocks kept by [`sync`], logical clocks
//! ([`logical`]: Lamport's, vectors, hybrid ones) and intervals of doubt ([`truetime`]). [`snapshot`] asks what a system
//! holds now, where there is no now.
//!
//! Knows: the kernel (`sim`).
//! Never knows: a checker, another family, a screen; true time, except where a monitor compares.

pub mod board;
pub mod logical;
pub mod snapshot;
pub mod sync;
pub mod truetime;
