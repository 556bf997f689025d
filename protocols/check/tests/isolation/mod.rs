//! What the tests of isolation share: histories in a line each, a source of random ones, an oracle that shares no
//! code with the checkers, and an audit of evidence and witnesses.
//!
//! A line is a transaction: its process; `!` if it failed, `?` if its outcome is unknown; when it ran, if that is
//! known; its steps: `1? @3-8: a x 1, r y [1 2], r z nil`. `a` appends, `w` writes, `r KEY ?` is a read of which
//! nothing is known.

#![allow(dead_code)]

pub mod audit;
pub mod oracle;
pub mod source;

use check::isolation::{Builder, Conventions, Draft, Moment, Objects, Step, Transactions};
use check::{Outcome, Value};

/// What a read saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    Unknown,
    Value(Option<i64>),
    List(Vec<i64>),
}

/// A step of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    Write(u32, i64),
    Read(u32, Sight),
}

/// A transaction, plainly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plain {
    pub process: u64,
    pub outcome: Outcome,
    pub ran: Option<(u64, u64)>,
    pub acts: Vec<Act>,
}

/// A history, plainly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainHistory {
    pub lists: bool,
    pub transactions: Vec<Plain>,
}

impl PlainHistory {
    /// The history that the checkers take.
    pub fn build(&self, conventions: Conventions) -> Transactions {
        let objects = if self.lists { Objects::Lists } else { Objects::Registers };
        let mut builder = Builder::new(objects, conventions);
        for (label, plain) in self.transactions.iter().enumerate() {
            let key = |key: u32| Value::from(key_name(key).as_str());
            let step = |act: &Act| match act {
                Act::Write(at, value) if self.lists => Step::Append { key: key(*at), value: (*value).into() },
                Act::Write(at, value) => Step::Write { key: key(*at), value: (*value).into() },
                Act::Read(at, sight) => Step::Read {
                    key: key(*at),
                    seen: match sight {
                        Sight::Unknown => None,
                        Sight::Value(value) => Some(value.map_or(Value::Nil, Value::from)),
                        Sight::List(list) => {
                            Some(Value::from(list.iter().map(|item| Value::Int(*item)).collect::<Vec<_>>()))
                        }
                    },
                },
            };
            let known_end = plain.outcome != Outcome::Unknown;
            let draft = Draft {
                label: label as u64,
                process: plain.process,
                began: plain.ran.map(|(began, _)| Moment::at(began)),
                ended: plain.ran.filter(|_| known_end).map(|(_, ended)| Moment::at(ended)),
                outcome: plain.outcome,
                steps: plain.acts.iter().map(step).collect(),
            };
            builder.add(&draft).unwrap();
        }
        builder.finish()
    }
}

fn key_name(key: u32) -> String {
    char::from(b'x' + key as u8).to_string()
}

impl std::fmt::Display for PlainHistory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for plain in &self.transactions {
            let mark = match plain.outcome {
                Outcome::Ok => "",
                Outcome::Failed => "!",
                Outcome::Open | Outcome::Unknown => "?",
            };
            write!(f, "{}{mark}", plain.process)?;
            if let Some((began, ended)) = plain.ran {
                write!(f, " @{began}-{ended}")?;
            }
            let acts: Vec<String> = plain
                .acts
                .iter()
                .map(|act| match act {
                    Act::Write(key, value) if self.lists => format!("a {} {value}", key_name(*key)),
                    Act::Write(key, value) => format!("w {} {value}", key_name(*key)),
                    Act::Read(key, Sight::Unknown) => format!("r {} ?", key_name(*key)),
                    Act::Read(key, Sight::Value(None)) => format!("r {} nil", key_name(*key)),
                    Act::Read(key, Sight::Value(Some(value))) => format!("r {} {value}", key_name(*key)),
                    Act::Read(key, Sight::List(list)) => {
                        let items: Vec<String> = list.iter().map(i64::to_string).collect();
                        format!("r {} [{}]", key_name(*key), items.join(" "))
                    }
                })
                .collect();
            writeln!(f, ": {}", acts.join(", "))?;
        }
        Ok(())
    }
}

/// A history from its lines.
pub fn plain(text: &str) -> PlainHistory {
    let lists = text.contains('[') || text.contains("a ");
    let transactions = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (head, steps) = line.split_once(':').unwrap();
            let mut head = head.split_whitespace();
            let process = head.next().unwrap();
            let outcome = match process.chars().last().unwrap() {
                '!' => Outcome::Failed,
                '?' => Outcome::Unknown,
                _ => Outcome::Ok,
            };
            let ran = head.next().map(|ran| {
                let (began, ended) = ran.trim_start_matches('@').split_once('-').unwrap();
                (began.parse().unwrap(), ended.parse().unwrap())
            });
            let process = process.trim_end_matches(['!', '?']).parse().unwrap();
            let acts = steps.split(',').filter(|step| !step.trim().is_empty()).map(act).collect();
            Plain { process, outcome, ran, acts }
        })
        .collect();
    PlainHistory { lists, transactions }
}

fn act(step: &str) -> Act {
    let mut words = step.trim().splitn(3, ' ');
    let does = words.next().unwrap();
    let key = u32::from(words.next().unwrap().as_bytes()[0] - b'x');
    let rest = words.next().unwrap().trim();
    match (does, rest) {
        ("a" | "w", value) => Act::Write(key, value.parse().unwrap()),
        (_, "?") => Act::Read(key, Sight::Unknown),
        (_, "nil") => Act::Read(key, Sight::Value(None)),
        (_, list) if list.starts_with('[') => {
            let items = list.trim_matches(['[', ']']).split_whitespace();
            Act::Read(key, Sight::List(items.map(|item| item.parse().unwrap()).collect()))
        }
        (_, value) => Act::Read(key, Sight::Value(Some(value.parse().unwrap()))),
    }
}

/// The history of these lines, by Jepsen's conventions.
pub fn history(text: &str) -> Transactions {
    plain(text).build(Conventions::jepsen())
}

/// A small generator of numbers, the same on every machine.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) % u64::from(bound.max(1))) as u32
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}
