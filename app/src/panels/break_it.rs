//! "Break it for me": what to break, how far the search is, and what it found.

use eframe::egui::{ProgressBar, Ui};
use run::Run;
use run::hunt::{Broken, Made};
use sim::Moment;

use super::verdict::capital;
use crate::action::{Action, Edit};
use crate::command::Command as Key;
use crate::state::State;
use crate::state::breaking::{Ask, Search, goals};
use crate::theme::{self, Verdict, space};
use crate::widgets::{self, Button};

/// The whole panel.
pub fn show(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    ui.label(theme::title("Break it for me"));
    let title = state.lab().about().title;
    let told = format!(
        "Runs like this one, with its settings and potholes, under other seeds and under faults that {title} claims to \
         stand: until a promise breaks."
    );
    ui.label(theme::secondary(ui, told));
    ui.add_space(space::GAP);
    match state.breaking.search().filter(|search| same_lab(state, search)) {
        Some(search) if search.is_on() => return search_ui(ui, search, actions),
        Some(search) => {
            ended_ui(ui, state, search, actions);
            widgets::hairline_across(ui);
        }
        None => {}
    }
    form_ui(ui, state, actions);
}

fn same_lab(state: &State, search: &Search) -> bool {
    search.lab().about().id == state.lab().about().id
}

fn form_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let run = state.playback.run();
    let chosen = state.breaking.goal(state.lab());
    ui.label(theme::heading("What is to break?"));
    for (goal, name, doc) in goals(run) {
        let row = widgets::choice_row(ui, goal == chosen, &capital(&name.replace('-', " ")));
        let row = if doc.is_empty() { row } else { row.on_hover_text(doc) };
        if row.clicked() {
            actions.push(Action::Breaking(Ask::Choose(goal)));
        }
    }
    if !run.commands.is_empty() {
        ui.add_space(space::TIGHT);
        let words = "With what was done to this run so far";
        if widgets::toggle_row(ui, state.breaking.keeps(), words).clicked() {
            actions.push(Action::Breaking(Ask::Keep(!state.breaking.keeps())));
        }
    }
    ui.add_space(space::GAP);
    if Button::primary("Break it").wide().show(ui).clicked() {
        actions.push(Action::Breaking(Ask::Begin));
    }
}

/// A search under way.
fn search_ui(ui: &mut Ui, search: &Search, actions: &mut Vec<Action>) {
    let name = search.goal().name(search.lab()).replace('-', " ");
    ui.label(theme::heading(format!("Breaking: {name}")));
    let told = ui.label(theme::text(search.told()));
    ui.ctx().accesskit_node_builder(told.id, |node| node.set_live(eframe::egui::accesskit::Live::Polite));
    if let Some((_, broken, made)) = search.found() {
        let share = if made.before == 0 { 1.0 } else { made.after as f32 / made.before as f32 };
        ui.add(ProgressBar::new(share).desired_width(ui.available_width()));
        ui.label(theme::secondary(ui, broken.sentence.as_str()));
    }
    ui.add_space(space::GAP);
    ui.label(theme::secondary(ui, "It goes on behind the window: look around meanwhile."));
    ui.add_space(space::GAP);
    if Button::secondary("Stop").wide().show(ui).clicked() {
        actions.push(Action::Breaking(Ask::Stop));
    }
}

fn ended_ui(ui: &mut Ui, state: &State, search: &Search, actions: &mut Vec<Action>) {
    match search.found() {
        Some((run, broken, made)) => found_ui(ui, state, search, (run, broken, made), actions),
        None => nothing_ui(ui, state, search, actions),
    }
}

fn found_ui(
    ui: &mut Ui,
    state: &State,
    search: &Search,
    (run, broken, made): (&Run, &Broken, Made),
    actions: &mut Vec<Action>,
) {
    let name = capital(&broken.goal.name(run.lab()).replace('-', " "));
    widgets::verdict_line(ui, Verdict::Broken, &format!("{name}: broken"));
    ui.label(theme::text(broken.sentence.as_str()));
    ui.label(theme::soft(ui, broken.blame.sentence()));
    ui.add_space(space::GAP);
    if run.commands.is_empty() {
        ui.label(theme::secondary(ui, "Nothing need be done to it: this seed is enough."));
    } else {
        let head = format!("All it takes, of {} commands", made.before);
        ui.label(theme::heading(head));
    }
    for timed in &run.commands {
        if widgets::moment_row(ui, &timed.at.at.to_string(), &timed.command.to_string()).clicked() {
            actions.push(Action::Breaking(Ask::Show));
            actions.push(Action::Seek(timed.at));
        }
    }
    if widgets::moment_row(ui, &broken.at.to_string(), "here it breaks").clicked() {
        actions.push(Action::Breaking(Ask::Show));
        actions.push(Action::Seek(Moment::end_of(broken.at)));
    }
    ui.add_space(space::GAP);
    let here = state.playback.run() == run;
    if here && Button::primary("Play it").wide().show(ui).clicked() {
        actions.push(Action::Breaking(Ask::Play));
    }
    if !here && Button::primary("Show it").wide().show(ui).clicked() {
        actions.push(Action::Breaking(Ask::Show));
    }
    if here && Button::secondary("Copy link to this failure").wide().show(ui).clicked() {
        actions.push(Action::Window(Key::CopyLink));
    }
    if let Some(back) = where_it_was(state).filter(|_| here)
        && Button::secondary("Back to what I had").wide().show(ui).clicked()
    {
        actions.push(Action::Edit(Edit::Branch(back)));
    }
    let stopped = if search.was_stopped() { ", stopped by you" } else { "" };
    ui.label(theme::secondary(ui, format!("{}{stopped}.", search.told())));
}

/// The branch that was left last: where the learner was before this run was shown.
fn where_it_was(state: &State) -> Option<usize> {
    let (here, run) = (state.playback.current_branch(), state.playback.run());
    let mut others = state.playback.branches().iter().enumerate();
    others.rfind(|(at, branch)| *at != here && branch.run != *run).map(|(at, _)| at)
}

fn nothing_ui(ui: &mut Ui, state: &State, search: &Search, actions: &mut Vec<Action>) {
    let name = search.goal().name(search.lab()).replace('-', " ");
    widgets::verdict_line(ui, Verdict::Open, "Not broken");
    let told =
        format!("{}: “{name}” held in all of them. That is no proof that it always does.", search.told());
    ui.label(theme::text(told));
    if !state.lab().potholes().is_empty() {
        ui.add_space(space::TIGHT);
        ui.label(theme::soft(ui, "With a pothole on, a classic mistake, it is found sooner."));
        if widgets::text_link(ui, "Settings and potholes").clicked() {
            actions.push(Action::Window(Key::Parameters));
        }
    }
}
