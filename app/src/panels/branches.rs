//! The ways this run has gone: each can be gone to, named, compared with the one shown, thrown away.

use eframe::egui::{Key, Popup, PopupCloseBehavior, ScrollArea, Ui};

use crate::action::{Action, Edit};
use crate::icons::Icon;
use crate::state::State;
use crate::state::futures::Ask;
use crate::theme::{self, space};
use crate::widgets::{self, Button};

/// The list, and the name that is being written.
#[derive(Default)]
pub struct Branches {
    naming: Option<Naming>,
}

/// A name that is being written.
struct Naming {
    /// Of the branch at this place of the list.
    place: usize,
    text: String,
    /// It was only just asked for: what is typed next goes here.
    fresh: bool,
}

impl Branches {
    /// The button, and under it the list; nothing while the run has gone one way only.
    pub fn show(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        let branches = state.playback.branches();
        if branches.len() < 2 {
            self.naming = None;
            return;
        }
        let name = format!("{} branches", branches.len());
        let button = widgets::icon_button(ui, Icon::Branch, &name, "");
        let popup = Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        popup.show(|ui| {
            ui.set_max_width(340.0);
            ui.label(theme::heading("The ways this run has gone"));
            ScrollArea::vertical().id_salt("branches").max_height(320.0).show(ui, |ui| {
                for at in 0..branches.len() {
                    self.branch_ui(ui, state, at, actions);
                }
            });
            difference_ui(ui, state, actions);
        });
    }

    fn branch_ui(&mut self, ui: &mut Ui, state: &State, at: usize, actions: &mut Vec<Action>) {
        let branch = &state.playback.branches()[at];
        if let Some(Naming { mut text, fresh, .. }) = self.naming.take_if(|naming| naming.place == at) {
            let field = widgets::text_field(ui, &mut text, "its name", "Name of the branch");
            if fresh {
                field.request_focus();
            }
            let done = Button::secondary("Name it").show(ui).clicked();
            if done || field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
                actions.push(Action::Edit(Edit::NameBranch(at, text)));
            } else {
                self.naming = Some(Naming { place: at, text, fresh: false });
            }
            return;
        }
        let current = at == state.playback.current_branch();
        ui.horizontal(|ui| {
            let row = Button::secondary(&branch.name).selected(current);
            let tip = match branch.left {
                Some(left) => {
                    format!("left the one it came from at {}; was left at {}", left.at, branch.shown.at)
                }
                None => "how it went first".to_owned(),
            };
            if row.tip(&tip).show(ui).clicked() && !current {
                actions.push(Action::Edit(Edit::Branch(at)));
                ui.close();
            }
            if widgets::text_link(ui, "name").on_hover_text(format!("Name “{}”", branch.name)).clicked() {
                self.naming = Some(Naming { place: at, text: branch.name.clone(), fresh: true });
            }
            if current {
                return;
            }
            if widgets::text_link(ui, "compare").on_hover_text("Mark where the two part").clicked() {
                actions.push(Action::Futures(Ask::Compare(Some(at))));
            }
            if widgets::icon_button(ui, Icon::Close, &format!("Throw away {}", branch.name), "").clicked() {
                actions.push(Action::Edit(Edit::ForgetBranch(at)));
            }
        });
    }
}

/// Where the branch that is compared parts from this one.
fn difference_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let Some((name, difference)) = state.compared() else { return };
    widgets::hairline_across(ui);
    let Some(difference) = difference else {
        ui.label(theme::secondary(ui, format!("Beside “{name}”: the same so far")));
        return;
    };
    ui.label(theme::heading(format!("This and “{name}” part at {}", difference.at)));
    for (which, told) in [("here", &difference.here), ("there", &difference.there)] {
        let told = told.as_deref().unwrap_or("nothing more happens");
        ui.label(theme::text(format!("{which}: {told}")));
    }
    ui.add_space(space::TIGHT);
    ui.horizontal(|ui| {
        if Button::primary("Go there").show(ui).clicked() {
            actions.push(Action::ShowEvent(difference.event));
            ui.close();
        }
        if Button::secondary("No longer compare").show(ui).clicked() {
            actions.push(Action::Futures(Ask::Compare(None)));
        }
    });
}
