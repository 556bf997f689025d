//! Very many messages: a picture of how dense they are.
//!
//! Each cell of a grid counts the arrows that pass it, by the colour of who sent them. To count a hundred thousand takes
//! milliseconds, so the picture is kept while nothing that it shows has changed.

use std::ops::Range;

use eframe::egui::{Pos2, Rect, Shape, pos2};
use sim::story::{Arrow, ArrowEnd, Rank};
use sim::{Story, Time};

use super::arrows::Sight;
use super::axis::{Axis, Spacing, Window};
use crate::canvas::ink::Lines;
use crate::lens::Light;
use crate::theme::{Palette, mix};

/// Cells across and down.
const CELLS: [usize; 2] = [320, 100];
/// What an arrow weighs, and one that is routine.
const ONE: i32 = 100;
const ROUTINE: i32 = 40;
/// Parts of a cell of it, and so many as nothing in sight is away from its corner.
const PART: i32 = 1024;
const FAR: f32 = 1e6;

/// The last picture made, of what, and the counts it was made from.
#[derive(Default)]
pub struct Kept(Option<(Of, Counts, Shape)>);

/// Arrows in each cell, of leaders, of candidates, of others: by column, each to be summed downwards.
type Counts = [Vec<i32>; 3];

/// Everything a picture depends on.
#[derive(Clone, PartialEq)]
struct Of {
    arrows: Range<usize>,
    /// A sum over some of them, spread over all and the last, whose ends may still be open.
    sum: u64,
    window: Window,
    spacing: Spacing,
    room: Rect,
    /// Upper edge, distance and number of the lanes.
    lanes: (f32, f32, usize),
    shown: Time,
    flights: usize,
    future: bool,
    palette: Palette,
}

