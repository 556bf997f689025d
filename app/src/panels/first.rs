//! What a newcomer sees: a small cluster at work, one sentence, one button. It is the first step of the first lesson in
//! disguise.

use eframe::egui::{Align, Layout, Rect, Ui, pos2, vec2};
use lessons::Phase;
use sim::Command;
use sim::command::Who;
use sim::story::{Operation, Outcome, Rank};

use crate::action::{Action, Lesson, Page};
use crate::state::State;
use crate::theme::{self, Size, Weight, space};
use crate::widgets::{self, Button};

const SENTENCE: &str = "Three computers keep one shopping list. The crowned one answers.";
const QUESTION: &str = "It tells the other two what you add. What if it cannot?";

/// Where the cluster goes: between the sentences above and the button below.
pub fn canvas_rect(room: Rect) -> Rect {
    let top = room.top() + (room.height() * 0.17).clamp(84.0, 150.0);
    let bottom = room.bottom() - (room.height() * 0.3).clamp(150.0, 226.0);
    let width = room.width().min(720.0);
    Rect::from_x_y_ranges(
        room.center().x - width / 2.0..=room.center().x + width / 2.0,
        top..=bottom.max(top + 80.0),
    )
}

/// The sentences above, the list beside, the button and the ways on below; the cluster is painted by the caller into
/// [`canvas_rect`].
pub fn show(ui: &mut Ui, state: &State, room: Rect, actions: &mut Vec<Action>) {
    let canvas = canvas_rect(room);
    let above = Rect::from_min_max(room.min, pos2(room.right(), canvas.top()));
    within(ui, above, "above", |ui| {
        ui.add_space((above.height() - 90.0).max(8.0) * 0.75);
        let narrow = room.width() < 560.0;
        ui.label(if narrow { theme::title(SENTENCE) } else { theme::sentence(SENTENCE) });
        ui.add_space(space::GAP);
        let question = eframe::egui::RichText::new(QUESTION).font(theme::words(Size::Title, Weight::Regular));
        let question =
            if narrow { theme::soft(ui, QUESTION) } else { question.color(theme::palette(ui).soft) };
        ui.label(question);
    });
    let below = Rect::from_min_max(pos2(room.left(), canvas.bottom()), room.max);
    within(ui, below, "below", |ui| {
        ui.add_space(space::GAP);
        if Button::primary("Cut the crowned one off").large().show(ui).clicked() {
            actions.push(cut_the_leader(state));
        }
        ui.add_space(space::GAP);
        ui.label(theme::soft(ui, "or draw a line through the links"));
        let rest = ui.available_height() - space::TOUCH - space::PART;
        ui.add_space(rest.max(0.0));
        footer_ui(ui, state, actions);
    });
    list_ui(ui, state, canvas);
}

fn within(ui: &mut Ui, rect: Rect, salt: &str, add: impl FnOnce(&mut Ui)) {
    let layout = Layout::top_down(Align::Center);
    let mut child = ui.new_child(
        eframe::egui::UiBuilder::new().id_salt(salt).max_rect(rect.shrink2(vec2(16.0, 0.0))).layout(layout),
    );
    add(&mut child);
}

/// The crowned one alone, cut from the other nodes: as the lesson does it, else by its name where there is one, for the
/// link says what was seen.
fn cut_the_leader(state: &State) -> Action {
    if state.lesson.as_ref().is_some_and(|course| course.phase() == Phase::Acting) {
        return Action::Lesson(Lesson::DoIt);
    }
    let actors = &state.playback.view().actors;
    let leader =
        actors.iter().find(|actor| !actor.stale && actor.role.is_some_and(|role| role.rank == Rank::Leader));
    let who = leader.map_or_else(|| Who::Role("leader".into()), |leader| Who::Actor(leader.id));
    Action::Do(Command::Cut { groups: vec![vec![who]], span: None })
}

fn footer_ui(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let width = 240.0_f32.min(ui.available_width());
    ui.allocate_ui_with_layout(vec2(width, space::ROW), Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = space::WIDE;
        if widgets::text_link(ui, "Lessons").clicked() {
            actions.push(Action::Open(Some(Page::Lessons)));
        }
        if widgets::text_link(ui, "Labs").clicked() {
            actions.push(Action::Open(Some(Page::Labs)));
        }
        if widgets::text_link(ui, "Break something")
            .on_hover_text("Straight into the lab, with everything in sight")
            .clicked()
        {
            actions.push(Action::OpenLab(state.lab().about().id));
        }
    });
}

/// The shopping list: what was written, and what became of it.
fn list_ui(ui: &mut Ui, state: &State, canvas: Rect) {
    const SHOWN: usize = 4;
    let palette = theme::palette(ui);
    let shown = state.playback.shown().at;
    let writes: Vec<_> = state
        .playback
        .story()
        .operations
        .iter()
        .filter(|operation| operation.invoked <= shown && operation.function != "read")
        .collect();
    let font = theme::values(Size::Secondary);
    let writes = &writes[writes.len().saturating_sub(SHOWN)..];
    let what = |operation: &Operation| {
        let what = operation.input.last().map_or_else(|| operation.label.to_string(), ToString::to_string);
        ui.painter().layout_no_wrap(what, font.clone(), palette.text)
    };
    let widest = writes.iter().map(|operation| what(operation).size().x).fold(0.0, f32::max);
    let left = (canvas.width() * 0.08).max(widest + space::WIDE);
    let mut at = pos2(canvas.left() + left, canvas.top());
    for operation in writes {
        let known = operation.completed.is_some_and(|done| done <= shown);
        let outcome = match operation.outcome {
            Outcome::Ok if known => "ok",
            Outcome::Failed if known => "no",
            Outcome::Unknown if known => "gave up",
            _ => "…",
        };
        let what = what(operation);
        ui.painter().galley(at - vec2(what.size().x, 0.0), what, palette.text);
        let outcome = ui.painter().layout_no_wrap(outcome.to_owned(), font.clone(), palette.soft);
        ui.painter().galley(at + vec2(10.0, 0.0), outcome, palette.soft);
        at.y += 24.0;
    }
}
