//! Every control by its name, under a finger, with the keyboard.

use eframe::egui::{Key, Ui, accesskit::Role, vec2};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::*;
use crate::icons::Icon;
use crate::raster::Renderer;
use crate::theme::Verdict;

#[derive(Default)]
struct Seen {
    dressed: bool,
    pressed: Vec<&'static str>,
    tab: usize,
    part: usize,
    pace: f32,
    text: String,
}

fn all(ui: &mut Ui, seen: &mut Seen) {
    if !seen.dressed {
        theme::apply(ui.ctx());
        seen.dressed = true;
        return;
    }
    let mut note = |response: Response, name| {
        if response.clicked() {
            seen.pressed.push(name);
        }
    };
    note(primary_button(ui, "That is my guess"), "primary");
    note(secondary_button(ui, "Undo"), "secondary");
    note(key_button(ui, "Crash", "C", "Stops n1 at once"), "key");
    note(text_link(ui, "Lessons"), "link");
    note(icon_button(ui, Icon::StepBack, "Step back", "Left"), "icon");
    note(round_button(ui, Icon::Play, "Play", "L"), "round");
    note(search_button(ui, "Ctrl P"), "search");
    note(picker(ui, "Raft", "key-value store"), "picker");
    note(chip(ui, "n1 | n2 n3", "mend").mend, "mend");
    note(verdict_lamp(ui, Verdict::Holds, "Linearizable so far"), "lamp");
    note(word_pill(ui, "term", "A number that grows with each election."), "word");
    note(choice_row(ui, true, "nothing, until it gives up"), "choice");
    note(toggle_row(ui, false, "Single-letter keys"), "toggle");
    note(key_value(ui, "committed", "3"), "value");
    note(moment_row(ui, "1.600 s", "you cut n1 from the others"), "moment");
    note(promise_row(ui, Verdict::Broken, "Sequential"), "promise");
    if let Some(tab) = tabs(ui, &["Lesson", "Node"], seen.tab) {
        seen.tab = tab;
    }
    if let Some(part) = segmented(ui, &["by time", "by event"], seen.part) {
        seen.part = part;
    }
    step_dots(ui, 2, 6);
    slider(ui, &mut seen.pace, 0.0..=1.0, 0.25, 80.0, "Speed");
    text_field(ui, &mut seen.text, "Search", "What to do");
}

fn window() -> Harness<'static, Seen> {
    let mut harness = Harness::builder()
        .with_size(vec2(400.0, 1200.0))
        .renderer(Renderer::default())
        .build_ui_state(all, Seen::default());
    harness.run();
    harness
}

const PRESSABLE: &[(&str, &str)] = &[
    ("That is my guess", "primary"),
    ("Undo", "secondary"),
    ("Crash", "key"),
    ("Lessons", "link"),
    ("Step back", "icon"),
    ("Play", "round"),
    ("Search", "search"),
    ("Raft, key-value store", "picker"),
    ("mend n1 | n2 n3", "mend"),
    ("Linearizable so far", "lamp"),
    ("term", "word"),
    ("nothing, until it gives up", "choice"),
    ("Single-letter keys", "toggle"),
    ("committed 3", "value"),
    ("1.600 s you cut n1 from the others", "moment"),
    ("Sequential, broken", "promise"),
];

#[test]
fn every_control_is_found_by_its_name_and_does_what_it_says() {
    let mut window = window();
    for (label, name) in PRESSABLE {
        window.get_by_label(label).click();
        window.run();
        assert_eq!(window.state().pressed.last(), Some(name), "{label}");
        window.key_press(Key::Escape); // closes what the word opened
        window.run();
    }
    assert_eq!(window.state().pressed.len(), PRESSABLE.len());
}

#[test]
fn every_control_works_with_the_keyboard() {
    let mut window = window();
    for (label, name) in PRESSABLE {
        window.get_by_label(label).focus();
        window.run();
        window.key_press(Key::Enter);
        window.run();
        assert_eq!(window.state().pressed.last(), Some(name), "{label}");
    }
}

#[test]
fn a_finger_finds_at_least_forty_points() {
    let mut window = window();
    let short = |window: &Harness<'_, Seen>| {
        PRESSABLE
            .iter()
            .filter(|(label, _)| window.get_by_label(label).rect().height() < 40.0)
            .map(|(label, _)| *label)
            .collect::<Vec<_>>()
    };
    assert!(!short(&window).is_empty(), "the check can fail");
    theme::set_touch(&window.ctx, true);
    window.run();
    assert_eq!(short(&window), Vec::<&str>::new());
}

#[test]
fn tabs_and_segments_tell_which_one() {
    let mut window = window();
    window.get_by_role_and_label(Role::Tab, "Node").click();
    window.get_by_label("by event").click();
    window.run();
    assert_eq!((window.state().tab, window.state().part), (1, 1));
}

#[test]
fn a_slider_goes_by_steps() {
    let mut window = window();
    window.get_by_label("Speed").focus();
    window.run();
    window.key_press(Key::ArrowRight);
    window.run();
    assert_eq!(window.state().pace, 0.25);
}

#[test]
fn a_field_takes_what_is_typed() {
    let mut window = window();
    window.get_by_label("What to do").focus();
    window.run();
    window.get_by_label("What to do").type_text("crash n2");
    window.run();
    assert_eq!(window.state().text, "crash n2");
}

#[test]
fn focus_is_seen() {
    let mut window = window();
    let before = window.render().unwrap();
    window.get_by_label("Undo").focus();
    window.run();
    let after = window.render().unwrap();
    let act = theme::palette_of(&window.ctx).act;
    let count = |image: &image::RgbaImage| {
        image.pixels().filter(|pixel| pixel.0[..3] == [act.r(), act.g(), act.b()]).count()
    };
    assert!(count(&after) > count(&before) + 50);
}

#[test]
fn steps_are_told_in_words() {
    window().get_by_label("step 3 of 6");
}
