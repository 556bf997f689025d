//! How long it takes to show a random moment of a run of a million events, of the test lab and of Raft, and what such a
//! run keeps in memory; how fast whole runs are executed and swept; what a copy of a running cluster costs.

#[path = "../tests/support/mod.rs"]
mod support;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use run::{Playback, Run};
use sim::chaos::Level;
use sim::{Moment, Recorder, Time};

fn main() {
    for lab in LABS {
        let playback = million(lab);
        let memory = playback.memory();
        println!(
            "{lab}: {} events; trace {} MB, {} keyframes {} MB",
            playback.events(),
            memory.trace >> 20,
            memory.frames,
            memory.keyframes >> 20
        );
    }
    divan::main();
}

/// The test lab with many clients, Raft as a newcomer sees it, and Raft under all the load its clients can make.
const LABS: [&str; 3] = ["notebook", "raft", "busy raft"];

fn run_of(lab: &str) -> Run {
    let (lab, settings): (&'static dyn sim::Lab, &[&str]) = match lab {
        "notebook" => (&support::LAB, &["nodes=5", "clients=20"]),
        "raft" => (raft(), &[]),
        _ => (raft(), &["clients=12", "think=20ms", "keys=16"]),
    };
    let mut run = Run::new(lab);
    for set in settings {
        run.parameters.assign(set).expect("the lab has these parameters");
    }
    run
}

fn raft() -> &'static dyn sim::Lab {
    catalog::lab("raft").expect("the catalogue has it")
}

/// A run of a million events, all of it computed.
fn million(lab: &str) -> Playback {
    let mut run = run_of(lab);
    run.end = run::run::LONGEST;
    let mut playback = Playback::new(run);
    playback.set_most_events(1_000_000);
    playback.show(Moment::end_of(run::run::LONGEST));
    playback
}

#[divan::bench(args = LABS, sample_count = 200)]
fn seek_to_a_random_moment_of_a_million_events(bencher: Bencher<'_, '_>, lab: &str) {
    let mut playback = million(lab);
    let end = playback.frontier().at.0;
    let mut place = 12_345_u64;
    bencher.bench_local(|| {
        place = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        playback.show(Moment::end_of(Time((place >> 11) % end)));
        playback.view().actors.len()
    });
}

/// A cluster a hundred thousand events into its run is copied: what a fork, a keyframe, a preview begins with.
#[divan::bench(args = LABS)]
fn fork_a_running_cluster(bencher: Bencher<'_, '_>, lab: &str) {
    let run = run_of(lab);
    let mut world = run.lab().start(run.setup());
    world.advance(Moment::at(Time::MAX), 100_000, &mut Recorder::silent());
    bencher.bench_local(|| world.fork());
}

/// The same silently, as a replay from a keyframe goes: protocol, kernel, invariants, digest.
#[divan::bench(args = LABS, sample_count = 20)]
fn replay_a_hundred_thousand_events(bencher: Bencher<'_, '_>, lab: &str) {
    let run = run_of(lab);
    bencher
        .counter(ItemsCount::new(100_000_u64))
        .with_inputs(|| run.lab().start(run.setup()))
        .bench_local_values(|mut world| {
            let stop = world.advance(Moment::at(Time::MAX), 100_000, &mut Recorder::silent());
            black_box((world.digest(), stop))
        });
}

#[divan::bench(args = LABS, sample_count = 20)]
fn execute_ten_virtual_seconds(bencher: Bencher<'_, '_>, lab: &str) {
    let mut run = run_of(lab);
    run.end = Time::millis(10_000);
    bencher.bench_local(|| run::execute(&run).events);
}

/// What a sweep does for one seed: thirty seconds of chaos, judged.
#[divan::bench(sample_count = 20)]
fn sweep_one_seed_of_raft(bencher: Bencher<'_, '_>) {
    let mut run = run_of("raft");
    (run.chaos, run.end) = (Level::High, Time::millis(30_000));
    let mut seed = 0;
    bencher.bench_local(|| {
        seed += 1;
        run::sweep::one(&run, seed % 16).events
    });
}

/// The causal past of the last event of a million: what a click on it lights up, before it is painted.
#[divan::bench(args = LABS, sample_count = 50)]
fn causal_past_among_a_million_events(bencher: Bencher<'_, '_>, lab: &str) {
    let playback = million(lab);
    let last = playback.trace().events.len() as u64 - 1;
    bencher.bench_local(|| run::cone::past(playback.trace(), sim::EventId(last)).len());
}

/// Past and future of an event in the middle of a million.
#[divan::bench(args = LABS, sample_count = 50)]
fn cone_in_the_middle_of_a_million_events(bencher: Bencher<'_, '_>, lab: &str) {
    let playback = million(lab);
    let middle = playback.trace().events.len() as u64 / 2;
    bencher.bench_local(|| run::cone::Cone::of(playback.trace(), sim::EventId(middle)).future().len());
}

/// A command given in the middle of a run of a million events: the branch is begun, what came after is forgotten.
#[divan::bench(args = LABS, sample_count = 5, sample_size = 1)]
fn branch_off_in_the_middle_of_a_million_events(bencher: Bencher<'_, '_>, lab: &str) {
    let middle = || {
        let mut playback = million(lab);
        playback.show(Moment::end_of(Time(playback.frontier().at.0 / 2)));
        playback
    };
    bencher.with_inputs(middle).bench_local_values(|mut playback| {
        let acted = playback.act(sim::Command::Heal(Vec::new()));
        (playback, acted.is_ok())
    });
}
