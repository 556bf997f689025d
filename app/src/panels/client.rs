//! The learner's own hand at a client: whose, what to ask, and send.

use eframe::egui::{Key, Ui};
use sim::{ActorId, Command};

use crate::action::Action;
use crate::state::State;
use crate::theme::{self, space};
use crate::widgets::{self, Button};

/// What is being asked.
#[derive(Default)]
pub struct Client {
    client: usize,
    verb: usize,
    words: String,
    wrong: Option<String>,
}

impl Client {
    /// The whole panel.
    pub fn show(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        let Self { client, verb, words, wrong } = self;
        ui.label(theme::title("Ask by hand"));
        ui.label(theme::secondary(ui, "Send a request now, as one of the clients"));
        ui.add_space(space::GAP);
        let actors = &state.playback.view().actors;
        let clients: Vec<ActorId> = actors.iter().map(|actor| actor.id).filter(|id| id.is_client()).collect();
        let verbs: Vec<_> = state.lab().verbs().iter().filter(|verb| verb.client).collect();
        if clients.is_empty() || verbs.is_empty() {
            ui.label(theme::soft(ui, "Nobody asks anything by hand in this lab."));
            return;
        }
        let names: Vec<String> = clients.iter().map(|id| state.name_of(*id)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        *client = (*client).min(clients.len() - 1);
        *verb = (*verb).min(verbs.len() - 1);
        if let Some(at) = widgets::segmented(ui, &names, *client) {
            *client = at;
        }
        ui.add_space(space::TIGHT);
        let verb_names: Vec<&str> = verbs.iter().map(|verb| verb.name).collect();
        if let Some(at) = widgets::segmented(ui, &verb_names, *verb) {
            (*verb, *wrong) = (at, None);
        }
        ui.add_space(space::TIGHT);
        let chosen = verbs[*verb];
        ui.label(theme::secondary(ui, chosen.doc));
        let hint = chosen.usage.split_whitespace().skip(2).collect::<Vec<_>>().join(" ");
        let field = widgets::text_field(ui, words, &hint, "What to ask for");
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        ui.add_space(space::TIGHT);
        if Button::primary("Send").tip("Ask at the moment shown").wide().show(ui).clicked() || entered {
            let text = format!("{} {} {}", chosen.name, clients[*client], words.trim());
            *wrong = match read(state, text.trim()) {
                Ok(command) => {
                    actions.push(Action::Do(command));
                    None
                }
                Err(error) => Some(error),
            };
        }
        if let Some(wrong) = wrong {
            ui.label(theme::text(wrong.as_str()));
        }
    }
}

fn read(state: &State, text: &str) -> Result<Command, String> {
    let command = sim::command::parse(text).map_err(|error| error.to_string())?;
    state.playback.check(&command).map_err(|error| error.to_string())?;
    Ok(command)
}
