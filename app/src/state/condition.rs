//! "Run until": conditions in the lessons' language, asked of the run while it goes on.

use lessons::condition::Scope;
use run::Playback;
use sim::EventId;

/// Conditions to begin with; the first stands in the empty field.
pub const EXAMPLES: &[&str] = &["leads(n3)", "down(n1)", "broken(linearizable)", "field(n1, committed) >= 3"];

/// A condition, and from which event on what happened counts.
#[derive(Clone, Debug)]
pub struct Condition {
    condition: lessons::Condition,
    scope: Scope,
}

/// Reads a condition.
///
/// # Errors
/// The sentence to show when it cannot be read.
pub fn read(text: &str) -> Result<Condition, String> {
    let condition = lessons::Condition::parse(text).map_err(|error| error.to_string())?;
    match condition.unknown_functions().as_slice() {
        [] => Ok(Condition { condition, scope: Scope::default() }),
        unknown => Err(format!("There is no {} to ask for", unknown.join(", "))),
    }
}

impl Condition {
    /// The same, of what happens after this event only: running on until something happens again.
    pub fn since(mut self, event: EventId) -> Condition {
        self.scope = Scope { since: event };
        self
    }

    /// Whether it holds at the moment shown.
    pub fn holds(&self, playback: &Playback) -> bool {
        self.condition.holds(playback, self.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_read_and_nonsense_does_not() {
        for example in EXAMPLES {
            assert!(read(example).is_ok(), "{example}");
        }
        for wrong in ["", "and", "leads(", "flies(n1)"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
