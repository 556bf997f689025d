//! Nodes and clients, painted.
//!
//! A disc carries its name and its badge, or its term; the ring says the role (thick and crowned: leads; hollow crown: led in an older
//! term; dashes: asks for votes), the arc around it is its timer running down, the ring in the accent colour is the
//! selection. What is wrong stands in badges along the rim. A client is a square, with what it waits for beside it.

use std::fmt::Write as _;

use eframe::egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, emath::TSTransform,
    pos2, vec2,
};
use sim::story::{BandState, Rank};
use sim::view::{ActorView, Status};
use sim::{MessageId, Span, Story};

use super::arrange::{Arrangement, Spot};
use super::ink;
use super::labels::{Labels, Style};
use crate::icons::{self, Icon};
use crate::theme::{Palette, Size, Weight, space};

/// A change of state pulses for so long, in virtual time.
pub const PULSE: Span = Span::millis(350);
/// The radius that the sizes below belong to.
const USUAL_RADIUS: f32 = 28.0;
/// Below this radius the term leaves the disc.
const TERM_RADIUS: f32 = 21.0;
/// Below this radius the badge is shown while its node is looked at.
const BADGE_RADIUS: f32 = 14.0;
/// A name of more letters leaves the disc.
const NAME_LETTERS: usize = 4;

/// How an actor is painted, apart from what its view says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Marks {
    /// Selected, or among the marked.
    pub selected: bool,
    /// Has the keyboard's focus.
    pub focused: bool,
    /// Pointed at.
    pub hovered: bool,
    /// A previewed fault concerns it.
    pub previewed: bool,
}

/// What painting actors needs.
pub struct Brush<'a> {
    /// Where.
    pub painter: &'a Painter,
    /// The theme's.
    pub palette: &'static Palette,
    /// Scene to screen.
    pub to_screen: TSTransform,
    /// Shapes so far; icons are painted after them.
    pub shapes: Vec<Shape>,
    /// Icons: which, where, how large, in which colour.
    pub icons: Vec<(Icon, Pos2, f32, Color32)>,
    /// What `term` is called in this lab.
    pub version_word: &'a str,
    /// Large and without terms: the first screen.
    pub plain: bool,
    /// Nothing but the clock may move.
    pub still: bool,
    /// Words that stand outside their things: the next ones keep clear of them.
    pub beside: Vec<Rect>,
    /// Messages that are not in full light, in order.
    pub dim: Vec<MessageId>,
    text: String,
}

impl<'a> Brush<'a> {
    /// A brush for one frame.
    pub fn new(
        painter: &'a Painter,
        palette: &'static Palette,
        to_screen: TSTransform,
        version_word: &'a str,
    ) -> Self {
        Self {
            painter,
            palette,
            to_screen,
            shapes: Vec::with_capacity(256),
            icons: Vec::new(),
            version_word,
            plain: false,
            still: false,
            beside: Vec::new(),
            dim: Vec::new(),
            text: String::new(),
        }
    }

    /// Hands everything to the painter.
    pub fn flush(&mut self) {
        self.painter.extend(std::mem::take(&mut self.shapes));
        for (icon, at, size, colour) in self.icons.drain(..) {
            icons::paint(self.painter, icon, at, size, colour);
        }
    }

    /// A node.
    pub fn node(&mut self, labels: &mut Labels, spot: &Spot, actor: &ActorView, marks: Marks) {
        let at = self.to_screen * spot.at;
        let radius = spot.radius * self.to_screen.scaling;
        match actor.status {
            Status::Down => self.dead(at, radius),
            Status::Off => self.shapes.push(Shape::circle_stroke(
                at,
                radius,
                Stroke::new(space::HAIRLINE, self.palette.pale(self.palette.down)),
            )),
            Status::Up | Status::Paused => self.living(at, radius, actor, marks.selected || marks.focused),
        }
        self.words(labels, at, radius, spot, actor, marks);
        self.badges(labels, at, radius, actor);
        self.rings(at, radius, marks);
    }

