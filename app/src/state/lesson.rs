//! The lesson that is open: a [`Session`] and what the window adds to it, which is the answer chosen but not yet given,
//! the time without progress, and progress that is kept.

use lessons::session::{Answer, Reply};
use lessons::{HintKind, Lesson, Phase, Session, Signal, Step};
use run::{Playback, Run};
use sim::{Span, Time};

use super::store::Saved;
use crate::action;

/// The lesson whose first step the first screen is.
pub const FIRST: &str = "lost-write";

/// A lesson under way.
#[derive(Clone, Debug)]
pub struct Course {
    session: Session,
    chosen: Option<usize>,
    idle: f64,
}

/// Every lesson: its name and its title, in the order of the paths.
pub fn all() -> impl Iterator<Item = (String, String)> {
    lessons::all().iter().map(|lesson| (lesson.id.clone(), lesson.title.clone()))
}

/// The run to show where there is no lesson to begin with: the first lab's own.
pub fn fallback_run() -> Run {
    let [first, ..] = catalog::LABS else { unreachable!("the catalogue has a lab: its tests say so") };
    Run::new(*first)
}

impl Course {
    /// Begins a lesson: it, and the run it is played on.
    ///
    /// # Errors
    /// The sentence to show when there is no such lesson, or it does not begin.
    pub fn begin(name: &str) -> Result<(Course, Playback), String> {
        let lesson = lessons::find(name).ok_or_else(|| format!("There is no lesson called {name} here"))?;
        let (session, playback) = Session::begin(lesson)?;
        Ok((Course { session, chosen: None, idle: 0.0 }, playback))
    }

    /// A lesson that was left at a step: the steps before are done as recorded, so that every checkpoint is there.
    ///
    /// # Errors
    /// The sentence to show when it does not come that far.
    pub fn resume(name: &str, step: usize) -> Result<(Course, Playback), String> {
        let (mut course, mut playback) = Course::begin(name)?;
        while course.session.step_index() < step {
            course.solve(&mut playback)?;
            if !course.session.next(&mut playback).map_err(|stuck| stuck.to_string())? {
                break;
            }
        }
        Ok((course, playback))
    }

    /// A lesson at a step, played up to where the question is open or the hand acts; or with the step done as recorded.
    ///
    /// # Errors
    /// The sentence to show when it does not come that far.
    pub fn at(name: &str, step: usize, done: bool) -> Result<(Course, Playback), String> {
        let (mut course, mut playback) = Course::resume(name, step)?;
        if done {
            course.solve(&mut playback)?;
        } else {
            course.session.play_up(&mut playback).map_err(|stuck| stuck.to_string())?;
        }
        Ok((course, playback))
    }

    /// Does the step as recorded, with the answer left open.
    fn solve(&mut self, playback: &mut Playback) -> Result<(), String> {
        self.session.play_up(playback).map_err(|stuck| stuck.to_string())?;
        self.session.answer(Answer::Unknown);
        self.session.do_it(playback).map_err(|stuck| stuck.to_string())
    }

