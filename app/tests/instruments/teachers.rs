//! What teachers need: embedding, presenting, assignments, the gallery.

use super::{DESK, PHONE, harness, lab, pictures, until};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use potholes::action::{Action, Page};
use potholes::state::State;
use potholes::state::linked::{Assignment, Stage};
use potholes::state::{gallery, store::Saved};
use sim::{Moment, Time};

/// A run of Raft opened by its link with these words beside it.
fn linked(words: &str) -> State {
    let mut state = lab("raft", 8, &[]);
    state.playback.show(Moment::end_of(Time::millis(2_000)));
    let link = state.playback.link();
    let mut opened = State::restore(Saved::default());
    opened.open_text(&format!("https://example.org/#{link}{words}")).expect("the link reads");
    while opened.working.is_some() || opened.playback.seeking().is_some() {
        opened.tick(0.0);
    }
    opened
}

#[test]
fn an_embedded_run_has_no_panels_until_they_are_asked_for() {
    let mut window = harness(DESK, linked("&embed"));
    window.run();
    assert!(window.query_by_label("Search").is_none() && window.query_by_label("Potholes").is_none());
    window.get_by_label("Cluster");
    window.get_by_label("Play").click();
    window.run_steps(4);
    window.get_by_label("Pause").click();
    window.run();
    assert!(window.state().state().playback.shown().at > Time::millis(2_000));
    window.get_by_label("Open it all").click();
    window.run();
    window.get_by_label("Potholes");
    assert_eq!(window.state().state().stage, Stage::Desk);
}

#[test]
fn what_is_presented_is_large_and_driven_by_keys() {
    let mut window = harness(DESK, linked(""));
    window.run();
    let small = window.get_by_label("Cluster").rect();
    window.key_press_modifiers(Modifiers::SHIFT, Key::P);
    window.run_steps(3);
    window.run();
    assert!(window.query_by_label("Play").is_none(), "no buttons");
    assert!(window.ctx.zoom_factor() > 1.4 && small.width() > 0.0);
    // No lane is out of sight: nobody can scroll there.
    let (time, story) =
        (window.get_by_label("Time line, moment shown").rect(), window.state().state().playback.story());
    let least = potholes::timeline::least_height(story);
    assert!(time.height() >= least, "{} of {least}", time.height());
    let before = window.state().state().playback.shown();
    window.key_press(Key::ArrowRight);
    window.run();
    assert!(window.state().state().playback.shown() > before);
    window.key_press(Key::Escape);
    window.run_steps(3);
    window.run();
    assert!((window.ctx.zoom_factor() - 1.0).abs() < 0.01);
    window.get_by_label("Play");
}

#[test]
fn an_assignment_is_made_given_done_and_handed_in() {
    let mut state = linked("");
    state.apply(Action::Open(Some(Page::Assignment)));
    let mut window = harness(DESK, state);
    window.run();
    let fields: Vec<_> = window.get_all_by_role(Role::TextInput).collect();
    assert_eq!(fields.len(), 2);
    window.get_by_label("What is to be done").focus();
    window.run();
    window.get_by_label("What is to be done").type_text("Stop the second node");
    window.run();
    window.get_by_label("When it is done").focus();
    window.run();
    window.get_by_label("When it is done").type_text("down(n2)");
    window.run();
    window.get_by_role_and_label(Role::Button, "Copy its link").click();
    window.run_steps(2);
    window.state_mut().state_mut().apply(Action::Open(None));
    window.run_steps(2);
    window.get_by_label("Stop the second node");
    window.get_by_label("To do");
    window.state_mut().state_mut().apply(Action::Do(sim::command::parse("crash n2").expect("a command")));
    until(&mut window, |state| state.assignment.as_ref().is_some_and(|given| given.done.is_some()));
    window.run_steps(2);
    window.get_by_label("Done");
    window.get_by_role_and_label(Role::Button, "Hand in");
}

#[test]
fn a_failure_of_the_gallery_plays_to_where_it_breaks() {
    let failure = gallery::all().next().expect("there is one");
    let mut state = lab("pbft", 8, &[]);
    state.apply(Action::Open(Some(Page::Gallery)));
    state.apply(Action::Pace(16.0));
    let mut window = harness(PHONE, state);
    window.run();
    window.get_by_label(&format!("Play {}", failure.title)).click();
    until(&mut window, |state| state.playback.broken_at(failure.breaks).is_some());
    assert!(window.state().state().page.is_none());
    until(&mut window, |state| !state.pace.moves());
}

#[test]
fn it_looks_as_it_should() {
    pictures("embed", || linked("&embed"));
    pictures("present", || linked("&present"));
    pictures("gallery", || {
        let mut state = linked("");
        state.apply(Action::Open(Some(Page::Gallery)));
        state
    });
    let given = || Assignment::new("Cause a stale read with one fault", "broken(linearizable)", Some(1));
    pictures("assignment", || linked(&given().expect("it reads").words()));
    pictures("assignment-form", || {
        let mut state = linked("");
        state.apply(Action::Open(Some(Page::Assignment)));
        state
    });
}
