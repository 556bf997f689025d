//! The inspector: what is selected, what can be done to it, why it is so; and below it the verdict.

use eframe::egui::{Align, Label, Layout, Popup, Rect, Response, Sense, Stroke, Ui, UiBuilder, vec2};
use sim::story::{Arrow, Rank};
use sim::view::{ActorView, Status};
use sim::{ActorId, Command, EventId, MessageId, Moment};

use super::verdict::{self, capital};
use crate::action::{Action, Selection};
use crate::amount::grouped;
use crate::command::Command as Key;
use crate::state::faults::{self, Choice};
use crate::state::{State, faults::one};
use crate::theme::{self, Role, Size, Weight, space};
use crate::widgets::{self, Button};

/// The causes of one event, kept while the same are shown: they take a sweep through the trace.
#[derive(Default)]
pub struct Inspector {
    why: Option<(EventId, Moment, Vec<run::Step>)>,
}

impl Inspector {
    /// What is selected, else the verdict.
    pub fn show(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        match &state.selection {
            Selection::None if state.why.is_some() => {}
            Selection::None => {
                verdict::show(ui, state, actions);
                widgets::hairline_across(ui);
                cluster_ui(ui, state, actions);
                return;
            }
            Selection::Actor(actor) => match state.view().actor(*actor) {
                Some(actor) => actor_ui(ui, state, actor, actions),
                None => gone_ui(ui),
            },
            Selection::Actors(marked) => marked_ui(ui, state, marked, actions),
            Selection::Link(from, to) => link_ui(ui, state, *from, *to, actions),
            Selection::Message(id) => message_ui(ui, state, *id, actions),
            Selection::Event(event) => event_ui(ui, state, *event),
            Selection::Operation(id) => verdict::operation_ui(ui, state, *id, actions),
            Selection::Violation(at) => violation_ui(ui, state, *at, actions),
        }
        self.why_ui(ui, state, actions);
        if state.saved.layout.verdict {
            widgets::hairline_across(ui);
            verdict::summary_ui(ui, state);
        }
    }

    /// The chain of causes: of the event that was asked about, else of what made the selected actor what it is.
    fn why_ui(&mut self, ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
        let Some((question, event)) = question(state) else { return };
        let frontier = state.playback.frontier();
        let fresh = matches!(&self.why, Some((of, at, _)) if (*of, *at) == (event, frontier));
        if !fresh {
            self.why = Some((event, frontier, state.playback.why(event)));
        }
        let Some((_, _, steps)) = &self.why else { return };
        if steps.is_empty() {
            return;
        }
        widgets::hairline_across(ui);
        ui.label(theme::heading(question));
        for (place, step) in steps.iter().enumerate() {
            let because = if place == 0 { "" } else { "because " };
            let row = widgets::moment_row(ui, &step.at.to_string(), &format!("{because}{}", step.sentence));
            if row.on_hover_text(step.note.as_deref().unwrap_or("Go there, and ask why")).clicked() {
                actions.push(Action::ShowEvent(step.event));
                actions.push(Action::OpenWhy(step.event));
            }
        }
        connected_ui(ui, state);
        ui.add_space(space::TIGHT);
        let button =
            Button::secondary("What if it had …").tip("Go back to just before, and do otherwise").show(ui);
        Popup::menu(&button).show(|ui| {
            ui.label(theme::secondary(ui, "Go back to just before"));
            for step in steps {
                if ui.button(step.sentence.as_str()).clicked() {
                    let moment = state.playback.moment_of(step.event).unwrap_or(Moment::at(step.at));
                    actions.push(Action::Seek(before(moment)));
                    ui.close();
                }
            }
        });
    }
}

/// How much of the run is connected with what was asked about: what is lit on canvas and time line.
fn connected_ui(ui: &mut Ui, state: &State) {
    let Some(cone) = state.causes() else { return };
    let all = state.playback.trace().events.len() as u64;
    let (past, future) = (cone.past().len(), cone.future().len());
    let beside = all.saturating_sub(past + future + if cone.first == cone.last { 1 } else { 2 });
    let count = |events: u64| grouped(i64::try_from(events).unwrap_or(i64::MAX));
    let told = format!(
        "Of {} events {} led to it and {} followed from it, so far. {} happened beside it: they could neither cause it nor \
         know of it.",
        count(all),
        count(past),
        count(future),
        count(beside)
    );
    ui.label(theme::secondary(ui, told));
}

