//! The command line, held to its names, shapes and exit codes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use crate::support;

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use potholes::cli::{BAD, HELD, OPEN, Opens, Surroundings, VIOLATION, main_with};
use potholes::state::linked::Assignment;
use serde_json::Value;
use support::{Folder, Said, say_if, say_to};

fn say(words: &[&str]) -> Said {
    say_if(words, false)
}

/// Words split as a shell does: at blanks, but not within quotes.
fn shell(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (Some(open), _) if open == letter => quote = None,
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn json(words: &[&str]) -> (u8, Value) {
    let said = say(words);
    assert_eq!(said.err, "", "{words:?}");
    assert_eq!(said.out.lines().count(), 1, "{words:?}: {}", said.out);
    (said.code, serde_json::from_str(&said.out).unwrap())
}

fn lines(said: &Said) -> Vec<Value> {
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A sweep that finds something at once.
const BREAKS: &[&str] =
    &["sweep", "raft", "--seeds", "0..2000", "--chaos", "high", "--set", "ack_before_majority=on", "--json"];

#[test]
fn labs_have_their_shape() {
    let (code, labs) = json(&["labs", "--json"]);
    assert_eq!(code, HELD);
    for lab in labs.as_array().unwrap() {
        for name in ["id", "title", "family", "lesson"] {
            assert!(lab[name].is_string(), "{lab}");
        }
        assert_eq!(lab["schema"], 1);
        let text = say(&["lab", lab["id"].as_str().unwrap()]);
        assert_eq!((text.code, text.err.as_str()), (HELD, ""));
        assert!(text.out.contains(lab["title"].as_str().unwrap()));
    }
    let (code, lab) = json(&["lab", "raft", "--json"]);
    assert_eq!((code, &lab["schema"]), (HELD, &Value::from(1)));
    for (list, names) in [
        ("parameters", &["id", "type", "default", "range", "unit", "doc"][..]),
        ("potholes", &["id", "set", "title", "breaks"]),
        ("measures", &["id", "unit", "doc"]),
        ("invariants", &["name"]),
    ] {
        let items = lab[list].as_array().unwrap();
        assert!(!items.is_empty(), "{list}");
        for item in items {
            for name in names {
                assert!(!item[name].is_null(), "{list}: {item} has no {name}");
            }
        }
    }
    assert!(lab["faults"][0].is_string() && lab["guarantees"][0].is_string() && lab["source"].is_string());
    assert!(say(&["labs"]).out.starts_with("raft "));
}

#[test]
fn a_run_has_its_shape_and_is_the_same_again_by_file_and_by_link() {
    let folder = Folder::new();
    let (file, link) = (folder.file("a.potholes"), folder.file("link"));
    let at = ["1s cut n1 | n2 n3", "2s+1 heal"];
    let words =
        ["run", "raft", "--seed", "7", "--for", "3s", "--set", "nodes=3", "--at", at[0], "--at", at[1]];
    let (code, run) = json(&[&words[..], &["--json", "--save", &file]].concat());
    assert_eq!(code, HELD);
    assert_eq!((&run["schema"], &run["lab"], &run["seed"]), (&1.into(), &"raft".into(), &7.into()));
    assert!(run["events"].as_u64().unwrap() > 50);
    assert_eq!(run["virtual_ns"], 3_000_000_000u64);
    let hash = run["trace_hash"].as_str().unwrap();
    assert!(hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()), "{hash}");
    for name in ["ok", "failed", "unknown"] {
        assert!(run["operations"][name].is_u64());
    }
    assert!(run["measures"]["elections"].is_number());
    assert!(run["claims"][0]["guarantee"].is_string() && run["claims"][0]["holds"] == true);
    let invariants = run["invariants"].as_array().unwrap();
    let (always, sometimes): (Vec<_>, Vec<_>) = invariants.iter().partition(|one| one["mode"] == "always");
    assert!(always.iter().all(|one| one["holds"] == true));
    // What was not reached is not broken: another run may reach it.
    assert!(
        sometimes
            .iter()
            .all(|one| one["holds"] == (if one["event"].is_null() { Value::Null } else { true.into() }))
    );
    assert!(sometimes.iter().any(|one| one["holds"].is_null()));
    assert!(run["claims"][0].as_object().unwrap().contains_key("evidence"));
    let invariant = run["invariants"][0].as_object().unwrap();
    assert!(["name", "holds", "event"].iter().all(|name| invariant.contains_key(*name)));

    let by_link = run["link"].as_str().unwrap();
    std::fs::write(&link, format!("https://example.org/#{by_link}\n")).unwrap();
    for from in [by_link, &format!("#{by_link}"), file.as_str(), link.as_str()] {
        let (code, again) = json(&["replay", from, "--json"]);
        assert_eq!((code, &again), (HELD, &run), "{from}");
    }
    let text = say(&["replay", &file]);
    assert_eq!((text.code, text.err.as_str()), (HELD, ""));
    assert!(text.out.contains(hash) && text.out.contains("linearizable"), "{}", text.out);
    let again = text.out.lines().find_map(|line| line.strip_prefix("again:  potholes ")).unwrap();
    let again = shell(again);
    assert_eq!(
        json(&[&again.iter().map(String::as_str).collect::<Vec<_>>()[..], &["--json"]].concat()).1,
        run
    );
}

#[test]
fn a_file_made_by_another_version_is_told_and_runs() {
    let folder = Folder::new();
    let file = folder.file("a.potholes");
    say(&["run", "raft", "--for", "1s", "--save", &file]);
    let text = std::fs::read_to_string(&file).unwrap();
    let digest = text.lines().find(|line| line.starts_with("digest")).unwrap();
    std::fs::write(&file, text.replace(digest, "digest 00000000")).unwrap();
    let said = say(&["replay", &file]);
    assert_eq!(said.code, HELD);
    assert!(said.err.contains("another version"), "{}", said.err);
}

#[test]
fn scripts_are_commands_or_whole_runs() {
    let folder = Folder::new();
    let (script, file) = (folder.file("script"), folder.file("run"));
    std::fs::write(
        &script,
        "# two ways to write it\n\n  1s cut n1 | n2 n3\nat 2s heal\noff at 1.5s crash n2\n",
    )
    .unwrap();
    let base = ["run", "raft", "--for", "3s", "--set", "nodes=3", "--json"];
    let (_, by_script) = json(&[&base[..], &["--script", &script, "--save", &file]].concat());
    let (_, by_hand) = json(&[&base[..], &["--at", "1s cut n1 | n2 n3", "--at", "2s heal"]].concat());
    assert_eq!(by_script["trace_hash"], by_hand["trace_hash"]);
    assert!(std::fs::read_to_string(&file).unwrap().contains("off at 1.5s crash n2"));

    let (_, whole) = json(&["run", "raft", "--script", &file, "--json"]);
    assert_eq!(whole["trace_hash"], by_hand["trace_hash"]);
    let (_, changed) = json(&["run", "raft", "--script", &file, "--seed", "5", "--json"]);
    assert_eq!((changed["seed"].as_u64(), changed["virtual_ns"].as_u64()), (Some(5), Some(3_000_000_000)));
    assert_ne!(changed["trace_hash"], by_hand["trace_hash"]);

    std::fs::write(&script, "1s heal\n\n2s explode n1\n").unwrap();
    let said = say(&["run", "raft", "--script", &script]);
    assert_eq!((said.code, said.out.as_str()), (BAD, ""));
    assert!(said.err.contains("line 3") && said.err.contains("explode"), "{}", said.err);
}

#[test]
fn a_history_is_lines_of_json_or_of_edn() {
    let folder = Folder::new();
    let (lines, edn, json) = (folder.file("h.jsonl"), folder.file("h.edn"), folder.file("h.json"));
    for file in [&lines, &edn, &json] {
        assert_eq!(say(&["run", "raft", "--for", "5s", "--history", file]).code, HELD);
        let said = say(&["check", file, "--model", "kv", "--guarantee", "linearizable", "--json"]);
        assert_eq!((said.code, said.err.as_str()), (HELD, ""));
    }
    let text = std::fs::read_to_string(&lines).unwrap();
    let mut steps: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(steps.remove(0)["potholes"], "history");
    assert!(steps.len() > 5);
    for step in &steps {
        assert!(["invoke", "ok", "fail", "info"].contains(&step["type"].as_str().unwrap()), "{step}");
        assert!(step["process"].is_u64() && step["time"].is_u64() && step["f"].is_string(), "{step}");
    }
    let text = std::fs::read_to_string(&edn).unwrap();
    assert_eq!(text.lines().count(), steps.len());
    assert!(text.starts_with("{:index 0, :time ") && text.contains(", :type :invoke, "), "{text}");
}

#[test]
fn a_sweep_finds_what_is_wrong_and_says_how_to_see_it() {
    let folder = Folder::new();
    let file = folder.file("broken.potholes");
    let said = say(&[BREAKS, &["--save", &file]].concat());
    assert_eq!(said.code, VIOLATION);
    let documents = lines(&said);
    let (summary, violations) = documents.split_last().unwrap();
    assert!(!violations.is_empty());
    for violation in violations {
        assert_eq!(violation["schema"], 1);
        assert!(violation["seed"].is_u64());
        assert!(violation["guarantee"].is_string() != violation["invariant"].is_string(), "{violation}");
        let replay = shell(violation["replay"].as_str().unwrap());
        assert_eq!(replay[..3], ["potholes", "run", "raft"]);
        let replay: Vec<&str> = replay[1..].iter().map(String::as_str).chain(["--json"]).collect();
        let (code, again) = json(&replay);
        assert_eq!((code, &again["seed"]), (VIOLATION, &violation["seed"]));
        assert!(again["claims"].as_array().unwrap().iter().any(|claim| claim["holds"] == false));
    }
    let (code, replayed) = json(&["replay", &file, "--json"]);
    assert_eq!((code, &replayed["seed"]), (VIOLATION, &violations[0]["seed"]));
    let summary = &summary["summary"];
    assert_eq!(summary["lab"], "raft");
    assert_eq!(summary["violations"].as_u64(), Some(violations.len() as u64));
    assert!(summary["wall_ms"].is_u64() && summary["events"].is_u64());
    assert_eq!(
        summary["seeds"].as_u64(),
        Some(violations[0]["seed"].as_u64().unwrap() + 1),
        "it stopped there"
    );
    for name in ["p50", "p99", "max"] {
        assert!(summary["measures"]["elections"][name].is_number(), "{summary}");
    }
}

#[test]
fn a_sweep_says_the_same_with_any_number_of_threads_and_machines() {
    let sweep = |more: &[&str]| {
        let base = ["sweep", "raft", "--chaos", "high", "--for", "8s", "--keep-going", "--json"];
        let set = ["--set", "read_without_asking=on"];
        let said = say(&[&base[..], &set, more].concat());
        let mut documents = lines(&said);
        let mut summary = documents.pop().unwrap();
        summary["summary"]["wall_ms"] = Value::Null;
        (documents, summary["summary"].clone())
    };
    let one = sweep(&["--seeds", "0..40", "--jobs", "1"]);
    assert_eq!(sweep(&["--seeds", "0..40", "--jobs", "7"]), one);
    let shards = ["0/3", "1/3", "2/3"].map(|shard| sweep(&["--seeds", "0..40", "--shard", shard]));
    let sum = |name: &str| shards.iter().map(|(_, summary)| summary[name].as_u64().unwrap()).sum::<u64>();
    for name in ["seeds", "violations", "events"] {
        assert_eq!(Some(sum(name)), one.1[name].as_u64(), "{name}");
    }
    let mut together: Vec<Value> = shards.into_iter().flat_map(|(violations, _)| violations).collect();
    together.sort_by_key(|violation| violation["seed"].as_u64());
    assert_eq!(together, one.0);
}

#[test]
fn a_sweep_that_holds_says_what_it_never_reached() {
    let words = ["sweep", "raft", "--seeds", "0..3", "--for", "1s", "--set", "clients=0"];
    let said = say(&[&words[..], &["--json"]].concat());
    assert_eq!(said.code, HELD);
    assert!(
        said.err.contains("no seed reached: ") && said.err.contains("a leader is replaced"),
        "{}",
        said.err
    );
    assert_eq!(lines(&said)[0]["summary"]["sometimes"]["a leader is replaced"], 0);
    let text = say(&words);
    assert!(text.out.starts_with("3 seeds, 0 violations"), "{}", text.out);
    let none = say(&["sweep", "raft", "--seeds", "4..4", "--json"]);
    assert_eq!((none.code, none.err.as_str()), (HELD, ""));
    assert_eq!(lines(&none)[0]["summary"]["seeds"], 0);
}

#[test]
fn a_sweep_that_is_interrupted_says_what_it_has() {
    let said = say_if(&["sweep", "raft", "--seeds", "0..9007199254740992", "--json"], true);
    assert_eq!(said.code, HELD);
    assert!(said.err.contains("of 9007199254740992 seeds"), "{}", said.err);
    assert_eq!(lines(&said).len(), 1);
    assert!(lines(&said)[0]["summary"]["seeds"].is_u64());
}

#[test]
fn lessons_are_checked() {
    // That every lesson holds is tested where they are; here, what is said of one.
    let said = say(&["lesson", "check", "leader-nobody-hears", "--json"]);
    assert_eq!((said.code, said.err.as_str()), (HELD, ""), "{}", said.out);
    let documents = lines(&said);
    assert_eq!(documents.len(), 1);
    for lesson in &documents {
        assert_eq!(
            (&lesson["schema"], &lesson["holds"], &lesson["wrong"]),
            (&1.into(), &true.into(), &Value::Array(vec![]))
        );
    }
    let one = say(&["lesson", "check", "lost-write"]);
    assert_eq!((one.code, one.out.lines().count()), (HELD, 1));
}

#[test]
fn a_figure_is_listed_made_and_drawn() {
    let folder = Folder::new();
    let listed = say(&["figure", "raft"]);
    assert_eq!(listed.code, HELD);
    assert!(listed.out.contains("election-timeout"), "{}", listed.out);
    let (svg, png) = (folder.file("f.svg"), folder.file("f.png"));
    let made = say(&["figure", "raft", "election-timeout", "--runs", "8", "--json", "-o", &svg]);
    assert_eq!(made.code, HELD, "{}", made.err);
    let told: Value = serde_json::from_str(&made.out).unwrap();
    assert_eq!((told["schema"].as_u64(), told["runs"].as_u64()), (Some(1), Some(8)));
    assert_eq!(told["curves"].as_array().unwrap().len(), 5);
    let value = &told["values"][1];
    assert_eq!((value["what"].as_str(), value["published"].as_f64()), (Some("median"), Some(30.0)));
    assert!((15.0..70.0).contains(&value["here"].as_f64().unwrap()), "{value}");
    let again = say(&["figure", "raft", "election-timeout", "--runs", "8", "--json", "-o", &png]);
    assert_eq!(again.out, made.out, "whichever core was first");
    assert!(std::fs::read_to_string(&svg).unwrap().starts_with("<svg "));
    assert!(std::fs::read(&png).unwrap().starts_with(b"\x89PNG"));
    let person = say(&["figure", "raft", "election-timeout", "--runs", "2"]);
    assert!(person.out.contains("Held by a test: means and medians within a quarter"), "{}", person.out);
    for (words, told) in [
        (&["figure", "raft", "joy"][..], "it has election-randomness, election-timeout"),
        (&["figure", "raft", "election-timeout", "-o", "x.gif"], ".svg or .png"),
        (&["figure", "raft", "election-timeout", "--runs", "0"], "1 to 100000"),
        (&["figure", "raft", "election-timeout", "--theme", "grey"], "dark or light"),
        (&["figure", "waft"], "waft"),
    ] {
        let said = say(words);
        assert_eq!(said.code, BAD);
        assert!(said.err.contains(told), "{words:?}: {}", said.err);
    }
    let ended = say_if(&["figure", "raft", "election-randomness", "--json"], true);
    assert_eq!(ended.code, potholes::cli::OPEN, "Ctrl-C ends it with what there is");
    assert!(serde_json::from_str::<Value>(&ended.out).is_ok());
}

#[test]
fn a_picture_is_the_same_every_time() {
    let folder = Folder::new();
    let file = folder.file("a.png");
    let picture = |more: &[&str]| {
        let base = ["picture", "--size", "400x300", "-o", &file];
        let said = say(&[&base[..], more].concat());
        assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (HELD, "", ""), "{more:?}");
        std::fs::read(&file).unwrap()
    };
    let size = |png: &[u8]| {
        assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
        let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        (side(16), side(20))
    };
    let dark = picture(&["raft", "--for", "2s", "--seed", "3"]);
    assert_eq!(size(&dark), (400, 300));
    assert_eq!(picture(&["raft", "--for", "2s", "--seed", "3"]), dark);
    assert_ne!(picture(&["raft", "--for", "2s", "--seed", "3", "--theme", "light"]), dark);
    assert_ne!(picture(&["raft", "--for", "3s", "--seed", "3"]), dark);
    assert_eq!(size(&picture(&["raft", "--for", "2s", "--scale", "2"])), (800, 600));
    let first = picture(&[]);
    assert_ne!(picture(&["--for", "2s"]), first);
    assert_ne!(picture(&["--lesson", "lost-write", "--step", "2"]), first);
}

