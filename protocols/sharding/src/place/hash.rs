//! The hashes that places are made of: fixed, written down, the same everywhere.

use sim::random::finish;

/// The `number`-th output of SplitMix64 seeded with 0, from 0 (Steele, Lea and Flood 2014): a good hash of a small number.
pub const fn splitmix(number: u64) -> u64 {
    finish(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// A hash of two numbers, as of a key and a node.
#[inline]
pub const fn pair(first: u64, second: u64) -> u64 {
    finish(splitmix(first) ^ second.wrapping_add(1).wrapping_mul(0xd6e8_feb8_6659_fd93))
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0100_0000_01b3;

/// FNV-1a with 64 bits (Fowler, Noll and Vo): for names.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(FNV_OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_as_published() {
        let first: Vec<u64> = (0..4).map(splitmix).collect();
        let published =
            [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f, 0xf88b_b8a8_724c_81ec];
        assert_eq!(first, published);
        for (name, hash) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
            ("hello", 0xa430_d846_80aa_bd0b),
        ] {
            assert_eq!(fnv1a(name.as_bytes()), hash, "{name}");
        }
    }

    #[test]
    fn a_pair_is_not_its_mirror() {
        assert_ne!(pair(1, 2), pair(2, 1));
        assert_ne!(pair(0, 0), pair(0, 1));
    }
}
