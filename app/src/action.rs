//! What a part of the window asks for. A panel, the canvas, the time line paint and return a list of these; the shell alone
//! carries them out, one function a topic (`state::apply`).

use sim::{ActorId, Command, EventId, MessageId, Moment, OperationId, TimedCommand};

use crate::command;
use crate::state::linked::{Assignment, Stage};
use crate::state::{beside, breaking, figures, futures, history, models};

/// What the window has selected: what the inspector shows and the ring in the accent colour stands around.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// Nothing.
    #[default]
    None,
    /// A node or client.
    Actor(ActorId),
    /// Several, in the order they were marked: what `X` cuts off together.
    Actors(Vec<ActorId>),
    /// The link between two, both directions.
    Link(ActorId, ActorId),
    /// A message, in flight or past.
    Message(MessageId),
    /// An event of the run.
    Event(EventId),
    /// A client's operation.
    Operation(OperationId),
    /// A broken promise: its place among the trace's violations.
    Violation(usize),
}

impl Selection {
    /// The actors selected, in the order they were marked.
    pub fn actors(&self) -> &[ActorId] {
        match self {
            Selection::Actor(actor) => std::slice::from_ref(actor),
            Selection::Actors(actors) => actors,
            _ => &[],
        }
    }

    /// Whether this actor is among those selected.
    pub fn has(&self, actor: ActorId) -> bool {
        self.actors().contains(&actor)
    }

    /// The same selection with `actor` marked, or no longer marked.
    pub fn toggled(&self, actor: ActorId) -> Selection {
        let mut actors = self.actors().to_vec();
        match actors.iter().position(|marked| *marked == actor) {
            Some(at) => {
                actors.remove(at);
            }
            None => actors.push(actor),
        }
        match actors.as_slice() {
            [] => Selection::None,
            [one] => Selection::Actor(*one),
            _ => Selection::Actors(actors),
        }
    }
}

/// A page that lies over the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Every lab.
    Labs,
    /// Every lesson.
    Lessons,
    /// The learner's field guide: mistakes once caused, with their links.
    FieldGuide,
    /// What every key does, and the settings.
    Settings,
    /// The words of the lab.
    Words,
    /// The lab's published figures made again, and distributions over many runs.
    Figures,
    /// The map of consistency models.
    Models,
    /// Infamous failures, each a run.
    Gallery,
    /// Making an assignment.
    Assignment,
}

/// A tab of the desk's drawers and of the phone's sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Tab {
    /// The lesson.
    Lesson,
    /// What is selected.
    Inspector,
    /// The lab's own strip.
    Logs,
    /// The time line (where it shares a tab with the logs).
    Time,
    /// The verdict.
    Verdict,
    /// The list of the run's commands.
    Commands,
    /// Parameters, potholes, seed and chaos.
    Settings,
    /// The client whose hand the learner has.
    Client,
    /// The search for a run that breaks a promise.
    Break,
    /// What stands beside the run.
    Beside,
}

/// A change of the run's own text: what a branch from the start, or an edited list, makes.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// The whole list of commands.
    Commands(Vec<TimedCommand>),
    /// `PARAM=VALUE`.
    Parameter(String),
    /// Another seed.
    Seed(u64),
    /// Another length, as it is written: `60s`.
    Length(String),
    /// Another amount of chaos.
    Chaos(sim::chaos::Level),
    /// Goes to this branch.
    Branch(usize),
    /// Forgets this branch.
    ForgetBranch(usize),
    /// Names this branch.
    NameBranch(usize, String),
}

/// What the lesson's panel asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lesson {
    /// Begins the lesson of this name.
    Begin(String),
    /// Chooses an answer, not yet given: its place, or the one after the last for "I do not know".
    Choose(usize),
    /// Gives the chosen answer.
    Answer,
    /// Goes on, whether or not what was asked for holds.
    Next,
    /// Goes back one step.
    Back,
    /// Returns to the start of this step; what was done stays as a branch.
    TakeMeBack,
    /// Does what the step asks for.
    DoIt,
    /// Leaves the lesson; the run stays.
    Leave,
}

/// What a part of the window asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Selects this instead.
    Select(Selection),
    /// Marks an actor as well, or no longer.
    Toggle(ActorId),
    /// Acts on the run at the moment shown.
    Do(Command),
    /// Takes a fault or a pothole back.
    Mend(Command),
    /// Says what a command would do, while it is pointed at; `None` when it no longer is.
    Preview(Option<Command>),
    /// Shows this moment.
    Seek(Moment),
    /// Shows the moment of an event, and selects it.
    ShowEvent(EventId),
    /// Asks why an event happened: the inspector shows its causes.
    OpenWhy(EventId),
    /// Runs on until a condition in the lessons' language holds.
    RunUntil(String),
    /// One of the window's commands, as from its key.
    Window(command::Command),
    /// Opens a page over the desk, or closes it.
    Open(Option<Page>),
    /// Shows a tab, wherever this layout keeps it.
    ShowTab(Tab),
    /// Shows the strip of that title under the canvas, or the figures.
    ShowStrip(String),
    /// Draws the plot of that name among the figures, or no longer.
    TogglePlot(String),
    /// Starts this lab afresh.
    OpenLab(&'static str),
    /// Opens what a link, or a run's text, says.
    OpenText(String),
    /// Changes the run's own text.
    Edit(Edit),
    /// The lesson's.
    Lesson(Lesson),
    /// The page of figures.
    Figures(figures::Ask),
    /// Opens a failure of the gallery, by its title, and plays it.
    PlayFailure(&'static str),
    /// Another layout of the whole.
    Stage(Stage),
    /// Gives this assignment, or leaves the one there is.
    Assign(Option<Box<Assignment>>),
    /// The run beside this one.
    Beside(beside::Ask),
    /// The map of models.
    Models(models::Ask),
    /// The view of a history from a file.
    History(history::Ask),
    /// The search for a run that breaks a promise.
    Breaking(breaking::Ask),
    /// Sets the pace: parts of the usual, 0.25 is a quarter.
    Pace(f32),
    /// Other ways the run could go.
    Futures(futures::Ask),
    /// Writes a part of the run into a file.
    Export(crate::export::Ask),
    /// Copies a text.
    Copy(String),
    /// Says this to the learner.
    Say(String),
}
