//! One picture with two axes: curves, shares, bars; what was published beside what was made here.
//!
//! Where names lie along the axis instead of amounts, each curve is a bar a name: published ones hollow, ours filled.
//!
//! A curve of ours is whole and wide, the published one of the same name dashed and thin, in the same colour. Where there
//! are several, each of ours carries its number, and the legend says whose that is: no curve is known by its colour alone.

use std::fmt;

use eframe::egui::{Align2, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use run::figure::spread::Bin;
use sim::figure;

use super::ink::{self, Dash, Look};
use super::scale::Scale;
use crate::amount::{amount, with_unit};
use crate::canvas::labels::{Labels, Style};
use crate::paint::Paint;
use crate::theme::{self, Palette, Size, Weight, mix, space};

/// An axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis<'a> {
    /// `time without a leader`
    pub name: &'a str,
    /// `ms`
    pub unit: &'a str,
    /// Drawn by its logarithm.
    pub log: bool,
}

impl From<figure::Axis> for Axis<'_> {
    fn from(axis: figure::Axis) -> Self {
        Self { name: axis.name, unit: axis.unit, log: axis.log }
    }
}

/// How a curve runs between its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// On the line between them.
    Line,
    /// It holds its value until the next: shares of runs, from nothing on.
    Shares,
}

/// A curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Series<'a> {
    /// Its name.
    pub name: &'a str,
    /// Which of several it is: its colour and its number. A published curve has that of ours.
    pub number: usize,
    /// As published, rather than made here.
    pub published: bool,
    /// How it runs.
    pub kind: Kind,
    /// In order of x.
    pub points: &'a [(f64, f64)],
}

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Chart<'a> {
    /// What a screen reader calls it.
    pub title: &'a str,
    /// To the right.
    pub x: Axis<'a>,
    /// Upwards.
    pub y: Axis<'a>,
    /// What stands at 0, 1, 2, … along the axis, where its values are no amounts: curves are bars then.
    pub categories: &'a [&'a str],
    /// Values upwards are shares of all runs: the axis says per cent.
    pub shares: bool,
    /// Curves.
    pub series: Vec<Series<'a>>,
    /// Bars instead, or behind them.
    pub bins: Vec<Bin>,
}

/// Left of the picture: numbers.
pub const LEFT: f32 = 52.0;
/// Under it: numbers, and what they are of.
const BELOW: f32 = 40.0;
/// From number to number, across and upwards.
const APART: [f32; 2] = [64.0, 34.0];
/// Above so many curves each has its number.
const NUMBERED: usize = 2;
/// A number's disc.
const DISC: f32 = 7.5;
/// The bars of a name take so much of its room; beside those of a curve is so much of theirs left free; a bar is no
/// wider than this.
const BARS: f32 = 0.8;
const GAP: f32 = 0.16;
const WIDEST_BAR: f32 = 44.0;
/// So much of the ground shines through a bar as published, and through ours.
const HOLLOW: u16 = 225;
const FILLED: u16 = 30;
/// Curves that all lie above this part of the highest value need not be drawn from nothing on.
const HIGH: f64 = 0.7;
/// The legend's line.
const LINE: f32 = 20.0;

/// Where everything is.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Where curves are.
    pub room: Rect,
    /// The axes.
    pub x: Scale,
    /// The axes.
    pub y: Scale,
    /// The curves' points on the screen.
    pub curves: Vec<Vec<Pos2>>,
    /// Where the number of each of ours stands, where they have numbers.
    pub discs: Vec<Option<Pos2>>,
}

