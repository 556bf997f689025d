//! What is chosen among several: an answer, a tab, a step.

use eframe::egui::{
    CornerRadius, CursorIcon, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};

use super::{label_font, line, lines, named_choice, put_left, put_middle, ring};
use crate::icons::{self, Icon};
use crate::theme::{self, Size, Weight, space};

/// One of several answers: a ring with a dot when chosen. As wide as there is room.
pub fn choice_row(ui: &mut Ui, chosen: bool, text: &str) -> Response {
    mark_row(ui, Role::RadioButton, chosen, text, |ui, centre, chosen, hovered| {
        let palette = theme::palette(ui);
        let line = match (chosen, hovered) {
            (true, _) => palette.act,
            (false, true) => palette.text,
            (false, false) => palette.faint,
        };
        ui.painter().circle_stroke(centre, 7.0, Stroke::new(space::LINE, line));
        if chosen {
            ui.painter().circle_filled(centre, 3.8, palette.act);
        }
    })
}

/// Something that is on or off: a square with a check when on. As wide as there is room.
pub fn toggle_row(ui: &mut Ui, on: bool, text: &str) -> Response {
    mark_row(ui, Role::CheckBox, on, text, |ui, centre, on, hovered| {
        let palette = theme::palette(ui);
        let square = Rect::from_center_size(centre, Vec2::splat(15.0));
        let corner = CornerRadius::same(4);
        if on {
            ui.painter().rect_filled(square, corner, palette.act);
            icons::paint(ui.painter(), Icon::Check, centre, 12.0, palette.on_act);
        } else {
            let line = if hovered { palette.text } else { palette.faint };
            ui.painter().rect_stroke(square, corner, Stroke::new(space::LINE, line), StrokeKind::Inside);
        }
    })
}

/// A row that begins with a mark: `paint` gets where, whether chosen, whether under the pointer.
fn mark_row(
    ui: &mut Ui,
    role: Role,
    chosen: bool,
    text: &str,
    paint: impl FnOnce(&Ui, eframe::egui::Pos2, bool, bool),
) -> Response {
    const MARK: f32 = 24.0;
    let palette = theme::palette(ui);
    let width = ui.available_width();
    let galley = lines(ui, text, Size::Text, Weight::Regular, palette.text, (width - MARK).max(24.0));
    let least = if theme::is_touch(ui) { space::TOUCH } else { space::ROW - space::TIGHT };
    let size = vec2(width, least.max(galley.size().y + 2.0));
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    named_choice(ui, &response, role, chosen, text);
    if ui.is_rect_visible(rect) {
        ring(ui, &response, rect.expand2(vec2(2.0, 0.0)), 4);
        let first_row = galley.rows.first().map_or(galley.size().y, |row| row.height());
        let top = rect.center().y - galley.size().y / 2.0;
        paint(ui, pos2(rect.left() + 8.0, top + first_row / 2.0), chosen, response.hovered());
        put_left(ui, rect, rect.left() + MARK, galley);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// Tabs with a line under the one shown. Returns the one that was pressed.
pub fn tabs(ui: &mut Ui, names: &[&str], shown: usize) -> Option<usize> {
    let palette = theme::palette(ui);
    let mut pressed = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 20.0;
        for (at, name) in names.iter().enumerate() {
            let is_shown = at == shown;
            let colour = if is_shown { palette.act } else { palette.soft };
            let galley = line(ui, name, label_font(), colour, ui.available_width().max(24.0));
            let size = vec2(galley.size().x + 6.0, theme::control_height(ui));
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            named_choice(ui, &response, Role::Tab, is_shown, name);
            if ui.is_rect_visible(rect) {
                ring(ui, &response, rect.shrink(2.0), space::CONTROL_RADIUS);
                put_middle(ui, rect, galley);
                if is_shown || response.hovered() {
                    let line = if is_shown { palette.act } else { palette.hairline };
                    ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(2.0, line));
                }
            }
            if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                pressed = Some(at);
            }
        }
    });
    pressed
}

/// A few alternatives side by side in one control. Returns the one that was pressed.
pub fn segmented(ui: &mut Ui, names: &[&str], chosen: usize) -> Option<usize> {
    let palette = theme::palette(ui);
    let galleys: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let colour = if at == chosen { palette.text } else { palette.soft };
            line(ui, name, theme::words(Size::Secondary, Weight::Medium), colour, ui.available_width())
        })
        .collect();
    let widths: Vec<f32> = galleys.iter().map(|galley| galley.size().x + 20.0).collect();
    let height = theme::control_height(ui);
    let (whole, _) = ui.allocate_exact_size(vec2(widths.iter().sum::<f32>() + 4.0, height), Sense::hover());
    ui.painter().rect_filled(whole, CornerRadius::same(space::CONTROL_RADIUS), palette.raised);
    let id = ui.next_auto_id();
    let mut left = whole.left() + 2.0;
    let mut pressed = None;
    for (at, (galley, width)) in galleys.into_iter().zip(widths).enumerate() {
        let rect = Rect::from_min_size(pos2(left, whole.top()), vec2(width, height));
        left += width;
        let response = ui.interact(rect, id.with(at), Sense::click());
        named_choice(ui, &response, Role::RadioButton, at == chosen, names[at]);
        let inner = rect.shrink2(vec2(0.0, 2.0));
        if at == chosen {
            let fill = if palette.dark { palette.pressed(palette.raised) } else { palette.panel };
            let border = Stroke::new(space::HAIRLINE, palette.hairline);
            let corner = CornerRadius::same(space::CONTROL_RADIUS - 1);
            ui.painter().rect(inner, corner, fill, border, StrokeKind::Inside);
        }
        ring(ui, &response, inner, space::CONTROL_RADIUS);
        put_middle(ui, rect, galley);
        if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
            pressed = Some(at);
        }
    }
    pressed
}

/// How far a lesson is: a dot a step, and the same in words. `current` counts from zero.
pub fn step_dots(ui: &mut Ui, current: usize, total: usize) -> Response {
    const APART: f32 = 18.0;
    let palette = theme::palette(ui);
    let said = format!("step {} of {total}", (current + 1).min(total));
    let words =
        line(ui, &said, theme::words(Size::Secondary, Weight::Regular), palette.soft, ui.available_width());
    // Where there are more steps than room for dots, the words alone say it.
    let room = ui.available_width() - words.size().x - space::WIDE;
    let dots = if total as f32 * APART <= room { total } else { 0 };
    let words_left = if dots == 0 { 0.0 } else { dots as f32 * APART + 14.0 };
    let size = vec2(words_left + words.size().x, 20.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, enabled, &said));
    for at in 0..dots {
        let centre = pos2(rect.left() + 6.0 + at as f32 * APART, rect.center().y);
        let colour = match at.cmp(&current) {
            std::cmp::Ordering::Less => palette.soft,
            std::cmp::Ordering::Equal => palette.act,
            std::cmp::Ordering::Greater => palette.hovered(palette.hairline),
        };
        ui.painter().circle_filled(centre, 4.0, colour);
    }
    put_left(ui, rect, rect.left() + words_left, words);
    response
}
