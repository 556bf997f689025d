//! Events per second of PBFT with its invariants, trace and digest on: quiet and under chaos, with the quick stand-in for
//! signatures and with real ones.

use consensus::pbft::LAB;
use divan::Bencher;
use divan::counter::ItemsCount;
use sim::chaos::Level;
use sim::lab::Setup;
use sim::trace::Recorder;
use sim::{Lab, Moment, Parameters, Time, Trace};

fn main() {
    divan::main();
}

/// A run of twenty seconds; how many events it had.
fn run(signatures: &str, chaos: Level) -> u64 {
    let mut parameters = Parameters::defaults(LAB.parameters());
    for assignment in [signatures, "clients=8", "think=20ms"] {
        parameters.assign(assignment).expect("a parameter of the lab");
    }
    let end = Time::millis(20_000);
    let mut running = LAB.start(Setup { parameters, seed: 7, chaos, end, commands: [].into() });
    let mut trace = Trace::default();
    running.advance(Moment::end_of(end), u64::MAX, &mut Recorder::into(&mut trace));
    running.events().0
}

fn measure(bencher: Bencher<'_, '_>, signatures: &'static str, chaos: Level) {
    let events = run(signatures, chaos);
    bencher.counter(ItemsCount::new(events)).bench(|| run(signatures, chaos));
}

#[divan::bench(sample_count = 10)]
fn quiet_tags(bencher: Bencher<'_, '_>) {
    measure(bencher, "signatures=tags", Level::None);
}

#[divan::bench(sample_count = 10)]
fn chaos_tags(bencher: Bencher<'_, '_>) {
    measure(bencher, "signatures=tags", Level::High);
}

#[divan::bench(sample_count = 3)]
fn quiet_signatures(bencher: Bencher<'_, '_>) {
    measure(bencher, "signatures=ed25519", Level::None);
}
