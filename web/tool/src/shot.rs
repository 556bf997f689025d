//! `cargo web shot`: a picture of the page as a browser shows it.

use std::path::PathBuf;
use std::time::Duration;
use std::{fs, thread};

use clap::ValueEnum;

use crate::browser::{self, Browser, Screen};
use crate::error::{Error, Result};
use crate::workspace::Workspace;

/// What to take a picture of.
#[derive(clap::Args)]
pub struct Arguments {
    /// Width and height in CSS pixels
    #[arg(long, default_value = "1280x800", value_parser = size)]
    size: (u32, u32),
    /// What the system asks for
    #[arg(long, value_enum, default_value_t = Theme::Dark)]
    theme: Theme,
    /// Device pixels a CSS pixel
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// With fingers instead of a mouse
    #[arg(long)]
    touch: bool,
    /// What stands after # in the address
    #[arg(long, default_value = "")]
    hash: String,
    /// Click what has this accessible name first; may be given several times
    #[arg(long)]
    click: Vec<String>,
    /// How long the page runs before the picture, in milliseconds
    #[arg(long, default_value_t = 500)]
    wait: u64,
    /// Where to write it
    #[arg(short, long)]
    output: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Theme {
    Dark,
    Light,
}

/// `1280x800`.
fn size(text: &str) -> std::result::Result<(u32, u32), String> {
    let parts = text.split_once('x').and_then(|(w, h)| Some((w.parse().ok()?, h.parse().ok()?)));
    match parts {
        Some((w @ 100..=8192, h @ 100..=8192)) => Ok((w, h)),
        _ => Err(format!("a size is two numbers from 100 to 8192, as in 1280x800, not {text:?}")),
    }
}

/// Takes the picture.
///
/// # Errors
/// When there is no page, no browser, or the page does not start.
pub fn take(workspace: &Workspace, arguments: &Arguments) -> Result<()> {
    let chromium = browser::find().ok_or(Error::NoBrowser)?;
    let server = crate::serve(workspace, 0)?;
    let browser = Browser::start(&chromium, &[])?;
    let (width, height) = arguments.size;
    let dark = arguments.theme == Theme::Dark;
    let screen = Screen { width, height, scale: arguments.scale, dark, touch: arguments.touch };
    let page = browser.stranger(screen)?;
    page.open(&format!("{}#{}", server.url(), arguments.hash.trim_start_matches('#')))?;
    page.started()?;
    for name in &arguments.click {
        page.click_on(name)?;
    }
    thread::sleep(Duration::from_millis(arguments.wait));
    page.settle()?;
    let output = &arguments.output;
    fs::write(output, page.picture()?).map_err(Error::file("writing", output))?;
    for error in page.errors()? {
        eprintln!("the page complains: {error}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_bounded() {
        assert_eq!(size("1280x800"), Ok((1280, 800)));
        for wrong in ["1280", "x", "99x800", "1280x99999", "-1x800", "1280x800x2"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
