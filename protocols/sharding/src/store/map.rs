//! The map: which shard a key is in, who keeps it, and since which epoch.
//!
//! Every change of the map makes a new epoch. A shard's own epoch is that of the last change of who keeps it or of where it
//! begins and ends; who asks for a shard says the epoch he believes in, and a server answers for that one alone. So a map
//! may be as old as it likes: it costs a question too many, and no wrong answer.

use serde::Serialize;
use sim::ActorId;
use std::fmt;

/// Names a shard: never used again for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ShardId(pub u16);

impl fmt::Display for ShardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// What is being done about a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Task {
    /// Nothing.
    None,
    /// It goes to another server, which keeps it from that epoch on.
    Moving {
        /// Where.
        to: ActorId,
        /// Its epoch there.
        epoch: u64,
    },
    /// It is cut in two.
    Splitting {
        /// The first position of the upper part.
        at: u16,
        /// What the upper part will be called.
        upper: ShardId,
        /// The epoch of both parts.
        epoch: u64,
    },
}

/// A shard, as the map has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Shard {
    /// Which.
    pub id: ShardId,
    /// Its first position.
    pub low: u16,
    /// The first position that is no longer in it.
    pub high: u16,
    /// Of the last change of who keeps it, or what is in it.
    pub epoch: u64,
    /// Who keeps it.
    pub owner: ActorId,
    /// Who is to keep it by the plan.
    pub wanted: ActorId,
    /// What is being done about it.
    pub task: Task,
}

impl Shard {
    /// One that lies where it is to lie.
    pub fn new(id: ShardId, low: u16, high: u16, epoch: u64, owner: ActorId) -> Self {
        Self { id, low, high, epoch, owner, wanted: owner, task: Task::None }
    }

    /// Whether a position is in it.
    pub fn covers(&self, position: u16) -> bool {
        (self.low..self.high).contains(&position)
    }

    /// Whether it is in its place and nothing is done about it.
    pub fn is_settled(&self) -> bool {
        self.owner == self.wanted && self.task == Task::None
    }
}

/// The map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShardMap {
    /// How often it has changed.
    pub epoch: u64,
    /// What the next new shard is called.
    pub next: ShardId,
    /// The servers, in the order of their buckets: who leaves is replaced by the last.
    pub members: Vec<ActorId>,
    /// Who they were before the last one came or went.
    pub before: Vec<ActorId>,
    /// All shards, by position.
    pub shards: Vec<Shard>,
}

impl ShardMap {
    /// The shard at a position.
    pub fn at(&self, position: u16) -> Option<&Shard> {
        let after = self.shards.partition_point(|shard| shard.low <= position);
        self.shards[..after].last().filter(|shard| shard.covers(position))
    }

    /// The shard of that name.
    pub fn shard(&self, id: ShardId) -> Option<&Shard> {
        self.shards.iter().find(|shard| shard.id == id)
    }

    /// The shard of that name, to be changed.
    pub fn shard_mut(&mut self, id: ShardId) -> Option<&mut Shard> {
        self.shards.iter_mut().find(|shard| shard.id == id)
    }

    /// How many shards are to lie on a server.
    pub fn wanted_at(&self, node: ActorId) -> usize {
        self.shards.iter().filter(|shard| shard.wanted == node).count()
    }

    /// How many shards are on the move or being cut.
    pub fn busy(&self) -> usize {
        self.shards.iter().filter(|shard| shard.task != Task::None).count()
    }

    /// The first of so many positions that is in no shard, or in two.
    pub fn hole(&self, space: u16) -> Option<u16> {
        let mut at = 0;
        for shard in &self.shards {
            if shard.low != at || shard.high < shard.low {
                return Some(at.min(shard.low));
            }
            at = shard.high;
        }
        (at != space).then_some(at)
    }

    /// Begins every move of the plan for which there is room; how many. The map's epoch grows if any begins.
    pub fn begin_moves(&mut self, most: usize) -> usize {
        let room = most.saturating_sub(self.busy());
        let epoch = self.epoch + 1;
        let due =
            self.shards.iter_mut().filter(|shard| shard.task == Task::None && shard.owner != shard.wanted);
        let mut begun = 0;
        for shard in due.take(room) {
            shard.task = Task::Moving { to: shard.wanted, epoch };
            begun += 1;
        }
        if begun > 0 {
            self.epoch = epoch;
        }
        begun
    }

