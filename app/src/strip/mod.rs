//! The lab's own strips under the canvas: what its protocol is about, in one of a few forms. A panel draws any of them
//! without knowing the lab.
//!
//! | module | draws |
//! |-|-|
//! | [`cells`] | rows of cells in numbered columns: logs |
//! | [`table`] | named columns: keys on nodes, accounts on shards |
//! | [`ring`] | a hash ring, its points and keys, and a legend |
//! | [`bars`] | amounts side by side |
//! | [`gauges`] | few amounts that have a value they should have |
//! | [`scale`] | clocks around true time |
//! | `hits` | what can be pointed at, and what is said of it |
//!
//! Where everything is, is worked out first (`Placed`, pure, tested as text); painting and the hands only read it. Where a
//! lab has several strips their titles are tabs. What does not fit is a drag, a wheel or an arrow key away. Colours of
//! verdicts are never used: a strip shows, it does not judge.

pub mod bars;
pub mod cells;
pub mod gauges;
mod hits;
pub mod ring;
pub mod scale;
pub mod table;
#[cfg(test)]
mod tests;

use eframe::egui::{
    Align2, CornerRadius, EventFilter, Key, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, Vec2,
    WidgetInfo, pos2, vec2,
};
use sim::view::{Body, Strip};

use crate::action::{Action, Selection};
use crate::canvas::labels::{Labels, Style};
use crate::paint::Paint;
use crate::theme::{self, Size, Weight, space};
use cells::Cells;
use hits::{Hands, Hit};

/// What the strip draws.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The strip.
    pub strip: &'a Strip,
    /// The titles of all that can stand here, where there are several.
    pub tabs: &'a [&'a str],
    /// What is selected: its row's name is in the accent colour.
    pub selection: &'a Selection,
    /// What this lab calls the number of a cell: `term`.
    pub version_word: &'a str,
}

impl<'a> Shown<'a> {
    /// One strip alone.
    pub fn alone(strip: &'a Strip, selection: &'a Selection, version_word: &'a str) -> Self {
        Self { strip, tabs: &[], selection, version_word }
    }
}

/// The strip's own state.
#[derive(Default)]
pub struct StripPanel {
    /// The strip that the rest is about.
    title: &'static str,
    cells: Cells,
    /// How far the others are scrolled.
    pan: Vec2,
    hands: Hands,
    labels: Labels,
}

/// The title with its legend, or the tabs.
pub const HEAD: f32 = 30.0;
/// One arrow key moves the picture so far.
const KEY_STEP: f32 = 48.0;

/// How tall a strip wants to be, in points.
pub fn height(strip: &Strip) -> f32 {
    HEAD + match &strip.body {
        Body::Cells(rows) => cells::height(rows),
        Body::Table(table) => table::height(table),
        Body::Ring(ring) => ring::height(ring),
        Body::Bars(_) => bars::HEIGHT,
        Body::Gauges(_) => gauges::HEIGHT,
        Body::Scale(scale) => scale::height(scale),
    }
}

/// Where everything of a body is. What it borrows is what it shows.
trait Placed {
    /// How far it can be scrolled, to the right and down.
    fn most(&self) -> Vec2;
    /// Where it is painted; what reaches beyond is cut off.
    fn room(&self) -> Rect;
    /// Paints it.
    fn paint(&self, paint: &mut Paint<'_>, selection: &Selection);
    /// What can be pointed at.
    fn hits(&self) -> Vec<Hit<'_>>;
}

/// The head's height here: a tab is as tall as a finger needs.
pub fn head_height(ui: &Ui, tabs: usize) -> f32 {
    if theme::is_touch(ui) && tabs > 1 { space::TOUCH } else { HEAD }
}

impl StripPanel {
    /// Shows the newest columns again.
    pub fn newest(&mut self) {
        self.cells = Cells::default();
    }

    /// Paints, and returns what was asked for: a click on a row selects its node, one on a tab shows that strip.
    pub fn show(&mut self, ui: &mut Ui, shown: Shown<'_>) -> Vec<Action> {
        let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
        let mut actions = Vec::new();
        if !ui.is_rect_visible(rect) {
            return actions;
        }
        if self.title != shown.strip.title {
            let labels = std::mem::take(&mut self.labels);
            *self = Self { title: shown.strip.title, labels, ..Self::default() };
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Table, true, shown.strip.title));
        self.labels.begin(ui.ctx());
        let height = head_height(ui, shown.tabs.len());
        let head = Rect::from_min_size(rect.min, vec2(rect.width(), height));
        let body = Rect::from_min_max(pos2(rect.left(), head.bottom().min(rect.bottom())), rect.max);
        head_ui(ui, &mut self.labels, head, shown.strip.title, shown.strip.legend, shown.tabs, &mut actions);
        if let Body::Cells(rows) = &shown.strip.body {
            self.cells.show(ui, &mut self.labels, body, &response, rows, &shown, &mut actions);
        } else {
            self.body_ui(ui, body, &response, &shown, &mut actions);
        }
        if response.has_focus() {
            let ring = theme::focus_ring(ui);
            ui.painter_at(rect).rect_stroke(
                rect.shrink(2.0),
                CornerRadius::same(4),
                ring,
                StrokeKind::Inside,
            );
        }
        actions
    }

