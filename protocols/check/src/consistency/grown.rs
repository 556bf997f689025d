//! Values that grow by appends, short of linearizability and sequential consistency.
//!
//! An append says what it adds and not what it finds. Where all see one order of all updates an append finds one value and
//! leaves one, and so is a swap: that is how linearizability and sequential consistency are judged. Guarantees that give
//! each session a view of its own do not have that: of two appends one session may see the one first, another session the
//! other, and each append then finds something else in each view. So here it is judged what these guarantees say of
//! updates:
//!
//! - *PRAM*: for each session an order of all updates and its own reads that keeps every session's order and explains
//!   these reads. It is looked for session by session; an update of unknown outcome may stand at the end, so that it
//!   happened may be left to each session. What breaks it breaks causal consistency.
//! - *The guarantees of sessions* (Terry et al. 1994), by what is visible: where nothing but appends touches the keys and
//!   no piece is appended twice a read shows exactly the updates that its session could see, in their order.
//!   *Read your writes* is broken by a read without a piece that its session had appended before; *monotonic reads* by one
//!   without a piece that it had been shown; *monotonic writes* and *writes follow reads* by one that lacks, or shows
//!   later, a piece that the writer of a piece that was seen had appended, or had seen, before appending that one.
//!
//! All else is not decided here, and holds where something stronger does: causal consistency in its three forms, and
//! regular reads, staleness and lost writes, which ask which of the writes a read saw.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smallvec::SmallVec;

use super::sequential::{self, Answer, Way};
use super::{Places, Setting, Suspects};
use crate::history::{History, Operation, Outcome};
use crate::judge::{known_call, open_call};
use crate::models::{Cell, CellCall};
use crate::names::{Guarantee, ModelName};
use crate::value::Value;

/// Steps that the search for all sessions' orders may take.
const STEPS_MOST: u64 = 20_000_000;
/// Pairs of a read and a piece that may be looked at.
const PAIRS_MOST: u64 = 300_000_000;

/// Whether something is appended in a history of cells.
pub(super) fn grows(history: &History, model: ModelName) -> bool {
    model == ModelName::Kv && history.operations().iter().any(|one| one.function == "append")
}

/// So many operations may a history have that is searched only because it is not plain what its reads saw.
pub(super) const SEARCHED_MOST: usize = 20_000;

/// PRAM by search: one search for an order after another. So it is judged, too, where what reads saw is not plain.
pub(super) struct Pram {
    history: History,
    /// Sessions that read something, of which it is not known yet that they have an order.
    readers: Vec<u64>,
    now: Option<Box<dyn Way>>,
    setting: Setting,
    spent: u64,
    answer: Answer,
}

impl Pram {
    /// Of a history of cells. Compare-and-sets are not taken: what they found is part of what they are.
    pub(super) fn new(history: &History, setting: &Setting) -> Self {
        let is_swap = |one: &Operation| {
            let call = open_call(&Cell::KeyValue, one);
            !matches!(call, None | Some(CellCall::Read(_) | CellCall::Write(_) | CellCall::Append(_)))
        };
        let swaps = history.operations().iter().any(is_swap);
        let reads = |one: &&Operation| one.outcome == Outcome::Ok && !is_update(one);
        let readers: BTreeSet<u64> =
            history.operations().iter().filter(reads).map(|one| one.process).collect();
        Self {
            history: if swaps { History::new() } else { history.clone() },
            readers: if swaps { Vec::new() } else { readers.into_iter().collect() },
            now: None,
            setting: setting.clone(),
            spent: 0,
            answer: if swaps { Answer::Unfit } else { Answer::Open },
        }
    }

    /// What a session can see: its own operations and all updates.
    fn view(&self, process: u64) -> History {
        let visible =
            |one: &&Operation| one.process == process || (is_update(one) && one.outcome != Outcome::Failed);
        let operations = self.history.operations().iter().filter(visible).cloned().collect();
        // A part of what is well formed is so, too.
        History::from_operations(operations).unwrap_or_default()
    }
}

fn is_update(operation: &Operation) -> bool {
    matches!(open_call(&Cell::KeyValue, operation), Some(CellCall::Write(_) | CellCall::Append(_)))
}

