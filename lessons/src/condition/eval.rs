//! What a condition is worth at the moment shown.

use super::{Comparison, Node};
use run::Playback;
use sim::story::{ArrowEnd, Operation, Outcome, Rank};
use sim::view::{ActorView, CellState, Status};
use sim::{ActorId, EventId, Span, Time};
use std::fmt;

/// From which event on what happened counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Events before this one do not count.
    pub since: EventId,
}

/// What an expression is worth.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// True or false.
    Bool(bool),
    /// A number.
    Number(i64),
    /// A length of time.
    Span(Span),
    /// Something that happened, the last time; or did not.
    Happened(Option<Time>),
    /// A word.
    Text(String),
    /// Nothing that could be compared.
    Nothing,
}

impl Value {
    /// Whether it counts as true.
    pub fn truth(&self) -> bool {
        match self {
            Value::Bool(b) => *b,
            Value::Happened(at) => at.is_some(),
            Value::Number(n) => *n != 0,
            Value::Span(_) | Value::Text(_) => true,
            Value::Nothing => false,
        }
    }

    fn number(&self) -> Option<i64> {
        match self {
            Value::Number(n) => Some(*n),
            Value::Bool(b) => Some(i64::from(*b)),
            Value::Span(span) => i64::try_from(span.0).ok(),
            Value::Happened(at) => at.and_then(|at| i64::try_from(at.0).ok()),
            Value::Text(text) => text.parse().ok(),
            Value::Nothing => None,
        }
    }

    fn is_time(&self) -> bool {
        matches!(self, Value::Span(_) | Value::Happened(_))
    }
}

impl fmt::Display for Value {
    /// As prose says it: lengths of time in seconds with one decimal where that is exact enough.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(b) => f.write_str(if *b { "yes" } else { "no" }),
            Value::Number(n) => write!(f, "{n}"),
            Value::Span(span) => told_span(*span, f),
            Value::Happened(Some(at)) => told_span(Span(at.0), f),
            Value::Happened(None) | Value::Nothing => f.write_str("never"),
            Value::Text(text) => f.write_str(text),
        }
    }
}

/// A second and more: one decimal; less: whole milliseconds.
fn told_span(span: Span, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if span.0 >= 1_000_000_000 {
        let tenths = (span.0 + 50_000_000) / 100_000_000;
        write!(f, "{}.{} s", tenths / 10, tenths % 10)
    } else {
        write!(f, "{} ms", (span.0 + 500_000) / 1_000_000)
    }
}

pub(super) fn value(node: &Node, playback: &Playback, scope: Scope) -> Value {
    let of = |node: &Node| value(node, playback, scope);
    match node {
        Node::And(a, b) => Value::Bool(of(a).truth() && of(b).truth()),
        Node::Or(a, b) => Value::Bool(of(a).truth() || of(b).truth()),
        Node::Not(a) => Value::Bool(!of(a).truth()),
        Node::Compare(how, a, b) => Value::Bool(compare(*how, &of(a), &of(b))),
        Node::Add(a, b) => arithmetic(&of(a), &of(b), i64::checked_add),
        Node::Subtract(a, b) => arithmetic(&of(a), &of(b), i64::checked_sub),
        Node::Number(n) => Value::Number(*n),
        Node::Span(span) => Value::Span(*span),
        Node::Words(words) if words.len() == 1 && words[0] == "now" => {
            Value::Happened(Some(playback.shown().at))
        }
        Node::Words(words) if words.first().is_some_and(|w| w == "param") && words.len() == 2 => {
            parameter(playback, &words[1])
        }
        Node::Words(words) => Value::Text(words.join(" ")),
        Node::Call(name, arguments) => {
            let arguments = arguments.iter().map(|argument| words(argument, playback, scope)).collect();
            Asked { playback, scope, arguments }.call(name)
        }
    }
}

fn compare(how: Comparison, a: &Value, b: &Value) -> bool {
    let order = match (a.number(), b.number()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ => match (a, b) {
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            _ => None,
        },
    };
    let Some(order) = order else { return how == Comparison::Differs };
    match how {
        Comparison::Equal => order.is_eq(),
        Comparison::Differs => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::AtMost => order.is_le(),
        Comparison::More => order.is_gt(),
        Comparison::AtLeast => order.is_ge(),
    }
}

