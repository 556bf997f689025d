//! Runs of the labs for tests: from a few words to the end, with what broke.
#![allow(dead_code, clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]

use sim::chaos::Level;
use sim::lab::{Mode, Pothole, Setup, Stop};
use sim::parameter::{Kind, Value};
use sim::story::{Operation, Outcome};
use sim::trace::Recorder;
use sim::{Lab, Moment, Parameter, Parameters, Running, Span, Time, TimedCommand, Trace};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How long the runs of sweeps are.
pub const END: Time = Time::millis(30_000);

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

impl Played {
    /// Names and sentences of the `always` that broke, and of a stall after the heal.
    pub fn broken(&self) -> Vec<(&'static str, String)> {
        let named = |v: &sim::trace::Violation| {
            (self.lab.invariants()[v.invariant].name, format!("{} {}", v.at, v.sentence))
        };
        self.trace.violations.iter().map(named).chain(self.stall()).collect()
    }

    /// Names of the `sometimes` that were reached.
    pub fn reached(&self) -> BTreeSet<&'static str> {
        let standings = self.running.standings().iter().zip(self.lab.invariants());
        let reached = standings.filter(|(s, i)| i.mode == Mode::Sometimes && s.reached.is_some());
        reached.map(|(_, invariant)| invariant.name).collect()
    }

    /// Whether after chaos has ended an operation waited for the claimed span with nobody being answered.
    fn stall(&self) -> Option<(&'static str, String)> {
        let claims = self.lab.claims(self.running.parameters());
        let within = claims.iter().find_map(|claim| claim.within)?;
        let end = self.running.setup().end;
        let heal = Time(end.0 / 10 * 8);
        let answered = |o: &&Operation| matches!(o.outcome, Outcome::Ok | Outcome::Failed);
        let operations = &self.trace.story.operations;
        let answers: Vec<Time> = operations.iter().filter(answered).filter_map(|o| o.completed).collect();
        operations.iter().find_map(|operation| {
            let from = operation.invoked.max(heal);
            let due = from + within;
            let waits = operation.completed.is_none_or(|at| at > due) && due <= end;
            let stalled = waits && !answers.iter().any(|at| *at >= from && *at <= due);
            stalled.then(|| ("progress", format!("{} has no answer at {due}", operation.label)))
        })
    }

    /// The full scan finds nothing that the monitor did not.
    pub fn scan_agrees(&self, seed: u64) {
        for (name, sentence) in self.running.scan() {
            let known = self.trace.violations.iter().any(|v| self.lab.invariants()[v.invariant].name == name);
            assert!(known, "seed {seed}: only the scan saw that {sentence}");
        }
    }
}

/// Calls `one` for seeds from 0 on, on two threads, until it gives something.
pub fn spread<T: Send>(seeds: u64, one: impl Fn(u64) -> Option<T> + Sync) -> Option<T> {
    let (next, stop, found) = (AtomicU64::new(0), AtomicBool::new(false), Mutex::new(None));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        break;
                    }
                    if let Some(result) = one(seed) {
                        stop.store(true, Ordering::Relaxed);
                        found.lock().unwrap().get_or_insert(result);
                    }
                }
            });
        }
    });
    found.into_inner().unwrap()
}

/// The command that shows a seed's run again.
pub fn replay(lab: &dyn Lab, seed: u64, set: &[&str]) -> String {
    let set: String = set.iter().map(|set| format!(" --set {set}")).collect();
    format!("potholes run {} --seed {seed} --chaos high{set}", lab.about().id)
}

