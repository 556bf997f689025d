//! The time line as pictures and under a hand.

use eframe::egui::{Color32, Key, Theme, Ui, pos2, vec2};
use egui_kittest::{Harness, kittest::Queryable};
use sim::{Moment, OperationId, Story, Time};

use super::{Regions, Shown, Spacing, Timeline};
use crate::action::{Action, Selection};
use crate::canvas::{sample, tests::look};
use crate::raster::Shot;
use crate::theme;

struct Desk {
    timeline: Timeline,
    story: Story,
    moment: Moment,
    whole: Time,
    selection: Selection,
    actions: Vec<Action>,
    dressed: bool,
}

impl Desk {
    fn ui(&mut self, ui: &mut Ui) {
        if !self.dressed {
            theme::apply(ui.ctx());
            self.dressed = true;
            ui.ctx().request_repaint();
            return;
        }
        let shown = Shown::new(&self.story, self.moment, self.whole, &self.selection);
        for action in self.timeline.show(ui, shown) {
            match &action {
                Action::Seek(moment) => self.moment = *moment,
                Action::Select(selection) => self.selection = selection.clone(),
                _ => {}
            }
            self.actions.push(action);
        }
    }
}

fn desk() -> Harness<'static, Desk> {
    let desk = Desk {
        timeline: Timeline::default(),
        story: sample::desk_story(),
        moment: Moment::at(Time::millis(2690)),
        whole: Time::millis(4000),
        selection: Selection::None,
        actions: vec![],
        dressed: false,
    };
    let mut harness = Harness::builder()
        .with_size(vec2(720.0, 300.0))
        .build_ui_state(|ui, desk: &mut Desk| desk.ui(ui), desk);
    harness.run();
    harness
}

fn regions(harness: &Harness<'_, Desk>) -> Regions {
    Regions::new(harness.get_by_label("Time line, moment shown").rect())
}

#[test]
fn a_click_shows_that_moment_and_a_drag_goes_along() {
    let mut h = desk();
    let lanes = regions(&h).lanes;
    let quiet = pos2(lanes.left() + lanes.width() * 0.72, lanes.top() + 4.0);
    h.hover_at(quiet);
    h.drag_at(quiet);
    h.drop_at(quiet);
    h.run();
    let seconds = h.state().moment.at.seconds();
    assert!((seconds - 2.88).abs() < 0.02, "{seconds}");
    h.drag_at(quiet);
    h.hover_at(quiet - vec2(40.0, 0.0));
    h.run_steps(2);
    h.hover_at(pos2(lanes.left() + lanes.width() / 4.0, quiet.y));
    h.run_steps(2);
    h.drop_at(pos2(lanes.left() + lanes.width() / 4.0, quiet.y));
    h.run();
    assert!((h.state().moment.at.seconds() - 1.0).abs() < 0.02, "{}", h.state().moment);
}

#[test]
fn the_scrubber_goes_over_the_whole_run() {
    let mut h = desk();
    h.state_mut().whole = Time::millis(40_000);
    h.run();
    let rail = regions(&h).rail;
    h.hover_at(rail.center());
    h.drag_at(rail.center());
    h.drop_at(rail.center());
    h.run();
    assert!((h.state().moment.at.seconds() - 20.0).abs() < 0.2, "{}", h.state().moment);
    h.get_by_label("Whole run, moment shown").focus();
    h.run();
    h.key_press(Key::ArrowLeft);
    h.run();
    assert!((h.state().moment.at.seconds() - 19.6).abs() < 0.2, "{}", h.state().moment);
}

