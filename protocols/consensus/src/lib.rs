//! Protocols of consensus: machines that agree on one log, whatever happens to a minority of them.
//!
//! Knows: the kernel (`sim`).
//! Never knows: a checker, another family, a screen.

pub mod pbft;
pub mod raft;
