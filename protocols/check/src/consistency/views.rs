//! Guarantees that give each session an order of its own: PRAM and causal memory.
//!
//! For each session there must be an order of its own operations and of all writes in which each of its reads sees the
//! last write before it. In *PRAM* (Lipton and Sandberg 1988) it keeps the order of every session; in *causal memory*
//! (Ahamad, Neiger, Burns, Kohli and Hutto 1995) it keeps the causal order. So both are one algorithm over two relations.
//!
//! Where each value is written once, such an order exists unless what must come before what makes a cycle, or a read
//! that saw nothing has a write to its key before it. That is the relation HB of Bouajjani, Enea, Guerraoui and Hamza
//! (POPL 2017): the order to be kept; and if a write to a key comes before a read that saw another one, it comes before
//! that other one. They prove it for causal memory; for PRAM the proof is the same.
//!
//! # As it grows
//! A session's *view* is the set of writes before its last operation: a number for each session, since with a write
//! come all before it in its session. A read puts the write that it saw, and what comes before that, into the view; all
//! other writes to the key that are there must then come before it. That breaks something only if the write was in the
//! view already: what is new there has nothing after it. So the arrows that reads add are kept with the write they lead
//! to, as the set of all writes that come before it, and whether one write comes before another is one look for each
//! session.
//!
//! What is put before a write that was seen earlier comes before all that the session did since, too: these reads are
//! looked at again, until nothing follows any more.

use std::collections::BTreeMap;

use super::web::{Clock, NONE, NUMBERS_MOST, Origin, Settled, Step, Web};
use super::{Breaks, Suspects};
use crate::names::Guarantee;

/// The writes of one session that have more before them than the order to be kept says.
#[derive(Clone, Debug, Default)]
struct Later {
    /// By number within the session; all that comes before each of them or one before it.
    writes: Vec<(u32, Clock)>,
}

impl Later {
    /// What comes before the first `count` writes of the session.
    fn below(&self, count: u32) -> Option<&Clock> {
        let within = self.writes.partition_point(|(index, _)| *index <= count);
        within.checked_sub(1).map(|last| &self.writes[last].1)
    }

    /// All this comes before the write of that number, too.
    fn add(&mut self, index: u32, below: &Clock) {
        let at = self.writes.partition_point(|(other, _)| *other < index);
        if self.writes.get(at).is_none_or(|(other, _)| *other != index) {
            let before = at.checked_sub(1).map(|before| self.writes[before].1.clone());
            self.writes.insert(at, (index, before.unwrap_or_default()));
        }
        for (_, clock) in &mut self.writes[at..] {
            clock.join(below);
        }
    }
}

/// What comes before what for one session.
#[derive(Clone, Debug, Default)]
struct View {
    /// The writes before its last operation.
    past: Clock,
    later: BTreeMap<u32, Later>,
    settled: Settled,
    /// Its reads.
    looked: Vec<Looked>,
    /// How many of them were looked at again.
    revised: u64,
}

/// A read of a session.
#[derive(Clone, Debug)]
struct Looked {
    key: u32,
    saw: Option<u32>,
    /// What the same operation wrote.
    wrote: u32,
    /// The writes before it.
    past: Clock,
}

/// So many reads of a session are looked at again.
const REVISED_MOST: u64 = 2_000_000;

/// One of the two, judged as the history grows.
#[derive(Clone, Debug)]
pub(super) struct Views {
    guarantee: Guarantee,
    views: Vec<View>,
    /// How many numbers all clocks hold; since when these are more than there is memory for.
    held: u64,
    pub full: Option<u64>,
}

impl Views {
    /// For PRAM or causal memory.
    pub(super) fn new(guarantee: Guarantee) -> Self {
        Self { guarantee, views: Vec::new(), held: 0, full: None }
    }

    pub(super) fn guarantee(&self) -> Guarantee {
        self.guarantee
    }

    /// How many writes of a session come before a write (and itself), by the order to be kept.
    fn kept(&self, web: &Web, write: u32, session: u32) -> u32 {
        let write = web.write(write);
        match (write.session == session, self.guarantee) {
            (true, _) => write.index,
            (false, Guarantee::Pram) => 0,
            (false, _) => write.clock.get(session),
        }
    }

    /// Everything before a write in a view, and itself.
    fn below(&self, web: &Web, view: &View, write: u32) -> Clock {
        let mut below = Clock::default();
        if self.guarantee == Guarantee::Pram {
            let write = web.write(write);
            below.raise(write.session, write.index);
        } else {
            web.absorb(&mut below, write);
        }
        for (session, later) in &view.later {
            if let Some(more) = later.below(self.kept(web, write, *session)) {
                below.join(more);
            }
        }
        below
    }