    /// Over an actor that is not in the light.
    pub fn veil(&mut self, spot: &Spot) {
        let at = self.to_screen * spot.at;
        let radius = spot.radius * self.to_screen.scaling + 6.0;
        let veil = self.palette.canvas.gamma_multiply(0.68);
        // Its words and badges are shapes as well, its crown is not: that comes first.
        self.flush();
        self.shapes.push(Shape::circle_filled(at, radius, veil));
        let crown = Rect::from_center_size(at - vec2(0.0, radius + 8.0), vec2(36.0, 28.0));
        self.shapes.push(Shape::rect_filled(crown, CornerRadius::same(6), veil));
    }

    fn dead(&mut self, at: Pos2, radius: f32) {
        let colour = self.palette.down;
        self.shapes.push(Shape::circle_filled(at, radius, self.palette.canvas));
        ink::dashed_ring(&mut self.shapes, at, radius, Stroke::new(space::LINE, colour));
        if radius >= 10.0 {
            let arm = radius * std::f32::consts::FRAC_1_SQRT_2;
            ink::cross(&mut self.shapes, at, arm, Stroke::new(space::HAIRLINE, self.palette.pale(colour)));
        }
    }

    fn living(&mut self, at: Pos2, radius: f32, actor: &ActorView, ringed: bool) {
        let rank = actor.role.map_or(Rank::Follower, |role| role.rank);
        let colour = self.palette.role(ink::role(rank));
        let fill = self.palette.role_fill(ink::role(rank));
        let thick = if radius >= 30.0 {
            space::RING_LARGE
        } else {
            space::RING.max(radius * 0.12).min(space::RING_LARGE)
        };
        let thick = if radius < 14.0 { 2.0 } else { thick };
        match rank {
            Rank::Leader => {
                self.shapes.push(Shape::circle_filled(at, radius, fill));
                self.shapes.push(Shape::circle_stroke(at, radius - thick / 2.0, Stroke::new(thick, colour)));
                self.crown(at, radius + if ringed { 9.0 } else { 1.0 }, radius, actor.stale);
            }
            Rank::Candidate => {
                self.shapes.push(Shape::circle_filled(at, radius, fill));
                ink::dashed_ring(&mut self.shapes, at, radius - thick / 2.0, Stroke::new(thick, colour));
            }
            Rank::Learner => {
                self.shapes.push(Shape::circle_filled(at, radius, self.palette.canvas));
                self.shapes.push(Shape::circle_stroke(at, radius, Stroke::new(space::HAIRLINE, colour)));
            }
            Rank::Follower | Rank::Client if radius < 14.0 => {
                ink::ring_dot(&mut self.shapes, at, radius, colour, fill);
            }
            Rank::Follower | Rank::Client => {
                self.shapes.push(Shape::circle_filled(at, radius, fill));
                self.shapes.push(Shape::circle_stroke(at, radius, Stroke::new(space::LINE, colour)));
            }
        }
        if let Some((whole, left)) = actor.timer.filter(|(whole, _)| whole.0 > 0 && !self.plain) {
            let part = (left.0 as f64 / whole.0 as f64) as f32;
            if radius >= 10.0 && part > 0.01 {
                let points = ink::arc(at, radius + 4.0, part);
                self.shapes
                    .push(Shape::line(points, Stroke::new(if radius >= 20.0 { 2.0 } else { 1.2 }, colour)));
            }
        }
    }

    fn crown(&mut self, at: Pos2, above: f32, radius: f32, hollow: bool) {
        let size = if self.plain { radius * 0.78 } else { (radius * 0.85).clamp(11.0, 30.0) };
        let icon = if hollow { Icon::CrownHollow } else { Icon::Crown };
        self.icons.push((icon, pos2(at.x, at.y - above - size * 0.42), size, self.palette.leader));
    }

