//! Replaying a lesson's recorded solution, and finding out whether the lesson tells the truth: what CI and
//! `potholes lesson check` run.
//!
//! For every step: the run reaches its `play`; `until` does not hold before the solution and does after it; leaving out
//! any one action of the solution makes it fail; exactly one choice is right; every value in the prose is the run's.

use crate::condition::Scope;
use crate::file::{Action, Lesson, Step};
use crate::prose::Paragraph;
use crate::session::{Answer, Phase, Session};
use run::Playback;

/// What a check of one lesson found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The lesson.
    pub lesson: String,
    /// Everything wrong, each in a sentence that names the step. Empty: the lesson holds.
    pub wrong: Vec<String>,
    /// How many steps were replayed.
    pub steps: usize,
    /// How many events the run had.
    pub events: u64,
}

impl Checked {
    /// Whether the lesson holds.
    pub fn holds(&self) -> bool {
        self.wrong.is_empty()
    }
}

/// Replays a lesson.
pub fn check(lesson: &'static Lesson) -> Checked {
    let mut checked = Checked { lesson: lesson.id.clone(), wrong: Vec::new(), steps: 0, events: 0 };
    let (mut session, mut playback) = match Session::begin(lesson) {
        Ok(begun) => begun,
        Err(reason) => {
            checked.wrong.push(reason);
            return checked;
        }
    };
    loop {
        let step = session.step();
        checked.steps += 1;
        if let Err(reason) = one_step(&mut session, &mut playback, step, &mut checked.wrong) {
            checked.wrong.push(reason);
            break;
        }
        match session.next(&mut playback) {
            Ok(true) => {}
            Ok(false) => break,
            Err(stuck) => {
                checked.wrong.push(stuck.to_string());
                break;
            }
        }
    }
    if checked.steps < lesson.steps.len() {
        checked.wrong.push(format!("only {} of {} steps were reached", checked.steps, lesson.steps.len()));
    }
    checked.events = playback.view().events.0;
    checked
}

fn one_step(
    session: &mut Session,
    playback: &mut Playback,
    step: &'static Step,
    wrong: &mut Vec<String>,
) -> Result<(), String> {
    let told = |reason: &str| format!("step “{}”: {reason}", step.id);
    session.play_up(playback).map_err(|e| e.to_string())?;
    if session.phase() == Phase::Predicting {
        session.answer(Answer::Unknown);
    }
    if let Some(until) = &step.until {
        if !step.solution.is_empty() && until.holds(playback, session.scope_now()) {
            wrong.push(told("its “until” holds before anything was done"));
        }
        needs_every_action(session, playback, step, wrong);
    } else if !step.solution.is_empty() {
        // Then no action of it could be missed.
        wrong.push(told("it has a solution, and waits for nothing"));
    }
    values(&step.prose, playback, step, wrong);
    let actions: Vec<&Action> = step.solution.iter().collect();
    session.carry_out(&actions, playback).map_err(|e| e.to_string())?;
    values(&step.then, playback, step, wrong);
    if let Some(prediction) = &step.predict {
        let scope = session.scope_now();
        let right: Vec<&str> = prediction
            .choices
            .iter()
            .filter(|choice| {
                choice.right || choice.when.as_ref().is_some_and(|when| when.holds(playback, scope))
            })
            .map(|choice| choice.text.as_str())
            .collect();
        if right.len() != 1 {
            wrong.push(told(&format!("exactly one choice should be right; right are: {right:?}")));
        }
        for choice in &prediction.choices {
            values(std::slice::from_ref(&choice.reply), playback, step, wrong);
            let jumps = choice.see.as_ref().map(|see| session.seen(see, playback));
            if jumps.is_some_and(|value| !value.truth()) {
                wrong.push(told(&format!("the choice “{}” jumps to a moment that never was", choice.text)));
            }
        }
    }
    Ok(())
}

/// Without any one of its actions the solution must fail.
fn needs_every_action(session: &Session, playback: &Playback, step: &Step, wrong: &mut Vec<String>) {
    for left_out in 0..step.solution.len() {
        let others: Vec<&Action> = step
            .solution
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != left_out)
            .map(|(_, action)| action)
            .collect();
        let (mut session, mut playback) = (session.clone(), Playback::fork(playback));
        if session.carry_out(&others, &mut playback).is_ok() {
            wrong.push(format!("step “{}”: succeeds without “{:?}”", step.id, step.solution[left_out]));
        }
    }
}

/// What the prose says of the run is so.
fn values(paragraphs: &[Paragraph], playback: &Playback, step: &Step, wrong: &mut Vec<String>) {
    for (written, is) in paragraphs.iter().flat_map(Paragraph::values) {
        let value = is.value(playback, Scope::default()).to_string();
        if value != written {
            wrong.push(format!("step “{}”: says “{written}”, but {is} is {value}", step.id));
        }
    }
}
