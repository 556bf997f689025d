//! Aimed candidates: faults at the moments at which something came about.
//!
//! Most moments of a run are alike; a protocol is at its weakest just after something became so: a vote was given, an entry
//! written, an answer sent. A run without chaos is run once, and its facts are the places to strike.

use crate::report::Execution;
use crate::run::Run;
use sim::command::{Command, TimedCommand, Who};
use sim::ids::ActorId;
use sim::lab::FaultClass;
use sim::random::{Draw, Purpose};
use sim::time::{Moment, Span};
use sim::trace::Trace;

/// Of a run's first so many events the facts are looked at.
const EVENTS: u64 = 30_000;
/// Faults of one candidate.
const STRIKES: u64 = 3;

/// The run with some faults at moments that matter; a pure function of the run and the number.
pub fn aimed(run: &Run, number: u64) -> Run {
    let mut draw = Draw::new(run.seed, Purpose::Chaos, sim::digest::of("aimed"), number, 0);
    let mut once = Execution::new(run);
    once.advance(EVENTS);
    let trace = once.trace();
    let nodes = run.lab().population(&run.parameters).nodes;
    let faults = run.lab().faults(&run.parameters);
    let mut aimed = run.clone();
    if trace.facts.is_empty() || nodes == 0 {
        return aimed;
    }
    for _ in 0..=draw.below(STRIKES) {
        let at = draw.below(trace.facts.len() as u64) as usize;
        let Some((moment, actor)) = place(trace, at) else { break };
        let near =
            if actor.is_node() { actor } else { ActorId::node(1 + draw.below(u64::from(nodes)) as u16) };
        let other = ActorId::node(1 + draw.below(u64::from(nodes)) as u16);
        let lasting = Span::millis(draw.between(50, 3_000));
        for (at, command) in strike(&faults, near, other, moment, lasting, &mut draw) {
            aimed.commands.push(TimedCommand::new(at, command));
        }
    }
    aimed.commands.retain(|timed| timed.at.at <= run.end);
    aimed.sort();
    aimed
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
