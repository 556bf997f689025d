//! Watches the invariants as things happen.
//!
//! Goodput is owed from a while after the last trouble on: after everything was mended, a surge ended, a cache was
//! emptied. From then on the last [`WINDOW`] wishes that were begun after that moment are looked at.

use super::fact::Fact;
use super::invariants::At;
use super::node::Part;
use super::settings::Settings;
use super::{Actor, Calls};
use sim::ordered::SortedSet;
use sim::protocol::{Happening, Monitor, Report};
use sim::{ActorId, Parameters, Span, Time};

/// How many outcomes are looked at.
const WINDOW: u32 = 48;
/// Below so many nothing is said.
const LEAST: u32 = 20;

/// The last outcomes.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    /// The newest in the lowest bit, set where it was answered in time.
    good: u64,
    seen: u32,
}

impl Window {
    fn add(&mut self, good: bool) {
        self.good = (self.good << 1 | u64::from(good)) & ((1 << WINDOW) - 1);
        self.seen = (self.seen + 1).min(WINDOW);
    }

    /// Whether at least so many of a hundred were answered in time.
    fn at_least(self, percent: u32) -> bool {
        self.good.count_ones() * 100 >= self.seen * percent
    }
}

/// The monitor.
#[derive(Clone, Debug)]
pub struct Watch {
    limits: Limits,
    /// Whether goodput is owed at all.
    suffices: bool,
    recovery: Span,
    /// Since when everything is mended.
    mended: Option<Time>,
    /// The last trouble that no fault made.
    troubled: Time,
    /// Whose devices ask more often than usual.
    surging: SortedSet<ActorId>,
    /// Outcomes of what was asked since goodput is owed.
    owed: Window,
    /// All outcomes.
    all: Window,
    lost: bool,
}

/// What may not be exceeded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    front: u32,
    service: u32,
}

impl Limits {
    pub fn of(settings: &Settings) -> Self {
        let limit = |part: Part| part.manners(settings).limit;
        Self { front: limit(Part::Front), service: limit(Part::Service) }
    }

    /// Whether so many may wait at a node of this part.
    pub fn allow(self, part: Part, waiting: u32) -> bool {
        match part {
            Part::Front => waiting <= self.front,
            Part::Service => waiting <= self.service,
            Part::Store => true,
        }
    }
}

impl Monitor<Calls> for Watch {
    fn new(settings: &Settings, _: &Parameters) -> Self {
        Self {
            limits: Limits::of(settings),
            suffices: settings.suffices(),
            recovery: settings.recovery(),
            mended: Some(Time::ZERO),
            troubled: Time::ZERO,
            surging: SortedSet::new(),
            owed: Window::default(),
            all: Window::default(),
            lost: false,
        }
    }

    fn observe(
        &mut self,
        at: Time,
        actor: ActorId,
        happening: &Happening<'_, Calls>,
        state: Option<&Actor>,
        report: &mut Report,
    ) {
        match happening {
            Happening::Fact(fact) => self.fact(at, actor, fact, state, report),
            Happening::Healed => {
                self.mended = Some(at);
                self.owed = Window::default();
            }
            Happening::Disturbed | Happening::Crashed => {
                self.mended = None;
                self.owed = Window::default();
            }
            Happening::Started => {}
        }
    }
}

impl Watch {
    fn fact(&mut self, at: Time, who: ActorId, fact: &Fact, state: Option<&Actor>, report: &mut Report) {
        match fact {
            Fact::Answered { took } => self.ended(at, *took, true, report),
            Fact::GaveUp { took, .. } => self.ended(at, *took, false, report),
            Fact::Queue { waiting, held } => {
                let count = waiting + held;
                if let Some(Actor::Node(node)) = state
                    && !self.limits.allow(node.part(), count)
                {
                    report.broken(At::Queue.place(), format!("{count} wait at {who}"));
                }
            }
            Fact::Fetches { .. } => {
                for (invariant, sentence) in state.into_iter().flat_map(|actor| of_reads(who, actor)) {
                    report.broken(invariant.place(), sentence);
                }
            }
            Fact::Shares { .. } => report.reached(At::Shared.place()),
            Fact::Retries { .. } | Fact::Hedges => {
                if let Some(sentence) = state.and_then(|actor| of_budget(who, actor)) {
                    report.broken(At::Budget.place(), sentence);
                }
            }
            Fact::ServedLate { whom } => {
                report.broken(At::Gone.place(), format!("{who} serves {whom}, which has given up"));
            }
            Fact::TurnedAway { .. } => report.reached(At::TurnedAway.place()),
            Fact::Expired => report.reached(At::Expired.place()),
            Fact::Helped { hedged, .. } => {
                report.reached(if *hedged { At::Hedged } else { At::Retried }.place());
            }
            Fact::Unaffordable => report.reached(At::Unaffordable.place()),
            Fact::Breaker { open, .. } => report.reached(if *open { At::Opens } else { At::Closes }.place()),
            Fact::Cold => {
                if at > Time::ZERO {
                    report.reached(At::Lost.place());
                }
                self.trouble(at);
            }
            Fact::Reconnects => report.reached(At::Reconnects.place()),
            Fact::Surge { times } => {
                if *times > 1 {
                    self.surging.insert(who);
                } else {
                    self.surging.remove(&who);
                }
                self.trouble(at);
            }
            Fact::Serves { .. } | Fact::Keeps { .. } => {}
        }
    }

    fn trouble(&mut self, at: Time) {
        self.troubled = at;
        self.owed = Window::default();
    }

    /// A wish came out.
    fn ended(&mut self, at: Time, took: Span, good: bool, report: &mut Report) {
        self.all.add(good);
        if self.all.seen >= LEAST && !self.all.at_least(25) {
            self.lost = true;
        } else if self.lost && self.all.seen >= LEAST && self.all.at_least(90) {
            self.lost = false;
            report.reached(At::Returns.place());
        }
        let Some(mended) = self.mended.filter(|_| self.suffices && self.surging.is_empty()) else { return };
        let since = mended.max(self.troubled);
        if since + self.recovery + took > at {
            return;
        }
        self.owed.add(good);
        if self.owed.seen >= LEAST && !self.owed.at_least(80) {
            let (good, seen) = (self.owed.good.count_ones(), self.owed.seen);
            let ago = at.since(since);
            report.broken(
                At::Goodput.place(),
                format!(
                    "{good} of the last {seen} were answered in time, though all has been well for {ago}"
                ),
            );
        }
    }
}

/// What is wrong with the reads that a service has on their way.
pub(super) fn of_reads(who: ActorId, actor: &Actor) -> Vec<(At, String)> {
    let Actor::Node(node) = actor else { return Vec::new() };
    if node.part() != Part::Service {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    let mut seen = SortedSet::new();
    if let Some(twice) = node.caller().keys().find(|key| !seen.insert(*key)) {
        wrong.push((At::Single, format!("{who} reads {twice} twice at once")));
    }
    if node.caller().open() > node.bulkhead() {
        wrong.push((At::Bulkhead, format!("{who} has {} reads on their way", node.caller().open())));
    }
    wrong
}

/// What is wrong with a caller's budget.
pub(super) fn of_budget(who: ActorId, actor: &Actor) -> Option<String> {
    let budget = actor.caller().budget();
    (!budget.kept()).then(|| format!("{who} made {} retries, more than its budget", budget.retries()))
}
