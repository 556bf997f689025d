//! The palette: one line that finds every lab, lesson, node, fault, command, parameter and word; and opens a link that is
//! pasted into it.

use eframe::egui::{Align2, Area, Id, Key, Modal, RichText, ScrollArea, Ui, vec2};
use sim::ActorId;

use crate::action::{Action, Edit, Lesson, Page, Selection};
use crate::command::Command as Key_;
use crate::state::{State, faults, lesson};
use crate::theme::{self, Size, space};
use crate::widgets;

/// The open palette: what was typed, and which entry is marked.
#[derive(Default)]
pub struct Palette {
    open: bool,
    fresh: bool,
    query: String,
    marked: usize,
}

/// Something that can be found.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What is searched and shown.
    pub label: String,
    /// What kind of thing it is.
    pub kind: &'static str,
    /// Its key.
    pub key: String,
    /// What choosing it asks for.
    pub actions: Vec<Action>,
    /// Opens this link or run text.
    pub opens: Option<String>,
}

/// Entries shown at once; more are found by typing on.
const AT_MOST: usize = 40;

impl Palette {
    /// Opens it, empty.
    pub fn open(&mut self) {
        *self = Self { open: true, fresh: true, ..Self::default() };
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Shows it while it is open. A pasted link comes back as text.
    pub fn show(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) -> Option<String> {
        if !self.open {
            return None;
        }
        let mut chosen = None;
        let width = (ui.content_rect().width() - 2.0 * space::WIDE).clamp(200.0, 560.0);
        let below_the_top = ui.content_rect().height() * 0.12;
        let area = Area::new(Id::unique("palette area")).anchor(Align2::CENTER_TOP, vec2(0.0, below_the_top));
        let area = area.order(eframe::egui::Order::Foreground);
        let modal = Modal::new(Id::unique("palette")).area(area).show(ui.ctx(), |ui| {
            ui.set_width(width);
            let (up, down) = ui.input_mut(|input| {
                let none = eframe::egui::Modifiers::NONE;
                (input.consume_key(none, Key::ArrowUp), input.consume_key(none, Key::ArrowDown))
            });
            let field = widgets::text_field(
                ui,
                &mut self.query,
                "A lab, a lesson, a node, a fault, a command",
                "Search",
            );
            if self.fresh {
                field.request_focus();
                self.fresh = false;
            }
            if field.changed() {
                self.marked = 0;
            }
            let found = found(&self.query, entries(ui, state));
            self.marked = match (up, down) {
                (true, _) => self.marked.saturating_sub(1),
                (_, true) => self.marked + 1,
                _ => self.marked,
            }
            .min(found.len().saturating_sub(1));
            let entered = ui.input(|input| input.key_pressed(Key::Enter));
            ui.add_space(space::TIGHT);
            ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
                for (at, entry) in found.iter().enumerate() {
                    let marked = at == self.marked;
                    let row = entry_ui(ui, entry, marked);
                    if marked && (up || down) {
                        row.scroll_to_me(None);
                    }
                    if row.clicked() || marked && entered {
                        chosen = Some(entry.clone());
                    }
                }
                if found.is_empty() {
                    ui.label(theme::soft(ui, "Nothing is called that here."));
                }
            });
        });
        if modal.should_close() || chosen.is_some() {
            self.open = false;
        }
        let entry = chosen?;
        actions.extend(entry.actions);
        entry.opens
    }
}

fn entry_ui(ui: &mut Ui, entry: &Entry, marked: bool) -> eframe::egui::Response {
    let kind = RichText::new(entry.kind).font(theme::words(Size::Secondary, theme::Weight::Regular));
    let kind = kind.color(theme::palette(ui).soft);
    let atoms = (
        theme::text(entry.label.as_str()),
        eframe::egui::Atom::grow(),
        kind,
        RichText::new(entry.key.as_str()).monospace(),
    );
    let button = eframe::egui::Button::new(atoms).selected(marked).frame_when_inactive(marked);
    ui.add_sized(vec2(ui.available_width(), theme::control_height(ui)), button)
}

fn entry(label: impl Into<String>, kind: &'static str, action: Action) -> Entry {
    Entry { label: label.into(), kind, key: String::new(), actions: vec![action], opens: None }
}

/// Everything that can be found at this moment.
fn entries(ui: &Ui, state: &State) -> Vec<Entry> {
    let mut all = Vec::new();
    for key in Key_::ALL.iter().filter(|key| **key != Key_::Palette) {
        let shown = Entry {
            key: key.key(ui.ctx()),
            ..entry(key.entry().label, key.entry().topic.name(), Action::Window(*key))
        };
        if key.needs_somebody() && state.selection.actors().is_empty() {
            continue;
        }
        all.push(shown);
    }
    for (name, title) in lesson::all() {
        all.push(entry(title, "Lesson", Action::Lesson(Lesson::Begin(name))));
    }
    for lab in catalog::LABS {
        let about = lab.about();
        all.push(entry(format!("{} {}", about.title, about.subtitle), "Lab", Action::OpenLab(about.id)));
    }
    actors_of(state, &mut all);
    for pothole in state.lab().potholes() {
        let action = Action::Edit(Edit::Parameter(pothole.set.to_owned()));
        all.push(entry(pothole.title, "Pothole", action));
    }
    for parameter in state.lab().parameters().iter().filter(|parameter| !parameter.pothole) {
        let label = parameter.id.replace('_', " ");
        all.push(entry(label, "Parameter", Action::Window(Key_::Parameters)));
    }
    for (word, _) in state.lab().glossary() {
        all.push(entry(*word, "Word", Action::Open(Some(Page::Words))));
    }
    all
}

