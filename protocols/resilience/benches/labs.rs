//! Events per second of the lab: the load of many devices, with trace, digest and invariants, and chaos on or off.

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

fn run(lab: &'static dyn Lab, chaos: Level) -> u64 {
    let mut parameters = Parameters::defaults(lab.parameters());
    for assignment in
        ["services=6", "clients=8", "devices=100", "work=10ms", "front_work=1ms", "store_work=10ms"]
    {
        if let Err(error) = parameters.assign(assignment) {
            panic!("{assignment}: {error}");
        }
    }
    let mut running = lab.start(Setup { parameters, seed: 1, chaos, end: END, commands: [].into() });
    let mut trace = Trace::default();
    running.advance(Moment::end_of(END), u64::MAX, &mut Recorder::into(&mut trace));
    black_box(&trace);
    running.events().0
}

#[divan::bench(args = [Level::None, Level::High])]
fn calls(bencher: Bencher<'_, '_>, chaos: Level) {
    let lab = &resilience::calls::LAB;
    let events = run(lab, chaos);
    bencher.counter(ItemsCount::new(events)).bench(|| run(lab, chaos));
}
