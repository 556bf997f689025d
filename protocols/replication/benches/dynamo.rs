//! Events per second of Dynamo: the load of many clients, with trace, digest and invariants; quiet and under chaos, with a
//! sloppy quorum and with a strict one that repairs before it answers.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use replication::dynamo::LAB;
use sim::chaos::Level;
use sim::lab::Setup;
use sim::trace::Recorder;
use sim::{Lab, Moment, Parameters, Time, Trace};

/// How long the measured runs are.
const END: Time = Time::millis(60_000);

fn main() {
    divan::main();
}

fn setup(chaos: Level, set: &[&str]) -> Setup {
    let mut parameters = Parameters::defaults(LAB.parameters());
    for assignment in ["clients=12", "think=20ms"].iter().chain(set) {
        if let Err(error) = parameters.assign(assignment) {
            panic!("{assignment}: {error}");
        }
    }
    Setup { parameters, seed: 1, chaos, end: END, commands: [].into() }
}

/// A run to its end; how many events it had.
fn run(chaos: Level, set: &[&str]) -> u64 {
    let mut running = LAB.start(setup(chaos, set));
    let mut trace = Trace::default();
    running.advance(Moment::end_of(END), u64::MAX, &mut Recorder::into(&mut trace));
    black_box(&trace);
    running.events().0
}

fn measured(bencher: Bencher<'_, '_>, chaos: Level, set: &[&str]) {
    let events = run(chaos, set);
    bencher.counter(ItemsCount::new(events)).bench_local(|| run(chaos, set));
}

#[divan::bench(args = [Level::None, Level::High], sample_count = 20)]
fn sloppy(bencher: Bencher<'_, '_>, chaos: Level) {
    measured(bencher, chaos, &[]);
}

#[divan::bench(args = [Level::None, Level::High], sample_count = 20)]
fn strict(bencher: Bencher<'_, '_>, chaos: Level) {
    measured(bencher, chaos, &["quorum=strict", "read_repair=before"]);
}
