//! Amounts side by side: a bar each, what it is made of, what it is the most of, and a line across all.

use std::fmt;

use eframe::egui::{Align2, Rect, Shape, Stroke, Vec2, pos2, vec2};
use sim::view::{Bar, Bars, Tone};

use super::hits::{Hit, What, bar_sum};
use crate::action::Selection;
use crate::amount::amount;
use crate::canvas::labels::Style;
use crate::paint::Paint;
use crate::theme::{Size, Weight, space};
use run::figure::spread::round_step;

/// How tall bars want to be, without the strip's head.
pub const HEIGHT: f32 = 132.0;
/// From bar to bar: least and most.
const APART: [f32; 2] = [26.0, 96.0];
/// Of that, the bar itself.
const PART: f32 = 0.56;
/// The widest bar.
const WIDEST: f32 = 44.0;
/// Below this width the line's name stands on a line of its own.
const NARROW: f32 = 480.0;
/// Under the bars: their names.
const NAMES: f32 = 20.0;
/// Above the bars: the value of the highest.
const VALUES: f32 = 16.0;

/// Where a bar is.
#[derive(Debug, Clone, PartialEq)]
struct Placed {
    /// All of its room, from the top to its name.
    whole: Rect,
    /// Its parts, from the bottom.
    parts: Vec<(Rect, Tone)>,
    /// The height of its limit.
    limit: Option<f32>,
}

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Chart<'a> {
    bars: &'a Bars,
    room: Rect,
    base: f32,
    placed: Vec<Placed>,
    /// The line across all.
    line: Option<f32>,
    /// Heights of the axis, with their numbers.
    ticks: Vec<(f32, f64)>,
    most: Vec2,
    narrow: bool,
    gutter: f32,
}

impl<'a> Chart<'a> {
    pub fn new(rect: Rect, bars: &'a Bars, pan: Vec2) -> Self {
        let gutter = (rect.width() * 0.09).clamp(56.0, 60.0);
        // The line's name stands beside the bars.
        let narrow = rect.width() < NARROW;
        let letters = |(value, name): (f64, &str)| {
            let (one, other) = (name.chars().count(), amount(value).chars().count());
            if narrow { one.max(other) } else { one + other + 1 }
        };
        let beside = bars.line.map_or(12.0, |line| 20.0 + 6.2 * letters(line) as f32);
        let room = Rect::from_min_max(
            pos2(rect.left() + gutter, rect.top()),
            pos2((rect.right() - beside).max(rect.left() + gutter + 1.0), rect.bottom().max(rect.top())),
        );
        let base = (room.bottom() - NAMES).max(room.top());
        let top = (room.top() + VALUES).min(base);
        let highest = highest(bars);
        let y = |value: f64| base - (base - top) * (value / highest).clamp(0.0, 1.0) as f32;
        let count = bars.bars.len().max(1) as f32;
        let apart = (room.width() / count).clamp(APART[0], APART[1]);
        let width = (apart * PART).min(WIDEST);
        let most = vec2((apart * count - room.width()).max(0.0), 0.0);
        let left = room.left() - pan.x.clamp(0.0, most.x);
        let place = |(at, bar): (usize, &Bar)| {
            let whole = Rect::from_min_max(
                pos2(left + apart * at as f32, room.top()),
                pos2(left + apart * (at + 1) as f32, room.bottom()),
            );
            let mut below = 0.0;
            let parts =
                bar.parts.iter().filter(|part| part.0 > 0.0 && part.0.is_finite()).map(|&(value, tone)| {
                    let (from, to) = (y(below), y(below + value));
                    below += value;
                    let rect = Rect::from_min_max(
                        pos2(whole.center().x - width / 2.0, to.min(from - 1.0)),
                        pos2(whole.center().x + width / 2.0, from),
                    );
                    (rect, tone)
                });
            let parts = parts.collect();
            Placed { whole, parts, limit: bar.limit.filter(|limit| limit.is_finite()).map(y) }
        };
        let placed = bars.bars.iter().enumerate().map(place).collect();
        let line = bars.line.map(|(value, _)| y(value));
        let step = round_step(highest / f64::from(((base - top) / 34.0).max(1.0)));
        let count = if step > 0.0 { (highest / step).floor() as u32 } else { 0 };
        let ticks = (0..=count.min(8)).map(|n| f64::from(n) * step).map(|value| (y(value), value)).collect();
        Self { bars, room, base, placed, line, ticks, most, narrow, gutter }
    }
}

