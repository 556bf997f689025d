//! What stands under the canvas: the lab's own strip, and time. Gives each what it draws, and how tall it wants to be.

use eframe::egui::Ui;
use run::{LiveVerdict, Playback};
use sim::{OperationId, Time};

use crate::action::Action;
use crate::plot::curves::{self, Curves};
use crate::state::State;
use crate::strip::{self, StripPanel};
use crate::timeline::{self, Timeline};

/// The parts' own state.
#[derive(Default)]
pub struct Lower {
    strip: StripPanel,
    curves: Curves,
    timeline: Timeline,
}

impl Lower {
    /// The first and the last time that the time line shows.
    pub fn seen(&self) -> Option<(Time, Time)> {
        self.timeline.seen()
    }
}

/// How tall the strip wants to be; nothing where the lab has none.
pub fn strip_height(state: &State) -> f32 {
    match state.strip() {
        Some(strip) => strip::height(strip),
        None if state.figures_shown() => curves::height(state.plots_chosen().len()),
        None => 0.0,
    }
}

/// How tall the time line wants to be: a lane a node, a taller one a client, the seconds above, the scrubber below.
pub fn time_height(state: &State) -> f32 {
    time_height_of(&state.playback)
}

/// The same of any run.
pub fn time_height_of(playback: &Playback) -> f32 {
    let actors = &playback.view().actors;
    let clients = actors.iter().filter(|actor| actor.id.is_client()).count();
    let nodes = actors.len() - clients;
    70.0 + 26.0 * nodes as f32 + 34.0 * clients as f32
}

/// The strip, or the figures. `seconds_in_sight`: whether the time line stands below.
pub fn strip_ui(
    ui: &mut Ui,
    lower: &mut Lower,
    state: &State,
    seconds_in_sight: bool,
    actions: &mut Vec<Action>,
) {
    let tabs = state.strip_tabs();
    if let Some(strip) = state.strip() {
        let version_word = state.lab().about().version;
        let shown =
            strip::Shown { tabs: &tabs, ..strip::Shown::alone(strip, &state.selection, version_word) };
        actions.extend(lower.strip.show(ui, shown));
    } else if state.figures_shown() {
        let chosen = state.plots_chosen();
        let shown = curves::Shown {
            playback: &state.playback,
            chosen: &chosen,
            tabs: &tabs,
            time: time_shown(state),
            seconds_in_sight,
        };
        actions.extend(lower.curves.show(ui, &mut lower.timeline, shown));
    }
}

/// The time line.
pub fn timeline_ui(ui: &mut Ui, lower: &mut Lower, state: &State, actions: &mut Vec<Action>) {
    timeline_of(ui, lower, state, &state.playback, actions);
}

/// The time line of this run or of the one beside it.
pub fn timeline_of(
    ui: &mut Ui,
    lower: &mut Lower,
    state: &State,
    playback: &Playback,
    actions: &mut Vec<Action>,
) {
    // What is asked about, and what is compared, is of this run.
    let notches = if is_own(state, playback) { state.notches() } else { Vec::new() };
    actions.extend(lower.timeline.show(ui, time_shown_of(state, playback, &notches)));
}

fn is_own(state: &State, playback: &Playback) -> bool {
    std::ptr::eq(playback, &state.playback)
}

/// What the time line draws.
fn time_shown(state: &State) -> timeline::Shown<'_> {
    time_shown_of(state, &state.playback, &[])
}

fn time_shown_of<'a>(
    state: &'a State,
    playback: &'a Playback,
    notches: &'a [(Time, String)],
) -> timeline::Shown<'a> {
    let own = is_own(state, playback);
    let proof: &[OperationId] = match (playback.verdict(), playback.evidence()) {
        (LiveVerdict::Broken { .. }, Some(evidence)) => &evidence.operations,
        _ => &[],
    };
    let broken_at = match playback.verdict() {
        LiveVerdict::Broken { at, .. } => Some(*at),
        _ => None,
    };
    timeline::Shown {
        flights: &playback.view().flights,
        proof,
        broken_at,
        future: !(state.is_held() || own && state.seen_by().is_some()),
        lens: state.lens().filter(|_| own),
        notches,
        version_word: playback.lab().about().version,
        ..timeline::Shown::new(playback.story(), playback.shown(), playback.run().end, &state.selection)
    }
}
