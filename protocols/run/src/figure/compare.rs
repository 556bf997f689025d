//! Ours beside what was published: the same quantiles of both, the same cells of a table, and how far apart they are.

use super::Curve;
use sim::figure::{self, Figure, Ours};

/// Quantiles that distributions are compared at, each with its name.
pub const QUANTILES: &[(f64, &str)] = &[(0.05, "p5"), (0.5, "median"), (0.95, "p95"), (0.99, "p99")];

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
/// Of a distribution these are its [`QUANTILES`]; of a table its cells; of curves along an axis the points that were
/// published.
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
    let mut places: Vec<f64> = Vec::new();
    let all = published.into_iter().flat_map(|curve| curve.points.iter().map(|point| point.0));
    let ours = made.into_iter().flat_map(|curve| curve.points.iter().map(|point| point.0));
    for x in all.chain(ours) {
        if !places.contains(&x) {
            places.push(x);
        }
    }
    places.sort_by(f64::total_cmp);
    let at = |points: &[(f64, f64)], x: f64| points.iter().find(|point| point.0 == x).map(|point| point.1);
    let point = |x: f64| {
        let published = published.and_then(|curve| at(curve.points, x));
        pair(place(figure, x), published, made.and_then(|curve| at(&curve.points, x)))
    };
    places.into_iter().map(point).collect()
}

/// A place on the figure's axis, in words.
fn place(figure: &Figure, x: f64) -> String {
    let at = if x >= 0.0 && x.fract() == 0.0 { figure.x.categories.get(x as usize) } else { None };
    at.map_or_else(|| format!("{x}"), |name| (*name).to_owned())
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
    fn differences_are_parts_of_what_was_published() {
        let pair = |published, ours| Pair { curve: String::new(), what: String::new(), published, ours };
        assert_eq!(pair(Some(100.0), Some(110.0)).difference().map(|by| (by * 100.0).round()), Some(10.0));
        assert_eq!(pair(Some(0.0), Some(1.0)).difference(), None);
        assert_eq!(pair(None, Some(1.0)).difference(), None);
    }
}
