//! Where actors stand: a pure function of who they are and of the size of the picture.
//!
//! Nodes stand on an ellipse that fills the room, the first one left, the others clockwise; many of them on several
//! ellipses, one inside the other. Clients stand outside it: the first one left of the first node, the others where
//! two nodes leave a gap. A lab whose calls go one way has columns instead, from left to right, clients where it puts
//! them. Nobody moves because a role changes, a node crashes or a message flies.

use eframe::egui::{Pos2, Rect, Vec2, pos2, vec2};
use sim::ActorId;
use std::f32::consts::{PI, TAU};
use std::fmt;

/// An actor's place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// Who.
    pub actor: ActorId,
    /// Its middle.
    pub at: Pos2,
    /// The disc's radius; of a client half its square's side.
    pub radius: f32,
}

/// Where everybody stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arrangement {
    /// Nodes first, then clients, each by number.
    pub spots: Vec<Spot>,
    /// The middle of the nodes' ellipse.
    pub centre: Pos2,
    /// Whether actors stand in columns: links then go around whom they do not concern.
    pub columns: bool,
    /// Which column each stands in, in the order of [`Arrangement::spots`].
    column_of: Vec<u16>,
}

/// Above so many nodes there may be several rings.
const ONE_RING: usize = 12;
/// The largest disc.
const RADIUS_MOST: f32 = 46.0;
/// The smallest disc while there are few enough to keep it.
const RADIUS_FEW: f32 = 25.0;
/// Half the side of a client's square, as a part of a node's radius.
const CLIENT_PART: f32 = 0.57;
/// What a crown and a ring need above a disc.
const CROWN_ROOM: f32 = 26.0;
/// What the ring around a disc needs.
const RING_ROOM: f32 = 16.0;
/// What the two lines beside a client need.
const WAITING_ROOM: f32 = 42.0;

impl Arrangement {
    /// Places `actors` (nodes first) into a picture of `size`, of which the upper `reserved` points belong to others.
    pub fn new(actors: &[ActorId], size: Vec2, reserved: f32) -> Self {
        let nodes: Vec<ActorId> = actors.iter().copied().filter(|actor| actor.is_node()).collect();
        let clients: Vec<ActorId> = actors.iter().copied().filter(|actor| actor.is_client()).collect();
        let size = vec2(size.x.max(80.0), size.y.max(80.0));
        let reserved = reserved.min(size.y / 3.0);
        let room = Rect::from_min_max(pos2(0.0, reserved), size.to_pos2());
        let radius = first_radius(nodes.len(), room.size());
        let ring = Ring::fill(nodes.len(), clients.len(), room, radius);
        let (mut spots, radius) =
            if nodes.len() <= ONE_RING { (ring.one(&nodes, radius), radius) } else { ring.several(&nodes) };
        ring.clients(&clients, nodes.len(), room, radius, &mut spots);
        Self { spots, centre: ring.centre, ..Self::default() }
    }

    /// Places `actors` in columns from left to right; whoever is in none stands in a last one.
    pub fn columns(actors: &[ActorId], columns: &[Vec<ActorId>], size: Vec2, reserved: f32) -> Self {
        let size = vec2(size.x.max(80.0), size.y.max(80.0));
        // Below stands the story so far.
        let room = Rect::from_min_max(
            pos2(0.0, reserved.min(size.y / 3.0)),
            pos2(size.x, size.y - 26.0f32.min(size.y / 6.0)),
        );
        let mut filled: Vec<Vec<ActorId>> = Vec::with_capacity(columns.len() + 1);
        let mut placed: Vec<ActorId> = Vec::with_capacity(actors.len());
        for column in columns {
            let here =
                column.iter().copied().filter(|actor| actors.contains(actor) && !placed.contains(actor));
            let here: Vec<ActorId> = here.collect();
            placed.extend(&here);
            filled.push(here);
        }
        filled.push(actors.iter().copied().filter(|actor| !placed.contains(actor)).collect());
        filled.retain(|column| !column.is_empty());
        // What is too tall for one column stands in several side by side.
        let fitting = ((room.height() / Columns::LEAST).floor() as usize).max(1);
        let mut pieces: Vec<(u16, &[ActorId])> = Vec::with_capacity(filled.len());
        for (column, number) in filled.iter().zip(0u16..) {
            let size = column.len().div_ceil(column.len().div_ceil(fitting));
            pieces.extend(column.chunks(size.max(1)).map(|piece| (number, piece)));
        }
        let grid = Columns::fill(&pieces, room);
        let mut spots = Vec::with_capacity(actors.len());
        for ((number, piece), place) in pieces.iter().zip(0u16..) {
            for (&actor, row) in piece.iter().zip(0u16..) {
                spots.push((grid.spot(actor, place, row, piece.len()), *number));
            }
        }
        spots.sort_by_key(|(spot, _)| spot.actor);
        let (spots, column_of) = spots.into_iter().unzip();
        Self { spots, centre: room.center(), columns: true, column_of }
    }

