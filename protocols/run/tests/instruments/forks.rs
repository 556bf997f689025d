//! Other futures: drawn anew, compared, counted.

use super::played;
use run::compare::Other;
use run::fate::{self, Decided, Fate, Plan, Point};
use run::hunt::{Goal, Hunt};
use run::{Playback, Run};
use sim::command::parse;
use sim::{Moment, Time};

fn at(playback: &mut Playback, millis: u64) {
    playback.show(Moment::end_of(Time::millis(millis)));
}

#[test]
fn a_redraw_changes_the_future_and_nothing_before() {
    let plain = played("raft", 5, 3_000, &[]);
    let other = played("raft", 5, 3_000, &["1s redraw 1"]);
    let again = played("raft", 5, 3_000, &["1s redraw 1"]);
    let third = played("raft", 5, 3_000, &["1s redraw 2"]);
    assert_eq!(other.digest(), again.digest());
    let before = |playback: &Playback| {
        let trace = playback.trace();
        let count = trace.events.partition_point(|event| event.at < Time::millis(1_000));
        (
            count,
            trace.events.range(..count).map(|event| (event.at, event.actor, event.kind)).collect::<Vec<_>>(),
        )
    };
    assert_eq!(before(&plain), before(&other));
    assert_ne!(plain.trace().events.len(), other.trace().events.len());
    assert_ne!(other.digest(), third.digest());
    // It is a command like any other: a link carries it.
    let opened = Run::from_link(&other.link()).unwrap();
    assert_eq!(opened.run, *other.run());
}

#[test]
fn branches_part_where_the_command_stands() {
    let mut playback = played("raft", 5, 3_000, &[]);
    at(&mut playback, 1_500);
    playback.act(parse("crash @leader").unwrap()).unwrap();
    at(&mut playback, 3_000);
    let first = playback.branches()[0].run.clone();
    let mut other = Other::new(&first);
    let mut slices = 0;
    while !other.work(playback.trace(), 50) {
        slices += 1;
    }
    assert!(slices > 3);
    let difference = other.difference().unwrap();
    assert!(difference.at >= Time::millis(1_500) && difference.at < Time::millis(1_600), "{difference:?}");
    assert!(difference.here.as_ref().unwrap().contains("crash"), "{difference:?}");
    assert!(difference.there.is_some());
    // The same run has no difference from itself.
    let mut same = Other::new(playback.run());
    while !same.work(playback.trace(), 1_000) {}
    assert_eq!(same.difference(), None);
}

/// A write that is lost because it was said to be safe before it was on the disk.
fn lost_write() -> Playback {
    let mut run = Run::new(&crate::support::LAB);
    run.end = Time::millis(3_000);
    run.parameters.assign("ack_early=on").unwrap();
    let goal = Goal::parse(&run, "linearizable").unwrap();
    let hunt = Hunt::new(&run, goal);
    let mut found = (0..400).filter_map(|number| hunt.attempt(number).found);
    let (found, broken) = found.find(|(run, _)| run.chaos == sim::chaos::Level::None).unwrap();
    let mut playback = Playback::new(found);
    playback.show(Moment::end_of(broken.at));
    while playback.work(100_000) != run::Progress::Done {}
    playback
}

