//! Long lists that only grow at their end, as a trace's are: kept in pages that never move, handed out as values.
//!
//! A list that doubles its room holds half again of what it needs, and copies all of it each time; pages do neither. What
//! is kept may be smaller than what is handed out ([`crate::trace::Events`], [`crate::story::Arrows`],
//! [`crate::facts::Facts`]): such lists give their items as values, through [`Iter`] and the methods that [`list!`] writes.

use std::iter::FusedIterator;
use std::ops::{Bound, Range, RangeBounds};

/// Entries of one page.
const PAGE: usize = 1024;

/// A list in pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pages<T> {
    /// Full ones, and the last.
    pages: Vec<Vec<T>>,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self { pages: Vec::new() }
    }
}

impl<T> Pages<T> {
    #[inline]
    pub fn len(&self) -> usize {
        self.pages.last().map_or(0, |last| (self.pages.len() - 1) * PAGE + last.len())
    }

    #[inline]
    pub fn get(&self, at: usize) -> Option<&T> {
        self.pages.get(at / PAGE)?.get(at % PAGE)
    }

    /// The entries from a place on, so many or as many as there are on its page.
    #[inline]
    pub fn stretch(&self, from: usize, most: usize) -> &[T] {
        let page = self.pages.get(from / PAGE).map_or(&[][..], |page| page);
        let start = (from % PAGE).min(page.len());
        &page[start..page.len().min(start + most)]
    }

    #[inline]
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.pages.get_mut(at / PAGE)?.get_mut(at % PAGE)
    }

    #[inline]
    pub fn push(&mut self, entry: T) {
        if self.pages.last().is_none_or(|page| page.len() >= PAGE) {
            self.add_page();
        }
        if let Some(page) = self.pages.last_mut() {
            page.push(entry);
        }
    }

    #[cold]
    fn add_page(&mut self) {
        // The first page grows as it must: most lists of a short run are short.
        let room = if self.pages.is_empty() { 0 } else { PAGE };
        self.pages.push(Vec::with_capacity(room));
    }

    /// Keeps the first `len` entries.
    pub fn truncate(&mut self, len: usize) {
        self.pages.truncate(len.div_ceil(PAGE));
        if let Some(full) = self.pages.len().checked_sub(1) {
            self.pages[full].truncate(len - full * PAGE);
        }
    }

    /// Bytes held.
    pub fn weight(&self) -> u64 {
        self.pages.iter().map(|page| (page.capacity() * size_of::<T>()) as u64).sum()
    }
}

/// A list that gives out values.
pub trait List {
    /// What it gives out.
    type Item<'a>
    where
        Self: 'a;
    /// How many there are.
    fn count(&self) -> usize;
    /// The one at a place, which must be below [`List::count`].
    fn at(&self, place: usize) -> Self::Item<'_>;
}

impl<T: Copy> List for Pages<T> {
    type Item<'a>
        = T
    where
        T: 'a;

    #[inline]
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn at(&self, place: usize) -> T {
        self.pages[place / PAGE][place % PAGE]
    }
}

/// A stretch of such a list, from either end. Skipping costs nothing.
#[derive(Debug)]
pub struct Iter<'a, L> {
    list: &'a L,
    places: Range<usize>,
}

impl<L> Clone for Iter<'_, L> {
    fn clone(&self) -> Self {
        Self { list: self.list, places: self.places.clone() }
    }
}

impl<'a, L: List> Iter<'a, L> {
    /// The places of a range, as far as the list has them.
    pub(crate) fn over(list: &'a L, range: impl RangeBounds<usize>) -> Self {
        let count = list.count();
        let start = match range.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(last) => last.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => count,
        };
        let end = end.min(count);
        Self { list, places: start.min(end)..end }
    }
}

