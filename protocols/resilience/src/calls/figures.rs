//! Published numbers, made again: most on runs of this lab, two from the arithmetic and the algorithm alone.

use super::settings;
use sim::chaos::Level;
use sim::command::parse_timed;
use sim::figure::{Axis, Curve, Figure, Ours};
use sim::lab::{Lab, Setup};
use sim::random::{Draw, Purpose};
use sim::trace::Recorder;
use sim::{Moment, Parameters, Span, Time, Trace};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const SRE: &str =
    "Beyer, Jones, Petoff and Murphy (editors), “Site Reliability Engineering”, 2016, chapters 21 and 22";

const fn axis(name: &'static str, unit: &'static str, log: bool) -> Axis {
    Axis { name, unit, log, categories: &[] }
}

pub(super) const FIGURES: &[Figure] = &[
    Figure {
        id: "metastable",
        title: "What is left of a failure that lasted ten seconds",
        source: "Bronson, Aghayev, Charapko and Zhu, “Metastable Failures in Distributed Systems”, HotOS 2021, section 2.1",
        doc: "A server for 300 requests a second stands still for ten seconds; of what is asked three minutes later, so much \
              is answered in time. Callers wait for one second, and try once more. The paper: below half the capacity, 150, \
              it recovers; above, it may stay down for ever. Without the retry it comes back up to the capacity itself. Ours \
              has a tenth of the requests, each ten times as much work: queues are as long in seconds.",
        x: axis("asked", "1/s", false),
        y: axis("answered in time", "%", false),
        published: &[Curve {
            name: "one retry",
            points: &[(100.0, 100.0), (140.0, 100.0), (160.0, 0.0), (280.0, 0.0)],
        }],
        ours: Ours::Computed {
            names: &["one retry", "no retry"],
            parts: (LOADS.len() * 2) as u32,
            part: metastable,
        },
        tolerance: "above 90 % below the threshold, below 10 % above it",
    },
    Figure {
        id: "multiplied",
        title: "What retries add",
        source: SRE,
        doc: "Requests for each wish while every one of them fails: three attempts each; the same, with a budget of one retry \
              in ten calls; and four attempts at each of three layers, one upon the other.",
        x: Axis { name: "retries", unit: "", log: false, categories: &[CASES[0].0, CASES[1].0, CASES[2].0] },
        y: axis("requests for each wish", "", false),
        published: &[Curve { name: "requests", points: &[(0.0, 3.0), (1.0, 1.1), (2.0, 64.0)] }],
        ours: Ours::Computed { names: &["requests"], parts: CASES.len() as u32, part: multiplied },
        tolerance: "within 3 %; the last one equal",
    },
    Figure {
        id: "attempts",
        title: "Attempts for each wish",
        source: SRE,
        doc: "Of three attempts, each of which fails with the same chance f, so many are made: (1 - f³) / (1 - f). Ours: \
              requests are lost on their way to the front.",
        x: axis("lost", "%", false),
        y: axis("attempts", "", false),
        published: &[Curve {
            name: "three attempts",
            points: &[(10.0, 1.11), (30.0, 1.39), (50.0, 1.75), (70.0, 2.19), (90.0, 2.71)],
        }],
        ours: Ours::Computed { names: &["three attempts"], parts: 5, part: attempts },
        tolerance: "within 5 %",
    },
    Figure {
        id: "tail",
        title: "Waiting for the slowest of many",
        source: "Dean and Barroso, “The Tail at Scale”, CACM 56(2), 2013",
        doc: "A server is slow once in a hundred (or in ten thousand) times. Who asks many and waits for all of them waits for \
              a slow one so often. The paper: 63 % of requests that ask 100; with one in ten thousand “almost one in five” of \
              those that ask 2000.",
        x: axis("servers asked", "", true),
        y: axis("slow requests", "%", false),
        published: &[
            Curve { name: "one in 100", points: &[(1.0, 1.0), (100.0, 63.0)] },
            Curve { name: "one in 10,000", points: &[(2_000.0, 18.0)] },
        ],
        ours: Ours::Computed {
            names: &["one in 100", "one in 10,000"],
            parts: FANS.len() as u32,
            part: tail,
        },
        tolerance: "within two percentage points",
    },
    Figure {
        id: "jitter",
        title: "Back-off and jitter",
        source: "Brooker, “Exponential Backoff and Jitter”, AWS Architecture Blog, 2015, and its simulator",
        doc: "So many clients write the same row at once, each after reading it; a write fails when the row has changed \
              meanwhile, and the client reads again after its back-off. Calls in all until every client is done. The source \
              draws curves and gives no numbers: with jitter there are far fewer calls, and full jitter has the fewest.",
        x: axis("clients", "", false),
        y: axis("calls", "", false),
        published: &[],
        ours: Ours::Computed {
            names: &["no back-off", "exponential", "equal jitter", "full jitter", "decorrelated"],
            parts: (CROWDS.len() * BACK_OFFS) as u32,
            part: jitter,
        },
        tolerance: "",
    },
];

