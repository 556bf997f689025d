//! Jepsen's text log, as Porcupine's test data of etcd has it:
//!
//! ```text
//! INFO  jepsen.util - 3 :invoke :cas [1 2]
//! INFO  jepsen.util - 3 :fail :cas [1 2]
//! INFO  jepsen.util - 4 :fail :read :timed-out
//! ```
//!
//! Columns are parted by tabs or by blanks. What stands before the process is not looked at, and lines that have no
//! `:invoke`, `:ok`, `:fail` or `:info` are not either: such logs also tell of other things (but a process, a keyword that
//! is none of these and a function are an error: an operation must not be lost). A read of `nil` found
//! nothing; a failed swap found something other than it expected; `:fail :read :timed-out` may have found anything.

use crate::value::Value;

use super::error::{Cause, ReadError};
use super::event::Type;
use super::events::{Events, number};
use super::format::Format;
use super::imported::Imported;
use super::objects::{Entry, Said};
use super::source::Source;
use super::{LINE_MOST, Options};

const EXPECTED: &str = "a process, :invoke, :ok, :fail or :info, a function and its value";

/// Reads a log.
pub(super) fn read(source: &mut Source<'_>, options: &Options) -> Result<Imported, ReadError> {
    let mut events = Events::new(Format::Etcd, options);
    let mut buffer = Vec::new();
    loop {
        let line = source.place().line;
        let Some(text) = source.line(&mut buffer, LINE_MOST)? else { break };
        if let Some(entry) = entry(text, line)? {
            events.enter(entry)?;
        }
    }
    match source.failure() {
        Some(failure) => Err(failure),
        None => events.finish(),
    }
}

fn entry(text: &str, line: u64) -> Result<Option<Entry<'_>>, ReadError> {
    let mut words = text.split_ascii_whitespace().peekable();
    let mut process = None;
    let kind = loop {
        let Some(word) = words.next() else { return Ok(None) };
        if let Some(kind) = word.strip_prefix(':').and_then(Type::of) {
            break kind;
        }
        // A process, a word that is no type, a function: an operation that would be lost if this were passed over.
        let is_event = word.starts_with(':')
            && process.is_some_and(|before: &str| before.bytes().all(|byte| byte.is_ascii_digit()))
            && words.peek().is_some_and(|next| next.starts_with(':'));
        if is_event {
            return Err(ReadError::on(
                line,
                Cause::BadLine { expected: EXPECTED, found: format!("“{word}”") },
            ));
        }
        process = Some(word);
    };
    let wrong = |found: &str| {
        let found: String = found.trim().chars().take(60).collect();
        Err(ReadError::on(line, Cause::BadLine { expected: EXPECTED, found: format!("“{found}”") }))
    };
    let Some(process) = process else { return wrong(text) };
    if process == ":nemesis" || process == "nemesis" {
        return Ok(None);
    }
    let Some(function) = words.next().and_then(|word| word.strip_prefix(':')) else { return wrong(text) };
    let rest: Vec<&str> = words.collect();
    let said = match rest.as_slice() {
        [] => Said::Nothing,
        // `[1 2]` is one value of two words.
        [first, .., last] if first.starts_with('[') && last.ends_with(']') => {
            let inner = rest.join(" ");
            let inner = inner.trim_start_matches('[').trim_end_matches(']').to_owned();
            Said::Value(Value::from(inner.split_ascii_whitespace().map(value).collect::<Vec<_>>()))
        }
        [one] => Said::Value(value(one)),
        // Something longer is a reason; only a failure gives one.
        _ if matches!(kind, Type::Fail | Type::Info) => Said::Nothing,
        _ => return wrong(text),
    };
    Ok(Some(Entry {
        line,
        position: 0,
        kind,
        actor: number(process),
        client: None,
        function: Some(function),
        key: None,
        said,
        index: None,
        time: None,
    }))
}

fn value(word: &str) -> Value {
    match word.parse::<i64>() {
        Ok(number) => Value::Int(number),
        Err(_) if word == "nil" => Value::Nil,
        Err(_) => match word.strip_prefix('"').and_then(|word| word.strip_suffix('"')) {
            Some(text) => Value::from(text),
            None => Value::Word(word.into()),
        },
    }
}
