//! The shapes of glyphs.

use font_types::GlyphId;
use ttf_parser::OutlineBuilder;

use crate::FontRef;
use crate::instance::{LocationRef, Size};

/// Takes a shape's lines. The pen's y grows upwards.
pub trait OutlinePen {
    /// A contour begins.
    fn move_to(&mut self, x: f32, y: f32);
    /// A line.
    fn line_to(&mut self, x: f32, y: f32);
    /// A curve with one point that draws it.
    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32);
    /// A curve with two.
    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32);
    /// The contour goes back to where it began.
    fn close(&mut self);
}

/// Why nothing was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DrawError {
    /// The font has no such glyph.
    #[error("the font has no glyph {0}")]
    GlyphNotFound(GlyphId),
    /// This does not hint.
    #[error("there is no hinting here: glyphs are drawn as they are")]
    NoHinting,
}

/// All shapes of a font.
#[derive(Clone, Debug)]
pub struct OutlineGlyphCollection<'a> {
    font: FontRef<'a>,
}

impl<'a> OutlineGlyphCollection<'a> {
    pub(crate) fn new(font: FontRef<'a>) -> Self {
        Self { font }
    }

    /// A glyph's, if the font has it.
    pub fn get(&self, glyph: GlyphId) -> Option<OutlineGlyph<'_>> {
        let number = u16::try_from(glyph.to_u32()).ok()?;
        let has = number < self.font.face().number_of_glyphs();
        has.then_some(OutlineGlyph { font: &self.font, glyph: number })
    }
}

/// A glyph's shape.
#[derive(Clone, Debug)]
pub struct OutlineGlyph<'f> {
    font: &'f FontRef<'f>,
    glyph: u16,
}

impl OutlineGlyph<'_> {
    /// Draws it; of one without a shape, as a space is, nothing.
    ///
    /// # Errors
    /// None: what the original returns is kept.
    pub fn draw<'s>(
        &self,
        settings: impl Into<DrawSettings<'s>>,
        pen: &mut impl OutlinePen,
    ) -> Result<(), DrawError> {
        let DrawSettings { size, location } = settings.into();
        let face = self.font.at(location);
        let scale = size.linear_scale(face.units_per_em());
        let _ = face.outline_glyph(ttf_parser::GlyphId(self.glyph), &mut Scaled { pen, scale });
        Ok(())
    }
}

/// A pen for the font's own units.
struct Scaled<'p, P> {
    pen: &'p mut P,
    scale: f32,
}

impl<P: OutlinePen> OutlineBuilder for Scaled<'_, P> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.pen.move_to(x * self.scale, y * self.scale);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.pen.line_to(x * self.scale, y * self.scale);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let by = self.scale;
        self.pen.quad_to(x1 * by, y1 * by, x * by, y * by);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let by = self.scale;
        self.pen.curve_to(x1 * by, y1 * by, x2 * by, y2 * by, x * by, y * by);
    }

    fn close(&mut self) {
        self.pen.close();
    }
}

/// How a glyph is drawn.
#[derive(Clone, Copy, Debug)]
pub struct DrawSettings<'s> {
    size: Size,
    location: LocationRef<'s>,
}

impl<'s> DrawSettings<'s> {
    /// As it is.
    pub fn unhinted(size: Size, location: impl Into<LocationRef<'s>>) -> Self {
        Self { size, location: location.into() }
    }

    /// Moved to whole pixels: cannot be asked for, since there is no [`HintingInstance`].
    pub fn hinted(instance: &HintingInstance, _is_pedantic: bool) -> Self {
        match *instance {}
    }
}

/// What shapes are moved to whole pixels for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Pixels that are black or white.
    Mono,
    /// Pixels that are gray.
    Smooth {
        /// How.
        mode: SmoothMode,
        /// The same wherever it lies.
        symmetric_rendering: bool,
        /// Advances stay what they are.
        preserve_linear_metrics: bool,
    },
}

impl Default for Target {
    fn default() -> Self {
        Self::Smooth { mode: SmoothMode::Normal, symmetric_rendering: true, preserve_linear_metrics: false }
    }
}

/// How shapes are moved to whole pixels that are gray.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SmoothMode {
    /// Both ways.
    #[default]
    Normal,
    /// Up and down.
    Light,
}

/// What is kept between two hinted glyphs: there is none, since there is no hinting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HintingInstance {}

impl HintingInstance {
    /// Says that there is no hinting.
    ///
    /// # Errors
    /// Always [`DrawError::NoHinting`].
    pub fn new<'l>(
        _: &OutlineGlyphCollection<'_>,
        _: Size,
        _: impl Into<LocationRef<'l>>,
        _: Target,
    ) -> Result<Self, DrawError> {
        Err(DrawError::NoHinting)
    }

    /// For which size.
    pub fn size(&self) -> Size {
        match *self {}
    }

    /// At which place on the axes.
    pub fn location(&self) -> LocationRef<'_> {
        match *self {}
    }

    /// For which pixels.
    pub fn target(&self) -> Target {
        match *self {}
    }

    /// For others.
    ///
    /// # Errors
    /// None: there is no instance.
    pub fn reconfigure<'l>(
        &mut self,
        _: &OutlineGlyphCollection<'_>,
        _: Size,
        _: impl Into<LocationRef<'l>>,
        _: Target,
    ) -> Result<(), DrawError> {
        match *self {}
    }
}
