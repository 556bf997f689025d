//! The event that broke it, where several were taken up at once: searches over fewer of them, by halving. What blocked
//! the first search furthest on is tried first, and mostly is it.

use super::{Event, NONE, Progress, Search};
use crate::models::Model;

/// The search for the first event after which there is no order.
#[derive(Clone, Debug)]
pub(super) struct Exact<M: Model> {
    /// So many events have an order; so many have none.
    holds: u32,
    broken: u32,
    /// How many to try next, if there is a guess.
    guess: Option<u32>,
    /// The search over so many of the events.
    trial: Option<(u32, Search<M>)>,
}

impl<M: Model> Exact<M> {
    /// So many events are known to have an order.
    pub(super) fn ordered(&self) -> u32 {
        self.holds
    }

    /// Works; whether the event is found.
    fn work(&mut self, over: &Search<M>, budget: &mut u64) -> bool {
        while *budget > 0 && self.broken - self.holds > 1 {
            let Some((events, trial)) = &mut self.trial else {
                let within = self.guess.take().filter(|guess| (self.holds + 1..self.broken).contains(guess));
                let events = within.unwrap_or(self.holds + (self.broken - self.holds) / 2);
                self.trial = Some((events, over.first(events)));
                *budget = budget.saturating_sub(u64::from(events) / 8);
                continue;
            };
            trial.work(budget);
            match trial.progress() {
                Progress::NotDecided => continue,
                Progress::Holds => self.holds = *events,
                Progress::Broken { .. } => {
                    self.broken = *events;
                    self.guess = Some(*events - 1);
                }
            }
            self.trial = None;
        }
        self.broken - self.holds <= 1
    }
}

impl<M: Model> Search<M> {
    /// A search over the first events alone, that does not look for the event that broke it.
    fn first(&self, events: u32) -> Search<M> {
        let mut search = Search::whole(self.calls.model().clone()).patience(self.patience);
        let call = |class: u32| (class != NONE).then(|| self.calls.class(class).call.clone());
        for event in &self.events[..events as usize] {
            match *event {
                Event::Invoke { class } => drop(search.invoke(call(class))),
                Event::Complete { op, at, outcome, class } => search.complete(op, at, outcome, call(class)),
            }
        }
        search
    }

    /// The path has stepped back beyond its beginning.
    pub(super) fn has_no_order(&mut self) {
        let guess = self.answers.get(self.reach as usize).map(|answer| answer.event + 1);
        let exact = Exact { holds: self.ordered, broken: self.taken, guess, trial: None };
        if !self.finds_event || self.taken - self.ordered <= 1 {
            self.broken = Some(self.position_of(self.taken));
        } else {
            self.exact = Some(Box::new(exact));
        }
    }

    /// Lets the search for the event go on.
    pub(super) fn find_event(&mut self, mut exact: Box<Exact<M>>, budget: &mut u64) {
        if exact.work(self, budget) {
            self.broken = Some(self.position_of(exact.broken));
        } else {
            self.exact = Some(exact);
        }
    }

    /// Position of the last completion among so many events.
    fn position_of(&self, events: u32) -> u64 {
        let completed = |event: &Event| match event {
            Event::Complete { at, .. } => Some(*at),
            Event::Invoke { .. } => None,
        };
        self.events[..events as usize].iter().rev().find_map(completed).unwrap_or(0)
    }
}
