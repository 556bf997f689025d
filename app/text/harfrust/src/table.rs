//! Tables of a font: numbers in big-endian order, and other tables so many bytes further on.

/// A table, from its first byte to the end of the font's.
#[derive(Clone, Copy)]
pub(crate) struct Table<'a>(pub &'a [u8]);

impl<'a> Table<'a> {
    /// The number at a byte.
    pub(crate) fn u16(self, at: usize) -> Option<u16> {
        let bytes = self.0.get(at..)?.first_chunk()?;
        Some(u16::from_be_bytes(*bytes))
    }

    /// What begins at a byte.
    pub(crate) fn from(self, at: usize) -> Option<Self> {
        self.0.get(at..).map(Self)
    }

    /// The table whose distance stands at a byte.
    pub(crate) fn at(self, at: usize) -> Option<Self> {
        self.from(usize::from(self.u16(at)?))
    }

    /// The same, of one that is farther off.
    pub(crate) fn far(self, at: usize) -> Option<Self> {
        let bytes = self.0.get(at..)?.first_chunk()?;
        self.from(usize::try_from(u32::from_be_bytes(*bytes)).ok()?)
    }
}

/// Which of `count` numbers in ascending order is the one sought.
pub(crate) fn find(count: usize, number: impl Fn(usize) -> Option<u16>, sought: u16) -> Option<usize> {
    let place = first(count, |place| number(place).is_some_and(|number| number >= sought));
    (number(place) == Some(sought) && place < count).then_some(place)
}

/// The first of `count` places from which on it is so.
fn first(count: usize, is_so: impl Fn(usize) -> bool) -> usize {
    let (mut from, mut to) = (0, count);
    while from < to {
        let middle = from + (to - from) / 2;
        if is_so(middle) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    from
}

/// The range in which a glyph lies, of those listed from byte 4 on: first glyph, last glyph, a number.
fn range(table: Table<'_>, glyph: u16) -> Option<[u16; 3]> {
    let count = usize::from(table.u16(2)?);
    let part = |place: usize, part: usize| table.u16(4 + 6 * place + 2 * part);
    let place = first(count, |place| part(place, 1).is_some_and(|last| last >= glyph));
    let range = [part(place, 0)?, part(place, 1)?, part(place, 2)?];
    (place < count && range[0] <= glyph && glyph <= range[1]).then_some(range)
}

/// Which of the glyphs that a table is about this is (`Coverage`).
pub(crate) fn coverage(table: Table<'_>, glyph: u16) -> Option<u16> {
    match table.u16(0)? {
        1 => {
            let count = usize::from(table.u16(2)?);
            find(count, |place| table.u16(4 + 2 * place), glyph).and_then(|place| u16::try_from(place).ok())
        }
        2 => {
            let [start, _, number] = range(table, glyph)?;
            number.checked_add(glyph - start)
        }
        _ => None,
    }
}

/// A glyph's class, 0 if no other is listed (`ClassDef`).
pub(crate) fn class(table: Table<'_>, glyph: u16) -> u16 {
    let listed = match table.u16(0) {
        Some(1) => {
            let place = table.u16(2).and_then(|start| glyph.checked_sub(start));
            let is_listed = |place: &u16| table.u16(4).is_some_and(|count| *place < count);
            place.filter(is_listed).and_then(|place| table.u16(6 + 2 * usize::from(place)))
        }
        Some(2) => range(table, glyph).map(|[.., class]| class),
        _ => None,
    };
    listed.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glyphs_are_found_in_both_forms() {
        let listed = Table(&[0, 1, 0, 3, 0, 2, 0, 5, 0, 9]);
        assert_eq!(
            [1, 2, 5, 6, 9, 10].map(|glyph| coverage(listed, glyph)),
            [None, Some(0), Some(1), None, Some(2), None]
        );
        let ranges = Table(&[0, 2, 0, 2, 0, 2, 0, 4, 0, 0, 0, 7, 0, 7, 0, 3]);
        assert_eq!(
            [1, 2, 4, 5, 7, 8].map(|glyph| coverage(ranges, glyph)),
            [None, Some(0), Some(2), None, Some(3), None]
        );
        let classes = Table(&[0, 1, 0, 3, 0, 2, 0, 8, 0, 9]);
        assert_eq!([2, 3, 4, 5].map(|glyph| class(classes, glyph)), [0, 8, 9, 0]);
        let ranges = Table(&[0, 2, 0, 1, 0, 2, 0, 4, 0, 6]);
        assert_eq!([1, 2, 4, 5].map(|glyph| class(ranges, glyph)), [0, 6, 6, 0]);
        assert_eq!(coverage(Table(&[0, 1, 0xff]), 0), None);
    }
}
