//! Which command a loss came of.
//!
//! A message that was lost says how it ended, and from whom to whom it went. The command behind it is the last one that does
//! such a thing to such a message and that still stood: a cut between the two that nobody had mended, a crash of the
//! receiver, a poor link between them. Where a command names a role (`cut @leader`), who that was is not asked again: it may
//! be.

use sim::command::{Command, DiskChange, LinkSelector, MessageSelector, Who};
use sim::ids::ActorId;
use sim::story::{Arrow, ArrowEnd, Mark};
use sim::time::{Span, Time};

/// What was done to a run that can make a message be lost, or ends that: read once, asked of every loss.
pub struct Faults<'a> {
    given: Vec<(&'a Mark, Command)>,
}

impl<'a> Faults<'a> {
    /// Of all that was done.
    pub fn of(marks: &'a [Mark]) -> Self {
        let matters = |mark: &&Mark| !mark.nothing_to_do && WORDS.contains(&&*mark.word);
        let read = |mark: &'a Mark| Some((mark, sim::command::parse(&mark.text).ok()?));
        Self { given: marks.iter().filter(matters).filter_map(read).collect() }
    }

    /// The command that a loss came of; nothing where none was given, as on a link that is poor by itself.
    pub fn behind(&self, arrow: &Arrow) -> Option<&'a Mark> {
        let before = &self.given[..self.given.partition_point(|(mark, _)| mark.event < arrow.end_event)];
        let mut mended: Vec<Option<&Command>> = Vec::new();
        for (mark, command) in before.iter().rev() {
            match command {
                Command::Mend(which) => mended.push(which.as_deref()),
                // What is found further back had ended by then.
                _ if ends(command, arrow) => return None,
                _ => {
                    let ended =
                        |of: &Option<&Command>| of.is_none_or(|of| is_cut_in_these_words(command, of));
                    let cuts = matches!(command, Command::Cut { .. } | Command::CutOneWay { .. });
                    if does(command, mark.at, arrow) && !(cuts && mended.iter().any(ended)) {
                        return Some(mark);
                    }
                }
            }
        }
        None
    }
}

/// The words of such commands.
const WORDS: [&str; 9] = ["cut", "mend", "heal", "crash", "disk", "pause", "slow", "link", "drop"];

/// Whether nothing that was done before a command makes a message end as this one did.
fn ends(command: &Command, arrow: &Arrow) -> bool {
    match command {
        Command::Heal(these) => {
            these.is_empty() || these.iter().any(|who| may_be(who, arrow.from) || may_be(who, arrow.to))
        }
        Command::Link { links, quality: None, .. } => {
            arrow.end == ArrowEnd::LostOnLink && is_on(links, arrow.from, arrow.to)
        }
        _ => false,
    }
}

/// Whether a mend that names `other` ends this cut: the words are the same, but for how long.
fn is_cut_in_these_words(cut: &Command, other: &Command) -> bool {
    match (cut, other) {
        (Command::Cut { groups, .. }, Command::Cut { groups: named, .. }) => groups == named,
        (Command::CutOneWay { from, to, .. }, Command::CutOneWay { from: named, to: also, .. }) => {
            from == named && to == also
        }
        _ => false,
    }
}

/// Whether a command given then makes a message end as this one did.
fn does(command: &Command, at: Time, arrow: &Arrow) -> bool {
    let (from, to) = (arrow.from, arrow.to);
    let stood = |span: Option<Span>| span.is_none_or(|span| at + span >= arrow.ended);
    match (arrow.end, command) {
        (ArrowEnd::Cut, Command::Cut { groups, span }) => {
            let side = |actor| groups.iter().position(|group| group.iter().any(|who| may_be(who, actor)));
            let (one, other) = (side(from), side(to));
            // One group alone is cut from everybody else; between two, who is in neither is in none of them.
            let apart = if groups.len() == 1 {
                one != other
            } else {
                one.is_some() && other.is_some() && one != other
            };
            let role = groups.iter().flatten().any(|who| matches!(who, Who::Role(_)));
            stood(*span) && (apart || role)
        }
        (ArrowEnd::Cut, Command::CutOneWay { from: these, to: those, span }) => {
            let among = |all: &[Who], actor| all.iter().any(|who| may_be(who, actor));
            stood(*span) && among(these, from) && among(those, to)
        }
        (
            ArrowEnd::ReceiverDown,
            Command::Crash { who, .. } | Command::Disk { who, change: DiskChange::Wipe, .. },
        ) => may_be(who, to),
        (
            ArrowEnd::NeverSent,
            Command::Crash { who, .. } | Command::Disk { who, change: DiskChange::Wipe, .. },
        ) => may_be(who, from),
        (ArrowEnd::QueueFull, Command::Pause { who, .. }) => may_be(who, to),
        (ArrowEnd::QueueFull, Command::Slow { who, span, .. }) => stood(*span) && may_be(who, to),
        (ArrowEnd::LostOnLink, Command::Link { links, quality: Some(quality), span }) => {
            stood(*span) && quality.loss.is_some_and(|loss| loss > 0) && is_on(links, from, to)
        }
        (ArrowEnd::Dropped, Command::Drop(which) | Command::DropNext { which, .. }) => is_of(which, from, to),
        _ => false,
    }
}

