//! Plots of runs: each line is what the facts, the operations or the measures of the run say, and every plot of every lab
//! says what it is.

use super::*;
use sim::chaos::Level;

fn playback(seed: u64, chaos: Level) -> Playback {
    let mut run = Run::new(catalog::lab("raft").unwrap());
    (run.seed, run.chaos) = (seed, chaos);
    Playback::new(run)
}

fn at(millis: u64) -> Moment {
    Moment::end_of(Time::millis(millis))
}

/// The points of every curve of some plots, as text.
fn told(plots: &Plots, wanted: &[Plot]) -> String {
    let mut text = String::new();
    for line in wanted.iter().flat_map(|plot| plots.lines(plot)) {
        text.push_str(&format!(
            "{} {:?} {:?} {:?}\n",
            line.name,
            line.actor,
            line.series.points(),
            line.tail
        ));
    }
    text
}

fn wanted(playback: &Playback) -> Vec<Plot> {
    let lab = playback.lab();
    let mut plots = of_lab(lab);
    plots.push(Plot::fact("committed", 0));
    let sum = Quantity::Fact { name: "committed", value: 0, sum: true };
    plots.push(Plot::of("sum", "Sum", "", "", &[("sum", sum)]));
    plots.extend(Plot::measure(lab, 0));
    plots
}

/// Everything at once.
fn afresh(playback: &Playback) -> String {
    let (mut plots, wanted) = (Plots::default(), wanted(playback));
    assert!(!plots.keep_up(playback, &wanted, u64::MAX));
    told(&plots, &wanted)
}

#[test]
fn windows_are_round_parts_of_the_run() {
    for (end, window_) in
        [(30_000, 1_000), (10_000, 500), (60_000, 2_000), (1_000, 50), (36_000_000, 2_000_000)]
    {
        assert_eq!(window(Time::millis(end)), Span::millis(window_), "{end}");
    }
    assert_eq!(window(Time::ZERO).0 % PARTS, 0);
}

#[test]
fn curves_kept_up_in_small_steps_are_those_of_the_whole() {
    let mut playback = playback(3, Level::Medium);
    let (mut plots, wanted) = (Plots::default(), wanted(&playback));
    for step in 0..400 {
        playback.show(at(step * 37));
        plots.keep_up(&playback, &wanted, 500);
    }
    while plots.keep_up(&playback, &wanted, 500) {}
    assert_eq!(told(&plots, &wanted), afresh(&playback));
    assert!(told(&plots, &wanted).len() > 5_000);
}

#[test]
fn another_way_makes_other_curves() {
    let mut playback = playback(3, Level::None);
    let (mut plots, wanted) = (Plots::default(), wanted(&playback));
    let keep_up = |plots: &mut Plots, playback: &Playback| while plots.keep_up(playback, &wanted, 9_000) {};
    playback.show(at(9_000));
    keep_up(&mut plots, &playback);
    let before = told(&plots, &wanted);
    // In the past, nothing has changed.
    playback.show(at(2_000));
    keep_up(&mut plots, &playback);
    assert_eq!(told(&plots, &wanted), before);
    // Acting there makes a branch, which is computed as far again.
    playback.act(sim::command::parse("crash @leader").unwrap()).unwrap();
    playback.show(at(9_000));
    keep_up(&mut plots, &playback);
    let branch = told(&plots, &wanted);
    assert_ne!(branch, before);
    assert_eq!(branch, afresh(&playback));
    // And back.
    playback.undo().unwrap();
    playback.show(at(9_000));
    keep_up(&mut plots, &playback);
    assert_eq!(told(&plots, &wanted), before);
}

#[test]
fn rates_count_what_happened_in_the_window() {
    let mut playback = playback(1, Level::None);
    playback.show(at(12_345));
    let (mut plots, wanted) = (Plots::default(), of_lab(playback.lab()));
    plots.keep_up(&playback, &wanted, 0);
    let plot = wanted.iter().find(|plot| plot.id == "operations").unwrap();
    let lines = plots.lines(plot);
    let asked = lines.iter().find(|line| line.name == "asked").unwrap();
    assert_eq!(asked.series.points().len(), 1 + 123, "one each tenth of a second");
    let operations = &playback.trace().story.operations;
    for (seconds, rate) in asked.series.points() {
        let until = (seconds * 1e9).round() as u64;
        let within = |at: Time| at.0 <= until && at.0 + 1_000_000_000 > until;
        let count = operations.iter().filter(|operation| within(operation.invoked)).count();
        assert_eq!(*rate, count as f64, "at {seconds}");
    }
    assert_eq!(asked.tail.map(|tail| (tail.0 * 1e3).round()), Some(12_345.0));
}

