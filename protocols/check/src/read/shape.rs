//! What the operations of a file are done to, and what their values say.
//!
//! # The model
//! Is guessed from the functions in the file, and where one function belongs to several models from what reads
//! brought: `add` and a number is a counter, `add` and a collection a set.
//!
//! # What a value says
//! In a history of Jepsen each event has one value, and a completion's replaces its invocation's. What it says
//! depends on the function:
//! - a read brings it. `nil` means "not known" in registers (so does Knossos read it: of its own histories most would
//!   be wrong otherwise); elsewhere, and in etcd's logs, that nothing was there;
//! - a compare-and-set has both of its values in it. A failed one did not happen, and nothing more; in etcd's logs it
//!   found something other than it expected, and in our own form it may say what;
//! - `[key value]` everywhere: the operations are on independent objects (Jepsen's `independent`). Since other values
//!   are pairs as well, that is assumed only if every value is such a pair, and if reads ask with `[key nil]`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smallvec::smallvec;

use crate::history::{Operation, Outcome};
use crate::names::ModelName;
use crate::value::Value;

use super::error::{Cause, ReadError};
use super::imported::{Mark, Origin};
use super::values::Interner;

/// How a form of file means what its values do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// A read of nothing brought nothing, rather than not being known.
    pub nil_is_absent: bool,
    /// A failed compare-and-set found something other than it expected, rather than not happening.
    pub failed_is_mismatch: bool,
    /// The value of a failed compare-and-set, if it is no pair, is what it saw.
    pub failed_says_seen: bool,
    /// An empty text is what an absent key holds.
    pub empty_is_absent: bool,
}

/// The functions of a file, and what they were seen with.
#[derive(Clone, Debug, Default)]
struct Seen {
    numbers: u64,
    lists: u64,
    maps: u64,
    others: u64,
    keys: u64,
}

/// The functions of `operations`.
fn functions(operations: &[Operation]) -> BTreeMap<&str, Seen> {
    let mut functions: BTreeMap<&str, Seen> = BTreeMap::new();
    for operation in operations {
        let seen = functions.entry(&operation.function).or_default();
        seen.keys += u64::from(operation.key.is_some());
        if operation.outcome != Outcome::Ok {
            continue;
        }
        match operation.output.first() {
            Some(Value::Int(_)) => seen.numbers += 1,
            Some(Value::List(_)) => seen.lists += 1,
            Some(Value::Map(_)) => seen.maps += 1,
            Some(Value::Text(_) | Value::Word(_)) => seen.others += 1,
            Some(Value::Nil) | None => {}
        }
    }
    functions
}

/// Which model has these functions.
///
/// # Errors
/// If several could be meant, or none.
pub(crate) fn guess(operations: &[Operation]) -> Result<ModelName, ReadError> {
    let seen = functions(operations);
    let has = |name: &str| seen.contains_key(name);
    let only = |names: &[&str]| seen.keys().all(|name| names.contains(name));
    let read = seen.get("read").or_else(|| seen.get("get")).cloned().unwrap_or_default();
    let model = if only(&["acquire", "release", "lock", "unlock"]) {
        Some(ModelName::Mutex)
    } else if only(&["enqueue", "dequeue", "drain"]) {
        Some(ModelName::Queue)
    } else if has("transfer") && only(&["transfer", "read"]) || only(&["read"]) && read.maps > 0 {
        Some(ModelName::Bank)
    } else if only(&["add", "inc", "increment", "dec", "decrement", "read"]) && !only(&["read"]) {
        match (read.numbers, read.lists) {
            (_, 0) if only(&["inc", "increment", "dec", "decrement", "read"]) => Some(ModelName::Counter),
            (1.., 0) => Some(ModelName::Counter),
            (0, 1..) => Some(ModelName::Set),
            // No read brought anything. Nobody adds the same element to a set again and again.
            (0, 0) if adds_the_same(operations) => Some(ModelName::Counter),
            _ => None,
        }
    } else if only(&["add", "remove", "read"]) && has("remove") {
        Some(ModelName::Set)
    } else if only(&["append", "read"]) && has("append") && read.lists > 0 && read.keys == 0 {
        Some(ModelName::Log)
    } else if only(&["read", "write"])
        && read.lists > 0
        && read.numbers + read.others == 0
        && writes_of_elements(operations)
    {
        // Jepsen's test of comments: each is inserted once, and a read brings all there are.
        Some(ModelName::Set)
    } else if only(&["read", "write"]) {
        Some(ModelName::Register)
    } else if only(&["read", "write", "cas", "compare-and-set"]) {
        Some(ModelName::CasRegister)
    } else if only(&["read", "get", "write", "put", "append", "delete", "cas", "compare-and-set"]) {
        Some(ModelName::Kv)
    } else {
        None
    };
    model.ok_or_else(|| {
        let names: Vec<String> = seen.keys().take(8).map(|name| format!("`{name}`")).collect();
        let functions = names.join(", ");
        ReadError::whole(Cause::NoModel { functions, known: ModelName::known() })
    })
}

