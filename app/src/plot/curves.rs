//! Plots over the time of a run, one under the other, on the time line's axis: what stands above a moment of the time line
//! is that moment. The cursor is the moment shown; a press or a drag shows another, as on the time line itself.
//!
//! What came later than the moment shown is pale. While a prediction is open nothing of it is drawn, and no axis is drawn
//! for it either.

use std::fmt;

use eframe::egui::{
    Align, Align2, CornerRadius, EventFilter, Key, Layout, PointerButton, Popup, PopupCloseBehavior, Pos2,
    Rangef, Rect, Response, Role, ScrollArea, Sense, Shape, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};
use run::Playback;
use run::plot::{self, Line, Plot, Plots};
use sim::{Moment, Time};

use super::ink::{self, Dash, Look};
use super::scale::Scale;
use crate::action::{Action, Page};
use crate::amount::{amount, with_unit};
use crate::canvas::labels::{Labels, Style};
use crate::paint::Paint;
use crate::state::strips::FIGURES;
use crate::strip;
use crate::theme::{self, Palette, Size, Weight, space};
use crate::timeline::axis::Axis;
use crate::timeline::{self, Timeline};
use crate::widgets;

/// What is drawn.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// The run.
    pub playback: &'a Playback,
    /// The plots that are drawn, by name.
    pub chosen: &'a [String],
    /// The titles of all that can stand here.
    pub tabs: &'a [&'a str],
    /// What the time line shows: its axis is used.
    pub time: timeline::Shown<'a>,
    /// Whether the time line's seconds are in sight; else they stand here.
    pub seconds_in_sight: bool,
}

/// The panel's own state: what was computed, how far it is scrolled.
#[derive(Default)]
pub struct Curves {
    plots: Plots,
    /// The plots that are drawn; found once, by the names they were asked for.
    wanted: Vec<Plot>,
    wanted_for: (&'static str, Vec<String>),
    scroll: f32,
    labels: Labels,
}

/// Of a run played beside for its measures, so many events a frame.
const EVENTS_A_FRAME: u64 = 5_000;
/// A plot's height: least and most.
const PLOT: [f32; 2] = [78.0, 150.0];
/// The panel asks for room for so many.
const ASKED: usize = 2;
/// A plot's title and legend.
const TITLE: f32 = 22.0;
/// Seconds under the plots, where the time line does not say them.
const SECONDS: f32 = 18.0;
/// From number to number along the axis upwards.
const TICKS: f32 = 26.0;
/// An arrow key moves by this part of what is shown.
const KEY_PART: f64 = 0.01;

/// How tall so many plots want to be.
pub fn height(plots: usize) -> f32 {
    strip::HEAD + 92.0 * plots.clamp(1, ASKED) as f32 + 6.0
}

/// A curve as it is drawn.
struct Drawn {
    name: String,
    look: Look,
    /// On the screen, up to the moment shown and after it.
    past: Vec<Pos2>,
    future: Vec<Pos2>,
    /// Its value at the moment shown.
    now: Option<f64>,
    /// Lowest and highest so far.
    range: Option<(f64, f64)>,
}

/// A plot as it is drawn: pure, by the curves, the axis and the room.
struct Placed {
    /// All of it.
    rect: Rect,
    /// Where curves are.
    room: Rect,
    y: Scale,
    curves: Vec<Drawn>,
}

/// What decides where curves stand.
struct Sight<'a> {
    axis: Axis<'a>,
    moment: Time,
    /// How far anything is drawn.
    until: f64,
    palette: &'static Palette,
}

/// A curve's value at a time, also after its last point.
fn value_at(line: &Line<'_>, at: f64) -> Option<f64> {
    match (line.tail, line.series.points().last()) {
        (Some((end, value)), Some(last)) if at > last.0 => {
            if line.series.is_steps() || at >= end {
                Some(value)
            } else {
                line.series.value(at)
            }
        }
        _ => line.series.value(at),
    }
}

