//! The run over time: who led when, who spoke to whom, what clients asked and got, what was done to it.
//!
//! | module | holds |
//! |-|-|
//! | [`axis`] | times across the picture: zoom, pan, spacing by time or by event; pure |
//! | [`rows`] | lanes from top to bottom; pure |
//! | [`arrows`] | messages: one mesh of lines, or a density picture above some twenty thousand |
//! | [`paint`] | bands, operations, flags, playhead, scrubber |
//! | `pointed` | what the pointer is on, what things are called, what is said of them |
//!
//! [`Timeline::show`] reads [`Shown`] and returns what was asked for. A click on a message, an operation or a flag selects
//! it; elsewhere it shows that moment, and a drag goes along. The wheel scrolls lanes that do not fit, and zooms where all
//! do; Ctrl and the wheel or two fingers zoom, sideways pans. What came later than the moment shown is pale.

pub mod arrows;
pub mod axis;
pub mod density;
pub mod paint;
mod pointed;
pub mod rows;
#[cfg(test)]
mod tests;

use eframe::egui::{
    self, Align2, CursorIcon, EventFilter, Key, PointerButton, Pos2, Rect, Response, Sense, Ui, WidgetInfo,
    pos2, vec2,
};
use sim::view::Flight;
use sim::{MessageId, Moment, OperationId, Story, Time};

use crate::action::{Action, Selection};
use crate::canvas::labels::{Labels, Style};
use crate::lens::Lens;
use crate::theme::{self, Size, Weight, space};
use arrows::Sight;
use axis::{Axis, Spacing, Window};
use paint::{Brush, Scrubber};
use pointed::{Hits, Pointed, band_at, named, tip};
use rows::Rows;

/// What the time line draws.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The run's past, and what is known of its future.
    pub story: &'a Story,
    /// The moment shown.
    pub moment: Moment,
    /// How long the run is to be; the scrubber's right end.
    pub whole: Time,
    /// Messages in flight at that moment.
    pub flights: &'a [Flight],
    /// What is selected.
    pub selection: &'a Selection,
    /// The operations of a broken promise's proof: red.
    pub proof: &'a [OperationId],
    /// Where a promise broke, where one did.
    pub broken_at: Option<Time>,
    /// What this lab calls the number of a role: `term`.
    pub version_word: &'a str,
    /// Whether what came later is drawn, pale; not while a prediction is open.
    pub future: bool,
    /// Without playhead and scrubber: a picture of its own.
    pub bare: bool,
    /// Through what it is seen: causes, or a node's knowledge.
    pub lens: Option<Lens<'a>>,
    /// Moments with a word: where a branch parts, the point of no return.
    pub notches: &'a [(Time, String)],
}

impl<'a> Shown<'a> {
    /// What most users of a time line want.
    pub fn new(story: &'a Story, moment: Moment, whole: Time, selection: &'a Selection) -> Self {
        Self {
            story,
            moment,
            whole,
            flights: &[],
            selection,
            proof: &[],
            broken_at: None,
            version_word: "term",
            future: true,
            bare: false,
            lens: None,
            notches: &[],
        }
    }
}

/// The time line's own state.
#[derive(Default)]
pub struct Timeline {
    spacing: Spacing,
    /// What a hand chose to see; nothing while it shows what it usually does.
    chosen: Option<Window>,
    scroll: f32,
    labels: Labels,
    rows: Rows,
    rows_for: (usize, f32),
    density: density::Kept,
    chain: Vec<MessageId>,
    chain_for: (Option<MessageId>, usize),
    before: Time,
    seen: Option<(Time, Time)>,
    menu_at: Option<Pos2>,
}

/// Above the first lane: the title, seconds, flags.
const HEAD: f32 = 44.0;
/// The scrubber with the room around it.
const FOOT: f32 = 26.0;
/// A message is hit within so many points; and so many under a finger.
const NEAR: [f32; 2] = [5.0, 14.0];
/// At most so many messages are followed back from the selected one.
const CHAIN: usize = 24;
/// An arrow key moves by this part of what is shown.
const KEY_PART: f64 = 0.01;

