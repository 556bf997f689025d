//! Text of transactions: AWDIT's, Plume's and PolySI's, dbcop's.
//!
//! None of them says when a transaction ran, only in which order a session ran its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::history::Outcome;
use crate::isolation::{Conventions, Draft, Initial, Objects, Step};
use crate::value::Value;

use super::error::{Cause, ReadError};
use super::format::Format;
use super::imported::{Beside, Imported, Origin};
use super::source::Source;
use super::transactions::Transactions;
use super::values::Interner;
use super::{LINE_MOST, Options};

/// What stands in a line, for messages.
fn bad(line: u64, expected: &'static str, found: &str) -> ReadError {
    let found: String = found.trim().chars().take(60).collect();
    ReadError::on(line, Cause::BadLine { expected, found: format!("“{found}”") })
}

/// The history of a form without times.
pub(super) fn imported(
    format: Format,
    options: &Options,
    transactions: Transactions,
    sessions: u64,
) -> Result<Imported, ReadError> {
    let (history, origins) = transactions.finish()?;
    if history.is_empty() {
        return Err(ReadError::whole(Cause::Empty));
    }
    let lanes = (0..sessions).map(|session| Arc::from(format!("session {session}"))).collect();
    let beside = Beside {
        format,
        named: options.model,
        origins,
        lanes,
        marks: Vec::new(),
        notes: Vec::new(),
        made_up: 0,
    };
    Imported::transactions(beside, history)
}

/// The conventions of a form, and what the caller knows better.
pub(super) fn with_initial(mut conventions: Conventions, options: &Options) -> Conventions {
    match &options.initial {
        None => {}
        Some(Value::Nil) => conventions.initial = Initial::Nothing,
        Some(value) => conventions.initial = Initial::Written(value.clone()),
    }
    conventions
}

fn finished(source: &mut Source<'_>) -> Result<(), ReadError> {
    source.failure().map_or(Ok(()), Err)
}

/// AWDIT's test text: a step a line, `---` ends a transaction, `===` a session. There is no initial value: what is read
/// though nobody wrote it was there at first.
pub(super) fn awdit(source: &mut Source<'_>, options: &Options) -> Result<Imported, ReadError> {
    const EXPECTED: &str = "`r KEY VALUE`, `w KEY VALUE`, `---` after a transaction or `===` after a session";
    let conventions = with_initial(Conventions::awdit(), options);
    let mut transactions = Transactions::new(Some(Objects::Registers), conventions);
    let mut interner = Interner::default();
    let mut draft = Draft::default();
    let (mut session, mut begun) = (0, 0);
    let mut buffer = Vec::new();
    loop {
        let line = source.place().line;
        let Some(text) = source.line(&mut buffer, LINE_MOST)? else { break };
        let text = text.trim();
        let rule = |sign| text.bytes().all(|byte| byte == sign);
        if text.is_empty() {
            continue;
        }
        if rule(b'-') || rule(b'=') {
            end(&mut transactions, &mut draft, session, begun)?;
            session += u64::from(rule(b'='));
            continue;
        }
        let mut words = text.split_ascii_whitespace();
        let (Some(name), Some(key), Some(value), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(bad(line, EXPECTED, text));
        };
        let (key, value) = (word(&mut interner, key), word(&mut interner, value));
        if draft.steps.is_empty() {
            begun = line;
        }
        draft.steps.push(match name {
            "r" => Step::Read { key, seen: Some(value) },
            "w" => Step::Write { key, value },
            _ => return Err(bad(line, EXPECTED, text)),
        });
    }
    finished(source)?;
    end(&mut transactions, &mut draft, session, begun)?;
    imported(Format::Awdit, options, transactions, session + 1)
}

/// The transaction is complete: it goes to the others.
fn end(transactions: &mut Transactions, draft: &mut Draft, session: u64, line: u64) -> Result<(), ReadError> {
    if draft.steps.is_empty() {
        return Ok(());
    }
    draft.process = session;
    draft.label = line;
    draft.outcome = Outcome::Ok;
    transactions.add(std::mem::take(draft), Origin::on_line(line))
}

/// A whole number, or a word as it is written.
fn word(interner: &mut Interner, word: &str) -> Value {
    match word.parse::<i64>() {
        Ok(number) => Value::Int(number),
        Err(_) => Value::Text(interner.text(word)),
    }
}

