//! Scripts: commands, `---`, what came out. `UPDATE=1 cargo test -p potholes-clocks scripts` rewrites what came out. What a
//! script may say stands in `protocols/sim/tests/support/script.rs`.

use crate::script::{Script, Stage, hold, rewritten};
use sim::ActorId;
use sim::view::View;
use std::path::Path;

fn named(id: ActorId, _: &View) -> String {
    id.to_string()
}

fn nothing_more(_: &mut Script, _: &[&str]) -> bool {
    false
}

/// `cluster 3` begins with so many servers: links and disks that draw nothing, clocks that are right, and no load.
const BOARD: Stage = Stage {
    lab: &clocks::board::LAB,
    first: "servers",
    fixed: &[
        "load=off",
        "clients=2",
        "skew=0s",
        "drift=0",
        "latency_min=5ms",
        "latency_max=5ms",
        "sync_min=1ms",
        "sync_max=1ms",
        "work=0s",
    ],
    quiet: &["asked", "doubts", "granted"],
    named,
    more: nothing_more,
};

/// `cluster 3` begins with so many nodes.
const SNAPSHOT: Stage = Stage {
    lab: &clocks::snapshot::LAB,
    first: "nodes",
    fixed: &["load=off", "clients=2", "latency_min=10ms", "latency_max=10ms", "work=0s"],
    quiet: &["asked"],
    ..BOARD
};

fn folder(lab: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(lab).join("scripts")
}

#[test]
fn the_board_does_what_its_scripts_say() {
    hold(BOARD, &folder("board"), 6);
}

#[test]
fn snapshots_do_what_their_scripts_say() {
    hold(SNAPSHOT, &folder("snapshot"), 5);
}

#[test]
fn a_script_can_fail() {
    let text = "# One post.\n(cluster 1)\npost c1 milk to n2\n---\nnothing\n";
    assert_ne!(rewritten(BOARD, text), text);
}
