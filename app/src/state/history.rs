//! A history from anyone's cluster as a story: processes as lanes, operations as intervals, what a nemesis did as flags;
//! judged as a run is, and scrubbed the same way.

use std::sync::Arc;

use check::isolation::lattice::Scope;
use check::names::Guarantee;
use check::read::{Imported, Options, Subject, import};
use sim::story::{Band, BandState, Lane, Mark, Operation, Outcome, Value};
use sim::{ActorId, EventId, Moment, OperationId, Story, Time};

use super::State;
use super::judged::Judged;
use crate::action::Selection;
use crate::command::Command as Key;

/// What the view asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Shows this moment.
    Seek(Moment),
    /// Selects this.
    Select(Selection),
    /// Shows the moment of the flag at this place.
    Flag(u64),
    /// Shows the proof of this guarantee.
    Choose(Guarantee),
    /// Back to the run.
    Close,
}

/// Longer files are for `potholes check`.
const LONGEST: usize = if cfg!(target_arch = "wasm32") { 32 << 20 } else { 256 << 20 };
/// A story with more operations cannot be drawn.
const MOST_OPERATIONS: u64 = 400_000;
/// A whole history plays for so many seconds at the usual pace.
const PLAYS_FOR: f64 = 20.0;
/// Where a file has no clock, two of its events are so far apart.
const APART: i64 = 1_000_000;
/// Lanes are numbered up to this.
const MOST_LANES: u32 = 0x7ffe;

/// A history that is open.
pub struct History {
    name: String,
    story: Story,
    /// Whether the file says when things were.
    timed: bool,
    /// For each place in the history its operation in the story.
    operations: Vec<u32>,
    judged: Result<Judged, String>,
    moment: Moment,
    selection: Selection,
    chosen: Option<Guarantee>,
    plays: bool,
    format: &'static str,
    scope: Scope,
}

impl History {
    /// Reads a file.
    ///
    /// # Errors
    /// The sentence to show when it is no history.
    pub fn open(name: &str, bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > LONGEST {
            let most = LONGEST >> 20;
            return Err(format!(
                "{name}: longer than {most} MB. “potholes check” on the command line judges it"
            ));
        }
        let imported =
            import(name, bytes, &Options::default()).map_err(|wrong| format!("{name}: {wrong}"))?;
        let count = imported.subject.len();
        if count > MOST_OPERATIONS {
            return Err(format!(
                "{name}: {count} operations are more than can be drawn. “potholes check” on the command line judges it"
            ));
        }
        let scope = match imported.subject {
            Subject::Objects(_) => Scope::Operations,
            Subject::Transactions(_) => Scope::Transactions,
        };
        let Told { story, timed, operations } = told(&imported);
        let format = imported.format.name();
        let moment = Moment::end_of(story.end);
        let judged = Judged::new(imported);
        let (selection, chosen, plays) = (Selection::None, None, false);
        let name = name.to_owned();
        Ok(Self { name, story, timed, operations, judged, moment, selection, chosen, plays, format, scope })
    }

    /// The file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The form of the file: `edn`.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// What a time line draws of it.
    pub fn story(&self) -> &Story {
        &self.story
    }

    /// Whether the file says when things were; else its events stand evenly apart.
    pub fn is_timed(&self) -> bool {
        self.timed
    }

    /// The moment shown.
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// What is selected.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Its judging; none where it cannot be judged.
    pub fn judged(&self) -> Option<&Judged> {
        self.judged.as_ref().ok()
    }

    /// Why it cannot be judged, where it cannot.
    pub fn why_not_judged(&self) -> Option<&str> {
        self.judged.as_ref().err().map(String::as_str)
    }

    /// Judges the rest, and waits for it.
    pub fn finish(&mut self) {
        if let Ok(judged) = &mut self.judged {
            judged.finish();
        }
    }

    /// Whether it is one of transactions.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// Whether time goes on.
    pub fn plays(&self) -> bool {
        self.plays
    }

