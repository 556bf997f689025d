//! A hunt from its beginning to the smallest run: what "break it for me" is.
//!
//! What is found first is seldom what shrinks best, so the hunt goes on for as long again, and some of what it found is made
//! small, each in turn; then the smallest of those still smaller, with other draws. Attempts may be made elsewhere, by many
//! threads: they take numbers with [`Chase::take`] and tell with [`Chase::tell`]. What is answered depends on the numbers
//! alone, not on who was quick, unless the hunt is [stopped](Chase::stop_hunting). All of it is run as the lab runs [quickest](sim::lab::Lab::quick); what is answered is the
//! run that was asked for.

use super::{Attempt, Broken, Goal, Hunt, Made, Shrink, Trying};
use crate::run::Run;
use sim::ordered::SortedMap;

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
    early: SortedMap<u64, Attempt>,
    events: u64,
    finds: Vec<Find>,
    /// To be made small, the last first.
    shrinking: Vec<(Run, Broken)>,
    shrink: Option<Shrink>,
    /// Made small with their own draws, and how many of them were made smaller still.
    shallow: Vec<Shrink>,
    deepened: usize,
    /// Events that shrinking took.
    spent: u64,
    best: Option<(Run, Broken, Made)>,
    /// What was asked for, where the runs are quicker ones.
    asked: Vec<(&'static str, String)>,
    /// An attempt of its own, under way.
    trying: Option<Trying>,
}

/// Runs that are made small at most: of those with the fewest commands, and of the others those that break the earliest.
const MOST_SHRUNK: [usize; 2] = [4, 2];
/// So many of those are made smaller still.
const DEEPENED: usize = 2;
/// But no other one where that took so many events so far, or where so few commands are left.
const ENOUGH: (u64, usize) = (3_000_000, 1);
/// After a find at attempt n the hunt goes on to attempt 2 n plus this.
const GOES_ON: u64 = 12;

impl Chase {
    /// A chase that has not begun.
    pub fn new(base: &Run, goal: Goal) -> Self {
        let (quick, asked) = quickened(base);
        Self {
            hunt: Hunt::new(&quick, goal),
            next: 0,
            told: 0,
            early: SortedMap::new(),
            events: 0,
            finds: Vec::new(),
            shrinking: Vec::new(),
            shrink: None,
            shallow: Vec::new(),
            deepened: 0,
            spent: 0,
            best: None,
            asked,
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
        sort(&mut finds, &weight);
        let mut others = finds.split_off(finds.len().min(MOST_SHRUNK[0]));
        // What needs few commands may need many requests, where a fault would have needed none.
        sort(&mut others, &|_| 0);
        finds.extend(others.into_iter().take(MOST_SHRUNK[1]));
        self.shrinking = finds.into_iter().rev().map(|(_, run, broken)| (run, broken)).collect();
        self.shrink_next();
    }

    fn shrink_next(&mut self) {
        self.shrink = self.shrinking.pop().map(|(run, broken)| Shrink::shallow(&run, broken));
        if self.shrink.is_some() {
            return;
        }
        let left = self.best.as_ref().map_or(usize::MAX, |(.., made)| made.after);
        if self.spent <= ENOUGH.0 && left > ENOUGH.1 && self.deepened < DEEPENED {
            self.deepened += 1;
            // The smallest, and of like ones the first.
            let smallest = (0..self.shallow.len()).min_by_key(|at| {
                let shrink = &self.shallow[*at];
                (shrink.made().after, shrink.best().end)
            });
            self.shrink = smallest.map(|at| self.shallow.remove(at));
            self.shrink.iter_mut().for_each(Shrink::deepen);
        }
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
        let Some(mut shrink) = self.shrink.take() else { return self.is_done() };
        let before = shrink.events();
        let done = shrink.work(events);
        self.spent += shrink.events() - before;
        if !done {
            self.shrink = Some(shrink);
            return false;
        }
        let smaller = |(run, _, best): &(Run, Broken, Made)| {
            (shrink.made().after, shrink.best().end) < (best.after, run.end)
        };
        if self.best.as_ref().is_none_or(smaller) {
            self.best = Some(made_of(&shrink));
        }
        if !shrink.is_deep() {
            self.shallow.push(shrink);
        }
        self.shrink_next();
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
    pub fn best(&self) -> Option<(Run, Broken, Made)> {
        // What is being made small for the first time may look smaller than it is: its faults are not commands yet.
        let now = self.shrink.as_ref().filter(|now| self.best.is_none() || now.is_deep()).map(made_of);
        let both = self.best.clone().into_iter().chain(now);
        let (mut run, broken, made) = both.min_by_key(|(run, _, made)| (made.after, run.end))?;
        for (id, value) in &self.asked {
            // Each was read from such parameters, and they take it back.
            let _ = run.parameters.set(id, value);
        }
        Some((run, broken, made))
    }
}

fn made_of(shrink: &Shrink) -> (Run, Broken, Made) {
    (shrink.best().clone(), shrink.broken().clone(), shrink.made())
}

/// The run as its lab runs quickest, and what was set otherwise before.
fn quickened(run: &Run) -> (Run, Vec<(&'static str, String)>) {
    let (mut quick, mut asked) = (run.clone(), Vec::new());
    for assignment in run.lab().quick() {
        let id = assignment.split('=').next().unwrap_or_default();
        let Ok((at, spec)) = run.parameters.find(id) else { continue };
        if let Some(value) = run.parameters.value(at)
            && quick.parameters.assign(assignment).is_ok()
        {
            asked.push((spec.id, spec.write(value)));
        }
    }
    (quick, asked)
}

/// A find: the number of the attempt, its run, what it broke.
type Find = (u64, Run, Broken);

/// The lightest first, then what broke early; among the like ones the first.
fn sort(finds: &mut [Find], weight: &dyn Fn(&Run) -> usize) {
    finds.sort_by_key(|(number, run, broken)| (weight(run), broken.at, *number));
}
