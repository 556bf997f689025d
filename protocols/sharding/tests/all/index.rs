//! The index that everybody asks: swept, and the two outages as runs.

use sharding::index::LAB;
use sharding::index::invariants::names;
use sim::chaos::Level;
use sim::lab::{Mode, Setup, Stop};
use sim::story::Outcome;
use sim::trace::Recorder;
use sim::{Lab, Moment, Parameters, Running, Span, Time, TimedCommand, Trace};
use std::collections::BTreeSet;

const END: Time = Time::millis(30_000);

struct Played {
    running: Box<dyn Running>,
    trace: Trace,
}

fn setup(seed: u64, chaos: Level, set: &[&str], commands: &[&str]) -> Setup {
    let mut parameters = Parameters::defaults(LAB.parameters());
    set.iter().for_each(|assignment| parameters.assign(assignment).unwrap());
    let timed = commands.iter().map(|text| {
        let timed: TimedCommand = sim::command::parse_timed(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        LAB.check(&timed.command, &parameters).unwrap_or_else(|e| panic!("{text}: {e}"));
        timed
    });
    let commands = timed.collect::<Vec<_>>().into();
    Setup { parameters, seed, chaos, end: END, commands }
}

fn play(setup: Setup) -> Played {
    let mut running = LAB.start(setup);
    let mut trace = Trace::default();
    let stop = running.advance(Moment::end_of(END), u64::MAX, &mut Recorder::into(&mut trace));
    assert_eq!(stop, Stop::Reached);
    Played { running, trace }
}

impl Played {
    fn broken(&self) -> Vec<&'static str> {
        self.trace.violations.iter().map(|v| LAB.invariants()[v.invariant].name).collect()
    }

    /// The longest time without an answer from a moment on, in seconds.
    fn outage(&self, from: Time) -> f64 {
        let answered = self.trace.story.operations.iter().filter(|o| o.outcome == Outcome::Ok);
        let mut times: Vec<Time> = answered.filter_map(|o| o.completed).filter(|at| *at > from).collect();
        times.sort_unstable();
        let mut before = from;
        let mut longest = Span::ZERO;
        for at in times.into_iter().chain([END]) {
            longest = longest.max(at.since(before));
            before = at;
        }
        longest.seconds()
    }

    /// After the last heal nobody was answered for longer than is claimed.
    fn stalled(&self) -> bool {
        let claims = LAB.claims(&Parameters::defaults(LAB.parameters()));
        let within = claims.iter().find_map(|claim| claim.within).unwrap();
        self.outage(Time(END.0 / 10 * 8)) > within.seconds()
    }
}

fn seeds(usual: u64) -> u64 {
    std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(usual)
}

#[test]
fn nothing_breaks_and_every_sometimes_is_reached() {
    let mut reached = BTreeSet::new();
    for seed in 0..seeds(60) {
        let played = play(setup(seed, Level::High, &[], &[]));
        assert_eq!((played.broken(), played.stalled()), (vec![], false), "seed {seed}");
        assert!(played.running.scan().is_empty(), "seed {seed}");
        let standings = played.running.standings().iter().zip(LAB.invariants());
        reached.extend(standings.filter(|(standing, _)| standing.reached.is_some()).map(|(_, i)| i.name));
    }
    for invariant in LAB.invariants().iter().filter(|invariant| invariant.mode == Mode::Sometimes) {
        assert!(reached.contains(invariant.name), "never reached: {}", invariant.name);
    }
}

#[test]
fn every_pothole_is_found() {
    let one = |set: &str, seed| play(setup(seed, Level::High, &[set], &[]));
    assert!((0..seeds(50)).any(|seed| one("all_at_once=on", seed).broken().contains(&names::ONE)));
    assert!((0..seeds(300)).any(|seed| one("no_backoff=on", seed).stalled()));
}

#[test]
fn the_monitor_sees_what_a_scan_sees_all_along() {
    for seed in 0..10 {
        let mut running = LAB.start(setup(seed, Level::High, &["all_at_once=on"], &[]));
        let mut trace = Trace::default();
        for look in 1..=END.0 / Span::millis(50).0 {
            let until = Moment::end_of(Time::ZERO + Span::millis(50) * look);
            running.advance(until, u64::MAX, &mut Recorder::into(&mut trace));
            for (name, sentence) in running.scan() {
                let known = trace.violations.iter().any(|v| LAB.invariants()[v.invariant].name == name);
                assert!(known, "seed {seed}: only the scan saw that {sentence}");
            }
        }
    }
}

/// A large index: six seconds to load, longer than answers are good for.
#[test]
fn s3_2017_the_whole_index_restarted_at_once() {
    let refresh =
        |set: &[&str]| play(setup(1, Level::None, &[&["load=6s"], set].concat(), &["3s refresh n1"]));
    let (at_once, rolling) = (refresh(&["all_at_once=on"]), refresh(&[]));
    assert!(at_once.broken().contains(&names::ONE));
    let (outage, calm) = (at_once.outage(Time::ZERO), rolling.outage(Time::ZERO));
    assert!(outage > 2.0, "restarted at once: nobody answered for {outage} s");
    assert!(calm < 1.0, "restarted one by one: nobody answered for {calm} s");
    assert!(rolling.broken().is_empty());
}

const BLIP: &str = "5s cut n2 n3 n4 | n5 n6 n7 n8 n9 n10 n11 n12 n13 for 5s";

/// Five seconds without a network, and then it is back. With pauses so is everybody soon after; without them nobody is, until
/// questions that nobody waits for are thrown away.
#[test]
fn dynamodb_2015_a_blip_and_everybody_asks_at_once() {
    let (back, shed) = (Time::millis(11_000), Time::millis(21_000));
    for seed in 0..10 {
        let quiet = |set: &[&str], commands: &[&str]| play(setup(seed, Level::None, set, commands));
        let soon = quiet(&[], &[BLIP]).outage(back);
        assert!(soon < 2.0, "seed {seed}, with pauses: nobody answered for {soon} s");
        // Those whose questions were first in line after the blip are good for one lease more.
        let never = quiet(&["no_backoff=on"], &[BLIP]).outage(Time::millis(15_000));
        assert!(never > 14.9, "seed {seed}, without: nobody answered for {never} s");
        let then = quiet(&["no_backoff=on"], &[BLIP, "20s set shed=on"]).outage(shed);
        assert!(then < 2.0, "seed {seed}, once stale questions are shed: nobody answered for {then} s");
    }
}

/// Without the blip all is well, pauses or not: the cause of the outage is the cause, and not two questions that came
/// together. Once answers have grown so that two of them do not fit into a time-out, these are cause enough.
#[test]
fn without_a_blip_all_is_well_as_long_as_two_answers_fit_into_a_time_out() {
    let outage = |seed, set: &[&str]| play(setup(seed, Level::None, set, &[])).outage(Time::ZERO);
    for seed in 0..30 {
        for set in [&[][..], &["no_backoff=on"], &["cost=140ms"]] {
            let outage = outage(seed, set);
            assert!(outage < 1.0, "seed {seed}, {set:?}: nobody answered for {outage} s");
        }
    }
    assert!((0..30).any(|seed| outage(seed, &["no_backoff=on", "cost=140ms"]) > 10.0));
}
