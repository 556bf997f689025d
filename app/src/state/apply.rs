//! Carrying out what the window's parts ask for: one function a topic.

use run::Playback;
use sim::{ActorId, Command, Moment};

use super::lesson::Course;
use super::linked::Stage;
use super::pace::Motion;
use super::store::ThemeChoice;
use super::{Request, State, condition, faults};
use crate::action::{Action, Edit, Lesson, Page, Selection, Tab};
use crate::command::Command as Key;

/// "Run until" goes on for so many events, and then looks how much that took.
const EVENTS_UNTIL: u64 = 500;
/// What it may take before it rests, so that the window answers: under a second. A condition is asked at each event,
/// and looks at the cluster (what many records cost) and, at worst, at all records of the past.
const COST_UNTIL: u64 = 400_000_000;
/// What a look at the cluster costs, in records of the past.
const COST_LOOK: u64 = 10_000;

impl State {
    /// Carries out what was asked for.
    pub fn apply(&mut self, action: Action) {
        self.link_age = f64::INFINITY;
        self.carry_out(action);
        self.look();
    }

    fn carry_out(&mut self, action: Action) {
        match action {
            Action::Select(selection) => self.select(selection),
            Action::Toggle(actor) => self.select(self.selection.toggled(actor)),
            Action::Do(command) | Action::Mend(command) => self.act(command),
            Action::Preview(command) => self.point_at(command),
            Action::Seek(moment) => self.seek(moment),
            Action::ShowEvent(event) => self.show_event(event),
            Action::OpenWhy(event) => self.open_why(event),
            Action::RunUntil(text) => self.run_until(&text),
            Action::Window(key) => self.press(key),
            Action::Open(page) => self.page = page,
            Action::ShowTab(tab) => self.show_tab(tab),
            Action::ShowStrip(title) => self.show_strip(&title),
            Action::TogglePlot(id) => self.toggle_plot(&id),
            Action::OpenLab(id) => match catalog::lab(id) {
                Some(lab) => self.open_lab(lab),
                None => self.toasts.say(format!("There is no lab called {id} here")),
            },
            Action::OpenText(text) => {
                if let Err(error) = self.open_text(&text) {
                    self.toasts.say(error);
                }
            }
            Action::Edit(edit) => self.edit(edit),
            Action::Lesson(lesson) => self.lesson(lesson),
            Action::Figures(ask) => self.ask_figures(ask),
            Action::PlayFailure(title) => self.play_failure(title),
            Action::Stage(stage) => self.set_stage(stage),
            Action::Assign(assignment) => self.assignment = assignment.map(|assignment| *assignment),
            Action::Beside(ask) => self.ask_beside(ask),
            Action::Models(ask) => self.ask_models(ask),
            Action::History(ask) => self.ask_history(ask),
            Action::Breaking(ask) => self.ask_breaking(ask),
            Action::Pace(factor) => {
                self.pace.factor = factor;
                self.saved.preferences.pace = factor;
            }
            Action::Say(text) => self.toasts.say(text),
            Action::Futures(ask) => self.ask_futures(ask),
            Action::Export(ask) => self.export(&ask),
            Action::Copy(text) => self.requests.push(Request::Copy(text)),
        }
    }

    fn select(&mut self, selection: Selection) {
        if selection != Selection::None {
            self.saved.layout.inspector = !self.is_first();
            self.saved.layout.drawer = true;
            self.saved.layout.tab = Tab::Inspector;
            self.saved.layout.sheet = Tab::Inspector;
        }
        if selection != self.selection || selection == Selection::None {
            self.why = None;
        }
        self.selection = selection;
    }

    /// Does something to the run at the moment shown.
    fn act(&mut self, command: Command) {
        self.preview = None;
        let past = self.playback.in_past();
        match self.playback.act(command) {
            Ok(_) => {
                self.saved.layout.first = false;
                self.forget_breaks();
                if past {
                    self.toasts.say("A new branch begins here; what came after stays beside it");
                }
                self.look_at_the_lesson();
                self.go_on_with_the_lesson();
            }
            Err(error) => self.toasts.say(error.to_string()),
        }
    }