fn may_be(who: &Who, actor: ActorId) -> bool {
    match who {
        Who::Actor(named) => *named == actor,
        Who::Role(_) => actor.is_node(),
    }
}

/// Whether a message goes by one of these links.
pub fn is_on(links: &LinkSelector, from: ActorId, to: ActorId) -> bool {
    match links {
        LinkSelector::All => true,
        LinkSelector::Of(who) => may_be(who, from) || may_be(who, to),
        LinkSelector::Directed(one, other) => may_be(one, from) && may_be(other, to),
        LinkSelector::Both(one, other) => {
            (may_be(one, from) && may_be(other, to)) || (may_be(one, to) && may_be(other, from))
        }
    }
}

fn is_of(which: &MessageSelector, from: ActorId, to: ActorId) -> bool {
    let is = |who: &Option<Who>, actor| who.as_ref().is_none_or(|who| may_be(who, actor));
    is(&which.from, from) && is(&which.to, to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::EventId;
    use sim::story::Rank;

    fn marks(texts: &[&str]) -> Vec<Mark> {
        let mark = |(at, text): (u64, &&str)| Mark {
            at: Time::millis(100 * at),
            event: EventId(10 * at),
            word: text.split(' ').next().unwrap().into(),
            text: (*text).into(),
            nothing_to_do: false,
            by_chaos: false,
        };
        (0..).zip(texts).map(mark).collect()
    }

    /// A message from n1 to n2 that ended so, a second in.
    fn lost(end: ArrowEnd) -> Arrow {
        Arrow {
            sent: Time::millis(990),
            ended: Time::millis(1_000),
            sent_by: EventId(900),
            end_event: EventId(1_000),
            from: ActorId::node(1),
            to: ActorId::node(2),
            kind: 0,
            routine: false,
            asks: true,
            end,
            rank: Rank::Leader,
        }
    }

    #[test]
    fn the_fault_that_fits_is_named() {
        for (end, texts, wanted) in [
            (ArrowEnd::Cut, &["cut n1", "pause n5 for 10ms", "crash n3"][..], Some("cut n1")),
            (ArrowEnd::Cut, &["cut n1 | n2 n3", "cut n3 | n4"], Some("cut n1 | n2 n3")),
            (ArrowEnd::Cut, &["cut n1→n2", "cut n2→n1"], Some("cut n1→n2")),
            (ArrowEnd::Cut, &["cut n1", "cut n2", "mend n2"], Some("cut n1")),
            (ArrowEnd::Cut, &["cut n1", "cut n2 for 10ms"], Some("cut n1")),
            (ArrowEnd::Cut, &["cut n1", "mend", "cut n4"], None),
            (ArrowEnd::Cut, &["cut @leader"], Some("cut @leader")),
            (ArrowEnd::ReceiverDown, &["crash n2", "crash n1", "cut n2"], Some("crash n2")),
            (ArrowEnd::NeverSent, &["crash n1", "crash n2"], Some("crash n1")),
            (ArrowEnd::Dropped, &["drop next 1 n1→n2", "drop n2→n1"], Some("drop next 1 n1→n2")),
            (
                ArrowEnd::LostOnLink,
                &["link n1 loss 10%", "link n3 loss 50%", "link all delay 5ms"],
                Some("link n1 loss 10%"),
            ),
            (ArrowEnd::LostOnLink, &["cut n1", "heal", "crash n2"], None),
            (ArrowEnd::LostOnLink, &["link n1 loss 10%", "link n1 ok"], None),
            (ArrowEnd::LostOnLink, &["link n1 loss 10%", "link n3 ok"], Some("link n1 loss 10%")),
            (ArrowEnd::Cut, &["cut n1", "heal n3 n4"], Some("cut n1")),
            (ArrowEnd::Cut, &["cut n1", "heal n2"], None),
        ] {
            let marks = marks(texts);
            assert_eq!(
                Faults::of(&marks).behind(&lost(end)).map(|mark| &*mark.text),
                wanted,
                "{end:?} {texts:?}"
            );
        }
    }
}
