//! Verdicts of a run's prefix, kept up with the run as it grows: the history goes to [`check::Judges`] step by step, each
//! at its place in [`sim::Trace::history`]; the place at which a guarantee broke then answers for every earlier moment.
//!
//! Every guarantee that the lab claims and that can be told from its history is judged. The first of them is the lab's
//! *main* one, whose verdict the window shows.

use crate::history;
use crate::promises::LostWrites;
use crate::why::Step;
use check::live::{Explaining, Judges};
use check::names::{Guarantee, ModelName};
use check::{Story, Verdict};
use serde::Serialize;
use sim::ids::{EventId, OperationId};
use sim::lab::Lab;
use sim::parameter::Parameters;
use sim::story::Outcome;
use sim::time::Time;
use sim::trace::{HistoryStep, Trace};
use std::sync::Arc;

/// How a guarantee stands by the history up to a moment.
#[derive(Clone, Debug, PartialEq)]
pub enum LiveVerdict {
    /// It is kept.
    Holds {
        /// Operations answered so far.
        answered: u64,
        /// Operations whose outcome is not known: open ones and those given up.
        open: u64,
    },
    /// It is broken.
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

/// A broken guarantee and the search for its proof.
struct Proving {
    guarantee: Guarantee,
    /// The position at which it broke.
    at: u64,
    explaining: Explaining,
}

/// The judges of one run.
pub struct Live {
    lab: &'static dyn Lab,
    /// The guarantees that are judged from the history alone; the first is the one whose verdict the lab is known by.
    judged: Vec<Guarantee>,
    /// Whether the lab claims that one.
    promised: bool,
    judges: Option<Judges>,
    /// How many steps of the history were fed.
    fed: usize,
    /// After each step: how many operations were answered.
    answered: Vec<u32>,
    /// Why the model refused an operation: then nothing can be said.
    refused: Option<String>,
    /// Searches are behind.
    behind: bool,
    proving: Option<Proving>,
    /// Proofs that were found, or given up: which guarantee, where it broke, the story.
    proofs: Vec<(Guarantee, u64, Option<Story>)>,
    pub(crate) lost: LostWrites,
}

/// What of a lab's claims is judged from its history alone, the first claim first; where there is no such claim, whether
/// the history is linearizable all the same, if its model is one of cells.
fn judged(lab: &dyn Lab, parameters: &Parameters) -> (Vec<Guarantee>, bool) {
    let Ok(model) = lab.about().model.parse::<ModelName>() else { return (Vec::new(), false) };
    let claims = lab.claims(parameters);
    let is_known = |guarantee: &Guarantee| {
        let own = lab.invariants().iter().any(|invariant| invariant.name == guarantee.name());
        // Lost writes are watched for by who knows which node answered: see `promises`.
        !own && *guarantee != Guarantee::NoLostWrite
            && (*guarantee == Guarantee::Linearizable || check::consistency::known(model).contains(guarantee))
    };
    let mut judged: Vec<Guarantee> = claims
        .iter()
        .filter_map(|claim| claim.guarantee.parse::<Guarantee>().ok())
        .filter(is_known)
        .collect();
    let promised = !judged.is_empty();
    let is_cell = matches!(model, ModelName::Register | ModelName::CasRegister | ModelName::Kv);
    if !promised && is_cell {
        judged.push(Guarantee::Linearizable);
    }
    (judged, promised)
}

impl Live {
    /// Of a run of this lab, under these parameters, to which nothing has happened.
    pub fn new(lab: &'static dyn Lab, parameters: &Parameters) -> Self {
        let (judged, promised) = judged(lab, parameters);
        let model = lab.about().model.parse::<ModelName>().ok().filter(|_| !judged.is_empty());
        let judges = model.and_then(|model| Judges::new(model, &judged));
        Self {
            lab,
            judged,
            promised,
            judges,
            fed: 0,
            answered: Vec::new(),
            refused: None,
            behind: false,
            proving: None,
            proofs: Vec::new(),
            lost: LostWrites::default(),
        }
    }

    /// The guarantee whose verdict [`Self::verdict`] is.
    pub fn main(&self) -> Guarantee {
        self.judged.first().copied().unwrap_or(Guarantee::Linearizable)
    }

    /// Whether the lab claims that one.
    pub fn is_promised(&self) -> bool {
        self.promised
    }

    /// Whether a guarantee is judged from the history.
    pub(crate) fn judges(&self, guarantee: Guarantee) -> bool {
        self.judged.contains(&guarantee)
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
            if let Some(judges) = self.judges.as_mut().filter(|_| self.refused.is_none()) {
                if let Err(wrong) = history::feed(judges, trace, at) {
                    self.refused = Some(wrong.to_string());
                }
                self.behind = true;
            }
            self.lost.feed(trace, at);
        }
        self.fed = trace.history.len();
    }

    /// The trace was cut: forgets what is no longer in it.
    pub fn rewind(&mut self, trace: &Trace, parameters: &Parameters) {
        // A cut trace may since have lost answers of operations it keeps, so even the same length tells nothing.
        *self = Self::new(self.lab, parameters);
        self.feed(trace);
    }

