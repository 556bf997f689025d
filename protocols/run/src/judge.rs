//! Verdicts of a run's prefix, kept up with the run as it grows: the history goes to a [`check::Judge`] step by step, each
//! at its place in [`sim::Trace::history`]; the place at which it broke then answers for every earlier moment.

use crate::history;
use crate::promises::LostWrites;
use crate::why::Step;
use serde::Serialize;
use sim::ids::{EventId, OperationId};
use sim::lab::Lab;
use sim::story::Outcome;
use sim::time::Time;
use sim::trace::{HistoryStep, Trace};
use std::sync::Arc;

/// How the history up to a moment stands.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveVerdict {
    /// There is an order of the operations that explains every answer.
    Holds {
        /// Operations answered so far.
        answered: u64,
        /// Operations whose outcome is not known: open ones and those given up.
        open: u64,
    },
    /// There is none.
    Broken {
        /// Since then.
        at: Time,
        /// Since this event.
        event: EventId,
        /// On this key, where there are keys.
        key: Option<Arc<str>>,
    },
    /// Not decided yet (the search goes on in [`crate::Playback::work`]), or not to be decided: no checker knows the
    /// lab's model.
    NotDecided {
        /// Operations answered so far.
        answered: u64,
        /// Operations whose outcome is not known.
        open: u64,
    },
}

/// One operation of a proof, as it is drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proof {
    /// Which.
    #[serde(serialize_with = "number")]
    pub operation: OperationId,
    /// Whose: `c1`.
    pub client: String,
    /// What it did: `read: milk`.
    pub label: String,
    /// Asked, in nanoseconds.
    #[serde(serialize_with = "nanos")]
    pub invoked: Time,
    /// Answered; none while open or where the outcome stayed unknown.
    #[serde(serialize_with = "maybe_nanos")]
    pub answered: Option<Time>,
    /// Only there because it wrote what another one saw.
    pub source: bool,
}

fn number<S: serde::Serializer>(id: &OperationId, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(id.0)
}

fn nanos<S: serde::Serializer>(time: &Time, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(time.0)
}

fn maybe_nanos<S: serde::Serializer>(time: &Option<Time>, to: S) -> Result<S::Ok, S::Error> {
    time.map(|time| time.0).serialize(to)
}

/// Why no order exists: sentences and highlights are drawn from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Broken since then.
    pub at: Time,
    /// Broken by this event.
    pub event: EventId,
    /// What happened, in one sentence.
    pub headline: String,
    /// `The smallest proof: 3 of 5 operations`.
    pub counted: String,
    /// The operations of the proof, as they began.
    pub proof: Vec<Proof>,
    /// The same, by name alone.
    pub operations: Vec<OperationId>,
    /// What ties them all in time, if one thing does.
    pub between: Option<String>,
    /// Why no order exists.
    pub lines: Vec<String>,
    /// How it could happen: moments to jump to.
    pub moments: Vec<Step>,
}

/// The judges of one run.
pub struct Live {
    lab: &'static dyn Lab,
    model: Option<check::Cell>,
    judge: check::Judge,
    /// How many steps of the history were fed.
    fed: usize,
    /// After each step: how many operations were answered.
    answered: Vec<u32>,
    /// Why the model refused an operation: then nothing can be said.
    refused: Option<String>,
    /// Searches are behind.
    behind: bool,
    explain: Option<check::Explain>,
    /// The break that is being, or was, explained.
    explained: Option<u64>,
    evidence: Option<check::Evidence>,
    pub(crate) lost: LostWrites,
}

impl Live {
    /// Of a run of this lab to which nothing has happened.
    pub fn new(lab: &'static dyn Lab) -> Self {
        let model = history::model(lab.about().model);
        Self {
            lab,
            model,
            judge: check::Judge::new(model.unwrap_or_default()),
            fed: 0,
            answered: Vec::new(),
            refused: None,
            behind: false,
            explain: None,
            explained: None,
            evidence: None,
            lost: LostWrites::default(),
        }
    }

    /// Takes what the trace has more than at the last call.
    pub fn feed(&mut self, trace: &Trace) {
        for at in self.fed..trace.history.len() {
            let (_, step) = trace.history[at];
            let mut answered = self.answered.last().copied().unwrap_or(0);
            if let HistoryStep::Completed(id) = step {
                let outcome = history::operation(trace, id).map(|operation| operation.outcome);
                answered += u32::from(matches!(outcome, Some(Outcome::Ok | Outcome::Failed)));
            }
            self.answered.push(answered);
            if self.model.is_some() && self.refused.is_none() {
                if let Err(wrong) = history::feed(&mut self.judge, trace, at) {
                    self.refused = Some(wrong.to_string());
                }
                self.behind = true;
            }
            self.lost.feed(trace, at);
        }
        self.fed = trace.history.len();
    }

