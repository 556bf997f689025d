//! Two runs side by side.

use eframe::egui::{Rect, Ui, pos2, vec2};
use run::Playback;

use super::{App, chips_height, within};
use crate::action::Action;
use crate::canvas::{self, Canvas, menu::Extras};
use crate::lower;
use crate::panels::{beside, verdict};
use crate::state::State;
use crate::state::beside::name;
use crate::theme;

impl App {
    /// Two runs side by side: each with its name and verdict, its cluster and its time line. On a narrow screen one above
    /// the other, without time lines.
    pub(super) fn two_ui(&mut self, ui: &mut Ui, whole: Rect, actions: &mut Vec<Action>) {
        let Self { state, parts, .. } = self;
        let Some(beside) = &state.beside else { return };
        let narrow = whole.width() < 560.0;
        let sides = if narrow {
            let (above, below) = whole.split_top_bottom_at_fraction(0.5);
            [above, below]
        } else {
            let (left, right) = whole.split_left_right_at_fraction(0.5);
            [left, right]
        };
        let names = [state.lab().about().title.to_owned(), name(beside.change(), beside.other().lab())];
        let canvases =
            [(&mut parts.canvas, &mut parts.lower), (&mut parts.other_canvas, &mut parts.other_lower)];
        for (at, (canvas, lower)) in canvases.into_iter().enumerate() {
            let playback = if at == 0 { &state.playback } else { beside.other() };
            let (rect, name) = (sides[at], &names[at]);
            let head = Rect::from_min_size(rect.min, vec2(rect.width(), chips_height(ui)));
            let time = if narrow { 0.0 } else { lower::time_height_of(playback).min(rect.height() * 0.45) };
            let cluster = Rect::from_min_max(head.left_bottom(), pos2(rect.right(), rect.bottom() - time));
            within(ui, cluster, &format!("canvas {at}"), |ui| {
                canvas_of(ui, canvas, state, playback, actions);
            });
            within(ui, head.shrink2(vec2(14.0, 8.0)), &format!("head {at}"), |ui| {
                let promised =
                    playback.promises().iter().any(|promise| promise.guarantee == verdict::GUARANTEE);
                beside::head_ui(ui, name, playback, promised);
            });
            if time > 0.0 {
                let rect = Rect::from_min_max(cluster.left_bottom(), rect.max);
                ui.painter().hline(rect.x_range(), rect.top(), theme::hairline(ui));
                within(ui, rect, &format!("time {at}"), |ui| {
                    lower::timeline_of(ui, lower, state, playback, actions);
                });
            }
        }
        if narrow {
            ui.painter().hline(whole.x_range(), sides[1].top(), theme::hairline(ui));
        } else {
            ui.painter().vline(sides[1].left(), whole.y_range(), theme::hairline(ui));
        }
    }
}

/// The cluster of one of two runs. What is done to either is done to both.
fn canvas_of(
    ui: &mut Ui,
    canvas: &mut Canvas,
    state: &State,
    playback: &Playback,
    actions: &mut Vec<Action>,
) {
    let lab = playback.lab();
    let columns = match lab.arrangement(playback.parameters()) {
        sim::lab::Arrangement::Columns(columns) => columns,
        sim::lab::Arrangement::Circle => Vec::new(),
    };
    let shown = canvas::Shown {
        columns: &columns,
        extras: Extras { lies: lab.lies(), timers: lab.timers() },
        keys: state.saved.preferences.letter_keys,
        version_word: lab.about().version,
        ..canvas::Shown::new(playback.view(), playback.story(), &state.selection)
    };
    actions.extend(canvas.show(ui, shown));
}