    /// Lets the searches, and then those for proofs, go on for so many steps; whether anything was found.
    pub fn work(&mut self, steps: u64) -> bool {
        let Some(judges) = self.judges.as_mut().filter(|_| self.refused.is_none()) else { return false };
        let mut found = false;
        let mut left = steps;
        if self.behind {
            let stood = |judges: &Judges| -> Vec<Verdict> {
                self.judged.iter().map(|one| judges.verdict_at(*one, u64::MAX)).collect()
            };
            let before = stood(judges);
            left = judges.work(left);
            self.behind = left == 0;
            found = before != stood(judges);
        }
        if self.proving.is_none() {
            let unproven = self.judged.iter().find_map(|one| {
                let Verdict::Broken { at, .. } = judges.verdict_at(*one, u64::MAX) else { return None };
                let is_known = self.proofs.iter().any(|(other, since, _)| other == one && *since == at);
                (!is_known).then_some((*one, at))
            });
            if let Some((guarantee, at)) = unproven {
                match judges.explain(guarantee) {
                    Some(explaining) => self.proving = Some(Proving { guarantee, at, explaining }),
                    None => self.proofs.push((guarantee, at, None)),
                }
            }
        }
        if let Some(proving) = &mut self.proving
            && proving.explaining.advance(judges, left.max(1))
        {
            self.proofs.push((proving.guarantee, proving.at, proving.explaining.story(judges)));
            self.proving = None;
            return true;
        }
        found
    }

    /// Whether there is nothing left to find.
    pub fn idle(&self) -> bool {
        let Some(judges) = self.judges.as_ref().filter(|_| self.refused.is_none()) else { return true };
        let is_settled = |one: &Guarantee| match judges.verdict_at(*one, u64::MAX) {
            Verdict::Holds | Verdict::NotDecided => true,
            Verdict::Broken { at, .. } => {
                self.proofs.iter().any(|(other, since, _)| other == one && *since == at)
            }
        };
        !self.behind && self.proving.is_none() && self.judged.iter().all(is_settled)
    }

    /// Whether a checker knows the model of this lab's history. Where none does, the lab has promises of another kind.
    pub fn knows_the_model(&self) -> bool {
        self.judges.is_some()
    }

    /// Why nothing can be said about this lab's history, where nothing can.
    pub fn undecidable(&self) -> Option<String> {
        match &self.judges {
            None => Some(format!("no checker here knows the model “{}”", self.lab.about().model)),
            Some(judges) => self.refused.clone().or_else(|| judges.doubt(self.main())),
        }
    }

    /// How many steps of the history happened in the first events of a run.
    pub(crate) fn steps_before(trace: &Trace, events: EventId) -> usize {
        trace.history.partition_point(|(event, _)| *event < events)
    }

    /// The verdict on what happened in the first events of the run.
    pub fn verdict(&self, trace: &Trace, events: EventId) -> LiveVerdict {
        self.verdict_on(self.main(), trace, events)
    }

    /// The verdict of one guarantee.
    pub(crate) fn verdict_on(&self, guarantee: Guarantee, trace: &Trace, events: EventId) -> LiveVerdict {
        let steps = Self::steps_before(trace, events);
        let answered = steps.checked_sub(1).and_then(|last| self.answered.get(last)).copied().unwrap_or(0);
        let invoked = trace.story.operations.partition_point(|operation| operation.invoked_by < events);
        let (answered, open) =
            (u64::from(answered), invoked as u64 - u64::from(answered).min(invoked as u64));
        let judges = self.judges.as_ref().filter(|_| self.refused.is_none() && steps <= self.fed);
        let Some(judges) = judges else { return LiveVerdict::NotDecided { answered, open } };
        let Some(last) = steps.checked_sub(1) else { return LiveVerdict::Holds { answered, open } };
        match judges.verdict_at(guarantee, last as u64) {
            Verdict::Holds => LiveVerdict::Holds { answered, open },
            Verdict::NotDecided => LiveVerdict::NotDecided { answered, open },
            Verdict::Broken { at, key } => {
                let event = trace.history.get(at as usize).map_or(EventId(0), |(event, _)| *event);
                let at = trace.event(event).map_or(Time::ZERO, |record| record.at);
                LiveVerdict::Broken { at, event, key }
            }
        }
    }

    /// The proof that the main guarantee is broken, if it is and it was found.
    pub fn evidence(&self, trace: &Trace) -> Option<Evidence> {
        self.evidence_on(self.main(), trace)
    }

    /// The proof that a guarantee is broken, the last that was found.
    pub(crate) fn evidence_on(&self, guarantee: Guarantee, trace: &Trace) -> Option<Evidence> {
        let of = |(one, ..): &&(Guarantee, u64, Option<Story>)| *one == guarantee;
        let (_, since, story) = self.proofs.iter().rev().find(of)?;
        let story = story.as_ref()?;
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
            at: time(*since),
            event: event_at(*since).unwrap_or_default(),
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
