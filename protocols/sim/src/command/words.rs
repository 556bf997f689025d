//! The words of one command, read from left to right; each reader says what it expected where it finds something else.

use super::error::{nearest, shown};
use super::parse::{MAX_FACTOR, MAX_NAMES, is_name, read_span};
use super::{BadCommand, Who};
use crate::clock::MAX_DRIFT;
use crate::time::Span;
use std::sync::Arc;

/// What ends a list of names.
const AFTER_NAMES: [&str; 4] = ["|", "→", "for", "to"];

/// The words after a command's first, and how far they have been read.
pub(super) struct Words<'a> {
    command: &'a str,
    words: Vec<&'a str>,
    at: usize,
    names: usize,
}

impl Who {
    /// `n1`, `c2`, `@leader`; none for anything else.
    pub(super) fn read(word: &str) -> Option<Who> {
        match word.strip_prefix('@') {
            None => word.parse().ok().map(Who::Actor),
            Some(role) if is_name(role) && !role.contains('-') => Some(Who::Role(role.into())),
            Some(_) => None,
        }
    }
}

impl<'a> Words<'a> {
    /// Takes a command apart: at blanks, and around arrows and bars.
    pub(super) fn new(command: &'a str, rest: &'a str) -> Result<Self, BadCommand> {
        let mut words = Vec::new();
        for word in rest.split_whitespace() {
            let mut word = word;
            while let Some((at, length)) = first_sign(word) {
                words.extend((at > 0).then(|| &word[..at]));
                words.push(if &word[at..at + length] == "|" { "|" } else { "→" });
                word = &word[at + length..];
            }
            words.extend((!word.is_empty()).then_some(word));
        }
        let words = Self { command, words, at: 0, names: 0 };
        if words.words.len() > 3 * MAX_NAMES {
            Err(words.too_many("words", 3 * MAX_NAMES))
        } else {
            Ok(words)
        }
    }

    pub(super) fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    pub(super) fn left(&self) -> usize {
        self.words.len() - self.at
    }

    pub(super) fn skip(&mut self) {
        self.at += 1;
    }

