//! Whole runs: the document of a run, sweeps, whose fault it is.

#![allow(clippy::unwrap_used, reason = "a test")]

use crate::support;

use run::sweep::{self, Seeds, Summary};
use run::{Run, execute, run_json};
use sim::Time;
use sim::command::parse_timed;

fn short() -> Run {
    let mut run = Run::new(&support::LAB);
    run.end = Time::millis(3_000);
    run
}

#[test]
fn a_sweep_of_a_sound_lab_finds_nothing_and_is_deterministic() {
    let mut run = short();
    run.chaos = sim::chaos::Level::High;
    let mut summary = Summary::new(&run);
    for seed in 0..120 {
        let result = sweep::one(&run, seed);
        assert_eq!(result.violations, [], "seed {seed}");
        assert_eq!(result.stopped, None);
        summary.add(&result);
        if seed % 10 == 0 {
            sweep::twice(&run, seed).unwrap();
            assert_eq!(format!("{:?}", sweep::one(&run, seed)), format!("{result:?}"));
        }
    }
    assert_eq!(summary.exit_code(), 0);
    assert_eq!(summary.unreached(), [] as [&str; 0]);
    let json = summary.json(7);
    assert_eq!(json["schema"], 1);
    assert_eq!(json["summary"]["seeds"], 120);
    assert!(json["summary"]["measures"]["answers"]["p50"].as_f64().unwrap() > 10.0);
    assert!(json["summary"]["measures"]["nothing"].is_null());
}

#[test]
fn a_sweep_finds_the_pothole_and_its_replay_shows_it_again() {
    let mut run = short();
    run.chaos = sim::chaos::Level::High;
    run.parameters.assign("ack_early=on").unwrap();
    let mut broken = std::collections::BTreeSet::new();
    for seed in 0..200 {
        for violation in sweep::one(&run, seed).violations {
            broken.insert(violation.guarantee.or(violation.invariant).unwrap());
            assert!(violation.blame.contains("pothole"), "{violation:?}");
            assert!(violation.replay.starts_with(&format!(
                "potholes run notebook --seed {seed} --for 3s --set ack_early=on --chaos high"
            )));
        }
    }
    for guarantee in ["linearizable", "no-lost-write", "what was acknowledged is kept"] {
        assert!(broken.contains(guarantee), "{guarantee} never broke: {broken:?}");
    }
}

#[test]
fn progress_is_missed_where_there_is_none() {
    let mut run = short();
    // Broken again before the claimed span is over for everybody: only the stretch between counts.
    for command in ["500ms crash n1", "1s heal", "1.8s crash n1"] {
        run.commands.push(parse_timed(command).unwrap());
    }
    let report = execute(&run);
    assert_eq!(report.exit_code(), 0, "{report:?}");
    // Healed, but half of all messages go on being lost: that is no fault of the run's, it is how the lab was set.
    run.commands.clear();
    run.commands.push(parse_timed("1s heal").unwrap());
    run.parameters.assign("loss=5000").unwrap();
    run.parameters.assign("clients=1").unwrap();
    let missed = (0..300).map(|seed| sweep::one(&run, seed)).find(|result| !result.violations.is_empty());
    let violation = &missed.expect("half of all messages are lost: some seed stalls").violations[0];
    assert_eq!(violation.guarantee, Some("progress"));
    assert!(violation.blame.contains("our bug"), "{violation:?}");
}