/// Whether something is written, and never a list: then lists that are read were not written as such.
fn writes_of_elements(operations: &[Operation]) -> bool {
    let mut writes = operations.iter().filter(|operation| operation.function == "write").peekable();
    writes.peek().is_some() && writes.all(|write| !matches!(write.input.first(), Some(Value::List(_))))
}

/// Whether numbers are added, and more than half of them are the same.
fn adds_the_same(operations: &[Operation]) -> bool {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    let mut all = 0;
    for operation in operations.iter().filter(|operation| operation.function == "add") {
        match operation.input.first() {
            Some(Value::Int(by)) => *counts.entry(*by).or_default() += 1,
            _ => return false,
        }
        all += 1;
    }
    counts.values().any(|count| count * 2 > all)
}

/// Whether every value is `[key value]`: see the module's text.
pub(crate) fn looks_independent(operations: &[Operation], origins: &[Origin]) -> bool {
    let mut asks = false;
    for (operation, origin) in operations.iter().zip(origins) {
        if operation.key.is_some() || origin.exact_input || origin.exact_output {
            return false;
        }
        let reads = matches!(&*operation.function, "read" | "dequeue" | "get");
        let swaps = matches!(&*operation.function, "cas" | "compare-and-set");
        for (place, value) in operation.input.iter().chain(&operation.output).enumerate() {
            let given = place < operation.input.len();
            if !given && operation.outcome != Outcome::Ok {
                continue;
            }
            let Some((key, value)) = pair(value) else { return false };
            if matches!(key, Value::Nil | Value::List(_) | Value::Map(_)) {
                return false;
            }
            if swaps && pair(value).is_none() {
                return false;
            }
            asks |= given && (reads && *value == Value::Nil || swaps);
        }
    }
    asks
}

/// A list of two.
pub(crate) fn pair(value: &Value) -> Option<(&Value, &Value)> {
    match value {
        Value::List(items) => match &**items {
            [first, second] => Some((first, second)),
            _ => None,
        },
        _ => None,
    }
}

/// Takes `[key value]` apart in every operation.
///
/// # Errors
/// If a value is no such pair.
pub(crate) fn split_independent(
    operations: &mut [Operation],
    origins: &[Origin],
    interner: &mut Interner,
) -> Result<(), ReadError> {
    for (operation, origin) in operations.iter_mut().zip(origins) {
        let known = operation.outcome == Outcome::Ok;
        for (values, must) in [(&mut operation.input, true), (&mut operation.output, known)] {
            let Some(value) = values.first() else { continue };
            match pair(value) {
                Some((key, value)) => {
                    let (key, value) = (interner.name(key), value.clone());
                    operation.key.get_or_insert(key);
                    values[0] = value;
                }
                // A failure says what it likes.
                None if !must => values.clear(),
                None => {
                    let function = operation.function.to_string();
                    let takes = "[key value], as all operations on independent objects do";
                    let cause = Cause::BadArguments { function, takes, found: value.to_string() };
                    return Err(ReadError::on(origin.line(), cause));
                }
            }
        }
    }
    Ok(())
}

