//! The window on a desktop.

use eframe::egui::ViewportBuilder;

use super::{Bad, HELD, run};
use crate::shell::App;

/// What to do instead, where there is no display.
const OTHER_WAYS: &str = "\
Without one:
  potholes run raft --for 30s       runs a lab and says what held
  potholes sweep raft --seeds 0..200 --chaos high
  potholes picture raft --for 12s -o raft.png
  cargo web serve                   the same window in a browser
  potholes --help                   everything else";

/// Opens the window, on this file or link where one is given.
pub(crate) fn open(from: Option<&str>) -> Result<u8, Bad> {
    let link = match from {
        Some(from) => {
            let opened = run::opened(from)?;
            Some(opened.run.to_link(opened.shown, opened.digest))
        }
        None => None,
    };
    if !has_display() {
        return Err(Bad::Said(format!("there is no display here to open a window on.\n{OTHER_WAYS}")));
    }
    let options = eframe::NativeOptions {
        renderer: eframe::Renderer::Glow,
        viewport: ViewportBuilder::default()
            .with_app_id("potholes")
            .with_title("Potholes")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([320.0, 400.0]),
        ..Default::default()
    };
    let create: eframe::AppCreator<'_> = Box::new(move |cc| Ok(Box::new(App::new(cc, link.as_deref()))));
    match eframe::run_native("potholes", options, create) {
        Ok(()) => Ok(HELD),
        Err(error) => Err(Bad::Said(format!("the window cannot be opened: {error}.\n{OTHER_WAYS}"))),
    }
}

/// Whether there is a display. Elsewhere than on X11 and Wayland there always is, as far as one can tell beforehand.
fn has_display() -> bool {
    let unix_desktop = cfg!(all(unix, not(target_os = "macos"), not(target_os = "android")));
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !unix_desktop || set("WAYLAND_DISPLAY") || set("WAYLAND_SOCKET") || set("DISPLAY")
}
