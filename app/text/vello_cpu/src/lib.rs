//! What egui asks of `vello_cpu`: to fill one glyph's outline with one colour.
//!
//! The whole of it is a renderer of pictures, with gradients, layers, clips and a form of each for every kind of SIMD: a
//! twentieth of the page that a browser would load, for glyphs that are drawn once each and kept. This stands in its place
//! (`[patch.crates-io]` in the workspace), for the window and the page alike. The coverage of each pixel is worked out by
//! `ab_glyph_rasterizer`: the signed areas under the outline's edges, summed along each row. The winding rule is nonzero, as
//! fonts have it, as far as areas can tell: overlapping parts of one glyph add up and are cut off at one.
//!
//! `tests/same.rs` holds it against the original: all glyphs of the fonts used here, pixel by pixel.

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use kurbo::{Affine, BezPath, PathEl};

pub use {color, kurbo};

/// What is drawn until it is rendered.
#[derive(Clone, Debug)]
pub struct RenderContext {
    width: u16,
    height: u16,
    transform: Affine,
    paint: [u8; 4],
    filled: Vec<(BezPath, [u8; 4])>,
}

impl RenderContext {
    /// An empty picture of so many pixels.
    pub fn new(width: u16, height: u16) -> Self {
        Self { width, height, transform: Affine::IDENTITY, paint: [0, 0, 0, 255], filled: Vec::new() }
    }

    /// What is done to the paths from here on.
    pub fn set_transform(&mut self, transform: Affine) {
        self.transform = transform;
    }

    /// The colour of the paths from here on.
    pub fn set_paint(&mut self, paint: color::OpaqueColor<color::Srgb>) {
        let [red, green, blue] = paint.components.map(|part| (part.clamp(0.0, 1.0) * 255.0).round() as u8);
        self.paint = [red, green, blue, 255];
    }

    /// Fills a path.
    pub fn fill_path(&mut self, path: &BezPath) {
        self.filled.push((self.transform * path, self.paint));
    }

    /// Draws all of it, each path over those before.
    pub fn render(&self, to: &mut Pixmap, _: &mut Resources) {
        for (path, paint) in &self.filled {
            let coverage = coverage(path, self.width, self.height);
            let rows = coverage.chunks_exact(usize::from(self.width.max(1)));
            for (row, pixels) in rows.zip(to.pixels.chunks_exact_mut(4 * usize::from(to.width.max(1)))) {
                for (part, pixel) in row.iter().zip(pixels.chunks_exact_mut(4)) {
                    over(pixel, *paint, *part);
                }
            }
        }
    }
}

/// How much of each pixel a path covers, row by row.
fn coverage(path: &BezPath, width: u16, height: u16) -> Vec<f32> {
    let (width, height) = (usize::from(width), usize::from(height));
    let mut raster = Rasterizer::new(width, height);
    // What lies beside the picture is moved to its edge, where it covers what it did.
    let inside = |at: kurbo::Point| {
        point((at.x as f32).clamp(0.0, width as f32), (at.y as f32).clamp(0.0, height as f32))
    };
    let (mut first, mut last) = (Point::default(), Point::default());
    let mut is_open = false;
    for element in path.elements() {
        match *element {
            PathEl::MoveTo(to) => {
                if is_open {
                    raster.draw_line(last, first);
                }
                first = inside(to);
                last = first;
                is_open = true;
            }
            PathEl::LineTo(to) => {
                raster.draw_line(last, inside(to));
                last = inside(to);
            }
            PathEl::QuadTo(by, to) => {
                let [from, by, to] = [last, inside(by), inside(to)];
                let pieces = pieces(bend(from, by, to) / 4.0);
                for piece in 1..=pieces {
                    let (part, rest) = parts(piece, pieces);
                    let at = weighted([(from, rest * rest), (by, 2.0 * rest * part), (to, part * part)]);
                    raster.draw_line(last, at);
                    last = at;
                }
            }
            PathEl::CurveTo(by, and, to) => {
                let [from, by, and, to] = [last, inside(by), inside(and), inside(to)];
                let pieces = pieces(0.75 * bend(from, by, and).max(bend(by, and, to)));
                for piece in 1..=pieces {
                    let (part, rest) = parts(piece, pieces);
                    let at = weighted([
                        (from, rest * rest * rest),
                        (by, 3.0 * rest * rest * part),
                        (and, 3.0 * rest * part * part),
                        (to, part * part * part),
                    ]);
                    raster.draw_line(last, at);
                    last = at;
                }
            }
            PathEl::ClosePath => {
                raster.draw_line(last, first);
                last = first;
                is_open = false;
            }
        }
    }
    if is_open {
        raster.draw_line(last, first);
    }
    let mut parts = vec![0.0; width * height];
    raster.for_each_pixel(|place, part| {
        if let Some(pixel) = parts.get_mut(place) {
            *pixel = part.abs().min(1.0);
        }
    });
    parts
}

/// How far three points are from lying evenly on a line, in pixels: a curve's second difference.
fn bend(one: Point, middle: Point, other: Point) -> f32 {
    (one.x - 2.0 * middle.x + other.x).hypot(one.y - 2.0 * middle.y + other.y)
}

/// In how many lines a curve is drawn that strays so many pixels from one: each strays with the square of its part.
/// `ab_glyph_rasterizer` has curves as well, but lets them stray by a seventh of a pixel, which can be seen.
fn pieces(strays: f32) -> u16 {
    const MOST: f32 = 0.01;
    (strays / MOST).sqrt().ceil().clamp(1.0, 1_000.0) as u16
}

/// How far along a curve its piece ends, and what is left.
fn parts(piece: u16, pieces: u16) -> (f32, f32) {
    let part = f32::from(piece) / f32::from(pieces);
    (part, 1.0 - part)
}

fn weighted<const COUNT: usize>(points: [(Point, f32); COUNT]) -> Point {
    let sum = |of: fn(Point) -> f32| points.iter().map(|(at, weight)| of(*at) * weight).sum();
    point(sum(|at| at.x), sum(|at| at.y))
}

/// A colour over a premultiplied pixel, where it covers a part of it.
fn over(pixel: &mut [u8], paint: [u8; 4], part: f32) {
    for (below, above) in pixel.iter_mut().zip(paint) {
        let mixed = f32::from(above) * part + f32::from(*below) * (1.0 - part);
        *below = (mixed + 0.5) as u8;
    }
}

/// A picture: red, green, blue and opacity of each pixel, the colours multiplied by the opacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixmap {
    width: u16,
    pixels: Vec<u8>,
}

impl Pixmap {
    /// One that is transparent.
    pub fn new(width: u16, height: u16) -> Self {
        Self { width, pixels: vec![0; 4 * usize::from(width) * usize::from(height)] }
    }

    /// Four bytes a pixel, row by row.
    pub fn data_as_u8_slice(&self) -> &[u8] {
        &self.pixels
    }
}

/// What the original keeps between pictures: nothing is kept here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Resources;

impl Resources {
    /// Nothing.
    pub fn new() -> Self {
        Self
    }
}
