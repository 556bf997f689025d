//! Curves made of many runs: a lab's published figures made again, and distributions that somebody asks for.
//!
//! A [`Plan`] says what is to be made: pieces that do not depend on each other (one run under one seed, or one part of
//! a computation), each a pure function of its number. A [`Making`] holds what has been made of it so far. The same
//! curves come out whether one thread makes the pieces in slices ([`Making::advance`], as a page must) or many make
//! them at once ([`Plan::piece`], [`Making::claim`], [`Making::take`]), in whatever order they are done: values are kept
//! by their place and added up in that order.
//!
//! [`spread`] is the arithmetic of distributions, [`compare`] lays ours beside the published ones.

pub mod compare;
pub mod spread;

use crate::playback::MOST_EVENTS;
use crate::run::{LONGEST, Run, SEED_LIMIT};
use crate::text::{self, Cause};
use sim::command::TimedCommand;
use sim::figure::{Figure, Ours, Setting, Summary};
use sim::lab::{Lab, Running, Stop};
use sim::parameter::Kind;
use sim::random::{Draw, Purpose};
use sim::time::{Moment, Span, Time};
use sim::trace::{Recorder, Trace};
use spread::Spread;
use std::sync::Arc;

/// The most runs of a distribution, or of all points of a curve along a parameter.
pub const MOST_RUNS: u64 = 100_000;
/// The most values of a parameter.
pub const MOST_VALUES: usize = 64;
/// How many events a part of a computation counts as, for budgets: some milliseconds.
const EVENTS_A_PART: u64 = 4_000;

/// Something asked for that cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadPlan {
    /// There is no such measure in the lab.
    #[error("there is no measure “{0}” here; there are {1}")]
    Measure(String, String),
    /// A parameter or a command that cannot be.
    #[error("{place}: {cause}")]
    Setting {
        /// Which words.
        place: String,
        /// What is wrong with them.
        cause: Cause,
    },
    /// Too few or too many runs.
    #[error("{0} runs: it may be 1 to {MOST_RUNS}")]
    Runs(u64),
    /// Too few or too many values along the axis.
    #[error("{0} values: it may be 2 to {MOST_VALUES}")]
    Values(usize),
}

/// A value as it is assigned, and its place on the axis.
pub type Place = (f64, String);

/// A run of which only the seed, and times drawn by it, are still open.
#[derive(Clone)]
struct Template {
    run: Run,
    /// Commands whose time is drawn between two.
    drawn: Vec<(Time, Time, TimedCommand)>,
}

#[derive(Clone)]
enum Kinds {
    /// A curve a template.
    Distribution {
        templates: Vec<Template>,
    },
    /// For each setting a template a place; of each setting a curve a summary.
    Along {
        templates: Vec<Vec<Template>>,
        places: Vec<Place>,
        unit: &'static str,
        summaries: Vec<Summary>,
    },
    Computed {
        part: fn(u32) -> Vec<(usize, f64, f64)>,
    },
}

impl Kinds {
    /// How many settings runs are made under.
    fn settings(&self) -> u64 {
        match self {
            Kinds::Distribution { templates } => templates.len() as u64,
            Kinds::Along { templates, .. } => templates.len() as u64,
            Kinds::Computed { .. } => 1,
        }
    }

    /// How many points each has.
    fn points(&self) -> u64 {
        if let Kinds::Along { places, .. } = self { places.len() as u64 } else { 1 }
    }
}

/// What is to be made. See the module.
#[derive(Clone)]
pub struct Plan {
    names: Vec<String>,
    kinds: Kinds,
    measure: usize,
    seeds: u64,
    pieces: u64,
}

