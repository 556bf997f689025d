//! Short messages at the bottom of the window.

use eframe::egui::accesskit::Live;
use eframe::egui::{Align2, Area, Frame, Id, Ui, vec2};

use crate::icons::Icon;
use crate::state::State;
use crate::theme::{self, space};
use crate::widgets;

/// Shows those there are. Answers the place of one that was dismissed.
pub fn show(ui: &mut Ui, state: &State, above: f32) -> Option<usize> {
    let mut dismissed = None;
    let shown = state.toasts.shown();
    if shown.is_empty() {
        return None;
    }
    let room = (ui.content_rect().width() - 4.0 * space::WIDE).clamp(120.0, 460.0);
    let area = Area::new(Id::unique("toasts")).anchor(Align2::CENTER_BOTTOM, vec2(0.0, -above - space::WIDE));
    area.show(ui.ctx(), |ui| {
        for (at, toast) in shown.iter().enumerate() {
            Frame::popup(ui.style()).show(ui, |ui| {
                ui.set_max_width(room);
                ui.horizontal(|ui| {
                    let label = ui.add(eframe::egui::Label::new(theme::text(toast.text.as_str())).wrap());
                    ui.ctx().accesskit_node_builder(label.id, |node| node.set_live(Live::Polite));
                    if widgets::icon_button(ui, Icon::Close, "Close this message", "").clicked() {
                        dismissed = Some(at);
                    }
                });
            });
        }
    });
    dismissed
}
