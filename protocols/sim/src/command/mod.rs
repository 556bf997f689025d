//! What a hand, a script, a lesson, a search or chaos does to a run. The words of [`parse`] are the only form in which
//! commands are written down: what a learner clicks, a lesson says and a link carries is the same text.
//!
//! Commands name things by selectors that are resolved when they run (`drop n1→n3 append #2`, `crash @leader`); one that
//! finds nothing is recorded as "nothing to do", never an error: lists stay valid under editing, shrinking and side by side.

mod check;
mod error;
mod parse;
mod tell;
mod words;
mod write;

pub use check::check;
pub use error::BadCommand;
pub use parse::{
    MAX_BANDWIDTH, MAX_COUNT, MAX_FACTOR, MAX_GROUPS, MAX_NAMES, MAX_TEXT, MAX_WORD, MAX_WORDS, parse,
    parse_timed,
};
pub use tell::tell;

use crate::ids::ActorId;
use crate::time::{Moment, Span};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A node or client, by name or by what it is when the command runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Who {
    /// `n1`, `c2`.
    Actor(ActorId),
    /// `@leader`: the lab says who that is now.
    Role(Arc<str>),
}

/// One direction of a link, one node's links, or all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkSelector {
    /// `all`
    All,
    /// `n1`: to and from it.
    Of(Who),
    /// `n1→n2`
    Directed(Who, Who),
    /// `n1-n2`: both directions.
    Both(Who, Who),
}

/// Which messages in flight: `n1→n3 append #2`, `#2` being the second oldest of those; no number is the oldest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSelector {
    /// Sent by; `*` is anyone.
    pub from: Option<Who>,
    /// Sent to; `*` is anyone.
    pub to: Option<Who>,
    /// Of this kind only.
    pub kind: Option<Arc<str>>,
    /// The how-manieth oldest, from 1.
    pub number: u32,
}

/// A change of a node's disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiskChange {
    /// `slow 10x`: each sync takes so many times as long.
    Slow(u32),
    /// `fail`: each write and sync fails.
    Fail,
    /// `full`: each write is refused, syncs of earlier ones succeed.
    Full,
    /// `wipe`: all is gone; the node crashes and starts with an empty disk when restarted.
    Wipe,
    /// `corrupt`: the newest durable write is damaged; recovery is told.
    Corrupt,
    /// `ok`: no longer slow, failing or full.
    Ok,
}

/// A change of a link's quality.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quality {
    /// Added to each message's latency.
    pub delay: Option<Span>,
    /// Of messages lost, in basis points (1/100 of a percent).
    pub loss: Option<u32>,
    /// Of messages that arrive twice, in basis points.
    pub duplicate: Option<u32>,
    /// Of messages held up so that later ones overtake them, in basis points.
    pub reorder: Option<u32>,
    /// Bytes a second; 0 is unlimited.
    pub bandwidth: Option<u64>,
}

/// A change of a node's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClockChange {
    /// `step +200ms`: the wall clock jumps by so many nanoseconds.
    Step(i64),
    /// `drift 200ppm`: both clocks run so many parts in 10⁹ fast.
    Drift(i64),
}

