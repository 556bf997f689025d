//! A hash ring: whose arc each part of the circle is, where the keys lie; and beside it in words who owns how much and who
//! keeps which key, for a circle as tall as a strip has no room for names.
//!
//! A node owns the arc that ends at its point. Keys lie inside the circle. Who keeps a key stands beside its name, the one
//! that leads first; who is out of place stands apart, hollow.

use sim::ordered::SortedMap;
use std::f32::consts::TAU;
use std::fmt;

use eframe::egui::{Align2, Color32, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};
use sim::ActorId;
use sim::view::{Ring, RingKey};

use super::hits::{Hit, What};
use crate::action::Selection;
use crate::canvas::ink;
use crate::canvas::labels::Style;
use crate::paint::Paint;
use crate::theme::{Palette, Size, Weight, mix, space};

/// A line of the legend.
const LINE: f32 = 19.0;
/// Around the circle: names.
const MARGIN: f32 = 25.0;
/// The circle's line.
const WIDTH: f32 = 7.0;
/// The largest circle, from edge to edge.
const LARGEST: f32 = 300.0;
/// Above so many points names would hide each other: the legend has them.
const NAMED: usize = 24;
/// A letter of a key is so wide.
const LETTER: f32 = 0.6 * Size::Label.points();
/// A keeper of a key: its mark and its name.
const KEEPER: f32 = 32.0;
/// A node's line in the legend.
const NODE: f32 = 152.0;
/// Between who keeps a key and who is out of place.
const APART: f32 = 12.0;
/// Between two columns of keys.
const COLUMNS_APART: f32 = 22.0;

/// How tall a ring wants to be, without the strip's head.
pub fn height(ring: &Ring) -> f32 {
    let lines = ring.keys.len().max(6) as f32;
    (lines * LINE + 8.0).clamp(140.0, 170.0)
}

/// A node in the legend.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Owner {
    actor: ActorId,
    /// Of the circle.
    share: f64,
    keys: usize,
    up: bool,
}

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Dial<'a> {
    ring: &'a Ring,
    centre: Pos2,
    radius: f32,
    owners: Vec<Owner>,
    room: Rect,
    /// Lines of the legend: the owners, then the keys.
    lines: Vec<Rect>,
    most: Vec2,
}

/// Which way a place lies, clockwise from the top.
fn direction(at: f64) -> Vec2 {
    let angle = TAU * at as f32 - TAU / 4.0;
    vec2(angle.cos(), angle.sin())
}

/// A place as a part of the circle.
fn part(at: u32) -> f64 {
    f64::from(at) / 4_294_967_296.0
}

/// Each node's share of the circle, by node.
fn owners(ring: &Ring) -> Vec<Owner> {
    let mut owners: SortedMap<ActorId, Owner> = SortedMap::new();
    for (at, point) in ring.points.iter().enumerate() {
        let before = if at == 0 { ring.points.len() - 1 } else { at - 1 };
        let arc =
            if ring.points.len() == 1 { 1.0 } else { part(point.at.wrapping_sub(ring.points[before].at)) };
        let owner = owners.entry(point.actor);
        let owner = owner.or_insert(Owner { actor: point.actor, share: 0.0, keys: 0, up: point.up });
        owner.share += arc;
    }
    for key in &ring.keys {
        for actor in key.owners.iter().chain(&key.strays) {
            if let Some(owner) = owners.get_mut(actor) {
                owner.keys += 1;
            }
        }
    }
    owners.into_values().collect()
}

impl<'a> Dial<'a> {
    pub fn new(rect: Rect, ring: &'a Ring, pan: Vec2) -> Self {
        let part = if rect.width() < 480.0 { 0.4 } else { 0.46 };
        let side = rect.height().min(rect.width() * part).clamp(1.0, LARGEST + 2.0 * MARGIN);
        let radius = (side / 2.0 - MARGIN).max(12.0);
        let centre = pos2(rect.left() + 12.0 + side / 2.0, rect.top() + (rect.height() / 2.0).max(radius));
        let room = Rect::from_min_max(
            pos2((centre.x + radius + MARGIN + 18.0).min(rect.right()), rect.top() + 2.0),
            pos2((rect.right() - 12.0).max(centre.x), (rect.bottom() - 4.0).max(rect.top() + 2.0)),
        );
        let owners = owners(ring);
        let (lines, most) = lines(ring, &owners, room, pan);
        Self { ring, centre, radius, owners, room, lines, most }
    }

