//! What the paper has in numbers, made again: how many messages a request takes, how many must say so, how long replicas
//! wait; and what one liar does to Raft beside it ([`super::beside`]). The paper's tables of milliseconds (tables 1 and 2)
//! are those of its machines and are not made again.

use super::message::Number;
use super::replica::Replica;
use super::{Actor, Pbft};
use sim::chaos::Level;
use sim::figure::{Axis, Curve, Figure, Line, Ours, Plot, Quantity};
use sim::lab::{Running, Setup};
use sim::story::Value;
use sim::trace::Recorder;
use sim::{ActorId, Moment, Parameters, Time, TimedCommand, Trace, World};

pub(super) const PLOTS: &[Plot] = &[
    Plot {
        id: "views",
        title: "Views",
        unit: "view",
        doc: "The view each replica is in: steps where a primary was given up.",
        lines: &[Line { name: "view", quantity: Quantity::Fact { name: "entered", value: 0, sum: false } }],
    },
    Plot {
        id: "executed",
        title: "Requests executed",
        unit: "number",
        doc: "How far each replica has come; one that stays behind takes over a state, and jumps.",
        lines: &[Line {
            name: "executed",
            quantity: Quantity::Fact { name: "executed", value: 0, sum: false },
        }],
    },
];

const NAMES: &[&str] = &["f = 1", "f = 2", "f = 3"];

const SPOKEN: &[&str] = &["request", "pre-prepare", "prepare", "commit", "reply", "in all"];

const QUORUMS: &[&str] = &[
    "replicas",
    "prepares in a certificate",
    "commits to execute",
    "equal replies to believe",
    "checkpoint messages to forget",
    "view-changes to begin a view",
    "view-changes to join a view",
];

pub(super) const FIGURES: &[Figure] = &[
    Figure {
        id: "messages",
        title: "Messages for one request",
        source: "Castro and Liskov, OSDI 1999, sections 4.1 and 4.2: who sends what to whom, counted",
        doc: "The paper says who sends what to whom and leaves the counting to the reader: 1 request, 3f pre-prepares, 3f \
              prepares from each of 3f backups, 3f commits from each of 3f+1 replicas, 3f+1 replies. Ours are counted in a \
              run where nothing is lost.",
        x: Axis { name: "message", unit: "", log: false, categories: SPOKEN },
        y: Axis { name: "messages", unit: "", log: false, categories: &[] },
        published: &[
            Curve {
                name: "f = 1",
                points: &[(0.0, 1.0), (1.0, 3.0), (2.0, 9.0), (3.0, 12.0), (4.0, 4.0), (5.0, 29.0)],
            },
            Curve {
                name: "f = 2",
                points: &[(0.0, 1.0), (1.0, 6.0), (2.0, 36.0), (3.0, 42.0), (4.0, 7.0), (5.0, 92.0)],
            },
            Curve {
                name: "f = 3",
                points: &[(0.0, 1.0), (1.0, 9.0), (2.0, 81.0), (3.0, 90.0), (4.0, 10.0), (5.0, 191.0)],
            },
        ],
        ours: Ours::Computed { names: NAMES, parts: 3, part: messages },
        tolerance: "the same numbers",
    },
    Figure {
        id: "quorums",
        title: "How many must say so",
        source: "Castro and Liskov, OSDI 1999, sections 3, 4.1 to 4.5.2",
        doc: "3f+1 replicas; 2f prepares beside the primary's word; 2f+1 commits, checkpoint messages and view-changes; f+1 \
              replies, and f+1 view-changes for later views to join them. Ours are read off runs: the certificates that \
              replicas hold, and what had arrived when they acted.",
        x: Axis { name: "step", unit: "", log: false, categories: QUORUMS },
        y: Axis { name: "how many", unit: "", log: false, categories: &[] },
        published: &[
            Curve {
                name: "f = 1",
                points: &[(0.0, 4.0), (1.0, 2.0), (2.0, 3.0), (3.0, 2.0), (4.0, 3.0), (5.0, 3.0), (6.0, 2.0)],
            },
            Curve {
                name: "f = 2",
                points: &[(0.0, 7.0), (1.0, 4.0), (2.0, 5.0), (3.0, 3.0), (4.0, 5.0), (5.0, 5.0), (6.0, 3.0)],
            },
            Curve {
                name: "f = 3",
                points: &[
                    (0.0, 10.0),
                    (1.0, 6.0),
                    (2.0, 7.0),
                    (3.0, 4.0),
                    (4.0, 7.0),
                    (5.0, 7.0),
                    (6.0, 4.0),
                ],
            },
        ],
        ours: Ours::Computed { names: NAMES, parts: 3, part: quorums },
        tolerance: "the same numbers",
    },
    Figure {
        id: "patience",
        title: "Waiting for view after view in vain",
        source: "Castro and Liskov, OSDI 1999, section 4.5.2",
        doc: "A replica that asked for a view waits T once 2f+1 ask for it, then asks for the next and waits 2T, and so on. \
              Here no new view is ever heard of; waits are counted in T, and the longest is not capped.",
        x: Axis { name: "view waited for", unit: "", log: false, categories: &[] },
        y: Axis { name: "waited", unit: "T", log: true, categories: &[] },
        published: &[Curve {
            name: "n7",
            points: &[(2.0, 1.0), (3.0, 2.0), (4.0, 4.0), (5.0, 8.0), (6.0, 16.0)],
        }],
        ours: Ours::Computed { names: &["n7"], parts: 1, part: patience },
        tolerance: "within a tenth: the question itself takes time to reach 2f+1",
    },
    super::beside::FIGURE,
];

