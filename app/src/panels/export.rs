//! The box for exports: which kind of file, which stretch of the run, what it is called.

use eframe::egui::{Id, Key, Modal, Ui};
use run::export::{Format, Window};
use sim::{Span, Time};

use crate::action::Action;
use crate::export::Ask;
use crate::files;
use crate::state::State;
use crate::theme::{self, space};
use crate::widgets::{self, Button};

/// The open box.
#[derive(Default)]
pub struct Export {
    open: bool,
    format: usize,
    window: String,
    causes: bool,
    name: String,
    /// What the time line showed when it was opened.
    seen: Option<String>,
    wrong: Option<String>,
}

/// A stretch as it is written.
fn written(from: Time, to: Time) -> String {
    format!("{}..{}", Span(from.0).written(), Span(to.0).written())
}

impl Export {
    /// Opens it, for all that was played, or for what is asked about.
    pub fn open(&mut self, state: &State, seen: Option<(Time, Time)>) {
        let end = state.playback.story().end;
        self.open = true;
        self.wrong = None;
        self.window = written(Time::ZERO, end);
        self.seen = seen.filter(|(from, to)| from < to).map(|(from, to)| written(from, to.min(end)));
        self.causes = state.causes().is_some();
        self.rename(state);
    }

    fn format(&self) -> Format {
        Format::ALL[self.format.min(Format::ALL.len() - 1)]
    }

    /// A name for the file: the lab and the seed, in the folder where downloads go.
    fn rename(&mut self, state: &State) {
        let run = state.playback.run();
        let name = format!("{}-{}{}", run.lab_id(), run.seed, self.format().ending());
        self.name = files::folder().join(name).to_string_lossy().into_owned();
    }

    /// Shows it while it is open.
    pub fn show(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        if !self.open {
            return;
        }
        let mut done = false;
        let modal = Modal::new(Id::unique("export")).show(ui.ctx(), |ui| {
            ui.set_max_width(480.0_f32.min(ui.content_rect().width() - 2.0 * space::WIDE));
            ui.label(theme::title("Export"));
            self.kind_ui(ui, state);
            self.stretch_ui(ui, state);
            ui.add_space(space::TIGHT);
            ui.label(theme::heading("File"));
            let field = widgets::text_field(ui, &mut self.name, "raft.svg", "File");
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if let Some(wrong) = &self.wrong {
                ui.label(theme::text(wrong.as_str()));
            }
            ui.add_space(space::GAP);
            ui.horizontal(|ui| {
                if Button::primary("Save").show(ui).clicked() || entered {
                    match self.ask() {
                        Ok(ask) => {
                            actions.push(Action::Export(ask));
                            done = true;
                        }
                        Err(wrong) => self.wrong = Some(wrong),
                    }
                }
                done |= Button::secondary("Leave it").show(ui).clicked();
            });
        });
        if modal.should_close() || done {
            self.open = false;
        }
    }

    fn kind_ui(&mut self, ui: &mut Ui, state: &State) {
        ui.add_space(space::TIGHT);
        for (at, format) in Format::ALL.iter().enumerate() {
            if widgets::choice_row(ui, at == self.format, format.name()).clicked() {
                self.format = at;
                self.rename(state);
            }
        }
    }

    fn stretch_ui(&mut self, ui: &mut Ui, state: &State) {
        ui.add_space(space::TIGHT);
        ui.label(theme::heading("Stretch of the run"));
        widgets::text_field(ui, &mut self.window, "1s..2.5s", "Stretch of the run");
        ui.horizontal_wrapped(|ui| {
            let playback = &state.playback;
            let (end, now) = (playback.story().end, playback.shown().at);
            let second = 1_000_000_000;
            let around = written(Time(now.0.saturating_sub(second)), Time(now.0 + second).min(end));
            let whole = written(Time::ZERO, end);
            let seen = self.seen.clone().map(|seen| ("what the time line shows", seen));
            for (label, window) in [Some(("all of it", whole)), seen, Some(("a second around now", around))]
                .into_iter()
                .flatten()
            {
                if widgets::text_link(ui, label).clicked() {
                    self.window = window;
                }
            }
        });
        if state.causes().is_some()
            && widgets::toggle_row(ui, self.causes, "Only what led to what is selected, and what followed")
                .clicked()
        {
            self.causes = !self.causes;
        }
    }

    fn ask(&self) -> Result<Ask, String> {
        self.window.parse::<Window>().map_err(|wrong| wrong.to_string())?;
        let name = self.name.trim();
        if name.is_empty() {
            return Err("The file needs a name".to_owned());
        }
        // The kind that was chosen is the kind that is written, whatever the name was made into.
        let named = Format::of_file(name).is_ok_and(|format| format == self.format());
        let name = if named { name.to_owned() } else { format!("{name}{}", self.format().ending()) };
        Ok(Ask { format: self.format(), window: self.window.clone(), causes: self.causes, name })
    }
}
