//! Histories of which others say what they satisfy: AWDIT's and Elle's own examples; and stories as people read them.
//!
//! The larger files are judged where files are read; here stand the small ones, in the notation of these tests.

#![allow(clippy::unwrap_used)]

use crate::isolation;

use std::sync::Arc;

use check::isolation::{Answer, Conventions, Examination, Goal, Model, Reason, Status, Story, Transactions};
use isolation::{audit, history, plain};

/// AWDIT's examples (`res/tests`): the history and how many of read committed, read atomic and causal it satisfies.
const AWDIT: [(&str, u32, &str); 9] = [
    ("fully-ser", 3, "1: w x 0, w y 1\n 2: w x 2\n 3: r x 2\n 3: r y 1"),
    ("long-fork", 3, "1: w x 0, w y 0\n 2: w x 1\n 2: r x 1, r y 0\n 3: w y 1\n 3: r y 1, r x 0"),
    ("lost-update", 3, "1: w x 0\n 2: r x 0, w x 1\n 3: r x 0, w x 2"),
    ("hb-cycle", 0, "1: r y 1\n 1: w x 0\n 2: r x 0\n 2: w y 1"),
    ("biswas-enea, read atomic", 2, "1: w x 1\n 1: w x 2\n 2: r x 2, w y 1\n 3: r x 1, r y 1"),
    (
        "biswas-enea, read committed",
        1,
        "1: w x 1, w y 1\n 2: w x 2, w y 2\n 3: w z 2\n 4: r x 1, r y 2, r z 2",
    ),
    ("non-repeatable-read", 1, "1: w x 0\n 2: w x 1\n 3: r x 0, r x 1"),
    ("initial state", 3, "1: r x 7, w x 1\n 2: r x 7"),
    ("two initial states", 0, "1: r x 7, w x 1\n 2: r x 8"),
];

fn report(history: &Arc<Transactions>, goal: Goal) -> check::isolation::Report {
    Examination::run(Arc::clone(history), goal, 50_000_000)
}

#[test]
fn awdit_examples_satisfy_what_they_should() {
    for (name, levels, text) in AWDIT {
        let history = Arc::new(plain(text).build(Conventions::awdit()));
        for (guarantee, needs) in [("read-committed", 1), ("read-atomic", 2), ("causal", 3)] {
            let model = Model::promised_by(guarantee, history.conventions()).unwrap();
            for goal in [Goal::One(model), Goal::All] {
                match report(&history, goal).answer(model) {
                    Answer::Holds(_) => assert!(levels >= needs, "{name} {guarantee}"),
                    Answer::Broken(finding) => {
                        assert!(levels < needs, "{name} {guarantee}: {finding:?}");
                        audit::finding(&history, &finding).unwrap();
                    }
                    Answer::Undecided(reason) => panic!("{name} {guarantee}: {reason}"),
                }
            }
        }
    }
}

/// The example of Elle's paper (Alvaro and Kingsbury 2020, "G2 in TiDB"), as its own tests have it.
const PAPER: &str = "
    1 @0-1: a x 1, a x 3, a x 4, a y 2, a y 3, a y 4, a y 5, a z 1, a z 2
    1 @2-3: a y 8, r x [1 3 4]
    1 @4-5: a z 4, r y [2 3 4 5 8], r z [1 2 4], r x [1 3 4]
    1 @6-7: a w 10, r x [1 3 4], r y [2 3 4 5], a z 3";

#[test]
fn the_papers_example_is_not_serializable_for_a_reader_missed_an_append() {
    let text = PAPER.replace("a w 10, ", "");
    let history = Arc::new(history(&text));
    let report = report(&history, Goal::All);
    let Answer::Broken(finding) = report.answer(Model::Serializable) else { panic!() };
    audit::finding(&history, &finding).unwrap();
    assert_eq!(finding.anomaly.name(), "G-single-item");
    let expected = "\
Read skew: a transaction missed a write whose effects it saw, or that came before it.
  T1  process 1, 2 to 3: append y 8, read x [1 3 4]
  T2  process 1, 4 to 5: append z 4, read y [2 3 4 5 8], read z [1 2 4], read x [1 3 4]
  T3  process 1, 6 to 7: read x [1 3 4], read y [2 3 4 5], append z 3
T1 appended 8 to y, and T2 read y as [2 3 4 5 8]: T1 comes before T2.
T2 appended 4 to z, and T3 appended 3 to z after it: T2 comes before T3.
T3 read y as [2 3 4 5], before T1 appended 8 to y: T3 comes before T1.
So T1 before T2 before T3 before T1: a circle. No order has it.
";
    assert_eq!(Story::of(&history, &finding).to_string(), expected);
}