impl Plan {
    /// A lab's published figure, with as many runs as it says or with `runs` a curve (or a point).
    ///
    /// # Errors
    /// When the figure names what the lab does not have: a bug of the lab, that a test of every figure finds.
    pub fn figure(lab: &'static dyn Lab, figure: &Figure, runs: Option<u64>) -> Result<Self, BadPlan> {
        let named = |settings: &[Setting]| settings.iter().map(|setting| setting.name.to_owned()).collect();
        match figure.ours {
            Ours::Distribution { measure, settings, seeds, length } => {
                let templates = settings.iter().map(|setting| template(lab, setting, length, None));
                let templates = templates.collect::<Result<_, _>>()?;
                Self::of_runs(
                    lab,
                    named(settings),
                    measure,
                    Kinds::Distribution { templates },
                    runs.unwrap_or(seeds),
                )
            }
            Ours::Along { parameter, values, measure, summary, settings, seeds, length } => {
                let (at, unit) = places(values);
                let written = values.iter().map(|value| (*value).to_owned());
                let places: Vec<Place> = at.into_iter().zip(written).collect();
                let of = |setting: &Setting| {
                    let assigned = places.iter().map(|(_, value)| format!("{parameter}={value}"));
                    assigned
                        .map(|set| template(lab, setting, length, Some(&set)))
                        .collect::<Result<Vec<_>, _>>()
                };
                let templates = settings.iter().map(of).collect::<Result<_, _>>()?;
                let kinds = Kinds::Along { templates, places, unit, summaries: vec![summary] };
                Self::of_runs(lab, named(settings), measure, kinds, runs.unwrap_or(seeds))
            }
            Ours::Computed { names, parts, part } => Ok(Self {
                names: names.iter().map(|name| (*name).to_owned()).collect(),
                kinds: Kinds::Computed { part },
                measure: 0,
                seeds: 0,
                pieces: u64::from(parts),
            }),
        }
    }

    /// The distribution of a measure over the first `seeds` seeds of a run.
    ///
    /// # Errors
    /// When the lab has no such measure, or there are too many seeds.
    pub fn distribution(run: &Run, measure: &str, seeds: u64) -> Result<Self, BadPlan> {
        let templates = vec![Template { run: run.clone(), drawn: Vec::new() }];
        let kinds = Kinds::Distribution { templates };
        Self::of_runs(run.lab(), vec![run.lab().about().title.to_owned()], measure, kinds, seeds)
    }

    /// Summaries of a measure as one parameter of a run takes each of these values, over `seeds` seeds each: a curve a
    /// summary.
    ///
    /// # Errors
    /// When the lab has no such measure or parameter, a value cannot be, or there is too much to make.
    pub fn along(
        run: &Run,
        measure: &str,
        parameter: &str,
        values: &[String],
        summaries: &[Summary],
        seeds: u64,
    ) -> Result<Self, BadPlan> {
        if values.len() < 2 || values.len() > MOST_VALUES {
            return Err(BadPlan::Values(values.len()));
        }
        let mut templates = Vec::with_capacity(values.len());
        for value in values {
            let mut run = run.clone();
            let set = format!("{parameter}={value}");
            run.parameters.assign(&set).map_err(|wrong| setting(&set, wrong.into()))?;
            templates.push(Template { run, drawn: Vec::new() });
        }
        let written: Vec<&str> = values.iter().map(String::as_str).collect();
        let (at, unit) = places(&written);
        let places = at.into_iter().zip(values.iter().cloned()).collect();
        let names = summaries.iter().map(|summary| words(*summary)).collect();
        let kinds = Kinds::Along { templates: vec![templates], places, unit, summaries: summaries.to_vec() };
        Self::of_runs(run.lab(), names, measure, kinds, seeds)
    }

    fn of_runs(
        lab: &'static dyn Lab,
        names: Vec<String>,
        measure: &str,
        kinds: Kinds,
        seeds: u64,
    ) -> Result<Self, BadPlan> {
        let measures = lab.measures();
        let measure = measures.iter().position(|known| known.id == measure).ok_or_else(|| {
            let ids: Vec<&str> = measures.iter().map(|measure| measure.id).collect();
            BadPlan::Measure(measure.chars().take(40).collect(), ids.join(", "))
        })?;
        let runs = seeds.saturating_mul(kinds.points());
        if seeds == 0 || runs > MOST_RUNS {
            return Err(BadPlan::Runs(runs));
        }
        let pieces = runs * kinds.settings();
        Ok(Self { names, kinds, measure, seeds, pieces })
    }

