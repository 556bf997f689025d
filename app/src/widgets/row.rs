//! Rows of a panel: a value with its key, a moment to jump to, a promise, a heading.

use eframe::egui::{
    CornerRadius, CursorIcon, Label, Response, Role, Sense, Stroke, StrokeKind, Ui, pos2, vec2,
};

use super::chip::verdict_icon;
use super::{key_font, line, lines, named, put_left, put_middle, put_right, ring};
use crate::icons::{self, Icon};
use crate::theme::{self, Size, Verdict, Weight, space};

/// A key, as a cap.
pub fn keycap(ui: &mut Ui, key: &str) -> Response {
    let palette = theme::palette(ui);
    let galley = line(ui, key, key_font(), palette.soft, ui.available_width().max(40.0));
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 10.0, 18.0), Sense::hover());
    let border = Stroke::new(space::HAIRLINE, palette.hovered(palette.hairline));
    ui.painter().rect(rect, CornerRadius::same(4), palette.raised, border, StrokeKind::Inside);
    put_middle(ui, rect, galley);
    response
}

/// A hairline across a panel, from edge to edge: it reaches through the panel's margin.
pub fn hairline_across(ui: &mut Ui) {
    let margin = f32::from(space::PANEL_MARGIN);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), space::PART), Sense::hover());
    let across = rect.left() - margin..=rect.right() + margin;
    ui.painter().hline(across, rect.center().y.round() + 0.5, theme::hairline(ui));
}

/// A heading with a quieter note beside it: `Logs   number and colour: term`.
pub fn heading_with_note(ui: &mut Ui, text: &str, note: &str) -> Response {
    ui.horizontal(|ui| {
        let heading = ui.label(theme::heading(text));
        ui.add(
            Label::new(
                theme::text(note)
                    .font(theme::words(Size::Label, Weight::Regular))
                    .color(theme::palette(ui).faint),
            )
            .truncate(),
        );
        heading
    })
    .inner
}

/// A value with its key: `committed   3`. A press asks since when.
pub fn key_value(ui: &mut Ui, key: &str, value: &str) -> Response {
    let palette = theme::palette(ui);
    let width = ui.available_width();
    let key_galley = line(ui, key, theme::words(Size::Secondary, Weight::Regular), palette.soft, width * 0.6);
    let room = (width - key_galley.size().x - space::GAP).max(24.0);
    let value_galley = line(ui, value, theme::words(Size::Secondary, Weight::Medium), palette.text, room);
    let height = if theme::is_touch(ui) { space::TOUCH } else { 18.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    named(ui, &response, Role::Button, &format!("{key} {value}"));
    let cut_short = value_galley.elided;
    if ui.is_rect_visible(rect) {
        ring(ui, &response, rect.shrink(1.0), 4);
        if response.hovered() {
            let left = rect.right() - value_galley.size().x;
            let below = rect.center().y + value_galley.size().y / 2.0;
            ui.painter().hline(left..=rect.right(), below, Stroke::new(space::HAIRLINE, palette.faint));
        }
        put_left(ui, rect, rect.left(), key_galley);
        put_right(ui, rect, rect.right(), value_galley);
    }
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    if cut_short { response.on_hover_text(value) } else { response }
}

/// A moment one can jump to and what happened then: `1.600 s   you cut n1 from the others`.
pub fn moment_row(ui: &mut Ui, moment: &str, text: &str) -> Response {
    const LEFT: f32 = 58.0;
    let palette = theme::palette(ui);
    let width = ui.available_width();
    let time = line(ui, moment, theme::values(Size::Label), palette.act, width);
    // A long moment (a minute and more) moves its own text aside rather than run into it.
    let left = LEFT.max(time.size().x + space::GAP);
    let words = lines(ui, text, Size::Secondary, Weight::Regular, palette.text, (width - left).max(24.0));
    let least = if theme::is_touch(ui) { space::TOUCH } else { 20.0 };
    let size = vec2(width, least.max(words.size().y + 2.0));
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    named(ui, &response, Role::Button, &format!("{moment} {text}"));
    if ui.is_rect_visible(rect) {
        if response.hovered() {
            let under = rect.expand2(vec2(6.0, 0.0));
            ui.painter().rect_filled(under, CornerRadius::same(4), palette.raised);
        }
        ring(ui, &response, rect, 4);
        let first_row = words.rows.first().map_or(words.size().y, |row| row.height());
        let top = rect.center().y - words.size().y / 2.0;
        let time_top = top + (first_row - time.size().y) / 2.0;
        ui.painter().galley(pos2(rect.left(), time_top), time, palette.act);
        put_left(ui, rect, rect.left() + left, words);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// A verdict as the head of a panel, in its colour and without a ground.
pub fn verdict_line(ui: &mut Ui, verdict: Verdict, text: &str) -> Response {
    let palette = theme::palette(ui);
    let colour = palette.verdict(verdict);
    let galley =
        lines(ui, text, Size::Name, Weight::Semibold, colour, (ui.available_width() - 24.0).max(24.0));
    let size = vec2(galley.size().x + 24.0, galley.size().y.max(space::ROW));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    named(ui, &response, Role::Label, text);
    let centre = rect.left_center() + vec2(space::ICON / 2.0, 0.0);
    icons::paint_on(ui.painter(), verdict_icon(verdict), centre, space::ICON, colour, palette.panel);
    put_left(ui, rect, rect.left() + 24.0, galley);
    response
}

/// One of the promises, with what is known of it. A press shows why.
pub fn promise_row(ui: &mut Ui, verdict: Verdict, text: &str) -> Response {
    let palette = theme::palette(ui);
    let font = theme::words(Size::Secondary, Weight::Regular);
    let galley = line(ui, text, font, palette.soft, (ui.available_width() - 22.0).max(24.0));
    let height = if theme::is_touch(ui) { space::TOUCH } else { 24.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 24.0, height), Sense::click());
    let said = match verdict {
        Verdict::Holds => "held",
        Verdict::Broken => "broken",
        Verdict::Open => "not decided",
    };
    named(ui, &response, Role::Button, &format!("{text}, {said}"));
    let cut_short = galley.elided;
    if ui.is_rect_visible(rect) {
        ring(ui, &response, rect, 4);
        let centre = rect.left_center() + vec2(space::ICON / 2.0, 0.0);
        let colour = palette.verdict(verdict);
        icons::paint_on(ui.painter(), verdict_icon(verdict), centre, space::ICON, colour, palette.panel);
        put_left(ui, rect, rect.left() + 22.0, galley);
    }
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    if cut_short { response.on_hover_text(text) } else { response }
}

/// What a lesson waits for: an arrow and quiet words.
pub fn waiting_row(ui: &mut Ui, text: &str) -> Response {
    let palette = theme::palette(ui);
    let galley = lines(
        ui,
        text,
        Size::Secondary,
        Weight::Regular,
        palette.soft,
        (ui.available_width() - 22.0).max(24.0),
    );
    let size = vec2(galley.size().x + 22.0, galley.size().y.max(22.0));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    named(ui, &response, Role::Label, text);
    let centre = rect.left_center() + vec2(space::ICON_SMALL / 2.0, 0.0);
    icons::paint(ui.painter(), Icon::ArrowRight, centre, space::ICON_SMALL, palette.soft);
    put_left(ui, rect, rect.left() + 22.0, galley);
    response
}
