//! The story of a broken promise, in plain words: one sentence, the proof as a row of operations, and why it
//! cannot be. Sentences are made here and nowhere else: of cells in `cells`, of every other model in `objects`.

mod cells;
mod objects;

pub(crate) use objects::label;

use serde::{Deserialize, Serialize};

use crate::evidence::{Because, Evidence};
use crate::history::{Operation, Outcome};
use crate::names::ModelName;

/// How many reasons a story without a plainer pattern lists.
const REASONS_MAX: usize = 8;

/// One operation of the proof, as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The operation.
    pub id: u64,
    /// The lane it is on.
    pub lane: u32,
    /// What it did, in a few words: `write milk`, `read: milk`.
    pub label: String,
    /// Position of its invocation.
    pub invoked: u64,
    /// Position of its answer; `None` while open, and where the outcome stayed unknown.
    pub answered: Option<u64>,
    /// It is only there because it wrote what another one saw.
    pub source: bool,
}

/// What a person is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// What happened, and that it cannot be.
    pub headline: String,
    /// `The smallest proof: 3 of 5 operations`.
    pub counted: String,
    /// The operations of the proof, as they began.
    pub proof: Vec<Proof>,
    /// What ties them all in time, if one thing does: it stands under the row.
    pub between: Option<String>,
    /// Why no order exists, in one or more sentences.
    pub because: Vec<String>,
}

/// A sentence and the reasons for it.
type Told = (String, Vec<String>);

impl Evidence {
    /// The story, with clients called `c` and the number of their lane.
    pub fn story(&self) -> Story {
        self.story_with(&|lane| format!("c{lane}"))
    }

    /// The story, with `name` naming the client on a lane.
    pub fn story_with(&self, name: &dyn Fn(u32) -> String) -> Story {
        match self.model {
            Some(ModelName::Register | ModelName::CasRegister | ModelName::Kv) => {
                let teller = cells::Teller::new(self, name);
                self.tell(teller.told(), &|operation| teller.label(operation))
            }
            _ => {
                let teller = objects::Teller::new(self, name);
                self.tell(teller.told(), &|operation| objects::label(operation))
            }
        }
    }

    fn tell(&self, (headline, because): Told, label: &dyn Fn(&Operation) -> String) -> Story {
        let size = self.operations.len();
        let smallest = if self.minimal { "The smallest proof" } else { "A proof" };
        let noun = if self.of == 1 { "operation" } else { "operations" };
        let proof = |operation: &Operation| Proof {
            id: operation.id,
            lane: operation.lane,
            label: label(operation),
            invoked: operation.invoked,
            answered: match operation.outcome {
                Outcome::Ok | Outcome::Failed => operation.completed,
                Outcome::Open | Outcome::Unknown => None,
            },
            source: self.sources.contains(&operation.id),
        };
        Story {
            headline,
            counted: format!("{smallest}: {size} of {} {noun}", self.of),
            proof: self.operations.iter().map(proof).collect(),
            between: self.between(),
            because,
        }
    }

    fn between(&self) -> Option<String> {
        let operations = &self.operations;
        let in_row = operations.windows(2).all(|pair| pair[0].precedes(&pair[1]));
        match operations.len() {
            0 | 1 => None,
            2 if in_row => Some("the first was answered before the second began".to_string()),
            _ if in_row => Some("each was answered before the next began".to_string()),
            _ => None,
        }
    }

    /// Every tie between the operations, in words; `named` names one.
    fn ties(&self, named: &dyn Fn(&Operation) -> String) -> Vec<String> {
        let named = |id: u64| {
            let operation = self.operations.iter().find(|operation| operation.id == id);
            operation.map_or_else(String::new, named)
        };
        let reasons = self.whys.iter().map(|why| {
            let (earlier, later) = (why.earlier.map(named).unwrap_or_default(), named(why.later));
            match why.because {
                Because::Answered => format!("{earlier} was answered before {later} began."),
                Because::Saw => format!("{later} saw what {earlier} left."),
                Because::Replaced => format!("{later} found what {earlier} left."),
                Because::FoundNothing => {
                    format!("{later} came before anything was written, or after a delete.")
                }
                Because::NeverWritten => format!("Nobody had written what {later} saw."),
                Because::DidNotHappen => format!("{later} did not happen, as its client was told."),
            }
        });
        let mut reasons: Vec<String> = reasons.take(REASONS_MAX).collect();
        if reasons.is_empty() {
            reasons.push("Whichever of them comes first, the others cannot follow.".to_string());
        }
        reasons
    }
}