    /// Whether a write comes before another one in a view.
    fn precedes(&self, web: &Web, view: &View, write: u32, other: u32) -> bool {
        let session = web.write(write).session;
        if write == other {
            return false;
        }
        self.kept(web, other, session) >= web.write(write).index
            || view.later.iter().any(|(session, later)| {
                let below = later.below(self.kept(web, other, *session));
                below.is_some_and(|below| web.has(below, write))
            })
    }

    /// A session was answered.
    pub(super) fn step(&mut self, web: &Web, session: u32, step: Step, at: u64, breaks: &mut Breaks) {
        if self.full.is_some() || !breaks.wants(self.guarantee) {
            return;
        }
        if self.views.len() <= session as usize {
            self.views.resize_with(session as usize + 1, View::default);
        }
        let mut view = std::mem::take(&mut self.views[session as usize]);
        let holds = match step.saw {
            Some(Origin::Initial) => web.latest(step.key, &view.past, step.wrote).next().is_none(),
            Some(Origin::Write(saw)) => self.saw(web, &mut view, step, saw),
            Some(Origin::Nowhere | Origin::Vague) | None => true,
        };
        if !holds {
            breaks.note(self.guarantee, at, Suspects::All);
        }
        let saw = match step.saw {
            Some(Origin::Initial) => Some(None),
            Some(Origin::Write(saw)) => Some(Some(saw)),
            Some(Origin::Nowhere | Origin::Vague) | None => None,
        };
        if let Some(saw) = saw {
            self.held += view.past.len();
            view.looked.push(Looked { key: step.key, saw, wrote: step.wrote, past: view.past.clone() });
        }
        if step.wrote != NONE {
            let write = web.write(step.wrote);
            if self.guarantee == Guarantee::Pram {
                view.later.entry(session).or_default().add(write.index, &view.past);
            }
            view.past.raise(session, write.index);
        }
        self.held += view.past.len() * 2;
        let too_much = self.held > NUMBERS_MOST || view.revised > REVISED_MOST;
        self.views[session as usize] = view;
        if too_much {
            self.full = Some(at);
            self.views.clear();
        }
    }

    /// Whether the session can have seen the write.
    fn saw(&self, web: &Web, view: &mut View, step: Step, saw: u32) -> bool {
        let was_there = web.has(&view.past, saw);
        if !was_there {
            let below = self.below(web, view, saw);
            view.past.join(&below);
        }
        let mut before = Clock::default();
        let mut found = false;
        for other in view.settled.others(web, step.key, &view.past, step.wrote) {
            if other == saw {
                continue;
            }
            if was_there && self.precedes(web, view, saw, other) {
                return false;
            }
            if !self.precedes(web, view, other, saw) {
                before.join(&self.below(web, view, other));
                found = true;
            }
        }
        if found {
            self.put_before(web, view, &before, saw, was_there);
            if was_there && !self.revise(web, view, saw, before) {
                return false;
            }
        }
        view.settled.settle(web, step.key, saw, &view.past, step.wrote);
        true
    }

    /// All this was put before a write that the session had seen, and so before its reads since then. Whether these can
    /// have seen what they saw.
    fn revise(&self, web: &Web, view: &mut View, write: u32, before: Clock) -> bool {
        let mut put = vec![(write, before)];
        while let Some((write, before)) = put.pop() {
            let is_earlier = |read: &Looked| read.wrote != write && !web.has(&read.past, write);
            let start = view.looked.partition_point(is_earlier);
            for at in start..view.looked.len() {
                // The past only grows from read to read: what one has the next ones have.
                if !view.looked[at].past.join(&before) {
                    break;
                }
                view.revised += 1;
                let Looked { key, saw, wrote, .. } = view.looked[at];
                let others: Vec<u32> = web.latest(key, &view.looked[at].past, wrote).collect();
                let Some(saw) = saw else { if others.is_empty() { continue } else { return false } };
                let mut more = Clock::default();
                for other in others.into_iter().filter(|other| *other != saw) {
                    if self.precedes(web, view, saw, other) {
                        return false;
                    }
                    if !self.precedes(web, view, other, saw) {
                        more.join(&self.below(web, view, other));
                    }
                }
                if more.len() > 0 {
                    self.put_before(web, view, &more, saw, true);
                    put.push((saw, more));
                }
            }
        }
        true
    }

    /// All this comes before the write, and before whatever the write comes before.
    fn put_before(&self, web: &Web, view: &mut View, before: &Clock, write: u32, was_there: bool) {
        let mut above: Vec<(u32, u32)> = Vec::new();
        for (session, later) in view.later.iter().filter(|_| was_there) {
            let own = &web.sessions[*session as usize].writes;
            let after =
                |(index, _): &&(u32, Clock)| self.precedes(web, view, write, own[*index as usize - 1]);
            above.extend(later.writes.iter().find(after).map(|(index, _)| (*session, *index)));
        }
        let session = web.write(write).session;
        view.later.entry(session).or_default().add(web.write(write).index, before);
        for (session, index) in above {
            if let Some(later) = view.later.get_mut(&session) {
                later.add(index, before);
            }
        }
    }
}
