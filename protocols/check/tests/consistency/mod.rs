//! Every guarantee short of linearizability against its oracle on random small histories: verdict, witness, smallest
//! proof; what implies what; and mistakes that each must find.

mod grown;
mod oracle;
mod others;
mod plain;

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{Random, rounds};
use check::consistency::{Bound, Examination, Finding, Proof, Setting, known};
use check::names::{Guarantee, ModelName};
use check::{History, Invocation, Judges, Outcome, Value, Values, Verdict};
use plain::{Mix, Op};

use Guarantee as G;

const OF_SESSIONS: [Guarantee; 8] = [
    G::Causal,
    G::WeakCausal,
    G::CausalConvergence,
    G::Pram,
    G::ReadYourWrites,
    G::MonotonicReads,
    G::MonotonicWrites,
    G::WritesFollowReads,
];

/// What implies what.
const IMPLIED: [(Guarantee, Guarantee); 11] = [
    (G::Sequential, G::Causal),
    (G::Sequential, G::CausalConvergence),
    (G::Causal, G::WeakCausal),
    (G::Causal, G::Pram),
    (G::CausalConvergence, G::WeakCausal),
    (G::CausalConvergence, G::MonotonicReads),
    (G::WeakCausal, G::ReadYourWrites),
    (G::WeakCausal, G::MonotonicWrites),
    (G::WeakCausal, G::WritesFollowReads),
    (G::Pram, G::ReadYourWrites),
    (G::Pram, G::MonotonicWrites),
];

fn examined(history: &History, model: ModelName, setting: &Setting) -> BTreeMap<Guarantee, Finding> {
    examined_with(history, model, setting, true)
}

/// Of so many histories one has its proofs looked for and looked at: that takes ten times as long as all else.
const PROOFS: u32 = 25;

fn examined_with(
    history: &History,
    model: ModelName,
    setting: &Setting,
    proofs: bool,
) -> BTreeMap<Guarantee, Finding> {
    let asked = known(model);
    let mut examination = Examination::new(history, model, &asked, setting);
    if !proofs {
        examination = examination.without_proofs();
    }
    let mut rounds = 0;
    while !examination.advance(history, 500) {
        rounds += 1;
        assert!(rounds < 10_000, "it does not end: {history:#?}");
    }
    asked.iter().map(|one| (*one, examination.finding(*one))).collect()
}

fn verdict(finding: &Finding) -> Option<bool> {
    match finding {
        Finding::Holds(_) => Some(true),
        Finding::Broken(_) => Some(false),
        Finding::Undecided(_) => None,
    }
}

/// How often each guarantee held and broke.
#[derive(Default)]
struct Tally(BTreeMap<Guarantee, (u32, u32, u32)>);

impl Tally {
    fn count(&mut self, guarantee: Guarantee, verdict: Option<bool>) {
        let counts = self.0.entry(guarantee).or_default();
        match verdict {
            Some(true) => counts.0 += 1,
            Some(false) => counts.1 += 1,
            None => counts.2 += 1,
        }
    }

    /// A batch in which hardly anything holds, or breaks, proves little.
    fn check(&self, count: u32) {
        for (guarantee, (holds, broken, open)) in &self.0 {
            println!("{guarantee}: {holds} hold, {broken} broken, {open} undecided");
            assert!(
                *holds > count / 100 && *broken > count / 200,
                "{guarantee}: {holds} hold, {broken} broken"
            );
        }
    }
}

const BOUND: u64 = 1;

/// What the oracle says of a history of cells.
fn truth(ops: &[Op], guarantee: Guarantee) -> bool {
    match guarantee {
        G::Sequential => oracle::sequential(ops, false),
        G::Regular => oracle::regular(ops),
        G::BoundedStaleness => oracle::stale_by(ops, BOUND as usize),
        G::NoLostWrite => oracle::no_lost_write(ops),
        G::Convergent => oracle::convergent(ops) != Some(false),
        other => oracle::Facts::new(ops).holds(other),
    }
}

