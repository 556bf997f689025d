//! The fonts used here, as they are read here and by the original: the same characters, measures and shapes.

#![allow(clippy::unwrap_used)]

use original::MetadataProvider as _;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, HintingInstance, OutlinePen, Target};
use skrifa::{FontRef, GlyphId, MetadataProvider as _, StringId, Tag};

const FONTS: [(&str, &[u8]); 3] = [
    ("Inter", include_bytes!("../../../../assets/fonts/Inter.ttf")),
    ("JetBrains Mono", include_bytes!("../../../../assets/fonts/JetBrainsMono-Regular.ttf")),
    ("JetBrains Mono Medium", include_bytes!("../../../../assets/fonts/JetBrainsMono-Medium.ttf")),
];

/// The weights that the theme asks for, those between which the font is drawn, and others.
const WEIGHTS: [f32; 7] = [400.0, 450.0, 500.0, 650.0, 700.0, 10.0, 9_000.0];

/// What a pen was told, in order.
#[derive(Debug, Default, PartialEq)]
struct Told(Vec<(char, Vec<f32>)>);

macro_rules! pen {
    ($of:path) => {
        impl $of for Told {
            fn move_to(&mut self, x: f32, y: f32) {
                self.0.push(('M', vec![x, y]));
            }
            fn line_to(&mut self, x: f32, y: f32) {
                self.0.push(('L', vec![x, y]));
            }
            fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
                self.0.push(('Q', vec![cx0, cy0, x, y]));
            }
            fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
                self.0.push(('C', vec![cx0, cy0, cx1, cy1, x, y]));
            }
            fn close(&mut self) {
                self.0.push(('Z', vec![]));
            }
        }
    };
}
pen!(OutlinePen);
pen!(original::outline::OutlinePen);

impl Told {
    /// The contours, each with the line that closes it.
    fn contours(&self) -> Vec<Vec<Vec<f32>>> {
        let mut all: Vec<Vec<Vec<f32>>> = Vec::new();
        for (what, points) in &self.0 {
            match (what, all.last_mut()) {
                ('M', _) => all.push(vec![points.clone()]),
                ('Z', Some(contour)) => {
                    let first = contour[0].clone();
                    let last = contour.last().map(|points| points[points.len() - 2..].to_vec());
                    if last.as_ref() != Some(&first) {
                        contour.push(first);
                    }
                }
                (_, Some(contour)) => contour.push(points.clone()),
                (_, None) => panic!("a line before any contour"),
            }
        }
        all
    }
}

fn fonts() -> impl Iterator<Item = (&'static str, FontRef<'static>, original::FontRef<'static>)> {
    FONTS.iter().map(|(name, file)| {
        let ours = FontRef::from_index(file, 0).unwrap();
        (*name, ours, original::FontRef::from_index(file, 0).unwrap())
    })
}

#[test]
fn every_character_has_the_same_glyph() {
    for (name, ours, theirs) in fonts() {
        let (ours, theirs) = (ours.charmap(), theirs.charmap());
        for character in '\0'..='\u{2FFFF}' {
            let theirs = theirs.map(character).map(|glyph| glyph.to_u32());
            assert_eq!(ours.map(character).map(GlyphId::to_u32), theirs, "{character:?} in {name}");
        }
        let all: Vec<(u32, u32)> = ours.mappings().map(|(code, glyph)| (code, glyph.to_u32())).collect();
        let mut wanted: Vec<(u32, u32)> =
            theirs.mappings().map(|(code, glyph)| (code, glyph.to_u32())).collect();
        wanted.sort_unstable();
        wanted.dedup();
        assert_eq!(all, wanted, "{name}");
        assert!(all.len() > 90, "{name}: the check can fail");
    }
}

