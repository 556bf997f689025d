//! Words on a canvas, laid out once.
//!
//! Laying a text out costs a hundred times as much as painting it, so a [`Labels`] keeps the galley of every text and
//! style it was asked for. A galley points into the font atlas: when the atlas starts over, or the number of pixels to
//! a point changes, all are forgotten. What was not asked for in a while is forgotten too.

use std::collections::HashMap;
use std::sync::Arc;

use eframe::egui::{Align2, Color32, Context, FontId, Galley, Painter, Pos2, Rect, Shape, epaint::TextShape};

use crate::theme::{self, Size, Weight};

/// A face and a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Style {
    face: Face,
    /// Halves of a point: a zoomed label takes one of few sizes, so that the atlas stays small.
    halves: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Face {
    Regular,
    Medium,
    Semibold,
    Values,
}

impl Style {
    /// Words in one of the window's sizes.
    pub fn words(size: Size, weight: Weight) -> Self {
        Self::words_to_fit(size.points(), weight)
    }

    /// Words in a size that depends on what they must fit; never under the smallest.
    pub fn words_to_fit(points: f32, weight: Weight) -> Self {
        let face = match weight {
            Weight::Regular => Face::Regular,
            Weight::Medium => Face::Medium,
            Weight::Semibold => Face::Semibold,
        };
        Self { face, halves: halves(points) }
    }

    /// Values that change.
    pub fn values(size: Size) -> Self {
        Self::values_to_fit(size.points())
    }

    /// Values in a size that depends on what they must fit; never under the smallest.
    pub fn values_to_fit(points: f32) -> Self {
        Self { face: Face::Values, halves: halves(points) }
    }

    fn font(self) -> FontId {
        let points = f32::from(self.halves) / 2.0;
        match self.face {
            Face::Regular => theme::words_to_fit(points, Weight::Regular),
            Face::Medium => theme::words_to_fit(points, Weight::Medium),
            Face::Semibold => theme::words_to_fit(points, Weight::Semibold),
            Face::Values => theme::values_to_fit(points),
        }
    }
}

fn halves(points: f32) -> u16 {
    (points.clamp(Size::Small.points(), 96.0) * 2.0).round() as u16
}

/// After so many frames unasked a galley is forgotten.
const KEEP_FRAMES: u32 = 240;
/// Above so many galleys the old ones are looked for.
const CROWD: usize = 2_000;

struct Kept {
    galley: Arc<Galley>,
    used: u32,
}

/// Galleys by style and text.
#[derive(Default)]
pub struct Labels {
    kept: HashMap<Style, HashMap<Box<str>, Kept>>,
    count: usize,
    frame: u32,
    pixels_per_point: f32,
    atlas_fill: f32,
    laid_out: u64,
}

impl Labels {
    /// Once before the labels of a frame.
    pub fn begin(&mut self, context: &Context) {
        let pixels_per_point = context.pixels_per_point();
        let fill = context.fonts(|fonts| fonts.font_atlas_fill_ratio());
        if pixels_per_point != self.pixels_per_point || fill < self.atlas_fill {
            self.kept.clear();
            self.count = 0;
        }
        (self.pixels_per_point, self.atlas_fill) = (pixels_per_point, fill);
        self.frame = self.frame.wrapping_add(1);
        if self.count > CROWD {
            let frame = self.frame;
            for texts in self.kept.values_mut() {
                texts.retain(|_, kept| frame.wrapping_sub(kept.used) < KEEP_FRAMES);
            }
            self.count = self.kept.values().map(HashMap::len).sum();
        }
    }

    /// The galley of a text. Its colour is a placeholder, given when it is painted.
    pub fn galley(&mut self, painter: &Painter, style: Style, text: &str) -> Arc<Galley> {
        let texts = self.kept.entry(style).or_default();
        if let Some(kept) = texts.get_mut(text) {
            kept.used = self.frame;
            return Arc::clone(&kept.galley);
        }
        let galley = painter.layout_no_wrap(text.to_owned(), style.font(), Color32::PLACEHOLDER);
        texts.insert(text.into(), Kept { galley: Arc::clone(&galley), used: self.frame });
        self.count += 1;
        self.laid_out += 1;
        galley
    }

    /// The shape of a text whose `anchor` is at `at`, and the rectangle it takes.
    pub fn place(
        &mut self,
        painter: &Painter,
        (at, anchor): (Pos2, Align2),
        style: Style,
        text: &str,
        colour: Color32,
    ) -> (Shape, Rect) {
        let galley = self.galley(painter, style, text);
        let rect = anchor.anchor_size(at, galley.size());
        let pixel = |points: f32| (points * self.pixels_per_point).round() / self.pixels_per_point.max(0.1);
        let corner = Pos2::new(pixel(rect.min.x), pixel(rect.min.y));
        (Shape::Text(TextShape::new(corner, galley, colour)), rect)
    }

    /// How many texts were ever laid out: what a test watches.
    pub fn laid_out(&self) -> u64 {
        self.laid_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::RawInput;

    #[test]
    fn a_text_is_laid_out_once() {
        let context = Context::default();
        theme::apply(&context);
        let mut labels = Labels::default();
        let style = Style::words(Size::Name, Weight::Semibold);
        for _ in 0..5 {
            context
                .run_ui(RawInput::default(), |ui| {
                    labels.begin(ui.ctx());
                    let a = labels.galley(ui.painter(), style, "n1");
                    let b = labels.galley(ui.painter(), style, "n1");
                    assert!(Arc::ptr_eq(&a, &b));
                    labels.galley(ui.painter(), Style::values(Size::Small), "n1");
                })
                .drop_without_applying_deltas();
        }
        assert_eq!(labels.laid_out(), 2);
    }

    #[test]
    fn another_resolution_lays_out_anew() {
        let context = Context::default();
        theme::apply(&context);
        let mut labels = Labels::default();
        let style = Style::words(Size::Name, Weight::Semibold);
        for zoom in [1.0, 2.0, 2.0] {
            context.set_pixels_per_point(zoom);
            for _ in 0..2 {
                context
                    .run_ui(RawInput::default(), |ui| {
                        labels.begin(ui.ctx());
                        labels.galley(ui.painter(), style, "n1");
                    })
                    .drop_without_applying_deltas();
            }
        }
        assert_eq!(labels.laid_out(), 2);
    }

    #[test]
    fn sizes_are_few() {
        assert_eq!(Style::values_to_fit(14.1), Style::values_to_fit(14.0));
        assert_eq!(Style::values_to_fit(2.0), Style::values(Size::Small));
    }
}
