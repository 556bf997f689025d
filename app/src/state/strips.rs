//! What stands under the canvas: which of the lab's strips, or figures over the time of the run. Remembered per lab.

use run::plot::{self, Plot};
use sim::view::Strip;

use super::State;
use super::store::{PLOTS, Shelf};

/// The title of what is no strip of the lab's: curves over the time of the run.
pub const FIGURES: &str = "Figures";

impl State {
    /// What can stand under the canvas, the lab's strips first.
    pub fn strip_tabs(&self) -> Vec<&'static str> {
        let strips = self.view().strips.iter().map(|strip| strip.title);
        strips.chain(self.saved.layout.figures.then_some(FIGURES)).collect()
    }

    /// The title of what stands there; empty where there is nothing.
    pub fn strip_title(&self) -> &'static str {
        let tabs = self.strip_tabs();
        let chosen = self.shelf().map_or("", |shelf| shelf.strip.as_str());
        tabs.iter().find(|title| **title == chosen).or(tabs.first()).copied().unwrap_or_default()
    }

    /// The strip that stands there; none where figures do, or nothing.
    pub fn strip(&self) -> Option<&Strip> {
        let title = self.strip_title();
        self.view().strips.iter().find(|strip| strip.title == title)
    }

    /// Whether figures stand there.
    pub fn figures_shown(&self) -> bool {
        self.strip().is_none() && self.saved.layout.figures
    }

    fn shelf(&self) -> Option<&Shelf> {
        self.saved.layout.shelves.get(self.lab().about().id)
    }

    fn shelf_mut(&mut self) -> &mut Shelf {
        let lab = self.lab().about().id.to_owned();
        self.saved.layout.shelves.entry(lab).or_default()
    }

    /// Shows the strip of that title.
    pub(super) fn show_strip(&mut self, title: &str) {
        title.clone_into(&mut self.shelf_mut().strip);
        let layout = &mut self.saved.layout;
        (layout.logs, layout.logs_before_time) = (true, true);
        layout.figures |= title == FIGURES;
    }

    /// Shows what stands beside it.
    pub(super) fn next_strip(&mut self) {
        let tabs = self.strip_tabs();
        let at = tabs.iter().position(|title| *title == self.strip_title()).unwrap_or(0);
        match tabs.get((at + 1) % tabs.len().max(1)) {
            Some(next) if tabs.len() > 1 => self.show_strip(next),
            _ => self.toasts.say("This lab has one strip only"),
        }
    }

    /// Every plot that can be drawn now.
    pub fn plots(&self) -> Vec<Plot> {
        plot::all(self.lab(), self.playback.trace())
    }

    /// The names of those that are drawn.
    pub fn plots_chosen(&self) -> Vec<String> {
        match self.shelf().and_then(|shelf| shelf.plots.clone()) {
            Some(chosen) => chosen,
            None => plot::of_lab(self.lab()).into_iter().map(|plot| plot.id).collect(),
        }
    }

    /// Draws a plot, or no longer.
    pub(super) fn toggle_plot(&mut self, id: &str) {
        let mut chosen = self.plots_chosen();
        match chosen.iter().position(|known| known == id) {
            Some(at) => drop(chosen.remove(at)),
            None if chosen.len() >= PLOTS => {
                return self.toasts.say(format!("No more than {PLOTS} plots at once: take one away first"));
            }
            None => chosen.push(id.to_owned()),
        }
        self.shelf_mut().plots = Some(chosen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Action;
    use crate::state::store::Saved;
    use run::{Playback, Run};

    fn state() -> State {
        let mut saved = Saved::default();
        saved.layout.reveal_all();
        State::new(Playback::new(Run::new(catalog::LABS[0])), saved)
    }

    #[test]
    fn the_strip_chosen_is_remembered_per_lab() {
        let mut state = state();
        assert_eq!(state.strip_tabs(), ["Logs", FIGURES]);
        assert_eq!(state.strip_title(), "Logs");
        state.apply(Action::ShowStrip(FIGURES.to_owned()));
        assert!(state.figures_shown() && state.strip().is_none());
        let again = Saved::read(&state.to_save().write()).unwrap();
        assert_eq!(again.layout.shelves["raft"].strip, FIGURES);
        state.next_strip();
        assert_eq!(state.strip_title(), "Logs");
        state.apply(Action::ShowStrip("Ledger".to_owned()));
        assert_eq!(state.strip_title(), "Logs", "what the lab does not have is the first");
    }

    #[test]
    fn plots_are_taken_and_left() {
        let mut state = state();
        assert_eq!(state.plots_chosen(), ["operations", "latency"]);
        state.apply(Action::TogglePlot("latency".to_owned()));
        state.apply(Action::TogglePlot("measure elections".to_owned()));
        assert_eq!(state.plots_chosen(), ["operations", "measure elections"]);
        for number in 0..PLOTS + 3 {
            state.apply(Action::TogglePlot(format!("fact x {number}")));
        }
        assert_eq!(state.plots_chosen().len(), PLOTS);
    }

    #[test]
    fn in_a_lesson_figures_wait_until_they_are_needed() {
        let mut state = State::first(Saved::default());
        assert!(!state.strip_tabs().contains(&FIGURES) && !state.figures_shown());
        state.saved.layout.figures = true;
        assert!(state.strip_tabs().contains(&FIGURES));
    }
}
