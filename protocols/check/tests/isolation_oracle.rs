//! Random small histories: the checkers say what the definitions say.

#![allow(clippy::unwrap_used)]

use crate::common::rounds;
use crate::isolation;

use std::sync::Arc;

use check::isolation::{Anomaly, Answer, Conventions, Examination, Goal, Model, Proof, Status};
use isolation::source::{contended, small};
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
    sweep(false, 0..u64::from(rounds(4_000)), 4);
}

#[test]
fn lists_are_judged_as_defined() {
    sweep(true, 0..u64::from(rounds(4_000)), 4);
}

#[test]
fn orders_that_reads_do_not_tell_are_found_or_refuted() {
    let (mut cases, mut circles, mut exhausted, mut held) = (0, 0, 0, 0);
    for seed in 0..3_000 {
        let mut random = Random(seed ^ 0x5EED);
        let history = contended(&mut random, 6);
        let built = Arc::new(history.build(Conventions::jepsen()));
        for model in [
            Model::Serializable,
            Model::StrongSessionSerializable,
            Model::ParallelSnapshotIsolation,
            Model::Prefix,
            Model::SnapshotIsolation,
        ] {
            let heavy = matches!(model, Model::Prefix | Model::SnapshotIsolation);
            if heavy && seed % 10 != 0 {
                continue;
            }
            let expected = oracle::satisfies(&history, model);
            let report = Examination::run(Arc::clone(&built), Goal::One(model), 10_000_000);
            match report.answer(model) {
                Answer::Holds(witness) => {
                    held += 1;
                    assert_eq!(expected, Some(true), "seed {seed}: {}\n{history}", model.name());
                    let explains = oracle::explains(&history, model, &witness);
                    assert_eq!(explains, Some(true), "seed {seed}: {} {witness:?}\n{history}", model.name());
                }
                Answer::Broken(finding) => {
                    assert_eq!(expected, Some(false), "seed {seed}: {}\n{history}{finding:#?}", model.name());
                    if let Err(error) = audit::finding(&built, &finding) {
                        panic!("seed {seed}: {error}\n{history}{finding:#?}");
                    }
                    let is_search = matches!(finding.anomaly, Anomaly::NoOrder(_));
                    match finding.proof {
                        Proof::Cases(_) => cases += 1,
                        Proof::Exhausted { .. } => exhausted += 1,
                        Proof::Cycle(_) if is_search => circles += 1,
                        _ => {}
                    }
                }
                Answer::Undecided(reason) => panic!("seed {seed}: {} {reason:?}\n{history}", model.name()),
            }
        }
    }
    eprintln!("{cases} {circles} {exhausted} {held}");
    assert!(cases > 100 && held > 100, "{cases} {circles} {exhausted} {held}");
}
