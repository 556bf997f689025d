//! Keyed randomness: a draw is a hash of who draws, for what, and when; there is no generator whose position could
//! shift. A change of one event therefore leaves the draws of all others as they were.

use serde::{Deserialize, Serialize};

/// Mixes one word into a hash: multiply to 128 bits, fold the halves.
#[inline]
pub const fn mix(hash: u64, word: u64) -> u64 {
    let product = (hash ^ word ^ 0x9e37_79b9_7f4a_7c15) as u128 * 0xd6e8_feb8_6659_fd93_u128;
    let folded = (product as u64) ^ ((product >> 64) as u64);
    folded ^ (hash.rotate_left(23).wrapping_add(word))
}

/// Finishes a hash so that every bit depends on every bit (the finaliser of SplitMix64).
#[inline]
pub const fn finish(mut hash: u64) -> u64 {
    hash ^= hash >> 30;
    hash = hash.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash ^= hash >> 27;
    hash = hash.wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// What a draw is for. Two purposes never share a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// A handler asked.
    Handler = 1,
    /// Latency of a message.
    Latency,
    /// Whether a message is lost.
    Loss,
    /// Whether it arrives twice.
    Duplicate,
    /// The latency of the second copy.
    SecondLatency,
    /// Whether and how far it is held up.
    Reorder,
    /// How long a sync takes.
    Sync,
    /// How much survives a crash.
    Crash,
    /// How a message is bent.
    Bend,
    /// The mix of faults of a run.
    Chaos,
    /// A clock's first error.
    Clock,
    /// A workload's choice.
    Workload,
}

/// Tells the keys of another future from all first ones.
const REDRAWN: u64 = 0x7265_6472_6177;

impl Purpose {
    const COUNT: usize = Purpose::Workload as usize;
}

/// The first two parts of every key of one run: what its draws have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys([u64; Purpose::COUNT]);

impl Keys {
    pub fn new(seed: u64) -> Self {
        let mut keys = [0; Purpose::COUNT];
        for (key, purpose) in keys.iter_mut().zip(1..) {
            *key = mix(mix(0, seed), purpose);
        }
        Self(keys)
    }

    /// Those of another future: every draw that is still to be made is another.
    pub fn redrawn(mut self, number: u32) -> Self {
        for key in &mut self.0 {
            *key = mix(mix(*key, REDRAWN), number.into());
        }
        self
    }

    /// The same as [`Draw::new`].
    #[inline]
    pub fn draw(&self, purpose: Purpose, who: u64, time: u64, ordinal: u64) -> Draw {
        let key = self.0[purpose as usize - 1];
        Draw { key: mix(mix(mix(key, who), time), ordinal), ordinal: 0 }
    }
}

/// A source of numbers with one key. Each number drawn from it depends on the key and its ordinal alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draw {
    key: u64,
    ordinal: u64,
}

impl Draw {
    /// The source for (seed, purpose, who or which link, virtual time, ordinal in that instant).
    pub fn new(seed: u64, purpose: Purpose, who: u64, time: u64, ordinal: u64) -> Self {
        let key = mix(mix(mix(mix(mix(0, seed), purpose as u64), who), time), ordinal);
        Self { key, ordinal: 0 }
    }

    /// 64 random bits.
    #[inline]
    pub fn word(&mut self) -> u64 {
        self.ordinal += 1;
        finish(mix(self.key, self.ordinal))
    }

    /// A number below `bound`; 0 where that is 0. Bounds are computed here (multiply and shift), so that no library's
    /// change can change a run.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.word()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to below `high`; `low` where that is empty.
    #[inline]
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low))
    }

    /// True in so many of 10,000 cases.
    #[inline]
    pub fn chance(&mut self, basis_points: u32) -> bool {
        basis_points > 0 && self.below(10_000) < u64::from(basis_points)
    }

    /// A number in (0, 1], with 53 bits.
    pub fn unit(&mut self) -> f64 {
        ((self.word() >> 11) + 1) as f64 / 9_007_199_254_740_992.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_depend_on_every_part_of_the_key() {
        let first = |a, b, c, d| Draw::new(a, Purpose::Latency, b, c, d).word();
        let base = first(1, 2, 3, 4);
        assert_eq!(base, first(1, 2, 3, 4));
        let keys = Keys::new(1);
        assert_eq!(base, keys.draw(Purpose::Latency, 2, 3, 4).word());
        assert_eq!(keys.draw(Purpose::Workload, 2, 3, 4), Draw::new(1, Purpose::Workload, 2, 3, 4));
        for other in [first(2, 2, 3, 4), first(1, 3, 3, 4), first(1, 2, 4, 4), first(1, 2, 3, 5)] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn draws_are_even() {
        let mut counts = [0u32; 10];
        for time in 0..10_000 {
            counts[Draw::new(7, Purpose::Loss, 1, time, 0).below(10) as usize] += 1;
        }
        for count in counts {
            assert!((850..1150).contains(&count), "{counts:?}");
        }
        let mut draw = Draw::new(7, Purpose::Loss, 1, 0, 0);
        let mean = (0..10_000).map(|_| draw.unit()).sum::<f64>() / 10_000.0;
        assert!((0.48..0.52).contains(&mean), "{mean}");
    }
}