/// Everything that can be done to a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// `cut n1 n2 | n3 n4 n5 [for 3s]`: no message between the groups arrives. One group alone is cut from all other nodes.
    Cut {
        /// The groups.
        groups: Vec<Vec<Who>>,
        /// How long; until mended where none.
        span: Option<Span>,
    },
    /// `cut n1→n3 [for 3s]`: no message in this direction arrives.
    CutOneWay {
        /// From these.
        from: Vec<Who>,
        /// To these.
        to: Vec<Who>,
        /// How long; until mended where none.
        span: Option<Span>,
    },
    /// `mend`: every cut; `mend n1 | n2 n3`, `mend n1→n3`: the cut made in these words.
    Mend(Option<Box<Command>>),
    /// `crash n1 [keep 2] [torn]`: stops at once; of the writes not yet synced a seeded prefix (or this many) is kept.
    Crash {
        /// The node.
        who: Who,
        /// How many unsynced writes survive; drawn where none.
        keep: Option<u32>,
        /// Whether the next write is found torn at recovery.
        torn: bool,
    },
    /// `restart n1`: starts from its disk alone. Also starts a spare.
    Restart(Who),
    /// `pause n1 [for 300ms]`: it does nothing; what arrives waits.
    Pause {
        /// Who.
        who: Who,
        /// How long; until resumed where none.
        span: Option<Span>,
    },
    /// `resume n1`
    Resume(Who),
    /// `slow n1 10x [for 2s]`: all its work takes so many times as long; `slow n1 1x` ends it.
    Slow {
        /// Who.
        who: Who,
        /// How many times as long.
        factor: u32,
        /// How long; until ended where none.
        span: Option<Span>,
    },
    /// `clock n1 step +200ms`, `clock n1 drift -50ppm [for 2s]`
    Clock {
        /// Who.
        who: Who,
        /// How.
        change: ClockChange,
        /// How long (drift only).
        span: Option<Span>,
    },
    /// `disk n1 slow 10x [for 2s]`, `disk n1 fail`, `full`, `wipe`, `corrupt`, `ok`
    Disk {
        /// The node.
        who: Who,
        /// How.
        change: DiskChange,
        /// How long; until mended where none.
        span: Option<Span>,
    },
    /// `lie n1 equivocate [to n2 n3] [for 2s]`: its messages are bent in one of the ways the lab lists; `lie n1 off` ends it.
    Lie {
        /// Who.
        who: Who,
        /// How; `off` ends it.
        how: Arc<str>,
        /// To these only; to all where empty.
        to: Vec<Who>,
        /// How long; until ended where none.
        span: Option<Span>,
    },
    /// `link n1→n2 loss 10% delay 50ms duplicate 5% reorder 5% bandwidth 10000 [for 2s]`; `link all ok` ends all of that.
    Link {
        /// Which links.
        links: LinkSelector,
        /// What changes; `None` is `ok`: back to what the lab began with.
        quality: Option<Quality>,
        /// How long; until ended where none.
        span: Option<Span>,
    },
    /// `drop n1→n3 append #2`: lose a message in flight.
    Drop(MessageSelector),
    /// `drop next 3 n1→n3 append`: lose the next ones sent.
    DropNext {
        /// How many; 0 lets through what was still to be lost.
        count: u32,
        /// Of these (its number is not used).
        which: MessageSelector,
    },
    /// `delay n1→n3 append #2 by 50ms`
    Delay {
        /// Which.
        which: MessageSelector,
        /// By how much.
        by: Span,
    },
    /// `deliver n1→n3 append #2`: it arrives now, held or not.
    Deliver(MessageSelector),
    /// `duplicate n1→n3 append #2`
    Duplicate(MessageSelector),
    /// `bend n1→n3 vote #1 how`: change a message in flight in one of the ways the lab lists.
    Bend {
        /// Which.
        which: MessageSelector,
        /// How.
        how: Arc<str>,
    },
    /// `hold n1→n2`, `hold all`: messages wait on the link until delivered by hand or released.
    Hold(LinkSelector),
    /// `release`, `release n1→n2`: what was held arrives now, in the order it would have.
    Release(LinkSelector),
    /// `fire n2 election`: a timer goes off now.
    Fire {
        /// Whose.
        who: Who,
        /// Which timer, as the lab names it.
        timer: Arc<str>,
    },
    /// `set PARAM=VALUE`, for a parameter that may change during a run.
    Set {
        /// The parameter.
        parameter: Arc<str>,
        /// Its new value.
        value: Arc<str>,
    },
    /// `redraw 17`: from here on every draw is another (which latency, which time-out, which loss); what has been drawn
    /// stays. The same number always gives the same future.
    Redraw(u32),
    /// `heal`: mends everything; `heal n1 n2 n3`: mends these and leaves the rest.
    Heal(Vec<Who>),
    /// A verb of the lab or a client's request by hand: `put c1 x=1`, `transfer n2`, `add n6`.
    Verb {
        /// The verb.
        verb: Arc<str>,
        /// Whom it is for.
        who: Who,
        /// The words after that.
        words: Vec<Arc<str>>,
    },
}

impl Command {
    /// Whether it puts a fault in, rather than mending one, asking something or setting a parameter.
    pub fn disturbs(&self) -> bool {
        match self {
            Command::Cut { .. }
            | Command::CutOneWay { .. }
            | Command::Crash { .. }
            | Command::Pause { .. }
            | Command::Clock { .. }
            | Command::Drop(_)
            | Command::DropNext { .. }
            | Command::Delay { .. }
            | Command::Deliver(_)
            | Command::Duplicate(_)
            | Command::Bend { .. }
            | Command::Hold(_)
            | Command::Fire { .. } => true,
            Command::Slow { factor, .. } => *factor > 1,
            Command::Disk { change, .. } => *change != DiskChange::Ok,
            Command::Lie { how, .. } => &**how != "off",
            Command::Link { quality, .. } => quality.is_some(),
            Command::Mend(_)
            | Command::Restart(_)
            | Command::Resume(_)
            | Command::Release(_)
            | Command::Set { .. }
            | Command::Redraw(_)
            | Command::Heal(_)
            | Command::Verb { .. } => false,
        }
    }
}

/// A command and the moment it stands at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedCommand {
    /// Runs after this many events of this instant.
    pub at: Moment,
    /// What is done.
    pub command: Command,
    /// Switched off in the list, but kept: it does nothing.
    pub disabled: bool,
}

impl TimedCommand {
    /// Brings commands into the order they run in: by moment, in the order given where that is the same.
    pub fn sort(commands: &mut [TimedCommand]) {
        commands.sort_by_key(|timed| timed.at);
    }

    /// This command at this moment.
    pub fn new(at: Moment, command: Command) -> Self {
        Self { at, command, disabled: false }
    }
}

/// The first words of the kernel's own commands: a lab's verb must not be one of these.
pub const KERNEL_WORDS: &[&str] = &[
    "cut",
    "mend",
    "crash",
    "restart",
    "pause",
    "resume",
    "slow",
    "clock",
    "disk",
    "lie",
    "link",
    "drop",
    "delay",
    "deliver",
    "duplicate",
    "bend",
    "hold",
    "release",
    "fire",
    "set",
    "redraw",
    "heal",
];
