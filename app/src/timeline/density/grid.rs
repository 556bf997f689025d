//! Arrows counted by cell, in a grid that stands still in time.
//!
//! A column is a power of two of nanoseconds wide (or, spaced by event, of messages), and the first begins where the run
//! does. So a picture that is moved, that grows with the run, or that is looked at a little closer has the columns it had:
//! only what is new is counted. An arrow is counted once it is settled, as what it is then will not change: it is over, and
//! ends within the grid. The few others are counted for one picture and taken out again.

use std::ops::Range;

use eframe::egui::Rect;
use sim::story::{Arrow, ArrowEnd, Rank};
use sim::{ActorId, EventId, Story, Time};

use super::super::arrows::Sight;
use super::super::axis::{Axis, Spacing};
use crate::lens::{Lens, Light};

/// Columns across what is in sight: at least so many, and less than twice as many.
const COLUMNS: f64 = 256.0;
/// A grid begins at a multiple of so many columns, and ends so.
const CHUNK: usize = 64;
/// So many columns are kept at most: of a picture that moves on and on the first are forgotten.
const MOST: usize = 2_048;
/// Cells of a column.
pub const ROWS: usize = 100;
/// A column of counts: each row's, as the difference from the row above, and one to end the last.
const STRIDE: usize = ROWS + 1;
/// Nanoseconds of a second; parts of a message.
const UNITS: [f64; 2] = [1e9, 1024.0];
/// What an arrow weighs, and one that is routine.
pub const ONE: i32 = 100;
const ROUTINE: i32 = 40;
/// Parts of a cell's height, and so many as nothing in sight is away from the top.
const PART: i32 = 1024;
const FAR: f32 = 1e8;
/// So many arrows are counted for one picture at most: some two milliseconds' worth.
pub const SLICE: usize = 40_000;
/// So many arrows of all, and so many of the last, are looked at to tell whether they are the same.
const LOOKED_AT: usize = 256;

/// Which columns there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    spacing: Spacing,
    /// The power of two.
    shift: u32,
}

impl Columns {
    /// Those that suit what is in sight.
    pub fn of(axis: &Axis<'_>) -> Self {
        let wide = axis.window.span * UNITS[axis.spacing as usize] / COLUMNS;
        Self { spacing: axis.spacing, shift: wide.max(1.0).log2().min(52.0) as u32 }
    }

    /// The position where a column begins.
    pub fn position(self, column: usize) -> f64 {
        column as f64 * (1_u64 << self.shift) as f64 / UNITS[self.spacing as usize]
    }

    /// Those in sight.
    pub fn in_sight(self, axis: &Axis<'_>) -> Range<usize> {
        self.of_position(axis.window.from)..self.of_position(axis.window.from + axis.window.span) + 1
    }

    fn of_position(self, position: f64) -> usize {
        ((position.max(0.0) * UNITS[self.spacing as usize]) as u64 >> self.shift) as usize
    }

    /// The one at a time by which so many arrows had left.
    #[inline]
    fn at(self, axis: &Axis<'_>, time: Time, sent: usize) -> usize {
        match self.spacing {
            Spacing::Time => (time.0 >> self.shift) as usize,
            Spacing::Events => self.of_position(axis.position_from(sent, time)),
        }
    }
}

/// Everything that counts depend on, but for the arrows.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Of {
    columns: Columns,
    /// The first lane's upper edge and the lanes' distance, in parts of a cell, and their number.
    lanes: (i32, i32, usize),
    lens: Option<(Option<ActorId>, EventId, EventId)>,
}

impl Of {
    fn new(sight: &Sight<'_>, story: &Story, room: Rect) -> Self {
        let scale = Scale::of(room);
        let lens = sight.lens.map(|lens| match lens {
            Lens::Causes(cone) => (None, cone.first, cone.last),
            Lens::Knowledge { of, cone } => (Some(of), cone.first, cone.last),
        });
        let lanes = (scale.parts(sight.top), scale.parts(room.top() + sight.rows.height), story.lanes.len());
        Self { columns: Columns::of(&sight.axis), lanes, lens }
    }
}

/// Heights in parts of a cell.
#[derive(Clone, Copy)]
struct Scale {
    top: f32,
    per_point: f32,
}

impl Scale {
    fn of(room: Rect) -> Self {
        Self { top: room.top(), per_point: (ROWS as i32 * PART) as f32 / room.height().max(1e-3) }
    }

    #[inline]
    fn parts(self, y: f32) -> i32 {
        ((y - self.top) * self.per_point).clamp(-FAR, FAR) as i32
    }
}

/// How many arrows pass each cell, by the colour of who sent them.
pub struct Grid {
    of: Of,
    /// Its columns.
    pub across: Range<usize>,
    /// Of leaders, of candidates, of others: by column, each to be summed downwards. So an arrow costs two numbers of a
    /// column, however tall it is.
    planes: [Vec<i32>; 3],
    /// The arrows that may pass it and were looked at, those of them that were not settled, and how far the story went then.
    looked_at: Range<usize>,
    /// Whether that is all there are so far.
    pub whole: bool,
    open: Vec<usize>,
    end: Time,
    /// What tells these arrows apart from others.
    sum: u64,
    /// So often anything was added.
    pub changes: u64,
}

