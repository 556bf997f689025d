//! Glyphs filled here and by the original: the same pixels.

#![allow(clippy::unwrap_used)]

use vello_cpu::{Pixmap, RenderContext, Resources, color, kurbo};

const FONTS: [&[u8]; 2] = [
    include_bytes!("../../../../assets/fonts/Inter.ttf"),
    include_bytes!("../../../../assets/fonts/JetBrainsMono-Regular.ttf"),
];

/// A glyph's shape as egui hands it over: in pixels, y downwards.
struct Shape(kurbo::BezPath, f64);

impl ttf_parser::OutlineBuilder for Shape {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to((f64::from(x) * self.1, -f64::from(y) * self.1));
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to((f64::from(x) * self.1, -f64::from(y) * self.1));
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let at = |x: f32, y: f32| (f64::from(x) * self.1, -f64::from(y) * self.1);
        self.0.quad_to(at(x1, y1), at(x, y));
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let at = |x: f32, y: f32| (f64::from(x) * self.1, -f64::from(y) * self.1);
        self.0.curve_to(at(x1, y1), at(x2, y2), at(x, y));
    }
    fn close(&mut self) {
        self.0.close_path();
    }
}

fn ours(path: &kurbo::BezPath, bounds: kurbo::Rect) -> Vec<u8> {
    let (width, height) = (bounds.width() as u16, bounds.height() as u16);
    let mut context = RenderContext::new(width, height);
    context.set_transform(kurbo::Affine::translate((-bounds.x0, -bounds.y0)));
    context.set_paint(color::OpaqueColor::<color::Srgb>::WHITE);
    context.fill_path(path);
    let mut picture = Pixmap::new(width, height);
    context.render(&mut picture, &mut Resources::new());
    picture.data_as_u8_slice().to_vec()
}

fn theirs(path: &kurbo::BezPath, bounds: kurbo::Rect) -> Vec<u8> {
    use original::kurbo;
    let (width, height) = (bounds.width() as u16, bounds.height() as u16);
    let mut context = original::RenderContext::new(width, height);
    context.set_transform(kurbo::Affine::translate((-bounds.x0, -bounds.y0)));
    context.set_paint(original::color::OpaqueColor::<original::color::Srgb>::WHITE);
    context.fill_path(path);
    let mut picture = original::Pixmap::new(width, height);
    context.render(&mut picture, &mut original::Resources::new());
    picture.data_as_u8_slice().to_vec()
}

/// All glyphs' shapes at some sizes.
fn shapes(fonts: &[&[u8]]) -> Vec<kurbo::BezPath> {
    let mut all = Vec::new();
    for font in fonts {
        let face = ttf_parser::Face::parse(font, 0).unwrap();
        for size in [11.0, 13.0, 20.0, 47.0] {
            for glyph in (0..face.number_of_glyphs()).map(ttf_parser::GlyphId) {
                let mut shape = Shape(kurbo::BezPath::new(), size / f64::from(face.units_per_em()));
                all.extend(face.outline_glyph(glyph, &mut shape).map(|_| shape.0));
            }
        }
    }
    all
}

/// The original lets curves stray by a quarter of a pixel from the lines it draws them with: so both are given lines.
#[test]
fn every_glyph_has_the_same_pixels() {
    let (mut pixels, mut apart, mut worst) = (0_u64, 0_u64, 0_u8);
    for path in shapes(&FONTS) {
        let mut lines = kurbo::BezPath::new();
        kurbo::flatten(&path, 0.01, |element| lines.push(element));
        let bounds = path.control_box().expand();
        let (one, other) = (ours(&lines, bounds), theirs(&lines, bounds));
        assert_eq!(one.len(), other.len());
        for (one, other) in one.iter().zip(&other) {
            pixels += 1;
            apart += u64::from(one.abs_diff(*other));
            worst = worst.max(one.abs_diff(*other));
        }
    }
    println!("{pixels} bytes, {apart} apart together, at worst {worst}");
    assert!(pixels > 1_000_000, "the check can fail");
    assert!(worst <= 4, "a pixel is {worst} of 255 apart");
    assert!(apart < pixels / 4, "{apart} over {pixels} bytes");
}

#[test]
fn a_glyph_covers_its_area() {
    let (mut all, mut missed) = (0.0, [0.0, 0.0]);
    // The other font's contours overlap: there an area counts twice.
    for path in shapes(&FONTS[1..]) {
        let bounds = path.control_box().expand();
        let area = kurbo::Shape::area(&path).abs();
        let covered = |bytes: &[u8]| bytes.chunks(4).map(|pixel| f64::from(pixel[3]) / 255.0).sum::<f64>();
        let found = [covered(&ours(&path, bounds)), covered(&theirs(&path, bounds))];
        assert!((found[0] - area).abs() < 0.2 + 0.005 * area, "{area}, covered {}", found[0]);
        all += area;
        missed = [missed[0] + (found[0] - area).abs(), missed[1] + (found[1] - area).abs()];
    }
    println!("of {all} pixels {} missed, the original {}", missed[0], missed[1]);
    assert!(all > 10_000.0, "the check can fail");
    assert!(missed[0] < missed[1], "the original is no better");
}

#[test]
fn what_lies_beside_the_picture_does_no_harm() {
    let mut path = kurbo::BezPath::new();
    path.move_to((-1e9, -3.0));
    path.line_to((1e9, -3.0));
    path.line_to((f64::NAN, 2.0));
    path.quad_to((2.0, 1e300), (-5.0, 2.0));
    path.curve_to((7.0, 7.0), (-7.0, 7.0), (0.5, f64::INFINITY));
    let bounds = kurbo::Rect::new(0.0, 0.0, 4.0, 3.0);
    assert_eq!(ours(&path, bounds).len(), 4 * 4 * 3);
    assert!(ours(&path, kurbo::Rect::ZERO).is_empty());

    let mut square = kurbo::BezPath::new();
    square.move_to((-10.0, -10.0));
    square.line_to((2.0, -10.0));
    square.line_to((2.0, 10.0));
    square.line_to((-10.0, 10.0));
    let covered: Vec<u8> =
        ours(&square, kurbo::Rect::new(0.0, 0.0, 4.0, 1.0)).chunks(4).map(|pixel| pixel[3]).collect();
    assert_eq!(covered, [255, 255, 0, 0]);
}