impl Sight<'_> {
    fn place(&self, rect: Rect, lines: &[Line<'_>]) -> Placed {
        let across = self.axis.across;
        let room = Rect::from_min_max(
            pos2(across.min, (rect.top() + TITLE).min(rect.bottom())),
            pos2(across.max, (rect.bottom() - 6.0).max(rect.top() + TITLE)),
        );
        let ranges: Vec<Option<(f64, f64)>> = lines.iter().map(|line| self.range(line)).collect();
        let (low, high) =
            ranges.iter().flatten().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), range| {
                (low.min(range.0), high.max(range.1))
            });
        let y = Scale::around(low, high, false, room.y_range(), TICKS);
        let several = lines.len() > 1;
        let draw = |number: usize, line: &Line<'_>, range: Option<(f64, f64)>| {
            let number = line.actor.map_or(number, |actor| usize::from(actor.number()).saturating_sub(1));
            let look = Look {
                colour: self.palette.series(number),
                width: 1.6,
                dash: if several { Dash::of(number) } else { Dash::Whole },
            };
            let (past, future) = self.points(line, &y, room);
            Drawn {
                name: line.name.clone(),
                look,
                past,
                future,
                now: value_at(line, self.moment.seconds()),
                range,
            }
        };
        let curves = lines.iter().zip(ranges).enumerate();
        let curves = curves.map(|(number, (line, range))| draw(number, line, range)).collect();
        Placed { rect, room, y, curves }
    }

    /// The lowest and highest value that may be shown.
    fn range(&self, line: &Line<'_>) -> Option<(f64, f64)> {
        let range = line.series.range(0.0, self.until);
        let tail = line.tail.filter(|tail| tail.0 <= self.until && tail.1.is_finite()).map(|tail| tail.1);
        match (range, tail) {
            (Some((low, high)), Some(tail)) => Some((low.min(tail), high.max(tail))),
            (range, tail) => range.or(tail.map(|tail| (tail, tail))),
        }
    }

    /// The points on the screen, up to the moment shown and from there on.
    fn points(&self, line: &Line<'_>, y: &Scale, room: Rect) -> (Vec<Pos2>, Vec<Pos2>) {
        let (from, to) = self.axis.shown();
        let columns = room.width().max(1.0) as usize;
        let mut points = line.series.thinned(from.seconds(), to.seconds(), columns);
        points.extend(line.tail.filter(|tail| points.last().is_none_or(|last| tail.0 > last.0)));
        let steps = line.series.is_steps();
        let place = |at: f64, value: f64| {
            let x = self.axis.x(Time((at.max(0.0) * 1e9) as u64));
            pos2(x, if value.is_finite() { y.y(value) } else { f32::NAN })
        };
        let now = self.moment.seconds();
        let split = points.partition_point(|point| point.0 <= now);
        let mut past: Vec<Pos2> = points[..split].iter().map(|point| place(point.0, point.1)).collect();
        let shown = points[split..].iter().take_while(|point| point.0 <= self.until);
        let mut future: Vec<Pos2> = shown.map(|point| place(point.0, point.1)).collect();
        // Both halves end at the moment shown, where the curve goes through it.
        if let Some(value) = value_at(line, now).filter(|_| split > 0 && (split < points.len() || steps)) {
            let here = place(now, value);
            past.push(here);
            if !future.is_empty() {
                future.insert(0, here);
            }
        }
        if steps { (ink::stepped(&past), ink::stepped(&future)) } else { (past, future) }
    }
}

impl Placed {
    /// What a screen reader says of it: each curve now, and between what it has been.
    fn summary(&self, unit: &str) -> String {
        let curve = |drawn: &Drawn| {
            let name = if drawn.name.is_empty() { String::new() } else { format!("{} ", drawn.name) };
            let now = drawn.now.map_or_else(|| "nothing".to_owned(), |now| with_unit(now, unit));
            match drawn.range {
                Some((low, high)) => format!("{name}{now} now, {} to {} so far", amount(low), amount(high)),
                None => format!("{name}{now} now"),
            }
        };
        let told: Vec<String> = self.curves.iter().map(curve).collect();
        if told.is_empty() { "nothing to draw yet".to_owned() } else { told.join("; ") }
    }
}

impl fmt::Display for Placed {
    /// The axis, and a line for each curve.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "axis {} to {}", amount(self.y.from), amount(self.y.to))?;
        for drawn in &self.curves {
            let (past, future) = (drawn.past.len(), drawn.future.len());
            let now = drawn.now.map_or_else(|| "nothing".to_owned(), amount);
            writeln!(f, "{} {now}: {past} points, {future} later", drawn.name)?;
        }
        Ok(())
    }
}

