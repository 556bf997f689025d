//! The oracles of sets, counters and banks, and their random histories.

use std::collections::{BTreeMap, BTreeSet};

use check::names::Guarantee;
use check::{History, Invocation, Operation, Outcome, Value, Values};

use crate::common::Random;

/// One operation on a set.
#[derive(Clone, Debug)]
pub struct Op {
    session: u64,
    adds: Option<i64>,
    shows: Option<BTreeSet<i64>>,
    invoked: i64,
    answered: Option<i64>,
}

fn number(value: &Value) -> i64 {
    if let Value::Int(number) = value { *number } else { panic!("{value}") }
}

impl Op {
    pub fn of(operation: &Operation) -> Self {
        let ok = operation.outcome == Outcome::Ok;
        let shows = operation.output.first().filter(|_| ok).map(|value| {
            let Value::List(items) = value else { panic!("{value}") };
            items.iter().map(number).collect()
        });
        let failed = operation.outcome == Outcome::Failed;
        Self {
            session: operation.process,
            adds: operation.input.first().filter(|_| !failed).map(number),
            shows,
            invoked: operation.invoked as i64,
            answered: operation.completed.filter(|_| ok).map(|at| at as i64),
        }
    }

    pub fn forgotten(operation: &Operation, number: usize) -> Self {
        let mut open = operation.clone();
        (open.outcome, open.completed) = (Outcome::Unknown, Some(0));
        open.output.clear();
        open.process = u64::MAX - number as u64;
        Self { invoked: -1000 + number as i64, ..Self::of(&open) }
    }
}

/// Drops what says nothing, and sorts.
fn plain(all: &[Op]) -> Vec<&Op> {
    let mut ops: Vec<&Op> = all.iter().filter(|op| op.adds.is_some() || op.shows.is_some()).collect();
    ops.sort_by_key(|op| op.invoked);
    ops
}

/// Whether a set keeps a guarantee; elements must be added at most once.
pub fn set_holds(all: &[Op], guarantee: Guarantee) -> bool {
    let ops = plain(all);
    let adder = |element: i64| ops.iter().position(|op| op.adds == Some(element));
    let shows: Vec<(usize, &BTreeSet<i64>)> =
        ops.iter().enumerate().filter_map(|(at, op)| Some((at, op.shows.as_ref()?))).collect();
    for (at, shown) in &shows {
        // Nobody sees what was not asked for yet, or not at all.
        let there =
            |element: &i64| adder(*element).is_some_and(|by| Some(ops[by].invoked) < ops[*at].answered);
        if !shown.iter().all(there) {
            return false;
        }
    }
    let of_session = &ops;
    let own_before = |at: usize| (0..at).filter(move |other| all_same(of_session, *other, at));
    let seen_before = |at: usize| -> BTreeSet<i64> {
        own_before(at).filter_map(|other| ops[other].shows.as_ref()).flatten().copied().collect()
    };
    match guarantee {
        Guarantee::ReadYourWrites => shows.iter().all(|(at, shown)| {
            own_before(*at).filter_map(|other| ops[other].adds).all(|own| shown.contains(&own))
        }),
        Guarantee::MonotonicReads => shows.iter().all(|(at, shown)| seen_before(*at).is_subset(shown)),
        Guarantee::MonotonicWrites => shows.iter().all(|(at, shown)| {
            let seen = seen_before(*at);
            let met = seen.union(shown).filter_map(|element| adder(*element));
            let mut made = met.flat_map(own_before).filter_map(|before| ops[before].adds);
            made.all(|element| shown.contains(&element) || seen.contains(&element))
        }),
        Guarantee::WritesFollowReads => shows.iter().all(|(at, shown)| {
            let seen = seen_before(*at);
            let met = seen.union(shown).filter_map(|element| adder(*element));
            met.into_iter().all(|by| {
                seen_before(by).iter().all(|element| shown.contains(element) || seen.contains(element))
            })
        }),
        Guarantee::NoLostOrStale => shows.iter().all(|(at, shown)| {
            ops.iter().filter_map(|op| op.adds).all(|element| {
                let by = adder(element).and_then(|by| ops[by].answered);
                let told = shows.iter().filter(|(_, other)| other.contains(&element));
                let known = told.filter_map(|(other, _)| ops[*other].answered).chain(by).min();
                known.is_none_or(|known| known > ops[*at].invoked) || shown.contains(&element)
            })
        }),
        Guarantee::NoLostWrite => ops.iter().all(|op| {
            let (Some(element), Some(answered)) = (op.adds, op.answered) else { return true };
            let last = |present: bool| {
                let reads = shows.iter().filter(|(_, shown)| shown.contains(&element) == present);
                reads.map(|(at, _)| ops[*at].invoked).max()
            };
            last(false).is_none_or(|absent| absent < answered || Some(absent) <= last(true))
        }),
        Guarantee::Pram | Guarantee::Causal => {
            let sessions: BTreeSet<u64> = ops.iter().map(|op| op.session).collect();
            let past = causes(&ops);
            sessions.iter().all(|session| has_view(&ops, *session, &past, guarantee == Guarantee::Causal))
        }
        Guarantee::WeakCausal | Guarantee::CausalConvergence => {
            let past = causes(&ops);
            shows.iter().all(|(at, shown)| {
                (0..ops.len())
                    .filter(|by| past[*at][*by])
                    .filter_map(|by| ops[by].adds)
                    .all(|one| shown.contains(&one))
            })
        }
        Guarantee::Sequential => has_order(&ops),
        other => panic!("{other}"),
    }
}

