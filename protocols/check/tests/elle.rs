//! The cases of Elle's own tests (`list_append_test.clj`, `rw_register_test.clj` of jepsen-io/elle), in a notation of ours,
//! written as Jepsen's EDN and judged as a file is: what each rules out, and what it leaves.

#![allow(clippy::unwrap_used)]

use check::check::{Checking, Request};
use check::names::Guarantee;
use check::read::{Options, import};

/// A case: what it is called; its transactions, one a line: process, `!` if it failed, `?` if nobody knows, and steps;
/// the guarantees it breaks; those it keeps.
type Case = (&'static str, &'static str, &'static str, &'static str);

const CASES: &[Case] = &[
    (
        "write cycle",
        "0 ax1 ay1\n1 ax2 ay2\n2 rx1,2 ry2,1",
        "read-uncommitted read-committed serializable",
        "",
    ),
    ("aborted read", "0! ax1\n1 rx1", "read-committed read-atomic serializable", "read-uncommitted"),
    ("intermediate read", "0 ax1 ax2\n1 rx1", "read-committed snapshot-isolation", "read-uncommitted"),
    ("circular information flow", "0 ax1 ry1\n1 ax2 ay1\n2 rx1,2 ry1", "read-committed", "read-uncommitted"),
    (
        "read skew",
        "0 ax1 ay1\n1 ax2 ry\n2 rx1,2",
        "repeatable-read snapshot-isolation serializable",
        "read-committed read-atomic causal",
    ),
    (
        "write skew",
        "0 ax1 ry\n1 ay1 rx",
        "repeatable-read serializable strict-serializable",
        "read-committed snapshot-isolation causal",
    ),
    (
        "stale by time",
        "0 ax1\n1 ax2\n2 rx1\n3 rx1,2",
        "strict-serializable linearizable",
        "serializable strong-session-serializable sequential",
    ),
    (
        "stale in a session",
        "0 ax1\n1 ax2\n1 rx1\n2 rx1,2",
        "strong-session-snapshot-isolation strong-session-serializable",
        "serializable snapshot-isolation repeatable-read",
    ),
    (
        "two missed writes and a session",
        "0 rx rz1\n1 ax1\n1 rz\n2 az1",
        "strong-session-snapshot-isolation strong-session-serializable",
        "serializable snapshot-isolation",
    ),
    ("contradictory reads", "0 ax1 ry1\n1 ax2\n2 ax3 ay1\n3 rx1,3\n4 rx1,2,3", "read-committed", ""),
    ("dirty update", "0! ax1\n1 ax2\n2 rx1,2", "read-committed", ""),
    ("dirty update, indirectly", "0! ax1\n1? ax2\n2 ax3\n3 rx1,2,3", "read-committed", ""),
    ("an element twice", "0 ax1 ry1\n1 ax2 ay1\n2 rx1,2,1", "read-uncommitted", ""),
    ("between own appends", "0 ax1 ax2 ax4\n1 ax3 rx1,2,3,4", "read-uncommitted read-atomic", ""),
    ("what nobody saw comes last", "0 ax1 ay1\n1 ax2 ay2\n2 ax3 ay3\n3 rx1,2\n4 ry2", "read-uncommitted", ""),
    (
        "two missed writes, not in a row",
        "0 ax1\n1 rx1 ry\n2 ay1\n3 ry1 rx",
        "snapshot-isolation repeatable-read serializable",
        "read-committed read-atomic causal",
    ),
    (
        "missed writes that make no circle",
        "0 rx5 ay1\n1 ry az2\n2 rz at3\n3 rt3 au4\n4 ru ax5",
        "strict-serializable",
        "snapshot-isolation serializable",
    ),
    (
        "lost update",
        "0 ax0\n1 rx0 ax1\n2 rx0 ax2",
        "snapshot-isolation serializable",
        "read-committed read-atomic",
    ),
    ("one that writes twice", "0 rx ax1 ax2\n1 rx1,2", "", "strict-serializable linearizable"),
    (
        "information flows against a session",
        "1 rx1 ay1\n2 ry1\n2 ax1",
        "strong-session-snapshot-isolation causal",
        "serializable",
    ),
    ("not its own append", "1 ax6 rx", "read-atomic serializable", "read-committed"),
    ("its own append too early", "0 ax0\n0 rx0,1 ax1", "read-atomic serializable", ""),
    ("reads of registers that fit", "0 wx1 wx2\n1 rx_\n2 rx2", "", "serializable"),
    ("a register's aborted read", "0! wx1\n1 rx1", "read-committed", "read-uncommitted"),
    ("a register's intermediate read", "0 wx1 wx2\n1 rx1", "read-committed", "read-uncommitted"),
    ("a register's chain", "0 ry1 wx1\n1 rx1 wy1", "read-committed serializable", ""),
    ("a register's stale internal read", "0 wx1\n1 rx1 wx2 rx1", "read-atomic serializable", ""),
    ("a register that nobody wrote so", "0 wx1\n1 rx2", "read-committed serializable", ""),
    (
        "a register's write skew",
        "0 wx0 wy0\n1 rx0 ry0 wx1\n2 rx0 ry0 wy1",
        "serializable repeatable-read",
        "snapshot-isolation causal",
    ),
    ("a register's lost update", "0 wx0\n1 rx0 wx1\n2 rx0 wx2", "snapshot-isolation", "causal read-atomic"),
    (
        "a register's long fork",
        "0 wx1\n1 wy1\n2 rx1 ry_\n3 ry1 rx_",
        "snapshot-isolation serializable",
        "causal read-atomic",
    ),
    ("a register read back in time", "0 wx1\n1 rx_", "strict-serializable", "strong-session-serializable"),
];