    /// The names of its curves.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many pieces it has. Those of one seed follow each other, so that all curves grow together.
    pub fn pieces(&self) -> u64 {
        self.pieces
    }

    /// The values of its axis in order, as they are assigned; none where it has no parameter along it.
    pub fn places(&self) -> &[Place] {
        if let Kinds::Along { places, .. } = &self.kinds { places } else { &[] }
    }

    /// The unit of its places.
    pub fn unit(&self) -> &'static str {
        if let Kinds::Along { unit, .. } = self.kinds { unit } else { "" }
    }

    /// How many runs a curve or a point is made of; none where it is computed.
    pub fn runs(&self) -> u64 {
        self.seeds
    }

    /// Which setting and which point of it a piece belongs to, and its seed.
    fn place(&self, piece: u64) -> (usize, usize, u64) {
        let (settings, points) = (self.kinds.settings().max(1), self.kinds.points().max(1));
        let (seed, rest) = (piece / (settings * points), piece % (settings * points));
        ((rest / points) as usize, (rest % points) as usize, seed)
    }

    /// A piece, begun.
    pub fn piece(&self, piece: u64) -> Piece {
        let (setting, point, seed) = self.place(piece);
        let template = match &self.kinds {
            Kinds::Computed { part } => {
                return Piece { work: Work::Part(*part, u32::try_from(piece).unwrap_or(u32::MAX)) };
            }
            Kinds::Distribution { templates } => &templates[setting],
            Kinds::Along { templates, .. } => &templates[setting][point],
        };
        Piece { work: Work::Run(Box::new(Measuring::new(template.with_seed(seed), self.measure))) }
    }
}

fn setting(place: &str, cause: Cause) -> BadPlan {
    BadPlan::Setting { place: place.chars().take(60).collect(), cause }
}

/// A run as a setting of a figure asks for it.
fn template(
    lab: &'static dyn Lab,
    asked: &Setting,
    length: Span,
    along: Option<&str>,
) -> Result<Template, BadPlan> {
    let mut run = Run::new(lab);
    run.end = Time(length.0).min(LONGEST);
    for set in asked.set.iter().copied().chain(along) {
        run.parameters.assign(set).map_err(|wrong| setting(set, wrong.into()))?;
    }
    let mut drawn = Vec::new();
    for at in asked.at {
        let (from, to, text) = between(at)?;
        let timed = text::timed(&text).map_err(|wrong| setting(at, wrong))?;
        lab.check(&timed.command, &run.parameters).map_err(|wrong| setting(at, wrong.into()))?;
        match to {
            Some(to) => drawn.push((from, to, timed)),
            None => run.commands.push(timed),
        }
    }
    run.sort();
    Ok(Template { run, drawn })
}

/// Reads `2s..2.075s crash n1`: from when to when its time is drawn, and the command at the first of them.
fn between(at: &str) -> Result<(Time, Option<Time>, String), BadPlan> {
    let (moment, rest) = at.split_once(' ').unwrap_or((at, ""));
    let Some((from, to)) = moment.split_once("..") else { return Ok((Time::ZERO, None, at.to_owned())) };
    let time = |text: &str| text.parse::<Time>().map_err(|wrong| setting(at, wrong.into()));
    Ok((time(from)?, Some(time(to)?), format!("{from} {rest}")))
}

impl Template {
    fn with_seed(&self, seed: u64) -> Run {
        let mut run = self.run.with_seed(seed % SEED_LIMIT);
        for (number, (from, to, timed)) in (0u64..).zip(&self.drawn) {
            let mut draw = Draw::new(seed, Purpose::Workload, u64::MAX, number, 0);
            let at = Moment::at(Time(draw.between(from.0, to.0)));
            run.commands.push(TimedCommand { at, ..timed.clone() });
        }
        run.sort();
        run
    }
}

