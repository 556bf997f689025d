//! The workbench wrapped for the page: an eframe app around any [`Workbench`], which the page can ask for its link and its
//! state, and which keeps the link from just before the last input, for the page that reports a crash.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use eframe::egui;

/// What the page needs of the program in the window, beyond drawing itself.
pub trait Workbench: eframe::App {
    /// The part of an address after `#` that opens this run at this moment.
    fn link(&self) -> String;
    /// The run, the moment, the selection and the verdicts, as one JSON document.
    fn state_json(&self) -> String;
}

/// Where [`Shell`] keeps the link for the page that reports a crash: outside itself, because after a panic nobody can
/// reach into the app any more.
pub type SavedLink = Rc<RefCell<String>>;

/// A [`Workbench`] in the page.
pub struct Shell<W> {
    workbench: W,
    saved_link: SavedLink,
    link_taken_at: f64,
}

/// How stale the link for the crash page may be while nothing is done by hand, in seconds.
const LINK_EVERY: f64 = 1.0;

impl<W: Workbench> Shell<W> {
    /// Wraps it; `saved_link` then always holds the link as it was before the last input was handled.
    pub fn new(workbench: W, saved_link: SavedLink) -> Self {
        saved_link.replace(workbench.link());
        Self { workbench, saved_link, link_taken_at: 0.0 }
    }

    /// [`Workbench::state_json`].
    pub fn state_json(&self) -> String {
        self.workbench.state_json()
    }

    fn save_link(&mut self, ctx: &egui::Context) {
        let (now, by_hand) = ctx.input(|input| {
            let by_hand = |event: &egui::Event| {
                matches!(
                    event,
                    egui::Event::Key { pressed: true, .. }
                        | egui::Event::PointerButton { .. }
                        | egui::Event::AccessKitActionRequest(_)
                )
            };
            (input.time, input.events.iter().any(by_hand))
        });
        if by_hand || now - self.link_taken_at >= LINK_EVERY {
            self.saved_link.replace(self.workbench.link());
            self.link_taken_at = now;
        }
    }
}

impl<W: Workbench + 'static> eframe::App for Shell<W> {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        self.save_link(ctx);
        self.workbench.logic(ctx, frame);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.workbench.ui(ui, frame);
    }

    #[cfg(target_arch = "wasm32")]
    fn as_any_mut(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        self.workbench.save(storage);
    }

    fn auto_save_interval(&self) -> Duration {
        self.workbench.auto_save_interval()
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        self.workbench.clear_color(visuals)
    }

    fn persist_egui_memory(&self) -> bool {
        self.workbench.persist_egui_memory()
    }

    fn raw_input_hook(&mut self, ctx: &egui::Context, raw_input: &mut egui::RawInput) {
        self.workbench.raw_input_hook(ctx, raw_input);
    }
}