#[test]
fn without_a_display_the_other_ways_are_named() {
    let said = say(&[]);
    assert_eq!((said.code, said.out.as_str()), (BAD, ""));
    for way in
        ["no display", "potholes run", "potholes sweep", "potholes picture", "cargo web serve", "--help"]
    {
        assert!(said.err.contains(way), "{}", said.err);
    }
}

#[test]
fn the_window_opens_and_on_what_it_is_given() {
    let link =
        json(&["run", "raft", "--for", "2s", "--seed", "9", "--json"]).1["link"].as_str().unwrap().to_owned();
    let opened = RefCell::new(Vec::new());
    let open = |words: &[&str]| {
        let mut surroundings = Surroundings {
            out: &mut io::sink(),
            err: &mut io::sink(),
            watched: false,
            window: &|shown| {
                opened.borrow_mut().push(shown.map(|shown| match shown {
                    Opens::Run(opened) => opened.run.seed.to_string(),
                    Opens::History(history) => history.name().to_owned(),
                }));
                Ok(())
            },
            interrupted: &|| Arc::new(AtomicBool::new(false)),
        };
        main_with(std::iter::once("potholes").chain(words.iter().copied()).map(Into::into), &mut surroundings)
    };
    assert_eq!((open(&[]), open(&["--open", &link]), open(&["--open", "nothing"])), (HELD, HELD, BAD));
    let scratch = Folder::new();
    let history = scratch.file("read.edn");
    let text =
        "{:process 0, :type :invoke, :f :read, :value nil}\n{:process 0, :type :ok, :f :read, :value 4}";
    std::fs::write(&history, text).unwrap();
    assert_eq!((open(&[&link]), open(&[&history]), open(&["swep"])), (HELD, HELD, BAD));
    let run = || Some("9".to_owned());
    assert_eq!(*opened.borrow(), [None, run(), run(), Some("read.edn".to_owned())]);
}

