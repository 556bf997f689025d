//! What egui asks of `harfrust`: which glyphs a text has, how far each moves the next, and kerning.
//!
//! The whole of it shapes every script there is. The fonts used here have Latin and Greek letters, signs, and kerning, and
//! whatever they do not have is drawn by other means; in the page the rest would be a twentieth of what a browser loads. This
//! stands in its place (`[patch.crates-io]` in the workspace), for the window and the page alike. Fonts are read by
//! `ttf-parser`.
//!
//! - Letters with an accent behind them become the letter that has it, where there is one ([`compose`]).
//! - Characters that are meant not to be seen get a space without width; spaces that the font lacks get their width.
//! - Pairs of glyphs are kerned by the font's `GPOS` table ([`kern`]), at any place on its axes.
//! - A text of a script that is written from right to left comes in that order.
//!
//! `tests/same.rs` holds it against the original: every pair of characters of the fonts used here, and longer texts.

mod compose;
mod kern;
mod table;
mod text;

pub use skrifa::{FontRef, GlyphId, Tag};
pub use text::{BufferFlags, GlyphBuffer, GlyphInfo, GlyphPosition, UnicodeBuffer};

use skrifa::MetadataProvider;
use skrifa::instance::{Location, LocationRef};
use ttf_parser::Face;

/// A value on an axis of a variable font.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variation {
    /// Which axis.
    pub tag: Tag,
    /// In the axis's own units.
    pub value: f32,
}

/// A place on a font's axes.
#[derive(Clone, Debug, Default)]
pub struct ShaperInstance {
    location: Location,
}

impl ShaperInstance {
    /// Where these values lie.
    pub fn from_variations(font: &FontRef<'_>, variations: impl IntoIterator<Item = Variation>) -> Self {
        let settings = variations.into_iter().map(|variation| (variation.tag, variation.value));
        Self { location: font.axes().location(settings) }
    }
}

/// What the original reads of a font once: here the font is read when it is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShaperData;

impl ShaperData {
    /// Of a font.
    pub fn new(_: &FontRef<'_>) -> Self {
        Self
    }

    /// Begins a [`Shaper`] for the font.
    pub fn shaper<'f>(&self, font: &'f FontRef<'f>) -> ShaperBuilder<'f> {
        ShaperBuilder { font, location: LocationRef::default() }
    }
}

/// Makes a [`Shaper`].
#[derive(Clone, Debug)]
pub struct ShaperBuilder<'f> {
    font: &'f FontRef<'f>,
    location: LocationRef<'f>,
}

impl<'f> ShaperBuilder<'f> {
    /// At a place on its axes.
    #[must_use]
    pub fn instance(self, instance: Option<&'f ShaperInstance>) -> Self {
        let location = instance.map_or(self.location, |instance| (&instance.location).into());
        Self { location, ..self }
    }

    /// The shaper.
    pub fn build(self) -> Shaper<'f> {
        Shaper { face: self.font.at(self.location) }
    }
}

/// How a text is shaped: nothing can be said about it here.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShapeOptions;

impl ShapeOptions {
    /// As the font has it.
    pub fn new() -> Self {
        Self
    }
}

/// Shapes texts.
#[derive(Clone, Debug)]
pub struct Shaper<'a> {
    face: Face<'a>,
}

impl Shaper<'_> {
    /// The glyphs of a text.
    pub fn shape(&self, buffer: UnicodeBuffer, _: ShapeOptions) -> GlyphBuffer {
        text::shape(&self.face, buffer)
    }
}
