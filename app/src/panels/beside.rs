//! Side by side: what stands beside the run, both verdicts, and where they first differ.

use eframe::egui::{Key, Popup, Ui};
use run::{LiveVerdict, Playback};

use super::verdict::capital;
use crate::action::Action;
use crate::state::State;
use crate::state::beside::{Ask, Beside, Change, Difference, name};
use crate::theme::{self, Verdict, space};
use crate::widgets::{self, Button};

/// The panel's own state: what is being typed.
#[derive(Default)]
pub struct Panel {
    typed: String,
}

impl Panel {
    /// The whole panel.
    pub fn show(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        ui.label(theme::title("Side by side"));
        ui.label(theme::secondary(
            ui,
            "Another run beside this one: the same seed, the same faults, one thing changed. What you do here is done there.",
        ));
        ui.add_space(space::GAP);
        if let Some(beside) = &state.beside {
            compared_ui(ui, state, beside, actions);
            widgets::hairline_across(ui);
        }
        self.form_ui(ui, state, actions);
    }

    fn form_ui(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        let mut compare = |change| actions.push(Action::Beside(Ask::Compare(change)));
        ui.label(theme::heading("Another setting"));
        let picker = widgets::picker(ui, "A pothole, on or off", "");
        Popup::menu(&picker).show(|ui| {
            for pothole in state.lab().potholes() {
                if ui.button(pothole.title).clicked() {
                    compare(Change::Setting(other_way(state, pothole.set)));
                    ui.close();
                }
            }
        });
        ui.add_space(space::TIGHT);
        let field = widgets::text_field(ui, &mut self.typed, "nodes=7", "A setting and its value");
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if entered && self.typed.contains('=') {
            compare(Change::Setting(self.typed.trim().to_owned()));
        }
        ui.add_space(space::GAP);
        ui.label(theme::heading("Another lab"));
        for lab in catalog::LABS.iter().filter(|lab| lab.about().id != state.lab().about().id) {
            if Button::secondary(lab.about().title).wide().show(ui).clicked() {
                compare(Change::Lab(lab.about().id));
            }
        }
    }
}

/// The assignment that changes a pothole: on where it is off, off where it is on.
fn other_way(state: &State, set: &str) -> String {
    let Some((id, value)) = set.split_once('=') else { return set.to_owned() };
    let parameters = &state.playback.run().parameters;
    let Some(parameter) = state.lab().parameters().iter().find(|parameter| parameter.id == id) else {
        return set.to_owned();
    };
    let on = parameters.get(id).is_some_and(|now| parameter.write(now) == value);
    if on { format!("{id}={}", parameter.write(parameter.default)) } else { set.to_owned() }
}

fn compared_ui(ui: &mut Ui, state: &State, beside: &Beside, actions: &mut Vec<Action>) {
    ui.label(theme::heading("Verdicts"));
    let title = state.lab().about().title;
    side_ui(ui, &format!("Left, {title}"), &state.playback);
    let name = name(beside.change(), beside.other().lab());
    side_ui(ui, &format!("Right, {name}"), beside.other());
    ui.add_space(space::GAP);
    let same_lab = matches!(beside.change(), Change::Setting(_));
    if same_lab {
        difference_ui(ui, "First difference", beside.inside(), actions);
    }
    difference_ui(ui, "First difference a client sees", beside.seen(), actions);
    if beside.left_out() > 0 {
        let told = format!("{} of the commands mean nothing to {name}.", beside.left_out());
        ui.label(theme::secondary(ui, told));
    }
    ui.add_space(space::GAP);
    if Button::secondary("This run alone").wide().show(ui).clicked() {
        actions.push(Action::Beside(Ask::Stop));
    }
}

/// A side's name, and how each of its promises stands.
fn side_ui(ui: &mut Ui, name: &str, playback: &Playback) {
    ui.label(theme::soft(ui, name));
    for promise in playback.promises() {
        let verdict = match promise.holds {
            Some(true) => Verdict::Holds,
            Some(false) => Verdict::Broken,
            None => Verdict::Open,
        };
        let row = widgets::promise_row(ui, verdict, &capital(&promise.guarantee.replace('-', " ")));
        if let Some(broken) = &promise.broken {
            row.on_hover_text(format!("{}: {}", broken.at, broken.sentence));
        }
    }
}

fn difference_ui(ui: &mut Ui, head: &str, difference: Option<&Difference>, actions: &mut Vec<Action>) {
    ui.label(theme::heading(head));
    let Some(difference) = difference else {
        ui.label(theme::secondary(ui, "None so far."));
        return;
    };
    if widgets::moment_row(ui, &difference.at.to_string(), &format!("left: {}", difference.here)).clicked() {
        actions.push(Action::Beside(Ask::ToDifference(difference.at)));
    }
    if widgets::moment_row(ui, &difference.at.to_string(), &format!("right: {}", difference.there)).clicked()
    {
        actions.push(Action::Beside(Ask::ToDifference(difference.at)));
    }
}

/// What stands over a canvas: whose it is, and its verdict.
pub fn head_ui(ui: &mut Ui, name: &str, playback: &Playback, promised: bool) {
    ui.horizontal(|ui| {
        ui.label(theme::name(name));
        let (verdict, words) = match playback.verdict() {
            LiveVerdict::Holds { .. } => (Verdict::Holds, "Linearizable so far"),
            LiveVerdict::Broken { .. } if !promised => (Verdict::Open, "Not linearizable, nor promised"),
            LiveVerdict::Broken { .. } => (Verdict::Broken, "Not linearizable"),
            LiveVerdict::NotDecided { .. } => (Verdict::Open, "Not decided yet"),
        };
        widgets::verdict_line(ui, verdict, words);
    });
}
