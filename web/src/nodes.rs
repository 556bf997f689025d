//! What is on screen, by name: the accessible nodes of the last frame.
//!
//! egui describes every frame as an AccessKit tree, but its browser half drops it. [`Watcher`] is an egui plugin that keeps
//! the tree ([`Nodes`]) and hands activations back as events: from it the page builds the elements a screen reader reads,
//! and `window.potholes.locate` finds things. A frame's tree is complete, so nothing is merged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use eframe::egui;
use egui::accesskit::{self, Role, Toggled};

/// A rectangle in CSS pixels, from the canvas's upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// One thing on screen that has a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// AccessKit's number, the same in every frame.
    pub id: u64,
    /// What it is, as an ARIA role; empty for plain text.
    pub role: &'static str,
    /// What it is called.
    pub name: String,
    /// More about it, or empty.
    pub description: String,
    /// Its value as text, or empty.
    pub value: String,
    /// Pressed or checked, where it can be.
    pub on: Option<bool>,
    /// Whether it can be used now.
    pub enabled: bool,
    /// Whether a screen reader may activate it.
    pub clickable: bool,
    /// Where it is.
    pub place: Place,
}

/// The named things of one frame, in reading order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Nodes {
    /// All of them.
    pub all: Vec<Node>,
    /// The one with the keyboard, if it has a name.
    pub focus: Option<u64>,
    /// What the page should read aloud when it changes: the text of every node marked live.
    pub live: String,
}

impl Nodes {
    /// Reads a frame's tree. `zoom` is egui's zoom factor, CSS pixels a point.
    pub fn read(update: &accesskit::TreeUpdate, zoom: f64) -> Self {
        let by_id: BTreeMap<u64, &accesskit::Node> = update.nodes.iter().map(|(id, n)| (id.0, n)).collect();
        let mut nodes = Self::default();
        let mut live = Vec::new();
        // Reading order is the order of a walk from the root; children are pushed backwards so that the first comes first.
        let mut stack: Vec<u64> = update.tree.iter().map(|tree| tree.root.0).collect();
        let mut seen = std::collections::BTreeSet::new();
        while let Some(id) = stack.pop() {
            let Some(node) = by_id.get(&id) else { continue };
            if !seen.insert(id) {
                continue;
            }
            stack.extend(node.children().iter().rev().map(|child| child.0));
            let Some(read) = read_node(id, node, &by_id, zoom) else { continue };
            if node.live().is_some_and(|live| live != accesskit::Live::Off) {
                live.push(read.name.clone());
            }
            nodes.all.push(read);
        }
        nodes.focus = Some(update.focus.0).filter(|id| nodes.all.iter().any(|node| node.id == *id));
        nodes.live = live.join(" ");
        nodes
    }

    /// Where the thing of this name is. The exact name first; else one whose name starts with it and goes on with a comma
    /// or a colon (`Node n1` finds "Node n1, leader, term 3"); else a value. Of several, what can be activated before what
    /// can only be read (a button before the heading of the same words), then the first in reading order.
    pub fn locate(&self, name: &str) -> Option<Place> {
        if name.is_empty() {
            return None;
        }
        let goes_on =
            |node: &Node| node.name.strip_prefix(name).is_some_and(|rest| rest.starts_with([',', ':']));
        self.first(|node| node.name == name)
            .or_else(|| self.first(goes_on))
            .or_else(|| self.first(|node| node.value == name))
    }

    fn first(&self, is_it: impl Fn(&Node) -> bool) -> Option<Place> {
        let found = || self.all.iter().filter(|node| node.place.w > 0.0 && node.place.h > 0.0 && is_it(node));
        // Words that can be marked with the mouse take clicks too, but have no role.
        found()
            .find(|node| node.clickable && !node.role.is_empty())
            .or_else(|| found().next())
            .map(|node| node.place)
    }
}

