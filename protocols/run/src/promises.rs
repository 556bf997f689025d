//! What a lab promises and how that stands: guarantees that are no matter of order alone (`no-lost-write`, `progress`),
//! and whose fault it is where one is broken.

use crate::judge::{Live, LiveVerdict};
use crate::run::Run;
use check::names::Guarantee;
use sim::command::{self, ClockChange, Command, DiskChange, Who};
use sim::ids::{ActorId, EventId, OperationId};
use sim::lab::{Claim, FaultClass};
use sim::ordered::SortedMap;
use sim::story::{Band, BandState, Mark, Operation, Outcome, Value};
use sim::time::{Moment, Span, Time};
use sim::trace::{HistoryStep, Trace};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A guarantee of the lab, and how it stands at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    /// As `COMMANDS` names it: `linearizable`.
    pub guarantee: &'static str,
    /// Whether it holds; none while that is not decided.
    pub holds: Option<bool>,
    /// Where and how it broke.
    pub broken: Option<Breach>,
}

/// Where and how a guarantee broke.
#[derive(Clone, Debug, PartialEq)]
pub struct Breach {
    /// When.
    pub at: Time,
    /// At this event.
    pub event: EventId,
    /// How, in a sentence.
    pub sentence: String,
    /// The operations it is about.
    pub operations: Vec<OperationId>,
}

/// Whose fault a broken guarantee is.
#[derive(Clone, Debug, PartialEq)]
pub enum Blame {
    /// Nobody's: it is not broken.
    Held,
    /// A pothole's that is on.
    Pothole {
        /// The parameter it is.
        id: &'static str,
        /// What it is called.
        title: &'static str,
    },
    /// A fault's that the claim does not stand.
    Outside {
        /// The command that did it.
        command: Arc<str>,
        /// The event as which it ran.
        event: EventId,
        /// `outside what Raft promises: disk n1 wipe`
        sentence: String,
    },
    /// Ours: nothing outside the claim happened. It should be reported.
    Bug,
}

impl Blame {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Blame::Held => "It holds.".to_owned(),
            Blame::Pothole { title, .. } => format!("Broken by the pothole: {title}."),
            Blame::Outside { sentence, .. } => format!("Broken by what is {sentence}."),
            Blame::Bug => "Neither a pothole nor a fault outside the claim did this: it is our bug. \
                           Please send the link to this run."
                .to_owned(),
        }
    }
}

/// Every guarantee that the lab claims under the run's parameters, after the run's first `events` events.
pub(crate) fn all(run: &Run, trace: &Trace, live: &Live, events: EventId, shown: Moment) -> Vec<Promise> {
    let claims = run.lab().claims(&run.parameters);
    let one = |claim: &Claim| {
        let (holds, broken) = match claim.guarantee {
            "no-lost-write" => {
                let broken = live.lost.broken(trace, events);
                (Some(broken.is_none()), broken)
            }
            "progress" => {
                let broken = progress(trace, claim, shown.at);
                (Some(broken.is_none()), broken)
            }
            name => match name.parse::<Guarantee>().ok().filter(|guarantee| live.judges(*guarantee)) {
                Some(guarantee) => of_history(guarantee, live, trace, events),
                None => of_invariant(run, trace, name, events),
            },
        };
        Promise { guarantee: claim.guarantee, holds, broken }
    };
    claims.iter().map(one).collect()
}

/// A guarantee that is one of the lab's invariants: it holds until that one breaks.
fn of_invariant(run: &Run, trace: &Trace, name: &str, events: EventId) -> (Option<bool>, Option<Breach>) {
    let Some(place) = run.lab().invariants().iter().position(|invariant| invariant.name == name) else {
        return (None, None);
    };
    let broke = trace.violations.iter().find(|v| v.invariant == place && v.event < events);
    let breach = broke.map(|violation| Breach {
        at: violation.at,
        event: violation.event,
        sentence: violation.sentence.to_string(),
        operations: Vec::new(),
    });
    (Some(breach.is_none()), breach)
}