impl Curves {
    /// Paints, and returns what was asked for.
    pub fn show(&mut self, ui: &mut Ui, time: &mut Timeline, shown: Shown<'_>) -> Vec<Action> {
        let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
        let mut actions = Vec::new();
        if !ui.is_rect_visible(rect) {
            return actions;
        }
        self.find(&shown);
        if self.plots.keep_up(shown.playback, &self.wanted, EVENTS_A_FRAME) {
            ui.ctx().request_repaint();
        }
        self.labels.begin(ui.ctx());
        let height = strip::head_height(ui, shown.tabs.len());
        let head = Rect::from_min_size(rect.min, vec2(rect.width(), height));
        strip::head_ui(ui, &mut self.labels, head, FIGURES, "", shown.tabs, &mut actions);
        head_buttons(ui, head, &shown, &mut actions);

        let foot = if shown.seconds_in_sight { 0.0 } else { SECONDS };
        let body = Rect::from_min_max(
            pos2(rect.left(), head.bottom().min(rect.bottom())),
            pos2(rect.right(), (rect.bottom() - foot).max(head.bottom())),
        );
        let count = self.wanted.len().max(1) as f32;
        let each = (body.height() / count).clamp(PLOT[0], PLOT[1]);
        let most = (each * count - body.height()).max(0.0);
        if response.contains_pointer() && most > 0.0 {
            let (zoom, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta()));
            self.scroll -= if zoom == 1.0 { scroll.y } else { 0.0 };
        }
        self.scroll = self.scroll.clamp(0.0, most);
        let axis = time.share(ui, &shown.time, rect, &response, most <= 0.0);
        let story_end = shown.time.story.end;
        let until = if shown.time.future { story_end } else { story_end.min(shown.time.moment.at) };
        let palette = theme::palette(ui);
        let sight = Sight { axis, moment: shown.time.moment.at, until: until.seconds(), palette };

        let mut paint = Paint::new(ui.painter_at(rect), palette, &mut self.labels);
        times_ui(&mut paint, &axis, body, (!shown.seconds_in_sight).then_some(rect.bottom()));
        let outer = paint.painter.clone();
        let mut placed = Vec::with_capacity(self.wanted.len());
        for (at, plot) in (0u16..).zip(&self.wanted) {
            let top = body.top() - self.scroll + each * f32::from(at);
            let row = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), each));
            if !row.intersects(body) {
                continue;
            }
            let one = sight.place(row, &self.plots.lines(plot));
            paint.painter = outer.clone();
            paint.clip(body);
            plot_ui(&mut paint, plot, &one);
            placed.push((plot, one));
        }
        paint.painter = outer;
        if self.wanted.is_empty() {
            let style = Style::words(Size::Text, Weight::Regular);
            let words = "Nothing is drawn: choose a plot above.";
            paint.text(body.center(), Align2::CENTER_CENTER, style, words, palette.soft);
        }
        cursor_ui(&mut paint, &sight, placed.iter().map(|(_, one)| one.room), body);
        paint.flush();
        for (plot, one) in &placed {
            named(ui, plot, one, body);
        }
        hands(ui, &shown, &response, &axis, &mut actions);
        let pointed = ui.input(|input| input.pointer.hover_pos()).filter(|at| body.contains(*at));
        let pointed = pointed.filter(|at| axis.across.contains(at.x) && response.contains_pointer());
        if let Some((at, (plot, one))) =
            pointed.and_then(|at| Some((at, placed.iter().find(|(_, one)| one.rect.contains(at))?)))
        {
            let time = axis.time(at.x);
            if time.seconds() <= sight.until {
                let line = Stroke::new(space::HAIRLINE, palette.link);
                ui.painter_at(body).vline(at.x, one.room.y_range(), line);
                let lines = self.plots.lines(plot);
                let told = pointed_words(&lines, plot, time);
                response.on_hover_ui_at_pointer(|ui| {
                    ui.label(theme::heading(format!("{}, {time}", plot.title)));
                    ui.label(theme::secondary(ui, told));
                });
            }
        }
        actions
    }

    /// Finds the plots that were asked for by name; one of a fact appears once such a fact was said.
    fn find(&mut self, shown: &Shown<'_>) {
        let lab = shown.playback.lab();
        let known = self.wanted_for.0 == lab.about().id && self.wanted_for.1 == shown.chosen;
        if known && self.wanted.len() == shown.chosen.len() {
            return;
        }
        let trace = shown.playback.trace();
        self.wanted = shown.chosen.iter().filter_map(|id| plot::named(lab, trace, id)).collect();
        self.wanted_for = (lab.about().id, shown.chosen.to_vec());
    }
}