impl Grid {
    /// Nothing counted yet, around what is in sight.
    fn new(of: Of, in_sight: Range<usize>, sight: &Sight<'_>, story: &Story) -> Self {
        let start = in_sight.start - in_sight.start % CHUNK;
        let first = story.arrows_between(sight.axis.time_at(of.columns.position(start)), Time::MAX).start;
        Self {
            of,
            across: start..start,
            planes: Default::default(),
            looked_at: first..first,
            whole: false,
            open: Vec::new(),
            end: Time::ZERO,
            sum: 0,
            changes: 0,
        }
    }

    /// The grid for what is in sight, with what has come since counted: the one before where that serves, else a new one,
    /// and the one before beside it.
    pub fn brought_up(
        before: Option<Self>,
        sight: &Sight<'_>,
        story: &Story,
        room: Rect,
    ) -> (Self, Option<Self>) {
        let of = Of::new(sight, story, room);
        let in_sight = of.columns.in_sight(&sight.axis);
        let (mut grid, before) = match before {
            Some(grid) if grid.serves(of, &in_sight, sight, story) => (grid, None),
            before => {
                let changes = before.as_ref().map_or(0, |grid| grid.changes) + 1;
                (Self { changes, ..Self::new(of, in_sight.clone(), sight, story) }, before)
            }
        };
        grid.widen(in_sight.end);
        grid.catch_up(sight, story, room);
        (grid, before)
    }

    fn serves(&self, of: Of, in_sight: &Range<usize>, sight: &Sight<'_>, story: &Story) -> bool {
        let starts = self.across.start <= in_sight.start && in_sight.end - self.across.start <= MOST;
        let from = sight.axis.time_at(of.columns.position(self.across.start));
        self.of.columns == of.columns
            && starts
            && self.looked_at.start == story.arrows_between(from, Time::MAX).start
            && self.tells(of, story)
    }

    /// Whether it may stand in for another while that is counted: of the same story, though in other columns.
    pub fn stands_in_for(&self, other: &Self, story: &Story) -> bool {
        self.whole && self.of.columns.spacing == other.of.columns.spacing && self.tells(other.of, story)
    }

    /// Whether its arrows are this story's, seen like this, whatever the columns.
    fn tells(&self, of: Of, story: &Story) -> bool {
        self.of == Of { columns: self.of.columns, ..of }
            && self.end <= story.end
            && self.looked_at.end <= story.arrows.len()
            && self.sum == self.sum_of(story)
    }

    /// A sum over some of the arrows looked at, and the last of them, as they were then.
    fn sum_of(&self, story: &Story) -> u64 {
        let all = self.looked_at.clone();
        let last = all.end.saturating_sub(LOOKED_AT).max(all.start)..all.end;
        let looked_at = all.clone().step_by((all.len() / LOOKED_AT).max(1)).chain(last);
        looked_at.filter_map(|at| story.arrows.get(at)).fold(0, |sum, arrow| {
            let ended = if arrow.ended <= self.end { arrow.ended.0 } else { 0 };
            let all = arrow.sent.0.rotate_left(17) ^ ended ^ arrow.sent_by.0.rotate_left(40);
            (sum ^ all ^ u64::from(arrow.from.raw())).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(9)
        })
    }

    /// Columns up to this one, and some more where there are more to come.
    fn widen(&mut self, end: usize) {
        if end > self.across.end {
            self.across.end = end.next_multiple_of(CHUNK);
            let cells = self.across.len() * STRIDE;
            self.planes.iter_mut().for_each(|plane| plane.resize(cells, 0));
        }
    }

    /// Counts what has come or has settled since, or a part of it where that is much.
    fn catch_up(&mut self, sight: &Sight<'_>, story: &Story, room: Rect) {
        // What is settled looks the same whenever it is looked at.
        let settled = Sight { future: true, ..*sight };
        let end = sight.axis.time_at(self.of.columns.position(self.across.end));
        let last = story.arrows_between(Time::ZERO, end).end.max(self.looked_at.end);
        let new = self.looked_at.end..last.min(self.looked_at.end + SLICE);
        let waited = std::mem::take(&mut self.open);
        let mut counter = Counter::new(self, &settled, room);
        let waited = waited.into_iter().filter_map(|index| Some((index, story.arrows.get(index)?)));
        let arrows = waited.chain(new.clone().zip(story.arrows.range(new.clone())));
        let open = arrows.filter(|(index, arrow)| !counter.settles(*index, arrow)).map(|(index, _)| index);
        let open = open.collect();
        self.changes += u64::from(counter.any);
        self.open = open;
        self.whole = new.end == last;
        if !new.is_empty() || self.end != story.end {
            self.looked_at.end = new.end;
            self.end = story.end;
            self.sum = self.sum_of(story);
        }
    }