/// Makes each operation say what the model wants to know: its arguments as input, what it returned as output.
///
/// # Errors
/// If values do not fit their function.
pub(crate) fn settle(
    operations: &mut [Operation],
    origins: &[Origin],
    model: ModelName,
    meaning: Meaning,
) -> Result<(), ReadError> {
    for (operation, origin) in operations.iter_mut().zip(origins) {
        rename(operation, model);
        settle_one(operation, origin, meaning).map_err(|cause| ReadError::on(origin.line(), cause))?;
    }
    Ok(())
}

/// Operations that make every object hold `value`, on a lane of their own. Their positions are those of the first events.
///
/// # Errors
/// If the model has no operation that does so.
pub(crate) fn initial_writes(
    operations: &[Operation],
    model: ModelName,
    value: &Value,
    lane: u32,
) -> Result<Vec<Operation>, ReadError> {
    let function = match model {
        _ if is_register(model) => "write",
        ModelName::Counter => "add",
        _ => {
            let cause = "what it holds at first can be said of registers, key-value stores, counters and transactions";
            return Err(ReadError::whole(Cause::BadDocument(format!("a {model}: {cause}"))));
        }
    };
    let keys: BTreeSet<Option<&Arc<str>>> =
        operations.iter().map(|operation| operation.key.as_ref()).collect();
    let process = operations.iter().map(|operation| operation.process + 1).max().unwrap_or(0);
    let write = |(at, key): (u64, Option<&Arc<str>>)| Operation {
        id: 2 * at,
        lane,
        process,
        function: function.into(),
        key: key.cloned(),
        input: smallvec![value.clone()],
        output: smallvec![],
        invoked: 2 * at,
        completed: Some(2 * at + 1),
        outcome: Outcome::Ok,
    };
    Ok((0..).zip(keys).map(write).collect())
}

/// Puts operations before all others, whose positions grow by that.
pub(crate) fn put_before(operations: &mut Vec<Operation>, marks: &mut [Mark], first: &[Operation]) {
    let by = 2 * first.len() as u64;
    for operation in operations.iter_mut() {
        operation.id += by;
        operation.invoked += by;
        operation.completed = operation.completed.map(|at| at + by);
    }
    marks.iter_mut().for_each(|mark| mark.position += by);
    operations.splice(0..0, first.iter().cloned());
}

/// Whether some read of a register was answered, but nobody knows with what.
pub(crate) fn has_unknown_reads(operations: &[Operation], model: ModelName) -> bool {
    is_register(model)
        && operations.iter().any(|operation| {
            operation.outcome == Outcome::Ok && operation.function == "read" && operation.output.is_empty()
        })
}

fn is_register(model: ModelName) -> bool {
    matches!(model, ModelName::Register | ModelName::CasRegister | ModelName::Kv)
}

/// Other words for the same function: those that the models do not know themselves.
fn rename(operation: &mut Operation, model: ModelName) {
    let name: &'static str = match (model, &*operation.function) {
        (ModelName::Set, "write" | "insert") => "add",
        (ModelName::Register | ModelName::CasRegister, "get" | "r") => "read",
        (ModelName::Register | ModelName::CasRegister, "put" | "w") => "write",
        (ModelName::Log, "poll") => "read",
        _ => return,
    };
    operation.function = name.into();
}