/// Under so many seeds of high chaos nothing breaks; the `sometimes` that were reached.
pub fn sound(lab: &'static dyn Lab, seeds: u64, set: &[&str]) -> BTreeSet<&'static str> {
    let reached = Mutex::new(BTreeSet::new());
    let broken = spread(seeds, |seed| {
        let played = play(lab, setup(lab, seed, Level::High, END, set, &[]));
        played.scan_agrees(seed);
        reached.lock().unwrap().extend(played.reached());
        let broken = played.broken();
        (!broken.is_empty()).then(|| format!("{broken:#?}\n{}", replay(lab, seed, set)))
    });
    assert!(broken.is_none(), "{}", broken.unwrap_or_default());
    reached.into_inner().unwrap()
}

/// Every `sometimes` of the lab is among these.
pub fn every_sometimes(lab: &dyn Lab, reached: &BTreeSet<&str>) {
    for invariant in lab.invariants().iter().filter(|invariant| invariant.mode == Mode::Sometimes) {
        assert!(reached.contains(invariant.name), "never reached: {}", invariant.name);
    }
}

/// A pothole breaks one of the things it is said to break within so many seeds, and in none of the first hundred
/// anything else.
pub fn found(lab: &'static dyn Lab, pothole: &Pothole, seeds: u64) {
    let broken = |seed| {
        let played = play(lab, setup(lab, seed, Level::High, END, &[pothole.set], &[]));
        played.scan_agrees(seed);
        played.broken()
    };
    let surprise = spread(100, |seed| {
        let other = broken(seed).into_iter().find(|(name, _)| !pothole.breaks.contains(name));
        other.map(|other| format!("{other:?}: {}", replay(lab, seed, &[pothole.set])))
    });
    assert_eq!(surprise, None);
    let first = spread(seeds, |seed| (!broken(seed).is_empty()).then_some(seed));
    assert!(first.is_some(), "{} broke nothing in {seeds} seeds", pothole.set);
}

/// The scan can find these: in some run with that pothole in, at some moment, each.
pub fn scan_finds(lab: &'static dyn Lab, set: &[&str], names: &[&str]) {
    for name in names {
        let seen = spread(100, |seed| {
            let mut running = lab.start(setup(lab, seed, Level::High, END, set, &[]));
            (1..=END.0 / Span::millis(100).0).find(|look| {
                let until = Moment::end_of(Time::ZERO + Span::millis(100) * *look);
                running.advance(until, u64::MAX, &mut Recorder::silent());
                running.scan().iter().any(|(found, _)| found == name)
            })
        });
        assert!(seen.is_some(), "no scan saw that {name} is broken");
    }
}

/// With each pothole in, and without any: looked at forty times a second, a run shows nothing broken that the monitor has
/// not reported.
pub fn looked_at_all_along(lab: &'static dyn Lab, seeds: u64) {
    let sets = lab.potholes().iter().map(|pothole| vec![pothole.set]).chain([vec![]]);
    for set in sets {
        let differs = spread(seeds, |seed| {
            let mut running = lab.start(setup(lab, seed, Level::High, END, &set, &[]));
            let mut trace = Trace::default();
            (1..=END.0 / Span::millis(25).0).find_map(|look| {
                let until = Moment::end_of(Time::ZERO + Span::millis(25) * look);
                running.advance(until, u64::MAX, &mut Recorder::into(&mut trace));
                let known =
                    |name| trace.violations.iter().any(|v| lab.invariants()[v.invariant].name == name);
                let (name, sentence) = running.scan().into_iter().find(|(name, _)| !known(*name))?;
                Some(format!("{until}: only the scan saw {name}, {sentence}: {}", replay(lab, seed, &set)))
            })
        });
        assert_eq!(differs, None);
    }
}

/// The same run twice, once in one go and once in slices with forks in between: the same at every step.
pub fn same_twice(lab: &'static dyn Lab, set: &[&str]) {
    for seed in 0..6 {
        let make = || lab.start(setup(lab, seed, Level::High, END, set, &[]));
        let (mut one, mut two) = (make(), make());
        let mut trace = Trace::default();
        for slice in 1..=30 {
            let until = Moment::end_of(Time::ZERO + Span::secs(slice));
            one.advance(until, u64::MAX, &mut Recorder::into(&mut trace));
            two = two.fork();
            two.advance(until, u64::MAX, &mut Recorder::silent());
            assert_eq!(one.digest(), two.digest(), "seed {seed}, second {slice}");
            assert_eq!(one.state_digest(), two.state_digest(), "seed {seed}, second {slice}");
        }
    }
}

/// The assignments that put a parameter at either end of its range.
pub fn ends(parameter: &Parameter) -> Vec<String> {
    let write = |value| format!("{}={}", parameter.id, parameter.write(value));
    match parameter.kind {
        Kind::Switch => vec![write(Value::Switch(true)), write(Value::Switch(false))],
        Kind::Count { min, max } => vec![write(Value::Count(min)), write(Value::Count(max))],
        Kind::Span { min, max } => vec![write(Value::Span(min)), write(Value::Span(max))],
        Kind::Choice(words) => words.iter().map(|word| format!("{}={word}", parameter.id)).collect(),
    }
}

/// Parameters at the ends of their ranges, one at a time and all at once: no panic, no run that cannot go on, nothing
/// broken that is promised.
pub fn ends_of_ranges(lab: &'static dyn Lab) {
    let holds = |set: &[&str], length: u64| {
        let played = play(lab, setup(lab, 3, Level::High, Time::millis(length), set, &[]));
        assert_eq!(played.broken(), Vec::new(), "{set:?}");
    };
    let specs = || lab.parameters().iter().filter(|parameter| !parameter.pothole);
    for end in specs().flat_map(ends) {
        holds(&[&end], 4_000);
    }
    let all: Vec<Vec<String>> = specs().map(ends).collect();
    for pick in [0, 1] {
        let set: Vec<&str> = all.iter().map(|ends| ends[pick].as_str()).collect();
        holds(&set, 400);
    }
    let still = ["latency_min=0s", "latency_max=0s", "sync_min=0s", "sync_max=0s", "work=0s", "think=1ms"];
    let known = |set: &&str| lab.parameters().iter().any(|it| set.split('=').next() == Some(it.id));
    let still: Vec<&str> = still.into_iter().filter(known).collect();
    holds(&still, 1_000);
}

/// What is tested of every lab alike; looked at all along in so many seeds for each pothole.
#[macro_export]
macro_rules! lab_tests {
    ($lab:expr, $looks:expr) => {
        #[test]
        fn every_pothole_is_found_and_breaks_nothing_but_what_it_says() {
            for pothole in sim::Lab::potholes(&$lab) {
                $crate::common::found(&$lab, pothole, 2_000);
            }
        }

        #[test]
        fn the_monitor_sees_what_a_scan_sees_all_along() {
            $crate::common::looked_at_all_along(&$lab, $looks);
        }

        #[test]
        fn runs_are_the_same_twice() {
            $crate::common::same_twice(&$lab, &[]);
        }

        #[test]
        fn parameters_at_the_ends_of_their_ranges() {
            $crate::common::ends_of_ranges(&$lab);
        }
    };
}
