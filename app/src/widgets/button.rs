//! What can be pressed.

use eframe::egui::{
    Align2, Color32, CornerRadius, CursorIcon, Response, Role, Sense, Stroke, Ui, Vec2, vec2,
};

use super::{key_font, label_font, line, named, named_choice, put_left, put_right, ring, tip, under_hand};
use crate::icons::{self, Icon};
use crate::theme::{self, Size, Weight, space};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Primary,
    Secondary,
}

/// A button with words. The functions of this module cover the usual ones.
#[derive(Debug, Clone)]
#[must_use = "nothing is painted before `show`"]
pub struct Button<'a> {
    label: &'a str,
    kind: Kind,
    key: &'a str,
    tip: &'a str,
    icon: Option<Icon>,
    wide: bool,
    large: bool,
    selected: Option<bool>,
}

impl<'a> Button<'a> {
    fn new(label: &'a str, kind: Kind) -> Self {
        Self { label, kind, key: "", tip: "", icon: None, wide: false, large: false, selected: None }
    }

    /// The one thing to do here, in the accent colour. One on screen.
    pub fn primary(label: &'a str) -> Self {
        Self::new(label, Kind::Primary)
    }

    /// One of several things to do.
    pub fn secondary(label: &'a str) -> Self {
        Self::new(label, Kind::Secondary)
    }

    /// The key that does the same, shown at the right and in the tooltip.
    pub fn key(self, key: &'a str) -> Self {
        Self { key, ..self }
    }

    /// What it does, said under the pointer.
    pub fn tip(self, tip: &'a str) -> Self {
        Self { tip, ..self }
    }

    /// An icon before the words.
    pub fn icon(self, icon: Icon) -> Self {
        Self { icon: Some(icon), ..self }
    }

    /// As wide as there is room.
    pub fn wide(self) -> Self {
        Self { wide: true, ..self }
    }

    /// As tall as a finger needs, for the first screen's one button.
    pub fn large(self) -> Self {
        Self { large: true, ..self }
    }

    /// Stays pressed, as a switch does.
    pub fn selected(self, selected: bool) -> Self {
        Self { selected: Some(selected), ..self }
    }

    /// Paints it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let palette = theme::palette(ui);
        let (rest, ink) = match (self.kind, self.selected) {
            (Kind::Primary, _) | (Kind::Secondary, Some(true)) => (palette.act, palette.on_act),
            (Kind::Secondary, _) => (palette.raised, palette.text),
        };
        let room = ui.available_width();
        let padding = if self.key.is_empty() { 16.0 } else { 10.0 };
        let key = (!self.key.is_empty()).then(|| {
            let colour = if rest == palette.act { palette.on_act } else { palette.faint };
            line(ui, self.key, key_font(), colour, room)
        });
        let icon_width = if self.icon.is_some() { space::ICON + space::GAP } else { 0.0 };
        let beside = icon_width + key.as_ref().map_or(0.0, |key| key.size().x + space::GAP) + 2.0 * padding;
        // A label with its key is one of several of a kind; one alone stands out by its weight.
        let font = if key.is_some() { theme::words(Size::Text, Weight::Medium) } else { label_font() };
        let label = line(ui, self.label, font, ink, (room - beside).max(24.0));

        let wants = label.size().x + beside;
        let width = if self.wide { room } else { wants.max(64.0).min(room.max(64.0)) };
        let height = theme::control_height(ui).max(if self.large { space::CONTROL_LARGE } else { 0.0 });
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
        match self.selected {
            Some(selected) => named_choice(ui, &response, Role::Button, selected, self.label),
            None => named(ui, &response, Role::Button, self.label),
        }
        let cut_short = label.elided;
        if ui.is_rect_visible(rect) {
            let fill = under_hand(ui, &response, rest);
            ui.painter().rect_filled(rect, CornerRadius::same(space::CONTROL_RADIUS), fill);
            ring(ui, &response, rect, space::CONTROL_RADIUS);
            let mut left = if key.is_some() {
                rect.left() + padding
            } else {
                rect.center().x - (label.size().x + icon_width) / 2.0
            };
            if let Some(icon) = self.icon {
                let centre = rect.left_center() + vec2(left - rect.left() + space::ICON / 2.0, 0.0);
                icons::paint_on(ui.painter(), icon, centre, space::ICON, ink, fill);
                left += icon_width;
            }
            put_left(ui, rect, left, label);
            if let Some(key) = key {
                put_right(ui, rect, rect.right() - padding, key);
            }
        }
        let says =
            if self.tip.is_empty() && (cut_short || !self.key.is_empty()) { self.label } else { self.tip };
        tip(response, says, self.key).on_hover_cursor(CursorIcon::PointingHand)
    }
}

/// The one thing to do here.
pub fn primary_button(ui: &mut Ui, label: &str) -> Response {
    Button::primary(label).show(ui)
}

/// One of several things to do.
pub fn secondary_button(ui: &mut Ui, label: &str) -> Response {
    Button::secondary(label).show(ui)
}

/// One of several things to do, with its key at the right; as wide as there is room.
pub fn key_button(ui: &mut Ui, label: &str, key: &str, tip: &str) -> Response {
    Button::secondary(label).key(key).tip(tip).wide().show(ui)
}