fn before(moment: Moment) -> Moment {
    match moment.after {
        0 | u32::MAX => Moment::at(moment.at),
        after => Moment { at: moment.at, after: after - 1 },
    }
}

/// What is asked, and of which event.
fn question(state: &State) -> Option<(String, EventId)> {
    if let Some(event) = state.why {
        return Some(("Why did that happen?".to_owned(), event));
    }
    let story = state.playback.story();
    match &state.selection {
        Selection::Actor(actor) => {
            let view = state.playback.view().actor(*actor)?;
            let band = story.band_at(*actor, state.playback.shown().at)?;
            let (still, what) = match (view.status, view.role) {
                (Status::Down, _) => ("", "down"),
                (Status::Paused, _) => ("", "paused"),
                (_, Some(role)) if role.rank != Rank::Client => {
                    (if view.stale { "still " } else { "" }, role.label)
                }
                _ => return None,
            };
            Some((format!("Why is it {still}{what}?"), band.event))
        }
        Selection::Message(id) => Some(("Why was it sent?".to_owned(), story.arrow(*id)?.sent_by)),
        Selection::Event(event) => Some(("Why did that happen?".to_owned(), *event)),
        Selection::Operation(id) => {
            let operation = story.operations.iter().find(|operation| operation.id == *id)?;
            Some(("Why this answer?".to_owned(), operation.completed_by?))
        }
        Selection::Violation(at) => {
            let violation = state.playback.trace().violations.get(*at)?;
            Some(("How could it happen?".to_owned(), violation.event))
        }
        Selection::None | Selection::Actors(_) | Selection::Link(..) => None,
    }
}

fn gone_ui(ui: &mut Ui) {
    ui.label(theme::soft(ui, "This does not exist at the moment shown."));
}

/// The name of an actor in its ring, with two lines beside it.
fn head_ui(ui: &mut Ui, name: &str, role: Role, square: bool, headline: &str, subline: &str) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(32.0, 36.0), Sense::hover());
        let ring = Stroke::new(space::RING, palette.role(role));
        if square {
            let corner = eframe::egui::CornerRadius::same(8);
            let face = Rect::from_center_size(rect.center(), vec2(30.0, 30.0));
            ui.painter().rect_stroke(face, corner, ring, eframe::egui::StrokeKind::Inside);
        } else {
            ui.painter().circle_stroke(rect.center(), 15.0, ring);
        }
        let short: String = name.chars().take(4).collect();
        let galley =
            ui.painter().layout_no_wrap(short, theme::words(Size::Label, Weight::Semibold), palette.text);
        ui.painter().galley(rect.center() - galley.size() / 2.0, galley, palette.text);
        ui.add_space(space::TIGHT);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.label(theme::name(headline));
            if !subline.is_empty() {
                ui.label(theme::secondary(ui, subline));
            }
        });
    });
    ui.add_space(space::GAP);
}

fn role_of(actor: &ActorView) -> Role {
    match (actor.status, actor.role.map(|role| role.rank)) {
        (Status::Down | Status::Off, _) => Role::Down,
        (_, Some(Rank::Leader)) => Role::Leader,
        (_, Some(Rank::Candidate)) => Role::Candidate,
        _ => Role::Follower,
    }
}

fn actor_ui(ui: &mut Ui, state: &State, actor: &ActorView, actions: &mut Vec<Action>) {
    let name = state.name_of(actor.id);
    let headline = if actor.headline.is_empty() { name.clone() } else { actor.headline.clone() };
    head_ui(ui, &name, role_of(actor), actor.id.is_client(), &headline, &actor.subline);
    if let Some(reason) = &actor.aborted {
        ui.label(theme::text(format!("It stopped itself: {reason}")));
    }
    // What can be done to it depends on what it is, also where that is not what is seen.
    faults_ui(ui, state, state.playback.view().actor(actor.id).unwrap_or(actor), actions);
    preview_ui(ui, state);
    knowledge_ui(ui, state, actor.id, actions);
    ui.add_space(space::GAP);
    fields_ui(ui, state, actor, actions);
}

