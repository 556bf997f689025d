//! What a drag means. Pure: pointer positions in, commands and selections out.

use eframe::egui::{Pos2, Rect, Vec2, emath::TSTransform};
use sim::command::Command;
use sim::{ActorId, View};

use super::arrange::Arrangement;
use super::cut::{self, Pair};
use super::placed::Placed;

/// A drag under way. Positions are on the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Drag {
    /// A line over empty ground: it cuts what it crosses.
    Cut {
        /// From its beginning to the pointer.
        line: Vec<Pos2>,
    },
    /// A band that marks what it holds.
    Band {
        /// Where it began.
        from: Pos2,
        /// Where the pointer is.
        to: Pos2,
    },
    /// From an actor to another.
    Join {
        /// The first.
        from: ActorId,
        /// Where the pointer is.
        to: Pos2,
        /// Who is under it.
        over: Option<ActorId>,
    },
}

/// A line under the hand gets a point for so many points of way.
const STEP: f32 = 5.0;
/// It has at most so many.
const POINTS_MOST: usize = 400;

impl Drag {
    /// Goes on to where the pointer is.
    pub fn follow(&mut self, at: Pos2, arrangement: &Arrangement, to_screen: TSTransform) {
        match self {
            Drag::Cut { line } => {
                let far = line.len() < 2 || line[line.len() - 2].distance(at) > STEP;
                let full = line.len() >= POINTS_MOST;
                match line.last_mut() {
                    Some(last) if !far || full => *last = at,
                    _ => line.push(at),
                }
            }
            Drag::Band { to, .. } => *to = at,
            Drag::Join { to, over, .. } => {
                *to = at;
                *over = under(at, arrangement, to_screen);
            }
        }
    }
}

/// Who is under a point of the screen, with some room around.
pub fn under(at: Pos2, arrangement: &Arrangement, to_screen: TSTransform) -> Option<ActorId> {
    let far = |spot: &super::arrange::Spot| at.distance(to_screen * spot.at);
    let reach = |spot: &super::arrange::Spot| (spot.radius * to_screen.scaling + 8.0).max(22.0);
    let near = arrangement.spots.iter().filter(|spot| far(spot) <= reach(spot));
    near.min_by(|a, b| far(a).total_cmp(&far(b))).map(|spot| spot.actor)
}

/// The nodes whose middles are inside a band on the screen.
pub fn inside(band: Rect, arrangement: &Arrangement, to_screen: TSTransform) -> Vec<ActorId> {
    let nodes = arrangement.spots.iter().filter(|spot| spot.actor.is_node());
    nodes.filter(|spot| band.contains(to_screen * spot.at)).map(|spot| spot.actor).collect()
}

/// The commands that a drawn line means.
///
/// Where links are too many to be drawn, the ones that are not drawn count as well.
pub fn cut_commands(
    line: &[Pos2],
    view: &View,
    placed: &Placed,
    arrangement: &Arrangement,
    to_screen: TSTransform,
) -> Vec<Command> {
    let back = to_screen.inverse();
    let line: Vec<Pos2> = line.iter().map(|at| back * *at).collect();
    let nodes = || view.links.iter().filter(|(_, b)| b.is_node());
    // In columns only links that are used are drawn, and those are what a hand means.
    let hidden = !arrangement.columns && nodes().count() > placed.links.len();
    let crosses = |ends: [Pos2; 2]| cut::meets(ends, &line).is_some();
    let crossed: Vec<Pair> = if hidden {
        let ends = |pair: &&Pair| {
            let spots = (arrangement.spot(pair.0), arrangement.spot(pair.1));
            matches!(spots, (Some(a), Some(b)) if crosses([a.at, b.at]))
        };
        nodes().filter(ends).copied().collect()
    } else {
        placed.links.iter().filter(|link| link.route.meets(&line).is_some()).map(|link| link.pair).collect()
    };
    // Of a client only the links that are drawn are known to the hand.
    let known: Vec<Pair> =
        if hidden { nodes().copied().collect() } else { placed.links.iter().map(|link| link.pair).collect() };
    cut::commands(&known, &crossed)
}

/// The actor to which an arrow key leads: the nearest one that lies that way.
pub fn neighbour(arrangement: &Arrangement, from: ActorId, way: Vec2) -> Option<ActorId> {
    let start = arrangement.spot(from)?.at;
    let cost = |to: Pos2| {
        let go = to - start;
        let ahead = go.dot(way);
        let aside = (go - way * ahead).length();
        (ahead > 1.0 && aside < ahead * 2.4).then_some(ahead + 2.0 * aside)
    };
    let others = arrangement.spots.iter().filter(|spot| spot.actor != from);
    let costs = others.filter_map(|spot| cost(spot.at).map(|cost| (cost, spot.actor)));
    costs.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, actor)| actor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::sample::{c, n};
    use eframe::egui::{pos2, vec2};

    fn desk() -> Arrangement {
        let actors: Vec<ActorId> = (1..=5).map(n).chain([c(1)]).collect();
        Arrangement::new(&actors, vec2(703.0, 348.0), 0.0)
    }

    #[test]
    fn a_line_keeps_few_points() {
        let mut drag = Drag::Cut { line: vec![Pos2::ZERO] };
        for step in 0..10_000 {
            drag.follow(pos2(step as f32 * 0.5, 0.0), &desk(), TSTransform::IDENTITY);
        }
        let Drag::Cut { line } = drag else { panic!("still a line") };
        assert!(line.len() <= POINTS_MOST && line.last() == Some(&pos2(4999.5, 0.0)));
    }

    #[test]
    fn a_join_knows_who_is_under_it() {
        let desk = desk();
        let mut drag = Drag::Join { from: n(1), to: Pos2::ZERO, over: None };
        drag.follow(desk.spot(n(3)).unwrap().at + vec2(5.0, 5.0), &desk, TSTransform::IDENTITY);
        assert!(matches!(drag, Drag::Join { over: Some(over), .. } if over == n(3)));
        assert_eq!(under(pos2(1.0, 1.0), &desk, TSTransform::IDENTITY), None);
    }

    #[test]
    fn arrows_lead_around() {
        let desk = desk();
        assert_eq!(neighbour(&desk, c(1), vec2(1.0, 0.0)), Some(n(1)));
        assert_eq!(neighbour(&desk, n(2), vec2(1.0, 0.0)), Some(n(3)));
        assert_eq!(neighbour(&desk, n(3), vec2(0.0, 1.0)), Some(n(4)));
        assert_eq!(neighbour(&desk, c(1), vec2(-1.0, 0.0)), None);
    }

    #[test]
    fn a_band_holds_nodes_only() {
        let all = Rect::from_min_size(Pos2::ZERO, vec2(703.0, 348.0));
        assert_eq!(inside(all, &desk(), TSTransform::IDENTITY), (1..=5).map(n).collect::<Vec<_>>());
    }
}