fn all_same(ops: &[&Op], one: usize, other: usize) -> bool {
    ops[one].session == ops[other].session
}

/// What comes before what: by sessions, and by being seen.
fn causes(ops: &[&Op]) -> Vec<Vec<bool>> {
    let count = ops.len();
    let mut past = vec![vec![false; count]; count];
    for at in 0..count {
        for by in 0..count {
            let shown =
                ops[at].shows.as_ref().zip(ops[by].adds).is_some_and(|(shown, one)| shown.contains(&one));
            past[at][by] = (all_same(ops, at, by) && by < at) || shown;
        }
    }
    for through in 0..count {
        for at in 0..count {
            for by in 0..count {
                past[at][by] |= past[at][through] && past[through][by];
            }
        }
    }
    past
}

fn has_view(ops: &[&Op], session: u64, past: &[Vec<bool>], causal: bool) -> bool {
    let members: Vec<usize> =
        (0..ops.len()).filter(|at| ops[*at].adds.is_some() || ops[*at].session == session).collect();
    let before = |a: usize, b: usize| (all_same(ops, a, b) && a < b) || (causal && past[b][a]);
    fn extend(
        ops: &[&Op],
        members: &[usize],
        session: u64,
        before: &dyn Fn(usize, usize) -> bool,
        placed: u32,
        seen: &mut BTreeSet<u32>,
    ) -> bool {
        let is_open = |place: usize| placed & (1 << place) == 0;
        let needed = |place: &usize| ops[members[*place]].shows.is_some();
        if !(0..members.len()).filter(|place| is_open(*place)).any(|place| needed(&place)) {
            return true;
        }
        if !seen.insert(placed) {
            return false;
        }
        let state: BTreeSet<i64> = (0..members.len())
            .filter(|place| !is_open(*place))
            .filter_map(|place| ops[members[place]].adds)
            .collect();
        (0..members.len()).any(|place| {
            let op = ops[members[place]];
            let waits =
                (0..members.len()).any(|other| is_open(other) && before(members[other], members[place]));
            let wrong = op.session == session && op.shows.as_ref().is_some_and(|shown| *shown != state);
            is_open(place)
                && !waits
                && !wrong
                && extend(ops, members, session, before, placed | 1 << place, seen)
        })
    }
    extend(ops, &members, session, &before, 0, &mut BTreeSet::new())
}

/// Whether there is one order of everything.
fn has_order(ops: &[&Op]) -> bool {
    fn extend(ops: &[&Op], placed: u32, seen: &mut BTreeSet<u32>) -> bool {
        let is_open = |at: usize| placed & (1 << at) == 0;
        if !(0..ops.len()).any(|at| is_open(at) && ops[at].answered.is_some()) {
            return true;
        }
        if !seen.insert(placed) {
            return false;
        }
        let state: BTreeSet<i64> =
            (0..ops.len()).filter(|at| !is_open(*at)).filter_map(|at| ops[at].adds).collect();
        (0..ops.len()).any(|at| {
            let waits = (0..at).any(|other| is_open(other) && all_same(ops, other, at));
            let wrong = ops[at].shows.as_ref().is_some_and(|shown| *shown != state);
            is_open(at) && !waits && !wrong && extend(ops, placed | 1 << at, seen)
        })
    }
    extend(ops, 0, &mut BTreeSet::new())
}

