//! Selectors: what a command's words name, as things stand when it runs.

use super::flights::{Flight, Stage};
use super::{Kernel, Slot};
use crate::command::{LinkSelector, MessageSelector, Who};
use crate::ids::ActorId;
use smallvec::SmallVec;

/// Who has which role now, asked of the protocol before a command runs.
pub(crate) type Roles = SmallVec<[(&'static str, Option<ActorId>); 2]>;

impl Kernel {
    pub(crate) fn find(&self, who: &Who, roles: &Roles) -> Option<Slot> {
        match who {
            Who::Actor(id) => self.slot(*id),
            Who::Role(role) => {
                let (_, id) = roles.iter().find(|(name, _)| **name == **role)?;
                self.slot((*id)?)
            }
        }
    }

    pub(crate) fn find_all(&self, who: &[Who], roles: &Roles) -> Vec<Slot> {
        let mut slots: Vec<Slot> = who.iter().filter_map(|who| self.find(who, roles)).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// The directions a selector names.
    pub(crate) fn find_links(&self, links: &LinkSelector, roles: &Roles) -> Vec<(Slot, Slot)> {
        let others = |of: Slot| self.slots().filter(move |other| *other != of);
        match links {
            LinkSelector::All => {
                self.slots().flat_map(|from| others(from).map(move |to| (from, to))).collect()
            }
            LinkSelector::Of(who) => match self.find(who, roles) {
                None => Vec::new(),
                Some(of) => others(of).flat_map(|other| [(of, other), (other, of)]).collect(),
            },
            LinkSelector::Directed(from, to) => match (self.find(from, roles), self.find(to, roles)) {
                (Some(from), Some(to)) if from != to => vec![(from, to)],
                _ => Vec::new(),
            },
            LinkSelector::Both(a, b) => match (self.find(a, roles), self.find(b, roles)) {
                (Some(a), Some(b)) if a != b => vec![(a, b), (b, a)],
                _ => Vec::new(),
            },
        }
    }

    /// The message a selector names, held ones included; not those already waiting at their receiver.
    pub(crate) fn find_message(&self, which: &MessageSelector, roles: &Roles) -> Option<u32> {
        let from = which.from.as_ref().map(|who| self.find(who, roles));
        let to = which.to.as_ref().map(|who| self.find(who, roles));
        let fits = |flight: &Flight| {
            flight.stage != Stage::Waiting
                && from.is_none_or(|from| from == Some(flight.from))
                && to.is_none_or(|to| to == Some(flight.to))
                && which.kind.as_deref().is_none_or(|kind| kind == flight.kind)
        };
        let mut fitting = self.flights.fitting(fits);
        let nth = which.number.max(1) as usize - 1;
        // Only that one is wanted: a script may ask often while very many are on their way.
        (nth < fitting.len())
            .then(|| *fitting.select_nth_unstable_by_key(nth, |at| self.flights.get(*at).id).1)
    }
}