/// The needed operations break it whatever the others did, and without any one of them it is kept.
fn check_proof<O>(
    history: &History,
    proof: &Proof,
    remembered: &dyn Fn(&check::Operation) -> O,
    forgotten: &dyn Fn(&check::Operation, usize) -> O,
    holds: &dyn Fn(&[O]) -> bool,
) {
    assert!(proof.minimal, "{proof:#?}");
    let all: Vec<check::Operation> =
        history.operations().iter().filter_map(|one| one.as_of(proof.at)).collect();
    let needed: Vec<u64> = proof.needed().map(|one| one.id).collect();
    let with = |needed: &[u64]| -> Vec<O> {
        let one = |(number, one): (usize, &check::Operation)| {
            if needed.contains(&one.id) { remembered(one) } else { forgotten(one, number) }
        };
        all.iter().enumerate().map(one).collect()
    };
    let guarantee = proof.guarantee;
    assert!(!holds(&with(&needed)), "{guarantee}: {needed:?} is no proof: {history:#?}");
    for id in &needed {
        let others: Vec<u64> = needed.iter().copied().filter(|other| other != id).collect();
        assert!(holds(&with(&others)), "{guarantee}: {id} of {needed:?} is superfluous: {history:#?}");
    }
    let story = proof.story();
    assert!(
        !story.headline.is_empty()
            && !story.because.is_empty()
            && story.proof.len() == proof.operations.len()
    );
}

/// Whether an order of some operations keeps the sessions' and explains every answer, and leaves no answered one out.
fn is_order(history: &History, order: &[u64]) -> bool {
    let distinct: BTreeSet<&u64> = order.iter().collect();
    let mut last: BTreeMap<u64, u64> = BTreeMap::new();
    let mut state: BTreeMap<Option<&str>, Value> = BTreeMap::new();
    for id in order {
        let operation = history.get(*id).unwrap();
        if last.insert(operation.process, operation.invoked).is_some_and(|last| last > operation.invoked) {
            return false;
        }
        let op = Op::of(operation);
        let now = state.entry(operation.key.as_deref()).or_default();
        if op.sees.as_ref().is_some_and(|seen| seen != now) {
            return false;
        }
        if let Some(value) = op.writes.filter(|_| !op.failed) {
            *now = value;
        }
    }
    let must = |one: &&check::Operation| {
        let op = Op::of(one);
        op.answered.is_some() && (op.sees.is_some() || op.writes.is_some())
    };
    distinct.len() == order.len()
        && history.operations().iter().filter(must).all(|one| order.contains(&one.id))
}

fn cells(mix: Mix, seed: u64, count: u32) {
    let mut random = Random(seed);
    let mut tally = Tally::default();
    let setting = Setting { bound: Bound { versions: Some(BOUND), time: None }, ..Setting::default() };
    for round in 0..count {
        let history = plain::cells(&mut random, mix);
        let ops: Vec<Op> = history.operations().iter().map(Op::of).collect();
        let proofs = round % PROOFS == 0;
        let found = examined_with(&history, ModelName::Kv, &setting, proofs);
        let ordered = !mix.unique && oracle::sequential(&ops, false);
        let circular = mix.unique && oracle::Facts::new(&ops).circular;
        for (guarantee, finding) in &found {
            let verdict = verdict(finding);
            tally.count(*guarantee, verdict);
            let fits = match (guarantee, verdict) {
                // Whose a value is that was written several times is not plain; but an order is an order.
                (one, verdict) if OF_SESSIONS.contains(one) && !mix.unique => {
                    !ordered || verdict != Some(false)
                }
                (one, None) if OF_SESSIONS.contains(one) => circular,
                (G::Convergent, verdict) => verdict == oracle::convergent(&ops),
                (G::NoLostWrite, None) => !mix.unique,
                (one, verdict) => verdict == Some(truth(&ops, *one)),
            };
            assert!(fits, "{guarantee} is {verdict:?}: {history:#?}");
            match finding {
                // In an oracle of time what was forgotten is early, and so no read is ahead of it.
                Finding::Broken(_) if mix.early > 0 && !mix.swaps && !OF_SESSIONS.contains(guarantee) => {}
                Finding::Broken(proof) if proofs && (mix.unique || !OF_SESSIONS.contains(guarantee)) => {
                    let proof = proof.as_ref().expect("no verdict without its reason");
                    let remembered = |one: &check::Operation| Op::of(one);
                    check_proof(&history, proof, &remembered, &Op::forgotten, &|ops| truth(ops, *guarantee));
                }
                Finding::Holds(witness) if *guarantee == G::Sequential => {
                    let order = witness.order.as_ref().unwrap();
                    assert!(is_order(&history, order), "{order:?} is none: {history:#?}");
                }
                _ => {}
            }
        }
        for (one, other) in IMPLIED.into_iter().filter(|_| mix.unique) {
            let holds = |guarantee| verdict(&found[&guarantee]) == Some(true);
            assert!(!holds(one) || holds(other) || circular, "{one} without {other}: {history:#?}");
        }
    }
    if mix.unique {
        tally.check(count);
    }
}