#[test]
fn operations_flags_and_messages_are_selected() {
    let mut h = desk();
    h.get_by_label("Operation write milk by c2").click();
    h.run();
    assert_eq!(h.state().selection, Selection::Operation(OperationId(1)));
    h.get_by_label("cut n1 | n2 n3 n4 n5 at 1.600 s").click();
    h.run();
    let shown = h.state().actions.iter().any(|action| matches!(action, Action::ShowEvent(_)));
    assert!(shown, "{:?}", h.state().actions);
    let lanes = regions(&h).lanes;
    let rows = super::Rows::new(&h.state().story, lanes.height());
    let story = &h.state().story;
    let arrow = story.arrows.iter().find(|arrow| arrow.kind == 2 && arrow.to == sample::n(5)).unwrap();
    let x = |time: Time| lanes.left() + lanes.width() * (time.seconds() / 4.0) as f32;
    let y = |actor| lanes.top() + rows.y(actor).unwrap();
    let at = pos2(x(arrow.sent), y(arrow.from)).lerp(pos2(x(arrow.ended), y(arrow.to)), 0.93);
    h.hover_at(at);
    h.drag_at(at);
    h.drop_at(at);
    h.run();
    assert!(matches!(h.state().selection, Selection::Message(_)), "{:?}", h.state().actions);
}

#[test]
fn keys_move_the_moment() {
    let mut h = desk();
    h.get_by_label("Time line, moment shown").focus();
    h.run();
    h.key_press(Key::ArrowLeft);
    h.run();
    assert_eq!(h.state().moment.at, Time::millis(2650));
    h.key_press(Key::Home);
    h.run();
    assert_eq!(h.state().moment.at, Time::ZERO);
}

#[test]
fn spacing_is_chosen_from_the_menu() {
    let mut h = desk();
    h.get_by_label("Time line, moment shown").click_secondary();
    h.run();
    h.get_by_label("Space by event").click();
    h.run();
    assert_eq!(h.state().timeline.spacing(), Spacing::Events);
    assert!(h.query_by_label("Space by event").is_none());
}

fn picture(
    name: &str,
    size: [f32; 2],
    theme: Theme,
    story: &Story,
    adjust: impl Fn(&mut Shown<'_>, &mut Timeline),
) -> Vec<Color32> {
    let mut timeline = Timeline::default();
    let selection = Selection::None;
    let shot = Shot { size: vec2(size[0], size[1]), theme, scale: 2.0, ..Shot::default() };
    look(name, shot, |ui| {
        theme::canvas_frame(ui).show(ui, |ui| {
            let mut shown =
                Shown::new(story, Moment::end_of(Time::millis(2690)), Time::millis(4000), &selection);
            adjust(&mut shown, &mut timeline);
            timeline.show(ui, shown);
        });
    })
}

#[test]
fn pictures() {
    let palette = theme::Palette::of(true);
    let (_, story) = sample::desk();
    let desk = picture("time-desk", [703.0, 268.0], Theme::Dark, &story, |_, _| {});
    for colour in [palette.leader, palette.candidate, palette.act, palette.follower] {
        assert!(desk.contains(&colour), "{colour:?}");
    }
    assert!(!desk.contains(&palette.broken));
    picture("time-light", [703.0, 268.0], Theme::Light, &story, |_, _| {});
    picture("time-phone", [390.0, 214.0], Theme::Light, &story, |_, _| {});
    let broken = picture("time-broken", [703.0, 268.0], Theme::Dark, &story, |shown, _| {
        shown.proof = &[OperationId(1), OperationId(2)];
        shown.broken_at = Some(Time::millis(2600));
    });
    assert!(broken.contains(&palette.broken), "a proof is red");
    picture("time-past", [703.0, 268.0], Theme::Dark, &story, |shown, _| {
        shown.moment = Moment::end_of(Time::millis(1300));
    });
    let hidden = picture("time-hidden", [703.0, 268.0], Theme::Dark, &story, |shown, _| {
        (shown.moment, shown.future) = (Moment::end_of(Time::millis(2050)), false);
        (shown.proof, shown.broken_at) = (&[OperationId(2)], Some(Time::millis(2600)));
    });
    assert!(!hidden.contains(&palette.broken), "nothing tells what will come while a prediction is open");
    picture("time-events", [703.0, 268.0], Theme::Dark, &story, |_, timeline| {
        timeline.set_spacing(Spacing::Events)
    });
    let many = sample::busy(7, 100_000, Time::millis(10_000));
    picture("time-dense", [703.0, 268.0], Theme::Dark, &many, |shown, timeline| {
        (shown.whole, shown.moment) = (Time::millis(10_000), Moment::end_of(Time::millis(9_000)));
        timeline.show_whole(shown);
    });
}
