//! Very many messages: a picture of how dense they are.
//!
//! Each cell of a grid ([`grid`]) counts the arrows that pass it, by the colour of who sent them. To count a hundred
//! thousand takes milliseconds, so the grid is kept, and only what is new is counted, so much of it for each picture that no
//! frame is late; the grid before stands in meanwhile. And the picture is kept while nothing that it shows has changed.

mod grid;

use eframe::egui::{Rangef, Rect, Shape, pos2};
use sim::{Story, Time};

use self::grid::{Grid, ONE, ROWS};
use super::arrows::Sight;
use super::axis::Window;
use crate::canvas::ink::Lines;
use crate::theme::{Palette, mix};

/// The last picture, of what, and the grid it was made from.
#[derive(Default)]
pub struct Kept {
    grid: Option<Grid>,
    /// The last whole one before, while this one is not.
    before: Option<Grid>,
    picture: Option<(Of, Shape)>,
}

/// Everything that the picture of a grid depends on.
#[derive(Clone, PartialEq)]
struct Of {
    changes: u64,
    whole: bool,
    window: Window,
    across: Rangef,
    room: Rect,
    shown: Time,
    flights: usize,
    future: bool,
    palette: Palette,
}

impl Kept {
    /// The picture of the arrows in sight. Where too many are new for one picture it is counted further in the next, for as
    /// long as it [is being counted](Self::is_counting).
    pub fn picture(&mut self, sight: &Sight<'_>, story: &Story, room: Rect) -> Shape {
        let (mut grid, before) = Grid::brought_up(self.grid.take(), sight, story, room);
        let before = before.filter(|grid| grid.whole).or(self.before.take());
        self.before = before.filter(|before| !grid.whole && before.stands_in_for(&grid, story));
        let of = Of {
            changes: grid.changes,
            whole: grid.whole,
            window: sight.axis.window,
            across: sight.axis.across,
            room,
            shown: sight.shown,
            flights: sight.flights.len(),
            future: sight.future,
            palette: *sight.palette,
        };
        let kept = self.picture.take().filter(|(kept, _)| *kept == of);
        let (_, shape) = kept.unwrap_or_else(|| {
            let seen = self.before.as_mut().unwrap_or(&mut grid);
            let shape = seen.with_open(sight, story, room, |grid| sight.cells(grid, room));
            (of.clone(), shape)
        });
        self.grid = Some(grid);
        self.picture = Some((of, shape.clone()));
        shape
    }

    /// Whether the next picture will show more of what is there.
    pub fn is_counting(&self) -> bool {
        self.grid.as_ref().is_some_and(|grid| !grid.whole)
    }

    /// Nothing more is asked for: what is not yet whole is given up.
    pub fn rest(&mut self) {
        self.grid.take_if(|grid| !grid.whole);
        self.before = None;
    }
}

