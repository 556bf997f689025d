//! The measures of a font's lines and glyphs.

use font_types::GlyphId;
use ttf_parser::Face;

use crate::instance::Size;

/// The measures of lines, in the units of the size that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Metrics {
    /// How many of the font's own units its em has.
    pub units_per_em: u16,
    /// How many glyphs there are.
    pub glyph_count: u16,
    /// From the baseline up to the top of the line.
    pub ascent: f32,
    /// From the baseline to the bottom of the line: less than zero.
    pub descent: f32,
    /// Between two lines.
    pub leading: f32,
}

impl Metrics {
    /// As FreeType chooses among the several that fonts have: the typographic ones where the font says so, then those of
    /// `hhea`, and where these are nothing the typographic ones, then Windows's.
    pub(crate) fn of(face: &Face<'_>, size: Size) -> Self {
        let units_per_em = face.units_per_em();
        let tables = face.tables();
        let typographic = |os2: ttf_parser::os2::Table<'_>| {
            (os2.typographic_ascender(), os2.typographic_descender(), os2.typographic_line_gap())
        };
        let hhea = (tables.hhea.ascender, tables.hhea.descender, tables.hhea.line_gap);
        let (ascent, descent, leading) = match tables.os2 {
            Some(os2) if os2.use_typographic_metrics() => typographic(os2),
            Some(os2) if (hhea.0, hhea.1) == (0, 0) => match typographic(os2) {
                (0, 0, _) => (os2.windows_ascender(), os2.windows_descender(), hhea.2),
                some => some,
            },
            _ => hhea,
        };
        let scale = size.linear_scale(units_per_em);
        Self {
            units_per_em,
            glyph_count: face.number_of_glyphs(),
            ascent: f32::from(ascent) * scale,
            descent: f32::from(descent) * scale,
            leading: f32::from(leading) * scale,
        }
    }
}

/// The measures of glyphs, in the units of the size that was asked for.
#[derive(Clone, Debug)]
pub struct GlyphMetrics<'a> {
    face: Face<'a>,
    scale: f32,
}

impl<'a> GlyphMetrics<'a> {
    pub(crate) fn of(face: Face<'a>, size: Size) -> Self {
        let scale = size.linear_scale(face.units_per_em());
        Self { face, scale }
    }

    /// How far a glyph moves the next, if the font has it.
    pub fn advance_width(&self, glyph: GlyphId) -> Option<f32> {
        let glyph = ttf_parser::GlyphId(u16::try_from(glyph.to_u32()).ok()?);
        if glyph.0 >= self.face.number_of_glyphs() {
            return None;
        }
        self.face.glyph_hor_advance(glyph).map(|advance| f32::from(advance) * self.scale)
    }
}
