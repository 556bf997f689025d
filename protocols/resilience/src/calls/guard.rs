//! What keeps a caller from making trouble worse: a budget of retries, and a guard before each of those it calls.
//!
//! The budget is that of Google's “Site Reliability Engineering”, chapter 21: retries are at most so many in a hundred
//! calls, so that a layer never adds more than that to the load of the next, whatever happens there. The circuit breaker
//! is Nygard's (“Release It!”, 2007); the throttle is that of the same chapter 21.

use super::settings::{BURST, Guard, Settings};
use serde::Serialize;
use sim::Time;
use sim::random::Draw;

/// What so many calls earn may be saved up, where that is more than [`BURST`].
const SAVED: u64 = 20;

/// Counts calls and retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Budget {
    /// What there is to spend, in hundredths of a retry.
    tokens: u64,
    /// What there was to spend in all, in hundredths of a retry.
    earned: u64,
    /// Retries and hedges made.
    retries: u64,
}

impl Default for Budget {
    /// Full.
    fn default() -> Self {
        Self { tokens: BURST * 100, earned: BURST * 100, retries: 0 }
    }
}

impl Budget {
    /// A call is made: it earns its share of a retry. No more is saved up than a few retries, or what some calls earn.
    pub fn earn(&mut self, settings: &Settings) {
        let most = (BURST * 100).max(settings.budget * SAVED);
        self.tokens = (self.tokens + settings.budget).min(most);
        self.earned += settings.budget;
    }

    /// Takes a retry out of the budget, where there is one left.
    pub fn spend(&mut self, settings: &Settings) -> bool {
        if self.tokens < 100 && !settings.potholes.retry_without_budget {
            return false;
        }
        self.tokens = self.tokens.saturating_sub(100);
        self.retries += 1;
        true
    }

    /// Whole retries that could be made now.
    pub fn left(&self) -> u64 {
        self.tokens / 100
    }

    /// Retries and hedges made.
    pub fn retries(&self) -> u64 {
        self.retries
    }

    /// Whether no more was spent than earned.
    pub fn kept(&self) -> bool {
        self.retries * 100 <= self.earned
    }
}

/// How a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum State {
    /// Calls go through.
    Closed,
    /// None does until then.
    Open(Time),
    /// One went through to see how it is; the next may follow then.
    Probing(Time),
}

impl State {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            State::Closed => "closed",
            State::Open(_) => "open",
            State::Probing(_) => "half-open",
        }
    }
}

/// The outcomes a breaker looks at, and of these so many must be there before it opens.
const WINDOW: u32 = 20;
const LEAST: u32 = 8;
/// Of how much is accepted so many times as much is asked: K of chapter 21.
const THROTTLE: u64 = 2;
/// After so many requests the throttle counts half of what was before.
const FADES: u64 = 40;

/// The guard before one of those that are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gate {
    state: State,
    /// The last outcomes, the newest in the lowest bit; set where it failed.
    failed: u32,
    seen: u32,
    requests: u64,
    accepts: u64,
}

/// What an outcome did to a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing.
    Stays,
    /// It opened.
    Opened,
    /// It closed again.
    Closed,
}

impl Default for Gate {
    /// Nothing seen yet.
    fn default() -> Self {
        Self { state: State::Closed, failed: 0, seen: 0, requests: 0, accepts: 0 }
    }
}

impl Gate {
    /// How its breaker stands.
    pub fn state(&self) -> State {
        self.state
    }

    /// Of ten thousand requests so many are not made: max(0, (requests - K accepts) / (requests + 1)).
    pub fn throttled(&self) -> u32 {
        let over = self.requests.saturating_sub(THROTTLE * self.accepts);
        u32::try_from(over * 10_000 / (self.requests + 1)).unwrap_or(10_000)
    }

    /// Whether one may be asked now; asking it then is settled.
    pub fn admits(&mut self, now: Time, settings: &Settings, draw: &mut Draw) -> bool {
        match settings.guards() {
            Guard::Off => true,
            Guard::Throttle => {
                let refused = draw.chance(self.throttled());
                self.requests += 1;
                if self.requests > FADES {
                    self.requests /= 2;
                    self.accepts /= 2;
                }
                !refused
            }
            Guard::Breaker => match self.state {
                State::Closed => true,
                State::Open(until) | State::Probing(until) if now < until => false,
                State::Open(_) | State::Probing(_) => {
                    self.state = State::Probing(now + settings.open_for);
                    true
                }
            },
        }
    }