/// A quiet run with these assignments and commands, to its end.
fn run(f: u32, set: &[&str], commands: &[&str], seconds: u64) -> (World<Pbft>, Trace) {
    let mut parameters = Parameters::defaults(super::settings::PARAMETERS);
    let fixed = ["clients=1", "load=off", "signatures=tags", "sync_min=0s", "sync_max=0s"];
    let f = format!("f={f}");
    for assignment in fixed.iter().chain(set).chain([&&*f]) {
        // A mistyped one would leave the default, and its test would tell.
        let _ = parameters.assign(assignment);
    }
    let commands: Vec<TimedCommand> =
        commands.iter().filter_map(|text| sim::command::parse_timed(text).ok()).collect();
    let end = Time::millis(seconds * 1000);
    let setup = Setup { parameters, seed: 1, chaos: Level::None, end, commands: commands.into() };
    let mut world = World::<Pbft>::new(setup);
    let mut trace = Trace::default();
    world.advance(Moment::end_of(end), 1_000_000, &mut Recorder::into(&mut trace));
    (world, trace)
}

/// One put, and all that is sent for it.
fn messages(part: u32) -> Vec<(usize, f64, f64)> {
    let (_, trace) = run(part + 1, &[], &["100ms put c1 list=milk"], 2);
    let count = |kind: &str| {
        let sent = trace.story.arrows.iter().filter(|arrow| {
            let name = trace.story.kinds.get(usize::from(arrow.kind)).copied().unwrap_or_default();
            name == kind || kind == "in all"
        });
        sent.count() as f64
    };
    let curve = part as usize;
    let point =
        |(at, kind): (usize, &&str)| (curve, at as f64, count(if *kind == "request" { "put" } else { kind }));
    SPOKEN.iter().enumerate().map(point).collect()
}

fn replica(world: &World<Pbft>, number: u16) -> Option<&Replica> {
    world.actor(ActorId::node(number)).and_then(Actor::replica)
}

/// How many it took, as runs show it.
fn quorums(part: u32) -> Vec<(usize, f64, f64)> {
    let f = part + 1;
    let put = "100ms put c1 list=milk";
    let (first, trace) = run(f, &[], &[put], 2);
    let (stable, _) = run(f, &["checkpoint_every=1"], &[put], 2);
    // f replicas ask for the next view by hand; the others join when one more does.
    let ask: Vec<String> = (2..=f + 1).map(|n| format!("{}ms suspect n{n}", 100 + n)).collect();
    let mut asking: Vec<&str> = ask.iter().map(String::as_str).collect();
    let (quiet, _) = run(f, &[], &asking, 2);
    let one_more = format!("1s suspect n{}", f + 2);
    asking.push(&one_more);
    let (changed, told) = run(f, &[], &asking, 3);
    let prepares =
        replica(&first, 2).and_then(|it| it.hard().prepared.get(&Number(1)).map(|c| c.prepares.len()));
    let proof = replica(&stable, 2).map(|it| it.hard().proof.len());
    let begun = replica(&changed, 3).and_then(|it| it.hard().new_view.as_ref().map(|new| new.changes.len()));
    // Nobody joined while f asked; f+1 made everybody come.
    let waited = replica(&quiet, 3 * u16::try_from(f).unwrap_or(1) + 1).is_some_and(|it| it.view().0 == 1);
    let joined = told.facts.iter().filter(|fact| fact.name == "changing").count();
    let asked = if waited && joined > asking.len() { Some(asking.len()) } else { None };
    let replies =
        trace.facts.iter().find(|fact| fact.name == "answered").and_then(|fact| fact.values.get(2).cloned());
    let replies = match replies {
        Some(Value::Int(count)) => usize::try_from(count).ok(),
        _ => None,
    };
    let replicas = first.view().actors.iter().filter(|actor| actor.id.is_node()).count();
    let all = [Some(replicas), prepares, commits_heard(&trace), replies, proof, begun, asked];
    let curve = part as usize;
    all.iter()
        .enumerate()
        .map(|(at, count)| (curve, at as f64, count.map_or(f64::NAN, |n| n as f64)))
        .collect()
}

