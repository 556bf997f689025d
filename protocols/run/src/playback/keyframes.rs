//! Keyframes: copies of a run on its way, so that any moment is a short replay from the one before it.
//!
//! They stand so many events apart (what about 4 ms of replay take; the caller, who has a clock, may say how many that
//! is), further where a copy is heavy. When they outgrow their budget every second one goes and the distance doubles.

use sim::lab::Running;
use sim::time::Moment;

/// Events between keyframes unless the caller knows better: some 4 ms of replay at half a million events a second, which a
/// busy Raft reaches in a browser. A copy costs about as much as ten events.
pub const EVENTS_PER_KEYFRAME: u64 = 2_000;
/// Bytes of keyframes unless the caller says otherwise.
pub const MEMORY_BUDGET: u64 = 192 << 20;
/// A copy of so many bytes takes about as long to make as one event: heavy copies stand further apart.
const BYTES_PER_EVENT: u64 = 2_048;

/// A run as it stood.
struct Keyframe {
    /// Everything it has done lies at or before this; nothing that lies before it is missing (commands given since at
    /// that very moment are). None for the world to which nothing happened yet, not even what stands at the very start.
    bound: Option<Moment>,
    events: u64,
    weight: u64,
    world: Box<dyn Running>,
}

/// The keyframes of one run, by moment.
pub(super) struct Keyframes {
    frames: Vec<Keyframe>,
    every: u64,
    budget: u64,
    weight: u64,
}

impl Keyframes {
    /// Only the beginning: a world that was never advanced.
    pub fn new(start: Box<dyn Running>) -> Self {
        let weight = start.weight();
        let first = Keyframe { bound: None, events: 0, weight, world: start };
        Self { frames: vec![first], every: EVENTS_PER_KEYFRAME, budget: MEMORY_BUDGET, weight }
    }

    /// The same distances and budget for another run's keyframes.
    pub fn restart(&mut self, start: Box<dyn Running>) {
        *self = Self { every: self.every, budget: self.budget, ..Self::new(start) };
    }

    pub fn set_every(&mut self, events: u64) {
        self.every = events.max(1);
    }

    pub fn set_budget(&mut self, bytes: u64) {
        self.budget = bytes;
        self.thin();
    }

    /// Bytes held, roughly.
    pub fn weight(&self) -> u64 {
        self.weight
    }

    pub fn len(&self) -> usize {
        self.frames.len()
    }

    fn last(&self) -> &Keyframe {
        // The first is never taken away.
        &self.frames[self.frames.len() - 1]
    }

    /// How many events may go by until the next keyframe is due.
    pub fn room(&self, events: u64) -> u64 {
        let distance = self.every.max(self.last().weight / BYTES_PER_EVENT);
        (self.last().events + distance).saturating_sub(events).max(1)
    }

    /// Keeps a copy, if one is due here.
    pub fn offer(&mut self, world: &dyn Running, bound: Moment) {
        let events = world.events().0;
        if events <= self.last().events || self.room(events) > 1 {
            return;
        }
        let weight = world.weight();
        self.weight += weight;
        self.frames.push(Keyframe { bound: Some(bound), events, weight, world: world.fork() });
        self.thin();
    }

    fn thin(&mut self) {
        while self.weight > self.budget && self.frames.len() > 2 {
            let last = self.frames.len() - 1;
            let mut at = 0;
            self.frames.retain(|_| {
                at += 1;
                at == 1 || at - 1 == last || at % 2 == 1
            });
            self.weight = self.frames.iter().map(|frame| frame.weight).sum();
            self.every = self.every.saturating_mul(2);
        }
    }

    /// The latest from which that moment can be reached: a copy, and how many events it had.
    pub fn before(&self, moment: Moment) -> (u64, &dyn Running) {
        let count = self.frames.partition_point(|frame| frame.bound.is_none_or(|bound| bound <= moment));
        let frame = &self.frames[count.saturating_sub(1)];
        (frame.events, frame.world.as_ref())
    }

    /// The latest: a copy, and the moment it stands for; none where nothing happened to it yet.
    pub fn latest(&self) -> (Option<Moment>, Box<dyn Running>) {
        (self.last().bound, self.last().world.fork())
    }

    /// Forgets every one that had done anything at or after a moment.
    pub fn keep_before(&mut self, moment: Moment) {
        self.cut(self.frames.partition_point(|frame| frame.bound.is_none_or(|bound| bound < moment)));
    }

    /// Forgets every one that goes beyond a moment at which so many events have happened.
    pub fn keep_upto(&mut self, moment: Moment, events: u64) {
        let within =
            |frame: &Keyframe| frame.events <= events && frame.bound.is_none_or(|bound| bound <= moment);
        self.cut(self.frames.partition_point(within));
    }

    fn cut(&mut self, count: usize) {
        self.frames.truncate(count.max(1));
        self.weight = self.frames.iter().map(|frame| frame.weight).sum();
    }
}
