//! One quantity of a run, added up as its trace grows.

use super::thin::Series;
use super::{Line, PARTS};
use sim::figure::Quantity;
use sim::ids::ActorId;
use sim::ordered::SortedMap;
use sim::story::{Outcome, Value};
use sim::time::{Span, Time};
use sim::trace::{HistoryStep, Trace};

/// A quantity, and what is known of it.
pub(super) struct Track {
    pub quantity: Quantity,
    /// How much of the history, or of the facts, has been taken in.
    seen: usize,
    sum: Sum,
}

enum Sum {
    Rate(Rate),
    Latency(Latency),
    Facts(Facts),
}

impl Track {
    pub fn new(quantity: Quantity, window: Span) -> Self {
        let sum = match quantity {
            Quantity::Answered | Quantity::Unanswered | Quantity::Asked => Sum::Rate(Rate::new(window)),
            Quantity::Latency(of) => Sum::Latency(Latency::new(window, of)),
            Quantity::Fact { name, value, sum } => Sum::Facts(Facts::new(name, value, sum)),
        };
        Self { quantity, seen: 0, sum }
    }

    /// Takes in what is new. Everything up to `upto` has happened.
    pub fn feed(&mut self, trace: &Trace, upto: Time) {
        let Self { quantity, seen, sum } = self;
        match sum {
            Sum::Rate(rate) => {
                for (_, step) in trace.history.get(*seen..).unwrap_or_default() {
                    if let Some(at) = counted(*quantity, trace, *step) {
                        rate.add(at);
                    }
                }
                rate.close(upto);
                *seen = (*seen).max(trace.history.len());
            }
            Sum::Latency(latency) => {
                for (_, step) in trace.history.get(*seen..).unwrap_or_default() {
                    if let Some((at, took)) = took(trace, *step) {
                        latency.add(at, took);
                    }
                }
                latency.close(upto);
                *seen = (*seen).max(trace.history.len());
            }
            Sum::Facts(facts) => {
                for fact in trace.facts.range(*seen..) {
                    if fact.name == facts.name
                        && let Some(Value::Int(number)) = fact.values.get(usize::from(facts.value))
                    {
                        facts.add(fact.actor, fact.at, *number as f64);
                    }
                }
                *seen = (*seen).max(trace.facts.len());
                facts.upto = facts.upto.max(upto.seconds());
            }
        }
    }

    pub fn lines(&self, name: &str) -> Vec<Line<'_>> {
        let line = |series, tail| Line { name: name.to_owned(), actor: None, series, tail };
        match &self.sum {
            Sum::Rate(rate) => vec![line(&rate.series, rate.tail())],
            Sum::Latency(latency) => vec![line(&latency.series, latency.tail())],
            Sum::Facts(facts) => facts.lines(name),
        }
    }
}

/// When a step counts towards a rate, if it does.
fn counted(quantity: Quantity, trace: &Trace, step: HistoryStep) -> Option<Time> {
    let (HistoryStep::Invoked(id) | HistoryStep::Completed(id)) = step;
    let operation = trace.story.operations.get(usize::try_from(id.0).ok()?)?;
    match (quantity, step) {
        (Quantity::Asked, HistoryStep::Invoked(_)) => Some(operation.invoked),
        (Quantity::Answered, HistoryStep::Completed(_)) if operation.outcome == Outcome::Ok => {
            operation.completed
        }
        (Quantity::Unanswered, HistoryStep::Completed(_)) if operation.outcome != Outcome::Ok => {
            operation.completed
        }
        _ => None,
    }
}

/// When an operation was answered ok, and how long that took, in milliseconds.
fn took(trace: &Trace, step: HistoryStep) -> Option<(Time, f64)> {
    let HistoryStep::Completed(id) = step else { return None };
    let operation = trace.story.operations.get(usize::try_from(id.0).ok()?)?;
    let at = operation.completed.filter(|_| operation.outcome == Outcome::Ok)?;
    Some((at, at.since(operation.invoked).0 as f64 / 1e6))
}

/// Parts of windows: the `n`-th goes from after `n` parts of time to `n + 1` parts, both counted from zero.
#[derive(Clone, Copy)]
struct Parts {
    span: u64,
}

impl Parts {
    fn new(window: Span) -> Self {
        Self { span: (window.0 / PARTS).max(1) }
    }

    /// The part that a time belongs to.
    fn of(self, at: Time) -> usize {
        usize::try_from(at.0.saturating_sub(1) / self.span).unwrap_or(usize::MAX)
    }

    /// Where a part ends, in seconds.
    fn end(self, part: usize) -> f64 {
        Span(self.span).seconds() * (part + 1) as f64
    }

    /// How many parts are over when everything up to `upto` has happened.
    fn over(self, upto: Time) -> usize {
        usize::try_from(upto.0 / self.span).unwrap_or(usize::MAX)
    }

    /// The first of the parts that make the window which ends with a part.
    fn first(part: usize) -> usize {
        (part + 1).saturating_sub(PARTS as usize)
    }
}

