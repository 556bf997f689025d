//! A hunt from its beginning to the smallest run: what "break it for me" is.
//!
//! What is found first is seldom what shrinks best, so the hunt goes on for as long again, and of what it found the runs
//! with the fewest commands are made small, each in turn; the smallest is the answer. Attempts may be made elsewhere, by
//! many threads: they take numbers with [`Chase::take`] and tell with [`Chase::tell`]. What is answered depends on the
//! numbers alone, not on who was quick.

use super::{Attempt, Broken, Goal, Hunt, Made, Shrink, Trying};
use crate::run::Run;
use std::collections::BTreeMap;

/// How far a chase is.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Attempts are being made; so many were, and so many of them broke the promise.
    Hunting {
        /// Attempts made.
        attempts: u64,
        /// Events in them.
        events: u64,
        /// Attempts that broke the promise.
        found: usize,
    },
    /// Something was found, and is being made smaller.
    Shrinking {
        /// Of the one that is being made smaller now.
        now: Made,
    },
    /// The smallest run was found.
    Done,
}

/// A hunt and what follows.
pub struct Chase {
    hunt: Hunt,
    next: u64,
    /// Attempts told: all below this number, and those in `early`.
    told: u64,
    early: BTreeMap<u64, Attempt>,
    events: u64,
    finds: Vec<(u64, Run, Broken)>,
    shrinking: Vec<(Run, Broken)>,
    shrink: Option<Shrink>,
    best: Option<Shrink>,
    /// Events that shrinking took.
    spent: u64,
    /// An attempt of its own, under way.
    trying: Option<Trying>,
}

/// Runs that are made small at most: of those with the fewest commands, and of the others those that break the earliest.
const MOST_SHRUNK: [usize; 2] = [4, 2];
/// No other one is made small where that took so many events so far, or where so few commands are left.
const ENOUGH: (u64, usize) = (3_000_000, 1);
/// After a find at attempt n the hunt goes on to attempt 2 n plus this.
const GOES_ON: u64 = 12;

impl Chase {
    /// A chase that has not begun.
    pub fn new(base: &Run, goal: Goal) -> Self {
        Self {
            hunt: Hunt::new(base, goal),
            next: 0,
            told: 0,
            early: BTreeMap::new(),
            events: 0,
            finds: Vec::new(),
            shrinking: Vec::new(),
            shrink: None,
            best: None,
            spent: 0,
            trying: None,
        }
    }

    /// The hunt: [`Hunt::attempt`] may be called anywhere.
    pub fn hunt(&self) -> &Hunt {
        &self.hunt
    }

    /// The number of the next attempt; none when no more are wanted.
    pub fn take(&mut self) -> Option<u64> {
        if self.last().is_some_and(|last| self.next > last) || self.is_shrinking() {
            return None;
        }
        self.next += 1;
        Some(self.next - 1)
    }

    /// The last attempt that counts, once something was found.
    fn last(&self) -> Option<u64> {
        self.finds.first().map(|(number, ..)| number * 2 + GOES_ON)
    }

    /// Whether the hunt is over because something was found, which is being made small or has been.
    pub fn is_shrinking(&self) -> bool {
        self.shrink.is_some() || self.best.is_some()
    }

    /// An attempt was made. They may come in any order.
    pub fn tell(&mut self, attempt: Attempt) {
        if self.is_shrinking() {
            return;
        }
        self.early.insert(attempt.number, attempt);
        while let Some(attempt) = self.early.remove(&self.told) {
            self.told += 1;
            self.events += attempt.events;
            if let Some((run, broken)) = attempt.found {
                self.finds.push((attempt.number, run, broken));
            }
            if self.last().is_some_and(|last| self.told > last) {
                self.begin_to_shrink();
                return;
            }
        }
    }

    /// No more attempts: what was found so far is made small. Whether anything was.
    pub fn stop_hunting(&mut self) -> bool {
        if !self.is_shrinking() && !self.finds.is_empty() {
            self.begin_to_shrink();
        }
        self.is_shrinking()
    }

    fn begin_to_shrink(&mut self) {
        let weight = |run: &Run| {
            let drawn = if run.chaos == sim::chaos::Level::None { 0 } else { 1_000 };
            drawn + run.commands.len()
        };
        let mut finds = std::mem::take(&mut self.finds);
        // Those of a break that came early, with few commands; among the like ones the first.
        finds.sort_by_key(|(number, run, broken)| (weight(run), broken.at, *number));
        let mut others = finds.split_off(finds.len().min(MOST_SHRUNK[0]));
        // What needs few commands may need many requests, where a fault would have needed none.
        others.sort_by_key(|(number, _, broken)| (broken.at, *number));
        finds.extend(others.into_iter().take(MOST_SHRUNK[1]));
        self.shrinking = finds.into_iter().rev().map(|(_, run, broken)| (run, broken)).collect();
        self.shrink_next();
    }

    fn shrink_next(&mut self) {
        let left = self.best.as_ref().map(|best| best.made().after);
        let enough = self.spent > ENOUGH.0 || left.is_some_and(|left| left <= ENOUGH.1);
        self.shrink = self.shrinking.pop().filter(|_| !enough).map(|(run, broken)| Shrink::new(&run, broken));
    }

    /// Goes on for about so many events, on one thread; whether it is done.
    pub fn work(&mut self, events: u64) -> bool {
        if self.shrink.is_some() {
            return self.work_on_shrinking(events);
        }
        let trying = match self.trying.take() {
            Some(trying) => Some(trying),
            None => self.take().map(|number| self.hunt.begin(number)),
        };
        if let Some(mut trying) = trying {
            if trying.look.advance(events) {
                self.tell(trying.end());
            } else {
                self.trying = Some(trying);
            }
        }
        self.is_done()
    }

    fn work_on_shrinking(&mut self, events: u64) -> bool {
        if let Some(shrink) = &mut self.shrink
            && shrink.work(events)
        {
            self.spent += shrink.events();
            let after = shrink.made().after;
            if self.best.as_ref().is_none_or(|best| after < best.made().after) {
                self.best = self.shrink.take();
            }
            self.shrink_next();
        }
        self.is_done()
    }

    /// Whether the smallest run was found.
    pub fn is_done(&self) -> bool {
        self.shrink.is_none() && self.best.is_some()
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        match (&self.shrink, &self.best) {
            (Some(shrink), _) => Progress::Shrinking { now: shrink.made() },
            (None, Some(_)) => Progress::Done,
            (None, None) => {
                Progress::Hunting { attempts: self.told, events: self.events, found: self.finds.len() }
            }
        }
    }

    /// Attempts made, and events in them.
    pub fn tried(&self) -> (u64, u64) {
        (self.told, self.events)
    }

    /// The smallest run so far that breaks the promise, how it does, and what it was made of.
    pub fn best(&self) -> Option<(&Run, &Broken, Made)> {
        let shrink = match (&self.best, &self.shrink) {
            (Some(best), Some(now)) if now.made().after < best.made().after => now,
            (Some(best), _) => best,
            (None, now) => now.as_ref()?,
        };
        Some((shrink.best(), shrink.broken(), shrink.made()))
    }
}
