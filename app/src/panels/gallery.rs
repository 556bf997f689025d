//! The gallery of infamous failures: each opens as a run, and plays to where it breaks.

use eframe::egui::Ui;

use crate::action::Action;
use crate::state::gallery;
use crate::theme::{self, space};
use crate::widgets::{self, Button};

/// The page.
pub fn show(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.label(theme::soft(
        ui,
        "Mistakes that real systems have made, or that papers warn of. Each is a run: step through it, mend it, break it otherwise.",
    ));
    ui.add_space(space::GAP);
    for failure in gallery::all() {
        theme::card_frame(ui).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            let lab = failure.run().map(|run| run.lab().about().title).unwrap_or_default();
            ui.label(theme::overline(ui, lab));
            ui.label(theme::name(failure.title));
            ui.label(theme::text(failure.told));
            ui.label(theme::secondary(ui, format!("Breaks: {}. {}", failure.breaks, failure.source)));
            ui.add_space(space::TIGHT);
            ui.horizontal(|ui| {
                let name = format!("Play {}", failure.title);
                let play = Button::primary("Play it").show(ui);
                ui.ctx().accesskit_node_builder(play.id, |node| node.set_label(name));
                if play.clicked() {
                    actions.push(Action::PlayFailure(failure.title));
                }
                if widgets::text_link(ui, "Copy link").clicked() {
                    actions.extend(failure.link().map(Action::Copy));
                    actions.push(Action::Say(
                        "The link is on the clipboard: it opens this run and plays it".to_owned(),
                    ));
                }
            });
        });
        ui.add_space(space::GAP);
    }
}
