//! Virtual time: [`Time`] since the start of the run, [`Span`] between two times, both in whole nanoseconds,
//! and [`Moment`], a place in a run finer than its time.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};
use std::str::FromStr;

/// A time of the run: nanoseconds since it began. Prints as seconds: `1.250 s`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Time(pub u64);

/// A length of time in nanoseconds. Prints in the unit that fits: `300 ms`, `2 s`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Span(pub u64);

/// A place in a run: everything before `at`, and the first `after` events of that instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Moment {
    /// The instant.
    pub at: Time,
    /// How many events of that instant have happened.
    pub after: u32,
}

impl Time {
    /// The start of the run.
    pub const ZERO: Time = Time(0);
    /// Later than any event.
    pub const MAX: Time = Time(u64::MAX);

    /// This many nanoseconds after the start.
    pub const fn nanos(n: u64) -> Self {
        Self(n)
    }

    /// This many milliseconds after the start.
    pub const fn millis(n: u64) -> Self {
        Self(n.saturating_mul(1_000_000))
    }

    /// The time since `earlier`, zero if that is later.
    pub const fn since(self, earlier: Time) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }

    /// Seconds, for drawing.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Span {
    /// No time.
    pub const ZERO: Span = Span(0);

    /// This many nanoseconds.
    pub const fn nanos(n: u64) -> Self {
        Self(n)
    }

    /// This many microseconds.
    pub const fn micros(n: u64) -> Self {
        Self(n.saturating_mul(1_000))
    }

    /// This many milliseconds.
    pub const fn millis(n: u64) -> Self {
        Self(n.saturating_mul(1_000_000))
    }

    /// This many seconds.
    pub const fn secs(n: u64) -> Self {
        Self(n.saturating_mul(1_000_000_000))
    }

    /// Seconds, for drawing.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// As it is written in commands and on the command line, exactly: `1.5s`, `200ms`, `3us`, `7ns`.
    pub fn written(self) -> String {
        let n = self.0;
        let (unit, name) = match n {
            0 => (1_000_000_000, "s"),
            n if n >= 1_000_000_000 => (1_000_000_000, "s"),
            n if n >= 1_000_000 => (1_000_000, "ms"),
            n if n >= 1_000 => (1_000, "us"),
            _ => (1, "ns"),
        };
        let (whole, rest) = (n / unit, n % unit);
        if rest == 0 {
            return format!("{whole}{name}");
        }
        let width = match unit {
            1_000_000_000 => 9,
            1_000_000 => 6,
            _ => 3,
        };
        let digits = format!("{rest:0width$}");
        format!("{whole}.{}{name}", digits.trim_end_matches('0'))
    }
}

impl Moment {
    /// Before anything happened.
    pub const START: Moment = Moment { at: Time::ZERO, after: 0 };

    /// Just before the first event at `at`.
    pub const fn at(at: Time) -> Self {
        Self { at, after: 0 }
    }

    /// After every event at `at`.
    pub const fn end_of(at: Time) -> Self {
        Self { at, after: u32::MAX }
    }
}

impl Add<Span> for Time {
    type Output = Time;
    fn add(self, span: Span) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for Time {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

impl Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}

impl Mul<u64> for Span {
    type Output = Span;
    fn mul(self, times: u64) -> Span {
        Span(self.0.saturating_mul(times))
    }
}

impl fmt::Display for Time {
    /// Seconds with three decimals, as the clock on screen shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} s", self.0 / 1_000_000_000, self.0 / 1_000_000 % 1000)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = self.written();
        let unit = written.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(written.len());
        write!(f, "{} {}", &written[..unit], written[unit..].replace("us", "µs"))
    }
}

/// A text that is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is no length of time: write 1.5s, 200ms, 50us or 3m")]
pub struct NotASpan(pub String);

impl FromStr for Span {
    type Err = NotASpan;

    /// Reads `1.5s`, `200ms`, `50us`, `7ns`, `3m`, `1h`; at most 1000 hours.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotASpan(text.chars().take(30).collect());
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, unit) = text.split_at(split);
        let unit: u64 = match unit {
            "ns" => 1,
            "us" | "µs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" | "min" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(wrong()),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || (number.contains('.') && fraction.is_empty()) || fraction.len() > 18 {
            return Err(wrong());
        }
        let mut total = u128::from(whole.parse::<u64>().map_err(|_| wrong())?) * u128::from(unit);
        if !fraction.is_empty() {
            let digits = u128::from(fraction.parse::<u64>().map_err(|_| wrong())?);
            total += digits * u128::from(unit) / 10u128.pow(fraction.len() as u32);
        }
        match u64::try_from(total) {
            Ok(nanos) if nanos <= 3_600_000_000_000_000 => Ok(Span(nanos)),
            _ => Err(wrong()),
        }
    }
}

impl FromStr for Time {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Time(text.parse::<Span>()?.0))
    }
}

impl fmt::Display for Moment {
    /// As it is written: `1.5s`, or `1.5s+3` after three events of that instant.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Span(self.at.0).written())?;
        match self.after {
            0 => Ok(()),
            u32::MAX => f.write_str("+"),
            n => write!(f, "+{n}"),
        }
    }
}

impl FromStr for Moment {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (at, after) = match text.split_once('+') {
            None => (text, 0),
            Some((at, "")) => (at, u32::MAX),
            Some((at, n)) => (at, n.parse().map_err(|_| NotASpan(text.chars().take(30).collect()))?),
        };
        Ok(Moment { at: at.parse()?, after })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_and_parse() {
        for (text, nanos) in
            [("1.5s", 1_500_000_000), ("200ms", 200_000_000), ("50us", 50_000), ("7ns", 7), ("0s", 0)]
        {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.0, nanos);
            assert_eq!(span.written(), text);
        }
        assert_eq!("3m".parse::<Span>().unwrap(), Span::secs(180));
        assert_eq!(Span(1_234_567_891).written().parse::<Span>().unwrap().0, 1_234_567_891);
        for wrong in ["", "s", "1", "1.s", ".5s", "1x", "-1s", "99999999999h", "1.0000000000000000000001s"] {
            assert!(wrong.parse::<Span>().is_err(), "{wrong}");
        }
        assert_eq!(Time(1_250_000_000).to_string(), "1.250 s");
        assert_eq!(Span(300_000_000).to_string(), "300 ms");
        let moment = Moment { at: Time::millis(1500), after: 3 };
        assert_eq!(moment.to_string(), "1.5s+3");
        assert_eq!("1.5s+3".parse::<Moment>().unwrap(), moment);
    }
}
