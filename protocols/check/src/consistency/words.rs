//! Proofs in plain words: a sentence, the operations, and what ties them.

use super::Proof;
use crate::history::{Operation, Outcome};
use crate::judge::{known_call, open_call};
use crate::models::{Cell, CellCall, Set, SetCall};
use crate::names::{Guarantee, ModelName};
use crate::story::{Proof as Shown, Story, label};
use crate::value::Value;

/// How many ties are told.
const TIES_MAX: usize = 8;

/// A time in words: nanoseconds, or positions where there is no clock.
pub(super) fn time(time: u64, is_clock: bool) -> String {
    match time {
        events if !is_clock => format!("{events} events"),
        nanos if nanos >= 10_000_000_000 => format!("{} s", nanos / 1_000_000_000),
        nanos if nanos >= 10_000_000 => format!("{} ms", nanos / 1_000_000),
        nanos => format!("{} µs", nanos / 1000),
    }
}

/// How stale reads were at most.
pub(super) fn staleness(versions: u64, late: u64, is_clock: bool) -> String {
    match versions {
        0 => "No read was stale.".to_string(),
        1 => format!("A read was at most 1 version old, by {}.", time(late, is_clock)),
        more => format!("A read was at most {more} versions old, and at most by {}.", time(late, is_clock)),
    }
}

impl Proof {
    /// The story, with clients called `c` and the number of their lane.
    pub fn story(&self) -> Story {
        self.story_with(&|lane| format!("c{lane}"))
    }

    /// The story, with `name` naming the client on a lane.
    pub fn story_with(&self, name: &dyn Fn(u32) -> String) -> Story {
        let teller = Teller { proof: self, name, needed: self.needed().collect() };
        let size = self.operations.len();
        let smallest = if self.minimal { "The smallest proof" } else { "A proof" };
        let noun = if self.of == 1 { "operation" } else { "operations" };
        let shown = |operation: &Operation| Shown {
            id: operation.id,
            lane: operation.lane,
            label: teller.label(operation),
            invoked: operation.invoked,
            answered: operation.completed.filter(|_| is_answered(operation)),
            source: self.sources.contains(&operation.id),
        };
        Story {
            headline: teller.headline(),
            counted: format!("{smallest}: {size} of {} {noun}", self.of),
            proof: self.operations.iter().map(shown).collect(),
            between: None,
            because: teller.because(),
        }
    }
}

fn is_answered(operation: &Operation) -> bool {
    matches!(operation.outcome, Outcome::Ok | Outcome::Failed)
}

struct Teller<'a> {
    proof: &'a Proof,
    name: &'a dyn Fn(u32) -> String,
    needed: Vec<&'a Operation>,
}

impl<'a> Teller<'a> {
    fn is_cells(&self) -> bool {
        matches!(self.proof.model, ModelName::Register | ModelName::CasRegister | ModelName::Kv)
    }

    fn who(&self, operation: &Operation) -> String {
        (self.name)(operation.lane)
    }

    fn on(&self, operation: &Operation) -> String {
        match &operation.key {
            Some(key) if self.proof.several_keys => format!(" on {key}"),
            _ => String::new(),
        }
    }

    fn label(&self, operation: &Operation) -> String {
        let call = if is_answered(operation) { known_call(&Cell::KeyValue, operation) } else { None };
        let call = call.filter(|_| self.is_cells());
        let told = match call {
            Some(CellCall::Cas { from, to }) => format!("swap {from} for {to}"),
            Some(CellCall::Mismatch { expected, seen }) => format!("swap {expected}: saw {seen}"),
            _ => label(operation),
        };
        format!("{told}{}", self.on(operation))
    }

    /// An operation with whose it is.
    fn named(&self, operation: &Operation) -> String {
        format!("{} ({})", self.label(operation), self.who(operation))
    }

    /// What an operation saw, if that is one thing.
    fn seen(&self, operation: &Operation) -> Option<Value> {
        if !is_answered(operation) {
            return None;
        }
        if self.is_cells() {
            return known_call(&Cell::KeyValue, operation)?.sees().cloned();
        }
        operation.output.first().cloned()
    }

    /// What an operation writes, if it does.
    fn written(&self, operation: &Operation) -> Option<Value> {
        match self.proof.model {
            ModelName::Set => match open_call(&Set, operation)? {
                SetCall::Add(value) => Some(value),
                _ => None,
            },
            _ if operation.function == "append" => operation.input.first().cloned(),
            _ => open_call(&Cell::KeyValue, operation)?.leaves().cloned(),
        }
    }

