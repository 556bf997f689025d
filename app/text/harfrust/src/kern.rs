//! Kerning: how much nearer, or farther, the next glyph stands (OpenType, `GPOS`, pair adjustment).
//!
//! Which lookups a script has is read by `ttf-parser`; the pairs themselves are read here: version 0.25 of it looks for what a
//! value gains on a font's axes in the wrong place, where pairs are listed one by one.

use ttf_parser::gdef::GlyphClass;
use ttf_parser::opentype_layout::LookupFlags;
use ttf_parser::{Face, GlyphId, Tag};

use crate::table::{Table, class, coverage};
use crate::text::GlyphPosition;

/// Scripts in the order in which they are asked for, where the text's own has nothing.
const FALLBACKS: [&[u8; 4]; 2] = [b"DFLT", b"latn"];

/// A glyph, if kerning sees it: it looks past what is not to be seen.
pub(crate) type Seen = Option<GlyphId>;

/// Kerns a text's glyphs, which stand in the order of reading.
pub(crate) fn kern(face: &Face<'_>, script: &[u8; 4], glyphs: &[Seen], positions: &mut [GlyphPosition]) {
    for lookup in lookups(face, script) {
        let seen = glyphs.iter().enumerate().filter_map(|(place, glyph)| Some((place, (*glyph)?)));
        let mut before: Option<(usize, GlyphId)> = None;
        for (place, glyph) in seen.filter(|(_, glyph)| !passes_over(face, lookup.flags, *glyph)) {
            let mut moved = false;
            if let Some((place_before, glyph_before)) = before
                && let Some([one, other]) = lookup.pair(glyph_before, glyph)
            {
                one.shift(face, &mut positions[place_before]);
                other.shift(face, &mut positions[place]);
                moved = other.format != 0;
            }
            // A glyph that can be moved itself begins no pair.
            before = (!moved).then_some((place, glyph));
        }
    }
}

/// The lookups of the feature `kern` for a script, each once, in order.
fn lookups<'a>(face: &Face<'a>, script: &[u8; 4]) -> Vec<Lookup<'a>> {
    let Some(table) = face.tables().gpos else { return Vec::new() };
    let scripts = std::iter::once(script).chain(FALLBACKS);
    let language = scripts
        .filter_map(|tag| table.scripts.find(Tag::from_bytes(tag)))
        .find_map(|script| script.default_language);
    let Some(language) = language else { return Vec::new() };
    let features = language.feature_indices.into_iter().filter_map(|feature| table.features.get(feature));
    let kerns = features.filter(|feature| feature.tag == Tag::from_bytes(b"kern"));
    let mut numbers: Vec<u16> = kerns.flat_map(|feature| feature.lookup_indices).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let Some(whole) = face.raw_face().table(Tag::from_bytes(b"GPOS")).map(Table) else { return Vec::new() };
    numbers.into_iter().filter_map(|number| Lookup::read(whole, number)).collect()
}

/// Whether a lookup does not see a glyph.
fn passes_over(face: &Face<'_>, flags: LookupFlags, glyph: GlyphId) -> bool {
    match face.tables().gdef.and_then(|classes| classes.glyph_class(glyph)) {
        Some(GlyphClass::Mark) => flags.ignore_marks(),
        Some(GlyphClass::Ligature) => flags.ignore_ligatures(),
        Some(GlyphClass::Base) => flags.ignore_base_glyphs(),
        _ => false,
    }
}

/// Tables of pairs, of which the first that knows a pair counts.
struct Lookup<'a> {
    flags: LookupFlags,
    tables: Vec<Table<'a>>,
}

impl<'a> Lookup<'a> {
    /// The one with this number in the table `GPOS`.
    fn read(gpos: Table<'a>, number: u16) -> Option<Self> {
        let list = gpos.at(8)?;
        let lookup = list.at(2 + 2 * usize::from(number))?;
        let (kind, flags) = (lookup.u16(0)?, LookupFlags(lookup.u16(2)?));
        let tables = (0..usize::from(lookup.u16(4)?)).filter_map(|place| {
            let table = lookup.at(6 + 2 * place)?;
            match kind {
                2 => Some(table),
                // An extension: where the table really lies.
                9 if table.u16(2) == Some(2) => table.far(4),
                _ => None,
            }
        });
        Some(Self { flags, tables: tables.collect() })
    }

