//! The lattice as a drawing: layers, places in them, and the lines between.
//!
//! Stronger models stand above weaker ones. Layers are longest paths from the top; lines that cross several layers
//! get a place in each of them, so that they can bend around what stands there; places are then moved towards the
//! neighbours above and below, a few times, and the arrangement with the fewest crossings is kept. Positions are
//! whole thousandths of the drawing's width and height: how large it is painted is the window's business.

use std::collections::BTreeMap;

use super::{Model, Models};

/// One model and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The model.
    pub model: Model,
    /// Its layer, 0 on top.
    pub layer: u32,
    /// Its place within the layer, 0 on the left.
    pub place: u32,
    /// From the left edge, in thousandths of the width.
    pub x: u32,
    /// From the upper edge, in thousandths of the height.
    pub y: u32,
}

/// A line from a model to one that it implies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The stronger model.
    pub from: Model,
    /// The weaker one.
    pub to: Model,
    /// Where the line runs, from one to the other, in thousandths of width and height.
    pub through: Vec<(u32, u32)>,
}

/// The models laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The models, by layer and place.
    pub models: Vec<Placed>,
    /// The lines, without those that follow from others.
    pub lines: Vec<Line>,
    /// How many layers.
    pub layers: u32,
    /// How many places the widest layer has.
    pub width: u32,
}

/// A model or the bend of a line, numbered.
type Vertex = usize;

struct Layout {
    /// For each vertex its layer.
    layer: Vec<u32>,
    /// Neighbours one layer up and one layer down.
    up: Vec<Vec<Vertex>>,
    down: Vec<Vec<Vertex>>,
    /// The vertices of each layer, from left to right.
    rows: Vec<Vec<Vertex>>,
}

impl Map {
    /// The layout of these models.
    pub fn of(models: Models) -> Map {
        let members: Vec<Model> = models.iter().collect();
        let covers = covers(&members);
        let layer = layers(members.len(), &covers);
        let mut layout = Layout::new(layer, members.len());
        let chains: Vec<Vec<Vertex>> = covers.iter().map(|(from, to)| layout.connect(*from, *to)).collect();
        layout.arrange();
        let spot = layout.spots();
        let mut placed: Vec<Placed> = Vec::new();
        for row in &layout.rows {
            let here = row.iter().filter(|vertex| **vertex < members.len());
            placed.extend(here.zip(0..).map(|(vertex, place)| Placed {
                model: members[*vertex],
                layer: layout.layer[*vertex],
                place,
                x: spot[*vertex].0,
                y: spot[*vertex].1,
            }));
        }
        let line = |((from, to), chain): (&(Vertex, Vertex), &Vec<Vertex>)| Line {
            from: members[*from],
            to: members[*to],
            through: chain.iter().map(|vertex| spot[*vertex]).collect(),
        };
        Map {
            models: placed,
            lines: covers.iter().zip(&chains).map(line).collect(),
            layers: layout.rows.len() as u32,
            width: layout.rows.iter().map(Vec::len).max().unwrap_or(0) as u32,
        }
    }

    /// The layout of all models.
    pub fn whole() -> Map {
        Map::of(Model::ALL.into_iter().collect())
    }

    /// How many pairs of line pieces cross.
    pub fn crossings(&self) -> u32 {
        let mut pieces: BTreeMap<(u32, u32), Vec<(u32, u32)>> = BTreeMap::new();
        for line in &self.lines {
            for pair in line.through.windows(2) {
                pieces.entry((pair[0].1, pair[1].1)).or_default().push((pair[0].0, pair[1].0));
            }
        }
        pieces.values().map(|pieces| inversions(pieces)).sum()
    }
}

/// Pairs of models of which the first implies the second, but none in between does.
fn covers(members: &[Model]) -> Vec<(Vertex, Vertex)> {
    let implied: Vec<Models> = members.iter().map(|member| member.all_implied()).collect();
    let is_above = |a: Vertex, b: Vertex| a != b && implied[a].contains(members[b]);
    let mut covers = Vec::new();
    for from in 0..members.len() {
        for to in (0..members.len()).filter(|to| is_above(from, *to)) {
            if !(0..members.len()).any(|between| is_above(from, between) && is_above(between, to)) {
                covers.push((from, to));
            }
        }
    }
    covers
}

/// The layer of each vertex: the longest way from the top. What nothing stands above hangs right above its highest
/// neighbour below instead.
fn layers(count: usize, covers: &[(Vertex, Vertex)]) -> Vec<u32> {
    let mut layer: Vec<u32> = vec![0; count];
    for _ in 0..count {
        for (from, to) in covers {
            layer[*to] = layer[*to].max(layer[*from] + 1);
        }
    }
    for vertex in 0..count {
        if covers.iter().all(|(_, to)| *to != vertex) {
            let below = covers.iter().filter(|(from, _)| *from == vertex).map(|(_, to)| layer[*to]).min();
            layer[vertex] = below.map_or(0, |below| below.saturating_sub(1));
        }
    }
    layer
}

