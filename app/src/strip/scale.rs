//! Clocks around true time: a row each, a mark for each reading, a bar for what it believes possible. The unit of the axis
//! follows from how far they are apart.

use std::fmt;

use eframe::egui::{Align2, Rect, Shape, Stroke, Vec2, pos2, vec2};
use run::figure::spread::round_step;
use sim::view::{Scale, ScaleRow, Tone};

use super::hits::{Hit, What};
use crate::action::Selection;
use crate::amount::amount;
use crate::canvas::labels::Style;
use crate::paint::{Paint, mark};
use crate::theme::{Size, Weight, mix, space};

/// A row: least and most.
const ROW: [f32; 2] = [20.0, 28.0];
/// The axis above the rows.
const AXIS: f32 = 24.0;
/// A strip asks for no more rows than this; others scroll.
const ROWS_ASKED: usize = 8;

/// How tall a scale wants to be, without the strip's head.
pub fn height(scale: &Scale) -> f32 {
    AXIS + 22.0 * scale.rows.len().clamp(1, ROWS_ASKED) as f32 + 8.0
}

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Ruler<'a> {
    scale: &'a Scale,
    room: Rect,
    names: f32,
    axis: f32,
    row: f32,
    top: f32,
    /// Nanoseconds at the left and right edge.
    span: (f64, f64),
    unit: Unit,
    /// Readings by the order in which their names come up: the shape of their marks.
    readings: Vec<&'a str>,
    most: Vec2,
}

