//! Side by side: beside the run another one, with the same seed and the same faults, in another lab or with one setting
//! changed. Both play together; where they first differ is told.
//!
//! The other run is made from this one whenever this one changes ([`derived`]), so whatever is done here is done there too,
//! as far as the other lab knows such a command.

use run::{Playback, Run};
use sim::story::{Operation, Outcome};
use sim::{ActorId, EventId, Lab, Moment, Time, Trace};

use super::State;

/// How the other run differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// `PARAM=VALUE`.
    Setting(String),
    /// Another lab, as it comes.
    Lab(&'static str),
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Shows another run beside this one.
    Compare(Change),
    /// Shows the moment of the first difference.
    ToDifference(Time),
    /// Shows this run alone again.
    Stop,
}

/// Where two runs first differ, in the words of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// When.
    pub at: Time,
    /// Here.
    pub here: String,
    /// There.
    pub there: String,
}

/// The other run.
pub struct Beside {
    change: Change,
    /// The run it was made from.
    of: Run,
    other: Playback,
    /// Commands that the other lab does not know.
    left_out: usize,
    /// How much of both was compared, and what was found.
    inside: Compared,
    seen: Option<Difference>,
    /// The operations that `seen` was made of.
    seen_of: (usize, usize, Moment),
}

/// Two traces compared, event by event, as far as both are known.
#[derive(Default)]
struct Compared {
    events: u64,
    differ_at: Option<u64>,
    told: Option<Difference>,
}

/// Events of the other run that one frame may compute.
const EVENTS_A_FRAME: u64 = 6_000;

impl Beside {
    /// How it differs.
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// The other run.
    pub fn other(&self) -> &Playback {
        &self.other
    }

    /// How many commands the other lab does not know.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Where nodes first do something else; only of the same lab, since events of different ones are never alike.
    pub fn inside(&self) -> Option<&Difference> {
        self.inside.told.as_ref()
    }

    /// Where a client first hears something else.
    pub fn seen(&self) -> Option<&Difference> {
        self.seen.as_ref()
    }
}

/// The run that stands beside `run`, and how many commands had to be left out.
///
/// # Errors
/// The sentence to show when it cannot be.
pub fn derived(run: &Run, change: &Change) -> Result<(Run, usize), String> {
    match change {
        Change::Setting(assignment) => {
            let mut other = run.clone();
            other.parameters.assign(assignment).map_err(|wrong| wrong.to_string())?;
            if other.parameters == run.parameters {
                return Err(format!("With {assignment} it is the same run"));
            }
            Ok((other, 0))
        }
        Change::Lab(id) => {
            let lab = catalog::lab(id).ok_or_else(|| format!("There is no lab called {id} here"))?;
            let mut other = Run::new(lab);
            (other.seed, other.chaos, other.end) = (run.seed, run.chaos, run.end);
            let known =
                run.commands.iter().filter(|timed| lab.check(&timed.command, &other.parameters).is_ok());
            other.commands = known.cloned().collect();
            let left_out = run.commands.len() - other.commands.len();
            Ok((other, left_out))
        }
    }
}

/// What the other run is called beside this one.
pub fn name(change: &Change, other: &'static dyn Lab) -> String {
    match change {
        Change::Setting(assignment) => assignment.replace(['_', '='], " "),
        Change::Lab(_) => other.about().title.to_owned(),
    }
}

impl State {
    /// Carries out what is asked for.
    pub(super) fn ask_beside(&mut self, ask: Ask) {
        match ask {
            Ask::Compare(change) => match derived(self.playback.run(), &change) {
                Ok((run, left_out)) => {
                    let mut other = Playback::new(run);
                    other.seek(self.playback.shown());
                    let (inside, seen, seen_of) = (Compared::default(), None, (0, 0, Moment::START));
                    let of = self.playback.run().clone();
                    self.beside = Some(Beside { change, of, other, left_out, inside, seen, seen_of });
                    self.saved.layout.reveal_all();
                }
                Err(why_not) => self.toasts.say(why_not),
            },
            Ask::ToDifference(at) => self.seek(Moment::end_of(at)),
            Ask::Stop => self.beside = None,
        }
    }

