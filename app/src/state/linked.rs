//! What a link says beside its run: `#2…&embed&play`, and an assignment.
//!
//! | word | means |
//! |-|-|
//! | `embed` | no panels: for an article or a slide |
//! | `present` | large and clean, for a lecture |
//! | `play` | plays at once |
//! | `task=…`, `goal=…`, `faults=…` | an [`Assignment`]: what to do, when it is done, with how many faults at most |
//!
//! Words that are not known are left alone: a later version may know them.

use sim::command::KERNEL_WORDS;
use sim::{Command, Moment};

use super::condition::{self, Condition};
use super::{Request, State};

/// How the window is laid out, as a link or a command asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// With everything.
    #[default]
    Desk,
    /// Without panels: cluster, time line, the controls.
    Embed,
    /// Large and clean, by keys alone.
    Present,
}

/// Something to bring about: "cause a stale read with one fault".
#[derive(Clone, Debug)]
pub struct Assignment {
    /// What to do.
    pub task: String,
    /// When it is done, in the lessons' language.
    pub goal: String,
    /// With no more faults than these.
    pub faults: Option<u32>,
    condition: Condition,
    /// The moment at which it was first seen to be done.
    pub done: Option<Moment>,
}

impl PartialEq for Assignment {
    fn eq(&self, other: &Self) -> bool {
        self.words() == other.words() && self.done == other.done
    }
}

/// No task is longer, in characters.
const LONGEST_TASK: usize = 300;
/// No goal is longer.
const LONGEST_GOAL: usize = 500;

impl Assignment {
    /// An assignment.
    ///
    /// # Errors
    /// The sentence to show when its goal cannot be read.
    pub fn new(task: &str, goal: &str, faults: Option<u32>) -> Result<Self, String> {
        let goal: String = goal.trim().chars().take(LONGEST_GOAL).collect();
        let condition = condition::read(&goal)?;
        let task = task.trim().chars().take(LONGEST_TASK).collect();
        Ok(Self { task, goal, faults, condition, done: None })
    }

    /// What stands in a link for it: `&task=…&goal=…`.
    pub fn words(&self) -> String {
        let faults = self.faults.map(|faults| format!("&faults={faults}")).unwrap_or_default();
        format!("&task={}&goal={}{faults}", encoded(&self.task), encoded(&self.goal))
    }

    /// Whether the run as it is shown does what is asked for.
    pub fn holds(&self, playback: &run::Playback) -> bool {
        let few = self.faults.is_none_or(|most| faults_of(playback.run()) <= most);
        few && self.condition.holds(playback)
    }
}

/// How many faults a run's hand has caused: its commands but for clients' requests, mending and settings.
pub fn faults_of(run: &run::Run) -> u32 {
    let is_fault = |command: &Command| {
        let text = command.to_string();
        let word = text.split(' ').next().unwrap_or_default();
        let mends = matches!(word, "mend" | "heal" | "restart" | "resume" | "set");
        KERNEL_WORDS.contains(&word) && !mends
    };
    let faults = run.commands.iter().filter(|timed| !timed.disabled && is_fault(&timed.command)).count();
    u32::try_from(faults).unwrap_or(u32::MAX)
}

/// A link's run, and the words beside it.
#[derive(Debug, Default)]
pub struct Linked {
    /// The run; nothing where a link has only words.
    pub run: Option<String>,
    /// The layout.
    pub stage: Stage,
    /// Whether it plays at once.
    pub play: bool,
    /// What is to be done.
    pub assignment: Option<Assignment>,
    /// What could not be read.
    pub wrong: Option<String>,
}

impl Linked {
    /// Whether it says anything beside a run.
    pub fn has_words(&self) -> bool {
        self.stage != Stage::Desk || self.play || self.assignment.is_some() || self.wrong.is_some()
    }

    /// Takes a link apart: `#…`, a whole address, or what follows the `#`.
    pub fn read(link: &str) -> Linked {
        let link = link.trim();
        let body = link.rsplit_once('#').map_or(link, |(_, body)| body);
        let mut linked = Linked::default();
        let (mut task, mut goal, mut faults) = (String::new(), None, None);
        for word in body.split('&') {
            match word.split_once('=').unwrap_or((word, "")) {
                ("embed", _) => linked.stage = Stage::Embed,
                ("present", _) => linked.stage = Stage::Present,
                ("play", _) => linked.play = true,
                ("task", text) => task = decoded(text),
                ("goal", text) => goal = Some(decoded(text)),
                ("faults", number) => faults = number.parse().ok(),
                _ if word.is_empty() || word.contains('=') || linked.run.is_some() => {}
                _ => linked.run = Some(word.to_owned()),
            }
        }
        if let Some(goal) = goal {
            match Assignment::new(&task, &goal, faults) {
                Ok(assignment) => linked.assignment = Some(assignment),
                Err(wrong) => linked.wrong = Some(format!("The goal of this link cannot be read: {wrong}")),
            }
        }
        linked
    }
}

