//! The pages that lie over the desk: labs, lessons, the field guide, words, keys and preferences.

use eframe::egui::{Frame, Grid, Id, Margin, Modal, ScrollArea, Ui, vec2};

use super::{assignment, figures, gallery, models};
use crate::action::{Action, Lesson, Page};
use crate::command::{Command as Key, Topic};
use crate::icons::Icon;
use crate::state::store::{Preferences, ThemeChoice};
use crate::state::{State, lesson};
use crate::theme::{self, space};
use crate::widgets::{self, Button};

/// What pages keep for themselves: what was laid out, what is being typed.
#[derive(Default)]
pub struct Pages {
    figures: figures::Page,
    models: models::Page,
    assignment: assignment::Page,
}

/// Shows the page that is open. Answers changed preferences.
pub fn show(ui: &mut Ui, state: &State, pages: &mut Pages, actions: &mut Vec<Action>) -> Option<Preferences> {
    let page = state.page?;
    let mut preferences = state.saved.preferences.clone();
    let room = ui.content_rect().size();
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(space::PANEL_MARGIN));
    let modal = Modal::new(Id::unique("page")).frame(frame).show(ui.ctx(), |ui| {
        let widest = match page {
            Page::Figures => figures::WIDEST,
            Page::Models => models::WIDEST,
            _ => 620.0,
        };
        ui.set_width((room.x - 4.0 * space::WIDE).clamp(200.0, widest));
        ui.horizontal(|ui| {
            ui.label(theme::title(title(page)));
            ui.with_layout(eframe::egui::Layout::right_to_left(eframe::egui::Align::Center), |ui| {
                if widgets::icon_button(ui, Icon::Close, "Close", "Esc").clicked() {
                    actions.push(Action::Open(None));
                }
            });
        });
        ui.add_space(space::GAP);
        let large = matches!(page, Page::Figures | Page::Models);
        let tall = (room.y - if large { 110.0 } else { 160.0 }).max(120.0);
        // As tall as there is room, where there is more to see.
        ScrollArea::vertical().max_height(tall).min_scrolled_height(tall).show(ui, |ui| match page {
            Page::Labs => labs_ui(ui, actions),
            Page::Lessons => lessons_ui(ui, state, actions),
            Page::FieldGuide => field_guide_ui(ui, state, actions),
            Page::Words => words_ui(ui, state),
            Page::Settings => preferences_ui(ui, &mut preferences),
            Page::Figures => pages.figures.show(ui, state, actions),
            Page::Models => pages.models.show(ui, state, actions),
            Page::Gallery => gallery::show(ui, actions),
            Page::Assignment => pages.assignment.show(ui, state, actions),
        });
    });
    if modal.should_close() {
        actions.push(Action::Open(None));
    }
    (preferences != state.saved.preferences).then_some(preferences)
}

const fn title(page: Page) -> &'static str {
    match page {
        Page::Labs => "Labs",
        Page::Lessons => "Lessons",
        Page::FieldGuide => "Field guide",
        Page::Words => "Words",
        Page::Settings => "Keys and preferences",
        Page::Figures => "Figures",
        Page::Models => "Map of models",
        Page::Gallery => "Gallery of failures",
        Page::Assignment => "Make an assignment",
    }
}

fn labs_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    for lab in catalog::LABS {
        let about = lab.about();
        theme::card_frame(ui).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.label(theme::overline(ui, about.family));
            ui.label(theme::name(format!("{}, {}", about.title, about.subtitle)));
            ui.label(theme::text(about.summary));
            ui.label(theme::secondary(ui, about.source));
            ui.add_space(space::TIGHT);
            ui.horizontal(|ui| {
                if Button::primary(&format!("Open {}", about.title)).show(ui).clicked() {
                    actions.push(Action::OpenLab(about.id));
                }
                if !about.lesson.is_empty() && Button::secondary("Its lesson").show(ui).clicked() {
                    actions.push(Action::Lesson(Lesson::Begin(about.lesson.to_owned())));
                }
            });
        });
        ui.add_space(space::GAP);
    }
}

