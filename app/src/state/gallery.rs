//! A gallery of infamous failures: mistakes that real systems and papers have made or warned of, each as a run that still
//! shows it. A run lies beside as a text that begins with four lines: its title, what happens, where it is known from, and
//! what it breaks.

use run::{Playback, Run};
use sim::{Moment, Span, Time};

use super::State;
use super::pace::Motion;

/// The texts, in the order they are shown.
const TEXTS: &[&str] = &[
    include_str!("../../gallery/two-leaders.txt"),
    include_str!("../../gallery/stale-leader.txt"),
    include_str!("../../gallery/members-change-too-early.txt"),
    include_str!("../../gallery/forgotten-write.txt"),
    include_str!("../../gallery/old-term-counted.txt"),
    include_str!("../../gallery/lease-and-clock.txt"),
    include_str!("../../gallery/deleted-returns.txt"),
    include_str!("../../gallery/newest-wins.txt"),
    include_str!("../../gallery/abort-in-doubt.txt"),
    include_str!("../../gallery/half-a-transfer.txt"),
    include_str!("../../gallery/paid-twice.txt"),
    include_str!("../../gallery/too-few-witnesses.txt"),
];

/// A run is played from so long before anything is done to it.
const BEFORE: Span = Span::millis(400);

/// A failure of the gallery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What it is called.
    pub title: &'static str,
    /// What happens.
    pub told: &'static str,
    /// Where it is known from.
    pub source: &'static str,
    /// The guarantee or invariant that it breaks.
    pub breaks: &'static str,
    /// The run.
    text: &'static str,
}

/// All of them.
pub fn all() -> impl Iterator<Item = Failure> {
    TEXTS.iter().filter_map(|text| Failure::of(text))
}

impl Failure {
    fn of(text: &'static str) -> Option<Failure> {
        let at = text.find("potholes ")?;
        let mut lines = text[..at].lines().map(|line| line.trim_start_matches('#').trim());
        let (title, told, source) = (lines.next()?, lines.next()?, lines.next()?);
        let breaks = lines.next()?.strip_prefix("breaks:")?.trim();
        Some(Failure { title, told, source, breaks, text: &text[at..] })
    }

    /// The run.
    ///
    /// # Errors
    /// The sentence to show when this version cannot read it.
    pub fn run(&self) -> Result<Run, String> {
        Run::parse(self.text).map(|opened| opened.run).map_err(|wrong| wrong.to_string())
    }

    /// What it is played from: a little before anything is done to it.
    fn start(run: &Run) -> Moment {
        let first = run.commands.first().map_or(Time::ZERO, |first| first.at.at);
        Moment::at(Time(first.0.saturating_sub(BEFORE.0)))
    }

    /// The link that opens it and plays, without `#`.
    pub fn link(&self) -> Option<String> {
        let run = self.run().ok()?;
        Some(format!("{}&play", run.to_link(Failure::start(&run), None)))
    }
}

impl State {
    /// Opens a failure of the gallery, and plays it.
    pub(super) fn play_failure(&mut self, title: &str) {
        let Some(failure) = all().find(|failure| failure.title == title) else { return };
        match failure.run() {
            Ok(run) => {
                let start = Failure::start(&run);
                self.playback = Playback::new(run);
                self.playback.seek(start);
                self.show_afresh();
                self.saved.layout.reveal_all();
                self.pace.motion = Motion::Forwards;
            }
            Err(wrong) => self.toasts.say(format!("{title}: {wrong}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use run::hunt::{Goal, look};

    #[test]
    fn each_still_shows_its_violation() {
        assert_eq!(all().count(), TEXTS.len());
        for failure in all() {
            let run = failure.run().unwrap_or_else(|wrong| panic!("{}: {wrong}", failure.title));
            let goal = Goal::parse(&run, failure.breaks).unwrap();
            let (broken, _) = look(&run, goal);
            let again = format!(
                "{}: “{}” holds; find it anew: potholes break {} --guarantee {} --set {} --for 8s --save FILE",
                failure.title,
                failure.breaks,
                run.lab_id(),
                failure.breaks.replace(' ', "-"),
                run.parameters.changed().join(" --set ")
            );
            let broken = broken.unwrap_or_else(|| panic!("{again}"));
            assert!(
                matches!(broken.blame, run::Blame::Pothole { .. }),
                "{}: {:?}",
                failure.title,
                broken.blame
            );
        }
    }

    #[test]
    fn a_failure_is_told_whole_and_its_link_plays_it_to_the_break() {
        for failure in all() {
            assert!(failure.told.ends_with('.') && failure.source.ends_with('.'), "{}", failure.title);
        }
        let failure = all().next().unwrap();
        let mut state = State::restore(super::super::store::Saved::default());
        state.open_text(&failure.link().unwrap()).unwrap();
        let broken = |state: &State, name: &str| state.playback.broken_at(name).is_some();
        let mut frames = 0;
        // It stops at whatever breaks first, and goes on from there when asked.
        while !broken(&state, failure.breaks) {
            state.pace.motion = Motion::Forwards;
            while state.tick(0.1) {
                frames += 1;
                assert!(frames < 20_000, "it stops where it breaks");
            }
            let invariants = state.playback.standings();
            assert!(invariants.iter().any(|(_, standing)| standing.broken.is_some()), "it stops at a break");
        }
        let (at, _) = state.playback.broken_at(failure.breaks).unwrap();
        assert!(state.playback.shown().at >= at);
    }
}
