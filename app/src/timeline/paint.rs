//! Lanes, bands, operations, flags, the playhead and the scrubber, painted.

use eframe::egui::{
    Align2, Color32, CornerRadius, Painter, Pos2, Rangef, Rect, Shape, Stroke, StrokeKind, epaint::RectShape,
    pos2, vec2,
};
use sim::story::{Band, BandState, Lane, Mark, Operation, Outcome, Rank};
use sim::{OperationId, Story, Time};

use super::arrows::{DIM, Sight};
use crate::canvas::ink;
use crate::canvas::labels::{Labels, Style};
use crate::icons::{self, Icon};
use crate::lens::Light;
use crate::theme::{Palette, Size, Weight, mix, space};

/// A band that leads, asks for votes or is paused.
const THICK: f32 = 7.5;
/// A number so near the playhead's handle gives way to it.
const HANDLE_ROOM: f32 = 24.0;
/// At most so many operations have a label.
const LABELLED: usize = 160;
/// A crown needs so much room to the next one.
const CROWN_ROOM: f32 = 15.0;

/// Paints what is not an arrow.
pub struct Brush<'a> {
    /// Where.
    pub painter: &'a Painter,
    /// Laid-out texts.
    pub labels: &'a mut Labels,
    /// Times, lanes, colours.
    pub sight: Sight<'a>,
    /// Lanes are drawn inside this.
    pub room: Rect,
    /// Shapes so far.
    pub shapes: Vec<Shape>,
    icons: Vec<(Icon, Pos2, f32, Color32)>,
}

impl<'a> Brush<'a> {
    /// A brush for one frame.
    pub fn new(painter: &'a Painter, labels: &'a mut Labels, sight: Sight<'a>, room: Rect) -> Self {
        Self { painter, labels, sight, room, shapes: Vec::with_capacity(512), icons: Vec::new() }
    }

    /// Hands everything to the painter.
    pub fn flush(&mut self) {
        self.painter.extend(std::mem::take(&mut self.shapes));
        for (icon, at, size, colour) in self.icons.drain(..) {
            icons::paint_on(self.painter, icon, at, size, colour, self.sight.palette.canvas);
        }
    }