    fn on_circle(&self, at: u32, radius: f32) -> Pos2 {
        self.centre + direction(part(at)) * radius
    }

    /// The arc from one part of the circle to another, clockwise.
    fn arc(&self, from: f64, length: f64, radius: f32) -> Vec<Pos2> {
        let steps = ((length * 96.0).ceil() as usize).clamp(2, 96);
        let point =
            |step: usize| self.centre + direction(from + length * step as f64 / steps as f64) * radius;
        (0..=steps).map(point).collect()
    }

    /// Whether a line of the legend is shown: a column that does not fit whole waits until it is scrolled to.
    fn is_in_sight(&self, line: &Rect) -> bool {
        let whole =
            line.right() - COLUMNS_APART <= self.room.right() && line.left() >= self.room.left() - 1.0;
        line.intersects(self.room) && (whole || line.width() > self.room.width())
    }

    /// The key that lies at a line of the legend.
    fn key(&self, line: usize) -> Option<&'a RingKey> {
        self.ring.keys.get(line.checked_sub(self.owners.len())?)
    }
}

/// The lines of the legend, in columns from top to bottom; they scroll sideways where there is room for two columns, else
/// downwards.
fn lines(ring: &Ring, owners: &[Owner], room: Rect, pan: Vec2) -> (Vec<Rect>, Vec2) {
    let name = ring.keys.iter().map(|key| key.name.chars().count()).max().unwrap_or(0).min(14) as f32;
    let keepers = ring.keys.iter().map(|key| key.owners.len() + key.strays.len()).max().unwrap_or(0) as f32;
    let apart = if ring.keys.iter().any(|key| !key.strays.is_empty()) { APART } else { 0.0 };
    let key = name * LETTER + 12.0 + keepers * KEEPER + apart + COLUMNS_APART;
    let tall = ((room.height() / LINE).floor() as usize).max(1);
    let single = room.width() < NODE + key;
    let (all, kinds) = (owners.len() + ring.keys.len(), [(owners.len(), NODE), (ring.keys.len(), key)]);
    if single {
        let most = vec2(0.0, (all as f32 * LINE - room.height()).max(0.0));
        let top = room.top() - pan.y.clamp(0.0, most.y);
        let line = |at: usize| {
            Rect::from_min_size(
                pos2(room.left(), top + LINE * at as f32),
                vec2(room.width() + COLUMNS_APART, LINE),
            )
        };
        return ((0..all).map(line).collect(), most);
    }
    let mut lines = Vec::with_capacity(all);
    let mut left = 0.0;
    for (count, width) in kinds {
        let columns = count.div_ceil(tall);
        for at in 0..count {
            let corner =
                pos2(room.left() + left + width * (at / tall) as f32, room.top() + LINE * (at % tall) as f32);
            lines.push(Rect::from_min_size(corner, vec2(width, LINE)));
        }
        left += width * columns as f32;
    }
    let most = vec2((left - room.width()).max(0.0), 0.0);
    let pan = vec2(pan.x.clamp(0.0, most.x), 0.0);
    (lines.into_iter().map(|line| line.translate(-pan)).collect(), most)
}

/// A node's colour on rings and in legends.
fn colour(palette: &Palette, actor: ActorId) -> Color32 {
    palette.series(usize::from(actor.number().saturating_sub(1)))
}