#[test]
fn help_is_an_answer() {
    for words in [&["--help"][..], &["run", "--help"], &["help", "sweep"], &["--version"]] {
        let said = say(words);
        assert_eq!((said.code, said.err.as_str()), (HELD, ""), "{words:?}");
        assert!(!said.out.is_empty());
    }
    let said = say(&["run", "--help"]);
    assert!(said.out.contains("cut n1 n2 | n3"), "{}", said.out);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = say(&["completions", shell]);
        assert_eq!((said.code, said.out.contains("sweep")), (HELD, true), "{shell}");
    }
}

#[test]
fn what_is_malformed_is_told_and_changes_nothing() {
    let folder = Folder::new();
    let (binary, long, run) = (folder.file("binary"), folder.file("long"), folder.file("run"));
    let (png, odd) = (folder.file("x.png"), folder.file("odd"));
    std::fs::write(&binary, [0xff, 0xfe, 0, 1]).unwrap();
    std::fs::write(&long, "1s heal\n".repeat(100_000)).unwrap();
    std::fs::write(&run, "potholes 1\nlab raft 1\nseed 1\nseed 2\n").unwrap();
    std::fs::write(&odd, "potholes 99\n").unwrap();
    let big = "9".repeat(400);
    let requests: &[(&[&str], &str)] = &[
        (&["fly"], "fly"),
        (&["run"], "LAB"),
        (&["run", "raft", "raft"], "raft"),
        (&["run", "nowhere"], "raft"),
        (&["run", "raft", "--seed", "x"], "x"),
        (&["run", "raft", "--seed", "-1"], "-1"),
        (&["run", "raft", "--seed", "9007199254740992"], "2^53"),
        (&["run", "raft", "--seed", &big], "invalid"),
        (&["run", "raft", "--for", "soon"], "soon"),
        (&["run", "raft", "--for", "0s"], "0s"),
        (&["run", "raft", "--for", "11h"], "ten hours"),
        (&["run", "raft", "--set", "nodes"], "nodes"),
        (&["run", "raft", "--set", "nodes=99"], "1 to 9"),
        (&["run", "raft", "--set", "nodes=-1"], "1 to 9"),
        (&["run", "raft", "--set", "=3"], "parameter"),
        (&["run", "raft", "--set", &big], "PARAM=VALUE"),
        (&["run", "raft", "--chaos", "lots"], "medium"),
        (&["run", "raft", "--at", "heal"], "heal"),
        (&["run", "raft", "--at", ""], "at"),
        (&["run", "raft", "--at", "1s"], "command"),
        (&["run", "raft", "--at", "1s crash n99"], "n99"),
        (&["run", "raft", "--at", "1s explode n1"], "explode"),
        (&["run", "raft", "--at", "1s set nodes=3"], "nodes"),
        (&["run", "raft", "--script", "/no/such/file"], "/no/such/file"),
        (&["run", "raft", "--script", &binary], "text"),
        (&["run", "raft", "--script", &long], "longer"),
        (&["run", "raft", "--script", &run], "line 4"),
        (&["run", "raft", "--for", "1s", "--save", "/no/such/folder/x"], "/no/such/folder/x"),
        (&["run", "raft", "--for", "1s", "--history", "/no/such/folder/x"], "/no/such/folder/x"),
        (&["sweep", "raft"], "--seeds"),
        (&["sweep", "raft", "--seeds", "5"], "A..B"),
        (&["sweep", "raft", "--seeds", "5..1"], "A..B"),
        (&["sweep", "raft", "--seeds", "0..=5"], "A..B"),
        (&["sweep", "raft", "--seeds", "0..9007199254740993"], "2^53"),
        (&["sweep", "raft", "--seeds", "0..5", "--seed", "3"], "--seeds"),
        (&["sweep", "raft", "--seeds", "0..5", "--jobs", "0"], "--jobs"),
        (&["sweep", "raft", "--seeds", "0..5", "--jobs", "99999"], "--jobs"),
        (&["sweep", "raft", "--seeds", "0..5", "--shard", "3/3"], "--shard"),
        (&["replay"], "FILE|LINK"),
        (&["replay", "/no/such/file"], "/no/such/file"),
        (&["replay", "2AAAA"], "damaged"),
        (&["replay", ""], "missing"),
        (&["replay", &run], "line 4"),
        (&["replay", &odd], "format 99"),
        (&["replay", &binary], "text"),
        (&["replay", folder.0.to_str().unwrap()], "no file"),
        (&["--open", "/no/such/file"], "/no/such/file"),
        (&["lab"], "ID"),
        (&["lab", "nowhere"], "nowhere"),
        (&["lesson"], "check"),
        (&["lesson", "check", "nowhere"], "lost-write"),
        (&["picture", "raft"], "--output"),
        (&["picture", "raft", "-o", &odd], ".png"),
        (&["picture", "raft", "--lesson", "lost-write", "-o", &png], "--lesson"),
        (&["picture", "--lesson", "nowhere", "-o", &png], "lost-write"),
        (&["picture", "--lesson", "lost-write", "--step", "99", "-o", &png], "--step"),
        (&["picture", "--lesson", "lost-write", "--seed", "1", "-o", &png], "--seed"),
        (&["picture", "--for", "9h", "-o", &png], "--for"),
        (&["picture", "raft", "--size", "big", "-o", &png], "1280x800"),
        (&["picture", "raft", "--size", "1x1", "-o", &png], "64"),
        (&["picture", "raft", "--size", "60000x60000", "-o", &png], "8192"),
        (&["picture", "raft", "--size", "8000x8000", "-o", &png], "million"),
        (&["picture", "raft", "--theme", "pink", "-o", &png], "pink"),
        (&["picture", "raft", "--scale", "NaN", "-o", &png], "NaN"),
        (&["picture", "raft", "--scale", "100", "-o", &png], "1 to 4"),
        (&["picture", "raft", "--for", "1s", "--select", "n77", "-o", &png], "n77"),
        (&["picture", "raft", "--for", "1s", "--select", "?", "-o", &png], "?"),
        (&["completions", "csh"], "bash"),
    ];
    for (words, named) in requests {
        let said = say(words);
        assert_eq!((said.code, said.out.as_str()), (BAD, ""), "{words:?}: {}", said.err);
        assert!(said.err.contains(named), "{words:?}: {}", said.err);
        assert!(said.err.len() < 4_000, "{words:?}: {}", said.err);
    }
    assert!(!std::path::Path::new(&png).exists());
    assert_eq!(std::fs::read_to_string(&odd).unwrap(), "potholes 99\n");
}

