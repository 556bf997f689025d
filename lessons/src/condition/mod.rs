//! The language of conditions: what a lesson's `until:`, `if` and `(= …)` and the window's "run until" say.
//!
//! ```text
//! leads(n3) and not answered(c1, tea)
//! field(n1, committed) >= 3
//! gave_up(c1, tea) - asked(c1, tea)
//! ```
//!
//! `and`, `or`, `not`; `=`, `!=`, `<`, `<=`, `>`, `>=`; `+`, `-`; numbers, lengths of time (`1.5s`), words, `"quoted
//! words"`, nodes and clients (`n1`, `@leader`), several of them with spaces between (`n3 n4 n5`, where any one will do).
//!
//! | asked of | functions |
//! |-|-|
//! | the moment | `now`, `up(n1)`, `down(n1)`, `paused(n1)`, `leads(n1)`, `role(n1)`, `version(n1)`, `reaches(n1)`, `cut(n1, n2)`, `field(n1, id)`, `entry(n1, 4)` (what stands in a strip: in that column of cells, or under that name of a table), `in_log(n1, tea)`, `committed(n1, tea)`, `param(id)`, `holds(linearizable)`, `broken(linearizable)` |
//! | operations | `asked(c1, tea)`, `pending(c1, tea)`, `answered(c1, tea)`, `failed(c1, tea)`, `gave_up(c1, tea)`, `answered_by(n1, c1, tea)`: every further word must be its function, key, a value given or a value returned |
//! | messages | `sent(n1, n3, append)`, `received(n1, n3, append)`, `lost(n1, n3, append)` |
//! | commands | `did(cut)`, `did(crash, n1)`: the command's words begin so |
//! | facts | `fact(leader, n3, 2)`: the lab's own, by name, node and values; `*` fits anything |
//!
//! What happened (operations, messages, commands, facts, `broken`) is both true and a time: the last time it did. In a
//! step's conditions only what happened since the step began counts; where the step waits for nothing, and so asks about
//! what has been, everything does.

mod eval;
mod parse;

pub use eval::{Scope, Value};
pub use parse::BadCondition;

use run::Playback;
use sim::Span;
use std::fmt;

/// A condition, or an expression with a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub(crate) text: String,
    pub(crate) root: Node,
}

/// A node of the expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    Not(Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    Add(Box<Node>, Box<Node>),
    Subtract(Box<Node>, Box<Node>),
    Number(i64),
    Span(Span),
    /// One or more words: nodes, values, names.
    Words(Vec<String>),
    Call(String, Vec<Node>),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    Differs,
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    /// Says what was not understood, and where.
    pub fn parse(text: &str) -> Result<Self, BadCondition> {
        parse::parse(text)
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds at the moment shown; only what happened since `scope` counts.
    pub fn holds(&self, playback: &Playback, scope: Scope) -> bool {
        eval::value(&self.root, playback, scope).truth()
    }

    /// Its value at the moment shown.
    pub fn value(&self, playback: &Playback, scope: Scope) -> Value {
        eval::value(&self.root, playback, scope)
    }

    /// The functions it names that do not exist, for the check of a lesson.
    pub fn unknown_functions(&self) -> Vec<String> {
        let mut unknown = Vec::new();
        eval::unknown_functions(&self.root, &mut unknown);
        unknown
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