    /// Goes past this word if it comes next.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let next = self.peek() == Some(word);
        self.at += usize::from(next);
        next
    }

    pub(super) fn expect(&mut self, word: &str, expected: &'static str) -> Result<(), BadCommand> {
        if self.eat(word) { Ok(()) } else { Err(self.wrong(expected)) }
    }

    pub(super) fn end(&self) -> Result<(), BadCommand> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(BadCommand::Left {
                command: self.command.to_owned(),
                place: self.place(),
                found: shown(word),
            }),
        }
    }

    /// The place of the word that comes next; the command itself is word 1.
    fn place(&self) -> u16 {
        (self.at + 2) as u16
    }

    fn wrong(&self, expected: &'static str) -> BadCommand {
        self.near(expected, None)
    }

    fn near(&self, expected: &'static str, near: Option<String>) -> BadCommand {
        let (command, place) = (self.command.to_owned(), self.place());
        match self.peek() {
            None => BadCommand::Missing { command, place: place - 1, expected },
            Some(word) => BadCommand::Word { command, place, found: shown(word), expected, near },
        }
    }

    pub(super) fn too_many(&self, what: &'static str, most: usize) -> BadCommand {
        BadCommand::TooMany { command: self.command.to_owned(), what, most }
    }

    /// Reads the next word with `read`.
    fn take<T>(
        &mut self,
        expected: &'static str,
        read: impl Fn(&'a str) -> Option<T>,
    ) -> Result<T, BadCommand> {
        let value = self.peek().and_then(read).ok_or_else(|| self.wrong(expected))?;
        self.skip();
        Ok(value)
    }

    pub(super) fn who(&mut self) -> Result<Who, BadCommand> {
        self.take("a node, a client or a role: n1, c1, @leader", Who::read)
    }

    /// None for `*`.
    pub(super) fn who_or_anyone(&mut self) -> Result<Option<Who>, BadCommand> {
        let anyone = |word| if word == "*" { Some(None) } else { Who::read(word).map(Some) };
        self.take("a node, a client, a role or anyone: n1, c1, @leader, *", anyone)
    }

    /// One name or more.
    pub(super) fn names(&mut self) -> Result<Vec<Who>, BadCommand> {
        let mut names = vec![self.who()?];
        while self.peek().is_some_and(|word| !AFTER_NAMES.contains(&word)) {
            names.push(self.who()?);
        }
        self.names += names.len();
        if self.names > MAX_NAMES { Err(self.too_many("names", MAX_NAMES)) } else { Ok(names) }
    }

    pub(super) fn name(&mut self, expected: &'static str) -> Result<Arc<str>, BadCommand> {
        self.take(expected, |word| is_name(word).then(|| word.into()))
    }

    pub(super) fn one_of(
        &mut self,
        words: &[&'static str],
        expected: &'static str,
    ) -> Result<&'static str, BadCommand> {
        let found = self.peek().and_then(|word| words.iter().find(|known| **known == word));
        match found {
            Some(known) => {
                self.skip();
                Ok(known)
            }
            None => {
                let near = self.peek().and_then(|word| nearest(word, words.iter().copied()));
                Err(self.near(expected, near))
            }
        }
    }

    pub(super) fn number<N: std::str::FromStr + PartialOrd>(
        &mut self,
        expected: &'static str,
        least: N,
        most: N,
    ) -> Result<N, BadCommand> {
        self.take(expected, |word| digits(word)?.parse().ok().filter(|n| (&least..=&most).contains(&n)))
    }

    /// `#2`, or 1 where none stands.
    pub(super) fn ordinal(&mut self) -> Result<u32, BadCommand> {
        if !self.peek().is_some_and(|word| word.starts_with('#')) {
            return Ok(1);
        }
        self.take("which of them, the oldest being #1: #2", |word| {
            digits(word.strip_prefix('#')?)?
                .parse()
                .ok()
                .filter(|n| (1..=super::parse::MAX_COUNT).contains(n))
        })
    }

    pub(super) fn span(&mut self) -> Result<Span, BadCommand> {
        self.take("a time: 1.5s, 200ms", read_span)
    }

    /// `for 2s`, or nothing.
    pub(super) fn lasting(&mut self) -> Result<Option<Span>, BadCommand> {
        if self.eat("for") { self.span().map(Some) } else { Ok(None) }
    }

    pub(super) fn signed_span(&mut self) -> Result<i64, BadCommand> {
        self.take("by how much: +200ms, -1s", |word| {
            let (negative, word) = sign(word);
            let nanos = i64::try_from(read_span(word)?.0).ok()?;
            Some(if negative { -nanos } else { nanos })
        })
    }

    pub(super) fn factor(&mut self) -> Result<u32, BadCommand> {
        self.take("how many times as long, at most 10000x: 10x", |word| {
            digits(word.strip_suffix('x')?)?.parse().ok().filter(|n| (1..=MAX_FACTOR).contains(n))
        })
    }

    /// In basis points.
    pub(super) fn percent(&mut self) -> Result<u32, BadCommand> {
        self.take("a percentage with at most two decimals: 10%, 0.25%", |word| {
            let points = decimal(word.strip_suffix('%')?, 2)?;
            u32::try_from(points).ok().filter(|n| *n <= 10_000)
        })
    }

    /// In parts in 10⁹.
    pub(super) fn drift(&mut self) -> Result<i64, BadCommand> {
        self.take("how fast, at most half: 200ppm, -50ppm, 5ppb, 1%", |word| {
            let (negative, word) = sign(word);
            let parts = if let Some(n) = word.strip_suffix("ppm") {
                decimal(n, 3)?
            } else if let Some(n) = word.strip_suffix("ppb") {
                decimal(n, 0)?
            } else {
                decimal(word.strip_suffix('%')?, 7)?
            };
            let parts = i64::try_from(parts).ok().filter(|n| *n <= MAX_DRIFT)?;
            Some(if negative { -parts } else { parts })
        })
    }
}

/// Where the first arrow or bar stands in a word, and how long it is.
fn first_sign(word: &str) -> Option<(usize, usize)> {
    // Nearly all words have none.
    if !word.bytes().any(|byte| matches!(byte, b'|' | b'-' | 0xe2)) {
        return None;
    }
    ["→", "->", "|"].iter().filter_map(|sign| word.find(sign).map(|at| (at, sign.len()))).min()
}

fn digits(word: &str) -> Option<&str> {
    (!word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())).then_some(word)
}

/// Whether there was a minus, and what follows the sign.
fn sign(word: &str) -> (bool, &str) {
    match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    }
}

/// `2.25` with up to `places` decimals, as a whole number of the smallest place: 225 for two.
fn decimal(word: &str, places: usize) -> Option<u64> {
    let (whole, fraction) = match word.split_once('.') {
        Some((whole, fraction)) => (whole, digits(fraction)?),
        None => (word, ""),
    };
    if fraction.len() > places {
        return None;
    }
    let scale = 10u64.pow(places as u32);
    let fraction = format!("{fraction:0<places$}");
    let fraction: u64 = if places == 0 { 0 } else { fraction.parse().ok()? };
    digits(whole)?.parse::<u64>().ok()?.checked_mul(scale)?.checked_add(fraction)
}
