//! One timer for many deadlines: it is set to the earliest, and touched only when that changes.

use serde::Serialize;
use sim::{Context, Protocol, Time};

/// When a timer is set to go off, by the node's own clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Alarm(Option<Time>);

impl Alarm {
    /// Sets the timer to this moment, or unsets it.
    pub fn set<P: Protocol>(&mut self, timer: P::Timer, due: Option<Time>, context: &mut Context<'_, P>) {
        if due == self.0 {
            return;
        }
        self.0 = due;
        match due {
            Some(due) => {
                let left = due.since(context.monotonic());
                context.set_timer(timer, left);
            }
            None => context.cancel_timer(timer),
        }
    }

    /// It went off: it is no longer set.
    pub fn rang(&mut self) {
        self.0 = None;
    }
}