impl super::Placed for Dial<'_> {
    fn most(&self) -> Vec2 {
        self.most
    }

    fn room(&self) -> Rect {
        let circle = Rect::from_center_size(self.centre, Vec2::splat(2.0 * (self.radius + MARGIN)));
        circle.union(self.room)
    }

    fn paint(&self, paint: &mut Paint<'_>, selection: &Selection) {
        self.circle_ui(paint, selection);
        self.names_ui(paint, selection);
        let outer = paint.painter.clone();
        paint.clip(self.room);
        for (at, line) in self.lines.iter().enumerate().filter(|(_, line)| self.is_in_sight(line)) {
            match (self.owners.get(at), self.key(at)) {
                (Some(owner), _) => owner_ui(paint, *line, owner, selection.has(owner.actor)),
                (None, Some(key)) => key_ui(paint, *line, key),
                (None, None) => {}
            }
        }
        paint.flush();
        paint.painter = outer;
        if self.room.left() - self.lines.first().map_or(0.0, |line| line.left()) < self.most.x - 0.5 {
            let tip = pos2(self.room.right() + 7.0, self.room.center().y);
            let line = vec![tip + vec2(-4.0, -4.0), tip, tip + vec2(-4.0, 4.0)];
            paint.shapes.push(Shape::line(line, Stroke::new(space::LINE, paint.palette.link)));
            paint.flush();
        }
    }

    fn hits(&self) -> Vec<Hit<'_>> {
        let owner = |(owner, line): (&Owner, &Rect)| {
            let Owner { actor, share, keys, up } = *owner;
            Hit { rect: *line, actor: Some(actor), what: What::Node { actor, share, keys, up } }
        };
        let owners = self.owners.iter().zip(&self.lines).filter(|(_, line)| self.is_in_sight(line));
        let mut hits: Vec<Hit<'_>> = owners.map(owner).collect();
        let keys = self.ring.keys.iter().zip(&self.lines[self.owners.len()..]);
        for (key, line) in keys.filter(|(_, line)| self.is_in_sight(line)) {
            hits.push(Hit { rect: *line, actor: None, what: What::Key(key) });
        }
        for hit in &mut hits {
            hit.rect = hit.rect.intersect(self.room);
        }
        for point in &self.ring.points {
            let Some(owner) = self.owners.iter().find(|owner| owner.actor == point.actor) else { continue };
            let at = self.on_circle(point.at, self.radius);
            let what = What::Point(point, owner.share);
            hits.push(Hit { rect: ink::around(at, 14.0, 14.0), actor: Some(point.actor), what });
        }
        hits
    }
}

impl Dial<'_> {
    /// The arcs in their owners' colours, the points that end them, the keys inside.
    fn circle_ui(&self, paint: &mut Paint<'_>, selection: &Selection) {
        let palette = paint.palette;
        let points = &self.ring.points;
        if points.is_empty() {
            paint.shapes.push(Shape::circle_stroke(
                self.centre,
                self.radius,
                Stroke::new(space::LINE, palette.hairline),
            ));
        }
        for (at, point) in points.iter().enumerate() {
            let before = points[if at == 0 { points.len() - 1 } else { at - 1 }].at;
            let length = if points.len() == 1 { 1.0 } else { part(point.at.wrapping_sub(before)) };
            let arc = self.arc(part(before), length, self.radius);
            let tint = colour(palette, point.actor);
            if point.up {
                paint.shapes.push(Shape::line(arc, Stroke::new(WIDTH, mix(tint, palette.canvas, 40))));
            } else {
                // One that is down still owns its arc: drawn hollow.
                for radius in [self.radius - WIDTH / 2.0 + 0.5, self.radius + WIDTH / 2.0 - 0.5] {
                    paint.shapes.push(Shape::line(
                        self.arc(part(before), length, radius),
                        Stroke::new(space::HAIRLINE, palette.down),
                    ));
                }
            }
        }
        let ticks = points.len() > NAMED;
        for point in points {
            let at = self.on_circle(point.at, self.radius);
            let tint = if point.up { colour(palette, point.actor) } else { palette.down };
            let chosen = selection.has(point.actor);
            if ticks && !chosen {
                let out = direction(part(point.at));
                let line = [at - out * (WIDTH / 2.0 + 1.0), at + out * (WIDTH / 2.0 + 1.0)];
                paint.shapes.push(Shape::line_segment(line, Stroke::new(space::LINE, palette.canvas)));
                continue;
            }
            let half = if points.len() > 12 { 4.0 } else { 5.5 };
            paint.shapes.push(Shape::circle_filled(at, half + 1.5, palette.canvas));
            let inside = if point.up { tint } else { palette.canvas };
            paint.shapes.push(Shape::circle_filled(at, half, tint));
            paint.shapes.push(Shape::circle_filled(at, half - 1.5, inside));
            if chosen {
                let ring = Stroke::new(space::LINE + 0.3, palette.act);
                paint.shapes.push(Shape::circle_stroke(at, half + 3.0, ring));
            }
        }
        for key in &self.ring.keys {
            let at = self.on_circle(key.at, self.radius - WIDTH - 5.0);
            let half = 3.6;
            let diamond = vec![
                at + vec2(0.0, -half),
                at + vec2(half, 0.0),
                at + vec2(0.0, half),
                at + vec2(-half, 0.0),
            ];
            let kept = key.owners.first().map(|actor| colour(palette, *actor));
            let stroke = Stroke::new(space::HAIRLINE, palette.text);
            paint.shapes.push(Shape::convex_polygon(diamond, kept.unwrap_or(palette.canvas), stroke));
        }
    }

    /// Names of the points outside, of the keys inside, where they hide no other.
    fn names_ui(&self, paint: &mut Paint<'_>, selection: &Selection) {
        let palette = paint.palette;
        let mut taken: Vec<Rect> = Vec::new();
        let style = Style::words(Size::Small, Weight::Semibold);
        if self.ring.points.len() <= NAMED {
            for point in &self.ring.points {
                let at = self.on_circle(point.at, self.radius + WIDTH / 2.0 + 14.0);
                let name = point.actor.to_string();
                let rect = ink::around(at, paint.width(style, &name), 12.0);
                if taken.iter().any(|other| other.intersects(rect)) {
                    continue;
                }
                taken.push(rect);
                let tint = match (selection.has(point.actor), point.up) {
                    (true, _) => palette.act,
                    (false, true) => palette.text,
                    (false, false) => palette.faint,
                };
                paint.text(at, Align2::CENTER_CENTER, style, &name, tint);
            }
        }
        let style = Style::values(Size::Small);
        for key in &self.ring.keys {
            let way = direction(part(key.at));
            let at = self.centre + way * (self.radius - WIDTH - 13.0);
            let width = paint.width(style, &key.name);
            // The word lies towards the middle, level.
            let anchor = if way.x > 0.2 {
                Align2::RIGHT_CENTER
            } else if way.x < -0.2 {
                Align2::LEFT_CENTER
            } else if way.y < 0.0 {
                Align2::CENTER_TOP
            } else {
                Align2::CENTER_BOTTOM
            };
            let rect = anchor.anchor_size(at, vec2(width, 12.0));
            let inside = [rect.left_top(), rect.right_top(), rect.left_bottom(), rect.right_bottom()]
                .iter()
                .all(|corner| corner.distance(self.centre) < self.radius - WIDTH - 4.0);
            if !inside || taken.iter().any(|other| other.expand(1.0).intersects(rect)) {
                continue;
            }
            taken.push(rect);
            paint.text(at, anchor, style, &key.name, palette.soft);
        }
        paint.flush();
    }
}