/// A guarantee that is judged from the history.
fn of_history(
    guarantee: Guarantee,
    live: &Live,
    trace: &Trace,
    events: EventId,
) -> (Option<bool>, Option<Breach>) {
    match live.verdict_on(guarantee, trace, events) {
        LiveVerdict::Holds { .. } => (Some(true), None),
        LiveVerdict::NotDecided { .. } => (None, None),
        LiveVerdict::Broken { at, event, key } => {
            let evidence = live.evidence_on(guarantee, trace);
            let plain = || match (guarantee, &key) {
                (Guarantee::Linearizable, Some(key)) => {
                    format!("No order of the operations on {key} explains every answer.")
                }
                (Guarantee::Linearizable, None) => {
                    "No order of the operations explains every answer.".to_owned()
                }
                _ => format!("What clients were told is not {guarantee}."),
            };
            let sentence = evidence.as_ref().map_or_else(plain, |evidence| evidence.headline.clone());
            let operations = evidence.map(|evidence| evidence.operations).unwrap_or_default();
            (Some(false), Some(Breach { at, event, sentence, operations }))
        }
    }
}

// --- no lost write ---

/// Watches for acknowledged writes that are gone.
///
/// A write is missing from the moment at which somebody, who asked after it was acknowledged, sees the value that an
/// earlier write had left (or nothing, where nobody deletes); and it is found again when somebody sees it later. So that
/// an old leader's stale answer is not taken for a loss, an answer counts only if it comes from the node that
/// acknowledged the write or from one whose role is of a later version.
#[derive(Clone, Debug, Default)]
pub struct LostWrites {
    keys: SortedMap<Arc<str>, Key>,
    lost: Vec<Lost>,
}

/// A write that was seen to be missing.
#[derive(Clone, Copy, Debug)]
struct Lost {
    write: OperationId,
    seen_by: OperationId,
    /// Places in the history: missing from here, and found again there.
    from: usize,
    until: Option<usize>,
}

#[derive(Clone, Debug, Default)]
struct Key {
    /// Acknowledged writes by the place of their answer: that place, the place of their invocation, the write.
    acknowledged: Vec<Acknowledged>,
    /// For each value written how often, and the place at which its only writer was answered.
    writers: BTreeMap<Value, (u32, Option<usize>)>,
    /// Values vanish in other ways here: deletions, appends.
    other: bool,
}

#[derive(Clone, Copy, Debug)]
struct Acknowledged {
    answered: usize,
    invoked: usize,
    write: OperationId,
    /// Of all up to this one the place in the list of the one invoked last.
    latest: usize,
}

impl LostWrites {
    /// Takes one step of a trace's history.
    pub fn feed(&mut self, trace: &Trace, at: usize) {
        let Some((_, step)) = trace.history.get(at) else { return };
        let (HistoryStep::Invoked(id) | HistoryStep::Completed(id)) = *step;
        let Some(operation) = crate::history::operation(trace, id) else { return };
        let key = self.keys.entry(operation.key.clone()).or_default();
        if matches!(step, HistoryStep::Invoked(_)) {
            match written(operation) {
                Some(value) => key.writers.entry(value.clone()).or_default().0 += 1,
                None if saw(operation).is_none() && !is_read(operation) => key.other = true,
                None => {}
            }
            return;
        }
        if operation.outcome == Outcome::Ok
            && let Some(value) = written(operation)
        {
            let invoked = invoked_at(trace, operation);
            if let Some(writer) = key.writers.get_mut(value) {
                writer.1 = Some(at);
            }
            let last = key.acknowledged.last().copied();
            let place = key.acknowledged.len();
            let latest = match last.map(|last| key.acknowledged[last.latest]) {
                Some(latest) if latest.invoked > invoked => last.map_or(place, |last| last.latest),
                _ => place,
            };
            key.acknowledged.push(Acknowledged { answered: at, invoked, write: id, latest });
        }
        if let Some(seen) = saw(operation) {
            self.see(trace, operation, seen, at);
        }
    }

    /// Somebody saw a value.
    fn see(&mut self, trace: &Trace, by: &Operation, seen: &Value, at: usize) {
        for lost in self.lost.iter_mut().filter(|lost| lost.until.is_none()) {
            let write = crate::history::operation(trace, lost.write);
            if write.is_some_and(|write| write.key == by.key && written(write) == Some(seen)) {
                lost.until = Some(at);
            }
        }
        let Some(key) = self.keys.get(&by.key) else { return };
        if key.other {
            return;
        }
        // When the value seen was surely in place: at the start, or when its only writer was answered.
        let since = match (seen, key.writers.get(seen)) {
            (Value::Nil, None) => None,
            (_, Some((1, Some(answered)))) => Some(*answered),
            _ => return,
        };
        let asked = invoked_at(trace, by);
        let before = key.acknowledged.partition_point(|write| write.answered < asked);
        let Some(latest) = before.checked_sub(1).map(|last| key.acknowledged[key.acknowledged[last].latest])
        else {
            return;
        };
        if since.is_some_and(|since| since >= latest.invoked)
            || self.lost.iter().any(|l| l.write == latest.write)
        {
            return;
        }
        let Some(write) = crate::history::operation(trace, latest.write) else { return };
        if written(write) != Some(seen) && answers_count(trace, write, by) {
            self.lost.push(Lost { write: latest.write, seen_by: by.id, from: at, until: None });
        }
    }