#[test]
fn a_value_that_nobody_wrote_is_seen() {
    // Elle calls it serializable; nobody wrote 3.
    let history = Arc::new(history("0 @1-2: w x 2\n 0 @3-4: r x 3\n 0 @5-6: r x 2"));
    for name in ["serializable", "read-committed", "causal"] {
        let model = Model::promised_by(name, history.conventions()).unwrap();
        let Answer::Broken(finding) = report(&history, Goal::One(model)).answer(model) else {
            panic!("{name}")
        };
        let story = Story::of(&history, &finding).to_string();
        assert!(story.contains("T1 saw x=3, which nobody wrote."), "{story}");
    }
    let uncommitted = report(&history, Goal::One(Model::ReadUncommitted)).answer(Model::ReadUncommitted);
    assert!(matches!(uncommitted, Answer::Holds(_)));
}

#[test]
fn a_first_write_that_is_implied_is_there() {
    let text = "1: r x 0, w x 1\n 2: r x 1, r y 0";
    let history = Arc::new(plain(text).build(Conventions::plume()));
    let model = Model::promised_by("serializable", history.conventions()).unwrap();
    assert!(matches!(report(&history, Goal::One(model)).answer(model), Answer::Holds(_)));
    // Without it nobody wrote 0.
    let history = Arc::new(plain(text).build(Conventions::dbcop()));
    assert!(matches!(report(&history, Goal::One(model)).answer(model), Answer::Broken(_)));
}

#[test]
fn what_cannot_be_told_is_not_told() {
    // Whose 1 did the reader see?
    let history = Arc::new(history("1 @1-2: w x 1\n 2 @3-4: w x 1\n 3 @5-6: r x 1"));
    let report_all = report(&history, Goal::All);
    assert!(matches!(
        report_all.answer(Model::Serializable),
        Answer::Undecided(Reason::Unclear { .. }) | Answer::Holds(_)
    ));
    // No times, no strict serializability.
    let timeless = Arc::new(isolation::history("1: w x 1\n 2: r x 1"));
    let report_all = report(&timeless, Goal::All);
    assert_eq!(report_all.statuses.get(Model::StrictSerializable), Status::NotDecided);
    assert_eq!(report_all.answer(Model::StrictSerializable), Answer::Undecided(Reason::NoTimes));
    assert_eq!(report_all.statuses.get(Model::StrongSessionSerializable), Status::Held);
}

#[test]
fn a_proof_by_cases_reads_as_one() {
    let text = "1: w x 1, w y 1\n 2: w x 2, w z 2\n 3: r x 1, r z 2\n 4: r x 2, r y 1";
    let history = Arc::new(history(text));
    let Answer::Broken(finding) =
        report(&history, Goal::One(Model::Serializable)).answer(Model::Serializable)
    else {
        panic!()
    };
    audit::finding(&history, &finding).unwrap();
    let expected = "\
Whichever order of versions is tried, the transactions cannot be explained at the level serializable.
  T1  process 1: write x 1, write y 1
  T2  process 2: write x 2, write z 2
  T3  process 3: read x 1, read z 2
  T4  process 4: read x 2, read y 1
Suppose T1 is before T2 in writing x.
  T2 wrote z=2, and T3 read z=2: T2 comes before T3.
  T3 read x=1, before T2 wrote x=2: T3 comes before T2.
  So T2 before T3 before T2: a circle. No order has it.
Suppose T2 is before T1 in writing x.
  T1 wrote y=1, and T4 read y=1: T1 comes before T4.
  T4 read x=2, before T1 wrote x=1: T4 comes before T1.
  So T1 before T4 before T1: a circle. No order has it.
";
    assert_eq!(Story::of(&history, &finding).to_string(), expected);
}