/// A run of the lab to its end: what it was asked for, by the lab's own measures and from its trace.
fn run(set: &[&str], commands: &[&str], seconds: u64) -> (Trace, Vec<f64>) {
    let mut parameters = Parameters::defaults(settings::PARAMETERS);
    let assigned = set.iter().try_for_each(|assignment| parameters.assign(assignment));
    debug_assert!(assigned.is_ok(), "{assigned:?}");
    let commands: Result<Vec<_>, _> = commands.iter().map(|text| parse_timed(text)).collect();
    debug_assert!(commands.is_ok(), "{commands:?}");
    let commands = commands.unwrap_or_default();
    let end = Time::millis(seconds * 1_000);
    let setup = Setup { parameters, seed: 1, chaos: Level::None, end, commands: commands.into() };
    let mut running = super::LAB.start(setup);
    let mut trace = Trace::default();
    running.advance(Moment::end_of(end), u64::MAX, &mut Recorder::into(&mut trace));
    // At zero nothing has started yet: a crash would find nothing to do.
    debug_assert!(trace.story.marks.iter().all(|mark| !mark.nothing_to_do), "{:?}", trace.story.marks);
    let measures = super::LAB.measure(&trace, end);
    (trace, measures)
}

fn measure(of: &[f64], id: &str) -> f64 {
    let place = super::measure::MEASURES.iter().position(|measure| measure.id == id);
    place.and_then(|place| of.get(place)).copied().unwrap_or(f64::NAN)
}

// --- metastable failures ---

/// Requests a second in the paper's scale.
const LOADS: [u32; 5] = [100, 140, 160, 200, 280];
/// How many of its devices ask so often that together they ask ten times a second: a period of as many tenths.
const DEVICES: u64 = 100;

/// One server, a queue of any length, and nothing that spares it.
const BARE: &[&str] = &[
    "services=1",
    "clients=1",
    "devices=100",
    "keys=1",
    "cached=600s",
    "work=33.333ms",
    "refusal=0s",
    "front_work=0s",
    "front_timeout=60s",
    "retrying=devices",
    "budget=1000",
    "backoff=1ms",
    "guard=off",
    "hedge=0s",
    "queue=10000",
    "stale_work_served=on",
    "deadline_not_passed=on",
];

fn metastable(part: u32) -> Vec<(usize, f64, f64)> {
    let load = LOADS[part as usize % LOADS.len()];
    let retries = part as usize / LOADS.len() == 0;
    // A tenth of the load: so many nanoseconds from one wish of a device to the next.
    let period = format!("period={}", Span(DEVICES * 10_000_000_000 / u64::from(load)).written());
    let own: [&str; 4] = match retries {
        true => [&period, "timeout=1s", "attempts=2", "deadline=2s"],
        false => [&period, "timeout=1s", "attempts=1", "deadline=1s"],
    };
    let (_, measures) = run(&[BARE, &own].concat(), &["20s pause n2 for 10s"], 240);
    vec![(usize::from(!retries), f64::from(load), measure(&measures, "good_late"))]
}