/// The value that stands at the top.
fn highest(bars: &Bars) -> f64 {
    let line = bars.line.map_or(0.0, |line| line.0);
    let each = bars.bars.iter().map(|bar| bar_sum(bar).max(bar.limit.unwrap_or(0.0)));
    let highest = each.fold(line, f64::max);
    if highest.is_finite() && highest > 0.0 { highest * 1.04 } else { 1.0 }
}

impl super::Placed for Chart<'_> {
    fn most(&self) -> Vec2 {
        self.most
    }

    fn room(&self) -> Rect {
        self.room
    }

    fn paint(&self, paint: &mut Paint<'_>, selection: &Selection) {
        let palette = paint.palette;
        let hairline = Stroke::new(space::HAIRLINE, palette.hairline);
        let small = Style::values(Size::Small);
        for (y, value) in &self.ticks {
            paint.shapes.push(Shape::hline(self.room.x_range(), *y, hairline));
            let at = pos2(self.room.left() - 8.0, *y);
            paint.text(at, Align2::RIGHT_CENTER, small, &amount(*value), palette.faint);
        }
        if !self.bars.unit.is_empty() {
            let at = pos2(self.room.left() - 8.0, self.base + NAMES / 2.0 + 1.0);
            let style = Style::words(Size::Small, Weight::Regular);
            paint.fitted(at, Align2::RIGHT_CENTER, style, self.bars.unit, palette.soft, self.gutter - 10.0);
        }
        let outer = paint.painter.clone();
        paint.clip(self.room.expand2(vec2(2.0, 0.0)));
        for (bar, placed) in self.bars.bars.iter().zip(&self.placed) {
            if placed.whole.intersects(self.room) {
                let selected = bar.actor.is_some_and(|actor| selection.has(actor));
                bar_ui(paint, bar, placed, self.base, selected);
            }
        }
        paint.flush();
        paint.painter = outer.clone();
        if let (Some(y), Some((value, name))) = (self.line, self.bars.line) {
            let line = [pos2(self.room.left(), y), pos2(self.room.right() + 4.0, y)];
            paint.dashes(line, Stroke::new(space::LINE, palette.text));
            let style = Style::words(Size::Small, Weight::Medium);
            let at = pos2(self.room.right() + 10.0, y);
            if self.narrow {
                paint.text(at, Align2::LEFT_BOTTOM, style, name, palette.text);
                paint.text(at, Align2::LEFT_TOP, style, &amount(value), palette.text);
            } else {
                let words = format!("{name} {}", amount(value));
                paint.text(at, Align2::LEFT_CENTER, style, &words, palette.text);
            }
        }
        // Figures over the line, for it crosses some of them.
        paint.clip(self.room.expand2(vec2(2.0, 0.0)));
        for (bar, placed) in self.bars.bars.iter().zip(&self.placed) {
            if placed.whole.intersects(self.room) {
                value_ui(paint, bar, placed, self.base);
            }
        }
        paint.flush();
        paint.painter = outer;
    }

    fn hits(&self) -> Vec<Hit<'_>> {
        let bars = self.bars.bars.iter().zip(&self.placed);
        let hit = |(bar, placed): (&'_ Bar, &Placed)| {
            let rect = placed.whole.shrink2(vec2(1.0, 0.0));
            (rect, bar.actor)
        };
        let what = |bar| What::Bar(bar, self.bars.unit);
        bars.map(|(bar, placed)| {
            let (rect, actor) = hit((bar, placed));
            Hit { rect, actor, what: what(bar) }
        })
        .collect()
    }
}

/// Where a bar's figures stand: above its top.
fn value_ui(paint: &mut Paint<'_>, bar: &Bar, placed: &Placed, base: f32) {
    let palette = paint.palette;
    let style = Style::values(Size::Small);
    let value = amount(bar_sum(bar));
    let width = paint.width(style, &value);
    if width > placed.whole.width() - 2.0 {
        return;
    }
    let top = placed.parts.iter().map(|(rect, _)| rect.top()).fold(base, f32::min);
    let at = pos2(placed.whole.center().x, top - 2.0);
    paint.fill(Align2::CENTER_BOTTOM.anchor_size(at, vec2(width + 4.0, 11.0)), 2, palette.canvas);
    paint.text(at, Align2::CENTER_BOTTOM, style, &value, palette.text);
}

