//! Watches the invariants as things happen.
//!
//! [`Watch`] remembers what each server keeps (its own state says so, whenever a fact says that it changed), what the
//! keeper plans, and since when a range has been hot. What a server that is down keeps is unknown until it is back.

use super::fact::Fact;
use super::invariants::At;
use super::map::{ShardId, ShardMap, Task};
use super::settings::Settings;
use super::{Actor, Sharding};
use sim::ordered::SortedMap;
use sim::protocol::{Happening, Monitor, Report};
use sim::{ActorId, Parameters, Span, Time};
use smallvec::SmallVec;
use std::sync::Arc;

/// Positions that a server keeps: from, to before.
type Kept = SmallVec<[(u16, u16); 8]>;

/// A range that is hot.
#[derive(Clone, Copy, Debug)]
struct Hot {
    shard: ShardId,
    epoch: u64,
    since: Time,
    /// Said so last.
    last: Time,
}

/// The monitor.
#[derive(Clone, Debug)]
pub struct Watch {
    kept: Arc<SortedMap<ActorId, Kept>>,
    /// Who was to keep each shard by the keeper's last map, and who its members were.
    wanted: Arc<SortedMap<ShardId, ActorId>>,
    space: u16,
    /// Of the settings: what is promised.
    joins_quietly: bool,
    leaves_quietly: bool,
    splits: Option<(Span, Span)>,
    hot: Option<Hot>,
    /// Nothing is broken.
    calm: bool,
}

impl Monitor<Sharding> for Watch {
    fn new(settings: &Settings, _parameters: &Parameters) -> Self {
        Self {
            kept: Arc::default(),
            wanted: Arc::default(),
            space: settings.space(),
            joins_quietly: settings.promised.joins_quietly(),
            leaves_quietly: settings.promised.leaves_quietly(),
            splits: settings.promises_splits().then(|| (settings.splits_within(), settings.window * 2)),
            hot: None,
            calm: true,
        }
    }

    fn observe(
        &mut self,
        at: Time,
        actor: ActorId,
        happening: &Happening<'_, Sharding>,
        state: Option<&Actor>,
        report: &mut Report,
    ) {
        match happening {
            Happening::Fact(fact) => match state {
                Some(Actor::Keeper(keeper)) => self.keeper_fact(at, fact, keeper.map(), report),
                Some(Actor::Server(server)) => {
                    self.server_fact(actor, fact, report);
                    if changes_what_is_kept(fact) {
                        self.keeps(actor, kept(server.hard().serving()), report);
                    }
                }
                _ if matches!(fact, Fact::GaveUp { .. }) => report.reached(At::GaveUp.place()),
                _ => {}
            },
            Happening::Crashed => {
                Arc::make_mut(&mut self.kept).remove(&actor);
            }
            Happening::Started => self.started(actor, state, report),
            Happening::Healed => (self.calm, self.hot) = (true, None),
            Happening::Disturbed => (self.calm, self.hot) = (false, None),
        }
    }
}

fn changes_what_is_kept(fact: &Fact) -> bool {
    matches!(fact, Fact::Took { .. } | Fact::HandsOver { .. } | Fact::Dropped { .. } | Fact::Cut { .. })
}

fn kept<'a>(serving: impl Iterator<Item = (ShardId, &'a super::hard::Held)>) -> Kept {
    serving.map(|(_, held)| (held.low, held.high)).collect()
}

fn wanted(map: &ShardMap) -> SortedMap<ShardId, ActorId> {
    map.shards.iter().map(|shard| (shard.id, shard.wanted)).collect()
}

impl Watch {
    fn started(&mut self, actor: ActorId, state: Option<&Actor>, report: &mut Report) {
        match state {
            Some(Actor::Server(server)) => self.keeps(actor, kept(server.hard().serving()), report),
            Some(Actor::Keeper(keeper)) => {
                self.wanted = Arc::new(wanted(keeper.map()));
                self.hot = None;
                let moving = |shard: &super::map::Shard| matches!(shard.task, Task::Moving { .. });
                if keeper.map().shards.iter().any(moving) {
                    report.reached(At::PlanSurvives.place());
                }
            }
            _ => {}
        }
    }

    /// A server keeps these from now on: nobody else may.
    fn keeps(&mut self, actor: ActorId, kept: Kept, report: &mut Report) {
        for (other, theirs) in self.kept.iter().filter(|(other, _)| **other != actor) {
            let both = kept.iter().find_map(|mine| {
                let theirs = theirs.iter().find(|theirs| mine.0 < theirs.1 && theirs.0 < mine.1)?;
                Some(mine.0.max(theirs.0))
            });
            if let Some(position) = both {
                let sentence = format!("{actor} and {other} both keep position {position}");
                report.broken(At::One.place(), sentence);
            }
        }
        Arc::make_mut(&mut self.kept).insert(actor, kept);
    }

