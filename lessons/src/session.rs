//! Following a learner through a lesson.
//!
//! A step goes through phases: the run plays up to the question ([`Phase::Playing`]), the question is open and the run
//! rests ([`Phase::Predicting`]), the learner acts ([`Phase::Acting`]), the step is done ([`Phase::Done`]). The start of
//! a step is its checkpoint. Nothing here knows a clock: idle time is told by the caller.

use crate::condition::{Condition, Scope, Value};
use crate::file::{Action, HintKind, Lesson, Step};
use crate::prose::{Paragraph, Shown};
use run::{Playback, Run};
use serde::{Deserialize, Serialize};
use sim::{EventId, Moment, Span, Time};
use std::collections::VecDeque;

/// The most virtual time an action of a recorded solution, or a step's `play`, may take.
const PATIENCE: Span = Span::secs(60);
/// The most events.
const EVENTS: u64 = 300_000;

/// Where a learner is within a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// The run plays until the step's `play` holds.
    Playing,
    /// The question is open; the run rests, and nothing shows its outcome.
    Predicting,
    /// The learner acts; the step waits for its `until`.
    Acting,
    /// `until` holds (or a question without one is answered).
    Done,
}

/// What the window should do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Rest: a question is open.
    Ask,
    /// The step is done: rest, show the reply.
    Done,
}

/// An answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// This choice.
    Choice(usize),
    /// "I do not know."
    Unknown,
}

/// Where a step began.
#[derive(Clone, Debug)]
struct Checkpoint {
    run: Run,
    shown: Moment,
    events: EventId,
}

/// What is said about an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Whether the answer was right; none for "I do not know".
    pub right: Option<bool>,
    /// What was chosen.
    pub chosen: String,
    /// What is right in this run.
    pub truth: String,
    /// What is said to it.
    pub words: Vec<Shown>,
    /// The moment its button jumps to.
    pub see: Option<Moment>,
}

/// A learner in a lesson.
#[derive(Clone, Debug)]
pub struct Session {
    lesson: &'static Lesson,
    step: usize,
    phase: Phase,
    answers: Vec<Option<Answer>>,
    /// One for each step entered so far.
    checkpoints: Vec<Checkpoint>,
    /// What the step's button still has to do, at the pace of the window.
    queue: VecDeque<Action>,
    /// The front of the queue waits until then.
    wait_until: Option<Time>,
}

/// Why a solution could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("step “{step}”, “{action}”: {reason}")]
pub struct Stuck {
    /// The step.
    pub step: String,
    /// The action.
    pub action: String,
    /// Why.
    pub reason: String,
}

/// The run a lesson begins with.
///
/// # Errors
/// When there is no such lab, or it has no such parameter.
pub fn run_of(lesson: &Lesson) -> Result<Run, String> {
    let lab = catalog::lab(&lesson.lab).ok_or_else(|| format!("there is no lab “{}”", lesson.lab))?;
    let mut run = Run::new(lab);
    run.seed = lesson.seed;
    for assignment in &lesson.set {
        run.parameters.assign(assignment).map_err(|e| e.to_string())?;
    }
    Ok(run)
}

impl Session {
    /// Begins a lesson: the session and the run it plays on.
    ///
    /// # Errors
    /// When the lesson's lab or parameters do not exist.
    pub fn begin(lesson: &'static Lesson) -> Result<(Self, Playback), String> {
        let playback = Playback::new(run_of(lesson)?);
        let mut session = Self {
            lesson,
            step: 0,
            phase: Phase::Playing,
            answers: vec![None; lesson.steps.len()],
            checkpoints: Vec::new(),
            queue: VecDeque::new(),
            wait_until: None,
        };
        let mut playback = playback;
        session.enter(&mut playback).map_err(|e| e.to_string())?;
        Ok((session, playback))
    }