#[test]
fn percentiles_are_those_of_the_window() {
    let mut playback = playback(5, Level::Low);
    playback.show(at(20_000));
    let (mut plots, wanted) = (Plots::default(), of_lab(playback.lab()));
    plots.keep_up(&playback, &wanted, 0);
    let plot = wanted.iter().find(|plot| plot.id == "latency").unwrap();
    let lines = plots.lines(plot);
    let mut gaps = 0;
    for (line, of) in lines.iter().zip([50.0, 99.0]) {
        for (seconds, value) in line.series.points() {
            let until = (seconds * 1e9).round() as u64;
            let mut took: Vec<f64> = playback
                .trace()
                .story
                .operations
                .iter()
                .filter(|operation| operation.outcome == sim::story::Outcome::Ok)
                .filter_map(|operation| Some((operation.completed?, operation.invoked)))
                .filter(|(at, _)| at.0 <= until && at.0 + 1_000_000_000 > until)
                .map(|(at, invoked)| at.since(invoked).0 as f64 / 1e6)
                .collect();
            took.sort_by(f64::total_cmp);
            let rank = (took.len() as f64 * of / 100.0).ceil().max(1.0) as usize - 1;
            match took.get(rank) {
                Some(expected) => assert_eq!(value, expected, "{} at {seconds}", line.name),
                None => {
                    assert!(value.is_nan());
                    gaps += 1;
                }
            }
        }
    }
    assert!(gaps > 0, "before the first leader nothing is answered");
}

#[test]
fn facts_are_drawn_an_actor_each_or_added_up() {
    let mut playback = playback(1, Level::None);
    playback.show(at(8_000));
    let (mut plots, wanted) = (Plots::default(), wanted(&playback));
    plots.keep_up(&playback, &wanted, 0);
    let each = plots.lines(&Plot::fact("committed", 0));
    assert_eq!(
        each.iter().map(|line| line.name.as_str()).collect::<Vec<_>>(),
        ["n1", "n2", "n3", "n4", "n5"]
    );
    let last: f64 = each.iter().filter_map(|line| line.series.value(8.0)).sum();
    let sum = wanted.iter().find(|plot| plot.id == "sum").unwrap();
    assert_eq!(plots.lines(sum)[0].series.value(8.0), Some(last));
    assert!(last > 20.0);
}

#[test]
fn a_measure_is_that_of_the_run_so_far() {
    let mut playback = playback(2, Level::Low);
    playback.show(at(15_100));
    let lab = playback.lab();
    let plot = Plot::measure(lab, 0).unwrap();
    let mut plots = Plots::default();
    let mut slices = 0;
    while plots.keep_up(&playback, std::slice::from_ref(&plot), 300) {
        slices += 1;
    }
    assert!(slices > 3, "{slices}");
    let points = plots.lines(&plot)[0].series.points().to_vec();
    assert_eq!(points.len(), 75, "up to the frontier, each 200 ms");
    for (seconds, value) in points.iter().step_by(25) {
        let mut run = playback.run().clone();
        run.seed = 2;
        let mut alone = Playback::new(run);
        alone.show(at((seconds * 1e3).round() as u64));
        let whole = lab.measure(alone.trace(), alone.frontier().at);
        assert_eq!(*value, whole[0], "at {seconds}");
    }
}

#[test]
fn every_plot_of_every_lab_says_what_it_is() {
    for lab in catalog::LABS {
        let plots = of_lab(*lab);
        for (at, plot) in plots.iter().enumerate() {
            assert!(!plot.title.is_empty() && !plot.doc.is_empty() && !plot.lines.is_empty(), "{plot:?}");
            assert!(plots[..at].iter().all(|other| other.id != plot.id), "{} is there twice", plot.id);
        }
    }
    let mut playback = playback(1, Level::None);
    playback.show(at(5_000));
    let all = all(playback.lab(), playback.trace());
    for plot in &all {
        assert_eq!(named(playback.lab(), playback.trace(), &plot.id).as_ref(), Some(plot));
    }
    for wrong in ["", "joy", "measure joy", "fact joy 0", "fact committed x", "fact committed"] {
        assert_eq!(named(playback.lab(), playback.trace(), wrong), None, "{wrong}");
    }
    assert!(all.iter().any(|plot| plot.id == "fact committed 0"));
    assert!(all.iter().any(|plot| plot.id == "measure leaderless"));
}
