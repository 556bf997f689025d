//! [`Playback`]: a run and the moment shown.
//!
//! The run goes forward once, at its *frontier*, writing the trace and leaving keyframes behind. A moment in the past is a
//! copy of the keyframe before it, replayed in silence. What is done there makes a branch: the commands so far and the new
//! one; the old future stays beside it.
//!
//! A moment of a run is a state: everything at or before it has happened, commands included, and nothing else. That is
//! the law all of this keeps: whatever seeking, stepping, acting and undoing led to it, what is shown equals a fresh run
//! of the same [`Run`] to the same [`Moment`].
//!
//! | file | holds |
//! |-|-|
//! | `mod` | what there is to see, at the moment shown |
//! | `travel` | getting to another moment, in slices |
//! | `edit` | acting, editing the commands, branches, undo |
//! | `keyframes` | where replays begin |

mod edit;
mod elsewhere;
mod keyframes;
mod travel;

pub use edit::{Acted, BadAct, Branch};
pub use keyframes::{EVENTS_PER_KEYFRAME, MEMORY_BUDGET};
pub use travel::{Matters, Progress};

use crate::judge::{Evidence, Live, LiveVerdict};
use crate::promises::{Blame, Breach, Promise};
use crate::run::{Opened, Run, enabled, short_digest};
use crate::why::{Reader, Step};
use edit::Edit;
use keyframes::Keyframes;
use sim::command::{Command, TimedCommand};
use sim::ids::{ActorId, EventId};
use sim::lab::{Invariant, Lab, Measure, Running, Standing};
use sim::parameter::Parameters;
use sim::protocol::Note;
use sim::story::Story;
use sim::time::{Moment, Time};
use sim::trace::{Recorder, Trace};
use sim::view::View;
use std::cell::OnceCell;
use std::sync::Arc;

/// After so many events a run goes no further unless the caller says otherwise: its trace, some hundred bytes an event,
/// would fill the memory, of which a page has less.
pub const MOST_EVENTS: u64 = if cfg!(target_pointer_width = "32") { 2_000_000 } else { 5_000_000 };

/// Notes are read of at most so many events at once.
const MOST_EVENTS_READ: u64 = 100_000;

/// A run and the moment shown. See the module.
pub struct Playback {
    run: Run,
    /// The commands that run, as the kernel has them.
    commands: Arc<[TimedCommand]>,
    /// The latest state computed. Its trace is `trace`.
    frontier: Box<dyn Running>,
    /// Everything at or before this has happened at the frontier.
    reached: Moment,
    trace: Trace,
    /// Tells apart this past and all others: begins with a hash of the run, one more each time records are taken back.
    rewritten: u64,
    keyframes: Keyframes,
    /// The state shown, where that is not the frontier.
    here: Option<Box<dyn Running>>,
    shown: Moment,
    /// What is shown is of the run as it was before an edit, until `work` has come to that moment of the new one.
    stale: bool,
    /// Where `work` is going.
    target: Option<Moment>,
    /// On its way there.
    traveller: Option<Box<dyn Running>>,
    /// The frontier is to come at least so far (a branch that had been further).
    ahead: Moment,
    /// Why the run cannot go on.
    stopped: Option<Arc<str>>,
    most_events: u64,
    live: Live,
    seen: Seen,
    branches: Vec<Branch>,
    current: usize,
    undo: Vec<Edit>,
    redo: Vec<Edit>,
    /// The digest that the sender of a link saw, until it was compared.
    expected: Option<(Moment, u64)>,
    warning: Option<String>,
}

/// What was worked out about the moment shown, until it changes.
#[derive(Default)]
struct Seen {
    view: OnceCell<View>,
    verdict: OnceCell<LiveVerdict>,
    promises: OnceCell<Vec<Promise>>,
    evidence: OnceCell<Option<Evidence>>,
}

/// Bytes held, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// By the trace.
    pub trace: u64,
    /// By the keyframes.
    pub keyframes: u64,
    /// How many keyframes.
    pub frames: u64,
}

impl Playback {
    /// A run at its beginning.
    pub fn new(mut run: Run) -> Self {
        run.sort();
        let commands: Arc<[TimedCommand]> = enabled(&run.commands).into();
        let start = run.lab().start(run.setup());
        let live = Live::new(run.lab(), &run.parameters);
        let branch = Branch::first(run.clone());
        let mut playback = Self {
            commands,
            frontier: start.fork(),
            reached: Moment::START,
            trace: Trace::default(),
            rewritten: sim::digest::of(&run.write(None, None)),
            keyframes: Keyframes::new(start),
            here: None,
            shown: Moment::START,
            stale: false,
            target: None,
            traveller: None,
            ahead: Moment::START,
            stopped: None,
            most_events: MOST_EVENTS,
            live,
            seen: Seen::default(),
            branches: vec![branch],
            current: 0,
            undo: Vec::new(),
            redo: Vec::new(),
            expected: None,
            warning: None,
            run,
        };
        playback.show(Moment::START);
        playback
    }

