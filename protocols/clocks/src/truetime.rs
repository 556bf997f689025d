//! TrueTime: a clock that says how wrong it may be (Corbett et al., OSDI 2012, section 3).
//!
//! It runs on the machine's monotonic clock and on what a time server said of its own. Between two answers the doubt grows,
//! as fast as two clocks may drift apart (200 µs each second in the paper); each answer takes it back to half the delay of
//! the exchange. Drawn over time it is a saw.

use crate::sync::{Exchange, Filter, moved};
use serde::Serialize;
use sim::{Span, Time};
use std::fmt;

/// `TT.now()`: the server's clock shows something in this interval, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Interval {
    /// No earlier.
    pub earliest: Time,
    /// No later.
    pub latest: Time,
}

impl Interval {
    /// The paper's ε: half its width.
    pub fn doubt(&self) -> Span {
        Span(self.latest.since(self.earliest).0 / 2)
    }

    /// `TT.after(t)`: `t` has surely passed.
    pub fn is_after(&self, time: Time) -> bool {
        self.earliest > time
    }

    /// Whether this one is surely over before the other begins.
    pub fn before(&self, other: &Self) -> bool {
        self.latest < other.earliest
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.earliest, self.latest)
    }
}

/// A clock that says how wrong it may be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TrueTime {
    filter: Filter,
}

impl TrueTime {
    /// A time server answered. `rate` is how fast doubt grows, in parts in 10⁹.
    pub fn hear(&mut self, exchange: &Exchange, rate: i64) {
        self.filter.add(exchange, rate);
    }

    /// Whether it has been answered.
    pub fn is_known(&self) -> bool {
        !self.filter.is_empty()
    }

    /// What it is now, while the monotonic clock shows this; none before the first answer.
    pub fn now(&self, monotonic: Time, rate: i64) -> Option<Interval> {
        let bounds = self.filter.bounds(monotonic, rate)?;
        Some(Interval { earliest: moved(monotonic, bounds.low), latest: moved(monotonic, bounds.high) })
    }

    /// The middle of the interval.
    pub fn likely(&self, monotonic: Time, rate: i64) -> Option<Time> {
        Some(moved(monotonic, self.filter.bounds(monotonic, rate)?.middle()))
    }

    /// How long to wait, by the monotonic clock, until `time` has surely passed if no answer comes meanwhile; nothing where
    /// it has. Doubt grows while one waits, so it is a little longer than the gap.
    pub fn wait(now: Interval, time: Time, rate: i64) -> Option<Span> {
        if now.is_after(time) {
            return None;
        }
        let gap = time.since(now.earliest).0 + 1;
        let gained = u64::try_from(crate::sync::BILLION - rate).unwrap_or(1).max(1);
        let span = (u128::from(gap) * crate::sync::BILLION as u128).div_ceil(u128::from(gained));
        Some(Span(u64::try_from(span).unwrap_or(u64::MAX) + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The paper's numbers: an answer every 30 s, a millisecond either way, and 200 µs of doubt each second.
    #[test]
    fn doubt_is_a_saw() {
        let (rate, way) = (200_000, 1_000_000);
        let mut clock = TrueTime::default();
        assert_eq!(clock.now(Time::ZERO, rate), None);
        for poll in 1..=3u64 {
            let heard = Time(poll * 30_000_000_000);
            let server = Time(heard.0 - way);
            let exchange =
                Exchange { sent: Time(heard.0 - 2 * way), received: server, answered: server, heard };
            clock.hear(&exchange, rate);
            let doubt = |later: u64| clock.now(Time(heard.0 + later), rate).unwrap().doubt().0;
            assert_eq!(doubt(0) / 1_000, 1_000);
            assert_eq!(doubt(15_000_000_000) / 1_000, 4_000);
            assert_eq!(doubt(30_000_000_000) / 1_000, 7_000);
        }
    }

    #[test]
    fn after_the_wait_it_has_passed() {
        let rate = 5_000_000;
        let mut clock = TrueTime::default();
        let at = Time::millis(100);
        let server = Time::millis(98);
        clock.hear(&Exchange { sent: Time::millis(96), received: server, answered: server, heard: at }, rate);
        let now = clock.now(at, rate).unwrap();
        let wait = TrueTime::wait(now, now.latest, rate).unwrap();
        let (just, before) = (at + wait, Time(at.0 + wait.0 - 100));
        assert!(clock.now(just, rate).unwrap().is_after(now.latest));
        assert!(!clock.now(before, rate).unwrap().is_after(now.latest));
        assert!(wait >= now.doubt() * 2);
    }
}
