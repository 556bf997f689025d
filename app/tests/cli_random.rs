//! Whatever words follow `potholes`: no panic, a known exit code, and of what was bad nothing on standard output.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "cli_support/mod.rs"]
mod support;

use proptest::prelude::*;
use support::{Folder, say_if};

/// Words that mean something somewhere. Runs are short, and sweeps of few seeds.
const WORDS: &[&str] = &[
    "labs",
    "lab",
    "run",
    "sweep",
    "replay",
    "lesson",
    "check",
    "picture",
    "completions",
    "help",
    "raft",
    "bash",
    "lost-write",
    "--json",
    "--seed",
    "--seeds",
    "--for",
    "--set",
    "--at",
    "--script",
    "--save",
    "--history",
    "--chaos",
    "--jobs",
    "--shard",
    "--keep-going",
    "--lesson",
    "--step",
    "--done",
    "--select",
    "--size",
    "--theme",
    "--scale",
    "-o",
    "--output",
    "--open",
    "--",
    "-",
    "",
    "--help",
    "--version",
    "0",
    "1",
    "3",
    "0..3",
    "3..0",
    "0/2",
    "2/2",
    "1s",
    "200ms",
    "10h1",
    "nodes=3",
    "nodes=",
    "no_sessions=on",
    "high",
    "none",
    "dark",
    "light",
    "80x64",
    "0x0",
    "x.png",
    "x.potholes",
    "1s heal",
    "1s cut n1 | n2",
    "0s",
    "1s crash n9",
    "n1",
    "c1",
    "2AAAA",
    "#1",
    "https://example.org/#",
    "--seed=3",
    "--for=300ms",
    "--set=",
    "-x",
    "é",
    "\u{0}",
    "\u{1F573}",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
        1 => "[-=.a-z0-9#| ]{0,20}",
    ]
}

/// Mostly such that something is done, else anything.
fn line() -> impl Strategy<Value = Vec<String>> {
    let words = || prop::collection::vec(word(), 0..8);
    let after = |start: &'static [&'static str]| {
        words()
            .prop_map(move |more| start.iter().map(|word| (*word).to_owned()).chain(more).collect::<Vec<_>>())
    };
    prop_oneof![
        3 => words(),
        2 => after(&["run", "raft", "--for", "500ms"]),
        2 => after(&["sweep", "raft", "--for", "500ms", "--seeds", "0..2"]),
        1 => after(&["picture", "raft", "--for", "500ms", "--size", "80x64"]),
        1 => after(&["replay"]),
        1 => after(&["--open"]),
    ]
}

#[test]
fn nothing_panics() {
    // What is written goes into a folder that is removed.
    let folder = Folder::new();
    std::env::set_current_dir(folder.file("")).unwrap();
    let config = ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(line in line())| {
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        let said = say_if(&words, false);
        prop_assert!(said.code <= 3, "{words:?}: {}", said.code);
        if said.code == 2 {
            prop_assert_eq!(said.out, "", "{:?}", words);
            prop_assert!(!said.err.is_empty(), "{:?}", words);
        }
    });
    std::env::set_current_dir(std::env::temp_dir()).unwrap();
}
