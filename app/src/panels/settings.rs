//! The lab's parameters and potholes, the seed, the chaos: what the run is made of.

use sim::ordered::SortedMap;

use eframe::egui::{Key, Ui};
use sim::chaos::Level;
use sim::parameter::{Kind, Parameter, Value};

use crate::action::{Action, Edit};
use crate::state::State;
use crate::state::breaking::Ask;
use crate::theme::{self, space};
use crate::widgets::{self, Button};

/// What is being typed, by parameter.
#[derive(Default)]
pub struct Settings {
    typed: SortedMap<&'static str, String>,
}

const LEVELS: &[(Level, &str)] =
    &[(Level::None, "none"), (Level::Low, "low"), (Level::Medium, "medium"), (Level::High, "high")];

impl Settings {
    /// The whole panel.
    pub fn show(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        ui.label(theme::title("Settings and potholes"));
        ui.label(theme::secondary(ui, "A pothole is a classic mistake, put in on purpose"));
        ui.add_space(space::GAP);
        potholes_ui(ui, state, actions);
        widgets::hairline_across(ui);
        for parameter in state.lab().parameters().iter().filter(|parameter| !parameter.pothole) {
            self.parameter_ui(ui, state, parameter, actions);
        }
        widgets::hairline_across(ui);
        self.run_ui(ui, state, actions);
    }

    fn parameter_ui(
        &mut self,
        ui: &mut Ui,
        state: &State,
        parameter: &'static Parameter,
        actions: &mut Vec<Action>,
    ) {
        let value = value_of(state, parameter);
        let name = words(parameter.id);
        let mut set =
            |text: &str| actions.push(Action::Edit(Edit::Parameter(format!("{}={text}", parameter.id))));
        let doc = if parameter.live {
            parameter.doc.to_owned()
        } else {
            format!("{} Changing it starts the run afresh, as a branch.", parameter.doc)
        };
        match (parameter.kind, value) {
            (Kind::Switch, Value::Switch(on)) => {
                if widgets::toggle_row(ui, on, &name).on_hover_text(doc).clicked() {
                    set(if on { "off" } else { "on" });
                }
            }
            (Kind::Choice(choices), Value::Choice(at)) => {
                ui.label(theme::text(name)).on_hover_text(doc);
                if let Some(chosen) = widgets::segmented(ui, choices, usize::from(at)) {
                    set(choices[chosen]);
                }
            }
            _ => {
                let written = parameter.write(value);
                ui.label(theme::text(format!("{name}, {}", range(parameter)))).on_hover_text(doc);
                if let Some(text) = self.typed_ui(ui, parameter.id, &name, &written) {
                    set(&text);
                }
            }
        }
        ui.add_space(space::TIGHT);
    }

    /// A field that shows `current` until somebody types; what was entered, once it was.
    fn typed_ui(&mut self, ui: &mut Ui, id: &'static str, name: &str, current: &str) -> Option<String> {
        let mut text = self.typed.remove(id).unwrap_or_else(|| current.to_owned());
        let field = widgets::text_field(ui, &mut text, current, name);
        if field.lost_focus() {
            let escaped = ui.input(|input| input.key_pressed(Key::Escape));
            return (!escaped && text.trim() != current).then(|| text.trim().to_owned());
        }
        if field.has_focus() {
            self.typed.insert(id, text);
        }
        None
    }

    fn run_ui(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        let shown = state.playback.run();
        ui.label(theme::heading("The run"));
        ui.label(theme::text("seed"))
            .on_hover_text("Every draw of the run comes from it: the same seed, the same run");
        if let Some(text) = self.typed_ui(ui, "seed", "Seed", &shown.seed.to_string()) {
            actions.push(match run::text::seed(&text) {
                Ok(seed) => Action::Edit(Edit::Seed(seed)),
                Err(wrong) => Action::Say(wrong.to_string()),
            });
        }
        if Button::secondary("Another seed").show(ui).clicked() {
            actions.push(Action::Edit(Edit::Seed((shown.seed + 1) % run::run::SEED_LIMIT)));
        }
        ui.add_space(space::GAP);
        ui.label(theme::text("chaos")).on_hover_text(
            "Faults drawn by the seed, among those this lab claims to stand; healed at 80 % of the run",
        );
        let names: Vec<&str> = LEVELS.iter().map(|(_, name)| *name).collect();
        let chosen = LEVELS.iter().position(|(level, _)| *level == shown.chaos).unwrap_or(0);
        if let Some(at) = widgets::segmented(ui, &names, chosen) {
            actions.push(Action::Edit(Edit::Chaos(LEVELS[at].0)));
        }
        ui.add_space(space::GAP);
        ui.label(theme::text("length"));
        let length = sim::Span(shown.end.0).written();
        if let Some(text) = self.typed_ui(ui, "for", "Length of the run", &length) {
            actions.push(Action::Edit(Edit::Length(text)));
        }
        branches_ui(ui, state, actions);
    }
}

fn branches_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let branches = state.playback.branches();
    if branches.len() < 2 {
        return;
    }
    ui.add_space(space::GAP);
    ui.label(theme::heading("Branches"));
    for (at, branch) in branches.iter().enumerate() {
        ui.horizontal(|ui| {
            if widgets::text_link(ui, &branch.name).clicked() {
                actions.push(Action::Edit(Edit::Branch(at)));
            }
            let name = format!("Forget {}", branch.name);
            if widgets::icon_button(ui, crate::icons::Icon::Close, &name, "").clicked() {
                actions.push(Action::Edit(Edit::ForgetBranch(at)));
            }
        });
    }
}

fn potholes_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    for pothole in state.lab().potholes() {
        let Some((assignment, on)) = standing(state, pothole.set) else { continue };
        let breaks = format!("Breaks: {}", pothole.breaks.join(", "));
        if widgets::toggle_row(ui, on, pothole.title).on_hover_text(breaks.as_str()).clicked() {
            actions.push(Action::Edit(Edit::Parameter(assignment)));
        }
        if on && widgets::text_link(ui, "Break it for me").on_hover_text(breaks).clicked() {
            actions.extend(pothole.breaks.first().map(|name| Action::Breaking(Ask::BeginWith(name))));
        }
    }
}

/// The assignment that turns a pothole on or off, whichever it is not, and whether it is on.
fn standing(state: &State, set: &str) -> Option<(String, bool)> {
    let (id, value) = set.split_once('=')?;
    let parameter = state.lab().parameters().iter().find(|parameter| parameter.id == id)?;
    let on = parameter.write(value_of(state, parameter)) == value;
    let other = if on { parameter.write(parameter.default) } else { value.to_owned() };
    Some((format!("{id}={other}"), on))
}

/// The value in force at the moment shown.
fn value_of(state: &State, parameter: &Parameter) -> Value {
    state.playback.parameters().get(parameter.id).unwrap_or(parameter.default)
}

fn words(id: &str) -> String {
    id.replace('_', " ")
}

fn range(parameter: &Parameter) -> String {
    if parameter.unit.is_empty() {
        parameter.range()
    } else {
        format!("{} {}", parameter.range(), parameter.unit)
    }
}
