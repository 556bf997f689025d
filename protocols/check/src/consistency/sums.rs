//! Sums: the counter's intervals and the bank's conservation.

use smallvec::smallvec;

use super::{Breaks, Suspects};
use crate::history::{History, Outcome};
use crate::judge::{known_call, open_call};
use crate::models::{Bank, BankCall, Counter, CounterCall};
use crate::names::Guarantee;
use crate::value::Value;

/// What some additions come to: those that count, and at least and at most those that may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    least: i128,
    most: i128,
}

impl Sum {
    fn certain(number: i128) -> Self {
        Self { least: number, most: number }
    }

    fn possible(number: i128) -> Self {
        Self { least: number.min(0), most: number.max(0) }
    }

    fn plus(self, other: Sum) -> Self {
        Self { least: self.least + other.least, most: self.most + other.most }
    }

    fn minus(self, other: Sum) -> Self {
        Self { least: self.least - other.least, most: self.most - other.most }
    }
}

/// A read of a counter, with what it may have shown.
#[derive(Clone, Copy, Debug)]
struct Read {
    place: u32,
    completed: u64,
    seen: i128,
    sum: Sum,
}

/// The interval of a counter: each read shows no less than what had been added for certain when it began, and no more
/// than what may have been added when it was answered (an addition that is open, or of unknown outcome, may count or
/// not; so may one that overlaps the read). Jepsen's checker of counters, for additions of either sign.
#[derive(Clone, Debug, Default)]
pub(super) struct Intervals {
    /// Answered additions: when, all of them up to here as certain ones, and as possible ones.
    answered: Vec<(u64, Sum, Sum)>,
    /// Those that are not answered.
    open: Sum,
    reads: Vec<Read>,
}

impl Intervals {
    /// The operation at this place of the history began.
    pub(super) fn invoke(&mut self, history: &History, place: u32) {
        if let Some(CounterCall::Add(number)) = open_call(&Counter, &history.operations()[place as usize]) {
            self.open = self.open.plus(Sum::possible(number.into()));
        }
    }

    /// The outcome of the operation at this place is known.
    pub(super) fn complete(&mut self, history: &History, place: u32, breaks: &mut Breaks) {
        let operation = &history.operations()[place as usize];
        let Some(at) = operation.completed.filter(|_| operation.outcome != Outcome::Unknown) else { return };
        match (open_call(&Counter, operation), known_call(&Counter, operation)) {
            (Some(CounterCall::Add(number)), Some(_)) => {
                let number = i128::from(number);
                self.open = self.open.minus(Sum::possible(number));
                let (_, certain, possible) = self.answered.last().copied().unwrap_or_default();
                let (certain, possible) =
                    (certain.plus(Sum::certain(number)), possible.plus(Sum::possible(number)));
                self.answered.push((at, certain, possible));
            }
            (Some(CounterCall::Add(number)), None) => {
                // It did not count after all, whatever was thought of reads that overlap it.
                let sum = Sum::possible(number.into());
                self.open = self.open.minus(sum);
                for read in self.reads.iter_mut().rev().take_while(|read| read.completed > operation.invoked)
                {
                    read.sum = read.sum.minus(sum);
                    read.judge(at, breaks);
                }
            }
            (_, Some(CounterCall::Read(Some(seen)))) => {
                let before = self.answered.partition_point(|(answered, ..)| *answered < operation.invoked);
                let at_most = self.answered.last().copied().unwrap_or_default().2;
                let (_, certain, possible) =
                    before.checked_sub(1).map_or_else(Default::default, |last| self.answered[last]);
                let sum = certain.plus(at_most.minus(possible)).plus(self.open);
                let read = Read { place, completed: at, seen: seen.into(), sum };
                read.judge(at, breaks);
                self.reads.push(read);
            }
            _ => {}
        }
    }

    /// What may have been shown by the read at this place.
    pub(super) fn interval(&self, place: u32) -> Option<(i128, i128)> {
        let read = self.reads.iter().find(|read| read.place == place)?;
        Some((read.sum.least, read.sum.most))
    }
}

impl Read {
    fn judge(&self, at: u64, breaks: &mut Breaks) {
        if !(self.sum.least..=self.sum.most).contains(&self.seen) {
            breaks.note(Guarantee::IntervalCounter, at, Suspects::Alone(smallvec![self.place]));
        }
    }
}

/// The conservation of a bank: every read of all accounts shows the same sum.
#[derive(Clone, Debug, Default)]
pub(super) struct Conservation {
    /// The accounts, their sum, and the operation that showed it first, if one did.
    first: Option<(Vec<Value>, i128, Option<u32>)>,
    /// Since when reads show other accounts than the first.
    pub vague: Option<u64>,
}

impl Conservation {
    /// A bank in which there is so much at first, if that is known.
    pub(super) fn new(initial: Option<&Value>) -> Self {
        let number = |value: &Value| if let Value::Int(number) = value { i128::from(*number) } else { 0 };
        let first = match initial {
            Some(Value::Map(pairs)) => {
                let accounts = pairs.iter().map(|(account, _)| account.clone()).collect();
                Some((accounts, pairs.iter().map(|(_, value)| number(value)).sum(), None))
            }
            _ => None,
        };
        Self { first, vague: None }
    }

    /// What there is, if anybody knows.
    pub(super) fn total(&self) -> Option<i128> {
        self.first.as_ref().map(|(_, total, _)| *total)
    }

    /// The outcome of the operation at this place is known.
    pub(super) fn complete(&mut self, history: &History, place: u32, breaks: &mut Breaks) {
        let operation = &history.operations()[place as usize];
        let at = operation.completed.unwrap_or(operation.invoked);
        if operation.outcome != Outcome::Ok {
            return;
        }
        let Some(BankCall::Read(Some(seen))) = known_call(&Bank::default(), operation) else { return };
        let total: i128 = seen.iter().map(|(_, balance)| i128::from(*balance)).sum();
        let accounts = || seen.iter().map(|(account, _)| account);
        match &self.first {
            None => self.first = Some((accounts().cloned().collect(), total, Some(place))),
            Some((first, _, _)) if !first.iter().eq(accounts()) => {
                self.vague.get_or_insert(at);
            }
            Some((_, sum, by)) if *sum != total => {
                let found = by.iter().copied().chain([place]).collect();
                breaks.note(Guarantee::Conservation, at, Suspects::Alone(found));
            }
            Some(_) => {}
        }
    }
}