    fn palette(&self) -> &'a Palette {
        self.sight.palette
    }

    /// Runs `paint` with a painter that keeps to `clip`, and hands over what it made.
    pub fn clipped(&mut self, clip: Rect, paint: impl FnOnce(&mut Brush<'_>)) {
        self.flush();
        let painter = self.painter.with_clip_rect(clip.intersect(self.painter.clip_rect()));
        let sight = self.sight_copy();
        let mut inner = Brush::new(&painter, self.labels, sight, self.room);
        paint(&mut inner);
        inner.flush();
    }

    fn sight_copy(&self) -> Sight<'a> {
        let Sight { axis, rows, top, shown, palette, flights, future, lens } = &self.sight;
        Sight { axis: *axis, rows, top: *top, shown: *shown, palette, flights, future: *future, lens: *lens }
    }

    fn text(&mut self, at: Pos2, anchor: Align2, style: Style, text: &str, colour: Color32) -> Rect {
        let (shape, rect) = self.labels.place(self.painter, (at, anchor), style, text, colour);
        self.shapes.push(shape);
        rect
    }

    /// Seconds across the top, and a dotted line down from each.
    pub fn ticks(&mut self, y: f32, bottom: f32) {
        let palette = self.palette();
        for (x, text) in self.sight.axis.ticks(if self.room.width() > 500.0 { 110.0 } else { 74.0 }) {
            let line = [pos2(x, self.room.top()), pos2(x, bottom)];
            Shape::dashed_line_many(
                &line,
                Stroke::new(space::HAIRLINE, palette.hairline),
                2.0,
                5.0,
                &mut self.shapes,
            );
            let now = self.sight.axis.x(self.sight.shown);
            if (x - now).abs() < HANDLE_ROOM {
                continue;
            }
            let x = x.min(self.room.right() + 8.0);
            self.text(pos2(x, y), Align2::CENTER_CENTER, Style::values(Size::Small), &text, palette.faint);
        }
    }

    /// The names before the lanes.
    pub fn names(&mut self, story: &Story, right: f32, selected: impl Fn(sim::ActorId) -> bool) {
        let palette = self.palette();
        let style = Style::words(Size::Label, Weight::Semibold);
        for lane in &story.lanes {
            let Some(y) = self.sight.rows.y(lane.actor) else { continue };
            let at = pos2(right, self.sight.top + y);
            let colour = if selected(lane.actor) { palette.act } else { palette.soft };
            self.text(at, Align2::RIGHT_CENTER, style, &lane.name, colour);
        }
    }

    /// A lane's line and its bands, up to `end`.
    pub fn lane(&mut self, lane: &Lane, end: Time) {
        let Some(y) = self.sight.rows.y(lane.actor) else { return };
        let y = self.sight.top + y;
        if y < self.room.top() - 20.0 || y > self.room.bottom() + 20.0 {
            return;
        }
        let palette = self.palette();
        if lane.actor.is_client() {
            self.shapes.push(Shape::hline(
                self.room.x_range(),
                y,
                Stroke::new(space::HAIRLINE, palette.hairline),
            ));
        }
        let bands = self.known_bands(lane);
        let (first, last) = self.sight.axis.shown();
        let start = bands.partition_point(|band| band.from <= first).saturating_sub(1);
        let mut crown_after = f32::MIN;
        let mut index = start;
        while let Some(band) = bands.get(index) {
            if band.from > last || band.from > end {
                break;
            }
            let until = bands.get(index + 1).map_or(end, |next| next.from.min(end));
            let left = self.sight.axis.x(band.from).max(self.room.left());
            let right = self.sight.axis.x(until).min(self.room.right());
            if !lane.actor.is_client() || !matches!(band.state, BandState::Up | BandState::Role(_)) {
                self.band(band, y, left, right);
            }
            let leads = matches!(band.state, BandState::Role(role) if role.rank == Rank::Leader);
            if leads && band.from >= first && left > crown_after {
                let veiled = self.sight.lens.is_some_and(|lens| lens.is_veiled(lane.actor, band.from));
                let light = if veiled { Light::Dim } else { Light::Full };
                let colour = self.lit(self.aged(palette.leader, band.from), light);
                self.icons.push((Icon::Crown, pos2(left + 5.0, y - THICK / 2.0 - 6.5), 13.0, colour));
                crown_after = left + CROWN_ROOM;
            }
            // What is narrower than a pixel together is looked at once.
            index += 1;
            if right - left < 0.5 {
                let next = self.sight.axis.time(right + 0.5);
                let skip = bands.partition_point(|band| band.from <= next);
                index = index.max(skip.saturating_sub(1));
            }
        }
    }

    /// What a lane became, as far as whoever looks can know; the last of it is what is guessed ever after.
    fn known_bands<'l>(&self, lane: &'l Lane) -> &'l [Band] {
        match self.sight.lens {
            Some(lens) if lens.veil(lane.actor).is_some() => {
                let known = lane.bands.iter().rposition(|band| lens.event(band.event) != Light::Out);
                &lane.bands[..known.map_or(0, |last| last + 1)]
            }
            _ => &lane.bands,
        }
    }

    /// A colour as it is in this light.
    fn lit(&self, colour: Color32, light: Light) -> Color32 {
        match light {
            Light::Full => colour,
            Light::Begun => mix(colour, self.palette().canvas, DIM / 2),
            Light::Dim | Light::Out => mix(colour, self.palette().canvas, DIM),
        }
    }

    /// Over what of the lanes is not lit; and where what is asked about stands, a ring.
    pub fn veils(&mut self, story: &Story) {
        let Some(lens) = self.sight.lens else { return };
        let veil = self.palette().canvas.gamma_multiply(f32::from(DIM) / 255.0);
        for lane in &story.lanes {
            let (Some(y), Some((until, from))) = (self.sight.rows.y(lane.actor), lens.veil(lane.actor))
            else {
                continue;
            };
            let y = self.sight.top + y;
            let left = until.map_or(self.room.left(), |at| self.sight.axis.x(at).max(self.room.left()));
            let right = from.map_or(self.room.right(), |at| self.sight.axis.x(at).min(self.room.right()));
            if right > left {
                let half = THICK / 2.0 + 1.0;
                let rect = Rect::from_min_max(pos2(left, y - half), pos2(right, y + half));
                self.shapes.push(Shape::rect_filled(rect, CornerRadius::ZERO, veil));
            }
        }
        let middle = lens.middle().and_then(|(actor, at)| Some((self.sight.rows.y(actor)?, at)));
        if let Some((y, at)) = middle {
            let at = pos2(self.sight.axis.x(at), self.sight.top + y);
            self.shapes.push(Shape::circle_stroke(at, 7.0, Stroke::new(space::RING, self.palette().act)));
        }
    }

    /// A colour as it is for something of this time: pale where that is later than shown.
    fn aged(&self, colour: Color32, at: Time) -> Color32 {
        if at > self.sight.shown { self.palette().pale(colour) } else { colour }
    }

    fn band(&mut self, band: &Band, y: f32, left: f32, right: f32) {
        let palette = self.palette();
        let now = self.sight.axis.x(self.sight.shown).clamp(left, right.max(left));
        for (from, to, pale) in [(left, now, false), (now, right, true)] {
            if to - from < 0.05 {
                continue;
            }
            let aged = |colour| if pale { mix(colour, palette.canvas, 170) } else { colour };
            let thin = |width| Stroke::new(width, aged(palette.follower));
            match band.state {
                BandState::Role(role) => match role.rank {
                    Rank::Leader | Rank::Candidate => {
                        let rect = Rect::from_min_max(pos2(from, y - THICK / 2.0), pos2(to, y + THICK / 2.0));
                        let round = CornerRadius::same(if to - from > THICK { 3 } else { 0 });
                        let colour = aged(ink::rank_colour(palette, role.rank));
                        self.shapes.push(Shape::rect_filled(rect, round, colour));
                    }
                    Rank::Learner => {
                        let line = [pos2(from, y), pos2(to, y)];
                        Shape::dashed_line_many(&line, thin(space::LINE), 5.0, 4.0, &mut self.shapes);
                    }
                    Rank::Follower | Rank::Client => {
                        self.shapes.push(Shape::hline(from..=to, y, thin(space::LINE)));
                    }
                },
                BandState::Up => self.shapes.push(Shape::hline(from..=to, y, thin(space::HAIRLINE))),
                BandState::Down => self.down(y, from, to, left, aged(palette.down)),
                BandState::Paused => self.hatch(y, from, to, aged(palette.down)),
            }
        }
    }

    /// A gap, with an end at the crash.
    fn down(&mut self, y: f32, from: f32, to: f32, left: f32, colour: Color32) {
        if from == left && to - from > 3.0 {
            ink::cross(&mut self.shapes, pos2(from, y), 3.5, Stroke::new(space::LINE, colour));
        }
    }

    fn hatch(&mut self, y: f32, from: f32, to: f32, colour: Color32) {
        let rect = Rect::from_min_max(pos2(from, y - THICK / 2.0), pos2(to, y + THICK / 2.0));
        self.shapes.push(Shape::rect_stroke(
            rect,
            CornerRadius::same(2),
            Stroke::new(space::HAIRLINE, colour),
            StrokeKind::Inside,
        ));
        let mut x = from + 2.0;
        while x < to && to - from < 4_000.0 {
            let end = (x + THICK).min(to);
            let line = [pos2(x, y + THICK / 2.0), pos2(end, y + THICK / 2.0 - (end - x))];
            self.shapes.push(Shape::line_segment(line, Stroke::new(space::HAIRLINE, colour)));
            x += 5.0;
        }
    }

    /// The rectangle of an operation's box, where it is in sight.
    pub fn operation_rect(&self, operation: &Operation, end: Time) -> Option<Rect> {
        let now = self.sight.shown;
        if !self.sight.future && operation.invoked > now || self.light(operation) == Light::Out {
            return None;
        }
        let y = self.sight.top + self.sight.rows.y(operation.client)?;
        let until = operation.completed.unwrap_or(end).max(operation.invoked);
        let until = if self.sight.future { until } else { until.min(now) };
        let (left, right) = (self.sight.axis.x(operation.invoked), self.sight.axis.x(until));
        let half = (self.sight.rows.step * 0.34).clamp(6.5, 9.0);
        let rect = Rect::from_min_max(pos2(left, y - half), pos2(right.max(left + 3.0), y + half));
        (rect.right() >= self.room.left() && rect.left() <= self.room.right()).then_some(rect)
    }

    fn light(&self, operation: &Operation) -> Light {
        self.sight.lens.map_or(Light::Full, |lens| lens.operation(operation))
    }

    /// The boxes on the clients' lanes. Returns those in sight, for the pointer.
    pub fn operations(
        &mut self,
        story: &Story,
        proof: &[OperationId],
        selected: Option<OperationId>,
    ) -> Vec<(Rect, OperationId)> {
        let (_, last) = self.sight.axis.shown();
        let until = story.operations.partition_point(|operation| operation.invoked <= last);
        let mut seen = Vec::new();
        for operation in story.operations.get(..until).unwrap_or_default().iter().rev() {
            if let Some(rect) = self.operation_rect(operation, story.end) {
                seen.push((rect, operation));
            }
        }
        seen.reverse();
        let told = |operation: &Operation| proof.contains(&operation.id);
        for (rect, operation) in &seen {
            self.operation(*rect, operation, told(operation), selected == Some(operation.id));
        }
        // What the proof is about is named first; what is left of the room goes to the others.
        let mut named: Vec<(sim::ActorId, Rangef)> = Vec::new();
        for (rect, operation) in seen.iter().filter(|(_, operation)| told(operation)) {
            self.operation_label(*rect, operation, true, &mut named);
        }
        for (rect, operation) in seen.iter().skip(seen.len().saturating_sub(LABELLED)) {
            if !told(operation) {
                self.operation_label(*rect, operation, false, &mut named);
            }
        }
        seen.into_iter().map(|(rect, operation)| (rect, operation.id)).collect()
    }

    fn operation(&mut self, rect: Rect, operation: &Operation, told: bool, selected: bool) {
        let palette = self.palette();
        let colour = if told { palette.broken } else { self.aged(palette.soft, operation.invoked) };
        let colour = self.lit(colour, self.light(operation));
        let stroke = Stroke::new(if told { space::LINE + 0.3 } else { space::LINE }, colour);
        let round = CornerRadius::same(4);
        let open = matches!(operation.outcome, Outcome::Open | Outcome::Unknown) || self.is_hidden(operation);
        let ground = if told { palette.broken_ground } else { palette.canvas };
        if !open {
            self.shapes.push(RectShape::new(rect, round, ground, stroke, StrokeKind::Inside).into());
        } else {
            // Open to the right: nobody knows where it ends.
            let left = CornerRadius { nw: 4, sw: 4, ne: 0, se: 0 };
            self.shapes.push(Shape::rect_filled(rect, left, ground));
            let inner = rect.shrink(stroke.width / 2.0);
            let (l, r, t, b) = (inner.left(), rect.right(), inner.top(), inner.bottom());
            let line = vec![
                pos2(r, t),
                pos2(l + 3.0, t),
                pos2(l, t + 3.0),
                pos2(l, b - 3.0),
                pos2(l + 3.0, b),
                pos2(r, b),
            ];
            self.shapes.push(Shape::line(line, stroke));
        }
        if operation.outcome == Outcome::Failed && rect.width() > 12.0 {
            let at = rect.right_center() - vec2(7.0, 0.0);
            ink::cross(&mut self.shapes, at, 2.5, Stroke::new(space::LINE, colour));
        }
        if selected {
            let ring = Stroke::new(space::RING, palette.act);
            self.shapes.push(Shape::rect_stroke(
                rect.expand(3.0),
                CornerRadius::same(6),
                ring,
                StrokeKind::Middle,
            ));
        }
    }

    /// Whether its answer is the future's.
    fn is_hidden(&self, operation: &Operation) -> bool {
        let begun = self.light(operation) == Light::Begun;
        begun || !self.sight.future && operation.completed.is_some_and(|at| at > self.sight.shown)
    }

    fn operation_label(
        &mut self,
        rect: Rect,
        operation: &Operation,
        told: bool,
        named: &mut Vec<(sim::ActorId, Rangef)>,
    ) {
        let palette = self.palette();
        let text = if self.is_hidden(operation) { operation.label.to_string() } else { operation.told() };
        let style = Style::values(Size::Small);
        let size = self.labels.galley(self.painter, style, &text).size();
        let colour = if told { palette.broken } else { self.aged(palette.text, operation.invoked) };
        let colour = self.lit(colour, self.light(operation));
        let visible = rect.intersect(self.room);
        if visible.width() >= size.x + 12.0 {
            self.text(visible.left_center() + vec2(6.0, 0.0), Align2::LEFT_CENTER, style, &text, colour);
            return;
        }
        let middle = rect
            .center()
            .x
            .clamp(self.room.left() + size.x / 2.0, (self.room.right() - size.x / 2.0).max(self.room.left()));
        // Not across the playhead.
        let now = self.sight.axis.x(self.sight.shown);
        let crosses = (middle - now).abs() < size.x / 2.0 + 3.0;
        let middle = if crosses { now - size.x / 2.0 - 4.0 } else { middle };
        let above = pos2(middle, rect.top() - 1.0);
        let across = Rangef::point(above.x).expand(size.x / 2.0);
        let is_free = |(client, taken): &(_, Rangef)| {
            *client != operation.client || !taken.expand(4.0).intersects(across)
        };
        if named.iter().all(is_free) {
            self.text(above, Align2::CENTER_BOTTOM, style, &text, colour);
            named.push((operation.client, across));
        }
    }

    /// The flags of commands, their words in a row at `y`. Returns those in sight, for the pointer.
    pub fn flags<'m>(&mut self, marks: &'m [Mark], y: f32, bottom: f32) -> Vec<(Rect, &'m Mark)> {
        let palette = self.palette();
        let (first, last) = self.sight.axis.shown();
        let start = marks.partition_point(|mark| mark.at < first);
        let last = if self.sight.future { last } else { last.min(self.sight.shown) };
        let end = marks.partition_point(|mark| mark.at <= last).max(start);
        let mut flags: Vec<(Rect, &Mark)> = Vec::new();
        let mut heads = Vec::new();
        let mut taken = f32::MIN;
        let shown = marks.get(start..end).unwrap_or_default();
        for mark in shown.iter().filter(|mark| !mark.is_request()) {
            let light = self.sight.lens.map_or(Light::Full, |lens| lens.event(mark.event));
            if light == Light::Out {
                continue;
            }
            let x = self.sight.axis.x(mark.at);
            let quiet = mark.by_chaos || mark.nothing_to_do;
            let line = self.aged(if quiet { palette.faint } else { palette.soft }, mark.at);
            let line = self.lit(line, light);
            let pole = [pos2(x, y), pos2(x, bottom)];
            Shape::dashed_line_many(&pole, Stroke::new(space::HAIRLINE, line), 5.0, 4.0, &mut self.shapes);
            let style = Style::words(Size::Small, Weight::Medium);
            let size = self.labels.galley(self.painter, style, &mark.word).size() + vec2(14.0, 4.0);
            let left = (x - size.x / 2.0).max(self.room.left());
            if left < taken {
                // No room for the word: the pole alone, and a short head for the pointer.
                heads.push((ink::around(pos2(x, y), 5.0, 9.0), line, mark));
                continue;
            }
            let rect = Rect::from_min_size(pos2(left, y - size.y / 2.0), size);
            let outline = Stroke::new(space::HAIRLINE, line);
            let flag =
                RectShape::new(rect, CornerRadius::same(4), palette.canvas, outline, StrokeKind::Inside);
            self.shapes.push(flag.into());
            let colour = self.aged(if quiet { palette.soft } else { palette.text }, mark.at);
            let colour = self.lit(colour, light);
            self.text(rect.center(), Align2::CENTER_CENTER, style, &mark.word, colour);
            taken = rect.right() + 3.0;
            flags.push((rect, mark));
        }
        for (head, line, mark) in heads {
            // Words stay readable: a head that would lie on them stands above.
            let covered = flags.iter().any(|(rect, _)| rect.intersects(head));
            let head = if covered { head.translate(vec2(0.0, -13.0)) } else { head };
            self.shapes.push(Shape::rect_filled(head, CornerRadius::same(2), line));
            flags.push((head.expand(3.0), mark));
        }
        flags
    }

    /// The line of the moment shown and its handle.
    pub fn playhead(&mut self, top: f32, bottom: f32) {
        let x = self.sight.axis.x(self.sight.shown);
        if !self.room.expand(6.0).x_range().contains(x) {
            return;
        }
        let act = self.palette().act;
        self.shapes.push(Shape::vline(x, top..=bottom, Stroke::new(2.0, act)));
        let (w, h) = (6.5, 8.0);
        let handle = vec![
            pos2(x - w, top - 4.0),
            pos2(x + w, top - 4.0),
            pos2(x + w, top + h - 3.0),
            pos2(x, top + h + 2.0),
            pos2(x - w, top + h - 3.0),
        ];
        self.shapes.push(Shape::convex_polygon(handle, act, Stroke::new(1.5, act)));
    }

    /// Moments with a word: a dotted line, and the word at its foot.
    pub fn notches(&mut self, notches: &[(Time, String)], top: f32, bottom: f32) {
        let palette = self.palette();
        for (at, word) in notches {
            let x = self.sight.axis.x(*at);
            if !self.room.x_range().contains(x) {
                continue;
            }
            let line = [pos2(x, top), pos2(x, bottom)];
            Shape::dashed_line_many(
                &line,
                Stroke::new(space::LINE, palette.text),
                2.0,
                3.0,
                &mut self.shapes,
            );
            let style = Style::words(Size::Small, Weight::Medium);
            let wide = self.labels.galley(self.painter, style, word).size().x + 10.0;
            let left = (x + 4.0).min(self.room.right() - wide);
            let rect = Rect::from_min_size(pos2(left, bottom - 16.0), vec2(wide, 16.0));
            self.shapes.push(Shape::rect_filled(rect, CornerRadius::same(4), palette.canvas));
            self.text(rect.center(), Align2::CENTER_CENTER, style, word, palette.text);
        }
    }

    /// Where the promise broke: a short red line across the top.
    pub fn broken(&mut self, at: Time, top: f32, bottom: f32) {
        let x = self.sight.axis.x(at);
        if self.room.x_range().contains(x) {
            let colour = self.palette().broken;
            self.shapes.push(Shape::vline(x, top..=bottom, Stroke::new(space::LINE, colour)));
            self.icons.push((Icon::Broken, pos2(x, top), space::ICON_SMALL, colour));
        }
    }
}