/// A random history of a set, a counter or a bank: `ask` makes an operation, `answer` says what one returns, given all
/// operations asked for so far.
fn random_history(
    random: &mut Random,
    ask: &mut dyn FnMut(&mut Random, u64, u32) -> Invocation,
    answer: &mut dyn FnMut(&mut Random, &History, u64) -> Values,
) -> History {
    let sessions = 2 + random.below(2) as usize;
    let length = 2 + random.below(7);
    let mut history = History::new();
    let mut open: Vec<Option<u64>> = vec![None; sessions];
    let mut process: Vec<u64> = (0..sessions as u64).collect();
    let (mut at, mut begun) = (0, 0);
    while begun < length || open.iter().any(Option::is_some) {
        let lane = random.below(sessions as u64) as usize;
        at += 3;
        match open[lane] {
            None if begun < length => {
                let mut call = ask(random, begun, lane as u32);
                call.process = process[lane];
                history.invoke(at, call).unwrap();
                open[lane] = Some(begun);
                begun += 1;
            }
            Some(id) => {
                let is_read = history.get(id).unwrap().function == "read";
                let (outcome, output) = match random.below(100) {
                    0..6 => (Outcome::Unknown, Values::new()),
                    6..12 if !is_read => (Outcome::Failed, Values::new()),
                    _ if is_read => (Outcome::Ok, answer(random, &history, id)),
                    _ => (Outcome::Ok, Values::new()),
                };
                if outcome == Outcome::Unknown {
                    process[lane] += 100;
                }
                history.complete(at, id, outcome, output).unwrap();
                open[lane] = None;
            }
            None => {}
        }
    }
    history
}

/// A random history of a set.
pub fn set(random: &mut Random) -> History {
    let most = 60 + random.below(40);
    random_history(
        random,
        &mut |random, id, lane| match random.percent(50) {
            true => Invocation::new(id, lane, "read", None, Values::new()),
            false => Invocation::new(id, lane, "add", None, Values::from_iter([Value::from(id as i64)])),
        },
        &mut |random, history, _| {
            let mut shown: Vec<Value> = Vec::new();
            for operation in history.operations().iter().filter(|one| one.function == "add") {
                let chance = if operation.outcome == Outcome::Failed { 4 } else { most };
                if random.percent(chance) {
                    shown.extend(operation.input.first().cloned());
                }
            }
            Values::from_iter([Value::from(shown)])
        },
    )
}

/// A random history of a counter.
pub fn counter(random: &mut Random) -> History {
    random_history(
        random,
        &mut |random, id, lane| match random.percent(50) {
            true => Invocation::new(id, lane, "read", None, Values::new()),
            false => {
                let number = random.below(7) as i64 - 2;
                Invocation::new(id, lane, "add", None, Values::from_iter([number.into()]))
            }
        },
        &mut |random, history, _| {
            let mut sum = 0;
            for operation in history.operations().iter().filter(|one| one.function == "add") {
                let counts = operation.outcome == Outcome::Ok || random.percent(40);
                sum += if counts { number(&operation.input[0]) } else { 0 };
            }
            let wrong = i64::from(random.percent(20));
            Values::from_iter([Value::from(sum + wrong)])
        },
    )
}

/// Whether each read lies between what must and what may have been added.
pub fn interval(history: &History) -> bool {
    let all = history.operations();
    let reads = all.iter().filter(|one| one.function == "read" && one.outcome == Outcome::Ok);
    reads.into_iter().all(|read| {
        let (mut least, mut most) = (0, 0);
        for add in all.iter().filter(|one| one.function == "add" && one.outcome != Outcome::Failed) {
            let amount = number(&add.input[0]);
            if add.precedes(read) {
                (least, most) = (least + amount, most + amount);
            } else if Some(add.invoked) < read.completed {
                (least, most) = (least + amount.min(0), most + amount.max(0));
            }
        }
        (least..=most).contains(&number(&read.output[0]))
    })
}

/// A random history of a bank with three accounts.
pub fn bank(random: &mut Random) -> History {
    let wrong = random.percent(40);
    random_history(
        random,
        &mut |random, id, lane| match random.percent(60) {
            true => Invocation::new(id, lane, "read", None, Values::new()),
            false => {
                let values = [random.below(3), random.below(3), random.below(9)];
                Invocation::new(
                    id,
                    lane,
                    "transfer",
                    None,
                    values.into_iter().map(|one| Value::from(one as i64)).collect(),
                )
            }
        },
        &mut |random, _, _| {
            let (a, b) = (random.below(10) as i64, random.below(10) as i64);
            let rest = 30 - a - b + i64::from(wrong && random.percent(30));
            let pairs = [a, b, rest].into_iter().enumerate();
            Values::from_iter([Value::map(
                pairs.map(|(account, held)| (Value::from(account as i64), held.into())),
            )])
        },
    )
}

/// Whether all reads show the same sum, and this one if it is known.
pub fn conserved(history: &History, total: Option<i64>) -> bool {
    let reads =
        history.operations().iter().filter(|one| one.function == "read" && one.outcome == Outcome::Ok);
    let sum = |read: &Operation| -> i64 {
        let Value::Map(pairs) = &read.output[0] else { panic!() };
        pairs.iter().map(|(_, held)| number(held)).sum()
    };
    let mut sums: BTreeMap<i64, ()> = reads.map(|read| (sum(read), ())).collect();
    sums.extend(total.map(|total| (total, ())));
    sums.len() <= 1
}
