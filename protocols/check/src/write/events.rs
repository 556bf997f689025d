//! The events of a history, as they are written in every form.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use crate::history::{Operation, Outcome};
use crate::isolation::{Mop, Seen, Transactions};
use crate::read::shape::pair;
use crate::read::{Imported, Mark, Origin, Subject};
use crate::value::{Value, Values};

/// Which syntax it will be: what Jepsen's tools expect differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Edn,
    Json,
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Process(u64),
    Nemesis,
}

/// One event.
#[derive(Clone, Debug)]
pub(super) struct Event<'a> {
    pub index: u64,
    pub time: Option<i64>,
    pub kind: &'static str,
    pub by: By,
    pub client: Option<&'a str>,
    pub function: Cow<'a, str>,
    pub key: Option<&'a str>,
    /// There could have been a key.
    pub has_key: bool,
    pub value: Option<Value>,
    pub input: Option<Values>,
    pub output: Option<Values>,
}

/// Which event of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Begin,
    End,
    /// The completion, where nobody knows when it began.
    Whole,
}

/// Hands all events of a history to `take`, in order.
pub(super) fn each(
    history: &Imported,
    style: Style,
    take: &mut dyn FnMut(&Event<'_>) -> io::Result<()>,
) -> io::Result<()> {
    match &history.subject {
        Subject::Objects(objects) => {
            let operations = objects.operations();
            let mut events: Vec<(u64, u32, Part)> = Vec::with_capacity(operations.len() * 2);
            for (place, operation) in operations.iter().enumerate() {
                events.push((operation.invoked, place as u32, Part::Begin));
                events.extend(operation.completed.map(|at| (at, place as u32, Part::End)));
            }
            in_order(history, events, take, |place, part| {
                let operation = &operations[place as usize];
                of_operation(history, operation, history.origins.get(place as usize), part, style)
            })
        }
        Subject::Transactions(transactions) => {
            let mut events: Vec<(u64, u32, Part)> = Vec::new();
            for place in 0..transactions.len() {
                let transaction = transactions.get(place);
                // Without positions the order of the history is the only one there is.
                match (transaction.began, transaction.ended) {
                    (None, None) => events.push((u64::from(place), place, Part::Whole)),
                    (None, Some(ended)) => events.push((ended.at, place, Part::Whole)),
                    (Some(began), ended) => {
                        events.push((began.at, place, Part::Begin));
                        events.extend(ended.map(|ended| (ended.at, place, Part::End)));
                    }
                }
            }
            in_order(history, events, take, |place, part| of_transaction(transactions, place, part))
        }
    }
}

/// Hands events and marks on in the order of their positions, each with its number.
fn in_order<'a>(
    history: &'a Imported,
    mut events: Vec<(u64, u32, Part)>,
    take: &mut dyn FnMut(&Event<'_>) -> io::Result<()>,
    mut made: impl FnMut(u32, Part) -> Event<'a>,
) -> io::Result<()> {
    events.sort_unstable();
    let mut marks = history.marks.iter().peekable();
    let mut index = 0;
    let mut hand = |event: Event<'_>| {
        let event = Event { index, ..event };
        index += 1;
        take(&event)
    };
    for (position, place, part) in events {
        while let Some(mark) = marks.next_if(|mark| mark.position < position) {
            hand(of_mark(mark))?;
        }
        hand(made(place, part))?;
    }
    marks.try_for_each(|mark| hand(of_mark(mark)))
}

fn of_mark(mark: &Mark) -> Event<'_> {
    Event {
        index: 0,
        time: mark.time,
        kind: "info",
        by: By::Nemesis,
        client: None,
        function: Cow::Borrowed(&mark.name),
        key: None,
        has_key: false,
        value: Some(mark.value.clone()),
        input: None,
        output: None,
    }
}

fn kind(outcome: Outcome, part: Part) -> &'static str {
    match (part, outcome) {
        (Part::Begin, _) => "invoke",
        (_, Outcome::Ok) => "ok",
        (_, Outcome::Failed) => "fail",
        (_, Outcome::Unknown | Outcome::Open) => "info",
    }
}