// --- retries ---

/// What is tried, and the measure that counts it.
const CASES: &[(&str, &str)] = &[
    ("three attempts", "front_attempts"),
    ("three attempts, one retry in ten calls", "front_attempts"),
    ("four attempts at each of three layers", "store_reads"),
];

fn multiplied(case: u32) -> Vec<(usize, f64, f64)> {
    let (_, id) = CASES[case as usize % CASES.len()];
    let alone = ["guard=off", "hedge=0s", "backoff=1ms"];
    let (set, commands, seconds): (&[&str], &[&str], u64) = match case {
        0 => (&["budget=1000", "timeout=100ms"], &["1ms crash n1"], 60),
        1 => (&["budget=10", "timeout=100ms"], &["1ms crash n1"], 60),
        // Each layer waits long enough for the one below to try everything.
        _ => (
            &[
                "load=off",
                "services=1",
                "attempts=4",
                "budget=1000",
                "store_timeout=20ms",
                "front_timeout=400ms",
                "timeout=3s",
                "deadline=30s",
            ],
            &["1ms crash n3", "1s get c1 milk"],
            30,
        ),
    };
    let (_, measures) = run(&[&alone[..], set].concat(), commands, seconds);
    vec![(0, f64::from(case), measure(&measures, id))]
}

fn attempts(part: u32) -> Vec<(usize, f64, f64)> {
    let lost = 10 + 20 * (part % 5);
    let command = format!("0s link c1→n1 loss {lost}%");
    let set =
        ["clients=1", "devices=40", "timeout=400ms", "budget=1000", "guard=off", "hedge=0s", "backoff=1ms"];
    let (_, measures) = run(&set, &[&command], 60);
    vec![(0, f64::from(lost), measure(&measures, "front_attempts"))]
}

// --- the tail at scale ---

const FANS: [u32; 9] = [1, 2, 5, 10, 20, 50, 100, 500, 2_000];
/// Requests that are looked at for each point.
const REQUESTS: u64 = 4_000;

fn tail(part: u32) -> Vec<(usize, f64, f64)> {
    let fan = FANS[part as usize % FANS.len()];
    let share = |one_in: u64| {
        let slow = (0..REQUESTS).filter(|request| {
            let mut draw = Draw::new(1, Purpose::Latency, one_in, *request, u64::from(fan));
            (0..fan).any(|_| draw.below(one_in) == 0)
        });
        100.0 * slow.count() as f64 / REQUESTS as f64
    };
    vec![(0, f64::from(fan), share(100)), (1, f64::from(fan), share(10_000))]
}

// --- back-off ---

const CROWDS: [u32; 5] = [10, 55, 100, 145, 190];
const BACK_OFFS: usize = 5;
/// In microseconds.
const BASE: u64 = 5_000;
const CAP: u64 = 2_000_000;
/// Runs that are averaged.
const RUNS: u64 = 8;

fn jitter(part: u32) -> Vec<(usize, f64, f64)> {
    let (kind, crowd) = (part as usize % BACK_OFFS, CROWDS[part as usize / BACK_OFFS % CROWDS.len()]);
    let calls: u64 = (0..RUNS).map(|run| contend(kind, crowd, run)).sum();
    vec![(kind, f64::from(crowd), calls as f64 / RUNS as f64)]
}

/// What a client does next.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Move {
    /// Its read arrives.
    Read,
    /// Its write arrives, of the version it has read.
    Write(u64),
}