#[test]
fn registers_agree_with_the_oracles() {
    cells(Mix { swaps: false, unique: true, fresh: 50, early: 0 }, 1, rounds(40_000));
}

#[test]
fn reads_ahead_of_their_writes_agree_with_the_oracles() {
    cells(Mix { swaps: false, unique: true, fresh: 75, early: 12 }, 7, rounds(20_000));
}

#[test]
fn swaps_agree_with_the_oracles() {
    cells(Mix { swaps: true, unique: true, fresh: 65, early: 4 }, 2, rounds(40_000));
}

#[test]
fn repeated_values_agree_with_the_oracles() {
    cells(Mix { swaps: true, unique: false, fresh: 50, early: 5 }, 3, rounds(20_000));
}

#[test]
fn sets_agree_with_the_oracles() {
    let mut random = Random(4);
    let mut tally = Tally::default();
    let count = rounds(100_000);
    for round in 0..count {
        let history = others::set(&mut random);
        let proofs = round % PROOFS == 0;
        let ops: Vec<others::Op> = history.operations().iter().map(others::Op::of).collect();
        let read =
            history.operations().iter().any(|one| one.function == "read" && one.outcome == Outcome::Ok);
        for (guarantee, finding) in examined_with(&history, ModelName::Set, &Setting::default(), proofs) {
            if guarantee == G::Convergent {
                continue;
            }
            let verdict = verdict(&finding);
            tally.count(guarantee, verdict);
            let holds = others::set_holds(&ops, guarantee);
            let expected = if read || guarantee == G::Sequential { Some(holds) } else { None };
            assert_eq!(verdict, expected, "{guarantee}: {history:#?}");
            if let Finding::Broken(proof) = finding
                && proofs
            {
                let proof = proof.expect("no verdict without its reason");
                let remembered = |one: &check::Operation| others::Op::of(one);
                let holds = |ops: &[others::Op]| others::set_holds(ops, guarantee);
                check_proof(&history, &proof, &remembered, &others::Op::forgotten, &holds);
            }
        }
    }
    tally.check(count);
}

#[test]
fn counters_and_banks_agree_with_the_oracles() {
    let mut random = Random(5);
    let (mut counters, mut banks) = (Tally::default(), Tally::default());
    let count = rounds(100_000);
    for _ in 0..count {
        let history = others::counter(&mut random);
        let found = examined_with(&history, ModelName::Counter, &Setting::default(), false);
        let one = &found[&G::IntervalCounter];
        assert_eq!(verdict(one), Some(others::interval(&history)), "{history:#?}");
        counters.count(G::IntervalCounter, verdict(one));

        let history = others::bank(&mut random);
        let total = random.percent(50).then_some(30);
        let accounts = total.map(|total| {
            Value::map([(Value::from(0), total.into()), (1.into(), 0.into()), (2.into(), 0.into())])
        });
        let mut examination = Examination::new(
            &history,
            ModelName::Bank,
            &[G::Conservation],
            &Setting { accounts, ..Setting::default() },
        );
        while !examination.advance(&history, 500) {}
        let one = examination.finding(G::Conservation);
        assert_eq!(verdict(&one), Some(others::conserved(&history, total)), "{history:#?}");
        banks.count(G::Conservation, verdict(&one));
        if let Finding::Broken(proof) = one {
            assert!(proof.unwrap().operations.len() <= 2);
        }
    }
    counters.check(count);
    banks.check(count);
}

