//! The verdict, told in this order: what happened, in one sentence; the smallest proof as a drawing; how it could happen,
//! as moments one can jump to; what to do; which promises are left.

use check::names::Guarantee;
use eframe::egui::{
    CollapsingHeader, CornerRadius, Frame, Margin, Sense, Stroke, StrokeKind, Ui, pos2, vec2,
};
use run::judge::Proof;
use run::promises::{Breach, Promise};
use run::{Blame, Evidence, LiveVerdict};
use sim::lab::Mode;
use sim::{Moment, OperationId};

use crate::action::{Action, Selection};
use crate::command::Command as Key;
use crate::state::State;
use crate::theme::{self, Size, Verdict, space};
use crate::widgets::{self, Button};

/// Whether the lab promises the guarantee that the verdict is about.
pub fn is_promised(state: &State) -> bool {
    state.playback.judged().1
}

/// The whole panel.
pub fn show(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    match state.playback.verdict() {
        LiveVerdict::Broken { at, event, .. } => {
            let moment = state.playback.moment_of(*event).unwrap_or(Moment::end_of(*at));
            broken_ui(ui, state, moment, actions);
        }
        _ => match broken_promise(state) {
            Some((promise, breach)) => promise_ui(ui, state, promise, breach, actions),
            None => {
                summary_ui(ui, state);
                ui.add_space(space::GAP);
                if Button::secondary("Break it for me").wide().show(ui).clicked() {
                    actions.push(Action::Window(Key::BreakIt));
                }
            }
        },
    }
    widgets::hairline_across(ui);
    promises_ui(ui, state, actions);
}

/// Of a lab whose history no checker judges: the promise that broke first.
pub fn broken_promise(state: &State) -> Option<(&Promise, &Breach)> {
    if state.playback.judges_the_history() { None } else { state.playback.broken_promise() }
}

/// How a promise broke that is no matter of a history.
fn promise_ui(ui: &mut Ui, state: &State, promise: &Promise, breach: &Breach, actions: &mut Vec<Action>) {
    let (verdict, words) = super::top::verdict_words(state);
    widgets::verdict_line(ui, verdict, &words);
    ui.add_space(space::TIGHT);
    ui.label(theme::text(breach.sentence.as_str()));
    ui.add_space(space::GAP);
    let blame = state.playback.blame(promise.guarantee);
    if blame != Blame::Held {
        ui.label(theme::soft(ui, blame.sentence()));
        ui.add_space(space::GAP);
    }
    if Button::primary("Show me the moment").wide().show(ui).clicked() {
        actions.push(Action::ShowEvent(breach.event));
        actions.push(Action::OpenWhy(breach.event));
    }
    if Button::secondary("Copy link to this failure").wide().show(ui).clicked() {
        actions.push(Action::Window(Key::CopyLink));
    }
    super::fate::show(ui, state, actions);
}

/// The verdict in a line and a sentence, under what is selected.
pub fn summary_ui(ui: &mut Ui, state: &State) {
    let (verdict, words) = super::top::verdict_words(state);
    widgets::verdict_line(ui, verdict, &words);
    let told = match state.playback.verdict() {
        LiveVerdict::Holds { answered, open } => {
            let kept = match state.playback.judged().0 {
                Guarantee::Linearizable | Guarantee::Sequential => fit_one_order(*answered),
                _ => keep_it(*answered),
            };
            format!("{kept} {}", still_open(*open))
        }
        LiveVerdict::Broken { .. } => return,
        _ if !state.playback.judges_the_history() => match broken_promise(state) {
            Some((_, breach)) => breach.sentence.clone(),
            None => "Each of the promises below is watched as the run goes on; none is broken.".to_owned(),
        },
        LiveVerdict::NotDecided { .. } => match state.playback.undecidable() {
            Some(why) => why,
            None => "The search goes on; it grows with every request whose fate is unknown.".to_owned(),
        },
    };
    ui.label(theme::secondary(ui, told.trim_end()));
}

fn fit_one_order(answered: u64) -> String {
    match answered {
        0 => "No operation has been answered yet.".to_owned(),
        1 => "One operation has been answered.".to_owned(),
        n => format!("The {n} answered operations fit one order."),
    }
}

fn keep_it(answered: u64) -> String {
    match answered {
        0 | 1 => fit_one_order(answered),
        n => format!("What the {n} answered operations were told keeps it."),
    }
}

fn still_open(open: u64) -> String {
    match open {
        0 => String::new(),
        1 => "One is still open.".to_owned(),
        n => format!("{n} are still open."),
    }
}