    /// The other run follows this one: its commands, its moment. Whether there is more to do.
    pub(super) fn follow_beside(&mut self) -> bool {
        let Some(beside) = &mut self.beside else { return false };
        if *self.playback.run() != beside.of
            && let Err(why_not) = beside.make_anew(self.playback.run())
        {
            self.toasts.say(why_not);
            self.beside = None;
            return false;
        }
        let to = Moment::end_of(self.playback.shown().at.min(beside.other.run().end));
        if beside.other.shown() != to && beside.other.seeking() != Some(to) {
            beside.other.seek(to);
        }
        let working = beside.other.work(EVENTS_A_FRAME) != run::Progress::Done;
        if matches!(beside.change, Change::Setting(_)) {
            let (here, there) = (self.playback.trace(), beside.other.trace());
            beside.inside.go_on(here, there, beside.other.frontier().min(self.playback.frontier()));
        }
        beside.compare_answers(&self.playback);
        working
    }
}

impl Beside {
    /// The run has changed, and so does the other.
    fn make_anew(&mut self, run: &Run) -> Result<(), String> {
        let (other, left_out) = derived(run, &self.change)?;
        (self.of, self.left_out) = (run.clone(), left_out);
        let mut with_commands = self.other.run().clone();
        with_commands.commands.clone_from(&other.commands);
        if with_commands == other {
            // What both lists have in common stays computed.
            self.other.set_commands(other.commands);
        } else {
            self.other = Playback::new(other);
        }
        (self.inside, self.seen, self.seen_of) = (Compared::default(), None, (0, 0, Moment::START));
        Ok(())
    }

    fn compare_answers(&mut self, here: &Playback) {
        let both = here.frontier().min(self.other.frontier());
        let (ours, theirs) = (&here.story().operations, &self.other.story().operations);
        let of = (ours.len(), theirs.len(), both);
        if of != self.seen_of {
            self.seen_of = of;
            self.seen = first_answer(ours, theirs, both.at);
        }
    }
}

impl Compared {
    /// Goes on where it stopped, up to where both are known.
    fn go_on(&mut self, here: &Trace, there: &Trace, known: Moment) {
        if (here.events.len() as u64) < self.events || (there.events.len() as u64) < self.events {
            *self = Self::default();
        }
        let mut found = self.differ_at;
        while found.is_none() {
            let (ours, theirs) = (here.event(EventId(self.events)), there.event(EventId(self.events)));
            match (ours, theirs) {
                (Some(ours), Some(theirs)) if ours == theirs => self.events += 1,
                (None, None) => return,
                // Where one has nothing yet, that tells nothing before the other's moment is known there.
                (Some(one), None) | (None, Some(one)) if one.at >= known.at => return,
                _ => found = Some(self.events),
            }
        }
        let Some(first) = found.map(EventId) else { return };
        self.differ_at = Some(first.0);
        let at = [here, there].into_iter().filter_map(|trace| trace.event(first)).map(|event| event.at).min();
        let at = at.unwrap_or(Time::ZERO);
        self.told = Some(Difference { at, here: next_told(here, first), there: next_told(there, first) });
    }
}

/// The next thing worth telling from an event on.
fn next_told(trace: &Trace, from: EventId) -> String {
    let fact = trace.facts.next_that_matters(trace.facts.from(from));
    let fact = fact.and_then(|place| trace.facts.get(place));
    fact.map_or_else(|| "nothing more yet".to_owned(), |fact| format!("{}: {}", fact.at, fact.sentence))
}

/// The first operation, client by client, that was asked or answered otherwise by a time at which both are known.
fn first_answer(ours: &[Operation], theirs: &[Operation], known: Time) -> Option<Difference> {
    let clients: sim::ordered::SortedSet<ActorId> =
        ours.iter().chain(theirs).map(|operation| operation.client).collect();
    let mut first: Option<Difference> = None;
    for client in clients {
        let mut here = ours.iter().filter(|operation| operation.client == client);
        let mut there = theirs.iter().filter(|operation| operation.client == client);
        loop {
            let pair = (here.next(), there.next());
            if pair == (None, None) {
                break;
            }
            let (one, other) = (answer(pair.0, known), answer(pair.1, known));
            if one.as_ref().map(|one| &one.0) == other.as_ref().map(|other| &other.0) {
                continue;
            }
            let times = [&one, &other].into_iter().flatten().map(|(_, at)| *at);
            let at = times.max().unwrap_or(known);
            let tell = |side: Option<(String, Time)>| {
                side.map_or_else(|| format!("{client} has not asked"), |(told, _)| format!("{client} {told}"))
            };
            if first.as_ref().is_none_or(|first| at < first.at) {
                first = Some(Difference { at, here: tell(one), there: tell(other) });
            }
            break;
        }
    }
    first
}

