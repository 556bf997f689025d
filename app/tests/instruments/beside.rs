//! Two runs side by side.

use super::{DESK, PHONE, harness, lab, pictures, until};
use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use potholes::action::{Action, Tab};
use potholes::state::State;
use potholes::state::beside::{Ask, Change};
use sim::view::Status;
use sim::{ActorId, Moment, Time};

#[test]
fn another_lab_stands_beside_and_gets_the_same_faults() {
    let mut state = lab("raft", 8, &[]);
    state.playback.show(Moment::end_of(Time::millis(2_000)));
    let mut window = harness(DESK, state);
    window.run();
    window.key_press(Key::V);
    window.run();
    window.get_by_role_and_label(Role::Button, "PBFT").click();
    window.run_steps(3);
    until(&mut window, |state| {
        state.beside.as_ref().is_some_and(|beside| beside.other().shown().at == Time::millis(2_000))
    });
    window.run();
    assert_eq!(window.get_all_by_label("Cluster").count(), 2);
    window.get_by_label("Left, Raft");
    window.get_by_label("Right, PBFT");
    window.state_mut().state_mut().apply(Action::Do(sim::command::parse("crash n2").expect("a command")));
    window.run_steps(3);
    window.run();
    let beside = window.state().state().beside.as_ref().expect("it stands");
    let other = beside.other().view().actor(ActorId::node(2)).expect("it has a second node");
    assert_eq!(other.status, Status::Down, "the same fault there");
    window.get_by_role_and_label(Role::Button, "Play").click();
    window.run_steps(6);
    window.get_by_label("Pause").click();
    window.run_steps(6);
    window.run();
    let state = window.state().state();
    let there = state.beside.as_ref().map(|beside| beside.other().shown().at);
    assert_eq!(there, Some(state.playback.shown().at), "both play together");
    window.get_by_role_and_label(Role::Button, "This run alone").click();
    window.run();
    assert_eq!(window.get_all_by_label("Cluster").count(), 1);
}

#[test]
fn on_a_phone_one_stands_above_the_other() {
    let mut window = harness(PHONE, compared());
    window.run_steps(3);
    window.run();
    let clusters: Vec<_> = window.get_all_by_label("Cluster").map(|cluster| cluster.rect()).collect();
    assert!(clusters.len() == 2 && clusters[0].bottom() <= clusters[1].top(), "{clusters:?}");
}

/// A stale read here, none there.
fn compared() -> State {
    let mut state = lab("raft", 8, &["read_without_asking=on"]);
    state.wide = true;
    state.playback.show(Moment::end_of(Time::millis(2_000)));
    state.apply(Action::Do(sim::command::parse("cut @leader").expect("a command")));
    state.apply(Action::ShowTab(Tab::Beside));
    state.apply(Action::Beside(Ask::Compare(Change::Setting("read_without_asking=off".to_owned()))));
    state.apply(Action::Seek(Moment::end_of(Time::millis(6_000))));
    while state.tick(0.1) {}
    state
}

#[test]
fn it_looks_as_it_should() {
    pictures("beside", compared);
}
