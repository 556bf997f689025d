//! The point of no return: at each moment of the run, how many of its futures end as this one did.

use eframe::egui::{CornerRadius, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use run::fate::{Decided, FUTURES, Fate, Jump, Point};
use sim::Time;

use crate::action::Action;
use crate::state::State;
use crate::state::futures::Ask;
use crate::theme::{self, Size, space};
use crate::widgets::{self, Button};

/// The chart's height.
const HEIGHT: f32 = 120.0;
/// Room for percents, and for seconds.
const LEFT: f32 = 34.0;
const BELOW: f32 = 16.0;
/// So near a point, it is meant.
const NEAR: f32 = 14.0;

/// What is known of it; and the button that asks.
pub fn show(ui: &mut Ui, state: &State, actions: &mut Vec<Action>) {
    let Some(fates) = state.fates() else {
        let tip = "Leaves the run at each of its moments and goes on under the same faults with other luck; timers and messages \
                   that were under way by then keep what they drew";
        if Button::secondary("Where was it decided?").tip(tip).wide().show(ui).clicked() {
            actions.push(Action::Futures(Ask::Begin(FUTURES)));
        }
        return;
    };
    let fate = fates.fate();
    widgets::hairline_across(ui);
    ui.label(theme::heading("Where was it decided?"));
    if !state.fates_are_of_this() {
        ui.label(theme::secondary(ui, "These are the futures of another branch."));
        if Button::secondary("Back to that run").wide().show(ui).clicked() {
            actions.push(Action::Futures(Ask::Back));
        }
    }
    let steps = fate.plan().steps().len();
    let told = format!("{} futures from {steps} moments: the share that ends so", fate.done());
    ui.label(theme::secondary(ui, told));
    let decided = fate.decided();
    let jump = if let Decided::At(jump) = decided { Some(jump) } else { None };
    chart_ui(ui, state, fate, jump, actions);
    verdict_ui(ui, fate, decided, fates.is_working(), actions);
    ui.horizontal(|ui| {
        if Button::secondary("Put away").show(ui).clicked() {
            actions.push(Action::Futures(Ask::Forget));
        }
        // Last, so that nothing takes its place under the pointer when it goes.
        if fates.is_working() && Button::secondary("Enough").tip("End with what there is").show(ui).clicked()
        {
            actions.push(Action::Futures(Ask::Stop));
        }
    });
}

/// How many of how many, and between which shares that puts the true one.
fn counted(point: &Point) -> String {
    let (low, high) = point.doubt();
    format!("{} of {} ({} to {})", point.broken, point.tried, percent(low), percent(high))
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// What the curve says, and the futures on both sides of the jump.
fn verdict_ui(ui: &mut Ui, fate: &Fate, decided: Decided, working: bool, actions: &mut Vec<Action>) {
    let counted = |at: usize| fate.points().get(at).map(counted).unwrap_or_default();
    let Decided::At(jump) = decided else {
        let last = fate.points().len().saturating_sub(1);
        let told = match (working, decided) {
            (true, _) => "No moment stands out so far.".to_owned(),
            (false, Decided::Unknown) => "Too few futures were tried to tell.".to_owned(),
            (false, Decided::Before) => format!(
                "It was decided before it began: under these faults {} futures of the whole run end so.",
                counted(0)
            ),
            (false, Decided::AtTheEnd) => format!(
                "It was decided at the very end: from the last moment before it broke only {} futures end so.",
                counted(last)
            ),
            (false, Decided::At(_) | Decided::Slowly) => {
                "It was decided little by little: no single moment stands out.".to_owned()
            }
        };
        ui.label(theme::secondary(ui, told));
        return;
    };
    let Some(step) = fate.plan().steps().get(jump.step) else { return };
    let before = jump.step.saturating_sub(1);
    let mut sentence =
        format!("Before this {} futures ended so, after it {}.", counted(before), counted(jump.step));
    if step.between > 0 {
        // Naming the one that was tried would be a guess.
        let others =
            if step.between == 1 { "one moment".to_owned() } else { format!("{} moments", step.between) };
        sentence.push_str(&format!(" It may have been {others} earlier: not every moment was tried."));
    }
    let row = widgets::moment_row(ui, &step.at.at.to_string(), &step.told);
    if let (true, Some(event)) = (row.on_hover_text("Go there, and ask why").clicked(), step.event) {
        actions.push(Action::ShowEvent(event));
        actions.push(Action::OpenWhy(event));
    }
    ui.label(theme::text(sentence));
    let open = |ui: &mut Ui, label: &str, step: usize, breaks: bool, actions: &mut Vec<Action>| {
        let tip = "As a branch: the same faults, and other luck from that moment on";
        if Button::secondary(label).tip(tip).wide().show(ui).clicked() {
            actions.push(Action::Futures(Ask::Open { step, breaks }));
        }
    };
    if fate.points().get(before).is_some_and(|point| point.escapes.is_some()) {
        open(ui, "Open a future that escapes", before, false, actions);
    }
    if fate.points().get(jump.step).is_some_and(|point| point.breaks.is_some()) {
        open(ui, "Open a future that does not", jump.step, true, actions);
    }
}

fn chart_ui(ui: &mut Ui, state: &State, fate: &Fate, jump: Option<Jump>, actions: &mut Vec<Action>) {
    let palette = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click());
    let room = Rect::from_min_max(rect.min + vec2(LEFT, 6.0), rect.max - vec2(8.0, BELOW));
    let end = fate.plan().broken().seconds().max(1e-9);
    let x = |at: Time| room.left() + room.width() * (at.seconds() / end).clamp(0.0, 1.0) as f32;
    let y = |share: f64| room.bottom() - room.height() * share as f32;
    let small = theme::values(Size::Small);
    let mut shapes = Vec::new();
    for share in [0.0, 0.5, 1.0] {
        shapes.push(Shape::hline(room.x_range(), y(share), Stroke::new(space::HAIRLINE, palette.hairline)));
        let galley = ui.painter().layout_no_wrap(percent(share), small.clone(), palette.faint);
        let at = pos2(room.left() - 6.0 - galley.size().x, y(share) - galley.size().y / 2.0);
        shapes.push(Shape::galley(at, galley, palette.faint));
    }
    let galley = ui.painter().layout_no_wrap(fate.plan().broken().to_string(), small, palette.faint);
    shapes.push(Shape::galley(
        pos2(room.right() - galley.size().x, room.bottom() + 3.0),
        galley,
        palette.faint,
    ));
    let steps = fate.plan().steps().iter().zip(fate.points());
    let known: Vec<_> = steps
        .enumerate()
        .filter_map(|(at, (step, point))| Some((at, x(step.at.at), point, point.share()?)))
        .collect();
    for (_, x, point, _) in &known {
        let (low, high) = point.doubt();
        let band = Rect::from_min_max(pos2(x - 1.5, y(high)), pos2(x + 1.5, y(low)));
        shapes.push(Shape::rect_filled(
            band,
            CornerRadius::same(1),
            crate::theme::mix(palette.soft, palette.panel, 170),
        ));
    }
    let line: Vec<_> = known.iter().map(|(_, x, _, share)| pos2(*x, y(*share))).collect();
    shapes.push(Shape::line(line.clone(), Stroke::new(space::LINE, palette.broken)));
    shapes.extend(line.iter().map(|at| Shape::circle_filled(*at, 2.5, palette.broken)));
    if let Some(at) = jump.and_then(|jump| fate.plan().steps().get(jump.step)).map(|step| x(step.at.at)) {
        Shape::dashed_line_many(
            &[pos2(at, room.top()), pos2(at, room.bottom())],
            Stroke::new(space::LINE, palette.text),
            4.0,
            3.0,
            &mut shapes,
        );
    }
    let now = state.playback.shown().at;
    if state.fates_are_of_this() && now <= fate.plan().broken() {
        shapes.push(Shape::vline(x(now), room.y_range(), Stroke::new(space::LINE, palette.act)));
    }
    ui.painter().extend(shapes);
    let spoken = match jump.and_then(|jump| Some((fate.plan().steps().get(jump.step)?, jump))) {
        Some((step, jump)) => format!(
            "Share of futures that end so: it jumps from {} to {} at {}",
            percent(jump.before),
            percent(jump.after),
            step.at.at
        ),
        None => "Share of futures that end so".to_owned(),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &spoken));
    let Some(pointer) = response.hover_pos().or(response.interact_pointer_pos()) else { return };
    let near = known.iter().min_by(|a, b| (a.1 - pointer.x).abs().total_cmp(&(b.1 - pointer.x).abs()));
    let Some((at, _, point, _)) = near.filter(|(_, x, ..)| (x - pointer.x).abs() < NEAR) else { return };
    let step = &fate.plan().steps()[*at];
    let told = format!("{}: {}\n{} futures ended so", step.at.at, step.told, counted(point));
    let clicked = response.clicked();
    response.on_hover_text(told);
    if clicked && state.fates_are_of_this() {
        actions.push(Action::Seek(step.at));
    }
}
