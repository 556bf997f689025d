//! What a history of one kind of object keeps short of linearizability: sequential and causal consistency, PRAM, the
//! guarantees of sessions, regular reads, bounded staleness, convergence, and what sets, counters and banks must keep.
//!
//! An [`Examination`] takes a history, its model and the guarantees that are asked for, works in steps, and has a
//! [`Finding`] for each: it holds (for sequential consistency with the order), it is broken (with the smallest [`Proof`]),
//! or it is not decided (with the reason). A [`Watch`] judges the same guarantees live, event by event.
//!
//! | guarantee | judged by | cost | source |
//! |-|-|-|-|
//! | sequential | what must come before what, then a search; in `sequential` | NP-complete; mostly near linear | Lamport 1979; Gibbons and Korach 1997 |
//! | causal | an order for each session, in `views` | some steps for each session that wrote, per read | Ahamad et al. 1995; Bouajjani et al. 2017 |
//! | weak-causal, causal-convergence | bad patterns, in `causal` | the same, and a sorted graph | Bouajjani et al. 2017 |
//! | pram | `views` | as causal | Lipton and Sandberg 1988 |
//! | read-your-writes, monotonic-reads, monotonic-writes, writes-follow-reads | `sessions` | a few steps per session that was seen | Terry et al. 1994 |
//! | regular, bounded-staleness, no-lost-write | `recency` | near linear | Lamport 1986; Shao et al. 2011; Bailis et al. 2012 |
//! | convergent | `convergence` | near linear | Vogels 2009 |
//! | all of these on sets, and no-lost-or-stale | `elements` | elements times reads | the same; Jepsen's `set-full` |
//! | pram and those of sessions, of values that grow by appends | `grown` | a search for each session; pieces times reads | the same |
//! | interval-counter, conservation | `sums` | near linear | Jepsen's `counter` and `bank` |
//!
//! # Which causal consistency
//! Three definitions go by that name. `causal` is *causal memory* (CM, Ahamad et al. 1995), the oldest and for a client
//! the plainest: each session sees all writes in one order of its own, which keeps what was seen before something was
//! done. `weak-causal` (CC) lets each read have an order of its own; `causal-convergence` (CCv) asks for one order of all
//! writes. CM and CCv each imply CC and neither the other; sequential consistency implies all three.
//!
//! # Reading the answers
//! All of these judge what clients were told, never what replicas hold. Where values are written once it is plain which
//! write a read saw, and the verdict is exact. Where a read saw one of several writes of a value, what is found to be
//! broken is so, and otherwise the answer is that it is not decided: never yes. Reading what nobody ever asked to write, or
//! what was surely not written, breaks every guarantee of this table. Reading what somebody asks to write only later breaks
//! those that speak of time (regular, bounded staleness, no lost write); the others know no time, and [`timeless`] puts
//! such a history in another order for them. A [`Watch`], which has only the past, takes it as written by nobody.

mod causal;
mod convergence;
mod elements;
mod examine;
mod grown;
mod order;
mod proof;
mod recency;
mod rename;
mod sequential;
mod sessions;
mod sums;
mod timeless;
mod views;
mod watch;
mod web;
mod words;

use std::sync::Arc;

use smallvec::SmallVec;

pub use examine::{Examination, Finding, Witness, known};
pub use proof::{Explain, Proof};
pub use recency::Staleness;
pub use watch::{Standing, Watch};

use crate::names::Guarantee;
use crate::value::Value;

/// What goes with a history.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// Bounded staleness: no bound means that every finite staleness is within it, and only the figures are of interest.
    pub bound: Bound,
    /// How long after the last write all must see the same: see [`Guarantee::Convergent`]. In the units of `times`.
    pub settle: u64,
    /// When events happened.
    pub times: Times,
    /// What a bank's accounts hold at first, if that is known: a map.
    pub accounts: Option<Value>,
    /// So many operations, the first ones, only say what the objects hold at first.
    pub made_up: u32,
}

/// How stale a read may be. Both bounds, where there are both, must be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// So many newer writes may have been answered before it began.
    pub versions: Option<u64>,
    /// The first of them may have been answered so long before, in the units of [`Setting::times`].
    pub time: Option<u64>,
}

impl Bound {
    fn is_broken_by(self, versions: u64, time: u64) -> bool {
        self.versions.is_some_and(|most| versions > most) || self.time.is_some_and(|most| time > most)
    }
}

/// When the events of a history happened: by its positions unless there is a clock.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// Positions, rising, and when that was.
    clock: Option<Arc<[(u64, u64)]>>,
    /// Positions are larger by so much than those that the clock knows.
    shift: u64,
}

impl Times {
    /// A clock: positions in rising order, and when each was in nanoseconds.
    pub fn of_clock(clock: impl IntoIterator<Item = (u64, u64)>) -> Self {
        Self { clock: Some(clock.into_iter().collect()), shift: 0 }
    }

    /// Whether these are nanoseconds, not positions.
    pub fn is_clock(&self) -> bool {
        self.clock.is_some()
    }

    fn shifted(&self, by: u64) -> Self {
        Self { clock: self.clock.clone(), shift: self.shift + by }
    }

    /// When the event at a position was; of a position without an event, the last one before.
    fn at(&self, position: u64) -> u64 {
        let position = position.saturating_sub(self.shift);
        let Some(clock) = &self.clock else { return position };
        let upto = clock.partition_point(|(other, _)| *other <= position);
        upto.checked_sub(1).map_or(0, |last| clock[last].1)
    }

    /// How much time went by between two positions.
    fn between(&self, from: u64, to: u64) -> u64 {
        self.at(to).saturating_sub(self.at(from))
    }
}

/// Places of operations.
type Places = SmallVec<[u32; 6]>;

/// Operations among which the smallest proof is to be looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Suspects {
    /// These.
    These(Places),
    /// All until then.
    All,
    /// These are the proof: what the others were is part of the sentence.
    Alone(Places),
}

/// Something is wrong from then until then.
#[derive(Clone, Debug)]
struct Span {
    from: u64,
    until: Option<u64>,
    suspects: Suspects,
}

impl Span {
    fn covers(&self, position: u64) -> bool {
        self.from <= position && self.until.is_none_or(|until| until > position)
    }
}

/// What broke first, guarantee by guarantee.
#[derive(Clone, Debug, Default)]
struct Breaks {
    wanted: Vec<Guarantee>,
    found: Vec<(Guarantee, u64, Suspects)>,
}

impl Breaks {
    fn new(wanted: &[Guarantee]) -> Self {
        Self { wanted: wanted.to_vec(), found: Vec::new() }
    }

    /// Whether anybody asked for it and it is not known to be broken.
    fn wants(&self, guarantee: Guarantee) -> bool {
        self.wanted.contains(&guarantee) && self.get(guarantee).is_none()
    }

    fn get(&self, guarantee: Guarantee) -> Option<(u64, &Suspects)> {
        let found = self.found.iter().find(|(broken, ..)| *broken == guarantee)?;
        Some((found.1, &found.2))
    }

    /// It broke with the event at a position; what came first counts.
    fn note(&mut self, guarantee: Guarantee, at: u64, suspects: Suspects) {
        if self.wants(guarantee) {
            self.found.push((guarantee, at, suspects));
        }
    }

    /// Everything broke.
    fn note_all(&mut self, at: u64, suspects: &Suspects) {
        for guarantee in self.wanted.clone() {
            self.note(guarantee, at, suspects.clone());
        }
    }
}
