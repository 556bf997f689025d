//! Going to another run without losing this one, trying something aside, and asking when a promise broke: what a lesson
//! needs of a playback.

use super::Playback;
use crate::judge::LiveVerdict;
use crate::run::Run;
use sim::ids::EventId;
use sim::time::{Moment, Time};

impl Playback {
    /// Shows this run at this moment; what is here now stays as a branch. Where nothing differs but the moment, it is
    /// only shown.
    pub fn branch_to(&mut self, run: Run, shown: Moment) {
        if run != self.run {
            self.replace(run, "back", true);
        }
        self.show(shown);
    }

    /// Makes this the run, as a step that can be undone, on a branch of its own of this name, and goes to this moment:
    /// [`Playback::work`] takes it there.
    pub fn open_beside(&mut self, run: Run, to: Moment, name: &str) {
        if run != self.run {
            self.replace(run, name, true);
        }
        self.seek(to);
    }

    /// The same run at the same moment, to try something aside. Branches and undo do not come along.
    pub fn fork(&self) -> Playback {
        let mut fork = Playback::new(self.run.clone());
        fork.show(self.shown);
        fork
    }

    /// When, and at which event, a guarantee or an invariant of that name broke, if it had by the moment shown.
    pub fn broken_at(&self, name: &str) -> Option<(Time, EventId)> {
        let promise = self.promises().iter().find(|promise| promise.guarantee == name);
        if let Some(breach) = promise.and_then(|promise| promise.broken.as_ref()) {
            return Some((breach.at, breach.event));
        }
        // What a history is can be asked of any lab, whether it promises that or not.
        if promise.is_none() && name == "linearizable" {
            return match self.verdict() {
                LiveVerdict::Broken { at, event, .. } => Some((*at, *event)),
                _ => None,
            };
        }
        let standing = self.standings().into_iter().find(|(invariant, _)| invariant.name == name)?.1;
        standing.broken.map(|(event, at, _)| (at, event))
    }
}