fn read_node(
    id: u64,
    node: &accesskit::Node,
    by_id: &BTreeMap<u64, &accesskit::Node>,
    zoom: f64,
) -> Option<Node> {
    if node.is_hidden() || node.role() == Role::TextRun {
        return None;
    }
    let bounds = node.bounds()?;
    let value = node.value().unwrap_or_default();
    // A label's words are its value; everything else is called by its label, or by the label beside it.
    let name = match (node.label(), node.role()) {
        (Some(label), _) => label.to_owned(),
        (None, Role::Label) => value.to_owned(),
        (None, _) => {
            let beside = node.labelled_by().iter().filter_map(|label| by_id.get(&label.0));
            beside.filter_map(|label| label.label().or(label.value())).collect::<Vec<_>>().join(" ")
        }
    };
    if name.trim().is_empty() {
        return None;
    }
    let numeric = || node.numeric_value().map(|number| number.to_string()).unwrap_or_default();
    let value = if node.role() == Role::Label { String::new() } else { value.to_owned() };
    Some(Node {
        id,
        role: aria_role(node.role()),
        name,
        description: node.description().unwrap_or_default().to_owned(),
        value: if value.is_empty() { numeric() } else { value },
        on: node.toggled().map(|toggled| toggled == Toggled::True),
        enabled: !node.is_disabled(),
        clickable: node.supports_action(accesskit::Action::Click),
        place: Place {
            x: bounds.x0 * zoom,
            y: bounds.y0 * zoom,
            w: (bounds.x1 - bounds.x0) * zoom,
            h: (bounds.y1 - bounds.y0) * zoom,
        },
    })
}

/// The ARIA role a screen reader knows for it; empty where the words alone say enough.
fn aria_role(role: Role) -> &'static str {
    match role {
        Role::Button | Role::DefaultButton => "button",
        Role::CheckBox => "checkbox",
        Role::RadioButton => "radio",
        Role::Switch => "switch",
        Role::Slider | Role::SpinButton => "slider",
        Role::Tab => "tab",
        Role::Link => "link",
        Role::Heading => "heading",
        Role::TextInput | Role::MultilineTextInput | Role::SearchInput => "textbox",
        Role::ComboBox => "combobox",
        Role::MenuItem => "menuitem",
        Role::ProgressIndicator => "progressbar",
        Role::Canvas | Role::Image => "img",
        Role::Dialog | Role::Window => "dialog",
        Role::Table => "table",
        Role::Row => "row",
        Role::Cell => "cell",
        Role::Label | Role::Paragraph | Role::Status => "",
        _ => "group",
    }
}

/// What the plugin and the page share: the last frame's nodes, and what is to be handed to the next one.
#[derive(Default)]
pub struct Shared {
    /// The last frame's.
    pub nodes: Nodes,
    /// Goes up with every change of `nodes`.
    pub revision: u64,
    /// Events for the next frame: activations from the mirror, keys the page caught.
    pub pending: Vec<egui::Event>,
}

impl Shared {
    /// Asks for what a click on it would do.
    pub fn activate(&mut self, id: u64) {
        self.request(accesskit::Action::Click, id);
    }

    /// Asks to give it the keyboard.
    pub fn focus(&mut self, id: u64) {
        self.request(accesskit::Action::Focus, id);
    }

    fn request(&mut self, action: accesskit::Action, id: u64) {
        self.pending.push(egui::Event::AccessKitActionRequest(accesskit::ActionRequest {
            action,
            target_tree: accesskit::TreeId::ROOT,
            target_node: accesskit::NodeId(id),
            data: None,
        }));
    }
}

/// The egui plugin: keeps [`Shared`] up to date.
#[derive(Clone, Default)]
pub struct Watcher(pub Arc<Mutex<Shared>>);

