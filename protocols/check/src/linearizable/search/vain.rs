//! Configurations that were given up.

use super::NONE;
use crate::table::{self, Index};

/// A set of small numbers, with a hash that changes along with it.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
    hash: u64,
}

impl Bits {
    /// Puts a number in or takes it out.
    pub(super) fn put(&mut self, number: u32, present: bool) {
        let (word, mask) = ((number / 64) as usize, 1_u64 << (number % 64));
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        let there = self.words[word] & mask != 0;
        if there != present {
            self.words[word] ^= mask;
            self.hash ^= table::hash_of(&(number + 1));
        }
    }

    fn trimmed(&self) -> &[u64] {
        let end = self.words.iter().rposition(|word| *word != 0).map_or(0, |at| at + 1);
        &self.words[..end]
    }

    fn is(&self, words: &[u64]) -> bool {
        self.trimmed() == words
    }

    fn contains(&self, words: &[u64]) -> bool {
        let mine = self.words.iter().chain(std::iter::repeat(&0));
        words.iter().zip(mine).all(|(word, mine)| word & !mine == 0)
    }
}

/// What a configuration is known by, beside its sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// The answer that blocks it.
    pub blocked: u32,
    pub state: u32,
    pub burden: Burden,
}

/// What blocks cost a configuration: the more, the more was passed over. Of one that was given up: the least that
/// makes it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Burden {
    pub idle: u32,
    pub pending: u32,
}

impl Burden {
    pub(super) const NONE: Burden = Burden { idle: 0, pending: 0 };
}

/// How a configuration was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Whatever came before.
    Always,
    /// Because of the blocks before.
    WithBurden,
}

/// One of them.
#[derive(Clone, Debug)]
struct GivenUp {
    key: Key,
    hash: u64,
    /// Its words in the arena: the set, then those of unknown outcome that were used.
    start: u32,
    set: u32,
    used: u32,
    /// How many events were taken up when it was given up, if that counts no longer than until the next one;
    /// `NONE` if it counts for ever.
    stamp: u32,
    /// Another one with the same blocking answer, state and set.
    next: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct InVain {
    all: Vec<GivenUp>,
    words: Vec<u64>,
    by_key: Index,
}

impl InVain {
    fn hash(key: Key, set: &Bits) -> u64 {
        table::hash_of(&(key.blocked, key.state, set.hash))
    }

    fn words(&self, one: &GivenUp) -> (&[u64], &[u64]) {
        let words = &self.words[one.start as usize..];
        (&words[..one.set as usize], &words[one.set as usize..(one.set + one.used) as usize])
    }

    /// The first of those with this blocking answer, state and set.
    fn first(&self, key: Key, set: &Bits) -> Option<u32> {
        let hash = Self::hash(key, set);
        self.by_key.find(hash, |at| {
            let one = &self.all[at as usize];
            let same = one.key.blocked == key.blocked && one.key.state == key.state;
            one.hash == hash && same && set.is(self.words(one).0)
        })
    }

    /// Whether the configuration was given up, or one that had used no other operations of unknown outcome.
    pub(super) fn find(&self, key: Key, set: &Bits, used: &Bits, taken: u32) -> Option<Found> {
        let mut found = None;
        let mut next = self.first(key, set).unwrap_or(NONE);
        while let Some(one) = self.all.get(next as usize) {
            let Burden { idle, pending } = one.key.burden;
            let counts = idle <= key.burden.idle && pending <= key.burden.pending;
            if counts && (one.stamp == NONE || one.stamp == taken) && used.contains(self.words(one).1) {
                if one.key.burden == Burden::NONE {
                    return Some(Found::Always);
                }
                found = Some(Found::WithBurden);
            }
            next = one.next;
        }
        found
    }

    /// Gives a configuration up.
    pub(super) fn add(&mut self, key: Key, set: &Bits, used: &Bits, stamp: u32) {
        let first = self.first(key, set);
        let mut next = first.unwrap_or(NONE);
        while let Some(one) = self.all.get(next as usize) {
            // What counted until now only, and is given up again.
            let again = one.stamp != NONE && used.is(self.words(one).1);
            let following = one.next;
            if again {
                let one = &mut self.all[next as usize];
                (one.stamp, one.key) = (stamp, key);
                return;
            }
            next = following;
        }
        let number = self.all.len() as u32;
        let start = self.words.len() as u32;
        let (set_words, used_words) = (set.trimmed(), used.trimmed());
        self.words.extend_from_slice(set_words);
        self.words.extend_from_slice(used_words);
        let hash = Self::hash(key, set);
        let (set, used) = (set_words.len() as u32, used_words.len() as u32);
        let mut one = GivenUp { key, hash, start, set, used, stamp, next: NONE };
        match first {
            Some(first) => {
                one.next = std::mem::replace(&mut self.all[first as usize].next, number);
                self.all.push(one);
            }
            None => {
                self.all.push(one);
                let Self { all, by_key, .. } = self;
                by_key.insert(hash, number, |at| all[at as usize].hash);
            }
        }
    }
}
