//! [`Chunks`]: a growing sequence that shares its past with its copies. A copy costs the same whether it holds ten
//! entries or a hundred thousand; pushing and truncating copy at most one chunk (and, after a fork, the spine once).

use serde::{Serialize, Serializer, ser::SerializeSeq};
use std::sync::Arc;

/// Entries of one chunk.
const CHUNK: usize = 64;

/// A persistent vector: push and truncate at the end, read anywhere.
#[derive(Clone, Debug)]
pub struct Chunks<T> {
    /// Full chunks.
    spine: Arc<Vec<Arc<Vec<T>>>>,
    /// The last, not full.
    tail: Arc<Vec<T>>,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { spine: Arc::default(), tail: Arc::default() }
    }
}

impl<T: Clone> Chunks<T> {
    /// Empty.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries.
    pub fn len(&self) -> u64 {
        (self.spine.len() * CHUNK + self.tail.len()) as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tail.is_empty() && self.spine.is_empty()
    }

    /// The entry at a place, from 0.
    pub fn get(&self, at: u64) -> Option<&T> {
        let at = usize::try_from(at).ok()?;
        match self.spine.get(at / CHUNK) {
            Some(chunk) => chunk.get(at % CHUNK),
            None => self.tail.get(at.checked_sub(self.spine.len() * CHUNK)?),
        }
    }

    /// The last entry.
    pub fn last(&self) -> Option<&T> {
        self.tail.last().or_else(|| self.spine.last().and_then(|chunk| chunk.last()))
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: T) {
        let tail = Arc::make_mut(&mut self.tail);
        if tail.capacity() == 0 {
            tail.reserve_exact(CHUNK);
        }
        tail.push(entry);
        if tail.len() == CHUNK {
            let full = std::mem::take(&mut self.tail);
            Arc::make_mut(&mut self.spine).push(full);
        }
    }

    /// Replaces an entry; whether there was one.
    pub fn set(&mut self, at: u64, entry: T) -> bool {
        let Ok(at) = usize::try_from(at) else { return false };
        let full = self.spine.len() * CHUNK;
        let slot = if at < full {
            Arc::make_mut(&mut Arc::make_mut(&mut self.spine)[at / CHUNK]).get_mut(at % CHUNK)
        } else {
            Arc::make_mut(&mut self.tail).get_mut(at - full)
        };
        match slot {
            Some(slot) => {
                *slot = entry;
                true
            }
            None => false,
        }
    }

    /// Keeps the first `len` entries.
    pub fn truncate(&mut self, len: u64) {
        if len >= self.len() {
            return;
        }
        let len = len as usize;
        let full = self.spine.len() * CHUNK;
        if len >= full {
            Arc::make_mut(&mut self.tail).truncate(len - full);
            return;
        }
        let spine = Arc::make_mut(&mut self.spine);
        let mut tail = spine[len / CHUNK].clone();
        spine.truncate(len / CHUNK);
        Arc::make_mut(&mut tail).truncate(len % CHUNK);
        self.tail = tail;
    }

    /// All entries in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.spine.iter().flat_map(|chunk| chunk.iter()).chain(self.tail.iter())
    }

    /// The entries from a place to before another.
    pub fn range(&self, from: u64, to: u64) -> impl DoubleEndedIterator<Item = &T> {
        (from..to.min(self.len()).max(from)).filter_map(|at| self.get(at))
    }
}

impl<T: Clone + PartialEq> PartialEq for Chunks<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<T: Clone + Eq> Eq for Chunks<T> {}

impl<T: Clone> FromIterator<T> for Chunks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let mut chunks = Self::new();
        for entry in entries {
            chunks.push(entry);
        }
        chunks
    }
}

impl<T: Clone + Serialize> Serialize for Chunks<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut seq = serializer.serialize_seq(Some(self.len() as usize))?;
        for entry in self.iter() {
            seq.serialize_element(entry)?;
        }
        seq.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_vector(steps in prop::collection::vec((0u8..4, 0u64..300), 0..400)) {
            let mut model: Vec<u64> = Vec::new();
            let mut chunks: Chunks<u64> = Chunks::new();
            let mut old = chunks.clone();
            let mut old_model = model.clone();
            for (what, n) in steps {
                match what {
                    0 | 1 => for i in 0..n % 40 { model.push(i); chunks.push(i); },
                    2 => { model.truncate(n as usize); chunks.truncate(n); }
                    _ => {
                        prop_assert_eq!(old.iter().copied().collect::<Vec<_>>(), old_model);
                        old = chunks.clone();
                        old_model = model.clone();
                        prop_assert_eq!(chunks.set(n, 7), (n as usize) < model.len());
                        if let Some(slot) = model.get_mut(n as usize) { *slot = 7; }
                    }
                }
                prop_assert_eq!(chunks.len(), model.len() as u64);
                prop_assert_eq!(chunks.get(n), model.get(n as usize));
                prop_assert_eq!(chunks.last(), model.last());
            }
            prop_assert_eq!(chunks.iter().copied().collect::<Vec<_>>(), model);
        }
    }
}
