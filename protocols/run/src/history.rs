//! The kernel's operations as the checkers take them, and a run's history as a file for other programs.

use sim::ordered::SortedMap;
use std::sync::Arc;

use check::HistoryError;
use check::read::Imported;
use check::write::{Form, write};
use sim::ids::{ActorId, EventId, OperationId};
use sim::story;
use sim::trace::{HistoryStep, Trace};

/// A value.
pub fn value(value: &story::Value) -> check::Value {
    match value {
        story::Value::Nil => check::Value::Nil,
        story::Value::Int(n) => check::Value::Int(*n),
        story::Value::Text(text) => check::Value::Text(text.clone()),
        story::Value::Actor(id) => check::Value::from(id.to_string().as_str()),
        story::Value::List(items) => check::Value::List(items.iter().map(self::value).collect()),
    }
}

/// Values.
pub fn values(values: &[story::Value]) -> check::Values {
    values.iter().map(value).collect()
}

/// How an operation came out.
pub fn outcome(outcome: story::Outcome) -> check::Outcome {
    match outcome {
        story::Outcome::Open => check::Outcome::Open,
        story::Outcome::Ok => check::Outcome::Ok,
        story::Outcome::Failed => check::Outcome::Failed,
        story::Outcome::Unknown => check::Outcome::Unknown,
    }
}

/// What was asked for.
pub fn invocation(operation: &story::Operation) -> check::Invocation {
    check::Invocation {
        id: operation.id.0,
        lane: u32::from(operation.client.number()),
        process: operation.process,
        function: operation.function.into(),
        key: (!operation.key.is_empty()).then(|| operation.key.clone()),
        input: values(&operation.input),
    }
}

/// An operation of a trace.
pub fn operation(trace: &Trace, id: OperationId) -> Option<&story::Operation> {
    trace.story.operations.get(usize::try_from(id.0).ok()?)
}

/// Feeds one step of a trace's history to its judges, at its place as position.
///
/// # Errors
/// When the history or the model refuses it.
pub fn feed(judges: &mut check::Judges, trace: &Trace, at: usize) -> Result<(), check::JudgeError> {
    let Some((_, step)) = trace.history.get(at) else { return Ok(()) };
    let (HistoryStep::Invoked(id) | HistoryStep::Completed(id)) = *step;
    let Some(operation) = operation(trace, id) else { return Ok(()) };
    match step {
        HistoryStep::Invoked(_) => judges.invoke(at as u64, invocation(operation)),
        HistoryStep::Completed(_) => {
            let (outcome, output) = (outcome(operation.outcome), values(&operation.output));
            judges.complete(at as u64, id.0, outcome, output)
        }
    }
}

/// The history of a trace, on an object of the kind that labs call `model`, to be written as a file: an event's position
/// is its place in the trace's history, its time the virtual one.
///
/// # Errors
/// When the trace contradicts itself, which none of the kernel's does.
pub fn recorded(trace: &Trace, model: &str) -> Result<Imported, HistoryError> {
    recorded_until(trace, model, EventId(u64::MAX))
}

/// The same of a trace's first `events` events.
///
/// # Errors
/// As [`recorded`].
pub fn recorded_until(trace: &Trace, model: &str, events: EventId) -> Result<Imported, HistoryError> {
    let mut history = check::History::new();
    let mut lanes: Vec<Arc<str>> = Vec::new();
    let mut processes = Processes::of(trace);
    for (at, (_, step)) in trace.history.iter().take_while(|(event, _)| *event < events).enumerate() {
        let (HistoryStep::Invoked(id) | HistoryStep::Completed(id)) = *step;
        let Some(operation) = operation(trace, id) else { continue };
        let lane = usize::from(operation.client.number());
        for unknown in lanes.len()..=lane {
            lanes.push(Arc::from(format!("c{unknown}")));
        }
        lanes[lane] = Arc::from(operation.client.to_string());
        match step {
            HistoryStep::Invoked(_) => {
                let process = processes.begin(operation);
                history.invoke(at as u64, check::Invocation { process, ..invocation(operation) })?;
            }
            HistoryStep::Completed(_) => {
                let (outcome, output) = (outcome(operation.outcome), values(&operation.output));
                processes.end(operation);
                history.complete(at as u64, id.0, outcome, output)?;
            }
        }
    }
    let time = |position: u64| {
        let (event, _) = trace.history.get(usize::try_from(position).ok()?)?;
        i64::try_from(trace.event(*event)?.at.0).ok()
    };
    Ok(Imported::made(model.parse().ok(), history, lanes, &time))
}

/// Who asks, as files have it: one thing at a time. A client that asks for several at once (for many devices) is as many
/// processes.
struct Processes {
    /// What each that is busy does.
    busy: SortedMap<u64, OperationId>,
    /// Those made beside the client's own, of each lane.
    more: SortedMap<ActorId, Vec<u64>>,
    next: u64,
}

impl Processes {
    fn of(trace: &Trace) -> Self {
        let next = trace.story.operations.iter().map(|operation| operation.process.saturating_add(1)).max();
        Self { busy: SortedMap::new(), more: SortedMap::new(), next: next.unwrap_or(0) }
    }

    /// The process of an operation that begins.
    fn begin(&mut self, operation: &story::Operation) -> u64 {
        let Self { busy, more, next } = self;
        let more = more.entry(operation.client).or_default();
        let own = std::iter::once(operation.process).chain(more.iter().copied());
        let free = own.into_iter().find(|process| !busy.contains_key(process));
        let process = free.unwrap_or_else(|| {
            more.push(*next);
            *next += 1;
            *next - 1
        });
        busy.insert(process, operation.id);
        process
    }

    /// An operation ends. Whose outcome nobody knows keeps its process busy: it may still take effect.
    fn end(&mut self, operation: &story::Operation) {
        if matches!(operation.outcome, story::Outcome::Ok | story::Outcome::Failed) {
            self.busy.retain(|_, id| *id != operation.id);
        }
    }
}

/// The history as JSON Lines, as [`mod@check::write`] has them: a line for each invocation and each completion, in order, in
/// the words that Jepsen's histories use (`invoke`, `ok`, `fail`, `info`).
///
/// # Errors
/// As [`recorded`].
pub fn lines(trace: &Trace, model: &str) -> Result<String, HistoryError> {
    let mut bytes = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = write(&recorded(trace, model)?, Form::Lines, &mut bytes);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
