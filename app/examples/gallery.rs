//! Every control, icon, colour and size of text, painted to files without a window:
//!
//! ```text
//! cargo run -p potholes --example gallery -- some/folder
//! ```
//!
//! writes `gallery-dark.png`, `gallery-light.png`, the same at two pixels a point and for a finger, to
//! look at whenever one of them changes.

use std::{env, error::Error, fs, path::PathBuf};

use eframe::egui::{self, Theme, Ui, Vec2, vec2};
use potholes::icons::{self, Icon};
use potholes::raster::{Shot, picture, png};
use potholes::theme::{self, Role, Size, Verdict, Weight, space};
use potholes::widgets as w;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        for (scale, suffix) in [(1.0, ""), (2.0, "@2x")] {
            let shot = Shot { size: vec2(1280.0, 800.0), scale, theme, ..Shot::default() };
            let image = picture(shot, gallery);
            fs::write(folder.join(format!("gallery-{name}{suffix}.png")), png(&image))?;
        }
    }
    let shot = Shot { size: vec2(390.0, 844.0), scale: 2.0, theme: Theme::Light, ..Shot::default() };
    let image = picture(shot, |ui| {
        theme::set_touch(ui.ctx(), true);
        theme::panel_frame(ui).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            lesson(ui);
        });
    });
    fs::write(folder.join("gallery-touch.png"), png(&image))?;
    Ok(())
}

fn gallery(ui: &mut Ui) {
    let palette = theme::palette(ui);
    egui::Panel::top("top").exact_size(space::TOP_LINE).frame(theme::top_line_frame(ui)).show(ui, top_line);
    egui::Panel::left("lesson").exact_size(space::TEXT_WIDTH).frame(theme::panel_frame(ui)).show(ui, lesson);
    egui::Panel::right("inspector")
        .exact_size(space::INSPECTOR_WIDTH)
        .frame(theme::panel_frame(ui))
        .show(ui, inspector);
    egui::CentralPanel::default().frame(egui::Frame::new().fill(palette.canvas).inner_margin(16)).show(
        ui,
        |ui| {
            ui.horizontal(|ui| {
                w::chip(ui, "n1 | n2 n3 n4 n5", "mend");
                w::chip(ui, "pothole: reads ask nobody", "turn off");
                w::secondary_button(ui, "Undo");
            });
            ui.add_space(space::WIDE);
            all_icons(ui);
            ui.add_space(space::WIDE);
            colours(ui);
            ui.add_space(space::GAP);
            type_scale(ui);
            ui.horizontal(|ui| {
                w::segmented(ui, &["by time", "by event"], 0);
                w::tabs(ui, &["Lesson", "Node", "Logs", "Verdict"], 0);
                w::text_link(ui, "Break something");
            });
            let mut text = String::new();
            w::text_field(ui, &mut text, "What to do", "What to do");
            ui.add_enabled_ui(false, |ui| {
                ui.horizontal(|ui| {
                    w::primary_button(ui, "Not now");
                    w::Button::secondary("Nor this").icon(Icon::Undo).show(ui);
                    let _ = ui.button("egui's own");
                });
            });
        },
    );
}

fn top_line(ui: &mut Ui) {
    ui.horizontal_centered(|ui| {
        icons::show(ui, Icon::Logo, space::ICON_LARGE, theme::palette(ui).leader);
        ui.label(theme::name("Potholes"));
        ui.add_space(space::GAP);
        w::picker(ui, "Raft", "key-value store");
        ui.add_space(space::PART);
        w::icon_button(ui, Icon::ToStart, "To the start", "Home");
        w::icon_button(ui, Icon::StepBack, "Step back", "Left");
        w::round_button(ui, Icon::Play, "Play", "L");
        w::icon_button(ui, Icon::Step, "Step", "Right");
        ui.label(theme::text("1/4 speed"));
        let mut pace = 0.35;
        w::slider(ui, &mut pace, 0.0..=1.0, 0.05, 80.0, "Speed");
        ui.label(egui::RichText::new("2.690 s").font(theme::values(Size::Name)));
        ui.add_space(space::PART);
        w::verdict_lamp(ui, Verdict::Holds, "Linearizable so far");
        w::verdict_lamp(ui, Verdict::Broken, "Not linearizable");
        w::search_button(ui, "Ctrl P");
        w::icon_button(ui, Icon::Link, "Copy a link", "Ctrl C");
        w::icon_button(ui, Icon::Theme, "Dark or light", "");
    });
}

fn lesson(ui: &mut Ui) {
    ui.label(theme::overline(ui, "One leader · 2"));
    ui.label(theme::title("The leader nobody hears"));
    w::step_dots(ui, 2, 6);
    ui.add_space(space::GAP);
    let cut = "You have cut n1 off from the other four. It gets no answers, and cannot tell slow from gone.";
    ui.label(theme::text(cut));
    ui.add_space(space::WIDE);
    theme::card_frame(ui).show(ui, |ui| {
        ui.label(theme::lead_in(ui, "Predict"));
        ui.label(theme::heading("What will c1 hear from n1?"));
        for (answer, chosen) in [
            ("ok", false),
            ("an error", false),
            ("nothing, until it gives up", true),
            ("I do not know", false),
        ] {
            w::choice_row(ui, chosen, answer);
        }
    });
    ui.add_space(space::GAP);
    w::primary_button(ui, "That is my guess");
    ui.add_space(space::GAP);
    ui.label(theme::secondary(ui, "The run waits for you. Nothing on screen knows the answer yet."));
    ui.add_space(space::GAP);
    ui.label(theme::secondary(ui, "Words on this page"));
    ui.horizontal(|ui| {
        w::word_pill(ui, "leader", "The one that answers.");
        w::word_pill(ui, "majority", "More than half.");
        w::word_pill(ui, "term", "A number that grows with each election.");
    });
    w::waiting_row(ui, "waiting for: c2 reads again");
    w::toggle_row(ui, true, "Single-letter keys");
    w::toggle_row(ui, false, "Reduced motion, which lets nothing move but the clock");
    ui.horizontal(|ui| {
        w::secondary_button(ui, "Back").request_focus();
        w::secondary_button(ui, "Skip");
    });
}