fn owner_ui(paint: &mut Paint<'_>, line: Rect, owner: &Owner, selected: bool) {
    let palette = paint.palette;
    let middle = line.center().y;
    swatch(paint, pos2(line.left() + 6.0, middle), owner.actor, owner.up);
    let name = if selected { palette.act } else { palette.text };
    let style = Style::words(Size::Label, Weight::Semibold);
    paint.text(pos2(line.left() + 18.0, middle), Align2::LEFT_CENTER, style, &owner.actor.to_string(), name);
    let share = format!("{:.0} %", owner.share * 100.0);
    let values = Style::values(Size::Label);
    paint.text(pos2(line.left() + 80.0, middle), Align2::RIGHT_CENTER, values, &share, palette.text);
    let keys = match (owner.up, owner.keys) {
        (false, _) => "down".to_owned(),
        (true, 1) => "1 key".to_owned(),
        (true, keys) => format!("{keys} keys"),
    };
    let words = Style::words(Size::Label, Weight::Regular);
    paint.text(pos2(line.left() + 92.0, middle), Align2::LEFT_CENTER, words, &keys, palette.soft);
}

/// A node's mark: filled, hollow where it is down.
fn swatch(paint: &mut Paint<'_>, at: Pos2, actor: ActorId, filled: bool) {
    let tint = colour(paint.palette, actor);
    if filled {
        paint.shapes.push(Shape::circle_filled(at, 4.5, tint));
    } else {
        paint.shapes.push(Shape::circle_stroke(at, 4.0, Stroke::new(space::LINE, tint)));
    }
}