    /// The operation of the story at this place of the history.
    pub fn operation_at(&self, place: u64) -> Option<OperationId> {
        let at = self.operations.get(usize::try_from(place).ok()?)?;
        Some(OperationId(u64::from(*at)))
    }

    /// The guarantee whose proof is shown: the one that was chosen, else the first that is broken.
    pub fn chosen(&self) -> Option<Guarantee> {
        let broken = || {
            let claims = self.judged()?.claims();
            claims.iter().find(|claim| claim.holds == Some(false)).map(|claim| claim.guarantee)
        };
        self.chosen.or_else(broken)
    }

    /// The operations of that proof.
    pub fn proof(&self) -> Vec<OperationId> {
        let Some(chosen) = self.chosen() else { return Vec::new() };
        let claims = self.judged().map(Judged::claims).unwrap_or_default();
        let claim = claims.iter().find(|claim| claim.guarantee == chosen);
        let evidence = claim.and_then(|claim| claim.evidence.as_ref());
        let shown = evidence.map(|evidence| evidence.operations.as_slice()).unwrap_or_default();
        shown.iter().filter_map(|shown| self.operation_at(shown.operation)).collect()
    }

    /// When the last operation of that proof was answered: from then on it is broken.
    pub fn broken_at(&self) -> Option<Time> {
        let proof = self.proof();
        let of = |id: &OperationId| self.story.operations.get(usize::try_from(id.0).ok()?);
        proof.iter().filter_map(of).filter_map(|operation| operation.completed).max()
    }

    fn seek(&mut self, moment: Moment) {
        self.plays = false;
        self.moment = moment.min(Moment::end_of(self.story.end));
    }

    fn pass(&mut self, seconds: f64, factor: f32) {
        let span = self.story.end.0 as f64;
        let step = span / PLAYS_FOR * seconds * f64::from(factor);
        let to = Time(self.moment.at.0.saturating_add(step as u64)).min(self.story.end);
        self.moment = Moment::end_of(to);
        self.plays = to < self.story.end;
    }

    /// The times at which something begins or ends, before or after the moment shown.
    fn next(&self, back: bool) -> Option<Time> {
        let now = self.moment.at;
        let operations = self.story.operations.iter();
        let times = operations
            .flat_map(|operation| [Some(operation.invoked), operation.completed])
            .flatten()
            .chain(self.story.marks.iter().map(|mark| mark.at));
        if back { times.filter(|at| *at < now).max() } else { times.filter(|at| *at > now).min() }
    }

    /// A key of time.
    fn press(&mut self, key: Key) {
        match key {
            Key::PlayOrPause if self.plays => self.plays = false,
            Key::PlayOrPause | Key::Play => {
                if self.moment.at >= self.story.end {
                    self.moment = Moment::START;
                }
                self.plays = true;
            }
            Key::Pause => self.plays = false,
            Key::ToStart => self.seek(Moment::START),
            Key::ToEnd => self.seek(Moment::end_of(self.story.end)),
            Key::Step | Key::NextEvent | Key::StepBack | Key::PreviousEvent => {
                let back = matches!(key, Key::StepBack | Key::PreviousEvent);
                if let Some(at) = self.next(back) {
                    self.seek(Moment::end_of(at));
                }
            }
            _ => {}
        }
    }
}

/// A history as a time line has it.
struct Told {
    story: Story,
    timed: bool,
    operations: Vec<u32>,
}

/// One operation, before they are put into the order of time.
struct Draft {
    place: u32,
    lane: u32,
    process: u64,
    invoked: i64,
    completed: Option<i64>,
    function: &'static str,
    label: String,
    output: Vec<Value>,
    outcome: Outcome,
}

