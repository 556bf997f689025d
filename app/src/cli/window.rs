//! The window on a desktop.

use ::run::Opened;
use eframe::egui::ViewportBuilder;

use super::out::Out;
use super::{Bad, HELD, ask};
use crate::shell::App;

/// What to do instead, where there is no display.
const OTHER_WAYS: &str = "\
Without one:
  potholes run raft --for 30s                       runs a lab and says what held
  potholes sweep raft --seeds 0..200 --chaos high   runs it under many seeds
  potholes picture raft --for 12s -o raft.png       paints the window into a file
  potholes lesson check                             replays the lessons
  cargo web serve                                   the same window in a browser
  potholes --help                                   everything else";

/// Shows the window, on this file or link where one is given.
pub(crate) fn show(from: Option<&str>, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let opened = from.map(ask::opened).transpose()?;
    out.window(opened).map_err(|wrong| Bad::Said(format!("{wrong}\n{OTHER_WAYS}")))?;
    Ok(HELD)
}

/// Opens the window.
///
/// # Errors
/// When there is no display, or none that it can be painted on.
pub(crate) fn open(opened: Option<Opened>) -> Result<(), String> {
    if !has_display() {
        return Err("there is no display here to open a window on.".to_owned());
    }
    let link = opened.map(|opened| opened.run.to_link(opened.shown, opened.digest));
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
    eframe::run_native("potholes", options, create)
        .map_err(|error| format!("the window cannot be opened here: {error}."))
}

/// Whether there is a display. Elsewhere than on X11 and Wayland there always is, as far as one can tell beforehand.
fn has_display() -> bool {
    let unix_desktop = cfg!(all(unix, not(target_os = "macos"), not(target_os = "android")));
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !unix_desktop || set("WAYLAND_DISPLAY") || set("WAYLAND_SOCKET") || set("DISPLAY")
}
