//! A letter and an accent behind it, as some keyboards and file systems write them, are one character in fonts.
//!
//! Unicode has some thousand such pairs; here are those of Latin-1 and Latin Extended-A, which is as far as the fonts used
//! here go.

/// An accent; letters; the same letters with it.
const PAIRS: [(char, &str, &str); 13] = [
    ('\u{300}', "AEIOUaeiou", "ÀÈÌÒÙàèìòù"),
    ('\u{301}', "AEIOUYaeiouyCLNRSZclnrsz", "ÁÉÍÓÚÝáéíóúýĆĹŃŔŚŹćĺńŕśź"),
    ('\u{302}', "AEIOUaeiouCGHJSWYcghjswy", "ÂÊÎÔÛâêîôûĈĜĤĴŜŴŶĉĝĥĵŝŵŷ"),
    ('\u{303}', "ANOanoIUiu", "ÃÑÕãñõĨŨĩũ"),
    ('\u{304}', "AEIOUaeiou", "ĀĒĪŌŪāēīōū"),
    ('\u{306}', "AEGIOUaegiou", "ĂĔĞĬŎŬăĕğĭŏŭ"),
    ('\u{307}', "CEGIZcegz", "ĊĖĠİŻċėġż"),
    ('\u{308}', "AEIOUaeiouyY", "ÄËÏÖÜäëïöüÿŸ"),
    ('\u{30A}', "AUau", "ÅŮåů"),
    ('\u{30B}', "OUou", "ŐŰőű"),
    ('\u{30C}', "CDENRSTZcdenrstz", "ČĎĚŇŘŠŤŽčďěňřšťž"),
    ('\u{327}', "CGKLNRSTcgklnrst", "ÇĢĶĻŅŖŞŢçģķļņŗşţ"),
    ('\u{328}', "AEIUaeiu", "ĄĘĮŲąęįų"),
];

/// The one character for both, if there is one.
pub(crate) fn compose(letter: char, accent: char) -> Option<char> {
    let (_, letters, whole) = PAIRS.iter().find(|(known, ..)| *known == accent)?;
    let place = letters.chars().position(|known| known == letter)?;
    whole.chars().nth(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_its_accented_one() {
        for (accent, letters, whole) in PAIRS {
            assert_eq!(letters.chars().count(), whole.chars().count(), "{accent:?}");
        }
        assert_eq!(compose('e', '\u{301}'), Some('é'));
        assert_eq!(compose('Y', '\u{308}'), Some('Ÿ'));
        assert_eq!(compose('x', '\u{301}'), None);
        assert_eq!(compose('e', 'e'), None);
    }
}
