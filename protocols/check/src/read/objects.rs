//! Operations on single objects, put together from their events.
//!
//! An event's position is its number in the file, counting from 0. Where a file has completions only, such an operation
//! began at some time after its process's last completion: it is taken to begin right then, the widest interval that
//! can be, and all positions are given out anew.

use std::borrow::Cow;
use std::sync::Arc;

use crate::history::{Operation, Outcome};
use crate::value::{Value, Values};

use super::OPERATIONS_MOST;
use super::error::{Cause, ReadError};
use super::event::Type;
use super::imported::{Mark, Origin};
use super::pairing::{Actor, Pairing, Sought, Who, other_function};

/// What an operation is given or brings, as far as its event says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    /// Nothing at all.
    Nothing,
    /// One value, as histories of Jepsen have it.
    Value(Value),
    /// Exactly these values: our own form.
    Exactly(Values),
}

impl Said {
    fn values(self) -> (Values, bool) {
        match self {
            Said::Nothing => (Values::new(), false),
            Said::Value(value) => (Values::from_iter([value]), false),
            Said::Exactly(values) => (values, true),
        }
    }
}

/// One event of an operation.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'t> {
    pub line: u64,
    pub position: u64,
    pub kind: Type,
    pub actor: Actor,
    pub client: Option<Arc<str>>,
    pub function: Option<&'t str>,
    pub key: Option<Arc<str>>,
    pub said: Said,
    pub index: Option<i64>,
    pub time: Option<i64>,
}

impl Entry<'_> {
    fn sought(&self) -> Sought {
        let value = match &self.said {
            Said::Value(value) => value.clone(),
            _ => Value::Nil,
        };
        (Arc::from(self.function.unwrap_or_default()), value)
    }
}

/// Operations, as they are read.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    pub operations: Vec<Operation>,
    pub origins: Vec<Origin>,
    /// Operations that were completed but never invoked, each with the position after which it began.
    lone: Vec<(u32, Option<u64>)>,
}

impl Objects {
    /// One more event.
    ///
    /// # Errors
    /// If it contradicts what came before.
    pub(crate) fn event(&mut self, pairing: &mut Pairing, entry: Entry<'_>) -> Result<(), ReadError> {
        if self.operations.len() as u64 >= OPERATIONS_MOST {
            return Err(ReadError::on(entry.line, Cause::TooMany(OPERATIONS_MOST)));
        }
        let who = pairing.who(&entry.actor, entry.client.as_ref());
        if entry.kind == Type::Invoke {
            let number = self.operations.len() as u32;
            pairing.begin(&entry.actor, who, entry.line, number, || entry.sought())?;
            self.begin(who, &entry);
            (self.operations[number as usize].input, self.origins[number as usize].exact_input) =
                entry.said.values();
            return Ok(());
        }
        let before = pairing.completed(who);
        let open = pairing.complete(&entry.actor, who, entry.line, entry.position, || entry.sought())?;
        let number = open.unwrap_or_else(|| {
            let number = self.begin(who, &entry);
            self.lone.push((number, before));
            number
        });
        self.complete(number, entry)
    }

    fn begin(&mut self, who: Who, entry: &Entry<'_>) -> u32 {
        self.operations.push(Operation {
            id: entry.position,
            lane: who.lane,
            process: u64::from(who.process),
            function: function(entry.function.unwrap_or_default()),
            key: entry.key.clone(),
            input: Values::new(),
            output: Values::new(),
            invoked: entry.position,
            completed: None,
            outcome: Outcome::Open,
        });
        self.origins.push(Origin::new(entry.line, entry.index, entry.time));
        self.operations.len() as u32 - 1
    }

    fn complete(&mut self, number: u32, entry: Entry<'_>) -> Result<(), ReadError> {
        let operation = &mut self.operations[number as usize];
        let origin = &mut self.origins[number as usize];
        match entry.function {
            Some(found) if operation.function.is_empty() => operation.function = function(found),
            Some(found) if *operation.function != *found => {
                let began = &*operation.function;
                return Err(other_function(&entry.actor, entry.line, found, began, origin.line()));
            }
            _ => {}
        }
        operation.completed = Some(entry.position);
        operation.outcome = entry.kind.outcome();
        (operation.output, origin.exact_output) = entry.said.values();
        if operation.key.is_none() {
            operation.key = entry.key;
        }
        origin.complete(entry.line, entry.time);
        Ok(())
    }

    /// Every operation must say what it does.
    ///
    /// # Errors
    /// If one does not.
    pub(crate) fn check_functions(&self) -> Result<(), ReadError> {
        let unsaid = self.operations.iter().position(|operation| operation.function.is_empty());
        unsaid.map_or(Ok(()), |at| Err(ReadError::on(self.origins[at].line(), Cause::NoFunction)))
    }

    /// Gives positions anew where operations were completed but never invoked, and sorts all by when they began.
    pub(crate) fn settle_lone(&mut self, marks: &mut [Mark]) {
        if self.lone.is_empty() {
            return;
        }
        // Each event: one more than the position that it has or comes after; whether it comes after; whose it is.
        let mut after: Vec<Option<u64>> = vec![None; self.operations.len()];
        for (number, before) in &self.lone {
            after[*number as usize] = Some(before.map_or(0, |position| position + 1));
        }
        const MARK: u32 = 1 << 31;
        let mut events: Vec<(u64, bool, u32, bool)> = Vec::with_capacity(self.operations.len() * 2);
        for (number, operation) in self.operations.iter().enumerate() {
            let (invoked, lone) = match after[number] {
                Some(after) => (after, true),
                None => (operation.invoked + 1, false),
            };
            events.push((invoked, lone, number as u32, false));
            events.extend(operation.completed.map(|at| (at + 1, false, number as u32, true)));
        }
        let places = marks.iter().enumerate();
        events.extend(places.map(|(number, mark)| (mark.position + 1, false, number as u32 | MARK, false)));
        events.sort_unstable();
        for (position, (_, _, number, completes)) in events.into_iter().enumerate() {
            let position = position as u64;
            if number & MARK != 0 {
                marks[(number & !MARK) as usize].position = position;
            } else if completes {
                self.operations[number as usize].completed = Some(position);
            } else {
                self.operations[number as usize].invoked = position;
                self.operations[number as usize].id = position;
            }
        }
        let mut order: Vec<u32> = (0..self.operations.len() as u32).collect();
        order.sort_unstable_by_key(|number| self.operations[*number as usize].invoked);
        self.origins = order.iter().map(|number| self.origins[*number as usize]).collect();
        self.operations.sort_unstable_by_key(|operation| operation.invoked);
    }
}

/// A function's name; the usual ones take no memory.
fn function(name: &str) -> Cow<'static, str> {
    const USUAL: [&str; 23] = [
        "read",
        "write",
        "cas",
        "compare-and-set",
        "add",
        "get",
        "put",
        "append",
        "delete",
        "enqueue",
        "dequeue",
        "drain",
        "acquire",
        "release",
        "transfer",
        "inc",
        "increment",
        "dec",
        "decrement",
        "send",
        "poll",
        "remove",
        "insert",
    ];
    match USUAL.iter().find(|usual| **usual == name) {
        Some(usual) => Cow::Borrowed(usual),
        None => Cow::Owned(name.to_owned()),
    }
}
