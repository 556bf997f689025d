//! What the renderer promises: coverage without gaps, blending as the screen does it, the same bytes always.

use eframe::egui::{
    self, Color32, ColorImage, CornerRadius, Mesh, Pos2, Rect, RichText, Theme, Vec2, epaint, pos2, vec2,
};

use super::{Renderer, Shot, picture, png};
use crate::theme;

const WHITE: Color32 = Color32::WHITE;
const RED: Color32 = Color32::RED;

fn white_texture() -> egui::TexturesDelta {
    let mut delta = egui::TexturesDelta::default();
    delta
        .set
        .entry(egui::TextureId::default())
        .or_default()
        .push(epaint::ImageDelta::full(ColorImage::filled([4, 4], WHITE), egui::TextureOptions::LINEAR));
    delta
}

fn paint(meshes: Vec<Mesh>, clip: Rect, size: [usize; 2]) -> ColorImage {
    let primitives: Vec<epaint::ClippedPrimitive> = meshes
        .into_iter()
        .map(|mesh| epaint::ClippedPrimitive { clip_rect: clip, primitive: epaint::Primitive::Mesh(mesh) })
        .collect();
    Renderer::default().paint(&mut white_texture(), &primitives, size, 1.0, Color32::BLACK)
}

fn fan(corners: &[Pos2], middle: Pos2, colour: Color32) -> Mesh {
    let mut mesh = Mesh::default();
    mesh.colored_vertex(middle, colour);
    for corner in corners {
        mesh.colored_vertex(*corner, colour);
    }
    let count = corners.len() as u32;
    for at in 0..count {
        mesh.add_triangle(0, 1 + at, 1 + (at + 1) % count);
    }
    mesh
}

const EVERYWHERE: Rect = Rect::EVERYTHING;

#[test]
fn triangles_that_share_sides_paint_every_pixel_once() {
    // Half transparent: a pixel painted twice is brighter, one left out is black.
    let half = Color32::from_rgba_premultiplied(100, 100, 100, 128);
    let corners = [pos2(0.0, 0.0), pos2(31.0, 0.0), pos2(31.0, 17.0), pos2(0.0, 17.0)];
    for middle in [pos2(15.5, 8.5), pos2(3.21, 14.77), pos2(16.0, 8.0), pos2(0.5, 0.5), pos2(30.999, 0.001)] {
        let image = paint(vec![fan(&corners, middle, half)], EVERYWHERE, [31, 17]);
        let off = image.pixels.iter().filter(|pixel| pixel.r() != 100).count();
        assert_eq!(off, 0, "around {middle:?}");
    }
}

#[test]
fn the_order_of_corners_does_not_matter() {
    let corners = [pos2(2.3, 1.1), pos2(28.7, 9.4), pos2(11.2, 30.6)];
    let one = |order: [usize; 3]| {
        let mut mesh = Mesh::default();
        for at in order {
            mesh.colored_vertex(corners[at], RED);
        }
        mesh.add_triangle(0, 1, 2);
        paint(vec![mesh], EVERYWHERE, [32, 32])
    };
    let first = one([0, 1, 2]);
    assert!(first.pixels.contains(&RED));
    for order in [[1, 2, 0], [2, 1, 0], [0, 2, 1]] {
        assert_eq!(one(order).pixels, first.pixels);
    }
}

#[test]
fn a_clip_cuts_to_whole_pixels() {
    let mut mesh = Mesh::default();
    mesh.add_colored_rect(Rect::from_min_size(Pos2::ZERO, Vec2::splat(8.0)), RED);
    let image = paint(vec![mesh], Rect::from_min_max(pos2(1.6, 3.0), pos2(6.4, 4.4)), [8, 8]);
    let painted: Vec<usize> = (0..64).filter(|at| image.pixels[*at] == RED).collect();
    assert_eq!(painted, [26, 27, 28, 29]);
}

