//! The controls every part of the window is made of: one function each, painted in the theme.
//!
//! Each has a name for a screen reader (its words, or the name it is given), a ring while it has the
//! keyboard's focus, at least 40 points of height where the theme is set for a finger, and paler colours
//! where the [`Ui`](eframe::egui::Ui) is disabled. A tooltip says what the key is ([`tip`]). None keeps
//! state: what is chosen belongs to the caller.

mod button;
mod chip;
mod choice;
mod field;
mod row;

pub use button::{
    Button, icon_button, key_button, picker, picker_width, primary_button, round_button, search_button,
    secondary_button, text_link,
};
pub use chip::{ChipResponse, chip, verdict_icon, verdict_lamp, word_pill};
pub use choice::{choice_row, segmented, step_dots, tabs, toggle_row};
pub use field::{slider, text_field};
pub use row::{
    hairline_across, heading_with_note, key_value, keycap, moment_row, promise_row, verdict_line, waiting_row,
};

use std::sync::Arc;

use eframe::egui::{
    Color32, CornerRadius, FontId, Galley, Rect, Response, RichText, Role, StrokeKind, TextWrapMode, Ui,
    WidgetInfo, WidgetText,
};

use crate::theme::{self, Size, Weight};

/// Adds a tooltip that says what the control does and which key does the same. Either may be empty.
pub fn tip(response: Response, text: &str, key: &str) -> Response {
    if text.is_empty() && key.is_empty() {
        return response;
    }
    response.on_hover_ui(|ui| {
        ui.horizontal(|ui| {
            if !text.is_empty() {
                ui.label(theme::text(text));
            }
            if !key.is_empty() {
                keycap(ui, key);
            }
        });
    })
}

/// Lays words out in one line that ends in `…` where there is no more room.
fn line(ui: &Ui, text: &str, font: FontId, colour: Color32, width: f32) -> Arc<Galley> {
    let text = RichText::new(text).font(font.clone()).color(colour);
    WidgetText::from(text).into_galley(ui, Some(TextWrapMode::Truncate), width, font)
}

/// Lays words out in as many lines as they need.
fn lines(ui: &Ui, text: &str, size: Size, weight: Weight, colour: Color32, width: f32) -> Arc<Galley> {
    let font = theme::words(size, weight);
    let text = RichText::new(text).font(font.clone()).line_height(Some(size.line_height())).color(colour);
    WidgetText::from(text).into_galley(ui, Some(TextWrapMode::Wrap), width, font)
}

/// Paints words with their left edge at `left`, in the middle of `rect`'s height.
fn put_left(ui: &Ui, rect: Rect, left: f32, galley: Arc<Galley>) {
    let top = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(eframe::egui::pos2(left, top), galley, theme::palette(ui).text);
}

/// Paints words in the middle of `rect`.
fn put_middle(ui: &Ui, rect: Rect, galley: Arc<Galley>) {
    put_left(ui, rect, rect.center().x - galley.size().x / 2.0, galley);
}

/// Paints words with their right edge at `right`, in the middle of `rect`'s height.
fn put_right(ui: &Ui, rect: Rect, right: f32, galley: Arc<Galley>) {
    put_left(ui, rect, right - galley.size().x, galley);
}

/// The ring around what has the keyboard's focus.
fn ring(ui: &Ui, response: &Response, rect: Rect, radius: u8) {
    if response.has_focus() {
        let corner = CornerRadius::same(radius.saturating_add(2));
        let stroke = theme::focus_ring(ui);
        ui.painter().rect_stroke(rect.expand(2.0), corner, stroke, StrokeKind::Outside);
    }
}

/// `rest`, as it looks under the pointer or while pressed.
fn under_hand(ui: &Ui, response: &Response, rest: Color32) -> Color32 {
    let palette = theme::palette(ui);
    if response.is_pointer_button_down_on() {
        palette.pressed(rest)
    } else if response.hovered() {
        palette.hovered(rest)
    } else {
        rest
    }
}

/// Gives a control its role and its name.
fn named(ui: &Ui, response: &Response, role: Role, name: &str) {
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(role, enabled, name));
}

/// Gives a control that can be chosen its role and its name.
fn named_choice(ui: &Ui, response: &Response, role: Role, chosen: bool, name: &str) {
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::selected(role, enabled, chosen, name));
}

fn key_font() -> FontId {
    theme::values(Size::Small)
}

fn label_font() -> FontId {
    theme::words(Size::Text, Weight::Semibold)
}

#[cfg(test)]
mod tests;
