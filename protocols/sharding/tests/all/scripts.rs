//! Scripts: commands, `---`, what came out. `UPDATE=1 cargo test -p potholes-sharding --test all scripts` rewrites what came
//! out. What a script may say stands in `protocols/sim/tests/support/script.rs`.

#[path = "../../../sim/tests/support/script.rs"]
mod script;

use script::{Script, Stage, hold, rewritten};
use sim::ActorId;
use sim::view::View;
use std::path::Path;

/// Links and disks that draw nothing, no load, and nothing in the background.
const FIXED: &[&str] = &[
    "load=off",
    "latency_min=10ms",
    "latency_max=10ms",
    "sync_min=2ms",
    "sync_max=2ms",
    "serve=0s",
    "window=600s",
    "drive=60s",
    "keys=8",
    "shards=4",
];

fn named(id: ActorId, _: &View) -> String {
    id.to_string()
}

fn nothing_more(_: &mut Script, _: &[&str]) -> bool {
    false
}

/// `cluster 2` begins with so many servers.
const STAGE: Stage = Stage {
    lab: &sharding::store::LAB,
    first: "servers",
    fixed: FIXED,
    quiet: &["asked", "serves", "epoch"],
    named,
    more: nothing_more,
};

#[test]
fn shards_do_what_their_scripts_say() {
    hold(STAGE, &Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/scripts"), 8);
}

#[test]
fn a_script_can_fail() {
    let text = "# One write.\n(cluster 2)\nput c1 k0=milk\n---\nnothing\n";
    assert_ne!(rewritten(STAGE, text), text);
}