    /// The first write that is missing after so many events.
    pub fn broken(&self, trace: &Trace, events: EventId) -> Option<Breach> {
        let steps = Live::steps_before(trace, events);
        let lost = self.lost.iter().find(|l| l.from < steps && l.until.is_none_or(|until| until >= steps))?;
        let write = crate::history::operation(trace, lost.write)?;
        let seen_by = crate::history::operation(trace, lost.seen_by)?;
        let (event, _) = *trace.history.get(lost.from)?;
        Some(Breach {
            at: trace.event(event)?.at,
            event,
            sentence: format!(
                "{} was told ok for {}, and it is gone: {} later saw {}.",
                write.client,
                write.label,
                seen_by.client,
                seen_by
                    .output
                    .first()
                    .or(seen_by.input.first())
                    .map_or_else(|| "nothing".to_owned(), Value::to_string)
            ),
            operations: vec![lost.write, lost.seen_by],
        })
    }
}

/// The value an operation writes, where it alone decides that.
fn written(operation: &Operation) -> Option<&Value> {
    match operation.function {
        "write" | "put" => operation.input.first(),
        "cas" => operation.input.get(1),
        _ => None,
    }
}

fn is_read(operation: &Operation) -> bool {
    matches!(operation.function, "read" | "get")
}

/// The value an operation saw.
fn saw(operation: &Operation) -> Option<&Value> {
    match (operation.function, operation.outcome) {
        ("read" | "get", Outcome::Ok) => operation.output.first(),
        ("cas", Outcome::Ok) => operation.input.first(),
        ("cas", Outcome::Failed) => operation.output.first(),
        _ => None,
    }
}

/// The place in the history at which an operation was invoked.
fn invoked_at(trace: &Trace, operation: &Operation) -> usize {
    let from = trace.history.partition_point(|(event, _)| *event < operation.invoked_by);
    let same = |(_, step): &(EventId, HistoryStep)| *step == HistoryStep::Invoked(operation.id);
    trace.history[from..].iter().position(same).map_or(from, |at| from + at)
}

/// Whether what `seen_by` was told says anything about `write`: its answer comes from the same node, or from one whose
/// role is of a later version, or roles say nothing.
fn answers_count(trace: &Trace, write: &Operation, seen_by: &Operation) -> bool {
    let (Some(first), Some(second)) = (write.answered_by, seen_by.answered_by) else { return true };
    let version = |actor: ActorId, at: Option<Time>| {
        let bands = &trace.story.lane(actor)?.bands;
        let upto: &[Band] = &bands[..bands.partition_point(|band| Some(band.from) <= at)];
        upto.iter().rev().find_map(|band| match band.state {
            BandState::Role(role) => Some(role.version),
            _ => None,
        })
    };
    match (version(first, write.completed), version(second, seen_by.completed)) {
        (Some(old), Some(new)) => new > old || (new == old && first == second),
        _ => true,
    }
}

// --- progress ---

/// Whether nothing in reach of the claim stalls after everything was mended: from the last `heal` on, until something is
/// broken again, no operation waits for the claimed span without anybody being answered.
pub fn progress(trace: &Trace, claim: &Claim, now: Time) -> Option<Breach> {
    let within = claim.within?;
    for (heal, until) in calm(trace, claim, now) {
        if let Some(breach) = stall(trace, heal, until, within) {
            return Some(breach);
        }
    }
    None
}

/// The stretches of a run up to `now` during which everything the claim asks for is mended.
fn calm(trace: &Trace, claim: &Claim, now: Time) -> Vec<(Time, Time)> {
    let mut stretches: Vec<(Time, Time)> = Vec::new();
    let mut since: Option<Time> = None;
    let nodes = trace.story.lanes.iter().filter(|lane| lane.actor.is_node()).count();
    for mark in trace.story.marks.iter().filter(|mark| mark.at <= now) {
        match effect(mark, claim.partial_heal, nodes) {
            Effect::Mends => {
                since.get_or_insert(mark.at);
            }
            Effect::Breaks => stretches.extend(since.take().map(|since| (since, mark.at))),
            Effect::Neither => {}
        }
    }
    stretches.extend(since.map(|since| (since, now)));
    stretches
}

