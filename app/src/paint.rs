//! What strips and plots are painted with: words that keep to their room, fills and outlines by tone.

use eframe::egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, epaint::RectShape, pos2,
    vec2,
};
use sim::view::Tone;

use crate::canvas::ink;
use crate::canvas::labels::{Labels, Style};
use crate::theme::{Palette, mix, space};

/// A painter, the theme and what was laid out.
pub struct Paint<'a> {
    /// Where.
    pub painter: Painter,
    /// The theme's.
    pub palette: &'static Palette,
    /// Laid-out texts.
    pub labels: &'a mut Labels,
    /// Shapes so far.
    pub shapes: Vec<Shape>,
}

impl<'a> Paint<'a> {
    /// Nothing painted yet.
    pub fn new(painter: Painter, palette: &'static Palette, labels: &'a mut Labels) -> Self {
        Self { painter, palette, labels, shapes: Vec::with_capacity(128) }
    }

    /// Hands everything to the painter.
    pub fn flush(&mut self) {
        self.painter.extend(std::mem::take(&mut self.shapes));
    }

    /// From here on only what lies inside is seen.
    pub fn clip(&mut self, room: Rect) {
        self.flush();
        self.painter = self.painter.with_clip_rect(room.intersect(self.painter.clip_rect()));
    }

    /// Words; returns the rectangle they take.
    pub fn text(&mut self, at: Pos2, anchor: Align2, style: Style, words: &str, colour: Color32) -> Rect {
        let (shape, rect) = self.labels.place(&self.painter, (at, anchor), style, words, colour);
        self.shapes.push(shape);
        rect
    }

    /// Words that end in … where they are wider than this.
    pub fn fitted(
        &mut self,
        at: Pos2,
        anchor: Align2,
        style: Style,
        words: &str,
        colour: Color32,
        width: f32,
    ) -> Rect {
        let whole = self.labels.galley(&self.painter, style, words).size().x;
        if whole <= width {
            return self.text(at, anchor, style, words, colour);
        }
        let count = words.chars().count().max(1);
        let letters = (width / (whole / count as f32)).floor() as usize;
        self.text(at, anchor, style, &shortened(words, letters), colour)
    }

    /// How wide words are.
    pub fn width(&mut self, style: Style, words: &str) -> f32 {
        self.labels.galley(&self.painter, style, words).size().x
    }

    /// On whole pixels.
    pub fn crisp(&self, rect: Rect) -> Rect {
        ink::crisp(rect, self.painter.pixels_per_point())
    }

    /// A filled rectangle.
    pub fn fill(&mut self, rect: Rect, radius: u8, colour: Color32) {
        self.shapes.push(Shape::rect_filled(rect, CornerRadius::same(radius), colour));
    }

    /// An outline that lies inside its rectangle.
    pub fn outline(&mut self, rect: Rect, radius: u8, stroke: Stroke) {
        let round = CornerRadius::same(radius);
        self.shapes
            .push(RectShape::new(rect, round, Color32::TRANSPARENT, stroke, StrokeKind::Inside).into());
    }

    /// A dashed outline.
    pub fn dashed(&mut self, rect: Rect, stroke: Stroke) {
        let inner = rect.shrink(stroke.width / 2.0);
        let corners = [
            inner.left_top(),
            inner.right_top(),
            inner.right_bottom(),
            inner.left_bottom(),
            inner.left_top(),
        ];
        Shape::dashed_line_many(&corners, stroke, 3.0, 3.0, &mut self.shapes);
    }

    /// The colour of words of a tone.
    pub fn ink(&self, tone: Tone) -> Color32 {
        match tone {
            Tone::Plain | Tone::Odd => self.palette.text,
            Tone::Faint => self.palette.faint,
            Tone::Leading => self.palette.leader,
            Tone::Changing => self.palette.candidate,
        }
    }

    /// An amount of a tone: a fill, and for those that must be told apart without colour a pattern on it.
    pub fn amount(&mut self, rect: Rect, tone: Tone) {
        let palette = self.palette;
        match tone {
            Tone::Plain => self.fill(rect, 1, palette.follower),
            Tone::Faint => self.fill(rect, 1, mix(palette.follower, palette.canvas, 150)),
            Tone::Leading => self.fill(rect, 1, palette.leader),
            Tone::Changing => {
                self.fill(rect, 1, mix(palette.candidate, palette.canvas, 190));
                self.hatch(rect, palette.candidate);
                self.outline(rect, 1, Stroke::new(space::HAIRLINE, palette.candidate));
            }
            Tone::Odd => self.outline(rect, 1, Stroke::new(space::LINE, palette.text)),
        }
    }

    /// Lines that rise to the right, six points apart.
    pub fn hatch(&mut self, rect: Rect, colour: Color32) {
        if rect.width() < 2.0 || rect.height() < 2.0 || rect.width() > 4_000.0 {
            return;
        }
        let stroke = Stroke::new(space::HAIRLINE, colour);
        let first = ((rect.left() - rect.height()) / 6.0).floor() * 6.0;
        let mut x = first;
        while x < rect.right() {
            // From the bottom edge at x to the top edge at x + height, cut to the rectangle.
            let (from, to) = (x.max(rect.left()), (x + rect.height()).min(rect.right()));
            if to > from {
                let y = |at: f32| rect.bottom() - (at - x);
                self.shapes.push(Shape::line_segment([pos2(from, y(from)), pos2(to, y(to))], stroke));
            }
            x += 6.0;
        }
    }

    /// A dashed line.
    pub fn dashes(&mut self, line: [Pos2; 2], stroke: Stroke) {
        Shape::dashed_line_many(&line, stroke, 5.0, 4.0, &mut self.shapes);
    }

    /// The name before a row, its right edge at `at`.
    pub fn row_name(&mut self, at: Pos2, name: &str, selected: bool, width: f32) -> Rect {
        let colour = if selected { self.palette.act } else { self.palette.soft };
        let style = Style::words(crate::theme::Size::Label, crate::theme::Weight::Semibold);
        self.fitted(at, Align2::RIGHT_CENTER, style, name, colour, width)
    }
}

/// The first letters of a text and an ellipsis, `letters` together.
pub fn shortened(text: &str, letters: usize) -> String {
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

/// A point of a triangle, diamond or square around a place: the marks of a scale.
pub fn mark(number: usize, at: Pos2, half: f32) -> Vec<Pos2> {
    match number % 3 {
        0 => vec![at + vec2(0.0, -half), at + vec2(half, 0.0), at + vec2(0.0, half), at + vec2(-half, 0.0)],
        1 => vec![at + vec2(-half, -half), at + vec2(half, -half), at + vec2(0.0, half)],
        _ => {
            let half = half * 0.8;
            vec![
                at + vec2(-half, -half),
                at + vec2(half, -half),
                at + vec2(half, half),
                at + vec2(-half, half),
            ]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_ends_in_an_ellipsis() {
        assert_eq!(shortened("shopping", 4), "sho…");
    }
}
