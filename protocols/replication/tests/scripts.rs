//! Scripts: commands, `---`, what came out. `UPDATE=1 cargo test -p potholes-replication scripts` rewrites what
//! came out. What a script may say stands in `protocols/sim/tests/support/script.rs`.

use crate::script;

use script::{Script, Stage, hold, rewritten};
use sim::ActorId;
use sim::view::View;
use std::path::Path;

/// Links and disks that draw nothing, no load, and nothing in the background but gossip and what is fired by hand.
const FIXED: &[&str] = &[
    "load=off",
    "latency_min=10ms",
    "latency_max=10ms",
    "sync_min=2ms",
    "sync_max=2ms",
    "work=0s",
    "gossip=100ms",
    "handoff=600s",
    "compare=600s",
];

fn named(id: ActorId, _: &View) -> String {
    id.to_string()
}

fn nothing_more(_: &mut Script, _: &[&str]) -> bool {
    false
}

/// `cluster 5` begins with so many members.
const STAGE: Stage = Stage {
    lab: &replication::dynamo::LAB,
    first: "nodes",
    fixed: FIXED,
    quiet: &["asked", "hints", "serves"],
    named,
    more: nothing_more,
};

#[test]
fn dynamo_does_what_its_scripts_say() {
    hold(STAGE, &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/dynamo/scripts"), 20);
}

#[test]
fn a_script_can_fail() {
    let text = "# One write.\n(cluster 3)\nput c1 list=milk\n---\nnothing\n";
    assert_ne!(rewritten(STAGE, text), text);
}
