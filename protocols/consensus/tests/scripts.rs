//! Scripts: commands, `---`, what came out. `UPDATE=1 cargo test -p potholes-consensus` rewrites what came out.
//!
//! What a script may say stands in `protocols/sim/tests/support/script.rs`; besides that
//!
//! - `cluster 5 [PARAM=VALUE]...` begins with so many nodes;
//! - `elect n1` lets its timer run out and goes on until it leads;
//! - `logs`, `length`, `leads` and `verdict` print how things stand;
//! - `sent` prints how many messages nodes sent to nodes since it was last asked.
#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use crate::common;
use crate::script;

use common::verdict;
use consensus::raft::LAB;
use script::{Script, Stage};
use sim::ActorId;
use sim::story::Rank;
use sim::view::{CellState, View};
use std::path::Path;

const RAFT: Stage = Stage {
    lab: &LAB,
    first: "nodes",
    fixed: &[
        "load=off",
        "clients=2",
        "snapshot_every=0",
        "latency_min=10ms",
        "latency_max=10ms",
        "sync_min=2ms",
        "sync_max=2ms",
        "work=0s",
        "election_max=3s",
    ],
    quiet: &["applied", "asked", "follows", "granted", "denied"],
    named,
    more,
};

/// `n1@3`: a node in a term.
fn named(id: ActorId, view: &View) -> String {
    let term = view.actor(id).and_then(|actor| actor.role).filter(|_| id.is_node()).map(|role| role.version);
    term.map_or_else(|| id.to_string(), |term| format!("{id}@{term}"))
}

fn more(script: &mut Script, words: &[&str]) -> bool {
    match words {
        ["elect", node] => {
            script.command(&format!("fire {node} election"));
            script.until("leader", &[node]);
        }
        ["logs"] => logs(script),
        ["length"] => length(script),
        ["leads"] => leads(script),
        ["sent"] => sent(script),
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

/// Each log: `2@1` an entry, `·` after those known to be committed, `~` after those not yet durable.
fn logs(script: &mut Script) {
    let view = script.view();
    for row in view.strips[0].rows() {
        let cells = row.cells.iter().map(|cell| {
            let mark = match cell.state {
                CellState::Applied | CellState::Committed => "·",
                CellState::Snapshot => " snapshot",
                CellState::Written | CellState::Volatile => "~",
                CellState::Durable => "",
            };
            let text =
                if cell.state == CellState::Snapshot { String::new() } else { format!(" {}", cell.text) };
            format!("{}@{}{text}{mark}", cell.column, cell.version)
        });
        let cells = cells.collect::<Vec<_>>().join(" | ");
        script.line(&named(row.actor, &view), &cells);
    }
}

/// How long each log is, and of which term its last entry.
fn length(script: &mut Script) {
    let view = script.view();
    for row in view.strips[0].rows() {
        let last = row
            .cells
            .last()
            .map_or_else(String::new, |cell| format!("{} of term {}", cell.column, cell.version));
        script.line(&named(row.actor, &view), &last);
    }
}

/// Who takes itself for the leader.
fn leads(script: &mut Script) {
    let view = script.view();
    let leaders = view.actors.iter().filter(|actor| actor.role.is_some_and(|role| role.rank == Rank::Leader));
    let leaders: Vec<String> = leaders
        .map(|actor| format!("{}{}", named(actor.id, &view), if actor.stale { " (stale)" } else { "" }))
        .collect();
    script.line("leads", if leaders.is_empty() { "nobody".to_owned() } else { leaders.join(", ") }.as_str());
}

/// How many messages went from node to node since this was last asked.
fn sent(script: &mut Script) {
    let all = script.trace().story.arrows.iter();
    let number = all.filter(|arrow| arrow.from.is_node() && arrow.to.is_node()).count();
    let before = std::mem::replace(&mut script.counted, number);
    script.line("sent", &format!("{} messages", number - before));
}

#[test]
fn scripts_say_what_comes_out() {
    script::hold(RAFT, &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/raft/scripts"), 55);
}

#[test]
fn a_script_can_fail() {
    let text = "# One node.\n(cluster 1)\nuntil leader\n---\nnothing\n";
    assert_ne!(script::rewritten(RAFT, text), text);
}
