//! Curves over the time of one run: how much was answered, how long it took, what facts count, a measure so far.
//!
//! A [`Plot`] names the curves; [`Plots`] keeps up with a [`Playback`] and holds their points. Points are added as the
//! trace grows and never looked at again, so that a frame costs what is new, not what is long.
//!
//! # Windows
//! A rate and a percentile at a moment are those of the window that *ends* there: they tell what was known then, and
//! nothing of what came later. The window is a thirtieth of the run, rounded up to 1, 2 or 5 (1 s of 30 s; see
//! [`window`]), and a point stands at every tenth of a window. Before a window has passed, what is missing of it counts
//! as empty. A percentile of a window in which nothing was answered is a gap (NaN).
//!
//! A fact's number holds from the moment it was said until the next. A measure is that of the run up to the moment; it
//! takes the lab's own arithmetic at each point, so the run is played once more beside the window, in slices.
//!
//! | file | holds |
//! |-|-|
//! | `track` | rates, percentiles and facts, added up as a trace grows |
//! | `measures` | all measures of the run so far, point by point |
//! | [`thin`] | as many points of a long curve as a picture has columns |

mod measures;
pub mod thin;
mod track;

use crate::figure::spread::round_step;
use crate::playback::Playback;
use crate::run::{Run, enabled};
use measures::Measures;
use sim::figure::{self, Quantity};
use sim::ids::ActorId;
use sim::lab::Lab;
use sim::ordered::SortedSet;
use sim::story::Value;
use sim::time::{Moment, Span, Time};
use sim::trace::Trace;
use thin::Series;
use track::Track;

/// Of a window's length a point stands at each of so many parts.
pub const PARTS: u64 = 10;
/// A window is this part of a run.
const WINDOWS: u64 = 30;

/// The length of the windows of a run that is to last so long: a thirtieth of it, rounded up to 1, 2 or 5 units.
pub fn window(end: Time) -> Span {
    let nanos = round_step(end.0.max(WINDOWS) as f64 / WINDOWS as f64);
    // Whole parts, so that every point stands on a whole nanosecond.
    Span((nanos as u64).max(PARTS).div_ceil(PARTS) * PARTS)
}

/// Where a curve's values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From what happens.
    Quantity(Quantity),
    /// From the lab's measure of that place.
    Measure(usize),
}

/// Curves over the time of a run, all in one unit: a lab's own, one that every lab has, or one that somebody asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    /// Its name for what is kept: `operations`, `fact committed 0`, `measure leaderless`.
    pub id: String,
    /// `Operations a second`
    pub title: String,
    /// `1/s`
    pub unit: String,
    /// What it shows, in a sentence.
    pub doc: String,
    /// Its curves: name, and where the values come from.
    pub lines: Vec<(String, Source)>,
}

/// A curve to draw.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Its name: `answered`, `n1`.
    pub name: String,
    /// Whose, where there is one an actor.
    pub actor: Option<ActorId>,
    /// Its points: seconds, value.
    pub series: &'a Series,
    /// Its value at the last moment that was computed, where that lies after the last point.
    pub tail: Option<(f64, f64)>,
}

impl Plot {
    fn of(id: &str, title: &str, unit: &str, doc: &str, lines: &[(&str, Quantity)]) -> Self {
        let line = |(name, quantity): &(&str, Quantity)| ((*name).to_owned(), Source::Quantity(*quantity));
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            unit: unit.to_owned(),
            doc: doc.to_owned(),
            lines: lines.iter().map(line).collect(),
        }
    }

    /// A lab's own.
    fn lab(plot: &figure::Plot) -> Self {
        let lines: Vec<(&str, Quantity)> = plot.lines.iter().map(|line| (line.name, line.quantity)).collect();
        Self::of(plot.id, plot.title, plot.unit, plot.doc, &lines)
    }

    /// The number at a place of a fact's values, a curve an actor.
    pub fn fact(name: &'static str, value: u8) -> Self {
        let title =
            if value == 0 { format!("Fact {name}") } else { format!("Fact {name}, value {}", value + 1) };
        let doc = format!("The number in “{name}” as each node said it last.");
        let quantity = Quantity::Fact { name, value, sum: false };
        Self::of(&format!("fact {name} {value}"), &title, "", &doc, &[("", quantity)])
    }

    /// A lab's measure of the run so far.
    pub fn measure(lab: &dyn Lab, at: usize) -> Option<Self> {
        let measure = lab.measures().get(at)?;
        Some(Self {
            id: format!("measure {}", measure.id),
            title: format!("Measure {}", measure.id.replace('_', " ")),
            unit: measure.unit.to_owned(),
            doc: format!("{} Of the run up to each moment.", measure.doc),
            lines: vec![(String::new(), Source::Measure(at))],
        })
    }
}

