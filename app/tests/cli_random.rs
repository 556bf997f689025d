//! Whatever words follow `potholes`: no panic, a known exit code, and of what was bad nothing on standard output.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use crate::random as fuzz;
use crate::support;

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

/// Command lines that do something, one word a line.
const LINES: &[&str] = &[
    "run\nraft\n--for\n300ms\n--seed\n7\n--set\nnodes=3\n--at\n100ms cut n1 | n2\n--chaos\nhigh\n--json",
    "sweep\nraft\n--for\n200ms\n--seeds\n0..2\n--shard\n0/2\n--jobs\n1\n--keep-going",
    "lab\nraft\n--json",
    "replay\n#2AAAA\n--json",
    "lesson\ncheck\nnobody\n--json",
    "picture\nraft\n--size\n0x0\n--scale\n2\n--theme\nlight\n--select\nn1\n-o\nno/such/folder/x.png",
    "completions\nbash",
    "--open\nhttps://example.org/#1",
];

#[test]
fn fuzz_arguments() {
    fuzz::texts(400, LINES, |text| {
        let words: Vec<&str> = text.split('\n').collect();
        // What would be long is for other tests, and files are written in one of these only.
        let long = |word: &&str| word.ends_with(['h', 'm', 's']) && word.len() > 5;
        let seeds = |word: &&str| word.contains("..") && *word != "0..2";
        let writes = |word: &&str| word.starts_with("--sa") || word.starts_with("--hi");
        if words.contains(&"check") && words.len() < 4
            || words.iter().any(|word| long(word) || seeds(word) || writes(word))
            || words.first().is_some_and(|word| *word == "run" || *word == "sweep")
                && !words.contains(&"--for")
        {
            return;
        }
        let said = say_if(&words, false);
        assert!(said.code <= 3, "{words:?}: {}", said.code);
        assert!(said.code != 2 || (said.out.is_empty() && !said.err.is_empty()), "{words:?}: {}", said.out);
        assert!(said.err.len() < 20_000, "{words:?}: {} bytes of complaint", said.err.len());
    });
}