    /// The column an actor stands in, from 0; 0 where there are none.
    pub fn column(&self, actor: ActorId) -> u16 {
        let at = self.spots.binary_search_by_key(&actor, |spot| spot.actor).ok();
        at.and_then(|at| self.column_of.get(at)).copied().unwrap_or(0)
    }

    /// Where an actor stands.
    pub fn spot(&self, actor: ActorId) -> Option<&Spot> {
        // Sorted by actor: nodes by number, then clients by number.
        self.spots.binary_search_by_key(&actor, |spot| spot.actor).ok().and_then(|at| self.spots.get(at))
    }
}

/// Columns: how far apart, and how large who stands in them.
struct Columns {
    room: Rect,
    left: f32,
    apart: f32,
    radius: f32,
}

impl Columns {
    /// Below a disc: its badge; above it: a crown.
    const BESIDE: f32 = 34.0;
    /// From column to column and from row to row, no more than this.
    const APART: Vec2 = vec2(230.0, 130.0);

    /// A row is no lower than this, as long as there may be another column.
    const LEAST: f32 = 44.0;

    fn fill(columns: &[(u16, &[ActorId])], room: Rect) -> Self {
        let count = columns.len().max(1) as f32;
        let tallest = columns.iter().map(|(_, actors)| actors.len()).max().unwrap_or(1).max(1) as f32;
        let apart = (room.width() / count).min(Self::APART.x);
        let row = (room.height() / tallest).min(Self::APART.y);
        let radius =
            (apart * 0.2).min(((row - Self::BESIDE) * 0.5).max(row * 0.3)).clamp(4.0, RADIUS_MOST * 0.8);
        let left = room.center().x - apart * (count - 1.0) / 2.0;
        Self { room, left, apart, radius }
    }

    fn spot(&self, actor: ActorId, column: u16, row: u16, rows: usize) -> Spot {
        let rows = rows.max(1) as f32;
        let step = (self.room.height() / rows).min(Self::APART.y);
        let middle = self.room.center().y;
        let y = middle + step * (f32::from(row) - (rows - 1.0) / 2.0);
        let radius = if actor.is_client() { (self.radius * CLIENT_PART).max(9.0) } else { self.radius };
        Spot { actor, at: pos2(self.left + self.apart * f32::from(column), y), radius }
    }
}

fn first_radius(nodes: usize, room: Vec2) -> f32 {
    let side = room.x.min(room.y * 1.1);
    let radius = 0.185 * side / (nodes.max(1) as f32).sqrt();
    radius.clamp(if nodes <= 7 { RADIUS_FEW.min(side * 0.12) } else { 8.0 }, RADIUS_MOST)
}

/// The angle of the `index`-th of `count` on a ring, clockwise from the left, as a unit vector.
fn direction(index: f32, count: usize) -> Vec2 {
    let angle = PI + TAU * index / count.max(1) as f32;
    vec2(angle.cos(), angle.sin())
}

/// The ellipse that the nodes stand on.
struct Ring {
    centre: Pos2,
    half: Vec2,
}