/// What is said of the curves at a time that is pointed at.
fn pointed_words(lines: &[Line<'_>], plot: &Plot, at: Time) -> String {
    let one = |line: &Line<'_>| {
        let value =
            value_at(line, at.seconds()).map_or_else(|| "nothing".to_owned(), |v| with_unit(v, &plot.unit));
        if line.name.is_empty() { value } else { format!("{}: {value}", line.name) }
    };
    let told: Vec<String> = lines.iter().map(one).chain([plot.doc.clone()]).collect();
    told.join("\n")
}

/// Dotted lines at round times, as the time line has them; and their seconds, where they stand here.
fn times_ui(paint: &mut Paint<'_>, axis: &Axis<'_>, body: Rect, seconds: Option<f32>) {
    let palette = paint.palette;
    for (x, words) in axis.ticks(if body.width() > 500.0 { 110.0 } else { 74.0 }) {
        let line = [pos2(x, body.top() + 4.0), pos2(x, body.bottom())];
        let stroke = Stroke::new(space::HAIRLINE, palette.hairline);
        Shape::dashed_line_many(&line, stroke, 2.0, 5.0, &mut paint.shapes);
        if let Some(bottom) = seconds {
            let x = x.min(axis.across.max + 6.0);
            let style = Style::values(Size::Small);
            paint.text(pos2(x, bottom - SECONDS / 2.0), Align2::CENTER_CENTER, style, &words, palette.faint);
        }
    }
}

fn plot_ui(paint: &mut Paint<'_>, plot: &Plot, placed: &Placed) {
    let palette = paint.palette;
    let outer = paint.painter.clone();
    let small = Style::values(Size::Small);
    for value in placed.y.ticks(TICKS) {
        let y = placed.y.y(value);
        paint.shapes.push(Shape::hline(
            placed.room.x_range(),
            y,
            Stroke::new(space::HAIRLINE, palette.hairline),
        ));
        let at = pos2(placed.room.left() - 8.0, y);
        paint.text(at, Align2::RIGHT_CENTER, small, &Scale::words(value), palette.faint);
    }
    title_ui(paint, plot, placed);
    let room = Rect::from_x_y_ranges(placed.room.x_range(), placed.room.y_range().expand(3.0));
    paint.clip(room);
    for drawn in &placed.curves {
        let pale = Look { colour: palette.pale(drawn.look.colour), ..drawn.look };
        ink::curve(&mut paint.shapes, &drawn.future, pale);
        ink::curve(&mut paint.shapes, &drawn.past, drawn.look);
    }
    paint.flush();
    paint.painter = outer;
}

/// The title and unit, then each curve with what it is at the moment shown.
fn title_ui(paint: &mut Paint<'_>, plot: &Plot, placed: &Placed) {
    let palette = paint.palette;
    let middle = placed.rect.top() + TITLE / 2.0;
    let style = Style::words(Size::Label, Weight::Semibold);
    let title = paint.text(
        pos2(placed.rect.left() + 17.0, middle),
        Align2::LEFT_CENTER,
        style,
        &plot.title,
        palette.text,
    );
    let words = Style::words(Size::Label, Weight::Regular);
    let mut left = title.right() + 6.0;
    // A title that names its unit needs no other.
    if !plot.unit.is_empty() && plot.unit != "1/s" {
        left = paint.text(pos2(left, middle), Align2::LEFT_CENTER, words, &plot.unit, palette.soft).right()
            + 6.0;
    }
    left += 10.0;
    let values = Style::values(Size::Label);
    let last = placed.curves.len();
    for (at, drawn) in placed.curves.iter().enumerate() {
        let now = drawn.now.map_or_else(|| "–".to_owned(), amount);
        let name = paint.width(words, &drawn.name);
        let width = ink::SAMPLE + 6.0 + name + 6.0 + paint.width(values, &now);
        if left + width > placed.room.right() {
            let rest = format!("… {} more", last - at);
            paint.fitted(
                pos2(left, middle),
                Align2::LEFT_CENTER,
                words,
                &rest,
                palette.soft,
                placed.room.right() - left,
            );
            break;
        }
        ink::sample(&mut paint.shapes, pos2(left, middle), drawn.look);
        left += ink::SAMPLE + 6.0;
        if !drawn.name.is_empty() {
            left =
                paint.text(pos2(left, middle), Align2::LEFT_CENTER, words, &drawn.name, palette.soft).right()
                    + 6.0;
        }
        left = paint.text(pos2(left, middle), Align2::LEFT_CENTER, values, &now, palette.text).right() + 16.0;
    }
}