    /// What is done to two neighbours.
    fn pair(&self, one: GlyphId, other: GlyphId) -> Option<[Value<'a>; 2]> {
        self.tables.iter().find_map(|table| pair(*table, one.0, other.0))
    }
}

/// What one table says of a pair, if it knows it.
fn pair(table: Table<'_>, one: u16, other: u16) -> Option<[Value<'_>; 2]> {
    let place = usize::from(coverage(table.at(2)?, one)?);
    let formats = [table.u16(4)?, table.u16(6)?];
    let sizes = formats.map(|format| 2 * (format & 0xff).count_ones() as usize);
    match table.u16(0)? {
        // Pairs one by one, in order of the second glyph.
        1 => {
            let set = table.at(10 + 2 * place)?;
            let size = 2 + sizes[0] + sizes[1];
            let glyph = |place: usize| set.u16(2 + size * place);
            let place = crate::table::find(usize::from(set.u16(0)?), glyph, other)?;
            let at = 2 + size * place + 2;
            set.0.get(at..at + sizes[0] + sizes[1])?;
            Some(values(set, at, formats, sizes))
        }
        // Classes of first and second glyphs: each with each.
        2 => {
            let classes = [class(table.at(8)?, one), class(table.at(10)?, other)].map(usize::from);
            let counts = [usize::from(table.u16(12)?), usize::from(table.u16(14)?)];
            if classes[0] >= counts[0] || classes[1] >= counts[1] {
                return None;
            }
            let at = 16 + (classes[0] * counts[1] + classes[1]) * (sizes[0] + sizes[1]);
            table.0.get(at..at + sizes[0] + sizes[1])?;
            Some(values(table, at, formats, sizes))
        }
        _ => None,
    }
}

fn values(base: Table<'_>, at: usize, formats: [u16; 2], sizes: [usize; 2]) -> [Value<'_>; 2] {
    [Value { base, at, format: formats[0] }, Value { base, at: at + sizes[0], format: formats[1] }]
}

/// What is done to a glyph: the numbers that its format lists.
#[derive(Clone, Copy)]
struct Value<'a> {
    /// What its tables for an axis are counted from.
    base: Table<'a>,
    at: usize,
    format: u16,
}

impl Value<'_> {
    /// The number with this bit in the format, if it is there.
    fn number(&self, bit: u16) -> Option<u16> {
        let before = (self.format & (bit - 1)).count_ones() as usize;
        (self.format & bit != 0).then(|| self.base.u16(self.at + 2 * before))?
    }

    /// A number as it is, and with what it gains at the face's place on its axes.
    fn whole(&self, face: &Face<'_>, bit: u16) -> i32 {
        let plain = self.number(bit).map_or(0, |number| i32::from(number as i16));
        let device = self.number(bit << 4).filter(|offset| *offset != 0);
        let device = device.and_then(|offset| self.base.from(usize::from(offset)));
        plain + device.and_then(|device| varied(face, device)).unwrap_or(0)
    }

    fn shift(&self, face: &Face<'_>, position: &mut GlyphPosition) {
        position.x_offset += self.whole(face, 1);
        position.y_offset += self.whole(face, 2);
        position.x_advance += self.whole(face, 4);
    }
}

/// What a number gains at the face's place on its axes (a table `VariationIndex`).
fn varied(face: &Face<'_>, device: Table<'_>) -> Option<i32> {
    if device.u16(4)? != 0x8000 {
        return None;
    }
    let (outer, inner) = (device.u16(0)?, device.u16(2)?);
    let store = face.tables().gdef?;
    let delta = store.glyph_variation_delta(outer, inner, face.variation_coordinates())?;
    Some(delta.round() as i32)
}