impl Way for Pram {
    fn answer(&self) -> &Answer {
        &self.answer
    }

    fn work(&mut self, budget: &mut u64) {
        while *budget > 0 && self.answer == Answer::Open {
            let Some(way) = &mut self.now else {
                let Some(process) = self.readers.pop() else {
                    self.answer = Answer::Holds(Vec::new());
                    return;
                };
                let view = self.view(process);
                *budget = budget.saturating_sub(1 + view.operations().len() as u64);
                self.now = Some(sequential::search(ModelName::Kv, &view, &self.setting));
                continue;
            };
            let before = *budget;
            way.work(budget);
            self.spent += before - *budget;
            match way.answer() {
                Answer::Open if self.spent > STEPS_MOST => self.answer = Answer::TooLarge,
                Answer::Open => {}
                Answer::Holds(_) => self.now = None,
                other => self.answer = other.clone(),
            }
        }
    }
}

/// What is visible of the guarantees of sessions: which are broken, by which operations.
pub(super) struct Visible {
    /// Guarantees that are broken, and the proof.
    pub broken: Vec<(Guarantee, Suspects)>,
}

/// Why that cannot be told.
pub(super) const UNCLEAR: &str = "values that grow by appends tell what a client saw only where nothing else touches the keys and no piece is \
     appended twice; nothing stronger holds either";
/// Why the rest is left open.
pub(super) const NOT_JUDGED: &str = "of values that grow by appends it is not judged by itself; it is known to hold where something stronger does";

/// A piece that was appended.
#[derive(Clone, Copy, Debug)]
struct Piece {
    place: u32,
    process: u64,
    /// The so manieth operation of its session.
    step: u32,
    failed: bool,
}

type Key = Option<Arc<str>>;

/// What a session has been shown.
#[derive(Default)]
struct Session {
    steps: u32,
    /// Pieces that it was shown under each key: at which of its steps first, and by which operation.
    shown: BTreeMap<Key, BTreeMap<u32, (u32, u32)>>,
    /// Pieces that it appended itself, by key, as numbers.
    own: BTreeMap<Key, Vec<u32>>,
    /// When its last operation was answered, if it was.
    answered: Option<u64>,
}

impl Visible {
    /// `None` where it is not plain what is visible.
    pub(super) fn of(history: &History) -> Option<Self> {
        let all = history.operations();
        let pieces = Pieces::of(history)?;
        let mut sessions: BTreeMap<u64, Session> = BTreeMap::new();
        // What each session saw and did is known before any read is judged: nothing here depends on time.
        let mut reads: Vec<(u32, Vec<u32>)> = Vec::new();
        for (place, operation) in all.iter().enumerate() {
            let place = place as u32;
            let session = sessions.entry(operation.process).or_default();
            let is_next = session.answered.is_some_and(|answered| answered < operation.invoked);
            if session.steps > 0 && !is_next {
                // Two at once, or one after one of unknown outcome: no sequence.
                return None;
            }
            let known = matches!(operation.outcome, Outcome::Ok | Outcome::Failed);
            session.answered = operation.completed.filter(|_| known);
            session.steps += 1;
            let step = session.steps;
            if let Some(piece) = pieces.by_place.get(&place) {
                session.own.entry(operation.key.clone()).or_default().push(*piece);
                continue;
            }
            let Some(CellCall::Read(Some(value))) = known_call(&Cell::KeyValue, operation) else { continue };
            if operation.outcome != Outcome::Ok {
                continue;
            }
            let Some(shown) = pieces.fall(&operation.key, &value) else {
                let broken = OF_PIECES.map(|one| (one, Suspects::Alone(Places::from_slice(&[place]))));
                return Some(Self { broken: broken.to_vec() });
            };
            let seen = session.shown.entry(operation.key.clone()).or_default();
            for piece in &shown {
                seen.entry(*piece).or_insert((step, place));
            }
            reads.push((place, shown));
        }
        let mut visible = Self { broken: Vec::new() };
        let mut work = 0;
        let mut met: BTreeMap<u64, Met> = BTreeMap::new();
        let mut told: BTreeMap<(u64, Key), BTreeSet<u32>> = BTreeMap::new();
        let mut step_of: BTreeMap<u64, u32> = BTreeMap::new();
        let mut next = reads.into_iter().peekable();
        for (place, operation) in all.iter().enumerate() {
            *step_of.entry(operation.process).or_default() += 1;
            let Some((_, shown)) = next.next_if(|(read, _)| *read == place as u32) else { continue };
            let look = Look {
                pieces: &pieces,
                sessions: &sessions,
                place: place as u32,
                operation,
                step: step_of[&operation.process],
                shown: &shown,
                rank: shown.iter().enumerate().map(|(rank, piece)| (*piece, rank)).collect(),
            };
            let met = met.entry(operation.process).or_default();
            let before = told.entry((operation.process, operation.key.clone())).or_default();
            look.meet(met);
            look.judge(met, before, &mut visible, &mut work)?;
            before.extend(&shown);
        }
        Some(visible)
    }

