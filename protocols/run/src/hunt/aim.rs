//! Aimed candidates: faults at the moments at which something came about.
//!
//! Most moments of a run are alike; a protocol is at its weakest just after something became so: a vote was given, an entry
//! written, an answer sent. A run without chaos is run, and its facts are the places to strike; then it is run again with the
//! blow, and the next one falls at what came of it: Raft's figure 8 is three leaders, each struck as it was elected.

use crate::report::Execution;
use crate::run::Run;
use sim::command::{Command, TimedCommand, Who};
use sim::ids::ActorId;
use sim::lab::FaultClass;
use sim::ordered::SortedSet;
use sim::random::{Draw, Purpose};
use sim::time::{Moment, Span, Time};
use sim::trace::Trace;

/// Of a run's first so many events the facts are looked at.
const EVENTS: u64 = 30_000;
/// Faults of one candidate.
const STRIKES: u64 = 3;
/// The next one falls so soon after the one before.
const SOON: Span = Span::millis(3_000);
/// Of these parts, in one the place is any fact at all: in the others first what kind of fact, so that what is rare counts as
/// much as what is common.
const ANY: u64 = 3;

/// The run with some faults at moments that matter; a pure function of the run and the number.
pub fn aimed(run: &Run, number: u64) -> Run {
    let mut draw = Draw::new(run.seed, Purpose::Chaos, sim::digest::of("aimed"), number, 0);
    let nodes = run.lab().population(&run.parameters).nodes;
    let faults = run.lab().faults(&run.parameters);
    let mut aimed = run.clone();
    if nodes == 0 {
        return aimed;
    }
    let mut since = Time::ZERO;
    for _ in 0..=draw.below(STRIKES) {
        let mut once = Execution::new(&aimed);
        once.advance(EVENTS);
        let trace = once.trace();
        let until = if since == Time::ZERO { Time::MAX } else { since + SOON };
        let Some((moment, actor)) = choose(trace, (since, until), &mut draw) else { break };
        since = moment.at;
        let near =
            if actor.is_node() { actor } else { ActorId::node(1 + draw.below(u64::from(nodes)) as u16) };
        let other = ActorId::node(1 + draw.below(u64::from(nodes)) as u16);
        let lasting = Span::millis(draw.between(50, 3_000));
        for (at, command) in strike(&faults, near, other, moment, lasting, &mut draw) {
            aimed.commands.push(TimedCommand::new(at, command));
        }
        aimed.sort();
    }
    aimed.commands.retain(|timed| timed.at.at <= run.end);
    aimed
}

/// One of the facts after a time and until another: right after its event, and whose it is.
fn choose(trace: &Trace, (since, until): (Time, Time), draw: &mut Draw) -> Option<(Moment, ActorId)> {
    let from = trace.facts.partition_point(|fact| fact.at <= since);
    let to = trace.facts.partition_point(|fact| fact.at <= until);
    let mut places: Vec<usize> = (from..to).collect();
    let name = |at: &usize| trace.facts.get(*at).map(|fact| fact.name);
    if draw.below(ANY) > 0 {
        let names: SortedSet<_> = places.iter().filter_map(name).collect();
        let wanted = drawn(names.len(), draw).and_then(|at| names.iter().nth(at).copied());
        places.retain(|at| name(at) == wanted);
    }
    place(trace, *places.get(drawn(places.len(), draw)?)?)
}

/// A place in a list of so many.
fn drawn(length: usize, draw: &mut Draw) -> Option<usize> {
    (length > 0).then(|| draw.below(length as u64) as usize)
}

/// The moment right after the event of a fact, and whose it is.
fn place(trace: &Trace, at: usize) -> Option<(Moment, ActorId)> {
    let fact = trace.facts.get(at)?;
    let before = super::before(trace, fact.event)?;
    Some((Moment { after: before.after.saturating_add(1), ..before }, fact.actor))
}

/// One fault that the lab stands, and what ends it.
fn strike(
    faults: &[FaultClass],
    near: ActorId,
    other: ActorId,
    at: Moment,
    lasting: Span,
    draw: &mut Draw,
) -> Vec<(Moment, Command)> {
    let has = |class: &FaultClass| faults.contains(class);
    let (who, span) = (Who::Actor(near), Some(lasting));
    let later = Moment::at(at.at + lasting);
    let mut choices: Vec<Vec<(Moment, Command)>> = Vec::new();
    if has(&FaultClass::Crash) {
        let keep = (draw.below(2) == 0).then_some(0);
        choices.push(vec![
            (at, Command::Crash { who: who.clone(), keep, torn: false }),
            (later, Command::Restart(who.clone())),
        ]);
    }
    if has(&FaultClass::Partition) {
        let mut groups = vec![vec![who.clone()]];
        if draw.below(2) == 0 && other != near {
            groups[0].push(Who::Actor(other));
        }
        choices.push(vec![(at, Command::Cut { groups, span })]);
    }
    if has(&FaultClass::OneWay) && other != near {
        let (from, to) = (vec![who.clone()], vec![Who::Actor(other)]);
        choices.push(vec![(at, Command::CutOneWay { from, to, span })]);
    }
    if has(&FaultClass::Pause) {
        choices.push(vec![(at, Command::Pause { who: who.clone(), span })]);
    }
    if choices.is_empty() {
        return Vec::new();
    }
    let pick = draw.below(choices.len() as u64) as usize;
    choices.swap_remove(pick)
}