#[test]
fn lines_and_glyphs_measure_the_same() {
    for (name, ours, theirs) in fonts() {
        for size in [None, Some(13.0), Some(21.5)] {
            let lines = ours.metrics(size.map_or(Size::unscaled(), Size::new), LocationRef::default());
            let wanted = theirs.metrics(
                size.map_or(original::instance::Size::unscaled(), original::instance::Size::new),
                original::instance::LocationRef::default(),
            );
            assert_eq!(lines.units_per_em, wanted.units_per_em);
            assert_eq!(lines.glyph_count, wanted.glyph_count);
            assert_eq!(
                [lines.ascent, lines.descent, lines.leading],
                [wanted.ascent, wanted.descent, wanted.leading],
                "{name} at {size:?}"
            );
        }
        for weight in WEIGHTS {
            let place = ours.axes().location([(Tag::new(b"wght"), weight)]);
            let their_place = theirs.axes().location([("wght", weight)]);
            let (coords, wanted): (Vec<f32>, Vec<f32>) = (
                place.coords().iter().map(|coord| coord.to_f32()).collect(),
                their_place.coords().iter().map(|coord| coord.to_f32()).collect(),
            );
            assert_eq!(coords.len(), wanted.len());
            for (one, other) in coords.iter().zip(&wanted) {
                assert!((one - other).abs() < 0.001, "{weight}: {one} and {other}");
            }
            let glyphs = ours.glyph_metrics(Size::unscaled(), &place);
            let their_glyphs = theirs.glyph_metrics(original::instance::Size::unscaled(), &their_place);
            for glyph in 0..u32::from(ours.metrics(Size::unscaled(), &place).glyph_count) + 2 {
                let wanted = their_glyphs.advance_width(original::GlyphId::new(glyph));
                let found = glyphs.advance_width(GlyphId::new(glyph));
                // The original cuts off what an axis adds; here it is rounded, as its shaper does.
                let apart = found.zip(wanted).map(|(one, other)| (one - other).abs());
                assert_eq!(found.is_some(), wanted.is_some());
                assert!(apart.unwrap_or_default() <= 1.0, "{glyph} in {name}: {found:?}, {wanted:?}");
            }
        }
    }
}

#[test]
fn every_glyph_has_the_same_shape() {
    for (name, ours, theirs) in fonts() {
        let (shapes, wanted) = (ours.outline_glyphs(), theirs.outline_glyphs());
        for weight in WEIGHTS {
            let place = ours.axes().location([(Tag::new(b"wght"), weight)]);
            let their_place = theirs.axes().location([("wght", weight)]);
            for glyph in 0..u32::from(ours.face().number_of_glyphs()) {
                let (mut one, mut other) = (Told::default(), Told::default());
                let settings = DrawSettings::unhinted(Size::new(28.0), &place);
                shapes.get(GlyphId::new(glyph)).unwrap().draw(settings, &mut one).unwrap();
                let settings = original::outline::DrawSettings::unhinted(
                    original::instance::Size::new(28.0),
                    &their_place,
                );
                let their_glyph = wanted.get(original::GlyphId::new(glyph)).unwrap();
                their_glyph.draw(settings, &mut other).unwrap();
                let (one, other) = (one.contours(), other.contours());
                let told = || format!("glyph {glyph} of {name} at {weight}\n{one:?}\n{other:?}");
                assert_eq!(one.len(), other.len(), "{}", told());
                for (one, other) in one.iter().flatten().zip(other.iter().flatten()) {
                    assert_eq!(one.len(), other.len(), "{}", told());
                    // The original rounds to a sixty-fourth of a pixel, parts of composed glyphs twice.
                    let near = |(one, other): (&f32, &f32)| (one - other).abs() <= 2.0 / 64.0;
                    assert!(one.iter().zip(other).all(near), "{}", told());
                }
            }
        }
        assert!(shapes.get(GlyphId::new(60_000)).is_none());
    }
}

#[test]
fn axes_have_the_same_names_and_ends() {
    for (name, ours, theirs) in fonts() {
        let all: Vec<_> = ours.axes().iter().collect();
        assert_eq!(all.len(), theirs.axes().len(), "{name}");
        for (one, other) in all.iter().zip(theirs.axes().iter()) {
            assert_eq!(one.tag().to_be_bytes(), other.tag().to_be_bytes());
            let ends = [one.min_value(), one.default_value(), one.max_value()];
            assert_eq!(ends, [other.min_value(), other.default_value(), other.max_value()]);
            assert_eq!(one.is_hidden(), other.is_hidden());
            let word = |id: StringId| ours.localized_strings(id).english_or_first();
            let word = word(one.name_id()).map(|text| text.chars().collect::<String>());
            let wanted = theirs.localized_strings(other.name_id()).english_or_first();
            assert_eq!(word, wanted.map(|text| text.chars().collect()));
        }
    }
}

#[test]
fn what_is_no_font_is_refused_and_hinting_too() {
    let refused = FontRef::from_index(b"no font", 0).unwrap_err();
    assert!(refused.to_string().starts_with("this is no font that can be read"), "{refused}");
    let (_, font, _) = fonts().next().unwrap();
    let shapes = font.outline_glyphs();
    let hinting = HintingInstance::new(&shapes, Size::new(12.0), LocationRef::default(), Target::default());
    assert_eq!(hinting.unwrap_err().to_string(), "there is no hinting here: glyphs are drawn as they are");
    for length in 0..FONTS[0].1.len().min(4_000) {
        // Cut short, or with a byte that is another: read or refused, never more.
        let cut = &FONTS[0].1[..length];
        if let Ok(font) = FontRef::from_index(cut, 0) {
            let _ = font.charmap().map('a');
        }
    }
}
