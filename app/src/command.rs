//! What the window can be told to do, whatever tells it: a button, a menu, the keyboard, the palette. Name, explanation,
//! keys and icon of each stand here once; the rest of the window reads them.
//!
//! Single letters are keys too, unless the learner turned them off. `J`, `K` and `L` are the pace, as in a video editor;
//! so the fault whose word begins with K, the clock's, is on `T`.

use eframe::egui::{Context, Key, KeyboardShortcut, ModifierNames, Modifiers, os::OperatingSystem};

use crate::icons::Icon;

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn shifted(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}

const fn command(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

/// What the palette and the page of keys put a command under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Time and pace.
    Time,
    /// Faults on what is selected, and mending.
    Faults,
    /// The run: undo, link, run until.
    Run,
    /// What is shown.
    Window,
}

impl Topic {
    /// All of them, in the order the page of keys shows them.
    pub const ALL: &'static [Topic] = &[Topic::Time, Topic::Faults, Topic::Run, Topic::Window];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Topic::Time => "Time",
            Topic::Faults => "Faults",
            Topic::Run => "The run",
            Topic::Window => "The window",
        }
    }
}

/// Everything about a command that does not depend on the moment.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// For tests and scripts: `play_or_pause`.
    pub id: &'static str,
    /// On a button, in a menu, in the palette.
    pub label: &'static str,
    /// What it does, in a sentence.
    pub tooltip: &'static str,
    /// What it is about.
    pub topic: Topic,
    /// Its keys; the first is the one shown.
    pub keys: &'static [KeyboardShortcut],
    /// Its icon, where it has one.
    pub icon: Option<Icon>,
}

macro_rules! commands {
    ($($name:ident: $id:literal, $label:literal, $tooltip:literal, $topic:ident, [$($key:expr),*], $icon:expr;)*) => {
        /// What the window can be told to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Command {
            $(#[doc = $tooltip] $name,)*
        }

        impl Command {
            /// All of them, in the order the palette lists them.
            pub const ALL: &'static [Command] = &[$(Command::$name,)*];

            /// What it is called, what it does, its keys.
            pub const fn entry(self) -> &'static Entry {
                match self {
                    $(Command::$name => {
                        const ENTRY: Entry = Entry {
                            id: $id,
                            label: $label,
                            tooltip: $tooltip,
                            topic: Topic::$topic,
                            keys: &[$($key),*],
                            icon: $icon,
                        };
                        &ENTRY
                    })*
                }
            }
        }
    };
}

