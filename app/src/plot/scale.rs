//! Values along an axis. Pure.

use eframe::egui::Rangef;
use run::figure::spread::round_step;

use crate::amount::amount;

/// Values and points along one axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// The value at the beginning.
    pub from: f64,
    /// The value at the end.
    pub to: f64,
    /// By its logarithm.
    pub log: bool,
    /// Where the axis begins and ends, in points; upwards it ends at the lesser one.
    pub across: Rangef,
}

/// The least value of an axis by logarithm, where none is larger than nothing.
const LEAST: f64 = 1e-9;
/// At most so many ticks.
const TICKS: usize = 24;

impl Scale {
    /// An axis that shows from the least to the greatest value. One by its logarithm begins and ends at 1, 2 or 5 times a
    /// power of ten; another at round numbers, at nothing where all are positive.
    pub fn around(low: f64, high: f64, log: bool, across: Rangef, apart: f32) -> Self {
        let sane = low.is_finite() && high.is_finite() && low <= high;
        let (low, high) = if sane { (low, high) } else { (0.0, 1.0) };
        if !log {
            let low = low.min(0.0);
            return Self::between(low, if high > low { high } else { low + 1.0 }, across, apart);
        }
        let low = if low > 0.0 { low } else { LEAST.max(high / 1e3) };
        let high = if high > low { high } else { low * 10.0 };
        Self { from: rounded_down(low), to: rounded_up(high), log, across }
    }

    /// From a round value below the lowest to one above the highest, wherever that is.
    pub fn between(low: f64, high: f64, across: Rangef, apart: f32) -> Self {
        let count = f64::from(((across.max - across.min).abs() / apart.max(1.0)).max(1.0));
        let step = round_step((high - low) / count);
        let (from, to) = ((low / step).floor() * step, (high / step - 1e-9).ceil() * step);
        Self { from, to, log: false, across }
    }

    /// A value's part of the way, 0 at the beginning.
    fn part(&self, value: f64) -> f64 {
        let part = if self.log {
            let (from, to) = (self.from.max(LEAST).log10(), self.to.max(LEAST).log10());
            (value.max(LEAST).log10() - from) / (to - from).max(1e-12)
        } else {
            (value - self.from) / (self.to - self.from).max(1e-300)
        };
        // Far outside is only far.
        if part.is_nan() { 0.0 } else { part.clamp(-100.0, 100.0) }
    }

    /// Where a value stands, from left to right.
    pub fn x(&self, value: f64) -> f32 {
        self.across.min + self.across.span() * self.part(value) as f32
    }

    /// Where a value stands, from the bottom upwards.
    pub fn y(&self, value: f64) -> f32 {
        self.across.max - self.across.span() * self.part(value) as f32
    }

    /// The value at a place, from left to right.
    pub fn value(&self, x: f32) -> f64 {
        let part = f64::from((x - self.across.min) / self.across.span().max(1e-6));
        if self.log {
            let (from, to) = (self.from.max(LEAST).log10(), self.to.max(LEAST).log10());
            10f64.powf(from + (to - from) * part)
        } else {
            self.from + (self.to - self.from) * part
        }
    }

    /// Round values, about so many points apart or more.
    pub fn ticks(&self, apart: f32) -> Vec<f64> {
        let count = f64::from((self.across.span() / apart.max(1.0)).max(1.0));
        if !self.log {
            let step = round_step((self.to - self.from) / count);
            if step <= 0.0 {
                return vec![self.from];
            }
            let (first, last) = ((self.from / step - 1e-9).ceil(), (self.to / step + 1e-9).floor());
            let ticks = (0..TICKS).map(|n| first + n as f64).take_while(|n| *n <= last);
            return ticks.map(|n| n * step).collect();
        }
        let decades = (self.to.max(LEAST) / self.from.max(LEAST)).log10();
        let rounds: &[f64] = match count / decades.max(1e-9) {
            many if many >= 3.0 => &[1.0, 2.0, 5.0],
            many if many >= 2.0 => &[1.0, 3.0],
            _ => &[1.0],
        };
        let (from, to) = (self.from.max(LEAST).log10(), self.to.max(LEAST).log10());
        // Powers alone are counted out from the first that is in sight; with rounds between them all are needed.
        let alone = rounds.len() == 1;
        let first = if alone { (from - 1e-9).ceil() } else { from.floor() } as i32;
        let last = (to + 1e-9).floor() as i32;
        let every = if alone { (f64::from(last - first + 1) / count).ceil().max(1.0) as usize } else { 1 };
        let powers = (first..=last.max(first)).step_by(every);
        let ticks = powers.flat_map(|power| rounds.iter().map(move |round| round * 10f64.powi(power)));
        let inside = |tick: &f64| *tick >= self.from * (1.0 - 1e-9) && *tick <= self.to * (1.0 + 1e-9);
        ticks.filter(inside).take(TICKS).collect()
    }