    fn words(
        &mut self,
        labels: &mut Labels,
        at: Pos2,
        radius: f32,
        spot: &Spot,
        actor: &ActorView,
        marks: Marks,
    ) {
        self.text.clear();
        let _ = write!(self.text, "{}", spot.actor);
        let outside = self.text.len() > NAME_LETTERS || radius < 11.0;
        let speaks = marks.selected || marks.hovered || marks.focused;
        let leads = actor.role.is_some_and(|role| role.rank == Rank::Leader);
        if outside && !speaks && !leads && self.text.len() <= NAME_LETTERS {
            return;
        }
        let colour = match actor.status {
            Status::Up | Status::Paused => self.palette.text,
            Status::Down => self.palette.soft,
            Status::Off => self.palette.faint,
        };
        let points = Size::Name.points() * (radius / USUAL_RADIUS).clamp(0.6, 3.0);
        let large = radius >= TERM_RADIUS && !outside;
        self.text.clear();
        let name_length = Self::under_name(&mut self.text, spot, actor, self.version_word, self.plain);
        let (name, under) = self.text.split_at(name_length);
        let style = Style::words_to_fit(points, Weight::Semibold);
        let small = Style::values_to_fit(10.5 * (radius / USUAL_RADIUS).clamp(1.0, 2.0));
        // What is too wide for the disc stands below it; on a small one, while it is looked at.
        let width = if under.is_empty() { 0.0 } else { labels.galley(self.painter, small, under).size().x };
        let inside = large && !under.is_empty() && width <= 1.86 * radius;
        let (place, anchor) = match (outside, inside) {
            (true, _) => (pos2(at.x, at.y + radius + 3.0), Align2::CENTER_TOP),
            (false, true) => (pos2(at.x, at.y - radius * 0.15), Align2::CENTER_CENTER),
            (false, false) => (at, Align2::CENTER_CENTER),
        };
        let (shape, named) = labels.place(self.painter, (place, anchor), style, name, colour);
        self.shapes.push(shape);
        let badge = !actor.badge.is_empty() && radius >= BADGE_RADIUS;
        if under.is_empty() || !(inside || large || badge || speaks || outside && leads) {
            return;
        }
        let below = match (inside, outside) {
            (true, _) => (pos2(at.x, at.y + radius * 0.38), Align2::CENTER_CENTER),
            (false, true) => (pos2(at.x, named.bottom()), Align2::CENTER_TOP),
            (false, false) => {
                (pos2(at.x, at.y + radius + if marks.selected { 12.0 } else { 7.0 }), Align2::CENTER_TOP)
            }
        };
        let (shape, rect) = labels.place(self.painter, below, small, under, self.palette.soft);
        if !inside {
            self.shapes.push(Shape::rect_filled(
                rect.expand2(vec2(2.0, -1.0)),
                CornerRadius::same(3),
                self.palette.canvas,
            ));
            self.beside.push(rect);
        }
        self.shapes.push(shape);
    }

    /// Writes a node's name and then what stands under it: its badge, or its role's version, or that it does not run.
    /// Where the name ends.
    fn under_name(
        text: &mut String,
        spot: &Spot,
        actor: &ActorView,
        version_word: &str,
        plain: bool,
    ) -> usize {
        let _ = write!(text, "{}", spot.actor);
        let name = text.len();
        match (actor.status, actor.role) {
            (Status::Down, _) => text.push_str("down"),
            (Status::Off, _) => text.push_str("spare"),
            _ if plain => {}
            _ if !actor.badge.is_empty() => text.push_str(&actor.badge),
            (Status::Paused, None) => text.push_str("paused"),
            (_, Some(role)) if !version_word.is_empty() => {
                let _ = write!(text, "{version_word} {}", role.version);
            }
            (Status::Up | Status::Paused, _) => {}
        }
        name
    }

