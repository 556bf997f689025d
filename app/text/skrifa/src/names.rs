//! A font's texts: what it and its axes are called.

use ttf_parser::Face;
use ttf_parser::name::Name;

/// Which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StringId(pub(crate) u16);

/// All texts of one kind, one for each language.
#[derive(Clone, Debug)]
pub struct LocalizedStrings<'a> {
    names: Vec<Name<'a>>,
}

impl<'a> LocalizedStrings<'a> {
    pub(crate) fn new(face: &Face<'a>, id: StringId) -> Self {
        let is_asked_for = |name: &Name<'a>| name.name_id == id.0 && name.is_unicode();
        Self { names: face.names().into_iter().filter(is_asked_for).collect() }
    }

    /// The English one, else the first.
    pub fn english_or_first(self) -> Option<LocalizedString> {
        // Languages in English are 0x..09 where Microsoft numbers them, 0 where Unicode's platform has none.
        let english = |name: &&Name<'a>| name.language_id & 0xff == 9 || name.language_id == 0;
        let name = self.names.iter().find(english).or(self.names.first())?;
        name.to_string().map(LocalizedString)
    }
}

/// A text in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalizedString(String);

impl LocalizedString {
    /// Letter by letter.
    pub fn chars(&self) -> impl Iterator<Item = char> + '_ {
        self.0.chars()
    }
}
