//! The pen that icons are drawn with: lines with round ends and joints on a grid of 24 by 24.
//!
//! Everything is made of lines, discs and convex areas that overlap, all in one opaque colour: so no
//! seam shows where two meet. Angles come from a table in steps of five degrees, to the right first and
//! clockwise, so an icon is the same on every machine.

use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Vec2, epaint::PathShape, pos2};

/// Units of the grid to a side.
pub(super) const GRID: f32 = 24.0;

/// Sines of 0 to 90 degrees in steps of five.
const SINES: [f32; 19] = [
    0.0,
    0.087_155_74,
    0.173_648_18,
    0.258_819_04,
    0.342_020_14,
    0.422_618_26,
    0.5,
    0.573_576_44,
    0.642_787_6,
    0.707_106_77,
    0.766_044_44,
    0.819_152_06,
    0.866_025_4,
    0.906_307_8,
    0.939_692_6,
    0.965_925_8,
    0.984_807_8,
    0.996_194_7,
    1.0,
];

fn sine(steps: i32) -> f32 {
    let steps = steps.rem_euclid(72);
    let at = |steps: i32| SINES[steps as usize];
    match steps {
        0..=18 => at(steps),
        19..=36 => at(36 - steps),
        37..=54 => -at(steps - 36),
        _ => -at(72 - steps),
    }
}

/// The direction at so many steps of five degrees.
pub(super) fn direction(steps: i32) -> Vec2 {
    Vec2::new(sine(steps + 18), sine(steps))
}

pub(super) struct Pen<'a> {
    painter: &'a Painter,
    origin: Pos2,
    scale: f32,
    pub colour: Color32,
    /// In points.
    width: f32,
}

impl<'a> Pen<'a> {
    pub fn new(painter: &'a Painter, square: Rect, colour: Color32) -> Self {
        let scale = square.width() / GRID;
        Self { painter, origin: square.min, scale, colour, width: (2.0 * scale).max(1.3) }
    }

    pub fn with(&self, colour: Color32) -> Self {
        Self { colour, painter: self.painter, ..*self }
    }

    /// The same pen, so many times as wide.
    pub fn wide(&self, times: f32) -> Self {
        Self { width: self.width * times, painter: self.painter, ..*self }
    }

    fn place(&self, [x, y]: [f32; 2]) -> Pos2 {
        self.origin + Vec2::new(x, y) * self.scale
    }

    fn joint(&self, at: Pos2) {
        self.painter.circle_filled(at, self.width / 2.0, self.colour);
    }

    fn stroke(&self) -> Stroke {
        Stroke::new(self.width, self.colour)
    }

    /// A line through the points.
    pub fn line(&self, points: &[[f32; 2]]) {
        let points: Vec<Pos2> = points.iter().map(|point| self.place(*point)).collect();
        for pair in points.windows(2) {
            self.painter.line_segment([pair[0], pair[1]], self.stroke());
        }
        points.into_iter().for_each(|point| self.joint(point));
    }

    /// A line through the points and back to the first.
    pub fn outline(&self, points: &[[f32; 2]]) {
        self.line(points);
        if let [first, .., last] = points {
            self.line(&[*last, *first]);
        }
    }

    /// A convex area, clockwise.
    pub fn area(&self, points: &[[f32; 2]]) {
        let points = points.iter().map(|point| self.place(*point)).collect();
        self.painter.add(Shape::convex_polygon(points, self.colour, Stroke::NONE));
    }

    /// A convex area with round corners.
    pub fn soft_area(&self, points: &[[f32; 2]]) {
        self.area(points);
        self.outline(points);
    }

    pub fn disc(&self, centre: [f32; 2], radius: f32) {
        self.painter.circle_filled(self.place(centre), radius * self.scale, self.colour);
    }

    pub fn ring(&self, centre: [f32; 2], radius: f32) {
        self.painter.circle_stroke(self.place(centre), radius * self.scale, self.stroke());
    }

    /// A rectangle's outline, given two corners, its corners round.
    pub fn frame(&self, [left, top]: [f32; 2], [right, bottom]: [f32; 2], radius: f32) {
        let rect = Rect::from_min_max(self.place([left, top]), self.place([right, bottom]));
        let corner = (radius * self.scale).round() as u8;
        self.painter.rect_stroke(rect, corner, self.stroke(), eframe::egui::StrokeKind::Middle);
    }

    /// Part of a circle, between two angles in degrees (multiples of five; clockwise, 0 is right).
    pub fn arc(&self, centre: [f32; 2], radius: f32, from: i32, to: i32) {
        let points = arc_points(centre, radius, from, to);
        let placed: Vec<Pos2> = points.iter().map(|point| self.place(*point)).collect();
        if let [first, .., last] = placed[..] {
            self.joint(first);
            self.joint(last);
        }
        self.painter.add(Shape::Path(PathShape::line(placed, self.stroke())));
    }

    /// Half a disc and other filled segments of a circle.
    pub fn segment(&self, centre: [f32; 2], radius: f32, from: i32, to: i32) {
        self.area(&arc_points(centre, radius, from, to));
    }
}

/// Points of a circle between two angles in degrees, in the grid's units.
pub(super) fn arc_points([x, y]: [f32; 2], radius: f32, from: i32, to: i32) -> Vec<[f32; 2]> {
    let (from, to) = (from / 5, to / 5);
    let step = if from <= to { 1 } else { -1 };
    (0..=(to - from).abs())
        .map(|at| {
            let at = pos2(x, y) + direction(from + at * step) * radius;
            [at.x, at.y]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_a_circle() {
        for steps in -72..=144 {
            let angle = f64::from(steps) * 5.0_f64.to_radians();
            let seen = direction(steps);
            assert!((f64::from(seen.x) - angle.cos()).abs() < 1e-6, "{steps}: {seen:?}");
            assert!((f64::from(seen.y) - angle.sin()).abs() < 1e-6, "{steps}: {seen:?}");
        }
    }

    #[test]
    fn an_arc_goes_either_way() {
        let there = arc_points([12.0, 12.0], 5.0, -45, 90);
        let mut back = arc_points([12.0, 12.0], 5.0, 90, -45);
        back.reverse();
        assert_eq!(there, back);
        assert_eq!(there.len(), 28);
    }
}
