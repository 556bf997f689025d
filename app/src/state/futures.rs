//! Other ways the run could go, or has gone: the branch that is compared with the one shown, and the futures that are tried
//! to find the point of no return.

use run::compare::{Difference, Other};
use run::fate::Plan;
use sim::{Moment, Time};

use super::State;
use crate::fates::Fates;

/// In a page, about so many events of futures a frame are tried; and of a branch that is compared.
const EVENTS_A_FRAME: u64 = 6_000;

/// What is asked of the futures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Looks for the point of no return of what broke first, by so many futures at each step.
    Begin(u32),
    /// Ends the looking with what there is.
    Stop,
    /// Puts it away.
    Forget,
    /// Opens, as a branch, a future of that step: one that breaks the promise, or one that does not.
    Open {
        /// The step.
        step: usize,
        /// Which of the two.
        breaks: bool,
    },
    /// Goes back to the run whose futures these are.
    Back,
    /// Compares the branch at this place with the one shown; no branch any more.
    Compare(Option<usize>),
}

/// A branch that is compared with the one shown.
struct Comparison {
    name: String,
    other: Other,
    /// The records it was compared with.
    rewritten: u64,
}

/// The state of them.
#[derive(Default)]
pub struct Futures {
    fates: Option<Fates>,
    comparison: Option<Comparison>,
}

impl State {
    pub(super) fn ask_futures(&mut self, ask: Ask) {
        match ask {
            Ask::Begin(futures) => match Plan::new(&self.playback, futures) {
                _ if self.is_held() => self.toasts.say("The run waits for your guess"),
                Some(plan) => {
                    self.stand();
                    self.futures.fates = Some(Fates::new(plan));
                }
                None => self.toasts.say("Nothing that this lab promises is broken here"),
            },
            Ask::Stop => {
                if let Some(fates) = &mut self.futures.fates {
                    fates.stop();
                }
            }
            Ask::Forget => self.futures.fates = None,
            Ask::Open { step, breaks } => self.open_future(step, breaks),
            Ask::Back => self.back_to_fated(),
            Ask::Compare(branch) => self.compare(branch),
        }
    }

    fn open_future(&mut self, step: usize, breaks: bool) {
        let Some(fates) = &self.futures.fates else { return };
        let (plan, points) = (fates.fate().plan(), fates.fate().points());
        let found = points.get(step).and_then(|point| if breaks { point.breaks } else { point.escapes });
        let future = found.and_then(|which| plan.future(step, which));
        let (Some(mut run), Some(at)) = (future, plan.steps().get(step).map(|step| step.at)) else {
            let which = if breaks { "ends so" } else { "escapes" };
            return self.toasts.say(format!("None of the futures tried from here {which}"));
        };
        if run.chaos == sim::chaos::Level::None {
            run.end = self.playback.run().end.max(run.end);
        }
        let name = format!("from {}: {}", at.at, if breaks { "broken again" } else { "it escapes" });
        self.stand();
        self.playback.branch_to(run, at);
        let branch = self.playback.current_branch();
        self.playback.rename_branch(branch, &name);
        self.forget_breaks();
        self.toasts.say("The same faults, and other luck from here on: play");
    }

    fn back_to_fated(&mut self) {
        let Some(fates) = &self.futures.fates else { return };
        let plan = fates.fate().plan();
        let mut run = plan.base().clone();
        if run.chaos == sim::chaos::Level::None {
            run.end = self.playback.run().end.max(run.end);
        }
        let at = Moment::end_of(plan.broken());
        // Where the very run is still a branch, that is gone to.
        let same = |branch: &run::Branch| {
            branch.run.setup().commands == run.setup().commands && branch.run.seed == run.seed
        };
        let known = self.playback.branches().iter().position(same);
        self.stand();
        match known {
            Some(branch) if branch != self.playback.current_branch() => {
                self.playback.switch_to(branch);
                self.playback.seek(at);
            }
            Some(_) => self.playback.seek(at),
            None => self.playback.branch_to(run, at),
        }
        self.forget_breaks();
    }

    fn compare(&mut self, branch: Option<usize>) {
        let chosen = branch.and_then(|at| self.playback.branches().get(at).map(|branch| (at, branch)));
        self.futures.comparison =
            chosen.filter(|(at, _)| *at != self.playback.current_branch()).map(|(_, branch)| Comparison {
                name: branch.name.clone(),
                other: Other::new(&branch.run),
                rewritten: self.playback.rewritten(),
            });
    }

    /// Goes on with what is tried and compared; whether more is to come.
    pub(super) fn advance_futures(&mut self) -> bool {
        let tried = self.futures.fates.as_mut().is_some_and(|fates| fates.advance(EVENTS_A_FRAME));
        let mut more = false;
        if let Some(comparison) = &mut self.futures.comparison {
            if comparison.rewritten != self.playback.rewritten() {
                comparison.other = Other::new(&comparison.other.run().clone());
                comparison.rewritten = self.playback.rewritten();
            }
            more = !comparison.other.work(self.playback.trace(), EVENTS_A_FRAME);
        }
        tried || more
    }

    /// What was tried, if anything is.
    pub fn fates(&self) -> Option<&Fates> {
        self.futures.fates.as_ref()
    }

    /// Whether the futures tried are those of the run that is shown.
    pub fn fates_are_of_this(&self) -> bool {
        self.fates().is_some_and(|fates| {
            let (base, run) = (fates.fate().plan().base(), self.playback.run());
            base.seed == run.seed
                && base.parameters == run.parameters
                && base.chaos == run.chaos
                && base.setup().commands == run.setup().commands
        })
    }

    /// The branch that is compared, and where it parts from the one shown, once that is found.
    pub fn compared(&self) -> Option<(&str, Option<&Difference>)> {
        let comparison = self.futures.comparison.as_ref()?;
        Some((comparison.name.as_str(), comparison.other.difference()))
    }

    /// What is marked on the time line: where a branch parts, the point of no return. Nothing while a prediction is open.
    pub fn notches(&self) -> Vec<(Time, String)> {
        if self.is_held() {
            return Vec::new();
        }
        let parts = self
            .compared()
            .and_then(|(name, difference)| Some((difference?.at, format!("parts from “{name}”"))));
        let fate = self.fates().filter(|_| self.fates_are_of_this()).map(Fates::fate);
        let jump = fate.and_then(|fate| {
            let jump = fate.jump()?;
            Some((fate.plan().steps().get(jump.step)?.at.at, "no return".to_owned()))
        });
        parts.into_iter().chain(jump).collect()
    }
}
