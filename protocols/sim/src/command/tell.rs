//! Commands as a person tells them: `n1 is cut off from the other nodes`. What a chain of causes, a flag and a lesson's
//! marks say; the words that are read back are those of [`super::write`].

use super::{ClockChange, Command, DiskChange, LinkSelector, MessageSelector, Quality, Who};
use crate::time::Span;
use std::fmt::Write;

/// A command as a sentence in the present tense, without a full stop.
pub fn tell(command: &Command) -> String {
    match command {
        Command::Cut { groups, span } => format!("{}{}", cut(groups), during(*span)),
        Command::CutOneWay { from, to, span } => {
            format!("nothing from {} reaches {} any more{}", names(from), names(to), during(*span))
        }
        Command::Mend(None) => "every cut is mended".to_owned(),
        Command::Mend(Some(what)) => match &**what {
            Command::Cut { groups, .. } => {
                format!("the cut around {} is mended", groups.first().map_or_else(String::new, |g| names(g)))
            }
            Command::CutOneWay { from, to, .. } => {
                format!("the way from {} to {} is mended", names(from), names(to))
            }
            other => format!("{other} is mended"),
        },
        Command::Crash { who, keep, torn } => {
            let mut told = format!("{who} crashes");
            match keep {
                Some(0) => told.push_str(", and what it had not synced is gone"),
                Some(kept) => drop(write!(told, ", and {kept} of the writes it had not synced survive")),
                None => {}
            }
            if *torn {
                told.push_str(", in the middle of a write");
            }
            told
        }
        Command::Restart(who) => format!("{who} starts again, from its disk alone"),
        Command::Pause { who, span } => format!("{who} stands still{}", during(*span)),
        Command::Resume(who) => format!("{who} goes on"),
        Command::Slow { who, factor: 0 | 1, .. } => format!("{who} is as fast as before"),
        Command::Slow { who, factor, span } => {
            format!("{who} becomes {factor} times as slow{}", during(*span))
        }
        Command::Clock { who, change, span } => {
            format!("the clock of {who} {}{}", clock(change), during(*span))
        }
        Command::Disk { who, change, span } => format!("the disk of {who} {}{}", disk(change), during(*span)),
        Command::Lie { who, how, .. } if &**how == "off" => format!("{who} stops lying"),
        Command::Lie { who, how, to, span } => {
            let to = if to.is_empty() { String::new() } else { format!(" to {}", names(to)) };
            format!("{who} begins to lie{to} ({how}){}", during(*span))
        }
        Command::Link { links, quality: None, .. } => {
            format!("{} as good as at first", links_of(links, "is", "are"))
        }
        Command::Link { links, quality: Some(quality), span } => {
            format!("{} {}{}", links_of(links, "now", "now"), qualities(quality), during(*span))
        }
        Command::Drop(which) => format!("{} is lost", message(which)),
        Command::DropNext { count: 0, which } => format!("no more of {} will be lost", kind_and_ends(which)),
        Command::DropNext { count: 1, which } => format!("the next {} will be lost", kind_and_ends(which)),
        Command::DropNext { count, which } => {
            format!("the next {count} of {} will be lost", kind_and_ends(which))
        }
        Command::Delay { which, by } => format!("{} is held up by {by}", message(which)),
        Command::Deliver(which) => format!("{} arrives at once", message(which)),
        Command::Duplicate(which) => format!("{} will arrive twice", message(which)),
        Command::Bend { which, how } => format!("{} is bent ({how})", message(which)),
        Command::Hold(links) => format!("messages wait on {}", links_of(links, "", "").trim_end()),
        Command::Release(LinkSelector::All) => "all held messages go on".to_owned(),
        Command::Release(links) => format!("what waited on {} goes on", links_of(links, "", "").trim_end()),
        Command::Fire { who, timer } => format!("the {timer} timer of {who} goes off early"),
        Command::Set { parameter, value } => format!("{} is set to {value}", parameter.replace('_', " ")),
        Command::Redraw(number) => format!("from here on chance decides anew ({number})"),
        Command::Heal(who) if who.is_empty() => "everything is mended".to_owned(),
        Command::Heal(who) => format!("everything about {} is mended", names(who)),
        Command::Verb { verb, who, words } => {
            let rest: String = words.iter().flat_map(|word| [" ", word]).collect();
            format!("{who} is asked to {verb}{rest}")
        }
    }
}

fn cut(groups: &[Vec<Who>]) -> String {
    match groups {
        [alone] => format!("{} {} cut off from the other nodes", names(alone), is(alone)),
        [one, other] => format!("{} {} cut off from {}", names(one), is(one), names(other)),
        many => {
            let groups: Vec<String> = many.iter().map(|group| names(group)).collect();
            format!("cuts part {}", groups.join(" | "))
        }
    }
}

fn is(who: &[Who]) -> &'static str {
    if who.len() == 1 { "is" } else { "are" }
}

/// `n1`, `n1 and n2`, `n1, n2 and n3`.
fn names(who: &[Who]) -> String {
    let mut told = String::new();
    for (at, name) in who.iter().enumerate() {
        let before = match at {
            0 => "",
            _ if at + 1 == who.len() => " and ",
            _ => ", ",
        };
        let _ = write!(told, "{before}{name}");
    }
    told
}

fn during(span: Option<Span>) -> String {
    span.map_or_else(String::new, |span| format!(", for {span}"))
}