impl Of {
    fn new(sight: &Sight<'_>, story: &Story, arrows: Range<usize>, room: Rect) -> Self {
        let Axis { window, spacing, .. } = sight.axis;
        let lanes = (sight.top, sight.rows.height, story.lanes.len());
        let step = (arrows.len() / LOOKED_AT).max(1);
        let last = arrows.end.saturating_sub(LOOKED_AT)..arrows.end;
        let looked_at = arrows.clone().step_by(step).chain(last).filter_map(|at| story.arrows.get(at));
        let sum = looked_at.fold(0_u64, |sum, arrow| {
            let ends = arrow.sent.0.rotate_left(17) ^ arrow.ended.0;
            (sum ^ ends ^ arrow.end as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(9)
        });
        let Sight { shown, future, palette, flights, .. } = *sight;
        let (flights, palette) = (flights.len(), *palette);
        Self { arrows, sum, window, spacing, room, lanes, shown, flights, future, palette }
    }
}

impl Of {
    /// Whether the two differ in the moment shown alone, and that moves no arrow: none of them flies yet.
    fn counts_the_same_as(&self, other: &Of, end: Time) -> bool {
        let past = self.future && self.shown < end && other.shown < end;
        past && Of { shown: self.shown, ..other.clone() } == *self
    }
}

/// So many arrows of all, and so many of the last, are looked at to tell whether they are the same.
const LOOKED_AT: usize = 256;

impl Kept {
    /// The picture of the arrows in sight: the one kept, or a new one. What is seen through a lens is not kept.
    pub fn picture(&mut self, sight: &Sight<'_>, story: &Story, arrows: Range<usize>, room: Rect) -> Shape {
        let of = Of::new(sight, story, arrows.clone(), room);
        let counts = match self.0.take().filter(|_| sight.lens.is_none()) {
            Some((kept, counts, shape)) if kept == of => {
                self.0 = Some((of, counts, shape.clone()));
                return shape;
            }
            // Another moment of the past: what was counted is the same, only paler from there on.
            Some((kept, counts, _)) if of.counts_the_same_as(&kept, story.end) => counts,
            _ => sight.counts(story, arrows, room),
        };
        let shape = sight.cells(&counts, room);
        self.0 = sight.lens.is_none().then(|| (of, counts, shape.clone()));
        shape
    }
}

impl Sight<'_> {
    /// How many arrows pass each cell, by the colour of who sent them.
    fn counts(&self, story: &Story, range: Range<usize>, room: Rect) -> Counts {
        let [columns, rows] = CELLS;
        let cell = room.size() / eframe::egui::vec2(columns as f32, rows as f32);
        // Each column is summed downwards at the end: an arrow costs two cells of a column, however tall it is.
        let stride = rows + 1;
        let mut planes: Counts = std::array::from_fn(|_| vec![0; columns * stride]);
        let per = eframe::egui::vec2(1.0 / cell.x.max(1e-3), 1.0 / cell.y.max(1e-3));
        let quick = self.quick();
        for (index, arrow) in range.clone().zip(story.arrows.range(range)) {
            let Some([from, to]) = quick(&arrow).or_else(|| self.ends(index, &arrow)) else { continue };
            let plane = match arrow.rank {
                Rank::Leader => 0,
                Rank::Candidate => 1,
                Rank::Follower | Rank::Learner | Rank::Client => 2,
            };
            let weight = if arrow.routine { ROUTINE } else { ONE };
            let weight = if self.light(&arrow) == Light::Dim { weight / 10 } else { weight };
            // In cells from the corner: multiplied, and cut off by a cast, since this is done a hundred thousand times.
            let (low, high) = ((from.x - room.left()) * per.x, (to.x - room.left()) * per.x);
            if high < 0.0 || low >= columns as f32 {
                continue;
            }
            let low = low.max(0.0) as i32;
            let high = (high as i32).clamp(low, columns as i32 - 1);
            // Down a column in parts of a cell, as whole numbers that cannot be large.
            let parts = |y: f32| (y * per.y * PART as f32).clamp(-FAR, FAR) as i32;
            let mut y = parts(from.y - room.top());
            let down = parts((to.y - from.y) / (high - low + 1) as f32);
            let passed = low as usize * stride..(high as usize + 1) * stride;
            let Some(passed) = planes[plane].get_mut(passed) else { continue };
            for cells in passed.chunks_exact_mut(stride) {
                let next = y.wrapping_add(down);
                let row = |y: i32| (y >> PART.ilog2()).clamp(0, rows as i32 - 1) as usize;
                let (upper, lower) = (row(y.min(next)), row(y.max(next)) + 1);
                cells[upper] = cells[upper].wrapping_add(weight);
                cells[lower] = cells[lower].wrapping_sub(weight);
                y = next;
            }
        }
        planes
    }

    /// [`Sight::ends`] of what arrived, by one multiplication a time: for very many. Nothing for all others.
    fn quick(&self) -> impl Fn(&Arrow) -> Option<[Pos2; 2]> {
        let Axis { across, window, spacing, .. } = self.axis;
        let (from, scale) = (window.from * 1e9, f64::from(across.span()) / (window.span.max(1e-12) * 1e9));
        let even = spacing == Spacing::Time;
        let x = move |time: Time| across.min + ((time.0 as i64 as f64 - from) * scale) as f32;
        move |arrow| {
            let over = self.future || arrow.ended <= self.shown;
            if !even || !over || arrow.end != ArrowEnd::Delivered || self.lens.is_some() {
                return None;
            }
            let (from, to) = (self.rows.y(arrow.from)?, self.rows.y(arrow.to)?);
            Some([pos2(x(arrow.sent), self.top + from), pos2(x(arrow.ended), self.top + to)])
        }
    }

