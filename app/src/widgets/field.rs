//! What takes a value: a line of text, a slider.

use std::ops::RangeInclusive;

use eframe::egui::{self, Color32, Margin, Rect, Response, Slider, Stroke, TextEdit, Ui, emath, pos2};

use crate::theme::{self, Size, Weight, space};

/// A line of text as wide as there is room. `hint` is shown while it is empty; `name` is what a screen
/// reader says.
pub fn text_field(ui: &mut Ui, text: &mut String, hint: &str, name: &str) -> Response {
    let palette = theme::palette(ui);
    let vertical = ((theme::control_height(ui) - Size::Text.points() * 1.25) / 2.0).max(2.0) as i8;
    let field = TextEdit::singleline(text)
        .hint_text(egui::RichText::new(hint).color(palette.faint))
        .font(theme::words(Size::Text, Weight::Regular))
        .margin(Margin::symmetric(10, vertical))
        .desired_width(f32::INFINITY);
    ui.scope(|ui| {
        let widgets = &mut ui.visuals_mut().widgets;
        widgets.inactive.bg_stroke = Stroke::new(space::HAIRLINE, palette.faint);
        widgets.hovered.bg_stroke = Stroke::new(space::HAIRLINE, palette.text);
        ui.add(field)
    })
    .inner
    .accessible_name(name)
}

/// A slider in the accent colour, `width` points wide. `steps` is how far one arrow key moves it.
pub fn slider(
    ui: &mut Ui,
    value: &mut f32,
    range: RangeInclusive<f32>,
    step: f64,
    width: f32,
    name: &str,
) -> Response {
    let palette = theme::palette(ui);
    let response = ui
        .scope(|ui| {
            ui.spacing_mut().slider_width = width;
            let visuals = ui.visuals_mut();
            // egui's slider does what a slider does; rail and knob are painted below.
            visuals.slider_trailing_fill = false;
            let widgets = &mut visuals.widgets;
            for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
                state.bg_fill = Color32::TRANSPARENT;
                state.bg_stroke = Stroke::NONE;
                state.fg_stroke = Stroke::NONE;
            }
            ui.add(Slider::new(value, range.clone()).show_value(false).step_by(step))
        })
        .inner
        .accessible_name(name);
    let rect = response.rect;
    // Where egui's slider puts its own knob: half its size from either end.
    let inset = rect.height() / 2.5;
    let at = emath::remap_clamp(*value, range, rect.left() + inset..=rect.right() - inset);
    let centre = pos2(at, rect.center().y);
    let rail = Rect::from_x_y_ranges(rect.x_range(), centre.y - 2.0..=centre.y + 2.0);
    ui.painter().rect_filled(rail, 2, palette.hovered(palette.hairline));
    ui.painter().rect_filled(rail.with_max_x(at), 2, palette.act);
    let knob = if response.hovered() || response.dragged() { 8.0 } else { 7.0 };
    ui.painter().circle_filled(centre, knob, palette.act);
    if response.has_focus() {
        ui.painter().circle_stroke(centre, knob + 3.0, theme::focus_ring(ui));
    }
    response
}
