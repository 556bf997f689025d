//! The canvas as text, as pictures, and under a hand.
//!
//! With `POTHOLES_PICTURES` naming a folder, the pictures are written there, to be looked at.

use eframe::egui::{Color32, Key, Modifiers, Pos2, Theme, Ui, accesskit, pos2, vec2};
use egui_kittest::{Harness, kittest::Queryable};
use sim::command::{Command, Who};
use sim::{Story, Time, View};

use super::placed::{Frontier, Placed, Scene, Talked, Told};
use super::sample::{self, c, n};
use super::{Arrangement, Canvas, Shown, cut};
use crate::action::{Action, Selection};
use crate::raster::{self, Shot};
use crate::theme;

/// Whether somebody asked for pictures; where nobody did, tests paint few.
pub fn looked_at() -> bool {
    std::env::var_os("POTHOLES_PICTURES").is_some()
}

/// Writes a picture where somebody asked for it, and returns its pixels.
pub fn look(name: &str, shot: Shot, paint: impl FnMut(&mut Ui)) -> Vec<Color32> {
    let image = raster::picture(shot, paint);
    if let Some(folder) = std::env::var_os("POTHOLES_PICTURES") {
        let path = std::path::Path::new(&folder).join(format!("{name}.png"));
        std::fs::write(path, raster::png(&image)).unwrap();
    }
    image.pixels
}

fn told(view: &View, story: &Story, selection: &Selection) -> String {
    let actors: Vec<_> = view.actors.iter().map(|actor| actor.id).collect();
    let arrangement = Arrangement::new(&actors, vec2(703.0, 348.0), 40.0);
    let cuts = view.broken.iter().filter(|broken| super::placed::is_cut(broken));
    let frontiers: Vec<Frontier> =
        cuts.map(|broken| Frontier::new(&arrangement, view, &broken.sides, broken.one_way)).collect();
    let talked = Talked::default();
    let scene = Scene {
        arrangement: &arrangement,
        view,
        story,
        selection,
        frontiers: &frontiers,
        talked: &talked.since,
    };
    Told(&scene, &Placed::new(&scene)).to_string()
}

#[test]
fn in_columns_only_who_talks_is_linked() {
    let (mut view, story) = sample::services();
    let actors: Vec<_> = view.actors.iter().map(|actor| actor.id).collect();
    let arrangement = Arrangement::columns(&actors, &sample::service_columns(), vec2(703.0, 348.0), 40.0);
    let mut talked = Talked::default();
    talked.keep_up(&story);
    let told = |view: &View, talked: &Talked| {
        let scene = Scene {
            arrangement: &arrangement,
            view,
            story: &story,
            selection: &Selection::None,
            frontiers: &[],
            talked: &talked.since,
        };
        Told(&scene, &Placed::new(&scene)).to_string()
    };
    let text = told(&view, &talked);
    assert!(text.contains("link n1-c1\n") && text.contains("link n1-n2\n"), "{text}");
    assert!(!text.contains("link n2-n3") && !text.contains("link n5-c1"), "{text}");
    let around = text.lines().find(|line| line.starts_with("link n1-n6")).unwrap();
    assert!(around.contains("bowed"), "it goes around n3, which stands between: {text}");
    assert_eq!(told(&view, &talked), text);
    // Before anything was said, calls go as the columns do.
    view.moment = sim::Moment::START;
    view.flights.clear();
    let text = told(&view, &talked);
    assert!(text.contains("link n1-n4\n") && !text.contains("link n1-n6"), "{text}");
}

#[test]
fn a_line_across_columns_cuts_what_it_crosses() {
    let mut h = window(sample::services());
    h.state_mut().columns = sample::service_columns();
    h.run();
    let (gateway, service) = (middle(&h, "Node n1, 12 open"), middle(&h, "Node n2, cart"));
    let at = gateway.lerp(service, 0.5);
    h.hover_at(at - vec2(14.0, 14.0));
    h.drag_at(at - vec2(14.0, 14.0));
    h.hover_at(at);
    h.run_steps(2);
    h.hover_at(at + vec2(10.0, 10.0));
    h.run_steps(2);
    h.drop_at(at + vec2(10.0, 10.0));
    h.run();
    let done: Vec<String> = h.state().done().iter().map(|command| cut::words(command)).collect();
    assert_eq!(done, ["n1 | n2"], "what was not crossed stays");
}