/// How many pairs of pieces between two layers cross; each is (place above, place below).
fn inversions(pieces: &[(u32, u32)]) -> u32 {
    let mut crossings = 0;
    for (number, a) in pieces.iter().enumerate() {
        for b in &pieces[number + 1..] {
            if (a.0 < b.0 && a.1 > b.1) || (a.0 > b.0 && a.1 < b.1) {
                crossings += 1;
            }
        }
    }
    crossings
}

impl Layout {
    fn new(layer: Vec<u32>, count: usize) -> Self {
        let depth = layer.iter().max().map_or(0, |deepest| *deepest as usize + 1);
        let mut rows = vec![Vec::new(); depth];
        for vertex in 0..count {
            rows[layer[vertex] as usize].push(vertex);
        }
        Self { layer, up: vec![Vec::new(); count], down: vec![Vec::new(); count], rows }
    }

    /// Connects two vertices by a bend in each layer between. Returns the way.
    fn connect(&mut self, from: Vertex, to: Vertex) -> Vec<Vertex> {
        let mut way = vec![from];
        let mut last = from;
        for between in self.layer[from] + 1..self.layer[to] {
            let bend = self.layer.len();
            self.layer.push(between);
            self.up.push(Vec::new());
            self.down.push(Vec::new());
            self.rows[between as usize].push(bend);
            self.join(last, bend);
            way.push(bend);
            last = bend;
        }
        self.join(last, to);
        way.push(to);
        way
    }

    fn join(&mut self, above: Vertex, below: Vertex) {
        self.down[above].push(below);
        self.up[below].push(above);
    }

    /// Sweeps down and up, sorting each row by the mean place of its neighbours, and keeps the best arrangement.
    fn arrange(&mut self) {
        let mut best = (self.crossings(), self.rows.clone());
        for round in 0..24 {
            let downwards = round % 2 == 0;
            let depth = self.rows.len();
            for step in 1..depth {
                let row = if downwards { step } else { depth - 1 - step };
                let places = self.places();
                let neighbours = if downwards { &self.up } else { &self.down };
                // The mean place, times 1000, so that it stays a whole number.
                let mean = |vertex: &Vertex| match neighbours[*vertex].len() as u32 {
                    0 => places[*vertex] * 1000,
                    count => {
                        neighbours[*vertex].iter().map(|other| places[*other] * 1000).sum::<u32>() / count
                    }
                };
                let mut order = self.rows[row].clone();
                order.sort_by_key(mean);
                self.rows[row] = order;
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
    }

    fn places(&self) -> Vec<u32> {
        let mut places = vec![0; self.layer.len()];
        for row in &self.rows {
            for (vertex, place) in row.iter().zip(0..) {
                places[*vertex] = place;
            }
        }
        places
    }

    fn crossings(&self) -> u32 {
        let places = self.places();
        let mut crossings = 0;
        for row in &self.rows {
            let pieces: Vec<(u32, u32)> = row
                .iter()
                .flat_map(|vertex| self.down[*vertex].iter().map(|below| (places[*vertex], places[*below])))
                .collect();
            crossings += inversions(&pieces);
        }
        crossings
    }

    /// Where each vertex stands, in thousandths of width and height.
    fn spots(&self) -> Vec<(u32, u32)> {
        let mut spots = vec![(0, 0); self.layer.len()];
        let depth = self.rows.len() as u32;
        for (row, layer) in self.rows.iter().zip(0..) {
            let count = row.len() as u32;
            for (vertex, place) in row.iter().zip(0..) {
                spots[*vertex] = ((2 * place + 1) * 500 / count, (2 * layer + 1) * 500 / depth);
            }
        }
        spots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_map_is_readable() {
        let map = Map::whole();
        assert_eq!(map.models.len(), Model::ALL.len());
        assert!(map.crossings() <= 25, "{} crossings", map.crossings());
        let layer = |model| map.models.iter().find(|placed| placed.model == model).unwrap().layer;
        assert_eq!(layer(Model::StrictSerializable), 0);
        for line in &map.lines {
            assert!(layer(line.from) < layer(line.to));
            assert_eq!(line.through.len() as u32, layer(line.to) - layer(line.from) + 1);
        }
    }

    #[test]
    fn what_lines_say_is_what_is_implied() {
        let map = Map::whole();
        for from in Model::ALL {
            let mut reached = Models::NONE.with(from);
            for _ in 0..map.layers {
                for line in &map.lines {
                    if reached.contains(line.from) {
                        reached = reached.with(line.to);
                    }
                }
            }
            assert_eq!(reached, from.all_implied(), "{}", from.name());
        }
    }

    #[test]
    fn a_part_keeps_the_lines_of_the_whole() {
        let models = [Model::Serializable, Model::ReadCommitted, Model::Linearizable].into_iter().collect();
        let map = Map::of(models);
        assert_eq!(map.lines.len(), 1);
        assert_eq!((map.layers, map.width), (2, 2));
        assert_eq!(Map::of(Models::NONE).models, []);
    }
}
