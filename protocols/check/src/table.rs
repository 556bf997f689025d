//! A hash index whose order nobody can observe.
//!
//! It maps hashes to numbers of a list that its owner keeps, finds and inserts, and offers no iteration: so no
//! order leaks, and the hash function (fixed, unkeyed, the same on every platform for the same bytes) decides
//! speed alone, never a result.

use std::hash::{Hash, Hasher};

const EMPTY: u32 = u32::MAX;

/// Open addressing over `u32` numbers; the keys live with the owner.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    slots: Vec<u32>,
    filled: u32,
}

impl Index {
    /// The number stored under `hash` for which `same` holds.
    pub(crate) fn find(&self, hash: u64, same: impl Fn(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            match self.slots[place] {
                EMPTY => return None,
                number if same(number) => return Some(number),
                _ => place = (place + 1) & mask,
            }
        }
    }

    /// Adds `number`, which must not be there yet. `hash_of` gives the hash of a number stored earlier.
    pub(crate) fn insert(&mut self, hash: u64, number: u32, hash_of: impl Fn(u32) -> u64) {
        if (self.filled as usize + 1) * 2 > self.slots.len() {
            let size = (self.slots.len() * 2).max(16);
            let old = std::mem::replace(&mut self.slots, vec![EMPTY; size]);
            for earlier in old.into_iter().filter(|number| *number != EMPTY) {
                self.place(hash_of(earlier), earlier);
            }
        }
        self.place(hash, number);
        self.filled += 1;
    }

    fn place(&mut self, hash: u64, number: u32) {
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        while self.slots[place] != EMPTY {
            place = (place + 1) & mask;
        }
        self.slots[place] = number;
    }
}

/// The hash of anything hashable, by [`Mixer`].
pub(crate) fn hash_of<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut mixer = Mixer(0);
    value.hash(&mut mixer);
    mixer.finish()
}

/// A fast hash without a key: multiply and fold, eight bytes at a time.
struct Mixer(u64);

impl Mixer {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        let folded = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        folded ^ (folded >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.mix(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    fn write_i64(&mut self, number: i64) {
        self.mix(number as u64);
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.mix(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_inserted_and_nothing_else() {
        let keys: Vec<u64> = (0..1000).map(|n| n * n).collect();
        let mut index = Index::default();
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(index.find(hash_of(key), |at| keys[at as usize] == *key), None);
            index.insert(hash_of(key), number as u32, |at| hash_of(&keys[at as usize]));
        }
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(index.find(hash_of(key), |at| keys[at as usize] == *key), Some(number as u32));
        }
        assert_eq!(index.find(hash_of(&3_u64), |at| keys[at as usize] == 3), None);
    }
}
