//! Pills: what is broken now with the word that mends it, what a promise is worth, words to look up.

use eframe::egui::{
    CornerRadius, CursorIcon, Frame, Popup, PopupCloseBehavior, Response, Role, Sense, Stroke, StrokeKind,
    Ui, vec2,
};

use super::{label_font, line, named, put_left, put_middle, ring, under_hand};
use crate::icons::{self, Icon};
use crate::theme::{self, Size, Verdict, Weight, space};

/// What a [`chip`] was asked.
pub struct ChipResponse {
    /// The words: point at them to see what they mean on the canvas.
    pub body: Response,
    /// The word that mends it.
    pub mend: Response,
}

/// What is broken now, with the word that mends it: `n1 | n2 n3   mend`.
///
/// The word's name is the word and what it mends, so that several chips can be told apart by ear.
pub fn chip(ui: &mut Ui, text: &str, mend_word: &str) -> ChipResponse {
    const PADDING: f32 = 12.0;
    const BETWEEN: f32 = 16.0;
    let palette = theme::palette(ui);
    let room = ui.available_width();
    let mend = line(ui, mend_word, label_font(), palette.act, room);
    let mend_width = mend.size().x + PADDING + BETWEEN / 2.0;
    let font = theme::words(Size::Text, Weight::Medium);
    let body = line(ui, text, font, palette.text, (room - mend_width - PADDING - BETWEEN).max(24.0));
    let height = if theme::is_touch(ui) { space::TOUCH } else { space::ROW };
    let size = vec2(body.size().x + PADDING + BETWEEN / 2.0 + mend_width, height);
    let (whole, body_response) = ui.allocate_exact_size(size, Sense::hover());
    let mut mend_rect = whole;
    mend_rect.min.x = whole.max.x - mend_width;
    let mend_response = ui.interact(mend_rect, body_response.id.with("mend"), Sense::click());
    named(ui, &body_response, Role::Label, text);
    named(ui, &mend_response, Role::Button, &format!("{mend_word} {text}"));
    if ui.is_rect_visible(whole) {
        let corner = CornerRadius::same((height / 2.0) as u8);
        let fill = if body_response.hovered() { palette.raised } else { palette.panel };
        let border = Stroke::new(space::HAIRLINE, palette.hovered(palette.hairline));
        ui.painter().rect(whole, corner, fill, border, StrokeKind::Inside);
        put_left(ui, whole, whole.left() + PADDING, body);
        if mend_response.hovered() {
            let below = whole.center().y + mend.size().y / 2.0;
            let left = mend_rect.left() + BETWEEN / 2.0;
            let underline = Stroke::new(space::HAIRLINE, palette.act);
            ui.painter().hline(left..=left + mend.size().x, below, underline);
        }
        put_left(ui, whole, mend_rect.left() + BETWEEN / 2.0, mend);
        ring(ui, &mend_response, mend_rect.shrink2(vec2(2.0, 3.0)), 8);
    }
    ChipResponse { body: body_response, mend: mend_response.on_hover_cursor(CursorIcon::PointingHand) }
}

/// The icon of a verdict.
pub const fn verdict_icon(verdict: Verdict) -> Icon {
    match verdict {
        Verdict::Holds => Icon::Holds,
        Verdict::Broken => Icon::Broken,
        Verdict::Open => Icon::Open,
    }
}

/// A verdict in words on its own ground, as in the top line. A press shows why.
pub fn verdict_lamp(ui: &mut Ui, verdict: Verdict, text: &str) -> Response {
    let palette = theme::palette(ui);
    let colour = palette.verdict(verdict);
    let beside = 6.0 + space::ICON + 7.0 + 14.0;
    let galley = line(ui, text, label_font(), colour, (ui.available_width() - beside).max(24.0));
    let height = if theme::is_touch(ui) { space::TOUCH } else { space::ROW };
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + beside, height), Sense::click());
    named(ui, &response, Role::Button, text);
    if ui.is_rect_visible(rect) {
        // A lamp keeps its height under a finger; only what can be hit grows.
        let pill = rect.shrink2(vec2(0.0, (height - space::ROW) / 2.0));
        let ground = under_hand(ui, &response, palette.verdict_ground(verdict));
        ui.painter().rect_filled(pill, CornerRadius::same((space::ROW / 2.0) as u8), ground);
        ring(ui, &response, pill, (space::ROW / 2.0) as u8);
        let centre = pill.left_center() + vec2(6.0 + space::ICON / 2.0, 0.0);
        icons::paint_on(ui.painter(), verdict_icon(verdict), centre, space::ICON, colour, ground);
        put_left(ui, pill, pill.left() + 6.0 + space::ICON + 7.0, galley);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// A word that explains itself on hover, on a tap and to a screen reader.
pub fn word_pill(ui: &mut Ui, word: &str, meaning: &str) -> Response {
    let palette = theme::palette(ui);
    let font = theme::words(Size::Secondary, Weight::Regular);
    let galley = line(ui, word, font, palette.text, ui.available_width());
    let height = if theme::is_touch(ui) { space::TOUCH } else { 22.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 18.0, height), Sense::click());
    named(ui, &response, Role::Button, word);
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(meaning));
    if ui.is_rect_visible(rect) {
        let pill = rect.shrink2(vec2(0.0, (height - 22.0) / 2.0));
        let fill = under_hand(ui, &response, palette.raised);
        ui.painter().rect_filled(pill, CornerRadius::same(11), fill);
        ring(ui, &response, pill, 11);
        put_middle(ui, pill, galley);
    }
    let explain = |ui: &mut Ui| {
        ui.set_max_width(space::TEXT_WIDTH);
        ui.label(theme::heading(word));
        ui.label(theme::text(meaning));
    };
    let open = Popup::from_toggle_button_response(&response)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .frame(Frame::popup(ui.style()).inner_margin(12))
        .show(explain)
        .is_some();
    if open { response } else { response.on_hover_ui(explain) }
}