    /// A run that was read, on its way to the moment it was shown at: [`Playback::work`] takes it there.
    pub fn open(opened: Opened) -> Self {
        let Opened { run, shown, digest, warning } = opened;
        let mut playback = Self::new(run);
        playback.warning = warning;
        playback.expected = digest.map(|digest| (shown, digest));
        playback.seek(shown);
        playback
    }

    /// That what is shown may differ from what the sender of the link saw, and why. Known once the moment is reached.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    // --- what is shown ---

    /// The run.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Its lab.
    pub fn lab(&self) -> &'static dyn Lab {
        self.run.lab()
    }

    /// The moment shown.
    pub fn shown(&self) -> Moment {
        self.shown
    }

    /// The state shown.
    fn world(&self) -> &dyn Running {
        self.here.as_deref().unwrap_or(self.frontier.as_ref())
    }

    fn world_mut(&mut self) -> &mut dyn Running {
        match &mut self.here {
            Some(here) => here.as_mut(),
            None => self.frontier.as_mut(),
        }
    }

    /// How many events have happened at the moment shown.
    pub fn events(&self) -> EventId {
        self.world().events()
    }

    /// The cluster at the moment shown.
    pub fn view(&self) -> &View {
        self.seen.view.get_or_init(|| {
            let mut view = self.world().view();
            view.moment = self.shown;
            view
        })
    }

    /// All records of the past computed so far, which may go on after the moment shown.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Another number each time records of the trace were taken back, because a branch began before them, and for each
    /// run: what was worked out of the trace under another number is of another past.
    pub fn rewritten(&self) -> u64 {
        self.rewritten
    }

    /// What a time line draws of it.
    pub fn story(&self) -> &Story {
        &self.trace.story
    }

    /// How far the run was computed.
    pub fn frontier(&self) -> Moment {
        self.reached
    }

    /// Whether something has already happened after the moment shown.
    pub fn in_past(&self) -> bool {
        self.world().events() < self.frontier.events()
    }

    /// Why the run cannot go on, where it cannot.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// The parameters in force at the moment shown.
    pub fn parameters(&self) -> &Parameters {
        self.world().parameters()
    }

    /// The trace hash of everything up to the moment shown.
    pub fn digest(&self) -> u64 {
        self.world().digest()
    }

    /// A hash of all state at the moment shown.
    pub fn state_digest(&self) -> u64 {
        self.world().state_digest()
    }

    /// The commands that chaos adds.
    pub fn chaos(&self) -> &[TimedCommand] {
        self.frontier.chaos()
    }

    /// The invariants and how each stands at the moment shown.
    pub fn standings(&self) -> Vec<(&'static Invariant, Standing)> {
        self.lab().invariants().iter().zip(self.world().standings().iter().cloned()).collect()
    }

    /// All invariants by a full scan of the moment shown: slow; names and sentences of those broken.
    pub fn scan(&self) -> Vec<(&'static str, String)> {
        self.world().scan()
    }

    /// The link to this run at this moment, without `#`.
    pub fn link(&self) -> String {
        self.run.to_link(self.shown, Some(self.digest()))
    }

    /// The figures of the run as far as it was computed.
    pub fn measures(&self) -> Vec<(&'static Measure, f64)> {
        let values = self.lab().measure(&self.trace, self.reached.at);
        self.lab().measures().iter().zip(values).collect()
    }

    /// Bytes held, roughly.
    pub fn memory(&self) -> Memory {
        Memory {
            trace: self.trace.weight(),
            keyframes: self.keyframes.weight(),
            frames: self.keyframes.len() as u64,
        }
    }

    /// How many events the caller's machine replays in about 4 ms: keyframes stand so far apart from now on.
    pub fn set_events_per_keyframe(&mut self, events: u64) {
        self.keyframes.set_every(events);
    }

    /// How many bytes keyframes may take.
    pub fn set_memory_budget(&mut self, bytes: u64) {
        self.keyframes.set_budget(bytes);
    }

    /// After how many events the run goes no further.
    pub fn set_most_events(&mut self, events: u64) {
        self.most_events = events;
        self.stopped = None;
    }

    // --- verdicts ---

    /// The guarantee that [`Self::verdict`] is about: the first of the lab's claims that can be judged from its history,
    /// and whether the lab claims it at all.
    pub fn judged(&self) -> (check::names::Guarantee, bool) {
        (self.live.main(), self.live.is_promised())
    }

    /// Whether the history of this lab is of a model that can be judged: else [`Self::verdict`] says nothing, and what
    /// counts are the [`Self::promises`].
    pub fn judges_the_history(&self) -> bool {
        self.live.knows_the_model()
    }

    /// Why nothing can be said of it, where nothing can.
    pub fn undecidable(&self) -> Option<String> {
        self.live.undecidable()
    }

    /// How that guarantee stands by the history up to the moment shown.
    pub fn verdict(&self) -> &LiveVerdict {
        self.seen.verdict.get_or_init(|| self.live.verdict(&self.trace, self.events()))
    }

    /// Every guarantee the lab claims, and how it stands at the moment shown.
    pub fn promises(&self) -> &[Promise] {
        self.seen.promises.get_or_init(|| {
            crate::promises::all(self.run(), &self.trace, &self.live, self.events(), self.shown)
        })
    }

    /// The promise that broke first, and how, up to the moment shown.
    pub fn broken_promise(&self) -> Option<(&Promise, &Breach)> {
        let broken = self.promises().iter().filter_map(|promise| Some((promise, promise.broken.as_ref()?)));
        broken.min_by_key(|(_, breach)| breach.event)
    }

    /// The proof that it is broken by the history up to the moment shown, as soon as `work` has found it.
    pub fn evidence(&self) -> Option<&Evidence> {
        let broken = matches!(self.verdict(), LiveVerdict::Broken { .. });
        let evidence = self.seen.evidence.get_or_init(|| {
            let mut evidence = self.live.evidence(&self.trace)?;
            evidence.moments = self.reader().how(&evidence.operations);
            Some(evidence)
        });
        evidence.as_ref().filter(|_| broken)
    }

    /// Whose fault it is that a guarantee (or an invariant, by its name) is broken at the moment shown.
    pub fn blame(&self, guarantee: &str) -> Blame {
        let broken = self
            .promises()
            .iter()
            .find(|promise| promise.guarantee == guarantee)
            .and_then(|promise| promise.broken.as_ref().map(|broken| broken.event));
        let invariant = || {
            let mut standings = self.standings().into_iter();
            standings.find(|(i, _)| i.name == guarantee).and_then(|(_, s)| s.broken.map(|(event, ..)| event))
        };
        match broken.or_else(invariant) {
            Some(event) => crate::promises::blame(&self.run, &self.trace, guarantee, event),
            None => Blame::Held,
        }
    }

    // --- reading ---

    fn reader(&self) -> Reader<'_> {
        Reader::new(&self.trace)
    }

    /// What made an event happen: the chain of causes backwards, told in a few sentences, the event itself first.
    pub fn why(&self, event: EventId) -> Vec<Step> {
        let mut steps = self.reader().why(event);
        for step in &mut steps {
            step.note = self.notes_of(step.event).pop().map(|note| note.text);
        }
        steps
    }

    /// Since when a field has its value: the last fact of that name at this actor, up to the moment shown.
    pub fn since(&self, actor: ActorId, fact: &str) -> Option<(Time, EventId)> {
        let last = EventId(self.events().0.checked_sub(1)?);
        let mut facts = self.trace.facts_before(last, fact);
        facts.find(|fact| fact.actor == actor).map(|fact| (fact.at, fact.event))
    }

    /// Why nodes did what they did after `from`, up to `to`: that stretch, replayed for reading.
    pub fn notes(&mut self, from: Moment, to: Moment) -> Vec<Note> {
        self.replay_notes(from, to.min(self.reached))
    }

    fn notes_of(&self, event: EventId) -> Vec<Note> {
        let Some(at) = self.moment_of(event) else { return Vec::new() };
        let before = match at.after {
            0 => Moment::at(at.at),
            n => Moment { at: at.at, after: n - 1 },
        };
        let mut notes = self.replay_notes(before, at);
        notes.retain(|note| note.event == event);
        notes
    }

    fn replay_notes(&self, from: Moment, to: Moment) -> Vec<Note> {
        let (_, frame) = self.keyframes.before(from);
        let mut world = frame.fork();
        world.set_commands(self.commands.clone());
        world.advance(from, u64::MAX, &mut Recorder::silent());
        let mut notes = Vec::new();
        world.advance(to, MOST_EVENTS_READ, &mut Recorder::notes(&mut notes));
        notes
    }

    /// What a command would do at the moment shown, in a sentence.
    pub fn preview(&self, command: &Command) -> String {
        self.world().preview(command)
    }

    /// Compares what is shown with what the sender of the link saw, once that moment is there.
    fn compare_digest(&mut self) {
        if let Some((at, digest)) = self.expected.take_if(|(at, _)| *at == self.shown)
            && digest != short_digest(self.digest())
            && self.warning.is_none()
        {
            self.warning =
                Some(format!("made with another version: up to {at} something happens differently here"));
        }
    }
}
