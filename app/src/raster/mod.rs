//! Paints the window without a window: what egui wants on the screen, drawn by the CPU into an image.
//!
//! Positions are rounded to 1/256 of a pixel and coverage is decided in integers with the top-left rule,
//! so two triangles that share an edge never both paint a pixel and never both leave it out. Colours go
//! as the graphics card takes them: bilinear texel times vertex colour, premultiplied, blended without
//! converting to linear light. Nothing here depends on the machine: only additions, multiplications and
//! divisions of floats in a fixed order. (The masks of the letters are egui's own work.)
//!
//! Paint callbacks are left out; this program has none. Textures are clamped at their edges.
//!
//! [`picture()`] runs a user interface for some frames and returns the last one; [`Renderer`] is for those
//! who hold a context themselves; [`png`] makes a file of an image.

#![allow(clippy::disallowed_methods, reason = "pixels are made here, of any colour")]

#[cfg(any(test, feature = "kittest"))]
mod kittest;
mod picture;
#[cfg(test)]
mod tests;
mod triangle;

pub use picture::{Shot, picture};

use std::collections::BTreeMap;

use eframe::egui::{
    Color32, ColorImage, ImageData, Rect, TextureFilter, TextureId, TexturesDelta,
    epaint::{ClippedPrimitive, ImageDelta, Mesh, Primitive},
};

use triangle::{Clip, Target, Texture, Vertex};

/// Holds the textures between frames and paints.
#[derive(Default)]
pub struct Renderer {
    textures: BTreeMap<Key, Texture>,
}

/// A [`TextureId`] that has an order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Managed(u64),
    User(u64),
}

impl From<TextureId> for Key {
    fn from(id: TextureId) -> Self {
        match id {
            TextureId::Managed(number) => Self::Managed(number),
            TextureId::User(number) => Self::User(number),
        }
    }
}

impl Renderer {
    /// Takes new and changed textures out of `textures`. Every frame's must be taken, painted or not.
    pub fn update(&mut self, textures: &mut TexturesDelta) {
        for (id, changes) in textures.set.drain() {
            for change in &changes {
                self.set(id.into(), change);
            }
        }
    }

    /// Forgets the textures that this frame was the last to use.
    pub fn free(&mut self, textures: &mut TexturesDelta) {
        for id in textures.free.drain() {
            self.textures.remove(&id.into());
        }
    }

    fn set(&mut self, key: Key, change: &ImageDelta) {
        let ImageData::Color(image) = &change.image;
        let nearest = change.options.magnification == TextureFilter::Nearest;
        match (change.pos, self.textures.get_mut(&key)) {
            (None, _) => {
                self.textures.insert(key, Texture::new(image.size, &image.pixels, nearest));
            }
            (Some(at), Some(texture)) => texture.patch(at, image.size, &image.pixels),
            // A patch of what was never set: nothing uses it either.
            (Some(_), None) => {}
        }
    }

    /// Takes in the textures, paints one frame and forgets the textures it was the last to use.
    ///
    /// `size` is the image's in pixels, width then height.
    pub fn paint(
        &mut self,
        textures: &mut TexturesDelta,
        primitives: &[ClippedPrimitive],
        size: [usize; 2],
        pixels_per_point: f32,
        background: Color32,
    ) -> ColorImage {
        self.update(textures);
        let image = self.draw(primitives, size, pixels_per_point, background);
        self.free(textures);
        image
    }

    /// Paints one frame with the textures at hand. `size` is in pixels.
    pub fn draw(
        &self,
        primitives: &[ClippedPrimitive],
        size: [usize; 2],
        pixels_per_point: f32,
        background: Color32,
    ) -> ColorImage {
        let mut image = ColorImage::filled(size, background);
        let mut target = Target { size, pixels: &mut image.pixels };
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            let Primitive::Mesh(mesh) = primitive else { continue };
            let Some(texture) = self.textures.get(&mesh.texture_id.into()) else { continue };
            let Some(clip) = clip_in_pixels(*clip_rect, pixels_per_point, size) else { continue };
            draw_mesh(&mut target, mesh, texture, clip, pixels_per_point);
        }
        image
    }
}

/// The clip rectangle as whole pixels inside the image, as the graphics card's scissor takes it.
fn clip_in_pixels(clip: Rect, pixels_per_point: f32, size: [usize; 2]) -> Option<Clip> {
    let edge =
        |points: f32, limit: usize| (points * pixels_per_point).round().clamp(0.0, limit as f32) as usize;
    let clip = Clip {
        left: edge(clip.min.x, size[0]),
        top: edge(clip.min.y, size[1]),
        right: edge(clip.max.x, size[0]),
        bottom: edge(clip.max.y, size[1]),
    };
    (clip.left < clip.right && clip.top < clip.bottom).then_some(clip)
}

fn draw_mesh(target: &mut Target<'_>, mesh: &Mesh, texture: &Texture, clip: Clip, pixels_per_point: f32) {
    let vertices: Vec<Vertex> =
        mesh.vertices.iter().map(|vertex| Vertex::new(vertex, pixels_per_point, texture)).collect();
    for corners in mesh.indices.chunks_exact(3) {
        let corner = |at: usize| vertices.get(corners[at] as usize);
        if let (Some(a), Some(b), Some(c)) = (corner(0), corner(1), corner(2)) {
            triangle::draw(target, texture, clip, [a, b, c]);
        }
    }
}

/// A PNG file of an image: the same bytes for the same image.
///
/// What shines through is written as it looks on black.
pub fn png(image: &ColorImage) -> Vec<u8> {
    let [width, height] = image.size;
    let mut rgb = Vec::with_capacity(image.pixels.len() * 3);
    for pixel in &image.pixels {
        rgb.extend_from_slice(&[pixel.r(), pixel.g(), pixel.b()]);
    }
    let mut file = Vec::new();
    // Written as egui writes what it puts on the clipboard: the encoder is compiled once for both.
    let mut end = std::io::Cursor::new(&mut file);
    let mut encoder = png::Encoder::new(&mut end, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    // Flat grounds and repeated letters pack best as they are.
    encoder.set_filter(png::Filter::NoFilter);
    // Writing into memory fails only for an image without a pixel or of more than 2^31 a side.
    let written = encoder.write_header().and_then(|mut writer| {
        writer.write_image_data(&rgb)?;
        writer.finish()
    });
    match written {
        Ok(()) => file,
        Err(_) => Vec::new(),
    }
}