    /// The lesson.
    pub fn lesson(&self) -> &'static Lesson {
        self.session.lesson()
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        &self.session.lesson().id
    }

    /// The step's place, from 0.
    pub fn step(&self) -> usize {
        self.session.step_index()
    }

    /// The step itself.
    pub fn text(&self) -> &'static Step {
        self.session.step()
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Where the learner is in the step.
    pub fn phase(&self) -> Phase {
        self.session.phase()
    }

    /// Whether a question is open: then time stands, and nothing may show its answer.
    pub fn is_held(&self) -> bool {
        self.session.asks()
    }

    /// The answer chosen but not yet given: a choice's place, or the number of choices for "I do not know".
    pub fn chosen(&self) -> Option<usize> {
        self.chosen
    }

    /// What is said to the answer.
    pub fn reply(&self, playback: &Playback) -> Option<Reply> {
        self.session.reply(playback)
    }

    /// The help that is due.
    pub fn hints(&self) -> Vec<&'static HintKind> {
        self.session.hints(self.idle_span()).collect()
    }

    /// In how many seconds the next help is due.
    pub fn next_hint(&self) -> Option<f64> {
        if self.session.phase() != Phase::Acting {
            return None;
        }
        let idle = self.idle_span();
        let next = self.session.step().hints.iter().map(|hint| hint.after).find(|after| *after > idle)?;
        Some((next - idle).seconds())
    }

    fn idle_span(&self) -> Span {
        Span((self.idle.max(0.0) * 1e9) as u64)
    }

    /// So many seconds have passed without the learner doing anything.
    pub fn pass(&mut self, seconds: f64) {
        self.idle += seconds;
    }

    /// The learner did something.
    pub fn woke(&mut self) {
        self.idle = 0.0;
    }

    /// Plays on to a time, and stops where the lesson has something to say.
    pub fn advance(&mut self, playback: &mut Playback, to: Time, saved: &mut Saved) -> Option<Signal> {
        let signal = self.session.advance(playback, to);
        self.heard(signal, saved)
    }

    /// Looks at the run after it moved by hand.
    pub fn observe(&mut self, playback: &Playback, saved: &mut Saved) -> Option<Signal> {
        let signal = self.session.observe(playback);
        self.heard(signal, saved)
    }

    fn heard(&mut self, signal: Option<Signal>, saved: &mut Saved) -> Option<Signal> {
        if signal == Some(Signal::Done) {
            self.keep_progress(saved);
        }
        if signal.is_some() {
            self.idle = 0.0;
        }
        signal
    }

    fn keep_progress(&self, saved: &mut Saved) {
        let progress = saved.progress.entry(self.name().to_owned()).or_default();
        progress.done.insert(self.text().id.clone());
        progress.finished |= self.session.finished();
        let Some(Answer::Choice(at)) = self.session.answered() else { return };
        let choice = self.text().predict.as_ref().and_then(|prediction| prediction.choices.get(at));
        if let Some(choice) = choice {
            progress.predicted.insert(self.text().id.clone(), choice.text.clone());
        }
    }

    /// What the lesson's panel asked for. Answers whether the run should go on.
    ///
    /// # Errors
    /// The sentence to show when it could not be done.
    pub fn apply(
        &mut self,
        ask: &action::Lesson,
        playback: &mut Playback,
        saved: &mut Saved,
    ) -> Result<bool, String> {
        self.idle = 0.0;
        match ask {
            action::Lesson::Choose(at) => self.chosen = Some(*at),
            action::Lesson::Answer => return Ok(self.answer(saved)),
            action::Lesson::Next => {
                self.chosen = None;
                if self.phase() == Phase::Done {
                    self.keep_progress(saved);
                } else {
                    self.session.skip(playback);
                }
                let went = self.session.next(playback).map_err(|stuck| stuck.to_string())?;
                return Ok(went && self.phase() == Phase::Playing);
            }
            action::Lesson::Back => {
                self.chosen = None;
                self.session.back(playback);
            }
            action::Lesson::TakeMeBack => {
                self.chosen = None;
                self.session.take_back(playback);
                return Ok(self.phase() == Phase::Playing);
            }
            action::Lesson::DoIt => {
                self.session.press();
                return Ok(true);
            }
            action::Lesson::Begin(_) | action::Lesson::Leave => {}
        }
        Ok(false)
    }

    fn answer(&mut self, saved: &mut Saved) -> bool {
        let Some(at) = self.chosen else { return false };
        let choices = self.text().predict.as_ref().map_or(0, |prediction| prediction.choices.len());
        self.session.answer(if at < choices { Answer::Choice(at) } else { Answer::Unknown });
        if self.phase() == Phase::Done {
            self.keep_progress(saved);
        }
        // Where the learner's hand must act first, the run waits for it.
        self.phase() == Phase::Acting && self.text().solution.is_empty()
    }
}
