//! The functions that `page.js` calls. In the browser only.
//!
//! The program may have stopped in the middle of anything (a panic ends it without unwinding), and the page asks about it
//! afterwards: so everything here that the page asks after a crash lies outside eframe's runner and is only ever tried.

// The glue that `wasm_bindgen` writes calls into JavaScript, which is `unsafe` by definition.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::rc::Rc;

use eframe::{WebRunner, egui};
use serde_json::json;
use wasm_bindgen::prelude::*;
use web_sys::HtmlCanvasElement;

use crate::address::Address;
use crate::nodes::{Shared, Watcher};
use crate::shell::{self, Shell};
use crate::workbench::Bench;
use crate::{answers, workbench};

/// What the page holds once the window has started.
struct Window {
    runner: WebRunner,
    context: egui::Context,
    watcher: Watcher,
    exchange: shell::Shared,
}

thread_local! {
    static WINDOW: RefCell<Option<Rc<Window>>> = const { RefCell::new(None) };
}

fn window() -> Option<Rc<Window>> {
    WINDOW.with(|window| window.try_borrow().ok().and_then(|window| window.clone()))
}

fn with_nodes<T>(f: impl FnOnce(&mut Shared) -> T) -> Option<T> {
    let window = window()?;
    let mut shared = window.watcher.0.try_lock().ok()?;
    Some(f(&mut shared))
}

/// Starts the window on this canvas. Resolves when it is ready to draw.
///
/// # Errors
/// When the browser refuses the canvas its WebGL context.
#[wasm_bindgen]
pub async fn start(canvas: HtmlCanvasElement) -> Result<(), JsValue> {
    let runner = WebRunner::new();
    let watcher = Watcher::default();
    let exchange = shell::Shared::default();
    let started: Rc<RefCell<Option<egui::Context>>> = Rc::default();
    let create: eframe::AppCreator<'static> = {
        let (watcher, exchange, started) = (watcher.clone(), exchange.clone(), started.clone());
        Box::new(move |cc| {
            cc.egui_ctx.add_plugin(watcher);
            let location = &cc.integration_info.web_info.location;
            let page = location.url.split('#').next().unwrap_or_default();
            cc.egui_ctx.add_plugin(Address(page.to_owned()));
            started.replace(Some(cc.egui_ctx.clone()));
            let link = location.hash.strip_prefix('#').filter(|link| !link.is_empty());
            Ok(Box::new(Shell::new(workbench::create(cc, link), exchange)))
        })
    };
    runner.start(canvas, eframe::WebOptions::default(), create).await?;
    let context = started.take().ok_or("the window did not start")?;
    WINDOW.set(Some(Rc::new(Window { runner, context, watcher, exchange })));
    Ok(())
}

/// A run without the window: JSON in, JSON out, errors included.
#[wasm_bindgen]
pub fn run_json(request: &str) -> String {
    workbench::run_json(request)
}

/// Where the thing of this accessible name is, in CSS pixels, as JSON; `null` if there is none.
#[wasm_bindgen]
pub fn locate_json(name: &str) -> String {
    answers::place(with_nodes(|shared| shared.nodes.locate(name)).flatten())
}

/// The run, the moment, the selection and the verdicts, as JSON.
#[wasm_bindgen]
pub fn state_json() -> String {
    let Some(window) = window() else {
        return answers::error("the window has not started on this page");
    };
    match window.runner.app_mut::<Shell<Bench>>() {
        Some(shell) => shell.state_json(),
        None => answers::error("the window has stopped; the page shows why"),
    }
}

/// After a panic `{"message","stack","link"}` as JSON, else nothing.
#[wasm_bindgen]
pub fn crash_json() -> Option<String> {
    let window = window()?;
    let summary = window.runner.panic_summary()?;
    let crash = json!({ "message": summary.message(), "stack": summary.callstack(), "link": saved_link() });
    Some(crash.to_string())
}

/// The link as it was before the last input, also after a crash; empty if the window never started.
#[wasm_bindgen]
pub fn saved_link() -> String {
    let link = |window: Rc<Window>| Some(window.exchange.try_borrow().ok()?.saved_link.clone());
    window().and_then(link).unwrap_or_default()
}

/// Opens a link that the address now carries.
#[wasm_bindgen]
pub fn open_link(link: String) {
    if let Some(window) = window()
        && let Ok(mut exchange) = window.exchange.try_borrow_mut()
    {
        exchange.to_open = Some(link);
    }
    repaint();
}

/// Whether the run is no longer the one that the address names.
#[wasm_bindgen]
pub fn has_moved_on() -> bool {
    window().is_some_and(|window| window.exchange.try_borrow().is_ok_and(|exchange| exchange.moved_on))
}

/// The theme in force, `dark` or `light`; nothing before the window has started.
#[wasm_bindgen]
pub fn theme() -> Option<String> {
    let theme = window()?.context.theme();
    Some(if theme == egui::Theme::Dark { "dark" } else { "light" }.to_owned())
}

/// The named things on screen as JSON, or nothing if they are still those of `seen`.
#[wasm_bindgen]
pub fn nodes_json(seen: f64) -> Option<String> {
    with_nodes(|shared| {
        // A revision counts frames, far below 2^53.
        let revision = shared.revision as f64;
        (revision != seen).then(|| answers::nodes(&shared.nodes, shared.revision))
    })
    .flatten()
}

/// What a click on the thing of this number would do; numbers are those of [`nodes_json`].
#[wasm_bindgen]
pub fn activate(id: &str) {
    request(id, Shared::activate);
}

/// Gives the thing of this number the keyboard.
#[wasm_bindgen]
pub fn focus(id: &str) {
    request(id, Shared::focus);
}

fn request(id: &str, ask: impl FnOnce(&mut Shared, u64)) {
    if let Ok(id) = id.parse() {
        with_nodes(|shared| ask(shared, id));
        repaint();
    }
}

/// Hands the window the key that opens the palette, which the page caught outside it.
#[wasm_bindgen]
pub fn press_palette_key() {
    with_nodes(|shared| {
        for pressed in [true, false] {
            shared.pending.push(egui::Event::Key {
                key: egui::Key::K,
                physical_key: None,
                pressed,
                repeat: false,
                modifiers: egui::Modifiers::COMMAND | egui::Modifiers::CTRL,
            });
        }
    });
    repaint();
}

/// Panics. The page's own test asks for it, to see that a crash is reported.
#[wasm_bindgen]
pub fn break_on_purpose(message: &str) {
    panic!("{message}");
}

fn repaint() {
    if let Some(window) = window() {
        window.context.request_repaint();
    }
}
