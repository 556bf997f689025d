//! Small histories as the oracles see them, and a source of random ones.

use check::{Cell, CellCall, History, Invocation, Model, Operation, Outcome, Value, Values};

use crate::common::Random;

/// One operation on a cell.
#[derive(Clone, Debug)]
pub struct Op {
    pub session: u64,
    pub key: Option<String>,
    pub sees: Option<Value>,
    pub writes: Option<Value>,
    pub invoked: i64,
    /// When it was answered; none for one that may happen at any later time or never.
    pub answered: Option<i64>,
    /// When a client gave up on it.
    pub given_up: Option<i64>,
    /// It surely did not write.
    pub failed: bool,
    /// What it was asked to write, whatever came of it.
    pub asked: Option<Value>,
}

impl Op {
    pub fn of(operation: &Operation) -> Self {
        let failed = operation.outcome == Outcome::Failed;
        let ended = operation.completed.map(|at| at as i64);
        let answered = ended.filter(|_| matches!(operation.outcome, Outcome::Ok | Outcome::Failed));
        let given_up = ended.filter(|_| operation.outcome == Outcome::Unknown);
        let call = Cell::KeyValue.call(operation).unwrap();
        let (mut sees, mut writes) = (None, None);
        match call {
            Some(CellCall::Read(seen)) => sees = seen.filter(|_| answered.is_some()),
            Some(CellCall::Write(value)) => writes = Some(value),
            Some(CellCall::Cas { from, to }) => (sees, writes) = (Some(from), Some(to)),
            Some(CellCall::Mismatch { seen, .. }) => sees = Some(seen),
            None => {}
            other => panic!("{other:?}"),
        }
        Self {
            session: operation.process,
            key: operation.key.as_deref().map(str::to_owned),
            sees,
            writes,
            invoked: operation.invoked as i64,
            answered,
            given_up,
            failed,
            asked: operation.input.last().cloned(),
        }
    }

    /// The same with nothing known but what it asked for.
    pub fn forgotten(operation: &Operation, number: usize) -> Self {
        let mut open = operation.clone();
        (open.outcome, open.completed) = (Outcome::Unknown, Some(0));
        open.output.clear();
        open.process = u64::MAX - number as u64;
        Self { invoked: -1000 + number as i64, given_up: Some(-500 + number as i64), ..Self::of(&open) }
    }

    pub fn is_read(&self) -> bool {
        self.sees.is_some() && self.answered.is_some()
    }
}

/// What histories are made of.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    pub swaps: bool,
    pub unique: bool,
    /// How many of a hundred reads show the write that was begun last.
    pub fresh: u64,
    /// How many of a hundred show what is only written next.
    pub early: u64,
}

/// A random history of cells: positions are three apart.
pub fn cells(random: &mut Random, mix: Mix) -> History {
    let sessions = 2 + random.below(3) as usize;
    let length = 2 + random.below(8);
    let keys = 1 + random.below(2) as usize;
    let mut history = History::new();
    let mut open: Vec<Option<u64>> = vec![None; sessions];
    let mut process: Vec<u64> = (0..sessions as u64).collect();
    let mut written: Vec<Vec<Value>> = vec![vec![Value::Nil]; keys];
    let (mut at, mut begun, mut fresh) = (0, 0, 100);
    while begun < length || open.iter().any(Option::is_some) {
        let lane = random.below(sessions as u64) as usize;
        at += 3;
        match open[lane] {
            None if begun < length => {
                let key = random.below(keys as u64) as usize;
                let name = (keys > 1).then(|| std::sync::Arc::from(["x", "y"][key]));
                let value = if mix.unique { fresh } else { 1 + random.below(3) as i64 };
                fresh += 1;
                let mut call = match random.below(if mix.swaps { 10 } else { 8 }) {
                    0..4 => Invocation::read(begun, lane as u32, name),
                    4..8 => Invocation::write(begun, lane as u32, name, value),
                    _ => {
                        let from = seen(random, &written[key], mix);
                        Invocation::cas(begun, lane as u32, name, from, value)
                    }
                };
                call.process = process[lane];
                if call.function != "read" {
                    written[key].push(value.into());
                }
                history.invoke(at, call).unwrap();
                open[lane] = Some(begun);
                begun += 1;
            }
            Some(id) => {
                let operation = history.get(id).unwrap();
                let key = usize::from(operation.key.as_deref() == Some("y"));
                let (function, expected) = (operation.function.clone(), operation.input.first().cloned());
                let (mut outcome, mut output) = (Outcome::Ok, Values::new());
                match random.below(100) {
                    0..7 => outcome = Outcome::Unknown,
                    // It is left open.
                    7..10 if begun >= length => {
                        open[lane] = None;
                        at -= 3;
                        continue;
                    }
                    10..17 if function != "read" => outcome = Outcome::Failed,
                    _ => {}
                }
                if outcome == Outcome::Ok && function == "read" {
                    let shown = match random.below(100) {
                        below if below < mix.early && mix.unique => (fresh + random.below(2) as i64).into(),
                        below if below < mix.early => (1 + random.below(3) as i64).into(),
                        98.. => 99.into(),
                        _ => seen(random, &written[key], mix),
                    };
                    output.push(shown);
                } else if outcome == Outcome::Failed && function == "cas" {
                    let shown = seen(random, &written[key], mix);
                    if Some(&shown) != expected.as_ref() {
                        output.push(shown);
                    }
                }
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

fn seen(random: &mut Random, written: &[Value], mix: Mix) -> Value {
    if random.below(100) < mix.fresh {
        return written[written.len() - 1].clone();
    }
    written[random.below(written.len() as u64) as usize].clone()
}
