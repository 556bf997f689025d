//! How curves are drawn: whole, dashed, as steps, with gaps; many segments as one mesh.

use eframe::egui::{Color32, Pos2, Shape, Stroke, pos2};

use crate::canvas::ink::Lines;

/// How a line is broken, so that curves are told apart without their colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dash {
    /// Whole.
    Whole,
    /// Long dashes.
    Long,
    /// Short ones.
    Short,
    /// Dots.
    Dots,
}

impl Dash {
    /// That of the `number`-th curve of several.
    pub const fn of(number: usize) -> Self {
        match number % 4 {
            0 => Self::Whole,
            1 => Self::Long,
            2 => Self::Dots,
            _ => Self::Short,
        }
    }

    /// A dash and the gap after it, in points.
    const fn lengths(self) -> Option<(f32, f32)> {
        match self {
            Self::Whole => None,
            Self::Long => Some((9.0, 4.0)),
            Self::Short => Some((4.0, 3.5)),
            Self::Dots => Some((1.8, 3.4)),
        }
    }
}

/// How a curve is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// In this colour.
    pub colour: Color32,
    /// So wide.
    pub width: f32,
    /// Broken so.
    pub dash: Dash,
}

/// A curve longer than this is drawn whole: its dashes would be a cloud.
const DASHED_MOST: f32 = 5_000.0;

/// Draws a curve through points that are already on the screen. Gaps are points whose height is no number.
pub fn curve(shapes: &mut Vec<Shape>, points: &[Pos2], look: Look) {
    for part in points.split(|point| !point.y.is_finite()) {
        if let [only] = part {
            shapes.push(Shape::circle_filled(*only, look.width, look.colour));
        }
        if part.len() < 2 {
            continue;
        }
        let length: f32 = part.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
        match look.dash.lengths().filter(|_| length < DASHED_MOST) {
            Some((dash, gap)) => {
                Shape::dashed_line_many(part, Stroke::new(look.width, look.colour), dash, gap, shapes);
            }
            None => {
                let mut lines = Lines::with_room(part.len());
                for pair in part.windows(2) {
                    lines.segment([pair[0], pair[1]], look.width, look.colour);
                }
                shapes.push(lines.done());
            }
        }
    }
}

/// The corners of steps that hold each value until the next point.
pub fn stepped(points: &[Pos2]) -> Vec<Pos2> {
    let mut corners = Vec::with_capacity(points.len() * 2);
    for point in points {
        if let Some(last) = corners.last().copied() {
            let last: Pos2 = last;
            corners.push(pos2(point.x, last.y));
        }
        corners.push(*point);
    }
    corners
}

/// A short piece of a curve, for a legend.
pub fn sample(shapes: &mut Vec<Shape>, left: Pos2, look: Look) {
    curve(shapes, &[left, pos2(left.x + SAMPLE, left.y)], look);
}

/// How long a legend's piece of a curve is.
pub const SAMPLE: f32 = 20.0;

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look { colour: Color32::WHITE, width: 1.5, dash: Dash::Whole };

    #[test]
    fn gaps_part_a_curve() {
        let points = [pos2(0.0, 0.0), pos2(1.0, 1.0), pos2(2.0, f32::NAN), pos2(3.0, 0.0)];
        let mut shapes = Vec::new();
        curve(&mut shapes, &points, LOOK);
        assert_eq!(shapes.len(), 2, "a line, and one point alone");
        assert!(matches!(shapes[1], Shape::Circle(_)));
        shapes.clear();
        curve(&mut shapes, &[], LOOK);
        assert!(shapes.is_empty());
    }

    #[test]
    fn a_dense_curve_is_drawn_whole() {
        let points: Vec<Pos2> =
            (0..2_000u16).map(|n| pos2(f32::from(n) * 0.3, f32::from(n % 2) * 90.0)).collect();
        let mut shapes = Vec::new();
        curve(&mut shapes, &points, Look { dash: Dash::Dots, ..LOOK });
        assert_eq!(shapes.len(), 1);
    }

    #[test]
    fn steps_hold_until_the_next_point() {
        let corners = stepped(&[pos2(0.0, 5.0), pos2(2.0, 7.0)]);
        assert_eq!(corners, [pos2(0.0, 5.0), pos2(2.0, 5.0), pos2(2.0, 7.0)]);
    }
}
