//! The point of no return: at which step of a run its end was decided.
//!
//! A run that broke a promise is left at some of its moments, and at each goes on a hundred times, under the same faults and
//! with other luck ([`Command::Redraw`]). The share of those futures that break the promise too is what that moment had
//! already decided. Where it jumps, something happened after which the end could hardly be another: that step is marked.
//!
//! Which future is which number is a pure function ([`Plan::future`]), so they may be run anywhere and in any order. They
//! take turns among the moments: after one round every moment has its first future, and the curve only grows sharper.
//!
//! The shares are of samples: [`Point::doubt`] is the interval in which the true one lies with 95 % (Wilson 1927).

use crate::hunt::{Goal, Look};
use crate::playback::Playback;
use crate::run::Run;
use sim::chaos::Level;
use sim::command::{Command, TimedCommand};
use sim::ids::EventId;
use sim::lab::Mode;
use sim::time::{Moment, Span, Time};
use sim::trace::HistoryStep;

/// The most moments that are tried.
pub const MOST_STEPS: usize = 40;
/// Futures at each, unless the caller says otherwise.
pub const FUTURES: u32 = 100;
/// A jump is told only where each side of it was tried so often.
const LEAST_TRIED: u32 = 12;
/// And only where it is so large.
const LEAST_JUMP: f64 = 0.25;
/// The futures go on for so long after the moment at which the promise broke, at least.
const AFTER: Span = Span::millis(1_000);

/// A moment at which a run is left, and what had happened just then.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Where the futures begin.
    pub at: Moment,
    /// The event before it; none at the beginning.
    pub event: Option<EventId>,
    /// What it was, in a sentence.
    pub told: String,
    /// So many events that matter lie between this moment and the one before: there were too many to try them all.
    pub between: usize,
}

/// Which futures there are.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    base: Run,
    goal: Goal,
    broken: Time,
    steps: Vec<Step>,
    futures: u32,
}

/// What was found at one step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Futures tried, but for those of which it could not be told how they end.
    pub tried: u32,
    /// Of these, so many broke the promise.
    pub broken: u32,
    /// A future that broke it, by its number at this step.
    pub breaks: Option<u32>,
    /// One that did not.
    pub escapes: Option<u32>,
}

impl Point {
    /// The share that broke it; none before one was tried.
    pub fn share(&self) -> Option<f64> {
        (self.tried > 0).then(|| f64::from(self.broken) / f64::from(self.tried))
    }

    /// Between which shares the true one lies, with 95 %.
    pub fn doubt(&self) -> (f64, f64) {
        const Z: f64 = 1.96;
        let Some(share) = self.share() else { return (0.0, 1.0) };
        let tried = f64::from(self.tried);
        let middle = share + Z * Z / (2.0 * tried);
        let half = Z * (share * (1.0 - share) / tried + Z * Z / (4.0 * tried * tried)).sqrt();
        let whole = 1.0 + Z * Z / tried;
        (((middle - half) / whole).max(0.0), ((middle + half) / whole).min(1.0))
    }
}

/// Where the share jumps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jump {
    /// The step after which it is higher: what happened just before that moment did it.
    pub step: usize,
    /// The share before.
    pub before: f64,
    /// The share after.
    pub after: f64,
}

/// What the shares say, once no more futures are run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decided {
    /// Too few futures were tried for anything to be said.
    Unknown,
    /// At one step.
    At(Jump),
    /// Before the run began: from there most futures end so already.
    Before,
    /// At the break itself: from the last moment before it many futures still end otherwise.
    AtTheEnd,
    /// By and by: the share rises, and nowhere by much.
    Slowly,
}

