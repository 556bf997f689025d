//! The cluster at the moment shown: who is what, what is on its way, what is broken; and the hands that break it.
//!
//! | module | holds |
//! |-|-|
//! | [`arrange`] | where actors stand: pure, by who they are and how large the picture is |
//! | [`placed`] | links, cuts, messages, losses of a moment: pure, by view and story; tested as text |
//! | [`route`] | the way of a link, around whom it does not concern |
//! | [`cut`] | the dashed line of a cut, and the commands a drawn line means |
//! | [`menu`] | every fault of a node, a link, a message, at its default |
//! | [`gesture`] | what a drag means: a cut, a band, a pair |
//! | `hands` | what can be pointed at, named, dragged, and reached by keys |
//! | [`camera`] | pan and zoom |
//! | [`nodes`], [`messages`], [`ink`], [`labels`] | paint |
//!
//! [`Canvas::show`] reads [`Shown`] and returns what was asked for. Click selects; Shift or Ctrl and click marks; a drag on
//! empty ground draws a line that cuts the links it crosses, with Shift a band that marks nodes; a drag from node to node
//! asks what to do to that link; a second button, a long press or the menu key opens the faults. Tab goes through actors,
//! messages and the selected actor's links, arrows to the nearest actor, X cuts off what is marked. The wheel zooms,
//! two fingers and the middle button pan, a double click shows everything again.

pub mod arrange;
pub mod camera;
pub mod cut;
pub mod gesture;
mod hands;
pub mod ink;
pub mod labels;
pub mod menu;
pub mod messages;
pub mod nodes;
pub mod placed;
pub mod route;
#[cfg(test)]
#[path = "../../benches/support/mod.rs"]
pub mod sample;
#[cfg(test)]
pub mod tests;

use eframe::egui::{
    self, PointerButton, Pos2, Rect, Response, Role, Sense, Ui, Vec2, WidgetInfo, emath::TSTransform,
};
use sim::command::{Command, Who};
use sim::view::View;
use sim::{ActorId, MessageId, Story};

use crate::action::{Action, Selection};
use crate::lens::{Lens, Light};
use crate::theme;
use arrange::Arrangement;
use camera::Camera;
use cut::Pair;
use gesture::Drag;
use labels::Labels;
use menu::{Extras, Target};
use nodes::Brush;
use placed::{Frontier, Placed, Scene, Talked};

/// What the canvas draws.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The cluster at the moment shown.
    pub view: &'a View,
    /// Its past.
    pub story: &'a Story,
    /// What is selected.
    pub selection: &'a Selection,
    /// Ways to lie and timers that can be fired.
    pub extras: Extras<'a>,
    /// What this lab calls the number of a role: `term`.
    pub version_word: &'a str,
    /// A fault that is pointed at elsewhere: drawn lightly.
    pub preview: Option<&'a Command>,
    /// The client whose hand the learner has: its square says "you".
    pub you: Option<ActorId>,
    /// Large, without terms and timers: the first screen.
    pub plain: bool,
    /// Whether single letters are keys.
    pub keys: bool,
    /// So many points at the top belong to chips.
    pub reserved: f32,
    /// Who stands in which column, from left to right; on an ellipse where none is given.
    pub columns: &'a [Vec<ActorId>],
    /// Through what it is seen: causes, or a node's knowledge.
    pub lens: Option<Lens<'a>>,
}

impl<'a> Shown<'a> {
    /// What most users of a canvas want.
    pub fn new(view: &'a View, story: &'a Story, selection: &'a Selection) -> Self {
        Self {
            view,
            story,
            selection,
            extras: Extras::default(),
            version_word: "term",
            preview: None,
            you: None,
            plain: false,
            keys: true,
            reserved: 0.0,
            columns: &[],
            lens: None,
        }
    }
}

/// The canvas's own state: where it is seen from, what a hand is doing, what was laid out.
#[derive(Default)]
pub struct Canvas {
    camera: Camera,
    drag: Option<Drag>,
    menu: Option<menu::Open>,
    labels: Labels,
    arrangement: Arrangement,
    arranged_for: (Vec<ActorId>, Vec<Vec<ActorId>>, Vec2, f32),
    talked: Talked,
    frontiers: Vec<Frontier>,
    frontiers_for: Vec<(Vec<Vec<ActorId>>, bool)>,
    /// The preview that a drag asked for last.
    previewed: Option<Command>,
}

