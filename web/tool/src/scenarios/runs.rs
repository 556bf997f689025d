//! Runs without the window: the same trace hashes in the browser as everywhere else.

use std::fs;

use serde_json::{Value, json};

use super::{Scenario, Stage, ensure};
use crate::browser::Screen;
use crate::error::{Error, Result};

pub const ALL: [Scenario; 2] = [
    Scenario {
        name: "same-hashes",
        claim: "fifty runs have the trace hashes here that they have in every native build",
        flags: &[],
        run: same_hashes,
    },
    Scenario {
        name: "requests",
        claim: "run takes text or an object, and answers a bad request in words",
        flags: &[],
        run: requests,
    },
];

fn same_hashes(stage: &Stage<'_>) -> Result<()> {
    // The file that the native builds are held to: `tests/src/hashes.rs`.
    let path = stage.root().join("tests").join("hashes.txt");
    let text = fs::read_to_string(&path).map_err(Error::file("reading", &path))?;
    let page = stage.visit(Screen::DESK, "")?;
    let mut runs = 0;
    let mut differ = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (hash, request) = line
            .split_once(' ')
            .ok_or_else(|| Error::Page(format!("{}: no request in {line:?}", path.display())))?;
        let answer = page.eval(&format!("JSON.parse(window.potholes.run({})).trace_hash", json!(request)))?;
        runs += 1;
        if answer != json!(hash) {
            differ.push(format!("{request}: {hash} native, {answer} here"));
        }
    }
    ensure(runs >= 50, || format!("only {runs} runs in {}", path.display()))?;
    ensure(differ.is_empty(), || format!("{} of {runs} runs differ: {}", differ.len(), differ.join("; ")))
}

fn requests(stage: &Stage<'_>) -> Result<()> {
    let page = stage.visit(Screen::DESK, "")?;
    let as_text = page.eval(r#"JSON.parse(window.potholes.run('{"lab":"raft","seed":7,"for":"2s"}'))"#)?;
    let as_object = page.eval(r#"window.potholes.run({ lab: 'raft', seed: 7, for: '2s' })"#)?;
    ensure(as_text == as_object && as_text["schema"] == json!(1), || format!("{as_text} or {as_object}"))?;
    for wrong in [
        "''",
        "'{'",
        "'[]'",
        "undefined",
        "null",
        "7",
        "'{\"lab\":\"nobody\"}'",
        "{ lab: 'raft', seed: -1 }",
        "{ lab: 'raft', seed: 1e300 }",
        "{ lab: 'raft', for: '99999999h' }",
        "{ lab: 'raft', set: { nodes: 1e9 } }",
        "{ lab: 'raft', set: { nodes: [] } }",
        "{ lab: 'raft', at: ['1s fly n2'] }",
        "{ lab: 'raft', chaos: 'total' }",
        "{ lab: 'raft', more: true }",
        "'x'.repeat(10_000_000)",
    ] {
        let answer = page.eval(&format!(
            "(() => {{ const a = window.potholes.run({wrong}); return typeof a === 'string' ? JSON.parse(a) : a }})()"
        ))?;
        let told = answer["error"].as_str().is_some_and(|told| told.len() > 10);
        ensure(told && answer["schema"] == json!(1), || format!("run({wrong}) answers {answer}"))?;
    }
    let nowhere = page
        .eval("[window.potholes.locate(''), window.potholes.locate('Nobody'), window.potholes.locate()]")?;
    ensure(nowhere == json!([Value::Null, Value::Null, Value::Null]), || format!("nothing is at {nowhere}"))?;
    // After all that the window is as alive as before.
    page.started()?;
    page.state().map(drop)
}
