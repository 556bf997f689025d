//! The map of models: which consistency models this run, or history, keeps; each explained, with its proof on the time line.
//!
//! Stronger models stand above weaker ones, and a line leads from each to what it implies. What is known colours a model and
//! gives it a mark; the disc beside its name says whether a system can keep it while its network is partitioned.

use check::check::map::{ModelMap, Node, Standing};
use check::isolation::lattice::{Availability, Map, Model, Models, Scope};
use eframe::egui::{
    Align, Color32, CornerRadius, Layout, Painter, Pos2, Rect, RichText, Role, Sense, Shape, Stroke,
    StrokeKind, TextWrapMode, Ui, WidgetInfo, WidgetText, pos2, vec2,
};
use sim::{OperationId, Time};

use crate::action::{Action, Selection};
use crate::icons;
use crate::state::models::Ask;
use crate::state::{State, history};
use crate::theme::{self, Size, Verdict, Weight, space};
use crate::timeline::{self, Timeline};
use crate::widgets;

/// The page is no wider.
pub const WIDEST: f32 = 1_180.0;
/// Under so many points the models are a list.
const LIST_BELOW: f32 = 620.0;
/// Under so many points the explanation stands below the map.
const BESIDE_FROM: f32 = 900.0;
/// The explanation's width beside the map.
const TOLD_WIDTH: f32 = 300.0;
/// A model on the map.
const NODE_HEIGHT: f32 = 36.0;
const NODE_WIDEST: f32 = 140.0;
/// From one layer to the next.
const LAYER: f32 = 60.0;
/// The time line that shows a proof.
const TIME_HEIGHT: f32 = 210.0;

/// The page's own state.
#[derive(Default)]
pub struct Page {
    timeline: Timeline,
    layout: Option<(Scope, Map)>,
}

impl Page {
    /// Shows it.
    pub fn show(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        let Some(map) = state.model_map() else {
            ui.label(theme::soft(ui, state.history.as_ref().and_then(|h| h.why_not_judged()).unwrap_or("…")));
            return;
        };
        head_ui(ui, state, map, actions);
        ui.add_space(space::GAP);
        let room = ui.available_width();
        let scope = state.models_scope();
        let chosen = state.model_chosen();
        if room < LIST_BELOW {
            told_ui(ui, state, chosen);
            self.proof_ui(ui, state, actions);
            widgets::hairline_across(ui);
            list_ui(ui, map, scope, chosen, actions);
            return;
        }
        if room < BESIDE_FROM {
            self.map_ui(ui, map, scope, chosen, actions);
            told_ui(ui, state, chosen);
        } else {
            ui.horizontal_top(|ui| {
                let size = vec2(room - TOLD_WIDTH - space::PART, 0.0);
                ui.allocate_ui_with_layout(size, Layout::top_down(Align::Min), |ui| {
                    ui.set_width(size.x);
                    self.map_ui(ui, map, scope, chosen, actions);
                });
                ui.add_space(space::WIDE);
                ui.vertical(|ui| {
                    ui.set_width(TOLD_WIDTH);
                    told_ui(ui, state, chosen);
                });
            });
        }
        self.proof_ui(ui, state, actions);
    }

    fn map_ui(
        &mut self,
        ui: &mut Ui,
        map: &ModelMap,
        scope: Scope,
        chosen: Option<&Node>,
        actions: &mut Vec<Action>,
    ) {
        if self.layout.as_ref().is_none_or(|(of, _)| *of != scope) {
            self.layout = Some((scope, Map::of(models_of(scope))));
        }
        let Some((_, layout)) = &self.layout else { return };
        let size = vec2(ui.available_width(), layout.layers as f32 * LAYER);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        let place = |(x, y): (u32, u32)| {
            pos2(rect.left() + rect.width() * x as f32 / 1e3, rect.top() + rect.height() * y as f32 / 1e3)
        };
        lines_ui(ui, layout, chosen, &place);
        for placed in &layout.models {
            let Some(node) = map.nodes.iter().find(|node| node.model == placed.model) else { continue };
            let width = (width_in(layout, placed.y) * rect.width() - space::GAP).clamp(44.0, NODE_WIDEST);
            let rect = Rect::from_center_size(place((placed.x, placed.y)), vec2(width, NODE_HEIGHT));
            if node_ui(ui, node, rect, chosen.is_some_and(|chosen| chosen.model == node.model)) {
                actions.push(Action::Models(Ask::Choose(node.model)));
            }
        }
    }

