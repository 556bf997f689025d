//! One liar, two labs: Raft does not stand it, says so, and breaks; PBFT stands it.

use run::Run;
use run::sweep::{self, SeedResult};
use sim::time::Time;

/// n1 leads and lies about what clients wrote; then it is gone, and somebody reads.
const COMMANDS: &[&str] = &[
    "2s lie n1 equivocate",
    "2.5s put c1 list=milk",
    "2.5s put c2 list=tea",
    "4s crash n1",
    "8s get c1 list",
    "10s get c2 list",
];

fn run(lab: &str, seed: u64, set: &[&str]) -> SeedResult {
    let mut run = Run::new(catalog::lab(lab).unwrap());
    for assignment in ["load=off"].iter().chain(set) {
        run.parameters.assign(assignment).unwrap();
    }
    run.end = Time::millis(12_000);
    run.commands = COMMANDS.iter().map(|text| sim::command::parse_timed(text).unwrap()).collect();
    sweep::one(&run, seed)
}

#[test]
fn raft_breaks_under_one_liar_and_says_that_it_promised_nothing_against_it() {
    let mut broken = 0;
    for seed in 0..30 {
        for violation in run("raft", seed, &["nodes=5"]).violations {
            assert!(
                violation.blame.contains("outside what Raft promises: lie n1 equivocate"),
                "seed {seed}: {}",
                violation.blame
            );
            broken += u32::from(violation.guarantee == Some("linearizable"));
        }
    }
    assert!(broken > 0, "no seed broke anything");
}

#[test]
fn pbft_keeps_its_promises_under_the_same_liar() {
    for seed in 0..10 {
        let result = run("pbft", seed, &[]);
        assert_eq!(result.violations, Vec::new(), "seed {seed}");
        assert_eq!(result.undecided, Vec::<&str>::new(), "seed {seed}");
    }
}

#[test]
fn two_liars_among_four_are_outside_of_what_pbft_promises() {
    let mut run = Run::new(catalog::lab("pbft").unwrap());
    run.parameters.assign("clients=4").unwrap();
    run.parameters.assign("signatures=tags").unwrap();
    run.end = Time::millis(20_000);
    run.commands = ["1s lie n1 equivocate", "1s lie n2 swap to n3"]
        .iter()
        .map(|text| sim::command::parse_timed(text).unwrap())
        .collect();
    let mut broken = 0;
    for seed in 0..40 {
        for violation in sweep::one(&run, seed).violations {
            assert!(violation.blame.contains("outside what PBFT promises: lie n2"), "{}", violation.blame);
            broken += 1;
        }
    }
    assert!(broken > 0, "no seed broke anything");
}
