//! A history from a file, in place of the run: its lanes, its claims with their proofs, the same controls of time.

use check::check::Claim;
use eframe::egui::{Align, CentralPanel, Frame, Layout, Margin, Panel, ScrollArea, Ui, vec2};

use super::{models, top};
use crate::action::{Action, Page, Selection};
use crate::command::Command as Key;
use crate::icons::{self, Icon};
use crate::state::history::{Ask, History};
use crate::theme::{self, Size, Verdict, space};
use crate::timeline::{self, Timeline};
use crate::widgets::{self, Button};

/// The view's own state.
#[derive(Default)]
pub struct View {
    timeline: Timeline,
    name: String,
}

impl View {
    /// Shows the history that is open. `phone`: one column.
    pub fn show(&mut self, ui: &mut Ui, history: &History, phone: bool, actions: &mut Vec<Action>) {
        if self.name != history.name() {
            *self = Self { name: history.name().to_owned(), ..Self::default() };
        }
        let bar = Frame::new().fill(theme::palette(ui).panel).inner_margin(Margin::symmetric(12, 0));
        let height = if phone { 52.0 } else { space::TOP_LINE };
        Panel::top("history top")
            .exact_size(height)
            .frame(bar)
            .show(ui, |ui| top_ui(ui, history, phone, actions));
        if phone {
            let bar = Frame::new().fill(theme::palette(ui).raised).inner_margin(Margin::symmetric(16, 0));
            Panel::bottom("history controls").exact_size(60.0).frame(bar).show(ui, |ui| {
                ui.horizontal_centered(|ui| controls_ui(ui, history, actions));
            });
            let told = theme::panel_frame(ui).inner_margin(Margin::symmetric(16, 8));
            let share = ui.available_height() * 0.45;
            Panel::bottom("history claims").exact_size(share).frame(told).show(ui, |ui| {
                claims_ui(ui, history, actions);
            });
        } else {
            let told =
                theme::panel_frame(ui).inner_margin(Margin { left: 16, right: 12, top: 16, bottom: 8 });
            let width = space::INSPECTOR_WIDTH + 40.0;
            Panel::right("history claims").exact_size(width).resizable(false).frame(told).show(ui, |ui| {
                claims_ui(ui, history, actions);
            });
        }
        CentralPanel::default()
            .frame(theme::canvas_frame(ui))
            .show(ui, |ui| self.time_ui(ui, history, actions));
    }

    fn time_ui(&mut self, ui: &mut Ui, history: &History, actions: &mut Vec<Action>) {
        let proof = history.proof();
        let story = history.story();
        let shown = timeline::Shown {
            proof: &proof,
            broken_at: history.broken_at(),
            ..timeline::Shown::new(story, history.moment(), story.end, history.selection())
        };
        let wanted = timeline::height(story).clamp(160.0, ui.available_height().max(160.0));
        let asked =
            ui.allocate_ui(vec2(ui.available_width(), wanted), |ui| self.timeline.show(ui, shown)).inner;
        actions.extend(asked.into_iter().map(|action| match action {
            Action::Seek(moment) => Action::History(Ask::Seek(moment)),
            Action::Select(selection) => Action::History(Ask::Select(selection)),
            Action::ShowEvent(event) => Action::History(Ask::Flag(event.0)),
            other => other,
        }));
    }
}

fn top_ui(ui: &mut Ui, history: &History, phone: bool, actions: &mut Vec<Action>) {
    ui.horizontal_centered(|ui| {
        let (rect, _) = ui.allocate_exact_size(theme::square(ui), eframe::egui::Sense::hover());
        let colour = theme::palette(ui).leader;
        icons::paint(ui.painter(), Icon::Logo, rect.center(), space::ICON_LARGE, colour);
        if !phone {
            ui.label(theme::name(history.name()));
            ui.label(theme::secondary(ui, about(history)));
            ui.add_space(space::WIDE);
            controls_ui(ui, history, actions);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button(ui, Icon::Close, "Back to the run", "").clicked() {
                actions.push(Action::History(Ask::Close));
            }
            if widgets::icon_button(ui, Icon::Theme, Key::Theme.entry().label, "").clicked() {
                actions.push(Action::Window(Key::Theme));
            }
            lamp_ui(ui, history);
            if phone {
                ui.add(eframe::egui::Label::new(theme::name(history.name())).truncate());
            }
        });
    });
}

fn about(history: &History) -> String {
    let count = history.story().operations.len();
    format!("{count} operations, {}", history.format())
}