impl Canvas {
    /// Shows everything again.
    pub fn fit(&mut self) {
        self.camera.fit();
    }

    /// Whether a drag or a menu is under way: the shell keeps its own keys back.
    pub fn is_busy(&self) -> bool {
        self.drag.is_some() || self.menu.is_some()
    }

    /// Opens the menu of faults of a target, as the inspector's button does.
    pub fn open_menu(&mut self, target: Target, at: Pos2) {
        self.menu = Some(menu::Open { target, at });
    }

    /// Paints, and returns what was asked for.
    pub fn show(&mut self, ui: &mut Ui, shown: Shown<'_>) -> Vec<Action> {
        let mut actions = Vec::new();
        let (rect, ground) = ui.allocate_exact_size(ui.available_size(), Sense::CLICK | Sense::DRAG);
        let count = shown.view.actors.len();
        ground.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Cluster"));
        ui.ctx().accesskit_node_builder(ground.id, |node| {
            node.set_description(format!("{count} nodes and clients; drag across links to cut them"));
        });
        if !ui.is_rect_visible(rect) {
            return actions;
        }
        self.look_around(ui, rect, &ground);
        self.arrange(&shown, rect);
        let to_screen = self.camera.to_screen(rect);
        let scene = Scene {
            arrangement: &self.arrangement,
            view: shown.view,
            story: shown.story,
            selection: shown.selection,
            frontiers: &self.frontiers,
            talked: &self.talked.since,
        };
        let placed = Placed::new(&scene);
        let preview = self.preview_frontier(&shown);

        self.labels.begin(ui.ctx());
        let painter = ui.painter_at(rect);
        let mut brush = Brush::new(&painter, theme::palette(ui), to_screen, shown.version_word);
        (brush.plain, brush.still) = (shown.plain, theme::reduced_motion(ui));
        brush.dim = self.dim_flights(&shown);
        let crossed = self.crossed(&placed, to_screen);
        for link in &placed.links {
            brush.link(link, crossed.contains(&link.pair));
        }
        brush.flush();
        for frontier in &self.frontiers {
            brush.frontier(frontier, &placed, brush.palette.text);
        }
        if let Some(frontier) = &preview {
            brush.frontier(frontier, &placed, brush.palette.pale(brush.palette.act));
        }
        let selected = if let Selection::Message(id) = shown.selection { Some(*id) } else { None };
        let pills = brush.messages(&mut self.labels, &placed, shown.view, selected);
        // Who lost what, no node sees.
        if !matches!(shown.lens, Some(Lens::Knowledge { .. })) {
            brush.losses(&placed);
        }
        brush.flush();

        // Links under messages under actors: what is registered later is nearer to the hand.
        self.links_ui(ui, &shown, &placed, to_screen, &mut brush, &mut actions);
        self.messages_ui(ui, &shown, &placed, to_screen, &pills, &mut actions);
        self.actors_ui(ui, &shown, to_screen, &mut brush, &mut actions);
        brush.flush();
        self.ground_ui(ui, &shown, &placed, &ground, to_screen, &mut actions);
        self.drag_ui(ui, &shown, &placed, rect, to_screen, &mut brush, &mut actions);
        self.keys_ui(ui, &shown, &mut actions);
        if let Some(open) = self.menu
            && !menu::show(ui, open, shown.view, shown.extras, &mut actions)
        {
            self.menu = None;
        }
        actions
    }

    /// The messages in flight that are not in full light, oldest first.
    fn dim_flights(&self, shown: &Shown<'_>) -> Vec<MessageId> {
        let Some(lens) = shown.lens else { return Vec::new() };
        let dim =
            |id: &MessageId| shown.story.arrow(*id).is_some_and(|arrow| lens.arrow(&arrow) != Light::Full);
        shown.view.flights.iter().map(|flight| flight.id).filter(dim).collect()
    }

