//! Soft state: what a service has read from the store and keeps in memory alone. A crash loses it, and it is made again
//! from its hard source, one request at a time.
//!
//! Losing it costs nothing but time, and that is the danger: all who were served from it now want the store, which was
//! never built for all of them. So whoever misses joins the one read of that key that is on its way
//! ([`Cache::joined`]), and only so many reads are on their way at once ([`Cache::turn`]): a bulkhead, on the other side
//! of which those who find what they want are served as ever.

use super::message::Key;
use super::server::Job;
use serde::Serialize;
use sim::Time;
use sim::ordered::SortedMap;
use std::collections::VecDeque;

/// The cache of a service.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Cache {
    /// What is kept, and until when (by the service's clock).
    kept: SortedMap<Key, Time>,
    /// Who waits for which key.
    wanted: SortedMap<Key, Vec<Job>>,
    /// Keys whose read has not begun.
    line: VecDeque<Key>,
}

impl Cache {
    /// Whether it has this, and it is not too old.
    pub fn has(&mut self, key: Key, now: Time) -> bool {
        let fresh = self.kept.get(&key).is_some_and(|until| now < *until);
        if !fresh {
            self.kept.remove(&key);
        }
        fresh
    }

    /// Keeps this until then.
    pub fn keep(&mut self, key: Key, until: Time) {
        self.kept.insert(key, until);
    }

    /// How much it has. What is too old goes when it is looked for.
    pub fn kept(&self) -> u32 {
        u32::try_from(self.kept.len()).unwrap_or(u32::MAX)
    }

    /// Throws everything away.
    pub fn flush(&mut self) {
        self.kept.clear();
    }

    /// How many wait for a read.
    pub fn waiting(&self) -> u32 {
        u32::try_from(self.wanted.values().map(Vec::len).sum::<usize>()).unwrap_or(u32::MAX)
    }

    /// A request waits for this key; whether somebody else waited for it already.
    pub fn joined(&mut self, job: Job) -> bool {
        let waiters = self.wanted.entry(job.key).or_default();
        waiters.push(job);
        if waiters.len() == 1 {
            self.line.push_back(job.key);
        }
        waiters.len() > 1
    }

    /// The key to be read next.
    pub fn turn(&mut self) -> Option<Key> {
        self.line.pop_front()
    }

    /// Whoever waited for this key.
    pub fn waiters(&mut self, key: Key) -> Vec<Job> {
        self.wanted.remove(&key).unwrap_or_default()
    }
}