/// Through its eyes, or through one's own.
fn knowledge_ui(ui: &mut Ui, state: &State, actor: ActorId, actions: &mut Vec<Action>) {
    let label = match state.seen_by() {
        None => format!("What can {} know?", state.name_of(actor)),
        Some(of) if of == actor => "Show everything again".to_owned(),
        Some(_) => return,
    };
    if Button::secondary(&label).tip(Key::Knowledge.entry().tooltip).wide().show(ui).clicked() {
        actions.push(Action::Window(Key::Knowledge));
    }
}

const FAULTS: &[Key] = &[Key::Crash, Key::PauseNode, Key::CutOff, Key::Slow, Key::Clock, Key::Disk];

/// The faults, three in a row, each with its key.
fn faults_ui(ui: &mut Ui, state: &State, actor: &ActorView, actions: &mut Vec<Action>) {
    let lab = state.lab();
    let gap = space::GAP;
    let keys: Vec<Key> =
        FAULTS.iter().copied().filter(|key| fault_of(*key, state, actor).is_some()).collect();
    let columns = if ui.available_width() < 220.0 { 2 } else { 3 };
    let width = ((ui.available_width() - gap * (columns - 1) as f32) / columns as f32).floor();
    for row in keys.chunks(columns) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for key in row {
                let size = vec2(width, theme::control_height(ui));
                let inner = ui.allocate_ui_with_layout(size, Layout::top_down(Align::Min), |ui| {
                    ui.set_width(width);
                    fault_button(ui, state, actor, *key, actions)
                });
                match key {
                    Key::Clock => choices_ui(&inner.inner, faults::clock_choices(actor.id), state, actions),
                    Key::Disk => choices_ui(&inner.inner, faults::disk_choices(actor.id), state, actions),
                    _ => {}
                }
            }
        });
        ui.add_space(gap - ui.spacing().item_spacing.y);
    }
    let more = Button::secondary("More …").tip("Everything else that can happen to it").wide().show(ui);
    choices_ui(&more, faults::more_choices(actor.id, lab), state, actions);
}

fn fault_of(key: Key, state: &State, actor: &ActorView) -> Option<Command> {
    match key {
        Key::CutOff => Some(faults::cut_off(&[actor.id], state.playback.view())),
        _ => one(key, actor, state.lab()),
    }
}

fn fault_button(
    ui: &mut Ui,
    state: &State,
    actor: &ActorView,
    key: Key,
    actions: &mut Vec<Action>,
) -> Response {
    let command = fault_of(key, state, actor);
    let mends = matches!(&command, Some(Command::Mend(_)));
    let label = if mends { "Mend" } else { faults::label(key, actor) };
    let shown_key = if state.saved.preferences.letter_keys { key.key(ui.ctx()) } else { String::new() };
    let opens_menu = matches!(key, Key::Clock | Key::Disk);
    let response = widgets::key_button(ui, label, &shown_key, key.entry().tooltip);
    if let (Some(command), false) = (command, opens_menu) {
        if response.clicked() {
            actions.push(Action::Do(command));
        } else if response.hovered() || response.has_focus() {
            actions.push(Action::Preview(Some(command)));
        }
    }
    response
}

/// A menu of what can be done; pointing at an entry says what it would do.
fn choices_ui(button: &Response, choices: Vec<Choice>, state: &State, actions: &mut Vec<Action>) {
    Popup::menu(button).show(|ui| {
        for Choice { label, command } in choices {
            let allowed = state.playback.check(&command).is_ok();
            let entry = ui.add_enabled(allowed, eframe::egui::Button::new(label));
            if entry.clicked() {
                actions.push(Action::Do(command));
                ui.close();
            } else if entry.hovered() {
                actions.push(Action::Preview(Some(command)));
            }
        }
    });
}

/// What the fault that is pointed at would do. The line is always there: nothing jumps.
fn preview_ui(ui: &mut Ui, state: &State) {
    let told = state.preview.as_ref().map_or("", |(_, told)| told.as_str());
    ui.label(theme::secondary(ui, if told.is_empty() { " " } else { told }));
}

/// The row of writes and of those that are durable.
const WRITTEN: &str = "written, durable";

