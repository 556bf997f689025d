//! What is wrong with a command, where, and what may stand there instead; in the words of whoever wrote it.

use super::parse::MAX_TEXT;
use crate::ids::ActorId;
use crate::parameter::BadParameter;

/// A text that is no command, or a command that makes no sense in this lab.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCommand {
    /// No word at all.
    #[error("there is no command here: write one, as “crash n1”")]
    Empty,
    /// Longer than any command need be.
    #[error("a command of {0} bytes is too long: {MAX_TEXT} are the most")]
    TooLong(usize),
    /// Neither a command of the kernel nor in the form of a lab's verb.
    #[error("there is no command “{word}”{}; a lab's own verbs are written VERB NODE or VERB CLIENT", hint(.near))]
    Unknown {
        /// What was written.
        word: String,
        /// What may have been meant.
        near: Option<String>,
    },
    /// A word that cannot stand where it stands.
    #[error("{command}: word {place}, “{found}”, should be {expected}{}", hint(.near))]
    Word {
        /// The command's first word.
        command: String,
        /// Which word, counted from 1.
        place: u16,
        /// What was written.
        found: String,
        /// What may stand there.
        expected: &'static str,
        /// What may have been meant.
        near: Option<String>,
    },
    /// It ends too early.
    #[error("{command}: after word {place} is missing {expected}")]
    Missing {
        /// The command's first word.
        command: String,
        /// After which word, counted from 1.
        place: u16,
        /// What must come.
        expected: &'static str,
    },
    /// It goes on after its end.
    #[error("{command}: it is complete before word {place}, “{found}”")]
    Left {
        /// The command's first word.
        command: String,
        /// Which word, counted from 1.
        place: u16,
        /// What was written.
        found: String,
    },
    /// Too many names or words.
    #[error("{command}: too many {what}: {most} are the most")]
    TooMany {
        /// The command's first word.
        command: String,
        /// Of what.
        what: &'static str,
        /// How many are allowed.
        most: usize,
    },
    /// Not a time at which a command could stand.
    #[error(
        "“{0}” is no time for a command: write “1.5s crash n1” (or “1.5s+3 …”: after three events of that instant)"
    )]
    Time(String),
    /// Nobody of that name in this lab.
    #[error("no {} {who} here ({there})", if .who.is_client() { "client" } else { "node" })]
    Nobody {
        /// Who was named.
        who: ActorId,
        /// Who there is: `n1 to n5`.
        there: String,
    },
    /// The command is not for an actor of this kind.
    #[error("{command} is for {}, and {who} is {}",
        if .who.is_client() { "nodes" } else { "clients" }, if .who.is_client() { "a client" } else { "a node" })]
    WrongKind {
        /// The command's first word.
        command: String,
        /// Who was named.
        who: ActorId,
    },
    /// The lab has no role, timer, lie or verb of that name.
    #[error("no {what} “{name}” here{}; {known}", hint(.near))]
    NoSuch {
        /// What is missing: `role`, `timer`, `lie`, `verb`.
        what: &'static str,
        /// What was written.
        name: String,
        /// What there is: `there are add, remove`.
        known: String,
        /// What may have been meant.
        near: Option<String>,
    },
    /// A parameter is unknown, cannot be that, or cannot change during a run.
    #[error("set: {0}")]
    Parameter(#[from] BadParameter),
    /// The lab refuses the words of its verb.
    #[error("{verb}: {reason}")]
    Verb {
        /// The verb.
        verb: String,
        /// Why, and what should stand there.
        reason: String,
    },
}

fn hint(near: &Option<String>) -> String {
    near.as_ref().map_or_else(String::new, |word| format!(" (did you mean “{word}”?)"))
}

/// What was written, short enough for a message.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(40).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// The candidate that a slip of the finger may have meant: at most two letters wrong, missing, added or swapped, and
/// less than half of the word.
pub(super) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    if word.len() > 40 {
        return None;
    }
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let allowed = (word.len().saturating_sub(1) / 2).min(2);
    let near = candidates.into_iter().map(|candidate| (distance(&word, candidate), candidate));
    near.filter(|(far, _)| *far <= allowed)
        .min_by_key(|(far, _)| *far)
        .map(|(_, candidate)| candidate.to_owned())
}

/// Letters to change, add, leave out or swap with their neighbour (optimal string alignment).
fn distance(word: &[char], other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in word.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut best = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && word[i - 1] == *b {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised() {
        let words = ["crash", "cut", "clock", "restart"];
        assert_eq!(nearest("crsh", words).as_deref(), Some("crash"));
        assert_eq!(nearest("Crash", words).as_deref(), Some("crash"));
        assert_eq!(nearest("rsetart", words).as_deref(), Some("restart"));
        assert_eq!(nearest("ctu", words).as_deref(), Some("cut"));
        assert_eq!(nearest("xyz", words), None);
        assert_eq!(nearest("", words), None);
    }
}
