//! Runs of the lab for tests: from a few words to the end, judged.

use sharding::store::LAB;
use sim::chaos::Level;
use sim::lab::{Mode, Setup, Stop};
use sim::story::{self, Outcome};
use sim::trace::{HistoryStep, Recorder};
use sim::{Lab, Moment, Parameters, Running, Time, TimedCommand, Trace};

/// How long a swept run is.
pub const END: Time = Time::millis(30_000);

/// A run and its records.
pub struct Played {
    pub running: Box<dyn Running>,
    pub trace: Trace,
}

/// The parameters with these assignments.
pub fn parameters(set: &[&str]) -> Parameters {
    let mut parameters = Parameters::defaults(LAB.parameters());
    for assignment in set {
        parameters.assign(assignment).unwrap_or_else(|e| panic!("{assignment}: {e}"));
    }
    parameters
}

/// A run not yet begun; commands as `1.5s cut n1 | n2 n3`.
pub fn setup(seed: u64, chaos: Level, end: Time, set: &[&str], commands: &[&str]) -> Setup {
    let parameters = parameters(set);
    let timed = commands.iter().map(|text| {
        let timed: TimedCommand = sim::command::parse_timed(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        LAB.check(&timed.command, &parameters).unwrap_or_else(|e| panic!("{text}: {e}"));
        timed
    });
    let mut timed: Vec<TimedCommand> = timed.collect();
    timed.sort_by_key(|timed| timed.at);
    Setup { parameters, seed, chaos, end, commands: timed.into() }
}

/// Plays a run to its end.
pub fn play(setup: Setup) -> Played {
    let end = setup.end;
    let mut running = LAB.start(setup);
    let mut trace = Trace::default();
    let stop = running.advance(Moment::end_of(end), u64::MAX, &mut Recorder::into(&mut trace));
    assert!(matches!(stop, Stop::Reached | Stop::Quiet), "{stop:?}");
    Played { running, trace }
}

impl Played {
    /// Names and sentences of the `always` that broke.
    pub fn broken(&self) -> Vec<(&'static str, String)> {
        let named = |v: &sim::trace::Violation| {
            (LAB.invariants()[v.invariant].name, format!("{} {}", v.at, v.sentence))
        };
        self.trace.violations.iter().map(named).collect()
    }

    /// Names of the `sometimes` that were reached.
    pub fn reached(&self) -> Vec<&'static str> {
        let standings = self.running.standings().iter().zip(LAB.invariants());
        let reached = standings.filter(|(s, i)| i.mode == Mode::Sometimes && s.reached.is_some());
        reached.map(|(_, invariant)| invariant.name).collect()
    }

    /// The longest time after the last heal in which nobody was answered is longer than claimed.
    pub fn stalled(&self, set: &[&str]) -> bool {
        let claims = LAB.claims(&parameters(set));
        let Some(within) = claims.iter().find_map(|claim| claim.within) else { return false };
        let heal = Time(END.0 / 10 * 8);
        let answered = self.trace.story.operations.iter().filter(|o| o.outcome == Outcome::Ok);
        let mut times: Vec<Time> = answered.filter_map(|o| o.completed).filter(|at| *at > heal).collect();
        times.sort();
        let mut before = heal;
        for at in times.into_iter().chain([END]) {
            if at.since(before) > within {
                return true;
            }
            before = at;
        }
        false
    }

    /// Whether some order of the operations explains every answer.
    pub fn linearizable(&self) -> bool {
        let mut judge = check::Judge::new(check::Cell::KeyValue);
        for (at, (_, step)) in self.trace.history.iter().enumerate() {
            let (HistoryStep::Invoked(id) | HistoryStep::Completed(id)) = *step;
            let operation = &self.trace.story.operations[usize::try_from(id.0).unwrap()];
            let fed = match step {
                HistoryStep::Invoked(_) => judge.invoke(at as u64, invocation(operation)),
                HistoryStep::Completed(_) => {
                    let outcome = match operation.outcome {
                        Outcome::Open => check::Outcome::Open,
                        Outcome::Ok => check::Outcome::Ok,
                        Outcome::Failed => check::Outcome::Failed,
                        Outcome::Unknown => check::Outcome::Unknown,
                    };
                    judge.complete(at as u64, id.0, outcome, values(&operation.output))
                }
            };
            fed.unwrap();
        }
        while judge.work(1_000_000) == 0 && judge.verdict() == check::Verdict::NotDecided {}
        judge.verdict() == check::Verdict::Holds
    }
}

fn values(values: &[story::Value]) -> check::Values {
    let one = |value: &story::Value| match value {
        story::Value::Text(text) => check::Value::Text(text.clone()),
        _ => check::Value::Nil,
    };
    values.iter().map(one).collect()
}

fn invocation(operation: &story::Operation) -> check::Invocation {
    check::Invocation {
        id: operation.id.0,
        lane: u32::from(operation.client.number()),
        process: operation.process,
        function: operation.function.into(),
        key: Some(operation.key.clone()),
        input: values(&operation.input),
    }
}
