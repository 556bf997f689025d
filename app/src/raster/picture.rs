//! A picture of a user interface, taken without a window, a clock or a graphics card.

use eframe::egui::{
    Color32, ColorImage, Context, FullOutput, Pos2, RawInput, Rect, Theme, Ui, Vec2, ViewportId,
};

use super::Renderer;
use crate::theme::{self, Palette};

/// What is taken, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shot {
    /// The window's size in points.
    pub size: Vec2,
    /// Pixels of the picture to a point.
    pub scale: f32,
    /// Dark or light.
    pub theme: Theme,
    /// How many frames run before the last is taken. The first ones measure; three settle most layouts.
    pub frames: u32,
}

impl Default for Shot {
    fn default() -> Self {
        Self { size: Vec2::new(1280.0, 800.0), scale: 1.0, theme: Theme::Dark, frames: 3 }
    }
}

/// Time between two frames, in seconds.
const STEP: f64 = 1.0 / 60.0;

/// Runs `app` in a context of its own, with our theme, and returns its last frame.
pub fn picture(shot: Shot, mut app: impl FnMut(&mut Ui)) -> ColorImage {
    let context = Context::default();
    theme::apply(&context);
    theme::prefer(&context, shot.theme.into());
    let mut renderer = Renderer::default();
    let last = shot.frames.max(1) - 1;
    for frame in 0..last {
        let output = context.run_ui(input(&shot, frame), &mut app);
        take(&mut renderer, output);
    }
    let mut output = context.run_ui(input(&shot, last), &mut app);
    let shapes = std::mem::take(&mut output.shapes);
    let pixels_per_point = output.pixels_per_point;
    let primitives = context.tessellate(shapes, pixels_per_point);
    let size = [shot.size.x, shot.size.y].map(|points| (points * pixels_per_point).round().max(1.0) as usize);
    let background: Color32 = Palette::of(shot.theme == Theme::Dark).ground;
    renderer.paint(&mut output.textures_delta, &primitives, size, pixels_per_point, background)
}

fn take(renderer: &mut Renderer, mut output: FullOutput) {
    renderer.update(&mut output.textures_delta);
    renderer.free(&mut output.textures_delta);
}

fn input(shot: &Shot, frame: u32) -> RawInput {
    let mut input = RawInput {
        screen_rect: Some(Rect::from_min_size(Pos2::ZERO, shot.size)),
        time: Some(f64::from(frame) * STEP),
        predicted_dt: STEP as f32,
        focused: true,
        ..RawInput::default()
    };
    if let Some(viewport) = input.viewports.get_mut(&ViewportId::ROOT) {
        viewport.native_pixels_per_point = Some(shot.scale);
    }
    input
}