    /// Does something with the grid while what is not settled is in it as it looks now.
    pub fn with_open<T>(
        &mut self,
        sight: &Sight<'_>,
        story: &Story,
        room: Rect,
        look: impl FnOnce(&Self) -> T,
    ) -> T {
        let open = std::mem::take(&mut self.open);
        let count = |grid: &mut Self, sign: i32| {
            let mut counter = Counter::new(grid, sight, room);
            for index in &open {
                let Some(arrow) = story.arrows.get(*index) else { continue };
                if let Some(way) = counter.way(*index, &arrow) {
                    counter.count(&arrow, way, sign);
                }
            }
        };
        count(self, 1);
        let seen = look(self);
        count(self, -1);
        self.open = open;
        seen
    }

    /// Which columns these are.
    pub fn columns(&self) -> Columns {
        self.of.columns
    }

    /// The arrows of each cell of a column, from the top down: of leaders, of candidates, of others.
    pub fn cells(&self, column: usize) -> impl Iterator<Item = [i32; 3]> + '_ {
        let from = (column - self.across.start) * STRIDE;
        let mut here = [0; 3];
        (from..from + ROWS).map(move |at| {
            for (sum, plane) in here.iter_mut().zip(&self.planes) {
                *sum += plane.get(at).copied().unwrap_or(0);
            }
            here
        })
    }
}

/// Adds arrows to a grid.
struct Counter<'a, 'b> {
    sight: &'a Sight<'b>,
    scale: Scale,
    columns: Columns,
    across: Range<usize>,
    planes: &'a mut [Vec<i32>; 3],
    any: bool,
}

impl<'a, 'b> Counter<'a, 'b> {
    fn new(grid: &'a mut Grid, sight: &'a Sight<'b>, room: Rect) -> Self {
        Self {
            sight,
            scale: Scale::of(room),
            columns: grid.of.columns,
            across: grid.across.clone(),
            planes: &mut grid.planes,
            any: false,
        }
    }

    /// Counts an arrow if it is settled; whether it was.
    #[inline]
    fn settles(&mut self, index: usize, arrow: &Arrow) -> bool {
        // Spaced by event, a place after the last that was sent moves as more are.
        let last = || self.sight.axis.arrows.last().map_or(Time::ZERO, |last| last.sent);
        let over =
            arrow.end != ArrowEnd::Flying && (self.columns.spacing == Spacing::Time || arrow.ended <= last());
        if !over {
            return false;
        }
        let Some(way) = self.way(index, arrow) else { return true };
        let within = way.high < self.across.end;
        if within {
            self.count(arrow, way, 1);
        }
        within
    }

    /// Which columns an arrow passes. Nothing where it is not drawn.
    #[inline]
    fn way(&self, index: usize, arrow: &Arrow) -> Option<Way> {
        let (until, part) = self.sight.reach(index, arrow)?;
        let axis = &self.sight.axis;
        let low = self.columns.at(axis, arrow.sent, index + 1);
        let high = self.columns.at(axis, until, index + 1).max(low);
        Some(Way { low, high, part })
    }

    /// Counts an arrow, or with -1 takes it out.
    #[inline]
    fn count(&mut self, arrow: &Arrow, Way { low, high, part }: Way, times: i32) {
        let columns = low.max(self.across.start)..(high + 1).min(self.across.end);
        let rows = self.sight.rows;
        let (Some(from), Some(to)) = (rows.y(arrow.from), rows.y(arrow.to)) else { return };
        let plane = match arrow.rank {
            Rank::Leader => 0,
            Rank::Candidate => 1,
            Rank::Follower | Rank::Learner | Rank::Client => 2,
        };
        let weight = if arrow.routine { ROUTINE } else { ONE };
        let dim = self.sight.lens.is_some() && self.sight.light(arrow) == Light::Dim;
        let weight = times * if dim { weight / 10 } else { weight };
        // Down a column in parts of a cell, as whole numbers that cannot be large.
        let [from, to] = [from, to].map(|y| self.scale.parts(self.sight.top + y));
        let down = ((to - from) as f32 * part) as i32 / (high - low + 1) as i32;
        let mut y = from + down * columns.start.saturating_sub(low) as i32;
        let cells = |column: usize| column.saturating_sub(self.across.start) * STRIDE;
        let Some(passed) = self.planes[plane].get_mut(cells(columns.start)..cells(columns.end)) else {
            return;
        };
        for cells in passed.chunks_exact_mut(STRIDE) {
            let next = y + down;
            let row = |y: i32| (y >> PART.ilog2()).clamp(0, ROWS as i32 - 1) as usize;
            let (upper, lower) = (row(y.min(next)), row(y.max(next)) + 1);
            cells[upper] += weight;
            cells[lower] -= weight;
            y = next;
        }
        self.any = true;
    }
}

/// The columns an arrow passes, and what part of its way it is drawn.
#[derive(Clone, Copy)]
struct Way {
    low: usize,
    high: usize,
    part: f32,
}