fn told(imported: &Imported) -> Told {
    let real = imported.origins.iter().skip(imported.made_up as usize);
    let timed =
        imported.origins.len() > imported.made_up as usize && real.clone().all(|o| o.invoked().is_some());
    let mut drafts = drafts(imported, timed);
    drafts.sort_by_key(|draft| draft.invoked);
    let flag = |mark: &check::read::Mark| {
        if timed { mark.time } else { Some(mark.position as i64 * APART) }
    };
    let first = drafts.iter().skip_while(|draft| draft.place < imported.made_up).map(|draft| draft.invoked);
    let first = first.chain(imported.marks.iter().filter_map(flag)).min().unwrap_or(0);
    let since = |at: i64| Time(u64::try_from(at.saturating_sub(first)).unwrap_or(0));
    let mut story = Story::default();
    let mut operations = vec![0; drafts.len()];
    for (at, draft) in drafts.into_iter().enumerate() {
        operations[draft.place as usize] = at as u32;
        let invoked = since(draft.invoked);
        let completed = draft.completed.map(since).map(|done| done.max(invoked));
        story.end = story.end.max(completed.unwrap_or(invoked));
        let event = EventId(at as u64);
        story.operations.push(Operation {
            id: OperationId(at as u64),
            client: actor(draft.lane),
            process: draft.process,
            function: draft.function,
            key: Arc::from(""),
            input: Default::default(),
            output: draft.output.into_iter().collect(),
            invoked,
            invoked_by: event,
            completed,
            completed_by: completed.map(|_| event),
            outcome: draft.outcome,
            answered_by: None,
            label: draft.label.into(),
        });
    }
    for (at, mark) in imported.marks.iter().enumerate() {
        let Some(time) = flag(mark) else { continue };
        let value = if mark.value == check::Value::Nil { String::new() } else { format!(" {}", mark.value) };
        story.marks.push(Mark {
            at: since(time),
            event: EventId(at as u64),
            word: Arc::clone(&mark.name),
            text: format!("{}{value}", mark.name).into(),
            nothing_to_do: false,
            by_chaos: true,
        });
        story.end = story.end.max(since(time));
    }
    story.marks.sort_by_key(|mark| mark.at);
    let used = story.operations.iter().map(|operation| operation.client).max();
    let names = imported.lanes.iter().zip(0..).filter(|(_, lane)| Some(actor(*lane)) <= used);
    story.lanes = names
        .map(|(name, lane)| Lane {
            actor: actor(lane),
            name: Arc::clone(name),
            bands: vec![Band { from: Time::ZERO, event: EventId(0), state: BandState::Up }],
        })
        .collect();
    Told { story, timed, operations }
}

fn actor(lane: u32) -> ActorId {
    ActorId::client(lane.min(MOST_LANES) as u16 + 1)
}

fn drafts(imported: &Imported, timed: bool) -> Vec<Draft> {
    let origin = |place: usize| imported.origins.get(place).copied();
    match &imported.subject {
        Subject::Objects(history) => {
            let draft = |(place, operation): (usize, &check::Operation)| {
                let origin = origin(place).filter(|_| timed);
                let by_clock = origin.and_then(|origin| origin.invoked());
                let completed_by_clock = origin.and_then(|origin| origin.completed());
                let place_of = |position: u64| position as i64 * APART;
                let completed = operation.completed.map(place_of);
                // What an object holds at first was there before anything happened.
                let made_up = (place < imported.made_up as usize).then_some(i64::MIN);
                Draft {
                    place: place as u32,
                    lane: operation.lane,
                    process: operation.process,
                    invoked: if timed { by_clock.unwrap_or(i64::MIN) } else { place_of(operation.invoked) },
                    completed: if timed { completed_by_clock.or(made_up) } else { completed },
                    function: function(&operation.function),
                    label: label(operation),
                    output: operation.output.iter().map(value).collect(),
                    outcome: outcome(operation.outcome),
                }
            };
            history.operations().iter().enumerate().map(draft).collect()
        }
        Subject::Transactions(history) => {
            let draft = |place: u32| {
                let transaction = history.get(place);
                let origin = origin(place as usize).filter(|_| timed);
                let nth = i64::from(place) * 2 * APART;
                let began = transaction.began.map_or(nth, |moment| moment.at as i64 * APART);
                let ended = transaction.ended.map_or(began + APART, |moment| moment.at as i64 * APART);
                Draft {
                    place,
                    lane: transaction.process,
                    process: history.process_name(transaction.process),
                    invoked: if timed { origin.and_then(|o| o.invoked()).unwrap_or(i64::MIN) } else { began },
                    completed: if timed { origin.and_then(|o| o.completed()) } else { Some(ended) },
                    function: "transaction",
                    label: history.words(place),
                    output: Vec::new(),
                    outcome: outcome(transaction.outcome),
                }
            };
            (0..history.len()).map(draft).collect()
        }
    }
}