/// All clients write one row, with optimistic concurrency control; how many calls that takes.
fn contend(kind: usize, crowd: u32, run: u64) -> u64 {
    let mut draw = Draw::new(run, Purpose::Workload, kind as u64, u64::from(crowd), 0);
    let mut moves: BinaryHeap<Reverse<(u64, u32, Move)>> = BinaryHeap::new();
    let mut tries = vec![(0u32, BASE); crowd as usize];
    for client in 0..crowd {
        moves.push(Reverse((way(&mut draw), client, Move::Read)));
    }
    let (mut version, mut calls) = (0, 0);
    while let Some(Reverse((now, client, next))) = moves.pop() {
        calls += 1;
        match next {
            Move::Read => {
                let arrives = now + way(&mut draw) + way(&mut draw);
                moves.push(Reverse((arrives, client, Move::Write(version))));
            }
            Move::Write(read) if read == version => version += 1,
            Move::Write(_) => {
                let Some((attempt, before)) = tries.get_mut(client as usize) else { continue };
                *attempt += 1;
                let wait = back_off(kind, *attempt, before, &mut draw);
                let arrives = now + way(&mut draw) + wait + way(&mut draw);
                moves.push(Reverse((arrives, client, Move::Read)));
            }
        }
    }
    calls
}

/// A way through the network: |N(10, 2)| ms, the normal one as a sum of twelve even ones.
fn way(draw: &mut Draw) -> u64 {
    let sum: u64 = (0..12).map(|_| draw.below(2_000)).sum();
    (10_000 + sum).saturating_sub(12_000)
}

/// In the order of the curves.
fn back_off(kind: usize, attempt: u32, before: &mut u64, draw: &mut Draw) -> u64 {
    let most = (BASE << attempt.min(20)).min(CAP);
    match kind {
        0 => 0,
        1 => most,
        2 => most / 2 + draw.below(most / 2),
        3 => draw.below(most),
        _ => {
            *before = draw.between(BASE, *before * 3).min(CAP);
            *before
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Our value beside each published one.
    fn beside(id: &str) -> Vec<(&'static str, f64, f64, f64)> {
        let figure = FIGURES.iter().find(|figure| figure.id == id).unwrap();
        let Ours::Computed { names, parts, part } = figure.ours else { panic!("{id} is not computed") };
        let ours: Vec<(usize, f64, f64)> = (0..parts).flat_map(part).collect();
        let published = figure
            .published
            .iter()
            .flat_map(|curve| curve.points.iter().map(move |point| (curve.name, point)));
        published
            .map(|(name, (x, y))| {
                let found = ours.iter().find(|(curve, at, _)| names[*curve] == name && at == x);
                (name, *x, *y, found.unwrap_or_else(|| panic!("{id}: nothing of ours at {x}")).2)
            })
            .collect()
    }

    #[test]
    fn a_failure_stays_above_half_the_capacity() {
        for (name, load, published, ours) in beside("metastable") {
            let holds = if published > 50.0 { ours > 90.0 } else { ours < 10.0 };
            assert!(holds, "{name} at {load}: {ours} %");
        }
        let without = metastable(2 * LOADS.len() as u32 - 1);
        assert!(without[0].2 > 90.0, "without retries: {without:?}");
    }

    #[test]
    fn retries_multiply() {
        for (_, case, published, ours) in beside("multiplied") {
            let tolerance = if case == 2.0 { 0.0 } else { published * 0.03 };
            assert!((ours - published).abs() <= tolerance, "{}: {ours}", CASES[case as usize].0);
        }
    }

    #[test]
    fn attempts_are_as_many_as_the_formula_says() {
        for (_, lost, published, ours) in beside("attempts") {
            assert!((ours - published).abs() <= published * 0.05, "{lost} %: {ours}, not {published}");
        }
    }

    #[test]
    fn the_slowest_of_many_is_slow() {
        for (name, fan, published, ours) in beside("tail") {
            assert!((ours - published).abs() <= 2.0, "{name}, {fan}: {ours}, not {published}");
        }
    }

    #[test]
    fn full_jitter_has_the_fewest_calls() {
        let calls = |kind: usize| jitter((2 * BACK_OFFS + kind) as u32)[0].2;
        let [none, exponential, equal, full, decorrelated] = [0, 1, 2, 3, 4].map(calls);
        let told = format!("{none} {exponential} {equal} {full} {decorrelated}");
        assert!(full < equal && full < exponential && equal < exponential && exponential < none, "{told}");
        assert!(full * 2.0 < exponential, "less than half: {told}");
        assert!(full < decorrelated * 1.1, "{told}");
    }
}
