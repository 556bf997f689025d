//! What a frame costs: shapes and tessellation, without a graphics card. `cargo bench -p potholes --bench frame`.
//!
//! The aims, whole frames of 1280 by 800: 9 nodes with 200 messages in 1 ms, 100 nodes with 2,000 messages in 2 ms, a time
//! line over 100,000 arrows in 4 ms.

mod support;

use std::cell::{Cell, RefCell};

use divan::Bencher;
use eframe::egui::{CentralPanel, ClippedPrimitive, Context, Frame, Pos2, RawInput, Rect, Ui, vec2};
use potholes::action::Selection;
use potholes::canvas::{self, Canvas};
use potholes::plot::curves::{self, Curves};
use potholes::shell::App;
use potholes::state::State;
use potholes::state::store::Saved;
use potholes::strip::{self, StripPanel};
use potholes::theme;
use potholes::timeline::{self, Timeline, axis::Spacing};
use run::{Playback, Run};
use sim::{Moment, Time};

fn main() {
    // egui grows and frees megabytes of vertices each frame; having freed one large block, the allocator keeps them.
    drop(std::hint::black_box(Vec::<u8>::with_capacity(31 << 20)));
    divan::main();
}

/// A window without a screen, whose second frame and later ones are measured.
fn frames(bencher: Bencher<'_, '_>, paint: impl FnMut(&mut Ui)) {
    let mut frame = painted(paint);
    for _ in 0..3 {
        frame();
    }
    bencher.bench_local(frame);
}

/// Paints a frame of a window without a screen whenever it is called.
fn painted(mut paint: impl FnMut(&mut Ui)) -> impl FnMut() -> Vec<ClippedPrimitive> {
    let context = Context::default();
    theme::apply(&context);
    context.enable_accesskit();
    let mut time = 0.0;
    move || {
        time += 1.0 / 60.0;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0))),
            time: Some(time),
            ..RawInput::default()
        };
        let mut output = context.run_ui(input, |ui| {
            CentralPanel::default().frame(Frame::new()).show(ui, |ui| paint(ui));
        });
        let shapes = std::mem::take(&mut output.shapes);
        let meshes = context.tessellate(shapes, output.pixels_per_point);
        output.drop_without_applying_deltas();
        meshes
    }
}

fn cluster(bencher: Bencher<'_, '_>, nodes: u16, messages: u64) {
    let (view, story) = support::crowd(nodes, messages);
    let mut canvas = Canvas::default();
    frames(bencher, |ui| {
        canvas.show(ui, canvas::Shown::new(&view, &story, &Selection::None));
    });
}

#[divan::bench]
fn nodes_9_messages_200(bencher: Bencher<'_, '_>) {
    cluster(bencher, 9, 200);
}

#[divan::bench]
fn nodes_100_messages_2000(bencher: Bencher<'_, '_>) {
    cluster(bencher, 100, 2_000);
}

/// A story of 100,000 arrows that goes on for so many seconds: all of it in sight where it is 10, else 8 seconds of it.
#[divan::bench(args = [10, 50, 100, 1000])]
fn arrows_100000_over_seconds(bencher: Bencher<'_, '_>, seconds: u64) {
    arrows(bencher, seconds, |_, _, _| {});
}

/// The same, all of it in sight, while the moment shown moves.
#[divan::bench]
fn arrows_100000_while_time_moves(bencher: Bencher<'_, '_>) {
    arrows(bencher, 10, |_, shown, frame| {
        shown.moment = Moment::end_of(Time::millis(1_000 + 10 * (frame % 800)));
    });
}

/// The same, looked at a little closer in every frame.
#[divan::bench]
fn arrows_100000_looked_at_closer(bencher: Bencher<'_, '_>) {
    arrows(bencher, 10, |timeline, shown, frame| {
        timeline.show_between(shown, Time::ZERO, Time::millis(10_000 - frame % 800));
    });
}

/// The same, and nothing of the picture before can be kept, as all of it is another story's: the first frame of it, and
/// those that follow, in which what was too much for one is counted.
#[divan::bench(args = [1, 2, 3])]
fn arrows_100000_seen_first(bencher: Bencher<'_, '_>, nth: usize) {
    let end = Time::millis(10_000);
    let stories = [0, 1].map(|more| support::busy(9, 100_000 + more, end));
    let mut timeline = Timeline::default();
    let story = Cell::new(0);
    let frame = RefCell::new(painted(|ui| {
        let moment = Moment::end_of(Time::millis(5_000));
        let shown = timeline::Shown::new(&stories[story.get()], moment, end, &Selection::None);
        timeline.show_between(&shown, Time::ZERO, end);
        timeline.show(ui, shown);
    }));
    let before = || {
        story.set(1 - story.get());
        (1..nth).for_each(|_| drop(frame.borrow_mut()()));
    };
    bencher.with_inputs(before).bench_local_values(|()| frame.borrow_mut()());
}

