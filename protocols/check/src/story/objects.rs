//! Stories of objects that are no cells: in the words of their functions.

use super::Told;
use crate::evidence::{Because, Evidence};
use crate::history::{Operation, Outcome};
use crate::value::{Value, Values};

/// What an operation did, in a few words: `enqueue a`, `dequeue: a`, `read: [a b]`.
pub(crate) fn label(operation: &Operation) -> String {
    let mut label = asked(operation);
    if operation.outcome == Outcome::Failed {
        label.push_str(" (failed)");
    } else if !operation.output.is_empty() {
        label.push_str(": ");
        label.push_str(&listed(&operation.output));
    }
    label
}

fn asked(operation: &Operation) -> String {
    let mut asked = operation.function.to_string();
    if let [from, to, amount] = operation.input.as_slice()
        && asked == "transfer"
    {
        return format!("transfer {amount} from {from} to {to}");
    }
    if !operation.input.is_empty() {
        asked.push(' ');
        asked.push_str(&listed(&operation.input));
    }
    asked
}

fn listed(values: &Values) -> String {
    let shown = |value: &Value| match value {
        Value::List(items) if items.is_empty() => "nothing".to_string(),
        value => value.to_string(),
    };
    let values: Vec<String> = values.iter().map(shown).collect();
    values.join(" ")
}

pub(super) struct Teller<'a> {
    evidence: &'a Evidence,
    name: &'a dyn Fn(u32) -> String,
    needed: Vec<&'a Operation>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(evidence: &'a Evidence, name: &'a dyn Fn(u32) -> String) -> Self {
        Self { evidence, name, needed: evidence.needed().collect() }
    }

    fn who(&self, operation: &Operation) -> String {
        (self.name)(operation.lane)
    }

    /// What an operation's client knows of it: "was told b for `dequeue`", "was told ok for `enqueue a`".
    fn was_told(&self, operation: &Operation) -> String {
        let asked = asked(operation);
        match operation.outcome {
            Outcome::Ok if operation.output.is_empty() => format!("told ok for \u{201c}{asked}\u{201d}"),
            Outcome::Ok => format!("told {} for \u{201c}{asked}\u{201d}", listed(&operation.output)),
            Outcome::Failed => format!("told that \u{201c}{asked}\u{201d} failed"),
            Outcome::Open | Outcome::Unknown => format!("waiting for \u{201c}{asked}\u{201d}"),
        }
    }

    pub(super) fn told(&self) -> Told {
        let answered = self.needed.iter().copied().filter(|operation| operation.completed.is_some());
        let Some(last) = answered.max_by_key(|operation| operation.completed) else {
            return ("No order of these operations explains every answer.".to_string(), self.reasons());
        };
        let told = format!("{} was {}", self.who(last), self.was_told(last));
        if self.needed.len() == 1 {
            let never = self.evidence.whys.iter().any(|why| why.because == Because::NeverWritten);
            let freed = last.outcome == Outcome::Ok && matches!(&*last.function, "release" | "unlock");
            let headline = if freed {
                format!("{told}, although nobody can have held it: it was free.")
            } else if never {
                format!("{told}, which nobody had put there.")
            } else {
                format!("{told}. That cannot be.")
            };
            let reason =
                "Whatever the other operations did, and in whatever order, it could not have come to that.";
            return (headline, vec![reason.to_string()]);
        }
        let mut before: Vec<&Operation> =
            self.needed.iter().copied().filter(|operation| operation.precedes(last)).collect();
        before.sort_by_key(|operation| operation.completed);
        let had: Vec<String> = before
            .iter()
            .rev()
            .take(2)
            .rev()
            .map(|operation| format!("{} had been {}", self.who(operation), self.was_told(operation)))
            .collect();
        let headline = if had.is_empty() {
            format!("{told}. Together with the other operations of the proof, no order allows that.")
        } else {
            format!(
                "{told}, although before that {}. No order of the operations allows that.",
                had.join(" and ")
            )
        };
        (headline, self.reasons())
    }

    fn reasons(&self) -> Vec<String> {
        let named = |operation: &Operation| format!("{} ({})", label(operation), self.who(operation));
        self.evidence.ties(&named)
    }
}
