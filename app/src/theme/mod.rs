//! How everything looks: colours, type, distances, in a dark and a light theme.
//!
//! [`apply`] puts fonts and both styles into a context once; after that [`palette`] gives the colours of
//! the theme in force, a [`Size`] and a [`Weight`] give a font, and `space` the distances. Nothing
//! outside this module names a colour, a size of text or a radius.

#![allow(clippy::disallowed_methods, reason = "colours and sizes of text are made here")]

mod palette;
pub mod space;
mod type_scale;

pub use palette::{Palette, Role, Verdict, mix};
pub use type_scale::{
    NAME, SECONDARY, SENTENCE, Size, Weight, heading, lead_in, name, overline, secondary, sentence, soft,
    text, title, value, values, values_medium, values_to_fit, words, words_to_fit,
};

use eframe::egui::{
    Context, CornerRadius, Frame, Margin, Shadow, Stroke, Style, Theme, ThemePreference, Ui, Vec2, Visuals,
    epaint::{FontColorTransferFunction, text::TextOptions},
    style::{HandleShape, ScrollStyle, Selection, WidgetVisuals, Widgets},
    vec2,
};

/// The colours of the theme that `ui` is painted in.
pub fn palette(ui: &Ui) -> &'static Palette {
    Palette::of(ui.visuals().dark_mode)
}

/// The colours of the theme in force, where there is no [`Ui`].
pub fn palette_of(context: &Context) -> &'static Palette {
    Palette::of(context.theme() == Theme::Dark)
}

/// Gives a context our fonts and our two styles. Once, before its first frame.
pub fn apply(context: &Context) {
    context.set_fonts(type_scale::definitions());
    for (theme, dark) in [(Theme::Dark, true), (Theme::Light, false)] {
        context.style_mut_of(theme, |style| dress(style, Palette::of(dark)));
    }
}

/// Dark, light, or as the system says.
pub fn prefer(context: &Context, preference: ThemePreference) {
    context.set_theme(preference);
}

/// The preference after `preference`, for a button that goes through them: from the system's own to the
/// theme that visibly differs from it, then to the one that does not, then back.
pub fn next_preference(preference: ThemePreference, system_is_dark: bool) -> ThemePreference {
    let (differs, equals) = if system_is_dark {
        (ThemePreference::Light, ThemePreference::Dark)
    } else {
        (ThemePreference::Dark, ThemePreference::Light)
    };
    match preference {
        ThemePreference::System => differs,
        chosen if chosen == differs => equals,
        ThemePreference::Light | ThemePreference::Dark => ThemePreference::System,
    }
}

/// What a preference is called.
pub const fn preference_name(preference: ThemePreference) -> &'static str {
    match preference {
        ThemePreference::System => "As the system",
        ThemePreference::Light => "Light",
        ThemePreference::Dark => "Dark",
    }
}

/// Makes every control large enough for a finger, or small again.
pub fn set_touch(context: &Context, touch: bool) {
    let height = if touch { space::TOUCH } else { space::CONTROL };
    if context.global_style().spacing.interact_size.y != height {
        context.all_styles_mut(|style| style.spacing.interact_size.y = height);
    }
}

/// Whether controls are sized for a finger here.
pub fn is_touch(ui: &Ui) -> bool {
    ui.spacing().interact_size.y >= space::TOUCH
}

/// How tall a control is here.
pub fn control_height(ui: &Ui) -> f32 {
    ui.spacing().interact_size.y
}

/// Stops everything from moving that is not the clock, or lets it move again.
pub fn set_reduced_motion(context: &Context, reduced: bool) {
    let seconds = if reduced { 0.0 } else { MOTION_SECONDS };
    if context.global_style().animation_time != seconds {
        context.all_styles_mut(|style| style.animation_time = seconds);
    }
}

/// Whether nothing but the clock may move.
pub fn reduced_motion(ui: &Ui) -> bool {
    ui.style().animation_time == 0.0
}

const MOTION_SECONDS: f32 = 0.12;

/// A hairline between regions.
pub fn hairline(ui: &Ui) -> Stroke {
    Stroke::new(space::HAIRLINE, palette(ui).hairline)
}

/// The ring around what has the keyboard's focus, and around what is selected.
pub fn focus_ring(ui: &Ui) -> Stroke {
    Stroke::new(space::RING, palette(ui).act)
}

/// A side panel.
pub fn panel_frame(ui: &Ui) -> Frame {
    Frame::new().fill(palette(ui).panel).inner_margin(Margin::same(space::PANEL_MARGIN))
}

/// The one line on top.
pub fn top_line_frame(ui: &Ui) -> Frame {
    Frame::new().fill(palette(ui).panel).inner_margin(Margin::symmetric(12, 0))
}

/// What stands behind the canvas and the strips under it.
pub fn canvas_frame(ui: &Ui) -> Frame {
    Frame::new().fill(palette(ui).canvas)
}

/// A card: what belongs together and stands out of a panel, such as a question.
pub fn card_frame(ui: &Ui) -> Frame {
    Frame::new()
        .fill(palette(ui).raised)
        .corner_radius(CornerRadius::same(space::CARD_RADIUS))
        .inner_margin(Margin::symmetric(14, 12))
}

