//! Links, cuts, messages and losses, painted.

use eframe::egui::{Align2, Color32, CornerRadius, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, vec2};
use sim::MessageId;
use sim::view::{Flight, View};

use super::ink;
use super::labels::{Labels, Style};
use super::nodes::Brush;
use super::placed::{Courier, Frontier, Link, Place, Placed, Trouble};
use crate::icons::Icon;
use crate::theme::{Size, Weight, space};

/// Around a pill's two words.
const PILL_MARGIN: Vec2 = vec2(9.0, 3.0);
/// A dot's radius.
const DOT: f32 = 3.6;
/// So long is the tail behind a message.
const TAIL: f32 = 26.0;
/// How far a message that is not in the light goes into the ground, of 255.
const DIM: u16 = 170;
/// At most so many fans have a label.
const FAN_LABELS: usize = 8;
/// Above so many messages dots are smaller and have no tail.
const CROWD: usize = 400;

impl Brush<'_> {
    fn at(&self, pos_in_scene: Pos2) -> Pos2 {
        self.to_screen * pos_in_scene
    }

    /// A link.
    pub fn link(&mut self, link: &Link, crossed: bool) {
        let route = link.route.on_screen(self.to_screen);
        let line = route.points();
        let palette = self.palette;
        let (width, colour) = match (crossed, link.selected) {
            (true, _) => (space::RING, palette.act),
            _ if link.cut == [true, true] => (space::HAIRLINE, palette.pale(palette.link)),
            (_, true) => (space::HAIRLINE, crate::theme::mix(palette.link, palette.act, 100)),
            _ if link.pair.1.is_client() || !link.busy => {
                (space::HAIRLINE, crate::theme::mix(palette.link, palette.canvas, 60))
            }
            _ => (space::HAIRLINE, palette.link),
        };
        if link.trouble == Some(Trouble::Poor) {
            ink::dashed(&mut self.shapes, &line, Stroke::new(width.max(space::LINE), colour));
        } else if route.is_straight() {
            self.shapes.push(Shape::line_segment(route.ends, Stroke::new(width, colour)));
        } else {
            self.shapes.push(Shape::line(line, Stroke::new(width, colour)));
        }
        if link.trouble == Some(Trouble::Held) {
            self.icons.push((Icon::Hand, route.at(0.5), space::ICON_SMALL, palette.text));
        }
    }

    /// The dashed line of a cut, and on each link it closes in one direction a bar before an arrow.
    pub fn frontier(&mut self, frontier: &Frontier, placed: &Placed, colour: Color32) {
        for line in &frontier.lines {
            let line: Vec<Pos2> = line.iter().map(|at| self.at(*at)).collect();
            ink::dashed(&mut self.shapes, &line, Stroke::new(space::LINE + 0.3, colour));
        }
        if !frontier.one_way {
            return;
        }
        for link in &placed.links {
            let (a, b) = link.pair;
            let route = link.route.on_screen(self.to_screen);
            let back = match (frontier.stops(a, b), frontier.stops(b, a)) {
                (true, false) => false,
                (false, true) => true,
                _ => continue,
            };
            let part = frontier.lines.iter().find_map(|line| link.route.meets(line)).unwrap_or(0.5);
            let (at, heading) =
                (route.at(part), if back { -route.heading(part) } else { route.heading(part) });
            let side = vec2(-heading.y, heading.x);
            let tip = at - heading * 4.0;
            let stroke = Stroke::new(space::LINE, colour);
            self.shapes.push(Shape::line_segment([at - side * 6.0, at + side * 6.0], stroke));
            self.shapes.push(Shape::convex_polygon(
                vec![tip, tip - heading * 8.0 + side * 4.0, tip - heading * 8.0 - side * 4.0],
                colour,
                Stroke::NONE,
            ));
        }
    }

    /// All messages. Returns the pills, for the pointer and the keyboard.
    pub fn messages(
        &mut self,
        labels: &mut Labels,
        placed: &Placed,
        view: &View,
        selected: Option<MessageId>,
    ) -> Vec<(Rect, usize)> {
        let mut pills = Vec::new();
        if placed.dots {
            self.fans(labels, placed, view);
        }
        for courier in &placed.couriers {
            let Some(flight) = view.flights.get(courier.flight) else { continue };
            let chosen = selected == Some(flight.id);
            if matches!(courier.place, Place::Waiting(_)) {
                continue;
            }
            if placed.dots && !chosen {
                self.dot(courier, flight, placed.couriers.len() > CROWD);
            } else if flight.routine && !chosen {
                // Heartbeats come and go all the time: a dot, and its words on pointing at it.
                self.dot(courier, flight, false);
                pills.push((ink::around(self.at(courier.at), 18.0, 18.0), courier.flight));
            } else {
                let rect = self.pill(labels, courier, flight, chosen);
                pills.push((rect, courier.flight));
            }
        }
        pills
    }

    fn tail(&mut self, courier: &Courier, from: Pos2, length: f32, width: f32, colour: Color32) {
        let room = courier.flown * self.to_screen.scaling;
        let length = length.min(room);
        if length > 2.0 {
            self.shapes.push(Shape::line_segment(
                [from, from - courier.heading * length],
                Stroke::new(width, colour),
            ));
        }
    }

    fn pill(&mut self, labels: &mut Labels, courier: &Courier, flight: &Flight, chosen: bool) -> Rect {
        let at = self.at(courier.at);
        let palette = self.palette;
        let colour = ink::rank_colour(palette, courier.rank);
        let colour = if flight.routine { palette.pale(colour) } else { colour };
        let dim = self.dim.binary_search(&flight.id).is_ok();
        let colour = if dim { crate::theme::mix(colour, palette.canvas, DIM) } else { colour };
        let style = Style::words(Size::Small, Weight::Semibold);
        let galley = labels.galley(self.painter, style, &flight.label);
        let size = galley.size() + 2.0 * PILL_MARGIN;
        let rect = ink::crisp(ink::around(at, size.x.max(size.y), size.y), self.painter.pixels_per_point());
        // As far as the pill reaches backwards, plus the tail proper.
        let heading = courier.heading;
        let reach = (size.x / 2.0 / heading.x.abs().max(0.01)).min(size.y / 2.0 / heading.y.abs().max(0.01));
        let back = courier.flown.min(reach);
        self.tail(
            courier,
            at - heading * (back * 0.6),
            TAIL,
            3.0,
            crate::theme::mix(colour, palette.canvas, 100),
        );
        let corner = CornerRadius::same((size.y / 2.0) as u8);
        let ink_colour = if flight.asks {
            self.shapes.push(Shape::rect_filled(rect, corner, colour));
            if flight.routine || dim { palette.text } else { ink::on_rank(palette, courier.rank) }
        } else {
            self.shapes.push(Shape::rect_filled(rect, corner, palette.canvas));
            self.shapes.push(Shape::rect_stroke(
                rect,
                corner,
                Stroke::new(space::LINE, colour),
                StrokeKind::Inside,
            ));
            if flight.routine { palette.soft } else { colour }
        };
        let centre = (rect.center(), Align2::CENTER_CENTER);
        let (shape, _) = labels.place(self.painter, centre, style, &flight.label, ink_colour);
        self.shapes.push(shape);
        if courier.place == Place::Held {
            self.icons.push((
                Icon::Hand,
                rect.center_top() - vec2(0.0, 9.0),
                space::ICON_SMALL,
                palette.text,
            ));
        }
        if chosen {
            let ring = CornerRadius::same((size.y / 2.0 + 3.0) as u8);
            let stroke = Stroke::new(space::RING, palette.act);
            self.shapes.push(Shape::rect_stroke(rect.expand(3.5), ring, stroke, StrokeKind::Middle));
        }
        rect
    }

    fn dot(&mut self, courier: &Courier, flight: &Flight, crowded: bool) {
        let at = self.at(courier.at);
        let colour = ink::rank_colour(self.palette, courier.rank);
        let colour = if flight.routine { self.palette.pale(colour) } else { colour };
        let dim = self.dim.binary_search(&flight.id).is_ok();
        let colour = if dim { crate::theme::mix(colour, self.palette.canvas, DIM) } else { colour };
        if !self.painter.clip_rect().expand(TAIL).contains(at) {
            return;
        }
        if !crowded {
            self.tail(courier, at, 10.0, 1.4, crate::theme::mix(colour, self.palette.canvas, 120));
        }
        let inside = if flight.asks { colour } else { self.palette.canvas };
        let radius = if crowded { DOT * 0.7 } else { DOT };
        ink::ring_dot(&mut self.shapes, at, radius, colour, inside);
        if courier.place == Place::Held {
            self.icons.push((Icon::Hand, at - vec2(0.0, 10.0), 12.0, self.palette.text));
        }
    }

    fn fans(&mut self, labels: &mut Labels, placed: &Placed, view: &View) {
        for fan in &placed.fans {
            let Some(couriers) = placed.couriers.get(fan.couriers.clone()) else { continue };
            let colour = couriers
                .first()
                .map_or(self.palette.link, |courier| ink::rank_colour(self.palette, courier.rank));
            let pale = crate::theme::mix(colour, self.palette.canvas, 190);
            let from = self.at(fan.from);
            for courier in couriers {
                self.shapes.push(Shape::line_segment(
                    [from, self.at(courier.at)],
                    Stroke::new(space::HAIRLINE, pale),
                ));
            }
        }
        // Many at once would only hide each other.
        let labelled = if placed.fans.len() > 3 * FAN_LABELS { 0 } else { FAN_LABELS };
        for fan in placed.fans.iter().take(labelled) {
            let first =
                placed.couriers.get(fan.couriers.start).and_then(|courier| view.flights.get(courier.flight));
            let Some(flight) = first else { continue };
            let text = format!("{} ×{}", flight.label, fan.couriers.len());
            let style = Style::words(Size::Small, Weight::Medium);
            let (shape, rect) = labels.place(
                self.painter,
                (self.at(fan.label), Align2::CENTER_CENTER),
                style,
                &text,
                self.palette.soft,
            );
            if self.beside.iter().any(|other| other.intersects(rect)) {
                continue;
            }
            self.beside.push(rect);
            let ground = self.palette.canvas;
            self.shapes.push(Shape::rect_filled(rect.expand2(vec2(3.0, 0.0)), CornerRadius::same(4), ground));
            self.shapes.push(shape);
        }
    }

    /// Crosses where messages were lost, fading.
    pub fn losses(&mut self, placed: &Placed) {
        for loss in &placed.losses {
            let fade = if self.still { 1.0 } else { 1.0 - loss.age * 0.85 };
            let colour = self.palette.text.gamma_multiply(fade);
            ink::cross(
                &mut self.shapes,
                self.to_screen * loss.at,
                4.5,
                Stroke::new(space::LINE + 0.3, colour),
            );
        }
    }
}
