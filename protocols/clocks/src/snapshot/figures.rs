//! What a snapshot costs, counted on runs and laid beside the rules.

use super::settings;
use sim::chaos::Level;
use sim::command::parse_timed;
use sim::figure::{Axis, Curve, Figure, Ours};
use sim::lab::{Lab, Setup};
use sim::trace::Recorder;
use sim::{Moment, Parameters, Time, Trace};

const MARKERS: &str = "markers";

pub(super) const FIGURES: &[Figure] = &[Figure {
    id: "markers",
    title: "What a snapshot costs",
    source: "Chandy and Lamport, ACM TOCS 3(1), 1985, section 3.1: one marker on each channel",
    doc: "Among n nodes that all talk to each other there are n(n − 1) channels, each of which carries one marker. Ours are \
          counted in runs in which one snapshot is taken.",
    x: Axis { name: "nodes", unit: "", log: false, categories: &[] },
    y: Axis { name: "markers", unit: "", log: false, categories: &[] },
    published: &[Curve {
        name: MARKERS,
        points: &[(2.0, 2.0), (3.0, 6.0), (4.0, 12.0), (5.0, 20.0), (6.0, 30.0), (7.0, 42.0), (8.0, 56.0)],
    }],
    ours: Ours::Computed { names: &[MARKERS], parts: 7, part: markers },
    tolerance: "equal",
}];

/// One snapshot among so many nodes and two more: how many markers left.
fn markers(part: u32) -> Vec<(usize, f64, f64)> {
    let nodes = part + 2;
    let mut parameters = Parameters::defaults(settings::PARAMETERS);
    let set = ["load=off".to_owned(), format!("nodes={nodes}")];
    let assigned = set.iter().try_for_each(|assignment| parameters.assign(assignment));
    debug_assert!(assigned.is_ok(), "{assigned:?}");
    let end = Time::millis(1_000);
    let commands: Vec<_> = parse_timed("1ms snapshot c1 at n1").into_iter().collect();
    let setup = Setup { parameters, seed: 1, chaos: Level::None, end, commands: commands.into() };
    let mut running = super::LAB.start(setup);
    let mut trace = Trace::default();
    running.advance(Moment::end_of(end), u64::MAX, &mut Recorder::into(&mut trace));
    let count = super::measure::measure(&trace, end).last().copied().unwrap_or(f64::NAN);
    vec![(0, f64::from(nodes), count)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_carries_one_marker() {
        for (part, published) in (0..7).zip(FIGURES[0].published[0].points) {
            assert_eq!(markers(part), [(0, published.0, published.1)]);
        }
    }
}
