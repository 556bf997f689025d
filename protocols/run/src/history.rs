//! The kernel's operations as the checkers take them, and a history as lines of JSON for other programs.

use serde_json::json;
use sim::ids::OperationId;
use sim::story;
use sim::trace::{HistoryStep, Trace};

/// The model that a lab's history is judged by, where it is one of those the checkers know.
pub fn model(name: &str) -> Option<check::Cell> {
    match name {
        "register" => Some(check::Cell::Register),
        "cas-register" => Some(check::Cell::CasRegister),
        "kv" => Some(check::Cell::KeyValue),
        _ => None,
    }
}

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

/// Feeds one step of a trace's history to a judge, at its place as position.
///
/// # Errors
/// When the history or the model refuses it.
pub fn feed(judge: &mut check::Judge, trace: &Trace, at: usize) -> Result<(), check::JudgeError> {
    let Some((_, step)) = trace.history.get(at) else { return Ok(()) };
    let (HistoryStep::Invoked(id) | HistoryStep::Completed(id)) = *step;
    let Some(operation) = operation(trace, id) else { return Ok(()) };
    match step {
        HistoryStep::Invoked(_) => judge.invoke(at as u64, invocation(operation)),
        HistoryStep::Completed(_) => {
            let (outcome, output) = (outcome(operation.outcome), values(&operation.output));
            judge.complete(at as u64, id.0, outcome, output)
        }
    }
}

fn json_value(value: &story::Value) -> serde_json::Value {
    match value {
        story::Value::Nil => serde_json::Value::Null,
        story::Value::Int(n) => json!(n),
        story::Value::Text(text) => json!(&**text),
        story::Value::Actor(id) => json!(id.to_string()),
        story::Value::List(items) => items.iter().map(json_value).collect(),
    }
}

/// The history as JSON Lines: a line for each invocation and each completion, in order, in the words that Jepsen's
/// histories use (`invoke`, `ok`, `fail`, `info`).
pub fn lines(trace: &Trace) -> String {
    let mut text = String::new();
    for (index, (event, step)) in trace.history.iter().enumerate() {
        let (HistoryStep::Invoked(id) | HistoryStep::Completed(id)) = *step;
        let Some(operation) = operation(trace, id) else { continue };
        let invoked = matches!(step, HistoryStep::Invoked(_));
        let kind = match (invoked, operation.outcome) {
            (true, _) => "invoke",
            (false, story::Outcome::Ok) => "ok",
            (false, story::Outcome::Failed) => "fail",
            (false, _) => "info",
        };
        let given: Vec<_> = operation.input.iter().map(json_value).collect();
        let returned: Vec<_> = operation.output.iter().map(json_value).collect();
        let mut values = if invoked || returned.is_empty() { given } else { returned };
        // A read that asks brings nothing: null, as Jepsen writes it.
        let value = match values.len() {
            0 => serde_json::Value::Null,
            1 => values.remove(0),
            _ => values.into(),
        };
        let line = json!({
            "index": index,
            "time": trace.event(*event).map_or(0, |record| record.at.0),
            "type": kind,
            "process": operation.process,
            "f": operation.function,
            "key": (!operation.key.is_empty()).then(|| operation.key.to_string()),
            "value": value,
        });
        text.push_str(&line.to_string());
        text.push('\n');
    }
    text
}
