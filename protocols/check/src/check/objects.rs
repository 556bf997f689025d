//! Guarantees of single objects.

use crate::evidence::{Evidence as Found, Explain};
use crate::history::{History, Invocation, Operation};
use crate::judge::{Judge, JudgeError, Verdict};
use crate::linearizable::unfold::{Unfolded, unfold};
use crate::models::Cell;
use crate::names::{Guarantee, ModelName};
use crate::read::{Imported, Subject};

use super::{CheckError, Claim, Evidence, Job, Request, Shown};

/// What has to be done to answer for the guarantees that were asked for.
pub(super) fn jobs(
    imported: &Imported,
    history: &History,
    asked: &[Guarantee],
    _request: &Request,
) -> Result<Vec<Box<dyn Job>>, CheckError> {
    let mut jobs: Vec<Box<dyn Job>> = Vec::new();
    let cell = match imported.model {
        ModelName::Register => Some(Cell::Register),
        ModelName::CasRegister => Some(Cell::CasRegister),
        ModelName::Kv => Some(Cell::KeyValue),
        _ => None,
    };
    if let Some(cell) = cell.filter(|_| asked.contains(&Guarantee::Linearizable)) {
        jobs.push(Box::new(Linearizable::new(imported, history, cell)?));
    }
    Ok(jobs)
}

/// Whether a history of cells is linearizable.
struct Linearizable {
    /// The events to be fed: position, place of the operation, whether it completes.
    events: Vec<(u64, u32, bool)>,
    fed: usize,
    /// Appends turned into swaps, where that can be done.
    unfolded: Option<Unfolded>,
    judge: Judge,
    explain: Option<Box<Explain>>,
    done: bool,
}

impl Linearizable {
    fn new(imported: &Imported, history: &History, cell: Cell) -> Result<Self, CheckError> {
        // Every operation must mean something to the model before any work is done.
        for (place, operation) in history.operations().iter().enumerate() {
            crate::models::Model::call(&cell, operation).map_err(|error| CheckError::Model {
                line: imported.origins.get(place).map(|origin| origin.line()),
                error,
            })?;
        }
        let unfolded = if cell == Cell::KeyValue { unfold(history).ok().flatten() } else { None };
        let mut events = Vec::with_capacity(history.operations().len() * 2);
        for (place, operation) in history.operations().iter().enumerate() {
            events.push((operation.invoked, place as u32, false));
            events.extend(operation.completed.map(|at| (at, place as u32, true)));
        }
        events.sort_unstable();
        Ok(Self { events, fed: 0, unfolded, judge: Judge::new(cell), explain: None, done: false })
    }

    fn feed(&mut self, history: &History, at: u64, place: u32, completes: bool) -> Result<(), JudgeError> {
        let fed_as = self.unfolded.as_ref().map_or(history, |unfolded| &unfolded.history);
        let Operation { id, lane, process, function, key, input, output, outcome, .. } =
            fed_as.operations()[place as usize].clone();
        if completes {
            return self.judge.complete(at, id, outcome, output);
        }
        self.judge.invoke(at, Invocation { id, lane, process, function, key, input })
    }

    /// The proof in words, with the operations as the file has them.
    fn evidence(&self, imported: &Imported, history: &History, found: &Found) -> Evidence {
        let mut found = found.clone();
        for operation in &mut found.operations {
            if let Some(original) = history.get(operation.id).and_then(|original| original.as_of(found.at)) {
                *operation = original;
            }
        }
        let story = found.story_with(&|lane| super::lane(imported, lane));
        let operations = story.proof.iter().map(|proof| {
            let place = history.place(proof.id);
            let origin = place.and_then(|place| imported.origins.get(place as usize));
            let place = place.map_or(proof.id, u64::from);
            let client = super::lane(imported, proof.lane);
            let mut shown = Shown::new(place, client, proof.label.clone(), origin);
            shown.source = proof.source;
            if proof.answered.is_none() {
                shown.answered = None;
                shown.completed_line = None;
            }
            shown
        });
        let mut because = story.because;
        if self.unfolded.as_ref().is_some_and(|unfolded| unfolded.ambiguous.contains(&found.key)) {
            because.push(
                "Some texts were appended more than once. Whichever append is taken for which, no order exists; \
                 this is why for one of the ways."
                    .to_owned(),
            );
        }
        Evidence { sentence: story.headline, operations: operations.collect(), because }
    }
}

impl Job for Linearizable {
    fn advance(&mut self, imported: &Imported, steps: u64) -> bool {
        let Subject::Objects(history) = &imported.subject else { return true };
        let mut left = steps;
        while left > 0 && self.fed < self.events.len() {
            let (at, place, completes) = self.events[self.fed];
            self.fed += 1;
            left -= 1;
            // The history is well formed and its operations are the model's: nothing can be refused.
            let fed = self.feed(history, at, place, completes);
            debug_assert_eq!(fed, Ok(()));
            if let Verdict::Broken { .. } = self.judge.verdict() {
                self.fed = self.events.len();
            }
        }
        if self.fed < self.events.len() {
            return false;
        }
        left = self.judge.work(left);
        match self.judge.verdict() {
            Verdict::Holds => self.done = true,
            Verdict::NotDecided => {}
            Verdict::Broken { .. } => {
                if self.explain.is_none() {
                    self.explain = self.judge.explain().map(Box::new);
                }
                self.done = self.explain.as_mut().is_none_or(|explain| explain.advance(left.max(1)));
            }
        }
        self.done
    }

    fn claims(&self, imported: &Imported) -> Vec<Claim> {
        let guarantee = Guarantee::Linearizable;
        let Subject::Objects(history) = &imported.subject else { return Vec::new() };
        let claim = match (self.judge.verdict(), &self.explain) {
            (Verdict::Broken { .. }, Some(explain)) if explain.evidence().is_some() => {
                let found = explain.evidence().map(|found| self.evidence(imported, history, found));
                Claim::broken(guarantee, found.unwrap_or_default())
            }
            (Verdict::Broken { at, .. }, _) => {
                let event = self.events.iter().find(|(position, ..)| *position == at);
                Claim::broken(
                    guarantee,
                    super::unexplained(imported, history, event.map(|(_, place, _)| *place)),
                )
            }
            (Verdict::Holds, _) if self.done => Claim::held(guarantee),
            _ => Claim::open(guarantee, "the search for an order of the operations took too long"),
        };
        vec![claim]
    }
}