    /// The run was moved or changed by hand: the lesson may have what it waited for.
    pub(super) fn look_at_the_lesson(&mut self) {
        let Some(course) = &mut self.lesson else { return };
        course.woke();
        let signal = course.observe(&self.playback, &mut self.saved);
        self.heed(signal);
    }

    /// In a lesson that waits for what the learner's hand has begun, the run goes on by itself.
    fn go_on_with_the_lesson(&mut self) {
        let waits = self.lesson.as_ref().is_some_and(|course| course.phase() == lessons::Phase::Acting);
        if waits && !self.is_first() && !self.at_end() {
            self.play(Motion::Forwards);
        }
    }

    fn point_at(&mut self, command: Option<Command>) {
        self.preview = match command {
            // Nothing on screen says what becomes of an open question.
            Some(_) if self.is_held() => None,
            Some(command) if self.preview.as_ref().is_some_and(|(shown, _)| *shown == command) => return,
            Some(command) => {
                let told = self.playback.preview(&command);
                Some((command, told))
            }
            None => None,
        };
    }

    pub(super) fn seek(&mut self, moment: Moment) {
        self.stand();
        self.playback.seek(moment.min(Moment::end_of(self.playback.run().end)));
    }

    fn show_event(&mut self, event: sim::EventId) {
        if let Some(moment) = self.playback.moment_of(event) {
            self.seek(moment);
        }
    }

    fn open_why(&mut self, event: sim::EventId) {
        self.why = Some(event);
        let layout = &mut self.saved.layout;
        (layout.time, layout.inspector, layout.drawer) = (true, true, true);
        layout.tab = Tab::Inspector;
        layout.sheet = Tab::Inspector;
    }

    fn run_until(&mut self, text: &str) {
        let condition = match condition::read(text) {
            Ok(condition) => condition.since(self.playback.view().events),
            Err(error) => return self.toasts.say(error),
        };
        if self.is_held() {
            return self.toasts.say("The run waits for your guess");
        }
        let (limit, mut left) = (self.playback.run().end, COST_UNTIL);
        let holds = |playback: &Playback| condition.holds(playback);
        let (mut reached, mut ended) = (false, false);
        while !reached && !ended && left > 0 {
            let before = self.playback.events();
            reached = self.playback.run_until(&holds, limit, EVENTS_UNTIL);
            ended = self.playback.events().0 < before.0 + EVENTS_UNTIL;
            let trace = self.playback.trace();
            let records = trace.story.arrows.len() + trace.story.operations.len() + trace.facts.len();
            left = left.saturating_sub(EVENTS_UNTIL * (COST_LOOK + records as u64));
        }
        self.stand();
        let shown = self.playback.shown().at;
        self.toasts.say(match (reached, ended) {
            (true, _) => format!("{text} holds at {shown}"),
            (false, true) => format!("Not until {shown}: {text}"),
            (false, false) => format!("Not until {shown}, so far: ask again to go on"),
        });
    }

    pub(super) fn show_tab(&mut self, tab: Tab) {
        let layout = &mut self.saved.layout;
        layout.sheet = tab;
        match tab {
            Tab::Logs => (layout.logs, layout.logs_before_time) = (true, true),
            Tab::Time => (layout.time, layout.logs_before_time) = (true, false),
            Tab::Lesson => {}
            Tab::Verdict
            | Tab::Inspector
            | Tab::Commands
            | Tab::Settings
            | Tab::Client
            | Tab::Break
            | Tab::Beside => {
                if tab == Tab::Verdict {
                    layout.verdict = true;
                    self.selection = Selection::None;
                    self.why = None;
                }
                (layout.inspector, layout.drawer) = (true, true);
                layout.tab = tab;
            }
        }
    }

    /// A window's command, from a key, a button or the palette.
    pub fn press(&mut self, key: Key) {
        use crate::command::Topic;
        match key.entry().topic {
            Topic::Time if self.press_history(key) => {}
            Topic::Time => self.press_time(key),
            Topic::Faults => self.press_fault(key),
            Topic::Run => self.press_run(key),
            Topic::Window => self.press_window(key),
        }
    }

