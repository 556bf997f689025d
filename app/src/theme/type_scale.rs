//! The words' faces, sizes and weights.
//!
//! Inter is for words, JetBrains Mono for values that change; both are subsets shipped with the program
//! (`assets/fonts`), so text looks and measures the same on every machine. Inter is one variable file;
//! a weight is a family here, since egui chooses a face by family. Each face falls back to the other
//! for a character it lacks.
//!
//! A size is one of [`Size`]: asking for [`words`] or [`values`] gives the font, [`title`], [`soft`] and
//! the rest give text that is already dressed.

use std::sync::Arc;

use eframe::egui::{
    FontData, FontDefinitions, FontFamily, FontId, RichText, Style, TextStyle, Ui, epaint::text as fonts,
};

use super::palette;

/// The sizes of the window's text, in points. The smallest is [`Size::Small`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// 10.5: numbers on an axis, the label of a message, a key.
    Small,
    /// 11.5: a term in a node, an entry of a log, a label in capitals.
    Label,
    /// 12.5: what stands beside.
    Secondary,
    /// 13.5: text and controls.
    Text,
    /// 15: names, the clock.
    Name,
    /// 17: titles.
    Title,
    /// 26: the first sentence.
    Sentence,
}

impl Size {
    /// The size in points.
    pub const fn points(self) -> f32 {
        match self {
            Self::Small => 10.5,
            Self::Label => 11.5,
            Self::Secondary => 12.5,
            Self::Text => 13.5,
            Self::Name => 15.0,
            Self::Title => 17.0,
            Self::Sentence => 26.0,
        }
    }

    /// From one line of text to the next, in points.
    pub const fn line_height(self) -> f32 {
        match self {
            Self::Small => 14.0,
            Self::Label => 16.0,
            Self::Secondary => 18.0,
            Self::Text | Self::Name => 20.0,
            Self::Title => 24.0,
            Self::Sentence => 34.0,
        }
    }
}

/// How heavy words are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// 400: text.
    Regular,
    /// 500: controls, values that matter.
    Medium,
    /// 650: names, titles, what to press.
    Semibold,
}

const REGULAR: &str = "Inter";
const MEDIUM: &str = "Inter Medium";
const SEMIBOLD: &str = "Inter Semibold";
const MONO: &str = "JetBrains Mono";
const MONO_MEDIUM: &str = "JetBrains Mono Medium";

/// The name of [`TextStyle::Name`] for [`Size::Sentence`].
pub const SENTENCE: &str = "sentence";
/// The name of [`TextStyle::Name`] for [`Size::Name`].
pub const NAME: &str = "name";
/// The name of [`TextStyle::Name`] for [`Size::Secondary`].
pub const SECONDARY: &str = "secondary";

/// The font of words: Inter.
pub fn words(size: Size, weight: Weight) -> FontId {
    let family = match weight {
        Weight::Regular => FontFamily::Proportional,
        Weight::Medium => FontFamily::Name(MEDIUM.into()),
        Weight::Semibold => FontFamily::Name(SEMIBOLD.into()),
    };
    FontId::new(size.points(), family)
}

/// The font of values that change: JetBrains Mono.
pub fn values(size: Size) -> FontId {
    FontId::new(size.points(), FontFamily::Monospace)
}

/// The font of a value that matters most where it stands, as the clock does.
pub fn values_medium(size: Size) -> FontId {
    FontId::new(size.points(), FontFamily::Name(MONO_MEDIUM.into()))
}

/// A font of words in a size that depends on what it must fit, as a node's name does on its disc.
/// Never under [`Size::Small`].
pub fn words_to_fit(points: f32, weight: Weight) -> FontId {
    FontId { size: points.max(Size::Small.points()), ..words(Size::Small, weight) }
}

/// A font of values in a size that depends on what it must fit. Never under [`Size::Small`].
pub fn values_to_fit(points: f32) -> FontId {
    FontId { size: points.max(Size::Small.points()), ..values(Size::Small) }
}

/// The first sentence a newcomer reads.
pub fn sentence(text: impl Into<String>) -> RichText {
    RichText::new(text).font(words(Size::Sentence, Weight::Semibold))
}

/// The title of a lesson or of what is selected.
pub fn title(text: impl Into<String>) -> RichText {
    RichText::new(text).font(words(Size::Title, Weight::Semibold))
}

/// The head of a part of a panel: a question, the name of a strip.
pub fn heading(text: impl Into<String>) -> RichText {
    RichText::new(text).font(words(Size::Text, Weight::Semibold))
}

/// A name: of the program, of a lab.
pub fn name(text: impl Into<String>) -> RichText {
    RichText::new(text).font(words(Size::Name, Weight::Semibold))
}

/// Plain text, with room between its lines.
pub fn text(text: impl Into<String>) -> RichText {
    RichText::new(text).font(words(Size::Text, Weight::Regular)).line_height(Some(Size::Text.line_height()))
}

/// Text that is softer than the rest.
pub fn soft(ui: &Ui, words: impl Into<String>) -> RichText {
    text(words).color(palette(ui).soft)
}

/// What stands beside the text: smaller and softer.
pub fn secondary(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text)
        .font(words(Size::Secondary, Weight::Regular))
        .line_height(Some(Size::Secondary.line_height()))
        .color(palette(ui).soft)
}

/// A label in capitals above a title, such as the course a lesson belongs to.
pub fn overline(ui: &Ui, text: &str) -> RichText {
    RichText::new(text.to_uppercase())
        .font(words(Size::Label, Weight::Medium))
        .extra_letter_spacing(0.8)
        .color(palette(ui).soft)
}

