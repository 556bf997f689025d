//! "Break it for me": a search for a run that breaks a promise goes on behind the window, makes what it finds small, and
//! shows it at the moment of the break. What the learner had stays beside it as a branch, and undo goes back there.

use run::hunt::{Broken, Goal, Made, Progress};
use run::{Playback, Run};
use sim::lab::Mode;
use sim::{Lab, Moment, Span, Time};

use super::State;
use crate::action::{Selection, Tab};
use crate::amount::amount;
use crate::pursuit::{Pursuit, Standing};

/// What the panel asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// This is to be broken.
    Choose(Goal),
    /// Whether what was done to the run so far is done in every run that is tried.
    Keep(bool),
    /// Begins, on what was chosen.
    Begin,
    /// Chooses what this pothole breaks, and begins.
    BeginWith(&'static str),
    /// Enough: ends with what there is.
    Stop,
    /// Shows what was found, at the moment of the break.
    Show,
    /// Plays what was found from a little before it begins to go wrong.
    Play,
}

/// So long before the first thing that was done a run that was found is played from.
const BEFORE: Span = Span::millis(300);
/// Between two looks at a search that goes on by itself, in seconds.
const LOOK_SECONDS: f64 = 0.1;

/// A search, under way or ended.
pub struct Search {
    base: Run,
    goal: Goal,
    /// Nobody, once it has ended.
    pursuit: Option<Pursuit>,
    standing: Standing,
    stopped: bool,
}

impl Search {
    fn begin(base: Run, goal: Goal) -> Self {
        let mut pursuit = Pursuit::start(&base, goal, None);
        let standing = pursuit.look();
        Self { base, goal, pursuit: Some(pursuit), standing, stopped: false }
    }

    /// Whether it goes on.
    pub fn is_on(&self) -> bool {
        self.pursuit.is_some()
    }

    /// The lab it is about.
    pub fn lab(&self) -> &'static dyn Lab {
        self.base.lab()
    }

    /// What is to be broken.
    pub fn goal(&self) -> Goal {
        self.goal
    }

    /// Whether somebody had enough of it before it was done.
    pub fn was_stopped(&self) -> bool {
        self.stopped
    }

    /// The smallest run so far that breaks the promise.
    pub fn found(&self) -> Option<(&Run, &Broken, Made)> {
        self.standing.best.as_ref().map(|(run, broken, made)| (run, broken, *made))
    }

    /// How far it is, in a sentence.
    pub fn told(&self) -> String {
        let (attempts, events) = self.standing.tried;
        let tried = format!("{} with {}", counted(attempts, "run"), counted(events, "event"));
        match (&self.standing.progress, self.is_on()) {
            (Progress::Hunting { found: 0, .. }, true) => format!("Tried {tried}; none broke it yet"),
            (Progress::Hunting { found, .. }, true) => {
                format!(
                    "Tried {tried}; {} broke it. A few more, to begin from the simplest",
                    counted(*found as u64, "run")
                )
            }
            (Progress::Shrinking { now }, true) => format!(
                "Found. Making it small: of {} are left {}, after {}",
                counted(now.before as u64, "command"),
                now.after,
                counted(now.attempts, "more run")
            ),
            _ => format!("Tried {tried}"),
        }
    }

    /// Looks how it stands; whether it has ended just now.
    fn look(&mut self) -> bool {
        let Some(pursuit) = &mut self.pursuit else { return false };
        self.standing = pursuit.look();
        if self.standing.ended {
            self.pursuit = None;
        }
        self.standing.ended
    }

    fn stop(&mut self) {
        if let Some(pursuit) = &mut self.pursuit {
            pursuit.stop();
            self.stopped = true;
        }
    }
}

fn counted(count: u64, of: &str) -> String {
    let many = if count == 1 { "" } else { "s" };
    format!("{} {of}{many}", amount(count as f64))
}

