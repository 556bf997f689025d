//! Fuzz targets of what lessons are written in: files, conditions, prose. Each text is read or refused with the place
//! where it went wrong; none panics or takes long, and neither does asking a condition that was read.

#![allow(clippy::unwrap_used, reason = "a test")]

use crate::random as fuzz;

use lessons::condition::{Condition, Scope};
use lessons::prose::Paragraph;
use lessons::{Lesson, Session};
use run::{Playback, Run};
use std::time::{Duration, Instant};

const CONDITIONS: &[&str] = &[
    "not a(x) and b() or 1s + 2s > c(n1 n2, 3)",
    "leads(n3) and not answered(c1, tea)",
    "field(n1, committed) >= 3",
    "field(@leader, field(n1, committed))",
    "fact(leader, n3, 2) or fact(*, *, *)",
    "count(leader, *) - count(voted, n1 n2) != -1",
    "gave_up(c1, \"tea\") - asked(c1, tea) <= 1.5s",
    "entry(n1, 4) = milk and in_log(*, tea) and committed(n1, tea)",
    "param(nodes) = 3 and holds(linearizable) and not broken(progress)",
    "sent(n1, n3, append) < received(*, *) or lost(n1, n3)",
    "did(cut) and did(crash, n1) and now > 9223372036854775807",
    "up(n1 n2) and down(n1) or paused(n1) and reaches(n1) = 2 and cut(n1, n2)",
    "answered_by(n1, c1, tea) and role(n1) = leader and version(n1) > 0",
];

const PROSE: &[&str] =
    &["After [1.4 s](= asked(c1, tea) - asked(c1, milk)) the word is **majority**: `2@1`."];

/// A run of which something can be asked.
fn playback() -> Playback {
    let mut playback = Playback::new(Run::new(catalog::lab("raft").unwrap()));
    playback.advance_to(sim::Time::millis(800));
    playback
}

#[test]
fn fuzz_conditions() {
    let playback = playback();
    let mut accepted = 0;
    fuzz::texts(20_000, CONDITIONS, |text| match Condition::parse(text) {
        Ok(condition) => {
            accepted += 1;
            let value = condition.value(&playback, Scope::default());
            assert_eq!(condition.holds(&playback, Scope::default()), value.truth());
            let _ = value.to_string();
            let again = Condition::parse(&condition.to_string()).unwrap();
            assert_eq!(again, condition);
        }
        Err(wrong) => assert!((1..=text.chars().count() + 1).contains(&wrong.at), "{wrong}"),
    });
    assert!(accepted > 1_000, "{accepted} accepted: the texts are too wild to say anything");
}

#[test]
fn fuzz_prose() {
    let playback = playback();
    fuzz::texts(20_000, PROSE, |text| {
        if let Ok(paragraph) = Paragraph::parse(text) {
            let _ = (paragraph.words(), paragraph.shown(&playback, Scope::default()));
        }
    });
}

#[test]
fn fuzz_lessons() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/text");
    let mut valid = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "md") {
            valid.push(std::fs::read_to_string(path).unwrap());
        }
    }
    valid.sort();
    assert!(!valid.is_empty());
    let valid: Vec<&str> = valid.iter().map(String::as_str).collect();
    let mut begun = 0;
    fuzz::texts(3_000, &valid, |text| match Lesson::parse("x", text) {
        Ok(lesson) if begun < 20 => {
            // A session lives as long as its lesson, which for the built-in ones is for ever.
            let lesson: &'static Lesson = Box::leak(Box::new(lesson));
            if let Ok((mut session, mut playback)) = Session::begin(lesson) {
                begun += 1;
                session.advance(&mut playback, sim::Time::millis(500));
            }
        }
        Ok(_) => {}
        Err(wrong) => assert!((1..=text.lines().count() + 1).contains(&wrong.line), "{wrong}"),
    });
    assert!(begun > 0, "no text was a lesson: they are too wild to say anything");
}

/// Answers within a moment, however it is built.
fn soon<T>(what: &str, does: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = does();
    assert!(start.elapsed() < Duration::from_secs(5), "{what} took {:?}", start.elapsed());
    done
}

#[test]
fn calls_in_calls_are_worked_out_once_each() {
    let playback = playback();
    for call in ["fact(leader, ", "field(n1, ", "entry(n1, ", "did("] {
        let text = format!("{}n1{}", call.repeat(38), ")".repeat(38));
        let condition = Condition::parse(&text).unwrap();
        soon(call, || condition.holds(&playback, Scope::default()));
    }
}

#[test]
fn long_conditions_and_long_prose_are_read_in_one_pass() {
    let playback = playback();
    for joint in ["+", " or ", " and ", "-", " "] {
        let text = vec!["1"; 1_990 / (1 + joint.len())].join(joint);
        if let Ok(condition) = Condition::parse(&text) {
            soon(joint, || condition.holds(&playback, Scope::default()));
        }
    }
    assert!(Condition::parse(&"a".repeat(3_000)).is_err());
    for piece in ["[", "**", "*", "`", "[a](", "](=", "[a](= 1)", "(", "[]"] {
        let text = piece.repeat(190_000 / piece.len());
        soon(piece, || drop(Paragraph::parse(&text)));
    }
}

#[test]
fn a_seed_no_link_could_carry_is_refused() {
    let text = |seed: &str| {
        format!("---\ntitle: T\npath: first 1\nlab: raft seed={seed}\nsource: S\nsay: X.\n---\n")
    };
    for seed in ["9007199254740992", "18446744073709551615", "-1", "x"] {
        let wrong = Lesson::parse("x", &text(seed)).unwrap_err();
        assert!(wrong.line == 4 && wrong.reason.contains("2^53"), "{wrong}");
    }
}
