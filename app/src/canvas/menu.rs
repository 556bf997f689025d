//! The menu of faults: everything that can be done to a node, a client, a link or a message, at its default value.
//!
//! A menu is data first ([`rows`]), then painted ([`show`]). Opening it is one action and choosing the second: no fault is
//! further away. Pointing at a choice previews it.

use std::sync::Arc;

use eframe::egui::{Align, Button, Layout, Popup, PopupCloseBehavior, Pos2, Ui, vec2};
use sim::command::{ClockChange, Command, DiskChange, LinkSelector, MessageSelector, Quality, Who};
use sim::view::{ActorView, Flight, Status};
use sim::{ActorId, MessageId, Span, View};

use super::cut;
use crate::action::Action;
use crate::icons::{self, Icon};
use crate::theme::{self, Size, Weight, space};

/// What a menu is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A node or client.
    Actor(ActorId),
    /// The link between two; the direction first to second was drawn by hand, where it was.
    Link(ActorId, ActorId),
    /// A message in flight.
    Message(MessageId),
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its words in the row.
    pub words: String,
    /// What it is called alone.
    pub name: String,
    /// What it does.
    pub command: Command,
}

/// A row: one thing to do, or a word and several ways.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Before it.
    pub icon: Option<Icon>,
    /// The word; empty where the only choice says it.
    pub word: &'static str,
    /// The ways.
    pub choices: Vec<Choice>,
}

impl Row {
    fn one(icon: Icon, words: impl Into<String>, command: Command) -> Self {
        let words = words.into();
        Self { icon: Some(icon), word: "", choices: vec![Choice { name: words.clone(), words, command }] }
    }

    fn several(icon: Icon, word: &'static str, choices: impl IntoIterator<Item = (String, Command)>) -> Self {
        let choice =
            |(words, command): (String, Command)| Choice { name: format!("{word} {words}"), words, command };
        Self { icon: Some(icon), word, choices: choices.into_iter().map(choice).collect() }
    }
}

/// What a lab adds to a menu.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extras<'a> {
    /// Ways to lie.
    pub lies: &'a [&'static str],
    /// Timers that can be fired by hand.
    pub timers: &'a [&'static str],
}

const PAUSE: Span = Span::millis(300);
const LATE: Span = Span::millis(50);
const SLOWER: u32 = 10;
const CLOCK_STEP: i64 = 200_000_000;
const CLOCK_DRIFT: i64 = 200_000;
const LOSS: u32 = 1_000;
const DUPLICATES: u32 = 500;

/// The menu of a target; empty where it is gone.
pub fn rows(target: Target, view: &View, extras: Extras<'_>) -> Vec<Row> {
    match target {
        Target::Actor(actor) => {
            view.actor(actor).map(|actor| of_actor(actor, view, extras)).unwrap_or_default()
        }
        Target::Link(a, b) => of_link(a, b),
        Target::Message(id) => {
            let flight = view.flights.iter().find(|flight| flight.id == id);
            flight.map(|flight| of_message(flight, extras)).unwrap_or_default()
        }
    }
}

/// What a menu is called.
pub fn title(target: Target, view: &View) -> String {
    match target {
        Target::Actor(actor) => actor.to_string(),
        Target::Link(a, b) => format!("{a} and {b}"),
        Target::Message(id) => view
            .flights
            .iter()
            .find(|flight| flight.id == id)
            .map(|flight| format!("{} {}→{}", flight.kind, flight.from, flight.to))
            .unwrap_or_default(),
    }
}

