//! Causal consistency of cells in its weaker two forms, by the bad patterns of Bouajjani, Enea, Guerraoui and Hamza
//! (POPL 2017) for histories in which each value is written once.
//!
//! The *causal order* is the order of sessions and of reads after the writes that they saw, and what follows from the
//! two. In *weak* causal consistency (their CC) each read must see what the writes before it in the causal order leave,
//! in some order of these that may be another one for the next read. It is broken by a read that shows nothing although
//! a write to its key is in its past (WriteCOInitRead), or a write that another one, between the two, has replaced
//! (WriteCORead). *Causal convergence* (CCv) asks for one order of all writes. Whenever a read saw one of several writes
//! in its past, that one is the last of them in such an order; it exists unless these arrows and the causal order make
//! a cycle (CyclicCF).
//!
//! Causal *memory* (CM), the strongest of the three, is judged in `views`.
//!
//! A read costs some steps for each session that wrote to its key, and what it takes to keep the arrows sorted.

use smallvec::{SmallVec, smallvec};

use super::order::Sorted;
use super::web::{NONE, Origin, Settled, Step, Web};
use super::{Breaks, Suspects};
use crate::names::Guarantee;

/// Both of them, judged as the history grows.
#[derive(Clone, Debug, Default)]
pub(super) struct Causal {
    /// Arrows between writes, and up to which of the certain ones they are drawn.
    sorted: Sorted,
    drawn: usize,
    /// For each session the writes that it saw since its last own one.
    fresh: Vec<Vec<u32>>,
    /// For each session what comes before what it saw last.
    settled: Vec<Settled>,
}

impl Causal {
    /// A session was answered.
    pub(super) fn step(&mut self, web: &Web, session: u32, step: Step, at: u64, breaks: &mut Breaks) {
        let past = &web.sessions[session as usize].past;
        let saw = match step.saw {
            Some(Origin::Initial) => None,
            Some(Origin::Write(saw)) => Some(saw),
            Some(Origin::Nowhere | Origin::Vague) | None => {
                self.draw(web);
                return;
            }
        };
        let mut others = web.latest(step.key, past, step.wrote);
        let replaced = match saw {
            None => others.next(),
            Some(saw) => others.find(|other| web.has(&web.write(*other).clock, saw)),
        };
        if let Some(by) = replaced {
            let mut found: SmallVec<[u32; 6]> = smallvec![step.place];
            web.path(by, session, step.place, &mut found);
            if let Some(saw) = saw {
                let by = web.write(by);
                web.path(saw, by.session, by.place, &mut found);
            }
            breaks.note(Guarantee::WeakCausal, at, Suspects::These(found.clone()));
            breaks.note(Guarantee::CausalConvergence, at, Suspects::These(found));
        }
        self.converges(web, session, step, saw, at, breaks);
    }

    /// Draws the arrows to a read's write.
    fn converges(
        &mut self,
        web: &Web,
        session: u32,
        step: Step,
        saw: Option<u32>,
        at: u64,
        breaks: &mut Breaks,
    ) {
        if !breaks.wants(Guarantee::CausalConvergence) {
            return;
        }
        if let Some(saw) = saw {
            if self.fresh.len() <= session as usize {
                self.fresh.resize_with(session as usize + 1, Vec::new);
                self.settled.resize_with(session as usize + 1, Settled::default);
            }
            self.fresh[session as usize].push(saw);
        }
        self.draw(web);
        let Some(saw) = saw else { return };
        let past = &web.sessions[session as usize].past;
        let settled = &mut self.settled[session as usize];
        let others = settled.others(web, step.key, past, step.wrote);
        settled.settle(web, step.key, saw, past, step.wrote);
        for other in others {
            if other != saw && !web.has(&web.write(saw).clock, other) && !self.sorted.add(other, saw) {
                breaks.note(Guarantee::CausalConvergence, at, Suspects::All);
                return;
            }
        }
    }

    /// Draws the arrows of the causal order between writes that are certain since it was done last.
    fn draw(&mut self, web: &Web) {
        self.sorted.grow(web.writes.len());
        for number in &web.certain[self.drawn..] {
            let write = web.write(*number);
            if let Some(before) = write.index.checked_sub(2) {
                let before = web.sessions[write.session as usize].writes[before as usize];
                self.sorted.add(before, *number);
            }
            let fresh = self.fresh.get_mut(write.session as usize).map(std::mem::take).unwrap_or_default();
            for before in fresh.into_iter().chain([write.parent]).filter(|before| *before != NONE) {
                self.sorted.add(before, *number);
            }
        }
        self.drawn = web.certain.len();
    }
}