fn clock(change: &ClockChange) -> String {
    match change {
        ClockChange::Step(by) if *by < 0 => format!("jumps back by {}", Span(by.unsigned_abs())),
        ClockChange::Step(by) => format!("jumps ahead by {}", Span(by.unsigned_abs())),
        ClockChange::Drift(0) => "runs at the right pace".to_owned(),
        ClockChange::Drift(ppb) => {
            let pace = if *ppb < 0 { "slow" } else { "fast" };
            format!("runs {} ppm {pace}", ppb.unsigned_abs() / 1_000)
        }
    }
}

fn disk(change: &DiskChange) -> String {
    match change {
        DiskChange::Slow(factor) => format!("becomes {factor} times as slow"),
        DiskChange::Fail => "fails".to_owned(),
        DiskChange::Full => "is full".to_owned(),
        DiskChange::Wipe => "is wiped: everything on it is forgotten".to_owned(),
        DiskChange::Corrupt => "damages its newest record".to_owned(),
        DiskChange::Ok => "works again".to_owned(),
    }
}

/// `every link is`, `the link from n1 to n3 is`, `the links of n1 are`.
fn links_of(links: &LinkSelector, one: &str, many: &str) -> String {
    match links {
        LinkSelector::All => format!("every link {one}"),
        LinkSelector::Of(who) => format!("the links of {who} {many}"),
        LinkSelector::Directed(from, to) => format!("the link from {from} to {to} {one}"),
        LinkSelector::Both(a, b) => format!("the link between {a} and {b} {one}"),
    }
}

fn qualities(quality: &Quality) -> String {
    let Quality { delay, loss, duplicate, reorder, bandwidth } = quality;
    let percent = |share: &u32| {
        format!("{}.{:02}", share / 100, share % 100).trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let mut told: Vec<String> = Vec::new();
    told.extend(loss.iter().map(|share| format!("loses {} % of its messages", percent(share))));
    told.extend(delay.iter().map(|by| format!("takes {by} longer")));
    told.extend(duplicate.iter().map(|share| format!("delivers {} % twice", percent(share))));
    told.extend(
        reorder.iter().map(|share| format!("holds {} % up so that others overtake them", percent(share))),
    );
    told.extend(bandwidth.iter().map(|bytes| match bytes {
        0 => "carries any number of bytes".to_owned(),
        bytes => format!("carries {bytes} bytes a second"),
    }));
    match told.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "stays as it is".to_owned(),
    }
}

/// `the append from n1 to n3`, `the 2nd append from n1 to n3`.
fn message(which: &MessageSelector) -> String {
    match which.number {
        0 | 1 => format!("the {}", kind_and_ends(which)),
        number => format!("message {number} of {}", kind_and_ends(which)),
    }
}

fn kind_and_ends(which: &MessageSelector) -> String {
    let end =
        |word: &str, who: &Option<Who>| who.as_ref().map_or_else(String::new, |who| format!(" {word} {who}"));
    let kind = which.kind.as_deref().unwrap_or("message");
    format!("{kind}{}{}", end("from", &which.from), end("to", &which.to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::parse;

    #[test]
    fn commands_are_told_as_sentences() {
        for (command, told) in [
            ("cut n1", "n1 is cut off from the other nodes"),
            ("cut n1 n2 | n3 n4 n5 for 3s", "n1 and n2 are cut off from n3, n4 and n5, for 3 s"),
            ("cut n1 | n2 | n3", "cuts part n1 | n2 | n3"),
            ("cut n1->n3", "nothing from n1 reaches n3 any more"),
            ("mend", "every cut is mended"),
            ("mend n1 | n2 n3", "the cut around n1 is mended"),
            ("crash n1 keep 0", "n1 crashes, and what it had not synced is gone"),
            ("crash @leader torn", "@leader crashes, in the middle of a write"),
            ("restart n2", "n2 starts again, from its disk alone"),
            ("pause c1 for 300ms", "c1 stands still, for 300 ms"),
            ("slow n1 10x", "n1 becomes 10 times as slow"),
            ("clock n1 step -200ms", "the clock of n1 jumps back by 200 ms"),
            ("clock n1 drift 50ppm for 2s", "the clock of n1 runs 50 ppm fast, for 2 s"),
            ("disk n1 wipe", "the disk of n1 is wiped: everything on it is forgotten"),
            ("link all loss 10%", "every link now loses 10 % of its messages"),
            (
                "link n1-n2 loss 0.5% delay 50ms",
                "the link between n1 and n2 now loses 0.5 % of its messages and takes 50 ms longer",
            ),
            ("link n1 ok", "the links of n1 are as good as at first"),
            ("drop n1->n3 append", "the append from n1 to n3 is lost"),
            ("drop n1->n3 append #2", "message 2 of append from n1 to n3 is lost"),
            ("drop next 3 n1->n3 append", "the next 3 of append from n1 to n3 will be lost"),
            ("hold n1->n2", "messages wait on the link from n1 to n2"),
            ("release", "all held messages go on"),
            ("fire n2 election", "the election timer of n2 goes off early"),
            ("set ack_before_fsync=on", "ack before fsync is set to on"),
            ("redraw 17", "from here on chance decides anew (17)"),
            ("heal", "everything is mended"),
            ("put c1 list=tea to n1", "c1 is asked to put list=tea to n1"),
        ] {
            assert_eq!(tell(&parse(command).expect(command)), told, "{command}");
        }
    }
}