    fn cells(&self, planes: &Counts, room: Rect) -> Shape {
        let [columns, rows] = CELLS;
        let cell = room.size() / eframe::egui::vec2(columns as f32, rows as f32);
        let colours = [self.palette.leader, self.palette.candidate, self.palette.follower];
        let stride = rows + 1;
        let mut sums = vec![[0; 3]; columns * rows];
        let mut largest = ONE;
        for column in 0..columns {
            let mut here = [0; 3];
            for row in 0..rows {
                for (sum, plane) in here.iter_mut().zip(planes) {
                    *sum += plane[column * stride + row];
                }
                sums[column * rows + row] = here;
                largest = largest.max(here.iter().sum());
            }
        }
        let mut lines = Lines::default();
        let now = self.axis.x(self.shown);
        for column in 0..columns {
            let left = room.left() + column as f32 * cell.x;
            let most = if left > now { 0.3 } else { 0.9 };
            let mut run = (0, Shade::default());
            for row in 0..=rows {
                let shade =
                    if row < rows { Shade::of(sums[column * rows + row], largest) } else { Shade::default() };
                if shade == run.1 && row < rows {
                    continue;
                }
                // Cells of one shade below each other are one rectangle.
                if run.1.strength > 0 {
                    let colour = mix(colours[2], colours[1], run.1.candidate * 16);
                    let colour = mix(colour, colours[0], run.1.leader * 16);
                    let y = |row: usize| room.top() + row as f32 * cell.y;
                    let rect = Rect::from_min_max(pos2(left, y(run.0)), pos2(left + cell.x, y(row)));
                    lines.rect(rect, colour.gamma_multiply(most * f32::from(run.1.strength) / 32.0));
                }
                run = (row, shade);
            }
        }
        lines.done()
    }
}

/// How a cell looks, in few steps, so that neighbours look the same.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Shade {
    /// In parts of 32.
    strength: u16,
    /// Parts of 16 of the colour.
    leader: u16,
    candidate: u16,
}

impl Shade {
    fn of([leader, candidate, other]: [i32; 3], largest: i32) -> Self {
        let all = leader + candidate + other;
        if all <= 0 {
            return Self::default();
        }
        let part = |some: i32| (some as f32 / all as f32 * 16.0 + 0.5) as u16;
        let strength = (((all as f32 / largest as f32).sqrt() * 32.0 + 0.999) as u16).min(32);
        Self { strength, leader: part(leader), candidate: part(candidate) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::rows::Rows;
    use super::*;
    use crate::canvas::sample;
    use eframe::egui::{Rangef, vec2};

    /// A new picture where anything in it is another, and only there.
    #[test]
    fn a_picture_is_kept_while_it_is_the_same() {
        let room = Rect::from_min_size(Pos2::ZERO, vec2(640.0, 200.0));
        let mut kept = Kept::default();
        let mut picture = |story: &Story, span: f64, shown: Time| {
            let rows = Rows::new(story, 200.0);
            let axis = Axis {
                across: Rangef::new(0.0, 640.0),
                window: Window { from: 0.0, span },
                spacing: Spacing::Time,
                arrows: &story.arrows,
            };
            let palette = Palette::of(true);
            let sight =
                Sight { axis, rows: &rows, top: 0.0, shown, palette, flights: &[], future: true, lens: None };
            let Shape::Mesh(mesh) = kept.picture(&sight, story, 0..story.arrows.len(), room) else {
                panic!("a mesh")
            };
            mesh
        };
        let story = sample::busy(9, 30_000, Time::millis(10_000));
        let first = picture(&story, 10.0, story.end);
        assert!(Arc::ptr_eq(&first, &picture(&story, 10.0, story.end)));
        assert!(!Arc::ptr_eq(&first, &picture(&story, 9.0, story.end)));
        assert_eq!(first, picture(&story, 10.0, story.end), "the same again is the same picture");

        let before = picture(&story, 10.0, story.end);
        let mut other = story.clone();
        other.arrows = story.arrows.range(..29_999).chain(story.arrows.range(29_998..29_999)).collect();
        assert!(!Arc::ptr_eq(&before, &picture(&other, 10.0, story.end)), "the last arrow is another");
        let before = picture(&story, 10.0, Time::millis(4_000));
        let after = picture(&story, 10.0, Time::millis(5_000));
        assert_ne!(before, after, "what came later is pale");
        assert_eq!(picture(&story, 10.0, Time::millis(4_000)), before, "from the same counts");
    }
}