    /// Slow, disk, clock, lies: discs along the rim from the lower right on; and how much waits.
    fn badges(&mut self, labels: &mut Labels, at: Pos2, radius: f32, actor: &ActorView) {
        let skewed = actor.clock_offset.abs() >= 1_000_000 || actor.clock_drift != 0;
        let troubles = [
            (actor.status == Status::Paused, Icon::Pause),
            (actor.slow > 1, Icon::Snail),
            (!actor.disk.is_empty(), Icon::Disk),
            (skewed, Icon::Clock),
            (!actor.lies.is_empty(), Icon::Question),
        ];
        let half = (radius * 0.32).clamp(6.0, 11.0);
        let mut angle = 0.7f32;
        for (_, icon) in troubles.into_iter().filter(|(wrong, _)| *wrong) {
            let place = at + (radius + half * 0.5) * vec2(angle.cos(), angle.sin());
            self.shapes.push(Shape::circle_filled(place, half, self.palette.raised));
            self.shapes.push(Shape::circle_stroke(
                place,
                half,
                Stroke::new(space::HAIRLINE, self.palette.soft),
            ));
            self.icons.push((icon, place, half * 1.45, self.palette.text));
            angle += 2.1 * half / radius.max(6.0);
        }
        if actor.queue == 0 || radius < 10.0 {
            return;
        }
        // A short stack and its height in figures, left of the disc's lower half.
        let corner = at + vec2(-radius * 0.86 - 13.0, radius * 0.9);
        for bar in 0..actor.queue.min(4) {
            let place = corner - vec2(0.0, 5.0 * bar as f32);
            let rect = ink::around(place, 13.0, 3.5);
            self.shapes.push(Shape::rect_filled(rect, CornerRadius::same(1), self.palette.soft));
        }
        self.text.clear();
        let _ = write!(self.text, "{}", actor.queue);
        let anchor = (corner + vec2(-10.0, 0.0), Align2::RIGHT_CENTER);
        let (shape, _) =
            labels.place(self.painter, anchor, Style::values(Size::Small), &self.text, self.palette.text);
        self.shapes.push(shape);
    }

    fn rings(&mut self, at: Pos2, radius: f32, marks: Marks) {
        let out = radius + 7.5;
        if marks.hovered && !marks.selected {
            let colour = self.palette.pale(self.palette.act);
            self.shapes.push(Shape::circle_stroke(at, out, Stroke::new(space::LINE, colour)));
        }
        if marks.selected || marks.focused {
            self.shapes.push(Shape::circle_stroke(at, out, Stroke::new(space::RING, self.palette.act)));
        }
        if marks.focused && marks.selected {
            self.shapes.push(Shape::circle_stroke(
                at,
                out + 4.0,
                Stroke::new(space::HAIRLINE, self.palette.act),
            ));
        }
        if marks.previewed {
            let colour = self.palette.pale(self.palette.act);
            ink::dashed_ring(&mut self.shapes, at, out + 3.0, Stroke::new(space::LINE, colour));
        }
    }

    /// The ring of an actor whose state has just changed, growing and fading.
    pub fn pulse(&mut self, spot: &Spot, story: &Story, now: sim::Time) {
        if self.still {
            return;
        }
        let Some(band) = story.band_at(spot.actor, now) else { return };
        let age = now.since(band.from);
        if band.from == sim::Time::ZERO || age >= PULSE {
            return;
        }
        let part = age.0 as f32 / PULSE.0 as f32;
        let colour = match band.state {
            BandState::Role(role) => ink::rank_colour(self.palette, role.rank),
            BandState::Up | BandState::Down | BandState::Paused => self.palette.down,
        };
        let radius = spot.radius * self.to_screen.scaling + 5.0 + 16.0 * part;
        let stroke = Stroke::new(3.0 * (1.0 - part) + 0.5, colour.gamma_multiply(0.8 * (1.0 - part)));
        self.shapes.push(Shape::circle_stroke(self.to_screen * spot.at, radius, stroke));
    }