    fn server_fact(&mut self, actor: ActorId, fact: &Fact, report: &mut Report) {
        match fact {
            Fact::Serving { client, text, position, again } => {
                if *again {
                    report.reached(At::Retry.place());
                }
                let mine = self.kept.get(&actor);
                let keeps =
                    mine.is_some_and(|kept| kept.iter().any(|(low, high)| (low..high).contains(&position)));
                if !keeps {
                    let sentence = format!("{actor} answers {client}, {text}, and does not keep that key");
                    report.broken(At::Own.place(), sentence);
                }
            }
            Fact::NotHere { asked, mine, .. } if asked < mine => report.reached(At::Stale.place()),
            Fact::Late { .. } => report.reached(At::Twice.place()),
            Fact::Serves { handing: true, .. } => report.reached(At::HandingSurvives.place()),
            _ => {}
        }
    }

    fn keeper_fact(&mut self, at: Time, fact: &Fact, map: &ShardMap, report: &mut Report) {
        match fact {
            Fact::Joined { node, .. } => {
                report.reached(At::Joined.place());
                let needless = self.moves(map, |_, new| new != *node);
                if self.joins_quietly && needless > 0 {
                    let sentence = format!("{node} joins, and {needless} shards move between the others");
                    report.broken(At::Join.place(), sentence);
                }
            }
            Fact::Left { node, .. } => {
                report.reached(At::Left.place());
                let needless = self.moves(map, |old, _| old != *node);
                if self.leaves_quietly && needless > 0 {
                    let sentence = format!("{node} leaves, and {needless} shards move between the others");
                    report.broken(At::Leave.place(), sentence);
                }
            }
            Fact::Moved { .. } => report.reached(At::Moved.place()),
            Fact::Split { .. } => report.reached(At::WasSplit.place()),
            Fact::Hot { shard, share } => self.hot(at, shard.id, *share, &shard.range, map, report),
            Fact::Epoch { .. } => {
                if let Some(position) = map.hole(self.space) {
                    let sentence = format!("the map of epoch {} has position {position} not once", map.epoch);
                    report.broken(At::Whole.place(), sentence);
                }
                self.wanted = Arc::new(wanted(map));
            }
            _ => {}
        }
    }

    /// Of the shards that are to lie elsewhere than before, how many there are of that kind.
    fn moves(&self, map: &ShardMap, of: impl Fn(ActorId, ActorId) -> bool) -> usize {
        let now = map.shards.iter().filter_map(|shard| Some((*self.wanted.get(&shard.id)?, shard.wanted)));
        now.filter(|(old, new)| old != new && of(*old, *new)).count()
    }

    /// A range is hot at the end of a window. It may be for a while, but not on and on.
    fn hot(&mut self, at: Time, id: ShardId, share: u64, range: &str, map: &ShardMap, report: &mut Report) {
        let Some((within, gap)) = self.splits.filter(|_| self.calm) else { return };
        let epoch = map.shard(id).map_or(0, |shard| shard.epoch);
        let same = self.hot.filter(|hot| hot.shard == id && hot.epoch == epoch && at.since(hot.last) <= gap);
        let since = same.map_or(at, |hot| hot.since);
        self.hot = Some(Hot { shard: id, epoch, since, last: at });
        if at.since(since) > within {
            let sentence = format!("{range} takes {share} % of all requests, and has been hot since {since}");
            report.broken(At::Split.place(), sentence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::PARAMETERS;
    use super::*;

    /// No pothole makes a hole in the map: what would notice one is shown one.
    #[test]
    fn a_map_with_a_hole_is_noticed() {
        let parameters = Parameters::defaults(PARAMETERS);
        let settings = Settings::of(&parameters);
        let mut watch = Watch::new(&settings, &parameters);
        let mut map = settings.first_map();
        let mut told = |map: &ShardMap| {
            let mut report = Report::default();
            watch.keeper_fact(Time::ZERO, &Fact::Epoch { epoch: 1, shards: 12 }, map, &mut report);
            format!("{report:?}")
        };
        assert!(!told(&map).contains("not once"), "{}", told(&map));
        map.shards.remove(3);
        assert!(told(&map).contains("position 12 not once"), "{}", told(&map));
    }
}
