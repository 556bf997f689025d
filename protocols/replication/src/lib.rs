//! Protocols of replication: copies of the same keys on several machines, kept alike without agreeing on every step.
//!
//! Knows: the kernel (`sim`).
//! Never knows: a checker, another family, a screen.

pub mod dynamo;