impl Sight<'_> {
    fn cells(&self, grid: &Grid, room: Rect) -> Shape {
        let columns = grid.columns();
        let in_sight = columns.in_sight(&self.axis);
        // One that stands in may have counted less than that.
        let in_sight = in_sight.start.max(grid.across.start)..in_sight.end.min(grid.across.end);
        let cells = || in_sight.clone().flat_map(|column| grid.cells(column));
        let largest = cells().map(|cell| cell.iter().sum()).max().unwrap_or(0).max(ONE);
        let colours = [self.palette.leader, self.palette.candidate, self.palette.follower];
        let height = room.height() / ROWS as f32;
        let y = |row: usize| room.top() + row as f32 * height;
        let mut lines = Lines::default();
        let now = self.axis.x(self.shown);
        // What came later is drawn pale, or not at all.
        let end = if self.future { room.right() } else { room.right().min(now) };
        for column in in_sight.clone() {
            let x = |column: usize| self.axis.x_of(columns.position(column)).clamp(room.left(), end);
            let (left, right) = (x(column), x(column + 1));
            if right <= left {
                continue;
            }
            let most = if left > now { 0.3 } else { 0.9 };
            let mut run = (0, Shade::default());
            let shades = grid.cells(column).map(|cell| Shade::of(cell, largest));
            for (row, shade) in shades.chain([Shade::default()]).enumerate() {
                if shade == run.1 && row < ROWS {
                    continue;
                }
                // Cells of one shade below each other are one rectangle.
                if run.1.strength > 0 {
                    let colour = mix(colours[2], colours[1], run.1.candidate * 16);
                    let colour = mix(colour, colours[0], run.1.leader * 16);
                    let rect = Rect::from_min_max(pos2(left, y(run.0)), pos2(right, y(row)));
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

    use super::super::axis::{Axis, Spacing};
    use super::super::rows::Rows;
    use super::*;
    use crate::canvas::sample;
    use crate::lens::Lens;
    use eframe::egui::{Mesh, Pos2, vec2};
    use sim::story::{Arrow, ArrowEnd};

    /// What is looked at, how, and what is kept of it.
    #[derive(Clone, Copy)]
    struct Look<'a> {
        spacing: Spacing,
        from: f64,
        span: f64,
        shown: Time,
        future: bool,
        lens: Option<Lens<'a>>,
    }

    fn look(spacing: Spacing, from: f64, span: f64, shown: Time) -> Look<'static> {
        Look { spacing, from, span, shown, future: true, lens: None }
    }

    fn picture(kept: &mut Kept, story: &Story, look: Look<'_>) -> Arc<Mesh> {
        let room = Rect::from_min_size(Pos2::ZERO, vec2(640.0, 200.0));
        let Look { spacing, from, span, shown, future, lens } = look;
        let rows = Rows::new(story, 200.0);
        let window = Window { from, span };
        let axis = Axis { across: Rangef::new(0.0, 640.0), window, spacing, arrows: &story.arrows };
        let palette = Palette::of(true);
        let sight = Sight { axis, rows: &rows, top: 0.0, shown, palette, flights: &[], future, lens };
        let Shape::Mesh(mesh) = kept.picture(&sight, story, room) else { panic!("a mesh") };
        mesh
    }

    fn fresh(story: &Story, look: Look<'_>) -> Arc<Mesh> {
        let mut kept = Kept::default();
        loop {
            let mesh = picture(&mut kept, story, look);
            if !kept.is_counting() {
                return mesh;
            }
        }
    }

    /// The story as it was then: what had not ended still flies.
    fn until(story: &Story, end: Time) -> Story {
        let as_then = |arrow: Arrow| match arrow.ended <= end {
            true => arrow,
            false => Arrow { ended: Time::MAX, end: ArrowEnd::Flying, ..arrow },
        };
        let sent = story.arrows.iter().filter(|arrow| arrow.sent <= end);
        Story { arrows: sent.map(as_then).collect(), end, ..story.clone() }
    }

    /// A new picture where anything in it is another, and only there.
    #[test]
    fn a_picture_is_kept_while_it_is_the_same() {
        let mut kept = Kept::default();
        let mut picture = |story: &Story, span: f64, shown: Time| {
            picture(&mut kept, story, look(Spacing::Time, 0.0, span, shown))
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

    /// However it came about, the picture is that of all arrows counted at once.
    #[test]
    fn what_was_counted_bit_by_bit_is_what_is_counted_at_once() {
        let whole = sample::busy(9, 6_000, Time::millis(10_000));
        for (spacing, scale) in [(Spacing::Time, 1.0), (Spacing::Events, 600.0)] {
            let mut kept = Kept::default();
            let mut same = |story: &Story, from: f64, span: f64, told: &str| {
                let look = look(spacing, from * scale, span * scale, story.end);
                assert!(picture(&mut kept, story, look) == fresh(story, look), "{spacing:?} {told}");
            };
            // It grows, with all of it in sight, then with the newest of it.
            for ms in (1_000..6_000).step_by(197) {
                let story = until(&whole, Time::millis(ms));
                same(&story, 0.0, ms as f64 / 1e3, &format!("grown to {ms} ms"));
            }
            for ms in (6_000..9_000).step_by(307) {
                let story = until(&whole, Time::millis(ms));
                same(&story, ms as f64 / 1e3 - 2.0, 2.2, &format!("followed to {ms} ms"));
            }
            // It is moved and looked at closer, and from farther away; cut back, and grown again.
            for step in 0..20_i32 {
                let from = 4.0 + 3.0 * f64::from(step % 7 - 3) / 3.0;
                same(&whole, from, 0.4 + f64::from(step % 11) * 0.5, &format!("moved {step}"));
            }
            for ms in [10_000, 4_000, 3_990, 4_500, 10_000] {
                same(&until(&whole, Time::millis(ms)), 0.0, 10.0, &format!("cut to {ms} ms"));
            }
        }
    }

    /// What is too much for one picture is counted over some, and what was seen before stands there until then.
    #[test]
    fn very_much_is_counted_over_some_pictures() {
        let story = sample::busy(9, 100_000, Time::millis(10_000));
        for (spacing, whole) in [(Spacing::Time, 10.0), (Spacing::Events, 100_000.0)] {
            let all = look(spacing, 0.0, whole, story.end);
            let mut kept = Kept::default();
            let first = picture(&mut kept, &story, all);
            assert!(kept.is_counting(), "{spacing:?}");
            let mut pictures = 1;
            while kept.is_counting() {
                picture(&mut kept, &story, all);
                pictures += 1;
            }
            assert_eq!(pictures, 100_000_usize.div_ceil(grid::SLICE), "{spacing:?}");
            let last = picture(&mut kept, &story, all);
            assert_ne!(first, last, "{spacing:?}");
            assert!(last == fresh(&story, all), "{spacing:?}");

            // Moved out of what was counted, and looked at from far away and near: whatever is shown lies in the room.
            for (from, span) in [(0.0, 4.0), (0.55, 0.45), (0.0, 64.0), (0.0, 0.5)] {
                let other = look(spacing, from * whole, span * whole, story.end);
                let meanwhile = picture(&mut kept, &story, other);
                assert!(kept.is_counting(), "{spacing:?} {from} {span}");
                assert!(kept.before.is_some() && !meanwhile.is_empty(), "{spacing:?} {from} {span}");
                assert!(meanwhile.vertices.iter().all(|vertex| (0.0..=640.0).contains(&vertex.pos.x)));
                while kept.is_counting() {
                    picture(&mut kept, &story, other);
                }
                assert!(
                    picture(&mut kept, &story, other) == fresh(&story, other),
                    "{spacing:?} {from} {span}"
                );
            }

            // Nothing of another story stands in.
            let another = sample::busy(7, 100_000, Time::millis(10_000));
            picture(&mut kept, &another, all);
            assert!(kept.before.is_none() && kept.is_counting(), "{spacing:?}");
            kept.rest();
            assert!(!kept.is_counting(), "{spacing:?}");
        }
    }

    /// Where the future is unknown nothing of it is drawn, and what is seen through a lens is that.
    #[test]
    fn what_is_not_to_be_seen_is_not_drawn() {
        let story = sample::busy(9, 30_000, Time::millis(10_000));
        let mut kept = Kept::default();
        let open = look(Spacing::Time, 0.0, 10.0, Time::millis(4_000));
        let all = picture(&mut kept, &story, open);
        let known = picture(&mut kept, &story, Look { future: false, ..open });
        let right = |mesh: &Mesh| mesh.vertices.iter().map(|vertex| vertex.pos.x).fold(0.0, f32::max);
        assert!(right(&all) > 600.0 && right(&known) <= 256.0, "{} {}", right(&all), right(&known));

        let cone = |event| run::cone::Cone::of(&sim::Trace::default(), sim::EventId(event));
        let (some, none) = (cone(5), cone(1 << 40));
        let through = Look { lens: Some(Lens::Causes(&some)), ..open };
        let dim = picture(&mut kept, &story, through);
        assert_ne!(all, dim);
        assert_eq!(dim, fresh(&story, through));
        let nobody = Lens::Knowledge { of: sample::n(1), cone: &none };
        let room = Rect::from_min_size(Pos2::ZERO, vec2(640.0, 200.0));
        let rows = Rows::new(&story, 200.0);
        let axis = Axis {
            across: Rangef::new(0.0, 640.0),
            window: Window { from: 0.0, span: 10.0 },
            spacing: Spacing::Time,
            arrows: &story.arrows,
        };
        let palette = Palette::of(true);
        let (shown, future, lens) = (story.end, true, Some(nobody));
        let sight = Sight { axis, rows: &rows, top: 0.0, shown, palette, flights: &[], future, lens };
        assert!(matches!(kept.picture(&sight, &story, room), Shape::Noop), "who heard nothing sees nothing");
    }
}