/// Events a second over the window that ends at each point.
struct Rate {
    parts: Parts,
    window: Span,
    counts: Vec<u32>,
    series: Series,
    closed: usize,
    upto: Time,
}

impl Rate {
    fn new(window: Span) -> Self {
        let mut series = Series::sloping();
        series.push(0.0, 0.0);
        Self { parts: Parts::new(window), window, counts: Vec::new(), series, closed: 0, upto: Time::ZERO }
    }

    fn add(&mut self, at: Time) {
        let part = self.parts.of(at);
        if self.counts.len() <= part {
            self.counts.resize(part + 1, 0);
        }
        self.counts[part] += 1;
    }

    /// The rate of the window that ends with a part.
    fn rate(&self, part: usize) -> f64 {
        let counts = self.counts.get(Parts::first(part)..).unwrap_or_default();
        let count: u32 = counts.iter().take((part + 1).min(PARTS as usize)).sum();
        f64::from(count) / self.window.seconds()
    }

    fn close(&mut self, upto: Time) {
        self.upto = self.upto.max(upto);
        for part in self.closed..self.parts.over(upto) {
            let rate = self.rate(part);
            self.series.push(self.parts.end(part), rate);
            self.closed = part + 1;
        }
    }

    /// Where the last part has only begun: as much of it as there is, with the window before it.
    fn tail(&self) -> Option<(f64, f64)> {
        let at = self.upto.seconds();
        (at > self.parts.end(self.closed) - Span(self.parts.span).seconds())
            .then(|| (at, self.rate(self.closed)))
    }
}

/// A percentile of how long answers took, over the window that ends at each point.
struct Latency {
    parts: Parts,
    /// Of ten thousand.
    of: u16,
    /// How long each took, in the order they were answered.
    took: Vec<f64>,
    /// Where each part begins in [`Latency::took`].
    starts: Vec<usize>,
    series: Series,
    closed: usize,
    upto: Time,
}

impl Latency {
    fn new(window: Span, of: u16) -> Self {
        let parts = Parts::new(window);
        Self {
            parts,
            of,
            took: Vec::new(),
            starts: vec![0],
            series: Series::sloping(),
            closed: 0,
            upto: Time::ZERO,
        }
    }

    fn add(&mut self, at: Time, took: f64) {
        let part = self.parts.of(at);
        if self.starts.len() <= part {
            self.starts.resize(part + 1, self.took.len());
        }
        self.took.push(took);
    }

    /// By nearest rank; NaN where nothing was answered.
    fn percentile(&self, part: usize) -> f64 {
        let start = |part: usize| self.starts.get(part).copied().unwrap_or(self.took.len());
        let mut took = self.took[start(Parts::first(part))..start(part + 1)].to_vec();
        let rank = (took.len() * usize::from(self.of)).div_ceil(10_000).max(1) - 1;
        if rank >= took.len() {
            return f64::NAN;
        }
        took.sort_by(f64::total_cmp);
        took[rank]
    }

    fn close(&mut self, upto: Time) {
        self.upto = self.upto.max(upto);
        for part in self.closed..self.parts.over(upto) {
            let value = self.percentile(part);
            self.series.push(self.parts.end(part), value);
            self.closed = part + 1;
        }
    }

    fn tail(&self) -> Option<(f64, f64)> {
        let at = self.upto.seconds();
        let begun = at > self.parts.end(self.closed) - Span(self.parts.span).seconds();
        begun.then(|| (at, self.percentile(self.closed))).filter(|(_, value)| value.is_finite())
    }
}

/// The number in a fact, as each actor said it last.
struct Facts {
    name: &'static str,
    value: u8,
    /// All together, where they are added up.
    sum: Option<Series>,
    each: SortedMap<ActorId, Series>,
    upto: f64,
}

impl Facts {
    fn new(name: &'static str, value: u8, sum: bool) -> Self {
        Self { name, value, sum: sum.then(Series::steps), each: SortedMap::new(), upto: 0.0 }
    }

    fn add(&mut self, actor: ActorId, at: Time, number: f64) {
        let series = self.each.entry(actor).or_insert_with(Series::steps);
        let before = series.points().last().map_or(0.0, |point| point.1);
        if let Some(sum) = &mut self.sum {
            let total = sum.points().last().map_or(0.0, |point| point.1);
            sum.push(at.seconds(), total - before + number);
        }
        series.push(at.seconds(), number);
    }

    fn lines(&self, name: &str) -> Vec<Line<'_>> {
        let tail = |series: &Series| series.points().last().map(|point| (self.upto.max(point.0), point.1));
        if let Some(series) = &self.sum {
            return vec![Line { name: name.to_owned(), actor: None, series, tail: tail(series) }];
        }
        let one = |(actor, series): (&ActorId, _)| {
            let of = if name.is_empty() { actor.to_string() } else { format!("{name} {actor}") };
            Line { name: of, actor: Some(*actor), series, tail: tail(series) }
        };
        self.each.iter().map(one).collect()
    }
}