/// A text as it may stand in an address.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// The text again. What is no `%` and two figures stands as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

impl State {
    /// What a link asks for beside its run.
    pub(super) fn heed_link(&mut self, linked: Linked) {
        self.set_stage(linked.stage);
        self.assignment = linked.assignment;
        if let Some(wrong) = linked.wrong {
            self.toasts.say(wrong);
        }
        if linked.play {
            self.press(crate::command::Command::Play);
        }
    }

    /// Another layout.
    pub fn set_stage(&mut self, stage: Stage) {
        if self.stage != stage {
            self.stage = stage;
            self.saved.layout.first = false;
            self.requests.push(Request::Dress);
        }
    }

    /// Looks whether the assignment is done; says so once.
    pub(super) fn look_at_the_assignment(&mut self) {
        let Some(assignment) = self.assignment.as_mut().filter(|assignment| assignment.done.is_none()) else {
            return;
        };
        if assignment.holds(&self.playback) {
            assignment.done = Some(self.playback.shown());
            self.stand();
            self.toasts.say("Done: that is what was asked for. “Hand in” copies the link to this run");
        }
    }

    /// The link to this run at this moment, with the assignment: what a teacher gives, and what a learner hands in.
    pub fn assignment_link(&self) -> String {
        let words = self.assignment.as_ref().map(Assignment::words).unwrap_or_default();
        format!("{}{words}", self.playback.link())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Action;
    use crate::state::store::Saved;
    use run::{Playback, Run};

    #[test]
    fn words_stand_beside_the_run_in_any_order() {
        let linked = Linked::read("https://example.org/#2abc&embed&play&unknown=1");
        assert_eq!((linked.run.as_deref(), linked.stage, linked.play), (Some("2abc"), Stage::Embed, true));
        let linked = Linked::read("#embed&2abc");
        assert_eq!((linked.run.as_deref(), linked.stage), (Some("2abc"), Stage::Embed));
        assert_eq!(Linked::read("embed").run, None);
        assert_eq!(Linked::read("#present").stage, Stage::Present);
    }

    #[test]
    fn an_assignment_survives_its_link() {
        let task = "Cause a stale read & say “why”: 100 %";
        let made = Assignment::new(task, "broken(linearizable)", Some(1)).unwrap();
        let linked = Linked::read(&format!("#2abc{}", made.words()));
        let read = linked.assignment.unwrap();
        assert_eq!(
            (read.task.as_str(), read.goal.as_str(), read.faults),
            (task, "broken(linearizable)", Some(1))
        );
        assert!(Linked::read("#2abc&goal=flies(n1)").wrong.is_some_and(|wrong| wrong.contains("goal")));
        assert_eq!(decoded("%zz%4"), "%zz%4", "what is damaged stands as it is");
    }

    #[test]
    fn it_is_done_when_its_goal_holds_with_few_enough_faults() {
        let mut state = State::new(Playback::new(Run::new(catalog::lab("raft").unwrap())), Saved::default());
        state.saved.layout.reveal_all();
        state.playback.show(Moment::end_of(sim::Time::millis(2_000)));
        let link = state.playback.link();
        let words = Assignment::new("Crash the second node", "down(n2)", Some(1)).unwrap().words();
        state.open_text(&format!("#{link}{words}")).unwrap();
        while state.tick(0.1) {}
        assert!(state.assignment.as_ref().unwrap().done.is_none());
        state.apply(Action::Do(sim::command::parse("crash n1").unwrap()));
        state.apply(Action::Do(sim::command::parse("crash n2").unwrap()));
        while state.tick(0.1) {}
        assert_eq!(faults_of(state.playback.run()), 2);
        assert!(state.assignment.as_ref().unwrap().done.is_none(), "with two faults it does not count");
        state.apply(Action::Window(crate::command::Command::Undo));
        state.apply(Action::Window(crate::command::Command::Undo));
        state.apply(Action::Do(sim::command::parse("crash n2").unwrap()));
        while state.tick(0.1) {}
        assert!(state.assignment.as_ref().unwrap().done.is_some());
        let handed_in = state.assignment_link();
        let mut teacher = State::restore(Saved::default());
        teacher.open_text(&format!("#{handed_in}")).unwrap();
        while teacher.tick(0.1) {}
        assert!(
            teacher.assignment.as_ref().unwrap().done.is_some(),
            "what is handed in is graded where it is opened"
        );
    }
}
