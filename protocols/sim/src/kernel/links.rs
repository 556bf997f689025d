//! Links: how each direction stands, the cuts across them, the messages that are to be lost.

use super::Slot;
use crate::command::Quality;
use crate::ordered::SortedMap;
use crate::time::Time;
use std::sync::Arc;

/// One direction of a link: what every message asks of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Link {
    /// How many cuts lie across it.
    pub cuts: u16,
    pub held: bool,
    /// It has a quality of its own.
    pub changed: bool,
}

impl Link {
    /// Whether what arrives on it arrives.
    #[inline]
    pub fn is_open(self) -> bool {
        self.cuts == 0 && !self.held
    }
}

/// What differs from the lab's profile, and the stamp of the command that made it so.
#[derive(Clone, Debug)]
struct Changed {
    quality: Quality,
    stamp: u32,
}

/// The two ends of a link on which messages wait for each other.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ends {
    /// The sender's end is busy until then (bandwidth).
    pub busy_until: Time,
    /// The last arrival on a stream.
    pub last_arrival: Time,
}

/// A cut that stands.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    pub stamp: u32,
    /// The sides; in a one-way cut from the first to the second.
    pub sides: Vec<Vec<Slot>>,
    pub one_way: bool,
}

/// Messages that the next commands lose: so many of these.
#[derive(Clone, Debug)]
pub(crate) struct DropNext {
    pub left: u32,
    pub from: Option<Slot>,
    pub to: Option<Slot>,
    pub kind: Option<Arc<str>>,
}

/// All links of a cluster. Shared between forks until one of them changes a link.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    count: usize,
    links: Arc<Vec<Link>>,
    changed: SortedMap<(Slot, Slot), Changed>,
    /// Empty until a stream or a bandwidth asks for it.
    ends: Arc<Vec<Ends>>,
    pub cuts: Vec<Cut>,
    pub drops: Vec<DropNext>,
}

impl Links {
    pub fn new(count: usize) -> Self {
        Self {
            count,
            links: Arc::new(vec![Link::default(); count * count]),
            changed: SortedMap::new(),
            ends: Arc::default(),
            cuts: Vec::new(),
            drops: Vec::new(),
        }
    }

    #[inline(always)]
    fn place(&self, from: Slot, to: Slot) -> usize {
        usize::from(from) * self.count + usize::from(to)
    }

    #[inline(always)]
    pub fn get(&self, from: Slot, to: Slot) -> Link {
        self.links[self.place(from, to)]
    }

    pub fn get_mut(&mut self, from: Slot, to: Slot) -> &mut Link {
        let at = self.place(from, to);
        &mut Arc::make_mut(&mut self.links)[at]
    }

    /// Its two ends.
    pub fn ends(&mut self, from: Slot, to: Slot) -> &mut Ends {
        let at = self.place(from, to);
        let ends = Arc::make_mut(&mut self.ends);
        if ends.is_empty() {
            ends.resize(self.count * self.count, Ends::default());
        }
        &mut ends[at]
    }

    /// What differs from the lab's profile.
    #[inline]
    pub fn quality(&self, from: Slot, to: Slot) -> Quality {
        match self.get(from, to).changed {
            false => Quality::default(),
            true => self.changed.get(&(from, to)).map(|changed| changed.quality.clone()).unwrap_or_default(),
        }
    }

    pub fn set_quality(&mut self, from: Slot, to: Slot, quality: Quality, stamp: u32) {
        let changed = quality != Quality::default();
        if self.get(from, to).changed != changed {
            self.get_mut(from, to).changed = changed;
        }
        if changed {
            self.changed.insert((from, to), Changed { quality, stamp });
        } else {
            self.changed.remove(&(from, to));
        }
    }

    /// Every direction with a quality of its own.
    pub fn changed(&self) -> impl Iterator<Item = (Slot, Slot)> {
        self.changed.keys().copied()
    }

    /// Every direction whose quality this command made.
    pub fn changed_by(&self, stamp: u32) -> Vec<(Slot, Slot)> {
        let by = |(_, changed): &(_, &Changed)| changed.stamp == stamp;
        self.changed.iter().filter(by).map(|(link, _)| *link).collect()
    }

    /// Every direction that holds messages back.
    pub fn held(&self) -> Vec<(Slot, Slot)> {
        let held = self.links.iter().enumerate().filter(|(_, link)| link.held);
        held.map(|(at, _)| ((at / self.count) as Slot, (at % self.count) as Slot)).collect()
    }

    /// Lays or lifts a cut.
    pub fn lay(&mut self, cut: &Cut, lay: bool) {
        for (a, side) in cut.sides.iter().enumerate() {
            for (b, other) in cut.sides.iter().enumerate() {
                if a == b || (cut.one_way && (a, b) != (0, 1)) {
                    continue;
                }
                for from in side {
                    // Nobody is cut from itself, on whichever sides it was named.
                    for to in other.iter().filter(|to| *to != from) {
                        let link = self.get_mut(*from, *to);
                        link.cuts =
                            if lay { link.cuts.saturating_add(1) } else { link.cuts.saturating_sub(1) };
                    }
                }
            }
        }
    }
}