fn inspector(ui: &mut Ui) {
    ui.label(theme::title("Leader of term 1"));
    ui.label(theme::secondary(ui, "hears 1 of 5 nodes: itself"));
    ui.add_space(space::GAP);
    for row in
        [[("Crash", "C"), ("Pause", "P"), ("Cut off", "X")], [("Slow", "S"), ("Clock", "K"), ("Disk", "D")]]
    {
        ui.columns(3, |columns| {
            for (column, (label, key)) in columns.iter_mut().zip(row) {
                w::key_button(column, label, key, "");
            }
        });
    }
    ui.add_space(space::GAP);
    for (key, value) in
        [("voted for", "n1"), ("written, durable", "3, 3"), ("its clock", "12 ms ahead, 40 ppm fast")]
    {
        w::key_value(ui, key, value);
    }
    w::hairline_across(ui);
    ui.label(theme::heading("Why is it still leader?"));
    w::moment_row(ui, "1.600 s", "you cut n1 from the others");
    w::moment_row(ui, "2.250 s", "n3 leads term 2: n2 and n5 said yes first");
    w::secondary_button(ui, "What if it had …");
    w::hairline_across(ui);
    w::verdict_line(ui, Verdict::Broken, "Not linearizable");
    theme::verdict_frame(ui, Verdict::Broken).show(ui, |ui| {
        ui.label(theme::secondary(ui, "The smallest proof: 3 of 5 operations"));
        ui.label(theme::value("write milk → read: milk"));
    });
    w::Button::primary("Show me the moment").wide().show(ui);
    w::Button::secondary("Shrink to the smallest run").wide().show(ui);
    w::Button::secondary("Copy link to this failure").wide().icon(Icon::Copy).show(ui);
    w::hairline_across(ui);
    ui.columns(2, |columns| {
        w::promise_row(&mut columns[0], Verdict::Broken, "Linearizable");
        w::promise_row(&mut columns[1], Verdict::Holds, "Monotonic writes");
        w::promise_row(&mut columns[0], Verdict::Open, "Convergent: open");
    });
}

fn all_icons(ui: &mut Ui) {
    let palette = theme::palette(ui);
    for size in [12.0, 16.0, 26.0] {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = Vec2::splat(7.0);
            ui.spacing_mut().interact_size.y = size;
            for icon in Icon::ALL {
                let colour = match icon {
                    Icon::Holds => palette.holds,
                    Icon::Broken => palette.broken,
                    Icon::Logo | Icon::Crown | Icon::CrownHollow => palette.leader,
                    _ => palette.text,
                };
                icons::show(ui, *icon, size, colour);
            }
        });
    }
}

fn colours(ui: &mut Ui) {
    let palette = theme::palette(ui);
    ui.horizontal(|ui| {
        for (role, name) in
            [(Role::Leader, "n1"), (Role::Candidate, "n2"), (Role::Follower, "n3"), (Role::Down, "n4")]
        {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(64.0), egui::Sense::hover());
            let width = if role == Role::Leader { space::RING_LARGE } else { space::LINE };
            ui.painter().circle(
                rect.center(),
                27.0,
                palette.role_fill(role),
                egui::Stroke::new(width, palette.role(role)),
            );
            let (names, terms) = (theme::words(Size::Name, Weight::Semibold), theme::values(Size::Small));
            let painter = ui.painter();
            painter.text(
                rect.center() - vec2(0.0, 5.0),
                egui::Align2::CENTER_CENTER,
                name,
                names,
                palette.text,
            );
            painter.text(
                rect.center() + vec2(0.0, 12.0),
                egui::Align2::CENTER_CENTER,
                "term 2",
                terms,
                palette.soft,
            );
        }
        for term in 1..6 {
            let (rect, _) = ui.allocate_exact_size(vec2(40.0, 17.0), egui::Sense::hover());
            ui.painter().rect_filled(rect, 3, palette.term(term));
            let font = theme::values(Size::Small);
            ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, "1 tea", font, palette.term_ink);
        }
        let (rect, _) = ui.allocate_exact_size(vec2(40.0, 17.0), egui::Sense::hover());
        let line = egui::Stroke::new(space::LINE, palette.term_line(2));
        ui.painter().rect_stroke(rect, 3, line, egui::StrokeKind::Inside);
    });
}

fn type_scale(ui: &mut Ui) {
    ui.label(theme::sentence("Three computers keep one shopping list."));
    ui.label(theme::title("Title: the leader nobody hears 0123456789"));
    ui.label(theme::name("Name: Potholes"));
    ui.label(theme::heading("Heading: why is it still leader?"));
    ui.label(theme::text("Text: It gets no answers, and cannot tell slow from gone. Ärger, façade, Žižek."));
    ui.label(theme::secondary(ui, "Secondary: hears 1 of 5 nodes: itself"));
    ui.label(theme::value("n1@3 → n2   append after 1@1 [2@1]   n1@3 ⇥ n4  ≤ ≥ ≠ ≈ ± × µ ∞ ✓ ✗"));
    ui.horizontal(|ui| {
        for size in [Size::Small, Size::Label, Size::Secondary, Size::Text] {
            ui.label(egui::RichText::new("A term ends 2.690 s").font(theme::words(size, Weight::Medium)));
        }
    });
}
