//! Lessons: their format, the language of their conditions, the engine that follows a learner through one, and the
//! lessons themselves as text under `text/`.
//!
//! A lesson is a Markdown file ([`file`]). Its conditions ([`condition`]) are asked of a [`run::Playback`] at the moment
//! shown, so what a learner did and what the recorded solution did are judged by the same words. [`Session`] follows a
//! learner; [`check`] replays the recorded solution and is what CI runs.
//!
//! Knows: runs and labs by their erased types. Never knows: a window, a protocol's types.

pub mod check;
pub mod condition;
pub mod file;
pub mod prose;
pub mod session;

pub use condition::Condition;
pub use file::{BadLesson, Choice, Hint, HintKind, Lesson, Prediction, Step};
pub use session::{Phase, Session, Signal};

use std::sync::LazyLock;

/// The lessons that come with the program: file name without ending, and text.
const TEXTS: &[(&str, &str)] = &[
    ("lost-write", include_str!("../text/lost-write.md")),
    ("leader-nobody-hears", include_str!("../text/leader-nobody-hears.md")),
    ("coordinator-gone", include_str!("../text/coordinator-gone.md")),
    ("undoing", include_str!("../text/undoing.md")),
    ("exactly-once", include_str!("../text/exactly-once.md")),
    ("retries-that-kill", include_str!("../text/retries-that-kill.md")),
    ("quorum-overlap", include_str!("../text/quorum-overlap.md")),
    ("clock-decides", include_str!("../text/clock-decides.md")),
    ("deleted-returns", include_str!("../text/deleted-returns.md")),
    ("which-shard", include_str!("../text/which-shard.md")),
    ("everyone-asks", include_str!("../text/everyone-asks.md")),
    ("before-and-after", include_str!("../text/before-and-after.md")),
    ("moving-picture", include_str!("../text/moving-picture.md")),
    ("one-liar", include_str!("../text/one-liar.md")),
    ("why-three-f-plus-one", include_str!("../text/why-three-f-plus-one.md")),
];

static LESSONS: LazyLock<Vec<Lesson>> = LazyLock::new(|| {
    // A lesson of ours that does not read is caught by a test below; a learner loses that lesson, not the program.
    TEXTS.iter().filter_map(|(id, text)| Lesson::parse(id, text).ok()).collect()
});

/// All lessons, in the order of their paths.
pub fn all() -> &'static [Lesson] {
    &LESSONS
}

/// The lesson of that name.
pub fn find(id: &str) -> Option<&'static Lesson> {
    all().iter().find(|lesson| lesson.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lesson_reads() {
        for (id, text) in TEXTS {
            if let Err(error) = Lesson::parse(id, text) {
                panic!("{error}");
            }
        }
        assert_eq!(all().len(), TEXTS.len());
    }
}
