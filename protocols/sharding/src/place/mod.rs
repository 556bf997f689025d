//! Who keeps a key: seven answers, each in its own file, and what they have in common.
//!
//! | scheme | how even | what moves when the n-th node comes |
//! |-|-|-|
//! | [`Scheme::Range`]: neighbours together, cut evenly | as the keys are | half of all, if cut anew |
//! | [`Scheme::Modulo`]: hash mod n | even | nearly all: 1 − 1/n |
//! | [`ring`]: consistent hashing | ± 1/√points | 1/n, to the new one alone |
//! | [`rendezvous`]: highest random weight | as balls in bins | 1/n, to the new one alone |
//! | [`jump`] | as balls in bins | 1/n, to the new one alone; only the last can go |
//! | [`maglev`]: a table filled in turns | equal, ± one slot | 1/n and a little more |
//! | [`bounded`]: a ring with full nodes passed by | nobody above c times the average | a few times 1/n |

pub mod bounded;
pub mod figures;
pub mod hash;
pub mod jump;
pub mod maglev;
pub mod rendezvous;
pub mod ring;

use hash::splitmix;
use ring::Ring;
use serde::Serialize;

/// A way to say who keeps what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Scheme {
    /// Contiguous ranges, as even as can be.
    Range,
    /// The hash modulo the number of nodes.
    Modulo,
    /// Consistent hashing with virtual nodes.
    Ring,
    /// Rendezvous hashing.
    Rendezvous,
    /// Jump hash.
    Jump,
    /// Maglev hashing.
    Maglev,
    /// Consistent hashing with bounded loads.
    Bounded,
}

impl Scheme {
    /// All of them.
    pub const ALL: [Scheme; 7] = [
        Scheme::Range,
        Scheme::Modulo,
        Scheme::Ring,
        Scheme::Rendezvous,
        Scheme::Jump,
        Scheme::Maglev,
        Scheme::Bounded,
    ];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Range => "range",
            Scheme::Modulo => "modulo",
            Scheme::Ring => "ring",
            Scheme::Rendezvous => "rendezvous",
            Scheme::Jump => "jump",
            Scheme::Maglev => "maglev",
            Scheme::Bounded => "bounded",
        }
    }

    /// The scheme of that name; ranges where there is none.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|scheme| scheme.name() == name).unwrap_or(Scheme::Range)
    }

    /// Whether a node that comes takes over, and nothing else moves.
    pub fn joins_quietly(self) -> bool {
        matches!(self, Scheme::Range | Scheme::Ring | Scheme::Rendezvous | Scheme::Jump)
    }

    /// Whether of a node that goes its own alone moves, whichever node that is.
    pub fn leaves_quietly(self) -> bool {
        matches!(self, Scheme::Range | Scheme::Ring | Scheme::Rendezvous)
    }
}

/// What a scheme may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tuning {
    /// Points a node on a ring.
    pub points: u32,
    /// How much above the average a node may hold where loads are bounded: c in percent.
    pub percent: u32,
    /// Slots of Maglev's table: a prime, more than a hundred times the nodes.
    pub slots: u32,
}

/// Who keeps each of so many shards: node numbers, in the order of the shards. `nodes` in the order in which they came (a
/// place left empty is filled by the last one), which matters to modulo and jump. Empty where there are no nodes.
pub fn place(scheme: Scheme, shards: u32, nodes: &[u32], tuning: Tuning) -> Vec<u32> {
    let count = nodes.len() as u64;
    if count == 0 {
        return Vec::new();
    }
    let of = |at: u64| nodes[at as usize];
    let keys = (0..shards).map(|shard| splitmix(u64::from(shard)));
    match scheme {
        Scheme::Range => (0..u64::from(shards)).map(|at| of(at * count / u64::from(shards.max(1)))).collect(),
        Scheme::Modulo => keys.map(|key| of(key % count)).collect(),
        Scheme::Ring => {
            let ring = Ring::new(nodes.iter().copied(), tuning.points);
            keys.map(|key| ring.owner(key).unwrap_or_default()).collect()
        }
        Scheme::Rendezvous => {
            let pick = |key| rendezvous::rendezvous(key, nodes.iter().copied()).unwrap_or_default();
            keys.map(pick).collect()
        }
        Scheme::Jump => keys.map(|key| of(u64::from(jump::jump(key, count as u32)))).collect(),
        Scheme::Maglev => {
            let table = maglev::table(nodes, tuning.slots);
            keys.map(|key| table[(key % u64::from(tuning.slots)) as usize]).collect()
        }
        Scheme::Bounded => {
            let ring = Ring::new(nodes.iter().copied(), tuning.points);
            let places: Vec<u64> = keys.collect();
            let most = bounded::capacity(shards, count as u32, tuning.percent);
            bounded::fill(&ring, &places, most).into_iter().map(|(node, _)| node).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TUNING: Tuning = Tuning { points: 16, percent: 125, slots: 2_039 };

    proptest! {
        /// Every shard is kept by somebody who is there; who comes takes, where that is promised; who goes leaves its own.
        #[test]
        fn placements_are_of_those_who_are_there(shards in 0u32..200, count in 1u32..12, out in 0usize..12) {
            let nodes: Vec<u32> = (1..=count).collect();
            let more: Vec<u32> = (1..=count + 1).collect();
            let mut fewer = nodes.clone();
            let gone = fewer.swap_remove(out % nodes.len());
            for scheme in Scheme::ALL {
                let now = place(scheme, shards, &nodes, TUNING);
                prop_assert_eq!(now.len(), shards as usize);
                prop_assert!(now.iter().all(|node| nodes.contains(node)), "{:?}", scheme);
                if scheme == Scheme::Range {
                    continue;
                }
                let joined = place(scheme, shards, &more, TUNING);
                if scheme.joins_quietly() {
                    prop_assert!(now.iter().zip(&joined).all(|(a, b)| a == b || *b == count + 1), "{:?}", scheme);
                }
                let left = place(scheme, shards, &fewer, TUNING);
                if scheme.leaves_quietly() && !fewer.is_empty() {
                    prop_assert!(now.iter().zip(&left).all(|(a, b)| a == b || *a == gone), "{:?}", scheme);
                }
            }
        }
    }

    #[test]
    fn names_lead_back() {
        for scheme in Scheme::ALL {
            assert_eq!(Scheme::named(scheme.name()), scheme);
        }
        assert!(place(Scheme::Ring, 5, &[], TUNING).is_empty());
    }
}
