//! What egui asks of `skrifa`: a font's characters, its measures, and its glyphs' outlines.
//!
//! The whole of it also hints: it runs the little programs that fonts carry, and moves stems to whole pixels where there are
//! none. The fonts used here are shown as they were drawn, so none of that ever runs; in the page it would be a twentieth of
//! what a browser loads. This stands in its place (`[patch.crates-io]` in the workspace), for the window and the page alike.
//! Fonts are read by `ttf-parser`.
//!
//! - [`FontRef`]: a font; [`MetadataProvider`] has what can be asked of it;
//! - [`instance`]: sizes, and places on the axes of a variable font;
//! - [`outline`]: the shapes of glyphs.
//!
//! Asked to hint, it says that it cannot ([`outline::HintingInstance::new`]), and egui draws without. `tests/same.rs` holds it
//! against the original: every character, advance, kerned pair and outline of the fonts used here.

mod axes;
pub mod charmap;
pub mod instance;
pub mod metrics;
mod names;
pub mod outline;

pub use axes::{Axis, AxisCollection, VariationSetting};
pub use font_types::{GlyphId, Tag};
pub use names::{LocalizedString, LocalizedStrings, StringId};

use instance::{LocationRef, Size};
use ttf_parser::Face;

/// A file is no font that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no font that can be read: {0}")]
pub struct ReadError(#[from] ttf_parser::FaceParsingError);

/// A font in a file.
#[derive(Clone, Debug)]
pub struct FontRef<'a> {
    face: Face<'a>,
}

impl<'a> FontRef<'a> {
    /// The font with this number in a file of one or several.
    ///
    /// # Errors
    /// If it is no font that can be read.
    pub fn from_index(data: &'a [u8], index: u32) -> Result<Self, ReadError> {
        Ok(Self { face: Face::parse(data, index)? })
    }

    /// As `ttf-parser` has it.
    pub fn face(&self) -> &Face<'a> {
        &self.face
    }

    /// The same, at a place on its axes.
    pub fn at(&self, location: LocationRef<'_>) -> Face<'a> {
        axes::moved(&self.face, location.settings())
    }
}

/// What can be asked of a font.
pub trait MetadataProvider<'a> {
    /// Its axes of variation.
    fn axes(&self) -> AxisCollection<'_>;

    /// Its texts of one kind.
    fn localized_strings(&self, id: StringId) -> LocalizedStrings<'a>;

    /// The measures of its lines.
    fn metrics<'l>(&self, size: Size, location: impl Into<LocationRef<'l>>) -> metrics::Metrics;

    /// The measures of its glyphs.
    fn glyph_metrics<'l>(
        &self,
        size: Size,
        location: impl Into<LocationRef<'l>>,
    ) -> metrics::GlyphMetrics<'a>;

    /// Which glyphs its characters have.
    fn charmap(&self) -> charmap::Charmap<'a>;

    /// The shapes of its glyphs.
    fn outline_glyphs(&self) -> outline::OutlineGlyphCollection<'a>;
}

impl<'a> MetadataProvider<'a> for FontRef<'a> {
    fn axes(&self) -> AxisCollection<'_> {
        AxisCollection::new(&self.face)
    }

    fn localized_strings(&self, id: StringId) -> LocalizedStrings<'a> {
        LocalizedStrings::new(&self.face, id)
    }

    fn metrics<'l>(&self, size: Size, location: impl Into<LocationRef<'l>>) -> metrics::Metrics {
        metrics::Metrics::of(&self.at(location.into()), size)
    }

    fn glyph_metrics<'l>(
        &self,
        size: Size,
        location: impl Into<LocationRef<'l>>,
    ) -> metrics::GlyphMetrics<'a> {
        metrics::GlyphMetrics::of(self.at(location.into()), size)
    }

    fn charmap(&self) -> charmap::Charmap<'a> {
        charmap::Charmap::new(self.face.clone())
    }

    fn outline_glyphs(&self) -> outline::OutlineGlyphCollection<'a> {
        outline::OutlineGlyphCollection::new(self.clone())
    }
}