/// A unit of time: its name and how many nanoseconds it has.
type Unit = (&'static str, f64);

/// The unit in which numbers up to so many nanoseconds read best.
fn unit(most: f64) -> Unit {
    match most {
        most if most >= 1e9 => ("s", 1e9),
        most if most >= 1e6 => ("ms", 1e6),
        most if most >= 1e3 => ("µs", 1e3),
        _ => ("ns", 1.0),
    }
}

/// A distance from true time: `1.8 ms ahead`.
pub(super) fn offset_words(nanos: i64) -> String {
    let (name, size) = unit(nanos.unsigned_abs() as f64);
    let far = amount(nanos.unsigned_abs() as f64 / size);
    match nanos {
        0 => "at true time".to_owned(),
        n if n > 0 => format!("{far} {name} ahead"),
        _ => format!("{far} {name} behind"),
    }
}

impl<'a> Ruler<'a> {
    pub fn new(rect: Rect, scale: &'a Scale, pan: Vec2) -> Self {
        let gutter = (rect.width() * 0.09).clamp(42.0, 54.0);
        let names = rect.left() + gutter;
        let room = Rect::from_min_max(
            pos2(names + 14.0, (rect.top() + AXIS).min(rect.bottom())),
            pos2((rect.right() - 18.0).max(names + 15.0), (rect.bottom() - 4.0).max(rect.top() + AXIS)),
        );
        let rows = scale.rows.len().max(1) as f32;
        let row = (room.height() / rows).clamp(ROW[0], ROW[1]);
        let most = vec2(0.0, (rows * row - room.height()).max(0.0));
        let span = span(scale);
        let mut readings: Vec<&str> = Vec::new();
        for mark in scale.rows.iter().flat_map(|row| &row.marks) {
            if !readings.contains(&&*mark.name) {
                readings.push(&mark.name);
            }
        }
        let top = room.top() - pan.y.clamp(0.0, most.y);
        let unit = unit(span.0.abs().max(span.1.abs()));
        Self { scale, room, names, axis: rect.top() + AXIS / 2.0, row, top, span, unit, readings, most }
    }

    fn x(&self, nanos: f64) -> f32 {
        let part = (nanos - self.span.0) / (self.span.1 - self.span.0);
        self.room.left() + self.room.width() * part.clamp(-1.0, 2.0) as f32
    }

    fn row_middle(&self, row: usize) -> f32 {
        self.top + self.row * (row as f32 + 0.5)
    }

    /// Round distances along the axis, about a hundred points apart.
    fn ticks(&self) -> Vec<f64> {
        let step = round_step((self.span.1 - self.span.0) / f64::from((self.room.width() / 96.0).max(1.0)));
        if step <= 0.0 {
            return vec![0.0];
        }
        let (first, last) = ((self.span.0 / step).ceil() as i64, (self.span.1 / step).floor() as i64);
        (first..=last.min(first + 40)).map(|n| n as f64 * step).collect()
    }

    fn tick_words(&self, nanos: f64) -> String {
        if nanos == 0.0 {
            return "true time".to_owned();
        }
        let sign = if nanos > 0.0 { "+" } else { "" };
        format!("{sign}{} {}", amount((nanos / self.unit.1 * 1e6).round() / 1e6), self.unit.0)
    }

    fn reading(&self, name: &str) -> usize {
        self.readings.iter().position(|known| *known == name).unwrap_or(0)
    }
}

/// From the least to the greatest of all readings and doubts, true time among them, with room on both sides.
fn span(scale: &Scale) -> (f64, f64) {
    let marks = scale.rows.iter().flat_map(|row| row.marks.iter().map(|mark| mark.at));
    let doubts = scale.rows.iter().filter_map(|row| row.doubt).flat_map(|(from, to)| [from, to]);
    let (low, high) = marks
        .chain(doubts)
        .fold((0.0f64, 0.0f64), |(low, high), at| (low.min(at as f64), high.max(at as f64)));
    let room = ((high - low) * 0.08).max(50.0);
    (low - room, high + room)
}

impl super::Placed for Ruler<'_> {
    fn most(&self) -> Vec2 {
        self.most
    }

    fn room(&self) -> Rect {
        Rect::from_min_max(pos2(self.names - 60.0, self.room.top()), self.room.max)
    }

    fn paint(&self, paint: &mut Paint<'_>, selection: &Selection) {
        let palette = paint.palette;
        let hairline = Stroke::new(space::HAIRLINE, palette.hairline);
        let small = Style::values(Size::Small);
        let zero = self.x(0.0);
        let taken = paint.width(small, "true time") / 2.0 + 8.0;
        let legend = self.legend_ui(paint);
        for nanos in self.ticks() {
            let x = self.x(nanos);
            let words = self.tick_words(nanos);
            if nanos == 0.0 {
                paint.text(pos2(x, self.axis), Align2::CENTER_CENTER, small, &words, palette.text);
                continue;
            }
            paint.shapes.push(Shape::vline(x, self.room.y_range(), hairline));
            let half = paint.width(small, &words) / 2.0;
            let fits = (x - zero).abs() > taken + half && x - half > self.names;
            if fits && x + half < legend - 8.0 {
                paint.text(pos2(x, self.axis), Align2::CENTER_CENTER, small, &words, palette.faint);
            }
        }
        let outer = paint.painter.clone();
        paint.clip(Rect::from_x_y_ranges(outer.clip_rect().x_range(), self.room.y_range()));
        paint.shapes.push(Shape::vline(zero, self.room.y_range(), Stroke::new(space::LINE, palette.link)));
        for (at, row) in self.scale.rows.iter().enumerate() {
            let middle = self.row_middle(at);
            if middle > self.room.top() - self.row && middle < self.room.bottom() + self.row {
                let name = row.actor.to_string();
                let width = self.names - outer.clip_rect().left();
                paint.row_name(pos2(self.names, middle), &name, selection.has(row.actor), width);
                self.row_ui(paint, row, middle);
            }
        }
        paint.flush();
        paint.painter = outer;
    }

    fn hits(&self) -> Vec<Hit<'_>> {
        let hit = |(at, row): (usize, &'_ ScaleRow)| {
            let middle = self.row_middle(at);
            let (left, right) = (self.names - 34.0, self.room.right());
            let rect =
                Rect::from_min_max(pos2(left, middle - self.row / 2.0), pos2(right, middle + self.row / 2.0));
            (rect, row.actor)
        };
        let rows = self.scale.rows.iter().enumerate();
        rows.map(|(at, row)| {
            let (rect, actor) = hit((at, row));
            Hit { rect, actor: Some(actor), what: What::Clock(row) }
        })
        .collect()
    }
}

