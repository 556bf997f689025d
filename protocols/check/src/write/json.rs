//! Events as objects of JSON.

use std::fmt::Write as _;

use crate::isolation::{Initial, Sessions};
use crate::read::{Imported, Subject};
use crate::value::Value;

use super::events::{By, Event};
use super::{is_plain_map, quoted};

/// The first line of our own form.
pub(super) fn header(history: &Imported, to: &mut String) {
    to.push_str("{\"potholes\":\"history\",\"version\":1");
    if !history.guessed {
        to.push_str(",\"model\":");
        quoted(history.model.name(), to);
    }
    if let Subject::Transactions(transactions) = &history.subject {
        let conventions = transactions.conventions();
        match &conventions.initial {
            Initial::Nothing => {}
            Initial::Written(written) => {
                to.push_str(",\"initial\":{\"written\":");
                value(written, to);
                to.push('}');
            }
            Initial::Unstated => to.push_str(",\"initial\":\"unstated\""),
        }
        if conventions.sessions == Sessions::Always {
            to.push_str(",\"sessions\":\"always\"");
        }
    }
    to.push_str("}\n");
}

/// One event.
pub(super) fn event(event: &Event<'_>, to: &mut String) {
    // Writing to a String cannot fail.
    let _ = write!(to, "{{\"index\":{}", event.index);
    if let Some(time) = event.time {
        let _ = write!(to, ",\"time\":{time}");
    }
    let _ = write!(to, ",\"type\":\"{}\",\"process\":", event.kind);
    match event.by {
        By::Process(process) => {
            let _ = write!(to, "{process}");
        }
        By::Nemesis => to.push_str("\"nemesis\""),
    }
    if let Some(client) = event.client {
        to.push_str(",\"client\":");
        quoted(client, to);
    }
    to.push_str(",\"f\":");
    quoted(&event.function, to);
    match event.key {
        Some(key) => {
            to.push_str(",\"key\":");
            quoted(key, to);
        }
        None if event.has_key => to.push_str(",\"key\":null"),
        None => {}
    }
    if let Some(given) = &event.value {
        to.push_str(",\"value\":");
        value(given, to);
    }
    for (name, values) in [("input", &event.input), ("output", &event.output)] {
        if let Some(values) = values {
            let _ = write!(to, ",\"{name}\":");
            list(values, to);
        }
    }
    to.push('}');
}

fn list(items: &[Value], to: &mut String) {
    to.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            to.push(',');
        }
        value(item, to);
    }
    to.push(']');
}

fn value(one: &Value, to: &mut String) {
    match one {
        Value::Nil => to.push_str("null"),
        Value::Int(number) => {
            let _ = write!(to, "{number}");
        }
        Value::Text(words) => quoted(words, to),
        Value::Word(word) => {
            to.push_str("{\"word\":");
            quoted(word, to);
            to.push('}');
        }
        Value::List(items) => list(items, to),
        Value::Map(pairs) if is_plain_map(pairs) && pairs.iter().all(|(key, _)| is_name(key)) => {
            to.push('{');
            for (place, (key, held)) in pairs.iter().enumerate() {
                if place > 0 {
                    to.push(',');
                }
                match key {
                    Value::Text(text) => quoted(text, to),
                    other => quoted(&other.to_string(), to),
                }
                to.push(':');
                value(held, to);
            }
            to.push('}');
        }
        Value::Map(pairs) => {
            to.push_str("{\"map\":[");
            for (place, (key, held)) in pairs.iter().enumerate() {
                if place > 0 {
                    to.push(',');
                }
                to.push('[');
                value(key, to);
                to.push(',');
                value(held, to);
                to.push(']');
            }
            to.push_str("]}");
        }
    }
}

/// Whether a reader takes a name in an object for this key: those that are numbers it takes for numbers.
fn is_name(key: &Value) -> bool {
    match key {
        Value::Int(_) => true,
        Value::Text(text) => text.parse::<i64>().is_err(),
        _ => false,
    }
}