/// The state of the panel.
#[derive(Default)]
pub struct Breaking {
    goal: Option<(&'static str, Goal)>,
    keep: bool,
    search: Option<Search>,
}

impl Breaking {
    /// What is to be broken in this lab.
    pub fn goal(&self, lab: &dyn Lab) -> Goal {
        self.goal.filter(|(of, _)| *of == lab.about().id).map_or(Goal::Anything, |(_, goal)| goal)
    }

    /// Whether what was done so far is done in every run that is tried.
    pub fn keeps(&self) -> bool {
        self.keep
    }

    /// The search, under way or ended.
    pub fn search(&self) -> Option<&Search> {
        self.search.as_ref()
    }

    /// Whether a search goes on.
    pub fn is_on(&self) -> bool {
        self.search.as_ref().is_some_and(Search::is_on)
    }

    /// In how many seconds it is worth looking again, while a search goes on.
    pub fn next_look(&self) -> Option<f64> {
        self.is_on().then_some(LOOK_SECONDS)
    }
}

/// What there is to break in a run: each goal, its name, and what it says where it does not say it itself.
pub fn goals(run: &Run) -> Vec<(Goal, &'static str, &'static str)> {
    let lab = run.lab();
    let mut goals = vec![(Goal::Anything, "any promise", "Whatever breaks first")];
    let claims = lab.claims(&run.parameters);
    goals.extend(claims.iter().map(|claim| (Goal::Guarantee(claim.guarantee), claim.guarantee, "")));
    let told = |name: &str| claims.iter().any(|claim| claim.guarantee == name);
    for (at, invariant) in lab.invariants().iter().enumerate() {
        if invariant.mode == Mode::Always && !told(invariant.name) {
            goals.push((Goal::Invariant(at), invariant.name, invariant.doc));
        }
    }
    goals
}

impl State {
    /// Carries out what the panel asks for.
    pub(super) fn ask_breaking(&mut self, ask: Ask) {
        match ask {
            Ask::Choose(goal) => self.breaking.goal = Some((self.lab().about().id, goal)),
            Ask::Keep(keep) => self.breaking.keep = keep,
            Ask::Begin => self.begin_to_break(),
            Ask::BeginWith(name) => {
                if let Ok(goal) = Goal::parse(&self.run_to_break(), name) {
                    self.breaking.goal = Some((self.lab().about().id, goal));
                }
                self.show_tab(Tab::Break);
                self.begin_to_break();
            }
            Ask::Stop => {
                if let Some(search) = &mut self.breaking.search {
                    search.stop();
                }
            }
            Ask::Show => self.show_found(false),
            Ask::Play => self.show_found(true),
        }
    }

    fn begin_to_break(&mut self) {
        if self.is_held() {
            return self.toasts.say("The run waits for your guess");
        }
        let goal = self.breaking.goal(self.lab());
        self.breaking.search = Some(Search::begin(self.run_to_break(), goal));
    }

    /// What every run that is tried begins from: the lab, with the settings and potholes in force now.
    fn run_to_break(&self) -> Run {
        let mut run = self.playback.run().clone();
        if !self.breaking.keep {
            run.parameters = self.playback.parameters().clone();
            run.commands.clear();
        }
        run
    }

    /// Looks after the search; when it has ended, shows what it found, unless the learner has turned to something else.
    pub(super) fn follow_search(&mut self) {
        let Some(search) = &mut self.breaking.search else { return };
        if !search.look() {
            return;
        }
        let found = search.found().map(|(_, broken, _)| broken.sentence.clone());
        let same_lab = search.lab().about().id == self.lab().about().id;
        let layout = &self.saved.layout;
        let watched = self.page.is_none() && layout.tab == Tab::Break && self.inspector_shown();
        match found {
            Some(_) if same_lab && (watched || layout.sheet == Tab::Break) && !self.is_held() => {
                self.show_found(false);
            }
            Some(sentence) => self.toasts.say(format!("Broken: {sentence} “Break it for me” shows it")),
            None => {}
        }
    }

