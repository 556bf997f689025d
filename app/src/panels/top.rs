//! The line on top: where am I, the controls with one big button, the moment, the verdict in words, search.

use std::borrow::Cow;

use check::names::Guarantee;
use eframe::egui::{Align, Layout, Popup, Response, RichText, Ui, vec2};
use run::LiveVerdict;
use sim::lab::Mode;

use crate::action::{Action, Page, Selection, Tab};
use crate::command::Command as Key;
use crate::icons::{self, Icon};
use crate::state::State;
use crate::state::pace::{FACTORS, Motion};
use crate::theme::{self, Size, Verdict, space};
use crate::widgets;

/// So much the two lamps take with all their words.
const LAMPS_WIDTH: f32 = 344.0;
/// What the line takes in any case: logo, controls, clock, lamps in short, icons.
const LINE_WIDTH: f32 = 690.0;
/// From this room on there is a slider for the pace, and what it takes.
const PACE_FROM: f32 = 820.0;
const PACE_WIDTH: f32 = 165.0;
/// What must be left beside the pace, or there is none: clock, lamps in short, icons.
const BESIDE_PACE: f32 = 400.0;
/// From this room on the palette's button has words, and what they take.
const SEARCH_FROM: f32 = 1180.0;
const SEARCH_WIDTH: f32 = 80.0;

/// What the button takes that says that the moment lies in the past, where it does.
fn past_width(state: &State) -> f32 {
    if state.playback.in_past() { 62.0 } else { 0.0 }
}

/// The whole line, for a desk.
pub fn show(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let room = ui.available_width();
    ui.horizontal_centered(|ui| {
        logo_ui(ui, room > 560.0, actions);
        if state.is_first() {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| corner_ui(ui, state, room, actions));
            return;
        }
        lab_ui(ui, state, room, actions);
        ui.add_space(if room > 1100.0 { space::GAP } else { 0.0 });
        controls_ui(ui, state, actions);
        // A lab with a long name takes the pace's room.
        if room > PACE_FROM && ui.available_width() > PACE_WIDTH + BESIDE_PACE + past_width(state) {
            pace_ui(ui, state, actions);
        }
        ui.add_space(space::GAP);
        clock_ui(ui, state, actions);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            corner_ui(ui, state, room, actions);
            if state.saved.layout.verdict {
                ui.add_space(space::TIGHT);
                let wide = ui.available_width() > LAMPS_WIDTH;
                invariants_lamp(ui, state, wide, actions);
                verdict_lamp(ui, state, wide, actions);
            }
        });
    });
}

/// The line on top of a phone: the lab, the verdict, the menu.
pub fn phone_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    ui.horizontal_centered(|ui| {
        logo_ui(ui, state.is_first(), actions);
        if !state.is_first() {
            ui.label(theme::name(state.lab().about().title));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let menu = widgets::icon_button(ui, Icon::Menu, "Menu", "");
            menu_ui(&menu, actions);
            if state.saved.layout.verdict && !state.is_first() {
                verdict_lamp(ui, state, ui.available_width() > 190.0, actions);
            }
        });
    });
}

/// A menu of everything the window can be told that has no place of its own.
pub fn menu_ui(button: &Response, actions: &mut Vec<Action>) {
    Popup::menu(button).show(|ui| entries_ui(ui, actions));
}

fn entries_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    const ENTRIES: &[Key] = &[
        Key::Lessons,
        Key::Labs,
        Key::Parameters,
        Key::Commands,
        Key::Client,
        Key::BreakIt,
        Key::Beside,
        Key::RunUntil,
        Key::Heal,
        Key::Undo,
        Key::Redo,
        Key::CopyLink,
        Key::Export,
        Key::Figures,
        Key::Models,
        Key::Gallery,
        Key::Present,
        Key::Assignment,
        Key::Words,
        Key::FieldGuide,
        Key::Palette,
        Key::Theme,
        Key::Settings,
        Key::First,
    ];
    for key in ENTRIES {
        let text = (key.entry().label, eframe::egui::Atom::grow(), RichText::new(key.key(ui.ctx())).weak());
        if ui.button(text).clicked() {
            actions.push(Action::Window(*key));
            ui.close();
        }
    }
}

fn logo_ui(ui: &mut Ui, named: bool, actions: &mut Vec<Action>) {
    let palette = theme::palette(ui);
    let words = eframe::egui::WidgetText::from(theme::name("Potholes"));
    let galley = words.into_galley(ui, None, f32::INFINITY, eframe::egui::TextStyle::Body);
    let width = space::ICON_LARGE + if named { space::GAP + galley.size().x } else { 0.0 };
    let (rect, response) =
        ui.allocate_exact_size(vec2(width, theme::control_height(ui)), eframe::egui::Sense::click());
    let label = || eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Button, true, "Potholes");
    response.widget_info(label);
    let centre = rect.left_center() + vec2(space::ICON_LARGE / 2.0, 0.0);
    icons::paint(ui.painter(), Icon::Logo, centre, space::ICON_LARGE, palette.leader);
    if named {
        let left = rect.left() + space::ICON_LARGE + space::GAP;
        let top = rect.center().y - galley.size().y / 2.0;
        ui.painter().galley(eframe::egui::pos2(left, top), galley, palette.text);
    }
    if widgets::tip(response, "Lessons, labs, and the first screen", "").clicked() {
        actions.push(Action::Open(Some(Page::Lessons)));
    }
    ui.add_space(space::GAP);
}