fn lessons_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    for (name, title) in lesson::all() {
        let progress = state.saved.progress.get(&name);
        let told = match progress {
            Some(progress) if progress.finished => "done".to_owned(),
            Some(progress) if !progress.done.is_empty() => format!("{} steps done", progress.done.len()),
            _ => "five to ten minutes".to_owned(),
        };
        ui.horizontal(|ui| {
            if widgets::text_link(ui, &title).clicked() {
                actions.push(Action::Lesson(Lesson::Begin(name.clone())));
            }
            ui.label(theme::secondary(ui, told));
        });
    }
    widgets::hairline_across(ui);
    ui.horizontal(|ui| {
        for key in [Key::Labs, Key::Gallery, Key::FieldGuide, Key::First] {
            if widgets::text_link(ui, key.entry().label).on_hover_text(key.entry().tooltip).clicked() {
                actions.push(Action::Open(None));
                actions.push(Action::Window(key));
            }
        }
    });
}

fn field_guide_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    if state.saved.field_guide.is_empty() {
        ui.label(theme::soft(
            ui,
            "Break a promise, and it is written down here with a link that shows it again.",
        ));
    }
    for note in state.saved.field_guide.iter().rev() {
        ui.label(theme::text(note.sentence.as_str()));
        ui.horizontal(|ui| {
            ui.label(theme::secondary(ui, note.lab.as_str()));
            if widgets::text_link(ui, "Show it again").clicked() {
                actions.push(Action::OpenText(note.link.clone()));
            }
            if widgets::text_link(ui, "Copy link").clicked() {
                actions.push(Action::Copy(note.link.clone()));
            }
        });
        ui.add_space(space::GAP);
    }
}

fn words_ui(ui: &mut Ui, state: &State) {
    for (word, meaning) in state.lab().glossary() {
        ui.label(theme::heading(*word));
        ui.label(theme::text(*meaning));
        ui.add_space(space::TIGHT);
    }
    let about = state.lab().about();
    ui.label(theme::secondary(ui, about.source));
}

const THEMES: &[(ThemeChoice, &str)] =
    &[(ThemeChoice::System, "as the system"), (ThemeChoice::Dark, "dark"), (ThemeChoice::Light, "light")];
const SCALES: &[(f32, &str)] =
    &[(1.0, "100 %"), (1.25, "125 %"), (1.5, "150 %"), (2.0, "200 %"), (3.0, "300 %")];

fn preferences_ui(ui: &mut Ui, preferences: &mut Preferences) {
    let names: Vec<&str> = THEMES.iter().map(|(_, name)| *name).collect();
    let chosen = THEMES.iter().position(|(choice, _)| *choice == preferences.theme).unwrap_or(0);
    ui.label(theme::heading("Theme"));
    if let Some(at) = widgets::segmented(ui, &names, chosen) {
        preferences.theme = THEMES[at].0;
    }
    ui.add_space(space::TIGHT);
    ui.label(theme::heading("Text"));
    let names: Vec<&str> = SCALES.iter().map(|(_, name)| *name).collect();
    let chosen = SCALES.iter().position(|(scale, _)| (*scale - preferences.text_scale).abs() < 0.01);
    if let Some(at) = widgets::segmented(ui, &names, chosen.unwrap_or(usize::MAX)) {
        preferences.text_scale = SCALES[at].0;
    }
    ui.add_space(space::TIGHT);
    let switches = [
        (&mut preferences.letter_keys, "Single letters are keys"),
        (&mut preferences.reduced_motion, "Nothing but the clock moves"),
        (&mut preferences.touch, "Controls as large as a finger"),
    ];
    for (on, name) in switches {
        if widgets::toggle_row(ui, *on, name).clicked() {
            *on = !*on;
        }
    }
    widgets::hairline_across(ui);
    for topic in Topic::ALL {
        ui.label(theme::heading(topic.name()));
        Grid::new(topic.name()).num_columns(2).spacing(vec2(space::WIDE, space::TIGHT)).show(ui, |ui| {
            let keys =
                Key::ALL.iter().filter(|key| key.entry().topic == *topic && !key.entry().keys.is_empty());
            for key in keys {
                widgets::keycap(ui, &key.key(ui.ctx()));
                ui.label(theme::text(key.entry().label)).on_hover_text(key.entry().tooltip);
                ui.end_row();
            }
        });
        ui.add_space(space::GAP);
    }
    ui.label(theme::secondary(
        ui,
        "1 to 9 select a node; with Shift they mark it as well. Esc selects nothing.",
    ));
}