impl Ring {
    /// The largest ellipse on which `nodes` of `radius` and, outside, `clients` fit into `room`.
    fn fill(nodes: usize, clients: usize, room: Rect, radius: f32) -> Self {
        let width = room.width();
        let mut left = radius + RING_ROOM + 8.0;
        let mut bottom = radius + RING_ROOM;
        if clients > 0 {
            left = (width * 0.25).clamp(2.0 * radius + 46.0, 190.0);
        }
        if clients > 1 {
            bottom += radius * CLIENT_PART + 18.0;
        }
        let top = radius + CROWN_ROOM + if clients > 2 { radius * CLIENT_PART + 14.0 } else { 0.0 };
        let right = radius + RING_ROOM + (width * 0.03).min(40.0);
        let inner = Rect::from_min_max(
            pos2(room.left() + left, room.top() + top),
            pos2(
                (room.right() - right).max(room.left() + left),
                (room.bottom() - bottom).max(room.top() + top),
            ),
        );
        // The part of the unit circle that this many really take.
        let mut taken = Rect::NOTHING;
        for index in 0..nodes.clamp(1, 64) {
            taken.extend_with(direction(index as f32, nodes.clamp(1, 64)).to_pos2());
        }
        let fit = |inner: f32, taken: f32| if taken > 0.01 { inner / taken } else { inner };
        let mut half = vec2(fit(inner.width(), taken.width()), fit(inner.height(), taken.height()));
        if nodes <= 2 {
            half = vec2(inner.width() / 2.0, inner.height() / 2.0).min(vec2(150.0, 150.0));
        }
        // Flatter than this and neighbours hide each other's links.
        let flattest = if nodes <= 3 { 1.5 } else { 2.2 };
        half.x = half.x.min(half.y * flattest);
        half.y = half.y.min(half.x * 1.25);
        let middle = inner.center() - taken.center().to_vec2() * half;
        Self { centre: middle, half }
    }

    fn at(&self, direction: Vec2, part: f32) -> Pos2 {
        self.centre + direction * self.half * part
    }

    fn one(&self, nodes: &[ActorId], radius: f32) -> Vec<Spot> {
        let count = nodes.len();
        if count == 1 {
            return nodes.iter().map(|&actor| Spot { actor, at: self.centre, radius }).collect();
        }
        let spots: Vec<Spot> = (nodes.iter().zip(0u16..))
            .map(|(&actor, index)| Spot {
                actor,
                at: self.at(direction(f32::from(index), count), 1.0),
                radius,
            })
            .collect();
        // Never so large that neighbours touch.
        let gap =
            (0..count).map(|i| spots[i].at.distance(spots[(i + 1) % count].at)).fold(f32::MAX, f32::min);
        spots.into_iter().map(|spot| Spot { radius: spot.radius.min(gap * 0.36), ..spot }).collect()
    }

    /// Rings inside rings, as many as leave the discs largest.
    fn several(&self, nodes: &[ActorId]) -> (Vec<Spot>, f32) {
        let steps = self.even_steps();
        let around: f32 = steps.last().map_or(0.0, |step| step.0);
        let parts = |rings: usize| (0..rings).map(move |ring| 1.0 - 0.82 * ring as f32 / rings as f32);
        let radius_of = |rings: usize| {
            let apart = around * parts(rings).sum::<f32>() / nodes.len() as f32;
            let between = self.half.y.min(self.half.x) * 0.82 / rings as f32;
            (apart * 0.36).min(if rings > 1 { between * 0.4 } else { f32::MAX })
        };
        let rings = (1..=8usize).max_by(|a, b| radius_of(*a).total_cmp(&radius_of(*b))).unwrap_or(1);
        let radius = radius_of(rings).clamp(3.0, RADIUS_FEW);
        let whole: f32 = parts(rings).sum();
        let mut spots = Vec::with_capacity(nodes.len());
        let mut rest = nodes;
        let mut sum = 0.0;
        for (ring, part) in parts(rings).enumerate() {
            sum += part;
            let until = (nodes.len() as f32 * sum / whole).round() as usize;
            let here = until.saturating_sub(spots.len()).min(rest.len());
            let here = if ring + 1 == rings { rest.len() } else { here };
            let (these, later) = rest.split_at(here);
            for (&actor, index) in these.iter().zip(0u16..) {
                // Every other ring is turned by half a step, so that its links show.
                let index = f32::from(index) + if ring % 2 == 1 { 0.5 } else { 0.0 };
                let way = around * index / here.max(1) as f32;
                let at = steps.partition_point(|step| step.0 < way).min(steps.len() - 1);
                spots.push(Spot { actor, at: self.at(steps[at].1, part), radius });
            }
            rest = later;
        }
        (spots, radius)
    }