    fn press_time(&mut self, key: Key) {
        let forwards = self.pace.motion == Motion::Forwards;
        match key {
            Key::PlayOrPause if self.pace.moves() => self.stand(),
            Key::PlayOrPause => self.play(Motion::Forwards),
            Key::Play if forwards => self.step_pace(true),
            Key::Play => self.play(Motion::Forwards),
            Key::Pause => self.stand(),
            Key::PlayBack => self.play(Motion::Backwards),
            Key::Slower => self.step_pace(false),
            Key::Faster => self.step_pace(true),
            Key::ToStart => self.seek(Moment::START),
            Key::ToEnd => self.seek(self.playback.frontier()),
            Key::StepBack | Key::PreviousEvent => {
                self.stand();
                let moved = match key {
                    Key::StepBack => self.playback.step_back(),
                    _ => self.playback.back_to_previous_that_matters(),
                };
                if !moved {
                    self.toasts.say("This is the beginning");
                }
            }
            _ => self.step_on(key),
        }
    }

    fn step_on(&mut self, key: Key) {
        self.stand();
        if self.is_held() {
            return self.toasts.say("The run waits for your guess");
        }
        let from = self.playback.view().events;
        let moved = match key {
            Key::Step => self.playback.step(),
            _ => self.playback.step_to_next_that_matters(),
        };
        if moved {
            self.pause_at_a_break(from);
            self.look_at_the_lesson();
        } else {
            self.toasts.say("Nothing more happens in this run");
        }
    }

    fn play(&mut self, motion: Motion) {
        if self.is_held() {
            return self.toasts.say("The run waits for your guess");
        }
        if motion == Motion::Forwards && self.at_end() {
            return self.toasts.say("The run ends here; a longer one is in its settings");
        }
        self.pace.settle();
        self.pace.motion = motion;
    }

    fn step_pace(&mut self, up: bool) {
        self.pace.step_factor(up);
        self.saved.preferences.pace = self.pace.factor;
    }

    fn press_fault(&mut self, key: Key) {
        match faults::of_key(key, &self.selection, self.playback.view(), self.lab()) {
            Ok(commands) => commands.into_iter().for_each(|command| self.act(command)),
            Err(why_not) => self.toasts.say(why_not),
        }
    }

    fn press_run(&mut self, key: Key) {
        match key {
            Key::Undo => self.undo(),
            Key::Redo => match self.playback.redo() {
                Some(what) => {
                    self.forget_breaks();
                    self.toasts.say(format!("Done again: {what}"));
                }
                None => self.toasts.say("Nothing to do again"),
            },
            Key::CopyLink => {
                self.requests.push(Request::Copy(self.playback.link()));
                self.toasts.say("The link is on the clipboard: it opens this run at this moment");
            }
            Key::RunUntil => self.requests.push(Request::RunUntil),
            Key::Export => self.requests.push(Request::Export),
            Key::Commands => self.show_tab(Tab::Commands),
            Key::Parameters => self.show_tab(Tab::Settings),
            Key::Client => self.show_tab(Tab::Client),
            Key::Beside => self.show_tab(Tab::Beside),
            Key::BreakIt => self.show_tab(Tab::Break),
            _ => {}
        }
    }

    fn undo(&mut self) {
        match self.playback.undo() {
            Some(what) => {
                self.stand();
                self.forget_breaks();
                self.toasts.say(format!("Undone: {what}. What it led to stays as a branch"));
            }
            None => self.toasts.say("Nothing to undo"),
        }
    }

    fn press_window(&mut self, key: Key) {
        match key {
            Key::Palette => self.requests.push(Request::Palette),
            Key::Lessons => self.page = Some(Page::Lessons),
            Key::Labs => self.page = Some(Page::Labs),
            Key::FieldGuide => self.page = Some(Page::FieldGuide),
            Key::Words => self.page = Some(Page::Words),
            Key::Settings => self.page = Some(Page::Settings),
            Key::Gallery => self.page = Some(Page::Gallery),
            Key::Assignment => self.page = Some(Page::Assignment),
            Key::Present if self.stage == Stage::Present => self.set_stage(Stage::Desk),
            Key::Present => {
                self.page = None;
                self.set_stage(Stage::Present);
            }
            Key::Models => self.page = Some(Page::Models),
            Key::Figures => self.page = Some(Page::Figures),
            Key::NextStrip => self.next_strip(),
            Key::Knowledge => self.toggle_knowledge(),
            Key::Inspector => {
                let (shown, wide) = (self.inspector_shown(), self.wide);
                let layout = &mut self.saved.layout;
                // Beside everything it is taken away; as a drawer it is shut.
                (layout.inspector, layout.drawer) = (!shown || !wide, !shown);
            }
            Key::Theme => {
                let preferences = &mut self.saved.preferences;
                preferences.theme = match preferences.theme {
                    ThemeChoice::System | ThemeChoice::Dark => ThemeChoice::Light,
                    ThemeChoice::Light => ThemeChoice::Dark,
                };
                self.requests.push(Request::Dress);
            }
            Key::First => {
                let saved = self.saved.clone();
                *self = State::first(saved);
            }
            _ => {}
        }
    }

