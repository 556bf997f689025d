//! Messages between lanes: up to some twenty thousand as one mesh of lines, more as a picture of how dense they are.

use std::ops::Range;

use eframe::egui::{Color32, Pos2, Rect, Shape, pos2};
use sim::story::{Arrow, ArrowEnd, Rank};
use sim::view::Flight;
use sim::{MessageId, Story, Time};

use super::axis::Axis;
use super::rows::Rows;
use crate::canvas::ink::{self, Lines};
use crate::lens::{Lens, Light};
use crate::theme::{Palette, mix};

/// Above so many arrows in sight lines would only be a grey surface, and cost too much.
pub const LINES_MOST: usize = 20_000;
/// Above so many heads are plain triangles.
const FINE_HEADS: usize = 3_000;
/// Cells of a density picture.
const CELLS: [usize; 2] = [320, 100];
/// A lost arrow goes so far of its way.
const LOST_PART: f32 = 0.5;
/// How far what happened beside goes into the ground, of 255.
pub const DIM: u16 = 205;
/// A flight of unknown length is drawn as if it took so long, in nanoseconds.
const UNKNOWN_FLIGHT: u64 = 60_000_000;

/// What arrows are drawn with.
pub struct Sight<'a> {
    /// Times to points.
    pub axis: Axis<'a>,
    /// Lanes.
    pub rows: &'a Rows,
    /// The first lane's upper edge.
    pub top: f32,
    /// The moment shown: what came later is pale.
    pub shown: Time,
    /// The theme's.
    pub palette: &'a Palette,
    /// Messages in flight, by message: where those that still fly will arrive.
    pub flights: &'a [Flight],
    /// Whether what came later is drawn at all.
    pub future: bool,
    /// Through what it is seen.
    pub lens: Option<Lens<'a>>,
}

