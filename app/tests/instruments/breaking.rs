//! "Break it for me".

use super::{DESK, PHONE, harness, lab, pictures, until};
use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use potholes::action::{Action, Tab};
use potholes::state::State;
use potholes::state::breaking::{Ask, Search};
use sim::Moment;

fn settle(state: &mut State) {
    while state.breaking.is_on() || state.working.is_some() {
        state.tick(0.1);
        std::thread::yield_now();
    }
    while state.tick(0.1) {}
}

#[test]
fn a_key_opens_it_and_what_is_found_is_shown_where_it_broke() {
    let mut window = harness(DESK, lab("raft", 8, &["ack_before_fsync=on"]));
    window.run();
    window.key_press(Key::B);
    window.run();
    window.get_by_role_and_label(Role::RadioButton, "Linearizable").click();
    window.run();
    let had = window.state().state().playback.run().clone();
    window.get_by_role_and_label(Role::Button, "Break it").click();
    window.run_steps(2);
    window.get_by_label("Breaking: linearizable");
    window.get_by_role_and_label(Role::Button, "Stop");
    until(&mut window, |state| !state.breaking.is_on());
    until(&mut window, |state| state.working.is_none());
    window.run();
    let state = window.state().state();
    let (found, broken, _) = state.breaking.search().and_then(Search::found).expect("it is found");
    assert_eq!(state.playback.run(), found);
    assert_eq!(state.playback.shown(), Moment::end_of(broken.at));
    window.get_by_role_and_label(Role::Button, "Not linearizable");
    window.get_by_label("Linearizable: broken");
    window.get_by_role_and_label(Role::Button, "Play it");
    window.get_by_role_and_label(Role::Button, "Back to what I had").click();
    window.run_steps(3);
    window.run();
    assert_eq!(*window.state().state().playback.run(), had);
    window.get_by_role_and_label(Role::Button, "Show it");
}

#[test]
fn a_pothole_that_is_on_offers_it() {
    let mut state = lab("raft", 8, &["read_without_asking=on"]);
    state.apply(Action::ShowTab(Tab::Settings));
    let mut window = harness(DESK, state);
    window.run();
    window.get_by_label("Break it for me").click();
    window.run_steps(2);
    assert!(window.state().state().breaking.is_on());
    window.get_by_role_and_label(Role::Button, "Stop").click();
    until(&mut window, |state| !state.breaking.is_on());
    window.run(); // fails while anything still asks to be repainted
}

#[test]
fn on_a_phone_it_is_a_tab_of_the_sheet() {
    let mut state = lab("2pc", 8, &[]);
    state.apply(Action::ShowTab(Tab::Break));
    let mut window = harness(PHONE, state);
    window.run();
    window.get_by_role_and_label(Role::Tab, "Break it");
    window.get_by_role_and_label(Role::RadioButton, "Any promise");
}

#[test]
fn it_looks_as_it_should() {
    pictures("break-form", || {
        let mut state = lab("raft", 8, &["ack_before_fsync=on"]);
        state.apply(Action::ShowTab(Tab::Break));
        state
    });
    pictures("break-found", || {
        let mut state = lab("raft", 8, &["ack_before_fsync=on"]);
        state.wide = true;
        state.apply(Action::ShowTab(Tab::Break));
        state.apply(Action::Breaking(Ask::Begin));
        settle(&mut state);
        state
    });
    pictures("break-nothing", || {
        let mut state = lab("raft", 8, &[]);
        state.apply(Action::ShowTab(Tab::Break));
        state.apply(Action::Breaking(Ask::Begin));
        for _ in 0..200 {
            state.tick(0.1);
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        state.apply(Action::Breaking(Ask::Stop));
        settle(&mut state);
        state
    });
}
