//! A picture of the whole window at a moment, painted without a screen, a clock or a graphics card: the same bytes every
//! time.

use eframe::egui::{ColorImage, Theme};
use sim::Time;

use crate::raster::{self, Shot};
use crate::shell::App;
use crate::state::State;
use crate::state::store::ThemeChoice;

/// Frames before the last: sizes that depend on other sizes have settled then.
pub const FRAMES: u32 = 6;

/// The moment the first screen is shown at unless another is asked for: milk is on its way to the others.
pub const FIRST_MOMENT: Time = Time::millis(520);

/// Paints the window on this state. Time stands.
pub fn window(mut state: State, shot: Shot) -> ColorImage {
    state.stand();
    state.saved.preferences.theme =
        if shot.theme == Theme::Dark { ThemeChoice::Dark } else { ThemeChoice::Light };
    let mut app = App::on(state);
    raster::picture(shot, |ui| app.frame(ui))
}
