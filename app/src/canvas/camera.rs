//! Where the cluster is seen from: pan and zoom of our own, so that letters stay sharp at every size.

use eframe::egui::{Pos2, Rect, Vec2, emath::TSTransform};

/// From the scene, whose corner is 0 0 and whose size is the canvas's, to the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    zoom: f32,
    /// Where the scene's corner is, relative to the canvas's.
    pan: Vec2,
}

impl Default for Camera {
    fn default() -> Self {
        Self { zoom: 1.0, pan: Vec2::ZERO }
    }
}

/// Farthest and nearest.
const ZOOM: [f32; 2] = [0.5, 8.0];
/// So much of the scene stays in sight, in points.
const IN_SIGHT: f32 = 80.0;

impl Camera {
    /// How large things are.
    pub fn zoom(&self) -> f32 {
        self.zoom
    }

    /// Whether it shows everything, as it does at first.
    pub fn fits(&self) -> bool {
        *self == Self::default()
    }

    /// Shows everything.
    pub fn fit(&mut self) {
        *self = Self::default();
    }

    /// The way to the screen.
    pub fn to_screen(&self, canvas: Rect) -> TSTransform {
        TSTransform::new(canvas.min.to_vec2() + self.pan, self.zoom)
    }

    /// Moves the scene by so many points on the screen.
    pub fn pan_by(&mut self, by: Vec2, canvas: Rect) {
        self.pan += by;
        self.keep_in_sight(canvas);
    }

    /// Zooms by a factor; what is under `at` on the screen stays there.
    pub fn zoom_at(&mut self, factor: f32, at: Pos2, canvas: Rect) {
        if !factor.is_finite() || factor <= 0.0 {
            return;
        }
        let before = self.zoom;
        self.zoom = (self.zoom * factor).clamp(ZOOM[0], ZOOM[1]);
        let at = at - canvas.min;
        self.pan = at - (at - self.pan) * (self.zoom / before);
        self.keep_in_sight(canvas);
    }

    fn keep_in_sight(&mut self, canvas: Rect) {
        let scene = canvas.size() * self.zoom;
        let keep = |pan: f32, scene: f32, canvas: f32| {
            pan.clamp(IN_SIGHT - scene, (canvas - IN_SIGHT).max(IN_SIGHT - scene))
        };
        self.pan.x = keep(self.pan.x, scene.x, canvas.width());
        self.pan.y = keep(self.pan.y, scene.y, canvas.height());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{pos2, vec2};

    const CANVAS: Rect = Rect { min: pos2(100.0, 50.0), max: pos2(700.0, 450.0) };

    #[test]
    fn what_is_pointed_at_stays() {
        let mut camera = Camera::default();
        let at = pos2(400.0, 200.0);
        let under = camera.to_screen(CANVAS).inverse() * at;
        for factor in [1.5, 2.0, 0.7] {
            camera.zoom_at(factor, at, CANVAS);
            assert!((camera.to_screen(CANVAS) * under).distance(at) < 0.01);
        }
        camera.fit();
        assert!(camera.fits());
        assert_eq!(camera.to_screen(CANVAS) * Pos2::ZERO, CANVAS.min);
    }

    #[test]
    fn the_scene_is_never_lost() {
        let mut camera = Camera::default();
        for _ in 0..100 {
            camera.zoom_at(3.0, CANVAS.max, CANVAS);
        }
        assert_eq!(camera.zoom(), ZOOM[1]);
        camera.zoom_at(f32::NAN, CANVAS.max, CANVAS);
        camera.pan_by(vec2(1e9, -1e9), CANVAS);
        let scene = Rect::from_min_max(
            camera.to_screen(CANVAS) * Pos2::ZERO,
            camera.to_screen(CANVAS) * CANVAS.size().to_pos2(),
        );
        assert!(scene.intersects(CANVAS), "{scene:?}");
    }
}
