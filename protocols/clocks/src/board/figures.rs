//! What was published in numbers, made again: TrueTime's saw, commit wait, Marzullo's intervals, and how far hybrid clocks
//! run ahead.

use super::settings;
use crate::logical::Hybrid;
use crate::sync::{Bounds, marzullo};
use sim::chaos::Level;
use sim::figure::{Axis, Curve, Figure, Ours};
use sim::lab::{Lab, Setup};
use sim::random::{Draw, Purpose};
use sim::story::Value;
use sim::trace::Recorder;
use sim::{Moment, Parameters, Time, Trace};
use std::collections::BTreeMap;

const fn axis(name: &'static str, unit: &'static str) -> Axis {
    Axis { name, unit, log: false, categories: &[] }
}

const SAW: &[(f64, f64)] =
    &[(0.0, 1.0), (30.0, 7.0), (30.0, 1.0), (60.0, 7.0), (60.0, 1.0), (90.0, 7.0), (90.0, 1.0)];
const SAW_NAME: &str = "doubt";
const WAIT_NAME: &str = "commit wait";
const AHEAD: [&str; 2] = ["hybrid clock", "without a wall clock's help"];

/// The intervals of each row of the table.
const SOURCES: &[(&str, &[(i64, i64)])] = &[
    ("8 to 12, 11 to 13, 10 to 12", &[(8, 12), (11, 13), (10, 12)]),
    ("8 to 12, 11 to 13, 14 to 15", &[(8, 12), (11, 13), (14, 15)]),
];
const MARZULLO: &[&str] = &["from", "to", "in how many"];

pub(super) const FIGURES: &[Figure] = &[
    Figure {
        id: "saw",
        title: "Doubt about the time is a saw",
        source: "Corbett et al., OSDI 2012, section 3",
        doc: "The paper's ε: the time is asked for every 30 s, an exchange leaves 1 ms of doubt, and clocks are taken to drift by \
              at most 200 µs each second. So it is “a sawtooth function of time, varying from about 1 to 7 ms”. Ours is read \
              from a run of this lab with those three numbers.",
        x: axis("time", "s"),
        y: axis("ε", "ms"),
        published: &[Curve { name: SAW_NAME, points: SAW }],
        ours: Ours::Computed { names: &[SAW_NAME], parts: 1, part: saw },
        tolerance: "each corner within 0.1 ms and 0.2 s",
    },
    Figure {
        id: "commit-wait",
        title: "What commit wait costs",
        source: "Corbett et al., OSDI 2012, section 4.1.2",
        doc: "From its stamp until a post may be told, where disks take no time: “the expected wait is at least 2ε”. Each point is \
              a run of this lab with another delay of messages, so another ε. That table 3's 5 ms of commit wait cannot be made \
              again has a reason: the paper does not say how large ε was while it was measured.",
        x: axis("ε", "ms"),
        y: axis("wait", "ms"),
        published: &[Curve { name: WAIT_NAME, points: &[(1.0, 2.0), (2.0, 4.0), (4.0, 8.0), (7.0, 14.0)] }],
        ours: Ours::Computed { names: &[WAIT_NAME], parts: 4, part: commit_wait },
        tolerance: "never below 2ε, at most a twentieth above",
    },
    Figure {
        id: "marzullo",
        title: "What most time servers agree on",
        source: "Marzullo, thesis, Stanford 1984; the algorithm's common examples",
        doc: "The smallest interval that lies in as many of the given ones as any does.",
        x: Axis { name: "intervals", unit: "", log: false, categories: &[SOURCES[0].0, SOURCES[1].0] },
        y: axis("", ""),
        published: &[
            Curve { name: MARZULLO[0], points: &[(0.0, 11.0), (1.0, 11.0)] },
            Curve { name: MARZULLO[1], points: &[(0.0, 12.0), (1.0, 12.0)] },
            Curve { name: MARZULLO[2], points: &[(0.0, 3.0), (1.0, 2.0)] },
        ],
        ours: Ours::Computed { names: MARZULLO, parts: 2, part: agreed },
        tolerance: "equal",
    },
    Figure {
        id: "ahead",
        title: "How far a hybrid clock runs ahead",
        source: "Kulkarni et al., OPODIS 2014, section 3 and theorem 2; the bounds as in the authors' TLA+ model",
        doc: "The most that any node's clock is ahead of its own wall clock, among four nodes whose wall clocks differ by at most \
              ε = 10 and that tell each other something at nearly every tick. The paper: less than ε, however long it runs. Its \
              first attempt, max(l + 1, wall clock), is ahead without bound.",
        x: axis("ticks", ""),
        y: axis("ahead", "ticks"),
        published: &[Curve { name: AHEAD[0], points: &[(0.0, 10.0), (4_000.0, 10.0)] }],
        ours: Ours::Computed { names: &AHEAD, parts: 2, part: ahead },
        tolerance: "ours stays below the published bound",
    },
];

/// A run of the lab on a cluster of one server, with these assignments.
fn run(set: &[&str], seconds: u64) -> Trace {
    let mut parameters = Parameters::defaults(settings::PARAMETERS);
    let fixed = ["servers=1", "drift=0", "skew=0s", "work=0s", "sync_min=0s", "sync_max=0s"];
    let assigned = fixed.iter().chain(set).try_for_each(|assignment| parameters.assign(assignment));
    debug_assert!(assigned.is_ok(), "{assigned:?}");
    let end = Time::millis(seconds * 1_000);
    let mut running =
        super::LAB.start(Setup { parameters, seed: 1, chaos: Level::None, end, commands: [].into() });
    let mut trace = Trace::default();
    running.advance(Moment::end_of(end), u64::MAX, &mut Recorder::into(&mut trace));
    trace
}