    /// The proof on the time line: of a run, or of a history from a file. A click goes to that moment.
    fn proof_ui(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        let proof = state.model_proof();
        if proof.is_empty() {
            return;
        }
        ui.add_space(space::WIDE);
        let none = Selection::None;
        let (story, end) = match &state.history {
            Some(history) => (history.story(), history.story().end),
            None => (state.playback.story(), state.playback.story().end),
        };
        let moment = match &state.history {
            Some(history) => history.moment(),
            None => state.playback.shown(),
        };
        let shown = timeline::Shown {
            proof: &proof,
            broken_at: last_answer(story, &proof),
            version_word: state.lab().about().version,
            ..timeline::Shown::new(story, moment, end, &none)
        };
        let asked =
            ui.allocate_ui(vec2(ui.available_width(), TIME_HEIGHT), |ui| self.timeline.show(ui, shown)).inner;
        for action in asked {
            let to = match (action, state.history.is_some()) {
                (Action::Seek(moment), true) => Action::History(history::Ask::Seek(moment)),
                (Action::Select(selection), true) => Action::History(history::Ask::Select(selection)),
                (Action::ShowEvent(event), true) => Action::History(history::Ask::Flag(event.0)),
                (other, _) => other,
            };
            actions.push(to);
            actions.push(Action::Open(None));
        }
    }
}

/// When the last operation of a proof was answered: then it was broken.
fn last_answer(story: &sim::Story, proof: &[OperationId]) -> Option<Time> {
    let of = |id: &OperationId| story.operations.get(usize::try_from(id.0).ok()?);
    proof.iter().filter_map(of).filter_map(|operation| operation.completed).max()
}

/// Those of a scope; strict serializability is above all of both.
fn models_of(scope: Scope) -> Models {
    let shown = |model: &Model| model.scope() == scope || *model == Model::StrictSerializable;
    Model::ALL.into_iter().filter(shown).collect()
}

/// How far apart things are in the layer at this height, as a share of the width.
fn width_in(layout: &Map, y: u32) -> f32 {
    let mut places: Vec<u32> =
        layout.models.iter().filter(|placed| placed.y == y).map(|placed| placed.x).collect();
    let bends = layout.lines.iter().flat_map(|line| line.through.iter());
    places.extend(bends.filter(|(_, at)| *at == y).map(|(x, _)| *x));
    places.sort_unstable();
    places.dedup();
    let nearest = places.windows(2).map(|pair| pair[1] - pair[0]).min();
    nearest.unwrap_or(1_000) as f32 / 1e3
}

fn head_ui(ui: &mut Ui, state: &State, map: &ModelMap, actions: &mut Vec<Action>) {
    let what = match &state.history {
        Some(history) => format!("The history {}.", history.name()),
        None => format!("This run up to {}.", state.playback.shown().at),
    };
    let name = |models: &[Model]| -> Vec<String> {
        models.iter().map(|model| map.node(*model).title.clone()).collect()
    };
    let (held, broken) = (name(&map.strongest_held()), name(&map.weakest_broken()));
    let mut told = what;
    if !held.is_empty() {
        told.push_str(&format!(" Strongest held: {}.", held.join(", ")));
    }
    if !broken.is_empty() {
        told.push_str(&format!(" Weakest broken: {}.", broken.join(", ")));
    }
    ui.label(theme::text(told));
    ui.add_space(space::TIGHT);
    ui.horizontal_wrapped(|ui| {
        let scopes = [Scope::Operations, Scope::Transactions];
        let at = scopes.iter().position(|scope| *scope == state.models_scope()).unwrap_or(0);
        if let Some(at) = widgets::segmented(ui, &["single objects", "transactions"], at) {
            actions.push(Action::Models(Ask::Show(scopes[at])));
        }
        ui.add_space(space::GAP);
        for availability in [Availability::Total, Availability::Sticky, Availability::Unavailable] {
            let (rect, _) = ui.allocate_exact_size(vec2(12.0, theme::control_height(ui)), Sense::hover());
            availability_disc(ui.painter(), rect.center(), availability, theme::palette(ui).soft);
            ui.label(theme::secondary(ui, short(availability)));
        }
        if state.models_share() < 1.0 {
            ui.label(theme::secondary(ui, format!("judged {:.0} %", state.models_share() * 100.0)));
        }
    });
}

