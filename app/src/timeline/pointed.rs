//! What the pointer is on, what things are called for a screen reader, and what is said of them.

use eframe::egui::{self, Pos2, Rect, Role, Sense, Ui, WidgetInfo};
use sim::story::{BandState, Mark, Operation, Outcome};
use sim::{EventId, MessageId, OperationId, Story, Time};

use super::Shown;
use super::paint::Brush;
use crate::action::{Action, Selection};
use crate::theme;

/// At most so many operations and flags have a name of their own for a screen reader.
const NAMED: usize = 60;

/// So near the beginning of a band, that is meant.
const NEAR_TURN: f32 = 6.0;

/// What the pointer is on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pointed {
    Message(MessageId),
    Operation(OperationId),
    Mark(usize),
    Band(sim::ActorId, Time),
    /// The moment at which a lane became something else.
    Turn(EventId),
}

/// What was painted where.
pub(super) struct Hits {
    pub(super) arrows: std::ops::Range<usize>,
    pub(super) operations: Vec<(Rect, OperationId)>,
    pub(super) marks: Vec<(Rect, usize)>,
}

impl Hits {
    pub(super) fn at(&self, at: Pos2) -> Option<Pointed> {
        let mark =
            self.marks.iter().find(|(rect, _)| rect.contains(at)).map(|(_, index)| Pointed::Mark(*index));
        let operation = || self.operations.iter().rev().find(|(rect, _)| rect.expand(2.0).contains(at));
        mark.or_else(|| operation().map(|(_, id)| Pointed::Operation(*id)))
    }
}

/// The band of a lane under the pointer.
pub(super) fn band_at(brush: &Brush<'_>, story: &Story, at: Pos2) -> Option<Pointed> {
    let (actor, _) = brush
        .sight
        .rows
        .lanes
        .iter()
        .find(|(actor, y)| actor.is_node() && (brush.sight.top + y - at.y).abs() <= 5.0)?;
    let time = brush.sight.axis.time(at.x);
    let known = brush.sight.future || time <= brush.sight.shown;
    if !known {
        return None;
    }
    let near = |band: &sim::story::Band| (brush.sight.axis.x(band.from) - at.x).abs();
    let bands = story.lane(*actor).map_or(&[][..], |lane| &lane.bands[..]);
    let next = bands.partition_point(|band| band.from <= time);
    let beside = bands[next.saturating_sub(1)..(next + 1).min(bands.len())].iter();
    let beside = beside
        .filter(|band| near(band) <= NEAR_TURN && (brush.sight.future || band.from <= brush.sight.shown));
    let turn = beside.min_by(|a, b| near(a).total_cmp(&near(b))).map(|band| Pointed::Turn(band.event));
    turn.or((time <= story.end).then_some(Pointed::Band(*actor, time)))
}

/// Names for a screen reader, and for whoever looks for them on the screen.
pub(super) fn named(ui: &mut Ui, shown: &Shown<'_>, hits: &Hits, actions: &mut Vec<Action>) {
    for (rect, id) in hits.operations.iter().rev().take(NAMED) {
        let Some(operation) = operation(shown.story, *id) else { continue };
        let response = ui.interact(*rect, ui.scope_id().with(("operation", id)), Sense::hover());
        let selected = *shown.selection == Selection::Operation(*id);
        response.widget_info(|| {
            let hidden = !shown.future && operation.completed.is_some_and(|at| at > shown.moment.at);
            let words = if hidden { operation.label.to_string() } else { operation.told() };
            let name = format!("Operation {words} by {}", operation.client);
            WidgetInfo::selected(Role::Button, true, selected, name)
        });
        ui.ctx().accesskit_node_builder(response.id, |node| node.add_action(egui::accesskit::Action::Click));
        if ui.input(|input| input.has_accesskit_action_request(response.id, egui::accesskit::Action::Click)) {
            actions.push(Action::Select(Selection::Operation(*id)));
        }
    }
    for (rect, index) in hits.marks.iter().rev().take(NAMED) {
        let Some(mark) = shown.story.marks.get(*index) else { continue };
        let response = ui.interact(*rect, ui.scope_id().with(("mark", index)), Sense::CLICK);
        response
            .widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{} at {}", mark.text, mark.at)));
        if response.clicked() {
            actions.push(Action::ShowEvent(mark.event));
            actions.push(Action::OpenWhy(mark.event));
        }
        response.on_hover_ui(|ui| mark_tip(ui, mark));
    }
}

