//! Scripts of PBFT: what they may say stands in `protocols/sim/tests/support/script.rs`; besides that
//!
//! - `cluster 1 [PARAM=VALUE]...` begins with 3f+1 replicas for so many liars;
//! - `slots` prints what each replica holds: `2@1 milk` a number and the view it has it from, `~` accepted, `=` prepared,
//!   `+` committed, `·` executed;
//! - `heard` prints who says what about the number of interest, `*` where that is not what most say; `verdict` the
//!   history's.
#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use crate::common;
use crate::script;

use common::verdict;
use consensus::pbft::LAB;
use script::{Script, Stage};
use sim::ActorId;
use sim::view::{Body, CellState, Tone, View};
use std::path::Path;

const PBFT: Stage = Stage {
    lab: &LAB,
    first: "f",
    fixed: &[
        "load=off",
        "clients=2",
        "latency_min=10ms",
        "latency_max=10ms",
        "sync_min=2ms",
        "sync_max=2ms",
        "work=0s",
    ],
    quiet: &["asked"],
    named,
    more,
};

/// `n1@3`: a replica in a view.
fn named(id: ActorId, view: &View) -> String {
    let number =
        view.actor(id).and_then(|actor| actor.role).filter(|_| id.is_node()).map(|role| role.version);
    number.map_or_else(|| id.to_string(), |number| format!("{id}@{number}"))
}

fn more(script: &mut Script, words: &[&str]) -> bool {
    match words {
        ["slots"] => slots(script),
        ["heard"] => heard(script),
        ["verdict"] => {
            let verdict = match verdict(script.trace()) {
                check::Verdict::Holds => "linearizable",
                check::Verdict::Broken { .. } => "not linearizable",
                _ => "not decided",
            };
            script.line("history", verdict);
        }
        _ => return false,
    }
    true
}

fn slots(script: &mut Script) {
    let view = script.view();
    for row in view.strips[0].rows() {
        let cells = row.cells.iter().map(|cell| {
            let mark = match cell.state {
                CellState::Written => "~",
                CellState::Durable => "=",
                CellState::Committed => "+",
                CellState::Applied => "·",
                CellState::Snapshot | CellState::Volatile => "",
            };
            format!("{}@{} {}{mark}", cell.column, cell.version, cell.text)
        });
        let cells = cells.collect::<Vec<_>>().join(" | ");
        script.line(&named(row.actor, &view), &cells);
    }
}

fn heard(script: &mut Script) {
    let view = script.view();
    let Body::Table(table) = &view.strips[1].body else { panic!("not a table") };
    for row in &table.rows {
        let entries = table.columns.iter().zip(&row.entries).filter(|(_, entry)| !entry.text.is_empty());
        let entries = entries.map(|(column, entry)| {
            let mark = if entry.tone == Tone::Odd { "*" } else { "" };
            format!("{column}: {}{mark}", entry.text)
        });
        script.line(&row.name, &entries.collect::<Vec<_>>().join(" | "));
    }
}

#[test]
fn scripts_say_what_comes_out() {
    script::hold(PBFT, &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pbft/scripts"), 20);
}

#[test]
fn a_script_can_fail() {
    let text = "# One request.\n(cluster 1)\nput c1 list=milk\n---\nnothing\n";
    assert_ne!(script::rewritten(PBFT, text), text);
}
