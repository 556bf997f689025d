//! One event of a Jepsen history: a map that says what happened to whom.

use crate::history::Outcome;

use super::error::{Cause, ReadError};
use super::source::Place;
use super::tape::{Item, Kind};

/// What an event does to its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Invoke,
    Ok,
    Fail,
    Info,
}

impl Type {
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "invoke" => Type::Invoke,
            "ok" => Type::Ok,
            "fail" => Type::Fail,
            "info" => Type::Info,
            _ => return None,
        })
    }

    /// What an operation is after this event.
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Type::Invoke => Outcome::Open,
            Type::Ok => Outcome::Ok,
            Type::Fail => Outcome::Failed,
            Type::Info => Outcome::Unknown,
        }
    }
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Process<'t> {
    /// Nobody says.
    Missing,
    Number(i64),
    Name(&'t str),
    /// Whoever injects faults: no client.
    Nemesis,
}

/// An event as it stands in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'t> {
    pub line: u64,
    pub kind: Type,
    pub process: Process<'t>,
    /// Our own: the lane of the process.
    pub client: Option<Item<'t>>,
    pub function: Option<&'t str>,
    /// Porcupine's and our own.
    pub key: Option<Item<'t>>,
    pub value: Option<Item<'t>>,
    /// Our own: what was given, where `value` does not say it exactly.
    pub input: Option<Item<'t>>,
    /// Our own: what was returned.
    pub output: Option<Item<'t>>,
    pub index: Option<i64>,
    pub time: Option<i64>,
}

/// What an event says, of what is read here.
const NAMES: [&str; 10] =
    ["type", "process", "f", "client", "key", "value", "input", "output", "index", "time"];

impl<'t> Event<'t> {
    /// Reads the map of an event.
    pub(crate) fn read(map: Item<'t>, place: Place) -> Result<Self, ReadError> {
        let wrong = |cause| Err(ReadError::at(place, cause));
        if map.kind() != Kind::Map {
            return wrong(Cause::NotAnEvent(map.shown()));
        }
        let mut kind = None;
        let mut event = Event {
            line: place.line,
            kind: Type::Info,
            process: Process::Missing,
            client: None,
            function: None,
            key: None,
            value: None,
            input: None,
            output: None,
            index: None,
            time: None,
        };
        let mut said = 0_u32;
        for (name, item) in map.pairs() {
            if let Some(which) = name.name().and_then(|name| NAMES.iter().position(|known| *known == name)) {
                if said & (1 << which) != 0 {
                    return wrong(Cause::SaidTwice(NAMES[which].to_owned()));
                }
                said |= 1 << which;
            }
            match name.name() {
                Some("type") => match item.name().and_then(Type::of) {
                    Some(known) => kind = Some(known),
                    None => return wrong(Cause::BadType(item.shown())),
                },
                Some("process") => match process(item) {
                    Some(process) => event.process = process,
                    None => return wrong(Cause::BadProcess(item.shown())),
                },
                Some("f") => match item.name() {
                    Some(function) => event.function = Some(function),
                    None if item.is_nil() => {}
                    None => return wrong(Cause::BadFunction(item.shown())),
                },
                Some("client") => event.client = Some(item),
                Some("key") => event.key = Some(item),
                Some("value") => event.value = Some(item),
                Some("input") => event.input = Some(item),
                Some("output") => event.output = Some(item),
                Some("index") => event.index = item.int(),
                Some("time") => event.time = item.int(),
                _ => {}
            }
        }
        match kind {
            Some(kind) => Ok(Event { kind, ..event }),
            None => wrong(Cause::NoType),
        }
    }
}

fn process(item: Item<'_>) -> Option<Process<'_>> {
    Some(match (item.int(), item.name()) {
        _ if item.is_nil() => Process::Missing,
        (Some(number), _) => Process::Number(number),
        (_, Some("nemesis")) => Process::Nemesis,
        (_, Some(name)) => Process::Name(name),
        _ => return None,
    })
}
