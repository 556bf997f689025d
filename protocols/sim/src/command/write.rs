//! Commands as text: what [`super::parse`] reads back to the same command.

use super::{ClockChange, Command, DiskChange, LinkSelector, MessageSelector, Quality, TimedCommand, Who};
use crate::time::Span;
use std::fmt::{self, Display, Formatter};

impl Display for Who {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Who::Actor(id) => write!(f, "{id}"),
            Who::Role(role) => write!(f, "@{role}"),
        }
    }
}

impl Display for LinkSelector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            LinkSelector::All => f.write_str("all"),
            LinkSelector::Of(who) => write!(f, "{who}"),
            LinkSelector::Directed(from, to) => write!(f, "{from}→{to}"),
            LinkSelector::Both(one, other) => write!(f, "{one}-{other}"),
        }
    }
}

impl MessageSelector {
    /// `n1→n3 append`, without the number.
    fn ends_and_kind(&self, f: &mut Formatter<'_>) -> fmt::Result {
        anyone(f, self.from.as_ref())?;
        f.write_str("→")?;
        anyone(f, self.to.as_ref())?;
        match &self.kind {
            Some(kind) => write!(f, " {kind}"),
            None => Ok(()),
        }
    }
}

impl Display for MessageSelector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.ends_and_kind(f)?;
        if self.number == 1 { Ok(()) } else { write!(f, " #{}", self.number) }
    }
}

/// `next 3 n1→n3 append` of a [`Command::DropNext`].
struct Next<'a>(u32, &'a MessageSelector);

impl Display for Next<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "next {} ", self.0)?;
        self.1.ends_and_kind(f)
    }
}

impl Display for DiskChange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            DiskChange::Slow(factor) => write!(f, "slow {factor}x"),
            DiskChange::Fail => f.write_str("fail"),
            DiskChange::Full => f.write_str("full"),
            DiskChange::Wipe => f.write_str("wipe"),
            DiskChange::Corrupt => f.write_str("corrupt"),
            DiskChange::Ok => f.write_str("ok"),
        }
    }
}

impl Display for ClockChange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            ClockChange::Step(nanos) => {
                let sign = if *nanos < 0 { '-' } else { '+' };
                write!(f, "step {sign}{}", Span(nanos.unsigned_abs()).written())
            }
            ClockChange::Drift(ppb) if ppb % 1000 == 0 => write!(f, "drift {}ppm", ppb / 1000),
            ClockChange::Drift(ppb) => write!(f, "drift {ppb}ppb"),
        }
    }
}

impl Display for Quality {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut between = "";
        let mut word = |f: &mut Formatter<'_>, name: &str, value: String| {
            let written = write!(f, "{between}{name} {value}");
            between = " ";
            written
        };
        if let Some(delay) = self.delay {
            word(f, "delay", delay.written())?;
        }
        let shares = [("loss", self.loss), ("duplicate", self.duplicate), ("reorder", self.reorder)];
        for (name, points) in shares {
            if let Some(points) = points {
                word(f, name, percent(points))?;
            }
        }
        match self.bandwidth {
            Some(bytes) => word(f, "bandwidth", bytes.to_string()),
            None => Ok(()),
        }
    }
}

