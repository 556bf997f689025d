//! Events as maps of EDN.

use std::fmt::Write as _;

use crate::value::Value;

use super::events::{By, Event};
use super::{is_plain_map, quoted};

/// One event.
pub(super) fn event(event: &Event<'_>, to: &mut String) {
    // Writing to a String cannot fail.
    let _ = write!(to, "{{:index {}", event.index);
    if let Some(time) = event.time {
        let _ = write!(to, ", :time {time}");
    }
    let _ = write!(to, ", :type :{}, :process ", event.kind);
    match event.by {
        By::Process(process) => {
            let _ = write!(to, "{process}");
        }
        By::Nemesis => to.push_str(":nemesis"),
    }
    if let Some(client) = event.client {
        to.push_str(", :client ");
        quoted(client, to);
    }
    to.push_str(", :f ");
    name(&event.function, to);
    for (field, values) in [("input", &event.input), ("output", &event.output)] {
        if let Some(values) = values {
            let _ = write!(to, ", :{field} ");
            list(values, to);
        }
    }
    if let Some(key) = event.key {
        to.push_str(", :key ");
        quoted(key, to);
    }
    if let Some(given) = &event.value {
        to.push_str(", :value ");
        if event.function == "txn" { steps(given, to) } else { value(given, to) }
    }
    to.push('}');
}

/// A function's name as a keyword, if it can be one.
fn name(function: &str, to: &mut String) {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'!' | b'?' | b'*');
    if !function.is_empty() && function.bytes().all(plain) {
        to.push(':');
        to.push_str(function);
    } else {
        quoted(function, to);
    }
}

/// The steps of a transaction: their names are keywords.
fn steps(given: &Value, to: &mut String) {
    let Value::List(steps) = given else { return value(given, to) };
    to.push('[');
    for (place, step) in steps.iter().enumerate() {
        if place > 0 {
            to.push(' ');
        }
        match step {
            Value::List(parts) => {
                to.push('[');
                for (place, part) in parts.iter().enumerate() {
                    match part {
                        Value::Text(function) if place == 0 => name(function, to),
                        other => {
                            to.push(' ');
                            value(other, to);
                        }
                    }
                }
                to.push(']');
            }
            other => value(other, to),
        }
    }
    to.push(']');
}

fn list(items: &[Value], to: &mut String) {
    to.push('[');
    for (place, item) in items.iter().enumerate() {
        if place > 0 {
            to.push(' ');
        }
        value(item, to);
    }
    to.push(']');
}

fn value(one: &Value, to: &mut String) {
    match one {
        Value::Nil => to.push_str("nil"),
        Value::Int(number) => {
            let _ = write!(to, "{number}");
        }
        Value::Text(words) => quoted(words, to),
        Value::Word(word) if is_token(word) => to.push_str(word),
        Value::Word(word) => {
            to.push_str("{\"word\" ");
            quoted(word, to);
            to.push('}');
        }
        Value::List(items) => list(items, to),
        Value::Map(pairs) if is_plain_map(pairs) && pairs.iter().all(|(key, _)| is_key(key)) => {
            to.push('{');
            for (place, (key, held)) in pairs.iter().enumerate() {
                if place > 0 {
                    to.push_str(", ");
                }
                match key {
                    // The parts of a transfer, as Jepsen's bank has them.
                    Value::Text(word) if matches!(&**word, "from" | "to" | "amount") => name(word, to),
                    other => value(other, to),
                }
                to.push(' ');
                value(held, to);
            }
            to.push('}');
        }
        Value::Map(pairs) => {
            to.push_str("{\"map\" [");
            for (place, (key, held)) in pairs.iter().enumerate() {
                if place > 0 {
                    to.push(' ');
                }
                list(&[key.clone(), held.clone()], to);
            }
            to.push_str("]}");
        }
    }
}

/// Whether a reader takes a key of a map for what it is: texts that are numbers it takes for numbers.
fn is_key(key: &Value) -> bool {
    !matches!(key, Value::Text(text) if text.parse::<i64>().is_ok())
}

/// Whether a word may stand without quotes, and is read back as the same word.
fn is_token(word: &str) -> bool {
    let rest = word.strip_prefix("##").unwrap_or(word);
    let inside = |byte: u8| byte > b' ' && byte != 0x7f && !b",\"[]{}();\\^#".contains(&byte);
    let first = rest.bytes().next().unwrap_or_default();
    if rest.is_empty() || !rest.bytes().all(inside) || word == "nil" {
        return false;
    }
    if !first.is_ascii_digit() && !matches!(first, b'-' | b'+') {
        return true;
    }
    // Numbers have one way of being written.
    let whole = rest.strip_suffix('N').unwrap_or(rest).parse::<i64>().is_ok();
    let same = rest.parse::<f64>().map_or(true, |read| !read.is_finite() || format!("{read:?}") == rest);
    !whole && same
}
