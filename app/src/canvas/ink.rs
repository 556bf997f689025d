//! What the canvas, the time line and the strip are drawn with: dashes, arcs, crosses, and many lines as one mesh.

use std::f32::consts::TAU;

use eframe::egui::{Color32, Mesh, Pos2, Rect, Shape, Stroke, Vec2, epaint::WHITE_UV, pos2, vec2};
use sim::story::Rank;

use crate::theme::{self, Palette};

/// The theme's role of a rank. Clients have none: see [`rank_colour`].
pub fn role(rank: Rank) -> theme::Role {
    match rank {
        Rank::Leader => theme::Role::Leader,
        Rank::Candidate => theme::Role::Candidate,
        Rank::Follower | Rank::Learner | Rank::Client => theme::Role::Follower,
    }
}

/// The colour of what an actor of this rank sends, and of its band.
pub fn rank_colour(palette: &Palette, rank: Rank) -> Color32 {
    match rank {
        Rank::Client => palette.soft,
        rank => palette.role(role(rank)),
    }
}

/// Words on a fill of [`rank_colour`].
pub fn on_rank(palette: &Palette, rank: Rank) -> Color32 {
    match rank {
        Rank::Leader => palette.on_leader,
        _ => palette.canvas,
    }
}

/// A circle's part that begins at the top and goes clockwise, as points.
pub fn arc(centre: Pos2, radius: f32, part: f32) -> Vec<Pos2> {
    let part = part.clamp(0.0, 1.0);
    let steps = ((radius * part * 1.6) as usize).clamp(6, 96);
    let point = |step: usize| {
        let angle = TAU * (part * step as f32 / steps as f32 - 0.25);
        centre + radius * vec2(angle.cos(), angle.sin())
    };
    (0..=steps).map(point).collect()
}

/// A whole circle in dashes.
pub fn dashed_ring(shapes: &mut Vec<Shape>, centre: Pos2, radius: f32, stroke: Stroke) {
    let dashes = ((TAU * radius / 11.0).round() as usize).clamp(6, 40);
    for dash in 0..dashes {
        let angle = |part: f32| TAU * (dash as f32 + part) / dashes as f32;
        let points =
            [0.0, 0.2, 0.4, 0.6].map(|part| centre + radius * vec2(angle(part).cos(), angle(part).sin()));
        shapes.push(Shape::line(points.to_vec(), stroke));
    }
}

/// A line in dashes.
pub fn dashed(shapes: &mut Vec<Shape>, line: &[Pos2], stroke: Stroke) {
    Shape::dashed_line_many(line, stroke, 8.0, 5.0, shapes);
}

/// A small cross.
pub fn cross(shapes: &mut Vec<Shape>, at: Pos2, half: f32, stroke: Stroke) {
    for side in [1.0, -1.0] {
        let arm = vec2(half, half * side);
        shapes.push(Shape::line_segment([at - arm, at + arm], stroke));
    }
}

/// A filled disc with a rim, from two plain discs: cheap enough for thousands.
pub fn ring_dot(shapes: &mut Vec<Shape>, at: Pos2, radius: f32, colour: Color32, inside: Color32) {
    shapes.push(Shape::circle_filled(at, radius, colour));
    if inside != colour {
        shapes.push(Shape::circle_filled(at, (radius - 1.4).max(0.5), inside));
    }
}

/// Many soft-edged lines as one mesh: one shape, one draw call.
#[derive(Default)]
pub struct Lines {
    mesh: Mesh,
}

impl Lines {
    /// Room for so many segments.
    pub fn with_room(segments: usize) -> Self {
        let mut lines = Self::default();
        lines.mesh.reserve_vertices(segments * 6);
        lines.mesh.reserve_triangles(segments * 4);
        lines
    }

    fn vertex(&mut self, pos: Pos2, color: Color32) {
        self.mesh.vertices.push(eframe::egui::epaint::Vertex { pos, uv: WHITE_UV, color });
    }