fn arithmetic(a: &Value, b: &Value, how: fn(i64, i64) -> Option<i64>) -> Value {
    let (Some(x), Some(y)) = (a.number(), b.number()) else { return Value::Nothing };
    match how(x, y) {
        None => Value::Nothing,
        Some(result) if a.is_time() || b.is_time() => Value::Span(Span(result.max(0).unsigned_abs())),
        Some(result) => Value::Number(result),
    }
}

fn parameter(playback: &Playback, id: &str) -> Value {
    use sim::ParameterValue as P;
    let parameters = playback.parameters();
    match parameters.get(id) {
        None => Value::Nothing,
        Some(P::Switch(on)) => Value::Bool(on),
        Some(P::Count(n)) => Value::Number(n),
        Some(P::Span(span)) => Value::Span(span),
        Some(P::Choice(_)) => Value::Text(parameters.choice(id).to_owned()),
    }
}

/// Every function there is.
const FUNCTIONS: &[&str] = &[
    "now",
    "up",
    "down",
    "paused",
    "leads",
    "role",
    "version",
    "reaches",
    "cut",
    "field",
    "entry",
    "in_log",
    "committed",
    "param",
    "holds",
    "broken",
    "asked",
    "pending",
    "answered",
    "failed",
    "gave_up",
    "answered_by",
    "sent",
    "received",
    "lost",
    "did",
    "fact",
    "count",
];

pub(super) fn unknown_functions(node: &Node, unknown: &mut Vec<String>) {
    match node {
        Node::And(a, b)
        | Node::Or(a, b)
        | Node::Compare(_, a, b)
        | Node::Add(a, b)
        | Node::Subtract(a, b) => {
            unknown_functions(a, unknown);
            unknown_functions(b, unknown);
        }
        Node::Not(a) => unknown_functions(a, unknown),
        Node::Call(name, arguments) => {
            if !FUNCTIONS.contains(&name.as_str()) {
                unknown.push(name.clone());
            }
            arguments.iter().for_each(|argument| unknown_functions(argument, unknown));
        }
        Node::Number(_) | Node::Span(_) | Node::Words(_) => {}
    }
}

/// The words of an argument.
fn words(argument: &Node, playback: &Playback, scope: Scope) -> Vec<String> {
    match argument {
        Node::Words(words) => words.clone(),
        Node::Number(n) => vec![n.to_string()],
        Node::Span(span) => vec![span.written()],
        other => vec![value(other, playback, scope).to_string()],
    }
}

/// A function and what it is asked about.
struct Asked<'a> {
    playback: &'a Playback,
    scope: Scope,
    /// In words, worked out once: a function asks for the same one often, and calls may stand in calls.
    arguments: Vec<Vec<String>>,
}

