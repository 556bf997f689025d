//! The same for every lab: with every pothole off no seed of high chaos breaks anything and every `sometimes` is
//! reached; a seed run twice is the same twice.
//!
//! `SEEDS=2000 cargo test --release -p potholes-tests nothing_breaks` is the sweep that a lab owes before it changes. Every
//! other time fewer are enough, as long as they reach every `sometimes`.

use run::sweep::{self, Summary};

use crate::spread::{chaotic, spread};

/// Seeds within which every `sometimes` of a lab must be reached.
const MOST: u64 = 2_000;
/// Seeds of a lab with every pothole off, where nobody asks for more.
const LEAST: u64 = 300;
/// Seeds that are run twice.
const SEEDS_TWICE: u64 = 6;

/// How many seeds somebody asks for.
fn least() -> u64 {
    let asked = std::env::var("SEEDS").ok();
    asked.map_or(LEAST, |asked| asked.parse().unwrap_or_else(|_| panic!("SEEDS is a number, not “{asked}”")))
}

#[test]
fn nothing_breaks_while_every_pothole_is_off() {
    let least = least();
    for lab in catalog::LABS {
        let run = chaotic(*lab);
        let mut summary = Summary::new(&run);
        let mut broken = Vec::new();
        spread(
            least.max(MOST),
            |seed| sweep::one(&run, seed),
            |result| {
                summary.add(&result);
                broken.extend(result.violations);
                broken.len() > 3 || (summary.seeds >= least && summary.unreached().is_empty())
            },
        );
        let told: Vec<String> = broken.iter().map(|v| format!("{}\n  {}", v.sentence, v.replay)).collect();
        assert!(broken.is_empty(), "{}:\n{}", lab.about().id, told.join("\n"));
        assert_eq!(summary.undecided, 0, "{}", lab.about().id);
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