impl Display for Command {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Command::Cut { groups, span } => {
                f.write_str("cut ")?;
                bars(f, groups)?;
                lasting(f, *span)
            }
            Command::CutOneWay { from, to, span } => {
                f.write_str("cut ")?;
                arrow(f, from, to)?;
                lasting(f, *span)
            }
            Command::Mend(cut) => mend(f, cut.as_deref()),
            Command::Crash { who, keep, torn } => {
                write!(f, "crash {who}")?;
                if let Some(keep) = keep {
                    write!(f, " keep {keep}")?;
                }
                f.write_str(if *torn { " torn" } else { "" })
            }
            Command::Restart(who) => write!(f, "restart {who}"),
            Command::Pause { who, span } => {
                write!(f, "pause {who}")?;
                lasting(f, *span)
            }
            Command::Resume(who) => write!(f, "resume {who}"),
            Command::Slow { who, factor, span } => {
                write!(f, "slow {who} {factor}x")?;
                lasting(f, *span)
            }
            Command::Clock { who, change, span } => {
                write!(f, "clock {who} {change}")?;
                lasting(f, *span)
            }
            Command::Disk { who, change, span } => {
                write!(f, "disk {who} {change}")?;
                lasting(f, *span)
            }
            Command::Lie { who, how, to, span } => {
                write!(f, "lie {who} {how}")?;
                if !to.is_empty() {
                    f.write_str(" to ")?;
                    names(f, to)?;
                }
                lasting(f, *span)
            }
            Command::Link { links, quality: None, .. } => write!(f, "link {links} ok"),
            Command::Link { links, quality: Some(quality), span } => {
                write!(f, "link {links} {quality}")?;
                lasting(f, *span)
            }
            Command::Drop(which) => write!(f, "drop {which}"),
            Command::DropNext { count, which } => write!(f, "drop {}", Next(*count, which)),
            Command::Delay { which, by } => write!(f, "delay {which} by {}", by.written()),
            Command::Deliver(which) => write!(f, "deliver {which}"),
            Command::Duplicate(which) => write!(f, "duplicate {which}"),
            Command::Bend { which, how } => write!(f, "bend {which} {how}"),
            Command::Hold(links) => write!(f, "hold {links}"),
            Command::Redraw(number) => write!(f, "redraw {number}"),
            Command::Release(LinkSelector::All) => f.write_str("release"),
            Command::Release(links) => write!(f, "release {links}"),
            Command::Fire { who, timer } => write!(f, "fire {who} {timer}"),
            Command::Set { parameter, value } => write!(f, "set {parameter}={value}"),
            Command::Heal(who) if who.is_empty() => f.write_str("heal"),
            Command::Heal(who) => {
                f.write_str("heal ")?;
                names(f, who)
            }
            Command::Verb { verb, who, words } => {
                write!(f, "{verb} {who}")?;
                words.iter().try_for_each(|word| write!(f, " {word}"))
            }
        }
    }
}

impl Display for TimedCommand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{} {}", if self.disabled { "off " } else { "" }, self.at, self.command)
    }
}

/// `mend`, and the cut it mends without its first word and span.
fn mend(f: &mut Formatter<'_>, cut: Option<&Command>) -> fmt::Result {
    f.write_str("mend")?;
    match cut {
        Some(Command::Cut { groups, .. }) => {
            f.write_str(" ")?;
            bars(f, groups)
        }
        Some(Command::CutOneWay { from, to, .. }) => {
            f.write_str(" ")?;
            arrow(f, from, to)
        }
        _ => Ok(()),
    }
}

fn anyone(f: &mut Formatter<'_>, who: Option<&Who>) -> fmt::Result {
    match who {
        Some(who) => write!(f, "{who}"),
        None => f.write_str("*"),
    }
}

fn names(f: &mut Formatter<'_>, names: &[Who]) -> fmt::Result {
    for (i, who) in names.iter().enumerate() {
        write!(f, "{}{who}", if i > 0 { " " } else { "" })?;
    }
    Ok(())
}

fn bars(f: &mut Formatter<'_>, groups: &[Vec<Who>]) -> fmt::Result {
    for (i, group) in groups.iter().enumerate() {
        f.write_str(if i > 0 { " | " } else { "" })?;
        names(f, group)?;
    }
    Ok(())
}

/// `n1→n3`; with blanks around the arrow where a side has more than one name.
fn arrow(f: &mut Formatter<'_>, from: &[Who], to: &[Who]) -> fmt::Result {
    names(f, from)?;
    f.write_str(if from.len() + to.len() > 2 { " → " } else { "→" })?;
    names(f, to)
}

fn lasting(f: &mut Formatter<'_>, span: Option<Span>) -> fmt::Result {
    match span {
        Some(span) => write!(f, " for {}", span.written()),
        None => Ok(()),
    }
}

/// Basis points as a percentage: `10%`, `2.5%`, `0.25%`.
fn percent(points: u32) -> String {
    match (points / 100, points % 100) {
        (whole, 0) => format!("{whole}%"),
        (whole, rest) if rest % 10 == 0 => format!("{whole}.{}%", rest / 10),
        (whole, rest) => format!("{whole}.{rest:02}%"),
    }
}