/// Every node and client, and what can be done to it.
fn actors_of(state: &State, all: &mut Vec<Entry>) {
    for actor in &state.playback.view().actors {
        let name = state.name_of(actor.id);
        let label =
            if actor.headline.is_empty() { name.clone() } else { format!("{name}: {}", actor.headline) };
        all.push(entry(label, "Select", Action::Select(Selection::Actor(actor.id))));
        for key in [Key_::Crash, Key_::PauseNode, Key_::Slow] {
            if let Some(command) = faults::one(key, actor, state.lab()) {
                all.push(entry(
                    format!("{} {name}", faults::label(key, actor)),
                    "Fault",
                    Action::Do(command),
                ));
            }
        }
        if actor.id.is_node() {
            let cut = faults::cut_off(&[actor.id], state.playback.view());
            let label = if matches!(cut, sim::Command::Mend(_)) {
                format!("Mend {name}")
            } else {
                format!("Cut off {name}")
            };
            all.push(entry(label, "Fault", Action::Do(cut)));
            more_of(state, actor.id, &name, all);
        }
    }
}

fn more_of(state: &State, actor: ActorId, name: &str, all: &mut Vec<Entry>) {
    let groups = [
        faults::clock_choices(actor).into_iter().map(|choice| ("clock: ", choice)).collect::<Vec<_>>(),
        faults::disk_choices(actor).into_iter().map(|choice| ("disk: ", choice)).collect(),
        faults::more_choices(actor, state.lab()).into_iter().map(|choice| ("", choice)).collect(),
    ];
    for (group, choice) in groups.into_iter().flatten() {
        all.push(entry(
            format!("{name}, {group}{}", choice.label.to_lowercase()),
            "Fault",
            Action::Do(choice.command),
        ));
    }
}

/// The entries that fit the query, best first. A command in the run's own words, or a link, is an entry too.
fn found(query: &str, all: Vec<Entry>) -> Vec<Entry> {
    let query = query.trim();
    let mut first = Vec::new();
    if looks_like_a_link(query) {
        let label = "Open this run".to_owned();
        first.push(Entry {
            label,
            kind: "Link",
            key: String::new(),
            actions: Vec::new(),
            opens: Some(query.to_owned()),
        });
    } else if let Ok(command) = sim::command::parse(query) {
        first.push(entry(format!("Do: {command}"), "Command", Action::Do(command)));
    }
    let mut scored: Vec<(u32, Entry)> =
        all.into_iter().filter_map(|entry| Some((score(query, &entry.label)?, entry))).collect();
    scored.sort_by_key(|(score, _)| *score);
    first.extend(scored.into_iter().map(|(_, entry)| entry));
    first.truncate(AT_MOST);
    first
}

fn looks_like_a_link(text: &str) -> bool {
    text.starts_with('#') || text.starts_with("http") || text.starts_with("potholes ")
}

/// How well a label fits, lower is better; none where a letter is missing. Letters must come in order; those at the start
/// of a word, and those in a row, count for more.
pub fn score(query: &str, label: &str) -> Option<u32> {
    let label: Vec<char> = label.to_lowercase().chars().collect();
    let mut at = 0;
    let mut cost = 0;
    let mut last: Option<usize> = None;
    for wanted in query.to_lowercase().chars().filter(|character| !character.is_whitespace()) {
        let rest = &label[at..];
        let starts = |place: usize| place == 0 || !label[place - 1].is_alphanumeric();
        let next = rest.first().is_some_and(|character| *character == wanted).then_some(at);
        let word = || (at..label.len()).find(|place| label[*place] == wanted && starts(*place));
        let any = || (at..label.len()).find(|place| label[*place] == wanted);
        let place = next.filter(|_| last.is_some() || starts(at)).or_else(word).or_else(any)?;
        cost += match last {
            Some(last) if place == last + 1 => 0,
            _ if starts(place) => 2,
            _ => 8 + (place - at) as u32,
        };
        last = Some(place);
        at = place + 1;
    }
    Some(cost * 4 + (label.len() as u32).min(80) / 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_in_order_are_found_and_words_come_first() {
        assert_eq!(score("xyz", "Crash n1"), None);
        assert!(score("crash 2", "Crash n2").is_some());
        let best = |query: &str, labels: &[&'static str]| {
            let mut labels = labels.to_vec();
            labels.sort_by_key(|label| score(query, label).unwrap_or(u32::MAX));
            labels[0]
        };
        assert_eq!(best("cut n1", &["Cut off n2", "Cut off n1", "The count of n1"]), "Cut off n1");
        assert_eq!(best("pl", &["Copy link", "Play", "Step"]), "Play");
        assert_eq!(best("cl", &["Clock", "Copy link", "Cut off the leader"]), "Clock");
    }

    #[test]
    fn a_link_and_a_command_are_entries_of_their_own() {
        assert_eq!(found("#1abc", Vec::new())[0].opens.as_deref(), Some("#1abc"));
        assert_eq!(found("crash n2", Vec::new())[0].kind, "Command");
        assert!(found("nothing like it", Vec::new()).is_empty());
    }
}
