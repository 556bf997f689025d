//! Ours beside what was published: the same quantiles of both, the same cells of a table, and how far apart they are.

use super::Curve;
use sim::figure::{self, Figure, Ours};

/// Quantiles that distributions are compared at, each with its name.
pub const QUANTILES: &[(f64, &str)] = &[(0.05, "p5"), (0.5, "median"), (0.95, "p95"), (0.99, "p99")];

/// Ours stands beside a published point that lies no further from it along the axis than this part of the whole.
const NEAR: f64 = 0.01;

/// A value of a figure: as published, and ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The curve.
    pub curve: String,
    /// Which value of it: `median`, `R=1, W=2`, `150`.
    pub what: String,
    /// As published, where it was.
    pub published: Option<f64>,
    /// Ours, where it is made and no run that decides it lies beyond.
    pub ours: Option<f64>,
}

impl Pair {
    /// How much larger ours is, as a part of the published one: 0.1 is ten per cent.
    pub fn difference(&self) -> Option<f64> {
        let (published, ours) = (self.published?, self.ours?);
        (published != 0.0).then(|| ours / published - 1.0)
    }
}

/// Every value that can be laid beside each other, curve by curve.
///
/// Of a distribution these are its [`QUANTILES`]; of a table its cells; of curves along an axis all their points, ours
/// beside the published one that it is as good as at.
pub fn pairs(figure: &Figure, ours: &[Curve]) -> Vec<Pair> {
    let names = names(figure, ours);
    names.iter().flat_map(|name| of_curve(figure, name, ours)).collect()
}

/// The names of all curves, published ones first, each once.
pub fn names(figure: &Figure, ours: &[Curve]) -> Vec<String> {
    let mut names: Vec<String> = figure.published.iter().map(|curve| curve.name.to_owned()).collect();
    for curve in ours {
        if !names.contains(&curve.name) {
            names.push(curve.name.clone());
        }
    }
    names
}

fn of_curve(figure: &Figure, name: &str, ours: &[Curve]) -> Vec<Pair> {
    let published = figure.published.iter().find(|curve| curve.name == name);
    let made = ours.iter().find(|curve| curve.name == name);
    let pair = |what: String, published: Option<f64>, ours: Option<f64>| Pair {
        curve: name.to_owned(),
        what,
        published,
        ours,
    };
    if matches!(figure.ours, Ours::Distribution { .. }) {
        let quantile = |(share, what): &(f64, &str)| {
            let ours = made.and_then(|curve| curve.spread.as_ref()?.quantile(*share));
            pair((*what).to_owned(), published.and_then(|curve| at_share(curve, *share)), ours)
        };
        return QUANTILES.iter().map(quantile).collect();
    }
    let theirs: &[(f64, f64)] = published.map_or(&[], |curve| curve.points);
    let ours: &[(f64, f64)] = made.map_or(&[], |curve| &curve.points);
    let ends = theirs.iter().chain(ours).map(|point| point.0);
    let (low, high) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
    let near = if figure.x.categories.is_empty() { (high - low) * NEAR } else { 0.0 };
    let mut places: Vec<f64> = Vec::new();
    for (x, _) in theirs.iter().chain(ours) {
        // A published curve may stand still or jump at a place: ours alone is moved to it.
        let is_theirs = theirs.iter().any(|point| point.0 == *x);
        let taken = |place: &f64| place == x || !is_theirs && nearest(theirs, *x, near).is_some();
        if !places.iter().any(taken) {
            places.push(*x);
        }
    }
    places.sort_by(f64::total_cmp);
    let point = |x: f64| {
        let (theirs, ours) = (nearest(theirs, x, 0.0), nearest(ours, x, near));
        pair(place(figure, x), theirs, ours)
    };
    places.into_iter().map(point).collect()
}

/// The value at the place nearest to `x`, if that is no further away than `near`.
fn nearest(points: &[(f64, f64)], x: f64, near: f64) -> Option<f64> {
    let away = |point: &&(f64, f64)| (point.0 - x).abs();
    let within = points.iter().filter(|point| away(point) <= near);
    within.min_by(|one, other| away(one).total_cmp(&away(other))).map(|point| point.1)
}

/// A place on the figure's axis, in words.
fn place(figure: &Figure, x: f64) -> String {
    let at = if x >= 0.0 && x.fract() == 0.0 { figure.x.categories.get(x as usize) } else { None };
    at.map_or_else(|| format!("{}", four_figures(x)), |name| (*name).to_owned())
}

/// A number rounded to the four figures that count.
fn four_figures(x: f64) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let power = 10f64.powi((3 - x.abs().log10().floor() as i32).max(0));
    (x * power).round() / power
}

/// Where a published distribution reaches a share, between the points that were printed on a straight line.
pub fn at_share(curve: &figure::Curve, share: f64) -> Option<f64> {
    let at = curve.points.iter().position(|point| point.1 >= share)?;
    let (x, y) = curve.points[at];
    let Some((x0, y0)) = at.checked_sub(1).map(|before| curve.points[before]) else {
        return (y == share).then_some(x);
    };
    if y == y0 { Some(x) } else { Some(x0 + (x - x0) * (share - y0) / (y - y0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_share_lies_between_its_points() {
        let curve = figure::Curve { name: "a", points: &[(10.0, 0.05), (20.0, 0.5), (40.0, 1.0)] };
        assert_eq!(at_share(&curve, 0.5), Some(20.0));
        assert_eq!(at_share(&curve, 0.05), Some(10.0));
        assert_eq!(at_share(&curve, 0.75), Some(30.0));
        assert_eq!(at_share(&curve, 0.01), None, "nothing is known below the first point");
        let cut = figure::Curve { name: "a", points: &[(10.0, 0.05), (20.0, 0.5)] };
        assert_eq!(at_share(&cut, 0.95), None);
    }

    #[test]
    fn ours_stands_beside_what_it_is_as_good_as_at() {
        let axis = |name| figure::Axis { name, unit: "", log: false, categories: &[] };
        let figure = Figure {
            id: "saw",
            title: "",
            source: "",
            doc: "",
            x: axis("time"),
            y: axis("doubt"),
            published: &[figure::Curve { name: "a", points: &[(0.0, 1.0), (30.0, 7.0), (60.0, 7.0)] }],
            ours: Ours::Computed { names: &["a"], parts: 1, part: |_| Vec::new() },
            tolerance: "",
        };
        let points = vec![(0.102_000_001, 1.1), (20.0, 5.0), (30.1, 7.1)];
        let ours = Curve { name: "a".to_owned(), points, spread: None };
        let told: Vec<_> =
            pairs(&figure, &[ours]).into_iter().map(|pair| (pair.what, pair.published, pair.ours)).collect();
        let expected = [
            ("0", Some(1.0), Some(1.1)),
            ("20", None, Some(5.0)),
            ("30", Some(7.0), Some(7.1)),
            ("60", Some(7.0), None),
        ];
        assert_eq!(told, expected.map(|(what, published, ours)| (what.to_owned(), published, ours)));
        assert_eq!(four_figures(1.967_846_903), 1.968);
        assert_eq!((four_figures(123_456.0), four_figures(0.0)), (123_456.0, 0.0));
    }

    #[test]
    fn differences_are_parts_of_what_was_published() {
        let pair = |published, ours| Pair { curve: String::new(), what: String::new(), published, ours };
        assert_eq!(pair(Some(100.0), Some(110.0)).difference().map(|by| (by * 100.0).round()), Some(10.0));
        assert_eq!(pair(Some(0.0), Some(1.0)).difference(), None);
        assert_eq!(pair(None, Some(1.0)).difference(), None);
    }
}