fn of_actor(actor: &ActorView, view: &View, extras: Extras<'_>) -> Vec<Row> {
    let who = || Who::Actor(actor.id);
    let mut rows = Vec::new();
    if matches!(actor.status, Status::Down | Status::Off) {
        let word = if actor.status == Status::Off { "Start" } else { "Restart" };
        rows.push(Row::one(Icon::Restart, word, Command::Restart(who())));
        if actor.id.is_node() && actor.status == Status::Down {
            let wipe = Command::Disk { who: who(), change: DiskChange::Wipe, span: None };
            rows.push(Row::one(Icon::Disk, "Wipe its disk", wipe));
        }
        return rows;
    }
    if actor.id.is_node() {
        let crash = |keep, torn| Command::Crash { who: who(), keep, torn };
        rows.push(Row::one(Icon::Lightning, "Crash", crash(None, false)));
        if actor.unsynced > 0 {
            let ways = [
                ("nothing".to_owned(), crash(Some(0), false)),
                ("a torn write".to_owned(), crash(None, true)),
            ];
            rows.push(Row::several(Icon::Lightning, "Crash, keep", ways));
        }
    }
    if actor.status == Status::Paused {
        rows.push(Row::one(Icon::Play, "Resume", Command::Resume(who())));
    } else {
        let pause = |span| Command::Pause { who: who(), span };
        let ways = [(PAUSE.to_string(), pause(Some(PAUSE))), ("until resumed".to_owned(), pause(None))];
        rows.push(Row::several(Icon::Pause, "Pause", ways));
    }
    let slow = |factor| Command::Slow { who: who(), factor, span: None };
    rows.push(if actor.slow > 1 {
        Row::one(Icon::Snail, "No longer slow", slow(1))
    } else {
        Row::one(Icon::Snail, format!("Slow {SLOWER}×"), slow(SLOWER))
    });
    let everybody: Vec<ActorId> = view.actors.iter().map(|actor| actor.id).collect();
    if let Some(command) = cut::cut_off(&[actor.id], &everybody) {
        rows.push(Row::one(Icon::Scissors, "Cut off", command));
    }
    let clock = |change| Command::Clock { who: who(), change, span: None };
    rows.push(Row::several(
        Icon::Clock,
        "Clock",
        [
            ("+200 ms".to_owned(), clock(ClockChange::Step(CLOCK_STEP))),
            ("−200 ms".to_owned(), clock(ClockChange::Step(-CLOCK_STEP))),
            ("fast".to_owned(), clock(ClockChange::Drift(CLOCK_DRIFT))),
            ("slow".to_owned(), clock(ClockChange::Drift(-CLOCK_DRIFT))),
        ],
    ));
    if actor.id.is_node() {
        rows.push(of_disk(actor));
        rows.extend(by_lab(actor, extras));
    }
    rows
}

fn of_disk(actor: &ActorView) -> Row {
    let disk = |change| Command::Disk { who: Who::Actor(actor.id), change, span: None };
    let mut ways = vec![
        ("slow".to_owned(), disk(DiskChange::Slow(SLOWER))),
        ("fail".to_owned(), disk(DiskChange::Fail)),
        ("full".to_owned(), disk(DiskChange::Full)),
        ("corrupt".to_owned(), disk(DiskChange::Corrupt)),
        ("wipe".to_owned(), disk(DiskChange::Wipe)),
    ];
    if !actor.disk.is_empty() {
        ways.insert(0, ("ok".to_owned(), disk(DiskChange::Ok)));
    }
    Row::several(Icon::Disk, "Disk", ways)
}

fn by_lab(actor: &ActorView, extras: Extras<'_>) -> Vec<Row> {
    let mut rows = Vec::new();
    if !extras.timers.is_empty() {
        let fire = |timer: &&str| Command::Fire { who: Who::Actor(actor.id), timer: Arc::from(*timer) };
        let ways = extras.timers.iter().map(|timer| ((*timer).to_owned(), fire(timer)));
        rows.push(Row::several(Icon::NextEvent, "Fire its timer", ways));
    }
    if !extras.lies.is_empty() {
        let lie =
            |how: &str| Command::Lie { who: Who::Actor(actor.id), how: how.into(), to: vec![], span: None };
        let off = (!actor.lies.is_empty()).then(|| ("off".to_owned(), lie("off")));
        let ways = off.into_iter().chain(extras.lies.iter().map(|how| ((*how).to_owned(), lie(how))));
        rows.push(Row::several(Icon::Question, "Lie", ways));
    }
    rows
}