#[test]
fn the_desk_as_text() {
    let (view, story) = sample::desk();
    let text = told(&view, &story, &Selection::Actor(n(5)));
    assert!(text.contains("link n1-n2 cut\n") && text.contains("link n2-n3\n"), "{text}");
    assert!(text.contains("link n1-n5 cut selected\n"), "{text}");
    assert!(text.contains("append n3→n4 #1 75 % Leader\n"), "{text}");
    assert!(text.contains("ok n2→n3 #1 41 % Follower\n"), "{text}");
    assert!(text.contains("lost ") && text.contains(" Cut "), "{text}");
}

#[test]
fn what_is_broken_as_text() {
    let (mut view, story) = sample::broken_desk();
    view.flights[2].doomed = true;
    let text = told(&view, &story, &Selection::None);
    assert!(text.contains("link n3-n5 cut n3→n5\n"), "{text}");
    assert!(text.contains("append n3→n4 #1 held Leader\n"), "{text}");
    assert!(text.contains("ok n2→n3 #1 waits behind 0 Follower\n"), "{text}");
}

#[test]
fn a_crowd_is_dots_and_fans() {
    let (view, story) = sample::crowd(9, 200);
    let text = told(&view, &story, &Selection::None);
    assert!(text.contains("fan of 4\n"));
    assert_eq!(text.matches(" Leader\n").count() + text.matches(" Follower\n").count(), 200);
}

#[test]
fn messages_never_leave_their_link() {
    let (mut view, story) = sample::desk();
    for flight in &mut view.flights {
        (flight.sent, flight.arrives) = (Time::MAX, Time::ZERO);
    }
    let text = told(&view, &story, &Selection::None);
    assert_eq!(text.matches("50 %").count(), 3, "{text}");
}

struct Window {
    canvas: Canvas,
    view: View,
    story: Story,
    selection: Selection,
    preview: Option<Command>,
    actions: Vec<Action>,
    columns: Vec<Vec<sim::ActorId>>,
    dressed: bool,
}

impl Window {
    fn new((view, story): (View, Story)) -> Self {
        let (canvas, selection) = (Canvas::default(), Selection::None);
        Self {
            canvas,
            view,
            story,
            selection,
            preview: None,
            actions: vec![],
            columns: vec![],
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
        let extras = super::Extras { lies: &["equivocate"], timers: &["election"] };
        let shown = Shown {
            extras,
            reserved: 40.0,
            preview: self.preview.as_ref(),
            columns: &self.columns,
            ..Shown::new(&self.view, &self.story, &self.selection)
        };
        for action in self.canvas.show(ui, shown) {
            match &action {
                Action::Select(selection) => self.selection = selection.clone(),
                Action::Toggle(actor) => self.selection = self.selection.toggled(*actor),
                Action::Preview(preview) => self.preview = preview.clone(),
                _ => {}
            }
            self.actions.push(action);
        }
    }

    fn done(&self) -> Vec<&Command> {
        let done = self
            .actions
            .iter()
            .filter_map(|action| if let Action::Do(command) = action { Some(command) } else { None });
        done.collect()
    }
}

fn window(sample: (View, Story)) -> Harness<'static, Window> {
    let mut harness = Harness::builder()
        .with_size(vec2(720.0, 420.0))
        .build_ui_state(|ui, window: &mut Window| window.ui(ui), Window::new(sample));
    harness.run();
    harness
}

fn middle(harness: &Harness<'_, Window>, name: &str) -> Pos2 {
    harness.get_by_label(name).rect().center()
}