/// What became of an operation by a time, and when.
fn answer(operation: Option<&Operation>, known: Time) -> Option<(String, Time)> {
    let operation = operation.filter(|operation| operation.invoked <= known)?;
    let done = operation.completed.filter(|at| *at <= known);
    let told = match (operation.outcome, done) {
        (Outcome::Ok, Some(_)) => format!("{}, ok", operation.told()),
        (Outcome::Failed, Some(_)) => format!("{}, refused", operation.label),
        (Outcome::Unknown, Some(_)) => format!("{}, gave up", operation.label),
        _ => format!("{}, waits", operation.label),
    };
    Some((told, done.unwrap_or(operation.invoked)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Action;
    use crate::state::store::Saved;

    fn state(lab: &str, seconds: u64) -> State {
        let mut run = Run::new(catalog::lab(lab).unwrap());
        run.end = Time::millis(seconds * 1_000);
        let mut saved = Saved::default();
        saved.layout.reveal_all();
        State::new(Playback::new(run), saved)
    }

    fn settle(state: &mut State) {
        while state.tick(0.05) {}
    }

    #[test]
    fn what_is_done_here_is_done_there_and_the_first_difference_is_told() {
        let mut state = state("raft", 8);
        state.apply(Action::Beside(Ask::Compare(Change::Setting("read_without_asking=on".to_owned()))));
        state.playback.show(Moment::end_of(Time::millis(1_500)));
        settle(&mut state);
        state.apply(Action::Do(sim::command::parse("cut @leader").unwrap()));
        state.apply(Action::Seek(Moment::end_of(Time::millis(8_000))));
        settle(&mut state);
        let beside = state.beside.as_ref().unwrap();
        assert_eq!(beside.other().run().commands, state.playback.run().commands);
        assert_eq!(beside.other().shown().at, state.playback.shown().at);
        let difference = beside.inside().expect("reads go another way");
        let first = (0..).find(|at| {
            state.playback.trace().event(EventId(*at)) != beside.other().trace().event(EventId(*at))
        });
        assert_eq!(
            Some(difference.at),
            first.and_then(|at| state.playback.trace().event(EventId(at))).map(|e| e.at)
        );
        state.apply(Action::Beside(Ask::Stop));
        assert!(state.beside.is_none());
    }

    #[test]
    fn another_lab_gets_the_same_seed_and_the_commands_it_knows() {
        let mut state = state("raft", 4);
        state.apply(Action::Edit(crate::action::Edit::Seed(7)));
        state.apply(Action::Do(sim::command::parse("crash n2").unwrap()));
        state.apply(Action::Beside(Ask::Compare(Change::Lab("pbft"))));
        state.apply(Action::Seek(Moment::end_of(Time::millis(4_000))));
        settle(&mut state);
        let beside = state.beside.as_ref().unwrap();
        let other = beside.other().run();
        assert_eq!((other.lab_id(), other.seed, other.commands.len()), ("pbft", 7, 1));
        assert_eq!(beside.left_out(), 0);
        assert!(beside.inside().is_none(), "events of different labs are never alike");
        assert_eq!(beside.other().shown().at, Time::millis(4_000));
    }

    #[test]
    fn what_makes_no_other_run_is_told() {
        let mut state = state("raft", 4);
        for wrong in ["no_such_thing=3", "nodes=5", "nodes=many"] {
            state.apply(Action::Beside(Ask::Compare(Change::Setting(wrong.to_owned()))));
            assert!(state.beside.is_none(), "{wrong}");
        }
        assert!(!state.toasts.shown().is_empty());
    }

    #[test]
    fn a_run_beside_itself_would_not_differ() {
        let state = state("raft", 4);
        let mut here = state.playback;
        here.show(Moment::end_of(Time::millis(4_000)));
        let mut there = here.fork();
        there.show(Moment::end_of(Time::millis(4_000)));
        let mut compared = Compared::default();
        compared.go_on(here.trace(), there.trace(), here.frontier());
        assert!(compared.told.is_none() && compared.events > 100);
        assert_eq!(
            first_answer(&here.story().operations, &there.story().operations, here.frontier().at),
            None
        );
    }
}
