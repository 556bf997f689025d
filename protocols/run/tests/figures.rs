//! Published figures, made again with the tolerances that the labs state; and every figure of the catalogue, looked at.

#![allow(clippy::unwrap_used, reason = "helpers of tests: what fails here fails the test")]
use run::figure::spread::Spread;
use run::figure::{Curve, Making, Plan, compare};
use sim::figure::{Figure, Ours};
use sim::lab::Lab;

fn figure(lab: &str, id: &str) -> (&'static dyn Lab, &'static Figure) {
    let lab = catalog::lab(lab).unwrap();
    (lab, lab.figures().iter().find(|figure| figure.id == id).unwrap())
}

/// All of it, on every core.
fn made(lab: &'static dyn Lab, figure: &Figure, runs: u64) -> Vec<Curve> {
    let mut making = Making::new(Plan::figure(lab, figure, Some(runs)).unwrap());
    let plan = making.plan().clone();
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let parts = std::thread::scope(|scope| {
        let part = |first: u64| {
            let plan = &plan;
            let pieces = (first..plan.pieces()).step_by(cores as usize);
            scope.spawn(move || pieces.map(|piece| (piece, plan.piece(piece).make())).collect::<Vec<_>>())
        };
        let parts: Vec<_> = (0..cores).map(part).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect::<Vec<_>>()
    });
    for (piece, made) in parts {
        making.take(piece, made);
    }
    assert!(making.is_done());
    making.curves()
}

fn spread<'a>(curves: &'a [Curve], name: &str) -> &'a Spread {
    let curve = curves.iter().find(|curve| curve.name.starts_with(name));
    curve.and_then(|curve| curve.spread.as_ref()).unwrap_or_else(|| panic!("no curve {name}"))
}

/// Whether mean and median lie within a quarter of the published ones.
fn near(curves: &[Curve], name: &str, mean: f64, median: f64) {
    let spread = spread(curves, name);
    for (what, ours, paper) in [("mean", spread.mean(), mean), ("median", spread.quantile(0.5), median)] {
        let ours = ours.unwrap_or_else(|| panic!("{name}: a leader is missing"));
        assert!(
            (ours / paper - 1.0).abs() <= 0.25,
            "{name} ms: the {what} is {ours:.0} ms, {paper} in the paper"
        );
    }
}

/// Extended version of the paper, figure 16, above; the means are those of the same points.
#[test]
fn randomness_ends_elections_as_in_the_paper() {
    let (lab, figure) = figure("raft", "election-randomness");
    let curves = made(lab, figure, 150);
    let mean = |name| spread(&curves, name).mean().unwrap();
    near(&curves, "150–151", 1_536.0, 1_199.0);
    near(&curves, "150–175", 164.0, 141.0);
    near(&curves, "150–200", 156.0, 147.0);
    near(&curves, "150–300", 181.0, 171.0);
    assert!(spread(&curves, "150–150").values().is_empty(), "nobody wins where all ask at the same time");
    assert!(mean("150–151") > 3.0 * mean("150–155") && mean("150–151") > 5.0 * mean("150–200"));
    let p95 = |name| spread(&curves, name).quantile(0.95).unwrap();
    assert!(p95("150–155") > 1.5 * p95("150–200"), "{} {}", p95("150–155"), p95("150–200"));
}

/// The same figure, below.
#[test]
fn short_timeouts_make_short_outages_as_in_the_paper() {
    let (lab, figure) = figure("raft", "election-timeout");
    let curves = made(lab, figure, 150);
    for (name, mean, median) in [
        ("12–24", 35.0, 30.0),
        ("25–50", 48.0, 43.0),
        ("50–100", 71.0, 67.0),
        ("100–200", 125.0, 120.0),
        ("150–300", 181.0, 171.0),
    ] {
        near(&curves, name, mean, median);
    }
}

/// What the lab was set up for: two of the four that are left cannot win, and the set-up always comes off.
#[test]
fn the_paper_s_set_up_comes_off() {
    let (lab, figure) = figure("raft", "election-timeout");
    let Ours::Distribution { settings, length, .. } = figure.ours else { panic!("a distribution") };
    for (setting, seed) in settings.iter().flat_map(|setting| (0..20).map(move |seed| (setting, seed))) {
        let mut run = run::Run::new(lab);
        run.end = sim::Time(length.0);
        run.seed = seed;
        for set in setting.set {
            run.parameters.assign(set).unwrap();
        }
        // The crash at the last moment it may come at.
        for at in setting.at {
            let (moment, rest) = at.split_once(' ').unwrap();
            let moment = moment.split_once("..").map_or(moment, |(_, to)| to);
            run.commands.push(sim::command::parse_timed(&format!("{moment} {rest}")).unwrap());
        }
        run.sort();
        let mut execution = run::report::Execution::new(&run);
        while !execution.advance(u64::MAX) {}
        let trace = execution.trace();
        let idle = trace.story.marks.iter().find(|mark| mark.nothing_to_do);
        assert_eq!(idle, None, "{} ms, seed {seed}", setting.name);
        let crash = trace.facts.iter().find(|fact| fact.name == "crashed").unwrap();
        let led: Vec<String> = trace
            .facts
            .iter()
            .filter(|fact| fact.name == "leader")
            .map(|fact| format!("{}{}", fact.actor, if fact.event < crash.event { "" } else { " later" }))
            .collect();
        assert_eq!(led[0], "n1", "{}, seed {seed}", setting.name);
        assert!(led[1..].iter().all(|who| ["n2 later", "n3 later"].contains(&who.as_str())), "{led:?}");
    }
}

#[test]
fn every_figure_of_every_lab_can_be_made_and_compared() {
    for lab in catalog::LABS {
        for (at, figure) in lab.figures().iter().enumerate() {
            let name = format!("{}: {}", lab.about().id, figure.id);
            assert!(lab.figures()[..at].iter().all(|other| other.id != figure.id), "{name} is there twice");
            for words in [figure.title, figure.source, figure.doc] {
                assert!(!words.is_empty(), "{name} says too little");
            }
            assert_eq!(
                figure.published.is_empty(),
                figure.tolerance.is_empty(),
                "{name}: tolerance of what?"
            );
            let plan = Plan::figure(*lab, figure, Some(1)).unwrap_or_else(|wrong| panic!("{name}: {wrong}"));
            let mut making = Making::new(plan);
            while !making.advance(100_000) {}
            let curves = making.curves();
            assert!(!curves.is_empty(), "{name} has no curve");
            for pair in compare::pairs(figure, &curves) {
                assert!(
                    pair.published.is_some()
                        || pair.ours.is_some()
                        || curves.iter().any(|c| c.spread.is_some())
                );
            }
            for curve in figure.published {
                assert!(
                    curve.points.is_sorted_by(|a, b| a.0 <= b.0),
                    "{name}: {} is not in order",
                    curve.name
                );
                assert!(
                    curves.iter().any(|ours| ours.name == curve.name),
                    "{name}: nobody makes {}",
                    curve.name
                );
            }
        }
    }
}