/// A length of time and the unit it is written in.
fn span(value: &str) -> Option<(Span, &str)> {
    let unit = value.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    Some((value.parse().ok()?, unit))
}

/// Where values stand on an axis, and in which unit: numbers as they are; lengths of time in the unit they are all written
/// in, else in milliseconds; words one after the other.
pub fn places(values: &[&str]) -> (Vec<f64>, &'static str) {
    const UNITS: [(&str, u64); 6] = [
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];
    let numbers: Option<Vec<f64>> =
        values.iter().map(|value| value.trim_end_matches('%').parse().ok()).collect();
    if let Some(numbers) = numbers {
        return (numbers, "");
    }
    let spans: Option<Vec<(Span, &str)>> = values.iter().map(|value| span(value)).collect();
    if let Some(spans) = spans {
        let first = spans.first().map_or("", |(_, unit)| *unit);
        let same = spans.iter().all(|(_, unit)| *unit == first);
        let wanted = if same { first } else { "ms" };
        let (unit, size) = UNITS.into_iter().find(|(unit, _)| *unit == wanted).unwrap_or(("ms", 1_000_000));
        return (spans.iter().map(|(span, _)| span.0 as f64 / size as f64).collect(), unit);
    }
    ((0..values.len()).map(|at| at as f64).collect(), "")
}

/// What is taken of many values, in words.
pub fn words(summary: Summary) -> String {
    match summary {
        Summary::Mean => "mean".to_owned(),
        Summary::Percentile(5_000) => "median".to_owned(),
        Summary::Percentile(of) if of.is_multiple_of(100) => format!("p{}", of / 100),
        Summary::Percentile(of) => format!("p{}", f64::from(of) / 100.0),
    }
}

/// Values that a parameter may take along an axis, for who has none in mind: around what it is now.
pub fn suggested_values(run: &Run, parameter: &str) -> Vec<String> {
    let Ok((_, spec)) = run.parameters.find(parameter) else { return Vec::new() };
    match spec.kind {
        Kind::Switch => vec!["off".to_owned(), "on".to_owned()],
        Kind::Choice(words) => words.iter().map(|word| (*word).to_owned()).collect(),
        Kind::Count { min, max } => {
            let now = run.parameters.count(parameter).max(1);
            let mut values: Vec<i64> = if max - min < 12 {
                (min..=max).collect()
            } else {
                [now / 4, now / 2, now, now * 2, now * 4].map(|value| value.clamp(min, max)).to_vec()
            };
            values.dedup();
            values.iter().map(i64::to_string).collect()
        }
        Kind::Span { min, max } => {
            let now = run.parameters.span(parameter).0.max(1_000);
            let mut values =
                [now / 4, now / 2, now, now * 2, now * 4].map(|value| value.clamp(min.0, max.0)).to_vec();
            values.dedup();
            values.iter().map(|value| Span(*value).written()).collect()
        }
    }
}

/// A run on its way to one figure of it: no judges, no keyframes.
struct Measuring {
    world: Box<dyn Running>,
    trace: Trace,
    run: Run,
    measure: usize,
}

impl Measuring {
    fn new(run: Run, measure: usize) -> Self {
        Self { world: run.lab().start(run.setup()), trace: Trace::default(), run, measure }
    }

    /// Goes on for at most so many events. Its value once it is at its end; how many events that took otherwise.
    fn advance(&mut self, events: u64) -> Option<f64> {
        let room = MOST_EVENTS.saturating_sub(self.world.events().0);
        let until = Moment::end_of(self.run.end);
        let stop = self.world.advance(until, events.min(room), &mut Recorder::into(&mut self.trace));
        if stop == Stop::Budget && events < room {
            return None;
        }
        let values = self.run.lab().measure(&self.trace, self.world.moment().at);
        // Cut short, a run says nothing about the rest of it.
        let whole = !matches!(stop, Stop::Budget | Stop::Stuck(_));
        Some(values.get(self.measure).copied().filter(|_| whole).unwrap_or(f64::NAN))
    }
}