/// The verdict at the moment shown: what is broken later is not yet.
fn lamp_ui(ui: &mut Ui, history: &History) {
    let Some(judged) = history.judged() else { return };
    let broken = history.broken_at().is_some_and(|at| at <= history.moment().at);
    let name = history.chosen().map(|chosen| chosen.name().replace('-', " ")).unwrap_or_default();
    let all_hold = judged.claims().iter().all(|claim| claim.holds == Some(true));
    let (verdict, words) = match (broken, history.broken_at(), judged.is_done()) {
        (true, ..) => (Verdict::Broken, format!("Not {name}")),
        (false, Some(at), _) => (Verdict::Holds, format!("Not broken before {at}")),
        (false, None, true) if all_hold => (Verdict::Holds, "All hold".to_owned()),
        (false, None, true) => (Verdict::Open, "Not all decided".to_owned()),
        (false, None, false) => (Verdict::Open, format!("Judged {:.0} %", judged.share() * 100.0)),
    };
    widgets::verdict_lamp(ui, verdict, &words);
}

fn controls_ui(ui: &mut Ui, history: &History, actions: &mut Vec<Action>) {
    let mut press = |clicked: bool, key: Key| {
        if clicked {
            actions.push(Action::Window(key));
        }
    };
    for key in [Key::ToStart, Key::StepBack] {
        press(top::icon_of(ui, key).clicked(), key);
    }
    let (icon, name) = if history.plays() { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
    let key = Key::PlayOrPause;
    press(widgets::round_button(ui, icon, name, &key.key(ui.ctx())).clicked(), key);
    for key in [Key::Step, Key::ToEnd] {
        press(top::icon_of(ui, key).clicked(), key);
    }
    ui.add_space(space::GAP);
    let now = history.moment().at.to_string();
    ui.label(eframe::egui::RichText::new(now).font(theme::values_medium(Size::Name)));
}

fn claims_ui(ui: &mut Ui, history: &History, actions: &mut Vec<Action>) {
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        selected_ui(ui, history);
        if let Some(why_not) = history.why_not_judged() {
            widgets::verdict_line(ui, Verdict::Open, "Cannot be judged");
            ui.label(theme::text(why_not));
            return;
        }
        let Some(judged) = history.judged() else { return };
        ui.label(theme::title("What it keeps"));
        if !judged.is_done() {
            ui.label(theme::secondary(ui, format!("Judged {:.0} %", judged.share() * 100.0)));
        }
        let chosen = history.chosen();
        for claim in judged.claims() {
            claim_ui(ui, claim, chosen == Some(claim.guarantee), actions);
        }
        ui.add_space(space::GAP);
        if Button::secondary(Key::Models.entry().label).wide().show(ui).clicked() {
            actions.push(Action::Open(Some(Page::Models)));
        }
        notes_ui(ui, history);
    });
}

fn claim_ui(ui: &mut Ui, claim: &Claim, chosen: bool, actions: &mut Vec<Action>) {
    let verdict = match claim.holds {
        Some(true) => Verdict::Holds,
        Some(false) => Verdict::Broken,
        None => Verdict::Open,
    };
    let name = super::verdict::capital(&claim.guarantee.name().replace('-', " "));
    let name = if verdict == Verdict::Open { format!("{name}: not decided") } else { name };
    if widgets::promise_row(ui, verdict, &name).clicked() {
        actions.push(Action::History(Ask::Choose(claim.guarantee)));
    }
    if !chosen {
        return;
    }
    if let Some(evidence) = &claim.evidence {
        models::evidence_ui(ui, evidence);
    }
    let witness = claim.witness.as_ref().map(|witness| witness.sentence.as_str());
    if let Some(told) = witness.or(claim.undecided.as_deref()) {
        ui.label(theme::secondary(ui, told));
    }
}

/// What was clicked on the time line.
fn selected_ui(ui: &mut Ui, history: &History) {
    let Selection::Operation(id) = history.selection() else { return };
    let operations = &history.story().operations;
    let Some(operation) = usize::try_from(id.0).ok().and_then(|at| operations.get(at)) else { return };
    let lane = history.story().lane(operation.client).map_or("", |lane| &*lane.name);
    ui.label(theme::title(operation.told()));
    let told = match operation.completed {
        Some(at) => format!("{lane} asked at {}; answered at {at}", operation.invoked),
        None => format!("{lane} asked at {}; no answer in the file", operation.invoked),
    };
    ui.label(theme::secondary(ui, told));
    widgets::key_value(ui, "outcome", &format!("{:?}", operation.outcome).to_lowercase());
    widgets::hairline_across(ui);
}

fn notes_ui(ui: &mut Ui, history: &History) {
    ui.add_space(space::GAP);
    if !history.is_timed() {
        ui.label(theme::secondary(ui, "The file has no clock: its events stand evenly apart."));
    }
    let Some(judged) = history.judged() else { return };
    let imported = judged.imported();
    let guessed = if imported.guessed { ", guessed from the operations" } else { "" };
    ui.label(theme::secondary(ui, format!("Judged as: {}{guessed}.", imported.model)));
    for note in &imported.notes {
        ui.label(theme::secondary(ui, note.as_str()));
    }
}
