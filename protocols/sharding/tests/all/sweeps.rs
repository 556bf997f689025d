//! The lab under every fault it claims to stand: with no pothole nothing breaks and every `sometimes` is reached; with each
//! pothole alone something that it is said to break does.

use crate::common::{END, Played, parameters, play, setup};
use sharding::store::LAB;
use sharding::store::invariants::names;
use sim::chaos::Level;
use sim::lab::Mode;
use sim::trace::Recorder;
use sim::{Lab, Moment, Span, Time, Trace};
use std::collections::BTreeSet;

/// What broke: invariants, progress, and the order of things.
fn broken(played: &Played, set: &[&str]) -> Vec<String> {
    let mut broken: Vec<String> =
        played.broken().into_iter().map(|(name, how)| format!("{name}: {how}")).collect();
    if played.stalled(set) {
        broken.push("progress".to_owned());
    }
    if !played.linearizable() {
        broken.push("linearizable".to_owned());
    }
    broken
}

/// The full scan finds nothing that the monitor did not.
fn scan_agrees(seed: u64, played: &Played) {
    let reported: BTreeSet<&str> = played.broken().into_iter().map(|(name, _)| name).collect();
    for (name, sentence) in played.running.scan() {
        assert!(reported.contains(name), "seed {seed}: only the scan saw that {sentence}");
    }
}

fn sound(seeds: std::ops::Range<u64>, set: &[&str]) -> BTreeSet<&'static str> {
    let mut reached = BTreeSet::new();
    for seed in seeds {
        let played = play(setup(seed, Level::High, END, set, &[]));
        let replay =
            format!("potholes run sharding --seed {seed} --chaos high --set {}", set.join(" --set "));
        assert_eq!(broken(&played, set), Vec::<String>::new(), "{replay}");
        scan_agrees(seed, &played);
        reached.extend(played.reached());
    }
    reached
}