fn operation(story: &Story, id: OperationId) -> Option<&Operation> {
    story.operations.get(usize::try_from(id.0).ok()?).filter(|operation| operation.id == id)
}

fn mark_tip(ui: &mut Ui, mark: &Mark) {
    ui.label(theme::heading(mark.text.to_string()));
    ui.label(theme::secondary(ui, mark_words(mark)));
}

fn mark_words(mark: &Mark) -> String {
    let by = if mark.by_chaos { "by chaos" } else { "by hand" };
    let nothing = if mark.nothing_to_do { "; it found nothing to do" } else { "" };
    format!("at {}, {by}{nothing}", mark.at)
}

fn state_words(shown: &Shown<'_>, state: BandState) -> String {
    match state {
        BandState::Role(role) => format!("{}, {} {}", role.label, shown.version_word, role.version),
        BandState::Up => "up".to_owned(),
        BandState::Down => "down".to_owned(),
        BandState::Paused => "paused".to_owned(),
    }
}

/// What is said of the thing under the pointer: a headline and lines below it.
pub(super) fn tip(shown: &Shown<'_>, pointed: Pointed) -> Option<(String, String)> {
    let story = shown.story;
    match pointed {
        Pointed::Message(id) => {
            let arrow = story.arrow(id)?;
            let kind = story.kinds.get(usize::from(arrow.kind)).copied().unwrap_or("message");
            let hidden = !shown.future && arrow.ended > shown.moment.at;
            let until = match arrow.end {
                _ if hidden => format!("sent {}, on its way", arrow.sent),
                sim::story::ArrowEnd::Flying => format!("sent {}, on its way", arrow.sent),
                sim::story::ArrowEnd::Delivered => format!("sent {}, arrived {}", arrow.sent, arrow.ended),
                lost => format!("sent {}; {} at {}", arrow.sent, lost.words(), arrow.ended),
            };
            Some((format!("{kind} {}→{}", arrow.from, arrow.to), until))
        }
        Pointed::Operation(id) => {
            let operation = operation(story, id)?;
            if !shown.future && operation.completed.is_some_and(|at| at > shown.moment.at) {
                return Some((
                    operation.label.to_string(),
                    format!("asked {}, no answer yet", operation.invoked),
                ));
            }
            let asked = format!("{} asked {}", operation.client, operation.invoked);
            let by = operation.answered_by.map(|actor| format!(" by {actor}")).unwrap_or_default();
            let then = match (operation.outcome, operation.completed) {
                (Outcome::Open, _) => "no answer yet".to_owned(),
                (Outcome::Ok, Some(at)) => format!("answered{by} {at}"),
                (Outcome::Failed, Some(at)) => format!("refused{by} {at}"),
                (Outcome::Unknown, Some(at)) => format!("gave up {at}: it may still happen"),
                (_, None) => "ended".to_owned(),
            };
            Some((operation.told(), format!("{asked}, {then}")))
        }
        Pointed::Mark(index) => {
            let mark = story.marks.get(index)?;
            Some((mark.text.to_string(), mark_words(mark)))
        }
        Pointed::Band(actor, at) => {
            let band = story.band_at(actor, at)?;
            Some((format!("{actor}: {}", state_words(shown, band.state)), format!("since {}", band.from)))
        }
        Pointed::Turn(event) => {
            let bands =
                story.lanes.iter().flat_map(|lane| lane.bands.iter().map(move |band| (lane.actor, band)));
            let (actor, band) = bands.into_iter().find(|(_, band)| band.event == event)?;
            let head = format!("{actor}: {} from here", state_words(shown, band.state));
            Some((head, format!("at {}; press to ask why", band.from)))
        }
    }
}
