//! Jump consistent hash (Lamping and Veach, “A Fast, Minimal Memory, Consistent Hash Algorithm”, 2014).
//!
//! No table: as buckets are added one by one, a key jumps to the newest with just the right chance. Instead of asking at
//! each bucket whether it jumps, the function draws directly where the next jump goes, about ln n times in all. It is
//! spread as evenly as can be, and buckets have numbers, no names: only the last one can be taken away.

/// The bucket of a key, among `buckets` of them, numbered from 0; 0 where there are none.
///
/// In floats as the paper has it: one division and one product, exact to the last bit on every machine.
pub fn jump(mut key: u64, buckets: u32) -> u32 {
    let (mut bucket, mut next) = (0i64, 0i64);
    while next < i64::from(buckets) {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        let divisor = ((key >> 33) + 1) as f64;
        next = ((bucket + 1) as f64 * ((1u64 << 31) as f64 / divisor)) as i64;
    }
    u32::try_from(bucket).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::hash::fnv1a;
    use super::*;
    use sim::random::finish;

    #[test]
    fn buckets_are_as_published() {
        // From the test suites of the Go and Python packages named jump-consistent-hash, and more by the same algorithm.
        for (key, buckets, bucket) in [
            (1, 1, 0),
            (42, 57, 43),
            (0xDEAD_10CC, 1, 0),
            (0xDEAD_10CC, 666, 361),
            (256, 1024, 520),
            (0, 10, 0),
            (1, 10, 6),
            (2, 10, 6),
            (10, 1_000_000, 32_509),
            (5, 1024, 231),
            (0xDEAD_BEEF, 100, 87),
            (u64::MAX, 1024, 313),
        ] {
            assert_eq!(jump(key, buckets), bucket, "{key} in {buckets}");
        }
        let first: Vec<u32> = (0..16).map(|key| jump(key, 8)).collect();
        assert_eq!(first, [0, 6, 6, 3, 1, 4, 5, 0, 4, 7, 7, 5, 1, 0, 5, 7]);
        assert_eq!(jump(fnv1a("中国".as_bytes()), 10), 5);
        assert_eq!(jump(7, 0), 0);
    }

    #[test]
    fn keys_move_to_the_new_bucket_alone_and_no_more_than_must() {
        for (before, after, percent) in
            [(9, 10, 10.019), (10, 11, 9.105), (10, 12, 16.698), (99, 100, 1.0145)]
        {
            let mut moved = 0;
            // SplitMix64's first output for each of so many seeds.
            for key in (0..200_000u64).map(|seed| finish(seed.wrapping_add(0x9e37_79b9_7f4a_7c15))) {
                let (old, new) = (jump(key, before), jump(key, after));
                if old != new {
                    moved += 1;
                    assert!(new >= before, "{key} moved from {old} to {new}, which was there before");
                }
            }
            let share = f64::from(moved) / 2_000.0;
            assert!((share - percent).abs() < 0.001, "{before} to {after}: {share} %, not {percent} %");
        }
    }
}
