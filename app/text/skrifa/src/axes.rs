//! The axes of a variable font.

use font_types::Tag;
use ttf_parser::{Face, VariationAxis};

use crate::StringId;
use crate::instance::Location;

/// A value asked for on an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VariationSetting {
    /// Which axis.
    pub selector: Tag,
    /// In the axis's own units.
    pub value: f32,
}

impl From<(Tag, f32)> for VariationSetting {
    fn from((selector, value): (Tag, f32)) -> Self {
        Self { selector, value }
    }
}

impl From<&(Tag, f32)> for VariationSetting {
    fn from(setting: &(Tag, f32)) -> Self {
        (*setting).into()
    }
}

/// A font with these values on its axes. It has the axes it has: others are passed over.
pub(crate) fn moved<'a>(face: &Face<'a>, settings: impl IntoIterator<Item = (Tag, f32)>) -> Face<'a> {
    let mut face = face.clone();
    for (tag, value) in settings {
        let _ = face.set_variation(ttf_parser::Tag::from_bytes(&tag.to_be_bytes()), value);
    }
    face
}

/// An axis.
#[derive(Clone, Copy, Debug)]
pub struct Axis(VariationAxis);

impl Axis {
    /// Its name in four letters: `wght`.
    pub fn tag(&self) -> Tag {
        Tag::from_be_bytes(self.0.tag.to_bytes())
    }

    /// Under which number its name in words stands.
    pub fn name_id(&self) -> StringId {
        StringId(self.0.name_id)
    }

    /// The least value.
    pub fn min_value(&self) -> f32 {
        self.0.min_value
    }

    /// The value where nothing else is said.
    pub fn default_value(&self) -> f32 {
        self.0.def_value
    }

    /// The greatest value.
    pub fn max_value(&self) -> f32 {
        self.0.max_value
    }

    /// Whether the font asks not to show it to people.
    pub fn is_hidden(&self) -> bool {
        self.0.hidden
    }
}

/// All axes of a font.
#[derive(Clone, Debug)]
pub struct AxisCollection<'f> {
    face: &'f Face<'f>,
}

impl<'f> AxisCollection<'f> {
    pub(crate) fn new(face: &'f Face<'f>) -> Self {
        Self { face }
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = Axis> + 'f {
        self.face.variation_axes().into_iter().map(Axis)
    }

    /// Where these values lie. Axes that the font does not have are passed over; of several values for one the last
    /// stands.
    pub fn location<I>(&self, settings: I) -> Location
    where
        I: IntoIterator,
        I::Item: Into<VariationSetting>,
    {
        if !self.face.is_variable() {
            return Location::default();
        }
        let settings: smallvec::SmallVec<[(Tag, f32); 4]> =
            settings.into_iter().map(Into::into).map(|setting| (setting.selector, setting.value)).collect();
        let face = moved(self.face, settings.iter().copied());
        Location::new(face.variation_coordinates().iter().map(|coord| coord.get()), settings)
    }
}