const fn short(availability: Availability) -> &'static str {
    match availability {
        Availability::Total => "any node can go on",
        Availability::Sticky => "with one's own node",
        Availability::Unavailable => "some must stop",
        Availability::NotStated => "not stated",
    }
}

const fn long(availability: Availability) -> &'static str {
    match availability {
        Availability::Total => {
            "While the network is partitioned, any node that can be reached can go on and keep it: it is totally available."
        }
        Availability::Sticky => {
            "While the network is partitioned, nodes can go on and keep it as long as each client stays with the same \
             node: it is available to those who stick."
        }
        Availability::Unavailable => {
            "While the network is partitioned, some nodes must stop answering to keep it: it is not available."
        }
        Availability::NotStated => {
            "The sources do not say whether it can be kept while the network is partitioned."
        }
    }
}

const fn verdict(standing: Standing) -> Verdict {
    match standing {
        Standing::Holds => Verdict::Holds,
        Standing::Broken => Verdict::Broken,
        Standing::NotDecided => Verdict::Open,
    }
}

const fn words(standing: Standing) -> &'static str {
    match standing {
        Standing::Holds => "held",
        Standing::Broken => "broken",
        Standing::NotDecided => "not decided",
    }
}

/// A full disc, a half one, a ring: any node, one's own, some must stop.
fn availability_disc(painter: &Painter, at: Pos2, availability: Availability, colour: Color32) {
    const RADIUS: f32 = 4.0;
    match availability {
        Availability::NotStated => return,
        Availability::Total => drop(painter.circle_filled(at, RADIUS, colour)),
        Availability::Sticky => {
            let arc = (0..=12).map(|step| {
                let angle = std::f32::consts::PI * (0.5 + step as f32 / 12.0);
                at + RADIUS * vec2(angle.cos(), angle.sin())
            });
            painter.add(Shape::convex_polygon(arc.collect(), colour, Stroke::NONE));
        }
        Availability::Unavailable => {}
    }
    painter.circle_stroke(at, RADIUS, Stroke::new(space::HAIRLINE, colour));
}

/// Lines from each model to what it implies; those of the chosen one stand out.
fn lines_ui(ui: &Ui, layout: &Map, chosen: Option<&Node>, place: &dyn Fn((u32, u32)) -> Pos2) {
    let palette = theme::palette(ui);
    let of_chosen = |from: Model, to: Model| {
        chosen.is_some_and(|chosen| chosen.model.is_above(from) || to.is_above(chosen.model))
    };
    let (mut plain, mut bright) = (Vec::new(), Vec::new());
    for line in &layout.lines {
        let points: Vec<Pos2> = line.through.iter().map(|at| place(*at)).collect();
        if of_chosen(line.from, line.to) {
            bright.push(Shape::line(points, Stroke::new(space::LINE, palette.act)));
        } else {
            plain.push(Shape::line(points, Stroke::new(space::HAIRLINE, palette.link)));
        }
    }
    ui.painter().extend(plain);
    ui.painter().extend(bright);
}

/// A model: whether it was pressed.
fn node_ui(ui: &mut Ui, node: &Node, rect: Rect, chosen: bool) -> bool {
    let palette = theme::palette(ui);
    let verdict = verdict(node.standing);
    let id = ui.scope_id().with(("model", node.model.name()));
    let response = ui.interact(rect, id, Sense::click());
    let name = format!("{}, {}", node.title, words(node.standing));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &name));
    let ground = if verdict == Verdict::Open { palette.raised } else { palette.verdict_ground(verdict) };
    let ground = if response.hovered() { palette.hovered(ground) } else { ground };
    let colour = if verdict == Verdict::Open { palette.faint } else { palette.verdict(verdict) };
    let edge = match (chosen, response.has_focus()) {
        (true, _) => Stroke::new(space::RING, palette.act),
        (false, true) => theme::focus_ring(ui),
        (false, false) if node.judged => Stroke::new(space::LINE, colour),
        (false, false) => Stroke::new(space::HAIRLINE, colour),
    };
    ui.painter().rect(rect, CornerRadius::same(space::CONTROL_RADIUS), ground, edge, StrokeKind::Inside);
    let mark = rect.left_center() + vec2(12.0, -7.0);
    icons::paint_on(
        ui.painter(),
        widgets::verdict_icon(verdict),
        mark,
        space::ICON_SMALL - 1.0,
        colour,
        ground,
    );
    availability_disc(ui.painter(), rect.left_center() + vec2(12.0, 8.0), node.availability, palette.soft);
    let ink = if verdict == Verdict::Open { palette.soft } else { palette.text };
    let words = RichText::new(&node.title).font(theme::words(Size::Small, Weight::Medium)).color(ink);
    let words = words.line_height(Some(12.0));
    let width = rect.width() - 26.0;
    let font = theme::words(Size::Small, Weight::Medium);
    let galley = WidgetText::from(words).into_galley(ui, Some(TextWrapMode::Wrap), width, font);
    let at = pos2(rect.left() + 22.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().with_clip_rect(rect.shrink(1.0)).galley(at, galley, ink);
    response.on_hover_text(node.reason.as_str()).clicked()
}