impl Ruler<'_> {
    /// Which shape is which reading: under the rows where there is room, else at the right end of the axis. How far the
    /// axis reaches.
    fn legend_ui(&self, paint: &mut Paint<'_>) -> f32 {
        let palette = paint.palette;
        let style = Style::words(Size::Small, Weight::Medium);
        let end = self.room.right() + 14.0;
        let rows = self.row * self.scale.rows.len() as f32;
        let below = self.room.height() - rows > 20.0;
        let y = if below { self.room.top() + rows + 14.0 } else { self.axis };
        let mut right = end;
        for (number, name) in self.readings.iter().enumerate().rev() {
            let at = pos2(right, y);
            let rect = paint.text(at, Align2::RIGHT_CENTER, style, name, palette.text);
            let points = mark(number, pos2(rect.left() - 9.0, y), 4.5);
            paint.shapes.push(Shape::convex_polygon(points, palette.text, Stroke::NONE));
            right = rect.left() - 26.0;
        }
        if self.readings.is_empty() || below { end } else { right + 10.0 }
    }

    fn row_ui(&self, paint: &mut Paint<'_>, row: &ScaleRow, middle: f32) {
        let palette = paint.palette;
        if let Some((from, to)) = row.doubt {
            let (from_x, to_x) = (self.x(from as f64), self.x(to as f64));
            let bar =
                Rect::from_min_max(pos2(from_x, middle - 4.5), pos2(to_x.max(from_x + 1.0), middle + 4.5));
            let bar = paint.crisp(bar);
            paint.fill(bar, 2, mix(palette.canvas, palette.follower, 76));
            let outside = from > 0 || to < 0;
            // One that leaves true time out stands out as what differs from the others does.
            let (width, line) =
                if outside { (space::LINE, palette.text) } else { (space::HAIRLINE, palette.follower) };
            paint.outline(bar, 2, Stroke::new(width, line));
        }
        for reading in &row.marks {
            let number = self.reading(&reading.name);
            let at = pos2(self.x(reading.at as f64), middle);
            let colour = paint.ink(reading.tone);
            let points = mark(number, at, 5.0);
            let hollow = matches!(reading.tone, Tone::Odd | Tone::Changing);
            let (fill, stroke) = if hollow {
                (palette.canvas, Stroke::new(space::LINE + 0.3, colour))
            } else {
                (colour, Stroke::new(1.0, palette.canvas))
            };
            paint.shapes.push(Shape::convex_polygon(points, fill, stroke));
        }
    }
}

impl fmt::Display for Ruler<'_> {
    /// The axis, then a line for each clock.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ticks: Vec<String> = self.ticks().into_iter().map(|nanos| self.tick_words(nanos)).collect();
        writeln!(f, "axis {}", ticks.join(", "))?;
        for (at, row) in self.scale.rows.iter().enumerate() {
            write!(f, "{} at {:.0}:", row.actor, self.row_middle(at))?;
            for mark in &row.marks {
                write!(f, " {} {:.0}", mark.name, self.x(mark.at as f64))?;
            }
            match row.doubt {
                Some((from, to)) => {
                    writeln!(f, " doubt {:.0} to {:.0}", self.x(from as f64), self.x(to as f64))?
                }
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::sample::strips;
    use sim::view::{Body, ScaleMark, Strip};
    use smallvec::smallvec;

    const RECT: Rect = Rect { min: pos2(0.0, 30.0), max: pos2(703.0, 150.0) };

    fn scale(strip: &Strip) -> &Scale {
        let Body::Scale(scale) = &strip.body else { panic!("a scale") };
        scale
    }

    #[test]
    fn the_unit_follows_the_range() {
        let strip = strips::clocks();
        let told = Ruler::new(RECT, scale(&strip), Vec2::ZERO).to_string();
        assert!(told.starts_with("axis -5 ms, true time, +5 ms, +10 ms\n"), "{told}");
        assert!(told.contains("n2 at 88: wall "), "{told}");
        for (at, unit) in [(900, "ns"), (90_000, "µs"), (-90_000_000, "ms"), (5_000_000_000, "s")] {
            let row = ScaleRow {
                actor: sim::ActorId::node(1),
                marks: smallvec![ScaleMark { at, name: "wall".into(), tone: Tone::Plain }],
                doubt: None,
            };
            let scale = Scale { rows: vec![row] };
            assert_eq!(Ruler::new(RECT, &scale, Vec2::ZERO).unit.0, unit, "{at}");
        }
    }

    #[test]
    fn offsets_read_well() {
        assert_eq!(offset_words(0), "at true time");
        assert_eq!(offset_words(-2_500_000_000), "2.5 s behind");
    }

    #[test]
    fn true_time_is_always_in_sight_and_extremes_do_no_harm() {
        for doubt in [(5_000, 9_000), (-9_000, -5_000), (i64::MIN, i64::MAX), (0, 0)] {
            let row = ScaleRow { actor: sim::ActorId::node(1), marks: smallvec![], doubt: Some(doubt) };
            let scale = Scale { rows: vec![row] };
            let ruler = Ruler::new(RECT, &scale, Vec2::ZERO);
            assert!(ruler.room.x_range().contains(ruler.x(0.0)), "{doubt:?}");
            assert!(ruler.ticks().len() <= 41);
        }
        let none = Scale::default();
        assert_eq!(Ruler::new(RECT, &none, Vec2::ZERO).to_string().lines().count(), 1);
    }
}
