//! The window on a desktop.

use std::path::Path;

use ::run::Opened;
use eframe::egui::ViewportBuilder;

use super::out::Out;
use super::{Bad, HELD, ask, short};
use crate::shell::App;
use crate::state::history::History;

/// What to do instead, where there is no display.
const OTHER_WAYS: &str = "\
Without one:
  potholes run raft --for 30s                       runs a lab and says what held
  potholes sweep raft --seeds 0..200 --chaos high   runs it under many seeds
  potholes picture raft --for 12s -o raft.png       paints the window into a file
  potholes lesson check                             replays the lessons
  cargo web serve                                   the same window in a browser
  potholes --help                                   everything else";

/// What the window opens on.
pub enum Opens {
    /// A run.
    Run(Box<Opened>),
    /// A history.
    History(Box<History>),
}

/// Shows the window, on this file or link where one is given.
pub(crate) fn show(from: Option<&str>, out: &mut Out<'_, '_>) -> Result<u8, Bad> {
    let opened = from.map(opens).transpose()?;
    out.window(opened).map_err(|wrong| Bad::Said(format!("{wrong}\n{OTHER_WAYS}")))?;
    Ok(HELD)
}

/// A run from a file or a link; a file that is none is a history.
fn opens(from: &str) -> Result<Opens, Bad> {
    let not_a_run = match ask::opened(from) {
        Ok(opened) => return Ok(Opens::Run(Box::new(opened))),
        Err(wrong) => wrong,
    };
    let path = Path::new(from);
    if !path.is_file() {
        let is_word = from.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
        let hint = "potholes --help lists the commands";
        let neither =
            || format!("there is neither a command nor a file called “{}” here; {hint}", short(from));
        return Err(if is_word { Bad::Said(neither()) } else { not_a_run });
    }
    let bytes = std::fs::read(path).map_err(|error| Bad::file(path, error))?;
    if bytes.starts_with(b"potholes") {
        return Err(not_a_run);
    }
    let name = path.file_name().map_or_else(|| from.to_owned(), |name| name.to_string_lossy().into_owned());
    let history = History::open(&name, &bytes).map_err(|wrong| {
        Bad::Said(format!("{wrong}. Nor is it a run, which begins with “potholes 1”, or a link"))
    })?;
    Ok(Opens::History(Box::new(history)))
}

/// Opens the window.
///
/// # Errors
/// When there is no display, or none that it can be painted on.
pub(crate) fn open(opened: Option<Opens>) -> Result<(), String> {
    if !has_display() {
        return Err("there is no display here to open a window on.".to_owned());
    }
    let (link, history) = match opened {
        Some(Opens::Run(opened)) => (Some(opened.run.to_link(opened.shown, opened.digest)), None),
        Some(Opens::History(history)) => (None, Some(*history)),
        None => (None, None),
    };
    let options = eframe::NativeOptions {
        renderer: eframe::Renderer::Glow,
        viewport: ViewportBuilder::default()
            .with_app_id("potholes")
            .with_title("Potholes")
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size([320.0, 400.0]),
        ..Default::default()
    };
    let create: eframe::AppCreator<'_> = Box::new(move |cc| {
        let mut app = App::new(cc, link.as_deref());
        if let Some(history) = history {
            app.state_mut().show_history(history);
        }
        Ok(Box::new(app))
    });
    eframe::run_native("potholes", options, create)
        .map_err(|error| format!("the window cannot be opened here: {error}."))
}

/// Whether there is a display. Elsewhere than on X11 and Wayland there always is, as far as one can tell beforehand.
fn has_display() -> bool {
    let unix_desktop = cfg!(all(unix, not(target_os = "macos"), not(target_os = "android")));
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !unix_desktop || set("WAYLAND_DISPLAY") || set("WAYLAND_SOCKET") || set("DISPLAY")
}