    /// A line; its edges fade over its width, so that it is as dark as a sharp one of that width.
    pub fn segment(&mut self, [from, to]: [Pos2; 2], width: f32, colour: Color32) {
        let along = to - from;
        let length = along.length();
        if length < 0.01 {
            return;
        }
        let side = vec2(-along.y, along.x) * (width.max(1.0) / length);
        let colour = if width < 1.0 { colour.gamma_multiply(width) } else { colour };
        let first = self.mesh.vertices.len() as u32;
        for end in [from, to] {
            self.vertex(end - side, Color32::TRANSPARENT);
            self.vertex(end, colour);
            self.vertex(end + side, Color32::TRANSPARENT);
        }
        for [a, b, c] in [[0, 1, 3], [1, 4, 3], [1, 2, 4], [2, 5, 4]] {
            self.mesh.add_triangle(first + a, first + b, first + c);
        }
    }

    /// The two strokes of an arrow's head.
    pub fn head(&mut self, tip: Pos2, heading: Vec2, size: f32, width: f32, colour: Color32) {
        let side = vec2(-heading.y, heading.x);
        for turn in [0.55, -0.55] {
            self.segment([tip - heading * size + side * (size * turn), tip], width, colour);
        }
    }

    /// An arrow's head as one triangle: where there are very many.
    pub fn plain_head(&mut self, tip: Pos2, heading: Vec2, size: f32, colour: Color32) {
        let side = vec2(-heading.y, heading.x) * (size * 0.45);
        let first = self.mesh.vertices.len() as u32;
        self.vertex(tip, colour);
        self.vertex(tip - heading * size + side, colour);
        self.vertex(tip - heading * size - side, colour);
        self.mesh.add_triangle(first, first + 1, first + 2);
    }

    /// A small cross.
    pub fn cross(&mut self, at: Pos2, half: f32, width: f32, colour: Color32) {
        self.segment([at - vec2(half, half), at + vec2(half, half)], width, colour);
        self.segment([at - vec2(half, -half), at + vec2(half, -half)], width, colour);
    }

    /// A plain rectangle.
    pub fn rect(&mut self, rect: Rect, colour: Color32) {
        self.mesh.add_colored_rect(rect, colour);
    }

    /// How many triangles there are.
    pub fn triangles(&self) -> usize {
        self.mesh.indices.len() / 3
    }

    /// As a shape.
    pub fn done(self) -> Shape {
        if self.mesh.is_empty() { Shape::Noop } else { Shape::mesh(self.mesh) }
    }
}

/// A rectangle around a middle.
pub fn around(at: Pos2, width: f32, height: f32) -> Rect {
    Rect::from_center_size(at, vec2(width, height))
}

/// On whole pixels, so that a thin line stays thin.
pub fn crisp(rect: Rect, pixels_per_point: f32) -> Rect {
    let whole = |points: f32| (points * pixels_per_point).round() / pixels_per_point;
    Rect::from_min_max(pos2(whole(rect.min.x), whole(rect.min.y)), pos2(whole(rect.max.x), whole(rect.max.y)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arc_runs_down_clockwise_from_the_top() {
        let points = arc(Pos2::ZERO, 10.0, 0.25);
        assert!(points[0].distance(pos2(0.0, -10.0)) < 0.01);
        assert!(points[points.len() - 1].distance(pos2(10.0, 0.0)) < 0.01);
        assert!(arc(Pos2::ZERO, 10.0, 2.0).len() > points.len());
    }

    #[test]
    fn many_lines_are_one_shape() {
        let mut lines = Lines::with_room(3);
        lines.segment([Pos2::ZERO, pos2(10.0, 0.0)], 1.0, Color32::WHITE);
        lines.segment([Pos2::ZERO, Pos2::ZERO], 1.0, Color32::WHITE);
        lines.plain_head(Pos2::ZERO, vec2(1.0, 0.0), 5.0, Color32::WHITE);
        assert_eq!(lines.triangles(), 5);
        assert!(matches!(lines.done(), Shape::Mesh(_)));
        assert!(matches!(Lines::default().done(), Shape::Noop));
    }
}