/// How tall a time line wants to be, in points: a lane a node, a taller one a client, flags above, the scrubber below.
pub fn height(story: &Story) -> f32 {
    HEAD + rows::wanted(story) + FOOT
}

/// How tall a time line is at least, in points, with every lane in sight.
pub fn least_height(story: &Story) -> f32 {
    HEAD + rows::least(story) + FOOT
}

/// The regions of the time line, in points.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Regions {
    /// Where lanes are.
    lanes: Rect,
    /// Where names end.
    names: f32,
    /// The scrubber's rail.
    rail: Rect,
}

impl Regions {
    fn new(rect: Rect) -> Self {
        let gutter = (rect.width() * 0.09).clamp(42.0, 63.0);
        let left = rect.left() + gutter;
        let right = rect.right() - 18.0;
        let lanes = Rect::from_min_max(
            pos2(left, (rect.top() + HEAD).min(rect.bottom())),
            pos2(right.max(left + 1.0), (rect.bottom() - FOOT).max(rect.top() + HEAD)),
        );
        let middle = rect.bottom() - FOOT / 2.0;
        let rail = Rect::from_min_max(pos2(left, middle - 5.0), pos2(lanes.right(), middle + 5.0));
        Self { lanes, names: left - 14.0, rail }
    }
}

impl Timeline {
    /// Shows what it usually does: all of a short run, the newest seconds of a long one.
    pub fn follow(&mut self) {
        self.chosen = None;
    }

    /// Shows the whole run.
    pub fn show_whole(&mut self, shown: &Shown<'_>) {
        let axis = self.axis(Rect::NOTHING, shown, Window { from: 0.0, span: 1.0 });
        self.chosen = Some(Window { from: 0.0, span: axis.position(end(shown)).max(0.001) });
    }

    /// Shows this stretch of it.
    pub fn show_between(&mut self, shown: &Shown<'_>, from: Time, to: Time) {
        let axis = self.axis(Rect::NOTHING, shown, Window { from: 0.0, span: 1.0 });
        let (from, to) = (axis.position(from), axis.position(to));
        self.chosen = Some(Window { from, span: (to - from).max(1e-4) });
        self.before = shown.moment.at;
    }

    /// The first and the last time in sight, once it was shown.
    pub fn seen(&self) -> Option<(Time, Time)> {
        self.seen
    }

    /// Spaces by time or by event.
    pub fn set_spacing(&mut self, spacing: Spacing) {
        if self.spacing != spacing {
            (self.spacing, self.chosen) = (spacing, None);
        }
    }

    /// How it is spaced.
    pub fn spacing(&self) -> Spacing {
        self.spacing
    }

