//! Histories from files, as stories.

use super::{DESK, PHONE, harness, lab, pictures};
use check::names::Guarantee;
use eframe::egui::accesskit::Role;
use eframe::egui::{DroppedFile, Key};
use egui_kittest::kittest::Queryable;
use potholes::state::State;
use sim::{Moment, Time};
use std::path::Path;
use std::sync::Arc;

/// Two clients of a register; a partition; the second reads what the first had replaced.
const STALE: &str = "{:process 0, :type :invoke, :f :write, :value 3, :time 1000000000}
{:process 0, :type :ok, :f :write, :value 3, :time 1200000000}
{:process 1, :type :invoke, :f :read, :value nil, :time 1250000000}
{:process 1, :type :ok, :f :read, :value 3, :time 1290000000}
{:process :nemesis, :type :info, :f :start-partition, :value nil, :time 1300000000}
{:process 0, :type :invoke, :f :write, :value 4, :time 1400000000}
{:process 0, :type :ok, :f :write, :value 4, :time 1500000000}
{:process 2, :type :invoke, :f :write, :value 5, :time 1520000000}
{:process 1, :type :invoke, :f :read, :value nil, :time 1600000000}
{:process 1, :type :ok, :f :read, :value 3, :time 1700000000}
{:process :nemesis, :type :info, :f :stop-partition, :value nil, :time 1800000000}
{:process 2, :type :info, :f :write, :value 5, :time 2100000000}
";

fn opened() -> State {
    let mut state = lab("raft", 8, &[]);
    state.open_file("stale-read.edn", STALE.as_bytes());
    state.history.as_mut().expect("it reads").finish();
    state
}

/// A file as the desktop hands it over.
#[derive(Debug)]
struct InMemory(&'static str, &'static [u8]);

impl DroppedFile for InMemory {
    fn path(&self) -> &Path {
        Path::new(self.0)
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Ok(self.1.to_vec())
    }
}

#[test]
fn a_dropped_history_is_judged_and_scrubbed_like_a_run() {
    let mut window = harness(DESK, lab("raft", 8, &[]));
    window.run();
    let file = InMemory("/somewhere/stale-read.edn", STALE.as_bytes());
    window.input_mut().dropped_files.push(Arc::new(file));
    window.run_steps(4);
    window.run();
    window.get_by_label("stale-read.edn");
    window.get_by_role_and_label(Role::Button, "Not linearizable");
    let history = window.state().state().history.as_ref().expect("it is open");
    assert_eq!(history.chosen(), Some(Guarantee::Linearizable));
    assert_eq!(history.moment().at, history.story().end);
    window.key_press(Key::Home);
    window.run();
    window.get_by_role_and_label(Role::Button, "Not broken before 0.700 s");
    window.key_press(Key::ArrowRight);
    window.run();
    let history = window.state().state().history.as_ref().expect("it is open");
    assert_eq!(history.moment(), Moment::end_of(Time::millis(200)));
    window.get_by_label("Back to the run").click();
    window.run();
    assert!(window.state().state().history.is_none());
    window.get_by_role_and_label(Role::Button, "Linearizable so far");
}

#[test]
fn what_is_no_history_is_told_and_changes_nothing() {
    let mut window = harness(DESK, lab("raft", 8, &[]));
    window.run();
    window.input_mut().dropped_files.push(Arc::new(InMemory("cat.png", b"\x89PNG\r\n\x1a\n")));
    window.run_steps(3);
    let state = window.state().state();
    assert!(state.history.is_none());
    assert!(state.toasts.shown().iter().any(|toast| toast.text.starts_with("cat.png: ")));
}

#[test]
fn the_map_of_models_is_that_of_the_history() {
    let mut window = harness(PHONE, opened());
    window.run();
    window.get_by_label("Play");
    window
        .state_mut()
        .state_mut()
        .apply(potholes::action::Action::Open(Some(potholes::action::Page::Models)));
    window.run_steps(3);
    window.run();
    window.get_all_by_label("Linearizable, broken").last().expect("it is listed").click();
    window.run();
    window.get_by_label("Broken in this history");
    assert!(window.state().state().model_proof().len() > 1);
}

#[test]
fn it_looks_as_it_should() {
    pictures("history", opened);
}