#[test]
fn what_is_half_transparent_lets_half_through() {
    let rect = Rect::from_min_size(Pos2::ZERO, Vec2::splat(1.0));
    let (mut below, mut above) = (Mesh::default(), Mesh::default());
    below.add_colored_rect(rect, Color32::from_rgb(200, 0, 40));
    above.add_colored_rect(rect, Color32::from_rgba_premultiplied(0, 64, 0, 128));
    let image = paint(vec![below, above], EVERYWHERE, [1, 1]);
    assert_eq!(image.pixels[0], Color32::from_rgb(100, 64, 20));
}

#[test]
fn a_texture_is_sampled_between_its_texels() {
    let mut delta = white_texture();
    let image = ColorImage::new([2, 1], vec![Color32::BLACK, WHITE]);
    delta.set.insert(
        egui::TextureId::default(),
        std::iter::once(epaint::ImageDelta::full(image, egui::TextureOptions::LINEAR)).collect(),
    );
    let mut mesh = Mesh::default();
    let uv = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
    mesh.add_rect_with_uv(Rect::from_min_size(Pos2::ZERO, vec2(4.0, 1.0)), uv, WHITE);
    let primitive =
        epaint::ClippedPrimitive { clip_rect: EVERYWHERE, primitive: epaint::Primitive::Mesh(mesh) };
    let image = Renderer::default().paint(&mut delta, &[primitive], [4, 1], 1.0, RED);
    let seen: Vec<u8> = image.pixels.iter().map(Color32::r).collect();
    assert_eq!(seen, [0, 64, 191, 255]);
}

#[test]
fn hostile_meshes_are_survived() {
    let mut mesh = Mesh::default();
    for at in [f32::NAN, f32::INFINITY, -1e30, 1e30] {
        mesh.colored_vertex(pos2(at, -at), RED);
    }
    mesh.indices = vec![0, 1, 2, 1, 2, 3, 7, 8, 9, 0, 0, 0, 1];
    assert_eq!(paint(vec![mesh], EVERYWHERE, [5, 5]).size, [5, 5]);
}

fn sample(theme: Theme, scale: f32) -> ColorImage {
    let shot = Shot { size: vec2(120.0, 60.0), scale, theme, frames: 3 };
    picture(shot, |ui| {
        ui.painter().rect_filled(ui.max_rect(), CornerRadius::ZERO, theme::palette(ui).panel);
        ui.label(RichText::new("n1 leads term 3").strong());
        let _ = ui.button("Crash");
        ui.painter().circle_stroke(pos2(100.0, 40.0), 12.0, theme::focus_ring(ui));
    })
}

#[test]
fn a_picture_shows_the_theme_and_is_always_the_same() {
    for theme in [Theme::Dark, Theme::Light] {
        let image = sample(theme, 2.0);
        assert_eq!(image.size, [240, 120]);
        let palette = theme::Palette::of(theme == Theme::Dark);
        assert_eq!(image.pixels[240 * 120 - 1], palette.panel);
        assert!(image.pixels.contains(&palette.raised), "the button's ground");
        assert!(image.pixels.contains(&palette.text), "the inside of a letter");
        assert_eq!(image.pixels, sample(theme, 2.0).pixels);
    }
    assert_ne!(sample(Theme::Dark, 1.0).pixels, sample(Theme::Light, 1.0).pixels);
}

#[test]
fn a_png_holds_the_picture() {
    let image = sample(Theme::Dark, 1.0);
    let file = png(&image);
    assert_eq!(file, png(&image));
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!((info.width, info.height), (120, 60));
    let pixels: Vec<Color32> =
        bytes.chunks_exact(3).map(|rgb| Color32::from_rgb(rgb[0], rgb[1], rgb[2])).collect();
    assert_eq!(pixels, image.pixels);
}

#[test]
fn a_harness_takes_pictures_with_it() {
    let mut dressed = false;
    let mut harness = egui_kittest::Harness::builder()
        .with_size(vec2(80.0, 40.0))
        .renderer(Renderer::default())
        .build_ui(move |ui| {
            if dressed {
                ui.label("n2");
            } else {
                theme::apply(ui.ctx());
                dressed = true;
            }
        });
    harness.run();
    let image = harness.render().unwrap();
    assert_eq!(image.dimensions(), (80, 40));
    let ground = *image.get_pixel(79, 39);
    assert!(image.pixels().any(|pixel| *pixel != ground), "the label is there");
}
