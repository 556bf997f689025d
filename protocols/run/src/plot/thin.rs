//! Long curves, thinned to what a picture can show.

/// A curve's points in order of time, with the bounds of each stretch of them, so that a stretch need not be looked at
/// point by point.
#[derive(Clone, Debug, Default)]
pub struct Series {
    points: Vec<(f64, f64)>,
    /// Lowest and highest of each [`STRETCH`] points.
    bounds: Vec<(f64, f64)>,
    steps: bool,
}

const STRETCH: usize = 256;

impl Series {
    /// A curve whose value lies between two points on the line between them.
    pub fn sloping() -> Self {
        Self::default()
    }

    /// A curve that holds its value until the next point.
    pub fn steps() -> Self {
        Self { steps: true, ..Self::default() }
    }

    /// Whether it holds its value until the next point.
    pub fn is_steps(&self) -> bool {
        self.steps
    }

    /// Adds a point, no earlier than the last. NaN is a gap.
    pub fn push(&mut self, at: f64, value: f64) {
        if self.points.len().is_multiple_of(STRETCH) {
            self.bounds.push((f64::INFINITY, f64::NEG_INFINITY));
        }
        if let Some((low, high)) = self.bounds.last_mut() {
            (*low, *high) = (low.min(value), high.max(value));
        }
        self.points.push((at, value));
    }

    /// Its points.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }

    /// Its value at a time: the last one said, or on the line between two; none before the first, and in a gap.
    pub fn value(&self, at: f64) -> Option<f64> {
        let next = self.points.partition_point(|point| point.0 <= at);
        let (before, value) = *self.points.get(next.checked_sub(1)?)?;
        let sloping = self.points.get(next).filter(|_| !self.steps);
        let value = match sloping {
            Some((after, to)) if *after > before => value + (to - value) * (at - before) / (after - before),
            _ => value,
        };
        value.is_finite().then_some(value)
    }

    /// The lowest and highest value of a range of points.
    fn bounds(&self, mut from: usize, to: usize) -> (f64, f64) {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        while from < to {
            if from.is_multiple_of(STRETCH) && from + STRETCH <= to {
                let (least, most) = self.bounds[from / STRETCH];
                (low, high) = (low.min(least), high.max(most));
                from += STRETCH;
            } else {
                let value = self.points[from].1;
                (low, high) = (low.min(value), high.max(value));
                from += 1;
            }
        }
        (low, high)
    }

    /// The lowest and highest value between two times, of the point before them too; none where there is none.
    pub fn range(&self, from: f64, to: f64) -> Option<(f64, f64)> {
        let start = self.points.partition_point(|point| point.0 < from).saturating_sub(1);
        let end = self.points.partition_point(|point| point.0 <= to);
        let (low, high) = self.bounds(start, end.max(start));
        (low <= high).then_some((low, high))
    }

    /// What is to be drawn between two times in so many columns, from the last point before to the first one after: the
    /// points themselves where they are few, else of each column its first, lowest, highest and last.
    pub fn thinned(&self, from: f64, to: f64, columns: usize) -> Vec<(f64, f64)> {
        let start = self.points.partition_point(|point| point.0 < from).saturating_sub(1);
        let end = (self.points.partition_point(|point| point.0 <= to) + 1).min(self.points.len());
        let columns = columns.max(1);
        if end.saturating_sub(start) <= 4 * columns {
            return self.points.get(start..end).unwrap_or_default().to_vec();
        }
        let mut thin = Vec::with_capacity(4 * columns + 2);
        let mut at = start;
        for column in 1..=columns {
            let until = from + (to - from) * column as f64 / columns as f64;
            let next = at + self.points[at..end].partition_point(|point| point.0 < until);
            if next == at {
                continue;
            }
            let (first, last) = (self.points[at], self.points[next - 1]);
            thin.push(first);
            if next - at > 2 {
                let (low, high) = self.bounds(at, next);
                let middle = f64::midpoint(first.0, last.0);
                if low <= high {
                    thin.extend([(middle, low), (middle, high)]);
                }
            }
            if next - at > 1 {
                thin.push(last);
            }
            at = next;
        }
        thin.extend_from_slice(&self.points[at..end]);
        thin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saw(count: u32) -> Series {
        let mut series = Series::steps();
        for at in 0..count {
            series.push(f64::from(at) / 100.0, f64::from(at % 10) + if at == 777 { 100.0 } else { 0.0 });
        }
        series
    }

    #[test]
    fn thinning_keeps_extremes_and_is_short() {
        let series = saw(100_000);
        let thin = series.thinned(0.0, 1_000.0, 300);
        assert!(thin.len() <= 4 * 300 + 2, "{}", thin.len());
        assert!(thin.is_sorted_by(|a, b| a.0 <= b.0));
        assert_eq!(thin.iter().map(|point| point.1).fold(f64::MIN, f64::max), 107.0, "the one peak is there");
        assert_eq!(thin[0], (0.0, 0.0));
        assert_eq!(thin[thin.len() - 1].0, 999.99);
    }

    #[test]
    fn few_points_are_drawn_as_they_are_with_their_neighbours() {
        let series = saw(1_000);
        let near = series.thinned(5.001, 5.052, 300);
        let times: Vec<f64> = near.iter().map(|point| (point.0 * 100.0).round()).collect();
        assert_eq!(times, [500.0, 501.0, 502.0, 503.0, 504.0, 505.0, 506.0]);
        assert!(series.thinned(50.0, 60.0, 10).len() == 1, "the last value still holds");
        assert!(Series::steps().thinned(0.0, 1.0, 10).is_empty());
    }

    #[test]
    fn a_range_by_stretches_is_that_of_all_points() {
        let series = saw(3_000);
        for (from, to) in [(0.0, 30.0), (0.0, 7.0), (7.5, 8.5), (2.555, 2.565), (29.9, 99.0)] {
            let start = series.points().iter().rposition(|point| point.0 < from).unwrap_or(0);
            let among = series.points()[start..].iter().filter(|point| point.0 <= to).map(|point| point.1);
            let slow = among.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
            assert_eq!(series.range(from, to), Some(slow), "{from} to {to}");
        }
        assert_eq!(Series::sloping().range(0.0, 1.0), None);
    }

    #[test]
    fn values_hold_or_slope() {
        let mut steps = Series::steps();
        let mut slope = Series::sloping();
        for series in [&mut steps, &mut slope] {
            series.push(1.0, 10.0);
            series.push(2.0, 20.0);
            series.push(3.0, f64::NAN);
        }
        assert_eq!((steps.value(1.5), slope.value(1.5)), (Some(10.0), Some(15.0)));
        assert_eq!((steps.value(0.5), slope.value(3.5)), (None, None));
        assert_eq!((steps.value(2.5), slope.value(2.5)), (Some(20.0), None), "beside a gap nothing is known");
    }
}