    /// The trace was cut: forgets what is no longer in it.
    pub fn rewind(&mut self, trace: &Trace) {
        // A cut trace may since have lost answers of operations it keeps, so even the same length tells nothing.
        *self = Self::new(self.lab);
        self.feed(trace);
    }

    /// Lets the search and then the search for evidence go on for so many steps; whether anything was found.
    pub fn work(&mut self, steps: u64) -> bool {
        if self.idle() {
            return false;
        }
        let before = self.judge.verdict();
        let left = self.judge.work(steps);
        self.behind = left == 0 && before == check::Verdict::NotDecided;
        let verdict = self.judge.verdict();
        let check::Verdict::Broken { at, .. } = verdict else { return verdict != before };
        if self.explained != Some(at) {
            self.explain = self.judge.explain();
            self.explained = Some(at);
            self.evidence = None;
        }
        if let Some(explain) = &mut self.explain
            && explain.advance(left.max(1))
        {
            self.evidence = explain.evidence().cloned();
            self.explain = None;
            return true;
        }
        verdict != before
    }

    /// Whether there is nothing left to find.
    pub fn idle(&self) -> bool {
        match self.judge.verdict() {
            _ if self.model.is_none() || self.refused.is_some() => true,
            check::Verdict::Holds => true,
            check::Verdict::NotDecided => false,
            check::Verdict::Broken { at, .. } => {
                !self.behind && self.explained == Some(at) && self.explain.is_none()
            }
        }
    }

    /// Why nothing can be said about this lab's history, where nothing can.
    pub fn undecidable(&self) -> Option<String> {
        if self.model.is_none() {
            return Some(format!("no checker here knows the model “{}”", self.lab.about().model));
        }
        self.refused.clone()
    }

    /// How many steps of the history happened in the first events of a run.
    pub(crate) fn steps_before(trace: &Trace, events: EventId) -> usize {
        trace.history.partition_point(|(event, _)| *event < events)
    }

    /// The verdict on what happened in the first events of the run.
    pub fn verdict(&self, trace: &Trace, events: EventId) -> LiveVerdict {
        let steps = Self::steps_before(trace, events);
        let answered = steps.checked_sub(1).and_then(|last| self.answered.get(last)).copied().unwrap_or(0);
        let invoked = trace.story.operations.partition_point(|operation| operation.invoked_by < events);
        let (answered, open) =
            (u64::from(answered), invoked as u64 - u64::from(answered).min(invoked as u64));
        if self.model.is_none() || self.refused.is_some() || steps > self.fed {
            return LiveVerdict::NotDecided { answered, open };
        }
        let Some(last) = steps.checked_sub(1) else { return LiveVerdict::Holds { answered, open } };
        match self.judge.verdict_at(last as u64) {
            check::Verdict::Holds => LiveVerdict::Holds { answered, open },
            check::Verdict::NotDecided => LiveVerdict::NotDecided { answered, open },
            check::Verdict::Broken { at, key } => {
                let event = trace.history.get(at as usize).map_or(EventId(0), |(event, _)| *event);
                let at = trace.event(event).map_or(Time::ZERO, |record| record.at);
                LiveVerdict::Broken { at, event, key }
            }
        }
    }

    /// The proof, if the history is broken and it was found.
    pub fn evidence(&self, trace: &Trace) -> Option<Evidence> {
        let found = self.evidence.as_ref()?;
        let story = found.story();
        let event_at = |position: u64| trace.history.get(position as usize).map(|(event, _)| *event);
        let time = |position: u64| {
            event_at(position).and_then(|event| trace.event(event)).map_or(Time::ZERO, |record| record.at)
        };
        let proof = story.proof.iter().map(|proof| Proof {
            operation: OperationId(proof.id),
            client: format!("c{}", proof.lane),
            label: proof.label.clone(),
            invoked: time(proof.invoked),
            answered: proof.answered.map(time),
            source: proof.source,
        });
        Some(Evidence {
            at: time(found.at),
            event: event_at(found.at).unwrap_or_default(),
            headline: story.headline.clone(),
            counted: story.counted.clone(),
            operations: story.proof.iter().map(|proof| OperationId(proof.id)).collect(),
            proof: proof.collect(),
            between: story.between.clone(),
            lines: story.because.clone(),
            moments: Vec::new(),
        })
    }
}
