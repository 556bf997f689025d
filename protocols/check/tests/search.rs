//! The general search against an oracle of its own, on every model: many operations at once, few values, unknown
//! outcomes. What the search leaves out (see its module) must never change what it finds.

#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
use crate::common;

use std::collections::BTreeSet;
use std::fmt::Debug;

use check::linearizable::search::{Progress, Search};
use check::models::{Cell, CellCall, Counter, CounterCall, Model, Mutex, MutexCall, Queue, QueueCall};
use check::{Outcome, Value};
use common::{Random, rounds};

/// An operation: when it began, when it was answered (never, if its outcome is unknown), and what it did.
#[derive(Clone, Debug)]
struct Timed<C> {
    begun: u64,
    answered: Option<u64>,
    /// When its outcome turned out never to be known.
    lost: Option<u64>,
    asked: C,
    did: Option<C>,
}

impl<C: Clone> Timed<C> {
    /// As it was known to be right after `at`: begun or not, answered or not.
    fn as_of(&self, at: u64) -> Option<(u64, Option<u64>, Option<C>)> {
        if self.begun > at {
            return None;
        }
        match self.answered {
            Some(answered) if answered <= at => Some((self.begun, Some(answered), self.did.clone())),
            _ => Some((self.begun, None, Some(self.asked.clone()))),
        }
    }
}

/// When it began and was answered, and what it did, if it did.
type Told<C> = (u64, Option<u64>, Option<C>);

/// Whether there is an order, by trying every one: a set of operations and a state are looked at once.
fn holds<M: Model>(model: &M, all: &[Told<M::Call>]) -> bool
where
    M::State: Debug,
{
    let all: Vec<_> =
        all.iter().filter_map(|(begun, answered, call)| Some((*begun, *answered, call.clone()?))).collect();
    let mut seen: BTreeSet<(u32, String)> = BTreeSet::new();
    let mut waiting = vec![(0_u32, model.initial())];
    while let Some((done, state)) = waiting.pop() {
        let open = |at: &usize| done & (1 << at) == 0;
        let Some(first) = (0..all.len()).filter(open).filter_map(|at| all[at].1).min() else { return true };
        for at in (0..all.len()).filter(open).filter(|at| all[*at].0 < first) {
            if let Some(after) = model.step(&state, &all[at].2)
                && seen.insert((done | 1 << at, format!("{after:?}")))
            {
                waiting.push((done | 1 << at, after));
            }
        }
    }
    false
}

/// Feeds the search, all at once or event by event, and returns where it says that it broke.
fn searched<M: Model>(model: &M, all: &[Timed<M::Call>], slice: u64, patience: Option<u64>) -> Option<u64> {
    let mut events: Vec<(u64, usize, u8)> = Vec::new();
    for (number, one) in all.iter().enumerate() {
        events.push((one.begun, number, 0));
        events.extend(one.answered.map(|at| (at, number, 1)));
        events.extend(one.lost.map(|at| (at, number, 2)));
    }
    events.sort_unstable();
    let mut search = Search::new(model.clone());
    if let Some(candidates) = patience {
        search = search.patience(candidates);
    }
    let live = slice == 1;
    for (at, number, what) in events {
        let (one, op) = (&all[number], number as u32);
        match what {
            0 => assert_eq!(search.invoke(Some(one.asked.clone())), op),
            1 if one.did.is_some() => search.complete(op, at, Outcome::Ok, one.did.clone()),
            1 => search.complete(op, at, Outcome::Failed, None),
            _ => search.complete(op, at, Outcome::Unknown, None),
        }
        if live {
            while search.advance(3) == Progress::NotDecided {}
        }
    }
    loop {
        match search.advance(slice) {
            Progress::NotDecided => {}
            Progress::Holds => {
                check_order(model, all, &search.order());
                return None;
            }
            Progress::Broken { at } => return Some(at),
        }
    }
}

/// The witness: legal, in time, and without none that was answered.
fn check_order<M: Model>(model: &M, all: &[Timed<M::Call>], order: &[u32]) {
    let mut state = model.initial();
    for (place, number) in order.iter().enumerate() {
        let one = &all[*number as usize];
        let call = if one.answered.is_some() { one.did.as_ref() } else { Some(&one.asked) };
        state = model.step(&state, call.unwrap()).expect("legal");
        for later in &order[place + 1..] {
            let answered = all[*later as usize].answered;
            assert!(answered.is_none_or(|answered| answered > one.begun), "against time: {all:#?}");
        }
    }
    let answered = all.iter().enumerate().filter(|(_, one)| one.answered.is_some() && one.did.is_some());
    for (number, one) in answered {
        let unseen = model.is_pure(&one.asked) && one.did == Some(one.asked.clone());
        assert!(unseen || order.contains(&(number as u32)), "{number} is missing: {all:#?}");
    }
}