#[test]
fn the_share_rises_to_where_it_broke() {
    let playback = lost_write();
    let (goal, broken, _) = fate::broken(&playback).unwrap();
    let plan = Plan::new(&playback, 24).unwrap();
    assert!(plan.steps().len() >= 4 && plan.steps().len() <= fate::MOST_STEPS, "{}", plan.steps().len());
    assert!(plan.steps().iter().all(|step| step.at.at <= broken));
    let mut fate = Fate::new(plan.clone());
    while !fate.work(50_000) {}
    assert_eq!(fate.done(), plan.len());
    let points = fate.points();
    assert!(points.iter().all(|point| point.tried == 24 && point.broken <= 24));
    let share = |at: usize| points[at].share().unwrap();
    let last = points.len() - 1;
    assert!(share(last) > share(0) || share(0) == 1.0, "{points:?}");
    // Whatever runs them, the same futures break.
    let mut alone = Fate::new(plan.clone());
    for number in (0..plan.len()).rev().step_by(7) {
        alone.tell(number, plan.attempt(number));
    }
    let told: u32 = alone.points().iter().map(|point| point.broken).sum();
    assert!(told <= points.iter().map(|point| point.broken).sum());
    // A future that is told of can be opened, and does what it was told to.
    for (step, point) in points.iter().enumerate().step_by(3) {
        for (which, breaks) in [(point.breaks, true), (point.escapes, false)] {
            let Some(run) = which.and_then(|which| plan.future(step, which)) else { continue };
            assert_eq!(run::hunt::look(&run, goal).0.is_some(), breaks, "{step}");
        }
    }
    if let Some(jump) = fate.jump() {
        assert!(jump.step > 0 && jump.after > jump.before);
    }
}

#[test]
fn a_run_that_broke_nothing_has_no_fate() {
    let playback = played("raft", 1, 1_000, &[]);
    assert!(fate::broken(&playback).is_none() && Plan::new(&playback, 10).is_none());
}

#[test]
fn doubt_shrinks_with_trying() {
    let point = |tried, broken| Point { tried, broken, ..Point::default() };
    assert_eq!(point(0, 0).share(), None);
    assert_eq!(point(0, 0).doubt(), (0.0, 1.0));
    let (low, high) = point(100, 50).doubt();
    assert!((low - 0.404).abs() < 0.002 && (high - 0.596).abs() < 0.002, "{low} {high}");
    let (low, high) = point(10, 0).doubt();
    assert!(low == 0.0 && (high - 0.278).abs() < 0.002, "{high}");
}

#[test]
fn a_jump_is_told_only_where_it_is_one() {
    let playback = lost_write();
    let plan = Plan::new(&playback, 40).unwrap();
    let steps = plan.steps().len() as u64;
    let told = |share: &dyn Fn(u64) -> u64| {
        let mut fate = Fate::new(plan.clone());
        for number in 0..plan.len() {
            let (step, which) = (number % steps, number / steps);
            fate.tell(number, Some(which < share(step)));
        }
        fate.jump()
    };
    let jump = told(&|step| if step < 2 { 4 } else { 38 }).unwrap();
    assert_eq!(jump.step, 2);
    assert!((jump.before - 0.1).abs() < 1e-9 && (jump.after - 0.95).abs() < 1e-9);
    assert_eq!(told(&|step| 20 + step % 2), None, "that is chance");
}

#[test]
fn when_it_was_decided_is_said_only_as_far_as_it_is_known() {
    let plan = Plan::new(&lost_write(), 40).unwrap();
    let steps = plan.steps().len() as u64;
    let told = |rounds: u64, share: &dyn Fn(u64) -> Option<u64>| {
        let mut fate = Fate::new(plan.clone());
        for number in 0..rounds * steps {
            let (step, which) = (number % steps, number / steps);
            fate.tell(number, share(step).map(|share| which < share));
        }
        assert_eq!(fate.done(), rounds * steps);
        fate.decided()
    };
    assert_eq!(told(1, &|_| Some(40)), Decided::Unknown, "one of one is not nearly every one");
    assert_eq!(told(40, &|_| None), Decided::Unknown, "what could not be told counts for nothing");
    assert_eq!(told(40, &|_| Some(39)), Decided::Before);
    assert_eq!(told(40, &|_| Some(1)), Decided::AtTheEnd);
    let by_and_by = |step: u64| Some(4 + 34 * step / (steps - 1).max(1));
    if steps > 8 {
        assert_eq!(told(40, &by_and_by), Decided::Slowly);
    }
    assert!(matches!(told(40, &|step| Some(if step < 2 { 4 } else { 38 })), Decided::At(_)));
}
