//! Protocols of transactions: a bank whose accounts lie on several shards, and two ways to move money between them so
//! that nothing is ever half done.
//!
//! [`two_phase`] holds everything until all agree; nobody sees money on its way, and somebody may have to wait for a
//! coordinator that never comes back. [`saga`] lets go after each step and undoes where it must; nobody waits, and
//! everybody sees what is on its way. Both run on the same [`bank`].
//!
//! Knows: the kernel (`sim`).
//! Never knows: a checker, another family, a screen.

pub mod bank;
pub mod saga;
pub mod two_phase;
