//! A lab's parameters: what can be set, to what, and what each means. A pothole is a parameter like any other, off by
//! default.

use crate::time::Span;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// What a parameter may be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `on` or `off`.
    Switch,
    /// A whole number, both ends included.
    Count {
        /// The smallest allowed.
        min: i64,
        /// The largest allowed.
        max: i64,
    },
    /// A length of time, both ends included.
    Span {
        /// The shortest allowed.
        min: Span,
        /// The longest allowed.
        max: Span,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
}

/// What a parameter is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Value {
    /// A switch.
    Switch(bool),
    /// A count.
    Count(i64),
    /// A length of time.
    Span(Span),
    /// The how-manieth word of the choice, from 0.
    Choice(u8),
}

/// One parameter of a lab.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name in commands and links.
    pub id: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What it is unless set.
    pub default: Value,
    /// What a count counts; empty where that is plain.
    pub unit: &'static str,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// Whether it may change during a run (`set PARAM=VALUE` as a command); others apply from the start.
    pub live: bool,
    /// Whether it puts a classic mistake in.
    pub pothole: bool,
}

impl Parameter {
    /// A switch that is off by default and puts a classic mistake in; it may change during a run.
    pub const fn pothole(id: &'static str, doc: &'static str) -> Self {
        Self {
            id,
            kind: Kind::Switch,
            default: Value::Switch(false),
            unit: "",
            doc,
            live: true,
            pothole: true,
        }
    }

    /// A switch.
    pub const fn switch(id: &'static str, default: bool, doc: &'static str) -> Self {
        Self {
            id,
            kind: Kind::Switch,
            default: Value::Switch(default),
            unit: "",
            doc,
            live: false,
            pothole: false,
        }
    }

    /// A whole number.
    pub const fn count(
        id: &'static str,
        default: i64,
        min: i64,
        max: i64,
        unit: &'static str,
        doc: &'static str,
    ) -> Self {
        Self {
            id,
            kind: Kind::Count { min, max },
            default: Value::Count(default),
            unit,
            doc,
            live: false,
            pothole: false,
        }
    }

    /// A length of time.
    pub const fn span(id: &'static str, default: Span, min: Span, max: Span, doc: &'static str) -> Self {
        Self {
            id,
            kind: Kind::Span { min, max },
            default: Value::Span(default),
            unit: "",
            doc,
            live: false,
            pothole: false,
        }
    }

    /// One of some words; the first is the default.
    pub const fn choice(id: &'static str, words: &'static [&'static str], doc: &'static str) -> Self {
        Self {
            id,
            kind: Kind::Choice(words),
            default: Value::Choice(0),
            unit: "",
            doc,
            live: false,
            pothole: false,
        }
    }

    /// The same, allowed to change during a run.
    pub const fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// Reads a value of this parameter.
    ///
    /// # Errors
    /// Says what may stand there.
    pub fn read(&self, text: &str) -> Result<Value, BadParameter> {
        let wrong = || BadParameter::Value {
            id: self.id.to_owned(),
            given: text.chars().take(30).collect(),
            range: self.range(),
        };
        match self.kind {
            Kind::Switch => match text {
                "on" | "true" | "yes" => Ok(Value::Switch(true)),
                "off" | "false" | "no" => Ok(Value::Switch(false)),
                _ => Err(wrong()),
            },
            Kind::Count { min, max } => match text.parse::<i64>() {
                Ok(n) if (min..=max).contains(&n) => Ok(Value::Count(n)),
                _ => Err(wrong()),
            },
            Kind::Span { min, max } => match text.parse::<Span>() {
                Ok(span) if (min..=max).contains(&span) => Ok(Value::Span(span)),
                _ => Err(wrong()),
            },
            Kind::Choice(words) => match words.iter().position(|w| *w == text) {
                Some(at) => Ok(Value::Choice(at as u8)),
                None => Err(wrong()),
            },
        }
    }

    /// A value of this parameter as it is written.
    pub fn write(&self, value: Value) -> String {
        match (value, self.kind) {
            (Value::Switch(on), _) => if on { "on" } else { "off" }.to_owned(),
            (Value::Count(n), _) => n.to_string(),
            (Value::Span(span), _) => span.written(),
            (Value::Choice(at), Kind::Choice(words)) => {
                words.get(usize::from(at)).copied().unwrap_or_default().to_owned()
            }
            (Value::Choice(at), _) => at.to_string(),
        }
    }

    /// What may stand there, for a person: `on or off`, `1 to 9`.
    pub fn range(&self) -> String {
        match self.kind {
            Kind::Switch => "on or off".to_owned(),
            Kind::Count { min, max } => format!("{min} to {max}"),
            Kind::Span { min, max } => format!("{} to {}", min.written(), max.written()),
            Kind::Choice(words) => words.join(", "),
        }
    }
}

/// A parameter that does not exist, or a value it cannot have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadParameter {
    /// No parameter of that name.
    #[error("there is no parameter “{id}” here; there are {known}")]
    Unknown {
        /// What was written.
        id: String,
        /// The names there are.
        known: String,
    },
    /// Not a value of that parameter.
    #[error("{id} cannot be “{given}”: it may be {range}")]
    Value {
        /// The parameter.
        id: String,
        /// What was written.
        given: String,
        /// What may stand there.
        range: String,
    },
    /// Not of the form PARAM=VALUE.
    #[error("“{0}” sets nothing: write PARAM=VALUE")]
    Form(String),
    /// Cannot change while the run goes on.
    #[error("{0} cannot change during a run: set it from the start")]
    Fixed(String),
}

/// The values of all of a lab's parameters. Cheap to clone.
#[derive(Clone)]
pub struct Parameters {
    specs: &'static [Parameter],
    values: Arc<[Value]>,
}