/// Takes some writes, then none.
struct Closing(usize, io::ErrorKind);

impl Write for Closing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(self.1.into());
        }
        self.0 -= 1;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_a_full_disk_is_one() {
    let all: &[&[&str]] = &[
        &["labs"],
        &["lab", "raft"],
        &["run", "raft", "--for", "1s"],
        &["lesson", "check", "lost-write"],
        &["--help"],
    ];
    for words in all {
        let mut err = Vec::new();
        let gone = &mut Closing(0, io::ErrorKind::BrokenPipe);
        assert_eq!(say_to(words, gone, &mut err, false), HELD, "{words:?}");
        assert_eq!(err, b"", "{words:?}");
        let full = &mut Closing(0, io::ErrorKind::StorageFull);
        assert_eq!(say_to(words, full, &mut err, false), BAD, "{words:?}");
    }
    // It ends soon after its first line was not read, far from the end of its seeds.
    let endless: Vec<&str> =
        BREAKS.iter().map(|word| if *word == "0..2000" { "0..9007199254740992" } else { word }).collect();
    let gone = &mut Closing(1, io::ErrorKind::BrokenPipe);
    let code = say_to(&[&endless[..], &["--keep-going"]].concat(), gone, &mut Vec::new(), false);
    assert_eq!(code, VIOLATION);
    let gone = &mut Closing(0, io::ErrorKind::BrokenPipe);
    let held = ["sweep", "raft", "--seeds", "0..2", "--for", "1s"];
    assert_eq!(say_to(&held, gone, &mut Vec::new(), false), HELD);
    // Nor does it matter that nobody reads the errors.
    let (out, err) = (&mut Vec::new(), &mut Closing(0, io::ErrorKind::BrokenPipe));
    assert_eq!(say_to(&["fly"], out, err, false), BAD);
}

