//! The queue of what falls due, the earliest first.
//!
//! Events are ordered by [`Key`]: (time, target, origin, ordinal at that origin and instant, creation time), never by a
//! global counter. What one actor does more or less of leaves the order among all others as it was.
//!
//! It is a heap with four children to each entry: half as deep as one with two, and as an entry takes 32 bytes, the
//! children that are compared lie next to each other in two lines of the cache. Nothing is ever taken out of the middle:
//! what was cancelled or moved stays and is void ([`What`] carries a stamp or an epoch that tells).

use super::Slot;
use crate::time::Time;

/// Children of an entry of the heap.
const CHILDREN: usize = 4;

/// What orders events: (time, target, origin, ordinal at that origin and instant, creation time). The middle three are
/// kept in one word, so that comparing two keys is comparing three numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    time: u64,
    who: u64,
    created: u64,
}

impl Key {
    #[inline]
    pub fn new(time: Time, target: u16, origin: u16, ordinal: u32, created: Time) -> Self {
        let who = u64::from(target) << 48 | u64::from(origin) << 32 | u64::from(ordinal);
        Self { time: time.0, who, created: created.0 }
    }

    #[cfg(test)]
    pub fn time(&self) -> Time {
        Time(self.time)
    }

    /// The same at another time.
    pub fn moved_to(self, time: Time) -> Self {
        Self { time: time.0, ..self }
    }

    /// Whether this goes first: the same as `<`. Times nearly always differ, and then say all.
    #[inline]
    fn before(&self, other: &Self) -> bool {
        if self.time == other.time { self.before_at_once(other) } else { self.time < other.time }
    }

    #[cold]
    fn before_at_once(&self, other: &Self) -> bool {
        (self.who, self.created) < (other.who, other.created)
    }
}

/// What falls due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A flight reaches the end of its way.
    Arrive { flight: u32, stamp: u32 },
    /// A timer.
    Timer { slot: Slot, stamp: u32 },
    /// A sync is done.
    Sync { slot: Slot, epoch: u32 },
    /// The disk refuses or fails.
    DiskFailed { slot: Slot, epoch: u32 },
    /// A busy actor is free for what waits.
    Ready { slot: Slot, epoch: u32 },
    /// An actor starts.
    Boot { slot: Slot },
    /// A fault with an end ends: a place in `endings`.
    End(u32),
}

/// [`What`] in one word: from the right three bits for which of its kinds, 29 for a handle (a flight, a slot, a place),
/// 32 for a stamp or an epoch.
#[derive(Clone, Copy, Debug)]
struct Packed(u64);

impl From<What> for Packed {
    #[inline]
    fn from(what: What) -> Self {
        let pack = |kind: u64, handle: u32, stamp: u32| {
            debug_assert!(handle < 1 << 29, "{what:?}");
            Self(u64::from(stamp) << 32 | u64::from(handle) << 3 | kind)
        };
        match what {
            What::Arrive { flight, stamp } => pack(0, flight, stamp),
            What::Timer { slot, stamp } => pack(1, slot.into(), stamp),
            What::Sync { slot, epoch } => pack(2, slot.into(), epoch),
            What::DiskFailed { slot, epoch } => pack(3, slot.into(), epoch),
            What::Ready { slot, epoch } => pack(4, slot.into(), epoch),
            What::Boot { slot } => pack(5, slot.into(), 0),
            What::End(at) => pack(6, at, 0),
        }
    }
}

impl From<Packed> for What {
    #[inline]
    fn from(Packed(word): Packed) -> Self {
        let (handle, stamp) = (word as u32 >> 3, (word >> 32) as u32);
        let slot = handle as Slot;
        match word & 7 {
            0 => What::Arrive { flight: handle, stamp },
            1 => What::Timer { slot, stamp },
            2 => What::Sync { slot, epoch: stamp },
            3 => What::DiskFailed { slot, epoch: stamp },
            4 => What::Ready { slot, epoch: stamp },
            5 => What::Boot { slot },
            _ => What::End(handle),
        }
    }
}

/// An entry of the heap.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: Key,
    what: Packed,
}

/// The queue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queue {
    heap: Vec<Entry>,
}

impl Queue {
    /// Adds what falls due.
    #[inline]
    pub fn push(&mut self, key: Key, what: What) {
        let at = self.heap.len();
        self.heap.push(Entry { key, what: what.into() });
        if at > 0 {
            self.rise(at);
        }
    }

