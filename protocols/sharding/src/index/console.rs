//! The operators' console: the tool that takes index servers out, one after the other.
//!
//! What S3 lacked in 2017 and has had since: its tool removes capacity slowly, and never so much that too little is left.
//! An index server is restarted when all others are known to serve, and not before. What is known is what they report
//! after the last order: a number, on the console's disk before it is given, tells old reports from new ones.

use super::fact::Fact;
use super::message::{Hard, Message, Ordered};
use super::settings::Settings;
use super::{Context, Timer};
use serde::Serialize;
use sim::ordered::SortedSet;
use sim::{ActorId, Span, SyncId};
use std::collections::VecDeque;

/// How often orders are given again that nobody has reported carried out.
pub(super) const PACE: Span = Span::millis(200);

/// The console.
#[derive(Clone, Debug, Serialize)]
pub struct Console {
    /// Orders that wait.
    waiting: VecDeque<ActorId>,
    /// The last order, durable or not.
    ordered: Option<Ordered>,
    /// Not done before this it is not.
    pending: Option<SyncId>,
    /// The last order is carried out, and whoever it was for serves again.
    done: bool,
    /// Who has reported to serve since the last order.
    serving: SortedSet<ActorId>,
}

impl Console {
    /// With its last order, if it ever gave one: whether that was carried out it does not know.
    pub fn start(hard: &Hard, context: &mut Context<'_>) -> Self {
        context.fact(Fact::Watches { unsure: hard.ordered.is_some() });
        context.set_timer(Timer::Pace, PACE);
        Self {
            waiting: VecDeque::new(),
            ordered: hard.ordered,
            pending: None,
            done: hard.ordered.is_none(),
            serving: SortedSet::new(),
        }
    }

    /// Orders that wait.
    pub fn waiting(&self) -> &VecDeque<ActorId> {
        &self.waiting
    }

    /// Who is being restarted.
    pub fn busy_with(&self) -> Option<ActorId> {
        self.ordered.filter(|_| !self.done).map(|ordered| ordered.to)
    }

    /// A hand wants this one restarted; of the console itself, all index servers.
    pub fn on_refresh(&mut self, node: ActorId, context: &mut Context<'_>) {
        let nodes: Vec<ActorId> = context.settings().index().collect();
        let wanted = nodes.into_iter().filter(|index| node == Settings::CONSOLE || *index == node);
        for index in wanted {
            if context.settings().potholes.all_at_once {
                self.order(index, context);
            } else if !self.waiting.contains(&index) {
                self.waiting.push_back(index);
            }
        }
        self.go_on(context);
        if let Some(node) = self.waiting.front() {
            context.fact(Fact::Waits { node: *node, waiting: self.waiting.len() as u64 });
        }
    }

    /// An index server says how it is.
    pub fn on_report(&mut self, from: ActorId, serving: bool, order: u64, context: &mut Context<'_>) {
        match self.ordered {
            // What it says it may have said before it heard of the order.
            Some(ordered) if ordered.to == from && order < ordered.order => return,
            Some(ordered) if ordered.to == from && serving => self.done = true,
            _ => {}
        }
        if serving {
            self.serving.insert(from);
        } else {
            self.serving.remove(&from);
        }
        self.go_on(context);
    }

    /// Gives the order again until it is known to be carried out.
    pub fn on_pace(&mut self, context: &mut Context<'_>) {
        if let Some(ordered) = self.ordered.filter(|_| !self.done) {
            self.send(ordered, context);
        }
        self.go_on(context);
        context.set_timer(Timer::Pace, PACE);
    }

    /// What was written is durable.
    pub fn on_synced(&mut self, sync: SyncId) {
        self.pending.take_if(|pending| *pending == sync);
    }

    /// The next order, once all that came before is over and everybody else serves.
    fn go_on(&mut self, context: &mut Context<'_>) {
        let Some(next) = self.waiting.front().copied().filter(|_| self.done) else { return };
        let missing =
            context.settings().index().find(|index| *index != next && !self.serving.contains(index));
        if let Some(missing) = missing {
            return context.note(|| format!("{missing} is not known to serve: {next} has to wait"));
        }
        self.waiting.pop_front();
        self.order(next, context);
    }

    fn order(&mut self, to: ActorId, context: &mut Context<'_>) {
        let ordered = Ordered { order: self.ordered.map_or(0, |ordered| ordered.order) + 1, to };
        self.ordered = Some(ordered);
        self.done = false;
        // From now on only what is reported later counts.
        self.serving.clear();
        context.write(ordered);
        self.pending = Some(context.sync());
        context.fact(Fact::Orders { node: to, order: ordered.order });
        self.send(ordered, context);
    }

    fn send(&self, ordered: Ordered, context: &mut Context<'_>) {
        let message = Message::Restart { order: ordered.order };
        match self.pending {
            Some(sync) => context.send_after(sync, ordered.to, message),
            None => context.send(ordered.to, message),
        }
    }
}
