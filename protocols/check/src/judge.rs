//! The live verdict: is what happened so far linearizable?
//!
//! A [`Judge`] is fed the events of a run as they come, and judges each part of the object (each key) apart: by the
//! model's fast way as long as that can tell (cells: by zones, while each value is written at most once), decided at
//! once; from then on by the general search, which works in slices through [`Judge::work`] and is "not decided yet"
//! until it has caught up.
//!
//! The verdict is that of everything fed so far. Once broken a history stays broken, so the one position at
//! which it broke answers for every earlier moment too: [`Judge::verdict_at`].

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::evidence::Explain;
use crate::history::{History, HistoryError, Invocation, Operation, Outcome};
use crate::linearizable::search::{Progress, Search};
use crate::linearizable::{Fast, Linearized};
use crate::models::{Cell, Model, ModelError};
use crate::table::{self, Index};
use crate::value::Values;

/// Whether a history is linearizable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// There is an order of the operations that explains every answer.
    Holds,
    /// There is none from the event at position `at` on.
    Broken {
        /// Position of the event that broke it. While keys are still being searched, an earlier one may turn up.
        at: u64,
        /// The key on which it broke, where the history has keys.
        key: Option<Arc<str>>,
    },
    /// The general search has not caught up yet.
    NotDecided,
}

/// Why an event was refused. The judge is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JudgeError {
    /// The event does not fit the history.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The operation does not fit the model.
    #[error(transparent)]
    Model(#[from] ModelError),
}

#[derive(Clone, Debug)]
enum Way<M: Linearized> {
    Fast(M::Fast),
    Search(Box<Search<M>>),
}

/// The operations on one key.
#[derive(Clone, Debug)]
struct Part<M: Linearized> {
    key: Option<Arc<str>>,
    /// Places in the history; the position in this list is the operation's number for the fast way and the search.
    operations: Vec<u32>,
    way: Way<M>,
}

/// A history judged as it grows. To go back in time ask [`Self::verdict_at`]; to take another turn, feed a new
/// judge or clone this one (which copies it: some 300 bytes an operation).
#[derive(Clone, Debug)]
pub struct Judge<M: Linearized = Cell> {
    history: History,
    core: Core<M>,
}

impl<M: Linearized> Judge<M> {
    /// A judge of an empty history.
    pub fn new(model: M) -> Self {
        Self { history: History::new(), core: Core::new(model) }
    }

    /// What was fed so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The model that it is judged by.
    pub fn model(&self) -> &M {
        &self.core.model
    }

    /// An operation begins at position `at`.
    ///
    /// # Errors
    /// If the event does not fit the history, or the operation the model.
    pub fn invoke(&mut self, at: u64, invocation: Invocation) -> Result<(), JudgeError> {
        self.core.model.call(&as_invoked(at, &invocation))?;
        let place = self.history.invoke(at, invocation)?;
        self.core.invoke(&self.history, place);
        Ok(())
    }

    /// The outcome of operation `id` becomes known at position `at`. `output` is what it returned: the value
    /// of a read, what a failed compare-and-set saw, else nothing.
    ///
    /// # Errors
    /// If the event does not fit the history, or the output the model.
    pub fn complete(&mut self, at: u64, id: u64, outcome: Outcome, output: Values) -> Result<(), JudgeError> {
        if let Some(begun) = self.history.get(id) {
            self.core.model.call(&Operation { outcome, output: output.clone(), ..begun.clone() })?;
        }
        let place = self.history.complete(at, id, outcome, output)?;
        self.core.complete(&self.history, place);
        Ok(())
    }

    /// Lets the searches that are behind work for at most `steps` candidates. Returns the steps left over.
    pub fn work(&mut self, steps: u64) -> u64 {
        self.core.work(steps)
    }

    /// The verdict on everything fed so far.
    pub fn verdict(&self) -> Verdict {
        self.core.verdict_at(u64::MAX)
    }

    /// The verdict on the events up to and including `position`.
    pub fn verdict_at(&self, position: u64) -> Verdict {
        self.core.verdict_at(position)
    }

    /// An order of the operations, by id, that explains every answer, if the verdict is [`Verdict::Holds`].
    /// Operations that may as well not have happened are left out.
    pub fn witness(&self) -> Option<Vec<u64>> {
        self.core.witness(&self.history)
    }

