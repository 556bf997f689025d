//! The arithmetic of distributions: shares, quantiles, steps, bins.

use sim::figure::Summary;

/// The values of many runs, sorted. A run without a value lies beyond every value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    values: Vec<f64>,
    beyond: u64,
}

/// How many runs have a value from one bound to before the other (the last bin holds its upper bound too).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// From here.
    pub from: f64,
    /// To here.
    pub to: f64,
    /// So many.
    pub count: u64,
}

impl Spread {
    /// Of these values; one that is not finite lies beyond.
    pub fn new(values: Vec<f64>) -> Self {
        let all = values.len();
        let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        Self { beyond: (all - values.len()) as u64, values }
    }

    /// The values, in order.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// How many runs there are.
    pub fn runs(&self) -> u64 {
        self.values.len() as u64 + self.beyond
    }

    /// How many of them have no value.
    pub fn beyond(&self) -> u64 {
        self.beyond
    }

    /// The value that this share of all runs does not exceed (nearest rank); none where that lies beyond.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let rank = (self.runs() as f64 * share).ceil().max(1.0) as usize;
        self.values.get(rank - 1).copied()
    }

    /// The mean; none where a run lies beyond, for then nobody knows it.
    pub fn mean(&self) -> Option<f64> {
        let sum = || self.values.iter().sum::<f64>() / self.values.len() as f64;
        (self.beyond == 0 && !self.values.is_empty()).then(sum)
    }

    /// The share of all runs that is reached at each value: a step up at each.
    pub fn steps(&self) -> Vec<(f64, f64)> {
        let all = self.runs().max(1) as f64;
        let mut steps: Vec<(f64, f64)> = Vec::with_capacity(self.values.len());
        for (count, value) in (1u64..).zip(&self.values) {
            let share = count as f64 / all;
            match steps.last_mut() {
                Some(last) if last.0 == *value => last.1 = share,
                _ => steps.push((*value, share)),
            }
        }
        steps
    }

    /// The values in about so many bins whose bounds are round numbers.
    pub fn bins(&self, about: usize) -> Vec<Bin> {
        let (Some(first), Some(last)) = (self.values.first().copied(), self.values.last().copied()) else {
            return Vec::new();
        };
        let width = round_step((last - first) / about.max(1) as f64);
        if width == 0.0 {
            return vec![Bin { from: first, to: first, count: self.values.len() as u64 }];
        }
        let start = (first / width).floor() * width;
        let count = (((last - start) / width).floor() as usize + 1).min(4 * about.max(1) + 2);
        let bin = |at: usize| Bin {
            from: start + at as f64 * width,
            to: start + (at + 1) as f64 * width,
            count: 0,
        };
        let mut bins: Vec<Bin> = (0..count).map(bin).collect();
        for value in &self.values {
            let at = (((value - start) / width).floor().max(0.0) as usize).min(count - 1);
            bins[at].count += 1;
        }
        bins
    }
}

/// What is taken of many values; none where there is none, or where it lies beyond.
pub fn summary(values: &[f64], summary: Summary) -> Option<f64> {
    match summary {
        // In the order given, so that the sum is the same whoever made them.
        Summary::Mean => {
            let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
            (finite.len() == values.len() && !finite.is_empty())
                .then(|| finite.iter().sum::<f64>() / finite.len() as f64)
        }
        Summary::Percentile(of) => Spread::new(values.to_vec()).quantile(f64::from(of) / 10_000.0),
    }
}

/// The least of 1, 2, 5, 10, 20, … (or their tenths) that is no smaller than this; 0 where that is 0 or no number.
pub fn round_step(least: f64) -> f64 {
    if least <= 0.0 || !least.is_finite() {
        return 0.0;
    }
    let power = 10f64.powi(least.log10().floor() as i32);
    // A step that is round already stays, though its logarithm may be off by the last bit.
    let rounds = |by: &f64| by * power >= least * (1.0 - 1e-9);
    [1.0, 2.0, 5.0, 10.0].into_iter().find(rounds).unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_count_the_runs_that_have_no_value() {
        let spread = Spread::new(vec![3.0, f64::NAN, 1.0, 2.0]);
        assert_eq!((spread.runs(), spread.beyond()), (4, 1));
        assert_eq!(spread.quantile(0.25), Some(1.0));
        assert_eq!(spread.quantile(0.5), Some(2.0));
        assert_eq!(spread.quantile(0.75), Some(3.0));
        assert_eq!(spread.quantile(0.76), None, "it lies beyond");
        assert_eq!(spread.mean(), None);
        assert_eq!(Spread::new(vec![1.0, 2.0]).mean(), Some(1.5));
        assert_eq!(Spread::default().quantile(0.5), None);
    }

    #[test]
    fn steps_end_where_the_runs_with_a_value_do() {
        assert_eq!(Spread::new(vec![2.0, 1.0, 2.0, f64::INFINITY]).steps(), [(1.0, 0.25), (2.0, 0.75)]);
    }

    #[test]
    fn bins_are_round_and_hold_every_value() {
        let values: Vec<f64> = (0..1000).map(|n| 3.0 + f64::from(n) * 0.1).collect();
        let bins = Spread::new(values).bins(10);
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<u64>(), 1000);
        assert_eq!((bins[0].from, bins[0].to), (0.0, 10.0));
        assert!(bins.windows(2).all(|pair| pair[0].to == pair[1].from));
        assert_eq!(Spread::new(vec![7.0, 7.0]).bins(10), [Bin { from: 7.0, to: 7.0, count: 2 }]);
        assert!(Spread::new(vec![f64::NAN]).bins(10).is_empty());
    }

    #[test]
    fn steps_of_an_axis_are_round() {
        for (least, step) in [(0.3, 0.5), (1.0, 1.0), (1.1, 2.0), (60.0, 100.0), (1e-7, 1e-7), (0.0, 0.0)] {
            assert!((round_step(least) - step).abs() <= 1e-12 * step, "{least}: {}", round_step(least));
        }
        assert_eq!(round_step(f64::NAN), 0.0);
    }
}
