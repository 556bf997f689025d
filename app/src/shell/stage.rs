//! The window without its panels: in an article, or before an audience.

use eframe::egui::{
    Align, CentralPanel, Context, Frame, Key, Label, Layout, Margin, Panel, Rect, RichText, Ui, vec2,
};

use super::{App, canvas_ui, within};
use crate::action::Action;
use crate::lower::{time_height, timeline_ui};
use crate::panels::top;
use crate::state::linked::Stage;
use crate::theme::{self, Size, Weight, space};
use crate::timeline;
use crate::widgets;

/// So much larger everything is before an audience.
pub(super) const PRESENT_SCALE: f32 = 1.5;
/// The line at the bottom: controls, or what happens.
const FOOT: f32 = 52.0;
/// The time line's share of the height; and where it takes more to have every lane in sight.
const TIME_SHARE: [f32; 2] = [0.42, 0.55];

impl App {
    /// Cluster and time line, and one line below them.
    pub(super) fn stage_ui(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let bar = Frame::new().fill(theme::palette(ui).panel).inner_margin(Margin::symmetric(14, 0));
        let presents = self.state.stage == Stage::Present;
        Panel::bottom("stage").exact_size(FOOT).frame(bar).show(ui, |ui| {
            ui.horizontal_centered(|ui| if presents { self.told_ui(ui) } else { self.embed_ui(ui, actions) });
        });
        CentralPanel::default().frame(theme::canvas_frame(ui)).show(ui, |ui| {
            let whole = ui.max_rect();
            let [usual, most] = TIME_SHARE.map(|share| share * whole.height());
            let least = timeline::least_height(self.state.playback.story()).ceil();
            let time = time_height(&self.state).min(usual).max(least.min(most));
            let cluster = Rect::from_min_size(whole.min, vec2(whole.width(), whole.height() - time));
            let Self { state, parts, .. } = self;
            within(ui, cluster, "canvas", |ui| canvas_ui(ui, &mut parts.canvas, state, true, actions));
            let below = Rect::from_min_max(cluster.left_bottom(), whole.max);
            ui.painter().hline(below.x_range(), below.top(), theme::hairline(ui));
            within(ui, below, "time", |ui| timeline_ui(ui, &mut parts.lower, state, actions));
        });
    }

    /// Under an embedded run: its controls, and the way to everything else.
    fn embed_ui(&self, ui: &mut Ui, actions: &mut Vec<Action>) {
        top::controls_ui(ui, &self.state, actions);
        ui.add_space(space::GAP);
        top::clock_ui(ui, &self.state, actions);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::text_link(ui, "Open it all").on_hover_text("Every panel of the workbench").clicked() {
                actions.push(Action::Stage(Stage::Desk));
            }
            let wide = ui.available_width() > 190.0;
            top::verdict_lamp(ui, &self.state, wide, actions);
        });
    }

    /// Under what is presented: the moment, what happens, the verdict. Keys do the rest.
    fn told_ui(&self, ui: &mut Ui) {
        let now = self.state.playback.shown().at.to_string();
        ui.label(RichText::new(now).font(theme::values_medium(Size::Title)));
        ui.add_space(space::WIDE);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (verdict, words) = top::verdict_words(&self.state);
            widgets::verdict_lamp(ui, verdict, &words);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let told = if self.state.is_held() { String::new() } else { self.state.story_line() };
                let told = RichText::new(told).font(theme::words(Size::Name, Weight::Regular));
                ui.add(Label::new(told).truncate());
            });
        });
    }

    /// Escape leaves the stage for the desk.
    pub(super) fn stage_keys(&mut self, context: &Context) {
        if self.state.stage == Stage::Present && context.input(|input| input.key_pressed(Key::Escape)) {
            self.state.set_stage(Stage::Desk);
        }
    }
}