    /// Something asked of it came out so.
    pub fn outcome(&mut self, ok: bool, now: Time, settings: &Settings) -> Turn {
        self.accepts += u64::from(ok);
        if settings.guards() != Guard::Breaker {
            self.state = State::Closed;
            return Turn::Stays;
        }
        match (self.state, ok) {
            (State::Closed, _) => {
                self.failed = (self.failed << 1 | u32::from(!ok)) & ((1 << WINDOW) - 1);
                self.seen = (self.seen + 1).min(WINDOW);
                if self.seen < LEAST || self.failed.count_ones() * 2 < self.seen {
                    return Turn::Stays;
                }
                self.state = State::Open(now + settings.open_for);
                Turn::Opened
            }
            // An answer to what was asked before it opened says as much as one to a probe.
            (State::Open(_) | State::Probing(_), true) => {
                (self.state, self.failed, self.seen) = (State::Closed, 0, 0);
                Turn::Closed
            }
            (State::Probing(_), false) => {
                self.state = State::Open(now + settings.open_for);
                Turn::Stays
            }
            (State::Open(_), false) => Turn::Stays,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::PARAMETERS;
    use super::*;
    use sim::Parameters;
    use sim::random::Purpose;

    fn settings(set: &[&str]) -> Settings {
        let mut parameters = Parameters::defaults(PARAMETERS);
        set.iter().for_each(|assignment| parameters.assign(assignment).unwrap());
        Settings::of(&parameters)
    }

    fn at(millis: u64) -> Time {
        Time::millis(millis)
    }

    #[test]
    fn a_budget_earns_a_tenth_of_a_retry_a_call() {
        let settings = settings(&[]);
        let mut budget = Budget::default();
        let saved = (0..10).filter(|_| budget.spend(&settings)).count() as u64;
        assert_eq!((saved, budget.left()), (BURST, 0));
        let spent = (0..1_000).filter(|_| {
            budget.earn(&settings);
            budget.spend(&settings)
        });
        assert_eq!(spent.count(), 100);
        assert!(budget.kept());
    }

    #[test]
    fn a_budget_that_nobody_keeps_is_seen() {
        let settings = settings(&["retry_without_budget=on"]);
        let mut budget = Budget::default();
        assert!((0..10).all(|_| budget.spend(&settings)));
        assert!(!budget.kept());
    }

    #[test]
    fn a_breaker_opens_probes_and_closes() {
        let settings = settings(&["open_for=500ms"]);
        let mut draw = Draw::new(1, Purpose::Handler, 0, 0, 0);
        let mut gate = Gate::default();
        let turns: Vec<Turn> = (0..LEAST).map(|_| gate.outcome(false, at(0), &settings)).collect();
        assert_eq!(turns.iter().filter(|turn| **turn == Turn::Opened).count(), 1);
        assert_eq!(turns.last(), Some(&Turn::Opened));
        assert!(!gate.admits(at(499), &settings, &mut draw));
        assert!(gate.admits(at(500), &settings, &mut draw), "one goes through");
        assert!(!gate.admits(at(501), &settings, &mut draw), "and no second one");
        assert_eq!(gate.outcome(false, at(600), &settings), Turn::Stays);
        assert!(!gate.admits(at(1_000), &settings, &mut draw), "it failed: open again");
        assert!(gate.admits(at(1_100), &settings, &mut draw));
        assert_eq!(gate.outcome(true, at(1_200), &settings), Turn::Closed);
        assert!(gate.admits(at(1_200), &settings, &mut draw));
    }

    #[test]
    fn half_the_window_must_fail() {
        let settings = settings(&[]);
        let mut gate = Gate::default();
        for one in 0..40 {
            assert_eq!(gate.outcome(one % 3 > 0, at(0), &settings), Turn::Stays, "one of three fails");
        }
    }

    /// K = 2: refusals begin where more than half fails.
    #[test]
    fn a_throttle_closes_when_more_than_half_fails() {
        let gate = |requests, accepts| Gate { requests, accepts, ..Gate::default() };
        assert_eq!(gate(30, 30).throttled(), 0);
        assert_eq!(gate(30, 15).throttled(), 0);
        assert_eq!(gate(30, 14).throttled(), 2 * 10_000 / 31);
        assert_eq!(gate(30, 0).throttled(), 30 * 10_000 / 31);
    }
}
