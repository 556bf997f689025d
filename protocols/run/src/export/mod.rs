//! A run as files that others open: a drawing, logs for other viewers, a sequence diagram for a text.
//!
//! | module | writes |
//! |-|-|
//! | [`svg`] | the space-time diagram, as a drawing for an article or a slide |
//! | [`shiviz`] | a log with vector clocks, for ShiViz |
//! | [`perfetto`] | a trace of slices and flows, for Perfetto and `chrome://tracing` |
//! | [`mermaid`] | a sequence diagram as text, for a README |
//!
//! What is written is a [`Part`] of a [`Source`]: a stretch of time, some of the actors, perhaps only what one event depended
//! on. What a format or its viewer could not hold is refused with what to do ([`BadExport`]), never cut off in silence.

pub mod mermaid;
pub mod perfetto;
pub mod shiviz;
pub mod svg;

use crate::cone::{Cone, Side};
use crate::why::Reader;
use sim::ids::{ActorId, EventId, OperationId};
use sim::story::{Arrow, Mark};
use sim::time::Time;
use sim::trace::{EventRecord, Trace};
use std::str::FromStr;

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A drawing.
    Svg,
    /// A picture: painted by the window, not here.
    Png,
    /// ShiViz's log.
    Shiviz,
    /// Chrome's trace format.
    Perfetto,
    /// A sequence diagram.
    Mermaid,
}

impl Format {
    /// All of them, in the order a menu lists them.
    pub const ALL: [Format; 5] =
        [Format::Svg, Format::Png, Format::Shiviz, Format::Perfetto, Format::Mermaid];

    /// How a file of it ends, with the dot.
    pub const fn ending(self) -> &'static str {
        match self {
            Format::Svg => ".svg",
            Format::Png => ".png",
            Format::Shiviz => ".shiviz",
            Format::Perfetto => ".perfetto.json",
            Format::Mermaid => ".mmd",
        }
    }

    /// What it is, in a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Svg => "Drawing (SVG)",
            Format::Png => "Picture (PNG)",
            Format::Shiviz => "ShiViz log",
            Format::Perfetto => "Perfetto trace",
            Format::Mermaid => "Mermaid sequence",
        }
    }

    /// The format of a file by how its name ends.
    ///
    /// # Errors
    /// When none ends so.
    pub fn of_file(name: &str) -> Result<Format, NoFormat> {
        let lower = name.to_ascii_lowercase();
        let found = Format::ALL.into_iter().find(|format| lower.ends_with(format.ending()));
        found.ok_or_else(|| {
            NoFormat(name.chars().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect())
        })
    }
}

/// A file's name that says no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” does not say what is to be written: its name ends in .svg, .png, .shiviz, .perfetto.json or .mmd (Mermaid)"
)]
pub struct NoFormat(pub String);

/// Why a part of a run cannot be written so.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadExport {
    /// More than the format's viewers take.
    #[error("{count} {what} are too many for {format} (at most {most}): choose a shorter stretch of the run")]
    TooMuch {
        /// The format.
        format: &'static str,
        /// Of what there is too much.
        what: &'static str,
        /// How many there are.
        count: u64,
        /// How many there may be.
        most: u64,
    },
    /// Nothing to write.
    #[error("nothing happened between {0} and {1}: choose another stretch of the run")]
    Nothing(Time, Time),
}

/// What is exported from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The records.
    pub trace: &'a Trace,
    /// What it is called: `Raft, seed 7`.
    pub title: &'a str,
    /// What the lab calls the number of a role: `term`.
    pub version: &'a str,
    /// The operations of a broken promise's proof.
    pub proof: &'a [OperationId],
    /// Where a promise broke.
    pub broken_at: Option<Time>,
}

impl<'a> Source<'a> {
    /// Of a trace, with nothing said about promises.
    pub fn new(trace: &'a Trace, title: &'a str) -> Self {
        Self { trace, title, version: "term", proof: &[], broken_at: None }
    }

    fn reader(&self) -> Reader<'a> {
        Reader::new(self.trace)
    }
}

/// Which part of a run is exported.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// From then.
    pub from: Time,
    /// Until then, that included.
    pub to: Time,
    /// Of these; of all where none is named.
    pub actors: Vec<ActorId>,
    /// Only what is in the past or the future of this.
    pub cone: Option<Cone>,
}

impl Part {
    /// All of it.
    pub fn whole(trace: &Trace) -> Self {
        Self::between(Time::ZERO, trace.story.end)
    }

    /// A stretch.
    pub fn between(from: Time, to: Time) -> Self {
        Self { from, to: to.max(from), actors: Vec::new(), cone: None }
    }

    fn has_actor(&self, actor: ActorId) -> bool {
        self.actors.is_empty() || self.actors.contains(&actor)
    }

    fn has_event(&self, event: EventId) -> bool {
        self.cone.as_ref().is_none_or(|cone| cone.side(event) != Side::Beside)
    }

    /// Whether a message is drawn: some of its way lies in the stretch, and both its ends are among the actors.
    fn has_arrow(&self, arrow: &Arrow) -> bool {
        arrow.sent <= self.to
            && arrow.ended >= self.from
            && self.has_actor(arrow.from)
            && self.has_actor(arrow.to)
            && self.cone.as_ref().is_none_or(|cone| cone.arrow(arrow) != Side::Beside)
    }

    /// The events of the stretch, by their places.
    fn events(&self, trace: &Trace) -> std::ops::Range<usize> {
        let first = trace.events.partition_point(|event| event.at < self.from);
        let last = trace.events.partition_point(|event| event.at <= self.to);
        first..last.max(first)
    }

    /// The lanes that are written, from top to bottom.
    fn lanes<'t>(&self, trace: &'t Trace) -> Vec<&'t sim::story::Lane> {
        trace.story.lanes.iter().filter(|lane| self.has_actor(lane.actor)).collect()
    }

    /// The commands of the stretch; requests of clients stand on their lanes.
    fn marks<'t>(&'t self, trace: &'t Trace) -> impl Iterator<Item = &'t Mark> {
        let within = |mark: &&Mark| mark.at >= self.from && mark.at <= self.to && !mark.is_request();
        trace.story.marks.iter().filter(within)
    }
}

/// An event in words, on one line.
fn told(source: &Source<'_>, event: EventId, record: EventRecord) -> String {
    one_line(&source.reader().told(event, record))
}

/// Without breaks, which would be the next record.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A stretch of a run as it is written on a command line: `1s..2.5s`, `..3s`, `10s..`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From then.
    pub from: Time,
    /// Until then; to the end where none is given.
    pub to: Option<Time>,
}

/// A text that is no stretch of a run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no stretch of a run: write FROM..TO, as 1s..2.5s; either may be left out")]
pub struct NotAWindow(pub String);

impl FromStr for Window {
    type Err = NotAWindow;

    fn from_str(text: &str) -> Result<Self, NotAWindow> {
        let wrong = || NotAWindow(text.chars().take(40).collect());
        let (from, to) = text.split_once("..").ok_or_else(wrong)?;
        let time = |text: &str| text.trim().parse::<Time>().map_err(|_| wrong());
        let from = if from.trim().is_empty() { Time::ZERO } else { time(from)? };
        let to = if to.trim().is_empty() { None } else { Some(time(to)?) };
        if to.is_some_and(|to| to < from) {
            return Err(wrong());
        }
        Ok(Window { from, to })
    }
}
