//! Breaking promises on purpose: what a hunt finds, what shrinking leaves, and that both are the same each time.

#![allow(clippy::unwrap_used, reason = "a test")]

use crate::support;

use run::Run;
use run::hunt::{Chase, Goal, Hunt, Progress, Shrink, look};
use sim::Time;

fn notebook(pothole: bool) -> Run {
    let mut run = Run::new(&support::LAB);
    run.end = Time::millis(3_000);
    if pothole {
        run.parameters.assign("ack_early=on").unwrap();
    }
    run
}

/// The first attempt that finds something, among so many.
fn first(hunt: &Hunt, attempts: u64) -> Option<(Run, run::hunt::Broken)> {
    (0..attempts).find_map(|number| hunt.attempt(number).found)
}

#[test]
fn a_sound_lab_is_not_broken() {
    let hunt = Hunt::new(&notebook(false), Goal::Anything);
    assert!(first(&hunt, 120).is_none());
}

#[test]
fn each_promise_of_a_pothole_is_broken_and_made_small() {
    for name in ["linearizable", "no-lost-write", "what-was-acknowledged-is-kept", "any"] {
        let run = notebook(true);
        let goal = Goal::parse(&run, name).unwrap();
        let (found, broken) =
            first(&Hunt::new(&run, goal), 200).unwrap_or_else(|| panic!("{name} was never broken"));
        let mut shrink = Shrink::new(&found, broken.clone());
        while !shrink.advance(50) {}
        let small = shrink.best();
        assert_eq!(shrink.broken().goal, broken.goal, "{name}");
        assert_eq!(look(small, broken.goal).0.as_ref(), Some(shrink.broken()), "{name}");
        // A crash at the wrong moment and a restart; for a guarantee a read after it.
        assert!(small.commands.len() <= 4, "{name}: {} commands left: {small:?}", small.commands.len());
        assert_eq!(small.chaos, sim::chaos::Level::None);
        // What is told can be written and read again: nothing in it names who is not there.
        let lab = small.lab();
        let read = Run::parse_of(lab, &small.write(None, None)).unwrap();
        assert_eq!(&read.run, small, "{name}");
        assert!(shrink.made().before >= small.commands.len());
        // Nothing that is left is superfluous.
        for at in 0..small.commands.len() {
            let mut less = small.clone();
            less.commands.remove(at);
            let left = look(&less, broken.goal).0;
            assert!(
                left.is_none_or(|left| left.goal != broken.goal),
                "{name}: {} is superfluous",
                small.commands[at]
            );
        }
    }
}

/// A node that stops and comes back does nothing to the others; that it only stops, or only comes back, may.
#[test]
fn what_is_superfluous_only_together_is_taken_out_together() {
    let run = notebook(true);
    let goal = Goal::parse(&run, "what-was-acknowledged-is-kept").unwrap();
    let (found, broken) = first(&Hunt::new(&run, goal), 200).unwrap();
    let mut shrink = Shrink::new(&found, broken);
    while !shrink.advance(50) {}
    let small = shrink.best().clone();
    let mut more = small.clone();
    let set_and_back = ["0s link all loss 100%", "1ms link all ok"];
    more.commands.extend(set_and_back.map(|text| sim::command::parse_timed(text).unwrap()));
    more.sort();
    let (broken, _) = look(&more, shrink.broken().goal);
    let broken = broken.expect("what is mended at once does no harm");
    let mut without = more.clone();
    without.commands.retain(|timed| !timed.to_string().contains("link all ok"));
    let alone = look(&without, broken.goal).0;
    assert!(alone.is_none(), "without its end it does: {alone:?}");
    let mut shrink = Shrink::new(&more, broken);
    while !shrink.advance(50) {}
    assert_eq!(shrink.made().after, small.commands.len(), "{:?}", shrink.best().commands);
}

#[test]
fn a_hunt_is_the_same_each_time_whoever_does_which_part() {
    let hunt = Hunt::new(&notebook(true), Goal::Anything);
    let backwards: Vec<_> = (0..40).rev().map(|number| format!("{:?}", hunt.attempt(number))).collect();
    let forwards: Vec<_> = (0..40).map(|number| format!("{:?}", hunt.attempt(number))).collect();
    assert!(forwards.iter().eq(backwards.iter().rev()));
    let kinds = (0..40).map(|number| hunt.candidate(number));
    assert!(kinds.clone().any(|run| run.chaos != sim::chaos::Level::None));
    assert!(kinds.clone().any(|run| !run.commands.is_empty()));
}

#[test]
fn what_cannot_be_broken_by_name_is_told() {
    let error = Goal::parse(&notebook(false), "serializable").unwrap_err().to_string();
    assert!(error.contains("Notebook promises no “serializable”: it may be"), "{error}");
    assert!(error.contains("linearizable") && error.contains("what-was-acknowledged-is-kept"), "{error}");
}

#[test]
fn a_chase_ends_with_the_same_run_in_slices_and_with_attempts_told_in_any_order() {
    let mut whole = Chase::new(&notebook(true), Goal::Anything);
    while !whole.work(u64::MAX) {}
    let mut sliced = Chase::new(&notebook(true), Goal::Anything);
    while !sliced.work(700) {}
    let mut shared = Chase::new(&notebook(true), Goal::Anything);
    while let Some(number) = shared.take() {
        let mut batch = vec![number];
        batch.extend(std::iter::from_fn(|| shared.take()).take(6));
        let made: Vec<_> = batch.into_iter().rev().map(|number| shared.hunt().attempt(number)).collect();
        made.into_iter().for_each(|attempt| shared.tell(attempt));
    }
    while !shared.work(u64::MAX) {}
    for chase in [&sliced, &shared] {
        assert_eq!(chase.best(), whole.best());
    }
    assert_eq!(whole.progress(), Progress::Done);
    let mut early = Chase::new(&notebook(true), Goal::Anything);
    assert!(!early.stop_hunting(), "nothing was found yet");
    assert!(matches!(early.progress(), Progress::Hunting { attempts: 0, .. }));
}
