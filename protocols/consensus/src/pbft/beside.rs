//! One liar, two labs: the same lies told by Raft's leader and by PBFT's primary, side by side.
//!
//! The paper has no such figure; it proves what its own column says (§4.5.1: no two replicas that tell the truth execute
//! different requests under one number). Raft promises nothing against a liar, and what becomes of it is counted here:
//! five nodes and four, one of them lying, the same clients, links and disks.

use super::invariants::names::AGREEMENT;
use crate::raft::invariants::names::MACHINE;
use sim::chaos::Level;
use sim::figure::{Axis, Curve, Figure, Ours};
use sim::lab::{Lab, Setup};
use sim::story::Outcome;
use sim::trace::Recorder;
use sim::{Moment, Parameters, Time, Trace};

/// What the leader or primary does, and the lie that this is in Raft and in PBFT.
const LIES: [(&str, Option<(&str, &str)>); 5] = [
    ("tells the truth", None),
    ("says nothing more", Some(("silent", "silent"))),
    ("tells each another order", Some(("equivocate", "equivocate"))),
    ("tells all a false order", Some(("swap", "swap"))),
    ("claims a far later term or view", Some(("higher-term", "rewrite"))),
];

const ROWS: [&str; LIES.len()] = {
    let mut rows = [""; LIES.len()];
    let mut at = 0;
    while at < rows.len() {
        rows[at] = LIES[at].0;
        at += 1;
    }
    rows
};

const NAMES: [&str; 4] = ["Raft differs", "Raft answers", "PBFT differs", "PBFT answers"];

/// Runs of one lab under one lie; a part of the figure is one run.
const SEEDS: u32 = 12;
/// When the lie begins, and when a run ends.
const LIE: Time = Time::millis(2_000);
const END: Time = Time::millis(8_000);

/// What is set in both.
const SET: [&str; 5] = ["clients=3", "latency_min=10ms", "latency_max=30ms", "think=100ms", "give_up=3s"];

/// A lab, what is set in it alone, and what it calls whoever leads.
const RAFT: (&dyn Lab, &str, &str) = (&crate::raft::LAB, "nodes=5", "leader");
const PBFT: (&dyn Lab, &str, &str) = (&super::LAB, "signatures=tags", "primary");

pub(super) const FIGURE: Figure = Figure {
    id: "one-liar",
    title: "One liar, in Raft and in PBFT",
    source: "Castro and Liskov, OSDI 1999, section 4.5.1: with f liars no two replicas that tell the truth differ",
    doc: "Raft with five nodes, PBFT with four, and after two seconds whoever leads begins to lie: the share of runs in \
          which nodes then execute different requests at the same place, and of later requests that are answered. Both \
          stand silence, which looks like a crash. Raft believes whatever its leader says. The paper proves the zeros.",
    x: Axis { name: "whoever leads", unit: "", log: false, categories: &ROWS },
    y: Axis { name: "share", unit: "%", log: false, categories: &[] },
    published: &[Curve {
        name: NAMES[2],
        points: &[(0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0), (4.0, 0.0)],
    }],
    ours: Ours::Computed { names: &NAMES, parts: 2 * LIES.len() as u32, part },
    tolerance: "none of PBFT's runs may differ; all of Raft's do where its leader gives orders that are false",
};

/// One lie, told by Raft's leader or by PBFT's primary in some runs.
fn part(part: u32) -> Vec<(usize, f64, f64)> {
    let (row, is_pbft) = (part as usize / 2 % LIES.len(), part % 2 == 1);
    let ((lab, ..), same) = if is_pbft { (PBFT, AGREEMENT) } else { (RAFT, MACHINE) };
    let (mut differ, mut answered, mut ended) = (0u32, 0u32, 0u32);
    for seed in 0..SEEDS {
        let trace = run(is_pbft, row, seed);
        differ += u32::from(trace.violations.iter().any(|v| lab.invariants()[v.invariant].name == same));
        let later = trace.story.operations.iter().filter(|o| o.invoked > LIE && o.outcome != Outcome::Open);
        for operation in later {
            ended += 1;
            answered += u32::from(operation.outcome != Outcome::Unknown);
        }
    }
    let (curve, x) = (2 * usize::from(is_pbft), row as f64);
    let percent = |some: u32, of: u32| 100.0 * f64::from(some) / f64::from(of);
    vec![(curve, x, percent(differ, SEEDS)), (curve + 1, x, percent(answered, ended))]
}

/// The command that makes whoever leads lie; none in the first row.
fn lie(is_pbft: bool, row: usize) -> Option<String> {
    let (raft, pbft) = LIES[row].1?;
    let (leads, lie) = if is_pbft { (PBFT.2, pbft) } else { (RAFT.2, raft) };
    Some(format!("2s lie @{leads} {lie}"))
}

fn run(is_pbft: bool, row: usize, seed: u32) -> Trace {
    let (lab, own, _) = if is_pbft { PBFT } else { RAFT };
    let mut parameters = Parameters::defaults(lab.parameters());
    for assignment in SET.iter().chain([&own]) {
        // A mistyped one would leave the default, and its test would tell.
        let _ = parameters.assign(assignment);
    }
    let commands: Vec<_> =
        lie(is_pbft, row).and_then(|text| sim::command::parse_timed(&text).ok()).into_iter().collect();
    let setup =
        Setup { parameters, seed: seed.into(), chaos: Level::None, end: END, commands: commands.into() };
    let mut running = lab.start(setup);
    let mut trace = Trace::default();
    running.advance(Moment::end_of(END), 200_000, &mut Recorder::into(&mut trace));
    trace
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pbft_stands_what_raft_does_not() {
        let parts = 2 * LIES.len() as u32;
        let ours: Vec<(usize, f64, f64)> = (0..parts).flat_map(part).collect();
        let value = |curve: usize, row: usize| {
            let found = ours.iter().find(|(at, x, _)| (*at, *x) == (curve, row as f64));
            found.map_or(f64::NAN, |(.., y)| *y)
        };
        for (row, name) in ROWS.iter().enumerate() {
            assert_eq!(value(2, row), 0.0, "PBFT, whoever leads {name}: {ours:?}");
            assert!(value(3, row) > 95.0, "PBFT, whoever leads {name}: {ours:?}");
        }
        assert_eq!((value(0, 0), value(0, 1)), (0.0, 0.0), "{ours:?}");
        assert_eq!((value(0, 2), value(0, 3)), (100.0, 100.0), "{ours:?}");
        assert!(value(1, 0) > 95.0 && value(1, 1) > 80.0, "{ours:?}");
    }

    #[test]
    fn what_is_assigned_and_commanded_exists() {
        for (is_pbft, (lab, own, _)) in [(false, RAFT), (true, PBFT)] {
            let mut parameters = Parameters::defaults(lab.parameters());
            for assignment in SET.iter().chain([&own]) {
                parameters.assign(assignment).unwrap();
            }
            for text in (0..LIES.len()).filter_map(|row| lie(is_pbft, row)) {
                let timed = sim::command::parse_timed(&text).unwrap();
                assert_eq!(timed.at.at, LIE);
                lab.check(&timed.command, &parameters).unwrap();
            }
        }
    }
}