impl Chart<'_> {
    /// Where everything is in a rectangle.
    pub fn place(&self, rect: Rect) -> Placed {
        let room = Rect::from_min_max(
            pos2(rect.left() + LEFT, rect.top() + 8.0),
            pos2(
                (rect.right() - 14.0).max(rect.left() + LEFT + 1.0),
                (rect.bottom() - BELOW).max(rect.top() + 9.0),
            ),
        );
        let all = || self.series.iter().flat_map(|series| series.points);
        let fold = |values: &mut dyn Iterator<Item = f64>| {
            values
                .filter(|value| value.is_finite())
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
        };
        let mut xs = all().map(|point| point.0).chain(self.bins.iter().flat_map(|bin| [bin.from, bin.to]));
        let (low, high) = fold(&mut xs);
        let x = if !self.categories.is_empty() {
            let to = self.categories.len() as f64 - 0.5;
            Scale { from: -0.5, to, log: false, across: room.x_range() }
        } else if self.x.log {
            Scale::around(low, high, true, room.x_range(), APART[0])
        } else if low.is_finite() {
            // As wide as what is on it: a parameter's values need not begin at nothing.
            let room_around = if self.bins.is_empty() { (high - low).max(1e-9) * 0.04 } else { 0.0 };
            let (from, to) = (low - room_around, (high + room_around).max(low + 1e-9));
            Scale { from, to, log: false, across: room.x_range() }
        } else {
            Scale::around(0.0, 1.0, false, room.x_range(), APART[0])
        };
        let mut ys = all().map(|point| point.1).chain(self.bins.iter().map(|bin| bin.count as f64));
        let (low, high) = fold(&mut ys);
        let y = if self.shares {
            Scale { from: 0.0, to: 1.0, log: false, across: room.y_range() }
        } else if self.categories.is_empty()
            && self.bins.is_empty()
            && !self.y.log
            && low > high * HIGH
            && low < high
        {
            Scale::between(low, high, room.y_range(), APART[1])
        } else {
            Scale::around(low, high, self.y.log, room.y_range(), APART[1])
        };
        let curves: Vec<Vec<Pos2>> = self.series.iter().map(|series| points(series, &x, &y)).collect();
        let is_bars = !self.categories.is_empty();
        let discs = if is_bars { vec![None; curves.len()] } else { self.discs(&curves, room) };
        Placed { room, x, y, curves, discs }
    }

    /// The bars of each curve, where it is drawn by bars: those of a name side by side, the published one before ours.
    pub fn bars(&self, placed: &Placed) -> Vec<(&Series<'_>, Vec<Rect>)> {
        if self.categories.is_empty() {
            return Vec::new();
        }
        let slot = placed.room.width() / self.categories.len() as f32;
        let both = 1 + usize::from(self.series.iter().any(|series| series.published));
        let names = self.series.iter().map(|series| series.number + 1).max().unwrap_or(1);
        let width = (slot * BARS / names as f32).min(2.0 * WIDEST_BAR);
        let ground = placed.y.y(if placed.y.log { placed.y.from } else { 0.0 });
        let bars = |(series, curve): (_, &Vec<Pos2>)| {
            let series: &Series<'_> = series;
            let own = width * (1.0 - GAP) / both as f32;
            let place = if series.published { 0 } else { both - 1 };
            let left =
                (series.number as f32 - names as f32 / 2.0) * width + width * GAP / 2.0 + place as f32 * own;
            let known = curve.iter().filter(|top| top.y.is_finite());
            // Nothing at all is a line at least.
            let bar = |top: &Pos2| {
                Rect::from_two_pos(
                    pos2(top.x + left, ground),
                    pos2(top.x + left + own, top.y.min(ground - 1.0)),
                )
            };
            (series, known.map(bar).collect())
        };
        self.series.iter().zip(&placed.curves).map(bars).collect()
    }

    /// Whether each of ours carries its number.
    pub fn is_numbered(&self) -> bool {
        self.series.iter().filter(|series| !series.published).count() > NUMBERED
    }

    /// Numbers on curves stand at different heights, so that they keep clear of each other.
    fn discs(&self, curves: &[Vec<Pos2>], room: Rect) -> Vec<Option<Pos2>> {
        let numbered = self.is_numbered();
        let count = self.series.iter().map(|series| series.number + 1).max().unwrap_or(1) as f32;
        let mut taken: Vec<Pos2> = Vec::new();
        let disc = |(series, curve): (&Series<'_>, &Vec<Pos2>)| {
            if !numbered || series.published || curve.len() < 2 {
                return None;
            }
            let wanted = room.bottom() - room.height() * (0.28 + 0.6 * (series.number as f32 + 0.5) / count);
            let crosses =
                |pair: &[Pos2]| (pair[0].y - wanted) * (pair[1].y - wanted) <= 0.0 && pair[0] != pair[1];
            let at = match series.kind {
                Kind::Shares => curve.windows(2).find(|pair| crosses(pair)).map(|pair| {
                    let part = (wanted - pair[0].y) / (pair[1].y - pair[0].y);
                    if part.is_finite() { pair[0].lerp(pair[1], part.clamp(0.0, 1.0)) } else { pair[0] }
                }),
                Kind::Line => None,
            };
            // One that never gets there carries it at its end.
            let mut at = at.or_else(|| curve.last().copied())?;
            while taken.iter().any(|other| other.distance(at) < 2.0 * DISC) && at.x > room.left() + DISC {
                at.x -= DISC;
            }
            taken.push(at);
            Some(pos2(at.x.clamp(room.left(), room.right()), at.y.clamp(room.top(), room.bottom())))
        };
        self.series.iter().zip(curves).map(disc).collect()
    }

    /// Paints it as wide as there is room, `height` points tall, the legend under it.
    pub fn show(&self, ui: &mut Ui, labels: &mut Labels, height: f32) {
        let width = ui.available_width();
        let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, self.title));
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(self.summary()));
        let palette = theme::palette(ui);
        let placed = self.place(rect);
        let mut paint = Paint::new(ui.painter_at(rect.expand(2.0)), palette, labels);
        self.axes_ui(&mut paint, &placed, rect);
        self.bins_ui(&mut paint, &placed);
        let outer = paint.painter.clone();
        paint.clip(placed.room.expand(2.0));
        for (series, bars) in self.bars(&placed) {
            bars_ui(&mut paint, series, &bars, self.is_numbered());
        }
        for published in [true, false] {
            let curves = self.series.iter().zip(&placed.curves).filter(|_| self.categories.is_empty());
            for (series, curve) in curves.filter(|(series, _)| series.published == published) {
                ink::curve(&mut paint.shapes, curve, look(series, palette));
                if series.kind == Kind::Line {
                    for point in curve.iter().filter(|point| point.y.is_finite()) {
                        let colour = look(series, palette).colour;
                        paint.shapes.push(Shape::circle_filled(*point, 3.0, colour));
                    }
                }
            }
        }
        paint.flush();
        paint.painter = outer;
        for (series, at) in self.series.iter().zip(&placed.discs) {
            if let Some(at) = at {
                disc_ui(&mut paint, *at, series.number);
            }
        }
        paint.flush();
        self.legend_ui(ui, labels);
        let pointed = ui.input(|input| input.pointer.hover_pos()).filter(|at| placed.room.contains(*at));
        if let Some(at) = pointed.filter(|_| response.contains_pointer()) {
            let line = Stroke::new(space::HAIRLINE, palette.link);
            let mut x = placed.x.value(at.x);
            if self.categories.is_empty() {
                ui.painter_at(placed.room).vline(at.x, placed.room.y_range(), line);
            } else {
                x = x.round().max(0.0);
            }
            response.on_hover_ui_at_pointer(|ui| {
                ui.label(theme::heading(self.place_words(x)));
                ui.label(theme::secondary(ui, self.told_at(x)));
            });
        }
    }

    /// Round values upwards, and to the right.
    pub fn ticks(&self, placed: &Placed) -> (Vec<f64>, Vec<f64>) {
        let xs = if self.categories.is_empty() { placed.x.ticks(APART[0]) } else { Vec::new() };
        (placed.y.ticks(APART[1]), xs)
    }

    /// The names along the axis: the middle of each, and how much room there is for it.
    pub fn names(&self, placed: &Placed) -> impl Iterator<Item = (Pos2, f32, &str)> {
        let width = placed.room.width() / self.categories.len().max(1) as f32 - 6.0;
        let at = |place: usize| pos2(placed.x.x(place as f64), placed.room.bottom() + 11.0);
        self.categories.iter().enumerate().map(move |(place, name)| (at(place), width, *name))
    }

    /// A place along the axis, in words.
    fn place_words(&self, x: f64) -> String {
        let named = self.categories.get(x.round().max(0.0) as usize);
        named.map_or_else(|| with_unit(rounded(x), self.x.unit), |name| (*name).to_owned())
    }

    /// A value upwards as the axis says it.
    pub fn height_tick(&self, value: f64) -> String {
        if self.shares { format!("{} %", Scale::words(value * 100.0)) } else { Scale::words(value) }
    }

    /// What lies to the right, and what upwards.
    pub fn axis_words(&self) -> (String, String) {
        let named = |axis: &Axis<'_>| match (axis.name, axis.unit) {
            (name, "") => name.to_owned(),
            (name, unit) => format!("{name}, {unit}"),
        };
        let y = match named(&self.y) {
            _ if self.shares => format!("share of {}", self.y.name),
            y if y.is_empty() => y,
            y => format!("upwards: {y}"),
        };
        (named(&self.x), y)
    }

    fn axes_ui(&self, paint: &mut Paint<'_>, placed: &Placed, rect: Rect) {
        let palette = paint.palette;
        let small = Style::values(Size::Small);
        let hairline = Stroke::new(space::HAIRLINE, palette.hairline);
        let room = placed.room;
        let (ys, xs) = self.ticks(placed);
        for value in ys {
            let y = placed.y.y(value);
            paint.shapes.push(Shape::hline(room.x_range(), y, hairline));
            let at = pos2(room.left() - 8.0, y);
            paint.text(at, Align2::RIGHT_CENTER, small, &self.height_tick(value), palette.faint);
        }
        let mut free_from = f32::MIN;
        for value in xs {
            let x = placed.x.x(value);
            paint.shapes.push(Shape::vline(x, room.y_range(), hairline));
            let words = Scale::words(value);
            let half = paint.width(small, &words) / 2.0;
            if x - half > free_from && x + half < rect.right() + 2.0 {
                let at = pos2(x, room.bottom() + 11.0);
                paint.text(at, Align2::CENTER_CENTER, small, &words, palette.faint);
                free_from = x + half + 6.0;
            }
        }
        for (at, width, name) in self.names(placed) {
            paint.fitted(at, Align2::CENTER_CENTER, small, name, palette.soft, width);
        }
        paint.shapes.push(Shape::hline(
            room.x_range(),
            room.bottom(),
            Stroke::new(space::HAIRLINE, palette.link),
        ));
        let words = Style::words(Size::Label, Weight::Regular);
        let (x, y) = self.axis_words();
        let below = room.bottom() + 29.0;
        paint.fitted(pos2(room.right(), below), Align2::RIGHT_CENTER, words, &x, palette.soft, room.width());
        paint.fitted(
            pos2(rect.left(), below),
            Align2::LEFT_CENTER,
            words,
            &y,
            palette.soft,
            room.width() * 0.5,
        );
        paint.flush();
    }

    fn bins_ui(&self, paint: &mut Paint<'_>, placed: &Placed) {
        let palette = paint.palette;
        for bin in self.bins.iter().filter(|bin| bin.count > 0) {
            let (left, right) = (placed.x.x(bin.from), placed.x.x(bin.to));
            // All in one place: a bar as wide as a finger's.
            let (left, right) = if right - left < 1.0 { (left - 8.0, left + 8.0) } else { (left, right) };
            let top = placed.y.y(bin.count as f64);
            let rect = Rect::from_min_max(
                pos2(left + 0.5, top),
                pos2((right - 0.5).max(left + 1.0), placed.room.bottom()),
            );
            let rect = paint.crisp(rect);
            paint.fill(rect, 1, mix(palette.series(0), palette.canvas, 90));
            paint.outline(rect, 1, Stroke::new(space::HAIRLINE, palette.series(0)));
        }
        paint.flush();
    }

    /// Each curve's name with how it is drawn, as many in a line as fit.
    fn legend_ui(&self, ui: &mut Ui, labels: &mut Labels) {
        if self.series.len() < 2 {
            return;
        }
        let palette = theme::palette(ui);
        let published = self.series.iter().any(|series| series.published);
        let mut names: Vec<(&str, usize)> = Vec::new();
        for series in &self.series {
            if !names.iter().any(|(name, _)| *name == series.name) {
                names.push((series.name, series.number));
            }
        }
        let words = Style::words(Size::Label, Weight::Regular);
        let painter = ui.painter().clone();
        let mut paint = Paint::new(painter, palette, labels);
        let right = ui.max_rect().right();
        let corner = ui.cursor().min;
        let (mut left, mut y) = (corner.x + LEFT, corner.y + LINE / 2.0);
        let numbered = self.is_numbered();
        let mut entry = |paint: &mut Paint<'_>, name: &str, mark: &dyn Fn(&mut Paint<'_>, Pos2)| {
            let width = ink::SAMPLE + 8.0 + paint.width(words, name);
            if left + width > right && left > corner.x + LEFT {
                (left, y) = (corner.x + LEFT, y + LINE);
            }
            mark(paint, pos2(left, y));
            let at = pos2(left + ink::SAMPLE + 8.0, y);
            left = paint.text(at, Align2::LEFT_CENTER, words, name, palette.text).right() + 18.0;
        };
        for (name, number) in names {
            entry(&mut paint, name, &|paint, at| {
                let whole = Look { colour: palette.series(number), width: 2.0, dash: Dash::Whole };
                ink::sample(&mut paint.shapes, at, whole);
                if numbered {
                    disc_ui(paint, at + vec2(ink::SAMPLE / 2.0, 0.0), number);
                }
            });
        }
        if published {
            entry(&mut paint, "as published", &|paint, at| {
                let dashed = Look { colour: palette.soft, width: 1.4, dash: Dash::Short };
                ink::sample(&mut paint.shapes, at, dashed);
            });
            entry(&mut paint, "made here", &|paint, at| {
                let whole = Look { colour: palette.soft, width: 2.0, dash: Dash::Whole };
                ink::sample(&mut paint.shapes, at, whole);
            });
        }
        paint.flush();
        ui.allocate_space(vec2(right - corner.x, y - corner.y + LINE / 2.0));
    }

    /// What a screen reader says of it.
    pub fn summary(&self) -> String {
        let of = |series: &Series<'_>| {
            let whose = if series.published { "as published" } else { "made here" };
            if !self.categories.is_empty() && !series.points.is_empty() {
                let of = |(x, y): &(f64, f64)| {
                    format!("{} {}", self.place_words(*x), self.height_words(rounded(*y)))
                };
                let all: Vec<String> = series.points.iter().map(of).collect();
                return format!("{} {whose}: {}", series.name, all.join(", "));
            }
            match (series.points.first(), series.points.last()) {
                (Some(first), Some(last)) => format!(
                    "{} {whose}: from {} at {} to {} at {}",
                    series.name,
                    self.height_words(first.1),
                    self.place_words(first.0),
                    self.height_words(last.1),
                    self.place_words(last.0)
                ),
                _ => format!("{} {whose}: nothing yet", series.name),
            }
        };
        let bins =
            self.bins.iter().filter(|bin| bin.count > 0).map(|bin| {
                format!("{} to {}: {}", amount(bin.from), with_unit(bin.to, self.x.unit), bin.count)
            });
        self.series.iter().map(of).chain(bins).collect::<Vec<_>>().join("; ")
    }

    fn height_words(&self, value: f64) -> String {
        if self.shares { format!("{} %", amount(value * 100.0)) } else { with_unit(value, self.y.unit) }
    }

    /// What is said of a place along the axis.
    fn told_at(&self, x: f64) -> String {
        let series = |series: &Series<'_>| {
            let value = series_at(series, x)?;
            let whose = if series.published { ", as published" } else { "" };
            Some(format!("{}{whose}: {}", series.name, self.height_words(rounded(value))))
        };
        let bin = self.bins.iter().find(|bin| bin.from <= x && x < bin.to);
        let bin = bin.map(|bin| format!("{} to {}: {} runs", amount(bin.from), amount(bin.to), bin.count));
        self.series.iter().filter_map(series).chain(bin).collect::<Vec<_>>().join("\n")
    }
}

