//! Too much for one machine: what is cut into shards, who keeps which, and how that changes while it is in use.
//!
//! [`place`] has seven ways to say which node keeps a key, as pure functions; [`store`] is a store that runs on any of
//! them, with a map of its shards, moves and splits; [`index`], two outages of an index that everybody needs.
//!
//! Knows: the kernel (`sim`).
//! Never knows: a checker, another family, a screen.

pub mod index;
pub mod place;
pub mod store;
