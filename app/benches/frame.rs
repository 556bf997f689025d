//! What a frame costs: shapes and tessellation, without a graphics card. `cargo bench -p potholes --bench frame`.
//!
//! The aims, whole frames of 1280 by 800: 9 nodes with 200 messages in 1 ms, 100 nodes with 2,000 messages in 2 ms, a time
//! line over 100,000 arrows in 4 ms.

mod support;

use divan::Bencher;
use eframe::egui::{CentralPanel, Context, Frame, Pos2, RawInput, Rect, Ui, vec2};
use potholes::action::Selection;
use potholes::canvas::{self, Canvas};
use potholes::strip::{self, StripPanel};
use potholes::theme;
use potholes::timeline::{self, Timeline};
use sim::{Moment, Time};

fn main() {
    // egui grows and frees megabytes of vertices each frame; having freed one large block, the allocator keeps them.
    drop(std::hint::black_box(Vec::<u8>::with_capacity(31 << 20)));
    divan::main();
}

/// A window without a screen, whose second frame and later ones are measured.
fn frames(bencher: Bencher<'_, '_>, mut paint: impl FnMut(&mut Ui)) {
    let context = Context::default();
    theme::apply(&context);
    context.enable_accesskit();
    let mut time = 0.0;
    let mut frame = || {
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
    };
    for _ in 0..3 {
        frame();
    }
    bencher.bench_local(frame);
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
#[divan::bench(args = [10, 100, 1000])]
fn arrows_100000_over_seconds(bencher: Bencher<'_, '_>, seconds: u64) {
    let end = Time::millis(1_000 * seconds);
    let story = support::busy(9, 100_000, end);
    let mut timeline = Timeline::default();
    let shown = Moment::end_of(Time::millis(5_000));
    let usual = timeline::Shown::new(&story, shown, Time::millis(10_000), &Selection::None);
    if seconds == 10 {
        timeline.show_whole(&usual);
    }
    frames(bencher, |ui| {
        timeline.show(ui, usual);
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