/// Three figures that count.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let power = 10f64.powi(2 - value.abs().log10().floor() as i32);
    (value * power).round() / power
}

fn series_at(series: &Series<'_>, x: f64) -> Option<f64> {
    let next = series.points.partition_point(|point| point.0 <= x);
    let before = next.checked_sub(1).and_then(|at| series.points.get(at));
    match (series.kind, before, series.points.get(next)) {
        (Kind::Shares, before, _) if !series.published => Some(before.map_or(0.0, |point| point.1)),
        (_, Some(a), Some(b)) => Some(a.1 + (b.1 - a.1) * (x - a.0) / (b.0 - a.0).max(1e-12)),
        (_, Some(last), None) if last.0 == x => Some(last.1),
        _ => None,
    }
}

fn look(series: &Series<'_>, palette: &Palette) -> Look {
    let colour = palette.series(series.number);
    if series.published {
        Look { colour, width: 1.4, dash: Dash::Short }
    } else {
        Look { colour, width: 2.0, dash: Dash::Whole }
    }
}

/// A curve's points on the screen. Shares of ours rise in steps, from nothing at the left to as far as they got.
fn points(series: &Series<'_>, x: &Scale, y: &Scale) -> Vec<Pos2> {
    let place =
        |point: &(f64, f64)| pos2(x.x(point.0), if point.1.is_finite() { y.y(point.1) } else { f32::NAN });
    let points: Vec<Pos2> = series.points.iter().map(place).collect();
    if series.kind == Kind::Line || series.published {
        return points;
    }
    let last = points.last().map_or(y.y(0.0), |last| last.y);
    let ends = |points: Vec<Pos2>| {
        let mut all = Vec::with_capacity(points.len() + 2);
        all.push(pos2(x.across.min, y.y(0.0)));
        all.extend(points);
        all.push(pos2(x.across.max, last));
        all
    };
    ink::stepped(&ends(points))
}