/// What the live judges say of every moment is what an examination of the history until then says.
#[test]
fn every_moment_stays_known() {
    let mut random = Random(6);
    for round in 0..rounds(2_000) {
        let mix = Mix { swaps: round % 2 == 0, unique: round % 3 > 0, fresh: 55, early: 0 };
        let history = plain::cells(&mut random, mix);
        let asked: Vec<Guarantee> = known(ModelName::Kv)
            .into_iter()
            .filter(|one| *one != G::Sequential)
            .chain([G::Linearizable])
            .collect();
        let mut judges = Judges::new(ModelName::Kv, &asked).unwrap();
        let mut ends = Vec::new();
        for operation in history.operations() {
            ends.push((operation.invoked, operation.id, false));
            ends.extend(operation.completed.map(|at| (at, operation.id, true)));
        }
        ends.sort_unstable();
        for (at, id, completes) in &ends {
            let operation = history.get(*id).unwrap().clone();
            if *completes {
                judges.complete(*at, *id, operation.outcome, operation.output).unwrap();
            } else {
                let check::Operation { id, lane, process, function, key, input, .. } = operation;
                judges.invoke(*at, Invocation { id, lane, process, function, key, input }).unwrap();
            }
        }
        for (at, ..) in ends {
            let then = history.as_of(at);
            for (guarantee, finding) in examined_with(&then, ModelName::Kv, &Setting::default(), false) {
                if guarantee == G::Sequential {
                    continue;
                }
                let live = match judges.verdict_at(guarantee, at) {
                    Verdict::Holds => Some(true),
                    Verdict::Broken { .. } => Some(false),
                    Verdict::NotDecided => None,
                };
                // A run has no later: whose a value is may be plain while it goes on, and not when it is over.
                let over = verdict(&finding);
                let plain = mix.unique || !OF_SESSIONS.contains(&guarantee);
                // It can be searched, too, and what was written later may be what was seen.
                let fits = live == over || (!plain && (live, over) != (Some(true), Some(false)));
                assert!(fits, "{guarantee} at {at} is {live:?}, not {over:?}: {history:#?}");
            }
        }
    }
}

// ---- planted mistakes, and what is said of them

/// What clients did, one operation after another: on a key, `=` writes and `?` saw something, or nothing.
fn told(events: &[(u32, &str)]) -> History {
    let mut history = History::new();
    for (id, (lane, text)) in events.iter().enumerate() {
        let (id, at) = (id as u64, text.find(['=', '?']).unwrap());
        let key = (at > 0).then(|| std::sync::Arc::from(&text[..at]));
        let value = match &text[at + 1..] {
            "" => Value::Nil,
            word => word.parse::<i64>().map_or_else(|_| Value::from(word), Value::from),
        };
        let (call, output) = match &text[at..=at] {
            "=" => (Invocation::write(id, *lane, key, value), Values::new()),
            _ => (Invocation::read(id, *lane, key), Values::from_iter([value])),
        };
        history.invoke(id * 2, call).unwrap();
        history.complete(id * 2 + 1, id, Outcome::Ok, output).unwrap();
    }
    history
}

/// It is found, and this is said of it.
fn found(history: &History, model: ModelName, guarantee: Guarantee, headline: &str) {
    let setting = Setting { bound: Bound { versions: Some(BOUND), time: None }, ..Setting::default() };
    let found = examined(history, model, &setting);
    let Finding::Broken(Some(proof)) = &found[&guarantee] else { panic!("{guarantee}: {found:#?}") };
    assert_eq!(proof.story().headline, headline, "{guarantee}");
}