/// Every model as a row, where there is no room for a map.
fn list_ui(ui: &mut Ui, map: &ModelMap, scope: Scope, chosen: Option<&Node>, actions: &mut Vec<Action>) {
    let shown = models_of(scope);
    for (standing, head) in
        [(Standing::Broken, "Broken"), (Standing::Holds, "Held"), (Standing::NotDecided, "Not decided")]
    {
        let nodes =
            || map.nodes.iter().filter(|node| node.standing == standing && shown.contains(node.model));
        if nodes().next().is_none() {
            continue;
        }
        ui.label(theme::heading(head));
        for node in nodes() {
            let is_chosen = chosen.is_some_and(|chosen| chosen.model == node.model);
            let title = if is_chosen { format!("{} (above)", node.title) } else { node.title.clone() };
            let row = widgets::promise_row(ui, verdict(standing), &title);
            if row.on_hover_text(node.reason.as_str()).clicked() {
                actions.push(Action::Models(Ask::Choose(node.model)));
            }
        }
        ui.add_space(space::TIGHT);
    }
}

/// What the chosen model means, how the history stands to it and why.
fn told_ui(ui: &mut Ui, state: &State, chosen: Option<&Node>) {
    let Some(node) = chosen else {
        ui.label(theme::soft(ui, "Choose a model: what it means, and how this stands to it."));
        ui.add_space(space::GAP);
        ui.label(theme::secondary(
            ui,
            "Stronger models stand above; a line leads from each to what it implies. A thick edge was judged itself, the \
             rest follows.",
        ));
        return;
    };
    ui.label(theme::title(node.title.as_str()));
    let of = if state.history.is_some() { "history" } else { "run" };
    let line = match node.standing {
        Standing::Holds => format!("Held by this {of}"),
        Standing::Broken => format!("Broken in this {of}"),
        Standing::NotDecided => "Not decided".to_owned(),
    };
    widgets::verdict_line(ui, verdict(node.standing), &line);
    ui.label(theme::text(node.words));
    ui.add_space(space::TIGHT);
    ui.label(theme::soft(ui, long(node.availability)));
    ui.add_space(space::TIGHT);
    ui.label(theme::heading("Why?"));
    let evidence = node.evidence.as_ref();
    // A judged model's reason is its proof's own sentence, which stands below.
    if evidence.is_none_or(|evidence| evidence.sentence != node.reason) {
        ui.label(theme::text(node.reason.as_str()));
    }
    if let Some(evidence) = evidence {
        evidence_ui(ui, evidence);
    }
}

/// A proof in words: what happened, its operations, and why that cannot be.
pub fn evidence_ui(ui: &mut Ui, evidence: &check::check::Evidence) {
    /// More operations than these stand on the time line only.
    const MOST: usize = 12;
    theme::verdict_frame(ui, Verdict::Broken).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(theme::text(evidence.sentence.as_str()));
        for shown in evidence.operations.iter().take(MOST) {
            ui.horizontal_wrapped(|ui| {
                let name = shown.name.as_deref().unwrap_or(&shown.client);
                ui.label(theme::secondary(ui, name));
                ui.label(theme::value(shown.label.as_str()));
            });
        }
        if evidence.operations.len() > MOST {
            let more = evidence.operations.len() - MOST;
            ui.label(theme::secondary(ui, format!("and {more} more, on the time line")));
        }
        for line in &evidence.because {
            ui.label(theme::text(line.as_str()));
        }
    });
}
