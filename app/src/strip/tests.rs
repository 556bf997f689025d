//! The strips under a hand, as a screen reader tells them, and as pictures.

use eframe::egui::{Color32, Key, Theme, accesskit, vec2};
use egui_kittest::{Harness, kittest::NodeT, kittest::Queryable};
use sim::view::{Body, CellState, Strip};

use super::{Shown, StripPanel, height};
use crate::action::{Action, Selection};
use crate::canvas::sample::{self, n, strips};
use crate::canvas::tests::{look, looked_at};
use crate::raster::Shot;
use crate::theme::{self, Palette};

struct Window {
    panel: StripPanel,
    strip: Strip,
    tabs: Vec<&'static str>,
    actions: Vec<Action>,
    dressed: bool,
}

fn window(strip: Strip, tabs: &[&'static str], size: [f32; 2]) -> Harness<'static, Window> {
    let state =
        Window { panel: StripPanel::default(), strip, tabs: tabs.to_vec(), actions: vec![], dressed: false };
    let mut harness = Harness::builder().with_size(vec2(size[0], size[1])).build_ui_state(
        |ui, window: &mut Window| {
            if !window.dressed {
                theme::apply(ui.ctx());
                window.dressed = true;
                ui.ctx().request_repaint();
                return;
            }
            let Window { panel, strip, tabs, actions, .. } = window;
            let shown = Shown { tabs, ..Shown::alone(strip, &Selection::None, "term") };
            actions.extend(panel.show(ui, shown));
        },
        state,
    );
    harness.run();
    harness
}

#[test]
fn a_row_selects_its_node() {
    let logs = || sample::desk().0.strips.remove(0);
    for (strip, row) in [
        (logs(), "Logs of n3"),
        (strips::keys(), "Keys of n3"),
        (strips::ring(5, 1, 4), "n3 on the ring"),
        (strips::queues(4), "n3: 24 requests"),
        (strips::clocks(), "Clocks of n3"),
    ] {
        let mut h = window(strip, &[], [703.0, 220.0]);
        h.get_by_role_and_label(accesskit::Role::Button, row).click();
        h.run();
        assert_eq!(h.state().actions, [Action::Select(Selection::Actor(n(3)))], "{row}");
    }
}

#[test]
fn everything_is_told_to_who_cannot_see() {
    let told = |strip: Strip, name: &str| {
        let h = window(strip, &[], [703.0, 240.0]);
        let node = h.get_by_label(name);
        node.accesskit_node().description().unwrap_or_default()
    };
    assert_eq!(
        told(strips::keys(), "Keys of n1"),
        "list: milk (version 3), leads; eggs: 12 (version 1); shopping/2026: rice (version 2); pepper: nothing"
    );
    assert_eq!(
        told(strips::keys(), "n3, list: tea (version 2), old"),
        "tea, written by c2, version n1:2: older than what n1 has"
    );
    assert_eq!(
        told(strips::queues(4), "n1: 8 requests"),
        "n1: 8 requests of at most 24\n8 waiting, 2 of them already given up by their clients"
    );
    assert_eq!(
        told(strips::money(), "all money: 1020 coins"),
        "20 more than 1000\n980 in accounts, 40 on their way"
    );
    assert_eq!(
        told(strips::clocks(), "Clocks of n3"),
        "n3: wall 7.4 ms ahead; hlc 7.4 ms ahead; takes any time from 3.4 ms ahead to 11.4 ms ahead for possible; true \
         time is not among them"
    );
    let key = told(strips::ring(5, 1, 8), "Key milk");
    assert!(key.starts_with("milk: kept by n") && key.contains("; out of place: n"), "{key}");
}

#[test]
fn an_entry_opens_under_a_finger_and_closes_again() {
    let mut h = window(strips::keys(), &[], [703.0, 160.0]);
    let says = "14, held for n4 until it is back";
    assert!(h.query_by_label(says).is_none());
    let at = h.get_by_label("n3, eggs: 14 (version 2), changing").rect().center();
    for open in [true, false] {
        h.hover_at(at);
        h.drag_at(at);
        h.drop_at(at);
        h.hover_at(eframe::egui::pos2(690.0, 150.0));
        h.run();
        assert_eq!(h.query_by_label(says).is_some(), open);
    }
    assert!(h.state().actions.is_empty());
}

#[test]
fn tabs_are_reached_by_keys() {
    let mut h = window(strips::keys(), &["Keys", "Ring", "Figures"], [703.0, 160.0]);
    h.get_by_role_and_label(accesskit::Role::Tab, "Ring").focus();
    h.run();
    h.key_press(Key::Space);
    h.run();
    assert_eq!(h.state().actions, [Action::ShowStrip("Ring".to_owned())]);
}

#[test]
fn arrows_scroll_what_has_the_focus() {
    let mut h = window(strips::wide_table(30, 14), &[], [500.0, 160.0]);
    assert!(h.query_by_label("Keys of n1").is_some() && h.query_by_label("Keys of n30").is_none());
    h.get_by_role_and_label(accesskit::Role::Table, "Keys").focus();
    h.run();
    for _ in 0..30 {
        h.key_press(Key::ArrowDown);
        h.run();
    }
    assert!(h.query_by_label("Keys of n1").is_none() && h.query_by_label("Keys of n30").is_some());
}

#[test]
fn a_strip_rests_and_lays_nothing_out_twice() {
    for (_, strip) in strips::all() {
        let mut h = window(strip, &[], [703.0, 200.0]);
        // `run` fails while anything still asks to be repainted.
        h.run();
        let before = h.state().panel.labels.laid_out();
        h.run_steps(3);
        assert_eq!(h.state().panel.labels.laid_out(), before, "{}", h.state().strip.title);
    }
}

fn picture(name: &str, size: [f32; 2], theme: Theme, strip: &Strip, tabs: &[&str]) -> Vec<Color32> {
    let mut panel = StripPanel::default();
    let scale = if looked_at() { 2.0 } else { 1.0 };
    let shot = Shot { size: vec2(size[0], size[1]), theme, scale, ..Shot::default() };
    look(name, shot, |ui| {
        theme::canvas_frame(ui).show(ui, |ui| {
            let selection = Selection::Actor(n(1));
            let shown = Shown { tabs, ..Shown::alone(strip, &selection, "term") };
            panel.show(ui, shown);
        });
    })
}

#[test]
fn pictures() {
    let palette = Palette::of(true);
    let desk = sample::desk().0.strips.remove(0);
    let pixels = picture("strip-desk", [703.0, 140.0], Theme::Dark, &desk, &[]);
    for colour in [palette.term(1), palette.term(2), palette.term_ink] {
        assert!(pixels.contains(&colour));
    }
    picture("strip-light", [703.0, 140.0], Theme::Light, &desk, &[]);
    picture("strip-long", [703.0, 180.0], Theme::Dark, &sample::long_strip(9, 300), &[]);
    let mut fresh = sample::long_strip(3, 9);
    let states = [
        CellState::Snapshot,
        CellState::Applied,
        CellState::Committed,
        CellState::Durable,
        CellState::Written,
        CellState::Volatile,
    ];
    let Body::Cells(rows) = &mut fresh.body else { panic!("a strip of cells") };
    for (cell, state) in rows[0].cells.iter_mut().zip(states) {
        cell.state = state;
    }
    picture("strip-states", [703.0, 110.0], Theme::Dark, &fresh, &[]);
}

/// Every kind, in both themes, as tall as it asks to be on a desk and as a phone's sheet has room.
#[test]
fn pictures_of_every_kind() {
    for (name, strip) in strips::all() {
        let tabs = [strip.title, "Clocks and more", "Figures"];
        for (theme, shade) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
            let desk = [703.0, height(&strip)];
            let pixels = picture(&format!("strip-{name}-{shade}"), desk, theme, &strip, &tabs);
            let palette = Palette::of(theme == Theme::Dark);
            assert!(
                !pixels.contains(&palette.broken) && !pixels.contains(&palette.holds),
                "{name}: verdicts alone are green and red"
            );
            if looked_at() {
                picture(&format!("strip-{name}-phone-{shade}"), [358.0, 236.0], theme, &strip, &tabs);
            }
        }
    }
}
