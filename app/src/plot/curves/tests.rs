//! Plots over a run as text, under a hand, and as pictures.

use super::*;
use crate::canvas::tests::look;
use crate::raster::Shot;
use eframe::egui::{Theme, accesskit};
use egui_kittest::{Harness, kittest::NodeT, kittest::Queryable};
use run::Run;
use sim::story::Story;

fn playback(ms: u64) -> Playback {
    let mut playback = Playback::new(Run::new(catalog::LABS[0]));
    playback.show(Moment::end_of(Time::millis(ms)));
    playback
}

fn sight<'a>(story: &'a Story, moment: u64, until: u64) -> Sight<'a> {
    let window = timeline::axis::Window { from: 0.0, span: 8.0 };
    let spacing = timeline::axis::Spacing::Time;
    let axis = Axis { across: Rangef::new(63.0, 685.0), window, spacing, arrows: &story.arrows };
    Sight {
        axis,
        moment: Time::millis(moment),
        until: Time::millis(until).seconds(),
        palette: Palette::of(true),
    }
}

#[test]
fn a_plot_as_text() {
    let mut playback = playback(6_000);
    playback.act(sim::command::parse("crash @leader").unwrap()).unwrap();
    playback.show(Moment::end_of(Time::millis(7_500)));
    let wanted = plot::of_lab(playback.lab());
    let mut plots = Plots::default();
    plots.keep_up(&playback, &wanted, 0);
    let rect = Rect::from_min_size(pos2(0.0, 30.0), vec2(703.0, 92.0));
    let told = |moment, until| {
        let sight = sight(playback.story(), moment, until);
        sight.place(rect, &plots.lines(&wanted[0])).to_string()
    };
    let all = told(6_000, 7_500);
    assert!(all.starts_with("axis 0 to 1"), "{all}");
    assert!(all.contains("answered 3: 62 points, 16 later\n"), "{all}");
    let held = told(6_000, 6_000);
    assert!(held.contains("answered 3: 62 points, 0 later\n"), "nothing later is drawn: {held}");
    assert!(told(7_500, 7_500).contains(", 0 later"));
}

#[test]
fn the_axis_of_what_is_held_back_tells_nothing() {
    let mut playback = playback(20_000);
    playback.show(Moment::end_of(Time::millis(1_000)));
    let plot = [Plot::fact("committed", 0)];
    let mut plots = Plots::default();
    plots.keep_up(&playback, &plot, 0);
    let rect = Rect::from_min_size(pos2(0.0, 30.0), vec2(703.0, 92.0));
    let axis = |until| {
        let placed = sight(playback.story(), 1_000, until).place(rect, &plots.lines(&plot[0]));
        placed.y.to
    };
    assert!(axis(20_000) > 50.0 && axis(1_000) < 10.0, "{} {}", axis(20_000), axis(1_000));
}

struct Window {
    curves: Curves,
    time: Timeline,
    playback: Playback,
    chosen: Vec<String>,
    actions: Vec<Action>,
    dressed: bool,
}

impl Window {
    fn new(ms: u64, chosen: &[&str]) -> Self {
        Self {
            curves: Curves::default(),
            time: Timeline::default(),
            playback: playback(ms),
            chosen: chosen.iter().map(|id| (*id).to_owned()).collect(),
            actions: vec![],
            dressed: false,
        }
    }

    fn ui(&mut self, ui: &mut Ui) {
        if !self.dressed {
            theme::apply(ui.ctx());
            self.dressed = true;
            ui.ctx().request_repaint();
            return;
        }
        let Self { curves, time, playback, chosen, actions, .. } = self;
        let none = crate::action::Selection::None;
        let time_shown = timeline::Shown::new(playback.story(), playback.shown(), playback.run().end, &none);
        let shown =
            Shown { playback, chosen, tabs: &["Logs", FIGURES], time: time_shown, seconds_in_sight: false };
        actions.extend(curves.show(ui, time, shown));
    }
}