/// A run with 100,000 messages that goes on, a sixtieth of a second and 160 of them a frame, all of it in sight; spaced by
/// time and by event.
#[divan::bench(args = ["time", "events"])]
fn arrows_100000_while_it_grows(bencher: Bencher<'_, '_>, spacing: &str) {
    let mut story = support::busy(9, 100_000, Time::millis(10_000));
    let more = support::busy(9, 200_000, Time::millis(20_000));
    let mut timeline = Timeline::default();
    if spacing == "events" {
        timeline.set_spacing(Spacing::Events);
    }
    frames(bencher, |ui| {
        let grown = story.arrows.len();
        more.arrows.range(grown..grown + 160).for_each(|arrow| story.arrows.push(arrow));
        story.end = story.arrows.last().map_or(story.end, |last| last.sent);
        let shown = timeline::Shown::new(&story, Moment::end_of(story.end), story.end, &Selection::None);
        timeline.show_between(&shown, Time::ZERO, story.end);
        timeline.show(ui, shown);
    });
}

fn arrows(
    bencher: Bencher<'_, '_>,
    seconds: u64,
    mut change: impl FnMut(&mut Timeline, &mut timeline::Shown<'_>, u64),
) {
    let end = Time::millis(1_000 * seconds);
    let story = support::busy(9, 100_000, end);
    let mut timeline = Timeline::default();
    let mut shown = timeline::Shown::new(
        &story,
        Moment::end_of(Time::millis(5_000)),
        Time::millis(10_000),
        &Selection::None,
    );
    if seconds == 10 {
        timeline.show_whole(&shown);
    }
    let mut frame = 0;
    frames(bencher, |ui| {
        frame += 1;
        change(&mut timeline, &mut shown, frame);
        timeline.show(ui, shown);
    });
}

#[divan::bench]
fn strip_of_9_logs(bencher: Bencher<'_, '_>) {
    let strip = support::long_strip(9, 10_000);
    let mut panel = StripPanel::default();
    frames(bencher, |ui| {
        panel.show(ui, strip::Shown::alone(&strip, &Selection::None, "term"));
    });
}

/// A strip of each kind, at the size a desk has for it.
#[divan::bench(args = ["table", "wide", "ring-many", "bars-many", "gauges", "scale"])]
fn strip_of_kind(bencher: Bencher<'_, '_>, kind: &str) {
    let found = support::strips::all().into_iter().find(|(name, _)| *name == kind);
    let Some((_, strip)) = found else { return };
    let mut panel = StripPanel::default();
    frames(bencher, |ui| {
        let size = vec2(ui.available_width(), 220.0);
        ui.allocate_ui(size, |ui| {
            panel.show(ui, strip::Shown::alone(&strip, &Selection::None, "term"));
        });
    });
}

/// Actors in columns, thirty of them, with messages on ways that go around others.
#[divan::bench]
fn columns_of_30_messages_200(bencher: Bencher<'_, '_>) {
    let (view, story) = support::crowd(30, 200);
    let columns = support::crowd_columns();
    let mut canvas = Canvas::default();
    frames(bencher, |ui| {
        let shown = canvas::Shown::new(&view, &story, &Selection::None);
        canvas.show(ui, canvas::Shown { columns: &columns, ..shown });
    });
}

/// Plots over a run of half a minute that stands; and while another moment of it is shown in every frame.
#[divan::bench(args = [false, true])]
fn four_plots_while_time_moves(bencher: Bencher<'_, '_>, moves: bool) {
    let mut playback = a_run();
    let chosen = ["operations", "latency", "fact committed 0", "fact applied 0"].map(str::to_owned);
    let (mut panel, mut timeline) = (Curves::default(), Timeline::default());
    let mut ms = 0;
    frames(bencher, |ui| {
        if moves {
            ms = (ms + 17) % 30_000;
            playback.seek(Moment::end_of(Time::millis(ms)));
        }
        let time =
            timeline::Shown::new(playback.story(), playback.shown(), playback.run().end, &Selection::None);
        let shown = curves::Shown {
            playback: &playback,
            chosen: &chosen,
            tabs: &["Logs", "Figures"],
            time,
            seconds_in_sight: true,
        };
        ui.allocate_ui(vec2(ui.available_width(), 360.0), |ui| panel.show(ui, &mut timeline, shown));
    });
}

/// Half a minute of nine nodes, computed.
fn a_run() -> Playback {
    let mut run = Run::new(catalog::LABS[0]);
    for set in ["nodes=9", "clients=4", "think=100ms"] {
        // Both are parameters of the lab; if one were not, the run would be the usual one.
        let _ = run.parameters.assign(set);
    }
    let mut playback = Playback::new(run);
    playback.show(Moment::end_of(Time::millis(30_000)));
    playback
}

/// Clients that ask as often as they can.
const BUSY: &[&str] = &["clients=9", "think=20ms"];

/// A state of the window: a run of nine nodes with these settings and commands at this moment, nothing to be explained.
fn window_at(settings: &[&str], commands: &[&str], end: Time, at: Time) -> App {
    let mut run = Run::new(catalog::LABS[0]);
    for set in [&["nodes=9"], settings].concat() {
        // Parameters of the lab; if one were not, the run would be the usual one.
        let _ = run.parameters.assign(set);
    }
    run.end = end;
    run.commands = commands.iter().filter_map(|text| run::text::timed(text).ok()).collect();
    let mut saved = Saved::default();
    saved.layout.first = false;
    saved.layout.reveal_all();
    let mut state = State::new(Playback::new(run), saved);
    state.playback.show(Moment::end_of(end));
    state.playback.show(Moment::end_of(at));
    App::on(state)
}

/// The whole window, shell and all panels, over a run of nine nodes with 200 messages under way and more; as a newcomer
/// has it, and with as much to do for its clients as they can ask.
#[divan::bench(args = [false, true])]
fn whole_window_9_nodes_200_messages(bencher: Bencher<'_, '_>, busy: bool) {
    let at = Time::millis(6_000);
    let settings: &[&str] = if busy { BUSY } else { &[] };
    let mut app = window_at(settings, &["4s link all delay 2s"], at, at);
    let flights = app.state().playback.view().flights.len();
    assert!(flights >= 200, "only {flights} messages are under way");
    frames(bencher, |ui| app.frame(ui));
}

/// The whole window over a run in which 100,000 messages and more were sent.
#[divan::bench]
fn whole_window_100000_arrows(bencher: Bencher<'_, '_>) {
    let end = Time::millis(60_000);
    let mut app = window_at(BUSY, &[], end, end);
    let arrows = app.state().playback.story().arrows.len();
    assert!(arrows >= 100_000, "only {arrows} messages were sent");
    frames(bencher, |ui| app.frame(ui));
}

/// The whole desk of nine nodes: canvas, plots and time line together.
#[divan::bench]
fn the_desk_of_9_with_plots(bencher: Bencher<'_, '_>) {
    let mut playback = a_run();
    playback.show(Moment::end_of(Time::millis(12_345)));
    let chosen = ["operations", "latency"].map(str::to_owned);
    let (mut canvas, mut panel, mut timeline) = (Canvas::default(), Curves::default(), Timeline::default());
    frames(bencher, |ui| {
        let width = ui.available_width();
        let (view, story) = (playback.view(), playback.story());
        let time = timeline::Shown::new(story, playback.shown(), playback.run().end, &Selection::None);
        ui.allocate_ui(vec2(width, 348.0), |ui| {
            canvas.show(ui, canvas::Shown::new(view, story, &Selection::None));
        });
        let shown = curves::Shown {
            playback: &playback,
            chosen: &chosen,
            tabs: &["Logs", "Figures"],
            time,
            seconds_in_sight: true,
        };
        ui.allocate_ui(vec2(width, 200.0), |ui| panel.show(ui, &mut timeline, shown));
        ui.allocate_ui(vec2(width, 250.0), |ui| timeline.show(ui, time));
    });
}

/// Canvas, strip and time line of the desk together.
#[divan::bench]
fn the_desk(bencher: Bencher<'_, '_>) {
    let (view, story) = support::desk();
    let (mut canvas, mut panel, mut timeline) =
        (Canvas::default(), StripPanel::default(), Timeline::default());
    frames(bencher, |ui| {
        let room = ui.available_size();
        let part = |ui: &mut Ui, height: f32, paint: &mut dyn FnMut(&mut Ui)| {
            ui.allocate_ui(vec2(room.x, height), |ui| paint(ui));
        };
        part(ui, 348.0, &mut |ui| {
            canvas.show(ui, canvas::Shown::new(&view, &story, &Selection::None));
        });
        if let Some(strip) = view.strips.first() {
            part(ui, 140.0, &mut |ui| {
                panel.show(ui, strip::Shown::alone(strip, &Selection::None, "term"));
            });
        }
        part(ui, 268.0, &mut |ui| {
            timeline
                .show(ui, timeline::Shown::new(&story, view.moment, Time::millis(4_000), &Selection::None));
        });
    });
}
