//! The program for the browser: the same workbench as on the desktop, on one page that needs nothing from elsewhere.
//!
//! Knows: the workbench (`potholes`), what one does with runs (`run`), the page's elements.
//! Never knows: a protocol, a panel, a lesson.
//!
//! # From source to page
//! `cargo web build` compiles this crate for `wasm32-unknown-unknown`, binds it to JavaScript, makes it small and writes
//! `web/dist`: a folder of static files with relative addresses, which any web server serves under any path.
//! `cargo web serve` does so on this machine, `cargo web test` drives the page in a real browser.
//!
//! # On the page (`web/page`)
//! - `index.html`: the canvas, a progress line, the place for messages; dark or light before the first paint.
//! - `page.js`: loads the program with progress, says what is missing (WebGL, WebAssembly), shows a crash with the link
//!   that reopens the run, offers `window.potholes`.
//! - `sw.js`: keeps the files, so that the page works without a network once loaded. Its cache is named by the content's
//!   hash: a new version arrives with the next visit that has a network.
//!
//! # In this crate
//! - [`nodes`]: what is on screen, by name, as a screen reader would find it. egui does not hand this to the browser.
//! - [`address`]: a copied link is a whole address.
//! - [`answers`]: what `window.potholes` answers, as JSON.
//! - [`shell`]: the workbench wrapped, so that the page can ask it for its link and its state.
//! - [`workbench`]: the one place that names the program in the window and what it does without one.
//! - `page` (browser only): the functions that `page.js` calls, and the mirror of [`nodes`] in the document.
//!
//! # `window.potholes`
//! - `run(json)`: a run without the window. Takes `{"lab","seed","for","set":{},"at":[],"chaos"}` as text and answers as
//!   text, or takes an object and answers with one; what is wrong with a request comes back as `{"schema":1,"error":".."}`.
//! - `locate(name)`: `{x, y, w, h}` in CSS pixels of what has this accessible name, or null.
//! - `state()`: the run, the moment, the selection and the verdicts, as JSON text.

pub mod address;
pub mod answers;
pub mod nodes;
pub mod shell;
pub mod workbench;

#[cfg(target_arch = "wasm32")]
mod page;
