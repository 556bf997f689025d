//! Runs of a lab for tests: from a few words to the end, judged.
#![allow(dead_code)]

use check::{Cell, Invocation, Judge, Outcome, Value, Verdict};
use sim::chaos::Level;
use sim::lab::{Mode, Setup, Stop};
use sim::story::Value as Told;
use sim::trace::{HistoryStep, Recorder};
use sim::{Lab, Moment, Parameters, Running, Time, TimedCommand, Trace};

/// A run and its records.
pub struct Played {
    pub lab: &'static dyn Lab,
    pub running: Box<dyn Running>,
    pub trace: Trace,
}

/// The parameters with these assignments.
pub fn parameters(lab: &dyn Lab, set: &[&str]) -> Parameters {
    let mut parameters = Parameters::defaults(lab.parameters());
    for assignment in set {
        parameters.assign(assignment).unwrap();
    }
    parameters
}

/// A run not yet begun; commands as `1.5s cut n1 | n2 n3`.
pub fn setup(lab: &dyn Lab, seed: u64, chaos: Level, end: Time, set: &[&str], commands: &[&str]) -> Setup {
    let parameters = parameters(lab, set);
    let timed = commands.iter().map(|text| {
        let timed: TimedCommand = sim::command::parse_timed(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        lab.check(&timed.command, &parameters).unwrap_or_else(|e| panic!("{text}: {e}"));
        timed
    });
    let mut timed: Vec<TimedCommand> = timed.collect();
    timed.sort_by_key(|timed| timed.at);
    Setup { parameters, seed, chaos, end, commands: timed.into() }
}

/// Plays a run to its end.
pub fn play(lab: &'static dyn Lab, setup: Setup) -> Played {
    let end = setup.end;
    let mut running = lab.start(setup);
    let mut trace = Trace::default();
    let stop = running.advance(Moment::end_of(end), u64::MAX, &mut Recorder::into(&mut trace));
    assert!(matches!(stop, Stop::Reached), "{stop:?}");
    Played { lab, running, trace }
}

fn value(told: &Told) -> Value {
    match told {
        Told::Nil => Value::Nil,
        Told::Int(n) => Value::Int(*n),
        Told::Text(text) => Value::Text(text.clone()),
        Told::Actor(id) => Value::from(id.to_string().as_str()),
        Told::List(items) => Value::List(items.iter().map(value).collect()),
    }
}

/// Whether the history is linearizable.
pub fn verdict(trace: &Trace) -> Verdict {
    let mut judge = Judge::new(Cell::KeyValue);
    for (at, (_, step)) in trace.history.iter().enumerate() {
        let (HistoryStep::Invoked(id) | HistoryStep::Completed(id)) = *step;
        let operation = &trace.story.operations[usize::try_from(id.0).unwrap()];
        let at = at as u64 + 1;
        match step {
            HistoryStep::Invoked(_) => {
                let mut call = Invocation::new(
                    id.0,
                    u32::from(operation.client.number()),
                    operation.function,
                    Some(operation.key.clone()),
                    operation.input.iter().map(value).collect(),
                );
                call.process = operation.process;
                judge.invoke(at, call).unwrap();
            }
            HistoryStep::Completed(_) => {
                let outcome = match operation.outcome {
                    sim::story::Outcome::Ok => Outcome::Ok,
                    sim::story::Outcome::Failed => Outcome::Failed,
                    _ => Outcome::Unknown,
                };
                judge.complete(at, id.0, outcome, operation.output.iter().map(value).collect()).unwrap();
            }
        }
    }
    judge.work(5_000_000);
    judge.verdict()
}

impl Played {
    /// Names and sentences of the `always` that broke.
    pub fn broken(&self) -> Vec<(&'static str, String)> {
        let named = |v: &sim::trace::Violation| {
            (self.lab.invariants()[v.invariant].name, format!("{} {}", v.at, v.sentence))
        };
        self.trace.violations.iter().map(named).collect()
    }

    /// Names of the `sometimes` that were reached.
    pub fn reached(&self) -> Vec<&'static str> {
        let standings = self.running.standings().iter().zip(self.lab.invariants());
        let reached = standings.filter(|(s, i)| i.mode == Mode::Sometimes && s.reached.is_some());
        reached.map(|(_, invariant)| invariant.name).collect()
    }
}
