//! [`Run`]: the value that everything on screen is a function of, together with a moment in it.

use sim::chaos::Level;
use sim::command::TimedCommand;
use sim::lab::{Lab, Setup};
use sim::parameter::Parameters;
use sim::time::{Moment, Time};
use std::fmt;

/// A run: which lab, under which parameters, with which draws, and what is done to it.
///
/// As text it is a file ([`Run::write`], [`Run::parse`]), deflated it is a link ([`Run::to_link`], [`Run::from_link`]).
#[derive(Clone)]
pub struct Run {
    lab: &'static dyn Lab,
    /// The lab's parameters at the start.
    pub parameters: Parameters,
    /// The seed of every draw. Below 2^53.
    pub seed: u64,
    /// How much chaos.
    pub chaos: Level,
    /// How long it is to be. Chaos heals at 80 % of it; playback goes no further.
    pub end: Time,
    /// What is done to it, switched-off ones included, sorted by moment.
    pub commands: Vec<TimedCommand>,
}

/// Seeds are below this, so that a JSON number holds them exactly.
pub const SEED_LIMIT: u64 = 1 << 53;
/// The longest run: ten hours of virtual time.
pub const LONGEST: Time = Time(36_000_000_000_000);
/// The most commands of a run.
pub const MOST_COMMANDS: usize = 5_000;

impl Run {
    /// The lab's own run: defaults, seed 1, no chaos, 30 seconds, nothing done to it.
    pub fn new(lab: &'static dyn Lab) -> Self {
        Self {
            lab,
            parameters: Parameters::defaults(lab.parameters()),
            seed: 1,
            chaos: Level::None,
            end: Time(30_000_000_000),
            commands: Vec::new(),
        }
    }

    /// The lab.
    pub fn lab(&self) -> &'static dyn Lab {
        self.lab
    }

    /// The lab's name in commands and links: `raft`.
    pub fn lab_id(&self) -> &'static str {
        self.lab.about().id
    }

    /// The same run with other draws.
    pub fn with_seed(&self, seed: u64) -> Self {
        let mut run = self.clone();
        run.seed = seed;
        run
    }

    /// What the kernel starts it from: commands sorted, those switched off left out.
    pub fn setup(&self) -> Setup {
        Setup {
            parameters: self.parameters.clone(),
            seed: self.seed,
            chaos: self.chaos,
            end: self.end,
            commands: enabled(&self.commands).into(),
        }
    }

    /// Brings the commands into the order they run in: by moment, in the order given where that is the same.
    pub fn sort(&mut self) {
        TimedCommand::sort(&mut self.commands);
    }
}

/// The commands that run, in the order they do.
pub(crate) fn enabled(commands: &[TimedCommand]) -> Vec<TimedCommand> {
    let mut enabled: Vec<TimedCommand> = commands.iter().filter(|c| !c.disabled).cloned().collect();
    TimedCommand::sort(&mut enabled);
    enabled
}

impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        let Self { lab, parameters, seed, chaos, end, commands } = self;
        lab.about().id == other.lab.about().id
            && *parameters == other.parameters
            && (*seed, *chaos, *end) == (other.seed, other.chaos, other.end)
            && *commands == other.commands
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write(None, None))
    }
}

/// A run that was read, and what was read beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// The run.
    pub run: Run,
    /// The moment it was shown at; the start where none was given.
    pub shown: Moment,
    /// The short trace digest at that moment, where one was given: what [`short_digest`] keeps of it.
    pub digest: Option<u64>,
    /// That it may differ from what its sender saw, and why.
    pub warning: Option<String>,
}

/// What links and files keep of a trace digest: its lower 32 bits.
pub const fn short_digest(digest: u64) -> u64 {
    digest & 0xffff_ffff
}
