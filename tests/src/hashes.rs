//! Fifty runs and their trace hashes, `tests/hashes.txt`: a line each, the hash and what `window.potholes.run` is asked.
//! A debug build, a release build and the page in a browser are each held to this file, and so to each other.
//!
//! `UPDATE=1 cargo test -p potholes-tests` writes the hashes anew, where a lab was changed on purpose, and adds runs of a
//! lab that has none yet.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sim::Lab;

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hashes.txt")
}

/// The lines of the file: a hash, and the request whose run has it.
fn lines(text: &str) -> Vec<(&str, &str)> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap_or_else(|| panic!("no request in “{line}”"))).collect()
}

fn hash(request: &str) -> String {
    let answer: Value = serde_json::from_str(&run::run_json(request)).unwrap();
    match answer["trace_hash"].as_str() {
        Some(hash) => hash.to_owned(),
        None => panic!("{request}: {answer}"),
    }
}

/// How many of the requests are runs of that lab.
fn runs_of(lab: &str, requests: &[&str]) -> usize {
    requests.iter().filter(|request| request.contains(&format!("\"lab\":\"{lab}\""))).count()
}

/// Runs for a lab that has none yet: all kinds of chaos, and each pothole. Where messages are signed, with the quick
/// stand-in for all but one: pages compute these too.
fn first_runs(lab: &dyn Lab) -> Vec<String> {
    let id = lab.about().id;
    let signs = lab.parameters().iter().any(|parameter| parameter.id == "signatures");
    let request = |seed: u64, long: &str, chaos: &str, pothole: Option<&str>| {
        let mut set = serde_json::Map::new();
        if signs && seed > 0 {
            set.insert("signatures".to_owned(), json!("tags"));
        }
        if let Some(pothole) = pothole {
            set.insert(pothole.to_owned(), json!(true));
        }
        json!({ "lab": id, "seed": seed, "for": long, "set": set, "chaos": chaos }).to_string()
    };
    let quiet = std::iter::once(request(0, "3s", "none", None));
    let chaos = (1..6).map(|seed| request(seed, "10s", "high", None));
    let milder = [request(100, "15s", "medium", None), request(200, "20s", "low", None)];
    let potholes = (300..).zip(lab.potholes()).map(|(seed, it)| request(seed, "10s", "high", Some(it.id)));
    quiet.chain(chaos).chain(milder).chain(potholes).collect()
}

#[test]
fn fifty_runs_have_the_hashes_they_had() {
    let mut text = std::fs::read_to_string(file()).unwrap();
    if std::env::var_os("UPDATE").is_some() {
        let known = text.clone();
        let known: Vec<&str> = lines(&known).into_iter().map(|(_, request)| request).collect();
        for lab in catalog::LABS.iter().filter(|lab| runs_of(lab.about().id, &known) == 0) {
            let added = first_runs(*lab).into_iter().map(|request| format!("new {request}\n"));
            text.extend(added);
        }
    }
    let lines = lines(&text);
    assert!(lines.len() >= 50, "only {} runs", lines.len());
    let now: Vec<String> = lines.iter().map(|(_, request)| hash(request)).collect();
    if std::env::var_os("UPDATE").is_some() {
        let head = text.lines().take_while(|line| line.starts_with('#')).map(str::to_owned);
        let body = now.iter().zip(&lines).map(|(hash, (_, request))| format!("{hash} {request}"));
        let written: Vec<String> = head.chain(body).collect();
        std::fs::write(file(), written.join("\n") + "\n").unwrap();
        return;
    }
    let differ = lines.iter().zip(&now).filter(|((before, _), now)| before != now);
    let differ: Vec<String> =
        differ.map(|((before, request), now)| format!("{before} is now {now}: {request}")).collect();
    assert!(
        differ.is_empty(),
        "{} of {} runs differ:\n{}\nIf a lab was changed on purpose: UPDATE=1",
        differ.len(),
        lines.len(),
        differ.join("\n")
    );
}

#[test]
fn every_lab_is_among_them_and_no_two_are_the_same() {
    let text = std::fs::read_to_string(file()).unwrap();
    let lines = lines(&text);
    for lab in catalog::LABS {
        let id = lab.about().id;
        let requests: Vec<&str> = lines.iter().map(|(_, request)| *request).collect();
        let runs = runs_of(id, &requests);
        assert!(runs >= 10, "{id}: {runs} runs");
    }
    let mut hashes: Vec<&str> = lines.iter().map(|(hash, _)| *hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), lines.len(), "two different runs have the same hash");
}