/// How many commits had reached n2, its own among them, when it knew the request to be committed.
fn commits_heard(trace: &Trace) -> Option<usize> {
    let n2 = ActorId::node(2);
    let fact = trace.facts.iter().find(|fact| fact.name == "committed" && fact.actor == n2)?;
    let kind = trace.story.kinds.iter().position(|kind| *kind == "commit")?;
    let heard = trace.story.arrows.iter().filter(|arrow| {
        usize::from(arrow.kind) == kind
            && arrow.to == n2
            && arrow.end_event <= fact.event
            && arrow.ended <= fact.at
    });
    Some(heard.count() + 1)
}

/// How long n7, the last to be a primary, waits for each view, in T, where no new view is ever heard of.
fn patience(_part: u32) -> Vec<(usize, f64, f64)> {
    let set = ["patience=1s", "patience_max=600s", "status=100ms", "give_up=600s"];
    // n1 says nothing; whoever should begin a view is not heard.
    let mute = ["0s lie n1 silent", "0s drop next 100000 *→* new-view", "100ms put c1 list=milk"];
    let (_, trace) = run(2, &set, &mute, 60);
    let n7 = ActorId::node(7);
    let asked = trace.facts.iter().filter(|fact| fact.name == "changing" && fact.actor == n7);
    let times: Vec<(f64, f64)> = asked
        .filter_map(|fact| match fact.values.first() {
            Some(Value::Int(view)) => Some((*view as f64, fact.at.seconds())),
            _ => None,
        })
        .collect();
    let waits = times.windows(2).map(|pair| (0, pair[0].0, pair[1].1 - pair[0].1));
    waits.take(5).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ours of a figure, as the window makes them.
    fn ours(figure: &Figure) -> Vec<(usize, f64, f64)> {
        let Ours::Computed { parts, part, .. } = figure.ours else { panic!("{} is not computed", figure.id) };
        (0..parts).flat_map(part).collect()
    }

    #[test]
    fn messages_and_quorums_are_those_of_the_paper() {
        for figure in &FIGURES[..2] {
            let ours = ours(figure);
            for (at, curve) in figure.published.iter().enumerate() {
                let same: Vec<(f64, f64)> =
                    ours.iter().filter(|(curve, ..)| *curve == at).map(|(_, x, y)| (*x, *y)).collect();
                assert_eq!(same, curve.points, "{}, {}", figure.id, curve.name);
            }
        }
    }

    #[test]
    fn the_sums_are_29_92_and_191() {
        for (f, curve) in (1u32..).zip(FIGURES[0].published) {
            let f = f64::from(f);
            let sum = 1.0 + 3.0 * f + 9.0 * f * f + 3.0 * f * (3.0 * f + 1.0) + 3.0 * f + 1.0;
            assert_eq!(curve.points.last(), Some(&(5.0, sum)));
        }
    }

    #[test]
    fn patience_doubles() {
        let figure = &FIGURES[2];
        let ours = ours(figure);
        assert_eq!(ours.len(), figure.published[0].points.len(), "{ours:?}");
        for ((_, x, y), (view, waits)) in ours.iter().zip(figure.published[0].points) {
            assert!(x == view && (y / waits - 1.0).abs() < 0.1, "view {x}: {y} where the paper has {waits}");
        }
    }
}
