//! What is on a disk: the keeper's map, or a server's shards.
//!
//! A server never forgets that it once had a shard: what is gone leaves its epoch behind, so that a hand-over that comes
//! late, or a second time, is known for what it is.

use super::map::{ShardId, ShardMap};
use serde::Serialize;
use sim::ActorId;
use sim::ordered::SortedMap;
use std::sync::Arc;

/// How a server stands to a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Standing {
    /// It keeps it, and answers for it.
    Serving,
    /// It has given it up, and sends it on until it has arrived.
    Handing {
        /// Where.
        to: ActorId,
    },
    /// It had it once.
    Gone,
}

/// A shard on a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Its first position.
    pub low: u16,
    /// The first that is no longer in it.
    pub high: u16,
    /// Of the last change that this server knows of.
    pub epoch: u64,
    /// How it stands here.
    pub standing: Standing,
    /// Values by key.
    pub data: SortedMap<u16, Arc<str>>,
    /// Of each client the number of its last write here: a retry is not done twice.
    pub done: SortedMap<ActorId, u64>,
}

impl Held {
    /// An empty one.
    pub fn new(low: u16, high: u16, epoch: u64) -> Self {
        let standing = Standing::Serving;
        Self { low, high, epoch, standing, data: SortedMap::new(), done: SortedMap::new() }
    }

    /// Whether this server keeps it, and answers for this position.
    pub fn serves(&self, position: u16) -> bool {
        self.standing == Standing::Serving && (self.low..self.high).contains(&position)
    }
}

/// What a disk holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Hard {
    /// The keeper's map; none on other nodes, and before its first write.
    pub map: Option<Arc<ShardMap>>,
    /// A server's shards, those that are gone as well.
    pub shards: SortedMap<ShardId, Arc<Held>>,
    /// How many writes were folded.
    pub written: u64,
}

/// One write.
#[derive(Clone, Debug, Serialize)]
pub enum Write {
    /// The map as it is from now on.
    Map(Arc<ShardMap>),
    /// A shard has come, with all that is in it.
    Took {
        /// Which.
        shard: ShardId,
        /// It.
        held: Arc<Held>,
    },
    /// A shard is given up, under the epoch that it will have there.
    Hands {
        /// Which.
        shard: ShardId,
        /// To whom.
        to: ActorId,
        /// Its epoch there.
        epoch: u64,
    },
    /// What was given up has arrived.
    Gone {
        /// Which.
        shard: ShardId,
        /// Its epoch there.
        epoch: u64,
    },
    /// A shard is cut in two.
    Split {
        /// Which.
        shard: ShardId,
        /// The first key of the upper part: only where keys lie in their own order are shards cut.
        at: u16,
        /// What that is called.
        upper: ShardId,
        /// The epoch of both.
        epoch: u64,
    },
    /// A value.
    Put {
        /// In which shard.
        shard: ShardId,
        /// Under which key.
        key: u16,
        /// What.
        value: Arc<str>,
        /// Who wrote it.
        client: ActorId,
        /// The number of its request.
        sequence: u64,
    },
}

impl Hard {
    /// Folds one write.
    pub fn apply(&mut self, write: &Write) {
        self.written += 1;
        match write {
            Write::Map(map) => self.map = Some(Arc::clone(map)),
            Write::Took { shard, held } => {
                self.shards.insert(*shard, Arc::clone(held));
            }
            Write::Hands { shard, to, epoch } => {
                self.change(*shard, |held| {
                    (held.standing, held.epoch) = (Standing::Handing { to: *to }, *epoch)
                });
            }
            Write::Gone { shard, epoch } => self.change(*shard, |held| {
                (held.standing, held.epoch) = (Standing::Gone, *epoch);
                held.data.clear();
                held.done.clear();
            }),
            Write::Split { shard, at, upper, epoch } => self.split(*shard, *at, *upper, *epoch),
            Write::Put { shard, key, value, client, sequence } => self.change(*shard, |held| {
                held.data.insert(*key, Arc::clone(value));
                held.done.insert(*client, *sequence);
            }),
        }
    }

    fn change(&mut self, shard: ShardId, how: impl FnOnce(&mut Held)) {
        if let Some(held) = self.shards.get_mut(&shard) {
            how(Arc::make_mut(held));
        }
    }

    fn split(&mut self, shard: ShardId, at: u16, upper: ShardId, epoch: u64) {
        let Some(held) = self.shards.get_mut(&shard) else { return };
        let lower = Arc::make_mut(held);
        let mut above = Held::new(at, lower.high, epoch);
        above.data = lower.data.split_off(&at);
        above.done = lower.done.clone();
        (lower.high, lower.epoch) = (at, epoch);
        self.shards.insert(upper, Arc::new(above));
    }

    /// The shard of that name, as it stands here.
    pub fn held(&self, shard: ShardId) -> Option<&Held> {
        self.shards.get(&shard).map(|held| &**held)
    }

    /// The shards that it keeps.
    pub fn serving(&self) -> impl Iterator<Item = (ShardId, &Held)> {
        let held = self.shards.iter().map(|(id, held)| (*id, &**held));
        held.filter(|(_, held)| held.standing == Standing::Serving)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_shares_the_values_out_and_both_know_what_was_done() {
        let (mut hard, client) = (Hard::default(), ActorId::client(1));
        let (shard, upper) = (ShardId(1), ShardId(2));
        hard.apply(&Write::Took { shard, held: Held::new(0, 8, 1).into() });
        for key in [1, 5] {
            let value = format!("v{key}").into();
            hard.apply(&Write::Put { shard, key, value, client, sequence: u64::from(key) });
        }
        hard.apply(&Write::Split { shard, at: 4, upper, epoch: 2 });
        let (lower, above) = (hard.held(shard).unwrap(), hard.held(upper).unwrap());
        assert!(lower.serves(3) && !lower.serves(4) && above.serves(4) && !above.serves(8));
        assert_eq!((lower.epoch, above.epoch, lower.done[&client], above.done[&client]), (2, 2, 5, 5));
        assert_eq!((lower.data.len(), above.data.len()), (1, 1));
    }

    #[test]
    fn what_is_gone_leaves_its_epoch() {
        let (mut hard, shard) = (Hard::default(), ShardId(1));
        hard.apply(&Write::Took { shard, held: Held::new(0, 8, 1).into() });
        hard.apply(&Write::Hands { shard, to: ActorId::node(3), epoch: 7 });
        assert!(!hard.held(shard).unwrap().serves(1) && hard.serving().next().is_none());
        hard.apply(&Write::Gone { shard, epoch: 7 });
        assert_eq!(hard.held(shard).map(|held| (held.standing, held.epoch)), Some((Standing::Gone, 7)));
    }
}