/// The bars of a curve: hollow as published, filled as made here, with its number where there are several.
fn bars_ui(paint: &mut Paint<'_>, series: &Series<'_>, bars: &[Rect], numbered: bool) {
    let colour = paint.palette.series(series.number);
    for bar in bars {
        let bar = paint.crisp(*bar);
        if series.published {
            paint.fill(bar, 1, mix(colour, paint.palette.canvas, HOLLOW));
            paint.dashed(bar, Stroke::new(1.4, colour));
        } else {
            paint.fill(bar, 1, mix(colour, paint.palette.canvas, FILLED));
            if numbered && bar.width() >= 2.0 * DISC {
                disc_ui(paint, pos2(bar.center().x, bar.bottom() - DISC - 3.0), series.number);
            }
        }
    }
}

/// The number of a curve on its disc.
fn disc_ui(paint: &mut Paint<'_>, at: Pos2, number: usize) {
    let palette = paint.palette;
    paint.shapes.push(Shape::circle_filled(at, DISC + 1.0, palette.panel));
    paint.shapes.push(Shape::circle_filled(at, DISC, palette.series(number)));
    let style = Style::words(Size::Small, Weight::Semibold);
    paint.text(at, Align2::CENTER_CENTER, style, &(number + 1).to_string(), palette.panel);
}

