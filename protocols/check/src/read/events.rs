//! Histories that are lists of events: Jepsen's, as EDN and JSON, Porcupine's, and our own.

use std::sync::Arc;

use crate::isolation::{Conventions, Initial, Objects as Held, Sessions};
use crate::names::ModelName;
use crate::value::{Value, Values};

use super::error::{Cause, ReadError};
use super::event::{Event, Process, Type};
use super::format::Format;
use super::imported::{Beside, Imported, Mark, Origin};
use super::objects::{Entry, Objects, Said};
use super::pairing::{Actor, Pairing};
use super::shape::{self, Meaning};
use super::source::{Place, Source};
use super::syntax::{Dialect, Reader};
use super::tape::{Item, Kind};
use super::text::with_initial;
use super::transactions::{self, Transactions};
use super::values::Interner;
use super::{Independent, NilReads, Options};

/// The operations of a history, of one kind or the other.
enum Kept {
    Nothing,
    Objects(Objects),
    Transactions(Box<Transactions>),
}

/// A history as it is read.
pub(super) struct Events<'o> {
    format: Format,
    options: &'o Options,
    /// The model that the file names.
    named: Option<ModelName>,
    /// What the file says that transactions have by convention.
    conventions: Conventions,
    interner: Interner,
    pairing: Pairing,
    kept: Kept,
    marks: Vec<Mark>,
    /// When the last event was, and the line of the first that is earlier than the one before it.
    last: Option<i64>,
    back: Option<u64>,
    /// How many events there were.
    position: u64,
    /// Some event has a key, as Porcupine's and our own have.
    is_keyed: bool,
}

/// Reads EDN or JSON.
pub(super) fn read(
    source: &mut Source<'_>,
    format: Format,
    options: &Options,
) -> Result<Imported, ReadError> {
    let dialect = match format {
        Format::Edn | Format::Porcupine => Dialect::Edn,
        _ => Dialect::Json,
    };
    let mut events = Events::new(format, options);
    let mut reader = Reader::new(source, dialect);
    while let Some((tape, place)) = reader.event()? {
        if let Some(root) = tape.root() {
            events.take(root, place)?;
        }
    }
    events.finish()
}

impl<'o> Events<'o> {
    pub(super) fn new(format: Format, options: &'o Options) -> Self {
        Self {
            format,
            options,
            named: None,
            conventions: with_initial(Conventions::jepsen(), options),
            interner: Interner::default(),
            pairing: Pairing::default(),
            kept: Kept::Nothing,
            marks: Vec::new(),
            last: None,
            back: None,
            position: 0,
            is_keyed: false,
        }
    }

    /// One value of the file.
    fn take(&mut self, root: Item<'_>, place: Place) -> Result<(), ReadError> {
        if self.position == 0 && root.kind() == Kind::Map && is_header(root) {
            return self.header(root, place);
        }
        let event = Event::read(root, place)?;
        if event.time.is_some() && event.time < self.last {
            self.back.get_or_insert(event.line);
        }
        self.last = event.time.or(self.last);
        let actor = match event.process {
            Process::Nemesis => {
                let name = self.interner.text(event.function.unwrap_or("nemesis"));
                let value = event.value.map_or(Value::Nil, |value| self.interner.value(value));
                let (position, line, time) = (self.position, event.line, event.time);
                self.marks.push(Mark { position, line, time, name, value });
                self.position += 1;
                return Ok(());
            }
            Process::Missing => Actor::Nobody,
            Process::Number(number) => Actor::Number(number),
            Process::Name(name) => Actor::Name(self.interner.text(name)),
        };
        let position = self.position;
        self.position += 1;
        if matches!(self.kept, Kept::Nothing) {
            self.kept = self.begin(&event);
        }
        match &mut self.kept {
            Kept::Transactions(transactions) => {
                if event.value.is_some_and(|value| {
                    event.kind == Type::Invoke && !value.is_nil() && !transactions::is_steps(value)
                }) {
                    let named = self.options.model.or(self.named);
                    let cause = match (named, event.value) {
                        (Some(model), Some(value)) => {
                            Cause::NoTransaction { model: model.name(), found: value.shown() }
                        }
                        _ => Cause::Mixed { found: "not a transaction", before: "transactions" },
                    };
                    return Err(ReadError::at(place, cause));
                }
                transactions.event(&mut self.pairing, &mut self.interner, &event, &actor, position)
            }
            _ => {
                let entry = self.entry(&event, actor, position);
                let Kept::Objects(objects) = &mut self.kept else { return Ok(()) };
                objects.event(&mut self.pairing, entry)
            }
        }
    }