/// What is said of doubt before and after each answer: the corners of the saw.
fn saw(_: u32) -> Vec<(usize, f64, f64)> {
    let trace = run(&["load=off", "poll=30s", "doubt_rate=200", "latency_min=1ms", "latency_max=1ms"], 91);
    let doubts = trace.facts.iter().filter(|fact| fact.name == "doubts");
    let corners = doubts.filter_map(|fact| match fact.values.first() {
        Some(Value::Int(micros)) => Some((0, fact.at.seconds(), *micros as f64 / 1e3)),
        _ => None,
    });
    // A node that has just started asks twice.
    corners.skip(2).collect()
}

/// Mean doubt when a post is stamped, and the mean time until it is told.
fn commit_wait(part: u32) -> Vec<(usize, f64, f64)> {
    let way = ["1ms", "2ms", "4ms", "7ms"][part as usize % 4];
    let (least, most) = (format!("latency_min={way}"), format!("latency_max={way}"));
    let trace = run(&[&least, &most, "doubt_rate=200", "poll=10s", "think=20ms", "reads=0", "pins=0"], 30);
    let mut stamped = BTreeMap::new();
    let (mut doubt, mut wait, mut count) = (0.0, 0.0, 0.0);
    for fact in &trace.facts {
        let (Some(Value::Text(text)), name) = (fact.values.first(), fact.name) else { continue };
        match (name, fact.values.get(1)) {
            ("posted", Some(Value::Int(micros))) => {
                stamped.insert(text.clone(), (fact.at, *micros as f64 / 1e3));
            }
            ("released", _) => {
                if let Some((since, micros)) = stamped.remove(text) {
                    doubt += micros;
                    wait += fact.at.since(since).0 as f64 / 1e6;
                    count += 1.0;
                }
            }
            _ => {}
        }
    }
    vec![(0, doubt / count, wait / count)]
}

fn agreed(row: u32) -> Vec<(usize, f64, f64)> {
    let (_, sources) = SOURCES[row as usize % SOURCES.len()];
    let found = marzullo(sources.iter().map(|(low, high)| Bounds { low: *low, high: *high }));
    found.map_or_else(Vec::new, |(bounds, count)| {
        let values = [bounds.low as f64, bounds.high as f64, f64::from(count)];
        values.into_iter().enumerate().map(|(curve, value)| (curve, f64::from(row), value)).collect()
    })
}

/// The spread of wall clocks, in ticks.
const EPSILON: u64 = 10;
/// Nodes of the made-up cluster.
const NODES: usize = 4;

/// The most that any clock has been ahead, every so often: with the paper's algorithm, or its first attempt.
fn ahead(which: u32) -> Vec<(usize, f64, f64)> {
    let mut draw = Draw::new(1, Purpose::Workload, 0, 0, 0);
    let mut clocks = [Hybrid::default(); NODES];
    let (mut points, mut most) = (Vec::new(), 0u64);
    for tick in 1..=4_000u64 {
        // In each tick everybody stamps something, and hears what two others have stamped.
        for step in 0..NODES * 3 {
            let node = step % NODES;
            let wall = Time(tick + EPSILON * node as u64 / (NODES as u64 - 1));
            if step < NODES {
                stamp(&mut clocks[node], wall, which);
            } else {
                let other = clocks[draw.below(NODES as u64) as usize % NODES];
                hear(&mut clocks[node], other, wall, which);
            }
            most = most.max(clocks[node].latest.since(wall).0);
        }
        if tick % 250 == 0 {
            points.push((which as usize, tick as f64, most as f64));
        }
    }
    points
}

fn stamp(clock: &mut Hybrid, wall: Time, which: u32) {
    if which == 0 {
        clock.tick(wall);
    } else {
        clock.latest = Time(clock.latest.0 + 1).max(wall);
    }
}

fn hear(clock: &mut Hybrid, stamp: Hybrid, wall: Time, which: u32) {
    if which == 0 {
        clock.hear(stamp, wall);
    } else {
        clock.latest = Time(clock.latest.0.max(stamp.latest.0) + 1).max(wall);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubt_is_the_papers_saw() {
        let ours = saw(0);
        assert_eq!(ours.len(), SAW.len(), "{ours:?}");
        for ((_, at, doubt), (published_at, published)) in ours.iter().zip(SAW) {
            assert!((at - published_at).abs() < 0.2 && (doubt - published).abs() < 0.1, "{ours:?}");
        }
    }

    #[test]
    fn commit_wait_is_twice_the_doubt() {
        for part in 0..4 {
            let (_, doubt, wait) = commit_wait(part)[0];
            assert!(
                doubt > 0.5 && wait >= 2.0 * doubt && wait <= 2.1 * doubt,
                "{doubt} ms of doubt, {wait} ms of waiting"
            );
        }
    }

    #[test]
    fn most_agree_on_what_was_published() {
        for row in 0..2 {
            for (curve, x, ours) in agreed(row) {
                let published =
                    FIGURES[2].published[curve].points.iter().find(|(at, _)| *at == x).map(|(_, y)| *y);
                assert_eq!(Some(ours), published, "{} of {}", MARZULLO[curve], SOURCES[row as usize].0);
            }
        }
    }

    #[test]
    fn hybrid_clocks_stay_within_the_bound_and_the_first_attempt_does_not() {
        let most = |which| ahead(which).last().map(|(_, _, most)| *most).unwrap();
        assert!(most(0) <= EPSILON as f64, "{}", most(0));
        assert!(most(1) > 100.0 * EPSILON as f64, "{}", most(1));
    }
}