impl fmt::Display for Placed {
    /// The axes and, of each curve, where it begins and ends.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "x {} to {}", amount(self.x.from), amount(self.x.to))?;
        writeln!(f, "y {} to {}", amount(self.y.from), amount(self.y.to))?;
        for curve in &self.curves {
            match (curve.first(), curve.last()) {
                (Some(first), Some(last)) => writeln!(
                    f,
                    "{} points from {:.0} {:.0} to {:.0} {:.0}",
                    curve.len(),
                    first.x,
                    first.y,
                    last.x,
                    last.y
                )?,
                _ => writeln!(f, "no points")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: Axis<'static> = Axis { name: "time", unit: "ms", log: true };
    const Y: Axis<'static> = Axis { name: "crashes", unit: "", log: false };
    const RECT: Rect = Rect { min: pos2(0.0, 0.0), max: pos2(666.0, 348.0) };

    fn series<'a>(number: usize, published: bool, points: &'a [(f64, f64)]) -> Series<'a> {
        Series { name: ["a", "b", "c", "d"][number], number, published, kind: Kind::Shares, points }
    }

    fn chart<'a>(series: Vec<Series<'a>>) -> Chart<'a> {
        Chart { title: "Outages", x: X, y: Y, categories: &[], shares: true, series, bins: vec![] }
    }

    #[test]
    fn ours_go_from_nothing_to_as_far_as_they_got() {
        let (paper, ours) = ([(20.0, 0.1), (400.0, 1.0)], [(50.0, 0.5), (90.0, 0.75)]);
        let placed =
            chart(vec![series(0, true, &paper), series(0, false, &ours), series(1, false, &[])]).place(RECT);
        assert_eq!(
            placed.to_string(),
            "x 20 to 500\ny 0 to 1\n2 points from 52 278 to 610 8\n7 points from 52 308 to 652 83\n3 points from 52 308 to 652 308\n"
        );
        assert!(placed.discs.iter().all(Option::is_none), "two curves need no numbers");
    }

    #[test]
    fn numbers_keep_clear_of_each_other() {
        let same = [(50.0, 0.2), (90.0, 0.5), (120.0, 1.0)];
        let all: Vec<Series<'_>> = (0..4).map(|number| series(number, false, &same)).collect();
        let placed = chart(all).place(RECT);
        let discs: Vec<Pos2> = placed.discs.iter().map(|disc| disc.unwrap()).collect();
        for (at, one) in discs.iter().enumerate() {
            assert!(
                discs[at + 1..].iter().all(|other| other.distance(*one) >= 2.0 * DISC - 0.1),
                "{discs:?}"
            );
        }
    }

    #[test]
    fn what_is_pointed_at_is_told() {
        let (paper, ours) = ([(20.0, 0.1), (40.0, 0.5)], [(30.0, 0.5), (90.0, 1.0)]);
        let chart = chart(vec![series(0, true, &paper), series(0, false, &ours)]);
        assert_eq!(chart.told_at(30.0), "a, as published: 30 %\na: 50 %");
        assert_eq!(chart.told_at(10.0), "a: 0 %");
        assert_eq!(
            chart.summary(),
            "a as published: from 10 % at 20 ms to 50 % at 40 ms; a made here: from 50 % at 30 ms to 100 % at 90 ms"
        );
        let bins = Chart {
            bins: vec![Bin { from: 0.0, to: 10.0, count: 3 }],
            series: vec![],
            shares: false,
            x: Axis { log: false, ..X },
            ..chart
        };
        assert_eq!(bins.told_at(4.0), "0 to 10: 3 runs");
        assert_eq!(bins.summary(), "0 to 10 ms: 3");
    }

    #[test]
    fn curves_that_are_all_high_are_not_drawn_from_nothing() {
        let high = [(20.0, 97.4), (400.0, 100.0)];
        let y = |points: &[(f64, f64)]| {
            let line = Series { kind: Kind::Line, ..series(0, false, points) };
            let placed = Chart { shares: false, ..chart(vec![line]) }.place(RECT);
            (placed.y.from, placed.y.to)
        };
        assert_eq!(y(&high), (97.0, 100.0));
        assert_eq!(y(&[(20.0, 40.0), (400.0, 100.0)]).0, 0.0);
        assert_eq!(y(&[(20.0, 40.0)]).0, 0.0);
    }

    #[test]
    fn names_along_the_axis_have_bars() {
        let (paper, ours) = ([(0.0, 97.4), (1.0, 0.0)], [(0.0, 97.0), (1.0, 40.0)]);
        let kind = Kind::Line;
        let all =
            vec![Series { kind, ..series(0, true, &paper) }, Series { kind, ..series(0, false, &ours) }];
        let x = Axis { log: false, ..X };
        let chart = Chart { categories: &["disks", "SSDs"], shares: false, x, ..chart(all) };
        let placed = chart.place(RECT);
        let bars = chart.bars(&placed);
        let [(paper, theirs), (ours, mine)] = &bars[..] else { panic!("{bars:?}") };
        assert!(paper.published && !ours.published);
        for (theirs, mine) in theirs.iter().zip(mine) {
            assert!(theirs.right() <= mine.left() + 0.1 && theirs.bottom() == mine.bottom());
            assert!(theirs.height() >= 1.0, "nothing is a line at least");
        }
        assert!(mine[0].right() < theirs[1].left() && mine[1].height() < mine[0].height());
        let names: Vec<&str> = chart.names(&placed).map(|name| name.2).collect();
        assert_eq!((names, chart.ticks(&placed).1.len()), (vec!["disks", "SSDs"], 0));
        assert_eq!(chart.summary(), "a as published: disks 97.4, SSDs 0; a made here: disks 97, SSDs 40");
        assert_eq!(
            (chart.place_words(1.0), chart.told_at(1.0)),
            ("SSDs".to_owned(), "a, as published: 0\na: 40".to_owned())
        );
        assert!(Chart { categories: &[], ..chart }.bars(&placed).is_empty());
    }

    #[test]
    fn nothing_and_odd_points_do_no_harm() {
        let odd = [(f64::NAN, 0.5), (-3.0, f64::INFINITY), (0.0, f64::NAN)];
        for points in [&odd[..], &[]] {
            for (log, shares) in [(true, true), (false, false)] {
                let x = Axis { log, ..X };
                let chart = Chart { x, shares, ..chart(vec![series(0, false, points)]) };
                let placed = chart.place(RECT);
                assert!(placed.x.from < placed.x.to && placed.y.from < placed.y.to);
                assert!(placed.curves[0].iter().all(|point| point.x.is_finite()));
                let _ = (chart.summary(), chart.told_at(1.0));
            }
        }
    }
}