/// What broke first at the moment shown: a guarantee the lab claims, or an invariant; and when.
pub fn broken(playback: &Playback) -> Option<(Goal, Time, EventId)> {
    let claims = playback.lab().claims(&playback.run().parameters);
    let claimed =
        |name: &str| claims.iter().find(|claim| claim.guarantee == name).map(|claim| claim.guarantee);
    let promises = playback.promises().iter().filter_map(|promise| {
        let breach = promise.broken.as_ref()?;
        Some((Goal::Guarantee(claimed(promise.guarantee)?), breach.at, breach.event))
    });
    let events = playback.events();
    let always = |at: usize| playback.lab().invariants().get(at).is_some_and(|i| i.mode == Mode::Always);
    let violations = playback.trace().violations.iter().filter(|v| v.event < events && always(v.invariant));
    let violations = violations.map(|v| (Goal::Invariant(v.invariant), v.at, v.event));
    promises.chain(violations).min_by_key(|(_, _, event)| *event)
}

impl Plan {
    /// The futures of what broke first by the moment shown; none where nothing did.
    pub fn new(playback: &Playback, futures: u32) -> Option<Self> {
        let (goal, broken, event) = broken(playback)?;
        let mut base = playback.run().clone();
        base.commands = crate::run::enabled(&base.commands);
        // Long enough for what is merely late, the same for all. The faults of chaos depend on the length of a run, which
        // then stays.
        if base.chaos == Level::None {
            let after = Span(AFTER.0.max(broken.0 / 4));
            base.end = (broken + after).min(base.end);
        }
        let steps = steps(playback, event);
        Some(Self { base, goal, broken, steps, futures: futures.max(1) })
    }

    /// What breaks.
    pub fn goal(&self) -> Goal {
        self.goal
    }

    /// When it broke in the run itself.
    pub fn broken(&self) -> Time {
        self.broken
    }

    /// The run.
    pub fn base(&self) -> &Run {
        &self.base
    }

