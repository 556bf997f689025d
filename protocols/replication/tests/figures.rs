//! Figures that the lab's own messages make, held to the published values and to the model behind them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use crate::common;

use common::{play, setup};
use replication::dynamo::{LAB, pbs};
use sim::chaos::Level;
use sim::figure::Ours;
use sim::{Lab, Time};

/// The mean of a figure's measure for one setting and place.
fn point(set: &[&str], measure: &str, seeds: u64, length: Time) -> f64 {
    let at = LAB.measures().iter().position(|known| known.id == measure).unwrap();
    let one = |seed| LAB.measure(&play(setup(seed, Level::None, length, set, &[])).trace, length)[at];
    (0..seeds).map(one).sum::<f64>() / seeds as f64
}

/// A probe's run is WARS with messages: the same shares, and the published ones where there are any.
#[test]
fn reads_are_as_fresh_as_the_model_and_the_paper_say() {
    let figure = LAB.figures().iter().find(|figure| figure.id == "freshness").unwrap();
    let Ours::Along { values, measure, settings, seeds, length, .. } = figure.ours else { panic!() };
    for (setting, quorum) in settings.iter().zip([(1, 1), (1, 2), (2, 1), (2, 2)]) {
        let model = &pbs::trials(0, &[quorum], 100_000)[0];
        let curve = figure.published.iter().find(|curve| curve.name == setting.name);
        // Every other place: time in CI is shared.
        for value in values.iter().step_by(2).chain(values.last()) {
            let after: f64 = value.trim_end_matches("ms").parse().unwrap();
            let lag = format!("lag={value}");
            let set = [setting.set, &[lag.as_str()]].concat();
            let ours = point(&set, measure, seeds.min(3), Time::ZERO + length);
            let exact = 100.0 * model.fresh_at(after);
            assert!(
                (ours - exact).abs() < 0.5,
                "{} after {value}: {ours}, the model says {exact}",
                setting.name
            );
            let published = curve.and_then(|c| c.points.iter().find(|(x, _)| (*x - after).abs() < 1e-9));
            if let Some((_, published)) = published {
                assert!(
                    (ours - published).abs() < 0.5,
                    "{} after {value}: {ours}, not {published}",
                    setting.name
                );
            }
        }
    }
}