enum Effect {
    Mends,
    Breaks,
    Neither,
}

fn effect(mark: &Mark, partial: bool, nodes: usize) -> Effect {
    if mark.nothing_to_do && &*mark.word != "heal" {
        return Effect::Neither;
    }
    match command::parse(&mark.text) {
        Ok(Command::Heal(who)) if who.is_empty() || (partial && who.len() * 2 > nodes) => Effect::Mends,
        Ok(
            Command::Heal(_)
            | Command::Mend(_)
            | Command::Restart(_)
            | Command::Resume(_)
            | Command::Release(_)
            | Command::Redraw(_)
            | Command::Deliver(_),
        ) => Effect::Neither,
        Ok(Command::Disk { change: DiskChange::Ok, .. }) => Effect::Neither,
        Ok(Command::Link { quality: None, .. } | Command::Slow { factor: 0 | 1, .. }) => Effect::Neither,
        Ok(Command::Verb { who: Who::Actor(who), .. }) if who.is_client() => Effect::Neither,
        _ => Effect::Breaks,
    }
}

/// The first operation that waited for `within` in a calm stretch while nobody was answered.
fn stall(trace: &Trace, heal: Time, until: Time, within: Span) -> Option<Breach> {
    let answered =
        |o: &Operation| o.outcome == Outcome::Ok || (o.outcome == Outcome::Failed && !o.output.is_empty());
    let mut answers: Vec<Time> = trace
        .story
        .operations
        .iter()
        .filter(|o| answered(o))
        .filter_map(|o| o.completed)
        .filter(|at| *at >= heal && *at <= until)
        .collect();
    answers.sort_unstable();
    for operation in &trace.story.operations {
        let from = operation.invoked.max(heal);
        let due = from + within;
        if due > until || operation.completed.is_some_and(|at| at < due && (at < heal || answered(operation)))
        {
            continue;
        }
        if operation.completed.is_some_and(|at| at < heal) {
            continue;
        }
        let next = answers.partition_point(|at| *at < from);
        if answers.get(next).is_some_and(|at| *at <= due) {
            continue;
        }
        let event = trace.events.partition_point(|record| record.at <= due).saturating_sub(1);
        return Some(Breach {
            at: due,
            event: EventId(event as u64),
            sentence: format!(
                "Everything was mended at {heal}, and {} after that {} still has no answer to {}, nor has anybody.",
                due.since(heal),
                operation.client,
                operation.label
            ),
            operations: vec![operation.id],
        });
    }
    None
}

// --- whose fault ---

/// Whose fault it is that a guarantee or an invariant broke at an event.
pub fn blame(run: &Run, trace: &Trace, guarantee: &str, event: EventId) -> Blame {
    let lab = run.lab();
    let on = potholes_on(run, trace, event);
    let named = |pothole: &&&sim::lab::Pothole| pothole.breaks.contains(&guarantee);
    let pothole = |pothole: &sim::lab::Pothole| Blame::Pothole { id: pothole.id, title: pothole.title };
    if let Some(found) = on.iter().find(named) {
        return pothole(found);
    }
    let claims = lab.claims(&run.parameters);
    let claim = claims.iter().find(|claim| claim.guarantee == guarantee).or(claims.first());
    let marks = trace.story.marks.iter().filter(|mark| mark.event <= event && !mark.nothing_to_do);
    let outside = claim.and_then(|claim| first_outside(marks, &claim.stands));
    match outside {
        Some(mark) => Blame::Outside {
            command: mark.text.clone(),
            event: mark.event,
            sentence: format!("outside what {} promises: {}", lab.about().title, mark.text),
        },
        None => on.first().map_or(Blame::Bug, |found| pothole(found)),
    }
}