fn of_operation<'a>(
    history: &'a Imported,
    operation: &'a Operation,
    origin: Option<&Origin>,
    part: Part,
    style: Style,
) -> Event<'a> {
    let begins = part == Part::Begin;
    let Operation { function, input, output, outcome, .. } = operation;
    let usual = Usual::of(function);
    let brought = !begins && usual == Usual::Reads && *outcome == Outcome::Ok;
    let mut value = if brought { output.first().cloned() } else { Some(usual.together(input)) };
    let mut exact_input = (begins && !usual.says(input)).then(|| input.clone());
    let mut exact_output = (!begins && !usual.brings(operation, style)).then(|| output.clone());
    if let (Style::Edn, Some(key)) = (style, &operation.key) {
        // Jepsen's tools find the key in the value; so ours must not look there.
        value = Some(Value::from(vec![Value::Text(Arc::clone(key)), value.unwrap_or_default()]));
        (exact_input, exact_output) =
            if begins { (Some(input.clone()), None) } else { (None, Some(output.clone())) };
    }
    Event {
        index: 0,
        time: origin.and_then(|origin| if begins { origin.invoked() } else { origin.completed() }),
        kind: kind(*outcome, part),
        by: By::Process(operation.process),
        client: history.lanes.get(operation.lane as usize).map(|name| &**name),
        function: Cow::Borrowed(function),
        key: operation.key.as_deref(),
        has_key: true,
        value,
        input: exact_input,
        output: exact_output,
    }
}

/// What one value says of a function's arguments and results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Usual {
    /// Nothing is given, the value is brought.
    Reads,
    /// The value is given.
    Writes,
    /// Two are given.
    Swaps,
    /// Account, account, amount.
    Transfers,
    /// Nothing is given.
    Bare,
    /// It says neither.
    Other,
}

impl Usual {
    fn of(function: &str) -> Self {
        match function {
            "read" | "get" | "dequeue" | "drain" => Usual::Reads,
            "write" | "put" | "append" | "add" | "remove" | "enqueue" => Usual::Writes,
            "cas" | "compare-and-set" => Usual::Swaps,
            "transfer" => Usual::Transfers,
            "acquire" | "release" | "delete" => Usual::Bare,
            _ => Usual::Other,
        }
    }

    /// Whether the value says what was given.
    fn says(self, input: &[Value]) -> bool {
        match self {
            Usual::Reads | Usual::Bare => input.is_empty(),
            Usual::Writes => input.len() == 1,
            // `[5 [1 2]]` could as well be: of the object 5, from 1 to 2.
            Usual::Swaps => matches!(input, [_, to] if pair(to).is_none()),
            Usual::Transfers => input.len() == 3,
            Usual::Other => false,
        }
    }

    /// Whether the completion's value says what was returned.
    fn brings(self, operation: &Operation, style: Style) -> bool {
        let answered_read = self == Usual::Reads && operation.outcome == Outcome::Ok;
        match operation.output.as_slice() {
            [] => self != Usual::Other,
            // In EDN a read of nil is one whose result is not known.
            [Value::Nil] if operation.function != "dequeue" => {
                answered_read && style == Style::Json && operation.function != "drain"
            }
            [_] => answered_read,
            _ => false,
        }
    }

    /// All that was given as one value.
    fn together(self, input: &[Value]) -> Value {
        match (self, input) {
            (Usual::Transfers, [from, to, amount]) => Value::map([
                ("from".into(), from.clone()),
                ("to".into(), to.clone()),
                ("amount".into(), amount.clone()),
            ]),
            (_, []) => Value::Nil,
            (_, [one]) => one.clone(),
            (_, several) => Value::from(several.to_vec()),
        }
    }
}

fn of_transaction(history: &Transactions, place: u32, part: Part) -> Event<'static> {
    let transaction = history.get(place);
    let moment = if part == Part::Begin { transaction.began } else { transaction.ended };
    let steps = history.steps(place).map(|mop| step(history, mop, part));
    Event {
        index: 0,
        time: moment.and_then(|moment| moment.time),
        kind: kind(transaction.outcome, part),
        by: By::Process(history.process_name(transaction.process)),
        client: None,
        function: Cow::Borrowed("txn"),
        key: None,
        has_key: false,
        value: Some(Value::List(steps.collect())),
        input: None,
        output: None,
    }
}

/// A step as a list: its function, its key, its value.
fn step(history: &Transactions, mop: Mop, part: Part) -> Value {
    let key = history.key_name(mop.key()).clone();
    let of = |version: u32| history.value(version).clone();
    let (function, value) = match mop {
        Mop::Append { version, .. } => ("append", Some(of(version))),
        Mop::Write { version, .. } => ("w", Some(of(version))),
        // What is only asked for is nil, as Jepsen has it.
        Mop::Read { .. } if part == Part::Begin => ("r", Some(Value::Nil)),
        Mop::Read { seen: Seen::Unknown, .. } => ("r", None),
        Mop::Read { seen: Seen::Version(version), .. } => ("r", Some(of(version))),
        Mop::Read { seen: Seen::List(list), .. } => {
            let elements = history.list(list).iter().map(|version| of(*version));
            ("r", Some(Value::List(elements.collect())))
        }
    };
    Value::List([Value::from(function), key].into_iter().chain(value).collect())
}
