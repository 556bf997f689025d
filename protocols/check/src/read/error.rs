//! What can be wrong with a file: where, what, and what to do about it. Every message is made here.

use std::fmt;

use thiserror::Error;

use super::source::Place;

/// Why a file is no history. Lines and columns count from 1, columns in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The line it is about.
    pub line: Option<u64>,
    /// The column, where there is more than one thing in the line.
    pub column: Option<u64>,
    /// What is wrong.
    pub cause: Cause,
}

impl ReadError {
    pub(crate) fn at(place: Place, cause: Cause) -> Self {
        Self { line: Some(place.line), column: Some(place.column), cause }
    }

    pub(crate) fn on(line: u64, cause: Cause) -> Self {
        Self { line: Some(line), column: None, cause }
    }

    pub(crate) fn whole(cause: Cause) -> Self {
        Self { line: None, column: None, cause }
    }

    /// `12:5`, as compilers write it after a file's name; empty where it is about the whole file.
    pub fn place(&self) -> String {
        match (self.line, self.column) {
            (Some(line), Some(column)) => format!("{line}:{column}"),
            (Some(line), None) => line.to_string(),
            _ => String::new(),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column {column}: {}", self.cause),
            (Some(line), None) => write!(f, "line {line}: {}", self.cause),
            _ => write!(f, "{}", self.cause),
        }
    }
}

