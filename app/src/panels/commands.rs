//! The list of what is done to the run: each command can be rewritten in its own words, switched off, moved, taken out.

use eframe::egui::{Key, ScrollArea, Ui};
use sim::TimedCommand;

use crate::action::{Action, Edit};
use crate::icons::Icon;
use crate::state::State;
use crate::theme::{self, space};
use crate::widgets::{self, Button};

/// The list, and the line that is being rewritten.
#[derive(Default)]
pub struct Commands {
    /// The line's place (or one past the last, for a new one), its text, and what is wrong with it.
    editing: Option<(usize, String, Option<String>)>,
}

impl Commands {
    /// The whole list.
    pub fn show(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        ui.label(theme::title("Commands"));
        ui.label(theme::secondary(ui, "Everything that is done to this run, in the order it is done"));
        ui.add_space(space::GAP);
        let commands = &state.playback.run().commands;
        if commands.is_empty() {
            ui.label(theme::soft(ui, "Nothing yet: what you do to the cluster stands here."));
        }
        ScrollArea::vertical().id_salt("commands").auto_shrink([false, true]).show(ui, |ui| {
            for (at, timed) in commands.iter().enumerate() {
                self.line_ui(ui, state, at, timed, actions);
            }
            if matches!(&self.editing, Some((at, ..)) if *at == commands.len()) {
                self.edit_ui(ui, state, actions);
            } else if Button::secondary("Add …").icon(Icon::Plus).show(ui).clicked() {
                let text = format!("{} ", state.playback.shown());
                self.editing = Some((commands.len(), text, None));
            }
        });
    }

    fn line_ui(
        &mut self,
        ui: &mut Ui,
        state: &State,
        at: usize,
        timed: &TimedCommand,
        actions: &mut Vec<Action>,
    ) {
        if matches!(&self.editing, Some((place, ..)) if *place == at) {
            return self.edit_ui(ui, state, actions);
        }
        let commands = &state.playback.run().commands;
        let text = line(timed);
        ui.horizontal(|ui| {
            let mut on = !timed.disabled;
            let name = format!("Do {text}");
            let check = ui.add(eframe::egui::Checkbox::without_text(&mut on));
            let check = eframe::egui::Response::accessible_name(check, name);
            if check.on_hover_text("Switch it off, and keep it in the list").changed() {
                actions.push(Action::Edit(Edit::Commands(with(commands, |list| list[at].disabled = !on))));
            }
            let words = theme::value(text.clone());
            let words =
                if timed.disabled { words.color(theme::palette(ui).faint).strikethrough() } else { words };
            let label = ui.add(eframe::egui::Button::new(words).frame(false).truncate());
            if label.on_hover_text("Rewrite it").clicked() {
                self.editing = Some((at, text.clone(), None));
            }
        });
        ui.horizontal(|ui| {
            ui.add_space(space::PART);
            if at > 0 && widgets::icon_button(ui, Icon::ArrowUp, &format!("Earlier: {text}"), "").clicked() {
                actions.push(Action::Edit(Edit::Commands(swapped(commands, at - 1, at))));
            }
            if at + 1 < commands.len()
                && widgets::icon_button(ui, Icon::ArrowDown, &format!("Later: {text}"), "").clicked()
            {
                actions.push(Action::Edit(Edit::Commands(swapped(commands, at, at + 1))));
            }
            if widgets::icon_button(ui, Icon::Flag, &format!("Go to {text}"), "").clicked() {
                actions.push(Action::Seek(timed.at));
            }
            if widgets::icon_button(ui, Icon::Close, &format!("Take out {text}"), "").clicked() {
                actions.push(Action::Edit(Edit::Commands(with(commands, |list| drop(list.remove(at))))));
            }
        });
    }

    fn edit_ui(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        let Some((at, mut text, mut wrong)) = self.editing.take() else { return };
        let field = widgets::text_field(ui, &mut text, "1.5s cut n1 | n2 n3", "Command");
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let mut keep = !(field.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)));
        if let Some(wrong) = &wrong {
            ui.label(theme::text(wrong.as_str()));
        }
        ui.horizontal(|ui| {
            if Button::primary("Set").show(ui).clicked() || entered {
                match read(state, &text) {
                    Ok(timed) => {
                        let commands = &state.playback.run().commands;
                        let edited = with(commands, |list| match list.get_mut(at) {
                            Some(old) => *old = TimedCommand { disabled: old.disabled, ..timed },
                            None => list.push(timed),
                        });
                        actions.push(Action::Edit(Edit::Commands(edited)));
                        keep = false;
                    }
                    Err(error) => wrong = Some(error),
                }
            }
            if Button::secondary("Leave it").show(ui).clicked() {
                keep = false;
            }
        });
        if keep {
            self.editing = Some((at, text, wrong));
        }
    }
}

/// A command as its line of the list: `1.5s cut n1 | n2 n3`.
fn line(timed: &TimedCommand) -> String {
    format!("{} {}", timed.at, timed.command)
}

/// Reads a line, and checks that this lab can do it.
fn read(state: &State, text: &str) -> Result<TimedCommand, String> {
    let timed = run::text::timed(text.trim()).map_err(|error| error.to_string())?;
    state.playback.check(&timed.command).map_err(|error| error.to_string())?;
    Ok(timed)
}

fn with(commands: &[TimedCommand], change: impl FnOnce(&mut Vec<TimedCommand>)) -> Vec<TimedCommand> {
    let mut list = commands.to_vec();
    change(&mut list);
    TimedCommand::sort(&mut list);
    list
}

/// Two neighbours with their moments exchanged: what was first is second.
fn swapped(commands: &[TimedCommand], first: usize, second: usize) -> Vec<TimedCommand> {
    let mut list = commands.to_vec();
    let (early, late) = (list[first].at, list[second].at);
    list.swap(first, second);
    list[first].at = early;
    list[second].at = late;
    list
}