    fn axis<'a>(&self, lanes: Rect, shown: &Shown<'a>, window: Window) -> Axis<'a> {
        Axis { across: lanes.x_range(), window, spacing: self.spacing, arrows: &shown.story.arrows }
    }

    /// Paints, and returns what was asked for.
    pub fn show(&mut self, ui: &mut Ui, shown: Shown<'_>) -> Vec<Action> {
        let mut actions = Vec::new();
        let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
        if !ui.is_rect_visible(rect) {
            return actions;
        }
        let regions = Regions::new(rect);
        let lanes = regions.lanes;
        self.place_rows(shown.story, lanes.height());
        let window = self.look(ui, &shown, lanes, &response);
        let axis = self.axis(lanes, &shown, window);
        self.seen = Some(axis.shown());
        self.find_chain(&shown);

        self.labels.begin(ui.ctx());
        let palette = theme::palette(ui);
        let painter = ui.painter_at(rect);
        let rows = std::mem::take(&mut self.rows);
        let top = lanes.top() - self.scroll;
        let sight = Sight {
            axis,
            rows: &rows,
            top,
            shown: shown.moment.at,
            palette,
            flights: shown.flights,
            future: shown.future,
            lens: shown.lens,
        };
        let mut brush = Brush::new(&painter, &mut self.labels, sight, lanes);
        let hits = paint_all(ui, &mut brush, &shown, (rect, regions), &self.chain, &mut self.density);
        brush.flush();
        if self.density.is_counting() {
            ui.ctx().request_repaint();
        }

        let hover = ui.input(|input| input.pointer.hover_pos()).filter(|at| lanes.contains(*at));
        let finger = usize::from(theme::is_touch(ui));
        let pointed = hover.filter(|_| response.contains_pointer()).and_then(|at| {
            hits.at(at).or_else(|| {
                let found = brush.sight.nearest(shown.story, hits.arrows.clone(), at, NEAR[finger]);
                found.map(Pointed::Message).or_else(|| band_at(&brush, shown.story, at))
            })
        });
        drop(brush);
        self.rows = rows;
        self.hands(ui, &shown, &response, &axis, pointed, &mut actions);
        self.keys(ui, &shown, &response, &axis, &mut actions);
        named(ui, &shown, &hits, &mut actions);
        if !shown.bare {
            self.scrub(ui, &shown, regions, &axis, &mut actions);
        }
        self.menu(ui, &shown, &response);
        let tip = pointed.and_then(|pointed| tip(&shown, pointed));
        if let Some((head, lines)) = tip
            && self.menu_at.is_none()
        {
            response.on_hover_ui_at_pointer(|ui| {
                ui.label(theme::heading(head));
                if !lines.is_empty() {
                    ui.label(theme::secondary(ui, lines));
                }
            });
        }
        actions
    }

    fn place_rows(&mut self, story: &Story, room: f32) {
        if self.rows_for != (story.lanes.len(), room) {
            self.rows = Rows::new(story, room);
            self.rows_for = (story.lanes.len(), room);
        }
    }

    /// Zoom, pan and scroll; returns what is shown.
    fn look(&mut self, ui: &Ui, shown: &Shown<'_>, lanes: Rect, response: &Response) -> Window {
        let most_scroll = (self.rows.height - lanes.height()).max(0.0);
        let at = ui.input(|input| input.pointer.hover_pos()).filter(|_| response.contains_pointer());
        let scrolls = most_scroll > 0.0 && at.is_some_and(|at| at.y < lanes.bottom());
        let window = self.look_across(ui, shown, lanes, response, !scrolls);
        if scrolls {
            let (zoom, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
            self.scroll -= if zoom == 1.0 { scroll.y } else { 0.0 };
        }
        self.scroll = self.scroll.clamp(0.0, most_scroll);
        window
    }

    /// Zoom and pan, by the wheel too where it `zooms`; returns what is shown.
    fn look_across(
        &mut self,
        ui: &Ui,
        shown: &Shown<'_>,
        lanes: Rect,
        response: &Response,
        zooms: bool,
    ) -> Window {
        let any = self.axis(lanes, shown, Window { from: 0.0, span: 1.0 });
        let whole = any.position(end(shown));
        let mut window = self.chosen.unwrap_or_else(|| Window::usual(any, shown.moment.at, shown.story.end));
        if self.chosen.is_some() && self.before != shown.moment.at {
            window.follow(any.position(shown.moment.at), whole);
        }
        self.before = shown.moment.at;
        let at = ui.input(|input| input.pointer.hover_pos()).filter(|_| response.contains_pointer());
        if let Some(at) = at {
            let (zoom, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
            let part = f64::from(((at.x - lanes.left()) / lanes.width()).clamp(0.0, 1.0));
            let mut changed = window;
            if zoom != 1.0 {
                changed.zoom(f64::from(zoom), part, self.spacing, whole);
            } else if zooms && scroll.y != 0.0 && scroll.x == 0.0 {
                changed.zoom(f64::from((scroll.y / 200.0).exp()), part, self.spacing, whole);
            }
            if scroll.x != 0.0 {
                changed.pan(-f64::from(scroll.x / lanes.width()) * window.span, whole);
            }
            if response.dragged_by(PointerButton::Middle) {
                changed.pan(-f64::from(response.drag_delta().x / lanes.width()) * window.span, whole);
            }
            if changed != window {
                self.chosen = Some(changed);
                window = changed;
            }
        }
        if self.chosen.is_some() {
            self.chosen = Some(window);
        }
        window
    }

    /// The times across a picture that stands above the lanes and is as wide: the same zoom and the same hands, also where
    /// the lanes themselves are not shown. The wheel zooms there where it `zooms`.
    pub fn share<'a>(
        &mut self,
        ui: &Ui,
        shown: &Shown<'a>,
        rect: Rect,
        response: &Response,
        zooms: bool,
    ) -> Axis<'a> {
        let lanes = Regions::new(rect).lanes;
        let window = self.look_across(ui, shown, lanes, response, zooms);
        self.axis(lanes, shown, window)
    }

    fn find_chain(&mut self, shown: &Shown<'_>) {
        let selected = match shown.selection {
            Selection::Message(id) => Some(*id),
            Selection::Event(event) => {
                let arrows = shown
                    .story
                    .arrows
                    .iter()
                    .rposition(|arrow| arrow.end_event == *event && !arrow.end.lost());
                arrows.map(|at| MessageId(at as u64))
            }
            _ => None,
        };
        let key = (selected, shown.story.arrows.len());
        if self.chain_for != key {
            self.chain_for = key;
            self.chain = selected.map(|id| arrows::causes(shown.story, id, CHAIN)).unwrap_or_default();
        }
    }

    fn hands(
        &mut self,
        ui: &Ui,
        shown: &Shown<'_>,
        response: &Response,
        axis: &Axis<'_>,
        pointed: Option<Pointed>,
        actions: &mut Vec<Action>,
    ) {
        let at = response.interact_pointer_pos();
        if response.clicked() && at.is_some() {
            let action = match pointed {
                Some(Pointed::Operation(id)) => Some(Action::Select(Selection::Operation(id))),
                Some(Pointed::Message(id)) => Some(Action::Select(Selection::Message(id))),
                Some(Pointed::Mark(index)) => {
                    shown.story.marks.get(index).map(|mark| Action::ShowEvent(mark.event))
                }
                Some(Pointed::Turn(event)) => Some(Action::ShowEvent(event)),
                Some(Pointed::Band(..)) | None => None,
            };
            // What happened at one moment is asked about; its causes light up.
            let asked = match pointed {
                Some(Pointed::Mark(index)) => shown.story.marks.get(index).map(|mark| mark.event),
                Some(Pointed::Turn(event)) => Some(event),
                _ => None,
            };
            actions.extend(asked.map(Action::OpenWhy));
            let seek = at.map(|at| Action::Seek(Moment::end_of(axis.time(at.x).min(end(shown)))));
            actions.extend(action.or(seek));
        }
        if response.dragged_by(PointerButton::Primary)
            && let Some(at) = at
        {
            let time = axis.time(at.x.clamp(axis.across.min, axis.across.max)).min(end(shown));
            if time != shown.moment.at {
                actions.push(Action::Seek(Moment::end_of(time)));
            }
        }
        if pointed.is_some() && !response.dragged() {
            ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
        }
    }

    fn keys(
        &mut self,
        ui: &Ui,
        shown: &Shown<'_>,
        response: &Response,
        axis: &Axis<'_>,
        actions: &mut Vec<Action>,
    ) {
        let seconds = shown.moment.at.seconds();
        response.widget_info(|| WidgetInfo::slider(true, seconds, "Time line, moment shown"));
        if !response.has_focus() {
            return;
        }
        let arrows = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        let step = axis.window.span * KEY_PART;
        let now = axis.position(shown.moment.at);
        let to = ui.input(|input| {
            let pressed = |key| input.key_pressed(key);
            let moves = [
                (Key::ArrowLeft, axis.time_at(now - step)),
                (Key::ArrowRight, axis.time_at(now + step)),
                (Key::Home, Time::ZERO),
                (Key::End, shown.story.end),
            ];
            moves.into_iter().find(|(key, _)| pressed(*key)).map(|(_, time)| time)
        });
        if let Some(to) = to {
            actions.push(Action::Seek(Moment::end_of(to.min(end(shown)))));
        }
        let painter = ui.painter_at(response.rect);
        painter.rect_stroke(response.rect.shrink(2.0), 4, theme::focus_ring(ui), egui::StrokeKind::Inside);
    }

    fn scrub(
        &mut self,
        ui: &mut Ui,
        shown: &Shown<'_>,
        regions: Regions,
        axis: &Axis<'_>,
        actions: &mut Vec<Action>,
    ) {
        let scrubber = Scrubber {
            rail: regions.rail,
            whole: end(shown),
            known: known(shown),
            story: shown.story,
            shown: shown.moment.at,
            window: axis.shown(),
            broken_at: shown.broken_at.filter(|at| *at <= known(shown)),
        };
        let id = ui.scope_id().with("scrubber");
        let reach = if theme::is_touch(ui) { space::TOUCH / 2.0 } else { FOOT / 2.0 };
        let target = regions.rail.expand2(vec2(6.0, reach - regions.rail.height() / 2.0));
        let response =
            ui.interact(target, id, Sense::click_and_drag()).on_hover_cursor(CursorIcon::PointingHand);
        response
            .widget_info(|| WidgetInfo::slider(true, shown.moment.at.seconds(), "Whole run, moment shown"));
        if let Some(at) = response.interact_pointer_pos().filter(|_| response.clicked() || response.dragged())
        {
            let time = scrubber.time(at.x);
            if time != shown.moment.at {
                actions.push(Action::Seek(Moment::end_of(time)));
            }
        }
        if response.has_focus() {
            let step = Time(end(shown).0 / 100);
            let now = shown.moment.at;
            let to = ui.input(|input| {
                let back = input.key_pressed(Key::ArrowLeft).then(|| Time(now.0.saturating_sub(step.0)));
                back.or_else(|| {
                    input.key_pressed(Key::ArrowRight).then(|| Time(now.0 + step.0).min(end(shown)))
                })
            });
            let arrows = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
            actions.extend(to.map(|to| Action::Seek(Moment::end_of(to))));
        }
        let mut shapes = Vec::new();
        scrubber.paint(&mut shapes, theme::palette(ui), response.has_focus());
        ui.painter().extend(shapes);
    }

    fn menu(&mut self, ui: &mut Ui, shown: &Shown<'_>, response: &Response) {
        let asked = response.has_focus() && ui.input(|input| input.key_pressed(Key::Menu));
        if response.secondary_clicked() || asked {
            self.menu_at = Some(response.interact_pointer_pos().unwrap_or(response.rect.center()));
        }
        let Some(at) = self.menu_at else { return };
        let mut open = true;
        let mut chosen: Option<Choice> = None;
        egui::Popup::new(ui.scope_id().with("menu"), ui.ctx().clone(), at, ui.layer_id())
            .kind(egui::PopupKind::Menu)
            .open_bool(&mut open)
            .accessible_name("Time line")
            .show(|ui| {
                let by_time = self.spacing == Spacing::Time;
                for (label, selected, choice) in [
                    ("Space by time", by_time, Choice::Spacing(Spacing::Time)),
                    ("Space by event", !by_time, Choice::Spacing(Spacing::Events)),
                    ("Show the whole run", false, Choice::Whole),
                    ("Follow the moment", self.chosen.is_none(), Choice::Follow),
                ] {
                    let button = egui::Button::selectable(selected, label)
                        .min_size(vec2(180.0, theme::control_height(ui)));
                    if ui.add(button).clicked() {
                        chosen = Some(choice);
                    }
                }
            });
        match chosen {
            Some(Choice::Spacing(spacing)) => self.set_spacing(spacing),
            Some(Choice::Whole) => self.show_whole(shown),
            Some(Choice::Follow) => self.follow(),
            None => {}
        }
        if chosen.is_some() || !open {
            self.menu_at = None;
        }
    }
}

