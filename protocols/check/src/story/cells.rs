//! Stories of cells: registers and key-value stores.

use super::Told;
use crate::evidence::{Because, Evidence};
use crate::history::{Operation, Outcome};
use crate::judge::{known_call, open_call};
use crate::models::{Cell, CellCall};
use crate::value::Value;

/// It has all functions that any kind of cell has.
const MODEL: Cell = Cell::KeyValue;

pub(super) struct Teller<'a> {
    evidence: &'a Evidence,
    name: &'a dyn Fn(u32) -> String,
    /// The needed operations with what each did or saw.
    needed: Vec<(&'a Operation, Option<CellCall>)>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(evidence: &'a Evidence, name: &'a dyn Fn(u32) -> String) -> Self {
        let needed = evidence.needed().map(|operation| (operation, known_call(&MODEL, operation))).collect();
        Self { evidence, name, needed }
    }

    fn who(&self, operation: &Operation) -> String {
        (self.name)(operation.lane)
    }

    /// A value, with its key where there are several.
    fn value(&self, value: &Value) -> String {
        match (&self.evidence.key, value) {
            (Some(key), Value::Nil) if self.evidence.several_keys => format!("nothing in {key}"),
            (Some(key), _) if self.evidence.several_keys => format!("{key}={value}"),
            _ => value.to_string(),
        }
    }

    pub(super) fn told(&self) -> Told {
        self.impossible_alone()
            .or_else(|| self.failed_yet_seen())
            .or_else(|| self.replaced_twice())
            .or_else(|| self.newer_then_older())
            .unwrap_or_else(|| self.plain())
    }

    pub(super) fn label(&self, operation: &Operation) -> String {
        let known = known_call(&MODEL, operation);
        let failed = if known.is_none() { " (failed)" } else { "" };
        match known.or_else(|| open_call(&MODEL, operation)) {
            Some(CellCall::Read(Some(seen))) => format!("read: {}", self.value(&seen)),
            Some(CellCall::Read(None)) => format!("read{failed}"),
            Some(CellCall::Write(Value::Nil)) => format!("delete{failed}"),
            Some(CellCall::Write(value)) => format!("write {}{failed}", self.value(&value)),
            Some(CellCall::Append(value)) => format!("append {}{failed}", self.value(&value)),
            Some(CellCall::Cas { from, to }) => format!("swap {} for {to}{failed}", self.value(&from)),
            Some(CellCall::Mismatch { expected, seen }) => {
                format!("swap {}: saw {seen}", self.value(&expected))
            }
            Some(CellCall::Refused { expected }) => {
                format!("swap {}: saw something else", self.value(&expected))
            }
            None => operation.function.to_string(),
        }
    }

    /// What it asked for, as in "told ok for writing milk".
    fn doing(&self, operation: &Operation) -> String {
        match open_call(&MODEL, operation) {
            Some(CellCall::Write(Value::Nil)) => "deleting the value".to_string(),
            Some(CellCall::Write(value)) => format!("writing {}", self.value(&value)),
            Some(CellCall::Append(value)) => format!("appending {}", self.value(&value)),
            Some(CellCall::Cas { from, to }) => format!("swapping {} for {to}", self.value(&from)),
            _ => "reading".to_string(),
        }
    }

    /// What it did, in the past: "read milk", "was told ok for writing salt".
    fn did(&self, operation: &Operation, call: &CellCall) -> String {
        match call {
            CellCall::Read(Some(Value::Nil)) => format!("found {}", self.value(&Value::Nil)),
            CellCall::Read(Some(seen)) => format!("read {}", self.value(seen)),
            CellCall::Mismatch { seen, .. } => format!("saw {}", self.value(seen)),
            CellCall::Refused { expected } => format!("saw something else than {}", self.value(expected)),
            _ => match operation.outcome {
                Outcome::Ok => format!("was told ok for {}", self.doing(operation)),
                _ => format!("began {}", self.doing(operation)),
            },
        }
    }

    /// The same one step further back: "had read milk", "had been told ok for writing salt".
    fn had_done(&self, operation: &Operation, call: &CellCall) -> String {
        match call {
            CellCall::Read(_) | CellCall::Mismatch { .. } | CellCall::Refused { .. } => {
                format!("had {}", self.did(operation, call).replacen("saw", "seen", 1))
            }
            _ => format!("had been told ok for {}", self.doing(operation)),
        }
    }

    fn wrote(&self, value: &Value) -> bool {
        self.evidence.operations.iter().any(|operation| {
            operation.outcome != Outcome::Failed
                && open_call(&MODEL, operation).and_then(|call| call.leaves().cloned()).as_ref()
                    == Some(value)
        })
    }

    /// One operation that cannot be, whatever the others did.
    fn impossible_alone(&self) -> Option<Told> {
        let [(operation, Some(call))] = self.needed.as_slice() else { return None };
        let who = self.who(operation);
        if let CellCall::Mismatch { expected, seen } = call
            && expected == seen
        {
            let value = self.value(seen);
            let headline = format!("{who} was refused a swap of {value}, yet told that {value} was there.");
            return Some((headline, vec!["A swap that finds what it expects must succeed.".to_string()]));
        }
        let seen = call.sees()?;
        if !self.evidence.whys.iter().any(|why| why.because == Because::NeverWritten) {
            let value = self.value(seen);
            let headline =
                format!("{who} {}, which nothing could have left there.", self.did(operation, call));
            return Some((
                headline,
                vec![format!("No order of the operations that had begun leaves {value}.")],
            ));
        }
        let value = self.value(seen);
        let headline = format!("{who} {}, but nobody had written {value}.", self.did(operation, call));
        Some((
            headline,
            vec![format!("When {who} was answered, no operation that could leave {value} had begun.")],
        ))
    }

    /// A write whose client was told that it failed, and whose value was seen.
    fn failed_yet_seen(&self) -> Option<Told> {
        let (failed, _) = self.needed.iter().find(|(operation, call)| {
            call.is_none()
                || (operation.outcome == Outcome::Failed
                    && matches!(call, Some(CellCall::Mismatch { .. } | CellCall::Refused { .. })))
        })?;
        let value = open_call(&MODEL, failed)?.leaves()?.clone();
        let (seer, call) = self
            .needed
            .iter()
            .filter_map(|(operation, call)| Some((operation, call.as_ref()?)))
            .find(|(operation, call)| operation.id != failed.id && call.sees() == Some(&value))?;
        if self.needed.len() != 2 || self.wrote(&value) {
            return None;
        }
        let told = format!("{} was told that {} failed", self.who(failed), self.doing(failed));
        let headline = format!("{} {}, although {told}.", self.who(seer), self.did(seer, call));
        let because =
            format!("What failed must not have happened, and nobody else wrote {}.", self.value(&value));
        Some((headline, vec![because]))
    }

    /// Two swaps that both found a value that was there once.
    fn replaced_twice(&self) -> Option<Told> {
        let swaps: Vec<(&Operation, &Value)> = self
            .needed
            .iter()
            .filter_map(|(operation, call)| match call {
                Some(CellCall::Cas { from, .. }) if operation.outcome == Outcome::Ok => {
                    Some((*operation, from))
                }
                _ => None,
            })
            .collect();
        let [(first, value), (second, other)] = swaps.as_slice() else { return None };
        if value != other || self.needed.len() != 2 {
            return None;
        }
        let (one, two) = (self.who(first), self.who(second));
        let both = if one == two {
            format!("{one} was told twice")
        } else {
            format!("{one} and {two} were both told")
        };
        let value = self.value(value);
        Some((
            format!("{both} that the swap of {value} worked, but {value} was there only once."),
            vec![format!("The first of the two took {value} away, and nobody put it back.")],
        ))
    }

    /// Something was seen after what had replaced it was known to be there: a stale read, a lost write.
    fn newer_then_older(&self) -> Option<Told> {
        let simple = self.needed.iter().all(|(_, call)| !matches!(call, None | Some(CellCall::Append(_))));
        if !simple || !(2..=4).contains(&self.needed.len()) {
            return None;
        }
        let (latest, Some(call)) = self.needed.last()? else { return None };
        let old = call.sees()?;
        let shows = |call: &CellCall| call.leaves().or_else(|| call.sees()).cloned();
        let (earlier, earlier_call) = self
            .needed
            .iter()
            .filter_map(|(operation, call)| Some((*operation, call.as_ref()?)))
            .filter(|(operation, call)| operation.precedes(latest) && shows(call).as_ref() != Some(old))
            .max_by_key(|(operation, _)| operation.completed)?;
        let new = shows(earlier_call)?;
        let same = if earlier.lane == latest.lane { "it".to_string() } else { self.who(earlier) };
        let headline = format!(
            "{} {}, although before that {same} {}. No order of the operations allows both.",
            self.who(latest),
            self.did(latest, call),
            self.had_done(earlier, earlier_call),
        );
        let (old_text, new_text) = (self.value(old), self.value(&new));
        let because = if *old == Value::Nil {
            format!("{new_text} was there, and nobody removed it: the write was lost.")
        } else {
            let order = self.goes_before(old, earlier)?;
            format!(
                "{order}, and nobody wrote {old_text} again.",
                order = order.unwrap_or(format!("{new_text} replaced {old_text}"))
            )
        };
        Some((headline, vec![because]))
    }

    /// Whether `value` was there before what `newer` wrote or saw; with the words for it unless both were plainly
    /// written one after the other, or `newer` replaced it.
    fn goes_before(&self, value: &Value, newer: &Operation) -> Option<Option<String>> {
        let newer_call = known_call(&MODEL, newer)?;
        if matches!(&newer_call, CellCall::Cas { from, .. } if from == value) {
            return Some(None);
        }
        let (older, older_call) =
            self.needed.iter().filter_map(|(operation, call)| Some((operation, call.as_ref()?))).find(
                |(operation, call)| {
                    operation.precedes(newer) && (call.sees() == Some(value) || call.leaves() == Some(value))
                },
            )?;
        let written = |call: &CellCall| call.leaves().is_some();
        let told = (!written(older_call) || !written(&newer_call)).then(|| {
            let (first, then) = (self.had_done(older, older_call), self.did(newer, &newer_call));
            format!("{} {first} before {} {then}", self.who(older), self.who(newer))
        });
        Some(told)
    }

    /// No pattern: say what came last, and every tie between the operations.
    fn plain(&self) -> Told {
        let last = self.evidence.operations.iter().max_by_key(|operation| operation.completed);
        let headline = match last.and_then(|last| Some((last, known_call(&MODEL, last)?))) {
            Some((last, call)) => format!(
                "{} {}. Together with the other operations of the proof, no order allows that.",
                self.who(last),
                self.did(last, &call)
            ),
            None => "No order of these operations explains every answer.".to_string(),
        };
        let named = |operation: &Operation| format!("{} ({})", self.label(operation), self.who(operation));
        (headline, self.evidence.ties(&named))
    }
}