    /// The moments, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How many futures there are in all.
    pub fn len(&self) -> u64 {
        self.steps.len() as u64 * u64::from(self.futures)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// To which step a future belongs, and which of that step's it is.
    fn place(&self, number: u64) -> (usize, u32) {
        let steps = self.steps.len().max(1) as u64;
        ((number % steps) as usize, (number / steps) as u32)
    }

    /// One of a step's futures: the run as it was, and from there on with other luck.
    pub fn future(&self, step: usize, which: u32) -> Option<Run> {
        let at = self.steps.get(step)?.at;
        let mut run = self.base.clone();
        let place = run.commands.partition_point(|timed| timed.at <= at);
        run.commands.insert(place, TimedCommand::new(at, Command::Redraw(which.saturating_add(1))));
        Some(run)
    }

    /// Runs the future of that number: whether it breaks the promise; nothing where that cannot be told.
    pub fn attempt(&self, number: u64) -> Option<bool> {
        let (step, which) = self.place(number);
        let mut look = Look::new(self.future(step, which)?, self.goal);
        while !look.advance(u64::MAX) {}
        outcome(look)
    }
}

/// How a future ended: whether it broke the promise; nothing where it was given up, or its judges were.
fn outcome(look: Look) -> Option<bool> {
    let holds = look.holds();
    let broke = look.end().1.is_some();
    (broke || holds).then_some(broke)
}

/// The moments that matter on the way to an event: at the beginning, and after facts, commands and answers; evenly thinned.
fn steps(playback: &Playback, broken: EventId) -> Vec<Step> {
    let trace = playback.trace();
    let facts = trace.facts.range(..trace.facts.from(broken));
    let mut events: Vec<EventId> = facts.filter(|fact| fact.matters).map(|fact| fact.event).collect();
    events.extend(trace.story.marks.iter().map(|mark| mark.event).filter(|event| *event < broken));
    let answers = trace.history.iter().filter(|(_, step)| matches!(step, HistoryStep::Completed(_)));
    events.extend(answers.map(|(event, _)| *event).filter(|event| *event < broken));
    events.sort_unstable();
    events.dedup();
    let all = events.len();
    // The last one stays, and of the others as many as there is room for.
    let most = all.min(MOST_STEPS - 1);
    let places: Vec<usize> = (1..=most).map(|place| place * all / most - 1).collect();
    let begin = Step { at: Moment::START, event: None, told: "the run began".to_owned(), between: 0 };
    let mut steps = vec![begin];
    let mut next = 0;
    for place in places {
        let (event, between) = (events[place], place - next);
        next = place + 1;
        let (Some(at), Some(record)) = (playback.moment_of(event), trace.event(event)) else { continue };
        if steps.last().is_some_and(|last| last.at == at) {
            continue;
        }
        let told = crate::why::Reader::new(trace).told(event, record);
        steps.push(Step { at, event: Some(event), told, between });
    }
    steps
}

/// A plan being carried out.
pub struct Fate {
    plan: Plan,
    points: Vec<Point>,
    done: u64,
    next: u64,
    /// A future of its own, under way.
    trying: Option<(u64, Look)>,
}

impl Fate {
    /// Nothing tried yet.
    pub fn new(plan: Plan) -> Self {
        let points = vec![Point::default(); plan.steps.len()];
        Self { plan, points, done: 0, next: 0, trying: None }
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What is known so far, by steps.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Futures tried.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// Whether all were.
    pub fn is_done(&self) -> bool {
        self.done >= self.plan.len()
    }

    /// A future was run: whether it broke the promise; nothing where that could not be told.
    pub fn tell(&mut self, number: u64, broke: Option<bool>) {
        let (step, which) = self.plan.place(number);
        let Some(point) = self.points.get_mut(step) else { return };
        self.done += 1;
        let Some(broke) = broke else { return };
        point.tried += 1;
        point.broken += u32::from(broke);
        // The one of the lowest number, whoever was quick.
        let kept = if broke { &mut point.breaks } else { &mut point.escapes };
        *kept = Some(kept.map_or(which, |known| known.min(which)));
    }

    /// Goes on for about so many events, on this thread; whether all is done.
    pub fn work(&mut self, events: u64) -> bool {
        if self.next >= self.plan.len() && self.trying.is_none() {
            return true;
        }
        let (number, mut look) = match self.trying.take() {
            Some(trying) => trying,
            None => {
                let number = self.next;
                self.next += 1;
                let (step, which) = self.plan.place(number);
                let Some(run) = self.plan.future(step, which) else { return true };
                (number, Look::new(run, self.plan.goal))
            }
        };
        if look.advance(events) {
            self.tell(number, outcome(look));
        } else {
            self.trying = Some((number, look));
        }
        self.is_done()
    }

    /// Where the share jumps, where it does so clearly: by more than a quarter, and by more than chance would make it.
    pub fn jump(&self) -> Option<Jump> {
        let pairs = self.points.windows(2).enumerate().filter_map(|(at, pair)| {
            let tried = pair.iter().all(|point| point.tried >= LEAST_TRIED);
            let (before, after) = (pair[0].share()?, pair[1].share()?);
            let apart = pair[0].doubt().1 <= pair[1].doubt().0;
            (tried && apart && after - before >= LEAST_JUMP).then_some(Jump { step: at + 1, before, after })
        });
        pairs.max_by(|a, b| (a.after - a.before).total_cmp(&(b.after - b.before)))
    }

    /// When it was decided, for all that the futures tried so far tell.
    pub fn decided(&self) -> Decided {
        if let Some(jump) = self.jump() {
            return Decided::At(jump);
        }
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else {
            return Decided::Unknown;
        };
        if self.points.iter().any(|point| point.tried < LEAST_TRIED) {
            Decided::Unknown
        } else if first.doubt().0 > 1.0 - LEAST_JUMP {
            Decided::Before
        } else if last.doubt().1 <= 1.0 - LEAST_JUMP {
            // The break is a moment as well, after which every future is broken.
            Decided::AtTheEnd
        } else {
            Decided::Slowly
        }
    }
}