/// How many seeds are swept: `SEEDS=2000` for all.
fn seeds(usual: u64) -> u64 {
    std::env::var("SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(usual)
}

#[test]
fn nothing_breaks_and_every_sometimes_is_reached() {
    let reached = sound(0..seeds(60), &[]);
    for invariant in LAB.invariants().iter().filter(|invariant| invariant.mode == Mode::Sometimes) {
        assert!(reached.contains(invariant.name), "never reached: {}", invariant.name);
    }
}

#[test]
fn nothing_breaks_however_shards_are_placed() {
    for placement in ["ring", "rendezvous", "jump", "maglev", "bounded", "modulo"] {
        let placement = format!("placement={placement}");
        sound(0..seeds(6), &[&placement, "spares=2"]);
    }
    sound(0..seeds(6), &["load=celebrity", "keys=4", "shards=2", "clients=8", "think=10ms"]);
    sound(0..seeds(6), &["servers=1", "spares=3", "moves=16", "window=300ms"]);
}

/// The rarest of them shows in four runs of a thousand: it takes a crash between the sending and the disk, and a client that
/// asks the old server after it.
#[test]
fn every_pothole_breaks_what_it_is_known_for() {
    let breaks = |set: &str, name: &str| {
        let found = (0..seeds(2_000)).find(|seed| {
            let played = play(setup(*seed, Level::High, END, &[set], &[]));
            scan_agrees(*seed, &played);
            match name {
                "linearizable" => !played.linearizable(),
                name => played.broken().iter().any(|(broken, _)| *broken == name),
            }
        });
        assert!(found.is_some(), "{set} never broke “{name}”");
    };
    breaks("epoch_unchecked=on", names::OWN);
    breaks("epoch_unchecked=on", "linearizable");
    breaks("modulo_placement=on", names::JOIN);
    breaks("modulo_placement=on", names::LEAVE);
    breaks("no_split=on", names::SPLIT);
    breaks("handover_before_fsync=on", names::ONE);
    breaks("handover_before_fsync=on", "linearizable");
    breaks("serve_while_moving=on", names::ONE);
    breaks("serve_while_moving=on", "linearizable");
}

/// Looked at twenty times a second, a run with a pothole in shows nothing broken that the monitor has not reported.
#[test]
fn the_monitor_sees_what_a_scan_sees_all_along() {
    for pothole in LAB.potholes() {
        for seed in 0..3 {
            let mut running = LAB.start(setup(seed, Level::High, END, &[pothole.set], &[]));
            let mut trace = Trace::default();
            for look in 1..=END.0 / Span::millis(50).0 {
                let until = Moment::end_of(Time::ZERO + Span::millis(50) * look);
                running.advance(until, u64::MAX, &mut Recorder::into(&mut trace));
                for (name, sentence) in running.scan() {
                    let known = trace.violations.iter().any(|v| LAB.invariants()[v.invariant].name == name);
                    assert!(known, "{} seed {seed}: only the scan saw that {sentence}", pothole.set);
                }
            }
        }
    }
}

/// The same run twice, once in one go and once in slices with forks in between: the same at every step.
#[test]
fn runs_are_the_same_twice() {
    for seed in 0..4 {
        let make = || LAB.start(setup(seed, Level::High, END, &[], &[]));
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

/// Nothing stays on the move: some time after the heal every shard is where it is to be, if all nodes are there.
#[test]
fn moves_come_to_an_end() {
    let (mut settled, seeds) = (0, seeds(30));
    for seed in 0..seeds {
        let mut played = play(setup(seed, Level::High, END, &[], &[]));
        let until = Moment::end_of(END + Span::secs(30));
        played.running.advance(until, u64::MAX, &mut Recorder::silent());
        let view = played.running.view();
        // A node that hears of its failing disk only after the heal stays down, and shards wait for it.
        let down = view.actors.iter().any(|actor| actor.status == sim::view::Status::Down);
        let Some(keeper) = view.actor(sim::ActorId::node(1)).filter(|_| !down) else { continue };
        let moving = keeper.fields.iter().find(|field| field.id == "moving").unwrap();
        assert_eq!(moving.value, "0", "seed {seed}");
        settled += 1;
    }
    assert!(settled * 10 > seeds * 9, "in {settled} of {seeds} runs all nodes were there");
}

/// A server goes for good, at the moment after which something has to go on: others are asked and answer, for nobody waits
/// for it longer than until he gives up.
#[test]
fn one_server_that_stays_down_stops_nobody_else() {
    for seed in 0..seeds(30) {
        let node = 2 + seed % 4;
        let played = play(setup(seed, Level::None, END, &[], &[&format!("24s crash n{node}")]));
        assert_eq!(broken(&played, &[]), Vec::<String>::new(), "seed {seed}, without n{node}");
        assert!(played.reached().contains(&"a client gives up"), "seed {seed}: nobody missed n{node}");
    }
}

/// A server more: with modulo nearly everything is on the move, with a ring what goes to the newcomer.
#[test]
fn a_server_more_moves_as_much_as_its_scheme_says() {
    let moves = |set: &[&str]| {
        let played = play(setup(1, Level::None, END, set, &["2s join n6"]));
        assert!(played.linearizable());
        let at = |id: &str| LAB.measures().iter().position(|measure| measure.id == id).unwrap();
        let measured = LAB.measure(&played.trace, END);
        (measured[at("moves")], measured[at("needless")])
    };
    let (ring, needless) = moves(&["placement=ring", "shards=32"]);
    assert!(ring < 16.0 && needless == 0.0, "{ring} {needless}");
    let (modulo, needless) = moves(&["placement=modulo", "shards=32"]);
    assert!(modulo > 19.0 && needless > 12.0, "{modulo} {needless}");
}

/// Splits bring the load of the hottest server down; a celebrity stays.
#[test]
fn splits_share_the_load_and_a_celebrity_stays() {
    let hottest = |set: &[&str]| {
        let played = play(setup(1, Level::None, END, set, &[]));
        let at = LAB.measures().iter().position(|measure| measure.id == "hottest").unwrap();
        LAB.measure(&played.trace, END)[at]
    };
    let (whole, split) = (hottest(&["no_split=on"]), hottest(&[]));
    assert!(whole > 50.0 && split < whole - 10.0, "{whole} % and {split} %");
    let celebrity = hottest(&["load=celebrity"]);
    assert!(celebrity > 50.0, "{celebrity} %");
    assert!(parameters(&["load=celebrity"]).choice("load") == "celebrity");
}