fn of_link(a: ActorId, b: ActorId) -> Vec<Row> {
    let who = Who::Actor;
    let one_way = |from, to| Command::CutOneWay { from: vec![who(from)], to: vec![who(to)], span: None };
    let both = || LinkSelector::Both(who(a), who(b));
    let quality = |quality| Command::Link { links: both(), quality, span: None };
    vec![
        Row::one(Icon::Scissors, "Cut this link", cut::cut(vec![vec![a], vec![b]])),
        Row::one(Icon::Scissors, format!("Cut {a}→{b} only"), one_way(a, b)),
        Row::one(Icon::Scissors, format!("Cut {b}→{a} only"), one_way(b, a)),
        Row::several(
            Icon::Lightning,
            "Make it",
            [
                ("lose 10 %".to_owned(), quality(Some(Quality { loss: Some(LOSS), ..Quality::default() }))),
                ("late 50 ms".to_owned(), quality(Some(Quality { delay: Some(LATE), ..Quality::default() }))),
                (
                    "double 5 %".to_owned(),
                    quality(Some(Quality { duplicate: Some(DUPLICATES), ..Quality::default() })),
                ),
                ("ok".to_owned(), quality(None)),
            ],
        ),
        Row::several(
            Icon::Hand,
            "By hand",
            [("hold".to_owned(), Command::Hold(both())), ("release".to_owned(), Command::Release(both()))],
        ),
    ]
}

/// The words that name a message in flight.
pub fn selector(flight: &Flight) -> MessageSelector {
    MessageSelector {
        from: Some(Who::Actor(flight.from)),
        to: Some(Who::Actor(flight.to)),
        kind: Some(flight.kind.into()),
        number: flight.number,
    }
}

fn of_message(flight: &Flight, extras: Extras<'_>) -> Vec<Row> {
    let which = || selector(flight);
    let mut rows = vec![
        Row::one(Icon::Close, "Lose it", Command::Drop(which())),
        Row::one(Icon::Clock, format!("Delay it by {LATE}"), Command::Delay { which: which(), by: LATE }),
        Row::one(Icon::NextEvent, "Deliver it now", Command::Deliver(which())),
        Row::one(Icon::Copy, "Double it", Command::Duplicate(which())),
    ];
    if !extras.lies.is_empty() {
        let bend = |how: &&str| ((*how).to_owned(), Command::Bend { which: which(), how: Arc::from(*how) });
        rows.push(Row::several(Icon::Question, "Bend it", extras.lies.iter().map(bend)));
    }
    rows
}

/// A menu that is open.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Open {
    /// About what.
    pub target: Target,
    /// Where it was asked for, on the screen.
    pub at: Pos2,
}

/// Paints an open menu. Returns whether it stays open.
pub fn show(ui: &mut Ui, open: Open, view: &View, extras: Extras<'_>, actions: &mut Vec<Action>) -> bool {
    let rows = rows(open.target, view, extras);
    if rows.is_empty() {
        return false;
    }
    let mut stays = true;
    let mut pointed: Option<Command> = None;
    let id = ui.scope_id().with("faults");
    Popup::new(id, ui.ctx().clone(), open.at, ui.layer_id())
        .kind(eframe::egui::PopupKind::Menu)
        .layout(Layout::top_down_justified(Align::Min))
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .open_bool(&mut stays)
        .accessible_name(format!("Do to {}", title(open.target, view)))
        .show(|ui| {
            ui.set_min_width(220.0);
            ui.label(theme::secondary(ui, title(open.target, view)));
            for row in &rows {
                row_ui(ui, row, &mut pointed, actions);
            }
        });
    let chosen = actions.iter().any(|action| matches!(action, Action::Do(_)));
    if chosen || ui.input(|input| input.key_pressed(eframe::egui::Key::Escape)) {
        stays = false;
    }
    // Said once when it changes, not in every frame.
    let pointed = pointed.filter(|_| stays);
    let preview_id = id.with("preview");
    let before: Option<Command> = ui.data(|data| data.get_temp(preview_id).unwrap_or_default());
    if pointed != before {
        ui.data_mut(|data| data.insert_temp(preview_id, pointed.clone()));
        actions.push(Action::Preview(pointed));
    }
    stays
}