#[test]
fn a_promise_is_broken_made_small_and_the_replay_shows_it() {
    let folder = Folder::new();
    let words = ["break", "raft", "--guarantee", "linearizable", "--set", "read_without_asking=on"];
    let save = folder.file("small.potholes");
    let (code, found) = json(&[&words[..], &["--json", "--save", &save]].concat());
    assert_eq!((code, &found["schema"], &found["guarantee"]), (VIOLATION, &1.into(), &"linearizable".into()));
    let small = &found["found"];
    assert_eq!(small["broken"], "linearizable");
    let (before, after) =
        (small["commands_before"].as_u64().unwrap(), small["commands"].as_array().unwrap().len());
    assert!(after <= 8 && before as usize >= after, "{before} commands, shrunk to {after}");
    assert!(small["blame"].as_str().unwrap().contains("pothole"), "{small}");
    let replay = shell(small["replay"].as_str().unwrap());
    let replay: Vec<&str> = replay.iter().skip(1).map(String::as_str).collect();
    for again in [replay, vec!["replay", &save], vec!["replay", small["link"].as_str().unwrap()]] {
        let said = say(&again);
        assert_eq!(said.code, VIOLATION, "{again:?}: {}{}", said.out, said.err);
    }
}

#[test]
fn what_was_searched_for_is_told_though_it_cannot_be_saved() {
    let folder = Folder::new();
    let save = folder.file("no such folder/small.potholes");
    let said = say(&["break", "raft", "--set", "ack_before_majority=on", "--save", &save]);
    assert_eq!(said.code, BAD);
    assert!(said.out.contains("see it:  potholes run raft"), "{}", said.out);
    assert!(said.err.contains("no such folder"), "{}", said.err);
}