    fn note(&mut self, guarantee: Guarantee, places: &[u32]) {
        if !self.broken.iter().any(|(broken, _)| *broken == guarantee) {
            let mut places = Places::from_slice(places);
            places.sort_unstable();
            places.dedup();
            self.broken.push((guarantee, Suspects::Alone(places)));
        }
    }
}

/// What is judged by what is visible.
pub(super) const OF_PIECES: [Guarantee; 4] = [
    Guarantee::ReadYourWrites,
    Guarantee::MonotonicReads,
    Guarantee::MonotonicWrites,
    Guarantee::WritesFollowReads,
];

/// Of each session the latest piece that was shown: its number, its step, and who was shown it.
type Met = BTreeMap<u64, (u32, u32, u32)>;

/// A read, and what it shows.
struct Look<'a> {
    pieces: &'a Pieces,
    sessions: &'a BTreeMap<u64, Session>,
    place: u32,
    operation: &'a Operation,
    step: u32,
    shown: &'a [u32],
    rank: BTreeMap<u32, usize>,
}

impl Look<'_> {
    fn piece(&self, piece: u32) -> Piece {
        self.pieces.all[piece as usize]
    }

    /// The writers of what it shows are met by the session.
    fn meet(&self, met: &mut Met) {
        for piece in self.shown {
            let Piece { process, step, .. } = self.piece(*piece);
            let known = met.entry(process).or_insert((*piece, step, self.place));
            if known.1 < step {
                *known = (*piece, step, self.place);
            }
        }
    }

    fn judge(&self, met: &Met, before: &BTreeSet<u32>, visible: &mut Visible, work: &mut u64) -> Option<()> {
        let key = &self.operation.key;
        for piece in self.shown {
            let Piece { failed, place, .. } = self.piece(*piece);
            if failed {
                OF_PIECES.into_iter().for_each(|one| visible.note(one, &[self.place, place]));
            }
        }
        if let Some(lost) = before.iter().find(|piece| !self.rank.contains_key(piece)) {
            let by = self.sessions[&self.operation.process].shown[key][lost].1;
            visible.note(Guarantee::MonotonicReads, &[self.place, by, self.piece(*lost).place]);
        }
        let own = self.sessions[&self.operation.process].own.get(key);
        for piece in own.into_iter().flatten() {
            let Piece { step, failed, place, .. } = self.piece(*piece);
            if step < self.step && !failed && !self.rank.contains_key(piece) {
                visible.note(Guarantee::ReadYourWrites, &[self.place, place]);
            }
        }
        for (writer, (latest, step, by)) in met {
            let writer = &self.sessions[writer];
            let made = writer.own.get(key).into_iter().flatten().filter(|one| !self.piece(**one).failed);
            let made = made.map(|one| (Guarantee::MonotonicWrites, *one, self.piece(*one).step, None));
            let saw = writer.shown.get(key).into_iter().flatten();
            let saw = saw.map(|(one, (step, by))| (Guarantee::WritesFollowReads, *one, *step, Some(*by)));
            for (guarantee, piece, then, read) in made.chain(saw) {
                *work += 1;
                let lacks = then < *step && !self.rank.contains_key(&piece) && !before.contains(&piece);
                if lacks {
                    let (piece, latest) = (self.piece(piece).place, self.piece(*latest).place);
                    let places: SmallVec<[u32; 5]> =
                        [self.place, *by, piece, latest].into_iter().chain(read).collect();
                    visible.note(guarantee, &places);
                }
            }
        }
        self.in_order(visible, work);
        (*work < PAIRS_MOST).then_some(())
    }

    /// Each piece after those that its writer had made, or seen, before it.
    fn in_order(&self, visible: &mut Visible, work: &mut u64) {
        let key = &self.operation.key;
        for (rank, later) in self.shown.iter().enumerate() {
            let Piece { process, step, place, .. } = self.piece(*later);
            let writer = &self.sessions[&process];
            for earlier in &self.shown[rank + 1..] {
                *work += 1;
                let other = self.piece(*earlier);
                if other.process == process && other.step < step {
                    visible.note(Guarantee::MonotonicWrites, &[self.place, place, other.place]);
                }
                let saw = writer.shown.get(key).and_then(|shown| shown.get(earlier));
                if let Some((_, by)) = saw.filter(|(then, _)| *then < step) {
                    visible.note(Guarantee::WritesFollowReads, &[self.place, place, other.place, *by]);
                }
            }
        }
    }
}

