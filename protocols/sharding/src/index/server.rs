//! An index server: answers one question after the other, from an index that it has to load first.
//!
//! Questions wait in a line, and an answer takes its time whether or not anybody still waits for it. So a line that is
//! longer than the asker's patience is worse than none: all work in it is for nothing, and everybody asks again.

use super::console::PACE;
use super::fact::Fact;
use super::message::Message;
use super::settings::Settings;
use super::{Context, Timer};
use serde::Serialize;
use sim::{ActorId, Time};
use std::collections::VecDeque;

/// A question that waits.
#[derive(Clone, Copy, Debug, Serialize)]
struct Question {
    from: ActorId,
    number: u64,
    /// By this server's clock.
    came: Time,
}

/// An index server.
#[derive(Clone, Debug, Serialize)]
pub struct IndexServer {
    /// The index is in memory.
    loaded: bool,
    /// By order of the console, not after a crash.
    ordered: bool,
    /// The last order that it carried out.
    order: u64,
    /// The first is being answered.
    line: VecDeque<Question>,
}

impl IndexServer {
    /// Begins to load; at the very start of a run the index is there already.
    pub fn start(starts: u32, context: &mut Context<'_>) -> Self {
        context.set_timer(Timer::Pace, PACE);
        let mut server = Self { loaded: starts == 0, ordered: false, order: 0, line: VecDeque::new() };
        if server.loaded {
            context.fact(Fact::Serves);
        } else {
            server.load(false, context);
        }
        server
    }

    /// Whether it answers.
    pub fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Whether it is away by order of the console.
    pub fn is_away_by_order(&self) -> bool {
        !self.loaded && self.ordered
    }

    /// How many questions wait, the one that is being answered included.
    pub fn waiting(&self) -> u64 {
        self.line.len() as u64
    }

    fn load(&mut self, ordered: bool, context: &mut Context<'_>) {
        (self.loaded, self.ordered) = (false, ordered);
        if !self.line.is_empty() {
            self.line.clear();
            context.fact(Fact::Queue { length: 0 });
        }
        context.cancel_timer(Timer::Answer);
        context.set_timer(Timer::Load, context.settings().load);
        context.fact(Fact::Loads { ordered });
    }

    /// The console orders a restart.
    pub fn on_restart(&mut self, order: u64, context: &mut Context<'_>) {
        if order <= self.order {
            return context.note(|| format!("order {order} is carried out already"));
        }
        self.order = order;
        self.load(true, context);
        self.report(context);
    }

    /// A timer went off.
    pub fn on_timer(&mut self, timer: Timer, context: &mut Context<'_>) {
        match timer {
            Timer::Load => {
                self.loaded = true;
                context.fact(Fact::Serves);
                self.report(context);
            }
            Timer::Pace => {
                self.report(context);
                context.set_timer(Timer::Pace, PACE);
            }
            Timer::Answer => self.answer(context),
            _ => {}
        }
    }

    fn report(&self, context: &mut Context<'_>) {
        context.send(Settings::CONSOLE, Message::Report { serving: self.loaded, order: self.order });
    }

    /// A question comes: it waits its turn, where there is room.
    pub fn on_ask(&mut self, from: ActorId, number: u64, context: &mut Context<'_>) {
        if !self.loaded {
            return context.note(|| format!("{from} asks, and there is no index yet"));
        }
        if self.line.len() >= usize::from(context.settings().queue) {
            return context.fact(Fact::Full { node: from });
        }
        self.line.push_back(Question { from, number, came: context.monotonic() });
        context.fact(Fact::Queue { length: self.waiting() });
        if self.line.len() == 1 {
            context.set_timer(Timer::Answer, context.settings().cost);
        }
    }

    fn answer(&mut self, context: &mut Context<'_>) {
        if let Some(Question { from, number, .. }) = self.line.pop_front() {
            context.send(from, Message::Answer { number });
        }
        if context.settings().shed {
            self.shed(context);
        }
        context.fact(Fact::Queue { length: self.waiting() });
        if !self.line.is_empty() {
            context.set_timer(Timer::Answer, context.settings().cost);
        }
    }

    /// Throws away what would be answered too late: nobody would be there to hear it.
    fn shed(&mut self, context: &mut Context<'_>) {
        let now = context.monotonic();
        let (cost, timeout) = (context.settings().cost, context.settings().timeout);
        while let Some(first) = self.line.front()
            && now.since(first.came) + cost + context.settings().latency_max * 2 > timeout
        {
            context.fact(Fact::Sheds { node: first.from });
            self.line.pop_front();
        }
    }
}