fn settle_one(operation: &mut Operation, origin: &Origin, meaning: Meaning) -> Result<(), Cause> {
    let answered = operation.outcome == Outcome::Ok;
    match &*operation.function {
        "read" | "get" | "dequeue" | "drain" => {
            if !origin.exact_input {
                operation.input.clear();
            }
            if !answered {
                operation.output.clear();
            } else if !origin.exact_output {
                brought(operation, meaning);
            }
        }
        "cas" | "compare-and-set" => return settle_cas(operation, origin, meaning),
        "transfer" => {
            given(operation, origin);
            if let [value @ Value::Map(_)] = operation.input.as_slice() {
                let part = |name: &str| {
                    let word = Value::Word(Arc::from(format!(":{name}")));
                    value.get(&word).or_else(|| value.get(&name.into())).cloned().unwrap_or_default()
                };
                operation.input = smallvec![part("from"), part("to"), part("amount")];
            }
            arguments(operation, 3, "{:from account, :to account, :amount number}")?;
        }
        "inc" | "increment" | "dec" | "decrement" => {
            given(operation, origin);
            if !origin.exact_input && operation.input.as_slice() == [Value::Nil] {
                operation.input.clear();
            }
        }
        "acquire" | "release" | "lock" | "unlock" | "delete" => {
            if !origin.exact_input {
                operation.input.clear();
            }
            if !origin.exact_output {
                operation.output.clear();
            }
        }
        "write" | "put" | "append" | "send" | "add" | "remove" | "contains" | "enqueue" => {
            given(operation, origin);
            arguments(operation, 1, "one value")?;
            let empty = matches!(&operation.input[0], Value::Text(text) if text.is_empty());
            if meaning.empty_is_absent && empty {
                operation.input[0] = Value::Nil;
            }
        }
        _ => given(operation, origin),
    }
    Ok(())
}

/// What a read brought.
fn brought(operation: &mut Operation, meaning: Meaning) {
    match operation.output.first() {
        None => {}
        // A dequeue that brings nothing found the queue empty.
        Some(Value::Nil) if &*operation.function == "dequeue" => {}
        Some(Value::Nil) if !meaning.nil_is_absent => operation.output.clear(),
        Some(Value::Text(text)) if text.is_empty() && meaning.empty_is_absent => {
            operation.output = smallvec![Value::Nil];
        }
        Some(_) => {}
    }
}

/// What an operation that brings nothing was given: what its completion says, else its invocation.
fn given(operation: &mut Operation, origin: &Origin) {
    if !origin.exact_output {
        let output = std::mem::take(&mut operation.output);
        let told = output.first().is_some_and(|value| *value != Value::Nil);
        let lone = operation.input.is_empty();
        if !origin.exact_input && (told && operation.outcome == Outcome::Ok || lone) {
            operation.input = output;
        }
    }
}

fn settle_cas(operation: &mut Operation, origin: &Origin, meaning: Meaning) -> Result<(), Cause> {
    let failed = operation.outcome == Outcome::Failed;
    let says = operation.output.first().cloned().filter(|_| !origin.exact_output);
    if says.as_ref().is_some_and(|value| pair(value).is_none()) {
        // Neither of its two values: what it saw, or why it failed.
        operation.output.clear();
    }
    given(operation, origin);
    if let [value] = operation.input.as_slice()
        && let Some((from, to)) = pair(value)
    {
        operation.input = smallvec![from.clone(), to.clone()];
    }
    arguments(operation, 2, "[expected new]")?;
    if meaning.failed_is_mismatch {
        // The function whose failure says that something else was there.
        operation.function = "compare-and-set".into();
    }
    if failed && !origin.exact_output {
        match says {
            Some(value) if meaning.failed_says_seen && pair(&value).is_none() => {
                operation.output = smallvec![value];
            }
            _ => {}
        }
    }
    Ok(())
}

fn arguments(operation: &Operation, count: usize, takes: &'static str) -> Result<(), Cause> {
    if operation.input.len() == count {
        return Ok(());
    }
    let found = match operation.input.as_slice() {
        [] => "nothing".to_owned(),
        [value] => value.to_string(),
        values => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    };
    Err(Cause::BadArguments { function: operation.function.to_string(), takes, found: short(&found) })
}

fn short(text: &str) -> String {
    if text.chars().count() <= 60 {
        return text.to_owned();
    }
    text.chars().take(60).chain(['…']).collect()
}
