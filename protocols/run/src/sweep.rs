//! The same run under many seeds. [`one`] is a pure function of a seed, so that whoever calls it may spread a sweep over
//! threads, workers or machines; [`Summary`] adds the results up in any order. [`twice`] runs a seed a second time, in
//! another way, and compares event by event: the cheapest proof of determinism.

use crate::promises::Blame;
use crate::report::{Execution, JUDGE_STEPS, SCHEMA, judge_all};
use crate::run::{Run, SEED_LIMIT};
use serde::Serialize;
use serde_json::{Value, json};
use sim::ids::EventId;
use sim::lab::{Mode, Stop};
use sim::time::{Moment, Time};
use sim::trace::{EventRecord, Recorder, Trace};
use std::fmt;
use std::str::FromStr;

/// Seeds from the first to before the second: `A..B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// The first.
    pub from: u64,
    /// Before this one.
    pub to: u64,
}

/// A text that is no range of seeds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no range of seeds: write A..B, which leaves B out, both below 2^53")]
pub struct NotSeeds(String);

impl FromStr for Seeds {
    type Err = NotSeeds;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotSeeds(text.chars().take(40).collect());
        let (from, to) = text.split_once("..").ok_or_else(wrong)?;
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten().filter(|n| *n <= SEED_LIMIT).ok_or_else(wrong)
        };
        let (from, to) = (number(from)?, number(to)?);
        if from <= to { Ok(Self { from, to }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from, self.to)
    }
}

impl Seeds {
    /// Every `of`-th of them, beginning with the `shard`-th (from 0): what one machine of several takes.
    pub fn shard(self, shard: u64, of: u64) -> impl Iterator<Item = u64> {
        let of = of.max(1);
        let first = self.from.saturating_add(shard);
        (first..self.to).step_by(usize::try_from(of).unwrap_or(usize::MAX))
    }
}

/// Something that broke under a seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Violation {
    /// The number of this form.
    pub schema: u32,
    /// The seed.
    pub seed: u64,
    /// The guarantee that broke, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guarantee: Option<&'static str>,
    /// The invariant that broke, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invariant: Option<&'static str>,
    /// When, in nanoseconds.
    pub at_ns: u64,
    /// How.
    pub sentence: String,
    /// Whose fault it is.
    pub blame: String,
    /// The command that shows it again.
    pub replay: String,
}

/// What became of one seed.
#[derive(Clone, Debug, PartialEq)]
pub struct SeedResult {
    /// The seed.
    pub seed: u64,
    /// How many events happened.
    pub events: u64,
    /// The trace hash.
    pub digest: u64,
    /// What broke.
    pub violations: Vec<Violation>,
    /// Guarantees that could not be decided.
    pub undecided: Vec<&'static str>,
    /// For each of the lab's invariants whether it is a `sometimes` that was reached.
    pub reached: Vec<bool>,
    /// The lab's figures.
    pub measures: Vec<f64>,
    /// Why it was stopped before its end, where it was.
    pub stopped: Option<String>,
}

/// The run under another seed, to its end: nothing else decides the result.
pub fn one(run: &Run, seed: u64) -> SeedResult {
    let run = run.with_seed(seed);
    let mut execution = Execution::new(&run);
    while !execution.advance(u64::MAX) {}
    judge_all(&mut execution, JUDGE_STEPS);
    let mut violations = Vec::new();
    let mut undecided = Vec::new();
    let mut found = |guarantee, invariant, at: Time, sentence, blame: Blame| {
        violations.push(Violation {
            schema: SCHEMA,
            seed,
            guarantee,
            invariant,
            at_ns: at.0,
            sentence,
            blame: blame.sentence(),
            replay: replay(&run),
        });
    };
    for violation in &execution.trace().violations {
        let Some(invariant) = run.lab().invariants().get(violation.invariant) else { continue };
        let blame = execution.blame(invariant.name, violation.event);
        found(None, Some(invariant.name), violation.at, violation.sentence.to_string(), blame);
    }
    for promise in execution.promises() {
        match promise.broken {
            Some(broken) => {
                let blame = execution.blame(promise.guarantee, broken.event);
                found(Some(promise.guarantee), None, broken.at, broken.sentence, blame);
            }
            None if promise.holds.is_none() => undecided.push(promise.guarantee),
            None => {}
        }
    }
    SeedResult {
        seed,
        events: execution.events().0,
        digest: execution.digest(),
        violations,
        undecided,
        reached: execution.standings().iter().map(|standing| standing.reached.is_some()).collect(),
        measures: execution.measures(),
        stopped: execution.stopped().map(str::to_owned),
    }
}

/// The command line that shows a run again.
pub fn replay(run: &Run) -> String {
    let mut line = format!("potholes run {} --seed {} --for {}", run.lab_id(), run.seed, Moment::at(run.end));
    for set in run.parameters.changed() {
        line.push_str(&format!(" --set {set}"));
    }
    if run.chaos != sim::chaos::Level::None {
        line.push_str(&format!(" --chaos {}", run.chaos));
    }
    for timed in crate::run::enabled(&run.commands) {
        line.push_str(&format!(" --at {}", quoted(&timed.to_string())));
    }
    line
}

/// A word of a command line, quoted so that no shell changes it.
fn quoted(text: &str) -> String {
    if text.contains(['"', '$', '`', '\\', '!', '\'']) {
        format!("'{}'", text.replace('\'', r"'\''"))
    } else {
        format!("\"{text}\"")
    }
}

/// Where two runs of the same seed part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed} went two ways, from event {event} on: first {first}, then {second}")]
pub struct Difference {
    /// The seed.
    pub seed: u64,
    /// The first event that differs.
    pub event: EventId,
    /// What it was the first time.
    pub first: String,
    /// What it was the second time.
    pub second: String,
}