enum Work {
    Run(Box<Measuring>),
    Part(fn(u32) -> Vec<(usize, f64, f64)>, u32),
}

/// A piece of a plan, on its way.
pub struct Piece {
    work: Work,
}

/// What came of a piece.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// The run's value; NaN where it has none.
    Value(f64),
    /// Points: of which curve, x, y.
    Points(Vec<(usize, f64, f64)>),
}

impl Piece {
    /// Goes on for at most so many events. What came of it once it is done, and how many events that took.
    pub fn advance(&mut self, events: u64) -> (Option<Made>, u64) {
        match &mut self.work {
            Work::Part(part, number) => (Some(Made::Points(part(*number))), EVENTS_A_PART),
            Work::Run(measuring) => {
                let before = measuring.world.events().0;
                let made = measuring.advance(events).map(Made::Value);
                (made, (measuring.world.events().0 - before).max(1))
            }
        }
    }

    /// Makes all of it.
    pub fn make(mut self) -> Made {
        loop {
            if let (Some(made), _) = self.advance(u64::MAX) {
                return made;
            }
        }
    }
}

/// A curve of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Its name.
    pub name: String,
    /// x and y, in order of x. Of a distribution: a step up at each value.
    pub points: Vec<(f64, f64)>,
    /// The values it is the distribution of; none where it is not.
    pub spread: Option<Spread>,
}

/// A plan and what has been made of it. See the module.
pub struct Making {
    plan: Arc<Plan>,
    /// By piece; `None` where it is not made yet.
    made: Vec<Option<Made>>,
    done: u64,
    next: u64,
    working: Option<(u64, Piece)>,
}

impl Making {
    /// Of which nothing has been made yet.
    pub fn new(plan: Plan) -> Self {
        let made = vec![None; usize::try_from(plan.pieces).unwrap_or(0)];
        Self { plan: Arc::new(plan), made, done: 0, next: 0, working: None }
    }

    /// The plan, for those who make pieces elsewhere.
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Makes more of it here, for about so many events; whether all is made.
    pub fn advance(&mut self, events: u64) -> bool {
        let mut left = events;
        while left > 0 {
            if self.working.is_none() {
                let Some(next) = self.claim() else { break };
                self.working = Some((next, self.plan.piece(next)));
            }
            let Some((number, piece)) = &mut self.working else { break };
            let number = *number;
            let (made, took) = piece.advance(left);
            left = left.saturating_sub(took);
            if let Some(made) = made {
                self.working = None;
                self.take(number, made);
            }
        }
        self.is_done()
    }

    /// The next piece that nobody makes yet.
    pub fn claim(&mut self) -> Option<u64> {
        (self.next < self.plan.pieces).then(|| {
            self.next += 1;
            self.next - 1
        })
    }

    /// Takes a piece that was made elsewhere.
    pub fn take(&mut self, piece: u64, made: Made) {
        let place = usize::try_from(piece).ok().and_then(|at| self.made.get_mut(at));
        if let Some(place) = place.filter(|place| place.is_none()) {
            *place = Some(made);
            self.done += 1;
        }
    }

    /// Whether all is made.
    pub fn is_done(&self) -> bool {
        self.done == self.plan.pieces
    }

    /// How many pieces are made.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// How much is made, 0 to 1.
    pub fn share(&self) -> f32 {
        if self.plan.pieces == 0 { 1.0 } else { self.done as f32 / self.plan.pieces as f32 }
    }