commands! {
    PlayOrPause: "play_or_pause", "Play or pause", "Let the run go on, or hold it", Time,
        [plain(Key::Space)], Some(Icon::Play);
    PlayBack: "play_back", "Play back", "Let time run backwards", Time, [plain(Key::J)], None;
    Pause: "pause", "Pause", "Hold the run at this moment", Time, [plain(Key::K)], Some(Icon::Pause);
    Play: "play", "Play", "Let the run go on; again, twice as fast", Time, [plain(Key::L)], Some(Icon::Play);
    StepBack: "step_back", "Step back", "One event back", Time, [plain(Key::ArrowLeft)], Some(Icon::StepBack);
    Step: "step", "Step", "One event on", Time, [plain(Key::ArrowRight)], Some(Icon::Step);
    PreviousEvent: "previous_event", "Previous event that matters", "Back to the last event that matters", Time,
        [shifted(Key::ArrowLeft)], Some(Icon::PreviousEvent);
    NextEvent: "next_event", "Next event that matters", "On to the next event that matters", Time,
        [shifted(Key::ArrowRight)], Some(Icon::NextEvent);
    ToStart: "to_start", "To the beginning", "Back to the beginning of the run", Time, [plain(Key::Home)], Some(Icon::ToStart);
    ToEnd: "to_end", "To the end", "To the last moment that has been played", Time, [plain(Key::End)], Some(Icon::ToEnd);
    Slower: "slower", "Slower", "Half the pace", Time, [plain(Key::Comma)], Some(Icon::Minus);
    Faster: "faster", "Faster", "Twice the pace", Time, [plain(Key::Period)], Some(Icon::Plus);

    Crash: "crash", "Crash", "Stop it at once; what its disk has not kept is gone. Once down, restart it", Faults,
        [plain(Key::C)], Some(Icon::Lightning);
    PauseNode: "pause_node", "Pause", "Let it do nothing while what arrives waits, as a long collection does", Faults,
        [plain(Key::P)], Some(Icon::Pause);
    CutOff: "cut_off", "Cut off", "Let no message pass between what is marked and all others", Faults,
        [plain(Key::X)], Some(Icon::Scissors);
    Slow: "slow", "Slow", "Make all its work take ten times as long", Faults, [plain(Key::S)], Some(Icon::Snail);
    Clock: "clock", "Clock", "Set its clock wrong, or let it drift", Faults, [plain(Key::T)], Some(Icon::Clock);
    Disk: "disk", "Disk", "Make its disk slow, failing, full or empty", Faults, [plain(Key::D)], Some(Icon::Disk);
    FireTimer: "fire_timer", "Fire its timer", "Let its timer go off now", Faults, [plain(Key::F)], Some(Icon::Flag);
    Heal: "heal", "Heal everything", "Mend every cut, restart what is down, end every fault", Faults,
        [plain(Key::H)], Some(Icon::Restart);

    Undo: "undo", "Undo", "Take back what was done last; what it led to stays as a branch", Run,
        [command(Key::Z)], Some(Icon::Undo);
    Redo: "redo", "Redo", "Do again what was undone", Run,
        [KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z), command(Key::Y)], Some(Icon::Redo);
    CopyLink: "copy_link", "Copy link", "Copy a link that opens exactly this run at this moment", Run,
        [command(Key::C)], Some(Icon::Link);
    Export: "export", "Export …", "Write the space-time diagram, or a log for another viewer, into a file", Run,
        [command(Key::S)], None;
    RunUntil: "run_until", "Run until …", "Go on until a condition holds", Run, [plain(Key::U)], Some(Icon::Flag);
    Commands: "commands", "Commands", "What has been done to this run, as a list to edit", Run,
        [plain(Key::E)], None;
    Parameters: "parameters", "Settings and potholes", "The lab's parameters, its potholes, its seed", Run,
        [plain(Key::O)], Some(Icon::Gear);
    BreakIt: "break_it", "Break it for me", "Search for a run in which a promise breaks, and show it", Run,
        [plain(Key::B)], Some(Icon::Lightning);
    Beside: "beside", "Side by side", "Another lab or another setting beside this run, with the same faults", Run,
        [plain(Key::V)], None;
    Client: "client", "Ask by hand", "Send a client's request yourself", Run, [plain(Key::A)], Some(Icon::Hand);

    Palette: "palette", "Search", "Find every lab, lesson, fault and command", Window,
        [command(Key::P), command(Key::K), plain(Key::Slash)], Some(Icon::Search);
    Lessons: "lessons", "Lessons", "Every lesson, and how far you are", Window, [], None;
    Labs: "labs", "Labs", "Every lab", Window, [], None;
    FieldGuide: "field_guide", "Field guide", "The mistakes you have caused, with their links", Window, [], None;
    Figures: "figures", "Figures", "Published figures made again, and any measure over many runs", Window,
        [plain(Key::G)], None;
    Models: "models", "Map of models", "Every consistency model, and which of them this run keeps", Window,
        [plain(Key::M)], None;
    Gallery: "gallery", "Gallery of failures", "Infamous failures, each a run that plays", Window, [], None;
    Assignment: "assignment", "Make an assignment", "A link that opens this run and asks for something", Window, [], None;
    Present: "present", "Present", "Large and clean, for an audience; keys alone. Esc leaves it", Window,
        [shifted(Key::P)], None;
    NextStrip: "next_strip", "Next strip", "The lab's next strip under the canvas, or figures of this run", Window,
        [plain(Key::N)], None;
    Knowledge: "knowledge", "What can it know?", "Show only what the selected node or client can know; again, everything",
        Window, [plain(Key::Q)], None;
    Words: "words", "Words", "The words of this lab, explained", Window, [plain(Key::W)], Some(Icon::Question);
    Inspector: "inspector", "Inspector", "Show or hide what is selected", Window, [plain(Key::I)], None;
    Theme: "theme", "Dark or light", "Another theme", Window, [], Some(Icon::Theme);
    Settings: "settings", "Keys and preferences", "What every key does; theme, motion, text size", Window,
        [command(Key::Comma), shifted(Key::Questionmark), plain(Key::Questionmark)], Some(Icon::Gear);
    First: "first", "From the beginning", "The first screen again", Window, [], None;
}

impl Command {
    /// The command of that id.
    pub fn named(id: &str) -> Option<Command> {
        Command::ALL.iter().copied().find(|command| command.entry().id == id)
    }

    /// The key that is shown for it: `Ctrl+P`, `X`; empty where it has none.
    pub fn key(self, context: &Context) -> String {
        self.entry().keys.first().map_or_else(String::new, |key| key_name(context, key))
    }

    /// What stands in a tooltip: what it does, and its key.
    pub fn tip(self, context: &Context) -> String {
        let entry = self.entry();
        match self.key(context) {
            key if key.is_empty() => entry.tooltip.to_owned(),
            key => format!("{} ({key})", entry.tooltip),
        }
    }

    /// Whether its fault needs somebody selected.
    pub const fn needs_somebody(self) -> bool {
        matches!(
            self,
            Command::Crash
                | Command::PauseNode
                | Command::CutOff
                | Command::Slow
                | Command::Clock
                | Command::Disk
                | Command::FireTimer
        )
    }
}

/// A key as this machine names it, written with words rather than signs that a face may lack.
pub fn key_name(context: &Context, shortcut: &KeyboardShortcut) -> String {
    let mac = matches!(context.os(), OperatingSystem::Mac | OperatingSystem::IOS);
    let name = match shortcut.logical_key {
        Key::ArrowLeft => "Left",
        Key::ArrowRight => "Right",
        Key::Questionmark => "?",
        Key::Comma => ",",
        Key::Period => ".",
        Key::Slash => "/",
        key => key.name(),
    };
    let held = if shortcut.logical_key == Key::Questionmark { Modifiers::NONE } else { shortcut.modifiers };
    let names = ModifierNames { concat: "+", ..ModifierNames::NAMES };
    match names.format(&held, mac) {
        held if held.is_empty() => name.to_owned(),
        held => format!("{held}+{name}"),
    }
}