    /// Directions, each with how far along the ellipse it is from the left: with them discs stand evenly on a flat one.
    fn even_steps(&self) -> Vec<(f32, Vec2)> {
        const STEPS: usize = 720;
        let mut way = 0.0;
        let mut before = direction(0.0, STEPS);
        let step = |index: usize| {
            let here = direction(index as f32, STEPS);
            way += ((here - before) * self.half).length();
            before = here;
            (way, here)
        };
        (0..=STEPS).map(step).collect()
    }

    /// Clients outside the ring: left of the first node, then where two nodes leave a gap, below and above in turn.
    fn clients(&self, clients: &[ActorId], nodes: usize, room: Rect, radius: f32, spots: &mut Vec<Spot>) {
        let half = (radius * CLIENT_PART).clamp(11.0, 27.0);
        let keep = room.shrink2(vec2(half + WAITING_ROOM / 2.0, half + 8.0));
        for (&actor, index) in clients.iter().zip(0u16..) {
            let at = if index == 0 {
                let first = self.at(direction(0.0, nodes), if nodes > 1 { 1.0 } else { 0.0 });
                pos2(first.x - (first.x * 0.66).clamp(2.0 * radius + 8.0, 220.0), first.y)
            } else {
                let turns = f32::from(index.div_ceil(2)) - 0.36;
                let steps = nodes.clamp(5, 12) as f32;
                let step = if index % 2 == 1 { steps - turns } else { turns };
                let angle = PI + TAU * step / steps;
                let out = self.half + vec2(radius + half + 44.0, radius + half + 16.0);
                self.centre + vec2(angle.cos(), angle.sin()) * out
            };
            let at = pos2(
                at.x.clamp(keep.left(), keep.right().max(keep.left())),
                at.y.clamp(keep.top(), keep.bottom().max(keep.top())),
            );
            spots.push(Spot { actor, at, radius: half });
        }
    }
}

impl fmt::Display for Arrangement {
    /// A line for each actor: name, place, radius, in whole points.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Spot { actor, at, radius } in &self.spots {
            writeln!(f, "{actor:?} at {:.0} {:.0} radius {radius:.0}", at.x, at.y)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actors(nodes: u16, clients: u16) -> Vec<ActorId> {
        (1..=nodes).map(ActorId::node).chain((1..=clients).map(ActorId::client)).collect()
    }

    fn nearest(arrangement: &Arrangement) -> f32 {
        let mut least = f32::MAX;
        for (index, a) in arrangement.spots.iter().enumerate() {
            for b in &arrangement.spots[index + 1..] {
                least = least.min(a.at.distance(b.at) - a.radius - b.radius);
            }
        }
        least
    }

    #[test]
    fn three_nodes_and_a_client() {
        let text = Arrangement::new(&actors(3, 1), vec2(1280.0, 420.0), 0.0).to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        let placed = Arrangement::new(&actors(3, 1), vec2(1280.0, 420.0), 0.0);
        let at = |actor| placed.spot(actor).unwrap().at;
        let (n1, n2, n3) = (at(ActorId::node(1)), at(ActorId::node(2)), at(ActorId::node(3)));
        assert!(n1.x < n2.x && (n2.x - n3.x).abs() < 1.0 && n2.y < n1.y && n1.y < n3.y, "{text}");
        let c1 = at(ActorId::client(1));
        assert!(c1.x < n1.x && (c1.y - n1.y).abs() < 1.0, "{text}");
    }