    /// The curves, as far as they are made.
    pub fn curves(&self) -> Vec<Curve> {
        match &self.plan.kinds {
            Kinds::Distribution { .. } => {
                let of = |(curve, name): (usize, &String)| {
                    let spread = Spread::new(self.values(curve, 0));
                    Curve { name: name.clone(), points: spread.steps(), spread: Some(spread) }
                };
                self.plan.names.iter().enumerate().map(of).collect()
            }
            Kinds::Along { places, summaries, .. } => {
                let of = |(curve, name): (usize, &String)| {
                    let (setting, summary) = (curve / summaries.len(), summaries[curve % summaries.len()]);
                    let point = |(point, place): (usize, &Place)| {
                        Some((place.0, spread::summary(&self.values(setting, point), summary)?))
                    };
                    let mut points: Vec<_> = places.iter().enumerate().filter_map(point).collect();
                    points.sort_by(|a, b| a.0.total_cmp(&b.0));
                    Curve { name: name.clone(), points, spread: None }
                };
                self.plan.names.iter().enumerate().map(of).collect()
            }
            Kinds::Computed { .. } => self.computed(),
        }
    }

    /// The values made so far, in the order of their seeds.
    fn values(&self, setting: usize, point: usize) -> Vec<f64> {
        let (settings, points) = (self.plan.kinds.settings() as usize, self.plan.kinds.points() as usize);
        let value = |made: &Option<Made>| match made {
            Some(Made::Value(value)) => Some(*value),
            _ => None,
        };
        let apart = (settings * points).max(1);
        self.made.iter().skip(setting * points + point).step_by(apart).filter_map(value).collect()
    }

