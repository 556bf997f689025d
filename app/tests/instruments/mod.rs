//! The instruments of the window, driven as a hand and a screen reader would: "break it for me", the map of models,
//! histories from files, two runs side by side, and what teachers need.

mod beside;
mod breaking;
mod histories;
mod models;
mod teachers;

use eframe::egui::{Theme, Vec2, vec2};
use egui_kittest::Harness;
use potholes::App;
use potholes::raster::{self, Shot};
use potholes::state::State;
use potholes::state::store::Saved;
use run::{Playback, Run};
use sim::Time;

const DESK: Vec2 = vec2(1280.0, 800.0);
const PHONE: Vec2 = vec2(390.0, 844.0);

fn harness(size: Vec2, state: State) -> Harness<'static, App> {
    let mut state = Some(state);
    let build = move |cc: &mut eframe::CreationContext<'_>| {
        potholes::theme::apply(&cc.egui_ctx);
        App::on(state.take().expect("built once"))
    };
    Harness::builder().with_size(size).with_max_steps(16).build_eframe(build)
}

/// A lab with everything in sight, at its beginning, with these settings.
fn lab(id: &str, seconds: u64, settings: &[&str]) -> State {
    let mut run = Run::new(catalog::lab(id).expect("it is in the catalogue"));
    run.end = Time::millis(seconds * 1_000);
    for setting in settings {
        run.parameters.assign(setting).expect("a setting of this lab");
    }
    let mut saved = Saved::default();
    saved.layout.reveal_all();
    State::new(Playback::new(run), saved)
}

/// Frames until something holds; fails when that takes too long.
fn until(window: &mut Harness<'_, App>, holds: impl Fn(&State) -> bool) {
    for _ in 0..60_000 {
        window.run_steps(1);
        if holds(window.state().state()) {
            return;
        }
        std::thread::yield_now();
    }
    panic!("it does not come to that");
}

/// Paints what `state` makes at a desk's and a phone's size, dark and light, into the folder that `POTHOLES_PICTURES` names,
/// to be looked at; nothing where it names none.
fn pictures(name: &str, state: impl Fn() -> State) {
    let Some(folder) = std::env::var_os("POTHOLES_PICTURES") else { return };
    for (size, device) in [(DESK, "desk"), (PHONE, "phone")] {
        for (theme, ink) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
            let shot = Shot { size, scale: 1.0, theme, frames: potholes::picture::FRAMES };
            let file = raster::png(&potholes::picture::window(state(), shot));
            let path = std::path::Path::new(&folder).join(format!("{name}-{device}-{ink}.png"));
            std::fs::write(path, file).expect("the folder can be written to");
        }
    }
}