    /// What an operation asked for, after "told ok for".
    fn doing(&self, operation: &Operation) -> String {
        let on = self.on(operation);
        match (&*operation.function, self.written(operation)) {
            (_, Some(value)) if self.proof.model == ModelName::Set => format!("adding {value}{on}"),
            ("append", Some(value)) => format!("appending {value}{on}"),
            (_, Some(Value::Nil)) => format!("deleting the value{on}"),
            (_, Some(value)) => format!("writing {value}{on}"),
            _ => format!("\u{201c}{}\u{201d}", self.label(operation)),
        }
    }

    /// The one that was answered last.
    fn last(&self) -> Option<&'a Operation> {
        let answered = self.needed.iter().copied().filter(|one| is_answered(one));
        answered.max_by_key(|one| one.completed)
    }

    /// `c1 read milk`.
    fn read(&self, operation: &Operation) -> String {
        let who = self.who(operation);
        match self.seen(operation) {
            Some(seen) if operation.function == "contains" => {
                let there = if seen == Value::Int(0) { "was not there" } else { "was there" };
                let what = operation.input.first().map_or_else(String::new, Value::to_string);
                format!("{who} was told that {what} {there}")
            }
            Some(Value::List(items)) if items.is_empty() => {
                format!("{who} read nothing{}", self.on(operation))
            }
            Some(seen) => format!("{who} read {seen}{}", self.on(operation)),
            None if operation.outcome == Outcome::Ok => {
                format!("{who} was told ok for \u{201c}{}\u{201d}", self.label(operation))
            }
            None => format!("{who} did {}", self.label(operation)),
        }
    }

    /// What was read although nobody wrote it.
    fn unwritten(&self, last: &Operation) -> Option<String> {
        if matches!(self.proof.guarantee, Guarantee::IntervalCounter | Guarantee::Conservation) {
            return None;
        }
        let failed =
            self.needed.iter().find(|one| one.outcome == Outcome::Failed && self.written(one).is_some());
        if let Some(failed) = failed {
            let value = self.written(failed)?;
            let shows = |one: &&&Operation| match self.seen(one) {
                Some(Value::List(items)) if self.proof.model == ModelName::Set => items.contains(&value),
                seen => seen.as_ref() == Some(&value),
            };
            let by = self.needed.iter().find(shows)?;
            let (told, doing) = (self.who(failed), self.doing(failed));
            return Some(format!("{}, although {told} was told that {doing} had failed.", self.read(by)));
        }
        let alone = self.needed.len() == 1 && self.seen(last).is_some_and(|seen| seen != Value::Nil);
        alone.then(|| match self.is_cells() {
            true => format!("{}, which nobody had asked to write.", self.read(last)),
            false => format!("{}, and nobody had asked to add all of that.", self.read(last)),
        })
    }

    /// The last needed operation before another one that is as asked for.
    fn before(&self, last: &Operation, is: impl Fn(&Operation) -> bool) -> Option<&'a Operation> {
        let earlier =
            self.needed.iter().copied().filter(|one| one.invoked < last.invoked && one.id != last.id);
        earlier.filter(|one| is(one)).max_by_key(|one| one.invoked)
    }

    fn headline(&self) -> String {
        let Some(last) = self.last() else { return format!("{} is broken.", self.proof.guarantee) };
        if let Some(told) = self.unwritten(last) {
            return told;
        }
        // What a client saw cannot be, even where the last that was answered is a write.
        let shows = |one: &&&Operation| self.seen(one).is_some();
        let last = match self.proof.guarantee {
            Guarantee::Pram | Guarantee::Causal | Guarantee::WeakCausal | Guarantee::CausalConvergence => {
                let all = self.needed.iter().filter(|one| is_answered(one)).filter(shows);
                all.max_by_key(|one| one.completed).copied().unwrap_or(last)
            }
            _ => last,
        };
        let read = self.read(last);
        let own = |one: &Operation| one.process == last.process;
        let writes = |one: &Operation| self.written(one).is_some() && one.outcome == Outcome::Ok;
        match self.proof.guarantee {
            Guarantee::ReadYourWrites => match self.before(last, |one| own(one) && writes(one)) {
                Some(write) => {
                    let (who, doing) = (self.who(write), self.doing(write));
                    let saw = read.strip_prefix(&who).unwrap_or(&read).trim_start().to_string();
                    format!("{who} had been told ok for {doing}, and then itself {saw}.")
                }
                None => format!("{read}, which does not show what it had written itself."),
            },
            Guarantee::MonotonicReads => {
                match self.before(last, |one| own(one) && self.seen(one).is_some()) {
                    Some(before) => {
                        let then =
                            read.strip_prefix(&self.who(last)).unwrap_or(&read).trim_start().to_string();
                        format!("{}, and after that it {then}: back to something older.", self.read(before))
                    }
                    None => format!("{read}, which is older than what it had read."),
                }
            }
            Guarantee::MonotonicWrites => {
                format!("{read}. So it saw the writes of one client in another order than they were made in.")
            }
            Guarantee::WritesFollowReads => {
                format!("{read}. So it saw a write without what its writer had seen before making it.")
            }
            Guarantee::Pram => format!(
                "{read}. No order that keeps each client's own writes in theirs explains what {} saw.",
                self.who(last)
            ),
            Guarantee::Causal => format!(
                "{read}. No order of all writes that keeps cause before effect explains what {} saw.",
                self.who(last)
            ),
            Guarantee::WeakCausal => {
                format!("{read}, although that had been replaced by something it depends on.")
            }
            Guarantee::CausalConvergence => format!(
                "{read}. No one order of all writes that keeps cause before effect explains what all saw."
            ),
            Guarantee::Sequential => {
                format!("{read}. No order of all operations that keeps each client's own explains that.")
            }
            Guarantee::Regular | Guarantee::BoundedStaleness => self.stale(last, &read),
            Guarantee::NoLostWrite | Guarantee::NoLostOrStale => self.lost(last, &read),
            Guarantee::Convergent => self.differing(),
            Guarantee::IntervalCounter => match self.proof.figures.interval {
                Some((least, most)) if least == most => {
                    format!("{read}, and exactly {least} had been added.")
                }
                Some((least, most)) => {
                    format!("{read}; by what was added it had to be between {least} and {most}.")
                }
                None => format!("{read}, which is not what was added."),
            },
            Guarantee::Conservation => self.sums(last),
            other => format!("{read}. That breaks {other}."),
        }
    }

    fn stale(&self, last: &Operation, read: &str) -> String {
        let newer: Vec<&Operation> = self
            .needed
            .iter()
            .copied()
            .filter(|one| {
                one.precedes(last) && self.written(one).is_some_and(|value| self.seen(last) != Some(value))
            })
            .collect();
        match newer.as_slice() {
            [] => format!("{read}, which was not there any more."),
            [one] => {
                format!(
                    "{read}, although before it asked {} had been told ok for {}, which is newer.",
                    self.who(one),
                    self.doing(one)
                )
            }
            many => {
                let newest = many.last().map_or_else(String::new, |one| self.doing(one));
                format!(
                    "{read}, although before it asked {} newer writes had been answered, the last of them for {newest}.",
                    many.len()
                )
            }
        }
    }

    fn lost(&self, last: &Operation, read: &str) -> String {
        let seen = self.seen(last);
        let missing = |one: &Operation| {
            one.outcome == Outcome::Ok
                && one.precedes(last)
                && self.written(one).is_some_and(|value| match &seen {
                    Some(Value::List(items)) => !items.contains(&value),
                    seen => *seen != Some(value),
                })
        };
        match self.before(last, missing) {
            Some(write) if self.proof.guarantee == Guarantee::NoLostWrite => {
                format!(
                    "{} had been told ok for {}, and it is gone: later {read}.",
                    self.who(write),
                    self.doing(write)
                )
            }
            Some(write) => {
                format!(
                    "{} had been told ok for {}, and later {read}, without it.",
                    self.who(write),
                    self.doing(write)
                )
            }
            None => format!("{read}, without something that had been seen before it asked."),
        }
    }

    fn differing(&self) -> String {
        let mut reads: Vec<&Operation> = self
            .needed
            .iter()
            .copied()
            .filter(|one| self.written(one).is_none() && self.seen(one).is_some())
            .collect();
        reads.sort_by_key(|one| one.completed);
        match reads.as_slice() {
            [.., one, other] => {
                let then = self.read(other);
                format!(
                    "After all writes had ceased {}, and {then}: they did not come to see the same.",
                    self.read(one)
                )
            }
            _ => "After all writes had ceased not all saw the same.".to_string(),
        }
    }

    fn sums(&self, last: &Operation) -> String {
        let sum = |operation: &Operation| match operation.output.first() {
            Some(Value::Map(pairs)) => pairs
                .iter()
                .map(|(_, value)| if let Value::Int(n) = value { i128::from(*n) } else { 0 })
                .sum(),
            _ => 0_i128,
        };
        let total = self.proof.figures.total.unwrap_or_default();
        match self.before(last, |one| one.function == "read") {
            Some(first) => format!(
                "{} read balances that come to {}, and {} read balances that come to {}: money was made or lost.",
                self.who(first),
                sum(first),
                self.who(last),
                sum(last)
            ),
            None => format!(
                "{} read balances that come to {}, and there was {total} at first: money was made or lost.",
                self.who(last),
                sum(last)
            ),
        }
    }

    /// What ties the operations, and what the guarantee asks for.
    fn because(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let all: Vec<&Operation> = self.proof.operations.iter().collect();
        let in_time = matches!(
            self.proof.guarantee,
            Guarantee::Regular
                | Guarantee::BoundedStaleness
                | Guarantee::NoLostWrite
                | Guarantee::NoLostOrStale
                | Guarantee::Convergent
        );
        for (at, later) in all.iter().enumerate() {
            if in_time {
                let before = all[..at]
                    .iter()
                    .filter(|earlier| earlier.precedes(later))
                    .max_by_key(|earlier| earlier.completed);
                lines.extend(before.map(|earlier| {
                    format!("{} was answered before {} began.", self.named(earlier), self.named(later))
                }));
            } else if self.proof.guarantee != Guarantee::Conservation {
                let before = all[..at].iter().rev().find(|earlier| earlier.process == later.process);
                lines.extend(before.map(|earlier| {
                    format!("{} did {} before {}.", self.who(later), self.label(earlier), self.label(later))
                }));
            }
            let writer = self.seen(later).and_then(|seen| {
                let wrote = |one: &&&Operation| {
                    one.id != later.id
                        && one.key == later.key
                        && one.outcome != Outcome::Failed
                        && self.written(one) == Some(seen.clone())
                };
                all.iter().find(wrote).copied()
            });
            lines.extend(
                writer.map(|writer| format!("{} saw what {} wrote.", self.named(later), self.named(writer))),
            );
        }
        lines.truncate(TIES_MAX);
        lines.push(asks(self.proof.guarantee).to_string());
        lines
    }
}