#[test]
fn what_a_search_saves_tells_when_it_was_changed() {
    let folder = Folder::new();
    let save = folder.file("small.run");
    let said = say(&["break", "raft", "--set", "ack_before_majority=on", "--save", &save]);
    assert_eq!(said.code, VIOLATION, "{}{}", said.out, said.err);
    assert_eq!(say(&["replay", &save]).err, "");
    let text = std::fs::read_to_string(&save).unwrap();
    let put = text.lines().find(|line| line.contains(" put ")).expect("a write is lost").to_owned();
    std::fs::write(&save, text.replace(&put, &format!("{put}x"))).unwrap();
    let said = say(&["replay", &save]);
    assert!(said.err.contains("changed since it was saved"), "{}", said.err);
}

#[test]
fn files_that_cannot_be_written_are_refused_before_anything_runs() {
    let folder = Folder::new();
    let one = folder.file("one.json");
    for (words, told) in [
        (&["--save", &one, "--history", &one][..], "two files cannot have one name"),
        (&["--export", "run.foo"], "run.foo"),
        (&["--export", "run.svg", "--window", "much"], "--window"),
    ] {
        let said = say(&[&["run", "raft", "--for", "1s"], words].concat());
        assert_eq!((said.code, said.out.as_str()), (BAD, ""), "{words:?}");
        assert!(said.err.contains(told), "{}", said.err);
    }
    let said = say(&["run", "raft", "--at", "1s \u{1b}[31mput \u{202e}"]);
    assert!(said.code == BAD && !said.err.contains(['\u{1b}', '\u{202e}']), "{}", said.err);
}