#[derive(Clone, Copy)]
enum Choice {
    Spacing(Spacing),
    Whole,
    Follow,
}

/// The later of the run's length and what is known of it.
fn end(shown: &Shown<'_>) -> Time {
    shown.whole.max(shown.story.end).max(shown.moment.at)
}

/// How far the story is drawn.
fn known(shown: &Shown<'_>) -> Time {
    if shown.future { shown.story.end } else { shown.story.end.min(shown.moment.at) }
}

fn paint_all(
    ui: &Ui,
    brush: &mut Brush<'_>,
    shown: &Shown<'_>,
    (rect, regions): (Rect, Regions),
    chain: &[MessageId],
    density: &mut density::Kept,
) -> Hits {
    let (lanes, story) = (regions.lanes, shown.story);
    let palette = theme::palette(ui);
    let bottom = (lanes.top() + brush.sight.rows.height).min(lanes.bottom());
    let nodes_end = (brush.sight.top + brush.sight.rows.nodes_end()).clamp(lanes.top(), bottom);
    let text = |brush: &mut Brush<'_>, at, anchor, style, words: &str, colour| {
        let (shape, _) = brush.labels.place(brush.painter, (at, anchor), style, words, colour);
        brush.shapes.push(shape);
    };
    let title = Style::words(Size::Text, Weight::Semibold);
    text(brush, rect.min + vec2(17.0, 15.0), Align2::LEFT_CENTER, title, "Time", palette.text);
    let label = Style::words(Size::Small, Weight::Regular);
    let foot = pos2(regions.names + 4.0, regions.rail.center().y);
    if !shown.bare {
        text(brush, foot, Align2::RIGHT_CENTER, label, "whole", palette.soft);
    }
    brush.ticks(rect.top() + 16.0, bottom);

    let clip = Rect::from_x_y_ranges(rect.x_range(), lanes.y_range());
    let mut hits = Hits { arrows: 0..0, operations: Vec::new(), marks: Vec::new() };
    brush.clipped(clip, |brush| {
        brush.names(story, regions.names, |actor| shown.selection.has(actor));
    });
    // A crown stands above its band, a flag above the first lane.
    let inside = Rect::from_min_max(lanes.min - vec2(4.0, 10.0), pos2(lanes.right() + 8.0, lanes.bottom()));
    brush.clipped(inside, |brush| {
        // Arrows under bands: what is thick stays whole. The selected one and its causes over everything.
        let mut shapes = Vec::new();
        hits.arrows = brush.sight.paint(story, lanes, density, &mut shapes);
        brush.shapes.append(&mut shapes);
        for lane in &story.lanes {
            brush.lane(lane, known(shown));
        }
        brush.flush();
        brush.veils(story);
        if !chain.is_empty() {
            brush.shapes.push(brush.sight.chain(story, chain));
        }
        let selected = if let Selection::Operation(id) = shown.selection { Some(*id) } else { None };
        hits.operations = brush.operations(story, shown.proof, selected);
    });
    let flags = brush.flags(&story.marks, rect.top() + 33.0, nodes_end);
    hits.marks = flags
        .into_iter()
        .filter_map(|(rect, mark)| {
            Some((rect, story.marks.iter().position(|other| std::ptr::eq(other, mark))?))
        })
        .collect();
    if let Some(at) = shown.broken_at.filter(|at| *at <= known(shown)) {
        brush.broken(at, rect.top() + 33.0, bottom);
    }
    brush.notches(shown.notches, rect.top() + 33.0, bottom);
    if !shown.bare {
        brush.playhead(rect.top() + 22.0, bottom + 4.0);
    }
    hits
}
