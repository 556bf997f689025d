//! Runs of Dynamo for tests: from a few words to the end, judged.
#![allow(dead_code)]

use replication::dynamo::LAB;
use sim::chaos::Level;
use sim::lab::{Mode, Setup, Stop};
use sim::story::Outcome;
use sim::trace::Recorder;
use sim::{Lab, Moment, Parameters, Running, Time, TimedCommand, Trace};

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

    /// What an operation came out as, by its place.
    pub fn outcome(&self, at: usize) -> (Outcome, String) {
        let operation = &self.trace.story.operations[at];
        let output = operation.output.first().map_or_else(String::new, ToString::to_string);
        (operation.outcome, output)
    }

    /// Whether after the last heal an operation waited for the claimed span with nobody being answered.
    pub fn stalled(&self, set: &[&str], end: Time) -> bool {
        let claims = LAB.claims(&parameters(set));
        let Some(within) = claims.iter().find_map(|claim| claim.within) else { return false };
        let heal = Time(end.0 / 10 * 8);
        let answered = self.trace.story.operations.iter().filter(|o| o.outcome == Outcome::Ok);
        let mut times: Vec<Time> = answered.filter_map(|o| o.completed).filter(|at| *at > heal).collect();
        times.sort();
        let mut before = heal;
        for at in times.into_iter().chain([end]) {
            if at.since(before) > within {
                return true;
            }
            before = at;
        }
        false
    }
}