fn function(name: &str) -> &'static str {
    const KNOWN: [&str; 12] = [
        "read", "write", "cas", "append", "add", "enqueue", "dequeue", "transfer", "acquire", "release",
        "get", "put",
    ];
    KNOWN.into_iter().find(|known| *known == name).unwrap_or("operation")
}

fn label(operation: &check::Operation) -> String {
    let mut label = operation.function.to_string();
    for word in
        operation.key.iter().map(ToString::to_string).chain(operation.input.iter().map(ToString::to_string))
    {
        label.push(' ');
        label.push_str(&word);
    }
    label
}

fn outcome(outcome: check::Outcome) -> Outcome {
    match outcome {
        check::Outcome::Open => Outcome::Open,
        check::Outcome::Ok => Outcome::Ok,
        check::Outcome::Failed => Outcome::Failed,
        check::Outcome::Unknown => Outcome::Unknown,
    }
}

fn value(value: &check::Value) -> Value {
    match value {
        check::Value::Nil => Value::Nil,
        check::Value::Int(number) => Value::Int(*number),
        other => Value::Text(other.to_string().into()),
    }
}

impl State {
    /// Opens what was dropped onto the window, or named on the command line: a run, or a history of anyone's.
    pub fn open_file(&mut self, name: &str, bytes: &[u8]) {
        let text = std::str::from_utf8(bytes.get(..64).unwrap_or(bytes)).unwrap_or_default();
        let is_run = text.trim_start_matches('\u{feff}').trim_start().starts_with("potholes ");
        let opened = if is_run {
            self.open_text(&String::from_utf8_lossy(bytes)).map_err(|wrong| format!("{name}: {wrong}"))
        } else {
            History::open(name, bytes).map(|history| self.show_history(history))
        };
        match opened {
            Ok(()) => self.saved.layout.first = false,
            Err(wrong) => self.toasts.say(wrong),
        }
    }

    /// Shows a history in place of the run.
    pub fn show_history(&mut self, history: History) {
        self.stand();
        self.page = None;
        self.history = Some(history);
        self.saved.layout.first = false;
    }

    /// Carries out what the view of a history asks for.
    pub(super) fn ask_history(&mut self, ask: Ask) {
        let Some(history) = &mut self.history else { return };
        match ask {
            Ask::Seek(moment) => history.seek(moment),
            Ask::Select(selection) => history.selection = selection,
            Ask::Flag(event) => {
                let flag = history.story.marks.iter().find(|mark| mark.event.0 == event).map(|mark| mark.at);
                if let Some(at) = flag {
                    history.seek(Moment::end_of(at));
                }
            }
            Ask::Choose(guarantee) => history.chosen = Some(guarantee),
            Ask::Close => {
                self.history = None;
                self.models = super::models::Models::default();
                if self.page == Some(crate::action::Page::Models) {
                    self.page = None;
                }
            }
        }
    }

    /// A key of time, where a history is open; whether it was.
    pub(super) fn press_history(&mut self, key: Key) -> bool {
        let Some(history) = &mut self.history else { return false };
        history.press(key);
        true
    }

