//! Texts in the fonts used here, as they are shaped here and by the original: the same glyphs at the same places.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use harfrust::{FontRef, ShapeOptions, ShaperData, ShaperInstance, Tag, UnicodeBuffer, Variation};

const FONTS: [(&str, &[u8]); 2] = [
    ("Inter", include_bytes!("../../../../assets/fonts/Inter.ttf")),
    ("JetBrains Mono", include_bytes!("../../../../assets/fonts/JetBrainsMono-Regular.ttf")),
];

/// Number, cluster, advance, and how far it is drawn from where it would be.
type Glyph = (u32, u32, i32, i32, i32);

/// A font at a weight, as both have it.
struct Both {
    name: String,
    ours: FontRef<'static>,
    instance: ShaperInstance,
    theirs: original::FontRef<'static>,
    their_data: original::ShaperData,
    their_instance: original::ShaperInstance,
}

fn fonts() -> Vec<Both> {
    let weights = [400.0, 500.0, 650.0];
    let all = FONTS.iter().flat_map(|font| weights.iter().map(move |weight| (font, *weight)));
    all.map(|((name, file), weight)| {
        let ours = FontRef::from_index(file, 0).unwrap();
        let theirs = original::FontRef::from_index(file, 0).unwrap();
        let variation = Variation { tag: Tag::new(b"wght"), value: weight };
        let their_variation = original::Variation { tag: original::Tag::new(b"wght"), value: weight };
        Both {
            name: format!("{name} {weight}"),
            instance: ShaperInstance::from_variations(&ours, [variation]),
            their_data: original::ShaperData::new(&theirs),
            their_instance: original::ShaperInstance::from_variations(&theirs, [their_variation]),
            ours,
            theirs,
        }
    })
    .collect()
}

impl Both {
    fn shaped(&self, text: &str) -> (Vec<Glyph>, Vec<Glyph>) {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let shaper = ShaperData::new(&self.ours).shaper(&self.ours).instance(Some(&self.instance)).build();
        let glyphs = shaper.shape(buffer, ShapeOptions::new());
        let infos = glyphs.glyph_infos().iter().zip(glyphs.glyph_positions());
        let ours =
            infos.map(|(info, at)| (info.glyph_id, info.cluster, at.x_advance, at.x_offset, at.y_offset));

        let mut buffer = original::UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let shaper = self.their_data.shaper(&self.theirs).instance(Some(&self.their_instance)).build();
        let glyphs = shaper.shape(buffer, original::ShapeOptions::new());
        let infos = glyphs.glyph_infos().iter().zip(glyphs.glyph_positions());
        let theirs =
            infos.map(|(info, at)| (info.glyph_id, info.cluster, at.x_advance, at.x_offset, at.y_offset));
        (ours.collect(), theirs.collect())
    }
}

#[test]
fn every_pair_of_characters_stands_the_same() {
    let letters: Vec<char> =
        (' '..='~').chain('\u{A1}'..='\u{17F}').chain('Α'..='ω').chain("←→≤≠∞●✓—’€".chars()).collect();
    let mut kerned = 0;
    // Not at every weight: pairs take their time. The others are in the texts; what does not kern is as wide as it is.
    for both in fonts().into_iter().filter(|both| both.name == "Inter 500") {
        // All characters behind one: each two neighbours are a pair, and the one is between them.
        for first in &letters {
            let text: String = letters.iter().flat_map(|other| [*first, *other]).collect();
            let (ours, theirs) = both.shaped(&text);
            for (place, (one, other)) in ours.iter().zip(&theirs).enumerate() {
                let near: String = text.chars().skip(place.saturating_sub(2)).take(5).collect();
                assert_eq!(one, other, "{near:?} in {}", both.name);
            }
            assert_eq!(ours.len(), theirs.len());
            kerned += ours.iter().filter(|glyph| glyph.3 != 0).count();
        }
        let (one, _) = both.shaped("AV");
        let (apart, _) = both.shaped("A V");
        kerned += usize::from(one[0].2 < apart[0].2);
    }
    assert!(kerned > 0, "the check can fail");
}

#[test]
fn texts_stand_the_same() {
    let texts = [
        "",
        " ",
        "Three computers keep one shopping list. The crowned one answers.",
        "AVATAR To Ty “We” 1,234.5 µs 12–14 — n1→n2 x≠y",
        "e\u{301}a\u{308}o\u{302}n\u{303}c\u{327}S\u{30C} Å A\u{30A}",
        "soft\u{AD}hyphen zero\u{200B}width \u{FEFF}mark no\u{A0}break no\u{2011}break",
        "spaces\u{2002}of\u{2003}many\u{2009}kinds\u{202F}here",
        "αβγ ΑΒΓ ΤΑ λογος",
        "日本語 and 한국어",
        "👍🏽 👩‍👩‍👧 🇩🇪 ok",
        "tab\tand\u{1}control",
    ];
    for both in fonts() {
        for text in texts {
            let (ours, theirs) = both.shaped(text);
            assert_eq!(ours, theirs, "{text:?} in {}", both.name);
        }
        // Where a font has no accents the original guesses where one would lie, and egui leaves it out.
        let (ours, theirs) = both.shaped("x\u{301}y \u{301}z");
        let plain = |glyphs: &[Glyph]| glyphs.iter().map(|glyph| (glyph.0, glyph.1)).collect::<Vec<_>>();
        assert_eq!(plain(&ours), plain(&theirs), "{}", both.name);
    }
}

#[test]
fn what_is_written_from_right_to_left_comes_in_that_order() {
    for both in fonts() {
        for text in ["שלום", "مرحبا"] {
            let (ours, theirs) = both.shaped(text);
            let clusters = |glyphs: &[Glyph]| glyphs.iter().map(|glyph| glyph.1).collect::<Vec<_>>();
            assert_eq!(clusters(&ours), clusters(&theirs), "{text}");
            assert!(ours[0].1 > ours[1].1);
        }
    }
}

/// Any character there is, those that act on others more often than others.
fn character() -> impl Strategy<Value = char> {
    let acting =
        "\u{301}\u{308}\u{327}\u{200D}\u{FE0F}\u{AD}\u{2011}\u{202F}\u{2003}\tAVTofi\u{5D0}\u{644}🇩👩";
    prop_oneof![any::<char>(), prop::sample::select(acting.chars().collect::<Vec<_>>())]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_has_glyphs_that_belong_to_it(characters in prop::collection::vec(character(), 0..40)) {
        let text: String = characters.into_iter().collect();
        for both in [&fonts()[1], &fonts()[3]] {
            let mut buffer = UnicodeBuffer::new();
            buffer.push_str(&text);
            let shaper = ShaperData::new(&both.ours).shaper(&both.ours).instance(Some(&both.instance)).build();
            let glyphs = shaper.shape(buffer, ShapeOptions::new());
            prop_assert_eq!(glyphs.glyph_infos().len(), glyphs.glyph_positions().len());
            prop_assert_eq!(glyphs.glyph_infos().is_empty(), text.is_empty());
            let count = u32::from(both.ours.face().number_of_glyphs());
            for info in glyphs.glyph_infos() {
                prop_assert!(info.glyph_id < count);
                prop_assert!(text.is_char_boundary(info.cluster as usize) && (info.cluster as usize) < text.len());
            }
            let clusters: Vec<u32> = glyphs.glyph_infos().iter().map(|info| info.cluster).collect();
            prop_assert!(clusters.is_sorted() || clusters.iter().rev().is_sorted());
        }
    }
}