    /// A judge of everything before the event that broke it, if the verdict is [`Verdict::Broken`]: once its work is done
    /// its witness is the longest beginning of the history that could be ordered.
    pub fn before_break(&self) -> Option<Judge<M>> {
        let Verdict::Broken { at, .. } = self.verdict() else { return None };
        let mut before = Self::new(self.core.model.clone());
        let then = at.checked_sub(1).map(|then| self.history.as_of(then))?;
        let operations: Vec<&Operation> = then.operations().iter().collect();
        for (_, place, completes) in events_of(&operations) {
            // What this judge took, another one takes.
            if completes {
                before.core.complete(&then, place);
            } else {
                before.core.invoke(&then, place);
            }
        }
        before.history = then;
        Some(before)
    }

    /// Begins the search for the evidence, if the verdict is [`Verdict::Broken`].
    pub fn explain(&self) -> Option<Explain<M>> {
        self.core.explain(&self.history)
    }
}

/// What a [`Judge`] knows beside the history, which whoever has several judges keeps once for all of them.
#[derive(Clone, Debug)]
pub(crate) struct Core<M: Linearized> {
    pub model: M,
    parts: Vec<Part<M>>,
    by_key: Index,
    /// For each operation of the history its part and its number there.
    homes: Vec<(u32, u32)>,
    /// Parts whose search is behind.
    behind: BTreeSet<u32>,
    broken: Option<(u64, u32)>,
}

impl<M: Linearized> Core<M> {
    pub(crate) fn new(model: M) -> Self {
        Self {
            model,
            parts: Vec::new(),
            by_key: Index::default(),
            homes: Vec::new(),
            behind: BTreeSet::new(),
            broken: None,
        }
    }

    /// The operation at this place of the history began.
    pub(crate) fn invoke(&mut self, history: &History, place: u32) {
        let operation = &history.operations()[place as usize];
        let call = open_call(&self.model, operation);
        let part = self.part_of(operation);
        let home = &mut self.parts[part as usize];
        self.homes.push((part, home.operations.len() as u32));
        home.operations.push(place);
        let Some(call) = call else { return };
        match &mut home.way {
            Way::Fast(fast) => {
                if fast.breach().is_none() && fast.invoke(operation.invoked, &call).is_err() {
                    self.start_search(history, part);
                }
            }
            Way::Search(search) => {
                search.invoke(Some(call));
                self.behind.insert(part);
            }
        }
    }

    /// The outcome of the operation at this place is known.
    pub(crate) fn complete(&mut self, history: &History, place: u32) {
        let operation = &history.operations()[place as usize];
        let Some(at) = operation.completed else { return };
        let call = known_call(&self.model, operation);
        let (part, number) = self.homes[place as usize];
        match &mut self.parts[part as usize].way {
            Way::Fast(fast) => {
                if fast.breach().is_some() {
                    return;
                }
                let told = fast.complete(number, at, operation.outcome, call.as_ref());
                match fast.breach().map(|breach| breach.at) {
                    Some(at) => self.note_break(at, part),
                    None if told.is_err() => self.start_search(history, part),
                    None => {}
                }
            }
            Way::Search(search) => {
                search.complete(number, at, operation.outcome, call);
                self.behind.insert(part);
            }
        }
    }

    /// Lets the searches that are behind work for at most `steps` candidates. Returns the steps left over.
    pub(crate) fn work(&mut self, steps: u64) -> u64 {
        let mut left = steps;
        while left > 0
            && let Some(part) = self.behind.first().copied()
        {
            let Way::Search(search) = &mut self.parts[part as usize].way else {
                self.behind.remove(&part);
                continue;
            };
            search.work(&mut left);
            match search.progress() {
                Progress::NotDecided => continue,
                Progress::Holds => {}
                Progress::Broken { at } => self.note_break(at, part),
            }
            self.behind.remove(&part);
        }
        left
    }

    pub(crate) fn verdict_at(&self, position: u64) -> Verdict {
        if let Some((at, part)) = self.broken
            && at <= position
        {
            return Verdict::Broken { at, key: self.parts[part as usize].key.clone() };
        }
        let is_behind = |part: &u32| match &self.parts[*part as usize].way {
            Way::Fast(_) => false,
            Way::Search(search) => search.decided_before() <= position,
        };
        if self.behind.iter().any(is_behind) { Verdict::NotDecided } else { Verdict::Holds }
    }

