//! The state of the window, without the window: the run and the moment shown, which way time goes, what is selected, what
//! is kept between visits. Painting reads it; [`State::apply`] changes it; tests drive both without a screen.

mod apply;
pub mod beside;
pub mod breaking;
pub mod condition;
pub mod faults;
pub mod figures;
pub mod futures;
pub mod gallery;
pub mod history;
mod json;
pub mod judged;
pub mod lesson;
pub mod linked;
pub mod models;
pub mod pace;
mod sight;
pub mod store;
pub mod strips;
pub mod toast;

use sim::ordered::SortedSet;
use std::cell::RefCell;

use run::{LiveVerdict, Playback, Progress, Run};
use sim::{ActorId, Command, EventId, Lab, Moment, Time};

use crate::action::{Page, Selection};
use breaking::Breaking;
use figures::Figures;
use lesson::Course;
use lessons::Signal;
use pace::{Motion, Pace};
use store::{FieldNote, Saved};
use toast::Toasts;

/// What the shell must do that the state cannot: it has neither a clipboard nor a keyboard.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Put this on the clipboard.
    Copy(String),
    /// Open the palette.
    Palette,
    /// Open the box for "run until".
    RunUntil,
    /// Open the box for exports.
    Export,
    /// Put these bytes into a file of this name, or offer them for download.
    Save(String, Vec<u8>),
    /// Apply the preferences to the context.
    Dress,
}

/// The state of the window.
pub struct State {
    /// The run and the moment shown.
    pub playback: Playback,
    /// Which way time goes, and how fast.
    pub pace: Pace,
    /// What is selected.
    pub selection: Selection,
    /// What a command would do, while its button is pointed at.
    pub preview: Option<(Command, String)>,
    /// The event whose causes the inspector shows.
    pub why: Option<EventId>,
    /// What canvas and time line look at more closely.
    sight: sight::Sight,
    /// Other ways the run could go.
    futures: futures::Futures,
    /// The page that lies over the desk.
    pub page: Option<Page>,
    /// The lesson that is open.
    pub lesson: Option<Course>,
    /// What is kept between visits.
    pub saved: Saved,
    /// Figures of many runs.
    pub figures: Figures,
    /// The search for a run that breaks a promise.
    pub breaking: Breaking,
    /// The map of models.
    pub models: models::Models,
    /// How the window is laid out.
    pub stage: linked::Stage,
    /// What is to be brought about.
    pub assignment: Option<linked::Assignment>,
    /// The run beside this one.
    pub beside: Option<beside::Beside>,
    /// A history from a file, shown instead of the run.
    pub history: Option<history::History>,
    /// Short messages.
    pub toasts: Toasts,
    /// How far a long seek has come, while one is under way.
    pub working: Option<f32>,
    /// What the shell must do, oldest first.
    pub requests: Vec<Request>,
    /// Whether the window is wide enough for the inspector to stand beside everything.
    pub wide: bool,
    /// The breaks that have paused the run once already.
    paused_for: SortedSet<EventId>,
    /// Seconds since the link was last kept for a page that reports a crash.
    link_age: f64,
    /// What was said about a run made with another version.
    warned: bool,
}

/// How many events one frame may compute: a few milliseconds' worth.
const EVENTS_A_FRAME: u64 = 8_000;
/// A frame is counted as no longer than this: after a long one time does not leap.
const FRAME_SECONDS: f64 = 0.1;

/// How stale the link for a page that reports a crash may be while nothing is done by hand.
const LINK_SECONDS: f64 = 1.0;