    /// A client's square, named `name`.
    pub fn client(&mut self, labels: &mut Labels, spot: &Spot, actor: &ActorView, name: &str, marks: Marks) {
        let at = self.to_screen * spot.at;
        let half = spot.radius * self.to_screen.scaling;
        let rect = Rect::from_center_size(at, Vec2::splat(2.0 * half));
        let corner = CornerRadius::same((half * 0.4).clamp(4.0, 12.0) as u8);
        let up = actor.status == Status::Up;
        let line = if up { self.palette.soft } else { self.palette.down };
        self.shapes.push(Shape::rect_filled(
            rect,
            corner,
            if up { self.palette.panel } else { self.palette.canvas },
        ));
        let stroke = Stroke::new(space::LINE, line);
        self.shapes.push(Shape::rect_stroke(rect, corner, stroke, StrokeKind::Middle));
        let points = Size::Text.points() * (half / 16.0).clamp(0.75, 1.6).min(1.25);
        let style = Style::words_to_fit(points, Weight::Semibold);
        // Who is called otherwise here is told by the name that everything else has for it, too.
        let also = (!self.plain && half >= 18.0).then(|| actor.id.to_string()).filter(|id| id != name);
        let up = if also.is_some() { half * 0.28 } else { 0.0 };
        let place = (at - vec2(0.0, up), Align2::CENTER_CENTER);
        let (shape, _) = labels.place(self.painter, place, style, name, self.palette.text);
        self.shapes.push(shape);
        if let Some(id) = also {
            let place = (at + vec2(0.0, half * 0.48), Align2::CENTER_CENTER);
            let style = Style::values(Size::Small);
            let (shape, _) = labels.place(self.painter, place, style, &id, self.palette.soft);
            self.shapes.push(shape);
        }
        if !actor.badge.is_empty() && !self.plain {
            let style = Style::values(Size::Small);
            let below = (pos2(at.x, at.y + half + 4.0), Align2::CENTER_TOP);
            let (shape, rect) = labels.place(self.painter, below, style, &actor.badge, self.palette.soft);
            self.shapes.push(shape);
            self.beside.push(rect);
        }
        self.badges(labels, at, half, actor);
        let ring = Rect::from_center_size(at, Vec2::splat(2.0 * half + 10.0));
        let round = CornerRadius::same(corner.nw.saturating_add(4));
        if marks.hovered && !marks.selected {
            let stroke = Stroke::new(space::LINE, self.palette.pale(self.palette.act));
            self.shapes.push(Shape::rect_stroke(ring, round, stroke, StrokeKind::Middle));
        }
        if marks.selected || marks.focused {
            let stroke = Stroke::new(space::RING, self.palette.act);
            self.shapes.push(Shape::rect_stroke(ring, round, stroke, StrokeKind::Middle));
        }
    }

