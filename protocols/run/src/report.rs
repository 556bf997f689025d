//! A whole run, executed: its trace, its judges, its figures, and the document that tells of them.

use crate::judge::{Live, LiveVerdict, Proof};
use crate::promises::{self, Blame, Promise};
use crate::run::Run;
use serde::{Serialize, Serializer};
use sim::ids::EventId;
use sim::lab::{Mode, Running, Standing, Stop};
use sim::story::Outcome;
use sim::time::Moment;
use sim::trace::{Recorder, Trace};

/// The number of the documents' form.
pub const SCHEMA: u32 = 1;
/// Steps that the judges' searches may take at the end of a run, unless the caller says otherwise.
pub const JUDGE_STEPS: u64 = 20_000_000;
/// The judges look on every so many events: what happened so far is fed while it is in the cache.
const SLICE: u64 = 50_000;

/// A run on its way to its end, written down whole.
pub struct Execution {
    run: Run,
    world: Box<dyn Running>,
    trace: Trace,
    live: Live,
    stopped: Option<String>,
    most_events: u64,
    done: bool,
}

impl Execution {
    /// At its beginning.
    pub fn new(run: &Run) -> Self {
        Self {
            run: run.clone(),
            world: run.lab().start(run.setup()),
            trace: Trace::default(),
            live: Live::new(run.lab(), &run.parameters),
            stopped: None,
            most_events: crate::playback::MOST_EVENTS,
            done: false,
        }
    }

    /// After how many events it is stopped, with a reason.
    pub fn set_most_events(&mut self, events: u64) {
        self.most_events = events;
    }

    /// Goes on for at most so many events; whether the end is reached.
    pub fn advance(&mut self, events: u64) -> bool {
        let mut left = events;
        while left > 0 && !self.done {
            let so_far = self.world.events().0;
            let room = self.most_events.saturating_sub(so_far);
            if room == 0 {
                self.stopped = Some(format!("stopped after {so_far} events, before its end"));
                self.done = true;
                break;
            }
            let slice = left.min(room).min(SLICE);
            let end = Moment::end_of(self.run.end);
            match self.world.advance(end, slice, &mut Recorder::into(&mut self.trace)) {
                Stop::Budget => {}
                Stop::Reached | Stop::Quiet => self.done = true,
                Stop::Stuck(reason) => {
                    self.stopped = Some(reason.to_string());
                    self.done = true;
                }
            }
            self.live.feed(&self.trace);
            left = left.saturating_sub((self.world.events().0 - so_far).max(1));
        }
        self.done
    }

    /// How much of the run's time has gone by, from 0 to 1.
    pub fn share(&self) -> f32 {
        (self.world.moment().at.0 as f64 / self.run.end.0.max(1) as f64).min(1.0) as f32
    }

    /// Lets the judges search for at most so many steps; whether they are done.
    pub fn judge(&mut self, steps: u64) -> bool {
        self.live.work(steps);
        self.live.idle()
    }

    /// What happened so far.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How many events happened so far.
    pub fn events(&self) -> EventId {
        self.world.events()
    }

    /// The trace hash so far.
    pub fn digest(&self) -> u64 {
        self.world.digest()
    }

    /// Why it was stopped before its end, where it was.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// How the invariants stand.
    pub fn standings(&self) -> &[Standing] {
        self.world.standings()
    }

    /// The verdict so far.
    pub fn verdict(&self) -> LiveVerdict {
        self.live.verdict(&self.trace, self.world.events())
    }

    /// How the lab's guarantees stand.
    pub fn promises(&self) -> Vec<Promise> {
        let now = Moment::end_of(self.world.moment().at);
        promises::all(&self.run, &self.trace, &self.live, self.world.events(), now)
    }

    /// The proof that the history is broken, where it is and the judge has found one.
    pub fn evidence(&self) -> Option<crate::judge::Evidence> {
        self.live.evidence(&self.trace)
    }

    /// The lab's figures, in its order.
    pub fn measures(&self) -> Vec<f64> {
        self.run.lab().measure(&self.trace, self.world.moment().at)
    }

    /// Whose fault a broken guarantee or invariant is.
    pub fn blame(&self, guarantee: &str, event: EventId) -> Blame {
        promises::blame(&self.run, &self.trace, guarantee, event)
    }

    /// The document of it.
    pub fn report(&self) -> Report {
        let lab = self.run.lab();
        let count = |outcome: Outcome| {
            self.trace.story.operations.iter().filter(|operation| operation.outcome == outcome).count() as u64
        };
        let names = lab.measures().iter().map(|measure| measure.id);
        Report {
            schema: SCHEMA,
            lab: lab.about().id,
            seed: self.run.seed,
            events: self.world.events().0,
            virtual_ns: self.world.moment().at.0,
            trace_hash: format!("{:016x}", self.world.digest()),
            operations: Operations {
                ok: count(Outcome::Ok),
                failed: count(Outcome::Failed),
                unknown: count(Outcome::Unknown),
                open: count(Outcome::Open),
            },
            measures: Measures(names.zip(self.measures()).collect()),
            claims: self.promises().into_iter().map(|promise| self.claim(promise)).collect(),
            invariants: self.invariants(),
            link: self.run.to_link(Moment::end_of(self.run.end), Some(self.world.digest())),
            stopped: self.stopped.clone(),
        }
    }

