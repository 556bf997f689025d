//! What is broken now, in chips above the canvas, each with the word that mends it; undo; the branches.

use eframe::egui::{Align, Layout, ScrollArea, Ui};

use super::branches::Branches;
use crate::action::{Action, Selection};
use crate::command::Command as Key;
use crate::state::State;
use crate::widgets::{self, Button};

/// The row of chips.
pub fn show(ui: &mut Ui, state: &State, branches: &mut Branches, actions: &mut Vec<Action>) {
    ui.horizontal_top(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            undo_ui(ui, state, actions);
            branches.show(ui, state, actions);
            let room = ui.available_size();
            ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Min).with_main_wrap(true), |ui| {
                ScrollArea::horizontal().id_salt("chips").auto_shrink([false, true]).show(ui, |ui| {
                    ui.horizontal(|ui| chips_ui(ui, state, actions));
                });
            });
        });
    });
}

fn chips_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    if let Some(of) = state.seen_by() {
        let chip = widgets::chip(ui, &format!("only what {} can know", state.name_of(of)), "see all");
        if chip.mend.clicked() {
            actions.push(Action::Window(Key::Knowledge));
        }
    }
    for broken in &state.playback.view().broken {
        let text = if broken.pothole && !broken.text.starts_with("pothole") {
            format!("pothole: {}", broken.text)
        } else {
            broken.text.clone()
        };
        let chip = widgets::chip(ui, &text, broken.verb);
        if chip.mend.clicked() {
            actions.push(Action::Mend(broken.mend.clone()));
        }
        if chip.mend.hovered() {
            actions.push(Action::Preview(Some(broken.mend.clone())));
        }
        if let (true, Some([actor])) = (chip.body.clicked(), broken.sides.first().map(Vec::as_slice)) {
            actions.push(Action::Select(Selection::Actor(*actor)));
        }
    }
}

fn undo_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let Some(what) = state.playback.can_undo() else { return };
    let tip = format!("Take back “{what}”; what it led to stays as a branch");
    if Button::secondary("Undo").tip(&tip).show(ui).clicked() {
        actions.push(Action::Window(Key::Undo));
    }
}