impl<'a, L: List> Iterator for Iter<'a, L> {
    type Item = L::Item<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.places.next().map(|place| self.list.at(place))
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.places.nth(n).map(|place| self.list.at(place))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl<L: List> DoubleEndedIterator for Iter<'_, L> {
    #[inline]
    fn next_back(&mut self) -> Option<Self::Item> {
        self.places.next_back().map(|place| self.list.at(place))
    }

    #[inline]
    fn nth_back(&mut self, n: usize) -> Option<Self::Item> {
        self.places.nth_back(n).map(|place| self.list.at(place))
    }
}

impl<L: List> ExactSizeIterator for Iter<'_, L> {}
impl<L: List> FusedIterator for Iter<'_, L> {}

/// The first place of a list, each of whose earlier items fits and none of whose later ones does.
pub(crate) fn partition_point<'a, L: List>(list: &'a L, mut fits: impl FnMut(L::Item<'a>) -> bool) -> usize {
    let (mut low, mut high) = (0, list.count());
    while low < high {
        let middle = low + (high - low) / 2;
        if fits(list.at(middle)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// What reads like a slice on a [`List`].
macro_rules! list {
    ($list:ty, $item:ty) => {
        impl $list {
            /// How many there are.
            pub fn len(&self) -> usize {
                $crate::pages::List::count(self)
            }

            /// Whether there are none.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// The one at a place, where there is one.
            pub fn get(&self, place: usize) -> Option<$item> {
                (place < self.len()).then(|| $crate::pages::List::at(self, place))
            }

            /// The first.
            pub fn first(&self) -> Option<$item> {
                self.get(0)
            }

            /// The last.
            pub fn last(&self) -> Option<$item> {
                self.get(self.len().checked_sub(1)?)
            }

            /// All of them, in order.
            pub fn iter(&self) -> $crate::pages::Iter<'_, Self> {
                self.range(..)
            }

            /// Those at these places, as far as there are any.
            pub fn range(&self, places: impl std::ops::RangeBounds<usize>) -> $crate::pages::Iter<'_, Self> {
                $crate::pages::Iter::over(self, places)
            }

            /// By bisection, the place of the first that does not fit, where all that do come before all that do not.
            pub fn partition_point(&self, fits: impl FnMut($item) -> bool) -> usize {
                $crate::pages::partition_point(self, fits)
            }
        }

        impl<'a> IntoIterator for &'a $list {
            type Item = <$list as $crate::pages::List>::Item<'a>;
            type IntoIter = $crate::pages::Iter<'a, $list>;
            fn into_iter(self) -> Self::IntoIter {
                self.iter()
            }
        }
    };
}
pub(crate) use list;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_vector(steps in prop::collection::vec((any::<bool>(), 0usize..3000), 0..12)) {
            let mut model: Vec<u32> = Vec::new();
            let mut pages: Pages<u32> = Pages::default();
            for (grow, n) in steps {
                if grow {
                    for i in 0..n as u32 {
                        model.push(i);
                        pages.push(i);
                    }
                } else {
                    model.truncate(n);
                    pages.truncate(n);
                }
                prop_assert_eq!(pages.len(), model.len());
                prop_assert_eq!(pages.get(n), model.get(n));
                if let (Some(a), Some(b)) = (pages.get_mut(n / 2), model.get_mut(n / 2)) {
                    (*a, *b) = (9, 9);
                }
                let all = Iter::over(&pages, ..);
                prop_assert_eq!(all.len(), model.len());
                prop_assert!(all.clone().eq(model.iter().copied()));
                prop_assert!(all.rev().eq(model.iter().rev().copied()));
                let some = Iter::over(&pages, n / 3..n / 2);
                prop_assert!(some.eq(model.iter().copied().take(n / 2).skip(n / 3)));
                let half = model.len() / 2;
                let bound = model.get(half).copied().unwrap_or(0);
                model.sort_unstable();
                pages.truncate(0);
                model.iter().for_each(|n| pages.push(*n));
                let below = |n: u32| n < bound;
                prop_assert_eq!(partition_point(&pages, below), model.partition_point(|n| below(*n)));
            }
        }
    }
}