const N1: &str = "Node n1, stale leader, term 1";
const N2: &str = "Node n2, follower, term 2";
const N3: &str = "Node n3, leader, term 2";

#[test]
fn a_click_selects() {
    let mut h = window(sample::desk());
    h.get_by_label(N3).click();
    h.run();
    assert_eq!(h.state().selection, Selection::Actor(n(3)));
    h.get_by_label("Message append n3→n4 #1").click();
    h.run();
    assert!(matches!(h.state().selection, Selection::Message(_)), "{:?}", h.state().selection);
    h.get_by_label("Client c1, write tea, about to").click_accesskit();
    h.run();
    assert_eq!(h.state().selection, Selection::Actor(c(1)));
}

#[test]
fn a_click_on_a_line_selects_the_link_and_beside_it_nothing() {
    let mut h = window(sample::desk());
    let at = middle(&h, N2).lerp(middle(&h, N3), 0.3);
    h.hover_at(at);
    h.drag_at(at);
    h.drop_at(at);
    h.run();
    assert_eq!(h.state().selection, Selection::Link(n(2), n(3)));
    let empty = pos2(20.0, 410.0);
    h.hover_at(empty);
    h.drag_at(empty);
    h.drop_at(empty);
    h.run();
    assert_eq!(h.state().selection, Selection::None);
}

#[test]
fn a_line_across_links_cuts() {
    let mut h = window(sample::crowd(3, 0));
    let (a, b, other) = {
        let at = |name: &str| middle(&h, name);
        (at("Node n1, leader, term 3"), at("Node n2, follower, term 3"), at("Node n3, follower, term 3"))
    };
    let (from, to) = (a.lerp(b, 0.5) - vec2(20.0, 60.0), a.lerp(other, 0.5) + vec2(-20.0, 60.0));
    h.hover_at(from);
    h.drag_at(from);
    h.hover_at(from.lerp(to, 0.5));
    h.run_steps(2);
    h.hover_at(to);
    h.run_steps(2);
    let thought_of = h.state().preview.as_ref().map(cut::words);
    assert_eq!(thought_of.as_deref(), Some("n1 | n2 n3"), "shown while it is drawn");
    assert!(h.state().done().is_empty());
    h.drop_at(to);
    h.run();
    assert_eq!(h.state().done(), [&cut::cut(vec![vec![n(1)], vec![n(2), n(3)]])]);
    assert_eq!(h.state().preview, None);
}

#[test]
fn escape_takes_the_line_back() {
    let mut h = window(sample::crowd(3, 0));
    let at = middle(&h, "Node n1, leader, term 3");
    h.drag_at(at + vec2(60.0, -120.0));
    h.hover_at(at + vec2(60.0, 120.0));
    h.run_steps(2);
    h.key_press(Key::Escape);
    h.run_steps(2);
    h.drop_at(at + vec2(60.0, 120.0));
    h.run();
    assert!(h.state().done().is_empty(), "{:?}", h.state().done());
}

#[test]
fn two_actions_to_a_crash() {
    let mut h = window(sample::desk());
    h.get_by_label(N2).click_secondary();
    h.run();
    h.get_by_label("Crash").click();
    h.run();
    let crash = Command::Crash { who: Who::Actor(n(2)), keep: None, torn: false };
    assert_eq!(h.state().done(), [&crash]);
    assert!(h.query_by_label("Crash").is_none(), "the menu has closed");
}

#[test]
fn two_actions_to_lose_a_message() {
    let mut h = window(sample::desk());
    h.get_by_label("Message ok n2→n3 #1").click_secondary();
    h.run();
    h.get_by_label("Lose it").click();
    h.run();
    assert!(matches!(h.state().done()[..], [Command::Drop(_)]), "{:?}", h.state().done());
}

