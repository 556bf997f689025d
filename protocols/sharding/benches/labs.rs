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

fn setup(lab: &dyn Lab, chaos: Level) -> Setup {
    let mut parameters = Parameters::defaults(lab.parameters());
    for assignment in ["clients=12", "think=20ms"] {
        if let Err(error) = parameters.assign(assignment) {
            panic!("{assignment}: {error}");
        }
    }
    Setup { parameters, seed: 1, chaos, end: END, commands: [].into() }
}

fn run(lab: &'static dyn Lab, chaos: Level) -> u64 {
    let mut running = lab.start(setup(lab, chaos));
    let mut trace = Trace::default();
    running.advance(Moment::end_of(END), u64::MAX, &mut Recorder::into(&mut trace));
    black_box(&trace);
    running.events().0
}

fn measured(bencher: Bencher<'_, '_>, lab: &'static dyn Lab, chaos: Level) {
    let events = run(lab, chaos);
    bencher.counter(ItemsCount::new(events)).bench(|| run(lab, chaos));
}

#[divan::bench(args = [Level::None, Level::High])]
fn sharding(bencher: Bencher<'_, '_>, chaos: Level) {
    measured(bencher, &::sharding::store::LAB, chaos);
}

#[divan::bench(args = [Level::None, Level::High])]
fn index(bencher: Bencher<'_, '_>, chaos: Level) {
    measured(bencher, &::sharding::index::LAB, chaos);
}