impl std::error::Error for ReadError {}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Cause {
    // ---- the file
    /// The disk, the pipe, the network.
    #[error("the file cannot be read on: {0}")]
    Unreadable(String),
    /// Nothing in it.
    #[error("there is no operation in this file")]
    Empty,
    /// A form nobody here reads.
    #[error(
        "this is none of the forms of history that are read here ({found}); say which it is with --format: {known}"
    )]
    Unrecognised {
        /// What it begins with.
        found: String,
        /// The forms there are.
        known: String,
    },
    /// Recognised, but not read.
    #[error("{what}: {instead}")]
    Refused {
        /// What it is.
        what: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// Not text at all.
    #[error("this is a binary file; a history is text")]
    Binary,
    /// Not UTF-8.
    #[error("this is no text: not UTF-8 here; a history is text, written in UTF-8")]
    NotText,
    /// Longer than a line may be.
    #[error("a line of more than {0} bytes; is this really a history?")]
    LineTooLong(u64),

    // ---- EDN and JSON
    /// Cut off.
    #[error(
        "the file ends inside the {what} that begins at line {line}, column {column}: it was cut off, or a closing {close} is missing"
    )]
    Unclosed {
        /// A list, a map, a text.
        what: &'static str,
        /// What would close it.
        close: char,
        /// Where it begins.
        line: u64,
        /// Where it begins.
        column: u64,
    },
    /// `]` where `}` should be.
    #[error(
        "`{found}` here, but the {what} that begins at line {line}, column {column} is open: close it with {close} first"
    )]
    WrongClose {
        /// What stands here.
        found: char,
        /// What is open.
        what: &'static str,
        /// What would close it.
        close: char,
        /// Where it begins.
        line: u64,
        /// Where it begins.
        column: u64,
    },
    /// `]` at the outside.
    #[error("`{0}` closes nothing here")]
    ClosesNothing(char),
    /// A key without a value.
    #[error("the map that ends here has a key without a value")]
    OddMap,
    /// Nothing one can read begins so.
    #[error("{0} is not how a value is written")]
    BadValue(String),
    /// An escape in a text that nobody knows.
    #[error("`\\{0}` is no escape in a text")]
    BadEscape(char),
    /// Half of a character.
    #[error(
        "`\\u{0:04x}` is half of a character, and its other half does not stand beside it: two such texts could not be told apart"
    )]
    LoneSurrogate(u32),
    /// Lists in lists in lists.
    #[error("values are nested more than {0} deep here; no history needs that")]
    TooDeep(u32),
    /// A very long text.
    #[error("a single text of more than {0} bytes; no history needs that")]
    TokenTooLong(u64),
    /// A very long event.
    #[error("a single event of more than {0} values; no history needs that")]
    EventTooLong(u64),

    // ---- events
    /// Something else where an event should be.
    #[error("an event is a map, such as {{:type :invoke, :process 0, :f :read}}; here is {0}")]
    NotAnEvent(String),
    /// No type.
    #[error("this event has no type; it needs one of invoke, ok, fail, info")]
    NoType,
    /// One name, two values.
    #[error("this event says `{0}` twice; which of the two is meant?")]
    SaidTwice(String),
    /// A type that nobody knows.
    #[error("{0} is no type of an event; there are invoke, ok, fail, info")]
    BadType(String),
    /// Not something that names a process.
    #[error("{0} cannot name a process: that is a number or a word")]
    BadProcess(String),
    /// Not something that names a function.
    #[error("{0} cannot name a function: that is a word, such as :read")]
    BadFunction(String),
    /// No function anywhere.
    #[error("this operation does not say what it does: neither its invocation nor its completion has an :f")]
    NoFunction,
    /// One process, two operations at once.
    #[error(
        "process {process} begins an operation here, but its operation of line {since} is still open; a process has one at a time: the lines are out of order, or two histories are mixed"
    )]
    Busy {
        /// The process.
        process: String,
        /// Line of the open operation.
        since: u64,
    },
    /// Completed twice.
    #[error(
        "process {process} completes an operation here, but has none open: its last one was completed at line {since}"
    )]
    CompletedTwice {
        /// The process.
        process: String,
        /// Line of the completion before.
        since: u64,
    },
    /// First completed, then invoked.
    #[error(
        "process {process} begins an operation here, after completing one at line {since} that it never began; a history has all invocations of a process or none: are the lines out of order?"
    )]
    CompletedBefore {
        /// The process.
        process: String,
        /// Line of the lone completion.
        since: u64,
    },
    /// The completion of something else.
    #[error("process {process} completes {found} here, but what it began at line {since} is {began}")]
    OtherFunction {
        /// The process.
        process: String,
        /// What completes.
        found: String,
        /// What began.
        began: String,
        /// Where.
        since: u64,
    },
    /// More than a history counts.
    #[error("more than {0} operations; split the history, for example by key")]
    TooMany(u64),

    // ---- what operations mean
    /// The values do not fit the function.
    #[error("{function} takes {takes}, not {found}")]
    BadArguments {
        /// The function.
        function: String,
        /// What it takes.
        takes: &'static str,
        /// What stands here.
        found: String,
    },
    /// Not a micro-operation.
    #[error(
        "{0} is no operation within a transaction; those are [:r key value], [:w key value], [:append key value]"
    )]
    BadMop(String),
    /// It contradicts those before.
    #[error("{0}")]
    BadTransaction(String),
    /// A transaction here, no transaction there.
    #[error(
        "this operation is {found}, but those before are {before}; a history is of one kind (name it with --model)"
    )]
    Mixed {
        /// What this one is.
        found: &'static str,
        /// What the others are.
        before: &'static str,
    },
    /// No transaction, though the model is one of transactions.
    #[error(
        "a {model} is made of transactions, whose values are lists such as [[:r :x nil] [:append :x 1]] or [[:w :x 1]]; here is {found} (another model is named with --model)"
    )]
    NoTransaction {
        /// The model.
        model: &'static str,
        /// What stands here.
        found: String,
    },
    /// The history does not fit the model that was asked for.
    #[error("a {model} has no operation {found}; it has {known}")]
    NotOfModel {
        /// The model.
        model: &'static str,
        /// What stands in the file.
        found: String,
        /// What the model has.
        known: &'static str,
    },
    /// Nobody can tell what it is a history of.
    #[error("it is not clear what these operations are done to ({functions}); say so with --model: {known}")]
    NoModel {
        /// The functions in the file.
        functions: String,
        /// The models there are.
        known: String,
    },

    // ---- text forms
    /// A line of a text form.
    #[error("expected {expected}, found {found}")]
    BadLine {
        /// What lines are like.
        expected: &'static str,
        /// What stands here.
        found: String,
    },
    /// Something of the document is missing.
    #[error("{0}")]
    BadDocument(String),
}
