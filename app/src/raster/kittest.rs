//! Lets `egui_kittest` take its pictures with our renderer:
//! `Harness::builder().renderer(Renderer::default())`.

use eframe::egui::{Color32, Context, FullOutput, TexturesDelta};

use super::Renderer;
use crate::theme::palette_of;

impl egui_kittest::TestRenderer for Renderer {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        self.update(delta);
        self.free(delta);
    }

    fn render(&mut self, context: &Context, output: &FullOutput) -> Result<image::RgbaImage, String> {
        let pixels_per_point = context.pixels_per_point();
        let points = context.viewport_rect().size();
        let size = [points.x, points.y].map(|side| (side * pixels_per_point).round() as usize);
        let primitives = context.tessellate(output.shapes.clone(), pixels_per_point);
        let background: Color32 = palette_of(context).ground;
        let image = self.draw(&primitives, size, pixels_per_point, background);
        let bytes = image.pixels.iter().flat_map(Color32::to_array).collect();
        image::RgbaImage::from_raw(size[0] as u32, size[1] as u32, bytes)
            .ok_or_else(|| format!("a picture of {} by {} pixels does not fit in memory", size[0], size[1]))
    }
}
