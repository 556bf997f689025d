//! How long it takes to show a random moment of a run of a million events, and what that keeps in memory.

#[path = "../tests/support/mod.rs"]
mod support;

use divan::Bencher;
use run::{Playback, Run};
use sim::{Moment, Time};

fn main() {
    let playback = million();
    let memory = playback.memory();
    println!(
        "{} events; trace {} MB, {} keyframes {} MB",
        playback.events(),
        memory.trace >> 20,
        memory.frames,
        memory.keyframes >> 20
    );
    divan::main();
}

/// A run of a million events, all of it computed.
fn million() -> Playback {
    let mut run = Run::new(&support::LAB);
    for set in ["nodes=5", "clients=20"] {
        run.parameters.assign(set).expect("the lab has these parameters");
    }
    run.end = run::run::LONGEST;
    let mut playback = Playback::new(run);
    playback.set_most_events(1_000_000);
    playback.show(Moment::end_of(run::run::LONGEST));
    playback
}

#[divan::bench(sample_count = 200)]
fn seek_to_a_random_moment_of_a_million_events(bencher: Bencher<'_, '_>) {
    let mut playback = million();
    let end = playback.frontier().at.0;
    let mut place = 12_345_u64;
    bencher.bench_local(|| {
        place = place.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        playback.show(Moment::end_of(Time((place >> 11) % end)));
        playback.view().actors.len()
    });
}

#[divan::bench(sample_count = 20)]
fn execute_ten_virtual_seconds(bencher: Bencher<'_, '_>) {
    let mut run = Run::new(&support::LAB);
    run.end = Time::millis(10_000);
    bencher.bench_local(|| run::execute(&run).events);
}
