//! The verdicts of other projects' own test suites, and of files in their shapes: every file with every guarantee of
//! `histories/VERDICTS.tsv` and `histories/shapes/VERDICTS.tsv`, its form and model guessed.

#![allow(clippy::unwrap_used)]

use std::path::Path;

use check::check::{Checking, Claim, Request};
use check::names::{Guarantee, ModelName};
use check::read::{Options, read};

/// More steps than any of them needs.
const STEPS: u64 = 50_000_000;

struct Line {
    file: String,
    model: ModelName,
    guarantee: Guarantee,
    holds: bool,
}

fn table() -> Vec<Line> {
    let tables = [include_str!("histories/VERDICTS.tsv"), include_str!("histories/shapes/VERDICTS.tsv")];
    let line = |line: &str| {
        let parts: Vec<&str> = line.split('\t').collect();
        let [file, model, guarantee, holds] = parts.as_slice() else { panic!("{line}") };
        Line {
            file: (*file).to_owned(),
            model: model.parse().unwrap(),
            guarantee: guarantee.parse().unwrap(),
            holds: holds.trim().parse().unwrap(),
        }
    };
    tables.iter().flat_map(|text| text.lines().skip(1)).filter(|text| !text.is_empty()).map(line).collect()
}

/// What is found of one guarantee of a file, and the model that it was taken to be of.
fn judged(file: &str, guarantee: Guarantee) -> Result<(ModelName, Claim), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/histories").join(file);
    let mut opened = std::fs::File::open(&path).map_err(|wrong| wrong.to_string())?;
    let imported = read(file, &mut opened, &Options::default()).map_err(|wrong| wrong.to_string())?;
    let model = imported.model;
    let request = Request { guarantees: vec![guarantee], ..Request::default() };
    let mut checking = Checking::new(imported, &request).map_err(|wrong| wrong.to_string())?;
    let mut left = STEPS / 10_000;
    while !checking.advance(10_000) && left > 0 {
        left -= 1;
    }
    Ok((model, checking.claims().remove(0)))
}

/// Whether it is the right model; without a swap nothing tells a register that has one from one that has not.
fn is_fit(guessed: ModelName, model: ModelName) -> bool {
    guessed == model || guessed == ModelName::Register && model == ModelName::CasRegister
}

#[test]
fn every_line_comes_out_as_it_must() {
    let mut wrong = Vec::new();
    let table = table();
    assert!(table.len() > 90, "{} lines", table.len());
    for Line { file, model, guarantee, holds } in table {
        match judged(&file, guarantee) {
            Err(told) => wrong.push(format!("{file}: {told}")),
            Ok((guessed, _)) if !is_fit(guessed, model) => {
                wrong.push(format!("{file}: a {guessed}, not a {model}"));
            }
            Ok((_, claim)) if claim.holds != Some(holds) => {
                wrong.push(format!("{file}: {guarantee} should be {holds}, is {claim:?}"));
            }
            Ok((_, claim)) => {
                let evidence = claim.evidence;
                if !holds
                    && evidence.is_none_or(|found| found.sentence.is_empty() || found.operations.is_empty())
                {
                    wrong.push(format!("{file}: {guarantee} is broken, and nobody says why"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A transaction that does not see what it did itself: no level of isolation between transactions is at fault, and none of
/// those that hold is said to follow from one that does not.
#[test]
fn what_holds_never_follows_from_what_is_broken() {
    let text = "{:type :invoke, :f :txn, :process 0, :value [[:append :x 1] [:r :x nil]]}\n\
                {:type :ok, :f :txn, :process 0, :value [[:append :x 1] [:r :x []]]}\n";
    let imported = check::read::import("", text.as_bytes(), &Options::default()).unwrap();
    let request = Request { guarantees: Vec::new(), ..Request::default() };
    let mut checking = Checking::new(imported, &request).unwrap();
    while !checking.advance(10_000) {}
    let claims = checking.claims();
    let broken: Vec<String> = claims
        .iter()
        .filter(|claim| claim.holds == Some(false))
        .map(|claim| claim.guarantee.to_string())
        .collect();
    assert!(broken.contains(&"strict-serializable".to_owned()), "{broken:?}");
    let held = claims.iter().filter(|claim| claim.holds == Some(true));
    let mut told = 0;
    for claim in held {
        let words = format!("{claim:?}");
        assert!(!broken.iter().any(|name| words.contains(&format!("follows from {name}."))), "{words}");
        told += 1;
    }
    assert!(told > 0, "read committed holds at least");
}
