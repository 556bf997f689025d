//! Consistent hashing with bounded loads (Mirrokni, Thorup and Zadimoghaddam, SODA 2018; arXiv 1608.01350).
//!
//! A ring on which nobody may hold more than c times the average: a ball whose bin is full goes on clockwise to the next
//! bin with room. So no bin is ever above ⌈c·m/n⌉, and for any c above 1 the expected number of balls that move when a bin
//! or ball comes or goes is bounded by c alone. What comes to lie where depends on the order; here balls come by number.

use super::ring::Ring;

/// The most that a bin may hold: ⌈c · balls / bins⌉, with c in percent.
pub fn capacity(balls: u32, bins: u32, percent: u32) -> u32 {
    let most = u64::from(balls) * u64::from(percent.max(100));
    u32::try_from(most.div_ceil(100 * u64::from(bins.max(1)))).unwrap_or(u32::MAX)
}

/// Where each ball comes to lie: its bin, and how many full ones it had to pass. Balls lie at these places on the ring, in
/// this order; with no bins, or too little room, a ball lies in bin 0.
pub fn fill(ring: &Ring, places: &[u64], capacity: u32) -> Vec<(u32, u32)> {
    let bins = ring.points().iter().map(|(_, bin)| *bin + 1).max().unwrap_or(0);
    let mut load = vec![0u32; bins as usize];
    let mut put = |place: &u64| {
        for (passed, bin) in ring.clockwise(*place).enumerate() {
            let load = &mut load[bin as usize];
            if *load < capacity {
                *load += 1;
                return (bin, passed as u32);
            }
        }
        (0, 0)
    };
    places.iter().map(&mut put).collect()
}

#[cfg(test)]
mod tests {
    use super::super::hash::splitmix;
    use super::*;

    #[test]
    fn nobody_holds_more_than_it_may() {
        let places: Vec<u64> = (0..20_000).map(splitmix).collect();
        for percent in [100, 110, 125, 150, 200, 300] {
            let most = capacity(20_000, 200, percent);
            assert_eq!(most, percent);
            let mut load = [0u32; 200];
            let mut passed = 0;
            for (bin, hops) in fill(&Ring::new(0..200, 1), &places, most) {
                load[bin as usize] += 1;
                passed += hops;
            }
            assert!(load.iter().all(|load| *load <= most), "{percent} %");
            assert_eq!(load.iter().sum::<u32>(), 20_000);
            // The more room, the shorter the way.
            assert!(percent > 100 || passed > 20_000);
        }
    }

    #[test]
    fn room_is_rounded_up() {
        assert_eq!((capacity(10, 4, 100), capacity(10, 4, 125), capacity(0, 3, 200)), (3, 4, 0));
        assert_eq!(capacity(7, 0, 100), 7);
        assert_eq!(fill(&Ring::default(), &[1, 2], 3), [(0, 0), (0, 0)]);
    }
}