fn window(state: Window, size: [f32; 2]) -> Harness<'static, Window> {
    let mut harness = Harness::builder()
        .with_size(vec2(size[0], size[1]))
        .with_max_steps(32)
        .build_ui_state(|ui, window: &mut Window| window.ui(ui), state);
    harness.run();
    harness
}

const USUAL: [&str; 2] = ["operations", "latency"];

#[test]
fn a_press_shows_that_moment_and_arrows_move_it() {
    let mut h = window(Window::new(5_000, &USUAL), [703.0, 240.0]);
    let rect = h.get_by_label("Operations a second").rect();
    let at = pos2(rect.left() + rect.width() * 0.5, rect.center().y);
    h.hover_at(at);
    h.drag_at(at);
    h.drop_at(at);
    h.run();
    let Some(Action::Seek(to)) = h.state().actions.last().cloned() else { panic!("{:?}", h.state().actions) };
    assert!((2.0..5.0).contains(&to.at.seconds()), "{to}");
    h.get_by_role_and_label(accesskit::Role::Slider, "Figures, moment shown").focus();
    h.run();
    h.key_press(Key::ArrowLeft);
    h.run();
    let Some(Action::Seek(to)) = h.state().actions.last().cloned() else { panic!("a seek") };
    assert!((4.8..5.0).contains(&to.at.seconds()), "{to}");
}

#[test]
fn plots_are_told_chosen_and_scrolled() {
    let chosen = ["operations", "latency", "fact committed 0", "measure leaderless", "fact never 0"];
    let mut h = window(Window::new(5_000, &chosen), [703.0, 200.0]);
    let described = |h: &Harness<'_, Window>, title: &str| {
        h.get_by_label(title).accesskit_node().description().unwrap_or_default()
    };
    let told = described(&h, "Operations a second");
    assert!(told.contains("answered ") && told.contains(" 1/s now, 0 to "), "{told}");
    assert!(h.query_by_label("Fact committed").is_none(), "it is further down");
    h.get_by_role_and_label(accesskit::Role::Link, "Choose …").click();
    h.run();
    h.get_by_role_and_label(accesskit::Role::CheckBox, "Time to an answer").click();
    h.run();
    assert_eq!(h.state().actions.last(), Some(&Action::TogglePlot("latency".to_owned())));
    h.key_press(Key::Escape);
    h.run();
    h.get_by_role_and_label(accesskit::Role::Link, "Many runs …").click();
    h.run();
    assert_eq!(h.state().actions.last(), Some(&Action::Open(Some(Page::Figures))));
}

#[test]
fn it_rests_once_measures_are_there() {
    let mut h = window(Window::new(9_000, &["measure availability"]), [703.0, 200.0]);
    // `run` fails while anything still asks to be repainted.
    h.run();
    let told = h.get_by_label("Measure availability").accesskit_node().description().unwrap_or_default();
    assert!(told.contains(" % now, "), "{told}");
}

#[test]
fn pictures() {
    for (theme, shade) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        for (name, size, chosen) in [
            ("desk", [703.0, 220.0], &USUAL[..]),
            ("phone", [358.0, 236.0], &USUAL[..]),
            ("facts", [703.0, 300.0], &["fact committed 0", "measure leaderless", "measure latency_p99"][..]),
        ] {
            let mut state = Window::new(7_000, chosen);
            state.playback.act(sim::command::parse("crash @leader").unwrap()).unwrap();
            state.playback.show(Moment::end_of(Time::millis(12_000)));
            state.playback.show(Moment::end_of(Time::millis(9_000)));
            let shot = Shot { size: vec2(size[0], size[1]), theme, scale: 2.0, frames: 30 };
            let pixels = look(&format!("curves-{name}-{shade}"), shot, |ui| {
                theme::canvas_frame(ui).show(ui, |ui| state.ui(ui));
            });
            let palette = Palette::of(theme == Theme::Dark);
            assert!(pixels.contains(&palette.act) && pixels.contains(&palette.text), "{name}");
        }
    }
}