fn bar_ui(paint: &mut Paint<'_>, bar: &Bar, placed: &Placed, base: f32, selected: bool) {
    let palette = paint.palette;
    let middle = placed.whole.center().x;
    let half = (placed.whole.width() * PART).min(WIDEST) / 2.0;
    if let Some(limit) = placed.limit {
        // The room there is: a pale box up to the limit, and the limit itself as its lid.
        let room = Rect::from_min_max(pos2(middle - half, limit), pos2(middle + half, base));
        let room = paint.crisp(room);
        paint.fill(room, 1, palette.raised);
        paint.shapes.push(Shape::hline(
            middle - half..=middle + half,
            limit,
            Stroke::new(space::LINE, palette.soft),
        ));
    }
    for (rect, tone) in &placed.parts {
        let rect = paint.crisp(*rect);
        paint.amount(rect, *tone);
    }
    if let Some(limit) =
        placed.limit.filter(|limit| placed.parts.iter().any(|(rect, _)| rect.top() < limit - 1.0))
    {
        // Above the limit: its lid cuts through.
        paint.shapes.push(Shape::hline(
            middle - half - 4.0..=middle + half + 4.0,
            limit,
            Stroke::new(2.0, palette.text),
        ));
    }
    let colour = if selected { palette.act } else { palette.soft };
    let name = Style::words(Size::Label, Weight::Semibold);
    let at = pos2(middle, base + NAMES / 2.0 + 1.0);
    paint.fitted(at, Align2::CENTER_CENTER, name, &bar.name, colour, placed.whole.width() - 2.0);
    if selected {
        let under = pos2(middle, base + NAMES - 2.0);
        let half = 9.0f32.min(placed.whole.width() / 2.0);
        paint.shapes.push(Shape::hline(
            under.x - half..=under.x + half,
            under.y,
            Stroke::new(2.0, palette.act),
        ));
    }
}

impl fmt::Display for Chart<'_> {
    /// A line for each bar: its name, its middle, how high its parts reach, its limit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (bar, placed) in self.bars.bars.iter().zip(&self.placed) {
            write!(f, "{} at {:.0}:", bar.name, placed.whole.center().x)?;
            for (rect, tone) in &placed.parts {
                write!(f, " {:.0} {tone:?}", self.base - rect.top())?;
            }
            match placed.limit {
                Some(limit) => writeln!(f, " limit {:.0}", self.base - limit)?,
                None => writeln!(f)?,
            }
        }
        if let Some(line) = self.line {
            writeln!(f, "line {:.0}", self.base - line)?;
        }
        let ticks: Vec<String> = self.ticks.iter().map(|(_, value)| amount(*value)).collect();
        writeln!(f, "axis {}", ticks.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::sample::strips;
    use sim::view::{Body, Strip};
    use smallvec::smallvec;

    const RECT: Rect = Rect { min: pos2(0.0, 30.0), max: pos2(703.0, 162.0) };

    fn bars(strip: &Strip) -> &Bars {
        let Body::Bars(bars) = &strip.body else { panic!("bars") };
        bars
    }

    #[test]
    fn parts_stand_on_each_other_up_to_their_sum() {
        let strip = strips::queues(4);
        let told = Chart::new(RECT, bars(&strip), Vec2::ZERO).to_string();
        // 8 requests, of which 2 changing; the limit of 24 is the highest there is.
        assert!(told.contains("n1 at 108: 23 Plain 31 Changing limit 92\n"), "{told}");
        assert!(told.contains("line 48\n") && told.ends_with("axis 0 10 20\n"), "{told}");
    }

    #[test]
    fn many_bars_scroll() {
        let strip = strips::queues(60);
        let chart = Chart::new(RECT, bars(&strip), vec2(1e9, 0.0));
        assert!(chart.most.x > 800.0, "{:?}", chart.most);
        assert!(
            (chart.placed[59].whole.right() - chart.room.right()).abs() < 1.0,
            "the last one is in sight"
        );
    }

    #[test]
    fn odd_amounts_do_no_harm() {
        let bar = |value: f64, limit| Bar {
            actor: None,
            name: "x".into(),
            parts: smallvec![(value, Tone::Plain)],
            limit,
            detail: "".into(),
        };
        for (value, limit) in [
            (0.0, None),
            (f64::NAN, Some(f64::NAN)),
            (f64::INFINITY, None),
            (-5.0, Some(-1.0)),
            (1e300, Some(1e-300)),
        ] {
            let bars = Bars { unit: "", bars: vec![bar(value, limit)], line: Some((value, "line")) };
            let chart = Chart::new(RECT, &bars, Vec2::ZERO);
            let all = chart.placed[0].parts.iter().map(|part| part.0);
            for rect in all {
                assert!(
                    rect.top() >= RECT.top() - 1.0 && rect.bottom() <= RECT.bottom(),
                    "{value}: {rect:?}"
                );
            }
        }
        assert!(Chart::new(RECT, &Bars::default(), Vec2::ZERO).placed.is_empty());
    }
}