/// The lab, with what it is beside its name where the rest of the line leaves room for that.
fn lab_ui(ui: &mut Ui, state: &State, room: f32, actions: &mut Vec<Action>) {
    let about = state.lab().about();
    let pace = if room > PACE_FROM { PACE_WIDTH } else { 0.0 };
    let search = if room > SEARCH_FROM { SEARCH_WIDTH } else { 0.0 };
    let left = room - LINE_WIDTH - pace - search - past_width(state);
    let whole = widgets::picker_width(ui, about.title, about.subtitle);
    let picker = widgets::picker(ui, about.title, if whole <= left { about.subtitle } else { "" });
    Popup::menu(&picker).show(|ui| {
        for lab in catalog::LABS {
            let about = lab.about();
            if ui.button((about.title, RichText::new(about.subtitle).weak())).clicked() {
                actions.push(Action::OpenLab(about.id));
                ui.close();
            }
        }
        ui.separator();
        entries_ui(ui, actions);
    });
}

/// Step back, play, step.
pub fn controls_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let spacing = std::mem::replace(&mut ui.spacing_mut().item_spacing.x, 2.0);
    let mut press = |clicked: bool, key: Key| {
        if clicked {
            actions.push(Action::Window(key));
        }
    };
    for key in [Key::PreviousEvent, Key::StepBack] {
        press(icon_of(ui, key).clicked(), key);
    }
    press(play_button(ui, state).clicked(), Key::PlayOrPause);
    for key in [Key::Step, Key::NextEvent] {
        press(icon_of(ui, key).clicked(), key);
    }
    ui.spacing_mut().item_spacing.x = spacing;
}

/// The one big button.
pub fn play_button(ui: &mut Ui, state: &State) -> Response {
    let (icon, name) = if state.pace.moves() { (Icon::Pause, "Pause") } else { (Icon::Play, "Play") };
    widgets::round_button(ui, icon, name, &Key::PlayOrPause.key(ui.ctx()))
}

/// A command as its icon.
pub fn icon_of(ui: &mut Ui, key: Key) -> Response {
    let entry = key.entry();
    widgets::icon_button(ui, entry.icon.unwrap_or(Icon::More), entry.label, &key.key(ui.ctx()))
}

fn pace_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let words = if state.pace.motion == Motion::Backwards { "back".to_owned() } else { state.pace.words() };
    let size = vec2(78.0, theme::control_height(ui));
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_width(size.x);
        ui.label(theme::secondary(ui, words));
    });
    let mut at = FACTORS.iter().position(|factor| *factor >= state.pace.factor * 0.99).unwrap_or(4) as f32;
    let last = (FACTORS.len() - 1) as f32;
    let slider = widgets::slider(ui, &mut at, 0.0..=last, 1.0, 72.0, "Pace");
    let keys = format!("{} {}", Key::Slower.key(ui.ctx()), Key::Faster.key(ui.ctx()));
    if widgets::tip(slider, "How fast events pass on screen", &keys).changed() {
        let factor = FACTORS.get(at.round() as usize).copied().unwrap_or(1.0);
        actions.push(Action::Pace(factor));
    }
}

/// The moment shown, and whether it lies in the past.
pub fn clock_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let now = state.playback.shown().at.to_string();
    let text = RichText::new(now.clone()).font(theme::values_medium(Size::Name));
    let clock = ui.label(text);
    ui.ctx()
        .accesskit_node_builder(clock.id, |node| node.set_description("the moment shown, in virtual time"));
    if state.playback.in_past() {
        let frontier = state.playback.frontier().at;
        let meaning = format!(
            "This moment lies in the past: {frontier} has been played. What you do here begins a branch."
        );
        let past = widgets::Button::secondary("past").tip(&meaning).show(ui);
        if past.clicked() {
            actions.push(Action::Window(Key::ToEnd));
        }
    }
    if let Some(share) = state.working {
        ui.label(theme::secondary(ui, format!("{:.0} %", share * 100.0)));
    }
}

/// How a lamp ends that says of something which nobody promised that it is broken: words for where there is room.
const UNPROMISED: &str = ", nor promised";

