//! Messages between lanes: up to some twenty thousand as one mesh of lines, more as a picture of how dense they are
//! ([`density`]).

use std::ops::Range;

use eframe::egui::{Color32, Pos2, Rect, Shape, pos2};
use sim::story::{Arrow, ArrowEnd};
use sim::view::Flight;
use sim::{MessageId, Story, Time};

use super::axis::Axis;
use super::density;
use super::rows::Rows;
use crate::canvas::ink::{self, Lines};
use crate::lens::{Lens, Light};
use crate::theme::{Palette, mix};

/// Above so many arrows in sight lines would only be a grey surface, and cost too much.
pub const LINES_MOST: usize = 20_000;
/// Above so many heads are plain triangles.
const FINE_HEADS: usize = 3_000;
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
        let from = self.top + self.rows.y(arrow.from)?;
        let to = self.top + self.rows.y(arrow.to)?;
        let (until, part) = self.reach(index, arrow)?;
        Some([pos2(self.axis.x(arrow.sent), from), pos2(self.axis.x(until), from + (to - from) * part)])
    }

    /// Until when an arrow is drawn, and what part of its way. Nothing where it is not drawn.
    #[inline]
    pub(super) fn reach(&self, index: usize, arrow: &Arrow) -> Option<(Time, f32)> {
        if !self.future && arrow.sent > self.shown {
            return None;
        }
        match self.light(arrow) {
            Light::Out => return None,
            Light::Begun => {
                // Whether it arrived is not known: half the way, as one that was lost.
                let until = arrow.ended.min(Time(arrow.sent.0.saturating_add(UNKNOWN_FLIGHT)));
                return Some((until, LOST_PART));
            }
            Light::Full | Light::Dim => {}
        }
        // What will become of it is the future's.
        let end = if !self.future && arrow.ended > self.shown { ArrowEnd::Flying } else { arrow.end };
        match end {
            ArrowEnd::Delivered | ArrowEnd::ReceiverDown | ArrowEnd::QueueFull => Some((arrow.ended, 1.0)),
            ArrowEnd::NeverSent => Some((arrow.ended, 0.0)),
            ArrowEnd::LostOnLink | ArrowEnd::Cut | ArrowEnd::Dropped => Some((arrow.ended, LOST_PART)),
            ArrowEnd::Flying => {
                let arrives = self.arrival(index, arrow);
                let whole = arrives.since(arrow.sent).0.max(1) as f32;
                let part = (self.shown.since(arrow.sent).0 as f32 / whole).clamp(0.0, 1.0);
                Some((arrow.sent.max(self.shown.min(arrives)), part))
            }
        }
    }

    /// How an arrow is lit.
    pub(super) fn light(&self, arrow: &Arrow) -> Light {
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

    /// The arrows in sight, as one shape.
    pub fn paint(
        &self,
        story: &Story,
        room: Rect,
        kept: &mut density::Kept,
        shapes: &mut Vec<Shape>,
    ) -> Range<usize> {
        let (first, last) = self.axis.shown();
        let range = story.arrows_between(first, last);
        if range.len() > LINES_MOST {
            shapes.push(kept.picture(self, story, room));
        } else {
            kept.rest();
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
            let range =
                sight(&story, &rows, span).paint(&story, room, &mut density::Kept::default(), &mut shapes);
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
