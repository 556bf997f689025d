//! One triangle: which pixels it covers, and what it does to them.

use eframe::egui::{Color32, epaint};

/// Parts of a pixel that a position is rounded to.
const PARTS: i64 = 256;
/// Positions are kept within this many pixels of the origin, so that products of them fit.
const FARTHEST: f32 = 1_048_576.0;

/// Pixels of the image that may be painted: from `left`, `top` up to but without `right`, `bottom`.
#[derive(Clone, Copy)]
pub(super) struct Clip {
    pub left: usize,
    pub top: usize,
    pub right: usize,
    pub bottom: usize,
}

/// What is painted on.
pub(super) struct Target<'a> {
    pub size: [usize; 2],
    pub pixels: &'a mut [Color32],
}

/// Red, green, blue, alpha, premultiplied, each 0 to 255.
type Channels = [f32; 4];

fn channels(colour: Color32) -> Channels {
    colour.to_array().map(f32::from)
}

/// An image that vertices point into.
pub(super) struct Texture {
    size: [usize; 2],
    texels: Vec<Color32>,
    nearest: bool,
}

impl Texture {
    pub fn new(size: [usize; 2], texels: &[Color32], nearest: bool) -> Self {
        let mut texels = texels.to_vec();
        texels.resize(size[0] * size[1], Color32::TRANSPARENT);
        Self { size, texels, nearest }
    }

    /// Replaces the part of the texture that begins at `at`; what would lie outside is left out.
    pub fn patch(&mut self, at: [usize; 2], size: [usize; 2], texels: &[Color32]) {
        let width = size[0].min(self.size[0].saturating_sub(at[0]));
        let height = size[1].min(self.size[1].saturating_sub(at[1]));
        for row in 0..height {
            let to = (at[1] + row) * self.size[0] + at[0];
            let from = row * size[0];
            if let Some(source) = texels.get(from..from + width) {
                self.texels[to..to + width].copy_from_slice(source);
            }
        }
    }

    fn texel(&self, x: f32, y: f32) -> Channels {
        let within = |at: f32, size: usize| at.clamp(0.0, size as f32 - 1.0) as usize;
        let at = within(y, self.size[1]) * self.size[0] + within(x, self.size[0]);
        channels(self.texels.get(at).copied().unwrap_or(Color32::TRANSPARENT))
    }

    /// The colour at a point given in texels, `[0.5, 0.5]` being the middle of the first.
    fn sample(&self, [x, y]: [f32; 2]) -> Channels {
        if self.nearest {
            return self.texel(x.floor(), y.floor());
        }
        let (left, top) = ((x - 0.5).floor(), (y - 0.5).floor());
        let (right_part, bottom_part) = (x - 0.5 - left, y - 0.5 - top);
        let row = |y: f32| {
            let first = self.texel(left, y);
            if right_part == 0.0 { first } else { blend(first, self.texel(left + 1.0, y), right_part) }
        };
        let first = row(top);
        if bottom_part == 0.0 { first } else { blend(first, row(top + 1.0), bottom_part) }
    }
}

fn blend(from: Channels, to: Channels, part: f32) -> Channels {
    std::array::from_fn(|at| from[at] + (to[at] - from[at]) * part)
}

/// A corner: where it is in [`PARTS`] of a pixel, where it points in texels, its colour.
#[derive(Clone, Copy)]
pub(super) struct Vertex {
    x: i64,
    y: i64,
    texel: [f32; 2],
    colour: Color32,
}

impl Vertex {
    pub fn new(vertex: &epaint::Vertex, pixels_per_point: f32, texture: &Texture) -> Self {
        let fixed = |points: f32| {
            ((points * pixels_per_point).clamp(-FARTHEST, FARTHEST) * PARTS as f32).round() as i64
        };
        Self {
            x: fixed(vertex.pos.x),
            y: fixed(vertex.pos.y),
            texel: [vertex.uv.x * texture.size[0] as f32, vertex.uv.y * texture.size[1] as f32],
            colour: vertex.color,
        }
    }
}

/// A side of a triangle as a function that is positive inside: `across * x + down * y + rest`.
/// A pixel on the line belongs to the triangle of which this is a top or left side.
struct Side {
    across: i64,
    down: i64,
    rest: i64,
    /// The least value that is inside.
    least: i64,
}

impl Side {
    fn new(from: &Vertex, to: &Vertex) -> Self {
        let (dx, dy) = (to.x - from.x, to.y - from.y);
        let is_top_or_left = dy < 0 || (dy == 0 && dx > 0);
        Self {
            across: -dy,
            down: dx,
            rest: dy * from.x - dx * from.y,
            least: if is_top_or_left { 0 } else { 1 },
        }
    }

    /// The value in the middle of the pixel.
    fn at(&self, x: i64, y: i64) -> i64 {
        self.across * (x * PARTS + PARTS / 2) + self.down * (y * PARTS + PARTS / 2) + self.rest
    }

    /// Narrows the pixels `left..right` of row `y` to those inside.
    fn narrow(&self, y: i64, left: &mut i64, right: &mut i64) {
        let missing = self.least - self.at(0, y);
        let step = self.across * PARTS;
        match step.cmp(&0) {
            std::cmp::Ordering::Greater => *left = (*left).max(-(-missing).div_euclid(step)),
            std::cmp::Ordering::Less => *right = (*right).min((-missing).div_euclid(-step) + 1),
            std::cmp::Ordering::Equal if missing > 0 => *right = *left,
            std::cmp::Ordering::Equal => {}
        }
    }
}