impl Sight<'_> {
    /// From where to where an arrow is drawn.
    pub fn ends(&self, index: usize, arrow: &Arrow) -> Option<[Pos2; 2]> {
        let from_y = self.top + self.rows.y(arrow.from)?;
        let to_y = self.top + self.rows.y(arrow.to)?;
        let start = pos2(self.axis.x(arrow.sent), from_y);
        if !self.future && arrow.sent > self.shown {
            return None;
        }
        let light = self.light(arrow);
        if light == Light::Out {
            return None;
        }
        if light == Light::Begun {
            // Whether it arrived is not known: half the way, as one that was lost.
            let until = arrow.ended.min(Time(arrow.sent.0.saturating_add(UNKNOWN_FLIGHT)));
            return Some([start, pos2(self.axis.x(until), from_y + (to_y - from_y) * LOST_PART)]);
        }
        // What will become of it is the future's.
        let end = if !self.future && arrow.ended > self.shown { ArrowEnd::Flying } else { arrow.end };
        let part = match end {
            ArrowEnd::Delivered | ArrowEnd::ReceiverDown | ArrowEnd::QueueFull => 1.0,
            ArrowEnd::NeverSent => 0.0,
            ArrowEnd::Flying => {
                let arrives = self.arrival(index, arrow);
                let whole = arrives.since(arrow.sent).0.max(1) as f32;
                let part = (self.shown.since(arrow.sent).0 as f32 / whole).clamp(0.0, 1.0);
                let end = pos2(
                    self.axis.x(arrow.sent.max(self.shown.min(arrives))),
                    from_y + (to_y - from_y) * part,
                );
                return Some([start, end]);
            }
            ArrowEnd::LostOnLink | ArrowEnd::Cut | ArrowEnd::Dropped => LOST_PART,
        };
        Some([start, pos2(self.axis.x(arrow.ended), from_y + (to_y - from_y) * part)])
    }

    /// How an arrow is lit.
    fn light(&self, arrow: &Arrow) -> Light {
        self.lens.map_or(Light::Full, |lens| lens.arrow(arrow))
    }

    fn arrival(&self, index: usize, arrow: &Arrow) -> Time {
        if arrow.ended != Time::MAX {
            return arrow.ended;
        }
        // Flights are oldest first, so their numbers grow.
        let id = MessageId(index as u64);
        let at = self.flights.partition_point(|flight| flight.id < id);
        let known = self.flights.get(at).filter(|flight| flight.id == id && flight.arrives != Time::MAX);
        known.map_or(Time(arrow.sent.0.saturating_add(UNKNOWN_FLIGHT)), |flight| flight.arrives)
    }

    fn colour(&self, arrow: &Arrow) -> Color32 {
        let colour = ink::rank_colour(self.palette, arrow.rank);
        let colour = if is_quiet(arrow) { mix(colour, self.palette.canvas, 140) } else { colour };
        let colour = if arrow.sent > self.shown { mix(colour, self.palette.canvas, 170) } else { colour };
        match self.light(arrow) {
            Light::Full => colour,
            Light::Begun => mix(colour, self.palette.canvas, 120),
            Light::Dim | Light::Out => mix(colour, self.palette.canvas, DIM),
        }
    }

    /// The arrows in sight, as one shape or two.
    pub fn paint(&self, story: &Story, room: Rect, shapes: &mut Vec<Shape>) -> Range<usize> {
        let (first, last) = self.axis.shown();
        let range = story.arrows_between(first, last);
        if range.len() > LINES_MOST {
            shapes.push(self.density(story, range.clone(), room));
        } else {
            shapes.push(self.lines(story, range.clone(), room));
        }
        range
    }

    fn lines(&self, story: &Story, range: Range<usize>, room: Rect) -> Shape {
        let mut lines = Lines::with_room(range.len() * 2);
        let fine = range.len() < FINE_HEADS;
        // Quiet ones first: what matters is drawn over them.
        for quiet in [true, false] {
            let arrows = range.clone().zip(story.arrows.range(range.clone()));
            for (index, arrow) in arrows.filter(|(_, arrow)| is_quiet(arrow) == quiet) {
                let Some(ends) = self.ends(index, &arrow) else { continue };
                if ends[0].x > room.right() || ends[1].x < room.left() {
                    continue;
                }
                self.line(&mut lines, &arrow, ends, fine);
            }
        }
        lines.done()
    }

    fn line(&self, lines: &mut Lines, arrow: &Arrow, ends: [Pos2; 2], fine: bool) {
        let colour = self.colour(arrow);
        let width = if is_quiet(arrow) { 1.0 } else { 1.35 };
        lines.segment(ends, width, colour);
        let way = ends[1] - ends[0];
        let long = way.length();
        let light = self.light(arrow);
        // What became of it is not known to whom it is seen by.
        let over = (self.future || arrow.ended <= self.shown) && light != Light::Begun;
        let dim = light == Light::Dim;
        if arrow.end.lost() && over && dim {
            lines.cross(ends[1], 2.5, 1.0, mix(self.palette.soft, self.palette.canvas, DIM));
        } else if arrow.end.lost() && over {
            let cross = if arrow.sent > self.shown {
                self.palette.pale(self.palette.soft)
            } else {
                self.palette.soft
            };
            lines.cross(ends[1], 3.0, 1.2, cross);
        } else if arrow.end == ArrowEnd::Delivered && over && !is_quiet(arrow) && long > 9.0 {
            let heading = way / long;
            if fine {
                lines.head(ends[1], heading, 6.0, width, colour);
            } else {
                lines.plain_head(ends[1], heading, 4.0, colour);
            }
        }
    }

    /// How many arrows pass each cell, by the colour of who sent them.
    fn density(&self, story: &Story, range: Range<usize>, room: Rect) -> Shape {
        let [columns, rows] = CELLS;
        let cell = room.size() / eframe::egui::vec2(columns as f32, rows as f32);
        // Each column is summed downwards at the end: an arrow costs two cells of a column, however tall it is.
        let stride = rows + 1;
        let mut planes =
            [vec![0f32; columns * stride], vec![0f32; columns * stride], vec![0f32; columns * stride]];
        let per = eframe::egui::vec2(1.0 / cell.x.max(1e-3), 1.0 / cell.y.max(1e-3));
        let quick = self.quick();
        for (index, arrow) in range.clone().zip(story.arrows.range(range)) {
            let Some([from, to]) = quick(&arrow).or_else(|| self.ends(index, &arrow)) else { continue };
            let plane = match arrow.rank {
                Rank::Leader => 0,
                Rank::Candidate => 1,
                Rank::Follower | Rank::Learner | Rank::Client => 2,
            };
            let weight = if arrow.routine { 0.4 } else { 1.0 };
            let weight = if self.light(&arrow) == Light::Dim { weight * 0.1 } else { weight };
            // In cells from the corner: multiplied, and cut off by a cast, since this is done a hundred thousand times.
            let (low, high) = ((from.x - room.left()) * per.x, (to.x - room.left()) * per.x);
            if high < 0.0 || low >= columns as f32 {
                continue;
            }
            let low = low.max(0.0) as usize;
            let high = (high as usize).clamp(low, columns - 1);
            let mut y = (from.y - room.top()) * per.y;
            let down = (to.y - from.y) * per.y / (high - low + 1) as f32;
            for column in low..=high {
                let next = y + down;
                let row = |y: f32| (y.max(0.0) as usize).min(rows - 1);
                if let Some(cells) = planes[plane].get_mut(column * stride..(column + 1) * stride) {
                    cells[row(y.min(next))] += weight;
                    cells[row(y.max(next)) + 1] -= weight;
                }
                y = next;
            }
        }
        self.cells(&planes, room, cell)
    }

    /// [`Sight::ends`] of what arrived, by one multiplication a time: for very many. Nothing for all others.
    fn quick(&self) -> impl Fn(&Arrow) -> Option<[Pos2; 2]> {
        let Axis { across, window, spacing, .. } = self.axis;
        let (from, scale) = (window.from * 1e9, f64::from(across.span()) / (window.span.max(1e-12) * 1e9));
        let even = spacing == super::axis::Spacing::Time;
        let x = move |time: Time| across.min + ((time.0 as f64 - from) * scale) as f32;
        move |arrow| {
            let over = self.future || arrow.ended <= self.shown;
            if !even || !over || arrow.end != ArrowEnd::Delivered || self.lens.is_some() {
                return None;
            }
            let (from, to) = (self.rows.y(arrow.from)?, self.rows.y(arrow.to)?);
            Some([pos2(x(arrow.sent), self.top + from), pos2(x(arrow.ended), self.top + to)])
        }
    }

    fn cells(&self, planes: &[Vec<f32>; 3], room: Rect, cell: eframe::egui::Vec2) -> Shape {
        let [columns, rows] = CELLS;
        let colours = [self.palette.leader, self.palette.candidate, self.palette.follower];
        let stride = rows + 1;
        let mut sums = vec![[0f32; 3]; columns * rows];
        let mut largest = 1f32;
        for column in 0..columns {
            let mut here = [0f32; 3];
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

    /// The arrow next to a point, within `reach`.
    pub fn nearest(&self, story: &Story, range: Range<usize>, at: Pos2, reach: f32) -> Option<MessageId> {
        if range.len() > LINES_MOST {
            return None;
        }
        let far = range.clone().zip(story.arrows.range(range)).filter_map(|(index, arrow)| {
            let ends = self.ends(index, &arrow)?;
            let far = crate::canvas::cut::distance(at, ends);
            // Of two as near, the one that is not routine.
            (far <= reach).then_some((far + if arrow.routine { 2.0 } else { 0.0 }, index))
        });
        far.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, index)| MessageId(index as u64))
    }

    /// An arrow and what led to it, drawn over everything else.
    pub fn chain(&self, story: &Story, chain: &[MessageId]) -> Shape {
        let mut lines = Lines::default();
        for (id, width) in chain.iter().zip([2.6].into_iter().chain(std::iter::repeat(1.8))) {
            let index = id.0 as usize;
            let Some(ends) = story.arrow(*id).and_then(|arrow| self.ends(index, &arrow)) else { continue };
            lines.segment(ends, width, self.palette.act);
            let way = ends[1] - ends[0];
            if way.length() > 4.0 {
                lines.head(ends[1], way.normalized(), 7.0, width, self.palette.act);
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
    fn of([leader, candidate, other]: [f32; 3], largest: f32) -> Self {
        let all = leader + candidate + other;
        if all < 0.05 {
            return Self::default();
        }
        let part = |some: f32| (some / all * 16.0).round().clamp(0.0, 16.0) as u16;
        let strength = ((all / largest).sqrt() * 32.0).ceil().min(32.0) as u16;
        Self { strength, leader: part(leader), candidate: part(candidate) }
    }
}

/// Whether a message is drawn faintly: a heartbeat, or what a client asks and hears, which its box tells better.
fn is_quiet(arrow: &Arrow) -> bool {
    arrow.routine || arrow.from.is_client() || arrow.to.is_client()
}

/// A message and the messages that led to it: each was delivered as the event that sent the next. Newest first.
pub fn causes(story: &Story, message: MessageId, most: usize) -> Vec<MessageId> {
    let mut chain = vec![message];
    let mut wanted = story.arrow(message).map(|arrow| arrow.sent_by);
    let mut index = usize::try_from(message.0).unwrap_or(usize::MAX).min(story.arrows.len());
    while let Some(event) = wanted.take().filter(|_| chain.len() < most) {
        let mut before = story.arrows.range(..index);
        let found = before.rposition(|arrow| arrow.end == ArrowEnd::Delivered && arrow.end_event == event);
        if let Some(at) = found {
            chain.push(MessageId(at as u64));
            wanted = story.arrows.get(at).map(|arrow| arrow.sent_by);
            index = at;
        }
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::super::axis::{Spacing, Window};
    use super::*;
    use crate::canvas::sample;
    use eframe::egui::{Rangef, vec2};

    fn sight<'a>(story: &'a Story, rows: &'a Rows, span: f64) -> Sight<'a> {
        let axis = Axis {
            across: Rangef::new(0.0, 640.0),
            window: Window { from: 0.0, span },
            spacing: Spacing::Time,
            arrows: &story.arrows,
        };
        Sight {
            axis,
            rows,
            top: 0.0,
            shown: story.end,
            palette: Palette::of(true),
            flights: &[],
            future: true,
            lens: None,
        }
    }

    #[test]
    fn few_are_lines_and_many_are_cells() {
        let room = Rect::from_min_size(Pos2::ZERO, vec2(640.0, 200.0));
        for (arrows, span, cells) in [(1_000, 10.0, false), (100_000, 10.0, true), (100_000, 1.0, false)] {
            let story = sample::busy(9, arrows, Time::millis(10_000));
            let rows = Rows::new(&story, 200.0);
            let mut shapes = Vec::new();
            let range = sight(&story, &rows, span).paint(&story, room, &mut shapes);
            assert_eq!(range.len() > LINES_MOST, cells);
            let [Shape::Mesh(mesh)] = shapes.as_slice() else { panic!("one shape, not {}", shapes.len()) };
            assert!(!mesh.is_empty() && mesh.vertices.len() < 400_000, "{}", mesh.vertices.len());
            for vertex in &mesh.vertices {
                assert!(vertex.pos.is_finite());
            }
        }
    }

    #[test]
    fn the_nearest_arrow_is_found() {
        let story = sample::desk_story();
        let rows = Rows::new(&story, 200.0);
        let sight = sight(&story, &rows, 4.0);
        let (index, arrow) = story.arrows.iter().enumerate().find(|(_, arrow)| arrow.kind == 2).unwrap();
        let ends = sight.ends(index, &arrow).unwrap();
        let at = ends[0].lerp(ends[1], 0.5);
        let found = sight.nearest(&story, 0..story.arrows.len(), at, 5.0).unwrap();
        let found_ends = sight.ends(found.0 as usize, &story.arrow(found).unwrap()).unwrap();
        assert!(crate::canvas::cut::distance(at, found_ends) < 1.0);
        assert_eq!(sight.nearest(&story, 0..story.arrows.len(), pos2(600.0, 400.0), 5.0), None);
    }

    #[test]
    fn what_is_lost_ends_on_its_way() {
        let story = sample::desk_story();
        let rows = Rows::new(&story, 200.0);
        let sight = sight(&story, &rows, 4.0);
        let (index, lost) =
            story.arrows.iter().enumerate().find(|(_, arrow)| arrow.end == ArrowEnd::Cut).unwrap();
        let ends = sight.ends(index, &lost).unwrap();
        let to = rows.y(lost.to).unwrap();
        assert!((ends[1].y - to).abs() > 4.0);
    }

    #[test]
    fn causes_lead_back() {
        let mut story = sample::desk_story();
        let next = |(index, arrow): (u64, Arrow)| Arrow {
            sent_by: sim::EventId(10 * index),
            end_event: sim::EventId(10 * index + 10),
            end: ArrowEnd::Delivered,
            ..arrow
        };
        story.arrows = (0u64..).zip(story.arrows.range(..3)).map(next).collect();
        assert_eq!(causes(&story, MessageId(2), 12), [2, 1, 0].map(MessageId));
        assert_eq!(causes(&story, MessageId(2), 2).len(), 2);
        assert_eq!(causes(&story, MessageId(99), 12), [MessageId(99)]);
    }
}