impl egui::Plugin for Watcher {
    fn debug_name(&self) -> &'static str {
        "accessible nodes"
    }

    fn setup(&mut self, ctx: &egui::Context) {
        ctx.enable_accesskit();
    }

    fn input_hook(&mut self, _: &egui::Context, input: &mut egui::RawInput) {
        if let Ok(mut shared) = self.0.try_lock() {
            input.events.append(&mut shared.pending);
        }
    }

    fn output_hook(&mut self, ctx: &egui::Context, output: &mut egui::FullOutput) {
        let Some(update) = &output.platform_output.accesskit_update else { return };
        let nodes = Nodes::read(update, f64::from(ctx.zoom_factor()));
        if let Ok(mut shared) = self.0.try_lock()
            && shared.nodes != nodes
        {
            shared.nodes = nodes;
            shared.revision += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs two frames of `add` with the plugin and hands back what it kept.
    fn frames(events: Vec<egui::Event>, mut add: impl FnMut(&mut egui::Ui)) -> (Watcher, Nodes) {
        let ctx = egui::Context::default();
        let watcher = Watcher::default();
        ctx.add_plugin(watcher.clone());
        let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(400.0, 300.0));
        for events in [Vec::new(), events] {
            let input = egui::RawInput { screen_rect: Some(screen), events, ..Default::default() };
            let output = ctx.run_ui(input, &mut add);
            output.drop_without_applying_deltas();
        }
        let nodes = watcher.0.lock().unwrap().nodes.clone();
        (watcher, nodes)
    }

    #[test]
    fn names_places_and_states_are_read() {
        let (_, nodes) = frames(Vec::new(), |ui| {
            ui.label("Three nodes, one client");
            let _ = ui.add(egui::Button::new("Crash").selected(true));
            ui.add_enabled(false, egui::Button::new("Undo"));
        });
        let names: Vec<&str> = nodes.all.iter().map(|node| node.name.as_str()).collect();
        assert!(names.contains(&"Three nodes, one client"), "{names:?}");
        let crash = nodes.all.iter().find(|node| node.name == "Crash").unwrap();
        assert_eq!(
            (crash.role, crash.on, crash.enabled, crash.clickable),
            ("button", Some(true), true, true)
        );
        let undo = nodes.all.iter().find(|node| node.name == "Undo").unwrap();
        assert!(!undo.enabled);
        let place = nodes.locate("Crash").unwrap();
        assert!(place.w > 10.0 && place.h > 10.0 && place.y > 0.0, "{place:?}");
        assert_eq!(nodes.locate("Nobody"), None);
        assert_eq!(nodes.locate(""), None);
    }

    #[test]
    fn the_exact_name_wins_over_a_longer_one() {
        let (_, nodes) = frames(Vec::new(), |ui| {
            for name in ["Node n1, leader, term 3", "Node n11", "Node n1"] {
                let _ = ui.button(name);
            }
        });
        let rows: Vec<f64> = nodes.all.iter().filter(|n| n.role == "button").map(|n| n.place.y).collect();
        assert_eq!(nodes.locate("Node n1").map(|at| at.y), Some(rows[2]));
        assert_eq!(nodes.locate("Node n11").map(|at| at.y), Some(rows[1]));
        assert_eq!(nodes.locate("Node n1, leader, term 3").map(|at| at.y), Some(rows[0]));
    }

    #[test]
    fn a_longer_name_is_found_by_its_first_part_alone() {
        let (_, nodes) = frames(Vec::new(), |ui| {
            for name in ["Node n11, follower", "Node n1, leader, term 3"] {
                let _ = ui.button(name);
            }
        });
        let second = nodes.locate("Node n1, leader, term 3");
        assert!(second.is_some());
        assert_eq!(nodes.locate("Node n1"), second);
        assert_eq!(nodes.locate("Node"), None);
    }

    #[test]
    fn a_button_comes_before_the_heading_of_the_same_words() {
        let (_, nodes) = frames(Vec::new(), |ui| {
            ui.label("Read the list");
            let _ = ui.button("Read the list");
        });
        let button = nodes.all.iter().find(|node| node.role == "button").unwrap();
        assert_eq!(nodes.locate("Read the list"), Some(button.place));
    }

    #[test]
    fn live_text_is_gathered() {
        let (_, nodes) = frames(Vec::new(), |ui| {
            let response = ui.label("n1 was elected");
            ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(accesskit::Live::Polite));
            ui.label("not read aloud");
        });
        assert_eq!(nodes.live, "n1 was elected");
    }

    #[test]
    fn an_activation_arrives_as_a_click() {
        let ctx = egui::Context::default();
        let watcher = Watcher::default();
        ctx.add_plugin(watcher.clone());
        let mut clicks = 0;
        for frame in 0..4 {
            if frame == 2 {
                let mut shared = watcher.0.lock().unwrap();
                let id = shared.nodes.all.iter().find(|node| node.name == "Crash").unwrap().id;
                shared.activate(id);
            }
            let output = ctx.run_ui(egui::RawInput::default(), |ui| {
                if ui.button("Crash").clicked() {
                    clicks += 1;
                }
            });
            output.drop_without_applying_deltas();
        }
        assert_eq!(clicks, 1);
    }
}
