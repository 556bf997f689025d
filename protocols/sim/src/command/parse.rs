//! The one parser of commands: text in, [`Command`] or what is wrong with it out. The grammar stands in the comments of
//! [`Command`]; an unknown first word is a verb of the lab. Every number and every list has a hard limit, so that a
//! hostile link cannot ask for much.

use super::error::{nearest, shown};
use super::words::Words;
use super::{
    BadCommand, ClockChange, Command, DiskChange, KERNEL_WORDS, LinkSelector, MessageSelector, Quality,
    TimedCommand, Who,
};
use crate::time::{Moment, Span};

/// Bytes of one command.
pub const MAX_TEXT: usize = 16_384;
/// Actors named in one command.
pub const MAX_NAMES: usize = 1_000;
/// Groups of one cut.
pub const MAX_GROUPS: usize = 64;
/// Words after a verb's actor.
pub const MAX_WORDS: usize = 16;
/// Characters of one such word, and of a parameter's value.
pub const MAX_WORD: usize = 64;
/// Times as long: the most that something can be slow.
pub const MAX_FACTOR: u32 = 10_000;
/// The most messages that one command loses, and the highest `#` of a selector.
pub const MAX_COUNT: u32 = 1_000_000;
/// The most bytes a second that a link can be given.
pub const MAX_BANDWIDTH: u64 = 1_000_000_000_000;

/// Reads one command.
///
/// # Errors
/// Says which word is wrong and what may stand there.
pub fn parse(text: &str) -> Result<Command, BadCommand> {
    if text.len() > MAX_TEXT {
        return Err(BadCommand::TooLong(text.len()));
    }
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if first.is_empty() {
        return Err(BadCommand::Empty);
    }
    if !KERNEL_WORDS.contains(&first) {
        return verb(first, rest);
    }
    if first == "set" {
        return set(rest);
    }
    let mut words = Words::new(first, rest)?;
    let command = kernel(first, &mut words)?;
    words.end()?;
    Ok(command)
}