#[test]
fn from_node_to_node_asks_about_the_link() {
    let mut h = window(sample::desk());
    let (from, to) = (middle(&h, N2), middle(&h, N3));
    h.drag_at(from);
    h.hover_at(from.lerp(to, 0.5));
    h.run_steps(2);
    h.hover_at(to);
    h.run_steps(2);
    h.drop_at(to);
    h.run();
    assert_eq!(h.state().selection, Selection::Link(n(2), n(3)));
    h.get_by_label("Cut n2→n3 only").click();
    h.run();
    let one_way = Command::CutOneWay { from: vec![Who::Actor(n(2))], to: vec![Who::Actor(n(3))], span: None };
    assert_eq!(h.state().done(), [&one_way]);
}

#[test]
fn marked_nodes_and_x_cut_off() {
    let mut h = window(sample::desk());
    h.get_by_label(N2).click();
    h.run();
    h.get_by_label(N3).click_modifiers(Modifiers::COMMAND);
    h.run();
    assert_eq!(h.state().selection, Selection::Actors(vec![n(2), n(3)]));
    h.key_press(Key::X);
    h.run();
    assert_eq!(h.state().done(), [&cut::cut(vec![vec![n(2), n(3)], vec![n(1), n(4), n(5)]])]);
}

#[test]
fn the_keyboard_does_it_alone() {
    let mut h = window(sample::desk());
    h.get_by_label("Client c1, write tea, about to").focus();
    h.run();
    h.key_press(Key::ArrowRight);
    h.run();
    assert!(h.get_by_label(N1).is_focused());
    h.key_press(Key::Space);
    h.run();
    assert_eq!(h.state().selection, Selection::Actor(n(1)));
    h.key_press(Key::Menu);
    h.run();
    h.get_by_label("Disk wipe").click_accesskit();
    h.run();
    assert!(matches!(h.state().done()[..], [Command::Disk { .. }]), "{:?}", h.state().done());
}

#[test]
fn a_paused_canvas_rests() {
    let mut h = window(sample::broken_desk());
    // `run` fails while anything still asks to be repainted.
    h.run();
    let before = h.state().canvas.labels.laid_out();
    h.run_steps(3);
    assert_eq!(h.state().canvas.labels.laid_out(), before, "no label is laid out twice");
}

#[test]
fn links_have_names() {
    let h = window(sample::desk());
    assert!(h.query_by_role_and_label(accesskit::Role::Button, "Link n2-n3").is_some());
    assert!(h.query_by_role_and_label(accesskit::Role::Button, "Link n1-n2, cut").is_some());
}