/// What a guarantee asks for, in a sentence.
fn asks(guarantee: Guarantee) -> &'static str {
    match guarantee {
        Guarantee::Sequential => {
            "Sequential consistency asks for one order of all operations that keeps each client's own and explains every answer."
        }
        Guarantee::Causal => {
            "Causal consistency asks that all writes can be ordered for each client so that whatever was seen before a write comes before it."
        }
        Guarantee::WeakCausal => {
            "Weak causal consistency asks that no read shows what something in its own past had replaced."
        }
        Guarantee::CausalConvergence => {
            "Causal convergence asks for one order of all writes in which whatever was seen before a write comes before it."
        }
        Guarantee::Pram => {
            "PRAM asks that each client can see all writes in an order that keeps every client's own."
        }
        Guarantee::ReadYourWrites => {
            "Read your writes asks that a client never sees anything older than what it wrote."
        }
        Guarantee::MonotonicReads => {
            "Monotonic reads asks that a client never sees anything older than what it saw."
        }
        Guarantee::MonotonicWrites => {
            "Monotonic writes asks that the writes of one client are seen in their order."
        }
        Guarantee::WritesFollowReads => {
            "Writes follow reads asks that who sees a write also sees what its writer had seen."
        }
        Guarantee::Regular => {
            "A regular register shows the last write that was answered before the read began, or one that overlaps it."
        }
        Guarantee::BoundedStaleness => "Bounded staleness asks that a read is not older than the bound.",
        Guarantee::NoLostWrite => "What was acknowledged must not be gone for good.",
        Guarantee::NoLostOrStale => "What was added, or seen, before a read began must be in it.",
        Guarantee::Convergent => "Once writes cease, all must come to see the same.",
        Guarantee::IntervalCounter => {
            "A read of a counter shows at least what had been added when it began, and at most what may have been added when it was answered."
        }
        Guarantee::Conservation => "Transfers move money and never make or lose any.",
        _ => "The guarantee does not allow that.",
    }
}