/// The whole run as a rail.
pub struct Scrubber<'a> {
    /// The rail.
    pub rail: Rect,
    /// How long the run is.
    pub whole: Time,
    /// How much of it is known, and drawn.
    pub known: Time,
    /// What it draws on it.
    pub story: &'a Story,
    /// The moment shown.
    pub shown: Time,
    /// What the lanes above show.
    pub window: (Time, Time),
    /// Where a promise broke.
    pub broken_at: Option<Time>,
}

impl Scrubber<'_> {
    /// Where a time stands on the rail.
    pub fn x(&self, at: Time) -> f32 {
        let part = at.seconds() / self.whole.seconds().max(1e-9);
        self.rail.left() + self.rail.width() * part.clamp(0.0, 1.0) as f32
    }

    /// The time at a place of the rail.
    pub fn time(&self, x: f32) -> Time {
        let part = f64::from(((x - self.rail.left()) / self.rail.width().max(1.0)).clamp(0.0, 1.0));
        Time((self.whole.0 as f64 * part) as u64)
    }

    /// Paints it.
    pub fn paint(&self, shapes: &mut Vec<Shape>, palette: &Palette, focused: bool) {
        let rail = self.rail;
        let round = CornerRadius::same((rail.height() / 2.0) as u8);
        shapes.push(Shape::rect_filled(rail, round, palette.raised));
        let to = |at: Time| {
            Rect::from_min_max(rail.min, pos2(self.x(at).max(rail.left() + rail.height()), rail.max.y))
        };
        if self.known > self.shown {
            shapes.push(Shape::rect_filled(
                to(self.known),
                round,
                mix(palette.raised, palette.rail_past(), 110),
            ));
        }
        shapes.push(Shape::rect_filled(to(self.shown), round, palette.rail_past()));
        let (from, until) = (self.x(self.window.0), self.x(self.window.1));
        if until - from < rail.width() * 0.98 {
            let shown = Rect::from_min_max(pos2(from, rail.top() - 2.0), pos2(until, rail.bottom() + 2.0));
            let stroke = Stroke::new(space::HAIRLINE, palette.link);
            shapes.push(Shape::rect_stroke(shown, CornerRadius::same(4), stroke, StrokeKind::Middle));
        }
        let mut last = f32::MIN;
        for mark in self.story.marks.iter().filter(|mark| mark.at <= self.known) {
            let x = self.x(mark.at).round();
            if x - last >= 2.0 {
                shapes.push(Shape::vline(
                    x,
                    rail.y_range().shrink(1.5),
                    Stroke::new(space::LINE, palette.soft),
                ));
                last = x;
            }
        }
        if let Some(at) = self.broken_at {
            shapes.push(Shape::vline(
                self.x(at),
                rail.y_range().expand(2.0),
                Stroke::new(2.5, palette.broken),
            ));
        }
        let at = pos2(self.x(self.shown), rail.center().y);
        shapes.push(Shape::circle_filled(at, rail.height() * 0.62, palette.act));
        if focused {
            shapes.push(Shape::circle_stroke(
                at,
                rail.height() * 0.62 + 3.0,
                Stroke::new(space::RING, palette.act),
            ));
        }
    }
}
