//! Planted mistakes, one of each kind: the verdict, the moment, the proof and the words that a person reads.

#![allow(clippy::unwrap_used)]

use check::{Cell, Invocation, Judge, Outcome, Story, Value, Values, Verdict};

/// A history written as lines of `at client what ...`, e.g. `1 c2 write milk`, `2 c2 ok`, `5 c2 read`,
/// `6 c2 saw milk`, `6 c2 nothing`, `6 c2 failed`, `6 c2 unknown`, `1 c1 swap milk salt`; `k:` before the client
/// names a key. A client has one operation open; `c2'` is another process of the same lane.
fn judged(text: &str) -> Judge {
    let mut judge = Judge::new(Cell::KeyValue);
    let mut open: Vec<(String, u64)> = Vec::new();
    for (id, line) in text.trim().lines().enumerate() {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let at: u64 = words.remove(0).parse().unwrap();
        let (key, client) =
            words[0].split_once(':').map_or((None, words[0]), |(key, client)| (Some(key), client));
        let (lane, key) = (client[1..].trim_end_matches('\'').parse().unwrap(), key.map(Into::into));
        let (id, who) = (id as u64, words[0].to_string());
        let complete = |judge: &mut Judge, outcome, output: Values| {
            let place = open.iter().rposition(|(client, _)| *client == who).unwrap();
            judge.complete(at, open[place].1, outcome, output).unwrap();
            None
        };
        let invocation = match words[1..] {
            ["ok"] => complete(&mut judge, Outcome::Ok, Values::new()),
            ["failed"] => complete(&mut judge, Outcome::Failed, Values::new()),
            ["unknown"] => complete(&mut judge, Outcome::Unknown, Values::new()),
            ["nothing"] => complete(&mut judge, Outcome::Ok, Values::from_iter([Value::Nil])),
            ["saw", value] => complete(&mut judge, Outcome::Ok, Values::from_iter([value.into()])),
            ["refused", value] => complete(&mut judge, Outcome::Failed, Values::from_iter([value.into()])),
            ["read"] => Some(Invocation::read(id, lane, key)),
            ["write", value] => Some(Invocation::write(id, lane, key, value)),
            ["append", value] => Some(Invocation::append(id, lane, key, value)),
            ["swap", from, to] => Some(Invocation::cas(id, lane, key, from, to)),
            _ => panic!("{line}"),
        };
        if let Some(invocation) = invocation {
            open.push((words[0].to_string(), id));
            judge.invoke(at, invocation).unwrap();
        }
    }
    while judge.work(1000) == 0 {}
    judge
}

fn story(judge: &Judge) -> Story {
    let mut explain = judge.explain().expect("broken");
    while !explain.advance(100) {}
    explain.evidence().expect("done").story()
}

/// The verdict must break at `at`; the story, one line each: headline, count, proof, what ties it, reasons.
fn expect(text: &str, at: u64, told: &str) {
    let judge = judged(text);
    assert!(
        matches!(judge.verdict(), Verdict::Broken { at: broke, .. } if broke == at),
        "{:?}",
        judge.verdict()
    );
    assert_eq!(judge.verdict_at(at - 1), Verdict::Holds);
    let story = story(&judge);
    let proof: Vec<String> = story
        .proof
        .iter()
        .map(|proof| format!("{}c{} {}", if proof.source { "~" } else { "" }, proof.lane, proof.label))
        .collect();
    let mut lines = vec![story.headline, story.counted, proof.join(" | ")];
    lines.extend(story.between);
    lines.extend(story.because);
    let told: Vec<&str> = told.trim().lines().map(str::trim).collect();
    assert_eq!(lines, told, "\n{}", lines.join("\n"));
}

#[test]
fn a_stale_read() {
    expect(
        "1 c1 write rice\n 2 c1 ok\n 3 c2 write milk\n 4 c2 ok\n 5 c1 write tea\n 6 c2 write salt\n 7 c2 ok\n 8 c1 unknown\n 9 c2 read\n 10 c2 saw milk",
        10,
        "c2 read milk, although before that it had been told ok for writing salt. No order of the operations allows both.
         The smallest proof: 3 of 5 operations
         c2 write milk | c2 write salt | c2 read: milk
         each was answered before the next began
         salt replaced milk, and nobody wrote milk again.",
    );
}