    /// A tick in figures.
    pub fn words(value: f64) -> String {
        // What is left of a sum of steps is not worth a figure.
        amount((value * 1e9).round() / 1e9)
    }
}

fn rounded_down(value: f64) -> f64 {
    let power = 10f64.powi(value.log10().floor() as i32);
    [5.0, 2.0, 1.0]
        .into_iter()
        .map(|by| by * power)
        .find(|round| *round <= value * (1.0 + 1e-9))
        .unwrap_or(power)
}

fn rounded_up(value: f64) -> f64 {
    round_step(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACROSS: Rangef = Rangef { min: 100.0, max: 500.0 };

    fn ticks(scale: &Scale, apart: f32) -> String {
        scale.ticks(apart).into_iter().map(Scale::words).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_axis_is_round_and_begins_at_nothing() {
        let scale = Scale::around(3.0, 7.3, false, ACROSS, 50.0);
        assert_eq!((scale.from, scale.to), (0.0, 8.0));
        assert_eq!(ticks(&scale, 50.0), "0 1 2 3 4 5 6 7 8");
        assert_eq!((scale.x(0.0), scale.x(8.0), scale.y(8.0)), (100.0, 500.0, 100.0));
        let below = Scale::around(-20.0, 35.0, false, ACROSS, 100.0);
        assert_eq!(ticks(&below, 100.0), "-20 0 20 40");
    }

    #[test]
    fn logarithms_have_round_ends_and_as_many_ticks_as_fit() {
        let scale = Scale::around(85.0, 8_231.0, true, ACROSS, 60.0);
        assert_eq!((scale.from, scale.to), (50.0, 10_000.0));
        assert_eq!(ticks(&scale, 40.0), "50 100 200 500 1000 2000 5000 10 000");
        assert_eq!(ticks(&scale, 80.0), "100 300 1000 3000 10 000");
        assert_eq!(ticks(&scale, 190.0), "100 10 000");
        let far = Scale::around(1e-6, 1e6, true, ACROSS, 100.0);
        assert_eq!(ticks(&far, 100.0), "0.000001 0.01 100 1 000 000");
    }

    #[test]
    fn there_and_back() {
        for log in [false, true] {
            let scale = Scale::around(2.0, 900.0, log, ACROSS, 60.0);
            for value in [2.0, 30.0, 899.0] {
                let back = scale.value(scale.x(value));
                assert!((back / value - 1.0).abs() < 1e-3, "{log} {value} {back}");
            }
        }
    }

    #[test]
    fn odd_ranges_do_no_harm() {
        for (low, high) in [
            (0.0, 0.0),
            (f64::NAN, 1.0),
            (5.0, 1.0),
            (f64::NEG_INFINITY, f64::INFINITY),
            (1e-300, 1e300),
            (-5.0, -5.0),
        ] {
            for log in [false, true] {
                let scale = Scale::around(low, high, log, ACROSS, 60.0);
                assert!(scale.from < scale.to, "{low} {high} {scale:?}");
                assert!(scale.ticks(60.0).len() <= TICKS);
                for value in [low, high, 0.0, f64::NAN] {
                    assert!(scale.x(value).is_finite() && scale.y(value).is_finite(), "{value}");
                }
            }
        }
    }
}