/// What was appended, where that is all that touches the keys.
struct Pieces {
    all: Vec<Piece>,
    by_place: BTreeMap<u32, u32>,
    by_value: BTreeMap<Key, BTreeMap<Value, u32>>,
}

impl Pieces {
    fn of(history: &History) -> Option<Self> {
        let mut pieces = Self { all: Vec::new(), by_place: BTreeMap::new(), by_value: BTreeMap::new() };
        let mut steps: BTreeMap<u64, u32> = BTreeMap::new();
        for (place, operation) in history.operations().iter().enumerate() {
            let step = steps.entry(operation.process).or_default();
            *step += 1;
            let value = match open_call(&Cell::KeyValue, operation)? {
                CellCall::Append(value) => value,
                CellCall::Read(_) => continue,
                _ => return None,
            };
            let number = pieces.all.len() as u32;
            let failed = operation.outcome == Outcome::Failed;
            pieces.all.push(Piece { place: place as u32, process: operation.process, step: *step, failed });
            pieces.by_place.insert(place as u32, number);
            let known = pieces.by_value.entry(operation.key.clone()).or_default();
            if matches!(&value, Value::Text(text) if text.is_empty()) || known.insert(value, number).is_some()
            {
                return None;
            }
        }
        pieces.by_value.values().all(is_plain).then_some(pieces)
    }

    /// The pieces that a value is made of, in order; `None` if it is not made of pieces.
    fn fall(&self, key: &Key, value: &Value) -> Option<Vec<u32>> {
        let known = self.by_value.get(key);
        match value {
            Value::Nil => Some(Vec::new()),
            Value::List(items) => {
                let known = known.filter(|known| !matches!(known.keys().next(), Some(Value::Text(_))));
                let all = items.iter().map(|item| known?.get(item).copied());
                distinct(all.collect::<Option<Vec<u32>>>()?)
            }
            Value::Text(text) => {
                let (mut rest, mut found) = (&**text, Vec::new());
                while !rest.is_empty() {
                    // No piece begins with another: the last that is not greater is the only one that can begin it.
                    let (piece, number) = known?.range(..=Value::from(rest)).next_back()?;
                    let Value::Text(piece) = piece else { return None };
                    rest = rest.strip_prefix(&**piece)?;
                    found.push(*number);
                }
                distinct(found)
            }
            _ => None,
        }
    }
}

/// A piece is there once.
fn distinct(pieces: Vec<u32>) -> Option<Vec<u32>> {
    let mut seen = BTreeSet::new();
    pieces.iter().all(|piece| seen.insert(*piece)).then_some(pieces)
}

/// Whether a value falls into these pieces in one way only: they are all texts, none of which begins with another, or none
/// of them is.
fn is_plain(pieces: &BTreeMap<Value, u32>) -> bool {
    let texts = pieces.keys().filter(|piece| matches!(piece, Value::Text(_))).count();
    let begins = |pair: (&Value, &Value)| match pair {
        (Value::Text(one), Value::Text(next)) => next.starts_with(&**one),
        _ => false,
    };
    (texts == 0 || texts == pieces.len()) && !pieces.keys().zip(pieces.keys().skip(1)).any(begins)
}
