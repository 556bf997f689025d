//! The program in the window, and what it does without one.

use eframe::egui;
use serde_json::json;

use crate::answers;
use crate::shell::Workbench;

/// The program in the window.
pub type Bench = Counter;

/// A button that counts.
#[derive(Default)]
pub struct Counter {
    clicks: u32,
}

/// Makes it.
pub fn create(_: &eframe::CreationContext<'_>) -> Bench {
    Counter::default()
}

/// A run without the window.
pub fn run_json(_: &str) -> String {
    answers::error("no labs yet")
}

impl Workbench for Counter {
    fn link(&self) -> String {
        format!("clicks={}", self.clicks)
    }

    fn state_json(&self) -> String {
        json!({ "schema": answers::SCHEMA, "clicks": self.clicks }).to_string()
    }
}

impl eframe::App for Counter {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        egui::CentralPanel::default().show(ui, |ui| {
            let told = ui.label(format!("Clicked {} times", self.clicks));
            ui.ctx().accesskit_node_builder(told.id, |node| node.set_live(egui::accesskit::Live::Polite));
            if ui.button("Count").clicked() {
                self.clicks += 1;
            }
        });
    }
}