#[test]
fn a_fault_outside_the_claim_is_named() {
    let mut run = short();
    for command in ["1.5s disk n1 wipe", "1.6s restart n1"] {
        run.commands.push(parse_timed(command).unwrap());
    }
    let violations = sweep::one(&run, 3).violations;
    assert!(!violations.is_empty());
    for violation in violations {
        assert!(violation.blame.contains("outside what Notebook promises: disk n1 wipe"), "{violation:?}");
        assert!(violation.replay.contains(r#"--at "1.5s disk n1 wipe" --at "1.6s restart n1""#));
    }
}

#[test]
fn the_document_has_the_form_that_others_rely_on() {
    let mut run = short();
    run.seed = 5;
    let json: serde_json::Value = serde_json::to_value(execute(&run)).unwrap();
    assert_eq!((&json["schema"], &json["lab"], &json["seed"]), (&1.into(), &"notebook".into(), &5.into()));
    assert_eq!(json["virtual_ns"], 3_000_000_000u64);
    assert_eq!(json["trace_hash"].as_str().unwrap().len(), 16);
    assert!(json["operations"]["ok"].as_u64().unwrap() > 10);
    assert!(json["measures"]["nothing"].is_null());
    assert_eq!(json["claims"][0]["guarantee"], "linearizable");
    assert_eq!(json["claims"][0]["holds"], true);
    assert_eq!(json["invariants"][0]["holds"], true);
    let opened = Run::from_link_of(&support::LAB, json["link"].as_str().unwrap()).unwrap();
    assert_eq!(opened.run, run);
    assert_eq!(execute(&run).trace_hash, json["trace_hash"].as_str().unwrap());
}

#[test]
fn the_page_is_always_answered_in_json() {
    for wrong in [
        "",
        "{}",
        "[]",
        r#"{"lab":"nobody"}"#,
        r#"{"lab":"raft","sed":1}"#,
        r#"{"lab":"raft","seed":9007199254740992}"#,
        r#"{"lab":"raft","seed":-1}"#,
        r#"{"lab":"raft","for":"1000h"}"#,
        r#"{"lab":"raft","set":{"nodes":1e300}}"#,
        r#"{"lab":"raft","set":{"nodes":[]}}"#,
        r#"{"lab":"raft","at":["1s"]}"#,
        r#"{"lab":"raft","at":["1s crash n77"]}"#,
        r#"{"lab":"raft","chaos":"total"}"#,
    ] {
        let json: serde_json::Value = serde_json::from_str(&run_json(wrong)).unwrap();
        assert_eq!(json["schema"], 1);
        assert!(json["error"].is_string(), "{wrong} gives {json}");
    }
}

#[test]
fn seeds_are_read_and_shared_out() {
    let seeds: Seeds = "3..10".parse().unwrap();
    assert_eq!(seeds.shard(0, 1).collect::<Vec<_>>(), [3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(seeds.shard(1, 3).collect::<Vec<_>>(), [4, 7]);
    for wrong in ["", "3", "3..", "..3", "5..3", "a..b", "0..9007199254740993", "-1..3"] {
        assert!(wrong.parse::<Seeds>().is_err(), "{wrong}");
    }
}

#[test]
fn the_history_is_written_line_by_line() {
    let mut execution = run::report::Execution::new(&short());
    while !execution.advance(1_000) {}
    let text = run::history::lines(execution.trace(), "kv").unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(r#"{"potholes":"history","version":1,"model":"kv"}"#));
    assert_eq!(lines.clone().count(), execution.trace().history.len());
    for line in lines {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["type"].is_string() && line["process"].is_u64());
    }
    let back = check::read::import("", text.as_bytes(), &check::read::Options::default()).unwrap();
    let check::read::Subject::Objects(history) = back.subject else { panic!("transactions") };
    let recorded = run::history::recorded(execution.trace(), "kv").unwrap();
    let check::read::Subject::Objects(original) = recorded.subject else { panic!("transactions") };
    assert_eq!(history.operations().len(), original.operations().len());
    for (back, original) in history.operations().iter().zip(original.operations()) {
        assert_eq!((&back.input, &back.output), (&original.input, &original.output));
        assert_eq!(
            (&back.function, &back.key, back.outcome),
            (&original.function, &original.key, original.outcome)
        );
        assert_eq!((back.invoked, back.completed), (original.invoked, original.completed));
    }
}

/// Whatever clients ask, what is written of it can be read: each process does one thing at a time. Of what three labs do no
/// model of `check` knows, and that is told.
#[test]
fn every_labs_history_can_be_read_back() {
    use check::read::{Cause, Options, Subject, import};
    let mut without_model = Vec::new();
    for lab in catalog::LABS {
        let id = lab.about().id;
        let mut run = Run::new(*lab);
        run.end = Time::millis(5_000);
        let mut execution = run::report::Execution::new(&run);
        while !execution.advance(1_000) {}
        let text = run::history::lines(execution.trace(), "").unwrap();
        let read = match import("", text.as_bytes(), &Options::default()) {
            Ok(read) => read,
            Err(wrong) if matches!(wrong.cause, Cause::NoModel { .. }) => {
                without_model.push(id);
                continue;
            }
            Err(wrong) => panic!("potholes run {id} --for 5s --history FILE: {wrong}"),
        };
        let Subject::Objects(history) = read.subject else { panic!("transactions") };
        assert_eq!(history.operations().len(), execution.trace().story.operations.len(), "{id}");
    }
    assert_eq!(without_model, ["saga", "clocks", "snapshot"]);
}