/// The plots of a lab: its own first, then those that every lab has, where it has none of that name.
pub fn of_lab(lab: &dyn Lab) -> Vec<Plot> {
    let percentile = |of| Quantity::Latency(of);
    let mut plots: Vec<Plot> = lab.plots().iter().map(Plot::lab).collect();
    let common = [
        Plot::of(
            "operations",
            "Operations a second",
            "1/s",
            "What clients asked, what was answered ok, and what failed or was given up.",
            &[
                ("answered", Quantity::Answered),
                ("failed or given up", Quantity::Unanswered),
                ("asked", Quantity::Asked),
            ],
        ),
        Plot::of(
            "latency",
            "Time to an answer",
            "ms",
            "How long operations took that were answered: half of them no longer than the median, 99 of 100 no longer than p99.",
            &[("median", percentile(5_000)), ("p99", percentile(9_900))],
        ),
    ];
    for plot in common {
        if plots.iter().all(|own| own.id != plot.id) {
            plots.push(plot);
        }
    }
    plots
}

/// Every plot that can be asked for: those of the lab, a measure each, and each number in a fact that has been said.
pub fn all(lab: &dyn Lab, trace: &Trace) -> Vec<Plot> {
    let measures = (0..lab.measures().len()).filter_map(|at| Plot::measure(lab, at));
    let facts = numbers(trace).into_iter().map(|(name, value)| Plot::fact(name, value));
    of_lab(lab).into_iter().chain(measures).chain(facts).collect()
}

/// The plot of that name, where there is one: of a fact once such a fact has been said.
pub fn named(lab: &dyn Lab, trace: &Trace, id: &str) -> Option<Plot> {
    if let Some(plot) = of_lab(lab).into_iter().find(|plot| plot.id == id) {
        return Some(plot);
    }
    if let Some(name) = id.strip_prefix("measure ") {
        return Plot::measure(lab, lab.measures().iter().position(|measure| measure.id == name)?);
    }
    let (name, value) = id.strip_prefix("fact ")?.rsplit_once(' ')?;
    let fact = trace.facts.iter().rev().find(|fact| fact.name == name)?;
    Some(Plot::fact(fact.name, value.parse().ok()?))
}

/// The facts that carry numbers, and where: of the newest facts, for all kinds come again.
fn numbers(trace: &Trace) -> SortedSet<(&'static str, u8)> {
    const LOOKED_AT: usize = 4_000;
    let mut found = SortedSet::new();
    for fact in trace.facts.iter().rev().take(LOOKED_AT) {
        for (at, value) in (0u8..).zip(fact.values.iter()) {
            if matches!(value, Value::Int(_)) {
                found.insert((fact.name, at));
            }
        }
    }
    found
}

/// The curves of a run, kept up with it. See the module.
#[derive(Default)]
pub struct Plots {
    /// Of this run, up to this moment.
    fed: Option<(Run, Moment)>,
    tracks: Vec<Track>,
    measures: Option<Measures>,
}

impl Plots {
    /// Takes in what is new in the run, for the plots that are wanted. Measures take at most about `events` events of a
    /// run played beside; whether there is more to do.
    pub fn keep_up(&mut self, playback: &Playback, wanted: &[Plot], events: u64) -> bool {
        let (run, frontier) = (playback.run(), playback.frontier());
        if self.fed.as_ref().is_some_and(|(fed, upto)| !same_past(fed, run, *upto)) {
            *self = Self::default();
        }
        let sources = || wanted.iter().flat_map(|plot| plot.lines.iter().map(|(_, source)| *source));
        for source in sources() {
            if let Source::Quantity(quantity) = source
                && !self.tracks.iter().any(|track| track.quantity == quantity)
            {
                self.tracks.push(Track::new(quantity, window(run.end)));
            }
        }
        self.tracks.retain(|track| sources().any(|source| source == Source::Quantity(track.quantity)));
        for track in &mut self.tracks {
            track.feed(playback.trace(), frontier.at);
        }
        // What was fed before and is longer than the frontier now is still the past of this run.
        let upto = self.fed.take().map_or(frontier, |(_, upto)| upto.max(frontier));
        self.fed = Some((run.clone(), upto));
        if !sources().any(|source| matches!(source, Source::Measure(_))) {
            self.measures = None;
            return false;
        }
        let measures = self.measures.get_or_insert_with(|| Measures::new(run));
        measures.advance(run, frontier, events)
    }

    /// The curves of a plot, those of an actor each by actor.
    pub fn lines(&self, plot: &Plot) -> Vec<Line<'_>> {
        plot.lines.iter().flat_map(|(name, source)| self.of_source(name, *source)).collect()
    }

    fn of_source(&self, name: &str, source: Source) -> Vec<Line<'_>> {
        match source {
            Source::Quantity(quantity) => {
                let track = self.tracks.iter().find(|track| track.quantity == quantity);
                track.map(|track| track.lines(name)).unwrap_or_default()
            }
            Source::Measure(at) => {
                let series = self.measures.as_ref().and_then(|measures| measures.series(at));
                let line = |series| Line { name: name.to_owned(), actor: None, series, tail: None };
                series.map(line).into_iter().collect()
            }
        }
    }
}

/// Whether everything up to a moment is the same in both: a run is a value.
fn same_past(one: &Run, other: &Run, upto: Moment) -> bool {
    let same = one.lab_id() == other.lab_id()
        && one.parameters == other.parameters
        && (one.seed, one.chaos, one.end) == (other.seed, other.chaos, other.end);
    same && (one.commands == other.commands || {
        let before = |run: &Run| {
            let mut commands = enabled(&run.commands);
            commands.retain(|timed| timed.at <= upto);
            commands
        };
        before(one) == before(other)
    })
}

#[cfg(test)]
mod tests;
