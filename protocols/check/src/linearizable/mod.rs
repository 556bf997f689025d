//! Linearizability: every operation takes effect at one moment between its invocation and its completion
//! (Herlihy and Wing 1990).
//!
//! - [`zones`]: live and near linear, where each value is written at most once.
//! - [`unfold`]: histories of texts and lists that grow, turned into such.
//! - [`search`]: any model, exponential at worst, in slices.

pub mod search;
pub(crate) mod tree;
pub mod unfold;
pub mod zones;