    pub(crate) fn witness(&self, history: &History) -> Option<Vec<u64>> {
        if self.verdict_at(u64::MAX) != Verdict::Holds {
            return None;
        }
        // Each key has an order of its own. Every operation is given the latest invocation among those up to it
        // in its key's order: a moment within its interval, so sorting by these moments merges the orders.
        let mut moments: Vec<(u64, u32, u32, u64)> = Vec::new();
        for (part_number, part) in self.parts.iter().enumerate() {
            let order = match &part.way {
                Way::Fast(fast) => fast.order(),
                Way::Search(search) => search.order(),
            };
            let mut moment = 0;
            for (rank, number) in order.into_iter().enumerate() {
                let operation = &history.operations()[part.operations[number as usize] as usize];
                moment = moment.max(operation.invoked);
                moments.push((moment, part_number as u32, rank as u32, operation.id));
            }
        }
        moments.sort_unstable();
        Some(moments.into_iter().map(|(_, _, _, id)| id).collect())
    }

    pub(crate) fn explain(&self, history: &History) -> Option<Explain<M>> {
        let (at, part) = self.broken?;
        let Part { key, operations, way } = &self.parts[part as usize];
        let then: Vec<Operation> =
            operations.iter().filter_map(|place| history.operations()[*place as usize].as_of(at)).collect();
        let suspects = match way {
            Way::Fast(fast) => fast.breach().map(|breach| breach.suspects.to_vec()),
            Way::Search(_) => None,
        };
        let several_keys = self.parts.len() > 1;
        Some(Explain::new(self.model.clone(), at, key.clone(), several_keys, then, suspects))
    }

    fn note_break(&mut self, at: u64, part: u32) {
        if self.broken.is_none_or(|(earlier, _)| at < earlier) {
            self.broken = Some((at, part));
        }
    }

    fn part_of(&mut self, operation: &Operation) -> u32 {
        let Self { model, parts, by_key, .. } = self;
        let key = model.part(operation);
        let hash = table::hash_of(&key);
        if let Some(part) = by_key.find(hash, |at| parts[at as usize].key.as_ref() == key) {
            return part;
        }
        let number = parts.len() as u32;
        let key = key.cloned();
        parts.push(Part { key, operations: Vec::new(), way: Way::Fast(M::Fast::default()) });
        by_key.insert(hash, number, |at| table::hash_of(&parts[at as usize].key.as_ref()));
        number
    }

    /// The fast way does not decide this part any more: the search takes its history from the beginning.
    fn start_search(&mut self, history: &History, part: u32) {
        let operations: Vec<&Operation> = self.parts[part as usize]
            .operations
            .iter()
            .map(|place| &history.operations()[*place as usize])
            .collect();
        let search = search_of(&self.model, &operations);
        self.parts[part as usize].way = Way::Search(Box::new(search));
        self.behind.insert(part);
    }
}

/// A search fed with the events of `operations`, which are in the order of their invocations.
pub(crate) fn search_of<M: Model>(model: &M, operations: &[&Operation]) -> Search<M> {
    let mut search = Search::new(model.clone());
    for (at, number, completes) in events_of(operations) {
        let operation = operations[number as usize];
        if completes {
            search.complete(number, at, operation.outcome, known_call(model, operation));
        } else {
            search.invoke(open_call(model, operation));
        }
    }
    search
}

/// The events of `operations` in order: position, number of the operation, whether it completes there.
pub(crate) fn events_of(operations: &[&Operation]) -> Vec<(u64, u32, bool)> {
    let mut events = Vec::with_capacity(operations.len() * 2);
    for (number, operation) in operations.iter().enumerate() {
        events.push((operation.invoked, number as u32, false));
        events.extend(operation.completed.map(|completed| (completed, number as u32, true)));
    }
    events.sort_unstable();
    events
}

/// What the operation did or saw, as far as its outcome says; `None` if it surely did not happen.
pub(crate) fn known_call<M: Model>(model: &M, operation: &Operation) -> Option<M::Call> {
    // It was checked when it was invoked and when it completed.
    model.call(operation).ok().flatten()
}

/// What the operation asks for, whatever came of it.
pub(crate) fn open_call<M: Model>(model: &M, operation: &Operation) -> Option<M::Call> {
    let mut open = operation.clone();
    open.outcome = Outcome::Open;
    open.output = Values::new();
    known_call(model, &open)
}

pub(crate) fn as_invoked(at: u64, invocation: &Invocation) -> Operation {
    let Invocation { id, lane, process, function, key, input } = invocation.clone();
    Operation {
        id,
        lane,
        process,
        function,
        key,
        input,
        output: Values::new(),
        invoked: at,
        completed: None,
        outcome: Outcome::Open,
    }
}