    /// A shard has arrived where it was going; false where that is not what the map waits for.
    pub fn arrived(&mut self, id: ShardId, at: ActorId, epoch: u64) -> bool {
        let Some(shard) = self.shard_mut(id) else { return false };
        if shard.task != (Task::Moving { to: at, epoch }) {
            return false;
        }
        (shard.owner, shard.epoch, shard.task) = (at, epoch, Task::None);
        self.epoch += 1;
        true
    }

    /// Begins to cut a shard in two before a position inside it; false where that cannot be.
    pub fn begin_split(&mut self, id: ShardId, at: u16) -> bool {
        let (upper, epoch) = (self.next, self.epoch + 1);
        let Some(shard) = self.shard_mut(id) else { return false };
        if shard.task != Task::None || at <= shard.low || at >= shard.high {
            return false;
        }
        shard.task = Task::Splitting { at, upper, epoch };
        (self.epoch, self.next) = (epoch, ShardId(upper.0 + 1));
        true
    }

    /// A shard has been cut in two; `wanted` is to keep the upper part. False where that is not what the map waits for.
    pub fn was_split(&mut self, id: ShardId, done: u64, wanted: ActorId) -> bool {
        let Some(place) = self.shards.iter().position(|shard| shard.id == id) else { return false };
        let shard = &mut self.shards[place];
        let Task::Splitting { at, upper, epoch } = shard.task else { return false };
        if epoch != done {
            return false;
        }
        let mut above = Shard::new(upper, at, shard.high, epoch, shard.owner);
        above.wanted = wanted;
        (shard.high, shard.epoch, shard.task) = (at, epoch, Task::None);
        self.shards.insert(place + 1, above);
        self.epoch += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> ShardMap {
        let node = ActorId::node;
        let shards = vec![Shard::new(ShardId(1), 0, 4, 1, node(2)), Shard::new(ShardId(2), 4, 9, 1, node(3))];
        ShardMap { epoch: 1, next: ShardId(3), members: vec![node(2), node(3)], before: vec![], shards }
    }

    #[test]
    fn a_shard_moves_once_and_under_a_new_epoch() {
        let mut map = map();
        let to = ActorId::node(3);
        map.shards[0].wanted = to;
        assert_eq!((map.begin_moves(2), map.epoch, map.busy()), (1, 2, 1));
        assert_eq!(map.begin_moves(2), 0);
        assert!(!map.arrived(ShardId(1), to, 1) && !map.arrived(ShardId(1), ActorId::node(2), 2));
        assert!(map.arrived(ShardId(1), to, 2) && !map.arrived(ShardId(1), to, 2));
        assert_eq!((map.shards[0].owner, map.shards[0].epoch, map.epoch), (to, 2, 3));
        assert!(map.shards[0].is_settled());
    }

    #[test]
    fn a_shard_is_cut_in_two() {
        let mut map = map();
        for wrong in [0, 4, 9] {
            assert!(!map.begin_split(ShardId(1), wrong), "{wrong}");
        }
        assert!(map.begin_split(ShardId(1), 1) && !map.begin_split(ShardId(1), 2));
        assert!(!map.was_split(ShardId(1), 9, ActorId::node(3)));
        assert!(map.was_split(ShardId(1), 2, ActorId::node(3)));
        let bounds: Vec<_> = map.shards.iter().map(|shard| (shard.id.0, shard.low, shard.high)).collect();
        assert_eq!(bounds, [(1, 0, 1), (3, 1, 4), (2, 4, 9)]);
        assert_eq!((map.hole(9), map.hole(10), map.at(1).unwrap().wanted), (None, Some(9), ActorId::node(3)));
    }

    #[test]
    fn a_hole_is_found() {
        let mut map = map();
        map.shards[1].low = 5;
        assert_eq!(map.hole(9), Some(4));
        assert!(map.at(4).is_none() && map.at(5).is_some() && map.at(9).is_none());
    }
}
