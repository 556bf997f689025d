//! Transactions, put together from their events.
//!
//! A transaction goes into the history when it completes, so that only the open ones are held as they were written.
//! Whether keys hold lists or registers shows with the first step that appends, writes, or sees something.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::history::Outcome;
use crate::isolation::{
    Builder, Conventions, Draft, Initial, Moment, Objects, Step, Transactions as History, TransactionsError,
};
use crate::value::Value;

use super::OPERATIONS_MOST;
use super::error::{Cause, ReadError};
use super::event::{Event, Type};
use super::imported::Origin;
use super::pairing::{Actor, Pairing, Sought};
use super::tape::{Item, Kind};
use super::values::Interner;

/// Transactions, as they are read.
#[derive(Debug)]
pub(crate) struct Transactions {
    conventions: Conventions,
    builder: Option<Builder>,
    /// What came before it was known what keys hold.
    waiting: Vec<(Draft, Origin)>,
    open: Vec<(Draft, Origin)>,
    /// Places in `open` that are free again.
    free: Vec<u32>,
    origins: Vec<Origin>,
    /// Steps are spelled `:read` and `:write`, as Knossos writes those of its multi-register. Its tests begin with values
    /// that no transaction wrote: all transactions wait until it is seen which.
    spelled_out: bool,
}

impl Transactions {
    /// None yet. `objects` says what keys hold, where that is known.
    pub(crate) fn new(objects: Option<Objects>, conventions: Conventions) -> Self {
        let builder = objects.map(|objects| Builder::new(objects, conventions.clone()));
        Self {
            conventions,
            builder,
            waiting: Vec::new(),
            open: Vec::new(),
            free: Vec::new(),
            origins: Vec::new(),
            spelled_out: false,
        }
    }

    /// One more event. What it does stands in its value.
    ///
    /// # Errors
    /// If it contradicts what came before, or is none of a transaction.
    pub(crate) fn event(
        &mut self,
        pairing: &mut Pairing,
        interner: &mut Interner,
        event: &Event<'_>,
        actor: &Actor,
        position: u64,
    ) -> Result<(), ReadError> {
        let line = event.line;
        let client = event.client.and_then(Item::name).map(|name| interner.text(name));
        let who = pairing.who(actor, client.as_ref());
        let moment = Some(Moment { at: position, time: event.time });
        if self.builder.is_none() {
            self.spelled_out |= event.value.is_some_and(is_spelled_out);
        }
        if event.kind == Type::Invoke {
            let place = self.free.pop().unwrap_or_else(|| {
                self.open.push((Draft::default(), Origin::new(line, None, None)));
                self.open.len() as u32 - 1
            });
            let (draft, origin) = &mut self.open[place as usize];
            *origin = Origin::new(line, event.index, event.time);
            draft.label = event.index.and_then(|index| u64::try_from(index).ok()).unwrap_or(position);
            draft.process = process(actor, who.process);
            (draft.began, draft.ended, draft.outcome) = (moment, None, Outcome::Open);
            steps(event, interner, &mut draft.steps)?;
            return pairing.begin(actor, who, line, place, || sought(&self.open[place as usize].0));
        }
        let mut lone = Draft::default();
        // Why something failed is told in any form; what was done in one.
        if event.kind == Type::Ok || event.value.is_some_and(is_steps) {
            steps(event, interner, &mut lone.steps)?;
        }
        let open = pairing.complete(actor, who, line, position, || sought(&lone))?;
        let (mut draft, mut origin) = match open {
            Some(place) => {
                self.free.push(place);
                let (draft, origin) = &mut self.open[place as usize];
                (std::mem::take(draft), *origin)
            }
            None => {
                lone.label = event.index.and_then(|index| u64::try_from(index).ok()).unwrap_or(position);
                lone.process = process(actor, who.process);
                (std::mem::take(&mut lone), Origin::new(line, event.index, event.time))
            }
        };
        if !lone.steps.is_empty() {
            draft.steps = lone.steps;
        }
        draft.ended = moment;
        draft.outcome = event.kind.outcome();
        origin.complete(line, event.time);
        self.add(draft, origin)
    }

    /// A transaction, whole.
    ///
    /// # Errors
    /// If it does not fit those before.
    pub(crate) fn add(&mut self, draft: Draft, origin: Origin) -> Result<(), ReadError> {
        if self.origins.len() as u64 >= OPERATIONS_MOST {
            return Err(ReadError::on(origin.line(), Cause::TooMany(OPERATIONS_MOST)));
        }
        if self.builder.is_none() {
            let held = draft.steps.iter().find_map(held_by);
            let Some(objects) = held.filter(|_| !self.spelled_out) else {
                self.waiting.push((draft, origin));
                return Ok(());
            };
            self.decide(objects)?;
        }
        self.put(&draft, origin)
    }

    fn decide(&mut self, objects: Objects) -> Result<(), ReadError> {
        if self.spelled_out && objects == Objects::Registers && self.conventions.initial == Initial::Nothing {
            self.conventions.initial = initial(&self.waiting);
        }
        self.builder = Some(Builder::new(objects, self.conventions.clone()));
        for (draft, origin) in std::mem::take(&mut self.waiting) {
            self.put(&draft, origin)?;
        }
        Ok(())
    }

    fn put(&mut self, draft: &Draft, origin: Origin) -> Result<(), ReadError> {
        let Some(builder) = &mut self.builder else { return Ok(()) };
        builder.add(draft).map_err(|wrong| refused(wrong, origin))?;
        self.origins.push(origin);
        Ok(())
    }

