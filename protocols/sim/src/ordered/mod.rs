//! Maps and sets in the order of their keys, as sorted vectors.
//!
//! The states of protocols hold dozens of small maps of dozens of types, and all that a B-tree can do is compiled for each
//! type: half a megabyte of a page that has to come over a network. A sorted vector does the same in a fraction of the
//! code, iterates in the same order, and as long as there are at most some hundred keys it is faster, too. Inserting in the
//! middle takes time in proportion to what follows; where keys come in any order by the ten thousand, take `std`'s.
//!
//! Names and behaviour are those of `std::collections::{BTreeMap, BTreeSet}`, of which a property test holds these to be
//! copies; hashing and what is written with `{:?}` and by serde are the same as well.

mod map;
mod set;

pub use map::{Entry, OccupiedEntry, SortedMap, VacantEntry};
pub use set::SortedSet;

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::ops::{Bound, Range, RangeBounds};

/// The places of the items whose keys lie within the bounds.
fn places<T, Q: Ord + ?Sized>(
    items: &[T],
    key: impl Fn(&T) -> &Q,
    bounds: &impl RangeBounds<Q>,
) -> Range<usize> {
    let start = match bounds.start_bound() {
        Bound::Unbounded => 0,
        Bound::Included(low) => items.partition_point(|item| key(item).cmp(low) == Ordering::Less),
        Bound::Excluded(low) => items.partition_point(|item| key(item).cmp(low) != Ordering::Greater),
    };
    let end = match bounds.end_bound() {
        Bound::Unbounded => items.len(),
        Bound::Included(high) => items.partition_point(|item| key(item).cmp(high) != Ordering::Greater),
        Bound::Excluded(high) => items.partition_point(|item| key(item).cmp(high) == Ordering::Less),
    };
    start..end.max(start)
}

/// The key that is looked for, of a key that is kept.
fn asked<K: Borrow<Q>, Q: ?Sized>(key: &K) -> &Q {
    key.borrow()
}