#[test]
fn every_guarantee_of_cells_finds_its_mistake() {
    let kv = |guarantee, events: &[(u32, &str)], headline| {
        found(&told(events), ModelName::Kv, guarantee, headline)
    };
    let own = [(1, "=milk"), (1, "=salt"), (1, "?milk")];
    kv(G::ReadYourWrites, &own, "c1 had been told ok for writing salt, and then itself read milk.");
    let back = [(1, "=a"), (1, "=b"), (2, "?b"), (2, "?a")];
    kv(G::MonotonicReads, &back, "c2 read b, and after that it read a: back to something older.");
    kv(
        G::Pram,
        &back,
        "c2 read a. No order that keeps each client's own writes in theirs explains what c2 saw.",
    );
    let order = [(1, "x=1"), (1, "y=2"), (2, "y?2"), (2, "x?")];
    kv(
        G::MonotonicWrites,
        &order,
        "c2 read nothing on x. So it saw the writes of one client in another order than they were made in.",
    );
    let cause = [(1, "x=1"), (2, "x?1"), (2, "y=2"), (3, "y?2"), (3, "x?")];
    kv(
        G::WritesFollowReads,
        &cause,
        "c3 read nothing on x. So it saw a write without what its writer had seen before making it.",
    );
    kv(
        G::Causal,
        &cause,
        "c3 read nothing on x. No order of all writes that keeps cause before effect explains what c3 saw.",
    );
    kv(
        G::WeakCausal,
        &cause,
        "c3 read nothing on x, although that had been replaced by something it depends on.",
    );
    let fork = [(1, "=1"), (2, "=2"), (3, "?1"), (3, "?2"), (4, "?2"), (4, "?1")];
    kv(
        G::CausalConvergence,
        &fork,
        "c4 read 1. No one order of all writes that keeps cause before effect explains what all saw.",
    );
    let buffers = [(1, "x=1"), (2, "y=2"), (1, "y?"), (2, "x?")];
    kv(
        G::Sequential,
        &buffers,
        "c2 read nothing on x. No order of all operations that keeps each client's own explains that.",
    );
    let stale = [(1, "=a"), (2, "=b"), (3, "?a")];
    kv(
        G::Regular,
        &stale,
        "c3 read a, although before it asked c2 had been told ok for writing b, which is newer.",
    );
    kv(G::NoLostWrite, &stale, "c2 had been told ok for writing b, and it is gone: later c3 read a.");
    let older = [(1, "=a"), (2, "=b"), (2, "=c"), (3, "?a")];
    kv(
        G::BoundedStaleness,
        &older,
        "c3 read a, although before it asked 2 newer writes had been answered, the last of them for writing c.",
    );
    let apart = [(1, "=a"), (2, "=b"), (3, "?a"), (4, "?b")];
    kv(
        G::Convergent,
        &apart,
        "After all writes had ceased c3 read a, and c4 read b: they did not come to see the same.",
    );
    let nowhere = [(1, "=a"), (2, "?b")];
    kv(G::ReadYourWrites, &nowhere, "c2 read b, which nobody had asked to write.");
}

#[test]
fn only_time_forbids_to_see_what_is_written_later() {
    let history = told(&[(1, "?a"), (2, "=a")]);
    let found = examined(&history, ModelName::Kv, &Setting::default());
    for guarantee in [G::Regular, G::BoundedStaleness, G::NoLostWrite] {
        assert_eq!(verdict(&found[&guarantee]), Some(false), "{guarantee}");
    }
    for guarantee in OF_SESSIONS.into_iter().chain([G::Sequential]) {
        assert_eq!(verdict(&found[&guarantee]), Some(true), "{guarantee}");
    }
    let list = Some(Value::from(vec![Value::from(1)]));
    let set = done(&[(1, "read", None, list), (2, "add", Some(1.into()), None)]);
    let found = examined(&set, ModelName::Set, &Setting::default());
    assert_eq!(verdict(&found[&G::NoLostOrStale]), Some(false));
    for guarantee in OF_SESSIONS.into_iter().chain([G::Sequential]) {
        assert_eq!(verdict(&found[&guarantee]), Some(true), "{guarantee}");
    }
    // One's own writes are later than one's reads in any order.
    let history = told(&[(1, "?a"), (1, "=a"), (2, "?a")]);
    let found = examined(&history, ModelName::Kv, &Setting::default());
    for guarantee in [G::Causal, G::WeakCausal, G::CausalConvergence, G::Pram, G::Sequential] {
        assert_eq!(verdict(&found[&guarantee]), Some(false), "{guarantee}");
    }
}