/// Words in the accent colour that lead somewhere.
pub fn text_link(ui: &mut Ui, label: &str) -> Response {
    let palette = theme::palette(ui);
    let galley = line(ui, label, label_font(), palette.act, ui.available_width());
    let height = if theme::is_touch(ui) { space::TOUCH } else { space::ROW };
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x, height), Sense::click());
    named(ui, &response, Role::Link, label);
    if ui.is_rect_visible(rect) {
        ring(ui, &response, rect.shrink2(vec2(-2.0, 3.0)), 2);
        if response.hovered() {
            let below = rect.center().y + galley.size().y / 2.0;
            ui.painter().hline(rect.x_range(), below, Stroke::new(space::HAIRLINE, palette.act));
        }
        put_left(ui, rect, rect.left(), galley);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// An icon that can be pressed. `name` is what a screen reader and the tooltip say.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str, key: &str) -> Response {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(theme::square(ui), Sense::click());
    named(ui, &response, Role::Button, name);
    if ui.is_rect_visible(rect) {
        let ground = ui.visuals().panel_fill;
        let busy = response.hovered() || response.is_pointer_button_down_on();
        let fill = if busy { under_hand(ui, &response, ground) } else { Color32::TRANSPARENT };
        ui.painter().rect_filled(rect, CornerRadius::same(space::CONTROL_RADIUS), fill);
        ring(ui, &response, rect, space::CONTROL_RADIUS);
        let ink = if busy { palette.text } else { palette.soft };
        let size = if theme::is_touch(ui) { space::ICON_LARGE } else { space::ICON };
        icons::paint_on(ui.painter(), icon, rect.center(), size, ink, ground);
    }
    tip(response, name, key).on_hover_cursor(CursorIcon::PointingHand)
}

/// The big round button of the controls: play or pause.
pub fn round_button(ui: &mut Ui, icon: Icon, name: &str, key: &str) -> Response {
    let palette = theme::palette(ui);
    let diameter = theme::control_height(ui).max(32.0);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(diameter), Sense::click());
    named(ui, &response, Role::Button, name);
    if ui.is_rect_visible(rect) {
        let radius = diameter / 2.0;
        ui.painter().circle_filled(rect.center(), radius, under_hand(ui, &response, palette.act));
        if response.has_focus() {
            ui.painter().circle_stroke(rect.center(), radius + 3.0, theme::focus_ring(ui));
        }
        icons::paint(ui.painter(), icon, rect.center(), diameter * 0.5, palette.on_act);
    }
    tip(response, name, key).on_hover_cursor(CursorIcon::PointingHand)
}

/// The way to the search: looks like a field, opens the palette.
pub fn search_button(ui: &mut Ui, key: &str) -> Response {
    let palette = theme::palette(ui);
    let room = ui.available_width();
    let words = line(ui, "Search", theme::words(Size::Secondary, Weight::Regular), palette.soft, room);
    let hint = line(ui, key, key_font(), palette.faint, room);
    let size = vec2(words.size().x + hint.size().x + 34.0, theme::control_height(ui).max(space::ROW));
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    named(ui, &response, Role::Button, "Search");
    if ui.is_rect_visible(rect) {
        let fill = under_hand(ui, &response, palette.raised);
        ui.painter().rect_filled(rect, CornerRadius::same(space::CONTROL_RADIUS), fill);
        ring(ui, &response, rect, space::CONTROL_RADIUS);
        put_left(ui, rect, rect.left() + 10.0, words);
        put_right(ui, rect, rect.right() - 10.0, hint);
    }
    tip(response, "Search for anything to do", key).on_hover_cursor(CursorIcon::PointingHand)
}

/// Between a picker's name and what stands beside it, and around both.
const PICKER_BETWEEN: f32 = 7.0;
const PICKER_AROUND: f32 = 30.0;

/// How wide a [`picker`] is.
pub fn picker_width(ui: &Ui, name: &str, beside: &str) -> f32 {
    let palette = theme::palette(ui);
    let strong = line(ui, name, label_font(), palette.text, f32::INFINITY).size().x;
    let soft = line(ui, beside, theme::words(Size::Text, Weight::Regular), palette.soft, f32::INFINITY);
    strong + PICKER_BETWEEN + soft.size().x + space::ICON_SMALL + PICKER_AROUND
}

/// What is chosen, and a chevron that says there is more to choose from: `Raft  key-value store ⌄`.
/// Attach a menu to the response.
pub fn picker(ui: &mut Ui, name: &str, beside: &str) -> Response {
    let palette = theme::palette(ui);
    let room = ui.available_width();
    let strong = line(ui, name, label_font(), palette.text, room);
    let soft = line(ui, beside, theme::words(Size::Text, Weight::Regular), palette.soft, room);
    let between = if beside.is_empty() { 0.0 } else { PICKER_BETWEEN };
    let width = strong.size().x + between + soft.size().x + space::ICON_SMALL + PICKER_AROUND;
    let (rect, response) = ui.allocate_exact_size(vec2(width, theme::control_height(ui)), Sense::click());
    let said = if beside.is_empty() { name.to_owned() } else { format!("{name}, {beside}") };
    named(ui, &response, Role::Button, &said);
    if ui.is_rect_visible(rect) {
        let fill = under_hand(ui, &response, palette.raised);
        ui.painter().rect_filled(rect, CornerRadius::same(space::CONTROL_RADIUS), fill);
        ring(ui, &response, rect, space::CONTROL_RADIUS);
        let left = rect.left() + 10.0;
        let middle = left + strong.size().x + between;
        put_left(ui, rect, left, strong);
        put_left(ui, rect, middle, soft);
        let chevron = Align2::RIGHT_CENTER
            .align_size_within_rect(Vec2::splat(space::ICON_SMALL), rect.shrink2(vec2(8.0, 0.0)))
            .center();
        icons::paint(ui.painter(), Icon::ChevronDown, chevron, space::ICON_SMALL, palette.soft);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}