/// The potholes that were on at some time up to an event; before the others those that were on at it.
fn potholes_on(run: &Run, trace: &Trace, event: EventId) -> Vec<&'static sim::lab::Pothole> {
    let marks = trace.story.marks.iter().filter(|mark| mark.event <= event && &*mark.word == "set");
    let set: Vec<Command> = marks.filter_map(|mark| command::parse(&mark.text).ok()).collect();
    // Each time this one was set: whether to on.
    let times_set = |id: &str| {
        let on = |value: &str| {
            let spec = run.parameters.find(id).map(|(_, spec)| spec);
            spec.is_ok_and(|spec| spec.read(value).is_ok_and(|value| value != spec.default))
        };
        let of_it = set.iter().filter_map(|command| match command {
            Command::Set { parameter, value } if &**parameter == id => Some(on(value)),
            _ => None,
        });
        of_it.collect::<Vec<bool>>()
    };
    let differs = |id: &str| {
        run.parameters.find(id).is_ok_and(|(at, spec)| run.parameters.value(at) != Some(spec.default))
    };
    let (mut on, mut before) = (Vec::new(), Vec::new());
    for pothole in run.lab().potholes() {
        let (first, set) = (differs(pothole.id), times_set(pothole.id));
        if set.last().copied().unwrap_or(first) {
            on.push(pothole);
        } else if first || set.contains(&true) {
            before.push(pothole);
        }
    }
    on.extend(before);
    on
}

fn first_outside<'a>(marks: impl Iterator<Item = &'a Mark>, stands: &[FaultClass]) -> Option<&'a Mark> {
    let mut liars: Vec<Who> = Vec::new();
    for mark in marks {
        let Ok(command) = command::parse(&mark.text) else { continue };
        if let Command::Lie { who, .. } = &command
            && !liars.contains(who)
        {
            liars.push(who.clone());
        }
        if !stands_it(&command, stands, liars.len()) {
            return Some(mark);
        }
    }
    None
}

/// Whether a claim that stands these faults stands this command.
fn stands_it(command: &Command, stands: &[FaultClass], liars: usize) -> bool {
    let has = |class: FaultClass| stands.contains(&class);
    let lies = |count: usize| {
        stands.iter().any(|class| matches!(class, FaultClass::Lies { limit } if count <= usize::from(*limit)))
    };
    match command {
        Command::Cut { .. } => has(FaultClass::Partition),
        Command::CutOneWay { .. } => has(FaultClass::OneWay),
        Command::Crash { .. } => has(FaultClass::Crash),
        Command::Pause { .. } => has(FaultClass::Pause),
        Command::Slow { factor, .. } => *factor <= 1 || has(FaultClass::Slow),
        Command::Clock { change: ClockChange::Step(_), .. } => has(FaultClass::ClockStep),
        Command::Clock { change: ClockChange::Drift(drift), .. } => stands.iter().any(
            |class| matches!(class, FaultClass::ClockDrift { limit_ppb } if drift.unsigned_abs() <= limit_ppb.unsigned_abs()),
        ) || *drift == 0,
        Command::Disk { change, .. } => match change {
            DiskChange::Slow(_) => has(FaultClass::SlowDisk),
            DiskChange::Fail => has(FaultClass::FailingDisk),
            DiskChange::Full => has(FaultClass::FullDisk),
            DiskChange::Wipe | DiskChange::Corrupt => has(FaultClass::WipedDisk),
            DiskChange::Ok => true,
        },
        Command::Lie { how, .. } => &**how == "off" || lies(liars),
        Command::Bend { .. } => lies(1),
        Command::Link { quality: Some(quality), .. } => {
            (quality.loss.unwrap_or(0) == 0 || has(FaultClass::Loss))
                && (quality.duplicate.unwrap_or(0) == 0 || has(FaultClass::Duplication))
                && (quality.reorder.unwrap_or(0) == 0 || has(FaultClass::Reordering))
                && ((quality.delay.is_none() && quality.bandwidth.is_none()) || has(FaultClass::Delay))
        }
        Command::Drop(_) | Command::DropNext { .. } => has(FaultClass::Loss),
        Command::Delay { .. } | Command::Hold(_) => has(FaultClass::Delay),
        Command::Deliver(_) => has(FaultClass::Reordering) || has(FaultClass::Delay),
        Command::Duplicate(_) => has(FaultClass::Duplication),
        // Mending is no fault; a timer that goes off early, a parameter and a request are none either.
        Command::Mend(_)
        | Command::Restart(_)
        | Command::Resume(_)
        | Command::Link { quality: None, .. }
        | Command::Release(_)
        | Command::Fire { .. }
        | Command::Set { .. }
        | Command::Redraw(_)
        | Command::Heal(_)
        | Command::Verb { .. } => true,
    }
}
