//! The lab's measures of a run up to each of many moments.
//!
//! A measure is the lab's own function of a whole trace, so the run is played once more, as far as the window has come,
//! and measured at each point on the way: a trace of its own, that ends there.

use super::thin::Series;
use crate::playback::MOST_EVENTS;
use crate::run::{Run, enabled};
use sim::command::TimedCommand;
use sim::lab::{Running, Stop};
use sim::time::{Moment, Time};
use sim::trace::{Recorder, Trace};

/// Points of a whole run.
const POINTS: u64 = 150;
/// Measuring costs about as much as so many events, for each thousand records looked at.
const EVENTS_A_THOUSAND: u64 = 10;

pub(super) struct Measures {
    world: Box<dyn Running>,
    trace: Trace,
    commands: Vec<TimedCommand>,
    series: Vec<Series>,
    /// The next point, from 1.
    next: u64,
    stuck: bool,
}

impl Measures {
    pub fn new(run: &Run) -> Self {
        Self {
            world: run.lab().start(run.setup()),
            trace: Trace::default(),
            commands: enabled(&run.commands),
            series: run.lab().measures().iter().map(|_| Series::sloping()).collect(),
            next: 1,
            stuck: false,
        }
    }

    /// Goes on for about so many events, no further than `frontier`; whether there is more to do. The run is the same up
    /// to the moment reached; commands later than that may have changed.
    pub fn advance(&mut self, run: &Run, frontier: Moment, events: u64) -> bool {
        let commands = enabled(&run.commands);
        if commands != self.commands {
            self.world.set_commands(commands.clone().into());
            self.commands = commands;
        }
        let mut left = events;
        loop {
            let at = Time((u128::from(run.end.0) * u128::from(self.next) / u128::from(POINTS)) as u64);
            if self.stuck
                || self.next > POINTS
                || Moment::end_of(at) > frontier.max(Moment::end_of(frontier.at))
            {
                return false;
            }
            if left == 0 {
                return true;
            }
            let before = self.world.events().0;
            let room = MOST_EVENTS.saturating_sub(before);
            let stop =
                self.world.advance(Moment::end_of(at), left.min(room), &mut Recorder::into(&mut self.trace));
            left = left.saturating_sub((self.world.events().0 - before).max(1));
            match stop {
                Stop::Budget if room > 0 => continue,
                Stop::Budget | Stop::Stuck(_) => self.stuck = true,
                Stop::Reached | Stop::Quiet => {
                    for (series, value) in self.series.iter_mut().zip(run.lab().measure(&self.trace, at)) {
                        series.push(at.seconds(), value);
                    }
                    self.next += 1;
                    let records = self.trace.facts.len() + self.trace.story.operations.len();
                    left = left.saturating_sub(records as u64 * EVENTS_A_THOUSAND / 1_000);
                }
            }
        }
    }

    pub fn series(&self, at: usize) -> Option<&Series> {
        self.series.get(at)
    }
}
