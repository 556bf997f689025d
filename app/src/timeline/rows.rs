//! Which lane stands where: nodes close together, clients with room for a label above their boxes. Pure.

use sim::{ActorId, Story};

/// The lanes from top to bottom, in points below the first one's upper edge.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// Who, and the height of its line.
    pub lanes: Vec<(ActorId, f32)>,
    /// Where the last lane ends.
    pub height: f32,
    /// From one node's line to the next.
    pub step: f32,
    nodes: Vec<f32>,
    clients: Vec<f32>,
}

/// From node to node: least and most.
const NODE: [f32; 2] = [19.0, 28.0];
/// From node to node where there is room.
const COMFORT: f32 = 26.0;
/// A client's lane is so much taller.
const CLIENT: f32 = 1.32;

/// How tall lanes would like to be together.
pub fn wanted(story: &Story) -> f32 {
    story.lanes.iter().map(|lane| if lane.actor.is_client() { COMFORT * CLIENT } else { COMFORT }).sum()
}

/// How tall lanes are together at least: in less room they scroll.
pub fn least(story: &Story) -> f32 {
    wanted(story) * (NODE[0] / COMFORT)
}

impl Rows {
    /// Lanes that fill `room` where they can; where they cannot they are as close as may be, and scroll.
    pub fn new(story: &Story, room: f32) -> Self {
        let clients = story.lanes.iter().filter(|lane| lane.actor.is_client()).count() as f32;
        let nodes = story.lanes.len() as f32 - clients;
        let parts = nodes + clients * CLIENT;
        let step = if parts > 0.0 { (room / parts).clamp(NODE[0], NODE[1]) } else { NODE[1] };
        let mut rows = Self { step, ..Self::default() };
        let mut y = 0.0;
        for lane in &story.lanes {
            let height = if lane.actor.is_client() { step * CLIENT } else { step };
            // A client's line is lower in its lane: its labels stand above.
            let line = y + height * if lane.actor.is_client() { 0.62 } else { 0.5 };
            let places = if lane.actor.is_client() { &mut rows.clients } else { &mut rows.nodes };
            let number = usize::from(lane.actor.number());
            if places.len() <= number {
                places.resize(number + 1, f32::NAN);
            }
            places[number] = line;
            rows.lanes.push((lane.actor, line));
            y += height;
        }
        rows.height = y;
        rows
    }

    /// The height of an actor's line.
    pub fn y(&self, actor: ActorId) -> Option<f32> {
        let places = if actor.is_client() { &self.clients } else { &self.nodes };
        places.get(usize::from(actor.number())).copied().filter(|y| y.is_finite())
    }

    /// Where the last node's lane ends.
    pub fn nodes_end(&self) -> f32 {
        let last = self.lanes.iter().rev().find(|(actor, _)| actor.is_node());
        last.map_or(0.0, |(_, y)| y + self.step / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::sample::{self, c, n};

    #[test]
    fn lanes_fill_the_room_or_scroll() {
        let story = sample::desk_story();
        let wide = Rows::new(&story, 200.0);
        assert!(wide.height <= 200.5 && wide.height > 180.0, "{wide:?}");
        assert!(
            wide.y(n(1)).unwrap() < wide.y(n(5)).unwrap() && wide.y(n(5)).unwrap() < wide.y(c(1)).unwrap()
        );
        assert_eq!(wide.y(n(9)), None);
        let narrow = Rows::new(&story, 50.0);
        assert!(narrow.height > 130.0 && narrow.step == NODE[0]);
        assert_eq!(Rows::new(&Story::default(), 100.0).height, 0.0);
    }
}