fn row_ui(ui: &mut Ui, row: &Row, pointed: &mut Option<Command>, actions: &mut Vec<Action>) {
    let height = theme::control_height(ui);
    let mut choice_ui = |ui: &mut Ui, choice: &Choice, wide: bool| {
        let words =
            eframe::egui::RichText::new(&choice.words).font(theme::words(Size::Secondary, Weight::Medium));
        let button = Button::new(words).frame(!wide).min_size(vec2(0.0, height));
        let response = ui.add(button);
        let response = if choice.words == choice.name {
            response
        } else {
            response.accessible_name(choice.name.clone())
        };
        if response.hovered() || response.has_focus() {
            *pointed = Some(choice.command.clone());
        }
        if response.clicked() {
            actions.push(Action::Do(choice.command.clone()));
        }
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::TIGHT;
        ui.spacing_mut().button_padding.x = 7.0;
        if let Some(icon) = row.icon {
            icons::show(ui, icon, space::ICON_SMALL, theme::palette(ui).soft);
        }
        if let ("", [only]) = (row.word, row.choices.as_slice()) {
            choice_ui(ui, only, true);
            return;
        }
        ui.add_space(7.0);
        ui.label(eframe::egui::RichText::new(row.word).font(theme::words(Size::Secondary, Weight::Medium)));
        for choice in &row.choices {
            choice_ui(ui, choice, false);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::sample;

    fn told(target: Target, view: &View, extras: Extras<'_>) -> String {
        let rows = rows(target, view, extras);
        let row =
            |row: &Row| row.choices.iter().map(|choice| choice.name.clone()).collect::<Vec<_>>().join(", ");
        rows.iter().map(row).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_node_offers_every_fault_at_once() {
        let (view, _) = sample::desk();
        let extras = Extras { lies: &["equivocate"], timers: &["election"] };
        assert_eq!(
            told(Target::Actor(sample::n(2)), &view, extras),
            "Crash\nPause 300 ms, Pause until resumed\nSlow 10×\nCut off\nClock +200 ms, Clock −200 ms, Clock fast, Clock slow\n\
             Disk slow, Disk fail, Disk full, Disk corrupt, Disk wipe\nFire its timer election\nLie equivocate"
        );
    }

    #[test]
    fn what_is_broken_offers_its_mending() {
        let (view, _) = sample::broken_desk();
        assert_eq!(told(Target::Actor(sample::n(2)), &view, Extras::default()), "Restart\nWipe its disk");
        assert!(told(Target::Actor(sample::n(4)), &view, Extras::default()).contains("Resume"));
        assert!(told(Target::Actor(sample::n(3)), &view, Extras::default()).contains("No longer slow"));
        let troubled = told(Target::Actor(sample::n(5)), &view, Extras::default());
        assert!(troubled.contains("Disk ok") && troubled.contains("Crash, keep nothing"), "{troubled}");
    }

    #[test]
    fn clients_links_and_messages() {
        let (view, _) = sample::desk();
        let client = told(Target::Actor(sample::c(1)), &view, Extras { timers: &["election"], lies: &[] });
        assert!(
            client.contains("Cut off") && !client.contains("Crash") && !client.contains("election"),
            "{client}"
        );
        let link = told(Target::Link(sample::n(1), sample::n(3)), &view, Extras::default());
        assert!(link.starts_with("Cut this link\nCut n1→n3 only\nCut n3→n1 only"), "{link}");
        let message = told(Target::Message(view.flights[0].id), &view, Extras::default());
        assert_eq!(message, "Lose it\nDelay it by 50 ms\nDeliver it now\nDouble it");
        assert_eq!(told(Target::Message(MessageId(123_456)), &view, Extras::default()), "");
    }

    #[test]
    fn no_name_stands_twice_in_a_menu() {
        let (view, _) = sample::broken_desk();
        let extras = Extras { lies: &["equivocate", "forge"], timers: &["election", "heartbeat"] };
        for target in [
            Target::Actor(sample::n(5)),
            Target::Link(sample::n(1), sample::n(2)),
            Target::Message(view.flights[0].id),
        ] {
            let names: Vec<String> = rows(target, &view, extras)
                .into_iter()
                .flat_map(|row| row.choices)
                .map(|choice| choice.name)
                .collect();
            let once: std::collections::BTreeSet<&String> = names.iter().collect();
            assert_eq!(once.len(), names.len(), "{names:?}");
        }
    }
}