/// Whether a key is a bare letter or sign, which the learner may have turned off. Space, arrows, Home and End are not.
const fn is_letter(shortcut: &KeyboardShortcut) -> bool {
    let bare = !shortcut.modifiers.command && !shortcut.modifiers.ctrl && !shortcut.modifiers.alt;
    bare && !matches!(
        shortcut.logical_key,
        Key::Space | Key::ArrowLeft | Key::ArrowRight | Key::Home | Key::End
    )
}

/// The commands whose keys were pressed since the last frame, with those keys taken out of the input.
///
/// `letters`: whether single letters are keys. Nothing is taken while a text is being edited; space stays with the
/// control that has the focus, and arrows with one that keeps them.
pub fn pressed(context: &Context, letters: bool) -> Vec<Command> {
    let editing = context.text_edit_focused();
    let focused = context.memory(|memory| memory.focused().is_some());
    let mut found = Vec::new();
    let mut all: Vec<(Command, KeyboardShortcut)> = Command::ALL
        .iter()
        .flat_map(|command| command.entry().keys.iter().map(|key| (*command, *key)))
        .collect();
    // A key with more held asks first: Ctrl+Shift+Z must not be taken for Ctrl+Z.
    all.sort_by_key(|(_, key)| std::cmp::Reverse(held(key)));
    context.input_mut(|input| {
        for (command, key) in all {
            let opens_search = command == Command::Palette && !is_letter(&key);
            if editing && !opens_search || is_letter(&key) && !letters {
                continue;
            }
            let of_the_focus = matches!(key.logical_key, Key::Space | Key::ArrowLeft | Key::ArrowRight);
            if focused && of_the_focus && key.modifiers.is_none() {
                continue;
            }
            if input.consume_shortcut(&key) {
                found.push(command);
            }
        }
        let copied = input.events.iter().any(|event| matches!(event, eframe::egui::Event::Copy));
        if copied && !editing {
            found.push(Command::CopyLink);
        }
    });
    found
}

fn held(key: &KeyboardShortcut) -> u32 {
    let modifiers = key.modifiers;
    [modifiers.shift, modifiers.alt, modifiers.command || modifiers.ctrl].into_iter().map(u32::from).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{Event, RawInput};
    use std::collections::BTreeSet;

    fn press(key: Key, modifiers: Modifiers, letters: bool) -> Vec<Command> {
        let context = Context::default();
        let event = Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
        let mut found = Vec::new();
        let input = RawInput { events: vec![event], ..RawInput::default() };
        context.run_ui(input, |ui| found = pressed(ui.ctx(), letters)).drop_without_applying_deltas();
        found
    }

    #[test]
    fn no_key_has_two_meanings() {
        let mut seen = BTreeSet::new();
        for command in Command::ALL {
            for key in command.entry().keys {
                assert!(seen.insert(format!("{key:?}")), "{key:?} is also {}", command.entry().label);
            }
        }
        let ids: BTreeSet<&str> = Command::ALL.iter().map(|command| command.entry().id).collect();
        assert_eq!(ids.len(), Command::ALL.len());
        for command in Command::ALL {
            assert_eq!(Command::named(command.entry().id), Some(*command));
        }
    }

    #[test]
    fn keys_find_their_commands() {
        assert_eq!(press(Key::C, Modifiers::NONE, true), [Command::Crash]);
        assert_eq!(press(Key::T, Modifiers::NONE, true), [Command::Clock]);
        assert_eq!(press(Key::K, Modifiers::NONE, true), [Command::Pause]);
        assert_eq!(press(Key::K, Modifiers::COMMAND, true), [Command::Palette]);
        assert_eq!(press(Key::Z, Modifiers::COMMAND, true), [Command::Undo]);
        assert_eq!(press(Key::Z, Modifiers::COMMAND | Modifiers::SHIFT, true), [Command::Redo]);
        assert_eq!(press(Key::ArrowRight, Modifiers::SHIFT, true), [Command::NextEvent]);
    }

    #[test]
    fn letters_can_be_turned_off() {
        assert!(press(Key::C, Modifiers::NONE, false).is_empty());
        assert_eq!(press(Key::Space, Modifiers::NONE, false), [Command::PlayOrPause]);
        assert_eq!(press(Key::P, Modifiers::COMMAND, false), [Command::Palette]);
    }

    #[test]
    fn a_tip_names_the_key() {
        let context = Context::default();
        assert_eq!(Command::CutOff.key(&context), "X");
        assert!(Command::Palette.tip(&context).ends_with("(Ctrl+P)"), "{}", Command::Palette.tip(&context));
        assert_eq!(Command::NextEvent.key(&context), "Shift+Right");
    }
}
