//! Rendezvous hashing, also called highest random weight (Thaler and Ravishankar, “Using name-based mappings to increase
//! hit rates”, IEEE/ACM ToN 1998).
//!
//! Every node draws a weight for every key; the highest keeps it. No table and no points: whoever knows the nodes knows the
//! answer. When a node goes, exactly its keys go elsewhere, spread over all that are left. It asks every node for every
//! key.

use super::hash::{pair, splitmix};

/// Who of these keeps a key; nobody where there is nobody. Of equal weights the smaller number wins.
pub fn rendezvous(key: u64, nodes: impl IntoIterator<Item = u32>) -> Option<u32> {
    let weighed =
        nodes.into_iter().map(|node| (pair(key, splitmix(u64::from(node))), std::cmp::Reverse(node)));
    weighed.max().map(|(_, node)| node.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_leaves_exactly_its_keys_to_all_others() {
        let mut taken = [0u32; 10];
        for key in 0..50_000 {
            let before = rendezvous(key, 0..10);
            let after = rendezvous(key, (0..10).filter(|node| *node != 3));
            if before == Some(3) {
                taken[after.unwrap() as usize] += 1;
            } else {
                assert_eq!(before, after);
            }
        }
        assert_eq!(taken[3], 0);
        for (node, taken) in taken.iter().enumerate().filter(|(node, _)| *node != 3) {
            // A ninth of a tenth of them: 556, with a deviation of 23.
            assert!((450..660).contains(taken), "{node} took over {taken}");
        }
        assert_eq!(rendezvous(1, []), None);
    }

    #[test]
    fn load_is_binomial() {
        let mut load = [0.0f64; 50];
        (0..100_000).for_each(|key| load[rendezvous(key, 0..50).unwrap() as usize] += 1.0);
        let mean = 2_000.0;
        let deviation = (load.iter().map(|l| (l - mean) * (l - mean)).sum::<f64>() / 50.0).sqrt() / mean;
        let law = (49.0f64 / 100_000.0).sqrt();
        assert!((0.7..1.3).contains(&(deviation / law)), "{deviation}, not {law}");
    }
}