    fn look_around(&mut self, ui: &Ui, rect: Rect, ground: &Response) {
        if ground.dragged_by(PointerButton::Middle) {
            self.camera.pan_by(ground.drag_delta(), rect);
        }
        if ground.double_clicked() {
            self.camera.fit();
        }
        let Some(at) = ui.input(|input| input.pointer.hover_pos()).filter(|at| rect.contains(*at)) else {
            return;
        };
        if !ground.contains_pointer() && egui::Popup::is_any_open(ui.ctx()) {
            return;
        }
        let (zoom, scroll, wheel, fingers) = ui.input(|input| {
            let notched = input.events.iter().any(|event| {
                matches!(
                    event,
                    egui::Event::MouseWheel {
                        unit: egui::MouseWheelUnit::Line | egui::MouseWheelUnit::Page,
                        ..
                    }
                )
            });
            let fingers = input.multi_touch().map(|touch| touch.translation_delta);
            (input.zoom_delta(), input.smooth_scroll_delta(), notched, fingers)
        });
        if zoom != 1.0 {
            self.camera.zoom_at(zoom, at, rect);
        } else if wheel || (scroll.y != 0.0 && scroll.x == 0.0 && fingers.is_none()) {
            self.camera.zoom_at((scroll.y / 200.0).exp(), at, rect);
        } else if scroll != Vec2::ZERO {
            self.camera.pan_by(scroll, rect);
        }
        if let Some(by) = fingers {
            self.camera.pan_by(by, rect);
            // Two fingers look around; they draw nothing.
            self.drag = None;
        }
    }

    fn arrange(&mut self, shown: &Shown<'_>, rect: Rect) {
        if !shown.columns.is_empty() {
            self.talked.keep_up(shown.story);
        }
        let (actors, columns, size, reserved) = &self.arranged_for;
        let same = *size == rect.size()
            && *reserved == shown.reserved
            && columns == shown.columns
            && actors.len() == shown.view.actors.len()
            && shown.view.actors.iter().zip(actors).all(|(actor, id)| actor.id == *id);
        if !same {
            let mut actors: Vec<ActorId> = shown.view.actors.iter().map(|actor| actor.id).collect();
            self.arranged_for = (actors.clone(), shown.columns.to_vec(), rect.size(), shown.reserved);
            self.talked = Talked::default();
            actors.sort_unstable();
            actors.dedup();
            self.arrangement = if shown.columns.is_empty() {
                Arrangement::new(&actors, rect.size(), shown.reserved)
            } else {
                Arrangement::columns(&actors, shown.columns, rect.size(), shown.reserved)
            };
        }
        let cuts = || shown.view.broken.iter().filter(|broken| placed::is_cut(broken));
        let known = same && self.frontiers_for.len() == cuts().count() && {
            let mut pairs = cuts().zip(&self.frontiers_for);
            pairs.all(|(broken, (sides, one_way))| broken.sides == *sides && broken.one_way == *one_way)
        };
        if !known {
            self.frontiers_for = cuts().map(|broken| (broken.sides.clone(), broken.one_way)).collect();
            let frontier = |broken: &sim::view::Broken| {
                Frontier::new(&self.arrangement, shown.view, &broken.sides, broken.one_way)
            };
            self.frontiers = cuts().map(frontier).collect();
        }
    }

    /// The line of a cut that is only thought of.
    fn preview_frontier(&self, shown: &Shown<'_>) -> Option<Frontier> {
        let names = |who: &Vec<Who>| {
            let actor = |who: &Who| if let Who::Actor(actor) = who { Some(*actor) } else { None };
            who.iter().filter_map(actor).collect::<Vec<ActorId>>()
        };
        // A line under the hand shows itself.
        if self.drag.is_some() {
            return None;
        }
        match shown.preview? {
            Command::Cut { groups, .. } => {
                let sides: Vec<Vec<ActorId>> = groups.iter().map(names).collect();
                Some(Frontier::new(&self.arrangement, shown.view, &sides, false))
            }
            Command::CutOneWay { from, to, .. } => {
                Some(Frontier::new(&self.arrangement, shown.view, &[names(from), names(to)], true))
            }
            _ => None,
        }
    }

    /// The links that a line under the hand crosses.
    fn crossed(&self, placed: &Placed, to_screen: TSTransform) -> Vec<Pair> {
        let Some(Drag::Cut { line }) = &self.drag else { return Vec::new() };
        let crosses = |link: &&placed::Link| link.route.on_screen(to_screen).meets(line).is_some();
        placed.links.iter().filter(crosses).map(|link| link.pair).collect()
    }
}