    fn claim(&self, promise: Promise) -> ClaimReport {
        let judged = promise
            .guarantee
            .parse::<check::names::Guarantee>()
            .ok()
            .filter(|guarantee| self.live.judges(*guarantee));
        let proof = judged
            .filter(|_| promise.broken.is_some())
            .and_then(|guarantee| self.live.evidence_on(guarantee, &self.trace));
        let blame =
            promise.broken.as_ref().map(|broken| self.blame(promise.guarantee, broken.event).sentence());
        let evidence = promise.broken.map(|broken| EvidenceReport {
            sentence: broken.sentence,
            at_ns: broken.at.0,
            event: broken.event.0,
            because: proof.as_ref().map(|proof| proof.lines.clone()).unwrap_or_default(),
            operations: match proof {
                Some(proof) => proof.proof,
                None => broken.operations.iter().filter_map(|id| self.proof_of(*id)).collect(),
            },
        });
        ClaimReport { guarantee: promise.guarantee, holds: promise.holds, evidence, blame }
    }

    fn proof_of(&self, id: sim::OperationId) -> Option<Proof> {
        let operation = crate::history::operation(&self.trace, id)?;
        Some(Proof {
            operation: id,
            client: operation.client.to_string(),
            label: operation.told(),
            invoked: operation.invoked,
            answered: operation.completed.filter(|_| operation.outcome != Outcome::Unknown),
            source: false,
        })
    }

    fn invariants(&self) -> Vec<InvariantReport> {
        let invariants = self.run.lab().invariants().iter().zip(self.standings());
        let one = |(invariant, standing): (&sim::lab::Invariant, &Standing)| {
            let (mode, event) = match invariant.mode {
                Mode::Always => ("always", standing.broken.as_ref().map(|(event, ..)| event.0)),
                Mode::Sometimes => ("sometimes", standing.reached.map(|(event, _)| event.0)),
            };
            let holds = standing.holds(invariant.mode);
            let sentence = standing.broken.as_ref().map(|(.., sentence)| sentence.to_string());
            InvariantReport { name: invariant.name, mode, holds, event, sentence }
        };
        invariants.map(one).collect()
    }
}

/// Runs to the end, with trace, judges and figures.
pub fn execute(run: &Run) -> Report {
    let mut execution = Execution::new(run);
    while !execution.advance(u64::MAX) {}
    judge_all(&mut execution, JUDGE_STEPS);
    execution.report()
}

/// Lets the judges finish, or run out of so many steps.
pub(crate) fn judge_all(execution: &mut Execution, steps: u64) {
    const AT_ONCE: u64 = 200_000;
    let mut left = steps;
    while left > 0 && !execution.judge(AT_ONCE.min(left)) {
        left = left.saturating_sub(AT_ONCE);
    }
}

/// What `potholes run --json` prints.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The number of this form.
    pub schema: u32,
    /// The lab.
    pub lab: &'static str,
    /// The seed.
    pub seed: u64,
    /// How many events happened.
    pub events: u64,
    /// Virtual time, in nanoseconds.
    pub virtual_ns: u64,
    /// Of everything that happened, in hexadecimal.
    pub trace_hash: String,
    /// What became of the clients' operations.
    pub operations: Operations,
    /// The lab's figures.
    pub measures: Measures,
    /// The lab's claims.
    pub claims: Vec<ClaimReport>,
    /// The lab's invariants.
    pub invariants: Vec<InvariantReport>,
    /// The link to the end of this run, without `#`.
    pub link: String,
    /// Why it was stopped before its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
}

impl Report {
    /// Whether a claim or an `always` is broken.
    pub fn broken(&self) -> bool {
        self.claims.iter().any(|claim| claim.holds == Some(false))
            || self.invariants.iter().any(|invariant| invariant.holds == Some(false))
    }

    /// What a program exits with: 0 all held, 1 a violation, 3 something could not be decided.
    pub fn exit_code(&self) -> u8 {
        match self.broken() {
            true => 1,
            false if self.claims.iter().any(|claim| claim.holds.is_none()) || self.stopped.is_some() => 3,
            false => 0,
        }
    }
}

/// What became of the clients' operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Operations {
    /// Answered.
    pub ok: u64,
    /// Surely not done.
    pub failed: u64,
    /// Given up.
    pub unknown: u64,
    /// Not answered when the run ended.
    pub open: u64,
}

/// Figures by name, in the lab's order; null where a run says nothing about one.
#[derive(Clone, Debug)]
pub struct Measures(pub Vec<(&'static str, f64)>);

impl Serialize for Measures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let finite = self.0.iter().map(|(name, value)| (name, value.is_finite().then_some(*value)));
        serializer.collect_map(finite)
    }
}

/// A claim in a report.
#[derive(Clone, Debug, Serialize)]
pub struct ClaimReport {
    /// As `COMMANDS` names it.
    pub guarantee: &'static str,
    /// Null where it could not be decided.
    pub holds: Option<bool>,
    /// Where it is broken, the proof.
    pub evidence: Option<EvidenceReport>,
    /// Where it is broken, whose fault that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blame: Option<String>,
}

/// The proof in a report.
#[derive(Clone, Debug, Serialize)]
pub struct EvidenceReport {
    /// What happened.
    pub sentence: String,
    /// Broken since then.
    pub at_ns: u64,
    /// Broken by this event.
    pub event: u64,
    /// Why that cannot be.
    pub because: Vec<String>,
    /// The operations it takes.
    pub operations: Vec<Proof>,
}

/// An invariant in a report.
#[derive(Clone, Debug, Serialize)]
pub struct InvariantReport {
    /// Its name.
    pub name: &'static str,
    /// `always` must hold at every event, `sometimes` must be reached by some run of a sweep.
    pub mode: &'static str,
    /// Whether it held, or was reached; nothing where it was not reached, as another run may yet.
    pub holds: Option<bool>,
    /// The event at which it broke, or was reached first.
    pub event: Option<u64>,
    /// How it broke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
}