fn fields_ui(ui: &mut Ui, state: &State, actor: &ActorView, actions: &mut Vec<Action>) {
    for field in &actor.fields {
        let row = widgets::key_value(ui, field.name, &field.value);
        if field.since.is_empty() {
            continue;
        }
        let since =
            (row.hovered() || row.clicked()).then(|| state.playback.since(actor.id, field.since)).flatten();
        let Some((at, event)) = since else { continue };
        if row.on_hover_text(format!("since {at}")).clicked() {
            actions.push(Action::ShowEvent(event));
            actions.push(Action::OpenWhy(event));
        }
    }
    if let Some((what, beside)) = &actor.waiting {
        widgets::key_value(ui, what, beside);
    }
    let told_by_the_lab = actor.fields.iter().any(|field| field.name == WRITTEN);
    if actor.id.is_node() && !told_by_the_lab {
        let durable = actor.written.saturating_sub(u64::from(actor.unsynced));
        widgets::key_value(ui, WRITTEN, &format!("{}, {durable}", actor.written));
    }
    if let Some(told) = clock_words(actor) {
        widgets::key_value(ui, "its clock", &told);
    }
    if !actor.disk.is_empty() {
        widgets::key_value(ui, "its disk", &actor.disk);
    }
    if actor.slow > 1 {
        widgets::key_value(ui, "its work takes", &format!("{} times as long", actor.slow));
    }
    if actor.queue > 0 {
        widgets::key_value(ui, "waiting to be handled", &actor.queue.to_string());
    }
    if !actor.lies.is_empty() {
        widgets::key_value(ui, "it lies", &actor.lies);
    }
}