    fn body_ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        response: &Response,
        shown: &Shown<'_>,
        actions: &mut Vec<Action>,
    ) {
        let finger = theme::is_touch(ui);
        let placed: Box<dyn Placed + '_> = match &shown.strip.body {
            Body::Cells(_) => return,
            Body::Table(table) => Box::new(table::Grid::new(rect, table, self.pan, finger)),
            Body::Ring(ring) => Box::new(ring::Dial::new(rect, ring, self.pan)),
            Body::Bars(bars) => Box::new(bars::Chart::new(rect, bars, self.pan)),
            Body::Gauges(gauges) => Box::new(gauges::Board::new(rect, gauges, self.pan)),
            Body::Scale(scale) => Box::new(scale::Ruler::new(rect, scale, self.pan)),
        };
        self.look(ui, response, placed.most());
        let mut paint = Paint::new(ui.painter_at(rect), theme::palette(ui), &mut self.labels);
        placed.paint(&mut paint, shown.selection);
        paint.flush();
        self.hands.show(ui, placed.room(), &placed.hits(), shown, actions);
    }

    /// Drag, wheel and arrows.
    fn look(&mut self, ui: &Ui, response: &Response, most: Vec2) {
        if response.dragged() {
            self.pan -= response.drag_delta();
        }
        if response.contains_pointer() {
            let scroll = ui.input(|input| input.smooth_scroll_delta());
            self.pan.x -= scroll.x + if most.y > 0.0 { 0.0 } else { scroll.y };
            self.pan.y -= if most.y > 0.0 { scroll.y } else { 0.0 };
        }
        if response.has_focus() {
            let arrows = EventFilter {
                horizontal_arrows: true,
                vertical_arrows: most.y > 0.0,
                ..EventFilter::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
            self.pan += ui.input(|input| {
                let pressed = |key| KEY_STEP * f32::from(u8::from(input.key_pressed(key)));
                let across = pressed(Key::ArrowRight) - pressed(Key::ArrowLeft);
                vec2(across, if most.y > 0.0 { pressed(Key::ArrowDown) - pressed(Key::ArrowUp) } else { 0.0 })
            });
        }
        let before = self.pan;
        self.pan = self.pan.clamp(Vec2::ZERO, most.max(Vec2::ZERO));
        if before != self.pan || response.dragged() {
            ui.ctx().request_repaint();
        }
    }
}

/// A strip's head: its title and what its marks mean; or a tab for each that can stand here.
pub fn head_ui(
    ui: &mut Ui,
    labels: &mut Labels,
    head: Rect,
    title: &str,
    legend: &str,
    tabs: &[&str],
    actions: &mut Vec<Action>,
) {
    let palette = theme::palette(ui);
    let painter = ui.painter_at(head);
    let mut paint = Paint::new(painter, palette, labels);
    let style = Style::words(Size::Text, Weight::Semibold);
    let middle = head.top() + if tabs.len() > 1 { head.height() / 2.0 } else { 16.0 };
    let mut left = head.left() + 17.0;
    let one = [title];
    let names = if tabs.len() > 1 { tabs } else { &one };
    let mut rects = Vec::with_capacity(names.len());
    for name in names {
        let is_shown = *name == title;
        let colour = if is_shown || tabs.len() < 2 { palette.text } else { palette.soft };
        let rect = paint.text(pos2(left, middle), Align2::LEFT_CENTER, style, name, colour);
        if tabs.len() > 1 && is_shown {
            let line = Stroke::new(2.0, palette.act);
            paint.shapes.push(Shape::hline(rect.x_range(), head.bottom() - 3.0, line));
        }
        rects.push(rect);
        left = rect.right() + 18.0;
    }
    let room = head.right() - 10.0 - left;
    if room > 90.0 {
        let style = Style::words(Size::Label, Weight::Regular);
        paint.fitted(pos2(left - 8.0, middle), Align2::LEFT_CENTER, style, legend, palette.soft, room);
    }
    paint.flush();
    if tabs.len() < 2 {
        return;
    }
    for (name, rect) in names.iter().zip(rects) {
        let target = Rect::from_x_y_ranges(rect.x_range().expand(9.0), head.y_range());
        let response = ui.interact(target, ui.scope_id().with(("strip tab", *name)), Sense::click());
        let is_shown = *name == title;
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_shown, *name));
        if response.has_focus() {
            let around = target.shrink2(vec2(2.0, 3.0));
            ui.painter().rect_stroke(
                around,
                CornerRadius::same(4),
                theme::focus_ring(ui),
                StrokeKind::Inside,
            );
        } else if response.hovered() && !is_shown {
            let line = Stroke::new(2.0, palette.hairline);
            ui.painter().hline(rect.x_range(), head.bottom() - 3.0, line);
        }
        if response.on_hover_cursor(eframe::egui::CursorIcon::PointingHand).clicked() {
            actions.push(Action::ShowStrip((*name).to_owned()));
        }
    }
}