/// A step as EDN, as it was asked for and as it was answered.
fn step(step: &str) -> (String, String) {
    let (kind, rest) = step.split_at(1);
    let (key, value) = rest.split_at(1);
    match kind {
        "a" => (format!("[:append :{key} {value}]"), format!("[:append :{key} {value}]")),
        "w" => (format!("[:w :{key} {value}]"), format!("[:w :{key} {value}]")),
        _ => {
            let seen = match value {
                "_" => "nil".to_owned(),
                list => format!("[{}]", list.replace(',', " ")),
            };
            (format!("[:r :{key} nil]"), format!("[:r :{key} {seen}]"))
        }
    }
}

/// The history as EDN. Registers are read whole, lists in brackets.
fn edn(text: &str) -> String {
    let lists = !text.contains('w');
    let mut lines = Vec::new();
    for line in text.lines() {
        let (who, steps) = line.split_once(' ').unwrap();
        let process = who.trim_end_matches(['!', '?']);
        let kind = match who.chars().last() {
            Some('!') => "fail",
            Some('?') => "info",
            _ => "ok",
        };
        let (asked, told): (Vec<String>, Vec<String>) = steps.split(' ').map(step).unzip();
        let line = |kind: &str, value: &str| {
            format!("{{:process {process}, :type :{kind}, :f :txn, :value [{value}]}}")
        };
        lines.push(line("invoke", &asked.join(" ")));
        lines.push(line(kind, &told.join(" ")));
    }
    let text = lines.join("\n");
    if lists { text } else { unlisted(&text) }
}

/// What a register's read brought is no list: `[:r :x [1]]` becomes `[:r :x 1]`.
fn unlisted(text: &str) -> String {
    let mut plain = String::new();
    for (place, piece) in text.split("[:r ").enumerate() {
        if place == 0 {
            plain.push_str(piece);
            continue;
        }
        let (read, rest) = piece.split_once(']').unwrap();
        let (read, rest) = match read.split_once('[') {
            Some((key, value)) => (format!("{key}{value}"), rest.strip_prefix(']').unwrap()),
            None => (read.to_owned(), rest),
        };
        plain.push_str(&format!("[:r {read}]{rest}"));
    }
    plain
}

#[test]
fn elles_cases_come_out_as_elle_has_them() {
    let mut wrong = Vec::new();
    for (name, text, broken, kept) in CASES {
        let file = edn(text);
        for (names, holds) in [(broken, false), (kept, true)] {
            for guarantee in names.split_whitespace() {
                let guarantee: Guarantee = guarantee.parse().unwrap();
                let imported = import("", file.as_bytes(), &Options::default()).unwrap();
                let mut checking =
                    Checking::new(imported, &Request { guarantees: vec![guarantee], steps: None }).unwrap();
                for _ in 0..1000 {
                    if checking.advance(10_000) {
                        break;
                    }
                }
                let claim = checking.claims().remove(0);
                if claim.holds != Some(holds) {
                    wrong.push(format!("{name}: {guarantee} should be {holds}, is {claim:?}\n{file}"));
                }
                let told = |evidence: &check::check::Evidence| {
                    !evidence.operations.is_empty() && !evidence.because.is_empty()
                };
                if claim.holds == Some(false) && !claim.evidence.as_ref().is_some_and(told) {
                    wrong.push(format!("{name}: {guarantee} is broken, and nobody says why: {claim:?}"));
                }
                if claim.holds == Some(true) && claim.witness.is_none_or(|witness| witness.order.is_empty()) {
                    wrong.push(format!("{name}: {guarantee} holds, and nobody says by which order"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}