fn canvas_picture(
    name: &str,
    size: [f32; 2],
    theme: Theme,
    (view, story): (View, Story),
    adjust: impl Fn(&mut Shown<'_>),
) -> Vec<Color32> {
    let mut canvas = Canvas::default();
    let selection = Selection::Actor(n(1));
    let shot = Shot { size: vec2(size[0], size[1]), theme, scale: 2.0, ..Shot::default() };
    look(name, shot, |ui| {
        theme::canvas_frame(ui).show(ui, |ui| {
            let mut shown = Shown { reserved: 40.0, ..Shown::new(&view, &story, &selection) };
            adjust(&mut shown);
            canvas.show(ui, shown);
        });
    })
}

fn columns_picture(
    name: &str,
    size: [f32; 2],
    theme: Theme,
    (view, story): (View, Story),
    columns: &[Vec<sim::ActorId>],
) {
    let mut canvas = Canvas::default();
    let selection = Selection::None;
    let shot = Shot { size: vec2(size[0], size[1]), theme, scale: 2.0, ..Shot::default() };
    look(name, shot, |ui| {
        theme::canvas_frame(ui).show(ui, |ui| {
            let shown = Shown::new(&view, &story, &selection);
            canvas.show(ui, Shown { reserved: 40.0, columns, version_word: "", ..shown });
        });
    });
}

#[test]
fn pictures() {
    let palette = theme::Palette::of(true);
    let desk = canvas_picture("canvas-desk", [703.0, 348.0], Theme::Dark, sample::desk(), |_| {});
    for colour in [palette.leader, palette.act, palette.follower, palette.text] {
        assert!(desk.contains(&colour), "{colour:?} is on the desk");
    }
    assert!(
        !desk.contains(&palette.broken) && !desk.contains(&palette.holds),
        "verdicts alone are green and red"
    );
    canvas_picture("canvas-light", [703.0, 348.0], Theme::Light, sample::desk(), |_| {});
    canvas_picture("canvas-phone", [390.0, 294.0], Theme::Light, sample::desk(), |_| {});
    canvas_picture("canvas-broken", [703.0, 348.0], Theme::Dark, sample::broken_desk(), |_| {});
    canvas_picture("canvas-crowd", [703.0, 348.0], Theme::Dark, sample::crowd(9, 200), |_| {});
    canvas_picture("canvas-hundred", [703.0, 348.0], Theme::Dark, sample::crowd(100, 2000), |_| {});
    canvas_picture("canvas-thirty", [703.0, 348.0], Theme::Dark, sample::crowd(30, 60), |_| {});
    let columns = sample::service_columns();
    let crowd = sample::crowd_columns();
    for (theme, shade) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let name = |what: &str| format!("canvas-{what}-{shade}");
        canvas_picture(&name("columns"), [703.0, 348.0], theme, sample::services(), |shown| {
            shown.version_word = "";
        });
        let (desk, phone) = ([703.0, 348.0], [390.0, 294.0]);
        for (what, size) in [("services", desk), ("services-phone", phone)] {
            let columns = &columns;
            columns_picture(&name(what), size, theme, sample::services(), columns);
        }
        columns_picture(&name("columns-thirty"), desk, theme, sample::crowd(30, 40), &crowd);
    }
    let first = canvas_picture("canvas-first", [1280.0, 380.0], Theme::Dark, sample::first(), |shown| {
        (shown.plain, shown.you, shown.reserved) = (true, Some(c(1)), 0.0);
        shown.selection = &Selection::None;
    });
    assert!(!first.contains(&palette.act), "nothing is selected at first");
}

/// A Raft whose leader was cut off, and all three pictures of it.
#[test]
fn a_real_run() {
    let text = "potholes 1\nlab raft 1\nset nodes=5\nset clients=2\nseed 7\nchaos none\nfor 30s\nat 1.5s cut @leader\nat 2.2s crash n5\n";
    let opened = run::Run::parse(text).unwrap();
    let mut playback = run::Playback::new(opened.run);
    for ms in [1460, 1700, 2690] {
        playback.show(sim::Moment::end_of(Time::millis(ms)));
        let (mut canvas, mut timeline, mut strip) =
            (Canvas::default(), crate::timeline::Timeline::default(), crate::strip::StripPanel::default());
        let selection = Selection::None;
        let (view, story) = (playback.view(), playback.story());
        let shot = Shot { size: vec2(703.0, 756.0), scale: 2.0, ..Shot::default() };
        let pixels = look(&format!("real-{ms}"), shot, |ui| {
            theme::canvas_frame(ui).show(ui, |ui| {
                ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
                let part = |ui: &mut Ui, height: f32, paint: &mut dyn FnMut(&mut Ui)| {
                    ui.allocate_ui(vec2(703.0, height), |ui| paint(ui));
                };
                part(ui, 348.0, &mut |ui| {
                    canvas.show(ui, Shown { reserved: 40.0, ..Shown::new(view, story, &selection) });
                });
                let logs = view.strips.first().unwrap();
                part(ui, crate::strip::height(logs), &mut |ui| {
                    strip.show(ui, crate::strip::Shown::alone(logs, &selection, "term"));
                });
                part(ui, crate::timeline::height(story), &mut |ui| {
                    let whole = Time::millis(30_000);
                    let mut shown = crate::timeline::Shown::new(story, view.moment, whole, &selection);
                    shown.flights = &view.flights;
                    timeline.show(ui, shown);
                });
            });
        });
        assert!(pixels.contains(&theme::Palette::of(true).leader), "somebody leads at {ms} ms");
    }
}