    /// One event of a form that has no syntax of its own.
    pub(super) fn enter(&mut self, mut entry: Entry<'_>) -> Result<(), ReadError> {
        entry.position = self.position;
        self.position += 1;
        if matches!(self.kept, Kept::Nothing) {
            self.kept = Kept::Objects(Objects::default());
        }
        let Kept::Objects(objects) = &mut self.kept else { return Ok(()) };
        objects.event(&mut self.pairing, entry)
    }

    fn header(&mut self, root: Item<'_>, place: Place) -> Result<(), ReadError> {
        for (name, item) in root.pairs() {
            match (name.name(), item.name()) {
                (Some("model"), Some(model)) => {
                    let model = model.parse::<ModelName>();
                    self.named = Some(
                        model.map_err(|wrong| ReadError::at(place, Cause::BadDocument(wrong.to_string())))?,
                    );
                }
                (Some("initial"), Some("unstated")) => self.conventions.initial = Initial::Unstated,
                (Some("initial"), _) => {
                    let written = item.pairs().find(|(name, _)| name.name() == Some("written"));
                    if let Some((_, value)) = written {
                        self.conventions.initial = Initial::Written(self.interner.value(value));
                    }
                }
                (Some("sessions"), Some("always")) => self.conventions.sessions = Sessions::Always,
                (Some("version"), _) if item.int() != Some(1) => {
                    let found = item.shown();
                    let cause = format!("this is version {found} of the form; version 1 is read here");
                    return Err(ReadError::at(place, Cause::BadDocument(cause)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The kind of history that begins with this event.
    fn begin(&self, event: &Event<'_>) -> Kept {
        let named = self.options.model.or(self.named);
        let transactional = match named {
            Some(model) => model.is_transactional(),
            None => {
                let full = event.value.filter(|value| value.items().next().is_some());
                event.function == Some("txn") || full.is_some_and(transactions::is_steps)
            }
        };
        if !transactional {
            return Kept::Objects(Objects::default());
        }
        let held = match named {
            Some(ModelName::ListAppend) => Some(Held::Lists),
            Some(ModelName::RwRegister) => Some(Held::Registers),
            _ => None,
        };
        Kept::Transactions(Box::new(Transactions::new(held, self.conventions.clone())))
    }

    /// An event of an operation on an object.
    fn entry<'t>(&mut self, event: &Event<'t>, actor: Actor, position: u64) -> Entry<'t> {
        self.is_keyed |= event.key.is_some();
        let interner = &mut self.interner;
        let key = event.key.filter(|key| !key.is_nil()).map(|key| {
            let value = interner.value(key);
            interner.name(&value)
        });
        let client = event.client.and_then(Item::name).map(|name| interner.text(name));
        let exact = if event.kind == Type::Invoke { event.input } else { event.output };
        let said = match (exact, event.value) {
            (Some(exact), _) => {
                Said::Exactly(exact.items().map(|item| interner.value(item)).collect::<Values>())
            }
            (None, Some(value)) => Said::Value(interner.value(value)),
            (None, None) => Said::Nothing,
        };
        Entry {
            line: event.line,
            position,
            kind: event.kind,
            actor,
            client,
            function: event.function,
            key,
            said,
            index: event.index,
            time: event.time,
        }
    }

    /// The history.
    pub(super) fn finish(self) -> Result<Imported, ReadError> {
        match self.kept {
            Kept::Nothing => Err(ReadError::whole(Cause::Empty)),
            Kept::Objects(_) => self.finish_objects(),
            Kept::Transactions(transactions) => {
                let (history, origins) = transactions.finish()?;
                let initial = self.options.initial.as_ref().filter(|value| **value != Value::Nil);
                if let Some(value) = initial.filter(|_| history.objects() == Held::Lists) {
                    let cause = format!(
                        "a list-append's keys hold empty lists at first; that they hold {value} (--initial) can be said of registers, \
                         key-value stores, counters and rw-register"
                    );
                    return Err(ReadError::whole(Cause::BadDocument(cause)));
                }
                let beside = Beside {
                    format: self.format,
                    named: self.options.model.or(self.named),
                    origins,
                    lanes: self.pairing.into_lanes(),
                    marks: self.marks,
                    notes: notes(self.back),
                    made_up: 0,
                };
                Imported::transactions(beside, history)
            }
        }
    }

    fn finish_objects(mut self) -> Result<Imported, ReadError> {
        let meaning = self.meaning();
        let Kept::Objects(mut objects) = self.kept else { return Err(ReadError::whole(Cause::Empty)) };
        objects.check_functions()?;
        objects.settle_lone(&mut self.marks);
        let Objects { mut operations, origins, .. } = objects;
        let mut notes = notes(self.back);
        let independent = match self.options.independent {
            Independent::Yes => true,
            Independent::No => false,
            // A file that names keys, be it none, does not hide them in its values.
            Independent::IfPlain => !self.is_keyed && shape::looks_independent(&operations, &origins),
        };
        if independent {
            shape::split_independent(&mut operations, &origins, &mut self.interner)?;
            notes.push("each value is taken as [key value]: operations on independent objects".to_owned());
        }
        let named = self.options.model.or(self.named);
        let model = match named {
            Some(model) => model,
            // Where the operations are that nobody can make sense of is not plain; where they begin is.
            None => shape::guess(&operations).map_err(|wrong| ReadError {
                line: origins.first().map(Origin::line).filter(|line| *line > 0),
                ..wrong
            })?,
        };
        shape::settle(&mut operations, &origins, model, meaning)?;
        if !meaning.nil_is_absent && shape::has_unknown_reads(&operations, model) {
            notes.push("a read that brought nil is taken as one whose result is not known".to_owned());
        }
        let mut lanes = self.pairing.into_lanes();
        let mut origins = origins;
        let mut made_up = 0;
        if let Some(value) = self.options.initial.clone().filter(|value| *value != Value::Nil) {
            let written = shape::initial_writes(&operations, model, &value, lanes.len() as u32)?;
            made_up = written.len() as u32;
            shape::put_before(&mut operations, &mut self.marks, &written);
            origins.splice(0..0, written.iter().map(|_| Origin::new(0, None, None)));
            lanes.push(Arc::from("initially"));
        }
        let beside = Beside { format: self.format, named, origins, lanes, marks: self.marks, notes, made_up };
        Imported::objects(beside, model, operations)
    }

    /// What the form leaves to be understood.
    fn meaning(&self) -> Meaning {
        let jepsen = matches!(self.format, Format::Edn | Format::Json) && !self.is_keyed;
        Meaning {
            nil_is_absent: match self.options.nil_reads {
                Some(NilReads::Absent) => true,
                Some(NilReads::Unknown) => false,
                None => !jepsen,
            },
            failed_is_mismatch: self.format == Format::Etcd,
            failed_says_seen: self.is_keyed,
            empty_is_absent: self.format == Format::Porcupine,
        }
    }
}

/// What is to be said of times that go back, from that line on.
fn notes(back: Option<u64>) -> Vec<String> {
    let note = |line| {
        format!(
            "times go back at line {line}: what came before what is taken from the order of the lines, not from the times"
        )
    };
    back.map(note).into_iter().collect()
}

/// Whether a map is the first line of our own form.
fn is_header(root: Item<'_>) -> bool {
    root.pairs().next().is_some_and(|(name, _)| name.name() == Some("potholes"))
}

/// A name shared by all that a form with one object has.
pub(super) fn number(actor: &str) -> Actor {
    match actor.parse::<i64>() {
        Ok(number) => Actor::Number(number),
        Err(_) => Actor::Name(Arc::from(actor)),
    }
}
