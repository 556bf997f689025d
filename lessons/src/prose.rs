//! Prose of a lesson: paragraphs of plain words, **strong** ones, `code`, and values of the run.
//!
//! `[1.4 s](= expression)` is a value: the page shows the learner's own, the check compares the written one with the
//! recorded run.

use crate::condition::{Condition, Scope};
use run::Playback;

/// A piece of a paragraph.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// Words.
    Plain(String),
    /// `**words**`: stressed.
    Strong(String),
    /// `` `words` ``: as in a log.
    Code(String),
    /// A value of the run: as written, and how it is found.
    Value {
        /// What the lesson says it is.
        written: String,
        /// What it is.
        is: Condition,
    },
}

/// A paragraph.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Paragraph {
    /// Its pieces in order.
    pub pieces: Vec<Piece>,
}

/// A piece as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Words.
    Plain(String),
    /// Stressed.
    Strong(String),
    /// As in a log.
    Code(String),
    /// A value of this run.
    Value(String),
}

impl Paragraph {
    /// Reads a paragraph.
    ///
    /// # Errors
    /// Says what a value's expression lacks.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        let mut plain = String::new();
        while let Some(c) = rest.chars().next() {
            if let Some((piece, after)) = special(rest)? {
                if !plain.is_empty() {
                    pieces.push(Piece::Plain(std::mem::take(&mut plain)));
                }
                pieces.push(piece);
                rest = after;
            } else {
                plain.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        if !plain.is_empty() {
            pieces.push(Piece::Plain(plain));
        }
        Ok(Self { pieces })
    }

    /// How many words it has.
    pub fn words(&self) -> usize {
        self.plain().split_whitespace().count()
    }

    /// As plain text, values as written.
    pub fn plain(&self) -> String {
        self.pieces.iter().map(Piece::written).collect()
    }

    /// As it is shown at this moment of this run.
    pub fn shown(&self, playback: &Playback, scope: Scope) -> Vec<Shown> {
        let show = |piece: &Piece| match piece {
            Piece::Plain(text) => Shown::Plain(text.clone()),
            Piece::Strong(text) => Shown::Strong(text.clone()),
            Piece::Code(text) => Shown::Code(text.clone()),
            Piece::Value { is, .. } => Shown::Value(is.value(playback, scope).to_string()),
        };
        self.pieces.iter().map(show).collect()
    }

    /// The values it states.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Condition)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value { written, is } => Some((written.as_str(), is)),
            _ => None,
        })
    }
}

impl Piece {
    fn written(&self) -> &str {
        match self {
            Piece::Plain(text) | Piece::Strong(text) | Piece::Code(text) => text,
            Piece::Value { written, .. } => written,
        }
    }
}

fn special(rest: &str) -> Result<Option<(Piece, &str)>, String> {
    if let Some(inner) = rest.strip_prefix("**")
        && let Some((strong, after)) = inner.split_once("**")
    {
        return Ok(Some((Piece::Strong(strong.to_owned()), after)));
    }
    if let Some(inner) = rest.strip_prefix('`')
        && let Some((code, after)) = inner.split_once('`')
    {
        return Ok(Some((Piece::Code(code.to_owned()), after)));
    }
    // No further than to the next one: prose of nothing but brackets is read in one pass.
    if let Some(inner) = rest.strip_prefix('[')
        && let Some((written, _)) = inner.split('[').next().and_then(|inner| inner.split_once("](="))
    {
        let after = &inner[written.len() + "](=".len()..];
        let end =
            closing(after).ok_or_else(|| format!("the value “[{written}](= …” has no closing bracket"))?;
        let is = Condition::parse(&after[..end]).map_err(|e| format!("in the value “{written}”: {e}"))?;
        let piece = Piece::Value { written: written.to_owned(), is };
        return Ok(Some((piece, &after[end + 1..])));
    }
    Ok(None)
}

/// Where the bracket that was opened before `text` closes.
fn closing(text: &str) -> Option<usize> {
    let mut open = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => open += 1,
            ')' => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_told_apart() {
        let p = Paragraph::parse(
            "After [1.4 s](= asked(c1, tea) - asked(c1, milk)) the word is **majority**: `2@1`.",
        )
        .unwrap();
        assert_eq!(p.pieces.len(), 7);
        assert_eq!(p.values().count(), 1);
        assert_eq!(p.words(), 8);
        assert!(Paragraph::parse("[x](= leads(n1)").is_err());
        assert!(Paragraph::parse("[x](= and)").is_err());
        assert_eq!(Paragraph::parse("a [b] c ** d").unwrap().pieces.len(), 1);
    }
}
