//! What can be pointed at on a strip: its name for a screen reader, what is said of it, what a press does.

use eframe::egui::{
    CornerRadius, CursorIcon, Id, Rect, Response, Role, Sense, StrokeKind, Tooltip, Ui, WidgetInfo,
};
use sim::ActorId;
use sim::view::{Bar, Entry, Gauge, RingKey, RingPoint, ScaleRow, TableRow, Tone};

use super::{Shown, gauges, scale};
use crate::action::{Action, Selection};
use crate::amount::{amount, with_unit};
use crate::theme;

/// Something on a strip.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit<'a> {
    pub rect: Rect,
    /// Whom a press selects.
    pub actor: Option<ActorId>,
    pub what: What<'a>,
}

/// What it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum What<'a> {
    /// A row of a table, with its columns.
    Row(&'a TableRow, &'a [std::sync::Arc<str>]),
    /// An entry, its row and column.
    Entry(&'a TableRow, &'a str, &'a Entry),
    /// A node of a ring: its share of the circle and of the keys.
    Node { actor: ActorId, share: f64, keys: usize, up: bool },
    /// A point of a ring, and its node's share of the circle.
    Point(&'a RingPoint, f64),
    /// A key of a ring.
    Key(&'a RingKey),
    /// A bar.
    Bar(&'a Bar, &'a str),
    /// A gauge.
    Gauge(&'a Gauge),
    /// A clock.
    Clock(&'a ScaleRow),
}

impl What<'_> {
    /// Whether the keyboard stops at it. The entries of a table are told with their row, points with their node.
    fn is_stop(&self) -> bool {
        !matches!(self, What::Entry(..) | What::Point(..))
    }

    /// Its name: `Keys of n1`, `n1, milk`.
    pub fn name(&self, title: &str) -> String {
        match self {
            What::Row(row, _) => format!("{title} of {}", row.name),
            What::Entry(row, column, entry) => format!("{}, {column}: {}", row.name, told(entry)),
            What::Node { actor, .. } => format!("{actor} on the ring"),
            What::Point(point, _) => format!("Point of {}", point.actor),
            What::Key(key) => format!("Key {}", key.name),
            What::Bar(bar, unit) => format!("{}: {}", bar.name, with_unit(bar_sum(bar), unit)),
            What::Gauge(gauge) => format!("{}: {}", gauge.name, with_unit(gauge.value, gauge.unit)),
            What::Clock(row) => format!("{title} of {}", row.actor),
        }
    }

    /// What is said of it, under the pointer and to a screen reader.
    pub fn says(&self) -> String {
        match self {
            What::Row(row, columns) => {
                let entries = columns.iter().zip(&row.entries);
                let told = entries.map(|(column, entry)| format!("{column}: {}", told(entry)));
                told.collect::<Vec<_>>().join("; ")
            }
            What::Entry(row, column, entry) => match &*entry.detail {
                "" => format!("{}, {column}: {}", row.name, told(entry)),
                detail => detail.to_owned(),
            },
            What::Node { actor, share, keys, up } => {
                let down = if *up { "" } else { ", and is down" };
                let keys = if *keys == 1 { "1 key".to_owned() } else { format!("{keys} keys") };
                format!("{actor} owns {:.0} % of the circle; it keeps {keys}{down}", share * 100.0)
            }
            What::Point(point, share) => {
                let down = if point.up { "" } else { ", which is down" };
                format!(
                    "{}{down}: it owns the arc that ends here, {:.0} % of the circle in all",
                    point.actor,
                    share * 100.0
                )
            }
            What::Key(key) => {
                let list =
                    |actors: &[ActorId]| actors.iter().map(ActorId::to_string).collect::<Vec<_>>().join(", ");
                let kept = match key.owners.as_slice() {
                    [] => "nobody keeps it".to_owned(),
                    owners => format!("kept by {}", list(owners)),
                };
                let strays = match key.strays.as_slice() {
                    [] => String::new(),
                    strays => format!("; out of place: {}", list(strays)),
                };
                format!("{}: {kept}{strays}", key.name)
            }
            What::Bar(bar, unit) => {
                let most =
                    bar.limit.map(|limit| format!(" of at most {}", amount(limit))).unwrap_or_default();
                let sum = format!("{}: {}{most}", bar.name, with_unit(bar_sum(bar), unit));
                if bar.detail.is_empty() { sum } else { format!("{sum}\n{}", bar.detail) }
            }
            What::Gauge(gauge) => {
                let against = gauges::against(gauge);
                let parts = [against.as_str(), &gauge.detail];
                parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
            }
            What::Clock(row) => clock(row),
        }
    }
}

/// An entry in words: its text, its version, how it stands out.
fn told(entry: &Entry) -> String {
    let text = if entry.text.is_empty() { "nothing" } else { &*entry.text };
    let version = entry.version.map(|version| format!(" (version {version})")).unwrap_or_default();
    let tone = match entry.tone {
        Tone::Plain => "",
        Tone::Faint => ", old",
        Tone::Leading => ", leads",
        Tone::Changing => ", changing",
        Tone::Odd => ", differs from the others",
    };
    format!("{text}{version}{tone}")
}

/// A clock in words: each reading, and what it believes.
fn clock(row: &ScaleRow) -> String {
    let mut parts: Vec<String> =
        row.marks.iter().map(|mark| format!("{} {}", mark.name, scale::offset_words(mark.at))).collect();
    if let Some((from, to)) = row.doubt {
        let inside =
            if from > 0 || to < 0 { "true time is not among them" } else { "true time is among them" };
        let (from, to) = (scale::offset_words(from), scale::offset_words(to));
        parts.push(format!("takes any time from {from} to {to} for possible; {inside}"));
    }
    format!("{}: {}", row.actor, parts.join("; "))
}

pub(super) fn bar_sum(bar: &Bar) -> f64 {
    bar.parts.iter().map(|part| part.0).sum()
}

/// What the hands did: what was tapped stays open until the next tap.
#[derive(Default)]
pub(super) struct Hands {
    open: Option<usize>,
}

impl Hands {
    /// Makes everything that is in sight reachable.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        room: Rect,
        hits: &[Hit<'_>],
        shown: &Shown<'_>,
        actions: &mut Vec<Action>,
    ) {
        let mut tapped = None;
        for (at, hit) in hits.iter().enumerate() {
            let rect = hit.rect.intersect(room);
            if !rect.is_positive() {
                continue;
            }
            let response = self.hit(ui, at, rect, hit, shown, actions);
            if response.clicked() {
                tapped = Some(at);
            }
        }
        let elsewhere = ui.input(|input| input.pointer.any_click());
        match tapped {
            Some(at) if hits[at].actor.is_none() && self.open != Some(at) => self.open = Some(at),
            Some(_) => self.open = None,
            None if elsewhere => self.open = None,
            None => {}
        }
    }

    fn hit(
        &self,
        ui: &mut Ui,
        at: usize,
        rect: Rect,
        hit: &Hit<'_>,
        shown: &Shown<'_>,
        actions: &mut Vec<Action>,
    ) -> Response {
        let id: Id = ui.scope_id().with(("hit", at));
        let sense = if hit.what.is_stop() { Sense::click() } else { Sense::CLICK };
        let response = ui.interact(rect, id, sense);
        let title = shown.strip.title;
        match hit.actor {
            Some(actor) => {
                let selected = shown.selection.has(actor);
                response
                    .widget_info(|| WidgetInfo::selected(Role::Button, true, selected, hit.what.name(title)));
            }
            None => response.widget_info(|| WidgetInfo::labeled(Role::Label, true, hit.what.name(title))),
        }
        ui.ctx().accesskit_node_builder(id, |node| node.set_description(hit.what.says()));
        if response.has_focus() {
            let ring = theme::focus_ring(ui);
            ui.painter().rect_stroke(rect.expand(1.0), CornerRadius::same(3), ring, StrokeKind::Outside);
        }
        if response.clicked()
            && let Some(actor) = hit.actor
        {
            actions.push(Action::Select(Selection::Actor(actor)));
        }
        if self.open == Some(at) {
            let layer = ui.layer_id();
            Tooltip::always_open(ui.ctx().clone(), layer, id.with("open"), rect).show(|ui| says_ui(ui, hit));
            return response;
        }
        let response =
            if hit.actor.is_some() { response.on_hover_cursor(CursorIcon::PointingHand) } else { response };
        response.on_hover_ui(|ui| says_ui(ui, hit))
    }
}

fn says_ui(ui: &mut Ui, hit: &Hit<'_>) {
    ui.set_max_width(320.0);
    ui.label(theme::text(hit.what.says()));
}
