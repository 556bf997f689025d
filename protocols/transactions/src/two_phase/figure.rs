//! What a commit costs, counted on runs and laid beside the rules; and how long doubt lasts.

use super::measure::COMMIT_KINDS;
use super::settings;
use sim::chaos::Level;
use sim::command::parse_timed;
use sim::figure::{Axis, Curve, Figure, Ours, Setting};
use sim::lab::{Lab, Setup};
use sim::trace::{EventKind, Recorder};
use sim::{ActorId, Moment, Parameters, Span, Time, Trace};

/// How a transaction goes in each row of the table, and the commands that make it so.
const CASES: &[(&str, &[&str])] = &[
    ("both shards write, and commit", &["1ms transfer c1 rent→food 20"]),
    ("both shards only read", &["1ms audit c1"]),
    // n4 loses its work before it is asked to prepare, and votes no.
    ("one votes no: the other aborts", &["1ms transfer c1 rent→food 20", "25ms crash n4", "26ms restart n4"]),
];

const NAMES: &[&str] = &[
    "coordinator: records",
    "of these forced",
    "messages to the shard",
    "shard: records",
    "of those forced",
    "messages to the coordinator",
];

const COORDINATOR: ActorId = ActorId::node(1);
const SHARD: ActorId = ActorId::node(3);

/// By the rules of the paper, in the order of [`CASES`].
const RULES: &[Curve] = &[
    Curve { name: NAMES[0], points: &[(0.0, 2.0), (1.0, 0.0), (2.0, 1.0)] },
    Curve { name: NAMES[1], points: &[(0.0, 1.0), (1.0, 0.0), (2.0, 0.0)] },
    Curve { name: NAMES[2], points: &[(0.0, 2.0), (1.0, 1.0), (2.0, 2.0)] },
    Curve { name: NAMES[3], points: &[(0.0, 2.0), (1.0, 0.0), (2.0, 2.0)] },
    Curve { name: NAMES[4], points: &[(0.0, 2.0), (1.0, 0.0), (2.0, 1.0)] },
    Curve { name: NAMES[5], points: &[(0.0, 2.0), (1.0, 1.0), (2.0, 1.0)] },
];

const fn away(name: &'static str, set: &'static [&'static str], at: &'static [&'static str]) -> Setting {
    Setting { name, set, at }
}

pub(super) const FIGURES: &[Figure] = &[
    Figure {
        id: "cost",
        title: "What a commit costs",
        source: "Mohan, Lindsay and Obermarck, ACM TODS 11(4), 1986, sections 2.1 and 3.1",
        doc: "Log records, forced ones among them, and messages of the commit protocol, at the coordinator and at a shard: \
              what the rules of presumed abort come to, and what a run of this lab writes and sends. A shard that votes no \
              writes nothing here, where the paper lets it write an abort record that is not forced.",
        x: Axis {
            name: "transaction",
            unit: "",
            log: false,
            categories: &[CASES[0].0, CASES[1].0, CASES[2].0],
        },
        y: Axis { name: "how many", unit: "", log: false, categories: &[] },
        published: RULES,
        ours: Ours::Computed { names: NAMES, parts: CASES.len() as u32, part: cost },
        tolerance: "equal",
    },
    Figure {
        id: "doubt",
        title: "How long shards are in doubt",
        source: "Bernstein, Hadzilacos and Goodman, 1987, section 7.3: with crashes no protocol is free of blocking",
        doc: "The longest that a shard was in doubt in each of many runs in which one coordinator goes away and comes back. \
              Without that it is a few messages; with it, whoever has voted yes waits for as long as it is away.",
        x: Axis { name: "longest doubt", unit: "s", log: false, categories: &[] },
        y: Axis { name: "runs", unit: "", log: false, categories: &[] },
        published: &[],
        ours: Ours::Distribution {
            measure: "doubt_longest",
            settings: &[
                away("never away", &[], &[]),
                away("away for 1 s", &[], &["4s crash @coordinator", "5s heal"]),
                away("away for 3 s", &[], &["4s crash @coordinator", "7s heal"]),
            ],
            seeds: 200,
            length: Span::secs(10),
        },
        tolerance: "",
    },
];

/// One transaction on a cluster that draws nothing: what is written and sent because of it.
fn cost(case: u32) -> Vec<(usize, f64, f64)> {
    let (_, commands) = CASES[case as usize % CASES.len()];
    let mut parameters = Parameters::defaults(settings::PARAMETERS);
    let set = [
        "load=off",
        "shards=2",
        "accounts=2",
        "clients=1",
        "latency_min=10ms",
        "latency_max=10ms",
        "work=0s",
    ];
    let assigned = set.iter().try_for_each(|assignment| parameters.assign(assignment));
    let commands: Vec<_> = commands.iter().filter_map(|text| parse_timed(text).ok()).collect();
    let end = Time::millis(350);
    let setup = Setup { parameters, seed: 1, chaos: Level::None, end, commands: commands.into() };
    let mut running = super::LAB.start(setup);
    let mut trace = Trace::default();
    running.advance(Moment::end_of(end), u64::MAX, &mut Recorder::into(&mut trace));
    debug_assert!(assigned.is_ok());
    let view = running.view();
    let records = |who| {
        let field = view.actor(who).and_then(|actor| actor.fields.iter().find(|field| field.id == "records"));
        field.and_then(|field| field.value.parse::<u64>().ok()).unwrap_or_default()
    };
    let forced = |who| {
        let synced =
            |event: &sim::trace::EventRecord| event.kind == EventKind::Synced && event.actor == Some(who);
        trace.events.iter().filter(synced).count() as u64
    };
    let messages = |from, to| {
        let ours =
            |kind: u16| trace.story.kinds.get(usize::from(kind)).is_some_and(|k| COMMIT_KINDS.contains(k));
        let between = trace.story.arrows.iter().filter(|arrow| (arrow.from, arrow.to) == (from, to));
        between.filter(|arrow| ours(arrow.kind)).count() as u64
    };
    // A coordinator's life is written and forced before any transaction.
    let counts = [
        records(COORDINATOR).saturating_sub(1),
        forced(COORDINATOR).saturating_sub(1),
        messages(COORDINATOR, SHARD),
        records(SHARD),
        forced(SHARD),
        messages(SHARD, COORDINATOR),
    ];
    counts.into_iter().enumerate().map(|(curve, count)| (curve, f64::from(case), count as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_costs_what_the_rules_say() {
        for case in 0..CASES.len() as u32 {
            for (curve, x, ours) in cost(case) {
                let published = RULES[curve].points.iter().find(|(at, _)| *at == x).map(|(_, y)| *y);
                assert_eq!(Some(ours), published, "{}: {}", CASES[case as usize].0, NAMES[curve]);
            }
        }
    }
}