    /// Opens the run that was found: at the moment of the break, or to `play` from before anything is done to it.
    fn show_found(&mut self, play: bool) {
        let Some((run, broken, _)) = self.breaking.search.as_ref().and_then(Search::found) else { return };
        let (run, at) = (run.clone(), broken.at);
        let name = format!("{} broken", broken.goal.name(run.lab()));
        let began = run.commands.first().map_or(Time::ZERO, |first| first.at.at);
        let moment =
            if play { Moment::at(Time(began.0.saturating_sub(BEFORE.0))) } else { Moment::end_of(at) };
        if run.lab_id() == self.playback.run().lab_id() {
            self.playback.open_beside(run, moment, &name);
        } else {
            self.playback = Playback::new(run);
            self.playback.seek(moment);
        }
        self.lesson = None;
        self.page = None;
        self.selection = Selection::None;
        self.why = None;
        self.forget_breaks();
        self.saved.layout.reveal_all();
        self.stand();
        if play {
            self.press(crate::command::Command::Play);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Action;
    use crate::state::store::Saved;

    fn state(assignment: &str) -> State {
        let mut run = Run::new(catalog::LABS[0]);
        run.end = Time::millis(8_000);
        run.parameters.assign(assignment).unwrap();
        let mut saved = Saved::default();
        saved.layout.reveal_all();
        let mut state = State::new(Playback::new(run), saved);
        state.wide = true;
        state
    }

    fn until_ended(state: &mut State) {
        while state.breaking.is_on() {
            state.tick(0.1);
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_planted_mistake_is_found_made_small_and_shown_where_it_broke() {
        let mut state = state("ack_before_fsync=on");
        let had = state.playback.run().clone();
        state.apply(Action::ShowTab(Tab::Break));
        state.apply(Action::Breaking(Ask::Choose(Goal::Guarantee("linearizable"))));
        state.apply(Action::Breaking(Ask::Begin));
        assert!(state.breaking.is_on());
        until_ended(&mut state);
        let (found, broken, made) = state.breaking.search().and_then(Search::found).expect("it is found");
        let (found, at) = (found.clone(), broken.at);
        assert!(made.after <= made.before && !broken.sentence.is_empty());
        while state.tick(0.1) {}
        assert_eq!(*state.playback.run(), found);
        assert_eq!(state.playback.shown(), Moment::end_of(at));
        assert!(state.playback.broken_at("linearizable").is_some());
        state.apply(Action::Breaking(Ask::Play));
        let mut frames = 0;
        while state.tick(0.1) {
            frames += 1;
            assert!(frames < 5_000, "it stops at the break");
        }
        assert!(state.playback.shown().at <= at, "{} after {at}", state.playback.shown());
        assert_eq!(state.saved.field_guide.len(), 1);
        state.apply(Action::Window(crate::command::Command::Undo));
        state.apply(Action::Window(crate::command::Command::Undo));
        assert_eq!(*state.playback.run(), had, "what was there is a step of undo away");
    }

    #[test]
    fn what_cannot_be_broken_tells_how_much_was_tried_and_can_be_stopped() {
        let mut state = state("nodes=3");
        state.apply(Action::Breaking(Ask::Begin));
        while state.breaking.search().is_some_and(|search| search.standing.tried.0 < 3) {
            state.tick(0.1);
            std::thread::yield_now();
        }
        state.apply(Action::Breaking(Ask::Stop));
        until_ended(&mut state);
        let search = state.breaking.search().unwrap();
        assert!(search.was_stopped() && search.found().is_none());
        assert!(search.told().starts_with("Tried ") && search.told().contains("events"), "{}", search.told());
        assert_eq!(state.breaking.next_look(), None, "nothing is looked at any more");
    }

    #[test]
    fn what_there_is_to_break_can_be_asked_for_by_name() {
        for lab in catalog::LABS {
            let run = Run::new(*lab);
            let goals = goals(&run);
            assert!(goals.len() > 1);
            for (goal, name, _) in goals.iter().skip(1) {
                assert_eq!(Goal::parse(&run, name).as_ref(), Ok(goal));
            }
        }
    }
}
