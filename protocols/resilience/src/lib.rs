//! Services that call services over a network that fails, and what keeps a short trouble short.
//!
//! [`calls`] is a shop: devices ask a front, the front asks services, services keep what they have read from a store.
//!
//! Knows: the kernel (`sim`).
//! Never knows: a checker, another family, a screen.

pub mod calls;