impl Asked<'_> {
    fn call(&self, name: &str) -> Value {
        match name {
            "now" => Value::Happened(Some(self.playback.shown().at)),
            "up" => self.any_actor(|a| matches!(a.status, Status::Up | Status::Paused)),
            "down" => self.any_actor(|a| a.status == Status::Down),
            "paused" => self.any_actor(|a| a.status == Status::Paused),
            "leads" => self.any_actor(|a| a.role.is_some_and(|role| role.rank == Rank::Leader)),
            "role" => self.first(|a| a.role.map(|role| Value::Text(role.label.to_owned()))),
            "version" => self.first(|a| a.role.map(|role| number(role.version))),
            "reaches" => self.first(|a| Some(Value::Number(i64::from(a.reaches)))),
            "cut" => Value::Bool(self.is_cut()),
            "field" => self.first(|a| {
                let id = self.word(1);
                let field = a.fields.iter().find(|field| field.id == id)?;
                Some(field.value.parse().map_or_else(|_| Value::Text(field.value.clone()), Value::Number))
            }),
            "entry" => self.entry(),
            "in_log" => Value::Bool(self.logged(|_| true)),
            "committed" => {
                let known =
                    |state| matches!(state, CellState::Committed | CellState::Applied | CellState::Snapshot);
                Value::Bool(self.logged(known))
            }
            "param" => parameter(self.playback, &self.word(0)),
            "holds" => Value::Bool(self.promise_broken(&self.word(0)).is_none()),
            "broken" => Value::Happened(self.promise_broken(&self.word(0)).map(|(at, _)| at)),
            "count" => Value::Number(self.facts().count() as i64),
            "fact" => Value::Happened(self.facts().last()),
            "did" => self.did(),
            "sent" | "received" | "lost" => self.message(name),
            _ => self.operation(name),
        }
    }

    /// The words of an argument.
    fn words(&self, at: usize) -> &[String] {
        self.arguments.get(at).map_or(&[], Vec::as_slice)
    }

    fn word(&self, at: usize) -> String {
        self.words(at).join(" ")
    }

    /// The actors an argument names; `*` is all.
    fn actors(&self, at: usize) -> Vec<ActorId> {
        let view = self.playback.view();
        let mut actors = Vec::new();
        for word in self.words(at) {
            if word == "*" {
                actors.extend(view.actors.iter().map(|a| a.id));
            } else if word == "@leader" {
                let leads = |a: &&ActorView| a.role.is_some_and(|r| r.rank == Rank::Leader) && !a.stale;
                actors.extend(view.actors.iter().find(leads).map(|a| a.id));
            } else if let Ok(id) = word.parse() {
                actors.push(id);
            }
        }
        actors
    }

    fn any_actor(&self, is: impl Fn(&ActorView) -> bool) -> Value {
        let view = self.playback.view();
        Value::Bool(self.actors(0).iter().filter_map(|id| view.actor(*id)).any(is))
    }

    fn first(&self, of: impl Fn(&ActorView) -> Option<Value>) -> Value {
        let view = self.playback.view();
        let actor = self.actors(0).first().and_then(|id| view.actor(*id));
        actor.and_then(of).unwrap_or(Value::Nothing)
    }

    /// Some cut lies between the first and the second.
    fn is_cut(&self) -> bool {
        let (from, to) = (self.actors(0), self.actors(1));
        let lies_between = |sides: &[Vec<ActorId>]| {
            let side_of = |id: &ActorId| sides.iter().position(|side| side.contains(id));
            from.iter().any(|a| {
                to.iter().any(|b| match (side_of(a), side_of(b)) {
                    (Some(x), Some(y)) => x != y,
                    _ => false,
                })
            })
        };
        let cuts =
            self.playback.view().broken.iter().filter(|chip| chip.sides.len() > 1 && chip.verb == "mend");
        cuts.into_iter().any(|chip| lies_between(&chip.sides))
    }

    fn entry(&self) -> Value {
        let view = self.playback.view();
        let (actors, column) = (self.actors(0), self.word(1).parse::<u64>().ok());
        let mut rows = view.strips.iter().flat_map(|strip| strip.rows());
        let row = rows.find(|row| actors.contains(&row.actor));
        let cell = row.and_then(|row| row.cells.iter().find(|cell| Some(cell.column) == column));
        if let Some(cell) = cell {
            return Value::Text(cell.text.to_string());
        }
        let name = self.word(1);
        let entry = view.strips.iter().find_map(|strip| strip.entry(*actors.first()?, &name));
        entry.map_or(Value::Nothing, |entry| Value::Text(entry.text.to_string()))
    }

    fn logged(&self, state: impl Fn(CellState) -> bool) -> bool {
        let (actors, text) = (self.actors(0), self.word(1));
        let view = self.playback.view();
        let rows =
            view.strips.iter().flat_map(|strip| strip.rows()).filter(|row| actors.contains(&row.actor));
        let cells = rows.flat_map(|row| row.cells.iter());
        cells.into_iter().any(|cell| *cell.text == text && state(cell.state))
    }

    /// When a guarantee or invariant broke, if it did by the moment shown.
    fn promise_broken(&self, name: &str) -> Option<(Time, EventId)> {
        self.playback.broken_at(name)
    }

    fn counts(&self, event: EventId) -> bool {
        event >= self.scope.since && event < self.playback.events()
    }

    fn facts(&self) -> impl Iterator<Item = Time> {
        let (name, anybody) = (self.word(0), self.words(1) == ["*"] || self.arguments.len() < 2);
        let actors = self.actors(1);
        let wanted: Vec<String> = (2..self.arguments.len()).map(|at| self.word(at)).collect();
        self.playback.trace().facts.iter().filter_map(move |fact| {
            let fits = fact.name == name
                && self.counts(fact.event)
                && (anybody || actors.contains(&fact.actor))
                && wanted.iter().enumerate().all(|(at, word)| {
                    word == "*" || fact.values.get(at).is_some_and(|value| value.to_string() == *word)
                });
            fits.then_some(fact.at)
        })
    }

    fn did(&self) -> Value {
        let words: Vec<String> = (0..self.arguments.len()).flat_map(|at| self.words(at)).cloned().collect();
        let marks = self.playback.story().marks.iter().rev().filter(|mark| self.counts(mark.event));
        let mut fitting = marks.filter(|mark| {
            let said: Vec<&str> = mark.text.split(' ').collect();
            !mark.nothing_to_do
                && words.len() <= said.len()
                && words.iter().zip(&said).all(|(a, b)| a == "*" || a == b)
        });
        Value::Happened(fitting.next().map(|mark| mark.at))
    }

    fn message(&self, name: &str) -> Value {
        let (from, to, kind) = (self.actors(0), self.actors(1), self.word(2));
        let story = self.playback.story();
        let now = self.playback.shown().at;
        let mut last: Option<Time> = None;
        for arrow in &story.arrows {
            let right_kind =
                kind.is_empty() || story.kinds.get(usize::from(arrow.kind)).is_some_and(|k| *k == kind);
            if !right_kind || !from.contains(&arrow.from) || !(to.is_empty() || to.contains(&arrow.to)) {
                continue;
            }
            let at = match name {
                "sent" if self.counts(arrow.sent_by) => Some(arrow.sent),
                "received" if arrow.end == ArrowEnd::Delivered && self.counts(arrow.end_event) => {
                    Some(arrow.ended)
                }
                "lost" if arrow.end.lost() && self.counts(arrow.end_event) => Some(arrow.ended),
                _ => None,
            };
            last = last.max(at.filter(|at| *at <= now));
        }
        Value::Happened(last)
    }

    /// `asked`, `pending`, `answered`, `failed`, `gave_up` take the client first, `answered_by` the node before it.
    fn operation(&self, name: &str) -> Value {
        let first = usize::from(name == "answered_by");
        let clients = self.actors(first);
        let by = if first == 1 { self.actors(0) } else { Vec::new() };
        let words: Vec<String> = (first + 1..self.arguments.len()).map(|at| self.word(at)).collect();
        let mut last: Option<Time> = None;
        for operation in &self.playback.story().operations {
            if !clients.contains(&operation.client) || !words.iter().all(|word| mentions(operation, word)) {
                continue;
            }
            let done = operation.completed_by.filter(|event| self.counts(*event)).and(operation.completed);
            let asked = self.counts(operation.invoked_by).then_some(operation.invoked);
            let in_view = operation.invoked_by < self.playback.view().events;
            let still_open = operation.completed_by.is_none_or(|event| event >= self.playback.view().events);
            let at = match (name, operation.outcome) {
                ("asked", _) => asked,
                ("pending", _) if in_view && still_open => Some(operation.invoked),
                ("answered", Outcome::Ok) => done,
                ("failed", Outcome::Failed) => done,
                ("gave_up", Outcome::Unknown) => done,
                ("answered_by", Outcome::Ok)
                    if operation.answered_by.is_some_and(|who| by.contains(&who)) =>
                {
                    done
                }
                _ => None,
            };
            last = last.max(at);
        }
        Value::Happened(last)
    }
}

/// Whether a word is an operation's function, key, or one of its values.
fn mentions(operation: &Operation, word: &str) -> bool {
    word == "*"
        || operation.function == word
        || *operation.key == *word
        || *operation.label == *word
        || operation.input.iter().chain(&operation.output).any(|value| value.to_string() == *word)
}

fn number(n: u64) -> Value {
    Value::Number(i64::try_from(n).unwrap_or(i64::MAX))
}