/// A card that carries a verdict's proof.
pub fn verdict_frame(ui: &Ui, verdict: Verdict) -> Frame {
    card_frame(ui).fill(palette(ui).verdict_ground(verdict))
}

fn dress(style: &mut Style, palette: &Palette) {
    type_scale::text_styles(style);
    style.animation_time = MOTION_SECONDS;
    style.visuals = visuals(palette);

    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(space::GAP, space::TIGHT);
    spacing.button_padding = vec2(12.0, 4.0);
    spacing.interact_size = vec2(40.0, space::CONTROL);
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::same(6);
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 8.0;
    spacing.icon_spacing = 8.0;
    spacing.slider_rail_height = 4.0;
    spacing.tooltip_width = 320.0;
    spacing.scroll = ScrollStyle { bar_width: 8.0, floating_width: 4.0, ..ScrollStyle::floating() };

    let interaction = &mut style.interaction;
    interaction.tooltip_delay = 0.4;
    // A label is read, not edited: with it off, a drag on the canvas never starts a selection of text.
    interaction.selectable_labels = false;
}

fn visuals(palette: &Palette) -> Visuals {
    let base = if palette.dark { Visuals::dark() } else { Visuals::light() };
    let shadow = Shadow { offset: [0, 6], blur: 20, spread: 0, color: palette.backdrop() };
    let corner = CornerRadius::same(space::CONTROL_RADIUS);
    Visuals {
        // Letters as they were drawn, in both themes: egui's usual for dark makes them a weight bolder.
        text_options: TextOptions {
            color_transfer_function: FontColorTransferFunction::Off,
            ..base.text_options
        },
        override_text_color: None,
        weak_text_color: Some(palette.soft),
        widgets: widgets(palette),
        selection: Selection {
            bg_fill: mix(palette.raised, palette.act, 90),
            stroke: Stroke::new(space::LINE, palette.act),
        },
        hyperlink_color: palette.act,
        faint_bg_color: mix(palette.panel, palette.raised, 128),
        extreme_bg_color: palette.ground,
        text_edit_bg_color: Some(palette.raised),
        code_bg_color: palette.raised,
        warn_fg_color: palette.text,
        error_fg_color: palette.text,
        window_corner_radius: CornerRadius::same(space::CARD_RADIUS),
        window_shadow: shadow,
        window_fill: palette.panel,
        window_stroke: Stroke::new(space::HAIRLINE, palette.hairline),
        menu_corner_radius: corner,
        panel_fill: palette.panel,
        popup_shadow: shadow,
        indent_has_left_vline: false,
        slider_trailing_fill: true,
        handle_shape: HandleShape::Circle,
        striped: false,
        ..base
    }
}

fn widgets(palette: &Palette) -> Widgets {
    let state = |fill, line, text| WidgetVisuals {
        weak_bg_fill: fill,
        bg_fill: fill,
        bg_stroke: line,
        fg_stroke: Stroke::new(space::HAIRLINE, text),
        corner_radius: CornerRadius::same(space::CONTROL_RADIUS),
        expansion: 0.0,
    };
    let hairline = Stroke::new(space::HAIRLINE, palette.hairline);
    let rest = palette.raised;
    Widgets {
        noninteractive: state(palette.panel, hairline, palette.text),
        inactive: state(rest, Stroke::NONE, palette.text),
        hovered: state(palette.hovered(rest), Stroke::NONE, palette.text),
        active: state(palette.pressed(rest), Stroke::new(space::LINE, palette.act), palette.text),
        open: state(palette.pressed(rest), hairline, palette.text),
    }
}

/// The size of a square control of the height in force here.
pub fn square(ui: &Ui) -> Vec2 {
    Vec2::splat(control_height(ui))
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::RawInput;

    #[test]
    fn the_palette_follows_the_theme() {
        let context = Context::default();
        apply(&context);
        for (preference, dark) in [(ThemePreference::Dark, true), (ThemePreference::Light, false)] {
            prefer(&context, preference);
            let mut seen = None;
            context
                .run_ui(RawInput::default(), |ui| seen = Some((palette(ui).dark, ui.visuals().panel_fill)))
                .drop_without_applying_deltas();
            assert_eq!(seen, Some((dark, Palette::of(dark).panel)));
            assert_eq!(palette_of(&context).dark, dark);
        }
    }

    #[test]
    fn three_presses_lead_back() {
        for system_is_dark in [true, false] {
            let first = next_preference(ThemePreference::System, system_is_dark);
            assert_eq!(first == ThemePreference::Light, system_is_dark, "the first press is seen");
            let second = next_preference(first, system_is_dark);
            assert!(second != first && second != ThemePreference::System);
            assert_eq!(next_preference(second, system_is_dark), ThemePreference::System);
        }
    }

    #[test]
    fn a_finger_gets_more_room() {
        let context = Context::default();
        apply(&context);
        let height = || {
            let mut seen = 0.0;
            context
                .run_ui(RawInput::default(), |ui| seen = control_height(ui))
                .drop_without_applying_deltas();
            seen
        };
        assert_eq!(height(), space::CONTROL);
        set_touch(&context, true);
        assert!(height() >= 40.0);
    }
}
