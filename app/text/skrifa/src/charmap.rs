//! Which glyphs a font's characters have.

use font_types::GlyphId;
use ttf_parser::Face;

/// From characters to glyphs.
#[derive(Clone, Debug)]
pub struct Charmap<'a> {
    face: Face<'a>,
}

impl<'a> Charmap<'a> {
    pub(crate) fn new(face: Face<'a>) -> Self {
        Self { face }
    }

    /// A character's glyph, if it has one.
    pub fn map(&self, character: impl Into<u32>) -> Option<GlyphId> {
        let character = char::from_u32(character.into())?;
        let glyph = self.face.glyph_index(character).filter(|glyph| glyph.0 != 0)?;
        Some(GlyphId::new(u32::from(glyph.0)))
    }

    /// All characters that have a glyph, in order, each with its glyph.
    pub fn mappings(&self) -> impl Iterator<Item = (u32, GlyphId)> + '_ {
        let mut characters = Vec::new();
        let tables = self.face.tables().cmap.iter().flat_map(|cmap| cmap.subtables);
        for table in tables.filter(ttf_parser::cmap::Subtable::is_unicode) {
            table.codepoints(|character| characters.push(character));
        }
        characters.sort_unstable();
        characters.dedup();
        characters.into_iter().filter_map(|character| Some((character, self.map(character)?)))
    }
}