impl Parameters {
    /// Every parameter at its default.
    pub fn defaults(specs: &'static [Parameter]) -> Self {
        Self { specs, values: specs.iter().map(|p| p.default).collect() }
    }

    /// What they are parameters of.
    pub fn specs(&self) -> &'static [Parameter] {
        self.specs
    }

    /// The parameter of that name and its place.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(&self, id: &str) -> Result<(usize, &'static Parameter), BadParameter> {
        self.specs.iter().enumerate().find(|(_, p)| p.id == id).ok_or_else(|| BadParameter::Unknown {
            id: id.chars().take(40).collect(),
            known: self.specs.iter().map(|p| p.id).collect::<Vec<_>>().join(", "),
        })
    }

    /// Sets one from text.
    ///
    /// # Errors
    /// When there is no such parameter, or it cannot be that.
    pub fn set(&mut self, id: &str, value: &str) -> Result<(), BadParameter> {
        let (at, spec) = self.find(id)?;
        let value = spec.read(value)?;
        self.set_value(at, value);
        Ok(())
    }

    /// Sets one from `PARAM=VALUE`.
    ///
    /// # Errors
    /// As [`Parameters::set`].
    pub fn assign(&mut self, text: &str) -> Result<(), BadParameter> {
        let (id, value) =
            text.split_once('=').ok_or_else(|| BadParameter::Form(text.chars().take(60).collect()))?;
        self.set(id.trim(), value.trim())
    }

    /// Sets the `at`-th.
    pub fn set_value(&mut self, at: usize, value: Value) {
        let mut values = self.values.to_vec();
        if let Some(slot) = values.get_mut(at) {
            *slot = value;
        }
        self.values = values.into();
    }

    /// The `at`-th value.
    pub fn value(&self, at: usize) -> Option<Value> {
        self.values.get(at).copied()
    }

    /// A value by name.
    pub fn get(&self, id: &str) -> Option<Value> {
        self.find(id).ok().and_then(|(at, _)| self.value(at))
    }

    /// A switch by name; off where there is none of that name.
    pub fn switch(&self, id: &str) -> bool {
        matches!(self.get(id), Some(Value::Switch(true)))
    }

    /// A count by name; 0 where there is none of that name.
    pub fn count(&self, id: &str) -> i64 {
        match self.get(id) {
            Some(Value::Count(n)) => n,
            _ => 0,
        }
    }

    /// A span by name; zero where there is none of that name.
    pub fn span(&self, id: &str) -> Span {
        match self.get(id) {
            Some(Value::Span(span)) => span,
            _ => Span::ZERO,
        }
    }

    /// A choice by name, as its word.
    pub fn choice(&self, id: &str) -> &'static str {
        match (self.find(id).map(|(_, p)| p.kind), self.get(id)) {
            (Ok(Kind::Choice(words)), Some(Value::Choice(at))) => {
                words.get(usize::from(at)).copied().unwrap_or_default()
            }
            _ => "",
        }
    }

    /// All that differ from their default, as `PARAM=VALUE`, in the lab's order.
    pub fn changed(&self) -> Vec<String> {
        let differs = self.specs.iter().zip(self.values.iter()).filter(|(p, v)| p.default != **v);
        differs.map(|(p, v)| format!("{}={}", p.id, p.write(*v))).collect()
    }
}

impl PartialEq for Parameters {
    fn eq(&self, other: &Self) -> bool {
        // A lab's list is a constant: the compiler may keep several copies of it, so that its address says "the same" but
        // never "another".
        let same = || self.specs.iter().map(|spec| spec.id).eq(other.specs.iter().map(|spec| spec.id));
        self.values == other.values && (std::ptr::eq(self.specs, other.specs) || same())
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.changed().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: &[Parameter] = &[
        Parameter::count("nodes", 5, 1, 9, "nodes", "How many."),
        Parameter::span("ttl", Span::secs(2), Span::ZERO, Span::secs(60), "How long."),
        Parameter::choice("reads", &["index", "lease"], "How."),
        Parameter::pothole("ack_early", "Too early."),
    ];

    #[test]
    fn parameters_are_checked() {
        let mut p = Parameters::defaults(SPECS);
        assert!(p.changed().is_empty());
        p.assign("nodes=3").unwrap();
        p.assign("ttl=1.5s").unwrap();
        p.assign("reads=lease").unwrap();
        p.assign("ack_early=on").unwrap();
        assert_eq!(p.changed(), ["nodes=3", "ttl=1.5s", "reads=lease", "ack_early=on"]);
        assert_eq!((p.count("nodes"), p.choice("reads"), p.switch("ack_early")), (3, "lease", true));
        for wrong in ["nodes=10", "nodes=x", "ttl=61s", "reads=never", "ack_early=2", "none=1", "nodes"] {
            assert!(p.clone().assign(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn copies_of_a_list_are_one_list_and_other_lists_are_not() {
        let copy: &'static [Parameter] = SPECS.to_vec().leak();
        assert_eq!(Parameters::defaults(SPECS), Parameters::defaults(copy));
        let mut changed = Parameters::defaults(copy);
        changed.assign("nodes=3").unwrap();
        assert_ne!(Parameters::defaults(SPECS), changed);
        const OTHER: &[Parameter] = &[
            Parameter::count("shards", 5, 1, 9, "nodes", "How many."),
            Parameter::span("ttl", Span::secs(2), Span::ZERO, Span::secs(60), "How long."),
            Parameter::choice("reads", &["index", "lease"], "How."),
            Parameter::pothole("ack_early", "Too early."),
        ];
        assert_ne!(Parameters::defaults(SPECS), Parameters::defaults(OTHER));
    }
}