/// Runs a real object under clients; `effect` is what a call does to the state and returns.
fn record<M: Model>(
    random: &mut Random,
    model: &M,
    count: u64,
    clients: usize,
    mut ask: impl FnMut(&mut Random) -> M::Call,
    effect: impl Fn(&M::State, &M::Call) -> (M::State, Option<M::Call>),
    mut lie: impl FnMut(&mut Random, &M::Call) -> M::Call,
) -> Vec<Timed<M::Call>> {
    let lies = random.below(3) * 15;
    let lost = random.below(3) * 12;
    let mut all: Vec<Timed<M::Call>> = Vec::new();
    // Number, and what came of it.
    let mut running: Vec<(usize, Option<Option<M::Call>>)> = Vec::new();
    let mut state = model.initial();
    let mut at = 0;
    while (all.len() as u64) < count || !running.is_empty() {
        at += 1;
        if (all.len() as u64) < count && running.len() < clients && random.percent(60) {
            let asked = ask(random);
            running.push((all.len(), None));
            all.push(Timed { begun: at, answered: None, lost: None, asked, did: None });
            continue;
        }
        if running.is_empty() {
            continue;
        }
        let place = random.below(running.len() as u64) as usize;
        let number = running[place].0;
        match running[place].1.clone() {
            None if random.percent(lost) => {
                all[number].lost = Some(at);
                running.remove(place);
            }
            None => {
                let (after, did) = effect(&state, &all[number].asked);
                state = after;
                running[place].1 = Some(did);
            }
            Some(_) if random.percent(lost) => {
                all[number].lost = Some(at);
                running.remove(place);
            }
            Some(did) => {
                all[number].answered = Some(at);
                all[number].did = match did {
                    Some(did) if random.percent(lies) => Some(lie(random, &did)),
                    did => did,
                };
                running.remove(place);
            }
        }
    }
    all
}

fn check<M: Model>(model: &M, all: &[Timed<M::Call>]) -> bool {
    let mut moments: Vec<u64> = all.iter().filter_map(|one| one.answered).collect();
    moments.sort_unstable();
    let holds_at = |at: u64| holds(model, &all.iter().filter_map(|one| one.as_of(at)).collect::<Vec<_>>());
    let truth = match moments.last() {
        Some(last) if holds_at(*last) => None,
        _ => moments.iter().copied().find(|at| !holds_at(*at)),
    };
    for slice in [10_000, 7, 1] {
        // Without patience all orders at once decide, with little patience sometimes they and sometimes the path.
        for patience in [None, Some(0), Some(9)] {
            let found = searched(model, all, slice, patience);
            assert_eq!(found, truth, "slice {slice}, patience {patience:?}: {all:#?}");
        }
    }
    truth.is_none()
}

fn batch(name: &str, seed: u64, count: u32, mut one: impl FnMut(&mut Random) -> bool) {
    let mut random = Random(seed);
    let (rounds, mut held) = (rounds(count), 0);
    for _ in 0..rounds {
        held += u32::from(one(&mut random));
    }
    println!("{name}: {held} of {rounds} hold");
    assert!(held > rounds / 10 && rounds - held > rounds / 20, "{name}: {held} of {rounds} hold");
}

