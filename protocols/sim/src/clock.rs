//! The two clocks of an actor, in integers only.
//!
//! The *monotonic* clock starts at zero and runs at a rate that a fault may change (its drift, in parts in 10⁹); it never
//! steps, and timers are set on it. The *wall* clock is the monotonic one plus an offset that a fault may step either
//! way. With no drift and no offset both show true time, so a wall clock's error is the difference from true time.
//! Both run on through a pause and a crash: it is the machine's clock, not the process's.

use crate::time::Time;
use serde::Serialize;

/// Parts of which drift is counted.
const BILLION: i128 = 1_000_000_000;

/// The most a clock may run fast or slow, in parts in 10⁹: half as fast again. A clock that stands still or runs
/// backwards would make "when does this timer go off?" have no answer.
pub const MAX_DRIFT: i64 = 500_000_000;

/// How wrong an actor's clocks are of themselves, before anybody does anything to them. The default is not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crystal {
    /// The wall clock minus true time at the start of the run, in nanoseconds.
    pub skew: i64,
    /// Parts in 10⁹ that both clocks run fast wherever no fault sets another rate.
    pub drift: i64,
}

/// An actor's clocks, read at a true time that never goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Clock {
    /// True time at which the rate last changed.
    since: Time,
    /// What the monotonic clock showed then.
    shown: Time,
    /// Parts in 10⁹ that it runs fast.
    drift: i64,
    /// Wall clock minus monotonic clock, in nanoseconds.
    offset: i64,
}

impl Clock {
    /// A clock that keeps true time, its wall clock wrong by `offset` nanoseconds from the start.
    pub const fn new(offset: i64) -> Self {
        Self { since: Time::ZERO, shown: Time::ZERO, drift: 0, offset }
    }

    /// Clocks on such a crystal, at the start of a run.
    pub fn on(crystal: Crystal) -> Self {
        let mut clock = Self::new(crystal.skew);
        clock.set_drift(Time::ZERO, crystal.drift);
        clock
    }

    /// What the monotonic clock shows at this true time. Never goes back while true time does not.
    #[inline]
    pub fn monotonic(&self, now: Time) -> Time {
        let passed = now.since(self.since).0;
        if self.drift == 0 {
            return Time(self.shown.0.saturating_add(passed));
        }
        let run = i128::from(passed) * (BILLION + i128::from(self.drift)) / BILLION;
        Time(saturate(i128::from(self.shown.0) + run))
    }

    /// What the wall clock shows at this true time; zero where a step took it before the epoch.
    #[inline]
    pub fn wall(&self, now: Time) -> Time {
        Time(self.monotonic(now).0.saturating_add_signed(self.offset))
    }

    /// Wall clock minus true time, in nanoseconds: what a screen shows as the clock's error.
    pub fn error(&self, now: Time) -> i64 {
        let error = i128::from(self.wall(now).0) - i128::from(now.0);
        i64::try_from(error).unwrap_or(if error < 0 { i64::MIN } else { i64::MAX })
    }

    /// How fast it runs, in parts in 10⁹ from true.
    pub const fn drift(&self) -> i64 {
        self.drift
    }

    /// From `now` on it runs this many parts in 10⁹ fast (at most [`MAX_DRIFT`] either way). Neither clock jumps. Timers
    /// set on the monotonic clock now go off at another true time: ask [`Clock::true_at`] again.
    pub fn set_drift(&mut self, now: Time, drift: i64) {
        self.shown = self.monotonic(now);
        self.since = self.since.max(now);
        self.drift = drift.clamp(-MAX_DRIFT, MAX_DRIFT);
    }

    /// The wall clock jumps by so many nanoseconds. The monotonic clock does not.
    pub fn step(&mut self, nanos: i64) {
        self.offset = self.offset.saturating_add(nanos);
    }