/// The line of the moment shown, the time line's going on; not through titles.
fn cursor_ui(paint: &mut Paint<'_>, sight: &Sight<'_>, rooms: impl Iterator<Item = Rect>, body: Rect) {
    let x = sight.axis.x(sight.moment);
    if !sight.axis.across.expand(4.0).contains(x) {
        return;
    }
    let act = Stroke::new(2.0, paint.palette.act);
    for room in rooms {
        let range = Rangef::new(room.top().max(body.top()), room.bottom().min(body.bottom()));
        paint.shapes.push(Shape::vline(x, range, act));
    }
}

/// A plot has a name and a summary for who cannot see it.
fn named(ui: &Ui, plot: &Plot, placed: &Placed, body: Rect) {
    let rect = placed.rect.intersect(body);
    let response = ui.interact(rect, ui.scope_id().with(("plot", &plot.id)), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Figure, true, &plot.title));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_description(format!("{} {}", plot.doc, placed.summary(&plot.unit)));
    });
}

/// A press, a drag, arrow keys: another moment.
fn hands(ui: &Ui, shown: &Shown<'_>, response: &Response, axis: &Axis<'_>, actions: &mut Vec<Action>) {
    let moment = shown.time.moment.at;
    response.widget_info(|| WidgetInfo::slider(true, moment.seconds(), "Figures, moment shown"));
    let end = shown.time.whole.max(shown.time.story.end);
    let seek = |to: Time| Action::Seek(Moment::end_of(to.min(end)));
    let pressed = response.clicked() || response.dragged_by(PointerButton::Primary);
    if let Some(at) = response.interact_pointer_pos().filter(|_| pressed) {
        let to = axis.time(at.x.clamp(axis.across.min, axis.across.max)).min(end);
        if to != moment {
            actions.push(seek(to));
        }
    }
    if !response.has_focus() {
        return;
    }
    let arrows = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
    let (now, step) = (axis.position(moment), axis.window.span * KEY_PART);
    let to =
        ui.input(|input| match (input.key_pressed(Key::ArrowLeft), input.key_pressed(Key::ArrowRight)) {
            (true, false) => Some(axis.time_at(now - step)),
            (false, true) => Some(axis.time_at(now + step)),
            _ => None,
        });
    actions.extend(to.map(seek));
    let ring = theme::focus_ring(ui);
    let painter = ui.painter_at(response.rect);
    painter.rect_stroke(response.rect.shrink(2.0), CornerRadius::same(4), ring, StrokeKind::Inside);
}

/// At the right end of the head: which plots are drawn, and the way to figures of many runs.
fn head_buttons(ui: &mut Ui, head: Rect, shown: &Shown<'_>, actions: &mut Vec<Action>) {
    let rect = Rect::from_min_max(pos2(head.center().x, head.top()), head.max - vec2(14.0, 0.0));
    let layout = Layout::right_to_left(Align::Center);
    let mut ui = ui.new_child(UiBuilder::new().id_salt("figures head").max_rect(rect).layout(layout));
    let button = widgets::text_link(&mut ui, "Choose …");
    let button = widgets::tip(button, "Which plots are drawn", "");
    Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        ui.set_min_width(260.0);
        ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for plot in plot::all(shown.playback.lab(), shown.playback.trace()) {
                let on = shown.chosen.contains(&plot.id);
                if widgets::toggle_row(ui, on, &plot.title).on_hover_text(&plot.doc).clicked() {
                    actions.push(Action::TogglePlot(plot.id));
                }
            }
        });
    });
    ui.add_space(space::GAP);
    let many = widgets::text_link(&mut ui, "Many runs …");
    if widgets::tip(many, "Published figures, and distributions over many runs", "").clicked() {
        actions.push(Action::Open(Some(Page::Figures)));
    }
}

#[cfg(test)]
mod tests;
