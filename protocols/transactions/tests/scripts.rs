//! Scripts: commands, `---`, what came out. `UPDATE=1 cargo test -p potholes-transactions scripts` rewrites what
//! came out. What a script may say stands in `protocols/sim/tests/support/script.rs`.

use crate::script;

use script::{Script, Stage, hold, rewritten};
use sim::ActorId;
use sim::view::View;
use std::path::Path;

/// Links and disks that draw nothing, and no load.
const FIXED: &[&str] = &[
    "load=off",
    "clients=2",
    "latency_min=10ms",
    "latency_max=10ms",
    "sync_min=2ms",
    "sync_max=2ms",
    "work=0s",
];

fn named(id: ActorId, _: &View) -> String {
    id.to_string()
}

fn nothing_more(_: &mut Script, _: &[&str]) -> bool {
    false
}

/// `cluster 3` begins with so many shards.
const TWO_PHASE: Stage = Stage {
    lab: &transactions::two_phase::LAB,
    first: "shards",
    fixed: FIXED,
    quiet: &["asked", "held-up"],
    named,
    more: nothing_more,
};

const SAGA: Stage = Stage { lab: &transactions::saga::LAB, quiet: &["asked", "orders", "goes"], ..TWO_PHASE };

fn folder(lab: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(lab).join("scripts")
}

#[test]
fn two_phase_commit_does_what_its_scripts_say() {
    hold(TWO_PHASE, &folder("two_phase"), 20);
}

#[test]
fn sagas_do_what_their_scripts_say() {
    hold(SAGA, &folder("saga"), 10);
}

#[test]
fn a_script_can_fail() {
    let text = "# One transfer.\n(cluster 1)\ntransfer c1 rent→food 20\n---\nnothing\n";
    assert_ne!(rewritten(TWO_PHASE, text), text);
}
