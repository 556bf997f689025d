//! Chaos as a swarm: the same seed gives the same plan, seeds differ, levels grow, nothing comes after the heal.

use sim::chaos::{LEVELS, Level, Stage, plan};
use sim::command::{ClockChange, Command, parse_timed};
use sim::lab::FaultClass;
use sim::protocol::Population;
use sim::{Time, TimedCommand};
use std::collections::{BTreeMap, BTreeSet};

const STAGE: Stage = Stage {
    population: Population { nodes: 5, spares: 2, clients: 3 },
    roles: &["leader"],
    lies: &["equivocate", "stale"],
};

const END: Time = Time::millis(20_000);

fn every_class() -> Vec<FaultClass> {
    vec![
        FaultClass::Crash,
        FaultClass::Partition,
        FaultClass::OneWay,
        FaultClass::Loss,
        FaultClass::Duplication,
        FaultClass::Reordering,
        FaultClass::Delay,
        FaultClass::Pause,
        FaultClass::Slow,
        FaultClass::ClockDrift { limit_ppb: 200_000 },
        FaultClass::ClockStep,
        FaultClass::SlowDisk,
        FaultClass::FailingDisk,
        FaultClass::FullDisk,
        FaultClass::WipedDisk,
        FaultClass::Lies { limit: 1 },
        FaultClass::Verb("add {node}"),
        FaultClass::Verb("remove {node}"),
    ]
}

fn plan_of(seed: u64, level: Level) -> Vec<TimedCommand> {
    plan(seed, level, &every_class(), &STAGE, END)
}

/// What a command is, as finely as classes are told apart.
fn kind(command: &Command) -> String {
    let text = command.to_string();
    let words: Vec<&str> = text.split(' ').collect();
    match command {
        Command::CutOneWay { .. } => "cut one way".to_owned(),
        Command::Link { .. } | Command::Clock { .. } | Command::Disk { .. } => {
            format!("{} {}", words[0], words[2])
        }
        _ => words[0].to_owned(),
    }
}

#[test]
fn the_same_seed_gives_the_same_plan_and_others_differ() {
    let mut seen = BTreeSet::new();
    for seed in 0..200 {
        let text: Vec<String> = plan_of(seed, Level::Medium).iter().map(ToString::to_string).collect();
        assert_eq!(text, plan_of(seed, Level::Medium).iter().map(ToString::to_string).collect::<Vec<_>>());
        seen.insert(text.join("\n"));
    }
    assert_eq!(seen.len(), 200);
}

#[test]
fn it_is_sorted_heals_at_four_fifths_and_then_rests() {
    for seed in 0..200 {
        for (level, _) in &LEVELS[1..] {
            let plan = plan_of(seed, *level);
            assert!(plan.is_sorted_by_key(|timed| timed.at));
            let (last, before) = plan.split_last().unwrap();
            assert_eq!((last.at.at, &last.command), (Time::millis(16_000), &Command::Heal(Vec::new())));
            assert!(before.iter().all(|timed| timed.at.at < last.at.at && timed.at.at.0 % 1_000_000 == 0));
        }
    }
}

#[test]
fn levels_grow() {
    assert!(plan_of(1, Level::None).is_empty());
    assert!(plan(1, Level::High, &[], &STAGE, END).is_empty());
    assert!(plan(1, Level::High, &every_class(), &STAGE, Time::ZERO).is_empty());
    let size = |level| (0..200).map(|seed| plan_of(seed, level).len()).sum::<usize>();
    let (low, medium, high) = (size(Level::Low), size(Level::Medium), size(Level::High));
    assert!(low > 200 * 5 && 2 * low < medium && 3 * medium < 2 * high, "{low} {medium} {high}");
}