#[test]
fn a_lost_write() {
    expect("1 c1 write salt\n 2 c1 ok\n 3 c2 read\n 4 c2 nothing", 4, "c2 found nothing, although before that c1 had been told ok for writing salt. No order of the operations allows both.
         The smallest proof: 2 of 2 operations
         c1 write salt | c2 read: nothing
         the first was answered before the second began
         salt was there, and nobody removed it: the write was lost.");
}

#[test]
fn a_value_from_nowhere() {
    expect(
        "1 c1 write salt\n 2 c2 read\n 3 c2 saw milk\n 4 c1 ok",
        3,
        "c2 read milk, but nobody had written milk.
         The smallest proof: 1 of 2 operations
         c2 read: milk
         When c2 was answered, no operation that could leave milk had begun.",
    );
}

#[test]
fn a_value_before_its_write_began() {
    expect(
        "1 c2 read\n 2 c2 saw milk\n 3 c1 write milk\n 4 c1 ok",
        2,
        "c2 read milk, but nobody had written milk.
         The smallest proof: 1 of 1 operation
         c2 read: milk
         When c2 was answered, no operation that could leave milk had begun.",
    );
}

#[test]
fn a_failed_write_that_was_seen() {
    expect(
        "1 c1 write milk\n 2 c1 failed\n 3 c2 read\n 4 c2 saw milk",
        4,
        "c2 read milk, although c1 was told that writing milk failed.
         The smallest proof: 2 of 2 operations
         c1 write milk (failed) | c2 read: milk
         the first was answered before the second began
         What failed must not have happened, and nobody else wrote milk.",
    );
    expect(
        "1 c1 write milk\n 2 c2 read\n 3 c2 saw milk\n 4 c1 failed",
        4,
        "c2 read milk, although c1 was told that writing milk failed.
         The smallest proof: 2 of 2 operations
         c1 write milk (failed) | c2 read: milk
         What failed must not have happened, and nobody else wrote milk.",
    );
}

#[test]
fn two_swaps_of_one_value() {
    expect(
        "1 c1 write milk\n 2 c1 ok\n 3 c1 swap milk salt\n 4 c2 swap milk tea\n 5 c1 ok\n 6 c2 ok",
        6,
        "c1 and c2 were both told that the swap of milk worked, but milk was there only once.
         The smallest proof: 3 of 3 operations
         ~c1 write milk | c1 swap milk for salt | c2 swap milk for tea
         The first of the two took milk away, and nobody put it back.",
    );
}

#[test]
fn a_refused_swap_that_saw_what_it_wanted() {
    expect(
        "1 c1 write milk\n 2 c1 ok\n 3 c2 swap milk salt\n 4 c2 refused milk",
        4,
        "c2 was refused a swap of milk, yet told that milk was there.
         The smallest proof: 2 of 2 operations
         ~c1 write milk | c2 swap milk: saw milk
         the first was answered before the second began
         A swap that finds what it expects must succeed.",
    );
}

#[test]
fn two_reads_that_disagree_about_the_order() {
    expect(
        "1 c1 write milk\n 2 c2 write salt\n 3 c3 read\n 4 c3 saw salt\n 5 c3 read\n 6 c3 saw milk\n 7 c4 read\n 8 c4 saw salt",
        8,
        "c4 read salt, although before that c3 had read milk. No order of the operations allows both.
         The smallest proof: 5 of 5 operations
         ~c1 write milk | ~c2 write salt | c3 read: salt | c3 read: milk | c4 read: salt
         c3 had read salt before c3 read milk, and nobody wrote salt again.",
    );
}

#[test]
fn an_unknown_write_takes_effect_late_but_not_twice() {
    let holds = "1 c1 write milk\n 2 c1 unknown\n 3 c2 write salt\n 4 c2 ok\n 5 c2 read\n 6 c2 saw milk";
    assert_eq!(judged(holds).verdict(), Verdict::Holds);
    let again = format!("{holds}\n 7 c2 write tea\n 8 c2 ok\n 9 c2 read\n 10 c2 saw milk");
    expect(&again, 10, "c2 read milk, although before that it had been told ok for writing tea. No order of the operations allows both.
         The smallest proof: 4 of 5 operations
         ~c1 write milk | c2 read: milk | c2 write tea | c2 read: milk
         c2 had read milk before c2 was told ok for writing tea, and nobody wrote milk again.");
}

#[test]
fn an_append_that_was_applied_twice() {
    expect(
        "1 c1 append a\n 2 c1 ok\n 3 c2 read\n 4 c2 saw aa",
        4,
        "c2 read aa, which nothing could have left there.
         The smallest proof: 1 of 2 operations
         c2 read: aa
         No order of the operations that had begun leaves aa.",
    );
}

#[test]
fn the_read_of_a_replaced_value() {
    expect("1 c1 write milk\n 2 c1 ok\n 3 c1 swap milk salt\n 4 c1 ok\n 5 c2 read\n 6 c2 saw milk", 6, "c2 read milk, although before that c1 had been told ok for swapping milk for salt. No order of the operations allows both.
         The smallest proof: 3 of 3 operations
         ~c1 write milk | c1 swap milk for salt | c2 read: milk
         each was answered before the next began
         salt replaced milk, and nobody wrote milk again.");
}

#[test]
fn one_key_of_several() {
    expect(
        "1 y:c1 write rice\n 2 y:c1 ok\n 3 x:c1 write salt\n 4 x:c1 ok\n 5 x:c2 read\n 6 x:c2 nothing\n 7 y:c1 read\n 8 y:c1 saw rice",
        6,
        "c2 found nothing in x, although before that c1 had been told ok for writing x=salt. No order of the operations allows both.
         The smallest proof: 2 of 2 operations
         c1 write x=salt | c2 read: nothing in x
         the first was answered before the second began
         x=salt was there, and nobody removed it: the write was lost.",
    );
}

#[test]
fn repeated_values() {
    expect(
        "1 c1 write milk\n 2 c1 ok\n 3 c1 write salt\n 4 c1 ok\n 5 c1 write milk\n 6 c1 ok\n 7 c1 write salt\n 8 c1 ok\n 9 c2 read\n 10 c2 saw milk",
        10,
        "c2 read milk, although before that c1 had been told ok for writing salt. No order of the operations allows both.
         The smallest proof: 4 of 5 operations
         c1 write milk | c1 write milk | c1 write salt | c2 read: milk
         each was answered before the next began
         salt replaced milk, and nobody wrote milk again.",
    );
}
