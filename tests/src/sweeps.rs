//! The same for every lab: with every pothole off no seed of high chaos breaks anything and every `sometimes` is
//! reached; a seed run twice is the same twice.

use run::sweep::{self, Summary};

use crate::spread::{chaotic, spread};

/// Seeds of a lab with every pothole off.
const SEEDS: u64 = 2_000;
/// Seeds that are run twice.
const SEEDS_TWICE: u64 = 6;

#[test]
fn nothing_breaks_while_every_pothole_is_off() {
    for lab in catalog::LABS {
        let run = chaotic(*lab);
        let mut summary = Summary::new(&run);
        let mut broken = Vec::new();
        spread(
            SEEDS,
            |seed| sweep::one(&run, seed),
            |result| {
                summary.add(&result);
                broken.extend(result.violations);
                broken.len() > 3
            },
        );
        let told: Vec<String> = broken.iter().map(|v| format!("{}\n  {}", v.sentence, v.replay)).collect();
        assert!(broken.is_empty(), "{}:\n{}", lab.about().id, told.join("\n"));
        assert_eq!((summary.seeds, summary.undecided), (SEEDS, 0), "{}", lab.about().id);
        let never = summary.unreached();
        assert!(never.is_empty(), "{}: no seed reached: {}", lab.about().id, never.join(", "));
    }
}

#[test]
fn a_seed_run_twice_is_the_same_twice() {
    for lab in catalog::LABS {
        let run = chaotic(*lab);
        let mut different = Vec::new();
        let seeds = |seed| seed * 7_919;
        spread(
            SEEDS_TWICE,
            |seed| sweep::twice(&run, seeds(seed)),
            |result| {
                different.extend(result.err().map(|difference| difference.to_string()));
                false
            },
        );
        assert!(different.is_empty(), "{}", different.join("\n"));
    }
}