/// Reads a command with its moment, as lists and links hold them: `1.5s cut n1 n2 | n3`, `off 2s+3 crash n1`.
///
/// # Errors
/// As [`parse`], and when it does not begin with a time.
pub fn parse_timed(text: &str) -> Result<TimedCommand, BadCommand> {
    if text.len() > MAX_TEXT {
        return Err(BadCommand::TooLong(text.len()));
    }
    let text = text.trim();
    if text.is_empty() {
        return Err(BadCommand::Empty);
    }
    let (disabled, text) = match text.split_once(char::is_whitespace) {
        Some(("off", rest)) => (true, rest.trim_start()),
        _ => (false, text),
    };
    let (moment, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let at = moment.parse::<Moment>().map_err(|_| BadCommand::Time(shown(moment)))?;
    Ok(TimedCommand { at, command: parse(rest)?, disabled })
}

fn kernel(first: &str, words: &mut Words<'_>) -> Result<Command, BadCommand> {
    Ok(match first {
        "cut" => cut(words, true)?,
        "mend" if words.peek().is_none() => Command::Mend(None),
        "mend" => Command::Mend(Some(Box::new(cut(words, false)?))),
        "crash" => {
            let who = words.who()?;
            let keep =
                words.eat("keep").then(|| words.number("how many writes: 2", 0, MAX_COUNT)).transpose()?;
            Command::Crash { who, keep, torn: words.eat("torn") }
        }
        "restart" => Command::Restart(words.who()?),
        "pause" => Command::Pause { who: words.who()?, span: words.lasting()? },
        "resume" => Command::Resume(words.who()?),
        "slow" => Command::Slow { who: words.who()?, factor: words.factor()?, span: words.lasting()? },
        "clock" => clock(words)?,
        "disk" => disk(words)?,
        "lie" => {
            let (who, how) = (words.who()?, words.name("the name of a lie, or off")?);
            let to = if words.eat("to") { words.names()? } else { Vec::new() };
            Command::Lie { who, how, to, span: words.lasting()? }
        }
        "link" => link(words)?,
        "drop" if words.eat("next") => {
            let count = words.number("how many messages: 3", 0, MAX_COUNT)?;
            let (from, to) = ends(words)?;
            let kind = words.peek().is_some().then(|| words.name("a kind of message")).transpose()?;
            Command::DropNext { count, which: MessageSelector { from, to, kind, number: 1 } }
        }
        "drop" => Command::Drop(message(words, &[])?),
        "delay" => {
            let which = message(words, &["by"])?;
            words.expect("by", "by and a time: by 50ms")?;
            Command::Delay { which, by: words.span()? }
        }
        "deliver" => Command::Deliver(message(words, &[])?),
        "duplicate" => Command::Duplicate(message(words, &[])?),
        "bend" => bend(words)?,
        "hold" => Command::Hold(links(words)?),
        "release" if words.peek().is_none() => Command::Release(LinkSelector::All),
        "release" => Command::Release(links(words)?),
        "fire" => Command::Fire { who: words.who()?, timer: words.name("the name of a timer: election")? },
        "redraw" => Command::Redraw(words.number("a whole number: 17", 0, u32::MAX)?),
        "heal" if words.peek().is_none() => Command::Heal(Vec::new()),
        "heal" => Command::Heal(words.names()?),
        _ => return Err(BadCommand::Unknown { word: shown(first), near: None }),
    })
}

/// `n1 n2 | n3 [for 3s]` or `n1 → n3 [for 3s]`; the span only where allowed.
fn cut(words: &mut Words<'_>, with_span: bool) -> Result<Command, BadCommand> {
    let first = words.names()?;
    let lasting = |words: &mut Words<'_>| if with_span { words.lasting() } else { Ok(None) };
    if words.eat("→") {
        let to = words.names()?;
        return Ok(Command::CutOneWay { from: first, to, span: lasting(words)? });
    }
    let mut groups = vec![first];
    while words.eat("|") {
        if groups.len() == MAX_GROUPS {
            return Err(words.too_many("groups", MAX_GROUPS));
        }
        groups.push(words.names()?);
    }
    Ok(Command::Cut { groups, span: lasting(words)? })
}

fn clock(words: &mut Words<'_>) -> Result<Command, BadCommand> {
    let who = words.who()?;
    if words.eat("step") {
        return Ok(Command::Clock { who, change: ClockChange::Step(words.signed_span()?), span: None });
    }
    words.expect("drift", "step or drift: step +200ms, drift 50ppm")?;
    let change = ClockChange::Drift(words.drift()?);
    Ok(Command::Clock { who, change, span: words.lasting()? })
}

fn disk(words: &mut Words<'_>) -> Result<Command, BadCommand> {
    let who = words.who()?;
    let kinds = ["slow", "fail", "full", "wipe", "corrupt", "ok"];
    let change = match words.one_of(&kinds, "slow 10x, fail, full, wipe, corrupt or ok")? {
        "slow" => DiskChange::Slow(words.factor()?),
        "fail" => DiskChange::Fail,
        "full" => DiskChange::Full,
        "wipe" => DiskChange::Wipe,
        "corrupt" => DiskChange::Corrupt,
        _ => DiskChange::Ok,
    };
    let lasts = matches!(change, DiskChange::Slow(_) | DiskChange::Fail | DiskChange::Full);
    let span = if lasts { words.lasting()? } else { None };
    Ok(Command::Disk { who, change, span })
}

fn link(words: &mut Words<'_>) -> Result<Command, BadCommand> {
    let links = links(words)?;
    if words.eat("ok") {
        return Ok(Command::Link { links, quality: None, span: None });
    }
    let mut quality = Quality::default();
    let kinds = ["delay", "loss", "duplicate", "reorder", "bandwidth"];
    loop {
        match words.one_of(&kinds, "loss 10%, delay 50ms, duplicate 5%, reorder 5%, bandwidth 10000 or ok")? {
            "delay" => quality.delay = Some(words.span()?),
            "loss" => quality.loss = Some(words.percent()?),
            "duplicate" => quality.duplicate = Some(words.percent()?),
            "reorder" => quality.reorder = Some(words.percent()?),
            _ => quality.bandwidth = Some(words.number("bytes a second: 10000", 0, MAX_BANDWIDTH)?),
        }
        if words.peek().is_none_or(|word| word == "for") {
            return Ok(Command::Link { links, quality: Some(quality), span: words.lasting()? });
        }
    }
}

fn links(words: &mut Words<'_>) -> Result<LinkSelector, BadCommand> {
    if words.eat("all") {
        return Ok(LinkSelector::All);
    }
    if let Some((one, other)) = words.peek().and_then(|word| word.split_once('-'))
        && let (Some(one), Some(other)) = (Who::read(one), Who::read(other))
    {
        words.skip();
        return Ok(LinkSelector::Both(one, other));
    }
    let who = words.who()?;
    if words.eat("→") {
        return Ok(LinkSelector::Directed(who, words.who()?));
    }
    if words.eat("-") {
        return Ok(LinkSelector::Both(who, words.who()?));
    }
    Ok(LinkSelector::Of(who))
}

/// `n1→n3`, `*→n3`.
fn ends(words: &mut Words<'_>) -> Result<(Option<Who>, Option<Who>), BadCommand> {
    let from = words.who_or_anyone()?;
    words.expect("→", "an arrow: n1→n3 or n1->n3")?;
    Ok((from, words.who_or_anyone()?))
}

/// `n1→n3 [KIND] [#2]`; a kind is none of the words that may follow.
fn message(words: &mut Words<'_>, follow: &[&str]) -> Result<MessageSelector, BadCommand> {
    let (from, to) = ends(words)?;
    let is_kind = |word: &str| !word.starts_with('#') && !follow.contains(&word);
    let kind = words.peek().is_some_and(is_kind).then(|| words.name("a kind of message")).transpose()?;
    Ok(MessageSelector { from, to, kind, number: words.ordinal()? })
}

/// As a message, and then how: the last word.
fn bend(words: &mut Words<'_>) -> Result<Command, BadCommand> {
    let (from, to) = ends(words)?;
    let is_kind = words.left() > 1 && words.peek().is_some_and(|word| !word.starts_with('#'));
    let kind = is_kind.then(|| words.name("a kind of message")).transpose()?;
    let number = words.ordinal()?;
    let how = words.name("how: the name of a lie")?;
    Ok(Command::Bend { which: MessageSelector { from, to, kind, number }, how })
}

/// `PARAM=VALUE`, blanks around the `=` allowed.
fn set(rest: &str) -> Result<Command, BadCommand> {
    let missing = |expected| BadCommand::Missing { command: "set".to_owned(), place: 1, expected };
    let (parameter, value) = rest.split_once('=').ok_or_else(|| missing("PARAM=VALUE"))?;
    let (parameter, value) = (parameter.trim(), value.trim());
    if value.is_empty() {
        return Err(missing("PARAM=VALUE"));
    }
    let wrong = |found: &str, expected| BadCommand::Word {
        command: "set".to_owned(),
        place: 2,
        found: shown(found),
        expected,
        near: None,
    };
    if !is_name(parameter) {
        return Err(wrong(parameter, "the name of a parameter"));
    }
    if !is_plain(value) {
        return Err(wrong(value, "one value of at most 64 characters"));
    }
    Ok(Command::Set { parameter: parameter.into(), value: value.into() })
}

/// `VERB WHO WORDS...`
fn verb(first: &str, rest: &str) -> Result<Command, BadCommand> {
    let unknown =
        || BadCommand::Unknown { word: shown(first), near: nearest(first, KERNEL_WORDS.iter().copied()) };
    let mut words = rest.split_whitespace();
    let who = words.next().and_then(Who::read);
    let (Some(who), true) = (who, is_name(first)) else { return Err(unknown()) };
    let mut kept = Vec::new();
    for (place, word) in (3..).zip(words) {
        if kept.len() == MAX_WORDS {
            return Err(BadCommand::TooMany { command: first.to_owned(), what: "words", most: MAX_WORDS });
        }
        if !is_plain(word) {
            let expected = "a word of at most 64 characters, without “;”";
            let (command, found) = (first.to_owned(), shown(word));
            return Err(BadCommand::Word { command, place, found, expected, near: None });
        }
        kept.push(word.into());
    }
    Ok(Command::Verb { verb: first.into(), who, words: kept })
}

/// Whether this may be the name of a kind, timer, lie, parameter or verb.
pub(super) fn is_name(word: &str) -> bool {
    word.len() <= 40
        && word.starts_with(|c: char| c.is_ascii_alphabetic())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Whether this may be a free word: a client's value. Without `;`, which separates commands on one line.
fn is_plain(word: &str) -> bool {
    word.chars().count() <= MAX_WORD && !word.chars().any(|c| c.is_whitespace() || c.is_control() || c == ';')
}

/// Reads a span as commands write it; the time module's own limit of 1000 hours holds.
pub(super) fn read_span(word: &str) -> Option<Span> {
    word.parse().ok()
}
