//! Every pothole is found by a sweep of at most [`SEEDS`] seeds: what proves that the checks can fail.
//!
//! `tests/potholes.txt` remembers the first seed that found each, so that it is tried first; where it no longer finds it,
//! the whole range is swept. `UPDATE=1 cargo test -p potholes-tests` sweeps all of it and writes the file anew.

use std::path::{Path, PathBuf};

use run::sweep::{self, SeedResult};
use sim::lab::{Lab, Pothole};

use crate::spread::{chaotic, spread};

/// Seeds within which a pothole must be found: from 0 to before this one.
const SEEDS: u64 = 2_000;

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("potholes.txt")
}

/// The seed that the file remembers.
fn remembered(text: &str, lab: &str, set: &str) -> Option<u64> {
    let line = format!("{lab} {set} ");
    let seed = text.lines().find_map(|words| words.strip_prefix(&line))?;
    seed.trim().parse().ok().filter(|seed| *seed < SEEDS)
}

/// Runs one seed with the pothole in; the result where it breaks what the pothole is said to break.
fn breaks(lab: &'static dyn Lab, pothole: &Pothole, seed: u64) -> Option<SeedResult> {
    let mut run = chaotic(lab);
    run.parameters.assign(pothole.set).unwrap();
    let result = sweep::one(&run, seed);
    let mut names = result.violations.iter().filter_map(|v| v.guarantee.or(v.invariant));
    names.any(|name| pothole.breaks.contains(&name)).then_some(result)
}

/// The smallest seed found in a sweep of them all.
fn search(lab: &'static dyn Lab, pothole: &Pothole) -> Option<SeedResult> {
    let mut first: Option<SeedResult> = None;
    spread(
        SEEDS,
        |seed| breaks(lab, pothole, seed),
        |result| {
            if let Some(result) = result
                && first.as_ref().is_none_or(|first| result.seed < first.seed)
            {
                first = Some(result);
            }
            first.is_some()
        },
    );
    first
}

#[test]
fn every_pothole_is_found() {
    let text = std::fs::read_to_string(file()).unwrap_or_default();
    let update = std::env::var_os("UPDATE").is_some();
    let (mut found, mut missed) = (String::new(), Vec::new());
    for lab in catalog::LABS {
        let id = lab.about().id;
        for pothole in lab.potholes() {
            let known = remembered(&text, id, pothole.set).filter(|_| !update);
            let result = known.and_then(|seed| breaks(*lab, pothole, seed)).or_else(|| search(*lab, pothole));
            let Some(result) = result else {
                missed.push(format!("{id} {}", pothole.set));
                continue;
            };
            found.push_str(&format!("{id} {} {}\n", pothole.set, result.seed));
            for violation in &result.violations {
                assert!(violation.blame.contains(pothole.title), "{}", violation.blame);
                assert!(violation.replay.contains(&format!("--set {}", pothole.set)), "{}", violation.replay);
            }
        }
    }
    if update {
        std::fs::write(file(), &found).unwrap();
    }
    assert!(missed.is_empty(), "not found within {SEEDS} seeds: {}\nfound:\n{found}", missed.join(", "));
}

#[test]
fn the_file_is_read_by_the_whole_name() {
    let text = "raft a=on 7\nraft ab=on 8\nraft big=on 2000\nraft none=on x\n";
    assert_eq!(remembered(text, "raft", "a=on"), Some(7));
    assert_eq!(remembered(text, "raft", "ab=on"), Some(8));
    for unknown in ["b=on", "big=on", "none=on"] {
        assert_eq!(remembered(text, "raft", unknown), None);
    }
}