    #[test]
    fn everybody_has_room_at_every_size() {
        for (nodes, clients) in [(1, 1), (2, 1), (3, 1), (5, 2), (7, 2), (9, 4), (12, 6), (16, 3), (100, 2)] {
            for size in [vec2(703.0, 348.0), vec2(390.0, 294.0), vec2(1280.0, 420.0), vec2(1400.0, 900.0)] {
                let placed = Arrangement::new(&actors(nodes, clients), size, 40.0);
                assert_eq!(placed.spots.len(), usize::from(nodes + clients));
                let inside = Rect::from_min_size(Pos2::ZERO, size);
                for spot in &placed.spots {
                    assert!(inside.contains(spot.at), "{nodes} {clients} {size} {spot:?}");
                }
                if clients <= 2 {
                    assert!(nearest(&placed) > 0.0, "{nodes} {clients} {size}\n{placed}");
                }
            }
        }
    }

    #[test]
    fn the_same_actors_stand_at_the_same_places() {
        let size = vec2(703.0, 348.0);
        assert_eq!(Arrangement::new(&actors(5, 2), size, 40.0), Arrangement::new(&actors(5, 2), size, 40.0));
        // Another client moves no other.
        let (two, three) =
            (Arrangement::new(&actors(5, 1), size, 0.0), Arrangement::new(&actors(9, 1), size, 0.0));
        assert_ne!(two.spots[4], three.spots[4]);
    }

    #[test]
    fn calls_go_from_left_to_right_in_columns() {
        let (n, c) = (ActorId::node, ActorId::client);
        let columns = vec![vec![c(1), c(2)], vec![n(1)], vec![n(2), n(3), n(4), n(9)], vec![n(2)]];
        let placed = Arrangement::columns(&actors(5, 2), &columns, vec2(703.0, 348.0), 40.0);
        let at = |actor| placed.spot(actor).unwrap().at;
        assert_eq!(
            [c(1), n(1), n(2), n(5)].map(|actor| placed.column(actor)),
            [0, 1, 2, 3],
            "n5 was not named"
        );
        assert!(at(c(1)).x < at(n(1)).x && at(n(1)).x < at(n(2)).x && at(n(4)).x < at(n(5)).x, "{placed}");
        assert!(at(n(2)).y < at(n(3)).y && (at(n(3)).y - at(n(1)).y).abs() < 1.0, "{placed}");
        assert_eq!(placed.spots.len(), 7, "nobody stands twice");
    }

    #[test]
    fn columns_have_room_at_every_size() {
        for counts in [[1, 1, 1, 1], [12, 1, 3, 1], [2, 3, 30, 2], [0, 0, 0, 1]] {
            let mut next = 0;
            let column = |count: u16| {
                next += count;
                (next - count + 1..=next).map(ActorId::node).collect::<Vec<_>>()
            };
            let columns: Vec<Vec<ActorId>> = counts.into_iter().map(column).collect();
            for size in [vec2(703.0, 348.0), vec2(390.0, 294.0), vec2(1400.0, 900.0)] {
                let placed = Arrangement::columns(&actors(counts.iter().sum(), 0), &columns, size, 40.0);
                let inside = Rect::from_min_size(Pos2::ZERO, size);
                assert!(placed.spots.iter().all(|spot| inside.contains(spot.at)), "{counts:?} {size}");
                assert!(nearest(&placed) > 0.0, "{counts:?} {size}\n{placed}");
            }
        }
        assert!(Arrangement::columns(&[], &[vec![]], Vec2::ZERO, 0.0).spots.is_empty());
    }

    #[test]
    fn nobody_and_nothing() {
        assert!(Arrangement::new(&[], Vec2::ZERO, 0.0).spots.is_empty());
        let lone = Arrangement::new(&actors(0, 2), vec2(10.0, 10.0), 100.0);
        assert!(lone.spots.iter().all(|spot| spot.at.is_finite()));
    }
}
