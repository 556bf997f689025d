//! Events per second of the labs: the load of many clients, with trace, digest and invariants, and chaos on or off.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use sim::chaos::Level;
use sim::lab::{Lab, Setup};
use sim::trace::Recorder;
use sim::{Moment, Parameters, Time, Trace};

/// How long the measured runs are.
const END: Time = Time::millis(60_000);

fn main() {
    divan::main();
}

fn run(lab: &'static dyn Lab, set: &[&str], chaos: Level) -> u64 {
    let mut parameters = Parameters::defaults(lab.parameters());
    for assignment in set {
        if let Err(error) = parameters.assign(assignment) {
            panic!("{assignment}: {error}");
        }
    }
    let setup = Setup { parameters, seed: 1, chaos, end: END, commands: [].into() };
    let mut running = lab.start(setup);
    let mut trace = Trace::default();
    running.advance(Moment::end_of(END), u64::MAX, &mut Recorder::into(&mut trace));
    black_box(&trace);
    running.events().0
}

fn measured(bencher: Bencher<'_, '_>, lab: &'static dyn Lab, set: &'static [&'static str], chaos: Level) {
    let events = run(lab, set, chaos);
    bencher.counter(ItemsCount::new(events)).bench(|| run(lab, set, chaos));
}

#[divan::bench(args = [Level::None, Level::High])]
fn five_clocks(bencher: Bencher<'_, '_>, chaos: Level) {
    measured(bencher, &clocks::board::LAB, &["clients=12", "think=20ms"], chaos);
}

#[divan::bench(args = [Level::None, Level::High])]
fn snapshots(bencher: Bencher<'_, '_>, chaos: Level) {
    measured(bencher, &clocks::snapshot::LAB, &["clients=12", "think=20ms"], chaos);
}