fn key_ui(paint: &mut Paint<'_>, line: Rect, key: &RingKey) {
    let palette = paint.palette;
    let middle = line.center().y;
    let values = Style::values(Size::Label);
    let keepers = (key.owners.len() + key.strays.len()) as f32 * KEEPER;
    let apart = if key.strays.is_empty() { 0.0 } else { APART };
    let mut left = (line.right() - COLUMNS_APART - keepers - apart).max(line.left() + 24.0);
    let width = left - line.left() - 4.0;
    paint.fitted(pos2(line.left(), middle), Align2::LEFT_CENTER, values, &key.name, palette.text, width);
    let style = Style::words(Size::Label, Weight::Medium);
    for (at, actor) in key.owners.iter().enumerate() {
        swatch(paint, pos2(left + 5.0, middle), *actor, true);
        let colour = if at == 0 { palette.text } else { palette.soft };
        paint.text(pos2(left + 13.0, middle), Align2::LEFT_CENTER, style, &actor.to_string(), colour);
        left += KEEPER;
    }
    if !key.strays.is_empty() {
        let stroke = Stroke::new(space::HAIRLINE, palette.link);
        paint.dashes([pos2(left + 4.0, middle - 6.0), pos2(left + 4.0, middle + 6.0)], stroke);
        left += apart;
    }
    for actor in &key.strays {
        swatch(paint, pos2(left + 5.0, middle), *actor, false);
        paint.text(pos2(left + 13.0, middle), Align2::LEFT_CENTER, style, &actor.to_string(), palette.soft);
        left += KEEPER;
    }
}

impl fmt::Display for Dial<'_> {
    /// The circle, the owners, the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "circle at {:.0} {:.0} radius {:.0}", self.centre.x, self.centre.y, self.radius)?;
        for (owner, line) in self.owners.iter().zip(&self.lines) {
            let Owner { actor, share, keys, up } = owner;
            let down = if *up { "" } else { " down" };
            let (x, y) = (line.left(), line.top());
            writeln!(f, "{actor} {:.0} % {keys} keys{down} at {x:.0} {y:.0}", share * 100.0)?;
        }
        for (key, line) in self.ring.keys.iter().zip(&self.lines[self.owners.len()..]) {
            writeln!(f, "{} at {:.0} {:.0}", key.name, line.left(), line.top())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::sample::strips;
    use sim::view::{Body, RingPoint, Strip};

    fn ring(strip: &Strip) -> &Ring {
        let Body::Ring(ring) = &strip.body else { panic!("a ring") };
        ring
    }

    fn rect(width: f32, height: f32) -> Rect {
        Rect::from_min_size(pos2(0.0, 30.0), vec2(width, height))
    }

    #[test]
    fn shares_are_the_arcs_that_end_at_a_node_s_points() {
        let point = |at: u32, number| RingPoint { at, actor: ActorId::node(number), up: true };
        let quarter = 1 << 30;
        let ring = Ring { points: vec![point(0, 1), point(quarter, 2), point(2 * quarter, 1)], keys: vec![] };
        let shares: Vec<f64> = owners(&ring).iter().map(|owner| owner.share).collect();
        assert_eq!(shares, [0.75, 0.25], "the arc over the top is the first point's");
        let alone = Ring { points: vec![point(77, 1)], keys: vec![] };
        assert_eq!(owners(&alone)[0].share, 1.0);
        let many = strips::ring(6, 8, 12);
        let sum: f64 = owners(super::tests::ring(&many)).iter().map(|owner| owner.share).sum();
        assert!((sum - 1.0).abs() < 1e-9);
    }

    #[test]
    fn places_go_round_clockwise_from_the_top() {
        for (at, x, y) in [(0.0, 0.0, -1.0), (0.25, 1.0, 0.0), (0.5, 0.0, 1.0), (0.75, -1.0, 0.0)] {
            assert!((direction(at) - vec2(x, y)).length() < 1e-5, "{at}");
        }
    }

    #[test]
    fn the_legend_stands_beside_in_columns_or_scrolls() {
        let strip = strips::ring(5, 1, 8);
        let told = Dial::new(rect(703.0, 150.0), ring(&strip), Vec2::ZERO).to_string();
        assert!(told.starts_with("circle at 87 105 radius 50\nn1 "), "{told}");
        assert!(told.contains("list at ") && told.lines().count() == 1 + 5 + 8, "{told}");
        let narrow = Dial::new(rect(358.0, 150.0), ring(&strip), vec2(0.0, 1e9));
        assert_eq!(narrow.most.y, 13.0 * LINE - narrow.room.height());
        assert!(narrow.lines[12].bottom() <= narrow.room.bottom() + 0.5, "the last key is in sight");
        let tall = Dial::new(rect(703.0, 420.0), ring(&strip), Vec2::ZERO);
        assert!(tall.radius > 120.0, "{tall}");
    }

    #[test]
    fn nothing_to_show_is_an_empty_circle() {
        let empty = Ring::default();
        let dial = Dial::new(rect(1.0, 1.0), &empty, vec2(9.0, 9.0));
        assert!(dial.lines.is_empty() && dial.radius > 0.0);
    }
}
