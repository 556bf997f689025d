//! What stands under the canvas: the lab's own strip, and time.

use eframe::egui::Ui;

use crate::action::Action;
use crate::state::State;

/// The parts' own state.
#[derive(Default)]
pub struct Lower {}

/// How tall the strip wants to be.
pub fn strip_height(_state: &State) -> f32 {
    0.0
}

/// How tall the time line wants to be.
pub fn time_height(_state: &State) -> f32 {
    0.0
}

/// The strip.
pub fn strip_ui(_ui: &mut Ui, _lower: &mut Lower, _state: &State, _actions: &mut Vec<Action>) {}

/// The time line.
pub fn timeline_ui(_ui: &mut Ui, _lower: &mut Lower, _state: &State, _actions: &mut Vec<Action>) {}