    /// Moves an entry up to where it belongs.
    fn rise(&mut self, mut at: usize) {
        let entry = self.heap[at];
        while at > 0 {
            let parent = (at - 1) / CHILDREN;
            if !entry.key.before(&self.heap[parent].key) {
                break;
            }
            self.heap[at] = self.heap[parent];
            at = parent;
        }
        self.heap[at] = entry;
    }

    /// When the earliest is.
    #[inline]
    pub fn next_time(&self) -> Option<Time> {
        self.heap.first().map(|entry| Time(entry.key.time))
    }

    /// The earliest, and when it is.
    pub fn peek(&self) -> Option<(Time, What)> {
        self.heap.first().map(|entry| (Time(entry.key.time), entry.what.into()))
    }

    /// Takes the earliest out.
    #[inline]
    pub fn pop(&mut self) -> Option<What> {
        let what = self.heap.first()?.what;
        match self.heap.len() - 1 {
            0 => self.heap.clear(),
            last => {
                let entry = self.heap[last];
                self.heap.truncate(last);
                self.sink(entry);
            }
        }
        Some(what.into())
    }

    /// Puts an entry where the first one was and moves it down to where it belongs.
    fn sink(&mut self, entry: Entry) {
        let mut at = 0;
        while let Some(child) = self.earliest_child(at) {
            if !self.heap[child].key.before(&entry.key) {
                break;
            }
            self.heap[at] = self.heap[child];
            at = child;
        }
        self.heap[at] = entry;
    }

    #[inline]
    fn earliest_child(&self, of: usize) -> Option<usize> {
        let first = of * CHILDREN + 1;
        let children = self.heap.get(first..)?;
        let [a, b, c, d, ..] = children else { return earliest(children).map(|child| first + child) };
        // By time alone: which of four it is nobody can foretell, so nothing here should be a branch.
        let [a, b, c, d] = [a.key.time, b.key.time, c.key.time, d.key.time];
        let (left, in_left) = if b < a { (b, 1) } else { (a, 0) };
        let (right, in_right) = if d < c { (d, 3) } else { (c, 2) };
        let child = if right < left { in_right } else { in_left };
        if (a == b) | (c == d) | (left == right) {
            return earliest(&children[..CHILDREN]).map(|child| first + child);
        }
        Some(first + child)
    }
}

/// Which of a few goes first.
#[cold]
fn earliest(entries: &[Entry]) -> Option<usize> {
    (0..entries.len()).min_by_key(|at| entries[*at].key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_falls_due_is_the_same_after_the_queue() {
        let most = (1 << 29) - 1;
        for what in [
            What::Arrive { flight: most, stamp: u32::MAX },
            What::Timer { slot: Slot::MAX, stamp: 7 },
            What::Sync { slot: 3, epoch: u32::MAX },
            What::DiskFailed { slot: 4, epoch: 1 },
            What::Ready { slot: 5, epoch: 0 },
            What::Boot { slot: Slot::MAX },
            What::End(most),
        ] {
            assert_eq!(What::from(Packed::from(what)), what);
        }
        assert_eq!(size_of::<Entry>(), 32);
    }

    proptest! {
        /// Some pushes, some pops, over few times and actors so that keys often share their first numbers.
        #[test]
        fn it_gives_out_the_earliest(
            steps in prop::collection::vec((0u64..6, 0u16..3, 0u16..3, 0u32..3, 0u64..3, any::<bool>()), 0..400),
        ) {
            let mut queue = Queue::default();
            let mut model: Vec<(Key, u32)> = Vec::new();
            for (at, (time, target, origin, ordinal, created, pop)) in (0u32..).zip(steps) {
                let key = Key::new(Time(time), target, origin, ordinal, Time(created));
                if model.iter().all(|(other, _)| *other != key) {
                    queue.push(key, What::End(at));
                    model.push((key, at));
                }
                model.sort();
                prop_assert_eq!(queue.peek(), model.first().map(|(key, at)| (Time(key.time), What::End(*at))));
                if pop {
                    let first = (!model.is_empty()).then(|| model.remove(0));
                    prop_assert_eq!(queue.pop(), first.map(|(_, at)| What::End(at)));
                }
            }
            for (_, at) in model {
                prop_assert_eq!(queue.pop(), Some(What::End(at)));
            }
            prop_assert_eq!(queue.pop(), None);
        }
    }
}
