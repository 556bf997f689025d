//! Messages on their way, by handle: everything about one but what it says, which the world holds under the same handle.

use super::Slot;
use super::queue::Key;
use crate::ids::{EventId, MessageId};
use crate::time::Time;

/// What will become of a message when it reaches the end of its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Deliver,
    LostOnLink,
    Dropped,
}

/// How far a flight is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Waits for its sender's sync; it has no name yet.
    Unsent,
    Flying,
    /// Waits on a held link.
    Held,
    /// Waits in the receiver's queue.
    Waiting,
    /// Over: the handle is free.
    Over,
}

/// One message on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flight {
    pub id: MessageId,
    pub from: Slot,
    pub to: Slot,
    pub kind: &'static str,
    pub asks: bool,
    pub routine: bool,
    pub bytes: u32,
    /// Its sender's event.
    pub sent_by: EventId,
    pub sent: Time,
    pub arrives: Time,
    pub fate: Fate,
    pub stage: Stage,
    /// Let through a held link by hand.
    pub by_hand: bool,
    /// Of its latest scheduling.
    pub stamp: u32,
    /// Its place among what its sender sent at that instant.
    pub ordinal: u32,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flights {
    slab: Vec<Flight>,
    free: Vec<u32>,
}

impl Flights {
    #[inline]
    pub fn get(&self, at: u32) -> &Flight {
        &self.slab[at as usize]
    }

    #[inline]
    pub fn get_mut(&mut self, at: u32) -> &mut Flight {
        &mut self.slab[at as usize]
    }

    #[inline]
    pub fn is_current(&self, at: u32, stamp: u32) -> bool {
        let flight = self.get(at);
        flight.stage == Stage::Flying && flight.stamp == stamp
    }

    #[inline]
    pub fn add(&mut self, flight: Flight) -> u32 {
        match self.free.pop() {
            Some(at) => {
                self.slab[at as usize] = flight;
                at
            }
            None => {
                self.slab.push(flight);
                self.slab.len() as u32 - 1
            }
        }
    }

    /// Its way is over. What it says stays with the world until the handle is used again.
    #[inline]
    pub fn remove(&mut self, at: u32) {
        self.get_mut(at).stage = Stage::Over;
        self.free.push(at);
    }

    /// How many there are, those that wait for their sender's sync included.
    #[inline]
    pub fn count(&self) -> usize {
        self.slab.len() - self.free.len()
    }

    /// Those on their way that fit, in no order.
    pub fn fitting(&self, fits: impl Fn(&Flight) -> bool) -> Vec<u32> {
        let on_its_way =
            |flight: &Flight| !matches!(flight.stage, Stage::Unsent | Stage::Over) && fits(flight);
        (0..).zip(&self.slab).filter(|(_, flight)| on_its_way(flight)).map(|(at, _)| at).collect()
    }

    /// Those on their way, oldest first.
    pub fn live(&self) -> Vec<u32> {
        let mut live = self.fitting(|_| true);
        live.sort_by_key(|at| self.get(*at).id);
        live
    }
}

impl Flight {
    /// The key of its arrival.
    #[inline]
    pub fn key(&self, from: u16, to: u16) -> Key {
        Key::new(self.arrives, to, from, self.ordinal, self.sent)
    }
}