    /// Writes a part of the run into a file: its bytes are the shell's to put somewhere.
    fn export(&mut self, ask: &crate::export::Ask) {
        let theme = match self.saved.preferences.theme {
            ThemeChoice::Light => eframe::egui::Theme::Light,
            ThemeChoice::System | ThemeChoice::Dark => eframe::egui::Theme::Dark,
        };
        match crate::export::of_state(self, ask, theme) {
            Ok(bytes) => self.requests.push(Request::Save(ask.name.clone(), bytes)),
            Err(refused) => self.toasts.say(refused),
        }
    }

    /// Selects the `number`-th node, or marks it as well.
    pub fn select_node(&mut self, number: u16, mark: bool) {
        let actor = ActorId::node(number);
        if self.playback.view().actor(actor).is_some() {
            self.apply(if mark { Action::Toggle(actor) } else { Action::Select(Selection::Actor(actor)) });
        }
    }

    fn edit(&mut self, edit: Edit) {
        let shown = self.playback.shown();
        match edit {
            Edit::Commands(commands) => self.playback.set_commands(commands),
            Edit::Parameter(assignment) => {
                if let Err(error) = self.playback.set_parameter(&assignment) {
                    return self.toasts.say(error.to_string());
                }
            }
            Edit::Seed(seed) => {
                self.playback.set_seed(seed.min(run::run::SEED_LIMIT - 1));
                self.playback.seek(shown);
            }
            Edit::Chaos(chaos) => {
                self.playback.set_chaos(chaos);
                self.playback.seek(shown);
            }
            Edit::Length(text) => match run::text::length(&text) {
                Ok(end) => self.playback.set_end(end),
                Err(error) => return self.toasts.say(error.to_string()),
            },
            Edit::Branch(at) => self.playback.switch_to(at),
            Edit::ForgetBranch(at) => drop(self.playback.remove_branch(at)),
            Edit::NameBranch(at, name) => self.playback.rename_branch(at, &name),
        }
        self.forget_breaks();
        self.look_at_the_lesson();
    }

    fn lesson(&mut self, ask: Lesson) {
        if let Lesson::Begin(name) = &ask {
            return self.begin_lesson(name);
        }
        if ask == Lesson::Leave {
            self.lesson = None;
            self.saved.layout.reveal_all();
            return;
        }
        let Some(course) = &mut self.lesson else { return };
        let goes_on = course.apply(&ask, &mut self.playback, &mut self.saved);
        // A newcomer who pressed the button has begun.
        self.saved.layout.first &= ask != Lesson::DoIt;
        self.forget_breaks();
        self.reveal_for_the_lesson();
        match goes_on {
            Ok(true) => self.play(Motion::Forwards),
            Ok(false) => self.look_at_the_lesson(),
            Err(error) => self.toasts.say(error),
        }
    }

    fn begin_lesson(&mut self, name: &str) {
        match Course::begin(name) {
            Ok((course, playback)) => {
                let plays = course.phase() == lessons::Phase::Playing;
                self.playback = playback;
                self.forget_sight();
                self.show_afresh();
                self.lesson = Some(course);
                let layout = &mut self.saved.layout;
                (layout.first, layout.sheet, layout.drawer) = (false, Tab::Lesson, false);
                self.reveal_for_the_lesson();
                if plays {
                    self.play(Motion::Forwards);
                }
            }
            Err(error) => self.toasts.say(error),
        }
    }
}
