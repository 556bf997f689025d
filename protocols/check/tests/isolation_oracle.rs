//! Random small histories: the checkers say what the definitions say.

#![allow(clippy::unwrap_used)]

mod isolation;

use std::sync::Arc;

use check::isolation::{Answer, Conventions, Examination, Goal, Model, Status};
use isolation::source::small;
use isolation::{PlainHistory, Random, audit, oracle};

/// Compares all that the oracle has a definition of.
fn compare(history: &PlainHistory, seed: u64) {
    let built = Arc::new(history.build(Conventions::jepsen()));
    let report = Examination::run(Arc::clone(&built), Goal::All, 10_000_000);
    for model in Model::ALL {
        let Some(expected) = oracle::satisfies(history, model) else { continue };
        let status = report.statuses.get(model);
        let needs_time = matches!(
            model,
            Model::StrictSerializable
                | Model::StrongSnapshotIsolation
                | Model::StrongReadCommitted
                | Model::StrongReadUncommitted
        );
        let decided = match status {
            Status::Held => Some(true),
            Status::Broken => Some(false),
            Status::NotDecided => None,
        };
        let timeless = history.transactions.iter().any(|plain| plain.ran.is_none());
        let may_be_open = needs_time && timeless;
        assert!(
            decided == Some(expected) || (decided.is_none() && may_be_open),
            "seed {seed}: {} is {expected} by the oracle, but {status:?}: {:?}\n{history}{:#?}",
            model.name(),
            report.answer(model),
            report.findings,
        );
        match report.answer(model) {
            Answer::Undecided(reason) => assert!(decided.is_none(), "{} {reason:?}\n{history}", model.name()),
            Answer::Holds(witness) => {
                let explains = oracle::explains(history, model, &witness);
                assert_eq!(
                    explains,
                    Some(true),
                    "seed {seed}: {} {witness:?}\n{history}{:#?}",
                    model.name(),
                    report.findings
                );
            }
            Answer::Broken(finding) => assert!(finding.anomaly.rules_out().contains(model)),
        }
    }
    for finding in &report.findings {
        if let Err(error) = audit::finding(&built, finding) {
            panic!("seed {seed}: {error}\n{history}{finding:#?}");
        }
    }
}

fn sweep(lists: bool, seeds: std::ops::Range<u64>, most: u32) {
    for seed in seeds {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(lists));
        compare(&small(&mut random, lists, most), seed);
    }
}

#[test]
fn registers_are_judged_as_defined() {
    sweep(false, 0..4_000, 4);
}

#[test]
fn lists_are_judged_as_defined() {
    sweep(true, 0..4_000, 4);
}
