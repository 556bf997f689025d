//! The plan: who is to keep which shard once a server has joined or left.
//!
//! Where hashes decide, the scheme says it all anew. Ranges have no such rule: there the newcomer is given its share from
//! those who have most, and what one who leaves had goes to those who have least.

use super::map::ShardMap;
use super::settings::Settings;
use sim::ActorId;

/// Plans anew; `node` is in the members already, or no longer.
pub(super) fn replan(map: &mut ShardMap, node: ActorId, joins: bool, settings: &Settings) {
    if !settings.by_range() {
        let owners = settings.placed(map.shards.len() as u16, &map.members);
        map.shards.iter_mut().zip(owners).for_each(|(shard, owner)| shard.wanted = owner);
    } else if joins {
        let share = map.shards.len() / map.members.len().max(1);
        (0..share).for_each(|_| take_one(map, node));
    } else {
        give_away(map, node);
    }
}

/// From whoever has most, its last shard.
fn take_one(map: &mut ShardMap, node: ActorId) {
    let others = map.members.iter().filter(|member| **member != node);
    let Some(most) =
        others.max_by_key(|member| (map.wanted_at(**member), std::cmp::Reverse(**member))).copied()
    else {
        return;
    };
    if let Some(shard) = map.shards.iter_mut().rev().find(|shard| shard.wanted == most) {
        shard.wanted = node;
    }
}

fn give_away(map: &mut ShardMap, node: ActorId) {
    for at in 0..map.shards.len() {
        if map.shards[at].wanted != node {
            continue;
        }
        let least = map.members.iter().min_by_key(|member| (map.wanted_at(**member), **member)).copied();
        if let Some(least) = least {
            map.shards[at].wanted = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::PARAMETERS;
    use super::*;
    use sim::Parameters;

    #[test]
    fn ranges_go_to_who_comes_and_from_who_goes_alone() {
        let settings = Settings::of(&Parameters::defaults(PARAMETERS));
        let mut map = settings.first_map();
        let before = map.clone();
        let new = ActorId::node(6);
        map.members.push(new);
        replan(&mut map, new, true, &settings);
        assert_eq!(map.wanted_at(new), 2);
        let moved = before.shards.iter().zip(&map.shards).filter(|(old, new)| old.wanted != new.wanted);
        assert_eq!(moved.count(), 2);
        let before = map.clone();
        let gone = ActorId::node(3);
        map.members.retain(|member| *member != gone);
        replan(&mut map, gone, false, &settings);
        assert_eq!(map.wanted_at(gone), 0);
        let kept = before
            .shards
            .iter()
            .zip(&map.shards)
            .all(|(old, new)| old.wanted == gone || old.wanted == new.wanted);
        assert!(kept);
        let counts: Vec<usize> = map.members.iter().map(|member| map.wanted_at(*member)).collect();
        assert_eq!(counts.iter().max().unwrap() - counts.iter().min().unwrap(), 0, "{counts:?}");
    }
}
