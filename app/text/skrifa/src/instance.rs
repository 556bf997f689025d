//! Sizes, and places on the axes of a variable font.

use font_types::{F2Dot14, Tag};
use smallvec::SmallVec;

/// A coordinate on an axis, from -1 to 1, 0 where the font has it by default.
pub type NormalizedCoord = F2Dot14;

/// A font's size, in pixels for its em.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Size(Option<f32>);

impl Size {
    /// So many pixels.
    pub fn new(pixels: f32) -> Self {
        Self(Some(pixels))
    }

    /// In the font's own units.
    pub fn unscaled() -> Self {
        Self(None)
    }

    /// In pixels, if it has been scaled.
    pub fn ppem(self) -> Option<f32> {
        self.0
    }

    /// What the font's units are multiplied with.
    pub fn linear_scale(self, units_per_em: u16) -> f32 {
        match self.0 {
            Some(pixels) if units_per_em != 0 => pixels / f32::from(units_per_em),
            _ => 1.0,
        }
    }
}

/// A place on a font's axes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Location {
    coords: SmallVec<[NormalizedCoord; 4]>,
    /// What was asked for, by axis: the value's bits.
    settings: SmallVec<[(Tag, u32); 4]>,
}

impl Location {
    pub(crate) fn new(
        coords: impl IntoIterator<Item = i16>,
        settings: impl IntoIterator<Item = (Tag, f32)>,
    ) -> Self {
        Self {
            coords: coords.into_iter().map(F2Dot14::from_bits).collect(),
            settings: settings.into_iter().map(|(tag, value)| (tag, value.to_bits())).collect(),
        }
    }

    /// The coordinate on each axis, in the font's order.
    pub fn coords(&self) -> &[NormalizedCoord] {
        &self.coords
    }
}

/// A borrowed [`Location`]. By default: no axis is moved.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocationRef<'a> {
    coords: &'a [NormalizedCoord],
    settings: &'a [(Tag, u32)],
}

impl<'a> LocationRef<'a> {
    /// The coordinate on each axis, in the font's order.
    pub fn coords(&self) -> &'a [NormalizedCoord] {
        self.coords
    }

    /// What was asked for, axis by axis.
    pub fn settings(self) -> impl Iterator<Item = (Tag, f32)> + 'a {
        self.settings.iter().map(|(tag, bits)| (*tag, f32::from_bits(*bits)))
    }
}

impl<'a> From<&'a Location> for LocationRef<'a> {
    fn from(location: &'a Location) -> Self {
        Self { coords: &location.coords, settings: &location.settings }
    }
}