    /// The lesson.
    pub fn lesson(&self) -> &'static Lesson {
        self.lesson
    }

    /// The present step's place, from 0.
    pub fn step_index(&self) -> usize {
        self.step
    }

    /// The present step.
    pub fn step(&self) -> &'static Step {
        &self.lesson.steps[self.step]
    }

    /// Where the learner is in it.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether this is the last step and it is done.
    pub fn finished(&self) -> bool {
        self.phase == Phase::Done && self.step + 1 == self.lesson.steps.len()
    }

    /// Whether the run must rest: a question is open.
    pub fn asks(&self) -> bool {
        self.phase == Phase::Predicting
    }

    /// Every panel shown so far: those of this step and of all before.
    pub fn panels(&self) -> Vec<&'static str> {
        let steps = &self.lesson.steps[..=self.step];
        let mut panels: Vec<&'static str> =
            steps.iter().flat_map(|s| s.show.iter().map(String::as_str)).collect();
        panels.sort_unstable();
        panels.dedup();
        panels
    }

    /// What happened since the step began counts; in a step that waits for nothing, and so only asks about what has been,
    /// everything.
    fn scope(&self) -> Scope {
        if self.step().until.is_none() {
            return Scope::default();
        }
        Scope { since: self.checkpoints.get(self.step).map_or(EventId(0), |c| c.events) }
    }

    /// A step begins: the lesson does its part, and then is the checkpoint.
    fn enter(&mut self, playback: &mut Playback) -> Result<(), Stuck> {
        self.checkpoints.truncate(self.step);
        self.queue.clear();
        self.wait_until = None;
        for action in &self.step().first {
            self.act(action, playback)?;
        }
        self.begin_here(playback);
        Ok(())
    }

    /// The learner's part of the step begins here.
    fn begin_here(&mut self, playback: &Playback) {
        self.checkpoints.truncate(self.step);
        self.checkpoints.push(Checkpoint {
            run: playback.run().clone(),
            shown: playback.shown(),
            events: playback.view().events,
        });
        self.queue.clear();
        self.wait_until = None;
        self.answers[self.step] = None;
        self.phase = match (&self.step().play, &self.step().predict) {
            (Some(_), _) => Phase::Playing,
            (None, Some(_)) => Phase::Predicting,
            (None, None) => Phase::Acting,
        };
    }

    /// Does the recorded solution at the pace of the window: its commands as their turn comes in [`Session::advance`].
    pub fn press(&mut self) {
        if self.phase == Phase::Acting {
            self.queue = self.step().solution.iter().cloned().collect();
            self.wait_until = None;
        }
    }

    /// Whether the button's actions are still under way.
    pub fn is_doing(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Does what the button has to do at this moment of the run.
    fn work_off(&mut self, playback: &mut Playback) {
        while let Some(action) = self.queue.front().cloned() {
            match &action {
                Action::Wait(span) => {
                    let until = *self.wait_until.get_or_insert(playback.shown().at + *span);
                    if playback.shown().at < until {
                        return;
                    }
                    self.wait_until = None;
                }
                Action::Until(condition) => {
                    if !condition.holds(playback, self.scope()) {
                        return;
                    }
                }
                Action::Command(_) | Action::Back(_) => {
                    // What cannot be done is left out: the step then waits, and its hints say for what.
                    if self.act(&action, playback).is_err() {
                        self.queue.clear();
                        return;
                    }
                }
            }
            self.queue.pop_front();
        }
    }

    /// Looks at the run: what changed for the lesson. Call after every move of it.
    pub fn observe(&mut self, playback: &Playback) -> Option<Signal> {
        match self.phase {
            Phase::Playing => {
                let play = self.step().play.as_ref();
                if !play.is_none_or(|play| play.holds(playback, self.scope())) {
                    return None;
                }
                let asks = self.step().predict.is_some();
                self.phase = if asks { Phase::Predicting } else { Phase::Acting };
                Some(Signal::Ask)
            }
            Phase::Acting => {
                let until = self.step().until.as_ref()?;
                if !until.holds(playback, self.scope()) {
                    return None;
                }
                self.phase = Phase::Done;
                Some(Signal::Done)
            }
            Phase::Predicting | Phase::Done => None,
        }
    }

    /// Plays up to a time, event by event, and stops where the lesson has something to say.
    pub fn advance(&mut self, playback: &mut Playback, to: Time) -> Option<Signal> {
        self.work_off(playback);
        if let Some(signal) = self.observe(playback) {
            return Some(signal);
        }
        while playback.next_event_time().is_some_and(|next| next <= to) {
            if !playback.step() {
                break;
            }
            self.work_off(playback);
            if let Some(signal) = self.observe(playback) {
                return Some(signal);
            }
        }
        if playback.shown().at < to {
            playback.advance_to(to);
            self.work_off(playback);
        }
        self.observe(playback)
    }

    /// The learner commits to an answer.
    pub fn answer(&mut self, answer: Answer) {
        if self.phase != Phase::Predicting {
            return;
        }
        self.answers[self.step] = Some(answer);
        self.phase = if self.step().until.is_some() { Phase::Acting } else { Phase::Done };
    }

    /// What the learner answered in this step.
    pub fn answered(&self) -> Option<Answer> {
        self.answers[self.step]
    }

    /// All answers so far, by step.
    pub fn answers(&self) -> &[Option<Answer>] {
        &self.answers
    }

    /// What is said to the answer, once the step is done.
    pub fn reply(&self, playback: &Playback) -> Option<Reply> {
        if self.phase != Phase::Done {
            return None;
        }
        let prediction = self.step().predict.as_ref()?;
        let scope = self.scope();
        let is_right = |at: usize| {
            let choice = &prediction.choices[at];
            choice.right || choice.when.as_ref().is_some_and(|when| when.holds(playback, scope))
        };
        let truth = (0..prediction.choices.len()).find(|at| is_right(*at));
        let truth_text = truth.map(|at| prediction.choices[at].text.clone()).unwrap_or_default();
        let (right, chosen, told) = match self.answers[self.step]? {
            Answer::Choice(at) => (Some(is_right(at)), prediction.choices.get(at)?.text.clone(), at),
            Answer::Unknown => (None, String::new(), truth?),
        };
        let choice = &prediction.choices[told];
        let see = choice.see.as_ref().and_then(|see| match self.seen(see, playback) {
            Value::Happened(Some(at)) => Some(Moment::end_of(at)),
            _ => None,
        });
        Some(Reply { right, chosen, truth: truth_text, words: choice.reply.shown(playback, scope), see })
    }

    /// Goes on to the next step, if there is one and this one is done (or skipped).
    ///
    /// # Errors
    /// When what the lesson does itself at the start of the step cannot be done on this run.
    pub fn next(&mut self, playback: &mut Playback) -> Result<bool, Stuck> {
        if self.step + 1 >= self.lesson.steps.len() {
            return Ok(false);
        }
        self.step += 1;
        self.enter(playback)?;
        Ok(true)
    }

    /// Goes back to the step before, at its checkpoint.
    pub fn back(&mut self, playback: &mut Playback) -> bool {
        if self.step == 0 {
            return false;
        }
        self.step -= 1;
        self.take_back(playback);
        true
    }

    /// Returns to the start of this step; what the learner did stays as a branch.
    pub fn take_back(&mut self, playback: &mut Playback) {
        self.return_to(self.step, playback);
        self.begin_here(playback);
    }

    fn return_to(&self, step: usize, playback: &mut Playback) {
        if let Some(checkpoint) = self.checkpoints.get(step) {
            playback.branch_to(checkpoint.run.clone(), checkpoint.shown);
        }
    }

    /// The help due after so long without progress: all of it, quickest first.
    pub fn hints(&self, idle: Span) -> impl Iterator<Item = &'static HintKind> {
        let shown = self.phase == Phase::Acting;
        self.step().hints.iter().filter(move |hint| shown && hint.after <= idle).map(|hint| &hint.kind)
    }

    /// The prose of the step as it is shown now.
    pub fn prose(&self, playback: &Playback) -> Vec<Vec<Shown>> {
        self.shown(&self.step().prose, playback)
    }

    /// What is told when the step is done.
    pub fn then(&self, playback: &Playback) -> Vec<Vec<Shown>> {
        if self.phase == Phase::Done { self.shown(&self.step().then, playback) } else { Vec::new() }
    }

    fn shown(&self, paragraphs: &[Paragraph], playback: &Playback) -> Vec<Vec<Shown>> {
        paragraphs.iter().map(|paragraph| paragraph.shown(playback, Scope::default())).collect()
    }

    /// What the step still waits for, in words.
    pub fn waiting_for(&self) -> Option<&'static str> {
        (self.phase == Phase::Acting && !self.step().waiting.is_empty()).then(|| self.step().waiting.as_str())
    }

    /// Carries out the recorded solution of this step, as if the learner had.
    ///
    /// # Errors
    /// Names the action that could not be done.
    pub fn do_it(&mut self, playback: &mut Playback) -> Result<(), Stuck> {
        self.play_up(playback)?;
        let actions: Vec<&Action> = self.step().solution.iter().collect();
        self.carry_out(&actions, playback)
    }

    /// Does what is left of this step as it was recorded, with the answer left open, so that the next one is told of what
    /// happened. Where the learner has gone another way, from the step's start: what was done stays as a branch. A step
    /// that does not come to its end even so is left as it stands.
    pub fn skip(&mut self, playback: &mut Playback) {
        if self.phase == Phase::Done {
            return;
        }
        let untouched = self.checkpoints.get(self.step).is_some_and(|c| c.run == *playback.run());
        if !untouched || self.finish(playback).is_err() {
            self.take_back(playback);
            if self.finish(playback).is_err() {
                self.phase = Phase::Done;
            }
        }
    }

    fn finish(&mut self, playback: &mut Playback) -> Result<(), Stuck> {
        self.play_up(playback)?;
        self.answer(Answer::Unknown);
        if self.phase == Phase::Acting { self.do_it(playback) } else { Ok(()) }
    }

    /// Plays to where the question is asked or the learner acts.
    ///
    /// # Errors
    /// When that does not come.
    pub fn play_up(&mut self, playback: &mut Playback) -> Result<(), Stuck> {
        let Some(play) = self.step().play.clone() else { return Ok(()) };
        if self.phase == Phase::Playing && !self.run_until(&play, playback) {
            return Err(self.stuck(format!("play: {play}"), "did not come within 60 s of the run"));
        }
        self.observe(playback);
        Ok(())
    }

    /// Carries out these actions, then lets time pass until the step's `until` holds.
    pub(crate) fn carry_out(&mut self, actions: &[&Action], playback: &mut Playback) -> Result<(), Stuck> {
        for action in actions {
            self.act(action, playback)?;
        }
        if let Some(until) = self.step().until.clone() {
            if !self.run_until(&until, playback) {
                return Err(self.stuck(format!("until: {until}"), "did not come within 60 s of the run"));
            }
            if self.phase == Phase::Acting {
                self.phase = Phase::Done;
            }
        }
        Ok(())
    }

    fn act(&mut self, action: &Action, playback: &mut Playback) -> Result<(), Stuck> {
        match action {
            Action::Command(text) => {
                let wrong = |reason: String| self.stuck(text.clone(), &reason);
                let command = sim::command::parse(text).map_err(|e| wrong(e.to_string()))?;
                if let sim::Command::Set { parameter, value } = &command {
                    playback
                        .set_parameter(&format!("{parameter}={value}"))
                        .map_err(|e| wrong(e.to_string()))?;
                    while playback.work(EVENTS) != run::Progress::Done {}
                } else {
                    playback.act(command).map_err(|e| wrong(e.to_string()))?;
                }
            }
            Action::Wait(span) => {
                let to = playback.shown().at + *span;
                playback.advance_to(to);
            }
            Action::Until(condition) => {
                if !self.run_until(condition, playback) {
                    return Err(
                        self.stuck(format!("until {condition}"), "did not come within 60 s of the run")
                    );
                }
            }
            Action::Back(id) => {
                let step = self.lesson.step(id).filter(|step| *step < self.checkpoints.len());
                let Some(step) = step else {
                    return Err(self.stuck(format!("back #{id}"), "there is no such step before this one"));
                };
                self.return_to(step, playback);
                // What happens from here on happens in this step.
                self.enter_again(playback);
            }
        }
        Ok(())
    }

    /// After a return to an earlier step's start, that is where this step begins: what it waits for counts from there.
    fn enter_again(&mut self, playback: &Playback) {
        if let Some(checkpoint) = self.checkpoints.get_mut(self.step) {
            checkpoint.events = playback.view().events;
        }
    }

    /// The learner went back to the start of an earlier step: see [`Action::Back`].
    ///
    /// # Errors
    /// When there is no such step.
    pub fn back_to(&mut self, id: &str, playback: &mut Playback) -> Result<(), Stuck> {
        self.act(&Action::Back(id.to_owned()), playback)
    }

    fn run_until(&self, condition: &Condition, playback: &mut Playback) -> bool {
        let scope = self.scope();
        let limit = playback.shown().at + PATIENCE;
        playback.run_until(&|playback| condition.holds(playback, scope), limit, EVENTS)
    }

    fn stuck(&self, action: String, reason: &str) -> Stuck {
        Stuck { step: self.step().id.clone(), action, reason: reason.to_owned() }
    }

    /// The moment that a reply jumps to: in this step, or where it was not then, before.
    pub(crate) fn seen(&self, see: &Condition, playback: &Playback) -> Value {
        let here = see.value(playback, self.scope());
        if here.truth() { here } else { see.value(playback, Scope::default()) }
    }

    pub(crate) fn scope_now(&self) -> Scope {
        self.scope()
    }
}