    /// The history, and where its transactions stand in the file.
    ///
    /// # Errors
    /// If an open transaction does not fit the others.
    pub(crate) fn finish(mut self) -> Result<(History, Vec<Origin>), ReadError> {
        let mut free = std::mem::take(&mut self.free);
        free.sort_unstable();
        let open = std::mem::take(&mut self.open);
        for (place, (draft, origin)) in open.into_iter().enumerate() {
            if free.binary_search(&(place as u32)).is_err() {
                self.add(draft, origin)?;
            }
        }
        if self.builder.is_none() {
            let mut steps = self.waiting.iter().flat_map(|(draft, _)| &draft.steps);
            // If nothing was ever seen or written, any kind of object will do.
            self.decide(steps.find_map(held_by).unwrap_or(Objects::Registers))?;
        }
        let builder = self.builder.unwrap_or_else(|| Builder::new(Objects::Registers, self.conventions));
        Ok((builder.finish(), self.origins))
    }
}

/// What all keys hold at first, as far as reads show it that were over before anything was written to their key.
fn initial(drafts: &[(Draft, Origin)]) -> Initial {
    let at = |moment: Option<Moment>| moment.map(|moment| moment.at);
    let mut written: BTreeMap<&Value, u64> = BTreeMap::new();
    for (draft, _) in drafts {
        for step in &draft.steps {
            if let Step::Write { key, .. } = step {
                let began = at(draft.began).unwrap_or(0);
                written.entry(key).and_modify(|first| *first = began.min(*first)).or_insert(began);
            }
        }
    }
    let mut found: Option<&Value> = None;
    for (draft, _) in drafts.iter().filter(|(draft, _)| draft.outcome == Outcome::Ok) {
        for step in &draft.steps {
            let Step::Read { key, seen: Some(seen) } = step else { continue };
            let early =
                written.get(key).is_none_or(|first| at(draft.ended).is_some_and(|ended| ended < *first));
            if early && found.is_some_and(|found| found != seen) {
                return Initial::Unstated;
            }
            found = found.or(Some(seen).filter(|_| early));
        }
    }
    match found {
        None => Initial::Unstated,
        Some(Value::Nil) => Initial::Nothing,
        Some(value) => Initial::Written(value.clone()),
    }
}

fn refused(wrong: TransactionsError, origin: Origin) -> ReadError {
    ReadError::on(origin.line(), Cause::BadTransaction(wrong.to_string()))
}

/// The number of a process: the file's own where it has one.
fn process(actor: &Actor, number: u32) -> u64 {
    match actor {
        Actor::Number(own) if *own >= 0 => *own as u64,
        _ => (1 << 32) + u64::from(number),
    }
}

/// Transactions of nobody are found by what they append or write.
fn sought(draft: &Draft) -> Sought {
    let written = draft.steps.iter().filter_map(|step| match step {
        Step::Append { key, value } | Step::Write { key, value } => {
            Some(Value::from(vec![key.clone(), value.clone()]))
        }
        Step::Read { .. } => None,
    });
    (Arc::from(""), Value::from(written.collect::<Vec<_>>()))
}

/// What keys must hold for a step to be possible, if it says so.
fn held_by(step: &Step) -> Option<Objects> {
    match step {
        Step::Append { .. } => Some(Objects::Lists),
        Step::Write { .. } => Some(Objects::Registers),
        Step::Read { seen: Some(Value::List(_)), .. } => Some(Objects::Lists),
        Step::Read { seen: None | Some(Value::Nil), .. } => None,
        Step::Read { .. } => Some(Objects::Registers),
    }
}

/// Whether a value is the steps of a transaction.
pub(crate) fn is_steps(value: Item<'_>) -> bool {
    value.kind() == Kind::List
        && value.items().all(|part| {
            let mut items = part.items();
            part.kind() == Kind::List
                && items.next().and_then(Item::name).is_some_and(is_function)
                && matches!(items.count(), 1 | 2)
        })
}

fn is_spelled_out(value: Item<'_>) -> bool {
    value.items().any(|part| matches!(part.items().next().and_then(Item::name), Some("read" | "write")))
}

fn is_function(name: &str) -> bool {
    matches!(name, "r" | "read" | "w" | "write" | "append" | "a")
}

/// The steps that an event says.
fn steps(event: &Event<'_>, interner: &mut Interner, steps: &mut Vec<Step>) -> Result<(), ReadError> {
    steps.clear();
    let Some(value) = event.value.filter(|value| !value.is_nil()) else { return Ok(()) };
    let wrong = |item: Item<'_>| Err(ReadError::on(event.line, Cause::BadMop(item.shown())));
    if value.kind() != Kind::List {
        return wrong(value);
    }
    for part in value.items() {
        let mut items = if part.kind() == Kind::List { part.items() } else { return wrong(part) };
        let (Some(name), Some(key)) = (items.next().and_then(Item::name), items.next()) else {
            return wrong(part);
        };
        let given = items.next();
        if items.next().is_some() {
            return wrong(part);
        }
        let key = interner.key(key);
        steps.push(match (name, given) {
            ("append" | "a", Some(value)) => Step::Append { key, value: interner.value(value) },
            ("w" | "write", Some(value)) => Step::Write { key, value: interner.value(value) },
            // Only a completion says what was seen.
            ("r" | "read", Some(value)) if event.kind == Type::Ok => {
                Step::Read { key, seen: Some(interner.once(value)) }
            }
            ("r" | "read", _) => Step::Read { key, seen: None },
            _ => return wrong(part),
        });
    }
    Ok(())
}