/// `12 ms ahead, 40 ppm fast`; nothing for a clock that is right.
fn clock_words(actor: &ActorView) -> Option<String> {
    let mut words = Vec::new();
    if actor.clock_offset.unsigned_abs() >= 1_000_000 {
        let side = if actor.clock_offset > 0 { "ahead" } else { "behind" };
        words.push(format!("{} ms {side}", actor.clock_offset.unsigned_abs() / 1_000_000));
    }
    if actor.clock_drift != 0 {
        let side = if actor.clock_drift > 0 { "fast" } else { "slow" };
        words.push(format!("{} ppm {side}", actor.clock_drift.unsigned_abs() / 1_000));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

fn marked_ui(ui: &mut Ui, state: &State, marked: &[ActorId], actions: &mut Vec<Action>) {
    let names: Vec<String> = marked.iter().map(|actor| state.name_of(*actor)).collect();
    ui.label(theme::title(names.join(" ")));
    ui.label(theme::secondary(ui, "marked together; what you press happens to each"));
    ui.add_space(space::GAP);
    for key in [Key::CutOff, Key::Crash, Key::PauseNode, Key::Slow] {
        let response = widgets::key_button(ui, key.entry().label, &key.key(ui.ctx()), key.entry().tooltip);
        if response.clicked() {
            actions.push(Action::Window(key));
        } else if key == Key::CutOff && response.hovered() {
            actions.push(Action::Preview(Some(faults::cut_off(marked, state.playback.view()))));
        }
        ui.add_space(space::TIGHT);
    }
    preview_ui(ui, state);
}

fn link_ui(ui: &mut Ui, state: &State, from: ActorId, to: ActorId, actions: &mut Vec<Action>) {
    ui.label(theme::title(format!("{} and {}", state.name_of(from), state.name_of(to))));
    let between = |a: ActorId, b: ActorId| (a, b) == (from, to) || (b, a) == (from, to);
    let flights: Vec<_> =
        state.playback.view().flights.iter().filter(|flight| between(flight.from, flight.to)).collect();
    let told = match flights.len() {
        0 => "nothing on its way between them".to_owned(),
        1 => "one message on its way".to_owned(),
        n => format!("{n} messages on their way"),
    };
    ui.label(theme::secondary(ui, told));
    ui.add_space(space::GAP);
    buttons_ui(ui, state, faults::link_choices(from, to), actions);
    preview_ui(ui, state);
    for flight in flights {
        let row = widgets::moment_row(
            ui,
            &flight.sent.to_string(),
            &format!("{} to {}: {}", flight.from, flight.to, flight.label),
        );
        if row.clicked() {
            actions.push(Action::Select(Selection::Message(flight.id)));
        }
    }
}

/// What can be done, as buttons two in a row.
fn buttons_ui(ui: &mut Ui, state: &State, choices: Vec<Choice>, actions: &mut Vec<Action>) {
    for Choice { label, command } in choices {
        if state.playback.check(&command).is_err() {
            continue;
        }
        let response = Button::secondary(&label).wide().show(ui);
        if response.clicked() {
            actions.push(Action::Do(command));
        } else if response.hovered() || response.has_focus() {
            actions.push(Action::Preview(Some(command)));
        }
    }
}

fn message_ui(ui: &mut Ui, state: &State, id: MessageId, actions: &mut Vec<Action>) {
    let story = state.playback.story();
    if let Some(flight) = state.playback.view().flights.iter().find(|flight| flight.id == id) {
        ui.label(theme::title(flight.label.as_str()));
        let held = if flight.held { ", held on the link" } else { "" };
        ui.label(theme::secondary(
            ui,
            format!("{} to {}, since {}{held}", flight.from, flight.to, flight.sent),
        ));
        ui.label(theme::value(flight.detail.as_str()));
        ui.add_space(space::GAP);
        buttons_ui(ui, state, faults::message_choices(flight, state.lab()), actions);
        preview_ui(ui, state);
        return;
    }
    let Some(arrow) = story.arrow(id) else { return gone_ui(ui) };
    ui.label(theme::title(story.kinds.get(usize::from(arrow.kind)).copied().unwrap_or("message")));
    ui.label(theme::secondary(ui, format!("{} to {}", arrow.from, arrow.to)));
    ui.add_space(space::GAP);
    arrow_ui(ui, state, &arrow, actions);
}

fn arrow_ui(ui: &mut Ui, state: &State, arrow: &Arrow, actions: &mut Vec<Action>) {
    if widgets::key_value(ui, "sent", &arrow.sent.to_string()).clicked() {
        actions.push(Action::ShowEvent(arrow.sent_by));
    }
    let over = arrow.ended <= state.playback.shown().at;
    let ended = if over { arrow.ended.to_string() } else { "not yet".to_owned() };
    let words = if over { arrow.end.words() } else { "on its way" };
    if widgets::key_value(ui, words, &ended).clicked() && over {
        actions.push(Action::ShowEvent(arrow.end_event));
        actions.push(Action::OpenWhy(arrow.end_event));
    }
}

fn event_ui(ui: &mut Ui, state: &State, event: EventId) {
    let trace = state.playback.trace();
    let Some(record) = trace.event(event) else { return gone_ui(ui) };
    let who = record.actor.map_or_else(|| "the cluster".to_owned(), |actor| state.name_of(actor));
    ui.label(theme::title(format!("{who}, {}", record.at)));
    for fact in trace.facts.of(event) {
        ui.label(theme::text(fact.sentence.to_string()));
    }
}

fn violation_ui(ui: &mut Ui, state: &State, at: usize, actions: &mut Vec<Action>) {
    let Some(violation) = state.playback.trace().violations.get(at) else {
        return verdict::show(ui, state, actions);
    };
    let name = state.lab().invariants().get(violation.invariant).map_or("", |invariant| invariant.name);
    widgets::verdict_line(ui, theme::Verdict::Broken, &capital(name));
    ui.label(theme::text(violation.sentence.to_string()));
    ui.add_space(space::GAP);
    if Button::primary("Show me the moment").wide().show(ui).clicked() {
        actions.push(Action::ShowEvent(violation.event));
    }
    super::fate::show(ui, state, actions);
}

/// What the names take in the table of the cluster.
const NAMES_WIDTH: f32 = 56.0;

/// The cluster as a table: every actor in a line, for whoever does not see the canvas; a press selects.
pub fn cluster_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    ui.label(theme::heading("The cluster"));
    for actor in &state.view().actors {
        let name = state.name_of(actor.id);
        let told = match &actor.waiting {
            Some((what, beside)) => format!("{what}, {beside}"),
            None if actor.headline.is_empty() => format!("{:?}", actor.status).to_lowercase(),
            None => actor.headline.clone(),
        };
        ui.horizontal(|ui| {
            let left = ui.cursor().left();
            if widgets::text_link(ui, &name).clicked() {
                actions.push(Action::Select(Selection::Actor(actor.id)));
            }
            ui.add_space((left + NAMES_WIDTH - ui.cursor().left()).max(0.0));
            ui.add(Label::new(theme::secondary(ui, told)).wrap());
        });
    }
}

/// Paints into a rectangle of its own, out of the flow.
pub fn within<R>(ui: &mut Ui, rect: Rect, salt: &str, add: impl FnOnce(&mut Ui) -> R) -> R {
    let layout = Layout::top_down(Align::Min);
    let mut child = ui.new_child(UiBuilder::new().id_salt(salt).max_rect(rect).layout(layout));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    add(&mut child)
}
