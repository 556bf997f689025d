//! Characters, and the glyphs they become.

use ttf_parser::{Face, GlyphId};
use unicode_segmentation::UnicodeSegmentation;

use crate::compose::compose;
use crate::kern::{self, kern};

/// What surrounds a text: of no consequence here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BufferFlags(u32);

impl BufferFlags {
    /// The text begins a paragraph.
    pub const BEGINNING_OF_TEXT: Self = Self(1);
    /// The text ends a paragraph.
    pub const END_OF_TEXT: Self = Self(2);

    /// Neither.
    pub fn empty() -> Self {
        Self(0)
    }
}

impl std::ops::BitOrAssign for BufferFlags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// A text that waits to be shaped.
#[derive(Clone, Debug, Default)]
pub struct UnicodeBuffer {
    text: String,
    /// Kept from the text before, for the memory.
    infos: Vec<GlyphInfo>,
    positions: Vec<GlyphPosition>,
}

impl UnicodeBuffer {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// What surrounds the text.
    pub fn set_flags(&mut self, _: BufferFlags) {}

    /// Adds a text.
    pub fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Script and direction: found when the text is shaped.
    pub fn guess_segment_properties(&mut self) {}
}

/// A glyph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GlyphInfo {
    /// Its number in the font; 0 of a character that the font does not have.
    pub glyph_id: u32,
    /// The byte at which that of the text begins which it is part of.
    pub cluster: u32,
}

/// Where a glyph stands, in the font's units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GlyphPosition {
    /// How far it moves the next.
    pub x_advance: i32,
    /// How far down it moves the next: nothing, in lines.
    pub y_advance: i32,
    /// How far from where it would be it is drawn.
    pub x_offset: i32,
    /// How far above it is drawn.
    pub y_offset: i32,
}

/// A text's glyphs, from left to right.
#[derive(Clone, Debug, Default)]
pub struct GlyphBuffer {
    text: String,
    infos: Vec<GlyphInfo>,
    positions: Vec<GlyphPosition>,
}

impl GlyphBuffer {
    /// Which glyphs.
    pub fn glyph_infos(&self) -> &[GlyphInfo] {
        &self.infos
    }

    /// Where they stand.
    pub fn glyph_positions(&self) -> &[GlyphPosition] {
        &self.positions
    }

    /// An empty buffer for the next text.
    pub fn clear(mut self) -> UnicodeBuffer {
        self.text.clear();
        UnicodeBuffer { text: self.text, infos: self.infos, positions: self.positions }
    }
}

/// Finds a text's glyphs and where they stand.
pub(crate) fn shape(face: &Face<'_>, buffer: UnicodeBuffer) -> GlyphBuffer {
    let UnicodeBuffer { text, mut infos, mut positions } = buffer;
    infos.clear();
    positions.clear();
    let mut glyphs: Vec<kern::Seen> = Vec::with_capacity(text.len());
    for (start, whole) in text.grapheme_indices(true) {
        let mut characters = whole.chars().peekable();
        while let Some(mut character) = characters.next() {
            while let Some(both) = characters.peek().and_then(|accent| compose(character, *accent))
                && face.glyph_index(both).is_some()
            {
                character = both;
                characters.next();
            }
            let (glyph, advance) = glyph(face, character);
            glyphs.push((!is_ignorable(character)).then_some(glyph));
            infos.push(GlyphInfo { glyph_id: u32::from(glyph.0), cluster: start as u32 });
            positions.push(GlyphPosition { x_advance: advance, ..GlyphPosition::default() });
        }
    }
    let letter = text.chars().find(|character| character.is_alphabetic());
    kern(face, script(letter), &glyphs, &mut positions);
    if letter.is_some_and(is_right_to_left) {
        infos.reverse();
        positions.reverse();
    }
    GlyphBuffer { text, infos, positions }
}

/// A character's glyph, and how far it moves the next.
fn glyph(face: &Face<'_>, character: char) -> (GlyphId, i32) {
    let advance = |glyph: GlyphId| face.glyph_hor_advance(glyph).map_or(0, i32::from);
    let space = || face.glyph_index(' ');
    if is_ignorable(character)
        && let Some(space) = space()
    {
        return (space, 0);
    }
    if let Some(glyph) = face.glyph_index(character) {
        return (glyph, advance(glyph));
    }
    let same = match character {
        // What breaks a line differently, and looks the same.
        '\u{2011}' => face.glyph_index('\u{2010}'),
        '\u{A0}' => space(),
        _ => None,
    };
    if let Some(glyph) = same {
        return (glyph, advance(glyph));
    }
    match (space(), space_width(face, character)) {
        (Some(space), Some(width)) => (space, width),
        // An accent stands over what is before it, be it there or not.
        _ if is_accent(character) => (GlyphId(0), 0),
        _ => (GlyphId(0), advance(GlyphId(0))),
    }
}

/// Whether a character is drawn over the one before it (Unicode's blocks of combining marks for all scripts).
fn is_accent(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
            | '\u{FE20}'..='\u{FE2F}'
    )
}

/// How wide a space is that the font does not have (Unicode, chapter 6.2).
fn space_width(face: &Face<'_>, character: char) -> Option<i32> {
    let em = i32::from(face.units_per_em());
    let of = |character: char| face.glyph_index(character).and_then(|glyph| face.glyph_hor_advance(glyph));
    // Rounded, as a part of the em.
    let part = |parts: i32| (em + parts / 2) / parts;
    Some(match character {
        '\u{2000}' | '\u{2002}' => part(2),
        '\u{2001}' | '\u{2003}' | '\u{3000}' => em,
        '\u{2004}' => part(3),
        '\u{2005}' => part(4),
        '\u{2006}' => part(6),
        '\u{2007}' => i32::from(of('0')?),
        '\u{2008}' => i32::from(of('.')?),
        '\u{2009}' => part(5),
        '\u{200A}' => part(16),
        '\u{202F}' => i32::from(of(' ')?) / 2,
        '\u{205F}' => em * 4 / 18,
        _ => return None,
    })
}

/// Whether a character is there to be acted on and not seen (Unicode's `Default_Ignorable_Code_Point`, those in use).
fn is_ignorable(character: char) -> bool {
    matches!(
        character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// The script of a text with this first letter, as OpenType calls it.
fn script(letter: Option<char>) -> &'static [u8; 4] {
    match letter {
        Some('\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}') => b"grek",
        Some('\u{400}'..='\u{52F}') => b"cyrl",
        Some(letter) if letter.is_ascii() || letter < '\u{250}' => b"latn",
        _ => b"DFLT",
    }
}

/// Whether a letter's script is written from right to left.
fn is_right_to_left(letter: char) -> bool {
    matches!(
        letter,
        '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}'
            | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}'
    )
}
