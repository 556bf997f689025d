//! The program in the window, and what it does without one.

use crate::shell::Workbench;

/// The program in the window.
pub type Bench = potholes::App;

/// Makes it; the address it was opened with may name a run.
pub fn create(cc: &eframe::CreationContext<'_>, link: Option<&str>) -> Bench {
    potholes::App::new(cc, link)
}

/// A run without the window: JSON in, JSON out, errors included.
pub fn run_json(request: &str) -> String {
    run::run_json(request)
}

impl Workbench for potholes::App {
    fn link(&self) -> String {
        potholes::App::link(self)
    }

    fn state_json(&self) -> String {
        potholes::App::state_json(self)
    }

    fn commands(&self) -> usize {
        self.state().playback.run().commands.len()
    }

    fn open(&mut self, link: &str) {
        if let Err(told) = self.open_link(link) {
            self.state_mut().toasts.say(told);
        }
    }
}