/// Runs a seed twice, once straight through and once in small steps on copies of copies, and compares event by event.
///
/// # Errors
/// The first difference.
pub fn twice(run: &Run, seed: u64) -> Result<(), Difference> {
    let run = run.with_seed(seed);
    let most = crate::playback::MOST_EVENTS;
    let end = Moment::end_of(run.end);
    let mut first = Trace::default();
    let mut straight = run.lab().start(run.setup());
    straight.advance(end, most, &mut Recorder::into(&mut first));
    let mut second = Trace::default();
    let mut copied = run.lab().start(run.setup());
    let mut step = 1;
    while copied.events().0 < most {
        copied = copied.fork();
        // Steps of many sizes, so that copies are made in the middle of instants too.
        step = step % 997 + 1;
        let left = most - copied.events().0;
        if copied.advance(end, left.min(step), &mut Recorder::into(&mut second)) != Stop::Budget {
            break;
        }
    }
    let parted = |at: usize| Difference {
        seed,
        event: EventId(at as u64),
        first: told(first.events.get(at)),
        second: told(second.events.get(at)),
    };
    if let Some(at) = first.events.iter().zip(&second.events).position(|(a, b)| a != b) {
        return Err(parted(at));
    }
    let ends = first.events.len() == second.events.len()
        && straight.digest() == copied.digest()
        && straight.state_digest() == copied.state_digest()
        && first.facts == second.facts
        && first.story.operations == second.story.operations;
    if ends { Ok(()) } else { Err(parted(first.events.len().min(second.events.len()))) }
}

fn told(event: Option<EventRecord>) -> String {
    match event {
        None => "nothing more (or the same events with other contents)".to_owned(),
        Some(event) => {
            let who = event.actor.map_or_else(|| "the cluster".to_owned(), |actor| actor.to_string());
            format!("{:?} at {who}, {} ns", event.kind, event.at.0)
        }
    }
}

/// The sum of a sweep.
#[derive(Clone, Debug)]
pub struct Summary {
    run: Run,
    /// Seeds so far.
    pub seeds: u64,
    /// Violations so far.
    pub violations: u64,
    /// Events so far.
    pub events: u64,
    /// Seeds with something that could not be decided.
    pub undecided: u64,
    /// Seeds that were run twice.
    pub twice: u64,
    reached: Vec<u64>,
    measures: Vec<Vec<f64>>,
}

impl Summary {
    /// Of a sweep that has not begun.
    pub fn new(run: &Run) -> Self {
        Self {
            run: run.clone(),
            seeds: 0,
            violations: 0,
            events: 0,
            undecided: 0,
            twice: 0,
            reached: vec![0; run.lab().invariants().len()],
            measures: vec![Vec::new(); run.lab().measures().len()],
        }
    }

    /// Adds one seed.
    pub fn add(&mut self, result: &SeedResult) {
        self.seeds += 1;
        self.violations += result.violations.len() as u64;
        self.events += result.events;
        self.undecided += u64::from(!result.undecided.is_empty() || result.stopped.is_some());
        for (count, reached) in self.reached.iter_mut().zip(&result.reached) {
            *count += u64::from(*reached);
        }
        for (all, value) in self.measures.iter_mut().zip(&result.measures) {
            all.extend(Some(*value).filter(|value| value.is_finite()));
        }
    }

    /// Each `sometimes` of the lab, and how many seeds reached it.
    pub fn sometimes(&self) -> Vec<(&'static str, u64)> {
        let invariants = self.run.lab().invariants().iter().zip(&self.reached);
        invariants.filter(|(i, _)| i.mode == Mode::Sometimes).map(|(i, count)| (i.name, *count)).collect()
    }

    /// Those that no seed reached: a sweep that never did proved little.
    pub fn unreached(&self) -> Vec<&'static str> {
        self.sometimes().into_iter().filter(|(_, count)| *count == 0).map(|(name, _)| name).collect()
    }

    /// The median, the 99th percentile and the largest of each figure over the seeds that have it.
    pub fn measures(&self) -> Vec<(&'static str, Option<[f64; 3]>)> {
        let names = self.run.lab().measures().iter().map(|measure| measure.id);
        names.zip(&self.measures).map(|(name, values)| (name, percentiles(values))).collect()
    }

    /// The last line of a sweep's document; how long it took is the caller's to know.
    pub fn json(&self, wall_ms: u64) -> Value {
        let mut measures = serde_json::Map::new();
        for (name, found) in self.measures() {
            let value = found.map(|[p50, p99, max]| json!({ "p50": p50, "p99": p99, "max": max }));
            measures.insert(name.to_owned(), value.unwrap_or(Value::Null));
        }
        let sometimes: serde_json::Map<String, Value> =
            self.sometimes().into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect();
        json!({ "schema": SCHEMA, "summary": {
            "lab": self.run.lab_id(),
            "seeds": self.seeds,
            "violations": self.violations,
            "undecided": self.undecided,
            "events": self.events,
            "wall_ms": wall_ms,
            "run_twice": self.twice,
            "measures": measures,
            "sometimes": sometimes,
        }})
    }

    /// What a program exits with: 0 all held, 1 a violation, 3 something could not be decided.
    pub fn exit_code(&self) -> u8 {
        match (self.violations, self.undecided) {
            (0, 0) => 0,
            (0, _) => 3,
            _ => 1,
        }
    }
}

/// By nearest rank.
fn percentiles(values: &[f64]) -> Option<[f64; 3]> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = |percent: usize| sorted.get((sorted.len() * percent).div_ceil(100).checked_sub(1)?).copied();
    Some([rank(50)?, rank(99)?, rank(100)?])
}