    /// The two lines of what a client waits for, where they hide nobody.
    pub fn waiting(
        &mut self,
        labels: &mut Labels,
        spot: &Spot,
        lines: &(String, String),
        arrangement: &Arrangement,
    ) {
        let at = self.to_screen * spot.at;
        let half = spot.radius * self.to_screen.scaling;
        let first = labels.galley(self.painter, Style::values(Size::Secondary), &lines.0);
        let second = labels.galley(self.painter, Style::words(Size::Label, Weight::Regular), &lines.1);
        let size = vec2(first.size().x.max(second.size().x), first.size().y + second.size().y);
        let room = self.painter.clip_rect();
        let gap = half + 8.0;
        let rects = [
            (Align2::CENTER_TOP, at + vec2(0.0, gap)),
            (Align2::LEFT_CENTER, at + vec2(gap, 0.0)),
            (Align2::RIGHT_CENTER, at - vec2(gap, 0.0)),
            (Align2::CENTER_BOTTOM, at - vec2(0.0, gap)),
        ]
        .map(|(anchor, place)| (anchor, anchor.anchor_size(place, size)));
        let hides = |rect: &Rect| {
            let discs = arrangement.spots.iter().filter(|other| other.actor != spot.actor);
            let hidden = discs.filter(|other| {
                let other_at = self.to_screen * other.at;
                rect.distance_to_pos(other_at) < other.radius * self.to_screen.scaling + 8.0
            });
            let words = self.beside.iter().filter(|other| other.intersects(*rect)).count();
            let outside = if room.contains_rect(*rect) { 0 } else { 2 };
            hidden.count() + 3 * words + outside
        };
        let Some((anchor, rect)) = rects.into_iter().min_by_key(|(_, rect)| hides(rect)) else { return };
        // Never half off the picture.
        let inside = vec2(
            (room.left() + 4.0 - rect.left()).max(0.0) + (room.right() - 4.0 - rect.right()).min(0.0),
            (room.top() + 4.0 - rect.top()).max(0.0) + (room.bottom() - 4.0 - rect.bottom()).min(0.0),
        );
        let rect = rect.translate(inside);
        self.beside.push(rect);
        let x = match anchor.x() {
            eframe::egui::Align::Min => rect.left(),
            eframe::egui::Align::Center => rect.center().x,
            eframe::egui::Align::Max => rect.right(),
        };
        let top = Align2([anchor.x(), eframe::egui::Align::Min]);
        for (text, y, style, colour) in [
            (&lines.0, rect.top(), Style::values(Size::Secondary), self.palette.text),
            (
                &lines.1,
                rect.top() + first.size().y,
                Style::words(Size::Label, Weight::Regular),
                self.palette.soft,
            ),
        ] {
            let (shape, _) = labels.place(self.painter, (pos2(x, y), top), style, text, colour);
            self.shapes.push(shape);
        }
    }
}

/// What a screen reader calls an actor: `Node n1, leader, term 1`.
pub fn spoken(actor: &ActorView, version_word: &str) -> String {
    if actor.id.is_client() {
        let mut name = format!("Client {}", actor.id);
        if let Some((what, whom)) = &actor.waiting {
            let _ = write!(name, ", {what}{}{whom}", if whom.is_empty() { "" } else { ", " });
        }
        return name;
    }
    let mut name = format!("Node {}", actor.id);
    match (actor.status, actor.role) {
        (Status::Down, _) => name.push_str(", down"),
        (Status::Off, _) => name.push_str(", spare"),
        (status, role) => {
            if let Some(role) = role {
                let stale = if actor.stale { "stale " } else { "" };
                let _ = write!(name, ", {stale}{}", role.label);
                if !version_word.is_empty() {
                    let _ = write!(name, ", {version_word} {}", role.version);
                }
            }
            if !actor.badge.is_empty() {
                let _ = write!(name, ", {}", actor.badge);
            }
            if status == Status::Paused {
                name.push_str(", paused");
            }
        }
    }
    name
}

/// What stands in an actor's tooltip under its headline.
pub fn details(actor: &ActorView) -> String {
    let mut text = String::new();
    let mut add = |line: &str| {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
    };
    if !actor.subline.is_empty() {
        add(&actor.subline);
    }
    if actor.slow > 1 {
        add(&format!("slow: its work takes {} times as long", actor.slow));
    }
    if !actor.disk.is_empty() {
        add(&format!("disk: {}", actor.disk));
    }
    if actor.queue > 0 {
        add(&format!("{} waiting to be handled", actor.queue));
    }
    if actor.clock_offset != 0 {
        let off = Span(actor.clock_offset.unsigned_abs());
        add(&format!("its clock is {off} {}", if actor.clock_offset > 0 { "ahead" } else { "behind" }));
    }
    if !actor.lies.is_empty() {
        add(&format!("lies: {}", actor.lies));
    }
    if let Some(reason) = &actor.aborted {
        add(&format!("stopped itself: {reason}"));
    }
    text
}