#[test]
fn nothing_tried_is_nothing_known() {
    let said = say(&["break", "raft", "--budget", "0s"]);
    assert_eq!(said.code, OPEN, "{}", said.out);
    assert!(said.out.contains("nothing was tried"), "{}", said.out);
}

#[test]
fn what_is_not_broken_says_how_much_was_tried() {
    let said = say(&["break", "raft", "--budget", "1s"]);
    assert_eq!((said.code, said.err.as_str()), (HELD, ""));
    assert!(said.out.contains("“any promise” was not broken. Tried"), "{}", said.out);
    for (words, told) in [
        (
            &["break", "raft", "--guarantee", "serializable"][..],
            "Raft promises no “serializable”: it may be linearizable",
        ),
        (&["break", "raft", "--budget", "soon"], "--budget: “soon” is no length of time"),
        (&["break", "raft", "--budget", "-1s"], "--budget: “-1s” is no length of time"),
        (&["run", "raft", "--seed", "-1"], "invalid value '-1' for '--seed <N>'"),
        (&["replay", "nosuch.txt"], "there is no file “nosuch.txt”"),
        (&["break", "rift"], "rift"),
    ] {
        let said = say(words);
        assert_eq!((said.code, said.out.as_str()), (BAD, ""), "{words:?}");
        assert!(said.err.contains(told), "{}", said.err);
    }
}