/// What is known of the promise: the lamp, and what it opens.
pub fn verdict_lamp(ui: &mut Ui, state: &State, wide: bool, actions: &mut Vec<Action>) {
    let (verdict, words) = verdict_words(state);
    let short = words.trim_end_matches(" so far").trim_end_matches(UNPROMISED);
    let words = if wide { &*words } else { short };
    if widgets::verdict_lamp(ui, verdict, words).on_hover_text("Why?").clicked() {
        actions.push(Action::ShowTab(Tab::Verdict));
    }
}

/// The verdict at the moment shown, in words.
pub fn verdict_words(state: &State) -> (Verdict, Cow<'static, str>) {
    if state.playback.judges_the_history() {
        let (verdict, words) = history_words(state);
        return (verdict, words.into());
    }
    match super::verdict::broken_promise(state) {
        Some((broken, _)) => {
            (Verdict::Broken, format!("Broken: {}", broken.guarantee.replace('-', " ")).into())
        }
        None => (Verdict::Holds, "Promises kept so far".into()),
    }
}

fn history_words(state: &State) -> (Verdict, &'static str) {
    let (guarantee, promised) = state.playback.judged();
    let (kept, broken) = words_of(guarantee);
    match state.playback.verdict() {
        LiveVerdict::Holds { .. } => (Verdict::Holds, kept),
        // What is judged without a promise is linearizability, and this ends in UNPROMISED.
        LiveVerdict::Broken { .. } if !promised => (Verdict::Open, "Not linearizable, nor promised"),
        LiveVerdict::Broken { .. } => (Verdict::Broken, broken),
        LiveVerdict::NotDecided { .. } => (Verdict::Open, "Not decided yet"),
    }
}

/// A guarantee that is kept, and one that is broken, in a few words. Without a promise it is linearizability.
fn words_of(guarantee: Guarantee) -> (&'static str, &'static str) {
    match guarantee {
        Guarantee::Sequential => ("Sequential so far", "Not sequential"),
        Guarantee::Causal | Guarantee::WeakCausal | Guarantee::CausalConvergence => {
            ("Causal so far", "Not causal")
        }
        Guarantee::Pram => ("PRAM so far", "Not PRAM"),
        Guarantee::ReadYourWrites => ("Own writes read so far", "Own write not read"),
        Guarantee::MonotonicReads => ("Reads monotonic so far", "Reads went back"),
        Guarantee::MonotonicWrites => ("Writes in order so far", "Writes out of order"),
        Guarantee::WritesFollowReads => ("Writes follow reads so far", "Writes do not follow reads"),
        Guarantee::Regular => ("Regular so far", "Not regular"),
        Guarantee::BoundedStaleness => ("Fresh enough so far", "Too stale"),
        Guarantee::Convergent => ("Convergent so far", "Not convergent"),
        Guarantee::NoLostOrStale => ("Nothing lost or stale so far", "Lost or stale"),
        Guarantee::IntervalCounter => ("Counts right so far", "Counts wrong"),
        Guarantee::Conservation => ("Money conserved so far", "Money made or lost"),
        _ => ("Linearizable so far", "Not linearizable"),
    }
}

fn invariants_lamp(ui: &mut Ui, state: &State, wide: bool, actions: &mut Vec<Action>) {
    let standings = state.playback.standings();
    let always: Vec<_> = standings.iter().filter(|(invariant, _)| invariant.mode == Mode::Always).collect();
    let held = always.iter().filter(|(_, standing)| standing.broken.is_none()).count();
    let verdict = if held == always.len() { Verdict::Holds } else { Verdict::Broken };
    let words = format!("{held} of {}{}", always.len(), if wide { " invariants" } else { "" });
    let lamp = widgets::verdict_lamp(ui, verdict, &words)
        .on_hover_text("What must always hold, and whether it does");
    if lamp.clicked() {
        let first = (held < always.len()).then_some(Selection::Violation(0));
        actions.push(Action::ShowTab(Tab::Verdict));
        actions.extend(first.map(Action::Select));
    }
}

fn corner_ui(ui: &mut Ui, state: &State, room: f32, actions: &mut Vec<Action>) {
    for key in [Key::Theme, Key::CopyLink] {
        if icon_of(ui, key).clicked() {
            actions.push(Action::Window(key));
        }
    }
    if state.saved.layout.logs && !state.inspector_shown() {
        // Where the inspector is shut, this opens it.
        if widgets::icon_button(ui, Icon::ChevronLeft, "Inspector", &Key::Inspector.key(ui.ctx())).clicked() {
            actions.push(Action::Window(Key::Inspector));
        }
    }
    let key = Key::Palette.key(ui.ctx());
    let wide = room > if state.is_first() { 480.0 } else { SEARCH_FROM };
    let search = if wide { widgets::search_button(ui, &key) } else { icon_of(ui, Key::Palette) };
    if search.clicked() {
        actions.push(Action::Window(Key::Palette));
    }
}
