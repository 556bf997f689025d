//! Writing: histories as files for other programs, and for [`crate::read`].
//!
//! # Our own form: JSON Lines
//! ```text
//! {"potholes":"history","version":1,"model":"kv"}
//! {"index":0,"time":2100000,"type":"invoke","process":0,"client":"c1","f":"write","key":"list","value":"milk"}
//! {"index":1,"time":2300000,"type":"ok","process":0,"client":"c1","f":"write","key":"list","value":"milk"}
//! ```
//! The first line says what it is. After it comes a line for each invocation and each completion, in order, with the
//! names that Jepsen's histories have:
//!
//! | name | is |
//! |-|-|
//! | `index` | the event's number, from 0 |
//! | `time` | nanoseconds since some beginning; absent where nobody knows |
//! | `type` | `invoke`, `ok` (it happened), `fail` (it did not), `info` (nobody knows) |
//! | `process` | a number; after an operation of unknown outcome a client goes on as another. `nemesis`: what was done to the cluster |
//! | `client` | the lane it is drawn on |
//! | `f` | the function: `read`, `write`, `cas`, ..., `txn` |
//! | `key` | the object, null where there is one only; absent in transactions |
//! | `value` | what was given; of a completed read what it brought. Of a transaction its steps: `[["append","x",1],["r","y",[2]]]` |
//! | `input` | exactly what was given, as a list, where `value` does not say it |
//! | `output` | exactly what was returned, as a list, where `value` does not say it: what a failed `cas` saw, a lock's token |
//!
//! An answered read without `value` (a step `["r",key]`) brought something that nobody kept. Values are written as JSON has
//! them; a word of another format is `{"word":":x"}`, and a map whose keys JSON cannot hold is `{"map":[[key,value],..]}`.
//! Of transactions the first line also says `initial` and `sessions`: what the history has by convention
//! ([`crate::isolation::Conventions`]).
//!
//! Readers pass over names that they do not know.
//!
//! # EDN and JSON
//! [`Form::Edn`] is what Jepsen's own tools read: the same names, one map a line. Operations on keys have `[key value]` as
//! their value there, as Jepsen's `independent` has it, and say the exact values besides. [`Form::Json`] is one list of the
//! same objects, as elle-cli takes it. Both leave out the first line, and so what it says.

mod edn;
mod events;
mod json;

use std::io::{self, Write};

use crate::read::Imported;
use crate::value::Value;

use events::Style;

/// The form of a written history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Our own: JSON Lines.
    Lines,
    /// Jepsen's: EDN, a map a line.
    Edn,
    /// One list of JSON.
    Json,
}

/// Writes a history.
///
/// # Errors
/// Those of `to`.
pub fn write(history: &Imported, form: Form, to: &mut dyn Write) -> io::Result<()> {
    let mut text = String::new();
    match form {
        Form::Lines => json::header(history, &mut text),
        Form::Json => text.push('['),
        Form::Edn => {}
    }
    let style = if form == Form::Edn { Style::Edn } else { Style::Json };
    let mut first = true;
    events::each(history, style, &mut |event| {
        match form {
            Form::Edn => edn::event(event, &mut text),
            Form::Lines => json::event(event, &mut text),
            Form::Json => {
                text.push_str(if first { "\n" } else { ",\n" });
                json::event(event, &mut text);
            }
        }
        first = false;
        if form != Form::Json {
            text.push('\n');
        }
        to.write_all(text.as_bytes())?;
        text.clear();
        Ok(())
    })?;
    if form == Form::Json {
        text.push_str("\n]\n");
    }
    to.write_all(text.as_bytes())
}

/// A text in quotes, as JSON and EDN both have it.
fn quoted(words: &str, to: &mut String) {
    to.push('"');
    for char in words.chars() {
        match char {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            control if control.is_ascii_control() => {
                to.push_str(&format!("\\u{:04x}", u32::from(control)));
            }
            other => to.push(other),
        }
    }
    to.push('"');
}

/// Whether a map is told apart from what stands for a word, or for a map whose keys are no texts.
fn is_plain_map(pairs: &[(Value, Value)]) -> bool {
    let special = |key: &Value| matches!(key, Value::Text(text) if matches!(&**text, "word" | "map"));
    !matches!(pairs, [(key, _)] if special(key))
}