/// What a triangle's corners say about the pixels between them: values at the first corner, and what
/// the second and the third add.
struct Mixture<const N: usize> {
    first: [f32; N],
    second: [f32; N],
    third: [f32; N],
}

impl<const N: usize> Mixture<N> {
    fn new([a, b, c]: [[f32; N]; 3]) -> Self {
        Self {
            first: a,
            second: std::array::from_fn(|at| b[at] - a[at]),
            third: std::array::from_fn(|at| c[at] - a[at]),
        }
    }

    fn at(&self, second: f32, third: f32) -> [f32; N] {
        std::array::from_fn(|at| self.first[at] + self.second[at] * second + self.third[at] * third)
    }
}

/// Paints one triangle, in whichever order its corners come.
pub(super) fn draw(target: &mut Target<'_>, texture: &Texture, clip: Clip, [a, mut b, mut c]: [&Vertex; 3]) {
    if [a, b, c].iter().all(|corner| corner.colour == Color32::TRANSPARENT) {
        return;
    }
    let mut area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
    if area < 0 {
        std::mem::swap(&mut b, &mut c);
        area = -area;
    }
    if area == 0 {
        return;
    }
    let sides = [Side::new(a, b), Side::new(b, c), Side::new(c, a)];
    let top = a.y.min(b.y).min(c.y).div_euclid(PARTS).max(clip.top as i64);
    let bottom = (a.y.max(b.y).max(c.y).div_euclid(PARTS) + 1).min(clip.bottom as i64);

    let paint = Paint::new(texture, [a, b, c]);
    for y in top..bottom {
        let (mut left, mut right) = (clip.left as i64, clip.right as i64);
        for side in &sides {
            side.narrow(y, &mut left, &mut right);
        }
        if left >= right {
            continue;
        }
        let start = y as usize * target.size[0];
        let row = &mut target.pixels[start + left as usize..start + right as usize];
        // How much of the second and of the third corner is in the row's first pixel, and in each step.
        let part = |value: i64| (value as f64 / area as f64) as f32;
        let (second, third) = (part(sides[2].at(left, y)), part(sides[0].at(left, y)));
        let steps = (part(sides[2].across * PARTS), part(sides[0].across * PARTS));
        paint.row(row, (second, third), steps);
    }
}

/// How the pixels of a triangle get their colour: the less it varies, the less there is to do.
enum Paint<'a> {
    /// One colour everywhere: most of every frame.
    Flat(Channels),
    /// One texel, colours that differ: the soft edges of shapes.
    Shaded { colours: Mixture<4> },
    /// One colour, texels that differ: letters, discs.
    Stamped { texture: &'a Texture, texels: Mixture<2>, colour: Channels },
    /// Both differ.
    Full { texture: &'a Texture, texels: Mixture<2>, colours: Mixture<4> },
}

fn times(texel: Channels, colour: Channels) -> Channels {
    std::array::from_fn(|at| texel[at] * colour[at] / 255.0)
}

impl<'a> Paint<'a> {
    fn new(texture: &'a Texture, corners: [&Vertex; 3]) -> Self {
        let [a, b, c] = corners;
        let one_colour = a.colour == b.colour && b.colour == c.colour;
        let one_texel = a.texel == b.texel && b.texel == c.texel;
        let colours = corners.map(|corner| channels(corner.colour));
        match (one_colour, one_texel) {
            (true, true) => Self::Flat(times(texture.sample(a.texel), colours[0])),
            (false, true) => {
                let texel = texture.sample(a.texel);
                Self::Shaded { colours: Mixture::new(colours.map(|colour| times(texel, colour))) }
            }
            (true, false) => Self::Stamped {
                texture,
                texels: Mixture::new(corners.map(|corner| corner.texel)),
                colour: colours[0],
            },
            (false, false) => Self::Full {
                texture,
                texels: Mixture::new(corners.map(|corner| corner.texel)),
                colours: Mixture::new(colours),
            },
        }
    }

    fn row(&self, row: &mut [Color32], start: (f32, f32), step: (f32, f32)) {
        match self {
            Self::Flat(colour) if colour[3] >= 255.0 => row.fill(over(*colour, Color32::TRANSPARENT)),
            Self::Flat(colour) => {
                for pixel in row {
                    *pixel = over(*colour, *pixel);
                }
            }
            Self::Shaded { colours } => {
                along(row, start, step, |second, third| colours.at(second, third));
            }
            Self::Stamped { texture, texels, colour } => along(row, start, step, |second, third| {
                times(texture.sample(texels.at(second, third)), *colour)
            }),
            Self::Full { texture, texels, colours } => along(row, start, step, |second, third| {
                times(texture.sample(texels.at(second, third)), colours.at(second, third))
            }),
        }
    }
}

/// Paints a row with a colour that depends on the parts of the second and the third corner.
fn along(row: &mut [Color32], start: (f32, f32), step: (f32, f32), colour: impl Fn(f32, f32) -> Channels) {
    for (at, pixel) in row.iter_mut().enumerate() {
        let at = at as f32;
        let source = colour(start.0 + step.0 * at, start.1 + step.1 * at);
        if source != [0.0; 4] {
            *pixel = over(source, *pixel);
        }
    }
}

/// `source` over `below`, both premultiplied.
fn over(source: Channels, below: Color32) -> Color32 {
    let rest = 1.0 - source[3] / 255.0;
    let below = channels(below);
    let [red, green, blue, alpha] =
        std::array::from_fn(|at| (source[at] + below[at] * rest + 0.5).clamp(0.0, 255.0) as u8);
    Color32::from_rgba_premultiplied(red, green, blue, alpha)
}