/// Plume's and PolySI's text: `w(key,value,session,transaction)`. A transaction before all others wrote 0 to every key;
/// the steps of transaction -1 were aborted.
pub(super) fn plume(source: &mut Source<'_>, options: &Options) -> Result<Imported, ReadError> {
    const EXPECTED: &str = "`r(key,value,session,transaction)` or `w(key,value,session,transaction)`";
    let conventions = with_initial(Conventions::plume(), options);
    let mut transactions = Transactions::new(Some(Objects::Registers), conventions);
    let mut interner = Interner::default();
    let mut drafts: Vec<(Draft, u64)> = Vec::new();
    let mut by_name: BTreeMap<i64, u32> = BTreeMap::new();
    let mut sessions = 0;
    let mut buffer = Vec::new();
    loop {
        let line = source.place().line;
        let Some(text) = source.line(&mut buffer, LINE_MOST)? else { break };
        let text = text.trim();
        if text.is_empty() {
            continue;
        }
        let wrong = || bad(line, EXPECTED, text);
        let (name, rest) = text.split_once('(').ok_or_else(wrong)?;
        let mut parts = rest.strip_suffix(')').ok_or_else(wrong)?.split(',').map(str::trim);
        let (Some(key), Some(value), Some(session), Some(number), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        let session: u32 = session.parse().map_err(|_| wrong())?;
        let number: i64 = number.parse().map_err(|_| wrong())?;
        let (key, value) = (word(&mut interner, key), word(&mut interner, value));
        let step = match name.trim() {
            "r" => Step::Read { key, seen: Some(value) },
            "w" => Step::Write { key, value },
            _ => return Err(wrong()),
        };
        let session = u64::from(session);
        sessions = sessions.max(session + 1);
        if number == -1 {
            // Nobody says which of the aborted steps belong together: each stands alone.
            let (label, process, outcome) = (line, session, Outcome::Failed);
            let draft = Draft { label, process, outcome, steps: vec![step], ..Draft::default() };
            transactions.add(draft, Origin::on_line(line))?;
            continue;
        }
        let place = *by_name.entry(number).or_insert(drafts.len() as u32);
        if place as usize == drafts.len() {
            let (label, outcome) = (u64::try_from(number).unwrap_or(line), Outcome::Ok);
            drafts.push((Draft { label, process: session, outcome, ..Draft::default() }, line));
        }
        let (draft, since) = &mut drafts[place as usize];
        if draft.process != session {
            let (process, since) = (draft.process, *since);
            let cause = format!(
                "transaction {number} is one of session {session} here, but of session {process} in line {since}"
            );
            return Err(ReadError::on(line, Cause::BadDocument(cause)));
        }
        draft.steps.push(step);
    }
    finished(source)?;
    for (draft, line) in drafts {
        transactions.add(draft, Origin::on_line(line))?;
    }
    imported(Format::Plume, options, transactions, sessions.min(1 << 20))
}

/// dbcop's text: `[x:=1 y==2 z==?]`, with `!` after one that was not committed; `---` ends a session, `//` begins a
/// comment. A read of 0 that nobody wrote found nothing.
pub(super) fn dbcop(source: &mut Source<'_>, options: &Options) -> Result<Imported, ReadError> {
    const EXPECTED: &str = "transactions such as `[x:=1 y==2 z==?]`, or `---` after a session";
    let mut drafts = Vec::new();
    let mut interner = Interner::default();
    let mut session = 0;
    let mut buffer = Vec::new();
    loop {
        let line = source.place().line;
        let Some(text) = source.line(&mut buffer, LINE_MOST)? else { break };
        let mut text = text.trim();
        if text.starts_with("//") || text.is_empty() {
            continue;
        }
        if text.bytes().all(|byte| byte == b'-') {
            session += 1;
            continue;
        }
        while !text.is_empty() {
            let wrong = || bad(line, EXPECTED, text);
            let (steps, rest) =
                text.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(wrong)?;
            let steps: Option<Vec<Step>> =
                steps.split_ascii_whitespace().map(|step| dbcop_step(&mut interner, step)).collect();
            let steps = steps.ok_or_else(wrong)?;
            let (outcome, rest) = match rest.strip_prefix('!') {
                Some(rest) => (Outcome::Failed, rest),
                None => (Outcome::Ok, rest),
            };
            text = rest.trim_start();
            let draft = Draft { label: line, process: session, outcome, steps, ..Draft::default() };
            drafts.push((draft, Origin::on_line(line)));
        }
    }
    finished(source)?;
    let transactions = dbcop_history(drafts, options)?;
    imported(Format::DbcopText, options, transactions, session + 1)
}

fn dbcop_step(interner: &mut Interner, step: &str) -> Option<Step> {
    if let Some((key, value)) = step.split_once(":=") {
        return Some(Step::Write { key: word(interner, key), value: word(interner, value) });
    }
    let (key, value) = step.split_once("==")?;
    let seen = if value == "?" { Value::Nil } else { word(interner, value) };
    (!key.is_empty()).then(|| Step::Read { key: word(interner, key), seen: Some(seen) })
}

/// The history of dbcop's transactions. A read of 0 that nobody wrote found nothing: its versions begin with that.
pub(super) fn dbcop_history(
    mut drafts: Vec<(Draft, Origin)>,
    options: &Options,
) -> Result<Transactions, ReadError> {
    let zero = Value::Int(0);
    let mut written = std::collections::BTreeSet::new();
    for (draft, _) in &drafts {
        written.extend(draft.steps.iter().filter_map(|step| match step {
            Step::Write { key, value } if *value == zero => Some(key.clone()),
            _ => None,
        }));
    }
    let conventions = with_initial(Conventions::dbcop(), options);
    let mut transactions = Transactions::new(Some(Objects::Registers), conventions);
    for (mut draft, origin) in drafts.drain(..) {
        for step in &mut draft.steps {
            if let Step::Read { key, seen: Some(seen) } = step
                && *seen == zero
                && !written.contains(key)
            {
                *seen = Value::Nil;
            }
        }
        transactions.add(draft, origin)?;
    }
    Ok(transactions)
}
