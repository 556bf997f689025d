//! Every lesson of ours, replayed: what it says of the run is so, and each of its actions is needed.

use lessons::file::Action;
use lessons::session::Answer;
use lessons::{Condition, Lesson, Phase, Session, check};

/// A lesson that lives as long as the program, as a session wants it.
fn keep(lesson: Lesson) -> &'static Lesson {
    Box::leak(Box::new(lesson))
}

#[test]
fn every_lesson_holds() {
    let mut wrong = Vec::new();
    for lesson in lessons::all() {
        let checked = check::check(lesson);
        assert!(checked.events > 0 || !checked.holds(), "{}: nothing was replayed", lesson.id);
        wrong.extend(checked.wrong.iter().map(|reason| format!("{}: {reason}", lesson.id)));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Follows the recorded solution to the end, or to where it fails.
fn follow(lesson: &'static Lesson) -> Result<(), String> {
    let (mut session, mut playback) = Session::begin(lesson)?;
    loop {
        session.play_up(&mut playback).map_err(|stuck| stuck.to_string())?;
        if session.phase() == Phase::Predicting {
            session.answer(Answer::Unknown);
        }
        session.do_it(&mut playback).map_err(|stuck| stuck.to_string())?;
        if !session.next(&mut playback).map_err(|stuck| stuck.to_string())? {
            return Ok(());
        }
    }
}

/// Told from outside, by lessons that lack an action, and not by the check's own replays: without any one of what is
/// recorded nobody comes to the end.
#[test]
fn a_lesson_without_any_one_of_its_actions_fails() {
    let mut wrong = Vec::new();
    for lesson in lessons::all() {
        let mut left_out = 0;
        for (step, at) in
            lesson.steps.iter().enumerate().flat_map(|(n, s)| (0..s.solution.len()).map(move |at| (n, at)))
        {
            let mut without = lesson.clone();
            let action = without.steps[step].solution.remove(at);
            // What comes after that step needs no replay: if it got past it, that is wrong already.
            without.steps.truncate(step + 1);
            if follow(keep(without)).is_ok() {
                wrong.push(format!("{} #{}: holds without {action:?}", lesson.id, lesson.steps[step].id));
            }
            left_out += 1;
        }
        assert!(left_out >= 2, "{}: only {left_out} actions are recorded", lesson.id);
        assert_eq!(follow(lesson), Ok(()), "{}", lesson.id);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A check that finds nothing proves nothing until it has found something.
#[test]
fn what_is_not_needed_or_not_so_is_noticed() {
    let lesson = lessons::find("exactly-once").expect("the lesson is there");
    let told = |change: &dyn Fn(&mut Lesson)| {
        let mut changed = lesson.clone();
        change(&mut changed);
        changed.steps.truncate(2);
        let checked = check::check(keep(changed));
        checked.wrong.join("\n")
    };
    assert_eq!(told(&|_| {}), "");
    let idle = told(&|lesson| lesson.steps[0].solution.push(Action::Wait(sim::Span::secs(1))));
    assert!(idle.contains("succeeds without"), "{idle}");
    let crash = told(&|lesson| lesson.steps[0].solution.push(Action::Command("crash c1".into())));
    assert!(crash.contains("#buy") || crash.contains("“buy”"), "{crash}");
    let open = told(&|lesson| lesson.steps[0].until = None);
    assert!(open.contains("waits for nothing"), "{open}");
    let early = told(&|lesson| {
        lesson.steps[1].until = Some(Condition::parse("up(n3)").expect("a condition"));
    });
    assert!(early.contains("holds before anything was done"), "{early}");
    let both = told(&|lesson| {
        let Some(predict) = &mut lesson.steps[1].predict else { panic!("no question") };
        predict.choices.iter_mut().for_each(|choice| choice.right = true);
    });
    assert!(both.contains("exactly one choice should be right"), "{both}");
}

/// What every lesson has: a question about its run, something broken by hand, and a question about another system.
#[test]
fn a_lesson_asks_lets_break_and_carries_over() {
    for lesson in lessons::all() {
        let asks = lesson.steps.iter().filter_map(|step| step.predict.as_ref());
        let about_the_run = asks.filter(|ask| ask.choices.iter().all(|choice| choice.when.is_some())).count();
        assert!(about_the_run >= 1, "{}: asks nothing about its run", lesson.id);
        let commands = lesson.steps.iter().flat_map(|step| &step.solution);
        assert!(commands.count() >= 2, "{}: nothing is done by hand", lesson.id);
        let last = lesson.steps.last().and_then(|step| step.predict.as_ref());
        let carries = last.is_some_and(|ask| ask.choices.iter().filter(|choice| choice.right).count() == 1);
        assert!(carries, "{}: does not end with a question about another system", lesson.id);
    }
}