    fn computed(&self) -> Vec<Curve> {
        let empty = |name: &String| Curve { name: name.clone(), points: Vec::new(), spread: None };
        let mut curves: Vec<Curve> = self.plan.names.iter().map(empty).collect();
        for made in self.made.iter().flatten() {
            let Made::Points(points) = made else { continue };
            for &(curve, x, y) in points {
                if let Some(curve) = curves.get_mut(curve) {
                    curve.points.push((x, y));
                }
            }
        }
        for curve in &mut curves {
            curve.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        curves
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raft() -> Run {
        let mut run = Run::new(catalog::lab("raft").unwrap());
        run.end = Time::millis(2_000);
        run
    }

    /// All of it at once, the pieces in another order.
    fn backwards(plan: &Plan) -> Making {
        let mut making = Making::new(plan.clone());
        for piece in (0..plan.pieces()).rev() {
            making.take(piece, plan.piece(piece).make());
        }
        making
    }

    #[test]
    fn slices_and_pieces_make_the_same() {
        let mut run = raft();
        run.chaos = sim::chaos::Level::Low;
        let plan = Plan::distribution(&run, "answered", 9).unwrap();
        let mut slices = Making::new(plan.clone());
        let mut count = 0;
        while !slices.advance(70) {
            count += 1;
        }
        assert!(count > 9, "each run took several slices");
        assert_eq!(slices.curves(), backwards(&plan).curves());
        let curves = slices.curves();
        let spread = curves[0].spread.as_ref().unwrap();
        assert_eq!(spread.runs(), 9);
        let alone = crate::sweep::one(&run, 0).measures;
        let at = run.lab().measures().iter().position(|measure| measure.id == "answered").unwrap();
        assert!(spread.values().contains(&alone[at]), "the first seed is among them");
    }

    #[test]
    fn a_parameter_varies_along_the_axis() {
        let values: Vec<String> = ["100ms", "300ms", "900ms"].map(str::to_owned).to_vec();
        let summaries = [Summary::Percentile(5_000), Summary::Mean];
        let plan = Plan::along(&raft(), "answered", "think", &values, &summaries, 3).unwrap();
        assert_eq!(plan.pieces(), 9, "both curves are of the same runs");
        let curves = backwards(&plan).curves();
        assert_eq!((curves[0].name.as_str(), curves[1].name.as_str()), ("median", "mean"));
        assert_eq!(curves[1].points.len(), 3);
        let points = &curves[0].points;
        assert_eq!(points.iter().map(|point| point.0).collect::<Vec<_>>(), [100.0, 300.0, 900.0]);
        assert!(points[0].1 > points[1].1 && points[1].1 > points[2].1, "{points:?}");
    }

    #[test]
    fn what_cannot_be_is_told() {
        let told = |wrong: BadPlan| wrong.to_string();
        let no = Plan::distribution(&raft(), "joy", 5).err().map(told).unwrap();
        assert!(no.contains("“joy”") && no.contains("leaderless"), "{no}");
        assert!(Plan::distribution(&raft(), "answered", 0).is_err());
        assert!(Plan::distribution(&raft(), "answered", MOST_RUNS + 1).is_err());
        let along = |parameter: &str, values: &[&str]| {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            Plan::along(&raft(), "answered", parameter, &values, &[Summary::Mean], 2)
        };
        assert!(along("nodes", &["3"]).is_err() && along("nodes", &["3"; MOST_VALUES + 1]).is_err());
        let no = along("nodes", &["3", "99"]).err().map(told).unwrap();
        assert!(no.starts_with("nodes=99: "), "{no}");
        assert!(along("mood", &["3", "4"]).is_err());
        let wrong: [&'static [&'static str]; 4] =
            [&["2s..x crash n1"], &["2s..3s fly"], &["x crash n1"], &["1s crash n99"]];
        for at in wrong {
            let asked = Setting { name: "", set: &[], at };
            assert!(template(raft().lab(), &asked, Span::secs(5), None).is_err(), "{at:?}");
        }
    }

    #[test]
    fn a_time_between_two_is_drawn_by_the_seed() {
        let asked = Setting { name: "", set: &[], at: &["3s heal", "1s..2s crash n1"] };
        let template = template(raft().lab(), &asked, Span::secs(5), None).unwrap();
        let at = |seed| template.with_seed(seed).commands[0].at.at;
        let times: Vec<Time> = (0..100).map(at).collect();
        assert!(times.iter().all(|time| (1_000..2_000).contains(&(time.0 / 1_000_000))));
        let early = times.iter().filter(|time| time.0 < 1_500_000_000).count();
        assert!((30..70).contains(&early), "{early} of 100 in the first half");
        assert_eq!(at(7), at(7));
    }

    #[test]
    fn a_computed_figure_takes_its_parts() {
        fn part(number: u32) -> Vec<(usize, f64, f64)> {
            vec![(0, f64::from(10 - number), 1.0), (1, f64::from(number), 2.0), (9, 0.0, 0.0)]
        }
        let plan = Plan {
            names: vec!["a".to_owned(), "b".to_owned()],
            kinds: Kinds::Computed { part },
            measure: 0,
            seeds: 0,
            pieces: 3,
        };
        let mut making = Making::new(plan);
        assert!(!making.advance(1));
        while !making.advance(EVENTS_A_PART) {}
        assert_eq!(making.curves()[0].points, [(8.0, 1.0), (9.0, 1.0), (10.0, 1.0)]);
        assert_eq!(making.share(), 1.0);
    }

    #[test]
    fn values_have_places() {
        let of = |values: &[&str]| places(values);
        assert_eq!(of(&["150ms", "1ms"]), (vec![150.0, 1.0], "ms"));
        assert_eq!(of(&["1.5s", "300ms"]), (vec![1500.0, 300.0], "ms"));
        assert_eq!(of(&["7", "0.25"]), (vec![7.0, 0.25], ""));
        assert_eq!(of(&["index", "lease"]), (vec![0.0, 1.0], ""));
        assert_eq!(suggested_values(&raft(), "reads"), ["index", "lease"]);
        assert_eq!(suggested_values(&raft(), "nodes"), ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
        assert_eq!(suggested_values(&raft(), "think"), ["75ms", "150ms", "300ms", "600ms", "1.2s"]);
        assert!(suggested_values(&raft(), "mood").is_empty());
    }
}
