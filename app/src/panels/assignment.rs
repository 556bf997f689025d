//! An assignment: the line under the top that says what is to be done, and the page on which one is made.

use eframe::egui::{Align, Label, Layout, Ui};

use crate::action::Action;
use crate::state::State;
use crate::state::condition;
use crate::state::linked::{Assignment, faults_of};
use crate::theme::{self, Verdict, space};
use crate::widgets::{self, Button};

/// The line: what is to be done, and whether it is.
pub fn line_ui(ui: &mut Ui, state: &State, assignment: &Assignment, actions: &mut Vec<Action>) {
    ui.horizontal_centered(|ui| {
        let verdict = if assignment.done.is_some() { Verdict::Holds } else { Verdict::Open };
        let words = if assignment.done.is_some() { "Done" } else { "To do" };
        widgets::verdict_lamp(ui, verdict, words);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button(ui, crate::icons::Icon::Close, "Leave the assignment", "").clicked() {
                actions.push(Action::Assign(None));
            }
            if assignment.done.is_some() && Button::primary("Hand in").show(ui).clicked() {
                actions.push(Action::Copy(state.assignment_link()));
                actions.push(Action::Say(
                    "The link is on the clipboard: who opens it sees that it is done".to_owned(),
                ));
            }
            if let Some(most) = assignment.faults {
                let told = format!("{} of {most} faults", faults_of(state.playback.run()));
                ui.label(theme::secondary(ui, told));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let label = ui.add(Label::new(theme::text(assignment.task.as_str())).truncate());
                label.on_hover_text(format!("It is done when {}", assignment.goal));
            });
        });
    });
}

/// The page's own state: what was typed.
#[derive(Default)]
pub struct Page {
    task: String,
    goal: String,
    faults: u32,
    wrong: Option<String>,
}

impl Page {
    /// Shows it.
    pub fn show(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        ui.label(theme::soft(
            ui,
            "A link that opens this run at this moment and asks for something. Who has done it hands in a link that shows it.",
        ));
        ui.add_space(space::GAP);
        ui.label(theme::heading("What is to be done?"));
        widgets::text_field(ui, &mut self.task, "Cause a stale read with one fault", "What is to be done");
        ui.label(theme::heading("When is it done?"));
        widgets::text_field(ui, &mut self.goal, condition::EXAMPLES[2], "When it is done");
        ui.horizontal_wrapped(|ui| {
            ui.label(theme::secondary(ui, "For example"));
            for example in condition::EXAMPLES {
                if widgets::text_link(ui, example).clicked() {
                    self.goal = (*example).to_owned();
                }
            }
        });
        ui.label(theme::heading("With how many faults?"));
        let names = ["any number", "1", "2", "3", "4", "5"];
        if let Some(at) = widgets::segmented(ui, &names, self.faults as usize) {
            self.faults = at as u32;
        }
        if let Some(wrong) = &self.wrong {
            ui.label(theme::text(wrong.as_str()));
        }
        ui.add_space(space::GAP);
        if Button::primary("Copy its link").show(ui).clicked() {
            match Assignment::new(&self.task, &self.goal, (self.faults > 0).then_some(self.faults)) {
                Ok(assignment) => {
                    self.wrong = None;
                    let link = format!("{}{}", state.playback.link(), assignment.words());
                    actions.push(Action::Copy(link));
                    actions.push(Action::Assign(Some(Box::new(assignment))));
                    actions.push(Action::Say("The link is on the clipboard".to_owned()));
                }
                Err(wrong) => self.wrong = Some(wrong),
            }
        }
    }
}