#[test]
fn every_class_appears_and_no_seed_has_all() {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..200 {
        let kinds: BTreeSet<String> = plan_of(seed, Level::Medium).iter().map(|t| kind(&t.command)).collect();
        kinds.into_iter().for_each(|kind| *counts.entry(kind).or_default() += 1);
    }
    let expected = [
        "crash",
        "restart",
        "cut",
        "cut one way",
        "link loss",
        "link duplicate",
        "link reorder",
        "link delay",
        "drop",
        "delay",
        "pause",
        "slow",
        "clock drift",
        "clock step",
        "disk slow",
        "disk fail",
        "disk full",
        "disk wipe",
        "lie",
        "add",
        "remove",
    ];
    for kind in expected {
        let count = counts.get(kind).copied().unwrap_or(0);
        let most = if kind == "restart" { 200 } else { 170 };
        assert!((20..=most).contains(&count), "{kind}: in {count} of 200 seeds");
    }
}

#[test]
fn alone_each_class_strikes_in_every_seed() {
    for class in every_class() {
        for seed in 0..50 {
            let plan = plan(seed, Level::Low, std::slice::from_ref(&class), &STAGE, END);
            assert!(plan.len() > 1, "{class:?} with seed {seed}");
        }
    }
}

#[test]
fn every_command_is_text_and_keeps_to_its_limits() {
    for seed in 0..300 {
        let plan = plan_of(seed, Level::High);
        for timed in &plan {
            let text = timed.to_string();
            assert_eq!(parse_timed(&text).as_ref(), Ok(timed), "{text}");
            if let Command::Clock { change: ClockChange::Drift(ppb), .. } = &timed.command {
                assert!(ppb.abs() <= 200_000, "{text}");
            }
        }
        // The second word of each command of a kind: whom it strikes.
        let struck = |word: &str| -> Vec<String> {
            let of_kind = plan.iter().filter(|timed| kind(&timed.command) == word);
            of_kind.filter_map(|t| t.command.to_string().split(' ').nth(1).map(str::to_owned)).collect()
        };
        let liars: BTreeSet<String> = struck("lie").into_iter().collect();
        assert!(liars.len() <= 1, "more liars than promised: {liars:?}");
        assert!(struck("disk wipe").len() <= 1);
        let crashed: BTreeSet<String> = struck("crash").into_iter().collect();
        let restarted: BTreeSet<String> = struck("restart").into_iter().collect();
        for node in crashed.difference(&restarted) {
            // Its restart would have come after the heal, which restarts everybody.
            let last =
                plan.iter().rfind(|t| t.command.to_string().starts_with(&format!("crash {node}"))).unwrap();
            assert!(last.at.at >= Time::millis(10_000), "{node} is not restarted");
        }
    }
}

#[test]
fn small_casts_and_long_runs_are_no_trouble() {
    let alone = Stage { population: Population { nodes: 1, spares: 0, clients: 0 }, roles: &[], lies: &[] };
    let nobody = Stage { population: Population { nodes: 0, spares: 0, clients: 0 }, roles: &[], lies: &[] };
    for seed in 0..100 {
        for stage in [&alone, &nobody] {
            for end in [Time(1), Time::millis(3), Time::millis(100), END] {
                plan(seed, Level::High, &every_class(), stage, end);
            }
        }
        let days = plan(seed, Level::High, &every_class(), &STAGE, Time::millis(1_000 * 3_600_000));
        assert!(days.len() < 40_000, "{}", days.len());
        plan(seed, Level::High, &every_class(), &STAGE, Time::MAX);
    }
}

#[test]
fn what_a_class_does_does_not_depend_on_the_others() {
    for seed in 0..50 {
        let all = plan_of(seed, Level::Medium);
        let two = plan(seed, Level::Medium, &[FaultClass::Pause, FaultClass::Slow], &STAGE, END);
        let pauses = |plan: &[TimedCommand]| -> Vec<String> {
            plan.iter().filter(|t| kind(&t.command) == "pause").map(ToString::to_string).collect()
        };
        let (among_all, among_two) = (pauses(&all), pauses(&two));
        assert!(among_all == among_two || among_all.is_empty(), "seed {seed}");
    }
}

#[test]
fn levels_have_names() {
    for (level, name) in LEVELS {
        assert_eq!((name.parse(), level.to_string()), (Ok(level), name.to_owned()));
    }
    assert!("extreme".parse::<Level>().unwrap_err().to_string().contains("medium"));
}