#[test]
fn effects_are_no_causes_of_their_causes() {
    let circle = [(1, "x?1"), (1, "y=2"), (2, "y?2"), (2, "x=1")];
    let headline =
        "c2 read 2 on y. No order of all writes that keeps cause before effect explains what c2 saw.";
    found(&told(&circle), ModelName::Kv, G::Causal, headline);
    let found = examined(&told(&circle), ModelName::Kv, &Setting::default());
    assert_eq!(verdict(&found[&G::Sequential]), Some(false));
    assert_eq!(verdict(&found[&G::Pram]), Some(true));
    assert_eq!(verdict(&found[&G::WritesFollowReads]), None);
    // What came of it does not matter where the value is written again, by someone who saw nothing.
    let again = [(1, "x?1"), (1, "y=2"), (2, "y?2"), (2, "x=1"), (3, "x=1")];
    let found = examined(&told(&again), ModelName::Kv, &Setting::default());
    assert_eq!(verdict(&found[&G::Sequential]), Some(true));
    assert_eq!(verdict(&found[&G::Causal]), None);
}

#[test]
fn what_failed_is_not_to_be_seen() {
    let mut history = told(&[(1, "=a")]);
    history.invoke(10, Invocation::write(7, 2, None, "b")).unwrap();
    history.invoke(11, Invocation::read(8, 3, None)).unwrap();
    history.complete(12, 8, Outcome::Ok, Values::from_iter(["b".into()])).unwrap();
    history.complete(13, 7, Outcome::Failed, Values::new()).unwrap();
    let headline = "c3 read b, although c2 was told that writing b had failed.";
    for guarantee in [G::ReadYourWrites, G::Pram, G::Causal, G::Sequential, G::Regular, G::NoLostWrite] {
        found(&history, ModelName::Kv, guarantee, headline);
    }
}

/// Operations one after another: who, what, with what, and what it returned.
fn done(events: &[(u32, &'static str, Option<Value>, Option<Value>)]) -> History {
    let mut history = History::new();
    for (id, (lane, function, input, output)) in events.iter().enumerate() {
        let (id, input) = (id as u64, input.iter().cloned().collect());
        history.invoke(id * 2, Invocation::new(id, *lane, *function, None, input)).unwrap();
        history.complete(id * 2 + 1, id, Outcome::Ok, output.iter().cloned().collect()).unwrap();
    }
    history
}

#[test]
fn sets_counters_and_banks_find_their_mistakes() {
    let list =
        |items: &[i64]| Some(Value::from(items.iter().map(|item| Value::from(*item)).collect::<Vec<_>>()));
    let set = done(&[(1, "add", Some(1.into()), None), (2, "read", None, list(&[]))]);
    let headline = "c1 had been told ok for adding 1, and later c2 read nothing, without it.";
    found(&set, ModelName::Set, G::NoLostOrStale, headline);
    let headline = "c1 had been told ok for adding 1, and it is gone: later c2 read nothing.";
    found(&set, ModelName::Set, G::NoLostWrite, headline);
    let counter = done(&[(1, "add", Some(1.into()), None), (2, "read", None, Some(5.into()))]);
    found(&counter, ModelName::Counter, G::IntervalCounter, "c2 read 5, and exactly 1 had been added.");
    let held = |held: i64| Some(Value::map([("a".into(), held.into())]));
    let bank = done(&[(1, "read", None, held(10)), (2, "read", None, held(5))]);
    let headline =
        "c1 read balances that come to 10, and c2 read balances that come to 5: money was made or lost.";
    found(&bank, ModelName::Bank, G::Conservation, headline);
}

/// What takes too long stays open, and says so.
#[test]
fn what_is_not_decided_is_not_kept() {
    let mut events = vec![(9, "=2"), (9, "=1")];
    for lane in 1..9 {
        events.extend((0..6).map(|_| (lane, "=1")));
        events.push((lane, "?2"));
        events.push((lane, "=2"));
        events.extend((0..6).map(|_| (lane, "?1")));
    }
    let history = told(&events);
    let asked = [G::Sequential];
    let mut examination = Examination::new(&history, ModelName::Kv, &asked, &Setting::default());
    examination.advance(&history, 10);
    let Finding::Undecided(why) = examination.finding(G::Sequential) else { panic!() };
    assert_eq!(
        why,
        "the search for an order of the operations took too long; give it more time, or a shorter history"
    );
    let mut examination = Examination::new(&history, ModelName::Kv, &[G::Causal], &Setting::default());
    while !examination.advance(&history, 1000) {}
    let Finding::Undecided(why) = examination.finding(G::Causal) else { panic!() };
    assert!(why.starts_with("some values were written more than once"), "{why}");
}