fn broken_ui(ui: &mut Ui, state: &State, at: Moment, actions: &mut Vec<Action>) {
    let (verdict, words) = super::top::verdict_words(state);
    widgets::verdict_line(ui, verdict, &words);
    ui.add_space(space::TIGHT);
    match state.playback.evidence() {
        Some(evidence) => {
            ui.label(theme::text(evidence.headline.as_str()));
            ui.add_space(space::GAP);
            proof_ui(ui, evidence, actions);
            ui.add_space(space::GAP);
            moments_ui(ui, evidence, actions);
        }
        None => {
            ui.label(theme::text(
                "What the clients were told cannot be. The smallest proof is being sought.",
            ));
        }
    }
    ui.add_space(space::GAP);
    blame_ui(ui, state);
    ui.add_space(space::GAP);
    if Button::primary("Show me the moment").wide().show(ui).clicked() {
        actions.push(Action::Seek(at));
    }
    if Button::secondary("Copy link to this failure").wide().show(ui).clicked() {
        actions.push(Action::Window(Key::CopyLink));
    }
    super::fate::show(ui, state, actions);
    if Button::secondary("Go back to before it").wide().show(ui).clicked() {
        let first = state.playback.evidence().and_then(|evidence| evidence.moments.first());
        actions.push(Action::Seek(first.map_or(Moment::START, |moment| Moment::at(moment.at))));
    }
}

fn blame_ui(ui: &mut Ui, state: &State) {
    if !is_promised(state) {
        let title = state.playback.run().lab().about().title;
        let told = format!("{title} does not promise this. What it promises stands below.");
        ui.label(theme::soft(ui, told));
        return;
    }
    let blame = state.playback.blame(state.playback.judged().0.name());
    if blame == Blame::Held {
        return;
    }
    let told = blame.sentence();
    ui.label(theme::soft(ui, told));
}

/// The operations of the proof as boxes in the order they were asked for, joined where one was answered before the next
/// began.
fn proof_ui(ui: &mut Ui, evidence: &Evidence, actions: &mut Vec<Action>) {
    let proof = &evidence.proof;
    theme::verdict_frame(ui, Verdict::Broken).inner_margin(Margin::symmetric(8, 12)).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.label(theme::secondary(ui, evidence.counted.as_str()));
        let in_turn = proof.windows(2).all(|pair| pair[0].answered.is_some_and(|at| at <= pair[1].invoked));
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = if in_turn { 0.0 } else { space::GAP };
            for (at, operation) in proof.iter().enumerate() {
                if at > 0 && in_turn {
                    let (rect, _) = ui.allocate_exact_size(vec2(space::GAP, space::ROW), Sense::hover());
                    let line = Stroke::new(space::LINE, theme::palette(ui).broken);
                    ui.painter().hline(rect.x_range(), rect.center().y, line);
                }
                if box_ui(ui, operation).clicked() {
                    actions.push(Action::Select(Selection::Operation(operation.operation)));
                    actions
                        .push(Action::Seek(Moment::end_of(operation.answered.unwrap_or(operation.invoked))));
                }
            }
        });
        if let Some(between) = &evidence.between {
            ui.label(theme::secondary(ui, between.as_str()));
        }
        for line in &evidence.lines {
            ui.label(theme::text(line.as_str()));
        }
    });
}

fn box_ui(ui: &mut Ui, operation: &Proof) -> eframe::egui::Response {
    let palette = theme::palette(ui);
    let galley =
        ui.painter().layout_no_wrap(operation.label.clone(), theme::values(Size::Small), palette.text);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(10.0, 10.0), Sense::click());
    let spoken = format!("{} {}", operation.client, operation.label);
    response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Button, true, &spoken));
    let line = Stroke::new(space::LINE, palette.broken);
    ui.painter().rect(rect, CornerRadius::same(4), palette.broken_ground, line, StrokeKind::Inside);
    ui.painter().galley(
        pos2(rect.left() + 5.0, rect.center().y - galley.size().y / 2.0),
        galley,
        palette.text,
    );
    let when = match operation.answered {
        Some(at) => format!("{}, {} to {at}", operation.client, operation.invoked),
        None => format!("{}, from {}, not answered", operation.client, operation.invoked),
    };
    response.on_hover_text(when)
}

fn moments_ui(ui: &mut Ui, evidence: &Evidence, actions: &mut Vec<Action>) {
    if evidence.moments.is_empty() {
        return;
    }
    ui.label(theme::heading("How could it happen?"));
    for moment in &evidence.moments {
        if widgets::moment_row(ui, &moment.at.to_string(), &moment.sentence).clicked() {
            actions.push(Action::ShowEvent(moment.event));
            actions.push(Action::OpenWhy(moment.event));
        }
    }
}