fn cell(random: &mut Random, values: u64, appends: bool) -> Vec<Timed<CellCall>> {
    let value = move |random: &mut Random| match appends {
        true => Value::from(["a", "b", "ab"][random.below(values.min(3)) as usize]),
        false => Value::Int(random.below(values) as i64),
    };
    let (count, clients) = (4 + random.below(10), 2 + random.below(7) as usize);
    let mut seen: Vec<Value> = vec![Value::Nil];
    let ask = |random: &mut Random| match random.below(if appends { 5 } else { 6 }) {
        0 | 1 => CellCall::Read(None),
        2 => CellCall::Write(value(random)),
        3 if !appends => CellCall::Write(value(random)),
        3 | 4 if appends => CellCall::Append(value(random)),
        _ => CellCall::Cas { from: value(random), to: value(random) },
    };
    let effect = |state: &Value, call: &CellCall| match call {
        CellCall::Read(_) => (state.clone(), Some(CellCall::Read(Some(state.clone())))),
        CellCall::Cas { from, .. } if from != state => {
            let seen = CellCall::Mismatch { expected: from.clone(), seen: state.clone() };
            (state.clone(), Some(seen))
        }
        call => (Cell::KeyValue.step(state, call).unwrap(), Some(call.clone())),
    };
    let lie = |random: &mut Random, did: &CellCall| match did {
        CellCall::Read(Some(was)) => {
            seen.push(was.clone());
            CellCall::Read(Some(seen[random.below(seen.len() as u64) as usize].clone()))
        }
        CellCall::Mismatch { expected, .. } => {
            CellCall::Mismatch { expected: expected.clone(), seen: value(random) }
        }
        did => did.clone(),
    };
    record(random, &Cell::KeyValue, count, clients, ask, effect, lie)
}

#[test]
fn registers_of_few_values() {
    batch("three values", 1, 6_000, |random| {
        let values = 1 + random.below(4);
        check(&Cell::KeyValue, &cell(random, values, false))
    });
}

#[test]
fn texts_that_grow() {
    batch("texts", 2, 4_000, |random| check(&Cell::KeyValue, &cell(random, 3, true)));
}

#[test]
fn counters() {
    batch("counter", 3, 4_000, |random| {
        let (count, clients) = (4 + random.below(9), 2 + random.below(6) as usize);
        let steps = [1, 1, 1, 2, -1][..2 + random.below(4) as usize].to_vec();
        let ask = |random: &mut Random| match random.below(2) {
            0 => CounterCall::Read(None),
            _ => CounterCall::Add(steps[random.below(steps.len() as u64) as usize]),
        };
        let effect = |state: &i128, call: &CounterCall| match call {
            CounterCall::Read(_) => (*state, Some(CounterCall::Read(Some(*state as i64)))),
            call => (Counter.step(state, call).unwrap(), Some(call.clone())),
        };
        let lie = |random: &mut Random, did: &CounterCall| match did {
            CounterCall::Read(Some(seen)) => CounterCall::Read(Some(seen + random.below(3) as i64 - 1)),
            did => did.clone(),
        };
        check(&Counter, &record(random, &Counter, count, clients, ask, effect, lie))
    });
}

#[test]
fn mutexes() {
    batch("mutex", 4, 4_000, |random| {
        let (count, clients) = (4 + random.below(9), 2 + random.below(6) as usize);
        let broken = random.percent(50);
        let ask = |random: &mut Random| [MutexCall::Acquire, MutexCall::Release][random.below(2) as usize];
        let effect = |taken: &bool, call: &MutexCall| match Mutex.step(taken, call) {
            Some(after) => (after, Some(*call)),
            // A mutex that is broken lets everybody have it.
            None => (*taken, broken.then_some(*call)),
        };
        check(&Mutex, &record(random, &Mutex, count, clients, ask, effect, |_, did| *did))
    });
}

#[test]
fn queues_of_few_values() {
    batch("queue", 5, 4_000, |random| {
        let (count, clients) = (4 + random.below(8), 2 + random.below(5) as usize);
        let values = 1 + random.below(4);
        let value = |random: &mut Random| Value::Int(random.below(values) as i64);
        let ask = |random: &mut Random| match random.below(9) {
            0..=3 => QueueCall::Enqueue(value(random)),
            4..=7 => QueueCall::Dequeue(None),
            _ => QueueCall::Drain(None),
        };
        let effect = |state: &std::sync::Arc<[Value]>, call: &QueueCall| {
            let after = Queue.step(state, call).unwrap();
            let did = match (call, state.first()) {
                (QueueCall::Dequeue(_), None) => QueueCall::Empty,
                (QueueCall::Dequeue(_), Some(first)) => QueueCall::Dequeue(Some(first.clone())),
                (QueueCall::Drain(_), _) => QueueCall::Drain(Some(state.clone())),
                _ => call.clone(),
            };
            (after, Some(did))
        };
        let lie = |random: &mut Random, did: &QueueCall| match did {
            QueueCall::Dequeue(_) | QueueCall::Empty if random.percent(30) => QueueCall::Empty,
            QueueCall::Dequeue(_) | QueueCall::Empty => QueueCall::Dequeue(Some(value(random))),
            did => did.clone(),
        };
        check(&Queue, &record(random, &Queue, count, clients, ask, effect, lie))
    });
}
