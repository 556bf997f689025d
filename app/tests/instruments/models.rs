//! The map of models.

use super::{DESK, PHONE, harness, lab, pictures};
use check::isolation::lattice::Model;
use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use potholes::action::{Action, Page};
use potholes::state::State;
use potholes::state::lesson::Course;
use potholes::state::models::Ask;
use potholes::state::store::Saved;
use run::Playback;
use sim::{Moment, Time};

/// A run with a lost write, at its end.
fn broken() -> State {
    let (_, solved) = Course::at("lost-write", 3, true).expect("the lesson replays");
    let mut saved = Saved::default();
    saved.layout.reveal_all();
    let mut state = State::new(Playback::new(solved.run().clone()), saved);
    let end = state.playback.run().end;
    state.playback.show(Moment::end_of(end));
    state
}

#[test]
fn a_model_is_explained_and_its_proof_leads_to_the_moment() {
    let mut window = harness(DESK, broken());
    window.run();
    window.key_press(Key::M);
    window.run_steps(4);
    window.run();
    let cells = window.get_all_by_role_and_label(Role::Button, "Linearizable, broken");
    cells.last().expect("it is on the map").click();
    window.run();
    window.get_by_label("Broken in this run");
    let words = Model::Linearizable.words();
    window.get_by_label(words);
    let proof = window.state().state().model_proof();
    assert!(proof.len() > 1);
    // The proof stands on a time line; a click there goes to that moment, on the desk.
    let line = window.get_all_by_label("Time line, moment shown").last().expect("the page has one").rect();
    let at = eframe::egui::pos2(line.left() + 0.4 * line.width(), line.top() + 14.0);
    window.hover_at(at);
    window.drag_at(at);
    window.drop_at(at);
    window.run();
    let state = window.state().state();
    assert!(state.page.is_none());
    assert!(state.playback.shown().at < state.playback.run().end);
}

#[test]
fn a_phone_lists_the_models() {
    let mut window = harness(PHONE, broken());
    window.state_mut().state_mut().apply(Action::Open(Some(Page::Models)));
    window.run_steps(4);
    window.run();
    window.get_all_by_label("Linearizable, broken").last().expect("it is listed").click();
    window.run();
    window.get_by_label("Linearizable (above), broken");
    window.get_by_label("Broken in this run");
}

#[test]
fn it_looks_as_it_should() {
    let opened = |mut state: State, ask: Option<Ask>| {
        state.apply(Action::Open(Some(Page::Models)));
        while state.tick(0.1) {}
        if let Some(ask) = ask {
            state.apply(Action::Models(ask));
        }
        state
    };
    pictures("models", || opened(broken(), None));
    pictures("models-chosen", || opened(broken(), Some(Ask::Choose(Model::Linearizable))));
    pictures("models-transactions", || {
        let mut state = lab("2pc", 10, &[]);
        state.playback.show(Moment::end_of(Time::millis(10_000)));
        opened(state, Some(Ask::Choose(Model::SnapshotIsolation)))
    });
}