/// Each promise with what is known of it: the verdict, then every invariant; what this build cannot decide says so.
fn promises_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    ui.label(theme::heading("Which promises are left?"));
    for promise in state.playback.promises() {
        let verdict = match promise.holds {
            Some(true) => Verdict::Holds,
            Some(false) => Verdict::Broken,
            None => Verdict::Open,
        };
        let name = capital(&promise.guarantee.replace('-', " "));
        let name = if verdict == Verdict::Open { format!("{name}: not decided yet") } else { name };
        let row = widgets::promise_row(ui, verdict, &name);
        if let Some(broken) = &promise.broken
            && row.on_hover_text(broken.sentence.as_str()).clicked()
        {
            actions.push(Action::ShowEvent(broken.event));
            actions.push(Action::OpenWhy(broken.event));
        }
    }
    let standings = state.playback.standings();
    // An invariant that is promised as such has been told.
    let told = |name: &str| state.playback.promises().iter().any(|promise| promise.guarantee == name);
    let always = standings.iter().filter(|(i, _)| i.mode == Mode::Always && !told(i.name));
    for (invariant, standing) in always {
        let verdict = if standing.broken.is_some() { Verdict::Broken } else { Verdict::Holds };
        let row = widgets::promise_row(ui, verdict, &capital(invariant.name));
        let told = standing.broken.as_ref().map(|(_, at, sentence)| format!("{at}: {sentence}"));
        let row = row.on_hover_text(told.as_deref().unwrap_or(invariant.doc));
        if let (true, Some((event, ..))) = (row.clicked(), &standing.broken) {
            actions.push(Action::ShowEvent(*event));
            actions.push(Action::OpenWhy(*event));
        }
        if let Some(told) = told {
            ui.label(theme::secondary(ui, told));
        }
    }
    reached_ui(ui, state);
}

/// What this run has come to: a run that never replaced a leader has shown little.
fn reached_ui(ui: &mut Ui, state: &State) {
    let standings = state.playback.standings();
    let sometimes: Vec<_> =
        standings.iter().filter(|(invariant, _)| invariant.mode == Mode::Sometimes).collect();
    if sometimes.is_empty() {
        return;
    }
    ui.add_space(space::GAP);
    let reached = sometimes.iter().filter(|(_, standing)| standing.reached.is_some()).count();
    let head = format!("Reached in this run: {reached} of {}", sometimes.len());
    CollapsingHeader::new(theme::secondary(ui, head)).id_salt("reached").show(ui, |ui| {
        for (invariant, standing) in sometimes {
            let told = match standing.reached {
                Some((_, at)) => format!("{}, at {at}", capital(invariant.name)),
                None => format!("Not yet: {}", invariant.name),
            };
            ui.label(theme::secondary(ui, told)).on_hover_text(invariant.doc);
        }
    });
}

/// With a capital letter, as a line of its own begins.
pub fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// An operation that is selected.
pub fn operation_ui(ui: &mut Ui, state: &State, id: OperationId, actions: &mut Vec<Action>) {
    let Some(operation) = state.playback.story().operations.iter().find(|operation| operation.id == id)
    else {
        ui.label(theme::soft(ui, "This operation does not happen on this branch."));
        return;
    };
    ui.label(theme::title(operation.told()));
    let told = match (operation.completed, operation.answered_by) {
        (Some(at), Some(by)) => {
            format!("{} asked at {}; {by} answered at {at}", operation.client, operation.invoked)
        }
        (Some(at), None) => {
            format!("{} asked at {} and gave up at {at}", operation.client, operation.invoked)
        }
        (None, _) => format!("{} asked at {} and waits", operation.client, operation.invoked),
    };
    ui.label(theme::secondary(ui, told));
    ui.add_space(space::GAP);
    Frame::new().show(ui, |ui| {
        let outcome = format!("{:?}", operation.outcome).to_lowercase();
        widgets::key_value(ui, "outcome", &outcome);
        if widgets::key_value(ui, "asked", &operation.invoked.to_string()).clicked() {
            actions.push(Action::ShowEvent(operation.invoked_by));
        }
        if let (Some(at), Some(event)) = (operation.completed, operation.completed_by)
            && widgets::key_value(ui, "answered", &at.to_string()).clicked()
        {
            actions.push(Action::ShowEvent(event));
            actions.push(Action::OpenWhy(event));
        }
    });
}
