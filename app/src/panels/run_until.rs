//! The box for "run until": a condition, in the lessons' language.

use eframe::egui::{Id, Key, Modal, Ui};

use crate::action::Action;
use crate::state::condition;
use crate::theme::{self, space};
use crate::widgets::{self, Button};

/// The open box: what was typed, and what is wrong with it.
#[derive(Default)]
pub struct RunUntil {
    open: bool,
    fresh: bool,
    text: String,
    wrong: Option<String>,
}

impl RunUntil {
    /// Opens it; what was typed last is still there.
    pub fn open(&mut self) {
        (self.open, self.fresh, self.wrong) = (true, true, None);
    }

    /// Shows it while it is open.
    pub fn show(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        if !self.open {
            return;
        }
        let mut done = false;
        let modal = Modal::new(Id::unique("run until")).show(ui.ctx(), |ui| {
            ui.set_max_width(440.0_f32.min(ui.content_rect().width() - 2.0 * space::WIDE));
            ui.label(theme::title("Run until"));
            ui.label(theme::secondary(ui, "The run goes on until this holds, or to its end"));
            ui.add_space(space::TIGHT);
            let field = widgets::text_field(ui, &mut self.text, condition::EXAMPLES[0], "Condition");
            if std::mem::take(&mut self.fresh) {
                field.request_focus();
            }
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if let Some(wrong) = &self.wrong {
                ui.label(theme::text(wrong.as_str()));
            }
            ui.horizontal_wrapped(|ui| {
                ui.label(theme::secondary(ui, "For example"));
                for example in condition::EXAMPLES {
                    if widgets::text_link(ui, example).clicked() {
                        self.text = (*example).to_owned();
                    }
                }
            });
            ui.add_space(space::GAP);
            ui.horizontal(|ui| {
                if Button::primary("Run").show(ui).clicked() || entered {
                    match condition::read(&self.text) {
                        Ok(_) => {
                            actions.push(Action::RunUntil(self.text.clone()));
                            done = true;
                        }
                        Err(error) => self.wrong = Some(error),
                    }
                }
                done |= Button::secondary("Leave it").show(ui).clicked();
            });
        });
        if modal.should_close() || done {
            self.open = false;
        }
    }
}