    /// The first true time at which the monotonic clock shows `deadline` or more; for one already past when the rate
    /// last changed, that moment. [`Time::MAX`] for one that never comes.
    #[inline]
    pub fn true_at(&self, deadline: Time) -> Time {
        let wait = deadline.since(self.shown).0;
        if self.drift == 0 {
            return Time(self.since.0.saturating_add(wait));
        }
        let rate = BILLION + i128::from(self.drift);
        let run = (i128::from(wait) * BILLION + rate - 1) / rate;
        Time(saturate(i128::from(self.since.0) + run))
    }
}

fn saturate(nanos: i128) -> u64 {
    u64::try_from(nanos).unwrap_or(if nanos < 0 { 0 } else { u64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_clock_left_alone_keeps_true_time() {
        let clock = Clock::default();
        let now = Time::millis(1500);
        assert_eq!((clock.monotonic(now), clock.wall(now), clock.true_at(now)), (now, now, now));
        assert_eq!(clock.error(now), 0);
    }

    #[test]
    fn drift_adds_up_and_steps_move_the_wall_clock_alone() {
        let mut clock = Clock::default();
        clock.set_drift(Time::millis(1000), 1_000_000); // 1000 ppm fast
        assert_eq!(clock.monotonic(Time::millis(2000)), Time(2_001_000_000));
        clock.set_drift(Time::millis(2000), -1_000_000);
        assert_eq!(clock.monotonic(Time::millis(3000)), Time(3_000_000_000));
        clock.step(-200_000_000);
        assert_eq!(clock.monotonic(Time::millis(3000)), Time(3_000_000_000));
        assert_eq!(clock.wall(Time::millis(3000)), Time(2_800_000_000));
        assert_eq!(clock.error(Time::millis(3000)), -200_000_000);
        clock.step(i64::MIN);
        assert_eq!(clock.wall(Time::millis(3000)), Time::ZERO);
    }

    #[test]
    fn a_crystal_is_wrong_from_the_start() {
        let clock = Clock::on(Crystal { skew: 5_000_000, drift: 1_000_000 });
        assert_eq!((clock.monotonic(Time::ZERO), clock.wall(Time::ZERO)), (Time::ZERO, Time::millis(5)));
        assert_eq!(clock.error(Time::millis(1000)), 6_000_000);
        assert_eq!(Clock::on(Crystal::default()), Clock::default());
    }

    #[test]
    fn the_end_of_time_saturates() {
        let mut clock = Clock::new(i64::MAX);
        clock.set_drift(Time::ZERO, MAX_DRIFT);
        assert_eq!(clock.monotonic(Time::MAX), Time::MAX);
        assert_eq!(clock.wall(Time::MAX), Time::MAX);
        clock.set_drift(Time(1), -MAX_DRIFT);
        assert_eq!(clock.true_at(Time::MAX), Time::MAX);
    }

    proptest! {
        #[test]
        fn it_never_goes_back_and_timers_go_off_on_time(
            changes in prop::collection::vec((0u64..5_000_000_000, -600_000_000i64..600_000_000), 0..8),
            waits in prop::collection::vec(0u64..10_000_000_000, 1..8),
        ) {
            let mut clock = Clock::default();
            let mut now = Time::ZERO;
            for (pause, drift) in changes {
                let before = clock.monotonic(now);
                now = Time(now.0 + pause);
                prop_assert!(clock.monotonic(now) >= before);
                let shown = clock.monotonic(now);
                clock.set_drift(now, drift);
                prop_assert_eq!(clock.monotonic(now), shown, "a change of rate is no jump");
                for wait in &waits {
                    let deadline = Time(shown.0 + wait);
                    let due = clock.true_at(deadline);
                    prop_assert!(due >= now);
                    prop_assert!(clock.monotonic(due) >= deadline);
                    if due > now {
                        prop_assert!(clock.monotonic(Time(due.0 - 1)) < deadline, "the first such moment");
                    }
                }
            }
        }
    }
}
