//! The way of a link: straight, or bowed where a straight one would run through somebody it does not concern.

use eframe::egui::{Pos2, Vec2, emath::TSTransform, vec2};

use super::arrange::Spot;
use super::cut;

/// Pieces a bowed way is made of.
const PIECES: u8 = 16;
/// A way keeps so far from the rim of whom it passes.
const CLEAR: f32 = 12.0;
/// A way is bowed by no more than this part of its length.
const MOST: f32 = 0.55;

/// A way from rim to rim.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Route {
    /// Where it begins and ends.
    pub ends: [Pos2; 2],
    /// How far its middle lies to the right of the straight way, seen along it; 0 where it is straight.
    pub bend: f32,
}

impl Route {
    /// A straight way.
    pub fn straight(ends: [Pos2; 2]) -> Self {
        Self { ends, bend: 0.0 }
    }

    /// A way around those of `others` that stand in its way.
    pub fn around<'a>(ends: [Pos2; 2], others: impl Iterator<Item = &'a Spot>) -> Self {
        let along = ends[1] - ends[0];
        let length = along.length();
        if length < 1.0 {
            return Self::straight(ends);
        }
        let heading = along / length;
        let side = vec2(-heading.y, heading.x);
        // How far it must go to the right, or to the left, to be clear of all.
        let (mut right, mut left) = (0.0f32, 0.0f32);
        for other in others {
            let to = other.at - ends[0];
            let part = to.dot(heading) / length;
            let off = to.dot(side);
            let room = other.radius + CLEAR;
            if !(0.02..=0.98).contains(&part) || off.abs() >= room {
                continue;
            }
            // A bow has 4 t (1 - t) of its height at t.
            let reach = (4.0 * part * (1.0 - part)).max(0.1);
            right = right.max((off + room) / reach);
            left = left.max((room - off) / reach);
        }
        let bend = if right <= left { right } else { -left };
        Self { ends, bend: bend.clamp(-MOST * length, MOST * length) }
    }

    /// Whether it is straight.
    pub fn is_straight(&self) -> bool {
        self.bend == 0.0
    }

    /// The same on the screen.
    pub fn on_screen(&self, to_screen: TSTransform) -> Self {
        Self { ends: self.ends.map(|end| to_screen * end), bend: self.bend * to_screen.scaling }
    }

    fn side(&self) -> Vec2 {
        let heading = (self.ends[1] - self.ends[0]).normalized();
        vec2(-heading.y, heading.x)
    }

    /// The place after this part of the way.
    pub fn at(&self, part: f32) -> Pos2 {
        let straight = self.ends[0].lerp(self.ends[1], part);
        if self.is_straight() {
            straight
        } else {
            straight + self.side() * (self.bend * 4.0 * part * (1.0 - part))
        }
    }

    /// Which way it leads there, of length one.
    pub fn heading(&self, part: f32) -> Vec2 {
        let along = self.ends[1] - self.ends[0];
        if self.is_straight() {
            return along.normalized();
        }
        (along + self.side() * (self.bend * 4.0 * (1.0 - 2.0 * part))).normalized()
    }

    /// The points it is drawn through.
    pub fn points(&self) -> Vec<Pos2> {
        if self.is_straight() {
            return self.ends.to_vec();
        }
        (0..=PIECES).map(|piece| self.at(f32::from(piece) / f32::from(PIECES))).collect()
    }

    /// The straight pieces of it, each with the part at which it begins.
    fn pieces(&self) -> impl Iterator<Item = (f32, [Pos2; 2])> {
        let count = if self.is_straight() { 1 } else { PIECES };
        (0..count).map(move |piece| {
            let (from, to) = (f32::from(piece) / f32::from(count), f32::from(piece + 1) / f32::from(count));
            (from, [self.at(from), self.at(to)])
        })
    }

    /// Where it meets a line first, as a part of the way.
    pub fn meets(&self, line: &[Pos2]) -> Option<f32> {
        let count = if self.is_straight() { 1.0 } else { f32::from(PIECES) };
        self.pieces().find_map(|(from, piece)| Some(from + cut::meets(piece, line)? / count))
    }

    /// How far a point is from it.
    pub fn distance(&self, point: Pos2) -> f32 {
        self.pieces().map(|(_, piece)| cut::distance(point, piece)).fold(f32::MAX, f32::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::pos2;
    use sim::ActorId;

    fn spot(x: f32, y: f32) -> Spot {
        Spot { actor: ActorId::node(9), at: pos2(x, y), radius: 20.0 }
    }

    const ENDS: [Pos2; 2] = [pos2(0.0, 0.0), pos2(200.0, 0.0)];

    #[test]
    fn it_is_straight_where_nobody_stands() {
        for others in [vec![], vec![spot(100.0, 60.0)], vec![spot(-40.0, 0.0), spot(260.0, 3.0)]] {
            let route = Route::around(ENDS, others.iter());
            assert!(route.is_straight(), "{others:?}");
            assert_eq!((route.at(0.25), route.heading(0.5)), (pos2(50.0, 0.0), vec2(1.0, 0.0)));
        }
    }

    #[test]
    fn it_goes_around_on_the_shorter_side_and_keeps_clear() {
        for (others, right) in [
            (vec![spot(100.0, -8.0)], true),
            (vec![spot(100.0, 8.0)], false),
            (vec![spot(60.0, -5.0), spot(140.0, -12.0)], true),
        ] {
            let route = Route::around(ENDS, others.iter());
            assert_eq!(route.bend > 0.0, right, "{route:?}");
            for other in &others {
                assert!(route.distance(other.at) > other.radius + 4.0, "{route:?} runs into {other:?}");
            }
            assert_eq!((route.at(0.0), route.at(1.0)), (ENDS[0], ENDS[1]));
            assert!(route.heading(0.0).y * route.bend > 0.0, "it leaves towards its side");
        }
    }

    #[test]
    fn a_line_meets_it_where_it_is_drawn() {
        let route = Route { ends: ENDS, bend: 50.0 };
        let down = [pos2(100.0, 20.0), pos2(100.0, 80.0)];
        assert!((route.meets(&down).unwrap() - 0.5).abs() < 0.01);
        assert_eq!(route.meets(&[pos2(100.0, -20.0), pos2(100.0, 20.0)]), None, "the straight way is empty");
        assert!(Route::straight(ENDS).meets(&down).is_none());
        assert!((route.distance(pos2(100.0, 50.0))) < 0.5);
    }

    #[test]
    fn no_way_at_all_does_no_harm() {
        let nowhere = Route::around([pos2(1.0, 1.0); 2], [spot(1.0, 1.0)].iter());
        assert!(nowhere.at(0.5).is_finite() && nowhere.heading(0.5).x.is_finite());
    }
}
