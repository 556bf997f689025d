//! What a file becomes: a history, and where in the file each of its operations stands.

use std::sync::Arc;

use crate::history::{History, HistoryError, Operation};
use crate::isolation::{Initial, Objects as Held, Transactions};
use crate::names::ModelName;
use crate::value::Value;

use super::error::{Cause, ReadError};
use super::format::Format;
use super::shape;

/// Where an operation stands in its file, and when it was, if the file says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    pub(crate) line: u32,
    pub(crate) completed_line: u32,
    pub(crate) index: i64,
    pub(crate) invoked: i64,
    pub(crate) completed: i64,
    pub(crate) exact_input: bool,
    pub(crate) exact_output: bool,
}

impl Origin {
    pub(crate) fn new(line: u64, index: Option<i64>, time: Option<i64>) -> Self {
        Self {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            completed_line: 0,
            index: index.unwrap_or(-1),
            invoked: time.unwrap_or(i64::MIN),
            completed: i64::MIN,
            exact_input: false,
            exact_output: false,
        }
    }

    /// Of an operation that stands in one line, or begins in it.
    pub(crate) fn on_line(line: u64) -> Self {
        let mut origin = Self::new(line, None, None);
        origin.complete(line, None);
        origin
    }

    pub(crate) fn complete(&mut self, line: u64, time: Option<i64>) {
        self.completed_line = u32::try_from(line).unwrap_or(u32::MAX);
        self.completed = time.unwrap_or(i64::MIN);
    }

    /// The line of its invocation, or of its completion where the file has only that. From 1.
    pub fn line(&self) -> u64 {
        u64::from(self.line)
    }

    /// The line of its completion.
    pub fn completed_line(&self) -> Option<u64> {
        (self.completed_line > 0).then_some(u64::from(self.completed_line))
    }

    /// The file's own number for its invocation.
    pub fn index(&self) -> Option<i64> {
        (self.index >= 0).then_some(self.index)
    }

    /// When it was invoked, in nanoseconds by the clock of whoever wrote the file.
    pub fn invoked(&self) -> Option<i64> {
        (self.invoked != i64::MIN).then_some(self.invoked)
    }

    /// When it completed, by the same clock.
    pub fn completed(&self) -> Option<i64> {
        (self.completed != i64::MIN).then_some(self.completed)
    }
}

/// Something that happened to the cluster: a fault, its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Its place among the events.
    pub position: u64,
    /// Its line in the file.
    pub line: u64,
    /// When, in nanoseconds, if the file says so.
    pub time: Option<i64>,
    /// What: `start-partition`, `kill`.
    pub name: Arc<str>,
    /// Whom, and how.
    pub value: Value,
}

/// A history from a file.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The form of the file.
    pub format: Format,
    /// What its operations were done to.
    pub model: ModelName,
    /// Whether that was guessed from the operations.
    pub guessed: bool,
    /// The operations.
    pub subject: Subject,
    /// Where each of them stands in the file, in the order of the history.
    pub origins: Vec<Origin>,
    /// The lanes' names: `process 3`, `c1`.
    pub lanes: Vec<Arc<str>>,
    /// What was done to the cluster.
    pub marks: Vec<Mark>,
    /// What was taken to be so where the file does not say: for a person, in sentences.
    pub notes: Vec<String>,
    /// How many operations, the first ones, do not stand in the file: they write what objects hold at first.
    pub made_up: u32,
}

/// The operations of a file.
#[derive(Clone, Debug)]
pub enum Subject {
    /// Operations on single objects.
    Objects(History),
    /// Transactions.
    Transactions(Arc<Transactions>),
}

impl Subject {
    /// How many operations, or transactions.
    pub fn len(&self) -> u64 {
        match self {
            Subject::Objects(history) => history.operations().len() as u64,
            Subject::Transactions(history) => u64::from(history.len()),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What goes with the operations.
pub(super) struct Beside {
    pub format: Format,
    /// The model, if somebody named it.
    pub named: Option<ModelName>,
    pub origins: Vec<Origin>,
    pub lanes: Vec<Arc<str>>,
    pub marks: Vec<Mark>,
    pub notes: Vec<String>,
    pub made_up: u32,
}

impl Imported {
    /// A history that comes from no file, to be written as one; its model is guessed where none is given. `lanes` are the names of the lanes; `time` says when an
    /// event at a position was, in nanoseconds, where that is known.
    pub fn made(
        model: Option<ModelName>,
        history: History,
        lanes: Vec<Arc<str>>,
        time: &dyn Fn(u64) -> Option<i64>,
    ) -> Self {
        let origin = |operation: &Operation| {
            let mut origin = Origin::new(0, None, time(operation.invoked));
            origin.completed = operation.completed.and_then(time).unwrap_or(i64::MIN);
            origin
        };
        Self {
            format: Format::Lines,
            model: model.or_else(|| shape::guess(history.operations()).ok()).unwrap_or(ModelName::Kv),
            guessed: model.is_none(),
            origins: history.operations().iter().map(origin).collect(),
            subject: Subject::Objects(history),
            lanes,
            marks: Vec::new(),
            notes: Vec::new(),
            made_up: 0,
        }
    }

    /// A history of operations on objects.
    ///
    /// # Errors
    /// If it is asked to be one of transactions, or is more than a history holds.
    pub(super) fn objects(
        beside: Beside,
        model: ModelName,
        operations: Vec<Operation>,
    ) -> Result<Self, ReadError> {
        if model.is_transactional() {
            let found = "operations on single objects".to_owned();
            return Err(ReadError::whole(Cause::NotOfModel {
                model: model.name(),
                found,
                known: "transactions",
            }));
        }
        let wrong = |wrong: HistoryError| ReadError::whole(Cause::BadDocument(wrong.to_string()));
        let history = History::from_operations(operations).map_err(wrong)?;
        let Beside { format, named, origins, lanes, marks, notes, made_up } = beside;
        let subject = Subject::Objects(history);
        Ok(Self { format, model, guessed: named.is_none(), subject, origins, lanes, marks, notes, made_up })
    }

    /// A history of transactions.
    ///
    /// # Errors
    /// If it is asked to be one of something else.
    pub(super) fn transactions(mut beside: Beside, history: Transactions) -> Result<Self, ReadError> {
        let is = match history.objects() {
            Held::Lists => ModelName::ListAppend,
            Held::Registers => ModelName::RwRegister,
        };
        if let Some(model) = beside.named.filter(|model| *model != is) {
            let found = format!("transactions of a {is}");
            let known = "operations of its own";
            return Err(ReadError::whole(Cause::NotOfModel { model: model.name(), found, known }));
        }
        let note = match &history.conventions().initial {
            Initial::Nothing => None,
            Initial::Written(value) => Some(format!("every key is taken to hold {value} at first")),
            Initial::Unstated => {
                Some("a value that is read but that nobody wrote is taken as the initial one".to_owned())
            }
        };
        beside.notes.extend(note);
        let Beside { format, named, origins, lanes, marks, notes, made_up } = beside;
        let subject = Subject::Transactions(Arc::new(history));
        Ok(Self {
            format,
            model: is,
            guessed: named.is_none(),
            subject,
            origins,
            lanes,
            marks,
            notes,
            made_up,
        })
    }
}
