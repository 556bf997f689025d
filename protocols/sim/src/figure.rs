//! What a lab has to show as curves: plots over the time of one run, and published figures that many runs reproduce.
//!
//! Here is only what a figure is. Runs are made of it elsewhere, in slices; floats are at home here, for nothing of this
//! reaches a run.

use crate::time::Span;

/// Curves over the time of one run, all in one unit.
#[derive(Clone, Copy, Debug)]
pub struct Plot {
    /// Its name in commands: `queues`.
    pub id: &'static str,
    /// `Requests waiting`
    pub title: &'static str,
    /// `requests`, `ms`, `1/s`
    pub unit: &'static str,
    /// What it shows, in a sentence.
    pub doc: &'static str,
    /// The curves.
    pub lines: &'static [Line],
}

/// A curve over the time of a run.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// `answered`; a quantity of each actor is drawn once an actor, named after it.
    pub name: &'static str,
    /// What it shows.
    pub quantity: Quantity,
}

/// A quantity that changes over the time of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Operations answered ok, a second.
    Answered,
    /// Operations that failed or were given up, a second.
    Unanswered,
    /// Operations asked, a second.
    Asked,
    /// How long answered operations took, in milliseconds: this many of ten thousand took no longer (9 900 is the 99th
    /// percentile).
    Latency(u16),
    /// The number at a place of a fact's values, as each actor said it last.
    Fact {
        /// The fact's name.
        name: &'static str,
        /// The place among its values.
        value: u8,
        /// Summed over all actors, rather than one curve each.
        sum: bool,
    },
}

/// A published figure or table, and how it is made again.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Its name in commands: `election-time`.
    pub id: &'static str,
    /// `Time without a leader`
    pub title: &'static str,
    /// Paper and place.
    pub source: &'static str,
    /// What it says, in a sentence or two; and where ours must differ from the paper, why.
    pub doc: &'static str,
    /// What lies to the right.
    pub x: Axis,
    /// What lies upwards.
    pub y: Axis,
    /// What was published: curves, or a table's columns. Empty where the paper gives none in numbers.
    pub published: &'static [Curve],
    /// How ours are made.
    pub ours: Ours,
    /// How far ours may lie from the published values, as a test holds it: `medians within a quarter`.
    pub tolerance: &'static str,
}

/// An axis.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    /// `time after the crash`
    pub name: &'static str,
    /// `ms`
    pub unit: &'static str,
    /// Drawn by its logarithm.
    pub log: bool,
    /// Names of its values 0, 1, 2, … where they are no amounts. A figure whose `x` has them is drawn as bars: a group a
    /// name, in it the published value beside ours.
    pub categories: &'static [&'static str],
}

/// A curve of known points, in order.
#[derive(Clone, Copy, Debug)]
pub struct Curve {
    /// Its name; ours of the same name is drawn in the same colour.
    pub name: &'static str,
    /// x and y.
    pub points: &'static [(f64, f64)],
}

/// How our curves of a figure are made.
#[derive(Clone, Copy, Debug)]
pub enum Ours {
    /// The distribution of a measure over many seeds, one curve a setting: the share of runs (0 to 1) upwards. A run that
    /// has no value (the leader is not back when it ends) lies beyond every value.
    Distribution {
        /// The lab's measure.
        measure: &'static str,
        /// The curves.
        settings: &'static [Setting],
        /// How many runs a curve.
        seeds: u64,
        /// How long each run is.
        length: Span,
    },
    /// A summary of a measure as one parameter varies.
    Along {
        /// The parameter along the axis.
        parameter: &'static str,
        /// Its values, as they are assigned; the number in each is its place on the axis.
        values: &'static [&'static str],
        /// The lab's measure.
        measure: &'static str,
        /// What of it.
        summary: Summary,
        /// The curves.
        settings: &'static [Setting],
        /// How many runs a point.
        seeds: u64,
        /// How long each run is.
        length: Span,
    },
    /// Computed from the algorithm itself, in parts that each take some milliseconds.
    Computed {
        /// The curves' names.
        names: &'static [&'static str],
        /// How many parts.
        parts: u32,
        /// What a part adds: which curve, x, y.
        part: fn(u32) -> Vec<(usize, f64, f64)>,
    },
}

/// The parameters and commands of a curve.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name, as the published curve's where there is one.
    pub name: &'static str,
    /// Assignments: `election_min=150ms`.
    pub set: &'static [&'static str],
    /// Commands, each with its time: `2s crash @leader`; or with two, between which it is drawn anew for each seed:
    /// `2s..2.075s crash @leader`.
    pub at: &'static [&'static str],
}

/// What is taken of many values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Summary {
    /// The mean.
    Mean,
    /// This many of ten thousand are no larger.
    Percentile(u16),
}