    /// A frame of the history that is open; whether another is wanted at once.
    pub(super) fn tick_history(&mut self, seconds: f64) -> bool {
        let factor = self.pace.factor;
        let Some(history) = &mut self.history else { return false };
        if history.plays {
            history.pass(seconds, factor);
        }
        let judging = history.judged.as_mut().is_ok_and(Judged::advance);
        history.plays || judging
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Action;
    use crate::state::store::Saved;
    use run::Playback;

    const STALE: &str = "{:process 0, :type :invoke, :f :write, :value 3, :time 1000000000}
        {:process 0, :type :ok, :f :write, :value 3, :time 1200000000}
        {:process :nemesis, :type :info, :f :start-partition, :value nil, :time 1300000000}
        {:process 0, :type :invoke, :f :write, :value 4, :time 1400000000}
        {:process 0, :type :ok, :f :write, :value 4, :time 1500000000}
        {:process 1, :type :invoke, :f :read, :value nil, :time 1600000000}
        {:process 1, :type :ok, :f :read, :value 3, :time 1700000000}";

    fn state() -> State {
        State::new(Playback::new(run::Run::new(catalog::LABS[0])), Saved::default())
    }

    #[test]
    fn a_file_becomes_a_story_with_its_verdict() {
        let mut state = state();
        state.open_file("stale.edn", STALE.as_bytes());
        while state.tick(0.1) {}
        let history = state.history.as_ref().unwrap();
        assert!(history.is_timed());
        let story = history.story();
        assert_eq!(story.operations.len(), 3);
        assert_eq!(story.operations[0].invoked, Time::ZERO);
        assert_eq!(story.operations[2].told(), "read: 3");
        assert_eq!(story.end, Time::millis(700));
        assert_eq!((story.marks.len(), &*story.marks[0].word), (1, "start-partition"));
        assert_eq!(story.lanes.len(), 2);
        assert_eq!(history.chosen(), Some(Guarantee::Linearizable));
        assert!(history.proof().len() >= 2);
        assert_eq!(history.broken_at(), Some(Time::millis(700)));
    }

    #[test]
    fn it_is_scrubbed_stepped_and_played() {
        let mut state = state();
        state.open_file("stale.edn", STALE.as_bytes());
        state.apply(Action::Window(Key::ToStart));
        state.apply(Action::Window(Key::Step));
        assert_eq!(state.history.as_ref().unwrap().moment(), Moment::end_of(Time::millis(200)));
        state.apply(Action::Window(Key::Play));
        let mut frames = 0;
        while state.tick(0.1) {
            frames += 1;
            assert!(frames < 1_000);
        }
        assert_eq!(state.history.as_ref().unwrap().moment().at, Time::millis(700));
        assert!(state.playback.shown() == Moment::START, "the run below stands still");
        state.apply(Action::History(Ask::Close));
        assert!(state.history.is_none());
    }

    #[test]
    fn a_file_without_a_clock_stands_evenly_and_one_that_is_none_is_told() {
        let mut state = state();
        let plain = STALE.lines().map(|line| format!("{}}}\n", line.split(", :time").next().unwrap()));
        state.open_file("plain.edn", plain.collect::<String>().as_bytes());
        let history = state.history.as_ref().unwrap();
        assert!(!history.is_timed() && history.story().end > Time::ZERO);
        state.apply(Action::History(Ask::Close));
        state.open_file("x.edn", b"{:process 0, :type :invoke");
        assert!(state.history.is_none());
        assert!(state.toasts.shown().iter().any(|toast| toast.text.starts_with("x.edn: ")));
        let text = state.playback.run().write(None, None);
        state.open_file("run.txt", text.as_bytes());
        assert!(state.history.is_none() && state.toasts.shown().len() == 1, "a run is opened as one");
    }

    #[test]
    fn transactions_are_intervals_as_well() {
        let mut state = state();
        let text = "{:type :ok, :f :txn, :process 0, :value [[:append 1 1]], :index 1, :time 10}
            {:type :ok, :f :txn, :process 1, :value [[:r 1 [1]] [:append 1 2]], :index 3, :time 30}";
        state.open_file("append.edn", text.as_bytes());
        let history = state.history.as_ref().expect("it reads");
        assert_eq!(history.scope(), Scope::Transactions);
        assert_eq!(history.story().operations.len(), 2);
    }
}