/// A value that changes, inside text.
pub fn value(text: impl Into<String>) -> RichText {
    RichText::new(text).font(values(Size::Secondary))
}

/// Words in the accent colour that lead on, such as "Predict".
pub fn lead_in(ui: &Ui, text: impl Into<String>) -> RichText {
    RichText::new(text).font(words(Size::Text, Weight::Semibold)).color(palette(ui).act)
}

pub(super) fn text_styles(style: &mut Style) {
    style.text_styles = [
        (TextStyle::Small, words(Size::Small, Weight::Regular)),
        (TextStyle::Body, words(Size::Text, Weight::Regular)),
        (TextStyle::Button, words(Size::Text, Weight::Medium)),
        (TextStyle::Heading, words(Size::Title, Weight::Semibold)),
        (TextStyle::Monospace, values(Size::Secondary)),
        (TextStyle::Name(SENTENCE.into()), words(Size::Sentence, Weight::Semibold)),
        (TextStyle::Name(NAME.into()), words(Size::Name, Weight::Semibold)),
        (TextStyle::Name(SECONDARY.into()), words(Size::Secondary, Weight::Regular)),
    ]
    .into();
}

pub(super) fn definitions() -> FontDefinitions {
    const INTER: &[u8] = include_bytes!("../../../assets/fonts/Inter.ttf");
    const JETBRAINS: &[u8] = include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf");
    const JETBRAINS_MEDIUM: &[u8] = include_bytes!("../../../assets/fonts/JetBrainsMono-Medium.ttf");

    // The shapes as they were drawn: hinting makes small Inter narrow and uneven.
    let unhinted = || fonts::FontTweak { hinting: Some(false), ..Default::default() };
    let inter = |weight: f32| {
        let coords = fonts::VariationCoords::new([(b"wght", weight)]);
        FontData::from_static(INTER).tweak(fonts::FontTweak { coords, ..unhinted() })
    };
    let mono = |file| FontData::from_static(file).tweak(unhinted());
    // Each with those that are asked for what it lacks. The medium figures have what a clock shows.
    let faces = [
        (REGULAR, FontFamily::Proportional, inter(400.0), [MONO].as_slice()),
        (MEDIUM, FontFamily::Name(MEDIUM.into()), inter(500.0), &[MONO]),
        (SEMIBOLD, FontFamily::Name(SEMIBOLD.into()), inter(650.0), &[MONO]),
        (MONO, FontFamily::Monospace, mono(JETBRAINS), &[REGULAR]),
        (MONO_MEDIUM, FontFamily::Name(MONO_MEDIUM.into()), mono(JETBRAINS_MEDIUM), &[MONO, MEDIUM]),
    ];
    let mut all = FontDefinitions::empty();
    for (face, family, data, others) in faces {
        all.font_data.insert(face.to_owned(), Arc::new(data));
        let names = std::iter::once(&face).chain(others).map(|name| (*name).to_owned());
        all.families.insert(family, names.collect());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{self, Context};

    fn with_fonts(check: impl Fn(&mut Ui)) {
        let context = Context::default();
        crate::theme::apply(&context);
        for _ in 0..2 {
            context.run_ui(egui::RawInput::default(), |ui| check(ui)).drop_without_applying_deltas();
        }
    }

    #[test]
    fn nothing_is_smaller_than_small() {
        assert_eq!(Size::Small.points(), 10.5);
        assert_eq!(words_to_fit(3.0, Weight::Medium).size, 10.5);
        assert_eq!(values_to_fit(14.0).size, 14.0);
    }

    #[test]
    fn every_character_of_the_notation_has_a_glyph() {
        let notation = "n1→n2 ⇥ ← ↑ ↓ ↔ ≤ ≥ ≠ ≈ ± × µ ∞ · … – — “” ‘’ ✓ ✗ ● ○ ∀ ∃ ∈ ∅ § é ß Ž λ Ω ² ½ €";
        with_fonts(|ui| {
            for font in [
                words(Size::Text, Weight::Regular),
                words(Size::Text, Weight::Medium),
                words(Size::Text, Weight::Semibold),
                values(Size::Text),
                values_medium(Size::Text),
            ] {
                for character in notation.chars() {
                    let has = ui.fonts_mut(|fonts| fonts.has_glyph(&font, character));
                    assert!(has, "{character:?} has no glyph in {}", font.family);
                }
                assert!(!ui.fonts_mut(|fonts| fonts.has_glyph(&font, '\u{4E00}')), "the check can fail");
            }
        });
    }

    #[test]
    fn figures_have_one_width() {
        with_fonts(|ui| {
            for font in [words(Size::Name, Weight::Regular), words(Size::Name, Weight::Semibold)] {
                let width = |text: &str| {
                    ui.painter()
                        .layout_no_wrap(text.to_owned(), font.clone(), egui::Color32::PLACEHOLDER)
                        .size()
                        .x
                };
                assert_eq!(width("1111111111"), width("0845297360"), "{}", font.family);
                assert_ne!(width("iiiiiiiiii"), width("wwwwwwwwww"), "the check can fail");
            }
        });
    }

    #[test]
    fn a_weight_is_visible() {
        with_fonts(|ui| {
            let width = |weight| {
                ui.painter()
                    .layout_no_wrap(
                        "membership".to_owned(),
                        words(Size::Title, weight),
                        egui::Color32::PLACEHOLDER,
                    )
                    .size()
                    .x
            };
            assert!(width(Weight::Regular) < width(Weight::Medium));
            assert!(width(Weight::Medium) < width(Weight::Semibold));
        });
    }
}
