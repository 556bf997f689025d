//! Breaking a promise on purpose: looking for a run in which it does not hold, and making what is found small.
//!
//! [`Hunt::candidate`] is a pure function of a number, so that threads, workers and machines share a hunt by taking numbers;
//! [`Hunt::attempt`] runs one. Two kinds of candidates take turns:
//!
//! - *swarm*: another seed, under a level of chaos: a mix of the faults that the lab claims to stand ([`sim::chaos`]);
//! - *aimed*: another seed without chaos, run once to see where something came about (a leader, a commit, an answer), and
//!   then again with one to three faults at just those moments, mended a little later.
//!
//! [`Shrink`] takes a run that breaks the promise and goes on, a run at a time, to smaller ones that still do. [`Chase`] does
//! both, as a window or a command line wants it.

mod aim;
mod chase;
mod shrink;

pub use chase::{Chase, Progress};
pub use shrink::{Made, Shrink};

use crate::promises::Blame;
use crate::report::{Execution, JUDGE_STEPS, judge_all};
use crate::run::Run;
use sim::chaos::Level;
use sim::ids::EventId;
use sim::lab::{Lab, Mode};
use sim::time::{Moment, Time};
use sim::trace::Trace;

/// What is to be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Any guarantee that the lab claims, or any `always`.
    Anything,
    /// This guarantee: `linearizable`.
    Guarantee(&'static str),
    /// The invariant at this place of the lab's list.
    Invariant(usize),
}

/// A name that is neither a guarantee the lab claims nor one of its invariants.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{lab} promises no “{name}”: it may be {known}, or any")]
pub struct NoSuchGoal {
    lab: &'static str,
    name: String,
    known: String,
}

impl Goal {
    /// Reads the name of a guarantee, of an invariant (blanks may be hyphens), or `any`.
    ///
    /// # Errors
    /// Names what there is to break.
    pub fn parse(run: &Run, name: &str) -> Result<Self, NoSuchGoal> {
        let lab = run.lab();
        let plain = |text: &str| text.replace([' ', '_'], "-").to_lowercase();
        if name == "any" {
            return Ok(Goal::Anything);
        }
        let claims = lab.claims(&run.parameters);
        if let Some(claim) = claims.iter().find(|claim| plain(claim.guarantee) == plain(name)) {
            return Ok(Goal::Guarantee(claim.guarantee));
        }
        let always = |at: &usize| lab.invariants()[*at].mode == Mode::Always;
        let found = (0..lab.invariants().len())
            .filter(always)
            .find(|at| plain(lab.invariants()[*at].name) == plain(name));
        if let Some(at) = found {
            return Ok(Goal::Invariant(at));
        }
        let mut known: Vec<String> = claims.iter().map(|claim| claim.guarantee.to_owned()).collect();
        known.extend((0..lab.invariants().len()).filter(always).map(|at| plain(lab.invariants()[at].name)));
        let name = name.chars().take(60).collect();
        Err(NoSuchGoal { lab: lab.about().title, name, known: known.join(", ") })
    }

    /// Its name, as a person reads it.
    pub fn name(self, lab: &'static dyn Lab) -> &'static str {
        match self {
            Goal::Anything => "any promise",
            Goal::Guarantee(name) => name,
            Goal::Invariant(at) => lab.invariants().get(at).map_or("", |invariant| invariant.name),
        }
    }
}

/// What broke, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// What: shrinking asks for just this.
    pub goal: Goal,
    /// When.
    pub at: Time,
    /// At this event.
    pub event: EventId,
    /// How.
    pub sentence: String,
    /// Whose fault it is.
    pub blame: Blame,
}

/// One attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its number.
    pub number: u64,
    /// Events that happened in it.
    pub events: u64,
    /// The run that broke the promise, and how it did, where it did.
    pub found: Option<(Run, Broken)>,
}

/// A search for a run that breaks a promise.
#[derive(Clone, Debug)]
pub struct Hunt {
    base: Run,
    goal: Goal,
}

/// An attempt under way.
struct Trying {
    number: u64,
    look: Look,
}

impl Trying {
    fn end(self) -> Attempt {
        let Self { number, look } = self;
        let events = look.events();
        let (run, broken) = look.end();
        Attempt { number, events, found: broken.map(|broken| (run, broken)) }
    }
}

/// The judges look after so many events, so that a run that has broken its promise is not run to its end.
const LOOK: u64 = 4_000;
/// Events of a candidate: one that floods itself is given up.
const MOST_EVENTS: u64 = 2_000_000;
/// A guarantee is asked for no more often than after so many events more: looking reads the whole past.
const ASK: u64 = 20_000;

impl Hunt {
    /// A search among runs like `base`: its lab, parameters and commands, and lengths up to its own.
    pub fn new(base: &Run, goal: Goal) -> Self {
        let mut base = base.clone();
        base.commands = crate::run::enabled(&base.commands);
        Self { base, goal }
    }

    /// What is to be broken.
    pub fn goal(&self) -> Goal {
        self.goal
    }