thread_local! {
    static LINK: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The link of the run and moment shown, as of the last frame: what a page that reports a crash offers, when nobody can
/// reach into the window any more. Without `#`.
pub fn current_link() -> String {
    LINK.with(|link| link.try_borrow().map(|link| link.clone()).unwrap_or_default())
}

impl State {
    /// A window on this run, with what was kept from earlier visits.
    pub fn new(playback: Playback, saved: Saved) -> State {
        let pace = Pace::new(saved.preferences.pace);
        State {
            playback,
            pace,
            selection: Selection::None,
            preview: None,
            why: None,
            sight: sight::Sight::default(),
            futures: futures::Futures::default(),
            page: None,
            lesson: None,
            saved,
            figures: Figures::default(),
            breaking: Breaking::default(),
            models: models::Models::default(),
            history: None,
            beside: None,
            stage: linked::Stage::Desk,
            assignment: None,
            toasts: Toasts::default(),
            working: None,
            requests: vec![Request::Dress],
            wide: false,
            paused_for: SortedSet::new(),
            link_age: f64::INFINITY,
            warned: false,
        }
    }

    /// The window as a visitor finds it: a newcomer sees the first screen, another one what was open last.
    pub fn restore(saved: Saved) -> State {
        if saved.layout.first {
            return State::first(saved);
        }
        if let Some(Ok((course, playback))) =
            saved.lesson.clone().map(|(name, step)| Course::resume(&name, step))
        {
            let mut state = State::new(playback, saved);
            state.lesson = Some(course);
            state.reveal_for_the_lesson();
            return state;
        }
        match saved.run.as_deref().map(Run::parse) {
            Some(Ok(opened)) => State::new(Playback::open(opened), saved),
            Some(Err(error)) => {
                let mut state = State::first(saved);
                state.toasts.say(format!("The run that was open cannot be read: {error}"));
                state
            }
            None => State::first(saved),
        }
    }

    /// The first screen: a small cluster at work, one sentence, one button. It is the first lesson's first step.
    pub fn first(saved: Saved) -> State {
        let mut state = match Course::begin(lesson::FIRST) {
            Ok((course, playback)) => {
                let mut state = State::new(playback, saved);
                state.lesson = Some(course);
                let shelves = std::mem::take(&mut state.saved.layout.shelves);
                state.saved.layout = store::Layout { shelves, ..store::Layout::default() };
                state
            }
            Err(_) => {
                let mut state = State::new(Playback::new(lesson::fallback_run()), saved);
                state.saved.layout.reveal_all();
                state
            }
        };
        state.pace.motion = Motion::Forwards;
        state
    }

    /// The run was replaced: nothing is selected, asked or broken any more.
    fn show_afresh(&mut self) {
        self.selection = Selection::None;
        self.why = None;
        self.forget_sight();
        self.preview = None;
        self.lesson = None;
        self.page = None;
        self.history = None;
        self.beside = None;
        self.assignment = None;
        self.warned = false;
        self.stand();
        self.forget_breaks();
    }

    /// Opens what a link, or a run's text, says.
    ///
    /// # Errors
    /// The sentence to show when it cannot be read; nothing has changed then.
    pub fn open_text(&mut self, text: &str) -> Result<(), String> {
        // Some editors begin a file with a mark of its encoding.
        let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if text.starts_with("potholes ") {
            self.show_opened(Run::parse(text).map_err(|error| error.to_string())?);
            return Ok(());
        }
        let linked = linked::Linked::read(text);
        match &linked.run {
            Some(run) => self.show_opened(Run::from_link(run).map_err(|error| error.to_string())?),
            // Words alone are about the run that is open.
            None if linked.has_words() => {}
            None => {
                Run::from_link(text).map_err(|error| error.to_string())?;
            }
        }
        self.heed_link(linked);
        Ok(())
    }

    fn show_opened(&mut self, opened: run::Opened) {
        self.playback = Playback::open(opened);
        self.show_afresh();
        self.saved.layout.reveal_all();
    }

    /// Starts a lab afresh.
    pub fn open_lab(&mut self, lab: &'static dyn Lab) {
        self.playback = Playback::new(Run::new(lab));
        self.show_afresh();
        self.saved.layout.reveal_all();
        self.pace.motion = Motion::Forwards;
    }

    /// The lab.
    pub fn lab(&self) -> &'static dyn Lab {
        self.playback.lab()
    }

    /// Whether the window shows the first screen.
    pub fn is_first(&self) -> bool {
        self.saved.layout.first
    }

    /// Whether a question waits for a prediction: then time stands, and nothing may show its answer.
    pub fn is_held(&self) -> bool {
        self.lesson.as_ref().is_some_and(Course::is_held)
    }

    /// Whether time has come to the end of the run.
    pub fn at_end(&self) -> bool {
        self.playback.shown().at >= self.playback.run().end
    }

    /// A frame of `seconds` has passed. Answers whether another is wanted at once.
    pub fn tick(&mut self, seconds: f64) -> bool {
        self.working = match self.playback.work(EVENTS_A_FRAME) {
            Progress::Done => None,
            Progress::Working { share } => Some(share),
        };
        if self.working.is_none() && self.pace.moves() {
            if self.is_held() {
                self.stand();
            } else {
                self.move_on(seconds.clamp(0.0, FRAME_SECONDS));
            }
        }
        if self.working.is_none() && !self.pace.moves() && !self.is_first() {
            // The run may have stopped, at a break or by a seek, where the lesson has what it waited for.
            let signal =
                self.lesson.as_mut().and_then(|course| course.observe(&self.playback, &mut self.saved));
            self.heed(signal);
        }
        if let Some(course) = &mut self.lesson {
            course.pass(seconds.clamp(0.0, 3_600.0));
        }
        self.link_age += seconds;
        if self.link_age >= LINK_SECONDS {
            self.link_age = 0.0;
            self.remember_link();
        }
        self.warn();
        self.look_at_the_assignment();
        let following = self.follow_beside();
        let told = self.tick_history(seconds);
        let judging = self.judge_models(self.page == Some(Page::Models));
        self.follow_search();
        // A page has no thread beside the window: there the search goes on from frame to frame.
        let searching = cfg!(target_arch = "wasm32") && self.breaking.is_on();
        self.look();
        let trying = self.advance_futures();
        let making = self.figures.advance(self.page == Some(Page::Figures));
        self.pace.moves()
            || self.working.is_some()
            || searching
            || following
            || trying
            || told
            || judging
            || making && self.page == Some(Page::Figures)
    }

    /// Says once that a run made with another version may differ here.
    fn warn(&mut self) {
        if let (Some(warning), false) = (self.playback.warning(), self.warned) {
            self.warned = true;
            self.toasts.say(warning);
        }
    }

    /// Whether the inspector stands, beside everything or as a drawer.
    pub fn inspector_shown(&self) -> bool {
        self.saved.layout.inspector && (self.wide || self.saved.layout.drawer)
    }

    /// Time stands.
    pub fn stand(&mut self) {
        self.pace.motion = Motion::Still;
        self.pace.settle();
    }

    fn move_on(&mut self, seconds: f64) {
        let shown = self.playback.shown().at;
        let events = self.playback.view().events;
        let next = self.playback.next_event_time();
        let wanted = pace::wanted_rate(self.playback.view(), next);
        let nanos = self.pace.advance(seconds, wanted);
        if self.pace.motion == Motion::Backwards {
            let to = Time(shown.0.saturating_sub(nanos));
            self.playback.seek(Moment::end_of(to));
            if to == Time::ZERO {
                self.stand();
            }
            return;
        }
        let end = self.playback.run().end;
        if shown >= end {
            self.stand();
            return;
        }
        let to = Time(shown.0.saturating_add(nanos)).min(end);
        match &mut self.lesson {
            Some(course) => {
                let signal = course.advance(&mut self.playback, to, &mut self.saved);
                self.heed(signal);
            }
            None => self.playback.advance_to(to),
        }
        self.pause_at_a_break(events);
    }

    /// The lesson has something to say: the run rests, and the panels it needs appear. The first screen plays on.
    fn heed(&mut self, signal: Option<Signal>) {
        if signal.is_none() || self.is_first() {
            return;
        }
        self.stand();
        self.reveal_for_the_lesson();
    }

    /// The panels that this step of the lesson needs; those of earlier steps stay.
    pub fn reveal_for_the_lesson(&mut self) {
        let Some(course) = &self.lesson else { return };
        let layout = &mut self.saved.layout;
        for panel in course.session().panels() {
            match panel {
                "logs" | "strip" => layout.logs = true,
                "figures" => (layout.logs, layout.figures) = (true, true),
                "time" | "timeline" => layout.time = true,
                "inspector" => layout.inspector = true,
                "verdict" => (layout.verdict, layout.inspector) = (true, true),
                _ => {}
            }
        }
    }

    /// What an actor is called here: the first screen's client is the reader.
    pub fn name_of(&self, actor: ActorId) -> String {
        let alone = self.lesson.as_ref().is_some_and(|course| course.name() == lesson::FIRST);
        if alone && actor == ActorId::client(1) { "you".to_owned() } else { actor.to_string() }
    }

    /// Stops once at each promise broken since there were `from` events, at the moment it broke. A lesson that waits for
    /// something stops where it says, not here.
    pub fn pause_at_a_break(&mut self, from: EventId) {
        let Some(event) = self.first_break(from) else { return };
        self.paused_for.insert(event);
        if self.lesson.as_ref().is_some_and(|course| course.phase() != lessons::Phase::Done) {
            self.note_break();
            return;
        }
        if let Some(moment) = self.playback.moment_of(event) {
            self.playback.seek(moment);
        }
        self.stand();
        self.saved.layout.verdict = true;
        self.saved.layout.inspector = true;
        self.note_break();
    }

    /// The earliest break that is shown, came after `from` events and has not paused the run.
    fn first_break(&self, from: EventId) -> Option<EventId> {
        let verdict = match self.playback.verdict() {
            LiveVerdict::Broken { event, .. } => Some(*event),
            _ => None,
        };
        let shown = self.playback.view().events;
        let invariants = self.playback.trace().violations.iter().map(|violation| violation.event);
        invariants
            .chain(verdict)
            .filter(|event| *event >= from && *event < shown && !self.paused_for.contains(event))
            .min()
    }

    /// Writes what broke into the field guide, with a link to it.
    fn note_break(&mut self) {
        let sentence = match (self.playback.evidence(), self.playback.trace().violations.last()) {
            (Some(evidence), _) => evidence.headline.clone(),
            (None, Some(violation)) => violation.sentence.to_string(),
            (None, None) => return,
        };
        let note =
            FieldNote { sentence, lab: self.lab().about().title.to_owned(), link: self.playback.link() };
        let notes = &mut self.saved.field_guide;
        if notes.iter().any(|known| known.sentence == note.sentence && known.lab == note.lab) {
            return;
        }
        notes.push(note);
        let too_many = notes.len().saturating_sub(store::FIELD_NOTES);
        notes.drain(..too_many);
    }

    /// The run goes another way from here: its breaks are new ones.
    fn forget_breaks(&mut self) {
        self.paused_for.clear();
        self.pace.settle();
    }

    /// What is to be kept between visits.
    pub fn to_save(&self) -> Saved {
        let shown = self.playback.shown();
        let run = (!self.is_first()).then(|| self.playback.run().write(Some(shown), None));
        let lesson = self.lesson.as_ref().map(|course| (course.name().to_owned(), course.step()));
        Saved { run, lesson, ..self.saved.clone() }
    }

    fn remember_link(&self) {
        LINK.with(|kept| {
            if let Ok(mut kept) = kept.try_borrow_mut() {
                *kept = self.playback.link();
            }
        });
    }

    /// What happened last before the moment shown, as a sentence: the story so far, a line at a time.
    pub fn story_line(&self) -> String {
        if let Some(line) = self.known_story_line() {
            return line;
        }
        let shown = self.playback.shown();
        let events = self.playback.view().events;
        let trace = self.playback.trace();
        let fact = trace.facts.last_that_matters(trace.facts.from(events));
        let fact = fact.and_then(|place| trace.facts.get(place));
        let marks = &trace.story.marks;
        let mark = marks[..marks.partition_point(|mark| mark.event < events)].last();
        match (fact, mark) {
            (Some(fact), Some(mark)) if mark.event > fact.event => format!("{}: {}", mark.at, mark.text),
            (Some(fact), _) => format!("{}: {}", fact.at, fact.sentence),
            (None, Some(mark)) => format!("{}: {}", mark.at, mark.text),
            (None, None) => format!("{}", shown.at),
        }
    }
}