#[test]
fn what_was_handed_in_is_graded() {
    let words = ["run", "raft", "--for", "2s", "--seed", "9", "--at", "1s crash n2", "--json"];
    let link = json(&words).1["link"].as_str().unwrap().to_owned();
    let asks = |goal: &str, faults: u32| {
        Assignment::new("Stop the second node", goal, Some(faults)).unwrap().words()
    };
    let grade = |words: String| say(&["grade", &format!("#{link}{words}")]);
    let done = grade(asks("down(n2)", 1));
    assert_eq!(
        (done.code, done.out.contains(": done, with 1 fault: Stop the second node")),
        (HELD, true),
        "{}",
        done.out
    );
    assert_eq!(grade(asks("down(n2)", 0)).code, VIOLATION, "with too many faults");
    assert_eq!(grade(asks("down(n1)", 1)).code, VIOLATION);
    assert_eq!(grade(String::new()).code, BAD, "nothing is asked for");
}

#[test]
fn a_run_is_exported_for_others_to_see() {
    let folder = Folder::new();
    let names = ["a.svg", "a.png", "a.shiviz", "a.perfetto.json", "a.mmd"].map(|name| folder.file(name));
    let mut words = vec![
        "run",
        "raft",
        "--for",
        "3s",
        "--at",
        "1s crash @leader",
        "--window",
        "500ms..2s",
        "--theme",
        "dark",
    ];
    for name in &names {
        words.extend(["--export", name]);
    }
    let said = say(&words);
    assert_eq!(said.code, HELD, "{}", said.err);
    let starts: [&[u8]; 5] = [
        b"<svg ",
        b"\x89PNG",
        b"(?<event>.*)\\n(?<host>",
        b"{\"displayTimeUnit\"",
        b"%% Raft, seed 1, 0.500 s to 2.000 s",
    ];
    for (name, start) in names.iter().zip(starts) {
        let file = std::fs::read(name).unwrap();
        assert!(file.starts_with(start), "{name}: {}", String::from_utf8_lossy(&file[..60]));
    }
    for (words, told) in [
        (["--export", "a.docx", "--window", "1s.."], "does not say what is to be written"),
        (["--export", "a.svg", "--window", "2s..1s"], "is no stretch of a run"),
    ] {
        let said = say(&[&["run", "raft", "--for", "1s"][..], &words[..]].concat());
        assert_eq!(said.code, BAD);
        assert!(said.err.contains(told), "{}", said.err);
    }
}