    /// The candidate of a number: nothing but the number decides it.
    pub fn candidate(&self, number: u64) -> Run {
        let seed = (self.base.seed + number / 2) % crate::run::SEED_LIMIT;
        let mut run = self.base.with_seed(seed);
        if number == 0 {
            // What is there may be broken already.
            return run;
        }
        if number % 2 == 1 {
            let chaos = match number / 2 % 4 {
                0 | 2 => Level::High,
                1 => Level::Medium,
                _ => Level::Low,
            };
            run.chaos = self.base.chaos.max(chaos);
            return run;
        }
        aim::aimed(&run, number)
    }

    /// Runs the candidate of a number.
    pub fn attempt(&self, number: u64) -> Attempt {
        let mut trying = self.begin(number);
        while !trying.look.advance(u64::MAX) {}
        trying.end()
    }

    /// Begins an attempt that is made in slices.
    fn begin(&self, number: u64) -> Trying {
        Trying { number, look: Look::new(self.candidate(number), self.goal) }
    }
}

/// Runs until the goal breaks or the run ends: what broke, and how many events that took.
pub fn look(run: &Run, goal: Goal) -> (Option<Broken>, u64) {
    let mut look = Look::new(run.clone(), goal);
    while !look.advance(u64::MAX) {}
    let events = look.events();
    (look.end().1, events)
}

/// A run on its way to where the goal breaks, or to its end.
pub struct Look {
    run: Run,
    goal: Goal,
    execution: Execution,
    asked: u64,
    done: bool,
    found: Option<Broken>,
}

impl Look {
    /// At the run's beginning.
    pub fn new(run: Run, goal: Goal) -> Self {
        let mut execution = Execution::new(&run);
        execution.set_most_events(MOST_EVENTS);
        Self { run, goal, execution, asked: 0, done: false, found: None }
    }

    /// Goes on for about so many events; whether it is known what becomes of the goal.
    pub fn advance(&mut self, events: u64) -> bool {
        let mut left = events;
        while !self.done && left > 0 {
            let ended = self.execution.advance(LOOK);
            left = left.saturating_sub(LOOK);
            let events = self.execution.events().0;
            if ended {
                judge_all(&mut self.execution, JUDGE_STEPS);
            }
            self.found = invariant_of(&self.execution, &self.run, self.goal);
            let asks = !matches!(self.goal, Goal::Invariant(_)) && (ended || events >= self.asked + ASK);
            if self.found.is_none() && asks {
                self.asked = events;
                self.execution.judge(JUDGE_STEPS / 100);
                self.found = guarantee_of(&self.execution, self.goal);
            }
            self.done = ended || self.found.is_some();
        }
        self.done
    }

    /// Events so far.
    pub fn events(&self) -> u64 {
        self.execution.events().0
    }

    /// Whether the goal held to the run's end, for all that can be told: the run was not given up, and the judges were done.
    pub fn holds(&self) -> bool {
        let left_open = |promise: &crate::promises::Promise| match self.goal {
            Goal::Anything => promise.holds.is_none(),
            Goal::Guarantee(name) => promise.guarantee == name && promise.holds.is_none(),
            Goal::Invariant(_) => false,
        };
        let whole = self.done && self.execution.stopped().is_none();
        whole && self.found.is_none() && !self.execution.promises().iter().any(left_open)
    }

    /// The run, and what broke in it.
    pub fn end(self) -> (Run, Option<Broken>) {
        (self.run, self.found)
    }
}

/// Just before an event happens: at its time, after those of the same instant that came first.
fn before(trace: &Trace, event: EventId) -> Option<Moment> {
    let at = trace.event(event)?.at;
    let first = trace.events.partition_point(|record| record.at < at) as u64;
    Some(Moment { at, after: u32::try_from(event.0.saturating_sub(first)).ok()? })
}

fn invariant_of(execution: &Execution, run: &Run, goal: Goal) -> Option<Broken> {
    let wanted = |at: &usize| match goal {
        Goal::Anything => true,
        Goal::Invariant(wanted) => wanted == *at,
        Goal::Guarantee(_) => false,
    };
    let broken = |at: usize| Some((at, execution.standings().get(at)?.broken.clone()?));
    let first = (0..run.lab().invariants().len())
        .filter(wanted)
        .filter_map(broken)
        .min_by_key(|(_, (event, ..))| *event);
    let (at, (event, time, sentence)) = first?;
    let blame = execution.blame(run.lab().invariants()[at].name, event);
    Some(Broken { goal: Goal::Invariant(at), at: time, event, sentence: sentence.to_string(), blame })
}

fn guarantee_of(execution: &Execution, goal: Goal) -> Option<Broken> {
    let wanted = |name: &str| match goal {
        Goal::Anything => true,
        Goal::Guarantee(wanted) => wanted == name,
        Goal::Invariant(_) => false,
    };
    let broken = execution.promises().into_iter().filter(|promise| wanted(promise.guarantee));
    let broken = broken.filter_map(|promise| Some((promise.guarantee, promise.broken?)));
    let (guarantee, breach) = broken.min_by_key(|(_, breach)| breach.event)?;
    let blame = execution.blame(guarantee, breach.event);
    let goal = Goal::Guarantee(guarantee);
    Some(Broken { goal, at: breach.at, event: breach.event, sentence: breach.sentence, blame })
}
